"""How sure importances are: standard errors, intervals, pairwise differences, ranks, the chance to be first.

An importance of a linear model is a function of the weighted moment matrix M of controls, drivers and outcome. A
customer with standardised answers z moves M by (zz' - M) / Σw, hence the importance by the gradient contracted with
that: one pass over the cells gives every standard error, and weights, clusters and strata enter where they enter for
any other statistic (`designs.influence_covariance`). Contributions are enlarged by leverage, which makes the errors
those of the jackknife in small samples. The bootstrap on cells is the second route: the moments of all
draws are one matrix product.

Intervals are made on the scale on which the estimate is nearest normal and steady. An R² of a driver that may do
nothing is the square of something whose sign is lost, so its interval is made on the root and may reach 0; a
share of the drivers' total likewise, on the angle whose sine is the root. `docs/importance_uncertainty.md` has the
measured coverage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from cxresearch.stats import resampling
from cxresearch.stats._importance_indices import INDICES, SHARES, Standardised, standardised
from cxresearch.stats.designs import Design, influence_covariance
from cxresearch.stats.estimates import Ends, Estimate, influence_t
from cxresearch.stats.importance import Groups, moments

Array: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

MOST_DRAWN = 2**24  # subsets' R² in all bootstrap draws: two seconds


@dataclass(frozen=True, eq=False, slots=True)
class Differences:
    """Importance of one driver less that of another; entry [m, a, b] is a less b, NaN on the diagonal.

    Attributes
    ----------
    estimate, std_error, conf_low, conf_high, p_value : array (m, p, p)
        t intervals of single pairs; not adjusted for the number of pairs.
    """

    estimate: Array
    std_error: Array
    conf_low: Array
    conf_high: Array
    p_value: Array


@dataclass(frozen=True, eq=False, slots=True)
class ImportanceTable:
    """Importances of p drivers by m measures.

    Attributes
    ----------
    measures : tuple of str (m,)
    estimate, std_error, df, conf_low, conf_high : array (m, p)
        `df` are the degrees of freedom of the standard error.
    rank : int array (m, p)
        1 is the most important; one plus the number of drivers with more.
    rank_low, rank_high : int array (m, p)
        Ranks that the pairwise differences leave open, jointly for the driver's p - 1 pairs.
    p_first : array (m, p)
        Share of bootstrap draws in which the driver has the most; NaN without draws.
    differences : Differences
    influence : array (U, m, p)
        Of a unit of weight in each cell; `designs.influence_covariance` makes any contrast's error of it.
    """

    measures: tuple[str, ...]
    estimate: Array
    std_error: Array
    df: Array
    conf_low: Array
    conf_high: Array
    rank: Ints
    rank_low: Ints
    rank_high: Ints
    p_first: Array
    differences: Differences
    influence: Array


def importance_intervals(
    X: ArrayLike,
    y: ArrayLike,
    design: Design,
    indices: Sequence[str] = ("shapley_r2", "shapley_share"),
    conf_level: float = 0.95,
    n_boot: int = 1000,
    rng: np.random.Generator | None = None,
    controls: ArrayLike | None = None,
    groups: Groups | None = None,
) -> ImportanceTable:
    """Return importances of drivers with intervals, differences and ranks.

    Parameters
    ----------
    X : array (U, p)
        Drivers of each cell, none missing.
    y : array (U,)
        Outcome of each cell.
    design : Design
        Weights, clusters and strata of the cells.
    indices : sequence of str
        Of `INDICES` (shares of the outcome's variance, 0 to 1) or `SHARES` (of the drivers' sum).
    conf_level : float
    n_boot : int
        Bootstrap draws for `p_first`; 0 for none. Beyond 14 drivers or so, 2^p subsets a draw would take minutes:
        normal draws around the estimates are taken instead.
    rng : Generator, optional
        Source of the draws; needed where `n_boot` is above 0.
    controls : array (U, c), optional
        Variables that are in every model before the drivers.
    groups : sequence of sequences of int, optional
        Columns of X that make up each driver, such as the levels of one question; by default each is a driver.

    Returns
    -------
    ImportanceTable

    Raises
    ------
    ValueError
        If the arrays do not fit together, values are missing, an index is unknown, or the outcome has no spread.
    DesignError
        For a stratum with a single sampling unit.

    Notes
    -----
    An estimated R² is above 0 even for a driver that does nothing, by about (1 - R²) / n, and so is its share: the
    interval then reaches 0, but the estimate misleads; ask `importance_noise.more_than_noise`. Shares of a small total
    are shares of noise: look at R² first. `p_first` is a share of draws, not a posterior probability, and is too
    sure where two drivers are equal. Rank intervals are as wide as the data force them to be: several drivers whose
    pairwise differences cannot be told from 0 all have all their ranks.

    References
    ----------
    Grömping (2007), Estimators of relative importance in linear regression based on variance decomposition. *Am.
    Stat.* 61, 139-147. Klein, Wright & Wieczorek (2020), A joint confidence region for an overall ranking of
    populations. *J. R. Stat. Soc. C* 69, 589-606 (ranks from what differences leave open).

    Examples
    --------
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 1], [2, 0]])
    >>> y, n = np.array([5, 3, 4, 2, 1, 3]), np.array([30, 12, 20, 15, 9, 10])
    >>> design = Design(n, n * 1.0, n * 1.0)
    >>> table = importance_intervals(X, y, design, n_boot=200, rng=np.random.default_rng(1))
    >>> table.measures, table.estimate[1].round(2).tolist()
    (('shapley_r2', 'shapley_share'), [0.4, 0.6])
    >>> table.rank[0].tolist(), bool((table.conf_low <= table.estimate).all())
    ([2, 1], True)
    """
    unknown = [name for name in indices if name not in INDICES and name not in SHARES]
    if unknown:
        raise ValueError(f"unknown index {unknown[0]!r}; known are {', '.join([*INDICES, *SHARES])}.")
    cells = standardised(X, y, design, controls, groups)
    found = [cells.influence(name) for name in indices]
    value, influence = np.stack([one for one, _ in found]), np.stack([pull for _, pull in found], axis=1)
    if n_boot * 2 ** len(cells.sizes) > MOST_DRAWN:
        return table_of(indices, value, influence, design, conf_level, n_boot, rng)
    table = table_of(indices, value, influence, design, conf_level, 0, None)
    return replace(table, p_first=_first_places(indices, cells, n_boot, rng))


def table_of(
    measures: Sequence[str],
    value: Array,
    influence: Array,
    design: Design,
    conf_level: float,
    n_draws: int,
    rng: np.random.Generator | None,
) -> ImportanceTable:
    """Return intervals, differences and ranks of importances with known influences.

    Parameters
    ----------
    measures : sequence of str (m,)
        A name that ends in "share" is one of parts of a whole; "pratt_r2" can be below 0; others are like R².
    value : array (m, p)
    influence : array (U, m, p)
        Of a unit of weight in each cell.
    design : Design
    conf_level : float
    n_draws : int
        Normal draws with the estimates' covariance for `p_first`; 0 for none.
    rng : Generator, optional
    """
    error, df = _errors(influence, design)
    ends = np.array(
        [
            [interval_of(name, Estimate(*one), conf_level) for one in zip(*row, strict=True)]
            for name, *row in zip(measures, value.tolist(), error.tolist(), df.tolist(), strict=True)
        ]
    )
    differences, difference_df = _differences(value, influence, design, conf_level)
    rank_low, rank_high = _rank_ends(differences, difference_df, conf_level)
    return ImportanceTable(
        measures=tuple(measures),
        estimate=value,
        std_error=error,
        df=df,
        conf_low=ends[..., 0],
        conf_high=ends[..., 1],
        rank=1 + (value[:, None, :] > value[:, :, None]).sum(axis=-1),
        rank_low=rank_low,
        rank_high=rank_high,
        p_first=_normal_first(value, influence, design, n_draws, rng),
        differences=differences,
        influence=influence,
    )


def _normal_first(
    value: Array, influence: Array, design: Design, n_draws: int, rng: np.random.Generator | None
) -> Array:
    """Share of normal draws around the estimates in which each driver has the most: (m, p)."""
    first = np.full(value.shape, np.nan)
    if n_draws == 0:
        return first
    normal = _needed(rng).normal(size=(n_draws, value.shape[1]))
    for m, centre in enumerate(value):
        values, vectors = np.linalg.eigh(influence_covariance(influence[:, m], design))
        drawn = centre + normal * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
        first[m] = np.bincount(drawn.argmax(axis=1), minlength=len(centre)) / n_draws
    return first


def _needed(rng: np.random.Generator | None) -> np.random.Generator:
    if rng is None:
        raise ValueError("`rng` is needed for `p_first`; pass one, or ask for no draws.")
    return rng


def bootstrap_importance(
    X: ArrayLike,
    y: ArrayLike,
    design: Design,
    indices: Sequence[str],
    n_boot: int,
    rng: np.random.Generator,
    controls: ArrayLike | None = None,
    groups: Groups | None = None,
) -> Array:
    """Return importances in bootstrap draws: rows, or whole clusters within strata, drawn with replacement.

    Parameters
    ----------
    X, y, design, indices, controls, groups
        As for `importance_intervals`.
    n_boot : int
    rng : Generator

    Returns
    -------
    array (m, B, p)
        NaN in draws in which the outcome has a single answer; a driver with a single answer has importance 0.

    Notes
    -----
    Draws are biased upwards once more by what chance adds to an R²: a percentile interval of a driver that does
    nothing seldom reaches 0. The default intervals do not use them.

    Examples
    --------
    >>> n = np.array([30, 20, 40])
    >>> draws = bootstrap_importance(np.array([[0.0], [1], [2]]), np.array([1.0, 2, 2]), Design(n, n * 1.0, n * 1.0),
    ...     ["shapley_r2"], 50, np.random.default_rng(1))
    >>> draws.shape
    (1, 50, 1)
    """
    return _drawn(indices, standardised(X, y, design, controls, groups), n_boot, rng)


def _drawn(indices: Sequence[str], cells: Standardised, n_boot: int, rng: np.random.Generator) -> Array:
    draws = [moments(cells.data, W) for W in resampling.bootstrap(cells.design, n_boot, rng)]
    drawn = np.concatenate(draws)
    flat = np.diagonal(drawn, axis1=1, axis2=2) <= 1e-9  # of the spread in the sample: nothing but rounding
    drawn[flat[:, :, None] | flat[:, None, :]] = 0.0
    return np.stack([cells.values(name, drawn) for name in indices])


def _first_places(
    indices: Sequence[str], cells: Standardised, n_boot: int, rng: np.random.Generator | None
) -> Array:
    """Share of draws in which each driver has the largest importance (m, p); a share ranks as what it is a share of."""
    p = len(cells.sizes)
    if n_boot == 0:
        return np.full((len(indices), p), np.nan)
    bases = list(dict.fromkeys(SHARES.get(name, name) for name in indices))
    first = {}
    for base, values in zip(bases, _drawn(bases, cells, n_boot, _needed(rng)), strict=True):
        usable = values[np.isfinite(values).all(axis=1)]
        first[base] = np.bincount(usable.argmax(axis=1), minlength=p) / max(len(usable), 1)
    return np.stack([first[SHARES.get(name, name)] for name in indices])


def _errors(influence: Array, design: Design) -> tuple[Array, Array]:
    """Standard errors and their degrees of freedom (m, p) of influences (U, m, p)."""
    flat = influence.reshape(len(influence), -1)
    both = np.array([influence_t(column, design) for column in flat.T])
    return both[:, 0].reshape(influence.shape[1:]), both[:, 1].reshape(influence.shape[1:])


def interval_of(name: str, one: Estimate, conf_level: float) -> Ends:
    """Return the interval of an importance, made on its steady scale.

    Examples
    --------
    >>> [round(end, 3) for end in interval_of("shapley_r2", Estimate(0.01, 0.012, 100), 0.95)]
    [0.0, 0.047]
    >>> [round(end, 3) for end in interval_of("shapley_share", Estimate(0.3, 0.1, 100), 0.95)]
    [0.126, 0.511]
    """
    if one.std_error == 0:
        return one.value, one.value
    low, high = on_steady_scale(name, one).interval(conf_level)
    return from_steady_scale(name, low), from_steady_scale(name, high)


def on_steady_scale(name: str, one: Estimate) -> Estimate:
    """Return an importance on the scale on which it is nearest normal and its error least depends on it.

    Fisher's z of the root of an R²; the angle whose sine is the root of a share; as it is where it may be negative.
    """
    signed, root = _signed(name), float(np.sqrt(np.clip(one.value, 0.0, 1.0)))
    if signed or not 0 < root < 1:
        return one if signed else Estimate(float(np.arcsin(root)), float("nan"), one.df)
    if name.endswith("share"):
        return Estimate(float(np.arcsin(root)), one.std_error / (2 * root * (1 - root**2) ** 0.5), one.df)
    return Estimate(float(np.arctanh(root)), one.std_error / (2 * root * (1 - root**2)), one.df)


def from_steady_scale(name: str, value: float) -> float:
    """Return the importance at a point of its steady scale; a root or angle below 0 is an importance of 0."""
    if _signed(name):
        return value
    if name.endswith("share"):
        return float(np.sin(np.clip(value, 0.0, np.pi / 2)) ** 2)
    return float(np.tanh(max(value, 0.0)) ** 2)


def _signed(name: str) -> bool:
    return name in INDICES and INDICES[name].signed


def _differences(
    value: Array, influence: Array, design: Design, conf_level: float
) -> tuple[Differences, Array]:
    """Pairwise differences with t intervals, and the degrees of freedom of their errors (m, p, p)."""
    m, p = value.shape
    difference = value[:, :, None] - value[:, None, :]
    error, df = np.full((m, p, p), np.nan), np.full((m, p, p), np.nan)
    for a in range(p):
        for b in range(a + 1, p):
            found = _errors(influence[:, :, [a]] - influence[:, :, [b]], design)
            error[:, a, b] = error[:, b, a] = found[0][:, 0]
            df[:, a, b] = df[:, b, a] = found[1][:, 0]
    difference[:, np.arange(p), np.arange(p)] = np.nan
    half = stdtrit(df, (1 + conf_level) / 2) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * stdtr(df, -np.abs(difference) / error)
    p_value = np.where(error > 0, p_value, np.nan)
    return Differences(difference, error, difference - half, difference + half, p_value), df


def _rank_ends(differences: Differences, df: Array, conf_level: float) -> tuple[Ints, Ints]:
    """Ranks left open when each driver's p - 1 differences are tested together (Bonferroni): (m, p) each."""
    p = df.shape[-1]
    level = 1 - (1 - conf_level) / max(p - 1, 1)
    half = stdtrit(df, (1 + level) / 2) * differences.std_error
    below = (differences.estimate + half < 0).sum(axis=-1)
    above = (differences.estimate - half > 0).sum(axis=-1)
    return 1 + below, p - above
