"""Poisson regression: statsmodels and R beside it, identities, and counts that spread more than Poisson."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats import counts

RTOL = 1e-8  # both iterate to convergence


def world(n=300, spread=0.0):
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.poisson(1.0, n), rng.normal(size=n)]).astype(float)
    mean = np.exp(0.2 + X @ [0.3, -0.5])
    y = rng.poisson(mean if not spread else mean * rng.gamma(1 / spread, spread, n)).astype(float)
    return y, X, rng.integers(1, 4, n).astype(float)


def test_fit_matches_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    y, X, w = world()
    fit = counts.fit_poisson(y, X, w)
    peer = sm.GLM(y, sm.add_constant(X), family=sm.families.Poisson(), freq_weights=w).fit(tol=1e-13)
    assert_allclose([fit.intercept, *fit.coef], peer.params, rtol=RTOL)
    order = [1, 2, 0]
    assert_allclose(fit.cov, peer.cov_params()[np.ix_(order, order)], rtol=1e-6)
    assert_allclose(fit.loglik, peer.llf, rtol=RTOL)
    assert_allclose(fit.dispersion, peer.pearson_chi2 / (w.sum() - 3), rtol=RTOL)


def test_average_marginal_effects_match_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    from cxresearch.stats import responses
    from cxresearch.stats import standardisation as standard

    y, X, _ = world()
    peer = sm.Poisson(y, sm.add_constant(X)).fit(disp=0, tol=1e-12).get_margeff().margeff
    fit = responses.fit("poisson", y, X, np.ones(len(y)))
    for j in range(2):
        D = np.zeros_like(X)
        D[:, j] = 1
        assert_allclose(standard.slope(fit.mean(), X, D, np.ones(len(y))).value, peer[j], rtol=1e-6)


def test_weights_count_rows():
    y, X, w = world(80)
    rows = np.repeat(np.arange(80), w.astype(int))
    one, two = counts.fit_poisson(y, X, w), counts.fit_poisson(y[rows], X[rows])
    assert_allclose(one.coef, two.coef, rtol=RTOL)
    assert_allclose(one.cov, two.cov, rtol=1e-6)
    assert_allclose(one.dispersion, two.dispersion, rtol=RTOL)


def test_the_observed_total_is_the_predicted_one():
    y, X, w = world()
    assert_allclose(w @ counts.fit_poisson(y, X, w).predict(X), w @ y, rtol=RTOL)


def test_units_of_a_predictor_only_move_its_coefficient():
    y, X, w = world()
    one, two = counts.fit_poisson(y, X, w), counts.fit_poisson(y, X * [1e4, 1] + [5e6, 0], w)
    assert_allclose(two.coef, one.coef / [1e4, 1], rtol=1e-7)
    assert_allclose(two.predict(X * [1e4, 1] + [5e6, 0]), one.predict(X), rtol=1e-6)


def test_counts_that_spread_more_say_so():
    assert 0.8 < counts.fit_poisson(*world(2000)[:2]).dispersion < 1.2
    assert counts.fit_poisson(*world(2000, 1.0)[:2]).dispersion > 1.7


def test_two_groups_are_their_means():
    y, X = np.array([1.0, 3, 0, 2, 10, 12]), np.array([0.0, 0, 0, 0, 1, 1])[:, None]
    fit = counts.fit_poisson(y, X)
    assert_allclose(np.exp([fit.intercept, fit.intercept + fit.coef[0]]), [1.5, 11], rtol=1e-10)
    moved = counts.influence(fit, y, X)
    assert_allclose(moved[:, 1][:4], (y[:4] - 1.5) / (4 * 1.5), rtol=1e-9)  # of a log mean


@pytest.mark.parametrize(
    ("y", "X", "message"),
    [
        ([0, 0], [[1], [2]], "not all 0"),
        ([-1, 2], [[1], [2]], "smallest value is -1"),
        ([1, 2], [[1], [1]], "column 0 of `X` is constant"),
        ([1, 2, 3], [[1, 2], [2, 4], [3, 6]], "columns 0, 1 of `X` follow"),
        ([1, 2], [[1]], "one row per cell"),
    ],
)
def test_what_cannot_be_fitted_is_refused(y, X, message):
    with pytest.raises(ValueError, match=message):
        counts.fit_poisson(y, X)


def test_a_group_without_counts_is_flagged():
    fit = counts.fit_poisson([1, 2, 0, 0], [[0], [0], [1], [1]])
    assert fit.separated
