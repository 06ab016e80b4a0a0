"""The customers of a world, drawn at random or spread evenly for an integral: what they meet, feel and do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, ndtri

from cxresearch._world_model import Friction, Structure, structure

if TYPE_CHECKING:
    from cxresearch._world import World

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

BEYOND = 12  # standard deviations at which the tail of a count is cut


class Source(Protocol):
    """Where the randomness of customers comes from: a generator, or evenly spread points."""

    @property
    def n(self) -> int:
        """How many customers."""
        ...

    def uniform(self) -> Array:
        """Return the next number of every customer, between 0 and 1."""
        ...

    def normal(self) -> Array:
        """Return the next standard normal number of every customer."""
        ...

    def grouped(self, groups: int, share: float) -> tuple[Codes | None, Callable[[], Array]]:
        """Return the group of every customer, and a `normal` of which a share of the variance is the group's."""
        ...

    def turns(self, waves: int, teams: int) -> Codes:
        """Return the wave of every customer: equally many in each, of every team too."""
        ...


@dataclass(frozen=True)
class Random:
    """Independent customers."""

    n: int
    rng: np.random.Generator

    def uniform(self) -> Array:
        """Return uniform numbers."""
        return self.rng.random(self.n)

    def normal(self) -> Array:
        """Return standard normal numbers."""
        return self.rng.standard_normal(self.n)

    def grouped(self, groups: int, share: float) -> tuple[Codes | None, Callable[[], Array]]:
        """Return groups of equal size in turn; without groups `normal` itself."""
        if not groups:
            return None, self.normal
        code = np.arange(self.n) % groups

        def normal() -> Array:
            common = self.rng.standard_normal(groups)[code]
            return np.asarray(np.sqrt(share) * common + np.sqrt(1 - share) * self.normal())

        return code, normal

    def turns(self, waves: int, teams: int) -> Codes:
        """Return waves in turn for each team's customers, and from team to team."""
        rounds, team = np.divmod(np.arange(self.n), max(teams, 1))
        return np.asarray((rounds + team) % waves)


class Spread:
    """Customers at the points of a scrambled Sobol sequence, one dimension a call."""

    DIMENSIONS = 24

    def __init__(self, power: int, rng: np.random.Generator) -> None:
        from scipy.stats import qmc

        points = qmc.Sobol(self.DIMENSIONS, rng=rng).random_base2(power)
        self.n = len(points)
        self._points = iter(np.clip(points, 2.0**-40, 1 - 2.0**-40).T)

    def uniform(self) -> Array:
        """Return the next dimension."""
        return next(self._points)

    def normal(self) -> Array:
        """Return the next dimension as standard normal numbers."""
        return np.asarray(ndtri(next(self._points)))

    def grouped(self, groups: int, share: float) -> tuple[None, Callable[[], Array]]:  # noqa: ARG002
        """Return no groups: they do not change what is true of all customers."""
        return None, self.normal

    def turns(self, waves: int, teams: int) -> Codes:  # noqa: ARG002
        """Return waves by a dimension of their own: the order of the points goes along with where they lie."""
        if waves == 1:
            return np.zeros(self.n, np.int64)
        return np.floor(waves * self.uniform()).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Customers:
    """Arrays of shape ``(n,)``: what each customer met and feels, before any question is asked.

    Attributes
    ----------
    complexity : ndarray of int
        1 to 5.
    met : dict
        Amount of each friction by name.
    ease, satisfaction, attitude, loyalty : ndarray
        Latents; high is good.
    mood : ndarray
        The halo, common to all items.
    staying : ndarray
        Inclination to stay, standard normal where loyalty is.
    wave : ndarray of int
        Position of the wave.
    team : ndarray of int or None
        Who served the customer.
    """

    complexity: Codes
    met: dict[str, Array]
    ease: Array
    satisfaction: Array
    attitude: Array
    loyalty: Array
    mood: Array
    staying: Array
    wave: Codes
    team: Codes | None

    def latent(self, name: str) -> Array:
        """Return one of the latents."""
        return np.asarray(getattr(self, name))


@dataclass(frozen=True, eq=False)
class Noise:
    """The unexplained parts, kept so that a customer can be asked again what would have been."""

    prior: Array
    ease: Array
    satisfaction: Array
    attitude: Array
    loyalty: Array
    staying: Array


def customers(world: World, source: Source) -> tuple[Customers, Noise]:
    """Return customers of a world, and the noise that made them so."""
    made = structure(world)
    team, normal = source.grouped(world.teams, world.team_share)
    noise = Noise(*(normal() for _ in range(6)))
    complexity = _levels(source.uniform(), np.asarray(world.complexity))
    met = {
        friction.name: _amounts(friction, complexity, made.z, source.uniform())
        for friction in world.frictions
    }
    wave = source.turns(len(world.waves), world.teams)
    felt = feel(world, made, complexity, met, noise, wave)
    return replace(felt, mood=source.normal(), team=team), noise


def feel(
    world: World, made: Structure, complexity: Codes, met: dict[str, Array], noise: Noise, wave: Codes
) -> Customers:
    """Return what customers feel who met these frictions."""
    z = made.z[complexity - 1]
    loss = world.complexity_harm * z
    for friction in world.frictions:
        loss = loss + friction.harm * met[friction.name]
    strength, lift = world.prior
    ease = made.centre - loss + strength * noise.prior + made.ease_noise * noise.ease
    if len(world.waves) > 1:
        ease = ease + np.asarray(world.waves)[wave]
    a, b = made.satisfaction
    satisfaction = a * ease + b * noise.satisfaction
    a, b, c = made.attitude
    attitude = a * ease + c * noise.attitude
    attitude += b * noise.satisfaction  # the part of satisfaction that is not ease
    effects = world.effects
    loyalty = effects[0] * bent(ease, world.bend) + effects[1] * satisfaction + effects[2] * attitude
    loyalty += world.complexity_loyalty * z + lift * noise.prior + made.loyalty_noise * noise.loyalty
    link = world.behaviour.link
    staying = link * loyalty + np.sqrt(1 - link**2) * noise.staying
    return Customers(
        complexity, met, ease, satisfaction, attitude, loyalty, np.zeros(len(z)), staying, wave, None
    )


def bent(ease: Array, bend: float | None) -> Array:
    """Return ease as loyalty feels it: all alike above the bend, if there is one. Standardised."""
    if bend is None:
        return ease
    below, density = ndtr(bend), np.exp(-(bend**2) / 2) / np.sqrt(2 * np.pi)
    mean = -density + bend * (1 - below)
    square = below - bend * density + bend**2 * (1 - below)
    return np.asarray((np.minimum(ease, bend) - mean) / np.sqrt(square - mean**2))


def lifetime_above(world: World, staying: Array, months: float) -> Array:
    """Return the probability that customers stay longer than so many months."""
    behaviour = world.behaviour
    return np.asarray(np.exp(-months / (behaviour.months * np.exp(behaviour.spread * staying))))


def _levels(uniform: Array, shares: Array) -> Codes:
    return 1 + np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right").astype(np.int64)


def _amounts(friction: Friction, complexity: Codes, z: Array, uniform: Array) -> Array:
    """Amounts of a friction: the quantile of each customer's uniform number at their complexity."""
    level = friction.level(z)
    if friction.kind == "binary":
        return np.asarray(uniform > 1 - level[complexity - 1], float)
    rate = level / friction.step
    highest = int(rate.max() + BEYOND * np.sqrt(rate.max()) + 20)
    steps = np.arange(highest + 1)
    log = np.log(np.maximum(rate, 1e-300))[:, None]
    below = np.cumsum(np.exp(steps * log - rate[:, None] - gammaln(steps + 1)), axis=1)
    key = (
        complexity - 1
    ) + uniform  # one search for all five tables: each lies between its own whole numbers
    ends = (np.arange(len(z))[:, None] + np.minimum(below, 1.0)).ravel()
    place = np.searchsorted(ends, key, side="right")
    return friction.step * np.minimum(place - (complexity - 1) * (highest + 1), highest).astype(float)
