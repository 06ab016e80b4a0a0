"""How an importance moves with each entry of the moment matrix: exact for Shapley shares, numerical otherwise.

Matrices hold controls first, then the drivers' columns, each driver's side by side, and the outcome last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch.stats._subsets import COLLINEAR, subset_sizes

Array: TypeAlias = NDArray[np.float64]
Index: TypeAlias = Callable[[Array], Array]

EXACT = 18  # drivers up to which all subsets are gone through, in half a second
ORDERS = 1_000  # random orders of entry beyond that: errors are then good to some 2 %
STEP = 1e-6  # of a correlation: rounding and curvature both stay near 1e-10


def order_weights(p: int) -> Array:
    """For each driver and subset (p, 2^p): how the subset's worth enters the driver's Shapley value.

    Subsets are numbered by their bits. One with the driver enters with the chance that exactly its other members
    come before the driver in a random order; one without it, with minus the chance that its members do.
    """
    sizes = subset_sizes(p).astype(int)
    chance = np.array([1 / (p * comb(p - 1, k)) for k in range(p)])
    member = np.arange(2**p)[None, :] >> np.arange(p)[:, None] & 1 == 1
    return np.where(member, chance[np.maximum(sizes - 1, 0)], -chance[np.minimum(sizes, p - 1)])


def shapley_gradient(matrix: Array, sizes: Sequence[int], controls: int = 0) -> Array:
    """Derivatives of the drivers' Shapley shares of R² by the moment matrix.

    The tree of Schur complements that gives every subset's residual variance is run backwards, so the cost is
    p times that of the shares: O(p 2^p). Beyond `EXACT` drivers the mean over random orders of entry.

    Parameters
    ----------
    matrix : array (k, k)
    sizes : sequence of int
        Columns of each of the p drivers.
    controls : int
        Columns that are in every model.

    Returns
    -------
    array (p, k, k)
        Symmetric; a change dM moves a share by the sum of gradient · dM over all entries.

    Examples
    --------
    >>> gradient = shapley_gradient(np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]), [1, 1])
    >>> gradient[0].round(3).tolist()[0]
    [-0.322, -0.036, 0.567]
    """
    total = matrix[-1, -1]
    if len(sizes) > EXACT:
        gradient = _over_orders(matrix, sizes, controls) / total
    else:
        forced, players = _tree(matrix, sizes, controls)
        weights = -order_weights(len(sizes))  # a share is what the residual variance loses
        gradient = np.stack([_backwards(row, forced, players) for row in weights]) / total
    shares = np.einsum("pij,ij->p", gradient, matrix)
    gradient[:, -1, -1] -= shares / total
    return gradient


def _swept(stack: Array, variance: float) -> tuple[Array, Array]:
    """Partial the first variable out of matrices (N, m, m) and drop it; and its slopes for the others (N, m - 1)."""
    pivot, column = stack[:, 0, 0], stack[:, 0, 1:]
    useful = pivot > COLLINEAR * variance
    slopes = column * np.where(useful, 1 / np.where(useful, pivot, 1.0), 0.0)[:, None]
    return stack[:, 1:, 1:] - slopes[:, :, None] * column[:, None, :], slopes


def _tree(matrix: Array, sizes: Sequence[int], controls: int) -> tuple[list[Array], list[list[Array]]]:
    """Slopes at every sweep of the tree, for controls and for each driver."""
    tree, forced, players = matrix[None], [], []
    for j in range(controls):
        tree, slope = _swept(tree, matrix[j, j])
        forced.append(slope)
    start = controls
    for size in sizes:
        without, slopes = tree[:, size:, size:], []
        for j in range(start, start + size):
            tree, slope = _swept(tree, matrix[j, j])
            slopes.append(slope)
        tree = np.concatenate([without, tree])
        players.append(slopes)
        start += size
    return forced, players


def _backwards(leaves: Array, forced: list[Array], players: list[list[Array]]) -> Array:
    """Derivative (k, k) of Σ leaves · residual variance by the matrix at the root of the tree."""
    tree = leaves[:, None, None]
    for slopes in reversed(players):
        half = len(tree) // 2
        without, tree = tree[:half], tree[half:]
        for slope in reversed(slopes):
            tree = _unswept(tree, slope)
        tree[:, len(slopes) :, len(slopes) :] += without
    for slope in reversed(forced):
        tree = _unswept(tree, slope)
    return np.asarray(tree[0])


def _unswept(tree: Array, slopes: Array) -> Array:
    """Derivatives by the matrices before a sweep, from those by the matrices after it."""
    pulled = np.einsum("nij,nj->ni", tree, slopes)
    size = slopes.shape[1] + 1
    before = np.empty((len(tree), size, size))
    before[:, 1:, 1:] = tree
    before[:, 0, 1:] = before[:, 1:, 0] = -pulled
    before[:, 0, 0] = np.einsum("ni,ni->n", pulled, slopes)
    return before


def _over_orders(matrix: Array, sizes: Sequence[int], controls: int) -> Array:
    """Mean derivative (p, k, k) of what the residual variance loses to each driver, over random orders of entry.

    The residual variance of a set of columns is v'Mv for v = (-slopes, 1) and moves by v' dM v. Slopes on the first
    columns of an order are partial sums over the rows of the inverse Cholesky factor.
    """
    rng = np.random.default_rng(0)  # the same orders at each call: nothing else about the result is random
    k, ends = len(matrix), controls + np.cumsum(sizes)
    columns = [np.arange(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    ridge = matrix[:-1, :-1] + COLLINEAR * np.diag(np.maximum(np.diag(matrix)[:-1], 1e-300))
    gradient = np.zeros((len(sizes), k, k))
    for order in [rng.permutation(len(sizes)) for _ in range(ORDERS)]:
        entering = np.concatenate([np.arange(controls), *(columns[j] for j in order)])
        factor = np.linalg.inv(np.linalg.cholesky(ridge[np.ix_(entering, entering)]))
        steps = (factor @ matrix[entering, -1])[:, None] * factor
        v = np.zeros((k, k))  # row i: after i columns have entered
        v[:, -1] = 1.0
        v[1:, entering] = -np.cumsum(steps, axis=0)
        after = controls + np.cumsum([0, *(sizes[j] for j in order)])
        for j, before, now in zip(order, after[:-1], after[1:], strict=True):
            gradient[j] += np.outer(v[before], v[before]) - np.outer(v[now], v[now])
    return gradient / ORDERS


def numerical_gradient(index: Index, matrix: Array) -> Array:
    """Derivatives (p, k, k) of an index by a correlation matrix, from one batched call.

    Parameters
    ----------
    index : callable
        Maps matrices (B, k, k) to values (B, p).
    matrix : array (k, k)
        Correlations, so that one step suits all entries.
    """
    k = len(matrix)
    i, j = np.triu_indices(k)
    moved = np.repeat(matrix[None], 2 * len(i), axis=0)
    rows = np.arange(len(i))
    for sign, shift in ((1, 0), (-1, len(i))):
        moved[rows + shift, i, j] += sign * STEP
        moved[rows + shift, j, i] = moved[rows + shift, i, j]
    values = index(moved)
    slopes = (values[: len(i)] - values[len(i) :]) / (2 * STEP)
    gradient = np.empty((values.shape[1], k, k))
    gradient[:, i, j] = gradient[:, j, i] = np.where(i == j, 1.0, 0.5) * slopes.T
    return gradient
