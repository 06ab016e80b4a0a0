"""Unmeasured confounders: the papers' printed figures, an exact omitted variable, brute force.

`reference/confounding_sensemakr.csv` holds what the authors' own R package (sensemakr, its tests) gives for the
example of section 5 of Cinelli and Hazlett (2020): attitudes to peace in Darfur on being directly harmed, t =
0.09731582 / 0.02325654 with 783 degrees of freedom, benchmarked against gender.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import stdtrit

from cxresearch.stats.confounding import (
    benchmark_bounds,
    e_value,
    e_value_of_limit,
    error_factor,
    explained_away,
    partial_r2,
    robustness_value,
)
from cxresearch.stats.regression import fit_linear

REFERENCE = Path(__file__).parents[1] / "reference"
ESTIMATE, ERROR, DF = 0.09731582, 0.02325654, 783
F = ESTIMATE / ERROR / DF**0.5
RTOL = 1e-9


def test_darfur_as_printed() -> None:
    assert round(100 * F**2 / (1 + F**2), 1) == 2.2  # partial R² of the treatment, table 1
    critical = stdtrit(DF - 1, 0.975) / (DF - 1) ** 0.5
    assert_allclose(robustness_value(F), 0.13878, atol=5e-6)
    assert_allclose(robustness_value(F, critical), 0.07626, atol=5e-6)


def test_darfur_benchmarked_against_gender() -> None:
    said = pd.read_csv(REFERENCE / "confounding_sensemakr.csv")
    r2 = said["r2_driver"], said["r2_outcome"]
    estimate = ESTIMATE * (1 - explained_away(F, *r2))
    error = ERROR * error_factor(DF, *r2)
    assert_allclose(estimate, said["adjusted_estimate"], rtol=3e-7)  # inputs have 7 digits
    assert_allclose(error, said["adjusted_se"], rtol=3e-7)
    half = stdtrit(DF - 1, 0.975) * error
    assert_allclose(estimate - half, said["conf_low"], atol=1e-7)
    assert_allclose(estimate + half, said["conf_high"], atol=1e-7)
    # the bounds for 2 and 3 times as strong follow from those for once
    near = r2[0][0] / (1 + r2[0][0])
    shared = near**2 / (1 - near) ** 2
    ratio = r2[1][0] * (1 - shared) / (1 + shared**0.5) ** 2
    driver, outcome = benchmark_bounds(near, ratio / (1 + ratio), said["times"])
    assert_allclose(driver, r2[0], rtol=1e-12)
    assert_allclose(outcome, r2[1], rtol=1e-12)


def test_e_values_as_printed() -> None:
    """VanderWeele and Ding (2017): 3.9 (1.8 to 8.7) gives 7.26 and 3.0; 0.80 (0.71 to 0.91) gives 1.81, 1.43."""
    assert_allclose(e_value(3.9), 7.26, atol=0.005)
    assert_allclose(e_value_of_limit(1.8, 8.7), 3.0, atol=0.05)
    assert_allclose(e_value(0.8), 1.81, atol=0.005)
    assert_allclose(e_value_of_limit(0.71, 0.91), 1.43, atol=0.005)
    assert e_value_of_limit(0.9, 1.2) == 1
    assert np.isnan(e_value([0.0, -1.0])).all()
    assert np.isnan(e_value_of_limit(np.nan, 2))


def test_e_value_is_where_the_bound_of_ding_and_vanderweele_meets_the_ratio() -> None:
    for ratio in (1.2, 2.0, 9.0):
        E = float(e_value(ratio))
        assert_allclose(E * E / (2 * E - 1), ratio, rtol=RTOL)


@pytest.fixture
def world() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    n = 200
    Z, C1, C2 = rng.normal(size=(3, n))
    D = 0.4 * Z + 0.3 * C1 - 0.2 * C2 + rng.normal(size=n)
    y = 0.5 * D + 0.6 * Z + 0.4 * C1 + 0.1 * C2 + rng.normal(size=n)
    return {"y": y, "D": D, "Z": Z, "C": np.column_stack([C1, C2]), "w": rng.uniform(0.3, 3, n)}


def test_a_variable_left_out_does_exactly_that_harm(world: dict[str, np.ndarray]) -> None:
    y, D, Z, C, w = world.values()
    short, full = np.column_stack([D, C]), np.column_stack([D, C, Z])
    without, having = (fit_linear(y, X, w, n=200) for X in (short, full))
    r2 = partial_r2(y, short, w, [0])
    f = (r2 / (1 - r2)) ** 0.5
    driver, outcome = partial_r2(D, np.column_stack([C, Z]), w, [2]), partial_r2(y, full, w, [3])
    left = without.coef[1] * (1 - explained_away(f, driver, outcome))
    assert_allclose(left, having.coef[1], rtol=RTOL)
    factor = error_factor(without.df, driver, outcome)
    assert_allclose(without.std_error[1] * factor, having.std_error[1], rtol=RTOL)
    assert_allclose(f, without.coef[1] / without.std_error[1] / without.df**0.5, rtol=RTOL)


def test_partial_r2_is_that_of_residuals(world: dict[str, np.ndarray]) -> None:
    y, D, _, C, w = world.values()
    ones = np.ones(len(y))
    for columns in ([0], [1, 2]):
        X = np.column_stack([D, C])
        others = np.column_stack([ones, np.delete(X, columns, axis=1)])
        root = np.sqrt(w)[:, None]
        hat = np.linalg.lstsq(root * others, root * np.column_stack([y, X[:, columns]]), rcond=None)[0]
        left = root * (np.column_stack([y, X[:, columns]]) - others @ hat)
        explained = left[:, 1:] @ np.linalg.lstsq(left[:, 1:], left[:, 0], rcond=None)[0]
        assert_allclose(
            partial_r2(y, X, w, columns), (explained**2).sum() / (left[:, 0] ** 2).sum(), rtol=RTOL
        )


def test_partial_r2_of_weights_that_sum_to_one(world: dict[str, np.ndarray]) -> None:
    """Weights of any unit: what they count, `n` says."""
    y, D, _, C, w = world.values()
    X = np.column_stack([D, C])
    assert_allclose(partial_r2(y, X, w / w.sum(), [0], n=200), partial_r2(y, X, w, [0]), rtol=RTOL)


@pytest.mark.parametrize(
    ("f", "critical"), [(0.3, 0.1), (0.15, 0.14), (2.0, 0.3), (3.0, 1.5), (0.6, 0.5), (4.0, 0.4)]
)
def test_no_confounder_below_the_robustness_value_does_it(f: float, critical: float) -> None:
    """Over a fine grid of both strengths, the t of the worst one is at the bar exactly at the value."""
    value = float(robustness_value(f, critical))

    def worst(most: float) -> float:
        driver = np.linspace(0, most, 401)[:, None]
        outcome = np.linspace(0, most, 4001)[None, :]
        return float(
            (f * np.sqrt(1 - driver) - np.sqrt(driver * outcome) - critical * np.sqrt(1 - outcome)).min()
        )

    assert worst(0.99 * value) > 0
    assert abs(worst(value)) < 1e-5
    assert worst(min(1.01 * value, 0.9999)) < 0


def test_limits() -> None:
    assert robustness_value(0.0) == 0
    assert robustness_value(0.1, 0.2) == 0
    assert robustness_value(1e6) > 0.999
    assert robustness_value(2.0, 3.0) == 0
    with pytest.raises(ValueError, match="must not be negative"):
        robustness_value(-0.1)
    # a control that explains 60 % of the driver: nothing can be twice as strong
    assert np.isnan(benchmark_bounds(0.6, 0.1, 2)).all()
    assert benchmark_bounds(0.01, 0.9, 3)[1] == 1
    assert np.isnan(partial_r2([0, 1, 0, 1], [[0, 1], [1, 2], [0, 3], [1, 5]], np.ones(4), [1]))
