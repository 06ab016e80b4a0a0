"""Penalty and reward, curves against lines: R, known shapes, orientation, refusals."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import cxresearch as cx
from cxresearch._driver_entry import enter
from cxresearch._driver_shapes import penalty_reward, shape
from cxresearch.stats.regression import fit_linear

RTOL = 1e-8
BOOK = {
    "outcomes": {"overall": {"column": "overall", "kind": "number", "good": "high"}},
    "drivers": {
        "staff": {"column": "staff", "scale": [1, 7]},
        "trouble": {"column": "trouble", "scale": [1, 7], "good": "low"},
        "wait": {"column": "wait", "kind": "number", "good": "low"},
        "calls": {"column": "calls", "kind": "count", "good": "low"},
    },
    "controls": {"tenure": {"column": "tenure", "scale": [1, 5]}},
}


def people(n: int = 2000, seed: int = 1, noise: float = 1.0) -> pd.DataFrame:
    """Staff is basic (slope .8 below 4, .1 above), trouble performance (-.5), waiting bends, calls do not."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({
        "staff": rng.integers(1, 8, n), "trouble": rng.integers(1, 8, n), "wait": np.round(rng.gamma(2, 5, n)),
        "calls": np.minimum(rng.poisson(1.0, n), 5), "tenure": rng.integers(1, 6, n),
    })  # fmt: skip
    staff = 0.8 * np.minimum(rows.staff - 4, 0) + 0.1 * np.maximum(rows.staff - 4, 0)
    smooth = -0.5 * rows.trouble + 2 * np.exp(-rows.wait / 6) - 0.4 * rows.calls + 0.2 * rows.tenure
    return rows.assign(overall=np.round(20 + staff + smooth + noise * rng.normal(size=n), 2))


@pytest.fixture(scope="module")
def asked() -> cx.Drivers:
    return cx.drivers(cx.read(people(), BOOK), "overall", n_boot=100)


def test_kano_words_of_known_slopes(asked: cx.Drivers) -> None:
    found = asked.penalty_reward()
    kinds = found.table[found.table.measure == "difference"].set_index("driver")
    assert kinds.classified[["staff", "trouble"]].tolist() == ["basic", "performance"]
    slope = found.table.set_index(["driver", "measure"])
    for key, truth in (
        (("staff", "penalty"), 0.8),
        (("staff", "reward"), 0.1),
        (("trouble", "penalty"), 0.5),
    ):
        assert slope.conf_low[key] < truth < slope.conf_high[key]
    assert kinds.reference[["staff", "trouble"]].tolist() == [4, 4]
    [note] = [note for note in found.notes if note.code == "one_sided"]
    assert "`calls` is a count" in note.text
    json.dumps(found.to_dict(), allow_nan=False)


def test_slopes_are_those_of_a_kinked_line(asked: cx.Drivers) -> None:
    rows = people()
    reference = float(np.quantile(rows.wait, 0.5, method="inverted_cdf"))
    kinks = [
        part
        for name, at in (("staff", 4.0), ("trouble", 4.0), ("wait", reference))
        for part in (np.minimum(rows[name] - at, 0), np.maximum(rows[name] - at, 0))
    ]
    coef = fit_linear(rows.overall, np.column_stack([rows.calls, rows.tenure, *kinks])).coef[3:]
    table = asked.penalty_reward().table.set_index(["driver", "measure"]).estimate
    assert_allclose([table["staff", "penalty"], table["staff", "reward"]], coef[:2], rtol=RTOL)
    # for trouble up is bad: the penalty lies above the reference, and slopes are turned
    assert_allclose([table["trouble", "reward"], table["trouble", "penalty"]], -coef[2:4], rtol=RTOL)
    assert_allclose([table["wait", "reward"], table["wait", "penalty"]], -coef[4:6], rtol=RTOL)
    assert_allclose(
        table["wait", "difference"], table["wait", "penalty"] - table["wait", "reward"], rtol=RTOL
    )


def test_one_driver_and_another_reference(asked: cx.Drivers) -> None:
    calls = asked.penalty_reward("calls", reference=1)
    assert calls.table.driver.unique().tolist() == ["calls"]
    assert calls.table.classified.iloc[-1] == "performance"
    both = asked.penalty_reward().table
    assert_allclose(
        asked.penalty_reward("staff").table.estimate, both[both.driver == "staff"].estimate, rtol=RTOL
    )


def test_turning_outcome_and_driver_turns_nothing() -> None:
    rows = people(400)
    plain = cx.drivers(cx.read(rows, BOOK), "overall", ["staff"], n_boot=100).penalty_reward().table
    turned_book = {
        **BOOK,
        "outcomes": {"overall": {"column": "overall", "kind": "number", "good": "low"}},
        "drivers": BOOK["drivers"] | {"staff": {"column": "staff", "scale": [1, 7], "good": "low"}},
    }
    turned = cx.read(rows.assign(overall=-rows.overall, staff=8 - rows.staff), turned_book)
    again = cx.drivers(turned, "overall", ["staff"], n_boot=100).penalty_reward().table
    assert_allclose(again.estimate, plain.estimate, rtol=RTOL)
    assert_allclose(again.std_error, plain.std_error, rtol=1e-6)


def test_few_answers_do_not_name_a_kind() -> None:
    few = cx.drivers(cx.read(people(120, 3, noise=8), BOOK), "overall", ["staff", "trouble"], n_boot=100)
    kinds = few.penalty_reward().table.query("measure == 'difference'").classified
    assert set(kinds) == {"not enough data to tell"}


def test_a_ceiling_is_said_and_tested_without() -> None:
    rng = np.random.default_rng(4)
    rows = people(3000, 4)
    latent = 0.8 * rows.staff + rng.logistic(size=3000)
    rows["overall"] = 1 + (latent.to_numpy()[:, None] > np.arange(-2, 4)).sum(axis=1)
    book = BOOK | {"outcomes": {"overall": {"column": "overall", "scale": [1, 7]}}}
    found = cx.drivers(cx.read(rows, book), "overall", ["staff"], n_boot=100).penalty_reward()
    row = found.table[found.table.measure == "difference"].iloc[0]
    assert row.classified == "basic"  # although the world has one slope before its ceiling
    assert row.p_value < 1e-6 < 0.01 < row.p_link
    [note] = [note for note in found.notes if note.code == "ceiling"]
    assert "On the model's own scale no bend is seen for `staff`" in note.text


def test_refusals(asked: cx.Drivers) -> None:
    with pytest.raises(ValueError, match="'nobody' is not one of the drivers"):
        asked.penalty_reward("nobody")
    with pytest.raises(ValueError, match="`reference` belongs to one driver"):
        asked.penalty_reward(reference=3)
    with pytest.raises(cx.SurveyError, match="`calls` is a count"):
        asked.penalty_reward("calls")
    with pytest.raises(cx.SurveyError, match="0 rows below"):
        asked.penalty_reward("staff", reference=1)


def test_shapes_of_known_curves(asked: cx.Drivers) -> None:
    found = asked.shape()
    table = found.table.set_index("driver")
    assert table.form.to_dict() == {
        "staff": "levels",
        "trouble": "levels",
        "wait": "curve",
        "calls": "levels",
    }
    assert (table.p_holm[["staff", "wait"]] < 1e-4).all()
    assert (table.p_holm[["trouble", "calls"]] > 0.05).all()
    assert "Not a straight line: staff, wait." in found.summary()
    slopes = found.slopes.set_index(["driver", "part"])
    assert_allclose(
        table.estimate["wait"],
        slopes.estimate["wait", "upper"] - slopes.estimate["wait", "lower"],
        rtol=RTOL,
    )
    for driver, truth in (("trouble", -0.5), ("calls", -0.4)):
        low, high = slopes.conf_low[driver, "lower"], slopes.conf_high[driver, "lower"]
        assert low < truth < high
    assert (table.p_holm >= table.p_value).all()
    json.dumps(found.to_dict(), allow_nan=False)


def test_levels_of_a_number_model_are_means(asked: cx.Drivers) -> None:
    """With all levels free and nothing else in the model, slopes join the observed means."""
    survey = asked.survey
    alone = cx.drivers(survey, "overall", ["staff"], [], n_boot=100).shape()
    means = people().groupby("staff").overall.mean()
    slopes = alone.slopes
    joined = [
        (means[stop] - means[start]) / (stop - start)
        for start, stop in zip(slopes.start, slopes.stop, strict=True)
    ]
    assert_allclose(slopes.estimate, joined, rtol=RTOL)


def test_too_few_answers_have_no_shape() -> None:
    rows = people(300)
    rows["staff"] = rows.staff.clip(3, 5)
    survey = cx.read(rows, BOOK)
    with pytest.raises(cx.SurveyError, match="no driver has 4 answers"):
        cx.drivers(survey, "overall", ["staff"], n_boot=100).shape()
    found = cx.drivers(survey, "overall", ["staff", "trouble"], n_boot=100).shape()
    assert "`staff`" in {note.code: note.text for note in found.notes}["too_few_values"]


@pytest.mark.slow
def test_equal_slopes_are_seldom_called_unequal() -> None:
    """300 samples of 400 customers: each of the two wrong words at most 2.5 % of the time, and noise."""
    wrong = 0
    for seed in range(300):
        rows = people(400, seed)
        survey = cx.read(rows, BOOK)
        found = penalty_reward(survey, enter(survey, "overall", ["trouble"], ["tenure"]), None, None, 0.95)
        wrong += found.table.classified.iloc[-1] in ("basic", "excitement")
    assert wrong <= 26  # 5 % of 300, and three standard errors


@pytest.mark.slow
def test_the_line_of_a_cumulative_model_is_rejected_as_promised() -> None:
    """300 samples of 300 customers answering 1-5 along a line: 5 %, by levels and by curve."""
    rejected = np.zeros(2)
    book = BOOK | {"outcomes": {"overall": {"column": "overall", "scale": [1, 5]}}}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        rows = people(300, seed)
        latent = 0.3 * rows.staff - 0.05 * rows.wait + rng.logistic(size=300)
        rows["overall"] = 1 + (latent.to_numpy()[:, None] > np.array([-0.5, 0.3, 1.1, 2.0])).sum(axis=1)
        survey = cx.read(rows, book)
        found = shape(survey, enter(survey, "overall", ["staff", "wait"], []), 0.95)
        rejected += found.table.p_value.to_numpy() < 0.05
    assert np.all(np.abs(rejected / 300 - 0.05) < 0.038), rejected / 300
