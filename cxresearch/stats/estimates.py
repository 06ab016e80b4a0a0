"""One estimate with its standard error and degrees of freedom, and the intervals that fit its scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtr, stdtrit

from cxresearch.stats.designs import Design, influence_covariance

Array: TypeAlias = NDArray[np.float64]
Ends: TypeAlias = tuple[float, float]

LEAST_R2 = 1e-4  # of which a root is taken


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate whose error follows a t distribution.

    Attributes
    ----------
    value : float
    std_error : float
    df : float
        Degrees of freedom of the standard error.
    """

    value: float
    std_error: float
    df: float

    def scaled(self, factor: float, shift: float = 0.0) -> Estimate:
        """Return ``shift + factor * value`` with its error."""
        return Estimate(shift + factor * self.value, abs(factor) * self.std_error, self.df)

    def moved(self, value: float) -> Estimate:
        """Return the same error around another value."""
        return Estimate(value, self.std_error, self.df)

    @property
    def p_value(self) -> float:
        """Two-sided p-value of the value 0; NaN where the standard error is 0 or unknown."""
        return (
            2 * float(stdtr(self.df, -abs(self.value) / self.std_error)) if self.std_error > 0 else math.nan
        )

    def half_width(self, conf_level: float) -> float:
        """Half the width of the t interval."""
        return float(stdtrit(self.df, (1 + conf_level) / 2)) * self.std_error

    def interval(self, conf_level: float) -> Ends:
        """Return the t interval."""
        half = self.half_width(conf_level)
        return self.value - half, self.value + half

    def r_interval(self, conf_level: float) -> Ends:
        """Return the interval of a coefficient in [-1, 1]: t on Fisher's z scale, where errors are nearest normal."""
        if not (abs(self.value) < 1 and math.isfinite(self.std_error)):
            return math.nan, math.nan
        half = self.half_width(conf_level) / (1 - self.value**2)
        return math.tanh(math.atanh(self.value) - half), math.tanh(math.atanh(self.value) + half)

    def r2_interval(self, conf_level: float) -> Ends:
        """Return the interval of an R²: the square of that of its root, which is one of a coefficient.

        Near 0 an R² is skewed and a t interval too short on one side; the root is not. A value below 0 (a
        fitted curve can do worse than the mean) is taken for the smallest that has a root.
        """
        root = math.sqrt(max(self.value, LEAST_R2))
        return squared(Estimate(root, self.std_error / (2 * root), self.df).r_interval(conf_level))

    def gain_interval(self, conf_level: float) -> Ends:
        """Return the interval of a log-likelihood gain per answer: that of the R² it stands for, 1 - exp(-2 gain)."""
        left = math.exp(-2 * self.value)
        ends = Estimate(1 - left, 2 * left * self.std_error, self.df).r2_interval(conf_level)
        return -math.log1p(-ends[0]) / 2, -math.log1p(-ends[1]) / 2

    def share_interval(self, conf_level: float) -> Ends:
        """Return the interval of a share in (0, 1): t on the log-odds; NaN at the ends."""
        if not (0 < self.value < 1 and math.isfinite(self.std_error)):
            return math.nan, math.nan
        half = self.half_width(conf_level) / (self.value * (1 - self.value))
        return float(expit(logit(self.value) - half)), float(expit(logit(self.value) + half))


def squared(ends: Ends) -> Ends:
    """Return the interval of a square from that of its root.

    Examples
    --------
    >>> squared((-0.1, 0.5))
    (0.0, 0.25)
    """
    low, high = sorted(end**2 for end in ends)
    return (0.0 if ends[0] < 0 < ends[1] else low), high


def influence_t(influence: Array, design: Design) -> tuple[float, float]:
    """Standard error of a statistic and the degrees of freedom that standard error has.

    Parameters
    ----------
    influence : array (U,)
        Influence of one unit of weight in each cell.
    design : Design
        Weights, clusters and strata of the cells.

    Returns
    -------
    std_error, df : float
        The degrees of freedom match the variance of the variance estimate, from the fourth moment of the
        influences: heavy tails (a ceiling, unequal weights) leave fewer than rows less one. At most the design's.

    Notes
    -----
    With m units (rows or clusters) and z their influences, ``df = 2 (Σz²)² / (Σz⁴ - (Σz²)²/m)``, which is m for
    normal z. The fourth moment is itself noisy below about 30 units.

    References
    ----------
    Satterthwaite (1946), *Biometrics Bulletin* 2, 110-114, for matching moments.

    Examples
    --------
    >>> n = np.array([30, 70])
    >>> design = Design(n, n * 1.0, n * 1.0)
    >>> se, df = influence_t(np.array([-0.7, 0.3]) / 100, design)  # of a share of 30 %
    >>> round(se, 4), df
    (0.0461, 99.0)
    """
    variance = float(influence_covariance(influence[:, None], design)[0, 0])
    if not variance > 0:
        return (0.0 if variance == 0 else math.nan), float(design.degrees)
    if design.cluster is None:
        units = float(design.rows)
        second = float((design.w2 * influence**2).sum())
        fourth = float((design.w2**2 / design.n * influence**4).sum())
    else:
        totals = _centred_totals(influence, design)
        units, second, fourth = float(len(totals)), float((totals**2).sum()), float((totals**4).sum())
    spread = fourth - second**2 / units
    matched = 2 * second**2 / spread if spread > 0 else math.inf
    return math.sqrt(variance), float(min(max(matched, 1.0), design.degrees))


def _centred_totals(influence: Array, design: Design) -> Array:
    """Influence of each cluster, less the mean of its stratum."""
    unit = design.units()
    totals = np.bincount(unit, design.w * influence)
    stratum = np.zeros(len(totals), np.int64)
    stratum[unit] = np.unique(design.strata(), return_inverse=True)[1]
    means = np.bincount(stratum, totals) / np.bincount(stratum)
    return np.asarray(totals - means[stratum])


def ratio(value: Array, covariance: Array, df: float) -> Estimate:
    """Return ``value[0] / value[1]`` with its delta-method error; NaN where the denominator is not above 0."""
    if not value[1] > 0:
        return Estimate(math.nan, math.nan, df)
    found = float(value[0] / value[1])
    gradient = np.array([1.0, -found]) / value[1]
    return Estimate(found, float(np.sqrt(max(gradient @ covariance @ gradient, 0.0))), df)


def fieller(value: Array, covariance: Array, quantile: float) -> Ends:
    """Fieller's interval of ``value[0] / value[1]`` for a denominator above 0.

    Parameters
    ----------
    value : array (2,)
        Estimates of numerator and denominator.
    covariance : array (2, 2)
        Their covariance.
    quantile : float
        Of the t distribution, such as 1.96.

    Returns
    -------
    tuple of float
        ``(-inf, inf)`` where the denominator's own interval reaches 0.

    References
    ----------
    Fieller (1954), Some problems in interval estimation. *J. R. Stat. Soc. B* 16, 175-185.

    Examples
    --------
    >>> low, high = fieller(np.array([2.0, 1.0]), np.diag([0.01, 0.01]), 1.96)
    >>> round(low, 3), round(high, 3)
    (1.626, 2.534)
    """
    # the ratios t that a test of value[0] - t value[1] = 0 does not reject: a quadratic in t
    products = np.outer(value, value) - quantile**2 * covariance
    lead, middle, last = float(products[1, 1]), float(products[0, 1]), float(products[0, 0])
    if not (lead > 0 and value[1] > 0):
        return -math.inf, math.inf
    root = math.sqrt(max(middle**2 - lead * last, 0.0))
    return (middle - root) / lead, (middle + root) / lead
