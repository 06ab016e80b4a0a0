"""The engine behind the cumulative-link model: many weightings of the same cells, one vectorised Newton.

The cells are laid on a grid of distinct predictor patterns (M) by outcome levels (K) and the weightings (B)
run along the last axis, so one sweep of NumPy over (M, K, B) serves every bootstrap draw or fold. The
log-likelihood is concave for the three links (Pratt 1981), so Newton with step halving finds the maximum
from any start.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from cxresearch.stats._links import DERIVATIVES, QUANTILE

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

MAX_ITER = 100
# Newton decrement (twice the log-likelihood still to gain) per unit of weight, and in all: a level with one
# answer among a million needs the second. One more step is taken once both are met, which squares the error
_GAIN_EACH, _GAIN_TOTAL = 1e-12, 1e-8
_SLACK = 1e-13  # a log-likelihood per unit of weight cannot be compared more finely than this
_COLLINEAR = 1e-10  # share of a column's variance left after the columns before it
_SEPARATED = 1e-7  # information about an effect, as a share of what the spread of X could give
_WIDE = 6.0  # linear predictors that spread less than this cannot come from separation
_BLOCK = 2**15  # grid values worked on at a time: the temporaries then stay in the processor's cache


@dataclass(frozen=True)
class Grid:
    """Distinct patterns, scaled to mean 0 and spread 1, and where each cell lies.

    Z      (M, 1 + p) a column of ones, then the scaled predictors
    place  (C,) pattern * K + level of every cell
    center, scale (p,) x = center + scale * z
    K      number of levels
    """

    Z: Array
    place: Index
    center: Array
    scale: Array
    K: int

    def weights(self, W: Array) -> Array:
        """Lay weights (B, C) on the grid: (M, K, B)."""
        M = self.Z.shape[0]
        out = np.zeros((M * self.K, W.shape[0]))
        order = np.argsort(self.place, kind="stable")
        at = self.place[order]
        first = np.flatnonzero(np.r_[True, at[1:] != at[:-1]])
        if first.size == at.size:
            out[self.place] = W.T
        else:
            out[at[first]] = np.add.reduceat(W[:, order], first, axis=1).T
        return out.reshape(M, self.K, W.shape[0])


@dataclass(frozen=True)
class Derivatives:
    """Log-likelihood (B,), gradient (q, B) and minus the Hessian in blocks; thresholds first, then effects.

    diagonal (K-1, B), off (K-2, B): thresholds; mixed (p, K-1, B); effects (p, p, B).
    """

    loglik: Array
    gradient: Array
    diagonal: Array
    off: Array
    mixed: Array
    effects: Array


@dataclass(frozen=True)
class Optimum:
    """Where Newton stopped, in scaled units, for B weightings of total weight 1.

    params     (q, B) thresholds, then effects
    loglik     (B,)
    n_iter     (B,)
    met        (B,) whether the tolerance was met
    aliased    (p, B) effects left at 0
    separated  (B,) whether the information about some effect has vanished on the way
    """

    params: Array
    loglik: Array
    n_iter: NDArray[np.int64]
    met: Flags
    aliased: Flags
    separated: Flags


def distinct_rows(X: Array) -> tuple[Array, Index]:
    """Distinct rows of X and, for each row, which one it is."""
    n, p = X.shape
    if p == 0 or n == 0:
        return X[:1], np.zeros(n, dtype=np.intp)
    order = np.lexsort(X.T[::-1])
    ordered = X[order]
    new = np.r_[True, np.any(ordered[1:] != ordered[:-1], axis=1)]
    which = np.empty(n, dtype=np.intp)
    which[order] = np.cumsum(new) - 1
    return ordered[new], which


def lay_out(y_codes: Index, X: Array, mass: Array, K: int) -> Grid:
    """Build the grid; `mass` (C,) centres and scales the predictors."""
    patterns, which = distinct_rows(X)
    share = mass / mass.sum()
    center = share @ X
    scale = np.sqrt(share @ (X - center) ** 2)
    # a constant column keeps only rounding: leave it unscaled, it is found to be aliased below
    scale = np.where(scale > 1e-13 * np.abs(X).max(axis=0, initial=0.0), scale, 1.0)
    Z = np.column_stack([np.ones(patterns.shape[0]), (patterns - center) / scale])
    return Grid(Z, which * K + y_codes, center, scale, K)


def aliased(grid: Grid, W: Array) -> Flags:
    """Predictors (p, B) that are constant, or combinations of those before them, where W (M, K, B) > 0."""
    mass = W.sum(axis=1)
    mean = grid.Z[:, 1:].T @ mass
    p = mean.shape[0]
    raw = np.einsum("mi,mj,mb->ijb", grid.Z[:, 1:], grid.Z[:, 1:], mass, optimize=True)
    cov = raw - mean[:, None] * mean[None]
    out = np.zeros(mean.shape, dtype=bool)
    for j in range(p):  # Cholesky without the columns found to be dependent
        pivot = cov[j, j]
        out[j] = pivot <= _COLLINEAR * raw[j, j]
        row = np.where(out[j], 0.0, cov[j] / np.where(out[j], 1.0, pivot))
        cov = cov - row[:, None] * cov[j][None]
    return out


def null_thresholds(level: Array, link: str) -> Array:
    """Thresholds (K-1, B) that reproduce the shares `level` (K, B) when nothing has an effect."""
    share = np.cumsum(level, axis=0)[:-1] / level.sum(axis=0)
    return QUANTILE[link](np.clip(share, 1e-300, 1 - 1e-16))


def derivatives(grid: Grid, W: Array, params: Array, link: str) -> Derivatives:
    """Log-likelihood, gradient and minus the Hessian at `params` (q, B) for weights W (M, K, B).

    Patterns are taken in blocks, so that a million rows need no more memory than the grid itself.
    """
    K, B, p = grid.K, W.shape[2], grid.Z.shape[1] - 1
    theta, beta = params[: K - 1], params[K - 1 :]
    edge = np.full((1, B), np.inf)
    gap = np.concatenate([edge, np.diff(theta, axis=0), edge])
    ordered = np.all(gap > 0, axis=0)
    gap = np.where(gap > 0, gap, 1.0)
    loglik = np.zeros(B)
    score, curvature = np.zeros((2, p + 1, K - 1, B))
    effects = np.zeros((p * p, B))
    gap_score, cross = np.zeros((2, K, B))
    size = max(1, 2 * _BLOCK // (K * B))
    for start in range(0, W.shape[0], size):
        Z = grid.Z[start : start + size]
        t = theta - (Z[:, 1:] @ beta)[:, None]
        piece = DERIVATIVES[link](t, gap, W[start : start + size])
        squares = (Z[:, 1:, None] * Z[:, None, 1:]).reshape(len(Z), p * p)
        loglik += piece.loglik
        score += (Z.T @ piece.score.reshape(len(Z), -1)).reshape(p + 1, K - 1, B)
        curvature += (Z.T @ piece.curvature.reshape(len(Z), -1)).reshape(p + 1, K - 1, B)
        effects += squares.T @ piece.curvature.sum(axis=1)
        gap_score += piece.gap_score
        cross += piece.cross
    return Derivatives(
        loglik=np.where(ordered & np.isfinite(loglik), loglik, -np.inf),
        gradient=np.concatenate([score[0] - np.diff(gap_score, axis=0), -score[1:].sum(axis=1)]),
        diagonal=curvature[0] + cross[:-1] + cross[1:],
        off=-cross[1:-1],
        mixed=-curvature[1:],
        effects=effects.reshape(p, p, B),
    )


def _solve_tridiagonal(diagonal: Array, off: Array, right: Array) -> Array:
    """Solve B symmetric tridiagonal systems (K-1, B) for right sides (r, K-1, B)."""
    n = diagonal.shape[0]
    pivot, out = diagonal.copy(), right.copy()
    for k in range(1, n):
        factor = off[k - 1] / pivot[k - 1]
        pivot[k] -= factor * off[k - 1]
        out[:, k] -= factor * out[:, k - 1]
    out[:, -1] /= pivot[-1]
    for k in range(n - 2, -1, -1):
        out[:, k] = (out[:, k] - off[k] * out[:, k + 1]) / pivot[k]
    return out


def _newton_step(at: Derivatives, dropped: Flags) -> tuple[Array, Array]:
    """Newton directions (q, B) and the information about the effects (p, p, B), thresholds profiled out."""
    n, p = at.diagonal.shape[0], at.effects.shape[0]
    right = np.concatenate([at.gradient[None, :n], at.mixed])
    solved = _solve_tridiagonal(at.diagonal, at.off, right)
    if p == 0:
        return solved[0], at.effects
    schur = at.effects - np.einsum("ikb,jkb->ijb", at.mixed, solved[1:])
    target = at.gradient[n:] - np.einsum("jkb,kb->jb", at.mixed, solved[0])
    each = np.where(dropped, 0.0, 1 / np.sqrt(np.maximum(np.einsum("iib->ib", schur), 1e-300)))
    unit = np.moveaxis(schur * each[:, None] * each[None], -1, 0)
    i = np.arange(p)
    # a ridge at rounding level: exactly singular systems (dropped columns, full separation) stay solvable
    unit[:, i, i] += 1e-14 + dropped.T
    effect = each * np.linalg.solve(unit, (each * target).T[..., None])[..., 0].T
    return np.concatenate([solved[0] - np.einsum("jkb,jb->kb", solved[1:], effect), effect]), schur


def begin(grid: Grid, W: Array, start: tuple[Array, Array] | None, link: str) -> Array:
    """Return starting values (q, B): coefficients and thresholds given in the units of X, or no effects."""
    null = np.concatenate([null_thresholds(W.sum(axis=0), link), np.zeros((grid.Z.shape[1] - 1, W.shape[2]))])
    if start is None:
        return null
    given = np.concatenate([start[1] - grid.center @ start[0], start[0] * grid.scale])
    usable = bool(np.all(np.isfinite(given)) and np.all(np.diff(start[1]) > 0))
    return np.repeat(given[:, None], W.shape[2], axis=1) if usable else null


def inverse_information(grid: Grid, W: Array, params: Array, link: str) -> Array:
    """Inverse of minus the Hessian (q, q) at `params` (q, 1), thresholds first, for one weighting."""
    at = derivatives(grid, W, params, link)
    n, p = at.diagonal.shape[0], at.effects.shape[0]
    J = np.zeros((n + p, n + p))
    k = np.arange(n)
    J[k, k] = at.diagonal[:, 0]
    J[k[1:], k[:-1]] = J[k[:-1], k[1:]] = at.off[:, 0]
    J[n:, :n] = at.mixed[..., 0]
    J[:n, n:] = J[n:, :n].T
    J[n:, n:] = at.effects[..., 0]
    each = 1 / np.sqrt(np.maximum(np.diag(J), 1e-300))
    return each[:, None] * np.linalg.pinv(J * each[:, None] * each, hermitian=True) * each


@dataclass
class _State:
    """The weightings still moving: accepted point, its value, the step to try next and what it promises."""

    live: Index
    W: Array
    dropped: Flags
    point: Array
    best: Array
    step: Array
    gain: Array
    enough: Array
    schur: Array

    def keep(self, which: Flags) -> _State:
        """Leave out the weightings that have come to rest."""
        return _State(*(getattr(self, f.name)[..., which] for f in fields(self)))


def _advance(state: _State, grid: Grid, link: str) -> Flags:
    """Evaluate the point a step ahead; move there and find the next step, or halve the step where it fell."""
    trial = state.point + state.step
    at = derivatives(grid, state.W, trial, link)
    slack = _SLACK * (1 + np.abs(np.where(np.isfinite(state.best), state.best, 0.0)))
    better = np.isfinite(at.loglik) & (at.loglik >= state.best - slack)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        move, schur = _newton_step(at, state.dropped)
    move = np.where(np.isfinite(move), move, 0.0)
    state.point = np.where(better, trial, state.point)
    state.best = np.where(better, at.loglik, state.best)
    state.step = np.where(better, move, 0.5 * state.step)
    state.gain = np.where(better, (at.gradient * move).sum(axis=0), state.gain)
    state.schur = np.where(better, schur, state.schur)
    return better & (np.abs(state.gain) < state.enough)  # negative where rounding has spoilt the direction


def maximise(
    grid: Grid, W: Array, total: Array, start: Array, link: str, left_out: Flags | None = None
) -> Optimum:
    """Maximise the log-likelihood of every weighting from `start` (q, B).

    W (M, K, B) holds shares of the weight, summing to 1 in each weighting; `total` (B,) is the weight
    itself. `left_out` (p, B) are the effects held at 0, instead of those found to be aliased.
    """
    dropped = aliased(grid, W) if left_out is None else left_out
    B, p = W.shape[2], grid.Z.shape[1] - 1
    start = start.copy()
    start[grid.K - 1 :][dropped] = 0.0
    met, separated = np.zeros((2, B), dtype=bool)
    out = Optimum(start, np.zeros(B), np.zeros(B, dtype=np.int64), met, dropped, separated)
    information = np.zeros((p, p, B))
    low, high = np.full(B, -np.inf), np.full(B, np.inf)
    enough = np.minimum(_GAIN_EACH, _GAIN_TOTAL / total)
    state = _State(np.arange(B), W, dropped, start, low, np.zeros_like(start), high, enough, information)
    for iteration in range(1, MAX_ITER + 1):
        done = _advance(state, grid, link)
        rest = done | (iteration == MAX_ITER)
        at = state.live[rest]
        out.params[:, at] = (state.point + np.where(done, state.step, 0.0))[:, rest]
        out.loglik[at] = state.best[rest] + np.where(done, state.gain, 0.0)[rest] / 2
        out.n_iter[at], out.met[at] = iteration, done[rest]
        information[..., at] = state.schur[..., rest]
        if rest.all():
            break
        if rest.any():
            state = state.keep(~rest)
    out.separated[:] = _separated(grid, W, out.params[grid.K - 1 :], information, dropped)
    return out


def _separated(grid: Grid, W: Array, beta: Array, information: Array, dropped: Flags) -> Flags:
    """Flag weightings in which the data say almost nothing about some effect because it has run away."""
    mass = W.sum(axis=1)
    eta = grid.Z[:, 1:] @ beta
    reach = np.where(mass > 0, eta, -np.inf).max(axis=0) - np.where(mass > 0, eta, np.inf).min(axis=0)
    out = np.zeros(W.shape[2], dtype=bool)
    for b in np.flatnonzero(reach > _WIDE):
        free = ~dropped[:, b]
        Z = grid.Z[:, 1:][:, free]
        Z = Z - mass[:, b] @ Z
        spread = (Z.T * mass[:, b]) @ Z
        ratio = linalg.eigvalsh(information[np.ix_(free, free, [b])][..., 0], spread)
        out[b] = ratio[0] < _SEPARATED
    return out
