"""Where the answers lie: columns in memory, or a query that runs elsewhere. Both only count patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import narwhals as nw
import numpy as np
import numpy.typing as npt

from cxresearch.errors import SurveyError
from cxresearch.survey import _columns as cols
from cxresearch.survey._answers import is_empty
from cxresearch.survey._columns import Column, Float, IntArray
from cxresearch.survey._text import shown

Distinct = tuple[Sequence[Any] | npt.NDArray[Any], IntArray]
MANY = 200  # distinct values that a query compares one by one


@dataclass(frozen=True, eq=False)
class Key:
    """What to group by: a column, or several that make an index.

    Attributes
    ----------
    columns : tuple of str
        Source columns.
    values : tuple of float array
        For each source column, what each of its distinct raw values stands for; NaN for no answer.
    min_items : int
        Items an index needs.
    """

    columns: tuple[str, ...]
    values: tuple[Float, ...]
    min_items: int = 1


@dataclass(frozen=True, eq=False)
class Patterns:
    """Patterns with counts and sums of weights, in no order; equal ones may occur more than once."""

    values: Float
    n: IntArray
    w: Float | None = None
    w2: Float | None = None


class Frame(Protocol):
    """What a source of answers must do."""

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        ...

    @property
    def n_rows(self) -> int:
        """Rows of the source."""
        ...

    @property
    def decimal(self) -> str:
        """Decimal sign of numbers that come as text."""
        ...

    @property
    def typed(self) -> bool:
        """Whether numbers come as numbers; False where every field is text."""
        ...

    def distinct(self, column: str) -> Distinct:
        """Return the distinct raw values of a column and how many rows hold each."""
        ...

    def group(self, keys: Sequence[Key], weight: tuple[str, Float] | None = None) -> Patterns:
        """Return the patterns of the keys with counts, and sums of weights where asked."""
        ...


@dataclass(frozen=True, eq=False)
class Memory:
    """Columns in memory, each coded once; later changes of the caller's frame are not seen."""

    name: str
    n_rows: int
    coded: Mapping[str, Column]
    decimal: str = "."
    typed: bool = True
    _indices: dict[Any, tuple[npt.NDArray[Any], Float]] = field(default_factory=dict, repr=False)
    _counts: dict[str, IntArray] = field(default_factory=dict, repr=False)

    def distinct(self, column: str) -> Distinct:
        """Return the distinct raw values of a column and how many rows hold each."""
        coded = self.coded[column]
        if column not in self._counts:
            self._counts[column] = coded.counts
        return coded.raw, self._counts[column]

    def group(self, keys: Sequence[Key], weight: tuple[str, Float] | None = None) -> Patterns:
        """Return the patterns of the keys with counts, and sums of weights where asked."""
        parts = [self._codes(key) for key in keys]
        codes = [code for code, _ in parts] or [np.zeros(self.n_rows, np.uint8)]
        shape = [max(1, len(values)) for _, values in parts] or [1]
        found, n, sums = cols.count_patterns(codes, shape, None if weight is None else self._per_row(*weight))
        matrix = np.empty((len(n), len(parts)))
        for column, (_, values) in enumerate(parts):
            matrix[:, column] = values[found[column]] if len(values) else np.nan
        return Patterns(matrix, n, *(sums or ()))

    def _per_row(self, column: str, values: Float) -> Float:
        codes = self.coded[column].codes
        return values if codes is None else cols.take(values, codes)

    def _codes(self, key: Key) -> tuple[npt.NDArray[Any], Float]:
        """Return the codes of a key's rows and the value of each code."""
        if len(key.columns) > 1:
            name = (key.columns, key.min_items, tuple(values.tobytes() for values in key.values))
            if name not in self._indices:
                self._indices[name] = self._index(key)
            return self._indices[name]
        codes = self.coded[key.columns[0]].codes
        if codes is not None:
            return codes, key.values[0]
        column = cols.encode_numbers(key.values[0])
        return column.codes, np.asarray(column.raw, dtype=float)  # type: ignore[return-value]

    def _index(self, key: Key) -> tuple[npt.NDArray[Any], Float]:
        """Walk through the items of an index, keeping a code of (sum, number answered) per row."""
        state, sums, answered = np.zeros(self.n_rows, np.uint8), np.zeros(1), np.zeros(1)
        for column, values in zip(key.columns, key.values, strict=True):
            codes, item = self._codes(Key((column,), (values,)))
            item = item if len(item) else np.full(1, np.nan)
            given = ~np.isnan(item)
            total = np.round(np.add.outer(sums, np.where(given, item, 0.0)), 9).ravel()
            number = np.add.outer(answered, given).ravel()
            pairs, rank = np.unique(np.column_stack([total, number]), axis=0, return_inverse=True)
            state = cols.combine(state, codes, len(item), cols.small(rank.ravel(), len(pairs)))
            sums, answered = pairs[:, 0], pairs[:, 1]
        return state, index_answer(sums, answered, key.min_items)


def index_answer(sums: Float, answered: Float, min_items: int) -> Float:
    """Return the mean of the items answered, NaN where they are too few."""
    return np.where(answered >= min_items, sums / np.maximum(answered, 1.0), np.nan)


@dataclass(frozen=True, eq=False)
class Query:
    """A query that runs where the data lie; only counts of patterns come back."""

    name: str
    n_rows: int
    lazy: nw.LazyFrame[Any]
    decimal: str = "."
    typed: bool = True
    _found: dict[str, Distinct] = field(default_factory=dict, repr=False)

    def distinct(self, column: str) -> Distinct:
        """Return the distinct raw values of a column and how many rows hold each."""
        if column not in self._found:
            counted = _collect(
                self.lazy.select(__x=nw.col(column)).group_by("__x").agg(__n=nw.len()), self.name
            )
            values = counted.get_column("__x")
            raw: Sequence[Any] | npt.NDArray[Any] = [cols.whole(value) for value in values.to_list()]
            n = np.asarray(counted.get_column("__n").to_numpy(), dtype=np.int64)
            if len(raw) > cols.FEW and values.dtype.is_float():
                raw = np.array([np.nan if is_empty(value) else float(value) for value in raw])
            elif len(raw) > cols.FEW and values.dtype.is_integer() and not values.null_count():
                raw = np.asarray(values.to_numpy())
            self._found[column] = raw, n
        return self._found[column]

    def group(self, keys: Sequence[Key], weight: tuple[str, Float] | None = None) -> Patterns:
        """Return the patterns of the keys with counts, and sums of weights where asked."""
        parts: dict[str, nw.Expr] = {"__one": nw.lit(1)}
        for i, key in enumerate(keys):
            if len(key.columns) == 1:
                parts[f"__k{i}"] = nw.col(key.columns[0])
            else:
                parts[f"__k{i}"], parts[f"__a{i}"] = self._index(key)
        names, sums = list(parts), {"__n": nw.len()}
        if weight is not None:
            text = nw.col(weight[0])
            if not self.typed and self.decimal != ".":
                text = text.str.replace_all(self.decimal, ".", literal=True)
            parts["__w"] = text.cast(nw.Float64)
            sums |= {"__sw": nw.col("__w").sum(), "__sw2": nw.col("__w2").sum()}
        frame = self.lazy.select(**parts)
        if weight is not None:
            frame = frame.with_columns(__w2=nw.col("__w") * nw.col("__w"))  # elementary sums only
        counted = _collect(frame.group_by(*names).agg(**sums), self.name)
        values = [self._values(counted, i, key) for i, key in enumerate(keys)]
        w, w2 = (_floats(counted, name) if weight is not None else None for name in ("__sw", "__sw2"))
        n = np.asarray(counted.get_column("__n").to_numpy(), dtype=np.int64)
        return Patterns(np.column_stack(values) if values else np.empty((len(n), 0)), n, w, w2)

    def _values(self, counted: nw.DataFrame[Any], i: int, key: Key) -> Float:
        """Return what a key's grouped raw values stand for."""
        if len(key.columns) > 1:
            sums = np.round(_floats(counted, f"__k{i}"), 9)
            return index_answer(sums, _floats(counted, f"__a{i}"), key.min_items)
        raw, _ = self.distinct(key.columns[0])
        found = counted.get_column(f"__k{i}").to_list()
        meaning = {
            value: number for value, number in zip(raw, key.values[0], strict=True) if not is_empty(value)
        }
        return np.array(
            [np.nan if is_empty(value) else meaning.get(value, np.nan) for value in found], dtype=float
        )

    def _index(self, key: Key) -> tuple[nw.Expr, nw.Expr]:
        """Return the sum of an index's items and how many were answered, as expressions."""
        items = [self._item(*pair) for pair in zip(key.columns, key.values, strict=True)]
        total, answered = nw.lit(0.0), nw.lit(0)
        for item in items:
            total = total + item.fill_null(0.0)
            answered = answered + nw.when(item.is_null()).then(nw.lit(0)).otherwise(nw.lit(1))
        return total, answered

    def _item(self, column: str, values: Float) -> nw.Expr:
        """Return what a column's raw values stand for, as an expression; null for no answer."""
        raw, _ = self.distinct(column)
        pairs = [
            (r, float(v)) for r, v in zip(raw, values, strict=True) if not is_empty(r) and not np.isnan(v)
        ]
        expr = nw.col(column)
        plain = [isinstance(r, (int, float, np.number)) and not isinstance(r, bool) for r, _ in pairs]
        if pairs and all(plain):
            r, v = np.array(pairs, dtype=float).T
            number = expr.cast(nw.Float64)
            if np.array_equal(r, v) or np.array_equal(r + v, np.full(len(r), r[0] + v[0])):
                mapped = number if np.array_equal(r, v) else float(r[0] + v[0]) - number
                return nw.when(number.is_in(r.tolist())).then(mapped)
        if len(pairs) > MANY:
            raise SurveyError(
                f"{self.name}: {column!r} is text with {len(pairs):,} different answers, of which a query can tell "
                f"apart {MANY}. Turn it into numbers in the source, or read the columns into memory first."
            )
        chain = nw.lit(None, dtype=nw.Float64)
        for r, v in pairs:
            chain = nw.when(expr == nw.lit(r)).then(nw.lit(v)).otherwise(chain)
        return chain


def _collect(frame: nw.LazyFrame[Any], name: str) -> nw.DataFrame[Any]:
    """Run a query; what DuckDB cannot read in a file is a SurveyError."""
    try:
        return frame.collect()
    except Exception as error:
        if "duckdb" not in type(error).__module__:
            raise
        first, *rest = str(error).splitlines()
        if "invalid unicode" in str(error).lower():
            rest = ["the file is not UTF-8"]
        said = ", ".join([first, *rest[:2]])
        raise SurveyError(f"{name} cannot be read: {shown(said, 160)}.") from None


def _floats(frame: nw.DataFrame[Any], column: str) -> Float:
    return np.asarray(frame.get_column(column).to_numpy(), dtype=np.float64)


def from_eager(
    frame: nw.DataFrame[Any], columns: Sequence[str], name: str, decimal: str = ".", plain: Sequence[str] = ()
) -> Memory:
    """Code the columns of a frame in memory; those in `plain` are kept as numbers if they hold many."""
    coded = {column: encode(frame.get_column(column), plain=column in plain) for column in columns}
    return Memory(name, len(frame), coded, decimal)


def from_lazy(
    frame: nw.LazyFrame[Any], columns: Sequence[str], name: str, decimal: str = ".", typed: bool = True
) -> Query:
    """Prepare the queries on a lazy frame."""
    lazy = frame.select(*columns) if columns else frame
    return Query(name, int(_collect(lazy.select(__n=nw.len()), name).item()), lazy, decimal, typed)


def encode(series: nw.Series[Any], *, plain: bool = False) -> Column:
    """Return a column of any frame as codes."""
    dtype, holes = series.dtype, series.null_count()
    if holes == len(series):
        return Column(np.zeros(holes, np.uint8), (None,) if holes else ())
    if dtype == nw.Boolean and not holes:
        return cols.encode_numbers(np.asarray(series.to_numpy(), dtype=bool))
    if dtype.is_integer() or dtype.is_float():
        x: npt.NDArray[Any] = np.asarray((series.cast(nw.Float64) if holes else series).to_numpy())
        return cols.encode_numbers(x if x.dtype.kind in "iuf" else x.astype(np.float64), plain=plain)
    native = series.to_native()
    if not (series.implementation.is_polars() or series.implementation.is_pyarrow()):
        return cols.encode_objects(native if series.implementation.is_pandas() else series.to_pandas())
    import pyarrow as pa

    chunked = native if isinstance(native, pa.ChunkedArray) else pa.chunked_array([native.to_arrow()])
    coded = chunked if pa.types.is_dictionary(chunked.type) else chunked.dictionary_encode()
    joined = coded.unify_dictionaries().combine_chunks()
    if not len(joined):
        return cols.from_dictionary(np.empty(0, np.int32), [])
    indices = joined.indices.cast("int32").fill_null(-1).to_numpy(zero_copy_only=False)
    return cols.from_dictionary(indices, joined.dictionary.to_pylist())
