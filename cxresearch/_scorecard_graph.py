"""Published against found as a small picture in SVG: it loads nothing, and says in words what it shows."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from typing import Any

from cxresearch.plots import BLUE, INK

WIDTH, HEIGHT, MARGIN = 320, 48, 12  # units of the picture
MIDDLE, AXIS = 17, 33  # heights of the marks and of the axis
PRINTED = "#B24400"  # dark enough for a thin line on white
WORDING = {"r": "r {}", "R2": "R² {}", "x": "{} times"}  # what stands for the unit in a text
BY = {"published": "published tables"}  # kinds of evidence that read badly after "by"
STEPS = (1, 1.5, 2, 3, 5, 10)  # ends of an axis, times a power of ten
BOUNDED = {"r": (0.0, 1.0), "R2": (0.0, 1.0), "%": (0.0, 100.0)}  # axes of what cannot be negative


def number(value: float) -> str:
    """Return a number for reading: three digits, a minus sign.

    Examples
    --------
    >>> number(-0.19840), number(1200), number(42.5)
    ('−0.198', '1,200', '42.5')
    """
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value + 0.0:.3g}"
    return text.replace("-", "−")


def found(row: Any) -> str:
    """Return what was found as text: the range that answers, or the estimate with its interval, and the unit.

    Parameters
    ----------
    row : named tuple
        A row of `cxresearch.claims.against_print`.
    """
    text = "" if math.isnan(row.estimate) else number(row.estimate)
    if text and not math.isnan(row.conf_low):
        text += f" [{number(row.conf_low)}, {number(row.conf_high)}]"
    if row.low < row.high and (row.low, row.high) != (row.conf_low, row.conf_high):
        spread = f"{number(row.low)} to {number(row.high)}"
        text = f"{text} ({spread})" if text else spread
    return WORDING.get(row.unit, f"{{}} {row.unit}").format(text)


def told(row: Any) -> str:
    """Return what was printed, where it was, and what was found."""
    return f"{row.beside}; found {found(row)}" if row.beside else f"found {found(row)}"


def values(row: Any) -> list[float]:
    """Return the numbers of a row that have a place on its axis."""
    drawn = [row.estimate, row.conf_low, row.conf_high, *([row.published] if row.same_unit else [])]
    drawn += [row.low, row.high] if row.low < row.high else []
    return [value for value in drawn if not math.isnan(value)]


def axis(unit: str, drawn: Iterable[float]) -> tuple[float, float]:
    """Return the ends of an axis: round numbers that hold 0 and everything drawn.

    Examples
    --------
    >>> axis("r", [0.2, 0.9]), axis("r", [-0.04, 1.2]), axis("x", [2.4]), axis("%", [43])
    ((0.0, 1.0), (-0.05, 1.5), (0.0, 3.0), (0.0, 100.0))
    """
    drawn = [*drawn]
    low, high = min(0.0, *drawn), max(0.0, *drawn)
    usual = BOUNDED.get(unit)
    if usual and low >= 0 and high <= usual[1]:
        return usual
    return (0.0 - _round_up(-low), _round_up(high))


def _round_up(value: float) -> float:
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in STEPS if step * power >= value * (1 - 1e-12))


def picture(row: Any, ends: tuple[float, float] | None = None) -> str:
    """Return a row as SVG: range, estimate with interval, printed figure.

    Parameters
    ----------
    row : named tuple
        A row of `cxresearch.claims.against_print`.
    ends : pair of float, optional
        Of the axis; None: round numbers that hold the row.
    """
    low, high = ends or axis(row.unit, values(row))

    def x(value: float) -> str:
        return f"{MARGIN + (WIDTH - 2 * MARGIN) * (value - low) / (high - low):.1f}"

    marks = [_line(x(low), AXIS, x(high), AXIS, "#767676", 1)]
    marks += [_line(x(0), 4, x(0), AXIS, "#767676", 1)] * (low < 0 < high)
    marks += [_line(x(end), AXIS - 3, x(end), AXIS + 3, "#767676", 1) for end in (low, high)]
    if row.low < row.high:
        left, right = x(row.low), x(row.high)
        width = float(right) - float(left)
        marks.append(
            f'<rect x="{left}" y="{MIDDLE - 4}" width="{width:.1f}" height="8" fill="{BLUE}" fill-opacity=".4"/>'
        )
        marks += [_line(end, MIDDLE - 8, end, MIDDLE + 8, BLUE, 2) for end in (left, right)]
    if not math.isnan(row.conf_low):
        marks.append(_line(x(row.conf_low), MIDDLE, x(row.conf_high), MIDDLE, INK, 2))
    if not math.isnan(row.estimate):
        marks.append(f'<circle cx="{x(row.estimate)}" cy="{MIDDLE}" r="4.5" fill="{INK}"/>')
    if row.same_unit:
        marks.append(_diamond(float(x(row.published))))
    labels = f"{_label(x(low), 'start', low)}{_label(x(high), 'end', high)}"
    words = html.escape(f"{row.claim}, by {BY.get(row.kind, row.kind)}: {told(row)}.")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}"><title>{words}</title>'
        f"{''.join(marks)}{labels}</svg>"
    )


def key() -> str:
    """Return the key to the marks, as HTML."""
    shown = (
        (f'<rect x="4" y="5" width="26" height="8" fill="{BLUE}" fill-opacity=".4"/>'
         + _line("4", 1, "4", 17, BLUE, 2) + _line("30", 1, "30", 17, BLUE, 2), "range the print or the tables allow"),
        (_line("4", 9, "30", 9, INK, 2) + f'<circle cx="17" cy="9" r="4.5" fill="{INK}"/>',
         "found, with its interval where there is one"),
        (_diamond(17, 9), "printed, drawn where it is in the same unit"),
    )  # fmt: skip
    items = "".join(
        f'<li><svg viewBox="0 0 34 18" width="34" height="18" aria-hidden="true">{mark}</svg> {text}</li>'
        for mark, text in shown
    )
    return f'<ul class="key">{items}</ul>'


def _line(x1: str, y1: float, x2: str, y2: float, colour: str, width: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"/>'


def _diamond(x: float, y: float = MIDDLE, half: float = 7) -> str:
    corners = f"{x:.1f},{y - half} {x + half:.1f},{y} {x:.1f},{y + half} {x - half:.1f},{y}"
    return f'<polygon points="{corners}" fill="none" stroke="{PRINTED}" stroke-width="2.2"/>'


def _label(x: str, anchor: str, value: float) -> str:
    return f'<text x="{x}" y="{AXIS + 13}" text-anchor="{anchor}" font-size="11" fill="#474747">{number(value)}</text>'
