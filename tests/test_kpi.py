"""Indicators: reference values from base R, the documents' own examples, identities, edges, coverage."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import cxresearch as cx
from cxresearch import kpi

RTOL = 1e-9  # closed forms and inverted distributions
REFERENCE = pd.read_csv(Path(__file__).parent / "reference" / "kpi.csv", index_col="case")

TIMES = [4, 9, 12, 15, 18, 25, 31, 240, 3, 7, 66, 19, 21, 22, 90, 14, 5, 11, 13, 400]
RECEIVED = np.column_stack([[5, 6, 3, 5, 4, 7, 6, 2, 5, 4], [4, 6, 4, 6, 4, 6, 7, 3, 5, 5]])
EXPECTED = np.column_stack([[7, 6, 7, 6, 7, 7, 6, 5, 6, 7], [7, 7, 6, 7, 6, 7, 7, 5, 6, 6]])

#: By the case of tests/reference/kpi.R; the values and the R lines that made them are there.
CASES = {
    "retention 112 31 263": lambda: kpi.retention_rate(263, 112, 31),
    "response 6800 16000": lambda: kpi.response_rate(6_800, 16_000),
    "nobody of 20": lambda: kpi.retention_rate(20, 5, 5),
    "all of 20": lambda: kpi.retention_rate(20, 20, 0),
    "complaints 0 1000": lambda: kpi.complaint_rate(0, 1000),
    "complaints 10 4000": lambda: kpi.complaint_rate(10, 4000),
    "complaints 71 12345.5": lambda: kpi.complaint_rate(71, 12_345.5),
    "growth 100 134": lambda: kpi.complaint_growth(100, 134),
    "growth 5 0": lambda: kpi.complaint_growth(5, 0),
    "growth 40 60 of 1000 1500": lambda: kpi.complaint_growth(
        40, 60, customers_before=1000, customers_now=1500
    ),
    "sites 30 4000 20 5000": lambda: kpi.complaint_ratio(30, 4000, 20, 5000),
    "median of 20 times": lambda: kpi.first_response_time(TIMES, 20).median,
}


@pytest.mark.parametrize("case", CASES)
def test_indicators_equal_base_r(case):
    found = CASES[case]()
    assert_allclose(
        [found.estimate, found.conf_low, found.conf_high], REFERENCE.loc[case], rtol=RTOL, atol=1e-11
    )


@pytest.mark.parametrize(("calls", "weeks"), [(52, 4), (0, 3), (1200, 10)])
def test_next_week_equals_base_r(calls, weeks):
    loop = kpi.closed_loop({"ces": [1] * calls + [7] * 10}, [kpi.Trigger("ces", 24, at_most=3)], weeks=weeks)
    assert loop.next_week == tuple(REFERENCE.loc[f"next week {calls} {weeks}", ["low", "high"]])


def _measures(frame):
    return frame.set_index(["dimension", "measure"])


def test_servqual_equals_base_r():
    found = kpi.servqual({"empathy": RECEIVED}, {"empathy": EXPECTED})
    gap = _measures(found.table).loc[("empathy", "gap"), ["estimate", "conf_low", "conf_high"]]
    assert_allclose(gap.astype(float), REFERENCE.loc["gap"], rtol=RTOL)
    doubts = _measures(found.reliability).estimate["empathy"]
    for measure, case in [
        ("perception", "alpha perception"), ("expectation", "alpha expectation"), ("correlation", "correlation"),
        ("gap", "reliability of the gap"),
    ]:  # fmt: skip
        assert doubts[measure] == pytest.approx(REFERENCE.estimate[case], rel=RTOL)


def test_servperf_equals_base_r():
    found = _measures(kpi.servperf({"empathy": RECEIVED}).table).loc[("empathy", "perception")]
    assert_allclose(
        found[["estimate", "conf_low", "conf_high"]].astype(float), REFERENCE.loc["perception"], rtol=RTOL
    )


# What the documents print


def test_figures_of_the_documents():
    assert kpi.response_rate(6_800, 16_000).estimate == pytest.approx(42.5)
    assert kpi.complaint_growth(100, 134).estimate == pytest.approx(34)
    assert kpi.TARGETS == {"live chat": 20, "real time": 3600}
    assert len(kpi.ETHICS.points) == len(kpi.RATER) == 5
    four = {4: 11_000}
    assert kpi.stars(four).percent.estimate == pytest.approx(75)
    assert kpi.stars(four, scale=cx.Scale(0, 5)).percent.estimate == pytest.approx(80)


# Customers


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.data())
def test_new_customers_change_nothing_about_those_who_stay(start, new, data):
    stayed = data.draw(st.integers(0, start))
    assert kpi.retention_rate(start, stayed + new, new) == kpi.retention_rate(start, stayed, 0)


def test_retention_compounds():
    month = kpi.retention_rate(1000, 950, 0)
    year = kpi.compound_retention(month, 12)
    assert year.estimate == pytest.approx(100 * 0.95**12)
    back = kpi.compound_retention(year, 1 / 12)
    assert_allclose(
        [back.estimate, back.conf_low, back.conf_high], [month.estimate, month.conf_low, month.conf_high]
    )
    assert kpi.compound_retention(month, 1).notes == ()


@pytest.mark.parametrize(
    "rate",
    [
        kpi.complaint_growth(100, 134),  # 34 %, all of it between 0 and 100
        kpi.complaint_growth(100, 20),  # -80 % made a complex number of it
        kpi.complaint_cost_growth(400, 500),
        kpi.stars([4, 5]).mean,
        0.95,
        95,
        None,
    ],
    ids=str,
)
def test_what_is_no_retention_is_not_compounded(rate):
    with pytest.raises(ValueError, match="`rate` must be a share in %, as retention_rate gives it; got"):
        kpi.compound_retention(rate, 12)


def test_limits_off_a_share_are_not_compounded():
    rate = dataclasses.replace(kpi.retention_rate(100, 90, 0), conf_high=120.0)
    with pytest.raises(ValueError, match=r"must be a share in %.*\[82.56, 120.00\]"):
        kpi.compound_retention(rate, 2)
    nobody = kpi.compound_retention(kpi.retention_rate(0, 5, 5), 12)
    assert math.isnan(nobody.estimate)
    assert "nobody was there" in repr(nobody)
    with pytest.raises(ValueError, match="`periods` must be above 0; got '12'"):
        kpi.compound_retention(kpi.retention_rate(10, 9, 0), "12")


def test_undelivered_surveys_are_left_out_and_counted():
    found = kpi.response_rate(40, 110, undelivered=10)
    assert (found.estimate, found.n, found.n_missing) == (40, 100, 10)


def test_the_silent_leave_their_share_of_the_scale_open():
    found = kpi.nonresponse_range(20, 6_800, 16_000)
    assert found.high - found.low == pytest.approx(200 * 0.575)
    assert kpi.nonresponse_range(20, 50, 50).low == kpi.nonresponse_range(20, 50, 50).high == 20


def test_cost_and_revenue_ratios():
    assert kpi.cost_ratio(500, 10, 100, 20).estimate == pytest.approx(10)
    assert kpi.repeat_revenue_share(3, 4).estimate == 75
    assert math.isnan(kpi.repeat_revenue_share(3, 4).conf_low)


# Complaints


@given(st.integers(0, 300), st.floats(1, 1e6))
def test_a_rate_scales_with_what_it_is_given_for(complaints, customers):
    one, many = (kpi.complaint_rate(complaints, customers, per=per) for per in (1, 1000))
    assert_allclose(
        [1000 * one.estimate, 1000 * one.conf_low, 1000 * one.conf_high],
        [many.estimate, many.conf_low, many.conf_high],
    )


@given(st.integers(1, 500), st.integers(1, 500))
def test_log_growth_back_undoes_log_growth(before, now):
    there, back = kpi.complaint_growth(before, now, log=True), kpi.complaint_growth(now, before, log=True)
    assert_allclose(
        [there.estimate, there.conf_low, there.conf_high],
        [-back.estimate, -back.conf_high, -back.conf_low],
        atol=1e-6,
    )
    percent = kpi.complaint_growth(before, now)
    assert 100 * math.expm1(there.estimate / 100) == pytest.approx(percent.estimate)


def test_as_many_customers_change_nothing_about_growth():
    plain = kpi.complaint_growth(30, 45)
    each = kpi.complaint_growth(30, 45, customers_before=7000, customers_now=7000)
    assert (plain.estimate, plain.conf_low) == (each.estimate, each.conf_low)
    assert each.name.endswith("per customer")


def test_growth_of_cost_is_that_of_counts_where_every_complaint_costs_the_same():
    """t on the log of the ratio of two Poisson counts; R: sqrt(1/100 + 1/134), 2 v^2 / (1/100^3 + 1/134^3) df.

    > v <- 1/100 + 1/134; df <- 2 * v^2 / (1/100^3 + 1/134^3)
    > 100 * (1.34 * exp(c(-1, 1) * qt(.975, df) * sqrt(v)) - 1)
    """
    found = kpi.complaint_cost_growth([7.0] * 100, [7.0] * 134)
    assert found.estimate == pytest.approx(34)
    assert_allclose([found.conf_low, found.conf_high], [3.34861193178551, 73.74205288651319], rtol=RTOL)
    assert found.n == 234


def test_totals_of_cost_have_no_interval_and_say_so():
    found = kpi.complaint_cost_growth(400, 300)
    assert found.estimate == -25
    assert math.isnan(found.conf_low)
    assert "no interval" in repr(found)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (kpi.complaint_cost_growth([10, 20], [0, 0]), "no interval: the costs of one period sum to nothing"),
        (kpi.complaint_cost_growth([10, 20], []), "no interval: the costs of one period sum to nothing"),
        (kpi.complaint_cost_growth([0], [3, 4]), "no interval: the costs of one period sum to nothing"),
        (kpi.complaint_cost_growth(10, [3, 4]), "no interval: one total on either side has no spread"),
        (kpi.complaint_growth(0, 0), "no interval: no complaint in either period"),
        (kpi.complaint_ratio(0, 10, 0, 10), "no interval: no complaint at either site"),
    ],
)
def test_why_there_is_no_interval_is_said_truly(found, reason):
    assert math.isnan(found.conf_low)
    assert math.isnan(found.conf_high)
    assert found.method == reason


@pytest.mark.parametrize(
    "found",
    [
        kpi.retention_rate(0, 5, 5),
        kpi.complaint_rate(0, 0),
        kpi.complaint_growth(0, 3),
        kpi.complaint_growth(0, 0, log=True),
        kpi.complaint_ratio(3, 10, 0, 10),
        kpi.complaint_cost_growth(0, 10),
        kpi.complaint_cost_growth([], [3, 4]),
        kpi.response_rate(0, 5, undelivered=5),
        kpi.cost_ratio(10, 0, 10, 5),
        kpi.cost_ratio(10, 1, 0, 5),
        kpi.repeat_revenue_share(0, 0),
        kpi.first_response_time([], 20).within,
        kpi.first_response_time([], 20).median,
        kpi.first_contact_resolution([math.nan]),
        kpi.stars([]).mean,
        kpi.stars([None]).percent,
        kpi.ethics_stage([])[0],
        kpi.engagement([[4], [5]]).reliability,
    ],
    ids=lambda found: found.name,
)
def test_what_is_not_defined_says_why(found):
    assert math.isnan(found.estimate)
    assert "undefined" in repr(found)
    assert found.notes[-1].changes_reading or found.notes[0].changes_reading
    assert json.loads(json.dumps(found.to_dict()))["estimate"] is None


def test_after_none_there_is_a_lower_limit_of_growth():
    """5 after 0: at least 1.5 times less 1, from R: binom.test(5, 5)$conf.int[1] = 0.4782."""
    found = kpi.complaint_growth(0, 5)
    assert found.conf_low == pytest.approx(100 * (0.478176250 / (1 - 0.478176250) - 1), rel=1e-6)
    assert found.conf_high == math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kpi.retention_rate(100, 50, 60), "60 new customers cannot be among 50"),
        (lambda: kpi.retention_rate(100, 150, 40), "110 stayed"),
        (lambda: kpi.retention_rate(100.5, 50, 0), "`start` must be a whole number"),
        (lambda: kpi.retention_rate(100, -1, 0), "`end` must be a whole number"),
        (lambda: kpi.retention_rate(100, 50, 0, conf_level=95), "`conf_level`"),
        (lambda: kpi.retention_rate(0, 0, 0, conf_level=95), "`conf_level`"),
        (lambda: kpi.compound_retention(kpi.retention_rate(10, 9, 0), 0), "`periods` must be above 0"),
        (lambda: kpi.compound_retention(kpi.complaint_rate(1, 9), 2), "must be a share in %"),
        (lambda: kpi.complaint_rate(1, 0), "cannot come from 0 customers"),
        (lambda: kpi.complaint_rate(math.nan, 10), "whole number"),
        (lambda: kpi.complaint_growth(1, 2, customers_now=10), "or neither"),
        (lambda: kpi.complaint_growth(1, 2, customers_before=0, customers_now=10), "need customers"),
        (lambda: kpi.complaint_ratio(1, 0, 1, 10), "both sites need customers"),
        (lambda: kpi.complaint_cost_growth([1, -2], [3]), "amounts from 0"),
        (lambda: kpi.response_rate(50, 55, undelivered=10), "50 cannot have answered"),
        (lambda: kpi.nonresponse_range(20, 60, 50), "answered"),
        (lambda: kpi.nonresponse_range(120, 40, 50), "must lie between"),
        (lambda: kpi.repeat_revenue_share(5, 4), "exceeds"),
        (lambda: kpi.first_response_time([-1, 2], 20), "1 times are negative"),
        (lambda: kpi.first_response_time([1, 2], 0), "`target` must be above 0"),
        (lambda: kpi.first_response_time([1, 2], "live chat"), "`target` must be above 0, a number of seconds"),
        (lambda: kpi.first_response_time([1, 2], math.nan), "`target` must be above 0"),
        (lambda: kpi.retention_rate("100", 90, 3), "`start` must be a whole number from 0; got '100'"),
        (lambda: kpi.retention_rate(None, 90, 3), "`start` must be a whole number from 0; got None"),
        (lambda: kpi.retention_rate(np.array([100, 200]), 90, 3), "`start` must be a whole number"),
        (lambda: kpi.retention_rate(True, 1, 0), "`start` must be a whole number from 0; got True"),
        (lambda: kpi.complaint_rate(5, "1000"), "`customers` must be an amount from 0; got '1000'"),
        (lambda: kpi.cost_ratio(None, 1, 2, 3), "`won_cost` must be an amount from 0; got None"),
        (lambda: kpi.stars({5: "60"}), "`stars: 5` must be a whole number from 0; got '60'"),
        (lambda: kpi.first_contact_resolution([0.5]), "unit='case'"),
        (lambda: kpi.stars([0, 5]), "1 of 2 do not: 0"),
        (lambda: kpi.ethics_stage(["moral"]), "words known: 'amoral', 'responsible'"),
        (lambda: kpi.engagement([1, 2]), "a row an employee"),
        (lambda: kpi.engagement([[1, 6]]), "1 of 2 do not: 6"),
        (lambda: kpi.engagement([[1, 5]], engaged_from=9), "`engaged_from`"),
        (lambda: kpi.engagement([[1, 5], [2, 2]], employees=1), "2 rows of answers cannot come from 1 employees"),
        (lambda: kpi.engagement([[5, 4]] * 4 + [[5, None]] * 4, employees=5), "8 rows of answers .* 5 employees"),
        (lambda: kpi.engagement([[5, 4]], employees=math.nan), "`employees` must be a whole number from 0; got nan"),
        (lambda: kpi.engagement([[5, 4]], employees="12"), "`employees` must be a whole number from 0; got '12'"),
        (lambda: kpi.complaint_rate(5, 1000, per=0), "`per` must be above 0"),
        (lambda: kpi.complaint_cost_growth("ten", [50]), "costs must be amounts from 0"),
        (lambda: kpi.complaint_cost_growth(None, 5), "costs must be amounts from 0"),
        (lambda: kpi.percent_of_scale(kpi.response_rate(1, 2), cx.Scale(1, 5)), "is no mean"),
        (lambda: kpi.servqual({}, {}), "no dimension"),
        (lambda: kpi.servqual({"empathy": RECEIVED}, {"tangibles": EXPECTED}), "same items and customers"),
        (lambda: kpi.servqual({"empathy": RECEIVED}, {"empathy": EXPECTED[:, :1]}), "same items and customers"),
        (lambda: kpi.servperf({"empathy": RECEIVED, "tangibles": RECEIVED[:4]}), "same customers"),
        (lambda: kpi.servperf({"empathy": [[8, 1]]}), "1 of 2 do not: 8"),
        (lambda: kpi.servperf({"empathy": [[None, 1]]}), "nobody answered every item"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, weights={"tangibles": 1}), "must name empathy"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, weights={"empathy": -1}), "points from 0"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, weights={"empathy": 0}), "sum to nothing"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, scale=cx.Scale(1, 7, good="low")), "turn the items"),
        (lambda: kpi.servperf({"empathy": [1, 2]}), "a row a customer"),
        (lambda: kpi.Trigger("ces", 24), "either at_most= or at_least="),
        (lambda: kpi.Trigger("ces", 24, at_most=1, at_least=2), "either at_most= or at_least="),
        (lambda: kpi.Trigger("ces", 0, at_most=1), "`within_hours` must be above 0"),
        (lambda: kpi.Trigger("ces", 24, at_most=math.nan), "`at_most` must be a number; got nan"),
        (lambda: kpi.Trigger("ces", 24, at_least="2"), "`at_least` must be a number; got '2'"),
        (lambda: kpi.Trigger("ces", "24", at_most=2), "`within_hours` must be above 0; got '24'"),
        (lambda: kpi.closed_loop({"ces": [1]}, [kpi.Trigger("ces", 1, at_most=1)], weeks="8"), "`weeks`.*got '8'"),
        (lambda: kpi.closed_loop({"stars": [1]}, [kpi.Trigger("star", 1, at_most=1)], weeks=1), "there are stars"),
        (lambda: kpi.closed_loop({"ces": ["x"]}, [kpi.Trigger("ces", 1, at_most=1)], weeks=1), "`ces` must hold"),
        (lambda: kpi.call_back_hours({"ces": 5}, [kpi.Trigger("ces", 1, at_most=1)]), "`ces` must hold number"),
        (lambda: kpi.closed_loop({"ces": 5}, [kpi.Trigger("ces", 1, at_most=1)], weeks=1), "`ces` must hold number"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, weights={"empathy": [1, 2]}), "`empathy` .* 10 customers; got 2"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, weights={"empathy": "a"}), "`empathy` .* got 'a'"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, weights={"empathy": math.nan}), "`empathy` .* got nan"),
        (lambda: kpi.first_contact_resolution(["yes", "no"]), "each outcome must be 1, 0 or missing"),
        (lambda: kpi.servperf({"empathy": RECEIVED}, weights=[1]), r"`weights` must name empathy; got \[1\]"),
        (lambda: kpi.stars(pd.Series([5, 4, 4, 1]).value_counts()), r"value_counts.*to_dict\(\)"),
        (lambda: kpi.stars(pd.Series([5, 4]).value_counts(normalize=True)), "value_counts"),
        (lambda: kpi.closed_loop({"ces": [1]}, [], weeks=1), "at least one trigger"),
        (lambda: kpi.closed_loop({"ces": [1]}, [kpi.Trigger("ces", 1, at_most=1)], weeks=0), "`weeks`"),
        (lambda: kpi.closed_loop({"ces": [1]}, [kpi.Trigger("nps", 1, at_most=1)], weeks=1), "no answers to nps"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Speed


def test_contacts_never_answered_count_as_late():
    found = kpi.first_response_time([5, 10, math.nan, math.nan, math.nan], 20)
    assert found.within.estimate == pytest.approx(40)
    assert found.median.estimate == math.inf
    assert "3 of 5 contacts never answered" in repr(found)


def test_on_the_second_of_the_target_is_not_under_it():
    assert kpi.first_response_time([20], 20).within.estimate == 0
    assert kpi.first_response_time([19.9], 20).within.estimate == 100


def test_time_differences_are_seconds():
    """What pandas subtracts holds its own unit: 4 s must not be 4 million."""
    seconds = [4, 9, 60, math.nan]
    plain = kpi.first_response_time(seconds, 20)
    spans = pd.to_timedelta(pd.Series(seconds), unit="s")
    for times in (spans, spans.astype("timedelta64[ns]"), spans.to_numpy(), list(spans)):
        assert repr(kpi.first_response_time(times, 20)) == repr(plain)
    with pytest.raises(ValueError, match=r"not minutes; give numbers: times.dt.total_seconds"):
        kpi.first_response_time(spans, 20, unit="minutes")


@pytest.mark.parametrize("times", [["4", "soon"], pd.Series(pd.to_datetime(["2026-01-01"]))])
def test_times_to_a_response_that_are_no_times_are_refused(times):
    with pytest.raises(ValueError, match=r"`times` must be numbers of seconds"):
        kpi.first_response_time(times, 20)


def test_the_day_ends_at_midnight_of_the_zone():
    opened = pd.to_datetime(pd.Series(["2026-03-01T22:30Z", "2026-03-01T23:30Z"]))
    closed = pd.to_datetime(pd.Series(["2026-03-01T23:15Z", "2026-03-02T20:00Z"]))
    until = pd.Timestamp("2026-03-09T00:00Z")
    assert kpi.resolved_at_first(opened, closed, until=until).tolist() == [1, 0]
    local = [times.dt.tz_convert("Europe/Berlin") for times in (opened, closed)]
    assert kpi.resolved_at_first(*local, until=until).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("zone", "opened", "last", "next_day"),
    [
        ("Africa/Cairo", "2024-04-25T10:00+02:00", "2024-04-25T23:59:59+02:00", "2024-04-26T01:00+03:00"),
        ("Africa/Cairo", "2024-04-26T01:00+03:00", "2024-04-26T23:59:59+03:00", "2024-04-27T00:00+03:00"),
        ("Africa/Cairo", "2024-10-31T10:00+03:00", "2024-10-31T23:59:59+02:00", "2024-11-01T00:00+02:00"),
        ("America/Havana", "2024-11-02T10:00-04:00", "2024-11-02T23:59:59-04:00", "2024-11-03T00:00-04:00"),
        ("America/Havana", "2024-11-03T00:30-05:00", "2024-11-03T23:59:59-05:00", "2024-11-04T00:00-05:00"),
        ("America/Sao_Paulo", "2018-11-03T10:00-03:00", "2018-11-03T23:59:59-03:00", "2018-11-04T01:00-02:00"),
        ("Europe/Berlin", "2026-03-29T01:00+01:00", "2026-03-29T23:59:59+02:00", "2026-03-30T00:00+02:00"),
    ],
)  # fmt: skip
def test_the_day_ends_where_clocks_change_at_midnight(zone, opened, last, next_day):
    """Cairo and São Paulo skip 0:00 in spring; Cairo has 23:00 twice in autumn, Havana 0:00."""
    first, in_time, late, until = (
        pd.Series(pd.to_datetime([text])).dt.tz_convert(zone)
        for text in (opened, last, next_day, "2027-01-01T00:00+00:00")
    )
    assert kpi.resolved_at_first(first, in_time, until=until[0]).tolist() == [1]
    assert kpi.resolved_at_first(first, late, until=until[0]).tolist() == [0]


@pytest.mark.parametrize("within", [7, 7.0, np.int64(7), np.float32(7)])
def test_days_of_any_number_type_are_days(within):
    found = kpi.resolved_at_first(
        ["2026-01-02"] * 2, ["2026-01-08", "2026-01-10"], within=within, until="2026-03-01"
    )
    assert found.tolist() == [1, 0]


@pytest.mark.parametrize("within", [0, -1, True, np.True_, math.nan, math.inf, "7", None])
def test_days_that_are_no_days_are_refused(within):
    with pytest.raises(ValueError, match="`within` must be days above 0 or 'same day'"):
        kpi.resolved_at_first(["2026-01-02"], [None], within=within)


def test_days_agree_with_the_contact_log():
    """The same cases as events: what the log says of each is what the columns say."""
    rng = np.random.default_rng(5)
    n = 400
    opened = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 60 * 1440, n), unit="min")
    closed = opened + pd.to_timedelta(rng.exponential(3000, n).round() + 1, unit="min")
    again = opened + pd.to_timedelta(rng.exponential(9000, n).round() + 1, unit="min")
    closed, again = closed.where(rng.random(n) < 0.8), again.where(rng.random(n) < 0.5)
    events = pd.concat(
        pd.DataFrame({"case": range(n), "at": times, "what": what})
        for times, what in [(opened, "asks"), (closed, "closes"), (again, "asks")]
    ).dropna()
    book = {
        "case": "case",
        "time": "at",
        "type": "what",
        "closed": ["closes"],
        "contact": ["asks"],
        "zone": "UTC",
    }
    log = cx.read_contacts(events, {"contacts": book}, within_days=3, until="2026-02-20")
    log = log.table.sort_values("case")
    opened, closed, again = (times[opened <= "2026-02-20"] for times in (opened, closed, again))
    found = kpi.resolved_at_first(opened, closed, again, within=3, until="2026-02-20")
    np.testing.assert_array_equal(found, log["first_contact_resolution"].to_numpy())
    assert 0 < np.isnan(found).sum() < len(found) < n
    rate = kpi.first_contact_resolution(log["first_contact_resolution"])
    assert rate.n + rate.n_missing == len(found)
    assert rate.estimate == pytest.approx(100 * np.nanmean(found))


def test_times_that_cannot_be_are_refused():
    for columns, message in [
        ((["2026-01-02"], ["2026-01-01"]), "1 cases were closed"),
        (([None], ["2026-01-01"]), "have no first contact"),
        ((["2026-01-02"], ["soon"]), "`closed` holds what is no time"),
        ((["2026-01-02", "2026-01-03"], ["2026-01-03"]), "differ in length"),
        ((["2026-01-02"], ["2026-01-03T00:00Z"]), "either all times or none"),
    ]:
        with pytest.raises(ValueError, match=message):
            kpi.resolved_at_first(*columns)
    with pytest.raises(ValueError, match="`within` must be days"):
        kpi.resolved_at_first(["2026-01-02"], [None], within=0)
    assert kpi.resolved_at_first([], []).shape == (0,)


# Answers on a scale


def test_stars_are_what_score_gives():
    """The mean and its interval are those of `cx.score` on the same answers."""
    counts = {5: 61, 4: 20, 3: 8, 2: 6, 1: 5}
    answers = np.repeat(list(counts), list(counts.values()))
    survey = cx.read(
        pd.DataFrame({"s": answers}), {"metrics": {"stars": {"column": "s", "instrument": "stars5"}}}
    )
    table = cx.score(survey).table
    [row] = table[table["scorer"] == "mean"].to_dict("records")
    found = kpi.stars(counts)
    assert found == kpi.stars(answers)
    assert_allclose(
        [found.mean.estimate, found.mean.conf_low, found.mean.conf_high],
        [row["estimate"], row["conf_low"], row["conf_high"]],
    )
    assert found.call_back.estimate == pytest.approx(11)


def test_answers_that_pandas_counted_are_counts():
    answers = pd.Series([5, 4, 4, 1])
    assert kpi.stars(answers.value_counts().to_dict()) == kpi.stars(answers)
    assert kpi.stars(answers.rename("count")) == kpi.stars(answers)  # a column may bear that name


def test_a_dozen_reviews_cannot_tell_whether_a_product_reaches_its_stars():
    few, many = {5: 8, 4: 3, 1: 1}, {5: 800, 4: 300, 1: 100}
    assert kpi.stars(few, demanded=4.5).reaches == "cannot tell"
    assert kpi.stars(many, demanded=4.5).reaches == "no"
    assert kpi.stars({5: 990, 4: 10}, demanded=4.5).reaches == "yes"
    assert kpi.stars(many).reaches is None


def test_where_low_is_good_bad_answers_are_above():
    """Turned over, the same answers: 6 - x on a scale whose low end is good."""
    good = {5: 800, 4: 190, 1: 60}
    low = {6 - star: n for star, n in good.items()}
    scale = cx.Scale(1, 5, good="low")
    for demanded, reaches in [(4.5, "yes"), (4.6, "cannot tell"), (4.8, "no")]:
        up = kpi.stars(good, call_below=3, demanded=demanded)
        down = kpi.stars(low, scale=scale, call_below=3, demanded=6 - demanded)
        assert up.reaches == down.reaches == reaches
        assert up.call_back.estimate == down.call_back.estimate == pytest.approx(100 * 60 / 1050)
    assert down.call_back.name == "reviews above 3 stars"


@pytest.mark.parametrize("name", ["demanded", "call_below"])
@pytest.mark.parametrize("value", [90, math.nan, 0.5, "4.5", True])
def test_stars_off_the_scale_cannot_be_demanded(name, value):
    with pytest.raises(cx.ScaleError, match=f"`{name}` must lie on the scale 1-5"):
        kpi.stars({5: 60, 4: 3}, **{name: value})


def test_effort_is_turned_on_the_way_to_percent():
    effort = cx.Scale(1, 5, good="low")
    found = kpi.stars({1: 30, 2: 10}, scale=effort).percent
    assert found.estimate == pytest.approx(93.75)
    assert found.conf_low < found.estimate < found.conf_high


def test_engagement_of_everybody_has_no_interval_left():
    answers = [[5, 4, 5], [2, 3, 3], [4, 4, 4], [1, 2, 2]]
    found = kpi.engagement(answers, employees=4)
    assert found.engaged.conf_low == found.engaged.conf_high == found.engaged.estimate == 50
    assert found.index.conf_low == pytest.approx(found.index.estimate)
    assert found.index.estimate == pytest.approx(100 * (np.mean(answers) - 1) / 4)
    wide = kpi.engagement(answers)
    assert wide.engaged.conf_low < 50 < wide.engaged.conf_high
    assert wide.reliability.estimate == pytest.approx(cx_alpha(answers))


def cx_alpha(answers):
    items = np.cov(np.asarray(answers, float), rowvar=False)
    k = len(items)
    return k / (k - 1) * (1 - np.trace(items) / items.sum())


def test_alpha_without_a_spread_of_totals_says_so():
    turned = kpi.engagement([[5, 4], [4, 5], [5, 4], [4, 5], [5, 4]]).reliability
    three = kpi.engagement([[5, 4, 4], [4, 5, 4], [4, 4, 5], [5, 4, 4]]).reliability
    for found in (turned, three):
        assert math.isnan(found.estimate)
        assert "all have the same total" in repr(found)
    assert "all answered alike" in repr(kpi.engagement([[5, 4, 4]] * 4).reliability)


def test_the_correlation_of_a_constant_is_missing():
    """Means such as 17/3 leave a rounding residue when centred, which correlated with anything."""
    rng = np.random.default_rng(8)
    for n in range(3, 40):
        answers = rng.integers(1, 8, (n, 3))
        constant = np.tile([5, 6, 6], (n, 1))
        turned = np.array([rng.permutation([5, 6, 6]) for _ in range(n)])
        for other in (constant, turned):
            found = _measures(kpi.servqual({"empathy": other}, {"empathy": answers}).reliability).estimate[
                "empathy"
            ]
            assert np.isnan(found[["perception", "correlation", "gap"]]).all()
        level = np.minimum(answers, 6)
        same = _measures(kpi.servqual({"empathy": level}, {"empathy": level + 1}).reliability).estimate[
            "empathy"
        ]
        assert np.isnan(same["gap"])  # the difference does not vary


def test_a_table_says_why_a_reliability_is_missing():
    found = kpi.servperf({"empathy": [[5, 4], [4, 5], [5, 4]], "tangibles": [[5, 4], [3, 5], [5, 1]]})
    [note] = [note.text for note in found.notes if note.code == "undefined"]
    assert note == "Alpha of `empathy` (perception) is not defined: all have the same total."


def test_stages_are_read_as_order():
    median, *reached = kpi.ethics_stage(["amoral", 2, 3, 3, 4, "responsible", None])
    assert (median.estimate, median.n, median.n_missing) == (3, 6, 1)
    shares = [one.estimate for one in reached]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(100 / 6)


# Service quality


def _five(rng, n=60):
    mood = rng.normal(0, 1, (n, 1))
    return {name: np.clip(np.round(5 + mood + rng.normal(0, 1, (n, 4))), 1, 7) for name in kpi.RATER}


def test_servqual_is_servperf_less_expectations():
    rng = np.random.default_rng(1)
    received, expected = _five(rng), _five(rng)
    gaps = kpi.servqual(received, expected).table.estimate
    assert_allclose(
        gaps, kpi.servperf(received).table.estimate - kpi.servperf(expected).table.estimate, atol=1e-12
    )
    assert_allclose(gaps, -kpi.servqual(expected, received).table.estimate, atol=1e-12)
    assert gaps.iloc[-1] == pytest.approx(gaps.iloc[:5].mean())


def test_equal_weights_are_none_and_only_their_shares_count():
    rng = np.random.default_rng(2)
    received, expected = _five(rng), _five(rng)
    table = _measures(kpi.servqual(received, expected, weights=dict.fromkeys(kpi.RATER, 20)).table)
    assert table.loc[("all", "gap")].to_list() == pytest.approx(table.loc[("all, weighted", "gap")].to_list())
    own = {name: rng.integers(1, 40, 60).astype(float) for name in kpi.RATER}
    twice = {name: 2 * points for name, points in own.items()}
    one, two = (kpi.servqual(received, expected, weights=weights).table for weights in (own, twice))
    pd.testing.assert_frame_equal(one, two)
    only = kpi.servperf(received, weights=dict.fromkeys(kpi.RATER, 0) | {"empathy": 1})
    estimates = only.table.set_index("dimension").estimate
    assert estimates["all, weighted"] == pytest.approx(estimates["empathy"])


def test_who_left_an_item_out_is_left_out_there_and_over_all():
    rng = np.random.default_rng(3)
    received, expected = _five(rng), _five(rng)
    received["empathy"][:3, 0] = np.nan
    expected["tangibles"][2:7, 1] = np.nan
    found = kpi.servqual(received, expected)
    table = found.table.set_index("dimension")
    assert table.n_missing[["empathy", "tangibles", "assurance", "all"]].to_list() == [3, 5, 0, 7]
    assert (found.n, found.n_missing) == (53, 7)
    assert table.loc["all", "estimate"] != pytest.approx(table.estimate.iloc[:5].mean())


def _asked(rng):
    """Two dimensions as columns, one item of each asked the other way round, codes for no answer; and its codebook."""
    received, expected = _five(rng), _five(rng)
    names = kpi.RATER[:2]
    frame, book = pd.DataFrame(), {}
    for side, answers in (("got", received), ("want", expected)):
        answers[names[0]][::9, 1] = np.nan
        for name in names:
            columns = [f"{side}_{name}_{i}" for i in range(4)]
            frame[columns] = pd.DataFrame(answers[name]).fillna(99)
            frame[columns[3]] = 8 - frame[columns[3]].where(frame[columns[3]] != 99)
            book[f"{side}_{name}"] = {
                "columns": columns, "reverse": [columns[3]], "instrument": "servqual", "missing": [99],
            }  # fmt: skip
    return received, expected, cx.read(frame, {"metrics": book})


def test_a_survey_and_its_columns_give_one_gap():
    received, expected, survey = _asked(np.random.default_rng(6))
    names = kpi.RATER[:2]
    got, want = ({name: f"{side}_{name}" for name in names} for side in ("got", "want"))
    weights = dict(zip(names, [70, 30], strict=True))
    whole = kpi.servqual(got, want, survey=survey, weights=weights)
    plain = kpi.servqual(
        {name: received[name] for name in names}, {name: expected[name] for name in names}, weights=weights
    )
    for table in ("table", "means", "reliability"):
        pd.testing.assert_frame_equal(getattr(whole, table), getattr(plain, table))
    assert whole.notes == plain.notes
    pd.testing.assert_frame_equal(
        kpi.servperf(got, survey=survey).table, kpi.servperf({name: received[name] for name in names}).table
    )
    with pytest.raises(cx.CodebookError, match="nothing"):
        kpi.servperf({"empathy": "nothing"}, survey=survey)
    with pytest.raises(ValueError, match="one number a dimension"):
        kpi.servperf({"empathy": "got_assurance"}, survey=survey, weights={"empathy": [1, 2]})
    with pytest.raises(ValueError, match="one dimension and side"):
        kpi.servqual(got, got, survey=survey)


def test_a_survey_of_two_scales_or_with_weights_says_so():
    frame = pd.DataFrame({"a": [1, 5, 3], "b": [7, 2, 4], "w": [1.0, 2.0, 1.5]})
    book = {"a": {"column": "a", "scale": [1, 5]}, "b": {"column": "b", "scale": [1, 7]}}
    survey = cx.read(frame, {"metrics": book, "design": {"weight": "w"}, "title": "Three (simulated)"})
    with pytest.raises(cx.ScaleError, match="all items need one scale; got 1-5, 1-7"):
        kpi.servqual({"empathy": "a"}, {"empathy": "b"}, survey=survey)
    found = kpi.servperf({"empathy": "a"}, survey=survey)
    assert found.table.estimate[0] == 3
    assert [note.code for note in found.notes] == ["undefined", "dimensions", "unweighted", "simulated"]


def test_the_ceiling_of_expectations_is_a_share_with_an_interval():
    found = kpi.servqual({"empathy": RECEIVED}, {"empathy": np.full((10, 2), 7)})
    row = _measures(found.means).loc[("empathy", "expectation at the best answer")]
    assert row.estimate == 100
    assert row.conf_low == pytest.approx(72.2467, abs=1e-3)  # Wilson, 10 of 10
    assert np.isnan(_measures(found.reliability).estimate[("empathy", "gap")])
    assert [note.code for note in found.notes] == ["undefined", "dimensions"]
    json.dumps(found.to_dict())
    assert "all" in found.summary()


# The closed loop


def test_a_customer_is_called_once_and_within_the_shortest_time():
    rules = [kpi.Trigger("ces", 48, at_most=3), kpi.Trigger("nps", 24, at_most=2)]
    answers = {"ces": [1, 2, 7, math.nan, 7, math.nan], "nps": [0, 9, 1, 10, 10, math.nan]}
    assert_allclose(kpi.call_back_hours(answers, rules), [24, 48, 24, np.nan, np.nan, np.nan])
    found = kpi.closed_loop(answers, rules, weeks=2)
    rows = found.table.set_index(["trigger", "measure"])
    per_week = rows.xs("calls per week", level="measure").estimate
    assert per_week.to_dict() == {"ces at most 3": 1.0, "nps at most 2": 1.0, "any": 1.5}
    assert rows.n["any"].iloc[0] == 5
    assert found.n_missing == 1
    assert rows.loc[("any", "calls open at once"), "estimate"] == pytest.approx((24 + 48 + 24) / 2 / 168)


def test_a_survey_and_its_columns_give_one_workload():
    from cxresearch import datasets

    frame = datasets.load_contact_survey()
    survey = cx.read(frame, Path(cx.__file__).parent / "codebooks" / "contact_survey.toml")
    rules = [kpi.Trigger("ces", 48, at_most=3), kpi.Trigger("nps", 24, at_most=4)]
    whole = kpi.closed_loop(survey, rules, weeks=10)
    columns = kpi.closed_loop({name: frame[name] for name in ("ces", "nps")}, rules, weeks=10)
    pd.testing.assert_frame_equal(whole.table, columns.table)
    assert [note.code for note in whole.notes] == ["simulated"]
    assert columns.notes == ()
    turned = kpi.closed_loop(survey, [kpi.Trigger("ces", 48, at_least=6)], weeks=10)
    assert turned.notes[0].changes_reading


def test_calls_open_at_once_leave_the_mix_of_times_to_chance():
    """8 calls of a week and 200 of an hour: with the mean time taken as known, 41 % of intervals held the truth."""
    rng = np.random.default_rng(3)
    rules = [kpi.Trigger("nps", 168, at_most=0), kpi.Trigger("stars", 1, at_most=0)]
    held, draws = 0, 200
    for slow, fast in rng.poisson((8, 200), (draws, 2)):
        nps, stars = np.repeat([0, 9, 9], [slow, fast, 50]), np.repeat([9, 0, 9], [slow, fast, 50])
        rows = kpi.closed_loop({"nps": nps, "stars": stars}, rules, weeks=1).table.set_index(
            ["trigger", "measure"]
        )
        row = rows.loc[("any", "calls open at once")]
        assert row.estimate == pytest.approx((168 * slow + fast) / 168)
        held += row.conf_low <= (168 * 8 + 200) / 168 <= row.conf_high
    assert held / draws >= 0.93


def test_one_time_for_all_calls_leaves_the_poisson_interval():
    rules = [kpi.Trigger("nps", 24, at_most=3), kpi.Trigger("ces", 24, at_most=2)]
    found = kpi.closed_loop({"nps": [1, 2, 9, 9], "ces": [1, 7, 1, 7]}, rules, weeks=2)
    rows = found.table.set_index(["trigger", "measure"])[["estimate", "conf_low", "conf_high"]]
    week, at_once = (rows.loc[("any", measure)] for measure in ("calls per week", "calls open at once"))
    assert_allclose(at_once, week * 24 / 168)
    assert "gamma" not in found.method


def test_no_call_has_an_upper_limit():
    found = kpi.closed_loop({"ces": [7] * 50}, [kpi.Trigger("ces", 24, at_most=3)], weeks=1)
    row = found.table.set_index(["trigger", "measure"]).loc[("any", "calls per week")]
    assert (row.estimate, round(row.conf_high, 2)) == (0, 3.69)
    assert not found.table[["estimate", "conf_low", "conf_high"]].isna().any(axis=None)
    assert found.table.within_hours.isna().tolist() == [False] * 3 + [True] * 3


# Coverage


@pytest.mark.parametrize("truth", [0.02, 0.3, 0.9])
def test_shares_cover_on_average_their_level(truth):
    """Exactly, averaged over group sizes 20 to 60: Wilson's interval is near .95, not above it everywhere."""
    covered = []
    for n in range(20, 61, 5):
        ends = np.array([
            (found.conf_low, found.conf_high) for found in (kpi.retention_rate(n, kept, 0) for kept in range(n + 1))
        ])  # fmt: skip
        chance = np.array([math.comb(n, k) * truth**k * (1 - truth) ** (n - k) for k in range(n + 1)])
        covered.append(chance[(ends[:, 0] <= 100 * truth) & (100 * truth <= ends[:, 1])].sum())
    assert 0.93 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize(("employees", "asked"), [(12, 8), (60, 50), (200, 150)])
def test_shares_of_a_small_firm_cover_on_average_their_level(employees, asked):
    """Exactly, over every number of engaged employees there may be: drawing without putting back."""
    ends = [
        (found.conf_low - 1e-9, found.conf_high + 1e-9)
        for k in range(asked + 1)
        for found in [kpi.engagement([[5]] * k + [[1]] * (asked - k), employees=employees).engaged]
    ]
    covered = [
        sum(
            math.comb(engaged, k) * math.comb(employees - engaged, asked - k) / math.comb(employees, asked)
            for k, (low, high) in enumerate(ends)
            if low <= 100 * engaged / employees <= high
        )
        for engaged in range(employees + 1)
    ]
    assert 0.94 <= np.mean(covered) <= 0.97
