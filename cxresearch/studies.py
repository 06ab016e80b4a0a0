"""Run the studies: notebooks in, pages and tables out.

A study is a numbered percent file in ``notebooks/``. ``make reproduce`` (or ``python -m
cxresearch.studies``) runs each from a clean kernel and writes ``build/index.html``, a page a study in
``build/pages/``, its tables in ``build/tables/``, its pictures in ``build/figures/``, and the scorecard of the
claims, ``build/scorecard.html``. ``make notebooks`` (``--write``) also writes the
executed ``.ipynb`` beside each source.

For authors of studies, all of it optional:

``studies.start()``
    In the first cell: pictures then carry the text given to `cxresearch.plots.describe` as alternative text.
``studies.save_table("scores", frame)``
    Saves a table when the studies are built, and returns it, so that it is also shown.
``studies.verdict("Effort predicts worse than satisfaction ...")``
    Shows a verdict; the index quotes it.
``# %% tags=["needs:sfo_2017"]``
    Above a cell that uses an open data set. Where the set cannot be had, the cell is left out and the page
    says so. A study that loads data without tags stops at that cell, and its page says that instead.
    Neither is a failure.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cxresearch import _notebooks, _pages
from cxresearch._notebooks import Progress, Study
from cxresearch.results import marked

__all__ = ["Study", "main", "reproduce", "save_table", "start", "verdict", "write", "write_scorecard"]

_FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would run


# For notebooks


def start() -> None:
    """Prepare a notebook: pictures are drawn inline and carry their description; outside one, do nothing.

    Examples
    --------
    >>> start()
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return
    from IPython.core.pylabtools import print_figure
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    def picture(figure: Figure) -> Any:
        return print_figure(figure, fmt="png", base64=True), {"alt": figure.get_gid() or ""}

    shell.enable_matplotlib("inline")
    shell.display_formatter.formatters["image/png"].for_type(Figure, picture)
    rcParams["figure.dpi"] = 110


def verdict(sentence: str, about: str = "") -> None:
    """Show a verdict in a notebook; the index of the studies quotes it. Outside a notebook, do nothing.

    Parameters
    ----------
    sentence : str
        The verdict in one sentence.
    about : str
        What it is about, such as the name of a survey; put in front.

    Examples
    --------
    >>> verdict("No practical difference.", about="SFO 2017")
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return
    text = f"{about}: {sentence}" if about else sentence
    data = {"text/plain": text, "text/html": f'<p class="verdict">{marked(text)}</p>'}
    display(data, raw=True, metadata={"verdict": text})


def save_table(name: str, table: Any) -> Any:
    """Save a table as CSV when the studies are built; return it unchanged, so that the notebook shows it.

    Parameters
    ----------
    name : str
        Small letters, digits and underscores; the file is ``build/tables/<study>_<name>.csv``.
    table : DataFrame, or a result with a ``table``
        Saved at full precision; text that a spreadsheet would take for a formula gets an apostrophe in front.

    Returns
    -------
    DataFrame or result
        What came in.

    Examples
    --------
    >>> save_table("scores", pd.DataFrame({"nps": [39.8]}))
        nps
    0  39.8
    """
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"`name` must be small letters, digits and underscores; got {name!r}.")
    frame = table if isinstance(table, pd.DataFrame) else table.table
    build = os.environ.get("CXRESEARCH_BUILD")
    if build:
        folder = Path(build) / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        labelled = frame.reset_index() if frame.index.name or frame.index.nlevels > 1 else frame
        safe = labelled.map(_harmless).rename(columns=_harmless)
        keep = not isinstance(safe.index, pd.RangeIndex)
        safe = safe.rename(index=_harmless) if keep else safe
        file = folder / f"{os.environ.get('CXRESEARCH_STUDY', 'study')}_{name}.csv"
        safe.to_csv(file, index=keep, lineterminator="\n", encoding="utf-8")
    return table


def _harmless(value: Any) -> Any:
    """Put an apostrophe before text a spreadsheet would run as a formula; a cell stays one line."""
    if not isinstance(value, str):
        return value
    line = re.sub(r"[\t\r\n]+", " ", value)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line


# For builders


def _folder(notebooks: str | os.PathLike[str] | None) -> Path:
    """Return the folder of the studies: the one named, or the repository's."""
    folder = Path(notebooks) if notebooks is not None else Path(__file__).parent.parent / "notebooks"
    if not _notebooks.sources(folder):
        raise FileNotFoundError(
            f"{folder} holds no study; they are part of the repository, not of the package."
        )
    return folder


def reproduce(
    build_dir: str | os.PathLike[str] = "build",
    *,
    notebooks: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> tuple[Study, ...]:
    """Run every study from a clean kernel and write its page, tables and pictures; then the scorecard of the claims.

    Parameters
    ----------
    build_dir : path
        Where ``index.html``, ``scorecard.html``, ``pages/``, ``tables/`` and ``figures/`` are written; those of an
        earlier run go.
    notebooks : path or None
        Folder of the percent files; the repository's by default.
    progress : callable or None
        Called as ``progress(stem, cells_done, cells)``.

    Returns
    -------
    tuple of Study
        In order; `Study.error` says what stopped one, `Study.missing` which data could not be had.

    Raises
    ------
    FileNotFoundError
        If there is no study in the folder.

    Notes
    -----
    The pages quote what this run computed. Where data were missing the text around a box still describes
    results of an earlier run; the box says so.

    Examples
    --------
    From a clone of the repository, what ``make reproduce`` does::

        studies = cxresearch.studies.reproduce("build")
        [study.stem for study in studies if study.error]  # those that stopped
    """
    folder, build = _folder(notebooks), Path(build_dir)
    for old in (*build.glob("pages/*.html"), *build.glob("tables/*.csv"), *build.glob("figures/*.png")):
        old.unlink()
    build.joinpath("tables").mkdir(parents=True, exist_ok=True)
    studies = [
        _notebooks.execute(path, build=build, progress=progress) for path in _notebooks.sources(folder)
    ]
    _pages.write(build, studies)
    write_scorecard(build, studies)
    return tuple(studies)


def write_scorecard(build_dir: str | os.PathLike[str] = "build", studies: Sequence[Study] = ()) -> Path:
    """Write the scorecard of the claims as one page that loads nothing, with filters that work from a file.

    Parameters
    ----------
    build_dir : path
        Folder of ``scorecard.html``; made if it is not there.
    studies : sequence of Study
        Executed studies; the page links the cells that work a claim out.

    Returns
    -------
    Path
        The page.

    Notes
    -----
    Verdicts are those of `cxresearch.claims.scorecard`; two runs on the same data give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_scorecard(folder).name
    'scorecard.html'
    """
    from cxresearch import _scorecard, claims

    registry = claims.load()
    places = _scorecard.places(studies, [claim.id for claim in registry])
    target = Path(build_dir) / "scorecard.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_scorecard.page(claims.scorecard(registry), registry, places), encoding="utf-8")
    return target


def write(study: Study, folder: str | os.PathLike[str]) -> list[str]:
    """Write an executed study as ``.ipynb`` into `folder`, unless it holds what must not be committed.

    Returns
    -------
    list of str
        The faults that kept it from being written; empty when it was written.
    """
    import nbformat

    found = [study.error] if study.error else []
    found += [f"data set {name} is missing" for name in study.missing]
    found += _notebooks.faults(study.notebook, places=(Path(folder).resolve().parent,))
    if not found:
        nbformat.write(study.notebook, Path(folder) / f"{study.stem}.ipynb")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the studies from the command line; return 0, or 1 if one stopped or could not be written."""
    from rich.console import Console

    options = _options(arguments)
    console = Console(soft_wrap=True)
    studies = _watched(console, options)
    failed = False
    for study in studies:
        console.print(f"{study.stem}: {study.seconds:.0f} s", highlight=False)
        for name in study.missing:
            console.print(f"  left out, data not on this machine: {name}", style="yellow")
        found = write(study, _folder(options.notebooks)) if options.write else []
        for fault in found or filter(None, [study.error]):
            console.print(f"  {fault}", style="red", markup=False, highlight=False)
            failed = True
    if options.replication:
        from cxresearch import _replication

        block = _replication.measured_block(studies, Path(options.build))
        _replication.write(Path(options.replication), _folder(options.notebooks), block)
    _say_where(console, Path(options.build))
    return int(failed)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cxresearch.studies", description="Run the studies.")
    parser.add_argument(
        "build", nargs="?", default="build", help="folder for pages and tables (default: build)"
    )
    parser.add_argument("--notebooks", help="folder of the percent files (default: the repository's)")
    parser.add_argument("--write", action="store_true", help="also write the .ipynb beside each source")
    parser.add_argument(
        "--replication", metavar="FILE", help="also write what the run took, and what made what"
    )
    return parser.parse_args(arguments)


def _watched(console: Any, options: argparse.Namespace) -> Sequence[Study]:
    """Run the studies under a bar for each."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("cell {task.completed} of {task.total}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
        tasks: dict[str, Any] = {}

        def show(stem: str, done: int, total: int) -> None:
            if stem not in tasks:
                tasks[stem] = bars.add_task(stem, total=total)
            bars.update(tasks[stem], completed=done)

        return reproduce(options.build, notebooks=options.notebooks, progress=show)


def _say_where(console: Any, build: Path) -> None:
    tables = len(list(build.glob("tables/*.csv")))
    figures = len(list(build.glob("figures/*.png")))
    console.print(f"Read:      {build / 'index.html'}", highlight=False)
    console.print(f"Scorecard: {build / 'scorecard.html'}", highlight=False)
    console.print(f"Pages:     {build / 'pages'}", highlight=False)
    console.print(f"Tables:    {build / 'tables'} ({tables} CSV files)", highlight=False)
    console.print(f"Pictures:  {build / 'figures'} ({figures} PNG files)", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
