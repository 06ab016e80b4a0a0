"""Names beside the points of a scatter, placed where they cover least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch.plots import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array: TypeAlias = NDArray[np.float64]

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
    pixels = figure.dpi / 72
    frame = np.array(ax.get_window_extent().extents)
    centres, reach = ax.transData.transform(at), np.asarray(radii) * pixels
    bubbles = np.hstack([centres - 0.8 * reach[:, None], centres + 0.8 * reach[:, None]])
    ends = [
        end
        for (x, y), (left, right, low, high) in zip(at, crosses, strict=False)
        for end in (((left, y), (right, y)), ((x, low), (x, high)))
    ]
    lines = [_along(ax.transData.transform(end)) for end in ends]
    written: list[Array] = []
    for place, text in enumerate(texts):
        note = ax.annotate(
            text, at[place], (0, 0), textcoords="offset points", color=INK, fontsize=9, zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.65, "pad": 0.6},
        )  # fmt: skip
        box = np.array(note.get_window_extent().extents)
        spots, rings = _spots(box, centres[place], reach[place])
        others = np.array([*written, *written, *np.delete(bubbles, place, axis=0)])  # a text weighs as two
        price = FAR * rings + 10 * (1 - _covered(spots, frame[None])) + _covered(spots, others)
        price += CROSSED * sum(_crossed(spots, line) for line in lines)
        leaders = [_along(_leader(spot, centres[place])) for spot in spots]
        price += CROSSED * (rings > 0) * [_crossed(np.array(written), leader).sum() for leader in leaders]
        best = int(np.argmin(price))
        note.set_position(tuple((spots[best, :2] - box[:2]) / pixels))
        written.append(spots[best])
        if rings[best] > 0:
            lines.append(leaders[best])
            leader = ax.transData.inverted().transform(leaders[best][[0, -1]])
            ax.plot(*leader.T, ":", color=INK, lw=1, zorder=2.5)


def _spots(box: Array, centre: Array, reach: float) -> tuple[Array, Array]:
    """Return places for a text around its point, near ones first, (S, 4) as x, y, x, y; and the ring of each."""
    size = box[2:] - box[:2]
    rings = np.repeat(RINGS, len(ANGLES))
    outward = np.tile(np.column_stack([np.cos(ANGLES), np.sin(ANGLES)]), (len(RINGS), 1))
    gap = reach + PADDING + rings[:, None] * size[1]
    corner = centre + gap * outward + size * (outward - 1) / 2
    return np.hstack([corner, corner + size]), rings


def _covered(boxes: Array, others: Array) -> Array:
    """Return the share of each box that lies over others, summed over them."""
    if not len(others):
        return np.zeros(len(boxes))
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    high = np.minimum(boxes[:, None, 2:], others[:, 2:])
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2).sum(axis=1) / area)


def _crossed(boxes: Array, line: Array) -> NDArray[np.bool_]:
    """Return whether points along a line lie in each box."""
    if not len(boxes):
        return np.zeros(0, bool)
    inside = (line > boxes[:, None, :2]) & (line < boxes[:, None, 2:])
    return np.asarray(np.any(np.all(inside, axis=2), axis=1))


def _along(ends: Array) -> Array:
    """Return points along a line, its ends first and last."""
    return np.asarray(ends[0] + np.linspace(0, 1, 41)[:, None] * (np.asarray(ends[1]) - ends[0]))


def _leader(box: Array, centre: Array) -> Array:
    """Return the ends of the line from a text to its point."""
    return np.array([np.clip(centre, box[:2], box[2:]), centre])
