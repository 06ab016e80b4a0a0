"""Comparisons of correlations: published examples, R's psych, identities."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.correlations import (
    DEPENDENT_TESTS,
    compare_dependent,
    compare_independent,
    fisher_interval,
    meng_interval,
    zou_interval,
)

RTOL = 1e-10  # closed form: only rounding may differ
RTOL_TAIL = 1e-8  # psych takes 1 - cdf for its normal p-values, losing digits in the tail; t p-values agree
REFERENCE = Path(__file__).parents[1] / "reference"

correlation = st.floats(-0.95, 0.95)


@pytest.mark.parametrize(
    ("test", "statistic", "p_value"),
    [
        # DEPCOR (Silver, Hittner & May 2006, Appl. Psychol. Meas. 30, 152-153), as R's cocor checks itself:
        # r = .3, .4, between .5, n = 100
        ("williams", -1.0767, 0.2843),
        ("steiger", -1.0718, 0.2838),
        ("meng", -1.0707, 0.2843),
        ("hittner", -1.0715, 0.2839),
        ("dunn_clark", -1.0730, 0.2833),
    ],
)
def test_depcor_example(test, statistic, p_value):
    result = compare_dependent(0.3, 0.4, 0.5, 100, test)
    assert round(result.statistic, 4) == statistic
    assert round(result.p_value, 4) == p_value
    assert result.test == test


@pytest.mark.parametrize(
    ("test", "arguments", "digits", "statistic"),
    [
        # stat-help.com spreadsheet, quoted in cocor's tests
        ("dunn_clark", (0.5, 0.6, 0.7, 100), 10, -1.5838851123),
        # Steiger (1980), case A; the paper prints -.8913 from a covariance rounded to .0042
        ("steiger", (0.4, 0.5, 0.1, 103), 7, -0.8887185),
        # Meng, Rosenthal & Rubin (1992), p. 174
        ("meng", (0.63, -0.03, -0.19, 15), 2, 1.68),
        # May & Hittner (1997), Psychol. Rep. 80, 475-480
        ("meng", (0.5, 0.2, 0.0, 50), 2, 1.62),
        ("meng", (0.5, 0.2, 0.8, 50), 2, 3.50),
        ("meng", (0.7, 0.4, 0.8, 50), 2, 4.05),
        ("olkin", (0.5, 0.2, 0.3, 50), 2, 2.00),
        # Glass & Stanley (1970), p. 314; the book's own arithmetic gives 1.60
        ("olkin", (0.56, 0.43, 0.52, 100), 2, 1.59),
    ],
)
def test_published_statistics(test, arguments, digits, statistic):
    assert round(compare_dependent(*arguments, test).statistic, digits) == statistic


def test_published_intervals():
    """Zou (2007), pp. 406-409: both examples; Meng et al. (1992) print -.129 to 1.671."""
    assert_allclose(zou_interval(0.396, 0.179, 0.088, 66), (-0.093, 0.517), atol=5e-4)
    independent = compare_independent(0.49, 145, 0.36, 87)
    assert_allclose((independent.conf_low, independent.conf_high), (-0.087, 0.359), atol=5e-4)
    assert_allclose(meng_interval(0.63, -0.03, -0.19, 15), (-0.129, 1.672), atol=5e-4)


def test_published_independent_test():
    """stat-help.com spreadsheet: r = .4 and .5, 100 each; Cohen et al. (2003) .657 (62) and .430 (143)."""
    result = compare_independent(0.4, 100, 0.5, 100)
    assert round(result.statistic, 10) == -0.8751012342
    assert round(result.p_value, 10) == 0.3815188256
    assert round(compare_independent(0.657, 62, 0.430, 143).statistic, 6) == 2.110737


def test_psych():
    table = pd.read_csv(REFERENCE / "correlations_psych.csv")
    assert len(table) > 100
    for row in table.itertuples():
        dependent = compare_dependent(row.r_ay, row.r_by, row.r_ab, row.n)
        independent = compare_independent(row.r_ay, row.n, row.r_by, 2 * row.n)
        assert_allclose(dependent.statistic, row.t, rtol=RTOL)
        assert_allclose(dependent.p_value, row.p_t, rtol=RTOL_TAIL)
        assert_allclose(abs(independent.statistic), row.z_abs, rtol=RTOL)
        assert_allclose(fisher_interval(row.r_ay, row.n, conf_level=0.9), (row.low, row.high), rtol=RTOL)


def test_mobile_phone_customers(open_data):
    """Recommendation goes more strongly with choosing again than satisfaction does: t 3.76, n 250."""
    answers = pd.read_csv(open_data("ecsi_mobile"))
    r = answers[["CUSL3", "CUSA1", "CUSL1"]].corr().to_numpy()
    assert (round(r[0, 2], 3), round(r[1, 2], 3)) == (0.542, 0.343)
    result = compare_dependent(r[0, 2], r[1, 2], r[0, 1], len(answers))
    assert round(result.statistic, 2) == 3.76
    assert result.df == 247
    assert result.conf_low > 0


def test_mobile_reputation(open_data):
    """Recommending against satisfaction for choosing again, -99 missing, complete rows: t .50, n 337."""
    answers = pd.read_csv(open_data("mobile_reputation"), na_values=["-99"])[
        ["cusl_1", "cusa", "cusl_2"]
    ].dropna()
    r = answers.corr().to_numpy()
    assert (round(r[0, 2], 3), round(r[1, 2], 3)) == (0.672, 0.654)
    result = compare_dependent(r[0, 2], r[1, 2], r[0, 1], len(answers))
    assert round(result.statistic, 2) == 0.50


@pytest.mark.parametrize("test", DEPENDENT_TESTS)
@given(a=correlation, b=correlation, c=correlation, n=st.integers(4, 10_000))
def test_swapping_the_metrics_flips_the_sign(test, a, b, c, n):
    assume(1 - a * a - b * b - c * c + 2 * a * b * c > 1e-6)
    result, swapped = compare_dependent(a, b, c, n, test), compare_dependent(b, a, c, n, test)
    assert_allclose(result.statistic, -swapped.statistic, rtol=1e-6, atol=1e-9)
    assert_allclose(result.p_value, swapped.p_value, rtol=1e-6)
    assert_allclose(
        (result.estimate, result.conf_low, result.conf_high),
        (-swapped.estimate, -swapped.conf_high, -swapped.conf_low),
        atol=1e-9,
    )
    assert -2 <= result.conf_low <= result.estimate <= result.conf_high <= 2


@pytest.mark.parametrize("test", DEPENDENT_TESTS)
@given(a=correlation, b=correlation, c=correlation)
def test_reversing_the_outcome_flips_the_sign(test, a, b, c):
    assume(1 - a * a - b * b - c * c + 2 * a * b * c > 1e-6)
    result, reversed_ = compare_dependent(a, b, c, 80, test), compare_dependent(-a, -b, c, 80, test)
    assert_allclose(result.statistic, -reversed_.statistic, rtol=1e-6, atol=1e-9)


@given(r=correlation, n=st.integers(4, 10**9))
def test_interval_of_one_correlation_holds_it(r, n):
    low, high = fisher_interval(r, n)
    assert -1 <= low <= r <= high <= 1
    spearman = fisher_interval(r, n, kind="spearman")
    assert spearman[0] <= low
    assert high <= spearman[1]


def test_formulas_agree_in_large_samples():
    statistics = [compare_dependent(0.500, 0.499, 0.5, 1_000_000, test).statistic for test in DEPENDENT_TESTS]
    assert_allclose(statistics, statistics[0], rtol=2e-3)
    result = compare_dependent(0.500, 0.499, 0.5, 1_000_000)
    assert_allclose(result.estimate / result.std_error, result.statistic, rtol=2e-3)


@pytest.mark.parametrize("test", DEPENDENT_TESTS)
def test_formulas_take_arrays(test):
    a, b = np.array([0.1, 0.4, np.nan]), np.array([0.2, 0.3, 0.3])
    statistic, df = DEPENDENT_TESTS[test](a, b, 0.5, 60)
    assert statistic.shape == df.shape == (3,)
    assert np.isnan(statistic[2])
    one = compare_dependent(0.4, 0.3, 0.5, 60, test)
    assert_allclose((statistic[1], df[1]), (one.statistic, one.df))


def test_tail_keeps_its_digits():
    assert 0 < compare_dependent(0.9, 0.1, 0.2, 500).p_value < 1e-30
    assert 0 < compare_independent(0.9, 500, 0.1, 500).p_value < 1e-30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, 0.4, 0.5, 100), "`r_ay` must lie strictly between -1 and 1; got 1"),
        ((0.3, -1.2, 0.5, 100), "`r_by` .* got -1.2"),
        ((0.3, 0.3, 1.0, 100), "`r_ab` "),
        ((0.9, -0.9, 0.9, 100), "not positive definite.*r_ay = 0.9, r_by = -0.9, r_ab = 0.9"),
        ((0.3, 0.4, 0.5, 3), "`n` must be larger than 3; got 3"),
        ((math.nan, 0.4, 0.5, 100), "`r_ay` must be a number"),
        ((0.3, 0.4, 0.5, 100, "hotelling"), "`test` must be one of 'williams', .*; got 'hotelling'"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        compare_dependent(*arguments)


def test_refuses_bad_levels_and_kinds():
    with pytest.raises(ValueError, match="`conf_level` must lie between 0 and 1"):
        fisher_interval(0.3, 50, conf_level=95)
    with pytest.raises(ValueError, match="`kind` must be one of"):
        fisher_interval(0.3, 50, kind="kendall")
    with pytest.raises(ValueError, match="`n_2` must be larger than 3"):
        compare_independent(0.3, 50, 0.4, 2)


@pytest.mark.slow
def test_coverage_under_normal_answers():
    """Zou's interval and Williams' level hold where their assumption does: normal answers, n = 50."""
    rng = np.random.default_rng(20)
    truth = np.array([[1, 0.6, 0.5], [0.6, 1, 0.3], [0.5, 0.3, 1]])
    draws = rng.multivariate_normal(np.zeros(3), truth, size=(20_000, 50))
    draws -= draws.mean(axis=1, keepdims=True)
    draws /= np.sqrt((draws**2).sum(axis=1, keepdims=True))
    r = np.einsum("bni,bnj->bij", draws, draws)
    low, high = zou_interval(r[:, 0, 2], r[:, 1, 2], r[:, 0, 1], 50)
    assert abs(np.mean((low <= 0.2) & (high >= 0.2)) - 0.95) < 0.006  # 4 standard errors of 20,000 draws
