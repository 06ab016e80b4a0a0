"""The door: files and frames as people have them, and one clear error for what cannot be read."""

from __future__ import annotations

import builtins
import importlib.util

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from cxresearch.errors import SurveyError
from cxresearch.survey import check, read, readers

BOOK = {
    "metrics": {"ces": {"column": "ces", "instrument": "ces2"}},
    "outcomes": {"again": {"column": "again", "scale": [1, 7]}},
}
GOOD = "ces,again\n4,3\n5,2\n7,\n"


@pytest.fixture
def write(tmp_path):
    def make(content, name="answers.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\ufeff\n\n", "is empty"),
        ("ces,again\n", "a header but no rows"),
        ("ces\n4\n5\n", "there is no column 'again', which [outcomes.again] names"),
        ("ces ,again\n4,3\n", "it has 'ces '; spaces count"),
        ("CES,again\n4,3\n", "did you mean 'CES'?"),
        ("ces,ces,again\n4,3,2\n", "more than one column 'ces'"),
        ("ces,again\n4,3,9\n5,2\n", "line 2 has 3 fields, the header 2"),
        ("ces,again\n4,3\n5,2,9\n", "line 3 has 3 fields, the header 2"),
        (b"ces,again\n4,caf\xe9\n", "is not UTF-8: byte 0xe9 on line 2"),
        (b"c\xe9s,again\n4,3\n", "is not UTF-8: byte 0xe9 on line 1"),
        ("ces,again\n4,3\n".encode("utf-16"), "is UTF-16"),
        ("ces,again\n" + "x" * 10**6 + ",3\n4,2\n", "(1,000,000 characters)"),
        ('ces,again\n"4,3\n5,2\n', "regular CSV|text"),
        (b"\x00\x01\x02\x03" * 50, "no column"),
    ],
)
def test_files_that_do_not_hold_the_answers(write, content, message):
    path = write(content)
    with pytest.raises(SurveyError) as caught:
        read(path, BOOK)
    text = str(caught.value)
    assert any(word in text for word in message.split("|"))
    assert str(path) in text
    assert len(text) < 900


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.csv", "no such file"),
        ("none*.csv", "no file matches"),
        ("", "is a folder"),
        ("a.xlsx", "read_excel"),
    ],
)
@pytest.mark.parametrize("door", [read, check])
def test_paths_that_lead_nowhere(tmp_path, name, message, door):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(SurveyError, match=message):
        door(str(tmp_path / name), BOOK)


@pytest.mark.parametrize("content", [b"", b"ces,again\n4,caf\xe9\n"])
def test_a_file_that_cannot_be_read_is_not_one_without_problems(write, content):
    with pytest.raises(SurveyError, match=r"is empty|is not UTF-8"):
        check(write(content), BOOK)


def test_a_large_file_is_read_by_our_rules_and_a_late_word_is_named(write, monkeypatch):
    """Guessed from its first rows the column would be numbers, and the word a failure of the engine."""
    monkeypatch.setattr(readers, "LARGE", 0)
    path = write("ces,again\n" + "4,3\n7,7\n4,4\n" * 10_000 + "8 no,3\n")
    [problem] = check(path, BOOK)
    assert (problem.kind, problem.column, problem.rows) == ("text", "ces", 1)
    assert "'8 no' (1 row)" in problem.message


@pytest.mark.parametrize(
    ("line", "message"), [(b"4,3,9", "Line: 30002"), (b"4,caf\xe9", "the file is not UTF-8")]
)
def test_a_late_fault_of_a_large_file_is_ours_to_tell(write, monkeypatch, line, message):
    monkeypatch.setattr(readers, "LARGE", 0)
    with pytest.raises(SurveyError, match=message):
        check(write(b"ces,again\n" + b"4,3\n" * 30_000 + line + b"\n"), BOOK)


@pytest.mark.parametrize("source", [None, 3, {"ces": [1]}, [1, 2], pd.Series([1]), np.ones(3)])
def test_what_is_not_a_frame(source):
    with pytest.raises(SurveyError):
        read(source, BOOK)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        "\n" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.rstrip("\n"),
        '"again","x, y","ces"\n3,"a ""quoted"", b",4\n2,,5\nNA,"two\nlines",7\n',
        "ces,again\n4.0, 3\n 5,2.0\n7,NaN\n",
        "ces,again,again.1\n4,3,x\n5,2,y\n7,,z\n",
    ],
)
def test_csv_files_as_they_come(write, content):
    cells = read(write(content), BOOK).cells(["ces", "again"])
    assert_array_equal(cells.values, [[4, 3], [5, 2], [7, np.nan]])


def test_french_csv_with_decimal_commas(write):
    book = {
        "metrics": {"note": {"column": "note", "scale": [0, 10], "step": "any"}},
        "design": {"weight": "poids"},
    }
    path = write("\ufeffnote;poids;avis\n7,5;1,25;bien, très bien\n3;0,75;\nNA;1;\n")
    cells = read(path, book).cells("note")
    assert_array_equal(cells.values.ravel(), [3, 7.5, np.nan])
    assert_array_equal(cells.w, [0.75, 1.25, 1])


def test_headers_are_matched_exactly_first(write):
    """An export may hold 'ces' and 'ces ': neither is taken for the other."""
    path = write("ces,ces ,again\n4,9,3\n5,9,2\n")
    assert_array_equal(read(path, BOOK).cells("ces").values.ravel(), [4, 5])
    spaced = {"metrics": {"x": {"column": "ces ", "scale": [0, 10]}}}
    assert_array_equal(read(path, spaced).cells("x").values.ravel(), [9])


def test_files_of_a_pattern_must_agree(write, tmp_path):
    write("ces,again\n4,3\n", "a.csv")
    write("ces,other\n4,3\n", "b.csv")
    with pytest.raises(SurveyError, match="do not both have 'again'"):
        read(str(tmp_path / "?.csv"), BOOK)


def test_only_the_columns_of_the_codebook_are_read():
    frame = pd.DataFrame({"ces": [4, 5], "again": [3, 2], "notes": [object(), []]})
    assert read(frame, BOOK).n_rows == 2


def test_columns_twice_in_a_frame():
    with pytest.raises(SurveyError, match="more than one column 'ces'"):
        read(pd.DataFrame([[1, 2, 3]], columns=["ces", "ces", "again"]), BOOK)
    assert read(pd.DataFrame([[1, 2, 3, 4]], columns=["ces", "x", "x", "again"]), BOOK).n_rows == 1


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda data: pl.DataFrame(data).lazy()])
def test_frames_without_rows_or_answers(make):
    assert [p.kind for p in check(make({"ces": [], "again": []}), BOOK)] == ["no_rows"]
    problems = check(make({"ces": [None, None, None], "again": [1, 2, 3]}), BOOK)
    assert [(p.kind, p.column, p.severity) for p in problems] == [("all_missing", "ces", "error")]


def test_parquet_without_arrow_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"ces": [4], "again": [3]}).to_parquet(path)
    monkeypatch.setattr(readers, "find_spec", lambda name: None)
    with pytest.raises(SurveyError, match=r'pip install "cxresearch\[engines\]"'):
        read(path, BOOK)


def test_a_file_that_is_not_parquet(write):
    with pytest.raises(SurveyError, match="not readable as Parquet"):
        read(write("ces,again\n", "a.parquet"), BOOK)


def test_problems_argument():
    with pytest.raises(ValueError, match="'raise' or 'list'"):
        read(pd.DataFrame({"ces": [1]}), BOOK, problems="ignore")


def test_plain_csv_needs_no_engine(write, monkeypatch):
    """pandas alone reads frames and CSV files: the other engines are an extra."""
    real = builtins.__import__

    def refuse(name, *arguments, **keywords):
        if name.partition(".")[0] in {"duckdb", "polars"}:
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert read(write(GOOD), BOOK).n_rows == 3
    assert importlib.util.find_spec("narwhals") is not None
