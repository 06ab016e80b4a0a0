"""The verdicts: pinned, because a change is news; and the rules by which they fall."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cxresearch import claims
from cxresearch._claims_checks import leading
from cxresearch._claims_checks_tails import _needed
from cxresearch._claims_findings import Answer, Finding, directed, matches
from cxresearch._claims_schema import Figure

PINNED: dict[str, str] = {
    "reproduced": (
        "L-002 L-026 L-041 L-042 L-043 L-053 L-072 L-073 L-083 R-01 R-03 R-04 "
        "R-05 R-08 R-11 R-13 R-14 S0-09 S1-01 S1-05 S1-07 S1-11 S1-12 S1-16 S1-19 S2-05 S2-09 S2-12 S2-16 "
        "S2-17 S2-18 S2-23 S3-01 S4-12 S4-13"
    ),
    "contradicted": "S2-04 S2-08",
    "depends": (
        "L-008 L-011 L-033 L-070 L-076 S0-07 S0-08 S0-10 S1-03 S1-04 S1-14 S1-15 S1-17 S1-20 S2-01 S3-06 "
        "S3-08 S3-09 S3-11 S3-12 S4-05 S4-09"
    ),
    "underdetermined": (
        "L-001 L-005 L-007 L-009 L-010 L-012 L-013 L-017 L-018 L-019 L-024 L-025 L-027 L-028 L-029 L-031 "
        "L-032 L-036 L-037 L-038 L-040 L-044 L-046 L-047 L-048 L-052 L-054 L-055 L-057 L-059 L-063 L-067 "
        "L-068 L-074 L-077 L-080 L-081 L-082 R-02 S0-01 S0-03 S0-04 S0-06 S1-06 S1-10 S2-10 S2-14 S2-19 S2-22 "
        "S3-03 S3-10 S4-01 S4-03 S4-04 S4-06 S4-07 S4-10 S4-11"
    ),
    "not testable": (
        "L-003 L-004 L-014 L-015 L-016 L-020 L-021 L-022 L-023 L-030 L-035 L-051 L-056 L-058 L-061 L-062 "
        "L-064 L-065 L-066 L-075 L-084 L-085 S0-02 S1-02 S1-08 S1-09 S1-13 S2-02 S2-03 S2-06 S2-07 S2-11 "
        "S2-13 S2-15 S2-20 S2-21 S3-02 S3-04 S3-05 S3-07 S4-08 S4-15"
    ),
    "not yet checked": (
        "L-006 L-034 L-039 L-045 L-049 L-050 L-060 L-069 L-071 L-078 L-079 R-06 R-07 R-09 R-10 R-12 S0-05 S4-02 "
        "S4-14"
    ),
}
#: Verdicts that open data change.
WITH_DATA: dict[str, str] = {
    "S0-05": "underdetermined",
    "S1-04": "contradicted",
    "S4-02": "underdetermined",
    "S4-14": "underdetermined",
    "L-006": "underdetermined",
    "L-034": "underdetermined",
    "L-039": "underdetermined",
    "L-045": "underdetermined",
    "L-049": "underdetermined",
    "L-050": "underdetermined",
    "L-060": "underdetermined",
    "L-069": "underdetermined",
    "L-071": "underdetermined",
    "L-078": "underdetermined",
    "L-079": "underdetermined",
    "R-02": "reproduced",
    "R-07": "reproduced",
    "R-09": "reproduced",
    "R-10": "reproduced",
    "R-12": "reproduced",
}
#: Reproduced, contradicted, depends, underdetermined, not testable, not yet checked.
COUNTS = {
    "documents": [18, 2, 17, 19, 20, 3],
    "literature": [9, 0, 5, 38, 22, 11],
    "our calculations": [8, 0, 0, 1, 0, 5],  # its rows are published, and not read here
}
COUNTS_WITH_DATA = {
    "documents": [18, 3, 16, 22, 20, 0],
    "literature": [9, 0, 5, 49, 22, 0],
    "our calculations": [13, 0, 0, 0, 0, 1],
}
#: What simulations say; they speak for S0-10, S2-22 and L-070 only.
SIMULATED = {
    "depends": "L-038 L-049 L-070 L-076 S0-05 S0-10 S1-14 S3-11 S4-02 S4-04 S4-07 S4-14",
    "underdetermined": "L-007 S1-17 S2-22 S4-03",
}


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """The scorecard of a machine that has no open data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CXRESEARCH_DATA", raising=False)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return claims.scorecard()


@pytest.fixture
def card_with_data(open_data):
    for name in (
        "csibank", "spanish_bank", "ecsi_mobile", "mobile_reputation", "yellow_pages", "sfo_2017", "sfo_2018", "hcahps",
        "satisfaction_retention_meta",
    ):  # fmt: skip
        open_data(name)
    return claims.scorecard()


def found(card, claim, kind):
    [row] = card.findings.query("claim == @claim and kind == @kind").to_dict("records")
    return row


def test_verdicts(card):
    verdicts = card.table.groupby("verdict")["claim"].agg(lambda ids: " ".join(sorted(ids))).to_dict()
    assert verdicts == PINNED


def test_verdicts_that_open_data_change(card, card_with_data):
    both = card.table.merge(card_with_data.table, on="claim")
    moved = both[both["verdict_x"] != both["verdict_y"]]
    assert dict(zip(moved["claim"], moved["verdict_y"], strict=True)) == WITH_DATA


def counted(card):
    return card.counts.set_index("origin").drop(columns="claims").T.to_dict("list")


def test_counts(card, card_with_data):
    assert counted(card) == COUNTS
    assert counted(card_with_data) == COUNTS_WITH_DATA
    claims_of = card.counts.set_index("origin")["claims"].to_dict()
    assert claims_of == {"documents": 79, "literature": 85, "our calculations": 14}


def test_what_waits_is_the_rows_of_one_set_that_is_published_and_not_read(card_with_data):
    waiting = card_with_data.findings.query("verdict == 'not yet checked'")
    assert waiting[["claim", "kind"]].values.tolist() == [["R-05", "open data"], ["R-06", "open data"]]
    assert all("does not read yet" in claims.load()[name].notes for name in waiting["claim"])


def test_simulations(card):
    rows = card.findings[card.findings["kind"] == "simulation"]
    assert rows.groupby("verdict")["claim"].agg(lambda ids: " ".join(sorted(ids))).to_dict() == SIMULATED
    assert rows["sentence"].str.startswith("Simulated, no evidence about customers.").all()
    speaking = card.table[card.table["kind"] == "simulation"]["claim"]
    assert set(speaking) == {"S0-10", "S2-22", "L-070"}


def test_two_runs_give_the_same_bytes(card):
    code = "import json; from cxresearch import claims; print(json.dumps(claims.scorecard().to_dict()))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, cwd=Path(__file__).parents[1]
        )
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert json.loads(runs[0].stdout)["n"] == card.n


def test_no_verdict_without_computation(card):
    rows = card.findings
    computed = ~rows["verdict"].isin(["not testable", "not yet checked"])
    assert (rows.loc[computed, "code"] != "").all()
    assert (rows.loc[rows["verdict"] == "not yet checked", "code"] == "").all()
    told = rows[rows["verdict"].isin(["depends", "underdetermined", "not testable"])]
    assert (told["open"] != "").all()


def test_a_simulation_cannot_support_and_an_uncomputed_verdict_is_refused():
    yes = Answer("reproduced", "rounding", "As printed.")
    with pytest.raises(ValueError, match="simulation can never support"):
        Finding("S4-04", "simulation", "some.code", yes)
    with pytest.raises(ValueError, match="needs the code"):
        Finding("S4-04", "arithmetic", "", yes)
    with pytest.raises(ValueError, match="nor refute"):
        Finding("S4-04", "simulation", "some.code", Answer("contradicted", "rounding", "Not as printed."))
    with pytest.raises(ValueError, match="must say on what"):
        Finding("S4-04", "arithmetic", "some.code", Answer("depends", "reading", "It depends."))


@pytest.mark.parametrize(
    "numbers",
    [
        {"estimate": 4.0, "low": 75.0, "high": 80.0},
        {"estimate": 0.08, "conf_low": 0.51, "conf_high": 0.96},
        {"conf_low": 3.9, "conf_high": 4.1, "low": 75.0, "high": 80.0},
        {"low": 2.0, "high": 1.0},
    ],
)
def test_numbers_of_two_units_are_refused(numbers):
    with pytest.raises(ValueError, match=r"in one unit|both in"):
        Finding(
            "S1-15",
            "arithmetic",
            "some.code",
            Answer("reproduced", "rounding", "It is.", unit="%", **numbers),
        )


def test_numbers_without_a_unit_are_refused():
    with pytest.raises(ValueError, match="no unit"):
        Finding("S1-15", "arithmetic", "some.code", Answer("reproduced", "rounding", "It is.", estimate=1.0))


def test_the_printed_value_is_given_in_the_unit_of_the_finding_only():
    for unit, given in (("%", 43.0), ("points", math.nan)):
        figure = Figure("response rate", "share", 43, "%")
        answer = Answer("reproduced", "rounding", "It is.", estimate=42.5, unit=unit, published=figure)
        row = Finding("S1-11", "arithmetic", "some.code", answer).row()
        assert row["published"] == pytest.approx(given, nan_ok=True)
        assert row["printed"] == "43 %"


def findings_of(*verdicts):
    return tuple(
        Finding("S1-04", kind, "some.code", Answer(verdict, "reading", "It is.", open="what is open"))
        for kind, verdict in verdicts
    )


@pytest.mark.parametrize(
    ("verdicts", "speaks"),
    [
        ([("definition", "depends"), ("open data", "contradicted")], "open data"),
        ([("definition", "reproduced"), ("open data", "contradicted")], "definition"),
        ([("definition", "depends"), ("open data", "underdetermined")], "definition"),
        ([("simulation", "depends"), ("open data", "underdetermined")], "open data"),
        ([("open data", "not testable"), ("simulation", "depends")], "simulation"),
        ([("open data", "not yet checked"), ("simulation", "depends")], "open data"),
    ],
)
def test_the_first_kind_that_decides_speaks_and_a_simulation_only_alone(verdicts, speaks):
    assert leading(findings_of(*verdicts)).kind == speaks


def test_no_claim_is_decided_in_opposite_ways(card_with_data):
    assert not any(note.code == "divided" for note in card_with_data.notes)


def test_figures_nobody_saw_are_never_printed(card):
    for claim in claims.load():
        unseen = [figure for figure in claim.figures if not figure.is_fact]
        if not unseen:
            continue
        shown = claims.show(claim.id)
        printed = shown.to_dict()
        assert all(
            one["value"] is None for one in printed["claim"]["figures"] if one["printed"] == "not seen"
        )
        assert all(row["published"] is None for row in printed["table"])
        assert "not seen" in shown.summary()


# The figures that the print gives, to the digits known


@pytest.mark.parametrize(
    ("claim", "low", "high"),
    [("S4-04", 0.546, 0.981), ("S4-07", 0.573, 0.988), ("L-018", 0.13, 0.37)],
)
def test_implied_correlations(card, claim, low, high):
    row = found(card, claim, "arithmetic")
    assert row["verdict"] == "underdetermined"
    assert (row["low"], row["high"]) == (pytest.approx(low, abs=0.006), pytest.approx(high, abs=0.006))


def test_the_benchmark_of_effort_is_a_correlation_with_an_intention_and_is_named(card):
    for claim in ("S4-04", "S4-07"):
        sentence = found(card, claim, "arithmetic")["sentence"]
        assert "with 0.63, the average of satisfaction with repurchase intention in L-044" in sentence
    assert claims.load()["L-044"].figure("satisfaction, intent").is_fact


def test_the_simulated_gaps_stand_beside_the_printed_one(card):
    row = found(card, "S4-04", "simulation")
    assert "printed 87 points" in row["sentence"]
    assert "more than 86 matters" in row["sentence"]
    assert (row["low"], row["high"]) == (pytest.approx(46.5, abs=0.1), pytest.approx(98.0, abs=0.1))


@pytest.mark.parametrize("claim", ["S0-07", "S0-08", "S1-20", "S3-08"])
def test_a_correlation_above_one_is_told_and_drawn_to_one(card, claim):
    row = found(card, claim, "published")
    assert "3 of 4 above 1: this reliability is too low for these answers" in row["sentence"]
    assert row["high"] == 1
    assert row["verdict"] == "depends"


def test_a_closed_form_confirms_no_print(card):
    row = found(card, "L-073", "arithmetic")
    assert (row["verdict"], row["rule"]) == ("reproduced", "closed form")
    assert "the printed figures were not seen" in row["sentence"]


def test_96_against_9_by_split(card):
    sentence = found(card, "S4-04", "arithmetic")["sentence"]
    assert "0.98 if halves, 0.88 if thirds, 0.68 if tenths, 0.55 if fiftieths" in sentence


def test_the_case_against_satisfaction(card):
    row = found(card, "L-008", "arithmetic")
    assert (row["low"], row["high"], row["unit"]) == (0.13, pytest.approx(0.272, abs=5e-4), "R2")
    assert "follows only if 90 % or 12 % are satisfied" in row["sentence"]
    assert "risk ratio of 3.6 and an odds ratio of 10.3" in row["sentence"]


def test_two_shares(card):
    row = found(card, "S0-04", "arithmetic")
    assert row["estimate"] == pytest.approx(2.4)
    assert "odds ratio of 3.69" in row["sentence"]


def test_norwegian_firms(card):
    assert "12 (banking) and 4 (retail gasoline)" in found(card, "R-14", "arithmetic")["sentence"]
    row = found(card, "L-026", "arithmetic")
    assert (row["conf_low"], row["conf_high"]) == (
        pytest.approx(-0.23, abs=0.005),
        pytest.approx(0.79, abs=0.005),
    )


def test_response_rate(card):
    row = found(card, "S1-11", "arithmetic")
    assert (row["verdict"], row["estimate"]) == ("reproduced", 42.5)
    assert "115 points" in row["sentence"]


def test_answers_needed_against_r():
    """Williams' t at the true correlations, noncentral t, by pt(..., ncp)
    > f <- function(n,a,b,c){R<-1-a^2-b^2-c^2+2*a*b*c; m<-(a+b)/2
    +   d<-(a-b)*sqrt((n-1)*(1+c)/(2*(n-1)/(n-3)*R+m^2*(1-c)^3)); q<-qt(.975,n-3)
    +   1-pt(q,n-3,d)+pt(-q,n-3,d)}
    > g <- function(k) uniroot(function(n) f(n, sqrt(k*.13), sqrt(.13), .6) - .8, c(10, 2e4), tol = 1e-6)$root
    > ceiling(sapply(c(1.12, 1.4, 1.8), g))
    [1] 11860  1169   323"""
    assert [_needed(k, 0.13, 0.6) for k in (1.12, 1.40, 1.80)] == [11860, 1169, 323]


def test_our_contests_are_reproduced_from_their_matrices(card):
    for claim in ("R-01", "R-03", "R-04", "R-05"):
        assert found(card, claim, "published")["verdict"] == "reproduced"


def test_recommendation_against_satisfaction_depends(card):
    row = found(card, "S3-09", "published")
    assert row["verdict"] == "depends"
    assert (row["low"], row["high"]) == (pytest.approx(-0.092, abs=5e-4), pytest.approx(0.198, abs=5e-4))


# Open data, where they are


def test_open_data_decide_what_waited_for_them(card_with_data):
    said = card_with_data.findings.query("kind == 'open data'").set_index("claim")["verdict"]
    assert {name: said[name] for name in ("S0-05", "S1-03", "S1-04", "S4-02", "L-006")} == {
        "S0-05": "underdetermined", "S1-03": "depends", "S1-04": "contradicted", "S4-02": "underdetermined",
        "L-006": "underdetermined",
    }  # fmt: skip
    assert {said[name] for name in ("R-07", "R-09", "R-10", "R-12")} == {"reproduced"}


def test_one_bank_is_called_one_bank(card_with_data):
    row = found(card_with_data, "S1-04", "open data")
    assert row["rule"] == "one table"
    assert row["sentence"].startswith("In one bank in Spain (1,707 customers)")
    gave = [int(each) for each in re.findall(r"[Tt]he (\d+) who gave", row["sentence"])]
    assert (len(gave), sum(gave)) == (2, row["n"])


def test_scoring_picks_the_winner(card_with_data):
    sentence = found(card_with_data, "R-09", "open data")["sentence"]
    assert "satisfaction, raw 0.5292" in sentence
    assert "satisfaction, 9-10 0.2097" in sentence
    assert "satisfaction, 10 0.1133" in sentence


def test_without_the_data_nothing_is_said(card):
    assert "it needs `csibank`" in found(card, "S4-02", "open data")["sentence"]
    assert found(card, "R-09", "open data")["verdict"] == "not yet checked"


# Rules


def test_rounding_holds_at_the_tie_and_not_beyond():
    printed = Figure("r", "correlation", 0.40, "r", digits=2)
    assert matches(0.405, printed) == matches(0.395, printed) == "reproduced"
    assert matches(0.4051, printed) == matches(0.3949, printed) == "contradicted"


def test_direction_needs_most_tables_and_no_opposite():
    yes, no, open_ = (0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1)
    assert directed([yes, yes, open_]) == "reproduced"
    assert directed([yes, open_]) == "underdetermined"
    assert directed([yes, yes, yes, no]) == "depends"
    assert directed([no, no, open_]) == "contradicted"
    assert directed([(-0.02, 0.02)], smallest=0.03) == "contradicted"


def test_estimates_are_numbers_or_nothing(card):
    for name in ("estimate", "conf_low", "conf_high", "low", "high"):
        assert not card.findings[name].map(math.isinf).any()
