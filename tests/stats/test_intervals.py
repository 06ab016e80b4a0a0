"""Intervals of a score: reference values, identities between the formulas, edges and coverage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cxresearch.stats.intervals import (
    INTERVALS,
    Sample,
    effective_n,
    finite_population,
    interval,
    kind_of,
    methods,
    spread,
)

RTOL = 1e-10  # closed form: only rounding may differ
ATOL_ROOT = 1e-7  # R's uniroot stops within 1e-9 of a root in [-1, 1], here in points of 100
REFERENCE = Path(__file__).parents[1] / "reference"
NET = np.array([100.0, 0.0, -100.0])
EVERY = [(kind, method) for kind in INTERVALS for method in methods(kind)]
VALUES = {"net": NET, "share": np.array([100.0, 0.0]), "mean": np.arange(1.0, 6.0)}


def sample_of(counts, values, **options):
    counts, values = np.asarray(counts, float), np.asarray(values, float)
    n = counts.sum(-1)
    ends = (values.min(), values.max())
    return Sample(counts / np.where(n > 0, n, 1)[..., None], values, n, ends=ends, **options)


@pytest.mark.parametrize("row", pd.read_csv(REFERENCE / "intervals_scores.csv").to_dict("records"))
def test_score_and_t_intervals_equal_base_r(row):
    """Values and the R lines that made them: tests/reference/intervals_scores.R."""
    counts = [row["up"], row["n"] - row["up"] - row["down"], row["down"]]
    sample = sample_of(counts, NET)
    if row["kind"] == "share":
        sample = sample_of([row["up"], row["n"] - row["up"]], VALUES["share"])
    found = interval(sample, kind=row["kind"], method=row["method"], conf_level=row["conf"])
    atol = ATOL_ROOT if row["kind"] == "net" else 1e-10
    assert_allclose(found, [row["low"], row["high"]], atol=atol)


def test_adjusted_wald_of_a_net_score_adds_three_answers():
    """By hand: 25 promoters, 55 passives, 20 detractors; 25.75/103 and 20.75/103, z = 1.959964.

    (25.75 - 20.75)/103 = .0485437; se = sqrt((.25 + .2014563 - .0485437²)/103) = .0660317
    """
    low, high = interval(sample_of([25, 55, 20], NET), kind="net", method="adjusted_wald")
    assert_allclose([low, high], [4.85437 - 12.94198, 4.85437 + 12.94198], atol=2e-3)


def test_textbook_net_promoter_example():
    """25 % promoters and 20 % detractors are an NPS of 5, within about 1.6 points at n = 6,800."""
    sample = sample_of([1700, 3740, 1360], NET)
    assert sample.estimate == pytest.approx(5.0)
    for method in ("adjusted_wald", "score", "wald"):
        low, high = interval(sample, kind="net", method=method)
        assert (high - low) / 2 == pytest.approx(1.6, abs=0.05)


def test_agresti_and_coull_is_centred_at_wilsons_centre():
    sample = sample_of([9, 11], VALUES["share"])
    wilson = np.mean(interval(sample, kind="share", method="score"))
    assert np.mean(interval(sample, kind="share", method="adjusted_wald")) == pytest.approx(wilson)


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=2).filter(any))
def test_general_score_interval_is_wilsons_with_two_values(counts):
    sample = sample_of(counts, VALUES["share"])
    general = interval(sample, kind="mean", method="score")
    assert_allclose(general, interval(sample, kind="share", method="score"), atol=1e-8)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=3, max_size=3).filter(any),
    st.sampled_from(["adjusted_wald", "score", "wald"]),
)
def test_swapping_promoters_and_detractors_flips_the_sign(counts, method):
    low, high = interval(sample_of(counts, NET), kind="net", method=method)
    low_swapped, high_swapped = interval(sample_of(counts[::-1], NET), kind="net", method=method)
    assert_allclose([low_swapped, high_swapped], [-high, -low], atol=1e-8)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=5, max_size=5).filter(any), st.floats(0.5, 20), st.floats(-9, 9))
def test_the_score_interval_of_a_mean_moves_with_the_scale(counts, stretch, shift):
    values = VALUES["mean"]
    low, high = interval(sample_of(counts, values), kind="mean", method="score")
    moved = interval(sample_of(counts, shift + stretch * values), kind="mean", method="score")
    assert_allclose(moved, [shift + stretch * low, shift + stretch * high], atol=1e-6)
    assert values.min() - 1e-9 <= low <= high <= values.max() + 1e-9


@settings(deadline=None)
@given(st.lists(st.integers(0, 25), min_size=5, max_size=5).filter(lambda counts: sum(counts) > 1))
def test_no_most_likely_shares_beat_those_of_the_score_interval(counts):
    """At the bound the score statistic equals z for the likelihood's own shares, found by a second route."""
    from scipy.optimize import brentq

    sample = sample_of(counts, VALUES["mean"])
    low, _ = interval(sample, kind="mean", method="score")
    if low <= 1 + 1e-6:
        return
    d, p = VALUES["mean"] - low, sample.shares
    edge = -1 / d.min()

    def balance(tilt):
        return np.sum(np.where(p > 0, p * d / np.where(p > 0, 1 + tilt * d, 1), 0))

    top = edge * (1 - 1e-12)
    tilt = brentq(balance, 0.0, top, xtol=1e-15) if balance(top) < 0 else edge
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.where(p > 0, p / (1 + tilt * d), 0)
    variance = q @ d**2 + max(1 - q.sum(), 0) * d.min() ** 2
    assert (sample.estimate - low) * np.sqrt(sample.n / variance) == pytest.approx(1.959964, abs=2e-3)


@pytest.mark.parametrize(("kind", "method"), EVERY)
def test_nobody_answered_one_answered_all_alike(kind, method):
    options = {"kind": kind, "method": method, "rng": np.random.default_rng(1), "n_boot": 50}
    values = VALUES[kind]
    nobody = interval(sample_of(np.zeros(len(values)), values), **options)
    assert np.isnan(nobody).all()
    for n in (1, 12):
        counts = np.zeros(len(values))
        counts[0] = n
        low, high = interval(sample_of(counts, values), **options)
        assert np.isnan(low) == np.isnan(high)
        if method == "score" or method == "adjusted_wald":
            assert high - low > 0


def test_score_interval_shrinks_to_the_estimate_when_everyone_was_asked():
    sample = Sample(np.array([0.2, 0.5, 0.3]), NET, np.array(np.inf))
    assert_allclose(interval(sample, kind="net"), [-10, -10])


def test_unknown_names_are_refused_with_the_choices():
    sample = sample_of([3, 4], VALUES["share"])
    with pytest.raises(ValueError, match="`interval` of a share must be one of 'score', 'adjusted_wald'"):
        interval(sample, kind="share", method="exact")
    with pytest.raises(ValueError, match="`kind` must be one of 'net', 'share', 'mean'"):
        interval(sample, kind="median")
    with pytest.raises(ValueError, match="needs a random generator"):
        interval(sample, kind="share", method="bootstrap")
    with pytest.raises(ValueError, match="`conf_level` must lie between 0 and 1"):
        interval(sample, kind="share", conf_level=95)
    with pytest.raises(ValueError, match="is smaller than the sample"):
        finite_population(10, 9)


def test_spread_and_effective_n():
    assert spread([0.2, 0.8], [100, 0]) == pytest.approx(1600)
    assert spread([1.0, 0.0], [100, 0]) == 0
    assert effective_n(10.0, 10.0) == 10
    assert effective_n(0.0, 0.0) == 0
    assert finite_population(50, None) == 1
    assert [kind_of(v) for v in ([0, 100], [-100, 100], [0, 1])] == ["share", "net", "mean"]


def test_bootstrap_repeats_with_its_seed():
    sample = sample_of([30, 50, 20], NET)
    first, second = (
        interval(sample, kind="net", method="bootstrap", rng=np.random.default_rng(4)) for _ in range(2)
    )
    assert first == second
    assert_allclose(first, interval(sample, kind="net", method="wald"), atol=2.5)


@pytest.mark.parametrize(
    ("kind", "shares", "n"),
    [
        ("net", (0.57, 0.26, 0.17), 50),
        ("net", (0.92, 0.06, 0.02), 100),
        ("share", (0.82, 0.18), 50),
        ("mean", (0.06, 0.03, 0.06, 0.15, 0.70), 50),
        ("mean", (0.01, 0.01, 0.02, 0.06, 0.90), 50),
    ],
)
def test_default_intervals_cover_the_truth_93_to_97_times_in_100(kind, shares, n):
    """6 000 samples: the simulation's own error is 0.3 points."""
    values = VALUES[kind]
    counts = np.random.default_rng(7).multinomial(n, shares, size=6000)
    low, high = interval(sample_of(counts, values), kind=kind)
    truth = np.dot(shares, values)
    assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.975
