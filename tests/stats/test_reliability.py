"""Reliability and attenuation: R's psych, published alphas, identities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.fisher import fisher_interval
from cxresearch.stats.reliability import (
    ALPHA_INTERVALS,
    alpha_if_dropped,
    alpha_interval,
    alpha_std_error,
    break_even_reliability,
    cronbach_alpha,
    disattenuate,
    disattenuated_interval,
    omega_three,
    spearman_brown,
    standardised_alpha,
)

RTOL = 1e-10  # closed form: only rounding may differ
RTOL_QUANTILE = 1e-8  # two independent inversions of the F distribution
REFERENCE = Path(__file__).parents[1] / "reference"


def arithmetic_items():
    """The rows of reliability_psych.R."""
    i = np.arange(80)
    base = (29 * i) % 41
    columns = [np.minimum(9, (base + j * ((17 * i + 5 * j) % (7 + 3 * j))) // (5 + j)) for j in range(1, 6)]
    return np.column_stack(columns).astype(float)


def test_psych():
    items = arithmetic_items()
    for row in pd.read_csv(REFERENCE / "reliability_psych.csv").itertuples():
        cov = np.cov(items[:, : row.k].T)
        alpha = cronbach_alpha(cov)
        assert_allclose(alpha, row.raw, rtol=RTOL)
        assert_allclose(standardised_alpha(cov), row.standardised, rtol=RTOL)
        limits = alpha_interval(alpha, row.k, 80, conf_level=0.9)
        assert_allclose(limits, (row.low, row.high), rtol=RTOL_QUANTILE)
        if row.k > 2:
            assert_allclose(alpha_if_dropped(cov)[0], row.without_first, rtol=RTOL)


def test_mobile_phone_constructs(open_data):
    """Alphas of the European satisfaction index on 250 mobile customers; Feldt limits of psych::alpha."""
    answers = pd.read_csv(open_data("ecsi_mobile"))
    known = {
        "CUSA": (3, 0.770, 0.715936, 0.8154109),
        "PERQ": (7, 0.872, 0.8467, 0.8951803),
        "PERV": (2, 0.817, 0.7648699, 0.8570966),
        "CUSL": (3, 0.442, 0.3101475, 0.5517234),
    }
    for name, (k, alpha, low, high) in known.items():
        cov = np.cov(answers[[f"{name}{j}" for j in range(1, k + 1)]].to_numpy().T)
        assert round(float(cronbach_alpha(cov)), 3) == alpha
        assert_allclose(alpha_interval(cronbach_alpha(cov), k, len(answers)), (low, high), atol=1e-6)
    loyalty = np.cov(answers[["CUSL1", "CUSL2", "CUSL3"]].to_numpy().T)
    assert np.argmax(alpha_if_dropped(loyalty)) == 1  # the price item does not belong


@given(st.integers(2, 8), st.floats(0.05, 0.95))
def test_equal_items_follow_spearman_and_brown(k, r):
    cov = np.full((k, k), r) + (1 - r) * np.eye(k)
    assert_allclose(cronbach_alpha(cov), spearman_brown(r, k), rtol=RTOL)
    assert_allclose(standardised_alpha(4 * cov), spearman_brown(r, k), rtol=RTOL)
    assert_allclose(spearman_brown(spearman_brown(r, k), 1 / k), r, rtol=RTOL)
    if k == 3:
        assert_allclose(omega_three(cov), cronbach_alpha(cov), rtol=RTOL)


@given(st.tuples(*[st.floats(0.2, 0.95)] * 3), st.tuples(*[st.floats(0.1, 4)] * 3))
def test_omega_is_the_reliability_of_the_sum_and_alpha_a_lower_bound(loadings, errors):
    loadings = np.array(loadings)
    cov = np.outer(loadings, loadings) + np.diag(errors)
    reliability = loadings.sum() ** 2 / cov.sum()
    assert_allclose(omega_three(cov), reliability, rtol=1e-9)
    assert cronbach_alpha(cov) <= reliability * (1 + 1e-12)


def test_omega_says_nan_where_one_factor_is_impossible():
    assert np.isnan(omega_three([[1, -0.5, 0.3], [-0.5, 1, 0.3], [0.3, 0.3, 1]]))
    assert np.isnan(omega_three([[1, 0.9, 0.9], [0.9, 1, 0.3], [0.9, 0.3, 1]]))


def test_a_forgotten_reversal_shows():
    cov = np.cov(arithmetic_items()[:, :3].T)
    turned = cov * np.outer([1, 1, -1], [1, 1, -1])
    assert cronbach_alpha(turned) < 0 < cronbach_alpha(cov)
    assert np.argmax(alpha_if_dropped(turned)) == 2


def test_draws_at_once_and_items_without_spread():
    covs = np.stack([np.cov(arithmetic_items()[start : start + 40, :4].T) for start in range(5)])
    for function in (cronbach_alpha, standardised_alpha):
        assert_allclose(function(covs)[3], function(covs[3]), rtol=RTOL)
    assert alpha_if_dropped(covs).shape == (5, 4)
    assert np.isnan(cronbach_alpha(np.zeros((3, 3))))
    assert np.isnan(standardised_alpha(np.diag([1.0, 0.0, 1.0])))


@pytest.mark.parametrize("method", ALPHA_INTERVALS)
def test_intervals_of_alpha_narrow_on_it(method):
    low, high = alpha_interval(np.array([-0.2, 0.5, 0.9]), 4, 60, method=method)
    assert np.all(low < [-0.2, 0.5, 0.9])
    assert np.all(high > [-0.2, 0.5, 0.9])
    wide, narrow = alpha_interval(0.8, 4, 1e6, method=method)
    assert narrow - wide < 0.003
    assert_allclose(narrow - wide, 2 * 1.96 * alpha_std_error(0.8, 4, 1e6), rtol=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("method", ALPHA_INTERVALS)
def test_coverage_of_alpha_for_normal_items(method):
    """Four parallel normal items, alpha .8, 50 rows."""
    rng = np.random.default_rng(8)
    items = rng.normal(size=(8_000, 50, 1)) + rng.normal(size=(8_000, 50, 4))
    centred = items - items.mean(axis=1, keepdims=True)
    covs = np.einsum("bni,bnj->bij", centred, centred)
    low, high = alpha_interval(cronbach_alpha(covs), 4, 50, method=method)
    assert np.mean((low <= 0.8) & (high >= 0.8)) == pytest.approx(
        0.95, abs=0.01
    )  # 4 standard errors of 8,000


reliability = st.floats(0.2, 1.0)
correlation = st.floats(-0.95, 0.95)


@given(correlation, reliability, reliability)
def test_attenuation_is_undone(rho, rel_x, rel_y):
    assert_allclose(disattenuate(rho * np.sqrt(rel_x * rel_y), rel_x, rel_y), rho, rtol=RTOL, atol=1e-15)


@given(correlation, reliability, reliability)
def test_known_reliabilities_scale_fishers_limits_and_doubt_widens_them(r, rel_x, rel_y):
    scale = 1 / np.sqrt(rel_x * rel_y)
    low, high = disattenuated_interval(r, rel_x, rel_y, n=90)
    assert_allclose((low, high), np.array(fisher_interval(r, 90)) * scale, rtol=1e-9, atol=1e-12)
    wider = disattenuated_interval(r, rel_x, rel_y, n=90, se_rel_x=0.05, se_rel_y=0.03)
    assert wider[0] <= low + 1e-12
    assert wider[1] >= high - 1e-12


@pytest.mark.slow
def test_coverage_with_an_estimated_reliability():
    """Latent r .6; an index of 3 parallel items (reliability .75), outcome without error, 150 rows."""
    rng = np.random.default_rng(9)
    latent, own = rng.normal(size=(2, 6_000, 150))
    y = 0.6 * latent + 0.8 * own
    items = latent[..., None] + rng.normal(size=(6_000, 150, 3))
    index = items.mean(axis=2)
    centred = items - items.mean(axis=1, keepdims=True)
    alpha = cronbach_alpha(np.einsum("bni,bnj->bij", centred, centred))
    deviation = [v - v.mean(axis=1, keepdims=True) for v in (index, y)]
    r = (deviation[0] * deviation[1]).sum(axis=1)
    r /= np.sqrt((deviation[0] ** 2).sum(axis=1) * (deviation[1] ** 2).sum(axis=1))
    low, high = disattenuated_interval(r, alpha, n=150, se_rel_x=alpha_std_error(alpha, 3, 150))
    assert np.mean((low <= 0.6) & (high >= 0.6)) == pytest.approx(0.95, abs=0.02)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), reliability)
def test_break_even_is_where_the_latent_correlations_tie(r_a, r_b, rel_b):
    tie = float(break_even_reliability(r_a, r_b, rel_b))
    assert_allclose(r_a / np.sqrt(tie), disattenuate(r_b, rel_b), rtol=RTOL)
    assert r_a / np.sqrt(0.9 * tie) > r_b / np.sqrt(rel_b)  # noisier than the tie: a's judgement is ahead
    if tie <= 1:
        assert_allclose(break_even_reliability(r_b, r_a, tie), rel_b, rtol=RTOL)
    assert_allclose(break_even_reliability(-r_a, -r_b, rel_b), tie, rtol=RTOL)


def test_break_even_has_no_answer_for_opposite_signs():
    assert np.isnan(break_even_reliability([0.3, 0.0, 0.3], [-0.4, 0.4, 0.0])).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cronbach_alpha([[1.0]]), "at least 2 items"),
        (lambda: cronbach_alpha([1.0, 2.0]), "square covariance matrix"),
        (lambda: alpha_if_dropped(np.eye(2)), "single item"),
        (lambda: omega_three(np.eye(4)), "exactly 3 items; got 4"),
        (lambda: alpha_interval(0.8, 1, 50), "at least 2 items"),
        (lambda: alpha_interval(0.8, 3, 2), "more than 2 rows"),
        (lambda: alpha_interval(1.2, 3, 50), "`alpha` is at most 1"),
        (lambda: alpha_interval(0.8, 3, 50, method="exact"), "`method` must be one of 'feldt', 'bonett'"),
        (lambda: alpha_interval(0.8, 3, 50, conf_level=95), "`conf_level`"),
        (lambda: spearman_brown(0.5, 0), "above 0"),
        (lambda: disattenuate(0.5, 0.0), "`rel_x` must be above 0 and at most 1; got 0"),
        (lambda: disattenuate(0.5, 0.8, 1.1), "`rel_y` .* got 1.1"),
        (lambda: disattenuate(1.5, 0.8), "`r` must lie between"),
        (lambda: break_even_reliability(1.5, 0.8), "must lie between -1 and 1"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("items", [[5, 4, 4], [7, 2, 5, 1], [0.1, 0.7, 0.3]])
def test_alpha_of_equal_totals_is_missing(items):
    """Every row the same answers in another order: the total does not vary, whatever rounding leaves of it."""
    rng = np.random.default_rng(4)
    for n in range(3, 30):
        rows = np.array([rng.permutation(items) for _ in range(n)], float)
        assert np.isnan(cronbach_alpha(np.cov(rows.T)))
    rows[0, 0] += 0.1  # one total that differs is little, not rounding
    assert np.isfinite(cronbach_alpha(np.cov(rows.T)))
