"""Opening a source of answers: frames of any library, CSV and Parquet files.

Only the columns that the codebook names are read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import narwhals as nw

from cxresearch.errors import SurveyError
from cxresearch.survey import _csv
from cxresearch.survey._text import shown
from cxresearch.survey.frames import Frame, from_eager, from_lazy

LARGE = 512 * 2**20  # bytes: larger files are queried where they lie instead of being loaded
FOREIGN = {
    ".xlsx": "pandas.read_excel", ".xls": "pandas.read_excel", ".ods": "pandas.read_excel",
    ".sav": "pandas.read_spss", ".dta": "pandas.read_stata", ".sas7bdat": "pandas.read_sas",
    ".json": "pandas.read_json", ".feather": "pandas.read_feather", ".rds": "R's write.csv",
}  # fmt: skip
ENGINES = 'pip install "cxresearch[engines]"'


@dataclass(frozen=True)
class Opened:
    """A source over the columns wanted that exist.

    Attributes
    ----------
    frame : Frame
        The answers.
    available : tuple of str
        Every column the source has.
    absent : tuple of str
        Columns wanted that it does not have.
    """

    frame: Frame
    available: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A source as it came: a frame in memory, or a query where the data lie.

    Attributes
    ----------
    frame : narwhals DataFrame or LazyFrame
        The columns wanted that exist, perhaps with others.
    name : str
        What the source is called in messages.
    available : tuple of str
        Every column the source has.
    decimal : str
        Decimal sign of numbers that come as text.
    typed : bool
        Whether numbers come as numbers.
    """

    frame: nw.DataFrame[Any] | nw.LazyFrame[Any]
    name: str
    available: tuple[str, ...]
    decimal: str = "."
    typed: bool = True


def open_source(source: Any, columns: Sequence[str], plain: Sequence[str] = ()) -> Opened:
    """Open a source over some columns; those in `plain` hold weights.

    Raises
    ------
    SurveyError
        If there is nothing that can be read.
    """
    found = find_source(source, columns)
    present = [column for column in columns if column in found.available]
    frame: Frame
    if isinstance(found.frame, nw.LazyFrame):
        frame = from_lazy(found.frame, present, found.name, found.decimal, found.typed)
    else:
        frame = from_eager(found.frame, present, found.name, found.decimal, plain)
    return Opened(
        frame, found.available, tuple(column for column in columns if column not in found.available)
    )


def find_source(source: Any, columns: Sequence[str]) -> Found:
    """Return a source over some columns, as it came.

    Raises
    ------
    SurveyError
        If there is nothing that can be read.
    """
    if isinstance(source, (str, os.PathLike)):
        return _open_files(_files(os.fspath(source)), os.fspath(source), columns)
    if (
        isinstance(source, (list, tuple))
        and source
        and all(isinstance(s, (str, os.PathLike)) for s in source)
    ):
        paths = [path for item in source for path in _files(os.fspath(item))]
        return _open_files(paths, f"{len(paths)} files", columns)
    return _open_frame(source, columns)


def _open_frame(source: Any, columns: Sequence[str]) -> Found:
    name = f"{type(source).__module__.partition('.')[0]} {type(source).__name__}"
    if type(source).__module__.startswith("pandas") and hasattr(source, "columns"):
        _refuse_twins(name, [column for column in source.columns if column in columns])
        available = tuple(column for column in source.columns if isinstance(column, str))
        source = source[[column for column in columns if column in available]]
    else:
        available = ()
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise SurveyError(
            f"cannot read answers from {type(source).__name__}: give a pandas, Polars, Arrow or DuckDB "
            "frame, or the path of a CSV or Parquet file."
        ) from None
    return Found(frame, name, available or tuple(frame.collect_schema().names()))


def _refuse_twins(name: str, columns: Sequence[str]) -> None:
    """Refuse columns wanted that a source has more than once."""
    twins = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    if twins:
        raise SurveyError(
            f"{name} has more than one column {', '.join(map(shown, twins))}: rename them so that the "
            "codebook can say which is meant."
        )


def _files(pattern: str) -> list[str]:
    """Return the files a path or pattern stands for."""
    path = Path(pattern).expanduser()
    if not pattern.strip():
        raise SurveyError("no file was named: the path is empty; there is no such file.")
    if path.is_dir():
        raise SurveyError(
            f"{pattern} is a folder; give a file, or a pattern such as {pattern.rstrip('/')}/*.csv."
        )
    if path.exists():
        return [str(path)]
    found = sorted(file for file in glob(str(path), recursive=True) if Path(file).is_file())
    if not found:
        what = "no file matches the pattern" if set("*?[") & set(pattern) else "there is no such file"
        raise SurveyError(f"{pattern}: {what}.")
    return found


def _open_files(paths: list[str], name: str, columns: Sequence[str]) -> Found:
    suffixes = {Path(path).suffix.lower() for path in paths}
    for suffix in suffixes & set(FOREIGN):
        raise SurveyError(
            f"{name}: {suffix} files are not read here; load it with {FOREIGN[suffix]} and pass that."
        )
    parquet = suffixes & {".parquet", ".pq"}
    if parquet and len(suffixes) > len(parquet):
        raise SurveyError(f"{name}: CSV and Parquet files cannot be read together.")
    size = sum(Path(path).stat().st_size for path in paths)
    try:
        if parquet:
            return _open_parquet(paths, name, columns, size)
        return _open_csv(paths, name, columns, size)
    except OSError as error:
        raise SurveyError(f"{name}: cannot be read ({error.strerror or type(error).__name__}).") from None


def _open_csv(paths: list[str], name: str, columns: Sequence[str], size: int) -> Found:
    heads = [_csv.read_head(path, columns) for path in paths]
    for head in heads:
        _refuse_twins(head.path, [column for column in head.header if column in columns])
    first = heads[0]
    for head in heads[1:]:
        lost = [c for c in columns if (c in head.header) != (c in first.header)]
        if lost:
            raise SurveyError(f"{first.path} and {head.path} do not both have {', '.join(map(shown, lost))}.")
    if size > LARGE and find_spec("duckdb") and find_spec("pyarrow"):
        query = nw.from_native(_csv.query(heads))
        return Found(query, name, tuple(first.header), first.decimal, typed=False)
    present = [column for column in columns if column in first.header]
    return Found(nw.from_native(_csv.load(heads, present)), name, tuple(first.header), first.decimal)


def _open_parquet(paths: list[str], name: str, columns: Sequence[str], size: int) -> Found:
    if not find_spec("pyarrow"):
        raise SurveyError(f"{name}: Parquet files need Arrow: {ENGINES}.")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        available = tuple(pq.read_schema(paths[0]).names)
        present = [column for column in columns if column in available]
        _refuse_twins(name, [column for column in available if column in columns])
        if size > LARGE and find_spec("duckdb"):
            import duckdb

            relation = duckdb.connect().read_parquet(paths, union_by_name=True)
            return Found(nw.from_native(relation), name, available)
        tables = [pq.ParquetFile(path).read(columns=present) for path in paths]
        return Found(nw.from_native(pa.concat_tables(tables, promote_options="permissive")), name, available)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowKeyError) as error:
        raise SurveyError(
            f"{name} is not readable as Parquet: {shown(str(error).splitlines()[0])}."
        ) from None
