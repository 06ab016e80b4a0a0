"""Influence values: derivatives of the statistics, their variance, expanded rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.errors import DesignError
from cxresearch.stats.association import somers_d
from cxresearch.stats.discrimination import delong
from cxresearch.stats.influence import (
    concordance_influence,
    crosstab,
    influence_cov,
    pearson_influence,
    spearman_influence,
)

RTOL = 1e-9  # closed form: only rounding may differ
RTOL_SLOPE = 1e-5  # central differences at a relative step of 1e-4
STATISTICS = [pearson_influence, spearman_influence, concordance_influence]

patterns = st.lists(
    st.tuples(st.integers(1, 7), st.integers(0, 10), st.integers(1, 9)), min_size=3, max_size=30, unique=True
)


def columns(cells):
    x, y, n = np.array(cells).T
    assume(len(set(x)) > 1 and len(set(y)) > 1)
    return x.astype(float), y.astype(float), n.astype(float)


@pytest.mark.parametrize("statistic", STATISTICS)
@given(cells=patterns)
def test_influence_is_the_derivative_and_sums_to_nothing(statistic, cells):
    x, y, n = columns(cells)
    _, psi = statistic(x, y, n)
    assert_allclose(n @ psi, 0, atol=1e-9)
    for i in (0, len(n) - 1):
        step = np.zeros(len(n))
        step[i] = 1e-4 * n[i]
        slope = (statistic(x, y, n + step)[0] - statistic(x, y, n - step)[0]) / (2 * step[i])
        assert_allclose(psi[i], slope, rtol=RTOL_SLOPE, atol=1e-7)


@given(cells=patterns)
def test_values_equal_scipy_on_expanded_rows(cells):
    x, y, n = columns(cells)
    rows_x, rows_y = np.repeat(x, n.astype(int)), np.repeat(y, n.astype(int))
    assert_allclose(pearson_influence(x, y, n)[0], stats.pearsonr(rows_x, rows_y)[0], rtol=RTOL, atol=1e-12)
    assert_allclose(spearman_influence(x, y, n)[0], stats.spearmanr(rows_x, rows_y)[0], rtol=RTOL, atol=1e-12)
    somers = stats.somersd(rows_y, rows_x).statistic  # of x given y: pairs that differ in y
    assert_allclose(2 * concordance_influence(x, y, n)[0] - 1, somers, rtol=RTOL, atol=1e-12)
    assert_allclose(somers_d(crosstab(x, y, n)[0]), somers, rtol=RTOL, atol=1e-12)


@pytest.mark.parametrize("statistic", STATISTICS)
@given(cells=patterns)
def test_variance_of_cells_equals_that_of_expanded_rows(statistic, cells):
    x, y, n = columns(cells)
    _, psi = statistic(x, y, n)
    repeats = n.astype(int)
    _, psi_rows = statistic(np.repeat(x, repeats), np.repeat(y, repeats))
    assert_allclose(psi_rows, np.repeat(psi, repeats), rtol=1e-7, atol=1e-12)
    assert_allclose(
        influence_cov(psi, n), influence_cov(psi_rows, np.ones(len(psi_rows))), rtol=1e-7, atol=1e-12
    )


def test_two_valued_outcome_is_the_auc():
    rng = np.random.default_rng(2)
    scores, y = rng.integers(1, 8, 300), rng.integers(0, 2, 300)
    value, psi = concordance_influence(scores, y)
    aucs, cov = delong(scores, y)
    assert_allclose(value, aucs[0], rtol=RTOL)
    assert_allclose(
        influence_cov(psi, np.ones(300)), cov, rtol=0.01
    )  # divisors n - 1 against m - 1, n - m - 1


def test_normal_answers_give_the_textbook_variance():
    """Under normality n var(r) is (1 - r²)², and the difference of two r has Olkin's variance."""
    rng = np.random.default_rng(3)
    truth = np.array([[1, 0.6, 0.5], [0.6, 1, 0.3], [0.5, 0.3, 1]])
    a, b, y = rng.multivariate_normal(np.zeros(3), truth, size=400_000).T
    n = len(y)
    psi = np.column_stack([pearson_influence(a, y)[1], pearson_influence(b, y)[1]])
    cov = n * influence_cov(psi, np.ones(n))
    shared = (0.6 - 0.075) * (1 - 0.25 - 0.09 - 0.36) + 0.6**3
    assert_allclose(cov, [[0.75**2, shared], [shared, 0.91**2]], rtol=0.02)  # sampling error of 4e5 rows


@pytest.mark.slow
@pytest.mark.parametrize("statistic", STATISTICS)
def test_standard_error_matches_repeated_samples(statistic):
    rng = np.random.default_rng(4)
    values, errors = [], []
    for _ in range(800):
        x = rng.normal(size=200)
        y = np.digitize(0.6 * x + 0.8 * rng.normal(size=200), [-1, 0.5, 1])
        x = np.digitize(x, [-1.5, -0.5, 0.5, 1.2])
        value, psi = statistic(x, y)
        values.append(value)
        errors.append(influence_cov(psi, np.ones(200))[0, 0] ** 0.5)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.08)  # 3 standard errors of 800 samples


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2, np.nan], [1, 2, 3]), "holds 1 NaN"),
        (([1, 2, 3], [1, 2]), "one value per pattern"),
        (([1, 2, 3], [2, 2, 2]), "one value only"),
        (([1, 2, 3], [1, 2, 2], [1, -1, 1]), "must not be negative"),
        (([1, 2, 3], [1, 2, 2], [0, 0, 0]), "must not sum to 0"),
    ],
)
def test_refuses(statistic, arguments, message):
    with pytest.raises(ValueError, match=message):
        statistic(*arguments)


def test_refuses_impossible_designs_and_tables():
    with pytest.raises(DesignError, match=r"single (row|sampling unit)"):
        influence_cov([0.1, 0.2, 0.3], [1, 1, 1], stratum=[0, 0, 1])
    with pytest.raises(DesignError, match="need `n`"):
        influence_cov([0.1, 0.2, 0.3], [1, 2, 1], [1, 4, 1], stratum=[0, 0, 0])
    with pytest.raises(ValueError, match="bin one of them"):
        crosstab(np.arange(8_000), np.arange(8_000))
