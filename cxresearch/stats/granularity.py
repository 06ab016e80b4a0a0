"""Whether a printed mean and standard deviation can be those of n whole answers, checked exactly, in fractions.

Answers on a rating scale are whole numbers, so a mean is a whole total over n, and a standard deviation belongs to a
whole sum of squares. With few answers most printed figures are then impossible (GRIM, GRIMMER). A figure that fails
was mistyped, or n is another, or answers were missing, weighted or not whole: the check says that print is wrong, not
how.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from cxresearch.stats.printed import exact_interval, whole


@dataclass(frozen=True, slots=True)
class Granularity:
    """Whether printed figures can be those of n whole answers.

    Attributes
    ----------
    possible : bool
        False proves an error in the figures or in n; True proves nothing.
    failed : str
        ``""``, or what cannot be: ``"mean"`` (no whole total), ``"sd"`` (no whole sum of squares), ``"scale"`` (the
        figures lie outside what the answer scale allows).
    totals : tuple of int
        First and last sum of the answers that prints as the mean; the first is larger where none does.
    """

    possible: bool
    failed: str
    totals: tuple[int, int]


def grim(mean: float, n: int, *, unit: float = 0.01, items: int = 1) -> Granularity:
    """Check a printed mean against the whole totals that n answers can have.

    Parameters
    ----------
    mean : float
        Printed mean of whole-number answers.
    n : int
        Answers; not customers asked.
    unit : float
        Worth of the last digit printed.
    items : int
        Questions averaged for each customer: the mean of three items moves in thirds.

    Returns
    -------
    Granularity

    Raises
    ------
    ValueError
        If n or `items` is no whole number from 1, or the mean is not a whole number of units.

    Notes
    -----
    It can fail only while n · items is below 1 / unit: means of more than 100 answers, printed to two decimals, all
    pass.

    References
    ----------
    Brown & Heathers (2017), The GRIM test. *Social Psychological and Personality Science* 8, 363-369.

    Examples
    --------
    5.19 from 28 answers, the authors' example, cannot be: 145 of 28 is 5.18, 146 is 5.21.

    >>> grim(5.19, 28).possible, grim(5.18, 28).totals
    (False, (145, 145))
    """
    totals = _totals(mean, n, unit, items)
    possible = totals[0] <= totals[1]
    return Granularity(possible, "" if possible else "mean", totals)


def grimmer(
    mean: float,
    sd: float,
    n: int,
    *,
    mean_unit: float = 0.01,
    sd_unit: float = 0.01,
    items: int = 1,
    scale: tuple[int, int] | None = None,
) -> Granularity:
    """Check a printed mean and standard deviation together.

    Parameters
    ----------
    mean, sd : float
        Printed mean and sample standard deviation (divisor n - 1) of whole-number answers.
    n : int
        Answers, at least 2.
    mean_unit, sd_unit : float
        Worth of the last digit printed of each.
    items : int
        Questions averaged for each customer.
    scale : tuple of int, optional
        Lowest and highest answer; the spread must then be one that answers on it can have.

    Returns
    -------
    Granularity

    Raises
    ------
    ValueError
        If n is no whole number from 2, `sd` negative, the scale's lowest answer not below its highest, or a figure
        not a whole number of units.

    Notes
    -----
    A sum of squares must be whole, lie where the standard deviation puts it, be odd exactly if the total is, and lie
    between the smallest and the largest that answers with this total can have. These are necessary, not sufficient: of
    all pairs of figures with two decimals, 5 answers on 1-5 can have 102; these pass, and so do 19 others.

    References
    ----------
    Anaya (2016), The GRIMMER test. *PeerJ Preprints* 4, e2400v1. Allard (2018), Analytic-GRIMMER.

    Examples
    --------
    18 answers with mean 3.44 (a total of 62, an even sum of squares) and standard deviation 2.47:

    >>> grimmer(3.44, 2.47, 18).failed, grimmer(3.44, 2.48, 18).possible
    ('sd', True)
    """
    if n < 2:
        raise ValueError(f"a standard deviation needs at least 2 answers; got n = {n}.")
    if not sd >= 0:
        raise ValueError(f"`sd` must not be negative; got {sd:g}.")
    if scale is not None and not scale[0] < scale[1]:
        raise ValueError(f"`scale` must be the lowest and the highest answer, in this order; got {scale}.")
    n, items = whole("n", n), whole("items", items)
    totals = _totals(mean, n, mean_unit, items)
    if totals[0] > totals[1]:
        return Granularity(False, "mean", totals)
    low, high = (max(end, Fraction(0)) * items for end in exact_interval(sd, sd_unit))
    spread = [_squares(total, n, low, high) for total in range(totals[0], totals[1] + 1)]
    if not any(spread):
        return Granularity(False, "sd", totals)
    if scale is None:
        return Granularity(True, "", totals)
    lowest, highest = scale[0] * items, scale[1] * items
    fits = any(
        _reachable(total, n, squares, lowest, highest)
        for total, squares in zip(range(totals[0], totals[1] + 1), spread, strict=True)
    )
    return Granularity(fits, "" if fits else "scale", totals)


def _totals(mean: float, n: int, unit: float, items: int) -> tuple[int, int]:
    """Return the first and the last whole total that prints as the mean."""
    low, high = exact_interval(mean, unit)
    answers = whole("n", n) * whole("items", items)
    return math.ceil(low * answers), math.floor(high * answers)


def _squares(total: int, n: int, low: Fraction, high: Fraction) -> range:
    """Return the whole sums of squares, of the total's parity, with a standard deviation from low to high."""
    centre = Fraction(total * total, n)
    first = math.ceil((n - 1) * low**2 + centre)
    first += (first - total) % 2  # a whole number and its square are both odd or both even
    return range(first, math.floor((n - 1) * high**2 + centre) + 1, 2)


def _reachable(total: int, n: int, squares: range, lowest: int, highest: int) -> bool:
    """Whether one of the sums of squares lies between those of the most alike and the most unlike answers."""
    reach, above = highest - lowest, total - n * lowest
    if not 0 <= above <= n * reach:
        return False
    each, left = divmod(above, n)
    alike = (n - left) * each**2 + left * (each + 1) ** 2
    at_end, left = divmod(above, reach)
    unlike = at_end * reach**2 + left**2
    shift = 2 * lowest * above + n * lowest**2  # from squares above the lowest answer to squares
    return any(alike + shift <= square <= unlike + shift for square in squares)
