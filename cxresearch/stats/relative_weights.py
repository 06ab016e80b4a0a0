"""Importances of predictors in a linear model that need no subsets: closed forms of the correlation matrix.

Input is a moment matrix as in `importance`: covariances or correlations, the outcome LAST, leading dimensions
bootstrap draws. Where predictors determine one another, the least coefficients are taken: copies get equal parts.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats._subsets import COLLINEAR
from cxresearch.stats.importance import checked_matrix

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]


def _spectrum(matrix: ArrayLike) -> tuple[Array, Array, Mask, Array]:
    """Correlations among predictors as eigenvectors and eigenvalues, which of these count, and those with y."""
    m = checked_matrix(matrix)
    spread = np.sqrt(np.maximum(np.diagonal(m, axis1=-2, axis2=-1), 0.0))
    each = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1.0), 0.0)
    each[..., -1] = np.where(spread[..., -1] > 0, each[..., -1], np.nan)
    predictors = m[..., :-1, :-1] * each[..., :-1, None] * each[..., None, :-1]
    values, vectors = np.linalg.eigh(predictors)
    return vectors, values, values > COLLINEAR, m[..., :-1, -1] * each[..., :-1] * each[..., -1:]


def _power(vectors: Array, values: Array, exponent: float, useful: Mask) -> Array:
    """Matrix power over the eigenvalues that count."""
    scaled = np.where(useful, np.where(useful, values, 1.0) ** exponent, 0.0)
    return np.asarray((vectors * scaled[..., None, :]) @ np.swapaxes(vectors, -1, -2))


def standardised_coefficients(matrix: ArrayLike) -> Array:
    """Return the coefficients of the linear model with all variables scaled to variance 1.

    Parameters
    ----------
    matrix : array_like (..., p + 1, p + 1)
        Covariances or correlations, outcome last.

    Returns
    -------
    array (..., p)
        Standard deviations of the outcome per standard deviation of the predictor, the others fixed. 0 for a
        predictor without variance, NaN where the outcome has none.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric.

    Notes
    -----
    Not shares of anything; with correlated predictors they change size and sign as others come and go.

    Examples
    --------
    >>> standardised_coefficients([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.5333, 0.1333]
    """
    vectors, values, useful, r = _spectrum(matrix)
    return np.asarray((_power(vectors, values, -1.0, useful) @ r[..., None])[..., 0])


def pratt_r2(matrix: ArrayLike) -> Array:
    """Return Pratt's measure: standardised coefficient times correlation.

    Parameters
    ----------
    matrix : array_like (..., p + 1, p + 1)
        Covariances or correlations, outcome last.

    Returns
    -------
    array (..., p)
        They sum to R² but may be negative. NaN where the outcome has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric.

    Notes
    -----
    A suppressor comes out negative, and a predictor without correlation comes out 0 however large its
    coefficient: where either happens it measures no importance.

    References
    ----------
    Pratt (1987), Dividing the indivisible: using simple symmetry to partition variance explained. *Proc. 2nd
    Int. Tampere Conf. Stat.*, 245-260.

    Examples
    --------
    >>> pratt_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.32, 0.0533]
    """
    vectors, values, useful, r = _spectrum(matrix)
    return np.asarray((_power(vectors, values, -1.0, useful) @ r[..., None])[..., 0] * r)


def car_r2(matrix: ArrayLike) -> Array:
    """Return squared CAR scores: correlations of the outcome with the predictors made uncorrelated.

    Parameters
    ----------
    matrix : array_like (..., p + 1, p + 1)
        Covariances or correlations, outcome last.

    Returns
    -------
    array (..., p)
        Squares of ``R^(-1/2) r``, which sum to R². NaN where the outcome has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric.

    Notes
    -----
    The uncorrelated versions are those nearest to the predictors, but they are not the predictors: with high
    correlations a score belongs to a mixture, not to the predictor whose name it bears.

    References
    ----------
    Zuber & Strimmer (2011), High-dimensional regression and variable selection using CAR scores. *Stat. Appl.
    Genet. Mol. Biol.* 10, 34.

    Examples
    --------
    >>> car_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.3021, 0.0712]
    """
    vectors, values, useful, r = _spectrum(matrix)
    return np.asarray((_power(vectors, values, -0.5, useful) @ r[..., None])[..., 0] ** 2)


def johnson_r2(matrix: ArrayLike) -> Array:
    """Return Johnson's relative weights, which are Genizi's: CAR parts handed back along the correlations.

    Parameters
    ----------
    matrix : array_like (..., p + 1, p + 1)
        Covariances or correlations, outcome last.

    Returns
    -------
    array (..., p)
        None negative; they sum to R². NaN where the outcome has no variance.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric.

    Notes
    -----
    Equal to the Shapley shares for two predictors and usually near them for more, at the cost of one
    eigendecomposition; but they average over no models, so that they can differ where predictors are highly
    correlated or suppress one another. Columns that code one question get weights that depend on the coding.

    References
    ----------
    Johnson (2000), A heuristic method for estimating the relative weight of predictor variables in multiple
    regression. *Multivar. Behav. Res.* 35, 1-19. Genizi (1993), Decomposition of R² in multiple regression with
    correlated regressors. *Stat. Sin.* 3, 407-420.

    Examples
    --------
    >>> johnson_r2([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]).round(4).tolist()
    [0.2867, 0.0867]
    """
    vectors, values, useful, r = _spectrum(matrix)
    root = _power(vectors, values, 0.5, useful)
    parts = (_power(vectors, values, -0.5, useful) @ r[..., None]) ** 2
    return np.asarray((root**2 @ parts)[..., 0])
