"""One face over linear, cumulative, logit and Poisson fits: predictions at given predictors, and how sure.

A fit holds parameters (coefficients, then cuts or the intercept) and the influence of one unit of weight at each
cell on them. A response is a number that the fit predicts for a customer: the mean of the outcome, or the share
of some of its answers. It depends on predictors through the linear predictor eta = X·coef only, so that values,
slopes and their gradients by the parameters are a few products; what is averaged from them has, by the chain
rule, an influence of its own (see `cxresearch.stats.standardisation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, ndtr

from cxresearch.stats import counts, ordinal, regression

Array: TypeAlias = NDArray[np.float64]
Family: TypeAlias = Literal["cumulative", "logit", "probit", "poisson", "linear"]


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    family : {"cumulative", "logit", "probit", "poisson", "linear"}
        Proportional odds over ordered answers, two answers, normal errors behind ordered answers, log-linear mean,
        least squares.
    coef : array (q,)
        Coefficients of the predictors; positive moves answers up.
    cuts : array (K-1,)
        Cuts between ordered answers, P(Y <= k) = F(cut - eta); for Poisson and linear fits the intercept alone.
    levels : array (K,)
        Ordered answers, rising; empty for Poisson and linear fits.
    influence : array (U, q + len(cuts))
        Influence of one unit of weight at each cell on coefficients, then cuts.
    separated : bool
        True where a combination of predictors splits the outcome without error: its coefficient has no bound.
    """

    family: Family
    coef: Array
    cuts: Array
    levels: Array
    influence: Array
    separated: bool

    @property
    def n_parameters(self) -> int:
        """Number of coefficients and cuts."""
        return len(self.coef) + len(self.cuts)

    def mean(self) -> Response:
        """Return the mean of the outcome as a response, in the outcome's units."""
        return Response(self, self.levels)

    def share(self, answers: ArrayLike) -> Response:
        """Return the share of the answers flagged (K,) as a response, in percent."""
        if not len(self.levels):
            raise ValueError(f"a {self.family} fit has no shares of answers; fit a logit to them.")
        return Response(self, 100.0 * np.asarray(answers, float))


@dataclass(frozen=True, eq=False, slots=True)
class Response:
    """A number predicted for each customer: Σ score × probability, or the mean.

    Attributes
    ----------
    fit : Fit
    scores : array (K,)
        What each ordered answer is worth; empty for Poisson and linear fits.
    """

    fit: Fit
    scores: Array

    def values(self, X: ArrayLike) -> Array:
        """Predictions (m,) at predictors X (m, q)."""
        return self._parts(X, 0)[0]

    def gradients(self, X: ArrayLike) -> Array:
        """Derivatives of the predictions by the parameters (m, P)."""
        _, first, by_cut = self._parts(X, 1)
        return np.column_stack([first[:, None] * np.asarray(X, float), by_cut])

    def slopes(self, X: ArrayLike, D: ArrayLike) -> Array:
        """Derivatives of the predictions along directions D (m, q)."""
        return np.asarray(self._parts(X, 1)[1] * (np.asarray(D, float) @ self.fit.coef))

    def slope_gradients(self, X: ArrayLike, D: ArrayLike) -> Array:
        """Derivatives of the slopes by the parameters (m, P)."""
        _, first, _, second, first_by_cut = self._parts(X, 2)
        X, D = np.asarray(X, float), np.asarray(D, float)
        along = (D @ self.fit.coef)[:, None]
        return np.column_stack([second[:, None] * along * X + first[:, None] * D, first_by_cut * along])

    def _parts(self, X: ArrayLike, order: int) -> tuple[Array, ...]:
        """Value; first derivative by eta and by each cut; second by eta, and by eta and each cut."""
        eta = np.asarray(X, float) @ self.fit.coef
        if self.fit.family in ("poisson", "linear"):
            return _of_mean(eta + self.fit.cuts[0], self.fit.family)[: (1, 3, 5)[order]]
        # Σ scores·p = last score - Σ jump·F(cut - eta)
        jumps = np.diff(self.scores)
        below, density, bend = _distribution(self.fit.cuts - eta[:, None], self.fit.family)
        value = self.scores[-1] - below @ jumps
        if order == 0:
            return (value,)
        first, by_cut = density @ jumps, -density * jumps
        if order == 1:
            return value, first, by_cut
        curved = bend * jumps
        return value, first, by_cut, -curved.sum(axis=1), curved


def _distribution(t: Array, family: Family) -> tuple[Array, Array, Array]:
    """Distribution function behind ordered answers, and its first two derivatives."""
    if family == "probit":
        density = np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)
        return ndtr(t), density, -t * density
    below = expit(t)
    density = below * expit(-t)
    return below, density, density * (1 - 2 * below)


def _of_mean(eta: Array, family: Family) -> tuple[Array, ...]:
    """Value and derivatives of a mean by eta and the intercept, which act alike."""
    if family == "linear":
        one, none = np.ones(len(eta)), np.zeros(len(eta))
        return eta, one, one[:, None], none, none[:, None]
    mean = np.exp(eta)
    return mean, mean, mean[:, None], mean, mean[:, None]


def fit(family: Family, y: ArrayLike, X: ArrayLike, w: ArrayLike, *, n: float | None = None) -> Fit:
    """Fit one of the families to weighted cells.

    Parameters
    ----------
    family : {"cumulative", "logit", "probit", "poisson", "linear"}
        ``cumulative`` and ``probit`` take each distinct answer as a level, ``logit`` needs two of them.
    y : array (U,)
        Raw answers of the outcome.
    X : array (U, q)
        Predictors without a column of ones.
    w : array (U,)
        Summed weights, above 0.
    n : float, optional
        Rows behind the cells, where weights do not count them.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        If the family is unknown, arrays do not fit together, or predictors are constant or dependent.

    Notes
    -----
    The influence uses the observed information, so errors made from it are the robust ("sandwich") ones: where
    the model is wrong they are those of the best-fitting model of its kind.

    Examples
    --------
    >>> made = fit("logit", [0, 1, 0, 1], [[0], [0], [1], [1]], [8, 2, 5, 5])
    >>> made.share([False, True]).values([[0.0], [1.0]]).round(6).tolist()
    [20.0, 50.0]
    """
    y, X, w = np.asarray(y, float), np.asarray(X, float), np.asarray(w, float)
    if family == "linear":
        line = regression.fit_linear(y, X, w, n=n)
        moved = regression.influence(line, y, X)
        return Fit(family, line.coef[1:], line.coef[:1], np.empty(0), np.roll(moved, -1, axis=1), False)
    if family == "poisson":
        rate = counts.fit_poisson(y, X, w, n=n)
        cut = np.array([rate.intercept])
        moved = counts.influence(rate, y, X)
        return Fit(family, rate.coef, cut, np.empty(0), moved, rate.separated or not rate.converged)
    if family not in ("cumulative", "logit", "probit"):
        raise ValueError(f"`family` must be one of {', '.join(map(repr, get_args(Family)))}; got {family!r}.")
    levels, code = np.unique(y, return_inverse=True)
    if family == "logit" and len(levels) != 2:
        raise ValueError(f"a logit needs two answers; `y` has {len(levels)}.")
    found = ordinal.fit_cumulative(code, X, w, link="probit" if family == "probit" else "logit")
    moved = ordinal.influence(found, code, X)
    return Fit(family, found.coef, found.thresholds, levels, moved, found.separated)


def better_link(y: ArrayLike, X: ArrayLike, w: ArrayLike) -> tuple[Literal["cumulative", "probit"], float]:
    """Tell which errors behind ordered answers fit better: logistic or normal.

    Parameters
    ----------
    y : array (U,)
        Raw answers of the outcome, each distinct one a level.
    X : array (U, q)
        Predictors without a column of ones.
    w : array (U,)
        Summed weights, above 0.

    Returns
    -------
    family : {"cumulative", "probit"}
        Of the higher likelihood; ``cumulative`` where they are equal, or where answers are split without error.
    gain : float
        Log-likelihood by which it is higher, at least 0. Both models have as many parameters, so twice this is the
        difference of their AIC. Weighted likelihoods are of the size of the weights.

    Raises
    ------
    ValueError
        If arrays do not fit together, or predictors are constant or dependent.

    Notes
    -----
    The tails tell the two apart, and few answers lie there: below some thousand answers the choice is nearly a toss,
    and hardly matters. How it misleads: the better of two may still be wrong.

    Examples
    --------
    >>> family, gain = better_link([0, 1, 2, 0, 1, 2], [[0], [0], [0], [1], [1], [1]], [10, 6, 4, 3, 7, 10])
    >>> family, round(gain, 3)
    ('probit', 0.007)
    """
    code = np.unique(np.asarray(y, float), return_inverse=True)[1].reshape(-1)
    logistic, normal = (ordinal.fit_cumulative(code, X, w, link=link) for link in ("logit", "probit"))
    if logistic.separated or normal.separated:
        return "cumulative", 0.0
    gain = normal.loglik - logistic.loglik
    return ("probit", gain) if gain > 0 else ("cumulative", -gain)
