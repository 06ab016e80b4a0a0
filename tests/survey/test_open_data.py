"""The door on real surveys: what their codebooks must say, and figures anyone can check."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from cxresearch.errors import SurveyError
from cxresearch.survey import read

ROUNDED = 5e-5  # published or noted to four digits
SFO = {
    "title": "SFO airport survey 2017",
    "metrics": {
        "csat": {"column": "Q7ALL", "instrument": "csat5", "missing": ["Blank", "BLANK", 0, 6]},
        "ease": {
            "columns": ["Q14FIND", "Q14PASSTHRU", "Q13GETRATE"], "scale": [1, 5], "missing": [0, 6], "min_items": 1,
        },
    },
    "outcomes": {"recommend": {"column": "NETPRO", "instrument": "nps", "missing": [11]}},
    "drivers": {"problem": {"column": "Q15PROBLEM", "kind": "binary", "labels": {"1": 1, "2": 0}, "missing": [0, 3]}},
    "design": {"weight": "WEIGHT", "cluster": "RUNID", "segments": ["METHOD"]},
}  # fmt: skip


def spearman(survey, a, b):
    cells = survey.cells([a, b], weights=False)
    both = ~np.isnan(cells.values).any(axis=1)
    rows = np.repeat(cells.values[both], cells.n[both], axis=0)
    return stats.spearmanr(rows).statistic, len(rows)


def net(survey, name, *, weights):
    cells = survey.cells(name, weights=weights)
    value = survey.question(name).official.apply(cells.column(name), survey.scale(name))
    known = ~np.isnan(value)
    return np.average(value[known], weights=cells.w[known])


def test_sfo_2017(open_data):
    survey = read(open_data("sfo_2017"), SFO)
    assert (survey.n_rows, survey.problems) == (2_831, ())
    assert spearman(survey, "ease", "recommend") == (pytest.approx(0.4788, abs=ROUNDED), 2_687)
    assert round(spearman(survey, "csat", "recommend")[0], 3) == 0.567
    assert round(net(survey, "recommend", weights=False), 1) == 39.8
    assert round(net(survey, "recommend", weights=True), 1) == 40.4
    cells = survey.cells(["csat", "recommend"], clusters=True)
    assert cells.weight_exact
    assert len(np.unique(cells.weight)) == 11
    assert cells.total == 2_831


def test_sfo_2017_without_missing_codes_is_refused(open_data):
    bare = {
        "csat": {"column": "Q7ALL", "instrument": "csat5"},
        "find": {"column": "Q14FIND", "scale": [1, 5]},
    }
    with pytest.raises(SurveyError) as caught:
        read(
            open_data("sfo_2017"),
            {"metrics": bare, "outcomes": {"nps": {"column": "NETPRO", "instrument": "nps"}}},
        )
    found = {problem.column: problem for problem in caught.value.problems}
    assert dict(found["NETPRO"].values)["11"] == found["NETPRO"].rows > 80
    assert found["Q7ALL"].kind == "text"
    assert found["Q14FIND"].kind == "missing_code"
    assert set(found["Q14FIND"].values) == {"0", "6"}


def test_sfo_2018_headers_end_in_spaces(open_data):
    book = {"metrics": {"find": {"column": "Q14FIND", "scale": [1, 5], "missing": [0, 6]}}}
    path = open_data("sfo_2018")
    with pytest.raises(SurveyError, match="it has 'Q14FIND '; spaces count"):
        read(path, book)
    book["metrics"]["find"]["column"] = "Q14FIND "
    assert read(path, book).n_rows == 2_809


def test_polars_reads_the_same_survey(open_data):
    path = open_data("sfo_2017")
    expected = read(path, SFO).cells(["csat", "ease", "recommend", "problem"], by="METHOD", clusters=True)
    lazy = read(pl.scan_csv(path, infer_schema_length=None), SFO)
    cells = lazy.cells(["csat", "ease", "recommend", "problem"], by="METHOD", clusters=True)
    np.testing.assert_array_equal(cells.values, expected.values)
    np.testing.assert_array_equal(cells.n, expected.n)
    np.testing.assert_array_equal(cells.cluster, expected.cluster)


def test_a_missing_code_left_in_is_refused_by_column_and_rows(open_data):
    """-99 left in these items changes which of them predicts loyalty better."""
    book = {
        "metrics": {"sat": {"column": "cusa", "scale": [1, 7]}, "rec": {"column": "cusl_1", "scale": [1, 7]}},
        "outcomes": {"again": {"column": "cusl_2", "scale": [1, 7]}},
    }
    path = open_data("mobile_reputation")
    with pytest.raises(SurveyError) as caught:
        read(path, book)
    assert [(p.column, p.kind, p.rows) for p in caught.value.problems] == [
        ("cusa", "missing_code", 1), ("cusl_1", "missing_code", 3), ("cusl_2", "missing_code", 4),
    ]  # fmt: skip
    assert "missing = [-99] to [metrics.sat]" in str(caught.value)
    for group in book.values():
        for entry in group.values():
            entry["missing"] = [-99]
    survey = read(path, book)
    assert round(spearman(survey, "sat", "again")[0], 3) == 0.641
    assert round(spearman(survey, "sat", "rec")[0], 3) == 0.542


def test_ecsi_and_csibank(open_data):
    ten = {"scale": [1, 10]}
    survey = read(
        open_data("ecsi_mobile"),
        {
            "metrics": {
                "sat": {"columns": ["CUSA1", "CUSA2", "CUSA3"], **ten},
                "rec": {"column": "CUSL3", **ten},
            },
            "outcomes": {"again": {"column": "CUSL1", **ten}},
        },
    )
    assert survey.problems == ()
    assert spearman(survey, "rec", "again") == (pytest.approx(0.549, abs=ROUNDED * 10), 250)
    book = {
        "metrics": {
            "sat": {"column": "sat1", "scale": [0, 10]},
            "rec": {"column": "loy3", "instrument": "nps"},
        },
        "outcomes": {"again": {"column": "loy1", "scale": [0, 10]}},
        "design": {"segments": ["Region"]},
    }
    survey = read(open_data("csibank"), book)
    assert round(net(survey, "rec", weights=False), 1) == -5.2
    book["metrics"]["rec"]["promoters"] = 8
    survey = read(open_data("csibank"), book)
    assert round(net(survey, "rec", weights=False), 1) == 15.9
    assert survey.cells("sat", by="Region").levels["Region"] == ("Center", "East", "North")
