"""Pictures of lesson 6: two end groups of one cloud of customers. Everything drawn is computed in `_course_6`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxresearch.plots import BLUE, GREY, INK, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from cxresearch._course_6 import Ends


def draw_ends(part: SubFigure, ends: Ends, small: bool) -> None:
    """Draw the customers with the two groups marked, and the groups' rates; `small` has the rates only."""
    if small:
        ax = part.subplots(1, 1)
        _draw_rates(ax, ends, 8)
        ax.tick_params(labelsize=8)
        ax.set_xlabel("disloyal, %", fontsize=8)
        ax.set_xticks([0, 50, 100])
        if not ends.first:
            ax.set_yticklabels([])
        return
    cloud, rates = part.subplots(1, 2, width_ratios=[3, 2.4])
    _draw_customers(cloud, ends)
    _draw_rates(rates, ends, 11)
    rates.set_xlabel("of the group become more disloyal, %")
    rates.set_title("what would be printed", fontsize=10)


def _draw_customers(ax: Axes, ends: Ends) -> None:
    low, high = ends.effort < ends.cuts[0], ends.effort > ends.cuts[1]
    rest = ~(low | high)
    ax.scatter(ends.effort[rest], ends.disloyal[rest], 7, color=GREY, alpha=0.35, lw=0)
    ax.scatter(ends.effort[low], ends.disloyal[low], 12, color=BLUE, marker="o", lw=0, label="low effort")
    ax.scatter(
        ends.effort[high], ends.disloyal[high], 14, color=ORANGE, marker="D", lw=0, label="high effort"
    )
    ax.axhline(ends.threshold, color=INK, lw=1.2, ls="--")
    ax.annotate("above the dashed line: more disloyal", (-3.9, 3.5), fontsize=9, color=INK)
    ax.set_xlim(-4, 4)
    ax.set_ylim(-4, 4)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel("effort, low to high")
    ax.set_ylabel("disloyalty, low to high")
    ax.set_title(f"the same {len(ends.effort):,} simulated customers, r = {ends.r:.1f}", fontsize=10)
    ax.legend(loc="lower right", fontsize=8, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_rates(ax: Axes, ends: Ends, size: float) -> None:
    rows = (("low effort", ends.low, BLUE, ""), ("high effort", ends.high, ORANGE, "//"))
    for at, (_, rate, colour, hatch) in enumerate(rows):
        ax.barh(at, 100 * rate, 0.6, color=colour, hatch=hatch, edgecolor=INK, lw=0.8)
        ax.annotate(
            f"{100 * rate:.0f} %",
            (100 * rate, at),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=size,
        )
    ax.set_yticks([0, 1], [name for name, *_ in rows])
    ax.set_xlim(0, 130)
    ax.set_xticks([0, 25, 50, 75, 100])
    ax.set_ylim(1.6, -0.6)
    ax.spines[["top", "right"]].set_visible(False)
