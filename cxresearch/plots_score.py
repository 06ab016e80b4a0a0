"""Pictures of scores. They compute nothing: every number drawn is in a table of `Scores`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch.plots import describe, plain_text
from cxresearch.results import legible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxresearch._score_fits import Fit

# Okabe and Ito's blue and vermilion stay apart for every kind of colour vision; grey for what is neither
GOOD, NEUTRAL, BAD = "#0072B2", "#BDBDBD", "#D55E00"
PALE = {"good": "#BFDCEE", "bad": "#F6D3BC"}
INK, FAINT = "#222222", "#767676"
_ROW_INCHES = 0.34
_FULL_ROWS = 40  # rows drawn at full height; more share the height of these
_MOST_ROWS = 60  # beyond it labels overlap
_LONGEST = 30  # characters of a segment's name that a picture shows
_NAMED_SHARE = 6.0  # % of the width a bar part needs to carry its number


def draw_scores(panels: Sequence[tuple[Fit, pd.DataFrame]], conf_level: float, ax: Axes | None) -> Figure:
    """Draw a panel per metric and scorer: a dot and an interval per segment, the better side right.

    Parameters
    ----------
    panels : sequence of (Fit, DataFrame)
        What each panel is called and measured in, with its rows of ``Scores.table``.
    conf_level : float
        Nominal level of the intervals.
    ax : Axes, optional
        Where to draw a single panel.

    Returns
    -------
    Figure
        With an alternative text.

    Raises
    ------
    ValueError
        If there is nothing to draw, or more than one panel for one `ax`.
    """
    axes = _axes(len(panels), max((len(rows) for _, rows in panels), default=0), ax, "score")
    for (fit, rows), panel in zip(panels, axes, strict=True):
        draw_intervals(rows, panel, better=fit.better, digits=2 if fit.kind == "mean" else 1)
        if len(rows) == 1:
            _whole_scale(panel, fit)  # one score alone has nothing else to be seen against
        panel.set_title(
            plain_text(f"{fit.metric} ({fit.scorer})", 2 * _LONGEST), loc="left", fontsize=11, color=INK
        )
        panel.set_xlabel(_unit(fit) + f", {100 * conf_level:g} % intervals", color=FAINT)
    figure = _figure_of(axes[0])
    names = ", ".join(f"{fit.metric} ({fit.scorer})" for fit, _ in panels)
    ends = "; ".join(_extremes(fit, rows) for fit, rows in panels)
    return describe(figure, legible(f"Scores with {100 * conf_level:g} % intervals for {names}. {ends}."))


def draw_intervals(rows: pd.DataFrame, ax: Axes, *, better: int = 1, digits: int = 1) -> Axes:
    """Draw a dot at each estimate with a line over its interval, the first row on top.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``Scores.table`` of one metric and scorer.
    ax : Axes
        Where to draw.
    better : int
        1: higher is better; -1: lower is, and the axis runs the other way.
    digits : int
        Decimals of the printed scores.

    Returns
    -------
    Axes
        The same.
    """
    y = np.arange(len(rows))
    ax.hlines(y, rows["conf_low"], rows["conf_high"], color=GOOD, linewidth=2.2, alpha=0.55)
    ax.plot(rows["estimate"], y, "o", color=GOOD, markersize=6.5, zorder=3)
    for at, value, high, low in zip(y, rows["estimate"], rows["conf_high"], rows["conf_low"], strict=True):
        edge = high if better > 0 else low
        if np.isfinite(value):
            where = edge if np.isfinite(edge) else value
            ax.annotate(
                _number(value, digits),
                (where, at),
                (5, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=INK,
            )
        else:
            ax.annotate("no answers", (0.02, at), xycoords=ax.get_yaxis_transform(), va="center", color=FAINT)
    _label_rows(ax, rows, rows["n"])
    ax.margins(x=0.12)
    if better < 0:
        ax.invert_xaxis()
    _clean(ax)
    ax.grid(axis="x", color="#E6E6E6", linewidth=0.8)
    return ax


def draw_distributions(table: pd.DataFrame, by: Sequence[str], ax: Axes | None) -> Figure:
    """Draw a panel per metric: a diverging stacked bar of the answers per segment.

    Parameters
    ----------
    table : DataFrame
        ``Scores.distribution``, or the part of it to draw.
    by : sequence of str
        The segment columns.
    ax : Axes, optional
        Where to draw a single panel.

    Returns
    -------
    Figure
        With an alternative text.

    Raises
    ------
    ValueError
        If there is nothing to draw, or more than one panel for one `ax`.
    """
    parts = [(str(name), part) for name, part in table.groupby("metric", sort=False)]
    keys = [_wide(part, by) for _, part in parts]
    axes = _axes(len(parts), max((len(wide) for wide in keys), default=0), ax, "distribution", legend=0.35)
    for (name, part), wide, panel in zip(parts, keys, axes, strict=True):
        draw_bars(part, wide, panel)
        panel.set_title(plain_text(name, 2 * _LONGEST), loc="left", fontsize=11, color=INK, pad=26)
    figure = _figure_of(axes[0])
    said = "; ".join(_halves(name, part, wide) for (name, part), wide in zip(parts, keys, strict=True))
    return describe(figure, legible(f"Answers as diverging stacked bars, bad left and good right. {said}."))


def draw_bars(part: pd.DataFrame, wide: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the answers of one metric: bad ones left of zero, good ones right, those in between astride.

    Parameters
    ----------
    part : DataFrame
        Rows of ``Scores.distribution`` of one metric.
    wide : DataFrame
        The same shares in %, a row per segment and a column per answer.
    ax : Axes
        Where to draw.

    Returns
    -------
    Axes
        The same.
    """
    side = part.drop_duplicates("answer").set_index("answer")["side"]
    order = _from_bad_to_good(side)
    colours = _colours([side[answer] for answer in order])
    middle = [answer for answer in order if side[answer] == "middle"]
    bad = [answer for answer in order if side[answer] == "bad"]
    left = -(wide[bad].sum(axis=1) + wide[middle].sum(axis=1) / 2).to_numpy()
    y = np.arange(len(wide))
    for answer, colour in zip(order, colours, strict=True):
        width = wide[answer].to_numpy()
        ax.barh(
            y,
            width,
            left=left,
            color=colour,
            height=0.72,
            edgecolor="white",
            linewidth=0.6,
            label=f"{answer:g}",
        )
        for at in np.flatnonzero(width >= _NAMED_SHARE):
            ax.text(
                left[at] + width[at] / 2, y[at], f"{width[at]:.0f}", ha="center", va="center", fontsize=8,
                color=_ink_on(colour),
            )  # fmt: skip
        left = left + width
    ax.axvline(0, color=INK, linewidth=1, zorder=0.5)  # behind the bars: answers astride keep their numbers
    ax.use_sticky_edges = False
    ax.margins(x=0.03)
    n = part.drop_duplicates([*wide.index.names]) if wide.index.names != ["all"] else part.head(1)
    _label_rows(ax, n, n["n"])
    ax.legend(
        ncols=len(order), loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, fontsize=8,
        handlelength=0.9, handletextpad=0.3, columnspacing=0.9, borderaxespad=0.1,
    )  # fmt: skip
    ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    ax.set_xlabel("← bad     % of answers     good →", color=FAINT)
    _clean(ax)
    return ax


def _axes(count: int, rows: int, ax: Axes | None, what: str, legend: float = 0.0) -> list[Axes]:
    """Return one axes per panel, on a new figure unless one was given."""
    if count == 0:
        raise ValueError(f"there is no {what} to draw.")
    if rows > _MOST_ROWS:
        raise ValueError(
            f"{rows} segments are too many for a picture, which holds {_MOST_ROWS}: group or choose segments "
            "in the data, or read `table`."
        )
    if ax is not None:
        if count > 1:
            raise ValueError(f"`ax` holds one {what}, but there are {count}; choose one with `metric`.")
        return [ax]
    import matplotlib.pyplot  # noqa: F401  (it makes notebooks show figures)
    from matplotlib.figure import Figure

    columns = min(count, 2)
    lines = -(-count // columns)
    height = lines * (1.25 + legend + _ROW_INCHES * min(rows, _FULL_ROWS))
    figure = Figure(figsize=(5.6 * columns + 0.4, max(height, 1.8)), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False)
    flat = list(grid.flat)
    for spare in flat[count:]:
        spare.remove()
    return flat[:count]


def _whole_scale(ax: Axes, fit: Fit) -> None:
    ends = {"net": (-100.0, 100.0), "share": (0.0, 100.0)}.get(fit.kind, (fit.scale.low, fit.scale.high))
    if np.isfinite(ends).all():
        margin = 0.04 * (ends[1] - ends[0])
        ends = (ends[0] - margin, ends[1] + margin)
        ax.set_xlim(*(ends if fit.better > 0 else ends[::-1]))


def _figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("`ax` is on no figure.")
    return figure


def _label_rows(ax: Axes, rows: pd.DataFrame, n: pd.Series[Any]) -> None:
    keys = _key_names(rows)
    names = [plain_text(_row_name(rows, position)) or "all" for position in range(len(rows))]
    ax.set_yticks(
        range(len(rows)), [f"{name}  (n = {count:,})" for name, count in zip(names, n, strict=True)]
    )
    ax.set_ylim(len(rows) - 0.4, -0.6)
    if keys:
        ax.annotate(
            plain_text(" · ".join(keys), _LONGEST), (0, 1), xycoords="axes fraction", xytext=(-4, 3),
            textcoords="offset points", ha="right", fontsize=9, color=FAINT,
        )  # fmt: skip


def _key_names(rows: pd.DataFrame) -> list[str]:
    """Return the `by` columns: those between metric (and scorer) and the first estimate or answer."""
    names = list(rows.columns)
    first = 2 if "scorer" in names else 1
    return names[first : names.index("answer" if "answer" in names else "estimate")]


def _wide(part: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the shares as a row per segment, in their order, and a column per answer."""
    keys = list(by) or ["all"]
    frame = part if by else part.assign(all="all")
    wide = frame.pivot_table(
        index=keys, columns="answer", values="estimate", sort=False, dropna=False, observed=True
    )
    wide.index.names = keys
    return wide.fillna(0.0)


def _from_bad_to_good(side: pd.Series[Any]) -> list[float]:
    answers = sorted(side.index)
    ends = [side[answer] for answer in (answers[0], answers[-1])]
    turned = ends[0] == "good" or ends[-1] == "bad"
    return answers[::-1] if turned else answers


def _colours(sides: Sequence[str]) -> list[Any]:
    """Return a colour per answer: full at the ends, pale next to the middle, grey between."""
    from matplotlib.colors import LinearSegmentedColormap

    ramps = {
        "bad": LinearSegmentedColormap.from_list("bad", [BAD, PALE["bad"]]),
        "good": LinearSegmentedColormap.from_list("good", [PALE["good"], GOOD]),
    }
    out: list[Any] = []
    for i, side in enumerate(sides):
        if side == "middle":
            out.append(NEUTRAL if sides[i - 1] != "middle" else "#D6D6D6")
            continue
        of_side = [j for j, other in enumerate(sides) if other == side]
        at = of_side.index(i) / max(len(of_side) - 1, 1) if len(of_side) > 1 else float(side == "good")
        out.append(ramps[side](at))
    return out


def _ink_on(colour: Any) -> str:
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(colour)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else INK


def _clean(ax: Axes) -> None:
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(colors=INK, labelsize=9)
    ax.set_axisbelow(True)


def _unit(fit: Fit) -> str:
    if fit.kind == "share":
        return "% of answers"
    if fit.kind == "net":
        return "points from -100 to 100"
    return f"mean on {fit.scale}" + (": better to the right" if fit.better < 0 else "")


def _row_name(rows: pd.DataFrame, position: int) -> str:
    """Return the levels of a row, each cut to its part of a label's length."""
    keys = _key_names(rows)
    longest = max(_LONGEST // max(len(keys), 1), 12)
    return " · ".join(legible(str(rows.iloc[position][key]), longest) for key in keys)


def _number(value: float, digits: int) -> str:
    """Return a number as the axis writes it: a true minus, and none before zero."""
    return f"{value:z,.{digits}f}".replace("-", "−")


def _extremes(fit: Fit, rows: pd.DataFrame) -> str:
    """Say which segment is best and which worst."""
    known = rows["estimate"].to_numpy() * fit.better
    if len(rows) == 1 or not np.isfinite(known).any():
        value = rows["estimate"].iloc[0]
        return f"{fit.metric}: {value:z.1f}" if np.isfinite(value) else f"{fit.metric}: no answers"
    best, worst = int(np.nanargmax(known)), int(np.nanargmin(known))
    ends = [f"{_row_name(rows, k)} ({rows['estimate'].iloc[k]:z.1f})" for k in (best, worst)]
    return f"{fit.metric}: best {ends[0]}, worst {ends[1]}"


def _halves(name: str, part: pd.DataFrame, wide: pd.DataFrame) -> str:
    side = part.drop_duplicates("answer").set_index("answer")["side"]
    good = wide[[answer for answer in wide.columns if side[answer] == "good"]].sum(axis=1)
    return f"{name}: {good.min():.0f} % good answers" + (f" to {good.max():.0f} %" if len(good) > 1 else "")
