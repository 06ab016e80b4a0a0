"""AUC and DeLong: R's pROC, expanded rows, identities, small-sample coverage."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import expit, ndtr

from cxresearch.errors import DesignError
from cxresearch.stats.association import somers_d
from cxresearch.stats.discrimination import auc, auc_interval, delong, delong_test, placements
from cxresearch.stats.influence import crosstab, influence_cov

RTOL = 1e-10  # closed form: only rounding may differ
RTOL_TAIL = 1e-8  # a p-value of 1e-25 carries the rounding of z twenty-fold
REFERENCE = Path(__file__).parents[1] / "reference"
NAMES = ["five", "eleven", "against", "smooth"]


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(REFERENCE / "discrimination_rows.csv")


def cells_of(rows, names):
    """Distinct patterns of `names` with their counts, in no particular order."""
    cells = rows.groupby([*names, "y"]).size().rename("n").reset_index().sample(frac=1, random_state=3)
    return cells[names].to_numpy(), cells["y"].to_numpy(), cells["n"].to_numpy()


def test_proc(rows):
    reference = pd.read_csv(REFERENCE / "discrimination_proc.csv").set_index(["a", "b"])
    aucs, cov = delong(rows[NAMES], rows["y"])
    for i, a in enumerate(NAMES):
        assert_allclose(aucs[i], reference.loc[(a, a), "auc_a"], rtol=RTOL)
        low, high = auc_interval(aucs[i], cov[i, i] ** 0.5, method="plain")
        assert_allclose((low, high), reference.loc[(a, a), ["low", "high"]].to_numpy(float), rtol=RTOL)
        for j, b in enumerate(NAMES):
            expected = reference.loc[(a, b)]
            assert_allclose(cov[i, j], expected["cov"], rtol=RTOL)
            if a != b:
                test = delong_test(rows[[a, b]], rows["y"])
                assert_allclose(test.statistic, expected["z"], rtol=RTOL)
                assert_allclose(test.p_value, expected["p"], rtol=RTOL_TAIL)
                assert_allclose(
                    (test.conf_low, test.conf_high), (expected["low"], expected["high"]), rtol=1e-9
                )


def test_cells_equal_expanded_rows(rows):
    names = ["five", "eleven"]
    scores, y, n = cells_of(rows, names)
    assert len(n) < len(rows)
    for ours, theirs in zip(delong(scores, y, n), delong(rows[names], rows["y"]), strict=True):
        assert_allclose(ours, theirs, rtol=RTOL)
    # unit weights given as weights: the same
    for ours, theirs in zip(delong(scores, y, n, n), delong(scores, y, n), strict=True):
        assert_allclose(ours, theirs, rtol=RTOL)


def plain_delong(scores, y):
    """DeLong's structural components by the double loop of the paper."""
    cases, controls = scores[y == 1], scores[y == 0]
    psi = (cases[:, None] > controls[None]) + 0.5 * (cases[:, None] == controls[None])
    v10, v01 = psi.mean(axis=1), psi.mean(axis=0)
    cov = np.cov(v10.T) / len(cases) + np.cov(v01.T) / len(controls)
    return psi.mean(axis=(0, 1)), cov


patterns = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 10), st.integers(0, 1), st.integers(1, 6)),
    min_size=2,
    max_size=25,
)


@given(patterns)
def test_any_cells_equal_the_papers_double_loop(cells):
    cells = [*cells, (3, 4, 0, 2), (3, 5, 1, 2)]  # at least two rows of either outcome
    a, b, y, n = np.array(cells).T
    scores = np.column_stack([a, b]).astype(float)
    aucs, cov = delong(scores, y, n)
    plain_aucs, plain_cov = plain_delong(np.repeat(scores, n, axis=0), np.repeat(y, n))
    assert_allclose(aucs, plain_aucs, rtol=RTOL)
    assert_allclose(cov, plain_cov, rtol=1e-9, atol=1e-15)
    assert_allclose(aucs[0], (1 + somers_d(crosstab(a, y, n)[0])) / 2, rtol=RTOL)
    assert_allclose(auc(a, y, n), aucs[0], rtol=RTOL)


@given(patterns, st.floats(0.1, 5), st.floats(-3, 3))
def test_monotone_changes_do_not_matter_and_reversal_mirrors(cells, slope, shift):
    cells = [*cells, (3, 4, 0, 2), (3, 5, 1, 2)]
    a, _, y, n = np.array(cells).T
    value = float(auc(a, y, n))
    assert float(auc(expit(slope * (a - 3.0)) + shift, y, n)) == pytest.approx(value, rel=1e-12)
    assert float(auc(-a, y, n)) == pytest.approx(1 - value, abs=1e-12)
    assert float(auc(a, 1 - y, n)) == pytest.approx(1 - value, abs=1e-12)
    assert 0 <= value <= 1


def test_swapping_the_scores_flips_the_difference(rows):
    one, other = (
        delong_test(rows[["five", "smooth"]], rows["y"]),
        delong_test(rows[["smooth", "five"]], rows["y"]),
    )
    assert one.estimate == -other.estimate
    assert_allclose(one.p_value, other.p_value)
    assert_allclose((one.conf_low, one.conf_high), (-other.conf_high, -other.conf_low))


def test_many_weight_vectors_at_once(rows):
    rng = np.random.default_rng(5)
    scores, y, n = cells_of(rows, ["five"])
    W = rng.multinomial(n.sum(), n / n.sum(), size=7).astype(float)
    W[3, y == 1] = 0
    values = auc(scores[:, 0], y, W)
    assert math.isnan(values[3])
    for i in (0, 6):
        assert_allclose(values[i], auc(scores[:, 0], y, W[i]), rtol=RTOL)


def test_placements_average_to_the_auc(rows):
    w = np.linspace(0.5, 2, len(rows))
    y = rows["y"].to_numpy()
    v = placements(rows["eleven"], y, w)
    for side in (y == 1, y == 0):
        assert_allclose(np.average(v[side], weights=w[side]), auc(rows["eleven"], y, w), rtol=RTOL)


def test_weighted_variance_is_the_linearisation(rows):
    """Σ w2 ψ² with ψ the derivative of the weighted AUC by the weight, here by central differences."""
    scores, y, n = cells_of(rows, ["five"])
    scores = scores[:, 0]
    w = n * np.linspace(0.4, 1.9, len(n))
    w2 = 1.3 * w**2 / n
    step = 1e-5 * w
    up, down = w + np.diag(step), w - np.diag(step)
    psi = (auc(scores, y, up) - auc(scores, y, down)) / (2 * step)
    expected = 0.0
    for side in (y == 1, y == 0):
        rows_effective = w[side].sum() ** 2 / w2[side].sum()
        expected += (w2[side] * psi[side] ** 2).sum() * rows_effective / (rows_effective - 1)
    _, cov = delong(scores, y, w, w2)
    assert_allclose(cov[0, 0], expected, rtol=1e-7)
    # the scale of the weights does not matter
    assert_allclose(delong(scores, y, 10 * w, 100 * w2)[1], cov, rtol=RTOL)


@pytest.mark.parametrize("design", ["rows", "strata", "clusters", "both"])
def test_design_variance_equals_rs_survey(design):
    rows = pd.read_csv(REFERENCE / "discrimination_design_rows.csv")
    expected = pd.read_csv(REFERENCE / "discrimination_survey.csv").set_index("design").loc[design]
    cov = influence_cov(
        rows[["a", "b"]],
        rows["w"],
        rows["w"] ** 2,
        n=np.ones(len(rows)),
        cluster=rows["cluster"] if design in ("clusters", "both") else None,
        stratum=rows["stratum"] if design in ("strata", "both") else None,
    )
    assert_allclose(cov[[0, 0, 1], [0, 1, 1]], expected[["aa", "ab", "bb"]].to_numpy(float), rtol=1e-9)


def test_clusters(rows):
    """One row per cluster is nearly no clustering; repeating every customer within a cluster adds nothing."""
    scores, y = rows[["five", "smooth"]], rows["y"]
    single = np.arange(len(rows))
    _, plain = delong(scores, y)
    _, alone = delong(scores, y, cluster=single)
    assert_allclose(alone, plain, rtol=0.03)
    doubled = delong(np.repeat(scores, 2, axis=0), np.repeat(y, 2), cluster=np.repeat(single, 2))[1]
    assert_allclose(doubled, alone, rtol=RTOL)
    test = delong_test(scores, y, cluster=single, stratum=single % 3)
    assert test.df == len(rows) - 3


def test_strata_equal_their_expanded_rows(rows):
    cells = (
        rows.assign(h=np.arange(len(rows)) % 2).groupby(["five", "y", "h"]).size().rename("n").reset_index()
    )
    compressed = delong(cells["five"], cells["y"], cells["n"], stratum=cells["h"])[1]
    expanded = delong(rows["five"], rows["y"], stratum=np.arange(len(rows)) % 2)[1]
    assert_allclose(compressed, expanded, rtol=RTOL)
    with pytest.raises(DesignError, match="need `n`"):
        delong(cells["five"], cells["y"], cells["n"], cells["n"], stratum=cells["h"])


def test_extreme_cases():
    perfect = delong_test([[1, 1], [2, 2], [3, 3], [4, 4]], [0, 0, 1, 1])
    assert (perfect.estimate, perfect.statistic, perfect.p_value) == (0, 0, 1)
    ahead = delong_test([[1, 4], [2, 3], [3, 2], [4, 1]], [0, 0, 1, 1])  # 1 against 0, both without variance
    assert ahead.estimate == 1
    assert math.isnan(ahead.p_value)
    assert all(math.isnan(limit) for limit in auc_interval(1.0, 0.0))
    assert auc_interval(0.99, 0.02, method="plain")[1] == 1.0
    assert auc_interval(0.8, 0.05, df=9)[0] < auc_interval(0.8, 0.05)[0]


@given(st.floats(0.01, 0.99), st.floats(1e-6, 0.2), st.sampled_from(["logit", "plain"]))
def test_interval_holds_the_estimate_and_mirrors(estimate, std_error, method):
    low, high = auc_interval(estimate, std_error, method=method)
    assert 0 <= low <= estimate <= high <= 1
    assert_allclose(auc_interval(1 - estimate, std_error, method=method), (1 - high, 1 - low), atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2, np.nan], [0, 1, 1]), "`scores` holds 1 NaN"),
        (([1, 2, 3], [0, 1]), "`y01` must have one value per pattern"),
        (([1, 2, 3], [1, 2, 2]), "`y01` must hold both 0 and 1 and nothing else; got"),
        (([1, 2, 3], [1, 1, 1]), "`y01` must hold both 0 and 1"),
        (([1, 2, 3], [0, 1, 1], [1, -1, 1]), "`w` must not be negative"),
        (([1, 2, 3], [0, 1, 1]), "single row"),
        (([1, 2, 3], [0, 1, 1], [0, 1, 1]), "no weight"),
        (([], []), "empty"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        delong(*arguments)


def test_refuses_other_bad_input():
    with pytest.raises(ValueError, match="two columns"):
        delong_test([1, 2, 3, 4], [0, 0, 1, 1])
    with pytest.raises(ValueError, match="`method` must be one of"):
        auc_interval(0.8, 0.05, method="bootstrap")
    with pytest.raises(ValueError, match="lies in"):
        auc_interval(1.8, 0.05)
    with pytest.raises(ValueError, match="`w` must end in"):
        auc([1, 2, 3], [0, 1, 1], [1, 1])
    with pytest.raises(DesignError, match=r"single (row|sampling unit)"):
        delong([1, 2, 3, 4], [0, 0, 1, 1], cluster=[0, 1, 2, 3], stratum=[0, 0, 0, 1])


@pytest.mark.slow
def test_small_sample_coverage_of_the_default():
    """25 of each outcome, AUC .90: the logit interval covers, the plain one does not reach 93 %."""
    rng = np.random.default_rng(11)
    shift, n_samples = 1.8, 3_000
    truth, y = float(ndtr(shift / math.sqrt(2))), np.repeat([1, 0], 25)
    held = {"logit": 0, "plain": 0}
    for sample in rng.normal(size=(n_samples, 50)) + shift * y:
        aucs, cov = delong(sample, y)
        for method in held:
            low, high = auc_interval(float(aucs[0]), float(cov[0, 0]) ** 0.5, method=method)
            held[method] += low <= truth <= high
    assert 0.93 < held["logit"] / n_samples < 0.97
    assert held["plain"] / n_samples < 0.93
