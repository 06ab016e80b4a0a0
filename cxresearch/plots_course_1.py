"""Pictures of lesson 1: two teams under a cut that moves. Everything drawn is computed in `_course_1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxresearch.plots import BLUE, GREY, INK, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from cxresearch._course_1 import Cut

LOOKS = ((BLUE, "o", ""), (ORANGE, "D", "//"))  # a colour, a marker and a hatch for each team


def draw_cut(part: SubFigure, cut: Cut, small: bool) -> None:
    """Draw each team's answers with the counted ones filled, and the two scores; `small` has the scores only."""
    if small:
        ax = part.subplots(1, 1)
        _draw_scores(ax, cut)
        ax.set_xticks([0, 50, 100])
        ax.set_xlabel("score, %", fontsize=8)
        ax.tick_params(labelsize=8)
        ax.set_ylabel("") if cut.cut == cut.lowest else ax.set_yticklabels([])
        return
    first, second, scores = part.subplots(1, 3, width_ratios=[3, 3, 2.6])
    for ax, team, look in zip((first, second), cut.teams, LOOKS, strict=True):
        _draw_answers(ax, cut, team, look)
        ax.set_ylim(0, 1.05 * max(max(shares.values()) for shares in cut.shares.values()))
    first.set_ylabel("customers, %")
    _draw_scores(scores, cut)
    scores.set_xlabel(f"score: answers from {cut.cut} up, %\n(with 95 % interval)")
    for at, score in enumerate(cut.score):
        text = f"{score:.0f} % ({cut.low[at]:.0f} to {cut.high[at]:.0f})"
        scores.annotate(text, (50, at), xytext=(0, 12), textcoords="offset points", ha="center", fontsize=9)


def _draw_answers(ax: Axes, cut: Cut, team: str, look: tuple[str, str, str]) -> None:
    colour, _, hatch = look
    for answer, share in cut.shares[team].items():
        counted = answer >= cut.cut
        ax.bar(
            answer,
            share,
            color=colour if counted else "white",
            hatch=hatch if counted else "",
            edgecolor=INK if counted else GREY,
            linewidth=0.8,
        )
    ax.axvline(cut.cut - 0.5, color=INK, lw=1.2, ls="--")
    ax.set_title(f"{team}: mean {cut.means[team]:.2f}, n = {cut.n}", fontsize=10)
    ax.set_xlabel("answer (filled: counted)")
    ax.set_xticks(list(cut.shares[team]))
    ax.spines[["top", "right"]].set_visible(False)


def _draw_scores(ax: Axes, cut: Cut) -> None:
    for at, (colour, marker, _) in enumerate(LOOKS):
        ax.hlines(at, cut.low[at], cut.high[at], color=colour, lw=2.4)
        ax.plot(cut.score[at], at, marker, color=colour, ms=6, markeredgecolor=INK)
    ax.set_yticks([0, 1], cut.teams, fontsize=9)
    ax.set_ylim(1.6, -0.7)
    ax.set_xlim(-9, 109)
    ax.spines[["top", "right"]].set_visible(False)
