"""Drawing helpers every picture shares; no statistics here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def describe(figure: Figure, text: str) -> Figure:
    """Give a figure its alternative text, which the study pages put on the image.

    Parameters
    ----------
    figure : matplotlib Figure
        The finished picture.
    text : str
        One or two sentences that say what is drawn and what it shows.

    Returns
    -------
    Figure
        The same figure.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> describe(Figure(), "Three metrics with intervals").get_gid()
    'Three metrics with intervals'
    """
    figure.set_gid(text)
    return figure
