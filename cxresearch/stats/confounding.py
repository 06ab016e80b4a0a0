"""How strong something unmeasured would have to be to explain an effect away.

For a coefficient of a linear model the bias from leaving a variable out is exactly a function of two partial
R²: how much of what is left of the driver the variable explains, and how much of what is left of the outcome
(Cinelli and Hazlett 2020). For a risk ratio the bound of Ding and VanderWeele (2016) does the same.

Partial R² are facts of the weighted answers, whatever the sampling design. The design enters where a limit of
an interval is asked about: there the standard error, and with it the critical value, is the design's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.regression import fit_linear

Array = NDArray[np.float64]


def partial_r2(
    y: ArrayLike, X: ArrayLike, w: ArrayLike, columns: Sequence[int], *, n: float | None = None
) -> float:
    """Return the share of what the other columns leave of y that some columns explain.

    Parameters
    ----------
    y : array (C,)
        Outcome of each cell.
    X : array (C, p)
        Predictors without a column of ones; none missing.
    w : array (C,)
        Summed weights of each cell.
    columns : sequence of int
        The columns asked about.
    n : float, optional
        Rows behind the cells, where weights do not count them; only whether they are enough rests on it.

    Returns
    -------
    float
        From 0 to 1; NaN where the other columns already explain y wholly.

    Raises
    ------
    ValueError
        As `cxresearch.stats.regression.fit_linear`, for dependent columns among others.

    Notes
    -----
    A large partial R² of a driver with little spread is rare whatever it does to those who meet it.

    Examples
    --------
    >>> round(partial_r2([1, 2, 2, 4], [[1, 0], [2, 1], [3, 1], [5, 0]], [10, 10, 10, 10], [1]), 4)
    0.0735
    """
    X = np.asarray(X, float)
    others = np.setdiff1d(np.arange(X.shape[1]), columns)
    with_all = fit_linear(y, X, w, n=n).r2
    without = fit_linear(y, X[:, others], w, n=n).r2
    left = 1 - without
    return max((with_all - without) / left, 0.0) if left > 0 else math.nan


def robustness_value(f: ArrayLike, critical: ArrayLike = 0.0) -> Array:
    """Return the partial R², equal with driver and outcome, at which a confounder takes an effect away.

    Parameters
    ----------
    f : array_like
        Cohen's partial f of the driver with the outcome: sqrt(R² / (1 - R²)) of its partial R², which is
        the size of the classical t over sqrt(df).
    critical : array_like
        0: the whole estimate is taken away. A t quantile / sqrt(df - 1), times the ratio of the design-based
        to the classical standard error: the interval is brought to touch 0.

    Returns
    -------
    array
        From 0 to 1; 0 where the interval touches 0 already.

    Raises
    ------
    ValueError
        For a negative `f` or `critical`.

    Notes
    -----
    A confounder that explains less than this share of *both* what is left of the driver and what is left of
    the outcome cannot do it; one that explains more of one and less of the other may. A value of 10 % is not
    large or small by itself: compare it with what observed controls explain (`benchmark_bounds`).

    References
    ----------
    Cinelli and Hazlett (2020), Making sense of sensitivity: extending omitted variable bias. *JRSS B* 82, 39-67.

    Examples
    --------
    Violence in Darfur and attitudes to peace: t = .0973 / .0233 with 783 degrees of freedom.

    >>> f = 0.09731582 / 0.02325654 / 783**0.5
    >>> from scipy.special import stdtrit
    >>> robustness_value(f, [0.0, stdtrit(782, 0.975) / 782**0.5]).round(3).tolist()
    [0.139, 0.076]
    """
    f, critical = np.broadcast_arrays(np.asarray(f, float), np.asarray(critical, float))
    if np.any(f < 0) or np.any(critical < 0):
        raise ValueError("`f` and `critical` must not be negative.")
    left = np.maximum(f - critical, 0.0)
    both = (np.sqrt(left**4 + 4 * left**2) - left**2) / 2
    # with so high a bar a confounder does more harm when it explains less of the outcome: its bias against
    # the smaller error it brings; the worst of all is then one of this strength with the driver alone
    driver_only = (f**2 - critical**2) / (1 + f**2)
    return np.where(f * critical > 1, np.maximum(driver_only, 0.0), both)


def explained_away(f: ArrayLike, r2_driver: ArrayLike, r2_outcome: ArrayLike) -> Array:
    """Return the share of an estimate that a confounder of given strength could account for.

    Parameters
    ----------
    f : array_like
        Cohen's partial f of the driver with the outcome, above 0.
    r2_driver : array_like
        Partial R² of the confounder with the driver, given the other predictors; below 1.
    r2_outcome : array_like
        Partial R² of the confounder with the outcome, given the driver and the other predictors.

    Returns
    -------
    array
        1: all of it. Above 1: the sign would turn. The confounder might as well hide as much as it pretends.

    References
    ----------
    Cinelli and Hazlett (2020), equation 7.

    Examples
    --------
    >>> f = 0.09731582 / 0.02325654 / 783**0.5
    >>> left = 0.09731582 * (1 - explained_away(f, 0.00916428667, 0.12464092304))
    >>> float(left.round(4))
    0.0752
    """
    driver, outcome = np.asarray(r2_driver, float), np.asarray(r2_outcome, float)
    return np.asarray(np.sqrt(outcome * driver / (1 - driver)) / np.asarray(f, float))


def error_factor(df: float, r2_driver: ArrayLike, r2_outcome: ArrayLike) -> Array:
    """Return by what factor the standard error would change had the confounder been in the model.

    Parameters
    ----------
    df : float
        Residual degrees of freedom of the model, above 1.
    r2_driver, r2_outcome : array_like
        As for `explained_away`.

    Returns
    -------
    array
        Exact for the classical error; for a design-based one it supposes that the design effect stays.

    References
    ----------
    Cinelli and Hazlett (2020), equation 8.

    Examples
    --------
    >>> float((0.02325654 * error_factor(783, 0.00916428667, 0.12464092304)).round(5))
    0.02187
    """
    driver, outcome = np.asarray(r2_driver, float), np.asarray(r2_outcome, float)
    return np.asarray(np.sqrt((1 - outcome) / (1 - driver) * df / (df - 1)))


def benchmark_bounds(
    control_driver: ArrayLike, control_outcome: ArrayLike, times: ArrayLike
) -> tuple[Array, Array]:
    """Return how strong a confounder can be that is at most `times` as strong as an observed control.

    Parameters
    ----------
    control_driver : array_like
        Partial R² of the control with the driver, given the other controls.
    control_outcome : array_like
        Partial R² of the control with the outcome, given the driver and the other controls.
    times : array_like
        How many times the control's strength, with driver and outcome alike.

    Returns
    -------
    r2_driver, r2_outcome : array
        Largest partial R² of such a confounder, for `explained_away`. NaN in both where the control is so
        strong that nothing can be so many times as strong; `r2_outcome` is at most 1.

    Notes
    -----
    The benchmark says what *if* the unmeasured were like the measured. Nothing in the answers says that it is.

    References
    ----------
    Cinelli and Hazlett (2020), section 4.4.

    Examples
    --------
    >>> [bound.round(3).tolist() for bound in benchmark_bounds(0.009081, 0.109, [1, 2, 3])]
    [[0.009, 0.018, 0.027], [0.125, 0.249, 0.374]]
    """
    near, far, k = np.broadcast_arrays(
        *(np.asarray(value, float) for value in (control_driver, control_outcome, times))
    )
    possible = (k * near < 1) & (near < 1) & (far < 1)
    near, far = np.where(possible, near, 0.0), np.where(possible, far, 0.0)
    driver = k * near / (1 - near)
    # what the control and the confounder share once the driver is held: a path opened by holding it
    shared = k * near**2 / ((1 - np.where(possible, k * near, 0.0)) * (1 - near))
    possible &= (driver < 1) & (shared < 1)
    driver, shared = np.where(possible, driver, np.nan), np.where(possible, shared, np.nan)
    outcome = ((np.sqrt(k) + np.sqrt(shared)) / np.sqrt(1 - shared)) ** 2 * far / (1 - far)
    return driver, np.minimum(outcome, 1.0)


def e_value(risk_ratio: ArrayLike) -> Array:
    """Return the risk ratio a confounder must have with both driver and outcome to explain one away.

    Parameters
    ----------
    risk_ratio : array_like
        Above 0; below 1 is read as its inverse.

    Returns
    -------
    array
        At least 1; NaN for a ratio that is not above 0.

    Notes
    -----
    It grows with the ratio and nothing else: an effect of more units has a larger E-value, and so has a rarer
    answer. It is not evidence that no such confounder exists.

    References
    ----------
    VanderWeele and Ding (2017), Sensitivity analysis in observational research: introducing the E-value.
    *Ann. Intern. Med.* 167, 268-274.

    Examples
    --------
    >>> e_value([3.9, 1 / 3.9, 1.0]).round(2).tolist()
    [7.26, 7.26, 1.0]
    """
    ratio = np.asarray(risk_ratio, float)
    ratio = np.where(ratio > 0, ratio, np.nan)
    away = np.maximum(ratio, 1 / ratio)
    return np.asarray(away + np.sqrt(away * (away - 1)))


def e_value_of_limit(low: float, high: float) -> float:
    """Return the E-value that brings a risk ratio's interval to touch 1.

    Parameters
    ----------
    low, high : float
        Ends of the interval.

    Returns
    -------
    float
        1 where the interval holds 1 already.

    Examples
    --------
    >>> round(e_value_of_limit(1.8, 8.7), 1), e_value_of_limit(0.9, 8.7)
    (3.0, 1.0)
    """
    if math.isnan(low) or math.isnan(high):
        return math.nan
    nearest = low if low > 1 else high if high < 1 else 1.0
    return float(e_value(nearest))
