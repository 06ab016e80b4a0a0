"""Shapley shares of R² for more predictors than all subsets can be gone through for, with their error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from cxresearch.stats import _subsets
from cxresearch.stats.importance import Groups, arranged

Array: TypeAlias = NDArray[np.float64]

FEWEST = 30  # rounds: fewer tell nothing of their own spread
SURE = 0.99  # chance that all errors are within their bounds
AT_ONCE = 2**19  # numbers in the matrices worked together: 4 MB


@dataclass(frozen=True)
class SampledShares:
    """Shapley shares from a sample of the orders of entry.

    Attributes
    ----------
    shares : array (..., p)
        Estimates; they sum to the R² of the full model exactly.
    std_error : array (..., p)
        Standard error from the sampling of orders alone; it knows nothing of the sampling of customers.
    error_bound : array (..., p)
        With 99 % confidence every estimate of a matrix is within this of its exact share.
    n_orders : int
        Orders gone through.
    """

    shares: Array
    std_error: Array
    error_bound: Array
    n_orders: int


def shapley_r2_sampled(
    matrix: ArrayLike, rng: np.random.Generator, *, n_orders: int = 4_000, groups: Groups | None = None
) -> SampledShares:
    """Return Shapley (LMG) shares of R² from a balanced sample of the orders in which predictors can enter.

    Parameters
    ----------
    matrix : array_like (..., k + 1, k + 1)
        Covariances or correlations, outcome last. Leading dimensions share their orders.
    rng : Generator
    n_orders : int
        Least number of orders. They come in rounds of 2 p (a random order, its p rotations, and all these
        backwards), at least 30 rounds.
    groups : sequence of sequences of int, optional
        Predictors that enter together, by place; each predictor in one group. Any number of players p.

    Returns
    -------
    SampledShares

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, `n_orders` is below 1, or the groups are no partition.

    Notes
    -----
    In a round each predictor takes each place twice, so that what it explains alone and what it adds last are
    in every round exactly, and an order's error is offset by that of its reverse. The bound rests on the t
    distribution of the rounds' means. For up to 25 players `importance.shapley_r2` is exact, and faster.

    References
    ----------
    Mitchell, Cooper, Frank & Holmes (2022), Sampling permutations for Shapley value estimation. *J. Mach. Learn.
    Res.* 23, 1-46.

    Examples
    --------
    >>> matrix = [[1, 0.5, 0, 0.6], [0.5, 1, 0.3, 0.4], [0, 0.3, 1, 0.3], [0.6, 0.4, 0.3, 1]]
    >>> sampled = shapley_r2_sampled(matrix, np.random.default_rng(1), n_orders=600)
    >>> sampled.shares.round(3).tolist(), sampled.n_orders
    ([0.3, 0.073, 0.077], 600)
    """
    if n_orders < 1:
        raise ValueError(f"`n_orders` must be at least 1; got {n_orders}.")
    m, sizes = arranged(matrix, groups)
    p = len(sizes)
    rounds = max(FEWEST, -(-n_orders // (2 * p)))
    orders = np.concatenate([_round(p, rng) for _ in range(rounds)])
    out = np.empty((2, *m.shape[:-2], p))
    for place in np.ndindex(m.shape[:-2]):
        means = _gains(m[place], sizes, orders).reshape(rounds, 2 * p, p).mean(axis=1)
        out[0][place], out[1][place] = means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(rounds)
    quantile = stats.t.isf((1 - SURE) / (2 * p), rounds - 1)  # Bonferroni
    return SampledShares(out[0], out[1], quantile * out[1], len(orders))


def _round(p: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """A random order, its rotations, and all these backwards: (2 p, p)."""
    places = (np.arange(p)[:, None] + np.arange(p)) % p
    rotations = rng.permutation(p)[places]
    return np.concatenate([rotations, rotations[:, ::-1]])


def _gains(matrix: Array, sizes: Sequence[int], orders: NDArray[np.intp]) -> Array:
    """Gain in R² of each player in each order: (orders, p)."""
    ends = np.cumsum(sizes)
    gains = np.zeros(orders.shape)
    members = [np.arange(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    player = np.repeat(np.arange(len(sizes)), sizes)
    step = max(1, AT_ONCE // matrix.size)
    for start in range(0, len(orders), step):
        some = orders[start : start + step]
        columns = np.array([np.concatenate([members[j] for j in order]) for order in some])
        each = _gains_in_order(matrix, columns)
        np.add.at(gains[start : start + step], (np.arange(len(some))[:, None], player[columns]), each)
    return gains


def _gains_in_order(matrix: Array, columns: NDArray[np.intp]) -> Array:
    """Gain in R² at each place of the orders (N, k) in which predictors enter."""
    last = np.full((len(columns), 1), len(matrix) - 1)
    order = np.concatenate([columns, last], axis=1)
    stack = matrix[order[:, :, None], order[:, None, :]]
    variances = np.diagonal(stack, axis1=1, axis2=2)[:, :-1].copy()
    total = matrix[-1, -1]
    try:
        stack[:, -1, -1] = 2 * total  # its own pivot is not needed, and so never near 0
        factor = np.linalg.cholesky(stack)
    except np.linalg.LinAlgError:
        factor = np.zeros_like(stack)
    if np.all(np.diagonal(factor, axis1=1, axis2=2)[:, :-1] ** 2 > _subsets.CLOSE * variances):
        return np.asarray(factor[:, -1, :-1] ** 2 / (total if total > 0 else np.nan))
    stack[:, -1, -1] = total
    return _subsets.stepwise_r2(stack)  # knows what to do with collinear predictors
