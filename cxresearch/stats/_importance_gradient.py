"""How an importance moves with each entry of the moment matrix: exact for Shapley shares, numerical otherwise."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Index: TypeAlias = Callable[[Array], Array]

COLLINEAR = 1e-10  # a predictor with this share of its variance left adds nothing, as in `importance`
STEP = 1e-6  # of a correlation: rounding and curvature both stay near 1e-10


def swept(stack: Array, variance: Array | float) -> tuple[Array, Array]:
    """Partial the first variable out of matrices (N, m, m) and drop it; and its slopes for the others (N, m - 1)."""
    pivot, column = stack[:, 0, 0], stack[:, 0, 1:]
    useful = pivot > COLLINEAR * variance
    slopes = column * np.where(useful, 1 / np.where(useful, pivot, 1.0), 0.0)[:, None]
    return stack[:, 1:, 1:] - slopes[:, :, None] * column[:, None, :], slopes


def partialled(matrices: Array, controls: int) -> tuple[Array, Array]:
    """Moments (B, p + 1, p + 1) with the first `controls` variables held fixed, and the variance that leaves (B,).

    The latter is a share of the outcome's variance; NaN where it has none.
    """
    total = matrices[:, -1, -1]
    rest = matrices
    for j in range(controls):
        rest, _ = swept(rest, matrices[:, j, j])
    return rest, rest[:, -1, -1] / np.where(total > 0, total, np.nan)


def order_weights(p: int) -> Array:
    """For each predictor and subset (p, 2^p): how the subset's residual sum of squares enters its Shapley share.

    Subsets are numbered by their bits. A subset without the predictor enters with the chance that exactly its
    members come before the predictor in a random order; one with it, with minus the chance of the rest.
    """
    codes = np.arange(2**p)
    sizes = np.array([int(code).bit_count() for code in codes])
    chance = np.array([factorial(k) * factorial(max(p - 1 - k, 0)) / factorial(p) for k in range(p + 1)])
    member = codes[None, :] >> np.arange(p)[:, None] & 1 == 1
    return np.where(member, -chance[np.maximum(sizes - 1, 0)], np.where(sizes < p, chance[sizes], 0.0))


def shapley_gradient(matrix: Array, controls: int = 0) -> tuple[Array, Array]:
    """Shapley shares of R² and their derivatives by the moment matrix.

    The tree of Schur complements that gives every subset's residual variance is run backwards, so the cost is
    p times that of the shares: O(p 2^p).

    Parameters
    ----------
    matrix : array (k, k)
        Moments: controls first, then the p predictors, the outcome last.
    controls : int
        How many variables are in every model.

    Returns
    -------
    shares : array (p,)
    gradient : array (p, k, k)
        Symmetric; a change dM moves a share by the sum of gradient · dM over all entries.

    Examples
    --------
    >>> shares, gradient = shapley_gradient(np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]))
    >>> shares.round(4).tolist(), gradient[0].round(3).tolist()[0]
    ([0.2867, 0.0867], [-0.322, -0.036, 0.567])
    """
    p = len(matrix) - 1 - controls
    tree, slopes = matrix[None], []
    for j in range(controls):
        tree, slope = swept(tree, matrix[j, j])
        slopes.append(slope)
    for j in range(p):
        with_it, slope = swept(tree, matrix[controls + j, controls + j])
        tree = np.concatenate([tree[:, 1:, 1:], with_it])
        slopes.append(slope)
    leaves, total = tree[:, 0, 0], matrix[-1, -1]
    weights = order_weights(p)
    shares = weights @ leaves / total
    gradient = np.stack([_backwards(row, slopes, controls) for row in weights]) / total
    gradient[:, -1, -1] -= shares / total
    return shares, gradient


def _backwards(leaves: Array, slopes: list[Array], controls: int) -> Array:
    """Derivative (k, k) of Σ leaves · residual variance by the matrix at the root of the tree."""
    tree = leaves[:, None, None]
    for level in range(len(slopes) - 1, -1, -1):
        slope = slopes[level]
        count = len(slope)
        without, with_it = (tree[:count], tree[count:]) if level >= controls else (0.0, tree)
        pulled = np.einsum("nij,nj->ni", with_it, slope)
        size = slope.shape[1] + 1
        tree = np.empty((count, size, size))
        tree[:, 1:, 1:] = without + with_it
        tree[:, 0, 1:] = tree[:, 1:, 0] = -pulled
        tree[:, 0, 0] = np.einsum("ni,ni->n", pulled, slope)
    return tree[0]


def numerical_gradient(index: Index, matrix: Array) -> tuple[Array, Array]:
    """Values (p,) and derivatives (p, k, k) of an index by a correlation matrix, from one batched call.

    Parameters
    ----------
    index : callable
        Maps matrices (B, k, k) to values (B, p).
    matrix : array (k, k)
        Correlations, so that one step suits all entries.
    """
    k = len(matrix)
    i, j = np.triu_indices(k)
    moved = np.repeat(matrix[None], 2 * len(i) + 1, axis=0)
    rows = np.arange(len(i))
    for sign, shift in ((1, 0), (-1, len(i))):
        moved[rows + shift, i, j] += sign * STEP
        moved[rows + shift, j, i] = moved[rows + shift, i, j]
    values = index(moved)
    slopes = (values[: len(i)] - values[len(i) : -1]) / (2 * STEP)
    gradient = np.empty((values.shape[1], k, k))
    gradient[:, i, j] = gradient[:, j, i] = np.where(i == j, 1.0, 0.5) * slopes.T
    return values[-1], gradient
