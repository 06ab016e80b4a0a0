"""Statements about ratios: published conflicts, transitivity, and that truth never contradicts itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.ratios import Ratio, contradiction, implied_ratios

VENDOR = [Ratio.printed("CES", "CSAT", 1.8), Ratio.printed("CES", "NPS", 2.0)]


def test_csat_beats_nps_by_the_vendors_own_figures():
    """L-022: 1.8 times CSAT and 2 times NPS imply that NPS is .9 of CSAT."""
    low, high = implied_ratios(VENDOR)["NPS", "CSAT"]
    assert_allclose([low, high], [1.75 / 2.05, 1.85 / 1.95])
    assert low < 0.9 < high < 1
    exact = [Ratio.printed("CES", "CSAT", 1.8, 0), Ratio.printed("CES", "NPS", 2.0, 0)]
    assert_allclose(implied_ratios(exact)["NPS", "CSAT"], 0.9)


def test_three_advantages_of_one_metric_over_another():
    """S4-11, L-010, L-022: 40 %, 12 % and 1.8 times; any two of them contradict each other."""
    said = [
        Ratio.printed("CES", "CSAT", ratio, unit) for ratio, unit in ((1.4, 0.1), (1.12, 0.01), (1.8, 0.1))
    ]
    for pair in ((0, 1), (0, 2), (1, 2)):
        assert contradiction([said[i] for i in pair]) == (0, 1)
    assert len(contradiction(said)) == 2
    with pytest.raises(ValueError, match="contradict"):
        implied_ratios(said)


def test_nps_better_than_csat_contradicts_the_vendor():
    said = [*VENDOR, Ratio("CSAT", "VES", 0.5, 2), Ratio("NPS", "CSAT", 1, math.inf)]
    assert contradiction(said) == (0, 1, 3)
    assert contradiction(said[:3]) == ()


def test_nothing_is_implied_between_strangers():
    found = implied_ratios([Ratio("CES", "CSAT", 1.1, 1.2), Ratio("NPS", "VES", 1, math.inf)])
    assert found["CES", "NPS"] == (0, math.inf)
    assert found["VES", "NPS"] == pytest.approx((0, 1))
    assert found["CSAT", "CES"] == pytest.approx((1 / 1.2, 1 / 1.1))


def test_statements_that_touch_agree():
    assert contradiction([Ratio("A", "B", 1.0, 1.2), Ratio("A", "B", 1.2, 1.5)]) == ()


names = st.sampled_from("ABCDE")


@given(
    st.lists(st.tuples(names, names, st.floats(0, 0.5)), min_size=1, max_size=8),
    st.lists(st.floats(0.1, 10), min_size=5, max_size=5),
)
def test_truth_agrees_with_itself_and_lies_in_what_is_implied(pairs, worth):
    truth = dict(zip("ABCDE", worth, strict=True))
    said = [
        Ratio(a, b, truth[a] / truth[b] * (1 - slack), truth[a] / truth[b] * (1 + slack))
        for a, b, slack in pairs
        if a != b
    ]
    assert contradiction(said) == ()
    for (a, b), (low, high) in implied_ratios(said).items():
        assert low * (1 - 1e-9) <= truth[a] / truth[b] <= high * (1 + 1e-9)


@pytest.mark.parametrize("bounds", [(2, 1), (-1, 1), (0, 0), (math.inf, math.inf), (math.nan, 1)])
def test_refused(bounds):
    with pytest.raises(ValueError, match="ordered"):
        Ratio("A", "B", *bounds)
    with pytest.raises(ValueError, match="two names"):
        Ratio("A", "A", 1, 2)
