"""Sampled orders against all subsets: unbiased, within their bounds, exact where they must be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.importance_sampled import shapley_r2_sampled

SEEDS = 200
MISSES = 8  # of 200 joint 99 % bounds 2 are expected to fail; more than 8 happens once in 5,000 such tests
RTOL = 1e-10


def matrix_of(seed, p, rho=0.5, n=300):
    rng = np.random.default_rng(seed)
    X = np.sqrt(rho) * rng.normal(size=(n, 1)) + np.sqrt(1 - rho) * rng.normal(size=(n, p))
    return np.corrcoef(np.column_stack([X, X @ rng.exponential(size=p) + p / 2 * rng.normal(size=n)]).T)


def test_bounds_hold_and_standard_errors_are_right():
    m = matrix_of(1, 9)
    exact = shapley_r2(m)
    samples = [shapley_r2_sampled(m, np.random.default_rng(seed), n_orders=1) for seed in range(SEEDS)]
    errors = np.array([one.shares for one in samples]) - exact
    bounds = np.array([one.error_bound for one in samples])
    assert samples[0].n_orders == 30 * 2 * 9
    assert (np.abs(errors) > bounds).any(axis=1).sum() <= MISSES
    said = np.sqrt(np.mean([one.std_error**2 for one in samples], axis=0))
    assert_allclose(errors.std(axis=0), said, rtol=0.25)  # 200 draws: 5 % standard error of a spread
    assert np.all(np.abs(errors.mean(axis=0)) < 4 * said / np.sqrt(SEEDS))


def test_more_orders_smaller_errors_and_the_seed_decides():
    m = matrix_of(2, 8)
    few = shapley_r2_sampled(m, np.random.default_rng(0), n_orders=500)
    many = shapley_r2_sampled(m, np.random.default_rng(0), n_orders=50_000)
    assert np.all(many.std_error < few.std_error / 4)
    assert_allclose(many.shares, shapley_r2(m), atol=many.error_bound.max())
    again = shapley_r2_sampled(m, np.random.default_rng(0), n_orders=500)
    assert_allclose(again.shares, few.shares, atol=0)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_up_to_three_players_a_round_is_exact(p):
    m = matrix_of(p, p)
    sampled = shapley_r2_sampled(m, np.random.default_rng(0))
    assert_allclose(sampled.shares, shapley_r2(m), rtol=RTOL)
    assert_allclose(sampled.std_error, 0, atol=1e-15)


def test_past_all_subsets_shares_sum_to_r2():
    m = matrix_of(3, 40, n=500)
    sampled = shapley_r2_sampled(m, np.random.default_rng(0))
    full = m[-1, :-1] @ np.linalg.solve(m[:-1, :-1], m[:-1, -1])
    assert_allclose(sampled.shares.sum(), full, rtol=RTOL)
    assert np.all(sampled.shares > 0)
    assert sampled.error_bound.max() < 0.005


def test_collinear_constant_grouped_and_stacked():
    m = matrix_of(4, 5)
    odd = np.array([0, 1, 2, 3, 4, 0, 5])  # the first twice
    copies = np.zeros((8, 8))
    kept = np.array([0, 1, 2, 3, 4, 5, 7])  # and a constant
    copies[np.ix_(kept, kept)] = m[np.ix_(odd, odd)]
    sampled = shapley_r2_sampled(copies, np.random.default_rng(0), n_orders=3_000)
    assert_allclose(sampled.shares, shapley_r2(copies), atol=sampled.error_bound.max())
    assert sampled.shares[6] == 0
    groups = [[0, 3], [1], [4, 2]]
    grouped = shapley_r2_sampled(
        np.stack([m, copies[:-1][:, :-1][np.ix_(range(6), range(6))]]),
        np.random.default_rng(0),
        groups=groups,
    )
    assert grouped.shares.shape == (2, 3)
    assert_allclose(grouped.shares[0], shapley_r2(m, groups=groups), rtol=RTOL)  # three players: exact
    flat = m.copy()
    flat[-1] = flat[:, -1] = 0
    assert np.isnan(shapley_r2_sampled(flat, np.random.default_rng(0)).shares).all()


def test_refuses():
    with pytest.raises(ValueError, match="at least 1"):
        shapley_r2_sampled(np.eye(3), np.random.default_rng(0), n_orders=0)
