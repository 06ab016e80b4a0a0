"""Log-likelihoods of a model on every subset of the drivers: all refits in batches of one vectorised Newton.

What a Shapley value needs of the 2^p fits is linear in their log-likelihoods, and at a maximum the log-likelihood
moves with a customer's weight by that customer's own contribution, whatever the coefficients then do. So the fits'
contributions are added up as they are made, and neither coefficients nor refits without a customer are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch.stats import _cumulative as engine
from cxresearch.stats._links import log_interval

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.int64]

BLOCK = 2**19  # numbers of one table of patterns by subsets
MOST_STEPS = 50
SETTLED = 1e-12  # log-likelihood still to gain, per unit of weight


def _blocks(subsets: int, each: int) -> Iterator[slice]:
    step = max(1, BLOCK // each)
    for start in range(0, subsets, step):
        yield slice(start, min(start + step, subsets))


def _held_at_0(estimate: Array, covariance: Array, out: Flags) -> Array:
    """Where a quadratic with its top at `estimate` (q,) is highest when some are held at 0: (q, B) for out (q, B)."""
    start = np.repeat(estimate[:, None], out.shape[1], axis=1)
    for b in range(out.shape[1]):
        zero = np.flatnonzero(out[:, b])
        pull = np.linalg.solve(covariance[np.ix_(zero, zero)], estimate[zero])
        start[:, b] -= covariance[:, zero] @ pull
        start[zero, b] = 0.0
    return start


def cumulative(code: Codes, X: Array, w: Array, out: Flags, weights: Array) -> tuple[Array, Array]:
    """Fit the cumulative logit to every subset of columns.

    Parameters
    ----------
    code : int array (U,)
        Outcome levels 0 to K - 1, each with weight.
    X : array (U, q)
    w : array (U,)
        Positive.
    out : bool array (q, S)
        Columns that each subset leaves out.
    weights : array (S, k)
        Sums to make of the subsets' log-likelihoods.

    Returns
    -------
    sums : array (k,)
        Of weighted log-likelihoods.
    contributions : array (U, k)
        Of a unit of weight in each cell to these sums.
    """
    K, total = int(code.max()) + 1, w.sum()
    grid = engine.lay_out(code, X, w, K)
    share = grid.weights(w[None] / total)
    dropped = engine.aliased(grid, share)[:, 0]
    if dropped.any():
        raise ValueError(
            f"column {', '.join(map(str, np.flatnonzero(dropped)))} is constant or a combination of those before it."
        )
    begin = engine.begin(grid, share, None, "logit")
    full = engine.maximise(grid, share, np.array([total]), begin, "logit").params
    covariance = engine.inverse_information(grid, share, full, "logit")
    places, place = np.unique(grid.place, return_inverse=True)
    pattern, level = places // K, places % K
    at_places = np.zeros((len(places), weights.shape[1]))
    for part in _blocks(out.shape[1], grid.Z.shape[0] * K):
        left_out = out[:, part]
        held = np.concatenate([np.zeros((K - 1, left_out.shape[1]), bool), left_out])
        start = _held_at_0(full[:, 0], covariance, held)
        crossed = np.any(np.diff(start[: K - 1], axis=0) <= 0, axis=0)
        start[:, crossed] = begin
        W = np.broadcast_to(share, (*share.shape[:2], left_out.shape[1]))
        found = engine.maximise(grid, W, np.full(left_out.shape[1], total), start, "logit", left_out).params
        edge = np.full((1, left_out.shape[1]), np.inf)
        ends = np.concatenate([-edge, found[: K - 1], edge])
        eta = (grid.Z[:, 1:] @ found[K - 1 :])[pattern]
        at_places += log_interval(ends[level] - eta, ends[level + 1] - eta, "logit") @ weights[part]
    contributions = at_places[place.reshape(-1)]
    return w @ contributions, contributions


def poisson(y: Array, X: Array, w: Array, out: Flags, weights: Array) -> tuple[Array, Array]:
    """Fit the Poisson regression to every subset of columns; arguments and results as for `cumulative`.

    Log-likelihoods are without log(y!), which no subset changes.
    """
    share = w / w.sum()
    centre = share @ X
    scale = np.sqrt(share @ (X - centre) ** 2)
    patterns, which = engine.distinct_rows((X - centre) / np.where(scale > 0, scale, 1.0))
    Z = np.column_stack([np.ones(len(patterns)), patterns])
    mass = np.asarray(np.bincount(which, share), float)
    counts = np.asarray(np.bincount(which, share * y), float)
    if np.linalg.eigvalsh((Z.T * mass) @ Z)[0] < 1e-10:
        raise ValueError("some column is constant or a combination of the others.")
    none = np.zeros((Z.shape[1], 1), bool)
    begin = np.zeros((Z.shape[1], 1))
    begin[0] = np.log(counts.sum())
    full = _poisson_newton(Z, mass, counts, begin, none)
    covariance = np.linalg.inv((Z.T * (mass * np.exp(Z @ full[:, 0]))) @ Z)
    contributions = np.zeros((len(y), weights.shape[1]))
    for part in _blocks(out.shape[1], len(patterns)):
        held = np.concatenate([np.zeros((1, out[:, part].shape[1]), bool), out[:, part]])
        start = _held_at_0(full[:, 0], covariance, held)
        eta = Z @ _poisson_newton(Z, mass, counts, start, held)
        slope, level = eta @ weights[part], np.exp(eta) @ weights[part]
        contributions += y[:, None] * slope[which] - level[which]
    return w @ contributions, contributions


def _poisson_newton(Z: Array, mass: Array, counts: Array, start: Array, held: Flags) -> Array:
    """Maximise Σ counts·eta - mass·exp(eta) for each column of `start` (q, B), the `held` entries staying at 0."""
    q = Z.shape[1]
    squares = (Z[:, :, None] * Z[:, None, :]).reshape(len(Z), q * q)
    identity = np.eye(q)
    beta, best, step = start, np.full(start.shape[1], -np.inf), np.zeros_like(start)
    for _ in range(MOST_STEPS):
        trial = beta + step
        eta = Z @ trial
        with np.errstate(over="ignore"):
            mean = mass[:, None] * np.exp(eta)
            value = counts @ eta - mean.sum(axis=0)
        better = np.isfinite(value) & (value >= best - 1e-13 * (1 + np.abs(np.nan_to_num(best, neginf=0.0))))
        mean = np.where(better, mean, 0.0)
        score = np.where(held, 0.0, Z.T @ (counts[:, None] - mean))
        information = (squares.T @ mean).T.reshape(-1, q, q)
        free = ~held.T[:, :, None] & ~held.T[:, None, :]
        information = np.where(free, information, 0.0) + identity * (held.T[:, :, None] + 1e-12)
        information[~better] = identity
        move = np.linalg.solve(information, score.T[..., None])[..., 0].T
        beta, best = np.where(better, trial, beta), np.where(better, value, best)
        step = np.where(better, move, step / 2)
        if np.all(better & ((score * move).sum(axis=0) < SETTLED)):
            return np.asarray(beta + step)
    return beta
