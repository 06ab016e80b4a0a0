"""Integrals over all customers of a world: what each scrambling of evenly spread customers gives.

Given what a customer feels, the probability of every answer is known in closed form. What is left is the average over
customers, taken at scrambled Sobol points. No estimator of the package has a part in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch._world_answers import probabilities, renewal, response
from cxresearch._world_customers import Customers, Noise, Spread, customers, feel, lifetime_above
from cxresearch._world_model import MONTHS, Item, structure
from cxresearch.survey.scales import INSTRUMENTS

if TYPE_CHECKING:
    from cxresearch._world import World

Array: TypeAlias = NDArray[np.float64]
Key: TypeAlias = tuple[str, ...]
Found: TypeAlias = dict[Key, float]

STEP = 1e-3  # of ease, for a derivative
RANK = 1e-10  # of correlations: below it a column is what others are together
FLAT = 1e-10  # variance of answers below which nothing varies but by rounding
OUTCOMES = ("renewed", "months")


@dataclass(frozen=True, eq=False)
class People:
    """All customers of a world, at the points of one scrambling; or each as far as `weight` counts them."""

    world: World
    felt: Customers
    noise: Noise
    weight: Array | float = 1.0  # with mean 1

    @classmethod
    def spread(cls, world: World, seed: int, power: int) -> People:
        """Return two to the `power` customers at the points of the scrambling with this seed."""
        return cls(world, *customers(world, Spread(power, np.random.default_rng(seed))))

    def answering(self) -> People:
        """Return those whose answers a survey of the world stands for: all, or those who answer."""
        if not self.world.response or self.world.weighted:
            return self
        chance = response(self.world, self.felt)
        return replace(self, weight=chance / chance.mean())

    def after(self, met: dict[str, Array], easier: float = 0.0) -> People:
        """Return the same customers, had they met these frictions, and found everything so much easier."""
        made = structure(self.world)
        made = replace(made, centre=made.centre + easier)
        felt = feel(self.world, made, self.felt.complexity, met, self.noise, self.felt.wave)
        return replace(self, felt=replace(felt, mood=self.felt.mood))

    @cached_property
    def _shares(self) -> dict[str, list[Array]]:
        return {}

    def shares(self, name: str) -> list[Array]:
        """Probability of every answer of every customer ``(n, points)``, a table a culture."""
        if name not in self._shares:
            self._shares[name] = self._likely(name)
        return self._shares[name]

    def _likely(self, name: str) -> list[Array]:
        if name == "renewed":
            return [renewal(self.world, self.felt)] * len(self.world.cultures)
        if name == "months":
            stays = [lifetime_above(self.world, self.felt.staying, month) for month in range(1, MONTHS)]
            beyond = np.column_stack([*stays])
            table = -np.diff(beyond, axis=1, prepend=1, append=0)
            return [table] * len(self.world.cultures)
        item = question(self.world, name)
        return [probabilities(item, self.felt, culture) for culture in self.world.cultures]

    def joint(self, a: str, b: str) -> Array:
        """Probability of every pair of answers, ``(points of a, points of b)``."""
        parts = zip(self.world.cultures, self.shares(a), self.shares(b), strict=True)
        return np.asarray(sum(group.share * (x.T * self.weight) @ y / len(x) for group, x, y in parts))

    def mean(self, name: str, value: Array) -> float:
        """Mean of what an answer is worth."""
        return float((self.weight * self.expected(name, value)).mean())

    def expected(self, name: str, value: Array) -> Array:
        """What each customer's answer is worth on average, ``(n,)``."""
        parts = zip(self.world.cultures, self.shares(name), strict=True)
        return np.asarray(sum(group.share * (table @ value) for group, table in parts))


def question(world: World, name: str) -> Item:
    """Return the item called `name`."""
    return next(item for item in world.items if item.name == name)


def points(world: World, name: str) -> Array:
    """Return the answers of an item, or of what customers do later, in the order of its probabilities."""
    if name == "renewed":
        return np.array([0.0, 1.0])
    if name == "months":
        return np.arange(1.0, MONTHS + 1)
    return question(world, name).points


def scores(people: People) -> Found:
    """Return every score of every item: key item, scorer."""
    found: Found = {}
    for item in people.world.items:
        for scorer in INSTRUMENTS[item.instrument].scorers:
            found[item.name, scorer.name] = people.mean(item.name, scorer.apply(item.points, item.scale))
    renewed = people.mean("renewed", np.array([0.0, 100.0]))
    return found | {
        ("renewed", "share"): renewed,
        ("months", "mean"): people.mean("months", np.arange(1.0, 25)),
    }


def reliability(people: People) -> Found:
    """Return the share of each item's variance that the same customers would repeat if asked again: key item."""
    found: Found = {}
    for item in people.world.items:
        parts = list(zip(people.world.cultures, people.shares(item.name), strict=True))
        square = sum(group.share * float(np.mean((table @ item.points) ** 2)) for group, table in parts)
        mean = people.mean(item.name, item.points)
        total = people.mean(item.name, item.points**2) - mean**2
        found[(item.name,)] = (square - mean**2) / total if total > FLAT else np.nan
    return found


def contest(people: People) -> Found:
    """Return what `compare` estimates: key outcome, metric, coding, measure."""
    world = people.world
    found: Found = {}
    metrics = [item for item in world.items if item.asks != "loyalty"]
    outcomes = [item.name for item in world.items if item.asks == "loyalty"]
    for outcome in (*outcomes, *OUTCOMES):
        value = good(world, outcome)
        for metric in metrics:
            table = people.joint(metric.name, outcome)
            x = good(world, metric.name)
            scorer = INSTRUMENTS[metric.instrument].scorers[0]
            official = x if scorer.name == "mean" else scorer.apply(metric.points, metric.scale)
            r = pearson_r(table, x, value)
            found[outcome, metric.name, "linear", "pearson_r"] = r
            found[outcome, metric.name, "linear", "r2_score"] = r**2
            found[outcome, metric.name, "linear", "spearman_r"] = pearson_r(
                table, *map(_midranks, _margins(table))
            )
            found[outcome, metric.name, "linear", "somers_d"] = somers_d(table)
            found[outcome, metric.name, "official", "pearson_r"] = pearson_r(table, official, value)
    return found


def good(world: World, name: str) -> Array:
    """Return answers turned so that high is good."""
    answers = points(world, name)
    if name in OUTCOMES:
        return answers
    return question(world, name).scale.orient(answers)


def pearson_r(table: Array, x: Array, y: Array) -> float:
    """Return the correlation of two values under a table of probabilities; NaN where one does not vary.

    Examples
    --------
    >>> round(pearson_r(np.array([[0.4, 0.1], [0.1, 0.4]]), np.array([0.0, 1.0]), np.array([0.0, 1.0])), 3)
    0.6
    """
    p, q = _margins(table)
    x, y = x - p @ x / p.sum(), y - q @ y / q.sum()
    square = float((p @ x**2) * (q @ y**2))
    return float(x @ table @ y / np.sqrt(square)) if square > FLAT**2 else np.nan


def somers_d(table: Array) -> float:
    """Return Somers' D of the rows for the columns: concordant less discordant, of pairs that differ in columns.

    NaN where none do.

    Examples
    --------
    >>> round(somers_d(np.array([[0.4, 0.1], [0.1, 0.4]])), 3)
    0.6
    """
    above = np.cumsum(np.cumsum(table[::-1, ::-1], axis=0), axis=1)[::-1, ::-1]
    left = np.cumsum(np.cumsum(table[::-1], axis=0), axis=1)[::-1]
    concordant = (table[:-1, :-1] * above[1:, 1:]).sum()
    discordant = (table[:-1, 1:] * left[1:, :-1]).sum()
    _, q = _margins(table)
    differ = float(1 - (q**2).sum()) / 2
    return float((concordant - discordant) / differ) if differ > FLAT else np.nan


def _margins(table: Array) -> tuple[Array, Array]:
    return table.sum(axis=1), table.sum(axis=0)


def _midranks(shares: Array) -> Array:
    return np.cumsum(shares) - shares / 2


def latent(people: People) -> Found:
    """Return the correlations of what customers feel: key latent, latent."""
    names = ("ease", "satisfaction", "attitude", "loyalty", "staying")
    r = np.corrcoef([people.felt.latent(name) for name in names])
    return {(a, b): float(r[i, j]) for i, a in enumerate(names) for j, b in enumerate(names) if i < j}


def adverse(world: World, name: str) -> Array | None:
    """Return which answers are bad: those beyond the middle of the scale; who leaves; None for months."""
    if name == "months":
        return None
    if name == "renewed":
        return np.array([True, False])
    value = good(world, name)
    return np.asarray(value < (value.min() + value.max()) / 2)


def _worth(world: World, name: str) -> dict[str, Array]:
    """What answers are worth, by measure."""
    bad = adverse(world, name)
    mean = {"mean": points(world, name)}
    return mean if bad is None else mean | {"adverse": 100.0 * bad}


def effects(people: People, outcome: str) -> Found:
    """Return what one more of each friction does to an outcome, on average: key outcome, driver, measure."""
    world, met = people.world, people.felt.met
    found: Found = {}
    easier, harder = people.after(met, STEP), people.after(met, -STEP)
    nobody, everybody = np.zeros(len(people.felt.ease)), np.ones(len(people.felt.ease))
    for friction in world.frictions:
        yes = people.after(met | {friction.name: everybody}) if friction.kind == "binary" else easier
        no = people.after(met | {friction.name: nobody}) if friction.kind == "binary" else harder
        per = 1.0 if friction.kind == "binary" else -friction.harm / (2 * STEP)
        for measure, worth in _worth(world, outcome).items():
            found[outcome, friction.name, measure] = per * (
                yes.mean(outcome, worth) - no.mean(outcome, worth)
            )
    return found


def attributable(people: People, outcome: str) -> Found:
    """Return what would be gone of an outcome without each friction: key outcome, driver, measure."""
    world, met = people.world, people.felt.met
    found: Found = {}
    for friction in world.frictions:
        without = people.after(met | {friction.name: np.zeros(len(people.felt.ease))})
        found[outcome, friction.name, "prevalence"] = float(np.mean(met[friction.name] > 0))
        for measure, worth in _worth(world, outcome).items():
            now, then = people.mean(outcome, worth), without.mean(outcome, worth)
            if measure == "mean":
                found[outcome, friction.name, "attributable_mean"] = then - now
            else:
                found[outcome, friction.name, "attributable_points"] = now - then
                share = (now - then) / now if now > 0 else np.nan
                found[outcome, friction.name, "attributable_share"] = share
    return found


def asked(world: World) -> list[str]:
    """Return what frictions can change, by name: every item, and what customers do."""
    return [item.name for item in world.items] + list(OUTCOMES)


def what_if(people: People, outcome: str, values: dict[str, float]) -> Found:
    """Return an outcome as it is, and if every customer had met these frictions: key outcome, scenario, measure."""
    n = len(people.felt.ease)
    then = people.after(people.felt.met | {name: np.full(n, value) for name, value in values.items()})
    found: Found = {}
    for measure, worth in _worth(people.world, outcome).items():
        ends = people.mean(outcome, worth), then.mean(outcome, worth)
        found[outcome, "as it is", measure], found[outcome, "changed", measure] = ends
        found[outcome, "change", measure] = ends[1] - ends[0]
    return found


def importance(people: People, outcome: str) -> Found:
    """Return Shapley's shares of R² on the frictions, complexity in first: key outcome, driver, measure."""
    X = np.column_stack([people.felt.complexity, *people.felt.met.values()]).astype(float)
    X = X - X.mean(axis=0)
    value = points(people.world, outcome)
    expected = people.expected(outcome, value)
    total = people.mean(outcome, value**2) - float(expected.mean()) ** 2
    gained = _shapley(X.T @ X / len(X), X.T @ (expected - expected.mean()) / len(X), total)
    found: Found = {}
    for friction, share in zip(people.world.frictions, gained, strict=True):
        found[outcome, friction.name, "shapley_r2"] = share
        found[outcome, friction.name, "shapley_share"] = share / gained.sum() if gained.sum() else np.nan
    return found


def _shapley(S: Array, s: Array, total: float) -> Array:
    """Average gain in R² of every column but the first over all orders, the first always in.

    Orders with the same columns in front of one gain the same: every set counts as often as there are such orders. A
    column that does not vary, or only as others do, gains nothing; nothing is gained of what does not vary.
    """
    if not total > FLAT:
        return np.full(len(s) - 1, np.nan)
    sd = np.sqrt(np.diag(S))
    sd = np.where(sd > 0, sd, 1.0)
    R, r = S / np.outer(sd, sd), s / sd
    others = range(1, len(s))
    sets = [inside for size in range(len(s)) for inside in combinations(others, size)]
    r2 = {}
    for inside in sets:
        held = [0, *inside]
        r2[inside] = (
            float(r[held] @ np.linalg.pinv(R[np.ix_(held, held)], RANK, hermitian=True) @ r[held]) / total
        )
    gained = np.zeros(len(s) - 1)
    for inside in sets:
        for column in inside:
            before = tuple(one for one in inside if one != column)
            orders = comb(len(s) - 2, len(before)) * (len(s) - 1)
            gained[column - 1] += (r2[inside] - r2[before]) / orders
    return gained
