"""Forest, funnel, verdicts and published against found: every position and interval drawn is one of their tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Polygon
from numpy.testing import assert_allclose

from cxresearch import claims
from cxresearch.plots_claims import (
    HALF,
    SIGNS,
    draw_against_print,
    draw_forest,
    draw_funnel,
    draw_verdicts,
)

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


# Verdicts, published against found


def test_verdicts_are_bars_as_long_as_their_counts():
    counts = pd.DataFrame({"definition": [3, 0], "arithmetic": [1, 2]}, index=["reproduced", "not testable"])
    [ax] = draw_verdicts(counts, title="Six").axes
    assert [bar.get_width() for bar in ax.patches] == [4, 2]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        f"{verdict}  {SIGNS[verdict]}" for verdict in counts.index
    ]
    assert (
        ax.figure.get_gid()
        == "Six: reproduced 4 (definition 3, arithmetic 1); not testable 2 (arithmetic 2)."
    )


@pytest.fixture(scope="module")
def held():
    registry = claims.load()
    return claims.against_print(claims.scorecard(registry, documents_only=True).findings, registry)


def test_every_finding_with_a_common_scale_is_a_line_of_the_panel_of_its_unit(held):
    figure = draw_against_print(held, title="Against print")
    for ax, (_, rows) in zip(figure.axes, held.groupby("unit", sort=False), strict=True):
        assert len(ax.get_yticks()) == len(rows)
        dots = [line.get_data() for line in ax.lines if line.get_marker() == "o"]
        assert_allclose([x for x, _ in dots], rows["estimate"].to_numpy()[:, None])
        printed = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
        assert_allclose(printed, rows.loc[rows["same_unit"], "published"])


def test_a_printed_share_has_no_place_on_the_axis_of_correlations(held):
    row = held[(held["claim"] == "S4-04") & (held["kind"] == "arithmetic")].iloc[0]
    assert (row["unit"], row["same_unit"], row["beside"]) == ("r", False, "")


def test_no_unlike_figure_stands_beside_what_was_found():
    registry = claims.load()
    rows = claims.against_print(claims.scorecard(registry).findings, registry).set_index("claim")
    assert rows.loc[["L-009", "L-012", "S2-10"], "beside"].tolist() == [""] * 3
    assert set(rows.loc[["L-040", "L-067"], "beside"]) <= {""}
    assert rows.loc["L-073", "beside"] == "the printed figure was not seen"
    assert rows.loc["S1-11", "beside"] == "printed 43 %"
    for row in rows[rows["printed"] != ""].itertuples():
        assert row.printed in {one.shown() for one in registry[row.Index].figures}


def test_what_is_of_our_making_is_left_out(held):
    assert held.loc[held["kind"] == "definition", "same_unit"].all()
    assert not held["kind"].eq("simulation").any()
