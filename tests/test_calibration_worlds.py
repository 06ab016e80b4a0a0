"""Intervals and verdicts where the truth is known: a short run of benchmarks/across_worlds.py.

Limits are binomial: in SAMPLES surveys a nominal 95 % interval holds the truth less often than LEAST once in a thousand
runs (the intervals of several metrics count as one, so the limit is generous). Seeds are fixed: a failure means that
the code changed what it computes.
"""

import json
from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from benchmarks import across_worlds, across_worlds_page, calibration_store, coverage
from benchmarks import coverage_worlds as asks
from cxresearch import _contest_tables, compare, read, worlds

SAMPLES = 60
LEAST = 100 * stats.binom.ppf(0.001, SAMPLES, 0.95) / SAMPLES


@pytest.fixture
def hasty(monkeypatch):
    """The simulation's shortcut, undone after the test."""
    monkeypatch.setattr(_contest_tables, "frame", coverage.Columns)


@pytest.fixture(scope="module")
def truth():
    return asks.truth(asks.named("gamed"))


def counted(kind, ask, truth, *, n=200, samples=SAMPLES, world="gamed", plan="plain"):
    """Coverage in per cent by family and kind of interval."""
    tally, said = asks.Tally(truth), Counter()
    for seed in range(samples):
        survey = asks.survey_of(world, plan, n, seed, kind)
        ask(survey, asks.PLANS[plan], tally, said, seed)
    result = {"counts": tally.plain(), "world": world, "plan": plan, "n": n}
    return {(one.family, one.name): one.coverage for one in across_worlds_page.cells([result])}


def test_scores_and_contests_hold_the_truth(hasty, truth):
    def ask(survey, plan, tally, said, i):
        tally.add(asks.contests(asks.contest_of(survey, asks.INTENT)))
        tally.add(asks.scores(survey))

    found = counted("survey", ask, truth)
    assert {family for family, _ in found} == {"score", "contest"}
    assert min(found.values()) >= LEAST, found


def test_effects_and_importances_hold_the_truth(truth):
    found = counted("drivers", across_worlds.ASK["drivers"], truth)
    assert {family for family, _ in found} == {"effect", "importance"}
    assert min(found.values()) >= LEAST, found


def test_intervals_of_another_world_s_truth_are_caught(hasty, truth):
    def ask(survey, plan, tally, said, i):
        tally.add(asks.contests(asks.contest_of(survey, asks.INTENT)))

    found = counted("survey", ask, truth, world="effort_wins")
    assert found["contest", "pearson_r"] < LEAST


def test_intervals_that_are_too_narrow_are_caught(truth):
    def ask(survey, plan, tally, said, i):
        for key, value, low, high in asks.scores(survey):
            tally.add([(key, value, value - 0.5 * (value - low), value + 0.5 * (high - value))])

    found = counted("survey", ask, truth)
    assert min(found.values()) < LEAST


@pytest.mark.slow
def test_leaving_out_the_cause_of_frictions_and_effort_is_caught():
    truth = asks.truth(asks.named("confounded"))
    right = counted("drivers", across_worlds.ASK["drivers"], truth, n=2_000, world="confounded")
    wrong = counted(
        "drivers", across_worlds.ASK["drivers"], truth, n=2_000, world="confounded", plan="complexity left out"
    )  # fmt: skip
    assert right["effect", "effect, mean"] >= LEAST
    assert wrong["effect", "effect, mean"] < LEAST


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["answers", "latent", "scores"])
def test_a_tie_has_hardly_ever_a_winner(kind, hasty):
    winners = []
    for seed in range(200):
        survey = asks.survey_of(f"tie, {kind}", "plain", 500, seed, "verdict")
        made = coverage.verdict(asks.contest_of(survey, asks.INTENT), np.random.default_rng(seed))
        winners.append(made.winner is not None)
    assert sum(winners) <= stats.binom.ppf(0.999, 200, 0.05)


@pytest.mark.parametrize("world", ["tie", "effort_wins"])
def test_the_verdict_is_that_of_compare(world, monkeypatch):
    survey = asks.named(world).sample(500, seed=3)
    whole = compare(survey, asks.INTENT, n_boot=100)
    monkeypatch.setattr(_contest_tables, "frame", coverage.Columns)
    made = coverage.verdict(asks.contest_of(survey, asks.INTENT), np.random.default_rng(0).spawn(2)[0])
    assert (made.winner, made.conclusion) == (whole.verdict.winner, whole.verdict.conclusion)


@pytest.mark.parametrize("plan", ["plain", "weights", "30 teams", "missing answers"])
def test_surveys_are_those_that_are_read(plan):
    world = asks.named("culture", plan)
    whole, made = (
        read(world.answers(200, 4), world.codebook),
        asks.survey_of("culture", plan, 200, 4, "drivers"),
    )
    one, other = (survey.cells(["ces", "transfers", "complexity"], clusters=True) for survey in (whole, made))
    for name in ("values", "n", "w", "w2", "cluster"):
        assert_array_equal(getattr(one, name), getattr(other, name))


def test_the_rows_are_those_of_compare(hasty, monkeypatch):
    survey = asks.named("halo").sample(300, seed=5)
    rows = {key: numbers for key, *numbers in asks.contests(asks.contest_of(survey, asks.INTENT))}
    monkeypatch.undo()
    table = compare(survey, asks.INTENT, n_boot=100).table.set_index(["metric", "coding", "measure"])
    for name in asks.METRICS:
        one = table.loc[(name, "linear", "pearson_r")]
        found = rows["contest", "pearson_r", f"{asks.INTENT} {name} pearson_r"]
        assert found == pytest.approx([one.estimate, one.conf_low, one.conf_high], rel=1e-12)


def test_a_winner_is_ahead_of_both_by_more_than_the_region():
    def true(ces, csat, nps):
        r = {"ces": ces, "csat": csat, "nps": nps}
        return {f"{asks.INTENT} {name} pearson_r": value for name, value in r.items()}

    assert asks.winner(true(0.5, 0.46, 0.4)) == "ces"
    assert asks.winner(true(0.5, 0.48, 0.4)) is None
    assert asks.lead(true(0.3, 0.48, 0.5))[0] == "nps"


def test_ranks_are_compared_with_the_true_order():
    truth = {"a shapley_r2": 0.3, "b shapley_r2": 0.2, "c shapley_r2": 0.1}
    assert asks.right_ranks(truth, {"a": 1, "b": 2, "c": 3}) == {"first": 1, "order": 1}
    assert asks.right_ranks(truth, {"a": 1, "b": 3, "c": 2}) == {"first": 1, "order": 0}
    assert asks.right_ranks(truth, {"a": 2, "b": 1, "c": 3}) == {"first": 0, "order": 0}


def test_an_ignored_design_is_not_in_the_codebook():
    for plan, weighted in (("weights", True), ("weights ignored", False)):
        survey = asks.survey_of("tie", plan, 100, 1, "survey")
        assert (survey.codebook.weight is not None) == weighted
    for plan, clustered in (("30 teams", True), ("teams ignored", False)):
        survey = asks.survey_of("tie", plan, 100, 1, "survey")
        assert (survey.codebook.cluster is not None) == clustered


def result(world, covered, *, n=200, tried=1_000, name="share"):
    """A case in which an interval held the truth so many times."""
    about = {
        "world": world,
        "plan": "plain",
        "n": n,
        "kind": "survey",
        "said": {},
        "seconds": 1.0,
        "codes": {"now"},
    }
    families = ("score", "contest", "importance", "effect")
    return about | {
        "counts": {f"{f}|{name}|x": [tried, tried - covered, 0, 0, tried, 0, 0] for f in families}
    }


def test_a_world_holds_by_each_form_of_the_rule():
    def held(*results):
        return across_worlds_page.holding(across_worlds_page.cells(results))["tie"]

    assert held(result("tie", 950)) == (True, True, True)
    assert held(result("tie", 950), result("tie", 925, n=1_000)) == (True, True, True)
    assert held(result("tie", 950), result("tie", 900, n=1_000)) == (False, False, False)
    assert held(result("tie", 960), result("tie", 910, n=1_000)) == (False, False, True)
    assert held(result("tie", 945), result("tie", 990, n=1_000)) == (True, False, True)
    assert "halo" not in across_worlds_page.holding(across_worlds_page.cells([result("tie", 950)]))


def test_the_page_names_what_fails():
    flat = {f"{asks.INTENT} {name} pearson_r": 0.4 for name in asks.METRICS}
    about = {"seed": 1, "jobs": 1, "done": 2, "total": 2, "code": {"survey": "now"}, "needed": {300: 1.0}}
    said = {"said": {"ces": 6, "not enough data": 94}}
    results = [result("tie", 900) | said, result("tie", 950, n=50)]
    text = across_worlds_page.page(results, {"tie": flat}, about)
    assert "| `tie` | scores | `share` | 90.0 at 200 (+0.00) | unexplained |" in text
    assert "named in at most 6.0 % (`tie`, n = 200)" in text
    assert "edited since" not in text
    assert "edited since" in across_worlds_page.page(
        results, {"tie": flat}, about | {"code": {"survey": "other"}}
    )


def test_cases_are_apart_and_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(across_worlds, "needed", lambda world, effect: int(300 * effect))
    cases = across_worlds.cases()
    assert len({case.slug for case in cases}) == len(cases)
    assert {case.world for case in cases} >= set(worlds.NAMED)
    assert [case.part for case in cases] == sorted(case.part for case in cases)  # breadth first
    store = calibration_store.Store(tmp_path, 1, {cases[0].kind: "now"})
    store.keep(cases[0], {"counts": {}, "seconds": 1.0})
    assert store.kept(cases[0])["samples"] == cases[0].samples
    assert store.kept(cases[1]) is None
    edited = calibration_store.Store(tmp_path, 1, {cases[0].kind: "later"})
    assert edited.kept(cases[0]) is None
    assert edited.kept(cases[0], any_code=True) is not None
    assert json.loads((tmp_path / f"{cases[0].slug}.json").read_text())["seed"] == 1


def test_parts_add_up():
    one, other = (across_worlds.Case.of("survey", "tie", 200, 9, part=part) for part in (0, 1))
    assert one.slug != other.slug
    about = {"samples": 9, "seconds": 1.0, "code": "now"}
    ones = about | {"counts": {"a|b|c": [1.0] * 7}, "said": {"ces": 1}}
    twos = about | {"counts": {"a|b|c": [2.0] * 7, "a|b|d": [3.0] * 7}, "said": {"nps": 2}, "code": "later"}
    [made] = across_worlds.merged([(one, ones), (other, twos)])
    assert made["counts"] == {"a|b|c": [3.0] * 7, "a|b|d": [3.0] * 7}
    assert made["said"] == {"ces": 1, "nps": 2}
    assert (made["samples"], made["seconds"], made["codes"]) == (18, 2.0, {"now", "later"})
