"""Unmeasured confounders and odd drivers at the survey's level: by hand, by an omitted variable, by known sets."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr

import cxresearch as cx
from cxresearch._driver_doubts import doubt_notes, robustness
from cxresearch._driver_effects import model_of
from cxresearch._driver_entry import enter
from cxresearch.stats.confounding import e_value, robustness_value
from cxresearch.stats.regression import fit_linear

RTOL = 1e-8
BOOK = {
    "metrics": {"ces": {"column": "ces", "instrument": "ces2"}, "ease": {"column": "ease", "scale": [1, 7]}},
    "outcomes": {"spend": {"column": "spend", "kind": "number"}},
    "drivers": {
        "transfers": {"column": "transfers", "kind": "count", "good": "low"},
        "twice": {"column": "twice", "kind": "binary", "good": "low"},
        "channel": {"column": "channel", "kind": "category", "levels": ["web", "phone", "shop"]},
    },
    "controls": {"complexity": {"column": "complexity", "scale": [1, 5]}},
}


def people(n: int = 800, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    complexity = rng.integers(1, 6, n)
    transfers = rng.poisson(0.1 + 0.25 * complexity)
    twice = rng.integers(0, 2, n)
    channel = rng.choice(["web", "phone", "shop"], n)
    score = (
        6.5
        - 0.6 * transfers
        - 0.5 * twice
        - 0.3 * complexity
        - 0.3 * (channel == "shop")
        + rng.normal(0, 1, n)
    )
    return pd.DataFrame({
        "ces": np.clip(np.rint(score), 1, 7), "ease": np.clip(np.rint(score + rng.normal(0, 1, n)), 1, 7),
        "spend": np.round(50 + 10 * score, 1), "transfers": transfers, "twice": twice, "channel": channel,
        "complexity": complexity,
    })  # fmt: skip


@pytest.fixture(scope="module")
def asked() -> cx.Drivers:
    return cx.drivers(cx.read(people(), BOOK), "ces", n_boot=100)


def design_matrix(rows: pd.DataFrame) -> np.ndarray:
    columns = [rows.transfers, rows.twice, rows.channel == "phone", rows.channel == "shop", rows.complexity]
    return np.column_stack(columns).astype(float)


def test_robustness_by_hand(asked: cx.Drivers) -> None:
    """From the classical t of the linear model, as sensemakr computes it."""
    found = asked.robustness()
    rows = people()
    fit = fit_linear(rows.ces, design_matrix(rows))
    terms = [
        ("transfers", "per 1"),
        ("twice", "yes vs no"),
        ("channel", "phone vs web"),
        ("channel", "shop vs web"),
    ]
    table = found.table.set_index(["driver", "term", "measure"]).estimate
    for j, term in enumerate(terms, start=1):
        f = abs(fit.coef[j]) / fit.std_error[j] / fit.df**0.5
        assert_allclose(table[(*term, "effect")], fit.coef[j], rtol=RTOL)
        assert_allclose(table[(*term, "partial_r2")], f**2 / (1 + f**2), rtol=1e-7)
        assert_allclose(table[(*term, "robustness_value")], robustness_value(f), rtol=1e-7)
        assert table[(*term, "robustness_value_limit")] <= table[(*term, "robustness_value")]
    json.dumps(found.to_dict(), allow_nan=False)
    assert "Least robust of the effects told apart from 0 is" in found.summary()


def test_limit_is_zero_exactly_where_the_interval_holds_zero(asked: cx.Drivers) -> None:
    wide = asked.robustness().table.pivot_table(
        index=["driver", "term"], columns="measure", values="estimate"
    )
    ends = asked.robustness().table.query("measure == 'effect'").set_index(["driver", "term"])
    holds = (ends.conf_low < 0) & (ends.conf_high > 0)
    assert holds.any()
    assert not holds.all()
    assert ((wide.robustness_value_limit == 0) == holds.reindex(wide.index)).all()


def test_bound_of_a_control_is_near_what_leaving_it_out_does() -> None:
    """Complexity kept as the benchmark, its twin left out: the bound for once as strong covers the true harm."""
    rng = np.random.default_rng(9)
    n = 20_000
    a, b = rng.integers(1, 6, (2, n))
    transfers = rng.poisson(0.1 + 0.15 * (a + b))
    spend = np.round(50 - 5 * transfers - 2 * (a + b) + rng.normal(0, 8, n), 1)
    rows = pd.DataFrame({"spend": spend, "transfers": transfers, "complexity": a})
    book = {key: BOOK[key] for key in ("outcomes", "controls")}
    survey = cx.read(rows, book | {"drivers": {"transfers": BOOK["drivers"]["transfers"]}})
    found = cx.drivers(survey, "spend", n_boot=100).robustness()
    bound = found.bounds.query("benchmark == 'complexity' and times == 1").iloc[0]
    truth = fit_linear(spend, np.column_stack([transfers, a, b])).coef[1]
    assert_allclose(bound.estimate, truth, rtol=0.05)
    biased = found.table.query("measure == 'effect'").estimate.iloc[0]
    assert abs(biased - truth) > 5 * abs(bound.estimate - truth)


def test_risk_ratios_and_their_e_values(asked: cx.Drivers) -> None:
    table = asked.robustness().table.set_index(["driver", "term", "measure"])
    at = ("twice", "yes vs no")
    ratio, low = table.estimate[(*at, "risk_ratio")], table.conf_low[(*at, "risk_ratio")]
    assert low > 1
    assert_allclose(table.estimate[(*at, "e_value")], e_value(ratio), rtol=RTOL)
    assert_allclose(table.estimate[(*at, "e_value_limit")], e_value(low), rtol=RTOL)
    rows = people()
    ease = 6.5 - 0.6 * rows.transfers - 0.3 * rows.complexity - 0.3 * (rows.channel == "shop")
    hard, easy = (ndtr(3.5 - ease + 0.5 * twice).mean() for twice in (1, 0))  # the truth of `people`
    assert low < hard / easy < table.conf_high[(*at, "risk_ratio")]
    assert_allclose(ratio, hard / easy, rtol=0.2)
    none = table.loc[("channel", "phone vs web", "e_value_limit"), "estimate"]
    assert none == 1


def test_design_raises_the_bar_and_leaves_the_strength(asked: cx.Drivers) -> None:
    rows = pd.concat([people(200)] * 4, ignore_index=True).assign(agent=np.tile(np.arange(200), 4))
    plain = cx.drivers(cx.read(rows, BOOK), "ces", n_boot=100).robustness()
    clustered = cx.read(rows, BOOK | {"design": {"cluster": "agent"}})
    by_agent = cx.drivers(clustered, "ces", n_boot=100).robustness()
    value = [r.table[r.table.measure == "robustness_value"].estimate.to_numpy() for r in (plain, by_agent)]
    limit = [
        r.table[r.table.measure == "robustness_value_limit"].estimate.to_numpy() for r in (plain, by_agent)
    ]
    assert_allclose(value[0], value[1], rtol=RTOL)
    assert (limit[1] <= limit[0]).all()
    assert (limit[1] < limit[0] - 0.02).any()
    assert "design" in {note.code for note in by_agent.notes}


def test_outcomes_without_bad_answers_have_no_e_value() -> None:
    found = cx.drivers(cx.read(people(), BOOK), "spend", ["transfers"], [], n_boot=100).robustness()
    assert "e_value" not in set(found.table.measure)
    assert {"no_adverse", "no_controls"} <= {note.code for note in found.notes}


def codes(
    rows: pd.DataFrame, outcome: str = "ces", names: list[str] | None = None, **book: object
) -> dict[str, str]:
    asked = cx.drivers(cx.read(rows, BOOK | book), outcome, names, n_boot=100)
    return {note.code: note.text for note in asked.notes}


DOUBTS = {"collinear", "sign_turns", "suppressed", "hardly_varies", "scale_shared"}


def test_ordinary_drivers_raise_no_doubt(asked: cx.Drivers) -> None:
    assert not DOUBTS & {note.code for note in asked.notes}


def test_a_collinear_set_is_named() -> None:
    rows = people()
    rng = np.random.default_rng(1)
    rows["calls"] = 3 * rows.transfers + rng.integers(0, 2, len(rows))
    drivers = BOOK["drivers"] | {"calls": {"column": "calls", "kind": "count", "good": "low"}}
    text = codes(rows, drivers=drivers)["collinear"]
    assert "`transfers` and `calls` nearly follow from one another" in text
    assert "twice" not in text


def test_a_suppressor_and_a_sign_that_turns_are_told() -> None:
    rng = np.random.default_rng(3)
    n = 3000
    complexity = rng.integers(1, 6, n)
    transfers = np.clip(rng.poisson(0.9 * (6 - complexity)), 0, 9)  # easy issues are passed on
    score = 8 - 0.3 * transfers - 1.2 * complexity + rng.normal(0, 1, n)
    rows = people(n).assign(transfers=transfers, complexity=complexity, spend=np.round(score, 1))
    assert "`transfers` turns its sign" in codes(rows, "spend", ["transfers", "twice"])["sign_turns"]
    rows["spend"] = np.round(8 - 0.6 * transfers - 0.4 * complexity + rng.normal(0, 1, n), 1)
    found = codes(rows, "spend", ["transfers", "twice"])
    assert "`transfers` says more about the outcome beside the others" in found["suppressed"]
    assert "sign_turns" not in found


def test_confounding_that_only_shrinks_an_effect_is_no_suppression(asked: cx.Drivers) -> None:
    assert "suppressed" not in {note.code for note in asked.notes}  # complexity makes transfers look worse


def test_a_driver_that_hardly_varies_is_told() -> None:
    rows = people()
    rows["twice"] = (np.arange(len(rows)) % 40 == 0).astype(int)
    assert (
        "98 % gave the same answer to `twice`; its effect rests on the 20 rows"
        in codes(rows)["hardly_varies"]
    )


def test_a_driver_on_the_outcomes_scale_is_told() -> None:
    found = codes(people(), "ces", ["ease", "transfers"])
    assert "`ease` and `ces` were asked on the same scale (1 to 7)" in found["scale_shared"]


@pytest.mark.slow
def test_noise_raises_few_doubts() -> None:
    """Of 200 worlds without suppression, at most a tenth are told of any."""
    told = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        X = rng.poisson(1.0, (300, 3))
        rows = pd.DataFrame(X, columns=["a", "b", "c"]).assign(
            spend=np.round(-0.3 * X[:, 0] + rng.normal(size=300), 2)
        )
        book = {
            "outcomes": BOOK["outcomes"],
            "drivers": {name: {"column": name, "kind": "count", "good": "low"} for name in "abc"},
        }
        notes = doubt_notes(enter(cx.read(rows, book), "spend"))
        told += bool({"suppressed", "sign_turns"} & {note.code for note in notes})
    assert told <= 20


@pytest.mark.slow
def test_risk_ratios_cover_the_truth() -> None:
    """300 samples of 400 customers whose true risks are enumerated: 95 % and three standard errors."""
    from scipy.special import expit

    def risk(twice: float) -> float:
        levels = np.arange(1, 6)
        return float(expit(-1.5 + 0.7 * twice + 0.25 * levels).mean())

    truth, held = risk(1) / risk(0), 0
    book = {
        "outcomes": {"renewed": {"column": "renewed", "kind": "binary"}},
        "drivers": {"twice": BOOK["drivers"]["twice"]},
        "controls": BOOK["controls"],
    }
    for seed in range(300):
        rng = np.random.default_rng(seed)
        complexity = rng.integers(1, 6, 400)
        twice = (rng.random(400) < 0.2 + 0.1 * complexity).astype(int)
        left = rng.random(400) < expit(-1.5 + 0.7 * twice + 0.25 * complexity)
        rows = pd.DataFrame({"renewed": (~left).astype(int), "twice": twice, "complexity": complexity})
        survey = cx.read(rows, book)
        setting = enter(survey, "renewed")
        table = robustness(survey, setting, model_of(setting), 0.95).table
        row = table[table.measure == "risk_ratio"].iloc[0]
        held += row.conf_low < truth < row.conf_high
    assert 274 <= held <= 296, held / 300
