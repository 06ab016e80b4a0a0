"""Controls held fixed, groups as players, Owen shares, weighted moments, many players, worths of any kind."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats import _subsets, importance
from cxresearch.stats.importance import (
    first_r2,
    incremental_r2,
    moments,
    owen_r2,
    partial_out,
    shapley_r2,
    shapley_values,
    subsets_r2,
)

RTOL = 1e-9  # two routes through well-conditioned moments
ATOL = 1e-13
SECONDS = 0.5  # of the processor; 0.03 where it was written, one solve per subset takes a minute


def random_moments(seed, p, n=80):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=(n, 1))
    return np.cov(np.column_stack([X, X @ rng.normal(size=p) + 2 * rng.normal(size=n)]).T)


def r2(matrix, columns):
    s = sorted(columns)
    return matrix[-1, s] @ np.linalg.solve(matrix[np.ix_(s, s)], matrix[s, -1]) / matrix[-1, -1] if s else 0.0


def over_orders(players, worth):
    """Gain of each player averaged over all orders."""
    gains = dict.fromkeys(range(len(players)), 0.0)
    orders = list(itertools.permutations(gains))
    for order in orders:
        inside = []
        for j in order:
            before = worth(inside)
            inside = [*inside, *players[j]]
            gains[j] += (worth(inside) - before) / len(orders)
    return list(gains.values())


GROUPS = [[3, 1], [0], [2, 5, 4]]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_groups_are_players(seed):
    m = random_moments(seed, 6)
    shares = shapley_r2(m, groups=GROUPS)
    assert_allclose(shares, over_orders(GROUPS, lambda s: r2(m, s)), rtol=RTOL, atol=ATOL)
    worths = subsets_r2(m, groups=GROUPS)
    for code in range(8):
        inside = [j for k in range(3) if code >> k & 1 for j in GROUPS[k]]
        assert_allclose(worths[code], r2(m, inside), rtol=RTOL, atol=ATOL)
    last = [worths[7] - worths[7 - (1 << k)] for k in range(3)]
    assert_allclose(incremental_r2(m, groups=GROUPS), last, rtol=1e-7, atol=ATOL)
    assert_allclose(first_r2(m, groups=GROUPS), worths[[1, 2, 4]], rtol=RTOL, atol=ATOL)
    assert_allclose(first_r2(m), m[-1, :-1] ** 2 / np.diag(m)[:-1] / m[-1, -1])


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_owen_shares_average_the_orders_that_keep_groups_together(seed):
    m = random_moments(seed, 6)
    gains, orders = np.zeros(6), 0
    for groups in itertools.permutations(GROUPS):
        for parts in itertools.product(*(itertools.permutations(group) for group in groups)):
            order = [j for part in parts for j in part]
            steps = np.diff([r2(m, order[:k]) for k in range(7)])
            gains[order] += steps
            orders += 1
    shares = owen_r2(m, GROUPS)
    assert_allclose(shares, gains / orders, rtol=RTOL, atol=ATOL)
    within = [shares[group].sum() for group in GROUPS]
    assert_allclose(within, shapley_r2(m, groups=GROUPS), rtol=RTOL)
    assert_allclose(owen_r2(np.stack([m, m]), GROUPS)[1], shares, rtol=1e-12)


def test_singletons_or_one_group_change_nothing():
    m = random_moments(1, 5)
    single = [[j] for j in range(5)]
    assert_allclose(shapley_r2(m, groups=single), shapley_r2(m), rtol=1e-13)
    assert_allclose(owen_r2(m, single), shapley_r2(m), rtol=1e-11)
    assert_allclose(owen_r2(m, [[4, 2, 0, 1, 3]]), shapley_r2(m), rtol=1e-11)
    assert_allclose(shapley_r2(m, groups=[range(5)]), [r2(m, range(5))], rtol=RTOL)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_controls_are_in_every_model(seed):
    m = random_moments(seed, 5)
    rest, held = partial_out(m, [3, 1])
    assert_allclose(held, r2(m, [1, 3]), rtol=RTOL)
    drivers = [[0], [2], [4]]
    forced = over_orders(drivers, lambda s: r2(m, [1, 3, *s]))
    assert_allclose(shapley_r2(rest) * (1 - held), forced, rtol=RTOL, atol=ATOL)
    many = partial_out(np.stack([m, 2 * m]), [3, 1])
    assert_allclose(many[0][1], 2 * rest, rtol=1e-12)
    assert_allclose(many[1], [held, held], rtol=1e-12)


def test_what_controls_determine_adds_nothing():
    m = random_moments(2, 3)
    twice = np.array([0, 0, 1, 2, 3])  # the second is the first again
    rest, held = partial_out(m[np.ix_(twice, twice)], [0])
    assert_allclose(rest[0], 0, atol=0)
    assert_allclose(shapley_r2(rest)[0], 0, atol=ATOL)
    alone, held_alone = partial_out(m, [0])
    assert_allclose(shapley_r2(rest)[1:], shapley_r2(alone), rtol=1e-10)
    assert held == pytest.approx(held_alone)
    nothing, none = partial_out(m, [])
    assert_allclose(nothing, m, rtol=1e-15)
    assert none == 0


def test_moments_are_weighted_covariances():
    rng = np.random.default_rng(0)
    data, W = 1e6 + rng.normal(size=(50, 3)), rng.exponential(size=(4, 50))
    for w, m in zip(W, moments(data, W), strict=True):
        assert_allclose(m, np.cov(data.T, aweights=w, ddof=0), rtol=1e-9, atol=1e-10)
    assert_allclose(moments(data, W[2]), moments(data, W)[2], rtol=1e-9)
    counts = rng.integers(0, 4, 50)
    assert_allclose(
        moments(data, counts), moments(np.repeat(data, counts, axis=0), np.ones(counts.sum())), rtol=1e-6
    )
    data[:, 1] = 1 / 3
    W[1, 1:] = 0  # one row only
    found = moments(data, W)
    assert np.all(found[:, 1] == 0)
    assert np.all(found[:, :, 1] == 0)
    assert np.all(found[1] == 0)
    assert found[0, 0, 0] > 0.5
    with pytest.raises(ValueError, match="agree on U"):
        moments(data, W[:, 1:])
    with pytest.raises(ValueError, match="missing"):
        moments([[1, np.nan]], [1])
    with pytest.raises(ValueError, match="positive sum"):
        moments(data, 0 * W)


@pytest.mark.parametrize("p", [1, 13, 14, 15, 17])
def test_both_ways_through_the_subsets_agree(p, monkeypatch):
    m = random_moments(p, p, n=300)
    shares, worths = shapley_r2(m), subsets_r2(m)
    assert_allclose(shares.sum(), r2(m, range(p)), rtol=RTOL)
    monkeypatch.setattr(importance, "FEW", 0 if p <= importance.FEW else 17)
    assert_allclose(shapley_r2(m), shares, rtol=1e-10, atol=1e-15)
    assert_allclose(subsets_r2(m), worths, rtol=1e-12, atol=1e-15)
    assert_allclose(shapley_values(worths), shares, rtol=1e-10, atol=1e-15)


def test_symmetry_and_null_players():
    """Equal predictors get equal shares; one that adds to no subset gets nothing, however many there are."""
    p = 16
    m = np.full((p + 1, p + 1), 0.5) + 0.5 * np.eye(p + 1)
    m[-1, 3] = m[3, -1] = m[3, :3] = m[:3, 3] = 0
    m[3, 4:-1] = m[4:-1, 3] = 0
    shares = shapley_r2(m)
    assert abs(shares[3]) < 1e-15
    others = np.delete(shares, 3)
    assert_allclose(others, others[0], rtol=1e-11)


def test_collinear_predictors_past_few():
    m = random_moments(5, 14, n=300)
    twice = np.array([*range(14), 0, 14])
    shares = shapley_r2(m[np.ix_(twice, twice)])
    assert_allclose(shares[0], shares[14], rtol=1e-8)
    assert_allclose(shares.sum(), r2(m, range(14)), rtol=RTOL)


def test_twenty_predictors_take_no_time():
    m = random_moments(7, 20, n=300)
    start = time.process_time()
    shares = shapley_r2(m)
    assert time.process_time() - start < SECONDS
    assert_allclose(shares.sum(), r2(m, range(20)), rtol=RTOL)


def test_extended_precision_is_used_only_where_predictors_are_close():
    m = random_moments(6, 3)[None]
    assert _subsets.packed(m).dtype == float
    m[0, 1] = m[0, 0] * (1 + 1e-6)
    m[0, :, 1] = m[0, 1]
    m[0, 1, 1] = m[0, 0, 0] * (1 + 1e-4)
    assert _subsets.packed(m).dtype == np.longdouble
    m[0, 1] = m[0, 0]
    m[0, :, 1] = m[0, :, 0]
    assert _subsets.packed(m).dtype == float  # an exact copy is dropped, not solved for


def test_refuses():
    m = random_moments(0, 3)
    for groups in ([[0], [1]], [[0, 1], [1, 2]], [[0, 1, 2], []], [[0, 1, 3]]):
        with pytest.raises(ValueError, match="each predictor 0 to 2 once"):
            shapley_r2(m, groups=groups)
    with pytest.raises(ValueError, match="each predictor"):
        owen_r2(m, [[0], [1]])
    for controls in ([0, 0], [3]):
        with pytest.raises(ValueError, match="different places from 0 to 2"):
            partial_out(m, controls)
    with pytest.raises(ValueError, match=r"2\^p subsets"):
        shapley_values([0, 1, 2])
