"""How the explained variance of an outcome is shared out among correlated predictors.

Input is a moment matrix: covariances or correlations of the predictors and, LAST, the outcome. Leading
dimensions are bootstrap draws, so that two thousand draws are one call. Weights and missing answers are the
business of whoever made the matrix.
"""

from __future__ import annotations

from math import factorial
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]

MOST = 20  # predictors: 2^20 subsets, one million regressions
CHUNK = 4_000_000  # numbers held at once: 32 MB
COLLINEAR = 1e-10  # a predictor with this share of its variance left adds nothing


def _checked(matrix: ArrayLike) -> Array:
    m = np.asarray(matrix, float)
    if m.ndim < 2 or m.shape[-1] != m.shape[-2] or m.shape[-1] < 2:
        raise ValueError(f"`matrix` must end in (p + 1, p + 1), the outcome last; got shape {m.shape}.")
    if m.shape[-1] - 1 > MOST:
        raise ValueError(f"shares over all subsets take at most {MOST} predictors; got {m.shape[-1] - 1}.")
    scale = np.sqrt(np.abs(np.diagonal(m, axis1=-2, axis2=-1)))
    slack = 1e-8 * scale[..., :, None] * scale[..., None, :]
    if np.any(np.abs(m - np.swapaxes(m, -1, -2)) > slack):
        raise ValueError("`matrix` must be symmetric: covariances or correlations.")
    return m


def _swept(m: Array, variance: Array) -> Array:
    """Partial the first variable out of the others and drop it; without variance of its own, only dropped."""
    pivot, column = m[..., 0, 0], m[..., 0, 1:]
    useful = pivot > COLLINEAR * variance
    factor = np.where(useful, 1 / np.where(useful, pivot, 1.0), 0.0)
    return np.asarray(m[..., 1:, 1:] - factor[..., None, None] * column[..., :, None] * column[..., None, :])


def _all_subsets(m: Array) -> Array:
    """R² of every subset for a stack (B, p + 1, p + 1): (B, 2^p), by a binary tree of Schur complements."""
    variances = np.diagonal(m, axis1=-2, axis2=-1)
    tree = m[None]
    for j in range(m.shape[-1] - 1):  # subset codes: bit j is set in the second half
        tree = np.concatenate([tree[..., 1:, 1:], _swept(tree, variances[:, j])])
    total = np.where(variances[:, -1] > 0, variances[:, -1], np.nan)
    return np.asarray(1 - (tree[..., 0, 0] / total).T)


def subsets_r2(matrix: ArrayLike) -> Array:
    """Return R² of the regression of the outcome on every subset of the predictors.

    Parameters
    ----------
    matrix : array_like (..., p + 1, p + 1)
        Covariances or correlations, outcome last; at most 20 predictors.

    Returns
    -------
    array (..., 2^p)
        Entry s holds the subset whose predictors are the bits of s; entry 0 is 0, the last the full model.
        NaN where the outcome has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric or there are too many predictors.

    Notes
    -----
    In-sample R² never falls when a predictor is added, useful or not. A predictor that is a linear
    combination of others adds exactly 0.

    Examples
    --------
    >>> subsets_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.0, 0.36, 0.16, 0.3733]
    """
    m = _checked(matrix)
    stack = m.reshape(-1, *m.shape[-2:])
    p = m.shape[-1] - 1
    size = max(1, CHUNK // 2 ** (p + 1))
    parts = [_all_subsets(stack[start : start + size]) for start in range(0, max(len(stack), 1), size)]
    return np.concatenate(parts).reshape(*m.shape[:-2], 2**p)


def shapley_r2(matrix: ArrayLike) -> Array:
    """Return each predictor's Shapley (LMG) share of R²: its gain in R² averaged over all orders of entry.

    Parameters
    ----------
    matrix : array_like (..., p + 1, p + 1)
        Covariances or correlations, outcome last; at most 20 predictors.

    Returns
    -------
    array (..., p)
        Shares, none negative up to rounding, that sum to the R² of the full model. NaN where the outcome
        has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric or there are too many predictors.

    Notes
    -----
    It shares out prediction, not effect. A predictor without any effect gets a share for going with
    one that has, and two near copies split what one of them would have had alone; nor is a driver with
    little spread in this survey unimportant to the customers who meet it. Exact over all 2^p subsets, no
    sampling of orders.

    References
    ----------
    Lindeman, Merenda & Gold (1980), *Introduction to bivariate and multivariate analysis*,
    119-127. Grömping (2007), Estimators of relative importance in linear regression based on variance
    decomposition. *Am. Stat.* 61, 139-147.

    Examples
    --------
    >>> shares = shapley_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]])
    >>> shares.round(4).tolist(), float(shares.sum().round(4))
    ([0.2867, 0.0867], 0.3733)
    """
    r2 = subsets_r2(matrix)
    p = r2.shape[-1].bit_length() - 1
    codes = np.arange(2**p)
    sizes = np.array([int(code).bit_count() for code in codes])
    weight = np.array([factorial(k) * factorial(max(p - 1 - k, 0)) / factorial(p) for k in range(p + 1)])
    shares = np.empty((*r2.shape[:-1], p))
    for j in range(p):
        without = codes[codes >> j & 1 == 0]
        gains = r2[..., without | 1 << j] - r2[..., without]
        shares[..., j] = gains @ weight[sizes[without]]
    return shares


def incremental_r2(matrix: ArrayLike) -> Array:
    """Return what each predictor adds to R² when it enters last.

    Parameters
    ----------
    matrix : array_like (..., p + 1, p + 1)
        Covariances or correlations, outcome last; at most 20 predictors.

    Returns
    -------
    array (..., p)
        R² of the full model minus R² without the predictor (squared semipartial correlation), not negative up
        to rounding. NaN where the outcome has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric or there are too many predictors.

    Notes
    -----
    Near copies both add next to nothing though either alone predicts well: small increments say
    "replaceable", not "unimportant". In a sample it is above 0 even for noise, by about (1 - R²) / n.

    Examples
    --------
    >>> incremental_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.2133, 0.0133]
    """
    m = _checked(matrix)
    full = _last_r2(m)
    p = m.shape[-1] - 1
    without = [_last_r2(np.delete(np.delete(m, j, axis=-1), j, axis=-2)) for j in range(p)]
    return np.asarray(full[..., None] - np.stack(without, axis=-1))


def _last_r2(m: Array) -> Array:
    """R² of the last variable on all the others."""
    variances = np.diagonal(m, axis1=-2, axis2=-1)
    rest = m
    for j in range(m.shape[-1] - 1):
        rest = _swept(rest, variances[..., j])
    return np.asarray(1 - rest[..., 0, 0] / np.where(variances[..., -1] > 0, variances[..., -1], np.nan))
