"""Ask a simulated survey what `compare` asks, and note which intervals hold the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.worlds import NAMES, World
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
from cxresearch.stats import association, resampling
from cxresearch.stats.crossval import level_prediction, linear_prediction, mean_square_error

Array: TypeAlias = NDArray[np.float64]
Truth: TypeAlias = Mapping[str, float]
Interval: TypeAlias = tuple[str, str, float, float]  # what is tallied, whose truth, low, high

CHEAP = ("pearson_r", "spearman_r", "somers_d")
PROTOCOL = Protocol(
    conf_level=0.95, rope=0.03, measure="pearson_r", link="logit", folds=10, repeats=10, n_boot=2_000, seed=0
)
KNOWN = {"a": 0.8, "b": 0.7, "c": 0.6, "y": 0.9}  # reliabilities given to the disattenuation
UNITS = {"r": "pearson_r", "r2": "r2_score", "2auc-1": "somers_d", "log_likelihood": "log_score"}
TOLERANCE = 1e-9


class Tally:
    """Counts, for each kind of interval, how often it holds the truth."""

    def __init__(self) -> None:
        self.counts: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0, 0, 0.0])

    def add(self, intervals: Iterator[Interval], truth: Truth) -> None:
        """Note one sample's intervals: tried, all above the truth, all below it, not defined, width."""
        for name, which, low, high in intervals:
            count = self.counts[name]
            count[0] += 1
            count[1] += low > truth[which] + TOLERANCE
            count[2] += high < truth[which] - TOLERANCE
            count[3] += not low <= high
            count[4] += high - low if np.isfinite(high - low) else 0.0

    def plain(self) -> dict[str, list[float]]:
        """Return what JSON can hold."""
        return {name: [float(value) for value in count] for name, count in self.counts.items()}


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
    joint = tables._joint_values(contest.moments(contest.sample.w[None, :]))
    for measure, values in joint.items():
        out |= {f"{name} {measure}": float(value) for name, value in zip(NAMES, values[0], strict=False)}
    coefficients = models.models_table(contest, PROTOCOL)
    for row in coefficients.itertuples():
        out[f"{row.model}:{row.metric} coefficient"] = row.estimate
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
    else:
        out["cv_r2_score"] = explained(linear_prediction(T, metric.values, y))
        out["official cv_r2_score"] = explained(linear_prediction(T, metric.official, y))
    out["levels cv_r2_score"] = explained(level_prediction(T, metric.values, y))
    if contest.kind != "continuous":
        out["log_score"] = out["cv_log_score"] = float(log_gain(T, metric.values, PROTOCOL.link)[0])
    return out


def _mean(T: Array, y: Array) -> float:
    return float((T.sum(axis=(0, 1)) @ y) / T.sum())


def _rows(
    table: pd.DataFrame, kinds: tuple[str, str, str]
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
    for (a, b, unit), low, high in _rows(tables.ratios_table(contest, found, PROTOCOL), ("a", "b", "unit")):
        yield f"ratio of {unit}", f"{a}/{b} {unit}", low, high
    for (metric, _, measure), low, high in _rows(
        tables.banding_table(contest, found, {}, PROTOCOL), ("metric", "coding", "measure")
    ):
        yield f"banding {measure}", f"{metric} banding", low, high


def cheap(contest: Contest) -> Iterator[Interval]:
    """Intervals of what needs no model: correlations, their differences and ratios, banding."""
    return accuracies(contest, in_sample(contest, PROTOCOL.link, CHEAP), {})


def fitted(contest: Contest) -> Iterator[Interval]:
    """Intervals of the log-likelihood gain, and of models' coefficients."""
    found = in_sample(contest, PROTOCOL.link, ("log_score", "pearson_r"))
    for interval in accuracies(contest, found, {}):
        if "log" in interval[0]:
            yield interval
    for (model, _, metric), low, high in _rows(
        models.models_table(contest, PROTOCOL), ("model", "family", "metric")
    ):
        yield (
            f"coefficient, {'joint' if model == 'joint' else 'alone'}",
            f"{model}:{metric} coefficient",
            low,
            high,
        )


def held_out(contest: Contest, rng: np.random.Generator) -> Iterator[Interval]:
    """Intervals of cross-validated accuracy and its differences (corrected resampled t)."""
    found = in_sample(contest, PROTOCOL.link, ("pearson_r",))
    scores = out_of_sample(contest, PROTOCOL, rng)
    for interval in accuracies(contest, found, scores):
        if "cv_" in interval[0]:
            yield interval


def joint(contest: Contest, rng: np.random.Generator) -> Iterator[Interval]:
    """Intervals of what each metric adds to the others."""
    table = tables.joint_table(contest, PROTOCOL, rng)
    for metric, measure, low, high in zip(
        table.metric, table.measure, table.conf_low, table.conf_high, strict=True
    ):
        if measure != "p_first":
            yield measure, f"{metric} {measure}", low, high


def rivals(contest: Contest, rng: np.random.Generator) -> Iterator[Interval]:
    """Other intervals of a difference of correlations: Zou's closed form and the percentile bootstrap."""
    found = in_sample(contest, PROTOCOL.link, ("pearson_r",))
    tests = models.tests_table(contest, found, PROTOCOL)
    for (a, b, test), low, high in _rows(tests, ("a", "b", "test")):
        if test == "zou":
            yield "Zou", f"{a}-{b} pearson_r", low, high
    draws = []
    for W in resampling.bootstrap(contest.sample, 1_000, rng):
        moments = contest.moments(W)
        spread = np.sqrt(np.diagonal(moments, axis1=1, axis2=2))
        draws.append(moments[:, :-1, -1] / (spread[:, :-1] * spread[:, -1:]))
    r = np.concatenate(draws)
    for a, b in combinations(range(len(contest.metrics)), 2):
        low, high = np.nanquantile(r[:, a] - r[:, b], [0.025, 0.975])
        yield "percentile bootstrap", f"{NAMES[a]}-{NAMES[b]} pearson_r", float(low), float(high)
