"""Turn a world's dials until its margins are published ones, and say which cannot be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from cxresearch import _world_truth as truth
from cxresearch._world_answers import signal_of
from cxresearch._world_model import Item
from cxresearch.errors import WorldError

if TYPE_CHECKING:
    from cxresearch._world import World

Array: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[str, str]

POWER = 16
ROUNDS = 40
CLOSE = 1e-5  # at which turning ends
MATCHED = {"share": 0.0005, "mean": 0.005, "correlation": 0.001, "rate": 0.005}
GRID = np.linspace(-8, 8, 1_601)
CENTRES = 1_024  # groups of like customers that stand for all
LATENTS = ("ease", "satisfaction", "attitude")
HIGHEST = 0.999  # correlation of latents that is still tried


@dataclass(frozen=True)
class Calibration:
    """A world turned to published margins.

    Attributes
    ----------
    world : World
        The nearest world found.
    table : DataFrame
        Key ``kind what``; ``published``, ``reached``, ``matched``. Shares and rates between 0 and 1.
    notes : tuple of str
        What cannot be matched, and what that would take.
    """

    world: World
    table: pd.DataFrame
    notes: tuple[str, ...]


def calibrate(
    world: World,
    shares: Mapping[str, Sequence[float]],
    means: Mapping[str, float],
    correlations: Mapping[Pair, float],
    rates: Mapping[Pair, tuple[float, float]],
) -> Calibration:
    """Turn thresholds, then effects and correlations, and again, until nothing moves."""
    _check(world, shares, means, correlations, rates)
    notes: list[str] = []
    for pair, wanted in rates.items():
        world, said = _to_rates(world, pair, wanted)
        notes += said
    for _ in range(ROUNDS):
        before = _numbers(world)
        people = truth.People.spread(world, 0, POWER)
        world = replace(world, items=tuple(_to_margin(people, item, shares, means) for item in world.items))
        world, limits = _to_correlations(world, correlations)
        if np.max(np.abs(_numbers(world) - before)) < CLOSE:
            break
    notes += limits if correlations else []
    table = _compared(world, shares, means, correlations, rates)
    missed = table[~table.matched]
    notes += [
        f"{row.what}: {row.published:.3g} was published, {row.reached:.3g} is reached."
        for row in missed.itertuples()
    ]
    return Calibration(world, table, tuple(notes))


def _numbers(world: World) -> Array:
    cuts = [cut for item in world.items for cut in item.thresholds]
    return np.array([*cuts, *world.effects, *world.correlations])


def _to_margin(
    people: truth.People, item: Item, shares: Mapping[str, Sequence[float]], means: Mapping[str, float]
) -> Item:
    """Cut an item where its answers have the published shares, or shift its cuts to the published mean."""
    if item.name in shares:
        below = np.cumsum(shares[item.name])[:-1] / (1 - item.begged)
        if below[-1] >= 1:
            return item  # more beg for the best answer than are published to give it
        return replace(item, thresholds=tuple(np.interp(below, _below(people, item), GRID)))
    if item.name not in means:
        return item
    from scipy.optimize import brentq

    cuts, F = np.asarray(item.thresholds), _below(people, item)
    steps = np.diff(item.points)

    def gap(shift: float) -> float:
        inside = (1 - item.begged) * (item.points[-1] - steps @ np.interp(cuts + shift, GRID, F))
        return float(inside + item.begged * item.points[-1] - means[item.name])

    if gap(-6) * gap(6) > 0:
        return item
    return replace(item, thresholds=tuple(cuts + brentq(gap, -6, 6)))


def _below(people: truth.People, item: Item) -> Array:
    """Share of inclinations below each point of the grid."""
    signal, noise = signal_of(item, people.felt)
    centre = np.sort(signal).reshape(CENTRES, -1).mean(axis=1)
    parts = [
        group.share
        * ndtr((GRID[:, None] - group.shift - group.spread * centre) / max(group.spread * noise, 1e-9)).mean(
            axis=1
        )
        for group in people.world.cultures
    ]
    return np.asarray(sum(parts))


def _to_correlations(world: World, wanted: Mapping[Pair, float]) -> tuple[World, list[str]]:
    """Move the latents' correlations by what the answers' miss, enlarged by how much answers weaken them."""
    people = truth.People.spread(world, 0, POWER)
    between = dict(zip((("ease", "satisfaction"), ("ease", "attitude"), ("satisfaction", "attitude")),
                       world.correlations, strict=True))  # fmt: skip
    step, notes = np.zeros(3), []
    for (a, b), target in wanted.items():
        first, second = (truth.question(world, name).asks for name in (a, b))
        felt = float(np.corrcoef(people.felt.latent(first), people.felt.latent(second))[0, 1])
        answered = _r(people, a, b)
        needed = target * felt / answered if abs(answered) > CLOSE else felt
        if abs(needed) > HIGHEST:
            notes.append(
                f"a correlation of {target:.2f} between {a} and {b} would take one of {needed:.2f} between what "
                "customers feel: no reliability this low allows it."
            )
            needed = np.sign(needed) * HIGHEST
        if "loyalty" in (first, second):
            step[LATENTS.index(second if first == "loyalty" else first)] = needed - felt
        else:
            key = (first, second) if (first, second) in between else (second, first)
            between[key] = needed
    return _allowed(world, tuple(between.values()), step, notes)


def _allowed(
    world: World, between: tuple[float, ...], step: Array, notes: list[str]
) -> tuple[World, list[str]]:
    """Take the step, or as much of it as customers can be."""
    es, ea, sa = between
    R = np.array([[1, es, ea], [es, 1, sa], [ea, sa, 1]])
    for part in (1.0, 0.5, 0.2, 0.05, 0.0):
        try:
            turned = replace(world, correlations=(es, ea, sa))
            effects = np.asarray(world.effects) + part * np.linalg.solve(R, step)
            return replace(turned, effects=(float(effects[0]), float(effects[1]), float(effects[2]))), notes
        except (WorldError, np.linalg.LinAlgError) as error:
            reason = str(error)
    return world, [*notes, f"the published correlations cannot hold together: {reason}"]


def _r(people: truth.People, a: str, b: str) -> float:
    x, y = (truth.good(people.world, name) for name in (a, b))
    return truth.pearson_r(people.joint(a, b), x, y)


def _to_rates(world: World, pair: Pair, wanted: tuple[float, float]) -> tuple[World, list[str]]:
    """Let one metric alone carry loyalty, as strongly and at the threshold that bring the rates nearest."""
    from scipy.optimize import least_squares

    from cxresearch.stats.tails import implied_correlation

    metric, outcome = pair
    place, item = LATENTS.index(truth.question(world, metric).asks), truth.question(world, outcome)

    def turned(dials: Array) -> World:
        carried = [float(dials[0]) if k == place else 0.0 for k in range(3)]
        effects = (carried[0], carried[1], carried[2])
        cuts = tuple(float(cut + dials[1]) for cut in item.thresholds)
        items = tuple(replace(one, thresholds=cuts) if one is item else one for one in world.items)
        return replace(world, items=items, effects=effects, prior=(0.0, 0.0), complexity_loyalty=0.0)

    def miss(dials: Array) -> Array:
        return np.asarray(rates_of(turned(dials), pair)) - np.asarray(wanted)

    found = least_squares(miss, [0.5, 0.0], bounds=([-HIGHEST, -5], [HIGHEST, 5]), diff_step=[1e-4, 1e-4])
    forced = implied_correlation(*wanted)
    said = (
        f"{metric} alone carries {outcome} here, with a latent correlation of {found.x[0]:.2f}. {wanted[0]:.0%} and "
        f"{wanted[1]:.0%} force one of {forced.r:.2f} between what customers feel, were halves compared by answers "
        "without error."
    )
    return turned(found.x), [said]


def rates_of(world: World, pair: Pair) -> tuple[float, float]:
    """Return the shares of good outcomes among customers with a bad and with a good answer to the metric."""
    table = truth.People.spread(world, 0, POWER - 2).joint(*pair)
    ends = []
    for name in pair:
        value = truth.good(world, name)
        middle = (value.min() + value.max()) / 2
        ends.append((value < middle, value > middle))
    (bad, good), (_, loyal) = ends
    return float(table[bad][:, loyal].sum() / table[bad].sum()), float(
        table[good][:, loyal].sum() / table[good].sum()
    )


def _compared(
    world: World,
    shares: Mapping[str, Sequence[float]],
    means: Mapping[str, float],
    correlations: Mapping[Pair, float],
    rates: Mapping[Pair, tuple[float, float]],
) -> pd.DataFrame:
    people = truth.People.spread(world, 1, POWER + 1)
    rows: list[tuple[str, str, float, float]] = []
    for name, published in shares.items():
        points = truth.points(world, name)
        reached = sum(
            g.share * table.mean(axis=0) for g, table in zip(world.cultures, people.shares(name), strict=True)
        )
        rows += [
            ("share", f"{name} = {p:g}", a, b) for p, a, b in zip(points, published, reached, strict=True)
        ]
    for name, mean in means.items():
        rows.append(("mean", name, mean, people.mean(name, truth.points(world, name))))
    for (a, b), r in correlations.items():
        rows.append(("correlation", f"{a}, {b}", r, _r(people, a, b)))
    for (a, b), both in rates.items():
        names = (f"good {b} where {a} is bad", f"good {b} where {a} is good")
        rows += [("rate", *row) for row in zip(names, both, rates_of(world, (a, b)), strict=True)]
    table = pd.DataFrame(rows, columns=["kind", "what", "published", "reached"])
    limit = table.kind.map(MATCHED)
    table["matched"] = (table.published - table.reached).abs() <= limit
    return table


def _check(
    world: World,
    shares: Mapping[str, Sequence[float]],
    means: Mapping[str, float],
    correlations: Mapping[Pair, float],
    rates: Mapping[Pair, tuple[float, float]],
) -> None:
    """Refuse margins that no answers have, and names the world does not know."""
    names = [item.name for item in world.items]
    asked = [*shares, *means, *(name for pair in (*correlations, *rates) for name in pair)]
    unknown = sorted({name for name in asked if name not in names})
    if unknown:
        raise WorldError(f"world {world.title!r} has no item {unknown[0]!r}; it has {', '.join(names)}.")
    for name, given in shares.items():
        if len(given) != len(truth.points(world, name)) or min(given) <= 0 or abs(sum(given) - 1) > 1e-6:
            raise WorldError(
                f"shares of {name!r} must be above 0, one for each answer, and add up to 1; got {given}."
            )
    for name, mean in means.items():
        ends = truth.points(world, name)
        if not ends.min() < mean < ends.max():
            raise WorldError(
                f"mean of {name!r} must lie between {ends.min():g} and {ends.max():g}; got {mean:g}."
            )
    for pair, r in correlations.items():
        if not -1 < r < 1:
            raise WorldError(f"correlation of {pair[0]} and {pair[1]} must lie between -1 and 1; got {r:g}.")
    for pair, both in rates.items():
        if not all(0 < rate < 1 for rate in both):
            raise WorldError(f"rates of {pair[1]!r} by {pair[0]!r} must lie between 0 and 1; got {both}.")
