"""Verify the truth of every named world on millions of its customers, and time a survey of a million.

Scores and contests come from counts of answers and plain formulas on them, correlations of feelings from moments,
effects and attributable parts from asking the same customers again who had met other frictions. Deviations are in
standard errors of both sides together. Seconds are of one processor.

Run: python -m benchmarks.worlds_truth [customers [of them asked again]] [--write]    (--write: into docs/worlds.md)
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import cxresearch as cx
from cxresearch import worlds
from cxresearch._world_customers import Customers, Random, customers, feel
from cxresearch._world_model import structure

Array: TypeAlias = NDArray[np.float64]

CUSTOMERS, AGAIN = 5_000_000, 1_000_000  # the second: those who are asked again; pairs vary little
SURVEY = 1_000_000
CHUNK = 250_000
SEED = 20
OUTCOMES = ("repurchase", "renewed", "months")
METRICS = ("ces", "csat", "nps")
ASKED = ("ces", "repurchase", "renewed")  # again, after other frictions
POINTS = {"ces": 8, "csat": 6, "nps": 11, "repurchase": 8, "renewed": 2, "months": 25}
BAD = {"ces": 3, "repurchase": 3, "renewed": 0}  # and below
LATENTS = ("ease", "satisfaction", "attitude", "loyalty", "staying")
SCORERS = {
    ("ces", "share"): lambda x: 100.0 * (x >= 5),
    ("ces", "net"): lambda x: 100.0 * (x >= 5) - 100.0 * (x <= 3),
    ("csat", "top2"): lambda x: 100.0 * (x >= 4),
    ("csat", "net"): lambda x: 100.0 * (x >= 4) - 100.0 * (x <= 2),
    ("nps", "net"): lambda x: 100.0 * (x >= 9) - 100.0 * (x <= 6),
    ("nps", "top2"): lambda x: 100.0 * (x >= 9),
    ("repurchase", "top2"): lambda x: 100.0 * (x >= 6),
    ("renewed", "share"): lambda x: 100.0 * x,
}
OFFICIAL = {"ces": "share", "csat": "top2", "nps": "net"}
PAGE = Path(__file__).parents[1] / "docs" / "worlds.md"
BEGIN, END = "<!-- verified -->\n", "<!-- /verified -->"


# Answers: counts by weight, metric and outcome


def count(
    world: worlds.World, n: int, rng: np.random.Generator
) -> tuple[Array, dict[tuple[str, str], Array]]:
    """Return the weights that occur, and for each pair of answers their counts ``(weights, points, points)``."""
    weights = np.sort(np.unique(1 / np.asarray(world.response))) if world.response else np.ones(1)
    tables = {(a, b): np.zeros((len(weights), POINTS[a], POINTS[b])) for a in METRICS for b in OUTCOMES}
    for size in sizes(n):
        answers = world.answers(size, int(rng.integers(2**62)))
        w = np.searchsorted(weights, answers["weight"]) if world.response else np.zeros(size, int)
        codes = {name: answers[name].to_numpy(int) for name in (*METRICS, *OUTCOMES)}
        for (a, b), table in tables.items():
            cell = (w * POINTS[a] + codes[a]) * POINTS[b] + codes[b]
            table += np.bincount(cell, minlength=table.size).reshape(table.shape)
    return weights, tables


def sizes(n: int) -> list[int]:
    return [min(CHUNK, n - done) for done in range(0, n, CHUNK)]


def mean_of(weights: Array, table: Array, x: Array) -> tuple[float, float]:
    """Mean of what the rows are worth, and its error."""
    counts = table.sum(axis=2)
    share = weights @ counts
    mean = float(share @ x / share.sum())
    return mean, error_of(weights, counts, x - mean)


def error_of(weights: Array, counts: Array, influence: Array) -> float:
    """Standard error from the influence of an answer in each cell."""
    total = (weights @ counts.reshape(len(weights), -1)).sum()
    square = (weights**2 @ counts.reshape(len(weights), -1)) @ influence.ravel() ** 2
    return float(np.sqrt(square) / total)


def pearson(weights: Array, table: Array, x: Array, y: Array) -> tuple[float, float]:
    """Pearson's r of rows and columns."""
    joint = np.tensordot(weights, table, 1)
    joint /= joint.sum()
    zx, zy = (
        (v - p @ v) / np.sqrt(p @ (v - p @ v) ** 2)
        for v, p in ((x, joint.sum(axis=1)), (y, joint.sum(axis=0)))
    )
    r = float(zx @ joint @ zy)
    return r, error_of(weights, table, np.outer(zx, zy) - r * (zx[:, None] ** 2 + zy**2) / 2)


def spearman(weights: Array, table: Array) -> tuple[float, float]:
    """Pearson's r of the mean ranks."""
    joint = np.tensordot(weights, table, 1)
    return pearson(weights, table, *(np.cumsum(p) - p / 2 for p in (joint.sum(axis=1), joint.sum(axis=0))))


def somers(weights: Array, table: Array) -> tuple[float, float]:
    """Somers' D of the rows for the columns, from every pair of cells."""
    joint = np.tensordot(weights, table, 1)
    joint /= joint.sum()
    rows, columns = (np.sign(np.subtract.outer(k, k)) for k in map(np.arange, joint.shape))
    agreed = np.einsum("ac,bd,cd->ab", rows, columns, joint)
    differ = np.einsum("bd,cd->b", np.abs(columns), joint)
    d = float((joint * agreed).sum() / (joint * differ).sum())
    return d, error_of(weights, table, 2 * (agreed - d * differ) / (joint * differ).sum())


def of_answers(world: worlds.World, n: int, rng: np.random.Generator) -> tuple[list[float], list[float]]:
    """Deviations of the scores and of the contests, in standard errors."""
    weights, tables = count(world, n, rng)
    by = {a: tables[a, OUTCOMES[0]] for a in METRICS}
    by |= {b: tables[METRICS[0], b].transpose(0, 2, 1) for b in OUTCOMES}
    scores = []
    for row in world.truth.scores.itertuples():
        x = np.arange(float(POINTS[row.item]))
        made = SCORERS.get((row.item, row.scorer), lambda x: x)(x)
        scores.append(deviation(row, *mean_of(weights, by[row.item], made)))
    contests = []
    for row in world.truth.contest.itertuples():
        table = tables[row.metric, row.outcome]
        x, y = np.arange(float(table.shape[1])), np.arange(float(table.shape[2]))
        match row.coding, row.measure:
            case "official", _:
                found = pearson(weights, table, SCORERS[row.metric, OFFICIAL[row.metric]](x), y)
            case _, "pearson_r":
                found = pearson(weights, table, x, y)
            case _, "r2_score":
                r, error = pearson(weights, table, x, y)
                found = r**2, 2 * abs(r) * error + error**2
            case _, "spearman_r":
                found = spearman(weights, table)
            case _:
                found = somers(weights, table)
        contests.append(deviation(row, *found))
    return scores, contests


def deviation(row, found: float, error: float) -> float:
    """How far apart truth and draw are, in standard errors of both; 0 where they are the same number."""
    apart = abs(found - row.truth)
    return apart / float(np.hypot(error, row.error)) if apart > 1e-9 else 0.0


# Feelings, and the same customers again


class Paired:
    """Moments of an outcome as it is and of its change, chunk by chunk."""

    def __init__(self) -> None:
        self.n, self.sums = 0, np.zeros(5)

    def add(self, now: Array, change: Array) -> None:
        """Note customers."""
        self.n += len(now)
        self.sums += [now.sum(), change.sum(), now @ now, change @ change, now @ change]

    def change(self, scale: float = 1.0) -> tuple[float, float]:
        """Mean change and its error."""
        _, mean, _, square, _ = self.sums / self.n
        return scale * mean, abs(scale) * float(np.sqrt((square - mean**2) / self.n))

    def share(self) -> tuple[float, float]:
        """The change as a share of what is now."""
        now, mean, now2, square, both = self.sums / self.n
        share = mean / now
        return share, float(np.sqrt((square - 2 * share * both + share**2 * now2) / self.n) / now)


def answered(
    world: worlds.World, outcome: str, felt: Customers, luck: Array, habit: NDArray[np.int64]
) -> Array:
    """Answers where the part of luck is the same before and after; begging does not change with frictions."""
    if outcome == "renewed":
        return (world.behaviour.months * np.exp(world.behaviour.spread * felt.staying) * luck > 12).astype(
            float
        )
    item = next(one for one in world.items if one.name == outcome)
    rest = np.sqrt(max(1 - item.reliability - item.halo, 0))
    inclination = (
        np.sqrt(item.reliability) * felt.latent(item.asks) + np.sqrt(item.halo) * felt.mood + rest * luck
    )
    if len(world.cultures) > 1:
        inclination *= np.array([one.spread for one in world.cultures])[habit]
        inclination += np.array([one.shift for one in world.cultures])[habit]
    return 1.0 + np.searchsorted(item.thresholds, inclination)


def changes(world: worlds.World) -> dict[tuple[str, str], tuple]:
    """For each friction how it is changed to see its effect (from, to) and what is attributable to it."""
    made = {}
    for one in world.frictions:
        little = 0.05 / one.harm
        made[one.name, "less"] = (
            (lambda met: 0 * met) if one.kind == "binary" else (lambda met, d=little: met - d)
        )
        made[one.name, "more"] = (
            (lambda met: 0 * met + 1) if one.kind == "binary" else (lambda met, d=little: met + d)
        )
        made[one.name, "none"] = lambda met: 0 * met
    return made


def of_feelings(world: worlds.World, n: int, again: int, rng: np.random.Generator) -> tuple[list[float], ...]:
    """Deviations of correlations of feelings, of effects, and of what is attributable, in standard errors."""
    made, ways = structure(world), changes(world)
    moments, squares = np.zeros((5, 5)), np.zeros((5, 5))
    effect: dict[tuple[str, str, str], Paired] = {}
    gone: dict[tuple[str, str, str], Paired] = {}
    met_any = dict.fromkeys((one.name for one in world.frictions), 0)
    for done, size in enumerate(sizes(n)):
        people, noise = customers(world, Random(size, rng))
        z = np.array([people.latent(name) for name in LATENTS])
        moments += size / n * np.cov(z)
        squares += size / n * squared_influences(z)
        for one in world.frictions:
            met_any[one.name] += int((people.met[one.name] > 0).sum())
        if done * CHUNK >= again:
            continue
        habit = rng.choice(len(world.cultures), size, p=[one.share for one in world.cultures])
        luck = {
            name: rng.exponential(size=size) if name == "renewed" else rng.standard_normal(size)
            for name in ASKED
        }

        def ask(met, people=people, noise=noise, luck=luck, habit=habit):
            felt = replace(feel(world, made, people.complexity, met, noise, people.wave), mood=people.mood)
            return {name: answered(world, name, felt, luck[name], habit) for name in ASKED}

        now = ask(people.met)
        for one in world.frictions:
            less, more, none = (
                ask(people.met | {one.name: ways[one.name, way](people.met[one.name])})
                for way in ("less", "more", "none")
            )
            for name in ASKED:
                add(effect, (name, one.name), name, less[name], more[name])
                add(gone, (name, one.name), name, now[name], none[name])
    return latent_deviations(world, moments, squares, n), *driver_deviations(world, effect, gone, met_any, n)


def add(found: dict, key: tuple[str, str], name: str, before: Array, after: Array) -> None:
    """Note points, and percentages of bad answers."""
    found.setdefault((*key, "mean"), Paired()).add(before, after - before)
    worse = 100.0 * (before <= BAD[name]), 100.0 * (after <= BAD[name])
    found.setdefault((*key, "adverse"), Paired()).add(worse[0], worse[1] - worse[0])


def squared_influences(z: Array) -> Array:
    """Mean squared influence of a customer on each correlation."""
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)
    r, square, n = np.corrcoef(z), z**2, z.shape[1]
    cross = square @ square.T / n
    cubic = (z * square) @ z.T / n  # of the first thrice
    fourth = np.diag(cross)
    return cross - r * (cubic + cubic.T) + r**2 * (fourth[:, None] + fourth + 2 * cross) / 4


def latent_deviations(world: worlds.World, moments: Array, squares: Array, n: int) -> list[float]:
    found = []
    for row in world.truth.latent.itertuples():
        i, j = LATENTS.index(row.a), LATENTS.index(row.b)
        r = moments[i, j] / np.sqrt(moments[i, i] * moments[j, j])
        found.append(deviation(row, r, np.sqrt(max(squares[i, j], 0) / n)))
    return found


def driver_deviations(
    world: worlds.World, effect: dict, gone: dict, met: dict[str, int], n: int
) -> tuple[list[float], list[float]]:
    begged = {one.name: 1 - one.begged for one in world.items}
    per = {one.name: 1.0 if one.kind == "binary" else one.harm / 0.1 for one in world.frictions}
    effects, parts = [], []
    for name in ASKED:
        honest = begged.get(name, 1.0)
        for row in world.truth.effects(name).itertuples():
            effects.append(
                deviation(row, *effect[name, row.driver, row.measure].change(honest * per[row.driver]))
            )
        for row in world.truth.attributable(name).itertuples():
            if row.measure == "prevalence":
                share = met[row.driver] / n
                parts.append(deviation(row, share, np.sqrt(share * (1 - share) / n)))
            elif row.measure == "attributable_mean":
                parts.append(deviation(row, *gone[name, row.driver, "mean"].change(honest)))
            elif row.measure == "attributable_points":
                parts.append(deviation(row, *gone[name, row.driver, "adverse"].change(-honest)))
            else:
                share, error = gone[name, row.driver, "adverse"].share()
                parts.append(deviation(row, -share, error))
    return effects, parts


# The report


def verify(name: str, n: int, again: int) -> dict[str, object]:
    """One world's row of the report."""
    world = worlds.NAMED[name]()
    started = time.process_time()
    world.sample(SURVEY, SEED)
    survey = time.process_time() - started
    started = time.process_time()
    rng = np.random.default_rng(SEED)
    known = replace(world, weighted=bool(world.response))
    scores, contest = of_answers(known, n, rng)
    latent, effects, attributable = of_feelings(known, n, again, rng)
    found = {
        "scores": scores,
        "contest": contest,
        "latent": latent,
        "effects": effects,
        "attributable": attributable,
    }
    row: dict[str, object] = {"world": name}
    row |= {what: f"{max(values):.1f}" for what, values in found.items()}
    row["numbers"] = sum(map(len, found.values()))
    row["seconds"] = f"{time.process_time() - started:.0f}"
    row["a million, seconds"] = f"{survey:.1f}"
    return row


def main() -> None:
    write = "--write" in sys.argv
    given = [int(word) for word in sys.argv[1:] if word.isdigit()]
    n, again = (*given, *(CUSTOMERS, AGAIN)[len(given) :])
    rows = []
    for name in worlds.NAMED:
        rows.append(verify(name, n, again))
        print(*rows[-1].values(), flush=True)
    table = pd.DataFrame(rows)
    lines = ["| " + " | ".join(row) + " |" for row in [[*table], ["---"] * len(table.columns)]]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False)]
    text = "\n".join(
        [
            f"{n:,} customers each, {min(n, again):,} of them asked again, seed {SEED}; version {cx.__version__}, "
            f"numpy {np.__version__}.",
            "",
            *lines,
            "",
        ]
    )
    print(text)
    if write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
