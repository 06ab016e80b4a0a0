"""Intervals for a score, the dot product Σ p·v of answer shares p and the values v a scorer gives them.

Arrays in, numbers out. The last axis of `shares` runs over the answer points; anything before it is a stack
of samples, so a simulation of coverage is one call. `INTERVALS` names the formulas; the first of each kind is
the default, chosen by measured coverage (``benchmarks/coverage_scores.py``, ``docs/coverage_scores.md``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]

FULL = 100.0  # shares are read in %, net scores in points from -100 to 100
_BISECTIONS = 60  # halves an interval of length 1 to below double precision


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """Shares of the answers, what each answer is worth, and how much information stands behind them.

    Attributes
    ----------
    shares : float array (..., n_points)
        Shares in [0, 1] that sum to 1 along the last axis.
    values : float array (n_points,)
        What a scorer gives each point, in the score's unit.
    n : float array (...)
        Effective number of answers; infinite where the whole population answered.
    std_error : float array (...), optional
        Standard error of a survey design, in the score's unit; None: simple random sampling.
    df : float array (...), optional
        Degrees of freedom of that standard error; None: n - 1.
    ends : tuple of float, optional
        Lowest and highest value an answer can have, for the score interval; None: not bounded.
    """

    shares: Floats
    values: Floats
    n: Floats
    std_error: Floats | None = None
    df: Floats | None = None
    ends: tuple[float, float] | None = None

    @property
    def estimate(self) -> Floats:
        """Σ p·v."""
        return np.asarray(self.shares @ self.values)

    @property
    def spread(self) -> Floats:
        """Σ p·v² - (Σ p·v)², the variance of one answer's value."""
        return spread(self.shares, self.values)


def spread(shares: ArrayLike, values: ArrayLike) -> Floats:
    """Return the variance of one answer's value, Σ p·v² - (Σ p·v)².

    Parameters
    ----------
    shares : float array (..., n_points)
        Shares in [0, 1] that sum to 1.
    values : float array (n_points,)
        Value of each point.

    Returns
    -------
    float array (...)
        In squared units of `values`; never negative.

    Examples
    --------
    >>> float(spread([0.25, 0.55, 0.20], [100, 0, -100]))
    4475.0
    """
    p, v = np.asarray(shares, float), np.asarray(values, float)
    centred = v - (p @ v)[..., None]  # centred first: no cancellation for shares near 0 or 1
    return np.asarray((p * centred**2).sum(-1))


def effective_n(sum_w: ArrayLike, sum_w2: ArrayLike) -> Floats:
    """Return Kish's effective number of answers, (Σw)² / Σw²; 0 where nothing was answered.

    Parameters
    ----------
    sum_w, sum_w2 : float or array
        Sum of the weights and of their squares over the answers.

    Returns
    -------
    float array
        At most the number of answers; unequal weights buy less than n answers.

    Notes
    -----
    It assumes weights unrelated to the answers and no clusters: passengers of one flight share more than it
    knows.
    Source: Kish (1965), Survey Sampling.

    Examples
    --------
    >>> float(effective_n(4.0, 6.0))   # weights 1, 1, 2 and 0
    2.6666666666666665
    """
    w, w2 = np.asarray(sum_w, float), np.asarray(sum_w2, float)
    return np.divide(w**2, w2, out=np.zeros(np.broadcast(w, w2).shape), where=w2 > 0)


def finite_population(n: ArrayLike, population: ArrayLike | None) -> Floats:
    """Return the factor 1 - n/N by which sampling without replacement shrinks a variance.

    Parameters
    ----------
    n : float or array
        Units drawn.
    population : float or array or None
        Units there are; None or infinite: no correction.

    Returns
    -------
    float array
        Between 0 (everyone was asked) and 1.

    Raises
    ------
    ValueError
        If more units were drawn than there are.

    Examples
    --------
    >>> float(finite_population(50, 200))
    0.75
    """
    drawn = np.asarray(n, float)
    if population is None:
        return np.ones_like(drawn)
    there_are = np.asarray(population, float)
    if np.any(drawn > there_are):
        raise ValueError(
            f"`population` ({there_are.min():,.0f}) is smaller than the sample ({drawn.max():,.0f})."
        )
    return 1.0 - drawn / there_are


def _normal_quantile(conf_level: float) -> float:
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level!r}.")
    return float(-ndtri((1 - conf_level) / 2))


def _share_where(sample: Sample, chosen: NDArray[np.bool_]) -> Floats:
    return np.asarray(sample.shares[..., chosen].sum(-1))


def _around(sample: Sample, quantile: ArrayLike, own_error: Floats) -> Bounds:
    error = own_error if sample.std_error is None else sample.std_error
    with np.errstate(invalid="ignore"):  # inf · 0 at df = 0: no interval, NaN
        half = np.asarray(quantile) * error
    return sample.estimate - half, sample.estimate + half


def wald(sample: Sample, conf_level: float) -> Bounds:
    """Return Σ p·v ± z · standard error: the textbook interval, too short in small or lopsided samples.

    Without a design the standard error is sqrt((Σ p·v² - (Σ p·v)²) / n).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.sqrt(sample.spread / sample.n)
    return _around(sample, _normal_quantile(conf_level), own)


def student(sample: Sample, conf_level: float) -> Bounds:
    """Return Σ p·v ± t · standard error, with n - 1 or the design's degrees of freedom (NaN at none)."""
    _normal_quantile(conf_level)
    df = np.asarray(sample.n - 1.0 if sample.df is None else sample.df, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.sqrt(sample.spread / (sample.n - 1.0))
        quantile = np.where(df > 0, -stdtrit(np.where(df > 0, df, 1.0), (1 - conf_level) / 2), np.nan)
    return _around(sample, quantile, own)


def adjusted_wald_net(sample: Sample, conf_level: float) -> Bounds:
    """Return the adjusted Wald interval of a net score: three answers are added before the Wald formula.

    3/4 to the promoters, 3/4 to the detractors and 3/2 between them (Rocks 2016, Interval estimation for the
    "Net Promoter Score", The American Statistician 70(4), 365-372). Clipped to -100 and 100.
    """
    n = sample.n + 3.0
    with np.errstate(invalid="ignore"):  # n infinite: handled by `interval`
        up = (_share_where(sample, sample.values > 0) * sample.n + 0.75) / n
        down = (_share_where(sample, sample.values < 0) * sample.n + 0.75) / n
        half = _normal_quantile(conf_level) * np.sqrt((up + down - (up - down) ** 2) / n)
    return FULL * np.maximum(up - down - half, -1.0), FULL * np.minimum(up - down + half, 1.0)


def score(sample: Sample, conf_level: float) -> Bounds:
    """Return the score interval: every true score that a score test of the answers would not reject.

    The test takes the variance from the shares q that make the answers most likely among those whose score
    is the true one, over all answers the scale has, its ends included whether or not anyone gave them. These
    q are the observed shares divided by a linear function of the value and, beyond what that can reach, mass
    on the end (Owen 2001, Empirical Likelihood, ch. 2, here with known ends). With two values it is Wilson's
    interval; with -100, 0 and 100 Tango's (1998, Statistics in Medicine 17, 891-908), promoters and
    detractors standing for his discordant pairs. NaN where `ends` are not known.
    """
    z = _normal_quantile(conf_level)
    if sample.ends is None:
        nothing = np.full(sample.estimate.shape, np.nan)
        return nothing, nothing
    low, high = sample.ends
    values = np.clip(sample.values, low, high)
    from_low = _tilted(sample.shares, (values - low) / (high - low), sample.n, z)
    from_high = _tilted(sample.shares, (high - values) / (high - low), sample.n, z)
    return low + (high - low) * from_low, high - (high - low) * from_high


def _tilted(shares: Floats, distance: Floats, n: Floats, z: float) -> Floats:
    """Return how near to the end (distance 0 of 1) the true mean distance may lie.

    One number t from 0 to 2 runs through the most likely shares: up to 1, q is p / (1 - t + t·distance);
    then a mass t - 1 moves to the end itself.
    """
    mean = np.asarray(shares @ distance)
    near, far = np.zeros_like(mean), np.full_like(mean, 2.0)
    centre = mean
    for _ in range(_BISECTIONS):
        t = (near + far) / 2
        centre, variance = _most_likely(shares, distance, t)
        with np.errstate(divide="ignore", invalid="ignore"):
            reject = (mean - centre) * np.sqrt(n / variance) > z  # 0 / 0: nothing to reject
        near, far = np.where(reject, near, t), np.where(reject, t, far)
    return centre


def _most_likely(shares: Floats, distance: Floats, t: Floats) -> Bounds:
    """Return mean and variance of the distance under the most likely shares at `t`."""
    lean = np.minimum(t, 1.0)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.where(shares > 0, shares / (1.0 - lean + lean * distance), 0.0)
        q = q / q.sum(-1, keepdims=True)
    at_end = np.broadcast_to(distance == 0, q.shape)
    q = np.where(np.isnan(q), at_end / np.maximum(at_end.sum(-1, keepdims=True), 1), q)  # all mass on the end
    moved = np.maximum(t - 1.0, 0.0)
    centre = (1.0 - moved) * (q @ distance)
    off = (distance - centre[..., None]) ** 2
    return centre, (1.0 - moved) * (q * off).sum(-1) + moved * centre**2


def wilson(sample: Sample, conf_level: float) -> Bounds:
    """Return Wilson's score interval of a share (1927, J. American Statistical Association 22, 209-212)."""
    z2 = _normal_quantile(conf_level) ** 2
    n, p = np.asarray(sample.n, float), _share_where(sample, sample.values > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return FULL * np.maximum(centre - half, 0.0), FULL * np.minimum(centre + half, 1.0)


def adjusted_wald_share(sample: Sample, conf_level: float) -> Bounds:
    """Return Agresti and Coull's interval of a share: z²/2 answers are added on either side, then Wald.

    Source: Agresti and Coull (1998), The American Statistician 52, 119-126. Clipped to 0 and 100 %.
    """
    z2 = _normal_quantile(conf_level) ** 2
    n = sample.n + z2
    with np.errstate(invalid="ignore"):
        p = (_share_where(sample, sample.values > 0) * sample.n + z2 / 2) / n
        half = np.sqrt(z2 * p * (1 - p) / n)
    return FULL * np.maximum(p - half, 0.0), FULL * np.minimum(p + half, 1.0)


INTERVALS: dict[str, dict[str, Callable[[Sample, float], Bounds]]] = {
    "net": {"adjusted_wald": adjusted_wald_net, "score": score, "wald": wald},
    "share": {"score": wilson, "adjusted_wald": adjusted_wald_share, "wald": wald},
    "mean": {"score": score, "t": student, "wald": wald},
}


def methods(kind: str) -> tuple[str, ...]:
    """Return the interval methods of a ``"net"``, ``"share"`` or ``"mean"``; the first is the default."""
    if kind not in INTERVALS:
        raise ValueError(f"`kind` must be one of {', '.join(map(repr, INTERVALS))}; got {kind!r}.")
    return (*INTERVALS[kind], "bootstrap")


def kind_of(values: ArrayLike) -> str:
    """Return what values make a score: ``"share"`` (0, 100), ``"net"`` (-100, 0, 100) or ``"mean"`` (others).

    Examples
    --------
    >>> kind_of([100, 100, 0]), kind_of([100, 0, -100]), kind_of([1, 2, 3])
    ('share', 'net', 'mean')
    """
    distinct = set(np.unique(np.asarray(values, float)).tolist())
    if distinct <= {0.0, FULL}:
        return "share"
    return "net" if distinct <= {-FULL, 0.0, FULL} else "mean"


def interval(
    sample: Sample,
    *,
    kind: str,
    method: str | None = None,
    conf_level: float = 0.95,
    rng: np.random.Generator | None = None,
    n_boot: int = 2000,
) -> Bounds:
    """Return the lower and upper bound of a score by a named method.

    Parameters
    ----------
    sample : Sample
        Shares, values and effective n; a stack of samples gives arrays of bounds.
    kind : {"net", "share", "mean"}
        What the values are: -100, 0 and 100; 0 and 100; anything.
    method : str, optional
        One of ``methods(kind)``; None: the first.
    conf_level : float
        Nominal level.
    rng : numpy.random.Generator, optional
        Needed for ``"bootstrap"``.
    n_boot : int
        Bootstrap draws.

    Returns
    -------
    tuple of float arrays
        Bounds in the score's unit; NaN where nothing was answered, the estimate where everyone was asked.

    Raises
    ------
    ValueError
        For an unknown kind or method, or a bootstrap without a generator.

    Notes
    -----
    The adjusted and the score methods are not centred at the estimate: in a small sample of promoters only,
    the estimate is 100 and the interval reaches down from it; ``"wald"`` and ``"bootstrap"`` say 100 to 100.

    Examples
    --------
    >>> nps = Sample(np.array([0.25, 0.55, 0.20]), np.array([100.0, 0.0, -100.0]), np.array(6800.0))
    >>> low, high = interval(nps, kind="net")
    >>> print(f"{low:.1f} to {high:.1f}")
    3.4 to 6.6
    """
    names = methods(kind)
    method = names[0] if method is None else method
    if method not in names:
        raise ValueError(
            f"`interval` of a {kind} must be one of {', '.join(map(repr, names))}; got {method!r}."
        )
    if method == "bootstrap":
        low, high = bootstrap(sample, conf_level, _needed(rng), n_boot)
    else:
        low, high = INTERVALS[kind][method](sample, conf_level)
    n = np.asarray(sample.n, float)
    low, high = np.where(np.isinf(n), sample.estimate, low), np.where(np.isinf(n), sample.estimate, high)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def _needed(rng: np.random.Generator | None) -> np.random.Generator:
    if rng is None:
        raise ValueError('`interval="bootstrap"` needs a random generator; pass `rng`.')
    return rng


def bootstrap(sample: Sample, conf_level: float, rng: np.random.Generator, n_boot: int) -> Bounds:
    """Return the percentile interval of `n_boot` multinomial draws of the counts.

    Under weights, strata or clusters the draws have the design's effective size, rounded.
    """
    tails = [(1 - conf_level) / 2, (1 + conf_level) / 2]
    flat = sample.shares.reshape(-1, sample.shares.shape[-1])
    sizes = np.broadcast_to(sample.n, sample.shares.shape[:-1]).reshape(-1)
    bounds = np.full((len(flat), 2), np.nan)
    for row, (shares, size) in enumerate(zip(flat, sizes, strict=True)):
        if size > 0 and np.isfinite(size):
            whole = max(round(float(size)), 1)
            draws = rng.multinomial(whole, shares / shares.sum(), size=n_boot) @ sample.values / whole
            bounds[row] = np.quantile(draws, tails)
    shape = sample.shares.shape[:-1]
    return bounds[:, 0].reshape(shape), bounds[:, 1].reshape(shape)
