"""Pooling of studies: R's metafor, published examples, identities, open data."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.heterogeneity import METHODS
from cxresearch.stats.pooled_correlations import (
    corrected_effects,
    difference_effects,
    fisher_effects,
    hunter_schmidt,
    pool_correlations,
)
from cxresearch.stats.pooling import TESTS, moderate, pool
from cxresearch.stats.pooling_doubts import egger, leave_one_out

RTOL = 1e-6  # the issue's; metafor solves tau² to 1e-14 and its interval by uniroot
ATOL = 1e-9  # for values that are 0 in truth
REFERENCE = Path(__file__).parents[1] / "reference"
ROWS = dict(list(pd.read_csv(REFERENCE / "pooling_metafor_rows.csv").groupby("set")))
VALUES = pd.read_csv(REFERENCE / "pooling_metafor.csv", keep_default_na=False)
VALUES["value"] = pd.to_numeric(VALUES["value"], errors="coerce")


def reference(name, method, test):
    chosen = VALUES.query("set == @name and method == @method and test == @test")
    return dict(zip(chosen["what"], chosen["value"], strict=True))


def flat(found):
    return dataclasses.asdict(found) | dataclasses.asdict(found.heterogeneity)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ROWS)
def test_metafor(name, method, test):
    studies, expected = ROWS[name], reference(name, method, test)
    found = flat(pool(studies["yi"], studies["vi"], method=method, test=test))
    checked = [what for what in expected if what in found]
    assert len(checked) == (8 if method == "fixed" else 15)
    for what in checked:
        assert_allclose(found[what], expected[what], rtol=RTOL, atol=ATOL, err_msg=what)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["alike", "bcg", "mcdaniel"])
def test_metafor_with_a_moderator(name, method, test):
    studies, expected = ROWS[name], reference(name, method, test)
    found = moderate(studies["yi"], studies["vi"], studies["x"], method=method, test=test)
    ours = {"beta": found.estimate, "se": found.std_error, "low": found.conf_low, "high": found.conf_high}
    for what, values in {**ours, "p": found.p_value}.items():
        expected_both = [expected[f"{what}{j}"] for j in (1, 2)]
        assert_allclose(values, expected_both, rtol=RTOL, atol=ATOL, err_msg=what)
    assert_allclose(found.heterogeneity.tau2, expected["tau2_x"], rtol=RTOL, atol=ATOL)
    assert_allclose(found.heterogeneity.q, expected["qe_x"], rtol=RTOL)


def test_published_bcg_example():
    """Viechtbauer (2010), *J. Stat. Softw.* 36(3): REML of the BCG trials; by latitude section 3.2."""
    studies = ROWS["bcg"]
    found = pool(studies["yi"], studies["vi"], test="z")
    assert round(found.estimate, 4) == -0.7145
    assert round(found.std_error, 4) == 0.1798
    assert round(found.heterogeneity.tau2, 4) == 0.3132
    assert round(100 * found.heterogeneity.i2, 2) == 92.22
    by_latitude = moderate(studies["yi"], studies["vi"], studies["x"], test="z")
    assert by_latitude.estimate.round(4).tolist() == [0.2515, -0.0291]
    assert round(100 * by_latitude.r2, 2) == 75.63


def test_published_mcdaniel_example():
    """metafor's help page of dat.mcdaniel1994, 160 validities of job interviews on Fisher's scale.

    > rma(yi, vi, data = escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.mcdaniel1994))
    tau^2 0.0293, I^2 81.29%, Q(df = 159) = 789.7321; estimate 0.2374, se 0.0170, 0.2042 to 0.2706
    """
    studies = ROWS["mcdaniel"]
    normal = pool(studies["yi"], studies["vi"], test="z")
    between = normal.heterogeneity
    assert [round(each, 4) for each in (normal.estimate, normal.std_error, between.tau2, between.q)] == [
        0.2374,
        0.0170,
        0.0293,
        789.7321,
    ]
    assert [round(each, 4) for each in (normal.conf_low, normal.conf_high, between.i2)] == [
        0.2042,
        0.2706,
        0.8129,
    ]
    effects, variances = fisher_effects(studies["ri"], studies["ni"])
    assert_allclose(effects, studies["yi"], rtol=1e-12)
    assert_allclose(variances, studies["vi"], rtol=1e-12)
    found = pool_correlations(studies["ri"], studies["ni"])
    expected = reference("mcdaniel", "reml", "hk")
    for what in ("estimate", "conf_low", "conf_high", "prediction_low", "prediction_high"):
        assert_allclose(getattr(found, what), math.tanh(expected[what]), rtol=RTOL)


@pytest.mark.parametrize("name", ["bcg", "mcdaniel"])
def test_metafor_doubts(name):
    studies = ROWS[name]
    expected = reference(name, "", "egger")
    found = egger(studies["yi"], studies["vi"])
    assert_allclose(found.p_value[1], expected["p"], rtol=RTOL)
    assert_allclose(found.estimate[1] / found.std_error[1], expected["t"], rtol=RTOL)
    assert_allclose(found.estimate[0], expected["limit"], rtol=RTOL)
    without = list(reference(name, "", "leave1out").values())
    some = slice(0, 13)
    kept = studies.head(13)
    if name == "bcg":
        assert_allclose(
            [each.estimate for each in leave_one_out(kept["yi"], kept["vi"])], without[some], rtol=RTOL
        )
    else:
        again = pool(studies["yi"].iloc[1:], studies["vi"].iloc[1:])
        assert_allclose(again.estimate, without[0], rtol=RTOL)


def test_hunter_schmidt_against_metafor():
    studies = ROWS["mcdaniel"]
    reliability = 0.60 + 0.05 * (np.arange(1, len(studies) + 1) % 7)
    for name, rel in (("hs_bare", (1.0, 1.0)), ("hs_corrected", (reliability, 0.9))):
        found, expected = hunter_schmidt(studies["ri"], studies["ni"], *rel), reference("mcdaniel", "", name)
        assert_allclose(found.mean_rho, [expected["mean_rho"], expected["mean_metafor"]], rtol=1e-12)
        assert_allclose(found.sd_rho, expected["sd_rho"], rtol=1e-10)
        assert_allclose(
            found.credibility_high - found.mean_rho, 1.2815515655446004 * found.sd_rho, rtol=1e-12
        )


@pytest.mark.parametrize(("method", "theirs"), [("dl", "dl"), ("pm", "iterated")])
def test_statsmodels_agrees_where_it_goes(method, theirs):
    """combine_effects has DerSimonian-Laird, Paule-Mandel, Hartung-Knapp; no REML, prediction or interval of tau²."""
    meta = pytest.importorskip("statsmodels.stats.meta_analysis")
    studies = ROWS["bcg"]
    y, v = studies["yi"].to_numpy(), studies["vi"].to_numpy()
    theirs = meta.combine_effects(
        y, v, method_re=theirs, use_t=True, **({"atol": 1e-12} if method == "pm" else {})
    )
    ours = pool(y, v, method=method)
    assert_allclose(ours.heterogeneity.tau2, theirs.tau2, rtol=RTOL)
    assert_allclose(ours.estimate, theirs.mean_effect_re, rtol=RTOL)
    assert_allclose(ours.std_error, theirs.sd_eff_w_re_hksj, rtol=RTOL)


# Identities

effects = st.lists(st.floats(-2, 2), min_size=3, max_size=12)
variance = st.floats(0.001, 1)


@given(st.floats(-1, 1), st.integers(2, 20), variance)
def test_equal_studies_are_one_with_all_their_customers(effect, k, v):
    for method in METHODS:
        found = pool([effect] * k, [v] * k, method=method, test="z")
        assert_allclose(found.estimate, effect, atol=1e-12)
        assert_allclose(found.std_error, math.sqrt(v / k), rtol=1e-9)
        assert_allclose(found.heterogeneity.tau2, 0, atol=1e-12)


def test_one_study_is_itself():
    found = pool([0.3], [0.04], test="z")
    assert_allclose([found.estimate, found.std_error], [0.3, 0.2])
    assert_allclose([found.conf_low, found.conf_high], 0.3 + 0.2 * 1.959963984540054 * np.array([-1, 1]))
    assert math.isnan(found.prediction_low)
    assert math.isnan(found.heterogeneity.tau2_high)
    assert math.isnan(pool([0.3], [0.04]).conf_low)


@pytest.mark.parametrize("method", ["reml", "dl", "pm"])
def test_no_heterogeneity_gives_the_fixed_answer(method):
    studies = ROWS["alike"]
    ours, fixed = (pool(studies["yi"], studies["vi"], method=name, test="z") for name in (method, "fixed"))
    assert ours.heterogeneity.tau2 == 0
    assert_allclose([ours.estimate, ours.std_error], [fixed.estimate, fixed.std_error], rtol=1e-14)
    assert_allclose([ours.prediction_low, ours.prediction_high], [ours.conf_low, ours.conf_high])
    untruncated = pool(studies["yi"], studies["vi"], test="hk")
    truncated = pool(studies["yi"], studies["vi"], test="hk_truncated")
    assert untruncated.std_error < truncated.std_error == pytest.approx(ours.std_error)


@given(effects, st.randoms(use_true_random=False), variance)
def test_order_sign_shift_and_scale(values, random, v):
    y = np.array(values)
    v = v * np.linspace(0.5, 2, len(y))
    found = pool(y, v)
    order = random.sample(range(len(y)), len(y))
    assert_allclose(pool(y[order], v[order]).estimate, found.estimate, rtol=1e-7, atol=1e-7)
    turned = pool(3 - 10 * y, 100 * v)
    assert_allclose(turned.estimate, 3 - 10 * found.estimate, rtol=1e-6, atol=1e-6)
    assert_allclose(turned.heterogeneity.tau2, 100 * found.heterogeneity.tau2, rtol=1e-6, atol=1e-6)
    assert_allclose(turned.std_error, 10 * found.std_error, rtol=1e-5, atol=1e-6)


@given(effects, variance)
def test_equal_sizes_give_the_t_interval(values, v):
    """Hartung-Knapp with one variance for all is Student's interval, whatever the variance; so is none printed."""
    y = np.array(values) + np.linspace(0, 1, len(values))
    half = 0.5 * (pool(y, None).conf_high - pool(y, None).conf_low)
    known = pool(y, np.full(len(y), v))
    from scipy import stats

    student = stats.t.ppf(0.975, len(y) - 1) * y.std(ddof=1) / math.sqrt(len(y))
    assert_allclose([half, (known.conf_high - known.conf_low) / 2], student, rtol=1e-7)
    assert_allclose([pool(y, None).estimate, known.estimate], y.mean(), atol=1e-12)
    assert_allclose(pool(y, None).heterogeneity.tau2, y.var(ddof=1), rtol=1e-10)


def test_weights_make_the_average():
    studies = ROWS["bcg"]
    found = pool(studies["yi"], studies["vi"])
    assert_allclose(found.weights.sum(), 1)
    assert_allclose(found.weights @ studies["yi"], found.estimate)
    assert math.isnan(pool(studies["yi"], studies["vi"], method="fixed").prediction_high)
    alike = pool([0.3, 0.3, 0.3], None)
    assert_allclose(alike.weights, 1 / 3)
    assert alike.conf_low == alike.conf_high == pytest.approx(0.3)


def test_equal_sizes_make_the_estimators_one():
    y, v = np.array([0.1, 0.4, 0.2, 0.9]), np.full(4, 0.01)
    found = [pool(y, v, method=method).heterogeneity.tau2 for method in ("reml", "dl", "pm")]
    assert_allclose(found, y.var(ddof=1) - 0.01, rtol=1e-9)


def test_a_moderator_with_two_values_is_the_difference_of_two_pools():
    y, v, group = np.array([0.6, 0.5, 0.65, 0.1, 0.2]), np.full(5, 0.01), np.array([0, 0, 0, 1, 1])
    found = moderate(y, v, group, method="fixed", test="z")
    one, two = (pool(y[group == g], v[group == g], method="fixed", test="z") for g in (0, 1))
    assert_allclose(found.estimate, [one.estimate, two.estimate - one.estimate])
    assert_allclose(found.std_error, [one.std_error, math.hypot(one.std_error, two.std_error)])


def test_a_year_is_as_good_a_moderator_as_its_distance_from_2000():
    studies = ROWS["bcg"]
    years = 2000 + studies["x"]
    near, far = (moderate(studies["yi"], studies["vi"], x) for x in (studies["x"], years))
    assert_allclose(far.estimate[1], near.estimate[1], rtol=1e-8)
    assert_allclose(far.std_error[1], near.std_error[1], rtol=1e-8)


def test_the_q_profile_interval_is_where_q_meets_its_quantiles():
    from scipy import stats

    studies = ROWS["bcg"]
    y, v = studies["yi"].to_numpy(), studies["vi"].to_numpy()
    found = pool(y, v).heterogeneity
    for tau2, tail in ((found.tau2_low, 0.975), (found.tau2_high, 0.025)):
        w = 1 / (v + tau2)
        assert_allclose(w @ (y - w @ y / w.sum()) ** 2, stats.chi2.ppf(tail, 12), rtol=1e-9)


def test_reml_is_the_highest_of_its_likelihood():
    """Recomputed the plain way: the likelihood of contrasts that a change of the average leaves alone."""
    y, v = np.array([0.1, 0.5, 0.6, -0.2]), np.array([0.02, 0.01, 0.05, 0.03])
    contrasts = np.linalg.svd(np.ones((1, 4)))[2][1:]

    def loglik(tau2):
        covariance = contrasts @ np.diag(v + tau2) @ contrasts.T
        z = contrasts @ y
        return -(np.linalg.slogdet(covariance)[1] + z @ np.linalg.solve(covariance, z)) / 2

    best = pool(y, v).heterogeneity.tau2
    assert all(loglik(best) > loglik(best + step) for step in (-1e-4, 1e-4, -0.05, 0.5))


def test_correction_for_reliability():
    r, n = [0.3, 0.5], [100, 200]
    y, v = corrected_effects(r, n, 0.64)
    plain_y, plain_v = corrected_effects(r, n, 1.0)
    assert_allclose(y, np.array(r) / 0.8)
    assert_allclose(v, plain_v / 0.64)
    assert_allclose(plain_y, r)
    mean = (0.3 * 100 + 0.5 * 200) / 300
    assert_allclose(plain_v, (1 - mean**2) ** 2 / (np.array(n) - 1))


def test_studies_alike_leave_hunter_and_schmidt_no_scatter():
    found = hunter_schmidt([0.4, 0.4, 0.4], [50, 100, 400])
    assert found.mean_r == pytest.approx(0.4)
    assert found.sd_rho == 0


def test_differences_use_that_customers_are_the_same():
    (same,), (v_same,) = difference_effects(0.5, 0.4, 0.8, 200)
    (apart,), (v_apart,) = difference_effects(0.5, 0.4, 0.3, 200)
    assert same == apart == pytest.approx(0.1)
    assert v_same < v_apart / 2
    (turned,), (v_turned,) = difference_effects(0.4, 0.5, 0.8, 200)
    assert turned == -same
    assert v_turned == pytest.approx(v_same)


def test_variance_of_a_difference_is_that_of_simulated_customers():
    rng = np.random.default_rng(5)
    R = np.array([[1, 0.6, 0.5], [0.6, 1, 0.35], [0.5, 0.35, 1]])
    draws = rng.multivariate_normal(np.zeros(3), R, size=(4000, 150))
    centred = draws - draws.mean(axis=1, keepdims=True)
    a, b, y = np.moveaxis(centred / np.linalg.norm(centred, axis=1, keepdims=True), 2, 0)
    differences = (a * y).sum(1) - (b * y).sum(1)
    _, (expected,) = difference_effects(0.5, 0.35, 0.6, 150)
    assert_allclose(differences.var(), expected, rtol=0.07)  # 4,000 draws: 2.2 % standard error


def test_satisfaction_and_retention(open_data):
    """The staged meta-analysis sample: .56 with intention, .14 with behaviour; no sample sizes were printed."""
    table = pd.read_csv(open_data("satisfaction_retention_meta"))
    behaviour = (table["Retention_Measure"] == "Behavior").to_numpy()
    r = table["Corr"].to_numpy()
    pooled = {
        name: pool(r[rows], None) for name, rows in (("intention", ~behaviour), ("behaviour", behaviour))
    }
    assert {name: (each.k, round(each.estimate, 2)) for name, each in pooled.items()} == {
        "intention": (26, 0.56),
        "behaviour": (4, 0.14),
    }
    by_fisher = [round(pool_correlations(r[rows], None).mean, 2) for rows in (~behaviour, behaviour)]
    assert by_fisher == [0.56, 0.14]
    difference = moderate(r, None, behaviour)
    assert_allclose(difference.estimate[1], pooled["behaviour"].estimate - pooled["intention"].estimate)
    assert difference.conf_high[1] < -0.15
    assert pooled["behaviour"].conf_low > 0  # little, not nothing
    assert difference.r2 > 0.2


# What is refused


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([0.1, 0.2], [0.1]), {}, "one length"),
        (([0.1, np.nan], [0.1, 0.1]), {}, "missing"),
        (([0.1, 0.2], [0.1, 0.0]), {}, "positive"),
        (([0.1, 0.2], [0.1, -0.02]), {}, "`variances` must be positive; got -0.02"),
        (([0.1, 0.2], [0.1, np.nan]), {}, "`variances` has a missing value"),
        (([0.1, 0.2], [0.1]), {}, r"got effects \(2,\), variances \(1,\)\."),
        (([], []), {}, "at least 1"),
        (([0.1, 0.2], [0.1, 0.1]), {"method": "ml"}, "'reml', 'dl', 'pm', 'fixed'"),
        (([0.1, 0.2], [0.1, 0.1]), {"test": "t"}, "'hk', 'hk_truncated', 'z'"),
        (([0.1, 0.2], [0.1, 0.1]), {"conf_level": 95}, "conf_level"),
        (([0.1, 0.2], None), {"method": "fixed"}, "needs variances"),
        (([0.1], None), {}, "nothing of chance"),
    ],
)
def test_refused(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        pool(*arguments, **options)


def test_moderators_refused():
    with pytest.raises(ValueError, match="must vary"):
        moderate([0.1, 0.2, 0.3], [0.1] * 3, [1, 1, 1])
    with pytest.raises(ValueError, match="one length"):
        moderate([0.1, 0.2, 0.3], [0.1] * 3, [1, 2])
    with pytest.raises(ValueError, match="at least 3"):
        leave_one_out([0.1, 0.2], [0.1, 0.1])


def test_correlations_refused():
    with pytest.raises(ValueError, match="strictly between -1 and 1"):
        fisher_effects([1.0], [10])
    with pytest.raises(ValueError, match="larger than 3"):
        fisher_effects([0.5], [3])
    with pytest.raises(ValueError, match="pair up"):
        fisher_effects([0.5, 0.4], [10])
    with pytest.raises(ValueError, match="at least 2"):
        hunter_schmidt([0.5], [100])
    with pytest.raises(ValueError, match="`r` has a missing value"):
        hunter_schmidt([0.5, np.nan], [100, 100])
    with pytest.raises(ValueError, match="`n` has a missing value"):
        corrected_effects([0.5, 0.4], [100, np.nan], 0.8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: corrected_effects([0.5, 0.3, 0.2], [30, 40, 50], [0.8, 0.9]),
            r"each of 3 .*reliability_x \(2,\)",
        ),
        (lambda: corrected_effects([0.5], [30], 0.8, [0.8, 0.9]), r"each of 1 .*reliability_y \(2,\)"),
        (lambda: corrected_effects([0.5], [30], 0.0), "`reliability_x` must lie above 0"),
        (lambda: corrected_effects([0.5], [30], 0.8, np.nan), "`reliability_y` must lie above 0"),
        (lambda: difference_effects([0.3, 0.4, 0.1], [0.3, 0.5], 0.5, 100), r"each of 3 .*r_by \(2,\)"),
        (lambda: difference_effects([[0.3, 0.4]], 0.3, 0.5, 100), r"r_ay \(1, 2\)"),
        (lambda: egger([0.3, 0.5, 0.2], [0.01, -0.02, 0.03]), "`variances` must be positive; got -0.02"),
        (lambda: egger([0.3, 0.5, 0.2], [0.01, 0.02]), r"effects \(3,\), variances \(2,\)"),
        (lambda: egger([0.3, 0.5, 0.2], None), r"variances \(\)"),
        (lambda: leave_one_out([0.3, 0.5, 0.2], [0.1] * 4), r"effects \(3,\), variances \(4,\)"),
        (lambda: leave_one_out([[0.3, 0.5], [0.2, 0.1]], None), r"effects \(2, 2\)"),
    ],
)
def test_studies_that_do_not_pair_up_or_have_no_variance_are_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_single_number_stands_for_every_study():
    several = difference_effects([0.34, 0.60], [0.54, 0.66], [0.5, 0.5], [250, 250])
    assert_allclose(difference_effects([0.34, 0.60], [0.54, 0.66], 0.5, 250), several)
    each = corrected_effects([0.3, 0.4], [100, 200], [0.8, 0.8], [0.7, 0.7])
    assert_allclose(corrected_effects([0.3, 0.4], [100, 200], 0.8, [0.7]), each)
