"""How closely two ordered answers go together, from their crosstab; every function takes a stack of crosstabs.

A crosstab is an array ``T`` of shape ``(..., L, K)``: weighted counts of the L answers of a metric by the K
answers of an outcome, lowest first. Leading dimensions are bootstrap draws, folds or deletions, so one call
serves thousands of tables. A table with no spread in either margin has no association: the result is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


def _ratio(numerator: Array, denominator: Array) -> Array:
    """Divide, with NaN (not a warning) where the denominator is not positive."""
    safe = np.where(denominator > 0, denominator, np.nan)
    return np.asarray(numerator / safe)


def pearson_r(T: Array, x: Array, y: Array) -> Array:
    """Pearson correlation of the answers.

    Parameters
    ----------
    T : array (..., L, K)
        Weighted counts.
    x : array (L,) or (..., L)
        Value of each answer of the metric, high = good.
    y : array (K,) or (..., K)
        Value of each answer of the outcome, high = good.

    Returns
    -------
    array (...)
        Correlation in [-1, 1]; NaN where a margin has one answer only.

    Notes
    -----
    Coarse answers shrink it: with one and the same latent correlation, 5 points give a lower r than 11.

    Examples
    --------
    >>> T = np.array([[2.0, 0.0], [0.0, 2.0]])
    >>> float(pearson_r(T, np.array([0.0, 1.0]), np.array([0.0, 1.0])))
    1.0
    """
    total = T.sum(axis=(-2, -1))
    row, column = T.sum(axis=-1), T.sum(axis=-2)
    # centred first: E[xy] - E[x]E[y] would cancel its own digits on long scales
    x = x - _ratio((row * x).sum(axis=-1), total)[..., None]
    y = y - _ratio((column * y).sum(axis=-1), total)[..., None]
    covariance = ((T * y[..., None, :]).sum(axis=-1) * x).sum(axis=-1)
    spread = (row * x**2).sum(axis=-1) * (column * y**2).sum(axis=-1)
    floor = 1e-24 * total**2 * (x**2).max(axis=-1) * (y**2).max(axis=-1)
    return _ratio(covariance, np.where(spread > floor, np.sqrt(spread), 0.0))


def midranks(margin: Array) -> Array:
    """Midrank of each answer, in units of weight: half its own weight above all the weight below it."""
    return np.asarray(np.cumsum(margin, axis=-1) - margin / 2)


def spearman_r(T: Array) -> Array:
    """Spearman correlation, ties sharing their midrank; shape as in `pearson_r`.

    Notes
    -----
    It forgets how far apart answers are; with most answers on two points it says little more than a phi.

    Examples
    --------
    >>> round(float(spearman_r(np.array([[2.0, 1.0], [1.0, 2.0]]))), 3)
    0.333
    """
    return pearson_r(T, midranks(T.sum(axis=-1)), midranks(T.sum(axis=-2)))


def somers_d(T: Array) -> Array:
    """Somers' D of the metric for the outcome: concordant minus discordant pairs over pairs that differ in outcome.

    For a two-valued outcome this is ``2 AUC - 1``. Pairs tied on the metric count half to each side.

    Parameters
    ----------
    T : array (..., L, K)
        Weighted counts.

    Returns
    -------
    array (...)
        -1 to 1; NaN where all outcomes are equal.

    References
    ----------
    Somers (1962), A new asymmetric measure of association for ordinal variables. *Am. Sociol. Rev.* 27.

    Examples
    --------
    >>> float(somers_d(np.array([[3.0, 1.0], [1.0, 3.0]])))
    0.5
    """
    below = np.cumsum(np.cumsum(T, axis=-2), axis=-1)  # weight at or below (i, j)
    strictly = np.zeros_like(T)
    strictly[..., 1:, 1:] = below[..., :-1, :-1]
    concordant = (T * strictly).sum(axis=(-2, -1))
    flipped = T[..., ::-1, :]
    below = np.cumsum(np.cumsum(flipped, axis=-2), axis=-1)
    strictly = np.zeros_like(T)
    strictly[..., 1:, 1:] = below[..., :-1, :-1]
    discordant = (flipped * strictly).sum(axis=(-2, -1))
    column = T.sum(axis=-2)
    pairs = (column.sum(axis=-1) ** 2 - (column**2).sum(axis=-1)) / 2
    return _ratio(concordant - discordant, pairs)


def level_means(T: Array, y: Array) -> tuple[Array, Array]:
    """Weight and mean outcome of each answer of the metric; the mean of an answer nobody gave is NaN."""
    row = T.sum(axis=-1)
    return row, _ratio((T * y).sum(axis=-1), row)


def r2_levels(T: Array, y: Array) -> Array:
    """Share of the outcome's variance between the metric's answers (correlation ratio, eta²).

    The in-sample R² of the best function of the metric whatever its shape. It grows with the number of answers
    even under no association, by about (L - 1) / n: read it out of sample.

    Examples
    --------
    >>> float(r2_levels(np.array([[0.0, 2.0], [2.0, 0.0], [0.0, 2.0]]), np.array([0.0, 1.0])))
    1.0
    """
    total = T.sum(axis=(-2, -1))
    column = T.sum(axis=-2)
    y = y - _ratio((column * y).sum(axis=-1), total)[..., None]
    row = T.sum(axis=-1)
    sums = (T * y[..., None, :]).sum(axis=-1)
    between = np.divide(sums**2, row, out=np.zeros_like(sums), where=row > 0).sum(axis=-1)
    return _ratio(between, (column * y**2).sum(axis=-1))


def largest_r(T: Array, x: Array, y: Array) -> float:
    """Largest Pearson correlation that the two margins of one table allow: both sorted, paired in order.

    Parameters
    ----------
    T : array (L, K)
        One table.
    x, y : array (L,), (K,)
        Answer values, increasing.

    Returns
    -------
    float
        At most 1; well below 1 when one margin is piled up at an end and the other is not.

    Examples
    --------
    >>> T = np.array([[1.0, 0.0], [0.0, 9.0]])
    >>> round(largest_r(T, np.array([0.0, 1.0]), np.array([0.0, 1.0])), 6)
    1.0
    """
    row = np.concatenate([[0.0], np.cumsum(T.sum(axis=1))])
    column = np.concatenate([[0.0], np.cumsum(T.sum(axis=0))])
    low = np.maximum(row[:-1, None], column[None, :-1])
    high = np.minimum(row[1:, None], column[None, 1:])
    return float(pearson_r(np.maximum(high - low, 0.0), x, y))


#: Measures on the correlation scale, by name: each takes (T, x, y).
CORRELATIONS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "pearson_r": pearson_r,
    "spearman_r": lambda T, x, y: spearman_r(T),  # noqa: ARG005 - one signature for all
    "somers_d": lambda T, x, y: somers_d(T),  # noqa: ARG005
    "eta": lambda T, x, y: np.sqrt(r2_levels(T, y)),  # noqa: ARG005
}
