"""Counts of events, distribution-free medians, differences of scores: reference values, identities, coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.stats.events import (
    next_count,
    poisson_interval,
    rate_ratio_interval,
    total_ratio_interval,
    weighted_count_interval,
)
from cxresearch.stats.gaps import difference_reliability, mean_interval
from cxresearch.stats.medians import median_interval

RTOL = 1e-7  # SciPy inverts the distributions by iteration
COUNTS = st.integers(0, 500)


def test_the_poisson_interval_gives_the_printed_table():
    """Garwood's limits as printed in tables of exact Poisson intervals, 95 %: counts 0, 1, 5, 10, 50."""
    low, high = poisson_interval([0, 1, 5, 10, 50])
    assert low.round(2).tolist() == [0, 0.03, 1.62, 4.80, 37.11]
    assert high.round(2).tolist() == [3.69, 5.57, 11.67, 18.39, 65.92]


@given(COUNTS, st.sampled_from([0.8, 0.95, 0.99]))
def test_a_poisson_limit_leaves_its_tail(count, conf_level):
    low, high = poisson_interval(count, conf_level=conf_level)
    tail = (1 - conf_level) / 2
    assert stats.poisson.cdf(count, high) == pytest.approx(tail, rel=RTOL)
    if count:
        assert stats.poisson.sf(count - 1, low) == pytest.approx(tail, rel=RTOL)
    else:
        assert low == 0


@given(COUNTS, COUNTS, st.floats(0.1, 10))
def test_turning_a_ratio_over_turns_its_interval_over(a, b, exposure):
    low, high = rate_ratio_interval(a, b, exposure)
    back = rate_ratio_interval(b, a, 1 / exposure)
    if a + b == 0:
        assert math.isnan(low)
        return
    assert (low == 0) == (a == 0)
    assert (high == math.inf) == (b == 0)
    assert_allclose([1 / end if end else math.inf for end in back], [high, low], rtol=RTOL)


@given(COUNTS, st.floats(0.01, 200), st.sampled_from([0.8, 0.95, 0.99]))
def test_one_weight_makes_the_weighted_count_the_count(count, weight, conf_level):
    found = weighted_count_interval([count], [weight], conf_level=conf_level)
    assert_allclose(found, weight * np.array(poisson_interval(count, conf_level=conf_level)), rtol=RTOL)


def test_the_weighted_count_equals_base_r():
    """Fay and Feuer's gamma limits of 20 x 24 + 49 x 4 and of 1 x 168 + 30 x 1, weights up to 168.

    > g <- function(x, w, top) { t <- sum(w * x); v <- sum(w^2 * x); tt <- t + top; vv <- v + top^2
    +   c(qgamma(.025, t^2 / v, scale = v / t), qgamma(.975, tt^2 / vv, scale = vv / tt)) }
    > print(c(g(c(20, 49), c(24, 4), 24), g(c(1, 30), c(168, 1), 168)), digits = 12)
    """
    assert_allclose(weighted_count_interval([20, 49], [24, 4]), [476.3105232298, 939.3205909745], rtol=RTOL)
    assert_allclose(weighted_count_interval([1, 30], [168, 1]), [12.0345170205, 957.2989182367], rtol=RTOL)
    assert weighted_count_interval([0, 0], [4, 1], largest=24) == (
        0.0,
        pytest.approx(24 * 3.688879, rel=1e-6),
    )


@pytest.mark.parametrize(
    ("means", "weights"),
    [((20, 49), (24, 4)), ((8, 200), (168, 1)), ((1, 30), (168, 1)), ((3, 3, 3), (1, 8, 72))],
)
def test_the_weighted_count_holds_its_truth(means, weights):
    """Where the mix is left to chance; the mean weight taken as known held the first two in 85 and 41 %."""
    rng = np.random.default_rng(11)
    truth = float(np.dot(means, weights))
    ends = [weighted_count_interval(x, weights) for x in rng.poisson(means, (2000, len(means)))]
    assert np.mean([low <= truth <= high for low, high in ends]) >= 0.945


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -2], [1, math.nan], [1, math.inf], [3, 1]])
def test_weights_of_counts_that_cannot_be_are_refused(weights):
    with pytest.raises(ValueError, match="needs a weight above 0, at most `largest`"):
        weighted_count_interval([3, 4], weights, largest=2)


def test_the_next_count_is_a_quantile_of_the_prediction():
    for events, periods in [(0, 1), (3, 0.5), (52, 4), (2000, 52)]:
        prediction = stats.nbinom(events + 0.5, periods / (periods + 1))
        assert next_count(events, periods) == tuple(prediction.ppf([0.025, 0.975]))


def test_the_median_interval_has_the_ranks_of_the_coin():
    """Ranks k of both ends at 95 %: none below 6 values; 1 of 6-8, 2 of 9-11, 3 of 12-14, 6 of 20, 40 of 100."""
    for n, k in [(6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (14, 3), (20, 6), (100, 40)]:
        assert median_interval(np.arange(1, n + 1)) == (k, n + 1 - k)
    assert all(math.isnan(end) for n in range(6) for end in median_interval(np.arange(n)))
    assert median_interval([1, 2, 3, 4, math.inf, math.inf]) == (1, math.inf)


@given(st.lists(st.integers(0, 9), min_size=6, max_size=40))
def test_the_median_interval_knows_order_only(values):
    low, high = median_interval(values)
    assert median_interval(np.exp(values)) == pytest.approx((math.exp(low), math.exp(high)))
    assert median_interval(values[::-1]) == (low, high)
    assert low <= np.median(values) <= high


def test_mean_interval_of_one_row_has_no_error():
    mean, *rest = mean_interval([3.0])
    assert mean == 3
    assert np.isnan(rest).all()


@given(st.floats(0.3, 0.95), st.floats(0.3, 0.95), st.floats(0.2, 5))
def test_reliability_of_a_difference(rel_a, rel_b, sd):
    """Unrelated scores: the mean of the reliabilities, by variance; equal to both where both are equal."""
    mixed = (rel_a * sd**2 + rel_b) / (sd**2 + 1)
    assert float(difference_reliability(rel_a, rel_b, 0.0, sd, 1.0)) == pytest.approx(mixed)
    assert float(difference_reliability(rel_a, rel_a, 0.0)) == pytest.approx(rel_a)
    assert float(difference_reliability(rel_a, rel_a, rel_a)) == pytest.approx(0.0, abs=1e-12)
    assert float(difference_reliability(rel_a, rel_b, 0.2)) < (rel_a + rel_b) / 2


def test_a_difference_of_simulated_scores_has_that_reliability(rng):
    """True P and E correlate .5, errors of variance .25: the correlation of two measurements of the gap is known."""
    n = 200_000
    true = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], n)
    once, again = (true + rng.normal(0, 0.5, (n, 2)) for _ in range(2))
    seen = np.corrcoef(once[:, 0] - once[:, 1], again[:, 0] - again[:, 1])[0, 1]
    r = np.corrcoef(once.T)[0, 1]
    assert float(difference_reliability(0.8, 0.8, r)) == pytest.approx(seen, abs=0.01)


@pytest.mark.parametrize(
    "call",
    [
        lambda: poisson_interval(-1),
        lambda: poisson_interval(1.5),
        lambda: poisson_interval(math.nan),
        lambda: poisson_interval(1, conf_level=1.0),
        lambda: rate_ratio_interval(1, 2, 0),
        lambda: rate_ratio_interval(1, -2),
        lambda: next_count(1, 0),
        lambda: total_ratio_interval([1, -1], [2]),
        lambda: total_ratio_interval([1, math.nan], [2]),
        lambda: median_interval([1, math.nan]),
        lambda: median_interval([1, 2], conf_level=0),
        lambda: mean_interval([]),
        lambda: mean_interval([1, 2], conf_level=2),
        lambda: difference_reliability(1.1, 0.5, 0),
        lambda: difference_reliability(0.5, 0.5, 1.2),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(ValueError, match=r"must|whole|rows?|missing|most"):
        call()


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.mark.parametrize("rate", [0.3, 2.0, 12.0, 80.0])
def test_poisson_intervals_cover_at_least_their_level(rate):
    """Exactly, by summing over counts; never below .95."""
    counts = np.arange(0, 400)
    low, high = poisson_interval(counts)
    held = (low <= rate) & (rate <= high)
    assert stats.poisson.pmf(counts, rate)[held].sum() >= 0.95


@pytest.mark.parametrize(("before", "ratio"), [(3.0, 1.0), (20.0, 1.34), (60.0, 0.5)])
def test_ratio_intervals_cover_at_least_their_level(before, ratio):
    """Exactly, by summing over both counts; both zero is no ratio and is left out."""
    counts = np.arange(130)
    chance = np.outer(stats.poisson.pmf(counts, before * ratio), stats.poisson.pmf(counts, before))
    held = np.zeros_like(chance)
    for a, b in np.argwhere(chance > 1e-9):
        low, high = rate_ratio_interval(a, b)
        held[a, b] = low <= ratio <= high
    chance[0, 0] = 0
    assert (held * chance).sum() / chance.sum() >= 0.95


@pytest.mark.parametrize("n", [9, 25, 60])
def test_median_intervals_cover_at_least_their_level(n, rng):
    """Skewed times; 4,000 samples, so .95 may be measured as .94."""
    found = np.array([median_interval(times) for times in rng.lognormal(3, 1.2, (4000, n))])
    held = np.mean((found[:, 0] <= math.exp(3)) & (math.exp(3) <= found[:, 1]))
    assert held >= 0.94


def test_the_next_week_lies_where_it_is_predicted(rng):
    """Averaged over rates it holds at about its level; 95 % within simulation error or above."""
    held = [
        low <= rng.poisson(rate) <= high
        for rate in rng.uniform(2, 40, 3000)
        for low, high in [next_count(int(rng.poisson(4 * rate)), 4)]
    ]
    assert 0.94 <= np.mean(held) <= 0.985


def test_intervals_of_gaps_cover(rng):
    """Rounded, skewed answers of 30 customers, 4,000 samples: .95 is measured to within .01."""
    wanted, got = (
        np.clip(np.round(rng.normal(mean, sd, (30, 4000, 3))), 1, 7).mean(axis=2)
        for mean, sd in [(6.3, 0.9), (5, 1.3)]
    )
    _, _, low, high = mean_interval(got - wanted)
    truth = (got - wanted).mean()
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("events", "spread"), [(10, 1.0), (40, 0.5), (40, 1.5), (200, 1.0)])
def test_intervals_of_total_costs_cover(events, spread, rng):
    """Log-normal costs of a Poisson number of complaints, now 1.3 times as many; 3,000 pairs of years."""
    held = []
    for _ in range(3000):
        now, before = (rng.lognormal(0, spread, max(rng.poisson(events * times), 1)) for times in (1.3, 1.0))
        low, high = total_ratio_interval(now, before)
        held.append(low <= 1.3 <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=20), st.floats(0.01, 100))
def test_the_currency_does_not_matter(costs, rate):
    there = total_ratio_interval(np.multiply(costs, rate), costs[1:])
    assert_allclose(np.divide(there, rate), total_ratio_interval(costs, costs[1:]), rtol=1e-9)
    assert all(math.isnan(end) for end in total_ratio_interval(costs, [0.0]))
