"""The tables of `score`, from its fits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._score_contrasts import DIFFERENCE_COLUMNS
from cxresearch._score_fits import Fit, Fits, kind_of_scorer
from cxresearch.results import ESTIMATE_COLUMNS
from cxresearch.stats.designs import domain_means
from cxresearch.stats.intervals import FULL, Floats, Sample, interval
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
        part: dict[str, object] = {"metric": fit.metric, "scorer": fit.scorer} | _key_columns(fits)
        part |= _estimates(fit, low, high, k)
        part |= {"n_eff": fit.means.kish[:k], "df": fit.means.df[:k], "interval": method}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def difference_columns() -> pd.DataFrame:
    """Return the table of differences where none were asked for."""
    return pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))


def _key_columns(fits: Fits) -> dict[str, object]:
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
        _one_answer(fits, question, points[i], side[i], conf_level)
        for question in questions
        for scale in [question.scale]
        if not question.is_index and not scale.continuous and len(scale.points) <= MAX_ANSWERS
        for points, side in [(scale.points, sides(question, scale))]
        for i in range(len(points))
    ]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    order = {question.name: i for i, question in enumerate(questions)}
    keys = pd.DataFrame({"metric": table["metric"].map(order), "segment": table.pop("_segment")})
    rows = np.lexsort((table["answer"], keys["segment"], keys["metric"]))
    return table.iloc[rows].reset_index(drop=True)[columns]


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


def _one_answer(fits: Fits, question: Question, point: float, side: str, conf_level: float) -> pd.DataFrame:
    answers, code, k = fits.cells.column(question.name), fits.segments.code, len(fits.segments.keys)
    hit = np.isclose(answers, point)
    values = np.where(np.isnan(answers), np.nan, FULL * hit)
    means = domain_means(values, code, k, fits.design)
    share = np.nan_to_num(means.estimate / FULL)
    sample = Sample(np.column_stack([share, 1 - share]), np.array([FULL, 0.0]), means.n_eff)
    low, high = interval(sample, kind="share", conf_level=conf_level)
    inside, unanswered = code >= 0, np.isnan(answers)
    part: dict[str, object] = {"metric": question.name} | _key_columns(fits)
    part |= {"answer": point, "side": side, "_segment": np.arange(k)}
    part |= {"estimate": means.estimate, "std_error": means.std_error, "conf_low": low, "conf_high": high}
    part |= {"n": means.n, "n_missing": _rows(fits, inside & unanswered), "count": _rows(fits, inside & hit)}
    return pd.DataFrame(part)


def _rows(fits: Fits, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    k = len(fits.segments.keys)
    return np.bincount(fits.segments.code[mask], weights=fits.cells.n[mask], minlength=k).astype(np.int64)
