"""Measure intervals of importances and the noise test where the truth is known: docs/importance_uncertainty.md.

Run: python -m benchmarks.coverage_importance [--seed 1] [--samples 1000]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch.stats.designs import Design
from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.importance_error import ImportanceTable, bootstrap_importance, importance_intervals
from cxresearch.stats.importance_models import pseudo_importance
from cxresearch.stats.importance_noise import more_than_noise
from cxresearch.stats.imputation import pooled_importance

Array: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = tuple[Array, Array, Design]
Table: TypeAlias = list[list[str]]

PAGE = Path(__file__).parents[1] / "docs" / "importance_uncertainty.md"
READING = Path(__file__).with_name("importance_reading.md")
SIZES = (100, 300, 1000)
BIG = 1_000_000  # rows that stand for everybody where the truth is no formula
NOMINAL = 0.05
FEW = 4  # one sample in this many for what is slow: bootstrap, refits, imputation


@dataclass(frozen=True)
class World:
    """Customers whose drivers' effects are known.

    coef (p,) effects per standard deviation; R (p, p) correlations of the drivers; answers: "normal" or "ordinal"
    (skewed counts as drivers, a 1-7 scale with a ceiling as outcome); weights: unequal; clusters: their number for n
    rows.
    """

    name: str
    coef: tuple[float, ...]
    R: Array
    answers: str = "normal"
    weights: bool = False
    clusters: Callable[[int], int] | None = None

    def rows(self, n: int, rng: np.random.Generator) -> Rows:
        """Draw n customers."""
        Z, e = rng.normal(size=(n, len(self.coef))), rng.normal(size=n)
        cluster = None
        if self.clusters is not None:
            k = self.clusters(n)
            cluster = np.arange(n) % k
            Z = np.sqrt(0.7) * Z + np.sqrt(0.3) * rng.normal(size=(k, Z.shape[1]))[cluster]
            e = np.sqrt(0.7) * e + np.sqrt(0.3) * rng.normal(size=k)[cluster]
        X = Z @ np.linalg.cholesky(self.R).T
        if self.answers == "ordinal":
            X = np.clip(np.floor(np.exp(0.8 * X - 0.2)), 0, 5)
            y = np.searchsorted([-2.5, -2.0, -1.5, -1.0, -0.3, 0.6], 0.8 * e - X @ self.coef).astype(float)
        else:
            y = X @ self.coef + e
        w = rng.gamma(2, size=n) + 0.1 if self.weights else np.ones(n)
        return X, y, Design(np.ones(n, np.int64), w, w**2, cluster=cluster)

    def truth(self) -> Array:
        """Shapley R² and shares in the population: (2, p)."""
        p = len(self.coef)
        M = np.empty((p + 1, p + 1))
        if self.answers == "ordinal":
            X, y, _ = self.rows(BIG, np.random.default_rng(0))
            M = np.cov(np.column_stack([X, y]).T)
        else:
            M[:p, :p], M[p, :p] = self.R, self.R @ self.coef
            M[:p, p], M[p, p] = M[p, :p], 1 + self.coef @ self.R @ np.array(self.coef)
        r2 = shapley_r2(M)
        return np.stack([r2, r2 / r2.sum()])


def correlated(p: int, both: float, pairs: dict[tuple[int, int], float] | None = None) -> Array:
    """Correlations `both` among all drivers, save some pairs."""
    R = np.full((p, p), both)
    np.fill_diagonal(R, 1.0)
    for (a, b), r in (pairs or {}).items():
        R[a, b] = R[b, a] = r
    return R


# the fourth does nothing and goes with the first (.6), the fifth does nothing and goes with none
FIVE = correlated(5, 0.3, {(0, 3): 0.6} | {(j, 4): 0.0 for j in range(4)})
EFFECTS = (0.5, 0.3, 0.15, 0.0, 0.0)
WORLDS = [
    World("three drivers, normal", (0.5, 0.3, 0.2), correlated(3, 0.4)),
    World("five, normal", EFFECTS, FIVE),
    World("five, ordinal, skewed", EFFECTS, FIVE, answers="ordinal"),
    World("five, unequal weights", EFFECTS, FIVE, weights=True),
    World("five, clusters of ten", EFFECTS, FIVE, clusters=lambda n: n // 10),
]


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


def held(low: Array, high: Array, truth: Array) -> Array:
    return (low <= truth + 1e-9) & (truth <= high + 1e-9)


def coverage(rng: np.random.Generator, samples: int) -> Table:
    """One line for each world and size: intervals of R², shares, differences of both, and ranks."""
    lines = []
    for world in WORLDS:
        truth = world.truth()
        rank = 1 + (truth[0][None, :] > truth[0][:, None]).sum(axis=1)
        gaps = truth[:, :, None] - truth[:, None, :]
        a, b = np.triu_indices(truth.shape[1], 1)
        for n in SIZES:
            hits: list[list[Array]] = [[], [], [], [], []]
            for _ in range(samples):
                found = importance_intervals(*world.rows(n, rng), n_boot=0)
                one = held(found.conf_low, found.conf_high, truth)
                two = held(found.differences.conf_low, found.differences.conf_high, gaps)[:, a, b]
                ranks = (found.rank_low[0] <= rank) & (rank <= found.rank_high[0])
                for kept, new in zip(hits, (*one, *two, ranks), strict=True):
                    kept.append(new)
            shown = [" ".join(percent(x) for x in np.mean(kept, axis=0)) for kept in hits[:2]]
            shown += [_range(np.mean(kept, axis=0)) for kept in hits[2:4]]
            lines.append([world.name, str(n), *shown, percent(float(np.mean(hits[4])))])
    return lines


def _range(shares: Array) -> str:
    low, high = percent(float(shares.min())), percent(float(shares.max()))
    return low if low == high else f"{low} to {high}"


def rivals(rng: np.random.Generator, samples: int) -> Table:
    """Coverage of other intervals of Shapley R², five normal drivers: for the choice of the default."""
    world = WORLDS[1]
    truth, lines = world.truth()[0], []
    for n in SIZES[:2]:
        hits: dict[str, list[Array]] = {
            "default": [],
            "t": [],
            "t of the log-odds": [],
            "bootstrap percentile": [],
        }
        for _ in range(samples):
            rows = world.rows(n, rng)
            found = importance_intervals(*rows, ["shapley_r2"], n_boot=0)
            draws = bootstrap_importance(*rows, ["shapley_r2"], 300, rng)[0]
            for name, ends in _rival_ends(found, draws).items():
                hits[name].append(held(*ends, truth))
        lines += [
            [name, str(n), " ".join(percent(x) for x in np.mean(kept, axis=0))] for name, kept in hits.items()
        ]
    return lines


def _rival_ends(found: ImportanceTable, draws: Array) -> dict[str, tuple[Array, Array]]:
    value, error = found.estimate[0], found.std_error[0]
    logit, step = np.log(value / (1 - value)), 1.97 * error / (value * (1 - value))
    return {
        "default": (found.conf_low[0], found.conf_high[0]),
        "t": (value - 1.97 * error, value + 1.97 * error),
        "t of the log-odds": (1 / (1 + np.exp(step - logit)), 1 / (1 + np.exp(-step - logit))),
        "bootstrap percentile": tuple(np.quantile(draws, [0.025, 0.975], axis=0)),
    }


def refits(rng: np.random.Generator, samples: int) -> Table:
    """Coverage of the Shapley shares of McFadden's R², cumulative logit on skewed ordinal answers."""
    world, lines = WORLDS[2], []
    X, y, design = world.rows(60_000, np.random.default_rng(0))
    truth = pseudo_importance("cumulative", X, y, design, n_draws=0).estimate
    for n in SIZES[1:]:
        tables = [pseudo_importance("cumulative", *world.rows(n, rng), n_draws=0) for _ in range(samples)]
        hits = np.mean([held(one.conf_low, one.conf_high, truth) for one in tables], axis=0)
        lines.append([str(n), *(" ".join(percent(x) for x in row) for row in hits)])
    return lines


def noise_rows(kind: str, n: int, r: float, rng: np.random.Generator) -> Rows:
    """Four drivers: the first does nothing and goes with the second (r); the second and third do something."""
    X = rng.normal(size=(n, 4))
    e, w, cluster = rng.normal(size=n), np.ones(n), None
    if kind == "30 clusters":
        cluster = rng.permutation(np.arange(n) % 30)
        X = np.sqrt(0.5) * (X + rng.normal(size=(30, 4))[cluster])
        e = np.sqrt(0.7) * e + np.sqrt(0.3) * rng.normal(size=30)[cluster]
    X[:, 0] = np.sqrt(1 - r**2) * X[:, 0] + r * X[:, 1]
    if kind in ("skewed counts, spread grows", "ordinal with a ceiling"):
        X = np.floor(np.exp(0.8 * X - 0.3))
    if kind == "spread grows with the driver":
        e = e * np.exp(0.5 * X[:, 0] - 0.25)
    if kind == "skewed counts, spread grows":
        e = e * (1 + 0.3 * X[:, 0])
    y = 0.5 * X[:, 1] + 0.3 * X[:, 2] + e
    if kind == "ordinal with a ceiling":
        latent = -(0.4 * X[:, 1] + 0.3 * X[:, 2] + rng.logistic(size=n))
        y = np.searchsorted([-2.0, -1.5, -1.0, 0.0, 1.0, 2.0], latent).astype(float)
    if kind == "unequal weights":
        w = rng.gamma(2, size=n) + 0.1
    return X, y, Design(np.ones(n, np.int64), w, w**2, cluster=cluster)


KINDS = (
    "normal",
    "spread grows with the driver",
    "skewed counts, spread grows",
    "ordinal with a ceiling",
    "unequal weights",
    "30 clusters",
)


def noise(rng: np.random.Generator, samples: int) -> Table:
    """Error rates of both tests for a driver that does nothing, power for one that does, and the shares."""
    lines = []
    for kind in KINDS:
        for n in (100, 400):
            for r in (0.0, 0.6):
                found = [
                    more_than_noise(*noise_rows(kind, n, r, rng), rng, draws=499) for _ in range(samples)
                ]
                own = np.mean([one.p_value <= NOMINAL for one in found], axis=0)
                customary = np.mean([one.p_relative_weights <= NOMINAL for one in found], axis=0)
                share, yardstick, along = np.mean(
                    [(one.shapley_r2[0], one.yardstick[0], one.going_along[0]) for one in found], axis=0
                )
                lines.append(
                    [kind, str(n), f"{r:g}", percent(own[0]), percent(customary[0]), percent(own[2]),
                     percent(customary[2]), f"{share:.3f}", f"{yardstick:.3f}", f"{along:.3f}"]
                )  # fmt: skip
    return lines


def missing(rng: np.random.Generator, samples: int) -> Table:
    """Bias and coverage when a third of the first driver's answers is missing, more often after a bad outcome."""
    world, lines = WORLDS[0], []
    truth = world.truth()[0]
    for n in SIZES[1:2]:
        kinds: dict[str, list[tuple[Array, Array]]] = {"nothing missing": [], "listwise": [], "imputed": []}
        for _ in range(samples):
            X, y, design = world.rows(n, rng)
            whole = importance_intervals(X, y, design, ["shapley_r2"], n_boot=0)
            X[rng.random(n) < 1 / (1 + np.exp(1.0 - 1.5 * y)), 0] = np.nan
            keep = ~np.isnan(X[:, 0])
            ones = np.ones(int(keep.sum()))
            left = importance_intervals(
                X[keep], y[keep], Design(ones.astype(np.int64), ones, ones), ["shapley_r2"], n_boot=0
            )
            pooled = pooled_importance(X, y, design, ["shapley_r2"], imputations=10, rng=rng)
            for name, one in zip(kinds, (whole, left, pooled), strict=True):
                kinds[name].append((one.estimate[0], held(one.conf_low[0], one.conf_high[0], truth)))
        for name, found in kinds.items():
            values, hits = (np.mean([one[k] for one in found], axis=0) for k in (0, 1))
            bias = " ".join(f"{x:+.3f}" for x in values - truth)
            lines.append([name, str(n), bias, " ".join(percent(x) for x in hits)])
    return lines


def markdown(head: Iterable[str], lines: Table) -> list[str]:
    head = list(head)
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(line) + " |" for line in (head, rule, *lines)] + ["", ""]


def page(seed: int, samples: int) -> str:
    streams = np.random.default_rng(seed).spawn(5)
    few = max(samples // FEW, 2)
    made = (
        f"Made by `python -m benchmarks.coverage_importance --seed {seed} --samples {samples}`. Percent of nominal "
        f"95 % intervals that hold the truth, by driver; simulation error {100 * (0.0475 / samples) ** 0.5:.1f} points "
        f"({100 * (0.0475 / few) ** 0.5:.1f} where it says few samples: {few})."
    )
    parts = READING.read_text(encoding="utf-8").replace("{made}", made).split("{table}\n")
    tables = [
        markdown(
            ["world", "n", "R² of each driver", "share of each", "differences of R²", "of shares", "ranks"],
            coverage(streams[0], samples),
        ),
        markdown(["interval", "n", "R² of each driver"], rivals(streams[1], few)),
        markdown(["n", "pseudo-R² of each driver", "share of each"], refits(streams[2], few)),
        markdown(
            ["world", "n", "r", "null: noise test", "null: customary t", "effect: noise test", "effect: customary t",
             "null's share", "yardstick", "going along"],
            noise(streams[3], samples),
        ),
        markdown(["answers", "n", "bias of R², each driver", "coverage"], missing(streams[4], few)),
    ]  # fmt: skip
    return "".join(text + "\n".join(table) for text, table in zip(parts, [*tables, []], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=1000)
    args = parser.parse_args()
    PAGE.write_text(page(args.seed, args.samples), encoding="utf-8")


if __name__ == "__main__":
    main()
