"""Resample a survey that is held as distinct answer patterns: bootstrap, deletion, fold splits.

The `Design` of a sample has a cell for each answer pattern (within a cluster or a weight value where there are
any) with its number of rows. Resampling draws new weights for the U cells, never rows, so the cost does not grow
with the number of customers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch.errors import DesignError
from cxresearch.stats.designs import Design

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

CHUNK = 4_000_000  # numbers held at once while drawing: 32 MB
FEW_CELLS, MOST_COUNTED = 1_000, 2**16  # where counting rows drawn is faster than a multinomial over cells
POISSON_FROM = 200_000  # rows; above it the multinomial's fixed total no longer shows


def _unit_strata(sample: Design) -> tuple[Codes, Codes, Codes]:
    """Sampling unit of each cell, stratum of each unit, units of each stratum; refuses strata of one unit."""
    unit = sample.units()
    strata = np.unique(sample.strata(), return_inverse=True)[1]
    stratum = np.zeros(int(unit.max()) + 1, np.int64)
    stratum[unit] = strata
    sizes = np.bincount(stratum)
    if sizes.min() < 2:
        raise DesignError(
            f"{int((sizes < 2).sum())} of {len(sizes)} strata hold a single cluster; at least two are drawn from. "
            "Merge these strata in the data, or leave `strata` out of the codebook."
        )
    return unit, stratum, sizes.astype(np.int64)


def bootstrap(sample: Design, n_boot: int, rng: np.random.Generator) -> Iterator[Array]:
    """Yield chunks ``(b, U)`` of bootstrap weights, `n_boot` draws in all.

    Rows are drawn with replacement (multinomial; from 200,000 rows on Poisson, which differs by less than the
    bootstrap's own error). With clusters whole clusters are drawn, within strata; with strata alone rows are
    drawn within strata. In each stratum one unit fewer than there are is drawn and scaled up (Rao and Wu 1988),
    which makes the bootstrap variance unbiased.

    Parameters
    ----------
    sample : Design
        The survey.
    n_boot : int
        Number of draws.
    rng : Generator
        Source of randomness.

    Yields
    ------
    array (b, U)
        Weight of each unit in each draw.

    Notes
    -----
    Where weights take many values (``sample.exact`` false) a unit's drawn weight is a gamma variate with the
    mean and variance that resampling its rows would have.

    Examples
    --------
    >>> three = np.array([3, 5, 2])
    >>> [W] = bootstrap(Design(three, three * 1.0, three * 1.0), 4, np.random.default_rng(1))
    >>> W.shape
    (4, 3)
    """
    size = max(1, CHUNK // len(sample.n))
    for start in range(0, n_boot, size):
        draws = min(size, n_boot - start)
        if sample.cluster is not None:
            yield _draw_clusters(sample, draws, rng)
        else:
            yield _weigh(sample, _draw_rows(sample, draws, rng), rng)


def _draw_rows(sample: Design, draws: int, rng: np.random.Generator) -> Array:
    """Rows drawn of each unit ``(draws, U)``, scaled so that their expectation is `n`."""
    if sample.stratum is None and sample.rows >= POISSON_FROM:
        return rng.poisson(sample.n, (draws, len(sample.n))).astype(float)
    stratum = np.zeros(len(sample.n), np.int64) if sample.stratum is None else sample.stratum
    counts = np.empty((draws, len(sample.n)))
    for label in np.unique(stratum):
        here = np.flatnonzero(stratum == label)
        total = int(sample.n[here].sum())
        take = max(total - 1, 1)
        if len(here) > FEW_CELLS and total < min(2 * len(here), MOST_COUNTED):
            drawn = _counted(sample.n[here], take, draws, rng)
        else:
            drawn = rng.multinomial(take, sample.n[here] / total, size=draws)
        counts[:, here] = drawn * (total / take)
    return counts


def _counted(n: Codes, take: int, draws: int, rng: np.random.Generator) -> Codes:
    """Multinomial counts by drawing rows and counting them: ten times faster where most cells hold one row."""
    owner = np.repeat(np.arange(len(n)), n)
    picked = rng.integers(len(owner), size=(draws, take), dtype=np.uint16)
    return np.stack([np.bincount(owner[one], minlength=len(n)) for one in picked])


def _weigh(sample: Design, counts: Array, rng: np.random.Generator) -> Array:
    """Turn drawn rows into drawn weight."""
    mean = sample.w / sample.n
    if sample.exact:
        return np.asarray(counts * mean)
    variance = np.maximum(sample.w2 / sample.n - mean**2, 0.0)
    scale = np.divide(variance, mean, out=np.zeros_like(mean), where=mean > 0)
    spread = (scale > 0) & (counts > 0)
    shape = np.divide(counts * mean, scale, out=np.ones_like(counts), where=spread)
    return np.where(spread, rng.gamma(shape) * scale, counts * mean)


def _draw_clusters(sample: Design, draws: int, rng: np.random.Generator) -> Array:
    unit, stratum, sizes = _unit_strata(sample)
    times = np.empty((draws, len(stratum)))
    for label, size in enumerate(sizes):
        drawn = rng.multinomial(size - 1, np.full(size, 1 / size), size=draws)
        times[:, stratum == label] = drawn * (size / (size - 1))
    return np.asarray(times[:, unit] * sample.w)


def deletion_slopes(statistic: Callable[[Array], Array], w: Array, n: Codes) -> tuple[Array, Array]:
    """Value of a statistic, and its change per unit of weight when one row is deleted from each cell in turn.

    Parameters
    ----------
    statistic : callable
        Maps weights ``(B, C)`` to values ``(B, k)``; must not depend on the weights' scale.
    w : array (C,)
        Weight of each cell.
    n : array (C,)
        Rows in each cell; cells without rows get slope 0.

    Returns
    -------
    value : array (k,)
    slopes : array (C, k)
        Linearised value of a row in that cell: the statistic's variance is that of their weighted total.

    Examples
    --------
    >>> mean = lambda W: (W @ np.array([0.0, 1.0]) / W.sum(axis=1))[:, None]
    >>> value, slopes = deletion_slopes(mean, np.array([50.0, 50.0]), np.array([50, 50]))
    >>> (100 * slopes.ravel()).round(3).tolist()
    [-0.505, 0.505]
    """
    value = statistic(w[None, :])[0]
    slopes = np.zeros((len(w), len(value)))
    present = np.flatnonzero((n > 0) & (w > 0))
    step = w[present] / n[present]
    size = max(1, CHUNK // len(w))
    for start in range(0, len(present), size):
        which = present[start : start + size]
        deleted = np.repeat(w[None, :], len(which), axis=0)
        deleted[np.arange(len(which)), which] -= step[start : start + size]
        slopes[which] = (value - statistic(deleted)) / step[start : start + size, None]
    return value, slopes


def influence_of(slopes: Array, sample: Design) -> Array:
    """Influence of one unit of weight, from deletion slopes; what `estimates.influence_t` takes.

    Leaving a row out of n moves a mean by n/(n-1) times the row's influence. Without clusters and strata the
    variance that follows is the delete-one jackknife's, exact because the rows of a cell are alike; with them it
    is Taylor linearisation over sampling units within strata.

    References
    ----------
    Efron and Stein (1981), The jackknife estimate of variance. *Ann. Statist.* 9.
    """
    return np.asarray(slopes * ((sample.rows - 1) / sample.rows))


def fold_weights(sample: Design, folds: int, repeats: int, rng: np.random.Generator) -> Array:
    """Split the rows at random into equal folds, several times over, by splitting the counts of the units.

    Parameters
    ----------
    sample : Design
        The survey. With clusters whole clusters go to one fold, so that no cluster is on both sides.
    folds, repeats : int
        Folds of each split and number of splits.
    rng : Generator
        Source of randomness.

    Returns
    -------
    array (repeats, folds, U)
        Weight of each unit in each test fold; sums to ``sample.w`` over the folds.

    Raises
    ------
    DesignError
        Where there are fewer rows or clusters than folds.

    Examples
    --------
    >>> n = np.array([6, 4])
    >>> W = fold_weights(Design(n, n * 1.0, n * 1.0), 5, 1, np.random.default_rng(1))
    >>> W.sum(axis=-1).ravel().tolist()
    [2.0, 2.0, 2.0, 2.0, 2.0]
    """
    first = sample.rows if sample.cluster is None else len(np.unique(sample.units()))
    if first < folds:
        unit = "rows" if sample.cluster is None else "clusters"
        raise DesignError(
            f"{folds} folds need at least {folds} {unit}; there are {first}. Ask for fewer `folds`."
        )
    if sample.cluster is not None:
        return _split_clusters(sample, folds, repeats, rng)
    counts = np.stack([_split_counts(sample.n, folds, rng) for _ in range(repeats)])
    return _weigh_split(sample, counts, rng)


def _split_counts(n: Codes, folds: int, rng: np.random.Generator) -> Codes:
    """Deal the rows into folds whose sizes differ by at most one: successive hypergeometric draws ``(folds, U)``."""
    total = int(n.sum())
    rest = n.copy()
    counts = np.empty((folds, len(n)), np.int64)
    for fold in range(folds - 1):
        size = total // folds + (fold < total % folds)
        counts[fold] = rng.multivariate_hypergeometric(rest, size, method="marginals")
        rest -= counts[fold]
    counts[-1] = rest
    return counts


def _weigh_split(sample: Design, counts: Codes, rng: np.random.Generator) -> Array:
    mean = sample.w / sample.n
    if sample.exact:
        return np.asarray(counts * mean)
    variance = np.maximum(sample.w2 / sample.n - mean**2, 0.0)
    scale = np.divide(variance, mean, out=np.zeros_like(mean), where=mean > 0)
    spread = (scale > 0) & (counts > 0)
    # a Dirichlet split of the unit's weight has the mean and, to order 1/n, the variance of splitting its rows
    shape = np.divide(counts * mean, scale, out=np.ones(counts.shape), where=spread)
    drawn = np.where(spread, rng.gamma(shape) * scale, counts * mean)
    return np.asarray(drawn * (sample.w / drawn.sum(axis=-2))[..., None, :])


def _split_clusters(sample: Design, folds: int, repeats: int, rng: np.random.Generator) -> Array:
    unit = sample.units()
    dealt = np.arange(int(unit.max()) + 1) % folds
    fold = np.stack([rng.permutation(dealt) for _ in range(repeats)])
    test = fold[:, None, unit] == np.arange(folds)[None, :, None]
    return np.asarray(test * sample.w)
