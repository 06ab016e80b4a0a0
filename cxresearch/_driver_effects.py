"""What drivers do to the outcome on its own scale: average effects, and what would be gone without each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxresearch._driver_checks import refuse_separated
from cxresearch._driver_design import NOT_APPLICABLE, Setting, Variable
from cxresearch._rows import Row, frame, row_of
from cxresearch.stats import responses
from cxresearch.stats import standardisation as standard
from cxresearch.stats.estimates import Ends, Estimate
from cxresearch.stats.responses import Response
from cxresearch.stats.standardisation import Standardised

FEWEST_ROWS = 5  # of the rarer side of a comparison; with fewer, errors were measured to be far too small
AFFECTED = {"mean": "affected_mean", "adverse": "affected_points"}  # what those who met a driver would gain


@dataclass(frozen=True, eq=False)
class Model:
    """What is predicted for each customer.

    Attributes
    ----------
    mean : Response
        Mean of the outcome, in its points.
    adverse : Response or None
        Percent of adverse answers: from the same fit where the outcome's answers are ordered, else from a logit
        of their own; None where nothing counts as adverse.
    """

    mean: Response
    adverse: Response | None

    @property
    def measures(self) -> dict[str, Response]:
        """The responses by the name of their measure."""
        return {"mean": self.mean} | ({} if self.adverse is None else {"adverse": self.adverse})


def model_of(setting: Setting) -> Model:
    """Fit the outcome's model.

    Raises
    ------
    SurveyError
        Where drivers split the answers without error, naming them.
    """
    outcome, sample = setting.outcome, setting.sample
    fit = responses.fit(outcome.family, outcome.values, setting.X, sample.w, n=sample.rows)
    if fit.separated:
        refuse_separated(setting, outcome.family, outcome.values)
    if outcome.adverse_levels is None or outcome.adverse is None:
        return Model(fit.mean(), None)
    if len(fit.levels):
        return Model(fit.mean(), fit.share(outcome.adverse_levels))
    flags = outcome.adverse.astype(float)
    logit = responses.fit("logit", flags, setting.X, sample.w)
    if logit.separated:
        refuse_separated(setting, "logit", flags)
    return Model(fit.mean(), logit.share([0.0, 1.0]))


def rows_apart(setting: Setting, driver: Variable) -> dict[str, int]:
    """Rows of the rarer side of each comparison that a driver's terms make; for a number those off its commonest."""
    n, values = setting.sample.n, driver.values
    apart = int(n[~driver.applies].sum())
    concerned = setting.sample.rows - apart
    each = {value: int(n[values == value].sum()) for value in np.unique(values[driver.applies])}
    made = {}
    if driver.kind == "category":
        for code, level in enumerate(driver.levels[1:], start=1):
            made[f"{level} vs {driver.levels[0]}"] = min(each.get(code, 0), each.get(0, 0))
    else:
        term = "yes vs no" if driver.kind == "binary" else "per 1"
        made[term] = concerned - max(each.values())
    return made | ({f"{NOT_APPLICABLE} vs answered": min(apart, concerned)} if apart else {})


def withheld(found: Estimate) -> Estimate:
    """Return the estimate without an error: so few rows tell none, and a robust error would be far too small."""
    return Estimate(found.value, math.nan, found.df)


def effects_table(setting: Setting, model: Model, conf_level: float) -> pd.DataFrame:
    """Average effect of each driver: per 1, between answers, or of not being concerned."""
    rows = []
    for driver in setting.drivers:
        behind, concerned = rows_apart(setting, driver), int(setting.sample.n[driver.applies].sum())
        for measure, response in model.measures.items():
            for term, effect in _effects(setting, driver, response):
                one = effect.estimate(setting.sample, response.fit.n_parameters)
                one = withheld(one) if behind[term] < FEWEST_ROWS else one
                row = row_of(setting, one, one.interval(conf_level), driver=driver.name, term=term)
                rows.append(row | {"n": concerned, "measure": measure, "p_value": one.p_value})
    table = frame(rows, ("driver", "term", "measure"), ("p_value",))
    order = {
        term: place for place, term in enumerate(dict.fromkeys(zip(table.driver, table.term, strict=True)))
    }
    place = [order[pair] for pair in zip(table.driver, table.term, strict=True)]
    return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _effects(setting: Setting, driver: Variable, response: Response) -> Iterator[tuple[str, Standardised]]:
    """Terms of one driver, each averaged over the customers whom it concerns."""
    name, w, where = driver.name, setting.sample.w, driver.applies

    def between(high: float, low: float) -> Standardised:
        at = (setting.matrix({name: high}), setting.matrix({name: low}))
        return standard.contrast(response, *at, w, where)

    if driver.kind == "category":
        for code, level in enumerate(driver.levels[1:], start=1):
            yield f"{level} vs {driver.levels[0]}", between(code, 0)
    elif driver.kind == "binary":
        yield "yes vs no", between(driver.scale.high, driver.scale.low)
    else:
        yield "per 1", standard.slope(response, setting.X, setting.direction(name), w, where)
    if not where.all():
        away = setting.matrix({name: math.nan})
        yield f"{NOT_APPLICABLE} vs answered", standard.contrast(response, away, setting.X, w, where)


def attributable_table(setting: Setting, model: Model, conf_level: float) -> pd.DataFrame:
    """What would be gone if each driver alone were at its reference for everybody whom it concerns."""
    found = []
    for driver in setting.drivers:
        if driver.reference is None:
            continue
        rows = _attributable(setting, driver, model, conf_level)
        weight = next((row["estimate"] for row in rows if row["measure"] == "attributable_share"), math.nan)
        if math.isnan(weight):
            weight = abs(rows[-1]["estimate"])
        found.append((weight, rows))
    found.sort(key=lambda pair: -pair[0])
    return frame([row for _, rows in found for row in rows], ("driver", "reference", "measure"))


def _attributable(setting: Setting, driver: Variable, model: Model, conf_level: float) -> list[Row]:
    sample, level = setting.sample, conf_level
    reference = driver.reference if driver.reference is not None else math.nan
    label = str(driver.levels[int(reference)]) if driver.levels else f"{reference:g}"
    met = driver.applies & (driver.values != reference)
    behind = [sample.n[met].sum(), *list(rows_apart(setting, driver).values())[: driver.kind != "category"]]
    few = min(behind) < FEWEST_ROWS

    def row(measure: str, found: Estimate, ends: Ends) -> Row:
        if few and measure != "prevalence":
            found, ends = withheld(found), (math.nan, math.nan)
        return row_of(setting, found, ends, driver=driver.name, reference=label, measure=measure)

    away = standard.observed(met, sample.w).estimate(sample)
    rows = [row("prevalence", away, away.share_interval(level))]
    removed = setting.matrix({driver.name: reference})
    if model.adverse is not None:
        fitted = model.adverse.fit.n_parameters
        as_is = standard.mean(model.adverse, setting.X, sample.w)
        without = standard.mean(model.adverse, removed, sample.w)
        left = standard.attributable(as_is, without).estimate(sample, fitted)
        rows.append(row("attributable_share", *standard.attributable_share(left, level)))
        points = as_is.minus(without).estimate(sample, fitted)
        rows.append(row("attributable_points", points, points.interval(level)))
    for measure, response in model.measures.items():
        before, after = (setting.X, removed) if measure == "adverse" else (removed, setting.X)
        among = standard.contrast(response, before, after, sample.w, met)
        one = among.estimate(sample, response.fit.n_parameters)
        rows.append(row(AFFECTED[measure], one, one.interval(level)))
    moved = standard.contrast(model.mean, removed, setting.X, sample.w)
    mean = moved.estimate(sample, model.mean.fit.n_parameters)
    rows.append(row("attributable_mean", mean, mean.interval(level)))
    return rows
