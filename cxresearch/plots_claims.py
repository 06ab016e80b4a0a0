"""Pictures of published figures: forest, funnel, verdicts, published against found. They compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch._claims_axes import SCALES
from cxresearch.plots import BLUE, GREY, INK, ORANGE, describe, new_figure, plain_text
from cxresearch.plots_labels import label_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 48  # characters of a name
LARGEST, SMALLEST = 230.0, 22.0  # square points of the heaviest study's mark, and of the lightest
DOT = 7.0  # points across a study of a funnel
HALF = 0.24  # rows from the middle of an average's diamond to its tip
ROW = 0.44  # inches of a line of `draw_against_print`
BAND: dict[str, Any] = {"color": BLUE, "lw": 5, "marker": "|", "ms": 13, "mew": 2, "alpha": 0.55}
DIAMOND: dict[str, Any] = {"mfc": "none", "mec": ORANGE, "mew": 2, "marker": "D", "ms": 11, "ls": "none"}
#: A sign for every verdict, so that none is told by colour alone.
SIGNS: Mapping[str, str] = MappingProxyType({
    "reproduced": "✓", "contradicted": "✗", "depends": "±", "underdetermined": "?", "not testable": "∅",
    "not yet checked": "…",
})  # fmt: skip


def draw_forest(table: pd.DataFrame, *, title: str, unit: str, nothing: float | None = 0.0) -> Figure:
    """Draw effects of studies with their intervals, and averages as diamonds over the range of the next study.

    Parameters
    ----------
    table : DataFrame
        A row a line, top to bottom: ``name``, ``estimate``, ``conf_low``, ``conf_high``, all in one unit; ``weight``,
        share of the study in the average, NaN for an average; optional: ``prediction_low``, ``prediction_high``.
    title, unit : str
        Heading, and what the axis counts.
    nothing : float, optional
        Value that means no effect; a line is drawn there.

    Returns
    -------
    Figure
        Alternative text in its ``gid``.

    Raises
    ------
    ValueError
        If the table has no row.

    Notes
    -----
    An interval says where the average lies, the dashed range where the next study would: with few studies the
    second is the one that warns. A missing interval is drawn as none.

    Examples
    --------
    >>> rows = pd.DataFrame({"name": ["first", "average"], "estimate": [0.3, 0.4], "conf_low": [0.1, 0.2],
    ...                      "conf_high": [0.5, 0.6], "weight": [1.0, float("nan")]})
    >>> draw_forest(rows, title="Two lines", unit="correlation").get_gid()
    'Two lines (correlation). first 0.30 [0.10, 0.50]; average 0.40 [0.20, 0.60].'
    """
    if table.empty:
        raise ValueError("a forest needs at least one row.")
    rows = table.reset_index(drop=True).reindex(columns=_COLUMNS)
    figure, ax = new_figure(1, 1, (9.2, 1.5 + 0.4 * len(rows)))
    if nothing is not None:
        ax.axvline(nothing, color=GREY, lw=0.9)
    average = rows.weight.isna()
    for line in rows[~average].itertuples():
        ax.hlines(line.Index, line.conf_low, line.conf_high, color=BLUE, lw=1.8)
    heaviest = rows.weight.max()
    sizes = np.maximum(LARGEST * rows.weight[~average] / heaviest, SMALLEST)
    ax.scatter(rows.estimate[~average], rows.index[~average], s=sizes, marker="s", color=BLUE, zorder=3)
    for line in rows[average].itertuples():
        _average(ax, line)
    texts = [_told(line) for line in rows.itertuples()]
    for y, text in enumerate(texts):
        ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9, color=INK)
    names = [plain_text(name, LONGEST) for name in rows.name]
    ax.set_yticks(range(len(rows)), names)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel(unit)
    _legend(figure, rows, average)
    figure.suptitle(plain_text(title), x=0.01, ha="left", fontweight="bold", color=INK)
    told = "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    return describe(figure, f"{title} ({unit}). {told}.")


_COLUMNS = ["name", "estimate", "conf_low", "conf_high", "weight", "prediction_low", "prediction_high"]


def _average(ax: Axes, line: Any) -> None:
    """Draw the diamond of an average, and the range of the next study."""
    y = line.Index
    if np.isfinite(line.prediction_low):
        ax.hlines(y, line.prediction_low, line.prediction_high, color=ORANGE, lw=1.8, ls=(0, (3, 2)))
        ax.plot([line.prediction_low, line.prediction_high], [y, y], "|", color=ORANGE, ms=9, mew=1.8)
    across = [line.conf_low, line.estimate, line.conf_high, line.estimate]
    ax.fill(across, [y, y - HALF, y, y + HALF], color=INK, zorder=3)


def _told(line: Any) -> str:
    ends = f" [{line.conf_low:.2f}, {line.conf_high:.2f}]" if np.isfinite(line.conf_low) else ""
    return f"{line.estimate:.2f}{ends}".replace("-", "−")


def _legend(figure: Figure, rows: pd.DataFrame, average: pd.Series[bool]) -> None:
    from matplotlib.lines import Line2D

    marks = []
    if not average.all():
        marks.append(
            Line2D([], [], color=BLUE, marker="s", lw=1.8, label="study with interval, area by weight")
        )
    if average.any():
        marks.append(
            Line2D([], [], color=INK, marker="D", ls="none", label="average, as wide as its interval")
        )
    if rows.prediction_low.notna().any():
        marks.append(Line2D([], [], color=ORANGE, ls=(0, (3, 2)), label="where the next study would lie"))
    figure.legend(handles=marks, loc="outside lower left", ncols=3, frameon=False, fontsize=9)


def draw_funnel(table: pd.DataFrame, edges: pd.DataFrame, average: float, *, title: str, unit: str) -> Figure:
    """Draw effects against their standard errors: small studies at the foot, the region of pure chance dotted.

    Parameters
    ----------
    table : DataFrame
        A row a study: ``name``, ``estimate``, ``std_error``.
    edges : DataFrame
        The region in which studies of one true effect would lie: ``std_error``, ``conf_low``, ``conf_high``.
    average : float
        In the unit of the effects.
    title, unit : str
        Heading, and what the axis counts.

    Returns
    -------
    Figure
        Alternative text in its ``gid``.

    Notes
    -----
    Points outside the region are studies that differ by more than chance; points on one side of its foot may be
    unpublished studies on the other, or small studies of other customers. A handful of points shows neither.

    Examples
    --------
    >>> rows = pd.DataFrame({"name": ["a", "b"], "estimate": [0.2, 0.5], "std_error": [0.05, 0.1]})
    >>> edges = pd.DataFrame({"std_error": [0.0, 0.1], "conf_low": [0.3, 0.1], "conf_high": [0.3, 0.5]})
    >>> draw_funnel(rows, edges, 0.3, title="Two studies", unit="Fisher z").get_gid()
    'Two studies (Fisher z). Average 0.30; a 0.20, error 0.05; b 0.50, error 0.10.'
    """
    figure, ax = new_figure(1, 1, (7.6, 4.4))
    ax.axvline(average, color=INK, lw=1.2, label="average")
    for end, name in (("conf_low", "what chance alone allows (95 %)"), ("conf_high", "_")):
        ax.plot(edges[end], edges["std_error"], ":", color=GREY, lw=1.6, label=name)
    ax.plot(table["estimate"], table["std_error"], "o", color=BLUE, ms=DOT, label="study")
    names = [plain_text(name, LONGEST) for name in table["name"]]
    ax.set_ylim(1.08 * max(edges["std_error"].max(), table["std_error"].max()), 0)
    ax.set_xlabel(unit)
    ax.set_ylabel("standard error (large studies above)")
    figure.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=9)
    figure.suptitle(plain_text(title), x=0.01, ha="left", fontweight="bold", color=INK)
    at = table[["estimate", "std_error"]].to_numpy(float)
    label_points(figure, ax, at, names, np.full(len(at), DOT / 2))
    points = zip(names, table["estimate"], table["std_error"], strict=True)
    told = "; ".join(f"{name} {x:.2f}, error {y:.2f}" for name, x, y in points)
    return describe(figure, f"{title} ({unit}). Average {average:.2f}; {told}.")


def draw_verdicts(counts: pd.DataFrame, *, title: str) -> Figure:
    """Draw how many claims have which verdict, with the kinds of evidence that speak for them.

    Parameters
    ----------
    counts : DataFrame
        A row per verdict, in the order drawn; a column per kind of evidence, whole numbers.
    title : str
        Heading.

    Returns
    -------
    Figure

    Examples
    --------
    >>> counts = pd.DataFrame({"definition": [2, 0], "arithmetic": [1, 0]}, index=["reproduced", "depends"])
    >>> draw_verdicts(counts, title="Three claims").get_gid()
    'Three claims: reproduced 3 (definition 2, arithmetic 1); depends 0.'
    """
    totals = counts.sum(axis=1)
    parts = [", ".join(f"{kind} {n}" for kind, n in row.items() if n) for _, row in counts.iterrows()]
    figure, ax = new_figure(1, 1, (9.2, 0.5 + 0.43 * len(counts)))
    ax.barh(range(len(counts)), totals, color=BLUE, height=0.68)
    for place, (count, text) in enumerate(zip(totals, parts, strict=True)):
        told = f"{count}: {text}" if count else "0"
        ax.text(count + 0.01 * totals.max(), place, told, va="center", fontsize=9.5, color=INK)
    ax.set_yticks(range(len(counts)), [f"{verdict}  {SIGNS[verdict]}" for verdict in counts.index])
    ax.invert_yaxis()
    ax.set_xlim(0, 2.1 * totals.max())
    ax.set_xticks([])
    ax.spines[["bottom"]].set_visible(False)
    figure.suptitle(plain_text(title), x=0.01, ha="left", fontweight="bold", color=INK)
    each = zip(counts.index, totals, parts, strict=True)
    told = "; ".join(f"{verdict} {n} ({text})" if n else f"{verdict} 0" for verdict, n, text in each)
    return describe(figure, f"{title}: {told}.")


def draw_against_print(rows: pd.DataFrame, *, title: str) -> Figure:
    """Draw what was found, and what was printed where both are in one unit: a line a finding, a panel a unit.

    Parameters
    ----------
    rows : DataFrame
        From `cxresearch.claims.against_print`.
    title : str
        Heading.

    Returns
    -------
    Figure
        Alternative text in its ``gid``.

    Examples
    --------
    >>> from cxresearch import claims
    >>> rows = claims.against_print(claims.scorecard(documents_only=True).findings, claims.load())
    >>> draw_against_print(rows[rows["claim"] == "S1-11"], title="One claim").get_gid()
    'One claim. S1-11 by arithmetic: 42.50 %, printed 43 %.'
    """
    sizes = rows.groupby("unit", sort=False).size()
    figure, axes = new_figure(
        len(sizes), 1, (9.6, 2.2 + ROW * len(rows)), height_ratios=sizes + 0.9, squeeze=False
    )
    for ax, unit in zip(axes[:, 0], sizes.index, strict=True):
        _panel(ax, rows[rows["unit"] == unit], SCALES[unit])
    look = [
        ({**BAND}, "range the print or the tables allow"),
        ({"color": INK, "lw": 1.6, "marker": "o", "ms": 6}, "computed, with interval where there is one"),
        ({**DIAMOND}, "printed, in the same unit"),
    ]
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], label=label, **style) for style, label in look]
    figure.legend(handles=handles, loc="outside lower left", ncols=3, frameon=False, fontsize=9)
    figure.suptitle(plain_text(title), x=0.01, ha="left", fontweight="bold", color=INK)
    lines: list[Any] = [*rows.itertuples()]
    told = [
        f"{row.claim} by {row.kind}: "
        + (f"{row.low:.2f} to {row.high:.2f}" if row.low < row.high else f"{row.estimate:.2f}")
        + f" {row.unit}{', ' * bool(row.beside)}{row.beside}"
        for row in lines
    ]
    return describe(figure, f"{title}. {'; '.join(told)}.")


def _panel(ax: Axes, rows: pd.DataFrame, unit: str) -> None:
    lines: list[Any] = [*rows.itertuples()]
    for y, row in enumerate(lines):
        if row.low < row.high:
            ax.plot([row.low, row.high], [y, y], "-", **BAND)
        ax.plot([row.conf_low, row.conf_high], [y, y], color=INK, lw=1.6)
        ax.plot(row.estimate, y, "o", color=INK, ms=6, zorder=3)
        if row.same_unit:
            ax.plot(row.published, y, zorder=4, **DIAMOND)
        ax.text(
            1.02,
            y,
            plain_text(row.beside, LONGEST),
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=9,
            color=INK,
        )
    names = [f"{row.claim} {row.statement}" for row in lines]
    names = [plain_text(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") for name in names]
    names = [f"{name}\n{SIGNS[row.verdict]} {row.kind}" for name, row in zip(names, lines, strict=True)]
    ax.set_yticks(range(len(rows)), names, fontsize=8.5)
    ax.axvline(0, color=GREY, lw=0.8, zorder=0)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel(unit)
