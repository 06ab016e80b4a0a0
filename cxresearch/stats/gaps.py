"""Differences of two ratings by one customer: the mean gap, and how reliable a difference can be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

Array = NDArray[np.float64]


def mean_interval(values: ArrayLike, *, conf_level: float = 0.95) -> tuple[Array, Array, Array, Array]:
    """Return mean, standard error and t interval of each column.

    Parameters
    ----------
    values : array_like (n, ...)
        A row a customer; none missing. For a paired comparison, the customers' own differences.
    conf_level : float
        Nominal level.

    Returns
    -------
    mean, std_error, conf_low, conf_high : arrays
        NaN errors below two rows.

    Raises
    ------
    ValueError
        If there is no row, or the level is no probability.

    Examples
    --------
    >>> found = mean_interval([-1.0, -2.0, 0.0, -1.0])
    >>> [float(value.round(3)) for value in found]
    [-1.0, 0.408, -2.299, 0.299]
    """
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level!r}.")
    x = np.asarray(values, float)
    n = len(x)
    if n == 0:
        raise ValueError("a mean needs at least one row.")
    mean = np.asarray(x.mean(axis=0))
    if n == 1:
        nothing = np.full(mean.shape, np.nan)
        return mean, nothing, nothing, nothing
    error = np.asarray(x.std(axis=0, ddof=1) / np.sqrt(n))
    half = stdtrit(n - 1, (1 + conf_level) / 2) * error
    return mean, error, mean - half, mean + half


def difference_reliability(
    reliability_a: ArrayLike,
    reliability_b: ArrayLike,
    r: ArrayLike,
    sd_a: ArrayLike = 1.0,
    sd_b: ArrayLike = 1.0,
) -> Array:
    """Return the reliability of the difference of two scores of the same customers.

    Parameters
    ----------
    reliability_a, reliability_b : array_like
        Of each score, at most 1, such as Cronbach's alpha.
    r : array_like
        Correlation of the two scores as observed.
    sd_a, sd_b : array_like
        Their standard deviations; only the ratio matters.

    Returns
    -------
    array
        At most 1; negative where the scores correlate more than their reliabilities admit; NaN where the difference
        does not vary.

    Raises
    ------
    ValueError
        If a reliability is above 1 or a correlation outside [-1, 1].

    Notes
    -----
    The errors of the two scores are taken to be unrelated; both asked on one page share a mood, and then this is
    wrong in either direction.

    References
    ----------
    Lord (1963), in Harris (ed.), *Problems in Measuring Change*. Peter, Churchill & Brown (1993), Caution in the use
    of difference scores in consumer research. *J. Consumer Research* 19, 655-662.

    Examples
    --------
    Two good scales that correlate .60 make a poor difference:

    >>> float(difference_reliability(0.85, 0.85, 0.60).round(3))
    0.625
    """
    rel_a, rel_b, cor = (np.asarray(value, float) for value in (reliability_a, reliability_b, r))
    a, b = np.asarray(sd_a, float), np.asarray(sd_b, float)
    if np.any(rel_a > 1) or np.any(rel_b > 1) or np.any(np.abs(cor) > 1):
        raise ValueError("a reliability is at most 1 and a correlation lies between -1 and 1.")
    shared = 2 * cor * a * b
    spread = a**2 + b**2 - shared
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (rel_a * a**2 + rel_b * b**2 - shared) / spread
    return np.asarray(np.where(spread > 0, found, np.nan))
