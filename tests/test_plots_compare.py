"""Pictures of a comparison show its tables: every position and interval drawn is one of theirs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from numpy.testing import assert_allclose

import cxresearch as cx

QUICK = {"folds": 5, "repeats": 1, "n_boot": 100}
COLUMNS = ["p_a_better", "p_same", "p_b_better"]
BOOK = {
    "title": "Contacts",
    "metrics": {
        "ces": {"column": "ces", "instrument": "ces2"},
        "csat": {"column": "csat", "scale": [1, 5]},
        "nps": {"column": "nps", "instrument": "nps"},
    },
    "outcomes": {
        "again": {"column": "again", "scale": [1, 7]},
        "renewed": {"column": "renewed", "kind": "binary"},
    },
    "design": {"weight": "w", "segments": ["channel"]},
}


def people(n=220, seed=1):
    rng = np.random.default_rng(seed)
    mood = rng.normal(0.4, 1, n)

    def answers(low, high, noise):
        raw = (low + high) / 2 + (high - low) / 4 * (mood + noise * rng.normal(size=n))
        return np.clip(np.rint(raw), low, high)

    return pd.DataFrame({
        "ces": answers(1, 7, 1.5), "csat": answers(1, 5, 1.0), "nps": answers(0, 10, 0.9),
        "again": answers(1, 7, 0.8), "renewed": (mood + rng.normal(size=n) > 0).astype(int),
        "w": rng.choice([0.5, 1.5], n), "channel": np.where(np.arange(n) % 2, "phone", "web"),
    })  # fmt: skip


@pytest.fixture(scope="module")
def survey():
    return cx.read(people(), BOOK)


@pytest.fixture(scope="module", params=[("again", None), ("renewed", None), ("again", ["csat", "nps"])])
def result(survey, request):
    outcome, metrics = request.param
    return cx.compare(survey, outcome, metrics, **QUICK)


def shown(result, coding):
    """The rows of the table that the left panel draws, in the order of the metrics."""
    measure = result.protocol.measure if coding == "linear" else "pearson_r"
    rows = result.table[(result.table.coding == coding) & (result.table.measure == measure)]
    return rows.set_index("metric").reindex([m for m in result.metrics if m in set(rows.metric)])


def bars_of(collection):
    return np.array(list(collection.get_segments()))


def test_points_and_intervals_are_those_of_the_table(result):
    left, _ = result.plot().axes
    points = [
        line for line in left.lines if len(line.get_xdata()) and line.get_marker() not in (None, "None")
    ]
    intervals = [found for found in left.collections if isinstance(found, LineCollection)]
    assert len(points) == len(intervals) == 2
    for coding, line, bars in zip(("linear", "official"), points, intervals, strict=True):
        rows = shown(result, coding)
        assert_allclose(line.get_xdata(), rows.estimate, rtol=1e-12)
        ends = bars_of(bars)
        assert_allclose(ends[:, 0, 0], rows.conf_low, rtol=1e-12)
        assert_allclose(ends[:, 1, 0], rows.conf_high, rtol=1e-12)
        assert_allclose(ends[:, 0, 1], line.get_ydata())  # the interval lies on its point's line
        at = [result.metrics.index(name) for name in rows.index]
        assert (np.abs(line.get_ydata() - at) < 0.5).all()  # and nearest to its own metric's label
    assert [tick.get_text() for tick in left.get_yticklabels()] == list(result.metrics)
    assert_allclose(left.get_yticks(), range(len(result.metrics)))


def test_numbers_written_are_the_estimates(result):
    left, _ = result.plot().axes
    rows = shown(result, "linear")
    written = {text.get_text(): text.xy for text in left.texts}
    for name, estimate in rows.estimate.items():
        x, y = written[f"{estimate:.2f}"]
        assert_allclose(x, estimate)
        assert y in range(len(result.metrics)), name


def test_widths_of_the_bars_are_the_probabilities(result):
    _, right = result.plot().axes
    pairs = result.pairs[result.pairs.measure == "cv_r2_score"].reset_index()
    assert len(right.containers) == 3
    left_end = np.zeros(len(pairs))
    for column, container in zip(COLUMNS, right.containers, strict=True):
        assert_allclose([bar.get_width() for bar in container], pairs[column], atol=1e-12)
        assert_allclose([bar.get_x() for bar in container], left_end, atol=1e-12)
        left_end += pairs[column].to_numpy()
    assert_allclose(left_end, 1)
    labels = [tick.get_text() for tick in right.get_yticklabels()]
    assert labels == [f"{a} – {b}" for a, b in zip(pairs.a, pairs.b, strict=True)]
    written = sorted(text.get_text() for text in right.texts)
    assert written == sorted(f"{p:.0%}" for p in pairs[COLUMNS].to_numpy().ravel() if p >= 0.08)


def test_the_legend_says_which_colour_is_whose(result):
    _, right = result.plot().axes
    names = [text.get_text() for text in right.get_legend().get_texts()]
    first, second = ("csat", "nps") if len(result.metrics) == 2 else ("first", "second")
    assert names == [f"{first} better", "no difference that matters", f"{second} better"]


def test_the_picture_says_what_it_shows_in_words(result):
    figure = result.plot()
    assert result.verdict.sentence in figure.get_gid()
    assert result.question in figure.get_gid()
    title = figure.get_suptitle()
    assert result.outcome in title
    assert "n = 220 of 220, weighted" in title
    left, right = figure.axes
    assert "95 % interval" in left.get_xlabel()
    assert "probability" in right.get_xlabel()


def written_on(figure):
    return [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]


@pytest.mark.parametrize("title", ["Contacts", "Contacts (simulated)"])
def test_pictures_of_simulated_answers_say_so(title):
    result = cx.compare(cx.read(people(), BOOK | {"title": title}), "again", ["csat", "nps"], **QUICK)
    for figure in (result.plot(), result.multiverse(["again"]).plot()):
        told = [text for text in written_on(figure) if "simulated" in text.lower()]
        assert bool(told) == ("simulated" in title)


def test_a_metric_scored_by_its_mean_is_drawn_once(survey):
    means = BOOK | {"metrics": {"csat": BOOK["metrics"]["csat"], "ces": {"column": "ces", "scale": [1, 7]}}}
    result = cx.compare(cx.read(people(), means), "again", **QUICK)
    left, _ = result.plot().axes
    drawn = [line for line in left.lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert drawn == []
    assert left.get_legend() is None


def test_intervals_beyond_the_axis_are_not_cut(result):
    left, _ = result.plot().axes
    low, high = left.get_xlim()
    rows = pd.concat([shown(result, coding) for coding in ("linear", "official")])
    assert low <= rows.conf_low.min()
    assert rows.conf_high.max() <= high


def test_drawing_changes_no_table(result):
    before = {name: table.copy() for name, table in result._tables().items()}
    result.plot()
    for name, table in result._tables().items():
        pd.testing.assert_frame_equal(table, before[name])


# ---- the specification curve


@pytest.fixture(scope="module")
def many(survey):
    return cx.compare(survey, "again", weights=False, **QUICK).multiverse()


def rows_of(many, pair):
    """Differences first minus second in rising order, whichever way round the table has them."""
    table = many.table
    forward = table[(table.a == pair[0]) & (table.b == pair[1])]
    backward = table[(table.a == pair[1]) & (table.b == pair[0])]
    assert (len(forward) > 0) != (len(backward) > 0)
    if len(backward):
        forward = backward.assign(
            estimate=-backward.estimate, conf_low=-backward.conf_high, conf_high=-backward.conf_low
        )
    return forward.sort_values("estimate", ignore_index=True)


@pytest.mark.parametrize("pair", [("csat", "nps"), ("nps", "csat"), None])
def test_the_curve_is_the_table_in_rising_order(many, pair):
    figure = many.plot(pair)
    curve, _ = figure.axes
    rows = rows_of(many, pair or many.pair)
    [points] = [found for found in curve.collections if isinstance(found, PathCollection)]
    [bars] = [found for found in curve.collections if isinstance(found, LineCollection)]
    assert_allclose(points.get_offsets()[:, 1], rows.estimate, rtol=1e-12)
    assert_allclose(points.get_offsets()[:, 0], range(len(rows)))
    ends = bars_of(bars)
    # rows of equal estimate may come in either order: ends are compared as pairs
    drawn = sorted(map(tuple, np.column_stack([ends[:, 0, 1], ends[:, 1, 1]])))
    assert_allclose(drawn, sorted(map(tuple, rows[["conf_low", "conf_high"]].to_numpy())), rtol=1e-12)
    low, high = curve.get_ylim()
    assert low <= rows.conf_low.min()
    assert rows.conf_high.max() <= high


def test_the_region_that_does_not_matter_is_drawn(many):
    curve, _ = many.plot().axes
    [band] = curve.patches
    y = band.get_y(), band.get_y() + band.get_height()
    assert_allclose(y, (-0.03, 0.03))


def test_each_specification_is_marked_once_for_each_choice(many):
    _, matrix = many.plot(("csat", "nps")).axes
    rows = rows_of(many, ("csat", "nps"))
    labels = [tick.get_text() for tick in matrix.get_yticklabels()]
    choices = ["outcome", "scorer", "estimator", "subset"]  # weights were not open to choice
    assert set(labels) == {f"{choice}: {option}" for choice in choices for option in rows[choice].unique()}
    marks = [found.get_offsets() for found in matrix.collections]
    assert sum(map(len, marks)) == len(rows) * len(choices)
    for y, label in enumerate(labels):
        choice, option = label.split(": ")
        [here] = [offsets for offsets in marks if (offsets[:, 1] == y).all()]
        assert len(here) == (rows[choice] == option).sum()


def test_the_curve_in_words_and_counts(many):
    figure = many.plot(("nps", "csat"))
    rows = rows_of(many, ("nps", "csat"))
    text = figure.get_gid()
    assert f"{(rows.conf_low > 0).sum()} of {len(rows)} intervals lie above 0" in text
    assert f"{(rows.conf_high < 0).sum()} below" in text
    assert f"from {rows.estimate.min():.3f} to {rows.estimate.max():.3f}" in text
    assert f"nps against csat in {len(rows)} specifications" in figure.get_suptitle()


@pytest.mark.parametrize("pair", [("nps", "ves"), ("nps", "nps"), ("nps",), "nps"])
def test_a_pair_that_was_not_compared_is_refused(many, pair):
    with pytest.raises(ValueError, match=r"`pair` must be two of 'ces', 'csat', 'nps'"):
        many.plot(pair)
