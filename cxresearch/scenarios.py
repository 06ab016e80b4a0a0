"""What a model of drivers predicts: scenarios with some drivers set, and the outcome at each answer of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxresearch.results import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class WhatIf(Result):
    """What the model predicts when some drivers are set.

    Attributes
    ----------
    table : DataFrame
        Key ``scenario measure``: ``as observed``, ``predicted`` and ``change (predicted)``, each as ``mean`` (points
        of the outcome) and ``adverse`` (percent, the change in percentage points).
    steps : DataFrame
        Key ``step driver measure``: the change as the drivers are set one after the other, in the order given.
    values : mapping of str to Any
        What was set.
    supported : float
        Share of customers whose set answers occur with their other answers (rule in `Drivers.what_if`).
    """

    steps: pd.DataFrame
    values: Mapping[str, Any]
    supported: float
    outcome: str

    def _extra(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "values": self.values, "supported": self.supported}

    def _legend(self) -> str:
        return (
            "The change is the model's, counted from its own level: as observed plus change can miss the predicted "
            "level by as much as the model misses what was observed."
        )

    def plot(self) -> Figure:
        """Draw the waterfall from what was observed, one driver at a time, to what is predicted."""
        from cxresearch.plots_scenarios import draw_what_if

        return self._labelled(draw_what_if(self))


@dataclass(frozen=True, repr=False)
class DoseResponse(Result):
    """The outcome at each answer of one driver.

    Attributes
    ----------
    table : DataFrame
        Key ``driver value measure``: ``mean`` and ``adverse`` as predicted with everybody at that answer, other
        answers as they are; ``mean_observed`` and ``adverse_observed`` among those who gave it, whom its ``n``
        counts. ``at`` is the answer as a number (the mean of those pooled; the position of a category's level).
    driver, outcome : str
    named : bool
        The answers are the levels of a category: no line joins them.
    """

    driver: str
    outcome: str
    named: bool

    def _extra(self) -> dict[str, Any]:
        return {"driver": self.driver, "outcome": self.outcome, "named": self.named}

    def plot(self) -> Figure:
        """Draw the predicted line with its band, and what was observed as points sized by the customers."""
        from cxresearch.plots_scenarios import draw_dose_response

        return self._labelled(draw_dose_response(self))
