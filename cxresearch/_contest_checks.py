"""What a reader must know before believing a comparison: each check gives at most one note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._accuracy import Linearised, Protocol, in_sample
from cxresearch._contest import Contest, enter
from cxresearch._rows import door_notes
from cxresearch.errors import DesignError, SurveyError
from cxresearch.results import SIMULATED, Note
from cxresearch.stats.association import largest_r
from cxresearch.survey.cells import Cells
from cxresearch.survey.codebook import Question
from cxresearch.survey.survey import Survey

Array: TypeAlias = NDArray[np.float64]

PILED_UP = 0.6  # share of one answer from which a metric is said to have little spread
LOW_CEILING = 0.8  # largest correlation the margins allow, below which the note is given
FEW_CLUSTERS = 30
SMALL = 50  # rows from which the intervals were calibrated
SEGMENT_ROWS = 30  # a smaller segment is not compared


@dataclass(frozen=True, eq=False)
class Findings:
    """What the checks look at."""

    survey: Survey
    outcome: Question
    metrics: tuple[Question, ...]
    cells: Cells
    contest: Contest
    found: Linearised
    own: pd.DataFrame
    models: pd.DataFrame
    protocol: Protocol


def notes(findings: Findings) -> tuple[Note, ...]:
    """Return every note that applies, those that change the reading first."""
    made = [note for check in CHECKS for note in check(findings)]
    return tuple(sorted(made, key=lambda note: not note.changes_reading))


def _simulated(f: Findings) -> Iterator[Note]:
    if f.survey.codebook.simulated:
        yield SIMULATED


def _left_out(f: Findings) -> Iterator[Note]:
    if f.contest.n_missing == 0:
        return
    total = int(f.cells.n.sum())
    without = []
    for question in (*f.metrics, f.outcome):
        rows = int(f.cells.n[np.isnan(f.cells.column(question.name))].sum())
        if rows:
            without.append(f"`{question.name}` {rows:,}")
    zero = int(f.cells.n[f.cells.w <= 0].sum())
    without += [f"weight 0 {zero:,}"] if zero else []
    share = f.contest.n_missing / total
    yield Note(
        "listwise",
        f"{f.contest.n_missing:,} of {total:,} rows ({share:.0%}) are left out; without an answer: "
        f"{', '.join(without)}. Those who skip questions may differ; `own` has each metric on all its own answers.",
    )
    order = [
        frame.sort_values("estimate").metric.iloc[-1] for frame in (f.own[f.own.measure == "pearson_r"],)
    ]
    leader = _leader(f.contest, f.found)
    if order and order[0] != leader:
        yield Note(
            "own_answers_differ",
            f"On each metric's own answers `{order[0]}` has the highest r; on the rows that answered everything "
            f"`{leader}` has. By how little, `own` says.",
        )


def _leader(contest: Contest, found: Linearised, measure: str = "pearson_r") -> str:
    values = [found.value[found.position(metric.name, "linear", measure)] for metric in contest.metrics]
    return contest.metrics[int(np.argmax(values))].name


def _reversed(f: Findings) -> Iterator[Note]:
    for metric in f.contest.metrics:
        r = float(f.found.value[f.found.position(metric.name, "linear", "pearson_r")])
        if r < 0:
            yield Note(
                "reversed",
                f"`{metric.name}` goes down as `{f.outcome.name}` goes up (r = {r:.3f}) although the codebook says "
                "both are better the same way. Check `good` of its scale before reading its place in the ranking.",
                True,
            )


def _same_scale(f: Findings) -> Iterator[Note]:
    points = {question.name: _length(question) for question in (*f.metrics, f.outcome)}
    shared = [metric.name for metric in f.metrics if _ends(metric) == _ends(f.outcome)]
    if shared and len(shared) < len(f.metrics):
        yield Note(
            "scale_shared",
            f"{_names(shared)} and the outcome were asked on the same scale, the other metrics were not: habits of "
            "using a scale lift correlations between questions that share it.",
            True,
        )
    lengths = {points[metric.name] for metric in f.metrics}
    if len(lengths) > 1 and None not in lengths:
        listed = ", ".join(f"`{metric.name}` {points[metric.name]}" for metric in f.metrics)
        yield Note(
            "points_differ",
            f"Answer points differ ({listed}): with equal truth and equal reliability alone, 5, 7 and 11 points give "
            "r of about .497, .505 and .512. Differences of that size are no finding.",
        )


def _ends(question: Question) -> tuple[float, float]:
    return question.scale.low, question.scale.high


def _length(question: Question) -> int | None:
    scale = question.scale
    if question.is_index or scale.continuous:
        return None
    return len(scale.points)


def _one_sitting(f: Findings) -> Iterator[Note]:
    if f.contest.kind != "binary":
        yield Note(
            "one_questionnaire",
            f"Predicts, not causes: `{f.outcome.name}` and the metrics are answers of the same people, as far as the "
            "codebook says in one questionnaire, so what they share includes mood and answering habits.",
        )


def _restricted(f: Findings) -> Iterator[Note]:
    w = f.contest.sample.w
    piled, capped = [], []
    for which, metric in enumerate(f.contest.metrics):
        table = f.contest.table(which, w[None, :])[0]
        share = table.sum(axis=1).max() / table.sum()
        ceiling = largest_r(table, metric.values, f.contest.outcome.values)
        if share > PILED_UP:
            piled.append(f"`{metric.name}` {share:.0%}")
        if ceiling < LOW_CEILING and f.contest.kind != "binary":  # two values cap r by themselves
            capped.append(f"`{metric.name}` {ceiling:.2f}")
    text = [f"most respondents gave one and the same answer ({', '.join(piled)})"] if piled else []
    text += (
        [f"the answers' shares alone keep r with `{f.outcome.name}` below {', '.join(capped)}"]
        if capped
        else []
    )
    if text:
        yield Note(
            "restricted_range",
            f"Little spread: {'; '.join(text)}. Little spread predicts little, whatever the metric's worth elsewhere.",
            True,
        )


def _small(f: Findings) -> Iterator[Note]:
    rows = f.contest.sample.rows
    if rows < SMALL:
        yield Note(
            "small_sample",
            f"Only {rows} rows answered everything. Intervals were calibrated from 50 rows on; below, read them as a "
            "rough guide, and the number of rows that would settle it as a rougher one.",
            True,
        )


def _nothing_predicts(f: Findings) -> Iterator[Note]:
    at = [f.found.position(metric.name, "linear", "pearson_r") for metric in f.contest.metrics]
    lows = [f.found.estimate(which).r_interval(f.protocol.conf_level)[0] for which in at]
    if not any(low > 0 for low in lows):
        yield Note(
            "nothing_predicts",
            f"No metric's correlation with `{f.outcome.name}` has an interval above 0: which of them predicts "
            "better is a contest between noises.",
            True,
        )


def _separated(f: Findings) -> Iterator[Note]:
    models = list(dict.fromkeys(f.models.model[f.models.separated]))
    if models:
        yield Note(
            "separated",
            f"In the model(s) {_names(models)} the answers tell the outcomes apart without error, so the "
            "coefficients have no upper bound and no interval. Correlations and AUC are not affected.",
            True,
        )


def _weighting(f: Findings) -> Iterator[Note]:
    sample = f.contest.sample
    if f.cells.weighted:
        approximate = (
            ""
            if sample.exact
            else (
                " Weights take many values: resampling matches their mean and variance within each answer pattern."
            )
        )
        yield Note(
            "weights",
            f"Weighted; unequal weights leave {sample.n_effective:,.0f} effective of {sample.rows:,} rows "
            f"(Kish).{approximate}",
        )
    if sample.cluster is not None:
        count = len(np.unique(sample.units()))
        few = count < FEW_CLUSTERS
        more = " With so few, intervals are rough." if few else ""
        yield Note("clusters", f"Errors, folds and draws go by {count:,} clusters, not by rows.{more}", few)


def _segments(f: Findings) -> Iterator[Note]:
    names = [question.name for question in (*f.metrics, f.outcome)]
    leader = _leader(f.contest, f.found)
    for segment in f.survey.codebook.segments:
        cells = f.survey.cells(
            names, by=segment, weights=f.cells.weighted, clusters=f.cells.cluster is not None
        )
        against = [
            text
            for code, level in enumerate(cells.levels[segment])
            if (text := _against(f, cells.where(cells.column(segment) == code), str(level), leader))
        ]
        if against:
            yield Note(
                "segments_disagree",
                f"`{segment}` disagrees with the whole: {'; '.join(against)}. One ranking for all hides this.",
                True,
            )


def _against(f: Findings, cells: Cells, level: str, leader: str) -> str:
    """Say where another metric than the whole survey's leader leads clearly in a segment; empty otherwise."""
    try:
        contest = enter(cells, f.outcome, f.metrics)
    except SurveyError:
        return ""
    if contest.sample.rows < SEGMENT_ROWS or contest.sample.degrees < 2:
        return ""
    try:
        found = in_sample(contest, f.protocol.link, ("pearson_r",))
    except DesignError:  # a stratum has one cluster in this segment: no error, so nothing clear
        return ""
    other = _leader(contest, found)
    if other == leader:
        return ""
    at = [found.position(name, "linear", "pearson_r") for name in (other, leader)]
    gap = found.difference(*at)
    low, high = gap.interval(f.protocol.conf_level)
    if not low > 0:
        return ""
    lead = f"{gap.value:.3f} ({low:.3f} to {high:.3f})"
    return f"in {level} (n = {contest.sample.rows:,}) `{other}` leads `{leader}` by {lead}"


def _door(f: Findings) -> Iterator[Note]:
    yield from door_notes(f.survey.problems, {question.name for question in (*f.metrics, f.outcome)})


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


CHECKS: tuple[Callable[[Findings], Iterator[Note]], ...] = (
    _simulated, _door, _small, _nothing_predicts, _reversed, _left_out, _same_scale, _restricted, _separated, _segments,
    _weighting, _one_sitting,
)  # fmt: skip
