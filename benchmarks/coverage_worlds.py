"""Ask a survey of a named world what the package answers, and note which intervals hold the truth of all customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from benchmarks import coverage
from cxresearch import _contest_tables as tables
from cxresearch import worlds
from cxresearch._accuracy import in_sample
from cxresearch._contest import Contest
from cxresearch._contest import enter as enter_contest
from cxresearch._driver_effects import attributable_table, effects_table, model_of
from cxresearch._driver_entry import Setting
from cxresearch._driver_entry import enter as enter_drivers
from cxresearch._driver_importance import _columns
from cxresearch._driver_paths import mediate
from cxresearch._driver_scenarios import scenario_table
from cxresearch._score_fits import choose, chosen_method, fit_scores
from cxresearch._world_truth import People, good, pearson_r
from cxresearch.stats.importance_error import importance_intervals
from cxresearch.survey import Survey
from cxresearch.survey.codebook import Codebook
from cxresearch.survey.readers import open_source
from cxresearch.worlds import World

Key: TypeAlias = tuple[str, str, str]  # family, kind of interval, what it is of
Truth: TypeAlias = Mapping[str, float]
Row: TypeAlias = tuple[Key, float, float, float]  # key, estimate, low, high

LEVEL = 0.95
METRICS = ("ces", "csat", "nps")
EFFORT, INTENT, RENEWAL = "ces", "repurchase", "renewed"
SCENARIO = {"transfers": 0.0, "repeats": 0.0}
MEDIATION_DRAWS = 200
FAMILIES = {
    "score": "scores",
    "contest": "contest",
    "importance": "importance",
    "effect": "effects",
    "mediation": "total effect",
}
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Plan:
    """How customers are asked, and what the analysis makes of it.

    Attributes
    ----------
    told : str
        In words.
    change : callable
        The world as it is asked.
    ignored : tuple of str
        Entries of the codebook's design that the analysis leaves out: the mistake whose price is measured.
    controls : tuple of str or None
        Controls of the drivers' question; None: those of the codebook.
    """

    told: str
    change: Callable[[World], World] = lambda world: world
    ignored: tuple[str, ...] = ()
    controls: tuple[str, ...] | None = None


def _with_weights(world: World) -> World:
    return replace(world, response=world.response or (0.15, 0.25, 0.4), weighted=True)


def _with_teams(world: World) -> World:
    return replace(world, teams=30)


def _with_gaps(world: World) -> World:
    return replace(world, items=tuple(replace(item, missing=0.1) for item in world.items))


PLANS = {
    "plain": Plan("everybody asked answers everything, unless the world has it otherwise"),
    "weights": Plan("the easily served answer more often, and each answer has the weight that mends it", _with_weights),
    "weights ignored": Plan("such surveys analysed without the weights", _with_weights, ignored=("weight",)),
    "30 teams": Plan("thirty teams serve the customers; a tenth of what is unexplained is the team's", _with_teams),
    "teams ignored": Plan("such surveys taken for independent answers", _with_teams, ignored=("cluster",)),
    "missing answers": Plan("each question is left blank by a tenth, whoever they are", _with_gaps),
    "complexity left out": Plan("drivers without the control", controls=()),
}  # fmt: skip


@cache
def named(world: str, plan: str = "plain") -> World:
    """Return a named world, "tie, latent" and the like for other ties, asked by a plan."""
    name, _, kind = world.partition(", ")
    made = worlds.tie(kind) if kind else worlds.NAMED[name]()  # type: ignore[arg-type]
    return PLANS[plan].change(made)


@cache
def book(world: str, plan: str, kind: str) -> Codebook:
    """Return the codebook of an analysis: the questions of a kind of case, the design as far as it is not ignored."""
    whole = named(world, plan).codebook
    roles: dict[str, Iterable[str]] = {"metrics": METRICS, "outcomes": (INTENT, RENEWAL)}
    if kind in ("drivers", "mediation"):
        roles = {"metrics": (EFFORT,), "drivers": whole["drivers"], "controls": whole["controls"]}
        roles |= {"outcomes": (INTENT,)} if kind == "mediation" else {}
    kept = {role: {name: whole[role][name] for name in names} for role, names in roles.items()}
    design = {name: value for name, value in whole["design"].items() if name not in PLANS[plan].ignored}
    return Codebook.read({"title": whole["title"], **kept, "design": design})


# ---- what is asked


def survey_of(world: str, plan: str, n: int, seed: int, kind: str) -> Survey:
    """Return a survey with the questions that one kind of case is about: what `read` gives, without its checks."""
    asked = book(world, plan, kind)
    opened = open_source(
        named(world, plan).answers(n, seed), asked.columns, [asked.weight] if asked.weight else ()
    )
    return Survey(asked, opened.frame.n_rows, (), opened.frame.name, opened.frame)


def contest_of(survey: Survey, outcome: str) -> Contest:
    """Return the contest of the three metrics, as `compare` makes it."""
    cells = survey.cells([*METRICS, outcome], clusters=True)
    return enter_contest(cells, survey.question(outcome), [survey.question(name) for name in METRICS])


def scores(survey: Survey) -> Iterator[Row]:
    """Every score of every metric, with the default interval of `score`."""
    fits = fit_scores(survey, choose(survey, None), (), scorers="all", weights=True, lonely="fail")
    for fit in fits.each:
        method = chosen_method(fit, None)
        low, high = fit.bounds(method, LEVEL, np.random.default_rng(0), 0)
        key = ("score", fit.scorer, f"{fit.metric} {fit.scorer}")
        yield key, float(fit.means.estimate[0]), float(low[0]), float(high[0])


def contests(contest: Contest) -> Iterator[Row]:
    """Correlations of each metric with the outcome, and their differences."""
    found, about = in_sample(contest, coverage.PROTOCOL.link, coverage.CHEAP), contest.outcome.name
    mark = "" if about == INTENT else f"{about}: "
    table = tables.accuracy_table(contest, found, {}, coverage.PROTOCOL)
    for metric, coding, measure, *numbers in _columns_of(table, "metric", "coding", "measure"):
        if coding == "linear" or (coding, measure) == ("official", "pearson_r"):
            name = f"official {measure}" if coding == "official" else measure
            yield ("contest", f"{mark}{name}", f"{about} {metric} {name}"), *numbers
    pairs = tables.pairs_table(contest, found, {}, coverage.PROTOCOL)
    for a, b, measure, *numbers in _columns_of(pairs, "a", "b", "measure"):
        yield ("contest", f"{mark}difference of {measure}", f"{about} {a}-{b} {measure}"), *numbers


def drivers(setting: Setting) -> Iterator[Row]:
    """Effects, what is attributable, and a scenario."""
    model = model_of(setting)
    for driver, measure, *numbers in _columns_of(effects_table(setting, model, LEVEL), "driver", "measure"):
        yield ("effect", f"effect, {measure}", f"{driver} {measure}"), *numbers
    gone = attributable_table(setting, model, LEVEL)
    for driver, measure, *numbers in _columns_of(gone, "driver", "measure"):
        if measure == "prevalence" or measure.startswith("attributable"):
            yield ("effect", measure, f"{driver} {measure}"), *numbers
    scenario = scenario_table(setting, model, SCENARIO, LEVEL)
    for which, measure, *numbers in _columns_of(scenario, "scenario", "measure"):
        if which.startswith("change"):
            yield ("effect", f"what-if change, {measure}", f"scenario {measure}"), *numbers


def importances(setting: Setting) -> tuple[list[Row], dict[str, int]]:
    """Shapley's shares, the control in first; and whether the ranks are those of all customers' (to be compared)."""
    X, groups, controls = _columns(setting)
    found = importance_intervals(
        X, setting.outcome.values, setting.sample, ("shapley_r2", "shapley_share"), LEVEL, 0, None, controls, groups
    )  # fmt: skip
    names, rows = [one.name for one in setting.drivers], list[Row]()
    for m, measure in enumerate(found.measures):
        for j, name in enumerate(names):
            numbers = found.estimate[m, j], found.conf_low[m, j], found.conf_high[m, j]
            rows.append((("importance", measure, f"{name} {measure}"), *map(float, numbers)))
    return rows, dict(zip(names, found.rank[0].tolist(), strict=True))


def total_effects(survey: Survey, setting: Setting, seed: int) -> Iterator[Row]:
    """Total effect of each driver on intent, as the mediation tells it."""
    found = mediate(
        survey, setting, INTENT, conf_level=LEVEL, n_boot=MEDIATION_DRAWS, weights=True, clusters=True, seed=seed
    ).table  # fmt: skip
    for driver, effect, *numbers in _columns_of(found, "driver", "effect"):
        if effect == "total":
            yield ("mediation", "total effect", f"{driver} total"), *numbers


def _columns_of(table: pd.DataFrame | coverage.Columns, *keys: str) -> Iterator[tuple[Any, ...]]:
    columns = (list(table[name]) for name in (*keys, "estimate", "conf_low", "conf_high"))
    return zip(*columns, strict=True)


# ---- what is true


def truth(world: World) -> dict[str, float]:
    """Return everything that is asked, as it is among all customers of a world."""
    known = world.truth
    out = {f"{item} {scorer}": value for item, scorer, value in _true(known.scores, "item", "scorer")}
    for outcome, metric, coding, measure, value in _true(
        known.contest, "outcome", "metric", "coding", "measure"
    ):
        out[f"{outcome} {metric} {'official ' if coding == 'official' else ''}{measure}"] = value
        if measure == "somers_d":
            out[f"{outcome} {metric} auc_score"] = (1 + value) / 2
    for outcome in (INTENT, RENEWAL):
        for a, b in combinations(METRICS, 2):
            for measure in ("pearson_r", "spearman_r", "somers_d", "auc_score"):
                gap = out[f"{outcome} {a} {measure}"] - out[f"{outcome} {b} {measure}"]
                out[f"{outcome} {a}-{b} {measure}"] = gap
    for table in (known.effects(EFFORT), known.attributable(EFFORT), known.importance(EFFORT)):
        out |= {f"{driver} {measure}": value for driver, measure, value in _true(table, "driver", "measure")}
    changed = known.what_if(EFFORT, **SCENARIO)
    out |= {
        f"{which} {m}".replace("change ", "scenario "): v
        for which, m, v in _true(changed, "scenario", "measure")
    }
    on_intent = known.effects(INTENT)
    out |= {f"{driver} total": v for driver, m, v in _true(on_intent, "driver", "measure") if m == "mean"}
    return out | between(world)


def between(world: World) -> dict[str, float]:
    """Return correlations among the metrics' answers: what a plan of the study has to guess."""
    found: dict[str, list[float]] = defaultdict(list)
    for seed in range(8):
        people = People.spread(world, seed, 15)
        for a, b in combinations(METRICS, 2):
            found[f"{a} {b} r"].append(pearson_r(people.joint(a, b), good(world, a), good(world, b)))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _true(table: pd.DataFrame, *keys: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].tolist() for name in (*keys, "truth")), strict=True)


def lead(truth: Truth) -> tuple[str, list[float]]:
    """Return the metric whose answers correlate most with intent, and its leads over the others."""
    r = {name: truth[f"{INTENT} {name} pearson_r"] for name in METRICS}
    first = max(r, key=r.__getitem__)
    return first, [r[first] - r[name] for name in METRICS if name != first]


def winner(truth: Truth) -> str | None:
    """Return the metric ahead of both others by more than the region of practical equivalence, if there is one."""
    first, leads = lead(truth)
    return first if min(leads) > coverage.PROTOCOL.rope else None


# ---- counting


class Tally:
    """Counts of each kind of interval and what it is of: how often it holds the truth, how far estimates lie off."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.counts: dict[Key, list[float]] = defaultdict(lambda: [0.0] * 7)

    def add(self, rows: Iterable[Row]) -> None:
        """Note one sample: tried, all above the truth, all below it, none, width, error, squared error."""
        for key, estimate, low, high in rows:
            true, count = self.truth[key[2]], self.counts[key]
            count[0] += 1
            if not low <= high:
                count[3] += 1
                continue
            count[1] += low > true + TOLERANCE
            count[2] += high < true - TOLERANCE
            count[4] += high - low
            count[5] += estimate - true
            count[6] += (estimate - true) ** 2

    def plain(self) -> dict[str, list[float]]:
        """Return what JSON can hold."""
        return {"|".join(key): count for key, count in self.counts.items()}


def right_ranks(truth: Truth, ranks: Mapping[str, int]) -> dict[str, int]:
    """Return whether the driver found first is the first, and whether the whole order is right."""
    true = sorted(ranks, key=lambda name: -truth[f"{name} shapley_r2"])
    found = sorted(ranks, key=ranks.__getitem__)
    return {"first": int(found[0] == true[0]), "order": int(found == true)}


def setting_of(survey: Survey, plan: Plan) -> Setting:
    """Return the drivers' question about effort."""
    return enter_drivers(survey, EFFORT, None, plan.controls)
