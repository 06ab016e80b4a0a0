"""Pictures of a comparison and of its multiverse; they draw tables and compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch.plots import BLUE, GREY, INK, ORANGE, describe, new_figure, plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxresearch.comparison import Comparison
    from cxresearch.multiverse import Multiverse

LABELS = {
    "pearson_r": "correlation r",
    "spearman_r": "rank correlation (Spearman)",
    "somers_d": "Somers' D (2 AUC - 1)",
}
LONGEST = 24  # characters of a name in a picture
CODINGS = {"linear": ("o", "answers as they are"), "official": ("D", "as officially scored")}


def draw_comparison(comparison: Comparison) -> Figure:
    """Draw accuracy with intervals on the left, and on the right the probability that a difference matters.

    Parameters
    ----------
    comparison : Comparison
        From `cxresearch.compare`.

    Returns
    -------
    Figure
        With alternative text in its ``gid``.
    """
    pairs = comparison.pairs[comparison.pairs.measure == "cv_r2_score"]
    height = 1.9 + 0.55 * max(len(comparison.metrics), len(pairs))
    figure, (left, right) = new_figure(1, 2, (10.5, height), width_ratios=[1.15, 1])
    _accuracies(comparison, left)
    _chances(pairs, right)
    weighted = ", weighted" if any(note.code == "weights" for note in comparison.notes) else ""
    figure.suptitle(
        f"Which predicts {plain_text(comparison.outcome, LONGEST)} better?  n = {comparison.n:,} of "
        f"{comparison.n + comparison.n_missing:,}{weighted}",
        x=0.01, ha="left", fontweight="bold", color=INK,
    )  # fmt: skip
    return describe(figure, f"{comparison.question} {comparison.verdict.sentence}")


def _accuracies(comparison: Comparison, ax: Axes) -> None:
    measure = comparison.protocol.measure
    table = comparison.table[comparison.table.measure.isin([measure, "pearson_r"])]
    for coding, (marker, label) in CODINGS.items():
        wanted = measure if coding == "linear" else "pearson_r"
        rows = table[(table.coding == coding) & (table.measure == wanted)].set_index("metric")
        shown = [name for name in comparison.metrics if name in rows.index]
        at = np.array([comparison.metrics.index(name) for name in shown]) + (
            0.0 if coding == "linear" else 0.24
        )
        color = BLUE if coding == "linear" else ORANGE
        rows = rows.loc[shown]
        ax.hlines(at, rows.conf_low, rows.conf_high, color=color, lw=2.2)
        ax.plot(rows.estimate, at, marker, color=color, ms=7, label=label, ls="none")
        if coding == "linear":
            for y, value in zip(at, rows.estimate, strict=True):
                ax.annotate(
                    f"{value:.2f}", (value, y), (0, 7), textcoords="offset points", ha="center", color=INK
                )
    ax.set_yticks(range(len(comparison.metrics)), [plain_text(name, LONGEST) for name in comparison.metrics])
    ax.set_ylim(len(comparison.metrics) - 0.4, -0.6)
    ax.axvline(0, color=GREY, lw=0.8)
    ax.set_xlabel(
        f"{LABELS[measure]} with {plain_text(comparison.outcome, LONGEST)}, {100 * comparison.conf_level:g} % interval"
    )
    if (table.coding == "official").any():
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=2, frameon=False)


def _chances(pairs: pd.DataFrame, ax: Axes) -> None:
    colors = {"p_a_better": BLUE, "p_same": "#BBBBBB", "p_b_better": ORANGE}
    sides = [(plain_text(a, LONGEST), plain_text(b, LONGEST)) for a, b in zip(pairs.a, pairs.b, strict=True)]
    first, second = sides[0] if len(sides) == 1 else ("first", "second")
    names = dict(
        zip(colors, (f"{first} better", "no difference that matters", f"{second} better"), strict=True)
    )
    labels = [f"{a} – {b}" for a, b in sides]
    left = np.zeros(len(pairs))
    for column, color in colors.items():
        width = pairs[column].to_numpy()
        ax.barh(
            labels, width, left=left, color=color, height=min(0.55, 0.2 * len(pairs)), label=names[column]
        )
        for y, (start, size) in enumerate(zip(left, width, strict=True)):
            if size >= 0.08:
                ink = "white" if column == "p_a_better" else INK
                ax.text(start + size / 2, y, f"{size:.0%}", ha="center", va="center", color=ink)
        left = left + width
    ax.set_ylim(len(pairs) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    ax.set_xlabel("probability, out of sample (corrected resampled t)")
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.45, -0.24), "ncols": 3}
    ax.legend(**place, frameon=False, columnspacing=1, handlelength=1)


def draw_multiverse(multiverse: Multiverse, pair: tuple[str, str]) -> Figure:
    """Draw the specification curve of one pair.

    Parameters
    ----------
    multiverse : Multiverse
        From `Comparison.multiverse`.
    pair : tuple of str
        Two of its metrics; positive differences mean that the first predicts better.

    Returns
    -------
    Figure
        With alternative text in its ``gid``.
    """
    rows = _pair_rows(multiverse.table, pair)
    first, second = (plain_text(name, LONGEST) for name in pair)
    options = [(choice, option) for choice in _choices(rows) for option in rows[choice].unique()]
    figure, (curve, matrix) = new_figure(
        2, 1, (10.5, 3.6 + 0.19 * len(options)), height_ratios=[3.0, 0.19 * len(options)], sharex=True
    )
    at = np.arange(len(rows))
    clear = (rows.conf_low > 0) | (rows.conf_high < 0)
    colors = np.where(clear, np.where(rows.estimate > 0, BLUE, ORANGE), GREY)
    curve.axhspan(-multiverse.rope, multiverse.rope, color="#EEEEEE", lw=0, label="too small to matter")
    curve.axhline(0, color=GREY, lw=0.8)
    curve.vlines(at, rows.conf_low, rows.conf_high, colors=list(colors), lw=1, alpha=0.6)
    curve.scatter(at, rows.estimate, c=list(colors), s=9, zorder=3)
    curve.set_ylabel(f"{first} minus {second},\ncorrelation scale")
    curve.legend(loc="upper left", frameon=False)
    _choice_matrix(matrix, rows, options, list(colors))
    smallest, largest = int(rows.n.min()), int(rows.n.max())
    counts = f"n = {smallest:,}" if smallest == largest else f"n = {smallest:,} to {largest:,}"
    ahead, behind = int((rows.conf_low > 0).sum()), int((rows.conf_high < 0).sum())
    figure.suptitle(
        f"{first} against {second} in {len(rows)} specifications, {100 * multiverse.conf_level:g} % intervals, "
        f"{counts}",
        x=0.01, ha="left", fontweight="bold", color=INK,
    )  # fmt: skip
    text = (
        f"Specification curve of {pair[0]} minus {pair[1]}: {ahead} of {len(rows)} intervals lie above 0, {behind} "
        f"below; differences run from {rows.estimate.min():.3f} to {rows.estimate.max():.3f}."
    )
    return describe(figure, text)


def _pair_rows(table: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    """Rows of one pair, whichever way round the table has it, in rising order."""
    known = sorted({*table.a, *table.b})
    if isinstance(pair, str) or len(pair) != 2 or not set(pair) <= set(known) or pair[0] == pair[1]:
        raise ValueError(f"`pair` must be two of {', '.join(map(repr, known))}; got {pair!r}.")
    forward = table[(table.a == pair[0]) & (table.b == pair[1])]
    backward = table[(table.a == pair[1]) & (table.b == pair[0])]
    turned = backward.assign(
        estimate=-backward.estimate, conf_low=-backward.conf_high, conf_high=-backward.conf_low
    )
    rows = pd.concat([part for part in (forward, turned) if len(part)])
    return rows.sort_values("estimate", ignore_index=True)


def _choices(rows: pd.DataFrame) -> list[str]:
    """The choices that were open: those with more than one option."""
    return [
        name
        for name in ("outcome", "scorer", "estimator", "weights", "subset")
        if len(rows[name].unique()) > 1
    ]


def _choice_matrix(ax: Axes, rows: pd.DataFrame, options: list[tuple[str, Any]], colors: list[str]) -> None:
    for y, (choice, option) in enumerate(options):
        here = np.flatnonzero(rows[choice] == option)
        ax.scatter(here, np.full(len(here), y), c=[colors[i] for i in here], s=7, marker="|")
    ax.set_yticks(
        range(len(options)),
        [plain_text(f"{choice}: {option}", 2 * LONGEST) for choice, option in options],
        fontsize=8,
    )
    ax.set_ylim(len(options) - 0.5, -0.5)
    ax.set_xticks([])
    ax.set_xlabel("specifications in order of the difference; blue and orange: interval off 0")
