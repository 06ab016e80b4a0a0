"""Associations of crosstabs against SciPy, scikit-learn and statsmodels on the expanded rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.stats import association as at

TOL = {"rtol": 1e-10, "atol": 1e-12}  # closed forms: only rounding may differ
FAR = 1e8  # answers far from 0: eight of sixteen digits are spent on the offset
ATOL_FAR = 1e-7

CASES = settings(max_examples=40, deadline=None)  # the first call imports a peer
MEASURES = ("pearson_r", "spearman_r", "somers_d", "eta")
CELL = st.one_of(st.just(0), st.integers(0, 9))


@st.composite
def crosstabs(draw, widest=6, narrowest=2):
    """Counts with at least two answers in each margin, and increasing values for both."""
    rows, columns = draw(st.integers(2, 6)), draw(st.integers(narrowest, widest))
    T = np.array(draw(st.lists(CELL, min_size=rows * columns, max_size=rows * columns)), float)
    T = T.reshape(rows, columns)
    assume((T.sum(axis=1) > 0).sum() > 1)
    assume((T.sum(axis=0) > 0).sum() > 1)
    steps = st.lists(st.integers(1, 5), min_size=6, max_size=6)
    x, y = (np.cumsum(draw(steps))[:size].astype(float) for size in (rows, columns))
    return T, x, y


def expand(T, x, y):
    i, j = np.repeat(np.indices(T.shape).reshape(2, -1), T.ravel().astype(int), axis=1)
    return x[i], y[j]


@CASES
@given(crosstabs())
def test_values_equal_scipy_on_expanded_rows(case):
    T, x, y = case
    a, b = expand(*case)
    assert_allclose(at.pearson_r(T, x, y), stats.pearsonr(a, b)[0], **TOL)
    assert_allclose(at.spearman_r(T), stats.spearmanr(a, b)[0], **TOL)
    # SciPy's D(Y|X) divides by the pairs that differ in its first argument: here the outcome
    assert_allclose(at.somers_d(T), stats.somersd(b, a).statistic, **TOL)


@CASES
@given(crosstabs(widest=2))
def test_for_two_outcomes_somers_d_is_twice_the_auc_less_one(case):
    from sklearn.metrics import roc_auc_score

    a, b = expand(*case)
    assert_allclose(at.somers_d(case[0]), 2 * roc_auc_score(b == b.max(), a) - 1, **TOL)


@CASES
@given(crosstabs())
def test_ranks_are_midranks(case):
    T, x, _ = case
    a, _ = expand(*case)
    ranks = at.midranks(T.sum(axis=1))[np.searchsorted(x, a)] + 0.5
    assert_allclose(ranks, stats.rankdata(a), **TOL)


@CASES
@given(crosstabs())
def test_share_between_levels_is_r2_of_a_model_with_a_mean_for_each_level(case):
    import statsmodels.api as sm

    T, x, y = case
    a, b = expand(*case)
    dummies = (a[:, None] == np.unique(a)).astype(float)
    fit = sm.OLS(b, dummies).fit()
    r2 = 1 - fit.ssr / ((b - b.mean()) ** 2).sum()
    assert_allclose(at.r2_levels(T, y), r2, **TOL)
    row, mean = at.level_means(T, y)
    assert_allclose(mean[row > 0], fit.params, **TOL)
    assert np.isnan(mean[row == 0]).all()
    assert at.r2_levels(T, y) >= at.pearson_r(T, x, y) ** 2 - 1e-12  # any function, so also the line


@CASES
@given(crosstabs())
def test_largest_r_is_that_of_both_columns_sorted(case):
    T, x, y = case
    a, b = expand(*case)
    largest = at.largest_r(T, x, y)
    assert_allclose(largest, stats.pearsonr(np.sort(a), np.sort(b))[0], **TOL)
    assert abs(at.pearson_r(T, x, y)) <= 1 + 1e-12
    assert at.pearson_r(T, x, y) <= largest + 1e-12


@CASES
@given(crosstabs(), st.integers(0, 2**32 - 1))
def test_weighted_pearson_is_that_of_weighted_moments(case, seed):
    T, x, y = case
    W = T * np.random.default_rng(seed).uniform(0.1, 3, T.shape)
    a, b = (column.ravel() for column in np.meshgrid(x, y, indexing="ij"))
    covariance = np.cov(a, b, aweights=W.ravel() + 0.0)
    expected = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert_allclose(at.pearson_r(W, x, y), expected, **TOL)


@pytest.mark.parametrize("name", MEASURES)
@CASES
@given(case=crosstabs(), scale=st.floats(1e-3, 1e3))
def test_scale_of_weights_does_not_matter(name, case, scale):
    T, x, y = case
    measure = at.CORRELATIONS[name]
    assert_allclose(measure(scale * T, x, y), measure(T, x, y), **TOL)


@pytest.mark.parametrize("name", MEASURES)
@CASES
@given(case=crosstabs())
def test_values_are_used_up_to_shift_and_stretch_only(name, case):
    T, x, y = case
    measure = at.CORRELATIONS[name]
    assert_allclose(measure(T, 3 * x - 7, 0.25 * y + 2), measure(T, x, y), **TOL)


@pytest.mark.parametrize("name", ["pearson_r", "spearman_r", "somers_d"])
@CASES
@given(case=crosstabs())
def test_turning_a_scale_turns_the_sign(name, case):
    T, x, y = case
    measure = at.CORRELATIONS[name]
    turned = measure(T[::-1], x[-1] + x[0] - x[::-1], y)
    assert_allclose(turned, -measure(T, x, y), **TOL)
    both = measure(T[::-1, ::-1], -x[::-1], -y[::-1])
    assert_allclose(both, measure(T, x, y), **TOL)


@pytest.mark.parametrize("name", MEASURES)
@CASES
@given(case=crosstabs())
def test_answers_nobody_gave_change_nothing(name, case):
    T, x, y = case
    measure = at.CORRELATIONS[name]
    wider = np.insert(np.insert(T, 1, 0.0, axis=0), 1, 0.0, axis=1)
    more_x, more_y = (np.insert(values, 1, (values[0] + values[1]) / 2) for values in (x, y))
    assert_allclose(measure(wider, more_x, more_y), measure(T, x, y), **TOL)


@pytest.mark.parametrize("name", MEASURES)
def test_a_stack_is_its_tables_one_by_one(name):
    rng = np.random.default_rng(5)
    stack = rng.integers(0, 9, (2, 3, 5, 4)).astype(float)
    x, y = np.array([1.0, 2, 3, 5, 8]), np.array([0.0, 1, 4, 5])
    measure = at.CORRELATIONS[name]
    together = measure(stack, x, y)
    assert together.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert_allclose(together[place], measure(stack[place], x, y), **TOL)


@pytest.mark.parametrize("name", MEASURES)
def test_no_spread_is_no_association_and_no_warning(name):
    measure, values = at.CORRELATIONS[name], np.array([1.0, 2.0])
    one_outcome = np.array([[3.0, 0.0], [5.0, 0.0]])
    assert np.isnan(measure(one_outcome, values, values))
    assert np.isnan(measure(np.zeros((2, 2)), values, values))
    if name in ("pearson_r", "spearman_r"):
        assert np.isnan(measure(one_outcome.T, values, values))
    else:  # a metric without spread orders no pair and explains nothing
        assert measure(one_outcome.T, values, values) == 0


def test_a_long_way_from_zero_costs_only_the_digits_the_offset_takes():
    rng = np.random.default_rng(6)
    T = rng.integers(0, 50, (7, 11)).astype(float)
    x, y = np.arange(1.0, 8), np.arange(11.0)
    assert_allclose(at.pearson_r(T, x + FAR, y - FAR), at.pearson_r(T, x, y), rtol=0, atol=ATOL_FAR)
