"""What a reader of scores must know: the method in a sentence, and the notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxresearch._score_fits import Fit, Fits
from cxresearch.results import Note
from cxresearch.survey import Problem

SMALL = 30  # answers below which an interval is marked
TINY = 10
MOST_WORTH = 4  # metrics whose weighted answers are counted one by one
_WORDS = {
    "adjusted_wald": "adjusted Wald",
    "score": "score",
    "t": "t",
    "wald": "Wald",
    "bootstrap": "percentile bootstrap",
}
_PLURALS = {"net": "net scores", "share": "shares", "mean": "means"}
_ADJUSTED = {"holm": "adjusted by Holm", "bh": "adjusted by Benjamini-Hochberg", "none": "unadjusted"}


def describe_method(
    fits: Fits, methods: Sequence[str], conf_level: float, compare_to: Any, adjust: str, paired: str | None,
    n_boot: int,
) -> str:  # fmt: skip
    """Return how the scores were made, in one or two sentences."""
    used = zip(methods, (fit.kind for fit in fits.each), strict=True)
    named = dict.fromkeys(f"{_WORDS[method]} for {_PLURALS[kind]}" for method, kind in used)
    parts = [f"{100 * conf_level:g} % intervals: {', '.join(named)}"]
    if "bootstrap" in methods:
        parts.append(f"{n_boot:,} draws")
    parts.append(_design(fits))
    text = "; ".join(parts) + "."
    if compare_to is None:
        return text
    how = f"within respondents matched by {paired}" if paired else "from the joint covariance of the segments"
    return f"{text} Differences {how}, p-values {_ADJUSTED[adjust]}, intervals unadjusted."


def _design(fits: Fits) -> str:
    cells = fits.cells
    parts = ["weighted" if cells.weighted else "unweighted"]
    parts += ["strata"] * (cells.stratum is not None) + ["clusters"] * (cells.cluster is not None)
    parts += ["finite population"] * (cells.population is not None)
    return ", ".join(parts)


def notes_of(fits: Fits, methods: Sequence[str], problems: Sequence[Problem]) -> tuple[Note, ...]:
    """Return what changes or informs the reading of the scores; `problems` are those of the survey."""
    scored = {fit.metric for fit in fits.each}
    door = (
        Note(f"door_{problem.kind}", problem.message, True)
        for problem in problems
        if problem.question in scored
    )
    return (*door, *_notes(fits, methods))


def legend(fits: Fits) -> str:
    """Return what each score counts, in one sentence; metrics counted alike stand together."""
    alike: dict[str, list[str]] = {}
    for fit in fits.each:
        alike.setdefault(f"({fit.scorer}) {fit.definition}, {fit.unit}", []).append(fit.metric)
    parts = [f"{', '.join(names)} {what}" for what, names in alike.items()]
    return f"Counted: {'; '.join(parts)}."


def _notes(fits: Fits, methods: Sequence[str]) -> Iterator[Note]:
    for metric in dict.fromkeys(fit.metric for fit in fits.each):
        yield from _size_notes(next(fit for fit in fits.each if fit.metric == metric), fits)
    for fit in fits.each:
        yield from _reading_notes(fit, fits)
    if fits.cells.weighted:
        yield _weight_note(fits)
    outside = int(fits.cells.n[fits.segments.code < 0].sum())
    if outside:
        names = ", ".join(fits.segments.by)
        yield Note("segment_missing", f"{outside:,} rows have no value of {names} and are in no segment.")
    if len({tuple(fit.means.n) for fit in fits.each}) > 1:
        yield Note("own_answers", "Each metric uses the rows that answered it, so n differs between metrics.")
    if "bootstrap" in methods and (fits.cells.weighted or fits.cells.cluster is not None):
        text = (
            "Bootstrap draws have the design's effective size; clusters and weights are not drawn themselves."
        )
        yield Note("bootstrap_design", text)


def _size_notes(fit: Fit, fits: Fits) -> Iterator[Note]:
    n = fit.means.n[: len(fits.segments.keys)]
    everyone = not fits.segments.by

    def listed(chosen: NDArray[np.bool_]) -> str:
        names = [f"{fits.segments.label(int(k))} (n = {n[k]:,})" for k in np.flatnonzero(chosen)]
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        return f"{', '.join(fits.segments.by)} {', '.join(names[:6])}{more}"

    if (n == 0).any():
        where = "" if everyone else f" in {listed(n == 0)}"
        yield Note("no_answers", f"Nobody answered {fit.metric}{where}, so it has no score there.", True)
    tiny, small = (n > 0) & (n < TINY), (n >= TINY) & (n < SMALL)
    for chosen, limit, serious in ((tiny, TINY, True), (small, SMALL, False)):
        if chosen.any():
            where = f"n = {n[0]:,}" if everyone else listed(chosen)
            text = f"Fewer than {limit} answers to {fit.metric}: {where}; read the interval, not the score."
            yield Note("small_sample", text, serious)


def _reading_notes(fit: Fit, fits: Fits) -> Iterator[Note]:
    if fit.better < 0:
        text = f"{fit.metric} ({fit.scorer}): a lower score is better ({fit.scale})."
        yield Note("low_is_good", text, True)
    k = len(fits.segments.keys)
    alike = (fit.means.spread[:k] == 0) & (fit.means.n[:k] > 1)
    if alike.any() and fit.kind == "mean":
        names = (
            [fits.segments.label(int(i)) for i in np.flatnonzero(alike)] if fits.segments.by else ["all rows"]
        )
        text = f"{fit.metric} ({fit.scorer}): all answers are alike in {', '.join(names[:6])}; "
        yield Note("no_spread", text + "the interval of no width says nothing about precision.", True)


def _weight_note(fits: Fits) -> Note:
    """Say what the weights cost each metric: its answers, and how many equal ones they are worth."""
    metrics = {fit.metric: (float(fit.means.n[-1]), float(fit.means.kish[-1])) for fit in fits.each}
    effects = [n / kish for n, kish in metrics.values() if kish > 0] or [np.nan]
    worth = [
        f"{n:,.0f} weighted answer{'s' * (n != 1)} to {name} {'is' if n == 1 else 'are'} worth {kish:,.0f}"
        for name, (n, kish) in list(metrics.items())[:MOST_WORTH]
    ]
    worth[0] += " equal one" + "s" * (f"{next(iter(metrics.values()))[1]:.0f}" != "1")
    rest = len(metrics) - len(worth)
    low, high = f"{min(effects):.2f}", f"{max(effects):.2f}"
    text = ", ".join(worth) + (f", and so on for {rest} more" if rest else "")
    between = low if low == high else f"{low} to {high}"
    return Note("weights", f"{text} (Kish; variance x {between}).", bool(max(effects) > 1.5))
