"""Random-effects pooling of studies, with or without a moderator: what they say together, and how much they differ.

Each study i has an effect y_i with a known sampling variance v_i. The true effects scatter around X beta with variance
tau² (`cxresearch.stats.heterogeneity`). `TESTS` name what the interval of an average rests on. Effects of
correlations are made in `cxresearch.stats.pooled_correlations`; doubts about the sample of studies are in
`cxresearch.stats.pooling_doubts`.

Missing effects are refused: a study without its figure is left out by the caller, who says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from cxresearch.stats.fisher import normal_quantile, two_sided_p
from cxresearch.stats.heterogeneity import METHODS, Heterogeneity, Studies, between_variance, heterogeneity

Array = NDArray[np.float64]

TESTS = ("hk", "hk_truncated", "z")


@dataclass(frozen=True, eq=False, slots=True)
class Pooled:
    """The average of studies.

    Attributes
    ----------
    estimate, std_error, conf_low, conf_high : float
        Average true effect, in the effects' unit, and its interval.
    prediction_low, prediction_high : float
        Where the true effect of one further study of this kind would lie; NaN for ``"fixed"``, which knows of none.
    p_value, df : float
        Two-sided test of an average of 0; degrees of freedom are infinite for the normal.
    heterogeneity : Heterogeneity
    weights : array (k,)
        Share of each study in the average; they sum to 1.
    k : int
        Studies.
    method, test : str
        Names in `METHODS` and `TESTS`.
    conf_level : float
        Nominal level of every interval.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    prediction_low: float
    prediction_high: float
    p_value: float
    df: float
    heterogeneity: Heterogeneity
    weights: Array
    k: int
    method: str
    test: str
    conf_level: float


@dataclass(frozen=True, eq=False, slots=True)
class Moderated:
    """The average of studies as a line in one moderator.

    Attributes
    ----------
    estimate, std_error, conf_low, conf_high, p_value : arrays (2,)
        Effect where the moderator is 0, and change of the effect per unit of the moderator (for a yes-or-no
        moderator, the difference of the two groups' averages).
    df : float
        Degrees of freedom; infinite for the normal.
    heterogeneity : Heterogeneity
        Of the true effects around the line.
    r2 : float
        Share of tau² that the moderator accounts for, 0 to 1; unreliable below some 20 studies.
    k : int
    method, test : str
    conf_level : float
    """

    estimate: Array
    std_error: Array
    conf_low: Array
    conf_high: Array
    p_value: Array
    df: float
    heterogeneity: Heterogeneity
    r2: float
    k: int
    method: str
    test: str
    conf_level: float


def pool(
    effects: ArrayLike,
    variances: ArrayLike | None,
    *,
    method: str = "reml",
    test: str = "hk",
    conf_level: float = 0.95,
) -> Pooled:
    """Average the effects of studies whose true effects may differ.

    Parameters
    ----------
    effects : array_like (k,)
        One effect per study, on a scale where it is roughly normal (Fisher z, log ratio, difference).
    variances : array_like (k,) or None
        Squared standard errors. None: not printed. Then every study counts alike, `tau2` holds sampling error and true
        differences together, and Q and I² are NaN.
    method : {"reml", "dl", "pm", "fixed"}
        Estimator of tau²: restricted likelihood, DerSimonian-Laird, Paule-Mandel; ``"fixed"`` sets it to 0.
    test : {"hk", "hk_truncated", "z"}
        Standard error and reference: Hartung-Knapp with t on k - 1 degrees of freedom; the same never below the normal
        formula's (the ad hoc truncation); the normal formula, too short for few studies.
    conf_level : float
        Nominal level.

    Returns
    -------
    Pooled
        With one study its own effect and standard error; what needs a second one is NaN.

    Raises
    ------
    ValueError
        If the arrays do not match, hold missing or impossible values, or a name is unknown.

    Notes
    -----
    The average of studies that differ is no forecast for the next one: the prediction interval is (with the same
    reference distribution as the interval). Small k: read tau² with its interval. Untruncated Hartung-Knapp can be
    shorter than the normal interval when effects agree by luck. Studies that were never published are not averaged.

    References
    ----------
    Viechtbauer (2005), *J. Educ. Behav. Stat.* 30, 261-293 (REML). Hartung & Knapp (2001), *Statistics in Medicine*
    20, 3875-3889. Viechtbauer (2007), *Statistics in Medicine* 26, 37-52 (Q-profile). Higgins, Thompson &
    Spiegelhalter (2009), *JRSS A* 172, 137-159 (prediction).

    Examples
    --------
    >>> found = pool([0.10, 0.30, 0.35, 0.65], [0.01, 0.02, 0.01, 0.03])
    >>> print(f"{found.estimate:.3f} [{found.conf_low:.3f}, {found.conf_high:.3f}]")
    0.323 [-0.021, 0.667]
    >>> print(f"tau² {found.heterogeneity.tau2:.4f}")
    tau² 0.0277
    >>> print(f"the next study: {found.prediction_low:.2f} to {found.prediction_high:.2f}")
    the next study: -0.31 to 0.95
    """
    studies = _studies(effects, variances, None)
    tau2 = _tau2(studies, method, test)
    beta, errors, df = _average(studies, tau2, test)
    low, high = _ends(beta, errors, df, conf_level)
    before, after = _ends(beta, np.sqrt(errors**2 + tau2), df, conf_level)
    weights = studies.weights(tau2)
    if studies.df == 0 or method == "fixed":
        before = after = np.array([np.nan])
    return Pooled(
        estimate=float(beta[0]),
        std_error=float(errors[0]),
        conf_low=float(low[0]),
        conf_high=float(high[0]),
        prediction_low=float(before[0]),
        prediction_high=float(after[0]),
        p_value=float(_p_values(beta, errors, df)[0]),
        df=df,
        heterogeneity=heterogeneity(studies, tau2, conf_level),
        weights=weights / weights.sum(),
        k=len(studies.y),
        method=method,
        test=test,
        conf_level=conf_level,
    )


def moderate(
    effects: ArrayLike,
    variances: ArrayLike | None,
    moderator: ArrayLike,
    *,
    method: str = "reml",
    test: str = "hk",
    conf_level: float = 0.95,
) -> Moderated:
    """Explain the effects of studies by one of their properties (meta-regression).

    Parameters
    ----------
    effects, variances, method, test, conf_level
        As for `pool`.
    moderator : array_like (k,)
        A number per study: a year, or 1 for studies of behaviour and 0 for studies of intention.

    Returns
    -------
    Moderated

    Raises
    ------
    ValueError
        As `pool`; if the moderator is the same in all studies or there are fewer than three.

    Notes
    -----
    A property of studies, not of customers: that studies of behaviour find less does not say why, since they differ
    in more than that. With a handful of studies in one group its average rests on that handful, whatever k is.

    Examples
    --------
    >>> found = moderate([0.60, 0.50, 0.65, 0.10, 0.20], [0.01] * 5, [0, 0, 0, 1, 1])
    >>> found.estimate.round(3).tolist(), found.conf_high.round(3).tolist()
    ([0.583, -0.433], [0.72, -0.217])
    """
    studies = _studies(effects, variances, moderator)
    tau2 = _tau2(studies, method, test)
    beta, errors, df = _average(studies, tau2, test)
    low, high = _ends(beta, errors, df, conf_level)
    alone = between_variance(_studies(effects, variances, None), method)
    return Moderated(
        beta,
        errors,
        low,
        high,
        _p_values(beta, errors, df),
        df,
        heterogeneity(studies, tau2, conf_level),
        max(1 - tau2 / alone, 0.0) if alone > 0 else math.nan,
        len(studies.y),
        method,
        test,
        conf_level,
    )


def _average(studies: Studies, tau2: float, test: str) -> tuple[Array, Array, float]:
    """Return coefficients, standard errors and degrees of freedom."""
    exact = studies.v is None and tau2 == 0  # all alike, and nothing known of chance
    beta, covariance, q = studies.fit(tau2)
    errors = np.sqrt(np.diag(covariance)) * (not exact)
    if test == "z":
        return beta, errors, math.inf
    if studies.df == 0:
        return beta, errors, math.nan
    scale = math.sqrt(q / studies.df)
    return beta, errors * (max(scale, 1.0) if test == "hk_truncated" else scale), float(studies.df)


def _quantile(df: float, conf_level: float) -> float:
    normal = normal_quantile(conf_level)
    return normal if math.isinf(df) else float(stdtrit(df, (1 + conf_level) / 2))


def _ends(beta: Array, errors: Array, df: float, conf_level: float) -> tuple[Array, Array]:
    half = _quantile(df, conf_level) * errors
    return beta - half, beta + half


def _p_values(beta: Array, errors: Array, df: float) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return two_sided_p(beta / errors, df)


def _studies(effects: ArrayLike, variances: ArrayLike | None, moderator: ArrayLike | None) -> Studies:
    """Check the studies and set up the columns of their model."""
    y = np.asarray(effects, float)
    v, x = (None if each is None else np.asarray(each, float) for each in (variances, moderator))
    named = {"effects": y, "variances": v, "moderator": x}
    given = {name: each for name, each in named.items() if each is not None}
    check_lengths(given)
    for name, each in given.items():
        if not np.isfinite(each).all():
            raise ValueError(f"`{name}` has a missing value; leave the study out and say so.")
    if v is not None:
        check_variances(v)
    columns = [np.ones_like(y), *([] if x is None else [x])]
    if v is None and y.size == len(columns):
        raise ValueError(f"{y.size} studies without variances tell nothing of chance or differences.")
    if x is not None and (np.ptp(x) == 0 or y.size < 3):
        raise ValueError(f"a moderator must vary over at least 3 studies; got {x.tolist()}.")
    return Studies(y, v, np.column_stack(columns))


def check_lengths(columns: dict[str, Array]) -> None:
    """Refuse columns, by name, that do not hold one number for each study."""
    shapes = {each.shape for each in columns.values()}
    if len(shapes) > 1 or any(len(shape) != 1 or shape[0] == 0 for shape in shapes):
        found = ", ".join(f"{name} {each.shape}" for name, each in columns.items())
        raise ValueError(
            f"each study needs one value of each: columns of one length, at least 1; got {found}."
        )


def check_variances(variances: Array) -> None:
    """Refuse sampling variances that are missing or not positive."""
    wrong = ~(variances > 0)
    if np.any(wrong):
        raise ValueError(f"`variances` must be positive; got {variances[wrong].flat[0]:g}.")


def _tau2(studies: Studies, method: str, test: str) -> float:
    """Check the names of the method and of the test; return tau²."""
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(map(repr, METHODS))}; got {method!r}.")
    if test not in TESTS:
        raise ValueError(f"`test` must be one of {', '.join(map(repr, TESTS))}; got {test!r}.")
    if method == "fixed" and studies.v is None:
        raise ValueError(
            '`method="fixed"` needs variances: without them nothing tells chance from differences.'
        )
    return between_variance(studies, method)
