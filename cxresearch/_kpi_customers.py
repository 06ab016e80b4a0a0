"""Indicators of customers kept, won and asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxresearch._kpi_results import (
    GROWTH,
    ONE_TOTAL,
    Indicator,
    amounts,
    counted,
    is_number,
    share,
    undefined,
)
from cxresearch.results import Note
from cxresearch.stats.intervals import FULL
from cxresearch.stats.printed import nonresponse_bounds


def retention_rate(start: int, end: int, new: int, *, conf_level: float = 0.95) -> Indicator:
    """Share of the customers at the start of a period who are still there at its end: (end - new) / start.

    Parameters
    ----------
    start : int
        Customers at the start.
    end : int
        Customers at the end, new ones included.
    new : int
        Customers won in the period who are there at its end.
    conf_level : float
        Level of Wilson's interval.

    Returns
    -------
    Indicator
        In %; high is good. Undefined where nobody was there at the start.

    Raises
    ------
    ValueError
        If more are new than there are at the end, or more stayed than there were at the start: then a customer won
        and lost again, or one that came back, was counted as new or as stayed, and no rate can be had from the totals.

    Notes
    -----
    How it misleads: it says nothing of customers won and lost within the period, and a short period flatters (95 %
    a month is 54 % a year, see `compound_retention`). The interval is that of the chance to stay of customers like
    these; of these very customers the share is known exactly.

    Examples
    --------
    >>> retention_rate(start=263, end=112, new=31)
    retention rate: 30.80 % [25.53, 36.62], n = 263; 95 % Wilson interval
    """
    counted(start=start, end=end, new=new)
    if new > end:
        raise ValueError(f"{new:,} new customers cannot be among {end:,} at the end.")
    stayed = end - new
    if stayed > start:
        raise ValueError(f"{stayed:,} stayed (end - new), but only {start:,} were there at the start.")
    if start == 0:
        return undefined(
            "retention rate",
            "%",
            "nobody was there at the start, so nobody could stay.",
            conf_level=conf_level,
        )
    return share("retention rate", stayed, start, conf_level=conf_level)


def compound_retention(rate: Indicator, periods: float) -> Indicator:
    """Retention over several periods like the one measured: rate ** periods, such as 12 months from one.

    Parameters
    ----------
    rate : Indicator
        From `retention_rate`.
    periods : float
        Periods, above 0; 1/12 takes a year to a month.

    Returns
    -------
    Indicator
        In %, its interval carried over.

    Raises
    ------
    ValueError
        If `periods` is not above 0, or the rate is no indicator of a share: bare numbers and growth are refused.

    Notes
    -----
    How it misleads: it takes every customer in every period to leave with the same chance. Where some are about to
    leave and others never would, the leavers go first and the year keeps more than this says.

    Examples
    --------
    >>> compound_retention(retention_rate(start=1000, end=1010, new=60), 12)
    retention rate over 12 periods: 54.04 % [44.46, 62.72], n = 1,000; 95 % Wilson interval
    - Every customer is taken to leave with the same chance in every period.
    """
    if not (is_number(periods) and periods > 0):
        raise ValueError(f"`periods` must be above 0; got {periods!r}.")
    _checked_share(rate)
    ends = (100 * (value / 100) ** periods for value in (rate.estimate, rate.conf_low, rate.conf_high))
    estimate, low, high = ends
    note = Note("constant_rate", "Every customer is taken to leave with the same chance in every period.")
    name = f"{rate.name} over {periods:.4g} periods"
    found = Indicator(
        name, estimate, "%", low, high, rate.n, rate.n_missing, rate.method, rate.conf_level, rate.notes
    )
    return found if periods == 1 else found.noted(note)


def _checked_share(rate: Indicator) -> None:
    """Refuse what is no share in % from 0 to 100, or growth; a share without a value or an interval may pass."""
    is_share = isinstance(rate, Indicator) and rate.unit == "%" and not rate.name.startswith(GROWTH)
    if not is_share or any(
        value < 0 or value > FULL for value in (rate.estimate, rate.conf_low, rate.conf_high)
    ):
        raise ValueError(f"`rate` must be a share in %, as retention_rate gives it; got {rate!r}.")


def response_rate(answered: int, sent: int, *, undelivered: int = 0, conf_level: float = 0.95) -> Indicator:
    """Share of those who got the survey that answered it.

    Parameters
    ----------
    answered : int
        Surveys answered.
    sent : int
        Surveys sent.
    undelivered : int
        Of these, known never to have arrived: left out and counted.
    conf_level : float
        Level of Wilson's interval.

    Returns
    -------
    Indicator
        In %.

    Raises
    ------
    ValueError
        If more answered than got the survey, or a number is negative.

    Notes
    -----
    How it misleads: it measures how many are silent, not how they differ. 40 % that answer whatever they think beat
    80 % of whom the angry stay away; `nonresponse_range` says what the silent could do to a score.

    Examples
    --------
    >>> response_rate(6_800, 16_000)
    response rate: 42.50 % [41.74, 43.27], n = 16,000; 95 % Wilson interval
    """
    counted(answered=answered, sent=sent, undelivered=undelivered)
    got = sent - undelivered
    if got < 0 or answered > got:
        raise ValueError(
            f"{answered:,} cannot have answered of {sent:,} sent and {undelivered:,} undelivered."
        )
    return share("response rate", answered, got, conf_level=conf_level, n_missing=undelivered)


@dataclass(frozen=True)
class Bounds:
    """Between what a number lies, whatever is unknown: no interval, nothing in it is likely.

    Attributes
    ----------
    name : str
        What it is.
    low, high : float
        The bounds, in `unit`.
    unit : str
        Unit of both.
    n : int
        Customers whose answer is known.
    n_missing : int
        Customers whose answer is not.
    """

    name: str
    low: float
    high: float
    unit: str
    n: int
    n_missing: int

    def __repr__(self) -> str:
        known = f"{self.n:,} known, {self.n_missing:,} not"
        return f"{self.name}: between {self.low:,.2f} and {self.high:,.2f} {self.unit}; {known}"


def nonresponse_range(
    score: float,
    answered: int,
    sent: int,
    *,
    ends: tuple[float, float] = (-100.0, 100.0),
    unit: str = "points",
) -> Bounds:
    """Between what the score of all who were asked lies, whatever the silent would have said.

    Parameters
    ----------
    score : float
        Score of those who answered.
    answered, sent : int
        Who answered, of those asked.
    ends : tuple of float
        Lowest and highest score a customer can have: -100 and 100 for NPS, 0 and 100 for a share in %.
    unit : str
        Of the score.

    Returns
    -------
    Bounds
        Manski's, as `cxresearch.stats.printed.nonresponse_bounds` gives them.

    Raises
    ------
    ValueError
        If more answered than were asked, nobody was asked, or the score lies outside its ends.

    Notes
    -----
    How it misleads: the ends of the range are as unlikely as that every silent customer is a detractor. It is the price
    of assuming nothing, and no more answers from the same kind of customer make it narrower.

    Examples
    --------
    >>> nonresponse_range(20, 6_800, 16_000)
    score of all asked: between -49.00 and 66.00 points; 6,800 known, 9,200 not
    """
    counted(answered=answered, sent=sent)
    low, high = (float(end) for end in nonresponse_bounds(score, answered, sent, *ends))
    return Bounds("score of all asked", low, high, unit, answered, sent - answered)


def cost_ratio(won_cost: float, won: int, kept_cost: float, kept: int) -> Indicator:
    """How many times the cost of keeping a customer it costs to win one.

    Parameters
    ----------
    won_cost, kept_cost : float
        Spent on winning and on keeping customers, in one currency.
    won, kept : int
        Customers won, and customers kept.

    Returns
    -------
    Indicator
        Undefined where nobody was won or kept, or keeping cost nothing. No interval: it is made of two totals.

    Raises
    ------
    ValueError
        If a number is negative or missing.

    Notes
    -----
    How it misleads: most customers would have stayed unasked, so the cost per customer kept is not the price of
    keeping one more. That alone gives any of the multiples in print, 5 to 25.

    Examples
    --------
    >>> cost_ratio(120_000, 400, 90_000, 6_000)
    cost of a customer won over one kept: 20.00 times, n = 6,400; no interval: one total on either side has no spread
    """
    amounts(won_cost=won_cost, kept_cost=kept_cost)
    counted(won=won, kept=kept)
    name = "cost of a customer won over one kept"
    if not (won and kept and kept_cost):
        why = "nobody was won or kept, or keeping cost nothing: there is no cost to compare."
        return undefined(name, "times", why, conf_level=0.95, n=won + kept)
    ratio = (won_cost / won) / (kept_cost / kept)
    return Indicator(name, ratio, "times", math.nan, math.nan, won + kept, 0, ONE_TOTAL, 0.95)


def repeat_revenue_share(repeat: float, total: float) -> Indicator:
    """Share of revenue that comes from customers who had bought before.

    Parameters
    ----------
    repeat, total : float
        Revenue of a period from customers who had bought before it, and from all.

    Returns
    -------
    Indicator
        In %. No interval: euros are not customers, and one customer may bring many.

    Raises
    ------
    ValueError
        If an amount is negative, or the part exceeds the whole.

    Notes
    -----
    How it misleads: it rises when customers come back, and also when no new ones come.

    Examples
    --------
    >>> repeat_revenue_share(530_000, 1_000_000)
    revenue from repeat customers: 53.00 %; no interval: amounts are not independent answers
    """
    amounts(repeat=repeat, total=total)
    if repeat > total:
        raise ValueError(f"{repeat:,g} from repeat customers exceeds the revenue of {total:,g}.")
    name = "revenue from repeat customers"
    if total == 0:
        return undefined(name, "%", "there was no revenue.", conf_level=0.95)
    method = "no interval: amounts are not independent answers"
    return Indicator(name, 100 * repeat / total, "%", math.nan, math.nan, math.nan, 0, method, 0.95)
