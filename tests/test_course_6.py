"""Lesson 6: what its dial and its worlds must show, and that it quotes nothing that nobody has seen."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import cxresearch as cx
from cxresearch import _course_build as build
from cxresearch import _notebooks, course
from cxresearch._world_calibrate import rates_of

ENDS = [course.dial(6).numbers(setting) for setting in course.dial(6).settings]


def test_one_correlation_prints_as_any_pair_of_rates_up_to_the_claim_itself():
    gaps = [ends.high - ends.low for ends in ENDS]
    assert gaps == sorted(gaps)
    assert len({ends.r for ends in ENDS}) == 1
    registry = cx.claims.load()["S4-04"]
    assert 100 * ENDS[-1].high == pytest.approx(registry.figure("high effort").value, abs=1e-6)
    assert 100 * ENDS[-1].low == pytest.approx(registry.figure("low effort").value, abs=1e-6)


def test_the_dots_are_a_sample_of_the_customers_whose_rates_are_drawn():
    for ends in ENDS[:4]:
        bad = ends.disloyal > ends.threshold
        for inside, rate in ((ends.effort < ends.cuts[0], ends.low), (ends.effort > ends.cuts[1], ends.high)):
            assert inside.mean() == pytest.approx(ends.share, abs=0.03)
            assert bad[inside].mean() == pytest.approx(
                rate, abs=4 * np.sqrt(rate * (1 - rate) / inside.sum())
            )
    assert np.corrcoef(ENDS[0].effort, ENDS[0].disloyal)[0, 1] == pytest.approx(ENDS[0].r, abs=0.06)


def test_begged_tens_lift_the_score_by_the_sum_of_the_exercise_and_silence_bends_it():
    exercise = next(one for one in course.exercises(6) if one.name == "6.5")
    table = cx.score(cx.worlds.gamed().sample(20_000, seed=6), metrics="nps").table.iloc[0]
    assert table.conf_low < exercise.right() < table.conf_high
    world = cx.worlds.nonresponse()
    honest = world.truth.scores.set_index(["item", "scorer"]).truth["nps", "net"]
    silent, mended = (
        cx.score(one.sample(10_000, seed=6), metrics="nps").table.iloc[0]
        for one in (world, replace(world, weighted=True))
    )
    assert silent.conf_high < honest
    assert mended.conf_low < honest < mended.conf_high


def test_the_lesson_quotes_only_claims_that_somebody_has_seen_or_says_so():
    lesson = next(path for path in build.lessons() if path.stem.startswith("lesson_6"))
    text = "\n".join(cell.source for cell in _notebooks.read(lesson).cells)
    registry = cx.claims.load()
    quoted = set(re.findall(r"\b[SLR]\d?-\d{2,3}\b", text))
    unseen = {claim for claim in quoted if not all(figure.is_fact for figure in registry[claim].figures)}
    assert len(quoted) >= 6
    assert unseen == {"L-022"}
    assert not [figure for figure in registry["L-022"].figures if figure.shown() != "not seen"]


def test_rates_leave_out_who_answers_the_middle_and_the_lesson_says_so():
    world = cx.worlds.effort_wins()
    people = world.answers(20_000, seed=6)
    bad, good = people["ces"] < 4, people["ces"] > 4
    assert (~bad & ~good).mean() > 0.02
    for rate, side in zip(rates_of(world, ("ces", "repurchase")), (bad, good), strict=True):
        assert (people["repurchase"][side] > 4).mean() == pytest.approx(rate, abs=0.03)
    lesson = next(path for path in build.lessons() if path.stem.startswith("lesson_6"))
    text = " ".join("\n".join(cell.source for cell in _notebooks.read(lesson).cells).split())
    assert "Who answers the middle is in neither group." in text
    assert "everybody counted as good or bad" not in text
