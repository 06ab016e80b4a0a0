"""Correlations on Fisher's scale: the interval of one, and the difference between two separate groups.

What the comparison of correlations in one sample (`cxresearch.stats.correlations`) also rests on lives here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr

Array: TypeAlias = NDArray[np.float64]
Limits: TypeAlias = tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class CorrelationTest:
    """The difference of two correlations.

    Attributes
    ----------
    test : str
        Name of the formula behind `statistic`.
    estimate : float
        First correlation minus second, -2 to 2.
    std_error : float
        Large-sample standard error of `estimate` under normal answers. `statistic` is not
        ``estimate / std_error``: each author studentises on a scale of their own.
    statistic, df, p_value : float
        Test of equality, two-sided; `df` is infinite where the reference is normal.
    conf_low, conf_high : float
        Zou's interval of `estimate`.
    conf_level : float
        Nominal level of the interval.
    """

    test: str
    estimate: float
    std_error: float
    statistic: float
    df: float
    p_value: float
    conf_low: float
    conf_high: float
    conf_level: float


def normal_quantile(conf_level: float) -> float:
    """Return the half-width, in standard errors, of a two-sided normal interval.

    Parameters
    ----------
    conf_level : float
        Between 0 and 1, exclusive.

    Raises
    ------
    ValueError
        If the level is not a probability, such as 95 for 95 %.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1, such as 0.95; got {conf_level!r}.")
    return float(-ndtri((1 - conf_level) / 2))


def two_sided_p(statistic: ArrayLike, df: ArrayLike) -> Array:
    """Return two-sided p-values of t statistics; infinite degrees of freedom mean a normal reference.

    Parameters
    ----------
    statistic, df : array_like
        Broadcast together.

    Notes
    -----
    Taken from the survival function, so that a p-value of 1e-30 is 1e-30 and not 0.

    Examples
    --------
    >>> float(two_sided_p(-1.0767, 97).round(4))
    0.2843
    """
    return np.asarray(2 * stdtr(np.asarray(df, float), -np.abs(np.asarray(statistic, float))))


def check_r(name: str, r: Array) -> None:
    """Refuse correlations of -1 or 1 and beyond; NaN passes."""
    if np.any(np.abs(r) >= 1):
        raise ValueError(f"`{name}` must lie strictly between -1 and 1; got {r[np.abs(r) >= 1].flat[0]:g}.")


def check_n(name: str, n: Array) -> None:
    """Refuse three rows or fewer: Fisher's variance is 1 / (n - 3)."""
    if np.any(n <= 3):
        raise ValueError(f"`{name}` must be larger than 3; got {np.nanmin(n):g}.")


def check_numbers(**values: float) -> None:
    """Refuse NaN and infinities by argument name."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise ValueError(f"`{name}` must be a number; got {value}. Is a column constant or empty?")


def fisher_interval(
    r: ArrayLike,
    n: ArrayLike,
    *,
    conf_level: float = 0.95,
    kind: Literal["pearson", "spearman"] = "pearson",
) -> tuple[Array, Array]:
    """Interval of one correlation on Fisher's scale.

    Parameters
    ----------
    r, n : array_like
        Correlation inside (-1, 1) and number of rows, larger than 3; broadcast.
    conf_level : float
        Nominal level.
    kind : {"pearson", "spearman"}
        Variance on Fisher's scale: 1 / (n - 3), or (1 + r² / 2) / (n - 3) for rank correlations.

    Returns
    -------
    conf_low, conf_high : arrays

    Raises
    ------
    ValueError
        If r, n, the level or the kind is not admissible.

    Notes
    -----
    Assumes normal answers. Heavy tails make it too short; a rating piled up at its best point likewise.

    References
    ----------
    Fisher (1921), *Metron* 1, 3-32. Bonett & Wright (2000), Sample size requirements for estimating Pearson,
    Kendall and Spearman correlations. *Psychometrika* 65, 23-28.

    Examples
    --------
    >>> low, high = fisher_interval(0.5, 103)
    >>> float(low.round(3)), float(high.round(3))
    (0.339, 0.632)
    """
    if kind not in ("pearson", "spearman"):
        raise ValueError(f"`kind` must be one of 'pearson', 'spearman'; got {kind!r}.")
    r, n = np.broadcast_arrays(np.asarray(r, float), np.asarray(n, float))
    check_r("r", r)
    check_n("n", n)
    extra = 1 + r**2 / 2 if kind == "spearman" else 1.0
    half = normal_quantile(conf_level) * np.sqrt(extra / (n - 3))
    z = np.arctanh(r)
    return np.tanh(z - half), np.tanh(z + half)


def mover(a: Array, b: Array, ends_a: Limits, ends_b: Limits, correlation: ArrayLike) -> Limits:
    """Return limits of a - b from limits of each and the correlation of the estimates (Zou 2007, eq. 15)."""
    down_a, up_a = a - ends_a[0], ends_a[1] - a
    down_b, up_b = b - ends_b[0], ends_b[1] - b
    low = a - b - np.sqrt(down_a**2 + up_b**2 - 2 * np.asarray(correlation) * down_a * up_b)
    high = a - b + np.sqrt(up_a**2 + down_b**2 - 2 * np.asarray(correlation) * up_a * down_b)
    return low, high


def compare_independent(
    r_1: float, n_1: float, r_2: float, n_2: float, *, conf_level: float = 0.95
) -> CorrelationTest:
    """Compare one correlation between two separate groups, such as segments or waves of different customers.

    Parameters
    ----------
    r_1, n_1, r_2, n_2 : float
        Correlation and number of rows (larger than 3) of each group.
    conf_level : float
        Nominal level of Zou's interval.

    Returns
    -------
    CorrelationTest
        Fisher's z test and Zou's interval of r_1 - r_2.

    Raises
    ------
    ValueError
        If a correlation, n or the level is not admissible.

    Notes
    -----
    Groups with different spread differ in r though the slope is the same: a segment whose customers are all
    satisfied shows a low correlation for that reason alone.

    References
    ----------
    Fisher (1921); Zou (2007), equation 11.

    Examples
    --------
    >>> result = compare_independent(0.49, 145, 0.36, 87)
    >>> round(result.conf_low, 3), round(result.conf_high, 3)
    (-0.087, 0.359)
    """
    check_numbers(r_1=r_1, n_1=n_1, r_2=r_2, n_2=n_2)
    a, b, n_a, n_b = (np.asarray(value, float) for value in (r_1, r_2, n_1, n_2))
    for name, r in (("r_1", a), ("r_2", b)):
        check_r(name, r)
    for name, n in (("n_1", n_a), ("n_2", n_b)):
        check_n(name, n)
    z = (np.arctanh(a) - np.arctanh(b)) / np.sqrt(1 / (n_a - 3) + 1 / (n_b - 3))
    ends = [fisher_interval(r, n, conf_level=conf_level) for r, n in ((a, n_a), (b, n_b))]
    low, high = mover(a, b, ends[0], ends[1], 0.0)
    error = np.sqrt((1 - a**2) ** 2 / n_a + (1 - b**2) ** 2 / n_b)
    return correlation_test("fisher", r_1 - r_2, error, z, math.inf, low, high, conf_level)


def correlation_test(
    test: str,
    estimate: float,
    error: ArrayLike,
    statistic: ArrayLike,
    df: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    conf_level: float,
) -> CorrelationTest:
    """Assemble a result from 0-dimensional arrays."""
    p_value = two_sided_p(statistic, df)
    t, degrees, p, conf_low, conf_high = (
        float(np.asarray(value)) for value in (statistic, df, p_value, low, high)
    )
    std_error = float(np.asarray(error))
    return CorrelationTest(test, float(estimate), std_error, t, degrees, p, conf_low, conf_high, conf_level)
