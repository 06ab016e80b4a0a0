"""Tables of a comparison that rest on fitted models, textbook tests and reliabilities."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._accuracy import Linearised, Protocol
from cxresearch._contest import DEPENDENT, Contest
from cxresearch._contest_tables import ratio_of
from cxresearch._rows import Row, frame, row_of
from cxresearch.stats import correlations, discrimination, ordinal, regression
from cxresearch.stats.estimates import Estimate, influence_t
from cxresearch.stats.reliability import disattenuate

Array: TypeAlias = NDArray[np.float64]


def models_table(contest: Contest, protocol: Protocol) -> pd.DataFrame:
    """Coefficients per answer point, each metric alone and all together, with design-based (sandwich) errors.

    A few-valued outcome gets the cumulative-link model (two values: the binary model), so `estimate` is a log
    odds ratio under the logit link; a continuous one gets least squares, so it is in the outcome's units. Where
    the answers separate the outcomes the coefficient has no bound: `separated` is True and there is no interval.
    """
    rows: list[Row] = []
    columns = list(range(len(contest.metrics)))
    groups = [[which] for which in columns] + ([columns] if len(columns) > 1 else [])
    for group in groups:
        name = contest.metrics[group[0]].name if len(group) == 1 else "joint"
        family, separated, coefficients = _fit(contest, contest.matrix[:, group], protocol.link)
        for one, which in zip(coefficients, group, strict=True):
            keys = {"model": name, "family": family, "metric": contest.metrics[which].name}
            row = row_of(contest, one, one.interval(protocol.conf_level), **keys)
            rows.append(row | {"p_value": one.p_value, "separated": separated})
    return frame(rows, ("model", "family", "metric"), ("p_value", "separated"))


def _fit(contest: Contest, X: Array, link: str) -> tuple[str, bool, list[Estimate]]:
    """Family, whether outcomes are separated, and the coefficients with their errors."""
    sample, width = contest.sample, X.shape[1]
    if contest.kind == "continuous":
        y = contest.outcome.values[contest.outcome.code]
        linear = regression.fit_linear(y, X, sample.w, n=sample.rows)
        made, parameters = regression.influence(linear, y, X)[:, 1:], width + 1
        return "linear", False, _coefficients(linear.coef[1:], made, parameters, contest)
    fit = ordinal.fit_cumulative(contest.outcome.code, X, sample.w, link)
    family = f"{'binary' if contest.kind == 'binary' else 'cumulative'} {link}"
    if fit.separated:
        return family, True, [Estimate(float(value), math.nan, math.nan) for value in fit.coef]
    made = ordinal.influence(fit, contest.outcome.code, X)[:, :width]
    parameters = width + len(contest.outcome.values) - 1
    return family, False, _coefficients(fit.coef, made, parameters, contest)


def _coefficients(coef: Array, influence: Array, parameters: int, contest: Contest) -> list[Estimate]:
    """Coefficients with sandwich errors, widened for the parameters fitted."""
    rows = contest.sample.rows
    widened = math.sqrt(rows / max(rows - parameters, 1))
    made = []
    for value, column in zip(coef, influence.T, strict=True):
        error, df = influence_t(column, contest.sample)
        made.append(Estimate(float(value), error * widened, df))
    return made


def textbook_table(contest: Contest, protocol: Protocol) -> pd.DataFrame:
    """The field's own tests of two dependent correlations (and DeLong's of two AUCs), for the record.

    They assume normal answers and simple random sampling; with weights they are given Kish's effective n. The
    verdict does not use them. Where one is not defined (correlations so close to 1 that they determine one another,
    a single row of the rarer outcome) its figures are missing.
    """
    n = (
        contest.sample.n_effective
        if not np.array_equal(contest.sample.w, contest.sample.n)
        else contest.sample.rows
    )
    covariance = contest.moments(contest.sample.w[None, :])[0]
    spread = np.sqrt(np.diag(covariance))
    R = covariance / np.outer(spread, spread)
    rows: list[Row] = []
    for a, b in combinations(range(len(contest.metrics)), 2):
        names = {"a": contest.metrics[a].name, "b": contest.metrics[b].name}
        three = R[np.ix_([a, b, -1], [a, b, -1])]
        for test in correlations.DEPENDENT_TESTS:
            made: Any = None
            if n > 3 and np.linalg.eigvalsh(three)[0] > DEPENDENT:
                with np.errstate(invalid="ignore"):  # near 1 a variance may come out below 0: NaN says so
                    made = correlations.compare_dependent(
                        R[a, -1], R[b, -1], R[a, b], n, test, conf_level=protocol.conf_level
                    )
            rows.append(names | _test_row(made, contest, test, float(R[a, -1] - R[b, -1])))
        if contest.kind == "binary":
            rows.append(names | _delong_row(contest, [a, b], protocol))
    return frame(rows, ("a", "b", "test"), ("statistic", "df", "p_value"))


def _delong_row(contest: Contest, pair: list[int], protocol: Protocol) -> Row:
    sample, code = contest.sample, contest.outcome.code
    first, second = (float(discrimination.auc(contest.matrix[:, one], code, sample.w)) for one in pair)
    made: Any = None
    if np.bincount(code, sample.n).min() >= 2:
        made = discrimination.delong_test(
            contest.matrix[:, pair], code, sample.w, sample.w2, n=sample.n, cluster=sample.cluster,
            stratum=sample.stratum, conf_level=protocol.conf_level,
        )  # fmt: skip
    return _test_row(made, contest, "delong", first - second)


def _test_row(made: Any, contest: Contest, test: str, estimate: float) -> Row:
    """One test; without it (`made` is None) the difference alone."""
    figures = ("std_error", "conf_low", "conf_high", "statistic", "df", "p_value")
    row: Row = {"test": test, "estimate": estimate, "n": contest.sample.rows, "n_missing": contest.n_missing}
    return row | {name: math.nan if made is None else getattr(made, name) for name in figures}


def reliability_table(
    contest: Contest, found: Linearised, protocol: Protocol, reliability: Mapping[str, float]
) -> pd.DataFrame:
    """What measurement error could explain.

    Rows ``break_even``: reliability of the metric ahead over that of the metric behind (`versus`) at which their
    latent correlations tie; a true ratio above it flips the ranking. Rows ``disattenuated_r``: correlation with
    the outcome freed of the metric's own (and, where known, the outcome's) unreliability.
    """
    rows: list[Row] = []
    for ahead, behind in _ordered_pairs(contest, found):
        root, (low, high) = ratio_of(found, ahead, behind, "pearson_r", protocol.conf_level)
        tie = Estimate(root.value**2, 2 * abs(root.value) * root.std_error, root.df)
        row = row_of(contest, tie, (max(low, 0.0) ** 2, high**2), metric=ahead, versus=behind)
        rows.append(row | {"measure": "break_even", "reliability": math.nan})
    for metric in contest.metrics:
        if metric.name not in reliability:
            continue
        r = found.estimate(found.position(metric.name, "linear", "pearson_r"))
        known = reliability[metric.name], reliability.get(contest.outcome.name, 1.0)
        scale = float(disattenuate(1.0, *known))
        low, high = r.r_interval(protocol.conf_level)
        row = row_of(contest, r.scaled(scale), (low * scale, high * scale), metric=metric.name, versus=None)
        rows.append(row | {"measure": "disattenuated_r", "reliability": known[0]})
    return frame(rows, ("metric", "versus", "measure", "reliability"))


def _ordered_pairs(contest: Contest, found: Linearised) -> Iterator[tuple[str, str]]:
    """Pairs of metrics, the one with the higher r first."""
    r = {
        metric.name: found.value[found.position(metric.name, "linear", "pearson_r")]
        for metric in contest.metrics
    }
    for a, b in combinations(r, 2):
        yield (a, b) if r[a] >= r[b] else (b, a)
