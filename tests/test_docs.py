"""What the documentation shows is what the code does.

Every ```python block of a page runs, in order, in one namespace and in an empty folder that holds the simulated
survey and the codebooks of the package; what it prints, and what its last line shows, must be the ```text block
below it, if there is one. Commands of a ```console block run too. Every ```toml block is a codebook or a piece of
one. Numbers may differ by one unit of their last digit.

After a change of wording, ``python tests/test_docs.py`` writes the outputs anew; read the difference before you
commit it.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import io
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cxresearch import INSTRUMENTS, Codebook, DataUnavailableError, datasets
from cxresearch._notebooks import same_text
from cxresearch.cli import app
from cxresearch.survey._entries import DESIGN_KEYS, ENTRY_KEYS, GROUPS, KINDS
from cxresearch.survey.scales import Box, Mean, Net, Scorer, Share

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("docs/*.md"))
README = ROOT / "README.md"
SAMPLE = {"ces": "made_it_easy", "csat": "satisfied", "nps": "recommend", "repurchase": "would_buy_again"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
WIDTH = 200  # columns of a printed table
MADE = {"answer.png", "benchmarks.md", "calibration.md"}  # written by commands that take long; may come later


def _rename(path: Path) -> str:
    return path.name


# Running a page


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder with the files a page may name, as the working folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("data").mkdir()
        shutil.copy(datasets.bundled("contact_survey_simulated.csv"), folder / "data")
        shutil.copytree(ROOT / "cxresearch" / "codebooks", folder / "cxresearch" / "codebooks")
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def _shown(code: str, names: dict[str, Any]) -> str:
    """Run a block as a notebook cell: what it prints, then the value of its last line."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<page>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<page>", "eval"), names) if last else None
        if value is not None and "matplotlib" not in type(value).__module__:
            print(value)  # noqa: T201 - into the text compared
    return _trimmed(printed.getvalue())


def _commanded(line: str) -> str:
    """Run a command of the package; the exit code stands in its comment where it is not 0."""
    command, _, comment = line.partition("  # exit code ")
    answer = CliRunner().invoke(app, shlex.split(command)[1:], terminal_width=100)
    assert answer.exit_code == int(comment or 0), f"{line}\n{answer.output}"
    return _trimmed(answer.output)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _console(block: str) -> str:
    """The block with the outputs that its commands have now."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(
        f"$ {line}\n{text}\n" if (text := _commanded(line)) else f"$ {line}\n" for line in commands
    )


def renewed(page: str) -> str:
    """Return a page with the outputs its code has now."""
    import pandas as pd

    names: dict[str, Any] = {"__name__": "page"}
    pieces, position, shown = [], 0, None
    with _folder(), pd.option_context("display.width", WIDTH, "display.max_columns", 30):
        for block in FENCE.finditer(page):
            kind, content = block.groups()
            between = page[position : block.start()]
            if kind == "text" and shown is not None and not between.strip():
                content = shown + "\n"
            elif kind == "console":
                content = _console(content)
            shown = _shown(content, names) if kind == "python" else None
            pieces += [between, f"```{kind}\n{content}```"]
            position = block.end()
    return "".join(pieces) + page[position:]


@pytest.mark.parametrize("path", PAGES, ids=_rename)
def test_a_page_shows_what_its_code_does(path):
    page = path.read_text(encoding="utf-8")
    try:
        now = renewed(page)
    except DataUnavailableError as error:
        if os.environ.get("CXRESEARCH_REQUIRE_DATA") == "1":
            raise
        pytest.skip(str(error).splitlines()[0])
    for old, new in zip(FENCE.finditer(page), FENCE.finditer(now), strict=True):
        assert same_text(new[2], old[2]), _difference(path.name, old[2], new[2])


def _difference(name: str, page: str, now: str) -> str:
    lines = difflib.unified_diff(page.splitlines(), now.splitlines(), name, "now", n=0, lineterm="")
    return "\n".join(["run `python tests/test_docs.py` if this is meant:", *lines])


def test_the_readme_runs():
    """Its codebook, its Python and its commands, on the simulated survey under the names of the README."""
    blocks = [(kind, content) for kind, content in FENCE.findall(README.read_text(encoding="utf-8"))]
    [toml] = [content for kind, content in blocks if kind == "toml"]
    with _folder() as folder:
        answers = datasets.load_contact_survey().rename(columns=SAMPLE | {"weight": "w"})
        answers.to_csv(folder / "answers.csv", index=False)
        folder.joinpath("codebook.toml").write_text(toml, encoding="utf-8")
        names: dict[str, Any] = {}
        for kind, content in blocks:
            if kind == "python":
                _shown(content, names)
        assert names["contest"].n > 1_000
        commands = [
            line
            for kind, content in blocks
            for line in content.splitlines()
            if line.startswith("cxresearch ")
        ]
        assert len(commands) >= 3
        for line in commands:
            _commanded(line)
        assert folder.joinpath("contest.png").stat().st_size > 10_000


@pytest.mark.parametrize("path", [README, *PAGES], ids=_rename)
def test_every_codebook_shown_is_one(path):
    for kind, content in FENCE.findall(path.read_text(encoding="utf-8")):
        if kind == "toml":
            book = tomllib.loads(content)
            if not set(GROUPS) & set(book):
                book["metrics"] = {"any": {"column": "any", "scale": [1, 7]}}
            Codebook.read(book)


@pytest.mark.parametrize("path", [README, *PAGES], ids=_rename)
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert path.parent.joinpath(target).exists() or Path(target).name in MADE, target


# Tables that list what the code knows


def _rows(page: str, heading: str, level: str = "##") -> list[list[str]]:
    """The cells of the first table under a heading."""
    text = ROOT.joinpath("docs", page).read_text(encoding="utf-8")
    section = text.partition(f"\n{level} {heading}\n")[2].partition("\n#")[0]
    table = re.search(r"(?:^\|.*\n)+", section, re.M)
    assert table, f"{page} has no table under {heading!r}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[0].splitlines()[2:]]


def _scored(scorer: Scorer) -> str:
    """A scorer as the codebook writes it."""
    match scorer:
        case Mean():
            return '`"mean"`'
        case Box():
            return f"`{{box = {scorer.k}}}`"
        case Net():
            return f"`{{net = [{scorer.promoters:g}, {scorer.detractors:g}]}}`"
        case Share(at_least=None):
            return f"`{{share_at_most = {scorer.at_most:g}}}`"
        case _:
            return f"`{{share_at_least = {scorer.at_least:g}}}`"


def instruments() -> list[list[str]]:
    """The table of instruments, from the code."""
    return [
        [
            f"`{name}`",
            known.title,
            f"{known.scale.low:g}-{known.scale.high:g}",
            known.scale.good,
            _scored(known.scorers[0]),
            ", ".join(map(_scored, known.scorers[1:])),
        ]
        for name, known in INSTRUMENTS.items()
    ]


def test_the_table_of_instruments_is_the_code():
    assert _rows("codebook.md", "Instruments") == instruments()


@pytest.mark.parametrize(
    ("heading", "known"),
    [("Entries of a question", ENTRY_KEYS), ("The design", DESIGN_KEYS), ("Kinds", KINDS)],
)
def test_every_entry_is_explained(heading, known):
    named = re.findall(r"`(\w+)`", " ".join(row[0] for row in _rows("codebook.md", heading)))
    assert sorted(named) == sorted(known)


def test_every_data_set_is_listed_with_its_size_and_licence():
    text = ROOT.joinpath("docs", "data.md").read_text(encoding="utf-8")
    found = {row[0].strip("`"): row for row in _rows("data.md", "The sets")}
    assert list(found) == list(datasets.SOURCES)
    for name, source in datasets.SOURCES.items():
        assert found[name][1] == f"{source.rows:,} x {source.columns}"
        assert found[name][3] == source.licence.partition(" (")[0].partition(",")[0]

        for line in (source.by_hand, source.citation, source.publisher, f"{source.folder}/{source.file}"):
            assert source.shipped or line in text, line


def test_figures_of_coverage_are_those_of_its_page():
    rows = re.findall(r"^\| .*\| \d+ \|.*$", ROOT.joinpath("docs", "scores.md").read_text("utf-8"), re.M)
    coverage = ROOT.joinpath("docs", "coverage_scores.md").read_text("utf-8").splitlines()
    assert rows
    assert set(rows) <= set(coverage)


def test_every_verb_and_option_is_explained():
    page = ROOT.joinpath("docs", "cli.md").read_text(encoding="utf-8")

    for verb, command in get_command(app).commands.items():
        assert f"## `{verb}`" in page, verb
        for parameter in command.params:
            for option in [name for name in parameter.opts if name.startswith("--") and name != "--help"]:
                assert f"`{option}" in page, option


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("score", "--by segment --compare-to consumer"),
        ("compare", "--outcome repurchase --repeats 1 --n-boot 100"),
        ("drivers", "--outcome ces --n-boot 100 --what-if transfers=0"),
    ],
)
def test_json_is_as_described(verb, options):
    described = {row[0].strip("`"): row[1] for row in _rows("cli.md", verb.capitalize(), "###")}
    common = re.findall(r"`(\w+)`", " ".join(row[0] for row in _rows("cli.md", "Every result", "###")))
    with _folder():
        files = ["data/contact_survey_simulated.csv", "-c", "cxresearch/codebooks/contact_survey.toml"]
        answer = CliRunner().invoke(app, [verb, *files, *options.split(), "--json"])
    result = json.loads(answer.stdout)
    assert sorted(result) == sorted([*common, *described])
    for name, text in described.items():
        if isinstance(result[name], list) and isinstance(result[name][0], dict):
            columns = list(result[name][0])
            keys = set(columns[: columns.index("estimate")]) - {"segment"}
            assert keys == set(re.findall(r"`(\w+)`", text.partition(";")[0])), name


def main() -> None:
    """Write the outputs of the pages anew."""
    import matplotlib as mpl

    mpl.use("Agg")
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        now = renewed(page)
        if now != page:
            path.write_text(now, encoding="utf-8")
            sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
