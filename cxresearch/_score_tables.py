"""The tables of `score`, from its fits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cxresearch._score_contrasts import DIFFERENCE_COLUMNS
from cxresearch._score_fits import Fit, Fits, kind_of_scorer
from cxresearch.results import ESTIMATE_COLUMNS
from cxresearch.stats.intervals import FULL, Floats, Sample, interval
from cxresearch.stats.shares import domain_shares
from cxresearch.survey import Question, Scale

MAX_ANSWERS = 21  # more distinct answers than this are no list of bars


def score_table(
    fits: Fits, methods: Sequence[str], conf_level: float, rng: np.random.Generator, n_boot: int
) -> pd.DataFrame:
    """Return a row per metric, scorer and segment."""
    parts = []
    k = len(fits.segments.keys)
    for fit, method in zip(fits.each, methods, strict=True):
        low, high = fit.bounds(method, conf_level, rng, n_boot)
        part: dict[str, object] = {"metric": fit.metric, "scorer": fit.scorer, **_key_columns(fits)}
        part |= _estimates(fit, low, high, k)
        part |= {"n_eff": fit.means.kish[:k], "df": fit.means.df[:k], "interval": method}
        part |= {"unit": fit.unit, "definition": fit.definition}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def difference_columns() -> pd.DataFrame:
    """Return the table of differences where none were asked for."""
    return pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))


def _key_columns(fits: Fits) -> dict[str, list[object]]:
    return {name: [key[i] for key in fits.segments.keys] for i, name in enumerate(fits.segments.by)}


def _estimates(fit: Fit, low: Floats, high: Floats, k: int) -> dict[str, object]:
    values = (fit.means.estimate, fit.means.std_error, low, high, fit.means.n, fit.n_missing)
    return {name: value[:k] for name, value in zip(ESTIMATE_COLUMNS, values, strict=True)}


def distribution_table(fits: Fits, questions: Sequence[Question], conf_level: float) -> pd.DataFrame:
    """Return the share of each answer in each segment, with Wilson's interval.

    An index of several items, or a scale of more than 21 answers, has no rows here.
    """
    columns = ["metric", *fits.segments.by, "answer", "side", *ESTIMATE_COLUMNS, "count"]
    parts = [
        _answers(fits, question, conf_level)
        for question in questions
        if not question.is_index
        and not question.scale.continuous
        and len(question.scale.points) <= MAX_ANSWERS
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def sides(question: Question, scale: Scale) -> list[str]:
    """Return for each answer whether the official score counts it as good, bad or neither."""
    scorer = question.official
    kind = kind_of_scorer(scorer, scale)
    if kind == "mean":
        sign = np.sign(scale.orient(scale.points) - (scale.low + scale.high) / 2)
    elif kind == "net":
        sign = np.sign(scorer.values(scale))
    else:
        sign = np.where(scorer.values(scale) > 0, 1, -1)
    return [{1: "good", 0: "middle", -1: "bad"}[int(s)] for s in sign]


def _answers(fits: Fits, question: Question, conf_level: float) -> pd.DataFrame:
    """Return a row per segment and answer of one question."""
    scale, segments = question.scale, fits.segments
    points, k = scale.points, len(segments.keys)
    answers = fits.cells.column(question.name)
    known = np.isfinite(answers)
    point = np.full(len(answers), -1, np.int64)
    point[known] = np.rint((answers[known] - scale.low) / (scale.step or 1.0)).astype(np.int64)
    found = domain_shares(point, len(points), segments.code, k, fits.design)
    share = np.nan_to_num(found.share)
    sample = Sample(np.stack([share, 1 - share], axis=-1), np.array([FULL, 0.0]), found.n_eff)
    low, high = interval(sample, kind="share", conf_level=conf_level)
    unanswered = (segments.code >= 0) & ~known
    n_missing = np.bincount(segments.code[unanswered], weights=fits.cells.n[unanswered], minlength=k)
    part: dict[str, object] = {"metric": question.name}
    part |= {
        name: np.repeat(np.array(labels, object), len(points)) for name, labels in _key_columns(fits).items()
    }
    part |= {"answer": np.tile(points, k), "side": sides(question, scale) * k}
    part |= {"estimate": FULL * found.share.ravel(), "std_error": FULL * found.std_error.ravel()}
    part |= {"conf_low": low.ravel(), "conf_high": high.ravel(), "n": np.repeat(found.n, len(points))}
    part |= {"n_missing": np.repeat(n_missing.astype(np.int64), len(points)), "count": found.count.ravel()}
    return pd.DataFrame(part).infer_objects()
