"""Input that is wrong in every way met so far: one error that names what is wrong and the way out, no traceback."""

from __future__ import annotations

import copy
import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import cxresearch as cx
from cxresearch.cli import app
from cxresearch.errors import CodebookError, SurveyError

LONGEST = 3_000  # characters a person may be asked to read
FINE, PROBLEM = 0, 1
CODEBOOK = """
title = "Contacts"
[metrics.csat]
column = "csat"
scale = [1, 5]
[metrics.nps]
column = "nps"
instrument = "nps"
[outcomes.again]
column = "again"
scale = [1, 7]
[design]
weight = "w"
"""


def answers(n=120):
    rng = np.random.default_rng(1)
    mood = rng.normal(size=n)

    def rating(low, high):
        raw = (low + high) / 2 + (high - low) / 4 * (mood + rng.normal(size=n))
        return np.clip(np.rint(raw), low, high).astype(int)

    frame = pd.DataFrame({"csat": rating(1, 5), "nps": rating(0, 10), "again": rating(1, 7)})
    return frame.assign(w=1.0)


def text(frame):
    return frame.to_csv(index=False)


def with_cell(column, value, rows=slice(3, 4)):
    frame = answers().astype(object)
    frame.loc[frame.index[rows], column] = value
    return text(frame)


LINES = text(answers()).splitlines(keepends=True)
#: name -> (content of the file, what the message must hold: where, what was found, the way out)
REFUSED = {
    "empty file": ("", ["answers.csv", "empty"]),
    "only white space": (" \r\n\n", ["answers.csv", "empty"]),
    "header only": (LINES[0], ["no rows"]),
    "one column missing": (text(answers().drop(columns="nps")), ["no column 'nps'", "[metrics.nps]", "'csat'"]),
    "column misspelt": (text(answers().rename(columns={"nps": "NPS"})), ["'nps'", "did you mean 'NPS'"]),
    "header with a space": (text(answers().rename(columns={"nps": "nps "})), ["'nps'", "'nps '", "spaces count"]),
    "all missing": (text(answers().assign(nps=np.nan)), ["`nps`", "no answer", "120 rows"]),
    "nothing but a missing code": (text(answers().assign(nps=99)), ["`nps`", "99 (120 rows)", "missing = [99]"]),
    "a code left in": (with_cell("csat", -99, slice(0, 7)), ["`csat`", "1-5", "-99 (7 rows)", "missing = [-99]"]),
    "another scale": (
        text(answers().assign(csat=lambda rows: rows.csat * 2)),
        ["`csat`", "1-5", "10 (", "scale = [1, 10]"],
    ),
    "a fraction": (with_cell("csat", 3.5), ["`csat`", "3.5 (1 row)", 'step = "any"']),
    "infinite": (with_cell("csat", "inf"), ["`csat`", "inf (1 row)"]),
    "beyond any number": (with_cell("csat", "1e400"), ["`csat`", "1 of 120 rows"]),
    "a word": (with_cell("csat", "very good"), ["`csat`", "'very good' (1 row)", "missing = [", "labels = {"]),
    "mixed types": (
        with_cell("nps", "9 - likely", slice(0, 40)),
        ["`nps`", "40 of 120 rows", "'9 - likely' (40 rows)", "labels"],
    ),
    "two hundred different words": (
        text(answers(200).assign(csat=[f"word {i}" for i in range(200)])),
        ["`csat`", "200 of 200 rows", "other values"],
    ),
    "a cell of a million characters": (with_cell("csat", "x" * 1_000_000), ["`csat`", "1,000,000 characters"]),
    "a number of a million digits": (with_cell("csat", "1" * 1_000_000), ["`csat`", "1,000,000 characters"]),
    "control characters": (with_cell("csat", "\x07\x1b[31mred"), ["`csat`", "\\x07"]),
    "a weight missing": (with_cell("w", np.nan, slice(0, 5)), ["weight", "'w'", "empty (5 rows)"]),
    "a weight that is NaN in words": (with_cell("w", "NaN", slice(0, 5)), ["weight", "'w'", "empty (5 rows)"]),
    "a negative weight": (with_cell("w", -0.5, slice(0, 2)), ["weight", "'w'", "-0.5 (2 rows)", "zero or more"]),
    "an infinite weight": (with_cell("w", "inf"), ["weight", "'w'", "inf"]),
    "a weight in words": (with_cell("w", "heavy"), ["weight", "'w'", "'heavy' (1 row)"]),
    "weights that are all 0": (text(answers().assign(w=0)), ["weight", "'w'", "0 in every row"]),
    "an outcome that copies a metric": (
        text(answers().assign(again=lambda rows: rows.csat)), ["`again`", "`csat`", "same answer", "on its own"],
    ),
    "duplicate headers": (
        text(answers()).replace("csat,nps", "csat,csat", 1),
        ["answers.csv", "more than one column 'csat'", "rename"],
    ),
    "not UTF-8": (
        b"csat,nps,again,w,note\n" + b"3,9,5,1.0,fine\n" * 40 + b"3,9,5,1.0,caf\xe9\n",
        ["answers.csv", "not UTF-8", "0xe9", "line 42", "Save it as UTF-8"],
    ),
    "Latin-1 in a column asked for": (
        with_cell("csat", "tr\u00e8s bien").encode("latin-1"),
        ["answers.csv", "not UTF-8", "0xe8", "line 5", "Save it as UTF-8"],
    ),
    "UTF-16": (text(answers()).encode("utf-16"), ["answers.csv", "UTF-16", "Save it as UTF-8"]),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, ["answers.csv"]),
    "zero bytes": (b"\0" * 5_000, ["answers.csv"]),
    "a line too long": (
        "".join([*LINES[:50], "3,9,5,1.0,7,7\n", *LINES[50:]]),
        ["answers.csv", "line 51", "6 fields", "the header 4"],
    ),
    "a quote that never ends": ("".join([*LINES[:50], '3,"9,5,1.0\n', *LINES[50:]]), ["answers.csv"]),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    (tmp_path / "answers.csv").write_text(text(answers()), encoding="utf-8")
    return tmp_path


def write(path, content):
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8", newline="")


def command(verb, data="answers.csv", codebook="codebook.toml", *options):
    result = CliRunner().invoke(app, [verb, data, "-c", codebook, *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    assert len(result.output) < 2 * LONGEST
    return result


def assert_names(message, parts):
    assert len(message) < LONGEST, f"{len(message):,} characters"
    for part in parts:
        assert part in message, f"{part!r} is not in {message!r}"
    assert message.isprintable() or set(filter(lambda c: not c.isprintable(), message)) <= {"\n"}


def test_the_survey_itself_is_fine(folder):
    assert cx.read("answers.csv", "codebook.toml").problems == ()
    result = command("check")
    assert result.exit_code == FINE
    assert (
        command("compare", "answers.csv", "codebook.toml", "--repeats", "1", "--n-boot", "100").exit_code
        == FINE
    )


@pytest.mark.parametrize("name", REFUSED)
def test_refused_once_clearly_and_everywhere(name, folder):
    content, parts = REFUSED[name]
    write(folder / "answers.csv", content)
    with pytest.raises(SurveyError) as caught:
        cx.read("answers.csv", "codebook.toml")
    assert_names(str(caught.value), parts)
    assert caught.value.__cause__ is None
    checked = command("check")
    assert checked.exit_code == PROBLEM
    assert_names(checked.output, parts)
    compared = command("compare", "answers.csv", "codebook.toml", "--repeats", "1", "--n-boot", "100")
    assert compared.exit_code == PROBLEM
    assert compared.stdout == ""
    assert_names(compared.stderr, parts)
    as_json = command("check", "answers.csv", "codebook.toml", "--json")
    assert as_json.exit_code == PROBLEM
    assert isinstance(json.loads(as_json.stdout), dict)


IN_MEMORY = [
    "header only", "one column missing", "all missing", "a code left in", "another scale", "a fraction", "a word",
    "mixed types", "a cell of a million characters", "a weight missing", "a negative weight", "a weight in words",
    "an outcome that copies a metric",
]  # fmt: skip


@pytest.mark.parametrize("name", IN_MEMORY)
def test_a_frame_is_refused_as_a_file_is(name, folder):
    content, parts = REFUSED[name]
    write(folder / "answers.csv", content)
    frame = pd.read_csv("answers.csv")
    kept = frame.copy()
    with pytest.raises(SurveyError) as caught:
        cx.read(frame, "codebook.toml")
    assert_names(str(caught.value), [part for part in parts if part != "answers.csv"])
    pd.testing.assert_frame_equal(frame, kept)


def test_a_frame_with_twin_columns_is_refused(folder):
    frame = answers().rename(columns={"nps": "csat"})
    with pytest.raises(SurveyError) as caught:
        cx.read(frame, "codebook.toml")
    assert_names(str(caught.value), ["more than one column 'csat'", "rename"])


@pytest.mark.parametrize(
    "source", [None, 3, {"csat": [1, 2]}, [], [[1, 2]], b"answers.csv", answers()["csat"]]
)
def test_what_is_no_survey_at_all(source, folder):
    with pytest.raises(SurveyError) as caught:
        cx.read(source, "codebook.toml")
    assert_names(str(caught.value), ["frame"])


# ---- what is read, with a warning


def test_one_answer_level_is_read_with_a_warning_and_not_compared(folder):
    write(folder / "answers.csv", text(answers().assign(csat=4)))
    [problem] = cx.read("answers.csv", "codebook.toml").problems
    assert (problem.kind, problem.question, problem.severity) == ("constant", "csat", "warning")
    checked = command("check")
    assert checked.exit_code == FINE
    assert_names(checked.stdout, ["warning", "`csat`", "same answer", "4 (120 rows)"])
    compared = command("compare", "answers.csv", "codebook.toml", "--repeats", "1", "--n-boot", "100")
    assert compared.exit_code == PROBLEM
    assert_names(compared.stderr, ["`csat`", "a single answer"])


def test_a_reversed_scale_is_read_with_a_warning_that_goes_with_the_result(folder):
    write(folder / "answers.csv", text(answers(400).assign(csat=lambda rows: 6 - rows.csat)))
    [problem] = cx.read("answers.csv", "codebook.toml").problems
    assert (problem.kind, problem.question, problem.severity) == ("reversed", "csat", "warning")
    checked = command("check")
    assert checked.exit_code == FINE
    assert_names(checked.stdout, ["`csat`", "runs against", 'good = "low"'])
    compared = command("compare", "answers.csv", "codebook.toml", "--repeats", "1", "--n-boot", "100")
    assert compared.exit_code == FINE
    assert "runs against" in compared.stdout


# ---- files that are not there, or not files


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ("nowhere.csv", ["nowhere.csv", "no such file"]),
        ("", ["no such file"]),
        (".", ["folder", "*.csv"]),
        ("*.tsv", ["*.tsv", "pattern"]),
        ("broken.parquet", ["broken.parquet", "Parquet"]),
        ("broken.csv.gz", ["broken.csv.gz"]),
        ("book.xlsx", ["book.xlsx", "pandas.read_excel"]),
    ],
)
def test_files_that_cannot_be_read(data, parts, folder):
    for name in ("broken.parquet", "broken.csv.gz", "book.xlsx"):
        (folder / name).write_bytes(b"not what the name says")
    with pytest.raises(SurveyError) as caught:
        cx.read(data, "codebook.toml")
    assert_names(str(caught.value), parts)
    for verb in ("check", "score", "compare"):
        result = command(verb, data)
        assert result.exit_code == PROBLEM
        assert_names(result.stderr, parts)


# ---- codebooks


def misspelt(old, new):
    return CODEBOOK.replace(old, new, 1)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("", ["no question", "[metrics.ces]"]),
        ("[metrics.csat\n", ["codebook.toml", "not valid TOML"]),
        (b"[metrics.csat]\ncolumn = \"caf\xe9\"\n", ["codebook.toml", "0xe9", "line 2", "UTF-8"]),
        (misspelt("scale", "scael"), ["[metrics.csat]", "'scael'", "did you mean 'scale'"]),
        (misspelt("metrics", "metric"), ["'metric'", "did you mean 'metrics'"]),
        (misspelt('"nps"\n[', '"nsp"\n['), ["[metrics.nps]", "'nsp'", "did you mean 'nps'"]),
        (misspelt("[1, 5]", "[5, 1]"), ["[metrics.csat]", "5", "1"]),
        (misspelt("[1, 5]", "[1]"), ["[metrics.csat]", "scale", "[low, high]"]),
        (misspelt("[1, 5]", '"1-5"'), ["[metrics.csat]", "scale", "[low, high]"]),
        (misspelt('column = "csat"', ""), ["[metrics.csat]", "column"]),
        (misspelt("weight", "wieght"), ["[design]", "'wieght'", "did you mean 'weight'"]),
        (misspelt('"w"', "3"), ["[design]", "weight", "column name"]),
        (misspelt("[outcomes.again]", "[outcomes.nps]"), ["[outcomes.nps]", "[metrics.nps]", "differ"]),
    ],
)  # fmt: skip
def test_codebooks_with_a_mistake(content, parts, folder):
    write(folder / "codebook.toml", content)
    with pytest.raises(CodebookError) as caught:
        cx.read("answers.csv", "codebook.toml")
    assert_names(str(caught.value), parts)
    for verb in ("check", "score", "compare"):
        result = command(verb)
        assert result.exit_code == PROBLEM
        assert_names(result.stderr, parts)


@pytest.mark.parametrize("book", ["nowhere.toml", ".", ""])
def test_codebooks_that_are_not_there(book, folder):
    with pytest.raises(CodebookError) as caught:
        cx.read("answers.csv", book)
    assert_names(str(caught.value), [book])
    result = command("check", "answers.csv", book)
    assert result.exit_code == PROBLEM
    assert_names(result.stderr, [book])


# ---- much at once


def test_every_problem_is_told_at_once(folder):
    frame = answers().astype(object)
    frame.loc[:2, "csat"] = -99
    frame.loc[5, "nps"] = "likely"
    frame.loc[:3, "w"] = -1
    write(folder / "answers.csv", text(frame.drop(columns="again")))
    with pytest.raises(SurveyError) as caught:
        cx.read("answers.csv", "codebook.toml")
    assert_names(
        str(caught.value),
        ["4 errors", "-99 (3 rows)", "'likely' (1 row)", "-1 (4 rows)", "no column 'again'"],
    )
    problems = json.loads(command("check", "answers.csv", "codebook.toml", "--json").stdout)["problems"]
    assert {problem["kind"] for problem in problems} == {"missing_code", "text", "weight", "missing_column"}


@pytest.mark.parametrize("width", [30, 300])
def test_a_wide_survey_with_every_column_wrong_is_still_told_briefly(width, folder):
    names = [f"item_{i}" for i in range(width)]
    frame = pd.DataFrame({name: [-99, 3, 4, 5] * 30 for name in names})
    book = {"metrics": {name: {"column": name, "scale": [1, 5]} for name in names}}
    with pytest.raises(SurveyError) as caught:
        cx.read(frame, book)
    message = str(caught.value)
    assert f"{width} errors" in message
    assert "item_0" in message
    assert len(message) < LONGEST
    assert len(caught.value.problems) >= width  # all of them are there for a program to read


def test_a_source_with_a_thousand_columns_and_not_the_one_named(folder):
    others = pd.DataFrame(1, index=range(120), columns=[f"q{i}_{'y' * 100}" for i in range(1_000)])
    frame = pd.concat([answers().rename(columns={"nps": "x" * 500}), others], axis=1)
    with pytest.raises(SurveyError) as caught:
        cx.read(frame, "codebook.toml")
    assert_names(str(caught.value), ["no column 'nps'", "more"])


def test_codebook_mistakes_of_a_hundred_entries_are_told_briefly(folder):
    entry = {"column": "csat", "scael": [1, 5]}
    book = {"metrics": {f"metric_{i}": copy.deepcopy(entry) for i in range(100)}}
    with pytest.raises(CodebookError) as caught:
        cx.read("answers.csv", book)
    assert "mistakes" in str(caught.value)
    assert len(str(caught.value)) < LONGEST
