"""Pictures of lesson 4: looking until something turns up. Everything drawn is computed in `_course_4`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxresearch.plots import BLUE, GREY, INK, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from cxresearch._course_4 import Looks


def draw_looks(part: SubFigure, now: Looks, small: bool) -> None:
    """Draw the teams of one company, the largest lead asked again, and how often one is found."""
    if small:
        ax = part.subplots(1, 1)
        _draw_teams(ax, now, small)
        ax.tick_params(labelsize=8)
        ax.set_xlabel("lead in r", fontsize=8)
        return
    teams, often = part.subplots(1, 2, width_ratios=[3, 2.4])
    _draw_teams(teams, now, small)
    teams.set_title(f"One company, {len(now.lead)} of {now.most} teams", fontsize=10)
    teams.set_xlabel("lead of satisfaction over effort in r\n(95 % interval; in truth 0 in every team)")
    teams.set_ylabel("a line a team")
    teams.legend(frameon=False, fontsize=8.5, loc="lower right")
    _draw_often(often, now)


def _draw_teams(ax: Axes, now: Looks, small: bool) -> None:
    lines = 1.0 if small else 1.8
    for team, (lead, low, high) in enumerate(zip(now.lead, now.low, now.high, strict=True)):
        mine = team == now.picked
        ax.hlines(team, low, high, color=BLUE if mine else GREY, lw=lines)
        label = "the largest lead" if mine else None
        ax.plot(lead, team, "o", color=BLUE if mine else GREY, ms=3 if small else 5, label=label)
    lead, low, high = now.again
    ax.hlines(now.picked + 0.4, low, high, color=ORANGE, lw=lines)
    ax.plot(
        lead,
        now.picked + 0.4,
        "D",
        color=ORANGE,
        ms=3 if small else 5,
        markeredgecolor=INK,
        label="the same, asked again",
    )
    ax.axvline(0, color=INK, lw=1)
    ax.set_ylim(now.most + (0.5 if small else 4.5), -1)
    ax.set_xlim(-0.45, 0.45)
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)


def _draw_often(ax: Axes, now: Looks) -> None:
    looks = range(1, now.most + 1)
    ax.plot(looks, now.expected, color=GREY, lw=1.2, ls="--", label="5 % a look, in theory")
    ax.plot(looks, now.found, color=BLUE, lw=1.8, label="a clear lead is found")
    ax.plot(looks, now.confirmed, color=ORANGE, lw=1.8, ls="-.", label="and found again")
    at = now.looks - 1
    ax.plot(now.looks, now.found[at], "o", color=BLUE, ms=8, markeredgecolor=INK)
    ax.plot(now.looks, now.confirmed[at], "D", color=ORANGE, ms=7, markeredgecolor=INK)
    ax.annotate(
        f"{now.found[at]}", (now.looks, now.found[at]), (0, 9), textcoords="offset points", ha="center"
    )
    ax.set_title(f"{now.companies} companies", fontsize=10)
    ax.set_xlabel("teams looked at")
    ax.set_ylabel("companies with a clear lead")
    ax.set_ylim(-2, 82)
    ax.set_xlim(0, now.most + 1)
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.legend(frameon=False, fontsize=8.5, loc="upper left")
    ax.spines[["top", "right"]].set_visible(False)
