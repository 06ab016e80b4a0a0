"""Pictures of lesson 3: what surveys of one size say of a tie and of a lead. All drawn is computed in `_course_3`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxresearch.plots import BLUE, GREEN, GREY, INK, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from cxresearch._course_3 import Asked

LOOKS = {  # what is said: colour, marker, hatch, words
    "csat": (BLUE, "o", "", "satisfaction ahead"),
    "ces": (ORANGE, "D", "xx", "effort ahead"),
    "same": (GREEN, "s", "//", "no practical difference"),
    "unclear": (GREY, "", "..", "cannot tell"),
}
BAND = "#EEEEEE"


def draw_asked(part: SubFigure, now: Asked, small: bool) -> None:
    """Draw the surveys' intervals by world, coloured by what they say; `small` has only how many say what."""
    if small:
        ax = part.subplots(1, 1)
        _draw_counts(ax, now)
        ax.tick_params(labelsize=8)
        ax.set_xlabel("surveys", fontsize=8)
        return
    row, foot = part.subfigures(2, 1, squeeze=False, height_ratios=[9, 1])[:, 0]
    for at, ax in enumerate(row.subplots(1, 2, sharex=True)):
        _draw_intervals(ax, now, at)
    handles = [_handle(said) for said in LOOKS]
    foot.legend(handles=handles, loc="center", ncols=len(LOOKS), frameon=False, fontsize=9)


def _handle(said: str) -> object:
    from matplotlib.lines import Line2D

    colour, marker, _, words = LOOKS[said]
    return Line2D([], [], color=colour, marker=marker or None, lw=2, ms=5, markeredgecolor=INK, label=words)


def _draw_intervals(ax: Axes, now: Asked, at: int) -> None:
    ax.axvspan(-now.rope, now.rope, color=BAND, lw=0)
    ax.axvline(now.truth[at], color=INK, lw=1.2, ls="--")
    rows = zip(now.lead[at], now.low[at], now.high[at], now.said[at], strict=True)
    for place, (lead, low, high, said) in enumerate(rows):
        colour, marker, _, _ = LOOKS[said]
        ax.hlines(place, low, high, color=colour, lw=1.8)
        ax.plot(lead, place, marker or "|", color=colour, ms=5, markeredgecolor=INK if marker else colour)
    ax.set_title(
        f"{now.worlds[at]} (dashed: the truth, {now.truth[at]:.2f})".replace("-0.00", "0.00"), fontsize=10
    )
    ax.set_xlabel("lead of satisfaction over effort in r\n(95 % interval; grey band: too small to matter)")
    ax.set_xlim(-0.45, 0.45)
    ax.set_yticks([])
    if at == 0:
        ax.set_ylabel(f"{len(now.lead[at])} surveys of {now.n:,}")
    ax.spines[["top", "right", "left"]].set_visible(False)


def _draw_counts(ax: Axes, now: Asked) -> None:
    for at, said in enumerate(now.said):
        left = 0
        for name, (colour, _, hatch, _) in LOOKS.items():
            count = said.count(name)
            face = "white" if name == "unclear" else colour
            ax.barh(at, count, left=left, color=face, hatch=hatch, edgecolor=INK, linewidth=0.6)
            left += count
    ax.set_yticks([0, 1], ["tie", "lead"])
    ax.set_ylim(1.6, -0.6)
    ax.set_xlim(0, len(now.said[0]))
    ax.spines[["top", "right"]].set_visible(False)
