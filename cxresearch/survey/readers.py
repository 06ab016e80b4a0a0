"""Opening a source of answers: frames of any library, CSV and Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pandas as pd

from cxresearch.survey.frames import Frame, from_eager


def open_source(source: Any, columns: Sequence[str]) -> tuple[Frame, tuple[str, ...]]:
    """Return a frame over the columns asked for, and the columns that are not there."""
    if isinstance(source, str):
        source = pd.read_csv(source)
    present = [c for c in columns if c in source.columns]
    frame = nw.from_native(source[present])
    return from_eager(frame, present, type(source).__name__), tuple(c for c in columns if c not in present)
