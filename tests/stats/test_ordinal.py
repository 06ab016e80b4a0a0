"""Cumulative-link fits: R's polr and clm, other likelihoods, statsmodels, finite differences, hard cases.

`reference/ordinal_models.csv` was made by `reference/ordinal_models.R` on MASS::housing (Madsen 1976) with
packages MASS, ordinal, sandwich and survey; `ordinal_rows.csv` holds the weights, clusters and strata of
its expanded rows.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, special, stats

from cxresearch.stats import _cumulative as engine
from cxresearch.stats._links import log_interval
from cxresearch.stats.ordinal import (
    CumulativeFit,
    category_probabilities,
    cumulative_loglik,
    fit_cumulative,
    fit_cumulative_batch,
    influence,
    sandwich,
)

REFERENCE = Path(__file__).parents[1] / "reference"
RTOL_CLM = 1e-9  # clm was run to a gradient of 1e-12
RTOL_POLR = 1e-6  # polr stops earlier and takes its Hessian by differences
RTOL_OPTIMISER = 1e-6  # a quasi-Newton on a naive likelihood
RTOL_GLM = 1e-8  # R's svyglm, run to 1e-14 in deviance
LINKS = ("logit", "probit", "cloglog")
# distribution function and upper tail
CDF = {
    "logit": (special.expit, lambda t: special.expit(-t)),
    "probit": (special.ndtr, lambda t: special.ndtr(-t)),
    "cloglog": (lambda t: -np.expm1(-np.exp(t)), lambda t: np.exp(-np.exp(t))),
}


@pytest.fixture(scope="module")
def housing() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data = pd.read_csv(REFERENCE / "ordinal_housing.csv")
    return data["sat"].to_numpy(), data.iloc[:, 2:].to_numpy(float), data["freq"].to_numpy(float)


def reference(model: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "ordinal_models.csv").query("model == @model")


def random_cells(seed: int, K: int = 5, C: int = 40, p: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.integers(1, 8, (C, p)).astype(float)
    y = np.clip(np.round(X[:, 0] / 2 + rng.normal(0, 1.2, C)), 0, K - 1).astype(int)
    y[:K] = np.arange(K)
    return y, X, rng.integers(1, 9, C).astype(float)


def naive_loglik(params: np.ndarray, y: np.ndarray, X: np.ndarray, w: np.ndarray, link: str) -> float:
    p = X.shape[1]
    ends = np.r_[-np.inf, params[p:], np.inf]
    eta = X @ params[:p]
    low, high = ends[y] - eta, ends[y + 1] - eta
    F, S = CDF[link]
    with np.errstate(all="ignore"):
        return float(w @ np.log(np.where(low > 0, S(low) - S(high), F(high) - F(low))))


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(("program", "rtol"), [("clm", RTOL_CLM), ("polr", RTOL_POLR)])
def test_housing_as_in_r(housing: tuple, link: str, program: str, rtol: float) -> None:
    fit = fit_cumulative(*housing, link)
    expected = reference(f"{program}_{link}")
    assert_allclose(np.r_[fit.coef, fit.thresholds, fit.loglik], expected["estimate"], rtol=rtol)
    assert_allclose(fit.std_error, expected["std_error"].iloc[:-1], rtol=rtol)
    assert fit.converged
    assert not fit.separated


def test_housing_as_printed() -> None:
    """The summary of polr(Sat ~ Infl + Type + Cont, housing, Freq) in Venables and Ripley 2002, section 7.3.

    InflMedium 0.5664 (0.1047), InflHigh 1.2888 (0.1272), TypeApartment -0.5724 (0.1192), TypeAtrium -0.3662
    (0.1552), TypeTerrace -1.0910 (0.1515), ContHigh 0.3603 (0.0955); Low|Medium -0.4961, Medium|High
    0.6907; residual deviance 3479.149.
    """
    data = pd.read_csv(REFERENCE / "ordinal_housing.csv")
    fit = fit_cumulative(data["sat"], data.iloc[:, 2:], data["freq"])
    printed = [0.5664, 1.2888, -0.5724, -0.3662, -1.0910, 0.3603]
    assert_allclose(fit.coef, printed, atol=5.1e-5)
    assert_allclose(fit.std_error[:6], [0.1047, 0.1272, 0.1192, 0.1552, 0.1515, 0.0955], atol=5.1e-5)
    assert_allclose(fit.thresholds, [-0.4961, 0.6907], atol=5.1e-5)
    assert_allclose(-2 * fit.loglik, 3479.149, atol=5.1e-4)


@pytest.mark.parametrize("link", LINKS)
def test_an_independent_optimiser_agrees(link: str) -> None:
    y, X, w = random_cells(4)
    X = X - 4  # a naive optimiser needs the help
    rows = np.repeat(np.arange(len(y)), w.astype(int))
    fit = fit_cumulative(y, X, w, link)

    def loss(free: np.ndarray) -> float:
        params = np.r_[free[:2], np.cumsum(np.r_[free[2], np.exp(free[3:])])]
        value = -naive_loglik(params, y[rows], X[rows], np.ones(len(rows)), link) / len(rows)
        return value if np.isfinite(value) else 1e3

    first = np.r_[0, 0, fit.thresholds[0] * 0.8, np.zeros(3)]
    found = optimize.minimize(loss, first, method="BFGS", options={"gtol": 1e-9}).x
    assert_allclose(fit.coef, found[:2], rtol=1e-4)
    assert_allclose(fit.thresholds, np.cumsum(np.r_[found[2], np.exp(found[3:])]), rtol=1e-4)
    at = np.r_[fit.coef, fit.thresholds]
    assert_allclose(fit.loglik, naive_loglik(at, y, X, w, link), rtol=1e-12)
    assert fit.loglik >= -loss(found) * len(rows) - 1e-9


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_statsmodels_ordered_model_agrees(link: str) -> None:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    y, X, _ = random_cells(8, K=4, C=300)
    peer = OrderedModel(y, X, distr=link)
    found = peer.fit(method="bfgs", disp=False, maxiter=1000, gtol=1e-7)
    fit = fit_cumulative(y, X, None, link)
    assert_allclose(fit.coef, found.params[:2], rtol=RTOL_OPTIMISER)
    assert_allclose(fit.thresholds, peer.transform_threshold_params(found.params)[1:-1], rtol=RTOL_OPTIMISER)
    assert_allclose(fit.std_error[:2], found.bse[:2], rtol=1e-4)  # its Hessian is by differences


def test_two_levels_are_logistic_regression() -> None:
    import statsmodels.api as sm

    y, X, w = random_cells(2, K=2, C=60)
    fit = fit_cumulative(y, X, w)
    peer = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-14)
    assert_allclose(np.r_[-fit.thresholds, fit.coef], peer.params, rtol=RTOL_GLM)
    assert_allclose(fit.std_error[[2, 0, 1]], peer.bse, rtol=RTOL_GLM)
    assert_allclose(fit.loglik, peer.llf, rtol=1e-12)
    assert_allclose(fit.loglik_null, peer.llnull, rtol=1e-10)


@given(st.integers(0, 2**32 - 1), st.sampled_from(LINKS), st.integers(2, 11))
@settings(max_examples=60, deadline=None)
def test_gradient_and_hessian_are_those_of_the_likelihood(seed: int, link: str, K: int) -> None:
    y, X, w = random_cells(seed, K, C=30)
    rng = np.random.default_rng(seed)
    grid = engine.lay_out(y, X, w, K)
    W = grid.weights(w[None])
    cuts = np.sort(rng.normal(0, 1.5, K - 1)) + 0.05 * np.arange(K - 1)
    params = np.r_[cuts, rng.normal(0, 0.7, 2)][:, None]
    at = engine.derivatives(grid, W, params, link)
    Z = grid.Z[grid.place // K, 1:]
    shuffled = np.r_[params[K - 1 :], params[: K - 1]][:, 0]
    assert_allclose(at.loglik, naive_loglik(shuffled, y, Z, w, link), rtol=1e-9)
    step = 1e-5
    gradient, J = np.empty(K + 1), np.empty((K + 1, K + 1))
    for j in range(K + 1):
        up, down = params.copy(), params.copy()
        up[j], down[j] = up[j] + step, down[j] - step
        high, low = engine.derivatives(grid, W, up, link), engine.derivatives(grid, W, down, link)
        gradient[j] = (high.loglik[0] - low.loglik[0]) / (2 * step)
        J[j] = -(high.gradient[:, 0] - low.gradient[:, 0]) / (2 * step)
    assert_allclose(at.gradient[:, 0], gradient, rtol=1e-5, atol=1e-4)
    inverse = engine.inverse_information(grid, W, params, link)
    assert_allclose(J @ inverse, np.eye(K + 1), atol=1e-4)


@pytest.mark.parametrize("link", LINKS)
def test_every_row_of_a_batch_is_the_fit_of_that_row(link: str) -> None:
    y, X, w = random_cells(5, K=7, C=70)
    W = np.random.default_rng(0).multinomial(int(w.sum()), w / w.sum(), size=40).astype(float)
    W[:6, y == 3] = 0
    W[3:9, y == 6] = 0
    batch = fit_cumulative_batch(y, X, W, link, fit_cumulative(y, X, w, link))
    assert batch.converged.all()
    for b in range(0, 40, 3):
        fit = fit_cumulative(y, X, W[b], link, n_levels=7)
        assert_allclose(batch.coef[b], fit.coef, rtol=1e-8)
        assert_allclose(batch.thresholds[b], fit.thresholds, rtol=1e-8)
        assert_allclose([batch.loglik[b], batch.loglik_null[b]], [fit.loglik, fit.loglik_null], rtol=1e-12)
    held_out = cumulative_loglik(y, X, W, batch.coef, batch.thresholds, link)
    assert_allclose(held_out, batch.loglik, rtol=1e-11)
    assert cumulative_loglik(y, X, w, batch.coef[0], batch.thresholds[0], link) == -np.inf


def test_repeated_cells_and_rows_change_nothing(housing: tuple) -> None:
    y, X, w = housing
    fit = fit_cumulative(y, X, w)
    rows = np.random.default_rng(1).permutation(np.repeat(np.arange(len(y)), w.astype(int)))
    expanded = fit_cumulative(y[rows], X[rows])
    assert_allclose(expanded.coef, fit.coef, rtol=1e-10)
    assert_allclose(expanded.cov, fit.cov, rtol=1e-10)


@given(st.floats(-5, 5), st.floats(-2, 3), st.floats(-7, 7), st.sampled_from(LINKS))
@settings(max_examples=40, deadline=None)
def test_shifts_and_units_of_x_and_of_weights(shift: float, power: float, mass: float, link: str) -> None:
    y, X, w = random_cells(11)
    unit = 10.0**power
    fit, other = fit_cumulative(y, X, w, link), fit_cumulative(y, X * unit + shift, w * 10.0**mass, link)
    assert other.converged
    assert_allclose(other.coef * unit, fit.coef, rtol=1e-7, atol=1e-9)
    assert_allclose(other.thresholds, fit.thresholds + shift * other.coef.sum(), rtol=1e-6, atol=1e-7)
    assert_allclose(other.std_error[:2] * unit * 10 ** (mass / 2), fit.std_error[:2], rtol=1e-6)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_turning_the_outcome_round_turns_the_signs(link: str) -> None:
    y, X, w = random_cells(6)
    fit, turned = fit_cumulative(y, X, w, link), fit_cumulative(4 - y, X, w, link)
    assert_allclose(turned.coef, -fit.coef, rtol=1e-9)
    assert_allclose(turned.thresholds, -fit.thresholds[::-1], rtol=1e-9)


def expanded(housing: tuple) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    y, X, _ = housing
    rows = pd.read_csv(REFERENCE / "ordinal_rows.csv")
    return rows, y[rows["cell"]], X[rows["cell"]]


@pytest.mark.parametrize("design", ["weights", "strata", "clusters", "both"])
def test_robust_errors_as_in_survey_svyglm(housing: tuple, design: str) -> None:
    rows, y, X = expanded(housing)
    columns = {
        "weights": [],
        "strata": ["stratum"],
        "clusters": ["cluster"],
        "both": ["stratum", "cluster"],
    }[design]
    # back to cells: distinct by answers and, where the design has them, cluster and stratum
    rows = rows.assign(high=(y == 2).astype(int), w2=rows["w"] ** 2, n=1, x=X @ 2.0 ** np.arange(X.shape[1]))
    keys = ["high", "x", *columns]
    first = rows.drop_duplicates(keys).sort_values(keys).index
    cells = rows.groupby(keys)[["w", "w2", "n"]].sum().reset_index()
    args = cells["high"].to_numpy(), X[first], cells["w"].to_numpy()
    fit = fit_cumulative(*args)
    V = sandwich(fit, *args, cells["w2"], n=cells["n"], **{c: cells[c].to_numpy() for c in columns})
    expected = reference(f"svyglm_{design}")
    assert_allclose(np.r_[fit.coef, -fit.thresholds], expected["estimate"], rtol=RTOL_GLM)
    assert_allclose(np.sqrt(np.diag(V)), expected["std_error"], rtol=1e-7)


def test_robust_errors_as_in_sandwich(housing: tuple) -> None:
    fit = fit_cumulative(*housing)
    V = sandwich(fit, *housing)
    assert_allclose(np.sqrt(np.diag(V)), reference("sandwich_rows")["std_error"], rtol=1e-7)
    rows, y, X = expanded(housing)
    V = sandwich(fit, y, X, np.ones(len(y)), cluster=rows["cluster"])
    assert_allclose(np.sqrt(np.diag(V)), reference("sandwich_clusters")["std_error"], rtol=1e-7)


@pytest.mark.parametrize("link", LINKS)
def test_influence_predicts_what_a_little_weight_does(link: str) -> None:
    y, X, w = random_cells(9)
    fit = fit_cumulative(y, X, w, link)
    psi = influence(fit, y, X)
    assert_allclose(w @ psi, 0, atol=1e-9)
    more = w.copy()
    more[13] += 1e-4
    moved = fit_cumulative(y, X, more, link)
    change = np.r_[moved.coef - fit.coef, moved.thresholds - fit.thresholds] / 1e-4
    assert_allclose(change, psi[13], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("link", LINKS)
def test_levels_nobody_chose(link: str) -> None:
    y, X, w = random_cells(3, K=3)
    plain = fit_cumulative(y, X, w, link)
    gaps = np.array([1, 2, 5])[y]
    fit = fit_cumulative(gaps, X, w, link, n_levels=7)
    assert_allclose(fit.coef, plain.coef, rtol=1e-10)
    a, b = plain.thresholds
    assert_allclose(fit.thresholds, [-np.inf, a, b, b, b, np.inf], rtol=1e-10)
    assert_allclose(fit.probabilities(X)[:, [1, 2, 5]], plain.probabilities(X), rtol=1e-9)
    assert np.all(fit.probabilities(X)[:, [0, 3, 4, 6]] == 0)
    own = [0, 1, 3, 4]  # coefficients and the two cuts
    assert_allclose(fit.std_error[own], plain.std_error, rtol=1e-8)
    assert np.all(np.isnan(fit.std_error[[2, 7]]))
    V, plain_V = sandwich(fit, gaps, X, w), sandwich(plain, y, X, w)
    assert_allclose(V[np.ix_(own, own)], plain_V, rtol=1e-7)


@pytest.mark.parametrize("link", LINKS)
def test_separation_stops_with_a_flag(link: str) -> None:
    x = np.arange(10.0)[:, None]
    for y in (x[:, 0] > 4, np.repeat([0, 1, 2], [3, 4, 3])):
        fit = fit_cumulative(np.asarray(y, int), x, None, link)
        assert (fit.converged, fit.separated) == (False, True)
        assert -1e-6 < fit.loglik <= 0
    # quasi-separation by one of two predictors leaves the other's coefficient alone
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=40), np.repeat([0, 1], 20)])
    y = np.r_[rng.integers(0, 2, 20), np.ones(20, int)]
    fit = fit_cumulative(y, X, None, link)
    assert fit.separated
    assert_allclose(fit.coef[0], fit_cumulative(y[:20], X[:20, :1], None, link).coef[0], rtol=1e-5)


@pytest.mark.parametrize("link", LINKS)
def test_draws_without_information_do_not_fail(link: str) -> None:
    y, X, w = random_cells(7, K=3)
    W = np.stack([w, np.zeros_like(w), np.where(y == 1, w, 0), np.where(X[:, 0] == X[0, 0], w, 0)])
    batch = fit_cumulative_batch(y, X, W, link)
    assert batch.converged[0]
    assert not batch.converged[1:3].any()
    assert np.all(batch.coef[1:3] == 0)
    assert_allclose(category_probabilities(X, batch.coef[2], batch.thresholds[2], link)[:, 1], 1)
    assert batch.coef[3, 0] == 0  # constant in this draw
    assert batch.rank.tolist()[::3] == [2, 1]
    assert np.all(np.isfinite(batch.coef))
    assert np.all(np.isfinite(batch.loglik))


@pytest.mark.parametrize("link", LINKS)
def test_one_cell_outweighing_all_others_a_million_times(link: str) -> None:
    y, X, w = random_cells(1, K=3)
    w[0] = 1e7
    fit = fit_cumulative(y, X, w, link)
    assert fit.converged
    rng = np.random.default_rng(0)
    at = np.r_[fit.coef, fit.thresholds]
    for _ in range(20):  # nowhere near is better
        assert naive_loglik(at + rng.normal(0, 1e-3, 4), y, X, w, link) < fit.loglik + 1e-6


@pytest.mark.parametrize("link", LINKS)
def test_outlying_predictors_and_rare_levels(link: str) -> None:
    y, X, w = random_cells(1, K=3)
    X[0] = [1e5, -1e5]
    assert fit_cumulative(y, X, w, link).converged
    rare = fit_cumulative([0, 1, 0, 1], [[0], [0], [1], [1]], [1e9, 1, 1e9, 3], link)
    assert rare.converged
    assert_allclose(rare.probabilities([[0], [1]])[:, 1], [1e-9, 3e-9], rtol=1e-6)


def test_probabilities_keep_their_digits_in_the_tails() -> None:
    """R: pnorm(-39) - pnorm(-40) through logs, plogis(-700) and 1 - exp(-exp(-50))."""
    low, high = np.array([-40.0, 39.0]), np.array([-39.0, 40.0])
    expected = stats.norm.logcdf(-39) + np.log1p(-np.exp(stats.norm.logcdf(-40) - stats.norm.logcdf(-39)))
    assert_allclose(log_interval(low, high, "probit"), expected, rtol=1e-13)
    assert_allclose(log_interval(-np.inf, -700.0, "logit"), -700, rtol=1e-14)
    assert_allclose(log_interval(700.0, np.inf, "logit"), -700, rtol=1e-14)
    assert_allclose(log_interval(-np.inf, -50.0, "cloglog"), -50, rtol=1e-14)
    assert_allclose(log_interval(3.0, np.inf, "cloglog"), -np.exp(3), rtol=1e-14)
    for link in LINKS:
        assert_allclose(log_interval(0.0, 1e-9, link), np.log(1e-9) + np.log(slope_at_0(link)), rtol=1e-8)
        assert log_interval(1.0, 1.0, link) == -np.inf


def slope_at_0(link: str) -> float:
    return {"logit": 0.25, "probit": 1 / np.sqrt(2 * np.pi), "cloglog": np.exp(-1)}[link]


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=10, unique=True), st.sampled_from(LINKS))
@settings(max_examples=60, deadline=None)
def test_probabilities_sum_to_one(cuts: list[float], link: str) -> None:
    P = category_probabilities([[0.0], [3.0]], [1.0], np.sort(cuts), link)
    assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    assert np.all(P >= 0)


@pytest.mark.parametrize(
    ("y", "X", "w", "message"),
    [
        ([0, 1, 2], [[1], [2]], None, "agree on C"),
        ([0, 1, 1.5], [[1], [2], [3]], None, "whole numbers"),
        ([0, 1, -1], [[1], [2], [3]], None, "whole numbers"),
        ([0, 1, 1], [[1], [np.nan], [3]], None, "missing"),
        ([0, 1, 1], [[1], [2], [3]], [1, np.nan, 1], "finite"),
        ([0, 1, 1], [[1], [2], [3]], [1, -1, 1], "negative"),
        ([0, 1, 1], [[1], [2], [3]], [1, 0, 0], "fewer than two levels"),
        ([0, 0, 0], [[1], [2], [3]], None, "does not fit"),
        ([0, 1, 1, 0], [[1, 2], [1, 3], [1, 4], [1, 4]], None, "column 0 of `X` is constant"),
        ([0, 1, 1, 0], [[1, 3], [2, 5], [3, 7], [4, 9]], None, "column 1 of `X` is"),
    ],
)
def test_bad_input_is_refused(y: list, X: list, w: list | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_cumulative(y, X, w)


def test_an_unknown_link_lists_the_choices() -> None:
    with pytest.raises(ValueError, match="'logit', 'probit', 'cloglog'; got 'cauchit'"):
        fit_cumulative([0, 1], [[1], [2]], link="cauchit")


def test_without_predictors_the_thresholds_are_the_shares() -> None:
    fit: CumulativeFit = fit_cumulative([0, 1, 2], np.zeros((3, 0)), [1, 2, 1])
    assert_allclose(fit.probabilities(np.zeros((1, 0))), [[0.25, 0.5, 0.25]], rtol=1e-12)
    assert_allclose(fit.loglik, fit.loglik_null, rtol=1e-12)
