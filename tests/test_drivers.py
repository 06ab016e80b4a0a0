"""The drivers question: known truth, hand calculation, identities, and what is refused with the way out."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import cxresearch as cx
from cxresearch import datasets
from cxresearch._driver_entry import enter
from cxresearch.results import ESTIMATE_COLUMNS, SIMULATED
from cxresearch.stats.ordinal import fit_cumulative

EXACT = 1e-9  # the same formula by hand
QUICK = {"n_boot": 100}
FRICTIONS = ("transfers", "repeats", "channel_switches")


def pick(table, **keys):
    for key, value in keys.items():
        table = table[table[key] == value]
    assert len(table) == 1, f"{len(table)} rows for {keys}"
    return table.iloc[0]


@pytest.fixture(scope="module")
def bundled():
    return cx.read(datasets.load_contact_survey(), datasets.codebook("contact_survey"))


@pytest.fixture(scope="module")
def found(bundled):
    return cx.drivers(bundled, "ces", **QUICK)


def answers(n=400, seed=3):
    rng = np.random.default_rng(seed)
    transfers, complexity = rng.poisson(0.8, n), rng.integers(1, 6, n)
    channel = rng.choice(["web", "phone", "mail"], n, p=[0.5, 0.3, 0.2])
    late = rng.integers(0, 2, n)
    wait = np.where(rng.random(n) < 0.3, 99, rng.integers(1, 6, n))
    ease = 5.5 - 0.6 * transfers - 0.4 * complexity / 2 + 0.5 * (channel == "phone") - 0.4 * late
    ces = np.clip(np.round(ease + rng.normal(0, 1.3, n)), 1, 7)
    return pd.DataFrame({
        "ces": ces, "transfers": transfers, "complexity": complexity, "channel": channel, "late": late,
        "wait": wait, "again": rng.poisson(np.exp(0.2 + 0.2 * transfers)),
        "hours": np.round(4 + 2 * transfers + rng.gamma(2, 1.5, n), 3),
        "left": (ease + rng.logistic(size=n) < 4.2).astype(int), "w": rng.choice([0.5, 1.0, 2.0], n),
        "site": rng.integers(0, 40, n),
    })  # fmt: skip


def book(design=None, **entries):
    made = {
        "metrics": {"ces": {"column": "ces", "instrument": "ces2"}},
        "outcomes": {
            "left": {"column": "left", "kind": "binary", "good": "low"},
            "again": {"column": "again", "kind": "count", "good": "low"},
            "hours": {"column": "hours", "kind": "number", "good": "low"},
        },
        "drivers": {
            "transfers": {"column": "transfers", "kind": "count", "good": "low"},
            "channel": {"column": "channel", "kind": "category", "levels": ["web", "phone", "mail"]},
            "late": {"column": "late", "kind": "binary", "good": "low"},
            "wait": {"column": "wait", "scale": [1, 5], "good": "low", "not_applicable": [99]},
        },
        "controls": {"complexity": {"column": "complexity", "scale": [1, 5]}},
    }
    for group, more in entries.items():
        made[group] = made[group] | more
    return made | ({"design": design} if design else {})


def ask(outcome="ces", drivers=("transfers",), controls=(), frame=None, codebook=None, **options):
    survey = cx.read(answers() if frame is None else frame, codebook or book())
    return cx.drivers(survey, outcome, drivers, controls, **(QUICK | options))


# ---- the truth of the simulated survey (data/README.md)


def test_the_effect_of_a_transfer_is_recovered_and_crude_one_overstates(bundled, found):
    held = pick(found.effects, driver="transfers", term="per 1", measure="mean")
    assert held.conf_low < -0.479 < held.conf_high
    crude = cx.drivers(bundled, "ces", ["transfers"], [], **QUICK).effects
    assert pick(crude, measure="mean").conf_high < -0.56
    assert pick(crude, measure="mean").conf_low < -0.702 < pick(crude, measure="mean").conf_high


def test_without_any_friction_the_mean_is_recovered(found):
    calm = found.what_if(**dict.fromkeys(FRICTIONS, 0))
    level = pick(calm.table, scenario="predicted", measure="mean")
    assert level.conf_low < 5.905 < level.conf_high
    now = pick(calm.table, scenario="as observed", measure="mean")
    assert now.conf_low < 5.116 < now.conf_high
    change = pick(calm.table, scenario="change (predicted)", measure="mean")
    assert change.conf_low < 5.905 - 5.116 < change.conf_high


def test_the_table_leads_with_what_is_attributable(found):
    assert found.table.columns.to_list() == ["driver", "measure", "term", *ESTIMATE_COLUMNS]
    assert found.table.driver.unique().tolist() == found.attributable.driver.unique().tolist()
    assert set(found.table.measure) == {"attributable_share", "effect_mean", "shapley_r2"}
    shares = found.attributable[found.attributable.measure == "attributable_share"].estimate
    assert shares.is_monotonic_decreasing
    assert (found.n, found.n_missing) == (1_949, 51)


def test_what_is_said_about_it(found):
    assert SIMULATED in found.notes
    assert SIMULATED in found.what_if(transfers=0).notes
    texts = " ".join(note.text for note in found.notes)
    assert "Adverse answers to `ces`: 1, 2, 3." in texts
    assert "without one: ces 51" in texts
    said = str(found).lower().replace("because", "")
    assert said.count("cause") == said.count("predicts, not causes") == 1
    assert "Probit model (normal errors behind the answers) holding complexity fixed" in found.method


def test_the_model_of_ratings_that_fits_better_is_taken(bundled, found):
    logit, probit = (cx.drivers(bundled, "ces", model=name, **QUICK) for name in ("cumulative", "probit"))
    assert "Cumulative logit model holding complexity fixed" in logit.method
    assert not {note.code for note in (*logit.notes, *probit.notes)} & {"link"}
    code = np.unique(found.setting.outcome.values, return_inverse=True)[1]
    fits = [
        fit_cumulative(code, found.setting.X, found.setting.sample.w, link) for link in ("logit", "probit")
    ]
    w, w2 = found.setting.sample.w, found.setting.sample.w2
    gain = (
        (fits[1].loglik - fits[0].loglik) * w.sum() / w2.sum()
    )  # per unit of weight, times (Σw)² / Σw² rows
    assert gain > 0
    assert found.setting.outcome.family == "probit"
    assert_allclose(found.setting.outcome.link_gain, gain, rtol=1e-9)
    said = next(one.text for one in found.notes if one.code == "link")
    assert f"by {gain:.1f} of log-likelihood" in said
    assert f"the weighted answers counting for {w.sum() ** 2 / w2.sum():,.0f} rows" in said
    pd.testing.assert_frame_equal(found.effects, probit.effects)
    for one, other in ((logit.effects, found.effects), (logit.attributable, found.attributable)):
        assert_allclose(
            one.estimate, other.estimate, rtol=0.15, atol=0.6
        )  # another law of the errors, the same customers
        assert not np.allclose(one.estimate, other.estimate, rtol=1e-4)
    assert "shapley_pseudo_r2" in set(probit.importance.measure)
    assert ask("left", model="probit").setting.outcome.family == "probit"
    assert ask("left").setting.outcome.family == "logit"


def test_what_weights_are_counted_in_does_not_change_how_clear_the_choice_is(found):
    frame = datasets.load_contact_survey()
    share = frame["weight"] / frame["weight"].sum()  # to 1, as some tools hand weights out
    for weight in (1_000 * frame["weight"], share):
        frame["weight"] = weight
        again = cx.drivers(cx.read(frame, datasets.codebook("contact_survey")), "ces", **QUICK)
        assert_allclose(again.setting.outcome.link_gain, found.setting.outcome.link_gain, rtol=1e-6)
        assert_allclose(again.effects.estimate, found.effects.estimate, rtol=1e-6)
        ours, theirs = (one.robustness() for one in (again, found))
        assert_allclose(ours.table.estimate, theirs.table.estimate, rtol=1e-6)
        assert_allclose(ours.bounds.estimate, theirs.bounds.estimate, rtol=1e-6)


def test_unequal_weights_do_not_make_the_choice_clear():
    """Logistic errors, weights of cv 2: the wrong model may fit better by chance, hardly ever `clearly`."""
    rng, clearly, n = np.random.default_rng(2), [], 1_000
    sigma = math.sqrt(math.log(5))
    plain = {"metrics": {"ces": {"column": "ces", "instrument": "ces2"}}, "design": {"weight": "w"}}
    plain |= {"drivers": {"transfers": {"column": "transfers", "kind": "count", "good": "low"}}}
    for _ in range(100):
        x = rng.integers(0, 4, n)
        score = 1.2 * x + rng.logistic(size=n)
        frame = pd.DataFrame({"ces": 1 + np.searchsorted([-3, -1.5, 0, 1.5, 3, 5], score), "transfers": x})
        weighted = frame.assign(w=rng.lognormal(0, sigma, n))
        outcome = enter(cx.read(weighted, plain), "ces").outcome
        clearly.append(outcome.family == "probit" and outcome.link_gain >= 2)
    assert np.mean(clearly) <= 0.04  # a fifth were each weighted row to count as a row


@pytest.mark.parametrize(("law", "family"), [("logistic", "cumulative"), ("normal", "probit")])
def test_of_many_answers_the_right_law_is_found(law, family):
    rng = np.random.default_rng(8)
    x = rng.integers(0, 4, 20_000)
    score = 1.2 * x + getattr(rng, law)(size=len(x)) * (1.0 if law == "logistic" else 1.8)
    frame = pd.DataFrame({"ces": 1 + np.searchsorted([-3, -1.5, 0, 1.5, 3, 5], score), "transfers": x})
    plain = {"metrics": {"ces": {"column": "ces", "instrument": "ces2"}}}
    plain |= {"drivers": {"transfers": {"column": "transfers", "kind": "count", "good": "low"}}}
    made = ask(frame=frame, codebook=plain)
    assert made.setting.outcome.family == family
    assert "clearly" in next(note.text for note in made.notes if note.code == "link")


def test_it_is_plain_json_and_html(found):
    told = json.loads(json.dumps(found.to_dict()))
    assert set(told) >= {"table", "effects", "attributable", "importance", "outcome", "drivers", "family"}
    assert told["family"] == "probit"
    scenario = json.loads(json.dumps(found.what_if(transfers=0).to_dict()))
    assert scenario["values"] == {"transfers": 0}
    assert "<table" in found._repr_html_()


def test_same_seed_same_numbers(bundled):
    one, two = (cx.drivers(bundled, "ces", seed=4, **QUICK) for _ in range(2))
    pd.testing.assert_frame_equal(one.importance, two.importance)


def test_a_metric_may_be_a_driver_and_the_outcome_a_yes_or_no(bundled):
    found = cx.drivers(bundled, "renewed", ["ces", "csat"], ["complexity"], **QUICK)
    assert found.method.startswith("Logit model")
    assert pick(found.effects, driver="ces", measure="mean").estimate > 0
    assert pick(found.attributable, driver="ces", measure="prevalence").reference == "7"


# ---- by hand


def weighted_line(y, X, w):
    A = np.column_stack([np.ones(len(y)), X])
    return np.linalg.solve(A.T @ (A * w[:, None]), A.T @ (w * y))


def test_linear_effects_are_coefficients_and_scenarios_their_products():
    frame = answers()
    found = ask("hours", ["transfers", "late"], ["complexity"], frame, codebook=book({"weight": "w"}))
    X = frame[["transfers", "late", "complexity"]].to_numpy(float)
    w = frame.w.to_numpy()
    beta = weighted_line(frame.hours.to_numpy(), X, w)
    mean = np.average(X, axis=0, weights=w)
    assert_allclose(pick(found.effects, driver="transfers").estimate, beta[1], rtol=EXACT)
    assert_allclose(pick(found.effects, driver="late").estimate, beta[2], rtol=EXACT)
    gone = found.attributable
    assert_allclose(
        pick(gone, driver="transfers", measure="attributable_mean").estimate, -beta[1] * mean[0], rtol=EXACT
    )
    calm = found.what_if(transfers=0, late=0)
    change = pick(calm.table, scenario="change (predicted)", measure="mean").estimate
    assert_allclose(change, -beta[1] * mean[0] - beta[2] * mean[1], rtol=EXACT)
    assert_allclose(calm.steps.estimate, [-beta[1] * mean[0], -beta[2] * mean[1]], rtol=EXACT)
    assert_allclose(calm.steps.estimate.sum(), change, rtol=EXACT)


def test_a_lone_yes_or_no_gives_the_difference_of_two_shares():
    frame = answers()
    found = ask("left", ["late"], frame=frame)
    one, zero = frame.left[frame.late == 1], frame.left[frame.late == 0]
    effect = pick(found.effects, measure="adverse")
    assert effect.term == "yes vs no"
    assert_allclose(effect.estimate, 100 * (one.mean() - zero.mean()), rtol=EXACT)
    error = 100 * np.sqrt(one.var(ddof=0) / len(one) + zero.var(ddof=0) / len(zero))
    assert_allclose(effect.std_error, error * np.sqrt(400 / 398), rtol=1e-6)
    share = pick(found.attributable, measure="attributable_share")
    assert_allclose(share.estimate, 1 - zero.mean() / frame.left.mean(), rtol=EXACT)
    points = pick(found.attributable, measure="attributable_points")
    assert_allclose(points.estimate, 100 * (frame.left.mean() - zero.mean()), rtol=EXACT)
    assert_allclose(pick(found.attributable, measure="prevalence").estimate, frame.late.mean(), rtol=EXACT)


def test_a_category_is_compared_with_its_first_level():
    frame = answers()
    found = ask("left", ["channel"], frame=frame)
    mean = 100 * frame.groupby("channel").left.mean()
    for level in ("phone", "mail"):
        effect = pick(found.effects, term=f"{level} vs web", measure="adverse")
        assert_allclose(effect.estimate, mean[level] - mean["web"], rtol=1e-7)
    assert set(found.attributable.reference) == {"web"}
    phone = found.what_if(channel="phone")
    assert_allclose(
        pick(phone.table, scenario="predicted", measure="adverse").estimate, mean["phone"], rtol=1e-7
    )
    other = ask("left", ["channel"], frame=frame, reference={"channel": "mail"})
    assert set(other.attributable.reference) == {"mail"}


def test_customers_whom_a_driver_does_not_concern_are_a_group_of_their_own():
    frame = answers()
    found = ask("hours", ["wait"], frame=frame)
    concerned = frame.wait < 99
    slope = np.polyfit(frame.wait[concerned], frame.hours[concerned], 1)[0]
    assert found.n == 400  # nobody is left out
    assert_allclose(pick(found.effects, term="per 1").estimate, slope, rtol=1e-8)
    apart = pick(found.effects, term="not applicable vs answered")
    assert_allclose(apart.estimate, frame.hours[~concerned].mean() - frame.hours[concerned].mean(), rtol=1e-8)
    away = (concerned & (frame.wait > 1)).mean()
    assert_allclose(pick(found.attributable, measure="prevalence").estimate, away, rtol=EXACT)
    calm = pick(found.what_if(wait=1).table, scenario="change (predicted)")
    moved = slope * np.where(concerned, 1 - frame.wait, 0).mean()
    assert_allclose(calm.estimate, moved, rtol=1e-8)
    text = next(note.text for note in found.notes if note.code == "not_applicable")
    assert text.startswith(f"Of 400 rows it does not concern: `wait` {(~concerned).sum()}. They")


def test_interactions_enter_effects_and_scenarios():
    frame = answers()
    found = ask(
        "hours",
        ["transfers", "late"],
        ["complexity"],
        frame,
        interactions=["transfers:late", "complexity:transfers"],
    )
    t, late, c = (frame[name].to_numpy(float) for name in ("transfers", "late", "complexity"))
    beta = weighted_line(
        frame.hours.to_numpy(), np.column_stack([t, late, c, t * late, c * t]), np.ones(len(frame))
    )
    assert_allclose(
        pick(found.effects, driver="transfers").estimate,
        (beta[1] + beta[4] * late + beta[5] * c).mean(),
        rtol=1e-8,
    )
    calm = found.what_if(transfers=0)
    moved = -(t * (beta[1] + beta[4] * late + beta[5] * c)).mean()
    assert_allclose(pick(calm.table, scenario="change (predicted)").estimate, moved, rtol=1e-8)


def test_counts_use_a_mean_and_shares_only_where_something_is_adverse():
    found = ask("again", ["transfers"])
    assert found.method.startswith("Poisson model")
    assert set(found.effects.measure) == {"mean"}
    assert "no_adverse" in {note.code for note in found.notes}
    found = ask("again", ["transfers"], adverse=">= 3")
    assert set(found.effects.measure) == {"mean", "adverse"}
    frame = answers()
    seen = pick(found.what_if(transfers=0).table, scenario="as observed", measure="adverse")
    assert_allclose(seen.estimate, 100 * (frame.again >= 3).mean(), rtol=EXACT)


def test_the_answers_that_are_adverse_may_be_said():
    one, two = ask(adverse="<= 2"), ask(adverse=[1, 2])
    pd.testing.assert_frame_equal(one.attributable, two.attributable)
    assert not one.attributable.equals(ask().attributable)


# ---- designs


def test_unit_weights_and_row_order_change_nothing():
    frame = answers().assign(w=1.0)
    plain = ask(frame=frame)
    weighted = ask(frame=frame.sample(frac=1, random_state=1), codebook=book({"weight": "w"}))
    assert_allclose(plain.effects.estimate, weighted.effects.estimate, rtol=EXACT)
    assert_allclose(plain.effects.std_error, weighted.effects.std_error, rtol=1e-8)


def test_weights_and_clusters_can_be_left_out():
    design = book({"weight": "w", "cluster": "site"})
    whole = ask(codebook=design)
    assert "at most 39 degrees of freedom" in whole.method
    blind = ask(codebook=design, weights=False, clusters=False)
    assert_allclose(blind.effects.std_error, ask().effects.std_error, rtol=EXACT)
    assert not np.allclose(whole.effects.std_error, blind.effects.std_error)


def test_rows_of_weight_zero_are_left_out():
    frame = answers()
    frame.loc[:19, "w"] = 0
    assert ask(frame=frame, codebook=book({"weight": "w"})).n_missing == 20


def test_a_single_cluster_is_refused():
    refused(
        cx.DesignError, "lie in one cluster a stratum, .* use clusters=False",
        frame=answers().assign(site=1), codebook=book({"cluster": "site"}),
    )  # fmt: skip


def test_few_clusters_are_told():
    frame = answers().assign(site=lambda x: x.site % 8)
    assert "few_clusters" in {
        note.code for note in ask(frame=frame, codebook=book({"cluster": "site"})).notes
    }


# ---- scenarios and doses


def codes(found):
    return {note.code for note in found.notes}


def test_a_comparison_that_rests_on_next_to_nobody_has_no_interval():
    frame = answers()
    frame.loc[frame.index[:3], "channel"] = "fax"
    levels = {"column": "channel", "kind": "category", "levels": ["web", "phone", "mail", "fax"]}
    found = ask(drivers=("channel",), frame=frame, codebook=book(drivers={"channel": levels}), **QUICK)
    effects = found.effects.set_index(["term", "measure"])
    alone = effects.loc["fax vs web"]
    assert np.isfinite(alone.estimate).all()
    assert alone[["std_error", "conf_low", "conf_high", "p_value"]].isna().all(axis=None)
    assert np.isfinite(effects.loc["phone vs web"].conf_low).all()
    note = next(note for note in found.notes if note.code == "few_rows")
    assert "`channel` fax vs web 3" in note.text
    assert note.changes_reading
    frame = answers()
    frame["late"] = (np.arange(len(frame)) < 4).astype(int)
    rare = ask(drivers=("late", "transfers"), frame=frame, **QUICK)
    share = pick(rare.attributable, driver="late", measure="attributable_share")
    assert np.isfinite(share.estimate)
    assert np.isnan(share.conf_low)


def test_a_row_that_decides_a_slope_alone_and_what_the_door_said_are_told():
    frame = answers()
    frame.loc[5, "transfers"] = 999
    found = ask(frame=frame, **QUICK)
    assert any(note.code.startswith("door_") and "999" in note.text for note in found.notes)
    assert "transfers = 999" in next(note.text for note in found.notes if note.code == "alone")
    assert "alone" not in codes(ask(**QUICK))


def test_a_direction_that_was_not_said_is_suspected():
    frame = answers().assign(ces=lambda rows: 8 - rows.ces)
    assert "turned" in codes(ask(frame=frame, **QUICK))
    assert "turned" not in codes(ask(**QUICK))


def test_adverse_answers_too_few_for_the_columns_are_told():
    frame = answers().query("ces > 3")
    frame.loc[frame.index[:4], "ces"] = 2
    few = ask(drivers=("transfers", "late"), frame=frame, **QUICK)
    note = next(note for note in few.notes if note.code == "few_adverse")
    assert note.changes_reading
    assert note.text.startswith("4 of ")
    assert "few_adverse" not in {note.code for note in ask(**QUICK).notes}


def test_answers_that_nobody_gave_are_extrapolation(found):
    assert found.what_if(transfers=0).supported > 0.95
    far = found.what_if(transfers=25)
    assert far.supported == 0
    assert "extrapolation" in {note.code for note in far.notes}
    assert found.what_if(transfers=0).n == found.n


def test_setting_what_everybody_has_changes_nothing():
    found = ask(frame=answers().query("late == 0 or transfers == 0"), drivers=["transfers", "late"])
    same = found.what_if(late=0, transfers=0)
    own = found.what_if(transfers=0, late=0)
    assert_allclose(same.table.estimate, own.table.estimate, rtol=EXACT)  # the order moves only the steps


def test_doses_show_what_was_observed_and_pool_what_is_rare():
    frame = answers()
    table = ask(frame=frame).dose_response("transfers").table
    last = frame.transfers.value_counts().sort_index()[::-1].cumsum()
    top = last[last >= 20].index.max()
    assert table.value.iloc[-1] == f"{top}+"
    pooled = frame[frame.transfers >= top]
    row = pick(table, value=f"{top}+", measure="mean_observed")
    assert_allclose([row.estimate, row["at"]], [pooled.ces.mean(), pooled.transfers.mean()], rtol=EXACT)
    assert row.n == len(pooled)
    row = pick(table, value="0", measure="adverse_observed")
    assert_allclose(row.estimate, 100 * (frame.ces[frame.transfers == 0] <= 3).mean(), rtol=EXACT)


def test_a_dose_at_which_all_answers_are_alike_has_an_interval():
    frame = answers()
    frame.loc[frame.transfers >= 2, "left"] = 1
    table = ask("left", frame=frame).dose_response("transfers").table
    row = pick(table, value=table.value.iloc[-1], measure="adverse_observed")
    z2 = 1.959963984540054**2
    assert_allclose([row.conf_low, row.conf_high], [100 * row.n / (row.n + z2), 100], rtol=EXACT)


def test_doses_of_categories_and_of_many_numbers():
    found = ask("left", ["channel", "hours"])
    assert found.dose_response("channel").table.value.unique().tolist() == ["web", "phone", "mail"]
    tenths = found.dose_response("hours").table
    assert len(tenths.value.unique()) == 10
    assert tenths["at"].is_monotonic_increasing
    assert "no_reference" in {note.code for note in found.notes}
    assert "hours" not in set(found.attributable.driver)
    assert "hours" in set(ask("left", ["channel", "hours"], reference={"hours": 4.0}).attributable.driver)


# ---- importance


def test_importance_shares_out_what_the_drivers_add_to_the_controls(found):
    shares = found.importance[found.importance.measure == "shapley_share"]
    assert_allclose(shares.estimate.sum(), 1, rtol=EXACT)
    r2 = found.importance[found.importance.measure == "shapley_r2"]
    assert r2["rank"].tolist() == [1, 2, 3]
    assert r2.p_value.max() < 0.01
    assert_allclose(r2.p_first.sum(), 1, rtol=EXACT)
    assert "shapley_pseudo_r2" in set(found.importance.measure)


def test_one_driver_and_a_category_have_importance():
    one = ask(drivers=["transfers"]).importance
    assert pick(one, measure="shapley_share").estimate == 1
    three = ask(drivers=["transfers", "channel", "wait"]).importance
    assert len(three[three.measure == "shapley_r2"]) == 3
    assert "shapley_pseudo_r2" not in set(ask("hours").importance.measure)


def test_many_drivers_have_sampled_shares_with_their_error_bound():
    rng = np.random.default_rng(1)
    X = rng.integers(1, 6, (300, 21))
    frame = pd.DataFrame(X, columns=[f"d{j}" for j in range(21)])
    frame = frame.assign(y=X[:, :5].sum(axis=1) + rng.normal(0, 3, 300), c=rng.integers(0, 5, 300))
    many = {
        "outcomes": {"y": {"column": "y", "kind": "number"}},
        "drivers": {f"d{j}": {"column": f"d{j}", "scale": [1, 5]} for j in range(21)},
        "controls": {"c": {"column": "c", "kind": "number"}},
    }
    found = ask("y", None, ["c"], frame, many)
    shares = found.importance[found.importance.measure == "shapley_r2"]
    assert len(shares) == 21
    assert shares.conf_low.isna().all()
    assert "sampled" in {note.code for note in found.notes}
    r2 = [
        np.linalg.lstsq(np.c_[np.ones(300), A], frame.y, rcond=None)[1][0]
        for A in (frame[["c"]], np.c_[X, frame.c])
    ]
    total = ((frame.y - frame.y.mean()) ** 2).sum()
    assert_allclose(shares.estimate.sum(), (r2[0] - r2[1]) / total, rtol=1e-8)
    assert len(found.importance[found.importance.measure == "johnson_r2"].conf_low.dropna()) == 21


# ---- what is refused

COPY = {"cesb": {"column": "ces", "scale": [1, 7]}}
SUM = {"both": {"column": "both", "kind": "count"}}


def refused(error, message, **options):
    with pytest.raises(error, match=message):
        ask(**options)


def test_names_are_checked():
    refused(cx.CodebookError, "no question 'tranfers': did you mean 'transfers'", drivers=["tranfers"])
    refused(cx.CodebookError, "`ces` is the outcome; leave it out of `drivers`", drivers=["ces", "late"])
    refused(cx.CodebookError, "given as a driver and as a control", drivers=["late"], controls=["late"])
    refused(cx.CodebookError, "names 'late' twice", drivers=["late", "late"])
    refused(cx.CodebookError, r"`drivers` names none.*\[drivers.transfers\]", drivers=[])
    refused(ValueError, "'transfers:x'; write two of the names", interactions=["transfers:x"])
    refused(ValueError, "`reference` has 'complexity'", controls=["complexity"], reference={"complexity": 1})


def test_choices_are_checked():
    refused(ValueError, "`model` must be one of 'cumulative'", model="cloglog")
    refused(ValueError, "`model` 'probit' takes at most 21 answers", outcome="hours", model="probit")
    refused(ValueError, "`model` 'logit' needs two answers; `ces` has 7", model="logit")
    refused(ValueError, "`model` 'cumulative' takes at most 21 answers", outcome="hours", model="cumulative")
    refused(ValueError, "`adverse` must be answers or a comparison", adverse="low")
    refused(ValueError, "nobody gave such an answer. Answers of ces: 1, 2", adverse=[9])
    refused(ValueError, "everybody gave such an answer", adverse="<= 7")
    refused(ValueError, "`conf_level`", conf_level=1.0)
    refused(ValueError, "`n_boot` must be at least 100", n_boot=5)
    refused(ValueError, "on its scale 0 or more, low is good; got -1", reference={"transfers": -1})
    found = ask(drivers=["transfers", "channel"])
    for values, message in (
        ({}, "needs an answer by driver"),
        ({"late": 0}, "'late' is not one of the drivers"),
        ({"channel": "fax"}, "must be one of 'web', 'phone', 'mail'; got 'fax'"),
        ({"transfers": -1}, "must be an answer on its scale"),
        ({"transfers": "none"}, "must be an answer on its scale"),
    ):
        with pytest.raises(ValueError, match=message):
            found.what_if(**values)
    with pytest.raises(ValueError, match="'late' is not one of the drivers"):
        found.dose_response("late")


def test_categories_need_levels():
    plain = book(drivers={"channel": {"column": "channel", "kind": "category"}})
    refused(
        cx.ScaleError, r"`channel` is a category without `levels`.*levels = \['mail', 'phone', 'web'\]",
        drivers=["channel"], codebook=plain,
    )  # fmt: skip
    assert ask(controls=["channel"], codebook=plain).n == 400  # a control needs no reference
    some = book(drivers={"channel": {"column": "channel", "kind": "category", "levels": ["web", "phone"]}})
    refused(
        cx.SurveyError, "holds 'mail', which its `levels` do not name", drivers=["channel"], codebook=some
    )
    fax = {"column": "channel", "kind": "category", "levels": ["fax", "web", "phone", "mail"]}
    refused(
        cx.SurveyError, "nobody who answered everything has channel = 'fax', the reference",
        drivers=["channel"], codebook=book(drivers={"channel": fax}),
    )  # fmt: skip
    refused(cx.ScaleError, "`channel` is a category, not a scale", outcome="channel")


def test_drivers_that_cannot_be_told_apart_are_named():
    frame = answers().assign(both=lambda x: x.transfers + x.late, same=4)
    refused(
        cx.SurveyError, "`transfers`, `late`, `both`: each follows exactly from the others",
        drivers=["transfers", "late", "both"], frame=frame, codebook=book(drivers=SUM),
    )  # fmt: skip
    refused(
        cx.SurveyError, "`cesb` holds the same answers as the outcome `ces`",
        drivers=["cesb", "late"], codebook=book(drivers=COPY),
    )  # fmt: skip
    constant = {"same": {"column": "same", "kind": "count"}}
    refused(
        cx.SurveyError, "`same` has a single answer among the 400 rows",
        drivers=["transfers", "same"], frame=frame, codebook=book(drivers=constant),
    )  # fmt: skip


def test_too_few_rows_are_refused():
    refused(cx.SurveyError, "only 8 of 8 rows answered all", frame=answers(8))
    refused(
        cx.SurveyError, "12 rows cannot estimate 12 parameters",
        drivers=["transfers", "channel", "late", "wait"], controls=["complexity"], frame=answers(12),
    )  # fmt: skip
    frame = answers().assign(w=1e-7)
    frame.loc[0, "w"] = 5.0
    refused(
        cx.SurveyError, "the weights in 'w' rest on so few rows", frame=frame, codebook=book({"weight": "w"})
    )
    frame = answers().assign(w=0.0)
    frame.loc[0, "w"] = 5.0
    refused(cx.SurveyError, "only 1 of 400 rows", frame=frame, codebook=book({"weight": "w"}))


def test_an_outcome_without_spread_is_refused():
    refused(cx.SurveyError, "`ces` has a single answer, 4, among the 400 rows", frame=answers().assign(ces=4))


def test_answers_split_without_error_are_refused_by_name():
    frame = answers()
    stayed = (frame.channel == "mail") & (frame.left == 0)
    frame.loc[stayed, "channel"] = "web"
    refused(
        cx.SurveyError, r"`channel` splits the answers to `left` without error \(all \d+ with channel = mail gave 1",
        outcome="left", drivers=["channel", "transfers"], frame=frame,
    )  # fmt: skip


def test_missing_answers_are_counted_by_question():
    frame = answers()
    frame.loc[:29, "ces"] = np.nan
    frame["late"] = frame.late.astype(float)
    frame.loc[20:49, "late"] = np.nan
    found = ask(drivers=["transfers", "late"], frame=frame)
    assert (found.n, found.n_missing) == (350, 50)
    assert "late 30, ces 30" in next(note.text for note in found.notes if note.code == "listwise")


# ---- the worlds of docs/coverage_drivers.md


def test_the_truth_of_a_world_is_what_many_of_its_customers_show():
    from benchmarks import coverage_drivers as bench

    world = bench.WORLDS["effort 1-7, logit"]
    true = bench.truth(world)
    frame = bench.draw(world, 200_000, np.random.default_rng(1))
    calm = frame[(frame[list(bench.FRICTIONS)] == 0).all(axis=1)]
    share = frame.complexity.value_counts(normalize=True)
    level = (calm.groupby("complexity").outcome.mean() * share).sum()
    assert_allclose(level, true["what-if level, mean"], atol=0.02)
    assert_allclose((frame.transfers > 0).mean(), true["prevalence"], atol=0.005)
    change = true["what-if level, mean"] - true["what-if change, mean"]
    assert_allclose(frame.outcome.mean(), change, atol=0.02)


@pytest.mark.slow
def test_intervals_hold_the_truth_about_95_times_in_100():
    from benchmarks import coverage_drivers as bench

    found = bench.measure("effort 1-7, logit", 300, 400, np.random.default_rng(2))
    assert found.refused == 0
    assert set(found.coverage) == set(bench.QUANTITIES)
    for quantity, share in found.coverage.items():
        assert 91.7 <= share <= 98.3, quantity  # 400 samples: 95 ± 3 errors of 1.1
