"""Importances of a linear model as functions of a moment matrix, and how far each cell moves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats import _subsets, importance, relative_weights
from cxresearch.stats import importance_gradient as gradients
from cxresearch.stats.designs import Design
from cxresearch.stats.importance import Groups

Array: TypeAlias = NDArray[np.float64]
Sizes: TypeAlias = Sequence[int]


class Index(NamedTuple):
    """An importance: a function of moment matrices (B, k, k) and the drivers' sizes; whether it can be below 0."""

    function: Callable[[Array, Sizes], Array]
    signed: bool


def adjacent(sizes: Sizes) -> list[range]:
    """Places of each driver's columns when they lie side by side.

    Examples
    --------
    >>> adjacent([1, 2])
    [range(0, 1), range(1, 3)]
    """
    ends = np.cumsum(sizes)
    return [range(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]


def _shapley(matrices: Array, sizes: Sizes) -> Array:
    return importance.shapley_r2(matrices, groups=adjacent(sizes))


def _last(matrices: Array, sizes: Sizes) -> Array:
    return importance.incremental_r2(matrices, groups=adjacent(sizes))


def _first(matrices: Array, sizes: Sizes) -> Array:
    """R² of each driver alone."""
    found = []
    for columns in adjacent(sizes):
        of = np.array([*columns, matrices.shape[-1] - 1])
        found.append(_subsets.full_r2(matrices[:, of[:, None], of]))
    return np.stack(found, axis=1)


def _summed(function: Callable[[Array], Array]) -> Callable[[Array, Sizes], Array]:
    """A function of columns as one of drivers: the sum over a driver's columns."""

    def of_drivers(matrices: Array, sizes: Sizes) -> Array:
        return np.add.reduceat(function(matrices), np.cumsum([0, *sizes[:-1]]), axis=1)

    return of_drivers


INDICES: dict[str, Index] = {
    "shapley_r2": Index(_shapley, signed=False),
    "first_r2": Index(_first, signed=False),
    "last_r2": Index(_last, signed=False),
    "johnson_r2": Index(_summed(relative_weights.johnson_r2), signed=False),
    "car_r2": Index(_summed(relative_weights.car_r2), signed=False),
    "pratt_r2": Index(_summed(relative_weights.pratt_r2), signed=True),
}
LEAST = 0.1  # of 1 - leverage: a row that alone decides a slope is not enlarged without end
SHARES = {"shapley_share": "shapley_r2"}  # of the drivers' sum


@dataclass(frozen=True, eq=False)
class Standardised:
    """Cells' variables with mean 0 and variance 1 under the design's weights.

    Attributes
    ----------
    data : array (U, k)
        Controls, then the drivers' columns, each driver's side by side, then the outcome. A column without spread
        is 0.
    sizes : tuple of int (p,)
        Columns of each driver.
    controls : int
    design : Design
    """

    data: Array
    sizes: tuple[int, ...]
    controls: int
    design: Design

    def values(self, name: str, matrices: Array) -> Array:
        """Importance of each driver in each moment matrix, as a share of the outcome's whole variance: (B, p).

        Controls are held fixed: what they explain is in nobody's importance.
        """
        if name in SHARES:
            parts = self.values(SHARES[name], matrices)
            total = parts.sum(axis=1, keepdims=True)
            return np.asarray(parts / np.where(total > 0, total, np.nan))
        rest, explained = importance.partial_out(matrices, range(self.controls))
        return np.asarray(INDICES[name].function(rest, self.sizes) * (1 - explained)[:, None])

    def influence(self, name: str) -> tuple[Array, Array]:
        """Importances (p,) and how far a unit of weight in each cell moves them (U, p), enlarged by leverage."""
        if name in SHARES:
            parts, pulls = self.influence(SHARES[name])
            total = parts.sum() or np.nan
            shares = parts / total
            return shares, (pulls - shares * pulls.sum(axis=1, keepdims=True)) / total
        matrix = importance.moments(self.data, self.design.w)
        if name == "shapley_r2":
            gradient = gradients.shapley_gradient(matrix, self.sizes, self.controls)
        else:
            gradient = gradients.numerical_gradient(lambda M: self.values(name, M), matrix)
        level = np.einsum("pij,ij->p", gradient, matrix)
        pulls = np.stack([((self.data @ one) * self.data).sum(axis=1) for one in gradient], axis=1)
        pulls = (pulls - level) / self.design.w.sum()
        return self.values(name, matrix[None])[0], pulls * self.enlargement[:, None]

    @cached_property
    def enlargement(self) -> Array:
        """Factor (U,) by which contributions to an error are too small, for the model was fitted to them.

        1 / (1 - h) for the leverage h of a row, as for the jackknife; with clusters, the geometric mean of that and
        the same for the leverage of the cluster, as a jackknife over few clusters is far too wide.
        """
        predictors, share = self.data[:, :-1], self.design.w / self.design.w.sum()
        inverse = np.linalg.pinv(predictors.T @ (share[:, None] * predictors), rcond=1e-12, hermitian=True)
        leverage = share * (1 + ((predictors @ inverse) * predictors).sum(axis=1))
        row = np.maximum(1 - leverage / np.maximum(self.design.n, 1), LEAST)
        if self.design.cluster is None:
            return np.asarray(1 / row)
        unit = self.design.units()
        return np.asarray(1 / np.sqrt(row * np.maximum(1 - np.bincount(unit, leverage)[unit], LEAST)))


def standardised(
    X: ArrayLike, y: ArrayLike, design: Design, controls: ArrayLike | None, groups: Groups | None
) -> Standardised:
    """Check, arrange and scale the variables of the cells.

    Raises
    ------
    ValueError
        If lengths disagree, values are missing, there are no more rows than variables, groups are not a partition
        of the columns, or the outcome has no spread.
    """
    X, y = np.asarray(X, float), np.asarray(y, float)
    held = np.empty((len(y), 0)) if controls is None else np.asarray(controls, float)
    if X.ndim != 2 or held.ndim != 2 or not len(X) == len(y) == len(held) == len(design.w):
        raise ValueError(
            f"`X` (U, p), `y` (U,), `controls` (U, c) and the design's cells must agree on U; got {X.shape}, "
            f"{y.shape}, {held.shape} and {len(design.w)} cells."
        )
    members = [[j] for j in range(X.shape[1])] if groups is None else [list(group) for group in groups]
    if sorted(j for group in members for j in group) != list(range(X.shape[1])) or not all(members):
        raise ValueError(
            f"`groups` must hold each column 0 to {X.shape[1] - 1} once, none empty; got {groups!r}."
        )
    raw = np.column_stack([held, X[:, [j for group in members for j in group]], y])
    if not np.isfinite(raw).all():
        raise ValueError("missing or infinite values; leave those cells out first, or see `imputation`.")
    if design.rows <= raw.shape[1]:
        raise ValueError(f"{design.rows} rows are too few for {raw.shape[1]} variables.")
    share = design.w / design.w.sum()
    data = raw - share @ raw
    data = data - share @ data  # second pass: the first one's rounding
    spread = np.sqrt(share @ data**2)
    constant = spread <= 1e-12 * np.abs(raw).max(axis=0)
    if constant[-1]:
        raise ValueError("the outcome takes one value only, so there is nothing to explain.")
    data = np.where(constant, 0.0, data / np.where(constant, 1.0, spread))
    return Standardised(data, tuple(len(group) for group in members), held.shape[1], design)
