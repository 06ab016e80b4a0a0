"""Lesson 4: the dial's intervals are the package's; looking often finds leads that do not come again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import _course_4 as lesson
from cxresearch import _course_build as build
from cxresearch import _notebooks, course, worlds


def test_intervals_of_the_dial_are_those_of_a_comparison():
    world = worlds.tie()
    pair = cx.compare(world.sample(100, 3), "repurchase", ["csat", "ces"], n_boot=100).pairs.set_index(
        "measure"
    )
    wanted = pair.loc["pearson_r", ["estimate", "conf_low", "conf_high"]].to_numpy(float)
    people = world.answers(100, 3)
    got = lesson.leads(*(people[name].to_numpy(float) for name in ("csat", "ces", "repurchase")))
    np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_the_more_teams_are_looked_at_the_more_leads_are_found_and_few_come_again():
    most = course.dial(4).numbers(lesson.TEAMS)
    assert list(most.found) == sorted(most.found)
    assert most.found[0] < 10
    assert most.found[-1] > 45
    assert most.confirmed[-1] <= 5
    assert most.expected[0] == pytest.approx(5)
    assert abs(most.found[-1] - most.expected[-1]) < 15


def test_the_largest_lead_shrinks_when_the_team_is_asked_again():
    lead, _, _ = lesson._companies()
    company = np.arange(lesson.COMPANIES)
    best = lead[0].argmax(axis=1)
    assert lead[0][company, best].mean() > 0.1
    assert abs(lead[1][company, best].mean()) < 0.03


def test_learning_by_heart_looks_better_and_does_worse():
    known, new = lesson._known(), lesson._new()
    mean = float(known["repurchase"].mean())
    by = ["nps", "ces", "csat", "complexity", "transfers", "channel_switches"]
    learnt = known.groupby(by)["repurchase"].mean().rename("said")
    inside, outside = (
        lesson._r2(asked, asked.join(learnt, on=by)["said"].fillna(mean), mean) for asked in (known, new)
    )
    assert inside > 0.9
    assert outside < lesson._on(lesson._new)


def test_each_column_more_looks_better_and_helps_nobody_new():
    """Why R² among new customers falls, then rises: ever more find nobody alike, and get the plain mean."""
    known, new = lesson._known(), lesson._new()
    mean = float(known["repurchase"].mean())
    columns = ["nps", "ces", "csat", "complexity", "transfers", "channel_switches"]
    said = {"in": [], "out": []}
    for last in range(1, 7):
        means = known.groupby(columns[:last])["repurchase"].mean().rename("said")
        for kept, people in (("in", known), ("out", new)):
            said[kept].append(people.join(means, on=columns[:last])["said"])
    inside = [lesson._r2(known, one, mean) for one in said["in"]]
    outside = [lesson._r2(new, one.fillna(mean), mean) for one in said["out"]]
    assert inside == sorted(inside)
    assert max(outside) == outside[0]
    assert outside[3] < outside[4] < outside[5]
    for before, after in pairwise(said["out"]):
        still, lost = after.notna(), before.notna() & after.isna()
        assert lesson._r2(new[still], after[still], mean) < lesson._r2(new[still], before[still], mean)
        assert lost.mean() > 0.05
    for before, after in pairwise(said["out"][2:]):
        lost = before.notna() & after.isna()
        assert lesson._r2(new[lost], before[lost], mean) < 0
    assert (known.groupby(columns).size() == 1).sum() > 0.5 * len(known)


def test_the_hint_of_cross_validation_gives_the_answer():
    """The loop of the lesson, `csat` in both places, and the formula of the hint."""
    exercise = next(one for one in course.exercises(4) if one.name == "4.2")
    page = next(path for path in build.lessons() if path.stem.startswith("lesson_4"))
    loop = next(cell.source for cell in _notebooks.read(page).cells if "for k in range(10)" in cell.source)
    names = {"pd": pd, "known": lesson._known(), "plain": lesson._known()["repurchase"].mean()}
    exec(loop.partition("print")[0].replace('"nps"', '"csat"'), names)
    formula = exercise.hint.partition("at the end `")[2].partition("`")[0]
    assert eval(formula, names) == pytest.approx(exercise.right())


@pytest.mark.parametrize("name", ["4.1", "4.2"])
def test_r2_of_scikit_learn_is_told_what_it_compares_with(name):
    from sklearn.metrics import r2_score

    said = lesson._by_group(lesson._known(), lesson._new())
    asked = lesson._new()
    if name == "4.2":
        asked = pd.concat(lesson._set_aside())
        said = asked["said"]
    assert "as `r2_score` does" in course.check(name, r2_score(asked["repurchase"], said)).text


def test_the_mean_of_ten_r2_of_scikit_learn_is_told_too():
    from sklearn.metrics import r2_score

    each = [r2_score(asked["repurchase"], asked["said"]) for asked in lesson._set_aside()]
    assert "with its own mean" in course.check("4.2", np.mean(each)).text


def test_a_tuned_cut_falls_back_among_new_customers():
    right = {item.name: item for item in course.exercises(4)}["4.3"].right()
    assert right["r"] < lesson._cut_r(lesson._few(), int(right["cut"]))
