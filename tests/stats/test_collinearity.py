"""Predictors that cannot be told apart: R's car::vif, exact cases, named sets."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats.collinearity import near_dependences, variance_inflation

RTOL = 1e-9
CAR = [9.74723187864, 9.72745080300, 1.03080883210]


def test_inflation_equals_r_car() -> None:
    """Rows by arithmetic, the same in both languages.

    > library(car)  # 3.1-1 on R 4.2.2
    > i <- 0:59; a <- (i*7) %% 11; b <- a + (i*5) %% 4; g <- factor((i*3 + i %/% 7) %% 3)
    > y <- (i*13) %% 17; w <- 1 + i %% 3
    > print(vif(lm(y ~ a + b + g, weights = w)), digits = 12)
    """
    i = np.arange(60)
    a = (i * 7) % 11
    b = a + (i * 5) % 4
    g = (i * 3 + i // 7) % 3
    X = np.column_stack([a, b, g == 1, g == 2]).astype(float)
    got = variance_inflation(X, 1 + i % 3, [[0], [1], [2, 3]])
    assert_allclose(got[:2], CAR[:2], rtol=RTOL)
    assert_allclose(got[2] ** 2, CAR[2], rtol=RTOL)  # ours is the root for two columns


def test_inflation_is_one_over_tolerance() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 4))
    X[:, 3] += X[:, 0] - X[:, 1]
    R = np.corrcoef(X.T)
    assert_allclose(variance_inflation(X), np.diag(np.linalg.inv(R)), rtol=RTOL)
    assert_allclose(variance_inflation(X * [1, 1e6, 1e-6, 3] + 5), variance_inflation(X), rtol=1e-7)
    assert_allclose(variance_inflation(np.eye(4)[:, :1]), [1])


def test_exact_dependence_is_infinite_and_named() -> None:
    rng = np.random.default_rng(3)
    X = rng.integers(0, 5, (50, 4)).astype(float)
    X[:, 2] = X[:, 0] + X[:, 1]
    assert np.isinf(variance_inflation(X)[:3]).all()
    assert variance_inflation(X)[3] < 2
    [found] = near_dependences(X)
    assert found.columns == (0, 1, 2)
    assert found.index > 1e6


def test_two_near_dependences_are_kept_apart() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(500, 5))
    X[:, 1] = X[:, 0] + 0.02 * X[:, 1]
    X[:, 4] = X[:, 3] + 0.1 * X[:, 4]
    assert [found.columns for found in near_dependences(X)] == [(0, 1), (3, 4)]
    assert near_dependences(rng.normal(size=(500, 5))) == []


def test_condition_index_of_two_predictors() -> None:
    r = 0.99
    X = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]]).astype(float)
    w = np.array([1 + r, 1 + r, 1 - r, 1 - r])
    assert_allclose(near_dependences(X, w)[0].index, np.sqrt((1 + r) / (1 - r)), rtol=RTOL)
    assert_allclose(variance_inflation(X, w), 1 / (1 - r**2), rtol=RTOL)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="column 1 of `X` takes one value only"):
        variance_inflation([[1, 2], [2, 2]])
    with pytest.raises(ValueError, match="a column per predictor"):
        near_dependences([1, 2])
    with pytest.raises(ValueError, match="NaN"):
        variance_inflation([[1, np.nan], [2, 2]])
