"""Build the course: run each lesson as a learner first meets it, and once more with its solutions.

A lesson is ``notebooks/course/lesson_N_name.py`` (percent format), without any answer. Its solutions are
``notebooks/course/instructor/lesson_N_name.py``: cells that take the place of the lesson's cells with the same tag,
``answer:1.2``, and notes for teachers. No sentence stands in both, so the two versions cannot drift apart.
"""

from __future__ import annotations

import argparse
import html
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxresearch import _notebooks, _pages
from cxresearch._notebooks import Notebook, Study

ANSWER = "answer:"
INSTRUCTOR = "instructor"
FOLDER = Path(__file__).parent.parent / "notebooks" / "course"


def lessons(folder: Path = FOLDER) -> list[Path]:
    """Return the sources of the lessons, in order."""
    return sorted(folder.glob("lesson_[0-9]*.py"))


def solutions(lesson: Path) -> Path:
    """Return where the solutions of a lesson are."""
    return lesson.parent / INSTRUCTOR / lesson.name


def exercise_of(cell: Any) -> str:
    """Return the exercise a cell is tagged with, or an empty string."""
    return next((t.removeprefix(ANSWER) for t in cell.metadata.get("tags", ()) if t.startswith(ANSWER)), "")


def with_solutions(lesson: Path) -> Notebook:
    """Return the cells of a lesson with its solutions in place of the open answers.

    The cells of the solutions before the first tag follow the lesson's first cell; each tagged one, with what
    follows it up to the next tag, replaces the lesson's cell of that tag.
    """
    notebook, blocks = _notebooks.read(lesson), _blocks(_notebooks.read(solutions(lesson)))
    first, *others = notebook.cells
    cells = [first, *blocks.pop("", [])]
    for cell in others:
        cells += blocks.pop(exercise_of(cell), [cell]) if exercise_of(cell) else [cell]
    if blocks:
        raise ValueError(
            f"{solutions(lesson).name} solves what {lesson.name} does not ask: {', '.join(blocks)}."
        )
    notebook.cells = cells
    return notebook


def _blocks(notebook: Notebook) -> dict[str, list[Any]]:
    """Return the cells of the solutions by exercise; those before the first one under an empty name."""
    blocks: dict[str, list[Any]] = {}
    current = ""
    for cell in notebook.cells:
        current = exercise_of(cell) or current
        blocks.setdefault(current, []).append(cell)
    return blocks


def learner(lesson: Path) -> Study:
    """Run a lesson as it is: every exercise open."""
    return _notebooks.execute(lesson)


def instructor(lesson: Path) -> Study:
    """Run a lesson with its solutions."""
    import jupytext

    with tempfile.TemporaryDirectory() as folder:
        merged = Path(folder) / lesson.name
        jupytext.write(with_solutions(lesson), merged, fmt="py:percent")
        return _notebooks.execute(merged)


def faults(study: Study) -> list[str]:
    """Return what keeps a lesson from being written."""
    return [*filter(None, [study.error]), *_notebooks.faults(study.notebook, places=(FOLDER.parents[1],))]


def write_pages(build: Path, studies: Sequence[Study]) -> Path:
    """Write a page a lesson below ``build/course``, code unfolded, and their index; return the index."""
    folder = build / "course"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        old.unlink()
    for study in studies:
        page = _unfolded(_pages.page(study))
        page = page.replace("../index.html", "index.html").replace("All studies", "All lessons")
        folder.joinpath(f"{study.stem}.html").write_text(page, encoding="utf-8")
    entries = "".join(f'<li><a href="{s.stem}.html">{html.escape(s.title)}</a></li>' for s in studies)
    how = (
        "To answer and to turn the dials, run <code>make lab</code> and open the folder <code>course</code>."
    )
    body = f"<main><h1>The course</h1><p>{how} All customers are simulated.</p><ul>{entries}</ul></main>"
    index = folder / "index.html"
    index.write_text(_pages.document("cxresearch: the course", body), encoding="utf-8")
    return index


def _unfolded(page: str) -> str:
    """Return a page whose code stands open: in a lesson it is part of the text."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page, "html.parser")
    for summary in soup.find_all("summary", string="Code"):
        if summary.parent is not None:
            summary.parent.unwrap()
        summary.decompose()
    return str(soup)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lessons from the command line; return 0, or 1 if one stopped or could not be written."""
    import nbformat
    from rich.console import Console

    parser = argparse.ArgumentParser(prog="python -m cxresearch.course", description="Run the course.")
    parser.add_argument("build", nargs="?", default="build", help="folder for the pages (default: build)")
    parser.add_argument("--lessons", default=os.fspath(FOLDER), help="folder of the lessons")
    parser.add_argument("--only", default="", help="only lessons whose name begins so: lesson_2")
    parser.add_argument("--write", action="store_true", help="also write both .ipynb of each lesson")
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True)
    run, failed = [], False
    for lesson in lessons(Path(options.lessons)):
        if not lesson.stem.startswith(options.only):
            continue
        study = learner(lesson)
        run.append(study)
        versions = (
            [(study, lesson), (instructor(lesson), solutions(lesson))] if options.write else [(study, lesson)]
        )
        for version, path in versions:
            found = faults(version)
            if options.write and not found:
                nbformat.write(version.notebook, path.with_suffix(".ipynb"))
            console.print(f"{path.parent.name}/{path.stem}: {version.seconds:.0f} s", highlight=False)
            for fault in found:
                console.print(f"  {fault}", style="red", markup=False, highlight=False)
                failed = True
    console.print(f"Read:   {write_pages(Path(options.build), run)}", highlight=False)
    return int(failed)
