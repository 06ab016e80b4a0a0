"""Scales, scorers and instruments: the definitions the field quarrels about, and what must be refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from cxresearch.errors import ScaleError
from cxresearch.survey import INSTRUMENTS, Box, Mean, Net, Scale, Share, same_direction

RTOL = 1e-12  # a handful of additions


@pytest.mark.parametrize(
    ("scorer", "scale", "answers", "score"),
    [
        # 25 promoters, 55 passives, 20 detractors
        (Net(9, 6), Scale(0, 10), [10] * 25 + [7] * 55 + [3] * 20, 5),
        (Net(8, 6), Scale(0, 10), [10] * 25 + [8] * 55 + [3] * 20, 60),
        (Net(9, 6), Scale(1, 10), [9] * 3 + [6] * 1, 50),
        (Box(2), Scale(1, 5), [5, 4, 3, 2], 50),
        (Box(2), Scale(1, 5, good="low"), [1, 2, 3, 4, 5], 40),
        (Box(1), Scale(0, 5), [5, 0, 0, 0], 25),
        (Share(at_least=5), Scale(1, 7), [7, 6, 5, 4], 75),
        (Share(at_most=2), Scale(1, 5, good="low"), [1, 2, 3, 4], 50),
        (Net(2, 4), Scale(1, 5, good="low"), [1, 2, 3, 5], 25),
        (Mean(), Scale(1, 5, good="low"), [1, 2, 3], 2),
    ],
)
def test_scores_by_hand(scorer, scale, answers, score):
    assert scorer.apply(answers, scale).mean() == pytest.approx(score, rel=RTOL)
    share = np.array([np.mean(np.isclose(answers, point)) for point in scale.points])
    assert share @ scorer.values(scale) == pytest.approx(score, rel=RTOL)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_instruments_are_scored_on_their_own_points(name):
    known = INSTRUMENTS[name]
    for scorer in known.scorers:
        best_last = np.argsort(known.scale.orient(known.scale.points))
        values = scorer.values(known.scale)[best_last]
        if isinstance(scorer, Mean):  # in the scale's own direction
            values = known.scale.orient(values)
        assert (np.diff(values) >= 0).all(), "a better answer never lowers a score"
        assert np.isnan(scorer.apply([np.nan], known.scale)).all()


def test_official_forms():
    assert INSTRUMENTS["nps"].scorers[0] == Net(9, 6)
    assert (INSTRUMENTS["nps10"].scale.low, INSTRUMENTS["nps10"].scorers[0]) == (1, Net(9, 6))
    assert INSTRUMENTS["ces1"].scale.good == "low"
    assert {scorer.name for scorer in INSTRUMENTS["ces2"].scorers} == {"share", "net", "mean"}
    assert INSTRUMENTS["ces2"].scorers[0] == Share(at_least=5)
    assert INSTRUMENTS["stars0"].scale.low == 0


@given(st.integers(-5, 5), st.integers(1, 12), st.integers(-5, 5), st.integers(1, 12))
def test_conversion_maps_ends_to_ends_and_back(low, span, low2, span2):
    a, b = Scale(low, low + span), Scale(low2, low2 + span2)
    x = np.linspace(low, low + span, 7)
    assert_allclose(a.convert([a.low, a.high], b), [b.low, b.high], atol=1e-12)
    assert_allclose(b.convert(a.convert(x, b), a), x, atol=1e-12)


def test_conversion_is_not_a_ratio():
    """1-5 to 1-7 is not x * 7 / 5: that would make the worst answer 1.4."""
    assert_allclose(Scale(1, 5).convert([1, 2, 5], Scale(1, 7)), [1, 2.5, 7], rtol=RTOL)


def test_opposite_directions_are_refused_unless_said():
    effort, ease = Scale(1, 5, good="low"), Scale(1, 7)
    with pytest.raises(ScaleError, match="flip=True"):
        effort.convert([1], ease)
    assert_array_equal(effort.convert([1, 5, np.nan], ease, flip=True), [7, 1, np.nan])
    with pytest.raises(ScaleError, match="agree"):
        ease.convert([1], Scale(0, 10), flip=True)
    with pytest.raises(ScaleError, match="opposite good ends"):
        same_direction(effort, ease)
    same_direction(effort.oriented, ease)


@pytest.mark.parametrize("value", [0, 8, np.inf])
def test_conversion_refuses_answers_off_the_scale(value):
    with pytest.raises(ScaleError, match="not on that scale"):
        Scale(1, 7).convert([value], Scale(0, 10))


@given(st.integers(-3, 3), st.integers(1, 9), st.data())
def test_orientation_is_its_own_inverse(low, span, data):
    scale = Scale(low, low + span, good="low")
    x = np.array(data.draw(st.lists(st.sampled_from(list(scale.points)), min_size=1)))
    assert_allclose(scale.orient(scale.orient(x)), x)
    assert scale.contains(scale.orient(x)).all()


def test_contains_knows_steps_and_rounding():
    half = Scale(0, 5, step=0.5)
    assert_array_equal(half.contains([0.5, 0.25, 5.0, 5.5, np.nan]), [True, False, True, False, False])
    assert Scale(0, 1, step=0.1).contains(np.arange(11) * 0.1).all(), "0.30000000000000004 is 0.3"
    assert Scale(0, 10, step=None).contains([3.14159]).all()
    assert_array_equal(Scale(0, np.inf).contains([3, 2.5, -1, np.inf]), [True, False, False, False])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 7, "high": 1}, "low < high"),
        ({"low": float("nan"), "high": 1}, "low < high"),
        ({"low": 1, "high": 7, "missing": (4,)}, "cannot be both"),
        ({"low": 1, "high": 7, "step": 4}, "do not end"),
        ({"low": 1, "high": 7, "step": 0}, "positive"),
        ({"low": 1, "high": 7, "labels": {"Agree": 9}}, "not on 1-7"),
        ({"low": 1, "high": 7, "labels": {"x": 2}, "missing": ("x",)}, "both a label and a missing"),
        ({"low": 1, "high": 7, "good": "up"}, "'high' or 'low'"),
    ],
)
def test_impossible_scales_are_refused(arguments, message):
    with pytest.raises(ScaleError, match=message):
        Scale(**arguments)


@pytest.mark.parametrize(
    "make",
    [Share, lambda: Share(1, 2), lambda: Box(0), lambda: Net(6, 6), lambda: Net(5, 6).values(Scale(0, 10))],
)
def test_impossible_scorers_are_refused(make):
    with pytest.raises(ScaleError):
        make()


def test_points_of_a_continuous_scale_are_refused():
    with pytest.raises(ScaleError, match="no list of points"):
        _ = Scale(0, 100, step=None).points
    with pytest.raises(ScaleError, match="no list of points"):
        _ = Scale(0, np.inf).points


def test_scales_are_values():
    scale = Scale(1, 5, missing=(-99, "Blank"), labels={"Agree": 4})
    assert scale == Scale(1, 5, missing=(-99, "Blank"), labels={"Agree": 4})
    assert hash(scale) == hash(Scale(1, 5, missing=(-99, "Blank"), labels={"Agree": 4}))
    assert pickle.loads(pickle.dumps(scale)) == scale
    with pytest.raises(TypeError):
        scale.labels["Agree"] = 5
