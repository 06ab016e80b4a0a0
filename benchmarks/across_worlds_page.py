"""docs/calibration_worlds.md, from the counts of `benchmarks.across_worlds`."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from benchmarks import across_worlds_words as words
from benchmarks import coverage
from benchmarks import coverage_worlds as asks
from benchmarks.calibration_page import FALSE, HIGH, LOW, _table
from cxresearch import worlds

Result = Mapping[str, Any]
Truths = Mapping[str, Mapping[str, float]]

FEWEST = 200  # answers from which coverage is promised
JUDGED = ("score", "contest", "importance", "effect")
WANTED_WORLDS = 9
NOISE = 2.0  # simulation errors that a figure may lie outside


@dataclass(frozen=True)
class Cell:
    """Coverage of one kind of interval in one case, in percent, over all metrics, pairs or drivers."""

    world: str
    plan: str
    n: int
    family: str
    name: str
    samples: float
    coverage: float
    worst: float
    off: float

    @property
    def error(self) -> float:
        """Simulation error; the intervals of one sample count as one, which overstates it."""
        share = min(max(self.coverage / 100, 0.005), 0.995)
        return 100 * math.sqrt(share * (1 - share) / self.samples)

    @property
    def outside(self) -> float:
        """Points outside of what is asked for."""
        return max(LOW - self.coverage, self.coverage - HIGH, 0.0)

    @property
    def fails(self) -> bool:
        """Outside by more than simulation noise."""
        return self.outside >= NOISE * self.error

    @property
    def narrow(self) -> bool:
        """Below what is asked for, not above."""
        return self.coverage < LOW

    @property
    def text(self) -> str:
        """Coverage, bold outside 93-97 %, with ~ where simulation error could explain that."""
        shown = f"{self.coverage:.1f}"
        return f"**{shown}**{'' if self.fails else '~'}" if self.outside else shown


def cells(results: Sequence[Result]) -> list[Cell]:
    """Add up each kind of interval of each case over what it is of."""
    found = []
    for result in results:
        kinds = dict.fromkeys(tuple(key.split("|")[:2]) for key in result["counts"])
        for family, name in kinds:
            parts = [c for key, c in result["counts"].items() if key.split("|")[:2] == [family, name]]
            parts = [c for c in parts if c[0] > c[3]]
            if parts:
                found.append(_cell(result, family, name, parts))
    return found


def _cell(result: Result, family: str, name: str, parts: Sequence[Sequence[float]]) -> Cell:
    tried, above, below, none, width, *_ = (sum(column) for column in zip(*parts, strict=True))
    each = [100 * (1 - (c[1] + c[2]) / (c[0] - c[3])) for c in parts]
    worst = max(each, key=lambda value: abs(value - 95))
    halves = width / (tried - none) / 2  # how far estimates lie off on average, in half-widths
    off = max((c[5] / (c[0] - c[3]) for c in parts), key=abs) / halves if halves else 0.0
    covered = 100 * (1 - (above + below) / (tried - none))
    samples = max(c[0] - c[3] for c in parts)
    return Cell(result["world"], result["plan"], result["n"], family, name, samples, covered, worst, off)


def judged(every: Sequence[Cell]) -> list[Cell]:
    """Return what is promised: plain surveys of at least 200 answers, the four families."""
    return [one for one in every if one.plan == "plain" and one.n >= FEWEST and one.family in JUDGED]


def holding(every: Sequence[Cell]) -> dict[str, tuple[bool, bool, bool]]:
    """Return for each world, allowing noise: is no cell too low; is none outside; are all families' means within."""
    found = {}
    for world in worlds.NAMED:
        own = [one for one in judged(every) if one.world == world]
        means = [_mean([one for one in own if one.family == family]) for family in JUDGED]
        if not own or any(math.isnan(value) for value in means):
            continue  # not all of it has been run
        inside = all(LOW <= value <= HIGH for value in means)
        low = any(one.fails and one.narrow for one in own)
        found[world] = (not low, not any(one.fails for one in own), inside)
    return found


def _mean(found: Sequence[Cell]) -> float:
    return sum(one.coverage for one in found) / len(found) if found else math.nan


# ---- sections


def _coverage(every: Sequence[Cell]) -> Iterator[str]:
    held = holding(every)
    rows = []
    for world in worlds.NAMED:
        own = [one for one in judged(every) if one.world == world]
        row = [f"`{world}`"]
        for family in JUDGED:
            part = [one for one in own if one.family == family]
            row.append(_range(part))
        marks = ["yes" if yes else "**no**" for yes in held[world]] if world in held else ["", "", ""]
        bad = [one for one in own if one.fails]
        counts = [len(own), sum(one.narrow for one in bad), sum(not one.narrow for one in bad)]
        rows.append([*row, *map(str, counts), *marks])
    yield "## Coverage by world"
    yield words.COVERAGE
    rule = ["none too low", "none outside", "means within"]
    head = ["world", "scores", "contest", "importance", "effects", "figures", "too low", "too high", *rule]
    yield _table(head, rows)


def _range(part: Sequence[Cell]) -> str:
    if not part:
        return ""
    values = [one.coverage for one in part]
    return f"{_mean(part):.1f} ({min(values):.1f} to {max(values):.1f})"


def _failures(every: Sequence[Cell]) -> Iterator[str]:
    bad = [one for one in judged(every) if one.fails]
    yield "## What fails, and why"
    yield words.OFF if bad else "Nothing, beyond simulation noise."
    why = {id(one): words.reason(one.world, one.family, one.name, one.narrow) for one in bad}
    yield "\n".join(f"- *{key}*: {text}" for key, text in words.REASONS.items() if key in why.values())
    rows = []
    for world, family, name in dict.fromkeys((one.world, one.family, one.name) for one in bad):
        part = [one for one in bad if (one.world, one.family, one.name) == (world, family, name)]
        told = ", ".join(f"{one.coverage:.1f} at {one.n:,} ({one.off:+.2f})" for one in part)
        reasons = ", ".join(dict.fromkeys(why[id(one)] for one in part))
        rows.append([f"`{world}`", asks.FAMILIES[family], f"`{name}`", told, reasons])
    if rows:
        order = {f"`{world}`": i for i, world in enumerate(worlds.NAMED)}
        yield _table(
            ["world", "family", "interval", "coverage", "why"], sorted(rows, key=lambda row: order[row[0]])
        )


def _by_interval(every: Sequence[Cell]) -> Iterator[str]:
    """Each kind of interval over the worlds in which nothing distorts it."""
    fair = [one for one in judged(every) if one.world not in words.BIASED]
    rows = []
    for family, name in dict.fromkeys((one.family, one.name) for one in fair):
        row = [asks.FAMILIES[family], f"`{name}`"]
        for n in sorted({one.n for one in fair}):
            row.append(_range([one for one in fair if (one.family, one.name, one.n) == (family, name, n)]))
        rows.append([*row, str(sum(one.fails for one in fair if (one.family, one.name) == (family, name)))])
    yield "## By kind of interval"
    told = ", ".join(f"`{name}`" for name in words.BIASED)
    yield f"Mean over the worlds (lowest to highest world), without {told}, whose answers cannot show all customers."
    sizes = [f"n = {n:,}" for n in sorted({one.n for one in fair})]
    yield _table(["family", "interval", *sizes, "fail"], rows)


def _verdicts(results: Sequence[Result], truths: Truths) -> Iterator[str]:
    rows = []
    for result in verdicts(results, truths):
        right, wrong, same, unclear = verdict_shares(result, truths)
        true = asks.winner(truths[result["world"]])
        false = f"**{wrong:.1f}**" if wrong > FALSE else f"{wrong:.1f}"
        named = f"{right:.1f}" if true else ""
        count = _counted(result)
        rows.append([f"`{result['world']}`", true or "none", f"{result['n']:,}", f"{count:,}", named, false,
                     f"{same:.1f}", f"{unclear:.1f}"])  # fmt: skip
    yield "## The verdict of `compare`"
    yield words.VERDICTS.format(rope=f"{coverage.PROTOCOL.rope:g}")
    yield _table(
        ["world", "true winner", "n", "surveys", "right winner", "false winner", "no practical difference",
         "not enough data"], rows,
    )  # fmt: skip


def verdicts(results: Sequence[Result], truths: Truths) -> list[Result]:
    """Return plain surveys in which a verdict was asked for, by world and n."""
    out: dict[tuple[str, int], dict[str, Any]] = {}
    for one in results:
        if one["plan"] == "plain" and one["kind"] in ("survey", "verdict"):
            key = one["world"], one["n"]
            said = Counter(out[key]["said"] if key in out else {}) + Counter(one["said"])
            out[key] = {"world": one["world"], "n": one["n"], "said": dict(said)}
    order = {name: i for i, name in enumerate(truths)}
    return sorted(out.values(), key=lambda one: (order[one["world"]], one["n"]))


def verdict_shares(result: Result, truths: Truths) -> tuple[float, float, float, float]:
    """Per cent of surveys with the right winner, a false one, no practical difference, not enough data."""
    said = {name: count for name, count in result["said"].items() if name != "refused"}
    total = max(sum(said.values()), 1)
    share = {name: 100 * count / total for name, count in said.items()}
    true = asks.winner(truths[result["world"]])
    right = share.get(true, 0.0) if true else 0.0
    wrong = sum(share.get(name, 0.0) for name in asks.METRICS) - right
    return right, wrong, share.get("no practical difference", 0.0), share.get("not enough data", 0.0)


def _true(truths: Truths) -> Iterator[str]:
    rows = []
    for world, true in truths.items():
        first, leads = asks.lead(true)
        r = [f"{true[f'{asks.INTENT} {name} pearson_r']:.3f}" for name in asks.METRICS]
        rows.append(
            [
                f"`{world}`",
                *r,
                f"{first} by {min(leads):.3f}",
                asks.winner(true) or "none",
                words.TEACHES[world],
            ]
        )
    yield "## The worlds"
    yield words.WORLDS.format(rope=f"{coverage.PROTOCOL.rope:g}")
    yield _table(["world", *asks.METRICS, "ahead", "true winner", "what is in it"], rows)


def _ranks(results: Sequence[Result]) -> Iterator[str]:
    rows = []
    for result in results:
        if result["kind"] != "drivers" or result["plan"] != "plain":
            continue
        said, ranked = result["said"], max(result["said"].get("ranked", 0), 1)
        first, order = (100 * said.get(name, 0) / ranked for name in ("first", "order"))
        off = _errors(result, "attributable_points")
        rows.append([f"`{result['world']}`", f"{result['n']:,}", f"{ranked:,}", f"{first:.0f}", f"{order:.0f}",
                     f"{off[0]:+.2f}", f"{off[1]:.2f}", f"{said.get('refused', 0)}"])  # fmt: skip
    yield "## Ranks of drivers, and attributable effort"
    yield words.RANKS
    head = [
        "world",
        "n",
        "surveys",
        "first right",
        "order right",
        "points: mean error",
        "points: typical error",
        "refused",
    ]
    yield _table(head, rows)


def _errors(result: Result, name: str) -> tuple[float, float]:
    """Mean error and root mean square error over the drivers."""
    parts = [c for key, c in result["counts"].items() if key.split("|")[1] == name and c[0] > c[3]]
    count = sum(c[0] - c[3] for c in parts)
    if not count:
        return math.nan, math.nan
    return sum(c[5] for c in parts) / count, math.sqrt(sum(c[6] for c in parts) / count)


def _plans(every: Sequence[Cell]) -> Iterator[str]:
    rows = []
    keys = dict.fromkeys((one.world, one.plan, one.n) for one in every if one.plan != "plain")
    order = {plan: i for i, plan in enumerate((*asks.PLANS, "logit"))}
    for world, plan, n in sorted(keys, key=lambda key: (order[key[1]], key[2])):
        own = [one for one in every if (one.world, one.plan, one.n) == (world, plan, n)]
        row = [plan, f"`{world}`", f"{n:,}", f"{max(one.samples for one in own):,.0f}"]
        bad = [one for one in own if one.fails]
        counts = [str(sum(one.narrow for one in bad)), str(sum(not one.narrow for one in bad))]
        rows.append(
            [*row, *(_range([one for one in own if one.family == family]) for family in JUDGED), *counts]
        )
    yield "## Weights, clusters, missing answers, and what happens without care"
    lines = {name: plan.told for name, plan in asks.PLANS.items() if name != "plain"} | {"logit": words.LOGIT}
    told = "\n".join(f"- *{name}*: {text}" for name, text in lines.items())
    yield f"{words.PLANS}\n\n{told}"
    head = [
        "asked",
        "world",
        "n",
        "surveys",
        "scores",
        "contest",
        "importance",
        "effects",
        "too low",
        "too high",
    ]
    yield _table(head, rows)


def _small(every: Sequence[Cell]) -> Iterator[str]:
    rows = []
    for world in worlds.NAMED:
        own = [one for one in every if (one.world, one.n, one.plan) == (world, 50, "plain")]
        if own:
            part = [[one for one in own if one.family == family] for family in ("score", "contest")]
            rows.append([f"`{world}`", f"{max(one.samples for one in own):,.0f}", *map(_range, part)])
    if rows:
        yield "## Fifty answers"
        yield words.SMALL
        yield _table(["world", "surveys", "scores", "contest"], rows)


def _mediation(every: Sequence[Cell]) -> Iterator[str]:
    own = [one for one in every if one.family == "mediation"]
    if own:
        yield "## Total effects in the mediation"
        error = max(one.error for one in own)
        yield words.MEDIATION.format(draws=asks.MEDIATION_DRAWS, error=error)
        rows = [[f"`{one.world}`", f"{one.n:,}", f"{one.samples:.0f}", one.text] for one in own]
        yield _table(["world", "n", "surveys", "total effect on repurchase"], rows)


# ---- the page


def reading(
    every: Sequence[Cell], results: Sequence[Result], truths: Truths, about: Mapping[str, Any]
) -> str:
    """Return the findings in plain words."""
    held = holding(every)
    low, outside, means = (sum(column) for column in zip(*held.values(), strict=True)) if held else (0, 0, 0)
    broken = [f"`{world}`" for world, (_, yes, _) in held.items() if not yes]
    own = judged(every)
    lines = [
        f"- **Intervals** of {LOW:g}-{HIGH:g} % coverage. Worlds, of {len(held)} measured, in which no figure is too "
        f"low by more than simulation noise: {low} (wanted: {WANTED_WORLDS} of 12); in which none is too high either: "
        f"{outside}; in which the means of all four families lie within: {means}. Of {len(own):,} figures "
        f"{sum(not one.outside for one in own):,} lie within, "
        f"{sum(one.fails and one.narrow for one in own):,} below by more than noise (intervals too narrow, or a bias), "
        f"{sum(one.fails and not one.narrow for one in own):,} above (wider than need be).",
        *_by_family(every),
        f"- Worlds in which some figure fails: {', '.join(broken) or 'none'}. Why is said below, for each.",
        *_told_verdicts(results, truths, about),
    ]
    return "\n".join(lines)


def _by_family(every: Sequence[Cell]) -> Iterator[str]:
    """In how many worlds no figure of a family is too low, allowing noise; effects also where the logit is asked."""
    own = judged(every)
    told = [
        f"{asks.FAMILIES[family]} {_safe([one for one in own if one.family == family])}" for family in JUDGED
    ]
    yield f"- By family: {', '.join(told)}."
    logit = [one for one in every if one.plan == "logit" and one.family == "effect"]
    if logit:
        asked = {(one.world, one.n) for one in logit}
        kept = [one for one in own if one.family == "effect" and (one.world, one.n) not in asked]
        sizes = ", ".join(f"{n:,}" for n in sorted({n for _, n in asked}))
        yield (
            f'- The same of effects, with `model="cumulative"` in place of the model that fits better at n = {sizes}: '
            f"{_safe([*kept, *logit])}. The errors of these worlds are normal."
        )


def _safe(part: Sequence[Cell]) -> str:
    measured = dict.fromkeys(one.world for one in part)
    broken = dict.fromkeys(one.world for one in part if one.fails and one.narrow)
    return f"{len(measured) - len(broken)} of {len(measured)}"


def _told_verdicts(results: Sequence[Result], truths: Truths, about: Mapping[str, Any]) -> Iterator[str]:
    chosen = {(one["world"], one["n"]): one for one in verdicts(results, truths)}
    wrong = {key: verdict_shares(one, truths)[1] for key, one in chosen.items() if key[1] >= FEWEST}
    ties = {key: value for key, value in wrong.items() if key[0].startswith("tie") and key[1] in (500, 5_000)}
    told = [
        f"{value:.1f} % of {_counted(chosen[key]):,} (`{key[0]}`, n = {key[1]:,})"
        for key, value in ties.items()
    ]
    if told:
        yield f"- **False winners** in ties, limit {FALSE:g} %: {'; '.join(told)}."
    if wrong:
        (world, n), worst = max(wrong.items(), key=lambda one: one[1])
        yield (
            f"- In any world a false winner was named in at most {worst:.1f} % (`{world}`, n = {n:,}) of surveys of "
            f"{FEWEST} answers or more."
        )
    for n, effect in about["needed"].items():
        planned = chosen.get(("effort_wins", n))
        if planned:
            found = f"{verdict_shares(planned, truths)[0]:.1f} % of {_counted(planned):,} surveys"
            told = words.PLANNED if effect == 1 else words.PLANNED_RATINGS
            yield f"- {told.format(n=f'{n:,}', effect=f'{effect:g}')} There the winner was found in {found}."


def _counted(result: Result) -> int:
    return sum(count for name, count in result["said"].items() if name != "refused")


def page(results: Sequence[Result], truths: Truths, about: Mapping[str, Any]) -> str:
    """Text of docs/calibration_worlds.md."""
    every = cells(results)
    minutes = sum(result["seconds"] for result in results) / 60
    now = about["code"]
    edited = sorted({result["kind"] for result in results if result["codes"] != {now[result["kind"]]}})
    code = f", code {'/'.join(sorted(set(now.values())))}"
    code = f"; the code of these kinds has been edited since: {', '.join(edited)}" if edited else code
    text = [
        "# Calibration in twelve worlds",
        f"Made by `python -m benchmarks.across_worlds --seed {about['seed']} --jobs {about['jobs']}` with cxresearch "
        f"{version('cxresearch')}, numpy {version('numpy')}, scipy {version('scipy')}, Python "
        f"{platform.python_version()}: {about['done']} of {about['total']} parts, {minutes:.0f} minutes of processor "
        f"time{code}. " + words.ABOUT,
        "## In plain words",
        reading(every, results, truths, about),
        words.READING,
        *_true(truths),
        *_coverage(every),
        *_failures(every),
        *_by_interval(every),
        *_verdicts(results, truths),
        *_ranks(results),
        *_mediation(every),
        *_plans(every),
        *_small(every),
        "## Not measured",
        "\n".join(f"- {one}" for one in words.NOT_MEASURED),
    ]
    return "\n\n".join(text) + "\n"
