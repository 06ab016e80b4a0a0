"""Two rates set against each other: published examples, closed forms, bounds, coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.rates import (
    contrast_rates,
    largest_phi_squared,
    phi_squared,
    shares_with_phi_squared,
    smallest_equal_groups,
)

rate = st.floats(0.02, 0.98)


@pytest.mark.parametrize(
    ("a", "b", "difference", "ratio", "odds"),
    [
        (0.96, 0.09, 0.87, 10.7, 243),  # S4-04
        (0.94, 0.04, 0.90, 23.5, 376),  # S4-07
        (0.72, 0.20, 0.52, 3.6, 10.3),
        (0.61, 0.37, 0.24, 1.6, 2.66),  # L-018
    ],
)
def test_figures_of_the_evidence_base(a, b, difference, ratio, odds):
    found = contrast_rates(a, b)
    assert round(found.difference.estimate, 2) == difference
    assert round(found.ratio.estimate, 1) == ratio
    digits = 0 if odds > 100 else 1 if odds > 10 else 2
    assert round(found.odds_ratio.estimate, digits) == odds
    assert math.isnan(found.difference.conf_low)
    assert math.isnan(found.odds_ratio.conf_high)


def test_newcombe_published_interval():
    """Newcombe (1998), *Stat. Med.* 17, 873, table II: 56/70 against 48/80, method 10: .0524 to .3339."""
    found = contrast_rates(56 / 70, 48 / 80, 70, 80, unit=0).difference
    assert [round(end, 4) for end in (found.conf_low, found.conf_high)] == [0.0524, 0.3339]
    none = contrast_rates(0 / 10, 0 / 10, 10, 10, unit=0).difference
    assert [round(end, 4) for end in (none.conf_low, none.conf_high)] == [-0.2775, 0.2775]
    all_or_none = contrast_rates(1.0, 0.0, 10, 10, unit=0).difference
    assert [round(end, 4) for end in (all_or_none.conf_low, all_or_none.conf_high)] == [0.6075, 1.0]


@given(rate, rate, st.integers(5, 500), st.integers(5, 500))
def test_exchanging_the_groups_inverts(a, b, n_a, n_b):
    one = contrast_rates(a, b, n_a, n_b, unit=0)
    other = contrast_rates(b, a, n_b, n_a, unit=0)
    assert_allclose(one.difference.conf_low, -other.difference.conf_high, atol=1e-12)
    for measure in ("ratio", "odds_ratio"):
        x, y = getattr(one, measure), getattr(other, measure)
        assert_allclose(
            [x.estimate, x.conf_low, x.conf_high], [1 / y.estimate, 1 / y.conf_high, 1 / y.conf_low]
        )
        assert x.conf_low <= x.estimate <= x.conf_high
    complement = contrast_rates(1 - a, 1 - b, n_a, n_b, unit=0)
    assert_allclose(complement.odds_ratio.conf_low, 1 / one.odds_ratio.conf_high, rtol=1e-7)


def test_rounding_widens_what_is_known():
    printed, known = (contrast_rates(0.61, 0.37, 1000, 1000, unit=unit) for unit in (0.01, 0))
    for measure in ("difference", "ratio", "odds_ratio"):
        x, y = getattr(printed, measure), getattr(known, measure)
        assert x.print_low < y.print_low == x.estimate == y.print_high < x.print_high
        assert x.conf_low < y.conf_low < y.conf_high < x.conf_high
    assert_allclose([printed.difference.print_low, printed.difference.print_high], [0.23, 0.25])


def test_number_needed():
    found = contrast_rates(0.61, 0.37, 1000, 1000, unit=0)
    assert_allclose(found.number_needed.estimate, 1 / 0.24)
    assert_allclose(found.number_needed.conf_low, 1 / found.difference.conf_high)
    assert_allclose(found.number_needed.conf_high, 1 / found.difference.conf_low)
    turned = contrast_rates(0.37, 0.61, 1000, 1000, unit=0).number_needed
    assert_allclose(
        [turned.conf_low, turned.conf_high], [found.number_needed.conf_low, found.number_needed.conf_high]
    )
    unsure = contrast_rates(0.5, 0.45, 50, 50, unit=0)
    assert unsure.number_needed.conf_high == math.inf
    assert_allclose(unsure.number_needed.conf_low, 1 / unsure.difference.conf_high)
    assert contrast_rates(0.5, 0.5, unit=0).number_needed.estimate == math.inf


def test_nobody_in_one_group():
    found = contrast_rates(0.0, 0.3, 50, 50, unit=0)
    assert found.ratio.estimate == found.ratio.conf_low == 0
    assert found.ratio.conf_high == math.inf
    assert found.odds_ratio.conf_low == 0


def test_smallest_groups_are_where_the_interval_leaves_zero():
    n = int(smallest_equal_groups(0.61, 0.37))
    assert contrast_rates(0.61, 0.37, n, n, unit=0).difference.conf_low > 0
    assert contrast_rates(0.61, 0.37, n - 1, n - 1, unit=0).difference.conf_low <= 0
    assert smallest_equal_groups(0.3, 0.3) == math.inf
    assert smallest_equal_groups(0.37, 0.61) == n


def test_r2_of_20_and_72_percent():
    """R-11: phi² .27 (half satisfied), .25 (70 %), .20 (80 %), .13 (90 %); a printed .13 means about 90 %."""
    assert phi_squared(0.20, 0.72, [0.5, 0.7, 0.8, 0.9]).round(2).tolist() == [0.27, 0.25, 0.20, 0.13]
    assert round(shares_with_phi_squared(0.20, 0.72, 0.13)[1], 2) == 0.90


@given(rate, rate, st.floats(0.01, 0.99))
def test_phi_squared_is_the_squared_correlation_of_the_table(a, b, share):
    p = np.array([[share * a, share * (1 - a)], [(1 - share) * b, (1 - share) * (1 - b)]])
    covariance = p[0, 0] - p[0].sum() * p[:, 0].sum()
    expected = covariance**2 / (p[0].sum() * p[1].sum() * p[:, 0].sum() * p[:, 1].sum())
    assert_allclose(phi_squared(a, b, share), expected, atol=1e-12)
    assert expected <= largest_phi_squared(a, b) + 1e-12


@given(rate, rate, st.floats(0.05, 0.95))
def test_shares_give_their_r2(a, b, part):
    if abs(a - b) < 0.01:
        return
    r2 = part * largest_phi_squared(a, b)
    low, high = shares_with_phi_squared(a, b, r2)
    assert 0 < low <= high < 1
    assert_allclose(phi_squared(a, b, [low, high]), r2, rtol=1e-8)


def test_the_largest_r2_is_the_largest():
    shares = np.linspace(0.001, 0.999, 9_981)
    assert_allclose(phi_squared(0.2, 0.72, shares).max(), largest_phi_squared(0.2, 0.72), rtol=1e-6)
    assert all(math.isnan(share) for share in shares_with_phi_squared(0.2, 0.72, 0.28))
    assert np.isnan(phi_squared(0.2, 0.72, [0, 1])).all()
    assert largest_phi_squared(0.4, 0.4) == largest_phi_squared(1, 1) == 0


def test_the_largest_phi_squared_has_its_share():
    """Rounding used to put it out of reach: a = 1 - b has its largest R², (a - b)², at halves."""
    assert_allclose(shares_with_phi_squared(0.3, 0.7, 0.16), [0.5, 0.5], atol=1e-6)
    for a in range(5, 100, 5):
        for b in range(5, 100, 5):
            if a != b:
                rates = a / 100, b / 100
                odds = math.sqrt(rates[1] * (1 - rates[1]) / (rates[0] * (1 - rates[0])))
                found = shares_with_phi_squared(*rates, largest_phi_squared(*rates))
                assert_allclose(found, odds / (1 + odds), atol=1e-6)
    close = 0.5, 0.5001
    assert_allclose(shares_with_phi_squared(*close, float(phi_squared(*close, 0.5))), 0.5, atol=1e-3)
    rare = 1e-9, 0.5
    assert not math.isnan(shares_with_phi_squared(*rare, largest_phi_squared(*rare))[0])
    assert math.isnan(shares_with_phi_squared(0.3, 0.7, 0.16 + 1e-9)[0])


def test_phi_squared_of_an_outcome_that_nobody_or_everybody_has_is_missing():
    shares = np.linspace(0.01, 0.99, 99)
    assert np.isnan(phi_squared(1, 1, shares)).all()
    assert np.isnan(phi_squared(0, 0, shares)).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("a", "b", "n_a", "n_b"), [(0.61, 0.37, 60, 40), (0.9, 0.8, 30, 50), (0.1, 0.05, 100, 100)]
)
def test_intervals_cover(a, b, n_a, n_b):
    """Over all outcomes there are, by their probabilities: no simulation error."""
    from scipy import stats

    truth = {"difference": a - b, "ratio": a / b, "odds_ratio": a / (1 - a) * (1 - b) / b}
    covered = dict.fromkeys(truth, 0.0)
    for x in range(n_a + 1):
        for y in range(n_b + 1):
            chance = stats.binom.pmf(x, n_a, a) * stats.binom.pmf(y, n_b, b)
            if chance < 1e-6:
                continue
            found = contrast_rates(x / n_a, y / n_b, n_a, n_b, unit=0)
            for name, value in truth.items():
                each = getattr(found, name)
                covered[name] += chance * (each.conf_low <= value <= each.conf_high)
    assert all(0.93 <= share <= 0.985 for share in covered.values()), covered


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: contrast_rates(96, 9), "rate_a.* got 96"),
        (lambda: contrast_rates(0.5, 0.4, 100), "both"),
        (lambda: contrast_rates(0.5, 0.4, 100, 0), "positive"),
        (lambda: contrast_rates(0.505, 0.4), "units of 0.01"),
        (lambda: shares_with_phi_squared(0.2, 0.2, 0.1), "differ"),
        (lambda: largest_phi_squared(-0.1, 0.2), "rate_a"),
        (lambda: phi_squared(20, 72, 0.5), "rate_a.* got 20"),
        (lambda: phi_squared(0.2, [0.72, 72], 0.5), "rate_b.* got 72"),
        (lambda: phi_squared(0.2, 0.72, [0.5, 50]), "share_a.* got 50"),
        (lambda: phi_squared(0.2, math.nan, 0.5), "rate_b.* got nan"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
