"""Shares of every answer in every segment at once, with the variances of a survey design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxresearch.stats.designs import Design, DomainMeans, Floats, Ints, domain_df, endless, precision_n
from cxresearch.stats.intervals import effective_n


@dataclass(frozen=True, eq=False, slots=True)
class DomainShares:
    """Shares of each answer in each domain.

    Attributes
    ----------
    share, std_error, n_eff : float array (n_domains, n_points)
        Shares in [0, 1], their linearised errors, and the simple random sample that would be as precise.
    count : int array (n_domains, n_points)
        Rows that gave the answer.
    n : int array (n_domains,)
        Rows that answered.
    """

    share: Floats
    std_error: Floats
    n_eff: Floats
    count: Ints
    n: Ints


def domain_shares(point: Ints, n_points: int, domain: Ints, n_domains: int, design: Design) -> DomainShares:
    """Return the shares of all answers in all domains at once: `domain_means` of one indicator per answer.

    Parameters
    ----------
    point : int array (n_cells,)
        Answer of each cell, 0 to n_points - 1; -1: none.
    n_points, n_domains : int
        Number of answers and of domains.
    domain : int array (n_cells,)
        Domain of each cell, 0 to n_domains - 1; -1: in none.
    design : Design
        Weights, strata and clusters of the same cells.

    Returns
    -------
    DomainShares
        NaN where a domain holds no answer.

    Raises
    ------
    DesignError
        As `domain_means`.

    Examples
    --------
    >>> rows = np.array([25, 75])
    >>> srs = Design(n=rows, w=rows.astype(float), w2=rows.astype(float))
    >>> domain_shares(np.array([0, 1]), 2, np.zeros(2, np.int64), 1, srs).share
    array([[0.25, 0.75]])
    """
    inside = np.flatnonzero((point >= 0) & (domain >= 0) & (design.w > 0))
    code, k = domain[inside], (n_domains, n_points)
    both = code * n_points + point[inside]

    def table(x: NDArray[Any]) -> Floats:
        return np.bincount(both, weights=x[inside], minlength=k[0] * k[1]).astype(float).reshape(k)

    sum_w = table(design.w)
    total = sum_w.sum(axis=1, keepdims=True)
    count, kish = table(design.n).astype(np.int64), effective_n(total[:, 0], table(design.w2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = sum_w / total
        variance = _share_variance(inside, code, both, share, design) / total**2
        whole = variance
        if design.population is not None:
            whole = _share_variance(inside, code, both, share, endless(design)) / total**2
    answered = (point >= 0) & (design.w > 0)
    df, n = domain_df(answered, domain, n_domains, design, overall=False), count.sum(axis=1)

    def spread_out(x: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(x, n_points)

    flat = DomainMeans(
        share.reshape(-1), np.empty((0, 0)), (share * (1 - share)).reshape(-1), spread_out(n), spread_out(df),
        spread_out(kish), spread_out(kish),
    )  # fmt: skip
    n_eff = precision_n(flat, variance.reshape(-1), whole.reshape(-1), int(design.n.sum())).reshape(k)
    error = np.where(df[:, None] > 0, np.sqrt(np.maximum(variance, 0.0)), np.nan)
    return DomainShares(share, error, n_eff, count, n)


def _share_variance(inside: Ints, code: Ints, both: Ints, share: Floats, design: Design) -> Floats:
    """Return the variance of Σ w·(hit - p) for each domain and answer.

    The total of a sampling unit is S_dj - p·S_d, the weight of its hits less p times its weight in the domain;
    so three sums of products give the squares, and the strata's totals the centring.
    """
    n_domains, n_points = share.shape
    scale, centring, of_unit = design.factors

    def quadratic(unit: Ints, factor: Floats, w: Floats) -> Floats:
        """Return Σ over units of factor·(S_dj - p·S_d)²."""
        keys, at = np.unique(unit * n_domains + code, return_inverse=True)
        whole = np.bincount(at, weights=w).astype(float)
        pairs, first = np.unique(at * n_points + both % n_points, return_inverse=True)
        hits = np.bincount(first, weights=w).astype(float)
        parent = pairs // n_points
        cell = keys[parent] % n_domains * n_points + pairs % n_points
        weight = factor[keys[parent] // n_domains]

        def total(x: Floats) -> Floats:
            summed = np.bincount(cell, weights=weight * x, minlength=share.size)
            return summed.astype(float).reshape(share.shape)

        squares = np.bincount(
            keys % n_domains, weights=factor[keys // n_domains] * whole**2, minlength=n_domains
        )
        return total(hits**2) - 2 * share * total(hits * whole[parent]) + share**2 * squares[:, None]

    strata = design.strata_positions[inside]
    centre = quadratic(strata, scale * centring, design.w[inside])
    if design.cluster is not None:
        return quadratic(design.units()[inside], scale[of_unit], design.w[inside]) - centre
    w2 = design.w2[inside] * scale[strata]
    hits = np.bincount(both, weights=w2, minlength=share.size).reshape(share.shape)
    rest = hits.sum(axis=1, keepdims=True) - hits
    return hits * (1 - share) ** 2 + rest * share**2 - centre
