"""The checks: every problem at once, with the values found, their rows, and the way out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxresearch.errors import SurveyError
from cxresearch.survey import check, read

SEVEN = {"column": "a", "scale": [1, 7]}
rng = np.random.default_rng(3)
GOOD = rng.integers(1, 8, 300)
NEAR = np.clip(GOOD + rng.integers(-1, 2, 300), 1, 7)
THIRD = np.clip(GOOD + rng.integers(-2, 3, 300), 1, 7)


def problems(columns, questions=None, **more):
    """Return what is found when every column is a 1-7 metric unless said otherwise."""
    frame = pd.DataFrame(columns)
    questions = questions or {name: {"column": name, "scale": [1, 7]} for name in frame.columns}
    return check(frame, {"metrics": questions, **more})


def kinds(found):
    return [(problem.kind, problem.severity) for problem in found]


@pytest.mark.parametrize(
    ("answers", "kind", "rows", "values", "words"),
    [
        ([4, 5, -99, -99], "missing_code", 2, {"-99": 2}, ["-99 (2 rows)", "missing = [-99]", "[metrics.a]"]),
        ([4, 5, 0, 99, 99], "missing_code", 3, {"99": 2, "0": 1}, ["missing = [0, 99]"]),
        ([4, 5, 8, 9], "missing_code", 2, {"8": 1, "9": 1}, ["missing = [8, 9]"]),
        ([4, 50, 80], "out_of_scale", 2, {"50": 1, "80": 1}, ["1-7", "from 4 to 80", "scale = [low, high]"]),
        ([4, np.inf, 3], "out_of_scale", 1, {"inf": 1}, ["inf (1 row)"]),
        ([4, 2.5, 3], "fractional", 1, {"2.5": 1}, ["steps of 1", 'step = "any"']),
        ([4, "Blank", "5"], "text", 1, {"'Blank'": 1}, ['missing = ["Blank"]', 'labels = {"Blank" = ...}']),
        ([4, "x\x1b[31m\u202e", "5"], "text", 1, None, ["\\x1b[31m\\u202e"]),
        ([4, "y" * 10**6, "5"], "text", 1, None, ["(1,000,000 characters)"]),
        ([None, None], "all_missing", 2, {"empty": 2}, ["no answer in any of 2 rows"]),
    ],
)
def test_errors_of_one_column(answers, kind, rows, values, words):
    [problem] = problems({"a": answers}, {"a": SEVEN})
    assert (problem.kind, problem.severity, problem.rows) == (kind, "error", rows)
    assert (problem.column, problem.question) == ("a", "a")
    if values is not None:
        assert dict(problem.values) == values
    for word in words:
        assert word in problem.message
    assert len(problem.message) < 500
    assert problem.message.isprintable()


LONGER, AS_CODES = "The scale seems longer, {}: then say ", "add missing = [{}]"
BOTH = "If it was asked on {}, say "


@pytest.mark.parametrize(
    ("found", "entry", "there", "absent"),
    [
        ({6: 200, 7: 150}, {"instrument": "csat5"}, [LONGER.format("1-7"), '"csat7" or scale = [1, 7]'], "missing ="),
        ({6: 1, 7: 1}, {"instrument": "csat5"}, [LONGER.format("1-7")], "missing ="),
        ({6: 9, 7: 9, 99: 3}, {"scale": [1, 5]}, [LONGER.format("1-7"), AS_CODES.format("99")], "[6"),
        ({6: 90, 8: 60, 9: 50, 10: 20}, {"scale": [1, 5]}, [LONGER.format("1-10")], "missing ="),
        ({0: 90}, {"instrument": "stars5"}, [LONGER.format("0-5"), '"stars0" or scale = [0, 5]'], "missing ="),
        ({0: 2}, {"scale": [1, 5]}, [BOTH.format("0-5"), AS_CODES.format("0")], "seems"),
        ({0: 90, 6: 90}, {"scale": [1, 5]}, [BOTH.format("0-6"), AS_CODES.format("0, 6")], "seems"),
        ({6: 90}, {"scale": [1, 5]}, [BOTH.format("1-6"), AS_CODES.format("6")], "seems"),
        ({6: 2}, {"scale": [1, 5]}, [AS_CODES.format("6")], "asked"),
        ({8: 2, 9: 1}, {"scale": [1, 5]}, [AS_CODES.format("8, 9")], "seems"),
        ({99: 90, -99: 2}, {"scale": [1, 5]}, [AS_CODES.format("-99, 99")], "asked"),
        ({-1: 90}, {"scale": [0, 10]}, [AS_CODES.format("-1")], "asked"),
    ],
)  # fmt: skip
def test_answers_on_a_longer_scale_are_not_taken_for_codes(found, entry, there, absent):
    """A 1-7 question declared 1-5 loses its best customers if 6 and 7 become "no answer"."""
    answers = [1, 2, 3, 4, 5, 5, 4, 4, 3, 5] * 60 + [value for value, n in found.items() for _ in range(n)]
    problem = problems({"a": answers}, {"a": {"column": "a"} | entry})[0]
    for words in there:
        assert words in problem.message
    assert absent not in problem.message
    assert problem.kind == ("out_of_scale" if "seems" in problem.message else problem.kind)


@pytest.mark.parametrize(
    ("answers", "entry", "words"),
    [
        ([1, 2, 3, 4, 5, 5] * 5, {"instrument": "csat7"}, "nobody of 30 answered 6 or 7: is the scale 1-5?"),
        ([1, 2, 3, 4, 5, 5] * 5, {"instrument": "nps"}, "nobody of 30 answered 6 or more: is the scale 1-5?"),
        ([3, 4, 5, 5, 5, 5] * 5, {"instrument": "ces1"}, "nobody of 30 answered 1 or 2: is the scale 3-5?"),
        ([0, 1, 2, 3, 4, 4] * 5, {"scale": [0, 5]}, "nobody of 30 answered 5: is the scale 0-4?"),
    ],
)
def test_a_good_end_that_nobody_uses_is_a_warning(answers, entry, words):
    """Answers on 1-5 read as 1-7 give a top-2 share of 0 %."""
    [problem] = problems({"a": answers}, {"a": {"column": "a"} | entry})
    assert (problem.kind, problem.severity, problem.rows) == ("unused_end", "warning", 30)
    assert words in problem.message


@pytest.mark.parametrize(
    ("answers", "entry"),
    [
        ([1, 2, 3, 4, 5, 5] * 4, {"instrument": "csat7"}),  # too few to tell
        ([3, 4, 5, 6, 7, 7] * 5, {"instrument": "csat7"}),  # the bad end may stay unused
        ([1, 1, 2, 3, 4, 5] * 5, {"instrument": "ces1"}),
        ([*[0, 3, 5, 6, 7, 8] * 10, 9], {"instrument": "nps"}),  # nor is the very best often given
        ([1, 2, 3, 4, 5, 5] * 5, {"scale": [0, 10], "step": "any"}),
        ([0, 1, 2, 3, 4, 5] * 5, {"kind": "count"}),
        ([0.5, 20, 30, 40, 50, 50] * 5, {"kind": "number"}),
    ],
)
def test_an_unused_end_that_says_nothing_is_passed_over(answers, entry):
    assert not problems({"a": answers}, {"a": {"column": "a"} | entry})


def test_answers_beyond_the_good_end_are_told_without_its_being_unused():
    assert kinds(problems({"a": [2, 4, 6, 8, 10] * 10}, {"a": {"column": "a", "scale": [1, 5]}})) == [
        ("out_of_scale", "error")
    ]


def test_items_of_an_index_need_not_reach_the_good_end():
    answers = {"a": [1, 2, 3, 4, 5, 5] * 5, "b": [1, 2, 3, 4, 5, 4] * 5}
    assert not problems(answers, {"i": {"columns": ["a", "b"], "scale": [1, 7]}})


def test_numbers_in_text_are_numbers_and_words_need_a_map():
    assert not problems({"a": ["4", " 5 ", "6.0", None, ""]}, {"a": SEVEN})
    words = ["agree", "Agree", "disagree"]
    assert kinds(problems({"a": words}, {"a": SEVEN})) == [("text", "error")]
    mapped = SEVEN | {"labels": {"agree": 6, "Agree": 6, "disagree": 2}}
    assert not problems({"a": words}, {"a": mapped})
    assert not problems({"a": ["4", "Blank", "5"]}, {"a": SEVEN | {"missing": ["Blank"]}})


def test_everything_is_listed_at_once():
    frame = pd.DataFrame({"a": [4, -99, 3], "b": ["x", "4", "5"], "w": [1, np.nan, -1], "c": [3, 3, 3]})
    book = {
        "metrics": {name: {"column": name, "scale": [1, 7]} for name in "abc"},
        "outcomes": {"again": {"column": "agian", "scale": [1, 7]}},
        "design": {"weight": "w"},
    }
    with pytest.raises(SurveyError) as caught:
        read(frame, book)
    found = caught.value.problems
    assert kinds(found) == [
        ("missing_column", "error"), ("missing_code", "error"), ("text", "error"), ("weight", "error"),
        ("constant", "warning"),
    ]  # fmt: skip
    text = str(caught.value)
    assert text.startswith("pandas DataFrame does not fit its codebook: 4 errors, 1 warning.")
    assert all(problem.message in text for problem in found)
    assert check(frame, book) == found
    assert read(frame, book, problems="list").problems == found


def test_warnings_do_not_stop_a_read():
    survey = read(pd.DataFrame({"a": [3, 3, 3]}), {"metrics": {"a": SEVEN}})
    assert kinds(survey.problems) == [("constant", "warning")]
    assert repr(survey).endswith("; 1 problem noted)")


@pytest.mark.parametrize(
    ("weights", "rows"),
    [
        ([1.0, np.nan, 2.0], 1),
        ([1, -1, 2], 1),
        ([1.0, np.inf, -np.inf], 2),
        (["1", "x", "2"], 1),
        ([0, 0, 0], 3),
    ],
)
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda data: pl.DataFrame(data).lazy()])
def test_weights(weights, rows, make):
    frame = make({"a": [3, 4, 5], "w": weights})
    [problem] = check(frame, {"metrics": {"a": SEVEN}, "design": {"weight": "w"}})
    assert (problem.kind, problem.column, problem.rows, problem.severity) == ("weight", "w", rows, "error")


def test_many_different_weights_are_checked_too():
    weights = rng.random(50_000)
    weights[7] = np.nan
    frame = pd.DataFrame({"a": rng.integers(1, 8, 50_000), "w": weights})
    book = {"metrics": {"a": SEVEN}, "design": {"weight": "w"}}
    [problem] = check(frame, book)
    assert (problem.kind, problem.rows) == ("weight", 1)
    frame["w"] = frame["w"].fillna(0)
    cells = read(frame, book).cells("a")
    assert not cells.weight_exact
    assert cells.w.sum() == pytest.approx(frame["w"].sum(), rel=1e-12)
    assert cells.w2.sum() == pytest.approx((frame["w"] ** 2).sum(), rel=1e-12)


def test_strata_clusters_and_population():
    frame = pd.DataFrame({"a": [3, 4, 5], "s": ["x", None, "y"], "c": [1, np.nan, np.nan], "N": [10, 0, 10]})
    design = {"strata": "s", "cluster": "c", "population": "N"}
    found = check(frame, {"metrics": {"a": SEVEN}, "design": design})
    assert [(p.kind, p.rows) for p in found] == [("population", 1), ("strata", 1), ("cluster", 2)]
    [problem] = check(frame, {"metrics": {"a": SEVEN}, "design": {"population": 2}})
    assert problem.kind == "population"


def test_duplicated_columns():
    found = problems({"a": GOOD, "b": GOOD, "c": NEAR})
    assert kinds(found) == [("duplicate", "warning")]
    assert "'a'" in found[0].message
    assert "'b'" in found[0].message
    shifted = np.roll(GOOD, 1)  # the same answers in other rows are no copy
    assert not problems({"a": GOOD, "b": shifted, "c": NEAR})


@pytest.mark.parametrize(
    ("outcome", "severity"),
    [(GOOD, "error"), (8 - GOOD, "error"), ((GOOD >= 6) * 6 + 1, "error"), (NEAR, None)],
)
def test_an_outcome_that_copies_a_metric(outcome, severity):
    found = problems(
        {"a": GOOD, "y": outcome}, {"a": SEVEN}, outcomes={"again": {"column": "y", "scale": [1, 7]}}
    )
    copies = [problem.severity for problem in found if problem.kind == "outcome_copy"]
    assert copies == ([severity] if severity else [])


def test_one_column_as_metric_and_outcome_is_a_warning():
    """The user wrote it down, so it is known; a comparison has to leave the metric out for this outcome."""
    found = problems({"a": GOOD}, {"a": SEVEN}, outcomes={"again": SEVEN})
    assert kinds(found) == [("outcome_copy", "warning")]


def test_an_item_that_runs_against_its_siblings():
    index = {"i": {"columns": ["a", "b", "c"], "scale": [1, 7]}}
    [problem] = problems({"a": GOOD, "b": 8 - NEAR, "c": THIRD}, index)
    assert (problem.kind, problem.column, problem.severity) == ("reversed", "b", "warning")
    assert "reverse = ['b']" in problem.message
    index["i"]["reverse"] = ["b"]
    assert not problems({"a": GOOD, "b": 8 - NEAR, "c": THIRD}, index)


def test_a_metric_that_runs_against_the_others():
    found = problems({"a": GOOD, "b": NEAR, "c": 8 - THIRD})
    assert [(p.kind, p.question) for p in found] == [("reversed", "c")]
    assert 'good = "low" in [metrics.c]' in found[0].message
    questions = {name: {"column": name, "scale": [1, 7]} for name in "abc"}
    questions["c"]["good"] = "low"
    assert not problems({"a": GOOD, "b": NEAR, "c": 8 - THIRD}, questions)


def test_unrelated_questions_do_not_look_reversed():
    for seed in range(20):
        noise = np.random.default_rng(seed).integers(1, 8, (200, 4))
        assert not [p for p in problems(dict(zip("abcd", noise.T, strict=True))) if p.kind == "reversed"]


@pytest.mark.parametrize(
    ("answers", "kind", "expected"),
    [
        ([0, 1, 2, 5, 99], "count", [("missing_code", "warning")]),
        ([0, 1, 2, 5, 9], "count", []),
        ([0, 1, 2.5], "count", [("fractional", "error")]),
        ([0, 1, -1], "count", [("missing_code", "error")]),
        ([20.5, 31, 45, -99], "number", [("missing_code", "warning")]),
        ([0, 1, 2], "binary", [("missing_code", "error")]),
        ([True, False, None], "binary", []),
        (["north", "south", None], "category", []),
        (["north", "north", None], "category", [("constant", "warning")]),
        ([1, 2, 3, -99], "category", [("missing_code", "warning")]),
    ],
)
def test_drivers_and_controls(answers, kind, expected):
    found = problems({"a": [1, 2, 3, 4, 5][: len(answers)], "d": answers}, {"a": SEVEN},
                     drivers={"d": {"column": "d", "kind": kind}})  # fmt: skip
    assert kinds(found) == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(-3, 12), st.text(max_size=3), st.booleans()), min_size=1),
    st.randoms(),
)
def test_checking_never_raises_and_row_order_is_irrelevant(answers, random):
    frame = pd.DataFrame({"a": pd.Series(answers, dtype=object)})
    book = {"metrics": {"a": SEVEN}}
    found = check(frame, book)
    mixed = frame.sample(frac=1, random_state=random.randint(0, 9999))
    assert [(p.kind, p.rows, dict(p.values)) for p in check(mixed, book)] == [
        (p.kind, p.rows, dict(p.values)) for p in found
    ]
    assert all(problem.message.isprintable() for problem in found)
