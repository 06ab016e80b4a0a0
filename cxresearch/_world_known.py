"""What is true of all customers of a world, with the error of the integrals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxresearch import _world_checks as checks
from cxresearch import _world_truth as truth
from cxresearch.errors import WorldError

if TYPE_CHECKING:
    from cxresearch._world import World

SCRAMBLINGS = 8
FINE, COARSE = 16, 13  # two to this many customers a scrambling


@dataclass(frozen=True)
class Truth:
    """What is true of all customers of a world, whether they answer or not.

    Every table has the columns ``truth`` and ``error``: the mean over eight scramblings of a Sobol sequence, and the
    standard error of that mean. Given a customer's latents the probabilities of answers are exact.

    Attributes
    ----------
    world : World
        The customers.

    Notes
    -----
    These are the values that the analyses estimate, not better ones: correlations are those of *answers*, lowered by
    their noise; `latent` has those of what customers feel. Where a culture, a beggar or a halo bends the answers, the
    answers' truth is bent too; where only some customers answer, a survey need not come near it.
    """

    world: World

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores by every scorer of the instrument: key ``item scorer``; shares and net scores in per cent."""
        return self._table(truth.scores, ("item", "scorer"), FINE)

    @cached_property
    def contest(self) -> pd.DataFrame:
        """What `cxresearch.compare` estimates: key ``outcome metric coding measure``."""
        return self._table(truth.contest, ("outcome", "metric", "coding", "measure"), FINE)

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """Share of the answers' variance that the same customers would repeat: key ``item``. Halo and habits count."""
        return self._table(truth.reliability, ("item",), COARSE)

    @cached_property
    def latent(self) -> pd.DataFrame:
        """Correlations of what customers feel: key ``a b``."""
        return self._table(truth.latent, ("a", "b"), FINE)

    def effects(self, outcome: str = "ces") -> pd.DataFrame:
        """Return average effects of each friction: key ``outcome driver measure``.

        Per one more (the slope, averaged), or yes against no. Measures are ``mean`` (points) and ``adverse``
        (percentage points of answers beyond the middle of the scale).
        They are causal: complexity and everything else stay as they are.
        """
        return self._of(truth.effects, outcome, "driver")

    def attributable(self, outcome: str = "ces") -> pd.DataFrame:
        """Return what would be gone without each friction: key ``outcome driver measure``.

        Measures as in `Drivers.attributable`. ``attributable_share`` is NaN where nobody's answer is adverse: a share
        of nothing.
        """
        return self._of(truth.attributable, outcome, "driver")

    def importance(self, outcome: str = "ces") -> pd.DataFrame:
        """Return Shapley's shares of R², complexity forced in first: key ``outcome driver measure``.

        A friction that nobody or everybody meets, or that complexity alone decides, has share 0. Where answers do not
        vary, nothing can be explained: NaN.
        """
        return self._of(truth.importance, outcome, "driver", FINE - 1)

    def what_if(self, outcome: str = "ces", **values: float) -> pd.DataFrame:
        """Return an outcome had every customer met these frictions: key ``outcome scenario measure``.

        Raises
        ------
        WorldError
            If the world has no such friction or outcome, or a value is no number, below 0, or for a yes or no
            neither 0 nor 1.

        Examples
        --------
        >>> from cxresearch import worlds
        >>> table = worlds.tie().truth.what_if("ces", transfers=0)
        >>> table.set_index(["scenario", "measure"]).truth["change", "mean"].round(2)
        np.float64(0.26)
        """
        known = {friction.name: friction for friction in self.world.frictions}
        if not values or not set(values) <= set(known):
            raise WorldError(f"name frictions of the world and their values; it has {', '.join(known)}.")
        for name, value in values.items():
            checks.number(f"`{name}`", value)
            if not value >= 0:
                raise WorldError(f"nobody meets {value:g} {name}; a friction is 0 or more.")
            if known[name].kind == "binary" and value not in (0, 1):
                raise WorldError(f"{name} is yes or no: 1 for all, 0 for nobody; got {value:g}.")
        return self._of(lambda people, which: truth.what_if(people, which, values), outcome, "scenario")

    def _of(
        self, ask: Callable[[truth.People, str], truth.Found], outcome: str, what: str, power: int = COARSE
    ) -> pd.DataFrame:
        names = truth.asked(self.world)
        if outcome not in names:
            raise WorldError(f"world {self.world.title!r} has no {outcome!r}; it has {', '.join(names)}.")
        return self._table(lambda people: ask(people, outcome), ("outcome", what, "measure"), power)

    def _table(
        self, ask: Callable[[truth.People], truth.Found], keys: Sequence[str], power: int
    ) -> pd.DataFrame:
        found = [ask(truth.People.spread(self.world, seed, power)) for seed in range(SCRAMBLINGS)]
        values = np.array([[*one.values()] for one in found])
        table = pd.DataFrame([*found[0]], columns=[*keys])
        table["truth"] = values.mean(axis=0)
        table["error"] = values.std(axis=0, ddof=1) / np.sqrt(SCRAMBLINGS)
        return table
