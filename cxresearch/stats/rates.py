"""Two rates set against each other: difference, ratio, odds ratio, number needed, and the correlation in a 2 x 2 table.

Rates are proportions, 0 to 1. Every contrast is a against b: positive differences and ratios above 1 say that a has
the higher rate. Where group sizes are printed there are intervals; where they are not, only what rounding leaves open.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.fisher import Limits, mover
from cxresearch.stats.intervals import FULL, Sample, wilson
from cxresearch.stats.printed import MOST, rounding_interval

Array = NDArray[np.float64]

_ROUNDING = 1e-12  # by how much, relatively, an R² may exceed the largest and still be the largest


@dataclass(frozen=True, slots=True)
class Contrast:
    """One contrast of two printed rates.

    Attributes
    ----------
    estimate : float
        At the rates as printed.
    print_low, print_high : float
        Range over all rates that print so.
    conf_low, conf_high : float
        Interval, the widest over these rates; NaN where the group sizes are unknown.
    """

    estimate: float
    print_low: float
    print_high: float
    conf_low: float
    conf_high: float


@dataclass(frozen=True, slots=True)
class RateContrasts:
    """Two rates set against each other in four ways.

    Attributes
    ----------
    difference : Contrast
        a - b, -1 to 1.
    ratio : Contrast
        a / b.
    odds_ratio : Contrast
        a / (1 - a) over b / (1 - b).
    number_needed : Contrast
        Customers in a, rather than in b, for one more (or one fewer) of them with the outcome: 1 / |a - b|. Its upper
        limit is infinite where the difference may be nothing.
    conf_level : float
        Nominal level of the intervals.
    """

    difference: Contrast
    ratio: Contrast
    odds_ratio: Contrast
    number_needed: Contrast
    conf_level: float


def contrast_rates(
    rate_a: float,
    rate_b: float,
    n_a: float | None = None,
    n_b: float | None = None,
    *,
    unit: float = 0.01,
    conf_level: float = 0.95,
) -> RateContrasts:
    """Set two printed rates of separate groups against each other.

    Parameters
    ----------
    rate_a, rate_b : float
        Printed rates, 0 to 1.
    n_a, n_b : float, optional
        Customers in each group; None: not printed, and the intervals are NaN.
    unit : float
        Worth of the last digit: .01 for whole percentages; 0: the rates are exact.
    conf_level : float
        Nominal level.

    Returns
    -------
    RateContrasts

    Raises
    ------
    ValueError
        If a rate is outside 0 to 1, one size is given without the other, or a size is not positive.

    Notes
    -----
    Intervals are built from Wilson's for each rate (Newcombe's hybrid; for ratios on the scale of logarithms). At a
    rate of 0 or 1 a ratio has one limit only; the other is 0 or infinite. An odds ratio is far from 1 long before
    a rate is far from another: 94 % against 4 % is 376, 61 % against 37 % is 2.7.

    References
    ----------
    Newcombe (1998), *Statistics in Medicine* 17, 873-890, method 10. Zou & Donner (2008), *Statistics in Medicine*
    27, 1693-1702.

    Examples
    --------
    >>> found = contrast_rates(0.96, 0.09)
    >>> print(f"{found.difference.estimate:.2f} {found.ratio.estimate:.1f} {found.odds_ratio.estimate:.0f}")
    0.87 10.7 243
    >>> print(f"{found.odds_ratio.print_low:.0f} to {found.odds_ratio.print_high:.0f}")
    202 to 297
    """
    if (n_a is None) != (n_b is None):
        raise ValueError("give both `n_a` and `n_b`, or neither.")
    if n_a is not None and n_b is not None and not (n_a > 0 and n_b > 0):
        raise ValueError(f"`n_a` and `n_b` must be positive; got {n_a:g} and {n_b:g}.")
    a, b = _corners("rate_a", rate_a, unit), _corners("rate_b", rate_b, unit)[[0, 2, 1]]
    ends_a, ends_b = _wilson(a, n_a, conf_level), _wilson(b, n_b, conf_level)
    difference = _contrast(a - b, mover(a, b, ends_a, ends_b, 0.0))
    return RateContrasts(
        difference,
        _on_logs(np.log, a, b, ends_a, ends_b),
        _on_logs(_logit, a, b, ends_a, ends_b),
        _number_needed(difference),
        conf_level,
    )


def smallest_equal_groups(rate_a: float, rate_b: float, *, conf_level: float = 0.95) -> float:
    """Return how many customers in each of two equal groups make two rates differ beyond chance.

    Parameters
    ----------
    rate_a, rate_b : float
        Rates, 0 to 1.
    conf_level : float
        Level of the interval of the difference that is to exclude 0.

    Returns
    -------
    float
        A whole number; infinite for equal rates. For claims without sizes: how little would have been enough. The
        rates need not be counts over it (`cxresearch.stats.printed.possible_sizes`).

    Raises
    ------
    ValueError
        If a rate is outside 0 to 1.

    Examples
    --------
    >>> smallest_equal_groups(0.96, 0.09), smallest_equal_groups(0.61, 0.37)
    (3.0, 34.0)
    """

    def excludes(n: int) -> bool:
        found = contrast_rates(rate_a, rate_b, n, n, unit=0.0, conf_level=conf_level).difference
        return found.conf_low > 0 or found.conf_high < 0

    low, high = 1, 2
    while not excludes(high):
        low, high = high, 2 * high
        if high > MOST:
            return math.inf
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if excludes(middle) else (middle + 1, high)
    return float(low)


def phi_squared(rate_a: ArrayLike, rate_b: ArrayLike, share_a: ArrayLike) -> Array:
    """Return the R² of a yes-or-no outcome by membership in one of two groups.

    Parameters
    ----------
    rate_a, rate_b : array_like
        Rates of the outcome in each group, 0 to 1.
    share_a : array_like
        Share of customers in group a; the others are in b.

    Returns
    -------
    array
        0 to 1; NaN where nobody or everybody has the outcome, or one group is empty.

    Raises
    ------
    ValueError
        If a rate or a share is missing or outside 0 to 1.

    Notes
    -----
    The same two rates give any R² from 0 to `largest_phi_squared`: a small R² may only say that one group is small.

    Examples
    --------
    20 % of satisfied and 72 % of dissatisfied customers mean to leave:

    >>> phi_squared(0.20, 0.72, [0.5, 0.7, 0.8, 0.9]).round(2).tolist()
    [0.27, 0.25, 0.2, 0.13]
    """
    _check(rate_a=rate_a, rate_b=rate_b, share_a=share_a)
    a, b, share = (np.asarray(value, float) for value in (rate_a, rate_b, share_a))
    with_it, without = share * a + (1 - share) * b, share * (1 - a) + (1 - share) * (1 - b)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = share * (1 - share) * (a - b) ** 2 / (with_it * without)
    return np.asarray(np.where((share > 0) & (share < 1), found, np.nan))


def largest_phi_squared(rate_a: float, rate_b: float) -> float:
    """Return the largest R² that two rates can have, over all shares of the two groups.

    It is (sqrt(a(1 - b)) - sqrt(b(1 - a)))².

    Parameters
    ----------
    rate_a, rate_b : float
        Rates, 0 to 1.

    Raises
    ------
    ValueError
        If a rate is outside 0 to 1.

    Examples
    --------
    >>> round(largest_phi_squared(0.20, 0.72), 3)
    0.273
    """
    _check(rate_a=rate_a, rate_b=rate_b)
    if rate_a == rate_b:
        return 0.0
    # the difference of two roots, as the difference of what is under them over their sum: no digits are lost
    roots = math.sqrt(rate_a * (1 - rate_b)) + math.sqrt(rate_b * (1 - rate_a))
    return ((rate_a - rate_b) / roots) ** 2


def shares_with_phi_squared(rate_a: float, rate_b: float, r2: float) -> tuple[float, float]:
    """Return the shares of customers in group a at which two rates have a printed R².

    Parameters
    ----------
    rate_a, rate_b : float
        Rates strictly between 0 and 1, not equal.
    r2 : float
        Printed R², above 0.

    Returns
    -------
    low, high : float
        The two shares, equal at `largest_phi_squared`; NaN where no share gives so much.

    Raises
    ------
    ValueError
        If the rates are equal or not inside (0, 1), or `r2` is not positive.

    Examples
    --------
    An R² of .13 with 20 % against 72 % needs 90 % satisfied, or only 12 %:

    >>> [round(share, 2) for share in shares_with_phi_squared(0.20, 0.72, 0.13)]
    [0.12, 0.9]
    """
    _check(rate_a=rate_a, rate_b=rate_b)
    variance_a, variance_b = rate_a * (1 - rate_a), rate_b * (1 - rate_b)
    if rate_a == rate_b or variance_a * variance_b == 0 or not r2 > 0:
        raise ValueError(
            f"rates must differ inside (0, 1) and `r2` be positive; got {rate_a:g}, {rate_b:g} and {r2:g}."
        )
    # the odds u of being in a: (u a + b)(u (1 - a) + 1 - b) / u = (a - b)² / r2, a quadratic
    if r2 > largest_phi_squared(rate_a, rate_b) * (1 + _ROUNDING):
        return math.nan, math.nan
    middle = (rate_a - rate_b) ** 2 / r2 - rate_a * (1 - rate_b) - rate_b * (1 - rate_a)
    inside = max(middle**2 - 4 * variance_a * variance_b, 0.0)  # below 0 at the largest R² by rounding alone
    large = max((middle + math.sqrt(inside)) / (2 * variance_a), math.sqrt(variance_b / variance_a))
    small = variance_b / (variance_a * large)
    return small / (1 + small), large / (1 + large)


def _corners(name: str, rate: float, unit: float) -> Array:
    """Return a rate as printed, at its lowest and at its highest."""
    _check(**{name: rate})
    low, high = rounding_interval(rate, unit)
    return np.array([rate, max(low, 0.0), min(high, 1.0)])


def _wilson(rate: Array, n: float | None, conf_level: float) -> Limits:
    if n is None:
        return np.full_like(rate, np.nan), np.full_like(rate, np.nan)
    shares = np.stack([rate, 1 - rate], axis=-1)
    low, high = wilson(Sample(shares, np.array([FULL, 0.0]), np.full(rate.shape, float(n))), conf_level)
    return low / FULL, high / FULL


def _contrast(values: Array, limits: Limits) -> Contrast:
    """Assemble a contrast from its value as printed, at its lowest and at its highest corner."""
    printed, lowest, highest = values.tolist()
    return Contrast(printed, lowest, highest, float(limits[0].min()), float(limits[1].max()))


def _logit(rate: Array) -> Array:
    return np.asarray(np.log(rate) - np.log1p(-rate))


def _on_logs(scale: Callable[[Array], Array], a: Array, b: Array, ends_a: Limits, ends_b: Limits) -> Contrast:
    """Contrast on a logarithmic scale, handed back as a ratio; a limit that does not exist is 0 or infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        (low_a, high_a), (low_b, high_b) = ((scale(low), scale(high)) for low, high in (ends_a, ends_b))
        at_a, at_b = scale(a), scale(b)
        low, high = mover(at_a, at_b, (low_a, high_a), (low_b, high_b), 0.0)
        ratio = np.exp(at_a - at_b)
    if not np.isnan(ends_a[0]).any():
        low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    return _contrast(ratio, (np.exp(low), np.exp(high)))


def _number_needed(difference: Contrast) -> Contrast:
    estimate = 1 / abs(difference.estimate) if difference.estimate else math.inf
    printed = _reciprocal(difference.print_low, difference.print_high)
    return Contrast(estimate, *printed, *_reciprocal(difference.conf_low, difference.conf_high))


def _reciprocal(low: float, high: float) -> tuple[float, float]:
    """Return the range of 1 / |d| for d from low to high."""
    if math.isnan(low):
        return math.nan, math.nan
    near, far = sorted((abs(low), abs(high)))
    apart = low > 0 or high < 0
    return 1 / far if far else math.inf, 1 / near if apart else math.inf


def _check(**rates: ArrayLike) -> None:
    for name, rate in rates.items():
        value = np.asarray(rate, float)
        outside = ~((value >= 0) & (value <= 1))
        if np.any(outside):
            raise ValueError(
                f"`{name}` must lie between 0 and 1, such as .96 for 96 %; got {value[outside].flat[0]:g}."
            )
