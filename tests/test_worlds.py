"""Worlds: what is called true of all customers, against customers drawn at random and plain formulas."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, permutations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtr
from scipy.stats import rankdata, somersd

import cxresearch as cx
from cxresearch import _world_known, worlds
from cxresearch._world_answers import probabilities, renewal
from cxresearch._world_customers import Random, Spread, customers, feel, lifetime_above
from cxresearch._world_model import structure
from cxresearch._world_truth import _shapley

N = 100_000
ERRORS = 4.5  # standard errors that a draw may be off: once in 100,000 comparisons
FRICTION = {one.name: one for one in worlds.tie().frictions}
ITEM = {one.name: one for one in worlds.effort_wins().items}


def variants():
    """Every named world, and one for each dial that none of them turns."""
    made = {name: make() for name, make in worlds.NAMED.items()}
    base = made["effort_wins"]
    ces, csat, nps, repurchase = base.items
    easy = replace(ces, instrument="ces1", thresholds=csat.thresholds)
    return made | {
        "nonresponse": replace(made["nonresponse"], weighted=True),
        "waves": replace(base, waves=(-0.3, 0.0, 0.1, 0.2)),
        "teams": replace(base, teams=2_000, team_share=0.2),
        "missing": replace(base, items=(replace(ces, missing=0.3), csat, replace(nps, missing=0.1), repurchase)),
        "low is good": replace(base, items=(easy, csat, nps, repurchase)),
        "no noise": replace(base, items=(replace(ces, reliability=1.0), csat, nps, repurchase)),
        "one culture, its own": replace(base, cultures=(worlds.Culture("loud", 1.0, 0.3, 1.4),)),
    }  # fmt: skip


WORLDS = variants()
SEVERAL = pytest.mark.parametrize("name", ["asymmetric", "confounded", "culture", "gamed", "halo"])


@pytest.fixture(scope="module", autouse=True)
def _coarser():
    """Tables of all answers from an eighth of the customers; the benchmark takes the full number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_world_known, "FINE", 13)
        yield


@pytest.fixture(scope="module", params=WORLDS)
def drawn(request):
    """A world and the answers of many of its customers, one world at a time."""
    world = WORLDS[request.param]
    return world, world.answers(N, 20)


# Plain formulas, with the error that each has in a sample


class Sample:
    """Statistics with standard errors, for weights and customers that come by team."""

    def __init__(self, table):
        self.table = table
        self.weight = table["weight"].to_numpy() if "weight" in table else np.ones(len(table))
        self.team = table["team"].to_numpy() if "team" in table else np.arange(len(table))

    def __getitem__(self, name):
        return self.table[name].to_numpy(float)

    def mean(self, x):
        keep = ~np.isnan(x)
        w = self.weight * keep
        mean = np.nansum(w * x) / w.sum()
        return mean, self._error(np.where(keep, x - mean, 0), w)

    def pearson(self, x, y):
        keep = ~np.isnan(x + y)
        w = self.weight * keep
        zx, zy = (self._standardised(np.where(keep, one, 0), w) for one in (x, y))
        r = (w * zx * zy).sum() / w.sum()
        return r, self._error(zx * zy - r * (zx**2 + zy**2) / 2, w)

    def spearman(self, x, y):
        keep = ~np.isnan(x + y)
        ranks = [np.full(len(x), np.nan) for _ in range(2)]
        for rank, one in zip(ranks, (x, y), strict=True):
            rank[keep] = self._ranks(one[keep], self.weight[keep])
        return self.pearson(*ranks)

    def somers(self, x, y):
        """Of x for y; the error from the pairs of a few."""
        keep = ~np.isnan(x + y)
        low, high = ((one[keep] - one[keep].min()).astype(int) for one in (y, x))
        counts = np.zeros((low.max() + 1, high.max() + 1))
        np.add.at(counts, (low, high), self.weight[keep])
        counts = counts[counts.any(axis=1)][:, counts.any(axis=0)]
        found = somersd(np.rint(counts).astype(int)).statistic
        few = np.flatnonzero(keep)[:800]
        s = np.sign(y[few, None] - y[few])
        k, u = np.sign(x[few, None] - x[few]) * s, np.abs(s)
        projected = 2 * (k.mean(axis=1) - found * u.mean(axis=1)) / u.mean()
        return found, projected.std() * np.sqrt((self.weight[keep] ** 2).sum()) / self.weight[keep].sum()

    @staticmethod
    def _standardised(x, w):
        x = x - (w * x).sum() / w.sum()
        return x / np.sqrt((w * x**2).sum() / w.sum())

    @staticmethod
    def _ranks(x, w):
        if (w == w[0]).all():
            return rankdata(x)
        levels, code = np.unique(x, return_inverse=True)
        held = np.bincount(code, w, len(levels))
        return (np.cumsum(held) - held / 2)[code]

    def _error(self, influence, w):
        total = np.bincount(self.team, w * (influence - (w * influence).sum() / w.sum()))
        return np.sqrt((total**2).sum()) / w.sum()


SCORE = {
    ("ces2", "share"): lambda x: 100.0 * (x >= 5),
    ("ces2", "net"): lambda x: 100.0 * (x >= 5) - 100.0 * (x <= 3),
    ("ces1", "net"): lambda x: 100.0 * (x <= 2) - 100.0 * (x >= 4),
    ("ces1", "top2"): lambda x: 100.0 * (x <= 2),
    ("csat5", "top2"): lambda x: 100.0 * (x >= 4),
    ("csat5", "net"): lambda x: 100.0 * (x >= 4) - 100.0 * (x <= 2),
    ("nps", "net"): lambda x: 100.0 * (x >= 9) - 100.0 * (x <= 6),
    ("nps", "top2"): lambda x: 100.0 * (x >= 9),
    ("agree7", "top2"): lambda x: 100.0 * (x >= 6),
}
OFFICIAL = {"ces2": "share", "csat5": "top2", "nps": "net"}


def scored(world, item, scorer, x):
    if item in ("renewed", "months"):
        return 100 * x if item == "renewed" else x
    instrument = next(one for one in world.items if one.name == item).instrument
    made = x if scorer == "mean" else SCORE[instrument, scorer](x)
    return np.where(np.isnan(x), np.nan, made)


def oriented(world, item, x):
    low = [one.name for one in world.items if one.instrument == "ces1"]
    return -x if item in low else x


def assert_near(found, error, row, *, extra=0.0):
    """Compare within errors of the draw and of the integral."""
    assert abs(found - row.truth) < ERRORS * np.hypot(error, row.error) + extra, (found, error, tuple(row))


# What is true of all customers


def test_scores_are_those_of_a_sample(drawn):
    world, answers = drawn
    sample = Sample(answers)
    for row in world.truth.scores.itertuples():
        found, error = sample.mean(scored(world, row.item, row.scorer, sample[row.item]))
        assert_near(found, error, row)


def test_contests_are_those_of_a_sample(drawn):
    world, answers = drawn
    sample = Sample(answers)
    instrument = {one.name: one.instrument for one in world.items}
    for row in world.truth.contest.itertuples():
        x, y = oriented(world, row.metric, sample[row.metric]), sample[row.outcome]
        if row.coding == "official":
            scorer = OFFICIAL.get(instrument[row.metric])
            made = scored(world, row.metric, scorer, sample[row.metric]) if scorer else x
            assert_near(*sample.pearson(made, y), row)
        elif row.measure == "r2_score":
            continue
        else:
            way = {"pearson_r": sample.pearson, "spearman_r": sample.spearman, "somers_d": sample.somers}
            assert_near(*way[row.measure](x, y), row)
    by = world.truth.contest.query("coding == 'linear'").set_index("measure")
    r, r2 = by.loc["pearson_r"], by.loc["r2_score"]
    spread = (
        _world_known.SCRAMBLINGS - 1
    ) * r.error.to_numpy() ** 2  # of the scramblings' r about their mean
    assert_allclose(r2.truth, r.truth.to_numpy() ** 2 + spread, rtol=1e-9)


def test_feelings_correlate_as_stated(drawn):
    world, _ = drawn
    table = world.truth.latent.set_index(["a", "b"])
    stated = dict(
        zip(
            [("ease", "satisfaction"), ("ease", "attitude"), ("satisfaction", "attitude")],
            world.correlations,
            strict=True,
        )
    )
    for pair, r in stated.items():
        row = table.loc[pair]
        assert abs(row.truth - r) < 6 * row.error + 1e-9, pair
    row = table.loc["loyalty", "staying"]
    assert abs(row.truth - world.behaviour.link) < 6 * row.error + (0.01 if world.bend is not None else 0)


def test_feelings_are_standard_and_made_of_what_the_effects_say(drawn):
    world, _ = drawn
    people, _ = customers(world, Random(N, np.random.default_rng(1)))
    teams = world.team_share * N / max(world.teams, 1) if world.teams else 1.0
    error = np.sqrt(1 / N * max(teams, 1))
    bent = world.bend is not None  # loyalty then varies less: bent ease goes along less with the others
    for latent in (people.ease, people.satisfaction, people.attitude):
        assert abs(latent.mean()) < ERRORS * error
        assert abs(latent.std() - 1) < ERRORS * error
    assert abs(people.loyalty.mean()) < ERRORS * error + 0.02 * bent
    assert abs(people.loyalty.std() - 1) < ERRORS * error + 0.05 * bent


def test_answers_are_whole_points_of_their_scales(drawn):
    world, answers = drawn
    for item in world.items:
        given = answers[item.name].dropna().unique()
        assert set(given) <= set(item.scale.points), item.name
        blank = answers[item.name].isna().mean()
        assert abs(blank - item.missing) < ERRORS * np.sqrt(item.missing / N) + 1e-12
    assert answers["months"].between(1, 24).all()
    assert_array_equal(answers["renewed"].astype(bool), answers["months"] > 12)
    assert answers["customer"].is_unique


def test_who_stayed_until_the_end_has_not_left_and_all_others_have(drawn):
    world, answers = drawn
    assert set(answers["left"].unique()) == {0.0, 1.0}
    assert answers.loc[answers["months"] < 24, "left"].eq(1).all()
    people, _ = customers(world, Spread(15, np.random.default_rng(0)))
    stays = lifetime_above(world, people.staying, 24).mean()
    found, error = Sample(answers).mean(1 - answers["left"].to_numpy())
    assert abs(found - stays) < ERRORS * error


def test_shares_of_answers_are_about_those_that_the_thresholds_were_made_from():
    """Only about: frictions are counts, so ease is not quite normal."""
    for name, shares in {
        "ces": (0.03, 0.04, 0.06, 0.10, 0.20, 0.30, 0.27),
        "csat": (0.03, 0.05, 0.14, 0.43, 0.35),
    }.items():
        answers = WORLDS["effort_wins"].answers(N, 1)[name]
        assert_allclose(answers.value_counts(normalize=True).sort_index(), shares, atol=0.012)


# What frictions do: the same customers again, with other frictions


def again(world, outcome, *changes, n=40_000, seed=5):
    """An outcome of the same customers after each change of their frictions, and what they met unchanged."""
    people, noise = customers(world, Random(n, np.random.default_rng(seed)))
    rng = np.random.default_rng(seed + 1)
    draw, which = rng.random(n), rng.choice(len(world.cultures), n, p=[one.share for one in world.cultures])
    found = []
    for change in changes:
        met = people.met | {name: value(people.met[name]) for name, value in change.items()}
        felt = feel(world, structure(world), people.complexity, met, noise, people.wave)
        found.append(answered(world, outcome, replace(felt, mood=people.mood), draw, which))
    return people.met, found


def answered(world, outcome, felt, draw, which):
    """Answers by inverting their distribution, so that one draw serves before and after a change."""
    if outcome in ("renewed", "months"):
        mean = world.behaviour.months * np.exp(world.behaviour.spread * felt.staying)
        lived = -mean * np.log(draw)
        return (lived > 12).astype(float) if outcome == "renewed" else np.minimum(np.ceil(lived), 24)
    item = next(one for one in world.items if one.name == outcome)
    code = np.zeros(len(draw), int)
    for number, group in enumerate(world.cultures):
        below = np.cumsum(probabilities(item, felt, group), axis=1)[:, :-1]
        code = np.where(which == number, (draw[:, None] > below).sum(axis=1), code)
    return item.points[code]


def to(value):
    return lambda met: np.full(len(met), float(value))


def by(value):
    return lambda met: met + value


BAD = {
    "ces": lambda x: x <= 3,
    "csat": lambda x: x <= 2,
    "nps": lambda x: x <= 4,
    "repurchase": lambda x: x <= 3,
}


def bad(outcome, x):
    return 100.0 * (BAD[outcome](x) if outcome in BAD else x == 0)


def compared(found, row, scale=1.0):
    assert_near(scale * found.mean(), abs(scale) * found.std() / np.sqrt(len(found)), row)


@SEVERAL
@pytest.mark.parametrize("outcome", ["ces", "renewed"])
def test_effects_are_those_of_meeting_a_little_more(name, outcome):
    world = WORLDS[name]
    table = world.truth.effects(outcome).set_index(["driver", "measure"])
    for friction in world.frictions:
        little = 0.05 / friction.harm
        binary = friction.kind == "binary"
        less, more = (to(0), to(1)) if binary else (by(-little), by(little))
        _, (low, high) = again(world, outcome, {friction.name: less}, {friction.name: more})
        per = 1 if binary else 1 / (2 * little)
        compared(high - low, table.loc[friction.name, "mean"], per)
        compared(bad(outcome, high) - bad(outcome, low), table.loc[friction.name, "adverse"], per)


@SEVERAL
@pytest.mark.parametrize("outcome", ["ces", "repurchase", "renewed"])
def test_what_is_attributable_is_gone_in_those_who_met_none(name, outcome):
    world = WORLDS[name]
    table = world.truth.attributable(outcome).set_index(["driver", "measure"])
    for friction in ("transfers", "repeated_information"):
        met, (now, then) = again(world, outcome, {}, {friction: to(0)})
        row = table.loc[friction]
        compared(then - now, row.loc["attributable_mean"])
        compared(bad(outcome, now) - bad(outcome, then), row.loc["attributable_points"])
        compared(met[friction] > 0, row.loc["prevalence"])
        was = row.loc["attributable_points"].truth / row.loc["attributable_share"].truth
        found = bad(outcome, now)
        assert abs(found.mean() - was) < ERRORS * found.std() / np.sqrt(len(found))


@SEVERAL
def test_what_ifs_are_those_of_customers_so_served(name):
    world = WORLDS[name]
    for outcome, values in {"nps": {"transfers": 0, "waiting": 5}, "months": {"repeats": 3}}.items():
        table = world.truth.what_if(outcome, **values).set_index(["scenario", "measure"])
        _, (now, then) = again(
            world, outcome, {}, {friction: to(value) for friction, value in values.items()}
        )
        compared(now, table.loc["as it is", "mean"])
        compared(then, table.loc["changed", "mean"])
        compared(then - now, table.loc["change", "mean"])
        if outcome == "nps":
            compared(bad(outcome, then), table.loc["changed", "adverse"])
            compared(bad(outcome, then) - bad(outcome, now), table.loc["change", "adverse"])
        else:
            assert "adverse" not in table.index.get_level_values("measure")


@SEVERAL
def test_reliability_is_the_correlation_of_asking_twice(name):
    world = WORLDS[name]
    people, _ = customers(world, Random(N, np.random.default_rng(8)))
    rng = np.random.default_rng(9)
    which = rng.choice(len(world.cultures), N, p=[one.share for one in world.cultures])
    for row in world.truth.reliability.itertuples():
        first, second = (answered(world, row.item, people, rng.random(N), which) for _ in range(2))
        assert_near(*Sample(pd.DataFrame(index=range(N))).pearson(first, second), row)


@pytest.mark.parametrize("name", ["asymmetric", "confounded", "teams", "low is good"])
def test_importance_is_that_of_least_squares_on_a_large_sample(name):
    """Gains of R² over every order by numpy's own solver, on as many answers as fit."""
    world = replace(WORLDS[name], frictions=WORLDS[name].frictions[:4])
    sample = world.answers(2 * N, 3)
    y = sample["ces"].to_numpy()
    X = np.column_stack([np.ones(len(y)), sample["complexity"], *(sample[f.name] for f in world.frictions)])
    gram, tie, total = X.T @ X, X.T @ y, ((y - y.mean()) ** 2).sum()

    def r2(columns):
        held = [0, 1, *(2 + i for i in columns)]
        b = np.linalg.lstsq(gram[np.ix_(held, held)], tie[held], rcond=None)[0]
        return (b @ tie[held] - len(y) * y.mean() ** 2) / total

    table = world.truth.importance("ces").set_index(["driver", "measure"])
    found = {}
    for i, friction in enumerate(world.frictions):
        others = [j for j in range(4) if j != i]
        found[friction.name] = np.mean(
            [np.mean([r2((*held, i)) - r2(held) for held in combinations(others, k)]) for k in range(4)]
        )
    for driver, value in found.items():
        row = table.loc[driver, "shapley_r2"]
        assert abs(value - row.truth) < ERRORS * np.hypot(2 * np.sqrt(value / len(y)), row.error), driver
        row = table.loc[driver, "shapley_share"]
        assert_allclose(value / sum(found.values()), row.truth, atol=0.03)
    assert_allclose(table.xs("shapley_share", level=1).truth.sum(), 1)


def by_every_order(S, s, total):
    """Shapley's shares as they are defined."""

    def r2(held):
        return s[held] @ np.linalg.solve(S[np.ix_(held, held)], s[held]) / total

    others = range(1, len(s))
    gained = np.zeros(len(s) - 1)
    for order in permutations(others):
        for k, column in enumerate(order):
            gained[column - 1] += r2([0, *order[: k + 1]]) - r2([0, *order[:k]])
    return gained / factorial(len(s) - 1)


def test_importance_is_the_mean_over_every_order_and_twelve_frictions_take_no_longer_than_they_must():
    X = np.random.default_rng(3).normal(size=(50, 13)) @ np.random.default_rng(4).normal(size=(13, 13))
    S, s, total = X.T @ X, X.T @ np.arange(50.0), 1e6
    assert_allclose(_shapley(S[:6, :6], s[:6], total), by_every_order(S[:6, :6], s[:6], total), rtol=1e-9)
    whole = s @ np.linalg.solve(S, s) / total - s[0] ** 2 / S[0, 0] / total
    assert_allclose(_shapley(S, s, total).sum(), whole, rtol=1e-9)


SERVICE = replace(FRICTION["generic_service"], growth=0.0)
FLAT = {
    "nobody meets it": ({"frictions": (replace(FRICTION["transfers"], base=0.0), FRICTION["waiting"])}, "transfers"),
    "everybody meets it": ({"frictions": (replace(SERVICE, base=1.0), FRICTION["waiting"])}, "generic_service"),
    "complexity decides it": (
        {"complexity": (0.5, 0.5, 0, 0, 0),
         "frictions": (replace(SERVICE, base=0.5, growth=50.0), FRICTION["waiting"])}, "generic_service"),
    "one complexity": ({"complexity": (1.0, 0, 0, 0, 0)}, None),
}  # fmt: skip


@pytest.mark.parametrize("why", FLAT)
def test_what_does_not_vary_has_no_importance(why):
    changes, name = FLAT[why]
    world = replace(WORLDS["effort_wins"], **changes)
    table = world.truth.importance("ces").set_index(["driver", "measure"]).truth
    assert np.isfinite(table).all()
    assert_allclose(table.xs("shapley_share", level=1).sum(), 1)
    if name:
        assert_allclose(table[name], 0, atol=1e-12)
        assert_allclose(table["waiting", "shapley_share"], 1)
    else:
        assert (table > 0).all()


def test_where_all_give_one_answer_there_is_nothing_to_share():
    base = WORLDS["effort_wins"]
    world = replace(
        base, items=(replace(ITEM["ces"], begged=1.0), *base.items[1:]), frictions=base.frictions[:2]
    )
    gone = world.truth.attributable("ces").set_index(["driver", "measure"]).truth
    assert gone.xs("attributable_share", level=1).isna().all()
    assert_array_equal(gone.xs("attributable_points", level=1), 0)
    assert world.truth.importance("ces").truth.isna().all()
    reliability = world.truth.reliability.set_index("item").truth
    assert np.isnan(reliability["ces"])
    assert reliability.drop("ces").notna().all()
    told = (
        world.truth.contest.query("measure == 'pearson_r' and coding == 'linear'").set_index("metric").truth
    )
    assert told["ces"].isna().all()
    assert told.drop("ces").notna().all()


def test_one_complexity_leaves_loyalty_its_variance():
    """Complexity adds nothing to loyalty where all issues are alike."""
    world = replace(
        WORLDS["effort_wins"], complexity=(0, 0, 1.0, 0, 0), complexity_loyalty=-0.5, effects=(0.3, 0.2, 0.1)
    )
    people, _ = customers(world, Random(N, np.random.default_rng(4)))
    assert abs(people.loyalty.var() - 1) < ERRORS * np.sqrt(2 / N)


def test_shares_that_add_up_to_a_little_more_than_all_have_thresholds():
    first, second = worlds.thresholds((0.5, 0.5000005, 1e-7))
    assert abs(first) < 1e-5
    assert_allclose(ndtr(-second), 1e-7, rtol=1e-3)


# Identities


def test_nothing_changed_changes_nothing():
    world = replace(
        WORLDS["effort_wins"], frictions=(replace(FRICTION["transfers"], base=0.0), FRICTION["waiting"])
    )
    table = world.truth.what_if("ces", transfers=0).set_index(["scenario", "measure"]).truth
    assert table["change", "mean"] == 0
    assert table["change", "adverse"] == 0
    gone = world.truth.attributable("ces").set_index(["driver", "measure"]).truth["transfers"]
    assert_array_equal(gone, 0)


def test_a_what_if_of_nobody_transferred_is_what_is_attributable():
    world = WORLDS["culture"]
    if_none = world.truth.what_if("nps", transfers=0).set_index(["scenario", "measure"])
    gone = world.truth.attributable("nps").set_index(["driver", "measure"]).truth["transfers"]
    assert_allclose(if_none.truth["change", "mean"], gone["attributable_mean"], rtol=1e-12)
    assert_allclose(-if_none.truth["change", "adverse"], gone["attributable_points"], rtol=1e-12)


def test_a_yes_or_no_is_attributable_in_proportion_where_nothing_goes_along_with_it():
    """Without complexity the share who met it times the effect is what is gone."""
    service = replace(FRICTION["generic_service"], growth=0.0)
    world = replace(WORLDS["effort_wins"], frictions=(service,), complexity_harm=0.0)
    effect = world.truth.effects("ces").set_index("measure").truth["mean"]
    gone = world.truth.attributable("ces").set_index("measure").truth
    assert_allclose(-effect * gone["prevalence"], gone["attributable_mean"], rtol=2e-3)


def test_a_tie_is_a_tie_in_what_it_is_named_after():
    rows = {kind: worlds.tie(kind).truth for kind in ("answers", "latent", "scores")}
    tables = {kind: truth.contest.query("outcome == 'repurchase'") for kind, truth in rows.items()}
    r = tables["answers"].query("coding == 'linear' and measure == 'pearson_r'")
    assert np.ptp(r.truth) < 6 * r.error.max() + 5e-4
    official = tables["scores"].query("coding == 'official'")
    assert np.ptp(official.truth) < 6 * official.error.max() + 5e-4
    feelings = rows["latent"].latent.query("b == 'loyalty'")
    assert_allclose(feelings.truth, feelings.truth.iloc[0], rtol=1e-9)
    same = rows["latent"].latent.query("a != 'loyalty' and b not in ('loyalty', 'staying')")
    assert_allclose(same.truth, 1)


@pytest.mark.parametrize("name", ["effort_wins", "satisfaction_wins", "recommendation_wins"])
def test_correlations_that_a_world_states_are_its_own(name):
    stated = sorted(
        map(float, re.findall(r"\.\d\d\b", worlds.NAMED[name].__doc__.partition("of the answers")[2]))
    )
    r = WORLDS[name].truth.contest.query(
        "outcome == 'repurchase' and coding == 'linear' and measure == 'pearson_r'"
    )
    assert_allclose(stated[-3:], sorted(r.truth), atol=0.0055)


def test_two_names_of_one_question_have_one_truth():
    twin = worlds.Item("twin", "satisfaction", "csat5", ITEM["csat"].thresholds, ITEM["csat"].reliability)
    world = replace(WORLDS["effort_wins"], items=(*WORLDS["effort_wins"].items, twin))
    table = world.truth.contest.set_index(["metric", "outcome", "coding", "measure"]).truth
    assert_array_equal(table["csat"], table["twin"])
    answers = world.answers(2_000, 1)
    assert not answers["csat"].equals(answers["twin"])


def test_weights_mend_who_answers_and_without_them_levels_are_off():
    world = WORLDS["nonresponse"]
    plain, answers = replace(world, weighted=False), world.answers(N, 9)
    assert "weight" not in plain.answers(50, 9)
    assert "weight" not in plain.codebook["design"]
    row = world.truth.scores.set_index(["item", "scorer"]).loc["ces", "mean"]
    found = Sample(answers.drop(columns="weight")).mean(answers["ces"].to_numpy())
    assert abs(found[0] - row.truth) > 10 * found[1]
    assert_near(*Sample(answers).mean(answers["ces"].to_numpy()), row)
    assert set(answers["weight"]) == {1 / chance for chance in world.response}


def test_one_chance_to_answer_for_all_changes_nothing():
    world = replace(WORLDS["effort_wins"], response=(0.3,))
    answers = world.answers(N, 4)
    sample = Sample(answers)
    row = world.truth.scores.set_index(["item", "scorer"]).loc["nps", "net"]
    assert_near(*sample.mean(scored(world, "nps", "net", sample["nps"])), row)
    share = len(answers) / answers["customer"].max()
    assert abs(share - 0.3) < ERRORS * np.sqrt(0.21 / answers["customer"].max())


def test_habits_move_scores_and_leave_feelings():
    plain = replace(WORLDS["culture"], cultures=(worlds.Culture("plain", 1.0),))
    assert_array_equal(WORLDS["culture"].truth.latent.truth, plain.truth.latent.truth)
    answers = WORLDS["culture"].answers(N, 2)
    nets = answers.groupby("culture")["nps"].agg(lambda x: SCORE["nps", "net"](x).mean())
    assert nets["loud"] > nets["plain"] + 2 > nets["sparing"] + 20
    assert_allclose(
        answers["culture"].value_counts(normalize=True)["loud"], 0.3, atol=ERRORS * 0.46 / np.sqrt(N)
    )


def test_begging_raises_the_score_and_lowers_what_it_tells():
    gamed = WORLDS["gamed"]
    honest = replace(gamed, items=tuple(replace(item, begged=0.0) for item in gamed.items))
    net = [world.truth.scores.set_index(["item", "scorer"]).truth["nps", "net"] for world in (honest, gamed)]
    share = gamed.items[2].begged
    assert_allclose(net[1], 100 * share + (1 - share) * net[0])
    keys = ("repurchase", "nps", "linear", "pearson_r")
    r = [
        world.truth.contest.set_index(["outcome", "metric", "coding", "measure"]).truth[keys]
        for world in (honest, gamed)
    ]
    assert r[1] < r[0] - 0.05


def test_teams_take_their_share_of_what_is_unexplained_and_waves_their_place():
    world = replace(WORLDS["teams"], teams=400, team_share=0.2, waves=(-0.3, 0.3))
    people, _ = customers(world, Random(N, np.random.default_rng(2)))
    made = structure(world)
    ease = pd.DataFrame({"team": people.team, "wave": people.wave, "ease": people.ease})
    assert ease.groupby(["team", "wave"]).size().eq(N / 800).all()
    between = ease.groupby("team")["ease"].mean().var() - ease["ease"].var() * 400 / N
    assert_allclose(between, 0.2 * made.ease_noise**2, rtol=ERRORS * np.sqrt(2 / 400))
    waves = ease.groupby("wave")["ease"].mean()
    assert_allclose(waves[1] - waves[0], 0.6, atol=0.02)


def test_waves_are_no_part_of_the_spread_of_points():
    """The order of the points goes along with where they lie, so waves must not follow it."""
    for power in (10, 13):
        world = replace(WORLDS["effort_wins"], waves=(-0.3, 0.3))
        people, noise = customers(world, Spread(power, np.random.default_rng(0)))
        for part in (noise.ease, noise.loyalty, noise.satisfaction):
            assert abs(np.corrcoef(people.wave, part)[0, 1]) < 0.02


@pytest.mark.parametrize(
    ("teams", "waves", "n"),
    [(100, 4, 500), (500, 2, 500), (30, 3, 900), (7, 4, 28_000), (12, 3, 72), (0, 4, 400), (500, 2, 250)],
)
def test_waves_are_equal_among_all_and_within_each_team(teams, waves, n):
    turn = Random(n, np.random.default_rng(0)).turns(waves, teams)
    assert_array_equal(np.bincount(turn, minlength=waves), n / waves)
    if not teams:
        assert_array_equal(turn, np.arange(n) % waves)
        return
    met = pd.crosstab(np.arange(n) % teams, turn).reindex(columns=range(waves), fill_value=0)
    most, least = met.max(axis=1), met.min(axis=1)
    assert (most - least <= 1).all()
    if n % (teams * waves) == 0:
        assert (met == n / (teams * waves)).all(axis=None)  # so that a team tells nothing of the wave


def test_waves_with_teams_leave_the_mean_where_it_is():
    world = replace(WORLDS["effort_wins"], teams=100, waves=(-0.6, 0.0, 0.2, 0.4))
    assert world.answers(500, 1)["wave"].value_counts().eq(125).all()
    row = world.truth.scores.set_index(["item", "scorer"]).loc["ces", "mean"]
    means = [world.answers(500, seed)["ces"].mean() for seed in range(100)]
    assert abs(np.mean(means) - row.truth) < ERRORS * np.std(means) / 10


def test_reverse_cause_predicts_and_does_nothing():
    truth = WORLDS["reverse_cause"].truth
    r = truth.contest.set_index(["outcome", "metric", "coding", "measure"]).truth
    assert r["repurchase", "ces", "linear", "pearson_r"] > 0.3
    assert_allclose(truth.effects("repurchase").truth, 0, atol=1e-12)
    assert_allclose(
        truth.what_if("renewed", transfers=5).set_index("scenario").truth["change"], 0, atol=1e-12
    )


def test_noise_alone_makes_the_artifact():
    truth = WORLDS["reliability_artifact"].truth
    feelings = truth.latent.query("b == 'loyalty'").truth
    assert_allclose(feelings, feelings.iloc[0])
    r = truth.contest.set_index(["outcome", "metric", "coding", "measure"]).truth["repurchase"]
    r = r.xs("pearson_r", level="measure").xs("linear", level="coding")
    assert r["csat"] > max(r["ces"], r["nps"]) + 0.05


def test_staying_is_a_lifetime_of_which_every_month_is_known():
    world = WORLDS["tie"]
    people, _ = customers(world, Random(2_000, np.random.default_rng(0)))
    yearly = renewal(world, people)
    assert_allclose(yearly.sum(axis=1), 1)
    assert_allclose(yearly[:, 1], lifetime_above(world, people.staying, 12))
    assert (lifetime_above(world, people.staying, 0) == 1).all()


# Surveys and seeds


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(sorted(WORLDS)), n=st.integers(1, 60), seed=st.integers(0, 2**63))
def test_a_seed_is_a_survey(name, n, seed):
    world = WORLDS[name]
    answers = world.answers(n, seed)
    assert len(answers) == n
    pd.testing.assert_frame_equal(answers, world.answers(n, seed))


def test_other_seeds_are_other_surveys_and_no_global_generator_moves():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    world = WORLDS["tie"]
    one, two = world.answers(200, 1), world.answers(200, 2)
    world.truth.effects("ces")
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert not one.equals(two)
    np.random.seed(5)  # noqa: NPY002
    assert one.equals(world.answers(200, 1))


def test_the_truth_is_the_same_every_time():
    first, second = worlds.halo().truth, worlds.halo().truth
    pd.testing.assert_frame_equal(first.contest, second.contest)
    pd.testing.assert_frame_equal(first.effects("nps"), second.effects("nps"))


def test_a_sample_is_a_survey_marked_as_simulated(drawn):
    world, _ = drawn
    survey = world.sample(1_000, 1)
    assert survey.n_rows == 1_000
    assert survey.codebook.simulated
    assert "simulated" in survey.codebook.title
    assert not [problem for problem in survey.problems if problem.severity == "error"]


def test_named_worlds_are_twelve_and_say_what_they_teach():
    assert len(worlds.NAMED) == 12
    for name, make in worlds.NAMED.items():
        world = make()
        assert make.__name__ == name
        assert len(world.lesson) > 80, name
        assert [item.name for item in world.items] == ["ces", "csat", "nps", "repurchase"]
    assert len({make().title for make in worlds.NAMED.values()}) == 12


# Worlds that cannot be


def tie_with(**changes):
    return lambda: replace(worlds.effort_wins(), **changes)


def item_with(**changes):
    return lambda: replace(ITEM["nps"], **changes)


def friction_with(name, **changes):
    return tie_with(
        frictions=tuple(replace(f, **changes) if f.name == name else f for f in FRICTION.values())
    )


IMPOSSIBLE = {
    "correlations that cannot hold together": (
        tie_with(correlations=(0.9, 0.9, -0.5)), r"ease with satisfaction \(0.9\).*\(-0.5\).*not positive definite"),
    "correlation above 1": (tie_with(correlations=(1.2, 0.5, 0.5)), "not positive definite"),
    "effects of more than all": (
        tie_with(effects=(0.9, 0.6, 0.3)), r"effects explain \d{3} % of the variance of loyalty; lower `effects`"),
    "two effects": (tie_with(effects=(0.5, 0.1)), "`effects` of a world are 3 numbers; got 2"),
    "too many frictions": (
        tie_with(frictions=tuple(replace(FRICTION["repeats"], name=f"r{k}", harm=0.01) for k in range(13))),
        "at most 12 frictions; got 13"),
    "effects that are no numbers": (
        tie_with(effects=(float("nan"), 0.1, 0.1)), r"`effects` of a world must be finite numbers; got nan in \(nan"),
    "effects that are one number": (
        tie_with(effects=0.5), r"`effects` of a world must be a tuple of numbers; got 0.5. Of one, write \(it,\)"),
    "effects in an array": (
        tie_with(effects=np.array([0.5, 0.1, 0.1])), r"got a ndarray. Write tuple\(...\) around it"),
    "no shares at all": (lambda: worlds.thresholds(None), "shares of answers must be a tuple of numbers; got None"),
    "correlations that are no numbers": (tie_with(correlations=(0.5, "x", 0.5)), "`correlations` .* got 'x'"),
    "complexity takes loyalty too": (
        tie_with(effects=(0.7, 0.3, 0.2), complexity_loyalty=-0.6), "lower `effects`, `complexity_loyalty`"),
    "frictions of more than all ease": (
        friction_with("transfers", harm=1.5),
        r"explain \d{3} % of the variance of ease; .*Most is `harm` 1.5 of friction 'transfers'"),
    "prior loyalty besides": (tie_with(prior=(0.95, 0.1)), "explain 1.. % of the variance of ease"),
    "too much complexity": (tie_with(complexity_harm=1.4), "Most is `complexity_harm` 1.4"),
    "prior no number": (tie_with(prior=("a", 0.1)), "`prior` of a world must be finite numbers; got 'a'"),
    "prior no correlation": (tie_with(prior=(1.4, 0.1)), r"prior\[0\], must lie between 0 and 1; got 1.4"),
    "waves of more than all ease": (
        tie_with(waves=(-1.5, 1.5)), r"waves and prior loyalty explain.*Most is `waves` \(-1.5, 1.5\)"),
    "no waves": (tie_with(waves=()), "`waves` of a world are one or more; got none"),
    "waves that are no numbers": (tie_with(waves=(True,)), "`waves` of a world must be finite numbers; got True"),
    "waves off their average": (
        tie_with(waves=(0.0, 0.4)), r"must average 0; got \(0.0, 0.4\), whose mean is 0.2: take that from each"),
    "thresholds out of order": (
        item_with(thresholds=(-2, -1.5, -1, -0.5, 0, 0.1, 0.2, 0.4, 0.3, 1)), "of item 'nps' are out of order"),
    "thresholds that are equal": (
        item_with(thresholds=(-2, -1.5, -1, -0.5, 0, 0.1, 0.2, 0.2, 0.3, 1)), "they must rise"),
    "thresholds too few": (item_with(thresholds=(-1, 0, 1)), "has 3 thresholds; its 11 answers need 10"),
    "reliability above 1": (item_with(reliability=1.1), "reliability of item 'nps' .* between 0 and 1; got 1.1"),
    "reliability no number": (item_with(reliability=float("nan")), "reliability of item 'nps'"),
    "reliability and halo": (item_with(reliability=0.7, halo=0.4), "reliability 0.7 and halo 0.4 are together more"),
    "reliability a word": (
        item_with(reliability="high"), "reliability of item 'nps' must be a number between 0 and 1; got 'high'"),
    "reliability in per cent": (item_with(reliability=80), "got 80. These look like per cent: divide by 100"),
    "thresholds that are no numbers": (
        item_with(thresholds=("a",) * 10), "thresholds of item 'nps' must be finite numbers; got 'a'"),
    "thresholds that are one": (item_with(thresholds=0.5), "thresholds of item 'nps' must be a tuple of numbers"),
    "an item without a name": (item_with(name=""), "name of an item must be a text; got ''"),
    "an item named 5": (item_with(name=5), "name of an item must be a text; got 5"),
    "begging above 1": (item_with(begged=1.2), "begged of item 'nps'"),
    "missing below 0": (item_with(missing=-0.1), "missing of item 'nps' .* got -0.1"),
    "instrument unknown": (item_with(instrument="nps12"), "there is no instrument 'nps12'; there are nps, "),
    "instrument no text": (item_with(instrument=None), "instrument of item 'nps' must be a text; got None"),
    "no items": (tie_with(items=()), "`items` of a world are one or more; got none"),
    "items None": (tie_with(items=None), "`items` of a world must be a tuple of Item; got None"),
    "items one item": (tie_with(items=ITEM["ces"]), r"must be a tuple of Item; got a Item. Of one, write \(it,\)"),
    "items of another kind": (tie_with(items=("ces",)), "`items` of a world must hold nothing but Item; got 'ces'"),
    "frictions of another kind": (tie_with(frictions=(5,)), "`frictions` .* nothing but Friction; got 5"),
    "no cultures": (tie_with(cultures=()), "`cultures` of a world are one or more; got none"),
    "title no text": (tie_with(title=5), "`title` of a world must be a text; got 5"),
    "lesson no text": (tie_with(lesson=None), "`lesson` of a world must be a text; got None"),
    "latent unknown": (item_with(asks="trust"), "asks for 'trust'; the latents are ease, satisfaction"),
    "two of one name": (
        tie_with(items=(ITEM["ces"], ITEM["ces"])), "'ces' is the name of two things in world 'Effort wins'"),
    "an item named as a friction": (
        tie_with(items=(replace(ITEM["ces"], name="transfers"),)), "'transfers' is the name of two things"),
    "the name of a column": (tie_with(items=(replace(ITEM["ces"], name="months"),)), "'months' names a column"),
    "friction of no kind": (lambda: replace(FRICTION["waiting"], kind="minutes"), "has kind 'minutes'"),
    "friction below 0": (lambda: replace(FRICTION["waiting"], base=-1.0), "needs base >= 0 and step > 0; got -1"),
    "friction that heals": (
        lambda: replace(FRICTION["waiting"], harm=-0.1),
        "harm of friction 'waiting' must be a finite number of 0 or more; got -0.1"),
    "harm a word": (lambda: replace(FRICTION["waiting"], harm="much"), "harm of friction 'waiting' must be a number"),
    "growth a word": (
        lambda: replace(FRICTION["waiting"], growth="x"), "growth of friction 'waiting' must be a number; got 'x'"),
    "growth no number": (
        lambda: replace(FRICTION["waiting"], growth=float("nan")), "growth of friction 'waiting' .* got nan"),
    "growth beyond all": (
        friction_with("waiting", growth=400.0, harm=0.0),
        "'waiting' happens inf times .* lower its `base` or `growth`"),
    "base a word": (lambda: replace(FRICTION["waiting"], base="5"), "base of friction 'waiting' must be a number"),
    "a friction named 5": (lambda: replace(FRICTION["waiting"], name=5), "name of a friction must be a text; got 5"),
    "friction without step": (lambda: replace(FRICTION["waiting"], step=0.0), "needs base >= 0 and step > 0"),
    "share of a friction above 1": (
        lambda: replace(FRICTION["generic_service"], base=1.5), "base of friction 'generic_service'"),
    "complexity that does not add up": (
        tie_with(complexity=(0.5, 0.2, 0.1, 0.1, 0.2)), "shares of its levels 1 to 5, must add up to 1"),
    "complexity in per cent": (tie_with(complexity=(26, 28, 22, 15, 9)), "add up to 100.*per cent: divide by 100"),
    "complexity below 0": (tie_with(complexity=(-0.1, 0.5, 0.2, 0.2, 0.2)), "must be 0 or more each; got -0.1"),
    "complexity harm a word": (tie_with(complexity_harm="x"), "`complexity_harm` of a world must be a number"),
    "complexity loyalty a word": (tie_with(complexity_loyalty=None), "`complexity_loyalty` .* a number; got None"),
    "complexity of four levels": (
        tie_with(complexity=(0.25,) * 4), "shares of its levels 1 to 5, must be 5 numbers; got 4"),
    "cultures that do not add up": (
        tie_with(cultures=(worlds.Culture("a", 0.5), worlds.Culture("b", 0.4))), "shares of the cultures must add up"),
    "two cultures of one name": (
        tie_with(cultures=(worlds.Culture("a", 0.5, 1.0), worlds.Culture("a", 0.5))), "'a' names two cultures"),
    "culture without spread": (lambda: worlds.Culture("a", 0.5, spread=0.0), "spread of culture 'a' must be above 0"),
    "a culture named None": (lambda: worlds.Culture(None, 0.5), "name of a culture must be a text; got None"),
    "culture's shift a word": (lambda: worlds.Culture("a", 0.5, "up"), "shift of culture 'a' must be a number"),
    "culture's share a word": (lambda: worlds.Culture("a", "half"), "share of culture 'a' must be a number between"),
    "response one number": (tie_with(response=0.15), "`response` of a world must be a tuple of numbers; got 0.15"),
    "response in per cent": (tie_with(response=(15, 25)), "at most 1; got 15. These look like per cent"),
    "nearly nobody answers": (tie_with(response=(1e-9,)), "`response` must be 0.001 or more on average.*got 1e-09"),
    "weighted a word": (tie_with(weighted="yes"), "`weighted` of a world is True or False; got 'yes'"),
    "teams below 0": (tie_with(teams=-1), "`teams` of a world must be at least 0; got -1"),
    "half a team": (tie_with(teams=2.5), "`teams` of a world must be a whole number of at least 0; got 2.5"),
    "bend a word": (tie_with(bend="a"), "`bend` of a world, if not None, must be a number; got 'a'"),
    "bend no number": (tie_with(bend=float("nan")), "`bend` .* must be a finite number of -3 or more; got nan"),
    "bend beyond all": (tie_with(bend=-9.0), "`bend` .* must be a finite number of -3 or more; got -9"),
    "behaviour None": (tie_with(behaviour=None), "`behaviour` of a world must be a Behaviour; got None"),
    "link a word": (lambda: worlds.Behaviour(link="x"), "link of behaviour must be a number; got 'x'"),
    "spread of behaviour": (lambda: worlds.Behaviour(spread=float("nan")), "spread of behaviour .* got nan"),
    "nobody answers": (tie_with(response=(0.0, 0.5)), "must be above 0 and at most 1; got 0"),
    "weights of what": (tie_with(weighted=True), "`weighted` needs `response`"),
    "team share above 1": (tie_with(teams=5, team_share=1.1), "team_share must lie between 0 and 1"),
    "behaviour": (lambda: worlds.Behaviour(link=1.2), "must be a correlation; got 1.2"),
    "no lifetime": (lambda: worlds.Behaviour(months=0.0), "months of behaviour must be above 0"),
    "shares above 1": (lambda: worlds.thresholds([0.5, 0.6]), r"must add up to 1; \(0.5, 0.6\) add up to 1.1"),
    "shares in per cent": (lambda: worlds.thresholds([10, 40, 50]), "add up to 100.*per cent: divide by 100"),
    "shares of nobody": (lambda: worlds.thresholds([0.5, 0.0, 0.5]), "shares of answers must be above 0 each; got 0"),
    "shares of next to nobody": (
        lambda: worlds.thresholds([0.5, 1e-17, 0.5]), "must be 1e-09 or more each, or no cut is left .*; got 1e-17"),
    "shares that are words": (
        lambda: worlds.thresholds(["a", "b"]), "shares of answers must be finite numbers; got 'a'"),
}  # fmt: skip


@pytest.mark.parametrize("why", IMPOSSIBLE)
def test_impossible_worlds_are_refused_by_name(why):
    make, match = IMPOSSIBLE[why]
    with pytest.raises(cx.WorldError, match=match):
        make()


@settings(max_examples=60, deadline=None)
@given(r=st.tuples(*[st.floats(-1, 1)] * 3))
def test_correlations_are_refused_just_where_their_matrix_has_a_negative_eigenvalue(r):
    es, ea, sa = r
    smallest = np.linalg.eigvalsh([[1, es, ea], [es, 1, sa], [ea, sa, 1]])[0]
    make = tie_with(correlations=r, effects=(0.0, 0.0, 0.0))
    if smallest > 1e-6:
        people, _ = customers(make(), Random(500, np.random.default_rng(0)))
        assert np.isfinite(people.attitude).all()
    elif smallest < -1e-6:
        with pytest.raises(cx.WorldError, match="not positive definite"):
            make()


@pytest.mark.parametrize(
    ("ask", "error", "match"),
    [
        (lambda truth: truth.effects("trust"), cx.WorldError, "has no 'trust'; it has ces, csat, nps"),
        (lambda truth: truth.what_if("ces"), cx.WorldError, "name frictions of the world"),
        (lambda truth: truth.what_if("ces", patience=1), cx.WorldError, "it has transfers, repeats"),
        (lambda truth: truth.what_if("ces", transfers=-1), cx.WorldError, "nobody meets -1 transfers"),
        (
            lambda truth: truth.what_if("ces", transfers="none"),
            cx.WorldError,
            "`transfers` must be a number; got 'none'",
        ),
        (
            lambda truth: truth.what_if("ces", generic_service=5),
            cx.WorldError,
            "generic_service is yes or no: .* got 5",
        ),
        (
            lambda truth: truth.what_if("ces", generic_service=0.5),
            cx.WorldError,
            "1 for all, 0 for nobody; got 0.5",
        ),
        (lambda truth: truth.world.answers(0, 1), ValueError, "`n` must be at least 1; got 0"),
        (
            lambda truth: truth.world.answers("100", 1),
            cx.WorldError,
            "`n` must be a whole number .* got '100'",
        ),
        (lambda truth: truth.world.answers(None, 1), cx.WorldError, "`n` must be a whole number .* got None"),
        (
            lambda truth: truth.world.answers(100.5, 1),
            cx.WorldError,
            "`n` must be a whole number .* got 100.5",
        ),
        (lambda truth: truth.world.answers(True, 1), cx.WorldError, "`n` must be a whole number .* got True"),
        (
            lambda truth: truth.world.answers(9, "a"),
            cx.WorldError,
            "`seed` must be a whole number .* got 'a'",
        ),
        (
            lambda truth: truth.world.answers(9, 1.5),
            cx.WorldError,
            "`seed` must be a whole number .* got 1.5",
        ),
        (lambda truth: truth.world.answers(9, -1), cx.WorldError, "`seed` must be at least 0; got -1"),
        (
            lambda truth: truth.world.contacts(9, None),
            cx.WorldError,
            "`seed` .* got None. A seed is what makes",
        ),
        (
            lambda truth: truth.world.sample(9, None),
            cx.WorldError,
            "`seed` must be a whole number .* got None",
        ),
        (lambda truth: worlds.tie(["answers"]), ValueError, "answers, latent, scores; got"),
        (lambda truth: worlds.tie("draw"), ValueError, "answers, latent, scores; got 'draw'"),
    ],
)
def test_questions_that_have_no_answer_are_refused(ask, error, match):
    with pytest.raises(error, match=match):
        ask(WORLDS["tie"].truth)
