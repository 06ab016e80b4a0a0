"""Lesson 5: what its dial and its worlds must show, whatever their numbers are."""

from __future__ import annotations

import pytest

import cxresearch as cx
from cxresearch import _course_5 as lesson
from cxresearch import course

MIXES = [course.dial(5).numbers(setting) for setting in course.dial(5).settings]


def test_the_raw_difference_grows_with_confounding_and_the_held_one_stays_at_the_truth():
    raw = [mix.raw[0] for mix in MIXES]
    assert raw == sorted(raw)
    assert MIXES[0].raw[0] == pytest.approx(MIXES[0].held[0], abs=0.05)
    assert raw[-1] > 3 * MIXES[-1].truth
    assert all(mix.held[1] < mix.truth < mix.held[2] for mix in MIXES)
    assert not any(mix.raw[1] < mix.truth < mix.raw[2] for mix in MIXES[1:])


def test_the_truth_grows_a_little_for_the_reasons_that_the_lesson_gives():
    """Raw about fivefold, truth less than twofold: more transfers each, and harder cases; one does the same."""
    first, last = MIXES[0], MIXES[-1]
    assert round(last.raw[0] / first.raw[0]) == 5
    assert [mix.truth for mix in MIXES] == sorted(mix.truth for mix in MIXES)
    assert 1.3 < last.truth / first.truth < 2
    calm, turned = (lesson._turned(mix.times).answers(200_000, 7) for mix in (first, last))
    levels, most = [], 0.0
    for people in (calm, turned):
        once = people[people["transfers"] < 2].pivot_table("ces", "complexity", "transfers")
        met = people[people["transfers"] > 0]
        levels.append((once[0] - once[1])[:4])
        assert met["transfers"].mean() > 1.25 * most
        most = met["transfers"].mean()
    assert abs(levels[0] - levels[1]).max() < 0.03
    for level in levels:
        assert level.is_monotonic_increasing
    assert (
        turned["complexity"][turned["transfers"] > 0].mean()
        > 0.5 + calm["complexity"][calm["transfers"] > 0].mean()
    )


def test_the_dial_does_not_hold_the_answers_to_the_exercises():
    """Why its last position is only nearly the named world."""
    for name, shown in (("5.1", MIXES[-1].raw[0]), ("5.2", MIXES[-1].held[0])):
        assert course.check(name, shown).outcome == "wrong"


def test_a_held_difference_is_that_of_the_means_that_are_drawn():
    for mix in MIXES:
        total = sum((a - b) * n for a, b, n in zip(mix.without, mix.met, mix.n_met, strict=True))
        assert total / sum(mix.n_met) == pytest.approx(mix.held[0])
        assert mix.ends[0] - mix.ends[1] == pytest.approx(mix.raw[0])
        assert sum(mix.n_met) + sum(mix.n_without) == mix.n


def test_the_last_position_is_nearly_the_named_world():
    truth = (
        cx.worlds.confounded().truth.attributable("ces").set_index(["driver", "measure"]).truth["transfers"]
    )
    assert MIXES[-1].truth == pytest.approx(truth["attributable_mean"] / truth["prevalence"], abs=0.02)


def test_three_rankings_have_three_winners_that_a_survey_settles():
    world = course.three_frictions()
    known = world.truth.attributable("ces").pivot_table("truth", "driver", "measure")
    importance = world.truth.importance("ces").query("measure == 'shapley_r2'").set_index("driver").truth
    found = cx.drivers(world.sample(10_000, seed=6), "ces", n_boot=100).importance
    ranked = found.query("measure == 'shapley_r2'").set_index("driver")
    winners = [
        (known["attributable_mean"] / known["prevalence"]).idxmax(),
        importance.idxmax(),
        known["attributable_mean"].idxmax(),
    ]
    assert len(set(winners)) == 3
    assert ranked["rank_high"][winners[1]] == 1


def test_where_loyalty_comes_first_ease_predicts_it_and_frictions_do_not_move_it():
    world = cx.worlds.reverse_cause()
    people = world.answers(20_000, seed=5)
    none = {friction.name: 0 for friction in world.frictions}
    change = world.truth.what_if("repurchase", **none).set_index(["scenario", "measure"]).truth
    assert people["ces"].corr(people["repurchase"]) > 0.3
    assert abs(people["repeats"].corr(people["repurchase"])) < 0.03
    assert change["change", "mean"] == pytest.approx(0, abs=1e-9)
