"""Columns held in memory as small integer codes, and the counting of code patterns.

A column of ten million answers becomes one byte per row and a short list of what the codes mean; everything
the checks and the cells need is then a count of codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
CHUNK = 1 << 16  # rows: the codes and keys of one chunk stay in the cache
DENSE = 20_000_000  # largest table of counts; beyond it keys are hashed
SMALL_RANGE = 4_096  # whole numbers this close together are coded by subtraction
FEW = 4_096  # distinct numbers kept as a tuple; more are kept as an array
PROBE = 20_000  # rows looked at before a column of weights is hashed
WORKERS = 2  # counting is bound by memory: two threads reach most of it


@dataclass(frozen=True, eq=False)
class Column:
    """A column as codes.

    Attributes
    ----------
    codes : array of uint8, uint16 or int32, or None
        One code per row; None where `raw` holds one value per row as it came.
    raw : tuple or array
        What each code stands for; None or NaN for an empty field.
    """

    codes: npt.NDArray[Any] | None
    raw: Sequence[Any] | npt.NDArray[Any]

    @property
    def counts(self) -> IntArray:
        """Rows holding each value of `raw`."""
        if self.codes is None:
            return np.ones(len(self.raw), np.int64)
        return count_keys([self.codes], (len(self.raw),))


def small(codes: npt.NDArray[Any], k: int) -> npt.NDArray[Any]:
    """Return codes below `k` in the smallest type that holds them."""
    dtype = np.uint8 if k <= 256 else np.uint16 if k <= 65_536 else np.int32
    return codes if codes.dtype == dtype else codes.astype(dtype)


def chunks(n: int, size: int = CHUNK) -> list[slice]:
    """Return the slices that cover `n` rows."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def threaded(work: Any, parts: Sequence[Any]) -> list[Any]:
    """Return ``[work(part) for part in parts]``, in threads where there is more than one part."""
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, parts))


def encode_numbers(x: npt.NDArray[Any], *, plain: bool = False) -> Column:
    """Return a numeric array as codes; empty is NaN.

    With `plain`, numbers of many distinct values (weights) are kept as they are instead.
    """
    if not len(x):
        return Column(np.empty(0, np.uint8), ())
    if x.dtype == bool:
        return _compact(x.astype(np.uint8), (False, True))
    if plain and len(np.unique(x[:: max(1, len(x) // PROBE)])) > FEW // 4:
        return Column(None, np.array(x, dtype=np.float64))
    coded = _encode_near(x)
    return coded if coded is not None else _encode_far(x)


def _encode_near(x: npt.NDArray[Any]) -> Column | None:
    """Code whole numbers that lie close together by subtraction; None where they do not."""
    floating = x.dtype.kind == "f"
    low, high = np.fmin.reduce(x), np.fmax.reduce(x)
    if not (np.isfinite(low) and np.isfinite(high)) or abs(float(low)) > 2**52:
        return None
    first, span = int(low), int(high) - int(low) + 1
    if span >= SMALL_RANGE or (floating and float(low) != first):
        return None
    codes = np.empty(len(x), np.uint8 if span < 256 else np.uint16)

    def work(part: slice) -> bool:
        shifted = x[part].astype(np.float64) - first if floating else x[part] - low
        if floating:
            np.copyto(shifted, span, where=np.isnan(shifted))
        codes[part] = shifted.astype(codes.dtype)
        return not floating or bool(np.array_equal(codes[part], shifted))

    if not all(threaded(work, chunks(len(x)))):
        return None
    return _compact(codes, (*range(first, first + span), *([None] if floating else [])))


def _compact(codes: npt.NDArray[Any], raw: Sequence[Any]) -> Column:
    """Drop codes that no row holds."""
    held = np.flatnonzero(count_keys([codes], (len(raw),)))
    found = tuple(raw[int(i)] for i in held)
    if len(held) == held[-1] + 1:
        return Column(codes, found)
    lut = np.zeros(len(raw), np.uint8 if len(held) <= 256 else np.uint16)
    lut[held] = np.arange(len(held))
    return Column(take(lut, codes), found)


def take(lut: npt.NDArray[Any], codes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return ``lut[codes]``, in chunks and threads."""
    out = np.empty(len(codes), lut.dtype)

    def work(part: slice) -> None:
        np.take(lut, codes[part], out=out[part], mode="clip")

    threaded(work, chunks(len(codes)))
    return out


def combine(
    left: npt.NDArray[Any], right: npt.NDArray[Any], k: int, lut: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return ``lut[left * k + right]`` row by row, in chunks and threads."""
    out = np.empty(len(left), lut.dtype)

    def work(part: slice) -> None:
        key = left[part].astype(np.intp)
        key *= k
        key += right[part]
        np.take(lut, key, out=out[part], mode="clip")

    threaded(work, chunks(len(left)))
    return out


def _encode_far(x: npt.NDArray[Any]) -> Column:
    """Code numbers of any size by hashing, in increasing order."""
    import pandas as pd

    codes, found = pd.factorize(x)
    order = np.argsort(found, kind="stable")
    rank = np.empty(len(found) + 1, np.int32)
    rank[order] = np.arange(len(found))
    rank[-1] = len(found)  # pandas codes NaN as -1
    ordered = np.asarray(found)[order]
    if (codes < 0).any():
        ordered = np.append(ordered, np.nan)
    raw = tuple(map(whole, ordered.tolist())) if len(ordered) <= FEW else ordered
    return Column(small(rank[codes], len(raw)), raw)


def whole(value: Any) -> Any:
    """Return a float that is a whole number as an int, other values as they are."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def encode_objects(values: Any) -> Column:
    """Return text, dates or mixed values as codes."""
    import pandas as pd

    try:
        codes, found = pd.factorize(values, use_na_sentinel=True)
    except TypeError:  # lists and other values that cannot be hashed
        codes, found = pd.factorize(np.array([str(value) for value in values], dtype=object))
    raw = list(found)
    truths = [isinstance(value, (bool, np.bool_)) for value in raw]
    if any(truths) and pd.api.types.infer_dtype(values, skipna=True) != "boolean":
        # among numbers True is the number 1: both have the same hash, the first met would name them
        raw = [int(value) if isinstance(value, (bool, np.bool_)) else value for value in raw]
    return from_dictionary(codes, raw)


def from_dictionary(codes: npt.NDArray[Any], raw: list[Any]) -> Column:
    """Return dictionary codes, -1 for empty, as a column without unused codes."""
    if not len(codes):
        return Column(np.empty(0, np.uint8), ())
    shifted = np.where(codes < 0, len(raw), codes).astype(np.int32)
    return _compact(small(shifted, len(raw) + 1), [*map(whole, raw), None])


def count_keys(
    codes: Sequence[npt.NDArray[Any]], shape: Sequence[int], weights: Float | None = None
) -> npt.NDArray[Any]:
    """Count rows (or sum weights) by mixed-radix key: a flat table over all code patterns."""
    size = int(np.prod(shape, dtype=np.int64))
    n = len(codes[0])

    def work(share: list[slice]) -> npt.NDArray[Any]:
        table = np.zeros(size, np.int64 if weights is None else np.float64)
        for part in share:
            key = codes[0][part].astype(np.intp)
            for code, k in zip(codes[1:], shape[1:], strict=True):
                key *= k
                key += code[part]
            table += np.bincount(key, None if weights is None else weights[part], minlength=size)
        return table

    parts = chunks(n, max(CHUNK, 8 * size))  # a large table is swept seldom
    shares = [share for i in range(WORKERS) if (share := parts[i::WORKERS])] or [[]]
    tables = threaded(work, shares)
    return tables[0] if len(tables) == 1 else np.sum(tables, axis=0)


def count_patterns(
    codes: Sequence[npt.NDArray[Any]], shape: Sequence[int], w: Float | None
) -> tuple[list[IntArray], IntArray, tuple[Float, Float] | None]:
    """Return the distinct code patterns (a list of columns), their counts and their sums of w and w²."""
    size = 1
    for k in shape:
        size *= int(k)
    if size > DENSE or size > 64 * max(len(codes[0]), CHUNK):
        return _hash_patterns(codes, shape, w)
    counts = count_keys(codes, shape)
    held = np.flatnonzero(counts)
    found = [np.asarray(code, np.int64) for code in np.unravel_index(held, tuple(shape))]
    if w is None:
        return found, counts[held], None
    return found, counts[held], (count_keys(codes, shape, w)[held], count_keys(codes, shape, w * w)[held])


def _hash_patterns(
    codes: Sequence[npt.NDArray[Any]], shape: Sequence[int], w: Float | None
) -> tuple[list[IntArray], IntArray, tuple[Float, Float] | None]:
    """Count patterns whose table would be too large: hash the keys, re-coded when they outgrow 62 bits."""
    import pandas as pd

    key, size = codes[0].astype(np.int64), int(shape[0])
    for code, k in zip(codes[1:], shape[1:], strict=True):
        if size * int(k) >= 2**62:
            group, found = pd.factorize(key)
            key, size = group.astype(np.int64), len(found)
        key, size = key * int(k) + code, size * int(k)
    group, found = pd.factorize(key)
    first = np.empty(len(found), np.int64)
    first[group[::-1]] = np.arange(len(group) - 1, -1, -1)
    n = np.bincount(group, minlength=len(found)).astype(np.int64)
    sums: tuple[Float, Float] | None = None
    if w is not None:
        sums = np.bincount(group, w).astype(np.float64), np.bincount(group, w * w).astype(np.float64)
    return [code[first].astype(np.int64) for code in codes], n, sums
