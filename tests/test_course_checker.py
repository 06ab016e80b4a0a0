"""The checker: any route to a right answer passes, each usual mistake is named, an open answer is no mistake."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import course, datasets, power
from cxresearch._course_exercises import Exercise, Mistake, judge, same
from cxresearch.stats import tails

EXERCISES = [exercise for number in course.LESSONS for exercise in course.exercises(number)]
each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


def _spaced(part):
    return part.replace("_", " ").title() if isinstance(part, str) else part


def _forms(right, column="estimate"):
    """Sensible ways to hand in a right answer of any kind."""
    if isinstance(right, dict):
        series = pd.Series(right)
        frame = series.rename("value").rename_axis("part").reset_index()
        yield from (right, series, series.to_frame(), list(right.values()), frame)
        yield {str(name).upper(): part for name, part in right.items()}
        yield {str(name).replace("_", " "): _spaced(part) for name, part in right.items()}
        yield {str(name).replace(" ", "-"): np.array(part) for name, part in right.items()}
        if all(isinstance(part, float) for part in right.values()):
            yield np.array(list(right.values()))
    elif isinstance(right, str):
        yield from (right, right.upper(), f" {right} ", [right], pd.Series([right]), _spaced(right))
        yield from (np.array(right), np.where(True, right, "no"), [np.array(right)])
    elif isinstance(right, tuple):
        yield from (right, list(right), np.array(right), {"low": right[0], "high": right[1]})
        row = pd.Series({"measure": "r", "estimate": 7.0, "conf_low": right[0], "conf_high": right[1]})
        yield from (row, row.to_frame().T, row.to_dict(), next(row.to_frame().T.itertuples()))
        low, high = right
        for names in (("low", "high"), ("conf_low", "conf_high"), ("Lower", "Upper")):
            backwards = {names[1]: high, names[0]: low}
            series = pd.Series(backwards)
            yield from (backwards, series, series.to_frame(), series.to_frame().T, [backwards])
            yield {"r": 7.0, **backwards}
        yield from (np.array([right]), np.array([right]).T, [right], pd.DataFrame([right]), pd.Index(right))
        yield from (iter(right), np.array(right, dtype=object), {"from": low, "to": high})
        yield from (f"{right[0]} to {right[1]}", f"({right[0]}, {right[1]})", f"{right[0]}–{right[1]}")
        yield f"{right[0]} to {right[1]} points".replace(".", ",")
    elif isinstance(right, list):
        yield from (right, tuple(right), pd.Index(right), ", ".join(right), " > ".join(right))
        yield pd.Series(range(len(right), 0, -1), index=right)
    else:
        yield from (right, np.float64(right), np.array(right), str(right), f"{right} %", [right])
        yield from (np.array(str(right)), np.where(True, right, 0.0), np.array([[right]]))
        yield from (pd.Series([right]), {"x": right}, [f"{right} %"], f"r = {right}", f"{right} points")
        table = pd.DataFrame({"label": ["x"], column: [right], "other": [7]})
        yield from (table, table.iloc[0])
        if right < 1000 and right != round(right):
            yield from (str(right).replace(".", ","), f"{right} %".replace(".", ","))


@each
def test_any_form_of_the_right_answer_passes(exercise):
    for form in _forms(exercise.right(), exercise.column):
        assert course.check(exercise.name, form).outcome == "right", form


@each
def test_a_right_answer_may_be_rounded_as_results_are_printed(exercise):
    right = exercise.right()
    if isinstance(right, float):
        assert course.check(exercise.name, round(right, exercise.decimals)).outcome == "right"
        assert course.check(exercise.name, right + 10.0**-exercise.decimals).outcome == "wrong"


def _with(exercise, value):
    right = exercise.right()
    return right | value if isinstance(right, dict) else value


@each
def test_each_usual_mistake_is_wrong_and_named(exercise):
    assert exercise.mistakes
    for mistake in exercise.mistakes:
        reply = course.check(exercise.name, _with(exercise, mistake.value()))
        assert reply.outcome == "wrong", mistake.says
        assert mistake.says in reply.text


@each
def test_no_two_mistakes_give_the_same_number(exercise):
    """Else the checker would name the wrong one; nor does a mistake lie so near the answer that rounding hides it."""
    values = [mistake.value() for mistake in exercise.mistakes]
    if not isinstance(exercise.right(), dict):
        for at, value in enumerate(values):
            assert not any(same(value, other, exercise.decimals) for other in values[:at])


@each
def test_an_unknown_mistake_gets_the_hint_and_nothing_is_no_answer(exercise):
    right = exercise.right()
    if isinstance(right, float):
        assert course.check(exercise.name, right * 1.37 + 1234.5).text == exercise.hint
    for nothing in (..., None, [], {}):
        assert course.check(exercise.name, nothing).outcome == "open"


STRANGE = (
    np.array("yes"), np.where(True, "yes", "no"), np.array(3), np.array(None), np.array([]), np.array([[1, 2], [3, 4]]),
    np.array([1j]), 1j, 10**400, -(10**400), [10**400], (1, 10**400), {"low": 10**400, "high": 1}, {10**400: 1},
    "9" * 400, {1, 2}, {"a"}, object(), len, pd.NA, pd.NaT, pd.Timestamp(0), np.datetime64("2020"), float("nan"),
    (np.nan, 1.0), pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame({"a": ["x", "y"]}), pd.DataFrame([[1, 2, 3]]),
    pd.Series(dtype=float), pd.DataFrame({"conf_low": [1, 2], "conf_high": [3, 4]}), b"ab", "", " ", True, range(2),
    pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame({("a", "b"): [1.0]}), pd.Series([1, 2], ["low", "low"]),
    iter([]), (x for x in (1, 2)), [[]], [[[1]]], {"a": {"b": 1}}, [None], [{}], {None: 1}, [np.array("a")] * 2,
)  # fmt: skip


@each
def test_no_answer_is_an_error_whatever_it_is(exercise):
    right = exercise.right()
    parts = [dict.fromkeys(right, odd) for odd in STRANGE] if isinstance(right, dict) else []
    for odd in (*STRANGE, *parts):
        reply = course.check(exercise.name, odd)
        assert reply.outcome in ("wrong", "unreadable", "open"), odd
        assert "lower end comes first" not in reply.text, odd


def _scalars(exercise):
    """The numbers of a right answer, each with a way to hand in another in its place."""
    right = exercise.right()
    if isinstance(right, dict):
        return [
            (part, lambda x, at=at: right | {at: x}) for at, part in right.items() if isinstance(part, float)
        ]
    if isinstance(right, tuple):
        return [(right[0], lambda x: (x, right[1])), (right[1], lambda x: (right[0], x))]
    return [(right, lambda x: x)] if isinstance(right, float) else []


@each
def test_only_what_keeps_digits_is_called_rounded(exercise):
    """No whole number for a share or a correlation, no tens for anything that has decimals."""
    for right, put in _scalars(exercise):
        bold = (
            [round(right, digits) for digits in (-4, -3, -2, -1)] if exercise.decimals or right < 1000 else []
        )
        bold += [float(round(right)), 1.0, -1.0] if abs(right) < 1 else []
        bold += [round(right, digits) for digits in range(exercise.decimals - 2)]
        for given in bold:
            if given and not same(given, right, exercise.decimals):
                assert "Rounded too far" not in course.check(exercise.name, put(given)).text, given


@each
def test_a_word_has_choices_and_any_other_word_is_not_judged(exercise):
    right = exercise.right()
    parts = right if isinstance(right, dict) else {"": right}
    words = {name: part for name, part in parts.items() if isinstance(part, str)}
    assert set(words.values()) <= set(exercise.choices)
    for name in words:
        for other in ("the outage", "neither", "-"):
            reply = course.check(exercise.name, right | {name: other} if name else other)
            assert (reply.outcome, "and in one of these words" in reply.text) == ("unreadable", True)


@each
def test_texts_are_plain_sentences(exercise):
    for text in (exercise.asks, exercise.praise, exercise.hint, *(m.says for m in exercise.mistakes)):
        assert text.rstrip()[-1] in ".?)"
        assert str(exercise.right()) not in text


def _one(right=12.5, unit="%", decimals=1, **rest):
    return Exercise("9.1", "?", lambda: right, "Well.", "Hint.", unit=unit, decimals=decimals, **rest)


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        (_one(), 0.125, "multiply by 100"),
        (_one(unit="points"), 0.125, "asked in points"),
        (_one(0.32, "", 2), 32, "divide by 100"),
        (_one(), -12.5, "the sign is not"),
        (_one(), 87.5, "share of all the others"),
        (_one(12.34, "points", 2), 12.3, "at least 2 decimals"),
        (_one(12.34, "points"), 12, "at least 1 decimal."),
        (_one(), 99, "Hint."),
        (_one((1.0, 2.0), ""), (2.0, 1.0), "lower end comes first"),
        (_one(0.08338, "", 3), 8.3, "divide by 100"),
        (_one(0.08338, "", 3), "8,3 %", "divide by 100"),
        (_one(37.947), 0.38, "multiply by 100"),
        (_one((0.039, 0.232), "", 3), (3.9, 23.2), "3.9 to 23.2 is in per cent"),
        (_one((0.039, 0.232), "", 3), "3.9 % to 23.2 %", "3.9 to 23.2 is in per cent"),
        (_one((0.039, 0.232), "", 3), "4 to 23 %", "4 to 23 is in per cent"),
        (_one((-49.0, 66.0), "points"), (-0.49, 0.66), "multiply by 100"),
        (_one((0.039, 0.232), "", 3), (-0.039, -0.232), "the sign is not"),
        (_one((0.0394, 0.232), "", 3), (0.04, 0.23), "at least 3 decimals"),
        (_one((0.0394, 0.232), "", 3), (0.04, 23.2), "Hint."),
        (_one(1557.0, "customers", 0), 1560, "every digit before the point"),
        (_one(0.0394, "", 3), 0.04, "at least 3 decimals"),
        (_one(3.1416, "points", 3), 3, "Hint."),
        (_one(0.797, "", 2), 1.0, "Hint."),
        (_one(0.967, "", 2), 1.0, "Hint."),
        (_one(64.15), 60, "Hint."),
        (_one(14.93, "points"), 10, "Hint."),
        (_one(64.0, "customers", 0), 60, "Hint."),
        (_one(1557.0, "customers", 0), 1600, "Hint."),
        (_one((-49.0, 66.0), "points"), (-50, 70), "Hint."),
        (_one((1.0, 2.0), ""), pd.DataFrame({"low": [2.0], "high": [1.0]}), "lower end comes first"),
    ],
)
def test_mistakes_of_unit_sign_and_rounding_are_named_everywhere(exercise, answer, says):
    reply = judge(exercise, answer)
    assert reply.outcome == "wrong"
    assert says in reply.text


@pytest.mark.parametrize(
    ("right", "answer", "says"),
    [
        (1.0, float("nan"), "nan"),
        (1.0, [1, 2], "holds 2"),
        (1.0, "abc", "'abc'"),
        (1.0, object(), "a object"),
        (1.0, float("inf"), "infinite"),
        (1.0, "1e999", "infinite"),
        (1.0, "4 or 5", "'4 or 5'"),
        (1.0, "5 thousand", "'5 thousand'"),
        (1.0, pd.DataFrame({"x": ["a", "b"], "y": 1, "z": 2}), "a table of 2 rows and 3 columns"),
        ((1.0, 2.0), "1 to 2 to 3", "'1 to 2 to 3'"),
        ((1.0, 2.0), "1", '"0.1 to 0.3"'),
        ((1.0, 2.0), ("1", "b"), "'b'"),
        ("ces", 3, "a word in quotes"),
        ((1.0, 2.0), 3, "two numbers"),
        ((1.0, 2.0), (1, 2, 3), "holds 3"),
        ((1.0, 2.0), {1.0, 2.0}, "a set"),
        ((1.0, 2.0), pd.DataFrame({"low": [1, 2], "high": [3, 4]}), "this table has 2 rows"),
        (1.0, 10**400, "too large"),
        (["a", "b"], 3, "a list of names"),
        ({"a": 1.0, "b": 2.0}, {"a": 1.0}, "missing here: b"),
        ({"a": 1.0, "b": 2.0}, 3, "hand in a dictionary"),
        ({"a": 1.0, "b": 2.0}, pd.DataFrame({"x": ["a", "b"], "y": 1, "z": 2}), "2 columns of numbers"),
        ({"a": 1.0, "b": 2.0}, pd.DataFrame({"x": ["a", "b", "b"], "y": 1}), "more than one row for b"),
        ({"a": 1.0, "b": 2.0}, pd.DataFrame({"x": ["a", "c"], "y": 1}), "no column of this table names"),
    ],
)
def test_what_cannot_be_read_is_said_and_is_no_error(right, answer, says):
    reply = judge(_one(right), answer)
    assert reply.outcome == "unreadable"
    assert says in reply.text.lower()


def test_a_number_names_an_exercise_too():
    assert course.check(1.2, ...).exercise == "1.2"


def test_a_word_outside_the_choices_is_not_judged():
    reply = judge(_one("tie", choices=("tie", "ces")), "nps")
    assert (reply.outcome, "'tie', 'ces'" in reply.text) == ("unreadable", True)


def test_words_in_named_parts_have_choices_too_however_they_are_spelt():
    exercise = _one({"a": "long_form", "b": "outage", "c": 2.0}, choices=("outage", "long_form"))
    for words in (("Long form", "OUTAGE"), ("long-form", " outage "), ("LONG_FORM", np.array("outage"))):
        assert judge(exercise, {"a": words[0], "b": words[1], "c": 2}).outcome == "right"
    reply = judge(exercise, {"a": "long", "b": "the outage", "c": 2})
    assert (reply.outcome, reply.text) == (
        "unreadable", "Hand in one of these words for a and b: 'outage', 'long_form'."
    )  # fmt: skip
    assert judge(exercise, {"a": "outage", "b": "outage", "c": 2}).outcome == "wrong"


def test_of_named_parts_the_reply_says_which_are_right_and_why_others_are_not():
    exercise = _one({"a": 1.0, "b": 2.0}, "points", mistakes=(Mistake(lambda: {"b": 5.0}, "too greedy."),))
    assert judge(exercise, {"a": 1, "b": 5}).text == "Right so far: a. b: too greedy."
    assert judge(exercise, {"a": 1, "b": 9}).text == "Right so far: a. b: not this. Hint."
    assert judge(exercise, {"a": 1, "b": -2}).text.startswith("Right so far: a. b: The size is right")
    assert judge(exercise, {"a": 1, "b": ...}).outcome == "open"


def test_results_of_the_package_are_read():
    survey = cx.read(datasets.load_contact_survey(), datasets.codebook("contact_survey"))
    assert course.check("1.7", cx.score(survey)).outcome == "right"
    assert course.check("1.7", cx.score(survey).table).outcome == "right"
    assert course.check("1.7", cx.score(survey, metrics="ces")).outcome == "wrong"
    assert "which" not in course.check("1.3", cx.score(survey)).text


def test_a_row_of_the_contest_and_a_plan_are_read():
    contest = cx.compare(
        cx.worlds.satisfaction_wins().sample(400, seed=4), "repurchase", ["csat", "ces"], seed=1
    )
    rows = contest.pairs.set_index("measure")
    for row in (rows.loc["pearson_r"], contest.pairs.iloc[2], next(rows.loc[["pearson_r"]].itertuples())):
        assert course.check("3.2", row).outcome == "right"
    assert course.check("3.2", rows.loc["spearman_r"]).outcome == "wrong"
    plan = power.contest(0.57, 0.48, 0.45)
    for form in (plan, plan.table, plan.table.iloc[1], "1,557", "1 557 customers"):
        assert course.check("3.5", form).outcome == "right"
    assert "differ at all" in course.check("3.5", plan.table.iloc[0]).text
    assert "infinite" in course.check("3.5", plan.table.iloc[2]).text


def test_a_correlation_with_its_range_is_read():
    assert course.check("6.2", tails.implied_correlation(0.04, 0.94, 1 / 5)).outcome == "right"


def test_a_comma_is_read_and_the_reply_says_how():
    assert (
        judge(_one(36.2), "36,2 %").text
        == "Well. `36,2` was read as 36.2: decimals take a point, thousands no mark."
    )
    assert judge(_one(1.557, "", 3), "1,557").text.startswith("Hint. `1,557` was read as 1557")
    parts = judge(_one({"a": 1.5, "b": 2.0}), {"a": "1,5", "b": 2})
    assert (parts.outcome, "`1,5` was read as 1.5" in parts.text) == ("right", True)
    ends = judge(_one((1.5, 2.5), ""), ("1,5", "2,5"))
    assert (ends.outcome, ends.text.count("was read as")) == ("right", 2)


def test_replies_show_themselves_and_escape():
    reply = course.Reply("9.1", "wrong", "<b> is not `x`.")
    assert repr(reply) == "9.1 Not yet. <b> is not `x`."
    assert "&lt;b&gt; is not <code>x</code>." in reply._repr_html_()


def test_an_unknown_exercise_lesson_or_dial_is_an_error():
    with pytest.raises(ValueError, match=r"no exercise '1\.99'; lesson 1 has 1\.1, 1\.2"):
        course.check("1.99", 1)
    with pytest.raises(ValueError, match=r"no exercise '3'; lesson 3 has 3\.1, 3\.2"):
        course.check("3", 1)
    with pytest.raises(
        ValueError, match=r"no exercise '9\.9'; the lessons are 1, 2, 3, 4, 5, 6, .* such as '1\.2'"
    ):
        course.check("9.9", 1)
    for door in (course.exercises, course.dial):
        for none in (99, 1.5, True, "1", None):
            with pytest.raises(ValueError, match=f"no lesson {none!r}; there are 1, 2"):
                door(none)
        assert door(1.0) == door(np.int64(1)) == door(1)


def test_a_guess_is_set_beside_the_result_and_the_result_waits_for_it():
    assert "22.9 too high" in repr(course.reveal(40, 17.07))
    assert "1.0 too low" in repr(course.reveal(4, 5.0))
    assert "Spot on" in repr(course.reveal("5 %", 5.0))
    assert "As you thought" in repr(course.reveal(" steady ", "Steady"))
    assert "Not what you thought" in repr(course.reveal("a", "<b>"))
    assert "&lt;b&gt;" in course.reveal("a", "<b>")._repr_html_()
    waiting = course.reveal(..., 17.07)
    assert "17.1" not in repr(waiting)
    assert "<details>" in waiting._repr_html_()
    for guess, result in ((3, "Steady"), ("high", 5.0), ("maybe", "yes")):
        reply = course.reveal(guess, result)
        assert "Cannot read the guess" in repr(reply)
        assert str(result) not in repr(reply).replace("'yes' or 'no'", "")
    assert "As you thought" in repr(course.reveal(np.where(True, "yes", "no"), np.where(True, "yes", "no")))
    assert "As you thought" in repr(course.reveal("not-enough data", "Not enough data"))
    assert "Cannot read the guess" in repr(course.reveal(10**400, np.array(5.0)))
    for guess in (..., 3):
        assert "answer the exercise above" in course.reveal(guess, ...)._repr_html_()


def test_what_is_shown_with_a_result_is_folded_away_with_it():
    table = pd.DataFrame({"r": [0.53]}, ["<csat>"])
    for also in (table, "0.53 for <csat>"):
        waiting, made = (course.reveal(guess, 17.07, also=also) for guess in (..., 3))
        assert "0.53" not in repr(waiting)
        assert "0.53" in waiting._repr_html_().partition("<details>")[2].partition("</details>")[0]
        assert "0.53" in repr(made)
        assert "0.53" in made._repr_html_()
        assert "<details>" not in made._repr_html_()
        assert "&lt;csat&gt;" in made._repr_html_()
    assert "0.53" not in course.reveal("high", 17.07, also=table)._repr_html_()


def test_a_result_that_is_asked_for_is_shown_after_a_right_answer_only():
    for answer in (1_600, "abc"):
        reply = course.reveal(1_000, answer, exercise="3.5", decimals=0)
        assert "not right yet" in repr(reply)
        assert "1,557" not in reply._repr_html_()
    assert "answer the exercise above" in repr(course.reveal(1_000, ..., exercise="3.5"))
    right = course.reveal(1_000, power.contest(0.57, 0.48, 0.45), exercise="3.5", decimals=0)
    assert "Result: 1,557. Your guess is 557 too low." in repr(right)
    with pytest.raises(ValueError, match=r"a number, which 3\.2 does not ask for"):
        course.reveal(1, 2, exercise="3.2")
