"""Shapley shares of pseudo-R²: R's polr and glm over all subsets, one fit at a time, the jackknife, coverage.

`reference/importance_models.csv` was made by `reference/importance_models.R` with package MASS.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import xlogy

from cxresearch.stats.counts import fit_poisson
from cxresearch.stats.designs import Design
from cxresearch.stats.importance import shapley_values
from cxresearch.stats.importance_models import pseudo_importance
from cxresearch.stats.ordinal import fit_cumulative

REFERENCE = Path(__file__).parents[1] / "reference"
RTOL_POLR = 1e-6  # polr stops earlier than Newton does
RTOL_GLM = 1e-8  # R's glm, run to 1e-14 in deviance
RTOL = 1e-9  # the same maximum, found one fit at a time
JACKKNIFE = (
    0.05  # an influence function against leaving rows out, which has terms of second order, at 150 rows
)
FIVE = ["age", "lwt", "smoke", "ht", "ui"]


def reference(model: str) -> np.ndarray:
    table = pd.read_csv(REFERENCE / "importance_models.csv")
    return table[table["model"] == model]["share"].to_numpy()


def rows(n: int, w: np.ndarray | None = None) -> Design:
    w = np.ones(n) if w is None else w
    return Design(np.ones(n, np.int64), w, w**2)


def simulated(rng: np.random.Generator, n: int, p: int = 3) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    X = rng.normal(size=(n, p)) + 0.6 * rng.normal(size=(n, 1))
    eta = X @ np.linspace(0.1, 0.6, p)
    ordinal = np.searchsorted([-1.0, 0.0, 1.0, 2.0], eta + rng.logistic(size=n))
    return X, {"cumulative": ordinal, "logit": ordinal > 1, "poisson": rng.poisson(np.exp(eta / 2))}


def test_ordered_outcome_with_drivers_of_several_columns_matches_polr():
    data = pd.read_csv(REFERENCE / "ordinal_housing.csv")
    n = data["freq"].to_numpy()
    design = Design(n, n * 1.0, n * 1.0)
    X = data.iloc[:, 2:].to_numpy(float)
    table = pseudo_importance(
        "cumulative", X, data["sat"], design, n_draws=0, groups=[[0, 1], [2, 3, 4], [5]]
    )
    assert_allclose(table.estimate[0], reference("housing"), rtol=RTOL_POLR)


@pytest.mark.parametrize("model", ["birthwt", "birthwt_weighted", "birthwt_given_age"])
def test_binary_outcome_matches_glm(model):
    data = pd.read_csv(REFERENCE / "importance_birthwt.csv")
    design = rows(len(data), data["w"].to_numpy(float) if "weighted" in model else None)
    drivers = FIVE[1:] if "given" in model else FIVE
    controls = data[["age"]] if "given" in model else None
    for family in ("logit", "cumulative"):
        table = pseudo_importance(family, data[drivers], data["low"], design, n_draws=0, controls=controls)
        assert_allclose(table.estimate[0], reference(model), rtol=RTOL_GLM)


def test_count_matches_glm():
    data = pd.read_csv(REFERENCE / "importance_quine.csv")
    table = pseudo_importance("poisson", data.iloc[:, 1:], data["days"], rows(len(data)), n_draws=0)
    assert_allclose(table.estimate[0], reference("quine"), rtol=RTOL_GLM)


@pytest.mark.parametrize("family", ["cumulative", "logit", "poisson"])
def test_subsets_fitted_one_at_a_time_give_the_same(family):
    rng = np.random.default_rng(3)
    X, outcomes = simulated(rng, 200)
    y, w = outcomes[family].astype(int), rng.gamma(2, size=200)

    def loglik(columns):
        if family != "poisson":
            return fit_cumulative(y, X[:, columns], w).loglik
        mean = (
            fit_poisson(y, X[:, columns], w).predict(X[:, columns])
            if columns
            else np.full(200, w @ y / w.sum())
        )
        return w @ (xlogy(y, mean) - mean)

    logliks = np.array([loglik([j for j in range(3) if code >> j & 1]) for code in range(8)])
    best = w @ (xlogy(y, y) - y) if family == "poisson" else 0.0
    expected = shapley_values((logliks - logliks[0]) / (best - logliks[0]))
    table = pseudo_importance(family, X, y, rows(200, w), n_draws=0)
    assert_allclose(table.estimate[0], expected, rtol=RTOL, atol=1e-12)
    assert_allclose(table.estimate[1], expected / expected.sum(), rtol=RTOL, atol=1e-12)


@pytest.mark.parametrize("family", ["cumulative", "logit", "poisson"])
def test_standard_errors_are_those_of_the_jackknife(family):
    X, outcomes = simulated(np.random.default_rng(4), 150)
    y = outcomes[family]
    design = rows(150)
    table = pseudo_importance(family, X, y, design, n_draws=0)
    left = []
    for i in range(150):
        keep = np.arange(150) != i
        left.append(pseudo_importance(family, X[keep], y[keep], rows(149), n_draws=0).estimate)
    error = np.sqrt(149 / 150 * ((left - np.mean(left, axis=0)) ** 2).sum(axis=0))
    assert_allclose(table.std_error, error, rtol=JACKKNIFE)


def test_cells_give_what_their_rows_give():
    rng = np.random.default_rng(5)
    X, y = rng.integers(0, 3, (300, 2)), rng.integers(0, 4, 300)
    patterns, n = np.unique(np.column_stack([X, y]), axis=0, return_counts=True)
    by_rows = pseudo_importance("cumulative", X, y, rows(300), n_draws=0)
    by_cells = pseudo_importance(
        "cumulative", patterns[:, :2], patterns[:, 2], Design(n, n * 1.0, n * 1.0), n_draws=0
    )
    assert_allclose(by_cells.estimate, by_rows.estimate, rtol=RTOL)
    assert_allclose(by_cells.std_error, by_rows.std_error, rtol=1e-7)
    # clusters of one row each change nothing but the grouping
    alone = Design(np.ones(300, np.int64), np.ones(300), np.ones(300), cluster=np.arange(300))
    clustered = pseudo_importance("cumulative", X, y, alone, n_draws=0)
    assert_allclose(clustered.std_error, by_rows.std_error, rtol=1e-7)


def test_strong_effects_and_rare_answers_are_fitted_from_any_start():
    rng = np.random.default_rng(6)
    X = rng.normal(size=(400, 4))
    y = np.searchsorted([-8.0, -2.0, 5.0], X @ [4.0, 2.0, 0.0, 0.1] + rng.logistic(size=400))
    table = pseudo_importance("cumulative", X, y, rows(400), n_draws=100, rng=rng)
    full = fit_cumulative(y, X)
    assert_allclose(table.estimate[0].sum(), 1 - full.loglik / full.loglik_null, rtol=RTOL)
    assert table.p_first[0].tolist() == [1, 0, 0, 0]


def test_refusals():
    X, outcomes = simulated(np.random.default_rng(7), 60)
    with pytest.raises(ValueError, match="13 drivers"):
        pseudo_importance(
            "logit", np.random.default_rng(1).normal(size=(60, 13)), outcomes["logit"], rows(60)
        )
    with pytest.raises(ValueError, match="combination"):
        pseudo_importance("logit", np.c_[X, X[:, 0]], outcomes["logit"], rows(60), n_draws=0)
    with pytest.raises(ValueError, match="combination"):
        pseudo_importance("poisson", np.c_[X, X[:, 0]], outcomes["poisson"], rows(60), n_draws=0)
    with pytest.raises(ValueError, match="negative"):
        pseudo_importance("poisson", X, outcomes["poisson"] - 5, rows(60), n_draws=0)
    with pytest.raises(ValueError, match="family"):
        pseudo_importance("linear", X, outcomes["poisson"], rows(60), n_draws=0)


@pytest.mark.slow
def test_intervals_cover_the_shares_of_a_large_population():
    rng = np.random.default_rng(8)
    X, outcomes = simulated(rng, 40_000)
    truth = pseudo_importance("cumulative", X, outcomes["cumulative"], rows(40_000), n_draws=0).estimate
    covered = np.zeros(truth.shape)
    for _ in range(300):
        X, outcomes = simulated(rng, 300)
        table = pseudo_importance("cumulative", X, outcomes["cumulative"], rows(300), n_draws=0)
        covered += (table.conf_low <= truth) & (truth <= table.conf_high)
    assert np.all(
        (covered / 300 > 0.90) & (covered / 300 < 0.985)
    )  # 95 % give or take three errors of 1.3 points
