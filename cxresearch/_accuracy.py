"""How well each metric of a contest predicts, in and out of sample; the estimates behind the tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch._contest import Contest
from cxresearch.stats import association, crossval, ordinal, resampling
from cxresearch.stats.designs import Design, influence_covariance
from cxresearch.stats.estimates import Estimate, influence_t
from cxresearch.stats.influence import correlation_influence

Array: TypeAlias = NDArray[np.float64]
Measure: TypeAlias = Callable[[Array, Array, Array], Array]


class Key(NamedTuple):
    """What an accuracy is of: the metric, the form its answers are used in, and the measure."""

    metric: str
    coding: str
    measure: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """The constants of a comparison; every result states them.

    Attributes
    ----------
    conf_level : float
        Level of every interval.
    rope : float
        Smallest difference that matters, on the correlation scale.
    measure : str
        What the verdict rests on.
    link : str
        Link of the cumulative-link (or binary) fits.
    folds, repeats : int
        Of the repeated cross-validation.
    n_boot : int
        Bootstrap draws.
    seed : int
        Where randomness starts.
    """

    conf_level: float
    rope: float
    measure: str
    link: str
    folds: int
    repeats: int
    n_boot: int
    seed: int

    @property
    def test_share(self) -> float:
        """Rows of a test fold over rows of its training set."""
        return 1 / (self.folds - 1)


@dataclass(frozen=True, eq=False)
class Linearised:
    """Estimates with the influence of every unit of the survey on them.

    Attributes
    ----------
    keys : tuple of Key
        What each estimate is.
    value : array (k,)
    influence : array (U, k)
        Influence of one unit of weight in each cell, by leaving a row out.
    sample : Design
        The cells' weights and design.
    """

    keys: tuple[Key, ...]
    value: Array
    influence: Array
    sample: Design

    def position(self, metric: str, coding: str, measure: str) -> int:
        """Index of one estimate."""
        return self.keys.index(Key(metric, coding, measure))

    def estimate(self, which: int) -> Estimate:
        """One estimate with its error."""
        return self.contrast(float(self.value[which]), [which], [1.0])

    def difference(self, a: int, b: int) -> Estimate:
        """Difference of two estimates with its error."""
        return self.contrast(float(self.value[a] - self.value[b]), [a, b], [1.0, -1.0])

    def contrast(self, value: float, at: Sequence[int], gradient: Sequence[float]) -> Estimate:
        """Give a smooth function of some estimates its error, from its derivatives by these."""
        return Estimate(value, *influence_t(self.influence[:, at] @ np.asarray(gradient), self.sample))

    def covariance(self, at: Sequence[int]) -> Array:
        """Covariance matrix of some estimates."""
        return influence_covariance(self.influence[:, at], self.sample)


def log_gain(T: Array, x: Array, link: str) -> Array:
    """Log-likelihood gained per answer over the outcome's own shares, in nats, by a cumulative-link fit.

    Parameters
    ----------
    T : array (B, L, K)
        Crosstabs.
    x : array (L,)
        Values of the metric's answers.
    link : str
        Link function.
    """
    draws, levels, width = T.shape
    W = T.reshape(draws, levels * width)
    design = np.repeat(_standard(x), width)[:, None]
    fit = ordinal.fit_cumulative_batch(np.tile(np.arange(width), levels), design, W, link, n_levels=width)
    return np.asarray((fit.loglik - fit.loglik_null) / W.sum(axis=1))


def _standard(x: Array) -> Array:
    """Answer values brought to a spread near 1, for the optimiser; fits do not depend on it."""
    return np.asarray((x - x.mean()) / max(float(np.ptp(x)), 1e-12))


def _forms(contest: Contest, which: int) -> Iterator[tuple[str, Array]]:
    """The forms in which one metric's answers are used as numbers."""
    metric = contest.metrics[which]
    yield "linear", metric.values
    if metric.scorer != "mean":
        yield "official", metric.official


def _measures(contest: Contest, which: int, link: str) -> Iterator[tuple[str, str, Measure]]:
    """Coding, name and function of the in-sample measures of one metric; x is bound, T and y are not."""
    for coding, x in _forms(contest, which):
        yield coding, "pearson_r", partial(_pearson_of, x)
        if coding == "linear":
            yield coding, "spearman_r", association.CORRELATIONS["spearman_r"]
            yield coding, "somers_d", association.CORRELATIONS["somers_d"]
            if contest.kind != "continuous":
                yield coding, "log_score", partial(_log_gain_of, link)
        if contest.kind == "binary":
            yield coding, "efron_r2_score", partial(_efron_of, link, x)


def _pearson_of(values: Array, T: Array, x: Array, y: Array) -> Array:  # noqa: ARG001 - one signature for all
    return association.pearson_r(T, values, y)


def _log_gain_of(link: str, T: Array, x: Array, y: Array) -> Array:  # noqa: ARG001 - one signature for all
    return log_gain(T, x, link)


def _efron_of(link: str, values: Array, T: Array, x: Array, y: Array) -> Array:  # noqa: ARG001 - one signature
    """R² of fitted probabilities (Efron 1978); 0 where one outcome is all there is to explain."""
    share = T[..., 1].sum(axis=1) / T.sum(axis=(1, 2))
    spread = share * (1 - share)
    probability = held_probabilities(T, values, link)[..., 1]
    error = crossval.mean_square_error(T, probability, np.array([0.0, 1.0]))
    return 1 - np.divide(error, spread, out=np.ones_like(error), where=spread > 0)


def in_sample(contest: Contest, link: str, only: Collection[str] | None = None) -> Linearised:
    """Return every in-sample measure of every metric (or `only` some), with their influences.

    The measures depend on the metric's own crosstab only, so one row is deleted from each cell of it, and the
    change is carried to the units of the design. An outcome of many values has too many cells for that: there
    the influences are the analytic ones, which differ by 1/n.
    """
    if contest.kind == "continuous":
        return _in_sample_of_many(contest, link, only)
    keys: list[Key] = []
    values: list[Array] = []
    slopes: list[Array] = []
    y = contest.outcome.values
    for which, metric in enumerate(contest.metrics):
        measures = [one for one in _measures(contest, which, link) if only is None or one[1] in only]

        def statistic(
            W: Array, which: int = which, measures: list[tuple[str, str, Measure]] = measures
        ) -> Array:
            x = contest.metrics[which].values
            T = W.reshape(len(W), len(x), len(y))
            return np.column_stack([measure(T, x, y) for _, _, measure in measures])

        table = contest.table(which, contest.sample.w[None, :]).reshape(-1)
        value, slope = resampling.deletion_slopes(statistic, table, contest.row_counts(which))
        keys += [Key(metric.name, coding, name) for coding, name, _ in measures]
        values.append(value)
        slopes.append(slope[contest.flat_code(which)])
    influence = resampling.influence_of(np.hstack(slopes), contest.sample)
    return Linearised(tuple(keys), np.concatenate(values), influence, contest.sample)


def _in_sample_of_many(contest: Contest, link: str, only: Collection[str] | None) -> Linearised:
    """`in_sample` by analytic influences, linear in the number of cells."""
    keys, values, influences = [], [], []
    y = contest.outcome.values[contest.outcome.code]
    for which, metric in enumerate(contest.metrics):
        forms = dict(_forms(contest, which))
        for coding, name, _ in _measures(contest, which, link):
            if only is None or name in only:
                value, psi = correlation_influence(name, forms[coding][metric.code], y, contest.sample.w)
                keys.append(Key(metric.name, coding, name))
                values.append(value)
                influences.append(psi)
    return Linearised(tuple(keys), np.array(values), np.column_stack(influences), contest.sample)


def out_of_sample(
    contest: Contest, protocol: Protocol, rng: np.random.Generator, *, gains: bool = True
) -> dict[Key, Array]:
    """Scores of every test fold: cross-validated R² and log-likelihood gain, each against the folds' own mean.

    Without `gains` the second, which takes most of the time, is left out.

    Returns
    -------
    dict from Key to array (repeats * folds,)
        The same splits serve every metric, so differences of two entries are paired. The metric ``"(all)"`` is
        the linear model with all metrics.
    """
    split = resampling.fold_weights(contest.sample, protocol.folds, protocol.repeats, rng)
    W_test = split.reshape(-1, split.shape[-1])
    scores: dict[Key, Array] = {}
    null_error = np.array([])
    for which, metric in enumerate(contest.metrics):
        test = contest.table(which, W_test)
        train = contest.table(which, contest.sample.w[None, :]) - test
        train[train < 1e-9 * contest.sample.w.sum()] = 0.0  # what subtraction leaves of an emptied cell
        null_error = _null_error(train, test, contest.outcome.values)
        for coding, prediction in _predictions(contest, which, train, protocol.link):
            error = crossval.mean_square_error(test, prediction, contest.outcome.values)
            scores[Key(metric.name, coding, "cv_r2_score")] = (null_error - error) / null_error.mean()
        if gains and contest.kind != "continuous":
            gain = _held_out_gain(train, test, metric.values, protocol.link, contest.sample)
            scores[Key(metric.name, "linear", "cv_log_score")] = gain
    if len(contest.metrics) > 1:
        error = _joint_error(contest, W_test)
        scores[Key("(all)", "linear", "cv_r2_score")] = (null_error - error) / null_error.mean()
    return scores


def _null_error(train: Array, test: Array, y: Array) -> Array:
    """Mean squared error of the training mean."""
    column = train.sum(axis=-2)
    mean = (column @ y) / column.sum(axis=-1)
    return crossval.mean_square_error(test, np.broadcast_to(mean[:, None], test.shape[:2]), y)


def _predictions(contest: Contest, which: int, train: Array, link: str) -> Iterator[tuple[str, Array]]:
    """Coding and predicted outcome at each answer ``(B, L)``."""
    y = contest.outcome.values
    for coding, x in _forms(contest, which):
        if contest.kind == "binary":
            probability = held_probabilities(train, x, link)[..., 1]
            yield coding, y[0] + (y[1] - y[0]) * probability
        else:
            yield coding, crossval.linear_prediction(train, x, y)
    yield "levels", crossval.level_prediction(train, contest.metrics[which].values, y)


def held_probabilities(train: Array, x: Array, link: str) -> Array:
    """Probability of each outcome at each answer ``(B, L, K)`` by a cumulative-link fit to each training table."""
    draws, levels, width = train.shape
    design = np.repeat(_standard(x), width)[:, None]
    y_codes = np.tile(np.arange(width), levels)
    fit = ordinal.fit_cumulative_batch(y_codes, design, train.reshape(draws, -1), link, n_levels=width)
    return ordinal.category_probabilities(_standard(x)[:, None], fit.coef, fit.thresholds, link)


def _held_out_gain(train: Array, test: Array, x: Array, link: str, sample: Design) -> Array:
    """Nats gained per held-out answer over the training shares."""
    total = train.sum(axis=(1, 2))
    rows = total * sample.rows / sample.w.sum()  # whatever a row weighs
    floor = 0.5 / np.maximum(rows, 1.0)[:, None, None]
    shares = np.broadcast_to((train.sum(axis=1) / total[:, None])[:, None, :], train.shape)
    model = crossval.mean_log_error(test, held_probabilities(train, x, link), floor)
    return crossval.mean_log_error(test, shares, floor) - model


def _joint_error(contest: Contest, W_test: Array) -> Array:
    """Held-out mean squared error of the linear model with all metrics, from its moments in each fold."""
    centre = (contest.sample.w @ contest.matrix) / contest.sample.w.sum()
    data = np.column_stack([np.ones(len(contest.matrix)), contest.matrix - centre])
    i, j = np.triu_indices(data.shape[1])
    products = data[:, i] * data[:, j]

    def gram(W: Array) -> Array:
        full = np.empty((len(W), data.shape[1], data.shape[1]))
        full[:, i, j] = full[:, j, i] = W @ products
        return full

    test = gram(W_test)
    train = gram(contest.sample.w[None, :]) - test
    coefficient = np.linalg.pinv(train[:, :-1, :-1], hermitian=True) @ train[:, :-1, -1:]
    contrast = np.concatenate([-coefficient, np.ones((len(W_test), 1, 1))], axis=1)
    error = (contrast.transpose(0, 2, 1) @ test @ contrast)[:, 0, 0]
    return np.asarray(error / test[:, 0, 0])
