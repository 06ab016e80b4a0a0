"""Pictures of drivers: importance beside what is attributable, and the priority map. They compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch.plots import BLUE, GREY, INK, ORANGE, describe, new_figure, plain_text
from cxresearch.plots_labels import label_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxresearch.explanation import Drivers

LONGEST = 28  # characters of a name in a picture
GONE = {
    "attributable_share": "% of adverse {outcome} answers gone without it",
    "attributable_mean": "points that {outcome} moves without it",
}
ENDS = ["estimate", "conf_low", "conf_high"]
CROWDED = 8  # drivers beyond which a map is drawn larger, its bubbles smaller
LARGEST = 3_000  # square points of a bubble that stands for all adverse answers
SMALLEST = 25


def title_of(n: int, n_missing: int, question: str) -> str:
    """Return a picture's title: the question and the rows it rests on."""
    return f"{question}  n = {n:,} of {n + n_missing:,}"


def name_of(driver: str) -> str:
    """Return a driver's name as a picture may draw it."""
    return plain_text(driver, LONGEST)


def number(value: float, sign: str = "") -> str:
    """Return a number with three digits that count.

    Examples
    --------
    >>> number(0.2, "+"), number(-11.84), number(112.4), number(0.0)
    ('+0.200', '−11.8', '112', '0')
    """
    text = f"{value:{sign}#.3g}" if value else "0"
    return text.rstrip(".").replace("-", "−") if "e" not in text else f"{value:{sign}.3g}"


def draw_intervals(ax: Axes, rows: pd.DataFrame, at: np.ndarray, color: str, scale: float = 1.0) -> None:
    """Draw a point at each estimate there is and a line over its interval."""
    known = rows.estimate.notna().to_numpy()
    rows, at = rows[known], at[known]
    ax.hlines(at, scale * rows.conf_low, scale * rows.conf_high, color=color, lw=2.2)
    ax.plot(scale * rows.estimate, at, "o", color=color, ms=6.5, ls="none", zorder=3)


def draw_drivers(found: Drivers) -> Figure:
    """Draw importance with intervals on the left, what is attributable on the right; one row a driver.

    Parameters
    ----------
    found : Drivers
        From `cxresearch.drivers`.

    Returns
    -------
    Figure
        With alternative text in its ``gid``.
    """
    ranked = ranking(found)
    height = 1.7 + max(0.42 if len(ranked) < 12 else 0.3, 0.24) * len(ranked)
    figure, (left, right) = new_figure(1, 2, (10.5, height), sharey=True)
    told = [_importance(found, ranked, left), _attributable(found, ranked, right)]
    left.set_yticks(range(len(ranked)), [name_of(name) for name in ranked])
    left.set_ylim(len(ranked) - 0.4, -0.6)
    question = f"What predicts {plain_text(found.outcome, LONGEST)}?"
    figure.suptitle(
        title_of(found.n, found.n_missing, question), x=0.01, ha="left", fontweight="bold", color=INK
    )
    return describe(figure, f"{found.question} {' '.join(told)}")


def ranking(found: Drivers) -> list[str]:
    """Return the drivers as the headline table ranks them."""
    return list(dict.fromkeys([*found.table.driver, *found.drivers]))


def _importance(found: Drivers, ranked: list[str], ax: Axes) -> str:
    table = found.importance
    rows = table[table.measure == "shapley_r2"].set_index("driver").reindex(ranked)
    draw_intervals(ax, rows, np.arange(len(ranked)), BLUE)
    ax.set_xlim(left=min(0.0, float(np.nanmin(rows.conf_low))))
    ax.axvline(0, color=GREY, lw=0.8)
    outcome = plain_text(found.outcome, LONGEST)
    ax.set_xlabel(f"share of the variance of {outcome} (Shapley R²),\n{100 * found.conf_level:g} % interval")
    ax.set_title("Importance", loc="left", fontsize=10.5, color=INK)
    if rows.p_first.notna().any():
        beside = ax.get_yaxis_transform()
        for y, chance in enumerate(rows.p_first):
            ax.text(1.02, y, chance_text(chance), transform=beside, va="center", fontsize=9, color=INK)
        ax.text(1.02, 1.02, "P(first)", transform=ax.transAxes, fontsize=9, color=INK)
    first: Any = rows.estimate.idxmax()
    return (
        f"Importance: {first} first with {rows.estimate[first]:.3f} ({rows.conf_low[first]:.3f} to "
        f"{rows.conf_high[first]:.3f}), most important with probability {rows.p_first[first]:.2f}."
    )


def chance_text(chance: float) -> str:
    """Return a probability as a picture writes it."""
    if np.isnan(chance):
        return "–"
    return "< 1 %" if chance < 0.01 else "> 99 %" if chance > 0.99 else f"{chance:.0%}".replace("%", " %")


def _attributable(found: Drivers, ranked: list[str], ax: Axes) -> str:
    table = found.attributable
    measure = next((name for name in GONE if (table.measure == name).any()), None)
    ax.set_title("What would be saved (predicted)", loc="left", fontsize=10.5, color=INK)
    ax.tick_params(left=False)
    if measure is None:
        ax.text(0.5, 0.5, "no driver has a reference", transform=ax.transAxes, ha="center", color=GREY)
        ax.set_xticks([])
        return "No driver has a value at which it has vanished."
    rows = table[table.measure == measure].set_index("driver").reindex(ranked)
    scale = 100.0 if measure == "attributable_share" else 1.0
    draw_intervals(ax, rows, np.arange(len(ranked)), ORANGE, scale)
    ax.axvline(0, color=GREY, lw=0.8)
    for y in np.flatnonzero(rows.estimate.isna()).tolist():
        ax.text(0.02, y, "no reference", transform=ax.get_yaxis_transform(), va="center", color=GREY)
    label = GONE[measure].format(outcome=plain_text(found.outcome, LONGEST))
    ax.set_xlabel(f"{label},\n{100 * found.conf_level:g} % interval")
    first: Any = rows.estimate.abs().idxmax()
    low, value, high = (scale * rows[end][first] for end in ("conf_low", "estimate", "conf_high"))
    return f"{label}: most for {first}, {number(value)} ({number(low)} to {number(high)})."


def draw_map(found: Drivers) -> Figure:
    """Draw the priority map: how many meet a driver, what those would gain; area what is attributable.

    Parameters
    ----------
    found : Drivers
        With at least one driver that has a reference.

    Returns
    -------
    Figure
        With alternative text in its ``gid``.

    Raises
    ------
    ValueError
        Where no driver has a value at which it has vanished.
    """
    if found.attributable.empty:
        raise ValueError("`reference` is needed for a map: no driver has a value at which it has vanished.")
    adverse = bool((found.attributable.measure == "attributable_share").any())
    parts = {name: rows.set_index("driver")[ENDS] for name, rows in found.attributable.groupby("measure")}
    met, gains = 100 * parts["prevalence"], parts["affected_points" if adverse else "affected_mean"]
    size = parts["attributable_share" if adverse else "attributable_mean"].estimate
    crowded = len(size) > CROWDED
    largest = max(float(size.abs().max()), 1e-300)
    unit = (LARGEST / 2 if crowded else LARGEST) / (1 if adverse else 2 * largest)
    areas = np.maximum(unit * size.abs().to_numpy(), SMALLEST)
    colors = list(np.where(gains.estimate >= 0, BLUE, ORANGE))
    figure, ax = new_figure(1, 1, (10, 7.2) if crowded else (8.6, 5.6))
    ax.vlines(met.estimate, gains.conf_low, gains.conf_high, color=GREY, lw=1.3)
    ax.hlines(gains.estimate, met.conf_low, met.conf_high, color=GREY, lw=1.3)
    ax.scatter(met.estimate, gains.estimate, s=areas, c=colors, alpha=0.4, lw=0)
    ax.scatter(met.estimate, gains.estimate, s=9, c=colors, zorder=3)
    _map_axes(ax, found, met, adverse)
    values = [number(100 * value) + " %" if adverse else number(value) for value in size]
    texts = [f"{name_of(name)}, {value}" for name, value in zip(size.index, values, strict=True)]
    crosses = np.column_stack([met.conf_low, met.conf_high, gains.conf_low, gains.conf_high])
    at = np.column_stack([met.estimate, gains.estimate])
    label_points(figure, ax, at, texts, np.sqrt(areas / np.pi), [tuple(row) for row in crosses])
    told = "; ".join(
        f"{name}: met by {x:.0f} % of customers, who would gain {number(y)}; {value} attributable"
        for name, (x, y), value in zip(size.index, at, values, strict=True)
    )
    return describe(figure, f"Priority map. {found.question} {told}.")


def _map_axes(ax: Axes, found: Drivers, met: pd.DataFrame, adverse: bool) -> None:
    """Name the axes and leave room for the texts."""
    outcome, level = plain_text(found.outcome, LONGEST), f"{100 * found.conf_level:g} % interval"
    gain = f"percentage points fewer adverse {outcome} answers" if adverse else f"points of {outcome}"
    total = f"% of all adverse {outcome} answers" if adverse else f"points of {outcome} over all customers"
    ax.set_xlabel(f"customers who meet the driver, % ({level})")
    ax.set_ylabel(f"what they would gain without it, predicted:\n{gain} ({level})")
    ax.set_xlim(min(-3.0, met.conf_low.min() - 3), min(104.0, 1.25 * met.conf_high.max() + 5))
    ax.margins(y=0.16)
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.axhline(0, color=GREY, lw=0.8)
    ax.set_title(
        f"{title_of(found.n, found.n_missing, 'Which driver first?')}\nArea and number: attributable {total}",
        loc="left", fontsize=11, color=INK,
    )  # fmt: skip
