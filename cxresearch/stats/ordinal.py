"""Cumulative-link regression on cells: how an ordered outcome moves with predictors, with weights.

The model is P(Y <= k | x) = F(theta_k - x'beta), k = 0 to K-2, with F logistic, normal or 1 - exp(-exp(t)):
the sign convention of R's ``MASS::polr`` and ``ordinal::clm``, in which a positive coefficient moves
answers up. Two outcome levels make it binary regression: with the logit or probit link the intercept is
-theta_0. Cells with weights give exactly what the expanded rows would.

One engine fits a single weighting, a hundred folds or thousands of bootstrap draws at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats import _cumulative_fits as fits
from cxresearch.stats._cumulative_fits import CumulativeBatch
from cxresearch.stats._links import DERIVATIVES, log_interval
from cxresearch.stats.influence import influence_cov

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class CumulativeFit:
    """One cumulative-link fit.

    Attributes
    ----------
    coef : array (p,)
        Effects on the link's scale per unit of x; positive moves answers up.
    thresholds : array (K-1,)
        Cuts in rising order; equal, or infinite at the ends, around a level without weight.
    cov : array (p + K-1, p + K-1)
        Inverse of the observed information, coefficients first, then thresholds: right when `w` counts
        rows. Rows of infinite thresholds are NaN.
    loglik, loglik_null : float
        Σ w·log p with and without the predictors.
    n_iter : int
    converged, separated : bool
        See `CumulativeBatch`. Standard errors of a separated fit mean nothing.
    link : str
    """

    coef: Array
    thresholds: Array
    cov: Array
    loglik: float
    loglik_null: float
    n_iter: int
    converged: bool
    separated: bool
    link: str

    @property
    def std_error(self) -> Array:
        """Standard errors of the coefficients, then of the thresholds."""
        return np.sqrt(np.diag(self.cov))

    def probabilities(self, X: ArrayLike) -> Array:
        """Probability of each outcome level, (n, K), for predictors X (n, p)."""
        return category_probabilities(X, self.coef, self.thresholds, self.link)


def fit_cumulative(
    y_codes: ArrayLike,
    X: ArrayLike,
    w: ArrayLike | None = None,
    link: str = "logit",
    start: CumulativeFit | None = None,
    *,
    n_levels: int | None = None,
) -> CumulativeFit:
    """Fit P(Y <= k | x) = F(theta_k - x'beta) to weighted cells by maximum likelihood.

    Parameters
    ----------
    y_codes : int array (C,)
        Outcome level of each cell, 0 to K-1, rising.
    X : array (C, p)
        Predictors, without a column of ones. No missing values: leave those cells out first.
    w : array (C,), optional
        Summed weights of each cell; 1 each by default. Cells of weight 0 are ignored.
    link : {"logit", "probit", "cloglog"}
        Distribution F.
    start : CumulativeFit, optional
        Where to begin; the maximum does not depend on it.
    n_levels : int, optional
        Number of levels K; by default the highest code plus one.

    Returns
    -------
    CumulativeFit

    Raises
    ------
    ValueError
        If the arrays do not fit together, weights are negative, fewer than two levels carry weight, or a
        predictor is constant or a combination of others (named by its column).

    Notes
    -----
    Coefficients of logit and probit fits are on different scales (ratio about 1.7) and those of nested
    models are not comparable: adding a predictor stretches all the others. Compare predictions instead.
    With two levels and the cloglog link, the model is for the *lower* level, as in ``ordinal::clm``. Survey
    weights need `sandwich` for their standard errors.

    References
    ----------
    McCullagh (1980), Regression models for ordinal data. *JRSS B* 42, 109-142.
    Pratt (1981), Concavity of the log likelihood. *JASA* 76, 103-106.

    Examples
    --------
    Answers 0, 1, 2 of forty customers at two levels of effort:

    >>> fit = fit_cumulative([0, 1, 2, 0, 1, 2], [[0], [0], [0], [1], [1], [1]], [10, 6, 4, 3, 7, 10])
    >>> fit.coef.round(4).tolist(), fit.thresholds.round(4).tolist()
    ([1.5492], [-0.0459, 1.5053])
    >>> fit.probabilities([[0.0], [1.0]]).round(3).tolist()
    [[0.489, 0.33, 0.182], [0.169, 0.32, 0.511]]
    """
    y, X, W, K = fits.checked(y_codes, X, np.ones(np.shape(y_codes)) if w is None else w, link, n_levels)
    if np.count_nonzero(np.bincount(y, W[0], K)) < 2:
        raise ValueError("the outcome has fewer than two levels with weight, so there is nothing to explain.")
    batch = fits.fit_batch(y, X, W, K, link, None if start is None else (start.coef, start.thresholds))
    if batch.rank[0] < X.shape[1]:
        fits.name_aliased(y, X, W)
    return CumulativeFit(
        coef=batch.coef[0],
        thresholds=batch.thresholds[0],
        cov=fits.covariance(y, X, W, batch),
        loglik=float(batch.loglik[0]),
        loglik_null=float(batch.loglik_null[0]),
        n_iter=int(batch.n_iter[0]),
        converged=bool(batch.converged[0]),
        separated=bool(batch.separated[0]),
        link=link,
    )


def fit_cumulative_batch(
    y_codes: ArrayLike,
    X: ArrayLike,
    W: ArrayLike,
    link: str = "logit",
    start: CumulativeFit | None = None,
    *,
    n_levels: int | None = None,
) -> CumulativeBatch:
    """Fit the cumulative-link model to many weightings of the same cells at once.

    Parameters
    ----------
    y_codes : int array (C,)
        Outcome level of each cell, 0 to K-1.
    X : array (C, p)
        Predictors, without a column of ones.
    W : array (B, C)
        Weights, a row per bootstrap draw or fold; zeros are allowed anywhere.
    link : {"logit", "probit", "cloglog"}
        Distribution F.
    start : CumulativeFit, optional
        Where to begin; saves one Newton step at most, so it is seldom worth giving.
    n_levels : int, optional
        Number of levels K; by default the highest code plus one.

    Returns
    -------
    CumulativeBatch

    Raises
    ------
    ValueError
        If the arrays do not fit together or weights are negative or not finite.

    Notes
    -----
    A draw never fails: a level without weight gets probability 0 (so the log score of a held-out answer at
    that level is -inf), a constant predictor gets coefficient 0, and separation is flagged. Look at
    `converged` before averaging coefficients over draws: separated draws hold large arbitrary numbers.

    References
    ----------
    McCullagh (1980), Regression models for ordinal data. *JRSS B* 42, 109-142.

    Examples
    --------
    >>> W = [[10, 6, 4, 3, 7, 10], [8, 8, 4, 3, 0, 17]]
    >>> batch = fit_cumulative_batch([0, 1, 2, 0, 1, 2], [[0], [0], [0], [1], [1], [1]], W)
    >>> batch.coef.round(3).tolist(), batch.converged.tolist()
    ([[1.549], [2.601]], [True, True])
    """
    y, X, W, K = fits.checked(y_codes, X, W, link, n_levels)
    return fits.fit_batch(y, X, W, K, link, None if start is None else (start.coef, start.thresholds))


def category_probabilities(
    X: ArrayLike, coef: ArrayLike, thresholds: ArrayLike, link: str = "logit"
) -> Array:
    """Return the probability of every outcome level for given predictors.

    Parameters
    ----------
    X : array (n, p)
    coef : array (..., p)
        From one fit, or from B fits.
    thresholds : array (..., K-1)
    link : {"logit", "probit", "cloglog"}

    Returns
    -------
    array (..., n, K)
        Each row sums to 1; a level that had no weight has probability 0.

    Raises
    ------
    ValueError
        If the link is unknown.

    Notes
    -----
    Probabilities are exact in both tails: 1e-200 is given as such.

    Examples
    --------
    >>> category_probabilities([[0.0]], [1.0], [-1.0, 1.0]).round(4).tolist()
    [[0.2689, 0.4621, 0.2689]]
    """
    low, high = _intervals(X, coef, thresholds, link)
    return np.exp(log_interval(low, high, link))


def cumulative_loglik(
    y_codes: ArrayLike,
    X: ArrayLike,
    W: ArrayLike,
    coef: ArrayLike,
    thresholds: ArrayLike,
    link: str = "logit",
) -> Array:
    """Return the log-likelihood of weightings at given parameters, as for held-out folds.

    Parameters
    ----------
    y_codes : int array (C,)
    X : array (C, p)
    W : array (B, C) or (C,)
        Held-out weights.
    coef, thresholds : array (B, p) and (B, K-1), or (p,) and (K-1,)
        Parameters, a row per weighting or one for all.
    link : {"logit", "probit", "cloglog"}

    Returns
    -------
    array (B,) or float
        Σ w·log p; -inf where an answer with weight was given probability 0.

    Raises
    ------
    ValueError
        If the arrays do not fit together.

    Examples
    --------
    >>> float(cumulative_loglik([0, 1], [[0.0], [0.0]], [2, 1], [0.0], [0.0]).round(4))
    -2.0794
    """
    y, X, checked, _ = fits.checked(y_codes, X, W, link, np.shape(thresholds)[-1] + 1)
    coef, thresholds = np.atleast_2d(np.asarray(coef, float)), np.atleast_2d(np.asarray(thresholds, float))
    out = np.empty(checked.shape[0])
    for rows in fits.blocks(checked.shape[0], checked.shape[1]):
        part = rows if len(coef) > 1 else slice(None)
        eta = coef[part] @ X.T
        edge = np.full((len(eta), 1), np.inf)
        ends = np.concatenate([-edge, thresholds[part], edge], axis=1)
        log_p = log_interval(ends[:, y] - eta, ends[:, y + 1] - eta, link)
        weights = checked[rows]
        out[rows] = np.sum(np.where(weights > 0, weights * np.where(weights > 0, log_p, 0.0), 0.0), axis=1)
    return out if np.ndim(W) == 2 else out[0]


def influence(fit: CumulativeFit, y_codes: ArrayLike, X: ArrayLike) -> Array:
    """Return how far one unit of weight at each cell moves the estimates: information⁻¹ × score.

    Parameters
    ----------
    fit : CumulativeFit
    y_codes : int array (C,)
    X : array (C, p)
        The cells of the fit.

    Returns
    -------
    array (C, p + K-1)
        Coefficients first, then thresholds; their weighted sum is 0. An infinite threshold cannot move: 0.

    Raises
    ------
    ValueError
        If the arrays do not fit together.

    Examples
    --------
    >>> y, X, w = [0, 1, 0, 1], [[0], [0], [1], [1]], np.array([8, 2, 5, 5])
    >>> fit = fit_cumulative(y, X, w)
    >>> float(np.abs(w @ influence(fit, y, X)).max()) < 1e-9
    True
    """
    y, X, _, _ = fits.checked(y_codes, X, np.ones(np.shape(y_codes)), fit.link, len(fit.thresholds) + 1)
    p = len(fit.coef)
    coding, kept = fits.kept_levels(fit.thresholds)
    theta = fit.thresholds[kept]
    ends = np.r_[-np.inf, theta, np.inf]
    code = coding[y]
    eta = X @ fit.coef
    log_p = log_interval(ends[code] - eta, ends[code + 1] - eta, fit.link)
    up = _density_ratio(ends[code + 1] - eta, log_p, fit.link)
    down = _density_ratio(ends[code] - eta, log_p, fit.link)
    scores = np.zeros((len(y), p + len(theta) + 2))
    rows = np.arange(len(y))
    scores[:, :p] = -(up - down)[:, None] * X
    scores[rows, p + code] = -down  # the two outermost columns stand for -inf and +inf and are dropped
    scores[rows, p + code + 1] = up
    scores = np.delete(scores, [p, p + len(theta) + 1], axis=1)
    free = np.r_[np.arange(p), p + kept]
    return scores @ np.nan_to_num(fit.cov[free])


def sandwich(
    fit: CumulativeFit,
    y_codes: ArrayLike,
    X: ArrayLike,
    w: ArrayLike,
    w2: ArrayLike | None = None,
    *,
    n: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
) -> Array:
    """Return the robust covariance of a fit under survey weights, clusters and strata.

    Parameters
    ----------
    fit : CumulativeFit
        The fit to these cells with weights `w`.
    y_codes, X, w : array
        The cells of the fit. With clusters, cells must be distinct by pattern and cluster.
    w2 : array (C,), optional
        Sum of squared weights of the rows of each cell; without it `w` counts rows.
    n : array (C,), optional
        Rows of each cell; needed for weights with strata but no clusters.
    cluster, stratum : array (C,), optional
        Codes; clusters lie within strata.

    Returns
    -------
    array (p + K-1, p + K-1)
        Coefficients first, then thresholds; NaN for infinite thresholds.

    Raises
    ------
    DesignError
        If a stratum holds a single row or cluster, or `n` is missing where needed.

    Notes
    -----
    Information⁻¹ · meat · information⁻¹, where the meat sums w²·s·s' over rows, or the products of cluster
    sums, centred within strata, with the factor u/(u-1) for the u rows or clusters of each stratum (Kish's
    effective rows where `w2` is given without `n`). For a binary logit these are the errors of R's
    ``survey::svyglm``. Below about 30 clusters, take t with clusters minus strata degrees of freedom; the
    errors are still somewhat too small. Errors of a separated fit mean nothing.

    References
    ----------
    Binder (1983), On the variances of asymptotically normal estimators from complex surveys.
    *Int. Stat. Rev.* 51, 279-292.

    Examples
    --------
    >>> y, X, w = [0, 1, 0, 1], [[0], [0], [1], [1]], [8, 2, 5, 5]
    >>> V = sandwich(fit_cumulative(y, X, w), y, X, w)
    >>> float(np.sqrt(V[0, 0]).round(4))  # 20 rows; without the factor 20/19 it is 1.0124, as model-based
    1.0387
    """
    cov = influence_cov(influence(fit, y_codes, X), w, w2, n=n, cluster=cluster, stratum=stratum)
    return np.where(np.isnan(fit.cov), np.nan, cov)


def _density_ratio(t: Array, log_p: Array, link: str) -> Array:
    """Return f(t) / p with p given by its logarithm; 0 where t is infinite."""
    at = np.where(np.isfinite(t), t, 0.0)
    if link == "probit":
        log_density = -0.5 * at * at - 0.5 * np.log(2 * np.pi)
    elif link == "logit":
        log_density = -np.abs(at) - 2 * np.log1p(np.exp(-np.abs(at)))
    else:
        log_density = at - np.exp(np.minimum(at, 700.0))
    return np.where(np.isfinite(t), np.exp(log_density - log_p), 0.0)


def _intervals(X: ArrayLike, coef: ArrayLike, thresholds: ArrayLike, link: str) -> tuple[Array, Array]:
    """Return ends of every level, (..., n, K), on the scale of the linear predictor."""
    if link not in DERIVATIVES:
        raise ValueError(f"`link` must be one of {', '.join(map(repr, DERIVATIVES))}; got {link!r}.")
    coef, theta = np.asarray(coef, float), np.asarray(thresholds, float)
    eta = coef @ np.asarray(X, float).T
    edge = np.full((*theta.shape[:-1], 1), np.inf)
    ends = np.concatenate([-edge, theta, edge], axis=-1)[..., None, :]
    return ends[..., :-1] - eta[..., None], ends[..., 1:] - eta[..., None]
