"""The contact log of a world's customers: the events behind the frictions that they met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch.errors import WorldError

if TYPE_CHECKING:
    from cxresearch._world import World

Whole: TypeAlias = NDArray[np.int64]

EVENTS = ("contact", "answer", "handover", "closed")
CONTACT, ANSWER, HANDOVER, CLOSED = range(4)
CHANNELS = ("phone", "chat", "email", "web")
FIRST_CHANNEL = (0.45, 0.25, 0.2, 0.1)
AGENTS, TEAM_AGENTS = 40, 5  # of a world without teams; of each team
START = np.datetime64("2026-01-01", "us")
QUARTER = 90  # days in which the first contacts of a wave fall
SECOND, MINUTE, DAY = 1_000_000, 60_000_000, 86_400_000_000  # microseconds
OPENS, SHUTS = 8 * 3600, 20 * 3600  # seconds of the day between which customers get in touch
COUNTS = ("transfers", "repeats", "channel_switches")

CODEBOOK: dict[str, Any] = {
    "case": "case", "customer": "customer", "time": "time", "channel": "channel", "agent": "agent",
    "type": "event", "contact": ["contact"], "response": ["answer"], "closed": ["closed"],
}  # fmt: skip


def contact_log(world: World, n: int, seed: int) -> pd.DataFrame:
    """Return the events behind the answers of `n` customers, in order of time."""
    _check(world)
    met = world.answers(n, seed).drop(
        columns=[item.name for item in world.items]
    )  # any name may be a question's
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
    case, time, switch = _contacts(met, rng)
    first = np.flatnonzero(np.diff(case, prepend=-1))
    answer = _answers(case, time, first, _minutes(met), rng)
    handed, at = _handovers(_amount(met, "transfers"), first, answer, rng)
    last = np.maximum.reduceat(answer, first)
    np.maximum.at(last, handed, at)
    closed = last + MINUTE * rng.integers(1, 60, len(first))
    parts = ((case, time), (case, answer), (handed, at), (np.arange(len(first)), closed))
    who = np.concatenate([part for part, _ in parts])
    when = np.concatenate([part for _, part in parts])
    event = np.repeat(np.arange(4), [len(part) for part, _ in parts])
    channel = np.full(len(who), -1)
    started = rng.choice(len(CHANNELS), len(first), p=FIRST_CHANNEL)
    channel[: len(case)] = _moved(case, started, switch, len(CHANNELS), rng)
    order = np.lexsort((event, when, who))
    who, when, event, channel = who[order], when[order], event[order], channel[order]
    agent, names = _agents(met, who, event, rng)
    customer = met["customer"].to_numpy()[who]
    log = pd.DataFrame(
        {
            "customer": customer,
            "case": customer,
            "time": pd.DatetimeIndex(START + when.astype("timedelta64[us]"), tz="UTC"),
            "channel": pd.Categorical.from_codes(channel, pd.Index(CHANNELS)),
            "agent": pd.Categorical.from_codes(agent, pd.Index(names)),
            "event": pd.Categorical.from_codes(event, pd.Index(EVENTS)),
        }
    )
    return log.iloc[np.argsort(when, kind="stable")].reset_index(drop=True)


def _check(world: World) -> None:
    for friction in world.frictions:
        if friction.name in COUNTS and (friction.kind != "count" or friction.step != 1):
            raise WorldError(
                f"a log counts {friction.name}, one by one; in world {world.title!r} the friction is of kind "
                f"{friction.kind!r} in steps of {friction.step:g}. Give it kind 'count' and step 1, or another name."
            )
        if friction.name == "waiting" and friction.kind != "number":
            raise WorldError(
                f"a log has waiting in minutes; in world {world.title!r} the friction is of kind {friction.kind!r}. "
                "Give it kind 'number', or another name."
            )


def _amount(met: pd.DataFrame, name: str) -> Whole:
    """How often each customer met a friction; never, where the world does not know it."""
    return met[name].to_numpy(np.int64) if name in met else np.zeros(len(met), np.int64)


def _minutes(met: pd.DataFrame) -> Whole:
    """Time to the first answer, microseconds."""
    waited = met["waiting"].to_numpy() if "waiting" in met else np.zeros(len(met))
    return np.rint(MINUTE * waited).astype(np.int64)


def _contacts(met: pd.DataFrame, rng: np.random.Generator) -> tuple[Whole, Whole, NDArray[np.bool_]]:
    """Return the case of every contact, its time, and whether it is by another channel than the one before.

    Switches fall on repeats while there are any, at random; the others on contacts more than seven days later.
    """
    repeats, switches = _amount(met, "repeats"), _amount(met, "channel_switches")
    contacts = 1 + np.maximum(repeats, switches)
    case = np.repeat(np.arange(len(met)), contacts)
    first = np.cumsum(contacts) - contacts
    place = np.arange(len(case)) - first[case]  # 0 is the first contact
    soon = place <= repeats[case]
    switch = (place > 0) & (place <= switches[case])
    order = np.lexsort((rng.random(len(case)), place > 0, case))
    soon, switch = soon[order], switch[order]
    days = np.where(soon, rng.integers(1, 7, len(case)), rng.integers(8, 22, len(case)))
    wave = met["wave"].to_numpy(np.int64) - 1 if "wave" in met else 0
    days[first] = QUARTER * wave + rng.integers(0, QUARTER, len(met))
    total = np.cumsum(days)
    day = total - (total - days)[first][case]
    return case, DAY * day + SECOND * rng.integers(OPENS, SHUTS, len(case)), switch


def _answers(case: Whole, time: Whole, first: Whole, waiting: Whole, rng: np.random.Generator) -> Whole:
    """Return when each contact is answered: the first after the waiting recorded, no other before it."""
    soonest = time[first] + waiting
    delay = MINUTE * rng.integers(1, 60, len(case))
    delay[first] = 0
    return np.asarray(np.maximum(time, soonest[case]) + delay)


def _handovers(
    transfers: Whole, first: Whole, answer: Whole, rng: np.random.Generator
) -> tuple[Whole, Whole]:
    """Return the case and the time of every transfer: within two hours of one of the answers."""
    case = np.repeat(np.arange(len(first)), transfers)
    contacts = np.diff(first, append=len(answer))[case]
    place = first[case] + np.floor(rng.random(len(case)) * contacts).astype(np.int64)
    return case, np.asarray(answer[place] + SECOND * rng.integers(60, 7200, len(case)))


def _agents(
    met: pd.DataFrame, case: Whole, event: Whole, rng: np.random.Generator
) -> tuple[Whole, list[str]]:
    """Return the number of each event's agent, -1 for the customer's own, and the names of all agents."""
    agents = AGENTS if "team" not in met else TEAM_AGENTS
    found = _moved(case, rng.integers(0, agents, len(met)), event == HANDOVER, agents, rng)
    names = [f"agent {1 + number}" for number in range(agents)]
    if "team" in met:
        found += agents * (met["team"].to_numpy(np.int64) - 1)[case]
        names = [f"team {1 + team}, {name}" for team in range(met["team"].max()) for name in names]
    return np.where(event == CONTACT, -1, found), names


def _moved(case: Whole, start: Whole, moves: NDArray[np.bool_], size: int, rng: np.random.Generator) -> Whole:
    """Return one of `size` values for every row: that of the row before in the case, another where it moves."""
    steps = np.cumsum(np.where(moves, rng.integers(1, size, len(case)), 0))
    before = steps[np.flatnonzero(np.diff(case, prepend=-1))]  # no case begins with a move
    return np.asarray((start[case] + steps - before[case]) % size)
