"""Pictures of what a model of drivers predicts: what-if, dose-response, mediation. They compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch.plots import BLUE, GREEN, GREY, INK, ORANGE, describe, new_figure, plain_text
from cxresearch.plots_drivers import LONGEST, name_of, number, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxresearch._driver_paths import Mediation
    from cxresearch.scenarios import DoseResponse, WhatIf

MOST_POINTS = 500.0  # square points of the largest observed point
FEWEST_POINTS = 12.0
MOST_TICKS, LONGEST_TICK = 12, 4  # answers named one by one on an axis, characters of each
PATHS = {"total": (INK, "o", -0.22), "indirect": (BLUE, "s", 0.0), "direct": (ORANGE, "D", 0.22)}
BESIDE = 0.15  # steps between what is predicted and observed at a level of a category


def unit_of(measure: str, outcome: str) -> str:
    """Return what a measure of an outcome is counted in."""
    name = plain_text(outcome, LONGEST)
    return f"% adverse answers to {name}" if measure == "adverse" else f"mean of {name}, points"


def draw_what_if(found: WhatIf) -> Figure:
    """Draw the waterfall from what was observed, one driver at a time, to what is predicted.

    Parameters
    ----------
    found : WhatIf
        From `Drivers.what_if`.

    Returns
    -------
    Figure
        A panel a measure; alternative text in its ``gid``.
    """
    measures = [name for name in ("adverse", "mean") if (found.table.measure == name).any()]
    drivers = list(dict.fromkeys(found.steps.driver))
    figure, axes = new_figure(1, len(measures), (10.5, 1.9 + 0.45 * (len(drivers) + 2)), sharey=True)
    axes = np.atleast_1d(axes)
    told = [_waterfall(found, measure, ax) for measure, ax in zip(measures, axes, strict=True)]
    steps = [f"{name_of(name)} = {plain_text(found.values[name], LONGEST)}" for name in drivers]
    axes[0].set_yticks(range(len(steps) + 2), ["as observed", *steps, "predicted"])
    axes[0].set_ylim(len(steps) + 1.5, -0.5)
    outcome = plain_text(found.outcome, LONGEST)
    question = f"What would {outcome} be?  Predicted, one driver after the other."
    figure.suptitle(
        title_of(found.n, found.n_missing, question), x=0.01, ha="left", fontweight="bold", color=INK
    )
    support = f"{100 * found.supported:.0f} % of customers resemble somebody seen with these answers."
    return describe(figure, f"{found.question} {' '.join(told)} {support}")


def _waterfall(found: WhatIf, measure: str, ax: Axes) -> str:
    """Draw levels at both ends and the steps between; say the change in words."""
    levels = found.table[found.table.measure == measure].set_index("scenario")
    steps = found.steps[found.steps.measure == measure]
    now: Any
    then: Any
    change: Any
    now, then, change = (levels.loc[name] for name in ("as observed", "predicted", "change (predicted)"))
    bad = found.steps[found.steps.measure == "adverse"]  # what lowers these is better, in both panels
    signs = zip(bad.driver, bad.estimate.to_numpy(float), strict=True)
    colors = {driver: GREEN if change <= 0 else ORANGE for driver, change in signs}
    last = len(steps) + 1
    for y, level, color in ((0, now, INK), (last, then, BLUE)):
        if measure == "adverse":
            ax.barh(y, level.estimate, height=0.6, color=color, alpha=0.3)
        ax.hlines(y, level.conf_low, level.conf_high, color=color, lw=2)
        ax.plot(level.estimate, y, "o", color=color, ms=6.5)
    _beside(ax, now.conf_high, 0, number(now.estimate))
    at = then.estimate - change.estimate  # the model's own level, from which changes are counted
    step: Any
    for y, step in enumerate(steps.itertuples(), start=1):
        ax.vlines(at, y - 0.7, y + 0.3, color=GREY, lw=0.9)
        ax.barh(y, step.estimate, left=at, height=0.6, color=colors.get(step.driver, GREY), alpha=0.5)
        ax.hlines(y, at + step.conf_low, at + step.conf_high, color=INK, lw=1.4)
        _beside(ax, max(at, at + step.conf_high), y, number(step.estimate, "+"))
        at += step.estimate
    ax.vlines(at, last - 0.7, last + 0.3, color=GREY, lw=0.9)
    value, low, high = (number(change[end], "+") for end in ("estimate", "conf_low", "conf_high"))
    total = f"{value} ({low} to {high})"
    _beside(ax, then.conf_high, last, number(then.estimate))
    ax.set_title(f"change {total}", loc="left", fontsize=10.5, color=INK)
    ax.margins(x=0.14)
    ax.set_xlabel(f"{unit_of(measure, found.outcome)}; lines: {100 * found.conf_level:g} % intervals")
    levels_told = f"{number(now.estimate)} as observed, {number(then.estimate)} predicted"
    return f"{unit_of(measure, found.outcome)}: {levels_told}, change {total}."


def _beside(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(
        text, (x, y), (6, 0), textcoords="offset points", va="center", fontsize=9, color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.8},
    )  # fmt: skip


def draw_dose_response(found: DoseResponse) -> Figure:
    """Draw the model's line with its band, and what was observed as points sized by the number of customers.

    Parameters
    ----------
    found : DoseResponse
        From `Drivers.dose_response`.

    Returns
    -------
    Figure
        A panel a measure; alternative text in its ``gid``.
    """
    measures = [name for name in ("adverse", "mean") if (found.table.measure == name).any()]
    figure, axes = new_figure(1, len(measures), (5.4 * len(measures), 4.4))
    axes = np.atleast_1d(axes)
    told = [_doses(found, measure, ax) for measure, ax in zip(measures, axes, strict=True)]
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2, frameon=False, fontsize=9)
    question = f"{plain_text(found.outcome, LONGEST)} by {name_of(found.driver)}"
    figure.suptitle(
        title_of(found.n, found.n_missing, question), x=0.01, ha="left", fontweight="bold", color=INK
    )
    return describe(figure, f"{found.question} {' '.join(told)}")


def _doses(found: DoseResponse, measure: str, ax: Axes) -> str:
    table = found.table
    fitted, seen = (table[table.measure == name] for name in (measure, f"{measure}_observed"))
    level = f"{100 * found.conf_level:g} % interval"
    if found.named:
        ax.vlines(fitted["at"], fitted.conf_low, fitted.conf_high, color=BLUE, lw=5, alpha=0.35)
        ax.plot(fitted["at"], fitted.estimate, "_", color=BLUE, ms=16, mew=2.2, label=f"predicted, {level}")
    else:
        ax.fill_between(fitted["at"], fitted.conf_low, fitted.conf_high, color=BLUE, alpha=0.2, lw=0)
        ax.plot(fitted["at"], fitted.estimate, "-", color=BLUE, lw=2, label=f"predicted, {level}")
    at = seen["at"] + (BESIDE if found.named else 0.0)
    ax.vlines(at, seen.conf_low, seen.conf_high, color=ORANGE, lw=1.4)
    sizes = np.maximum(MOST_POINTS * seen.n / max(table.n.max(), 1), FEWEST_POINTS)
    ax.scatter(
        at, seen.estimate, s=sizes, color=ORANGE, alpha=0.75, lw=0, zorder=3,
        label=f"observed there (customers differ otherwise too), {level}, area by n",
    )  # fmt: skip
    _dose_axes(ax, found, seen, measure)
    ends = fitted.iloc[[0, -1]]
    return (
        f"{unit_of(measure, found.outcome)}: predicted {number(ends.estimate.iloc[0])} at {ends['value'].iloc[0]}, "
        f"{number(ends.estimate.iloc[1])} at {ends['value'].iloc[1]}."
    )


def _dose_axes(ax: Axes, found: DoseResponse, seen: pd.DataFrame, measure: str) -> None:
    """Name answers and the customers behind each, where they are few enough to be read."""
    short = seen["value"].str.len().max() <= LONGEST_TICK and len(seen) <= MOST_TICKS
    if found.named or short:
        labels = [
            f"{plain_text(value, 2 * LONGEST // 3)}\n{n:,}"
            for value, n in zip(seen["value"], seen.n, strict=True)
        ]
        ax.set_xticks(seen["at"], labels, fontsize=8.5)
        below = "; below: customers who gave it"
    else:
        below = f"; {seen.n.min():,} to {seen.n.max():,} customers a point"
    ax.set_xlabel(f"{name_of(found.driver)}{below}")
    ax.set_ylabel(unit_of(measure, found.outcome))
    ax.margins(x=0.08)
    if measure == "adverse":
        ax.set_ylim(bottom=0)


def draw_mediation(found: Mediation) -> Figure:
    """Draw total, indirect and direct effects with intervals, and beside each driver the proportion mediated.

    Parameters
    ----------
    found : Mediation
        From `Drivers.mediation`.

    Returns
    -------
    Figure
        With alternative text in its ``gid``.
    """
    pairs = zip(found.table.driver, found.table.term, strict=True)
    table = found.table.assign(name=[_path_name(driver, term) for driver, term in pairs])
    names = list(dict.fromkeys(table.name))
    mediator, loyalty = plain_text(found.mediator, LONGEST), plain_text(found.loyalty, LONGEST)
    labels = {"total": "total", "indirect": f"through {mediator}", "direct": "other ways"}
    figure, ax = new_figure(1, 1, (9.0, 2.0 + 0.62 * len(names)))
    for effect, (color, marker, shift) in PATHS.items():
        rows = table[table.effect == effect].set_index("name").loc[names]
        at = np.arange(len(names)) + shift
        ax.hlines(at, rows.conf_low, rows.conf_high, color=color, lw=2)
        ax.plot(rows.estimate, at, marker, color=color, ms=6, ls="none", label=labels[effect])
    shares = table[table.effect == "proportion_mediated"].set_index("name").loc[names]
    for y, share in enumerate(shares[["estimate", "conf_low", "conf_high"]].to_numpy(float)):
        ax.text(1.02, y, _proportion(share), transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    ax.text(1.02, 1.02, f"share through {mediator}", transform=ax.transAxes, fontsize=9, color=INK)
    ax.axvline(0, color=GREY, lw=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(f"effect on {loyalty}, {found.unit}, {100 * found.conf_level:g} % interval")
    figure.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=9)
    question = f"Does it reach {loyalty} through {mediator}?"
    figure.suptitle(
        title_of(found.n, found.n_missing, question), x=0.01, ha="left", fontweight="bold", color=INK
    )
    return describe(figure, f"{found.question} {found.summary().splitlines()[1]}")


def _path_name(driver: str, term: str) -> str:
    return name_of(driver) if term == "per 1" else f"{name_of(driver)}, {plain_text(term, LONGEST)}"


def _proportion(share: np.ndarray) -> str:
    """Return a proportion with its interval as a picture writes it."""
    if np.isnan(share[0]):
        return "total not told from 0"
    value, low, high = (f"{100 * end:.0f}".replace("-", "−") for end in share)
    return f"{value} % ({low} to {high})"
