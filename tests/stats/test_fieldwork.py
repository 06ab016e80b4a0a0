"""What the way of asking costs: effects, small populations, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats.fieldwork import Fieldwork


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def test_effects_multiply_as_kish_has_them():
    plan = Fieldwork(cluster_size=11, icc=0.05, weight_cv=0.6)
    assert_allclose(plan.effect, 1.5 * 1.36)
    weights = np.array([0.4, 1.0, 1.6] * 40)
    kish = len(weights) * (weights**2).sum() / weights.sum() ** 2
    assert_allclose(Fieldwork(weight_cv=weights.std() / weights.mean()).weight_effect, kish)


def test_a_small_population_needs_fewer():
    """Cochran (1977): n0 / (1 + n0 / N)."""
    assert Fieldwork(population=1000).answers(385) == 278
    assert Fieldwork(population=1e12).answers(385) == 385
    assert Fieldwork(population=50).answers(1e6) == 50
    assert Fieldwork(population=50).effective(50) == math.inf


def test_answers_and_effective_undo_each_other():
    for plan in (Fieldwork(), Fieldwork(cluster_size=5, icc=0.1, weight_cv=0.4), Fieldwork(population=5000)):
        answers = plan.answers(777)
        assert plan.effective(answers - 1) < 777 <= plan.effective(answers) + 1e-6


def test_clusters_cost_what_they_cost(rng):
    """The variance of a mean over clusters with a common part is that of a simple sample times the effect."""
    m, icc, clusters = 8, 0.2, 50
    common = rng.standard_normal((20_000, clusters)) * math.sqrt(icc)
    own = rng.standard_normal((20_000, clusters)) * math.sqrt((1 - icc) / m)
    found = (common + own).mean(axis=1).var() * clusters * m
    assert_allclose(Fieldwork(cluster_size=m, icc=icc).effect, found, rtol=0.03)


def test_answers_there_can_be():
    assert Fieldwork(population=400, response_rate=0.15).most == 60
    assert (
        Fieldwork(population=1_000, response_rate=0.29).most == 290
    )  # 0.29 * 1,000 is 290 less a rounding error
    assert Fieldwork(population=399, response_rate=0.15).most == 59
    assert Fieldwork(response_rate=0.15).most == math.inf


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Fieldwork(response_rate=0), "`response_rate` must lie above 0"),
        (lambda: Fieldwork(response_rate=20), "`response_rate`.*got 20"),
        (lambda: Fieldwork(cluster_size=0.5), "`cluster_size`"),
        (lambda: Fieldwork(icc=-0.1), "`icc`"),
        (lambda: Fieldwork(weight_cv=-1), "`weight_cv`"),
        (lambda: Fieldwork(population=0), "`population`"),
        (lambda: Fieldwork(icc=0.05), "`icc` of 0.05 does nothing while `cluster_size` is 1"),
        (lambda: Fieldwork(response_rate="20"), "`response_rate` must be a number; got '20'"),
        (lambda: Fieldwork(response_rate=None), "`response_rate` must be a number; got None"),
        (lambda: Fieldwork(population=True), "`population` must be a number; got True"),
        (lambda: Fieldwork(icc=math.nan, cluster_size=5), "`icc` must lie"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
