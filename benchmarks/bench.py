"""Time the package against its peers, in one run, and write docs/benchmarks.md.

Run: make bench, or python -m benchmarks
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import cxresearch as cx
from benchmarks import routes
from benchmarks.worlds import World

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
ROWS = 10_000_000
ROUTE_ROWS = (100_000, 300_000)  # the classical route is run at these, and extrapolated to ROWS
FIT_ROWS = 100_000
AUC_ROWS = 1_000_000
SEED = 1
NAMES = ["csat", "ces", "nps", "again"]
FIRST = (1, 1, 0, 1)  # lowest answer of each
MISSING = 0.03
CODEBOOK = {
    "title": "Simulated answers",
    "metrics": {
        "csat": {"column": "csat", "instrument": "csat5"},
        "ces": {"column": "ces", "instrument": "ces2"},
        "nps": {"column": "nps", "instrument": "nps"},
    },
    "outcomes": {"again": {"column": "again", "scale": [1, 7]}},
}
PACKAGES = ("numpy", "scipy", "pandas", "polars", "duckdb", "scikit-learn", "statsmodels")


@dataclass(frozen=True)
class Line:
    """One comparison: seconds (or megabytes) of ours and of the peer, and the least ratio peer / ours asked for."""

    what: str
    ours: float
    peer: float
    floor: float | None = None
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """How many times the peer takes what ours takes."""
        return self.peer / self.ours

    @property
    def cells(self) -> tuple[str, ...]:
        """Text of the table's row."""
        met = "" if self.floor is None else ("met" if self.ratio >= self.floor else "**not met**")
        floor = "" if self.floor is None else f"{self.floor:g}"
        return (
            self.what,
            _shown(self.ours, self.unit),
            _shown(self.peer, self.unit),
            _figure(self.ratio),
            floor,
            met,
        )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _shown(value: float, unit: str) -> str:
    if unit == "s" and value < 0.1:
        return f"{_figure(1000 * value)} ms"
    return f"{_figure(value)} {unit}"


def timed(what: Callable[[], Any], runs: int = 5) -> float:
    """Median seconds of several runs."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def say(text: str) -> None:
    print(text, flush=True)


def answers(rows: int, missing: float = MISSING) -> pd.DataFrame:
    """Simulated answers in nullable small integers: 5, 7, 11 and 7 levels, some missing in every column."""
    world, rng = World(), np.random.default_rng(SEED)
    share = world.table.ravel()
    code = np.repeat(np.arange(share.size), rng.multinomial(rows, share / share.sum()))
    rng.shuffle(code)
    frame = {}
    for name, column, first in zip(NAMES, np.unravel_index(code, world.table.shape), FIRST, strict=True):
        gone = rng.random(rows) < missing
        frame[name] = pd.array((column + first).astype(np.int8), dtype="Int8")
        frame[name][gone] = pd.NA
    return pd.DataFrame(frame)


def group_by(small: pd.DataFrame, floats: pd.DataFrame) -> tuple[list[Line], dict[str, float]]:
    """Distinct answer patterns with their counts: ours and each peer's own, on the frame the peer holds."""
    import duckdb
    import polars as pl

    polars = pl.DataFrame({name: small[name].astype("float32").to_numpy() for name in NAMES}).with_columns(
        pl.col(name).fill_nan(None).cast(pl.Int8) for name in NAMES
    )
    with duckdb.connect() as database:
        database.register("polars_answers", polars)
        database.execute("create table answers as select * from polars_answers")
        query = f"select {', '.join(NAMES)}, count(*) from answers group by all"
        peers: dict[str, tuple[Any, Callable[[], Any]]] = {
            "pandas, float64": (floats, lambda: floats.groupby(NAMES, dropna=False).size()),
            "pandas, nullable Int8": (small, lambda: small.groupby(NAMES, dropna=False).size()),
            "Polars, Int8": (polars, lambda: polars.group_by(NAMES).len()),
            "DuckDB, its own table": (database.table("answers"), lambda: database.execute(query).fetchall()),
        }
        lines, seconds = [], {}
        for peer, (frame, run) in peers.items():
            once = 3 if peer.startswith("pandas") else 5
            theirs = timed(run, once)
            survey = cx.read(frame, CODEBOOK)
            cells = timed(lambda survey=survey: survey.cells(NAMES))
            both = timed(lambda frame=frame: cx.read(frame, CODEBOOK).cells(NAMES), 3)
            seconds |= {f"{peer} group-by": theirs, f"{peer} both": both}
            floor = {"pandas, float64": 10.0, "DuckDB, its own table": 4.0}.get(peer)
            if peer.startswith("DuckDB"):
                # the relation stays in the database: its cells are its own group-by; the floor is of frames in memory
                lines.append(
                    Line(f"`read` + `cells` of the DuckDB table (left in it) / {peer}", both, theirs)
                )
                cells, both = seconds["cells in memory"], seconds["Polars, Int8 both"]
            else:
                seconds["cells in memory"] = cells
            lines.append(Line(f"`cells` of a survey already read / {peer}", cells, theirs, floor))
            lines.append(Line(f"`read` + `cells` / {peer}", both, theirs))
            say(f"  {peer}: {theirs:.2f} s, ours {cells:.3f} s, with read {both:.2f} s")
    return lines, seconds


def whole(floats: pd.DataFrame, seconds: dict[str, float]) -> tuple[list[Line], float]:
    """Whole comparison against three group-bys and two seconds."""
    survey = cx.read(floats, CODEBOOK)
    alone = timed(lambda: cx.compare(survey, "again", seed=SEED), 3)
    both = timed(lambda: cx.compare(cx.read(floats, CODEBOOK), "again", seed=SEED), 3)
    limits = {
        "3 pandas group-bys + 2 s": 3 * seconds["pandas, float64 group-by"] + 2,
        "3 x our own `read` + `cells` + 2 s": 3 * seconds["pandas, float64 both"] + 2,
        "3 DuckDB group-bys + 2 s": 3 * seconds["DuckDB, its own table group-by"] + 2,
    }
    lines = []
    for limit, theirs in limits.items():
        lines.append(Line(f"`compare` of a survey already read / {limit}", alone, theirs, 1.0))
        lines.append(Line(f"`read` + `compare` / {limit}", both, theirs, 1.0))
    say(f"  compare {alone:.2f} s, with read {both:.2f} s")
    return lines, both


def classical(both: float) -> tuple[list[Line], list[str]]:
    """The same comparison through scikit-learn and statsmodels on the rows."""
    lines, parts = [], []
    total: dict[int, float] = {}
    for rows in ROUTE_ROWS:
        frame = answers(rows, 0.0).astype("float64")
        ours = timed(lambda frame=frame: cx.compare(cx.read(frame, CODEBOOK), "again", seed=SEED))
        spent = routes.classical(frame)
        total[rows] = sum(spent.values())
        lines.append(Line(f"`read` + `compare`, {rows:,} rows / classical route", ours, total[rows], 40.0))
        parts.append(f"{rows:,} rows: " + ", ".join(f"{name} {_shown(s, 's')}" for name, s in spent.items()))
        say(f"  {rows:,} rows: ours {ours:.2f} s; {parts[-1]}")
    few, many = ROUTE_ROWS
    power = float(np.log(total[many] / total[few]) / np.log(many / few))
    far = total[many] * (ROWS / many) ** min(power, 1.0)
    what = (
        f"`read` + `compare`, {ROWS:,} rows / classical route, extrapolated with rows^{min(power, 1.0):.2f}"
    )
    lines.append(Line(what, both, far, 40.0))
    parts.append(
        f"measured growth from {few:,} to {many:,} rows: time ~ rows^{power:.2f} (never extrapolated steeper than "
        f"rows^1); at {ROWS:,} rows that is {far / 60:,.0f} minutes"
    )
    return lines, parts


def starts() -> list[Line]:
    """Fresh processes: import, and first use."""
    code = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"

    def fresh(statement: str) -> float:
        command = [sys.executable, "-c", code.format(statement)]
        return statistics.median(float(subprocess.check_output(command, text=True)) for _ in range(5))

    pandas = fresh("import pandas")
    return [
        Line("`import cxresearch`, fresh process / limit of 0.5 s", fresh("import cxresearch"), 0.5, 1.0),
        Line("`import cxresearch; cxresearch.compare` (loaded at first use) / `import pandas`",
             fresh("import cxresearch as cx; cx.compare, cx.read"), pandas),
    ]  # fmt: skip


def fits() -> list[Line]:
    """Cumulative-link fit and AUC on cells against those on rows."""
    frame = answers(FIT_ROWS, 0.0).astype("float64")
    lines = [
        Line(f"cumulative logit of three metrics, `cells` + fit, {FIT_ROWS:,} rows / statsmodels OrderedModel",
             timed(lambda: routes.our_ordinal(frame, CODEBOOK)), timed(lambda: routes.ordered(frame, NAMES[:3]), 1)),
    ]  # fmt: skip
    book = CODEBOOK | {"outcomes": {"again": {"column": "again", "scale": [0, 1]}}}
    frame = answers(AUC_ROWS, 0.0).astype("float64")
    frame["again"] = (frame["again"] >= 6).astype("float64")
    survey = cx.read(frame, book)
    theirs = timed(lambda: routes.areas(frame), 3)
    what = (
        f"AUC of three metrics, {AUC_ROWS:,} rows: three paired DeLong tests on cells / three roc_auc_score"
    )
    lines.append(
        Line(f"{what} (no interval); survey already read", timed(lambda: routes.delong(survey)), theirs)
    )
    ours = timed(lambda: routes.delong(cx.read(frame, book)))
    lines.append(Line("the same with `read`", ours, theirs))
    return lines


def _peak(which: str, rows: int) -> float:
    """Megabytes above the frame itself at the worst moment, in this (fresh) process."""
    frame = answers(rows).astype("float64")
    run: dict[str, Callable[[], Any]] = {
        "ours": lambda: cx.compare(cx.read(frame, CODEBOOK), "again", seed=SEED),
        "group-by": lambda: frame.groupby(NAMES, dropna=False).size(),
    }
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts anew
    before = _status("VmRSS")
    run[which]()
    return _status("VmHWM") - before


def _status(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return float(line.split()[1]) / 1024
    raise LookupError(field)


def memory() -> Iterator[Line]:
    """Peak memory beyond the frame; on Linux only."""
    if not Path("/proc/self/clear_refs").exists():
        return
    found = []
    for which in ("ours", "group-by"):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found.append(pool.submit(_peak, which, ROWS).result())
    size = ROWS * len(NAMES) * 8 / 2**20
    yield Line(
        f"peak memory beyond the frame of {size:,.0f} MB: `read` + `compare` / pandas group-by",
        *found,
        unit="MB",
    )


def table(lines: list[Line]) -> str:
    """Markdown table."""
    head = ("what: ours / peer", "ours", "peer", "ratio", "floor", "")
    rows = [head, ("---", "---:", "---:", "---:", "---:", "---"), *(line.cells for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def page(sections: dict[str, list[Line]], parts: list[str], seconds: float) -> str:
    """Text of docs/benchmarks.md."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    every = [line for lines in sections.values() for line in lines if line.floor is not None]
    failed = [line.what for line in every if line.ratio < line.floor]
    summary = f"{len(every) - len(failed)} of {len(every)} floors are met."
    if failed:
        summary += " Not met: " + "; ".join(failed) + "."
    text = [
        "# Benchmarks",
        f"Made by `make bench` (`python -m benchmarks`) in {seconds / 60:.1f} minutes on {os.cpu_count()} cores with "
        f"cxresearch {version('cxresearch')}, Python {platform.python_version()}, {versions}. Ours and the peer's time "
        f"are of the same run; seconds differ from machine to machine and run to run, ratios less. Quick lines are the "
        f"median of 3 to 5 runs. Data are simulated: {ROWS:,} rows, questions of 5, 7, 11 and 7 answers, "
        f"{MISSING:.0%} missing in each. *Ratio* is peer over ours (above 1: ours is faster, or smaller).",
        summary,
        "How to read it: `read` codes every column once (small integers); `cells` of a survey that is read then "
        "only counts. A peer has no such step, so the honest comparison for a single question to a data set is "
        "`read` + `cells`; for a session of many questions it is `cells`. The coding costs more than the counting "
        "where the frame holds floats.",
    ]
    for title, lines in sections.items():
        text += [f"## {title}", table(lines)]
        if title.startswith("The same"):
            text.append(
                "The classical route: scikit-learn `cross_validate`, 10 x 10 repeated K-fold on all cores, of ten "
                "linear models (each metric as number, one-hot by answer, by its official score; all together); "
                "statsmodels `OLS` and `OrderedModel`, each metric alone and all together; 2,000 bootstrap draws of "
                "the joint model's R² (timed on 100 draws, times 20). It leaves out what would take it hours: "
                "cross-validated ordinal fits, Shapley shares, jackknife intervals of rank correlations."
            )
            text += ["\n".join(f"- {part}" for part in parts)]
    return "\n\n".join(text) + "\n"


def main() -> None:
    start = time.perf_counter()
    sections: dict[str, list[Line]] = {}
    say("fresh processes ...")
    sections["Starting"] = starts()
    say(f"answers of {ROWS:,} people ...")
    small = answers(ROWS)
    floats = small.astype("float64")
    sections[f"Counting {ROWS:,} rows"], seconds = group_by(small, floats)
    title = "Whole comparison: three metrics, 10 x 10 cross-validation, 2,000 bootstrap draws"
    sections[f"{title}, {ROWS:,} rows"], both = whole(floats, seconds)
    del small, floats
    say("peak memory ...")
    sections["Memory"] = list(memory())
    say("fits ...")
    sections["Fits"] = fits()
    say("classical route ...")
    sections["The same comparison on rows"], parts = classical(both)
    text = page(sections, parts, time.perf_counter() - start)
    PAGE.write_text(text, encoding="utf-8")
    say(text)
    say(f"wrote {PAGE.relative_to(PAGE.parents[1])}")


if __name__ == "__main__":
    main()
