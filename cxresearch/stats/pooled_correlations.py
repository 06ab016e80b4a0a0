"""Effects made of published correlations, for pooling: Fisher z, corrected for unreliability, differences of two.

The functions return effects with their sampling variances, to be handed to `cxresearch.stats.pooling.pool` or
`moderate`; `pool_correlations` does both and hands the answer back as correlations. `hunter_schmidt` is the other
tradition: averages weighted by n of correlations themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.correlations import compare_dependent
from cxresearch.stats.fisher import check_n, check_r, normal_quantile
from cxresearch.stats.pooling import Pooled, pool
from cxresearch.stats.reliability import disattenuate

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledCorrelation:
    """The average of correlations, on the scale of correlations.

    Attributes
    ----------
    estimate, conf_low, conf_high : float
        The middle study: half of the true correlations are below (tanh of the average Fisher z), and its interval.
    prediction_low, prediction_high : float
        Where the true correlation of one further study would lie.
    mean : float
        Average of the true correlations, nearer 0 than `estimate` where they differ.
    fisher : Pooled
        The same on Fisher's scale, with tau² and I².
    """

    estimate: float
    conf_low: float
    conf_high: float
    prediction_low: float
    prediction_high: float
    mean: float
    fisher: Pooled


@dataclass(frozen=True, slots=True)
class HunterSchmidt:
    """Correlations averaged by their numbers of customers and corrected for unreliability.

    Attributes
    ----------
    mean_r : float
        Average of the correlations as printed, weighted by n.
    mean_rho : float
        Average of the corrected ones, weighted by n times the squared correction.
    conf_low, conf_high : float
        Interval of `mean_rho`.
    sd_rho : float
        Standard deviation of the true, corrected correlations between studies.
    credibility_low, credibility_high : float
        Where the middle 80 % of them lie, were they normal.
    explained : float
        Share, 0 to 1, of the variance of the corrected correlations that sampling accounts for.
    k : int
        Studies.
    conf_level : float
    """

    mean_r: float
    mean_rho: float
    conf_low: float
    conf_high: float
    sd_rho: float
    credibility_low: float
    credibility_high: float
    explained: float
    k: int
    conf_level: float


def fisher_effects(r: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Return Fisher z of correlations and its variance 1 / (n - 3).

    Parameters
    ----------
    r, n : array_like (k,)
        Correlations inside (-1, 1) and rows, larger than 3.

    Raises
    ------
    ValueError
        If a correlation or n is not admissible.

    Examples
    --------
    >>> [each.round(4).tolist() for each in fisher_effects([0.5, 0.2], [103, 53])]
    [[0.5493, 0.2027], [0.01, 0.02]]
    """
    r, n = _checked(r, n)
    return np.arctanh(r), 1 / (n - 3)


def pool_correlations(
    r: ArrayLike, n: ArrayLike | None, *, method: str = "reml", test: str = "hk", conf_level: float = 0.95
) -> PooledCorrelation:
    """Average correlations of several studies, all turned so that high means the same.

    Parameters
    ----------
    r : array_like (k,)
        Correlations inside (-1, 1).
    n : array_like (k,) or None
        Rows. None: not printed; every study then counts alike, as `cxresearch.stats.pooling.pool` says.
    method, test, conf_level
        As for `cxresearch.stats.pooling.pool`.

    Returns
    -------
    PooledCorrelation

    Raises
    ------
    ValueError
        If a value is not admissible.

    Notes
    -----
    Studies with other scales, wordings and reliabilities differ for these reasons too: tau² is not all about customers.

    Examples
    --------
    >>> found = pool_correlations([0.30, 0.45, 0.56], [120, 300, 80])
    >>> print(f"{found.estimate:.2f} [{found.conf_low:.2f}, {found.conf_high:.2f}]")
    0.44 [0.09, 0.69]
    """
    effects, variances = (np.arctanh(_correlations(r)), None) if n is None else fisher_effects(r, n)
    z = pool(effects, variances, method=method, test=test, conf_level=conf_level)
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    mean = float(weights @ np.tanh(z.estimate + math.sqrt(z.heterogeneity.tau2) * nodes) / weights.sum())
    return PooledCorrelation(
        estimate=math.tanh(z.estimate),
        conf_low=math.tanh(z.conf_low),
        conf_high=math.tanh(z.conf_high),
        prediction_low=math.tanh(z.prediction_low),
        prediction_high=math.tanh(z.prediction_high),
        mean=mean,
        fisher=z,
    )


def corrected_effects(
    r: ArrayLike, n: ArrayLike, reliability_x: ArrayLike, reliability_y: ArrayLike = 1.0
) -> tuple[Array, Array]:
    """Return correlations corrected for unreliable measures, study by study, and their variances.

    Parameters
    ----------
    r, n : array_like (k,)
        Correlations as printed and rows.
    reliability_x, reliability_y : array_like
        Reliability, in (0, 1], of each study's two measures: one for all, or one for each.

    Returns
    -------
    effects, variances : arrays (k,)
        r over the root of the two reliabilities; its variance, (1 - r̄²)² / (n - 1) with the average r̄ of all studies,
        grows by the square of the same.

    Raises
    ------
    ValueError
        If a value is missing or not admissible, or the columns are not of one length.

    Notes
    -----
    What a better questionnaire would find, not what this one predicts. Single items have no known reliability: a guess
    too low makes weak findings strong. The correction is taken as known without error.

    References
    ----------
    Schmidt & Hunter (2015), *Methods of Meta-Analysis*, 3rd ed., ch. 3.

    Examples
    --------
    >>> effects, variances = corrected_effects([0.30, 0.40], [100, 200], [0.80, 0.90], 0.75)
    >>> effects.round(3).tolist()
    [0.387, 0.487]
    """
    r, n = _checked(r, n)
    reliabilities = {"reliability_x": reliability_x, "reliability_y": reliability_y}
    x, y = _columns(reliabilities, r.size)
    for name, each in zip(reliabilities, (x, y), strict=True):
        if not np.all((each > 0) & (each <= 1)):
            raise ValueError(f"`{name}` must lie above 0 and at most at 1; got {each.tolist()}.")
    attenuation = 1 / disattenuate(1.0, x, y)
    mean = float(np.average(r, weights=n))
    variances = (1 - mean**2) ** 2 / (n - 1) / attenuation**2
    return np.asarray(r / attenuation), np.asarray(variances)


def hunter_schmidt(
    r: ArrayLike,
    n: ArrayLike,
    reliability_x: ArrayLike = 1.0,
    reliability_y: ArrayLike = 1.0,
    *,
    conf_level: float = 0.95,
) -> HunterSchmidt:
    """Average correlations as Hunter and Schmidt do, each corrected for its own unreliability.

    Parameters
    ----------
    r, n, reliability_x, reliability_y
        As for `corrected_effects`; reliabilities of 1 correct nothing ("bare bones").
    conf_level : float
        Nominal level of the interval of the average; that of the credibility interval is .80.

    Returns
    -------
    HunterSchmidt

    Raises
    ------
    ValueError
        If a value is not admissible or there is one study only.

    Notes
    -----
    One study with a hundred times the customers is the answer. The interval takes the studies' scatter for its error
    (their standard deviation over root k), so it is short for few studies. The credibility interval is no interval of
    confidence: it says how much studies differ.

    References
    ----------
    Schmidt & Hunter (2015), ch. 3; the standard error of the average, ch. 5.

    Examples
    --------
    >>> found = hunter_schmidt([0.20, 0.30, 0.45], [100, 200, 150], [0.80, 0.90, 0.85], 0.75)
    >>> print(f"{found.mean_r:.3f} {found.mean_rho:.3f} {found.sd_rho:.3f}")
    0.328 0.408 0.072
    """
    rho, variances = corrected_effects(r, n, reliability_x, reliability_y)
    r, n = _checked(r, n)
    if rho.size < 2:
        raise ValueError("one study has no scatter; at least 2 are needed.")
    weights = (1 - np.average(r, weights=n) ** 2) ** 2 / variances  # (n - 1) times the squared correction
    weights = weights * n / (n - 1)
    mean = float(np.average(rho, weights=weights))
    total = float(np.average((rho - mean) ** 2, weights=weights))
    sampling = float(np.average(variances, weights=weights))
    sd = math.sqrt(max(total - sampling, 0.0))
    half = normal_quantile(conf_level) * math.sqrt(total / rho.size)
    middle = normal_quantile(0.8) * sd
    return HunterSchmidt(
        mean_r=float(np.average(r, weights=n)),
        mean_rho=mean,
        conf_low=mean - half,
        conf_high=mean + half,
        sd_rho=sd,
        credibility_low=mean - middle,
        credibility_high=mean + middle,
        explained=min(sampling / total, 1.0) if total > 0 else math.nan,
        k=rho.size,
        conf_level=conf_level,
    )


def difference_effects(
    r_ay: ArrayLike, r_by: ArrayLike, r_ab: ArrayLike, n: ArrayLike
) -> tuple[Array, Array]:
    """Return, study by study, by how much metric a goes more strongly with the outcome than metric b.

    Parameters
    ----------
    r_ay, r_by, r_ab, n : array_like (k,)
        Correlations of each metric with the outcome, of the two metrics, and rows; one study each, the same customers
        within a study; a single number stands for every study. Where no `r_ab` is printed, try what it may be: the
        difference is surer the higher it is.

    Returns
    -------
    effects, variances : arrays (k,)
        r_ay - r_by and its large-sample variance; both metrics are of the same customers, and that is used.

    Raises
    ------
    ValueError
        If a value is not admissible, the columns are not of one length, or the three correlations of a study are
        impossible together.

    Notes
    -----
    Pooling each metric by itself and comparing the averages sets different studies against each other; this does not.

    Examples
    --------
    >>> effects, variances = difference_effects([0.34, 0.60], [0.54, 0.66], [0.52, 0.70], [250, 344])
    >>> effects.round(2).tolist(), (variances**0.5).round(3).tolist()
    ([-0.2, -0.06], [0.054, 0.031])
    """
    columns = _columns({"r_ay": r_ay, "r_by": r_by, "r_ab": r_ab, "n": n})
    found = [compare_dependent(*row) for row in zip(*(each.tolist() for each in columns), strict=True)]
    return np.array([each.estimate for each in found]), np.array([each.std_error**2 for each in found])


def _checked(r: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    r, n = _correlations(r), np.atleast_1d(np.asarray(n, float))
    if r.shape != n.shape or r.ndim != 1:
        raise ValueError(f"`r` and `n` must pair up; got {r.shape} and {n.shape}.")
    check_n("n", n)
    if not np.isfinite(n).all():
        raise ValueError("`n` has a missing value; leave the study out and say so.")
    return r, n


def _correlations(r: ArrayLike) -> Array:
    r = np.atleast_1d(np.asarray(r, float))
    check_r("r", r)
    if np.isnan(r).any():
        raise ValueError("`r` has a missing value; leave the study out and say so.")
    return r


def _columns(given: dict[str, ArrayLike], k: int | None = None) -> list[Array]:
    """Return named columns as one value for each of k studies; a single value stands for all of them."""
    columns = {name: np.atleast_1d(np.asarray(each, float)) for name, each in given.items()}
    k = max(each.size for each in columns.values()) if k is None else k
    if any(each.ndim != 1 or each.size not in (1, k) for each in columns.values()):
        found = ", ".join(f"{name} {each.shape}" for name, each in columns.items())
        raise ValueError(f"one value for all studies or one for each of {k} is needed; got {found}.")
    return [np.broadcast_to(each, k) for each in columns.values()]
