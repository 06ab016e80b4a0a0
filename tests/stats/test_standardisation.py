"""Averages of predictions: reference values from R, identities, and errors that hold what they promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats import responses
from cxresearch.stats import standardisation as standard
from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Estimate, influence_t

REFERENCE = Path(__file__).parents[1] / "reference"
RTOL = 1e-6  # R's numerical derivatives and polr's stopping rule
EXACT = 1e-10  # an identity

OUTCOMES = {"logit": "left", "poisson": "later", "linear": "hours", "cumulative": "ces", "probit": "ces"}
DESIGNS = ("plain", "weighted clusters")


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(REFERENCE / "drivers_rows.csv")


@pytest.fixture(scope="module")
def values():
    """See drivers_glm.R for the lines that made them."""
    return pd.read_csv(REFERENCE / "drivers_glm.csv", skipinitialspace=True).set_index(["family", "quantity"])


def matrix(rows, transfers):
    t = np.asarray(transfers, float)
    return np.column_stack([t, rows.chat, rows.email, rows.complexity, t * rows.complexity])


def design_of(rows, name):
    n = np.ones(len(rows), np.int64)
    if name == "plain":
        return Design(n, n * 1.0, n * 1.0)
    w = rows.w.to_numpy()
    return Design(n, w, w**2, cluster=rows.cluster.to_numpy())


def fitted(rows, family, design):
    return responses.fit(family, rows[OUTCOMES[family]].to_numpy(), matrix(rows, rows.transfers), design.w)


def response_of(fit, measure):
    if measure == "adverse":
        return fit.share(fit.levels <= 3)
    return fit.mean()


CASES = [
    ("logit", "mean"),
    ("poisson", "mean"),
    ("linear", "mean"),
    ("cumulative", "mean"),
    ("cumulative", "adverse"),
    ("probit", "mean"),
    ("probit", "adverse"),
]


@pytest.mark.parametrize("design_name", DESIGNS)
@pytest.mark.parametrize(("family", "measure"), CASES)
def test_effects_levels_and_shares_match_r(rows, values, family, measure, design_name):
    design = design_of(rows, design_name)
    response = response_of(fitted(rows, family, design), measure)
    X, X0 = matrix(rows, rows.transfers), matrix(rows, 0 * rows.transfers)
    D = matrix(rows, 1 + 0 * rows.transfers) - X0
    as_is, calm = standard.mean(response, X, design.w), standard.mean(response, X0, design.w)
    found = {
        "effect_transfers": standard.slope(response, X, D, design.w),
        "level_0": calm,
        "change_0": standard.contrast(response, X0, X, design.w),
        "log_left": standard.attributable(as_is, calm),
    }
    label = (
        f"{family} {measure} {design_name}" if (family, "mean") in CASES[3:] else f"{family} {design_name}"
    )
    for quantity, made in found.items():
        wanted = values.loc[(label, quantity)]
        error, _ = influence_t(made.influence, design)
        assert_allclose([made.value, error], [wanted.estimate, wanted.std_error], rtol=RTOL, err_msg=quantity)


@pytest.mark.parametrize("design_name", DESIGNS)
@pytest.mark.parametrize("family", OUTCOMES)
def test_coefficients_have_the_errors_of_svyglm(rows, values, family, design_name):
    design = design_of(rows, design_name)
    fit = fitted(rows, family, design)
    wanted = values.loc[(f"{family} {design_name}", "coefficient_transfers")]
    error, _ = influence_t(fit.influence[:, 0], design)
    assert_allclose([fit.coef[0], error], [wanted.estimate, wanted.std_error], rtol=RTOL)


# ---- identities


@pytest.mark.parametrize("family", OUTCOMES)
def test_cells_give_what_rows_give(rows, family):
    """Rows doubled are cells of two rows: the same numbers, and the same errors."""
    n = np.full(len(rows), 2, np.int64)
    cells = Design(n, n * 1.0, n * 1.0)
    twice = pd.concat([rows, rows], ignore_index=True)
    flat = design_of(twice, "plain")
    made = []
    for data, design in ((rows, cells), (twice, flat)):
        response = fitted(data, family, design).mean()
        X0 = matrix(data, 0 * data.transfers)
        made.append(standard.mean(response, X0, design.w).estimate(design, 6))
    assert_allclose([made[0].value, made[0].std_error], [made[1].value, made[1].std_error], rtol=EXACT)


@pytest.mark.parametrize("family", ["logit", "poisson", "linear"])
def test_prediction_at_the_answers_as_they_are_is_the_observed_mean(rows, family):
    """Canonical links reproduce the observed mean, and so does the influence."""
    design = design_of(rows, "weighted clusters")
    response = fitted(rows, family, design).mean()
    as_is = standard.mean(response, matrix(rows, rows.transfers), design.w)
    seen = standard.observed(rows[OUTCOMES[family]], design.w)
    assert_allclose(as_is.value, seen.value, rtol=EXACT)
    assert_allclose(as_is.influence, seen.influence, atol=EXACT * 100)


@pytest.mark.parametrize(("family", "measure"), CASES)
def test_influences_sum_to_zero_and_predict_what_leaving_a_row_out_does(rows, family, measure):
    design = design_of(rows, "weighted clusters")
    X = matrix(rows, rows.transfers)

    def level(w):
        fit = responses.fit(family, rows[OUTCOMES[family]].to_numpy(), X, w)
        return standard.mean(response_of(fit, measure), matrix(rows, 0 * rows.transfers), w)

    made = level(design.w)
    assert abs(design.w @ made.influence) < 1e-8
    step = 1e-4
    for row in (0, 57, 131):
        lighter = design.w.copy()
        lighter[row] -= step
        assert_allclose((made.value - level(lighter).value) / step, made.influence[row], rtol=2e-3, atol=1e-6)


def test_an_average_over_some_customers_leaves_the_others_out(rows):
    design = design_of(rows, "plain")
    response = fitted(rows, "logit", design).mean()
    X, chat = matrix(rows, rows.transfers), rows.chat.to_numpy() == 1
    made = standard.mean(response, X, design.w, chat)
    assert_allclose(made.value, response.values(X)[chat].mean(), rtol=EXACT)


def test_linear_effects_are_coefficients(rows):
    design = design_of(rows, "weighted clusters")
    X = matrix(rows, rows.transfers)[:, :4]
    fit = responses.fit("linear", rows.hours.to_numpy(), X, design.w)
    along = np.tile([1.0, 0, 0, 0], (len(rows), 1))
    made = standard.slope(fit.mean(), X, along, design.w)
    assert_allclose(made.value, fit.coef[0], rtol=EXACT)
    assert_allclose(made.influence, fit.influence[:, 0], atol=EXACT)


def test_differences_and_multiples():
    one = standard.Standardised(3.0, np.array([1.0, -1.0]))
    two = standard.Standardised(1.0, np.array([0.5, -0.5]))
    assert one.minus(two).value == 2
    assert_allclose(one.minus(two).influence, [0.5, -0.5])
    assert one.scaled(-2).value == -6
    assert_allclose(one.scaled(-2).influence, [-2, 2])


def test_errors_are_widened_for_the_parameters_fitted():
    n = np.full(10, 1, np.int64)
    design = Design(n, n * 1.0, n * 1.0)
    one = standard.observed(np.arange(10.0), design.w)
    plain, widened = one.estimate(design), one.estimate(design, 5)
    assert_allclose(plain.std_error, np.arange(10).std(ddof=1) / np.sqrt(10), rtol=EXACT)
    assert_allclose(widened.std_error / plain.std_error, np.sqrt(9 / 5), rtol=EXACT)


def test_attributable_share_is_taken_back_from_the_log():
    left = Estimate(np.log(0.6), 0.1, 1e9)
    share, (low, high) = standard.attributable_share(left, 0.95)
    assert_allclose(share.value, 0.4, rtol=EXACT)
    assert_allclose(share.std_error, 0.06, rtol=EXACT)
    assert_allclose([low, high], 1 - 0.6 * np.exp([0.1959964, -0.1959964]), rtol=1e-6)


def test_nothing_is_attributable_where_nothing_is_there():
    flat = np.zeros(3)
    made = standard.attributable(standard.Standardised(0.0, flat), standard.Standardised(0.0, flat))
    assert np.isnan(made.value)
