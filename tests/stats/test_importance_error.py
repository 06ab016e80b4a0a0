"""Errors of importances: derivatives, the jackknife and the bootstrap, designs, ranks, intervals at the edge."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats import importance_gradient as gradients
from cxresearch.stats._importance_indices import INDICES, standardised
from cxresearch.stats.designs import Design, influence_covariance
from cxresearch.stats.estimates import Estimate
from cxresearch.stats.importance import moments, shapley_r2
from cxresearch.stats.importance_error import (
    bootstrap_importance,
    importance_intervals,
    interval_of,
    table_of,
)

ATOL_STEP = 1e-7  # central differences of a correlation matrix that may be near singular
RTOL_ORDERS = 0.1  # a thousand random orders of entry against all of them
RTOL_JACKKNIFE = 0.06  # leverage stands for leaving a row out, at 80 rows
RTOL_BOOT = 0.06  # 2,000 draws: an error is known to 1.6 %; the rest is the bootstrap's own second order
SECONDS = 1.5  # of processor; the bootstrap takes 0.2 on a quiet machine
ALL = (*INDICES, "shapley_share")


def rows(n: int, w: np.ndarray | None = None, **design: np.ndarray) -> Design:
    w = np.ones(n) if w is None else w
    return Design(np.ones(n, np.int64), w, w**2, **design)


def simulated(rng: np.random.Generator, n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    X = rng.normal(size=(n, p)) + 0.7 * rng.normal(size=(n, 1))
    return X, X @ np.linspace(0.4, 0.6, p) + (1 + 0.3 * np.abs(X[:, 0])) * rng.normal(size=n)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 5), controls=st.integers(0, 2))
def test_shapley_gradient_is_the_derivative(seed, p, controls):
    rng = np.random.default_rng(seed)
    X, y = simulated(rng, 60, p + controls)
    groups = [[0, p - 1], *([j] for j in range(1, p - 1))] if p > 2 else None
    cells = standardised(X[:, controls:], y, rows(60), X[:, :controls] if controls else None, groups)
    matrix = moments(cells.data, cells.design.w)
    exact = gradients.shapley_gradient(matrix, cells.sizes, controls)
    numerical = gradients.numerical_gradient(lambda M: cells.values("shapley_r2", M), matrix)
    assert_allclose(exact, numerical, atol=ATOL_STEP)


def test_beyond_all_subsets_random_orders_give_the_gradient(monkeypatch):
    X, y = simulated(np.random.default_rng(2), 400, 6)
    design = rows(400)
    exact = importance_intervals(X, y, design, n_boot=0, groups=[[0], [1, 2], [3], [4], [5]])
    monkeypatch.setattr(gradients, "EXACT", 2)
    sampled = importance_intervals(X, y, design, n_boot=0, groups=[[0], [1, 2], [3], [4], [5]])
    assert_allclose(sampled.estimate, exact.estimate, rtol=1e-12)
    assert_allclose(sampled.std_error, exact.std_error, rtol=RTOL_ORDERS)


def test_errors_are_those_of_the_jackknife():
    X, y = simulated(np.random.default_rng(3), 80, 3)
    few = ["shapley_r2", "johnson_r2", "shapley_share"]
    table = importance_intervals(X, y, rows(80), few, n_boot=0)
    left = []
    for i in range(80):
        keep = np.arange(80) != i
        left.append(importance_intervals(X[keep], y[keep], rows(79), few, n_boot=0).estimate)
    error = np.sqrt(79 / 80 * ((left - np.mean(left, axis=0)) ** 2).sum(axis=0))
    assert_allclose(table.std_error, error, rtol=RTOL_JACKKNIFE)


@pytest.mark.parametrize("case", ["rows", "weights", "clusters", "strata", "controls", "groups"])
def test_errors_agree_with_the_bootstrap(case):
    rng = np.random.default_rng(4)
    X, y = simulated(rng, 1200, 4)
    w = rng.gamma(3, size=1200) if case == "weights" else None
    design: dict[str, np.ndarray] = {}
    if case == "clusters":
        design["cluster"] = np.arange(1200) % 150
        y = y + rng.normal(size=150)[design["cluster"]]
        X[:, 3] += rng.normal(size=150)[design["cluster"]]
    if case == "strata":
        design["stratum"] = (X[:, 0] > 0.3).astype(np.int64)
    more = {"controls": X[:, :1]} if case == "controls" else {}
    more |= {"groups": [[0], [1, 2], [3]]} if case == "groups" else {}
    drivers = X[:, 1:] if case == "controls" else X
    table = importance_intervals(drivers, y, rows(1200, w, **design), ALL, n_boot=0, **more)
    draws = bootstrap_importance(drivers, y, rows(1200, w, **design), ALL, 2000, rng, **more)
    assert_allclose(table.std_error, draws.std(axis=1, ddof=1), rtol=RTOL_BOOT)


def test_cells_give_what_their_rows_give():
    rng = np.random.default_rng(5)
    X, y = rng.integers(0, 3, (500, 2)), rng.integers(1, 6, 500)
    patterns, n = np.unique(np.column_stack([X, y]), axis=0, return_counts=True)
    by_rows = importance_intervals(X, y, rows(500), ALL, n_boot=0)
    by_cells = importance_intervals(
        patterns[:, :2], patterns[:, 2], Design(n, n * 1.0, n * 1.0), ALL, n_boot=0
    )
    clustered = importance_intervals(X, y, rows(500, cluster=np.arange(500)), ALL, n_boot=0)
    for name in ("estimate", "std_error", "conf_low", "conf_high", "rank_low", "rank_high"):
        assert_allclose(getattr(by_cells, name), getattr(by_rows, name), rtol=1e-8, atol=1e-12)
        assert_allclose(getattr(clustered, name), getattr(by_rows, name), rtol=1e-8, atol=1e-12)


def test_weights_scale_and_units_change_nothing():
    rng = np.random.default_rng(6)
    X, y = simulated(rng, 200, 3)
    w = rng.gamma(2, size=200)
    one = importance_intervals(X, y, rows(200, w), ALL, n_boot=0)
    other = importance_intervals(X * [3, -0.01, 1e4] + 5, 7 - 2 * y, rows(200, 9 * w), ALL, n_boot=0)
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-6, atol=1e-10)


def test_controls_come_first_and_shares_are_of_the_whole_variance():
    X, y = simulated(np.random.default_rng(7), 300, 4)
    table = importance_intervals(X[:, 1:], y, rows(300), n_boot=0, controls=X[:, :1])
    R = np.corrcoef(np.column_stack([X, y]).T)
    full = 1 - np.linalg.det(R) / np.linalg.det(R[:-1, :-1])
    assert_allclose(table.estimate[0].sum(), full - R[0, -1] ** 2, rtol=1e-10)
    assert_allclose(table.estimate[1].sum(), 1, rtol=1e-12)


def test_differences_and_ranks_belong_to_the_estimates():
    rng = np.random.default_rng(8)
    X, y = simulated(rng, 2000, 4)
    table = importance_intervals(X, y, rows(2000), n_boot=400, rng=rng)
    value, gaps = table.estimate[0], table.differences
    assert_allclose(gaps.estimate[0, 1, 2], value[1] - value[2], rtol=1e-12)
    assert_allclose(gaps.conf_low[0], -gaps.conf_high[0].T, rtol=1e-10)
    covariance = influence_covariance(table.influence[:, 0], rows(2000))
    error = np.sqrt(covariance[1, 1] + covariance[2, 2] - 2 * covariance[1, 2])
    assert_allclose(gaps.std_error[0, 1, 2], error, rtol=1e-8)
    assert table.rank[0].tolist() == (1 + (-value).argsort().argsort()).tolist()
    assert np.all((table.rank_low <= table.rank) & (table.rank <= table.rank_high))
    assert_allclose(table.p_first.sum(axis=1), 1)
    assert table.p_first[0].argmax() == value.argmax()
    normal = table_of(table.measures, table.estimate, table.influence, rows(2000), 0.95, 20_000, rng)
    assert_allclose(normal.p_first, table.p_first, atol=0.08)


def test_many_drivers_take_normal_draws(monkeypatch):
    rng = np.random.default_rng(9)
    X, y = simulated(rng, 300, 3)
    monkeypatch.setattr("cxresearch.stats.importance_error.MOST_DRAWN", 10)
    monkeypatch.setattr("cxresearch.stats.resampling.bootstrap", None)
    table = importance_intervals(X, y, rows(300), n_boot=500, rng=rng)
    assert_allclose(table.p_first.sum(axis=1), 1)


def test_a_driver_that_does_nothing_has_an_interval_from_0():
    rng = np.random.default_rng(10)
    X = rng.normal(size=(500, 2))
    table = importance_intervals(X, X[:, 0] + rng.normal(size=500), rows(500), ALL, n_boot=0)
    at = {name: m for m, name in enumerate(table.measures)}
    for name in ("shapley_r2", "shapley_share", "first_r2", "last_r2", "johnson_r2", "car_r2"):
        assert table.conf_low[at[name], 1] == 0 < table.conf_high[at[name], 1] < 0.05
    assert table.conf_low[at["pratt_r2"], 1] < 0


def test_intervals_stay_between_0_and_1():
    assert interval_of("shapley_share", Estimate(0.98, 0.05, 50), 0.95)[1] == 1
    low, high = interval_of("first_r2", Estimate(0.95, 0.04, 50), 0.95)
    assert 0 < low < 0.95 < high < 1
    low, high = interval_of("pratt_r2", Estimate(-0.02, 0.01, 1e6), 0.95)
    assert_allclose([low, high], [-0.0396, -0.0004], atol=1e-6)


def test_one_driver_a_constant_and_copies():
    rng = np.random.default_rng(11)
    X, y = simulated(rng, 100, 1)
    alone = importance_intervals(X, y, rows(100), ALL, n_boot=20, rng=rng)
    assert_allclose(alone.estimate[:, 0], [*[np.corrcoef(X[:, 0], y)[0, 1] ** 2] * 6, 1], rtol=1e-10)
    assert alone.rank.tolist() == [[1]] * 7
    assert alone.conf_low[-1, 0] == alone.conf_high[-1, 0] == pytest.approx(1)
    flat = importance_intervals(np.c_[X, np.ones(100)], y, rows(100), n_boot=20, rng=rng)
    assert flat.estimate[0, 1] == flat.conf_low[0, 1] == flat.conf_high[0, 1] == 0
    twins = importance_intervals(np.c_[X, X], y, rows(100), n_boot=0)
    assert_allclose(twins.estimate[0], alone.estimate[0, 0] / 2, rtol=1e-8)


def test_refusals():
    X, y = simulated(np.random.default_rng(12), 30, 2)
    cases = [
        ({"X": X[:20]}, "agree on U"),
        ({"X": np.where(X > 1, np.nan, X)}, "missing"),
        ({"y": np.ones(30)}, "one value only"),
        ({"X": np.random.default_rng(1).normal(size=(30, 29))}, "too few"),
        ({"indices": ["lmg"]}, "unknown index 'lmg'"),
        ({"n_boot": 5}, "rng"),
        ({"groups": [[0], [0, 1]]}, "groups"),
    ]
    for change, message in cases:
        with pytest.raises(ValueError, match=message):
            importance_intervals(**{"X": X, "y": y, "design": rows(30), "n_boot": 0} | change)


def test_bootstrap_of_eight_drivers_and_five_thousand_distinct_rows_is_fast():
    rng = np.random.default_rng(13)
    X, y = simulated(rng, 5000, 8)
    start = time.process_time()
    draws = bootstrap_importance(X, y, rows(5000), ["shapley_r2"], 1000, rng)
    assert time.process_time() - start < SECONDS
    assert_allclose(draws[0].mean(axis=0), shapley_r2(np.cov(np.column_stack([X, y]).T)), atol=0.01)


@pytest.mark.slow
def test_intervals_cover_the_truth():
    rng = np.random.default_rng(14)
    R = np.array([[1, 0.3, 0.6], [0.3, 1, 0.3], [0.6, 0.3, 1]])
    coef = np.array([0.5, 0.3, 0.0])
    M = np.block([[R, (R @ coef)[:, None]], [R @ coef, 1 + coef @ R @ coef]])
    r2 = shapley_r2(M)
    truth = np.stack([r2, r2 / r2.sum()])
    covered = np.zeros((2, 3))
    for _ in range(400):
        X = rng.normal(size=(200, 3)) @ np.linalg.cholesky(R).T
        table = importance_intervals(X, X @ coef + rng.normal(size=200), rows(200), n_boot=0)
        covered += (table.conf_low <= truth) & (truth <= table.conf_high)
    assert np.all((covered / 400 > 0.90) & (covered / 400 < 0.98))  # an error is 1.1 points
