"""Counts of simulated cases, a file a case: kept as each ends, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Case:
    """Samples of one world and size, asked one kind of question."""

    kind: str
    title: str
    n: int
    samples: int

    @property
    def slug(self) -> str:
        """Name of the file."""
        kept = "".join(sign if sign.isalnum() else "-" for sign in f"{self.kind} {self.title}")
        return f"{kept}-{self.n}".lower()


@dataclass(frozen=True)
class Store:
    """Folder of the counts, the seed, and the code that each kind of case runs on."""

    folder: Path
    seed: int
    code: dict[str, str]

    def kept(self, case: Case, any_code: bool = False) -> dict[str, Any] | None:
        """Return the stored counts of a case, if they are of this code (or any), seed and number of samples."""
        path = self.folder / f"{case.slug}.json"
        if not path.exists():
            return None
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        same = stored["seed"] == self.seed and (any_code or stored["code"] == self.code[case.kind])
        return stored if same and stored["samples"] == case.samples else None

    def keep(self, case: Case, made: dict[str, Any]) -> None:
        """Store the counts of a case: written aside, then renamed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{case.slug}.json"
        aside = path.with_suffix(".part")
        about = {"kind": case.kind, "title": case.title, "n": case.n, "samples": case.samples}
        about |= {"seed": self.seed, "code": self.code[case.kind]}
        aside.write_text(json.dumps(about | made), encoding="utf-8")
        aside.replace(path)

    def work(self, todo: Sequence[Case], run: Callable[[Any, int], dict[str, Any]], jobs: int) -> None:
        """Run the cases in several processes, showing progress."""
        start, failed = time.perf_counter(), []
        with ProcessPoolExecutor(jobs, initializer=_single_thread) as pool:
            waiting = {pool.submit(run, case, self.seed): case for case in todo}
            for done, future in enumerate(as_completed(waiting), 1):
                case, error = waiting[future], future.exception()
                told = f"{case.kind}: {case.title}, n = {case.n}"
                if error is None:
                    self.keep(case, future.result())
                    told += f", {future.result()['seconds']:.0f} s"
                else:  # the other cases go on, and are kept
                    failed.append(f"{told}: {type(error).__name__}: {error}")
                    told += ", FAILED"
                print(f"[{done}/{len(todo)}, {time.perf_counter() - start:.0f} s] {told}", flush=True)
        if failed:
            raise SystemExit("\n".join(["These cases failed:", *failed]))


def fingerprint(paths: Iterable[Path]) -> str:
    """Digest of code; comments and docstrings do not matter."""
    digest = sha256()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
                node.body = node.body[1:]
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:12]


def _single_thread() -> None:
    """Processes share the cores; their threads would fight for them."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
