"""SERVQUAL and SERVPERF: service quality on the five RATER dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cxresearch._kpi_results import Indicator, alpha, checked_level, numbers, share
from cxresearch.errors import ScaleError
from cxresearch.results import ESTIMATE_COLUMNS, SIMULATED, Note, Result
from cxresearch.stats.gaps import difference_reliability, mean_interval
from cxresearch.survey.scales import INSTRUMENTS, Scale
from cxresearch.survey.survey import Survey

Array = NDArray[np.float64]

#: The five dimensions of service quality, by their initials RATER.
RATER = ("reliability", "assurance", "tangibles", "empathy", "responsiveness")
ITEMS = INSTRUMENTS["servqual"].scale
ALL, WEIGHTED = "all", "all, weighted"
LEAST_STEP = 1e-9  # means of answers differ by more, or by rounding


@dataclass(frozen=True, repr=False)
class Servqual(Result):
    """Service quality as the gap between what was received and what was expected.

    Attributes
    ----------
    table : DataFrame
        Keys ``dimension measure``: the gap, perception minus expectation, of each dimension, then of all and of all
        weighted; in points of the scale, negative where service falls short.
    means : DataFrame
        Keys ``dimension measure``: ``perception`` and ``expectation`` in points, and ``expectation at the best
        answer``, the share of customers in % who left no room above.
    reliability : DataFrame
        Keys ``dimension measure``: Cronbach's alpha of ``perception`` and of ``expectation``, their ``correlation``,
        and the reliability of the ``gap``, which these three leave.
    """

    means: pd.DataFrame
    reliability: pd.DataFrame


@dataclass(frozen=True, repr=False)
class Servperf(Result):
    """Service quality as received, without expectations.

    Attributes
    ----------
    table : DataFrame
        Keys ``dimension measure``: the mean perception of each dimension, then of all and of all weighted; in points.
    reliability : DataFrame
        Keys ``dimension measure``: Cronbach's alpha of ``perception``.
    """

    reliability: pd.DataFrame


def servqual(
    perceptions: Mapping[str, ArrayLike] | Mapping[str, str],
    expectations: Mapping[str, ArrayLike] | Mapping[str, str],
    *,
    survey: Survey | None = None,
    weights: Mapping[str, ArrayLike] | None = None,
    scale: Scale = ITEMS,
    conf_level: float = 0.95,
) -> Servqual:
    """Ask by how much service falls short of what customers expect, on each dimension.

    Parameters
    ----------
    perceptions, expectations : mapping of str to array_like (n_customers, n_items)
        By dimension (`RATER`), the answers to its items: what was received, and what an excellent firm would do. Rows
        are the same customers throughout and items stand in the same order in both.
    survey : Survey, optional
        Then `perceptions` and `expectations` hold the names of its questions instead, and the codebook says the scale,
        the codes for no answer and the items to turn. Its weights are not used.
    weights : mapping of str to float or array_like (n_customers,), optional
        Points given to each dimension, such as 100 shared out: one number for all customers or each customer's own.
        They are divided by their sum.
    scale : Scale
        What could be answered to every item; turn items that run the other way first.
    conf_level : float
        Level of the paired t intervals, from each customer's own gap.

    Returns
    -------
    Servqual
        Gaps are perception minus expectation (P - E). Where a source writes E - P, turn the sign. A dimension uses the
        customers who answered all its items both times; the rows over all, who answered every item.

    Raises
    ------
    ScaleError
        If an answer is off the scale, or the questions of a survey have several.
    CodebookError
        If a survey has no such question.
    ValueError
        If dimensions, items or customers do not match, nobody answered, low is good, or weights are negative or sum to
        nothing.

    Notes
    -----
    How it misleads: expectations stand near the top for everybody, so the gap is mostly perception with noise added,
    and nearly never positive; a difference of two related scores is less reliable than either (see `reliability`).
    Perception alone (`servperf`) mostly predicts better.

    References
    ----------
    Parasuraman, Zeithaml & Berry (1988), *J. Retailing* 64, 12-40. Cronin & Taylor (1992), *J. Marketing* 56(3), 55-68.
    Peter, Churchill & Brown (1993), *J. Consumer Research* 19, 655-662.

    Examples
    --------
    >>> received = {"reliability": [[5, 4], [6, 6], [3, 4], [5, 6]], "empathy": [[6, 6], [7, 5], [4, 5], [6, 7]]}
    >>> expected = {"reliability": [[7, 7], [6, 7], [7, 6], [6, 7]], "empathy": [[6, 5], [6, 6], [5, 5], [7, 6]]}
    >>> found = servqual(received, expected, weights={"reliability": 75, "empathy": 25})
    >>> found.table.set_index("dimension").estimate.round(3).to_dict()
    {'reliability': -1.75, 'empathy': 0.0, 'all': -0.875, 'all, weighted': -1.312}
    """
    checked_level(conf_level)
    (received, expected), scale = _answers(
        survey, scale, weights, perceptions=perceptions, expectations=expectations
    )
    for name in {*received, *expected}:
        if name not in received or name not in expected or received[name].shape != expected[name].shape:
            raise ValueError(
                f"`{name}` needs the same items and customers in perceptions and in expectations."
            )
    gaps = {name: received[name].mean(axis=1) - expected[name].mean(axis=1) for name in received}
    table, n, n_missing = _by_dimension(gaps, "gap", weights, conf_level)
    means, doubts = [], []
    for name, gap in gaps.items():
        kept = ~np.isnan(gap)
        mine, wanted = received[name][kept], expected[name][kept]
        gone = int((~kept).sum())
        means += [
            _row(name, "perception", mine.mean(axis=1), gone, conf_level),
            _row(name, "expectation", wanted.mean(axis=1), gone, conf_level),
            _share_row(
                name, "expectation at the best answer", (wanted == scale.high).all(axis=1), gone, conf_level
            ),
        ]
        doubts += _reliability_of_gap(name, mine, wanted, gone, conf_level)
    return Servqual(
        table=table,
        question=f"By how much does service fall short of expectations on {len(gaps)} dimensions?",
        method=f"Perception minus expectation of each customer, {100 * conf_level:g} % paired t intervals.",
        conf_level=conf_level,
        seed=None,
        n=n,
        n_missing=n_missing,
        notes=_notes(gaps, doubts, survey),
        means=_frame(means),
        reliability=_frame(doubts),
    )


def servperf(
    perceptions: Mapping[str, ArrayLike] | Mapping[str, str],
    *,
    survey: Survey | None = None,
    weights: Mapping[str, ArrayLike] | None = None,
    scale: Scale = ITEMS,
    conf_level: float = 0.95,
) -> Servperf:
    """Ask how good service was on each dimension, without asking for expectations.

    Parameters
    ----------
    perceptions, survey, weights, scale, conf_level
        As for `servqual`.

    Returns
    -------
    Servperf

    Raises
    ------
    ScaleError
        If an answer is off the scale.
    ValueError
        If customers do not match, nobody answered, or weights are negative or sum to nothing.

    Notes
    -----
    How it misleads: a 5 from customers who expect little and a 5 from those who expect much count alike, and high
    agreement with everything asked on one page may be a habit of answering.

    References
    ----------
    Cronin & Taylor (1992), Measuring service quality: a reexamination and extension. *J. Marketing* 56(3), 55-68.

    Examples
    --------
    >>> found = servperf({"reliability": [[5, 4], [6, 6], [3, 4]], "empathy": [[6, 6], [7, 5], [4, 5]]})
    >>> found.table.set_index("dimension").estimate.round(3).to_dict()
    {'reliability': 4.667, 'empathy': 5.5, 'all': 5.083}
    """
    checked_level(conf_level)
    [received], scale = _answers(survey, scale, weights, perceptions=perceptions)
    table, n, n_missing = _by_dimension(
        {name: items.mean(axis=1) for name, items in received.items()}, "perception", weights, conf_level
    )
    doubts = []
    for name, items in received.items():
        kept = items[~np.isnan(items).any(axis=1)]
        doubts.append(_alpha_row(name, "perception", kept, len(items) - len(kept), conf_level))
    return Servperf(
        table=table,
        question=f"How good is service on {len(received)} dimensions?",
        method=f"Mean of the items, {100 * conf_level:g} % t intervals.",
        conf_level=conf_level,
        seed=None,
        n=n,
        n_missing=n_missing,
        notes=_notes(received, doubts, survey),
        reliability=_frame(doubts),
    )


def _answers(
    survey: Survey | None, scale: Scale, weights: Mapping[str, ArrayLike] | None, **sides: Mapping[str, Any]
) -> tuple[list[dict[str, Array]], Scale]:
    """Return the items of every dimension of each side, and the scale they were answered on."""
    if survey is None:
        return [_dimensions(name, side, scale) for name, side in sides.items()], scale
    if isinstance(weights, Mapping) and any(np.ndim(points) for points in weights.values()):
        raise ValueError("with a survey, `weights` are one number a dimension: rows have no order there.")
    asked = [question for side in sides.values() for question in side.values()]
    if len(set(asked)) < len(asked):
        raise ValueError(f"each question belongs to one dimension and side; got {', '.join(asked)}.")
    scales = {replace(survey.question(name).scale, missing=(), labels={}) for name in asked}
    if len(scales) != 1:
        raise ScaleError(f"all items need one scale; got {', '.join(sorted(map(str, scales)))}.")
    cells = survey.items(asked, weights=False)
    rows = np.repeat(cells.values, cells.n, axis=0)
    ends = np.cumsum([len(survey.question(name).columns) for name in asked])[:-1]
    items = dict(zip(asked, np.split(rows, ends, axis=1), strict=True))
    found = [{key: items[question] for key, question in side.items()} for side in sides.values()]
    [scale] = scales
    return [_dimensions(name, side, scale) for name, side in zip(sides, found, strict=True)], scale


def _dimensions(name: str, answers: Mapping[str, ArrayLike], scale: Scale) -> dict[str, Array]:
    """Return the items of each dimension as numbers, customers in rows."""
    if not answers:
        raise ValueError(f"`{name}` holds no dimension.")
    if scale.good != "high":
        raise ValueError(f"turn the items first: the high end must be good; the scale is {scale}.")
    found = {key: numbers(f"{name}: {key}", items, scale) for key, items in answers.items()}
    for key, items in found.items():
        if items.ndim != 2 or 0 in items.shape:
            raise ValueError(f"`{key}` needs a row a customer and a column an item; got shape {items.shape}.")
    sizes = {key: len(items) for key, items in found.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"every dimension needs the same customers; got rows {sizes}.")
    return found


def _by_dimension(
    scores: Mapping[str, Array], measure: str, weights: Mapping[str, ArrayLike] | None, conf_level: float
) -> tuple[pd.DataFrame, int, int]:
    """Return the table of a score by dimension and over all, with the rows that the latter uses and leaves out."""
    each = np.column_stack(list(scores.values()))
    rows = [_known_row(name, measure, values, conf_level) for name, values in scores.items()]
    rows.append(_known_row(ALL, measure, each.mean(axis=1), conf_level))
    if weights is not None:
        rows.append(_known_row(WEIGHTED, measure, _weighted(each, list(scores), weights), conf_level))
    complete = int(np.sum(~np.isnan(each).any(axis=1)))
    return _frame(rows), complete, len(each) - complete


def _weighted(each: Array, names: list[str], weights: Mapping[str, ArrayLike]) -> Array:
    """Return each customer's weighted mean over the dimensions; NaN where a weight is missing."""
    if not isinstance(weights, Mapping) or set(weights) != set(names):
        got = ", ".join(map(str, weights)) if isinstance(weights, Mapping) else repr(weights)
        raise ValueError(f"`weights` must name {', '.join(names)}; got {got}.")
    w = np.column_stack([_points(name, weights[name], len(each)) for name in names])
    if np.any(np.isinf(w) | (w < 0)):
        raise ValueError(f"weights are points from 0; got {np.nanmin(w):g} to {np.nanmax(w):g}.")
    total = w.sum(axis=1)
    if np.any(total == 0):
        raise ValueError(f"the weights of {np.sum(total == 0):,} customers sum to nothing.")
    return np.asarray((w * each).sum(axis=1) / total)


def _points(name: str, points: ArrayLike, customers: int) -> Array:
    """Return the weight that each customer gives to a dimension."""
    try:
        x = np.asarray(points, float)
    except (TypeError, ValueError):
        x = np.asarray(np.nan)
    if not x.ndim and np.isnan(x):
        raise ValueError(
            f"the weights of `{name}` are points, one number or each customer's; got {points!r}."
        )
    if x.ndim and x.shape != (customers,):
        got = f"{len(x):,}" if x.ndim == 1 else f"shape {x.shape}"
        raise ValueError(
            f"the weights of `{name}` are one number, or one for each of {customers:,} customers; got {got}."
        )
    return np.broadcast_to(x, customers)


def _known_row(name: str, measure: str, values: Array, conf_level: float) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not len(known):
        raise ValueError(f"nobody answered every item of `{name}`.")
    return _row(name, measure, known, len(values) - len(known), conf_level)


def _row(name: str, measure: str, values: Array, n_missing: int, conf_level: float) -> dict[str, Any]:
    found = (float(value) for value in mean_interval(values, conf_level=conf_level))
    row = dict(zip(ESTIMATE_COLUMNS, (*found, len(values), n_missing), strict=True))
    return {"dimension": name, "measure": measure, **row}


def _share_row(
    name: str, measure: str, inside: NDArray[np.bool_], n_missing: int, conf_level: float
) -> dict[str, Any]:
    found = share(measure, float(inside.sum()), len(inside), conf_level=conf_level, n_missing=n_missing)
    return {"dimension": name, **_indicator_row(found)}


def _indicator_row(found: Indicator) -> dict[str, Any]:
    return {
        "measure": found.name, "estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high,
        "n": int(found.n), "n_missing": found.n_missing,
    }  # fmt: skip


def _alpha_row(name: str, measure: str, items: Array, n_missing: int, conf_level: float) -> dict[str, Any]:
    found = alpha(measure, items, conf_level, n_missing)
    return {"dimension": name, "why": [note.text for note in found.notes], **_indicator_row(found)}


def _reliability_of_gap(
    name: str, mine: Array, wanted: Array, n_missing: int, conf_level: float
) -> list[dict[str, Any]]:
    """Return alpha of both sides, their correlation and what these leave of the gap's reliability."""
    sides = [
        _alpha_row(name, measure, items, n_missing, conf_level)
        for measure, items in (("perception", mine), ("expectation", wanted))
    ]
    first, second = mine.mean(axis=1), wanted.mean(axis=1)
    r = gap = np.nan
    if len(first) > 2 and _varies(first) and _varies(second):
        r = float(np.clip(np.corrcoef(first, second)[0, 1], -1, 1))
        spreads = first.std(ddof=1), second.std(ddof=1)
        if _varies(first - second):
            gap = float(difference_reliability(sides[0]["estimate"], sides[1]["estimate"], r, *spreads))
    rest = {"n": len(first), "n_missing": n_missing}
    return [
        *sides,
        {"dimension": name, "measure": "correlation", "estimate": r} | rest,
        {"dimension": name, "measure": "gap", "estimate": gap} | rest,
    ]


def _varies(means: Array) -> bool:
    """Return whether means of answers differ by more than rounding leaves."""
    return bool(np.ptp(means) > LEAST_STEP)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["dimension", "measure", *ESTIMATE_COLUMNS])


def _notes(
    dimensions: Mapping[str, Any], doubts: list[dict[str, Any]], survey: Survey | None
) -> tuple[Note, ...]:
    text = "Alpha of `{}` ({}) is not defined: {}"
    notes = [
        Note("undefined", text.format(row["dimension"], row["measure"], why))
        for row in doubts
        for why in row.get("why", ())
    ]
    absent = [name for name in RATER if name not in dimensions]
    if absent:
        notes.append(
            Note("dimensions", f"Not all five RATER dimensions were asked: {', '.join(absent)} absent.")
        )
    if survey is not None and survey.codebook.weight is not None:
        notes.append(Note("unweighted", "The weights of the survey are not used.", changes_reading=True))
    if survey is not None and survey.codebook.simulated:
        notes.append(SIMULATED)
    return tuple(notes)
