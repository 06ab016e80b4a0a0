"""From cells to one estimate per metric, scorer and segment: what the tables of `score` are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxresearch.errors import CodebookError, DesignError
from cxresearch.stats.designs import Design, DomainMeans, Lonely, domain_means
from cxresearch.stats.intervals import FULL, Sample, interval, kind_of, methods
from cxresearch.survey import Box, Cells, Mean, Net, Question, Scale, Scorer, Share, Survey

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_KINDS: dict[type, str] = {Net: "net", Share: "share", Box: "share", Mean: "mean"}


@dataclass(frozen=True, eq=False, slots=True)
class Segments:
    """The segments asked for: which cells lie in which.

    Attributes
    ----------
    by : tuple of str
        Names of the segment columns; empty: one segment of all.
    keys : tuple of tuple
        Level of each `by` column, per segment.
    code : int array (n_cells,)
        Segment of each cell; -1 where a `by` column holds nothing.
    """

    by: tuple[str, ...]
    keys: tuple[tuple[Any, ...], ...]
    code: Ints

    def label(self, k: int) -> str:
        """Return the name of segment `k`, ``"total"`` for the overall one."""
        return " · ".join(map(str, self.keys[k])) if k < len(self.keys) and self.by else "total"


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """One metric by one scorer: its means per segment, the overall one last where there are segments.

    Attributes
    ----------
    metric, scorer, unit : str
        What was scored, how, and in what.
    kind : {"net", "share", "mean"}
        What the values are.
    better : int
        1 where a higher score is better, -1 where a lower one is.
    scale : Scale
        Answers of the metric.
    values : float array (n_cells,)
        What each cell's answer is worth; NaN where there is none.
    means : DomainMeans
        Estimates with their joint covariance.
    n_missing : int array (k,)
        Rows of each segment without an answer.
    shares : float array (k, n_points)
        Weighted shares of the distinct values.
    points : float array (n_points,)
        Those values.
    ends : tuple of float or None
        Lowest and highest value an answer can have; None where the scale has no end.
    definition : str
        What was counted, such as "9-10 minus 0-6".
    """

    metric: str
    scorer: str
    unit: str
    kind: str
    better: int
    scale: Scale
    values: Floats
    means: DomainMeans
    n_missing: Ints
    shares: Floats
    points: Floats
    ends: tuple[float, float] | None
    definition: str

    def bounds(
        self, method: str | None, conf_level: float, rng: np.random.Generator, n_boot: int
    ) -> tuple[Floats, Floats]:
        """Return the interval of every segment; an adjusted one of answers all alike reaches to them."""
        means = self.means
        sample = Sample(
            self.shares, self.points, means.n_eff, means.std_error, means.df.astype(float), self.ends
        )
        low, high = interval(
            sample, kind=self.kind, method=method, conf_level=conf_level, rng=rng, n_boot=n_boot
        )
        if method != "adjusted_wald":
            return low, high
        alike = (sample.spread == 0) & np.isfinite(low)  # answers added draw it off a lone one
        return (
            np.where(alike, np.minimum(low, sample.estimate), low),
            np.where(alike, np.maximum(high, sample.estimate), high),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Fits:
    """Every metric and scorer, on the same cells.

    Attributes
    ----------
    cells : Cells
        Patterns of all metrics and segments.
    segments : Segments
        Which cell lies in which segment.
    design : Design
        How the rows were sampled.
    each : tuple of Fit
        In the order of metrics, then scorers.
    """

    cells: Cells
    segments: Segments
    design: Design
    each: tuple[Fit, ...]


def kind_of_scorer(scorer: Scorer, scale: Scale) -> str:
    """Return ``"net"``, ``"share"`` or ``"mean"``."""
    known = _KINDS.get(type(scorer))
    if known is not None:
        return known
    points = np.linspace(scale.low, scale.high, 101) if scale.continuous else scale.points
    return kind_of(scorer.apply(points, scale))


def ends_of(scorer: Scorer, scale: Scale) -> tuple[float, float] | None:
    """Return the lowest and highest value an answer can get, or None where the scale has no end."""
    kind = kind_of_scorer(scorer, scale)
    if kind != "mean":
        return (0.0, FULL) if kind == "share" else (-FULL, FULL)
    if not np.isfinite(scale.low + scale.high):
        return None
    values = scorer.apply([scale.low, scale.high] if scale.continuous else scale.points, scale)
    return float(np.min(values)), float(np.max(values))


def better_of(scorer: Scorer, scale: Scale) -> int:
    """Return 1 where the best answers get the higher value, -1 where they get the lower one."""
    if not np.isfinite(scale.low + scale.high):
        return 1 if scale.good == "high" else -1
    low, high = scorer.apply([scale.low, scale.high], scale)
    return 1 if (high >= low) == (scale.good == "high") else -1


def definition_of(scorer: Scorer, scale: Scale) -> str:
    """Return what a scorer counts on a scale, in words.

    Examples
    --------
    >>> definition_of(Net(9, 6), Scale(0, 10)), definition_of(Box(2), Scale(1, 5, good="low"))
    ('9-10 minus 0-6', 'top 2: 1-2')
    >>> definition_of(Share(at_least=5), Scale(1, 7)), definition_of(Mean(), Scale(1, 7))
    ('share of 5 or more', 'mean of 1-7')
    """
    best, worst = (scale.high, scale.low) if scale.good == "high" else (scale.low, scale.high)
    match scorer:
        case Net():
            return f"{_band(scorer.promoters, best)} minus {_band(scorer.detractors, worst)}"
        case Box():
            depth = (scorer.k - 1) * (scale.step or 1.0)
            return f"top {scorer.k}: {_band(best - depth if scale.good == 'high' else best + depth, best)}"
        case Share(at_least=float() | int() as cut):
            return f"share of {cut:g}" + (" or more" if cut < scale.high else "")
        case Share(at_most=float() | int() as cut):
            return f"share of {cut:g}" + (" or less" if cut > scale.low else "")
        case Mean():
            return (
                f"mean of {_band(scale.low, scale.high)}" if np.isfinite(scale.low + scale.high) else "mean"
            )
    return scorer.name


def _band(one: float, other: float) -> str:
    """Return the answers from one to the other in words."""
    low, high = sorted((one, other))
    if low == high:
        return f"{low:g}"
    if np.isinf(low + high):
        return f"{low:g} or more" if np.isinf(high) else f"{high:g} or less"
    return f"{low:g}-{high:g}" if low >= 0 else f"{low:g} to {high:g}"


def choose(survey: Survey, metrics: str | Sequence[str] | None) -> tuple[Question, ...]:
    """Return the questions to score: those named, or the codebook's metrics."""
    names = [metrics] if isinstance(metrics, str) else list(metrics or survey.codebook.metrics)
    if not names:
        raise CodebookError("the codebook has no metrics; name questions with `metrics`.")
    questions = tuple(survey.question(name) for name in dict.fromkeys(names))
    for question in questions:
        if question.kind == "category":
            raise CodebookError(
                f"{question.name!r} is a category: its answers have no order, so it has no score."
            )
    return questions


def scorers_of(question: Question, scorers: str | Mapping[str, Any] | None) -> dict[str, Scorer]:
    """Return the scorers of one question by name: the official one, all, or those a mapping or a list gives.

    Two net scores or two shares of one question bear their cuts in the name: ``net_9_6`` and ``net_8_6``.
    """
    listed = tuple(dict.fromkeys(_listed(question, scorers)))
    names = [scorer.name for scorer in listed]
    return {_with_cuts(scorer) if names.count(scorer.name) > 1 else scorer.name: scorer for scorer in listed}


def _with_cuts(scorer: Scorer) -> str:
    cuts = [value for value in vars(scorer).values() if value is not None]
    return "_".join([scorer.name, *(f"{cut:g}" for cut in cuts)])


def _listed(question: Question, scorers: str | Mapping[str, Any] | None) -> tuple[Scorer, ...]:
    if scorers is None or scorers == "official":
        return (question.official,)
    if scorers == "all":
        return question.scorers
    chosen: Any = scorers.get(question.name, question.official) if isinstance(scorers, Mapping) else scorers
    listed = (chosen,) if isinstance(chosen, str) or hasattr(chosen, "apply") else tuple(chosen)
    return tuple(_scorer(question, one) for one in listed)


def _scorer(question: Question, scorer: Any) -> Scorer:
    if hasattr(scorer, "apply"):
        return scorer
    names = {known.name: known for known in question.scorers}
    if scorer not in names:
        choices = ", ".join(map(repr, ["official", "all", *names]))
        raise ValueError(
            f"`scorers` of {question.name!r} must be one of {choices}, or a scorer; got {scorer!r}."
        )
    return names[scorer]


def fit_scores(
    survey: Survey,
    questions: Sequence[Question],
    by: tuple[str, ...],
    *,
    scorers: str | Mapping[str, Any] | None,
    weights: bool,
    lonely: Lonely,
) -> Fits:
    """Count the cells once, then score each question on them."""
    names = [question.name for question in questions]
    both = sorted(set(names) & set(by))
    if both:
        raise CodebookError(f"{', '.join(both)} cannot be both scored and tabulated by.")
    cells = survey.cells(names, by=by, weights=weights, clusters=True)
    design = Design(cells.n, cells.w, cells.w2, cells.stratum, cells.cluster, cells.population, lonely)
    segments = _segments(cells, by)
    try:
        each = tuple(
            _fit(question, named, survey.scale(question.name), cells.column(question.name), segments, design)
            for question in questions
            for named in scorers_of(question, scorers).items()
        )
    except DesignError:
        # only a refused stratum needs its name, so it is looked up here
        named = replace(design, stratum_names=_stratum_names(survey))
        domain_means(np.zeros(len(cells)), segments.code, len(segments.keys), named)
        raise
    return Fits(cells, segments, design, each)


def _stratum_names(survey: Survey) -> dict[int, Any]:
    column = survey.codebook.strata
    if column is None:
        return {}
    book = replace(survey.codebook, segments=(*survey.codebook.segments, column))
    return dict(enumerate(replace(survey, codebook=book).cells([], by=column).levels[column]))


def _segments(cells: Cells, by: tuple[str, ...]) -> Segments:
    if not by:
        return Segments((), ((),), np.zeros(len(cells), np.int64))
    codes = np.column_stack([cells.column(name) for name in by])
    known = np.isfinite(codes).all(axis=1)
    combos, inverse = np.unique(codes[known].astype(np.int64), axis=0, return_inverse=True)
    code = np.full(len(cells), -1, np.int64)
    code[known] = inverse.reshape(-1)
    keys = tuple(
        tuple(cells.levels[name][level] for name, level in zip(by, combo, strict=True)) for combo in combos
    )
    if not keys:
        raise CodebookError(f"no row holds a value of {', '.join(by)}.")
    return Segments(by, keys, code)


def _fit(
    question: Question,
    named: tuple[str, Scorer],
    scale: Scale,
    answers: Floats,
    segments: Segments,
    design: Design,
) -> Fit:
    name, scorer = named
    values = scorer.apply(answers, scale)
    k = len(segments.keys)
    overall = bool(segments.by)
    means = domain_means(values, segments.code, k, design, overall=overall)
    missing = np.isnan(values) & (segments.code >= 0)
    n_missing = np.bincount(segments.code[missing], weights=design.n[missing], minlength=k)
    if overall:
        n_missing = np.append(n_missing, design.n[np.isnan(values)].sum())
    shares, points = _shares(values, segments.code, k, design.w, overall)
    return Fit(
        question.name,
        name,
        scorer.unit,
        kind_of_scorer(scorer, scale),
        better_of(scorer, scale),
        scale,
        values,
        means,
        n_missing.astype(np.int64),
        shares,
        points,
        ends_of(scorer, scale),
        definition_of(scorer, scale),
    )


def _shares(values: Floats, code: Ints, k: int, w: Floats, overall: bool) -> tuple[Floats, Floats]:
    """Return weighted shares of the distinct values in each segment; zeros where nobody answered."""
    answered = np.isfinite(values)
    points, position = np.unique(values[answered], return_inverse=True)
    if not len(points):
        points, position = np.zeros(1), np.zeros(0, np.int64)
    inside = code[answered] >= 0
    table = np.zeros((k, len(points)))
    np.add.at(table, (code[answered][inside], position[inside]), w[answered][inside])
    if overall:
        table = np.vstack([table, np.bincount(position, weights=w[answered], minlength=len(points))])
    total = table.sum(axis=1, keepdims=True)
    return np.divide(table, total, out=np.zeros_like(table), where=total > 0), points


def chosen_method(fit: Fit, wanted: str | Mapping[str, str] | None) -> str:
    """Return the interval method of a fit: the one wanted for its kind of score, or its default."""
    names = tuple(name for name in methods(fit.kind) if name != "score" or fit.ends is not None)
    method = wanted.get(fit.kind, names[0]) if isinstance(wanted, Mapping) else wanted
    if method is None:
        return names[0]
    if method not in names:
        raise ValueError(
            f"`interval` of the {fit.kind} score of {fit.metric!r} must be one of "
            f"{', '.join(map(repr, names))}; got {method!r}. For several kinds of score pass a mapping, "
            f"such as {{'{fit.kind}': {names[0]!r}}}."
        )
    return method
