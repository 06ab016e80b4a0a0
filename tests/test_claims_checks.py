"""Single checks: against figures computed in another way, and where they must fall the other way."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

import cxresearch as cx
from cxresearch import _claims_checks_arithmetic as by_arithmetic
from cxresearch import _claims_checks_coverage as by_coverage
from cxresearch import _claims_checks_matrices as by_matrices
from cxresearch import _claims_checks_pooled as by_pooling
from cxresearch import _claims_checks_proxies as by_proxies
from cxresearch import _claims_checks_published as by_published
from cxresearch import _claims_checks_reports as by_reports
from cxresearch import _claims_checks_rows as by_rows
from cxresearch import _claims_checks_tails as by_tails
from cxresearch import _claims_checks_worlds as by_worlds
from cxresearch import claims, worlds
from cxresearch._claims_published import table
from cxresearch._claims_schema import Registry


@pytest.fixture(scope="module")
def registry():
    return claims.load()


def with_figure(registry, claim_id, name, value):
    """The registry with one printed figure changed."""
    changed = [
        replace(one, figures=tuple(replace(f, value=value) if f.name == name else f for f in one.figures))
        if one.id == claim_id
        else one
        for one in registry
    ]
    return Registry(tuple(changed), registry.documents)


def answer(check, registry, claim_id):
    return check(registry[claim_id], registry)


# Reports


def test_break_even_of_words(registry):
    found = answer(by_reports.balance_of_words, registry, "L-009")
    bad = found.estimate / 100
    assert 0.75 * bad == pytest.approx(0.25 * (1 - bad))


def test_what_was_printed_first(registry):
    found = answer(by_reports.first_printed, registry, "L-017")
    assert (found.verdict, found.open) == ("underdetermined", "the article itself, which was not seen")
    seen = Registry(
        tuple(replace(one, seen="yes") if one.id == "L-001" else one for one in registry), registry.documents
    )
    assert answer(by_reports.first_printed, seen, "L-017").verdict == "reproduced"
    other = with_figure(registry, "L-001", "low effort, repurchase", 93)
    assert answer(by_reports.first_printed, other, "L-017").verdict == "contradicted"


def test_the_least_correlation_is_that_of_the_t_test(registry):
    found = answer(by_reports.few_brands, registry, "L-036")
    for r, n in ((found.low, 35), (found.high, 7)):
        t = r * math.sqrt((n - 2) / (1 - r**2))
        assert 2 * stats.t.sf(t, n - 2) == pytest.approx(0.05)


def test_groups_that_do_not_add_up_are_contradicted(registry):
    assert answer(by_reports.groups_add_up, registry, "L-057").verdict == "underdetermined"
    wrong = with_figure(registry, "L-057", "state", 212)
    assert answer(by_reports.groups_add_up, wrong, "L-057").verdict == "contradicted"


def test_the_years_of_the_scale_rest_on_sources_that_were_seen(registry):
    found = answer(by_reports.years_of_the_scale, registry, "L-055")
    assert found.verdict == "underdetermined"  # the only dated source is carried from memory
    assert "L-084" not in found.sentence
    assert "5 dimensions in S2-09" in found.sentence
    assert found.open.endswith("print first published, scale published, items, dimensions at first")
    wrong = with_figure(registry, "L-055", "dimensions", 6)
    assert answer(by_reports.years_of_the_scale, wrong, "L-055").verdict == "contradicted"


def test_a_gap_of_one_whole_number_each_is_impossible(registry):
    sentence = answer(by_reports.sign_of_a_gap, registry, "L-059").sentence
    assert "cannot be the mean of one whole gap each, and can be one of 22 items" in sentence
    assert not any(round(-total / 132, 3) == -1.611 for total in range(133 * 6))


def test_silence_moves_a_score_by_its_share(registry):
    found = answer(by_reports.silent_customers, registry, "L-076")
    assert (found.low, found.high) == (pytest.approx(0.425 * 5 - 57.5), pytest.approx(0.425 * 5 + 57.5))


# Coverage


def test_coverage_is_the_sum_over_all_samples():
    n = 4
    d, _, p = by_coverage.CUSTOMERS[5]
    total = 0.0
    for sample in itertools.product((-100.0, 0.0, 100.0), repeat=n):
        chance = np.prod([{-100.0: d, 0.0: 1 - d - p, 100.0: p}[value] for value in sample])
        mean, half = np.mean(sample), 1.959963984540054 * np.std(sample) / math.sqrt(n)
        total += chance * (max(mean - half, -100) <= 100 * (p - d) <= min(mean + half, 100))
    assert by_coverage.coverage("wald", n)[5] == pytest.approx(total)


def test_the_plain_interval_covers_worst(registry):
    found = answer(by_coverage.intervals_that_cover, registry, "L-052")
    assert found.verdict == "underdetermined"  # of the article's intervals three are compared
    assert found.low > 0


# Tables


def test_a_sum_of_items_is_that_of_simulated_customers():
    """Customers drawn with exactly the means, spreads and correlations of the table give the same correlations."""
    one = table("ecsi_mobile_tenenhaus2005.csv")
    k = len(one.variables)
    z = np.random.default_rng(1).normal(size=(one.n, k))
    z = np.linalg.qr(z - z.mean(0))[0] * math.sqrt(one.n - 1)
    S = one.matrix * np.outer(one.sd, one.sd)
    values, vectors = np.linalg.eigh(S)
    X = z @ (vectors * np.sqrt(np.maximum(values, 0))).T
    quality, expected = (X[:, one.places(role)].mean(1) for role in ("quality", "expectations"))
    satisfied = X[:, one.places("satisfaction")[0]]
    by_hand = np.corrcoef(quality, satisfied)[0, 1] - np.corrcoef(quality - expected, satisfied)[0, 1]
    weights = [
        np.bincount(one.places(role), minlength=k) / len(one.places(role))
        for role in ("quality", "expectations")
    ]
    test = by_matrices.composite_contest(one, weights[0], weights[0] - weights[1], "satisfaction")
    assert test.estimate == pytest.approx(by_hand, abs=1e-6)


def test_covariances_are_drawn_as_by_scipy():
    R, df = np.array([[1.0, 0.6], [0.6, 1.0]]), 40
    ours = by_published._samples(R, df)
    theirs = stats.wishart.rvs(df, R, size=len(ours), random_state=1)
    for place in ((0, 0), (0, 1), (1, 1)):
        a, b = ours[:, *place], theirs[:, *place]
        assert a.mean() == pytest.approx(df * R[place], rel=0.03)
        assert stats.ks_2samp(a, b).pvalue > 0.01


def test_seven_of_eight_is_no_majority_beyond_chance(registry):
    found = answer(by_matrices.closer_to_a_rating, registry, "L-040")
    exact = stats.binomtest(7, 8).proportion_ci(method="exact")
    assert (found.conf_low, found.conf_high) == (
        pytest.approx(100 * exact.low),
        pytest.approx(100 * exact.high),
    )
    assert found.verdict == "underdetermined"


def test_ranks_among_the_metrics_of_firms(registry):
    assert "number 1, 11, 5, 3, 2 of 11" in answer(by_pooling.best_or_second, registry, "L-027").sentence
    wrong = with_figure(registry, "L-027", "best or second", 3)
    assert answer(by_pooling.best_or_second, wrong, "L-027").verdict == "contradicted"


def test_growth_of_firms_is_pooled_as_metafor_does(registry):
    """metafor, random effects by REML, t of Hartung and Knapp
    > library(metafor); r <- c(.40, -.45, 0.168, .35); n <- c(12, 4, 76, 149)
    > m <- rma(yi = atanh(r), vi = 1/(n-3), test = "knha", control = list(threshold = 1e-14, maxiter = 1000))
    > print(tanh(c(m$b, m$ci.lb, m$ci.ub)), digits = 10)
    [1] 0.28333472748 0.07499010085 0.46797721982"""
    found = answer(by_pooling.growth_of_firms, registry, "L-074")
    assert (found.estimate, found.conf_low, found.conf_high) == pytest.approx(
        (0.28333472748, 0.07499010085, 0.46797721982), abs=1e-9
    )


# Simulated worlds


@pytest.mark.parametrize(
    ("so", "not_so", "verdict"),
    [
        ((0.3, (0.2, 0.4)), (0.0, (-0.1, 0.1)), "depends"),
        ((0.3, (0.2, 0.4)), (0.2, (0.1, 0.3)), "underdetermined"),
        ((0.1, (0.02, 0.18)), (0.0, (-0.1, 0.1)), "underdetermined"),
    ],
)
def test_a_world_says_whether_a_statistic_could_tell(so, not_so, verdict):
    found = by_worlds.told("Words", "r", so, not_so, "what would")
    assert found.verdict == verdict
    assert (found.low, found.high) == (not_so[0], so[0])


def test_gaps_of_worlds_are_those_of_welch():
    a, b = by_worlds._column(worlds.tie(), "ces"), by_worlds._column(worlds.tie(), "csat")
    value, (low, high) = by_worlds._gap(a, b)
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert value == pytest.approx(a.mean() - b.mean())
    assert (low, high) == (pytest.approx(welch.low, abs=1e-4), pytest.approx(welch.high, abs=1e-4))


def test_a_ceiling_alone_makes_more_falls_than_rises(registry):
    assert answer(by_worlds.falls_and_rises, registry, "S4-03").low > 5


# Open data


def test_intention_and_behaviour(registry, open_data):
    open_data("satisfaction_retention_meta")
    found = answer(by_pooling.intention_against_behaviour, registry, "L-044")
    assert "plain means 0.56 and 0.14" in found.sentence
    assert found.estimate == pytest.approx(0.5611 - 0.1364, abs=5e-4)
    wrong = with_figure(registry, "L-038", "individuals", 0.4)
    assert answer(by_pooling.usual_of_persons, wrong, "L-038").verdict == "contradicted"


def test_rank_correlations_of_the_rows(registry, open_data):
    for name in by_rows.ITEMS:
        open_data(name)
    data = by_rows.rows("csibank")
    expected = [
        stats.spearmanr(data[name], data["choose again"])[0] for name in ("recommendation", "satisfaction")
    ]
    value, _ = by_rows.difference(
        data["recommendation"], data["satisfaction"], data["choose again"], ranks=True
    )
    assert value == pytest.approx(expected[0] - expected[1])
    assert answer(by_rows.leads_in_rows, registry, "S3-09").verdict == "depends"


def test_printed_contests_come_back_from_the_rows(registry, open_data):
    for name in by_rows.ITEMS:
        open_data(name)
    for claim in ("R-01", "R-02", "R-03", "R-04"):
        assert answer(by_rows.contest_in_rows, registry, claim).verdict == "reproduced"
    wrong = with_figure(registry, "R-02", "p", 0.2)
    assert answer(by_rows.contest_in_rows, wrong, "R-02").verdict == "contradicted"


def test_cuts_that_lose_are_contradicted(registry, open_data):
    for name in by_rows.SCALES:
        open_data(name)
    assert answer(by_rows.cuts_by_intention, registry, "L-034").verdict == "underdetermined"
    silly = with_figure(with_figure(registry, "L-034", "promoters from", 10), "L-034", "detractors to", 2)
    assert answer(by_rows.cuts_by_intention, silly, "L-034").verdict == "contradicted"


def test_the_bend_is_that_of_a_broken_line(open_data):
    open_data("sfo_2018")
    data = by_proxies.passengers("sfo_2018")
    ease, y = data["ease"], data["recommendation"]
    X = sm.add_constant(np.column_stack([ease, np.maximum(ease - by_proxies.AGREES, 0)]))
    fit = sm.OLS(y, X).fit(cov_type="HC1")
    less, (low, high) = by_proxies.broken_line(ease, y, by_proxies.AGREES)
    assert less == pytest.approx(-fit.params[2])
    assert (high - low) / 2 == pytest.approx(1.959964 * fit.bse[2], rel=1e-3)


def test_passengers_are_those_who_gave_all_three_answers(open_data):
    frame = pd.read_csv(open_data("sfo_2017"), low_memory=False)
    codes = frame[["Q14FIND", "Q14PASSTHRU", "Q13GETRATE"]].isin([1, 2, 3, 4, 5]).any(axis=1)
    overall = pd.to_numeric(frame["Q7ALL"], errors="coerce").isin([1, 2, 3, 4, 5])
    assert len(by_proxies.passengers("sfo_2017")["ease"]) == int(
        (codes & overall & frame["NETPRO"].isin(range(11))).sum()
    )


# Effort on the user's own survey


def effort_survey(*, reverse=False, signs=("transfers", "repeats"), bend=0.0, adds=0.5, n=4000):
    """Customers whose ease falls with transfers, and who stay for ease and for not being passed on."""
    rng = np.random.default_rng(3)
    transfers, repeats = rng.poisson(0.8, (2, n))
    felt = 5 - 0.8 * transfers - 0.6 * repeats + rng.normal(size=n)
    ces = np.clip(np.round(felt), 1, 7)
    again = ces - bend * np.maximum(ces - 5, 0) - adds * transfers + rng.normal(size=n)
    frame = pd.DataFrame({
        "ces": 8 - ces if reverse else ces, "transfers": transfers, "repeats": repeats, "again": again,
    })  # fmt: skip
    counted = {name: {"column": name, "kind": "count", "good": "low"} for name in signs}
    book = {
        "metrics": {"ces": {"column": "ces", "scale": [1, 7], "good": "low" if reverse else "high"}},
        "outcomes": {"again": {"column": "again", "kind": "number"}},
        **({"drivers": counted} if signs else {}),
    }
    return cx.read(frame, book)


def verdicts_of(survey):
    return claims.check(survey).table.set_index("claim")


def test_signs_of_effort_go_with_effort():
    found = verdicts_of(effort_survey())
    assert found.loc["S4-05", "verdict"] == found.loc["L-014", "verdict"] == "reproduced"
    frame = effort_survey().cells(["ces", "transfers"])
    x, y = frame.values.repeat(frame.n, axis=0).T
    assert found.loc["S4-05", "high"] == pytest.approx(-stats.spearmanr(x, y)[0])


def test_the_direction_of_the_scale_does_not_matter():
    straight, turned = (verdicts_of(effort_survey(reverse=reverse)) for reverse in (False, True))
    for claim in ("S4-05", "S4-14", "S4-15"):
        assert straight.loc[claim, ["low", "high", "estimate"]].tolist() == pytest.approx(
            turned.loc[claim, ["low", "high", "estimate"]].tolist(), nan_ok=True
        )


@pytest.mark.parametrize(("bend", "verdict"), [(1.0, "reproduced"), (-1.0, "contradicted")])
def test_a_bend_is_found_where_there_is_one(bend, verdict):
    row = verdicts_of(effort_survey(bend=bend, adds=0.0)).loc["S4-14"]
    assert row["verdict"] == verdict
    assert row["conf_low"] < bend < row["conf_high"]


@pytest.mark.parametrize(("adds", "verdict"), [(0.5, "reproduced"), (0.0, "depends")])
def test_signs_add_to_effort_only_where_they_do(adds, verdict):
    assert verdicts_of(effort_survey(adds=adds, signs=("transfers",))).loc["S4-15", "verdict"] == verdict


def test_without_signs_the_survey_says_what_it_lacks():
    found = verdicts_of(effort_survey(signs=()))
    assert "a driver that counts repeating information, channel switching" in found.loc["S4-05", "open"]
    assert found.loc["S4-14", "verdict"] != "not testable"


# Every printed figure is held against what was found


@pytest.mark.parametrize(
    ("check", "claim_id", "name", "value"),
    [
        (by_tails.p_and_r_and_n, "L-026", "security", 0.99),
        (by_tails.p_and_r_and_n, "L-026", "gasoline, p", 0.5),
        (by_tails.p_and_r_and_n, "R-14", "gasoline, low", 0.5),
        (by_matrices.printed_contest, "R-01", "three items", 0.9),
        (by_matrices.printed_contest, "R-01", "p, three items", 0.9),
        (by_matrices.printed_contest, "R-03", "four items", 0.9),
        (by_matrices.printed_contest, "R-04", "R2 ratio", 0.8),
        (by_matrices.printed_cells, "L-044", "loyalty, repurchase", 0.7),
        (by_matrices.firm_correlations, "L-042", "ROEE", 0.3),
    ],
)
def test_a_figure_printed_otherwise_is_seen(registry, check, claim_id, name, value):
    assert answer(check, registry, claim_id).verdict != "contradicted"
    found = answer(check, with_figure(registry, claim_id, name, value), claim_id)
    assert found.verdict == "contradicted"
    assert name in found.sentence


def test_half_a_claim_is_not_reproduced(registry):
    for check, claim_id in (
        (by_matrices.printed_cells, "L-044"),
        (by_pooling.best_or_second, "L-027"),
        (by_coverage.intervals_that_cover, "L-052"),
    ):
        found = answer(check, registry, claim_id)
        assert (found.verdict, found.rule) == ("underdetermined", "part")
        assert found.open


def test_two_rates_may_ask_for_less_than_halves(registry):
    sentence = answer(by_tails.implied_correlation_of_effort, registry, "L-018").sentence
    assert "halves would already differ more than that" in sentence
    assert "the outer" in answer(by_tails.implied_correlation_of_effort, registry, "S4-04").sentence


def test_an_r2_fits_two_shares_of_satisfied_customers(registry):
    sentence = answer(by_arithmetic.leave_by_satisfaction, registry, "L-008").sentence
    assert "only if 90 % or 12 % are satisfied" in sentence
