"""What every result shares: tidy tables at full precision, notes, one summary, plain JSON.

Rounding happens here and nowhere else: tables inside a result keep every digit.
"""

from __future__ import annotations

import dataclasses
import html
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ESTIMATE_COLUMNS = ("estimate", "std_error", "conf_low", "conf_high", "n", "n_missing")


LONGEST = 60  # characters of a text cell that a reader sees; the table keeps all


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader of the numbers must know.

    Attributes
    ----------
    code : str
        Short machine name, such as ``"listwise"`` or ``"scale_shared"``.
    text : str
        One plain sentence.
    changes_reading : bool
        True where the note changes how the numbers may be read; False where it only informs.
    """

    code: str
    text: str
    changes_reading: bool = False


#: Given with every result whose answers are simulated.
SIMULATED = Note(
    "simulated",
    "Simulated data: the figures show how the method behaves and support no claim about customers.",
    changes_reading=True,
)


@dataclass(frozen=True)
class Result:
    """The common part of a result: what was asked, how, on how many, and what to know about it.

    Attributes
    ----------
    table : DataFrame
        Key columns, then ``estimate std_error conf_low conf_high n n_missing``; full precision.
    question : str
        The question in one sentence.
    method : str
        How it was answered, in one sentence.
    conf_level : float
        Nominal level of every interval in the tables.
    seed : int or None
        What randomness started from; None where nothing is random.
    n, n_missing : int
        Rows used and rows left out.
    notes : tuple of Note
        What changes or informs the reading.
    """

    table: pd.DataFrame
    question: str
    method: str
    conf_level: float
    seed: int | None
    n: int
    n_missing: int
    notes: tuple[Note, ...]

    def _tables(self) -> dict[str, pd.DataFrame]:
        """Every table of the result by name, `table` first."""
        return {
            field.name: value
            for field in dataclasses.fields(self)
            if isinstance(value := getattr(self, field.name), pd.DataFrame)
        }

    def _extra(self) -> dict[str, Any]:
        """What `to_dict` holds besides the common part and the tables."""
        return {}

    def _labelled(self, figure: Figure) -> Figure:
        """The figure, marked where the answers are simulated."""
        from cxresearch.plots import label_simulated

        return label_simulated(figure) if SIMULATED in self.notes else figure

    def _headline(self) -> str:
        """Sentence printed first, such as a verdict; empty where there is none."""
        return ""

    def _used(self) -> str:
        """How many rows the numbers rest on."""
        return f"{self.n:,} of {self.n + self.n_missing:,} rows used"

    def _shown(self) -> pd.DataFrame:
        """The table as a reader sees it."""
        return self.table

    def _legend(self) -> str:
        """Sentence below the table that explains its rows; empty where they need none."""
        return ""

    def summary(self, digits: int = 3) -> str:
        """Return the result as text: question, headline, method, n, table and notes. It prints nothing."""
        lines = [self.question, *filter(None, [self._headline()]), self.method, self._used(), ""]
        lines = [*map(legible, lines), rounded(self._shown(), digits).to_string(index=False)]
        lines += [legible(self._legend())] * bool(self._legend())
        lines += [("! " if note.changes_reading else "- ") + legible(note.text) for note in self.notes]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types: the common part, then each table as a list of rows."""
        common: dict[str, Any] = {
            "question": self.question,
            "method": self.method,
            "conf_level": self.conf_level,
            "seed": self.seed,
            "n": self.n,
            "n_missing": self.n_missing,
            "notes": [dataclasses.asdict(note) for note in self.notes],
        }
        tables = {name: records(table) for name, table in self._tables().items()}
        return common | {name: plain(value) for name, value in self._extra().items()} | tables

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        head = f"<p><strong>{marked(self._headline())}</strong></p>" if self._headline() else ""
        notes = "".join(f"<li>{marked(note.text)}</li>" for note in self.notes)
        return (
            f"<p>{marked(self.question)}</p>{head}"
            f"{rounded(self._shown()).to_html(index=False, border=0)}"
            f"{f'<p><small>{marked(self._legend())}</small></p>' if self._legend() else ''}"
            f"<p><small>{marked(self.method)} {self._used()}.</small></p>"
            + (f"<ul>{notes}</ul>" if notes else "")
        )


def legible(text: str, longest: int | None = None) -> str:
    r"""Return text in one line: control characters escaped, the middle of what is longer than `longest` cut out.

    Examples
    --------
    >>> legible("a\x1b[31m\nb"), legible("customers of the northern region", 15)
    ('a\\x1b[31m\\nb', 'customer…region')
    """
    if longest is not None and len(text) > longest:
        start = (longest + 1) // 2
        text = f"{text[:start]}…{text[len(text) - (longest - 1 - start) :]}"
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Zs" else repr(char)[1:-1]
        for char in text
    )


def rounded(table: pd.DataFrame, digits: int = 3) -> pd.DataFrame:
    """Return the table as text for reading: `digits` decimals, counts whole, a dash where there is no value.

    Columns before ``estimate`` are keys: a year among them is written 2023, not 2,023. Text is cut to 60
    characters and its control characters are escaped.
    """
    keys = list(table.columns).index("estimate") if "estimate" in table.columns else 0
    columns = [
        table.iloc[:, i].astype(object).map(partial(_cell, digits=digits, key=i < keys))
        for i in range(table.shape[1])
    ]
    shown = pd.concat(columns, axis=1) if columns else table.copy()
    return shown.rename(columns=lambda name: legible(name, LONGEST) if isinstance(name, str) else name)


def _cell(value: Any, *, digits: int, key: bool) -> str:
    """Return one cell of a table as text."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        if key:
            return f"{value:.15g}"
        smallest = 10.0**-digits
        tiny = 0 < float(value) < smallest / 2
        return f"<{smallest:.{digits}f}" if tiny else f"{value + 0.0:,.{digits}f}"  # -0.0 is 0
    if isinstance(value, (int, np.integer)):
        return str(value) if key else f"{value:,}"
    return legible(str(value), LONGEST)


def marked(text: str) -> str:
    """Return text for HTML: escaped, and names between backticks as code.

    Examples
    --------
    >>> marked("`ces` < 3")
    '<code>ces</code> &lt; 3'
    """
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))


def plain(value: Any) -> Any:
    """Return `value` in plain JSON types; NaN and infinities become None, names stay names."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, pd.DataFrame):
        return records(value)
    return None if value is None or value is pd.NA or value is pd.NaT else str(value)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as plain dictionaries under the table's own column names."""
    return [
        {str(name): plain(value) for name, value in zip(table.columns, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]
