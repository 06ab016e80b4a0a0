"""What printed figures leave open: rounding, counts, silence, and r against p against n."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.stats import printed
from cxresearch.stats.fisher import fisher_interval
from cxresearch.stats.printed import (
    counts,
    fitting_sizes,
    nonresponse_bounds,
    possible_sizes,
    rounding_interval,
)

# Keiningham et al. (2008), table 1 (seen): r and p of eleven metrics with growth
BANKS = (
    [0.40, 0.17, 0.02, 0.37, 0.32, -0.05, -0.29, 0.37, 0.40, -0.02, 0.29],
    [0.20, 0.60, 0.95, 0.24, 0.32, 0.88, 0.37, 0.23, 0.20, 0.96, 0.36],
)
GASOLINE = (
    [-0.45, 0.09, 0.49, 0.62, -0.32, 0.42, 0.84, 0.63, 0.45, 0.38, 0.21],
    [0.55, 0.91, 0.51, 0.38, 0.68, 0.58, 0.16, 0.37, 0.55, 0.62, 0.79],
)


@pytest.mark.parametrize(("table", "n"), [(BANKS, 12), (GASOLINE, 4)])
def test_keiningham_figures_fit_one_n(table, n):
    found = fitting_sizes(*table)
    assert (found.low, found.high) == (n, n)
    assert found.exist


def test_what_so_few_firms_say():
    """R-14: r = .40 of 12 spans -.23 to .79, r = .84 of 4 -.63 to .997."""
    assert [float(end.round(2)) for end in fisher_interval(0.40, 12)] == [-0.23, 0.79]
    low, high = fisher_interval(0.84, 4)
    assert (float(low.round(2)), float(high.round(3))) == (-0.63, 0.997)


def test_no_n_fits_a_wrong_p():
    found = fitting_sizes([*BANKS[0], 0.40], [*BANKS[1], 0.01])
    assert not found.exist
    assert found.each_low[-1] > 12


@given(st.floats(-0.95, 0.95), st.integers(4, 2000))
def test_the_true_n_always_fits(r, n):
    p = 2 * stats.t.sf(abs(r) * math.sqrt((n - 2) / (1 - r * r)), n - 2)
    found = fitting_sizes(round(r, 2), round(p, 3), p_unit=0.001)
    assert found.low <= n <= found.high


def test_fitting_sizes_by_trying_them_all():
    r, p = 0.29, 0.36
    x = np.linspace(0.285, 0.295, 2001)
    n = np.arange(3, 60)[:, None]
    prints = np.round(2 * stats.t.sf(x * np.sqrt((n - 2) / (1 - x * x)), n - 2), 2)
    fits = n[(prints == p).any(axis=1), 0]
    found = fitting_sizes(r, p)
    assert (found.low, found.high) == (fits[0], fits[-1])


def test_a_p_of_zero_has_no_largest_n():
    found = fitting_sizes(0.5, 0.00)
    assert found.high == math.inf
    assert found.low == 30  # p = .005 or less
    assert fitting_sizes(0.0, 1.0).low == 3
    assert fitting_sizes(1.0, 0.0, p_unit=0.001).low == 3


def test_43_percent_of_16000():
    low, high = counts(0.43, 16_000)
    assert (low, high) == (6800, 6960)
    assert low <= 6800 <= high  # the printed 6,800 is 42.5 %, which rounds to 43


@given(st.integers(1, 400), st.data())
def test_counts_are_those_that_print_so(n, data):
    percent = data.draw(st.integers(0, 100))
    low, high = counts(percent / 100, n)
    for mode in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        printing = [
            k for k in range(n + 1) if (Decimal(100 * k) / n).quantize(Decimal(1), rounding=mode) == percent
        ]
        assert set(printing) <= set(range(low, high + 1))
        assert len(range(low, high + 1)) - len(printing) <= 2  # ties count on both sides


def test_sizes_that_can_print_a_share():
    assert possible_sizes(0.5, most=4) == [2, 4]
    assert possible_sizes([0.33, 0.67], most=10) == [3, 6, 9]
    assert 23 in possible_sizes(0.96)
    assert 22 not in possible_sizes(0.96)
    assert set(range(100, 120)) <= set(possible_sizes([0.96, 0.09], most=120))


@given(st.floats(-100, 100), st.integers(1, 1000), st.integers(0, 1000))
def test_bounds_hold_whatever_the_silent_say(nps, answered, silent):
    low, high = nonresponse_bounds(nps, answered, answered + silent, -100, 100)
    for said in (-100, 0, 37, 100):
        everybody = (answered * nps + silent * said) / (answered + silent)
        assert low - 1e-9 <= everybody <= high + 1e-9
    assert_allclose(high - low, 200 * silent / (answered + silent), atol=1e-9)


def test_nps_of_6800_of_16000():
    """S1-11: bounds are .425 x NPS plus or minus 57.5."""
    for nps in (-30.0, 0.0, 50.0):
        assert_allclose(
            nonresponse_bounds(nps, 6_800, 16_000, -100, 100), [0.425 * nps - 57.5, 0.425 * nps + 57.5]
        )


def test_rounding_interval_is_exact():
    assert rounding_interval(0.1, 0.1) == (0.05, 0.15)
    assert rounding_interval(43, 1) == (42.5, 43.5)
    assert rounding_interval(0.4, 0) == (0.4, 0.4)


def test_a_whole_number_that_came_as_a_float_is_counted_exactly():
    """In floats 55 % of 200 were 110 at the least: .545 times 200 is a little above 109."""
    for percent in range(1, 100):
        for n in (20, 120, 200):
            assert counts(percent / 100, float(n)) == counts(percent / 100, n)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rounding_interval(0.425, 0.01), "units of 0.01"),
        (lambda: rounding_interval(1, -1), "not negative"),
        (lambda: counts(1.4, 10), "between 0 and 1"),
        (lambda: counts(0.5, 0), "at least 1"),
        (lambda: counts(0.5, 10.5), "`n` must be a whole number.* got 10.5"),
        (lambda: counts(0.5, math.nan), "`n` must be a whole number.* got nan"),
        (lambda: nonresponse_bounds(20, 17_000, 16_000, -100, 100), "answered"),
        (lambda: nonresponse_bounds(120, 6_800, 16_000, -100, 100), "estimate"),
        (lambda: nonresponse_bounds(math.nan, 10, 20, -100, 100), "estimate.* got nan"),
        (lambda: nonresponse_bounds([20, math.nan], 10, 20, -100, 100), "estimate.* got nan"),
        (lambda: nonresponse_bounds(20, 10, 20, 100, -100), "`low` must be below `high`.* got 100 and -100"),
        (lambda: nonresponse_bounds(20, 10, 20, math.nan, 100), "`low` must be below `high`.* got nan"),
        (lambda: nonresponse_bounds(20, 20, 20, -math.inf, 100), "both be numbers.* got -inf"),
        (lambda: nonresponse_bounds(20, math.nan, 20, -100, 100), "answered"),
        (lambda: nonresponse_bounds(20, 10, math.inf, -100, 100), "answered.* of inf"),
        (lambda: fitting_sizes([0.1, 0.2], [0.1]), "pair up"),
        (lambda: fitting_sizes([], []), "pair up"),
        (lambda: fitting_sizes(1.2, 0.1), "must lie in"),
        (lambda: fitting_sizes(0.2, math.nan), "must lie in"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("first", [3, 4, 5, 100, 4_000_001, 9_000_000, printed.MOST])
def test_every_size_up_to_the_largest_is_tried(first):
    assert printed._first(lambda n: n >= first) == first
    assert printed._first(lambda n: n > printed.MOST) == np.inf
