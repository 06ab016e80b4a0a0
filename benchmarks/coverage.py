"""Ask a simulated survey what `compare` asks, and note which intervals hold the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.worlds import NAMES, World
from cxresearch import _contest_joint as joints
from cxresearch import _contest_models as models
from cxresearch import _contest_tables as tables
from cxresearch._accuracy import (
    Key,
    Linearised,
    Protocol,
    held_probabilities,
    in_sample,
    log_gain,
    out_of_sample,
)
from cxresearch._contest import Contest
from cxresearch.comparison import _verdict
from cxresearch.stats import association, correlations, crossval, resampling
from cxresearch.stats.crossval import level_prediction, linear_prediction, mean_square_error
from cxresearch.verdict import Verdict

Array: TypeAlias = NDArray[np.float64]
Truth: TypeAlias = Mapping[str, float]
Interval: TypeAlias = tuple[str, str, float, float]  # what is tallied, whose truth, low, high

CHEAP = ("pearson_r", "spearman_r", "somers_d")
PROTOCOL = Protocol(
    conf_level=0.95, rope=0.03, measure="pearson_r", link="logit", folds=10, repeats=10, n_boot=2_000, seed=0
)
KNOWN = {"a": 0.8, "b": 0.7, "c": 0.6, "y": 0.9}  # reliabilities given to the disattenuation
UNITS = {"r": "pearson_r", "r2": "r2_score", "2auc-1": "somers_d", "log_likelihood": "log_score"}
TRAINED = "trained on 9/10: "  # truth of a rule fitted to nine tenths of the rows, instead of to everybody
TRAININGS = 2_000  # samples of nine tenths over which that truth is averaged
RIVAL_DRAWS = 1_000  # of the percentile bootstrap
TOLERANCE = 1e-9


class Columns:
    """Rows of a table by column, as the little of a frame that is read here."""

    def __init__(self, rows: list[dict[str, Any]], *_: tuple[str, ...]) -> None:
        self.rows = rows

    def __getitem__(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]


def hasten() -> None:
    """Spare this process data frames: tables hold the same numbers without them."""
    tables.frame = models.frame = joints.frame = Columns


class Tally:
    """Counts, for each kind of interval and what it is of, how often it holds the truth."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0, 0, 0.0])

    def add(self, intervals: Iterable[Interval], truth: Truth) -> None:
        """Note one sample's intervals: tried, all above the truth, all below it, not defined, width."""
        for name, which, low, high in intervals:
            count = self.counts[name, which]
            count[0] += 1
            count[1] += low > truth[which] + TOLERANCE
            count[2] += high < truth[which] - TOLERANCE
            count[3] += not low <= high
            count[4] += high - low if np.isfinite(high - low) else 0.0

    def plain(self) -> dict[str, list[float]]:
        """Return what JSON can hold."""
        return {"|".join(key): [float(value) for value in count] for key, count in self.counts.items()}


def truth(world: World) -> dict[str, float]:
    """Everything `compare` estimates, in the population."""
    contest = world.population
    out: dict[str, float] = {}
    for which, name in enumerate(NAMES[: len(world.links)]):
        out |= {f"{name} {measure}": value for measure, value in _alone(contest, which).items()}
    for a, b in combinations(NAMES[: len(world.links)], 2):
        for measure in list(out):
            if measure.startswith(f"{a} "):
                what = measure[2:]
                out[f"{a}-{b} {what}"] = out[measure] - out[f"{b} {what}"]
        for unit, what in UNITS.items():
            if f"{a} {what}" in out:
                out[f"{a}/{b} {unit}"] = out[f"{a} {what}"] / out[f"{b} {what}"]
    for a, b in permutations(NAMES[: len(world.links)], 2):
        out[f"{a}/{b} break-even"] = out[f"{a} r2_score"] / out[f"{b} r2_score"]
    for name in NAMES[: len(world.links)]:
        out[f"{name} disattenuated_r"] = out[f"{name} pearson_r"] / np.sqrt(KNOWN[name] * KNOWN["y"])
    joint = joints.joint_values(contest.moments(contest.sample.w[None, :]))
    for measure, values in joint.items():
        out |= {f"{name} {measure}": float(value) for name, value in zip(NAMES, values[0], strict=False)}
    table = models.models_table(contest, PROTOCOL)
    for model, metric, estimate in zip(table["model"], table["metric"], table["estimate"], strict=True):
        out[f"{model}:{metric} coefficient"] = estimate
    return out


def _alone(contest: Contest, which: int) -> dict[str, float]:
    """One metric's accuracy in the population, its lines and curves fitted to everybody."""
    metric, y = contest.metrics[which], contest.outcome.values
    T = contest.table(which, contest.sample.w[None, :])
    out = {name: float(association.CORRELATIONS[name](T, metric.values, y)[0]) for name in CHEAP}
    r, official = out["pearson_r"], float(association.pearson_r(T, metric.official, y)[0])
    out |= {
        "r2_score": r**2,
        "official r2": official**2,
        "banding": official**2 - r**2,
        "official pearson_r": official,
    }
    out["auc_score"] = (1 + out["somers_d"]) / 2
    spread = float(mean_square_error(T, np.full((1, len(metric.values)), _mean(T, y)), y)[0])

    def explained(prediction: Array) -> float:
        return 1 - float(mean_square_error(T, prediction, y)[0]) / spread

    if contest.kind == "binary":
        out["cv_r2_score"] = explained(held_probabilities(T, metric.values, PROTOCOL.link)[..., 1])
        out["official cv_r2_score"] = explained(held_probabilities(T, metric.official, PROTOCOL.link)[..., 1])
        out |= {name.replace("cv_r2", "efron_r2"): value for name, value in out.items() if "cv_r2" in name}
    else:
        out["cv_r2_score"] = explained(linear_prediction(T, metric.values, y))
        out["official cv_r2_score"] = explained(linear_prediction(T, metric.official, y))
    out["levels cv_r2_score"] = explained(level_prediction(T, metric.values, y))
    if contest.kind != "continuous":
        out["log_score"] = out["cv_log_score"] = float(log_gain(T, metric.values, PROTOCOL.link)[0])
    return out


def _mean(T: Array, y: Array) -> float:
    return float((T.sum(axis=(0, 1)) @ y) / T.sum())


def trained(world: World, n: int, rng: np.random.Generator) -> dict[str, float]:
    """Expected held-out accuracy of rules fitted to `n` people: the truth of what cross-validation estimates."""
    shape, metrics = world.table.shape, range(len(world.links))
    samples = [world._answers(n, rng) for _ in range(TRAININGS)]
    out: dict[str, float] = {}
    for which in metrics:
        size = shape[which], shape[-1]
        T = np.array([
            np.bincount(codes[which] * size[1] + codes[-1], w, size[0] * size[1]).reshape(size)
            for codes, w, _ in samples
        ])  # fmt: skip
        everybody = world.table.sum(axis=tuple(other for other in metrics if other != which))[None]
        for measure, value in _trained_one(world, which, T, everybody).items():
            out[f"{TRAINED}{NAMES[which]} {measure}"] = value
    for a, b in combinations(NAMES[: len(world.links)], 2):
        for measure in ("cv_r2_score", "cv_log_score"):
            if f"{TRAINED}{a} {measure}" in out:
                gap = out[f"{TRAINED}{a} {measure}"] - out[f"{TRAINED}{b} {measure}"]
                out[f"{TRAINED}{a}-{b} {measure}"] = gap
    return out


def _trained_one(world: World, which: int, T: Array, everybody: Array) -> dict[str, float]:
    """One metric's held-out accuracy among everybody, averaged over training tables `T`."""
    y, link = world.outcome_values, PROTOCOL.link
    values, official, _ = world.metric(which)
    total, column = T.sum(axis=(1, 2)), T.sum(axis=1)
    mean = np.broadcast_to(((column @ y) / total)[:, None], T.shape[:2])
    spread = mean_square_error(everybody, mean, y).mean()
    binary = len(y) == 2
    rules = {
        f"{coding}cv_r2_score": held_probabilities(T, x, link)[..., 1]
        if binary
        else linear_prediction(T, x, y)
        for coding, x in (("", values), ("official ", official))
    } | {"levels cv_r2_score": level_prediction(T, values, y)}
    out = {
        name: 1 - float(np.nanmean(mean_square_error(everybody, rule, y)) / spread)
        for name, rule in rules.items()
    }
    if not world.outcome.startswith(("continuous", "skewed")):
        floor = 0.5 / total[:, None, None]
        shares = np.broadcast_to((column / total[:, None])[:, None, :], T.shape)
        model = crossval.mean_log_error(everybody, held_probabilities(T, values, link), floor)
        out["cv_log_score"] = float(np.mean(crossval.mean_log_error(everybody, shares, floor) - model))
    return out


def _rows(
    table: pd.DataFrame | Columns, kinds: tuple[str, str, str]
) -> Iterator[tuple[tuple[str, str, str], float, float]]:
    columns = (table[kind] for kind in (*kinds, "conf_low", "conf_high"))
    for a, b, c, low, high in zip(*columns, strict=True):
        yield (a, b, c), low, high


def accuracies(contest: Contest, found: Linearised, scores: Mapping[Key, Array]) -> Iterator[Interval]:
    """Intervals of `table`, `pairs`, `ratios` and `banding`."""
    for (metric, coding, measure), low, high in _rows(
        tables.accuracy_table(contest, found, scores, PROTOCOL), ("metric", "coding", "measure")
    ):
        if metric == "(all)" or (coding != "linear" and measure == "r2_score"):
            continue
        name = measure if coding == "linear" else f"{coding} {measure}"
        yield name, f"{metric} {name}", low, high
    for (a, b, measure), low, high in _rows(
        tables.pairs_table(contest, found, scores, PROTOCOL), ("a", "b", "measure")
    ):
        yield f"difference of {measure}", f"{a}-{b} {measure}", low, high


def correlated(contest: Contest) -> Iterator[Interval]:
    """Intervals of what needs no model: correlations, differences and ratios, banding, reliability."""
    found, scores = in_sample(contest, PROTOCOL.link, CHEAP), dict[Key, Array]()  # nothing is held out
    yield from accuracies(contest, found, scores)
    for (a, b, unit), low, high in _rows(tables.ratios_table(contest, found, PROTOCOL), ("a", "b", "unit")):
        yield f"ratio of {unit}", f"{a}/{b} {unit}", low, high
    for (metric, coding, measure), low, high in _rows(
        tables.banding_table(contest, found, scores, PROTOCOL), ("metric", "coding", "measure")
    ):
        if (coding, measure) == ("official", "r2_score"):
            yield "banding", f"{metric} banding", low, high
    for (metric, versus, measure), low, high in _rows(
        models.reliability_table(contest, found, PROTOCOL, KNOWN), ("metric", "versus", "measure")
    ):
        which = f"{metric}/{versus} break-even" if measure == "break_even" else f"{metric} {measure}"
        yield measure, which, low, high


def fitted(contest: Contest) -> Iterator[Interval]:
    """Intervals of the log-likelihood gain, and of models' coefficients."""
    found = in_sample(contest, PROTOCOL.link, ("log_score", "pearson_r", "efron_r2_score"))
    for interval in accuracies(contest, found, {}):
        if "log" in interval[0] or "efron" in interval[0]:
            yield interval
    for (a, b, unit), low, high in _rows(tables.ratios_table(contest, found, PROTOCOL), ("a", "b", "unit")):
        if unit == "log_likelihood":
            yield f"ratio of {unit}", f"{a}/{b} {unit}", low, high
    for (model, _, metric), low, high in _rows(
        models.models_table(contest, PROTOCOL), ("model", "family", "metric")
    ):
        kind = "coefficient, joint" if model == "joint" else "coefficient, alone"
        yield kind, f"{model}:{metric} coefficient", low, high


def held_out(contest: Contest, rng: np.random.Generator) -> Iterator[Interval]:
    """Intervals of cross-validated accuracy and its differences; beside them those of Nadeau and Bengio."""
    found = in_sample(contest, PROTOCOL.link, ("pearson_r", "log_score", "efron_r2_score"))
    scores = out_of_sample(contest, PROTOCOL, rng)
    for name, which, low, high in accuracies(contest, found, scores):
        if "cv_" in name:
            yield name, which, low, high
            yield f"{TRAINED}{name}", f"{TRAINED}{which}", low, high
    for measure in ("cv_r2_score", "cv_log_score"):
        for a, b in combinations([metric.name for metric in contest.metrics], 2):
            if Key(a, "linear", measure) in scores:
                gap = scores[Key(a, "linear", measure)] - scores[Key(b, "linear", measure)]
                ends = crossval.corrected_t(gap, PROTOCOL.test_share).interval(PROTOCOL.conf_level)
                yield f"Nadeau-Bengio difference of {measure}", f"{a}-{b} {measure}", *ends


def joint(contest: Contest, rng: np.random.Generator) -> Iterator[Interval]:
    """Intervals of what each metric adds to the others."""
    table = joints.joint_table(contest, replace(PROTOCOL, n_boot=2), rng)  # draws serve p_first alone
    for (metric, measure, _), low, high in _rows(table, ("metric", "measure", "n")):
        if measure != "p_first":
            yield measure, f"{metric} {measure}", low, high


def rivals(contest: Contest, rng: np.random.Generator) -> Iterator[Interval]:
    """Other intervals of a difference of correlations: Zou's closed form and the percentile bootstrap."""
    found = in_sample(contest, PROTOCOL.link, ("pearson_r",))
    for interval in accuracies(contest, found, {}):
        if interval[0] == "difference of pearson_r":
            yield interval
    covariance = contest.moments(contest.sample.w[None, :])[0]
    spread = np.sqrt(np.diag(covariance))
    R = covariance / np.outer(spread, spread)
    draws = []
    for W in resampling.bootstrap(contest.sample, RIVAL_DRAWS, rng):
        moments = contest.moments(W)
        scale = np.sqrt(np.diagonal(moments, axis1=1, axis2=2))
        draws.append(moments[:, :-1, -1] / (scale[:, :-1] * scale[:, -1:]))
    r = np.concatenate(draws)
    for a, b in combinations(range(len(contest.metrics)), 2):
        which = f"{NAMES[a]}-{NAMES[b]} pearson_r"
        low, high = correlations.zou_interval(R[a, -1], R[b, -1], R[a, b], contest.sample.rows)
        yield "Zou", which, float(low), float(high)
        low, high = np.nanquantile(r[:, a] - r[:, b], [0.025, 0.975])
        yield "percentile bootstrap", which, float(low), float(high)


class _Trusting(dict):
    """Held-out scores that agree with whoever leads."""

    def __missing__(self, key: Key) -> Array:
        return np.array([float(key.metric == self["leader"])])


def verdict(contest: Contest, rng: np.random.Generator) -> Verdict:
    """Return the verdict; folds are drawn only where it could depend on them."""
    measure = "somers_d" if contest.kind == "binary" else "pearson_r"
    protocol = replace(PROTOCOL, measure=measure)
    found = in_sample(contest, protocol.link, {measure})
    at = {metric.name: found.position(metric.name, "linear", measure) for metric in contest.metrics}
    leader = max(at, key=lambda name: found.value[at[name]])
    made = _verdict(contest, found, _Trusting(leader=leader), protocol)
    ahead = made.conclusion == "better" or "less well" in made.sentence
    if not ahead:
        return made
    return _verdict(contest, found, out_of_sample(contest, protocol, rng, gains=False), protocol)
