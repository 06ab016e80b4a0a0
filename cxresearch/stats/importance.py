"""How the explained variance of an outcome is shared out among correlated predictors.

Input is a moment matrix: covariances or correlations of the predictors and, LAST, the outcome. Leading
dimensions are bootstrap draws, so that two thousand draws are one call. Weights and missing answers are the
business of whoever made the matrix (`moments` makes weighted ones); controls are partialled out of it first
(`partial_out`). Predictors that enter together, such as the levels of one question, are one player (`groups`).
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
FLAT = 1e-13  # share of its mean square below which a column's variance is rounding


def checked_matrix(matrix: ArrayLike) -> Array:
    """The matrix as an array, or a refusal."""
    m = np.asarray(matrix, float)
    if m.ndim < 2 or m.shape[-1] != m.shape[-2] or m.shape[-1] < 2:
        raise ValueError(f"`matrix` must end in (p + 1, p + 1), the outcome last; got shape {m.shape}.")
    scale = np.sqrt(np.abs(np.diagonal(m, axis1=-2, axis2=-1)))
    slack = 1e-8 * scale[..., :, None] * scale[..., None, :]
    if np.any(np.abs(m - np.swapaxes(m, -1, -2)) > slack):
        raise ValueError("`matrix` must be symmetric: covariances or correlations.")
    return m


def arranged(matrix: ArrayLike, groups: Groups | None) -> tuple[Array, list[int]]:
    """The matrix with each player's predictors side by side, and how many each has."""
    m = checked_matrix(matrix)
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


def moments(data: ArrayLike, weights: ArrayLike) -> Array:
    """Return weighted covariance matrices of columns, one for each row of weights.

    Parameters
    ----------
    data : array_like (U, k)
        Rows or cells; the outcome last, where a matrix of importances is wanted. No missing values.
    weights : array_like (..., U)
        Weights of the rows, none negative; leading dimensions are bootstrap draws.

    Returns
    -------
    array (..., k, k)
        Divided by the sum of the weights, not by one less. A column that takes one value among the rows with
        weight has a row of zeros, not what rounding leaves.

    Raises
    ------
    ValueError
        If the lengths disagree, a value is missing, or a row of weights has no positive sum.

    Examples
    --------
    >>> moments([[1, 2], [3, 2], [5, 5]], [1, 1, 0]).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    rows, W = np.asarray(data, float), np.asarray(weights, float)
    if rows.ndim != 2 or W.shape[-1:] != (len(rows),):
        raise ValueError(
            f"`data` (U, k) and `weights` (..., U) must agree on U; got {rows.shape} and {W.shape}."
        )
    if not np.isfinite(rows).all():
        raise ValueError("`data` has missing or infinite values.")
    total = W.sum(axis=-1, keepdims=True)
    if not np.all(total > 0):
        raise ValueError("`weights` must have a positive sum.")
    share = W / total
    centred = rows - share.reshape(-1, len(rows)).mean(axis=0) @ rows  # squares keep their digits
    i, j = np.triu_indices(rows.shape[1])
    first = share @ centred
    second = share @ (centred[:, i] * centred[:, j])
    covariance = np.empty((*W.shape[:-1], rows.shape[1], rows.shape[1]))
    covariance[..., i, j] = covariance[..., j, i] = second - first[..., i] * first[..., j]
    spread = np.diagonal(covariance, axis1=-2, axis2=-1) > FLAT * second[..., i == j]
    return np.where(spread[..., :, None] & spread[..., None, :], covariance, 0.0)


def partial_out(matrix: ArrayLike, controls: Sequence[int]) -> tuple[Array, Array]:
    """Return the matrix with controls held fixed, and what the controls explain by themselves.

    Parameters
    ----------
    matrix : array_like (..., k + 1, k + 1)
        Covariances or correlations, outcome last.
    controls : sequence of int
        Places of the controls.

    Returns
    -------
    rest : array (..., k + 1 - c, k + 1 - c)
        Moments of the other predictors and the outcome given the controls. A predictor that the controls
        determine has a row of zeros: it adds nothing.
    r2 : array (...)
        R² of the controls. Times ``1 - r2``, shares made from ``rest`` are shares of the outcome's whole variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, or the places are not those of different predictors.

    Notes
    -----
    All that controls and drivers explain in common goes to the controls. A control that the drivers bring about
    takes their importance away.

    Examples
    --------
    >>> rest, r2 = partial_out([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]], [0])
    >>> float(r2), (shapley_r2(rest) * (1 - r2)).round(4).tolist()
    (0.36, [0.0133])
    """
    m = checked_matrix(matrix)
    p, held = m.shape[-1] - 1, list(controls)
    if len(set(held)) < len(held) or not set(held) <= set(range(p)):
        raise ValueError(f"`controls` must be different places from 0 to {p - 1}; got {held}.")
    others = [j for j in range(p) if j not in held]
    order = np.array([*held, *others, p])
    stack = m[..., order[:, None], order].reshape(-1, p + 1, p + 1)
    rest = _subsets.rest_of(stack, len(held))
    total = stack[:, -1, -1]
    left = rest[:, -1, -1] / np.where(total > 0, total, np.nan)
    kept = len(others) + 1
    return rest.reshape(*m.shape[:-2], kept, kept), np.asarray(1 - left).reshape(m.shape[:-2])


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
    m, sizes = arranged(matrix, groups)
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
    m, sizes = arranged(matrix, groups)
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


def shapley_values(worths: ArrayLike) -> Array:
    """Return each player's Shapley value from the worth of every subset of the players, such as a pseudo-R².

    Parameters
    ----------
    worths : array_like (..., 2^p)
        Entry s is the worth of the subset whose players are the bits of s, as from `subsets_r2`.

    Returns
    -------
    array (..., p)
        Gains averaged over all orders; they sum to the last worth less the first. Also called general dominance.

    Raises
    ------
    ValueError
        If the number of worths is not a power of 2 of at least 2.

    Notes
    -----
    Shares of a pseudo-R² are on that measure's scale: they cannot be laid beside shares of R², nor of another
    pseudo-R².

    Examples
    --------
    >>> shapley_values([0, 0.36, 0.16, 0.52]).round(4).tolist()
    [0.36, 0.16]
    """
    values = _subsets.checked_worths(worths)
    p = _subsets.players_of(values)
    if p <= FEW:
        return np.asarray(values @ _shapley_weights(p))
    return np.asarray(_subsets.mean_gains(values).mean(axis=-1))


def owen_r2(matrix: ArrayLike, groups: Groups) -> Array:
    """Return each predictor's Owen share of R²: groups enter as wholes, and each group's share is split within it.

    Parameters
    ----------
    matrix : array_like (..., k + 1, k + 1)
        Covariances or correlations, outcome last.
    groups : sequence of sequences of int
        Predictors of each group, by place; each predictor in one group. For no group may its members and the
        other groups be more than 25 together.

    Returns
    -------
    array (..., k)
        Shares in the order of the predictors; those of a group sum to its share from `shapley_r2`.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, there are too many players, or the groups are no partition.

    Notes
    -----
    The shares depend on how the groups are drawn: a predictor grouped with its near copies competes with them
    for one group's share, not with everybody for R².

    References
    ----------
    Owen (1977), Values of games with a priori unions. In *Mathematical economics and game theory*, 76-88.

    Examples
    --------
    >>> m = [[1, 0.5, 0, 0.6], [0.5, 1, 0, 0.4], [0, 0, 1, 0.3], [0.6, 0.4, 0.3, 1]]
    >>> owen_r2(m, [[0, 1], [2]]).round(4).tolist()
    [0.2867, 0.0867, 0.09]
    """
    m = checked_matrix(matrix)
    arranged(m, groups)  # refuses what is no partition
    others = len(groups) - 1
    size = _subsets.subset_sizes(others).astype(int)
    weight = np.array([1 / ((others + 1) * comb(others, k)) for k in range(others + 1)])[size]
    out = np.empty((*m.shape[:-2], m.shape[-1] - 1))
    for which, group in enumerate(groups):
        players = [*groups[:which], *groups[which + 1 :], *([j] for j in group)]
        worths = subsets_r2(m, groups=players).reshape(*m.shape[:-2], 2 ** len(group), 2**others)
        out[..., list(group)] = shapley_values(worths @ weight)
    return out


def first_r2(matrix: ArrayLike, *, groups: Groups | None = None) -> Array:
    """Return R² of each predictor alone: its squared correlation with the outcome.

    Parameters
    ----------
    matrix : array_like (..., k + 1, k + 1)
        Covariances or correlations, outcome last.
    groups : sequence of sequences of int, optional
        Predictors that enter together, by place; each predictor in one group. Any number of players p.

    Returns
    -------
    array (..., p)
        NaN where the outcome has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, or the groups are no partition.

    Notes
    -----
    All that a predictor shares with others is counted for each of them: the sum is over R² as a rule.

    Examples
    --------
    >>> first_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.36, 0.16]
    """
    m, sizes = arranged(matrix, groups)
    stack = m.reshape(-1, *m.shape[-2:])
    alone = []
    for end, size in zip(np.cumsum(sizes), sizes, strict=True):
        own = np.array([*range(end - size, end), m.shape[-1] - 1])
        alone.append(_subsets.full_r2(stack[:, own[:, None], own]))
    return np.stack(alone, axis=1).reshape(*m.shape[:-2], len(sizes))


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
        R² of the full model minus R² without the predictor (squared semipartial correlation), never negative.
        NaN where the outcome has no variance.

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
    m, sizes = arranged(matrix, groups)
    stack = m.reshape(-1, *m.shape[-2:])
    out = np.empty((len(stack), len(sizes)))
    step = max(1, CHUNK // m.shape[-1] ** 2)
    for start in range(0, len(stack), step):
        out[start : start + step] = _subsets.last_r2(stack[start : start + step], sizes)
    return out.reshape(*m.shape[:-2], len(sizes))
