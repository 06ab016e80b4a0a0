"""Simulated surveys whose truth is an integral: what `benchmarks/calibration.py` draws its samples from.

Behind every answer is a normal attitude. The outcome's is ``y``; a metric's is ``λ y + sqrt(1 - λ²) e``, where the
errors ``e`` of the metrics share a common part (people who like one question like the next). Attitudes are cut to
answers at the quantiles that give realistic, top-heavy shares. Given ``y`` and the common part the answers are
independent, so the probability of every answer pattern is a two-dimensional integral, and with it every quantity
that a comparison estimates: no truth is ever taken from a sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from cxresearch._contest import Contest, Variable
from cxresearch.stats.designs import Design

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

SHARES = {  # of the answers, worst first: answers to customer surveys pile up at the top
    5: (0.02, 0.03, 0.13, 0.45, 0.37),
    7: (0.03, 0.03, 0.04, 0.08, 0.14, 0.28, 0.40),
    11: (0.02, 0.01, 0.01, 0.02, 0.02, 0.05, 0.05, 0.11, 0.16, 0.17, 0.38),
}
CEILING = {  # three in five give the best answer
    5: (0.02, 0.03, 0.08, 0.27, 0.60),
    7: (0.02, 0.02, 0.03, 0.05, 0.09, 0.19, 0.60),
    11: (0.015, 0.005, 0.01, 0.01, 0.02, 0.03, 0.03, 0.05, 0.10, 0.13, 0.60),
}
NAMES = ("a", "b", "c")
COMMON = 0.3  # share of the metrics' error variance that they have in common
FAR = 8.5  # standard deviations at which integrals end
PEOPLE = 1e6  # total weight of the population's table; estimands do not depend on it
GRID = np.round(np.arange(-3, 3.01, 0.1), 1)  # a continuous outcome, recorded to one decimal


@dataclass(frozen=True)
class World:
    """Customers with a known truth.

    Attributes
    ----------
    links : tuple of float
        Correlation of each metric's attitude with the outcome's.
    points : tuple of int
        Answer points of each metric: 5 (scored as top-2 box), 7 (share of the three best) or 11 (net score).
    outcome : str
        ``"7"``, ``"11"`` points, ``"binary 20 %"``, ``"binary 50 %"``, ``"continuous"`` or ``"skewed"`` (lognormal).
    ceiling : bool
        Three in five give the best answer.
    weights : str
        ``""``, or ``"few"`` (0.5, 1, 2) or ``"many"`` (lognormal) values, ``" related"`` where the probability to
        answer depends on the attitudes; the weight is its inverse, so that the truth stays that of the population.
    clusters : int
        Number of clusters of equal size in a sample, 0 for none; a tenth of every attitude's variance is theirs.
    """

    links: tuple[float, ...] = (0.85, 0.65, 0.5)
    points: tuple[int, ...] = (5, 7, 11)
    outcome: str = "7"
    ceiling: bool = False
    weights: str = ""
    clusters: int = 0

    @property
    def shares(self) -> dict[int, tuple[float, ...]]:
        """Shares of the answers by number of points."""
        return CEILING if self.ceiling else SHARES

    def cuts(self, which: int) -> Array:
        """Where a metric's attitude is cut."""
        return ndtri(np.cumsum(self.shares[self.points[which]])[:-1])

    @cached_property
    def outcome_cuts(self) -> Array:
        """Where the outcome's attitude is cut."""
        if self.outcome.startswith("binary"):
            return ndtri(np.array([1 - float(self.outcome.split()[1]) / 100]))
        if self.outcome in ("continuous", "skewed"):
            return np.asarray((GRID[1:] + GRID[:-1]) / 2)
        return ndtri(np.cumsum(self.shares[int(self.outcome)])[:-1])

    @cached_property
    def outcome_values(self) -> Array:
        """Value of each answer to the outcome."""
        if self.outcome == "continuous":
            return GRID
        if self.outcome == "skewed":
            return np.exp(0.5 * GRID)
        return np.arange(len(self.outcome_cuts) + 1.0)

    def metric(self, which: int) -> tuple[Array, Array, str]:
        """Values of a metric's answers, what its official scorer makes of them, and the scorer's name."""
        points = self.points[which]
        if points == 11:
            values = np.arange(0.0, 11)
            return values, np.where(values >= 9, 100.0, np.where(values <= 6, -100.0, 0.0)), "net"
        values = np.arange(1.0, points + 1)
        return values, 100.0 * (values >= (4 if points == 5 else 5)), "share"

    @cached_property
    def table(self) -> Array:
        """Probability of every answer pattern ``(L_1, ..., L_m, K)``."""
        ends = np.concatenate([[-FAR], self.outcome_cuts, [FAR]])
        node, weight = leggauss(48 if len(ends) < 30 else 24)
        common, mass = hermegauss(48)
        mass = mass / mass.sum()
        slices = []
        for low, high in pairwise(ends):
            y = (low + high) / 2 + node * (high - low) / 2
            density = weight * (high - low) / 2 * np.exp(-(y**2) / 2) / np.sqrt(2 * np.pi)
            Y, F = (grid.ravel() for grid in np.meshgrid(y, common, indexing="ij"))
            out = (density[:, None] * mass).reshape(-1, 1)
            for which, link in enumerate(self.links):
                centre = link * Y + np.sqrt((1 - link**2) * COMMON) * F
                below = ndtr((self.cuts(which) - centre[:, None]) / np.sqrt((1 - link**2) * (1 - COMMON)))
                share = np.diff(below, axis=1, prepend=0, append=1)
                out = (out[:, :, None] * share[:, None, :]).reshape(len(out), -1)
            slices.append(out.sum(axis=0))
        shape = (*(len(self.cuts(which)) + 1 for which in range(len(self.links))), len(slices))
        return np.stack(slices, axis=-1).reshape(shape)

    @cached_property
    def population(self) -> Contest:
        """The contest among everybody: its estimates are the truth."""
        flat = self.table.ravel()
        codes = np.unravel_index(np.flatnonzero(flat > 0), self.table.shape)
        w = PEOPLE * flat[flat > 0]
        return self._contest([np.asarray(code) for code in codes], Design(np.ones(len(w), np.int64), w, w))

    def draw(self, n: int, rng: np.random.Generator) -> Contest:
        """Ask `n` of them."""
        codes, w, cluster = self._answers(n, rng)
        pattern = np.ravel_multi_index(codes, self.table.shape)
        few = self.weights.startswith("few")
        size = self.table.size
        key = pattern + size * (np.zeros(n, np.int64) if cluster is None else cluster)
        if few:
            key = 4 * key + np.rint(np.log2(w) + 1).astype(np.int64)
        _, first, unit, rows = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        design = Design(
            rows.astype(np.int64), np.bincount(unit, w), np.bincount(unit, w**2),
            cluster=None if cluster is None else cluster[first], exact=few or not self.weights,
        )  # fmt: skip
        return self._contest([code[first] for code in codes], design)

    def _answers(self, n: int, rng: np.random.Generator) -> tuple[list[Codes], Array, Codes | None]:
        """Answer codes, weight and cluster of `n` respondents."""
        cluster = np.arange(n) % self.clusters if self.clusters else None

        def normal() -> Array:
            if cluster is None:
                return rng.standard_normal(n)
            return (
                np.sqrt(0.9) * rng.standard_normal(n)
                + np.sqrt(0.1) * rng.standard_normal(self.clusters)[cluster]
            )

        # direction of the weights among outcome, common error and something unrelated
        slant = (
            np.array([0.5, 0.3, np.sqrt(1 - 0.34)])
            if "related" in self.weights
            else np.array([0.0, 0.0, 1.0])
        )
        attitudes = np.stack([normal(), normal(), rng.standard_normal(n)])
        w = np.ones(n)
        if self.weights:
            w, along = _weights(self.weights, n, rng)
            attitudes += slant[:, None] * (along - slant @ attitudes)  # given their component along the slant
        y, common = attitudes[:2]
        codes = []
        for which, link in enumerate(self.links):
            error = np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * normal()
            codes.append(np.searchsorted(self.cuts(which), link * y + np.sqrt(1 - link**2) * error))
        return [*codes, np.searchsorted(self.outcome_cuts, y)], w, cluster

    def _contest(self, codes: list[Codes], design: Design) -> Contest:
        metrics = [
            _variable(name, code, *self.metric(which))
            for which, (name, code) in enumerate(zip(NAMES, codes[:-1], strict=False))
        ]
        outcome = _variable("y", codes[-1], self.outcome_values, self.outcome_values, "mean")
        return Contest(tuple(metrics), outcome, design, 0)


def _variable(name: str, code: Codes, values: Array, official: Array, scorer: str) -> Variable:
    seen, position = np.unique(code, return_inverse=True)
    return Variable(name, values[seen], position.astype(np.int64), official[seen], scorer)


def _weights(kind: str, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Weights, and the standard normal (in the population) that they are a function of, for those who answer."""
    if kind.startswith("many"):
        along = rng.normal(-0.5, 1.0, n)  # density of those who answer: normal density over exp(u / 2)
        return np.exp(0.5 * along), along
    value = np.array([0.5, 1.0, 2.0])  # a third of the population each
    group = rng.choice(3, n, p=(1 / value) / (1 / value).sum())
    return value[group], ndtri((group + rng.random(n)) / 3)


def tuned(world: World, r: tuple[float, ...]) -> World:
    """Return the world with the links that give the metrics these population correlations with the outcome."""
    from cxresearch.stats.association import pearson_r

    def gap(link: float, which: int, target: float) -> float:
        one = replace(world, links=(link,), points=(world.points[which],))
        return float(pearson_r(one.table[None], one.metric(0)[0], one.outcome_values)[0]) - target

    links = tuple(float(brentq(gap, 0.05, 0.99, args=(which, target))) for which, target in enumerate(r))
    return replace(world, links=links, points=world.points[: len(r)])
