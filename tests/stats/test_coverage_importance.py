"""The benchmark of importances runs, and its page has every table its text announces."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from benchmarks import coverage_importance as benchmark
from cxresearch.stats.importance import moments, shapley_r2


def test_truth_of_a_normal_world_is_that_of_many_rows():
    world = benchmark.WORLDS[1]
    X, y, design = world.rows(200_000, np.random.default_rng(1))
    assert_allclose(world.truth()[0], shapley_r2(moments(np.column_stack([X, y]), design.w)), atol=0.004)


@pytest.mark.slow
def test_page(monkeypatch):
    monkeypatch.setattr(benchmark, "BIG", 20_000)
    monkeypatch.setattr(benchmark, "SIZES", (100, 150, 200))
    text = benchmark.page(seed=1, samples=2)
    assert text.count("| ---: |\n") == 5
    assert "--samples 2`" in text
    assert "{" not in text
