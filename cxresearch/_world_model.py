"""What a world is made of, and which worlds are impossible."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cxresearch import _world_checks as checks
from cxresearch.errors import WorldError
from cxresearch.survey.scales import INSTRUMENTS, Scale

if TYPE_CHECKING:
    from cxresearch._world import World

Array: TypeAlias = NDArray[np.float64]
Latent: TypeAlias = Literal["ease", "satisfaction", "attitude", "loyalty"]

LATENTS = ("ease", "satisfaction", "attitude", "loyalty")
TAKEN = ("customer", "complexity", "renewed", "months", "left", "wave", "culture", "team", "weight")
POINTS = np.arange(1.0, 6.0)  # of complexity
MOST_FRICTIONS = 12
MONTHS = 24  # how long customers are watched
YEAR = 12
ROUNDING = 1e-9
LOWEST_BEND = -3.0  # below it is one customer in 741: nothing to learn from
RAREST = 0.001  # share of all asked who answer: each answer takes a thousand customers to draw
MOST_OFTEN = 100_000  # times that a friction happens to a customer, as their mean: a table is as long


@dataclass(frozen=True)
class Item:
    """A question as the customers of a world are asked it.

    The inclination behind the answer is ``sqrt(reliability) * latent + sqrt(halo) * halo + noise``, with variance 1;
    the answer is the number of `thresholds` below it, counted from the worst point of the scale.

    Attributes
    ----------
    name : str
        Of the question in the codebook.
    asks : str
        The latent that is asked for: ``"ease"``, ``"satisfaction"``, ``"attitude"`` or ``"loyalty"``.
    instrument : str
        Known form whose scale is used; ``"agree7"`` and the like for outcomes.
    thresholds : tuple of float
        In standard deviations, rising, one fewer than the scale has points.
    reliability : float
        Share of the inclination's variance that is the latent asked for.
    halo : float
        Share that is a mood common to every item of the survey.
    begged : float
        Share of customers who give the best answer because somebody asked them to.
    missing : float
        Share of customers who leave the question blank, whoever they are.
    """

    name: str
    asks: Latent
    instrument: str
    thresholds: tuple[float, ...]
    reliability: float = 0.8
    halo: float = 0.0
    begged: float = 0.0
    missing: float = 0.0

    def __post_init__(self) -> None:
        checks.text("name of an item", self.name)
        if self.asks not in LATENTS:
            raise WorldError(
                f"item {self.name!r} asks for {self.asks!r}; the latents are {', '.join(LATENTS)}."
            )
        checks.text(f"instrument of item {self.name!r}", self.instrument)
        if self.instrument not in INSTRUMENTS:
            raise WorldError(
                f"item {self.name!r}: there is no instrument {self.instrument!r}; there are {', '.join(INSTRUMENTS)}."
            )
        for what in ("reliability", "halo", "begged", "missing"):
            checks.share(f"{what} of item {self.name!r}", getattr(self, what))
        if self.reliability + self.halo > 1 + ROUNDING:
            raise WorldError(
                f"item {self.name!r}: reliability {self.reliability:g} and halo {self.halo:g} are together more than "
                "all of the variance of its answers; lower one of them."
            )
        checks.numbers(f"thresholds of item {self.name!r}", self.thresholds, finite=False)
        points = len(self.scale.points)
        if len(self.thresholds) != points - 1:
            raise WorldError(
                f"item {self.name!r} has {len(self.thresholds)} thresholds; its {points} answers need {points - 1}. "
                "`worlds.thresholds` makes them from the shares of the answers."
            )
        if not all(low < high for low, high in zip(self.thresholds, self.thresholds[1:], strict=False)):
            raise WorldError(
                f"thresholds of item {self.name!r} are out of order: {self.thresholds}; they must rise."
            )

    @property
    def scale(self) -> Scale:
        """Answers and direction."""
        return INSTRUMENTS[self.instrument].scale

    @property
    def points(self) -> Array:
        """The answers, worst first."""
        return self.scale.points[::-1] if self.scale.good == "low" else self.scale.points


@dataclass(frozen=True)
class Friction:
    """What can go wrong in a contact: a driver of effort, itself caused in part by the complexity of the issue.

    Attributes
    ----------
    name : str
        Of the driver in the codebook.
    kind : {"count", "binary", "number"}
        A Poisson count; yes or no; or a Poisson count of steps, such as minutes in steps of 5.
    base : float
        Mean (count, number, in the unit recorded) or share (binary) where complexity is average.
    growth : float
        Change of its logarithm (count, number) or log odds (binary) per standard deviation of complexity.
    harm : float
        Standard deviations of ease lost per one more (per 1 of the unit recorded).
    step : float
        Smallest difference of a number.
    """

    name: str
    kind: Literal["count", "binary", "number"]
    base: float
    growth: float
    harm: float
    step: float = 1.0

    def __post_init__(self) -> None:
        checks.text("name of a friction", self.name)
        if self.kind not in ("count", "binary", "number"):
            raise WorldError(f"friction {self.name!r} has kind {self.kind!r}: count, binary or number.")
        for what in ("base", "growth", "step"):
            checks.number(f"{what} of friction {self.name!r}", getattr(self, what))
        checks.number(f"harm of friction {self.name!r}", self.harm, 0)
        if self.kind == "binary":
            checks.share(f"base of friction {self.name!r}", self.base)
        if not (self.base >= 0 and self.step > 0):
            raise WorldError(
                f"friction {self.name!r} needs base >= 0 and step > 0; got {self.base:g}, {self.step:g}."
            )

    def level(self, z: Array) -> Array:
        """Mean where complexity is `z` standard deviations above average."""
        if self.kind != "binary":
            return self.base * np.exp(self.growth * z)
        odds = (
            self.base / (1 - self.base) * np.exp(self.growth * z)
            if self.base < 1
            else np.full_like(z, np.inf)
        )
        return 1 - 1 / (1 + odds)

    def spread(self, z: Array) -> Array:
        """Variance where complexity is `z`."""
        level = self.level(z)
        return level * (1 - level) if self.kind == "binary" else level * self.step


@dataclass(frozen=True)
class Culture:
    """A group with its own way to use a scale; what its customers feel is the same.

    Attributes
    ----------
    name : str
        Value in the segment column ``culture``.
    share : float
        Of customers; the shares add up to 1.
    shift : float
        Inclinations are raised by so many standard deviations (acquiescent: above 0; "8 is a high mark": below 0).
    spread : float
        Inclinations are stretched by this factor (extreme answers: above 1; middling: below 1).
    """

    name: str
    share: float
    shift: float = 0.0
    spread: float = 1.0

    def __post_init__(self) -> None:
        checks.text("name of a culture", self.name)
        checks.share(f"share of culture {self.name!r}", self.share)
        for what in ("shift", "spread"):
            checks.number(f"{what} of culture {self.name!r}", getattr(self, what))
        if not self.spread > 0:
            raise WorldError(f"spread of culture {self.name!r} must be above 0; got {self.spread:g}.")


@dataclass(frozen=True)
class Behaviour:
    """What customers do later: a lifetime in months, watched for two years.

    Attributes
    ----------
    link : float
        Correlation between loyalty and the inclination to stay.
    months : float
        Mean months until a customer with an average inclination leaves.
    spread : float
        Change of the logarithm of these months per standard deviation of the inclination.
    """

    link: float = 0.5
    months: float = 60.0
    spread: float = 0.8

    def __post_init__(self) -> None:
        for what in ("link", "months", "spread"):
            checks.number(f"{what} of behaviour", getattr(self, what))
        if not -1 <= self.link <= 1:
            raise WorldError(f"link of behaviour with loyalty must be a correlation; got {self.link:g}.")
        if not self.months > 0:
            raise WorldError(f"months of behaviour must be above 0; got {self.months:g}.")


def thresholds(shares: Sequence[float]) -> tuple[float, ...]:
    """Return where a standard normal inclination is cut so that the answers have these shares, worst first.

    Raises
    ------
    WorldError
        If the shares are no numbers, not positive, or do not add up to 1.

    Examples
    --------
    >>> [round(cut, 3) for cut in thresholds([0.1, 0.4, 0.5])]
    [-1.282, 0.0]
    """
    checks.shares("shares of answers", checks.listed(shares))
    below = np.cumsum(np.asarray(shares, float))
    if len(below) > 1 and below[-2] >= 1:  # they may add up to a little more than 1
        below = below / below[-1]
    return tuple(float(cut) for cut in ndtri(below[:-1]))


@dataclass(frozen=True)
class Structure:
    """What follows from a world's numbers: standardised complexity, factors, noise.

    Attributes
    ----------
    z : ndarray, shape (5,)
        Complexity 1 to 5, standardised among all customers.
    centre : float
        Mean loss of ease among all customers.
    ease_noise, loyalty_noise : float
        Standard deviations of what nothing else explains.
    satisfaction, attitude : tuple of float
        Weights of ease, (satisfaction,) and of own noise.
    """

    z: Array
    centre: float
    ease_noise: float
    loyalty_noise: float
    satisfaction: tuple[float, float]
    attitude: tuple[float, float, float]


def structure(world: World) -> Structure:
    """Return what follows from a world's numbers, or refuse an impossible world by name."""
    _check_kinds(world)
    _check_sizes(world)
    _check_names(world)
    _check_asked(world)
    satisfaction, attitude = _factors(world.correlations)
    z, level, explained = _harm(world)
    prior, lift = world.prior
    checks.share("correlation of prior loyalty with ease, prior[0],", abs(prior))
    rest = 1 - explained - prior**2 - float(np.var(world.waves))
    if not rest >= -ROUNDING:
        raise WorldError(
            f"frictions, complexity, waves and prior loyalty explain {100 * (1 - rest):.0f} % of the variance of "
            f"ease; lower a `harm`, a `growth`, `complexity_harm`, `waves` or `prior`. Most is {_most(world, z)}."
        )
    ease, sat, att = world.effects
    varied = bool(np.asarray(world.complexity) @ z**2 > 0)  # not where all issues are alike
    S = np.array([[1, *world.correlations[:2]], [0, 1, world.correlations[2]], [0, 0, 1]], float)
    S = S + S.T - np.eye(3)
    beta = np.array([ease, sat, att])
    with_ease = float(S[0] @ beta)
    covariance = float(np.asarray(world.complexity) @ (z * level))  # of complexity with ease
    loyalty = beta @ S @ beta + world.complexity_loyalty**2 * varied + lift**2
    loyalty += 2 * with_ease * (world.complexity_loyalty * covariance + lift * prior)
    if not loyalty <= 1 + ROUNDING:
        raise WorldError(
            f"the effects explain {100 * loyalty:.0f} % of the variance of loyalty; lower `effects`, "
            "`complexity_loyalty` or `prior`."
        )
    centre = float(np.asarray(world.complexity) @ _loss(world, z))
    return Structure(
        z, centre, math.sqrt(max(rest, 0)), math.sqrt(max(1 - loyalty, 0)), satisfaction, attitude
    )


def _factors(
    correlations: tuple[float, float, float],
) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """Cholesky factor of ease, satisfaction and attitude."""
    es, ea, sa = correlations
    matrix = np.array([[1, es, ea], [es, 1, sa], [ea, sa, 1]])
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if not smallest > -ROUNDING or max(abs(es), abs(ea), abs(sa)) > 1:
        raise WorldError(
            f"the correlations of ease with satisfaction ({es:g}), ease with attitude ({ea:g}) and satisfaction with "
            f"attitude ({sa:g}) cannot hold together: their matrix is not positive definite (smallest eigenvalue "
            f"{smallest:.3g})."
        )
    own = math.sqrt(max(1 - es**2, 0))
    second = (sa - es * ea) / own if own > 0 else 0.0
    return (es, own), (ea, second, math.sqrt(max(1 - ea**2 - second**2, 0)))


def _loss(world: World, z: Array) -> Array:
    """Mean loss of ease at each complexity."""
    return np.asarray(world.complexity_harm * z + sum(f.harm * f.level(z) for f in world.frictions), float)


def _most(world: World, z: Array) -> str:
    """Say which dial explains most of ease."""
    share = np.asarray(world.complexity, float)
    parts = {
        f"`harm` {f.harm:g} of friction {f.name!r}": f.harm**2
        * float(share @ (f.spread(z) + (f.level(z) - share @ f.level(z)) ** 2))
        for f in world.frictions
    }
    parts[f"`complexity_harm` {world.complexity_harm:g}"] = world.complexity_harm**2
    parts[f"`waves` {world.waves}"] = float(np.var(world.waves))
    parts[f"`prior` {world.prior}"] = world.prior[0] ** 2
    return max(parts, key=lambda dial: parts[dial])


def _harm(world: World) -> tuple[Array, Array, float]:
    """Standardised complexity, mean ease at each, and the variance of ease that frictions and complexity explain."""
    share = np.asarray(world.complexity, float)
    z = POINTS - share @ POINTS
    sd = math.sqrt(share @ z**2)
    z = z / sd if sd > 0 else z
    for friction in world.frictions:
        with np.errstate(over="ignore"):
            most = float(np.max(friction.level(z))) / friction.step
        if friction.kind != "binary" and not most <= MOST_OFTEN:
            raise WorldError(
                f"friction {friction.name!r} happens {most:.3g} times to a customer with the most complex issue; at "
                f"most {MOST_OFTEN:,} can be drawn: lower its `base` or `growth`, or raise its `step`."
            )
    level = -_loss(world, z)
    level = level - share @ level
    within = sum(f.harm**2 * f.spread(z) for f in world.frictions)
    return z, level, float(share @ (level**2 + within))


def _check_kinds(world: World) -> None:
    """Refuse what is no tuple, no number, no whole number where a world needs one."""
    checks.text("`title` of a world", world.title)
    checks.text("`lesson` of a world", world.lesson)
    checks.several("`items` of a world", world.items, Item)
    checks.several("`frictions` of a world", world.frictions, Friction)
    checks.several("`cultures` of a world", world.cultures, Culture)
    for dial in ("effects", "correlations", "complexity", "prior", "response", "waves"):
        checks.numbers(f"`{dial}` of a world", getattr(world, dial))
    for dial in ("complexity_harm", "complexity_loyalty"):
        checks.number(f"`{dial}` of a world", getattr(world, dial))
    checks.share("team_share", world.team_share)
    checks.whole("`teams` of a world", world.teams, 0)
    if not isinstance(world.behaviour, Behaviour):
        raise WorldError(f"`behaviour` of a world must be a Behaviour; got {world.behaviour!r}.")
    if not isinstance(world.weighted, (bool, np.bool_)):
        raise WorldError(f"`weighted` of a world is True or False; got {world.weighted!r}.")
    if world.bend is not None:
        checks.number("`bend` of a world, if not None,", world.bend, LOWEST_BEND)


def _check_sizes(world: World) -> None:
    for what, size in (("effects", 3), ("correlations", 3), ("prior", 2)):
        given = getattr(world, what)
        if len(given) != size:
            raise WorldError(f"`{what}` of a world are {size} numbers; got {len(given)}.")
    for what in ("items", "waves", "cultures"):
        if not len(getattr(world, what)):
            raise WorldError(f"`{what}` of a world are one or more; got none.")
    if len(world.frictions) > MOST_FRICTIONS:
        raise WorldError(f"a world has at most {MOST_FRICTIONS} frictions; got {len(world.frictions)}.")
    checks.shares("`complexity`, the shares of its levels 1 to 5,", world.complexity, 5, empty=True)


def _check_names(world: World) -> None:
    names = [item.name for item in world.items] + [friction.name for friction in world.frictions]
    taken = sorted(set(names) & set(TAKEN))
    if taken:
        raise WorldError(
            f"{taken[0]!r} names a column that surveys of a world have anyway; call it otherwise."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise WorldError(f"{twice[0]!r} is the name of two things in world {world.title!r}.")
    groups = [culture.name for culture in world.cultures]
    for name in sorted({name for name in groups if groups.count(name) > 1}):
        raise WorldError(f"{name!r} names two cultures in world {world.title!r}; call one otherwise.")
    checks.shares("the shares of the cultures", [culture.share for culture in world.cultures], empty=True)


def _check_asked(world: World) -> None:
    """Refuse waves and answers to the survey that cannot be."""
    for share in world.response:
        if not 0 < share <= 1:
            hint = checks.PERCENT if 2 <= share <= 100 else ""
            raise WorldError(f"a response rate must be above 0 and at most 1; got {share:g}.{hint}")
    if world.response and np.mean(world.response) < RAREST:
        raise WorldError(
            f"`response` must be {RAREST:g} or more on average: every answer is drawn from so many customers; got "
            f"{np.mean(world.response):g}."
        )
    if not abs(np.mean(world.waves)) <= ROUNDING:
        raise WorldError(
            f"ease of the waves is given above the average of all, so it must average 0; got {world.waves}, whose "
            f"mean is {np.mean(world.waves):g}: take that from each."
        )
    if world.weighted and not world.response:
        raise WorldError("`weighted` needs `response`: weights are one over the chance to answer.")
