"""Problems that only two columns together show: copies, and coding that runs against the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxresearch.survey._text import shown
from cxresearch.survey.codebook import Codebook, Question
from cxresearch.survey.frames import Frame, Key

if TYPE_CHECKING:
    from cxresearch.survey.checks import Problem, Seen

Float = npt.NDArray[np.float64]
LEAST_COPY = 8  # rows: fewer agree by accident
LEAST_RECODE = 30  # rows: an outcome that is a function of a metric
LEAST_REVERSED = 30  # rows
AGAINST = -0.1  # a correlation below this runs against
DEVIATIONS = 3.0  # and by this many standard errors of a correlation of zero
MOST_VALUES = 1_000  # columns of more distinct values are not compared in pairs


def compare_columns(frame: Frame, book: Codebook, seen: Sequence[Seen]) -> list[Problem]:
    """Return duplicated columns, outcomes that copy a metric, and coding that looks reversed."""
    fine = [s for s in seen if s.question.kind != "category" and len(s.raw) <= MOST_VALUES and _varies(s)]
    by_question: dict[str, list[Seen]] = {}
    for item in fine:
        by_question.setdefault(item.question.name, []).append(item)
    whole = [q for q in book.questions if len(by_question.get(q.name, ())) == len(q.columns)]
    copies = _copies(frame, whole, by_question)
    told = {frozenset((problem.question, problem.column)) for problem in copies}
    return [
        *copies,
        *_duplicates(frame, fine, told),
        *_siblings(frame, [(q, by_question[q.name]) for q in whole if q.is_index]),
        *_against(frame, [(q, by_question[q.name]) for q in whole if q.role in ("metric", "outcome")]),
    ]


def _varies(seen: Seen) -> bool:
    """Return whether a column holds several answers, all of them on its scale."""
    known = seen.values[~np.isnan(seen.values)]
    return len(np.unique(known)) > 1 and bool(seen.question.scale.within(known).all())


def _key(question: Question, items: Sequence[Seen]) -> Key:
    """Return the group-by key of a question's answers."""
    ends = question.scale.low + question.scale.high
    values = tuple(ends - s.values if s.column in question.reverse else s.values for s in items)
    return Key(tuple(s.column for s in items), values, question.min_items)


def _table(frame: Frame, a: Key, b: Key) -> tuple[Float, Float, npt.NDArray[np.int64]]:
    """Return the pairs of answers with their counts, both answered."""
    found = frame.group([a, b])
    both = ~np.isnan(found.values).any(axis=1)
    return found.values[both, 0], found.values[both, 1], found.n[both]


def _correlation(x: Float, y: Float, n: npt.NDArray[np.int64]) -> tuple[float, int]:
    """Return the correlation of counted pairs and the rows behind it; 0 where undefined."""
    total = int(n.sum())
    if total < 2:
        return 0.0, total
    x, y = x - np.average(x, weights=n), y - np.average(y, weights=n)
    scale = np.sqrt((n * x * x).sum() * (n * y * y).sum())
    return (float((n * x * y).sum() / scale) if scale > 0 else 0.0), total


def _copies(frame: Frame, whole: Sequence[Question], items: dict[str, list[Seen]]) -> list[Problem]:
    """Return outcomes that hold the answers of a metric, recoded or not."""
    found = []
    for outcome in (q for q in whole if q.role == "outcome"):
        for metric in (q for q in whole if q.role == "metric"):
            problem = _copy(frame, outcome, metric, items)
            if problem is not None:
                found.append(problem)
    return found


def _copy(frame: Frame, outcome: Question, metric: Question, items: dict[str, list[Seen]]) -> Problem | None:
    from cxresearch.survey.checks import Problem

    names = f"outcome `{outcome.name}` and metric `{metric.name}`"
    shared = set(outcome.columns) & set(metric.columns)
    if shared:
        text = f"{names} share column {shown(min(shared))}: predicting one by the other says nothing."
        return Problem(
            outcome.columns[0], outcome.name, "outcome_copy", text, frame.n_rows, severity="warning"
        )
    x, y, n = _table(frame, _key(metric, items[metric.name]), _key(outcome, items[outcome.name]))
    rows, levels = int(n.sum()), len(np.unique(x))
    answered = sum(int(s.counts[~np.isnan(s.values)].sum()) for s in items[outcome.name]) / len(
        outcome.columns
    )
    if rows < max(LEAST_COPY, 0.5 * answered) or len(np.unique(y)) < 2:
        return None
    if np.array_equal(x, y):
        how = "hold the same answer"
    elif len(x) == levels and rows >= max(LEAST_RECODE, 5 * levels):
        how = (
            f"are the same answers recoded: each answer to `{metric.name}` goes with one of `{outcome.name}`"
        )
    else:
        return None
    text = f"{names} {how}, in all {rows:,} rows that have both. Ask or measure the outcome on its own."
    return Problem(outcome.columns[0], outcome.name, "outcome_copy", text, rows)


def _duplicates(frame: Frame, seen: Sequence[Seen], told: set[frozenset[str]]) -> list[Problem]:
    """Return pairs of columns that hold the same answers in every row."""
    from cxresearch.survey.checks import Problem

    groups: dict[tuple[tuple[float, ...], ...], dict[str, Seen]] = {}
    for item in seen:
        order = np.argsort(item.values)
        known = order[~np.isnan(item.values[order])]
        values, rank = np.unique(item.values[known], return_inverse=True)
        counts = np.bincount(rank, item.counts[known])
        if counts.sum() >= LEAST_COPY:
            groups.setdefault((tuple(values), tuple(counts)), {}).setdefault(item.column, item)
    found = []
    for a, b in (pair for group in groups.values() for pair in combinations(group.values(), 2)):
        roles = {a.question.role, b.question.role}
        if roles == {"metric", "outcome"} and any(s.question.name in names for s in (a, b) for names in told):
            continue
        values = frame.group([Key((a.column,), (a.values,)), Key((b.column,), (b.values,))]).values
        if np.array_equal(values[:, 0], values[:, 1], equal_nan=True):
            text = (
                f"columns {shown(a.column)} (`{a.question.name}`) and {shown(b.column)} "
                f"(`{b.question.name}`) hold the same answers in all {frame.n_rows:,} rows: probably a copy."
            )
            found.append(
                Problem(b.column, b.question.name, "duplicate", text, frame.n_rows, severity="warning")
            )
    return found


def _runs_against(r: float, n: int) -> bool:
    return n >= LEAST_REVERSED and r < AGAINST and r * np.sqrt(n) < -DEVIATIONS


def _siblings(frame: Frame, indices: Sequence[tuple[Question, list[Seen]]]) -> list[Problem]:
    """Return items that run against most other items of their index."""
    from cxresearch.survey.checks import Problem

    found = []
    for question, items in indices:
        ends = question.scale.low + question.scale.high
        keys = [
            Key((s.column,), (ends - s.values if s.column in question.reverse else s.values,)) for s in items
        ]
        names = [s.column for s in items]
        for odd, partners, n in _odd_ones(frame, names, keys):
            against = ", ".join(f"{r:.2f} with {shown(name)}" for name, r in partners)
            if len(names) == 2:
                what = f"its two items run against each other (correlation {against} of {shown(odd)})"
            else:
                what = f"column {shown(odd)} runs against the other items (correlation {against})"
            entry = f"[{question.role}s.{question.name}]"
            way = f"if it was asked the other way round, set reverse = [{shown(odd)}] in {entry}"
            text = f"`{question.name}`: {what}; {way}."
            found.append(Problem(odd, question.name, "reversed", text, n, severity="warning"))
    return found


def _against(frame: Frame, questions: Sequence[tuple[Question, list[Seen]]]) -> list[Problem]:
    """Return metrics and outcomes that run against most others once the good end is turned up."""
    from cxresearch.survey.checks import Problem

    keys, names, chosen = [], [], {}
    for question, items in questions:
        key = _key(question, items)
        if question.scale.good == "low":
            key = Key(
                key.columns, tuple(question.scale.orient(values) for values in key.values), key.min_items
            )
        keys.append(key)
        names.append(question.name)
        chosen[question.name] = question
    found = []
    for odd, partners, n in _odd_ones(frame, names, keys):
        question = chosen[odd]
        against = ", ".join(f"{r:.2f} with `{name}`" for name, r in partners)
        good = "low" if question.scale.good == "high" else "high"
        text = (
            f"`{odd}` runs against the other questions (correlation {against}, good ends up); if a {good} "
            f'answer is the good one, set good = "{good}" in [{question.role}s.{odd}].'
        )
        found.append(Problem(question.columns[0], odd, "reversed", text, n, severity="warning"))
    return found


def _odd_ones(
    frame: Frame, names: Sequence[str], keys: Sequence[Key]
) -> list[tuple[str, list[tuple[str, float]], int]]:
    """Return the names that run against more than half of the others, with those; of two, only the second."""
    against: dict[str, list[tuple[str, float]]] = {name: [] for name in names}
    partners = dict.fromkeys(names, 0)
    rows = dict.fromkeys(names, 0)
    for (a, key_a), (b, key_b) in combinations(zip(names, keys, strict=True), 2):
        if set(key_a.columns) & set(key_b.columns):
            continue
        r, n = _correlation(*_table(frame, key_a, key_b))
        for name, other in ((a, b), (b, a)):
            partners[name] += 1
            if _runs_against(r, n):
                against[name].append((other, r))
                rows[name] = max(rows[name], n)
    odd = [(name, against[name], rows[name]) for name in names if len(against[name]) > partners[name] / 2]
    return odd[-1:] if len(names) == 2 else odd
