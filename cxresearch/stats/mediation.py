"""Driver, effort, loyalty: how much of what a driver predicts for an outcome goes through a mediator.

Two models: the mediator on drivers and controls, the outcome on the same and the mediator. A total effect is
split without a rest into a direct part (the mediator stays what it would have been) and an indirect part (only
the mediator moves). With two lines the indirect part is the product of two coefficients. With ordered answers
there is no such product: answers of the mediator are predicted as probabilities, the outcome for each of them,
and the mean is taken over the customers (the mediation formula of Pearl 2001). Effects are always in units of the
outcome.

Everything is a function of the weights of the cells, so a bootstrap is the same function of many weightings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import expit, ndtr, ndtri, stdtr, stdtrit

from cxresearch.stats._cumulative import distinct_rows
from cxresearch.stats.ordinal import fit_cumulative_batch

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

FARTHEST = 300.0  # linear predictors beyond have probability 0 or 1 to all digits, and exp() would overflow
BLOCK = 60_000  # numbers in one array of predictions: it stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Move:
    """What is done to one driver.

    Attributes
    ----------
    after, before : array (U, q)
        Predictors with the driver moved and not moved. For an effect per 1 only their difference counts.
    per_unit : bool
        True: the effect of a small step, per 1. False: of the whole step from `before` to `after`.
    among : bool array (U,)
        Cells over whose customers the effect is averaged.
    """

    after: Array
    before: Array
    per_unit: bool
    among: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Chain:
    """Drivers and controls, mediator and outcome on cells.

    Attributes
    ----------
    X : array (U, q)
        Drivers and controls, without a column of ones.
    mediator, outcome : array (U,)
        Answers.
    mediator_ordered, outcome_ordered : bool
        True: cumulative logit over the distinct answers (two of them: a logit). False: least squares.
    products : tuple of int
        Columns of X whose effect on the outcome may differ with the mediator.
    """

    X: Array
    mediator: Array
    outcome: Array
    mediator_ordered: bool
    outcome_ordered: bool
    products: tuple[int, ...] = ()

    @cached_property
    def with_mediator(self) -> Array:
        """Predictors of the outcome: X, the mediator, then the products."""
        m = self.mediator[:, None]
        return np.column_stack([self.X, m, m * self.X[:, list(self.products)]])

    def effects(self, moves: Sequence[Move], W: Array) -> Array:
        """Return direct and indirect effects under many weightings.

        Parameters
        ----------
        moves : sequence of Move
        W : array (B, U)
            Weights, a row per weighting; each gets its own two models.

        Returns
        -------
        array (B, number of moves, 2)
            Direct, indirect. Their sum is the total effect. Where a whole step is taken, each part is the mean
            of taking it before and after the other, so that neither is favoured.

        Raises
        ------
        ValueError
            For a move over nobody.
        """
        people = _People.of(self, moves)
        out = np.empty((len(W), len(moves), 2))
        for rows in _blocks(len(W), max(len(people.mediator), len(self.mediator) // 4)):
            models = self._fit(W[rows])
            weight = np.asarray((people.sums @ W[rows].T).T)
            steps = people.steps(models) if any(move.per_unit for move in moves) else ()
            for j, move in enumerate(people.moves):
                share = weight * move.among
                total = share.sum(axis=1)
                if not np.all(total > 0):
                    raise ValueError(f"move {j} is over nobody: no weight where `among` is true.")
                share /= total[:, None]
                parts = (
                    _per_unit(models, move, share, steps)
                    if move.per_unit
                    else people.whole(models, move, share)
                )
                out[rows, j] = np.column_stack(parts)
        return out

    def _fit(self, W: Array) -> _Models:
        return _Models(
            *_fitted(self.mediator, self.X, W, self.mediator_ordered),
            *_fitted(self.outcome, self.with_mediator, W, self.outcome_ordered),
            products=list(self.products),
        )


@dataclass(frozen=True, eq=False)
class _People:
    """Customers whose predictions are to be averaged, those alike taken together (V kinds)."""

    X: Array
    mediator: Array
    moves: list[Move]
    sums: Any  # sparse (V, U): sums weights of cells into kinds
    mediator_answers: Array | None  # None: a line
    outcome_answers: Array | None

    @classmethod
    def of(cls, chain: Chain, moves: Sequence[Move]) -> _People:
        own = [] if chain.mediator_ordered else [chain.mediator]
        keys = [chain.X, *own, *(part for move in moves for part in (move.after, move.before, move.among))]
        _, group = distinct_rows(np.column_stack(keys))
        _, first = np.unique(group, return_index=True)
        return cls(
            X=chain.X[first],
            mediator=chain.mediator[first],
            moves=[Move(m.after[first], m.before[first], m.per_unit, m.among[first]) for m in moves],
            sums=sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group))))),
            mediator_answers=np.unique(chain.mediator) if chain.mediator_ordered else None,
            outcome_answers=np.unique(chain.outcome) if chain.outcome_ordered else None,
        )

    def steps(self, models: _Models) -> tuple[Array, ...]:
        """Change of the predicted outcome (B, V) per unit of the linear predictors.

        Of the outcome's, and of that times the mediator's answer; then of the mediator's.
        """
        direct = direct_by_answer = indirect = np.zeros((1, 1))
        predict, through = self._predictor(models, self.X), models.of_mediator(self.X)
        for m, p, dp in self._mediated(models, self.X):
            value, slope = predict(m)
            direct = direct + p * slope
            direct_by_answer = direct_by_answer + p * slope * m
            indirect = indirect + (slope * through if dp is None else dp * value)
        return direct, direct_by_answer, indirect

    def whole(self, models: _Models, move: Move, share: Array) -> tuple[Array, Array]:
        """Direct and indirect effects (B,) of the whole step."""
        sides = (move.after, move.before)
        predict = [self._predictor(models, X) for X in sides]
        # mean outcome with predictors as after / before (first index), mediator as after / before (second)
        mean = np.zeros((2, 2, len(share)))
        for mediated in zip(*(self._mediated(models, X) for X in sides), strict=True):
            for j in range(2):
                known = predict[j](mediated[0][0])[0]
                for i, (m, p, _) in enumerate(mediated):
                    value = known if i == 0 or self.mediator_answers is not None else predict[j](m)[0]
                    mean[j, i] += (share * p * value).sum(axis=1)
        direct = (mean[0, 0] - mean[1, 0] + mean[0, 1] - mean[1, 1]) / 2
        return direct, mean[0, 0] - mean[1, 1] - direct

    def _mediated(
        self, models: _Models, X: Array
    ) -> Iterator[tuple[Array | float, Array | float, Array | None]]:
        """Each answer of the mediator, its probability, and that one's derivative; for a line, the answer moved."""
        if self.mediator_answers is None:
            # everybody keeps what their answer is off the line by
            yield self.mediator + models.mediator @ (X - self.X).T, 1.0, None
            return
        eta = models.mediator @ X.T
        below, density = np.zeros_like(eta), np.zeros_like(eta)
        for k, answer in enumerate(self.mediator_answers):
            last = k == len(self.mediator_answers) - 1
            next_below = np.ones_like(eta) if last else expit(models.mediator_cuts[:, k, None] - eta)
            next_density = next_below * (1 - next_below)
            yield float(answer), next_below - below, density - next_density
            below, density = next_below, next_density

    def _predictor(self, models: _Models, X: Array) -> Callable[[Array | float], tuple[Array, Array | float]]:
        """Return a function of the mediator: mean outcome at X (B, V), and its derivative by the linear predictor."""
        base, through = models.outcome @ X.T, models.of_mediator(X)
        if self.outcome_answers is None:
            return lambda m: (base + m * through + models.outcome_cuts, 1.0)
        last, jumps = float(self.outcome_answers[-1]), np.diff(self.outcome_answers)
        odds = np.exp(-np.clip(models.outcome_cuts, -FARTHEST, FARTHEST)).T[:, :, None]

        def predict(m: Array | float) -> tuple[Array, Array]:
            up = np.exp(np.clip(base + m * through, -FARTHEST, FARTHEST))  # one exponential for all cuts
            value, slope = np.full_like(up, last), np.zeros_like(up)
            for jump, odd in zip(jumps, odds, strict=True):
                below = 1 / (1 + up * odd)
                value -= jump * below
                slope += jump * below * (1 - below)
            return value, slope

        return predict


@dataclass(frozen=True, eq=False)
class _Models:
    """Coefficients of B pairs of models; cuts are the intercept of a line, (B, 1)."""

    mediator: Array
    mediator_cuts: Array
    outcome_coef: Array
    outcome_cuts: Array
    products: list[int]

    @property
    def q(self) -> int:
        """Columns of X."""
        return self.mediator.shape[1]

    @property
    def outcome(self) -> Array:
        """Coefficients (B, q) of X in the outcome's model, at mediator 0."""
        return self.outcome_coef[:, : self.q]

    def of_mediator(self, X: Array) -> Array:
        """Effect (B, U) of the mediator on the outcome's linear predictor."""
        own, with_x = self.outcome_coef[:, self.q, None], self.outcome_coef[:, self.q + 1 :]
        return own + with_x @ X[:, self.products].T


def _per_unit(models: _Models, move: Move, share: Array, steps: tuple[Array, ...]) -> tuple[Array, Array]:
    """Direct and indirect effects (B,) of a small step, per 1."""
    D = move.after - move.before
    with_mediator = models.outcome_coef[:, models.q + 1 :] @ D[:, models.products].T
    direct = (share * steps[0] * (models.outcome @ D.T)).sum(axis=1)
    direct += (share * steps[1] * with_mediator).sum(axis=1)
    return direct, (share * steps[2] * (models.mediator @ D.T)).sum(axis=1)


def _blocks(B: int, width: int) -> Iterator[slice]:
    size = max(1, BLOCK // width)
    for start in range(0, B, size):
        yield slice(start, min(start + size, B))


def _fitted(y: Array, X: Array, W: Array, ordered: bool) -> tuple[Array, Array]:
    """Coefficients (B, q) and cuts (B, K-1), or the intercept (B, 1) of a line."""
    if not ordered:
        return _lines(y, X, W)
    answers, code = np.unique(y, return_inverse=True)
    batch = fit_cumulative_batch(code, X, W, n_levels=len(answers))
    return batch.coef, batch.thresholds


def _lines(y: Array, X: Array, W: Array) -> tuple[Array, Array]:
    """Least squares under many weightings; what a weighting cannot tell apart shares the effect."""
    data = np.column_stack([X, y])
    centre, spread = data.mean(axis=0), data.std(axis=0)
    data = (data - centre) / np.where(spread > 0, spread, 1.0)
    share = W / W.sum(axis=1, keepdims=True)
    size = data.shape[1]
    i, j = np.triu_indices(size)
    first = share @ data
    moments = np.empty((len(W), size, size))
    moments[:, i, j] = moments[:, j, i] = share @ (data[:, i] * data[:, j]) - first[:, i] * first[:, j]
    inverse = np.linalg.pinv(moments[:, :-1, :-1], rcond=1e-12, hermitian=True)
    scaled = np.einsum("bij,bj->bi", inverse, moments[:, :-1, -1])
    coef = scaled * spread[-1] / np.where(spread[:-1] > 0, spread[:-1], 1.0)
    mean = first * np.where(spread > 0, spread, 1.0) + centre
    intercept = mean[:, -1] - (coef * mean[:, :-1]).sum(axis=1)
    return coef, intercept[:, None]


Interval: TypeAlias = Literal["percentile", "bias_corrected"]


def bootstrap_interval(
    estimate: ArrayLike,
    draws: ArrayLike,
    conf_level: float,
    method: Interval = "percentile",
    *,
    df: float = np.inf,
    widen: float = 1.0,
) -> tuple[Array, Array]:
    """Return the interval of each estimate from its bootstrap draws.

    Parameters
    ----------
    estimate : array (...)
    draws : array (B, ...)
        Estimates of resampled surveys.
    conf_level : float
        Between 0 and 1.
    method : {"percentile", "bias_corrected"}
        The quantiles of the draws; or moved by twice the normal score of the share of draws below the estimate.
    df : float
        Degrees of freedom of the design. Quantiles of the draws are those of a normal; few rows or clusters ask
        for those of a t (Hesterberg's expanded percentiles).
    widen : float
        √(n / (n - parameters)): the draws follow a fit whose residuals are too small by that.

    Returns
    -------
    conf_low, conf_high : array (...)

    Notes
    -----
    Of an indirect effect that is truly 0 on both legs the percentile interval is too long and the
    bias-corrected one, which follows the noise of the estimate, too short; docs/driver_doubts.md has figures.

    References
    ----------
    Efron (1987), Better bootstrap confidence intervals. *JASA* 82, 171-185. Hesterberg (2015), What teachers
    should know about the bootstrap. *American Statistician* 69, 371-386.

    Examples
    --------
    >>> low, high = bootstrap_interval(0.0, np.arange(-100, 101.0), 0.9)
    >>> float(low), float(high)
    (-90.0, 90.0)
    """
    estimate, draws = np.asarray(estimate, float), np.asarray(draws, float)
    half = float(stdtrit(df, (1 + conf_level) / 2)) * widen
    reach = np.array([-half, half])
    if method == "percentile":
        low, high = np.quantile(draws, ndtr(reach), axis=0)
        return low, high
    B = len(draws)
    below = ((draws < estimate).sum(axis=0) + (draws == estimate).sum(axis=0) / 2) / B
    shift = 2 * ndtri(np.clip(below, 0.5 / B, 1 - 0.5 / B))
    ordered = np.sort(draws.reshape(B, -1), axis=0)
    at = ndtr(np.ravel(shift) + reach[:, None]) * (B - 1)
    floor = np.minimum(at.astype(int), B - 2)
    columns = np.arange(ordered.shape[1])
    found = ordered[floor, columns] + (at - floor) * (ordered[floor + 1, columns] - ordered[floor, columns])
    low, high = found.reshape(2, *estimate.shape)
    return low, high


def bootstrap_p_value(draws: ArrayLike, *, df: float = np.inf, widen: float = 1.0) -> Array:
    """Return the level at which the percentile interval would begin to leave 0 out.

    Parameters
    ----------
    draws : array (B, ...)
    df, widen : float
        As for `bootstrap_interval`.

    Returns
    -------
    array (...)
        Two-sided, never 0: no draw beyond 0 is not proof of none.

    Examples
    --------
    >>> bootstrap_p_value(np.arange(-1.0, 98.0)).round(2).tolist()
    0.06
    """
    draws = np.asarray(draws, float)
    below, above = (draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0)
    tail = np.minimum((1 + np.minimum(below, above)) / (1 + len(draws)), 0.5)
    return np.asarray(2 * stdtr(df, ndtri(tail) / widen))
