"""Tell a driver's importance from noise.

Any column of random numbers gets a share of R²; a driver that goes with others gets more, though it may do nothing
of its own. The yardstick is therefore a noise copy of the driver: it keeps all that can be foretold of the driver
from the other drivers and controls, and its own part is that of the driver with signs drawn at random, row by row or
cluster by cluster. A copy predicts the outcome only through the company it keeps, and by chance. The test asks how
often a copy's Shapley share of R² reaches the driver's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from cxresearch.stats import importance
from cxresearch.stats._importance_indices import LEAST, Standardised, adjacent, standardised
from cxresearch.stats._subsets import COLLINEAR
from cxresearch.stats.designs import Design
from cxresearch.stats.importance import Groups

Array: TypeAlias = NDArray[np.float64]

MANY = 3_000  # rows or clusters from which random signs are a normal variate for all purposes
HIGH = 0.95  # of the copies


@dataclass(frozen=True, eq=False, slots=True)
class NoiseTest:
    """Shapley R² of drivers beside that of their noise copies, each (p,).

    Attributes
    ----------
    shapley_r2 : array
        The driver's share of the outcome's variance.
    yardstick : array
        Mean share of its noise copies: `going_along` and what chance adds.
    yardstick_high : array
        What one copy in twenty exceeds.
    going_along : array
        Share of a copy without chance: what comes from going with other drivers. 0 for a driver that goes with none.
    p_value : array
        How often a copy reaches the driver's share. NaN for a driver without a part of its own (constant, or a
        combination of others). Not adjusted for the number of drivers.
    p_relative_weights : array
        For comparison only: the customary t of Johnson's relative weight over its standard error. It is no test
        of importance (see `relative_weights_p`). NaN for a driver of several columns.
    """

    shapley_r2: Array
    yardstick: Array
    yardstick_high: Array
    going_along: Array
    p_value: Array
    p_relative_weights: Array


def more_than_noise(
    X: ArrayLike,
    y: ArrayLike,
    design: Design,
    rng: np.random.Generator,
    controls: ArrayLike | None = None,
    draws: int = 1999,
    groups: Groups | None = None,
) -> NoiseTest:
    """Test whether drivers have more importance than noise copies of them.

    Parameters
    ----------
    X : array (U, p)
        Drivers of each cell, none missing.
    y : array (U,)
        Outcome of each cell.
    design : Design
        Weights, clusters and strata of the cells. With clusters whole clusters change sign together.
    rng : Generator
        Source of the random signs.
    controls : array (U, c), optional
        Variables that are in every model before the drivers.
    draws : int
        Noise copies of each driver; no p-value is below 1 / (draws + 1).
    groups : sequence of sequences of int, optional
        Columns of X that make up each driver, such as the levels of one question; by default each is a driver.

    Returns
    -------
    NoiseTest

    Raises
    ------
    ValueError
        If the arrays do not fit together, values are missing or the outcome has no spread.

    Notes
    -----
    The null is "nothing of its own": given the other drivers and controls, the driver does not predict the
    outcome linearly. It is not "importance 0": a driver that does nothing but goes with one that does has a Shapley
    share above 0 in the population, and any test of share = 0 would find it "significant" in a large enough
    survey. `going_along` says how much of the share that is; report it beside the p-value.

    Given the other moments a share is a quadratic function of the covariance between the driver's own part and
    the outcome; under the null, signs of its contributions are as likely one way as the other. This holds exactly
    for errors symmetric about 0, and otherwise as the rows or clusters grow; spread that depends on the driver, unequal
    weights and clusters are respected, since contributions keep their size. They are enlarged by leverage,
    1 / sqrt(1 - h), as in the HC2 covariance. Strata and finite populations are not used: the p-value is then too
    large rather than too small. Measured error rates: `docs/importance_uncertainty.md`.

    A driver whose own part works against the company it keeps (a suppressor) can have less share than its copies and
    a p-value near 1, although its coefficient is far from 0: the question here is importance.

    References
    ----------
    Hemerik, Goeman & Finos (2020), Robust testing in generalized linear models by sign flipping score
    contributions. *J. R. Stat. Soc. B* 82, 841-864.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> X = rng.normal(size=(300, 2))
    >>> X[:, 1] += X[:, 0]  # goes with the first, does nothing
    >>> ones = np.ones(300)
    >>> found = more_than_noise(X, X[:, 0] + rng.normal(size=300), Design(ones.astype(int), ones, ones), rng)
    >>> found.p_value.round(2).tolist(), found.p_relative_weights.round(6).tolist()
    ([0.0, 0.58], [0.0, 0.0])
    >>> found.shapley_r2.round(2).tolist(), found.going_along.round(2).tolist()
    ([0.35, 0.1], [0.05, 0.1])
    """
    cells = standardised(X, y, design, controls, groups)
    matrix = importance.moments(cells.data, design.w)
    firsts = cells.controls + np.cumsum([0, *cells.sizes[:-1]])
    parts = [
        _own_part(cells, matrix, np.arange(first, first + size))
        for first, size in zip(firsts, cells.sizes, strict=True)
    ]
    pulls = np.concatenate([_pulls(part, design) for part in parts], axis=1)
    drawn = _with_random_signs(pulls, design, draws, rng)
    found, going_along = np.zeros((2, len(parts)))
    shares = np.zeros((draws, len(parts)))
    for j, (part, columns) in enumerate(zip(parts, adjacent(cells.sizes), strict=True)):
        curve = _share_curve(cells, matrix, part, j)
        found[j], going_along[j] = curve(part.covariance[None])[0], curve(np.zeros((1, len(columns))))[0]
        shares[:, j] = curve(drawn[:, columns.start : columns.stop])
    reached = (shares >= found * (1 - 1e-12)).sum(axis=0)
    own = np.array([part.variance.max() > COLLINEAR for part in parts])
    rest, _ = importance.partial_out(matrix, range(cells.controls))
    customary = relative_weights_p(rest, design.rows - cells.controls)[firsts - cells.controls]
    return NoiseTest(
        shapley_r2=found,
        yardstick=shares.mean(axis=0),
        yardstick_high=np.quantile(shares, HIGH, axis=0),
        going_along=going_along,
        p_value=np.where(own, (1 + reached) / (1 + draws), np.nan),
        p_relative_weights=np.where(np.array(cells.sizes) == 1, customary, np.nan),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    """A driver's own part: what the other drivers and controls do not foretell of its g columns.

    columns (g,) places in the matrix; values (U, g); variance (g,); covariance (g,) with the outcome;
    residual (U,) of the outcome without the driver; leverage (U,) of a unit of weight in that model.
    """

    columns: NDArray[np.int64]
    values: Array
    variance: Array
    covariance: Array
    residual: Array
    leverage: Array


def _own_part(cells: Standardised, matrix: Array, columns: NDArray[np.int64]) -> _Part:
    data = cells.data
    others = np.setdiff1d(np.arange(len(matrix) - 1), columns)
    inverse = np.linalg.pinv(matrix[np.ix_(others, others)], rcond=1e-12, hermitian=True)
    foretold = data[:, others] @ inverse
    values = data[:, columns] - foretold @ matrix[np.ix_(others, columns)]
    share = cells.design.w / cells.design.w.sum()
    variance = share @ values**2
    values = np.where(variance > COLLINEAR, values, 0.0)
    return _Part(
        columns=columns,
        values=values,
        variance=variance,
        covariance=(share * data[:, -1]) @ values,
        residual=data[:, -1] - foretold @ matrix[others, -1],
        leverage=1 + (foretold * data[:, others]).sum(axis=1),
    )


def _pulls(part: _Part, design: Design) -> Array:
    """What a row of each cell, or a cluster, adds to the covariance of the own part and the outcome: (units, g)."""
    total = design.w.sum()
    score = part.values * part.residual[:, None]
    if design.cluster is None:
        n = np.maximum(design.n, 1)
        size = np.sqrt(design.w2 / n) / total  # of a row
        left = 1 - design.w / n / total * part.leverage
        return np.asarray((size / np.sqrt(np.maximum(left, LEAST)))[:, None] * score)
    unit, share = design.units(), design.w / total
    sums = np.stack([np.bincount(unit, share * column) for column in score.T], axis=1)
    left = 1 - np.bincount(unit, share * part.leverage)
    return np.asarray(sums / np.sqrt(np.maximum(left, LEAST))[:, None])


def _with_random_signs(pulls: Array, design: Design, draws: int, rng: np.random.Generator) -> Array:
    """Sums over all rows or clusters of their pulls with random signs: (draws, columns)."""
    n = design.n if design.cluster is None else np.ones(len(pulls), np.int64)
    if n.sum() >= MANY:
        values, vectors = np.linalg.eigh((pulls.T * n) @ pulls)
        return rng.normal(size=(draws, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    each = np.repeat(pulls, n, axis=0)
    signs = rng.integers(0, 2, (draws, len(each)), dtype=np.int8).astype(float)
    return np.asarray(2 * (signs @ each) - each.sum(axis=0))


def _share_curve(cells: Standardised, matrix: Array, part: _Part, which: int) -> Callable[[Array], Array]:
    """Shapley share of a driver as a function of the covariances (N, g) of its own part with the outcome.

    With all other moments fixed it is quadratic, so that its values at (g + 1)(g + 2) / 2 points give it.
    """
    g = len(part.columns)
    step = np.where(part.variance > COLLINEAR, np.sqrt(part.variance) / 2, 1.0)
    a, b = np.triu_indices(g)
    points = np.concatenate([np.zeros((1, g)), -np.eye(g), np.eye(g)[a] + np.eye(g)[b]])
    moved = np.repeat(matrix[None], len(points), axis=0)
    shift = points * step - part.covariance
    moved[:, part.columns, -1] += shift
    moved[:, -1, part.columns] += shift
    values = cells.values("shapley_r2", moved)[:, which]
    weights = np.linalg.solve(_quadratic(points), values)
    return lambda covariances: np.asarray(_quadratic(covariances / step) @ weights)


def _quadratic(points: Array) -> Array:
    """One, the coordinates and their products: (N, (g + 1)(g + 2) / 2)."""
    a, b = np.triu_indices(points.shape[1])
    return np.column_stack([np.ones(len(points)), points, points[:, a] * points[:, b]])


def relative_weights_p(matrix: Array, n: float) -> Array:
    """Return the p-values that the customary t of relative weights gives: for comparison, not for use.

    Parameters
    ----------
    matrix : array (p + 1, p + 1)
        Covariances or correlations, outcome last.
    n : float
        Customers.

    Returns
    -------
    array (p,)
        Two-sided, of t with n - p - 1 degrees of freedom; NaN for drivers that are not independent.

    Notes
    -----
    Johnson's weight is Σ Λ² b² for the outcome's coefficients b on the drivers' closest orthogonal copies. The t
    that market research software prints divides the weight by the square root of Σ Λ⁴ s⁴ (2 + 4 b² / s²), s being
    the standard error of b. A square over its error is no t: for a driver that does nothing it hardly ever
    exceeds 1, and for one that goes with a strong driver the weight itself is not 0, so that no sample is large
    enough to make it harmless. Wrong in both directions; the docs have the error rates.

    References
    ----------
    Johnson (2000), A heuristic method for estimating the relative weight of predictor variables in multiple
    regression. *Multivar. Behav. Res.* 35, 1-19.

    Examples
    --------
    >>> R = np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]])
    >>> relative_weights_p(R, 100).round(4).tolist()
    [0.0008, 0.0372]
    """
    spread = np.sqrt(np.diag(matrix))
    p = len(matrix) - 1
    if np.any(spread == 0):
        return np.full(p, np.nan)
    R = matrix / np.outer(spread, spread)
    values, vectors = np.linalg.eigh(R[:-1, :-1])
    if values[0] < COLLINEAR or n <= p + 1:
        return np.full(p, np.nan)
    loadings = (vectors * np.sqrt(values)) @ vectors.T
    b = (vectors / np.sqrt(values)) @ vectors.T @ R[:-1, -1]
    s = np.sqrt(max(1 - b @ b, 0.0) / (n - p - 1))
    weight = loadings**2 @ b**2
    error = np.sqrt((loadings**4).sum(axis=1) * (2 * s**4 + 4 * b**2 * s**2))
    with np.errstate(divide="ignore"):
        return np.asarray(2 * stdtr(n - p - 1, -weight / error))
