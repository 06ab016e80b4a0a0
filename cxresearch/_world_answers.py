"""What the customers of a world answer: at random to a survey, and with what probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from cxresearch._world_customers import Customers, Random, customers, lifetime_above
from cxresearch._world_model import MONTHS, YEAR, Culture, Item

if TYPE_CHECKING:
    from cxresearch._world import World

Array: TypeAlias = NDArray[np.float64]


def probabilities(item: Item, people: Customers, culture: Culture) -> Array:
    """Return how likely each answer is to each customer, ``(n, points)``, the worst point first."""
    signal, noise = signal_of(item, people)
    spread = culture.spread * noise
    centre = culture.shift + culture.spread * signal
    cuts = np.asarray(item.thresholds)
    gap = cuts - centre[:, None]
    below = ndtr(gap / spread) if spread > 0 else (gap > 0).astype(float)
    shares = np.diff(below, axis=1, prepend=0, append=1)
    shares *= 1 - item.begged
    shares[:, -1] += item.begged
    return np.asarray(shares)


def signal_of(item: Item, people: Customers) -> tuple[Array, float]:
    """Return what of an inclination is the customer's, and the standard deviation of the rest."""
    signal = np.sqrt(item.reliability) * people.latent(item.asks)
    if item.halo:
        signal = signal + np.sqrt(item.halo) * people.mood
    return signal, float(np.sqrt(max(1 - item.reliability - item.halo, 0)))


def response(world: World, people: Customers) -> Array:
    """Return how likely each customer is to answer at all."""
    groups = len(world.response)
    if not groups:
        return np.ones(len(people.ease))
    cuts = ndtri(np.arange(1, groups) / groups)
    return np.asarray(world.response)[np.searchsorted(cuts, people.ease)]


def answers(world: World, n: int, seed: int) -> pd.DataFrame:
    """Return a row for each of `n` customers who answered."""
    rng = np.random.default_rng(seed)
    if not world.response:
        return _asked(world, Random(n, rng), 0)
    rounds, found, invited = [], 0, 0
    while found < n:
        wanted = n - found  # and five standard errors more: in a second round teams would be drawn anew
        size = int((wanted + 5 * np.sqrt(wanted) + 25) / float(np.mean(world.response)))
        rounds.append(_asked(world, Random(size, rng), invited))
        found, invited = found + len(rounds[-1]), invited + size
    return pd.concat(rounds, ignore_index=True).iloc[:n]


def _asked(world: World, source: Random, before: int) -> pd.DataFrame:
    """Ask customers, after so many others; those who do not answer have no row."""
    people, _ = customers(world, source)
    table: dict[str, object] = {"customer": before + 1 + np.arange(source.n)}
    culture = _cultures(world, source)
    for item in world.items:
        table[item.name] = _answer(item, people, culture, world.cultures, source)
    table |= _later(world, people, source)
    table |= people.met
    table["complexity"] = people.complexity
    if len(world.waves) > 1:
        table["wave"] = 1 + people.wave
    if culture is not None:
        table["culture"] = np.array([group.name for group in world.cultures], object)[culture]
    if people.team is not None:
        table["team"] = 1 + people.team
    if not world.response:
        return pd.DataFrame(table)
    chance = response(world, people)
    if world.weighted:
        table["weight"] = 1 / chance
    return pd.DataFrame(table)[source.uniform() < chance]


def _cultures(world: World, source: Random) -> NDArray[np.int64] | None:
    if len(world.cultures) == 1:
        return None
    ends = np.cumsum([group.share for group in world.cultures])[:-1]
    return np.searchsorted(ends, source.uniform(), side="right").astype(np.int64)


def _answer(
    item: Item,
    people: Customers,
    culture: NDArray[np.int64] | None,
    groups: tuple[Culture, ...],
    source: Random,
) -> Array:
    signal, noise = signal_of(item, people)
    inclination = signal + noise * source.normal() if noise else signal
    if culture is not None:
        inclination = inclination * np.array([group.spread for group in groups])[culture]
        inclination += np.array([group.shift for group in groups])[culture]
    elif groups[0] != Culture(groups[0].name, 1.0):
        inclination = groups[0].shift + groups[0].spread * inclination
    code = np.searchsorted(np.asarray(item.thresholds), inclination)
    if item.begged:
        code[source.uniform() < item.begged] = len(item.thresholds)
    given = item.points[code]
    if item.missing:
        given[source.uniform() < item.missing] = np.nan
    return np.asarray(given)


def _later(world: World, people: Customers, source: Random) -> dict[str, Array]:
    """Months the customer stayed, as far as they were watched, and whether that was a year."""
    mean = world.behaviour.months * np.exp(world.behaviour.spread * people.staying)
    lived = -mean * np.log1p(-source.uniform())
    months = np.minimum(np.ceil(lived), MONTHS)
    return {
        "renewed": (lived > YEAR).astype(float),
        "months": months,
        "left": (lived <= MONTHS).astype(float),
    }


def renewal(world: World, people: Customers) -> Array:
    """Return how likely each customer is not to renew and to renew, ``(n, 2)``."""
    stays = lifetime_above(world, people.staying, YEAR)
    return np.column_stack([1 - stays, stays])
