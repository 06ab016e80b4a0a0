"""Curves beside a line: R's splines::ns and survey::regTermTest, identities, error rates of the test.

`reference/splines_survey.R` made `splines_rows.csv` and `splines_survey.csv`.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats.designs import Design, influence_covariance
from cxresearch.stats.regression import fit_linear, influence
from cxresearch.stats.splines import curve_columns, kink_columns, level_columns, quantile_knots, wald_test

REFERENCE = Path(__file__).parents[1] / "reference"
RTOL = 1e-9  # two routes through the same linear algebra
KNOTS = [1, 8, 16, 24]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "splines_rows.csv")


@pytest.fixture(scope="module")
def said_by_r() -> pd.Series:
    return pd.read_csv(REFERENCE / "splines_survey.csv").set_index("what")["value"]


def design_of(rows: pd.DataFrame, kind: str) -> Design:
    w = rows["weight"].to_numpy()
    cluster = rows["cluster"].to_numpy() if kind == "clusters" else None
    return Design(np.ones(len(w), np.int64), w, w**2, cluster=cluster)


def fitted(rows: pd.DataFrame, X: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray, Design]:
    design = design_of(rows, kind)
    fit = fit_linear(rows["y"], X, design.w)
    return fit.coef, influence_covariance(influence(fit, rows["y"], X), design), design


@pytest.mark.parametrize("kind", ["clusters", "rows"])
@pytest.mark.parametrize("what", ["curve", "levels"])
def test_test_of_the_line_equals_r(rows: pd.DataFrame, said_by_r: pd.Series, what: str, kind: str) -> None:
    if what == "curve":
        line, extra = rows["x"], curve_columns(rows["x"], KNOTS)
    else:
        line = rows["level"]
        extra = np.column_stack([line == k for k in (2, 3, 4)]).astype(float)
    coef, V, design = fitted(rows, np.column_stack([line, rows["z"], extra]), kind)
    df = design.degrees + 1 - len(coef)
    F, p = wald_test(coef[3:], V[3:, 3:], df)
    assert_allclose([F, p], [said_by_r[f"{kind} {what} F"], said_by_r[f"{kind} {what} p"]], rtol=1e-7)


def test_curve_spans_what_ns_spans(rows: pd.DataFrame, said_by_r: pd.Series) -> None:
    fit = fit_linear(rows["y"], np.column_stack([rows["x"], curve_columns(rows["x"], KNOTS)]))
    at = np.array([-5, 0, 3, 11, 20, 24, 40.0])
    shown = fit.predict(np.column_stack([at, curve_columns(at, KNOTS)]))
    assert_allclose(shown, [said_by_r[f"fitted {j}"] for j in range(1, 8)], rtol=1e-8)


def test_kinked_line_equals_r(rows: pd.DataFrame, said_by_r: pd.Series) -> None:
    coef, V, _ = fitted(rows, np.column_stack([kink_columns(rows["x"], 12), rows["z"]]), "clusters")
    assert_allclose(coef[1:3], [said_by_r["kink below"], said_by_r["kink above"]], rtol=RTOL)
    error = np.sqrt(np.diag(V))[1:3]
    assert_allclose(error, [said_by_r["kink se below"], said_by_r["kink se above"]], rtol=RTOL)
    gap = np.array([0, 1, -1, 0])
    assert_allclose(
        [gap @ coef, np.sqrt(gap @ V @ gap)],
        [said_by_r["kink difference"], said_by_r["kink se difference"]],
        rtol=RTOL,
    )


def test_curve_is_straight_outside_and_smooth_inside() -> None:
    outside = np.array([[-9.0, -5.0, 1.0], [24.0, 30.0, 36.0]])
    columns = curve_columns(outside.ravel(), KNOTS).reshape(2, 3, 2)
    assert_allclose(columns[0], 0)  # the line alone
    assert_allclose(np.diff(columns[1], 2, axis=0), 0, atol=1e-12)
    fine = np.linspace(-2, 30, 320_001)
    bend = np.diff(curve_columns(fine, KNOTS), 2, axis=0) / np.diff(fine)[0] ** 2
    assert np.abs(np.diff(bend, axis=0)).max() < 1e-3  # second derivative without jumps


def test_moving_and_stretching_x_changes_no_test(rows: pd.DataFrame) -> None:
    def tested(x: np.ndarray, knots: np.ndarray) -> tuple[float, float]:
        coef, V, _ = fitted(rows, np.column_stack([x, rows["z"], curve_columns(x, knots)]), "rows")
        return wald_test(coef[3:], V[3:, 3:], 155)

    x = rows["x"].to_numpy()
    assert_allclose(tested(x, np.array(KNOTS)), tested(1000 * x - 7, 1000 * np.array(KNOTS) - 7), rtol=1e-6)


def test_knots_are_weighted_quantiles_each_once() -> None:
    x = np.arange(1, 101.0)
    assert quantile_knots(x, count=3).tolist() == [10, 50, 90]
    heavy = np.where(x <= 10, 81.0, 1.0)  # 810 of 900 below 11
    assert quantile_knots(x, heavy, count=3).tolist() == [2, 6, 10]
    values, counts = np.unique(np.repeat([0, 1, 2, 3, 9], [500, 20, 10, 5, 1]), return_counts=True)
    assert quantile_knots(values, counts).tolist() == [0, 1, 3, 9]
    assert quantile_knots([0, 1, 2]).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="at least three distinct values; got 2"):
        quantile_knots([0, 1, 1])
    with pytest.raises(ValueError, match="must be one of 3, 4, 5; got 9"):
        quantile_knots(x, count=9)


def test_levels_leave_two_common_values_and_rare_ones_on_the_line() -> None:
    x, n = [0, 0, 1, 2, 3, 4], [30, 30, 40, 35, 9, 12]
    columns, values = level_columns(x, n)
    assert values.tolist() == [2, 4]
    assert columns.sum(axis=0).tolist() == [1, 1]
    assert level_columns([0, 1, 2], [50, 50, 3])[1].size == 0


def test_wald_has_no_answer_without_a_covariance() -> None:
    assert np.isnan(wald_test([1.0, 1.0], np.ones((2, 2)), 50)).all()
    assert np.isnan(wald_test([1.0], [[np.nan]], 50)).all()
    assert np.isnan(wald_test([1.0], [[1.0]], 0)).all()
    with pytest.raises(ValueError, match="three or more, increasing"):
        curve_columns([1.0], [1, 1, 2])


@pytest.mark.slow
def test_the_line_is_rejected_as_often_as_promised() -> None:
    """1,500 samples of 300 answers from a world where the line is true; skewed counts, ordinal noise."""
    rng = np.random.default_rng(5)
    rejected = np.zeros(2)
    samples = 1500
    for _ in range(samples):
        x = np.round(rng.gamma(1.5, 3, 300))
        few = rng.choice(5, 300, p=[0.5, 0.25, 0.13, 0.08, 0.04]).astype(float)
        y = np.clip(np.round(3 + 0.05 * x - 0.2 * few + rng.normal(0, 1, 300)), -50, 50)
        design = Design(np.ones(300, np.int64), np.ones(300), np.ones(300))
        for which, extra in enumerate((curve_columns(x, quantile_knots(x)), level_columns(few, design.n)[0])):
            X = np.column_stack([x, few, extra])
            fit = fit_linear(y, X)
            V = influence_covariance(influence(fit, y, X), design) * 300 / (300 - len(fit.coef))
            rejected[which] += wald_test(fit.coef[3:], V[3:, 3:], 300 - len(fit.coef))[1] < 0.05
    assert np.all(np.abs(rejected / samples - 0.05) < 0.02), rejected / samples
