"""Correlations implied by tail rates: figures of the evidence base, plain recomputation, simulation, identities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, stats

from cxresearch.stats.tails import bivariate_normal, implied_correlation, tail_rates, tail_share

ATOL = 1e-14  # Owen's T is accurate to about 1e-16; the quadrature it is held against to 1e-15
ATOL_SOLVED = 1e-9


@pytest.mark.parametrize("r", [-0.99, -0.5, 0.0, 0.3, 0.9])
@pytest.mark.parametrize(
    ("h", "k"), [(0, 0), (0, 1.3), (0, -1.3), (-0.7, 0), (-2, -1), (1, -1.5), (0.5, 0.5), (3, 4)]
)
def test_normal_integral_by_quadrature(h, k, r):
    def inner(x):
        return stats.norm.pdf(x) * stats.norm.cdf((k - r * x) / math.sqrt(1 - r * r))

    expected = integrate.quad(
        inner, -12, h, epsabs=1e-15, epsrel=1e-13, limit=200, points=[k / r] if r else None
    )[0]
    assert_allclose(bivariate_normal(h, k, r), expected, atol=ATOL)
    assert_allclose(bivariate_normal(-0.0 if h == 0 else h, k, r), expected, atol=ATOL)


@pytest.mark.parametrize(
    ("rates", "printed"),
    [
        # claims.csv, R-08: halves, thirds, fifths, tenths, 5 %, 2 %
        ((0.09, 0.96), (0.98, 0.88, 0.78, 0.68, 0.61, 0.55)),
        ((0.04, 0.94), (0.99, 0.90, 0.80, 0.71, 0.64, 0.57)),
    ],
)
def test_figures_of_the_evidence_base(rates, printed):
    shares = (1 / 2, 1 / 3, 1 / 5, 1 / 10, 1 / 20, 1 / 50)
    assert tuple(round(implied_correlation(*rates, share).r, 2) for share in shares) == printed


def test_base_rate_of_the_disloyal():
    """R-08 prints about 0.56 for the outer tenths."""
    assert round(implied_correlation(0.09, 0.96, 0.1).base_rate, 2) == 0.56


def test_halves_have_a_closed_form_at_the_middle():
    """Sheppard: P(both above) = 1/4 + asin(r) / 2 pi, so the rate in the upper half is 1/2 + asin(r) / pi."""
    for r in (0.1, 0.5, 0.95):
        low, high = tail_rates(r, 0.5)
        assert_allclose([low, high], [0.5 - math.asin(r) / math.pi, 0.5 + math.asin(r) / math.pi], rtol=1e-13)
        assert_allclose(implied_correlation(float(low), float(high)).r, r, atol=ATOL_SOLVED)


@settings(deadline=None, max_examples=30)
@given(st.floats(-0.95, 0.95), st.floats(0.1, 0.9), st.floats(0.02, 0.5), st.floats(0.02, 0.5))
def test_rates_lead_back_to_the_correlation(r, base_rate, bottom, top):
    low, high = (float(rate) for rate in tail_rates(r, base_rate, bottom, top))
    if min(low, high) < 1e-4 or max(low, high) > 1 - 1e-4:
        return
    found = implied_correlation(low, high, bottom, top, unit=0.0)
    assert_allclose([found.r, found.base_rate], [r, base_rate], atol=1e-7)
    assert_allclose([found.r_low, found.r_high], found.r, atol=1e-9)


def test_simulated_customers():
    rng = np.random.default_rng(3)
    x = rng.standard_normal(1_000_000)
    loyal = 0.6 * x + 0.8 * rng.standard_normal(x.size) < 0.25
    ends = np.quantile(x, [0.1, 0.7])
    bottom, top = loyal[x < ends[0]].mean(), loyal[x > ends[1]].mean()
    assert_allclose(tail_rates(-0.6, stats.norm.cdf(0.25), 0.1, 0.3), [bottom, top], atol=0.004)


def test_exchanged_ends_turn_the_sign():
    one, other = implied_correlation(0.09, 0.96, 0.2, 0.3), implied_correlation(0.96, 0.09, 0.3, 0.2)
    assert_allclose([other.r, other.r_low, other.r_high], [-one.r, -one.r_high, -one.r_low])
    assert other.base_rate == one.base_rate


def test_rounding_is_carried_to_the_correlation():
    found = implied_correlation(0.09, 0.96, 0.1)
    corners = [implied_correlation(a, b, 0.1, unit=0) for a in (0.085, 0.095) for b in (0.955, 0.965)]
    assert_allclose([found.r_low, found.r_high], [f([c.r for c in corners]) for f in (min, max)])
    assert_allclose(
        [found.base_low, found.base_high], [f([c.base_rate for c in corners]) for f in (min, max)]
    )
    assert found.r_low < found.r < found.r_high


def test_a_printed_rate_of_nearly_all_allows_every_high_correlation():
    found = implied_correlation(0.004, 0.5, unit=0.01)
    assert found.r_high == 1
    assert found.r_low < found.r < 1


@pytest.mark.parametrize(
    ("rates", "shares", "ends", "bases"),
    [
        # .4 % may be none and .5 % may be none: either end may be the one that has the outcome
        ((0.004, 0.005), (0.3, 0.3), (-1, 1), (0, None)),
        ((0.995, 0.996), (0.3, 0.3), (-1, 1), (None, 1)),
        # none at the bottom: only customers at the top have it, 49.5 % of them at least
        ((0.004, 0.5), (0.3, 0.2), (None, 1), (0.495 * 0.2, None)),
        # everyone at the top: only customers at the bottom lack it, 49.5 % of them at least
        ((0.5, 0.996), (0.3, 0.2), (None, 1), (None, 1 - 0.495 * 0.3)),
        ((0.5, 0.004), (0.2, 0.3), (-1, None), (0.495 * 0.2, None)),
    ],
)
def test_rounding_that_reaches_0_or_1_reaches_the_limits(rates, shares, ends, bases):
    found = implied_correlation(*rates, *shares)
    assert found.r_low < found.r < found.r_high
    assert found.base_low < found.base_rate < found.base_high
    for value, expected in zip(
        (found.r_low, found.r_high, found.base_low, found.base_high), ends + bases, strict=True
    ):
        if expected is not None:
            assert_allclose(value, expected, atol=1e-15)


def test_the_limits_at_the_edge_are_those_that_nearby_rates_go_to():
    for bottom, top in [(1e-6, 0.5), (0.5, 1 - 1e-6)]:
        near = implied_correlation(bottom, top, unit=0)
        edge = implied_correlation(bottom, top, unit=4e-6)
        assert edge.r_high == 1 > near.r
        assert_allclose([edge.base_low, edge.base_high], near.base_rate, atol=3e-6)


def test_a_third_figure_can_contradict_two():
    """In halves the overall rate is the mean of the two: .525; nobody can print 40 % beside 9 % and 96 %."""
    halves = implied_correlation(0.09, 0.96)
    assert_allclose(halves.base_rate, 0.525)
    assert halves.allows(0.52)
    assert halves.allows(0.53)
    assert not halves.allows(0.40)
    assert not halves.allows(0.55)


@pytest.mark.parametrize(("r", "share"), [(0.68, 0.1), (0.88, 1 / 3), (0.55, 0.02)])
def test_tail_share_undoes_the_implied_correlation(r, share):
    exact = implied_correlation(0.09, 0.96, share, unit=0).r
    assert round(exact, 2) == r
    assert_allclose(tail_share(0.09, 0.96, exact), share, rtol=1e-6)


def test_tail_share_at_its_ends():
    assert math.isnan(tail_share(0.3, 0.7, 0.99))  # halves alone would differ more
    assert tail_share(0.09, 0.96, 0.2) == 0.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: implied_correlation(0.0, 0.9), "rate_bottom"),
        (lambda: implied_correlation(0.1, 1.0), "rate_top"),
        (lambda: implied_correlation(9, 96), "rate_bottom.* got 9"),
        (lambda: implied_correlation(1e-9, 0.9), "rate_bottom.* nearer to 0 or 1"),
        (lambda: implied_correlation(0.1, 1 - 1e-9), "rate_top.* nearer to 0 or 1"),
        (lambda: implied_correlation(0.1, 0.9, unit=-0.01), "unit.* got -0.01"),
        (lambda: implied_correlation(0.1, 0.9, unit=math.nan), "unit.* got nan"),
        (lambda: implied_correlation(0.1, 0.9, unit=1), "unit.* got 1"),
        (lambda: implied_correlation(0.1, 0.9).allows(52), "base_rate.* got 52"),
        (lambda: implied_correlation(0.1, 0.9).allows(0.52, unit=1), "unit.* got 1"),
        (lambda: implied_correlation(0.1, 0.9, 0.6, 0.5), "overlap"),
        (lambda: implied_correlation(0.1, 0.9, 0.0), "share_bottom"),
        (lambda: tail_rates(1.0, 0.5), "`r`"),
        (lambda: tail_rates(0.5, 0.0), "base_rate"),
        (lambda: tail_share(0.9, 0.1, 0.5), "ordered"),
        (lambda: tail_share(0.1, 0.9, 0.0), "`r`"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
