"""What a learner hands in, read as what is asked for: a number, a word, an interval, an order, named parts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cxresearch.results import Result

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
    if isinstance(answer, Mapping):
        return not answer or any(is_open(part) for part in answer.values())
    if isinstance(answer, (list, tuple)):
        return not answer or any(is_open(part) for part in answer)
    return answer is None or answer is Ellipsis


def read(answer: Any, like: Answer, pick: Mapping[str, str]) -> Answer:
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

    Raises
    ------
    CannotReadError
        If the answer cannot be read so; the message says what would do.
    """
    if isinstance(like, dict):
        return _parts(answer, like, pick)
    if isinstance(like, tuple):
        return _interval(answer, pick)
    if isinstance(like, list):
        return _order(answer)
    return word(answer) if isinstance(like, str) else number(answer, pick)


def number(answer: Any, pick: Mapping[str, str] | None = None) -> float:
    """Return the one number in an answer.

    Examples
    --------
    >>> number("36.2 %"), number([5]), number(pd.Series({"nps": 12.5}))
    (36.2, 5.0, 12.5)
    """
    table = _table(answer, pick or {})
    if table is not None:
        answer = table["estimate"] if "estimate" in table.columns else table
    if isinstance(answer, (str, bytes)):
        return _number_in_text(str(answer))
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    try:
        values = np.asarray(answer, dtype=float).ravel()
    except (TypeError, ValueError):
        raise CannotReadError(f"one number is asked for; this is {_kind(answer)}.") from None
    if values.size != 1:
        raise CannotReadError(
            f"one number is asked for; this holds {values.size}. Hand in the one that is meant."
        )
    if not math.isfinite(values[0]):
        raise CannotReadError(
            "the answer is not a number (nan): somewhere a missing answer was calculated with, or a division "
            "was by nothing."
        )
    return float(values[0])


def word(answer: Any) -> str:
    """Return the one word of an answer, in small letters without blanks around it."""
    if isinstance(answer, (pd.Series, np.ndarray, list, tuple)) and len(answer) == 1:
        answer = next(iter(answer))
    if isinstance(answer, (bool, np.bool_)):
        return "yes" if answer else "no"
    if not isinstance(answer, str):
        raise CannotReadError(f"a word in quotes is asked for; this is {_kind(answer)}.")
    return answer.strip().lower()


def key(name: Any) -> str:
    """Return a name as text that compares well: small letters, 10.0 as 10."""
    if isinstance(name, (int, float, np.number)) and not isinstance(name, bool):
        return f"{float(name):g}"
    return str(name).strip().lower()


def _number_in_text(text: str) -> float:
    plain = text.strip().rstrip("%").strip().replace("−", "-").replace("+", "")
    try:
        return float(plain)
    except ValueError:
        raise CannotReadError(f"a number is asked for; this is the text {text[:40]!r}.") from None


def _interval(answer: Any, pick: Mapping[str, str]) -> tuple[float, float]:
    table = _table(answer, pick)
    if table is not None and {"conf_low", "conf_high"} <= set(table.columns):
        if len(table) != 1:
            raise CannotReadError(f"one interval is asked for; this table has {len(table)} rows.")
        answer = table[["conf_low", "conf_high"]].iloc[0].to_list()
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    try:
        ends = [number(end) for end in answer]
    except TypeError:
        raise CannotReadError(f"two numbers, (low, high), are asked for; this is {_kind(answer)}.") from None
    if len(ends) != 2:
        raise CannotReadError(f"two numbers, (low, high), are asked for; this holds {len(ends)}.")
    return ends[0], ends[1]


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
