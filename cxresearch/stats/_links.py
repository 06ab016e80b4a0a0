"""The three links of the cumulative model: log-likelihood and derivatives on a grid of patterns and levels.

Everything is written for t[m, k, b] = theta[k, b] - x[m]'beta[b], the place of threshold k (0 to K-2) for
predictor pattern m in weighting b. Level y lies between t[:, y-1] and t[:, y]; its probability is the
difference of two distribution functions, never computed as a difference where that would lose digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

_FAR = 700.0  # exp(709) is the largest double: beyond this a tail has no digits left to keep
_STEEP = 300.0  # e^t and its square must both stay finite
_TINY = 1e-280  # below this a probability is recomputed from logarithms
_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class Pieces:
    """Log-likelihood of every weighting and its derivatives, before they are summed over patterns.

    loglik     (B,)
    score      (M, K-1, B)  derivative in t, less the part in `gap_score`
    curvature  (M, K-1, B)  minus the second derivative when all t of a pattern move together, by threshold
    gap_score  (K, B)       part of the threshold score that depends only on the width of a level
    cross      (K, B)       second derivative across the two thresholds of a level, summed over patterns
    """

    loglik: Array
    score: Array
    curvature: Array
    gap_score: Array
    cross: Array


def _total(weights: Array, values: Array) -> Array:
    return np.einsum("mkb,mkb->b", weights, values)


def _logit(t: Array, gap: Array, W: Array) -> Pieces:
    """Logit: log p = log F(t[y]) + log S(t[y-1]) + log(1 - exp(-gap)), so patterns and widths separate."""
    below, above = W[:, :-1], W[:, 1:]
    both = below + above
    e = np.exp(-np.clip(t, -_FAR, _FAR))
    F = 1 / (1 + e)
    weighted = both * F
    level = W.sum(axis=0)
    kept = -np.expm1(-gap)
    kappa = np.exp(-gap) / kept
    widths = np.where(level > 0, level * np.log(kept), 0.0).sum(axis=0)
    log_F = np.minimum(np.log(F), t)  # log F(t) < t, which also holds where e had to be cut
    return Pieces(
        loglik=_total(both, log_F) - _total(above, t) + widths,
        score=below - weighted,
        curvature=weighted * e * F,
        gap_score=level * kappa,
        cross=level * kappa * (1 + kappa),
    )


def _gather(log_p: Array, a: Array, b: Array, slopes: tuple[Array, Array], W: Array) -> Pieces:
    """Sum the derivatives of links whose levels do not separate; a, b are f(t)/p of the levels beside t."""
    below, above, inner = W[:, :-1], W[:, 1:], W[:, 1:-1]
    cross = inner * a[:, 1:] * b[:, :-1]
    curvature = below * (a * a - slopes[0]) + above * (b * b + slopes[1])
    curvature[:, 1:] -= cross
    curvature[:, :-1] -= cross
    sums = np.zeros((W.shape[1], W.shape[2]))
    sums[1:-1] = cross.sum(axis=0)
    used = np.where(W > 0, log_p, 0.0)
    return Pieces(_total(W, used), below * a - above * b, curvature, np.zeros_like(sums), sums)


def _probit(t: Array, gap: Array, W: Array) -> Pieces:
    """Probit: intervals right of 0 are measured from the upper tail; far tails go through logarithms."""
    del gap
    F, S = special.ndtr(t), special.ndtr(-t)
    inner = np.where(t[:, :-1] > 0, S[:, :-1] - S[:, 1:], F[:, 1:] - F[:, :-1])
    p = np.concatenate([F[:, :1], inner, S[:, -1:]], axis=1)
    log_density = -0.5 * t * t - _LOG_ROOT_2PI
    if np.any(p < _TINY):
        log_p = _log_levels(t, "probit")
        a = np.exp(np.minimum(log_density - log_p[:, :-1], _FAR / 2))
        b = np.exp(np.minimum(log_density - log_p[:, 1:], _FAR / 2))
    else:
        log_p, density = np.log(p), np.exp(log_density)
        a, b = density / p[:, :-1], density / p[:, 1:]
    return _gather(log_p, a, b, (-t * a, -t * b), W)


def _cloglog(t: Array, gap: Array, W: Array) -> Pieces:
    """Complementary log-log: log p = -e^t[y-1] + log(1 - exp(-width)), width = e^t[y] - e^t[y-1]."""
    E = np.exp(np.clip(t, -_FAR + 50, _STEEP))
    width = np.maximum(E * -np.expm1(-gap[:-1]), 1e-300)
    kept = -np.expm1(-width)
    a = E * np.exp(-width) / kept
    b = np.concatenate([E[:, :-1] / kept[:, 1:], E[:, -1:]], axis=1)
    log_p = np.concatenate([np.log(kept), np.zeros_like(E[:, :1])], axis=1)
    log_p[:, 1:] -= E
    # f'(t) = f(t) (1 - e^t); a is 0 where e^t is huge, and 0 times a huge finite number stays 0
    return _gather(log_p, a, b, (a * (1 - E), b * (1 - E)), W)


def _log_levels(t: Array, link: str) -> Array:
    """Log probability of every level, (M, K, B), from the thresholds' places t (M, K-1, B)."""
    edge = np.full_like(t[:, :1], np.inf)
    return log_interval(np.concatenate([-edge, t], axis=1), np.concatenate([t, edge], axis=1), link)


def log_interval(low: Array, high: Array, link: str) -> Array:
    """Log of F(high) - F(low), with full digits in both tails; -inf where high <= low.

    Parameters
    ----------
    low, high : array
        Ends of the interval on the scale of the linear predictor; may be infinite.
    link : {"logit", "probit", "cloglog"}
        The distribution function F.

    Returns
    -------
    array
        Logarithms, at most 0.
    """
    low, high = np.broadcast_arrays(np.asarray(low, dtype=float), np.asarray(high, dtype=float))
    out = np.full(low.shape, -np.inf)
    open_ = high > low
    out[open_] = _LOG_INTERVAL[link](low[open_], high[open_])
    return np.minimum(out, 0.0)


def _log1mexp(x: Array) -> Array:
    """log(1 - exp(-x)) for x > 0 (Maechler 2012)."""
    near = x < np.log(2)
    with np.errstate(divide="ignore"):
        return np.where(near, np.log(-np.expm1(-x)), np.log1p(-np.exp(-x)))


def _log_interval_logit(low: Array, high: Array) -> Array:
    return special.log_expit(high) + special.log_expit(-low) + _log1mexp(high - low)


def _log_interval_probit(low: Array, high: Array) -> Array:
    right = low > -high
    low, high = np.where(right, -high, low), np.where(right, -low, high)
    log_high = special.log_ndtr(high)
    return log_high + _log1mexp(np.maximum(log_high - special.log_ndtr(low), 1e-300))


def _log_interval_cloglog(low: Array, high: Array) -> Array:
    # log width = high + log(1 - exp(low - high)); for tiny widths log(1 - exp(-width)) is log width itself
    log_width = high + _log1mexp(high - low)
    width = np.exp(np.minimum(log_width, _FAR))
    log_kept = np.where(log_width < -30, log_width, _log1mexp(np.maximum(width, 1e-300)))
    return log_kept - np.exp(np.minimum(low, _FAR))


_LOG_INTERVAL: dict[str, Callable[[Array, Array], Array]] = {
    "logit": _log_interval_logit,
    "probit": _log_interval_probit,
    "cloglog": _log_interval_cloglog,
}

DERIVATIVES: dict[str, Callable[[Array, Array, Array], Pieces]] = {
    "logit": _logit,
    "probit": _probit,
    "cloglog": _cloglog,
}

# where thresholds start: the place that has a given share below it
QUANTILE: dict[str, Callable[[Array], Array]] = {
    "logit": special.logit,
    "probit": special.ndtri,
    "cloglog": lambda share: np.log(-np.log1p(-share)),
}
