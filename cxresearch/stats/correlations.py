"""Which of two metrics asked of the same customers goes more strongly with an outcome: closed forms.

Metrics a and b give two correlations with one outcome y, ``r_ay`` and ``r_by``, that are not independent:
their difference also needs ``r_ab``. Functions named after their authors return a statistic and its degrees
of freedom, element by element; `compare_dependent` adds the checks, the p-value and an interval. All of them
assume jointly normal answers; `cxresearch.stats.influence` does not.

Direction: every difference is a minus b, so positive says that a goes more strongly with the outcome.
Missing answers: none are looked at here. All three correlations must come from the same n complete rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.fisher import (
    CorrelationTest,
    check_n,
    check_numbers,
    check_r,
    compare_independent,
    correlation_test,
    fisher_interval,
    mover,
    normal_quantile,
)

Array: TypeAlias = NDArray[np.float64]
Statistic: TypeAlias = tuple[Array, Array]
Four: TypeAlias = tuple[Array, Array, Array, Array]

__all__ = [
    "DEPENDENT_TESTS",
    "CorrelationTest",
    "compare_dependent",
    "compare_independent",
    "dunn_clark",
    "fisher_interval",
    "hittner",
    "meng",
    "meng_interval",
    "olkin",
    "steiger",
    "williams",
    "zou_interval",
]


def _triple(r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike) -> Four:
    """Broadcast and check three correlations and n; NaN passes through."""
    a, b, c, n = np.broadcast_arrays(*(np.asarray(value, float) for value in (r_ay, r_by, r_ab, n)))
    for name, value in (("r_ay", a), ("r_by", b), ("r_ab", c)):
        check_r(name, value)
    if np.any(_determinant(a, b, c) <= 0):
        raise ValueError(
            "no answers can have these three correlations at once (their matrix is not positive definite): "
            f"r_ay = {_worst(a, b, c, 0):g}, r_by = {_worst(a, b, c, 1):g}, r_ab = {_worst(a, b, c, 2):g}. "
            "Were they computed on different rows, or rounded?"
        )
    check_n("n", n)
    return a, b, c, n


def _worst(a: Array, b: Array, c: Array, which: int) -> float:
    """One of the three correlations, at the first offending place."""
    return float((a, b, c)[which].flat[int(np.argmax(_determinant(a, b, c).ravel() <= 0))])


def _determinant(a: Array, b: Array, c: Array) -> Array:
    """Return the determinant of the 3 x 3 correlation matrix."""
    return np.asarray(1 - a**2 - b**2 - c**2 + 2 * a * b * c)


def _covariance(a: Array, b: Array, c: Array) -> Array:
    """Asymptotic n cov(r_ay, r_by) under normality (Pearson & Filon 1898; Olkin & Siotani 1976)."""
    return np.asarray((c - a * b / 2) * (1 - a**2 - b**2 - c**2) + c**3)


def williams(r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike) -> Statistic:
    """Williams' t for the equality of two correlations with one outcome.

    Parameters
    ----------
    r_ay, r_by : array_like
        Correlations of metric a and of metric b with the outcome.
    r_ab : array_like
        Correlation of the two metrics.
    n : array_like
        Complete rows; larger than 3, need not be whole (an effective n).

    Returns
    -------
    statistic, df : arrays
        t and n - 3 degrees of freedom, broadcast over the arguments.

    Raises
    ------
    ValueError
        If a correlation is not inside (-1, 1), the three are impossible together, or n <= 3.

    Notes
    -----
    Assumes normal answers: on skewed rating scales its level is off by a point or two. It tests "exactly
    equal", which with many customers is never true; read the interval.

    References
    ----------
    Williams (1959), The comparison of regression variables. *J. R. Stat. Soc. B* 21, 396-399; the form
    recommended by Steiger (1980), equation 7.

    Examples
    --------
    >>> t, df = williams(0.3, 0.4, 0.5, 100)
    >>> float(t.round(4)), float(df)
    (-1.0767, 97.0)
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    mean = (a + b) / 2
    spread = 2 * (n - 1) / (n - 3) * _determinant(a, b, c) + mean**2 * (1 - c) ** 3
    return (a - b) * np.sqrt((n - 1) * (1 + c) / spread), n - 3


def _fisher_difference(a: Array, b: Array, at_a: Array, at_b: Array, c: Array, n: Array) -> Statistic:
    """Difference of Fisher z over its standard error, the covariance taken at (at_a, at_b)."""
    correlation = _covariance(at_a, at_b, c) / ((1 - at_a**2) * (1 - at_b**2))
    z = (np.arctanh(a) - np.arctanh(b)) * np.sqrt((n - 3) / (2 - 2 * correlation))
    return z, np.full_like(z, np.inf)


def dunn_clark(r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike) -> Statistic:
    """Dunn and Clark's Z: Fisher-z difference, covariance at the two correlations themselves.

    Parameters, errors and cautions as for `williams`; the reference is normal.

    References
    ----------
    Dunn & Clark (1969), Correlation coefficients measured on the same individuals. *JASA* 64, 366-377.

    Examples
    --------
    >>> float(dunn_clark(0.3, 0.4, 0.5, 100)[0].round(4))
    -1.073
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    return _fisher_difference(a, b, a, b, c, n)


def steiger(r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike) -> Statistic:
    """Steiger's Z: Fisher-z difference, covariance at the mean of the two correlations.

    Parameters, errors and cautions as for `williams`; the reference is normal.

    References
    ----------
    Steiger (1980), Tests for comparing elements of a correlation matrix. *Psychol. Bull.* 87, 245-251.

    Examples
    --------
    >>> float(steiger(0.3, 0.4, 0.5, 100)[0].round(4))
    -1.0718
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    mean = (a + b) / 2
    return _fisher_difference(a, b, mean, mean, c, n)


def hittner(r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike) -> Statistic:
    """Hittner, May and Silver's Z: as `steiger`, the mean taken on Fisher's scale.

    Parameters, errors and cautions as for `williams`; the reference is normal.

    References
    ----------
    Hittner, May & Silver (2003), A Monte Carlo evaluation of tests for comparing dependent correlations.
    *J. Gen. Psychol.* 130, 149-168.

    Examples
    --------
    >>> float(hittner(0.3, 0.4, 0.5, 100)[0].round(4))
    -1.0715
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    mean = np.tanh((np.arctanh(a) + np.arctanh(b)) / 2)
    return _fisher_difference(a, b, mean, mean, c, n)


def _meng_variance(a: Array, b: Array, c: Array, n: Array) -> Array:
    """Variance of the Fisher-z difference, Meng, Rosenthal & Rubin (1992), equations 1 to 3."""
    square = (a**2 + b**2) / 2
    f = np.minimum((1 - c) / (2 * (1 - square)), 1.0)
    return np.asarray(2 * (1 - c) * (1 - f * square) / (1 - square) / (n - 3))


def meng(r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike) -> Statistic:
    """Meng, Rosenthal and Rubin's Z; its interval is `meng_interval`.

    Parameters, errors and cautions as for `williams`; the reference is normal.

    References
    ----------
    Meng, Rosenthal & Rubin (1992), Comparing correlated correlation coefficients.
    *Psychol. Bull.* 111, 172-175.

    Examples
    --------
    >>> float(meng(0.3, 0.4, 0.5, 100)[0].round(4))
    -1.0707
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    z = (np.arctanh(a) - np.arctanh(b)) / np.sqrt(_meng_variance(a, b, c, n))
    return z, np.full_like(z, np.inf)


def olkin(r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike) -> Statistic:
    """Olkin's Z: plain difference over its large-sample standard error.

    Parameters, errors and cautions as for `williams`; the reference is normal. Too liberal in small samples.

    References
    ----------
    Olkin (1967), Correlations revisited, in Stanley (ed.), *Improving experimental design and statistical
    analysis*, 102-128.

    Examples
    --------
    >>> float(olkin(0.5, 0.2, 0.3, 50)[0].round(2))
    2.0
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    z = (a - b) / _difference_error(a, b, c, n)
    return z, np.full_like(z, np.inf)


def _difference_error(a: Array, b: Array, c: Array, n: Array) -> Array:
    """Large-sample standard error of r_ay - r_by."""
    return np.asarray(np.sqrt(((1 - a**2) ** 2 + (1 - b**2) ** 2 - 2 * _covariance(a, b, c)) / n))


#: Tests of two correlations that share the outcome, by name: (r_ay, r_by, r_ab, n) -> (statistic, df).
DEPENDENT_TESTS: dict[str, Callable[[ArrayLike, ArrayLike, ArrayLike, ArrayLike], Statistic]] = {
    "williams": williams,
    "steiger": steiger,
    "meng": meng,
    "hittner": hittner,
    "dunn_clark": dunn_clark,
    "olkin": olkin,
}


def zou_interval(
    r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike, *, conf_level: float = 0.95
) -> Statistic:
    """Zou's interval of r_ay - r_by, two correlations of one sample with one outcome.

    Parameters and errors as for `williams`, with the nominal level.

    Returns
    -------
    conf_low, conf_high : arrays
        On the scale of correlations, -2 to 2.

    Notes
    -----
    Assumes normal answers; on 5- to 11-point ratings it can miss 6 to 8 % of the time at a nominal 5 %.

    References
    ----------
    Zou (2007), Toward using confidence intervals to compare correlations. *Psychol. Methods* 12, 399-413.

    Examples
    --------
    >>> low, high = zou_interval(0.396, 0.179, 0.088, 66)
    >>> float(low.round(3)), float(high.round(3))
    (-0.093, 0.517)
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    correlation = _covariance(a, b, c) / ((1 - a**2) * (1 - b**2))
    ends_a, ends_b = (fisher_interval(r, n, conf_level=conf_level) for r in (a, b))
    return mover(a, b, ends_a, ends_b, correlation)


def meng_interval(
    r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike, *, conf_level: float = 0.95
) -> Statistic:
    """Meng, Rosenthal and Rubin's interval of atanh(r_ay) - atanh(r_by).

    Parameters and errors as for `williams`, with the nominal level.

    Returns
    -------
    conf_low, conf_high : arrays
        On Fisher's scale, not the scale of correlations: a difference of 0.3 there is about 0.3 near r = 0
        and about 0.1 near r = 0.8. Use `zou_interval` for a difference of correlations.

    References
    ----------
    Meng, Rosenthal & Rubin (1992), *Psychol. Bull.* 111, 172-175, equation 4.

    Examples
    --------
    >>> low, high = meng_interval(0.63, -0.03, -0.19, 15)
    >>> float(low.round(3)), float(high.round(3))
    (-0.129, 1.672)
    """
    a, b, c, n = _triple(r_ay, r_by, r_ab, n)
    difference = np.arctanh(a) - np.arctanh(b)
    half = normal_quantile(conf_level) * np.sqrt(_meng_variance(a, b, c, n))
    return difference - half, difference + half


def compare_dependent(
    r_ay: float, r_by: float, r_ab: float, n: float, test: str = "williams", *, conf_level: float = 0.95
) -> CorrelationTest:
    """Compare how strongly two metrics of the same customers go with one outcome.

    Parameters
    ----------
    r_ay, r_by, r_ab, n : float
        As for `williams`.
    test : str
        A name in `DEPENDENT_TESTS`.
    conf_level : float
        Nominal level of Zou's interval.

    Returns
    -------
    CorrelationTest
        Positive `estimate`: metric a goes more strongly with the outcome.

    Raises
    ------
    ValueError
        If a correlation, n, the level or the name of the test is not admissible.

    Notes
    -----
    A metric reversed against its rivals loses whatever it predicts: orient the answers first. The interval
    and the test rest on different approximations and may disagree when p is close to 1 - conf_level.

    Examples
    --------
    >>> contest = compare_dependent(0.343, 0.542, 0.481, 250)
    >>> contest.estimate < 0, contest.p_value < 0.001
    (True, True)
    """
    if test not in DEPENDENT_TESTS:
        raise ValueError(f"`test` must be one of {', '.join(map(repr, DEPENDENT_TESTS))}; got {test!r}.")
    check_numbers(r_ay=r_ay, r_by=r_by, r_ab=r_ab, n=n)
    statistic, df = DEPENDENT_TESTS[test](r_ay, r_by, r_ab, n)
    low, high = zou_interval(r_ay, r_by, r_ab, n, conf_level=conf_level)
    error = _difference_error(*_triple(r_ay, r_by, r_ab, n))
    return correlation_test(test, r_ay - r_by, error, statistic, df, low, high, conf_level)
