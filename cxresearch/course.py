"""The course: exercises that check themselves, guesses before results, and figures with a dial.

Six lessons in ``notebooks/course`` use it; the answers are computed here, so that a lesson does not hold them.

``course.check("1.3", answer)``
    Says whether an answer is right, and what went wrong where it is a known mistake.
``course.reveal(guess, result)``
    Sets a guess made beforehand beside the result.
``course.dial(1)``
    The figure of lesson 1 with its slider.
"""

from __future__ import annotations

import html
import importlib
import sys
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxresearch._course_1 import two_teams
from cxresearch._course_2 import asked_twice, uneven_world
from cxresearch._course_5 import three_frictions
from cxresearch._course_answers import CannotReadError, bare, is_open, key, number, word
from cxresearch._course_dial import Dial
from cxresearch._course_exercises import Exercise, Reply, box, judge
from cxresearch.results import marked

__all__ = [
    "LESSONS", "Dial", "Exercise", "Guess", "Reply", "asked_twice", "check", "dial", "exercises", "reveal",
    "three_frictions", "two_teams", "uneven_world",
]  # fmt: skip

#: The lessons, by number.
LESSONS = (1, 2, 3, 4, 5, 6)

_YES_NO = ("yes", "no")


def check(exercise: str, answer: Any) -> Reply:
    """Check an answer to an exercise of the course.

    Parameters
    ----------
    exercise : str
        Lesson and number, such as ``"1.2"``.
    answer : object
        What you found, in any form that holds it: a number, a word, a result of the package (its estimate is
        taken), a Series, a DataFrame, a dictionary, a list. ``...`` or None is an open answer and no mistake.

    Returns
    -------
    Reply
        Shows itself in a notebook; `Reply.outcome` is ``"right"``, ``"wrong"``, ``"open"`` or ``"unreadable"``.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Notes
    -----
    A number is right when it agrees to the decimals that results are printed with; how it was reached does not
    matter. A reply that names a mistake has recognised its number: another mistake can give the same one.

    Examples
    --------
    >>> check("1.2", ...)
    1.2 Not answered yet. Replace each `...` in the cell and run it again.
    >>> check("1.2", 2_000).outcome
    'wrong'
    """
    exercise = str(exercise)  # 1.2 is as good as "1.2"
    return judge(_exercise(exercise), answer)


def _exercise(name: str) -> Exercise:
    lesson = next((n for n in LESSONS if name.partition(".")[0] == str(n)), None)
    if lesson is None:
        raise ValueError(
            f"there is no exercise {name!r}; the lessons are {', '.join(map(str, LESSONS))}, an exercise is named by "
            "lesson and number, such as '1.2'."
        )
    known = {item.name: item for item in exercises(lesson)}
    if name not in known:
        raise ValueError(f"there is no exercise {name!r}; lesson {lesson} has {', '.join(known)}.")
    return known[name]


def exercises(lesson: int) -> tuple[Exercise, ...]:
    """Return the exercises of a lesson, for teachers: question, right answer (computed when called), mistakes.

    Parameters
    ----------
    lesson : int
        Its number.

    Raises
    ------
    ValueError
        If there is no such lesson.

    Examples
    --------
    >>> exercises(1)[0].asks
    'The mean of the answers to "would recommend", blanks left out.'
    """
    return tuple(_module(lesson).EXERCISES)


def dial(lesson: int) -> Dial:
    """Return the figure of a lesson that can be turned.

    Parameters
    ----------
    lesson : int
        Its number.

    Returns
    -------
    Dial
        Shows itself in a notebook: slider and figure where a kernel runs, the figure at rest in a page.

    Raises
    ------
    ValueError
        If there is no such lesson.

    Examples
    --------
    >>> dial(1).settings
    (2, 3, 4, 5, 6, 7)
    """
    found: Dial = _module(lesson).DIAL
    return found


def _module(lesson: int) -> Any:
    if isinstance(lesson, bool) or lesson not in LESSONS:
        raise ValueError(f"there is no lesson {lesson!r}; there are {', '.join(map(str, LESSONS))}.")
    return importlib.import_module(f"cxresearch._course_{int(lesson)}")  # 1.0 is as good as 1


@dataclass(frozen=True)
class Guess:
    """A guess beside the result; without a guess the result stays folded away.

    Attributes
    ----------
    guess, result : str
        As text with their unit; `guess` is empty where none was made.
    says : str
        How far apart they are.
    also : DataFrame or str
        What is shown with the result, and folded away with it.
    """

    guess: str
    result: str
    says: str
    also: pd.DataFrame | str = ""

    def __repr__(self) -> str:
        if not self.result:
            return self.says
        if not self.guess:
            return f"{self.says} (The result is shown once there is a guess.)"
        also = self.also.to_string() if isinstance(self.also, pd.DataFrame) else self.also
        return f"Your guess: {self.guess}. Result: {self.result}. {self.says}\n{also}".rstrip()

    def _repr_html_(self) -> str:
        if not self.result:
            return box(html.escape(self.says), "#474747")
        result = f"<strong>{html.escape(self.result)}</strong>"
        also = self.also.to_html() if isinstance(self.also, pd.DataFrame) else f"<p>{marked(self.also)}</p>"
        also = also if len(self.also) else ""
        if self.guess:
            return (
                box(f"Your guess: {html.escape(self.guess)}. Result: {result}. {self.says}", "#0072B2") + also
            )
        fold = f"<details><summary>Show the result without a guess</summary>Result: {result}{also}</details>"
        return box(f"{html.escape(self.says)}{fold}", "#474747")


def reveal(
    guess: Any,
    result: Any,
    *,
    unit: str = "",
    decimals: int = 1,
    also: pd.DataFrame | str = "",
    exercise: str = "",
) -> Guess:
    """Set a guess beside the computed result; a result is only shown to one who guessed, or who asks for it.

    Parameters
    ----------
    guess : number or str
        ``...`` or None while there is none.
    result : number, str or any answer that `check` takes for a number
        What was computed; ``...`` where the learner is still to compute it.
    unit : str
        Such as ``"%"`` or ``"points"``.
    decimals : int
        Of the numbers shown.
    also : DataFrame or str
        What would give the result away, such as the table it comes from: shown and folded away with it.
    exercise : str
        The exercise, such as ``"3.5"``, whose answer the result is: the result then waits for a right answer.

    Returns
    -------
    Guess
        Shows itself in a notebook.

    Raises
    ------
    ValueError
        If there is no such exercise, or it does not ask for a number.

    Examples
    --------
    >>> reveal(40, 17.07, unit="points")
    Your guess: 40.0 points. Result: 17.1 points. Your guess is 22.9 too high.
    >>> reveal(..., 17.07)
    No guess yet: write one into the cell above and run both. (The result is shown once there is a guess.)
    >>> reveal(40, 99, exercise="1.3")
    The answer to 1.3 is not right yet: when the checker says that it is, run this cell again.
    """
    result = bare(result)
    if is_open(result):
        return Guess("", "", "No result yet: answer the exercise above, then run this cell again.")
    truth = _asked(_exercise(exercise)) if exercise else result if isinstance(result, str) else number(result)
    if exercise and judge(_exercise(exercise), result).outcome != "right":
        wait = f"The answer to {exercise} is not right yet: when the checker says that it is, run this cell again."
        return Guess("", "", wait)
    shown = truth if isinstance(truth, str) else _text(truth, unit, decimals)
    if is_open(guess):
        return Guess("", shown, "No guess yet: write one into the cell above and run both.", also)
    try:
        return Guess(*_beside(guess, truth, unit, decimals), also)
    except CannotReadError as problem:
        return Guess("", "", f"Cannot read the guess: {problem}")


def _asked(exercise: Exercise) -> float:
    right = exercise.right()
    if not isinstance(right, float | int):
        raise ValueError(f"a guess is set beside a number, which {exercise.name} does not ask for.")
    return float(right)


def _beside(guess: Any, truth: float | str, unit: str, decimals: int) -> tuple[str, str, str]:
    """Return guess and result as text, and how far apart they are."""
    if isinstance(truth, str):
        mine, asked = word(guess), word(truth)
        if asked in _YES_NO and mine not in _YES_NO:
            raise CannotReadError("'yes' or 'no' is asked for.")
        return mine, truth, "As you thought." if key(mine) == key(asked) else "Not what you thought."
    value = number(guess)
    gap = round(value - truth, decimals)
    way = "high" if gap > 0 else "low"
    says = f"Your guess is {abs(gap):,.{decimals}f} too {way}." if gap else "Spot on."
    return _text(value, unit, decimals), _text(truth, unit, decimals), says


def _text(value: float, unit: str, decimals: int) -> str:
    return f"{value:,.{decimals}f} {unit}".rstrip()


if __name__ == "__main__":
    from cxresearch._course_build import main

    sys.exit(main())
