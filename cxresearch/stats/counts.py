"""Poisson regression on cells: how a count's mean moves with predictors, with errors that need no Poisson law.

The model is log E(Y | x) = intercept + x'beta. Its estimate is right whenever that mean is, whatever the spread
(Gourieroux, Monfort and Trognon 1984); the model-based covariance is right only where the variance equals the
mean. Contact counts spread more: `dispersion` says by how much, and `influence` gives errors that do not care.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from cxresearch.stats.influence import checked, checked_weights

Array: TypeAlias = NDArray[np.float64]

MOST_STEPS = 50
SETTLED = 1e-12  # relative change of the log-likelihood
DEPENDENT = 1e-9  # smallest eigenvalue of the predictors' correlations
EMPTY = 1e-9  # a fitted mean this small beside the mean count: its coefficient runs to minus infinity


@dataclass(frozen=True, eq=False, slots=True)
class PoissonFit:
    """A Poisson fit.

    Attributes
    ----------
    coef : array (q,)
        Log rate ratios per unit of x.
    intercept : float
        Log mean at x = 0.
    cov : array (q + 1, q + 1)
        Inverse information, coefficients first, then the intercept: right where the variance equals the mean
        and `w` counts rows. Times `dispersion` it is the quasi-Poisson covariance.
    loglik : float
        Σ w·log p.
    dispersion : float
        Pearson's Σ w·(y - m)²/m over rows less parameters: 1 for Poisson counts; NaN without spare rows.
    converged, separated : bool
        Separated: some customers' fitted mean runs to 0, because a group of them has no count above 0.
    """

    coef: Array
    intercept: float
    cov: Array
    loglik: float
    dispersion: float
    converged: bool
    separated: bool

    def predict(self, X: ArrayLike) -> Array:
        """Mean count (m,) for predictors X (m, q)."""
        return np.asarray(np.exp(self.intercept + np.asarray(X, float) @ self.coef))


def fit_poisson(
    y: ArrayLike, X: ArrayLike, w: ArrayLike | None = None, *, n: float | None = None
) -> PoissonFit:
    """Fit log E(Y) = intercept + X·beta to weighted cells by maximum likelihood (Newton's method).

    Parameters
    ----------
    y : array (C,)
        Counts, or any amounts not below 0: then `loglik` is a quasi-likelihood.
    X : array (C, q)
        Predictors without a column of ones. No missing values: leave those cells out first.
    w : array (C,), optional
        Summed weights of each cell; 1 each by default.
    n : float, optional
        Rows behind the cells, where weights do not count them; only `dispersion` depends on it.

    Returns
    -------
    PoissonFit

    Raises
    ------
    ValueError
        If arrays do not fit together, a count is negative, all counts are 0, or predictors are constant or
        dependent.

    Notes
    -----
    A rate ratio multiplies: on few contacts it moves few, on many it moves many. Compare average effects on the
    count itself, which `cxresearch.stats.standardisation` gives.

    References
    ----------
    Gourieroux, Monfort & Trognon (1984), Pseudo maximum likelihood methods: applications to Poisson models.
    *Econometrica* 52, 701-720.

    Examples
    --------
    >>> fit = fit_poisson([0, 1, 2, 1, 3, 5], [[0], [0], [0], [1], [1], [1]])
    >>> round(float(np.exp(fit.intercept)), 6), round(float(np.exp(fit.coef[0])), 6)
    (1.0, 3.0)
    """
    y, X, w = _checked(y, X, w)
    total = float(w.sum())
    share, rows = w / total, total if n is None else float(n)
    centre = share @ X
    scale = np.sqrt(share @ (X - centre) ** 2)
    _refuse_dependent(X - centre, scale, share)
    A = np.column_stack([(X - centre) / scale, np.ones(len(X))])
    beta, converged = _maximise(y, A, share)
    mean = np.exp(A @ beta)
    information = (A.T * (w * mean)) @ A
    back = np.diag(np.r_[1 / scale, 1.0])
    back[-1, :-1] = -centre / scale
    parameters = back @ beta
    spare = rows - A.shape[1]
    squares = float(share @ ((y - mean) ** 2 / np.maximum(mean, 1e-300)))
    return PoissonFit(
        coef=parameters[:-1],
        intercept=float(parameters[-1]),
        cov=back @ np.linalg.pinv(information, hermitian=True) @ back.T,
        loglik=float(w @ (y * (A @ beta) - mean - gammaln(y + 1))),
        dispersion=squares * rows / spare if spare > 0 else np.nan,
        converged=converged,
        separated=bool(np.any((mean < EMPTY * (share @ y)) & (w > 0))),
    )


def _checked(y: ArrayLike, X: ArrayLike, w: ArrayLike | None) -> tuple[Array, Array, Array]:
    y = checked("y", y)
    X = np.asarray(X, float)
    if X.ndim != 2 or X.shape[0] != len(y) or not np.all(np.isfinite(X)):
        raise ValueError(f"`X` must be finite, one row per cell ({len(y)}); got shape {X.shape}.")
    w = checked_weights("w", w, len(y))
    if np.any(y < 0) or not w @ y > 0:
        raise ValueError(f"`y` must hold counts, not all 0; its smallest value is {y.min():g}.")
    return y, X, w


def _refuse_dependent(centred: Array, scale: Array, share: Array) -> None:
    constant = np.flatnonzero(~(scale > 1e-12 * np.abs(centred).max(axis=0, initial=0.0)))
    if len(constant):
        raise ValueError(f"column {', '.join(map(str, constant))} of `X` is constant.")
    Z = centred / scale
    smallest, loadings = np.linalg.eigh((Z.T * share) @ Z) if Z.shape[1] else (np.ones(1), np.zeros((0, 1)))
    if smallest[0] < DEPENDENT:
        which = np.flatnonzero(np.abs(loadings[:, 0]) > 1e-3)
        raise ValueError(f"columns {', '.join(map(str, which))} of `X` follow from one another.")


def _maximise(y: Array, A: Array, share: Array) -> tuple[Array, bool]:
    """Newton's method with step halving, from the log mean."""
    beta = np.zeros(A.shape[1])
    beta[-1] = np.log(share @ y)
    best = _loglik(y, A @ beta, share)
    for _ in range(MOST_STEPS):
        mean = np.exp(A @ beta)
        gradient = A.T @ (share * (y - mean))
        step = np.linalg.lstsq((A.T * (share * mean)) @ A, gradient, rcond=1e-14)[0]
        found, value = beta + step, _loglik(y, A @ (beta + step), share)
        while not value >= best - 1e-15 and np.abs(step).max() > 1e-14:
            step = step / 2
            found, value = beta + step, _loglik(y, A @ (beta + step), share)
        gain, beta, best = value - best, found, value
        if gain <= SETTLED * max(abs(best), 1.0) and np.abs(step).max() < 1e-7:
            return beta, True
    return beta, False


def _loglik(y: Array, eta: Array, share: Array) -> float:
    with np.errstate(over="ignore"):
        return float(share @ (y * eta - np.exp(eta)))


def influence(fit: PoissonFit, y: ArrayLike, X: ArrayLike) -> Array:
    """Return how far one unit of weight at each cell moves the estimates: information⁻¹ · x · (y - mean).

    Parameters
    ----------
    fit : PoissonFit
    y : array (C,)
    X : array (C, q)
        The cells of the fit.

    Returns
    -------
    array (C, q + 1)
        Coefficients first, then the intercept; the weighted sum is 0. Errors made from it (`influence_t`,
        `influence_cov`) are right whatever the counts' spread.

    Raises
    ------
    ValueError
        If the arrays do not fit together.

    Examples
    --------
    >>> y, X = [0, 1, 2, 1, 3, 5], [[0], [0], [0], [1], [1], [1]]
    >>> float(abs(influence(fit_poisson(y, X), y, X).sum(axis=0)).max()) < 1e-9
    True
    """
    y, X, _ = _checked(y, X, None)
    A = np.column_stack([X, np.ones(len(X))])
    return np.asarray(((y - fit.predict(X))[:, None] * A) @ fit.cov)
