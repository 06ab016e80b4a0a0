"""What each metric adds to the others in one linear model."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._accuracy import Protocol
from cxresearch._contest import Contest, without_one
from cxresearch._rows import Row, frame, row_of
from cxresearch.stats import importance, resampling
from cxresearch.stats.estimates import Ends, Estimate, influence_t, squared

Array: TypeAlias = NDArray[np.float64]

FLAT = 1e-9  # share of a question's variance below which a draw holds one answer, but for rounding
MEASURES = ("incremental_r2", "shapley_r2", "shapley_share", "standardised_coefficient")


def joint_table(contest: Contest, protocol: Protocol, rng: np.random.Generator) -> pd.DataFrame:
    """Incremental and Shapley R², Shapley shares and coefficients, by the jackknife; how often each ranks first.

    Each measure has its interval on the scale where it is nearest normal: incremental R² as the square of the
    signed semipartial correlation, Shapley R² on Fisher's z of its root, shares on the log-odds.
    """
    names = [metric.name for metric in contest.metrics]
    whole = joint_values(contest.moments(contest.sample.w[None, :]))
    left, step = without_one(contest)
    slopes = {name: (whole[name] - part) / step[:, None] for name, part in joint_values(left).items()}
    rows: list[Row] = []
    for measure in MEASURES:
        for which, metric in enumerate(names):
            one, ends = _with_interval(contest, measure, whole, slopes, which, protocol.conf_level)
            rows.append(row_of(contest, one, ends, metric=metric, measure=measure))
    nothing = (float("nan"), float("nan"))
    for metric, share in zip(names, _first_places(contest, protocol, rng), strict=True):
        one = Estimate(float(share), float("nan"), float("nan"))
        rows.append(row_of(contest, one, nothing, metric=metric, measure="p_first"))
    return frame(rows, ("metric", "measure"))


def _with_interval(
    contest: Contest,
    measure: str,
    whole: dict[str, Array],
    slopes: dict[str, Array],
    which: int,
    level: float,
) -> tuple[Estimate, Ends]:
    """One measure of one metric with its error and interval."""
    value = float(whole[measure][0, which])
    made = {"incremental_r2": "semipartial_r", "shapley_r2": "shapley_root"}.get(measure, measure)
    influence = resampling.influence_of(slopes[made][:, which], contest.sample)
    root = Estimate(float(whole[made][0, which]), *influence_t(influence, contest.sample))
    if made == measure:
        return root, root.share_interval(level) if measure == "shapley_share" else root.interval(level)
    ends = root.interval(level) if measure == "incremental_r2" else root.r_interval(level)
    return Estimate(value, 2 * abs(root.value) * root.std_error, root.df), squared(ends)


def joint_values(covariance: Array) -> dict[str, Array]:
    """Measures of the joint linear model, and the roots their intervals are made on, each ``(B, m)``.

    Parameters
    ----------
    covariance : array (B, m + 1, m + 1)
        Covariances of the metrics, the outcome last.
    """
    shapley = importance.shapley_r2(covariance)
    total = shapley.sum(axis=1, keepdims=True)
    spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0))
    inverse = np.linalg.pinv(covariance[:, :-1, :-1], hermitian=True)
    slope = (inverse @ covariance[:, :-1, -1:])[..., 0]
    alone = np.sqrt(np.maximum(np.diagonal(inverse, axis1=1, axis2=2), 0.0))
    return {
        "incremental_r2": importance.incremental_r2(covariance),
        "shapley_r2": shapley,
        "shapley_share": _divided(shapley, total),
        "standardised_coefficient": _divided(slope * spread[:, :-1], spread[:, -1:]),
        "semipartial_r": _divided(slope, alone * spread[:, -1:]),
        "shapley_root": np.sqrt(np.maximum(shapley, 0.0)),
    }


def _divided(above: Array, below: Array) -> Array:
    return np.asarray(above / np.where(below > 0, below, np.nan))


def _first_places(contest: Contest, protocol: Protocol, rng: np.random.Generator) -> Array:
    """Share of bootstrap draws in which each metric has the largest Shapley R².

    Draws in which a question has a single answer are left out: they happen where few gave a rare answer.
    """
    least = FLAT * np.diagonal(contest.moments(contest.sample.w[None, :]), axis1=1, axis2=2)
    first = []
    for W in resampling.bootstrap(contest.sample, protocol.n_boot, rng):
        drawn = contest.moments(W)
        spread_out = (np.diagonal(drawn, axis1=1, axis2=2) > least).all(axis=1)
        first.append(np.argmax(importance.shapley_r2(drawn[spread_out]), axis=1))
    places = np.concatenate(first)
    counts = np.bincount(places, minlength=len(contest.metrics))
    return np.asarray(counts / len(places)) if len(places) else np.full(len(contest.metrics), np.nan)
