"""Predictors that cannot be told apart: how much wider it makes intervals, and which ones it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.influence import checked, checked_weights

Array = NDArray[np.float64]

SINGULAR = 1e-12  # share of variance left below which only rounding is left


@dataclass(frozen=True, slots=True)
class NearDependence:
    """One direction in which predictors hardly vary against one another.

    Attributes
    ----------
    index : float
        Condition index: the largest spread of any combination of the standardised predictors over the spread
        of this one.
    columns : tuple of int
        Predictors that lose more than half of their precision to near-dependences at least as strong.
    """

    index: float
    columns: tuple[int, ...]


def _correlations(X: ArrayLike, w: ArrayLike | None) -> Array:
    X = checked("X", X)
    if X.ndim != 2:
        raise ValueError(f"`X` must have a column per predictor; got {X.ndim} dimension(s).")
    p = checked_weights("w", w, len(X))
    p = p / p.sum()
    centred = X - p @ X
    spread = np.sqrt(p @ centred**2)
    still = np.flatnonzero(~(spread > 1e-12 * np.maximum(np.abs(X).max(axis=0), 1e-300)))
    if len(still):
        raise ValueError(f"column {', '.join(map(str, still))} of `X` takes one value only; leave it out.")
    standard = centred / spread
    return np.asarray((standard.T * p) @ standard)


def variance_inflation(
    X: ArrayLike, w: ArrayLike | None = None, groups: Sequence[Sequence[int]] | None = None
) -> Array:
    """Return by what factor the other predictors inflate the variance of each coefficient.

    Parameters
    ----------
    X : array (C, p)
        Predictors of each cell, without a column of ones.
    w : array (C,), optional
        Summed weights of each cell.
    groups : sequence of sequences of int, optional
        Columns that belong together, such as the levels of one question; each column by itself by default.

    Returns
    -------
    array (number of groups,)
        1: the others do not matter. 4: intervals are twice as wide as without them. A group of d columns has
        the d-th root of its generalised factor, comparable with that of one column. Infinite where a group
        follows exactly from the others.

    Raises
    ------
    ValueError
        For missing values, or a column of one value.

    Notes
    -----
    Inflation says nothing about bias, and a wide interval has already paid for it: it explains the width, it
    does not ask for predictors to be dropped.

    References
    ----------
    Fox and Monette (1992), Generalized collinearity diagnostics. *JASA* 87, 178-183.

    Examples
    --------
    >>> variance_inflation([[1, 1], [2, 1], [3, 2], [4, 2]]).round(2).tolist()
    [5.0, 5.0]
    """
    R = _correlations(X, w)
    groups = [[j] for j in range(len(R))] if groups is None else groups
    out = np.empty(len(groups))
    for g, columns in enumerate(groups):
        own = np.asarray(columns, np.intp)
        rest = np.setdiff1d(np.arange(len(R)), own)
        out[g] = _inflation(R[np.ix_(own, own)], R[np.ix_(own, rest)], R[np.ix_(rest, rest)])
    return out


def _inflation(own: Array, across: Array, rest: Array) -> float:
    """Root of det(own) / det(own given the rest): what the rest leaves of the group, however the rest depends."""
    left = own - across @ np.linalg.pinv(rest, rcond=SINGULAR, hermitian=True) @ across.T
    whole, remaining = np.linalg.eigvalsh(own), np.linalg.eigvalsh(left)
    if not (whole[0] > SINGULAR and remaining[0] > SINGULAR):
        return float("inf")
    return float(np.exp((np.log(whole).sum() - np.log(remaining).sum()) / len(own)))


def near_dependences(
    X: ArrayLike, w: ArrayLike | None = None, *, least: float = 10.0
) -> list[NearDependence]:
    """Return the sets of predictors that nearly follow from one another, the strongest first.

    Parameters
    ----------
    X : array (C, p)
        Predictors of each cell, without a column of ones.
    w : array (C,), optional
        Summed weights of each cell.
    least : float
        Smallest condition index that counts. Of two predictors, 10 is reached at a correlation of .98.

    Returns
    -------
    list of NearDependence
        Each with two columns or more; a set that an earlier one holds is not repeated.

    Raises
    ------
    ValueError
        For missing values, or a column of one value.

    Notes
    -----
    Predictors are centred and standardised first: what depends on where a scale has its zero is no finding.
    Indices are therefore smaller than those of the uncentred recipe, whose customary bound is 30.

    References
    ----------
    Belsley, Kuh and Welsch (1980), *Regression Diagnostics*, section 3.2.

    Examples
    --------
    >>> X = np.array([[1, 1.01, 3], [2, 1.98, 1], [3, 3.02, 2], [4, 4.0, 2], [5, 4.99, 1]])
    >>> [(round(found.index), found.columns) for found in near_dependences(X)]
    [(373, (0, 1))]
    """
    values, vectors = np.linalg.eigh(_correlations(X, w))
    values = np.maximum(values, 1e-300)
    indices = np.sqrt(values[-1] / values)
    share = vectors**2 / values
    share /= share.sum(axis=1, keepdims=True)
    found: list[NearDependence] = []
    for which in range(len(values)):  # eigenvalues rise, so indices fall
        if indices[which] < least:
            break
        lost = share[:, : which + 1].sum(axis=1) > 0.5
        involved = np.flatnonzero(lost & (np.abs(vectors[:, which]) > 0.1))
        if len(involved) > 1 and not any(set(involved) <= set(known.columns) for known in found):
            found.append(NearDependence(float(indices[which]), tuple(map(int, involved))))
    return found
