"""What a learner hands in, read as what is asked for: a number, a word, an interval, an order, named parts."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cxresearch._course_text import numbers_in
from cxresearch.results import Result, legible

_ENDS = (("conf_low", "conf_high"), ("low", "high"), ("lower", "upper"))
_BETWEEN_WORDS = re.compile(r"(?<=\w)[\s\-\u2010-\u2013]+(?=\w)")

Answer = float | str | tuple[float, float] | list[str] | dict[Any, Any]


class CannotReadError(ValueError):
    """What was handed in is not of the kind the exercise asks for."""


def is_open(answer: Any) -> bool:
    """Return whether an answer, or a part of it, is still ``...`` or None.

    Examples
    --------
    >>> is_open(...), is_open({"mean": 7.6, "nps": ...}), is_open(0)
    (True, True, False)
    """
    answer = bare(answer)
    if isinstance(answer, Mapping):
        return not answer or any(is_open(part) for part in answer.values())
    if isinstance(answer, (list, tuple)):
        return not answer or any(is_open(part) for part in answer)
    return answer is None or answer is Ellipsis


def bare(answer: Any) -> Any:
    """Return what an array without a dimension holds, such as `np.where` of one condition gives; else the answer.

    Examples
    --------
    >>> bare(np.where(True, "yes", "no")), bare([1])
    ('yes', [1])
    """
    return answer.item() if isinstance(answer, np.ndarray) and answer.ndim == 0 else answer


def read(answer: Any, like: Answer, pick: Mapping[str, str], column: str = "estimate") -> Answer:
    """Return an answer in the form of `like`, the right one.

    Parameters
    ----------
    answer : object
        A number, text, a result of the package, a Series, a DataFrame, a dictionary, a list, an array.
    like : float, str, tuple, list or dict
        A float asks for a number, a str for a word, a tuple of two for an interval (low, high), a list for an
        order of names, a dictionary for named parts.
    pick : mapping
        Which row of a table is meant, such as ``{"metric": "nps"}``; columns a table lacks are passed over.
    column : str
        Which column of a table holds the number.

    Raises
    ------
    CannotReadError
        If the answer cannot be read so; the message says what would do.
    """
    answer = bare(answer)
    if isinstance(like, dict):
        return _parts(answer, like, pick)
    if isinstance(like, tuple):
        return _interval(answer, pick)
    if isinstance(like, list):
        return _order(answer)
    return word(answer) if isinstance(like, str) else number(answer, pick, column)


def number(answer: Any, pick: Mapping[str, str] | None = None, column: str = "estimate") -> float:
    """Return the one number in an answer: of a table or a row of one that in `column`, of a correlation its ``r``.

    Examples
    --------
    >>> number("36,2 %"), number([5]), number(pd.Series({"nps": 12.5}))
    (36.2, 5.0, 12.5)
    """
    answer = _one(bare(answer), pick or {}, column)
    if isinstance(answer, str):
        answer = _number_in_text(answer)
    if isinstance(answer, pd.DataFrame) and answer.size != 1:
        raise CannotReadError(
            f"one number is asked for; this is a table of {len(answer)} rows and {answer.shape[1]} columns. Hand in "
            "the number that is meant."
        )
    if np.iscomplexobj(answer):
        raise CannotReadError("one number is asked for; this is a complex one.")
    try:
        values = np.asarray(answer, dtype=float).ravel()
    except OverflowError:
        raise CannotReadError("this number is too large to be meant.") from None
    except (TypeError, ValueError):
        raise CannotReadError(f"one number is asked for; this is {_kind(answer)}.") from None
    if values.size != 1:
        raise CannotReadError(
            f"one number is asked for; this holds {values.size}. Hand in the one that is meant."
        )
    if math.isinf(values[0]):
        raise CannotReadError(
            "the answer is infinite (inf): a division was by nothing, or this is not the number that is meant."
        )
    if math.isnan(values[0]):
        raise CannotReadError(
            "the answer is not a number (nan): somewhere a missing answer was calculated with, or nothing was "
            "divided by nothing."
        )
    return float(values[0])


def word(answer: Any) -> str:
    """Return the one word of an answer, in small letters without blanks around it."""
    answer = bare(answer)
    if isinstance(answer, (pd.Series, np.ndarray, list, tuple)) and len(answer) == 1:
        answer = bare(next(iter(answer)))
    if isinstance(answer, (bool, np.bool_)):
        return "yes" if answer else "no"
    if not isinstance(answer, str):
        raise CannotReadError(f"a word in quotes is asked for; this is {_kind(answer)}.")
    return answer.strip().lower()


def key(name: Any) -> str:
    """Return a name as text that compares well: small letters, `_` between words, 10.0 as 10.

    Examples
    --------
    >>> key("Long form"), key(" long-form"), key(10.0)
    ('long_form', 'long_form', '10')
    """
    if isinstance(name, (float, np.floating)) and float(name).is_integer():
        name = int(name)
    return _BETWEEN_WORDS.sub("_", str(name).strip().lower())


def _one(answer: Any, pick: Mapping[str, str], column: str) -> Any:
    """Return what of an answer may hold the one number."""
    table = _table(answer, pick)
    if table is not None:
        return table[column] if column in table.columns else table
    if isinstance(answer, pd.Series) and column in answer.index:
        return answer[column]
    if dataclasses.is_dataclass(answer) and hasattr(answer, "r"):
        return answer.r
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    if isinstance(answer, (list, tuple, pd.Series)) and len(answer) == 1:
        answer = next(iter(answer))
    return answer


def _number_in_text(text: str) -> float:
    found = numbers_in(text)
    if not found:
        raise CannotReadError(f"a number is asked for; this is the text {legible(text, 40)!r}.")
    return found[0]


def _interval(answer: Any, pick: Mapping[str, str]) -> tuple[float, float]:
    """Return the ends of an interval: by name where they have names, else in the order they stand in."""
    if isinstance(answer, str):
        return _interval_in_text(answer)
    ends = _ends(answer, pick)
    if len(ends) == 1:
        return _interval(bare(ends[0]), {})
    if len(ends) != 2:
        raise CannotReadError(f"two numbers, (low, high), are asked for; this holds {len(ends)}.")
    return number(ends[0]), number(ends[1])


def _ends(answer: Any, pick: Mapping[str, str]) -> list[Any]:
    """Return the numbers of an answer that are to be the ends of an interval."""
    table = _table(answer, pick)
    if table is not None:
        answer = _only_row(table)
    if isinstance(answer, (Mapping, pd.Series)):
        named = {key(name): value for name, value in answer.items()}
        values = list(answer.values()) if isinstance(answer, Mapping) else list(answer)
    else:
        named = {name: getattr(answer, name) for pair in _ENDS for name in pair if hasattr(answer, name)}
        values = list(answer.ravel()) if isinstance(answer, np.ndarray) else answer
    pair = next((pair for pair in _ENDS if set(pair) <= set(named)), None)
    if pair is not None:
        return [named[end] for end in pair]
    if isinstance(values, (set, frozenset)) or not isinstance(
        values, Iterable
    ):  # a set has no first and last
        raise CannotReadError(f"two numbers, (low, high), are asked for; this is {_kind(answer)}.")
    return list(values)


def _only_row(table: pd.DataFrame) -> pd.Series:
    """Return the row of a table of one, or the column of a table of one."""
    if len(table) == 1:
        return table.iloc[0]
    if table.shape[1] == 1:
        return table.iloc[:, 0]
    raise CannotReadError(f"one interval is asked for; this table has {len(table)} rows.")


def _interval_in_text(text: str) -> tuple[float, float]:
    found = numbers_in(text, wanted=2)
    if not found:
        raise CannotReadError(
            'two numbers, such as "0.1 to 0.3", are asked for; this is the text '
            f"{legible(text, 40)!r}."
        )  # fmt: skip
    return found[0], found[1]


def _order(answer: Any) -> list[str]:
    if isinstance(answer, Mapping):
        answer = pd.Series(dict(answer))
    if isinstance(answer, pd.Series) and pd.api.types.is_numeric_dtype(answer):
        answer = answer.sort_values(ascending=False).index  # names with values: the largest first
    if isinstance(answer, str):
        answer = answer.replace(">", ",").split(",")
    if not isinstance(answer, (Sequence, pd.Series, pd.Index, np.ndarray)):
        raise CannotReadError(f"a list of names is asked for, first to last; this is {_kind(answer)}.")
    return [key(name) for name in answer]


def _parts(answer: Any, like: Mapping[str, Any], pick: Mapping[str, str]) -> dict[str, Any]:
    found = _named(answer, like, pick)
    wanted = {key(name): name for name in like}
    missing = [str(name) for small, name in wanted.items() if small not in found]
    if missing:
        raise CannotReadError(
            f"these parts are asked for: {_list(like)}; missing here: {_list(missing)}. "
            "Hand in a dictionary with these names."
        )
    return {name: read(found[small], like[name], {}) for small, name in wanted.items()}


def _named(answer: Any, like: Mapping[str, Any], pick: Mapping[str, str]) -> dict[str, Any]:
    """Return the parts of an answer under comparable names."""
    table = _table(answer, pick)
    if table is not None:
        return _rows(table, like)
    if isinstance(answer, (Mapping, pd.Series)):
        return {key(name): value for name, value in answer.items()}
    if isinstance(answer, (list, tuple, np.ndarray)) and len(answer) == len(like):
        return {key(name): value for name, value in zip(like, answer, strict=True)}  # in the order asked
    raise CannotReadError(
        f"{len(like)} parts are asked for, {_list(like)}; this is {_kind(answer)}. Hand in a dictionary."
    )


def _rows(table: pd.DataFrame, like: Mapping[str, Any]) -> dict[str, Any]:
    """Return the number beside each name, which stands in the index or in a column; or a row of the parts."""
    wanted = set(map(key, like))
    labels = [("", table.index), *((name, table[name]) for name in table.columns)]
    for column, names in labels:
        small = [key(name) for name in names]
        if wanted <= set(small):
            rest = table.drop(columns=column, errors="ignore")
            break
    else:
        if len(table) == 1:
            return {key(name): value for name, value in table.iloc[0].items()}
        raise CannotReadError(f"no column of this table names the parts asked for: {_list(like)}.")
    words = all(isinstance(part, str) for part in like.values())
    kept = rest.select_dtypes(exclude="number") if words else rest.select_dtypes("number")
    if "estimate" not in kept.columns and kept.shape[1] != 1:
        raise CannotReadError(
            f"this table has {kept.shape[1]} columns of {'words' if words else 'numbers'}; hand in the one that is "
            "meant."
        )
    values = kept["estimate"] if "estimate" in kept.columns else kept.iloc[:, 0]
    twice = [name for name in wanted if small.count(name) > 1]
    if twice:
        raise CannotReadError(f"this table has more than one row for {_list(twice)}; hand in one for each.")
    return dict(zip(small, values, strict=True))


def _table(answer: Any, pick: Mapping[str, str]) -> pd.DataFrame | None:
    """Return the table of a result, or a frame, with the rows that `pick` means; None for anything else."""
    table = answer.table if isinstance(answer, Result) else answer
    if not isinstance(table, pd.DataFrame):
        return None
    for column, value in pick.items():
        if column in table.columns and (table[column] == value).any():
            table = table[table[column] == value]
    return table


def _kind(answer: Any) -> str:
    if isinstance(answer, (int, float, np.number)) and not isinstance(answer, bool):
        return "a number"
    names = {str: "text", dict: "a dictionary", list: "a list", tuple: "a tuple", bool: "True or False"}
    return names.get(type(answer), f"a {type(answer).__name__}")


def _list(names: Any) -> str:
    return ", ".join(str(name) for name in names)
