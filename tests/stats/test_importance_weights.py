"""Closed forms: relative weights, CAR, Pratt, standardised coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.relative_weights import car_r2, johnson_r2, pratt_r2, standardised_coefficients

RTOL = 1e-8
MEASURES = (johnson_r2, car_r2, pratt_r2)


def rows(seed, p, n=80):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=(n, 1))
    return X, X @ rng.normal(size=p) + 2 * rng.normal(size=n)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 7))
def test_parts_sum_to_r2_and_know_no_units(seed, p):
    X, y = rows(seed, p)
    m = np.cov(np.column_stack([X, y]).T)
    for measure in MEASURES:
        parts = measure(m)
        assert_allclose(parts.sum(), shapley_r2(m).sum(), rtol=RTOL)
        scale = np.array([*np.linspace(-3, 100, p), 0.01])
        assert_allclose(measure(m * np.outer(scale, scale)), parts, rtol=1e-6, atol=1e-10)
        assert_allclose(measure(np.stack([m, m]))[1], parts, rtol=1e-9)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 7))
def test_genizi_is_johnson(seed, p):
    """Genizi (1993): predictors made uncorrelated symmetrically, Z = X R^(-1/2); his share of j is
    sum over k of corr(X_j, Z_k)² corr(Z_k, y)², here from the rows."""
    X, y = rows(seed, p)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    left, _, right = np.linalg.svd(X, full_matrices=False)
    Z = left @ right
    norms = np.linalg.norm(X, axis=0)
    with_y = Z.T @ (y - y.mean()) / np.linalg.norm(y - y.mean())
    genizi = (X.T @ Z / norms[:, None]) ** 2 @ with_y**2
    m = np.cov(np.column_stack([X, y]).T)
    assert_allclose(johnson_r2(m), genizi, rtol=RTOL)
    assert_allclose(car_r2(m), with_y**2, rtol=1e-6, atol=1e-12)


def test_two_predictors_have_shapley_shares_as_weights():
    m = np.array([[1, 0.7, 0.6], [0.7, 1, 0.2], [0.6, 0.2, 1]])
    assert_allclose(johnson_r2(m), shapley_r2(m), rtol=1e-12)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_coefficients_by_least_squares(seed):
    X, y = rows(seed, 4)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    beta = np.linalg.lstsq(Z, (y - y.mean()) / y.std(), rcond=None)[0]
    m = np.cov(np.column_stack([X, y]).T)
    assert_allclose(standardised_coefficients(m), beta, rtol=1e-7, atol=1e-10)
    assert_allclose(pratt_r2(m), beta * np.corrcoef(X.T, y)[-1, :-1], rtol=1e-7, atol=1e-10)


def test_copies_constants_and_outcomes_without_spread():
    X, y = rows(1, 2)
    m = np.cov(np.column_stack([X, X[:, 0], np.zeros(len(y)), y]).T)
    full = shapley_r2(m).sum()
    for measure in (*MEASURES, standardised_coefficients):
        parts = measure(m)
        assert parts[3] == 0
        assert_allclose(parts[0], parts[2], rtol=1e-7)
        if measure is not standardised_coefficients:
            assert_allclose(parts.sum(), full, rtol=1e-7)
        flat = m.copy()
        flat[-1] = flat[:, -1] = 0
        assert np.isnan(measure(flat)).all()
    with pytest.raises(ValueError, match="symmetric"):
        johnson_r2([[1, 0.5], [0.2, 1]])
