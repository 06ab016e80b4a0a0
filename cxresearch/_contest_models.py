"""Tables of a comparison that rest on fitted models, textbook tests and reliabilities."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from cxresearch._accuracy import Linearised, Protocol
from cxresearch._contest import Contest
from cxresearch._contest_tables import fieller, frame, r_interval, ratio
from cxresearch.stats import correlations, crossval, discrimination, ordinal, regression
from cxresearch.stats.reliability import disattenuate

Array: TypeAlias = NDArray[np.float64]
Row: TypeAlias = dict[str, Any]


def models_table(contest: Contest, protocol: Protocol) -> pd.DataFrame:
    """Coefficients per answer point, each metric alone and all together, with design-based (sandwich) errors.

    A few-valued outcome gets the cumulative-link model (two values: the binary model), so `estimate` is a log
    odds ratio under the logit link; a continuous one gets least squares, so it is in the outcome's units.
    """
    rows: list[Row] = []
    columns = list(range(len(contest.metrics)))
    groups = [[which] for which in columns] + ([columns] if len(columns) > 1 else [])
    for group in groups:
        name = contest.metrics[group[0]].name if len(group) == 1 else "joint"
        coefficient, covariance, kind = _fit(contest, contest.matrix[:, group], protocol.link)
        for position, which in enumerate(group):
            estimate, error = float(coefficient[position]), math.sqrt(covariance[position, position])
            low, high = crossval.t_interval(estimate, error, contest.sample.degrees, protocol.conf_level)
            rows.append({
                "model": name, "family": kind, "metric": contest.metrics[which].name, "estimate": estimate,
                "std_error": error, "conf_low": low, "conf_high": high, "n": contest.sample.rows,
                "n_missing": contest.n_missing,
                "p_value": crossval.t_p_value(estimate, error, contest.sample.degrees),
            })  # fmt: skip
    return frame(rows, ("model", "family", "metric"), ("p_value",))


def _fit(contest: Contest, X: Array, link: str) -> tuple[Array, Array, str]:
    sample = contest.sample
    design: dict[str, Any] = {
        "w2": sample.w2,
        "n": sample.n,
        "cluster": sample.cluster,
        "stratum": sample.stratum,
    }
    if contest.kind == "continuous":
        y = contest.outcome.values[contest.outcome.code]
        linear = regression.fit_linear(y, X, sample.w, n=sample.rows)
        covariance = regression.sandwich(linear, y, X, sample.w, **design)
        return linear.coef[1:], covariance[1:, 1:], "linear"
    fit = ordinal.fit_cumulative(contest.outcome.code, X, sample.w, link)
    covariance = ordinal.sandwich(fit, contest.outcome.code, X, sample.w, **design)
    width = X.shape[1]
    return (
        fit.coef,
        covariance[:width, :width],
        f"{'binary' if contest.kind == 'binary' else 'cumulative'} {link}",
    )


def textbook_table(contest: Contest, protocol: Protocol) -> pd.DataFrame:
    """The field's own tests of two dependent correlations (and DeLong's of two AUCs), for the record.

    They assume normal answers and simple random sampling; with weights they are given Kish's effective n. The
    verdict does not use them.
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
        for test in correlations.DEPENDENT_TESTS:
            made = correlations.compare_dependent(
                R[a, -1], R[b, -1], R[a, b], n, test, conf_level=protocol.conf_level
            )
            rows.append(names | _test_row(made, contest, test))
        if contest.kind == "binary":
            sample = contest.sample
            areas = discrimination.delong_test(
                contest.matrix[:, [a, b]], contest.outcome.code, sample.w, sample.w2, n=sample.n,
                cluster=sample.cluster, stratum=sample.stratum, conf_level=protocol.conf_level,
            )  # fmt: skip
            rows.append(names | _test_row(areas, contest, "delong"))
    return frame(rows, ("a", "b", "test"), ("statistic", "df", "p_value"))


def _test_row(made: Any, contest: Contest, test: str) -> Row:
    return {
        "test": test, "estimate": made.estimate, "std_error": made.std_error, "conf_low": made.conf_low,
        "conf_high": made.conf_high, "n": contest.sample.rows, "n_missing": contest.n_missing,
        "statistic": made.statistic, "df": made.df, "p_value": made.p_value,
    }  # fmt: skip


def reliability_table(
    contest: Contest, found: Linearised, protocol: Protocol, reliability: Mapping[str, float]
) -> pd.DataFrame:
    """What measurement error could explain.

    Rows ``break_even``: reliability of the metric ahead over that of the metric behind (`versus`) at which their
    latent correlations tie; a true ratio above it flips the ranking. Rows ``disattenuated_r``: correlation with
    the outcome freed of the metric's own (and, where known, the outcome's) unreliability.
    """
    rows: list[Row] = []
    quantile = float(stdtrit(found.df, (1 + protocol.conf_level) / 2))
    common = {"n": contest.sample.rows, "n_missing": contest.n_missing}
    for ahead, behind, at in _ordered_pairs(contest, found):
        value, cov = found.value[at], found.covariance[np.ix_(at, at)]
        low, high = fieller(value, cov, quantile)
        root, error = ratio(value, cov)
        ends = {"conf_low": max(low, 0.0) ** 2, "conf_high": high**2}
        numbers = {"estimate": root**2, "std_error": 2 * abs(root) * error} | ends | common
        rows.append(
            {"metric": ahead, "versus": behind, "measure": "break_even", "reliability": math.nan} | numbers
        )
    for metric in contest.metrics:
        if metric.name not in reliability:
            continue
        which = found.position(metric.name, "linear", "pearson_r")
        r, error = float(found.value[which]), found.std_error(which)
        known = reliability[metric.name], reliability.get(contest.outcome.name, 1.0)
        scale = float(disattenuate(1.0, *known))
        low, high = r_interval(r, error, found.df, protocol.conf_level)
        numbers = {
            "estimate": r * scale,
            "std_error": error * scale,
            "conf_low": low * scale,
            "conf_high": high * scale,
        }
        keys = {"metric": metric.name, "versus": None, "measure": "disattenuated_r", "reliability": known[0]}
        rows.append(keys | numbers | common)
    return frame(rows, ("metric", "versus", "measure", "reliability"))


def _ordered_pairs(contest: Contest, found: Linearised) -> Iterator[tuple[str, str, list[int]]]:
    for pair in combinations([metric.name for metric in contest.metrics], 2):
        at = [found.position(name, "linear", "pearson_r") for name in pair]
        if found.value[at[0]] < found.value[at[1]]:
            at, pair = at[::-1], (pair[1], pair[0])
        yield pair[0], pair[1], at
