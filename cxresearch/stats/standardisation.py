"""Averages of predictions over the customers at hand, and how sure they are.

Standardisation asks what a model predicts when an answer is set to some value for everybody, all else being as
it is: g = Σ w·h(x*) / Σ w. Such a number moves with one unit of weight at a cell in two ways: directly, by what
that customer adds to the average, and through the fitted parameters,

    influence = (h - g) / Σ w + (Σ w·∂h/∂parameters / Σ w) · influence on the parameters,

so that weights, strata and clusters enter as for any other statistic (`estimates.influence_t`) and the customers
count as a sample: the error is about the population that they stand for, not about these customers alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Ends, Estimate, influence_t
from cxresearch.stats.responses import Response

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Standardised:
    """A number, and how far one unit of weight at each cell moves it.

    Attributes
    ----------
    value : float
    influence : array (U,)
        Its weighted sum is 0.
    """

    value: float
    influence: Array

    def minus(self, other: Standardised) -> Standardised:
        """Return the difference from another number of the same cells."""
        return Standardised(self.value - other.value, self.influence - other.influence)

    def scaled(self, factor: float) -> Standardised:
        """Return the number times a constant."""
        return Standardised(factor * self.value, factor * self.influence)

    def estimate(self, design: Design, parameters: int = 1) -> Estimate:
        """Return the number with its standard error.

        Parameters
        ----------
        design : Design
            Of the cells.
        parameters : int
            Fitted for it: the error is widened by √((n - 1) / (n - parameters)), as residuals are too small by
            that. A mean has one.
        """
        error, df = influence_t(self.influence, design)
        spare = max(design.rows - parameters, 1)
        return Estimate(self.value, error * math.sqrt(max(design.rows - 1, 1) / spare), df)


def observed(values: ArrayLike, w: Array, where: ArrayLike | None = None) -> Standardised:
    """Return the weighted mean of what was observed, over the cells flagged in `where`.

    Examples
    --------
    >>> observed([0, 100], np.array([3.0, 1.0])).value
    25.0
    """
    values = np.asarray(values, float)
    share = _share(w, where)
    value = float(share @ values)
    return Standardised(value, _direct(values - value, share, w))


def mean(response: Response, X: ArrayLike, w: Array, where: ArrayLike | None = None) -> Standardised:
    """Return the average prediction at predictors X, over the cells flagged in `where`.

    Parameters
    ----------
    response : Response
        Of a fit to the same cells.
    X : array (U, q)
        Predictors as they are, or as a scenario sets them.
    w : array (U,)
        Weights of the cells.
    where : bool array (U,), optional
        Customers to average over; all by default.

    Returns
    -------
    Standardised

    Notes
    -----
    A scenario that few customers resemble is answered all the same: the model extrapolates, and the error does
    not know it.

    References
    ----------
    Lane & Nelder (1982), Analysis of covariance and standardization as instances of prediction.
    *Biometrics* 38, 613-621.

    Examples
    --------
    >>> from cxresearch.stats import responses
    >>> X, w = np.array([[0.0], [0], [1], [1]]), np.array([8.0, 2, 5, 5])
    >>> share = responses.fit("logit", [0, 1, 0, 1], X, w).share([0, 1])
    >>> round(mean(share, 0 * X, w).value, 6), round(mean(share, X, w).value, 6)
    (20.0, 35.0)
    """
    return _averaged(response.values(X), response.gradients(X), response, w, where)


def slope(
    response: Response, X: ArrayLike, D: ArrayLike, w: Array, where: ArrayLike | None = None
) -> Standardised:
    """Return the average derivative of the predictions along directions D (U, q): an average marginal effect.

    Examples
    --------
    >>> from cxresearch.stats import responses
    >>> X, w = np.array([[0.0], [1], [2], [4]]), np.ones(4)
    >>> line = responses.fit("linear", [1, 2, 2, 4], X, w).mean()
    >>> round(slope(line, X, np.ones((4, 1)), w).value, 6)
    0.714286
    """
    return _averaged(response.slopes(X, D), response.slope_gradients(X, D), response, w, where)


def contrast(
    response: Response, X1: ArrayLike, X0: ArrayLike, w: Array, where: ArrayLike | None = None
) -> Standardised:
    """Return the average prediction at X1 less that at X0.

    Examples
    --------
    >>> from cxresearch.stats import responses
    >>> X, w = np.array([[0.0], [0], [1], [1]]), np.array([8.0, 2, 5, 5])
    >>> share = responses.fit("logit", [0, 1, 0, 1], X, w).share([0, 1])
    >>> round(contrast(share, 0 * X + 1, 0 * X, w).value, 6)
    30.0
    """
    return mean(response, X1, w, where).minus(mean(response, X0, w, where))


def attributable(as_is: Standardised, at_reference: Standardised) -> Standardised:
    """Return log(1 - attributable share): the log of what is left at the reference over what is there.

    Parameters
    ----------
    as_is, at_reference : Standardised
        Average predictions, both above 0.

    Returns
    -------
    Standardised
        On the log scale, where errors are nearest normal; `attributable_share` takes it back. NaN where
        nothing is there.

    References
    ----------
    Greenland & Drescher (1993), Maximum likelihood estimation of the attributable fraction from logistic
    models. *Biometrics* 49, 865-872.

    Examples
    --------
    >>> flat = np.zeros(1)
    >>> left = attributable(Standardised(40.0, flat), Standardised(30.0, flat))
    >>> round(attributable_share(Estimate(left.value, 0.1, 50.0), 0.95)[0].value, 6)
    0.25
    """
    if not (as_is.value > 0 and at_reference.value > 0):
        return Standardised(math.nan, np.full(len(as_is.influence), math.nan))
    return Standardised(
        math.log(at_reference.value / as_is.value),
        at_reference.influence / at_reference.value - as_is.influence / as_is.value,
    )


def attributable_share(left: Estimate, conf_level: float) -> tuple[Estimate, Ends]:
    """Return the attributable share with its interval, from the log of what is left."""
    low, high = left.interval(conf_level)
    remaining = math.exp(left.value)
    share = Estimate(1 - remaining, remaining * left.std_error, left.df)
    return share, (1 - math.exp(high), 1 - math.exp(low))


def _share(w: Array, where: ArrayLike | None) -> Array:
    inside = w if where is None else np.where(np.asarray(where, bool), w, 0.0)
    return inside / inside.sum()


def _direct(centred: Array, share: Array, w: Array) -> Array:
    """Influence of one unit of weight on a mean: nothing from the cells outside it."""
    return np.divide(share * centred, w, out=np.zeros(len(w)), where=w > 0)


def _averaged(
    values: Array, gradients: Array, response: Response, w: Array, where: ArrayLike | None
) -> Standardised:
    share = _share(w, where)
    value = float(share @ values)
    through = response.fit.influence @ (share @ gradients)
    return Standardised(value, _direct(values - value, share, w) + through)
