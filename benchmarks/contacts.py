"""Time contact logs of ten million events, each source in a process of its own, and measure its memory.

Run: python -m benchmarks.contacts [events]
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import cxresearch as cx

EVENTS = 10_000_000
FEW = 1_000_000  # events for the route by group-bys
SEED = 1
CODEBOOK = {
    "contacts": {
        "case": "case", "customer": "customer", "time": "at", "channel": "channel", "agent": "team",
        "type": "what", "contact": ["call"], "response": ["answer"], "closed": ["closed"], "zone": "UTC",
    }
}  # fmt: skip
SOURCES = ("Polars", "DuckDB", "Arrow", "pandas")


def write_log(path: Path, events: int, *, text: bool) -> None:
    """Write a simulated log, sorted by time as logs are: four events a case, six a customer."""
    import polars as pl

    rng = np.random.default_rng(SEED)
    cases = events // 4
    case = rng.integers(0, cases, events)
    at = rng.integers(0, 365 * 86_400, cases)[case] + rng.exponential(2 * 86_400, events).astype(np.int64)
    order = np.argsort(at, kind="stable")
    case, at = case[order], at[order]
    frame = pl.DataFrame(
        {
            "case": case,
            "customer": case % max(1, cases * 2 // 3),
            "at": (at + 1_700_000_000).astype("datetime64[s]").astype("datetime64[us]"),
            "channel": rng.choice(["web", "phone", "chat", "email"], events),
            "team": np.char.add("team ", rng.integers(0, 60, events).astype(str)),
            "what": rng.choice(["call", "answer", "note", "closed"], events),
        }
    )
    if text:
        frame = frame.with_columns(pl.format("C{}", pl.col("case")).alias("case"))
        frame = frame.with_columns(pl.format("K{}", pl.col("customer")).alias("customer"))
    frame.write_parquet(path)


def load(path: str, source: str) -> tuple[Any, float]:
    """The log as a frame of one library, and its megabytes."""
    if source == "DuckDB":
        import duckdb
        import pyarrow.parquet as pq

        return duckdb.connect().read_parquet(path), pq.ParquetFile(path).read().nbytes / 2**20
    if source == "Polars":
        import polars as pl

        frame = pl.read_parquet(path)
        return frame, frame.estimated_size("mb")
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    if source == "Arrow":
        return table, table.nbytes / 2**20
    frame = table.to_pandas()
    return frame, float(frame.memory_usage(deep=True).sum()) / 2**20


def measure(path: str, source: str) -> dict[str, float]:
    """Seconds, processor seconds and megabytes beyond the source, in this fresh process."""
    cx.read_contacts(
        pd.DataFrame({"case": [1], "at": [1_700_000_000]}), TINY
    )  # imports are not what is timed
    log, size = load(path, source)
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts anew
    before, start, used = status("VmRSS"), time.perf_counter(), time.process_time()
    contacts = cx.read_contacts(log, CODEBOOK)
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    beyond = status("VmHWM") - before
    return {"s": seconds, "processor s": processor, "source MB": size, "peak beyond MB": beyond,
            "cases": len(contacts.table)}  # fmt: skip


TINY = {"contacts": {"case": "case", "time": "at", "time_format": "unix"}}


def status(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def by_group_bys(path: str) -> tuple[float, float]:
    """Seconds of ours and of the plain pandas route to the same counts, and check that they are the same."""
    frame = pd.read_parquet(path)
    start = time.perf_counter()
    ours = cx.read_contacts(frame, CODEBOOK).table.set_index("case").sort_index()
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    events = frame.drop_duplicates().sort_values(["case", "at"], kind="stable")
    case = events.groupby("case")
    events["transfer"] = case["team"].shift().notna() & (case["team"].shift() != events["team"])
    calls = events[events["what"] == "call"].copy()
    before = calls.groupby("case")
    calls["repeat"] = before["at"].diff() <= pd.Timedelta(days=7)
    calls["switch"] = before["channel"].shift().notna() & (before["channel"].shift() != calls["channel"])
    first = case["at"].min()
    answered = events[events["what"] == "answer"].groupby("case")["at"].min()
    plain = pd.DataFrame({"transfers": case["transfer"].sum(), "waiting": answered - first})
    plain = plain.join(calls.groupby("case").agg(repeats=("repeat", "sum"), switches=("switch", "sum")))
    plain["path"] = calls.groupby("case")["channel"].agg(
        lambda via: "→".join(c for c, b in zip(via, [None, *via], strict=False) if c != b)
    )
    theirs = time.perf_counter() - start
    assert (ours["transfers"] == plain["transfers"]).all()
    assert (ours["repeats"] == plain["repeats"].fillna(0)).all()
    assert (ours["channel_switches"] == plain["switches"].fillna(0)).all()
    assert (ours["path"].astype(object).fillna("") == plain["path"].fillna("")).all()
    return seconds, theirs


def main() -> None:
    events = int(float(sys.argv[1])) if len(sys.argv) > 1 else EVENTS
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for text in (False, True):
            path = str(Path(folder) / f"log_{text}.parquet")
            write_log(Path(path), events, text=text)
            print(f"{events:,} events, cases and customers are {'text' if text else 'numbers'}")
            for source in SOURCES:
                with ProcessPoolExecutor(1, mp_context=spawn) as pool:
                    found = pool.submit(measure, path, source).result()
                shown = ", ".join(f"{name} {value:,.1f}" for name, value in found.items())
                times = 1 + found["peak beyond MB"] / found["source MB"]
                print(f"  {source}: {shown}; with the source {times:.2f} x its memory", flush=True)
        few = str(Path(folder) / "few.parquet")
        write_log(Path(few), min(FEW, events), text=False)
        ours, theirs = by_group_bys(few)
        print(f"{min(FEW, events):,} events, pandas: ours {ours:.2f} s, group-bys {theirs:.2f} s", end=", ")
        print(f"ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
