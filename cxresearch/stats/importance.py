"""How the explained variance of an outcome is shared out among correlated predictors.

Input is a moment matrix: covariances or correlations of the predictors and, LAST, the outcome. Leading
dimensions are bootstrap draws, so that two thousand draws are one call. Weights and missing answers are the
business of whoever made the matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import comb
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats import _subsets

Array: TypeAlias = NDArray[np.float64]
Groups: TypeAlias = Sequence[Sequence[int]]

MOST = 25  # players whose subsets are all gone through: 2^25 regressions, half a second
FEW = 14  # players up to which a stack of matrices is one table of subsets
CHUNK = 2**17  # R² held at once in a stack: 1 MB


def _checked(matrix: ArrayLike) -> Array:
    m = np.asarray(matrix, float)
    if m.ndim < 2 or m.shape[-1] != m.shape[-2] or m.shape[-1] < 2:
        raise ValueError(f"`matrix` must end in (p + 1, p + 1), the outcome last; got shape {m.shape}.")
    scale = np.sqrt(np.abs(np.diagonal(m, axis1=-2, axis2=-1)))
    slack = 1e-8 * scale[..., :, None] * scale[..., None, :]
    if np.any(np.abs(m - np.swapaxes(m, -1, -2)) > slack):
        raise ValueError("`matrix` must be symmetric: covariances or correlations.")
    return m


def _arranged(matrix: ArrayLike, groups: Groups | None) -> tuple[Array, list[int]]:
    """The matrix with each player's predictors side by side, and how many each has."""
    m = _checked(matrix)
    p = m.shape[-1] - 1
    if groups is None:
        return m, [1] * p
    members = [j for group in groups for j in group]
    if sorted(members) != list(range(p)) or not all(len(group) for group in groups):
        raise ValueError(f"`groups` must hold each predictor 0 to {p - 1} once, none empty; got {groups!r}.")
    order = np.array([*members, p])
    return m[..., order[:, None], order], [len(group) for group in groups]


def _refuse_many(p: int) -> None:
    if p > MOST:
        raise ValueError(
            f"all subsets of {p} players are 2^{p}; at most {MOST} are gone through: "
            "`importance_sampled.shapley_r2_sampled` takes more."
        )


def subsets_r2(matrix: ArrayLike, *, groups: Groups | None = None) -> Array:
    """Return R² of the regression of the outcome on every subset of the predictors.

    Parameters
    ----------
    matrix : array_like (..., k + 1, k + 1)
        Covariances or correlations, outcome last.
    groups : sequence of sequences of int, optional
        Predictors that enter together (the levels of one question), by place; each predictor in one group.
        Without it each is a player of its own. At most 25 players p.

    Returns
    -------
    array (..., 2^p)
        Entry s holds the subset whose players are the bits of s; entry 0 is 0, the last the full model.
        NaN where the outcome has no variance. 25 players fill 268 MB.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, there are too many players, or the groups are no partition.

    Notes
    -----
    In-sample R² never falls when a predictor is added, useful or not. A predictor with less than 1e-10 of its
    variance left by those before it counts as a linear combination of them and adds exactly 0.

    Examples
    --------
    >>> subsets_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.0, 0.36, 0.16, 0.3733]
    """
    m, sizes = _arranged(matrix, groups)
    _refuse_many(p := len(sizes))
    stack = m.reshape(-1, *m.shape[-2:])
    out = np.empty((len(stack), 2**p))
    if p <= FEW:
        step = max(1, CHUNK >> p)
        for start in range(0, len(stack), step):
            out[start : start + step] = _subsets.stack_r2(stack[start : start + step], sizes).T
    else:
        for row, one in zip(out.reshape(len(stack), -1, 2 ** _subsets.low_players(p)), stack, strict=True):
            for start, values in _subsets.block_r2(one, sizes):
                row[:, start : start + values.shape[1]] = values
    return out.reshape(*m.shape[:-2], 2**p)


@cache
def _shapley_weights(p: int) -> Array:
    """Weight of each subset's value in each player's Shapley value: (2^p, p)."""
    size = _subsets.subset_sizes(p).astype(int)
    inside = np.array([0.0] + [1 / (p * comb(p - 1, k - 1)) for k in range(1, p + 1)])
    outside = np.array([-1 / (p * comb(p - 1, k)) for k in range(p)] + [0.0])
    member = np.arange(2**p)[:, None] >> np.arange(p) & 1
    return np.where(member, inside[size][:, None], outside[size][:, None])


def shapley_r2(matrix: ArrayLike, *, groups: Groups | None = None) -> Array:
    """Return each predictor's Shapley (LMG) share of R²: its gain in R² averaged over all orders of entry.

    Parameters
    ----------
    matrix : array_like (..., k + 1, k + 1)
        Covariances or correlations, outcome last.
    groups : sequence of sequences of int, optional
        Predictors that enter together (the levels of one question), by place; each predictor in one group.
        Without it each is a player of its own. At most 25 players p.

    Returns
    -------
    array (..., p)
        Shares, none negative up to rounding, that sum to the R² of the full model. NaN where the outcome
        has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, there are too many players, or the groups are no partition.

    Notes
    -----
    It shares out prediction, not effect. A predictor without any effect gets a share for going with
    one that has, and two near copies split what one of them would have had alone; nor is a driver with
    little spread in this survey unimportant to the customers who meet it. Exact over all 2^p subsets, no
    sampling of orders: time doubles with each player. A predictor with less than 1e-10 of its variance left
    by those before it adds exactly 0.

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
    m, sizes = _arranged(matrix, groups)
    _refuse_many(p := len(sizes))
    stack = m.reshape(-1, *m.shape[-2:])
    out = np.empty((len(stack), p))
    if p <= FEW:
        step = max(1, CHUNK >> p)
        for start in range(0, len(stack), step):
            out[start : start + step] = _subsets.stack_r2(
                stack[start : start + step], sizes
            ).T @ _shapley_weights(p)
    else:
        for row, one in zip(out, stack, strict=True):
            sums = _subsets.sums_by_size(_subsets.block_r2(one, sizes), p)
            row[:] = _subsets.gains_by_size(*sums).mean(axis=1)
    return out.reshape(*m.shape[:-2], p)


def incremental_r2(matrix: ArrayLike, *, groups: Groups | None = None) -> Array:
    """Return what each predictor adds to R² when it enters last.

    Parameters
    ----------
    matrix : array_like (..., k + 1, k + 1)
        Covariances or correlations, outcome last.
    groups : sequence of sequences of int, optional
        Predictors that enter together, by place; each predictor in one group. Any number of players p.

    Returns
    -------
    array (..., p)
        R² of the full model minus R² without the predictor (squared semipartial correlation), not negative up
        to rounding. NaN where the outcome has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, or the groups are no partition.

    Notes
    -----
    Near copies both add next to nothing though either alone predicts well: small increments say
    "replaceable", not "unimportant". In a sample it is above 0 even for noise, by about (1 - R²) / n.

    Examples
    --------
    >>> incremental_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.2133, 0.0133]
    """
    m, sizes = _arranged(matrix, groups)
    stack = m.reshape(-1, *m.shape[-2:])
    out = np.empty((len(stack), len(sizes)))
    step = max(1, CHUNK // (len(sizes) * m.shape[-1]))
    for start in range(0, len(stack), step):
        out[start : start + step] = _last_gains(stack[start : start + step], sizes)
    return out.reshape(*m.shape[:-2], len(sizes))


def _last_gains(stack: Array, sizes: Sequence[int]) -> Array:
    """R² of all less R² without each player: (B, p). A predictor of zeros adds nothing: it is out."""
    p = len(sizes)
    cases = np.repeat(stack[:, None], p + 1, axis=1)  # the last with every player
    for j, end in enumerate(np.cumsum(sizes)):
        out = slice(end - sizes[j], end)
        cases[:, j, out] = cases[:, j, :, out] = 0
    r2 = _subsets.full_r2(cases.reshape(-1, *stack.shape[1:])).reshape(-1, p + 1)
    return np.asarray(r2[:, -1:] - r2[:, :-1])
