"""The drivers' truth of the simulated contact survey: exact sums against draws of the same world."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

DATA = Path(__file__).parents[1] / "data"
N = 400_000
ERRORS = 4.5  # standard errors that a draw may be off: once in 100,000 comparisons


@pytest.fixture(scope="module")
def world():
    return runpy.run_path(str(DATA / "make_contact_survey.py"))


@pytest.fixture(scope="module")
def truth(world):
    return world["driver_truth"]().set_index(["driver", "measure"]).truth


def draw(world, changed=None, seed=3):
    """Answers to ces and repurchase, drawn as `simulate` does, with the counts changed by a function."""
    rng = np.random.default_rng(seed)
    z = world["_z"](rng.choice(5, N, p=world["SHARE"] @ world["COMPLEXITY"]) + 1)
    counts = rng.poisson(world["_rates"](z)).astype(float)
    counts = counts if changed is None else changed(counts)
    spread = world["NOISE"] / world["_ease_moments"]()[1]
    ease = world["_level"](z, counts) + spread * rng.standard_normal(N)
    latent = world["_latent"](rng, ease)
    answers = {}
    for item, column in (("ces", 0), ("repurchase", 3)):
        share = world["RELIABILITY"][item]
        noisy = np.sqrt(share) * latent[:, column] + np.sqrt(1 - share) * rng.standard_normal(N)
        answers[item] = world["LOW"][item] + np.searchsorted(world["CUTS"][item], noisy)
    return counts, answers


def close(found, truth, scale=1.0):
    error = scale * found.std() / np.sqrt(len(found))
    assert abs(scale * found.mean() - truth) < ERRORS * error, (scale * found.mean(), truth, error)


def test_levels_and_prevalence_are_those_of_draws(world, truth):
    counts, answers = draw(world)
    close(answers["ces"], truth["", "mean"])
    close(answers["ces"] <= 3, truth["", "adverse"], 100)
    for place, name in enumerate(world["FRICTIONS"]):
        close(counts[:, place] > 0, truth[name, "prevalence"])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_without_a_friction_draws_move_as_stated(world, truth, place):
    name = world["FRICTIONS"][place]

    def without(counts):
        counts[:, place] = 0
        return counts

    _, answers = draw(world, without)
    close(answers["ces"], truth["", "mean"] + truth[name, "attributable_mean"])
    close(answers["ces"] <= 3, truth["", "adverse"] - truth[name, "attributable_points"], 100)
    share = truth[name, "attributable_points"] / truth["", "adverse"]
    assert_allclose(truth[name, "attributable_share"], share, rtol=1e-12)
    assert_allclose(
        truth[name, "affected_mean"] * truth[name, "prevalence"], truth[name, "attributable_mean"], rtol=1e-12
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_slopes_are_those_of_a_tenth_more(world, truth, place):
    """With common random numbers the difference of two draws hardly varies."""
    name, tenth = world["FRICTIONS"][place], 0.1 * np.eye(3)[place]
    more, less = (draw(world, lambda counts, s=sign: counts + s * tenth)[1] for sign in (1, -1))
    close((more["ces"] - less["ces"]) / 0.2, truth[name, "effect_mean"])
    close(((more["ces"] <= 3) * 100.0 - (less["ces"] <= 3) * 100.0) / 0.2, truth[name, "effect_adverse"])
    close((more["repurchase"] - less["repurchase"]) / 0.2, truth[name, "loyalty_total"])


def test_the_simulated_survey_without_frictions_is_the_same_world(world, truth):
    calm = world["simulate"](np.random.default_rng(5), N, frictions=False, missing=False)
    weight = calm.weight.to_numpy()
    weight = weight / weight.mean()
    mean = truth["", "mean"] + truth["all", "attributable_mean"]
    close(mean + weight * (calm.ces.to_numpy() - mean), mean)


def test_repurchase_by_answer_is_that_of_draws(world):
    """At one level of expected ease: what ces tells about repurchase beyond it."""
    rng = np.random.default_rng(4)
    spread = world["NOISE"] / world["_ease_moments"]()[1]
    ease = 0.3 + spread * rng.standard_normal(N)
    latent = world["_latent"](rng, ease)
    noisy = np.sqrt(0.7) * latent[:, 0] + np.sqrt(0.3) * rng.standard_normal(N)
    again = np.sqrt(0.8) * latent[:, 3] + np.sqrt(0.2) * rng.standard_normal(N)
    ces = np.searchsorted(world["CUTS"]["ces"], noisy)
    repurchase = 1 + np.searchsorted(world["CUTS"]["repurchase"], again)
    stated = world["_given_answers"](np.array([0.3]), spread)[0]
    for answer in range(7):
        close(repurchase[ces == answer], stated[answer])


def test_the_answer_carries_the_same_part_of_each_friction(world, truth):
    """Every friction works through ease alone, so the record of ease carries one share of all."""
    part = [truth[name, "loyalty_through_ces"] / truth[name, "loyalty_total"] for name in world["FRICTIONS"]]
    assert_allclose(part, part[0], rtol=1e-6)
    assert 0.3 < part[0] < 0.7


def test_importance_is_that_of_least_squares_on_draws(world, truth):
    """First and last entry, averaged over orders by hand, on the moments of a draw."""
    sample = world["simulate"](np.random.default_rng(6), N, missing=False)
    columns = ["complexity", *world["FRICTIONS"], "ces"]
    moments = np.cov(sample[columns].to_numpy(float).T, aweights=sample.weight)

    def explained(*places):
        held = list(places)
        tie = moments[held, -1]
        return tie @ np.linalg.solve(moments[np.ix_(held, held)], tie) / moments[-1, -1]

    t, r, s = 1, 2, 3
    parts = [
        (explained(0, t) - explained(0)) / 3, (explained(0, t, r, s) - explained(0, r, s)) / 3,
        (explained(0, t, r) - explained(0, r)) / 6, (explained(0, t, s) - explained(0, s)) / 6,
    ]  # fmt: skip
    assert_allclose(sum(parts), truth["transfers", "shapley_r2"], atol=0.004)


def test_doses_start_where_the_friction_is_gone(world, truth):
    doses = world["dose_truth"]("repeats")
    assert doses.value.tolist() == ["0", "1", "2", "3", "4"]
    assert_allclose(
        doses["mean"].iloc[0], truth["", "mean"] + truth["repeats", "attributable_mean"], rtol=1e-12
    )
    assert (np.diff(doses["mean"]) < 0).all()
    assert (np.diff(doses["adverse"]) > 0).all()


def test_the_readme_prints_these_values(truth):
    readme = DATA.joinpath("README.md").read_text(encoding="utf-8")
    printed = readme.partition("measure\n")[2].partition("```")[0]
    for line in printed.splitlines():
        measure, *values = line.split()
        stated = [value for (_, found), value in truth.items() if found == measure]
        assert_allclose([float(value) for value in values], stated, atol=5.1e-5, err_msg=measure)
    assert len(re.findall("\n", printed)) == truth.index.get_level_values(1).nunique()
