"""What raw values mean: numbers, "no answer", or something that is neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from cxresearch.survey._text import shown
from cxresearch.survey.scales import Scale

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)", re.ASCII)
LONGEST_NUMBER = 40  # characters; more is not a survey answer
_TRUTH = {"true": 1.0, "false": 0.0}  # how frames write booleans into CSV files


def to_number(raw: Any, decimal: str = ".") -> float | None:
    """Return the number a raw value states, or None where it states none.

    Examples
    --------
    >>> to_number("4"), to_number(" 3.5 "), to_number(True), to_number("4 - agree"), to_number("1_000")
    (4.0, 3.5, 1.0, None, None)
    >>> to_number("3,5"), to_number("3,5", decimal=",")
    (None, 3.5)
    """
    if isinstance(raw, (bool, np.bool_, int, float, np.integer, np.floating, Decimal)):
        return float(raw)
    if not isinstance(raw, str) or len(raw) > LONGEST_NUMBER:
        return None
    text = raw.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    if decimal == "," and _COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    return _TRUTH.get(text.lower())


def is_empty(raw: Any) -> bool:
    """Return whether a raw value is an empty field."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return True
    try:
        return bool(raw != raw)
    except (TypeError, ValueError):
        return str(raw) == "<NA>"


@dataclass(frozen=True, eq=False)
class Answers:
    """The distinct raw values of a column, read on a scale.

    Attributes
    ----------
    raw : tuple
        The values as they came.
    values : float array
        The number each stands for; NaN where it means "no answer" or nothing known.
    text : tuple of int
        Positions of values that are neither a number, a label nor a missing code.
    """

    raw: Sequence[Any] | npt.NDArray[Any]
    values: npt.NDArray[np.float64]
    text: tuple[int, ...]


def read_answers(raw: Sequence[Any] | npt.NDArray[Any], scale: Scale, decimal: str = ".") -> Answers:
    """Read distinct raw values on a scale: labels first, then missing codes, then numbers.

    A label may also be written for a number: ``labels = {1 = 1, 2 = 0}`` turns "2 = no" into 0.
    """
    words = {code.strip() for code in scale.missing if isinstance(code, str)}
    codes = {code for code in scale.missing if not isinstance(code, str)}
    if isinstance(raw, np.ndarray):
        numbers = raw.astype(np.float64)
        return Answers(raw, np.where(np.isin(numbers, list(codes)), np.nan, numbers), ())
    values, text = np.full(len(raw), np.nan), []
    for i, value in enumerate(raw):
        if is_empty(value):
            continue
        word = value.strip() if isinstance(value, str) else shown(value)
        if word in scale.labels:
            values[i] = scale.labels[word]
        elif word not in words:
            number = to_number(value, decimal)
            if number is None:
                text.append(i)
            elif number not in codes:
                values[i] = number
    return Answers(raw, values, tuple(text))
