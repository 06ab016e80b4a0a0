"""Shapley and last-in shares of R²: averaging over orders by least squares, identities, speed."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.importance import incremental_r2, shapley_r2, subsets_r2

RTOL = 1e-8  # well-conditioned least squares on rows against recursion on covariances
ATOL = 1e-12
SECONDS = 0.5  # 2,000 draws of three predictors take about 0.01 s; ten times slower machines must pass too


def r2_of(X, y, subset):
    """R² by least squares on the rows."""
    centred = y - y.mean()
    if not subset:
        return 0.0
    D = np.column_stack([np.ones(len(y)), X[:, list(subset)]])
    residual = y - D @ np.linalg.lstsq(D, y, rcond=None)[0]
    return 1 - residual @ residual / (centred @ centred)


def rows(seed, p, n=60):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=(n, 1))
    return X, X @ rng.normal(size=p) + 2 * rng.normal(size=n)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 5))
def test_shares_equal_the_average_over_all_orders(seed, p):
    X, y = rows(seed, p)
    cov = np.cov(np.column_stack([X, y]).T)
    gains = np.zeros(p)
    orders = list(itertools.permutations(range(p)))
    for order in orders:
        for k, j in enumerate(order):
            gains[j] += (r2_of(X, y, order[: k + 1]) - r2_of(X, y, order[:k])) / len(orders)
    shares = shapley_r2(cov)
    full = r2_of(X, y, range(p))
    assert_allclose(shares, gains, rtol=RTOL, atol=1e-10)
    assert_allclose(shares.sum(), full, rtol=RTOL)
    assert np.all(shares > -ATOL)
    last = [full - r2_of(X, y, [k for k in range(p) if k != j]) for j in range(p)]
    assert_allclose(incremental_r2(cov), last, rtol=1e-6, atol=1e-10)
    subsets = subsets_r2(cov)
    for code in range(2**p):
        assert_allclose(
            subsets[code], r2_of(X, y, [j for j in range(p) if code >> j & 1]), rtol=RTOL, atol=1e-10
        )


def test_shares_do_not_depend_on_units_or_signs_and_follow_the_columns():
    X, y = rows(7, 4)
    cov = np.cov(np.column_stack([X, y]).T)
    shares = shapley_r2(cov)
    scale = np.array([10, -0.01, 3, 1, -50])
    assert_allclose(shapley_r2(cov * np.outer(scale, scale)), shares, rtol=1e-10)
    assert_allclose(shapley_r2(np.corrcoef(np.column_stack([X, y]).T)), shares, rtol=1e-10)
    order = [2, 0, 3, 1]
    index = np.array([*order, 4])
    assert_allclose(shapley_r2(cov[np.ix_(index, index)]), shares[order], rtol=1e-10)


def test_uncorrelated_predictors_keep_their_own_squares():
    r = np.array([0.3, 0.5, 0.1])
    m = np.eye(4)
    m[3, :3] = m[:3, 3] = r
    for function in (shapley_r2, incremental_r2):
        assert_allclose(function(m), r**2, rtol=1e-12)


def test_two_predictors_by_hand():
    """Shares of two: r1² and the gain over the other, averaged. r = .6, .4, between .5; R² = .28 / .75."""
    m = np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]])
    full = (0.36 + 0.16 - 2 * 0.5 * 0.6 * 0.4) / 0.75
    assert_allclose(shapley_r2(m), [(0.36 + full - 0.16) / 2, (0.16 + full - 0.36) / 2], rtol=1e-12)
    assert_allclose(incremental_r2(m), [full - 0.16, full - 0.36], rtol=1e-12)


def test_copies_and_constants():
    X, y = rows(3, 2)
    copies = np.cov(np.column_stack([X, X[:, 0], np.ones(len(y)), y]).T)
    shares = shapley_r2(copies)
    assert_allclose(shares.sum(), r2_of(X, y, (0, 1)), rtol=1e-8)
    assert_allclose(shares[0], shares[2], rtol=1e-8)
    assert_allclose(shares[3], 0, atol=ATOL)
    assert_allclose(incremental_r2(copies)[[0, 2, 3]], 0, atol=1e-12)


def test_draws_at_once():
    draws = np.stack(
        [np.cov(np.column_stack([*rows(seed, 3)[0].T, rows(seed, 3)[1]]).T) for seed in range(2_000)]
    )
    draws[5] = 0
    start = time.perf_counter()
    shares = shapley_r2(draws)
    assert time.perf_counter() - start < SECONDS
    assert shares.shape == (2_000, 3)
    assert np.isnan(shares[5]).all()
    assert_allclose(shares[1234], shapley_r2(draws[1234]), rtol=1e-12)
    assert_allclose(incremental_r2(draws)[1234], incremental_r2(draws[1234]), rtol=1e-12)
    assert shapley_r2(draws.reshape(40, 50, 4, 4)).shape == (40, 50, 3)
    for function in (shapley_r2, incremental_r2):
        assert function(draws[:0]).shape == (0, 3)


def test_refuses():
    with pytest.raises(ValueError, match="outcome last"):
        shapley_r2(np.eye(3)[:2])
    with pytest.raises(ValueError, match="symmetric"):
        shapley_r2([[1, 0.5], [0.2, 1]])
    with pytest.raises(ValueError, match="at most 25"):
        shapley_r2(np.eye(27))
