"""Is a straight line enough? Curves, levels and kinks as columns beside the line, and the test of all of them.

Each basis here holds what a line in x does *not*: put its columns beside x, and a test that their coefficients
are all 0 is the test of the line against the curve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from cxresearch.stats.influence import checked, checked_weights

Array = NDArray[np.float64]

#: Where knots lie, as shares of the answers below (Harrell 2015, Regression Modeling Strategies, table 2.3).
KNOTS = {3: (0.10, 0.50, 0.90), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.50, 0.725, 0.95)}


def quantile_knots(x: ArrayLike, w: ArrayLike | None = None, count: int = 4) -> Array:
    """Return knots at the customary quantiles of x, each value once.

    Parameters
    ----------
    x : array (C,)
        Values of each cell.
    w : array (C,), optional
        Summed weights of each cell.
    count : {3, 4, 5}
        Knots asked for.

    Returns
    -------
    array (at most count,)
        Increasing. Where so many share a value that quantiles fall together, common values count by the root of
        their weight; where that is not enough, every distinct value counts once.

    Raises
    ------
    ValueError
        For missing values, fewer than three distinct values, or another count.

    Examples
    --------
    >>> quantile_knots(np.arange(101.0)).tolist()
    [5.0, 35.0, 65.0, 95.0]
    >>> quantile_knots([0, 1, 2, 3, 4, 5, 6], [900, 50, 20, 10, 9, 8, 3]).tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    if count not in KNOTS:
        raise ValueError(f"`count` must be one of {', '.join(map(str, KNOTS))}; got {count!r}.")
    x = checked("x", x)
    w = checked_weights("w", w, len(x))
    values, code = np.unique(x, return_inverse=True)
    if len(values) < 3:
        raise ValueError(f"a curve needs at least three distinct values; got {len(values)}.")
    weight = np.bincount(code, w)
    for mass in (weight, np.sqrt(weight), np.ones(len(values))):
        below = np.cumsum(mass) / mass.sum()
        at = np.searchsorted(below, np.array(KNOTS[count]) - 1e-12)
        knots = np.unique(values[np.minimum(at, len(values) - 1)])
        if len(knots) == min(count, len(values)):
            break
    return np.asarray(knots)


def curve_columns(x: ArrayLike, knots: ArrayLike) -> Array:
    """Return what a natural cubic spline holds besides the line: straight beyond the outer knots.

    Parameters
    ----------
    x : array (C,)
    knots : array (k,)
        At least three, increasing.

    Returns
    -------
    array (C, k - 2)
        In units of x. With 1 and x they span the space of R's ``splines::ns`` with the same inner and
        boundary knots.

    Raises
    ------
    ValueError
        For fewer than three knots, or knots out of order.

    References
    ----------
    Harrell (2015), *Regression Modeling Strategies*, equation 2.25.

    Examples
    --------
    >>> curve_columns([0.0, 1.0, 2.0, 3.0], [0, 1, 3]).round(4).tolist()
    [[0.0], [0.1111], [0.7222], [1.6667]]
    """
    x, t = np.asarray(x, float), np.asarray(knots, float)
    if len(t) < 3 or np.any(np.diff(t) <= 0):
        raise ValueError(f"`knots` must be three or more, increasing; got {t.tolist()}.")
    last, before = t[-1], t[-2]

    def cube(knot: float) -> Array:
        return np.asarray(np.maximum(x - knot, 0.0) ** 3)

    columns = [
        cube(knot)
        - cube(before) * (last - knot) / (last - before)
        + cube(last) * (before - knot) / (last - before)
        for knot in t[:-2]
    ]
    return np.column_stack(columns) / (last - t[0]) ** 2


def level_columns(x: ArrayLike, n: ArrayLike, least: int = 10) -> tuple[Array, Array]:
    """Return one 0/1 column for each value of x that may leave the line.

    Parameters
    ----------
    x : array (C,)
        Values of each cell.
    n : array (C,)
        Rows of each cell.
    least : int
        Rows a value needs to have a column of its own; rarer values stay on the line.

    Returns
    -------
    columns : array (C, m)
    values : array (m,)
        The values that have one. The two commonest values hold the line, so m is at most their number less 2.

    Examples
    --------
    >>> columns, values = level_columns([0, 1, 2, 3], [50, 30, 20, 4])
    >>> columns.ravel().tolist(), values.tolist()
    ([0.0, 0.0, 1.0, 0.0], [2.0])
    """
    x = checked("x", x)
    values, code = np.unique(x, return_inverse=True)
    rows = np.bincount(code, np.asarray(n, float))
    hold = np.argsort(-rows, kind="stable")[:2]
    free = np.setdiff1d(np.flatnonzero(rows >= least), hold)
    return (code[:, None] == free).astype(float), values[free]


def kink_columns(x: ArrayLike, reference: float) -> Array:
    """Return how far x lies below and above a reference: a line that may bend there.

    Parameters
    ----------
    x : array (C,)
    reference : float

    Returns
    -------
    array (C, 2)
        ``min(x - reference, 0)`` and ``max(x - reference, 0)``: their coefficients are the slopes on each side.

    Examples
    --------
    >>> kink_columns([1, 3, 5], 3).tolist()
    [[-2.0, 0.0], [0.0, 0.0], [0.0, 2.0]]
    """
    away = np.asarray(x, float) - reference
    return np.column_stack([np.minimum(away, 0.0), np.maximum(away, 0.0)])


def wald_test(coef: ArrayLike, covariance: ArrayLike, df: float) -> tuple[float, float]:
    """Test that several coefficients are all 0, from their joint (design-based) covariance.

    Parameters
    ----------
    coef : array (q,)
    covariance : array (q, q)
    df : float
        Degrees of freedom of the covariance.

    Returns
    -------
    statistic : float
        F, with q and `df` degrees of freedom; NaN for a covariance that is not positive definite.
    p_value : float

    Notes
    -----
    As R's ``survey::regTermTest(..., method = "Wald")``. With few clusters and many coefficients it rejects too
    often. Not rejecting is no proof of a line: it is as good as the interval of the bend is short.

    Examples
    --------
    >>> F, p = wald_test([0.3, 0.1], [[0.01, 0.0], [0.0, 0.01]], 100)
    >>> round(F, 3), round(p, 4)
    (5.0, 0.0085)
    """
    b, V = np.atleast_1d(np.asarray(coef, float)), np.atleast_2d(np.asarray(covariance, float))
    if not (np.all(np.isfinite(V)) and np.all(np.diag(V) > 0) and df > 0):
        return np.nan, np.nan
    scale = np.sqrt(np.diag(V))
    R = V / np.outer(scale, scale)
    if np.linalg.eigvalsh(R)[0] < 1e-12:
        return np.nan, np.nan
    z = b / scale
    F = float(z @ np.linalg.solve(R, z)) / len(b)
    return F, float(fdtrc(len(b), df, F))
