"""Worlds turned to published margins: what is reached is checked against answers drawn, what cannot be is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import cxresearch as cx
from cxresearch import _world_truth, worlds
from cxresearch.stats.tails import implied_correlation

N = 100_000
SPLIT = (0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.2)
SHARES = (0.02, 0.03, 0.05, 0.1, 0.2, 0.2, 0.4)


def errors_off(found, wanted, spread, n=N):
    return abs(found - wanted) / (spread / np.sqrt(n))


def test_shares_and_means_are_those_of_answers_drawn():
    found = worlds.culture().calibrate(shares={"ces": SHARES}, means={"nps": 8.4})
    assert found.table.matched.all()
    assert found.notes == ()
    answers = found.world.answers(N, seed=3)
    for point, share in enumerate(SHARES, 1):
        assert errors_off((answers.ces == point).mean(), share, np.sqrt(share * (1 - share))) < 4.5
    assert errors_off(answers.nps.mean(), 8.4, answers.nps.std()) < 4.5


def test_correlations_are_those_of_answers_drawn():
    wanted = {("csat", "repurchase"): 0.5, ("repurchase", "ces"): 0.35, ("ces", "nps"): 0.3}
    found = worlds.satisfaction_wins().calibrate(correlations=wanted)
    assert found.table.matched.all()
    answers = found.world.answers(N, seed=4)
    for (a, b), r in wanted.items():
        assert abs(np.arctanh(answers[a].corr(answers[b])) - np.arctanh(r)) < 4.5 / np.sqrt(N)
    before = worlds.satisfaction_wins()
    assert found.world.frictions == before.frictions
    assert [item.reliability for item in found.world.items] == [item.reliability for item in before.items]


def test_rates_that_can_be_are_reached():
    found = worlds.effort_wins().calibrate(rates={("ces", "repurchase"): (0.4, 0.8)})
    assert found.table.matched.all()
    answers = found.world.answers(N, seed=5)
    loyal = answers.repurchase > 4
    for group, rate in ((answers.ces < 4, 0.4), (answers.ces > 4, 0.8)):
        assert errors_off(loyal[group].mean(), rate, np.sqrt(rate * (1 - rate)), group.sum()) < 5.5


def rates_in(answers):
    loyal = answers.repurchase > 4
    return loyal[answers.ces < 4].mean(), loyal[answers.ces > 4].mean()


@pytest.mark.parametrize("margin", [{"shares": {"ces": SPLIT}}, {"means": {"ces": 4.0}}])
def test_rates_are_reached_with_the_thresholds_that_other_margins_ask_for(margin):
    found = worlds.satisfaction_wins().calibrate(rates={("ces", "repurchase"): (0.4, 0.8)}, **margin)
    assert found.table.matched.all()
    assert_allclose(rates_in(found.world.answers(N, seed=6)), (0.4, 0.8), atol=0.015)


def test_rates_leave_the_outcome_s_own_margin():
    found = worlds.satisfaction_wins().calibrate(
        rates={("ces", "repurchase"): (0.4, 0.8)}, means={"repurchase": 5.0}
    )
    table = found.table.set_index("kind")
    assert table.loc["mean", "matched"]
    assert_allclose(found.world.answers(N, seed=6).repurchase.mean(), 5.0, atol=0.03)
    assert not table.loc["rate", "matched"].any()
    off = table.loc["rate", "reached"] - table.loc["rate", "published"]
    assert np.abs(off).max() < 0.08  # least squares of one dial: near both, and on neither


def test_rates_after_answers_that_nobody_gives_are_refused_in_words():
    base = worlds.satisfaction_wins()
    world = replace(base, items=(replace(base.items[0], begged=1.0), *base.items[1:]))
    with pytest.raises(cx.WorldError, match=r"nobody gives a bad answer to 'ces'.*lower its `begged`"):
        world.calibrate(rates={("ces", "repurchase"): (0.4, 0.8)})


def test_with_a_bend_the_latent_correlation_is_that_of_the_truth():
    found = worlds.asymmetric().calibrate(rates={("ces", "repurchase"): (0.4, 0.8)})
    r = found.world.truth.latent.set_index(["a", "b"]).truth["ease", "loyalty"]
    assert f"with a latent correlation of {r:.2f}." in found.notes[0]
    assert abs(found.world.effects[0] - r) > 0.05


def test_rates_that_cannot_be_name_the_correlation_they_force():
    found = worlds.effort_wins().calibrate(rates={("ces", "repurchase"): (0.04, 0.94)})
    assert not found.table.matched.any()
    reached = found.table.reached.to_numpy()
    assert 0.04 < reached[0] < reached[1] < 0.94
    assert f"force one of {implied_correlation(0.04, 0.94).r:.2f}" in found.notes[0]
    assert sum("is reached" in note for note in found.notes) == 2
    assert_allclose(found.world.effects[1:], 0)


def test_a_correlation_beyond_what_noise_allows_says_what_it_would_take():
    noisy = worlds.tie()
    items = (replace(noisy.items[0], reliability=0.3), *noisy.items[1:])
    noisy = replace(noisy, items=items, correlations=(0.5, 0.5, 0.5))
    found = noisy.calibrate(correlations={("ces", "repurchase"): 0.7})
    assert not found.table.matched.any()
    assert "would take one of 1." in found.notes[0]


@pytest.mark.parametrize("es", [-0.1, 0.0, 0.05])
def test_a_mood_does_not_hide_correlations_near_0(es):
    """With halo answers correlate though feelings do not."""
    base = worlds.satisfaction_wins()
    items = tuple(replace(item, reliability=0.6, halo=0.3) for item in base.items)
    start = replace(base, items=items, effects=(0.1, 0.1, 0.1))
    goal = replace(start, correlations=(es, *start.correlations[1:]))
    answers = goal.answers(2 * N, seed=1)
    r = answers.ces.corr(answers.csat)
    assert r > 0.1
    found = start.calibrate(correlations={("ces", "csat"): r})
    assert found.table.matched.all()
    assert found.notes == ()
    assert_allclose(found.world.correlations[0], es, atol=0.02)


def test_a_tie_can_be_turned_as_a_whole():
    """Three names of one feeling: their correlations cannot be told apart, and none need be."""
    found = worlds.tie().calibrate(correlations={("ces", "repurchase"): 0.3})
    assert found.table.matched.all()
    assert found.world.correlations == (1.0, 1.0, 1.0)


def test_what_answers_do_not_show_is_not_turned():
    base = worlds.satisfaction_wins()
    world = replace(base, items=(replace(base.items[0], begged=1.0), *base.items[1:]))
    found = world.calibrate(correlations={("ces", "csat"): 0.4, ("csat", "nps"): 0.5})
    assert found.table.matched.tolist() == [False, True]
    assert "answers to ces and csat show nothing of what customers feel" in found.notes[0]
    assert found.world.correlations[0] == base.correlations[0]


@pytest.mark.parametrize("weighted", [False, True])
def test_margins_are_those_of_who_answers_or_by_weight_of_all(weighted):
    world = replace(worlds.nonresponse(), weighted=weighted)
    found = world.calibrate(
        means={"ces": 4.5}, shares={"csat": (0.1, 0.2, 0.3, 0.2, 0.2)}, correlations={("ces", "csat"): 0.35}
    )
    assert found.table.matched.all()
    answers = found.world.answers(N, seed=2)
    weight = answers.get("weight", pd.Series(np.ones(N)))
    assert abs(np.average(answers.ces, weights=weight) - 4.5) < 0.04
    assert abs(np.average(answers.csat == 3, weights=weight) - 0.3) < 0.01
    r = np.cov(answers.ces, answers.csat, aweights=weight)
    assert abs(r[0, 1] / np.sqrt(r[0, 0] * r[1, 1]) - 0.35) < 0.02


def test_correlations_that_contradict_one_another_are_said_to():
    wanted = {("ces", "csat"): 0.7, ("ces", "nps"): 0.7, ("csat", "nps"): -0.3}
    found = worlds.effort_wins().calibrate(correlations=wanted)
    assert not found.table.matched.all()
    assert any("cannot hold together" in note and "positive definite" in note for note in found.notes)


def test_more_begging_than_best_answers_leaves_the_others_their_proportions():
    shares = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
    found = worlds.gamed().calibrate(shares={"csat": shares})
    assert not found.table.matched.any()
    assert "csat = 5: 0.15 was published, 0.2 is reached" in found.notes[-1]
    assert_allclose(found.table.reached, [*0.8 * shares[:-1] / 0.85, 0.2], atol=1e-3)
    drawn = found.world.answers(N, seed=7).csat.value_counts(normalize=True).sort_index()
    assert_allclose(drawn, found.table.reached, atol=0.007)


def test_the_nearest_mean_is_found_where_the_published_one_cannot_be():
    base = worlds.satisfaction_wins()
    world = replace(base, items=(replace(base.items[0], begged=0.5), *base.items[1:]))
    found = world.calibrate(means={"ces": 3.0})
    assert found.notes == ("ces: 3 was published, 4 is reached.",)
    assert_allclose(found.world.answers(N, seed=8).ces.mean(), 4, atol=0.05)


@pytest.mark.parametrize("culture", [worlds.Culture("loud", 1.0, 0.0, 5.0), worlds.Culture("high", 1.0, 9.0)])
def test_habits_beyond_the_usual_are_matched_too(culture):
    world = replace(worlds.satisfaction_wins(), cultures=(culture,))
    found = world.calibrate(shares={"ces": SHARES}, means={"nps": 5.0})
    assert found.table.matched.all()
    assert found.notes == ()


def test_thresholds_beyond_all_customers_are_no_bar(monkeypatch):
    """The worst answer is given by nobody: its threshold stays, and turning ends when all else stands."""
    base = worlds.satisfaction_wins()
    items = tuple(replace(item, thresholds=(-np.inf, *item.thresholds[1:])) for item in base.items)
    spread, made = _world_truth.People.spread, []
    monkeypatch.setattr(_world_truth.People, "spread", lambda *given: made.append(given) or spread(*given))
    found = replace(base, items=items).calibrate(means={"csat": 4.0, "ces": 5.0})
    assert found.table.matched.all()
    assert [item.thresholds[0] for item in found.world.items] == [-np.inf] * 4
    assert len(made) < 5


def test_what_is_so_already_is_not_called_calibrated():
    listed = replace(worlds.tie(), items=list(worlds.tie().items))
    assert listed.calibrate().world is listed
    once = worlds.tie().calibrate(means={"csat": 4.0}).world
    assert once.calibrate(means={"csat": 4.0}).world is once


def test_nothing_asked_nothing_turned():
    world = worlds.confounded()
    found = world.calibrate()
    assert found.world == world
    assert len(found.table) == 0


def test_two_items_of_one_feeling_are_no_dial():
    base = worlds.tie()
    world = replace(base, items=(*base.items, replace(base.items[0], name="twin")))
    with pytest.raises(cx.WorldError, match=r"ces and twin both ask for ease.*replace the items"):
        world.calibrate(correlations={("ces", "twin"): 0.4})


@pytest.mark.parametrize("made", [list, np.array, pd.Series])
def test_shares_may_come_in_any_row(made):
    shares = (0.1, 0.2, 0.3, 0.2, 0.2)
    assert worlds.thresholds(made(shares)) == worlds.thresholds(shares)
    found = worlds.tie().calibrate(shares={"csat": made(shares)})
    assert found.table.matched.all()
    assert isinstance(hash(found.world), int)


def test_rates_in_the_wrong_order_are_noted():
    found = worlds.effort_wins().calibrate(rates={("ces", "repurchase"): (0.8, 0.4)})
    assert found.world.effects[0] < -0.3
    [note] = [note for note in found.notes if "takes loyalty away" in note]
    assert f"effect of ease on loyalty is {found.world.effects[0]:.3f} here" in note
    assert "rates are of a bad, then of a good answer" in note


def test_a_correlation_that_leaves_an_effect_below_0_is_noted():
    wanted = {("csat", "repurchase"): 0.55, ("nps", "repurchase"): 0.6, ("ces", "repurchase"): 0.35}
    found = worlds.recommendation_wins().calibrate(correlations=wanted)
    below = [
        name
        for name, effect in zip(("ease", "satisfaction", "attitude"), found.world.effects, strict=True)
        if effect < -5e-4
    ]
    assert below == ["ease"]
    assert [note.split()[3] for note in found.notes if note.startswith("the effect of ")] == below


def test_a_calibrated_world_says_so_and_shows_its_table():
    found = worlds.tie().calibrate(means={"csat": 4.0})
    assert found.world.title == "Tie, calibrated"
    assert found.world.codebook["title"] == "Tie, calibrated, simulated"
    assert "need not hold here" in found.world.lesson
    shown = repr(found)
    assert shown.splitlines()[0] == "Tie, calibrated: 1 of 1 matched"
    assert "published" in shown
    assert "True" in shown
    assert len(shown.splitlines()) == 3
    missed = repr(worlds.effort_wins().calibrate(rates={("ces", "repurchase"): (0.04, 0.94)}))
    assert "\n- ces alone carries repurchase here" in missed
    assert max(map(len, missed.splitlines())) <= 110
    assert repr(worlds.tie().calibrate()) == "Tie: 0 of 0 matched\nnothing was asked for"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"means": {"sat": 3}}, "no item 'sat'; it has ces, csat, nps, repurchase"),
        ({"means": {"csat": 5}}, "mean of 'csat' must lie between 1 and 5; got 5"),
        ({"shares": {"csat": (0.5, 0.5)}}, "shares of 'csat', one for each answer, must be 5 numbers; got 2"),
        ({"shares": {"csat": (0.2, 0.2, 0.2, 0.2, 1.4)}}, "add up to 1"),
        ({"correlations": {("ces", "csat"): 1.2}}, "ces and csat must lie between -1 and 1; got 1.2"),
        ({"rates": {("ces", "repurchase"): (0.1, 1.4)}}, "'repurchase' by 'ces' must lie between 0 and 1"),
        (
            {"rates": {("ces", "repurchase"): (4, 94)}},
            r"between 0 and 1; got \(4, 94\).*per cent: divide by 100",
        ),
        (
            {"rates": {("ces", "repurchase"): (0.1, 0.2, 0.3)}},
            "are two, after a bad and after a good answer; got 3",
        ),
        (
            {"rates": {("ces", "repurchase"): ("4 %", 0.9)}},
            "'repurchase' by 'ces' must be finite numbers; got '4 %'",
        ),
        (
            {"rates": {("repurchase", "ces"): (0.1, 0.9)}},
            r"keyed \(metric, outcome\), outcomes being repurchase",
        ),
        ({"rates": {("ces", "csat"): (0.1, 0.9)}}, r"keyed \(metric, outcome\), outcomes being repurchase"),
        (
            {"rates": {"ces repurchase": (0.1, 0.9)}},
            r"key of `rates` is a pair of items.*got 'ces repurchase'",
        ),
        (
            {"rates": {("ces", "repurchase"): (0.3, 0.7), ("csat", "repurchase"): (0.3, 0.7)}},
            "carry loyalty alone, so one pair can be given; got 2",
        ),
        (
            {"rates": {("ces", "repurchase"): (0.3, 0.7)}, "correlations": {("ces", "repurchase"): 0.2}},
            "rates let ces carry loyalty alone, and the correlation of ces and repurchase would undo that",
        ),
        ({"correlations": {("csat", "csat"): 0.4}}, "needs two items; got 'csat' twice"),
        ({"correlations": {("ces", "csat"): 0.4, ("csat", "ces"): 0.5}}, "csat is given twice"),
        ({"correlations": {"csat repurchase": 0.4}}, "pair of items, such as .*; got 'csat repurchase'"),
        (
            {"correlations": {("csat", "repurchase"): "high"}},
            "csat and repurchase must be a number; got 'high'",
        ),
        ({"means": {"csat": "4.2"}}, "mean of 'csat' must be a number; got '4.2'"),
        ({"means": {"csat": float("nan")}}, "mean of 'csat' must be a finite number; got nan"),
        ({"means": [4.2]}, "`means` must be a mapping, such as a dict; got a list"),
        ({"shares": {"csat": "most"}}, "one for each answer, must be a tuple of numbers; got 'most'"),
        ({"shares": {"csat": (10, 20, 30, 25, 15)}}, "add up to 100.*per cent: divide by 100"),
        ({"shares": {"csat": (0.0, 0.2, 0.3, 0.3, 0.2)}}, "must be above 0 each; got 0"),
        (
            {"shares": {"csat": (0.1, 0.2, 0.3, 0.2, 0.2)}, "means": {"csat": 3}},
            "'csat' has both shares and a mean, but its shares are a mean already; give one",
        ),
    ],
)
def test_margins_nobody_has_are_refused(asked, says):
    with pytest.raises(cx.WorldError, match=says):
        worlds.tie().calibrate(**asked)


def test_correlations_that_take_more_than_all_of_loyalty_say_so():
    wanted = {(name, "repurchase"): 0.72 for name in ("ces", "csat", "nps")}
    found = worlds.effort_wins().calibrate(correlations=wanted)
    assert not found.table.matched.all()
    assert any(
        "cannot hold together" in note and "of the variance of loyalty" in note for note in found.notes
    )
