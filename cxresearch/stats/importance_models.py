"""Importance of drivers of a binary, ordered or counted outcome: Shapley shares of the deviance explained.

The worth of a set of drivers is D = (l - l0) / (ls - l0): of the log-likelihood that lies between a model without
drivers (l0) and one that gives every customer the very answer observed (ls), the share that these drivers
explain. For a binary or ordered outcome ls is 0 and D is McFadden's pseudo-R²; for a count it is the deviance R²
of Cameron and Windmeijer; for a linear model with normal errors the same construction is R². It is taken rather
than Nagelkerke's because it is linear in the log-likelihood: its shares are shares of predictive log score, they do
not depend on the number of customers or the scale of weights, and they have an exact influence function.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from cxresearch.stats import _subset_fits
from cxresearch.stats._importance_indices import adjacent, standardised
from cxresearch.stats.designs import Design
from cxresearch.stats.importance import Groups
from cxresearch.stats.importance_error import ImportanceTable, table_of
from cxresearch.stats.importance_gradient import order_weights

Array: TypeAlias = NDArray[np.float64]
Family = Literal["cumulative", "logit", "poisson"]

MOST = 12  # drivers: 4,096 fits


def pseudo_importance(
    family: Family,
    X: ArrayLike,
    y: ArrayLike,
    design: Design,
    conf_level: float = 0.95,
    n_draws: int = 10_000,
    rng: np.random.Generator | None = None,
    controls: ArrayLike | None = None,
    groups: Groups | None = None,
) -> ImportanceTable:
    """Return Shapley shares of the deviance that drivers explain, refitting the model on every subset.

    Parameters
    ----------
    family : {"cumulative", "logit", "poisson"}
        Cumulative logit for ordered answers (and binary ones: "logit" is the same), Poisson for counts.
    X : array (U, p)
        Drivers of each cell, none missing.
    y : array (U,)
        Outcome of each cell: ordered values, or counts.
    design : Design
        Weights, clusters and strata of the cells.
    conf_level : float
    n_draws : int
        Normal draws for `p_first`; 0 for none.
    rng : Generator, optional
        Source of the draws; needed where `n_draws` is above 0.
    controls : array (U, c), optional
        Variables that are in every model before the drivers.
    groups : sequence of sequences of int, optional
        Columns of X that make up each driver; by default each is a driver.

    Returns
    -------
    ImportanceTable
        Measures "shapley_pseudo_r2" (share of the whole deviance, 0 to 1) and "shapley_share" (of the drivers' sum).

    Raises
    ------
    ValueError
        For more than 12 drivers, missing values, collinear columns, negative counts or an outcome without spread.

    Notes
    -----
    Pseudo-R² are small: .1 to .2 is much for an ordered outcome. Compare them with one another, never with the R²
    of a linear model. As with R², chance alone gives a driver about 1 / (2 (ls - l0)).

    Errors are the infinitesimal jackknife's: a customer moves the maximum of a log-likelihood by his own
    contribution to it, so no refit is needed; contributions are enlarged by leverage. 4,096 fits (12 drivers) to 500
    distinct patterns and 7 answers take some seconds; the time grows with the number of patterns, not of customers.

    References
    ----------
    McFadden (1974), Conditional logit analysis of qualitative choice behavior. Cameron & Windmeijer (1997), An
    R-squared measure of goodness of fit for some common nonlinear regression models. *J. Econometrics* 77,
    329-342.

    Examples
    --------
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 1], [2, 0]])
    >>> y, n = np.array([2, 1, 1, 0, 0, 1]), np.array([30, 12, 20, 15, 9, 10])
    >>> table = pseudo_importance("cumulative", X, y, Design(n, n * 1.0, n * 1.0), n_draws=0)
    >>> table.measures, table.estimate[1].round(2).tolist()
    (('shapley_pseudo_r2', 'shapley_share'), [0.45, 0.55])
    """
    cells = standardised(X, y, design, controls, groups)
    p = len(cells.sizes)
    if p > MOST:
        raise ValueError(
            f"{p} drivers take 2^{p} fits; at most {MOST} are done. Leave drivers out, put them in groups, or use "
            "the shares of R² of the linear model."
        )
    used = design.w > 0
    codes = np.arange(2**p)
    out = np.zeros((cells.data.shape[1] - 1, 2**p), bool)  # controls are in every subset
    for j, columns in enumerate(adjacent(cells.sizes)):
        out[cells.controls + np.array(columns)] = codes >> j & 1 == 0
    sums, contributions = _deviances(
        family, cells.data[used, :-1], np.asarray(y, float)[used], design.w[used], out
    )
    whole, value = sums[-1], sums[:-1] / sums[-1]
    influence = np.zeros((len(used), 2, p))
    pulls = (contributions[:, :-1] - value * contributions[:, -1:]) / whole
    influence[used, 0] = pulls * cells.enlargement[used, None]
    total = value.sum() if value.sum() > 0 else np.nan
    share = value / total
    influence[:, 1] = (influence[:, 0] - share * influence[:, 0].sum(axis=1, keepdims=True)) / total
    names = ("shapley_pseudo_r2", "shapley_share")
    return table_of(names, np.stack([value, share]), influence, design, conf_level, n_draws, rng)


def _deviances(family: Family, X: Array, y: Array, w: Array, out: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Gains in log-likelihood of the p drivers and, last, that of a perfect model; with each cell's contributions."""
    weights = order_weights(out.shape[1].bit_length() - 1).T
    if family == "poisson":
        if y.min() < 0:
            raise ValueError("`y` holds negative counts.")
        sums, contributions = _subset_fits.poisson(y, X, w, out, weights)
        mean = w @ y / w.sum()
        perfect = xlogy(y, y / mean) - (y - mean)
    elif family in ("cumulative", "logit"):
        _, code = np.unique(y, return_inverse=True)
        sums, contributions = _subset_fits.cumulative(code.astype(np.int64), X, w, out, weights)
        perfect = -np.log(np.bincount(code, w)[code] / w.sum())
    else:
        raise ValueError(f"`family` must be 'cumulative', 'logit' or 'poisson'; got {family!r}.")
    return np.append(sums, w @ perfect), np.column_stack([contributions, perfect])
