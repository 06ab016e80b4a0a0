"""Importances of a linear model as functions of a moment matrix, and how far each cell moves them.

Columns of the matrix are controls, then drivers, the outcome last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats import _importance_gradient as gradients
from cxresearch.stats import importance
from cxresearch.stats.designs import Design

Array: TypeAlias = NDArray[np.float64]


class Index(NamedTuple):
    """An importance: its function of moment matrices (B, p + 1, p + 1), and whether it can be below 0."""

    function: Callable[[Array], Array]
    signed: bool


def first_r2(matrices: Array) -> Array:
    """R² of each driver alone: (B, p)."""
    return np.asarray(_correlations(matrices)[:, :-1, -1] ** 2)


def pratt_r2(matrices: Array) -> Array:
    """Standardised coefficient times correlation: (B, p); sums to R², and may be negative."""
    R = _correlations(matrices)
    slopes = np.linalg.pinv(R[:, :-1, :-1], rcond=1e-12, hermitian=True) @ R[:, :-1, -1:]
    return np.asarray(slopes[..., 0] * R[:, :-1, -1])


def _correlations(matrices: Array) -> Array:
    spread = np.sqrt(np.maximum(np.diagonal(matrices, axis1=1, axis2=2), 0.0))
    each = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1.0), 0.0)
    return np.asarray(matrices * each[:, :, None] * each[:, None, :])


INDICES: dict[str, Index] = {
    "shapley_r2": Index(importance.shapley_r2, signed=False),
    "first_r2": Index(first_r2, signed=False),
    "last_r2": Index(importance.incremental_r2, signed=False),
    "pratt_r2": Index(pratt_r2, signed=True),
}
SHARES = {"shapley_share": "shapley_r2"}  # of the drivers' sum


def moments(data: Array, W: Array) -> Array:
    """Weighted covariance matrices of columns, one for each row of weights.

    Parameters
    ----------
    data : array (U, k)
        Columns, best centred: squares then keep their digits.
    W : array (B, U)

    Returns
    -------
    array (B, k, k)

    Examples
    --------
    >>> moments(np.array([[-1.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 1.0]])).tolist()
    [[[1.0, 0.5], [0.5, 0.25]]]
    """
    k = data.shape[1]
    i, j = np.triu_indices(k)
    sums = W @ np.column_stack([np.ones(len(data)), data, data[:, i] * data[:, j]])
    shares = sums[:, 1:] / sums[:, :1]
    covariance = np.empty((len(W), k, k))
    covariance[:, i, j] = covariance[:, j, i] = shares[:, k:] - shares[:, i] * shares[:, j]
    return covariance


def standardised(X: ArrayLike, y: ArrayLike, design: Design, controls: ArrayLike | None = None) -> Array:
    """Columns with mean 0 and variance 1 under the design's weights: controls, drivers, outcome last.

    Raises
    ------
    ValueError
        If lengths disagree, values are missing, there are no more rows than variables, or the outcome has no
        spread. A driver without spread stays 0.
    """
    X, y = np.asarray(X, float), np.asarray(y, float)
    held = np.empty((len(y), 0)) if controls is None else np.asarray(controls, float)
    if X.ndim != 2 or not len(X) == len(y) == len(held) == len(design.w) or held.ndim != 2:
        raise ValueError(
            f"`X` (U, p), `y` (U,), `controls` (U, c) and the design's cells must agree on U; got {X.shape}, "
            f"{y.shape}, {held.shape} and {len(design.w)} cells."
        )
    data = np.column_stack([held, X, y])
    if not np.isfinite(data).all():
        raise ValueError("missing or infinite values; leave those cells out first, or see `imputation`.")
    if design.rows <= data.shape[1]:
        raise ValueError(f"{design.rows} rows are too few for {data.shape[1]} variables.")
    share = design.w / design.w.sum()
    data = data - share @ data
    data = data - share @ data  # second pass: the first one's rounding
    spread = np.sqrt(share @ data**2)
    constant = spread <= 1e-12 * np.abs(np.column_stack([held, X, y])).max(axis=0)
    if constant[-1]:
        raise ValueError("the outcome takes one value only, so there is nothing to explain.")
    return np.asarray(np.where(constant, 0.0, data / np.where(constant, 1.0, spread)))


def index_values(name: str, matrices: Array, controls: int = 0) -> Array:
    """Importance of each driver in each moment matrix, as a share of the outcome's whole variance: (B, p).

    Controls are held fixed: what they explain is in nobody's importance.
    """
    if name in SHARES:
        parts = index_values(SHARES[name], matrices, controls)
        total = parts.sum(axis=1, keepdims=True)
        return np.asarray(parts / np.where(total > 0, total, np.nan))
    rest, left = gradients.partialled(matrices, controls)
    return np.asarray(INDICES[name].function(rest) * left[:, None])


def index_influence(name: str, data: Array, design: Design, controls: int = 0) -> tuple[Array, Array]:
    """Importances and how far a unit of weight in each cell moves them.

    Parameters
    ----------
    name : str
        Of `INDICES` or `SHARES`.
    data : array (U, k)
        From `standardised`.
    design : Design
    controls : int

    Returns
    -------
    value : array (p,)
    influence : array (U, p)
        The weighted sum over cells is 0.
    """
    if name in SHARES:
        parts, pulls = index_influence(SHARES[name], data, design, controls)
        total = parts.sum() or np.nan
        value = parts / total
        return value, (pulls - value * pulls.sum(axis=1, keepdims=True)) / total
    matrix = moments(data, design.w[None])[0]
    if name == "shapley_r2":
        value, gradient = gradients.shapley_gradient(matrix, controls)
    else:
        value, gradient = gradients.numerical_gradient(lambda M: index_values(name, M, controls), matrix)
    level = np.einsum("pij,ij->p", gradient, matrix)
    pulls = np.stack([((data @ one) * data).sum(axis=1) for one in gradient], axis=1)
    return value, (pulls - level) / design.w.sum()
