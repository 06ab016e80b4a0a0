"""Units of accuracy and the answers needed to see a difference: figures of the evidence base, closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.stats.accuracy_claims import UNITS, accuracy_ratios, answers_needed, gini, improved_r2
from cxresearch.stats.correlations import williams
from cxresearch.stats.discrimination import auc


def test_forty_percent_more_accurate():
    """S4-11: from R² .13, 1.40 means .18 as a ratio of R² or .25 as one of r; .15 and .23 for 12 % and 1.8 times."""
    assert round(improved_r2(0.13, 1.4, "r2"), 2) == 0.18
    assert round(improved_r2(0.13, 1.4, "r"), 2) == 0.25
    assert round(improved_r2(0.13, 1.12, "r2"), 2) == 0.15
    assert round(improved_r2(0.13, 1.8, "r2"), 2) == 0.23


@pytest.mark.parametrize("base_rate", [0.5, 0.9])
@pytest.mark.parametrize("unit", UNITS)
def test_improvement_and_ratio_undo_each_other(unit, base_rate):
    better = improved_r2(0.13, 1.4, unit, base_rate=base_rate)
    assert_allclose(accuracy_ratios(better, 0.13, base_rate=base_rate)[unit], 1.4, rtol=1e-10)
    assert_allclose(improved_r2(0.13, 1.0, unit, base_rate=base_rate), 0.13, rtol=1e-10)


def test_closed_forms():
    assert_allclose(improved_r2(0.13, 1.4, "log_gain"), 1 - 0.87**1.4)
    assert_allclose(improved_r2(0.13, 1.4, "gini"), 2 * math.sin(1.4 * math.asin(math.sqrt(0.13 / 2))) ** 2)
    for r in (0.0, 0.2, 0.36, 0.8, 0.98):
        assert_allclose(gini(r), 4 / math.pi * math.asin(r / math.sqrt(2)), atol=1e-12)
        assert_allclose(gini(r, 0.2), gini(r, 0.8), atol=1e-12)


def test_gini_of_simulated_customers():
    rng = np.random.default_rng(2)
    x = rng.standard_normal(400_000)
    y = 0.5 * x + math.sqrt(0.75) * rng.standard_normal(x.size) > stats.norm.isf(0.1)
    assert_allclose(gini(0.5, 0.1), 2 * float(auc(x, y)) - 1, atol=0.006)


def test_nothing_is_ten_times_as_accurate():
    assert math.isnan(improved_r2(0.25, 4.1, "r2"))
    assert math.isnan(improved_r2(0.25, 10, "gini"))
    assert improved_r2(0.25, 10, "log_gain") < 1
    assert math.isnan(improved_r2(0.25, 2.1, "r"))
    assert improved_r2(0.25, 2, "r") == improved_r2(0.25, 4, "r2") == 1


def test_units_with_a_closed_form_know_no_ceiling_but_1():
    """A search up to r = .999 found nothing where the answer is plain."""
    assert_allclose(improved_r2(0.5, 10, "log_gain"), 1 - 0.5**10, rtol=1e-14)
    assert_allclose(improved_r2(0.13, 60, "log_gain"), 1 - 0.87**60, rtol=1e-14)
    assert_allclose(improved_r2(0.9995, 0.5, "log_gain"), 1 - math.sqrt(0.0005), rtol=1e-12)
    assert_allclose(improved_r2(0.5, 1.9995, "r2"), 0.99975, rtol=1e-14)
    assert_allclose(improved_r2(0.5, 1.414, "r"), 0.5 * 1.414**2, rtol=1e-14)
    assert_allclose(improved_r2(1e-12, 2, "log_gain"), 2e-12, rtol=1e-9)


def test_answers_needed_for_the_three_ratios():
    """R-13: about 12,000 / 1,200 / 320, for metrics that correlate .6 and R² .13."""
    found = [answers_needed(math.sqrt(0.13 * ratio), math.sqrt(0.13), 0.6) for ratio in (1.12, 1.40, 1.80)]
    assert [round(found[0], -3), round(found[1], -2), round(found[2], -1)] == [12_000, 1_200, 320]


def test_power_at_the_answer_is_what_was_asked_for():
    n, (r_a, r_b, r_ab) = 323, (math.sqrt(0.13 * 1.8), math.sqrt(0.13), 0.6)
    draws = stats.wishart(n - 1, [[1, r_ab, r_a], [r_ab, 1, r_b], [r_a, r_b, 1]]).rvs(8000, random_state=4)
    scale = np.sqrt(np.einsum("bii->bi", draws))
    R = draws / scale[:, :, None] / scale[:, None, :]
    t, df = williams(R[:, 0, 2], R[:, 1, 2], R[:, 0, 1], n)
    assert_allclose((t > stats.t.isf(0.025, df)).mean(), 0.8, atol=0.014)  # 8,000 draws: .0045 standard error


def test_answers_needed_behaves():
    assert answers_needed(0.3, 0.3, 0.6) == math.inf
    assert answers_needed(0.4, 0.3, 0.6) == answers_needed(0.3, 0.4, 0.6)
    assert answers_needed(0.4, 0.3, 0.8) < answers_needed(0.4, 0.3, 0.6)
    assert answers_needed(0.4, 0.3, 0.6, power=0.9) > answers_needed(0.4, 0.3, 0.6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: improved_r2(0.13, 1.4, "accuracy"), "'r', 'r2', 'gini', 'log_gain'"),
        (lambda: improved_r2(13, 1.4, "r2"), "base_r2"),
        (lambda: improved_r2(0.13, 0, "r2"), "ratio"),
        (lambda: improved_r2(0.13, math.inf, "log_gain"), "ratio.* got 0.13 and inf"),
        (lambda: improved_r2(0.13, math.nan, "r"), "ratio"),
        (lambda: improved_r2(0.9995, 0.5, "gini"), "`base_r2` must be at most 0.998"),
        (lambda: accuracy_ratios(0.2, 0.0), "each R²"),
        (lambda: accuracy_ratios(0.2, 0.9995), "`r2_b` must be at most 0.998"),
        (lambda: answers_needed(math.nan, 0.3, 0.6), "`r_ay` must be a number"),
        (lambda: answers_needed(0.4, 0.3, math.nan), "`r_ab` must be a number"),
        (lambda: gini(1.0), "`r`"),
        (lambda: gini(0.5, 0.0), "base_rate"),
        (lambda: answers_needed(0.9, -0.9, 0.9), "no answers can have"),
        (lambda: answers_needed(0.4, 0.3, 0.6, power=80), "power"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
