"""A dial: one figure that a slider turns, and the same figure at rest for a page without a kernel."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxresearch.plots import describe

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

INSTALL = "To turn this dial, install ipywidgets (pip install ipywidgets) and start the notebook again."
NOTE = "simulated, no claim about customers"
WIDTH, LARGE, SMALL, FOOT = 9.5, 3.9, 2.3, 0.18  # inches


@dataclass(frozen=True)
class Dial:
    """A figure with one setting to turn.

    In a running notebook it shows a slider above the figure, then the small pictures; where a page is made of it,
    or ipywidgets is not there, it shows the figure at `start` and the small pictures.

    Attributes
    ----------
    label : str
        What is turned, as it stands beside the slider.
    settings : tuple
        The positions, in order.
    start : object
        The position it begins with, and rests at in a static page.
    shown : tuple
        The positions of the small pictures, at most six.
    numbers : callable
        From a position to what is drawn: everything is computed here.
    draw : callable
        ``draw(part, numbers, small)`` draws numbers into a matplotlib SubFigure and computes nothing.
    say : callable
        From the numbers to one or two sentences: caption below the slider's figure, and alternative text.
    write : callable
        From a position to its text beside the slider.
    """

    label: str
    settings: tuple[Any, ...]
    start: Any
    shown: tuple[Any, ...]
    numbers: Callable[[Any], Any]
    draw: Callable[[SubFigure, Any, bool], None]
    say: Callable[[Any], str]
    write: Callable[[Any], str] = str

    def figure(self, setting: Any) -> Figure:
        """Return the figure at one position."""
        figure = _blank(LARGE)
        self.draw(_parts(figure, 1)[0], self.numbers(setting), False)
        return describe(figure, self._sentence(setting))

    def small(self) -> Figure:
        """Return the small pictures side by side."""
        figure = _blank(SMALL)
        self._draw_small(_parts(figure, len(self.shown)))
        return describe(figure, self._sentences())

    def at_rest(self) -> Figure:
        """Return the figure at its start with the small pictures below: what a page without a kernel shows."""
        figure = _blank(LARGE + SMALL)
        above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[LARGE, SMALL])[:, 0]
        self.draw(above, self.numbers(self.start), False)
        self._draw_small(_parts(below, len(self.shown)))
        return describe(figure, f"Above: {self._sentence(self.start)} Below: {self._sentences()}")

    def widget(self) -> Any:
        """Return slider and figure as an ipywidgets box."""
        import ipywidgets

        slider = ipywidgets.SelectionSlider(
            options=[(self.write(setting), setting) for setting in self.settings],
            value=self.start,
            description=self.label,
            style={"description_width": "initial"},
            layout={"width": "95%"},
        )
        picture = ipywidgets.HTML(self._html(self.start))

        def turn(change: Any) -> None:
            picture.value = self._html(change["new"])

        slider.observe(turn, names="value")
        return ipywidgets.VBox([slider, picture])

    def __repr__(self) -> str:
        return f"Dial: {self._sentence(self.start)}"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if "CXRESEARCH_STUDY" in os.environ:  # a page is being made: nobody is there to turn it
            display(self.at_rest())
            return
        try:
            widget = self.widget()
        except ImportError:
            display(INSTALL)
            display(self.at_rest())
            return
        display(widget)
        display(self.small())

    def _html(self, setting: Any) -> str:
        """Return the figure at a position as an image with its alternative text, and the caption."""
        figure = self.figure(setting)
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=100)
        text = html.escape(self.say(self.numbers(setting)))
        data = base64.b64encode(content.getvalue()).decode()
        picture = f'<img class="cx-dial" alt="{html.escape(figure.get_gid() or "")}" style="max-width: 100%"'
        return f'{picture} src="data:image/png;base64,{data}"><p aria-live="polite">{text}</p>'

    def _draw_small(self, parts: Any) -> None:
        for part, setting in zip(parts, self.shown, strict=True):
            self.draw(part, self.numbers(setting), True)
            part.suptitle(self.write(setting), fontsize=9)

    def _sentence(self, setting: Any) -> str:
        return f"{self.label} {self.write(setting)}: {self.say(self.numbers(setting))} Simulated data."

    def _sentences(self) -> str:
        return " ".join(self._sentence(setting) for setting in self.shown)


def _parts(figure: Figure | SubFigure, columns: int) -> list[SubFigure]:
    """Return the parts of a figure, side by side."""
    return list(figure.subfigures(1, columns, squeeze=False)[0])


def _blank(height: float) -> Figure:
    """Return an empty figure that pyplot does not know, marked as simulated."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from cxresearch.plots import GREY

    layout = ConstrainedLayoutEngine(rect=(0, FOOT / height, 1, 1 - FOOT / height))
    figure = Figure(figsize=(WIDTH, height), layout=layout, dpi=100)
    figure.text(0.995, 0.004, NOTE, ha="right", va="bottom", fontsize=7.5, color=GREY)
    return figure
