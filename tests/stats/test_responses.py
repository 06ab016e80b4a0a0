"""One face over four models: predictions, and derivatives that differences confirm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats import ordinal, responses

RTOL = 1e-6  # central differences
EXACT = 1e-12

FAMILIES = ("cumulative", "logit", "probit", "poisson", "linear")


def world(family, n=120):
    rng = np.random.default_rng(8)
    X = np.column_stack([rng.poisson(1.0, n), rng.normal(size=n), rng.integers(0, 2, n)]).astype(float)
    eta = X @ [0.6, -0.4, 0.3]
    y = {
        "cumulative": np.searchsorted([-1, 0, 1.2], eta + rng.logistic(size=n)) * 2.0 + 1,
        "probit": np.searchsorted([-1, 0, 1.2], eta + rng.normal(size=n)) * 2.0 + 1,
        "logit": (eta + rng.logistic(size=n) > 0.4) * 1.0,
        "poisson": rng.poisson(np.exp(eta / 2)) * 1.0,
        "linear": eta + rng.normal(size=n),
    }[family]
    return y, X, rng.uniform(0.5, 2, n)


def shifted(response, parameters):
    q = len(response.fit.coef)
    return replace(response, fit=replace(response.fit, coef=parameters[:q], cuts=parameters[q:]))


def differences(f, at, h=1e-6):
    columns = []
    for j in range(len(at)):
        up, down = at.copy(), at.copy()
        up[j] += h
        down[j] -= h
        columns.append((f(up) - f(down)) / (2 * h))
    return np.column_stack(columns)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("measure", ["mean", "share"])
def test_derivatives_are_those_of_differences(family, measure):
    y, X, w = world(family)
    fit = responses.fit(family, y, X, w)
    if measure == "share" and not len(fit.levels):
        with pytest.raises(ValueError, match="has no shares"):
            fit.share([True])
        return
    response = fit.mean() if measure == "mean" else fit.share(fit.levels <= np.median(fit.levels))
    at, D = np.r_[fit.coef, fit.cuts], np.tile([1.0, 0.5, 0.0], (len(X), 1))
    h = 1e-6
    gap = (response.values(X + h * D) - response.values(X - h * D)) / (2 * h)
    assert_allclose(response.slopes(X, D), gap, rtol=RTOL, atol=1e-7)
    by = differences(lambda p: shifted(response, p).values(X), at)
    assert_allclose(response.gradients(X), by, rtol=RTOL, atol=1e-6)
    by = differences(lambda p: shifted(response, p).slopes(X, D), at)
    assert_allclose(response.slope_gradients(X, D), by, rtol=RTOL, atol=1e-6)


@pytest.mark.parametrize(("family", "link"), [("cumulative", "logit"), ("probit", "probit")])
def test_predictions_are_those_of_the_cumulative_fit(family, link):
    y, X, w = world("cumulative")
    fit = responses.fit(family, y, X, w)
    p = ordinal.fit_cumulative(np.unique(y, return_inverse=True)[1], X, w, link=link).probabilities(X)
    assert_allclose(fit.mean().values(X), p @ fit.levels, rtol=EXACT)
    assert_allclose(fit.share(fit.levels < 4).values(X), 100 * p[:, :2].sum(axis=1), rtol=EXACT)


def test_all_shares_add_up():
    y, X, w = world("cumulative")
    fit = responses.fit("cumulative", y, X, w)
    each = [fit.share(np.arange(len(fit.levels)) == k).values(X) for k in range(len(fit.levels))]
    assert_allclose(sum(each), 100, rtol=EXACT)


def test_logit_is_the_cumulative_model_of_two_answers():
    y, X, w = world("logit")
    one, two = (responses.fit(family, y, X, w) for family in ("logit", "cumulative"))
    assert_allclose(one.coef, two.coef, rtol=EXACT)
    assert one.n_parameters == 4


def test_values_of_the_outcome_move_the_mean_as_they_must():
    y, X, w = world("cumulative")
    plain = responses.fit("cumulative", y, X, w).mean().values(X)
    moved = responses.fit("cumulative", 10 * y - 3, X, w).mean().values(X)
    assert_allclose(moved, 10 * plain - 3, rtol=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_influences_sum_to_zero(family):
    y, X, w = world(family)
    assert_allclose(w @ responses.fit(family, y, X, w).influence, 0, atol=1e-7)


def test_what_cannot_be_fitted_is_refused():
    y, X, w = world("cumulative")
    with pytest.raises(ValueError, match=r"must be one of 'cumulative', 'logit', 'probit', .* got 'cloglog'"):
        responses.fit("cloglog", y, X, w)
    with pytest.raises(ValueError, match="needs two answers; `y` has 4"):
        responses.fit("logit", y, X, w)


def test_separation_is_flagged():
    X = np.arange(10.0)[:, None]
    assert responses.fit("logit", (X[:, 0] > 4) * 1.0, X, np.ones(10)).separated
    assert responses.fit("poisson", (X[:, 0] > 4) * 3.0, (X > 4) * 1.0, np.ones(10)).separated


def test_the_better_link_is_that_of_the_higher_likelihood():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(300, 2))
    y = np.searchsorted([-1.5, -0.5, 0.4, 1.2], X @ [0.8, -0.5] + rng.logistic(scale=0.6, size=300))
    w = rng.integers(1, 4, 300).astype(float)
    logistic, normal = (ordinal.fit_cumulative(y, X, w, link=link).loglik for link in ("logit", "probit"))
    family, gain = responses.better_link(y + 1.0, X, w)
    assert family == ("probit" if normal > logistic else "cumulative")
    assert_allclose(gain, abs(normal - logistic), rtol=1e-12)
    assert_allclose(responses.better_link(y + 1.0, X, 2 * w)[1], 2 * gain, rtol=1e-9)  # sums over customers


def test_answers_split_without_error_choose_no_link():
    assert responses.better_link([1, 1, 2, 2, 3, 3], [[0], [1], [2], [3], [4], [5]], np.ones(6)) == (
        "cumulative",
        0.0,
    )
