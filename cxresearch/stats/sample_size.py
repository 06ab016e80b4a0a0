"""How many answers: power and precision by formula.

Every function takes the *effective* number of answers, that of a simple random sample; `cxresearch.stats.fieldwork`
turns it into answers and invitations. Formulas are of large samples except where noncentral t is named.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from cxresearch.stats.correlations import compare_dependent, williams
from cxresearch.stats.fisher import fisher_interval, normal_quantile
from cxresearch.stats.printed import MOST
from cxresearch.stats.tails import bivariate_normal

Array: TypeAlias = NDArray[np.float64]

HIGHEST_AUC = 0.999  # beyond, the binormal moments lose their digits


def smallest_n(enough: Callable[[int], bool], least: int = 2) -> float:
    """Return the smallest whole number from `least` on that is enough.

    Parameters
    ----------
    enough : callable
        Once true, true for every larger number.
    least : int
        Smallest number to be tried.

    Returns
    -------
    float
        Infinite where more than 10 million would be needed.

    Examples
    --------
    >>> smallest_n(lambda n: n**2 >= 50)
    8.0
    """
    low, high = least, min(max(2 * least, 2), MOST)
    if low > MOST:
        return math.inf
    if enough(low):
        return float(low)
    while not enough(high):
        if high >= MOST:
            return math.inf
        low, high = high, min(2 * high, MOST)
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)


def williams_power(r_ay: float, r_by: float, r_ab: float, n: float, *, conf_level: float = 0.95) -> float:
    """Return the probability that Williams' test finds which of two metrics goes more strongly with an outcome.

    Parameters
    ----------
    r_ay, r_by, r_ab : float
        True correlations: of each metric with the outcome, and of the two metrics.
    n : float
        Effective answers, above 3.
    conf_level : float
        1 minus the two-sided level of the test.

    Returns
    -------
    float
        Of a significant difference in the right direction; 1 - `conf_level` over 2 where the two are equal.

    Raises
    ------
    ValueError
        If the correlations are impossible together, or n or the level is not admissible.

    Notes
    -----
    Williams' t is taken as noncentral t around its value at the true correlations.

    Examples
    --------
    >>> round(williams_power((0.13 * 1.4) ** 0.5, 0.13**0.5, 0.6, 1169), 3)
    0.8
    """
    _check_level(conf_level)
    statistic, df = (float(value) for value in williams(r_ay, r_by, r_ab, n))
    return _above(abs(statistic), df, conf_level)


def _above(shift: float, df: float, conf_level: float) -> float:
    """P(noncentral t > its two-sided edge)."""
    edge = float(stdtrit(df, (1 + conf_level) / 2))
    return float(1 - nctdtr(df, shift, edge))


def difference_power(
    difference: float, std_dev: float, n: float, groups: int = 2, *, conf_level: float = 0.95
) -> float:
    """Return the probability that a t test finds a difference of means in the right direction.

    Parameters
    ----------
    difference : float
        True difference, in the unit of `std_dev`.
    std_dev : float
        Root of the mean variance of the two groups; for one group asked twice, of the change.
    n : float
        Effective answers in each group, above 1.
    groups : int
        2: two separate groups; 1: the same customers twice.
    conf_level : float
        1 minus the two-sided level.

    Notes
    -----
    Noncentral t with groups · (n - 1) degrees of freedom. A net score or a share is a mean of 100, 0 and -100; for
    such few-valued answers the t is an approximation good for some tens of answers of either kind.

    References
    ----------
    Cohen (1988), *Statistical power analysis for the behavioral sciences*, 2nd ed., chapter 2.

    Examples
    --------
    >>> round(difference_power(0.5, 1.0, 64), 4)
    0.8015
    """
    _check_level(conf_level)
    shift = abs(difference) / (std_dev * math.sqrt(groups / n))
    return _above(shift, groups * (n - 1), conf_level)


def lead_power(lead: float, std_error: float, edge: float = 0.0, *, conf_level: float = 0.95) -> float:
    """Return the probability that the interval of a lead lies above an edge.

    Parameters
    ----------
    lead : float
        True lead of the better one, 0 or more.
    std_error : float
        Of the estimated lead.
    edge : float
        Smallest lead that matters; 0: the interval excludes 0.
    conf_level : float
        Level of the interval.

    Notes
    -----
    Normal estimate, known standard error. A lead at the edge is found with probability (1 - `conf_level`) / 2,
    whatever n is; one below it less and less often.

    Examples
    --------
    >>> round(lead_power(0.10, 0.025, 0.03), 3)
    0.8
    """
    return float(ndtr((lead - edge) / std_error - normal_quantile(conf_level)))


def larger_size_power(
    first: float, second: float, covariance: ArrayLike, *, conf_level: float = 0.95
) -> float:
    """Return the probability that the interval of |first| - |second| lies above 0.

    Parameters
    ----------
    first, second : float
        True values of two estimates, such as coefficients; the first is the larger in size.
    covariance : array_like (2, 2)
        Of the two estimates.
    conf_level : float
        Level of the interval, whose error is that of the estimates with the signs that they turned out to have.

    Notes
    -----
    The estimates are jointly normal, and the first has its true sign. Where the second is near 0 its sign is chance:
    |second| has no derivative there, and the two signs bring intervals of different widths. The power is the sum over
    both signs s of P(s second > 0 and first - s second > z std_error_s).

    Examples
    --------
    Far from 0 it is the power of a lead, and at 0 it is less:

    >>> round(larger_size_power(0.5, 0.4, [[0.001, 0.0], [0.0, 0.001]]), 3), round(lead_power(0.1, 0.002**0.5), 3)
    (0.609, 0.609)
    >>> round(larger_size_power(0.1, 0.0, [[0.001, 0.0], [0.0, 0.001]]), 3)
    0.371
    """
    quantile, sign = normal_quantile(conf_level), math.copysign(1.0, first)
    a, b = sign * first, sign * second
    (variance_a, both), (_, variance_b) = np.asarray(covariance, float)
    found = 0.0
    for turn in (1, -1):
        error = math.sqrt(variance_a + variance_b - 2 * turn * both)
        r = (turn * both - variance_b) / (error * math.sqrt(variance_b))
        lead = (a - turn * b) / error
        found += float(bivariate_normal(turn * b / math.sqrt(variance_b), lead - quantile, r))
    return found


def equivalence_power(lead: float, std_error: float, rope: float, *, conf_level: float = 0.95) -> float:
    """Return the probability that the interval of a lead lies within ±`rope`.

    Parameters
    ----------
    lead, std_error : float
        As for `lead_power`.
    rope : float
        Half-width of the region of practical equivalence, above 0.
    conf_level : float
        Level of the interval. Schuirmann's two one-sided tests at 5 % use the 90 % interval.

    References
    ----------
    Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing the
    equivalence of average bioavailability. *J. Pharmacokinet. Biopharm.* 15, 657-680.

    Examples
    --------
    >>> round(equivalence_power(0.0, 0.009, 0.03), 3)
    0.83
    """
    quantile = normal_quantile(conf_level)
    near, far = ((rope + sign * lead) / std_error - quantile for sign in (-1, 1))
    return max(float(ndtr(near) + ndtr(far) - 1), 0.0)


def dependent_r_error(r_ay: float, r_by: float, r_ab: float) -> float:
    """Return the standard error of r_ay - r_by for a single answer; over sqrt(n) for n answers.

    Parameters
    ----------
    r_ay, r_by, r_ab : float
        True correlations.

    Raises
    ------
    ValueError
        If no answers can have these correlations at once.

    References
    ----------
    Olkin & Siotani (1976), Asymptotic distribution of functions of a correlation matrix, in *Essays in probability
    and statistics*, 235-251; answers are jointly normal.

    Examples
    --------
    >>> round(dependent_r_error(0.5, 0.4, 0.6), 3)
    0.779
    """
    return compare_dependent(r_ay, r_by, r_ab, 4).std_error * 2


def moment_error(gradient: ArrayLike, matrix: ArrayLike) -> float:
    """Return the standard error, for a single answer, of a smooth function of a moment matrix of normal answers.

    Parameters
    ----------
    gradient : array_like (k, k)
        Symmetric derivatives: a change dM moves the function by the sum of gradient · dM over all entries.
    matrix : array_like (k, k)
        True covariances or correlations.

    Returns
    -------
    float
        sqrt(2 tr(G M G M)); over sqrt(n) for n answers.

    References
    ----------
    Isserlis (1918), On a formula for the product-moment coefficient of any order of a normal frequency
    distribution. *Biometrika* 12, 134-139: cov(s_ij, s_kl) = (m_ik m_jl + m_il m_jk) / n.

    Examples
    --------
    The variance of a normal answer with variance 1:

    >>> moment_error([[1.0]], [[1.0]]) == 2**0.5
    True
    """
    return math.sqrt(float(moment_covariance(np.asarray(gradient, float)[None], matrix)[0, 0]))


def moment_covariance(gradients: ArrayLike, matrix: ArrayLike) -> Array:
    """Return the covariances (p, p), for a single answer, of smooth functions of a moment matrix of normal answers.

    Parameters
    ----------
    gradients : array_like (p, k, k)
        Symmetric derivatives of each, as for `moment_error`.
    matrix : array_like (k, k)
        True covariances or correlations.

    Returns
    -------
    array (p, p)
        2 tr(G_i M G_j M); over n for n answers.

    Examples
    --------
    A variance and twice that variance:

    >>> moment_covariance([[[1.0]], [[2.0]]], [[1.0]]).tolist()
    [[2.0, 4.0], [4.0, 8.0]]
    """
    products = np.asarray(gradients, float) @ np.asarray(matrix, float)
    return np.asarray(2 * np.einsum("aij,bji->ab", products, products))


def correlation_half_width(r: float, n: float, *, conf_level: float = 0.95) -> float:
    """Return half the width of Fisher's interval of a correlation.

    Parameters
    ----------
    r : float
        Expected correlation.
    n : float
        Effective answers, above 3.
    conf_level : float

    References
    ----------
    Bonett & Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations.
    *Psychometrika* 65, 23-28.

    Examples
    --------
    >>> correlation_half_width(0.3, 320) <= 0.1 < correlation_half_width(0.3, 319)
    True
    """
    low, high = fisher_interval(r, n, conf_level=conf_level)
    return float(high - low) / 2


def auc_moments(auc_a: float, auc_b: float, correlation: float) -> tuple[float, float, float]:
    """Return the variances and the covariance of two scores' placements, scores being normal in either group.

    Parameters
    ----------
    auc_a, auc_b : float
        True AUCs, 0.001 to 0.999.
    correlation : float
        Of the two scores among customers with the same outcome.

    Returns
    -------
    variance_a, variance_b, covariance : float
        Of the share of the other group that a customer's score beats. The variance of an AUC is this over the
        number with the outcome plus this over the number without; covariances likewise.

    Raises
    ------
    ValueError
        If an AUC or the correlation is not admissible.

    Notes
    -----
    Equal spread in both groups. For X among those with the outcome and two others without, Phi(X) beats both when
    two normal variables that correlate 1/2 lie below the same limit, which gives the second moment.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), *Biometrics* 44, 837-845, for the structure; Hanley & McNeil (1983), A
    method of comparing the areas under ROC curves derived from the same cases. *Radiology* 148, 839-843, whose table
    of the correlation of two areas is covariance / sqrt(variance_a · variance_b).

    Examples
    --------
    >>> a, b, both = auc_moments(0.8, 0.8, 0.5)
    >>> round(both / (a * b) ** 0.5, 2)
    0.45
    """
    for name, value in (("auc_a", auc_a), ("auc_b", auc_b)):
        if not 1 - HIGHEST_AUC <= value <= HIGHEST_AUC:
            raise ValueError(f"`{name}` must lie in [0.001, {HIGHEST_AUC}]; got {value:g}.")
    if not -1 < correlation < 1:
        raise ValueError(f"`correlation` must lie strictly between -1 and 1; got {correlation:g}.")
    a, b = float(ndtri(auc_a)), float(ndtri(auc_b))
    pairs = ((a, a, 0.5), (b, b, 0.5), (a, b, correlation / 2))
    beats = (float(bivariate_normal(h, k, r)) for h, k, r in pairs)
    means = (auc_a * auc_a, auc_b * auc_b, auc_a * auc_b)
    variance_a, variance_b, covariance = (both - mean for both, mean in zip(beats, means, strict=True))
    return variance_a, variance_b, covariance


def auc_difference_error(auc_a: float, auc_b: float, correlation: float, base_rate: float) -> float:
    """Return the standard error of auc_a - auc_b on the same customers for a single answer.

    Parameters
    ----------
    auc_a, auc_b, correlation : float
        As for `auc_moments`.
    base_rate : float
        Share of customers with the outcome, inside (0, 1).

    Raises
    ------
    ValueError
        As for `auc_moments`, or if the rate is not a share.

    Examples
    --------
    >>> round(auc_difference_error(0.75, 0.70, 0.5, 0.5), 3)
    0.516
    """
    if not 0 < base_rate < 1:
        raise ValueError(f"`base_rate` must lie strictly between 0 and 1; got {base_rate:g}.")
    variance_a, variance_b, covariance = auc_moments(auc_a, auc_b, correlation)
    spread = variance_a + variance_b - 2 * covariance
    return math.sqrt(spread / base_rate + spread / (1 - base_rate))


def _check_level(conf_level: float) -> None:
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1, such as 0.95; got {conf_level!r}.")
