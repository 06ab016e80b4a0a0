"""Claims on a survey of one's own: what decides, what cannot be tested, what a reader is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import claims
from cxresearch._claims_findings import directed

METRICS = {
    "ces": {"column": "ces", "instrument": "ces2"},
    "csat": {"column": "csat", "instrument": "csat5"},
    "nps": {"column": "nps", "instrument": "nps"},
}
OUTCOMES = {"again": {"column": "again", "scale": [1, 7]}}
DRIVERS = {name: {"column": name, "kind": "count", "good": "low"} for name in ("transfers", "repeats")}


def answers(n=400, effort=1.0):
    """Customers of one mood, which effort shows as strongly as said."""
    rng = np.random.default_rng(1)
    mood = rng.normal(size=n)

    def item(strength, low, high):
        felt = strength * mood + rng.normal(size=n)
        cuts = np.quantile(felt, np.linspace(0, 1, high - low + 2)[1:-1])
        return low + np.searchsorted(cuts, felt)

    return pd.DataFrame({
        "ces": item(effort, 1, 7), "csat": item(1.0, 1, 5), "nps": item(1.0, 0, 10), "again": item(1.0, 1, 7),
        "transfers": rng.poisson(1, n), "repeats": rng.poisson(np.exp(-0.5 * mood)),
    })  # fmt: skip


def read(frame, metrics=("ces", "csat", "nps"), **more):
    book = {"metrics": {name: METRICS[name] for name in metrics}, "outcomes": OUTCOMES}
    return cx.read(frame, book | more)


def rows_of(survey, **asked):
    return claims.check(survey, **asked).table.set_index("claim")


# The least that matters


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ((0.005, 0.02), "contradicted"),  # above 0, and too small to matter
        ((-0.02, 0.02), "contradicted"),
        ((0.005, 0.03), "reproduced"),  # it may matter
        ((0.005, 0.5), "reproduced"),
        ((-0.01, 0.05), "underdetermined"),
    ],
)
def test_one_interval_gives_one_verdict(ends, verdict):
    assert directed([ends], 0.03) == verdict


def test_an_interval_above_0_holds_where_nothing_is_too_small_to_matter():
    assert directed([(0.005, 0.02)]) == "reproduced"


def test_tables_that_show_too_little_stand_against_those_that_show_enough():
    assert directed([(0.005, 0.02), (0.1, 0.2), (0.1, 0.3)], 0.03) == "depends"
    assert directed([(0.005, 0.02), (0.001, 0.01)], 0.03) == "contradicted"


def test_a_relation_too_weak_to_matter_is_no_prediction():
    row = rows_of(read(answers(60_000, effort=0.019), ("ces",))).loc["S3-07"]
    assert 0 < row["conf_low"] < row["conf_high"] < 0.03
    assert (row["verdict"], row["rule"]) == ("contradicted", "part")


def test_satisfaction_that_adds_too_little_does_not_add():
    rng = np.random.default_rng(4)
    x, noise, y = rng.normal(size=(3, 60_000))

    def scaled(felt, low, high):
        return np.clip(np.round((low + high) / 2 + (high - low) / 5 * felt), low, high)

    frame = pd.DataFrame({
        "nps": scaled(x, 0, 10), "csat": scaled(noise, 1, 5), "again": scaled(0.7 * x + 0.018 * noise + 0.7 * y, 1, 7),
    })  # fmt: skip
    row = rows_of(read(frame, ("csat", "nps"))).loc["S1-19"]
    assert 0 < row["conf_low"] < row["conf_high"] < 0.03
    assert row["verdict"] == "contradicted"


def test_ahead_by_too_little_to_matter_is_not_ahead():
    rng = np.random.default_rng(1)
    mood = rng.normal(size=60_000)

    def item(spread, noise, low, high):
        felt = (low + high) / 2 + spread * mood + noise * rng.normal(size=len(mood))
        return np.clip(np.round(felt), low, high)

    frame = pd.DataFrame({
        "ces": item(1.5, 1.0, 1, 7), "csat": item(1.0, 0.69, 1, 5), "nps": item(2.6, 1.85, 0, 10),
        "again": item(1.2, 1.2, 1, 7),
    })  # fmt: skip
    found = rows_of(read(frame))
    assert 0 < found.loc["S4-01", "low"] < found.loc["S4-01", "high"] < 0.03
    assert found.loc["S4-01", "verdict"] == found.loc["S0-02", "verdict"] == "contradicted"


@pytest.mark.parametrize("effort", [1.0, 0.06])
def test_that_effort_goes_with_the_outcome_is_only_a_part_of_being_key(effort):
    row = rows_of(read(answers(20_000, effort))).loc["S3-07"]
    assert row["conf_low"] > 0
    assert (row["verdict"], row["rule"]) == ("underdetermined", "part")
    assert "what makes a predictor a key one" in row["open"]


# Rows used, and columns needed


def test_effort_and_an_outcome_are_enough_to_ask_whether_they_go_together():
    frame = answers()
    found = claims.check(read(frame, ("ces",)))
    table = found.table.set_index("claim")
    assert (found.n, found.n_missing) == (400, 0)
    assert table.loc["S3-07", "n"] == table.loc["S4-14", "n"] == 400
    assert table.loc["S3-07", "estimate"] == pytest.approx(frame["ces"].corr(frame["again"]))
    assert "400 of 400 rows used" in repr(found)


def test_the_interval_of_effort_alone_is_that_of_the_comparison():
    row = rows_of(read(answers())).loc["S3-07"]
    table = cx.compare(read(answers()), "again", ["ces", "csat"], n_boot=100, folds=2, repeats=1).table
    same = table[(table.metric == "ces") & (table.measure == "pearson_r") & (table.coding == "linear")].iloc[
        0
    ]
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx(same[["conf_low", "conf_high"]].tolist())


def test_a_claim_is_tested_on_the_rows_that_answered_what_it_is_about():
    frame = answers()
    frame["nps"] = frame["nps"].where(frame.index < 100)
    found = claims.check(read(frame))
    table = found.table.set_index("claim")
    assert (table.loc["S4-11", "n"], table.loc["S3-09", "n"], table.loc["S0-02", "n"]) == (400, 100, 100)
    assert found.n == 400


def test_satisfaction_is_held_against_recommendation_alone():
    frame = answers()
    with_effort, without = (rows_of(read(frame, names)).loc["S1-19"] for names in (METRICS, ("csat", "nps")))
    assert with_effort["estimate"] == without["estimate"]


# What cannot be tested


def test_a_driver_without_spread_leaves_the_other_claims():
    found = rows_of(read(answers().assign(transfers=0), drivers={"transfers": DRIVERS["transfers"]}))
    assert found.loc["S4-05", "verdict"] == found.loc["S4-15", "verdict"] == "not testable"
    assert found.loc["S4-05", "open"] == "answers that differ to `transfers` (all 400 are 0)"
    assert found.loc["S1-19", "verdict"] == "reproduced"


def test_signs_without_spread_are_left_out_by_name():
    found = rows_of(read(answers().assign(transfers=0), drivers=DRIVERS))
    alone = rows_of(read(answers(), drivers={"repeats": DRIVERS["repeats"]}))
    for claim in ("S4-05", "S4-15"):
        assert found.loc[claim, "low"] == alone.loc[claim, "low"]
        assert "Not tested for lack of answers that differ to `transfers`" in found.loc[claim, "sentence"]


@pytest.mark.parametrize("metrics", [("ces",), ("ces", "csat", "nps")])
def test_effort_that_never_agrees_leaves_the_other_claims(metrics):
    frame = answers()
    found = rows_of(read(frame.assign(ces=frame["ces"].clip(upper=5)), metrics))
    assert found.loc["S4-14", "verdict"] == found.loc["L-060", "verdict"] == "not testable"
    assert found.loc["S4-14", "open"].startswith("answers to `ces` on both sides of 5")
    assert found.loc["S3-07", "verdict"] == "underdetermined"


@pytest.mark.parametrize(("question", "gone"), [("ces", "S4-14"), ("csat", "S1-19"), ("nps", "S1-19")])
@pytest.mark.parametrize("odd", [0, 1])
def test_a_metric_without_spread_leaves_the_other_claims(question, gone, odd):
    frame = answers()
    frame[question] = np.where(frame.index < odd, 3, 4)
    found = rows_of(read(frame))
    assert found.loc[["S0-02", gone], "verdict"].tolist() == ["not testable"] * 2
    assert f"answers that differ to `{question}` (all" in found.loc[gone, "open"]
    kept = "S1-19" if question == "ces" else "S4-14"
    assert found.loc[kept, "verdict"] != "not testable"


def test_metrics_that_follow_from_one_another_are_named():
    frame = answers()
    found = rows_of(read(frame.assign(csat=1 + frame["nps"] // 3, nps=frame["nps"] // 3 * 3)))
    assert found.loc["S3-09", "verdict"] == "not testable"
    assert "each follows exactly from the other" in found.loc["S3-09", "open"]
    assert found.loc["S4-11", "verdict"] != "not testable"


def test_a_sign_that_follows_from_effort_adds_nothing_that_could_be_tested():
    frame = answers()
    found = rows_of(
        read(frame.assign(transfers=7 - frame["ces"]), drivers={"transfers": DRIVERS["transfers"]})
    )
    assert "do not follow from `ces`" in found.loc["S4-15", "open"]
    assert found.loc["S4-05", "verdict"] == "reproduced"


@pytest.mark.parametrize("n", [1, 3, 9])
def test_too_few_rows_are_said_claim_by_claim(n):
    found = rows_of(read(answers().head(n), drivers=DRIVERS))
    assert set(found["verdict"]) == {"not testable"}
    assert (
        found.loc["S4-14", "open"] == f"at least 10 rows that answered all of `ces`, `again` (there are {n})"
    )


def test_an_outcome_without_order_is_said_to_be_one():
    frame = answers().assign(why=["price", "service"] * 200)
    both = {**OUTCOMES, "why": {"column": "why", "kind": "category"}}
    table = claims.check(cx.read(frame, {"metrics": METRICS, "outcomes": both})).table
    of_why = table[table["outcome"] == "why"]
    assert set(of_why["verdict"]) == {"not testable"}
    assert of_why["open"].str.contains("`why` is a category").all()
    assert "reproduced" in set(table.loc[table["outcome"] == "again", "verdict"])


def test_no_outcome_at_all_is_refused_and_the_way_out_named():
    with pytest.raises(cx.CodebookError, match="`outcomes` is empty; the outcomes of codebook are 'again'"):
        claims.check(read(answers()), [])


@pytest.mark.parametrize(("name", "role"), [("transfers", "driver"), ("nps", "metric")])
def test_what_is_no_outcome_is_refused_by_name(name, role):
    with pytest.raises(cx.CodebookError, match=f"'{name}' is a {role}, not an outcome"):
        claims.check(read(answers(), drivers=DRIVERS), ["again", name])


def test_a_level_outside_its_range_is_refused_before_anything_is_asked():
    with pytest.raises(ValueError, match="`conf_level` must lie between 0 and 1; got 95"):
        claims.check(read(answers(), ()), conf_level=95)


# What a reader is told


def test_a_scale_that_seems_reversed_is_said_once():
    frame = answers()
    found = claims.check(read(frame.assign(ces=8 - frame["ces"])))
    assert found.table.set_index("claim").loc["S4-01", "verdict"] == "contradicted"
    against = [note for note in found.notes if note.text.startswith("`ces` goes down as `again` goes up")]
    assert len(against) == 1
    assert against[0].changes_reading
    assert "! `ces` goes down as `again` goes up" in found.summary()


def test_what_changes_the_reading_is_carried_without_duplicates():
    frame = answers()
    frame["ces"] = (8 - frame["ces"]).where(frame.index > 30)
    survey = read(frame)
    found = claims.check(survey)
    texts = [note.text for note in found.notes]
    compared = cx.compare(survey, "again", list(METRICS), n_boot=100, folds=2, repeats=1)
    assert {note.text for note in compared.notes if note.changes_reading} <= {*texts}
    assert len({text.split("(")[0] for text in texts}) == len(texts)


def test_a_reversed_scale_is_said_where_there_is_nothing_to_compare_with():
    frame = answers()
    notes = claims.check(read(frame.assign(ces=8 - frame["ces"]), ("ces",))).notes
    assert sum(note.code == "reversed" for note in notes) == 1


# A registry of one's own

OWN = """
[[claim]]
id = "M-1"
statement = "Effort is ahead"
metrics = ["CES", "CSAT"]
outcome = "retention"
effect = "difference"
seen = "{seen}"
source = "a talk"
contest = {{ better = "CES", than = ["CSAT"] }}
evidence = [
  {{ kind = "{kind}"{check} }},
]
"""


def own(tmp_path, kind="own survey", check=', check = "leads_in_survey"', seen="yes"):
    path = tmp_path / "mine.toml"
    path.write_text(OWN.format(kind=kind, check=check, seen=seen), encoding="utf-8")
    return claims.load(path)


def empty(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_text("", encoding="utf-8")
    return claims.load(path)


def test_a_registry_without_documents_has_a_headline_of_what_it_has(tmp_path):
    card = claims.scorecard(own(tmp_path, "arithmetic", ""))
    assert "Of the one claim of the literature: 0 reproduced" in repr(card)
    computed = claims.scorecard(own(tmp_path, "arithmetic", "", seen="recomputed"))
    assert "Of the one claim of our own calculations: 0 reproduced" in repr(computed)
    none = claims.scorecard(own(tmp_path, "arithmetic", ""), documents_only=True)
    assert repr(none).startswith("No claims.")
    assert list(none.table) == list(card.table)
    assert list(none.findings) == list(card.findings)


def test_a_claim_for_your_own_survey_only_says_so(tmp_path):
    registry = own(tmp_path)
    row = claims.scorecard(registry).table.iloc[0]
    assert (row["verdict"], row["kind"]) == ("not testable", "own survey")
    assert "`claims.check`" in row["open"]
    assert claims.show("M-1", registry).table["verdict"].tolist() == ["not testable"]
    assert rows_of(read(answers()), registry=registry).index.tolist() == ["M-1"]


def test_an_own_registry_has_no_conflicts_but_its_columns(tmp_path):
    found = claims.conflicts(own(tmp_path))
    assert list(found.table) == list(claims.conflicts().table)
    assert found.n == 0
    repr(found)


def test_an_empty_registry_is_not_that_of_the_package(tmp_path):
    registry = empty(tmp_path)
    assert len(claims.scorecard(registry).table) == 0
    assert repr(claims.scorecard(registry)).startswith("No claims.")
    assert len(claims.conflicts(registry).table) == 0
    assert "Claims a customer survey could decide: none." in repr(
        claims.check(read(answers()), registry=registry)
    )
    with pytest.raises(ValueError, match="there is no claim 'S4-04'"):
        claims.show("S4-04", registry)
