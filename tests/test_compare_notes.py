"""What a comparison says beside its numbers, and what it refuses: each note fires where it should and only there."""

from __future__ import annotations

import copy
import math

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.errors import CodebookError, DesignError, ScaleError, SurveyError

QUICK = {"folds": 5, "repeats": 1, "n_boot": 100}
LONGEST = 3_000  # characters of a message or note a person may be asked to read
BOOK = {
    "title": "Contacts",
    "metrics": {"csat": {"column": "csat", "scale": [1, 7]}, "nps": {"column": "nps", "scale": [1, 7]}},
    "outcomes": {
        "again": {"column": "again", "scale": [0, 10]},
        "left": {"column": "left", "kind": "binary"},
    },
}


def people(n=240, seed=1):
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=n)

    def answers(low, high, noise):
        raw = (low + high) / 2 + (high - low) / 4 * (mood + noise * rng.normal(size=n))
        return np.clip(np.rint(raw), low, high)

    frame = pd.DataFrame(
        {"csat": answers(1, 7, 1.0), "nps": answers(1, 7, 1.1), "again": answers(0, 10, 0.8)}
    )
    return frame.assign(left=(mood + rng.normal(size=n) > 0).astype(int))


def book(**sections):
    made = copy.deepcopy(BOOK)
    for section, content in sections.items():
        made[section] = made.get(section, {}) | content if isinstance(content, dict) else content
    return made


def contest(frame, codebook=BOOK, outcome="again", metrics=None, **options):
    return cx.compare(cx.read(frame, codebook), outcome, metrics, **(QUICK | options))


def codes(result):
    return [note.code for note in result.notes]


def text_of(result, code):
    [text] = [note.text for note in result.notes if note.code == code]
    return text


# ---- notes


def test_a_plain_survey_has_only_the_note_every_questionnaire_has():
    assert codes(contest(people())) == ["one_questionnaire"]


def test_an_observed_outcome_has_not_even_that():
    assert codes(contest(people(), outcome="left")) == []


@pytest.mark.parametrize(("title", "fires"), [("Contacts (simulated)", True), ("Contacts", False)])
def test_simulated(title, fires):
    result = contest(people(), book(title=title))
    assert ("simulated" in codes(result)) == fires
    if fires:
        assert result.notes[0].code == "simulated"
        assert "support no claim" in result.summary()


def test_listwise():
    frame = people()
    frame.loc[:11, "csat"] = np.nan
    frame.loc[10:19, "again"] = np.nan
    text = text_of(contest(frame), "listwise")
    for part in ("20 of 240 rows (8%)", "`csat` 12", "`again` 10"):
        assert part in text
    assert "`nps`" not in text
    assert not next(note for note in contest(frame).notes if note.code == "listwise").changes_reading


def test_listwise_counts_rows_without_weight():
    frame = people().assign(w=1.0)
    frame.loc[:6, "w"] = 0.0
    assert "weight 0 7" in text_of(contest(frame, book(design={"weight": "w"})), "listwise")


def test_own_answers_differ():
    """Those who were not asked one question answer the other more in line with the outcome: the leader changes."""
    asked, not_asked = people(), people(400, seed=2)
    not_asked["nps"] = not_asked.again // 2 + 1
    not_asked["csat"] = np.nan
    result = contest(pd.concat([asked, not_asked], ignore_index=True))
    own = result.own[result.own.measure == "pearson_r"].set_index("metric").estimate
    assert own["nps"] > own["csat"]
    assert "`csat` leads" in result.verdict.sentence or result.verdict.winner == "csat"
    text = text_of(result, "own_answers_differ")
    assert "own answers `nps` has the highest r" in text
    assert "`csat` has" in text
    # complete answers cannot differ from themselves, nor does a lead as clear on both
    assert "own_answers_differ" not in codes(contest(asked))
    clear = people(400).assign(nps=lambda rows: rows.left + rows.index % 3 + 1)
    clear.loc[:150, "csat"] = np.nan
    assert "own_answers_differ" not in codes(contest(clear))


def test_reversed():
    frame = people()
    result = contest(frame.assign(nps=8 - frame.nps))
    assert "goes down as `again` goes up" in text_of(result, "reversed")
    assert "`nps`" in text_of(result, "reversed")
    told = book(metrics={"nps": {"column": "nps", "scale": [1, 7], "good": "low"}})
    assert "reversed" not in codes(contest(frame.assign(nps=8 - frame.nps), told))


@pytest.mark.parametrize(
    ("csat", "nps", "again", "fires"),
    [
        ([1, 7], [1, 7], [0, 10], False),
        ([1, 7], [0, 10], [0, 10], True),
        ([0, 10], [0, 10], [0, 10], False),  # shared by all alike
        ([1, 5], [1, 7], [0, 10], False),
    ],
)
def test_scale_shared(csat, nps, again, fires):
    frame = people().clip(upper=5)
    made = book(
        metrics={"csat": {"column": "csat", "scale": csat}, "nps": {"column": "nps", "scale": nps}},
        outcomes={"again": {"column": "again", "scale": again}},
    )
    result = contest(frame, made)
    assert ("scale_shared" in codes(result)) == fires
    assert ("points_differ" in codes(result)) == (csat != nps)
    if fires:
        assert "`nps` and the outcome" in text_of(result, "scale_shared")


def test_points_of_an_index_are_not_counted():
    frame = people().assign(csat2=lambda rows: rows.csat.clip(2, 5))
    index = book(metrics={"csat": {"columns": ["csat", "csat2"], "scale": [1, 7]},
                          "nps": {"column": "nps", "scale": [0, 10]}})  # fmt: skip
    assert "points_differ" not in codes(contest(frame, index))


def test_restricted_range_where_most_gave_one_answer():
    frame = people()
    piled = frame.assign(nps=np.where(np.arange(len(frame)) % 10 < 7, 7, frame.nps))
    text = text_of(contest(piled), "restricted_range")
    share = (piled.nps == 7).mean()
    assert f"`nps` {share:.0%}" in text
    assert "`csat`" not in text


def test_restricted_range_where_the_margins_alone_cap_r():
    n = 300
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({
        "csat": rng.integers(1, 8, n), "nps": rng.integers(1, 8, n), "left": rng.integers(0, 2, n),
        "again": np.where(np.arange(n) % 15 == 0, 10, np.arange(n) % 2),
    })  # fmt: skip
    text = text_of(contest(frame), "restricted_range")
    sorted_r = np.corrcoef(np.sort(frame.csat), np.sort(frame.again))[0, 1]
    assert sorted_r < 0.8
    assert f"`csat` {sorted_r:.2f}" in text
    assert "one and the same" not in text
    assert "restricted_range" not in codes(contest(frame, outcome="left"))  # two values cap r by themselves


def segmented(size=240):
    """On the web only csat goes with the outcome, on the phone only nps."""
    frame = people(2 * size, seed=3).assign(channel=np.repeat(["web", "phone"], size))
    there = frame.channel == "phone"
    frame.loc[there, "nps"] = np.clip(frame.again[there] // 2 + 1, 1, 7)
    frame.loc[there, "csat"] = np.tile([1, 4, 7, 2], size // 4)
    frame.loc[~there, "nps"] = np.tile([1, 4, 7, 2], size // 4)
    frame.loc[~there, "csat"] = np.clip(frame.again[~there] // 2 + 1, 1, 7)
    return frame


def test_segments_that_lead_the_other_way_are_named_with_their_rows():
    design = book(design={"segments": ["channel"]})
    frame = segmented()
    few = frame[frame.channel == "phone"].head(100)
    mixed = pd.concat([frame[frame.channel == "web"], few], ignore_index=True)
    result = contest(mixed, design)
    assert "in phone (n = 100) `nps` leads `csat` by" in text_of(result, "segments_disagree")
    assert "in web" not in text_of(result, "segments_disagree")


def test_segments_that_agree_or_are_tiny_are_not_mentioned():
    design = book(design={"segments": ["channel"]})
    web = segmented()[lambda rows: rows.channel == "web"]
    tiny = segmented()[lambda rows: rows.channel == "phone"].head(29)
    assert "segments_disagree" not in codes(contest(pd.concat([web, tiny], ignore_index=True), design))
    alike = people(400).assign(channel=["web", "phone"] * 200)
    assert "segments_disagree" not in codes(contest(alike, design))


def test_a_segment_with_a_lonely_stratum_is_passed_over():
    """The whole survey has clusters enough in every stratum; one segment has not."""
    frame = people(400).assign(region=np.repeat([0, 1], 200), shop=np.repeat(np.arange(40), 10))
    frame["channel"] = np.where(frame.shop.isin([0, 25, 26, 27, 28]), "chat", "phone")
    frame.loc[frame.channel == "chat", "nps"] = np.clip(frame.again // 2 + 1, 1, 7)
    design = {"strata": "region", "cluster": "shop", "segments": ["channel"]}
    result = contest(frame, book(design=design))
    assert "clusters" in codes(result)


def test_weights():
    frame = people().assign(w=np.tile([0.5, 1.5], 120), u=np.random.default_rng(4).lognormal(size=240))
    text = text_of(contest(frame, book(design={"weight": "w"})), "weights")
    assert f"{240**2 / (120 * 0.25 + 120 * 2.25):,.0f} effective of 240 rows" in text
    assert "many values" not in text
    assert "many values" in text_of(contest(frame, book(design={"weight": "u"})), "weights")
    assert "weights" not in codes(contest(frame, book(design={"weight": "w"}), weights=False))


@pytest.mark.parametrize(("clusters", "few"), [(40, False), (12, True)])
def test_clusters(clusters, few):
    frame = people().assign(home=np.arange(240) % clusters)
    result = contest(frame, book(design={"cluster": "home"}))
    text = text_of(result, "clusters")
    assert f"by {clusters} clusters" in text
    assert ("intervals are rough" in text) == few
    assert "design" in result.method
    assert "clusters" not in codes(contest(frame, book(design={"cluster": "home"}), clusters=False))


def test_what_the_door_warned_of_is_repeated_for_the_questions_asked():
    frame = people().assign(nps=lambda rows: 8 - rows.nps, other=lambda rows: 8 - rows.csat)
    assert "door_reversed" in codes(contest(frame))
    more = book(metrics={"other": {"column": "other", "scale": [1, 7]}})
    upright = frame.assign(nps=lambda rows: 8 - rows.nps)
    survey = cx.read(upright, more)
    assert [problem.question for problem in survey.problems if problem.kind == "reversed"] == ["other"]
    assert "door_reversed" not in codes(contest(upright, more, metrics=["csat", "nps"]))


def test_notes_that_change_the_reading_come_first():
    frame = people().assign(nps=lambda rows: 8 - rows.nps)
    frame.loc[:5, "csat"] = np.nan
    flags = [note.changes_reading for note in contest(frame, book(title="simulated")).notes]
    assert flags == sorted(flags, reverse=True)
    assert True in flags
    assert False in flags


# ---- outcomes of every kind


def test_an_outcome_with_two_observed_answers_is_binary():
    frame = people()
    frame["again"] = np.where(frame.again > 5, 9, 2)
    result = contest(frame)
    assert result.protocol.measure == "somers_d"
    assert set(result.models.family) == {"binary logit"}
    assert "auc_score" in set(result.table.measure)


@pytest.mark.parametrize("step", [None, 0.25])
def test_an_amount_is_continuous(step):
    frame = people()
    frame["spend"] = np.round(np.exp(frame.again / 4) * 4) / 4 + np.arange(240) % 5
    entry = {"column": "spend", "kind": "number"} | ({"step": step} if step else {})
    result = contest(frame, book(outcomes={"spend": entry}), "spend")
    assert set(result.models.family) == {"linear"}
    assert "log_score" not in set(result.table.measure)
    assert "Linear model" in result.method


def test_too_many_values_for_a_table_are_refused_with_the_way_out():
    rng = np.random.default_rng(5)
    frame = people(30_000).assign(spend=rng.lognormal(size=30_000))
    with pytest.raises(SurveyError, match=r"`spend` takes 29,999 values among 30,000 rows.*Round it.*step"):
        contest(frame, book(outcomes={"spend": {"column": "spend", "kind": "number"}}), "spend")


def test_a_value_of_its_own_for_almost_every_row():
    rng = np.random.default_rng(6)
    frame = people(300).assign(spend=lambda rows: np.exp(rows.again / 5 + rng.normal(size=300)))
    result = contest(frame, book(outcomes={"spend": {"column": "spend", "kind": "number"}}), "spend")
    r = result.table[(result.table.measure == "pearson_r") & (result.table.metric == "csat")].estimate.iloc[0]
    assert r == pytest.approx(np.corrcoef(frame.csat, frame.spend)[0, 1], rel=1e-6)


def test_a_rare_outcome_does_not_warn_and_states_what_it_can():
    """Bootstrap draws and folds without a single positive answer happen; they are no reason to fail."""
    frame = people(40).assign(left=0)
    frame.loc[[3, 17], "left"] = 1
    result = contest(frame, outcome="left")
    assert result.table.estimate.notna().all()
    first = result.joint[result.joint.measure == "p_first"].estimate
    assert first.sum() == pytest.approx(1)


def test_a_single_positive_answer_has_no_delong_test():
    frame = people(30).assign(left=0)
    frame.loc[4, "left"] = 1
    result = contest(frame, outcome="left")
    [delong] = [row for row in result.tests.itertuples() if row.test == "delong"]
    assert math.isnan(delong.p_value)
    auc = result.table[result.table.measure == "auc_score"].set_index("metric").estimate
    assert delong.estimate == pytest.approx(auc["csat"] - auc["nps"])


@pytest.mark.parametrize("close", [0, 1, 3])
def test_a_metric_that_is_all_but_the_outcome(close):
    """Twelve rows, the outcome a stretch of one metric but for a few: r is 1, or so close that tests break down."""
    frame = people(12, seed=4).assign(csat=[1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2])
    frame["again"] = frame.csat + 2
    frame.loc[: close - 1, "again"] += 1
    result = contest(frame)
    tests = result.tests.set_index("test")
    assert tests.estimate.notna().all()
    assert tests.p_value.isna().all() == (close == 0)
    assert result.table.estimate.abs().max() < 1 + 1e-9 or "log" in "".join(result.table.measure)
    assert result.verdict.sentence


def test_an_outcome_made_of_two_metrics():
    frame = people(60).assign(again=lambda rows: (rows.csat + rows.nps) // 1 - 2)
    wide = book(outcomes={"again": {"column": "again", "scale": [0, 12]}})
    result = contest(frame, wide)
    assert result.tests.p_value.isna().all()
    together = result.table[result.table.metric == "(all)"].estimate.iloc[0]
    assert together == pytest.approx(1)


def test_an_outcome_told_apart_without_error_is_reported_not_crashed():
    frame = people()
    frame["left"] = (frame.csat >= 5).astype(int)
    result = cx.compare(cx.read(frame, BOOK, problems="list"), "left", **QUICK)
    assert result.verdict.winner == "csat"
    assert (result.table.estimate <= 1 + 1e-9).all()


def test_a_correlation_of_exactly_zero_has_no_ratio_and_no_warning():
    frame = pd.DataFrame({"csat": [1, 1, 2, 2] * 40, "nps": [1, 2, 1, 2] * 40, "left": [0, 1, 1, 0] * 40})
    frame["again"] = frame.csat + 2 * (np.arange(160) // 80)  # nps and again are balanced against each other
    result = contest(frame)
    r = result.table[(result.table.coding == "linear") & (result.table.measure == "pearson_r")]
    assert r.set_index("metric").estimate["nps"] == pytest.approx(0, abs=1e-12)
    ratio = result.ratios[result.ratios.unit == "r"].iloc[0]
    assert math.isnan(ratio.estimate) or abs(ratio.estimate) > 1e6  # rounding may leave 1e-17
    assert (ratio.conf_low, ratio.conf_high) == (-math.inf, math.inf)
    # nothing predicts: the shares of nothing are not given
    nothing = contest(frame.assign(again=[3, 4, 4, 3] * 40))
    assert nothing.verdict.winner is None
    assert nothing.table[nothing.table.measure == "pearson_r"].estimate.abs().max() < 1e-12


def test_draws_of_two_clusters_that_each_gave_one_answer():
    """Every draw holds one cluster, and with it one answer: nothing can be said of how often a metric is first."""
    frame = people(60).assign(home=np.arange(60) // 30, csat=lambda rows: 3 + 2 * rows.home)
    result = contest(frame, book(design={"cluster": "home"}), folds=2)
    first = result.joint.measure == "p_first"
    assert result.joint.estimate[first].isna().all()
    assert result.joint.estimate[~first].notna().all()


def test_a_ratio_to_a_metric_that_runs_backwards_is_not_given():
    frame = people()
    result = contest(frame.assign(nps=8 - frame.nps))
    ratio = result.ratios[result.ratios.unit.isin(["r", "r2", "2auc-1"])]
    assert ratio.estimate.isna().all()
    assert not np.isfinite(ratio.conf_low).any()
    assert not np.isfinite(ratio.conf_high).any()


def test_an_index_brings_its_own_reliability_where_it_has_one():
    frame = people().assign(again2=lambda rows: np.clip(rows.again + rows.index % 3 - 1, 0, 10))
    made = book(
        outcomes={"again": {"columns": ["again", "again2"], "scale": [0, 10]}},
        metrics={
            "csat": {"columns": ["csat", "nps"], "scale": [1, 7]},
            "nps": {"column": "left", "scale": [0, 1]},
        },
    )
    rows = contest(frame, made, metrics=["csat", "nps"]).reliability
    [found] = [row for row in rows.itertuples() if row.measure == "disattenuated_r"]
    alpha, of_outcome = (
        2 * (1 - np.trace(covariance) / covariance.to_numpy().sum())
        for covariance in (frame[["csat", "nps"]].cov(), frame[["again", "again2"]].cov())
    )
    assert found.metric == "csat"
    assert found.reliability == pytest.approx(alpha, rel=1e-9)
    r = np.corrcoef(frame.csat + frame.nps, frame.again + frame.again2)[0, 1]
    assert found.estimate == pytest.approx(r / np.sqrt(alpha * of_outcome), rel=1e-9)


@pytest.mark.parametrize("together", [True, False])
def test_an_index_without_a_reliability_is_compared_without_it(together):
    """Two items that run against each other have an alpha below 0, two that nobody answered both have none."""
    frame = people().assign(other=lambda rows: np.clip(8 - rows.csat + (rows.again > 5), 1, 7))
    if not together:
        frame["other"] = frame.csat
        frame.loc[::2, "other"] = np.nan
        frame.loc[1::2, "csat"] = np.nan
    made = book(metrics={"csat": {"columns": ["csat", "other"], "scale": [1, 7], "min_items": 1}})
    result = contest(frame, made)
    assert set(result.reliability.measure) == {"break_even"}


# ---- refusals


def refused(error, *parts, **arguments):
    with pytest.raises(error) as caught:
        contest(**({"frame": people()} | arguments))
    message = str(caught.value)
    for part in parts:
        assert part in message, f"{part!r} is not in {message!r}"
    assert len(message) < LONGEST
    return message


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"outcome": "agian"}, ["'agian'", "did you mean 'again'"]),
        ({"metrics": ["csat", "npss"]}, ["'npss'", "did you mean 'nps'"]),
        ({"metrics": ["csat"]}, ["at least two", "'csat'", "'nps'"]),
        ({"metrics": "csat"}, ["at least two", "'csat'"]),
        ({"metrics": []}, ["at least two", "none"]),
        ({"metrics": ["csat", "csat"]}, ["two different"]),
        ({"metrics": ["csat", "again"]}, ["`again`", "both a metric and the outcome"]),
    ],
)
def test_names_that_do_not_fit(arguments, parts):
    refused(CodebookError, *parts, **arguments)


def test_words_in_no_order_are_refused():
    frame = people().assign(channel=["web", "phone"] * 120)
    made = book(drivers={"channel": {"column": "channel", "kind": "category"}})
    refused(ScaleError, "`channel`", "category", frame=frame, codebook=made, metrics=["csat", "channel"])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("measure", "kendall"), ("link", "cauchit"), ("rope", -0.01), ("rope", 1), ("rope", math.nan),
        ("conf_level", 0), ("conf_level", 1), ("conf_level", 95), ("conf_level", math.nan), ("folds", 1),
        ("repeats", 0), ("n_boot", 10), ("seed", -1), ("reliability", {"csat": 1.2}),
        ("reliability", {"csat": 0.0}), ("reliability", {"csta": 0.8}),
    ],
)  # fmt: skip
def test_arguments_outside_their_choices_are_named(option, value):
    message = refused(ValueError, f"`{option}`", **{option: value})
    shown = value if not isinstance(value, dict) else next(iter(value))
    assert str(shown) in message


def test_fewer_than_ten_complete_rows():
    frame = people()
    frame.loc[9:, "csat"] = np.nan
    refused(SurveyError, "only 9 of 240 rows", "`csat`", "`nps`", "`again`", "at least 10", frame=frame)
    contest(people().head(10))  # ten are enough to try


def test_one_answer_among_the_complete_rows():
    frame = people()
    frame.loc[frame.csat == 7, "nps"] = np.nan
    frame.loc[frame.csat != 7, "csat"] = np.where(np.arange((frame.csat != 7).sum()) < 200, 4, 4)
    refused(SurveyError, "`csat`", "a single answer", "predicts nothing", frame=frame)
    refused(SurveyError, "`left`", "a single answer", frame=people().assign(left=1), outcome="left")


def test_metrics_that_determine_one_another_are_refused_by_name():
    """One question under two names, and an index beside all of its items, have no separate accuracy."""
    frame = people().assign(twin=lambda rows: rows.csat, other=lambda rows: 8 - rows.csat)
    for entry in ({"column": "csat"}, {"column": "twin"}, {"column": "other", "good": "low"}):
        made = book(metrics={"twin": {"scale": [1, 7]} | entry})
        refused(SurveyError, "`csat`", "`twin`", frame=frame, codebook=made, metrics=["csat", "twin"])
    made = book(metrics={"both": {"columns": ["csat", "nps"], "scale": [1, 7]}})
    refused(SurveyError, "`both`", "`csat`", "`nps`", frame=frame, codebook=made)
    contest(frame, made, metrics=["csat", "both"])  # an index and one of its items differ


def test_fewer_clusters_than_folds():
    frame = people().assign(home=np.arange(240) % 4)
    refused(
        DesignError, "5 folds need at least 5 clusters; there are 4", "fewer `folds`",
        frame=frame, codebook=book(design={"cluster": "home"}),
    )  # fmt: skip
    contest(frame, book(design={"cluster": "home"}), folds=4)


def test_a_stratum_with_one_cluster():
    frame = people().assign(
        region=np.repeat([0, 1], 120), home=lambda rows: np.where(rows.region == 0, 0, rows.index)
    )
    message = refused(
        DesignError,
        "single",
        "Merge",
        frame=frame,
        codebook=book(design={"strata": "region", "cluster": "home"}),
    )
    assert "lonely=" not in message  # an argument that `compare` does not have


def test_few_rows_are_marked():
    assert "Only 40 rows" in text_of(contest(people(40)), "small_sample")
    assert "small_sample" not in codes(contest(people(60)))


def test_a_contest_between_noises_is_called_one():
    rng = np.random.default_rng(5)
    noise = pd.DataFrame({name: rng.integers(1, 8, 300) for name in ("csat", "nps")})
    result = contest(noise.assign(again=rng.integers(0, 11, 300), left=rng.integers(0, 2, 300)))
    assert "contest between noises" in text_of(result, "nothing_predicts")
    held = result.pairs[result.pairs.measure == "cv_r2_score"].iloc[0]
    assert held.rope == pytest.approx(2 * 0.03 * 0.1)  # squared units do not shrink the region to nothing
    assert "nothing_predicts" not in codes(contest(people()))


def test_a_band_that_nobody_reaches_does_not_stop_an_amount():
    """Nobody gives csat 6 or 7, so its top-2 box is constant: no R² by official score, but a comparison."""
    frame = people(80).assign(csat=lambda rows: np.minimum(rows.csat, 5))
    told = book(
        metrics={"csat": {"column": "csat", "instrument": "csat7"}},
        outcomes={"amount": {"column": "amount", "kind": "number"}},
    )
    amount = np.random.default_rng(3).normal(size=80) + frame.again
    result = contest(frame.assign(amount=amount), told, "amount")
    official = result.table[(result.table.metric == "csat") & (result.table.coding == "official")]
    assert official.std_error.isna().all()
    assert result.table[result.table.coding == "linear"].conf_low.notna().all()
    assert len(result.multiverse().table) > 0
