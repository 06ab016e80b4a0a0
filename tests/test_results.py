"""What every result shares: full precision inside, rounding in the view, plain JSON out."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxresearch.results import ESTIMATE_COLUMNS, Note, Result, plain, records, rounded

TABLE = pd.DataFrame({
    "metric": ["ces", "csat"],
    "estimate": [1 / 3, math.nan],
    "std_error": [0.1, math.inf],
    "conf_low": [-1234.5678, -math.inf],
    "conf_high": [0.00001, 0.0],
    "n": [12_345, 0],
    "n_missing": [0, 7],
})  # fmt: skip


@dataclasses.dataclass(frozen=True, repr=False)
class Answer(Result):
    second: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    kind: str = "x"

    def _headline(self):
        return "It is <b>so</b> & so."

    def _extra(self):
        return {"kind": self.kind, "ends": (0.5, math.inf), "nothing": math.nan}


@pytest.fixture
def answer():
    return Answer(
        TABLE, "Is 1 < 2?", "By counting.", 0.95, 3, 12_345, 7,
        (Note("listwise", "7 rows are left out."), Note("weights", "Weighted <heavily>.", True)),
        second=TABLE[["metric", "n"]],
    )  # fmt: skip


def test_summary_says_question_answer_method_rows_table_and_notes(answer, capsys):
    text = answer.summary()
    order = [
        "Is 1 < 2?",
        "It is",
        "By counting.",
        "12,345 of 12,352 rows used",
        "ces",
        "- 7 rows",
        "! Weighted",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert repr(answer) == text
    assert capsys.readouterr().out == ""


def test_summary_rounds_the_view_and_nothing_else(answer):
    assert "0.33 " in answer.summary(digits=2)
    assert "0.33333 " in answer.summary(digits=5)
    assert answer.table.estimate[0] == 1 / 3
    assert answer.to_dict()["table"][0]["estimate"] == 1 / 3


def test_html_escapes_what_people_wrote(answer):
    text = answer._repr_html_()
    assert "Is 1 &lt; 2?" in text
    assert "&lt;b&gt;so&lt;/b&gt; &amp; so." in text
    assert "Weighted &lt;heavily&gt;." in text
    assert "<table" in text


def test_html_escapes_names_in_the_table(answer):
    named = dataclasses.replace(answer, table=TABLE.assign(metric=["<script>", "a & b"]))
    assert "<script>" not in named._repr_html_()


def test_to_dict_is_strict_json_with_every_table_under_its_own_columns(answer):
    content = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    common = ["question", "method", "conf_level", "seed", "n", "n_missing", "notes"]
    assert list(content) == [*common, "kind", "ends", "nothing", "table", "second"]
    assert [list(row) for row in content["table"]] == [["metric", *ESTIMATE_COLUMNS]] * 2
    assert content["table"][1] == {
        "metric": "csat", "estimate": None, "std_error": None, "conf_low": None, "conf_high": 0.0, "n": 0,
        "n_missing": 7,
    }  # fmt: skip
    assert content["notes"][1] == {"code": "weights", "text": "Weighted <heavily>.", "changes_reading": True}
    assert content["ends"] == [0.5, None]
    assert content["nothing"] is None


def test_a_result_cannot_be_changed(answer):
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.n = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.notes[0].text = "nothing was left out"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.12345, "0.123"),
        (1234.5, "1,234.500"),
        (1e-9, "<0.001"),
        (0.0, "0.000"),
        (-1e-9, "-0.000"),
        (-0.0004999, "-0.000"),
        (-0.0, "0.000"),
        ("a\x1b[31m\nb\u202ec", "a\\x1b[31m\\nb\\u202ec"),
        ("à\u00a0la", "à\u00a0la"),
        ("x" * 60, "x" * 60),
        ("a" * 90 + "b" * 10, "a" * 30 + "…" + "a" * 19 + "b" * 10),
        (np.float64(0.5), "0.500"),
        (np.float32(0.5), "0.500"),
        (1_234, "1,234"),
        (np.int64(1_234), "1,234"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (None, "–"),
        (math.nan, "–"),
        (np.float64("nan"), "–"),
        (pd.NA, "–"),
        (pd.NaT, "–"),
        ("app", "app"),
    ],
)
def test_rounded_shows(value, shown):
    table = pd.DataFrame({"x": pd.Series([value], dtype=object)})
    assert rounded(table).iloc[0, 0] == shown
    assert table.x[0] is value  # the table itself is as it was


def test_a_tiny_p_value_is_never_shown_as_zero():
    assert rounded(pd.DataFrame({"p_value": [1e-300]})).iloc[0, 0] == "<0.001"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (math.nan, None),
        (-math.inf, None),
        (pd.NA, None),
        (pd.NaT, None),
        (None, None),
        ("x", "x"),
        (np.array([1, 2]), [1, 2]),
        ((1.5, math.nan), [1.5, None]),
        ({"a": {1: np.nan}}, {"a": {"1": None}}),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (pd.DataFrame({"n": [1]}), [{"n": 1}]),
    ],
)
def test_plain(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
trees = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@settings(deadline=None)
@given(trees)
def test_plain_is_always_strict_json_and_plain_again(tree):
    found = plain(tree)
    json.dumps(found, allow_nan=False)
    assert plain(found) == found


def test_records_keep_order_names_and_types():
    table = pd.DataFrame({"b": [1, 2], "a": ["x", None], 3: [0.5, np.nan]})
    assert records(table) == [{"b": 1, "a": "x", "3": 0.5}, {"b": 2, "a": None, "3": None}]
    assert records(table.iloc[:0]) == []


def test_keys_are_no_counts():
    """A year before `estimate` names a row; after it stand numbers."""
    table = pd.DataFrame({"year": [2023], "step": [1234.5], "estimate": [2023.0], "n": [2023]})
    assert rounded(table, 1).iloc[0].tolist() == ["2023", "1234.5", "2,023.0", "2,023"]
    assert rounded(table.drop(columns="estimate"), 1).iloc[0].tolist() == ["2,023", "1,234.5", "2,023"]


def test_categories_and_empty_tables_are_shown_too():
    table = pd.DataFrame({"seg": pd.Categorical(["a", None]), "estimate": [0.5, 1]})
    assert rounded(table, 1).values.tolist() == [["a", "0.5"], ["–", "1.0"]]
    assert list(rounded(table.iloc[:0]).columns) == ["seg", "estimate"]
    assert rounded(pd.DataFrame()).empty


def test_what_people_wrote_cannot_steer_a_terminal(answer):
    hostile = dataclasses.replace(
        answer, question="Is\x1b[2J?", table=TABLE.rename(columns={"metric": "me\x07tric"}),
        notes=(Note("x", "a\rb"),),
    )  # fmt: skip
    text = hostile.summary()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "Is\\x1b[2J?" in text
