"""Cells: a survey compressed to its distinct answer patterns, each with its count and its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Distinct answer patterns with counts and weights.

    Every score, regression, fold and bootstrap draw is an exact function of these few rows, so after one
    group-by the work no longer grows with the number of customers.

    Attributes
    ----------
    names : tuple of str
        What the columns of `values` are: questions in the order asked, then the `by` columns.
    values : float array (n_cells, n_names)
        Raw answers (not oriented); NaN where there is no answer, which is a pattern of its own. Columns named
        in `levels` hold codes 0, 1, ... Rows are in lexicographic order, NaN last.
    levels : mapping of str to tuple
        What the codes of a `by` column or a category mean.
    n : int array (n_cells,)
        Rows with the pattern.
    w, w2 : float array (n_cells,)
        Sum of the weights and of their squares; both equal `n` where unweighted.
    cluster, stratum : int array (n_cells,) or None
        Codes, where asked for; cells are then distinct by pattern, stratum and cluster. Clusters are numbered
        within strata.
    population : float, mapping of int to float, or None
        Population size, or its size by stratum code.
    weighted : bool
        Whether weights were used.
    weight_exact : bool
        Whether every cell holds one weight value only. False: only the sums are known.
    weight : float array (n_cells,) or None
        That weight value, where weighted and exact.
    """

    names: tuple[str, ...]
    values: Array
    n: IntArray
    w: Array
    w2: Array
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    cluster: IntArray | None = None
    stratum: IntArray | None = None
    population: float | Mapping[int, float] | None = None
    weighted: bool = False
    weight_exact: bool = True
    weight: Array | None = None

    def __len__(self) -> int:
        return len(self.n)

    def __repr__(self) -> str:
        kind = "weighted" if self.weighted else "unweighted"
        return f"Cells({', '.join(self.names)}: {len(self):,} patterns of {self.total:,} rows, {kind})"

    @property
    def total(self) -> int:
        """Number of rows."""
        return int(self.n.sum())

    def column(self, name: str) -> Array:
        """Return the values of one column.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        if name not in self.names:
            raise KeyError(f"no column {name!r} among {', '.join(self.names)}")
        return self.values[:, self.names.index(name)]

    def where(self, mask: npt.ArrayLike) -> Cells:
        """Return the cells selected by a boolean mask or by positions."""
        pick = np.asarray(mask)

        def part(values: Any) -> Any:
            return None if values is None else values[pick]

        return replace(
            self, values=self.values[pick], n=self.n[pick], w=self.w[pick], w2=self.w2[pick],
            cluster=part(self.cluster), stratum=part(self.stratum), weight=part(self.weight),
        )  # fmt: skip

    def marginal(self, names: Sequence[str]) -> Cells:
        """Return the cells merged over every column not named; strata, clusters and weight values stay apart.

        Examples
        --------
        >>> cells = merge(["a", "b"], np.array([[1.0, 1], [1, 2], [2, 1]]), np.array([3, 4, 5]))
        >>> cells.marginal(["a"]).n
        array([7, 5])
        """
        names = tuple([names] if isinstance(names, str) else names)
        values = np.column_stack([self.column(name) for name in names]) if names else np.empty((len(self), 0))
        levels = {name: self.levels[name] for name in self.levels if name in names}
        return merge(
            names, values, self.n, self.w, self.w2, levels=levels, cluster=self.cluster, stratum=self.stratum,
            population=self.population, weighted=self.weighted, weight_exact=self.weight_exact,
            weight=self.weight,
        )  # fmt: skip


def merge(
    names: Sequence[str],
    values: Array,
    n: IntArray,
    w: Array | None = None,
    w2: Array | None = None,
    *,
    cluster: IntArray | None = None,
    stratum: IntArray | None = None,
    weight: Array | None = None,
    **rest: Any,
) -> Cells:
    """Return cells with equal patterns added up, in lexicographic order with NaN last.

    Parameters
    ----------
    names : sequence of str
        Names of the columns of `values`.
    values : float array (m, n_names)
        Patterns, equal ones allowed.
    n, w, w2 : array (m,)
        Counts, sums of weights and of squared weights; weights default to the counts.
    cluster, stratum, weight : array (m,), optional
        Further keys that keep patterns apart.
    **rest
        Other attributes of `Cells`, passed on.
    """
    keys = [*values.T, *(key for key in (weight, stratum, cluster) if key is not None)]
    first, group = _groups(keys, len(n))
    size = len(first)

    def summed(x: npt.NDArray[Any] | None) -> Array:
        return np.bincount(group, n if x is None else x, minlength=size).astype(np.float64)

    def kept(x: npt.NDArray[Any] | None) -> Any:
        return None if x is None else x[first]

    return Cells(
        tuple(names), np.ascontiguousarray(values[first]), summed(n).astype(np.int64), summed(w), summed(w2),
        cluster=kept(cluster), stratum=kept(stratum), weight=kept(weight), **rest,
    )  # fmt: skip


def _groups(keys: Sequence[npt.NDArray[Any]], m: int) -> tuple[IntArray, IntArray]:
    """Return a row of each distinct key, in order, and the number of the key each row has."""
    import pandas as pd

    code, size = np.zeros(m, np.int64), 1
    for key in keys:
        rank, found = pd.factorize(key, sort=True)  # hashing: far fewer values than patterns
        k = len(found) + 1
        rank = np.where(rank < 0, k - 1, rank)  # NaN is last
        if size * k >= 2**62:
            distinct, code = np.unique(code, return_inverse=True)
            size = len(distinct)
        code, size = code * k + rank, size * k
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    return first, group
