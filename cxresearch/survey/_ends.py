"""Answers against the ends of their scale: some lie beyond it, or nobody reaches the good one.

A code for "no answer" and an answer on a longer scale look alike from one number, and the advice for the one
destroys the other. What tells them apart is whether they continue the scale up to an end people ask on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cxresearch.survey._text import shown
from cxresearch.survey.codebook import Question
from cxresearch.survey.scales import INSTRUMENTS, Scale

if TYPE_CHECKING:
    from cxresearch.survey.checks import Problem, Seen

USUAL = {(known.scale.low, known.scale.high) for known in INSTRUMENTS.values()}
OFTEN = 0.05  # share of the answers beyond which one value off the scale is no rare code
MOST_ADVISED = 8  # values a proposal lists
LEAST_ANSWERS = 30  # fewer may miss the good end by chance
CODES = {
    sign * code
    for sign in (1, -1)
    for code in (7, 8, 9, 77, 88, 98, 99, 777, 888, 998, 999, 9999)
    if code > 9 or sign < 0
} | {-1}  # fmt: skip


def off_scale(seen: Seen) -> list[Problem]:
    """Return the answers off the scale, with the ways out."""
    scale = seen.question.scale
    if seen.question.kind == "category":
        return []
    known = ~np.isnan(seen.values)
    off = np.flatnonzero(known & ~scale.within(seen.values))
    if not len(off):
        return []
    values = sorted({float(v) for v in seen.values[off]})
    further = continuing(values, scale)
    wide = (min(scale.low, *further), max(scale.high, *further)) if further else (scale.low, scale.high)
    rows = int(seen.counts[np.isin(seen.values, further)].sum())
    often = len(further) > 1 or rows > OFTEN * int(seen.counts[known].sum())
    codes = all(_looks_like_code(value, scale.low, scale.high) for value in values)
    if further and often and wide in USUAL:
        way = _longer(seen, wide, sure=True)
        way += _missing(seen, [value for value in values if not wide[0] <= value <= wide[1]])
        codes = False
    else:
        way = _longer(seen, wide, sure=False) if further and (often or wide in USUAL) else ""
        way += _missing(seen, values)
        inside = seen.values[np.isfinite(seen.values)]
        if not (codes or further) and len(inside) and np.isfinite(scale.low + scale.high):
            way += f" If it was asked on another scale (values run from {inside.min():g} to "
            way += f"{inside.max():g}), say so with scale = [low, high]."
    text = "{q} should hold {scale}, but {rows:,} of {total} do not: {found}."
    return [seen.problem("missing_code" if codes else "out_of_scale", off, text, way=way)]


def continuing(values: Sequence[float], scale: Scale) -> list[float]:
    """Return the values that continue a scale beyond its ends: next to an end, then with gaps of one at most.

    Examples
    --------
    >>> continuing([0, 6, 7, 9, 99], Scale(1, 5)), continuing([-1, 12], Scale(0, 10))
    ([0, 6, 7, 9], [])
    """
    if scale.continuous or scale.step is None:
        return []
    found: list[float] = []
    for end, sign in ((scale.low, -1), (scale.high, 1)):
        last, reach = end, scale.step
        for value in sorted(
            (v for v in values if sign * (v - end) > 0), key=abs if sign > 0 else lambda v: -v
        ):
            if abs(value - last) > reach + 1e-9 or (value < 0 <= scale.low):
                break
            found.append(value)
            last, reach = value, 2 * scale.step
    return found


def _looks_like_code(value: float, low: float, high: float) -> bool:
    """Whether a value off the scale looks like a code for "no answer"."""
    return value in CODES or (value == 0 and low > 0) or value in (high + 1, high + 2)


def _missing(seen: Seen, values: Sequence[float]) -> str:
    """Return the proposal to declare values as missing."""
    if not values or len(values) > MOST_ADVISED or not np.isfinite(values).all():
        return ""
    listed = ", ".join(map(shown, values))
    mean = f"{listed} means" if len(values) == 1 else f"{listed} mean"
    return f' If {mean} "no answer", add missing = [{listed}] to {seen.entry}.'


def _longer(seen: Seen, wide: tuple[float, float], *, sure: bool) -> str:
    """Return the proposal to declare the longer scale."""
    scale, ways = f"{wide[0]:g}-{wide[1]:g}", f"scale = [{wide[0]:g}, {wide[1]:g}]"
    known = _sibling(seen.question, wide)
    if known:
        ways = f'instrument = "{known}" or {ways}'
    if sure:
        return (
            f" The scale seems longer, {scale}: then say {ways} in {seen.entry}. As missing codes these "
            "answers would be lost."
        )
    return f" If it was asked on {scale}, say {ways} in {seen.entry}."


def _sibling(question: Question, ends: tuple[float, float]) -> str:
    """Return the instrument that asks the same on other ends: csat7 for csat5; empty where there is none."""
    stem = question.instrument.rstrip("0123456789")
    for name, known in INSTRUMENTS.items():
        same = name.rstrip("0123456789") == stem and known.scale.good == question.scale.good
        if same and (known.scale.low, known.scale.high) == ends:
            return name
    return ""


def unused_end(seen: Seen) -> list[Problem]:
    """Warn where nobody gave the best answers: scores hang on them, and the scale may be shorter."""
    from cxresearch.survey.checks import Problem

    question, scale = seen.question, seen.question.scale
    if question.kind != "scale" or question.role not in ("metric", "outcome") or question.is_index:
        return []
    fits = scale.contains(seen.values)
    used, n = np.unique(seen.values[fits]), int(seen.counts[fits].sum())
    off = ~fits & ~np.isnan(seen.values)  # refused anyway, and it may be what the good end is
    if scale.continuous or n < LEAST_ANSWERS or len(used) < 2 or off.any():
        return []
    edge = used[-1] if scale.good == "high" else used[0]
    unused = scale.points[scale.points > edge if scale.good == "high" else scale.points < edge]
    at_edge = int(seen.counts[fits & (seen.values == edge)].sum())
    if not len(unused) or (len(unused) == 1 and at_edge <= OFTEN * n):
        return []  # one answer that is rarely given may be missed by chance
    text = (
        f"`{question.name}` (column {shown(seen.column)}): nobody of {n:,} answered {_band(unused, scale)}: "
        f"is the scale {_guess(used, scale)}? It is declared as {scale}, and scores hang on its good end."
    )
    return [Problem(seen.column, question.name, "unused_end", text, n, severity="warning")]


def _band(unused: np.ndarray, scale: Scale) -> str:
    """Return the best answers in words."""
    if len(unused) < 3:
        return " or ".join(f"{point:g}" for point in unused)
    return f"{unused[0]:g} or more" if scale.good == "high" else f"{unused[-1]:g} or less"


def _guess(used: np.ndarray, scale: Scale) -> str:
    """Return the scale the answers look like: what they span if people ask on that, else up to its end."""
    span = (float(used[0]), float(used[-1]))
    if span not in USUAL:
        span = (scale.low, span[1]) if scale.good == "high" else (span[0], scale.high)
    return f"{span[0]:g}-{span[1]:g}"
