"""One contest under every reasonable choice: outcome x scorer x estimator x weights x subset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._accuracy import log_gain
from cxresearch._contest import Contest, enter
from cxresearch._rows import frame, row_of
from cxresearch.errors import CodebookError, DesignError, ScaleError, SurveyError
from cxresearch.results import SIMULATED, Note, Result
from cxresearch.stats import association, resampling
from cxresearch.stats.estimates import Estimate, influence_t
from cxresearch.stats.influence import correlation_influence
from cxresearch.survey.cells import Cells
from cxresearch.survey.codebook import Question
from cxresearch.survey.scales import Box

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cxresearch.comparison import Comparison

Array: TypeAlias = NDArray[np.float64]
Estimator: TypeAlias = Callable[[Array, Array, Array], Array]

SMALLEST_SUBSET = 50  # rows; a smaller segment is left out and counted
MOST_NAMED = 8  # subsets left out that the note names
CHOICES = ("outcome", "scorer", "estimator", "weights", "subset")


@dataclass(frozen=True, repr=False)
class Multiverse(Result):
    """The difference between two metrics under every specification.

    Attributes
    ----------
    table : DataFrame
        Key ``outcome scorer estimator weights subset a b``: difference a - b on the correlation scale, with its
        interval, p-value, and the correlations ``r_a`` and ``r_b``.
    leaders : DataFrame
        For each metric, in how many specifications it leads, and in how many its lead over every other metric
        has an interval above 0.
    pair : tuple of str
        The pair drawn by default: the comparison's leader and its runner-up.
    """

    leaders: pd.DataFrame
    pair: tuple[str, str]
    rope: float

    def _headline(self) -> str:
        best = self.leaders.iloc[0]
        count = int(self.leaders["leads"].sum())
        return f"`{best.metric}` leads in {best.leads} of {count} specifications, clearly in {best.leads_clearly}."

    def _shown(self) -> pd.DataFrame:
        return self.leaders

    def _extra(self) -> dict[str, Any]:
        return {"pair": self.pair, "rope": self.rope}

    def plot(self, pair: tuple[str, str] | None = None) -> Figure:
        """Draw the specification curve of one pair: differences in rising order over the choices made."""
        from cxresearch.plots_compare import draw_multiverse

        return self._labelled(draw_multiverse(self, pair or self.pair))


def multiverse(comparison: Comparison, outcomes: str | Sequence[str] | None = None) -> Multiverse:
    """Repeat a comparison under every combination of defensible choices.

    Parameters
    ----------
    comparison : Comparison
        From `cxresearch.compare`.
    outcomes : str or sequence of str, optional
        Outcomes to go through; by default all of the codebook that are not among the metrics.

    Returns
    -------
    Multiverse

    Notes
    -----
    Scorers: the answers as they are, as officially scored, top-2 box, top box. Estimators: Pearson, Spearman,
    Somers' D, and the likelihood-ratio r, ``sqrt(1 - exp(-2 gain))``, of the cumulative-link model. Weights: as
    designed and none. Subsets: everybody, and each segment of the codebook with at least 50 complete rows.

    How it misleads: specifications share their rows, so a count of them is no test; a choice that is listed is
    not thereby a good one.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis. *Nature Human Behaviour* 4, 1208-1214.

    Examples
    --------
    >>> import cxresearch as cx
    >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
    >>> contest = cx.compare(survey, "repurchase", ["ces", "csat"])
    >>> contest.multiverse().table.groupby("estimator").size().index.tolist()
    ['likelihood_r', 'pearson_r', 'somers_d', 'spearman_r']
    """
    survey = comparison.survey
    names = _outcomes(comparison, outcomes)
    metrics = [survey.question(name) for name in comparison.metrics]
    rows: list[dict[str, Any]] = []
    left_out: list[str] = []
    for name in names:
        for setting, cells in _subsets(comparison, name):
            try:
                contest = enter(cells, survey.question(name), metrics)
                if contest.sample.rows < SMALLEST_SUBSET:
                    raise SurveyError(f"{contest.sample.rows} complete rows")
                rows += _specifications(contest, metrics, comparison, {"outcome": name} | setting)
            except (SurveyError, DesignError) as problem:
                left_out.append(f"{name}, {setting['subset']}, {setting['weights']}: {problem}")
    table = frame(rows, (*CHOICES, "a", "b"), ("p_value", "r_a", "r_b"))
    leaders = _leaders(table, comparison.metrics)
    return Multiverse(
        table=table,
        question=f"{comparison.question} Under every choice of {', '.join(CHOICES)}",
        method=f"{100 * comparison.conf_level:g} % delete-one jackknife t intervals, or linearised over the design.",
        conf_level=comparison.conf_level,
        seed=None,
        n=comparison.n,
        n_missing=comparison.n_missing,
        notes=tuple(_notes(comparison, table, left_out)),
        leaders=leaders,
        pair=_pair(comparison),
        rope=comparison.protocol.rope,
    )


def _notes(comparison: Comparison, table: pd.DataFrame, left_out: Sequence[str]) -> Iterator[Note]:
    if SIMULATED in comparison.notes:
        yield SIMULATED
    yield Note("dependent", "Specifications share their rows: counts of them are a description, not a test.")
    if (table.scorer == "official").any():
        yield Note(
            "official_codings",
            "Scorer `official` sets each metric as it is managed against the others: a mean left whole may meet a "
            "box cut in two, so there the scoring competes, not the question.",
        )
    if left_out:
        more = f"; and {len(left_out) - MOST_NAMED:,} more" if len(left_out) > MOST_NAMED else ""
        named = "; ".join(left_out[:MOST_NAMED])
        yield Note("left_out", f"{len(left_out):,} subsets left out ({named}{more}).")


def _outcomes(comparison: Comparison, outcomes: str | Sequence[str] | None) -> tuple[str, ...]:
    """Outcomes to go through, each a question other than the metrics; a single name is one name."""
    if outcomes is None:
        return tuple(name for name in comparison.survey.codebook.outcomes if name not in comparison.metrics)
    names = (outcomes,) if isinstance(outcomes, str) else tuple(outcomes)
    for name in names:
        if name in comparison.metrics:
            raise CodebookError(f"`{name}` is both a metric and the outcome; leave it out of `outcomes`.")
        if comparison.survey.question(name).kind == "category":
            raise ScaleError(f"`{name}` is a category, not a scale: its answers have no order to correlate.")
    return names


def _pair(comparison: Comparison) -> tuple[str, str]:
    wanted = (comparison.table.measure == comparison.protocol.measure) & (comparison.table.coding == "linear")
    first, second = comparison.table[wanted].nlargest(2, "estimate").metric
    return str(first), str(second)


def _subsets(comparison: Comparison, outcome: str) -> Iterator[tuple[dict[str, str], Cells]]:
    """Settings of weights and subset, each with its cells."""
    survey, book = comparison.survey, comparison.survey.codebook
    weighted = [True, False] if book.weight and comparison.weighted else [False]
    for weights in weighted:
        label = {"weights": "weighted" if weights else "unweighted"}
        asked = [*comparison.metrics, outcome]
        yield label | {"subset": "all"}, survey.cells(asked, weights=weights, clusters=comparison.clustered)
        for segment in book.segments:
            cells = survey.cells(asked, by=segment, weights=weights, clusters=comparison.clustered)
            for code, level in enumerate(cells.levels[segment]):
                yield label | {"subset": f"{segment} = {level}"}, cells.where(cells.column(segment) == code)


def _forms(contest: Contest, questions: Sequence[Question]) -> dict[str, list[Array]]:
    """By scorer, the value of each answer of each metric (high = good)."""
    forms = {"answers": [metric.values for metric in contest.metrics]}
    if any(metric.scorer != "mean" for metric in contest.metrics):
        forms["official"] = [metric.official for metric in contest.metrics]
    for k, name in ((2, "top-2 box"), (1, "top box")):
        boxes = [
            Box(k).apply(metric.values, question.scale.oriented)
            for metric, question in zip(contest.metrics, questions, strict=True)
            if not question.scale.continuous and len(question.scale.points) > k
        ]
        if len(boxes) == len(contest.metrics) and all(len(np.unique(box)) > 1 for box in boxes):
            forms[name] = boxes
    return forms


def _likelihood_r(link: str) -> Estimator:
    def estimate(T: Array, x: Array, _: Array) -> Array:
        return np.asarray(np.sqrt(np.maximum(-np.expm1(-2 * log_gain(T, x, link)), 0.0)))

    return estimate


def _estimators(contest: Contest, link: str) -> dict[str, Estimator]:
    made = {name: association.CORRELATIONS[name] for name in ("pearson_r", "spearman_r", "somers_d")}
    return made if contest.kind == "continuous" else made | {"likelihood_r": _likelihood_r(link)}


def _specifications(
    contest: Contest, questions: Sequence[Question], comparison: Comparison, setting: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Rows of one subset: every scorer by every estimator by every pair."""
    if contest.sample.degrees < 2:
        raise DesignError("too few clusters for an interval")
    for scorer, coded in _forms(contest, questions).items():
        for name, estimator in _estimators(contest, comparison.protocol.link).items():
            if contest.kind == "continuous":
                value, influence = _values_of_many(contest, coded, name)
            else:
                value, influence = _values(contest, coded, estimator)
            for a, b in combinations(range(len(contest.metrics)), 2):
                error = influence_t(influence[:, a] - influence[:, b], contest.sample)
                gap = Estimate(float(value[a] - value[b]), *error)
                keys = {
                    "scorer": scorer,
                    "estimator": name,
                    "a": contest.metrics[a].name,
                    "b": contest.metrics[b].name,
                }
                row = row_of(contest, gap, gap.interval(comparison.conf_level), **setting, **keys)
                yield row | {"p_value": gap.p_value, "r_a": float(value[a]), "r_b": float(value[b])}


def _values_of_many(contest: Contest, coded: Sequence[Array], name: str) -> tuple[Array, Array]:
    """`_values` by analytic influences, for an outcome of many values."""
    y = contest.outcome.values[contest.outcome.code]
    made = [
        correlation_influence(name, x[metric.code], y, contest.sample.w)
        for x, metric in zip(coded, contest.metrics, strict=True)
    ]
    return np.array([value for value, _ in made]), np.column_stack([psi for _, psi in made])


def _values(contest: Contest, coded: Sequence[Array], estimator: Estimator) -> tuple[Array, Array]:
    """Estimate of each metric ``(m,)`` and the influence of the units on it ``(U, m)``."""
    y = contest.outcome.values
    values, slopes = [], []
    for which, x in enumerate(coded):
        distinct, group = np.unique(x, return_inverse=True)
        merge = np.eye(len(distinct))[:, group]

        def statistic(W: Array, merge: Array = merge, distinct: Array = distinct) -> Array:
            T = merge @ W.reshape(len(W), merge.shape[1], len(y))
            return estimator(T, distinct, y)[:, None]

        table = contest.table(which, contest.sample.w[None, :]).reshape(-1)
        value, slope = resampling.deletion_slopes(statistic, table, contest.row_counts(which))
        values.append(value[0])
        slopes.append(slope[contest.flat_code(which), 0])
    return np.array(values), resampling.influence_of(np.column_stack(slopes), contest.sample)


def _leaders(table: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Count specifications led, and led clearly, by each metric."""
    leads, clearly = dict.fromkeys(metrics, 0), dict.fromkeys(metrics, 0)
    for _, part in table.groupby(list(CHOICES), sort=False):
        values = dict(zip(part.a, part.r_a, strict=True)) | dict(zip(part.b, part.r_b, strict=True))
        leader = max(values, key=lambda name: values[name])
        leads[leader] += 1
        ahead = np.where(part.a == leader, part.conf_low > 0, (part.b == leader) & (part.conf_high < 0))
        involved = (part.a == leader) | (part.b == leader)
        clearly[leader] += bool(ahead[involved].all())
    rows = [{"metric": name, "leads": leads[name], "leads_clearly": clearly[name]} for name in metrics]
    return pd.DataFrame(rows).sort_values("leads", ascending=False, ignore_index=True)
