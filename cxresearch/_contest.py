"""The answers that a comparison rests on: oriented, tabulated, ready for `cxresearch.stats`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cxresearch.errors import SurveyError
from cxresearch.stats.designs import Design
from cxresearch.survey.cells import Cells
from cxresearch.survey.codebook import Question

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
Kind: TypeAlias = Literal["binary", "ordinal", "continuous"]

ORDINAL_UP_TO = 21  # distinct outcome values; beyond, thresholds would outnumber what they explain
LARGEST_TABLE = 200_000  # answers of a metric times values of the outcome
FEWEST_ROWS = 10
DEPENDENT = 1e-9  # smallest eigenvalue of the metrics' correlations; below, one follows from the others


@dataclass(frozen=True, eq=False)
class Variable:
    """One question of the contest on its observed answers, high = good.

    Attributes
    ----------
    name : str
        The codebook's name.
    values : float array (L,)
        Observed answers, oriented so that high is good, increasing.
    code : int array (U,)
        Position in `values` of each unit's answer.
    official : float array (L,)
        What the official scorer makes of each answer, oriented so that high is good.
    scorer : str
        Name of the official scorer.
    """

    name: str
    values: Array
    code: Codes
    official: Array
    scorer: str


@dataclass(frozen=True, eq=False)
class Contest:
    """Metrics against one outcome on the rows that answered all of them.

    Attributes
    ----------
    metrics : tuple of Variable
        Those compared.
    outcome : Variable
        What they should predict.
    sample : Design
        Weights and design of the units.
    n_missing : int
        Rows left out: without an answer to one of the questions, or with weight 0.
    """

    metrics: tuple[Variable, ...]
    outcome: Variable
    sample: Design
    n_missing: int

    @property
    def kind(self) -> Kind:
        """How many values the outcome takes: two, a few, or too many for a threshold each."""
        count = len(self.outcome.values)
        return "binary" if count == 2 else "ordinal" if count <= ORDINAL_UP_TO else "continuous"

    @cached_property
    def _indicators(self) -> tuple[sparse.csr_matrix, ...]:
        """For each metric, a 0/1 matrix (table cells, U) that sums units into its crosstab with the outcome."""
        width = len(self.outcome.values)
        units = np.arange(len(self.sample.n))
        return tuple(
            sparse.csr_matrix(
                (np.ones(len(units)), (metric.code * width + self.outcome.code, units)),
                shape=(len(metric.values) * width, len(units)),
            )
            for metric in self.metrics
        )

    def table(self, which: int, W: Array) -> Array:
        """Crosstabs ``(B, L, K)`` of one metric with the outcome under weights ``(B, U)``."""
        flat = (self._indicators[which] @ W.T).T
        return np.ascontiguousarray(flat).reshape(len(W), len(self.metrics[which].values), -1)

    def row_counts(self, which: int) -> Codes:
        """Number of rows in each cell of one metric's crosstab, flattened (L * K,)."""
        return np.rint(self._indicators[which] @ self.sample.n).astype(np.int64)

    def flat_code(self, which: int) -> Codes:
        """Cell of one metric's flattened crosstab that each unit falls in."""
        return self.metrics[which].code * len(self.outcome.values) + self.outcome.code

    @cached_property
    def matrix(self) -> Array:
        """Answers of the metrics, then the outcome, one row a unit ``(U, m + 1)``."""
        columns = [*self.metrics, self.outcome]
        return np.column_stack([column.values[column.code] for column in columns])

    def moments(self, W: Array) -> Array:
        """Weighted covariance matrices ``(B, m + 1, m + 1)`` of the metrics, the outcome last."""
        size = self.matrix.shape[1]
        total = self.sample.w.sum()
        data = self.matrix - (self.sample.w @ self.matrix) / total  # centred: squares keep their digits
        share = W / W.sum(axis=1, keepdims=True)
        first = share @ data
        i, j = np.triu_indices(size)
        second = share @ (data[:, i] * data[:, j])
        covariance = np.empty((len(W), size, size))
        covariance[:, i, j] = covariance[:, j, i] = second - first[:, i] * first[:, j]
        return covariance


def without_one(contest: Contest) -> tuple[Array, Array]:
    """Covariance matrices after leaving one row out of each cell, by rank-one updates.

    Returns
    -------
    moments : array (U, m + 1, m + 1)
        As `Contest.moments` of the weights less one row.
    step : array (U,)
        Weight of the row left out.
    """
    sample = contest.sample
    total = sample.w.sum()
    step = sample.w / sample.n
    data = contest.matrix - (sample.w @ contest.matrix) / total
    rest = (total - step)[:, None]
    first = -(step[:, None] * data) / rest
    second = (data.T * sample.w) @ data - step[:, None, None] * data[:, :, None] * data[:, None, :]
    return second / rest[..., None] - first[:, :, None] * first[:, None, :], step


def enter(
    cells: Cells, outcome: Question, metrics: Sequence[Question], total_rows: int | None = None
) -> Contest:
    """Make the contest from cells that hold the metrics and the outcome.

    Raises
    ------
    SurveyError
        Where too few rows answered everything, a question has one answer only among them, or a metric follows
        exactly from the others.
    """
    questions = [*metrics, outcome]
    columns = np.column_stack([cells.column(question.name) for question in questions])
    keep = ~np.isnan(columns).any(axis=1) & (cells.w > 0)
    rows = int(cells.n[keep].sum())
    names = ", ".join(f"`{question.name}`" for question in questions)
    if rows < FEWEST_ROWS:
        raise SurveyError(
            f"only {rows} of {int(cells.n.sum()):,} rows answered all of {names}; a comparison needs at least "
            f"{FEWEST_ROWS}. Leave out the metric with most missing answers, or check its missing codes."
        )
    variables = [_variable(question, columns[keep, i]) for i, question in enumerate(questions)]
    single = [variable.name for variable in variables if len(variable.values) < 2]
    if single:
        raise SurveyError(
            f"{', '.join(f'`{name}`' for name in single)}: a single answer among the {rows:,} rows that answered all "
            f"of {names}. A question without spread predicts nothing and cannot be predicted."
        )
    width = len(variables[-1].values)
    if max(len(variable.values) for variable in variables[:-1]) * width > LARGEST_TABLE:
        raise SurveyError(
            f"`{outcome.name}` takes {width:,} values among {rows:,} rows: too many for a table of answers. "
            "Round it to a unit that matters, and give that unit as `step` in the codebook."
        )
    sample = Design(
        n=cells.n[keep],
        w=cells.w[keep],
        w2=cells.w2[keep],
        cluster=None if cells.cluster is None else cells.cluster[keep],
        stratum=None if cells.stratum is None else cells.stratum[keep],
        population=cells.population,
        exact=not cells.weighted or cells.weight_exact,
    )
    all_rows = int(cells.n.sum()) if total_rows is None else total_rows
    contest = Contest(tuple(variables[:-1]), variables[-1], sample, all_rows - rows)
    _refuse_dependent(contest)
    return contest


def _refuse_dependent(contest: Contest) -> None:
    """Refuse metrics of which one follows exactly from the others: none of them predicts anything of its own."""
    covariance = contest.moments(contest.sample.w[None, :])[0, :-1, :-1]
    spread = np.sqrt(np.diag(covariance))
    smallest, loadings = np.linalg.eigh(covariance / np.outer(spread, spread))
    if smallest[0] > DEPENDENT:
        return
    names = [
        f"`{metric.name}`"
        for metric, loading in zip(contest.metrics, loadings[:, 0], strict=True)
        if abs(loading) > 1e-3
    ]
    raise SurveyError(
        f"{', '.join(names)}: each follows exactly from the other{'s' * (len(names) > 2)} in all "
        f"{contest.sample.rows:,} rows that answered everything, so they cannot be told apart. Leave one out of "
        "`metrics`."
    )


def _variable(question: Question, answers: Array) -> Variable:
    oriented = question.scale.orient(answers)
    values, first, code = np.unique(np.round(oriented, 9), return_index=True, return_inverse=True)
    official = question.official.apply(answers[first], question.scale)
    if question.official.name == "mean":
        official = values
    return Variable(
        question.name, values, code.astype(np.int64), np.asarray(official, float), question.official.name
    )
