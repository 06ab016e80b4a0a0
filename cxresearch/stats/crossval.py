"""Out-of-sample accuracy from crosstabs: train on the other folds' counts, score on the held-out counts.

Predictions are a function of the metric's answer only, so a fitted model is a short vector (one prediction per
answer) and a fold's loss is a sum over its crosstab. Shapes follow `cxresearch.stats.association`:
crosstabs ``(..., L, K)``, metric values ``x`` (L,), outcome values ``y`` (K,).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from cxresearch.stats.association import level_means
from cxresearch.stats.estimates import Estimate

Array: TypeAlias = NDArray[np.float64]


def linear_prediction(T: Array, x: Array, y: Array) -> Array:
    """Predicted outcome at each answer by the least-squares line; the mean where the metric has no spread.

    Parameters
    ----------
    T : array (..., L, K)
        Training crosstabs.
    x, y : array (L,), (K,)
        Values of the answers.

    Returns
    -------
    array (..., L)
        Predictions in the outcome's units.
    """
    total = T.sum(axis=(-2, -1))
    row, column = T.sum(axis=-1), T.sum(axis=-2)
    mean_x = (row @ x) / total
    mean_y = (column @ y) / total
    dx = x - mean_x[..., None]
    dy = y - mean_y[..., None]
    sxx = (row * dx**2).sum(axis=-1)
    sxy = ((T * dy[..., None, :]).sum(axis=-1) * dx).sum(axis=-1)
    slope = np.divide(sxy, sxx, out=np.zeros_like(sxy), where=sxx > 1e-12 * total * np.ptp(x) ** 2)
    return np.asarray(mean_y[..., None] + slope[..., None] * dx)


def level_prediction(T: Array, x: Array, y: Array) -> Array:
    """Predicted outcome at each answer by the mean outcome of those who gave it.

    An answer nobody in training gave takes the line's prediction. Shapes as in `linear_prediction`.
    """
    row, mean = level_means(T, y)
    return np.where(row > 0, mean, linear_prediction(T, x, y))


def mean_square_error(T: Array, prediction: Array, y: Array) -> Array:
    """Mean squared error of predictions ``(..., L)`` on test crosstabs ``(..., L, K)``."""
    loss = (T * (y - prediction[..., :, None]) ** 2).sum(axis=(-2, -1))
    return np.asarray(loss / T.sum(axis=(-2, -1)))


def mean_log_error(T: Array, probability: Array, floor: Array | float = 1e-6) -> Array:
    """Mean negative log probability of the answers in test crosstabs, in nats.

    Parameters
    ----------
    T : array (..., L, K)
        Test crosstabs.
    probability : array (..., L, K)
        Predicted probability of each outcome at each answer.
    floor : float or array
        Probabilities are held at or above it, so that one unforeseen answer cannot cost infinitely much.
    """
    loss = -(T * np.log(np.maximum(probability, floor))).sum(axis=(-2, -1))
    return np.asarray(loss / T.sum(axis=(-2, -1)))


def corrected_t(scores: Array, test_share: float) -> Estimate:
    """Nadeau and Bengio's corrected resampled t for the mean of cross-validation scores.

    Parameters
    ----------
    scores : array (J,)
        Score, or difference of scores, in each test fold of every repeat.
    test_share : float
        Rows in a test fold over rows in its training set (1/9 for ten folds).

    Returns
    -------
    Estimate
        Mean over the folds; degrees of freedom are folds scored less one.

    Notes
    -----
    The variance is ``(1/J + n_test/n_train) s²``: training sets overlap, so J scores are worth far fewer. It is
    on the wide side: in simulations on ordinal answers it names fewer false winners than its nominal level.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error. *Machine Learning* 52, 239-281.

    Examples
    --------
    >>> result = corrected_t(np.array([0.1, 0.3]), 1 / 9)
    >>> round(result.value, 3), round(result.std_error, 4), result.df
    (0.2, 0.1106, 1)
    """
    count = len(scores)
    variance = (1 / count + test_share) * scores.var(ddof=1)
    return Estimate(float(scores.mean()), float(np.sqrt(variance)), count - 1)


def practical_probabilities(
    estimate: float, std_error: float, df: float, rope: float
) -> tuple[float, float, float]:
    """Probability that a difference is above, inside and below a region of practical equivalence.

    Parameters
    ----------
    estimate, std_error, df : float
        Centre, scale and degrees of freedom of the t distribution that describes the difference.
    rope : float
        Half-width of the region, in the difference's units.

    Returns
    -------
    tuple of float
        P(difference > rope), P(-rope <= difference <= rope), P(difference < -rope); they sum to 1.

    Notes
    -----
    These are posterior probabilities under a flat prior; with `corrected_t` this is the Bayesian correlated t of
    Benavoli, Corani, Demšar and Zaffalon (2017), *JMLR* 18(77).

    Examples
    --------
    >>> [round(p, 3) for p in practical_probabilities(0.0, 0.05, 99, 0.05)]
    [0.16, 0.68, 0.16]
    """
    if not std_error > 0:
        return float(estimate > rope), float(abs(estimate) <= rope), float(estimate < -rope)
    above = float(stdtr(df, (estimate - rope) / std_error))
    below = float(stdtr(df, (-rope - estimate) / std_error))
    return above, max(0.0, 1 - above - below), below
