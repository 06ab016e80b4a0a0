"""Indicators of answers on a scale: review stars, engagement of employees, stages of ethics."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from cxresearch._kpi_results import (
    Answers,
    Indicator,
    alpha,
    counted,
    is_number,
    mean,
    numbers,
    on_scale,
    share,
    undefined,
)
from cxresearch.errors import ScaleError
from cxresearch.results import Note
from cxresearch.stats.medians import median_interval
from cxresearch.survey.scales import INSTRUMENTS, Scale

STARS = INSTRUMENTS["stars5"].scale
AGREEMENT = INSTRUMENTS["agree5"].scale

#: The five stages of company ethics. The documents name the first and the last; those between have no name there.
ETHICS = Scale(1, 5, labels={"amoral": 1, "responsible": 5})


@dataclass(frozen=True)
class Stars:
    """What the stars of reviews say.

    Attributes
    ----------
    mean : Indicator
        In stars.
    percent : Indicator
        The mean as percent of the way from the worst to the best answer.
    call_back : Indicator
        Share of reviews that ask for a call, in %.
    reaches : {"yes", "no", "cannot tell"} or None
        Whether the mean of all customers like these reaches the demanded stars, by the interval; None: none demanded.
    """

    mean: Indicator
    percent: Indicator
    call_back: Indicator
    reaches: Literal["yes", "no", "cannot tell"] | None

    def __repr__(self) -> str:
        lines = [repr(self.mean), repr(self.percent), repr(self.call_back)]
        return "\n".join(lines + [f"reaches what is demanded: {self.reaches}"] * (self.reaches is not None))


def stars(
    answers: Answers,
    *,
    scale: Scale = STARS,
    call_below: float = 3,
    demanded: float | None = None,
    conf_level: float = 0.95,
) -> Stars:
    """Mean of review stars, on a scale that is said, and the reviews to call back.

    Parameters
    ----------
    answers : array_like or mapping
        Stars, one a review, missing ones allowed; or how many reviews gave each.
    scale : Scale
        What could be given: ``Scale(1, 5)``, or ``Scale(0, 5)`` where no star is an answer.
    call_below : float
        Reviews with fewer stars ask for a call; with more, where the low end of the scale is good.
    demanded : float, optional
        Mean that a product must reach to stay on sale, such as 4.5; must stay at or below, where low is good.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    Stars

    Raises
    ------
    ScaleError
        If an answer, `call_below` or `demanded` is off the scale.

    Notes
    -----
    How it misleads: 4 of 5 is 75 % of the way from 1 to 5 and 80 % from 0 to 5, so a mean without its scale is no
    number. People review when delighted or angry, and a rule on the mean removes products for the chance of a dozen
    reviews: see `reaches`.

    Examples
    --------
    >>> stars({5: 60, 4: 25, 3: 5, 2: 4, 1: 6}, demanded=4.5)
    mean stars: 4.29 points [4.03, 4.48], n = 100; 95 % score interval
    mean stars, worst to best: 82.25 % [75.71, 86.91], n = 100; 95 % score interval
    reviews below 3 stars: 10.00 % [5.52, 17.44], n = 100; 95 % Wilson interval
    reaches what is demanded: no
    """
    x, gone = on_scale("stars", answers, scale)
    _checked_stars(scale, call_below=call_below, **({} if demanded is None else {"demanded": demanded}))
    found = mean("mean stars", x, scale, conf_level=conf_level, n_missing=gone)
    up = scale.good == "high"
    bad = x < call_below if up else x > call_below
    calls = share(
        f"reviews {'below' if up else 'above'} {call_below:g} stars", float(np.sum(bad)), len(x), conf_level=conf_level,
        n_missing=gone,
    )  # fmt: skip
    reaches: Literal["yes", "no", "cannot tell"] | None = None
    if demanded is not None:
        least, most = (found.conf_low, found.conf_high) if up else (-found.conf_high, -found.conf_low)
        wanted = demanded if up else -demanded
        reaches = "yes" if least >= wanted else "no" if most < wanted else "cannot tell"
    return Stars(found, percent_of_scale(found, scale), calls, reaches)


def _checked_stars(scale: Scale, **stars: float) -> None:
    for name, value in stars.items():
        if not (is_number(value) and scale.low <= value <= scale.high):
            raise ScaleError(f"`{name}` must lie on the scale {scale}; got {value!r}.")


def percent_of_scale(indicator: Indicator, scale: Scale) -> Indicator:
    """Put a mean on a scale as percent of the way from its worst to its best answer.

    Parameters
    ----------
    indicator : Indicator
        A mean in points.
    scale : Scale
        What could be answered.

    Returns
    -------
    Indicator
        In %, 100 is best, also where the low end of the scale is good.

    Raises
    ------
    ValueError
        If the indicator is not in points, or not on the scale.

    Notes
    -----
    How it misleads: a common length does not make two questions comparable. Five stars and seven points of agreement
    are answered in different habits, whatever they are stretched to.

    Examples
    --------
    >>> effort = stars({1: 30, 2: 10}, scale=Scale(1, 5, good="low")).mean
    >>> print(f"{effort.estimate:.2f} is {percent_of_scale(effort, Scale(1, 5, good='low')).estimate:.2f} %")
    1.25 is 93.75 %
    """
    inside = math.isnan(indicator.estimate) or scale.low <= indicator.estimate <= scale.high
    if indicator.unit != "points" or not inside:
        raise ValueError(f"{indicator.estimate:g} {indicator.unit} is no mean on {scale}.")
    worst, best = (scale.low, scale.high) if scale.good == "high" else (scale.high, scale.low)
    estimate, *ends = (
        100 * (value - worst) / (best - worst)
        for value in (indicator.estimate, indicator.conf_low, indicator.conf_high)
    )
    low, high = sorted(ends)
    name = f"{indicator.name}, worst to best"
    return replace(indicator, name=name, estimate=estimate, unit="%", conf_low=low, conf_high=high)


@dataclass(frozen=True)
class Engagement:
    """How engaged employees say they are.

    Attributes
    ----------
    engaged : Indicator
        Share of employees whose mean answer reaches the cut, in %.
    index : Indicator
        Mean answer as percent of the way from the worst to the best one.
    reliability : Indicator
        Cronbach's alpha of the items; undefined for one item.
    """

    engaged: Indicator
    index: Indicator
    reliability: Indicator

    def __repr__(self) -> str:
        return "\n".join(map(repr, (self.engaged, self.index, self.reliability)))


def engagement(
    answers: ArrayLike,
    *,
    scale: Scale = AGREEMENT,
    engaged_from: float = 4,
    employees: int | None = None,
    conf_level: float = 0.95,
) -> Engagement:
    """Share of engaged employees, and the index of their answers.

    Parameters
    ----------
    answers : array_like (n_employees, n_items)
        Answers to items that all run in one direction; who left one out is left out and counted.
    scale : Scale
        What could be answered, high is good.
    engaged_from : float
        Who answers this or more on average is engaged.
    employees : int, optional
        Employees there are: with 50 of 60 asked, little is left to chance, and the intervals shrink.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    Engagement

    Raises
    ------
    ScaleError
        If an answer is off the scale.
    ValueError
        If the answers are no table, low is good, the cut is off the scale, or there are more rows than employees.

    Notes
    -----
    How it misleads: who fears to be recognised answers well or not at all, so the silent of a small team are not like
    the rest; and the share jumps with the cut (4.0 or 3.5 of 5) where the index hardly moves.

    Examples
    --------
    >>> answers = [[5, 4], [4, 4], [2, 3], [5, 5], [3, 3], [4, 5], [1, 2], [4, None]]
    >>> engagement(answers, employees=12).engaged
    engaged employees: 57.14 % [34.42, 77.20], n = 7 (1 left out); 95 % Wilson interval
    """
    table = numbers("answers", answers, scale)
    if table.ndim != 2 or not table.shape[1]:
        raise ValueError(
            f"`answers` must have a row an employee and a column an item; got shape {table.shape}."
        )
    if scale.good != "high" or not scale.low < engaged_from <= scale.high:
        raise ValueError(
            f"`engaged_from` must lie on a scale whose high end is good; got {engaged_from:g} on {scale}."
        )
    if employees is not None:
        counted(employees=employees)
        if len(table) > employees:
            raise ValueError(f"{len(table):,} rows of answers cannot come from {employees:,} employees.")
    x = table[~np.isnan(table).any(axis=1)]
    n, gone = len(x), len(table) - len(x)
    level = x.mean(axis=1)
    inside = float(np.sum(level >= engaged_from - 1e-9))
    common: dict[str, Any] = {"conf_level": conf_level, "n_missing": gone, "population": employees}
    engaged = share("engaged employees", inside, n, **common)
    index = percent_of_scale(mean("engagement index", level, scale, **common), scale)
    return Engagement(engaged, index, alpha("reliability of the items", x, conf_level, gone))


def ethics_stage(answers: Answers, *, conf_level: float = 0.95) -> tuple[Indicator, ...]:
    """Stage of company ethics in the eyes of those who assess it, and how many see each stage reached.

    Parameters
    ----------
    answers : array_like or mapping
        Stages from 1, ``"amoral"``, to 5, ``"responsible"``, one an assessor; or how many chose each.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    tuple of Indicator
        The median stage, that is the highest one that more than half see reached, with an interval between ordered
        answers; then the share who see stage 2, 3, 4 and 5 reached, with Wilson's.

    Raises
    ------
    ScaleError
        If an answer is no stage.

    Notes
    -----
    Stages are ordered and no more: there is no mean of them, since the step from 1 to 2 need not be that from 4 to 5.

    How it misleads: it is a self-assessment, and who assesses the own company has reason to be kind; only the first and
    the last stage have a name in the documents, so two assessors may mean different things by a 3.

    Examples
    --------
    >>> ethics_stage({2: 3, 3: 5, 4: 2})[0]
    median stage: 3.00 of 5 [2.00, 4.00], n = 10; 95 % interval between ordered answers
    - Stages have an order, no distances: a mean of them would mean nothing.
    """
    x, gone = on_scale("stages", answers, ETHICS)
    n = len(x)
    median = undefined("median stage", "of 5", "nobody assessed it.", conf_level=conf_level, n_missing=gone)
    if n:
        low, high = median_interval(x, conf_level=conf_level)
        method = "interval between ordered answers" if low == low else "no interval: too few answers"
        middle = float(np.sort(x)[(n - 1) // 2])
        median = Indicator("median stage", middle, "of 5", low, high, n, gone, method, conf_level)
        median = median.noted(
            Note("ordinal", "Stages have an order, no distances: a mean of them would mean nothing.")
        )
    return median, *(
        share(f"stage {stage:g} reached", float(np.sum(x >= stage)), n, conf_level=conf_level, n_missing=gone)
        for stage in ETHICS.points[1:]
    )
