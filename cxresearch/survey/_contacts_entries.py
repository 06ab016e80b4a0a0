"""The `[contacts]` entry of a codebook: which column of an event log is what, and what its event types mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from cxresearch.survey._entries import Mistakes
from cxresearch.survey._text import shown

COLUMNS = ("case", "customer", "time", "channel", "agent", "type")
MEANINGS = ("contact", "response", "closed", "reopened")
CONTACT_KEYS = (*COLUMNS, *MEANINGS, "zone", "time_format", "missing")
UNIX = {"unix": 1_000_000, "unix_ms": 1_000}  # microseconds in one


@dataclass(frozen=True)
class ContactColumns:
    """Where an event log holds what.

    Attributes
    ----------
    case, time : str
        Columns every log must have: the case (ticket, call) an event belongs to, and when it happened.
    customer, channel, agent, type : str or None
        Columns a log may have. `agent` is a person or a group: whatever a hand-off changes.
    contact, response, closed, reopened : tuple of str
        Values of `type`: the customer gets in touch; an agent answers; the case is closed; it is open again.
    zone : str or None
        Time zone of times that name none, such as ``"Europe/Berlin"``.
    time_format : str
        ``"iso"``, ``"unix"`` (seconds), ``"unix_ms"``, or a pattern such as ``"%d/%m/%Y %H:%M"``.
    missing : tuple of str
        Words that mean that nothing is known, such as ``"?"``.
    """

    case: str
    time: str
    customer: str | None = None
    channel: str | None = None
    agent: str | None = None
    type: str | None = None
    contact: tuple[str, ...] = ()
    response: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    zone: str | None = None
    time_format: str = "iso"
    missing: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column named, each once."""
        named = (getattr(self, key) for key in COLUMNS)
        return tuple(dict.fromkeys(column for column in named if column is not None))


def contact_columns(mistakes: Mistakes, content: Mapping[str, Any]) -> ContactColumns | None:
    """Return the entry, or None where it has mistakes."""
    before = len(mistakes.found)
    mistakes.keys("contacts", content, CONTACT_KEYS)
    parts: dict[str, Any] = {}
    for key in (*COLUMNS, "zone", "time_format"):
        value = content.get(key)
        if value is not None and not (isinstance(value, str) and value):
            mistakes.add("contacts", f"{key} must be text; got {shown(value)}.")
        elif value is not None:
            parts[key] = value
    for key, what in {"case": "number of the case", "time": "time of the event"}.items():
        if key not in content:
            mistakes.add("contacts", f'{key} = "..." is missing: the column that holds the {what}.')
    for key in (*MEANINGS, "missing"):
        parts[key] = _values(mistakes, key, content.get(key, ()))
    _check_types(mistakes, parts)
    _check_time(mistakes, parts)
    return None if len(mistakes.found) > before else ContactColumns(**parts)


def _values(mistakes: Mistakes, key: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(item, (str, int)) for item in values):
        mistakes.add("contacts", f"{key} must be a list of values; got {shown(value)}.")
        return ()
    return tuple(dict.fromkeys(str(item).strip() for item in values))


def _check_types(mistakes: Mistakes, parts: Mapping[str, Any]) -> None:
    named = [key for key in MEANINGS if parts[key]]
    if named and "type" not in parts:
        mistakes.add("contacts", f'{named[0]} lists values of the column type = "...", which is missing.')
    both = set(parts["closed"]) & set(parts["reopened"])
    if both:
        mistakes.add("contacts", f"{shown(min(both))} is both closed and reopened.")


def _check_time(mistakes: Mistakes, parts: Mapping[str, Any]) -> None:
    zone, pattern = parts.get("zone"), parts.get("time_format", "iso")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (LookupError, ValueError, OSError):
            mistakes.add("contacts", f'unknown zone {shown(zone)}. Names look like "Europe/Berlin" or "UTC".')
    if pattern not in ("iso", *UNIX) and "%" not in pattern:
        known = ", ".join(f'"{name}"' for name in ("iso", *UNIX))
        mistakes.add(
            "contacts",
            f'time_format must be {known} or a pattern such as "%d/%m/%Y %H:%M"; got {shown(pattern)}.',
        )
