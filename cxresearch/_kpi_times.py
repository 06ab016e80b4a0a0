"""Indicators of speed: first response against a target, and first-contact resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cxresearch._kpi_results import Indicator, checked_level, is_number, share, undefined
from cxresearch.results import Note
from cxresearch.stats.medians import median_interval

Array = NDArray[np.float64]

#: Targets for a first response that the documents name, in seconds.
TARGETS: Mapping[str, float] = MappingProxyType({"live chat": 20.0, "real time": 3600.0})


@dataclass(frozen=True)
class ResponseTime:
    """How fast contacts were answered first.

    Attributes
    ----------
    within : Indicator
        Share of the contacts answered in less than the target, in %.
    median : Indicator
        Time that half of the contacts waited, at most; infinite where half of them were never answered.
    """

    within: Indicator
    median: Indicator

    def __repr__(self) -> str:
        return f"{self.within!r}\n{self.median!r}"


def first_response_time(
    times: ArrayLike, target: float, *, unit: str = "seconds", conf_level: float = 0.95
) -> ResponseTime:
    """Time to the first response, against a target.

    Parameters
    ----------
    times : array_like
        Time from each contact to the first response, in `unit`, or time differences, which are turned to seconds;
        NaN or NaT: never answered. A contact that is younger than the target and unanswered is not late yet: leave it
        out.
    target : float
        Contacts answered in less than it are within the target; `TARGETS` holds those the documents name, in seconds.
    unit : str
        Of `times` and `target`; ``"seconds"`` where the times are time differences.
    conf_level : float
        Level of Wilson's interval of the share, and at least reached by that of the median, between two of the ordered
        times.

    Returns
    -------
    ResponseTime
        Contacts never answered count: as not within the target, and as longer than any in the median.

    Raises
    ------
    ValueError
        If a time is negative or neither number nor time difference, time differences are to be in another unit than
        seconds, or the target is not above 0.

    Notes
    -----
    How it misleads: a robot answers at once and solves nothing, so the share can be full while customers wait; and
    those who give up before an answer are in the log only if somebody wrote them down.

    Examples
    --------
    >>> first_response_time([4, 9, 12, 15, 18, 25, 31, 240, float("nan")], target=20)
    first response under 20 seconds: 55.56 % [26.67, 81.12], n = 9; 95 % Wilson interval
    - 1 of 9 contacts never answered: not within the target.
    median first response: 18.00 seconds [9.00, 240.00], n = 9; 95 % interval between ordered times
    """
    checked_level(conf_level)
    x = _durations(times, unit)
    if np.any(x < 0):
        raise ValueError(f"a response cannot come before the contact; {np.sum(x < 0):,} times are negative.")
    if not (is_number(target) and target > 0):
        raise ValueError(f"`target` must be above 0, a number of {unit}; got {target!r}.")
    never = int(np.sum(~np.isfinite(x)))
    within = share(
        f"first response under {target:g} {unit}", float(np.sum(x < target)), len(x), conf_level=conf_level
    )
    if never:
        text = f"{never:,} of {len(x):,} contacts never answered: not within the target."
        within = within.noted(Note("never_answered", text))
    return ResponseTime(within, _median_time(np.where(np.isnan(x), np.inf, x), unit, conf_level))


def _durations(times: ArrayLike, unit: str) -> Array:
    """Return times as numbers of their unit; what pandas calls timedelta holds its own unit, and becomes seconds."""
    raw = pd.Series(np.ravel(np.asarray(times))).infer_objects()
    if raw.dtype.kind == "m":
        if unit != "seconds":
            raise ValueError(
                f"time differences are turned to seconds, not {unit}; give numbers: "
                f"times.dt.total_seconds() / (seconds in one of the {unit})."
            )
        return np.asarray(raw.dt.total_seconds(), float)
    try:
        if raw.dtype.kind == "M":
            raise TypeError("they are dates.")
        return np.asarray(raw, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`times` must be numbers of {unit}, or time differences: {error}") from error


def _median_time(x: Array, unit: str, conf_level: float) -> Indicator:
    name = "median first response"
    if not len(x):
        return undefined(name, unit, "there were no contacts.", conf_level=conf_level)
    low, high = median_interval(x, conf_level=conf_level)
    method = "interval between ordered times" if low == low else "no interval: too few contacts"
    return Indicator(name, float(np.median(x)), unit, low, high, len(x), 0, method, conf_level)


def resolved_at_first(
    opened: Any,
    closed: Any,
    again: Any = None,
    *,
    within: float | Literal["same day"] = "same day",
    until: Any = None,
) -> Array:
    """Whether each case was done with its first contact: closed in time, and the customer not back in that time.

    Parameters
    ----------
    opened, closed : array_like of times
        First contact and closing of each case; empty where still open.
    again : array_like of times, optional
        The next contact about it, or its reopening; empty where none. Without it nobody is taken to come back.
    within : float or "same day"
        The time allowed: days of 24 hours, or until the midnight after the first contact, in the zone of the times.
    until : time, optional
        Up to when is known what happened; what came later is not looked at. The last time given, unless said.

    Returns
    -------
    float array
        1: resolved at first contact; 0: not; NaN: not decided, because the time allowed was not over at `until`.

    Raises
    ------
    ValueError
        If the columns differ in length, a first contact is missing, something comes before the first contact, or
        `within` is neither days above 0 nor ``"same day"``.

    Notes
    -----
    For a whole log of events use `cxresearch.read_contacts`, whose ``first_contact_resolution`` has the same
    definition in days. Same-day and seven-day rates of one log are different numbers under one name: a case of 23:50
    has ten minutes, one of 0:10 a whole day; the longer the time allowed, the more is closed and the more come back.

    Examples
    --------
    >>> resolved_at_first(
    ...     opened=["2026-03-02 09:00", "2026-03-02 23:50", "2026-03-03 10:00"],
    ...     closed=["2026-03-02 09:10", "2026-03-03 00:05", "2026-03-03 10:20"],
    ...     again=[None, None, "2026-03-03 15:00"],
    ...     until="2026-03-10 00:00",
    ... )
    array([1., 0., 0.])
    """
    start = _times("opened", opened)
    end, back = (
        _times(name, [None] * len(start) if values is None else values, start)
        for name, values in (("closed", closed), ("again", again))
    )
    if not len(start) == len(end) == len(back):
        raise ValueError(f"the columns differ in length: {len(start):,}, {len(end):,} and {len(back):,}.")
    if start.isna().any():
        raise ValueError(f"{start.isna().sum():,} cases have no first contact.")
    early = int(((end < start) | (back < start)).sum())
    if early:
        raise ValueError(f"{early:,} cases were closed, or came back, before their first contact.")
    if within == "same day":
        limit = _end_of_day(start)
    elif is_number(within) and 0 < within < 36_525:
        limit = start + pd.Timedelta(days=float(within))
    else:
        raise ValueError(f"`within` must be days above 0 or 'same day'; got {within!r}.")
    last = pd.concat([start, end, back]).max()
    known = last if until is None else _times("until", [until], start).iloc[0]
    found = np.where(limit > known, np.nan, (end <= limit).astype(float))
    return np.asarray(np.where((back <= limit) & (back <= known), 0.0, found))


def _end_of_day(times: pd.Series) -> pd.Series:
    """Return the last moment of each day; where clocks skip midnight, or have it twice, the new day begins at once."""
    midnight = times.dt.tz_localize(None).dt.normalize() + pd.Timedelta(days=1)
    if times.dt.tz is not None:
        first = np.ones(len(times), bool)  # of two midnights that in summer time comes first
        midnight = midnight.dt.tz_localize(times.dt.tz, nonexistent="shift_forward", ambiguous=first)
    return midnight - pd.Timedelta(microseconds=1)


def first_contact_resolution(outcomes: ArrayLike, *, conf_level: float = 0.95) -> Indicator:
    """Share of the cases done with their first contact.

    Parameters
    ----------
    outcomes : array_like
        One a case: 1 done, 0 not, NaN not decided; from `resolved_at_first`, or the column
        ``first_contact_resolution`` of `cxresearch.read_contacts` with ``unit="case"``.
    conf_level : float
        Level of Wilson's interval.

    Returns
    -------
    Indicator
        In %; the undecided are left out and counted.

    Raises
    ------
    ValueError
        If an outcome is neither 0 nor 1, such as a customer's mean over cases.

    Notes
    -----
    How it misleads: agents who close early look best until the customer is back, and who comes back by another channel
    or about "another" matter is not seen. Easy cases are done at first contact everywhere. Several cases of one
    customer are no independent cases: the interval is then too short.

    Examples
    --------
    >>> first_contact_resolution([1, 1, 0, 1, float("nan")])
    first-contact resolution: 75.00 % [30.06, 95.44], n = 4 (1 left out); 95 % Wilson interval
    - 1 of 5 cases not decided yet: the time allowed was not over.
    """
    refused = "each outcome must be 1, 0 or missing; for means over cases, read the log with unit='case'."
    try:
        x = np.asarray(outcomes, float).ravel()
    except (TypeError, ValueError) as error:
        raise ValueError(f"{refused} Found: {error}") from error
    known = x[~np.isnan(x)]
    if not np.isin(known, (0.0, 1.0)).all():
        raise ValueError(refused)
    gone = len(x) - len(known)
    found = share(
        "first-contact resolution", float(known.sum()), len(known), conf_level=conf_level, n_missing=gone
    )
    text = f"{gone:,} of {len(x):,} cases not decided yet: the time allowed was not over."
    return found.noted(Note("undecided", text)) if gone else found


def _times(name: str, values: Any, like: pd.Series | None = None) -> pd.Series:
    """Return times to the microsecond; where none is given, empty ones like others."""
    raw = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype=object)
    if like is not None and raw.isna().all():
        return pd.Series(pd.NaT, index=range(len(raw)), dtype=like.dtype)
    try:
        found = pd.to_datetime(raw.reset_index(drop=True), format="ISO8601").dt.as_unit("us")
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"`{name}` holds what is no time, or times of several zones: {error}") from error
    if like is not None and (found.dt.tz is None) != (like.dt.tz is None):
        raise ValueError(f"either all times or none must name a zone; `{name}` differs from `opened`.")
    return found
