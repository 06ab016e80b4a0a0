"""The noise test: copies made row by row, error rates, designs, drivers without a part of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.stats import importance_noise
from cxresearch.stats.designs import Design
from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.importance_noise import more_than_noise, relative_weights_p

ATOL_DRAWS = 0.06  # 1,999 signs against 400 copies: an error of 2.5 points at p = 1/2
ERRORS = (
    0.02,
    0.085,
)  # of a nominal 5 % in 300 samples: 5 % and three simulation errors, 1.2 points each


def rows(n: int, w: np.ndarray | None = None, cluster: np.ndarray | None = None) -> Design:
    w = np.ones(n) if w is None else w
    return Design(np.ones(n, np.int64), w, w**2, cluster=cluster)


def simulated(rng: np.random.Generator, n: int, r: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """The first driver does nothing but goes with the second."""
    X = rng.normal(size=(n, 3))
    X[:, 0] = np.sqrt(1 - r**2) * X[:, 0] + r * X[:, 1]
    return X, 0.5 * X[:, 1] + 0.3 * X[:, 2] + rng.normal(size=n)


def test_copies_made_row_by_row_give_the_same_yardstick():
    """A copy: what the others foretell of the driver plus its residual with random signs, in the moment matrix."""
    rng = np.random.default_rng(1)
    X, y = simulated(rng, 120)
    found = more_than_noise(X, y, rows(120), rng)
    others = np.column_stack([np.ones(120), X[:, 1:]])
    fit = others @ np.linalg.lstsq(others, X[:, 0])[0]
    own = X[:, 0] - fit
    shares = []
    for _ in range(400):
        copy = own * rng.choice([-1.0, 1.0], 120)
        copy -= others @ np.linalg.lstsq(others, copy)[0]
        copy *= np.sqrt(own @ own / (copy @ copy))  # all moments with the other drivers stay as they are
        shares.append(shapley_r2(np.cov(np.column_stack([fit + copy, X[:, 1:], y]).T))[0])
    assert_allclose(found.yardstick[0], np.mean(shares), rtol=0.05)
    assert_allclose(found.yardstick_high[0], np.quantile(shares, 0.95), rtol=0.1)
    assert_allclose(found.p_value[0], np.mean(np.array(shares) >= found.shapley_r2[0]), atol=ATOL_DRAWS)


def test_shares_are_the_shapley_shares_and_going_along_is_0_where_nothing_goes_along():
    rng = np.random.default_rng(2)
    X, y = simulated(rng, 300, r=0.0)
    X, _ = np.linalg.qr(X - X.mean(axis=0))
    found = more_than_noise(X, y, rows(300), rng)
    assert_allclose(found.shapley_r2, shapley_r2(np.cov(np.column_stack([X, y]).T)), rtol=1e-10)
    assert_allclose(found.going_along, 0, atol=1e-12)
    assert np.all((found.going_along <= found.yardstick) & (found.yardstick <= found.yardstick_high))


def test_uncorrelated_drivers_get_the_sign_flip_test_of_their_slope():
    """With no company the share is the squared correlation, so the test is two-sided on the slope."""
    rng = np.random.default_rng(3)
    X, _ = np.linalg.qr(rng.normal(size=(400, 2)))
    X = X - X.mean(axis=0)
    y = 1.6 * X[:, 0] + rng.normal(size=400)
    found = more_than_noise(X, y, rows(400), rng, draws=20_000)
    classical = [stats.linregress(X[:, j], y).pvalue for j in range(2)]
    assert_allclose(found.p_value, classical, atol=0.03)


def test_many_rows_take_a_normal_variate(monkeypatch):
    rng = np.random.default_rng(4)
    X, y = simulated(rng, 1000)
    signs = more_than_noise(X, y, rows(1000), rng, draws=8000)
    monkeypatch.setattr(importance_noise, "MANY", 10)
    normal = more_than_noise(X, y, rows(1000), rng, draws=8000)
    for name in ("p_value", "yardstick", "yardstick_high", "going_along"):
        assert_allclose(getattr(normal, name), getattr(signs, name), atol=0.02)


def test_cells_give_what_their_rows_give():
    rng = np.random.default_rng(5)
    X, y = rng.integers(0, 3, (600, 2)), rng.integers(1, 6, 600)
    patterns, n = np.unique(np.column_stack([X, y]), axis=0, return_counts=True)
    by_rows = more_than_noise(X, y, rows(600), rng, draws=8000)
    by_cells = more_than_noise(patterns[:, :2], patterns[:, 2], Design(n, n * 1.0, n * 1.0), rng, draws=8000)
    assert_allclose(by_cells.shapley_r2, by_rows.shapley_r2, rtol=1e-10)
    assert_allclose(by_cells.p_value, by_rows.p_value, atol=0.03)
    assert_allclose(by_cells.p_relative_weights, by_rows.p_relative_weights, rtol=1e-8)


def test_a_driver_of_several_columns_is_one_and_its_coding_changes_nothing():
    rng = np.random.default_rng(6)
    level = rng.integers(0, 3, 400)
    other = rng.normal(size=400) + level
    y = other + rng.normal(size=400)
    results = []
    for coding in (np.eye(3)[level][:, 1:], np.eye(3)[level][:, :2] @ [[1, 2], [0.5, -1]]):
        results.append(
            more_than_noise(
                np.c_[coding, other], y, rows(400), np.random.default_rng(1), draws=8000, groups=[[0, 1], [2]]
            )
        )
    assert_allclose(results[0].shapley_r2, results[1].shapley_r2, rtol=1e-8)
    assert_allclose(results[0].going_along, results[1].going_along, rtol=1e-8)
    assert_allclose(results[0].p_value, results[1].p_value, atol=0.02)
    assert np.isnan(results[0].p_relative_weights[0])
    assert np.isfinite(results[0].p_relative_weights[1])


def test_without_a_part_of_its_own_there_is_no_test():
    rng = np.random.default_rng(7)
    X, y = simulated(rng, 200)
    found = more_than_noise(np.c_[X, np.ones(200), X[:, 1] + X[:, 2]], y, rows(200), rng)
    assert np.isfinite(found.p_value).tolist() == [True, False, False, False, False]
    assert_allclose(found.shapley_r2[3], 0, atol=1e-15)
    assert_allclose(found.going_along[[1, 2, 4]], found.shapley_r2[[1, 2, 4]], rtol=1e-8)


def test_controls_are_held_fixed():
    rng = np.random.default_rng(8)
    X, y = simulated(rng, 400)
    found = more_than_noise(X[:, [0]], y, rows(400), rng, controls=X[:, 1:])
    R = np.corrcoef(np.column_stack([X, y]).T)
    last = (
        1
        - np.linalg.det(R) / np.linalg.det(R[:3, :3])
        - (1 - np.linalg.det(R[1:, 1:]) / np.linalg.det(R[1:3, 1:3]))
    )
    assert_allclose(found.shapley_r2, [last], rtol=1e-8)
    assert_allclose(
        found.going_along, 0, atol=1e-10
    )  # nothing to go along with: what controls explain is theirs


def test_whole_clusters_change_sign():
    """Every row twice, as a cluster: with clusters the test is that of the rows once."""
    rng = np.random.default_rng(9)
    X, y = simulated(rng, 150)
    twice = np.repeat(np.arange(150), 2)
    once = more_than_noise(X, y, rows(150), rng, draws=8000)
    clustered = more_than_noise(X[twice], y[twice], rows(300, cluster=twice), rng, draws=8000)
    naive = more_than_noise(X[twice], y[twice], rows(300), rng, draws=8000)
    assert_allclose(clustered.p_value, once.p_value, atol=0.03)
    assert naive.yardstick[2] < 0.7 * clustered.yardstick[2]


@pytest.mark.slow
@pytest.mark.parametrize("r", [0.0, 0.6])
@pytest.mark.parametrize("case", ["plain", "weights", "clusters", "spread", "ordinal"])
def test_error_rate_of_a_driver_that_does_nothing(case, r):
    rng = np.random.default_rng(10)
    rejected = 0
    for _ in range(300):
        X, y = simulated(rng, 150, r)
        w, cluster = None, None
        if case == "weights":
            w = rng.gamma(2, size=150) + 0.1
        if case == "clusters":
            cluster = np.arange(150) % 30
            X += rng.normal(size=(30, 3))[cluster]
            y = X @ [0.0, 0.5, 0.3] + rng.normal(size=150) + rng.normal(size=30)[cluster]
        if case == "spread":
            y = y + np.abs(X[:, 0]) * rng.normal(size=150)
        if case == "ordinal":
            y = np.searchsorted([-0.5, 0.2, 0.7, 1.2], y).astype(float)
        rejected += more_than_noise(X, y, rows(150, w, cluster), rng, draws=199).p_value[0] <= 0.05
    assert ERRORS[0] < rejected / 300 < ERRORS[1]


@pytest.mark.slow
def test_the_customary_t_of_relative_weights_is_wrong_in_both_directions():
    rng = np.random.default_rng(11)
    found = {r: [] for r in (0.0, 0.6)}
    for r, kept in found.items():
        for _ in range(200):
            X, y = simulated(rng, 500, r)
            kept.append(relative_weights_p(np.cov(np.column_stack([X, y]).T), 500)[0] <= 0.05)
    assert np.mean(found[0.0]) < 0.01  # nominal 5 %
    assert np.mean(found[0.6]) > 0.9


def test_customary_t_by_its_formula_on_rows():
    """Λ² b² over the root of Σ Λ⁴ s⁴ (2 + 4 b²/s²), with b and s of least squares on the orthogonal copies."""
    rng = np.random.default_rng(12)
    X, y = simulated(rng, 80)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    target = (y - y.mean()) / y.std()
    values, vectors = np.linalg.eigh(np.corrcoef(X.T))
    root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
    copies = Z @ np.linalg.inv(root)
    b = np.linalg.lstsq(copies, target)[0]
    s = np.sqrt(((target - copies @ b) ** 2).sum() / (80 - 4) / 80)
    t = root**2 @ b**2 / np.sqrt((root**4).sum(axis=1) * s**4 * (2 + 4 * (b / s) ** 2))
    expected = 2 * stats.t.sf(t, 80 - 4)
    assert_allclose(relative_weights_p(np.cov(np.column_stack([X, y]).T), 80), expected, rtol=1e-8)
    assert np.isnan(relative_weights_p(np.cov(np.column_stack([X, X[:, 0], y]).T), 80)).all()
