"""Contact logs: from events to what happened to each case or customer, ready as drivers of a survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxresearch.errors import CodebookError, SurveyError
from cxresearch.survey._contacts_entries import ContactColumns, contact_columns
from cxresearch.survey._contacts_join import answers_frame, check_answers, no_drivers, no_match, places
from cxresearch.survey._contacts_log import Log, read_log
from cxresearch.survey._contacts_measures import by_case, by_customer, measured
from cxresearch.survey._contacts_notes import (
    JOINING,
    READING,
    case_counts,
    count_table,
    joining_notes,
    reading_notes,
)
from cxresearch.survey._contacts_times import NEVER, Micros, read_days, read_times
from cxresearch.survey._entries import GROUPS, Mistakes, load
from cxresearch.survey._text import shown
from cxresearch.survey.codebook import Codebook

Unit = Literal["case", "customer"]
DAY = 86_400_000_000  # microseconds
_COUNT = {"kind": "count", "good": "low"}
_HOURS = {"kind": "number", "good": "low", "scale": [0, float("inf")]}
DRIVERS: dict[str, dict[str, Any]] = {
    "contacts": _COUNT, "transfers": _COUNT, "repeats": _COUNT, "customer_repeats": _COUNT,
    "channel_switches": _COUNT, "reopenings": _COUNT, "waiting_hours": _HOURS, "resolution_hours": _HOURS,
    "first_contact_resolution": {"kind": "binary"}, "path": {"kind": "category"},
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Joined:
    """Answers with what the log says of each respondent.

    Attributes
    ----------
    table : DataFrame
        The answers as they came, in their order, then the drivers; empty where the log has nothing to say.
    counts : DataFrame
        What matched and what did not: ``what``, ``n``, ``meaning``.
    notes : tuple of str
        What changes the reading.
    """

    table: pd.DataFrame
    counts: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        n = len(self.table)
        return _told(f"Joined: {n:,} answer{'s' * (n != 1)}", self.counts, self.notes)


@dataclass(frozen=True, eq=False)
class Contacts:
    """A contact log as one row a case, or one row a customer.

    Attributes
    ----------
    table : DataFrame
        Key column (``case`` or ``customer``), then what happened; see `read_contacts`.
    counts : DataFrame
        What was found and what was left out: ``what``, ``n``, ``meaning``.
    unit : {"case", "customer"}
        What a row is.
    within_days : float
        Window of repeats and of first-contact resolution.
    until : Timestamp
        End of the log, UTC.
    notes : tuple of str
        What changes the reading.
    """

    table: pd.DataFrame
    counts: pd.DataFrame
    unit: Unit
    within_days: float
    until: pd.Timestamp
    notes: tuple[str, ...]
    _log: Log = field(repr=False)
    _spec: ContactColumns = field(repr=False)
    _numbers: pd.Index = field(repr=False)

    def __repr__(self) -> str:
        n = len(self.table)
        head = f"Contacts: {n:,} {self.unit}{'s' * (n != 1)} until {self.until:%Y-%m-%d %H:%M} UTC"
        return _told(head, self.counts, self.notes)

    @property
    def drivers(self) -> dict[str, dict[str, Any]]:
        """The measures as entries for ``[drivers]`` of a codebook.

        Examples
        --------
        >>> import pandas as pd
        >>> log = pd.DataFrame({"case": [1], "at": ["2026-03-01T10:00Z"], "team": ["a"]})
        >>> book = {"contacts": {"case": "case", "time": "at", "agent": "team"}}
        >>> list(read_contacts(log, book).drivers)
        ['contacts', 'transfers', 'repeats', 'waiting_hours']
        """
        entries = {name: {"column": name, **DRIVERS[name]} for name in self.table if name in DRIVERS}
        if self.unit == "customer" and "first_contact_resolution" in entries:  # a share of cases
            entries["first_contact_resolution"] |= {"kind": "number", "scale": [0, 1]}
        return entries

    def join(self, answers: Any, key: str, *, answered_at: str | None = None) -> Joined:
        """Put what the log says beside each answer of a survey.

        Parameters
        ----------
        answers : DataFrame
            pandas, Polars, Arrow or DuckDB data, one row an answer. Read a file with pandas first.
        key : str
            Column of the answers that holds the case or the customer, whichever a row of the contacts is.
            1, 1.0 and "1" are one key; "01" is another.
        answered_at : str or None
            Column with the time of the answer. Events after it cannot have moved it: they are left out, answer
            by answer, and counted; first-contact resolution is then decided only if its window was over.
            A date without a time is read as the end of that day in the zone of ``[contacts]``, and counted;
            so is every time of a column in which all are midnight.

        Returns
        -------
        Joined
            Answers without a match keep their row; their drivers are empty, not 0.

        Raises
        ------
        SurveyError
            If a column is missing or has the name of a driver, if two answers have one key, if no key matches,
            or if no answer has an event up to its time.

        Notes
        -----
        How it misleads: an answer without a match is a customer who never made contact *or* whose key was not
        written down; the log cannot say which. Respondents are not all customers: compare ``table`` of the
        contacts for those who answered and those who did not before generalising.

        Examples
        --------
        >>> import pandas as pd
        >>> log = pd.DataFrame({
        ...     "ticket": [1, 1, 2], "team": ["a", "b", "a"],
        ...     "at": ["2026-03-01T10:00Z", "2026-03-01T11:00Z", "2026-03-02T09:00Z"],
        ... })
        >>> contacts = read_contacts(log, {"contacts": {"case": "ticket", "time": "at", "agent": "team"}})
        >>> joined = contacts.join(pd.DataFrame({"ticket": [1, 2, 3], "ces": [3, 7, 6]}), "ticket")
        >>> joined.table[["ticket", "ces", "transfers"]]
           ticket  ces  transfers
        0       1    3        1.0
        1       2    7        0.0
        2       3    6        NaN
        """
        frame = answers_frame(answers)
        drivers = [name for name in self.table.columns if name not in ("case", "customer")]
        check_answers(frame, key, answered_at, drivers)
        labels = self._log.cases if self.unit == "case" else self._log.customers
        place = places(frame[key], labels)
        held = np.isin(place, self._numbers)
        if not held.any():
            raise SurveyError(no_match(frame[key], labels, self.unit))
        empty = frame[key].isna().to_numpy()
        counts = {
            "answers": len(frame), "answers_without_key": int(empty.sum()),
            "answers_without_contacts": int((~held & ~empty).sum()),
            "contacts_without_answer": int((~np.isin(self._numbers, place)).sum()),
        }  # fmt: skip
        rows = self.table.set_axis(self._numbers)
        if answered_at is not None:
            rows = self._before(frame[answered_at], place, held, counts)
        counts["answers_matched"] = int(np.isin(place, rows.index).sum())
        if not counts["answers_matched"]:
            raise SurveyError(no_drivers(counts, str(answered_at)))
        found = rows[drivers].reindex(place).set_axis(frame.index)
        table = pd.concat([frame, found], axis=1)
        return Joined(table, count_table(counts, JOINING, self.unit), tuple(joining_notes(counts)))

    def _before(
        self,
        answered: pd.Series,
        place: npt.NDArray[np.intp],
        held: npt.NDArray[np.bool_],
        counts: dict[str, int],
    ) -> pd.DataFrame:
        """Return the measures from the events up to each answer; add to the counts."""
        log, spec = self._log, self._spec
        name, missing = str(answered.name), spec.missing
        read = read_times(answered, name, pattern="iso", zone=spec.zone, missing=missing)
        times, dated = read_days(answered, read, spec.zone)
        cut = np.full(len(log.cases if self.unit == "case" else log.customers) + 1, NEVER)
        cut[place[held]] = times[held]
        # number -1, nobody's events, finds the last entry
        of_case = cut[:-1] if self.unit == "case" or log.customer is None else cut[log.customer]
        limit = of_case[log.case]
        counts["events_after_answer"] = int(((limit != NEVER) & (log.time > limit)).sum())
        ends = np.minimum(of_case, _micros(self.until))
        rows = _summary(log.kept(log.time <= limit), spec, self.unit, self.within_days, ends)[1]
        timed = times != NEVER
        counts["answers_dated"] = int((held & dated).sum())
        counts["answers_without_time"] = int((held & ~timed).sum())
        counts["answers_before_contacts"] = int((held & timed & ~np.isin(place, rows.index)).sum())
        return rows


def read_contacts(
    source: Any,
    codebook: Any,
    *,
    unit: Unit = "case",
    within_days: float = 7,
    until: str | datetime | None = None,
) -> Contacts:
    """Read a contact log and return what happened to each case, or to each customer.

    Parameters
    ----------
    source : DataFrame, LazyFrame, Table, relation, path or list of paths
        One row an event, in any order: pandas, Polars, Arrow or DuckDB data, CSV or Parquet files. Only the
        columns named are read; a query is run for them where the data lie.
    codebook : path, mapping or Codebook
        Its ``[contacts]`` entry says which column is what (``case`` and ``time`` must be named; ``customer``,
        ``channel``, ``agent``, ``type`` may be), which values of ``type`` mean ``contact``, ``response``,
        ``closed``, ``reopened``, the ``zone`` of times that name none, ``time_format`` and ``missing``.
    unit : {"case", "customer"}
        What a row is.
    within_days : float
        Window of repeats and of first-contact resolution.
    until : text, datetime or None
        End of the log; later events are left out and counted. The last event, unless given.

    Returns
    -------
    Contacts
        ``table`` has one row a unit. Measures whose columns are not named are left out, and a note says so:

        =========================== ==================================================================
        ``opened_at, last_at``      first and last event, UTC
        ``closed_at``               first closing after the last reopening, UTC; empty while open
        ``events``                  events
        ``contacts``                events by which the customer gets in touch: of a type that ``contact``
                                    names, else all but responses, closings and reopenings
        ``transfers``               events whose agent or group is not the last one known in the case
        ``repeats``                 contacts at most ``within_days`` after the contact before in the case
        ``customer_repeats``        the same after the customer's contact before, about any case
        ``channel_switches``        contacts by another channel than the contact before in the case
        ``path``                    its channels, such as ``"web→phone"``; runs are one step, 12 at most
        ``reopenings``              events of a reopened type; where none is named, events of another type
                                    right after a closed one
        ``waiting_hours``           first event to first response; where no type is named, to the first
                                    event with an agent
        ``resolution_hours``        first event to ``closed_at``
        ``first_contact_resolution`` 1: within ``within_days`` of the first contact closed, not reopened, no
                                    second contact; 0: not so; empty: the log ends before that is known
        ``censored``                1 where the first contact is less than ``within_days`` before the end
        =========================== ==================================================================

        A row for a customer has ``cases``, sums of counts over them, means of hours and of first-contact
        resolution over those that have one, and the paths of the cases one after the other.

    Raises
    ------
    CodebookError
        If ``[contacts]`` is missing or has mistakes.
    SurveyError
        If a column is missing, there are no events, or no time can be read.

    Notes
    -----
    Events are sorted by time; at equal times the order of the source stands. Times of mixed offsets become
    UTC; a local time that the change of clocks makes double is read as the earlier. An event that repeats
    another in every column named is dropped. A case belongs to the first customer named in it. Everything
    found and left out is in ``counts``.

    How it misleads: an agent change at the end of a shift counts as a transfer; a long case has more time to
    be handed on, so transfers and hours grow together by construction; cases that began before the log or
    end after it look shorter than they are; a contact nobody logged is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({
    ...     "ticket": [1, 1, 1, 2, 2], "channel": ["web", "phone", None, "phone", None],
    ...     "team": [None, "desk", "billing", "desk", "desk"],
    ...     "what": ["asks", "asks", "closes", "asks", "closes"],
    ...     "at": ["2026-03-01T10:00+01:00", "2026-03-01T12:00+01:00", "2026-03-02T09:00Z",
    ...            "2026-03-01T09:00Z", "2026-03-10T09:30Z"],
    ... })
    >>> book = {"contacts": {"case": "ticket", "time": "at", "channel": "channel", "agent": "team",
    ...                      "type": "what", "closed": ["closes"]}}
    >>> contacts = read_contacts(log, book)
    >>> contacts.table[["case", "transfers", "repeats", "path", "first_contact_resolution"]]
       case  transfers  repeats       path  first_contact_resolution
    0     1          1        1  web→phone                       0.0
    1     2          0        0      phone                       0.0
    """
    if unit not in ("case", "customer"):
        raise ValueError(f"`unit` must be 'case' or 'customer'; got {unit!r}.")
    if not 0 < within_days < 36_525:
        raise ValueError(f"`within_days` must be a number of days above 0; got {within_days!r}.")
    spec = _spec(codebook)
    if unit == "customer" and spec.customer is None:
        raise CodebookError('[contacts] names no customer = "...": a row can only be a case.')
    last = None if until is None else _end(until, spec.zone)
    log, counts, notes = read_log(source, spec, round(within_days * DAY), last)
    end = int(log.time.max()) if last is None else last
    cases, rows = _summary(log, spec, unit, within_days, end)
    counts |= case_counts(cases, None if log.customer is None else log.customer[cases.index])
    table = pd.concat([_keys(log, cases, rows, unit), rows.reset_index(drop=True)], axis=1)
    notes += reading_notes(spec, counts, within_days)
    moment = pd.Timestamp(end, unit="us", tz="UTC")
    found = count_table(counts, READING, unit)
    return Contacts(table, found, unit, within_days, moment, tuple(notes), log, spec, rows.index)


def _summary(
    log: Log, spec: ContactColumns, unit: Unit, within_days: float, end: int | Micros
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row a case, and one row a unit; their indices hold its number."""
    wanted = measured(spec)
    cases = by_case(log, wanted, round(within_days * DAY), end)
    return cases, cases if unit == "case" else by_customer(log, cases, wanted)


def _keys(log: Log, cases: pd.DataFrame, rows: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """Return what the rows are called: the case and its customer, or the customer."""
    numbers: dict[str, Any] = {unit: rows.index}
    if unit == "case" and log.customer is not None:
        numbers["customer"] = log.customer[cases.index]
    labels = {"case": log.cases, "customer": log.customers}
    return pd.DataFrame({name: _named(labels[name], np.asarray(found)) for name, found in numbers.items()})


def _named(labels: pd.Index, numbers: npt.NDArray[Any]) -> pd.Series:
    """Return what numbers stand for; -1 is nobody."""
    if not len(labels):
        return pd.Series([None] * len(numbers), dtype=object)
    found = pd.Series(labels.take(np.maximum(numbers, 0)))
    return found.mask(numbers < 0) if (numbers < 0).any() else found


def _spec(codebook: Any) -> ContactColumns:
    """Return the ``[contacts]`` of a codebook, which may have nothing else."""
    if isinstance(codebook, Codebook):
        where, spec = codebook.source, codebook.contacts
    else:
        where, content = ("codebook", codebook) if isinstance(codebook, Mapping) else load(codebook)
        mistakes = Mistakes(where)
        mistakes.keys("", content, {"title", "design", "contacts", *GROUPS})
        entry = content.get("contacts")
        spec = None if entry is None else contact_columns(mistakes, mistakes.table("contacts", entry))
        mistakes.report()
    if spec is None:
        raise CodebookError(
            f'{where} has no [contacts]: say which column is what, at least case = "..." and time = "...".'
        )
    return spec


def _end(until: str | datetime, zone: str | None) -> int:
    try:
        moment = pd.Timestamp(until)
    except (ValueError, TypeError):
        raise ValueError(
            f"`until` must be a time such as '2026-03-31 18:00'; got {shown(str(until))}."
        ) from None
    if moment is pd.NaT:
        raise ValueError("`until` is no time.")
    if moment.tz is None:
        if zone is None:
            raise ValueError("`until` names no time zone, nor does zone in [contacts].")
        moment = moment.tz_localize(zone)
    return _micros(moment)


def _micros(moment: pd.Timestamp) -> int:
    return int(moment.to_datetime64().astype("datetime64[us]").astype(np.int64))


def _told(head: str, counts: pd.DataFrame, notes: Sequence[str]) -> str:
    rows = zip(counts["n"].tolist(), counts["meaning"].tolist(), strict=True)
    lines = [f"  {n:>12,}  {meaning}" for n, meaning in rows if n]
    return "\n".join([head, *lines, *(f"! {note}" for note in notes)])
