"""Sample sizes against printed tables and other tools, identities, and simulated answers."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.stats.correlations import williams
from cxresearch.stats.discrimination import delong_test
from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.importance_gradient import numerical_gradient, shapley_gradient
from cxresearch.stats.sample_size import (
    auc_difference_error,
    auc_moments,
    correlation_half_width,
    dependent_r_error,
    difference_power,
    equivalence_power,
    larger_size_power,
    lead_power,
    moment_covariance,
    moment_error,
    smallest_n,
    williams_power,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "power.csv"
ROWS = list(csv.DictReader(REFERENCE.read_text(encoding="utf-8").splitlines()))
RTOL = 1e-6  # of power at R's n, whose root is found to 1e-8
SAMPLED = 0.02  # DeLong's variance in R comes from 5,000 scores of either kind
PRINTED = 0.0151  # a printed correlation of two decimals, made of rating experiments with five categories


def cases(what):
    found = [row for row in ROWS if row["what"] == what]
    assert found
    return [tuple(float(row[name]) for name in ("a", "b", "c", "power", "n")) for row in found]


# Other tools


@pytest.mark.parametrize(("delta", "sd", "_", "power", "n"), cases("two groups"))
def test_two_groups_as_power_t_test(delta, sd, _, power, n):
    assert_allclose(difference_power(delta, sd, n), power, rtol=RTOL)


@pytest.mark.parametrize(("delta", "sd", "_", "power", "n"), cases("paired"))
def test_paired_as_power_t_test(delta, sd, _, power, n):
    assert_allclose(difference_power(delta, sd, n, 1), power, rtol=RTOL)


@pytest.mark.parametrize(("a", "b", "ab", "power", "n"), cases("williams"))
def test_williams_as_noncentral_t_in_r(a, b, ab, power, n):
    assert_allclose(williams_power(a, b, ab, n), power, rtol=RTOL)


@pytest.mark.parametrize(("a", "b", "r", "_", "variance"), cases("auc"))
def test_auc_as_proc(a, b, r, _, variance):
    """As many with the outcome as without: n answers are n / 2 of either kind."""
    assert_allclose(auc_difference_error(a, b, r, 0.5) ** 2 / 2, variance, rtol=SAMPLED)


def test_t_power_as_statsmodels():
    power = pytest.importorskip("statsmodels.stats.power")
    for effect, n in ((0.2, 300), (0.5, 64), (0.8, 20)):
        two = power.TTestIndPower().power(effect, n, 0.05, alternative="larger")
        one = power.TTestPower().power(effect, n, 0.05, alternative="larger")
        assert_allclose(difference_power(effect, 1.0, n, conf_level=0.9), two, rtol=1e-9)
        assert_allclose(difference_power(effect, 1.0, n, 1, conf_level=0.9), one, rtol=1e-9)


# Printed tables


@pytest.mark.parametrize(
    ("r", "width", "n"),
    [
        (0.3, 0.2, 320),  # R package statpsych 2.0.0, help of size.ci.cor, after Bonett & Wright (2000)
        (0.362, 0.25, 188),  # the same, version 1.6.0
        (0.52, 0.2, 207),  # Bonett's size.ci.corr.os in the R package DGB, documentation
    ],
)
def test_bonett_and_wright(r, width, n):
    assert smallest_n(lambda size: correlation_half_width(r, size) <= width / 2, 4) == n


def test_g_power_example():
    """G*Power 3.1 manual, examples 28.3.2 and 28.3.3, as repeated in the vignette of the R package Spower.

    One-sided 5 %, power .8, r = .4 and .2, metrics .5: N = 144 by Steiger's Z; Spower notes that simulation gives
    slightly fewer. Ours are by Williams' t. With metrics at -.6 and N = 144 it finds r = .0477 against .4.
    """
    n = smallest_n(lambda size: williams_power(0.4, 0.2, 0.5, size, conf_level=0.9) >= 0.8, 4)
    assert n == pytest.approx(144, rel=0.06)
    assert williams_power(0.4, 0.047702, -0.6, 144, conf_level=0.9) == pytest.approx(0.8, abs=0.005)


def test_williams_power_where_g_power_differs(rng):
    """At our n of G*Power's example simulated normal answers have the power we say."""
    n = 136
    t, df = williams(*_correlations(rng, [[1, 0.5, 0.4], [0.5, 1, 0.2], [0.4, 0.2, 1]], n, 20_000), n)
    assert_allclose((t > stats.t.isf(0.05, df)).mean(), 0.8, atol=0.01)  # standard error .003


# Hanley & McNeil (1983), Radiology 148, 839-843: correlation of two areas, by the mean correlation of the ratings
# (rows) and the mean area (columns); as transcribed in github.com/jpbruehw/research-roc-utils, hanley-mcneil-table.csv
AREAS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
HANLEY = {
    0.1: (0.09, 0.09, 0.08, 0.08, 0.07, 0.06),
    0.3: (0.27, 0.27, 0.26, 0.25, 0.23, 0.19),
    0.5: (0.47, 0.46, 0.45, 0.43, 0.41, 0.37),
    0.7: (0.67, 0.66, 0.65, 0.64, 0.62, 0.58),
    0.9: (0.88, 0.88, 0.87, 0.87, 0.86, 0.84),
}


@pytest.mark.parametrize("between", HANLEY)
def test_correlation_of_areas_as_printed(between):
    for area, printed in zip(AREAS, HANLEY[between], strict=True):
        a, b, both = auc_moments(area, area, between)
        assert both / math.sqrt(a * b) == pytest.approx(printed, abs=PRINTED), area


# Simulated answers


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def _answers(rng, matrix, n, samples):
    root = np.linalg.cholesky(np.asarray(matrix, float))
    return rng.standard_normal((samples, n, len(matrix))) @ root.T


def _correlations(rng, matrix, n, samples):
    """r_ay, r_by, r_ab of samples of normal answers, the outcome last."""
    draws = stats.wishart(n - 1, np.asarray(matrix, float)).rvs(samples, random_state=rng)
    scale = np.sqrt(np.einsum("bii->bi", draws))
    R = draws / scale[:, :, None] / scale[:, None, :]
    return R[:, 0, 2], R[:, 1, 2], R[:, 0, 1]


def test_error_of_a_difference_is_that_of_samples(rng):
    a, b, _ = _correlations(rng, [[1, 0.6, 0.5], [0.6, 1, 0.4], [0.5, 0.4, 1]], 500, 20_000)
    assert_allclose((a - b).std(), dependent_r_error(0.5, 0.4, 0.6) / math.sqrt(500), rtol=0.02)


def test_error_by_two_routes():
    """Olkin and Siotani's variance is the delta method on Isserlis' moments."""
    M = np.array([[1, 0.6, 0.5], [0.6, 1, 0.4], [0.5, 0.4, 1]])

    def difference(matrices):
        scale = np.sqrt(np.einsum("bii->bi", matrices))
        R = matrices / scale[:, :, None] / scale[:, None, :]
        return (R[:, 0, 2] - R[:, 1, 2])[:, None]

    assert_allclose(
        moment_error(numerical_gradient(difference, M)[0], M), dependent_r_error(0.5, 0.4, 0.6), rtol=1e-8
    )


def test_error_of_importances_is_that_of_samples(rng):
    M = np.array([[1, 0.3, 0.2, 0.45], [0.3, 1, 0.4, 0.35], [0.2, 0.4, 1, 0.3], [0.45, 0.35, 0.3, 1]])
    gradient = shapley_gradient(M, [1, 1, 1])
    draws = stats.wishart(999, M).rvs(20_000, random_state=rng)
    shares = shapley_r2(draws)
    found = (shares[:, 0] - shares[:, 1]).std() * math.sqrt(1000)
    assert_allclose(moment_error(gradient[0] - gradient[1], M), found, rtol=0.03)


def test_two_drivers_in_closed_form():
    """Shapley shares of two drivers differ by r_a² - r_b²; delta method on the two correlations alone."""
    a, b, ab = 0.4, 0.3, 0.3
    M = np.array([[1, ab, a], [ab, 1, b], [a, b, 1]])
    gradient = shapley_gradient(M, [1, 1])
    both = (ab - a * b / 2) * (1 - a**2 - b**2 - ab**2) + ab**3
    variance = 4 * (a**2 * (1 - a**2) ** 2 + b**2 * (1 - b**2) ** 2 - 2 * a * b * both)
    assert_allclose(moment_error(gradient[0] - gradient[1], M) ** 2, variance, rtol=1e-9)


def test_error_of_an_auc_difference_is_that_of_samples(rng):
    n, rate, samples = 600, 0.3, 1_500
    ones = round(n * rate)
    shift = math.sqrt(2) * stats.norm.ppf([0.75, 0.70])
    y = np.arange(n) < ones
    scores = _answers(rng, [[1, 0.5], [0.5, 1]], n, samples) + y[None, :, None] * shift
    found = [delong_test(one, y).estimate for one in scores]
    assert_allclose(np.std(found), auc_difference_error(0.75, 0.70, 0.5, rate) / math.sqrt(n), rtol=0.05)


def test_equivalence_is_as_often_as_simulated(rng):
    lead, error, rope = 0.01, 0.008, 0.03
    found = rng.normal(lead, error, 400_000)
    inside = (np.abs(found) + 1.959964 * error < rope).mean()
    assert_allclose(equivalence_power(lead, error, rope), inside, atol=0.003)


# Identities


def test_williams_power_where_nothing_differs_is_half_the_level():
    assert_allclose(williams_power(0.4, 0.4, 0.6, 500), 0.025, rtol=1e-9)


def test_lead_at_the_edge_is_found_by_chance_alone():
    assert_allclose([lead_power(0.03, error, 0.03) for error in (0.1, 0.001)], 0.025)


def test_no_equivalence_beyond_the_region():
    assert equivalence_power(0.05, 0.001, 0.03) == 0.0
    assert equivalence_power(0.0, 0.02, 0.03) == 0.0  # the interval alone is wider than the region


def test_areas_that_share_nothing_or_everything():
    a, b, both = auc_moments(0.8, 0.7, 0.0)
    assert_allclose(both, 0.0, atol=1e-15)
    assert a < b  # a better score varies less
    assert_allclose(auc_moments(0.5, 0.5, 0.3)[0], 1 / 12)  # a coin: the placement is uniform


@pytest.mark.parametrize("wanted", [2, 3, 17, 4_000_001, 8_388_609, 9_000_000, 10_000_000])
def test_smallest_n_is_the_smallest(wanted):
    assert smallest_n(lambda n: n >= wanted) == wanted
    assert smallest_n(lambda n: n >= wanted, least=5) == max(wanted, 5)


def test_beyond_ten_million_there_is_no_number():
    assert smallest_n(lambda n: n > 10_000_000) == math.inf
    assert smallest_n(lambda n: True, least=10_000_000) == 10_000_000
    assert smallest_n(lambda n: True, least=10_000_001) == math.inf


@pytest.mark.parametrize(
    ("a", "b", "r"), [(0.2, 0.0, 0.5), (0.2, 0.0, -0.5), (-0.2, 0.05, 0.3), (0.3, -0.1, -0.6)]
)
def test_larger_size_as_simulated(a, b, r, rng):
    """The second's sign turns out one way or the other; the interval is the one of that sign."""
    covariance = np.array([[1.0, r * 1.2], [r * 1.2, 1.44]]) / 150
    drawn = rng.multivariate_normal([a, b], covariance, 200_000)
    sign = np.sign(drawn)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * sign.prod(axis=1) * covariance[0, 1])
    lead = np.abs(drawn) @ [1, -1]
    right = np.sign(drawn[:, 0]) == np.sign(a)
    share = (right & (lead > stats.norm.isf(0.025) * error)).mean()
    assert_allclose(larger_size_power(a, b, covariance), share, atol=0.004)  # standard error below .0012
    assert larger_size_power(a, b, covariance) == pytest.approx(larger_size_power(-a, -b, covariance))


def test_moment_covariance_holds_the_squared_errors(rng):
    matrix = np.cov(rng.standard_normal((3, 50)))
    gradients = rng.standard_normal((2, 3, 3))
    gradients += gradients.transpose(0, 2, 1)
    found = moment_covariance(gradients, matrix)
    assert_allclose(np.sqrt(np.diag(found)), [moment_error(one, matrix) for one in gradients])
    both = moment_error(gradients[0] + gradients[1], matrix)
    assert_allclose(found.sum(), both**2)


# Refusals


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: auc_moments(1.0, 0.7, 0.5), "`auc_a`"),
        (lambda: auc_moments(0.7, 0.7, 1.0), "`correlation`"),
        (lambda: auc_difference_error(0.7, 0.6, 0.5, 0.0), "`base_rate`"),
        (lambda: williams_power(0.9, -0.9, 0.9, 100), "no answers can have"),
        (lambda: williams_power(0.4, 0.3, 0.5, 100, conf_level=95), "`conf_level`"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
