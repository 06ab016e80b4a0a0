"""What a printed figure leaves open: its rounding, its counts, the silent, and whether r, p and n agree.

A figure printed to a last digit worth `unit` stands for every number within half a unit of it. Ties count as
possible on both sides, since some round them up and some to the even digit. `unit` is .01 for "r = .40" and for
"96 %" read as .96; 1 for "96 %" read as 96; 0 for a figure known exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.fisher import two_sided_p

Array = NDArray[np.float64]

MOST = 10_000_000  # sizes beyond are reported as infinite


def exact(value: float) -> Fraction:
    """Return the decimal number that prints as `value`: 0.1 is one tenth, not the nearest binary fraction."""
    return Fraction(Decimal(repr(float(value))))


def rounding_interval(value: float, unit: float) -> tuple[float, float]:
    """Return the lowest and the highest number that is printed as `value`.

    Parameters
    ----------
    value : float
        The printed figure.
    unit : float
        Worth of its last digit; 0: exact.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If `unit` is negative, or `value` is not a whole number of units.

    Examples
    --------
    >>> rounding_interval(0.43, 0.01)
    (0.425, 0.435)
    """
    low, high = exact_interval(value, unit)
    return float(low), float(high)


def exact_interval(value: float, unit: float) -> tuple[Fraction, Fraction]:
    """Return `rounding_interval` as exact fractions."""
    if not (math.isfinite(value) and unit >= 0):
        raise ValueError(f"`value` must be a number and `unit` not negative; got {value} and {unit}.")
    if unit and (exact(value) / exact(unit)).denominator != 1:
        raise ValueError(
            f"{value:g} cannot have been printed in units of {unit:g}; name the unit of its last digit."
        )
    return exact(value) - exact(unit) / 2, exact(value) + exact(unit) / 2


def whole(name: str, value: float) -> int:
    """Return a number of answers as an int, so that fractions of it stay exact; refuse what is none, or below 1."""
    if not (math.isfinite(value) and value >= 1 and value == int(value)):
        raise ValueError(f"`{name}` must be a whole number, at least 1; got {value}.")
    return int(value)


def counts(share: float, n: int, *, unit: float = 0.01) -> tuple[int, int]:
    """Return the fewest and the most of n customers that print as a share.

    Parameters
    ----------
    share : float
        Printed share, 0 to 1.
    n : int
        Customers it is a share of.
    unit : float
        Worth of the last digit: .01 for a whole percentage.

    Returns
    -------
    low, high : int
        `low` > `high`: no count prints so, and the share or n is wrong.

    Raises
    ------
    ValueError
        If n is no whole number from 1 or the share outside 0 to 1.

    Examples
    --------
    "43 % of 16,000 answered" is true of 6,800, by rounding a tie up, and of up to 6,960:

    >>> counts(0.43, 16_000)
    (6800, 6960)
    >>> counts(0.96, 20)   # 19 of 20 are 95 %
    (20, 19)
    """
    _check_share("share", share)
    n = whole("n", n)
    low, high = exact_interval(share, unit)
    return max(math.ceil(low * n), 0), min(math.floor(high * n), n)


def possible_sizes(shares: ArrayLike, *, unit: float = 0.01, most: int = 100) -> list[int]:
    """Return the group sizes, up to `most`, at which every one of some printed shares can be a count over n.

    Parameters
    ----------
    shares : array_like
        Printed shares of one group, 0 to 1.
    unit : float
        Worth of the last digit.
    most : int
        Largest size looked at; from 1 / unit on every size can.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        If a share is outside 0 to 1.

    Examples
    --------
    >>> possible_sizes(0.96, most=50)
    [23, 24, 25, 26, 27, 28, 45, 46, 47, 48, 49, 50]
    """
    each = [float(share) for share in np.atleast_1d(np.asarray(shares, float))]
    return [
        n for n in range(1, most + 1) if all(np.diff(counts(share, n, unit=unit))[0] >= 0 for share in each)
    ]


def nonresponse_bounds(
    estimate: ArrayLike, answered: float, sent: float, low: float, high: float
) -> tuple[Array, Array]:
    """Return the lowest and the highest score of everyone asked, whatever the silent would have said.

    Parameters
    ----------
    estimate : array_like
        Score of those who answered, in the score's unit. Pass the two limits of its interval to add chance to what
        silence leaves open.
    answered, sent : float
        Customers who answered and who were asked.
    low, high : float
        Lowest and highest score a customer can have: -100 and 100 for NPS, 0 and 1 for a share.

    Returns
    -------
    low, high : arrays
        Their distance is the share of the silent times `high - low`, however many answered.

    Raises
    ------
    ValueError
        If more answered than were asked, none was asked, the ends are no numbers in order, or the estimate is missing
        or outside them.

    Notes
    -----
    Bounds, no interval: nothing in them is likely. Narrower ones need an assumption about the silent.

    References
    ----------
    Manski (1989), Anatomy of the selection problem. *Journal of Human Resources* 24, 343-360.

    Examples
    --------
    16,000 asked, 6,800 answered, NPS 20: anything from -49 to 66.

    >>> [float(bound.round(1)) for bound in nonresponse_bounds(20, 6_800, 16_000, -100, 100)]
    [-49.0, 66.0]
    """
    score = np.asarray(estimate, float)
    if not 0 <= answered <= sent < math.inf or sent == 0:
        raise ValueError(f"`answered` must lie between 0 and `sent`; got {answered:g} of {sent:g}.")
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"`low` must be below `high`, and both be numbers; got {low:g} and {high:g}.")
    outside = ~((score >= low) & (score <= high))
    if np.any(outside):
        raise ValueError(f"`estimate` must lie between {low:g} and {high:g}; got {score[outside].flat[0]:g}.")
    spoke = answered / sent
    return spoke * score + (1 - spoke) * low, spoke * score + (1 - spoke) * high


@dataclass(frozen=True, eq=False, slots=True)
class FittingSizes:
    """Numbers of rows at which printed correlations have their printed p-values.

    Attributes
    ----------
    low, high : float
        Sizes that fit every pair; `low` > `high`: none does. `high` infinite: no upper limit.
    each_low, each_high : arrays
        The same for each pair.
    """

    low: float
    high: float
    each_low: Array
    each_high: Array

    @property
    def exist(self) -> bool:
        """Whether any number of rows fits."""
        return self.low <= self.high


def fitting_sizes(
    r: ArrayLike, p_value: ArrayLike, *, r_unit: float = 0.01, p_unit: float = 0.01
) -> FittingSizes:
    """Return the numbers of rows n at which printed correlations have their printed two-sided p-values.

    Parameters
    ----------
    r, p_value : array_like
        Printed pairs from one sample: correlations inside [-1, 1], p-values in [0, 1].
    r_unit, p_unit : float
        Worth of the last digit of each.

    Returns
    -------
    FittingSizes

    Raises
    ------
    ValueError
        If the arrays do not match, are empty, or hold impossible values.

    Notes
    -----
    By the ordinary t test with n - 2 degrees of freedom. That no n fits may mean another test, one-sided p-values, or
    columns of unequal length, before it means an error.

    Examples
    --------
    Growth of banks against five metrics (Keiningham et al. 2008, table 1, seen): r and p agree for 12 rows only.

    >>> sizes = fitting_sizes([0.40, 0.17, 0.02, 0.37, 0.32], [0.20, 0.60, 0.95, 0.24, 0.32])
    >>> sizes.low, sizes.high
    (12.0, 12.0)
    """
    r, p = np.atleast_1d(np.asarray(r, float)), np.atleast_1d(np.asarray(p_value, float))
    if r.shape != p.shape or r.size == 0:
        raise ValueError(f"`r` and `p_value` must pair up; got {r.shape} and {p.shape}.")
    if np.any(~(np.abs(r) <= 1)) or np.any(~((p >= 0) & (p <= 1))):
        raise ValueError("`r` must lie in [-1, 1] and `p_value` in [0, 1], with none missing.")
    ends = [_sizes(abs(a), b, r_unit, p_unit) for a, b in zip(r.tolist(), p.tolist(), strict=True)]
    low, high = np.array(ends, float).T
    return FittingSizes(float(low.max()), float(high.min()), low, high)


def _sizes(r: float, p: float, r_unit: float, p_unit: float) -> tuple[float, float]:
    """Return the smallest and the largest n for one pair; p falls as n grows and as r does."""
    weak, strong = rounding_interval(r, r_unit)
    small, large = rounding_interval(p, p_unit)
    fits_from = _first(lambda n: _p_value(min(strong, 1.0), n) <= large)
    too_many = _first(lambda n: _p_value(max(weak, 0.0), n) < small)
    return fits_from, too_many - 1


def _p_value(r: float, n: int) -> float:
    if r >= 1:
        return 0.0
    return float(two_sided_p(r * math.sqrt((n - 2) / ((1 - r) * (1 + r))), n - 2))


def _first(holds: Callable[[int], bool]) -> float:
    """Return the smallest n from 3 at which a condition, once true for good, holds; infinite if none up to `MOST`."""
    low, high = 3, 4
    while not holds(high):
        if high == MOST:
            return math.inf
        low, high = high, min(2 * high, MOST)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return float(low)


def _check_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"`{name}` must lie between 0 and 1, such as .96 for 96 %; got {share:g}.")
