"""Putting a contact log beside answers: keys compared as people write them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from cxresearch.errors import SurveyError
from cxresearch.survey._columns import whole
from cxresearch.survey._entries import nearest
from cxresearch.survey._text import shown


def answers_frame(answers: Any) -> pd.DataFrame:
    """Return answers of any library as a pandas frame; a pandas frame as it is."""
    if isinstance(answers, pd.DataFrame):
        return answers
    if isinstance(answers, (str, os.PathLike)):
        raise SurveyError(
            "join needs the answers themselves, not the path of a file: load it with pandas.read_csv or "
            "pandas.read_parquet and pass that."
        )
    try:
        frame = nw.from_native(answers)
    except TypeError:
        raise SurveyError(
            f"cannot join answers of type {type(answers).__name__}: give a pandas, Polars, Arrow or DuckDB frame."
        ) from None
    return (frame.collect() if isinstance(frame, nw.LazyFrame) else frame).to_pandas()


def check_answers(frame: pd.DataFrame, key: str, answered_at: str | None, drivers: Sequence[str]) -> None:
    """Refuse answers that cannot be joined."""
    columns = list(map(str, frame.columns))
    for column in filter(None, (key, answered_at)):
        if columns.count(column) != 1:
            what = "no column" if column not in columns else "more than one column"
            raise SurveyError(f"the answers have {what} {shown(column)}{nearest(column, columns)}")
    both = [name for name in drivers if name in columns]
    if both:
        raise SurveyError(
            f"the answers already have {', '.join(map(shown, both))}, which the log gives too: rename or drop them."
        )
    if not len(frame):
        raise SurveyError("there are no answers to join.")
    twice = int((frame[key].dropna().map(_text).duplicated(keep=False)).sum())
    if twice:
        raise SurveyError(
            f"{twice:,} answers share their {shown(key)} with another answer. One answer a key: keep the last of "
            "each, or join by case."
        )


def places(keys: pd.Series, labels: pd.Index) -> npt.NDArray[np.intp]:
    """Return the number of the label each key is, -1 for none; 1, 1.0 and "1" are one key."""
    numeric = pd.api.types.is_numeric_dtype
    if numeric(labels.dtype) and numeric(keys.dtype):
        return np.asarray(labels.get_indexer(pd.Index(keys)))
    found = pd.Index(labels.map(_text)).get_indexer(pd.Index(keys.map(_text)))
    return np.where(keys.isna(), -1, found)


def _text(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    return str(whole(value)).strip()


def no_match(keys: pd.Series, labels: pd.Index, unit: str) -> str:
    """Return why no key may have matched."""
    return (
        f"no answer matches the log: none of {keys.nunique():,} different {shown(str(keys.name))} of the answers "
        f"({keys.dtype}) is a {unit} of the log ({len(labels):,} of them, {labels.dtype}). Is it the right column, "
        "and are zeros in front kept or lost in both?"
    )


def no_drivers(counts: Mapping[str, int], answered_at: str) -> str:
    """Return why no answer gets drivers."""
    why = {
        "answers_without_key": "have no key", "answers_without_contacts": "have a key that is not in the log",
        "answers_without_time": f"have no time in {shown(answered_at)} that can be read",
        "answers_before_contacts": "were given before the first event",
    }  # fmt: skip
    told = ", ".join(f"{counts[what]:,} {said}" for what, said in why.items() if counts[what])
    return (
        f"no answer gets drivers: of {counts['answers']:,}, {told}. Is {shown(answered_at)} the time of the answer, "
        "and is its zone that of [contacts]?"
    )
