"""Survey designs: variances of weighted means by Taylor linearisation, from cells instead of rows.

A weighted mean is a ratio, m = Σ w·v / Σ w. To first order it moves with each answer by the influence
z = w·(v - m) / Σ w, so its variance is that of a total of influences: within each stratum, the variance
between sampling units (clusters, or rows where there are none), times the number of units, times 1 - n/N.
A segment is a domain: influences are zero outside it and every unit of the design still counts. The
definitions are those of R's survey package (Lumley 2010, Complex Surveys; Särndal, Swensson and Wretman
1992, sections 5.5 and 5.8), with which the tests compare results.

Rows of a cell share their values, so without clusters Σ z² over a cell is (Σ w²)·u² for u = (v - m) / Σ w:
the cost does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from cxresearch.errors import DesignError
from cxresearch.stats.intervals import effective_n, finite_population

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Lonely = Literal["fail", "adjust"]


def distinct(codes: Ints) -> Ints:
    """Return the distinct codes in order, by sorting: the hashes of `np.unique` are slow for many codes."""
    ordered = np.sort(codes)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


@dataclass(frozen=True, eq=False)
class Design:
    """How the rows behind some cells were sampled.

    Attributes
    ----------
    n : int array (n_cells,)
        Rows of each cell, answered or not: the whole design counts.
    w, w2 : float array (n_cells,)
        Σ w and Σ w² over the rows of each cell.
    stratum, cluster : int array (n_cells,), optional
        Codes. A cluster is a sampling unit within its stratum: one code in two strata is two units.
    population : float or mapping from stratum code to float, optional
        Sampling units there are (clusters where the design has clusters, as R's `fpc`).
    lonely : {"fail", "adjust"}
        What to do with a stratum of one sampling unit: refuse, or measure it from the overall mean.
    stratum_names : mapping from stratum code to str, optional
        What to call a stratum in a message.
    exact : bool
        True where all rows of a cell have the same weight. Variances need only the sums; resampling then draws
        weights that match their first two moments.
    """

    n: Ints
    w: Floats
    w2: Floats
    stratum: Ints | None = None
    cluster: Ints | None = None
    population: float | Mapping[int, float] | None = None
    lonely: Lonely = "fail"
    stratum_names: Mapping[int, Any] | None = None
    exact: bool = True

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.n.sum())

    @property
    def n_effective(self) -> float:
        """Kish's effective number of rows, (Σw)² / Σw²."""
        return float(effective_n(self.w.sum(), self.w2.sum()))

    @property
    def degrees(self) -> int:
        """Sampling units minus strata."""
        return self.degrees_of_freedom(np.ones(len(self.n), bool))

    def degrees_of_freedom(self, inside: NDArray[np.bool_]) -> int:
        """Return sampling units minus strata among the cells `inside`, as R's `degf` of a subset."""
        present = inside & (self.w > 0)
        strata = len(distinct(self.strata()[present]))
        if self.cluster is None:
            return int(self.n[present].sum()) - strata
        return len(distinct(self.units()[present])) - strata

    @cached_property
    def strata_positions(self) -> Ints:
        """Position of each cell's stratum among the sorted strata."""
        return np.unique(self.strata(), return_inverse=True)[1].astype(np.int64).reshape(-1)

    @cached_property
    def _unit_codes(self) -> Ints:
        if self.cluster is None:
            raise DesignError("the design has no clusters, so its sampling units are rows, not cells.")
        labels, cluster = np.unique(self.cluster, return_inverse=True)
        pair = self.strata_positions * len(labels) + cluster.reshape(-1)
        return np.unique(pair, return_inverse=True)[1].astype(np.int64).reshape(-1)

    @cached_property
    def factors(self) -> tuple[Floats, Floats, Ints]:
        """Per stratum (1 - n/N)·n/(n - 1) and 1/n; and the stratum's position of each sampling unit.

        Without clusters the last is that of each cell.
        """
        labels, position = np.unique(self.strata()), self.strata_positions
        weights: Ints | None = self.n
        of_unit = position
        if self.cluster is not None:
            units, weights = self.units(), None
            of_unit = np.zeros(int(units.max(initial=-1)) + 1, np.int64)
            of_unit[units] = position
        drawn = np.bincount(of_unit, weights=weights, minlength=len(labels)).astype(float)
        return (*_stratum_factors(labels, drawn, self), of_unit)

    def strata(self) -> Ints:
        """Return the stratum of each cell; 0 where there are none."""
        return np.zeros(len(self.n), np.int64) if self.stratum is None else self.stratum

    def units(self) -> Ints:
        """Return sampling units as consecutive codes, one per pair of stratum and cluster."""
        return self._unit_codes


@dataclass(frozen=True, eq=False, slots=True)
class DomainMeans:
    """Weighted means of one value in each domain, with their joint covariance.

    Attributes
    ----------
    estimate : float array (k,)
        Means; NaN where a domain holds no answer.
    covariance : float array (k, k)
        Linearised covariance; domains may share clusters, so it need not be diagonal.
    spread : float array (k,)
        Weighted variance of one answer's value, Σ p·v² - (Σ p·v)².
    n : int array (k,)
        Rows that answered.
    df : int array (k,)
        Sampling units minus strata in the domain.
    kish : float array (k,)
        Kish's effective number of answers.
    n_eff : float array (k,)
        Answers of a simple random sample that would be as precise as this design is (see `precision_n`).
    """

    estimate: Floats
    covariance: Floats
    spread: Floats
    n: Ints
    df: Ints
    kish: Floats
    n_eff: Floats

    @property
    def std_error(self) -> Floats:
        """Standard errors, in the value's unit; NaN where the domain has no degrees of freedom."""
        error = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return np.where(self.df > 0, error, np.nan)


def domain_means(
    values: Floats, domain: Ints, n_domains: int, design: Design, *, overall: bool = False
) -> DomainMeans:
    """Return the weighted mean of `values` in each domain, with the linearised joint covariance.

    Parameters
    ----------
    values : float array (n_cells,)
        What each answer is worth; NaN where there is no answer (outside every domain).
    domain : int array (n_cells,)
        Domain of each cell, 0 to n_domains - 1; -1: in none.
    n_domains : int
        Number of domains.
    design : Design
        Weights, strata and clusters of the same cells.
    overall : bool
        Add a last domain that holds every answer.

    Returns
    -------
    DomainMeans
        Domains in order, the overall one last.

    Raises
    ------
    DesignError
        For a stratum with one sampling unit (unless ``lonely="adjust"``) or a population below the sample.

    Notes
    -----
    Degrees of freedom count the design, not the accuracy of its variance: with few or very unequal clusters
    the intervals are too short all the same.

    Examples
    --------
    >>> answers = np.array([100.0, 0.0, -100.0])
    >>> rows = np.array([25, 55, 20])
    >>> srs = Design(n=rows, w=rows.astype(float), w2=rows.astype(float))
    >>> means = domain_means(answers, np.zeros(3, np.int64), 1, srs)
    >>> float(means.estimate[0]), round(float(means.std_error[0]), 4)
    (5.0, 6.7232)
    """
    answered = np.isfinite(values) & (design.w > 0)
    groups = [(np.flatnonzero(answered & (domain >= 0)), n_domains)]
    if overall:
        groups.append((np.flatnonzero(answered), 1))
    codes = (domain, np.zeros(len(values), np.int64))
    parts = [_influences(values, code, *group, design) for code, group in zip(codes, groups, strict=False)]
    estimate, spread, n, kish = (np.concatenate([part[j] for part in parts]) for j in range(4))
    from scipy import sparse

    influence = sparse.hstack([part[4] for part in parts], format="csr")
    covariance = influence_covariance(influence, design)
    df = domain_df(answered, domain, n_domains, design, overall)
    empty = n == 0
    covariance[empty, :] = covariance[:, empty] = np.nan
    means = DomainMeans(estimate, covariance, spread, n, df, kish, kish)
    return replace(means, n_eff=_precision(means, influence, design))


def _influences(
    values: Floats, domain: Ints, rows: Ints, k: int, design: Design
) -> tuple[Floats, Floats, Ints, Floats, Any]:
    """Means, spreads, rows, Kish's n of each domain, and u = (v - m) / Σw as a sparse (n_cells, k) matrix."""
    from scipy import sparse

    code, v, w = domain[rows], values[rows], design.w[rows]

    def total(x: NDArray[Any]) -> Floats:
        return np.bincount(code, weights=x, minlength=k).astype(float)

    sum_w = total(w)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total(w * v) / sum_w
        centred = v - mean[code]
        mean = mean + total(w * centred) / sum_w  # second pass: the first one's rounding
        centred = v - mean[code]
        spread = total(w * centred**2) / sum_w
    influence = sparse.csr_array((centred / sum_w[code], (rows, code)), shape=(len(values), k))
    n = total(design.n[rows]).astype(np.int64)
    return mean, spread, n, effective_n(sum_w, total(design.w2[rows])), influence


def domain_df(
    answered: NDArray[np.bool_], domain: Ints, n_domains: int, design: Design, overall: bool
) -> Ints:
    """Return sampling units minus strata in each domain, the overall one last."""
    inside = np.flatnonzero(answered & (domain >= 0))
    code = domain[inside]

    def count(labels: Ints) -> Ints:
        pairs = distinct(labels[inside] * n_domains + code)
        return np.bincount(pairs % n_domains, minlength=n_domains)

    if design.cluster is None:
        units = np.bincount(code, weights=design.n[inside], minlength=n_domains).astype(np.int64)
    else:
        units = count(design.units())
    df = units - count(design.strata_positions)
    return np.append(df, design.degrees_of_freedom(answered)) if overall else df


def influence_covariance(influence: Any, design: Design) -> Floats:
    """Return the covariance of the totals Σ w·u, given u of each cell.

    Parameters
    ----------
    influence : sparse or dense float array (n_cells, k)
        u, the influence of one unit of weight; zero outside a domain.
    design : Design
        Weights, strata and clusters of the same cells.

    Returns
    -------
    float array (k, k)
        Σ over strata of (1 - n/N)·n/(n - 1)·Σ over units of (z - mean z)(z - mean z)ᵀ; NaN for a design of a
        single sampling unit without strata.

    Raises
    ------
    DesignError
        For a stratum with one sampling unit (unless ``lonely="adjust"``) or a population below the sample.
    """
    from scipy import sparse

    u = influence if isinstance(influence, np.ndarray) else sparse.csr_array(influence)
    scale, centring, of_unit = design.factors
    left, middle = u, design.w2
    if design.cluster is not None:
        left = _sum_rows(u, design.w, design.units(), len(of_unit))
        middle = np.ones(len(of_unit))
    totals = _sum_rows(u, design.w, design.strata_positions, len(scale))
    return _products(left, middle * scale[of_unit]) - _products(totals, scale * centring)


def _products(u: Any, factor: Floats) -> Floats:
    """Return u' · diag(factor) · u."""
    if isinstance(u, np.ndarray):
        return np.asarray((u.T * factor) @ u)
    from scipy import sparse

    return np.asarray((u.T @ sparse.diags_array(factor) @ u).toarray(), float)


def _sum_rows(u: Any, w: Floats, code: Ints, n_codes: int) -> Any:
    """Return Σ w·u over the cells of each code, (n_codes, k)."""
    if isinstance(u, np.ndarray):
        sums = np.empty((n_codes, u.shape[1]))
        for j, column in enumerate(u.T):
            sums[:, j] = np.bincount(code, w * column, n_codes)
        return sums
    from scipy import sparse

    return sparse.csr_array((w, (code, np.arange(len(code)))), shape=(n_codes, len(code))) @ u


def _stratum_factors(strata: Ints, units: Floats, design: Design) -> tuple[Floats, Floats]:
    """Return per stratum (1 - n/N)·n/(n - 1), and 1/n where units are centred at their stratum's mean."""
    share_left = finite_population(units, _populations(strata, units, design))
    single = units <= 1
    if design.stratum is None and single.any():
        return np.full(len(units), np.nan), np.ones(len(units))
    lonely = single & (share_left > 0)  # a stratum asked completely adds no variance
    if lonely.any() and design.lonely == "fail":
        names = design.stratum_names or {}
        listed = ", ".join(repr(names.get(int(code), int(code))) for code in strata[lonely])
        raise DesignError(
            f"stratum {listed} holds a single sampling unit, so its variance cannot be estimated. "
            "Merge it with a similar stratum in the data, or leave `strata` out of the codebook."
        )
    factor = np.where(single, 1.0, units / np.maximum(units - 1.0, 1.0))
    return share_left * factor, np.where(single, 0.0, 1.0 / units)


def _populations(strata: Ints, units: Floats, design: Design) -> Floats | None:
    if design.population is None:
        return None
    if not isinstance(design.population, Mapping):
        if design.stratum is not None and len(strata) > 1:
            raise DesignError("`population` is one number, but the design has strata; give one per stratum.")
        sizes = np.full(len(strata), float(design.population))
    else:
        missing = [int(code) for code in strata if int(code) not in design.population]
        if missing:
            raise DesignError(f"`population` names no size for stratum {', '.join(map(str, missing))}.")
        sizes = np.array([float(design.population[int(code)]) for code in strata])
    if np.any(sizes < units):
        worst = int(np.argmax(units - sizes))
        raise DesignError(
            f"`population` is {sizes[worst]:,.0f} where {units[worst]:,.0f} sampling units were drawn; it "
            "counts the units there are (clusters where the design has clusters)."
        )
    return sizes


def _precision(means: DomainMeans, influence: Any, design: Design) -> Floats:
    variance = np.diag(means.covariance)
    without = variance
    if design.population is not None:
        without = np.diag(influence_covariance(influence, endless(design)))
    return precision_n(means, variance, without, int(design.n.sum()))


def endless(design: Design) -> Design:
    """Return the design as if drawn from an endless population."""
    return replace(design, population=None, lonely="adjust")


def precision_n(means: DomainMeans, variance: Floats, without_population: Floats, n_design: int) -> Floats:
    """Return how many answers of a simple random sample would be as precise as the design.

    Parameters
    ----------
    means : DomainMeans
        Spread, rows, degrees of freedom and Kish's n of each domain.
    variance, without_population : float array (k,)
        The design's variances, with and without the finite population correction.
    n_design : int
        Rows of the whole design.

    Returns
    -------
    float array (k,)
        Spread over variance, times n/(n - 1) so that a simple random sample gets its own n; at most the
        number of answers before the finite population correction; then times (t of n - 1 / t of df)²,
        which passes the design's fewer degrees of freedom on to formulas that use z (Korn and Graubard
        1998, Confidence intervals for proportions with small expected number of positive counts estimated
        from survey data, Survey Methodology 24, 193-201). Kish's n where all answers are alike; NaN
        without degrees of freedom.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = n_design / (n_design - 1.0) if n_design > 1 else np.nan
        own = np.minimum(factor * means.spread / without_population, means.n)
        own = np.where((means.spread > 0) & np.isfinite(own), own, means.kish)
        corrected = np.where(variance < without_population, own * without_population / variance, own)
    srs_df = np.maximum(means.n - 1, 1).astype(float)
    df = np.maximum(means.df, 1).astype(float)
    tail = 0.025  # the ratio hardly depends on the level
    ratio = np.where(means.df < means.n - 1, stdtrit(srs_df, tail) / stdtrit(df, tail), 1.0)
    usable = (means.df > 0) | (means.n == 1)
    return np.where(means.n == 0, 0.0, np.where(usable, corrected * ratio**2, np.nan))
