"""Columns held in memory as small integer codes, and the counting of code patterns.

A column of ten million answers becomes one byte per row and a short list of what the codes mean; everything the
checks and the cells need is then a count of codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
CHUNK = 1 << 16  # rows: codes and keys of one chunk stay in the cache
DENSE = 20_000_000  # largest table of counts; beyond it patterns are sorted
SMALL_RANGE = 4_096  # whole numbers this close together are coded by subtraction
WORKERS = 2


@dataclass(frozen=True, eq=False)
class Column:
    """A column as codes.

    Attributes
    ----------
    codes : array of uint8, uint16 or int32
        One code per row.
    raw : tuple
        What each code stands for; None for an empty field.
    """

    codes: npt.NDArray[Any]
    raw: tuple[Any, ...]

    @property
    def counts(self) -> IntArray:
        """Rows holding each code."""
        return count_keys([self.codes], (len(self.raw),))


def small(codes: npt.NDArray[Any], k: int) -> npt.NDArray[Any]:
    """Return codes below `k` in the smallest type that holds them."""
    dtype = np.uint8 if k <= 256 else np.uint16 if k <= 65_536 else np.int32
    return codes if codes.dtype == dtype else codes.astype(dtype)


def chunks(n: int, size: int = CHUNK) -> list[slice]:
    """Return the slices that cover `n` rows."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def encode_numbers(x: npt.NDArray[Any]) -> Column:
    """Return a numeric array as codes; NaN becomes None."""
    if not len(x):
        return Column(np.empty(0, np.uint8), ())
    if x.dtype == bool:
        return _compact(x.astype(np.uint8), (False, True))
    coded = _encode_near(x)
    return coded if coded is not None else _encode_far(x)


def _encode_near(x: npt.NDArray[Any]) -> Column | None:
    """Code whole numbers that lie close together by subtraction; None where they do not."""
    floating = x.dtype.kind == "f"
    low, high = np.fmin.reduce(x), np.fmax.reduce(x)
    if not (np.isfinite(low) and np.isfinite(high)) or high - low >= SMALL_RANGE or abs(low) > 2**52:
        return None
    if floating and low != np.floor(low):
        return None
    span = int(high) - int(low) + 1
    codes = np.empty(len(x), np.uint8 if span < 256 else np.uint16)

    def work(part: slice) -> bool:
        shifted = x[part] - low
        if floating:
            np.copyto(shifted, span, where=np.isnan(shifted))
        codes[part] = shifted.astype(codes.dtype)
        return not floating or bool(np.array_equal(codes[part], shifted))

    with ThreadPoolExecutor(WORKERS) as pool:
        if not all(pool.map(work, chunks(len(x)))):
            return None
    first = int(low)
    return _compact(codes, (*range(first, first + span), *([None] if floating else [])))


def _compact(codes: npt.NDArray[Any], raw: Sequence[Any]) -> Column:
    """Drop codes that no row holds."""
    counts = count_keys([codes], (len(raw),))
    held = np.flatnonzero(counts)
    if len(held) == len(raw):
        return Column(codes, tuple(raw))
    lut = np.zeros(len(raw), np.uint8 if len(held) <= 256 else np.uint16)
    lut[held] = np.arange(len(held))
    contiguous = len(held) == held[-1] + 1
    return Column(codes if contiguous else take(lut, codes), tuple(raw[i] for i in held))


def take(lut: npt.NDArray[Any], codes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return ``lut[codes]``, in chunks and threads."""
    out = np.empty(len(codes), lut.dtype)

    def work(part: slice) -> None:
        np.take(lut, codes[part], out=out[part], mode="clip")

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, chunks(len(codes))))
    return out


def _encode_far(x: npt.NDArray[Any]) -> Column:
    """Code numbers of any size by hashing, in increasing order."""
    import pandas as pd

    codes, found = pd.factorize(x)
    found = np.asarray(found)
    order = np.argsort(found, kind="stable")
    rank = np.empty(len(found) + 1, np.int32)
    rank[order] = np.arange(len(found))
    rank[-1] = len(found)  # pandas codes NaN as -1
    empty = bool((codes < 0).any())
    raw = tuple(_whole(value) for value in found[order].tolist())
    return Column(small(rank[codes], len(raw) + empty), (*raw, None) if empty else raw)


def _whole(value: Any) -> Any:
    """Return a float that is a whole number as an int."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def encode_objects(values: Any) -> Column:
    """Return text, dates or mixed values as codes, in the order they are met."""
    import pandas as pd

    codes, found = pd.factorize(values, use_na_sentinel=True)
    return from_dictionary(codes, list(found))


def from_dictionary(codes: npt.NDArray[Any], raw: list[Any]) -> Column:
    """Return dictionary codes, -1 for empty, as a column without unused codes."""
    if not len(codes):
        return Column(np.empty(0, np.uint8), ())
    shifted = np.where(codes < 0, len(raw), codes)
    held, compact = np.unique(shifted, return_inverse=True)
    found = [*raw, None]
    return Column(small(compact, len(held)), tuple(_whole(found[i]) for i in held))


def count_keys(
    codes: Sequence[npt.NDArray[Any]], shape: Sequence[int], weights: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[Any]:
    """Count rows (or sum weights) by mixed-radix key: a flat table over all code patterns."""
    size = int(np.prod(shape, dtype=np.int64))
    n = len(codes[0])
    step = max(CHUNK, min(8 * size, n))

    def work(share: list[slice]) -> npt.NDArray[Any]:
        table = np.zeros(size, np.int64 if weights is None else np.float64)
        for part in share:
            key = codes[0][part].astype(np.intp)
            for code, k in zip(codes[1:], shape[1:], strict=True):
                key *= k
                key += code[part]
            table += np.bincount(key, None if weights is None else weights[part], minlength=size)
        return table

    parts = chunks(n, step)
    shares = [parts[i::WORKERS] for i in range(WORKERS)] if len(parts) > 1 else [parts]
    with ThreadPoolExecutor(WORKERS) as pool:
        return np.sum(list(pool.map(work, shares)), axis=0)


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

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, chunks(len(left))))
    return out
