"""Multiple imputation of missing driver answers, and pooling of importances over the imputations.

Leaving out customers with a missing answer loses answers, and misleads where what is missing depends on what was
answered. Here each missing answer is filled in several times with what a regression foretells plus the residual of
some similar customer (chained equations with local residual draws), importances are found in each completed set,
and the spread between the sets is added to the error. "Does not apply" is not a missing answer and is never filled in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats import resampling
from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Estimate
from cxresearch.stats.importance import Groups
from cxresearch.stats.importance_error import (
    from_steady_scale,
    importance_intervals,
    on_steady_scale,
)

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

ROUNDS = 5  # of the chained equations; importances no longer change after three
DONORS = 10  # customers whose residual may be taken
SCALE = 20  # different answers up to which a column is a scale, and what is filled in one of its answers


@dataclass(frozen=True, eq=False, slots=True)
class PooledImportance:
    """Importances of p drivers by m measures, pooled over imputations; each array (m, p).

    Attributes
    ----------
    measures : tuple of str (m,)
    estimate, std_error, df, conf_low, conf_high : array
    missing_information : array
        Share of the variance that comes from not knowing the missing answers, 0 to 1.
    imputations : int
    rows_completed : int
        Customers with some answer filled in.
    """

    measures: tuple[str, ...]
    estimate: Array
    std_error: Array
    df: Array
    conf_low: Array
    conf_high: Array
    missing_information: Array
    imputations: int
    rows_completed: int


def impute(
    X: ArrayLike,
    y: ArrayLike,
    design: Design,
    rng: np.random.Generator,
    imputations: int = 20,
    controls: ArrayLike | None = None,
) -> Iterator[tuple[Array, Array, Design, Array | None]]:
    """Yield completed cells: every missing answer replaced by what a similar customer might have given.

    Parameters
    ----------
    X : array (U, p)
        Drivers; NaN where not answered.
    y : array (U,)
        Outcome, none missing: customers without it say nothing here and are left out first.
    design : Design
    rng : Generator
    imputations : int
        Completed sets.
    controls : array (U, c), optional
        Completed in the same way.

    Yields
    ------
    X, y, design, controls
        Without missing values. A cell of several customers with a missing answer has been taken apart, so that each
        gets an answer of his own.

    Raises
    ------
    ValueError
        If the outcome has missing values, a column has no answer at all, or there is nothing to learn from.

    Notes
    -----
    Each column with gaps is regressed on all others and the outcome, with weights, in a bootstrap draw of the design
    (rows, or whole clusters), so that the regression's own uncertainty is in the spread between sets. A gap gets its
    prediction plus the residual of one of the ten customers with the nearest prediction, and on a scale (at most 20
    different answers) the nearest answer that somebody gave. Taking over the donor's answer as it is (predictive mean
    matching) cannot go beyond answers that were given: where those with the worst outcome seldom answer, it took
    .03 from an R² of .20 in a simulation that leaves this none.
    Right where answers are missing at random given the other answers and the outcome; not where those who suffered
    most do not answer for a reason nothing else in the survey tells.

    References
    ----------
    Schenker & Taylor (1996), Partially parametric techniques for multiple imputation. *Comput. Stat. Data Anal.* 22,
    425-446. van Buuren (2018), *Flexible imputation of missing data*, 2nd ed., section 4.5. Rubin (1987), *Multiple
    imputation for nonresponse in surveys*.

    Examples
    --------
    >>> X = np.array([[1, 2], [2, np.nan], [3, 5], [4, 8], [5, 9], [6, 12], [7, np.nan], [8, 15]])
    >>> ones = np.ones(8)
    >>> sets = list(impute(X, X[:, 0], Design(ones.astype(int), ones, ones), np.random.default_rng(1), 3))
    >>> len(sets), bool(np.isfinite(sets[0][0]).all()), bool(np.isin(sets[0][0][:, 1], X[:, 1]).all())
    (3, True, True)
    """
    drivers, y = np.asarray(X, float), np.asarray(y, float)
    held = np.empty((len(y), 0)) if controls is None else np.asarray(controls, float)
    if np.isnan(y).any():
        raise ValueError("`y` has missing values; leave out customers without an outcome first.")
    table = np.column_stack([held, drivers])
    if np.isnan(table).all(axis=0).any():
        raise ValueError("a column without any answer cannot be filled in.")
    table, y, design = _taken_apart(table, y, design)
    gaps = np.isnan(table)
    for _ in range(imputations):
        full = _completed(table, gaps, y, design, rng)
        yield full[:, held.shape[1] :], y, design, full[:, : held.shape[1]] if held.shape[1] else None


def _taken_apart(table: Array, y: Array, design: Design) -> tuple[Array, Array, Design]:
    """Cells with a missing answer as one cell for each of their customers."""
    times = np.where(np.isnan(table).any(axis=1), np.maximum(design.n, 1), 1)
    index = np.repeat(np.arange(len(y)), times)
    each = times[index].astype(float)
    apart = replace(
        design,
        n=np.where(times[index] > 1, 1, design.n[index]),
        w=design.w[index] / each,
        w2=design.w2[index] / each,
        stratum=None if design.stratum is None else design.stratum[index],
        cluster=None if design.cluster is None else design.cluster[index],
    )
    return table[index], y[index], apart


def _completed(table: Array, gaps: Flags, y: Array, design: Design, rng: np.random.Generator) -> Array:
    """One completed table: gaps start as answers drawn at random and are then filled anew, column by column."""
    full = table.copy()
    order = [int(j) for j in np.argsort(gaps.sum(axis=0), kind="stable") if gaps[:, j].any()]
    for j in order:
        known = np.flatnonzero(~gaps[:, j] & (design.w > 0))
        chance = design.w[known] / design.w[known].sum()
        full[gaps[:, j], j] = table[rng.choice(known, int(gaps[:, j].sum()), p=chance), j]
    for _ in range(ROUNDS):
        for j in order:
            others = np.column_stack([np.ones(len(y)), np.delete(full, j, axis=1), y])
            full[gaps[:, j], j] = _filled(others, table[:, j], gaps[:, j], design, rng)
    return full


def _filled(others: Array, values: Array, gap: Flags, design: Design, rng: np.random.Generator) -> Array:
    """Answers for the gaps of one column: a prediction and the residual of a donor near in prediction.

    Donors are placed by the fit to all rows, gaps by the fit to a bootstrap draw.
    """
    known = np.flatnonzero(~gap & (design.w > 0))
    [drawn] = resampling.bootstrap(design, 1, rng)
    placed = others[known] @ _slopes(others[known], values[known], design.w[known])
    wanted = others[gap] @ _slopes(others[known], values[known], drawn[0, known])
    order = np.argsort(placed, kind="stable")
    near = _nearest(placed[order], wanted, min(DONORS, len(known)))
    chance = design.w[known][order][near].cumsum(axis=1)
    pick = (rng.random((len(wanted), 1)) * chance[:, -1:] > chance).sum(axis=1)
    residual = (values[known] - placed)[order]
    found = wanted + residual[near[np.arange(len(wanted)), pick]]
    answers = np.unique(values[known])
    if len(answers) > SCALE:
        return np.asarray(found)
    return np.asarray(answers[_nearest(answers, found, 1)[:, 0]])


def _slopes(A: Array, v: Array, w: Array) -> Array:
    root = np.sqrt(w)[:, None]
    return np.asarray(np.linalg.lstsq(root * A, root[:, 0] * v, rcond=1e-10)[0])


def _nearest(ordered: Array, wanted: Array, k: int) -> Ints:
    """Places of the k values nearest to each one wanted, among ordered values: (len(wanted), k)."""
    at = np.searchsorted(ordered, wanted)
    around = np.clip(at[:, None] + np.arange(-k, k), 0, len(ordered) - 1)
    distance = np.abs(ordered[around] - wanted[:, None])
    distance[:, 1:][around[:, 1:] == around[:, :-1]] = np.inf  # an end of the list, met again
    return np.asarray(np.take_along_axis(around, np.argsort(distance, axis=1, kind="stable")[:, :k], axis=1))


def pooled(estimates: Sequence[Estimate]) -> tuple[Estimate, float]:
    """Pool one estimate over imputations by Rubin's rules.

    Parameters
    ----------
    estimates : sequence of Estimate
        Of each completed set, with the degrees of freedom its error would have without gaps.

    Returns
    -------
    pooled : Estimate
        Mean; error from the mean variance within sets and (1 + 1/m) times the variance between; degrees of
        freedom of Barnard and Rubin.
    missing_information : float
        Share of the variance that is between sets.

    Raises
    ------
    ValueError
        For fewer than two sets.

    References
    ----------
    Rubin (1987), section 3.3. Barnard & Rubin (1999), Small-sample degrees of freedom with multiple imputation.
    *Biometrika* 86, 948-955.

    Examples
    --------
    >>> one, share = pooled([Estimate(1.0, 0.5, 100), Estimate(1.2, 0.5, 100), Estimate(1.1, 0.5, 100)])
    >>> round(one.value, 3), round(one.std_error, 4), round(one.df, 1), round(share, 4)
    (1.1, 0.5132, 83.2, 0.0506)
    """
    m = len(estimates)
    if m < 2:
        raise ValueError("at least two imputations are needed to see what is not known.")
    values = np.array([one.value for one in estimates])
    within = float(np.mean([one.std_error**2 for one in estimates]))
    between = (1 + 1 / m) * float(values.var(ddof=1))
    variance = within + between
    if not variance > 0:
        return Estimate(float(values.mean()), math.sqrt(variance), estimates[0].df), 0.0
    lost = between / variance
    complete = float(np.mean([one.df for one in estimates]))
    observed = (complete + 1) / (complete + 3) * complete * (1 - lost)
    df = 1 / (lost**2 / (m - 1) + 1 / observed) if observed > 0 else 1.0
    return Estimate(float(values.mean()), math.sqrt(variance), max(df, 1.0)), lost


def pooled_importance(
    X: ArrayLike,
    y: ArrayLike,
    design: Design,
    indices: Sequence[str] = ("shapley_r2", "shapley_share"),
    conf_level: float = 0.95,
    imputations: int = 20,
    rng: np.random.Generator | None = None,
    controls: ArrayLike | None = None,
    groups: Groups | None = None,
) -> PooledImportance:
    """Return importances of drivers of which some answers are missing, pooled over imputations.

    Parameters
    ----------
    X, y, design, controls
        As for `impute`.
    indices, conf_level, groups
        As for `importance_error.importance_intervals`.
    imputations : int
        Completed sets; more are wanted the larger `missing_information` is.
    rng : Generator, optional
        Source of randomness; a generator with seed 0 by default.

    Returns
    -------
    PooledImportance
        Estimates are means over the sets, so that shares still sum to 1. Intervals are pooled on the scale on
        which the index is nearest normal.

    Raises
    ------
    ValueError
        As `impute` and `importance_intervals`; for fewer than two imputations.

    Notes
    -----
    Compare with the complete customers alone: where the two disagree, what is missing matters. Coverage and bias
    under answers missing at random are in `docs/importance_uncertainty.md`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> X = rng.normal(size=(200, 2))
    >>> y = X @ [1.0, 0.5] + rng.normal(size=200)
    >>> X[y > 1.5, 1] = np.nan
    >>> ones = np.ones(200)
    >>> found = pooled_importance(X, y, Design(ones.astype(int), ones, ones), imputations=5, rng=rng)
    >>> found.rows_completed, bool((found.conf_low < found.estimate).all())
    (24, True)
    """
    rng = np.random.default_rng(0) if rng is None else rng
    tables = [
        importance_intervals(full, outcome, apart, indices, conf_level, 0, None, held, groups)
        for full, outcome, apart, held in impute(X, y, design, rng, imputations, controls)
    ]
    shape = tables[0].estimate.shape
    low, high, value, error, df, lost = np.full((6, *shape), np.nan)
    for m, p in np.ndindex(shape):
        name = indices[m]
        each = [
            Estimate(float(t.estimate[m, p]), float(t.std_error[m, p]), float(t.df[m, p])) for t in tables
        ]
        plain, _ = pooled(each)
        steady, lost[m, p] = pooled([on_steady_scale(name, one) for one in each])
        low[m, p], high[m, p] = (from_steady_scale(name, end) for end in steady.interval(conf_level))
        value[m, p], error[m, p], df[m, p] = plain.value, plain.std_error, steady.df
    missing = np.isnan(np.asarray(X, float)).any(axis=1)
    if controls is not None:
        missing |= np.isnan(np.asarray(controls, float)).any(axis=1)
    return PooledImportance(
        measures=tuple(indices),
        estimate=value,
        std_error=error,
        df=df,
        conf_low=low,
        conf_high=high,
        missing_information=lost,
        imputations=imputations,
        rows_completed=int(design.n[missing].sum()),
    )
