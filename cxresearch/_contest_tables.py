"""The tables of a comparison, each from the estimates of `cxresearch._accuracy`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from cxresearch._accuracy import Key, Linearised, Protocol
from cxresearch._contest import Contest
from cxresearch.results import ESTIMATE_COLUMNS
from cxresearch.stats import crossval, importance, resampling

Array: TypeAlias = NDArray[np.float64]
Row: TypeAlias = dict[str, Any]

BOUNDED = ("pearson_r", "spearman_r", "somers_d")  # on the correlation scale, -1 to 1
FLAT = 1e-9  # share of a question's variance below which a draw holds one answer, but for rounding
PROBABILITIES = ("p_a_better", "p_same", "p_b_better")


def frame(rows: list[Row], keys: tuple[str, ...], extra: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return tidy rows under the keys, the estimate columns, then `extra`."""
    return pd.DataFrame(rows, columns=[*keys, *ESTIMATE_COLUMNS, *extra])


def _row(contest: Contest, estimate: float, std_error: float, ends: tuple[float, float], **keys: Any) -> Row:
    low, high = ends
    numbers = (estimate, std_error, low, high, contest.sample.rows, contest.n_missing)
    return keys | dict(zip(ESTIMATE_COLUMNS, numbers, strict=True))


def r_interval(r: float, std_error: float, df: float, conf_level: float) -> tuple[float, float]:
    """Interval of a coefficient in [-1, 1]: t on Fisher's z scale, where its distribution is nearest normal."""
    if not (abs(r) < 1 and math.isfinite(std_error)):
        return math.nan, math.nan
    half = float(stdtrit(df, (1 + conf_level) / 2)) * std_error / (1 - r**2)
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def _squared(ends: tuple[float, float]) -> tuple[float, float]:
    """Interval of a square from that of its root."""
    low, high = sorted(end**2 for end in ends)
    return (0.0 if ends[0] < 0 < ends[1] else low), high


def accuracy_table(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol
) -> pd.DataFrame:
    """One row per metric, coding and measure; what was held out first."""
    rows = []
    for key, folds in scores.items():
        held = crossval.corrected_t(folds, protocol.test_share)
        ends = crossval.t_interval(held.estimate, held.std_error, held.df, protocol.conf_level)
        rows.append(_row(contest, held.estimate, held.std_error, ends, **key._asdict()))
    for which, key in enumerate(found.keys):
        value, error = float(found.value[which]), found.std_error(which)
        if key.measure in BOUNDED:
            ends = r_interval(value, error, found.df, protocol.conf_level)
        else:
            ends = crossval.t_interval(value, error, found.df, protocol.conf_level)
        if key.measure == "pearson_r":
            square = (value**2, 2 * abs(value) * error, _squared(ends))
            rows.append(_row(contest, *square, **key._replace(measure="r2_score")._asdict()))
        if key.measure == "somers_d" and contest.kind == "binary":
            area = ((1 + value) / 2, error / 2, ((1 + ends[0]) / 2, (1 + ends[1]) / 2))
            rows.append(_row(contest, *area, **key._replace(measure="auc_score")._asdict()))
        rows.append(_row(contest, value, error, ends, **key._asdict()))
    return frame(rows, ("metric", "coding", "measure"))


def _rope(measure: str, r_a: float, r_b: float, rope: float) -> float:
    """Region of practical equivalence carried from correlations to another measure, at the correlations found."""
    mean = (abs(r_a) + abs(r_b)) / 2
    if measure == "auc_score":
        return rope / 2  # AUC = (1 + D) / 2
    if measure in ("r2_score", "cv_r2_score"):
        return rope * 2 * mean  # r_a² - r_b² = (r_a - r_b)(r_a + r_b)
    if measure in ("log_score", "cv_log_score"):
        return rope * mean / max(1 - mean**2, 1e-6)  # of -½ log(1 - r²), the gain under normality
    return rope


def pairs_table(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol
) -> pd.DataFrame:
    """One row per pair and measure: difference a - b, and the probabilities that it matters."""
    rows = []
    for a, b in combinations([metric.name for metric in contest.metrics], 2):
        r_a, r_b = (float(found.value[found.position(name, "linear", "pearson_r")]) for name in (a, b))
        for measure, (estimate, error, df) in _differences(contest, found, scores, protocol, a, b):
            rope = _rope(measure, r_a, r_b, protocol.rope)
            ends = crossval.t_interval(estimate, error, df, protocol.conf_level)
            chances = crossval.practical_probabilities(estimate, error, df, rope)
            row = _row(contest, estimate, error, ends, a=a, b=b, measure=measure)
            row |= {"p_value": crossval.t_p_value(estimate, error, df), "df": df, "rope": rope}
            rows.append(row | dict(zip(PROBABILITIES, chances, strict=True)))
    return frame(rows, ("a", "b", "measure"), ("p_value", "df", "rope", *PROBABILITIES))


def _differences(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol, a: str, b: str
) -> Iterator[tuple[str, tuple[float, float, int]]]:
    """Measure, then difference, standard error and degrees of freedom: held out first."""
    for measure in ("cv_r2_score", "cv_log_score"):
        if Key(a, "linear", measure) in scores:
            gap = scores[Key(a, "linear", measure)] - scores[Key(b, "linear", measure)]
            held = crossval.corrected_t(gap, protocol.test_share)
            yield measure, (held.estimate, held.std_error, held.df)
    for measure in ("pearson_r", "spearman_r", "somers_d", "log_score"):
        if Key(a, "linear", measure) not in found.keys:
            continue
        at_a, at_b = (found.position(name, "linear", measure) for name in (a, b))
        estimate, error = found.difference(at_a, at_b)
        if measure == "somers_d" and contest.kind == "binary":
            yield "auc_score", (estimate / 2, error / 2, found.df)
        yield measure, (estimate, error, found.df)


def fieller(value: Array, covariance: Array, quantile: float) -> tuple[float, float]:
    """Fieller's interval of ``value[0] / value[1]`` for a denominator above 0.

    Parameters
    ----------
    value : array (2,)
        Estimates of numerator and denominator.
    covariance : array (2, 2)
        Their covariance.
    quantile : float
        Of the t distribution, such as 1.96.

    Returns
    -------
    tuple of float
        ``(-inf, inf)`` where the denominator's own interval reaches 0.

    References
    ----------
    Fieller (1954), Some problems in interval estimation. *J. R. Stat. Soc. B* 16, 175-185.

    Examples
    --------
    >>> low, high = fieller(np.array([2.0, 1.0]), np.diag([0.01, 0.01]), 1.96)
    >>> round(low, 3), round(high, 3)
    (1.626, 2.534)
    """
    # the ratios t that a test of value[0] - t value[1] = 0 does not reject: a quadratic in t
    products = np.outer(value, value) - quantile**2 * covariance
    lead, middle, last = float(products[1, 1]), float(products[0, 1]), float(products[0, 0])
    if not (lead > 0 and value[1] > 0):
        return -math.inf, math.inf
    root = math.sqrt(max(middle**2 - lead * last, 0.0))
    return (middle - root) / lead, (middle + root) / lead


def ratio(value: Array, covariance: Array) -> tuple[float, float]:
    """Ratio of two estimates and its standard error; NaN where the denominator is not above 0."""
    if not value[1] > 0:
        return math.nan, math.nan
    found = float(value[0] / value[1])
    gradient = np.array([1.0, -found]) / value[1]
    return found, float(np.sqrt(max(gradient @ covariance @ gradient, 0.0)))


def ratios_table(contest: Contest, found: Linearised, protocol: Protocol) -> pd.DataFrame:
    """'x % more accurate' in every unit it could mean: ratio a / b of each kind of accuracy."""
    units = {"r": "pearson_r", "r2": "pearson_r", "2auc-1": "somers_d", "log_likelihood": "log_score"}
    quantile = float(stdtrit(found.df, (1 + protocol.conf_level) / 2))
    rows = []
    for a, b in combinations([metric.name for metric in contest.metrics], 2):
        for unit, measure in units.items():
            if Key(a, "linear", measure) not in found.keys:
                continue
            at = [found.position(name, "linear", measure) for name in (a, b)]
            value, cov = found.value[at], found.covariance[np.ix_(at, at)]
            # r² = r |r| keeps the sign: its ratio and interval follow from those of r
            ends = fieller(value, cov, quantile)
            found_ratio, error = ratio(value, cov)
            if unit == "r2":
                error, found_ratio = 2 * abs(found_ratio) * error, found_ratio * abs(found_ratio)
                ends = (ends[0] * abs(ends[0]), ends[1] * abs(ends[1]))
            rows.append(_row(contest, found_ratio, error, ends, a=a, b=b, unit=unit))
    return frame(rows, ("a", "b", "unit"))


def banding_table(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol
) -> pd.DataFrame:
    """R² by official score, and by level, less R² of the answers as they are: what banding loses."""
    rows = []
    for metric in contest.metrics:
        for coding in ("official", "levels"):
            key = Key(metric.name, coding, "cv_r2_score")
            if key not in scores:
                continue
            gap = scores[key] - scores[key._replace(coding="linear")]
            held = crossval.corrected_t(gap, protocol.test_share)
            ends = crossval.t_interval(held.estimate, held.std_error, held.df, protocol.conf_level)
            rows.append(_row(contest, held.estimate, held.std_error, ends, **key._asdict()))
        if Key(metric.name, "official", "pearson_r") in found.keys:
            at = [found.position(metric.name, coding, "pearson_r") for coding in ("official", "linear")]
            r, cov = found.value[at], found.covariance[np.ix_(at, at)]
            gradient = np.array([2 * r[0], -2 * r[1]])
            lost, error = float(r[0] ** 2 - r[1] ** 2), float(np.sqrt(max(gradient @ cov @ gradient, 0.0)))
            ends = crossval.t_interval(lost, error, found.df, protocol.conf_level)
            rows.append(
                _row(contest, lost, error, ends, metric=metric.name, coding="official", measure="r2_score")
            )
    return frame(rows, ("metric", "coding", "measure"))


def joint_table(contest: Contest, protocol: Protocol, rng: np.random.Generator) -> pd.DataFrame:
    """What each metric adds to the others in one linear model, by bootstrap, and how often it ranks first.

    Draws in which a question has a single answer are left out: they happen where few gave a rare answer.
    """
    names = [metric.name for metric in contest.metrics]
    covariance = contest.moments(contest.sample.w[None, :])
    whole = _joint_values(covariance)
    least = FLAT * np.diagonal(covariance, axis1=1, axis2=2)
    chunks = []
    for W in resampling.bootstrap(contest.sample, protocol.n_boot, rng):
        drawn = contest.moments(W)
        spread_out = (np.diagonal(drawn, axis1=1, axis2=2) > least).all(axis=1)
        chunks.append(_joint_values(drawn[spread_out]))
    tail = (1 - protocol.conf_level) / 2
    rows = []
    for measure, values in whole.items():
        draws = np.concatenate([chunk[measure] for chunk in chunks])
        for which, name in enumerate(names):
            known = draws[~np.isnan(draws[:, which]), which]
            low, high, error = math.nan, math.nan, math.nan
            if len(known) > 1:
                low, high = map(float, np.quantile(known, [tail, 1 - tail]))
                error = float(known.std(ddof=1))
            value = float(values[0, which])
            rows.append(_row(contest, value, error, (low, high), metric=name, measure=measure))
    first = np.argmax(np.concatenate([chunk["shapley_r2"] for chunk in chunks]), axis=1)
    for which, name in enumerate(names):
        share = float(np.mean(first == which)) if len(first) else math.nan
        rows.append(_row(contest, share, math.nan, (math.nan, math.nan), metric=name, measure="p_first"))
    return frame(rows, ("metric", "measure"))


def _joint_values(covariance: Array) -> dict[str, Array]:
    """Incremental and Shapley R², its shares, and standardised coefficients, each ``(B, m)``."""
    shapley = importance.shapley_r2(covariance)
    total = shapley.sum(axis=1, keepdims=True)
    spread = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    inverse = np.linalg.pinv(covariance[:, :-1, :-1], hermitian=True)
    beta = (inverse @ covariance[:, :-1, -1:])[..., 0] * spread[:, :-1] / spread[:, -1:]
    return {
        "incremental_r2": importance.incremental_r2(covariance),
        "shapley_r2": shapley,
        "shapley_share": np.divide(shapley, total, out=np.full_like(shapley, np.nan), where=total > 0),
        "standardised_coefficient": beta,
    }
