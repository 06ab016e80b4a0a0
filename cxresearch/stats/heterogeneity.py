"""How much the true effects of studies differ: tau², its estimators, its interval, and I².

Each study i has an effect y_i with a known sampling variance v_i. The true effects scatter around X beta with variance
tau². `METHODS` names the estimators of tau². Pooling itself is in `cxresearch.stats.pooling`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri

Array = NDArray[np.float64]

_GRID = 120  # values of tau² at which the restricted likelihood is looked at before its peak is solved for
_RTOL = 1e-13


@dataclass(frozen=True, eq=False, slots=True)
class Studies:
    """Effects with their sampling variances and the columns they are explained by.

    Attributes
    ----------
    y : array (k,)
        Effects.
    v : array (k,) or None
        Sampling variances, above 0. None: not printed; tau² then is the whole variance around X beta.
    X : array (k, p)
        Columns of the model; a column of ones for a plain average.
    """

    y: Array
    v: Array | None
    X: Array

    @property
    def df(self) -> int:
        """Studies minus columns."""
        return self.X.shape[0] - self.X.shape[1]

    def weights(self, tau2: float) -> Array:
        """Precision of each study's effect at a tau²; 1 each where no variance is known and nothing scatters."""
        return np.full_like(self.y, 1 / (tau2 or 1.0)) if self.v is None else 1 / (self.v + tau2)

    def fit(self, tau2: float) -> tuple[Array, Array, float]:
        """Return coefficients, their covariance and the weighted sum of squared residuals Q at a tau²."""
        root = np.sqrt(self.weights(tau2))
        Q, R = np.linalg.qr(root[:, None] * self.X)
        inverse = np.linalg.inv(R)
        beta = inverse @ (Q.T @ (root * self.y))
        return beta, inverse @ inverse.T, float(np.sum((root * (self.y - self.X @ beta)) ** 2))

    def freedom(self, tau2: float) -> float:
        """Return the trace of P = W - W X (X'WX)^-1 X'W: the precisions, less what the fit uses up of them."""
        w = self.weights(tau2)
        Q = np.linalg.qr(np.sqrt(w)[:, None] * self.X)[0]
        return float(np.sum(w * (1 - np.sum(Q**2, axis=1))))

    def ceiling(self) -> float:
        """Return a tau² beyond which the restricted likelihood falls: the spread, with room for large variances."""
        spread = float(np.sum((self.y - self.y.mean()) ** 2))
        largest = 0.0 if self.v is None else float(self.v.max())
        return spread + math.sqrt(spread * largest)


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How much the studies differ beyond what their samples explain.

    Attributes
    ----------
    tau2 : float
        Variance of the true effects around their average (or around what a moderator predicts), squared units.
    tau2_low, tau2_high : float
        Its Q-profile interval; NaN where no study is left over to tell.
    i2, i2_low, i2_high : float
        Share, 0 to 1, of tau² in tau² plus a typical sampling variance, and its range over the interval of tau². No
        measure of how much effects differ: where studies are large, any difference is a large share.
    q, q_df, q_p_value : float
        Cochran's Q, its degrees of freedom, and the test that tau² is 0.
    """

    tau2: float
    tau2_low: float
    tau2_high: float
    i2: float
    i2_low: float
    i2_high: float
    q: float
    q_df: int
    q_p_value: float


def between_variance(studies: Studies, method: str) -> float:
    """Return tau² by a method in `METHODS`; 0 for as many columns as studies."""
    if studies.df == 0:
        return 0.0
    return studies.fit(1.0)[2] / studies.df if studies.v is None else METHODS[method](studies)


def heterogeneity(studies: Studies, tau2: float, conf_level: float) -> Heterogeneity:
    """Return tau² with its Q-profile interval, I² and Q.

    Parameters
    ----------
    studies : Studies
    tau2 : float
        Estimate, from `between_variance`.
    conf_level : float
        Nominal level.

    Returns
    -------
    Heterogeneity
        The interval of tau² rests on Q alone and need not hold an estimate by another method.

    References
    ----------
    Viechtbauer (2007), Confidence intervals for the amount of heterogeneity in meta-analysis. *Statistics in Medicine*
    26, 37-52. I² as there, by the typical variance of Higgins & Thompson (2002).
    """
    df, nothing = studies.df, math.nan
    if df == 0:
        return Heterogeneity(tau2, nothing, nothing, nothing, nothing, nothing, 0.0, 0, nothing)
    low, high = (
        profile(studies, float(chdtri(df, tail))) for tail in ((1 - conf_level) / 2, (1 + conf_level) / 2)
    )
    if studies.v is None:
        return Heterogeneity(tau2, low, high, nothing, nothing, nothing, nothing, df, nothing)
    typical = df / studies.freedom(0.0)
    i2, i2_low, i2_high = (each / (each + typical) for each in (tau2, low, high))
    q = studies.fit(0.0)[2]
    return Heterogeneity(tau2, low, high, i2, i2_low, i2_high, q, df, float(chdtrc(df, q)))


def profile(studies: Studies, target: float) -> float:
    """Return the tau² at which Q, which falls as tau² grows, has a value; 0 where it is below that already."""
    if studies.v is None:
        return studies.fit(1.0)[2] / target
    if studies.fit(0.0)[2] <= target:
        return 0.0
    high = studies.ceiling()
    while studies.fit(high)[2] > target:
        high *= 4
    return _root(lambda tau2: studies.fit(tau2)[2] - target, 0.0, high)


def _root(slope: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(slope, low, high, xtol=1e-15 * high, rtol=_RTOL))


def _reml(studies: Studies) -> float:
    """Return the tau² of the highest restricted likelihood: the best of a grid, then the root of the slope."""
    ceiling = studies.ceiling()
    grid = np.concatenate([[0.0], ceiling * np.geomspace(1e-8, 1.0, _GRID)]) if ceiling else np.zeros(1)
    best = int(np.argmax(_restricted_loglik(studies, grid)))
    if _reml_slope(studies, grid[best]) > 0:
        return _root(lambda tau2: _reml_slope(studies, tau2), float(grid[best]), float(grid[best + 1]))
    low = float(grid[max(best - 1, 0)])
    if _reml_slope(studies, low) <= 0:
        return low
    return _root(lambda tau2: _reml_slope(studies, tau2), low, float(grid[best]))


def _restricted_loglik(studies: Studies, tau2: Array) -> Array:
    """Return the restricted log-likelihood at each tau², up to a constant."""
    root = np.sqrt(np.stack([studies.weights(each) for each in tau2]))
    Q, R = np.linalg.qr(root[..., None] * studies.X)
    y = root * studies.y
    residual = y - np.einsum("gkp,gjp,gj->gk", Q, Q, y)
    determinant = np.log(np.abs(np.diagonal(R, axis1=1, axis2=2))).sum(axis=1)
    return np.asarray(np.log(root).sum(axis=1) - determinant - (residual**2).sum(axis=1) / 2)


def _reml_slope(studies: Studies, tau2: float) -> float:
    """Return twice the slope of the restricted log-likelihood, y'PPy - tr P."""
    residual = studies.weights(tau2) * (studies.y - studies.X @ studies.fit(tau2)[0])
    return float(residual @ residual) - studies.freedom(tau2)


def _dersimonian_laird(studies: Studies) -> float:
    return max((studies.fit(0.0)[2] - studies.df) / studies.freedom(0.0), 0.0)


def _paule_mandel(studies: Studies) -> float:
    return profile(studies, float(studies.df))


def _fixed(_: Studies) -> float:
    return 0.0


#: Estimators of tau², by name: restricted likelihood, DerSimonian-Laird, Paule-Mandel, none.
METHODS: dict[str, Callable[[Studies], float]] = {
    "reml": _reml,
    "dl": _dersimonian_laird,
    "pm": _paule_mandel,
    "fixed": _fixed,
}
