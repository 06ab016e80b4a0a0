"""A plan: answers and invitations for each quantity that is wanted, with the curve it was read from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from cxresearch.results import Note, Result
from cxresearch.stats.fieldwork import Fieldwork
from cxresearch.stats.printed import MOST
from cxresearch.stats.sample_size import smallest_n
from cxresearch.survey._text import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Unit: TypeAlias = Literal["power", "half-width"]

POINTS = 61  # of each curve
SPAN = 4.0  # the curve runs from the largest number needed over this to it times this, at least
SIMPLE = Fieldwork()  # a simple random sample of a large population, everybody answers

PLAN = Note(
    "plan",
    "A plan, not a finding: every number follows from the values that were guessed; vary the ones you know least.",
    changes_reading=True,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing a study should be able to show.

    Attributes
    ----------
    quantity : str
        In words.
    unit : {"power", "half-width"}
        What `value` returns; power grows with n, a half-width shrinks.
    level : float
        Power or half-width that is wanted; NaN: none, only what `n` answers give.
    value : callable
        Of the effective number of answers.
    least : int
        Fewest answers for which `value` is defined.
    """

    quantity: str
    unit: Unit
    level: float
    value: Callable[[float], float]
    least: int = 4

    def needed(self) -> float:
        """Effective answers that reach the level; infinite where none do, NaN where no level is wanted."""
        if math.isnan(self.level):
            return math.nan
        sign = 1 if self.unit == "power" else -1
        return smallest_n(lambda n: sign * self.value(n) >= sign * self.level, self.least)

    def at(self, effective: float) -> float:
        """Power or half-width; NaN below the fewest answers."""
        if math.isnan(effective) or effective < self.least:
            return math.nan
        return self.value(min(effective, float(MOST)))


@dataclass(frozen=True, repr=False)
class Plan(Result):
    """Answers that a study needs, with what `Result` holds; no data were used.

    Attributes
    ----------
    table : DataFrame
        Key ``quantity unit``: ``wanted`` power or half-width, ``n`` answers of a simple random sample, ``answers``
        after clusters, weights and a small population, ``invitations`` after the response rate, ``at_n`` the power
        or half-width that the planned number of answers gives. Infinite: no number up to 10 million would do;
        invitations also where the population has too few customers.
    curve : DataFrame
        Key ``quantity unit n``: ``value``, power or half-width with n answers (after clusters and so on).
    effects : DataFrame
        Key ``effect``: ``factor`` on the answers (for the response rate: on the invitations) and ``made_of``.
    fieldwork : Fieldwork
        How the customers are asked.
    guessed : dict
        The values that the plan rests on.
    margin_unit : str
        What half-widths are counted in, such as percentage points.
    """

    curve: pd.DataFrame
    effects: pd.DataFrame
    fieldwork: Fieldwork
    guessed: Mapping[str, Any] = field(default_factory=dict)
    margin_unit: str = ""

    def _used(self) -> str:
        return "No data were used" + (f"; {self.n:,} answers are planned" if self.n else "")

    def _extra(self) -> dict[str, Any]:
        return {"fieldwork": dataclasses.asdict(self.fieldwork), "guessed": dict(self.guessed)}

    def _shown(self) -> pd.DataFrame:
        """The table with whole numbers as such, and words where no number would do."""
        shown = self.table.copy()
        for name in ("n", "answers", "invitations"):
            shown[name] = [_count(value) for value in shown[name]]
        return shown if self.n else shown.drop(columns="at_n")

    def _legend(self) -> str:
        made = [f"{row.effect} {row.factor:.3g}" for row in self.effects.itertuples() if row.factor != 1]
        return f"Answers over n, and invitations over answers: {'; '.join(made)}." if made else ""

    def plot(self) -> Figure:
        """Draw power, and half-width, against the number of answers, with the numbers needed."""
        from cxresearch.plots_power import draw_plan

        return draw_plan(self)


def _count(value: float) -> Any:
    if math.isnan(value):
        return None
    return int(value) if math.isfinite(value) else "no number"


def make_plan(
    question: str,
    method: str,
    wanted: Sequence[Wanted],
    *,
    fieldwork: Fieldwork,
    conf_level: float,
    n: float | None,
    guessed: Mapping[str, Any],
    notes: Sequence[Note] = (),
    margin_unit: str = "",
) -> Plan:
    """Work out a plan.

    Parameters
    ----------
    question, method : str
    wanted : sequence of Wanted
        In the order of the table.
    fieldwork : Fieldwork
    conf_level : float
    n : float or None
        Planned answers.
    guessed : mapping
        What the plan rests on, by argument.
    notes : sequence of Note
        Besides those every plan has.
    margin_unit : str
        What half-widths are counted in.
    """
    rows = [_row(one, fieldwork, n) for one in wanted]
    table = pd.DataFrame(rows)
    return Plan(
        table=table,
        question=question,
        method=method,
        conf_level=conf_level,
        seed=None,
        n=0 if n is None else int(n),
        n_missing=0,
        notes=(
            PLAN,
            *notes,
            *_field_notes(wanted, table, fieldwork, n),
            *_planned_notes(table, fieldwork, n),
        ),
        curve=_curve(wanted, table, fieldwork, n),
        effects=_effects(fieldwork),
        fieldwork=fieldwork,
        guessed=guessed,
        margin_unit=margin_unit,
    )


def _row(one: Wanted, fieldwork: Fieldwork, n: float | None) -> dict[str, Any]:
    needed = one.needed()
    answers = needed if math.isnan(needed) else fieldwork.answers(needed)
    invitations = math.inf if answers > fieldwork.most else answers
    return {
        "quantity": one.quantity,
        "unit": one.unit,
        "wanted": one.level,
        "n": needed,
        "answers": answers,
        "invitations": answers if math.isnan(answers) else fieldwork.invitations(invitations),
        "at_n": math.nan if n is None else one.at(fieldwork.effective(n)),
    }


def _curve(
    wanted: Sequence[Wanted], table: pd.DataFrame, fieldwork: Fieldwork, n: float | None
) -> pd.DataFrame:
    """Every quantity on one grid of answers that holds all numbers needed."""
    marks = [value for value in [*table["answers"], n or math.nan] if math.isfinite(value)] or [1_000.0]
    low, high = max(min(marks) / SPAN, 5.0), max(marks) * SPAN
    if fieldwork.population is not None:
        high = min(high, fieldwork.population)
    grid = np.unique(np.rint(np.geomspace(low, max(high, low), POINTS)))
    rows = [
        {"quantity": one.quantity, "unit": one.unit, "n": at, "value": one.at(fieldwork.effective(at))}
        for one in wanted
        for at in grid
    ]
    return pd.DataFrame(rows)


def _effects(fieldwork: Fieldwork) -> pd.DataFrame:
    size, cv = fieldwork.cluster_size, fieldwork.weight_cv
    rows = [
        ("clusters", fieldwork.cluster_effect, f"1 + ({size:g} - 1) x {fieldwork.icc:g}"),
        ("weights", fieldwork.weight_effect, f"1 + {cv:g}²"),
        ("invitations", 1 / fieldwork.response_rate, f"1 / {fieldwork.response_rate:g}"),
    ]
    return pd.DataFrame(rows, columns=["effect", "factor", "made_of"])


def _field_notes(
    wanted: Sequence[Wanted], table: pd.DataFrame, fieldwork: Fieldwork, n: float | None
) -> list[Note]:
    """What the fieldwork adds to the reading."""
    notes = []
    if fieldwork.response_rate < 1:
        notes.append(Note(
            "response_rate",
            f"Invitations assume that {100 * fieldwork.response_rate:g} % answer, and that those who do are like the "
            "others; if experience decides who answers, no number of answers mends it.",
            changes_reading=True,
        ))  # fmt: skip
    if fieldwork.cluster_size > 1 and fieldwork.icc == 0:
        notes.append(Note(
            "no_icc",
            f"Clusters of {fieldwork.cluster_size:g} answers cost nothing here, since `icc` is 0: answers of one "
            "cluster are taken to be no more alike than others.",
            changes_reading=True,
        ))  # fmt: skip
    short = [
        one for one, row in zip(wanted, table.itertuples(), strict=True) if _beyond(row.answers, fieldwork)
    ]
    if short or (n is not None and n > fieldwork.most):
        notes.append(_too_few(short, fieldwork, n))
    if np.isinf(table["n"]).any():
        notes.append(Note(
            "no_number", "`no number`: with the guessed values no study of up to 10 million answers would do.",
            changes_reading=True,
        ))  # fmt: skip
    return notes


def _beyond(answers: Any, fieldwork: Fieldwork) -> bool:
    """Whether answers that would do are more than the population can give."""
    return bool(math.isfinite(answers) and answers > fieldwork.most)


def _too_few(short: Sequence[Wanted], fieldwork: Fieldwork, n: float | None) -> Note:
    """How many answers the population can give at most, and what these would show of what was wanted."""
    most = fieldwork.most
    text = (
        f"{fieldwork.population:,.0f} customers of whom {100 * fieldwork.response_rate:g} % answer are at most "
        f"{most:,.0f} answers"
    )
    found = [(one, one.at(fieldwork.effective(most))) for one in short]
    told = [f"{one.quantity}: {_shown_value(one.unit, value)}" for one, value in found]
    text += f", fewer than needed; these would give {'; '.join(told)}." if told else "."
    if n is not None and n > most:
        text += f" The {n:,.0f} planned cannot be had."
    return Note("too_few_customers", text, changes_reading=True)


def _shown_value(unit: Unit, value: float) -> str:
    if math.isnan(value):
        return "nothing"
    return f"±{value:.3g}" if unit == "half-width" else f"power {value:.2f}"


def _planned_notes(table: pd.DataFrame, fieldwork: Fieldwork, n: float | None) -> list[Note]:
    """What to know of the planned answers."""
    notes: list[Note] = []
    if n is None:
        return notes
    if fieldwork.effect > 1:
        worth = fieldwork.effective(n)
        text = f"The {n:,.0f} planned answers are worth {worth:,.0f} of a simple random sample."
        if math.isinf(worth):
            text = (
                f"The {n:,.0f} planned answers are those of the whole population: nothing is left to chance."
            )
        notes.append(Note("effective_n", text))
    if table["at_n"].isna().any():
        text = f"A dash: {n:,.0f} planned answers are too few for the formula of that row."
        notes.append(Note("too_few_planned", text, changes_reading=True))
    return notes


def check_numbers(**values: Any) -> None:
    """Refuse what is no number, by argument name."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ValueError(f"`{name}` must be a number; got {shown(value)}.")


def check_chance(**chances: float) -> None:
    """Refuse what is no probability inside (0, 1), by argument name."""
    check_numbers(**chances)
    for name, value in chances.items():
        if not 0 < value < 1:
            raise ValueError(f"`{name}` must lie strictly between 0 and 1; got {value:g}.")


def check_positive(**values: float | None) -> None:
    """Refuse what is not above 0, by argument name; None passes."""
    for name, value in values.items():
        if value is None:
            continue
        check_numbers(**{name: value})
        if not 0 < value < math.inf:
            raise ValueError(f"`{name}` must be above 0, and finite; got {value:g}.")


def check_planned(n: float | None, fieldwork: Fieldwork) -> None:
    """Refuse a planned number of answers, or a fieldwork, that cannot be."""
    if not isinstance(fieldwork, Fieldwork):
        raise ValueError(f"`fieldwork` must be a `Fieldwork(response_rate=...)`; got {shown(fieldwork)}.")
    if n is None:
        return
    check_numbers(n=n)
    if not (1 <= n < math.inf and n == int(n)):
        raise ValueError(f"`n` must be the number of planned answers, a whole number, 1 or more; got {n:g}.")
    if fieldwork.population is not None and n > fieldwork.population:
        raise ValueError(f"`n` is {n:,.0f}, but the population has {fieldwork.population:,.0f}.")
