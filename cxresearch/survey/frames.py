"""Where the answers lie: columns in memory, or a query that runs elsewhere. Both count patterns, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import narwhals as nw
import numpy as np
import numpy.typing as npt

from cxresearch.survey import _columns as cols
from cxresearch.survey._columns import Column

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Key:
    """One column to group by: what each distinct raw value of each source column stands for.

    Attributes
    ----------
    columns : tuple of str
        Source columns; several make an index.
    values : tuple of float array
        For each source column the value of each of its distinct raw values, NaN for none.
    min_items : int
        Items an index needs.
    """

    columns: tuple[str, ...]
    values: tuple[Array, ...]
    min_items: int = 1


@dataclass(frozen=True, eq=False)
class Patterns:
    """Distinct patterns, in no order and not yet merged."""

    values: Array
    n: IntArray
    w: Array | None = None
    w2: Array | None = None


class Frame(Protocol):
    """What a source of answers must do."""

    name: str
    n_rows: int
    decimal: str

    def distinct(self, column: str) -> tuple[tuple[Any, ...], IntArray]:
        """Return the distinct raw values of a column and how many rows hold each."""
        ...

    def group(self, keys: Sequence[Key], weight: tuple[str, Array] | None = None) -> Patterns:
        """Return the distinct patterns of the keys with counts, and sums of weights where asked."""
        ...


@dataclass(frozen=True, eq=False)
class Memory:
    """Columns in memory, each coded once; later changes of the caller's frame are not seen."""

    name: str
    n_rows: int
    coded: Mapping[str, Column]
    decimal: str = "."
    _index: dict[Any, tuple[npt.NDArray[Any], Array]] = field(default_factory=dict, repr=False)

    def distinct(self, column: str) -> tuple[tuple[Any, ...], IntArray]:
        """Return the distinct raw values of a column and how many rows hold each."""
        coded = self.coded[column]
        return coded.raw, coded.counts

    def group(self, keys: Sequence[Key], weight: tuple[str, Array] | None = None) -> Patterns:
        """Return the distinct patterns of the keys with counts, and sums of weights where asked."""
        parts = [self._codes(key) for key in keys]
        codes = [code for code, _ in parts] or [np.zeros(self.n_rows, np.uint8)]
        shape = [max(1, len(values)) for _, values in parts] or [1]
        w = None if weight is None else weight[1][self.coded[weight[0]].codes]
        found, n, sums = count_patterns(codes, shape, w)
        values = [lut[code] for (_, lut), code in zip(parts, found, strict=False)]
        matrix = np.column_stack(values) if values else np.empty((len(n), 0))
        return Patterns(matrix, n, *sums)

    def _codes(self, key: Key) -> tuple[npt.NDArray[Any], Array]:
        """Return the codes of a key's rows and the value of each code."""
        if len(key.columns) == 1:
            return self.coded[key.columns[0]].codes, key.values[0]
        name = (key.columns, key.min_items, tuple(values.tobytes() for values in key.values))
        if name not in self._index:
            self._index[name] = self._combine(key)
        return self._index[name]

    def _combine(self, key: Key) -> tuple[npt.NDArray[Any], Array]:
        """Walk through the items of an index, keeping per row a code of (sum, number answered)."""
        state, sums, answered = np.zeros(self.n_rows, np.uint8), np.zeros(1), np.zeros(1)
        for column, values in zip(key.columns, key.values, strict=True):
            coded = self.coded[column]
            k = max(1, len(values))
            item = values if len(values) else np.full(1, np.nan)
            given = ~np.isnan(item)
            total = np.round(np.add.outer(sums, np.where(given, item, 0.0)), 9).ravel()
            number = np.add.outer(answered, given).ravel()
            pairs, rank = np.unique(np.column_stack([total, number]), axis=0, return_inverse=True)
            state = cols.combine(state, coded.codes, k, cols.small(rank.ravel(), len(pairs)))
            sums, answered = pairs[:, 0], pairs[:, 1]
        enough = answered >= key.min_items
        return state, np.where(enough, sums / np.maximum(answered, 1.0), np.nan)


def count_patterns(
    codes: Sequence[npt.NDArray[Any]], shape: Sequence[int], w: Array | None
) -> tuple[list[IntArray], IntArray, tuple[Array, Array] | tuple[()]]:
    """Return the distinct code patterns (a list of columns), their counts and their sums of w and w²."""
    size = 1
    for k in shape:
        size *= int(k)
    if size > cols.DENSE:
        return _sort_patterns(codes, shape, w)
    counts = cols.count_keys(codes, shape)
    held = np.flatnonzero(counts)
    found = list(np.unravel_index(held, tuple(shape)))
    if w is None:
        return found, counts[held], ()
    sums = (cols.count_keys(codes, shape, w)[held], cols.count_keys(codes, shape, w * w)[held])
    return found, counts[held], sums


def _sort_patterns(
    codes: Sequence[npt.NDArray[Any]], shape: Sequence[int], w: Array | None
) -> tuple[list[IntArray], IntArray, tuple[Array, Array] | tuple[()]]:
    """Count patterns whose table would be too large: hash the keys, re-coding whenever they outgrow 63 bits."""
    import pandas as pd

    key, size = codes[0].astype(np.int64), int(shape[0])
    for code, k in zip(codes[1:], shape[1:], strict=True):
        if size * int(k) >= 2**62:
            key, found = pd.factorize(key)
            key, size = key.astype(np.int64), len(found)
        key, size = key * int(k) + code, size * int(k)
    group, found = pd.factorize(key)
    first = np.full(len(found), -1, np.int64)
    first[group[::-1]] = np.arange(len(group) - 1, -1, -1)
    n = np.bincount(group, minlength=len(found)).astype(np.int64)
    sums = () if w is None else (np.bincount(group, w), np.bincount(group, w * w))
    return [code[first].astype(np.int64) for code in codes], n, sums


def from_eager(frame: nw.DataFrame[Any], columns: Sequence[str], name: str, decimal: str = ".") -> Memory:
    """Code the columns of a frame in memory."""
    coded = {column: encode(frame.get_column(column)) for column in columns}
    return Memory(name, len(frame), coded, decimal)


def encode(series: nw.Series[Any]) -> Column:
    """Return a column of any frame as codes."""
    dtype = series.dtype
    if dtype.is_numeric() and dtype != nw.Decimal or dtype == nw.Boolean:
        if series.null_count() and (dtype.is_integer() or dtype == nw.Boolean):
            series = series.cast(nw.Float64)
        return cols.encode_numbers(np.asarray(series.to_numpy()))
    native = series.to_native()
    if series.implementation.is_pandas():
        return cols.encode_objects(native)
    if series.implementation.is_polars():
        native = native.to_arrow()
    coded = native.combine_chunks().dictionary_encode() if hasattr(native, "combine_chunks") else native.dictionary_encode()
    indices = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return cols.from_dictionary(indices, coded.dictionary.to_pylist())
