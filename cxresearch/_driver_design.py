"""What a drivers question rests on: answers as a design matrix of cells, each column with its driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats.designs import Design
from cxresearch.stats.responses import Family
from cxresearch.survey.codebook import Kind
from cxresearch.survey.scales import Scale

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, eq=False)
class Variable:
    """One driver or control on the cells.

    Attributes
    ----------
    name : str
        The codebook's name.
    role : {"driver", "control"}
        What it serves as in this question.
    kind : {"scale", "count", "binary", "number", "category"}
        What its answers are.
    values : float array (U,)
        Raw answers; of a category, positions in `levels`. NaN for customers whom it does not concern.
    scale : Scale
        Of the raw answers.
    levels : tuple
        Answers of a category, the reference first; else empty.
    reference : float or None
        Answer (position in `levels`) at which the driver has vanished; None where nobody said.
    centre : float
        Taken from the answers in the design matrix: their mean where it does not concern everybody, else 0.
    """

    name: str
    role: Literal["driver", "control"]
    kind: Kind
    values: Array
    scale: Scale
    levels: tuple[Any, ...]
    reference: float | None
    centre: float

    @property
    def applies(self) -> Flags:
        """Cells whose customers it concerns."""
        return ~np.isnan(self.values)

    def columns(self, values: Array) -> dict[str, Array]:
        """Return the design columns that some answers have, by term."""
        concerned = ~np.isnan(values)
        if self.kind == "category":
            made = {
                f"{self.name}={level}": (values == code).astype(float)
                for code, level in enumerate(self.levels[1:], start=1)
            }
        else:
            made = {self.name: np.where(concerned, values - self.centre, 0.0)}
        if not self.applies.all():
            made[f"{self.name}={NOT_APPLICABLE}"] = (~concerned).astype(float)
        return made


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the drivers should explain, on the cells.

    Attributes
    ----------
    name : str
        The codebook's name.
    kind : {"scale", "count", "binary", "number"}
        What its answers are.
    family : {"cumulative", "logit", "probit", "poisson", "linear"}
        The model.
    values : float array (U,)
        Raw answers.
    levels : float array (K,)
        Distinct raw answers, rising.
    code : int array (U,)
        Position in `levels` of each cell's answer.
    scale : Scale
        Of the raw answers.
    adverse_levels : bool array (K,) or None
        Answers that count as bad; None where nobody said.
    link_gain : float or None
        Log-likelihood by which `family` fits better than the other link, weights summing to the effective number of
        rows; None where the answers did not choose.
    """

    name: str
    kind: Kind
    family: Family
    values: Array
    levels: Array
    code: Codes
    scale: Scale
    adverse_levels: Flags | None
    link_gain: float | None = None

    @property
    def adverse(self) -> Flags | None:
        """Cells whose answer counts as bad."""
        return None if self.adverse_levels is None else self.adverse_levels[self.code]


@dataclass(frozen=True, eq=False)
class Setting:
    """Drivers and controls against one outcome on the rows that answered all of them.

    Attributes
    ----------
    outcome : Outcome
    variables : tuple of Variable
        Drivers in the order asked, then controls.
    interactions : tuple of (str, str)
        Pairs of variables whose columns are multiplied.
    sample : Design
        Weights and design of the cells.
    n_missing : int
        Rows left out: without an answer to one of the questions, or with weight 0.
    unanswered : mapping of str to int
        Rows without an answer, by question, where there are any.
    """

    outcome: Outcome
    variables: tuple[Variable, ...]
    interactions: tuple[tuple[str, str], ...]
    sample: Design
    n_missing: int
    unanswered: Mapping[str, int]

    @property
    def drivers(self) -> tuple[Variable, ...]:
        """The drivers, in the order asked."""
        return tuple(one for one in self.variables if one.role == "driver")

    @property
    def controls(self) -> tuple[Variable, ...]:
        """The controls."""
        return tuple(one for one in self.variables if one.role == "control")

    def variable(self, name: str) -> Variable:
        """Return the driver or control called `name`."""
        return next(one for one in self.variables if one.name == name)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Names of the columns of `X`: ``transfers``, ``channel=email``, ``transfers:repeats``."""
        return tuple(self._columns({}))

    @cached_property
    def owners(self) -> tuple[tuple[str, ...], ...]:
        """The variables behind each column of `X`: one, or the two of an interaction."""
        made: list[tuple[str, ...]] = [(one.name,) for one in self.variables for _ in one.columns(one.values)]
        made += [
            pair
            for pair in self.interactions
            for _ in self.variable(pair[0]).columns(self.variable(pair[0]).values)
            for _ in self.variable(pair[1]).columns(self.variable(pair[1]).values)
        ]
        return tuple(made)

    @cached_property
    def X(self) -> Array:  # noqa: N802
        """Design matrix ``(U, q)`` of the answers as they are, without a column of ones."""
        return self.matrix({})

    def columns_of(self, name: str) -> Codes:
        """Positions in `X` of the columns of one variable, without interactions."""
        return np.flatnonzero([owner == (name,) for owner in self.owners])

    def matrix(self, changes: Mapping[str, ArrayLike]) -> Array:
        """Return the design matrix after setting some variables, for the customers whom they concern.

        Parameters
        ----------
        changes : mapping of str to float or array (U,)
            New raw answers (positions in `levels` for a category) by variable. NaN says: not applicable.
        """
        return np.column_stack(list(self._columns(changes).values()))

    def direction(self, name: str) -> Array:
        """Return how the design matrix moves per 1 of a variable; 0 for customers whom it does not concern."""
        return self.matrix({name: 1.0}) - self.matrix({name: 0.0})  # every column is linear in each answer

    def _columns(self, changes: Mapping[str, ArrayLike]) -> dict[str, Array]:
        own = {one.name: one.columns(_changed(one, changes.get(one.name))) for one in self.variables}
        made = {term: column for columns in own.values() for term, column in columns.items()}
        for a, b in self.interactions:
            made |= {f"{s}:{t}": own[a][s] * own[b][t] for s in own[a] for t in own[b]}
        return made


def _changed(variable: Variable, answer: ArrayLike | None) -> Array:
    if answer is None:
        return variable.values
    return np.where(variable.applies, np.asarray(answer, float), np.nan)
