"""Which published claims exclude one another or define one thing in two ways, computed from what both print."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cxresearch._claims_schema import NOT_SEEN, Claim, Figure, Registry

#: How a conflict shows, in the order in which the rules are tried.
RULES = {
    "figures": "both print the same figure, and no number rounds to both",
    "effect": "both print shares of the same two groups, and their odds ratios differ",
    "order": "the multiples of one imply an order of two metrics that the other denies",
    "winner": "they name different metrics as the best, or put two metrics in opposite orders",
    "definitions": "two definitions of the same thing: each can be used, but not under one name",
    "words": "stated in words only: no figure that both print",
}

#: Kinds of figure that are never rounded, and those that differ from sample to sample anyway.
EXACT = ("answer", "year")
OF_SAMPLES = ("count", "p_value", "correlation", "difference")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two claims that cannot both hold, or two definitions of one thing.

    Attributes
    ----------
    a, b : str
        Ids of the claims.
    rule : str
        One of `RULES`.
    figure : str
        What both print, or the metrics in question; empty where nothing is.
    a_value, b_value : float
        The two values; NaN where there is none or nobody has seen it.
    sentence : str
        The conflict in one sentence.
    """

    a: str
    b: str
    rule: str
    figure: str
    a_value: float
    b_value: float
    sentence: str


def conflicts(registry: Registry) -> list[Conflict]:
    """Return every pair of claims that exclude one another, with every rule that shows it."""
    order = {claim.id: place for place, claim in enumerate(registry)}
    pairs = [
        (claim, registry[other])
        for claim in registry
        for other in claim.conflicts
        if order[claim.id] < order[other]
    ]
    return [conflict for a, b in pairs for conflict in _of_pair(a, b)]


def _of_pair(a: Claim, b: Claim) -> list[Conflict]:
    found = [conflict for rule in _COMPUTED for conflict in rule(a, b)]
    both = both_define(a, b)
    if found:
        return [replace(conflict, rule="definitions") for conflict in found] if both else found
    rule = "definitions" if both else "words"
    return [Conflict(a.id, b.id, rule, "", math.nan, math.nan, f"{a.statement}. But {b.id}: {b.statement}.")]


def both_define(a: Claim, b: Claim) -> bool:
    """Whether both are definitions: two of one thing differ, and each may be used."""
    return a.effect == b.effect == "definition"


def related(claim: Claim, registry: Registry) -> list[tuple[str, str, list[str]]]:
    """Return what a claim is linked to: a name of the link, its words, the ids; links without ids are left out."""
    others = [name for name in claim.conflicts if both_define(claim, registry[name])]
    links = [
        ("supports", "Says the same", [*claim.supports]),
        ("definitions", "Defines it otherwise", others),
        ("conflicts", "Cannot hold beside", [name for name in claim.conflicts if name not in others]),
    ]
    return [link for link in links if link[2]]


def _value(figure: Figure) -> float:
    return figure.value if figure.is_fact else math.nan


def same_figure(a: Claim, b: Claim) -> Iterator[Conflict]:
    """Figures of one name and kind that no single number rounds to."""
    for mine in a.figures:
        for theirs in b.figures:
            alike = (mine.name, mine.kind, mine.unit) == (theirs.name, theirs.kind, theirs.unit)
            if not alike or mine.kind in OF_SAMPLES or mine.value == theirs.value:
                continue
            rounding = 0.0 if mine.kind in EXACT else mine.half_unit + theirs.half_unit
            if abs(mine.value - theirs.value) < rounding:
                continue
            seen = mine.is_fact and theirs.is_fact
            words = f"{a.id} prints {_told(mine)}, {b.id} {_told(theirs)}"
            if not seen:
                words += ": whether they differ nobody can say before both are seen"
            yield Conflict(
                a.id, b.id, "figures", mine.name, _value(mine), _value(theirs), f"{mine.name}: {words}."
            )


def _told(figure: Figure) -> str:
    return f"{figure.shown()}{' (second-hand)' if figure.seen == 'second-hand' else ''}"


def different_effect(a: Claim, b: Claim) -> Iterator[Conflict]:
    """Odds ratios of low against high effort, where both print the two shares."""
    ratio, other = _odds_ratio(a), _odds_ratio(b)
    if ratio is None or other is None:
        return
    yield Conflict(
        a.id, b.id, "effect", "odds ratio of low against high effort", ratio, other,
        f"Odds ratio of low against high effort: {ratio:,.3g} in {a.id}, {other:,.3g} in {b.id}.",
    )  # fmt: skip


def _odds_ratio(claim: Claim) -> float | None:
    """How much the higher of the two shares is, in odds; the direction of the outcome does not matter."""
    shares = {
        group: figure.value / 100
        for figure in claim.figures
        for group in ("high effort", "low effort")
        if figure.name.endswith(group) and figure.kind == "share" and figure.is_fact
    }
    if len(shares) < 2:
        return None
    low, high = sorted(shares.values())
    return high * (1 - low) / (low * (1 - high))


def implied_order(a: Claim, b: Claim) -> Iterator[Conflict]:
    """Multiples of one metric over two others imply which of those two is ahead."""
    for multiples, other in ((a, b), (b, a)):
        over = {figure.name: figure for figure in multiples.figures if figure.kind == "ratio"}
        if not {"effort over satisfaction", "effort over recommendation"} <= set(over):
            continue
        satisfaction, recommendation = over["effort over satisfaction"], over["effort over recommendation"]
        implied = satisfaction.value / recommendation.value  # recommendation over satisfaction
        if other.better != "NPS" or "CSAT" not in other.than or implied >= 1:
            continue
        seen = satisfaction.is_fact and recommendation.is_fact
        how = f"{implied:.2f}" if seen else f"below 1, were its two multiples ({NOT_SEEN}) as remembered"
        yield Conflict(
            a.id, b.id, "order", "recommendation over satisfaction", math.nan, implied if seen else math.nan,
            f"{multiples.id} implies that recommendation over satisfaction is {how}: satisfaction is ahead; "
            f"{other.id} has recommendation ahead.",
        )  # fmt: skip


def other_winner(a: Claim, b: Claim) -> Iterator[Conflict]:
    """Two contests with different winners."""
    opposite = a.better in b.than and b.better in a.than
    if not (a.better and b.better) or a.better == b.better or not (opposite or set(a.than) == set(b.than)):
        return
    what = "put the two in opposite orders" if opposite else "name different metrics as the best"
    yield Conflict(
        a.id, b.id, "winner", f"{a.better}, {b.better}", math.nan, math.nan,
        f"{a.id} puts {a.better} before {' and '.join(a.than)}, {b.id} puts {b.better} before "
        f"{' and '.join(b.than)}: "
        f"they {what}.",
    )  # fmt: skip


_COMPUTED: tuple[Callable[[Claim, Claim], Iterator[Conflict]], ...] = (
    same_figure,
    different_effect,
    implied_order,
    other_winner,
)
