"""Measure how often the intervals of `compare` hold the truth, and how often its verdict is wrong.

Simulated surveys whose truth is an integral (`benchmarks.worlds`) are asked what `compare` asks
(`benchmarks.coverage`); the page docs/calibration.md is written from the counts (`benchmarks.calibration_page`).
Each case is kept in build/calibration/, so that a run that was stopped goes on where it was.

Run: python -m benchmarks.calibration [--seed 1] [--jobs 2] [--quick] [--page]
"""

from __future__ import annotations

import argparse
import ast
import json
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import calibration_page, coverage
from benchmarks.worlds import World, tuned
from cxresearch._contest import Contest

ROOT = Path(__file__).parents[1]
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
class Case:
    """Samples of one world and size, asked one kind of question."""

    kind: str
    title: str
    n: int
    samples: int
    world: World

    @property
    def slug(self) -> str:
        """Name of the file."""
        kept = "".join(sign if sign.isalnum() else "-" for sign in f"{self.kind} {self.title}")
        return f"{kept}-{self.n}".lower()


@dataclass(frozen=True)
class Stamp:
    """Seed, and the code that each kind of case runs on."""

    seed: int
    code: dict[str, str]


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


def fingerprint(kind: str) -> str:
    """Digest of the code that the counts of a kind of case depend on; comments and docstrings do not matter."""
    digest = sha256()
    names = SOURCES + (JOINT_SOURCES if kind == "joint" else ())
    paths = [ROOT / "cxresearch" / f"{name}.py" for name in names]
    for path in [*paths, ROOT / "benchmarks" / "worlds.py", ROOT / "benchmarks" / "coverage.py"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
                node.body = node.body[1:]
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:12]


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


def kept(case: Case, stamp: Stamp, any_code: bool = False) -> dict[str, Any] | None:
    """Return the stored counts of a case, if they are of this code (or any), seed and number of samples."""
    path = STORE / f"{case.slug}.json"
    if not path.exists():
        return None
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    same = stored["seed"] == stamp.seed and (any_code or stored["code"] == stamp.code[case.kind])
    return stored if same and stored["samples"] == case.samples else None


def keep(case: Case, made: dict[str, Any], stamp: Stamp) -> None:
    """Store the counts of a case: written aside, then renamed."""
    STORE.mkdir(parents=True, exist_ok=True)
    path = STORE / f"{case.slug}.json"
    aside = path.with_suffix(".part")
    about = {"kind": case.kind, "title": case.title, "n": case.n, "samples": case.samples}
    about |= {"seed": stamp.seed, "code": stamp.code[case.kind]}
    aside.write_text(json.dumps(about | made), encoding="utf-8")
    aside.replace(path)


def _single_thread() -> None:
    """Processes share the cores; their threads would fight for them."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def work(todo: list[Case], seed: int, jobs: int, stamp: Stamp) -> None:
    """Run the cases in several processes, showing progress."""
    start, failed = time.perf_counter(), []
    with ProcessPoolExecutor(jobs, initializer=_single_thread) as pool:
        waiting = {pool.submit(run, case, seed): case for case in todo}
        for done, future in enumerate(as_completed(waiting), 1):
            case, error = waiting[future], future.exception()
            told = f"{case.kind}: {case.title}, n = {case.n}"
            if error is None:
                keep(case, future.result(), stamp)
                told += f", {future.result()['seconds']:.0f} s"
            else:  # the other cases go on, and are kept
                failed.append(f"{told}: {type(error).__name__}: {error}")
                told += ", FAILED"
            print(f"[{done}/{len(todo)}, {time.perf_counter() - start:.0f} s] {told}", flush=True)
    if failed:
        raise SystemExit("\n".join(["These cases failed:", *failed]))


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
    stamp = Stamp(options.seed, {kind: fingerprint(kind) for kind in {case.kind for case in every}})
    if not options.page:
        work([case for case in every if kept(case, stamp) is None], options.seed, options.jobs, stamp)
    results = [result for case in every if (result := kept(case, stamp, options.page)) is not None]
    text = calibration_page.page(results, len(every), options.seed, options.jobs, stamp.code)
    done = {(result["kind"], result["title"], result["n"]) for result in results}
    text += calibration_page.not_run([c for c in every if (c.kind, c.title, c.n) not in done])
    if options.quick:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}: {len(results)} of {len(every)} cases")


if __name__ == "__main__":
    main()
