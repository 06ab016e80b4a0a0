"""How far each answer pattern pulls an association: influence values, and the variance they add up to.

An influence value ψ is the derivative of a statistic by the weight of one pattern, so that with weights w,
sums of squared weights w2 and independent rows the variance is Σ w2 ψ². No normality is assumed; weights,
clusters and strata enter in `influence_cov`. The difference of two statistics has the difference of their
influence values: that is how two metrics of the same customers are compared without assuming normal
answers.

Arrays run over patterns (cells): scores x, outcome y and weights w of one length C. NaN is refused; leave
out the patterns that lack an answer, from every statistic that is to be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.errors import DesignError
from cxresearch.stats.designs import Design, influence_covariance

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

LARGEST_TABLE = 50_000_000  # numbers in one crosstab: 400 MB


def checked(name: str, values: ArrayLike, length: int | None = None) -> Array:
    """Return `values` as floats; refuse NaN, infinities and another length.

    Examples
    --------
    >>> checked("x", [1, 2]).tolist()
    [1.0, 2.0]
    """
    array = np.asarray(values, float)
    if length is not None and array.shape[0] != length:
        raise ValueError(f"`{name}` must have one value per pattern ({length}); got {array.shape[0]}.")
    if array.size == 0:
        raise ValueError(f"`{name}` is empty.")
    if not np.all(np.isfinite(array)):
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"`{name}` holds {bad} NaN or infinite values; leave out patterns without an answer."
        )
    return array


def checked_weights(name: str, values: ArrayLike | None, length: int) -> Array:
    """Return weights, ones by default; refuse negative weights and a total of zero.

    Examples
    --------
    >>> checked_weights("w", None, 2).tolist()
    [1.0, 1.0]
    """
    w = np.ones(length) if values is None else checked(name, values, length)
    if np.any(w < 0) or not w.sum() > 0:
        raise ValueError(f"`{name}` must not be negative and must not sum to 0; smallest value {w.min():g}.")
    return w


def pearson_influence(x: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[float, Array]:
    """Return the weighted Pearson correlation and the influence of each pattern on it.

    Parameters
    ----------
    x, y : array_like (C,)
        Answers of each pattern, high = good.
    w : array_like (C,), optional
        Summed weights (or counts) of each pattern; ones by default.

    Returns
    -------
    r : float
        Correlation in [-1, 1].
    psi : array (C,)
        Influence per unit of weight: the variance of r is Σ w2 ψ² (`influence_cov` adds designs). Σ w ψ = 0.

    Raises
    ------
    ValueError
        If values are missing, lengths differ, weights are negative or an answer does not vary.

    Notes
    -----
    A first-order variance: in small samples with r near ±1 it is too small; build the interval on Fisher's
    scale, where the influence is ψ / (1 - r²).

    References
    ----------
    Devlin, Gnanadesikan & Kettenring (1975), Robust estimation and outlier detection with correlation
    coefficients. *Biometrika* 62, 531-545.

    Examples
    --------
    >>> r, psi = pearson_influence([1, 2, 3, 4], [1, 2, 4, 3], [10, 10, 10, 10])
    >>> round(r, 3), round(float(np.sum(10 * psi**2)) ** 0.5, 3)
    (0.8, 0.036)
    """
    x = checked("x", x)
    y = checked("y", y, len(x))
    w = checked_weights("w", w, len(x))
    return _pearson(x, y, w)


def _standardised(name: str, x: Array, p: Array) -> tuple[Array, float]:
    centred = x - p @ x
    spread = float(np.sqrt(p @ centred**2))
    if not spread > 1e-12 * np.max(np.abs(x)):
        raise ValueError(f"`{name}` takes one value only, so it has no correlation.")
    return centred / spread, spread


def _pearson(x: Array, y: Array, w: Array) -> tuple[float, Array]:
    p = w / w.sum()
    zx, _ = _standardised("x", x, p)
    zy, _ = _standardised("y", y, p)
    r = float(p @ (zx * zy))
    return r, (zx * zy - r / 2 * (zx**2 + zy**2)) / w.sum()


def spearman_influence(x: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[float, Array]:
    """Return the weighted Spearman correlation (ties share their midrank) and the influence of each pattern.

    Parameters, returns and errors as for `pearson_influence`.

    Notes
    -----
    The ranks move too when a pattern gains weight; both parts are in ψ. Treating ranks as if they
    were answers (Pearson's influence on ranks) misstates the variance.

    References
    ----------
    Croux & Dehon (2010), Influence functions of the Spearman and Kendall correlation measures. *Stat. Methods
    Appl.* 19, 497-515; here with midranks.

    Examples
    --------
    >>> r, psi = spearman_influence([1, 2, 3, 4], [1, 2, 4, 3])
    >>> round(r, 3)
    0.8
    """
    x = checked("x", x)
    y = checked("y", y, len(x))
    w = checked_weights("w", w, len(x))
    p = w / w.sum()
    (rank_x, code_x), (rank_y, code_y) = _midranks(x, p), _midranks(y, p)
    r, psi = _pearson(rank_x, rank_y, w)
    zx, spread_x = _standardised("x", rank_x, p)
    zy, spread_y = _standardised("y", rank_y, p)
    moved = _lifted(code_x, p * (zy - r * zx)) / spread_x + _lifted(code_y, p * (zx - r * zy)) / spread_y
    return r, psi + moved / w.sum()


def _midranks(x: Array, p: Array) -> tuple[Array, Codes]:
    """Share below plus half the share at each value; and the code of each value."""
    code = np.unique(x, return_inverse=True)[1]
    share = np.bincount(code, weights=p)
    return (np.cumsum(share) - share / 2)[code], code


def _lifted(code: Codes, pull: Array) -> Array:
    """Pull of the patterns whose rank rises with the weight at each pattern: all above, half the tied."""
    at = np.bincount(code, weights=pull)
    return np.asarray((at.sum() - np.cumsum(at) + at / 2)[code])


def crosstab(x: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[Array, Codes, Codes]:
    """Return the weighted crosstab of x by y, and the row and column of each pattern.

    Parameters
    ----------
    x, y : array_like (C,)
        Answers; rows and columns are their distinct values, lowest first.
    w : array_like (C,), optional
        Weights of the patterns; ones by default.

    Returns
    -------
    T : array (L, K)
    row, column : int arrays (C,)

    Raises
    ------
    ValueError
        If values are missing, lengths differ, or the table would not fit (two continuous answers): bin one.

    Examples
    --------
    >>> crosstab([1, 2, 2], [0, 0, 1], [5, 3, 4])[0].tolist()
    [[5.0, 0.0], [3.0, 4.0]]
    """
    x = checked("x", x)
    y = checked("y", y, len(x))
    w = checked_weights("w", w, len(x))
    rows, row = np.unique(x, return_inverse=True)
    columns, column = np.unique(y, return_inverse=True)
    shape = (len(rows), len(columns))
    if shape[0] * shape[1] > LARGEST_TABLE:
        raise ValueError(f"a crosstab of {shape[0]:,} by {shape[1]:,} values does not fit; bin one of them.")
    T = np.bincount(row * shape[1] + column, weights=w, minlength=shape[0] * shape[1]).reshape(shape)
    return np.asarray(T, float), row.astype(np.int64), column.astype(np.int64)


def concordance_influence(
    scores: ArrayLike, outcome: ArrayLike, w: ArrayLike | None = None
) -> tuple[float, Array]:
    """Return the concordance of scores with an ordered outcome, and the influence of each pattern.

    Concordance: of two customers who differ in the outcome, the probability that the one with the better
    outcome has the higher score, ties in score counting half. For a two-valued outcome it is the AUC;
    Somers' D is ``2 * concordance - 1``.

    Parameters, returns and errors as for `pearson_influence`.

    Notes
    -----
    Which pairs count depends on how finely the outcome was asked: 0-10 and yes/no give different values for
    the same customers.

    References
    ----------
    Somers (1962), *Am. Sociol. Rev.* 27, 799-811. Newson (2006), Confidence intervals for rank statistics.
    *Stata Journal* 6, 309-334.

    Examples
    --------
    >>> value, psi = concordance_influence([1, 2, 2, 3], [0, 0, 1, 2], [4, 2, 2, 4])
    >>> round(value, 4)
    0.9545
    """
    w = checked_weights("w", w, len(checked("scores", scores)))
    T, row, column = crosstab(scores, outcome, w)
    if T.shape[1] < 2:
        raise ValueError("`outcome` takes one value only, so no two customers differ in it.")
    P = T / T.sum()
    share = P.sum(axis=0)
    below = np.cumsum(P, axis=0) - P / 2  # of each outcome: share with a lower score, half the tied
    above = share - below
    worse = np.cumsum(below, axis=1) - below
    better = above.sum(axis=1, keepdims=True) - np.cumsum(above, axis=1)
    agree, differ = worse + better, 1 - share
    pairs = float(share @ differ)
    value = float((P * agree).sum()) / pairs
    slope = (agree - value * differ) / (pairs / 2)
    return value, slope[row, column] / T.sum()


def _somers_influence(x: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[float, Array]:
    concordance, psi = concordance_influence(x, y, w)
    return 2 * concordance - 1, 2 * psi


#: Value and influences of the correlations of `association.CORRELATIONS`, without deleting rows one by one.
INFLUENCES: dict[str, Callable[..., tuple[float, Array]]] = {
    "pearson_r": pearson_influence,
    "spearman_r": spearman_influence,
    "somers_d": _somers_influence,
}


def correlation_influence(name: str, x: ArrayLike, y: ArrayLike, w: ArrayLike) -> tuple[float, Array]:
    """Return a correlation of `INFLUENCES` and its influences; NaN where an answer does not vary.

    Examples
    --------
    >>> correlation_influence("pearson_r", [1, 1], [1, 2], [1, 1])
    (nan, array([nan, nan]))
    """
    if np.ptp(np.asarray(x)) == 0 or np.ptp(np.asarray(y)) == 0:
        return float("nan"), np.full(len(np.asarray(x)), np.nan)
    return INFLUENCES[name](x, y, w)


def influence_cov(
    psi: ArrayLike,
    w: ArrayLike,
    w2: ArrayLike | None = None,
    *,
    n: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
) -> Array:
    """Return the covariance of statistics from the influence values of patterns.

    Parameters
    ----------
    psi : array_like (C,) or (C, k)
        Influence values of k statistics.
    w, w2 : array_like (C,)
        Summed weights and summed squared weights; without `w2`, `w` are counts of rows.
    n : array_like (C,), optional
        Rows of each pattern; needed with weights and strata without clusters.
    cluster, stratum : array_like (C,), optional
        Codes. Clusters are nested in strata; patterns must then be distinct by cluster.

    Returns
    -------
    array (k, k)
        With-replacement Taylor linearisation: units independent within strata, divisor units less one.

    Raises
    ------
    DesignError
        If a stratum holds one unit only, or `n` is needed and missing.

    Notes
    -----
    Without a design the divisor is rows less one, or Kish's effective rows less one where `n` is not given.

    References
    ----------
    Binder (1983), On the variances of asymptotically normal estimators from complex surveys.
    *Int. Stat. Rev.* 51, 279-292.

    Examples
    --------
    >>> r, psi = pearson_influence([1, 2, 3, 4], [1, 2, 4, 3], [10, 10, 10, 10])
    >>> influence_cov(psi, [10, 10, 10, 10]).round(5).tolist()
    [[0.00135]]
    """
    psi = checked("psi", psi)
    psi = psi.reshape(len(psi), -1)
    w = checked_weights("w", w, len(psi))
    counts = w if w2 is None and n is None else None if n is None else checked_weights("n", n, len(psi))
    w2 = w if w2 is None else checked_weights("w2", w2, len(psi))
    if counts is None:
        if stratum is not None and cluster is None:
            raise DesignError("strata with weights need `n`, the rows of each pattern.")
        counts = w * (w.sum() / w2.sum())  # Kish's effective rows
    design = Design(
        np.asarray(counts), w, w2,
        stratum=None if stratum is None else np.unique(stratum, return_inverse=True)[1],
        cluster=None if cluster is None else np.unique(cluster, return_inverse=True)[1],
    )  # fmt: skip
    covariance = influence_covariance(psi, design)
    if np.isnan(covariance).any():
        raise DesignError("a single row or cluster has no variance; at least two are needed.")
    return covariance
