"""Measure how often each bootstrap interval of a mediation covers the truth, in worlds whose truth is enumerated.

Run: python benchmarks/coverage_mediation.py [--seed 1] [--samples 200] [--n-boot 400] [--world NAME ...]

It prints the table that docs/driver_doubts.md shows (about 4 minutes on one core; 2,000 customers have half of
the samples). In each world customers are transferred a Poisson number of times or not, asked for the same thing twice
or not, and have an issue of complexity 1-5 that makes both more likely; effort answers to these, loyalty to effort and
these. The truth is a sum over all drivers' values and answers of the true probabilities, not an estimate.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import poisson

from cxresearch.stats.designs import Design
from cxresearch.stats.mediation import Chain, Move, bootstrap_interval
from cxresearch.stats.resampling import bootstrap

Array = NDArray[np.float64]

SIZES = (200, 500, 2000)
MEASURES = ("total", "direct", "indirect", "proportion")
METHODS = ("percentile", "bias_corrected")
MOST_TRANSFERS = 12


@dataclass(frozen=True)
class World:
    """Coefficients on transfers, repeated, complexity; of effort on loyalty; kinds and design."""

    effort: tuple[float, float, float]
    loyalty: tuple[float, float, float]
    through: float
    effort_cuts: tuple[float, ...] | None  # None: a line with skewed errors
    loyalty_cuts: tuple[float, ...] | None
    cluster_size: int = 0  # customers who share an agent: shared luck, shared transfers, unequal weights


NOTHING = "lines, nothing through effort"  # both legs are 0: no interval of a product can be exact there
CUTS = (-4.5, -3.5, -2.5, -1.5, -0.5, 0.7)
WORLDS = {
    "lines": World((-0.6, -0.5, -0.2), (-0.25, -0.3, -0.1), 0.5, None, None),
    "lines, no effect of effort": World((-0.6, -0.5, -0.2), (-0.25, -0.3, -0.1), 0.0, None, None),
    NOTHING: World((0.0, 0.0, -0.2), (-0.25, -0.3, -0.1), 0.0, None, None),
    "lines, clusters of 10, weights": World((-0.6, -0.5, -0.2), (-0.25, -0.3, -0.1), 0.5, None, None, 10),
    "effort 1-7, loyalty 1-7": World(
        (-0.6, -0.5, -0.2), (-0.25, -0.3, -0.1), 0.5, CUTS, (-1.0, 0.0, 0.8, 1.6, 2.4, 3.4)
    ),
    "effort 1-7, loyal or not": World((-0.6, -0.5, -0.2), (-0.25, -0.3, -0.1), 0.5, CUTS, (1.0,)),
}


def score(answers: NDArray[np.intp], cuts: tuple[float, ...]) -> Array:
    """1-7 answers as they are; two answers as percentage points."""
    return answers + 1.0 if len(cuts) > 1 else 100.0 * answers


def draw(world: World, n: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Design]:
    """Drivers and controls, effort, loyalty and design of one sample."""
    group = np.arange(n) // world.cluster_size if world.cluster_size else np.arange(n)
    complexity = rng.integers(1, 6, n)[group] if world.cluster_size else rng.integers(1, 6, n)
    X = np.column_stack(
        [
            rng.poisson(0.3 + 0.15 * complexity),
            rng.random(n) < expit(-1.5 + 0.3 * complexity),
            complexity,
        ]
    ).astype(float)
    shared = rng.normal(0, 0.4, n)[group] * bool(world.cluster_size)
    m = answered(X @ np.array(world.effort) + shared, world.effort_cuts, rng)
    y = answered(X @ np.array(world.loyalty) + world.through * m + shared[::-1], world.loyalty_cuts, rng)
    ones = np.ones(n, np.int64)
    w = rng.choice([0.5, 1.0, 2.0], n) if world.cluster_size else np.ones(n)
    cluster = group if world.cluster_size else None
    return X, m, y, Design(ones, w, w**2, cluster=cluster)


def answered(eta: Array, cuts: tuple[float, ...] | None, rng: np.random.Generator) -> Array:
    """Answers on a scale, or on a line with errors of a shifted gamma: skewed, variance 1."""
    if cuts is None:
        return 5.0 + eta + (rng.gamma(2.0, size=len(eta)) - 2.0) / 2**0.5
    above = (eta + rng.logistic(size=len(eta)))[:, None] > np.array(cuts)
    return score(above.sum(axis=1), cuts)


def people() -> tuple[Array, Array]:
    """All values of drivers and controls, and their probabilities."""
    rows, shares = [], []
    for complexity in range(1, 6):
        twice = expit(-1.5 + 0.3 * complexity)
        for transfers in range(MOST_TRANSFERS + 1):
            for repeated in (0, 1):
                rows.append((transfers, repeated, complexity))
                among = twice if repeated else 1 - twice
                shares.append(poisson.pmf(transfers, 0.3 + 0.15 * complexity) * among / 5)
    share = np.array(shares)
    return np.array(rows, float), share / share.sum()


def mean_loyalty(world: World, X_loyalty: Array, X_effort: Array, share: Array) -> float:
    """True mean of loyalty with drivers as given, and effort as it would be with others."""

    def loyalty(m: Array | float) -> Array:
        eta = X_loyalty @ np.array(world.loyalty) + world.through * m
        if world.loyalty_cuts is None:
            return 5.0 + eta
        probability = levels(eta, world.loyalty_cuts)
        return probability @ score(np.arange(probability.shape[1]), world.loyalty_cuts)

    eta = X_effort @ np.array(world.effort)
    if world.effort_cuts is None:
        return float(share @ loyalty(5.0 + eta))
    probability = levels(eta, world.effort_cuts)
    marks = score(np.arange(probability.shape[1]), world.effort_cuts)
    return float(sum(share @ (probability[:, k] * loyalty(mark)) for k, mark in enumerate(marks)))


def levels(eta: Array, cuts: tuple[float, ...]) -> Array:
    """Probabilities of the answers."""
    below = expit(np.array(cuts) - eta[:, None])
    return np.diff(np.column_stack([np.zeros(len(eta)), below, np.ones(len(eta))]), axis=1)


def truth(world: World) -> Array:
    """True (total, direct, indirect, proportion) of transfers per 1, and of being asked twice (2, 4)."""
    X, share = people()
    out = []
    for column, step in ((0, 1e-4), (1, None)):
        after, before = X.copy(), X.copy()
        if step is None:
            after[:, column], before[:, column], width = 1, 0, 1.0
        else:
            after[:, column] += step
            before[:, column] -= step
            width = 2 * step
        mean = [[mean_loyalty(world, a, b, share) / width for b in (after, before)] for a in (after, before)]
        total = mean[0][0] - mean[1][1]
        direct = (mean[0][0] - mean[1][0] + mean[0][1] - mean[1][1]) / 2
        out.append([total, direct, total - direct, 1 - direct / total])
    return np.array(out)


def measures(effects: Array) -> Array:
    """From direct and indirect (..., 2) to total, direct, indirect, proportion (..., 4)."""
    total = effects.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([total, effects, effects[..., 1:] / total], axis=-1)


def covered(world: World, n: int, samples: int, n_boot: int, rng: np.random.Generator) -> dict[str, Array]:
    """Percent of intervals (2 drivers, 4 measures) that hold the truth, by method."""
    goal = truth(world)
    hits = {method: np.zeros((2, 4)) for method in METHODS}
    told = np.zeros((2, 4))
    for _ in range(samples):
        X, m, y, design = draw(world, n, rng)
        chain = Chain(X, m, y, world.effort_cuts is not None, world.loyalty_cuts is not None)
        everybody = np.ones(n, bool)
        no, yes = X.copy(), X.copy()
        no[:, 1], yes[:, 1] = 0, 1
        moves = [Move(X + np.array([1.0, 0.0, 0.0]), X, True, everybody), Move(yes, no, False, everybody)]
        estimate = measures(chain.effects(moves, design.w[None, :])[0])
        draws = measures(np.concatenate([chain.effects(moves, W) for W in bootstrap(design, n_boot, rng)]))
        parameters = 5 + (0 if world.loyalty_cuts is None else len(world.loyalty_cuts) - 1)
        small = {"df": design.degrees, "widen": (n / (n - parameters)) ** 0.5}
        # the proportion is told only where the interval of the total leaves out 0
        low, high = bootstrap_interval(estimate, draws, 0.95, **small)
        known = np.ones((2, 4), bool)
        known[:, 3] = (low[:, 0] > 0) | (high[:, 0] < 0)
        told += known
        for method in METHODS:
            low, high = bootstrap_interval(estimate, draws, 0.95, method, **small)
            hits[method] += known & (low <= goal) & (goal <= high)
    return {method: 100 * hits[method] / np.maximum(told, 1) for method in METHODS} | {"told": told[:, 3]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--n-boot", type=int, default=400)
    parser.add_argument("--world", nargs="*", choices=list(WORLDS), default=list(WORLDS))
    parser.add_argument("--sizes", nargs="*", type=int, default=list(SIZES))
    chosen = parser.parse_args()
    report(chosen, print)


def report(chosen: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Say the table, a line per world, size and driver: percentile / bias-corrected."""
    begun = time.perf_counter()
    say("| world | n | driver | " + " | ".join(MEASURES) + " | told |")
    say("| --- | ---: | --- |" + " ---: |" * (len(MEASURES) + 1))
    pooled: dict[int, list[Array]] = {n: [] for n in chosen.sizes}
    for name in chosen.world:
        for n in chosen.sizes:
            samples = chosen.samples // 2 if n > 1000 else chosen.samples  # the largest cost most
            rng = np.random.default_rng([chosen.seed, list(WORLDS).index(name), n])
            found = covered(WORLDS[name], n, samples, chosen.n_boot, rng)
            if name != NOTHING:
                pooled[n].append(np.array([found[method].mean(axis=0) for method in METHODS]))
            for j, driver in enumerate(("transfers", "asked twice")):
                cells = [" / ".join(f"{found[method][j, k]:.1f}" for method in METHODS) for k in range(4)]
                say(
                    f"| {name} | {n} | {driver} | "
                    + " | ".join(cells)
                    + f" | {100 * found['told'][j] / samples:.0f} |"
                )
    for n, figures in pooled.items():
        if figures:
            mean = np.mean(figures, axis=0)
            cells = [" / ".join(f"{mean[i, k]:.1f}" for i in range(len(METHODS))) for k in range(4)]
            say(f"| mean of the worlds but *{NOTHING}* | {n} | both | " + " | ".join(cells) + " | |")
    say(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
