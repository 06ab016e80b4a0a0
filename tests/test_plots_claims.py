"""Forest and funnel show their tables: every position and interval drawn is one of theirs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Polygon
from numpy.testing import assert_allclose

from cxresearch.plots_claims import HALF, draw_forest, draw_funnel

ROWS = pd.DataFrame({
    "name": ["a bank", "mobile $1", "average"], "estimate": [0.30, -0.10, 0.15], "conf_low": [0.2, -0.4, -0.05],
    "conf_high": [0.4, 0.2, 0.35], "weight": [0.8, 0.2, np.nan], "prediction_low": [np.nan, np.nan, -0.5],
    "prediction_high": [np.nan, np.nan, 0.8],
})  # fmt: skip


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def segments(ax):
    return [line.get_segments()[0] for line in ax.collections if hasattr(line, "get_segments")]


def test_a_forest_draws_studies_where_the_table_has_them():
    [ax] = draw_forest(ROWS, title="Title", unit="r").axes
    first, second, following = segments(ax)
    assert_allclose([first[:, 0], second[:, 0]], ROWS[["conf_low", "conf_high"]].iloc[:2])
    assert_allclose(following, [[-0.5, 2], [0.8, 2]])
    [marks] = [each for each in ax.collections if not hasattr(each, "get_segments")]
    assert_allclose(marks.get_offsets(), [[0.30, 0], [-0.10, 1]])
    heavy, light = marks.get_sizes()
    assert_allclose(heavy / light, 4)


def test_the_diamond_spans_the_interval_of_the_average():
    [ax] = draw_forest(ROWS, title="Title", unit="r").axes
    [diamond] = [patch for patch in ax.patches if isinstance(patch, Polygon)]
    corners = diamond.get_xy()[:4]
    assert_allclose(corners, [[-0.05, 2], [0.15, 2 - HALF], [0.35, 2], [0.15, 2 + HALF]])


def test_a_forest_says_in_words_what_it_draws():
    figure = draw_forest(ROWS, title="Title", unit="r")
    assert "a bank 0.30 [0.20, 0.40]" in figure.get_gid()
    assert "average 0.15 [−0.05, 0.35]" in figure.get_gid()
    figure.draw_without_rendering()  # a dollar in a name is no formula


def test_without_averages_nothing_of_them_is_drawn():
    [ax] = draw_forest(ROWS.iloc[:2], title="Title", unit="r", nothing=None).axes
    assert not ax.patches
    assert len(segments(ax)) == 2
    [legend] = ax.figure.legends
    assert len(legend.get_texts()) == 1


def test_averages_alone_make_a_forest():
    """Where single studies may not be shown."""
    [ax] = draw_forest(ROWS.iloc[2:], title="Title", unit="r").axes
    assert len(ax.patches) == 1


def test_an_empty_forest_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        draw_forest(ROWS.iloc[:0], title="Title", unit="r")


def test_a_funnel_draws_studies_and_the_region_of_chance():
    studies = pd.DataFrame({"name": ["a", "b"], "estimate": [0.2, 0.5], "std_error": [0.05, 0.1]})
    edges = pd.DataFrame({"std_error": [0.0, 0.1], "conf_low": [0.3, 0.1], "conf_high": [0.3, 0.5]})
    [ax] = draw_funnel(studies, edges, 0.3, title="Title", unit="z").axes
    average, low, high, points = ax.lines
    assert_allclose(average.get_xdata(), 0.3)
    assert_allclose([low.get_xdata(), high.get_xdata()], [[0.3, 0.1], [0.3, 0.5]])
    assert_allclose(points.get_xydata(), studies[["estimate", "std_error"]])
    bottom, top = ax.get_ylim()
    assert bottom > top == 0
