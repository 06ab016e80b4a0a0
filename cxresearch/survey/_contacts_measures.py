"""From events in order to one row a case, and from cases to one row a customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxresearch.survey._contacts_entries import ContactColumns
from cxresearch.survey._contacts_log import (
    CLOSED,
    CONTACT,
    CUSTOMER_REPEAT,
    REOPENED,
    REPEAT,
    RESPONSE,
    SWITCH,
    TRANSFER,
    Codes,
    Log,
    by_group_and_time,
)
from cxresearch.survey._contacts_times import NEVER, Micros

Float = npt.NDArray[np.float64]
Group = npt.NDArray[np.int32]

HOUR = 3_600_000_000  # microseconds
STEPS = 12  # channels of a path that are written out
ARROW, APART = "→", "; "
COUNTS = {
    "contacts": CONTACT, "transfers": TRANSFER, "repeats": REPEAT, "customer_repeats": CUSTOMER_REPEAT,
    "channel_switches": SWITCH, "reopenings": REOPENED,
}  # fmt: skip
MEANS = ("waiting_hours", "resolution_hours", "first_contact_resolution")
TIMES = ("opened_at", "last_at", "closed_at")


def measured(spec: ContactColumns) -> list[str]:
    """Return the measures that the columns and types named allow."""
    given = {
        "transfers": spec.agent, "customer_repeats": spec.customer, "channel_switches": spec.channel,
        "path": spec.channel, "reopenings": spec.closed or spec.reopened,
        "waiting_hours": spec.response or spec.agent, "resolution_hours": spec.closed,
        "first_contact_resolution": spec.closed, "closed_at": spec.closed,
    }  # fmt: skip
    every = ("opened_at", "closed_at", "last_at", "events", *COUNTS, "path", *MEANS, "censored")
    return [name for name in every if name not in given or given[name]]


def by_case(log: Log, wanted: Sequence[str], within: int, end: int | Micros) -> pd.DataFrame:
    """Return one row a case that has events; the index holds the number of the case.

    Parameters
    ----------
    log : Log
        Events in order.
    wanted : sequence of str
        Measures.
    within : int
        Microseconds of the window of first-contact resolution.
    end : int or array
        Until when events are known: for all cases, or for each number of a case.
    """
    new = np.append(True, log.case[1:] != log.case[:-1]) if len(log.case) else np.empty(0, bool)
    starts = np.flatnonzero(new)
    group = np.cumsum(new, dtype=np.int32) - np.int32(1)
    lasts = np.append(starts[1:], len(log.case))[: len(starts)] - 1
    case = log.case[starts]
    found: dict[str, Any] = {"path": _paths(log, group, len(starts))} if "path" in wanted else {}
    found |= {"opened_at": log.time[starts], "last_at": log.time[lasts]}
    found["events"] = (lasts - starts + 1).astype(np.int32)
    for name, bit in COUNTS.items():
        if name in wanted:
            marked = (log.flags & bit) != 0
            found[name] = np.add.reduceat(marked, starts, dtype=np.int32) if len(starts) else starts
    if "waiting_hours" in wanted:
        answered = _nth(log, group, len(starts), RESPONSE)
        found["waiting_hours"] = _hours(found["opened_at"], answered)
    if "closed_at" in wanted:
        found["closed_at"] = _closed(log, group, len(starts))
        found["resolution_hours"] = _hours(found["opened_at"], found["closed_at"])
    ends = end[case] if isinstance(end, np.ndarray) else np.full(len(case), end)
    first = _nth(log, group, len(starts), CONTACT)
    found["censored"] = ((first != NEVER) & (first > ends - within)).astype(np.int8)
    if "first_contact_resolution" in wanted:
        found["first_contact_resolution"] = _resolved_first(log, group, first, within, ends)
    for name in TIMES:
        if name in found:
            found[name] = pd.to_datetime(found[name].view("datetime64[us]"), utc=True)
    return pd.DataFrame({name: found[name] for name in wanted}, index=pd.Index(case), copy=False)


def by_customer(log: Log, cases: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """Return one row a customer from the table of cases; the index holds the number of the customer.

    Counts are sums over the customer's cases, times and first-contact resolution means over the cases that
    have one; ``censored`` counts cases.
    """
    assert log.customer is not None
    who = log.customer[cases.index.to_numpy()]
    known = who >= 0
    cases, who = cases[known], who[known]
    grouped = cases.groupby(who, sort=True)
    sums = ["events", *(name for name in COUNTS if name in wanted), "censored"]
    found: dict[str, Any] = {"cases": grouped.size()}
    found |= {"opened_at": grouped["opened_at"].min(), "last_at": grouped["last_at"].max()}
    found |= {name: grouped[name].sum() for name in sums}
    found |= {name: grouped[name].mean() for name in MEANS if name in wanted}
    if "path" in wanted:
        opened = np.asarray(cases["opened_at"].astype(np.int64), np.int64)
        order = by_group_and_time(who, opened, int(who.max(initial=0)) + 1)
        codes, names = cases["path"].cat.codes.to_numpy()[order], list(cases["path"].cat.categories)
        has = codes >= 0
        rank = np.searchsorted(np.unique(who), who[order][has]).astype(np.int32)
        found["path"] = _sequences(rank, codes[has], len(found["cases"]), names, APART)
    names = ["cases", *(name for name in wanted if name != "closed_at")]
    return pd.DataFrame({name: found[name] for name in names}, index=found["cases"].index)


def _nth(log: Log, group: Group, k: int, bit: int, n: int = 0) -> Micros:
    """Return the time of the first (or n-th after it) event of each group that has a bit."""
    rows = np.flatnonzero(log.flags & bit)
    at = group[rows]
    firsts = np.flatnonzero(np.append(True, at[1:] != at[:-1])) if len(at) else np.empty(0, np.intp)
    place = firsts + n
    place = place[place < len(at)] if n else place
    held = at[place] == at[firsts[: len(place)]]
    out = np.full(k, NEVER)
    out[at[place[held]]] = log.time[rows[place[held]]]
    return out


def _closed(log: Log, group: Group, k: int) -> Micros:
    """Return when each case was closed for good: the first closing after its last reopening."""
    reopened = np.full(k, -1)
    rows = np.flatnonzero(log.flags & REOPENED)
    reopened[group[rows]] = rows  # the last one stays
    rows = np.flatnonzero(log.flags & CLOSED)
    rows = rows[rows > reopened[group[rows]]][::-1]
    out = np.full(k, NEVER)
    out[group[rows]] = log.time[rows]  # backwards: the first one stays
    return out


def _hours(start: Micros, end: Micros) -> Float:
    return np.where(end == NEVER, np.nan, (end - start) / HOUR)


def _resolved_first(log: Log, group: Group, first: Micros, within: int, ends: Micros) -> Float:
    """Return 1 where all was done `within` the first contact, 0 where not, NaN where it is not decided."""
    k = len(first)
    limit = first + within
    second, reopened, closed = (
        _nth(log, group, k, CONTACT, 1), _nth(log, group, k, REOPENED), _nth(log, group, k, CLOSED),
    )  # fmt: skip
    again = ((second != NEVER) & (second <= limit)) | ((reopened != NEVER) & (reopened <= limit))
    done = (closed != NEVER) & (closed <= limit)
    found = np.where(again, 0.0, np.where(limit > ends, np.nan, done))
    found[first == NEVER] = np.nan
    return found


def _paths(log: Log, group: Group, k: int) -> pd.Categorical:
    """Return the channels of each case's contacts in order, runs of one channel as one step."""
    assert log.channel is not None
    rows = np.flatnonzero(((log.flags & CONTACT) != 0) & (log.channel >= 0))
    at = group[rows]
    step = (log.flags[rows] & SWITCH) != 0
    step[np.append(True, at[1:] != at[:-1])[: len(at)]] = True
    rows = rows[step]
    names = [str(label) for label in log.channels]
    return _sequences(group[rows], log.channel[rows], k, names, ARROW)


def _sequences(group: Group, codes: Codes, k: int, names: Sequence[str], between: str) -> pd.Categorical:
    """Return the names of each group's codes in a row; after `STEPS` of them an ellipsis."""
    firsts = np.flatnonzero(np.append(True, group[1:] != group[:-1])[: len(group)])
    lengths = np.diff(np.append(firsts, len(group)))
    state = np.full(len(firsts), -1, np.int64)  # which text each group has so far
    texts: list[str] = []
    for step in range(min(STEPS + 1, int(lengths.max(initial=0)))):
        going = np.flatnonzero(lengths > step)
        code = codes[firsts[going] + step].astype(np.int64)
        code = np.zeros_like(code) if step == STEPS else code
        pairs, inverse = np.unique((state[going] + 1) * len(names) + code, return_inverse=True)
        state[going] = len(texts) + inverse
        for pair in pairs.tolist():
            before, this = divmod(pair, len(names))
            name = "…" if step == STEPS else names[this]
            texts.append(name if before == 0 else texts[before - 1] + between + name)
    held = np.flatnonzero(np.bincount(state, minlength=1)) if len(state) else np.empty(0, np.intp)
    codes, found = pd.factorize(np.array([texts[i] for i in held], dtype=object))  # names may hold an arrow
    row = np.full(k, -1, np.int64)
    row[group[firsts]] = codes[np.searchsorted(held, state)]
    return pd.Categorical.from_codes(row, pd.Index(found))
