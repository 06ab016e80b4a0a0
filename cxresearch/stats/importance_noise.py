"""Tell a driver's importance from noise.

Any column of random numbers gets a share of R²; a driver that goes with others gets more, though it may do nothing
of its own. The yardstick is therefore a noise copy of the driver: it keeps all that can be foretold of the driver
from the other drivers and controls, and its own part is that of the driver with signs drawn at random, row by row or
cluster by cluster. A copy predicts the outcome only through the company it keeps, and by chance. The test asks how
often a copy's Shapley share of R² reaches the driver's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from cxresearch.stats import importance
from cxresearch.stats._importance_gradient import COLLINEAR, partialled
from cxresearch.stats._importance_indices import moments, standardised
from cxresearch.stats.designs import Design

Array: TypeAlias = NDArray[np.float64]

MANY = 3_000  # rows or clusters from which random signs are a normal variate for all purposes
HIGH = 0.95  # of the copies
LEAST = 0.1  # of 1 - leverage: a row that alone decides a slope is not enlarged without end


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
        of importance (see `relative_weights_p`).
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
    data = standardised(X, y, design, controls)
    held = 0 if controls is None else np.shape(controls)[1]
    matrix = moments(data, design.w[None])[0]
    inverse = np.linalg.pinv(matrix[:-1, :-1], rcond=1e-12, hermitian=True)
    slopes = (inverse @ matrix[:-1, -1])[held:]
    own = _own_variance(matrix[:-1, :-1], inverse)[held:]
    part = slopes * own
    drawn = _with_random_signs(*_contributions(data, inverse, slopes, own, design), draws, rng)
    base, tilt, bend = _share_curve(matrix, part, own, held)
    shares = base + tilt * drawn + bend * drawn**2
    found = base + tilt * part + bend * part**2
    reached = (shares >= found * (1 - 1e-12)).sum(axis=0)
    return NoiseTest(
        shapley_r2=found,
        yardstick=shares.mean(axis=0),
        yardstick_high=np.quantile(shares, HIGH, axis=0),
        going_along=base,
        p_value=np.where(own > 0, (1 + reached) / (1 + draws), np.nan),
        p_relative_weights=relative_weights_p(partialled(matrix[None], held)[0][0], design.rows - held),
    )


def _own_variance(R: Array, inverse: Array) -> Array:
    """Variance that each column keeps when all others are held fixed; 0 for combinations and constants."""
    values, vectors = np.linalg.eigh(R)
    flat = vectors[:, values < 1e-12 * values.max()]
    kept = 1 / np.maximum(np.diag(inverse), 1.0)
    return np.where(((flat**2).sum(axis=1) > 1e-9) | (kept < COLLINEAR), 0.0, kept)


def _contributions(
    data: Array, inverse: Array, slopes: Array, own: Array, design: Design
) -> tuple[Array, NDArray[np.int64]]:
    """What a row of each cell, or a cluster, adds to the covariance of a driver's own part and the outcome.

    Returns these (units, p) and how many there are of each. Residuals of the outcome are those without the driver:
    the null is imposed.
    """
    predictors, total = data[:, :-1], design.w.sum()
    first = predictors.shape[1] - len(slopes)
    foretold = predictors @ inverse
    part = foretold[:, first:] * own
    rest = data[:, -1] - foretold @ (predictors.T @ (design.w / total * data[:, -1]))
    score = part * (rest[:, None] + part * slopes)
    reach = 1 + (foretold * predictors).sum(axis=1)
    leverage = reach[:, None] - part**2 / np.where(own > 0, own, 1.0)
    if design.cluster is None:
        used = design.w > 0
        n, w = design.n[used], design.w[used]
        shrunk = 1 - (w / n / total)[:, None] * leverage[used]
        size = np.sqrt(design.w2[used] / n) / total
        return size[:, None] * score[used] / np.sqrt(np.maximum(shrunk, LEAST)), n
    unit = design.units()
    sums = np.zeros((2, int(unit.max()) + 1, len(slopes)))
    np.add.at(sums[0], unit, (design.w / total)[:, None] * score)
    np.add.at(sums[1], unit, (design.w / total)[:, None] * leverage)
    return sums[0] / np.sqrt(np.maximum(1 - sums[1], LEAST)), np.ones(sums.shape[1], np.int64)


def _with_random_signs(pulls: Array, n: NDArray[np.int64], draws: int, rng: np.random.Generator) -> Array:
    """Sums of all contributions with random signs: (draws, p)."""
    if n.sum() >= MANY:
        return rng.normal(size=(draws, pulls.shape[1])) * np.sqrt(n @ pulls**2)
    each = np.repeat(pulls, n, axis=0)
    signs = rng.integers(0, 2, (draws, len(each)), dtype=np.int8).astype(float)
    return np.asarray(2 * (signs @ each) - each.sum(axis=0))


def _share_curve(matrix: Array, part: Array, own: Array, held: int) -> tuple[Array, Array, Array]:
    """Shapley share of each driver as a quadratic of its own part's covariance with the outcome: three arrays (p,).

    Three points give the curve: no covariance, and as much either way.
    """
    p = len(part)
    step = np.where(own > 0, np.sqrt(own) / 2, 0.0)
    moved = np.repeat(np.repeat(matrix[None, None], 3, axis=0), p, axis=1)
    at = np.arange(p)
    for k, shift in enumerate((-part, step - part, -step - part)):
        moved[k, at, held + at, -1] += shift
        moved[k, at, -1, held + at] += shift
    rest, left = partialled(moved.reshape(3 * p, *matrix.shape), held)
    shares = (importance.shapley_r2(rest) * left[:, None]).reshape(3, p, p)[:, at, at]
    middle, right, below = shares
    safe = np.where(step > 0, step, 1.0)
    return middle, (right - below) / (2 * safe), (right + below - 2 * middle) / (2 * safe**2)


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
