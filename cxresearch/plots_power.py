"""Pictures of plans: power and half-width against the number of answers, verdicts against it. They compute nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxresearch.plots import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, describe, new_figure, plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxresearch._power_plan import Plan

STYLES = [(BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"), (INK, (0, (5, 1, 1, 1, 1, 1)))]
LONGEST = 70  # characters of a line's name
TITLE = 100  # of a heading
LABELS = {"power": "probability that it is shown", "half-width": "half-width of the interval"}
MARKERS = "osD^vP"
FLOOR = -0.04  # of a panel of probabilities: lines at 0 do not lie on its edge
APART, EVERY = 3, 12  # points of a grid between the marks of two flat lines, and of one
ROOM = 1.3  # on either side of the sizes that were simulated, as a factor
STEP = 7.0  # typographic points between the markers of two verdicts


def draw_plan(plan: Plan) -> Figure:
    """Draw a plan's curves, one panel for power and one for half-widths, with the numbers needed marked.

    Parameters
    ----------
    plan : Plan
        From `cxresearch.power`.

    Returns
    -------
    Figure
        Alternative text in its ``gid``.
    """
    units = list(dict.fromkeys(plan.table["unit"]))
    figure, axes = new_figure(len(units), 1, (8.6, 0.6 + 3.9 * len(units)), squeeze=False)
    for ax, unit in zip(axes[:, 0], units, strict=True):
        _panel(ax, plan, unit)
    figure.suptitle(
        plain_text(_named(plan.question), TITLE), x=0.01, ha="left", fontsize=10, fontweight="bold", color=INK
    )
    told = "; ".join(_told(row) for row in plan.table.itertuples())
    most = f" At most {plan.fieldwork.most:,.0f} answers can be had." if _scarce(plan) else ""
    return describe(figure, _named(f"{plan.question} {told}.{most} A plan, not a finding."))


def _named(text: str) -> str:
    """Text without the marks that set names off on a page."""
    return text.replace("`", "")


def _scarce(plan: Plan) -> bool:
    return bool((plan.table["answers"] > plan.fieldwork.most).any())


def _panel(ax: Axes, plan: Plan, unit: str) -> None:
    chosen = plan.table[plan.table["unit"] == unit]
    rows: list[Any] = list(chosen.itertuples())
    for i, row in enumerate(rows):
        color, style = STYLES[i % len(STYLES)]
        curve = plan.curve[plan.curve["quantity"] == row.quantity]
        label = f"{plain_text(_named(row.quantity), LONGEST)}: {_number(row)}"
        marks: Any = {} if math.isfinite(row.answers) else {
            "marker": MARKERS[i % len(MARKERS)], "markevery": (APART * i, EVERY), "ms": 5,
        }  # fmt: skip
        ax.plot(curve["n"], curve["value"], color=color, ls=style, lw=2, label=label, **marks)
        if math.isfinite(row.answers):
            ax.plot([row.answers] * 2, [0, row.wanted], color=color, lw=0.9, ls=":")
            ax.plot(row.answers, row.wanted, "o", color=color, ms=6)
    levels = sorted(set(chosen["wanted"].dropna()))
    for level in levels if unit == "power" else []:
        ax.axhline(level, color=GREY, lw=0.9)
        ax.annotate(
            f"wanted: {level:.0%}", (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom",
            fontsize=8, color=INK,
        )  # fmt: skip
    if plan.n:
        ax.axvline(plan.n, color=INK, lw=1.2)
        ax.annotate(
            f" planned: {plan.n:,}",
            (plan.n, 0.1),
            xycoords=("data", "axes fraction"),
            va="top",
            fontsize=8,
            color=INK,
        )
    if _scarce(plan):
        ax.axvline(plan.fieldwork.most, color=INK, lw=1.2, ls=(0, (2, 2)))
        ax.annotate(
            f" at most {plan.fieldwork.most:,.0f} answers", (plan.fieldwork.most, 0.98),
            xycoords=("data", "axes fraction"), va="top", fontsize=8, color=INK,
        )  # fmt: skip
    _scales(ax, unit)
    if unit == "half-width" and plan.margin_unit:
        ax.set_ylabel(f"{LABELS[unit]}, in {plan.margin_unit}")


def _scales(ax: Axes, unit: str) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlabel("answers (log scale)")
    ax.set_ylabel(LABELS[unit])
    if unit == "power":
        ax.set_ylim(FLOOR, 1.02)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    else:
        ax.set_ylim(bottom=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=8.5, handlelength=3.2)


def _number(row: Any) -> str:
    if math.isnan(row.answers):
        return "as planned"
    return f"{row.answers:,.0f} answers" if math.isfinite(row.answers) else "no number of answers"


def _told(row: Any) -> str:
    if math.isnan(row.wanted):
        return row.quantity
    level = f"{row.wanted:.0%}" if row.unit == "power" else f"{row.wanted:g}"
    return f"{row.quantity}, {row.unit} {level}: {_number(row)}"


def draw_simulation(table: pd.DataFrame, question: str) -> Figure:
    """Draw how often each verdict came out, by number of answers, with its interval.

    Parameters
    ----------
    table : DataFrame
        Of `cxresearch.power.Simulation`: ``answers verdict estimate conf_low conf_high``.
    question : str
        Heading.

    Returns
    -------
    Figure
        Alternative text in its ``gid``.
    """
    from matplotlib.transforms import offset_copy

    figure, ax = new_figure(1, 1, (8.6, 4.6))
    verdicts = list(dict.fromkeys(table["verdict"]))
    for i, verdict in enumerate(verdicts):
        rows = table[table["verdict"] == verdict].sort_values("answers")
        (color, style), marker = STYLES[i % len(STYLES)], MARKERS[i % len(MARKERS)]
        beside = offset_copy(ax.transData, figure, STEP * (i - (len(verdicts) - 1) / 2), units="points")
        ax.plot(
            rows["answers"],
            rows["estimate"],
            color=color,
            ls=style,
            lw=1.6,
            marker=marker,
            ms=5,
            transform=beside,
        )
        ax.vlines(rows["answers"], rows["conf_low"], rows["conf_high"], color=color, lw=1.4, transform=beside)
        ax.plot([], [], color=color, ls=style, marker=marker, label=plain_text(verdict, LONGEST))
    _scales(ax, "power")
    ticks = sorted(set(table["answers"]))
    ax.set_xlim(ticks[0] / ROOM, ticks[-1] * ROOM)
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.set_ylabel("share of the simulated surveys")
    figure.suptitle(plain_text(question, TITLE), x=0.01, ha="left", fontsize=10, fontweight="bold", color=INK)
    told = "; ".join(f"n = {row.answers:,}, {row.verdict}: {row.estimate:.0%}" for row in table.itertuples())
    return describe(figure, f"{question} {told}.")
