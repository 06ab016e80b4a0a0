"""Conflicts, claims on a survey of one's own, and the command line."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import cxresearch as cx
from cxresearch import claims, datasets
from cxresearch.cli import app

BOOK = {
    "metrics": {
        "made_it_easy": {"column": "ces", "instrument": "ces2"},
        "csat": {"column": "csat", "instrument": "csat5"},
        "nps": {"column": "nps", "instrument": "nps"},
    },
    "outcomes": {"again": {"column": "again", "scale": [1, 7]}},
}


def survey(metrics=("made_it_easy", "csat", "nps"), n=2000):
    """Customers whose effort goes with buying again far more than the rest."""
    rng = np.random.default_rng(5)
    ease, other = rng.normal(size=(2, n))
    again = 0.8 * ease + 0.1 * other + 0.5 * rng.normal(size=n)
    frame = pd.DataFrame({
        "ces": np.clip(np.round(4 + 1.5 * ease), 1, 7),
        "csat": np.clip(np.round(3 + other), 1, 5),
        "nps": np.clip(np.round(5 + 2.5 * rng.normal(size=n)), 0, 10),
        "again": np.clip(np.round(4 + 1.5 * again), 1, 7),
    })  # fmt: skip
    return cx.read(frame, {**BOOK, "metrics": {name: BOOK["metrics"][name] for name in metrics}})


@pytest.fixture(scope="module")
def conflicts():
    return claims.conflicts().table


def pair(table, a, b):
    return table[(table.a == a) & (table.b == b)]


# Conflicts


def test_a_vendor_prints_three_multiples_one_of_them_unseen(conflicts):
    row = pair(conflicts, "S4-11", "L-010").iloc[0]
    assert (row["rule"], row["a_value"], row["b_value"]) == ("figures", 1.40, 1.12)
    unseen = pair(conflicts, "S4-11", "L-022").iloc[0]
    assert math.isnan(unseen["b_value"])
    assert "1.8" not in unseen["sentence"]


def test_multiples_imply_an_order_that_another_claim_denies(conflicts):
    row = pair(conflicts, "S3-09", "L-022").iloc[0]
    assert row["rule"] == "order"
    assert "satisfaction is ahead; S3-09 has recommendation ahead" in row["sentence"]
    assert not any(figure in row["sentence"] for figure in ("0.9", "1.8", "2.0"))


def test_two_winners(conflicts):
    assert pair(conflicts, "S4-01", "L-020").iloc[0]["rule"] == "winner"
    assert pair(conflicts, "S3-09", "R-02").iloc[0]["rule"] == "winner"


def test_94_and_4_against_61_and_37(conflicts):
    row = pair(conflicts, "S4-07", "L-018").iloc[0]
    assert row["rule"] == "effect"
    assert row["a_value"] == pytest.approx(376)
    assert row["b_value"] == pytest.approx(2.66, abs=0.005)


def test_bands_and_scales_differ(conflicts):
    assert set(pair(conflicts, "S1-05", "S1-07")["figure"]) == {"scale low", "detractors from"}


def test_definitions_that_differ_are_no_contradiction(conflicts):
    assert set(pair(conflicts, "S1-05", "S1-07")["rule"]) == {"definitions"}
    assert "Defines it otherwise: S1-02, S1-07, S3-01" in claims.show("S1-05").summary()


def test_two_reproduced_claims_differ_in_definition_only(conflicts):
    verdicts = claims.scorecard().table.set_index("claim")["verdict"]
    both = (
        verdicts[conflicts.a].eq("reproduced").to_numpy() & verdicts[conflicts.b].eq("reproduced").to_numpy()
    )
    assert set(conflicts[both]["rule"]) == {"definitions"}


def test_every_linked_pair_is_listed(conflicts):
    linked = {tuple(sorted((one.id, other))) for one in claims.load() for other in one.conflicts}
    assert {tuple(sorted(pair)) for pair in zip(conflicts.a, conflicts.b, strict=True)} == linked


# The user's own survey


def verdicts(table):
    return table.set_index("claim")["verdict"].to_dict()


def test_claims_hold_in_a_survey_where_effort_is_ahead():
    found = claims.check(survey())
    said = verdicts(found.table)
    assert {said[name] for name in ("S0-02", "S4-01", "L-003")} == {"reproduced"}
    assert said["S4-11"] == "contradicted"  # effort is ahead, but by far more than 40 %
    assert (
        said["L-022"] == "underdetermined"
    )  # nobody has seen the multiples: the order alone is not the claim
    assert said["L-020"] == "not testable"
    [ves] = found.table.query("claim == 'L-020'")["open"]
    assert ves == "a question for VES (instrument ves...)"
    row = found.table.query("claim == 'S4-11'").iloc[0]
    assert 0 < row["conf_low"] < row["estimate"] < row["conf_high"]
    compared = cx.compare(survey(), "again", ["made_it_easy", "csat"], n_boot=100, folds=2, repeats=1).pairs
    [same] = compared[compared.measure == "pearson_r"]["estimate"]
    assert row["estimate"] == pytest.approx(same)


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.5, "contradicted"), (0.27, "depends"), (0.15, "depends"), (0.0, "contradicted")]
)
def test_the_size_of_the_claim_is_tested_in_each_unit(share, verdict):
    """CSAT is a noisier copy of ease: 1.4 is the ratio of r where it keeps .71, of R² where .85."""
    rng = np.random.default_rng(2)
    ease, noise, other = rng.normal(size=(3, 20_000))
    again = 0.6 * ease + 0.8 * other
    keeps = 1 - share
    frame = pd.DataFrame({
        "ces": np.clip(np.round(4 + ease), 1, 7),
        "csat": np.clip(np.round(3 + keeps * ease + np.sqrt(1 - keeps**2) * noise), 1, 5),
        "again": np.clip(np.round(4 + again), 1, 7),
    })  # fmt: skip
    book = {**BOOK, "metrics": {name: BOOK["metrics"][name] for name in ("made_it_easy", "csat")}}
    row = claims.check(cx.read(frame, book)).table.query("claim == 'S4-11'").iloc[0]
    assert row["verdict"] == verdict, row["sentence"]


def test_a_claim_is_contradicted_where_the_rival_is_ahead():
    book = {
        **BOOK,
        "metrics": {"ces": {"column": "nps", "scale": [0, 10]}, "csat": {"column": "ces", "scale": [1, 7]}},
    }
    cells = survey().cells(["nps", "made_it_easy", "again"])
    frame = pd.DataFrame(cells.values.repeat(cells.n, axis=0), columns=["nps", "ces", "again"])
    assert verdicts(claims.check(cx.read(frame, book)).table)["S4-11"] == "contradicted"


@pytest.mark.parametrize(
    ("metrics", "testable", "not_testable"),
    [
        (("csat", "nps"), ["S3-09", "S1-19"], ["S0-02", "S4-01", "S4-11", "S3-07", "L-020"]),
        (("made_it_easy", "csat"), ["S4-11", "L-010", "S3-07"], ["S3-09", "S0-02", "S1-19"]),
        (("made_it_easy",), ["S3-07", "S4-14"], ["S4-11", "S3-09"]),
    ],
)
def test_a_survey_that_lacks_columns_says_which_claims_it_can_test(metrics, testable, not_testable):
    table = claims.check(survey(metrics)).table
    said = verdicts(table)
    assert not {said[name] for name in testable} & {"not testable", "not yet checked"}
    assert {said[name] for name in not_testable} <= {"not testable"}
    assert (
        table[table.verdict == "not testable"]["open"].str.contains("a question for|a driver that counts")
    ).all()


def test_a_survey_without_an_outcome_can_test_nothing():
    frame = pd.DataFrame({"ces": [1, 7], "csat": [1, 5]})
    book = {"metrics": {name: BOOK["metrics"][name] for name in ("made_it_easy", "csat")}}
    table = claims.check(cx.read(frame, book)).table
    assert set(table["verdict"]) <= {"not testable", "not yet checked"}
    assert table.query("claim == 'S4-11'")["open"].item() == "an outcome"


def test_a_simulated_survey_decides_nothing():
    simulated = cx.read(datasets.load_contact_survey(), datasets.codebook("contact_survey"))
    found = claims.check(simulated, "repurchase")
    assert not {"reproduced", "contradicted"} & set(found.table["verdict"])
    assert any(note.code == "simulated" for note in found.notes)


def test_an_unknown_outcome_is_refused():
    with pytest.raises(cx.CodebookError):
        claims.check(survey(), "nonsense")


# Results and the command line


def test_results_are_plain_json_and_text():
    for result in (claims.scorecard(), claims.show("S4-04"), claims.conflicts()):
        json.dumps(result.to_dict(), allow_nan=False)
        assert repr(result) == result.summary()
        assert "<table" in result._repr_html_()


def test_the_scorecard_names_every_claim_of_the_documents():
    text = claims.scorecard(documents_only=True).summary()
    assert all(claim.id in text for claim in claims.load() if claim.document)


def test_show_refuses_an_unknown_claim():
    with pytest.raises(ValueError, match="there is no claim 'S9-01'"):
        claims.show("S9-01")


def run(*words):
    return CliRunner().invoke(app, ["claims", *words])


def test_command_line():
    answer = run("S2-04")
    assert answer.exit_code == 0
    assert "0 cannot be given" in answer.output
    assert json.loads(run("S2-04", "--json").output)["claim"]["id"] == "S2-04"
    assert "Of the 79 claims" in run("--documents").output
    assert "376 in S4-07, 2.66 in L-018" in run("--conflicts").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("S9-99",), "there is no claim"),
        (("S2-04", "--conflicts"), "one at a time"),
        (("--data", "answers.csv"), "belong together"),
        (("S4-04", "--documents"), "--documents is of the scorecard"),
        (("--conflicts", "--documents"), "--documents is of the scorecard"),
        (
            ("--data", "answers.csv", "--codebook", "book.toml", "--documents"),
            "--documents is of the scorecard",
        ),
    ],
)
def test_command_line_usage(words, said):
    answer = run(*words)
    assert answer.exit_code == 2
    assert said in " ".join(answer.output.replace("│", " ").split())


def test_command_line_on_a_survey(tmp_path):
    data, book = tmp_path / "answers.csv", tmp_path / "codebook.toml"
    rng = np.random.default_rng(1)
    pd.DataFrame(
        {"ces": rng.integers(1, 8, 60), "csat": rng.integers(1, 6, 60), "again": rng.integers(1, 8, 60)}
    ).to_csv(data, index=False)
    book.write_text(
        '[metrics.ces]\ncolumn = "ces"\ninstrument = "ces2"\n[metrics.csat]\ncolumn = "csat"\ninstrument = "csat5"\n'
        '[outcomes.again]\ncolumn = "again"\nscale = [1, 7]\n'
    )
    answer = run("--data", str(data), "--codebook", str(book), "--json")
    assert answer.exit_code == 0
    table = json.loads(answer.output)["table"]
    assert {row["verdict"] for row in table if row["claim"] == "S3-09"} == {"not testable"}
