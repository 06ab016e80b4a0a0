"""Cumulative-link fits in the units of the caller: checks, levels without weight, covariance of one fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats import _cumulative as engine
from cxresearch.stats._links import DERIVATIVES

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class CumulativeBatch:
    """Cumulative-link fits of B weightings of the same cells.

    Attributes
    ----------
    coef : array (B, p)
        Effects on the link's scale per unit of x; positive moves answers up. 0 where a predictor is
        constant, or a combination of those before it, in that weighting.
    thresholds : array (B, K-1)
        Places of the cuts. An outcome level without weight has no width: its two cuts coincide, at -inf
        below the lowest level answered and +inf above the highest.
    loglik, loglik_null : array (B,)
        Log-likelihood with and without the predictors, Σ w·log p.
    n_iter : int array (B,)
        Newton evaluations used.
    converged : bool array (B,)
        False where the maximum was not reached, or is not a finite point (`separated`), or where fewer than
        two levels carry weight.
    separated : bool array (B,)
        True where some combination of predictors splits the outcome without error: its coefficient would be
        infinite, and the value given is only where the likelihood stopped rising measurably.
    rank : int array (B,)
        Number of coefficients that could be estimated.
    link : str
    """

    coef: Array
    thresholds: Array
    loglik: Array
    loglik_null: Array
    n_iter: NDArray[np.int64]
    converged: Flags
    separated: Flags
    rank: NDArray[np.int64]
    link: str


def checked(
    y_codes: ArrayLike, X: ArrayLike, W: ArrayLike, link: str, n_levels: int | None
) -> tuple[Index, Array, Array, int]:
    """Return checked arrays, weights as (B, C), and the number of levels."""
    if link not in DERIVATIVES:
        raise ValueError(f"`link` must be one of {', '.join(map(repr, DERIVATIVES))}; got {link!r}.")
    codes, X, W = np.asarray(y_codes), np.asarray(X, dtype=float), np.atleast_2d(np.asarray(W, dtype=float))
    if codes.ndim != 1 or X.ndim != 2 or X.shape[0] != codes.size or W.ndim != 2 or W.shape[1] != codes.size:
        raise ValueError(
            f"`y_codes` (C,), `X` (C, p) and weights (C,) or (B, C) must agree on C; "
            f"got {codes.shape}, {X.shape} and {W.shape}."
        )
    y = codes.astype(np.intp)
    if codes.size == 0 or np.any(y != codes) or y.min() < 0:
        raise ValueError("`y_codes` must be whole numbers from 0 up, at least one of them.")
    if not np.all(np.isfinite(X)):
        raise ValueError("`X` holds missing or infinite values; leave those cells out first.")
    if not np.all(np.isfinite(W)) or np.any(W < 0):
        raise ValueError("weights must be finite and not negative.")
    K = int(y.max()) + 1 if n_levels is None else n_levels
    if K < 2 or y.max() >= K:
        raise ValueError(
            f"outcome codes run to {y.max()}, which does not fit {K} levels (at least two are needed)."
        )
    return y, X, W, K


def blocks(B: int, width: int, values: int = 2**15) -> Iterator[slice]:
    """Yield slices of the weightings small enough to stay in cache."""
    size = min(B, max(16, values // max(width, 1)))
    for start in range(0, B, size):
        yield slice(start, min(start + size, B))


def fit_batch(
    y: Index, X: Array, W: Array, K: int, link: str, start: tuple[Array, Array] | None
) -> CumulativeBatch:
    """Fit every weighting; those that lack the same levels are fitted together, without those levels."""
    B, p = W.shape[0], X.shape[1]
    batch = CumulativeBatch(
        coef=np.zeros((B, p)),
        thresholds=np.full((B, K - 1), np.nan),
        loglik=np.zeros(B),
        loglik_null=np.zeros(B),
        n_iter=np.zeros(B, dtype=np.int64),
        converged=np.zeros(B, dtype=bool),
        separated=np.zeros(B, dtype=bool),
        rank=np.zeros(B, dtype=np.int64),
        link=link,
    )
    level = np.stack([W[:, y == k].sum(axis=1) for k in range(K)], axis=1)
    present = level > 0
    kinds, kind = np.unique(present, axis=0, return_inverse=True)
    for number, levels in enumerate(kinds):
        rows = np.flatnonzero(kind.reshape(-1) == number)
        cut = np.cumsum(levels)[:-1]  # levels with weight at or below each threshold
        ends = np.full((rows.size, levels.sum() + 1), np.inf)
        ends[:, 0] = -np.inf
        if levels.sum() > 1:
            cells = levels[y]
            code = (np.cumsum(levels) - 1)[y[cells]]
            begin = None if start is None else (start[0], start[1][np.flatnonzero(levels)[:-1]])
            ends[:, 1:-1] = _fit_kind(code, X[cells], W[np.ix_(rows, cells)], batch, rows, begin)
        if levels.any():
            batch.thresholds[rows] = ends[:, cut]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = level / level.sum(axis=1, keepdims=True)
        batch.loglik_null[:] = np.where(present, level * np.log(shares), 0.0).sum(axis=1)
    return batch


def _fit_kind(
    y: Index, X: Array, W: Array, batch: CumulativeBatch, rows: Index, start: tuple[Array, Array] | None
) -> Array:
    """Fit weightings in which every level has weight into `batch`; return their thresholds (rows, K-1)."""
    K = int(y.max()) + 1
    total = W.sum(axis=1)
    grid = engine.lay_out(y, X, (W / total[:, None]).mean(axis=0), K)
    thresholds = np.empty((len(rows), K - 1))
    for part in blocks(len(rows), grid.Z.shape[0] * K):
        weights = grid.weights(W[part] / total[part, None])
        begin = engine.begin(grid, weights, start, batch.link)
        found = engine.maximise(grid, weights, total[part], begin, batch.link)
        effect, here = found.params[K - 1 :] / grid.scale[:, None], rows[part]
        thresholds[part] = (found.params[: K - 1] + grid.center @ effect).T
        batch.coef[here] = effect.T
        batch.loglik[here] = found.loglik * total[part]
        batch.n_iter[here], batch.separated[here] = found.n_iter, found.separated
        batch.converged[here] = found.met & ~found.separated
        batch.rank[here] = (~found.aliased).sum(axis=0)
    return thresholds


def kept_levels(thresholds: Array) -> tuple[Index, Index]:
    """Return each level's code among levels with width, and the index of one threshold per finite cut."""
    ends = np.r_[-np.inf, thresholds, np.inf]
    wide = ends[1:] > ends[:-1]
    return np.maximum(np.cumsum(wide) - 1, 0), np.flatnonzero(wide)[:-1]


def covariance(y: Index, X: Array, W: Array, batch: CumulativeBatch) -> Array:
    """Invert the observed information of a single fit, in the units of X, coefficients first."""
    coef, thresholds = batch.coef[0], batch.thresholds[0]
    p = len(coef)
    coding, kept = kept_levels(thresholds)
    cells = W[0] > 0
    grid = engine.lay_out(coding[y[cells]], X[cells], W[0, cells], len(kept) + 1)
    scaled = coef * grid.scale
    params = np.r_[thresholds[kept] - grid.center @ coef, scaled][:, None]
    inverse = engine.inverse_information(grid, grid.weights(W[:, cells]), params, batch.link)
    # back to the units of X: beta = scaled / scale, theta = scaled theta + center'beta
    back = np.zeros((p + len(kept), len(kept) + p))
    back[:p, len(kept) :] = np.diag(1 / grid.scale)
    back[p:, : len(kept)] = np.eye(len(kept))
    back[p:, len(kept) :] = grid.center / grid.scale
    small = back @ inverse @ back.T
    # a merged threshold is its neighbour; an infinite one has no variance to speak of
    finite = np.isfinite(thresholds)
    which = np.searchsorted(thresholds[kept], np.where(finite, thresholds, thresholds[kept[0]]))
    source = np.r_[np.arange(p), p + which]
    out = small[np.ix_(source, source)]
    lost = np.r_[np.zeros(p, bool), ~finite]
    out[lost], out[:, lost] = np.nan, np.nan
    return out


def name_aliased(y: Index, X: Array, W: Array) -> None:
    """Refuse predictors that carry no information of their own, by column."""
    grid = engine.lay_out(y, X, W[0], int(y.max()) + 1)
    columns = np.flatnonzero(engine.aliased(grid, grid.weights(W / W.sum()))[:, 0])
    raise ValueError(
        f"column {', '.join(map(str, columns))} of `X` is constant or a combination of the columns before it."
    )
