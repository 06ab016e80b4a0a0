"""How much of a metric is signal, and what a correlation would be without the noise.

Reliability is the share of a metric's variance that would come back if the same customers were asked again. A noisy
metric predicts worse than the judgement behind it; disattenuation says how well the judgement itself would predict,
and the break-even reliability says when a ranking of two metrics is only a ranking of their noise.

Covariance matrices are of the items as scored, reversed items already turned, from complete rows; leading
dimensions are bootstrap draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

from cxresearch.stats.fisher import fisher_interval, normal_quantile

Array: TypeAlias = NDArray[np.float64]
ROUNDING = 1e-12  # variance of a total, against those of its items, that rounding leaves


def _items(cov: ArrayLike) -> tuple[Array, int]:
    """Return the matrix and its number of items, checked."""
    c = np.asarray(cov, float)
    if c.ndim < 2 or c.shape[-1] != c.shape[-2]:
        raise ValueError(f"`cov` must be a square covariance matrix of the items; got shape {c.shape}.")
    if c.shape[-1] < 2:
        raise ValueError(
            "reliability from consistency needs at least 2 items; a single item has none to compare."
        )
    return c, c.shape[-1]


def cronbach_alpha(cov: ArrayLike) -> Array:
    """Return Cronbach's alpha of the mean (or sum) of k items.

    Parameters
    ----------
    cov : array_like (..., k, k)
        Covariance matrix of at least 2 items.

    Returns
    -------
    array (...)
        At most 1; negative where items go against one another, usually one forgotten reversal. NaN where no
        item varies, or the total does not: below `ROUNDING` of the items' variances it is what rounding left.

    Raises
    ------
    ValueError
        If the matrix is not square or has fewer than 2 items.

    Notes
    -----
    Equals reliability only if all items carry the judgement equally well, else it is a lower bound. It grows
    with the number of items, so a long scale of weak items can look reliable, and it does not show that the
    items measure one thing.

    References
    ----------
    Cronbach (1951), Coefficient alpha and the internal structure of tests. *Psychometrika* 16, 297-334.

    Examples
    --------
    >>> float(cronbach_alpha([[1.0, 0.5], [0.5, 1.0]]).round(4))
    0.6667
    """
    c, k = _items(cov)
    total = c.sum(axis=(-2, -1))
    own = np.trace(c, axis1=-2, axis2=-1)
    return np.asarray(k / (k - 1) * (1 - own / np.where(total > ROUNDING * own, total, np.nan)))


def standardised_alpha(cov: ArrayLike) -> Array:
    """Return alpha of the items brought to equal variance, from their mean correlation.

    Parameters, returns and errors as for `cronbach_alpha`; NaN where an item does not vary.

    Notes
    -----
    Use it only where the index is made of standardised items. For items on one scale report `cronbach_alpha`.

    Examples
    --------
    >>> float(standardised_alpha([[4.0, 1.0], [1.0, 1.0]]).round(4))
    0.6667
    """
    c, _ = _items(cov)
    variance = np.diagonal(c, axis1=-2, axis2=-1)
    spread = np.sqrt(np.where(variance > 0, variance, np.nan))
    return cronbach_alpha(c / (spread[..., :, None] * spread[..., None, :]))


def alpha_if_dropped(cov: ArrayLike) -> Array:
    """Return alpha of the other items, for each item left out.

    Parameters and errors as for `cronbach_alpha`, with at least 3 items.

    Returns
    -------
    array (..., k)
        Alpha without each item. Well above the alpha of all: the item does not belong, or is reversed.

    Notes
    -----
    Dropping the item that raises alpha most, and reporting the alpha of the rest from the same customers,
    flatters the index.

    Examples
    --------
    >>> alpha_if_dropped([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]).round(3).tolist()
    [0.0, 0.0, 0.667]
    """
    c, k = _items(cov)
    if k < 3:
        raise ValueError("leaving one of 2 items out leaves a single item, which has no alpha.")
    kept = [np.delete(np.delete(c, j, axis=-1), j, axis=-2) for j in range(k)]
    return np.stack([cronbach_alpha(rest) for rest in kept], axis=-1)


def _feldt(alpha: Array, k: int, n: Array, conf_level: float) -> tuple[Array, Array]:
    tail = (1 - conf_level) / 2
    low, high = (fdtri(n - 1, (n - 1) * (k - 1), p) for p in (1 - tail, tail))
    return 1 - (1 - alpha) * low, 1 - (1 - alpha) * high


def _bonett(alpha: Array, k: int, n: Array, conf_level: float) -> tuple[Array, Array]:
    half = normal_quantile(conf_level) * np.sqrt(2 * k / ((k - 1) * (n - 2)))
    return 1 - (1 - alpha) * np.exp(half), 1 - (1 - alpha) * np.exp(-half)


#: Intervals of alpha, by name: (alpha, k, n, conf_level) -> (conf_low, conf_high).
ALPHA_INTERVALS: dict[str, Callable[[Array, int, Array, float], tuple[Array, Array]]] = {
    "feldt": _feldt,
    "bonett": _bonett,
}


def _check_sample(k: int, n: ArrayLike) -> Array:
    rows = np.asarray(n, float)
    if k < 2 or np.any(rows <= 2):
        raise ValueError(f"alpha needs at least 2 items and more than 2 rows; got {k} and {np.min(rows):g}.")
    return rows


def alpha_interval(
    alpha: ArrayLike,
    k: int,
    n: ArrayLike,
    *,
    conf_level: float = 0.95,
    method: Literal["feldt", "bonett"] = "feldt",
) -> tuple[Array, Array]:
    """Return an interval of Cronbach's alpha.

    Parameters
    ----------
    alpha : array_like
        Alpha, at most 1.
    k : int
        Number of items, at least 2.
    n : array_like
        Rows, more than 2; need not be whole (an effective n).
    conf_level : float
        Nominal level.
    method : {"feldt", "bonett"}
        Feldt's F (exact for normal, equally good items) or Bonett's normal interval of log(1 - alpha).

    Returns
    -------
    conf_low, conf_high : arrays

    Raises
    ------
    ValueError
        If alpha, k, n, the level or the method is not admissible.

    Notes
    -----
    Both assume normal items. Ratings with heavy tails or piled up at the best point make them too short.

    References
    ----------
    Feldt (1965), The approximate sampling distribution of Kuder-Richardson reliability coefficient twenty.
    *Psychometrika* 30, 357-370. Bonett (2002), Sample size requirements for testing and estimating
    coefficient alpha. *J. Educ. Behav. Stat.* 27, 335-340.

    Examples
    --------
    >>> low, high = alpha_interval(0.7701131, 3, 250)
    >>> float(low.round(3)), float(high.round(3))
    (0.716, 0.815)
    """
    if method not in ALPHA_INTERVALS:
        raise ValueError(f"`method` must be one of {', '.join(map(repr, ALPHA_INTERVALS))}; got {method!r}.")
    value, rows = np.asarray(alpha, float), _check_sample(k, n)
    if np.any(value > 1):
        raise ValueError(f"`alpha` is at most 1; got {np.max(value):g}.")
    normal_quantile(conf_level)  # refuses a level that is no probability
    return ALPHA_INTERVALS[method](value, k, rows, conf_level)


def alpha_std_error(alpha: ArrayLike, k: int, n: ArrayLike) -> Array:
    """Return the large-sample standard error of alpha, (1 - alpha) √(2k / ((k - 1)(n - 2))).

    Parameters and errors as for `alpha_interval`.

    References
    ----------
    Bonett (2002), by the delta method.

    Examples
    --------
    >>> float(alpha_std_error(0.77, 3, 250).round(4))
    0.0253
    """
    return np.asarray((1 - np.asarray(alpha, float)) * np.sqrt(2 * k / ((k - 1) * (_check_sample(k, n) - 2))))


def spearman_brown(reliability: ArrayLike, factor: ArrayLike) -> Array:
    """Return the reliability of a scale made `factor` times as long with items of the same kind.

    Parameters
    ----------
    reliability : array_like
        Of the present scale; for the mean of two items from their correlation r, pass r with factor 2.
    factor : array_like
        New length over present length, above 0; below 1 shortens.

    Raises
    ------
    ValueError
        If the reliability is above 1 or the factor is not positive.

    Notes
    -----
    The new items must be as good as the old, and customers must not tire of them.

    References
    ----------
    Spearman (1910), *Br. J. Psychol.* 3, 271-295. Brown (1910), *ibid.*, 296-322.

    Examples
    --------
    >>> float(spearman_brown(0.5, 2).round(4))
    0.6667
    """
    rel, times = np.asarray(reliability, float), np.asarray(factor, float)
    if np.any(rel > 1) or np.any(times <= 0):
        raise ValueError("`reliability` is at most 1 and `factor` is above 0.")
    return np.asarray(times * rel / (1 + (times - 1) * rel))


def omega_three(cov: ArrayLike) -> Array:
    """Return McDonald's omega of three items, whose one-factor model has a closed form.

    Three items and one factor: each loading squared is the product of the item's two covariances over the
    third, so no fit is needed. Unlike alpha, items may carry the judgement unequally well.

    Parameters
    ----------
    cov : array_like (..., 3, 3)
        Covariance matrix of exactly 3 items.

    Returns
    -------
    array (...)
        Between 0 and 1; NaN where no single factor can have these covariances (negative or zero ones, or a
        loading larger than its item's standard deviation).

    Raises
    ------
    ValueError
        If there are not 3 items.

    Notes
    -----
    Three items always fit one factor: this is no test that there is one.

    References
    ----------
    McDonald (1999), *Test theory: a unified treatment*, chapter 6.

    Examples
    --------
    >>> loadings = np.array([0.9, 0.7, 0.5])
    >>> cov = np.outer(loadings, loadings)
    >>> np.fill_diagonal(cov, 1.0)
    >>> float(omega_three(cov).round(4)), float(cronbach_alpha(cov).round(4))
    (0.7526, 0.7321)
    """
    c, k = _items(cov)
    if k != 3:
        raise ValueError(f"the closed form of omega is for exactly 3 items; got {k}.")
    a, b, d = c[..., 0, 1], c[..., 0, 2], c[..., 1, 2]
    possible = (a > 0) & (b > 0) & (d > 0)
    safe = [np.where(possible, value, 1.0) for value in (a, b, d)]
    product = safe[0] * safe[1] * safe[2]
    squares = np.stack([product / covariance**2 for covariance in reversed(safe)], axis=-1)
    possible &= np.all(squares <= np.diagonal(c, axis1=-2, axis2=-1) * (1 + 1e-12), axis=-1)
    total = np.where(possible, c.sum(axis=(-2, -1)), np.nan)
    return np.asarray(np.sqrt(squares).sum(axis=-1) ** 2 / total)


def _check_reliability(name: str, value: ArrayLike) -> Array:
    rel = np.asarray(value, float)
    wrong = (rel <= 0) | (rel > 1)
    if np.any(wrong):
        raise ValueError(f"`{name}` must be above 0 and at most 1; got {rel[wrong].flat[0]:g}.")
    return rel


def disattenuate(r: ArrayLike, rel_x: ArrayLike, rel_y: ArrayLike = 1.0) -> Array:
    """Return the correlation of the judgements behind two noisy answers: r / √(rel_x · rel_y).

    Parameters
    ----------
    r : array_like
        Observed correlation.
    rel_x, rel_y : array_like
        Reliability of each answer, above 0 and at most 1; 1 for an outcome known without error.

    Returns
    -------
    array
        Not cut at 1: a value above 1 says that a reliability is too low for these answers or the errors are
        correlated, and should be read as such.

    Raises
    ------
    ValueError
        If a reliability or correlation is not admissible.

    Notes
    -----
    Answers given minutes apart in one survey share mood and response style, so their errors correlate and the
    correction overstates. It describes the judgement, not the metric: nobody can act on error-free answers.

    References
    ----------
    Spearman (1904), The proof and measurement of association between two things. *Am. J. Psychol.* 15,
    72-101.

    Examples
    --------
    >>> float(disattenuate(0.4, 0.8, 0.5).round(4))
    0.6325
    """
    value = np.asarray(r, float)
    if np.any(np.abs(value) > 1):
        raise ValueError(f"`r` must lie between -1 and 1; got {value[np.abs(value) > 1].flat[0]:g}.")
    return np.asarray(
        value / np.sqrt(_check_reliability("rel_x", rel_x) * _check_reliability("rel_y", rel_y))
    )


def disattenuated_interval(
    r: ArrayLike,
    rel_x: ArrayLike,
    rel_y: ArrayLike = 1.0,
    *,
    n: ArrayLike,
    se_rel_x: ArrayLike = 0.0,
    se_rel_y: ArrayLike = 0.0,
    conf_level: float = 0.95,
) -> tuple[Array, Array]:
    """Return an interval of the correlation freed of measurement error.

    Parameters
    ----------
    r, rel_x, rel_y : array_like
        As for `disattenuate`, errors too; r strictly inside (-1, 1).
    n : array_like
        Rows behind r, larger than 3.
    se_rel_x, se_rel_y : array_like
        Standard errors of the reliabilities (`alpha_std_error`); 0 takes them as known.
    conf_level : float
        Nominal level.

    Returns
    -------
    conf_low, conf_high : arrays
        Fisher limits of r, scaled up; uncertain reliabilities widen both sides (MOVER). Not cut at ±1.

    Notes
    -----
    Takes the reliabilities' errors as independent of r's. A reliability taken from a handbook instead of
    these customers is an assumption, and no interval covers it: vary it instead.

    References
    ----------
    Hunter & Schmidt (2004), *Methods of meta-analysis*, chapter 3. Zou & Donner (2008), Construction of
    confidence limits about effect measures. *Stat. Med.* 27, 1693-1702.

    Examples
    --------
    >>> low, high = disattenuated_interval(0.4, 0.8, 0.5, n=200)
    >>> float(low.round(3)), float(high.round(3))
    (0.437, 0.807)
    """
    scale = disattenuate(1.0, rel_x, rel_y)
    low, high = fisher_interval(r, n, conf_level=conf_level)
    rho = np.asarray(r, float) * scale
    doubt = [np.asarray(se) / np.asarray(rel) for se, rel in ((se_rel_x, rel_x), (se_rel_y, rel_y))]
    extra = normal_quantile(conf_level) * np.abs(rho) / 2 * np.hypot(*doubt)
    return rho - np.hypot(rho - low * scale, extra), rho + np.hypot(high * scale - rho, extra)


def break_even_reliability(r_a: ArrayLike, r_b: ArrayLike, rel_b: ArrayLike = 1.0) -> Array:
    """Return the reliability of metric a at which its judgement predicts exactly as well as that behind b.

    With latent correlations ``r / √(reliability · reliability of the outcome)`` the outcome's reliability
    cancels, and a and b tie where ``rel_a / rel_b = (r_a / r_b)²``.

    Parameters
    ----------
    r_a, r_b : array_like
        Observed correlations of a and b with the same outcome; refused outside [-1, 1].
    rel_b : array_like
        Reliability of b; with 1 (default) the result is the ratio rel_a / rel_b at the tie.

    Returns
    -------
    array
        ``rel_b · (r_a / r_b)²``. Were a less reliable than this, the judgement behind a would predict
        better than the one behind b; more reliable, worse. Above 1: no reliability of a can make b win. NaN
        where the correlations differ in sign or are 0: noise cannot explain that.

    Notes
    -----
    Compare it with what such metrics usually have (single items about .5 to .8, indices .7 to .9). A
    break-even of .75 for a single item against an index says that the ranking may be one of measurement
    only. It inherits the sampling error of both correlations: pass bootstrap draws and take quantiles.

    Examples
    --------
    >>> float(break_even_reliability(0.40, 0.50, 0.80).round(3))
    0.512
    """
    a, b = np.asarray(r_a, float), np.asarray(r_b, float)
    if np.any(np.abs(a) > 1) or np.any(np.abs(b) > 1):
        raise ValueError("`r_a` and `r_b` must lie between -1 and 1.")
    usable = a * b > 0
    ratio = np.where(usable, a, np.nan) / np.where(usable, b, 1.0)
    return np.asarray(_check_reliability("rel_b", rel_b) * ratio**2)
