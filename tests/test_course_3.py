"""Lesson 3: its dial follows the package's verdict, and noise alone makes the naive contest of part 6."""

from __future__ import annotations

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import _course_3 as lesson
from cxresearch import _course_build as build
from cxresearch import _notebooks, course, worlds
from cxresearch.comparison import verdict_of


def test_intervals_of_the_dial_are_those_of_a_comparison():
    world = worlds.satisfaction_wins()
    pair = cx.compare(world.sample(400, 4), "repurchase", ["csat", "ces"], n_boot=100).pairs.set_index(
        "measure"
    )
    wanted = pair.loc["pearson_r", ["estimate", "conf_low", "conf_high"]].astype(float)
    assert lesson.lead_of(world.answers(400, 4)) == pytest.approx(tuple(wanted), abs=2e-3)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_survey_of_the_dial_says_is_the_verdict_of_the_package(seed):
    world = worlds.satisfaction_wins()
    _, low, high = lesson.lead_of(world.answers(1_600, seed))
    verdict = verdict_of(world.sample(1_600, seed), "repurchase", ["csat", "ces"])
    words = {"better": verdict.winner, "no practical difference": "same", "not enough data": "unclear"}
    assert lesson._says(low, high) == words[verdict.conclusion]


def test_the_dial_shows_few_verdicts_in_small_surveys_and_the_right_ones_in_large():
    dial = course.dial(3)
    small, large = dial.numbers(dial.settings[0]), dial.numbers(dial.settings[-1])
    assert large.truth[0] == pytest.approx(0, abs=0.005)
    assert large.truth[1] > large.rope
    assert small.count(0, "unclear") == small.count(1, "unclear") == lesson.SURVEYS
    assert large.count(1, "csat") == lesson.SURVEYS
    assert large.count(0, "same") > lesson.SURVEYS / 2
    wrong = [dial.numbers(n).count(0, said) for n in dial.settings for said in ("csat", "ces")]
    assert sum(wrong) <= 0.05 * lesson.SURVEYS * len(dial.settings)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_naive_contest_crowns_the_clearer_question_and_the_corrected_one_nobody(seed):
    world = worlds.reliability_artifact()
    known = world.truth.reliability.set_index("item").truth
    contest = cx.compare(world.sample(2_000, seed), "repurchase", ["csat", "ces", "nps"], n_boot=100)
    assert contest.verdict.winner == "csat"
    for row in contest.ratios.query("unit == 'r' and a == 'csat'").itertuples():
        noise = (known["csat"] / known[row.b]) ** 0.5
        assert row.conf_low > 1
        assert row.conf_low / noise < 1 < row.conf_high / noise


def test_a_plan_of_the_lesson_needs_more_for_the_verdict_than_for_a_test():
    plan = {item.name: item for item in course.exercises(3)}["3.5"]
    assert plan.right() > 2 * plan.mistakes[0].value()


def test_a_difference_among_the_same_customers_moves_less_than_among_strangers_and_not_hardly():
    """As part 2 says beside its table of a hundred surveys."""
    surveys = [cx.worlds.tie().answers(200, seed) for seed in range(101, 201)]
    many = pd.DataFrame([one[["nps", "csat"]].corrwith(one["repurchase"]) for one in surveys])
    same, strangers = (many["nps"] - many["csat"]).std(), many.var().sum() ** 0.5
    assert 0.4 * strangers < same < 0.7 * strangers
    text = _text()
    assert "their difference moves less than it would among strangers" in text
    assert "hardly moves" not in text


def _text():
    page = next(path for path in build.lessons() if path.stem.startswith("lesson_3"))
    return " ".join("\n".join(cell.source for cell in _notebooks.read(page).cells).split())
