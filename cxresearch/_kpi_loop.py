"""The closed loop: which answers ask for a call-back, within what time, and how much work that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cxresearch._kpi_results import is_number, share
from cxresearch.results import ESTIMATE_COLUMNS, SIMULATED, Note, Result
from cxresearch.stats.events import next_count, poisson_interval, weighted_count_interval
from cxresearch.survey.survey import Survey

Array = NDArray[np.float64]

HOURS_PER_WEEK = 168.0
ANY = "any"
ANY_METHOD = ", gamma interval of all open at once"
MEASURES = ("share of answers", "calls per week", "calls open at once")


@dataclass(frozen=True)
class Trigger:
    """An answer that asks for a call-back.

    Parameters
    ----------
    question : str
        Name of the question.
    within_hours : float
        Time in which the customer is to be called, in hours of the clock; above 0.
    at_most, at_least : float, optional
        Answers that ask for the call: one of the two.

    Raises
    ------
    ValueError
        If neither or both bounds are given, the bound is no number, or the time is not above 0.

    Examples
    --------
    >>> Trigger("stars", 24, at_most=2).label
    'stars at most 2'
    """

    question: str
    within_hours: float
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError(f"a trigger on `{self.question}` needs either at_most= or at_least=.")
        for name, bound in (("at_most", self.at_most), ("at_least", self.at_least)):
            if bound is not None and not is_number(bound):
                raise ValueError(f"`{name}` must be a number; got {bound!r}.")
        if not (is_number(self.within_hours) and self.within_hours > 0):
            raise ValueError(f"`within_hours` must be above 0; got {self.within_hours!r}.")

    @property
    def label(self) -> str:
        """The trigger in words."""
        bound = f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"
        return f"{self.question} {bound}"

    def asks(self, answers: ArrayLike) -> NDArray[np.bool_]:
        """Return which answers ask for a call; a missing one does not."""
        x = np.asarray(answers, float)
        return np.asarray(x <= self.at_most if self.at_most is not None else x >= self.at_least)


@dataclass(frozen=True, repr=False)
class ClosedLoop(Result):
    """How many customers are to be called back.

    Attributes
    ----------
    table : DataFrame
        Keys ``trigger within_hours measure``: ``share of answers`` in %, with Wilson's interval; ``calls per week``,
        exact Poisson; ``calls open at once``, if each is made just in time. The last rows, ``any``, count a customer
        once, with the shortest of the times; ``within_hours`` is empty there, and the interval of the calls open at
        once is Fay and Feuer's, since how many are due in which time is left to chance too.
    next_week : tuple of int
        Between which numbers the calls of one further week will lie.
    """

    next_week: tuple[int, int]

    def _extra(self) -> dict[str, Any]:
        return {"next_week": self.next_week}

    def _legend(self) -> str:
        low, high = self.next_week
        return f"Calls in the next week: {low:,} to {high:,} ({100 * self.conf_level:g} %)."


def call_back_hours(answers: Mapping[str, ArrayLike], triggers: Sequence[Trigger]) -> Array:
    """Return within how many hours each customer is to be called.

    Parameters
    ----------
    answers : mapping of str to array_like (n,)
        Answers by question, one row a customer; NaN where there is none.
    triggers : sequence of Trigger
        Which answers ask for a call. Where several do, the shortest time counts.

    Returns
    -------
    float array (n,)
        Hours; NaN: no call.

    Raises
    ------
    ValueError
        If there is no trigger, a question is missing or the columns differ in length.

    Examples
    --------
    >>> rules = [Trigger("ces", 48, at_most=3), Trigger("nps", 24, at_most=2)]
    >>> call_back_hours({"ces": [2, 6, 1], "nps": [7, 9, 0]}, rules)
    array([48., nan, 24.])
    """
    columns = _given(answers, triggers)
    each = [
        np.where(trigger.asks(columns[trigger.question]), trigger.within_hours, np.inf)
        for trigger in triggers
    ]
    shortest = np.min(each, axis=0)
    return np.where(np.isfinite(shortest), shortest, np.nan)


def closed_loop(
    answers: Survey | Mapping[str, ArrayLike],
    triggers: Sequence[Trigger],
    *,
    weeks: float,
    conf_level: float = 0.95,
) -> ClosedLoop:
    """Ask which answers call for a call-back, and how many calls a week that makes.

    Parameters
    ----------
    answers : Survey or mapping of str to array_like
        A survey, whose questions the triggers name, or answers by question. The latter are taken as they are: codes
        for "no answer" must be NaN.
    triggers : sequence of Trigger
        Which answers ask for a call, and within what time.
    weeks : float
        Weeks in which these answers came in.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    ClosedLoop
        Of those who answered, unweighted: calls are made to people, not to weights.

    Raises
    ------
    CodebookError
        If the survey has no such question.
    ValueError
        If there is no trigger or no week, or the columns do not match.

    Notes
    -----
    Calls open at once are calls per week times the time allowed (Little's law), if each is made at the last moment.

    How it misleads: those who are too angry to answer are not called; calls come in waves after an outage, and then
    the interval of a quiet month is too short; and a team that is paid by the score learns whom not to invite.

    Examples
    --------
    >>> stars = {"stars": [5, 4, 1, 5, 2, 5, 3, 4, 5, 1]}
    >>> found = closed_loop(stars, [Trigger("stars", 24, at_most=2)], weeks=2)
    >>> found.table.loc[1, ["estimate", "conf_low", "conf_high"]].astype(float).round(2).to_list()
    [1.5, 0.31, 4.38]
    >>> found.next_week
    (0, 6)
    """
    if not (is_number(weeks) and weeks > 0):
        raise ValueError(f"`weeks` must be above 0; got {weeks!r}.")
    columns, n, simulated = _columns(answers, triggers)
    hours = call_back_hours(columns, triggers)
    rows: list[dict[str, Any]] = []
    for trigger in triggers:
        x = columns[trigger.question]
        given, work = int(n[~np.isnan(x)].sum()), {trigger.within_hours: int(n[trigger.asks(x)].sum())}
        rows += _rows(
            trigger.label, work, trigger.within_hours, given, int(n.sum()) - given, weeks, conf_level
        )
    spoke = ~np.all([np.isnan(columns[trigger.question]) for trigger in triggers], axis=0)
    given = int(n[spoke].sum())
    gone, longest = int(n.sum()) - given, max(trigger.within_hours for trigger in triggers)
    work = {allowed: int(n[hours == allowed].sum()) for allowed in np.unique(hours[~np.isnan(hours)])}
    union = _rows(ANY, work, longest, given, gone, weeks, conf_level)
    rows += [row | {"within_hours": math.nan} for row in union]  # the times differ from customer to customer
    return ClosedLoop(
        table=pd.DataFrame(rows, columns=["trigger", "within_hours", "measure", *ESTIMATE_COLUMNS]),
        question=f"Which answers ask for a call-back, and how many a week (weeks of answers: {weeks:g})?",
        method=f"{100 * conf_level:g} % Wilson intervals of shares, exact Poisson intervals of calls"
        f"{'' if len({trigger.within_hours for trigger in triggers}) == 1 else ANY_METHOD}.",
        conf_level=conf_level,
        seed=None,
        n=given,
        n_missing=gone,
        notes=_notes(answers, triggers) + ((SIMULATED,) if simulated else ()),
        next_week=next_count(sum(work.values()), weeks, conf_level=conf_level),
    )


def _columns(
    answers: Survey | Mapping[str, ArrayLike], triggers: Sequence[Trigger]
) -> tuple[dict[str, Array], NDArray[np.int64], bool]:
    """Return the answers by question, how many customers stand behind each row, and whether they are simulated."""
    names = list(dict.fromkeys(trigger.question for trigger in triggers))
    if isinstance(answers, Survey):
        cells = answers.cells(names, weights=False)
        return {name: cells.column(name) for name in names}, cells.n, answers.codebook.simulated
    columns = _given(answers, triggers)
    return columns, np.ones(len(columns[names[0]]), np.int64), False


def _given(answers: Mapping[str, ArrayLike], triggers: Sequence[Trigger]) -> dict[str, Array]:
    """Return the answers that triggers ask for, as numbers of the same customers."""
    if not triggers:
        raise ValueError("give at least one trigger.")
    absent = [trigger.question for trigger in triggers if trigger.question not in answers]
    if absent:
        raise ValueError(f"no answers to {', '.join(dict.fromkeys(absent))}; there are {', '.join(answers)}.")
    columns = {trigger.question: _column(trigger.question, answers[trigger.question]) for trigger in triggers}
    sizes = {name: len(x) for name, x in columns.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"every question needs the same customers; got rows {sizes}.")
    return columns


def _column(name: str, answers: ArrayLike) -> Array:
    try:
        x = np.asarray(answers, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must hold numbers, NaN where there is no answer: {error}") from error
    if x.ndim != 1:
        raise ValueError(f"`{name}` must hold numbers, one a customer; got shape {x.shape}.")
    return x


def _rows(
    label: str,
    work: Mapping[float, int],
    longest: float,
    given: int,
    gone: int,
    weeks: float,
    conf_level: float,
) -> list[dict[str, Any]]:
    """Return the three measures of calls, counted by the hours allowed, of which none are more than the longest."""
    allowed, n = np.array(list(work), float), np.array(list(work.values()), float)
    calls = int(n.sum())
    part = share(label, calls, given, conf_level=conf_level, n_missing=gone)
    ends = poisson_interval(calls, conf_level=conf_level)
    busy = weighted_count_interval(n, allowed, largest=longest, conf_level=conf_level)
    per_week = [float(value) / weeks for value in (calls, *ends)]
    at_once = [float(value) / weeks / HOURS_PER_WEEK for value in (n @ allowed, *busy)]
    values = ((part.estimate, part.conf_low, part.conf_high), per_week, at_once)
    return [
        {
            "trigger": label, "within_hours": longest, "measure": measure, "estimate": estimate, "conf_low": low,
            "conf_high": high, "n": given, "n_missing": gone,
        }
        for measure, (estimate, low, high) in zip(MEASURES, values, strict=True)
    ]  # fmt: skip


def _notes(answers: Survey | Mapping[str, ArrayLike], triggers: Sequence[Trigger]) -> tuple[Note, ...]:
    """Say where a trigger takes the good end of a scale."""
    if not isinstance(answers, Survey):
        return ()
    text = "`{}` asks at the good end of its scale ({}): it calls the contented."
    return tuple(
        Note("good_end", text.format(trigger.label, scale), changes_reading=True)
        for trigger in triggers
        for scale in [answers.scale(trigger.question)]
        if (trigger.at_most is None) == (scale.good == "high")
    )
