"""A plan: answers and invitations for each quantity that is wanted, with the curve it was read from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from cxresearch.results import Note, Result
from cxresearch.stats.fieldwork import Fieldwork
from cxresearch.stats.printed import MOST
from cxresearch.stats.sample_size import smallest_n

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
        or half-width that the planned number of answers gives. Infinite: no number up to 10 million would do.
    curve : DataFrame
        Key ``quantity unit n``: ``value``, power or half-width with n answers (after clusters and so on).
    effects : DataFrame
        Key ``effect``: ``factor`` on the answers (for the response rate: on the invitations) and ``made_of``.
    fieldwork : Fieldwork
        How the customers are asked.
    guessed : dict
        The values that the plan rests on.
    """

    curve: pd.DataFrame
    effects: pd.DataFrame
    fieldwork: Fieldwork
    guessed: Mapping[str, Any] = field(default_factory=dict)

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
        notes=(PLAN, *notes, *_field_notes(table, fieldwork, n)),
        curve=_curve(wanted, table, fieldwork, n),
        effects=_effects(fieldwork),
        fieldwork=fieldwork,
        guessed=guessed,
    )


def _row(one: Wanted, fieldwork: Fieldwork, n: float | None) -> dict[str, Any]:
    needed = one.needed()
    answers = needed if math.isnan(needed) else fieldwork.answers(needed)
    return {
        "quantity": one.quantity,
        "unit": one.unit,
        "wanted": one.level,
        "n": needed,
        "answers": answers,
        "invitations": answers if math.isnan(answers) else fieldwork.invitations(answers),
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


def _field_notes(table: pd.DataFrame, fieldwork: Fieldwork, n: float | None) -> list[Note]:
    """What the fieldwork adds to the reading."""
    notes = []
    if fieldwork.response_rate < 1:
        notes.append(Note(
            "response_rate",
            f"Invitations assume that {100 * fieldwork.response_rate:g} % answer, and that those who do are like the "
            "others; if experience decides who answers, no number of answers mends it.",
            changes_reading=True,
        ))  # fmt: skip
    people = fieldwork.population
    sent = max([value for value in table["invitations"] if math.isfinite(value)], default=0.0)
    if people is not None and sent > people:
        notes.append(Note(
            "too_few_customers",
            f"There are {people:,.0f} customers, fewer than the {sent:,.0f} invitations that the largest row needs.",
            changes_reading=True,
        ))  # fmt: skip
    if np.isinf(table["n"]).any():
        notes.append(Note(
            "no_number", "`no number`: with the guessed values no study of up to 10 million answers would do.",
            changes_reading=True,
        ))  # fmt: skip
    if n is not None and fieldwork.effect > 1:
        worth = fieldwork.effective(n)
        notes.append(
            Note(
                "effective_n",
                f"The {n:,.0f} planned answers are worth {worth:,.0f} of a simple random sample.",
            )
        )
    return notes


def check_chance(**chances: float) -> None:
    """Refuse what is no probability inside (0, 1), by argument name."""
    for name, value in chances.items():
        if not 0 < value < 1:
            raise ValueError(f"`{name}` must lie strictly between 0 and 1; got {value:g}.")


def check_positive(**values: float | None) -> None:
    """Refuse what is not above 0, by argument name; None passes."""
    for name, value in values.items():
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"`{name}` must be above 0; got {value:g}.")


def check_planned(n: float | None, fieldwork: Fieldwork) -> None:
    """Refuse a planned number of answers that cannot be."""
    if n is None:
        return
    if not 1 <= n < math.inf:
        raise ValueError(f"`n` must be the number of planned answers, 1 or more; got {n:g}.")
    if fieldwork.population is not None and n > fieldwork.population:
        raise ValueError(f"`n` is {n:,.0f}, but the population has {fieldwork.population:,.0f}.")
