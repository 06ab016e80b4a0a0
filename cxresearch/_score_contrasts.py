"""What `score` says between segments: differences, independent and paired, and the trend over periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtrc, stdtr, stdtrit

from cxresearch._score_fits import Fit, Fits, Segments, scorers_of
from cxresearch.errors import DesignError
from cxresearch.stats.designs import Design, domain_means
from cxresearch.stats.multiplicity import adjusted_p_values
from cxresearch.survey import Cells, Question, Survey

Floats = NDArray[np.float64]
Pair = tuple[int, int]

DIFFERENCE_COLUMNS = (
    "metric", "scorer", "by", "a", "b", "estimate", "std_error", "conf_low", "conf_high", "n", "n_missing",
    "df", "p_value", "p_adjusted", "paired",
)  # fmt: skip
TREND_COLUMNS = (
    "metric", "scorer", "by", "estimate", "std_error", "conf_low", "conf_high", "n", "n_missing", "periods",
    "df", "p_value", "change_chi2", "change_df", "change_p_value",
)  # fmt: skip


def t_row(estimate: float, variance: float, df: int, conf_level: float) -> dict[str, float]:
    """Return estimate, error, t interval and two-sided p-value; NaN where nothing varies."""
    error = float(np.sqrt(variance)) if variance > 0 and df > 0 else np.nan
    half = error * float(stdtrit(df, (1 + conf_level) / 2)) if df > 0 else np.nan
    return {
        "estimate": float(estimate),
        "std_error": error,
        "conf_low": float(estimate - half),
        "conf_high": float(estimate + half),
        "df": df,
        "p_value": float(2 * stdtr(df, -abs(estimate / error))) if df > 0 else np.nan,
    }


def pairs_of(segments: Segments, compare_to: Any) -> list[Pair]:
    """Return the pairs (a, b) of segments whose differences a - b are asked for; the last is the total."""
    levels = [key[0] for key in segments.keys]
    matches = [k for k, level in enumerate(levels) if level == compare_to or str(level) == str(compare_to)]
    if matches:
        return [(k, matches[0]) for k in range(len(levels)) if k != matches[0]]
    if compare_to == "previous":
        return [(k, k - 1) for k in range(1, len(levels))]
    if compare_to == "total":
        return [(k, len(levels)) for k in range(len(levels))]
    choices = ", ".join(map(repr, [*levels, "previous", "total"]))
    raise ValueError(f"`compare_to` must be one of {choices}; got {compare_to!r}.")


def independent_rows(fit: Fit, fits: Fits, pairs: Sequence[Pair], conf_level: float) -> list[dict[str, Any]]:
    """Return the differences of segments with the design's joint covariance of the two domains."""
    rows = []
    segments, means = fits.segments, fit.means
    answered = np.isfinite(fit.values)
    for a, b in pairs:
        contrast = np.zeros(len(means.estimate))
        contrast[[a, b]] = 1.0, -1.0
        used = [a, b]
        variance = float(contrast[used] @ means.covariance[np.ix_(used, used)] @ contrast[used])
        overall = b == len(segments.keys)
        inside = answered & (overall | np.isin(segments.code, used))
        df = fits.design.degrees_of_freedom(inside) - 1
        if np.any((means.df[used] < 1) | (means.spread[used] == 0)):
            variance = np.nan  # one answer, or answers all alike, show no error, which is not an error of 0
        rows_of = b if overall else used  # the total holds its segments
        counts = means.n[rows_of].sum(), fit.n_missing[rows_of].sum()
        row = t_row(float(means.estimate[a] - means.estimate[b]), variance, df, conf_level)
        rows.append(_named(fit, segments, a, b) | row | _counts(*counts) | {"paired": False})
    return rows


def _named(fit: Fit, segments: Segments, a: int, b: int) -> dict[str, Any]:
    return {
        "metric": fit.metric,
        "scorer": fit.scorer,
        "by": segments.by[0],
        "a": segments.label(a),
        "b": segments.label(b),
    }


def _counts(n: Any, n_missing: Any) -> dict[str, int]:
    return {"n": int(n), "n_missing": int(n_missing)}


@dataclass(frozen=True, eq=False, slots=True)
class Waves:
    """One question's answers by respondent and wave.

    Attributes
    ----------
    cells : Cells
        Columns: question, wave, respondent.
    answers : Floats
        Raw answers of the cells.
    wave, person : int array
        Codes; -1 where missing.
    """

    cells: Cells
    answers: Floats
    wave: NDArray[np.int64]
    person: NDArray[np.int64]


def _waves(survey: Survey, question: Question, by: str, person: str, weights: bool) -> Waves:
    cells = survey.cells([question.name], by=[by, person], weights=weights, clusters=True)
    code = {name: np.nan_to_num(cells.column(name), nan=-1.0).astype(np.int64) for name in (by, person)}
    known = (code[by] >= 0) & (code[person] >= 0)
    keys = np.column_stack([code[by], code[person]])[known]
    distinct, inverse = np.unique(keys, axis=0, return_inverse=True)
    rows = np.bincount(inverse.reshape(-1), weights=cells.n[known])
    if np.any(rows > 1):
        twice = distinct[int(np.argmax(rows > 1))]
        one, wave = cells.levels[person][twice[1]], cells.levels[by][twice[0]]
        raise DesignError(
            f"`paired={person!r}` must be unique within each {by}, but {int((rows > 1).sum()):,} are not: "
            f"{one!r} has {int(rows.max())} rows in {wave!r}."
        )
    return Waves(cells, cells.column(question.name), code[by], code[person])


def paired_rows(
    survey: Survey, question: Question, fits: Fits, person: str, pairs: Sequence[Pair], scorers: Any, *,
    weights: bool, conf_level: float,
) -> tuple[list[dict[str, Any]], list[str]]:  # fmt: skip
    """Return the mean within-person difference of each scorer, and a sentence per pair on the matching."""
    by = fits.segments.by[0]
    waves = _waves(survey, question, by, person, weights)
    rows: list[dict[str, Any]] = []
    said, label = [], fits.segments.label
    own = scorers_of(question, scorers)
    for a, b in pairs:
        first, second, alone = _matched(waves, a, b)
        said.append(
            f"{question.name}: {len(first):,} respondents have a row in {label(a)} and in {label(b)}; "
            f"{alone:,} rows without a partner are left out of the paired difference."
        )
        for fit in (one for one in fits.each if one.metric == question.name):
            scored = own[fit.scorer].apply(waves.answers, fit.scale)
            row = _paired_row(waves, scored, first, second, fits, conf_level)
            rows.append(_named(fit, fits.segments, a, b) | row)
    return rows, said


def _matched(waves: Waves, a: int, b: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the cells of the same persons in waves a and b, and how many rows have no partner."""
    cells = [np.flatnonzero((waves.wave == wave) & (waves.person >= 0)) for wave in (a, b)]
    _, first, second = np.intersect1d(
        waves.person[cells[0]], waves.person[cells[1]], assume_unique=True, return_indices=True
    )
    rows = int(waves.cells.n[(waves.wave == a) | (waves.wave == b)].sum())
    return cells[0][first], cells[1][second], rows - 2 * len(first)


def _paired_row(
    waves: Waves, scored: Floats, first: NDArray[np.int64], second: NDArray[np.int64], fits: Fits,
    conf_level: float,
) -> dict[str, Any]:  # fmt: skip
    n_pairs, cells = len(first), waves.cells
    both = np.isfinite(scored[first]) & np.isfinite(scored[second])
    first, second = first[both], second[both]
    difference = scored[first] - scored[second]
    weight = (cells.w[first] + cells.w[second]) / 2  # one person, one weight: the mean of the two waves
    design = Design(
        np.ones(len(first), np.int64),
        weight,
        weight**2,
        None if cells.stratum is None else cells.stratum[first],
        None if cells.cluster is None else cells.cluster[first],
        lonely=fits.design.lonely,
    )
    counts = _counts(len(first), n_pairs - len(first)) | {"paired": True}
    if not len(first):
        return t_row(np.nan, 0.0, 0, conf_level) | counts
    means = domain_means(difference, np.zeros(len(first), np.int64), 1, design)
    return (
        t_row(float(means.estimate[0]), float(means.covariance[0, 0]), int(means.df[0]), conf_level) | counts
    )


def difference_table(rows: Sequence[dict[str, Any]], adjust: str) -> pd.DataFrame:
    """Return the rows as a table, p-values adjusted over all of them."""
    adjusted = adjusted_p_values([row["p_value"] for row in rows], adjust)
    full = [row | {"p_adjusted": p} for row, p in zip(rows, adjusted, strict=True)]
    return pd.DataFrame(full, columns=list(DIFFERENCE_COLUMNS))


def trend_row(fit: Fit, fits: Fits, order: Sequence[int], time: Floats, conf_level: float) -> dict[str, Any]:
    """Return the weighted least-squares slope of the score over periods, and the test of any change."""
    usable = np.array([k for k in order if fit.means.n[k] > 1], dtype=np.int64)
    t = time[np.isin(order, usable)]
    if len(usable) < 3:
        raise ValueError(
            f"a trend needs at least 3 periods with answers; {fit.metric!r} has {len(usable)} in "
            f"{fits.segments.by[0]!r}."
        )
    score, covariance = fit.means.estimate[usable], fit.means.covariance[np.ix_(usable, usable)]
    variance = np.diag(covariance)
    weight = 1 / variance if np.all(variance > 0) else np.ones(len(t))
    weight = weight / weight.sum()
    centred = t - weight @ t
    slope = weight * centred / (weight @ centred**2)
    inside = np.isfinite(fit.values) & np.isin(fits.segments.code, usable)
    df = fits.design.degrees_of_freedom(inside) - (len(t) - 1)
    steps = np.diff(np.eye(len(t)), axis=0)
    chi2 = float((steps @ score) @ np.linalg.pinv(steps @ covariance @ steps.T) @ (steps @ score))
    change_df = len(t) - 1
    change = {
        "periods": len(t),
        "change_chi2": chi2,
        "change_df": change_df,
        # chi² over its df against F: the design's degrees of freedom are few where clusters are
        "change_p_value": float(fdtrc(change_df, df, chi2 / change_df)) if df > 0 else np.nan,
    }
    row = t_row(float(slope @ score), float(slope @ covariance @ slope), df, conf_level)
    counts = _counts(fit.means.n[usable].sum(), fit.n_missing[usable].sum())
    return {"metric": fit.metric, "scorer": fit.scorer, "by": fits.segments.by[0]} | row | counts | change
