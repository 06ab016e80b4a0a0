"""Pictures of lesson 2: a correlation seen through noise. Everything drawn is computed in `_course_2`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxresearch.plots import BLUE, GREY, INK, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from cxresearch._course_2 import Noise

EDGE = 3.6  # standard units shown to either side


def draw_noise(part: SubFigure, noise: Noise, small: bool) -> None:
    """Draw customers as dots, and what becomes of the correlation; `small` has the dots only."""
    if small:
        ax = part.subplots(1, 1)
        _draw_customers(ax, noise, size=2)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel(f"r = {noise.r:.2f}", fontsize=9)
        return
    left, right = part.subplots(1, 2, width_ratios=[1, 1.15])
    _draw_customers(left, noise, size=9)
    left.set_xlabel("answer (standard units)")
    left.set_ylabel("outcome (standard units)")
    left.set_title(f"{noise.n} customers, r = {noise.r:.2f}", fontsize=10)
    _draw_curve(right, noise)


def _draw_customers(ax: Axes, noise: Noise, size: float) -> None:
    ax.scatter(noise.answers, noise.outcome, s=size, color=BLUE, alpha=0.45, linewidths=0)
    ax.plot([-EDGE, EDGE], [-EDGE * noise.r, EDGE * noise.r], color=INK, lw=1.4)
    ax.set_xlim(-EDGE, EDGE)
    ax.set_ylim(-EDGE, EDGE)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_curve(ax: Axes, noise: Noise) -> None:
    ax.axhline(noise.true_r, color=GREY, ls="--", lw=1.2)
    ax.annotate(
        "the feeling itself", (0.02, noise.true_r), xytext=(0, 4), textcoords="offset points", fontsize=9
    )
    ax.plot(noise.reliabilities, noise.curve, color=ORANGE, lw=2)
    ax.annotate("expected of the answers", (0.4, 0.3), fontsize=9)
    ax.vlines(noise.reliability, noise.low, noise.high, color=BLUE, lw=2.4)
    ax.plot(noise.reliability, noise.r, "o", color=BLUE, ms=8, markeredgecolor=INK)
    ax.set_xlim(0, 1.03)
    ax.set_ylim(0, 0.8)
    ax.set_xlabel("reliability of the question")
    ax.set_ylabel("correlation with the outcome")
    ax.set_title("seen here, with 95 % interval", fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
