"""Exercises: the right answer and the usual wrong ones, all computed; a reply names the one it recognises."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cxresearch._course_answers import Answer, CannotReadError, is_open, key, read
from cxresearch._course_text import comma_read
from cxresearch.results import legible, marked

LARGE = 1000  # from here on tens are a rounding of a whole number

Outcome = Literal["right", "wrong", "open", "unreadable"]

_HEADS = {
    "right": ("Right.", "#1b6b3a", "✓"),
    "wrong": ("Not yet.", "#a35200", "✗"),
    "open": ("Not answered yet.", "#474747", "…"),
    "unreadable": ("Cannot read this.", "#a35200", "?"),
}


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is often given.

    Attributes
    ----------
    value : callable
        Computes it, in the form of the right answer; of named parts, those that go wrong suffice.
    says : str
        What went wrong, and what to do, in plain words.
    """

    value: Callable[[], Answer]
    says: str


@dataclass(frozen=True)
class Exercise:
    """A question with one right answer, however it was reached.

    Attributes
    ----------
    name : str
        Lesson and number: ``"1.2"``.
    asks : str
        The question in one short sentence.
    right : callable
        Computes the answer. Its type says what may be handed in: a float asks for a number, a str for a word, a
        tuple of two for an interval, a list for an order of names, a dictionary for named parts.
    praise : str
        Said with a right answer: what it means.
    hint : str
        Said with a wrong answer that is no known mistake: how to go about it.
    mistakes : tuple of Mistake
        Tried in order, before the mistakes of units, sign and rounding that every number has.
    unit : str
        ``"%"``, ``"points"`` or another unit; empty for a plain number such as a correlation.
    decimals : int
        An answer rounded to so many decimals is right.
    choices : tuple of str
        Words that may be handed in where a word is asked for, alone or as a named part; capitals do not matter, nor
        whether `_`, a blank or a hyphen stands between two words.
    pick : mapping
        Which row is meant where a result or a table is handed in, such as ``{"metric": "nps"}``.
    column : str
        Which column of it holds the number.
    """

    name: str
    asks: str
    right: Callable[[], Answer]
    praise: str
    hint: str
    mistakes: tuple[Mistake, ...] = ()
    unit: str = ""
    decimals: int = 1
    choices: tuple[str, ...] = ()
    pick: Mapping[str, str] = field(default_factory=dict)
    column: str = "estimate"


@dataclass(frozen=True)
class Reply:
    """What the checker says of an answer.

    Attributes
    ----------
    exercise : str
        Such as ``"1.2"``.
    outcome : {"right", "wrong", "open", "unreadable"}
        "open" where nothing was handed in yet.
    text : str
        What to make of it.
    """

    exercise: str
    outcome: Outcome
    text: str

    def __repr__(self) -> str:
        return f"{self.exercise} {_HEADS[self.outcome][0]} {self.text}".rstrip()

    def _repr_html_(self) -> str:
        head, colour, sign = _HEADS[self.outcome]
        return box(f"<strong>{sign} {html.escape(self.exercise)} {head}</strong> {marked(self.text)}", colour)


def box(content: str, colour: str) -> str:
    """Return HTML in a paragraph with a coloured bar at its left; `content` is HTML already."""
    style = f"border-left: .35rem solid {colour}; padding: .3rem .8rem; margin: .4rem 0"
    return f'<div role="note" style="{style}">{content}</div>'


def judge(exercise: Exercise, answer: Any) -> Reply:
    """Return what to say of an answer: right, a known mistake, something else, or not answered yet."""
    if is_open(answer):
        return Reply(exercise.name, "open", "Replace each `...` in the cell and run it again.")
    right = exercise.right()
    try:
        given = read(answer, right, exercise.pick, exercise.column)
    except CannotReadError as problem:
        return Reply(exercise.name, "unreadable", f"{str(problem)[0].upper()}{str(problem)[1:]}")
    strange = _outside(exercise.choices, given, right)
    if strange is not None:
        words = ", ".join(repr(choice) for choice in exercise.choices)
        return Reply(exercise.name, "unreadable", f"Hand in one of these words{strange}: {words}.")
    fits = same(given, right, exercise.decimals)
    said = [exercise.praise if fits else _why(exercise, given, right), *_commas(answer, right)]
    return Reply(exercise.name, "right" if fits else "wrong", " ".join(said))


def _outside(choices: tuple[str, ...], given: Any, right: Answer) -> str | None:
    """Return for which parts a word is none of the choices, as text to be added; None if all words are choices."""
    if not choices or not isinstance(right, dict | str):
        return None
    known = set(map(key, choices))
    if isinstance(right, str):
        return None if key(given) in known else ""
    words = [name for name, part in right.items() if isinstance(part, str)]
    strange = [str(name) for name in words if key(given[name]) not in known]
    return f" for {' and '.join(strange)}" if strange else None


def _commas(answer: Any, right: Answer) -> Iterator[str]:
    """Yield how the commas of numbers in text were read."""
    if isinstance(right, dict):
        if isinstance(answer, Mapping):
            yield from (say for name in right for say in _commas(answer.get(name), right[name]))
    elif isinstance(right, str | list):
        return
    elif isinstance(answer, str):
        yield from filter(None, [comma_read(answer)])
    elif isinstance(answer, list | tuple):
        yield from (say for part in answer for say in _commas(part, 0.0))


def same(one: Any, other: Any, decimals: int) -> bool:
    """Return whether two answers agree, numbers to half a unit of their last decimal."""
    if isinstance(other, dict):
        return all(name in one and same(one[name], part, decimals) for name, part in other.items())
    if isinstance(other, list):
        return [key(name) for name in one] == [key(name) for name in other]
    if isinstance(other, tuple):
        return all(same(a, b, decimals) for a, b in zip(one, other, strict=True))
    if isinstance(other, str) or isinstance(one, str):
        return key(one) == key(other)
    return abs(one - other) <= 0.5 * 10.0**-decimals + 1e-9 * max(1.0, abs(other))


def _why(exercise: Exercise, given: Any, right: Any) -> str:
    """Return what to say of a wrong answer."""
    if isinstance(right, dict):
        return _why_parts(exercise, given, right)
    for mistake in exercise.mistakes:
        if same(given, mistake.value(), exercise.decimals):
            return mistake.says
    return _everyday(exercise, given, right) or exercise.hint


def _why_parts(exercise: Exercise, given: Mapping[str, Any], right: Mapping[str, Any]) -> str:
    """Return what to say of named parts of which some are wrong: which, and why where it is known."""
    wrong = [name for name in right if not same(given[name], right[name], exercise.decimals)]
    fine = [name for name in right if name not in wrong]
    said = [f"Right so far: {', '.join(map(str, fine))}."] if fine else []
    for name in wrong:
        values = ((mistake.says, mistake.value()) for mistake in exercise.mistakes)
        known = [
            says
            for says, value in values
            if isinstance(value, dict) and name in value and same(given[name], value[name], exercise.decimals)
        ]
        why = known[0] if known else _everyday(exercise, given[name], right[name])
        said.append(f"{name}: {why or 'not this.'}")
    hint = [] if len(said) > len(fine) and not any("not this." in line for line in said) else [exercise.hint]
    return " ".join(dict.fromkeys(said + hint))


def _everyday(exercise: Exercise, given: Any, right: Any) -> str:
    """Return the mistakes of unit, sign and rounding; empty where it is none of them."""
    if not isinstance(right, tuple):
        plain = isinstance(right, float | int) and not isinstance(given, str)
        return _slip_says(exercise, _slip(exercise, given, right), _shown(given)) if plain else ""
    if same(given[::-1], right, exercise.decimals):
        return "The lower end comes first."
    off = [(a, b) for a, b in zip(given, right, strict=True) if not same(a, b, exercise.decimals)]
    slips = {_slip(exercise, a, b) for a, b in off}
    shown = " to ".join(map(_shown, given))
    return _slip_says(exercise, slips.pop(), shown) if len(slips) == 1 else ""


def _slip(exercise: Exercise, given: float, right: float) -> str:
    """Return the name of a mistake of unit, sign or rounding."""
    places, scored = exercise.decimals, exercise.unit in ("%", "points")
    if scored and given and (same(100 * given, right, places) or given == round(right / 100, places + 1)):
        return "share"
    per_cent = exercise.unit == "" and abs(given) > 1
    if per_cent and (same(given / 100, right, places) or given == round(100 * right)):
        return "per cent"
    if same(-given, right, places):
        return "sign"
    if exercise.unit == "%" and same(100 - given, right, places):
        return "others"
    return "rounded" if _rounded(given, right, places) else ""


def _rounded(given: float, right: float, places: int) -> bool:
    """Return whether a number is the right one with too few digits, and not merely somewhere near it.

    One or two decimals too few; no decimal at all only of numbers beyond 1; tens only of whole numbers of thousands.
    """
    fraction = abs(right) < 1
    if not given or (fraction and abs(given) >= 1):
        return False
    digits = [*range(max(int(fraction), places - 2), places)]
    if places == 0 and abs(right) >= LARGE:
        digits.append(-1)
    return any(math.isclose(round(right, kept), given) for kept in digits)


def _slip_says(exercise: Exercise, slip: str, shown: str) -> str:
    return {
        "": "",
        "share": f"{shown} is a share of 1; the answer is asked in {_unit(exercise)}: multiply by 100.",
        "per cent": f"{shown} is in per cent; a plain number is asked for: divide by 100.",
        "sign": "The size is right, the sign is not: which is taken from which?",
        "others": "That is the share of all the others: what you counted and what was asked make 100 % together.",
        "rounded": f"Rounded too far: keep {_kept(exercise.decimals)}.",
    }[slip]


def _kept(decimals: int) -> str:
    return (
        f"at least {decimals} decimal{'s' * (decimals != 1)}" if decimals else "every digit before the point"
    )


def _shown(given: float) -> str:
    return legible(f"{given:g}")


def _unit(exercise: Exercise) -> str:
    return "per cent" if exercise.unit == "%" else exercise.unit
