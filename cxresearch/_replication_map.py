"""What a study reads, draws and writes, taken from its source and its executed notebook without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxresearch._notebooks import needs, read, title
from cxresearch._sources import SOURCES


@dataclass(frozen=True)
class Output:
    """A table or a picture.

    Attributes
    ----------
    name : str
        Of the file, after the name of the study; a star where the cell makes it up.
    cell : int
        Counted from 1.
    section : str
        Nearest heading above.
    """

    name: str
    cell: int
    section: str


@dataclass(frozen=True)
class Program:
    """A study as a program.

    Attributes
    ----------
    stem, title, number : str
        Name of its file, its first heading, its number.
    data : frozenset of str
        Names of the data sets it reads.
    seeds : str
        As written in it.
    tables, pictures : tuple of Output
        In order.
    """

    stem: str
    title: str
    number: str
    data: frozenset[str]
    seeds: str
    tables: tuple[Output, ...]
    pictures: tuple[Output, ...]


def read_program(path: Path) -> Program:
    """Return what the study at `path` reads and makes; pictures from the executed notebook beside it."""
    notebook = read(path)
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    tagged = {name for cell in notebook.cells for name in needs(cell)}
    loaded = {name for name in SOURCES if f"load_{name}(" in source}
    sections = [*_sections(notebook)]
    found = [
        Output(name, number, sections[number - 1])
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code"
        for name in saved(cell.source)
    ]
    return Program(
        path.stem, title(notebook, path.stem), path.stem.partition("_")[0], frozenset(tagged | loaded),
        "; ".join(dict.fromkeys(seeds(source))), tuple(found), tuple(_pictures(path.with_suffix(".ipynb"))),
    )  # fmt: skip


def _sections(notebook: Any) -> Iterator[str]:
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#{1,4} +(.+)$", cell.source, re.M) or [heading])[-1]
        yield heading


def _pictures(path: Path) -> Iterator[Output]:
    import nbformat

    if not path.exists():  # not executed yet
        return
    notebook = nbformat.read(path, as_version=4)
    count = 0
    for number, (cell, section) in enumerate(zip(notebook.cells, _sections(notebook), strict=True), 1):
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                count += 1
                yield Output(str(count), number, section)


def saved(source: str) -> list[str]:
    """Return the names under which a cell saves tables.

    Examples
    --------
    >>> saved('studies.save_table("a", b); studies.save_table(f"c_{d}", e)')
    ['a', 'c_*']
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [call.args[0] for call in calls if ast.unparse(call.func).endswith("save_table")]
    return [_pattern(name) for name in named]


def _pattern(name: ast.expr) -> str:
    if isinstance(name, ast.Constant):
        return str(name.value)
    parts = name.values if isinstance(name, ast.JoinedStr) else [name]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)


def seeds(source: str) -> list[str]:
    """Return the seeds that a program names, as it writes them.

    Examples
    --------
    >>> seeds("rng = default_rng(7); n, seed = 5, 10; compare(x, seed=1); compare(x, seed=seed)")
    ['`default_rng(7)`', '`seed=10`', '`seed=1`']
    """
    found: list[tuple[int, int, str]] = []
    for node in ast.walk(ast.parse(source)):
        for place, text in _seeds_of(node):
            found.append((place.lineno, place.col_offset, text))
    return [f"`{text}`" for _, _, text in sorted(found)]


def _seeds_of(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    if isinstance(node, ast.Call):
        if ast.unparse(node.func).endswith("default_rng") and node.args:
            yield node, f"default_rng({ast.unparse(node.args[0])})"
        for keyword in node.keywords:
            if keyword.arg == "seed" and isinstance(keyword.value, ast.Constant):
                yield keyword.value, f"seed={ast.unparse(keyword.value)}"
    elif isinstance(node, ast.Assign):
        target, value = node.targets[0], node.value
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        for name, one in zip(names, values, strict=False):
            if isinstance(name, ast.Name) and name.id.lower() == "seed":
                yield name, f"seed={ast.unparse(one)}"
