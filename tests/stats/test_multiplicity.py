"""Adjusted p-values against base R."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats.multiplicity import adjusted_p_values

P = [0.01, 0.04, 0.03, 0.005, 0.2]
RTOL = 1e-12  # products of the inputs


def test_holm_and_benjamini_hochberg_equal_r():
    """> p <- c(.01, .04, .03, .005, .2); p.adjust(p, "holm"); p.adjust(p, "BH")"""
    assert_allclose(adjusted_p_values(P, "holm"), [0.04, 0.09, 0.09, 0.025, 0.20], rtol=RTOL)
    assert_allclose(adjusted_p_values(P, "bh"), [0.025, 0.05, 0.05, 0.025, 0.20], rtol=RTOL)


def test_missing_p_values_are_not_counted():
    adjusted = adjusted_p_values([0.01, np.nan, 0.03], "holm")
    assert_allclose(adjusted, [0.02, np.nan, 0.03])
    assert_allclose(adjusted_p_values([], "holm"), [])
    assert_allclose(adjusted_p_values(P, "none"), P)


def test_unknown_adjustment_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="`adjust` must be one of 'holm', 'bh', 'none'; got 'bonferroni'"):
        adjusted_p_values(P, "bonferroni")
