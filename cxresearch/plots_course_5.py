"""Pictures of lesson 5: transferred customers and others, raw and held. Everything drawn is computed in `_course_5`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxresearch.plots import BLUE, GREEN, GREY, INK, ORANGE, PURPLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from cxresearch._course_5 import Mix

LARGEST = 700.0  # area of the marker that stands for all customers of a side, in square points


def draw_held(part: SubFigure, mix: Mix, small: bool) -> None:
    """Draw ease by complexity for transferred customers and others, and three differences; `small` has these only."""
    if small:
        ax = part.subplots(1, 1)
        _draw_differences(ax, mix)
        ax.tick_params(labelsize=8)
        ax.set_xlabel("points", fontsize=8)
        ax.set_xticks([0, 0.5, 1, 1.5], ["0", ".5", "1", "1.5"])
        if mix.times > 1:
            ax.set_yticklabels([])
        return
    left, right = part.subplots(1, 2, width_ratios=[3, 2.4])
    _draw_levels(left, mix)
    _draw_differences(right, mix)
    for at, (value, *_) in enumerate((mix.raw, mix.held, (mix.truth,))):
        right.annotate(
            f"{value:.2f}", (value, at), (0, 10), textcoords="offset points", ha="center", fontsize=9
        )
    right.set_xlabel("points of ease between the two\n(with 95 % interval)")


def _draw_levels(ax: Axes, mix: Mix) -> None:
    """Draw mean ease at each complexity; a marker's area is the share of its side that is there."""
    sides = (
        ("not transferred", mix.without, mix.n_without, mix.ends[0], BLUE, "o"),
        ("transferred", mix.met, mix.n_met, mix.ends[1], ORANGE, "D"),
    )
    for name, means, counts, mean, colour, marker in sides:
        area = [LARGEST * count / sum(counts) for count in counts]
        ax.plot(mix.complexity, means, color=colour, lw=1.4, zorder=1)
        ax.scatter(mix.complexity, means, area, color=colour, marker=marker, edgecolor=INK, lw=0.6, zorder=2)
        ax.axhline(mean, color=colour, lw=1.2, ls="--", zorder=0)
        ax.annotate(
            f"{name}:\nmean {mean:.1f}",
            (5.35, mean),
            (0, 3 if colour == BLUE else -3),
            textcoords="offset points",
            va="bottom" if colour == BLUE else "top",
            fontsize=9,
        )
    ax.set_xlim(0.55, 6.9)
    ax.set_ylim(1.5, 7.3)
    ax.set_xticks(mix.complexity)
    ax.set_xlabel("complexity of the issue (area: share of the customers of a side)")
    ax.set_ylabel("mean ease, 1 to 7")
    ax.set_title(f"simulated, n = {mix.n:,}", fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_differences(ax: Axes, mix: Mix) -> None:
    rows = ((mix.raw, PURPLE, "s"), (mix.held, GREEN, "o"))
    for at, ((value, low, high), colour, marker) in enumerate(rows):
        ax.hlines(at, low, high, color=colour, lw=2.4)
        ax.plot(value, at, marker, color=colour, ms=7, markeredgecolor=INK)
    ax.plot(mix.truth, 2, "*", color=INK, ms=11)
    ax.axvline(mix.truth, color=GREY, lw=1, ls=":", zorder=0)
    ax.set_yticks([0, 1, 2], ["raw", "held", "truth"])
    ax.set_ylim(2.6, -0.7)
    ax.set_xlim(0, 1.6)
    ax.spines[["top", "right"]].set_visible(False)
