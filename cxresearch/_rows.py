"""Rows of tidy tables, for every question that asks a sample."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol, TypeAlias

import pandas as pd

from cxresearch.results import ESTIMATE_COLUMNS, Note
from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Ends, Estimate
from cxresearch.survey.checks import Problem

Row: TypeAlias = dict[str, Any]


class Asked(Protocol):
    """Arrays of a question: the rows used, and how many were not."""

    @property
    def sample(self) -> Design:
        """Weights and design of the rows used."""

    @property
    def n_missing(self) -> int:
        """Rows left out."""


def frame(rows: list[Row], keys: tuple[str, ...], extra: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return tidy rows under the keys, the estimate columns, then `extra`."""
    return pd.DataFrame(rows, columns=[*keys, *ESTIMATE_COLUMNS, *extra])


def row_of(asked: Asked, found: Estimate, ends: Ends, **keys: Any) -> Row:
    """Return one tidy row."""
    numbers = (found.value, found.std_error, *ends, asked.sample.rows, asked.n_missing)
    return keys | dict(zip(ESTIMATE_COLUMNS, numbers, strict=True))


def door_notes(problems: Iterable[Problem], used: Collection[str]) -> list[Note]:
    """Return what the door warned of, about the questions used."""
    return [
        Note(f"door_{one.kind}", one.message, changes_reading=True)
        for one in problems
        if one.question in used
    ]
