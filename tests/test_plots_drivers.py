"""Pictures of drivers show their tables: every position and interval drawn is one of theirs."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection, LineCollection, PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from numpy.testing import assert_allclose

import cxresearch as cx
from cxresearch.plots import GREEN, ORANGE, new_figure
from cxresearch.plots_drivers import chance_text, number
from cxresearch.plots_labels import label_points

BOOK = {
    "title": "Contacts",
    "metrics": {"ces": {"column": "ces", "instrument": "ces2"}},
    "outcomes": {"calls": {"column": "calls", "kind": "count"}},
    "drivers": {
        "transfers": {"column": "transfers", "kind": "count"},
        "had_to_repeat_the_same_to_every_$_agent": {"column": "repeats", "kind": "count"},
        "bot": {"column": "bot", "kind": "binary", "good": "low"},
        "channel": {"column": "channel", "kind": "category", "levels": ["phone", "web", "e-mail"]},
        "waiting": {"column": "waiting", "kind": "number"},
    },
}


def people(n=500, seed=1):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "transfers": rng.poisson(0.8, n), "repeats": rng.poisson(0.6, n), "bot": rng.integers(0, 2, n),
        "channel": rng.choice(["phone", "web", "e-mail"], n), "waiting": rng.gamma(2, 3, n),
    })  # fmt: skip
    ease = 5.6 - 0.7 * frame.transfers - 0.5 * frame.repeats - 0.3 * frame.bot + rng.normal(size=n)
    frame["ces"] = np.clip(np.rint(ease), 1, 7)
    frame.loc[:9, "ces"] = np.nan
    frame["calls"] = rng.poisson(np.exp(0.3 * frame.transfers - 0.5))
    return frame


@pytest.fixture(scope="module")
def found():
    return cx.drivers(cx.read(people(), BOOK), "ces", n_boot=200)


@pytest.fixture(scope="module")
def counted():
    """A count: nothing is adverse, so points of the outcome take the place of shares."""
    return cx.drivers(cx.read(people(), BOOK), "calls", ["transfers", "bot"], n_boot=100)


def ends_of(collection):
    return np.array(list(collection.get_segments()))


def lines_of(ax):
    return [part for part in ax.collections if isinstance(part, LineCollection)]


def rows_of(table, measure, names):
    return table[table.measure == measure].set_index("driver").reindex(names)


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]


# Importance and attributable


@pytest.mark.parametrize(("outcome", "measure", "scale"), [("ces", "share", 100), ("calls", "mean", 1)])
def test_both_panels_are_the_tables_in_the_order_of_the_headline(found, counted, outcome, measure, scale):
    result = found if outcome == "ces" else counted
    left, right = result.plot().axes
    ranked = list(dict.fromkeys([*result.table.driver, *result.drivers]))
    importance = rows_of(result.importance, "shapley_r2", ranked)
    gone = rows_of(result.attributable, f"attributable_{measure}", ranked)
    for ax, rows, unit in ((left, importance, 1), (right, gone.dropna(subset="estimate"), scale)):
        [points] = [line for line in ax.lines if line.get_marker() == "o"]
        assert_allclose(points.get_xdata(), unit * rows.estimate, rtol=1e-12)
        [bars] = lines_of(ax)
        drawn = ends_of(bars)
        assert_allclose(drawn[:, 0, 0], unit * rows.conf_low)
        assert_allclose(drawn[:, 1, 0], unit * rows.conf_high)
        assert_allclose(drawn[:, 0, 1], points.get_ydata())
        assert_allclose(points.get_ydata(), [ranked.index(name) for name in rows.index])
    shown = [tick.get_text().replace(r"\$", "$") for tick in left.get_yticklabels()]
    assert len(shown) == len(ranked)
    for label, name in zip(shown, ranked, strict=True):
        assert label == name or (label.partition("…")[0] == name[: label.index("…")] and len(label) <= 28)


def test_the_chance_of_being_first_stands_beside_each_driver(found):
    left, _ = found.plot().axes
    ranked = list(dict.fromkeys([*found.table.driver, *found.drivers]))
    chances = rows_of(found.importance, "shapley_r2", ranked).p_first
    assert left.texts[-1].get_text() == "P(first)"
    beside = {text.get_position()[1]: text.get_text() for text in left.texts[:-1]}
    assert beside == {place: chance_text(chance) for place, chance in enumerate(chances)}


def test_a_driver_without_a_reference_says_so(found):
    _, right = found.plot().axes
    assert "waiting" not in set(found.attributable.driver)
    assert [text.get_text() for text in right.texts] == ["no reference"]


def test_one_driver_and_none_with_a_reference():
    one = cx.drivers(cx.read(people(), BOOK), "ces", ["waiting"], n_boot=100)
    assert "no driver has a reference" in texts_of(one.plot())
    with pytest.raises(ValueError, match="`reference` is needed for a map"):
        one.plot_map()


def test_titles_tell_rows_and_axes_units(found):
    figure = found.plot()
    assert figure.get_suptitle() == "What predicts ces?  n = 490 of 500"
    left, right = figure.axes
    assert "share of the variance of ces" in left.get_xlabel()
    assert "% of adverse ces answers" in right.get_xlabel()
    assert all("95 % interval" in ax.get_xlabel() for ax in (left, right))
    assert "n = 490 of 500" in found.plot_map().axes[0].get_title(loc="left")


def test_alternative_texts_hold_the_figures(found):
    gone = rows_of(found.attributable, "attributable_share", list(found.attributable.driver.unique()))
    assert f"{gone.index[0]}: met by" in found.plot_map().get_gid()
    assert found.question in found.plot().get_gid()
    change = found.what_if(transfers=0).table.set_index(["measure", "scenario"]).estimate
    told = found.what_if(transfers=0).plot().get_gid()
    assert f"change {number(change['adverse', 'change (predicted)'], '+')}" in told
    assert "mean of ces" in found.dose_response("bot").plot().get_gid()


# The map


@pytest.mark.parametrize("outcome", ["ces", "calls"])
def test_the_map_is_prevalence_against_gain_with_attributable_areas(found, counted, outcome):
    result = found if outcome == "ces" else counted
    gain, total = (
        ("affected_points", "attributable_share")
        if outcome == "ces"
        else ("affected_mean", "attributable_mean")
    )
    names = list(result.attributable.driver.unique())
    met, gains, size = (rows_of(result.attributable, name, names) for name in ("prevalence", gain, total))
    [ax] = result.plot_map().axes
    bubbles, dots = (part for part in ax.collections if isinstance(part, PathCollection))
    for part in (bubbles, dots):
        assert_allclose(np.asarray(part.get_offsets()), np.column_stack([100 * met.estimate, gains.estimate]))
    areas, stated = bubbles.get_sizes(), size.estimate.abs().to_numpy()
    large = areas > areas.min() + 1e-9
    ratio = areas[large] / stated[large]
    assert_allclose(ratio, ratio[0])
    drawn = [ends_of(part) for part in lines_of(ax)]
    assert_allclose(drawn[0][:, :, 1], gains[["conf_low", "conf_high"]])
    assert_allclose(drawn[1][:, :, 0], 100 * met[["conf_low", "conf_high"]])
    written = [text.get_text().replace(r"\$", "$") for text in ax.texts]
    assert len(written) == len(names)
    for text, value in zip(written, size.estimate, strict=True):
        assert text.endswith(f", {number(100 * value)} %" if outcome == "ces" else f", {number(value)}")


def boxes(figure, ax):
    figure.draw_without_rendering()
    return [text.get_window_extent() for text in ax.texts]


def overlaps(found):
    return [
        min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
        for a, b in itertools.combinations(found, 2)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_twenty_names_do_not_lie_over_one_another(seed):
    rng = np.random.default_rng(seed)
    at = np.column_stack([rng.uniform(20, 80, 20), rng.uniform(0, 10, 20)])
    figure, ax = new_figure(1, 1, (10, 7.2))
    ax.set_xlim(0, 100)
    ax.set_ylim(-2, 12)
    radii = rng.uniform(3, 16, 20)
    label_points(figure, ax, at, [f"driver number {i}, 12.3 %" for i in range(20)], radii)
    found = boxes(figure, ax)
    assert not any(overlaps(found))
    frame = ax.get_window_extent()
    assert all(box.x0 >= frame.x0 and box.x1 <= frame.x1 for box in found)


def test_a_text_stays_near_its_lonely_point():
    figure, ax = new_figure(1, 1, (6, 4))
    label_points(figure, ax, np.array([[0.5, 0.5]]), ["alone"], np.array([8.0]))
    [box] = boxes(figure, ax)
    x, y = ax.transData.transform((0.5, 0.5))
    assert abs((box.x0 + box.x1) / 2 - x) < 60
    assert abs((box.y0 + box.y1) / 2 - y) < 20
    assert not ax.lines


# The waterfall


@pytest.mark.parametrize("values", [{"transfers": 0}, {"bot": 0, "transfers": 0, "channel": "web"}])
def test_the_waterfall_leads_from_what_was_observed_to_what_is_predicted(found, values):
    result = found.what_if(**values)
    figure = result.plot()
    assert len(figure.axes) == 2
    for ax, measure in zip(figure.axes, ("adverse", "mean"), strict=True):
        levels = result.table[result.table.measure == measure].set_index("scenario")
        steps = result.steps[result.steps.measure == measure]
        points = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
        assert_allclose(points, levels.estimate[["as observed", "predicted"]])
        bars = [bar for group in ax.containers for bar in group]
        floating = bars[2:] if measure == "adverse" else bars
        assert_allclose([bar.get_width() for bar in floating], steps.estimate)
        start = floating[0].get_x()
        assert_allclose(start + steps.estimate.sum(), levels.estimate["predicted"])
        assert_allclose(floating[-1].get_x() + floating[-1].get_width(), levels.estimate["predicted"])
        for one, following in itertools.pairwise(floating):
            assert_allclose(one.get_x() + one.get_width(), following.get_x())
        total = levels.loc["change (predicted)"]
        told = ax.get_title(loc="left")
        assert told == (
            f"change {number(total.estimate, '+')} ({number(total.conf_low, '+')} to {number(total.conf_high, '+')})"
        )
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert labels == ["as observed", *(f"{name} = {value}" for name, value in values.items()), "predicted"]


def test_every_interval_of_the_waterfall_is_drawn(found):
    result = found.what_if(transfers=0, bot=0)
    ax = result.plot().axes[1]
    levels = result.table[result.table.measure == "mean"].set_index("scenario")
    steps = result.steps[result.steps.measure == "mean"]
    lengths = sorted(
        float(end[1, 0] - end[0, 0])
        for part in lines_of(ax)
        for end in ends_of(part)
        if end[0, 1] == end[1, 1]
    )
    stated = [*(steps.conf_high - steps.conf_low)]
    stated += [levels.conf_high[name] - levels.conf_low[name] for name in ("as observed", "predicted")]
    assert_allclose(lengths, sorted(stated))


def test_a_count_has_one_panel(counted):
    assert len(counted.what_if(transfers=0).plot().axes) == 1
    assert len(counted.dose_response("transfers").plot().axes) == 1


# Dose and response


@pytest.mark.parametrize("driver", ["transfers", "waiting", "channel", "bot"])
def test_doses_are_the_table(found, driver):
    result = found.dose_response(driver)
    figure = result.plot()
    for ax, measure in zip(figure.axes, ("adverse", "mean"), strict=True):
        fitted, seen = (
            result.table[result.table.measure == name] for name in (measure, f"{measure}_observed")
        )
        line = ax.lines[0]
        assert_allclose(line.get_ydata(), fitted.estimate)
        assert_allclose(line.get_xdata(), fitted["at"])
        assert (line.get_linestyle() == "None") == (driver == "channel")  # no line joins names
        band = [part for part in ax.collections if isinstance(part, FillBetweenPolyCollection)]
        assert len(band) == (driver != "channel")
        if band:
            ends = band[0].get_paths()[0].vertices[:, 1]
            assert_allclose([ends.min(), ends.max()], [fitted.conf_low.min(), fitted.conf_high.max()])
        [points] = [part for part in ax.collections if type(part) is PathCollection]
        offsets = np.asarray(points.get_offsets())
        assert_allclose(offsets[:, 1], seen.estimate)
        assert (np.abs(offsets[:, 0] - seen["at"]) < 0.2).all()
        sizes = points.get_sizes()
        assert_allclose(np.argsort(sizes, kind="stable"), np.argsort(seen.n, kind="stable"))
        observed = lines_of(ax)[-1]
        assert_allclose(ends_of(observed)[:, :, 1], seen[["conf_low", "conf_high"]])
        low, high = ax.get_ylim()
        assert low <= seen.conf_low.min()
        assert high >= seen.conf_high.max()


def test_answers_are_named_with_their_customers(found):
    ax = found.dose_response("transfers").plot().axes[0]
    seen = found.dose_response("transfers").table.query("measure == 'mean_observed'")
    shown = [tick.get_text() for tick in ax.get_xticklabels()]
    assert shown == [f"{value}\n{n:,}" for value, n in zip(seen.value, seen.n, strict=True)]
    tenths = found.dose_response("waiting").plot().axes[0]
    assert "customers a point" in tenths.get_xlabel()


# Mediation


@pytest.mark.parametrize(("loyalty", "unit"), [("again", "points"), ("left", "percentage points")])
def test_paths_are_the_table(loyalty, unit):
    rng = np.random.default_rng(2)
    frame = people().dropna()
    mood = frame.ces + rng.normal(scale=1.5, size=len(frame))
    frame = frame.assign(again=np.clip(np.rint(mood), 1, 7), left=(mood < 4).astype(int))
    outcomes = {"again": {"column": "again", "scale": [1, 7]}, "left": {"column": "left", "kind": "binary"}}
    survey = cx.read(frame, BOOK | {"outcomes": outcomes})
    result = cx.drivers(survey, "ces", ["transfers", "channel"], n_boot=100).mediation(loyalty)
    figure = result.plot()
    [ax] = figure.axes
    effects = ("total", "indirect", "direct")
    points = [line for line in ax.lines if line.get_label().startswith(("total", "through", "other"))]
    for effect, line, bars in zip(effects, points, lines_of(ax), strict=True):
        rows = result.table[result.table.effect == effect]
        assert_allclose(line.get_xdata(), rows.estimate)
        assert_allclose(ends_of(bars)[:, :, 0], rows[["conf_low", "conf_high"]])
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["transfers", "channel, web vs phone", "channel, e-mail vs phone"]
    shares = result.table[result.table.effect == "proportion_mediated"]
    for text, share in zip(ax.texts, shares.estimate, strict=False):
        expected = "total not told from 0" if np.isnan(share) else f"{100 * share:.0f} %".replace("-", "−")
        assert text.get_text().startswith(expected)
    assert f"effect on {loyalty}, {unit}, 95 % interval" == ax.get_xlabel()
    assert result.question in figure.get_gid()


# All of them


def every(found):
    yield found.plot()
    yield found.plot_map()
    yield found.what_if(transfers=0).plot()
    yield found.dose_response("transfers").plot()


def test_pictures_of_simulated_answers_say_so(found):
    simulated = cx.drivers(
        cx.read(people(), BOOK | {"title": "Contacts (simulated)"}), "ces", ["transfers"], n_boot=100
    )
    for made, expected in ((found, False), (simulated, True)):
        for figure in every(made):
            assert isinstance(figure, Figure)
            assert any("simulated" in text for text in texts_of(figure)) == expected
            assert figure.get_gid().startswith("Simulated data.") == expected


def test_drawing_changes_no_table(found):
    before = {name: table.copy() for name, table in found._tables().items()}
    list(every(found))
    for name, table in found._tables().items():
        pd.testing.assert_frame_equal(table, before[name])


def test_no_text_runs_out_of_its_figure(found):
    for figure in every(found):
        figure.draw_without_rendering()
        width, height = figure.canvas.get_width_height()
        for text in figure.findobj(Annotation):
            box = text.get_window_extent()
            assert box.x0 >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1


def test_numbers_keep_three_digits_that_count():
    assert [number(value) for value in (0.0, 0.2, 3.28, 112.0, -0.394)] == [
        "0",
        "0.200",
        "3.28",
        "112",
        "−0.394",
    ]
    assert [chance_text(value) for value in (0.0, 0.123, 0.999, np.nan)] == ["< 1 %", "12 %", "> 99 %", "–"]


def test_a_step_is_green_where_fewer_answers_are_adverse(found):
    colors = {}
    for dose in (0, 4):
        ax = found.what_if(transfers=dose).plot().axes[1]
        colors[dose] = ax.containers[0][0].get_facecolor()[:3]
    assert_allclose(colors[0], to_rgb(GREEN))
    assert_allclose(colors[4], to_rgb(ORANGE))
