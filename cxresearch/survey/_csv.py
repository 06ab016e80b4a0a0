"""CSV files: the header, the separators, and errors a person can act on."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cxresearch.errors import SurveyError
from cxresearch.survey._text import shown

if TYPE_CHECKING:
    import pandas as pd

EMPTY_WORDS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL")  # what an empty field is written as
SEPARATORS = (",", ";", "\t", "|")
HEAD = 1 << 18  # bytes looked at to find the header and the decimal sign
MOST_SCANNED = 1 << 26  # bytes: larger irregular or quoted files are not read line by line
_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_COMMA_NUMBER = re.compile(r'[;\t|"]-?\d+,\d+["\r\n;\t|]')


@dataclass(frozen=True)
class Head:
    """What the first lines of a CSV file say."""

    path: str
    header: list[str]
    separator: str
    decimal: str


def _open(path: str) -> IO[bytes]:
    opener = _OPENERS.get(Path(path).suffix.lower(), open)
    return opener(path, "rb")


def read_head(path: str, wanted: Sequence[str]) -> Head:
    """Return header and separators; the separator is the one under which most wanted columns are found."""
    with _open(path) as stream:
        start = stream.read(HEAD)
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SurveyError(f"{path} is empty.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise SurveyError(f"{path} is UTF-16 text. Save it as UTF-8 (in Excel: CSV UTF-8).")
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # not merely a character cut at the end of what was read
            line_end = start.find(b"\n")
            if error.start < (line_end if line_end >= 0 else len(start)):
                raise not_utf8(path) from None
        text = start.decode("utf-8-sig", errors="replace")
    headers = {separator: _header(path, text, separator) for separator in SEPARATORS}

    def fit(separator: str) -> tuple[int, int]:
        return len(set(headers[separator]) & set(wanted)), len(headers[separator])

    best = max(SEPARATORS, key=fit)
    decimal = "," if best != "," and (best == ";" or _COMMA_NUMBER.search(text)) else "."
    return Head(path, headers[best], best, decimal)


def _header(path: str, text: str, separator: str) -> list[str]:
    try:
        lines = csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=separator)
        return next((line for line in lines if line), [])
    except csv.Error as error:
        raise SurveyError(f"{path}: the header cannot be read ({error}).") from None


def not_utf8(path: str) -> SurveyError:
    """Return the error for a file that is not UTF-8, with the first byte that is not."""
    with _open(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                where = f"byte 0x{line[error.start]:02x} on line {number}"
                break
        else:
            where = "some byte"
    return SurveyError(
        f"{path} is not UTF-8: {where}. Save it as UTF-8, or load it with its encoding and pass the frame: "
        f"pandas.read_csv(path, encoding='cp1252'), with sep=';', decimal=',' where fields end with semicolons."
    )


def load(heads: Sequence[Head], columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns of the files, one file after the other."""
    import pandas as pd

    frames = [_load_one(head, columns) for head in heads]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _load_one(head: Head, columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    positions = sorted(head.header.index(column) for column in columns)
    # a file none of whose columns is wanted still has rows to count
    chosen = positions or [0]
    comma = head.decimal == ","
    _refuse_long_lines(head)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                head.path, sep=head.separator, decimal="," if comma else ".", usecols=chosen, header=0,
                index_col=False, encoding="utf-8-sig", keep_default_na=False, na_values=list(EMPTY_WORDS),
                low_memory=False, skip_blank_lines=True,
            )  # fmt: skip
    except UnicodeDecodeError:
        raise not_utf8(head.path) from None
    except pd.errors.EmptyDataError:
        raise SurveyError(f"{head.path} is empty.") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise SurveyError(f"{head.path} is not a regular CSV file: {reason[:120]}.") from None
    frame.columns = pd.Index([head.header[i] for i in chosen])
    return frame


def _refuse_long_lines(head: Head) -> None:
    """Refuse lines with more fields than the header: reading them would shift answers into other columns."""
    commas = lines = quotes = 0
    last = b"\n"
    with _open(head.path) as stream:
        while block := stream.read(HEAD * 4):
            commas += block.count(head.separator.encode())
            lines += block.count(b"\n")
            quotes += block.count(b'"')
            last = block[-1:]
    lines += last != b"\n"
    if commas == lines * (len(head.header) - 1) and not quotes:
        return
    if Path(head.path).stat().st_size > MOST_SCANNED:
        return
    with io.TextIOWrapper(_open(head.path), encoding="utf-8-sig", errors="replace", newline="") as text:
        before = csv.field_size_limit(2**31 - 1)
        try:
            for fields in (reader := csv.reader(text, delimiter=head.separator)):
                if len(fields) > len(head.header) and any(fields[len(head.header) :]):
                    raise SurveyError(
                        f"{head.path} is not a regular CSV file: line {reader.line_num} has {len(fields)} "
                        f"fields, the header {len(head.header)}."
                    )
        finally:
            csv.field_size_limit(before)


def query(heads: Sequence[Head]) -> Any:
    """Return a DuckDB relation over the files, every field as text: numbers are read by our rules later."""
    import duckdb

    try:
        return duckdb.connect().read_csv(
            [head.path for head in heads],  # type: ignore[arg-type]  # its stub knows single paths only
            header=True, sep=heads[0].separator, all_varchar=True, na_values=list(EMPTY_WORDS),
            union_by_name=len(heads) > 1,
        )  # fmt: skip
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise SurveyError(f"{heads[0].path} cannot be read: {shown(first)}.") from None
