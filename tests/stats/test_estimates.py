"""Intervals on the scales where errors are nearest to normal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats.estimates import Estimate, squared


@pytest.mark.parametrize("r", [0.05, 0.3, 0.9])
def test_the_interval_of_r2_is_the_square_of_that_of_r(r):
    root = Estimate(r, 0.06, 80.0)
    square = Estimate(r**2, 2 * r * 0.06, 80.0)
    assert_allclose(square.r2_interval(0.95), squared(root.r_interval(0.95)), rtol=1e-12)


def test_the_interval_of_r2_stays_between_0_and_1():
    for value, error in ((0.0, 0.01), (-0.02, 0.01), (0.004, 0.02), (0.99, 0.02)):
        low, high = Estimate(value, error, 40.0).r2_interval(0.95)
        assert 0 <= low < high <= 1


def test_the_interval_of_a_gain_is_that_of_the_correlation_it_stands_for():
    """For normal answers the gain is -log(1 - r²) / 2."""
    r, error, df = 0.4, 0.05, 200.0
    gain = Estimate(-math.log1p(-(r**2)) / 2, error * r / (1 - r**2), df)
    ends = np.array(squared(Estimate(r, error, df).r_interval(0.95)))
    assert_allclose(gain.gain_interval(0.95), -np.log1p(-ends) / 2, rtol=1e-12)


def test_without_an_error_there_is_no_interval():
    assert all(math.isnan(end) for end in Estimate(0.2, math.nan, 10.0).r2_interval(0.95))
