"""Direct and indirect effects: R's lavaan for lines, enumerated counterfactuals for ordered answers, identities.

`reference/mediation_lavaan.R` made `mediation_rows.csv` and `mediation_lavaan.csv`.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, ndtri, stdtrit

from cxresearch.stats.designs import Design
from cxresearch.stats.mediation import Chain, Move, bootstrap_interval, bootstrap_p_value
from cxresearch.stats.ordinal import fit_cumulative
from cxresearch.stats.regression import fit_linear
from cxresearch.stats.resampling import bootstrap

REFERENCE = Path(__file__).parents[1] / "reference"
RTOL = 1e-9  # closed forms
RTOL_ML = 1e-5  # lavaan stops at a change of the likelihood
KINDS = [(a, b) for a in (True, False) for b in (True, False)]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "mediation_rows.csv")


@pytest.fixture(scope="module")
def answers() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    n = 400
    X = np.column_stack([rng.poisson(0.8, n), rng.integers(0, 2, n), rng.integers(1, 6, n)]).astype(float)

    def ordered(eta: np.ndarray, cuts: list[float]) -> np.ndarray:
        return 1.0 + (eta[:, None] + rng.logistic(size=(n, 1)) > np.array(cuts)).sum(axis=1)

    m = ordered(-X @ [0.5, 0.6, 0.2], [-3, -2, -1, 0])
    y = ordered(0.5 * m - X @ [0.2, 0.3, 0.1], [-1, 0, 1, 2, 3])
    return {"X": X, "m": m, "y": y, "w": rng.integers(1, 4, n).astype(float)}


def per_one(X: np.ndarray, column: int) -> Move:
    after = X.copy()
    after[:, column] += 1
    return Move(after, X, True, np.ones(len(X), bool))


def yes_or_no(X: np.ndarray, column: int) -> Move:
    after, before = X.copy(), X.copy()
    after[:, column], before[:, column] = 1, 0
    return Move(after, before, False, np.ones(len(X), bool))


@pytest.mark.parametrize("move", [per_one, yes_or_no])
def test_lines_equal_lavaan(rows: pd.DataFrame, move: object) -> None:
    said = pd.read_csv(REFERENCE / "mediation_lavaan.csv").set_index("what")["estimate"]
    X = rows[["transfers", "repeated", "complexity"]].to_numpy()
    chain = Chain(X, rows["effort"].to_numpy(), rows["loyalty"].to_numpy(), False, False)
    [found] = chain.effects([move(X, 0), move(X, 1)], np.ones((1, len(X))))
    assert_allclose(found[:, 0], said[["c1", "c2"]], rtol=RTOL_ML)
    assert_allclose(found[:, 1], said[["indirect1", "indirect2"]], rtol=RTOL_ML)
    assert_allclose(found.sum(axis=1), said[["total1", "total2"]], rtol=RTOL_ML)


def test_bootstrap_errors_are_near_lavaans(rows: pd.DataFrame) -> None:
    """Lavaan's delta-method errors take normal residuals; ours are uniform, and 60 rows are few."""
    said = pd.read_csv(REFERENCE / "mediation_lavaan.csv").set_index("what")["std_error"]
    X = rows[["transfers", "repeated", "complexity"]].to_numpy()
    chain = Chain(X, rows["effort"].to_numpy(), rows["loyalty"].to_numpy(), False, False)
    ones = np.ones(len(X), np.int64)
    design = Design(ones, ones * 1.0, ones * 1.0)
    draws = [chain.effects([per_one(X, 0)], W) for W in bootstrap(design, 2000, np.random.default_rng(1))]
    error = np.concatenate(draws)[:, 0].std(axis=0)
    assert_allclose(error, said[["c1", "indirect1"]], rtol=0.15)


def test_total_of_lines_is_the_coefficient_without_the_mediator(answers: dict[str, np.ndarray]) -> None:
    X, m, y, w = answers.values()
    [found] = Chain(X, m, y, False, False).effects([per_one(X, j) for j in range(3)], w[None, :])
    assert_allclose(found.sum(axis=1), fit_linear(y, X, w).coef[1:], rtol=RTOL)
    assert_allclose(
        found[:, 1], fit_linear(m, X, w).coef[1:] * fit_linear(y, np.column_stack([X, m]), w).coef[-1]
    )


def by_enumeration(
    answers: dict[str, np.ndarray], after: np.ndarray, before: np.ndarray, ordered: bool
) -> np.ndarray:
    """Mean outcome for each pair (predictors of the outcome, of the mediator), customer by customer."""
    X, m, y, w = answers.values()
    levels, score = np.unique(m), np.unique(y)
    of_m = fit_cumulative(m.astype(int) - 1, X, w)
    Z = np.column_stack([X, m])
    of_y = fit_cumulative(y.astype(int) - 1, Z, w) if ordered else fit_linear(y, Z, w)
    out = np.zeros((2, 2))
    for a, X_y in enumerate((after, before)):
        for b, X_m in enumerate((after, before)):
            p = of_m.probabilities(X_m)
            for k, level in enumerate(levels):
                Z = np.column_stack([X_y, np.full(len(X), level)])
                mean = of_y.probabilities(Z) @ score if ordered else of_y.predict(Z)
                out[a, b] += (w * p[:, k] * mean).sum() / w.sum()
    return out


@pytest.mark.parametrize("ordered", [True, False])
def test_whole_step_equals_enumerated_counterfactuals(answers: dict[str, np.ndarray], ordered: bool) -> None:
    X, m, y, w = answers.values()
    move = yes_or_no(X, 1)
    [[found]] = Chain(X, m, y, True, ordered).effects([move], w[None, :])
    mean = by_enumeration(answers, move.after, move.before, ordered)
    assert_allclose(found.sum(), mean[0, 0] - mean[1, 1], rtol=1e-7)
    direct = ((mean[0, 1] - mean[1, 1]) + (mean[0, 0] - mean[1, 0])) / 2
    assert_allclose(found[0], direct, rtol=1e-7)


@pytest.mark.parametrize("ordered", [True, False])
def test_per_one_equals_enumerated_small_steps(answers: dict[str, np.ndarray], ordered: bool) -> None:
    X, m, y, w = answers.values()
    [[found]] = Chain(X, m, y, True, ordered).effects([per_one(X, 0)], w[None, :])
    step = np.zeros(3)
    step[0] = 1e-4
    mean = by_enumeration(answers, X + step, X - step, ordered) / 2e-4
    assert_allclose(found.sum(), mean[0, 0] - mean[1, 1], rtol=1e-5)
    assert_allclose(found[0], ((mean[0, 1] - mean[1, 1]) + (mean[0, 0] - mean[1, 0])) / 2, rtol=1e-5)


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("products", [(), (0, 1)])
def test_weights_are_rows_and_their_scale_is_nothing(
    answers: dict[str, np.ndarray], kinds: tuple[bool, bool], products: tuple[int, ...]
) -> None:
    X, m, y, w = answers.values()
    moves = [per_one(X, 0), yes_or_no(X, 1)]
    found = Chain(X, m, y, *kinds, products).effects(moves, np.stack([w, 7 * w]))
    assert_allclose(found[0], found[1], rtol=1e-6)
    many = np.repeat(np.arange(len(w)), w.astype(int))
    moves = [per_one(X[many], 0), yes_or_no(X[many], 1)]
    rows = Chain(X[many], m[many], y[many], *kinds, products).effects(moves, np.ones((1, len(many))))
    assert_allclose(rows[0], found[0], rtol=1e-6)


@pytest.mark.parametrize("kinds", KINDS)
def test_small_whole_steps_are_steps_per_one(
    answers: dict[str, np.ndarray], kinds: tuple[bool, bool]
) -> None:
    """Also with products: per one is the limit of the whole step."""
    X, m, y, w = answers.values()
    everybody = np.ones(len(X), bool)
    step = np.array([1e-4, 0, 0])
    moves = [per_one(X, 0), Move(X + step, X - step, False, everybody)]
    [found] = Chain(X, m, y, *kinds, (0,)).effects(moves, w[None, :])
    assert_allclose(found[1] / 2e-4, found[0], rtol=1e-5)


def test_products_of_lines_by_hand(answers: dict[str, np.ndarray]) -> None:
    """y = ... + c·x + b·m + g·x·m: direct c + g·m averaged, indirect a·(b + g·x) averaged."""
    X, m, y, w = answers.values()
    p = w / w.sum()
    [[found]] = Chain(X, m, y, False, False, (0,)).effects([per_one(X, 0)], w[None, :])
    beta = fit_linear(y, np.column_stack([X, m, m * X[:, 0]]), w).coef[1:]
    a = fit_linear(m, X, w).coef[1]
    assert_allclose(found, [beta[0] + beta[4] * (p @ m), a * (beta[3] + beta[4] * (p @ X[:, 0]))], rtol=RTOL)


def test_turning_an_answer_turns_the_effect(answers: dict[str, np.ndarray]) -> None:
    X, m, y, w = answers.values()
    moves = [per_one(X, 0), yes_or_no(X, 1)]
    [found] = Chain(X, m, y, True, True).effects(moves, w[None, :])
    assert_allclose(Chain(X, 6 - m, y, True, True).effects(moves, w[None, :])[0], found, rtol=1e-6)
    assert_allclose(Chain(X, m, 7 - y, True, True).effects(moves, w[None, :])[0], -found, rtol=1e-6)


def test_effects_are_averaged_among_those_concerned(answers: dict[str, np.ndarray]) -> None:
    X, m, y, w = answers.values()
    some = X[:, 2] > 3
    chain = Chain(X, m, y, True, True)
    move = yes_or_no(X, 1)
    parts = [
        chain.effects([Move(move.after, move.before, False, who)], w[None, :])[0, 0] for who in (some, ~some)
    ]
    share = w[some].sum() / w.sum()
    whole = chain.effects([move], w[None, :])[0, 0]
    assert_allclose(share * parts[0] + (1 - share) * parts[1], whole, rtol=RTOL)
    with pytest.raises(ValueError, match="move 0 is over nobody"):
        chain.effects([Move(move.after, move.before, False, np.zeros(len(X), bool))], w[None, :])


def test_two_answers_are_a_logit(answers: dict[str, np.ndarray]) -> None:
    X, m, y, w = answers.values()
    bought = (y > 3).astype(float)
    [[found]] = Chain(X, m, bought, False, True).effects([per_one(X, 0)], w[None, :])
    Z = np.column_stack([X, m])
    fit = fit_cumulative(bought.astype(int), Z, w)
    p = expit(Z @ fit.coef - fit.thresholds)
    assert_allclose(found[0], (w * p * (1 - p)).sum() / w.sum() * fit.coef[0], rtol=1e-7)


def test_intervals_of_the_bootstrap() -> None:
    draws = np.random.default_rng(2).gamma(3, size=(4001, 3))
    low, high = bootstrap_interval(np.quantile(draws, 0.5, axis=0), draws, 0.9, "bias_corrected")
    plain = bootstrap_interval(np.zeros(3), draws, 0.9)
    assert_allclose([low, high], plain, rtol=2e-3)  # the estimate is the median: nothing to correct
    moved = bootstrap_interval(np.quantile(draws, 0.4, axis=0), draws, 0.9, "bias_corrected")
    assert np.all(moved[0] < low)
    assert np.all(moved[1] < high)
    outside = bootstrap_interval(draws.max(axis=0) + 1, draws, 0.9, "bias_corrected")
    assert np.all(np.isfinite(outside))
    assert_allclose(bootstrap_p_value(np.array([[1.0], [2], [3], [-1]])), [0.8])
    assert_allclose(bootstrap_p_value(np.ones((99, 1))), [0.02])


def test_few_clusters_widen_the_interval_as_a_t_does() -> None:
    """With normal draws the expanded percentiles are the t interval; the p-value is its level."""
    normal = ndtri((np.arange(20_000) + 0.5) / 20_000)
    low, high = bootstrap_interval(0.0, normal, 0.95, df=9, widen=1.1)
    assert_allclose([low, high], np.array([-1.1, 1.1]) * stdtrit(9, 0.975), rtol=3e-3)
    at_limit = bootstrap_p_value(normal + float(high), df=9, widen=1.1)
    assert_allclose(at_limit, 0.05, rtol=2e-2)  # 20,000 draws, 200 beyond the limit
