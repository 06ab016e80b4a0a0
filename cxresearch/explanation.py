"""Which driver to remove first: effects, attributable answers and what-if predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch._driver_checks import check_arguments, check_name, check_number
from cxresearch._driver_design import NOT_APPLICABLE, Setting
from cxresearch._driver_doubts import Robustness, doubt_notes, robustness
from cxresearch._driver_effects import Model, attributable_table, effects_table, model_of
from cxresearch._driver_entry import enter, position
from cxresearch._driver_importance import importance_table
from cxresearch._driver_notes import method_of, notes_of, scenario_notes
from cxresearch._driver_paths import Mediation, mediate
from cxresearch._driver_scenarios import dose_table, scenario_table, steps_table, supported
from cxresearch._driver_shapes import PenaltyReward, Shape, penalty_reward, shape
from cxresearch._rows import frame
from cxresearch.results import Result
from cxresearch.scenarios import DoseResponse, WhatIf
from cxresearch.survey.survey import Survey

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Drivers(Result):
    """What each driver does to the outcome, and what would be saved without it.

    Attributes
    ----------
    table : DataFrame
        Key ``driver measure term``: the headline figures, drivers ranked by attributable share.
    effects : DataFrame
        Key ``driver term measure``: average effect with everything else as it is, in points of the outcome
        (``mean``) and in percentage points of adverse answers (``adverse``), averaged over the customers whom the
        driver concerns.
    attributable : DataFrame
        Key ``driver reference measure``: ``prevalence`` (share of customers away from the reference, 0-1),
        ``attributable_share`` (of the adverse answers, what would be gone if everybody were at the reference),
        ``attributable_points`` (percentage points of adverse answers that would be gone) and ``attributable_mean``
        (how far the mean would move, in points of the outcome); ``affected_points`` and ``affected_mean`` the same
        two among those away from the reference alone. Shares of several drivers do not add up.
    importance : DataFrame
        Key ``driver measure``: shares of the variance of the outcome's answers with the controls in every model
        (``shapley_r2`` first; ``shapley_share`` of the drivers' sum; ``first_r2`` alone, ``last_r2`` added to all
        others, ``johnson_r2``, ``pratt_r2``, ``car_r2``), and ``shapley_pseudo_r2`` of the model's own deviance for
        up to 8 drivers (for ratings of the cumulative logit's, also where the probit was taken). ``rank`` with the
        ranks that the differences leave open, ``p_first`` (share of bootstrap draws), ``p_value`` (more than a driver
        that does nothing would get) and, for comparison only, ``p_relative_weights``, which is wrong in both
        directions.
    """

    effects: pd.DataFrame
    attributable: pd.DataFrame
    importance: pd.DataFrame
    outcome: str
    drivers: tuple[str, ...]
    controls: tuple[str, ...]
    survey: Survey = field(repr=False)
    setting: Setting = field(repr=False)
    model: Model = field(repr=False)
    n_boot: int = 1_000
    weighted: bool = True
    clustered: bool = True

    def _extra(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "drivers": self.drivers,
            "controls": self.controls,
            "family": self.setting.outcome.family,
        }

    def what_if(self, **values: Any) -> WhatIf:
        """Predict the outcome with some drivers set for everybody whom they concern.

        Parameters
        ----------
        **values
            An answer by driver, such as ``transfers=0`` or ``channel="phone"``.

        Returns
        -------
        WhatIf
            Levels and changes with intervals, and the share of customers for whom the setting is no extrapolation:
            those whose answers do not change, and those for whom each set answer lies in the observed range and
            all answers together are no further from the centre (leverage) than those of 99 % of the customers.

        Raises
        ------
        ValueError
            For no value, a name that is not a driver, or a value that is not on its scale.

        Notes
        -----
        The prediction is standardisation: the fitted model is averaged over the customers with the answers set and
        all else as it is. It is what would happen only if the drivers cause the outcome, nothing unmeasured drives
        both, and removing one leaves the others as they are.

        Examples
        --------
        >>> import cxresearch as cx
        >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
        >>> found = cx.drivers(survey, "ces").what_if(transfers=0, repeats=0)
        >>> found.table.scenario.unique().tolist()
        ['as observed', 'predicted', 'change (predicted)']
        """
        setting, changes = self.setting, self._changes(values)
        told = ", ".join(f"{name} = {value}" for name, value in values.items())
        share = supported(setting, changes)
        return WhatIf(
            table=scenario_table(setting, self.model, changes, self.conf_level),
            question=f"What would {self.outcome} be with {told} for everybody? ({self._title()})",
            method=f"Predicted by standardisation over the customers as they are otherwise. {self.method}",
            conf_level=self.conf_level,
            seed=None,
            n=self.n,
            n_missing=self.n_missing,
            notes=scenario_notes(self.survey, share),
            steps=steps_table(setting, self.model, changes, self.conf_level),
            values=dict(values),
            supported=share,
            outcome=self.outcome,
        )

    def dose_response(self, driver: str) -> DoseResponse:
        """Predict the outcome at each answer of one driver, beside what was observed there.

        Parameters
        ----------
        driver : str
            One of the drivers.

        Returns
        -------
        DoseResponse
            A count's upper end is pooled ("4+") where fewer than 20 rows or 1 % of them gave it; numbers of more than
            21 values are shown by tenths of the customers.

        Raises
        ------
        ValueError
            For a name that is not a driver.

        Notes
        -----
        The predicted curve has the shape that the model gives it; where the observed figures leave it, either other
        answers differ between those customers or the shape is wrong.

        Examples
        --------
        >>> import cxresearch as cx
        >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
        >>> cx.drivers(survey, "ces").dose_response("transfers").table.value.unique()[:3].tolist()
        ['0', '1', '2']
        """
        self._named(driver, "driver")
        variable = self.setting.variable(driver)
        return DoseResponse(
            table=dose_table(self.setting, self.model, variable, self.conf_level),
            question=f"How does {self.outcome} go with {driver}? ({self._title()})",
            method=f"Predicted with everybody at each answer, and as observed there. {self.method}",
            conf_level=self.conf_level,
            seed=None,
            n=self.n,
            n_missing=self.n_missing,
            notes=self.notes,
            driver=driver,
            outcome=self.outcome,
            named=bool(variable.levels),
        )

    def plot(self) -> Figure:
        """Draw importance with intervals and P(first), beside what would be saved without each driver."""
        from cxresearch.plots_drivers import draw_drivers

        return self._labelled(draw_drivers(self))

    def plot_map(self) -> Figure:
        """Draw how many meet each driver against what those would gain without it; area what is attributable."""
        from cxresearch.plots_drivers import draw_map

        return self._labelled(draw_map(self))

    def mediation(self, loyalty: str) -> Mediation:
        """Split what each driver predicts for loyalty into what goes through this outcome and what does not.

        Parameters
        ----------
        loyalty : str
            A question that this outcome may lead to, such as ``"repurchase"``.

        Returns
        -------
        Mediation
            Total, direct and indirect effects, and the proportion mediated where the total is told from 0.

        Raises
        ------
        CodebookError
            For a name that is unknown or plays another part.

        Notes
        -----
        It is causal only if nothing unmeasured drives two of driver, mediator and loyalty: no figure can show that.

        Examples
        --------
        >>> import cxresearch as cx
        >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
        >>> found = cx.drivers(survey, "ces", ["transfers"], n_boot=100).mediation("repurchase")
        >>> found.table.effect.tolist()
        ['total', 'direct', 'indirect', 'proportion_mediated']
        """
        check_name("loyalty", loyalty)
        return mediate(
            self.survey, self.setting, loyalty, conf_level=self.conf_level, n_boot=self.n_boot,
            weights=self.weighted, clusters=self.clustered, seed=self.seed or 0,
        )  # fmt: skip

    def penalty_reward(self, driver: str | None = None, reference: float | None = None) -> PenaltyReward:
        """Ask whether a shortfall of a driver costs more than the same surplus brings.

        Parameters
        ----------
        driver : str, optional
            One driver; by default all that have two sides.
        reference : float, optional
            Answer of that driver where shortfall ends; by default the middle of a rating, the median of a number.

        Returns
        -------
        PenaltyReward
            Slopes on both sides, their difference, and Kano's word where intervals allow one only.

        Raises
        ------
        SurveyError
            Where no driver has 30 rows on both sides of a reference, as counts of what should not happen have not.
        ValueError
            For a name that is not a driver, or a reference without one.
        """
        if driver is not None:
            self._named(driver, "driver")
        if reference is not None:
            check_number("reference", reference)
        return penalty_reward(self.survey, self.setting, driver, reference, self.conf_level)

    def shape(self) -> Shape:
        """Test for each driver of four answers or more whether the model's straight line is enough.

        Returns
        -------
        Shape
            Design-based Wald test of a natural cubic spline (levels, where there are up to 7) against the line, Holm
            over drivers; and the slopes of the lower and the upper part.

        """
        return shape(self.survey, self.setting, self.conf_level)

    def robustness(self) -> Robustness:
        """Ask how strong something unmeasured must be to explain each effect away.

        Returns
        -------
        Robustness
            Robustness values and E-values, and what confounders like the observed controls would leave.
        """
        return robustness(self.survey, self.setting, self.model, self.conf_level)

    def _title(self) -> str:
        return self.survey.codebook.title or self.survey.source

    def _named(self, name: str, argument: str) -> None:
        if name not in self.drivers:
            raise ValueError(
                f"`{argument}` {name!r} is not one of the drivers; they are {', '.join(map(repr, self.drivers))}."
            )

    def _changes(self, values: Mapping[str, Any]) -> dict[str, float]:
        if not values:
            raise ValueError(
                f"`what_if` needs an answer by driver, such as {self.drivers[0]}=0; the drivers are "
                f"{', '.join(map(repr, self.drivers))}."
            )
        changes = {}
        for name, value in values.items():
            self._named(name, "what_if")
            changes[name] = position(
                self.survey.question(name), value, "what_if", self.setting.variable(name).levels
            )
        return changes


def drivers(
    survey: Survey,
    outcome: str,
    drivers: Sequence[str] | None = None,
    controls: Sequence[str] | None = None,
    *,
    model: str | None = None,
    adverse: str | Sequence[float] | None = None,
    reference: Mapping[str, Any] | None = None,
    interactions: Sequence[str] = (),
    conf_level: float = 0.95,
    n_boot: int = 1_000,
    weights: bool = True,
    clusters: bool = True,
    seed: int = 0,
) -> Drivers:
    """Ask what drives the outcome, and what would be saved if each friction vanished.

    Parameters
    ----------
    survey : Survey
        From `cxresearch.read`.
    outcome : str
        Any question of the codebook that has an order: a metric such as effort, an outcome, a count.
    drivers, controls : sequence of str, optional
        Names; by default those of the codebook. Controls are held fixed and get no figures of their own. A driver
        of kind ``category`` needs ``levels`` in the codebook, the reference first.
    model : {"cumulative", "logit", "probit", "poisson", "linear"}, optional
        By default what the outcome's answers ask for: a rating the cumulative logit or the cumulative probit,
        whichever fits better (the notes say by how much, weights counting for their effective number of rows), two
        answers the logit, a count the Poisson model with robust errors, a number (or more than 21 answers) the linear
        model. ``"cumulative"`` and ``"probit"`` fix it; the probit takes two answers too. Paths and shares of
        deviance are those of the logit all the same.
    adverse : sequence of float or str, optional
        Answers that count as bad and no others, or a comparison such as ``"<= 3"``. By default the answers of a
        rating beyond the middle of its scale on the bad side, the bad one of two; none for counts and numbers.
    reference : mapping of str to answer, optional
        Answer at which a driver has vanished. By default 0 for counts and yes/no, the first level of a category, the
        best answer of a rating; a number has none.
    interactions : sequence of str
        Pairs such as ``"transfers:repeats"`` whose effects may depend on one another.
    conf_level : float
        Level of every interval.
    n_boot : int
        Bootstrap draws for how often each driver ranks first.
    weights, clusters : bool
        Use the survey's weights, and its clusters, where the codebook has them.
    seed : int
        Same seed, same numbers.

    Returns
    -------
    Drivers
        Rows that answered everything; the others are counted in ``n_missing``, by question in the notes.

    Raises
    ------
    CodebookError
        For unknown names, or a name that plays two parts.
    ScaleError
        For an outcome without order, or a category without levels.
    SurveyError
        For answers that cannot be explained: too few, constant, copies of one another, split without error.
    ValueError
        For an argument outside its choices.

    Notes
    -----
    Every figure is an average over the customers at hand of what the model predicts, with their own other answers;
    its error (Taylor linearisation: weights, strata and clusters enter, no distribution is assumed) counts both the
    fitted parameters and the customers as a sample. docs/coverage_drivers.md says how often the intervals hold.

    How it misleads: effects are differences between customers who are alike in everything measured. What is not
    measured (how hard the issue was, how angry the customer came) can make all of them. It says *predicts*. Shares
    attributable to several drivers overlap, so they do not add up. A model of ratings is wrong in the tails first:
    with logistic errors for normal ones, the share of a rare answer is off by little, but with thousands of answers
    intervals miss it too often (docs/calibration_worlds.md). Hence the choice by fit, which is between two only:
    where errors are skewed neither is right (docs/drivers.md says how far off).

    References
    ----------
    Greenland & Drescher (1993), *Biometrics* 49, 865-872, for the attributable share.

    Examples
    --------
    >>> import cxresearch as cx
    >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
    >>> found = cx.drivers(survey, "ces", ["transfers", "repeats", "channel_switches"], ["complexity"])
    >>> effect = found.effects.query("driver == 'transfers' and measure == 'mean'")
    >>> round(float(effect.estimate.iloc[0]), 2)  # the truth of this simulated world is -0.43
    -0.48
    """
    listed = {"drivers": drivers, "controls": controls, "interactions": interactions}
    check_arguments(
        survey, outcome, listed, adverse=adverse, reference=reference, conf_level=conf_level, n_boot=n_boot, seed=seed,
    )  # fmt: skip
    setting = enter(
        survey, outcome, drivers, controls, model=model, adverse=adverse, reference=reference,
        interactions=interactions, weights=weights, clusters=clusters,
    )  # fmt: skip
    fitted = model_of(setting)
    effects = effects_table(setting, fitted, conf_level)
    gone = attributable_table(setting, fitted, conf_level)
    shares, told = importance_table(setting, conf_level, n_boot, np.random.default_rng(seed))
    names = tuple(one.name for one in setting.drivers)
    return Drivers(
        table=headline_table(names, effects, gone, shares),
        question=f"What drives {outcome}: {', '.join(names)}? ({survey.codebook.title or survey.source})",
        method=method_of(setting, conf_level),
        conf_level=conf_level,
        seed=seed,
        n=setting.sample.rows,
        n_missing=setting.n_missing,
        notes=(*notes_of(survey, setting, fitted, gone), *told, *doubt_notes(setting)),
        effects=effects,
        attributable=gone,
        importance=shares,
        outcome=outcome,
        drivers=names,
        controls=tuple(one.name for one in setting.controls),
        survey=survey,
        setting=setting,
        model=fitted,
        n_boot=n_boot,
        weighted=weights,
        clustered=clusters,
    )


def headline_table(
    names: Sequence[str], effects: pd.DataFrame, gone: pd.DataFrame, shares: pd.DataFrame
) -> pd.DataFrame:
    """Attributable share, effect and importance of each driver, ranked by what is attributable."""
    ranked = list(dict.fromkeys([*gone.driver, *names]))
    apart = effects.term.str.startswith(NOT_APPLICABLE)
    parts = [
        gone[gone.measure == "attributable_share"].assign(term=""),
        effects[(effects.measure == "mean") & ~apart].assign(measure="effect_mean"),
        shares[shares.measure == "shapley_r2"].assign(term=""),
    ]
    both = pd.concat([part[part.driver == name] for name in ranked for part in parts])
    return frame(both.to_dict("records"), ("driver", "measure", "term"))
