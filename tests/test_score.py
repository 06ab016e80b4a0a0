"""`score`: known surveys, identities, designs against R's survey package, notes, pictures."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.errors import CodebookError, DesignError
from cxresearch.scores import Scores, score
from cxresearch.stats.multiplicity import adjusted_p_values
from cxresearch.survey import Box, Mean, Net, Share, read

RTOL = 1e-10  # closed form: only rounding may differ
REFERENCE = Path(__file__).parent / "reference"
COLUMNS = [
    "estimate", "std_error", "conf_low", "conf_high", "n", "n_missing", "n_eff", "df", "interval", "unit",
    "definition",
]  # fmt: skip

NPS = {"column": "nps", "instrument": "nps"}
CES = {"column": "effort", "instrument": "ces1"}
CSAT = {"column": "csat", "instrument": "csat5"}


def survey_of(frame, design=(), **metrics):
    return read(frame, {"metrics": metrics, "design": dict(design)})


@pytest.fixture
def rng():
    return np.random.default_rng(12)


@pytest.fixture
def answers(rng):
    n = 400
    return pd.DataFrame(
        {
            "nps": rng.choice([*range(11), np.nan], n),
            "effort": rng.choice([1, 2, 3, 4, 5], n, p=[0.4, 0.3, 0.1, 0.1, 0.1]),
            "csat": rng.choice([1, 2, 3, 4, 5], n, p=[0.1, 0.1, 0.1, 0.3, 0.4]),
            "channel": rng.choice(["app", "phone", "web"], n),
            "wave": rng.choice([2023, 2024, 2025, 2027], n),
            "w": rng.choice([0.5, 1.0, 2.0], n),
        }
    )


@pytest.fixture
def survey(answers):
    return survey_of(answers, {"segments": ["channel", "wave"]}, nps=NPS, ces=CES, csat=CSAT)


def test_textbook_net_promoter_score_is_five():
    frame = pd.DataFrame({"nps": [10] * 25 + [8] * 55 + [3] * 20})
    [row] = score(survey_of(frame, nps=NPS)).table.to_dict("records")
    assert row["estimate"] == pytest.approx(5)
    assert (row["n"], row["n_missing"], row["scorer"], row["interval"]) == (100, 0, "net", "adjusted_wald")


def test_table_columns_keys_then_estimates(survey):
    table = score(survey, by=["channel", "wave"]).table
    assert list(table.columns) == ["metric", "scorer", "channel", "wave", *COLUMNS]
    assert len(table) == 3 * 3 * 4
    assert table["n"].dtype.kind == "i"
    assert table["n_missing"].dtype.kind == "i"


def test_every_scorer_equals_its_plain_computation(answers, survey):
    table = score(survey, scorers="all").table.set_index(["metric", "scorer"])["estimate"]
    nps = answers["nps"].dropna()
    assert table["nps", "net"] == pytest.approx(100 * ((nps >= 9).mean() - (nps <= 6).mean()))
    assert table["nps", "mean"] == pytest.approx(nps.mean())
    assert table["ces", "mean"] == pytest.approx(answers["effort"].mean())
    assert table["ces", "top2"] == pytest.approx(100 * (answers["effort"] <= 2).mean())
    assert table["csat", "top2"] == pytest.approx(100 * (answers["csat"] >= 4).mean())


def test_scorers_can_be_named_given_or_mapped(survey):
    assert set(score(survey, scorers="mean").table["scorer"]) == {"mean"}
    table = score(survey, metrics="csat", scorers=[Box(1), Share(at_most=2), Net(4, 2), Mean()]).table
    assert table["scorer"].tolist() == ["top1", "share", "net", "mean"]
    mapped = score(survey, scorers={"nps": ["mean", "net"]}).table
    assert mapped[["metric", "scorer"]].values.tolist() == [
        ["nps", "mean"], ["nps", "net"], ["ces", "mean"], ["csat", "top2"],
    ]  # fmt: skip
    with pytest.raises(ValueError, match="`scorers` of 'nps' must be one of 'official', 'all', 'net'"):
        score(survey, scorers="median")


def test_t_interval_and_error_of_a_mean_are_the_classical_ones(answers, survey):
    row = score(survey, metrics="ces", interval="t").table.iloc[0]
    low, high = stats.t.interval(0.95, 399, answers["effort"].mean(), stats.sem(answers["effort"]))
    assert_allclose(row[["conf_low", "conf_high"]].astype(float), [low, high], rtol=RTOL)
    assert row["std_error"] == pytest.approx(stats.sem(answers["effort"]))


def test_unit_weights_and_row_order_change_nothing(answers, survey):
    plan = {"segments": ["channel", "wave"], "weight": "one"}
    moved = survey_of(answers.assign(one=3).sample(frac=1, random_state=1), plan, nps=NPS, ces=CES, csat=CSAT)
    first = score(survey, by="channel", compare_to="app", scorers="all")
    second = score(moved, by="channel", compare_to="app", scorers="all")
    for name in ("table", "differences", "distribution"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name), rtol=1e-8)


def test_swapping_the_scale_flips_the_sign(answers):
    turned = answers.assign(nps=10 - answers["nps"])
    scorers = {"nps": Net(8, 2)}  # symmetric bands
    first = score(survey_of(answers, nps=NPS), scorers=scorers).table.iloc[0]
    second = score(survey_of(turned, nps=NPS), scorers=scorers).table.iloc[0]
    assert_allclose(second["estimate"], -first["estimate"], rtol=RTOL)
    assert_allclose(second["conf_low"], -first["conf_high"], rtol=RTOL)
    assert_allclose(second["std_error"], first["std_error"], rtol=RTOL)


def test_shares_of_the_answers_sum_to_one_and_give_the_score(survey):
    result = score(survey, by="channel", scorers="mean")
    shares = result.distribution
    assert_allclose(shares.groupby(["metric", "channel"])["estimate"].sum(), 100, rtol=RTOL)
    means = (shares["answer"] * shares["estimate"] / 100).groupby([shares["metric"], shares["channel"]]).sum()
    expected = result.table.set_index(["metric", "channel"])["estimate"]
    assert_allclose(means.loc[expected.index], expected, rtol=1e-9)
    counts = shares.groupby(["metric", "channel"])[["count", "n"]].agg({"count": "sum", "n": "first"})
    assert (counts["count"] == counts["n"]).all()


def test_sides_of_the_distribution_follow_the_official_score(survey):
    sides = score(survey).distribution.set_index(["metric", "answer"])["side"]
    assert [sides["nps", x] for x in (6, 7, 8, 9)] == ["bad", "middle", "middle", "good"]
    assert [sides["ces", x] for x in (1, 3, 5)] == ["good", "middle", "bad"]  # low effort is good
    assert [sides["csat", x] for x in (3, 4)] == ["bad", "good"]


def test_difference_is_the_difference_of_estimates(survey):
    result = score(survey, by="channel", compare_to="web")
    estimate = result.table.set_index(["metric", "channel"])["estimate"]
    for row in result.differences.to_dict("records"):
        assert row["b"] == "web"
        one, other = (estimate[row["metric"], row[side]] for side in "ab")
        assert row["estimate"] == pytest.approx(one - other)
        assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert_allclose(result.differences["p_adjusted"], adjusted_p_values(result.differences["p_value"]))


def test_difference_from_the_total_knows_that_the_segment_is_part_of_it(answers, survey):
    """The error comes from the difference of the two influences of each row; the plain sum over rows."""
    row = score(survey, by="channel", compare_to="total", metrics="csat", scorers="mean").differences.iloc[0]
    x, inside = answers["csat"], answers["channel"] == "app"
    influence = inside * (x - x[inside].mean()) / inside.sum() - (x - x.mean()) / 400
    expected = [x[inside].mean() - x.mean(), np.sqrt(400 / 399 * np.sum(influence**2))]
    assert_allclose(row[["estimate", "std_error"]].astype(float), expected, rtol=RTOL)


def test_previous_compares_neighbours_in_order(survey):
    differences = score(survey, by="wave", compare_to="previous", metrics="nps").differences
    pairs = differences[["a", "b"]].astype(str).values.tolist()
    assert pairs == [["2024", "2023"], ["2025", "2024"], ["2027", "2025"]]


@pytest.mark.parametrize(("name", "design"), [
    ("weights", {"weight": "weight"}),
    ("fpc", {"weight": "weight", "population": "N_all"}),
    ("strata_fpc", {"weight": "weight", "strata": "stratum", "population": "N_rows"}),
    ("clusters", {"weight": "weight", "cluster": "cluster"}),
    ("full", {"weight": "weight", "strata": "stratum", "cluster": "cluster"}),
    ("full_fpc", {"weight": "weight", "strata": "stratum", "cluster": "cluster", "population": "N_clusters"}),
])  # fmt: skip
def test_designs_equal_r_survey_from_file_to_table(name, design):
    """svyby, svyttest and degf of tests/reference/designs_survey.R."""
    rows = pd.read_csv(REFERENCE / "designs_rows.csv")
    metric = {"column": "answer", "instrument": "nps"}
    survey = survey_of(rows, design | {"segments": ["segment"]}, nps=metric)
    expected = pd.read_csv(REFERENCE / "designs_survey.csv", skipinitialspace=True)
    expected = expected.query("design == @name and what == 'net'").set_index("domain")
    result = score(survey, by="segment", compare_to="phone", interval="wald")
    table = result.table.set_index("segment")
    for segment in ("app", "phone", "shop"):
        assert_allclose(table.loc[segment, ["estimate", "std_error", "df"]].astype(float),
                        expected.loc[segment, ["estimate", "std_error", "df"]].astype(float), rtol=RTOL)  # fmt: skip
    difference = result.differences.query("a == 'app'").iloc[0]
    names = ["estimate", "std_error", "df"]
    assert_allclose(
        difference[names].astype(float), expected.loc["app - phone", names].astype(float), rtol=RTOL
    )
    assert_allclose(difference["p_value"], expected.loc["app - phone", "p_value"], rtol=1e-9)


def test_a_stratum_of_one_is_refused_by_its_label(answers):
    frame = answers.assign(region=["north"] * 200 + ["south"] * 199 + ["isle"])
    survey = survey_of(frame, {"strata": "region"}, csat=CSAT)
    with pytest.raises(DesignError, match="stratum 'isle' holds a single sampling unit"):
        score(survey)
    assert score(survey, lonely="adjust").table["std_error"].notna().all()


def test_paired_difference_is_the_one_sample_t_test_of_the_differences(rng):
    people = 60
    before = rng.integers(1, 6, people)
    after = np.clip(before + rng.integers(-1, 3, people), 1, 5)
    frame = pd.DataFrame(
        {
            "csat": [*before, *after[:50], 4, np.nan],
            "who": [*range(people), *range(50), 900, 51],
            "wave": ["w1"] * people + ["w2"] * 52,
        }
    )
    survey = survey_of(frame, {"segments": ["wave", "who"]}, csat=CSAT)
    result = score(survey, by="wave", compare_to="previous", scorers="mean", paired="who")
    row = result.differences.iloc[0]
    test = stats.ttest_1samp(after[:50] - before[:50], 0)
    low, high = test.confidence_interval(0.95)
    found = row[["estimate", "p_value", "conf_low", "conf_high", "df"]].astype(float)
    assert_allclose(found, [np.mean(after[:50] - before[:50]), test.pvalue, low, high, 49], rtol=1e-9)
    assert (row["n"], row["n_missing"], row["paired"]) == (50, 1, True)
    [said] = [note.text for note in result.notes if note.code == "paired"]
    assert "51 respondents" in said
    assert "10 rows without a partner" in said


def test_a_respondent_twice_in_a_wave_is_refused():
    frame = pd.DataFrame({"csat": [1, 2, 3, 4], "who": [1, 1, 1, 2], "wave": [1, 1, 2, 2]})
    survey = survey_of(frame, {"segments": ["wave", "who"]}, csat=CSAT)
    with pytest.raises(
        DesignError, match="must be unique within each wave, but 1 are not: 1 has 2 rows in 1"
    ):
        score(survey, by="wave", compare_to="previous", paired="who")


def test_trend_is_the_weighted_slope_and_any_change_its_chi_square(answers, survey):
    result = score(survey, by="wave", metrics="csat", scorers="mean")
    row = result.trend().iloc[0]
    table = result.table
    weight = 1 / table["std_error"] ** 2
    t = table["wave"] - np.average(table["wave"], weights=weight)
    slope = np.sum(weight * t * table["estimate"]) / np.sum(weight * t**2)
    assert_allclose(row["estimate"], slope, rtol=1e-9)
    assert_allclose(row["std_error"], 1 / np.sqrt(np.sum(weight * t**2)), rtol=1e-9)
    centre = np.average(table["estimate"], weights=weight)
    assert_allclose(row["change_chi2"], np.sum(weight * (table["estimate"] - centre) ** 2), rtol=1e-8)
    assert (row["periods"], row["change_df"], row["df"]) == (4, 3, 396)
    with pytest.raises(ValueError, match="at least 3 periods"):
        result.trend(order=[2023, 2024])
    with pytest.raises(ValueError, match="`order` names 1999"):
        result.trend(order=[1999, 2023, 2024])
    with pytest.raises(ValueError, match="one column of periods"):
        score(survey).trend()


def test_bad_requests_name_the_argument_and_the_choices(survey):
    with pytest.raises(CodebookError, match="channel, wave"):
        score(survey, by="chanel")
    with pytest.raises(CodebookError, match="no question 'npx'"):
        score(survey, metrics="npx")
    with pytest.raises(
        ValueError, match="`compare_to` must be one of 'app', 'phone', 'web', 'previous', 'total'"
    ):
        score(survey, by="channel", compare_to="fax")
    with pytest.raises(ValueError, match="`compare_to` needs exactly one `by`"):
        score(survey, compare_to="total")
    with pytest.raises(ValueError, match="`adjust` must be one of"):
        score(survey, adjust="bonferroni")
    with pytest.raises(ValueError, match="`interval` of the net score of 'nps' must be one of"):
        score(survey, interval="t")
    with pytest.raises(ValueError, match="`paired` needs `compare_to`"):
        score(survey, by="channel", compare_to="total", paired="who")


def test_intervals_can_be_chosen_by_kind_and_bootstrap_repeats(survey):
    chosen = score(survey, interval={"net": "score", "mean": "t"}).table
    assert chosen["interval"].tolist() == ["score", "t", "score"]
    first, second = (score(survey, interval="bootstrap", seed=3, n_boot=200) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.seed == 3
    assert score(survey).seed is None


def test_small_empty_and_uniform_segments_are_shown_with_notes():
    frame = pd.DataFrame(
        {"csat": [5, 5, 5, 5, 1, 2, 4, 3, np.nan], "seg": ["a"] * 3 + ["b"] + ["c"] * 4 + ["d"]}
    )
    result = score(
        survey_of(frame, {"segments": ["seg"]}, csat=CSAT), by="seg", compare_to="c", scorers="all"
    )
    table = result.table.set_index(["scorer", "seg"])
    assert table.loc[("top2", "d"), "n"] == 0
    assert np.isnan(table.loc[("top2", "d"), "estimate"])
    assert table.loc[("top2", "b"), "conf_low"] > 0
    assert result.differences["p_value"].isna().all()  # nothing can be told from answers that are all alike
    assert {"no_answers", "small_sample", "no_spread"} <= {note.code for note in result.notes}


def test_one_row_and_no_answers_at_all():
    one = score(survey_of(pd.DataFrame({"csat": [5.0]}), csat=CSAT), scorers="all").table
    assert (one["n"] == 1).all()
    assert one["std_error"].isna().all()
    book = {"metrics": {"csat": CSAT}}
    nobody = score(read(pd.DataFrame({"csat": [np.nan, np.nan]}), book, problems="list"), scorers="all").table
    assert (nobody["n"] == 0).all()
    assert nobody["estimate"].isna().all()


def test_low_is_good_is_said_and_missing_segments_are_counted(answers):
    frame = answers.assign(channel=answers["channel"].where(answers.index > 4))
    result = score(survey_of(frame, {"segments": ["channel"]}, ces=CES), by="channel")
    codes = {note.code: note.text for note in result.notes}
    assert "a lower score is better" in codes["low_is_good"]
    assert codes["segment_missing"].startswith("5 rows")
    assert (result.n, result.n_missing) == (395, 5)


def test_weights_report_kish_and_move_the_estimate(answers):
    survey = survey_of(answers, {"weight": "w"}, csat=CSAT)
    row = score(survey, scorers="mean").table.iloc[0]
    w = answers["w"]
    assert row["estimate"] == pytest.approx(np.average(answers["csat"], weights=w))
    assert row["n_eff"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    plain = score(survey, scorers="mean", weights=False).table.iloc[0]
    assert plain["estimate"] == pytest.approx(answers["csat"].mean())


def test_an_index_of_items_is_scored_on_its_available_items():
    frame = pd.DataFrame({"a": [1, 5, np.nan, 4], "b": [3, 5, 2, np.nan]})
    index = {"columns": ["a", "b"], "scale": [1, 5], "min_items": 1}
    result = score(survey_of(frame, ease=index), scorers="mean")
    assert result.table["estimate"].iloc[0] == pytest.approx(np.mean([2, 5, 2, 4]))
    assert result.distribution.empty


def test_result_is_frozen_readable_and_plain(survey):
    result = score(survey, by="channel", compare_to="previous")
    assert isinstance(result, Scores)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.n = 3
    text = repr(result)
    assert "Differences, a minus b" in text
    assert "adjusted Wald for net scores" in text
    held = json.loads(json.dumps(result.to_dict()))
    assert set(held["table"][0]) == set(result.table.columns)
    assert len(held["differences"]) == len(result.differences)
    assert "<table" in result._repr_html_()


def test_plot_shows_the_table_with_the_better_side_right(survey):
    result = score(survey, by="channel")
    figure = result.plot()
    assert len(figure.axes) == 3
    for ax, metric in zip(figure.axes, ["nps", "ces", "csat"], strict=True):
        rows = result.table[result.table["metric"] == metric]
        [points] = ax.lines
        assert_allclose(points.get_xdata(), rows["estimate"])
        assert [label.get_text() for label in ax.get_yticklabels()] == [
            f"{row.channel}  (n = {row.n:,})" for row in rows.itertuples()
        ]
        assert ax.xaxis_inverted() == (metric == "ces")
    assert figure.get_gid().startswith("Scores with 95 % intervals for nps (net), ces (mean), csat (top2).")


def test_distribution_plot_draws_the_shares_good_side_right(survey):
    result = score(survey, by="channel", metrics="ces")
    [ax] = result.plot_distribution().axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["5", "4", "3", "2", "1"]
    drawn = sum(bar.get_width() for bar in ax.patches)
    assert drawn == pytest.approx(300)
    good = result.distribution.query("side == 'good' and channel == 'app'")["estimate"].sum()
    middle = result.distribution.query("side == 'middle' and channel == 'app'")["estimate"].sum()
    reach = max(bar.get_x() + bar.get_width() for bar in ax.patches if round(bar.get_y() + 0.36) == 0)
    assert reach == pytest.approx(good + middle / 2)


def test_plots_take_an_axes_for_one_panel_only(survey):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    result = score(survey, by="channel")
    assert result.plot(ax, metric="nps") is ax.figure
    with pytest.raises(ValueError, match="choose one with `metric`"):
        result.plot(ax)
    with pytest.raises(ValueError, match="no score to draw"):
        result.plot(metric="ves")


SFO = Path(os.environ.get("CXRESEARCH_DATA", "")) / "sfo_airport_survey" / "sfo_customer_survey_2017.csv"


@pytest.mark.skipif(not SFO.is_file(), reason="open data not at CXRESEARCH_DATA")
def test_airport_survey_of_2017_gives_its_known_scores():
    """NPS +39.8 unweighted, +40.4 weighted; 82.1 % of overall ratings in the top two boxes."""
    csat = CSAT | {"column": "Q7ALL", "missing": ["Blank", "BLANK", 0, 6]}
    book = {"metrics": {"nps": NPS | {"column": "NETPRO", "missing": [11]}, "csat": csat}}
    survey = read(SFO, book | {"design": {"weight": "WEIGHT"}})
    plain = score(survey, weights=False).table.set_index("metric")
    assert plain["estimate"].round(1).to_dict() == {"nps": 39.8, "csat": 82.1}
    assert plain.loc["nps", ["n", "n_missing"]].tolist() == [2746, 85]
    assert round(score(survey, metrics="nps").table["estimate"].iloc[0], 1) == 40.4


def test_bands_of_one_metric_are_told_apart():
    """By hand: promoters from 9 give 25 - 20 = 5, from 8 give 80 - 20 = 60 on 25/55/20 with all passives at 8."""
    frame = pd.DataFrame({"nps": [10] * 25 + [8] * 55 + [3] * 20})
    survey = read(frame, {"metrics": {"nps": NPS}})
    table = score(survey, scorers=[Net(9, 6), Net(8, 6), Mean()]).table.set_index("scorer").estimate
    assert list(table.index) == ["net_9_6", "net_8_6", "mean"]
    assert (table["net_9_6"], table["net_8_6"]) == (5, 60)


def test_simulated_answers_are_labelled():
    frame = pd.DataFrame({"nps": [10, 9, 8, 3]})
    labelled = score(read(frame, {"title": "A simulated survey", "metrics": {"nps": NPS}}))
    assert "simulated" in {note.code for note in labelled.notes}
    assert "Simulated data" in labelled.summary()


def test_the_table_says_what_was_counted(survey):
    result = score(survey, by="channel", scorers="all")
    said = result.table.drop_duplicates(["metric", "scorer"])[["metric", "scorer", "unit", "definition"]]
    assert said.values.tolist() == [
        ["nps", "net", "points", "9-10 minus 0-6"], ["nps", "mean", "points", "mean of 0-10"],
        ["nps", "top2", "%", "top 2: 9-10"], ["ces", "mean", "points", "mean of 1-5"],
        ["ces", "top2", "%", "top 2: 1-2"], ["ces", "net", "points", "1-2 minus 4-5"],
        ["csat", "top2", "%", "top 2: 4-5"], ["csat", "mean", "points", "mean of 1-5"],
        ["csat", "net", "points", "4-5 minus 1-2"],
    ]  # fmt: skip
    words = "ces, csat (mean) mean of 1-5, points"
    assert words in result.summary()
    assert words in result._repr_html_()
    assert "definition" not in result.summary()


@pytest.mark.parametrize(
    ("entry", "definition"),
    [
        ({"instrument": "ces2"}, "share of 5 or more"),
        ({"scale": [1, 5], "scorer": {"share_at_most": 2}}, "share of 2 or less"),
        ({"scale": [1, 5], "scorer": {"box": 1}}, "top 1: 5"),
        ({"kind": "binary"}, "share of 1"),
        ({"kind": "count"}, "mean"),
        ({"scale": [-3, 3]}, "mean of -3 to 3"),
    ],
)
def test_every_kind_of_scorer_is_put_in_words(entry, definition):
    answers = pd.DataFrame({"a": [1, 0, 1] if entry.get("kind") else [1, 2, 3]})
    assert score(survey_of(answers, a={"column": "a"} | entry)).table["definition"].tolist() == [definition]


def test_warnings_of_the_door_on_what_is_scored_are_notes():
    frame = pd.DataFrame({"csat": [1, 2, 3, 4, 5, 5] * 6, "nps": [5] * 36})
    survey = survey_of(frame, csat={"column": "csat", "instrument": "csat7"}, nps=NPS)
    [note] = [note for note in score(survey, metrics="csat").notes if note.code.startswith("door_")]
    assert (note.code, note.changes_reading) == ("door_unused_end", True)
    assert "is the scale 1-5?" in note.text
    codes = {note.code for note in score(survey).notes}
    assert {"door_unused_end", "door_constant"} <= codes


@pytest.mark.parametrize("answer", [0, 8, 10])
@pytest.mark.parametrize("n", [1, 2, 30])
def test_an_adjusted_interval_of_answers_all_alike_holds_their_score(answer, n):
    """One detractor: three answers added draw the interval to -98.5, above the score of -100."""
    row = score(survey_of(pd.DataFrame({"nps": [answer] * n}), nps=NPS)).table.iloc[0]
    assert row["interval"] == "adjusted_wald"
    assert row["conf_low"] <= row["estimate"] <= row["conf_high"]
    assert row["conf_low"] < row["conf_high"]


def test_the_extension_touches_no_other_interval():
    """For every count of up to 6 answers the interval is the published one or holds it."""
    from cxresearch.stats.intervals import Sample, interval

    for n in range(1, 7):
        for up in range(n + 1):
            for down in range(n - up + 1):
                answers = [10] * up + [8] * (n - up - down) + [0] * down
                row = score(survey_of(pd.DataFrame({"nps": answers}), nps=NPS)).table.iloc[0]
                shares = np.array([up, n - up - down, down]) / n
                low, high = interval(
                    Sample(shares, np.array([100.0, 0, -100]), np.array(float(n))), kind="net"
                )
                alike = max(shares) == 1
                found, published = (row["conf_low"], row["conf_high"]), (float(low), float(high))
                assert alike or found == pytest.approx(published)
                assert found[0] <= published[0] + 1e-9
                assert found[1] >= published[1] - 1e-9


def test_weights_are_told_for_every_metric_and_in_good_grammar(answers):
    metrics = {"nps": NPS, "csat": CSAT}
    [note] = [n for n in score(survey_of(answers, {"weight": "w"}, **metrics)).notes if n.code == "weights"]
    assert f"{answers['nps'].notna().sum()} weighted answers to nps are worth" in note.text
    assert "400 weighted answers to csat are worth" in note.text
    one = survey_of(pd.DataFrame({"csat": [4], "w": [2.0]}), {"weight": "w"}, csat=CSAT)
    [note] = [n for n in score(one).notes if n.code == "weights"]
    assert note.text == "1 weighted answer to csat is worth 1 equal one (Kish; variance x 1.00)."


def test_names_with_dollars_and_control_characters_are_drawn_as_they_are():
    """matplotlib reads what stands between two dollars as a formula, and fails on one that is none."""
    names = ["from $10 to $20", "a$\\foo$b", "line\nfeed", "x" * 200]
    frame = pd.DataFrame({"csat": [1, 3, 4, 5] * 4, "pa$y$": names * 4})
    book = {"csat $\\bar$": CSAT}
    result = score(read(frame, {"metrics": book, "design": {"segments": ["pa$y$"]}}), by="pa$y$")
    for figure in (result.plot(), result.plot_distribution()):
        figure.draw_without_rendering()
        [ax] = figure.axes
        labels = [label.get_text().rpartition("  (n")[0] for label in ax.get_yticklabels()]
        assert labels[:3] == [r"a\$\foo\$b", r"from \$10 to \$20", r"line\nfeed"]
        assert labels[3] == "x" * 15 + "…" + "x" * 14
        assert ax.get_title(loc="left").startswith(r"csat \$\bar\$")
        assert figure.get_gid().isprintable()
        assert r"csat $\bar$" in figure.get_gid()


def segments_of(k):
    frame = pd.DataFrame({"csat": [1, 5] * k, "seg": [f"shop {i:03}" for i in range(k) for _ in range(2)]})
    return score(survey_of(frame, {"segments": ["seg"]}, csat=CSAT), by="seg")


def test_many_segments_get_lower_rows_and_too_many_are_refused_with_advice():
    heights = [segments_of(k).plot().get_size_inches()[1] for k in (10, 40, 60)]
    assert heights[0] < heights[1] == heights[2]
    for draw in (segments_of(61).plot, segments_of(61).plot_distribution):
        with pytest.raises(ValueError, match=r"61 segments are too many .* read `table`"):
            draw()


def test_a_drawn_number_has_a_true_minus_and_none_before_zero():
    frame = pd.DataFrame({"nps": [10, 0, 0, 8, 10, 0], "seg": ["a"] * 4 + ["b"] * 2})
    [ax] = score(survey_of(frame, {"segments": ["seg"]}, nps=NPS), by="seg").plot().axes
    assert [text.get_text() for text in ax.texts if "seg" not in text.get_text()] == ["−25.0", "0.0"]
