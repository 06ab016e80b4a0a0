"""Dominance and commonality by hand and by going through the subsets one at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.dominance import commonality, complete_dominance, conditional_dominance
from cxresearch.stats.importance import incremental_r2, shapley_r2, shapley_values, subsets_r2

ATOL = 1e-12


def worths_of(seed, p):
    """Any game: worths need not grow with the subset."""
    return np.random.default_rng(seed).normal(size=2**p)


def subsets(players):
    return itertools.chain.from_iterable(itertools.combinations(players, k) for k in range(len(players) + 1))


def code(players):
    return sum(1 << j for j in players)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 6))
def test_conditional_and_complete_by_going_through_the_subsets(seed, p):
    v = worths_of(seed, p)
    rows, share = conditional_dominance(v), complete_dominance(v)
    for i in range(p):
        others = [j for j in range(p) if j != i]
        for k in range(p):
            gains = [v[code(s) | 1 << i] - v[code(s)] for s in itertools.combinations(others, k)]
            assert_allclose(rows[i, k], np.mean(gains), atol=ATOL)
        for j in others:
            rest = [k for k in others if k != j]
            wins = [v[code(s) | 1 << i] > v[code(s) | 1 << j] for s in subsets(rest)]
            assert_allclose(share[i, j], np.mean(wins), atol=ATOL)
    assert_allclose(rows.mean(axis=1), shapley_values(v), atol=ATOL)
    assert_allclose(shapley_values(v).sum(), v[-1] - v[0], atol=ATOL)
    assert_allclose(conditional_dominance(np.stack([v, -v]))[1], -rows, atol=ATOL)
    assert_allclose(complete_dominance(np.stack([-v, v]))[1], share, atol=ATOL)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 6))
def test_commonality_by_its_definition(seed, p):
    v = worths_of(seed, p)
    v[0] = 0
    parts = commonality(v)
    everybody = set(range(p))
    for s in subsets(range(p)):
        outside = code(everybody - set(s))
        expected = sum((-1) ** (len(t) + 1) * v[outside | code(t)] for t in subsets(s))
        assert_allclose(parts[code(s)], expected if s else 0, atol=1e-10)
    for s in subsets(range(p)):  # a subset's worth is all that touches it
        touched = sum(parts[c] for c in range(2**p) if c & code(s))
        assert_allclose(v[code(s)], touched, atol=1e-10)
    assert_allclose(commonality(np.stack([v, 2 * v]))[1], 2 * parts, atol=1e-10)


def test_commonality_leaves_its_input_alone_and_knows_the_last():
    m = np.array([[1, 0.5, 0.2, 0.6], [0.5, 1, 0.1, 0.4], [0.2, 0.1, 1, 0.3], [0.6, 0.4, 0.3, 1]])
    worths = subsets_r2(m)
    before = worths.copy()
    unique = commonality(worths)[[1, 2, 4]]
    assert_allclose(worths, before, atol=0)
    assert_allclose(unique, incremental_r2(m), rtol=1e-10)
    rows = conditional_dominance(worths)
    assert_allclose(rows[:, 0], worths[[1, 2, 4]], rtol=1e-12)
    assert_allclose(rows[:, -1], incremental_r2(m), rtol=1e-10)


def test_shapley_shares_hand_out_common_parts_equally():
    """The Shapley value splits each commonality coefficient among its members."""
    p = 4
    m = np.full((p + 1, p + 1), 0.3) + np.diag([0.7, 1, 0.9, 0.8, 1.2])
    parts = commonality(subsets_r2(m))
    shares = [sum(parts[c] / c.bit_count() for c in range(1, 2**p) if c >> j & 1) for j in range(p)]
    assert_allclose(shapley_r2(m), shares, rtol=1e-10)


def test_ties_count_half_and_missing_worths_are_told():
    assert complete_dominance([0, 0.3, 0.3, 0.5])[0, 1] == 0.5
    worths = subsets_r2(np.eye(4) + 0.2 * (1 - np.eye(4)))
    assert_allclose(complete_dominance(worths)[~np.eye(3, dtype=bool)], 0.5)
    assert np.isnan(complete_dominance([0, np.nan, 0.3, 0.5])).all()


def test_many_players():
    rng = np.random.default_rng(0)
    worth = rng.exponential(size=15)
    additive = np.zeros(1)
    for one in worth:
        additive = np.concatenate([additive, additive + one])
    assert_allclose(conditional_dominance(additive), np.repeat(worth[:, None], 15, axis=1), rtol=1e-9)
    expected = (worth[:, None] > worth).astype(float)
    np.fill_diagonal(expected, np.nan)
    assert_allclose(complete_dominance(additive), expected)


def test_refuses():
    for function in (conditional_dominance, complete_dominance, commonality):
        for worths in (1.0, [1.0], [0, 1, 2]):
            with pytest.raises(ValueError, match=r"2\^p subsets"):
                function(worths)
