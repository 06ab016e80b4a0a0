"""Notebooks as files: read the percent source, run it clean, keep what is the same everywhere."""

from __future__ import annotations

import hashlib
import html
import itertools
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxresearch import datasets
from cxresearch.errors import DataUnavailableError

Notebook = Any  # nbformat's NotebookNode: a dictionary with attributes
Progress = Callable[[str, int, int], None]

CELL_TIMEOUT = 900  # seconds one cell may take
NEEDS = "needs:"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LONGEST_TABLE = 100  # rows shown; a longer one is data, not a result
ROW_COLUMNS = 3  # raw columns side by side above numbered rows: answers of single people


@dataclass(frozen=True)
class Study:
    """An executed notebook.

    Attributes
    ----------
    stem, title : str
        File name without its ending; first heading.
    notebook : NotebookNode
        Cells with outputs.
    missing : tuple of str
        Data sets that could not be had; their cells were not run.
    error : str
        What stopped it, or an empty string.
    seconds : float
        Wall-clock time.
    """

    stem: str
    title: str
    notebook: Notebook
    missing: tuple[str, ...]
    error: str
    seconds: float

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The sentences the notebook gave to `cxresearch.studies.verdict`, in order."""
        found = (output.get("metadata", {}).get("verdict") for _, output in outputs(self.notebook))
        return tuple(sentence for sentence in found if sentence)


def sources(folder: Path) -> list[Path]:
    """Return the numbered percent sources of a folder, in order."""
    return sorted(folder.glob("[0-9]*.py"))


def read(path: Path) -> Notebook:
    """Return the cells of a percent source as a notebook with stable ids and nothing of this machine."""
    import jupytext

    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()
        name, copies = digest[:8], 1
        while name in seen:
            name, copies = f"{digest[:8]}-{copies}", copies + 1
        seen.add(name)
        cell.id = name
    return notebook


def needs(cell: Any) -> list[str]:
    """Return the data sets a cell is tagged with, such as ``needs:sfo_2017``."""
    return [tag.removeprefix(NEEDS) for tag in cell.metadata.get("tags", ()) if tag.startswith(NEEDS)]


def title(notebook: Notebook, default: str) -> str:
    """Return the first heading."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# +(.+)$", cell.source, re.M)):
            return found[1].strip()
    return default


def outputs(notebook: Notebook) -> Iterator[tuple[int, Any]]:
    """Go through the outputs with the number of their cell, counted from 1."""
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", ()):
            yield number, output


# Running


def execute(path: Path, *, build: Path | None = None, progress: Progress | None = None) -> Study:
    """Run a notebook from a clean kernel; cells whose data cannot be had are left out and say so.

    Parameters
    ----------
    path : Path
        The percent source.
    build : Path or None
        Where `cxresearch.studies.save_table` writes; None saves no table.
    progress : callable or None
        Told the stem, the cells done and all cells.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    started = time.perf_counter()
    notebook = read(path)
    absent = _absent(notebook)
    error = ""
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    with tempfile.TemporaryDirectory() as home, client.setup_kernel(env=_environment(path, build, home)):
        for number, cell in enumerate(notebook.cells):
            if progress is not None:
                progress(path.stem, number, len(notebook.cells))
            gone = [name for name in needs(cell) if name in absent]
            if gone:
                _leave_out(cell, gone, absent)
                continue
            try:
                client.execute_cell(cell, number, execution_count=None)
            except CellExecutionError as failure:
                absent, error = _stopped(cell, failure, absent)
                break
    if progress is not None:
        progress(path.stem, len(notebook.cells), len(notebook.cells))
    _tidy(notebook)
    seconds = time.perf_counter() - started
    return Study(path.stem, title(notebook, path.stem), notebook, tuple(absent), error, seconds)


def _environment(path: Path, build: Path | None, home: str) -> dict[str, str]:
    """Return the kernel's environment: no habits of the user's, one thread so that sums round alike."""
    mine = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    clean = {"IPYTHONDIR": home, "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    target = {"CXRESEARCH_BUILD": str(build.resolve()) if build else "", "CXRESEARCH_STUDY": path.stem}
    return mine | clean | threads | target


def _absent(notebook: Notebook) -> dict[str, bool]:
    """Return the tagged data sets that are not here; the value turns True once a page has said so."""
    wanted = dict.fromkeys(name for cell in notebook.cells for name in needs(cell))
    return {name: False for name in wanted if datasets.find(name) is None}


def _leave_out(cell: Any, gone: list[str], told: dict[str, bool]) -> None:
    """Give a cell that was not run an output that says why; in full the first time."""
    if cell.cell_type != "code":
        return
    for name in gone:
        source = datasets.SOURCES[name]
        lines = [f"Not run: {source.title} is not on this machine."]
        if not told[name]:
            lines += [
                "The text of this section describes results this run did not compute.",
                f"To get it: {source.by_hand}. Put {source.file} in $CXRESEARCH_DATA.",
                f"Publisher: {source.publisher}. Licence: {source.licence}.",
            ]
        told[name] = True
        cell.outputs.append(_box("missing", lines))


def _stopped(cell: Any, failure: Any, absent: dict[str, bool]) -> tuple[dict[str, bool], str]:
    """Turn what stopped a notebook into a box; data that cannot be had are no error."""
    cell.outputs = [output for output in cell.outputs if output.output_type != "error"]
    if failure.ename == DataUnavailableError.__name__:
        known = [name for name in datasets.SOURCES if f"({name})" in failure.evalue]
        lines = ["The study stops here: its data are not on this machine."]
        lines += [f"{datasets.SOURCES[name].title}: {datasets.SOURCES[name].by_hand}." for name in known]
        cell.outputs.append(_box("missing", lines))
        return absent | dict.fromkeys(known, True), ""
    message = f"{failure.ename}: {failure.evalue}"
    cell.outputs.append(_box("failed", ["The study stopped here.", message]))
    return absent, message


def _box(kind: str, lines: list[str]) -> Any:
    from nbformat.v4 import new_output

    text = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    data = {"text/html": f'<div class="{kind}" role="note">{text}</div>', "text/plain": "\n".join(lines)}
    return new_output("display_data", data=data)


def _tidy(notebook: Notebook) -> None:
    """Remove what changes from run to run: times, widget state, hints for the front end."""
    count = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        ran = cell.execution_count is not None
        count += ran
        cell.execution_count = count if ran else None
        for output in cell.outputs:
            output.pop("transient", None)
            output.get("metadata", {}).pop("needs_background", None)
            if output.output_type == "execute_result":
                output.execution_count = count
    notebook.metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}


# Checking


def faults(notebook: Notebook, places: tuple[Path, ...] = ()) -> list[str]:
    """List what a committed notebook must not hold.

    Errors, warnings, addresses in memory, paths of a machine, pictures without a description, TeX formulas
    (the pages load no renderer), and rows of an open data set.
    """
    raw = _raw_columns()
    found: list[str] = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown" and re.search(
            r"\$\$|\\\(|\\\[|\\frac|\$[^$\n]*\\\w+[^$\n]*\$", cell.source
        ):
            found.append(f"cell {number}: a TeX formula; pages show formulas as plain text")
    for number, output in outputs(notebook):
        if output.output_type == "error" or output.get("name") == "stderr":
            found.append(f"cell {number}: an error or a warning: {str(output.get('text', ''))[:200]}")
        for kind in _pictures(output):
            if not output.metadata.get(kind, {}).get("alt"):
                found.append(f"cell {number}: a picture without a description (cxresearch.plots.describe)")
        for text in _texts(output):
            if re.search(r"\b0x[0-9a-f]{6,}\b", text):
                found.append(f"cell {number}: an address in memory")
            if any(str(place) in text for place in (*places, Path.home())):
                found.append(f"cell {number}: a path of this machine")
            if _shows_rows(text, raw):
                found.append(f"cell {number}: rows of an open data set; show aggregates only")
    return found


def differences(executed: Notebook, committed: Notebook) -> list[str]:
    """List where a fresh run and the committed notebook disagree.

    Sources, kinds of output, text and tables must agree, numbers within one unit of their last printed digit;
    pictures are compared by presence and description.
    """
    if [(c.cell_type, c.source, c.id) for c in executed.cells] != [
        (c.cell_type, c.source, c.get("id")) for c in committed.cells
    ]:
        return ["the cells are not those of the .py source: run `make notebooks`"]
    found = []
    for number, (new, old) in enumerate(zip(executed.cells, committed.cells, strict=True), 1):
        ours, theirs = (list(_comparable(cell)) for cell in (new, old))
        if [kind for kind, _ in ours] != [kind for kind, _ in theirs]:
            found.append(f"cell {number}: other kinds of output")
            continue
        for (kind, now), (_, then) in zip(ours, theirs, strict=True):
            if not same_text(now, then):
                found.append(
                    f"cell {number}: {kind} differs:\n--- committed\n{then[:999]}\n--- now\n{now[:999]}"
                )
    return found


_NUMBER = re.compile(r"(?<![\w#])-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def same_text(one: str, other: str) -> bool:
    """Return whether two texts agree, decimals within one unit of their last printed digit."""
    if one == other:
        return True
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(a == b or _near(a, b) for a, b in pairs)


def _near(a: str, b: str) -> bool:
    if "." not in a or "." not in b:
        return False
    decimals = min(len(text.partition("e")[0].partition(".")[2]) for text in (a, b))
    power = 10.0 ** int(a.partition("e")[2] or 0)
    one, other = (float(text.replace(",", "")) for text in (a, b))
    return abs(one - other) <= 1.001 * power * 10.0**-decimals


def _pictures(output: Any) -> list[str]:
    return [kind for kind in output.get("data", {}) if kind.startswith("image/")]


def _texts(output: Any) -> Iterator[str]:
    if "text" in output:
        yield output.text
    for kind, content in output.get("data", {}).items():
        if kind.startswith("text/"):
            yield content


def _comparable(cell: Any) -> Iterator[tuple[str, str]]:
    for output in cell.get("outputs", ()):
        if "text" in output:
            yield output.name, output.text
        for kind, content in sorted(output.get("data", {}).items()):
            picture = kind.startswith("image/")
            yield kind, output.metadata.get(kind, {}).get("alt", "") if picture else content


def _raw_columns() -> list[set[str]]:
    """Return the column names of each open data set on this machine."""
    import pandas as pd

    paths = (datasets.find(name) for name, source in datasets.SOURCES.items() if not source.shipped)
    return [{c.strip() for c in pd.read_csv(path, nrows=0).columns} for path in paths if path]


def _shows_rows(text: str, raw: list[set[str]]) -> bool:
    """Return whether a text shows rows of data: raw column names above numbered rows, or far too many."""
    for table in re.findall(r"<table.*?</table>", text, re.S):
        head, _, body = table.partition("<tbody>")
        if body.count("<tr") > LONGEST_TABLE:
            return True
        labels = re.findall(r"<th[^>]*>(.*?)</th>", body, re.S)
        names = set(re.findall(r"<th[^>]*>\s*(.*?)\s*</th>", head, re.S))
        if _many(names, raw) and all(re.fullmatch(r"\s*\d*\s*", label) for label in labels):
            return True
    lines = [] if "<table" in text else text.splitlines()
    return any(
        _many(set(line.split()), raw) and re.match(r"\s*\d+\s", below)
        for line, below in itertools.pairwise(lines)
    )


def _many(names: set[str], raw: list[set[str]]) -> bool:
    return any(len(names & columns) >= ROW_COLUMNS for columns in raw)
