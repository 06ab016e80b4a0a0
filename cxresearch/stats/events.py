"""Events counted over customers or weeks: Poisson intervals, ratios of rates and of total costs, the next count.

A count of events may exceed the number of customers (one can complain twice), so it is no share: it is a rate.
Intervals of counts are exact: they hold the truth at least as often as they say, whatever the rate.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, gammaincinv, stdtrit

Array = NDArray[np.float64]


def poisson_interval(events: ArrayLike, *, conf_level: float = 0.95) -> tuple[Array, Array]:
    """Return Garwood's exact interval of the number of events to be expected.

    Parameters
    ----------
    events : array_like
        Events counted: whole numbers from 0.
    conf_level : float
        Nominal level.

    Returns
    -------
    conf_low, conf_high : arrays
        In events; divide by the customers or the weeks for a rate. At 0 events the lower limit is 0.

    Raises
    ------
    ValueError
        If a count is negative or broken, or the level is no probability.

    Notes
    -----
    Events must come one by one and independently. Complaints that come in waves, or the same customer complaining
    again, vary more than this, and the interval is then too short.

    References
    ----------
    Garwood (1936), Fiducial limits for the Poisson distribution. *Biometrika* 28, 437-442.

    Examples
    --------
    >>> low, high = poisson_interval(10)
    >>> print(f"{low:.3f} to {high:.3f}")
    4.795 to 18.390
    """
    x, tail = _counts(events), _tail(conf_level)
    low = np.where(x > 0, gammaincinv(np.maximum(x, 1.0), tail), 0.0)
    return np.asarray(low), np.asarray(gammaincinv(x + 1.0, 1 - tail))


def weighted_count_interval(
    counts: ArrayLike, weights: ArrayLike, *, largest: float | None = None, conf_level: float = 0.95
) -> tuple[float, float]:
    """Return Fay and Feuer's interval of a weighted sum of counts, such as hours of work from calls of several lengths.

    Parameters
    ----------
    counts : array_like
        Events counted of each kind: whole numbers from 0.
    weights : array_like
        What one event of each kind counts: above 0.
    largest : float, optional
        Largest weight an event may have, seen or not; that of the counts, unless said.
    conf_level : float
        Nominal level.

    Returns
    -------
    conf_low, conf_high : float
        Of the sum to be expected, Σ weight x expected count. With one weight, Garwood's limits times the weight.

    Raises
    ------
    ValueError
        If a count is negative or broken, a weight is not positive, or the level is no probability.

    Notes
    -----
    The sum has variance Σ weight² x count, and is taken as a gamma with its mean and variance; the upper limit as if
    one more event had come, of the largest weight. Which kind an event is of is left to chance too: scaling the limits
    of the whole count by the mean weight would take it as known. It holds the truth at least as often as it says in all
    that was tried, and is long where few events carry most of the weight.

    References
    ----------
    Fay & Feuer (1997), Confidence intervals for directly standardized rates. *Stat. Med.* 16, 791-801.

    Examples
    --------
    >>> low, high = weighted_count_interval([20, 49], [24.0, 4.0])   # calls due in 24 hours, and in 4
    >>> print(f"{low:.0f} to {high:.0f} hours")
    476 to 939 hours
    """
    x, tail = _counts(counts), _tail(conf_level)
    w = np.asarray(weights, float)
    top = float(np.max(w, initial=0.0)) if largest is None else largest
    if x.shape != w.shape or not np.all(w > 0) or not (np.max(w, initial=0.0) <= top < math.inf) or top <= 0:
        raise ValueError(f"each count needs a weight above 0, at most `largest`; got {weights!r}.")
    total, variance = float((w * x).sum()), float((w**2 * x).sum())
    low = _gamma_quantile(total, variance, tail) if total else 0.0
    return low, _gamma_quantile(total + top, variance + top**2, 1 - tail)


def _gamma_quantile(mean: float, variance: float, p: float) -> float:
    return float(gammaincinv(mean**2 / variance, p)) * variance / mean


def rate_ratio_interval(
    events_a: float, events_b: float, exposure: float = 1.0, *, conf_level: float = 0.95
) -> tuple[float, float]:
    """Return the exact interval of the ratio of two Poisson rates, a over b.

    Parameters
    ----------
    events_a, events_b : float
        Events counted in each: whole numbers from 0.
    exposure : float
        Customers (or weeks) behind a over those behind b.
    conf_level : float
        Nominal level.

    Returns
    -------
    conf_low, conf_high : float
        From 0 to infinity; NaN where neither counted an event.

    Raises
    ------
    ValueError
        If a count is negative or broken, the exposure is not positive, or the level is no probability.

    Notes
    -----
    Given both counts together, that of a is binomial; the limits are Clopper and Pearson's. With no event in b
    there is a lower limit but no upper one. R's `poisson.test` of two counts gives the same.

    References
    ----------
    Przyborowski & Wilenski (1940), *Biometrika* 31, 313-323. Clopper & Pearson (1934), *Biometrika* 26, 404-413.

    Examples
    --------
    >>> low, high = rate_ratio_interval(134, 100)   # complaints of this year over those of last year
    >>> print(f"{low:.3f} to {high:.3f}")
    1.027 to 1.754
    """
    a, b = (float(count) for count in _counts([events_a, events_b]))
    if not (exposure > 0 and math.isfinite(exposure)):
        raise ValueError(f"`exposure` must be above 0; got {exposure!r}.")
    tail = _tail(conf_level)
    if a + b == 0:
        return math.nan, math.nan
    share_low = float(betaincinv(a, b + 1, tail)) if a > 0 else 0.0
    share_high = float(betaincinv(a + 1, b, 1 - tail)) if b > 0 else 1.0
    low, high = (share / (1 - share) if share < 1 else math.inf for share in (share_low, share_high))
    return low / exposure, high / exposure


def total_ratio_interval(a: ArrayLike, b: ArrayLike, *, conf_level: float = 0.95) -> tuple[float, float]:
    """Return an interval of the ratio of two totals of amounts, such as costs, whose number is left to chance too.

    Parameters
    ----------
    a, b : array_like
        The amounts of each event: from 0, not all 0.
    conf_level : float
        Nominal level.

    Returns
    -------
    conf_low, conf_high : float
        A t interval on the logarithm; NaN where a total is 0.

    Raises
    ------
    ValueError
        If an amount is negative or missing, or the level is no probability.

    Notes
    -----
    Events are Poisson and amounts independent, so the variance of a total is Σx² and that of its logarithm
    Σx² / (Σx)². The degrees of freedom match the variance of this estimate, from Σx⁴: a few dear events leave few.

    References
    ----------
    Satterthwaite (1946), *Biometrics Bulletin* 2, 110-114, for matching moments.

    Examples
    --------
    >>> low, high = total_ratio_interval([20.0] * 134, [20.0] * 100)
    >>> print(f"{low:.2f} to {high:.2f}")
    1.03 to 1.74
    """
    tail = _tail(conf_level)
    x, y = (np.asarray(amounts, float).ravel() for amounts in (a, b))
    if not all(np.all((values >= 0) & np.isfinite(values)) for values in (x, y)):
        raise ValueError("amounts must be numbers from 0, none missing.")
    if not (x.sum() > 0 and y.sum() > 0):
        return math.nan, math.nan
    parts = np.concatenate([x / x.sum(), y / y.sum()])
    variance = float((parts**2).sum())
    degrees = 2 * variance**2 / float((parts**4).sum())
    half = -float(stdtrit(degrees, tail)) * math.sqrt(variance)
    ratio = x.sum() / y.sum()
    return float(ratio * math.exp(-half)), float(ratio * math.exp(half))


def next_count(events: int, periods: float, *, conf_level: float = 0.95) -> tuple[int, int]:
    """Return between which counts the next period will lie, given the events of the periods before.

    Parameters
    ----------
    events : int
        Events counted so far.
    periods : float
        Periods, such as weeks, in which they were counted; above 0.
    conf_level : float
        Nominal level.

    Returns
    -------
    low, high : int
        Quantiles of the negative binomial that a Poisson rate with Jeffreys' prior predicts: chance of the next
        period and ignorance of the rate together.

    Raises
    ------
    ValueError
        If the count is negative or broken, or there is no period.

    Notes
    -----
    It knows no seasons and no outages: the next period is taken to be like those before.

    References
    ----------
    Krishnamoorthy & Peng (2011), Improved closed-form prediction intervals for binomial and Poisson distributions.
    *J. Stat. Plan. Inference* 141, 1709-1718, compare it with others.

    Examples
    --------
    >>> next_count(52, 4)   # 13 a week
    (6, 22)
    """
    [x], tail = _counts([events]), _tail(conf_level)
    if not (periods > 0 and math.isfinite(periods)):
        raise ValueError(f"`periods` must be above 0; got {periods!r}.")
    size, stay = float(x) + 0.5, periods / (periods + 1)
    return _quantile(size, stay, tail), _quantile(size, stay, 1 - tail)


def _quantile(size: float, stay: float, p: float) -> int:
    """Return the smallest count whose cumulative negative binomial probability reaches p."""
    high = 1
    while betainc(size, high + 1.0, stay) < p:
        high *= 2
    low = -1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if betainc(size, middle + 1.0, stay) >= p else (middle, high)
    return high


def _counts(events: ArrayLike) -> Array:
    x = np.asarray(events, float)
    if not np.all((x >= 0) & (x == np.floor(x)) & np.isfinite(x)):
        raise ValueError(f"events are whole numbers from 0; got {events!r}.")
    return x


def _tail(conf_level: float) -> float:
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level!r}.")
    return (1 - conf_level) / 2
