"""R² of every subset of predictors, each once: a binary tree of Schur complements, breadth-first in blocks.

A tree node is a moment matrix with some predictors partialled out and others dropped. Each level takes the next
player (a predictor, or a group of them), drops it in the first half and partials it out in the second, so that a
node's place is its subset's code: bit j says that player j is in. Nodes are stored as columns, one row an entry
of the upper triangle, so every step is arithmetic on long rows; the upper levels are done at once, the lower ones
for a few nodes at a time, so that the numbers at work stay in the processor's cache. The outcome's own entry
starts at 0 and gathers minus the explained variance: small R² keep their digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import comb
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = NDArray[np.floating[Any]]
Block: TypeAlias = tuple[int, Array]

COLLINEAR = 1e-10  # a predictor with this share of its variance left adds nothing
CLOSE = 1e-3  # with less than this share left, extended precision
WIDTH = 2**17  # columns of a finished block: 1 MB
DEPTH = 9  # levels done block by block


def floors(stack: Array) -> Array:
    """Variance below which a predictor counts as collinear: (p, B)."""
    return COLLINEAR * np.diagonal(stack[:, :-1, :-1], axis1=1, axis2=2).T


def _order(columns: Columns) -> int:
    """Order k of matrices held as k (k + 1) / 2 rows."""
    return int((np.sqrt(8 * len(columns) + 1) - 1) / 2 + 0.5)


def packed(stack: Array) -> Columns:
    """Upper triangles of a stack (B, k, k) as columns: (k (k + 1) / 2, B), the outcome's own entry 0."""
    i, j = np.triu_indices(stack.shape[-1])
    columns = np.ascontiguousarray(stack[:, i, j].T)
    columns[-1] = 0
    return columns.astype(np.longdouble) if _close(columns, floors(stack)) else columns


def _close(columns: Columns, floor: Array) -> bool:
    """Whether some predictor is nearly, but not quite, a linear combination of those before it."""
    for one in floor:
        if np.any((columns[0] > one) & (columns[0] < CLOSE / COLLINEAR * one)):
            return True
        columns = swept(columns, one)
    return False


def swept(columns: Columns, floor: Array, out: Columns | None = None) -> Columns:
    """Partial the first variable out of the others and drop it; without variance of its own, only dropped."""
    k = _order(columns)
    first, rest = columns[:k], columns[k:]
    out = np.empty_like(rest) if out is None else out
    useful = (first[0].reshape(-1, len(floor)) > floor).reshape(-1)
    scaled = first[1:] * np.divide(1.0, first[0], out=np.zeros_like(first[0]), where=useful)
    start = 0
    for a in range(k - 1):  # row a of the remaining triangle
        rows = slice(start, start := start + k - 1 - a)
        np.multiply(scaled[a], first[1 + a :], out=out[rows])
        np.subtract(rest[rows], out[rows], out=out[rows])
    return out


def _grown(columns: Columns, floor: Array) -> Columns:
    """One level: nodes without the next player (floor has a row for each of its predictors), then with it."""
    without = columns
    for _ in floor:
        without = without[_order(without) :]
    for one in floor[:-1]:
        columns = swept(columns, one)
    n = columns.shape[1]
    grown = np.empty((len(without), 2 * n), columns.dtype)
    grown[:, :n] = without
    swept(columns, floor[-1], out=grown[:, n:])
    return grown


def _players(floor: Array, sizes: Sequence[int]) -> list[Array]:
    """Rows of each player."""
    return np.split(floor, np.cumsum(sizes)[:-1])


def _total(stack: Array) -> Array:
    """Variance of the outcome; NaN where it has none."""
    total = stack[:, -1, -1]
    return np.where(total > 0, total, np.nan)


def stack_r2(stack: Array, sizes: Sequence[int]) -> Array:
    """R² of every subset of a stack (B, k, k) of matrices at once: (2^p, B) for p = ``len(sizes)`` players."""
    columns = packed(stack)
    for floor in _players(floors(stack), sizes):
        columns = _grown(columns, floor)
    return np.asarray(0.0 - columns[0].reshape(-1, len(stack)) / _total(stack), float)


def full_r2(stack: Array) -> Array:
    """R² of the outcome on all the others, for a stack (B, k, k): (B,)."""
    return stepwise_r2(stack).sum(axis=1)


def stepwise_r2(stack: Array) -> Array:
    """Gain in R² of each predictor on those before it, for a stack (B, k, k): (B, k - 1)."""
    columns = packed(stack)
    explained = [columns[-1]]
    for floor in floors(stack):
        columns = swept(columns, floor)
        explained.append(columns[-1])
    return np.asarray(-np.diff(explained, axis=0) / _total(stack), float).T


def last_r2(stack: Array, sizes: Sequence[int]) -> Array:
    """Gain in R² of each player on all others, for a stack (B, k, k): (B, p)."""
    gains = _last_gains(packed(stack), floors(stack), sizes)
    return np.asarray(np.array(gains) / _total(stack), float).T


def _last_gains(columns: Columns, floor: Array, sizes: Sequence[int]) -> list[Columns]:
    """What each player explains after all others: half of them are partialled out for all of the other half."""
    if len(sizes) == 1:
        columns[-1] = 0  # a small gain after a large R² keeps its digits
        for one in floor:
            columns = swept(columns, one)
        return [0.0 - columns[-1]]
    half = len(sizes) // 2
    n = sum(sizes[:half])
    first = columns[_moved(_order(columns), n)]
    for one in floor[n:]:
        first = swept(first, one)
    for one in floor[:n]:
        columns = swept(columns, one)
    return _last_gains(first, floor[:n], sizes[:half]) + _last_gains(columns, floor[n:], sizes[half:])


@cache
def _moved(k: int, n: int) -> NDArray[np.intp]:
    """Rows of packed columns once the first n of k variables are moved behind the others, before the outcome."""
    i, j = np.triu_indices(k)
    places = np.empty((k, k), np.intp)
    places[i, j] = places[j, i] = np.arange(len(i))
    order = np.array([*range(n, k - 1), *range(n), k - 1])
    return np.asarray(places[order[i], order[j]])


def rest_of(stack: Array, held: int) -> Array:
    """Matrices (B, k - held, k - held) with the first variables partialled out; what these determine is zero."""
    columns = packed(stack)
    for floor in floors(stack)[:held]:
        columns = swept(columns, floor)
    k = stack.shape[-1] - held
    i, j = np.triu_indices(k)
    rest = np.empty((len(stack), k, k))
    rest[:, i, j] = rest[:, j, i] = columns.T
    rest[:, -1, -1] += stack[:, -1, -1]
    own = np.diagonal(rest, axis1=1, axis2=2) > COLLINEAR * np.diagonal(stack, axis1=1, axis2=2)[:, held:]
    own[:, -1] = True
    return np.where(own[:, :, None] & own[:, None, :], rest, 0.0)


def block_r2(matrix: Array, sizes: Sequence[int]) -> Iterator[Block]:
    """R² of every subset of one matrix in blocks ``(start, values)``.

    With p players and h = ``low_players(p)``, values is (2^(p - h), columns): row r, column c holds the subset
    whose code is r 2^h + start + c.
    """
    stack = matrix[None]
    low = low_players(len(sizes))
    players = _players(floors(stack), sizes)
    columns = packed(stack)
    for floor in players[:low]:
        columns = _grown(columns, floor)
    total = _total(stack)
    width = max(1, WIDTH >> (len(sizes) - low))
    for start in range(0, 2**low, width):
        block = columns[:, start : start + width]
        n = block.shape[1]
        for floor in players[low:]:
            block = _grown(block, floor)
        yield start, np.asarray(0.0 - block[0].reshape(-1, n) / total, float)


def low_players(p: int) -> int:
    """Players that are taken before the nodes are split into blocks."""
    return max(0, p - DEPTH)


def subset_sizes(p: int) -> NDArray[np.uint8]:
    """Players in each of the 2^p subsets."""
    sizes = np.zeros(1, np.uint8)
    for _ in range(p):
        sizes = np.concatenate([sizes, sizes + 1])
    return sizes


@cache
def _sorted_sizes(bits: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Order that puts codes by their size, and where each size starts."""
    starts = np.cumsum([0, *(comb(bits, k) for k in range(bits))])
    return np.argsort(subset_sizes(bits), kind="stable"), starts


def _by_size(values: Array, axis: int) -> Array:
    """Sums over the codes of each size along an axis of 2^bits.

    Sums, not a product with a table of ones: threads of a product that wait for one another cost more than it.
    """
    order, starts = _sorted_sizes(values.shape[axis].bit_length() - 1)
    return np.asarray(np.add.reduceat(np.take(values, order, axis), starts, axis))


def sums_by_size(blocks: Iterable[Block], p: int) -> tuple[Array, Array]:
    """Sums of the subsets' values by size: of all subsets (p + 1), and of those with each player (p, p + 1).

    The code is split: values are summed by the size of their high part for each low part, and the reverse.
    """
    low = low_players(p)
    by_low = np.empty((p - low + 1, 2**low))  # size of the high part, low part
    by_high = np.zeros((2 ** (p - low), low + 1))  # high part, size of the low part
    for start, values in blocks:
        width = values.shape[1]
        by_low[:, start : start + width] = _by_size(values, 0)
        shared = (start // width).bit_count()  # players of the low part that are in all columns
        by_high[:, shared : shared + width.bit_length()] += _by_size(values, 1)
    members = [*_with_members(by_low.T), *_with_members(by_high)]
    return _diagonals(_by_size(by_high, 0)), np.array([_diagonals(table) for table in members])


def _with_members(table: Array) -> list[Array]:
    """For each bit of the rows' code: rows with the bit summed by their size, (bits + 1, columns)."""
    bits = len(table).bit_length() - 1
    found = []
    for j in range(bits):
        rows = table.reshape(-1, 2, 2**j, table.shape[1])[:, 1].reshape(-1, table.shape[1])
        found.append(np.concatenate([np.zeros((1, table.shape[1])), _by_size(rows, 0)]))
    return found


def _diagonals(table: Array) -> Array:
    """Sums of the entries whose row and column add up to the same size."""
    rows, columns = np.indices(table.shape)
    return np.asarray(np.bincount((rows + columns).ravel(), table.ravel(), sum(table.shape) - 1), float)


def gains_by_size(total: Array, members: Array) -> Array:
    """Mean gain of each player joining subsets of each size: (p players, p sizes 0 to p - 1)."""
    p = len(members)
    subsets = np.array([comb(p - 1, k) for k in range(p)], float)
    return np.asarray((members[:, 1:] - (total[:-1] - members[:, :-1])) / subsets)


def mean_gains(worths: Array) -> Array:
    """Mean gain of each player joining subsets of each size, from all worths (..., 2^p): (..., p, p)."""
    p = players_of(worths)
    tables = worths.reshape(-1, 2 ** (p - low_players(p)), 2 ** low_players(p))
    gains = [gains_by_size(*sums_by_size(_blocks_of(table), p)) for table in tables]
    return np.reshape(gains, (*worths.shape[:-1], p, p))


def _blocks_of(table: Array) -> Iterator[Block]:
    """A whole table of worths in the blocks of `block_r2`."""
    width = max(1, WIDTH // len(table))
    for start in range(0, table.shape[1], width):
        yield start, table[:, start : start + width]


def players_of(worths: Array) -> int:
    """Number p of players whose 2^p subsets' worths the last dimension holds."""
    return worths.shape[-1].bit_length() - 1


def checked_worths(worths: ArrayLike) -> Array:
    """Worths of all subsets as an array, or a refusal."""
    values = np.asarray(worths, float)
    if not values.ndim or values.shape[-1] < 2 or values.shape[-1] & (values.shape[-1] - 1):
        raise ValueError(f"`worths` must end in 2^p subsets, p at least 1; got shape {values.shape}.")
    return values
