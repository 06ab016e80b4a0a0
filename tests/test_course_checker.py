"""The checker: any route to a right answer passes, each usual mistake is named, an open answer is no mistake."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import course, datasets
from cxresearch._course_exercises import Exercise, Mistake, judge, same

EXERCISES = [exercise for number in course.LESSONS for exercise in course.exercises(number)]
each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


def _forms(right):
    """Sensible ways to hand in a right answer of any kind."""
    if isinstance(right, dict):
        series = pd.Series(right)
        frame = series.rename("value").rename_axis("part").reset_index()
        yield from (right, series, series.to_frame(), list(right.values()), frame)
        yield {str(name).upper(): part for name, part in right.items()}
        if all(isinstance(part, float) for part in right.values()):
            yield np.array(list(right.values()))
    elif isinstance(right, str):
        yield from (right, right.upper(), f" {right} ", [right], pd.Series([right]))
    elif isinstance(right, tuple):
        yield from (right, list(right), np.array(right), {"low": right[0], "high": right[1]})
        yield pd.DataFrame({"conf_low": [right[0]], "conf_high": [right[1]]})
    elif isinstance(right, list):
        yield from (right, tuple(right), pd.Index(right), ", ".join(right), " > ".join(right))
        yield pd.Series(range(len(right), 0, -1), index=right)
    else:
        yield from (right, np.float64(right), np.array(right), str(right), f"{right} %", [right])
        yield from (pd.Series([right]), pd.DataFrame({"estimate": [right], "n": [7]}), {"x": right})


@each
def test_any_form_of_the_right_answer_passes(exercise):
    for form in _forms(exercise.right()):
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
        ("ces", 3, "a word in quotes"),
        ((1.0, 2.0), 3, "two numbers"),
        ((1.0, 2.0), (1, 2, 3), "holds 3"),
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


def test_replies_show_themselves_and_escape():
    reply = course.Reply("9.1", "wrong", "<b> is not `x`.")
    assert repr(reply) == "9.1 Not yet. <b> is not `x`."
    assert "&lt;b&gt; is not <code>x</code>." in reply._repr_html_()


def test_an_unknown_exercise_lesson_or_dial_is_an_error():
    with pytest.raises(ValueError, match=r"no exercise '1\.99'; there are 1\.1, 1\.2"):
        course.check("1.99", 1)
    for door in (course.exercises, course.dial):
        with pytest.raises(ValueError, match="no lesson 99"):
            door(99)


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
    for guess, result in ((3, "Steady"), ("high", 5.0)):
        assert "Cannot read the guess" in repr(course.reveal(guess, result))
    for guess in (..., 3):
        assert "answer the exercise above" in course.reveal(guess, ...)._repr_html_()
