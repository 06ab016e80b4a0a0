"""What an indicator is: one number with its unit, interval and base, and what was left out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cxresearch.errors import ScaleError
from cxresearch.results import Note, plain
from cxresearch.stats.intervals import FULL, Sample, finite_population, interval
from cxresearch.stats.reliability import alpha_interval, cronbach_alpha
from cxresearch.survey.scales import Scale

Array = NDArray[np.float64]
Answers: TypeAlias = ArrayLike | Mapping[Any, int]

COUNTED = ("count", "proportion")  # what pandas names what value_counts gives
SHOWN = 8  # values off the scale that a message lists
GROWTH = "growth of "  # how names of growth begin: in %, but no share
ONE_TOTAL = "no interval: one total on either side has no spread"


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    Attributes
    ----------
    name : str
        What it is, such as ``"retention rate"``.
    estimate : float
        In `unit`; NaN where it is not defined, and a note then says why.
    unit : str
        ``"%"``, ``"per 1,000"``, ``"points"``, ``"seconds"``, ...
    conf_low, conf_high : float
        Interval; NaN where there is none, and `method` then says why.
    n : float
        What it is measured on: customers, answers, contacts. NaN where amounts were given, not counts.
    n_missing : int
        What was left out of `n`.
    method : str
        How the interval was made.
    conf_level : float
        Nominal level of the interval.
    notes : tuple of Note
        What changes or informs the reading.
    """

    name: str
    estimate: float
    unit: str
    conf_low: float
    conf_high: float
    n: float
    n_missing: int
    method: str
    conf_level: float
    notes: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        left = f" ({self.n_missing:,} left out)" if self.n_missing else ""
        level = (
            ""
            if math.isnan(self.conf_low) and math.isnan(self.conf_high)
            else f"{100 * self.conf_level:g} % "
        )
        base = "" if math.isnan(self.n) else f", n = {self.n:,.15g}{left}"
        head = f"{self.name}: {self._value()}{base}; {level}{self.method}"
        notes = [("! " if note.changes_reading else "- ") + note.text for note in self.notes]
        return "\n".join([head, *notes])

    def _value(self) -> str:
        known = "undefined" if math.isnan(self.estimate) else f"{self.estimate:,.2f} {self.unit}"
        if math.isnan(self.conf_low) and math.isnan(self.conf_high):
            return known
        ends = f"[{self.conf_low:,.2f}, {self.conf_high:,.2f}]"
        return f"{known} {ends}" if not math.isnan(self.estimate) else f"{known}, within {ends} {self.unit}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; a row of a table, if several are put together."""
        notes = [dataclasses.asdict(note) for note in self.notes]
        return {field.name: plain(getattr(self, field.name)) for field in dataclasses.fields(self)} | {
            "notes": notes
        }

    def noted(self, *notes: Note) -> Indicator:
        """Return the indicator with further notes."""
        return replace(self, notes=(*self.notes, *notes))


def undefined(
    name: str, unit: str, why: str, *, conf_level: float, n: float = 0.0, n_missing: int = 0
) -> Indicator:
    """Return an indicator that has no value here, and says why."""
    note = Note("undefined", why, changes_reading=True)
    return Indicator(
        name,
        math.nan,
        unit,
        math.nan,
        math.nan,
        n,
        n_missing,
        "no interval",
        checked_level(conf_level),
        (note,),
    )


def share(
    name: str,
    inside: float,
    n: float,
    *,
    conf_level: float,
    n_missing: int = 0,
    population: float | None = None,
) -> Indicator:
    """Return a share in % with Wilson's interval; undefined where nothing was counted.

    `population`: those there are, of whom n were asked; the interval shrinks as n comes near them.
    """
    if n == 0:
        return undefined(name, "%", "nothing was counted.", conf_level=conf_level, n_missing=n_missing)
    p = inside / n
    sample = Sample(np.array([p, 1 - p]), np.array([FULL, 0.0]), np.asarray(worth(n, population)))
    low, high = interval(sample, kind="share", conf_level=conf_level)
    return Indicator(
        name, FULL * p, "%", float(low), float(high), n, n_missing, "Wilson interval", conf_level
    )


def mean(
    name: str,
    answers: Array,
    scale: Scale,
    *,
    conf_level: float,
    n_missing: int = 0,
    population: float | None = None,
) -> Indicator:
    """Return the mean of answers on a scale with the score interval, which knows the ends of the scale."""
    if not len(answers):
        return undefined(name, "points", "nobody answered.", conf_level=conf_level, n_missing=n_missing)
    points, counts = np.unique(answers, return_counts=True)
    n = len(answers)
    sample = Sample(counts / n, points, np.asarray(worth(n, population)), ends=(scale.low, scale.high))
    low, high = interval(sample, kind="mean", conf_level=conf_level)
    found = float(answers.mean())
    return Indicator(
        name, found, "points", float(low), float(high), n, n_missing, "score interval", conf_level
    )


def alpha(name: str, items: ArrayLike, conf_level: float, n_missing: int) -> Indicator:
    """Return Cronbach's alpha of complete rows with Feldt's interval."""
    x = np.asarray(items, float)
    n, k = x.shape
    unit = "of 1"
    if k < 2 or n < 3:
        why = "one item has nothing to agree with." if k < 2 else "fewer than 3 answered every item."
        return undefined(name, unit, why, conf_level=conf_level, n=n, n_missing=n_missing)
    value = float(cronbach_alpha(np.cov(x, rowvar=False)))
    if math.isnan(value):
        why = "all have the same total." if np.ptp(x, axis=0).any() else "all answered alike."
        return undefined(name, unit, why, conf_level=conf_level, n=n, n_missing=n_missing)
    low, high = (float(end) for end in alpha_interval(value, k, n, conf_level=conf_level))
    return Indicator(name, value, unit, low, high, n, n_missing, "Feldt interval of alpha", conf_level)


def worth(n: float, population: float | None) -> float:
    """Return how many answers of an endless population n answers of a finite one are worth."""
    left = float(finite_population(n, population))
    return n / left if left else math.inf


def on_scale(name: str, answers: Answers, scale: Scale) -> tuple[Array, int]:
    """Return the answers given, and how many were not; words are read by the labels of the scale.

    A mapping gives how many answered what: ``{5: 120, 4: 31}``.

    Raises
    ------
    ScaleError
        If a value is off the scale.
    ValueError
        If a count is none, or a series looks like `value_counts`, which is no mapping.
    """
    raw: ArrayLike
    if (
        isinstance(answers, pd.Series)
        and answers.name in COUNTED
        and not isinstance(answers.index, pd.RangeIndex)
    ):
        raise ValueError(
            f"`{name}` looks like value_counts(), whose values are numbers of answers, not answers: "
            f"pass .value_counts().to_dict(); if they are answers, .to_numpy()."
        )
    if isinstance(answers, Mapping):
        counted(**{f"{name}: {answer}": n for answer, n in answers.items()})
        raw = np.repeat(np.array(list(answers), dtype=object), list(answers.values()))
    else:
        raw = answers
    x = numbers(name, raw, scale).ravel()
    gone = np.isnan(x)
    return x[~gone], int(gone.sum())


def numbers(name: str, answers: ArrayLike, scale: Scale) -> Array:
    """Return answers as numbers on a scale, in their shape; NaN where there is none.

    Raises
    ------
    ScaleError
        If a value is off the scale.
    """
    raw = _array(answers)
    if raw.dtype.kind in "iuf" and not scale.missing:
        x = raw.astype(float)
    else:
        x = np.array([_number(value, scale) for value in raw.ravel()], dtype=float).reshape(raw.shape)
    off = ~np.isnan(x) & ~scale.contains(x)
    if off.any():
        found = ", ".join(list(dict.fromkeys(str(value) for value in raw[off]))[:SHOWN])
        raise ScaleError(f"`{name}` should hold {scale}, but {off.sum():,} of {x.size:,} do not: {found}.")
    return x


def _array(answers: Any) -> NDArray[Any]:
    """Return what holds answers as an array; lists as they are, since words must not turn numbers into words."""
    if hasattr(answers, "to_numpy"):
        return np.asarray(answers.to_numpy())
    return answers if isinstance(answers, np.ndarray) else np.asarray(answers, dtype=object)


def _number(value: Any, scale: Scale) -> float:
    if isinstance(value, (list, tuple, np.ndarray)):
        raise ValueError(
            f"every row needs as many answers as the others; found {value!r} where one answer belongs."
        )
    if pd.isna(value) or value in scale.missing:
        return math.nan
    if isinstance(value, str):
        if value not in scale.labels:
            known = ", ".join(map(repr, scale.labels)) or "none"
            raise ScaleError(f"{value!r} is no answer on {scale}; words known: {known}.")
        return scale.labels[value]
    return float(value)


def checked_level(conf_level: float) -> float:
    """Return the level, if it is one."""
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level!r}.")
    return conf_level


def is_number(value: Any) -> bool:
    """Return whether a value is one finite number: no text, nothing missing, no array, and not True or False."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(value)


def counted(**counts: float) -> None:
    """Refuse what is no count.

    Raises
    ------
    ValueError
        If a value is no number (text, an array, True), or one that is negative, broken or missing.
    """
    for name, value in counts.items():
        if not (is_number(value) and value >= 0 and value == math.floor(value)):
            raise ValueError(f"`{name}` must be a whole number from 0; got {value!r}.")


def amounts(**values: float) -> None:
    """Refuse what is no amount.

    Raises
    ------
    ValueError
        If a value is no number (text, an array, True), or one that is negative or missing.
    """
    for name, value in values.items():
        if not (is_number(value) and value >= 0):
            raise ValueError(f"`{name}` must be an amount from 0; got {value!r}.")
