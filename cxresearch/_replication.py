"""The replication page: data rights, seeds, machine, run times, and which program makes which table and picture.

Headings follow the README template of the social science data editors. ``python -m cxresearch._replication`` writes
the page anew and keeps what was measured; ``python -m cxresearch.studies --replication`` measures as well.
"""

from __future__ import annotations

import csv
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cxresearch import _replication_map as programs
from cxresearch._claims_published import tables as published_tables
from cxresearch._claims_schema import SEEN
from cxresearch._datafiles import bundled, find
from cxresearch._notebooks import Study, sources
from cxresearch._sources import SOURCES

PAGE = Path("docs") / "replication.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
NOTHING = f"{BEGIN}\n\nNothing was measured yet.\n\n{END}"
ASK = "ask the maintainers"  # what `Source.by_hand` says of files nobody else has
PACKAGES = (
    "numpy", "scipy", "pandas", "narwhals", "matplotlib", "statsmodels", "scikit-learn", "seaborn", "jupytext",
    "nbclient", "nbconvert",
)  # fmt: skip
FOLDERS: Mapping[str, str] = MappingProxyType({
    "notebooks/": "the studies, a program each: `.py` is the source, `.ipynb` the same with its outputs",
    "cxresearch/": "the package they call: reading and checking, statistics (`cxresearch/stats`), questions, pictures",
    "data/": "the claims, the published tables, the simulated survey and the program that draws it",
    "tests/": "what every figure is held against: reference values with the lines that made them, simulated coverage",
    "benchmarks/": "speed, coverage and error rates; their pages are in `docs/`",
    "build/": "made by the programs, not part of the repository: `index.html`, `scorecard.html`, `pages/`, `tables/` "
    "(CSV), `figures/` (PNG)",
})  # fmt: skip


def page(notebooks: Path, measured: str = NOTHING) -> str:
    """Return the replication page.

    Parameters
    ----------
    notebooks : Path
        Folder of the percent files and the executed notebooks beside them.
    measured : str
        The block between the marks of an earlier page, or from `measured_block`.
    """
    made = [programs.read_program(path) for path in sources(notebooks)]
    sections = [_overview(made), _data(made), _requirements(made, measured), _programs(), _instructions()]
    return "\n\n".join([*sections, _outputs(made), _references()]) + "\n"


def kept(text: str) -> str:
    """Return the measured block of a page."""
    before, _, rest = text.partition(BEGIN)
    inside, mark, _ = rest.partition(END)
    return f"{BEGIN}{inside}{END}" if before and mark else NOTHING


def write(target: Path, notebooks: Path, measured: str | None = None) -> None:
    """Write the page to `target`; without a new measurement the old one is kept."""
    block = kept(target.read_text(encoding="utf-8")) if measured is None and target.exists() else measured
    target.write_text(page(notebooks, block or NOTHING), encoding="utf-8")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


def _overview(made: Sequence[programs.Program]) -> str:
    tables = sum(len(program.tables) for program in made)
    pictures = sum(len(program.pictures) for program in made)
    return (
        "# Replication\n\nWhat a replicator needs, under the headings of the "
        "[template README](https://social-science-data-editors.github.io/template_README/) of the social science data "
        "editors. Written by `python -m cxresearch._replication`; do not edit it.\n\n## Overview\n\n"
        f"One command, `make reproduce`, runs {len(made)} studies and writes their pages, {tables} tables or sets of "
        f"them, {pictures} pictures and the scorecard of the claims to `build/`. Where data are missing, the cells "
        "that need them are left out and the page says so."
    )


# Data


def _data(made: Sequence[programs.Program]) -> str:
    shipped = [source for source in SOURCES.values() if source.shipped]
    asked = [source for source in SOURCES.values() if ASK in source.by_hand]
    rights = (
        "## Data availability and provenance statements\n\n### Statement about rights\n\n"
        f"Redistributed is only what is ours or a fact: {', '.join(source.title for source in shipped)}; the claims, "
        "in our words; figures and correlation matrices as published, each with its source. No row of another's data "
        "set is in the repository, in a notebook or in a page. Whoever gets a set from its publisher has the rights "
        "that its licence gives, and no more.\n\n### Licence for data\n\nWhat is ours in `data/` is under the "
        "licence of the package (BSD-3-Clause). Of the open sets: the table below.\n\n"
        f"### Summary of availability\n\nSome data are not redistributed. Of {len(SOURCES)} files {len(shipped)} "
        f"comes with the package; {sum(bool(source.url) for source in SOURCES.values())} can be downloaded by it when "
        f"asked to; {len(asked)} are derived from a publisher's file and to be had from the maintainers; the others "
        "are made by hand from the publisher's: how, says [data.md](data.md). A file is known by its checksum; another "
        "is refused."
    )
    pieces = [rights, _sources(), _documents(), _published(), _dataset_list(made)]
    return "\n\n".join(pieces)


def _sources() -> str:
    rows = [
        [source.title, source.licence, "yes" if source.shipped else "no", source.publisher]
        for source in SOURCES.values()
    ]
    return "### Details on each data source\n\n" + _table(
        ["source", "licence", "redistributed", "where from"], rows
    )


def _documents() -> str:
    with bundled("documents.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            [row["id"], row["title"], row["publisher_or_author"], row["language"], row["date"]]
            for row in csv.DictReader(lines)
        ]
    return (
        "**Documents whose claims are tested.** Their text belongs to their publishers and is not redistributed: "
        "`data/claims.toml` holds statements in our words, with the figures as printed.\n\n"
        + _table(["id", "title", "publisher or author", "language", "date"], rows)
    )


def _published() -> str:
    rows = [
        [f"`{one.file}`", one.title, f"{one.n:,}" if one.n else "not printed", SEEN[one.seen], one.address]
        for one in published_tables()
    ]
    return (
        "**Published tables** (`data/published/`): as printed, or computed by us from rows that are not here.\n\n"
        + _table(["file", "what", "n", "seen", "where from"], rows)
    )


def _dataset_list(made: Sequence[programs.Program]) -> str:
    rows = []
    for source in SOURCES.values():
        used = ", ".join(program.number for program in made if source.name in program.data)
        place = f"data/{source.file}" if source.shipped else f"{source.folder}/{source.file}"
        size = f"{source.rows:,} × {source.columns}"
        rows.append([f"`{place}`", size, "yes" if source.shipped else "no", used, f"`{source.sha256}`"])
    return (
        "## Dataset list\n\nFiles lie below `$CXRESEARCH_DATA`, those provided in the repository. What asks the "
        "registry of claims for verdicts (06, and the scorecard) also reads what the checks of the claims name.\n\n"
        + _table(["file", "rows × columns", "provided", "studies", "sha256"], rows)
    )


# What it takes


def _requirements(made: Sequence[programs.Program], measured: str) -> str:
    about = metadata.metadata("cxresearch")
    seeds = _table(["study", "seeds"], [[program.number, program.seeds or "none"] for program in made])
    return (
        "## Computational requirements\n\n### Software requirements\n\n"
        f"git, make and Python {about['Requires-Python']}. `make` installs the packages that `constraints.txt` pins, "
        "exactly these, into `.venv`; afterwards no network is needed. R made some reference values of the tests, "
        "whose lines stand beside them; no study needs it.\n\n### Controlled randomness\n\nEvery draw starts from "
        "a seed in the program. Kernels run with one thread and a fixed hash seed, so that sums round alike. Calls "
        f"that name no seed take the default of their signature.\n\n{seeds}\n\n"
        f"### Memory, runtime and storage requirements\n\n{measured}"
    )


def measured_block(studies: Sequence[Study], build: Path) -> str:
    """Return what a run of the studies took, and on what machine; no name of a host.

    Parameters
    ----------
    studies : sequence of Study
        Just executed, in this process.
    build : Path
        Where their pages and tables lie.
    """
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    rows = [[study.stem, f"{study.seconds:.0f}"] for study in studies]
    total = sum(study.seconds for study in studies)
    size = sum(file.stat().st_size for file in build.rglob("*") if file.is_file())
    have = [path for name in SOURCES if (path := find(name))]
    data = sum(path.stat().st_size for path in have)
    lines = [
        BEGIN,
        f"Machine: {_system()}, {os.cpu_count()} cores, {_memory()}. Python {platform.python_version()}; {versions}.",
        f"{_load()}The largest kernel took {_largest_child()}. `build/` holds {size / 1e6:.0f} MB, the {len(have)} "
        f"data files found {data / 1e6:.0f} MB. Seconds by study, one after the other:",
        _table(["study", "seconds"], [*rows, ["all", f"{total:.0f}"]]),
        END,
    ]
    return "\n\n".join(lines)


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = f"{platform.system()} {platform.release()}"
    return f"{name}, {platform.machine()}"


def _memory() -> str:
    try:
        amount = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "memory unknown"
    return f"{amount / 2**30:.0f} GiB of memory"


def _load() -> str:
    try:
        load = os.getloadavg()[2]
    except (AttributeError, OSError):
        return ""
    busy = ", which slowed it" if load > 1.5 else ""
    return f"Load over its last 15 minutes, the studies' own included: {load:.1f}{busy}. "


def _largest_child() -> str:
    try:
        import resource
    except ImportError:
        return "an unknown amount of memory"
    unit = 1 if sys.platform == "darwin" else 1024
    return f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 2**20:.0f} MiB"


# Programs and what they make


def _programs() -> str:
    items = "\n".join(f"- `{folder}`: {text}." for folder, text in FOLDERS.items())
    return f"## Description of programs\n\n{items}\n\n### Licence for code\n\nBSD-3-Clause; see [LICENSE](../LICENSE)."


def _instructions() -> str:
    return (
        "## Instructions to replicators\n\n"
        "1. Get the files of the dataset list, as [data.md](data.md) says, and set `CXRESEARCH_DATA` to their folder. "
        "Without them the studies run on what is there.\n"
        "2. `make reproduce`. Read `build/index.html` and `build/scorecard.html`; the tables are in `build/tables/`.\n"
        "3. `make test` holds a fresh run of every notebook against the committed one: text, tables, numbers to one "
        "unit of their last printed digit.\n\n"
        "One study alone: copy its `.py` into a folder of its own, run `python -m cxresearch.studies --notebooks "
        "FOLDER BUILD`. The simulated survey is drawn by `python data/make_contact_survey.py`, to the same bytes."
    )


def _outputs(made: Sequence[programs.Program]) -> str:
    pieces = [
        "## List of tables, figures and programs\n\nThe cell is counted from 1 in the notebook; a star stands for "
        "names that the cell makes in a loop. The scorecard, `build/scorecard.html`, is written by "
        "`cxresearch.studies` from `data/claims.toml`."
    ]
    for program in made:
        rows: list[list[Any]] = [
            [f"`tables/{program.stem}_{one.name}.csv`", one.cell, one.section] for one in program.tables
        ]
        rows += [
            [f"`figures/{program.stem}_{one.name}.png`", one.cell, one.section] for one in program.pictures
        ]
        table = _table(["in `build/`", "cell", "section"], rows)
        pieces.append(f"### `notebooks/{program.stem}.py`: {program.title}\n\n{table}")
    return "\n\n".join(pieces)


def _references() -> str:
    cited = [source.citation for source in SOURCES.values()] + [one.source for one in published_tables()]
    unique = sorted(dict.fromkeys(text.rstrip(".") for text in cited), key=str.casefold)
    items = "\n".join(f"- {text}." for text in unique)
    return (
        f"## References\n\nOf data; those of the claims stand with each claim, on the scorecard.\n\n{items}"
    )


if __name__ == "__main__":
    root = Path(__file__).parent.parent
    write(root / PAGE, root / "notebooks")
