"""What a contact log found and left out: the table of counts, and notes that change the reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxresearch.survey._contacts_entries import ContactColumns
from cxresearch.survey._contacts_measures import measured

READING = {
    "events_read": "events in the source",
    "missing_time": "left out: no time",
    "unreadable_time": "left out: a time that cannot be read",
    "missing_case": "left out: no case",
    "after_until": "left out: after the end given as `until`",
    "duplicates": "left out: the same as another event in every column named",
    "events": "events used",
    "out_of_order": "events that stand in the source before the one they follow; sorted by time",
    "same_time": "events at the time of the one before in their case; they keep the order of the source",
    "clock_change": "times that a change of clocks makes double (read as the earlier) or skips (moved forward)",
    "missing_customer": "events without a customer; they take that of their case, if it has one",
    "missing_channel": "events without a channel; not counted in switches and path",
    "missing_agent": "events without an agent; not counted in transfers",
    "missing_type": "events without a type; contacts, unless `contact` names types",
    "cases": "cases",
    "cases_several_customers": "cases that name several customers; they belong to the first",
    "cases_without_customer": "cases without a customer",
    "cases_without_contact": "cases in which no event is a contact",
    "cases_without_response": "cases without a response: no waiting time",
    "cases_open": "cases open at the end: no resolution time",
    "cases_censored": "cases whose first contact is less than `within_days` before the end",
    "cases_undecided": "cases whose first-contact resolution is not known at the end",
    "customers": "customers",
}
JOINING = {
    "answers": "answers",
    "answers_without_key": "answers without a key: no drivers",
    "answers_without_contacts": "answers whose key is not in the log: no drivers",
    "answers_without_time": "answers whose own time is missing or cannot be read: no drivers",
    "answers_before_contacts": "answers given before the first event: no drivers",
    "answers_matched": "answers with drivers",
    "answers_dated": "answers whose time is a date alone: read as the end of that day",
    "contacts_without_answer": "{unit}s of the log that nobody answered about",
    "events_after_answer": "events after the answer: left out",
}


def count_table(counts: Mapping[str, int], meanings: Mapping[str, str], unit: str) -> pd.DataFrame:
    """Return counts as a table, in the order of the meanings."""
    rows = [(what, counts[what], text.format(unit=unit)) for what, text in meanings.items() if what in counts]
    return pd.DataFrame(rows, columns=["what", "n", "meaning"])


def case_counts(cases: pd.DataFrame, who: npt.NDArray[Any] | None) -> dict[str, int]:
    """Count cases, what is not known of them, and their customers (numbers, -1 for none)."""
    empty = {
        "cases_without_response": "waiting_hours", "cases_open": "closed_at",
        "cases_undecided": "first_contact_resolution",
    }  # fmt: skip
    counts = {"cases": len(cases), "cases_without_contact": int((cases["contacts"] == 0).sum())}
    counts |= {what: int(cases[name].isna().sum()) for what, name in empty.items() if name in cases}
    if who is not None:
        counts["cases_without_customer"] = int((who < 0).sum())
        counts["customers"] = int(np.count_nonzero(np.bincount(who[who >= 0])))
    return counts | {"cases_censored": int(cases["censored"].sum())}


def reading_notes(spec: ContactColumns, counts: Mapping[str, int], days: float) -> list[str]:
    """Return what a reader of the measures must know."""
    notes = []
    if not spec.contact:
        rest = (
            " that is no response, closing or reopening"
            if spec.response + spec.closed + spec.reopened
            else ""
        )
        notes.append(f"Every event{rest} counts as a contact: name the types that are with `contact`.")
    needs = {
        "transfers": "agent", "channel_switches and path": "channel", "customer_repeats": "customer",
        "reopenings, resolution_hours and first_contact_resolution": "types that are closed",
        "waiting_hours": "response types or agent",
    }  # fmt: skip
    there = measured(spec)
    for names, what in needs.items():
        if names.split(",")[0].split(" ")[0] not in there:
            notes.append(f"No {names}: [contacts] names no {what}.")
    lost = counts["events_read"] - counts["events"]
    if lost:
        notes.append(f"{lost:,} of {counts['events_read']:,} events are left out; `counts` says why.")
    if counts["cases_censored"]:
        notes.append(
            f"{counts['cases_censored']:,} of {counts['cases']:,} cases began less than {days:g} days before the end "
            "of the log: their repeats may still come (`censored`)."
        )
    if counts.get("cases_open"):
        notes.append(
            f"Open at the end of the log: {counts['cases_open']:,} of {counts['cases']:,} cases. The resolution times "
            "that are known are too short on average."
        )
    return notes


def joining_notes(counts: Mapping[str, int]) -> list[str]:
    """Return what a reader of the joined answers must know."""
    without = counts["answers"] - counts["answers_matched"]
    notes = []
    if without:
        notes.append(
            f"{without:,} of {counts['answers']:,} answers have no drivers; their drivers are empty, not 0. `counts` "
            "says why."
        )
    if counts.get("answers_dated"):
        notes.append(
            f"Answers whose time is a date alone: {counts['answers_dated']:,}. It is read as the end of that day, so "
            "what happened later on the day of the answer counts as before it."
        )
    if counts.get("events_after_answer"):
        notes.append(f"Events after an answer, left out of its drivers: {counts['events_after_answer']:,}.")
    if "events_after_answer" not in counts:
        notes.append(
            "Events after an answer count as its drivers, since no time of the answers is named (`answered_at`)."
        )
    return notes
