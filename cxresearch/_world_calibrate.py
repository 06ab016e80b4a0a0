"""Turn a world's dials until its margins are published ones, and say which cannot be had."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from cxresearch import _world_checks as checks
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
GRID = np.linspace(-8, 8, 1_601)  # standard deviations of an inclination
CENTRES = 1_024  # groups of like customers that stand for all
LATENTS = ("ease", "satisfaction", "attitude")
ADVERSE = 5e-4  # below 0 by so much, an effect is shown as such
HIGHEST = 0.999  # correlation of latents that is still tried
SHOWN = 1e-6  # of a change in what is felt, answers show this much, or it cannot be found from them
EMPTY = 1e-9  # share of answers that are none
PARTS = (1.0, 0.5, 0.2, 0.05, 0.0)  # of a step


@dataclass(frozen=True)
class Margins:
    """What was published, as `World.calibrate` takes it."""

    shares: Mapping[str, Sequence[float]]
    means: Mapping[str, float]
    correlations: Mapping[Pair, float]
    rates: Mapping[Pair, tuple[float, float]]


@dataclass(frozen=True, repr=False)
class Calibration:
    """A world turned to published margins.

    Attributes
    ----------
    world : World
        The nearest world found; its title ends in "calibrated" where a dial was turned, and else it is the one given.
    table : DataFrame
        Key ``kind what``; ``published``, ``reached``, ``matched``. Shares and rates between 0 and 1.
    notes : tuple of str
        What cannot be matched, what that would take, and which effects on loyalty are below 0.
    """

    world: World
    table: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Return the table and the notes, for people."""
        shown = self.table.round(3).to_string(index=False) if len(self.table) else "nothing was asked for"
        notes = [textwrap.fill(note, 110, initial_indent="- ", subsequent_indent="  ") for note in self.notes]
        return "\n".join(
            [f"{self.world.title}: {self.table.matched.sum()} of {len(self.table)} matched", shown, *notes]
        )


def calibrate(world: World, margins: Margins) -> Calibration:
    """Turn thresholds, then correlations and effects, and again, until nothing moves."""
    _check(world, margins)
    given, limits, last = world, list[str](), dict[Pair, tuple[float, float]]()
    for _ in range(ROUNDS):
        before = _numbers(world)
        people = truth.People.spread(world, 0, POWER).answering()
        world = replace(world, items=tuple(_to_margin(people, item, margins) for item in world.items))
        if margins.correlations:
            world, limits = _to_correlations(world, margins.correlations, last)
        for pair, wanted in margins.rates.items():
            world = _to_rates(world, pair, wanted, None if _cut(pair, margins) else given)
        if np.max(np.abs(_numbers(world) - before)) < CLOSE:
            break
    if np.max(np.abs(_numbers(world) - _numbers(given))) < CLOSE:
        world = given
    table = _compared(world, margins)
    notes = [_carried(world, pair, wanted) for pair, wanted in margins.rates.items()] + limits
    notes += [
        f"{row.what}: {row.published:.3g} was published, {row.reached:.3g} is reached."
        for row in table[~table.matched].itertuples()
    ]
    notes += _adverse(world) if world.effects != given.effects else []
    return Calibration(_named(world, given), table, tuple(notes))


def _named(world: World, given: World) -> World:
    """Say in title and lesson that the world is no longer the one it was made from."""
    if world is given:
        return world
    lesson = f"{given.title!r}, turned to published margins: what that world teaches need not hold here."
    return replace(world, title=f"{given.title}, calibrated", lesson=lesson)


def _adverse(world: World) -> list[str]:
    """Say which effects are below 0, which published margins seldom mean."""
    return [
        f"the effect of {latent} on loyalty is {effect:.3f} here: with the other feelings held, more of it takes "
        "loyalty away. If that is not meant, look for margins that are swapped (rates are of a bad, then of a good "
        "answer) or correlations that leave it no part."
        for latent, effect in zip(LATENTS, world.effects, strict=True)
        if effect < -ADVERSE
    ]


def _numbers(world: World) -> Array:
    """Return what is turned; a threshold beyond the last inclination stays where it is."""
    cuts = np.clip([cut for item in world.items for cut in item.thresholds], -1e6, 1e6)
    return np.array([*cuts, *world.effects, *world.correlations, *world.prior, world.complexity_loyalty])


def _to_margin(people: truth.People, item: Item, margins: Margins) -> Item:
    """Cut an item where its answers have the published shares, or shift its cuts to the published mean."""
    if item.name not in margins.shares and item.name not in margins.means:
        return item
    grid, F = _below(people, item)
    if item.name in margins.shares:
        worse = np.cumsum(tuple(margins.shares[item.name]))
        worse = worse[:-1] / worse[-1]
        honest = max(
            1 - item.begged, worse[-1]
        )  # or more beg for the best answer than are published to give it
        return replace(item, thresholds=tuple(map(float, np.interp(worse / honest, F, grid))))
    from scipy.optimize import brentq

    cuts = np.asarray(item.thresholds)
    finite = cuts[np.isfinite(cuts)]
    steps = np.diff(item.points)

    def gap(shift: float) -> float:
        inside = (1 - item.begged) * (item.points[-1] - steps @ np.interp(cuts + shift, grid, F))
        return float(inside + item.begged * item.points[-1] - margins.means[item.name])

    ends = (float(grid[0] - finite.max()), float(grid[-1] - finite.min())) if len(finite) else (0.0, 0.0)
    missed = [abs(gap(end)) for end in ends]
    best = brentq(gap, *ends) if gap(ends[0]) * gap(ends[1]) < 0 else ends[int(np.argmin(missed))]
    return replace(item, thresholds=tuple(map(float, cuts + best)))


def _below(people: truth.People, item: Item) -> tuple[Array, Array]:
    """Return a grid as wide as inclinations are, and the share of inclinations below each of its points."""
    cultures = people.world.cultures
    grid = GRID * max(max(abs(group.shift) / GRID[-1] + group.spread for group in cultures), 1.0)
    signal, noise = signal_of(item, people.felt)
    order = np.argsort(signal)
    weight = np.broadcast_to(people.weight, signal.shape)[order].reshape(CENTRES, -1)
    centre = (weight * signal[order].reshape(CENTRES, -1)).sum(axis=1) / weight.sum(axis=1)
    parts = [
        group.share
        * ndtr((grid[:, None] - group.shift - group.spread * centre) / max(group.spread * noise, 1e-9))
        for group in cultures
    ]
    return grid, np.asarray(sum(parts) @ (weight.sum(axis=1) / weight.sum()))


def _to_correlations(
    world: World, wanted: Mapping[Pair, float], last: dict[Pair, tuple[float, float]]
) -> tuple[World, list[str]]:
    """Move the latents' correlations by what the answers' miss, over what answers show of such a move."""
    people = truth.People.spread(world, 0, POWER)
    asked = people.answering()
    pairs = (("ease", "satisfaction"), ("ease", "attitude"), ("satisfaction", "attitude"))
    between, step, notes = np.asarray(world.correlations), np.zeros(3), list[str]()
    for (a, b), target in wanted.items():
        first, second = (truth.question(world, name).asks for name in (a, b))
        felt, answered = _felt(people, first, second), _r(asked, a, b)
        slope = _shown(asked, a) * _shown(asked, b)
        if not slope > SHOWN:
            notes.append(
                f"the answers to {a} and {b} show nothing of what customers feel, so nothing is turned."
            )
            continue
        if (a, b) in last and abs(felt - last[a, b][0]) > CLOSE:
            slope = float(np.clip((answered - last[a, b][1]) / (felt - last[a, b][0]), slope / 2, 4 * slope))
        last[a, b] = felt, answered
        needed = felt + (target - answered) / slope
        if abs(needed) > HIGHEST:
            notes.append(
                f"a correlation of {target:.2f} between {a} and {b} would take one of {needed:.2f} between what "
                "customers feel: with the reliability and halo of the two, which stay, it cannot be."
            )
            needed = np.sign(needed) * HIGHEST
        if "loyalty" in (first, second):
            step[LATENTS.index(second if first == "loyalty" else first)] = needed - felt
        else:
            place = pairs.index((first, second) if (first, second) in pairs else (second, first))
            between = between + (needed - felt) * (np.arange(3) == place)
    return _allowed(world, between, step, notes)


def _felt(people: truth.People, first: str, second: str) -> float:
    return float(np.corrcoef(people.felt.latent(first), people.felt.latent(second))[0, 1])


def _shown(people: truth.People, name: str) -> float:
    """Return how answers correlate with the feeling asked for."""
    value, latent = (
        truth.good(people.world, name),
        people.felt.latent(truth.question(people.world, name).asks),
    )
    mean = people.mean(name, value)
    total = people.mean(name, value**2) - mean**2
    weight = people.weight * latent / np.std(latent)
    goes = float(np.mean(weight * (people.expected(name, value) - mean)))
    return goes / float(np.sqrt(total)) if total > truth.FLAT else 0.0


def _allowed(world: World, between: Array, step: Array, notes: list[str]) -> tuple[World, list[str]]:
    """Take the step, or as much of it as customers can be: of the correlations first, then of the effects."""
    reason, before = "", np.asarray(world.correlations)
    for part in product(PARTS, PARTS):
        es, ea, sa = map(float, np.clip(before + part[0] * (between - before), -1, 1))
        R = np.array([[1, es, ea], [es, 1, sa], [ea, sa, 1]])
        ease, sat, att = map(float, world.effects + part[1] * np.linalg.lstsq(R, step, rcond=None)[0])
        try:
            world = replace(world, correlations=(es, ea, sa), effects=(ease, sat, att))
            break
        except WorldError as error:
            reason = reason or f"the published correlations cannot hold together: {error}"
    return world, [*notes, reason] if reason else notes


def _r(people: truth.People, a: str, b: str) -> float:
    x, y = (truth.good(people.world, name) for name in (a, b))
    return truth.pearson_r(people.joint(a, b), x, y)


def _cut(pair: Pair, margins: Margins) -> bool:
    """Whether the outcome's thresholds are turned to margins of its own."""
    return pair[1] in margins.shares or pair[1] in margins.means


def _to_rates(world: World, pair: Pair, wanted: tuple[float, float], given: World | None) -> World:
    """Let one metric alone carry loyalty, as strongly as brings the rates nearest.

    And with the outcome's thresholds of a world shifted so, where one is given; else they stay.
    """
    from scipy.optimize import least_squares

    metric, outcome = pair
    place = LATENTS.index(truth.question(world, metric).asks)
    start = np.asarray(truth.question(given or world, outcome).thresholds)

    def turned(dials: Array) -> World:
        ease, sat, att = (float(dials[0]) if k == place else 0.0 for k in range(3))
        cuts = tuple(map(float, start + sum(dials[1:])))
        items = tuple(replace(one, thresholds=cuts) if one.name == outcome else one for one in world.items)
        return replace(world, items=items, effects=(ease, sat, att), prior=(0.0, 0.0), complexity_loyalty=0.0)

    def miss(dials: Array) -> Array:
        return np.asarray(rates_of(turned(dials), pair)) - np.asarray(wanted)

    size = 2 if given else 1
    first, widest = np.array([0.5, 0.0])[:size], np.array([HIGHEST, 5.0])[:size]
    return turned(least_squares(miss, first, bounds=(-widest, widest), diff_step=[1e-4] * size).x)


def _carried(world: World, pair: Pair, wanted: tuple[float, float]) -> str:
    """Say what the metric carries, and what the rates would force."""
    from cxresearch.stats.tails import implied_correlation

    metric, outcome = pair
    r = _felt(truth.People.spread(world, 0, POWER), truth.question(world, metric).asks, "loyalty")
    return (
        f"{metric} alone carries {outcome} here, with a latent correlation of {r:.2f}. {wanted[0]:.0%} and "
        f"{wanted[1]:.0%} force one of {implied_correlation(*wanted).r:.2f} between what customers feel, were halves "
        "compared by answers without error."
    )


def rates_of(world: World, pair: Pair) -> tuple[float, float]:
    """Return the shares of good outcomes among customers with a bad and with a good answer to the metric."""
    table = truth.People.spread(world, 0, POWER - 2).answering().joint(*pair)
    x, y = (truth.good(world, name) for name in pair)
    middle = (x.min() + x.max()) / 2
    found = []
    for what, group in (("bad", x < middle), ("good", x > middle)):
        if not table[group].sum() > EMPTY:
            raise WorldError(
                f"nobody gives a {what} answer to {pair[0]!r} in world {world.title!r}, so there is no rate of good "
                f"{pair[1]!r} after one; lower its `begged` or move its thresholds."
            )
        found.append(float(table[group][:, y > (y.min() + y.max()) / 2].sum() / table[group].sum()))
    return found[0], found[1]


def _compared(world: World, margins: Margins) -> pd.DataFrame:
    people = truth.People.spread(world, 1, POWER + 1).answering()
    rows: list[tuple[str, str, float, float]] = []
    for name, published in margins.shares.items():
        points = truth.points(world, name)
        reached = [people.mean(name, (points == point).astype(float)) for point in points]
        rows += [
            ("share", f"{name} = {p:g}", a, b) for p, a, b in zip(points, published, reached, strict=True)
        ]
    for name, mean in margins.means.items():
        rows.append(("mean", name, mean, people.mean(name, truth.points(world, name))))
    for (a, b), r in margins.correlations.items():
        rows.append(("correlation", f"{a}, {b}", r, _r(people, a, b)))
    for (a, b), both in margins.rates.items():
        names = (f"good {b} where {a} is bad", f"good {b} where {a} is good")
        rows += [("rate", *row) for row in zip(names, both, rates_of(world, (a, b)), strict=True)]
    table = pd.DataFrame(rows, columns=["kind", "what", "published", "reached"])
    limit = table.kind.map(MATCHED)
    table["matched"] = (table.published - table.reached).abs() <= limit
    return table


def _check(world: World, margins: Margins) -> None:
    """Refuse margins that no answers have, and names the world does not know."""
    for what, given in vars(margins).items():
        if not isinstance(given, Mapping):
            raise WorldError(f"`{what}` must be a mapping, such as a dict; got a {type(given).__name__}.")
    _check_items(world, margins)
    for name, parts in margins.shares.items():
        checks.shares(
            f"shares of {name!r}, one for each answer,", checks.listed(parts), len(truth.points(world, name))
        )
        if name in margins.means:
            raise WorldError(
                f"{name!r} has both shares and a mean, but its shares are a mean already; give one."
            )
    for name, mean in margins.means.items():
        checks.number(f"mean of {name!r}", mean)
        ends = truth.points(world, name)
        if not ends.min() < mean < ends.max():
            raise WorldError(
                f"mean of {name!r} must lie between {ends.min():g} and {ends.max():g}; got {mean:g}."
            )
    _check_correlations(world, margins.correlations)
    _check_rates(world, margins)


def _check_items(world: World, margins: Margins) -> None:
    """Refuse items that the world does not have, and keys that are no pairs where pairs are asked for."""
    pairs = (*margins.correlations, *margins.rates)
    for what, keys in (("correlations", margins.correlations), ("rates", margins.rates)):
        for key in keys:
            if not isinstance(key, tuple) or len(key) != 2:
                raise WorldError(
                    f"a key of `{what}` is a pair of items, such as ('ces', 'csat'); got {key!r}."
                )
    names = [item.name for item in world.items]
    for name in (*margins.shares, *margins.means, *(name for pair in pairs for name in pair)):
        if name not in names:
            raise WorldError(f"world {world.title!r} has no item {name!r}; it has {', '.join(names)}.")


def _check_correlations(world: World, correlations: Mapping[Pair, float]) -> None:
    for (a, b), r in correlations.items():
        checks.number(f"correlation of {a} and {b}", r)
        if not -1 < r < 1:
            raise WorldError(f"correlation of {a} and {b} must lie between -1 and 1; got {r:g}.")
        if a == b:
            raise WorldError(f"a correlation needs two items; got {a!r} twice.")
        if (b, a) in correlations:
            raise WorldError(f"the correlation of {a} and {b} is given twice, the second time turned round.")
        asks = truth.question(world, a).asks
        if asks == truth.question(world, b).asks:
            raise WorldError(
                f"{a} and {b} both ask for {asks}: how they correlate follows from their reliability and halo, which "
                "`calibrate` leaves; replace the items."
            )


def _check_rates(world: World, margins: Margins) -> None:
    rates = margins.rates
    loyalty = {item.name for item in world.items if item.asks == "loyalty"}
    for pair, both in rates.items():
        metric, outcome = pair
        if metric in loyalty or outcome not in loyalty:
            raise WorldError(
                f"rates are keyed (metric, outcome), outcomes being {', '.join(sorted(loyalty)) or 'none'}; got {pair}."
            )
        what = f"rates of {outcome!r} by {metric!r}"
        checks.numbers(what, checks.listed(both))
        if len(both) != 2:
            raise WorldError(f"{what} are two, after a bad and after a good answer; got {len(both)}: {both}.")
        if not all(0 < rate < 1 for rate in both):
            hint = checks.PERCENT if 2 <= max(both) <= 100 else ""
            raise WorldError(f"{what} must lie between 0 and 1; got {both}.{hint}")
    if len(rates) > 1:
        raise WorldError(
            f"rates let one metric carry loyalty alone, so one pair can be given; got {len(rates)}: {[*rates]}."
        )
    moved = [pair for pair in margins.correlations if set(pair) & loyalty]
    if rates and moved:
        raise WorldError(
            f"rates let {next(iter(rates))[0]} carry loyalty alone, and the correlation of {moved[0][0]} and "
            f"{moved[0][1]} would undo that; give one of the two."
        )
