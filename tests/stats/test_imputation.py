"""Imputation and pooling: Rubin's rules by hand, answers on the scale, designs, bias and coverage."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Estimate
from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.importance_error import importance_intervals
from cxresearch.stats.imputation import _nearest, impute, pooled, pooled_importance


def rows(n: int, w: np.ndarray | None = None, **more: np.ndarray) -> Design:
    w = np.ones(n) if w is None else w
    return Design(np.ones(n, np.int64), w, w**2, **more)


def simulated(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    X = rng.normal(size=(n, 3)) @ np.linalg.cholesky(0.6 * np.eye(3) + 0.4).T
    return X, X @ [0.5, 0.3, 0.2] + rng.normal(size=n)


def test_pooling_by_rubins_rules():
    """Rubin (1987), 3.3: q 1, 1.2, 1.1, u 0.25 each; W .25, B .01, T .25 + 4/3 .01; Barnard & Rubin (1999) for df."""
    one, lost = pooled([Estimate(q, 0.5, 100.0) for q in (1.0, 1.2, 1.1)])
    total = 0.25 + 0.01 * 4 / 3
    share = 0.01 * 4 / 3 / total
    assert_allclose([one.value, one.std_error, lost], [1.1, total**0.5, share], rtol=1e-12)
    rubin, seen = 2 / share**2, 101 / 103 * 100 * (1 - share)
    assert_allclose(one.df, 1 / (1 / rubin + 1 / seen), rtol=1e-12)
    same, none = pooled([Estimate(2.0, 0.5, 30.0)] * 4)
    assert_allclose([same.std_error, none, same.df], [0.5, 0, 31 / 33 * 30], rtol=1e-12)
    with pytest.raises(ValueError, match="two"):
        pooled([Estimate(1.0, 0.5, 9.0)])


def test_filled_in_answers_lie_on_the_scale_and_the_rest_is_untouched():
    rng = np.random.default_rng(1)
    X = rng.integers(1, 8, (200, 3)).astype(float)
    y = X.sum(axis=1) + rng.normal(size=200)
    holed = np.where(rng.random((200, 3)) < 0.2, np.nan, X)
    sets = list(impute(holed, y, rows(200), rng, 4))
    for full, outcome, design, controls in sets:
        assert controls is None
        assert design.rows == 200
        assert_allclose(outcome, y)
        assert np.isin(full, np.arange(1, 8)).all()
        assert_allclose(full[~np.isnan(holed)], holed[~np.isnan(holed)])
    assert any(not np.array_equal(sets[0][0], other[0]) for other in sets[1:])


def test_cells_with_gaps_are_taken_apart():
    X = np.array([[1.0, 2.0], [2.0, np.nan], [3.0, 1.0], [4.0, 3.0], [2.0, 2.0]])
    n = np.array([5, 4, 6, 3, 2])
    design = Design(n, n * 2.0, n * 4.0, cluster=np.array([0, 1, 2, 3, 4]))
    [(full, y, apart, _)] = impute(X, np.arange(5.0), design, np.random.default_rng(1), 1)
    assert apart.n.tolist() == [5, 1, 1, 1, 1, 6, 3, 2]
    assert (apart.w.sum(), apart.w2.sum()) == (design.w.sum(), design.w2.sum())
    assert apart.cluster is not None
    assert apart.cluster.tolist() == [0, 1, 1, 1, 1, 2, 3, 4]
    assert y.tolist() == [0, 1, 1, 1, 1, 2, 3, 4]
    assert len(full) == 8


def test_donors_are_the_nearest():
    ordered = np.array([0.0, 1.0, 2.0, 4.0, 8.0])
    found = _nearest(ordered, np.array([-1.0, 1.9, 9.0, 3.5]), 2)
    assert [sorted(one) for one in found.tolist()] == [[0, 1], [1, 2], [3, 4], [2, 3]]
    assert [sorted(one) for one in _nearest(ordered, np.array([-1.0, 9.0]), 5).tolist()] == [
        [0, 1, 2, 3, 4]
    ] * 2


def test_without_gaps_pooling_changes_nothing_but_degrees_of_freedom():
    rng = np.random.default_rng(2)
    X, y = simulated(rng, 300)
    plain = importance_intervals(X, y, rows(300), n_boot=0)
    found = pooled_importance(X, y, rows(300), imputations=3, rng=rng)
    assert_allclose(found.estimate, plain.estimate, rtol=1e-12)
    assert_allclose(found.std_error, plain.std_error, rtol=1e-12)
    assert_allclose(found.conf_low, plain.conf_low, rtol=1e-3)
    assert found.rows_completed == 0
    assert_allclose(found.missing_information, 0, atol=1e-12)


@pytest.mark.parametrize("case", ["weights", "clusters", "controls", "groups"])
def test_designs_controls_and_groups_pass_through(case):
    rng = np.random.default_rng(3)
    X, y = simulated(rng, 240)
    X[rng.random((240, 3)) < 0.15] = np.nan
    w = rng.gamma(3, size=240) if case == "weights" else None
    cluster = {"cluster": np.arange(240) % 40} if case == "clusters" else {}
    more = {"groups": [[0, 1], [2]]} if case == "groups" else {}
    if case == "controls":
        X, more = X[:, 1:], {"controls": X[:, :1]}
    found = pooled_importance(X, y, rows(240, w, **cluster), imputations=5, rng=rng, **more)
    assert np.all((found.conf_low <= found.estimate) & (found.estimate <= found.conf_high))
    assert_allclose(found.estimate[1].sum(), 1, rtol=1e-10)
    assert np.all((found.missing_information > 0) & (found.missing_information < 0.9))
    again = pooled_importance(
        X, y, rows(240, w, **cluster), imputations=5, rng=np.random.default_rng(4), **more
    )
    same = pooled_importance(
        X, y, rows(240, w, **cluster), imputations=5, rng=np.random.default_rng(4), **more
    )
    assert_allclose(again.estimate, same.estimate)


def test_refusals():
    rng = np.random.default_rng(5)
    X, y = simulated(rng, 50)
    with pytest.raises(ValueError, match="outcome"):
        next(impute(X, np.where(y > 1, np.nan, y), rows(50), rng))
    with pytest.raises(ValueError, match="without any answer"):
        next(impute(np.c_[X, np.full(50, np.nan)], y, rows(50), rng))


@pytest.mark.slow
def test_imputation_takes_away_the_bias_of_leaving_out_and_covers():
    """A third of the first driver's answers is missing, more often after a bad outcome."""
    rng = np.random.default_rng(6)
    R = 0.6 * np.eye(3) + 0.4
    coef = np.array([0.5, 0.3, 0.2])
    truth = shapley_r2(np.block([[R, (R @ coef)[:, None]], [R @ coef, 1 + coef @ R @ coef]]))
    left, filled, covered = np.zeros((3, 3))
    for _ in range(80):
        X, y = simulated(rng, 300)
        X[rng.random(300) < 1 / (1 + np.exp(1 - 1.5 * y)), 0] = np.nan
        keep = ~np.isnan(X[:, 0])
        left += importance_intervals(X[keep], y[keep], rows(int(keep.sum())), n_boot=0).estimate[0]
        found = pooled_importance(X, y, rows(300), ["shapley_r2"], imputations=5, rng=rng)
        filled += found.estimate[0]
        covered += (found.conf_low[0] <= truth) & (truth <= found.conf_high[0])
    assert np.all(np.abs(filled / 80 - truth) < 0.012)
    assert np.abs(left / 80 - truth).max() > 0.03
    assert np.all(covered / 80 > 0.88)  # three simulation errors of 2.4 points below 95 %
