"""Contact logs the slow way: lists, dictionaries and loops, written from the definitions alone."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise


def measure(events, spec, days, until=None, cut=None, back=None):
    """Rows by case from a list of dictionaries with the keys of [contacts]; times are aware datetimes or None.

    `cut` maps a case to the moment after which its events are not seen; `back` is the log that repeats of the
    customer look back on.
    """
    window = timedelta(days=days)
    kept = tidy(events, spec, until)
    end = until or max(event["time"] for event in kept)
    owners = {}
    for event in kept:
        if event.get("customer") is not None:
            owners.setdefault(event["case"], event["customer"])
    chronicle = [event for event in kept if is_contact(event, spec)]
    rows = {}
    for case in dict.fromkeys(event["case"] for event in kept):
        mine = [event for event in kept if event["case"] == case]
        last = end
        if cut is not None:
            if cut.get(case) is None:
                continue
            last = min(end, cut[case])
            mine = [event for event in mine if event["time"] <= cut[case]]
            if not mine:
                continue
        rows[case] = one(mine, spec, window, last, chronicle, owners)
    return rows


def tidy(events, spec, until):
    """Events that can be placed, sorted, each once."""
    usable = [e for e in events if e["time"] is not None and e["case"] is not None]
    usable = [e for e in usable if until is None or e["time"] <= until]
    ordered = sorted(usable, key=lambda e: e["time"])  # stable: ties keep their order
    kept, seen = [], set()
    for event in ordered:
        fields = ["case", "time", *(k for k in ("customer", "channel", "agent", "type") if spec.get(k))]
        identity = tuple(event.get(name) for name in fields)
        if identity not in seen:
            seen.add(identity)
            kept.append(event)
    return kept


def is_contact(event, spec):
    if not spec.get("type"):
        return not spec.get("contact")
    if spec.get("contact"):
        return event["type"] in spec["contact"]
    others = [*spec.get("response", ()), *spec.get("closed", ()), *spec.get("reopened", ())]
    return event["type"] not in others


def one(mine, spec, window, last, chronicle, owners):
    case, owner = mine[0]["case"], owners.get(mine[0]["case"])
    contacts = [e for e in mine if is_contact(e, spec)]
    row = {"events": len(mine), "contacts": len(contacts), "customer": owner}
    agents = [e["agent"] for e in mine if e.get("agent") is not None]
    row["transfers"] = sum(a != b for a, b in pairwise(agents))
    moments = [e["time"] for e in contacts]
    row["repeats"] = sum(b - a <= window for a, b in pairwise(moments))
    row["customer_repeats"] = 0
    if owner is not None:
        whole = [e for e in chronicle if owners.get(e["case"]) == owner]
        row["customer_repeats"] = sum(
            later["case"] == case
            and any(later is e for e in contacts)
            and later["time"] - e["time"] <= window
            for e, later in pairwise(whole)
        )
    channels = [e["channel"] for e in contacts if e.get("channel") is not None]
    steps = [c for i, c in enumerate(channels) if i == 0 or c != channels[i - 1]]
    row["channel_switches"] = max(0, len(steps) - 1)
    row["path"] = "→".join(steps[:12]) + ("→…" if len(steps) > 12 else "") if steps else None
    closings, openings = transitions(mine, spec)
    row["reopenings"] = len(openings)
    answers = [
        e["time"]
        for e in mine
        if (e["type"] in spec["response"] if spec.get("response") else e.get("agent") is not None)
    ]
    row["waiting_hours"] = hours(answers[0] - mine[0]["time"]) if answers else math.nan
    final = [i for i in closings if not openings or i > openings[-1]]
    row["resolution_hours"] = hours(mine[final[0]]["time"] - mine[0]["time"]) if final else math.nan
    row["first_contact_resolution"] = math.nan
    row["censored"] = 0
    if contacts:
        limit = moments[0] + window
        row["censored"] = int(limit > last)
        spoilt = any(m <= limit for m in moments[1:]) or any(mine[i]["time"] <= limit for i in openings)
        if spoilt:
            row["first_contact_resolution"] = 0
        elif limit <= last:
            row["first_contact_resolution"] = int(any(mine[i]["time"] <= limit for i in closings))
    return row


def transitions(mine, spec):
    """Places of closings and of reopenings."""
    closed = [spec.get("closed") and e["type"] in spec["closed"] for e in mine]
    closings = [i for i, shut in enumerate(closed) if shut]
    if spec.get("reopened"):
        return closings, [i for i, e in enumerate(mine) if e["type"] in spec["reopened"]]
    return closings, [i for i in range(1, len(mine)) if closed[i - 1] and not closed[i]]


def hours(span):
    return span.total_seconds() / 3600


def a_log(rng, n, *, cases=8, customers=4, days=30):
    """A random log: ties, duplicates, things unknown, out of order."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    events = []
    for _ in range(n):
        case = rng.choice([None, *range(cases)]) if rng.random() < 0.1 else rng.randrange(cases)
        owner = None if case is None or rng.random() < 0.2 else f"K{case % customers}"
        owner = f"K{rng.randrange(customers)}" if owner and rng.random() < 0.05 else owner
        moment = start + timedelta(minutes=30 * rng.randrange(48 * days))
        events.append(
            {
                "case": case,
                "customer": owner,
                "time": None if rng.random() < 0.05 else moment,
                "channel": rng.choice(["web", "phone", "chat", None]),
                "agent": rng.choice(["ann", "bob", "cy", None]),
                "type": rng.choice(["asks", "asks", "answers", "closes", "reopens", "note", None]),
            }
        )
        while rng.random() < 0.15:
            events.append(dict(rng.choice(events)))
    return events
