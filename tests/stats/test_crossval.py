"""Cross-validation on crosstabs against scikit-learn on rows; corrected t and practical equivalence by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch._accuracy import held_probabilities, log_gain
from cxresearch.stats import crossval, resampling
from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Estimate

RTOL = 1e-9  # least squares on the same rows: only rounding may differ
RTOL_FIT = 1e-5  # scikit-learn's lbfgs is asked for a gradient of 1e-10, ours stops at its own tolerance
RTOL_LOGLIK = 1e-6  # statsmodels maximises to a gradient of 1e-8
MONTE_CARLO = 4.5  # standard errors that two means of independent splits may lie apart

X, Y, TWO = np.arange(1.0, 8), np.arange(11.0), np.array([0.0, 1.0])
FOLDS = 5


def rows_of(width, n=240, seed=21):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    a = np.clip(np.rint(3 + 1.6 * (latent + rng.normal(size=n))), 0, 6).astype(int)
    cut = np.quantile(latent, np.arange(1, width) / width)
    return a, np.searchsorted(cut, latent + 0.5 * rng.normal(size=n))


def crosstab(a, b, width, w=None):
    T = np.zeros((7, width))
    np.add.at(T, (a, b), 1.0 if w is None else w)
    return T


@pytest.fixture(scope="module")
def splits():
    """Explicit row folds, the same for both sides: test rows of each."""
    from sklearn.model_selection import KFold

    return [test for _, test in KFold(FOLDS, shuffle=True, random_state=7).split(np.zeros(240))]


def tables(a, b, width, splits, w=None):
    w = np.ones(len(a)) if w is None else w
    test = np.stack([crosstab(a[rows], b[rows], width, w[rows]) for rows in splits])
    return crosstab(a, b, width, w) - test, test


@pytest.mark.parametrize("weighted", [False, True])
def test_the_line_in_each_fold_equals_scikit_learn(splits, weighted):
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import mean_squared_error

    a, b = rows_of(11)
    w = np.random.default_rng(1).choice([0.5, 1.0, 4.0], 240) if weighted else np.ones(240)
    train, test = tables(a, b, 11, splits, w)
    prediction = crossval.linear_prediction(train, X, Y)
    error = crossval.mean_square_error(test, prediction, Y)
    for fold, rows in enumerate(splits):
        keep = np.setdiff1d(np.arange(240), rows)
        model = LinearRegression().fit(X[a[keep], None], Y[b[keep]], w[keep])
        assert_allclose(prediction[fold], model.predict(X[:, None]), rtol=RTOL)
        expected = mean_squared_error(Y[b[rows]], model.predict(X[a[rows], None]), sample_weight=w[rows])
        assert_allclose(error[fold], expected, rtol=RTOL)


def test_levels_in_each_fold_equal_scikit_learn(splits):
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import OneHotEncoder

    a, b = rows_of(11)
    train, _ = tables(a, b, 11, splits)
    prediction = crossval.level_prediction(train, X, Y)
    for fold, rows in enumerate(splits):
        keep = np.setdiff1d(np.arange(240), rows)
        seen = OneHotEncoder(sparse_output=False).fit(a[keep, None])
        model = LinearRegression(fit_intercept=False).fit(seen.transform(a[keep, None]), Y[b[keep]])
        assert_allclose(prediction[fold], model.predict(seen.transform(np.arange(7)[:, None])), rtol=RTOL)


def test_an_answer_unseen_in_training_takes_the_line():
    T = np.array([[4.0, 0.0], [0.0, 0.0], [1.0, 3.0]])
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.0, 8.0])
    # line through (1, 0) and (3, 6): 3 at 2
    assert_allclose(crossval.level_prediction(T, x, y), [0.0, 3.0, 6.0])


def test_a_metric_without_spread_in_training_predicts_the_mean():
    T = np.array([[3.0, 1.0], [0.0, 0.0]])
    assert_allclose(crossval.linear_prediction(T, TWO, np.array([0.0, 8.0])), [2.0, 2.0])


@pytest.mark.parametrize("weighted", [False, True])
def test_binary_fits_in_each_fold_equal_scikit_learn(splits, weighted):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    a, b = rows_of(2)
    w = np.random.default_rng(2).choice([0.5, 1.0, 4.0], 240) if weighted else np.ones(240)
    train, test = tables(a, b, 2, splits, w)
    probability = held_probabilities(train, X, "logit")
    assert_allclose(probability.sum(axis=-1), 1, rtol=RTOL)
    loss = crossval.mean_log_error(test, probability)
    for fold, rows in enumerate(splits):
        keep = np.setdiff1d(np.arange(240), rows)
        model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000)
        model.fit(X[a[keep], None], b[keep], w[keep])
        assert_allclose(probability[fold], model.predict_proba(X[:, None]), rtol=RTOL_FIT)
        expected = log_loss(b[rows], model.predict_proba(X[a[rows], None]), sample_weight=w[rows])
        assert_allclose(loss[fold], expected, rtol=RTOL_FIT)


def test_a_floor_bounds_what_one_unforeseen_answer_costs():
    test = np.array([[0.0, 2.0]])
    never = np.array([[1.0, 0.0]])
    assert_allclose(crossval.mean_log_error(test, never, 0.01), -math.log(0.01))
    assert_allclose(crossval.mean_log_error(test, np.array([[0.5, 0.5]]), 0.01), math.log(2))


@pytest.mark.parametrize(("link", "distribution"), [("logit", "logit"), ("probit", "probit")])
def test_log_gain_equals_statsmodels(link, distribution):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    a, b = rows_of(5)
    fit = OrderedModel(b, X[a, None], distr=distribution).fit(method="bfgs", disp=False, gtol=1e-8)
    shares = np.bincount(b) / len(b)
    null = np.log(shares[b]).sum()
    gain = log_gain(crosstab(a, b, 5)[None], X, link)
    assert_allclose(gain, (fit.llf - null) / len(b), rtol=RTOL_LOGLIK)


def test_log_gain_of_two_outcomes_equals_statsmodels_logit():
    import statsmodels.api as sm

    a, b = rows_of(2)
    fit = sm.Logit(b, sm.add_constant(X[a])).fit(disp=False, tol=1e-12)
    gain = log_gain(crosstab(a, b, 2)[None], X, "logit")
    assert_allclose(gain, (fit.llf - fit.llnull) / len(b), rtol=1e-9)


def test_splitting_counts_is_repeated_k_fold_on_rows_in_expectation():
    """Mean squared error of the line over 60 repeats of 10 folds: ours and scikit-learn's, each with its error."""
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import RepeatedKFold, cross_val_score

    a, b = rows_of(11, n=80)
    repeats = 60
    T = crosstab(a, b, 11).ravel()
    n = T[T > 0].astype(int)
    W = resampling.fold_weights(Design(n, n * 1.0, n * 1.0), 10, repeats, np.random.default_rng(3))
    test = np.zeros((repeats * 10, T.size))
    test[:, T > 0] = W.reshape(repeats * 10, -1)
    train = (T - test).reshape(-1, 7, 11)
    ours = crossval.mean_square_error(test.reshape(-1, 7, 11), crossval.linear_prediction(train, X, Y), Y)
    folds = RepeatedKFold(n_splits=10, n_repeats=repeats, random_state=3)
    theirs = -cross_val_score(
        LinearRegression(), X[a, None], Y[b], cv=folds, scoring="neg_mean_squared_error"
    )
    means = [part.reshape(repeats, 10).mean(axis=1) for part in (ours, theirs)]
    error = np.sqrt(sum(part.var(ddof=1) / repeats for part in means))
    assert abs(means[0].mean() - means[1].mean()) < MONTE_CARLO * error
    assert error < 0.004 * means[1].mean()  # the comparison is sharp
    # and the spread from repeat to repeat is the same
    assert_allclose(means[0].std(), means[1].std(), rtol=0.5)  # 5 x 1/sqrt(2 x 60)


# ---- the corrected resampled t


def test_corrected_t_is_nadeau_and_bengios():
    """Nadeau & Bengio (2003), section 3: t = mean / sqrt((1/J + n2/n1) S²), S² with J - 1, J - 1 degrees.

    > d <- c(.02, .05, -.01, .04, .03, .00, .06, .02, .01, .03)   # base R; 100 rows, ten folds: n1 90, n2 10
    > v <- (1/10 + 10/90) * var(d); c(mean(d), sqrt(v), 2 * pt(-mean(d)/sqrt(v), 9))
    [1] 0.025000000 0.009984556 0.033647657
    """
    d = [0.02, 0.05, -0.01, 0.04, 0.03, 0.00, 0.06, 0.02, 0.01, 0.03]
    found = crossval.corrected_t(np.array(d), 10 / 90)
    mean = math.fsum(d) / 10
    spread = math.fsum((x - mean) ** 2 for x in d) / 9
    assert_allclose(found.value, mean, rtol=1e-12)
    assert_allclose(found.std_error, math.sqrt((1 / 10 + 10 / 90) * spread), rtol=1e-12)
    assert found.df == 9
    assert_allclose(
        [found.value, found.std_error, found.p_value], [0.025, 0.009984556, 0.033647657], rtol=1e-7
    )


def test_corrected_t_is_never_surer_than_the_plain_t():
    d = np.random.default_rng(4).normal(size=100)
    corrected = crossval.corrected_t(d, 1 / 9).std_error
    assert_allclose(crossval.corrected_t(d, 0.0).std_error, stats.sem(d), rtol=1e-12)
    assert_allclose(corrected / stats.sem(d), math.sqrt(1 + 100 / 9), rtol=1e-12)


finite = st.floats(-5, 5)
positive = st.floats(1e-3, 5)
degrees = st.integers(1, 500)


@settings(deadline=None)
@given(finite, positive, degrees, st.floats(0, 2))
def test_practical_probabilities_are_those_of_scipys_t(estimate, std_error, df, rope):
    above, same, below = crossval.practical_probabilities(estimate, std_error, df, rope)
    t = stats.t(df, estimate, std_error)
    assert_allclose(above, t.sf(rope), rtol=1e-8, atol=1e-12)
    assert_allclose(same, t.cdf(rope) - t.cdf(-rope), rtol=1e-6, atol=1e-10)
    assert_allclose(below, t.cdf(-rope), rtol=1e-8, atol=1e-12)
    assert_allclose(above + same + below, 1, rtol=1e-12)
    assert min(above, same, below) >= 0
    turned = crossval.practical_probabilities(-estimate, std_error, df, rope)
    assert_allclose(turned, (below, same, above), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("estimate", "expected"), [(0.2, (1, 0, 0)), (0.1, (0, 1, 0)), (0.0, (0, 1, 0)), (-0.2, (0, 0, 1))]
)
def test_without_error_the_probabilities_are_certain(estimate, expected):
    assert crossval.practical_probabilities(estimate, 0.0, 99, 0.1) == expected


@settings(deadline=None)
@given(finite, positive, degrees, st.floats(0.5, 0.999))
def test_interval_and_p_value_tell_the_same(estimate, std_error, df, conf_level):
    low, high = Estimate(estimate, std_error, df).interval(conf_level)
    assert_allclose((low, high), stats.t.interval(conf_level, df, estimate, std_error), rtol=1e-8, atol=1e-10)
    p = Estimate(estimate, std_error, df).p_value
    assert_allclose(p, 2 * stats.t.sf(abs(estimate) / std_error, df), rtol=1e-8)
    if abs(p - (1 - conf_level)) > 1e-9:
        assert (p < 1 - conf_level) == (low > 0 or high < 0)


def test_tail_of_the_p_value_keeps_its_digits():
    assert 0 < Estimate(40.0, 1.0, 500).p_value < 1e-100
    assert math.isnan(Estimate(0.3, 0.0, 10).p_value)
