"""What two rates in the tails of a metric imply: the correlation behind "96 % against 9 %".

Reports often print the share of some outcome (disloyal, would buy again) among the customers at the bottom and at
the top of a metric, and neither the groups' sizes nor a correlation. Suppose the metric and what lies behind the
outcome are jointly normal, correlated r, and the outcome occurs where the second is above a threshold. Then two rates
and the two shares of customers they are of have exactly one r and one overall rate.

Rates and shares are proportions, 0 to 1. `bottom` and `top` are ends of the metric, whichever is the good one; r is
positive where the rate at the top is the higher.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, owens_t

Array = NDArray[np.float64]

_NEAREST = 1e-6  # to 0 or 1 that a rate may be: nearer, the normal integral loses its digits
_STEEPEST = 16.0  # Fisher z of the steepest r searched: 1 - r = 3e-14
_FARTHEST = 10.0  # normal quantile of the rarest and the commonest outcome searched
_RAREST = 1e-8  # smallest share of customers a tail may be: below, the normal integral loses its digits


@dataclass(frozen=True, slots=True)
class LatentCorrelation:
    """The correlation that would give two printed rates in two tails of a metric.

    Attributes
    ----------
    r : float
        Latent correlation; exists for any two rates strictly between 0 and 1, and only once.
    r_low, r_high : float
        Range of r over all rates that print so. `r_high` is 1 where 0 at the bottom or 1 at the top would print so,
        `r_low` -1 where 1 at the bottom or 0 at the top would.
    base_rate : float
        Rate among all customers that the same solution implies.
    base_low, base_high : float
        Its range over all rates that print so.
    """

    r: float
    r_low: float
    r_high: float
    base_rate: float
    base_low: float
    base_high: float

    def allows(self, base_rate: float, *, unit: float = 0.01) -> bool:
        """Whether a printed rate among all customers can be true together with the two in the tails.

        False: no normal metric gives the three figures; the groups were others, or the figures are not of the
        same customers.

        Raises
        ------
        ValueError
            If the rate is outside 0 to 1 or `unit` is negative or 1 and more.
        """
        if not 0 <= base_rate <= 1:
            raise ValueError(
                f"`base_rate` must lie between 0 and 1, such as .52 for 52 %; got {base_rate:g}."
            )
        _check_unit(unit)
        return self.base_low <= base_rate + unit / 2 and base_rate - unit / 2 <= self.base_high


def bivariate_normal(h: ArrayLike, k: ArrayLike, r: ArrayLike) -> Array:
    """Return P(X < h, Y < k) of two standard normal variables with correlation r, by Owen's T.

    Parameters
    ----------
    h, k : array_like
        Finite limits.
    r : array_like
        Correlation inside (-1, 1).

    Returns
    -------
    array
        Accurate to about 1e-16 absolutely, so tails below 1e-12 hold few digits.

    References
    ----------
    Owen (1956), Tables for computing bivariate normal probabilities. *Ann. Math. Stat.* 27, 1075-1090.

    Examples
    --------
    >>> float(bivariate_normal(0.0, 0.0, 0.5).round(12)) == round(1 / 3, 12)
    True
    """
    h, k, r = np.broadcast_arrays(*(np.asarray(value, float) + 0.0 for value in (h, k, r)))  # -0.0 is 0.0
    s = np.sqrt((1 - r) * (1 + r))
    with np.errstate(divide="ignore", invalid="ignore"):  # h or k = 0: Owen's T of an infinite slope
        parts = owens_t(h, (k - r * h) / (h * s)) + owens_t(k, (h - r * k) / (k * s))
    opposite = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    value = (ndtr(h) + ndtr(k)) / 2 - parts - opposite / 2
    middle = 0.25 + np.arcsin(r) / (2 * math.pi)
    return np.asarray(np.clip(np.where((h == 0) & (k == 0), middle, value), 0.0, 1.0))


def tail_rates(
    r: ArrayLike, base_rate: ArrayLike, share_bottom: ArrayLike = 0.5, share_top: ArrayLike | None = None
) -> tuple[Array, Array]:
    """Return the outcome's rate among the customers at the bottom and at the top of a metric.

    Parameters
    ----------
    r : array_like
        Latent correlation inside (-1, 1).
    base_rate : array_like
        Rate among all customers, inside (0, 1).
    share_bottom, share_top : array_like
        Share of customers in each end group; together at most 1. `share_top` None: as `share_bottom`.

    Returns
    -------
    rate_bottom, rate_top : arrays

    Raises
    ------
    ValueError
        If a rate or share is outside (0, 1), the groups overlap, or r is not inside (-1, 1).

    Notes
    -----
    The gap grows with how extreme the groups are at the same r: two reports with different gaps need not differ in
    anything but the cut. A metric with five answers has no outer 2 %; its groups are whatever people answered.

    Examples
    --------
    What a correlation of .5 shows for halves, and for the outer tenths:

    >>> [float(rate.round(2)) for rate in tail_rates(0.5, 0.5)]
    [0.33, 0.67]
    >>> [float(rate.round(2)) for rate in tail_rates(0.5, 0.5, 0.1)]
    [0.16, 0.84]
    """
    bottom, top = _groups(share_bottom, share_top)
    rate, r = np.asarray(base_rate, float), np.asarray(r, float)
    _inside("base_rate", rate, 0.0)
    _inside("r", r, -1.0)
    k = ndtri(rate)
    return _rate(bottom, k, -r), _rate(top, k, r)


def implied_correlation(
    rate_bottom: float,
    rate_top: float,
    share_bottom: float = 0.5,
    share_top: float | None = None,
    *,
    unit: float = 0.01,
) -> LatentCorrelation:
    """Return the latent correlation that gives two rates in the bottom and the top group of a metric.

    Parameters
    ----------
    rate_bottom, rate_top : float
        Printed rates, strictly between 0 and 1 and no nearer to either than one in a million.
    share_bottom, share_top : float
        Share of customers in each group; together at most 1. `share_top` None: as `share_bottom`. .5: the metric was
        cut in halves; .1: the outer tenths were reported.
    unit : float
        Worth of the last digit printed: .01 for whole percentages; 0: the rates are exact.

    Returns
    -------
    LatentCorrelation

    Raises
    ------
    ValueError
        If a rate or share is outside (0, 1), a rate is nearly 0 or 1, the groups overlap, or `unit` is negative or 1
        and more.

    Notes
    -----
    Two tail rates alone can never contradict each other: along the solutions with one rate fixed, r running from -1
    to 1 takes the other from 0 to 1. Only a third figure can (`LatentCorrelation.allows`), or what is known of
    correlations between attitudes and behaviour. The answer depends on the shares; where no report prints them, the
    print does not determine r. The normal metric is an assumption: real metrics pile up at an end.

    Examples
    --------
    "96 % of customers with high effort become more disloyal, 9 % of those with low effort":

    >>> print(*(f"{share:.2f} {implied_correlation(0.09, 0.96, share).r:.2f}" for share in (1/2, 1/3, 1/10, 1/50)))
    0.50 0.98 0.33 0.88 0.10 0.68 0.02 0.55
    """
    shares = tuple(float(share) for share in _groups(share_bottom, share_top))
    for name, rate in (("rate_bottom", rate_bottom), ("rate_top", rate_top)):
        _inside(name, np.asarray(rate, float), 0.0)
        if not _NEAREST <= rate <= 1 - _NEAREST:
            raise ValueError(
                f"`{name}` is nearer to 0 or 1 than {_NEAREST:g}, too near to solve; got {rate!r}."
            )
    _check_unit(unit)
    if rate_top < rate_bottom:
        turned = implied_correlation(rate_top, rate_bottom, shares[1], shares[0], unit=unit)
        bases = turned.base_rate, turned.base_low, turned.base_high
        return LatentCorrelation(-turned.r, -turned.r_high, -turned.r_low, *bases)
    low = max(rate_bottom - unit / 2, 0.0), max(rate_top - unit / 2, 0.0)
    high = min(rate_bottom + unit / 2, 1.0), min(rate_top + unit / 2, 1.0)
    r, base = _solve(rate_bottom, rate_top, shares)
    # both r and the base rate are monotone in each rate: their extremes are at corners of the rounding
    r_low, r_high = (_corner(*rates, shares)[0] for rates in ((high[0], low[1]), (low[0], high[1])))
    base_low, base_high = (_corner(*rates, shares)[1] for rates in (low, high))
    return LatentCorrelation(r, r_low, r_high, base, base_low, base_high)


def tail_share(rate_bottom: float, rate_top: float, r: float) -> float:
    """Return how extreme two equal end groups must be for a latent correlation to show two rates.

    Parameters
    ----------
    rate_bottom, rate_top : float
        Rates strictly between 0 and 1, the higher at the top.
    r : float
        Latent correlation, inside (0, 1).

    Returns
    -------
    float
        Share of customers in each group, at most .5; NaN where r is so high that halves would differ more; 0 where
        the groups would have to be smaller than one customer in 100 million.

    Raises
    ------
    ValueError
        If the rates are not ordered inside (0, 1) or r is not inside (0, 1).

    Examples
    --------
    Were the correlation .5, 96 % against 9 % would be of the outer 1 %; were it .3, of less than one in 100,000:

    >>> f"{tail_share(0.09, 0.96, 0.5):.2g}", tail_share(0.09, 0.96, 0.3) < 1e-5
    ('0.0086', True)
    """
    if not 0 < rate_bottom < rate_top < 1:
        raise ValueError(f"rates must be ordered inside (0, 1); got {rate_bottom:g} and {rate_top:g}.")
    _inside("r", np.asarray(r), 0.0)

    def excess(quantile: float) -> float:
        share = float(ndtr(quantile))
        k = _threshold(rate_bottom, share, r)
        return float(_rate(np.asarray(share), np.asarray(k), np.asarray(r))) - rate_top

    if excess(0.0) > 0:
        return math.nan
    rarest = float(ndtri(_RAREST))
    return float(ndtr(brentq(excess, rarest, 0.0))) if excess(rarest) > 0 else 0.0


def _corner(bottom: float, top: float, shares: tuple[float, ...]) -> tuple[float, float]:
    """Return r and the overall rate at a corner of the rounding; their limits where a rate reaches 0 or 1."""
    if bottom < _NEAREST:  # r = 1: only the top of the metric has the outcome
        return 1.0, top * shares[1]
    if top > 1 - _NEAREST:
        return 1.0, 1 - (1 - bottom) * shares[0]
    if top < _NEAREST:  # r = -1: only its bottom has
        return -1.0, bottom * shares[0]
    if bottom > 1 - _NEAREST:
        return -1.0, 1 - (1 - top) * shares[1]
    return _solve(bottom, top, shares)


@lru_cache(maxsize=4096)
def _solve(bottom: float, top: float, shares: tuple[float, ...]) -> tuple[float, float]:
    """Return r and the overall rate at which both groups have their rates."""

    def excess(z: float) -> float:
        r = math.tanh(z)
        k = _threshold(bottom, shares[0], r)
        return float(_rate(np.asarray(shares[1]), np.asarray(k), np.asarray(r))) - top

    r = math.tanh(brentq(excess, -_STEEPEST, _STEEPEST, xtol=1e-13))
    return r, float(ndtr(_threshold(bottom, shares[0], r)))


def _threshold(rate_bottom: float, share: float, r: float) -> float:
    """Return the normal quantile of the overall rate at which the bottom group has its rate, given r."""

    def excess(k: float) -> float:
        return float(_rate(np.asarray(share), np.asarray(k), np.asarray(-r))) - rate_bottom

    return float(brentq(excess, -_FARTHEST, _FARTHEST, xtol=1e-13))


def _rate(share: Array, k: Array, r: Array) -> Array:
    """Return the rate in the group with the largest values of a variable correlated r with the latent outcome."""
    return np.asarray(bivariate_normal(ndtri(share), k, r) / share)


def _groups(share_bottom: ArrayLike, share_top: ArrayLike | None) -> tuple[Array, Array]:
    bottom = np.asarray(share_bottom, float)
    top = bottom if share_top is None else np.asarray(share_top, float)
    _inside("share_bottom", bottom, 0.0)
    _inside("share_top", top, 0.0)
    if np.any(bottom + top > 1 + 1e-12):
        raise ValueError(
            f"the groups overlap: shares of {bottom.max():g} and {top.max():g} add up to more than 1."
        )
    return bottom, top


def _check_unit(unit: float) -> None:
    if not 0 <= unit < 1:
        raise ValueError(
            f"`unit` must be from 0 to below 1, such as .01 for whole percentages; got {unit:g}."
        )


def _inside(name: str, value: Array, low: float) -> None:
    outside = ~((value > low) & (value < 1))
    if np.any(outside):
        raise ValueError(f"`{name}` must lie strictly between {low:g} and 1; got {value[outside].flat[0]:g}.")
