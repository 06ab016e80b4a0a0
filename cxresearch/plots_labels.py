"""Names beside the points of a scatter, placed where they cover least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cxresearch.plots import GREY, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

ANGLES = np.linspace(0, 2 * np.pi, 16, endpoint=False)
RINGS = (0, 0.6, 1.5, 2.5, 4, 6, 8)  # heights of a text between it and its bubble
PADDING = 3.0  # pixels
FAR = 0.06  # price of a ring, in shares of a text covered
CROSSED = 0.4  # price of a line that crosses a text, or of a leader that crosses another


def label_points(
    figure: Figure,
    ax: Axes,
    at: np.ndarray,
    texts: Sequence[str],
    radii: np.ndarray,
    crosses: Sequence[tuple[float, float, float, float]] = (),
) -> None:
    """Write a text beside each point, where it covers least of what is drawn already.

    Parameters
    ----------
    figure, ax : Figure, Axes
        Drawn but for the texts; limits settled.
    at : array (k, 2)
        Points in data units.
    texts : sequence of str
        One a point, in the order of their importance: the first have the first choice of place.
    radii : array (k,)
        Of the bubbles around the points, in typographic points.
    crosses : sequence of (x_low, x_high, y_low, y_high)
        Ends of the intervals of each point, not to be written over.
    """
    figure.draw_without_rendering()  # settles the layout, which placing needs
    frame, pixels = ax.get_window_extent(), figure.dpi / 72
    centres, reach = ax.transData.transform(at), np.asarray(radii) * pixels
    bubbles = [_box(x - r, y - r, x + r, y + r) for (x, y), r in zip(centres, 0.8 * reach, strict=True)]
    lines = [
        end
        for (x, y), (left, right, low, high) in zip(at, crosses, strict=False)
        for end in (ax.transData.transform([(left, y), (right, y)]), ax.transData.transform([(x, low), (x, high)]))
    ]  # fmt: skip
    written: list[Bbox] = []
    for place, text in enumerate(texts):
        note = ax.annotate(
            text, at[place], (0, 0), textcoords="offset points", color=INK, fontsize=9, zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.65, "pad": 0.6},
        )  # fmt: skip
        box = note.get_window_extent()
        box = _box(box.x0, box.y0, box.x1, box.y1)
        others = [*written, *written, *bubbles[:place], *bubbles[place + 1 :]]  # a text weighs as two bubbles
        best, cost = box, np.inf
        for spot, far in _spots(box, centres[place], reach[place]):
            price = FAR * far + _covered(spot, others, frame) + CROSSED * _crossed(spot, lines)
            price += CROSSED * (far > 0) * _crossed_by(_leader(spot, centres[place]), written)
            if price < cost:
                best, cost, ring = spot, price, far
        note.set_position(((best.x0 - box.x0) / pixels, (best.y0 - box.y0) / pixels))
        written.append(best)
        if ring > 0:
            leader = _leader(best, centres[place])
            lines.append(leader)
            ax.plot(*ax.transData.inverted().transform(leader).T, color=GREY, lw=0.7, zorder=2.5)


def _spots(box: Bbox, centre: np.ndarray, reach: float) -> Iterator[tuple[Bbox, float]]:
    """Yield places for a text around its point, near ones first, each with its ring."""
    for ring in RINGS:
        gap = reach + PADDING + ring * box.height
        for across, up in zip(np.cos(ANGLES), np.sin(ANGLES), strict=True):
            x = centre[0] + gap * across + box.width * (across - 1) / 2
            y = centre[1] + gap * up + box.height * (up - 1) / 2
            yield _box(x, y, x + box.width, y + box.height), ring


def _covered(box: Bbox, others: Sequence[Bbox], frame: Bbox) -> float:
    """Return the share of a box that lies over others or beyond the frame; beyond weighs most."""
    area = box.width * box.height
    return 10 * (1 - _shared(box, frame) / area) + sum(_shared(box, other) for other in others) / area


def _shared(one: Bbox, other: Bbox) -> float:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(wide, 0.0) * max(high, 0.0))


def _crossed(box: Bbox, lines: Sequence[np.ndarray]) -> int:
    """Return how many lines cross a box."""
    return sum(_crossed_by(line, [box]) for line in lines)


def _crossed_by(line: np.ndarray, boxes: Sequence[Bbox]) -> int:
    """Return how many boxes a line crosses."""
    points = line[0] + np.linspace(0, 1, 41)[:, None] * (line[1] - line[0])
    return sum(
        bool(((points > (box.x0, box.y0)) & (points < (box.x1, box.y1))).all(axis=1).any()) for box in boxes
    )


def _leader(box: Bbox, centre: np.ndarray) -> np.ndarray:
    """Return the line from a text to its point."""
    return np.array([np.clip(centre, (box.x0, box.y0), (box.x1, box.y1)), centre])


def _box(left: float, low: float, right: float, high: float) -> Bbox:
    from matplotlib.transforms import Bbox

    return Bbox.from_extents(left, low, right, high)
