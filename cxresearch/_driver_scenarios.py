"""What the model predicts when drivers are set: scenarios, their support, and dose-response."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from cxresearch._driver_design import Array, Flags, Setting, Variable
from cxresearch._driver_effects import Model
from cxresearch._rows import Row, frame, row_of
from cxresearch.stats import standardisation as standard
from cxresearch.stats.estimates import Ends, Estimate
from cxresearch.stats.responses import Response
from cxresearch.stats.standardisation import Standardised

Changes: TypeAlias = Mapping[str, float]
USUAL = 0.99  # share of customers whose leverage bounds what counts as seen
RARE = (20, 0.01)  # rows, and share of the rows, below which neighbouring answers are pooled
NO_SPREAD = 1e-12  # of a scale, from one of its ends
MOST_VALUES = 21  # answers shown one by one; beyond, tenths of the customers
TENTHS = 10


def level_interval(
    setting: Setting, measure: str, found: Estimate, conf_level: float, where: Flags | None = None
) -> Ends:
    """Return the interval of a level: on the log-odds between the ends of a scale, on the log of a count, else t.

    At an end, where everybody in `where` gave one answer and no error can be estimated, it reaches as far as
    Wilson's interval of a share of 0 does (z² / (n + z²) of the scale, with Kish's n).
    """
    outcome = setting.outcome
    low, high = (0.0, 100.0) if measure == "adverse" else (outcome.scale.low, outcome.scale.high)
    if math.isfinite(high - low):
        share = found.scaled(1 / (high - low), -low / (high - low))
        ends = share.share_interval(conf_level)
        if min(share.value, 1 - share.value) < NO_SPREAD:
            reach = _reach(setting, conf_level, where)
            ends = (0.0, reach) if share.value < NO_SPREAD else (1 - reach, 1.0)
        return low + (high - low) * ends[0], low + (high - low) * ends[1]
    if outcome.kind == "count" and found.value > 0:
        half = found.half_width(conf_level) / found.value
        return found.value * math.exp(-half), found.value * math.exp(half)
    return found.interval(conf_level)


def _reach(setting: Setting, conf_level: float, where: Flags | None) -> float:
    """Upper end of Wilson's interval of a share of 0."""
    inside = setting.sample.n > 0 if where is None else where
    n = setting.sample.w[inside].sum() ** 2 / setting.sample.w2[inside].sum()
    squared = float(ndtri((1 + conf_level) / 2)) ** 2
    return squared / (n + squared)


def observed(setting: Setting, measure: str, where: Flags | None = None) -> Standardised:
    """Return the observed mean, or percent of adverse answers."""
    outcome = setting.outcome
    values = outcome.values if outcome.adverse is None or measure == "mean" else 100.0 * outcome.adverse
    return standard.observed(values, setting.sample.w, where)


def scenario_table(setting: Setting, model: Model, changes: Changes, conf_level: float) -> pd.DataFrame:
    """As observed, predicted after the changes, and the predicted change."""
    sample, rows = setting.sample, []
    changed = setting.matrix(changes)
    for measure, response in model.measures.items():
        fitted = response.fit.n_parameters
        now = observed(setting, measure).estimate(sample)
        then = standard.mean(response, changed, sample.w)
        gap = then.minus(standard.mean(response, setting.X, sample.w)).estimate(sample, fitted)
        level = then.estimate(sample, fitted)
        for name, found, ends in (
            ("as observed", now, level_interval(setting, measure, now, conf_level)),
            ("predicted", level, level_interval(setting, measure, level, conf_level)),
            ("change (predicted)", gap, gap.interval(conf_level)),
        ):
            rows.append(row_of(setting, found, ends, scenario=name, measure=measure))
    return frame(rows, ("scenario", "measure"))


def steps_table(setting: Setting, model: Model, changes: Changes, conf_level: float) -> pd.DataFrame:
    """Predicted change as the drivers are set one after the other, in the order given."""
    rows, sample = [], setting.sample
    for measure, response in model.measures.items():
        before, done = standard.mean(response, setting.X, sample.w), dict[str, float]()
        for step, (name, value) in enumerate(changes.items(), start=1):
            done[name] = value
            after = standard.mean(response, setting.matrix(done), sample.w)
            gap = after.minus(before).estimate(sample, response.fit.n_parameters)
            keys = {"step": step, "driver": name, "measure": measure}
            rows.append(row_of(setting, gap, gap.interval(conf_level), **keys))
            before = after
    return frame(rows, ("step", "driver", "measure"))


def supported(setting: Setting, changes: Changes) -> float:
    """Return the share of customers whose set answers occur with their other answers.

    A customer counts whose answers do not change, or for whom every set answer lies in the observed range and
    the leverage of all answers after the change is at most that of 99 % of the observed customers.
    """
    w = setting.sample.w
    inside, same = np.ones(len(w), bool), np.ones(len(w), bool)
    for name, value in changes.items():
        one = setting.variable(name)
        held = one.values[one.applies]
        inside &= bool(held.min() <= value <= held.max())
        same &= ~one.applies | (one.values == value)
    now, then = leverages(setting, [setting.X, setting.matrix(changes)])
    order = np.argsort(now)
    reached = np.cumsum(w[order]) / w.sum()
    bound = now[order][min(int(np.searchsorted(reached, USUAL)), len(w) - 1)]
    near = then <= bound * (1 + 1e-9)
    return float(w @ (same | (inside & near)) / w.sum())


def leverages(setting: Setting, matrices: list[Array]) -> list[Array]:
    """Return how far from the centre of the observed answers each row lies, allowing for their correlations."""
    w = setting.sample.w
    centre = w @ setting.X / w.sum()
    centred = (setting.X - centre) * np.sqrt(w / w.sum())[:, None]
    root = np.linalg.cholesky(centred.T @ centred)
    return [np.sum(np.linalg.solve(root, (X - centre).T) ** 2, axis=0) for X in matrices]


@dataclass(frozen=True, eq=False)
class Dose:
    """One answer of a driver, or several pooled, as a dose.

    Attributes
    ----------
    label : str
        How it is shown.
    at : float
        The answer, or the mean of those pooled; the position of a category's level.
    where : bool array (U,)
        Cells whose customers gave it.
    """

    label: str
    at: float
    where: NDArray[np.bool_]


def doses(setting: Setting, driver: Variable) -> Iterator[Dose]:
    """Yield the answers of a driver: one by one, a count's rare upper end pooled, many numbers in tenths."""
    values, sample = driver.values, setting.sample
    held = np.unique(values[driver.applies])
    if len(held) > MOST_VALUES and driver.kind != "count":
        yield from _tenths(values, sample.w)
        return
    last = len(held) - 1
    if driver.kind == "count":
        above = np.array([int(sample.n[values >= value].sum()) for value in held])
        least = min(max(RARE[0], RARE[1] * sample.rows), above[0])
        last = int(np.flatnonzero(above >= least)[-1])
        last = min(last, MOST_VALUES - 1)
    for place, value in enumerate(held[: last + 1]):
        pooled = place == last < len(held) - 1
        where = values >= value if pooled else values == value
        label = str(driver.levels[int(value)]) if driver.levels else f"{value:g}" + "+" * pooled
        yield Dose(label, float(np.average(values[where], weights=sample.w[where])), where)


def _tenths(values: Array, w: Array) -> Iterator[Dose]:
    concerned = np.flatnonzero(~np.isnan(values))
    order = concerned[np.argsort(values[concerned])]
    reached = np.cumsum(w[order]) / w[order].sum()
    cuts = [values[order[np.searchsorted(reached, k / TENTHS)]] for k in range(1, TENTHS)]
    bin_of = np.searchsorted(np.unique(cuts), values)
    for tenth in range(len(np.unique(cuts)) + 1):
        where = (bin_of == tenth) & ~np.isnan(values)
        if where.any():
            low, high = values[where].min(), values[where].max()
            yield Dose(f"{low:g} to {high:g}", float(np.average(values[where], weights=w[where])), where)


def dose_table(setting: Setting, model: Model, driver: Variable, conf_level: float) -> pd.DataFrame:
    """Predicted mean and percent adverse with everybody at each answer, and what was observed there."""
    rows: list[Row] = []
    for dose in doses(setting, driver):
        for measure, response in model.measures.items():
            keys = {"driver": driver.name, "value": dose.label}
            for name, found in _levels_at(setting, response, measure, driver, dose):
                where = None if name == measure else dose.where
                ends = level_interval(setting, measure, found, conf_level, where)
                behind = driver.applies if where is None else where
                row = row_of(setting, found, ends, **keys, measure=name)
                rows.append(row | {"n": int(setting.sample.n[behind].sum()), "at": dose.at})
    return frame(rows, ("driver", "value", "measure"), ("at",))


def _levels_at(
    setting: Setting, response: Response, measure: str, driver: Variable, dose: Dose
) -> Iterator[tuple[str, Estimate]]:
    sample = setting.sample
    everybody = setting.matrix({driver.name: dose.at})
    predicted = standard.mean(response, everybody, sample.w, driver.applies)
    yield measure, predicted.estimate(sample, response.fit.n_parameters)
    yield f"{measure}_observed", observed(setting, measure, dose.where).estimate(sample)
