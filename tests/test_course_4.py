"""Lesson 4: the dial's intervals are the package's; looking often finds leads that do not come again."""

from __future__ import annotations

import numpy as np
import pytest

import cxresearch as cx
from cxresearch import _course_4 as lesson
from cxresearch import course, worlds


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


def test_a_tuned_cut_falls_back_among_new_customers():
    right = {item.name: item for item in course.exercises(4)}["4.3"].right()
    assert right["r"] < lesson._cut_r(lesson._few(), int(right["cut"]))
