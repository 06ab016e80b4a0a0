"""Indicators of complaints: their rate, their growth and their cost."""

from __future__ import annotations

import math
import reprlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch._kpi_results import GROWTH, ONE_TOTAL, Indicator, amounts, checked_level, counted, undefined
from cxresearch.results import Note
from cxresearch.stats.events import poisson_interval, rate_ratio_interval, total_ratio_interval


def complaint_rate(
    complaints: int, customers: float, *, per: float = 1000.0, conf_level: float = 0.95
) -> Indicator:
    """Complaints per 1,000 customers.

    Parameters
    ----------
    complaints : int
        Complaints received.
    customers : float
        Customers who could have complained, on average over the period.
    per : float
        Customers the rate is given for.
    conf_level : float
        Level of Garwood's exact Poisson interval.

    Returns
    -------
    Indicator
        Low is good. No complaint: 0, with an upper limit. Undefined without customers.

    Raises
    ------
    ValueError
        If a number is negative, `per` is 0, or complaints came without customers.

    Notes
    -----
    How it misleads: it counts who complains, not who has reason to; a firm that hides its address has a low rate.
    One customer who writes three times counts three times, and an outage brings complaints in a wave: then the
    interval is too short.

    Examples
    --------
    >>> complaint_rate(10, 4000)
    complaint rate: 2.50 per 1,000 [1.20, 4.60], n = 4,000; 95 % exact Poisson interval
    >>> complaint_rate(0, 1000)
    complaint rate: 0.00 per 1,000 [0.00, 3.69], n = 1,000; 95 % exact Poisson interval
    """
    counted(complaints=complaints)
    amounts(customers=customers, per=per)
    if not per:
        raise ValueError(f"`per` must be above 0; got {per!r}.")
    name, unit = "complaint rate", f"per {per:,.15g}"
    if customers == 0:
        if complaints:
            raise ValueError(f"{complaints:,} complaints cannot come from 0 customers.")
        return undefined(name, unit, "there were no customers who could complain.", conf_level=conf_level)
    low, high = (per * float(end) / customers for end in poisson_interval(complaints, conf_level=conf_level))
    rate = per * complaints / customers
    return Indicator(name, rate, unit, low, high, customers, 0, "exact Poisson interval", conf_level)


def complaint_ratio(
    complaints: int, customers: float, others: int, other_customers: float, *, conf_level: float = 0.95
) -> Indicator:
    """How many times as often customers of one site complain as those of another.

    Parameters
    ----------
    complaints, customers : int, float
        Of the site.
    others, other_customers : int, float
        Of the site it is compared with.
    conf_level : float
        Level of the exact interval.

    Returns
    -------
    Indicator
        Above 1: more often. Undefined where the other site had no complaint; there is still a lower limit.

    Raises
    ------
    ValueError
        If a number is negative or a site has no customers.

    Notes
    -----
    How it misleads: sites differ in customers, products and in how easy it is to complain before they differ in
    service. The sites with the highest and the lowest rate are mostly small ones: look at the interval.

    Examples
    --------
    >>> complaint_ratio(30, 4000, 20, 5000)
    ratio of complaint rates: 1.88 times [1.03, 3.48], n = 50; 95 % exact interval of two Poisson rates
    """
    counted(complaints=complaints, others=others)
    amounts(customers=customers, other_customers=other_customers)
    if not (customers and other_customers):
        raise ValueError("both sites need customers who could complain.")
    exposure = customers / other_customers
    low, high = rate_ratio_interval(complaints, others, exposure, conf_level=conf_level)
    estimate = complaints / others / exposure if others else math.nan
    note = Note("zero_base", "The other site had no complaint, so there is no ratio.", changes_reading=True)
    method = "exact interval of two Poisson rates"
    if not (complaints or others):
        method = "no interval: no complaint at either site"
    return Indicator(
        "ratio of complaint rates", estimate, "times", low, high, complaints + others, 0, method, conf_level,
        () if others else (note,),
    )  # fmt: skip


def complaint_growth(
    before: int,
    now: int,
    *,
    customers_before: float | None = None,
    customers_now: float | None = None,
    log: bool = False,
    conf_level: float = 0.95,
) -> Indicator:
    """Growth of the number of complaints: 100 (now - before) / before.

    Parameters
    ----------
    before, now : int
        Complaints in two periods of equal length.
    customers_before, customers_now : float, optional
        Customers in each; both or neither. With them the growth is that of complaints per customer.
    log : bool
        Give 100 ln(now / before) instead: a rise and the fall that undoes it are then of equal size.
    conf_level : float
        Level of the exact interval of the ratio of two Poisson counts.

    Returns
    -------
    Indicator
        In %, or in log points; low is good. Undefined where there were none before, and then what is known is the
        lower limit.

    Raises
    ------
    ValueError
        If a count is negative, or one number of customers is given without the other.

    Notes
    -----
    How it misleads: 34 % more can be 134 instead of 100 (then anything from 3 % to 75 % fits) or 34 % more customers.
    Half as many after twice as many reads +100 %, then -50 %.

    Examples
    --------
    >>> complaint_growth(100, 134)
    growth of complaints: 34.00 % [2.65, 75.40], n = 234; 95 % exact interval of two Poisson counts
    """
    counted(before=before, now=now)
    if (customers_before is None) != (customers_now is None):
        raise ValueError("give both `customers_before` and `customers_now`, or neither.")
    exposure = 1.0
    if customers_before is not None and customers_now is not None:
        amounts(customers_before=customers_before, customers_now=customers_now)
        if not (customers_before and customers_now):
            raise ValueError("both periods need customers who could complain.")
        exposure = customers_now / customers_before
    ends = rate_ratio_interval(now, before, exposure, conf_level=conf_level)
    ratio = now / before / exposure if before else math.nan
    name = f"{GROWTH}complaints" + (" per customer" if exposure != 1 or customers_now is not None else "")
    method = "exact interval of two Poisson counts"
    if not (before or now):
        method = "no interval: no complaint in either period"
    found = _growth(name, ratio, ends, log, before + now, method, conf_level)
    return found if before else found.noted(_zero_start("complaints", now))


def complaint_cost_growth(
    before: ArrayLike, now: ArrayLike, *, log: bool = False, conf_level: float = 0.95
) -> Indicator:
    """Growth of what complaints cost: 100 (now - before) / before.

    Parameters
    ----------
    before, now : float or array_like
        Cost of all complaints of a period in one currency: one total, or the cost of each complaint. Only with the
        costs of each, in both periods, is there an interval.
    log : bool
        Give 100 ln(now / before) instead.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Indicator
        In %, or in log points; low is good. Undefined where nothing was spent before.

    Raises
    ------
    ValueError
        If a cost is negative or missing.

    Notes
    -----
    The interval takes the number of complaints as Poisson and their costs as independent
    (`cxresearch.stats.events.total_ratio_interval`).

    How it misleads: two totals without the counts cannot tell more complaints from dearer ones, nor prices that rose
    for everything. Set it beside `complaint_growth`.

    Examples
    --------
    >>> complaint_cost_growth(40_000, 50_000)
    growth of complaint cost: 25.00 %; no interval: one total on either side has no spread
    """
    checked_level(conf_level)
    old, new = _costs(before), _costs(now)
    base, total = float(old.sum()), float(new.sum())
    ratio = total / base if base else math.nan
    each = np.ndim(before) > 0 and np.ndim(now) > 0
    ends, method = (math.nan, math.nan), ONE_TOTAL
    if each and not (base and total):
        method = "no interval: the costs of one period sum to nothing"
    elif each:
        ends = total_ratio_interval(new, old, conf_level=conf_level)
        method = "t interval of the log ratio of two totals"
    n = len(old) + len(new) if each else math.nan
    found = _growth(f"{GROWTH}complaint cost", ratio, ends, log, n, method, conf_level)
    return found if base else found.noted(_zero_start("complaint costs", total))


def _costs(costs: ArrayLike) -> NDArray[np.float64]:
    try:
        x = np.atleast_1d(np.asarray(costs, float)).ravel()
    except (TypeError, ValueError):
        x = np.array([math.nan])
    if not np.all(np.isfinite(x) & (x >= 0)):
        raise ValueError(f"costs must be amounts from 0, none missing; got {reprlib.repr(costs)}.")
    return x


def _growth(
    name: str, ratio: float, ends: tuple[float, float], log: bool, n: float, method: str, conf_level: float
) -> Indicator:
    """Return growth from the ratio of now to before and its interval."""
    with np.errstate(divide="ignore"):
        values = np.array([ratio, *ends])
        estimate, low, high = (100 * np.log(values) if log else 100 * (values - 1)).tolist()
    return Indicator(name, estimate, "log points" if log else "%", low, high, n, 0, method, conf_level)


def _zero_start(what: str, now: float) -> Note:
    known = f"from 0 to {now:,.15g}" if now else "none in either period"
    return Note("zero_start", f"No {what} before: growth is not defined ({known}).", changes_reading=True)
