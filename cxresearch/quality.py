"""How well do the items of an index hang together: reliability of multi-item metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxresearch.errors import CodebookError, SurveyError
from cxresearch.results import ESTIMATE_COLUMNS, SIMULATED, Result
from cxresearch.stats.reliability import alpha_if_dropped, alpha_interval, alpha_std_error, cronbach_alpha
from cxresearch.survey.survey import Survey


@dataclass(frozen=True, repr=False)
class Reliability(Result):
    """Cronbach's alpha of each index.

    Attributes
    ----------
    table : DataFrame
        Key ``metric measure items``: alpha with Feldt's interval, on the rows that answered every item.
    dropped : DataFrame
        Key ``metric item``: alpha of the other items when one is left out (indexes of three items or more).
    """

    dropped: pd.DataFrame


def reliability(
    survey: Survey, metrics: str | Sequence[str] | None = None, *, conf_level: float = 0.95
) -> Reliability:
    """Ask how reliable the mean of several items is.

    Parameters
    ----------
    survey : Survey
        From `cxresearch.read`.
    metrics : str or sequence of str, optional
        Indexes, that is questions with several columns; by default all of the codebook.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    Reliability
        Weighted where the survey has weights; the interval then uses Kish's effective n.

    Raises
    ------
    CodebookError
        Where a name is not an index, or the codebook has none.
    SurveyError
        Where fewer than 3 rows answered every item.

    Notes
    -----
    Alpha is a lower bound of reliability when items measure one thing, and rises with the number of items
    whatever they measure. Items asked one after another share the respondent's mood, which alpha takes for truth.

    References
    ----------
    Feldt (1965), The approximate sampling distribution of Kuder-Richardson reliability coefficient twenty.
    *Psychometrika* 30, 357-370.

    Examples
    --------
    >>> import pandas as pd
    >>> import cxresearch as cx
    >>> frame = pd.DataFrame({"a": [1, 2, 4, 5, 3], "b": [2, 2, 5, 4, 3]})
    >>> book = {"metrics": {"ves": {"columns": ["a", "b"], "scale": [1, 7]}}}
    >>> round(float(cx.reliability(cx.read(frame, book)).table.estimate[0]), 3)
    0.909
    """
    names = _indexes(survey, metrics)
    rows, dropped = [], []
    for name in names:
        row, without = _alpha(survey, name, conf_level)
        rows.append(row)
        dropped += without
    listed = ", ".join(names)
    table = pd.DataFrame(rows, columns=["metric", "measure", "items", *ESTIMATE_COLUMNS])
    return Reliability(
        table=table,
        question=f"How reliable is the mean of the items of {listed}?",
        method=f"Cronbach's alpha, {100 * conf_level:g} % Feldt interval; rows that answered every item.",
        conf_level=conf_level,
        seed=None,
        n=int(table.n.min()),
        n_missing=int(table.n_missing.max()),
        notes=(SIMULATED,) if survey.codebook.simulated else (),
        dropped=pd.DataFrame(dropped, columns=["metric", "item", "estimate", "n", "n_missing"]),
    )


def _indexes(survey: Survey, metrics: str | Sequence[str] | None) -> list[str]:
    known = [question.name for question in survey.codebook.questions if question.is_index]
    names = known if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    for name in names:
        if not survey.question(name).is_index:
            raise CodebookError(f"`{name}` is a single item; alpha needs `columns = [...]` with several.")
    if not names:
        raise CodebookError("the codebook has no question of several items; give one `columns = [...]`.")
    return names


def _alpha(survey: Survey, name: str, conf_level: float) -> tuple[dict[str, object], list[dict[str, object]]]:
    cells = survey.items(name)
    cells = cells.where(~np.isnan(cells.values).any(axis=1) & (cells.w > 0))
    n = cells.total
    if n < 3:
        raise SurveyError(f"`{name}`: only {n} rows answered all of {', '.join(cells.names)}; alpha needs 3.")
    covariance = np.cov(cells.values, rowvar=False, aweights=cells.w)
    alpha = float(cronbach_alpha(covariance))
    effective = cells.w.sum() ** 2 / cells.w2.sum()
    count = len(cells.names)
    low, high = alpha_interval(alpha, count, effective, conf_level=conf_level)
    left = {"n": n, "n_missing": survey.n_rows - n}
    ends = {"conf_low": float(low), "conf_high": float(high)}
    error = {"estimate": alpha, "std_error": float(alpha_std_error(alpha, count, effective))}
    row = {"metric": name, "measure": "cronbach_alpha", "items": count} | error | ends | left
    if count < 3:
        return row, []
    without = alpha_if_dropped(covariance)
    return row, [
        {"metric": name, "item": item, "estimate": float(value)} | left
        for item, value in zip(cells.names, without, strict=True)
    ]
