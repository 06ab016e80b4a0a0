"""Plans about scores: the margin of an NPS, a share or a mean, and differences of groups or waves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cxresearch._power_plan import (
    SIMPLE,
    Plan,
    Wanted,
    check_chance,
    check_numbers,
    check_planned,
    check_positive,
    make_plan,
)
from cxresearch.results import Note
from cxresearch.stats.fieldwork import Fieldwork
from cxresearch.stats.fisher import normal_quantile
from cxresearch.stats.sample_size import difference_power

EACH = Note(
    "per_group",
    "Rows about two groups count the answers of each group; both together need twice that, and twice the invitations.",
)
FULL = 100.0
SCALE = "points of the scale"


@dataclass(frozen=True, slots=True)
class _Score:
    """A score as a plan sees it."""

    name: str  # "NPS"
    unit: str  # of margins and differences
    std_dev: float  # of one answer
    std_dev_after: float  # of one answer in the other group or wave
    widest: float = math.inf  # half the range of the score: no interval is wider on both sides


def nps(
    promoters: float,
    detractors: float,
    *,
    margin: float | None = None,
    difference: float | None = None,
    correlation: float | None = None,
    n: int | None = None,
    power: float = 0.8,
    conf_level: float = 0.95,
    fieldwork: Fieldwork = SIMPLE,
) -> Plan:
    """Plan how many answers a Net Promoter Score needs.

    Parameters
    ----------
    promoters, detractors : float
        Guessed shares of the answers, 0 to 1, together at most 1.
    margin : float, optional
        Wanted half-width of the interval, in NPS points, below 100.
    difference : float, optional
        Difference between two groups or waves that should be found, in NPS points; below 0: a fall.
    correlation : float, optional
        Of a customer's answers (as 100, 0, -100) in two waves; with it the row on the same customers asked twice, whose
        invitations are those to the first wave, as if all who answer it answered the second too.
    n, power, conf_level, fieldwork
        As for `cxresearch.power.contest`; n counts the answers, and `population` the customers, of one group.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If the shares are not admissible, an NPS leaves -100 to 100, or nothing is asked for.

    Notes
    -----
    One answer has the variance 100² (p + d - (p - d)²). The margin is z times the standard error (Rocks' adjusted Wald
    interval adds three answers, which is nothing at such n); differences are found by a t test, noncentral t, the
    spread of the second group being that of the first.

    How it misleads: an NPS has about the largest spread a score can have. The mean of the same 0-10 answers shows
    the same change with far fewer.

    References
    ----------
    Rocks (2016), Interval estimation for the "Net Promoter Score". *Am. Stat.* 70, 365-372.

    Examples
    --------
    >>> plan = nps(0.45, 0.20, margin=3, difference=5)
    >>> [int(n) for n in plan.table["n"]]
    [2508, 3690]
    """
    check_numbers(promoters=promoters, detractors=detractors)
    if not (promoters >= 0 and detractors >= 0 and 0 < promoters + detractors <= 1):
        raise ValueError(
            "`promoters` and `detractors` are shares of the answers, 0 or more, together above 0 and at most 1; got "
            f"{promoters:g} and {detractors:g}."
        )
    variance = promoters + detractors - (promoters - detractors) ** 2
    if variance == 0:
        raise ValueError("`promoters` or `detractors` is 1: answers without spread need no plan.")
    spread, score = FULL * math.sqrt(variance), FULL * (promoters - detractors)
    if difference is not None:
        check_numbers(difference=difference)
        if not -FULL < score + difference < FULL:
            raise ValueError(
                f"`difference` of {difference:g} points takes an NPS of {score:+.0f} to {score + difference:+g}; it "
                f"must stay inside -100 to 100{_other_way(score, difference)}."
            )
    return _plan(
        _Score("NPS", "NPS points", spread, spread, FULL),
        f"How many answers for an NPS of {score:+.0f}?",
        {"promoters": promoters, "detractors": detractors},
        (margin, difference, correlation, n),
        (power, conf_level, fieldwork),
    )


def share(
    share: float,
    *,
    margin: float | None = None,
    difference: float | None = None,
    correlation: float | None = None,
    n: int | None = None,
    power: float = 0.8,
    conf_level: float = 0.95,
    fieldwork: Fieldwork = SIMPLE,
) -> Plan:
    """Plan how many answers a share needs, such as satisfied customers (top-2 box) or low-effort ones.

    Parameters
    ----------
    share : float
        Guessed share, inside (0, 1).
    margin : float, optional
        Wanted half-width of the interval, in percentage points, below 50.
    difference : float, optional
        Rise that should be found, in percentage points; below 0: a fall.
    correlation, n, power, conf_level, fieldwork
        As for `nps`.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If a share leaves (0, 1), or nothing is asked for.

    Notes
    -----
    The variances of both shares enter a difference, without pooling. Near 0 or 1 the plan is too small: have at least
    ten answers of the rarer kind.

    Examples
    --------
    The 385 and 1,068 of every textbook: ±5 and ±3 points at one half.

    >>> [int(share(0.5, margin=points).table["n"].iloc[0]) for points in (5, 3)]
    [385, 1068]
    """
    check_chance(share=share)
    if difference is not None:
        check_numbers(difference=difference)
    after = share + (difference or 0.0) / FULL
    if not 0 < after < 1:
        raise ValueError(
            f"`difference` of {difference:g} points takes a share of {share:g} to {after:g}; it must stay in (0, 1)."
        )
    before, then = (FULL * math.sqrt(p * (1 - p)) for p in (share, after))
    return _plan(
        _Score("share", "percentage points", before, then, FULL / 2),
        f"How many answers for a share of {100 * share:g} %?",
        {"share": share},
        (margin, difference, correlation, n),
        (power, conf_level, fieldwork),
    )


def mean(
    std_dev: float,
    *,
    margin: float | None = None,
    difference: float | None = None,
    correlation: float | None = None,
    n: int | None = None,
    power: float = 0.8,
    conf_level: float = 0.95,
    fieldwork: Fieldwork = SIMPLE,
) -> Plan:
    """Plan how many answers a mean needs, such as the mean of a 7-point question.

    Parameters
    ----------
    std_dev : float
        Guessed standard deviation of the answers, above 0; at most half the length of the scale.
    margin, difference : float, optional
        As for `nps`, in points of the scale.
    correlation, n, power, conf_level, fieldwork
        As for `nps`.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If an argument is not admissible, or nothing is asked for.

    Examples
    --------
    >>> int(mean(1.0, difference=0.5).table["n"].iloc[0])
    64
    """
    check_numbers(std_dev=std_dev)
    check_positive(std_dev=std_dev)
    return _plan(
        _Score("mean", SCALE, std_dev, std_dev),
        f"How many answers for a mean, where answers have a standard deviation of {std_dev:g}?",
        {"std_dev": std_dev},
        (margin, difference, correlation, n),
        (power, conf_level, fieldwork),
    )


def _plan(
    score: _Score,
    question: str,
    guessed: Mapping[str, Any],
    asked: tuple[float | None, float | None, float | None, int | None],
    terms: tuple[float, float, Fieldwork],
) -> Plan:
    """The rows that were asked for."""
    margin, difference, correlation, n = asked
    power, conf_level, fieldwork = terms
    _check(margin, difference, correlation, n)
    if margin is not None and margin >= score.widest:
        raise ValueError(
            f"`margin` must be below {score.widest:g} {score.unit}, half the range there is; got {margin:g}."
        )
    check_chance(power=power, conf_level=conf_level)
    check_planned(n, fieldwork)
    wanted = []
    if margin is not None or difference is None:
        z = normal_quantile(conf_level)
        wanted.append(Wanted(
            f"half-width of the interval of the {score.name}, in points", "half-width",
            math.nan if margin is None else margin, lambda n: z * score.std_dev / math.sqrt(n), 2,
        ))  # fmt: skip
    if difference is not None:
        wanted += _differences(score, difference, correlation, power, conf_level)
    return make_plan(
        question,
        f"Half-widths by the normal {100 * conf_level:g} % interval; differences by a two-sided t test, noncentral t.",
        wanted,
        fieldwork=fieldwork,
        conf_level=conf_level,
        n=n,
        guessed=dict(guessed) | {"difference": difference, "correlation": correlation},
        notes=[
            *([EACH] if difference is not None else []),
            *_of_each(difference, fieldwork),
            *(_asked_again(wanted[-1], fieldwork) if correlation is not None else []),
            *_below_a_point(score, margin, difference),
        ],
        margin_unit=score.unit,
    )


def _other_way(score: float, difference: float) -> str:
    """The way out where the score has room on its other side."""
    return f"; give {-difference:g} for a change the other way" if abs(score - difference) < FULL else ""


def _of_each(difference: float | None, fieldwork: Fieldwork) -> list[Note]:
    """Whose population a small one is."""
    if difference is None or fieldwork.population is None:
        return []
    size = fieldwork.population
    text = (
        f"`population` is that of each group: two groups are taken to have {size:,.0f} customers each. If the "
        f"{size:,.0f} are all there are, give those of one group, such as {size / 2:,.0f}."
    )
    return [Note("population_of_each", text, changes_reading=True)]


def _asked_again(twice: Wanted, fieldwork: Fieldwork) -> list[Note]:
    """What invitations to the same customers in two waves take for granted."""
    answers = fieldwork.answers(twice.needed())
    if fieldwork.response_rate == 1:
        return []
    text = (
        "Same customers twice: invitations are those to the first wave, as if all who answer it answered the second "
        "too."
    )
    if math.isfinite(answers):
        rate, both = fieldwork.response_rate, fieldwork.invitations(fieldwork.invitations(answers))
        beyond = ", more than there are" if both > (fieldwork.population or math.inf) else ""
        text += f" If only {100 * rate:g} % of them do, {both:,.0f} must be invited{beyond}."
    return [Note("asked_again", text, changes_reading=True)]


def _below_a_point(score: _Score, margin: float | None, difference: float | None) -> list[Note]:
    """A warning where a share may have been given for points of 100."""
    if score.unit == SCALE:
        return []
    given = (("margin", margin), ("difference", difference))
    return [
        Note(
            "below_a_point",
            f"`{name}` counts in points of 100, and {value:g} is less than one; if {FULL * value:g} points are meant, "
            f"give {FULL * value:g}.",
            changes_reading=True,
        )
        for name, value in given
        if value is not None and abs(value) < 1
    ]


def _differences(
    score: _Score, difference: float, correlation: float | None, power: float, conf_level: float
) -> list[Wanted]:
    before, after = score.std_dev, score.std_dev_after
    pooled = math.sqrt((before**2 + after**2) / 2)
    size = f"difference of {abs(difference):g} points"
    rows = [
        Wanted(
            f"{size}, two groups, answers in each", "power", power,
            lambda n: difference_power(difference, pooled, n, 2, conf_level=conf_level), 2,
        )
    ]  # fmt: skip
    if correlation is not None:
        change = math.sqrt(before**2 + after**2 - 2 * correlation * before * after)
        rows.append(Wanted(
            f"{size}, same customers twice (r = {correlation:g})", "power", power,
            lambda n: difference_power(difference, change, n, 1, conf_level=conf_level), 2,
        ))  # fmt: skip
    return rows


def _check(margin: float | None, difference: float | None, correlation: float | None, n: int | None) -> None:
    if margin is None and difference is None and n is None:
        raise ValueError(
            "`margin` or `difference` is needed, the half-width or the difference to plan for; or `n`, the planned "
            "answers, whose half-width is then shown."
        )
    check_positive(margin=margin)
    for name, value in (("difference", difference), ("correlation", correlation)):
        if value is not None:
            check_numbers(**{name: value})
    if difference is not None and not 0 < abs(difference) < math.inf:
        raise ValueError(
            f"`difference` must not be 0; got {difference:g}. No study finds a difference of nothing."
        )
    if correlation is not None and difference is None:
        raise ValueError("`correlation` is about two waves: give the `difference` between them.")
    if correlation is not None and not -1 < correlation < 1:
        raise ValueError(f"`correlation` must lie strictly between -1 and 1; got {correlation:g}.")
