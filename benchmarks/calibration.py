"""Measure how often the intervals of `compare` hold the truth, and how often its verdict is wrong.

Simulated surveys whose truth is an integral (`benchmarks.worlds`) are asked what `compare` asks
(`benchmarks.coverage`); the page docs/calibration.md is written from the counts (`benchmarks.calibration_page`).
Each case is kept in build/calibration/, so that a run that was stopped goes on where it was.

Run: python -m benchmarks.calibration [--seed 1] [--jobs 2] [--quick] [--page]
"""

from __future__ import annotations

import argparse
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import calibration_page, calibration_store, coverage
from benchmarks.calibration_store import ROOT, Store, fingerprint
from benchmarks.worlds import World, tuned
from cxresearch._contest import Contest

STORE = ROOT / "build" / "calibration"
PAGE = ROOT / "docs" / "calibration.md"
SOURCES = (
    "_accuracy",
    "_contest",
    "_contest_models",
    "_contest_tables",
    "verdict",
    "stats/association",
    "stats/crossval",
    "stats/designs",
    "stats/estimates",
    "stats/ordinal",
    "stats/regression",
    "stats/resampling",
)
JOINT_SOURCES = ("_contest_joint", "stats/importance")  # asked by the cases of the joint model only
QUICK = 10  # times fewer samples
FEWER = 400  # samples of what takes a hundred fits each

SMALL = (50, 100, 300)
DIFFERENT = World()
WORLDS = {
    "different (.85, .65, .5)": DIFFERENT,
    "tie (.7, .7, .7)": World((0.7, 0.7, 0.7)),
    "close (.7, .65, .65)": World((0.7, 0.65, 0.65)),
    "weak (.3, .2, .1)": World((0.3, 0.2, 0.1)),
    "strong ceiling": World(ceiling=True),
    "11-point outcome": World((0.7, 0.65, 0.5), outcome="11"),
    "binary outcome, 20 %": World(outcome="binary 20 %"),
    "binary outcome, 50 %": World(outcome="binary 50 %"),
    "continuous outcome": World(outcome="continuous"),
    "few-valued weights": World(weights="few related"),
    "continuous weights": World(weights="many related"),
    "30 clusters": World(clusters=30),
    "100 clusters": World(clusters=100),
}
DIFFERENT_NAME, TIE_NAME, CLOSE_NAME, WEAK_NAME, CEILING_NAME = list(WORLDS)[:5]
BINARY_20, BINARY_50, CONTINUOUS, FEW, MANY, CLUSTERS_30, CLUSTERS_100 = list(WORLDS)[6:]


@dataclass(frozen=True)
class Case(calibration_store.Case):
    """Samples of one world and size, asked one kind of question."""

    world: World


def cases() -> list[Case]:
    """Every case, the most important first."""
    out = []

    def add(kind: str, titles: Iterable[str], sizes: Iterable[int], samples: int) -> None:
        out.extend(Case(kind, title, n, samples, WORLDS[title]) for title in titles for n in sizes)

    key = (DIFFERENT_NAME, TIE_NAME, CLOSE_NAME, CEILING_NAME)
    add("correlated", key, SMALL, 2_000)
    out += verdicts()
    rest = (WEAK_NAME, "11-point outcome", BINARY_20, BINARY_50, CONTINUOUS, FEW, MANY)
    add("correlated", rest, SMALL, 1_000)
    add("correlated", (CLUSTERS_30, CLUSTERS_100), (300, 1_000), 1_000)
    add("joint", (DIFFERENT_NAME, TIE_NAME, WEAK_NAME, CEILING_NAME, BINARY_20, MANY), SMALL, 1_000)
    add("joint", (CLUSTERS_30,), (300,), 1_000)
    add("held_out", (DIFFERENT_NAME,), SMALL, FEWER)
    add("fitted", (DIFFERENT_NAME,), SMALL, FEWER)
    add("rivals", (DIFFERENT_NAME, TIE_NAME, CEILING_NAME), SMALL, 1_000)
    add("held_out", (CEILING_NAME, BINARY_20, TIE_NAME, CONTINUOUS), SMALL, FEWER)
    add("fitted", (CEILING_NAME, BINARY_20, BINARY_50), SMALL, FEWER)
    add("held_out", (BINARY_50,), (100,), FEWER)
    add("held_out", (CLUSTERS_30,), (300,), FEWER)
    add("fitted", (CLUSTERS_30,), (300,), FEWER)
    add("correlated", (DIFFERENT_NAME, CEILING_NAME, MANY), (1_000,), 1_000)
    return out


def verdicts() -> list[Case]:
    """Ties, the edge of the region of practical equivalence, and true winners."""
    sizes = (50, 100, 300, 1_000, 5_000)
    worlds = {
        "tie of two (r = .55 both)": (tuned(World(points=(7, 7)), (0.55, 0.55)), sizes, 5_000),
        "edge: r = .58 and .55": (tuned(World(points=(5, 11)), (0.58, 0.55)), sizes, 5_000),
        "tie of three (attitudes .7, .7, .7)": (WORLDS[TIE_NAME], sizes, 5_000),
        "tie of two, binary outcome 20 %": (
            World((0.65, 0.65), (7, 7), outcome="binary 20 %"), sizes[:4], 5_000),
        "tie of two, strong ceiling": (World((0.7, 0.7), (7, 7), ceiling=True), (50, 100, 300), 5_000),
        "tie of two, 30 clusters": (World((0.7, 0.7), (7, 7), clusters=30), (300, 1_000), 5_000),
        "close (attitudes .7, .65, .65)": (WORLDS[CLOSE_NAME], sizes, 1_000),
        "different (attitudes .85, .5)": (World((0.85, 0.5), (5, 7)), sizes, 1_000),
    }  # fmt: skip
    return [
        Case("verdict", title, n, samples, world)
        for title, (world, at, samples) in worlds.items()
        for n in at
    ]


def code_of(kind: str) -> str:
    """Digest of the code that the counts of a kind of case depend on."""
    names = SOURCES + (JOINT_SOURCES if kind == "joint" else ())
    paths = [ROOT / "cxresearch" / f"{name}.py" for name in names]
    return fingerprint([*paths, ROOT / "benchmarks" / "worlds.py", ROOT / "benchmarks" / "coverage.py"])


def usable(contest: Contest) -> bool:
    """Whether `compare` would take the sample: every question has two answers at least."""
    return all(len(variable.values) > 1 for variable in (*contest.metrics, contest.outcome))


def run(case: Case, seed: int) -> dict[str, Any]:
    """Count, in one case."""
    warnings.simplefilter("ignore")
    coverage.hasten()
    start = time.perf_counter()
    rng = np.random.default_rng([seed, zlib.crc32(case.slug.encode())])
    counts: dict[str, Any] = _decide(case, rng) if case.kind == "verdict" else _cover(case, rng)
    return {"counts": counts, "seconds": time.perf_counter() - start}


def _samples(case: Case, rng: np.random.Generator) -> Iterable[Contest]:
    made = 0
    while made < case.samples:
        contest = case.world.draw(case.n, rng)
        if usable(contest):
            made += 1
            yield contest


def _cover(case: Case, rng: np.random.Generator) -> dict[str, list[float]]:
    ask: dict[str, Callable[[Contest], Iterable[coverage.Interval]]] = {
        "correlated": coverage.correlated,
        "fitted": coverage.fitted,
        "held_out": lambda contest: coverage.held_out(contest, rng),
        "joint": lambda contest: coverage.joint(contest, rng),
        "rivals": lambda contest: coverage.rivals(contest, rng),
    }
    truth, tally = coverage.truth(case.world), coverage.Tally()
    if case.kind == "held_out":
        truth |= coverage.trained(case.world, case.n * 9 // 10, rng)
    for contest in _samples(case, rng):
        tally.add((one for one in ask[case.kind](contest) if _has_truth(one, truth)), truth)
    return tally.plain()


def _has_truth(interval: coverage.Interval, truth: coverage.Truth) -> bool:
    """An amount has no log-likelihood gain; a small sample of it can have values few enough for one."""
    return interval[1] in truth or "log_score" not in interval[1]


def _decide(case: Case, rng: np.random.Generator) -> dict[str, int]:
    made = (coverage.verdict(contest, rng) for contest in _samples(case, rng))
    return dict(Counter(verdict.winner or verdict.conclusion for verdict in made))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK} times fewer samples; the page is not written"
    )
    parser.add_argument(
        "--page", action="store_true", help="write the page from cases run before, by any code"
    )
    options = parser.parse_args()
    every = cases()
    if options.quick:
        every = [Case(c.kind, c.title, c.n, c.samples // QUICK, c.world) for c in every]
    store = Store(STORE, options.seed, {kind: code_of(kind) for kind in {case.kind for case in every}})
    if not options.page:
        store.work([case for case in every if store.kept(case) is None], run, options.jobs)
    results = [result for case in every if (result := store.kept(case, options.page)) is not None]
    text = calibration_page.page(results, len(every), options.seed, options.jobs, store.code)
    done = {(result["kind"], result["title"], result["n"]) for result in results}
    text += calibration_page.not_run([c for c in every if (c.kind, c.title, c.n) not in done])
    if options.quick:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}: {len(results)} of {len(every)} cases")


if __name__ == "__main__":
    main()
