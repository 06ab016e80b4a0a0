"""Time the shares of R² over all subsets against pingouin and a regression per subset; write docs/importance.md.

Run: OMP_NUM_THREADS=1 python -m benchmarks.importance [PYTHON], the path of a Python that has pingouin if this one
has not. Times are processor seconds.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import Line, say, table
from cxresearch.stats.importance import incremental_r2, moments, shapley_r2
from cxresearch.stats.importance_sampled import shapley_r2_sampled

PAGE = Path(__file__).parents[1] / "docs" / "importance.md"
HEADING = "## What it costs"
ROWS = 1_000
SEED = 1
PLAYERS = (5, 8, 10, 12, 15, 20)
NAIVE = 12  # predictors up to which a regression per subset is run; beyond, its time doubles with each
GROWTH = range(16, 26)
DRAWS = 1_000
ONE_THREAD = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

PEER = """
import sys, time
import numpy as np, pandas as pd, pingouin
data = np.load(sys.argv[1])["data"]
X, y = pd.DataFrame(data[:, :-1]), data[:, -1]
X.columns = [f"x{j}" for j in X]
best, found = np.inf, None
for _ in range(int(sys.argv[2])):
    start = time.process_time()
    found = pingouin.linear_regression(X, y, relimp=True)
    whole = time.process_time() - start
    start = time.process_time()
    pingouin.linear_regression(X, y)
    best = min(best, whole - (time.process_time() - start))
print(pingouin.__version__, best, *found["relimp"].to_numpy(float)[1:])
"""

PEAK = """
import sys, time
from pathlib import Path
import numpy as np
from cxresearch.stats import importance

def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(field))

p = int(sys.argv[1])
rows = np.random.default_rng(1).normal(size=(1_000, p + 1))
matrix = np.cov((rows + rows[:, -1:]).T)
Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts anew
before = status("VmRSS")
start = time.process_time()
getattr(importance, sys.argv[2])(matrix)
seconds = time.process_time() - start
print(seconds, status("VmHWM") - before)
"""


def spent(what: Callable[[], Any], runs: int = 5) -> float:
    """Least processor seconds of several runs: the clock on the wall tells of the machine's other work."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        what()
        seconds.append(time.process_time() - start)
    return min(seconds)


def rows_of(p: int) -> np.ndarray:
    """Rows of correlated predictors (pairwise about .3) and, last, an outcome with R² about a half."""
    rng = np.random.default_rng(SEED)
    X = np.sqrt(0.3) * rng.normal(size=(ROWS, 1)) + np.sqrt(0.7) * rng.normal(size=(ROWS, p))
    signal = X @ rng.exponential(size=p)
    return np.column_stack([X, signal + signal.std() * rng.normal(size=ROWS)])


def matrix_of(p: int) -> np.ndarray:
    """Covariances of the rows."""
    return moments(rows_of(p), np.ones(ROWS))


def naive(data: np.ndarray) -> np.ndarray:
    """Shapley shares by a least-squares fit of the rows for every subset."""
    data = data - data.mean(axis=0)
    X, y = data[:, :-1], data[:, -1]
    p = X.shape[1]
    codes = np.arange(2**p)
    left = np.full(2**p, y @ y)
    for code in codes[1:]:
        part = X[:, (code >> np.arange(p) & 1).astype(bool)]
        residual = y - part @ np.linalg.lstsq(part, y, rcond=None)[0]
        left[code] = residual @ residual
    sizes = np.array([int(code).bit_count() for code in codes])
    shares = []
    for j in range(p):
        without = codes[codes >> j & 1 == 0]
        gains = (left[without] - left[without | 1 << j]) / (y @ y)
        shares.append(np.mean([gains[sizes[without] == k].mean() for k in range(p)]))
    return np.array(shares)


def peer(python: str, p: int, path: Path) -> tuple[str, float] | None:
    """Version of pingouin and the seconds its shares take, after checking that they are ours; None without it."""
    data = rows_of(p)
    np.savez(path, data=data)
    done = subprocess.run(
        [python, "-c", PEER, str(path), "1" if p > 12 else "3"],
        capture_output=True,
        text=True,
        check=False,
        env=ONE_THREAD,
    )
    if done.returncode:
        return None
    name, seconds, *shares = done.stdout.split()
    np.testing.assert_allclose(np.array(shares, float), shapley_r2(matrix_of(p)), rtol=1e-6)
    return name, float(seconds)


def against_peers(python: str, scratch: Path) -> tuple[list[Line], str]:
    """A line for each number of predictors and peer, and what the peers were."""
    lines, said = [], "pingouin was not to be had"
    per_subset = 0.0
    for p in PLAYERS:
        data = rows_of(p)
        ours = spent(lambda data=data: shapley_r2(moments(data, np.ones(ROWS))))
        found = peer(python, p, scratch)
        if found:
            said = f"pingouin {found[0]} (its regression with relative importance less that without)"
            lines.append(Line(f"{p} predictors, from rows / pingouin", ours, found[1]))
        if p <= NAIVE:
            per_subset = spent(lambda data=data: naive(data), 1) / 2**p
            np.testing.assert_allclose(naive(rows_of(5)), shapley_r2(matrix_of(5)), rtol=1e-8)
        how = "" if p <= NAIVE else f", extrapolated from {NAIVE}"
        lines.append(
            Line(f"{p} predictors, from rows / least squares per subset{how}", ours, per_subset * 2**p)
        )
        say(
            f"  p = {p}: ours {ours:.4f} s, pingouin {found and found[1]}, naive {per_subset * 2**p:.3f} s{how}"
        )
    return lines, said


def growth() -> tuple[dict[int, float], float]:
    """Seconds by number of predictors, and the mean factor a predictor from 18 on."""
    matrices = {p: matrix_of(p) for p in GROWTH}
    seconds = {p: min(spent(lambda m=m: shapley_r2(m), 1) for _ in range(5)) for p, m in matrices.items()}
    say("  " + ", ".join(f"{p}: {s:.3f} s" for p, s in seconds.items()))
    return seconds, (seconds[25] / seconds[18]) ** (1 / 7)


def fresh(p: int, function: str) -> tuple[float, float]:
    """Seconds and megabytes above the start of a function's first call in a fresh process."""
    command = [sys.executable, "-c", PEAK, str(p), function]
    found = subprocess.check_output(command, text=True, env=ONE_THREAD).split()
    return float(found[0]), float(found[1])


def limits(seconds: dict[int, float]) -> list[Line]:
    """Lines against the limits that were set."""
    lines = [
        Line("20 predictors / prototype's 0.084 s", seconds[20], 0.084, 1.0),
        Line("22 predictors / prototype's 0.34 s", seconds[22], 0.34, 1.0),
    ]
    for p, time_limit, memory_limit in ((22, 0.34, 215), (25, 5.0, 1_500)):
        for function in ("shapley_r2", "subsets_r2"):
            took, peak = fresh(p, function)
            what = f"`{function}`, {p} predictors, fresh process"
            lines.append(Line(f"{what}: time / limit", took, time_limit, 1.0))
            lines.append(Line(f"{what}: peak memory / limit", peak, memory_limit, 1.0, "MB"))
            say(f"  {what}: {took:.2f} s, {peak:.0f} MB")
    rng = np.random.default_rng(SEED)
    data, W = rng.normal(size=(5_000, 9)), rng.poisson(1.0, size=(DRAWS, 5_000)).astype(float)
    what = f"moments and shares of {DRAWS:,} draws, 8 predictors, 5,000 rows, weights drawn / limit of 0.3 s"
    lines.append(Line(what, spent(lambda: shapley_r2(moments(data, W))), 0.3, 1.0))
    many = moments(data, W)
    lines.append(Line("- of which the shares", spent(lambda: shapley_r2(many)), 0.3, 1.0))
    lines.append(Line("- increments of the same draws", spent(lambda: incremental_r2(many)), 0.3))
    return lines


def sampled() -> list[tuple[int, float, float, int]]:
    """Past all subsets: predictors, seconds, largest bound, orders."""
    found = []
    for p in (26, 30, 40, 60, 100):
        matrix, rng = matrix_of(p), np.random.default_rng(SEED)
        result = shapley_r2_sampled(matrix, rng)
        seconds = spent(lambda m=matrix: shapley_r2_sampled(m, np.random.default_rng(SEED)), 3)
        found.append((p, seconds, float(result.error_bound.max()), result.n_orders))
        say(f"  p = {p}: {seconds:.2f} s, bound {found[-1][2]:.5f}")
    return found


def written(lines: list[Line], said: str, seconds: dict[int, float], factor: float, checks: list[Line],
            orders: list[tuple[int, float, float, int]]) -> str:  # fmt: skip
    """The page's section."""
    growing = "\n".join(f"| {p} | {1000 * s:,.1f} ms | {1e9 * s / 2**p:.1f} ns |" for p, s in seconds.items())
    past = "\n".join(f"| {p} | {s:.2f} s | {n:,} | {b:.5f} |" for p, s, b, n in orders)
    return f"""{HEADING}

Made by `python -m benchmarks.importance` with Python {platform.python_version()}, numpy {version("numpy")}, one thread;
{ROWS:,} simulated rows, pairwise correlations about .3. Times are processor seconds, the least of a few runs, for the
machine ({os.cpu_count()} cores) had other work. Peers: {said};
numpy's least squares on the rows for every subset. *Ratio* is peer over ours.

{table(lines)}

Time a predictor more grows by a factor of {factor:.2f} from 18 to 25 predictors:

| predictors | shares over all subsets | a subset |
| ---: | ---: | ---: |
{growing}

Limits (megabytes are peak resident memory above that before the call; all R² of 25 predictors are 256 MB):

{table(checks)}

Sampled orders, default number; the bound is the largest of a predictor's 99 % bounds on the error of its share:

| predictors | time | orders | bound |
| ---: | ---: | ---: | ---: |
{past}
"""


def main() -> None:
    """Run all and write the page's last section."""
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    scratch = PAGE.parents[1] / "build" / "importance_rows.npz"
    scratch.parent.mkdir(exist_ok=True)
    say("growth ...")
    seconds, factor = growth()
    say("limits ...")
    checks = limits(seconds)
    say("sampled orders ...")
    orders = sampled()
    say("peers ...")
    lines, said = against_peers(python, scratch)
    scratch.unlink()
    text = written(lines, said, seconds, factor, checks, orders)
    print(text)
    if PAGE.exists():
        PAGE.write_text(PAGE.read_text().split(HEADING)[0] + text)


if __name__ == "__main__":
    main()
