"""Mediation of drivers through effort to loyalty: arrays under it, identities, notes, design, refusals."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import cxresearch as cx
from cxresearch._driver_entry import enter
from cxresearch.stats import responses
from cxresearch.stats.mediation import Chain, Move
from cxresearch.stats.regression import fit_linear

RTOL = 1e-8
QUICK = {"n_boot": 200, "seed": 3}
BOOK = {
    "metrics": {"ces": {"column": "ces", "instrument": "ces2"}},
    "outcomes": {
        "again": {"column": "again", "scale": [1, 7]},
        "renewed": {"column": "renewed", "kind": "binary"},
        "spend": {"column": "spend", "kind": "number"},
    },
    "drivers": {
        "transfers": {"column": "transfers", "kind": "count", "good": "low"},
        "twice": {"column": "twice", "kind": "binary", "good": "low"},
        "channel": {"column": "channel", "kind": "category", "levels": ["web", "phone", "shop"]},
    },
    "controls": {"complexity": {"column": "complexity", "scale": [1, 5]}},
}


def people(n: int = 600, seed: int = 1, through: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    complexity = rng.integers(1, 6, n)
    transfers = rng.poisson(0.2 + 0.2 * complexity)
    twice = rng.integers(0, 2, n)
    channel = rng.choice(["web", "phone", "shop"], n)
    ease = 6 - 0.7 * transfers - 0.6 * twice - 0.2 * complexity - 0.5 * (channel == "phone")
    ces = np.clip(np.rint(ease + rng.normal(0, 1, n)), 1, 7)
    mood = through * ces - 0.2 * transfers - 0.1 * complexity + rng.normal(0, 1, n)
    return pd.DataFrame({
        "ces": ces, "again": np.clip(np.rint(2.5 + mood), 1, 7), "renewed": (mood > 1.2).astype(int),
        "spend": np.round(100 + 20 * mood, 1), "transfers": transfers, "twice": twice, "channel": channel,
        "complexity": complexity,
    })  # fmt: skip


@pytest.fixture(scope="module")
def survey() -> cx.Survey:
    return cx.read(people(), BOOK)


@pytest.fixture(scope="module")
def asked(survey: cx.Survey) -> cx.Drivers:
    return cx.drivers(survey, "ces", **QUICK)


@pytest.fixture(scope="module")
def found(asked: cx.Drivers):
    return asked.mediation("again")


def test_total_is_direct_and_indirect(found) -> None:
    wide = found.table.pivot_table(index=["driver", "term"], columns="effect", values="estimate")
    assert_allclose(wide.total, wide.direct + wide.indirect, rtol=RTOL)
    known = wide.proportion_mediated.notna()
    assert_allclose(wide.proportion_mediated[known], (wide.indirect / wide.total)[known], rtol=RTOL)
    assert found.table.term.unique().tolist() == ["per 1", "yes vs no", "phone vs web", "shop vs web"]
    assert (found.table.conf_low <= found.table.conf_high)[found.table.estimate.notna()].all()


def test_arrays_give_the_same_split(found) -> None:
    rows = people()
    X = np.column_stack([
        rows.transfers, rows.twice, rows.channel == "phone", rows.channel == "shop", rows.complexity,
    ]).astype(float)  # fmt: skip
    chain = Chain(X, rows.ces.to_numpy(float), rows.again.to_numpy(float), True, True)
    everybody = np.ones(len(X), bool)
    no, yes = X.copy(), X.copy()
    no[:, 1], yes[:, 1] = 0, 1
    moves = [Move(X + np.array([1.0, 0, 0, 0, 0]), X, True, everybody), Move(yes, no, False, everybody)]
    [split] = chain.effects(moves, np.ones((1, len(X))))
    for (driver, k), values in zip((("transfers", 0), ("twice", 1)), split, strict=True):
        mine = found.table[(found.table.driver == driver) & found.table.effect.isin(["direct", "indirect"])]
        assert_allclose(mine.estimate, values, rtol=1e-6, err_msg=f"{driver} {k}")


def test_the_interaction_is_tested_in_the_logit_that_the_split_rests_on() -> None:
    """Also where the answers to loyalty alone would choose a probit."""
    survey = cx.read(people(1_500, seed=4), BOOK)
    asked = cx.drivers(survey, "ces", ["transfers"], **QUICK)
    chosen, fixed = (
        enter(survey, "again", ["transfers"], ["complexity", "ces"], model=model).outcome.family
        for model in (None, "cumulative")
    )
    assert (chosen, fixed) == ("probit", "cumulative")
    found = asked.mediation("again")
    assert "again by cumulative logit" in found.method
    rows = people(1_500, seed=4)
    m = rows.ces - rows.ces.mean()
    X = np.column_stack([rows.transfers, rows.complexity, m, m * rows.transfers]).astype(float)
    ones = np.ones(len(X))
    fit = responses.fit("cumulative", rows.again, X, ones, n=len(X))
    # without a design: robust covariance, rows - 1 for rows in the middle of the sandwich
    meat = np.cov(fit.influence, rowvar=False) * len(X)
    error = meat[3, 3] * len(X) / (len(X) - fit.n_parameters)
    assert_allclose(found.interactions.statistic[0], fit.coef[3] ** 2 / error, rtol=1e-6)


def test_lines_are_products_of_coefficients(survey: cx.Survey) -> None:
    line = cx.drivers(survey, "ces", ["transfers"], ["complexity"], model="linear", **QUICK).mediation(
        "spend"
    )
    rows = people()
    X = rows[["transfers", "complexity"]].to_numpy(float)
    a = fit_linear(rows.ces, X).coef[1]
    both = fit_linear(rows.spend, np.column_stack([X, rows.ces])).coef
    values = line.table.set_index("effect").estimate
    assert_allclose(values[["direct", "indirect"]], [both[1], a * both[3]], rtol=RTOL)
    assert_allclose(values["total"], fit_linear(rows.spend, X).coef[1], rtol=RTOL)
    assert "product of coefficients" in line.method


def test_two_answers_are_in_percentage_points(asked: cx.Drivers) -> None:
    renewed = asked.mediation("renewed")
    total = renewed.table.query("driver == 'transfers' and effect == 'total'").estimate.iloc[0]
    slope = cx.drivers(asked.survey, "renewed", ["transfers", "twice", "channel"], ["complexity"], n_boot=100)
    near = slope.effects.query("driver == 'transfers' and measure == 'mean'").estimate.iloc[0]
    assert_allclose(total, 100 * near, rtol=0.1)  # two models instead of one
    assert "percentage points of renewed" in renewed.method


def test_proportion_of_nothing_is_not_told(found, asked: cx.Drivers) -> None:
    shop = found.table.query("term == 'shop vs web'").set_index("effect")
    assert shop.conf_low["total"] < 0 < shop.conf_high["total"]
    assert np.isnan(shop.estimate["proportion_mediated"])
    assert "proportion_undefined" in {note.code for note in found.notes}
    only = asked.mediation("again")
    assert only.table.equals(found.table)  # the seed decides


def test_assumptions_are_said_where_they_matter(found, asked: cx.Drivers) -> None:
    codes = {note.code for note in found.notes if note.changes_reading}
    assert {"sequential_ignorability", "cross_section", "one_questionnaire"} <= codes
    assert "one_questionnaire" not in {note.code for note in asked.mediation("renewed").notes}
    assert "through ces" in found.summary()
    json.dumps(found.to_dict(), allow_nan=False)


def test_an_interaction_is_found_and_a_missing_one_is_not_invented(found) -> None:
    assert found.interactions.driver.tolist() == ["transfers", "twice", "channel"]
    assert found.interactions.df.tolist() == [1, 1, 2]
    assert "no_interaction" in {note.code for note in found.notes}
    rows = people(1500, 5)
    rows["again"] = np.clip(np.rint(2 + rows.ces * (0.2 + 0.5 * rows.twice) + np.arange(1500) % 3 - 1), 1, 7)
    bent = cx.drivers(cx.read(rows, BOOK), "ces", **QUICK).mediation("again")
    [note] = [note for note in bent.notes if note.code == "interaction"]
    assert "`twice`" in note.text
    assert "`transfers`" not in note.text


def test_paths_that_cancel_are_named() -> None:
    rows = people(1500, 6)
    rows["again"] = np.clip(np.rint(0.8 * rows.ces + 0.9 * rows.transfers + np.arange(1500) % 3 - 1), 1, 7)
    crossed = cx.drivers(cx.read(rows, BOOK), "ces", ["transfers"], **QUICK).mediation("again")
    assert "opposed_paths" in {note.code for note in crossed.notes}


def test_weights_are_rows_and_clusters_widen() -> None:
    rows = people(200, 7)
    rows["w"] = np.where(np.arange(200) % 2, 2, 1)
    weighted = cx.read(rows, BOOK | {"design": {"weight": "w"}})
    twice = cx.read(rows.loc[np.repeat(rows.index, rows.w)].reset_index(drop=True), BOOK)
    both = [cx.drivers(s, "ces", ["transfers"], **QUICK).mediation("again") for s in (weighted, twice)]
    assert_allclose(both[0].table.estimate[:3], both[1].table.estimate[:3], rtol=1e-6)
    off = cx.drivers(weighted, "ces", ["transfers"], weights=False, **QUICK).mediation("again")
    assert abs(off.table.estimate[0] / both[0].table.estimate[0] - 1) > 1e-4
    copies = pd.concat([rows] * 4, ignore_index=True).assign(agent=np.tile(np.arange(200), 4))
    clustered = cx.read(copies, BOOK | {"design": {"cluster": "agent"}})
    error = [
        cx.drivers(s, "ces", ["transfers"], **QUICK).mediation("again").table.std_error[1]
        for s in (clustered, cx.read(rows, BOOK))
    ]
    assert_allclose(error[0], error[1], rtol=0.15)  # 200 customers, each asked four times, are 200 customers


def test_a_path_from_what_hardly_anybody_met_is_refused() -> None:
    rows = people()
    rows["twice"] = (rows.index < 2).astype(int)
    rare = cx.drivers(cx.read(rows, BOOK), "ces", **QUICK)
    with pytest.raises(cx.SurveyError, match=r"`twice` \(yes vs no\): only 2 of 600 rows"):
        rare.mediation("again")


def test_refusals(asked: cx.Drivers, survey: cx.Survey) -> None:
    with pytest.raises(cx.CodebookError, match="`ces` is the mediator here"):
        asked.mediation("ces")
    with pytest.raises(cx.CodebookError, match="`transfers` is a driver here"):
        asked.mediation("transfers")
    with pytest.raises(cx.CodebookError, match="`complexity` is a control here"):
        asked.mediation("complexity")
    with pytest.raises(cx.CodebookError):
        asked.mediation("nothing")


def test_interactions_of_drivers_stay_in_both_models(survey: cx.Survey) -> None:
    line = cx.drivers(
        survey,
        "ces",
        ["transfers", "twice"],
        ["complexity"],
        model="linear",
        interactions=["transfers:twice"],
        **QUICK,
    ).mediation("spend")
    rows = people()
    X = rows[["transfers", "twice", "complexity"]].to_numpy(float)
    X = np.column_stack([X, X[:, 0] * X[:, 1]])
    coef = fit_linear(rows.spend, X).coef
    total = line.table.query("driver == 'transfers' and effect == 'total'").estimate.iloc[0]
    assert_allclose(total, coef[1] + coef[4] * rows.twice.mean(), rtol=RTOL)
