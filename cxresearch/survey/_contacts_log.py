"""An event log in order: columns as codes, times in UTC, events by case and time, each with what it means."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cxresearch.errors import SurveyError
from cxresearch.survey._columns import whole
from cxresearch.survey._contacts_entries import COLUMNS, MEANINGS, ContactColumns
from cxresearch.survey._contacts_times import NEVER, Micros, read_times
from cxresearch.survey._csv import EMPTY_WORDS
from cxresearch.survey._entries import nearest
from cxresearch.survey._text import shown
from cxresearch.survey.frames import _collect
from cxresearch.survey.readers import find_source

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
Codes = npt.NDArray[Any]
Flags = npt.NDArray[np.uint8]

# what an event means, one bit each; the last five compare it with events before it, never after
CONTACT, RESPONSE, CLOSED, REOPENED, TRANSFER, REPEAT, CUSTOMER_REPEAT, SWITCH = (1 << i for i in range(8))


@dataclass(frozen=True, eq=False)
class Log:
    """Events sorted by case, then time, then place in the source.

    Attributes
    ----------
    case : int32 array
        Number of the case of each event.
    time : int64 array
        Microseconds of UTC.
    flags : uint8 array
        What each event means.
    channel : int array or None
        Number of the channel, -1 where unknown.
    customer : int array or None
        Number of the customer of each *case*, -1 where unknown.
    cases, customers, channels : Index
        What the numbers stand for.
    """

    case: npt.NDArray[np.int32]
    time: Micros
    flags: Flags
    channel: Codes | None
    customer: Codes | None
    cases: pd.Index
    customers: pd.Index
    channels: pd.Index

    def kept(self, keep: npt.NDArray[np.bool_]) -> Log:
        """Return some of the events."""
        channel = None if self.channel is None else self.channel[keep]
        return replace(
            self, case=self.case[keep], time=self.time[keep], flags=self.flags[keep], channel=channel
        )


@dataclass(eq=False)
class _Columns:
    """The columns of a log while it is put in order; -1 stands for nothing known."""

    codes: dict[str, Codes]
    labels: dict[str, pd.Index]
    time: Micros

    def take(self, rows: Any) -> None:
        """Keep some rows, or bring them into an order, one column at a time."""
        self.time = self.time[rows]
        for name in self.codes:
            self.codes[name] = self.codes[name][rows]


def read_log(
    source: Any, spec: ContactColumns, within: int, until: int | None
) -> tuple[Log, dict[str, int], list[str]]:
    """Return the log in order, counts of what was found, and notes.

    Parameters
    ----------
    source : anything `cxresearch.read` takes
        The events.
    spec : ContactColumns
        Which column is what.
    within : int
        Microseconds after a contact in which another is a repeat.
    until : int or None
        Last moment of the log; later events are left out. None: the last event.
    """
    columns, counts = _open(source, spec)
    notes = _unknown_values(spec, columns)
    _leave_out(columns, counts, until)
    if not len(columns.time):
        raise SurveyError(f"no event is left: {_why_none(counts)}.")
    order = by_group_and_time(columns.codes["case"], columns.time, len(columns.labels["case"]))
    columns.take(order)
    case, time = columns.codes["case"], columns.time
    same = case[1:] == case[:-1]
    tied = same & (time[1:] == time[:-1])
    counts["out_of_order"] = int((same & (order[1:] < order[:-1])).sum())
    again = _duplicates(columns, tied)
    counts["duplicates"] = int(again.sum())
    if counts["duplicates"]:
        columns.take(~again)
        order = order[~again]
        case, time = columns.codes["case"], columns.time
        tied = (case[1:] == case[:-1]) & (time[1:] == time[:-1])
    counts["same_time"] = int(tied.sum())
    counts["events"] = len(case)
    for name in ("agent", "channel", "type", "customer"):
        if name in columns.codes:
            counts[f"missing_{name}"] = int((columns.codes[name] < 0).sum())
    customer = _customers(columns, counts)
    flags = _meanings(columns, spec)
    _compare(columns, flags, spec, within)
    if customer is not None:
        _compare_customers(columns, flags, customer[case], order, within)
    labels = columns.labels
    log = Log(
        case, time, flags, columns.codes.get("channel"), customer, labels["case"],
        labels.get("customer", pd.Index([])), labels.get("channel", pd.Index([])),
    )  # fmt: skip
    return log, counts, notes


# Opening


def _open(source: Any, spec: ContactColumns) -> tuple[_Columns, dict[str, int]]:
    found = find_source(source, spec.columns)
    for key in COLUMNS:
        column = getattr(spec, key)
        if column is not None and column not in found.available:
            raise SurveyError(
                f"{found.name}: there is no column {shown(column)}, which {key} in [contacts] names"
                f"{nearest(column, found.available)} Its columns: {', '.join(map(shown, found.available[:30]))}."
            )
    wanted = found.frame.select(*spec.columns)
    frame = _collect(wanted, found.name) if isinstance(wanted, nw.LazyFrame) else wanted
    if not len(frame):
        raise SurveyError(f"{found.name} has no events.")
    times = read_times(
        frame.get_column(spec.time).to_pandas(), spec.time,
        pattern=spec.time_format, zone=spec.zone, missing=spec.missing,
    )  # fmt: skip
    codes, labels = {}, {}
    for key in COLUMNS:
        column = getattr(spec, key)
        if key != "time" and column is not None:
            codes[key], labels[key] = encode(frame.get_column(column), spec.missing)
    if not len(labels["case"]):
        raise SurveyError(f"column {shown(spec.case)} is empty: no event has a case.")
    counts = {
        "events_read": len(frame), "missing_time": int(times.missing.sum()),
        "unreadable_time": int(times.unreadable.sum()), "clock_change": times.shifted,
    }  # fmt: skip
    return _Columns(codes, labels, times.utc), counts


def encode(series: nw.Series[Any], missing: Collection[str]) -> tuple[Codes, pd.Index]:
    """Return a column as numbers, -1 where nothing is known, and what they stand for."""
    if series.dtype.is_integer() and not series.null_count():
        near = _near_codes(np.asarray(series.to_numpy()))
        if near is not None and not any(_NUMBER.fullmatch(word) for word in missing):
            return near
    if series.implementation.is_polars() or series.implementation.is_pyarrow():
        numbers, labels = _arrow_codes(series)
    else:
        values = series.to_pandas()
        try:
            numbers, labels = pd.factorize(values)
        except TypeError:  # lists and other values that cannot be hashed
            numbers, labels = pd.factorize(values.astype("str"))
    labels = pd.Index(labels)
    if isinstance(labels.dtype, pd.CategoricalDtype):
        labels = labels.astype(labels.categories.dtype)
    if labels.dtype.kind == "f" and (labels == np.floor(labels)).all():
        labels = labels.astype(np.int64)
    clean = _clean(labels, {*EMPTY_WORDS, *missing})
    if clean is not None:
        joined, labels = pd.factorize(clean)
        numbers, labels = np.append(joined, -1)[numbers], pd.Index(labels)
    return _signed(numbers, len(labels)), labels


def _near_codes(x: npt.NDArray[Any]) -> tuple[Codes, pd.Index] | None:
    """Return whole numbers that lie close together less the lowest; None where they do not."""
    low, high = int(x.min()), int(x.max())
    if x.dtype.kind not in "iu" or high - low >= 2 * len(x):
        return None
    return _signed(x - low, high - low + 1), pd.RangeIndex(low, high + 1)


def _arrow_codes(series: nw.Series[Any]) -> tuple[Codes, pd.Index]:
    import pyarrow as pa

    native = series.to_native()
    chunked = native if isinstance(native, pa.ChunkedArray) else pa.chunked_array([native.to_arrow()])
    if not (pa.types.is_string(chunked.type) or pa.types.is_large_string(chunked.type)
            or pa.types.is_string_view(chunked.type) or pa.types.is_dictionary(chunked.type)):  # fmt: skip
        return pd.factorize(series.to_pandas())
    if not len(chunked):
        return np.empty(0, np.int32), pd.Index([], dtype="str")
    coded = pa.types.is_dictionary(chunked.type)  # chunks coded here share one dictionary already
    chunked = chunked.unify_dictionaries() if coded else chunked.dictionary_encode()
    numbers = pa.chunked_array([chunk.indices for chunk in chunked.chunks]).cast("int32").fill_null(-1)
    return numbers.to_numpy(), _arrow_labels(chunked.chunk(0).dictionary)


def _arrow_labels(values: Any) -> pd.Index:
    """Return Arrow text as an index, without a Python object for each."""
    import pyarrow as pa

    text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    return pd.Index(pd.array(values, dtype="str") if text else values.to_pandas())


def _clean(labels: pd.Index, missing: Collection[str]) -> pd.Series | None:
    """Return labels without spaces around them and empty where they mean nothing; None if all is well."""
    values = pd.Series(labels.array)
    if pd.api.types.is_numeric_dtype(values.dtype):
        none = values.isin([float(word) for word in missing if _NUMBER.fullmatch(word)])
        return values.astype(object).mask(none, None) if none.any() else None
    if isinstance(values.dtype, pd.StringDtype):
        stripped = values.str.strip()
        changed = bool((stripped != values).any())
    elif values.dtype == object:  # numbers among text stay numbers; whole ones lose their decimal point
        stripped = values.map(lambda value: value.strip() if isinstance(value, str) else whole(value))
        changed = True
    else:
        return None
    none = stripped.astype("str").isin(list(missing))
    return stripped.mask(none, None) if changed or none.any() else None


def _signed(numbers: npt.NDArray[Any], k: int) -> Codes:
    """Return numbers of at least -1 and below `k` in the smallest type that holds them."""
    dtype = np.int8 if k <= 127 else np.int16 if k <= 32_767 else np.int32
    return numbers.astype(dtype, copy=False)


def _unknown_values(spec: ContactColumns, columns: _Columns) -> list[str]:
    """Note values named in the codebook that no event has."""
    if spec.type is None:
        return []
    known = {str(whole(label)) for label in columns.labels["type"]}
    notes = []
    for key in MEANINGS:
        lost = [value for value in getattr(spec, key) if value not in known]
        if lost:
            has = ", ".join(map(shown, sorted(known)[:12]))
            notes.append(
                f"No event has the type {', '.join(map(shown, lost))}, which {key} names; column {shown(spec.type)} "
                f"has {has}."
            )
    return notes


def _leave_out(columns: _Columns, counts: dict[str, int], until: int | None) -> None:
    """Leave out events without a case or a time, and those after the end; each counts by its first reason."""
    timed = columns.time != NEVER
    placed = columns.codes["case"] >= 0
    counts["missing_case"] = int((timed & ~placed).sum())
    keep = timed & placed
    counts["after_until"] = 0
    if until is not None:
        late = keep & (columns.time > until)
        counts["after_until"] = int(late.sum())
        keep &= ~late
    if not keep.all():
        columns.take(keep)


def _why_none(counts: Mapping[str, int]) -> str:
    reasons = {
        "missing_time": "without a time", "unreadable_time": "with a time that cannot be read",
        "missing_case": "without a case", "after_until": "after `until`",
    }  # fmt: skip
    return ", ".join(f"{counts[key]:,} {text}" for key, text in reasons.items() if counts[key])


# Order


def by_group_and_time(group: Codes, time: Micros, k: int) -> npt.NDArray[Any]:
    """Return the order by group, then time, then place; groups are numbers below `k`, none below 0."""
    from scipy import sparse

    n = len(time)
    place = np.int32 if n < 2**31 else np.int64
    first = None if (time[1:] >= time[:-1]).all() else np.argsort(time, kind="stable").astype(place)
    groups = group if first is None else group[first]
    # sorting by counting: the columns of a matrix with one entry a row, in order of rows
    matrix = sparse.csr_array(
        (np.ones(n, np.int8), groups.astype(place, copy=False), np.arange(n + 1, dtype=place)), shape=(n, k)
    )
    counted = matrix.tocsc().indices
    return counted if first is None else first[counted]


def _duplicates(columns: _Columns, tied: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which events repeat an earlier one in every column named."""
    again = np.zeros(len(columns.time), bool)
    rows = np.flatnonzero(np.append(tied, False) | np.append(False, tied))
    if len(rows):
        parts = {name: codes[rows] for name, codes in columns.codes.items()}
        again[rows] = pd.DataFrame(parts | {"time": columns.time[rows]}).duplicated()
    return again


# Meaning


def _customers(columns: _Columns, counts: dict[str, int]) -> Codes | None:
    """Return the customer of each case: the first one known; count cases with several or none."""
    if "customer" not in columns.codes:
        return None
    case, customer = columns.codes["case"], columns.codes.pop("customer")
    known = customer >= 0
    case, customer = (case, customer) if known.all() else (case[known], customer[known])
    found = np.full(len(columns.labels["case"]), -1, customer.dtype)
    first = np.flatnonzero(np.append(True, case[1:] != case[:-1])[: len(case)])
    found[case[first]] = customer[first]
    other = case[customer != found[case]]
    counts["cases_several_customers"] = int(np.count_nonzero(np.bincount(other)))
    return found


def _meanings(columns: _Columns, spec: ContactColumns) -> Flags:
    """Return what each event means by its type and agent alone."""
    flags = np.zeros(len(columns.time), np.uint8)
    if "type" in columns.codes:
        bits = dict(zip(MEANINGS, (CONTACT, RESPONSE, CLOSED, REOPENED), strict=True))
        table = np.zeros(len(columns.labels["type"]) + 1, np.uint8)  # the last is for events without a type
        for i, label in enumerate(columns.labels["type"]):
            for key, bit in bits.items():
                table[i] |= bit if str(whole(label)) in getattr(spec, key) else 0
        if not spec.contact:
            table[table == 0] = CONTACT
        flags = table[columns.codes.pop("type")]
    elif not spec.contact:
        flags |= np.uint8(CONTACT)
    if not spec.response and "agent" in columns.codes:
        flags[columns.codes["agent"] >= 0] |= RESPONSE
    return flags


def _compare(columns: _Columns, flags: Flags, spec: ContactColumns, within: int) -> None:
    """Mark events by what came before them in their case."""
    case, time = columns.codes["case"], columns.time
    if spec.closed and not spec.reopened:
        closed = (flags & CLOSED) != 0
        flags[1:][(case[1:] == case[:-1]) & closed[:-1] & ~closed[1:]] |= REOPENED
    if "agent" in columns.codes:
        agent = columns.codes.pop("agent")
        _mark_changes(flags, case, agent, np.flatnonzero(agent >= 0), TRANSFER)
    contact = (flags & CONTACT) != 0
    if "channel" in columns.codes:
        channel = columns.codes["channel"]
        _mark_changes(flags, case, channel, np.flatnonzero(contact & (channel >= 0)), SWITCH)
    rows = np.flatnonzero(contact)
    _mark_soon(flags, case[rows], time[rows], rows, within, REPEAT)


def _compare_customers(
    columns: _Columns, flags: Flags, who: Codes, order: npt.NDArray[Any], within: int
) -> None:
    """Mark contacts by the one before of the same customer; at equal times the order of the source stands."""
    rows = np.full(int(order.max(initial=-1)) + 1, -1, order.dtype)
    rows[order] = np.arange(len(order), dtype=order.dtype)
    rows = rows[rows >= 0]  # back in the order of the source
    rows = rows[((flags[rows] & CONTACT) != 0) & (who[rows] >= 0)]
    who, time = who[rows], columns.time[rows]
    sorted_rows = by_group_and_time(who, time, int(who.max(initial=0)) + 1)
    _mark_soon(flags, who[sorted_rows], time[sorted_rows], rows[sorted_rows], within, CUSTOMER_REPEAT)


def _mark_changes(flags: Flags, case: Codes, values: Codes, rows: npt.NDArray[np.intp], bit: int) -> None:
    """Mark rows whose value is not that of the row before in the same case; only `rows` count."""
    group, value = case[rows], values[rows]
    flags[rows[1:][(group[1:] == group[:-1]) & (value[1:] != value[:-1])]] |= np.uint8(bit)


def _mark_soon(
    flags: Flags, group: Codes, time: Micros, rows: npt.NDArray[np.intp], within: int, bit: int
) -> None:
    """Mark rows at most `within` after the row before in the same group."""
    flags[rows[1:][(group[1:] == group[:-1]) & (time[1:] - time[:-1] <= within)]] |= np.uint8(bit)
