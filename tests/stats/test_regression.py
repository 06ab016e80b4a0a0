"""Least squares: NIST's certified values, statsmodels on expanded rows, identities, the sandwich's coverage.

`reference/regression_nist_data.csv` and `regression_nist.csv` hold the linear sets of NIST's Statistical
Reference Datasets (public domain) and their certified values. Both were checked against one another in
exact rational arithmetic: the data reproduce every certified figure to its last printed digit.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import stdtrit

from cxresearch.errors import DesignError
from cxresearch.stats.regression import LinearFit, fit_linear, influence, r2_from_moments, sandwich

REFERENCE = Path(__file__).parents[1] / "reference"
RTOL = 1e-9  # two decompositions of the same well-conditioned system
# correct digits promised in the module's docstring: coefficients, standard errors. Certified values have 15
DIGITS = {
    "Norris": (12, 13),
    "Pontius": (13, 13),
    "NoInt1": (14, 14),
    "NoInt2": (14, 14),
    "Filip": (7, 7),
    "Longley": (14, 12),
    "Wampler1": (13, 13),
    "Wampler2": (13, 13),
    "Wampler3": (13, 13),
    "Wampler4": (13, 13),
    "Wampler5": (13, 13),
}
DEGREE = {"Pontius": 2, "Filip": 10} | {f"Wampler{k}": 5 for k in range(1, 6)}


def nist(name: str) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    rows = pd.read_csv(REFERENCE / "regression_nist_data.csv").query("set == @name")
    X = rows.drop(columns=["set", "y"]).dropna(axis=1).to_numpy(float)
    if name in DEGREE:
        X = X ** np.arange(1, DEGREE[name] + 1)
    certified = pd.read_csv(REFERENCE / "regression_nist.csv").query("set == @name").set_index("term")
    return rows["y"].to_numpy(float), X, certified


def digits(got: np.ndarray, certified: np.ndarray) -> float:
    """Log relative error of the worst value (absolute where the certified value is 0), at most 15."""
    error = np.where(certified == 0, np.abs(got), np.abs(got / np.where(certified == 0, 1, certified) - 1))
    return float(-np.log10(np.maximum(error, 1e-15)).min())


@pytest.mark.parametrize("name", DIGITS)
def test_nist_certified_values(name: str) -> None:
    y, X, certified = nist(name)
    fit = fit_linear(y, X, intercept=not name.startswith("NoInt"))
    terms = certified.iloc[:-2]
    assert digits(fit.coef, terms["estimate"].to_numpy()) >= DIGITS[name][0]
    assert digits(fit.std_error, terms["std_error"].to_numpy()) >= DIGITS[name][1]
    assert digits(np.array([fit.residual_sd]), certified.loc[["residual_sd"], "estimate"].to_numpy()) >= 9
    assert digits(np.array([fit.r2]), certified.loc[["r2"], "estimate"].to_numpy()) >= 11


def test_filip_is_solved_exactly_for_the_columns_given() -> None:
    y, X, certified = nist("Filip")
    rows = [[Fraction(1), *(Fraction(float(v)) for v in row)] for row in X]
    exact = np.array([float(v) for v in rational_least_squares(rows, [Fraction(float(v)) for v in y])])
    fit = fit_linear(y, X)
    assert_allclose(fit.coef, exact, rtol=1e-14)
    # the columns themselves, rounded to doubles, have lost the rest
    assert 7 < digits(exact, certified["estimate"].to_numpy()[:-2]) < 8


def rational_least_squares(rows: list[list[Fraction]], y: list[Fraction]) -> list[Fraction]:
    q = len(rows[0])
    whole = [[*row, v] for row, v in zip(rows, y, strict=True)]
    M = [[sum(r[i] * r[j] for r in whole) for j in range(q + 1)] for i in range(q)]
    for i in range(q):
        M[i] = [v / M[i][i] for v in M[i]]
        for r in range(q):
            if r != i:
                M[r] = [a - M[r][i] * b for a, b in zip(M[r], M[i], strict=True)]
    return [row[-1] for row in M]


@pytest.fixture
def cells() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20260)
    C = 60
    X = np.column_stack([rng.integers(1, 8, C), rng.integers(1, 6, C), rng.integers(0, 2, C)]).astype(float)
    n = rng.integers(1, 6, C)
    y = X @ [0.4, 0.2, -0.5] + rng.integers(0, 5, C)
    cluster = rng.integers(0, 20, C)
    return {"X": X, "y": y.astype(float), "n": n, "cluster": cluster, "stratum": cluster % 3}


def statsmodels_fit(y: np.ndarray, X: np.ndarray, w: np.ndarray, **cov: object) -> object:
    import statsmodels.api as sm

    return sm.WLS(y, sm.add_constant(X), weights=w).fit(**cov)


def test_counts_equal_expanded_rows_in_statsmodels(cells: dict[str, np.ndarray]) -> None:
    y, X, n = cells["y"], cells["X"], cells["n"]
    fit = fit_linear(y, X, n)
    rows = np.repeat(np.arange(len(y)), n)
    peer = statsmodels_fit(y[rows], X[rows], np.ones(len(rows)))
    assert_allclose(fit.coef, peer.params, rtol=RTOL)
    assert_allclose(fit.std_error, peer.bse, rtol=RTOL)
    assert_allclose([fit.r2, fit.df], [peer.rsquared, peer.df_resid], rtol=RTOL)
    assert_allclose(fit.residual_sd, peer.scale**0.5, rtol=RTOL)
    robust = statsmodels_fit(y[rows], X[rows], np.ones(len(rows)), cov_type="HC1")
    assert_allclose(sandwich(fit, y, X, n), robust.cov_params(), rtol=RTOL)
    clusters = cells["cluster"]
    grouped = statsmodels_fit(
        y[rows], X[rows], np.ones(len(rows)), cov_type="cluster", cov_kwds={"groups": clusters[rows]}
    )
    assert_allclose(sandwich(fit, y, X, n, cluster=clusters), grouped.cov_params(), rtol=RTOL)


def test_weighted_cells_equal_weighted_rows(cells: dict[str, np.ndarray]) -> None:
    y, X, n = cells["y"], cells["X"], cells["n"]
    rows = np.repeat(np.arange(len(y)), n)
    weights = np.random.default_rng(3).uniform(0.2, 3, len(rows))
    w, w2 = np.bincount(rows, weights), np.bincount(rows, weights**2)
    fit = fit_linear(y, X, w, n=n.sum())
    peer = statsmodels_fit(y[rows], X[rows], weights, cov_type="HC1")
    assert_allclose(fit.coef, peer.params, rtol=RTOL)
    assert_allclose(sandwich(fit, y, X, w, w2, n=n), peer.cov_params(), rtol=RTOL)
    ones = np.ones(len(rows))
    by_row = fit_linear(y[rows], X[rows], weights, n=len(rows))
    assert_allclose(by_row.std_error, fit.std_error, rtol=RTOL)
    strata = cells["stratum"]
    design = {"cluster": cells["cluster"], "stratum": strata}
    spread = {k: v[rows] for k, v in design.items()}
    for kind in ({}, design, {"stratum": strata}):
        whole = {k: spread[k] for k in kind}
        assert_allclose(
            sandwich(fit, y, X, w, w2, n=n, **kind),
            sandwich(by_row, y[rows], X[rows], weights, weights**2, n=ones, **whole),
            rtol=RTOL,
        )


def test_a_lonely_cluster_is_refused(cells: dict[str, np.ndarray]) -> None:
    y, X, n = cells["y"], cells["X"], cells["n"]
    fit = fit_linear(y, X, n)
    with pytest.raises(DesignError, match="single"):
        sandwich(fit, y, X, n, cluster=np.zeros(len(y), int))


def test_influence_predicts_what_a_little_weight_does(cells: dict[str, np.ndarray]) -> None:
    y, X, n = cells["y"], cells["X"], cells["n"].astype(float)
    fit = fit_linear(y, X, n)
    more = n.copy()
    more[7] += 1e-5
    assert_allclose((fit_linear(y, X, more).coef - fit.coef) / 1e-5, influence(fit, y, X)[7], rtol=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(-4, 6), st.floats(-3, 3))
@settings(max_examples=40, deadline=None)
def test_units_change_nothing_but_units(seed: int, power: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    X, y, w = rng.normal(size=(30, 2)), rng.normal(size=30), rng.uniform(0.1, 2, 30)
    unit = 10.0**power
    fit, other = fit_linear(y, X, w), fit_linear(3 * y + shift, X * unit, w * 1e7)
    assert_allclose(other.coef[1:] * unit, 3 * fit.coef[1:], rtol=1e-8, atol=1e-10)
    assert_allclose(other.r2, fit.r2, rtol=1e-8, atol=1e-12)
    cov = np.cov(np.column_stack([y, X]).T, aweights=w)
    assert_allclose(r2_from_moments(cov), fit.r2, rtol=1e-8, atol=1e-12)


def test_r2_from_many_matrices_and_from_dependent_predictors() -> None:
    R = np.array([[1, 0.5, 0.4], [0.5, 1, 0.6], [0.4, 0.6, 1]])
    both = r2_from_moments(np.stack([R, R * 4]))
    assert_allclose(both, 0.265625, rtol=1e-12)  # (.25 + .16 - 2·.5·.4·.6) / (1 - .36)
    assert_allclose(r2_from_moments(R, 0, [1]), 0.25, rtol=1e-12)
    twice = R[np.ix_([0, 1, 1], [0, 1, 1])]
    assert_allclose(r2_from_moments(twice), 0.25, rtol=1e-10)
    assert np.isnan(r2_from_moments(np.zeros((2, 2))))


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda X: np.column_stack([X, X[:, 0] + X[:, 1]]), "3"),
        (lambda X: np.column_stack([np.full(len(X), 1e6), X]), "0"),
        (lambda X: np.column_stack([X[:, :2], X[:, 1] * 7 - 3, X[:, 2]]), "2"),
    ],
)
def test_dependent_columns_are_named_or_left_out(cells: dict, change: object, column: str) -> None:
    y, X, n = cells["y"], cells["X"], cells["n"]
    wide = change(X)
    with pytest.raises(ValueError, match=f"column {column} of `X` is constant or a combination"):
        fit_linear(y, wide, n)
    fit = fit_linear(y, wide, n, leave_out_dependent=True)
    assert fit.rank == 4
    assert fit.coef[int(column) + 1] == 0
    assert np.isnan(fit.std_error[int(column) + 1])
    assert_allclose(fit.predict(wide), fit_linear(y, X, n).predict(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("y", "X", "w", "message"),
    [
        ([1, 2, np.nan], [[1], [2], [3]], None, "missing"),
        ([1, 2, 3], [[1], [2], [3]], [1, -1, 1], "negative"),
        ([1, 2, 3], [[1], [2], [3]], [0, 0, 0], "positive"),
        ([1, 2], [[1], [2], [3]], None, "agree on C"),
        ([1, 2], [[1], [2]], None, "rows cannot estimate"),
    ],
)
def test_bad_input_is_refused(y: list, X: list, w: list | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_linear(y, X, w)


def test_constant_outcome_has_no_r2() -> None:
    assert np.isnan(fit_linear([2, 2, 2, 2], [[1], [2], [3], [5]]).r2)


def slope_covers(fit: LinearFit, V: np.ndarray, truth: float) -> bool:
    return bool(abs(fit.coef[1] - truth) < stdtrit(fit.df, 0.975) * np.sqrt(V[1, 1]))


@pytest.mark.slow
def test_sandwich_covers_a_slope_under_skewed_errors_of_unequal_spread() -> None:
    rng = np.random.default_rng(11)
    robust = classical = 0
    runs, n = 1000, 200
    for _ in range(runs):
        x = rng.integers(1, 8, n).astype(float)
        y = 0.3 * x + (0.2 + 0.3 * np.abs(x - 4)) * (rng.exponential(size=n) - 1)
        fit = fit_linear(y, x[:, None])
        robust += slope_covers(fit, sandwich(fit, y, x[:, None], np.ones(n)), 0.3)
        classical += slope_covers(fit, fit.cov, 0.3)
    # 6 000 runs gave 95.2 % and 88.4 %; the standard error of 1 000 runs is 0.7 points
    assert 0.93 < robust / runs < 0.965
    assert classical / runs < 0.92
