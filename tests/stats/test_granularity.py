"""Granularity of printed means and standard deviations: published examples, and every sample there is."""

from __future__ import annotations

import itertools
import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxresearch.stats.granularity import grim, grimmer


def test_published_example():
    """Brown & Heathers (2017): 5.19 of 28 whole answers cannot be, 5.18 and 5.21 can."""
    assert [grim(mean, 28).possible for mean in (5.18, 5.19, 5.20, 5.21)] == [True, False, False, True]
    assert grim(5.19, 28).failed == "mean"


def test_fewer_decimals_and_several_items():
    assert grim(5.2, 28, unit=0.1).possible
    assert grim(5.19, 28, items=4).possible  # quarters: 581 of 112 is 5.1875
    assert grim(5.195, 100, unit=0.001).possible is False
    assert all(grim(k / 100, 100).possible for k in range(100, 700, 7))


@given(st.lists(st.integers(1, 7), min_size=2, max_size=40), st.sampled_from([1, 2, 3]))
def test_what_answers_give_is_possible(answers, items):
    """Whatever the answers, their own mean and standard deviation pass (answers of items: sums of that many)."""
    mean = Fraction(sum(answers), len(answers) * items)
    sd = statistics.stdev(answers) / items
    found = grimmer(round(float(mean), 2), round(sd, 2), len(answers), items=items, scale=(0, 7))
    assert found.possible, found
    assert grim(round(float(mean), 2), len(answers), items=items).possible


def test_all_samples_of_five_answers():
    """All 102 pairs that 5 answers on 1-5 can print pass, and of the 104,158 others 19."""
    real = {
        (round(statistics.fmean(each), 2), round(statistics.stdev(each), 2))
        for each in itertools.combinations_with_replacement(range(1, 6), 5)
    }
    passed = {
        (mean / 100, sd / 100)
        for mean in range(100, 501)
        if grim(mean / 100, 5).possible
        for sd in range(260)
        if grimmer(mean / 100, sd / 100, 5, scale=(1, 5)).possible
    }
    assert real <= passed
    assert (len(real), len(passed - real)) == (102, 19)


def test_parity_matters():
    """18 answers with total 62: sums of squares are even; 2.47 would need 317.3 to 318.1 about the mean's 213.56."""
    assert grimmer(3.44, 2.47, 18).failed == "sd"
    assert grimmer(3.44, 2.48, 18).failed == ""


def test_scale_limits_the_spread():
    assert grimmer(6.50, 2.12, 10).possible
    assert grimmer(6.50, 2.12, 10, scale=(1, 7)).failed == "scale"  # at most 1.58: nine 7s and one 2
    assert grimmer(8.00, 0.00, 10, scale=(1, 7)).failed == "scale"
    assert grimmer(4.00, 0.00, 10, scale=(1, 7)).possible
    assert grimmer(4.00, 3.16, 10, scale=(1, 7)).possible  # five 1s and five 7s
    assert grimmer(4.00, 3.20, 10, scale=(1, 7)).failed != ""
    assert grimmer(0.00, 1.05, 10, scale=(-1, 1)).possible  # five of each


def test_a_whole_number_that_came_as_a_float_accuses_nobody():
    assert grim(1.02, 120.0) == grim(1.02, 120)
    assert grim(1.02, 120.0).possible
    assert grimmer(3.44, 2.48, 18.0, scale=(1, 7)) == grimmer(3.44, 2.48, 18, scale=(1, 7))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: grim(5.19, 0), "at least 1"),
        (lambda: grim(5.19, 28, items=0), "`items` must be a whole number, at least 1"),
        (lambda: grim(5.19, 28.5), "`n` must be a whole number.* got 28.5"),
        (lambda: grim(5.19, float("nan")), "`n` must be a whole number.* got nan"),
        (lambda: grimmer(3.44, 1.42, 18, scale=(7, 1)), r"`scale` must be .* in this order; got \(7, 1\)"),
        (lambda: grimmer(5.0, 0.0, 18, scale=(5, 5)), r"`scale` must be .* got \(5, 5\)"),
        (lambda: grim(5.195, 28), "units of 0.01"),
        (lambda: grimmer(5.0, 1.0, 1), "at least 2"),
        (lambda: grimmer(5.0, -1.0, 5), "negative"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
