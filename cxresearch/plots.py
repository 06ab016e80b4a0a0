"""Drawing helpers every picture shares; no statistics here.

Colours are those of Okabe and Ito, told apart under the common colour blindnesses; nothing is said by colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxresearch.results import legible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PURPLE, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#8A8A8A", "#222222"


def new_figure(rows: int, columns: int, size: tuple[float, float], **grid: Any) -> tuple[Figure, Any]:
    """Return a figure and its axes with the house's plain look.

    Parameters
    ----------
    rows, columns : int
        Of the grid of axes.
    size : tuple of float
        Width and height in inches.
    **grid
        Passed to matplotlib's ``subplots``: ``sharex`` and the like, ``width_ratios``, ``height_ratios``.

    Returns
    -------
    figure : Figure
    axes : Axes or array of Axes
    """
    import matplotlib
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", **grid)
    if "inline" in matplotlib.get_backend():
        plt.close(figure)  # a notebook shows the returned figure; an open one it would show twice
    for ax in figure.axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def plain_text(value: object, longest: int | None = None) -> str:
    r"""Return text from data or a codebook as matplotlib may draw it: no formulas, no control characters.

    Parameters
    ----------
    value : object
        A label, drawn as ``str(value)``.
    longest : int, optional
        Characters; the middle of a longer text is cut out.

    Examples
    --------
    >>> print(plain_text("from $10 to $20"), plain_text("customers of the northern region", 15))
    from \$10 to \$20 customer…region
    """
    return legible(str(value), longest).replace("$", r"\$")


def label_simulated(figure: Figure) -> Figure:
    """Write on a figure, and into its alternative text, that its answers are simulated.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> label_simulated(describe(Figure(), "Three metrics")).get_gid()
    'Simulated data. Three metrics'
    """
    figure.supxlabel("simulated data, no claim about customers", x=0.995, ha="right", fontsize=8, color=GREY)
    return describe(figure, f"Simulated data. {figure.get_gid() or ''}".strip())


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
