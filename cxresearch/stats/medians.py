"""The median with an interval that assumes nothing about the distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr


def median_interval(values: ArrayLike, *, conf_level: float = 0.95) -> tuple[float, float]:
    """Return an interval of the median between two of the ordered values.

    Parameters
    ----------
    values : array_like
        One number each; none missing. Infinite ones, such as the time of an answer that never came, are allowed.
    conf_level : float
        Level that is at least reached.

    Returns
    -------
    conf_low, conf_high : float
        The k-th value from below and from above; NaN where there are too few (below 6 at 95 %).

    Raises
    ------
    ValueError
        If a value is missing, or the level is no probability.

    Notes
    -----
    k is the largest number for which both tails of a fair coin thrown n times stay within the level. With ties the
    interval is longer than it need be, never too short.

    References
    ----------
    Thompson (1936), On confidence ranges for the median and other expectation distributions. *Ann. Math. Stat.* 7,
    122-128.

    Examples
    --------
    >>> median_interval([3, 5, 8, 9, 12, 14, 21, 40, 55, 90])
    (5.0, 55.0)
    """
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level!r}.")
    x = np.sort(np.asarray(values, float).ravel())
    if np.isnan(x).any():
        raise ValueError("the median of values with missing ones is not known; leave them out first.")
    below = bdtr(np.arange(len(x), dtype=float), len(x), 0.5)  # of 0, 1, ... values below the median
    k = int(np.sum(below <= (1 - conf_level) / 2))
    return (float(x[k - 1]), float(x[len(x) - k])) if k else (math.nan, math.nan)
