"""Plans of studies: tables, curves, pictures, refusals; formulas held against verdicts of simulated surveys."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from numpy.testing import assert_allclose
from scipy import stats
from typer.main import get_command
from typer.testing import CliRunner

import cxresearch as cx
from cxresearch import worlds
from cxresearch._power_metrics import SEEN_EFFECTS
from cxresearch.cli import app
from cxresearch.comparison import verdict_of
from cxresearch.power import Fieldwork
from cxresearch.results import SIMULATED
from cxresearch.stats.accuracy_claims import answers_needed
from cxresearch.stats.importance_gradient import numerical_gradient
from cxresearch.stats.relative_weights import standardised_coefficients
from cxresearch.stats.sample_size import moment_error

FINE, USAGE = 0, 2
SAMPLED = 0.05  # of a ratio of variances from 100,000 answers
COLUMNS = ["quantity", "unit", "wanted", "n", "answers", "invitations", "at_n"]
ASK = ["--r-a", ".5", "--r-b", ".4", "--r-ab", ".6"]
SURVEYS = 200  # of each simulated share: standard error .028 near .8
THREE = 0.085  # three of these


class Normal:
    """Customers whose answers on 61 points are as good as normal, with correlations of one's choice."""

    def __init__(self, r_a, r_b, r_ab):
        self.root = np.linalg.cholesky(np.array([[1, r_ab, r_a], [r_ab, 1, r_b], [r_a, r_b, 1]]))

    def sample(self, n, seed):
        z = np.random.default_rng(seed).standard_normal((n, 3)) @ self.root.T
        rows = pd.DataFrame(np.clip(np.rint(6 * (z + 5)), 0, 60).astype(int), columns=["a", "b", "y"])
        question = {name: {"column": name, "scale": [0, 60]} for name in rows}
        return cx.read(
            rows, {"metrics": {"a": question["a"], "b": question["b"]}, "outcomes": {"y": question["y"]}}
        )


def needed(plan, words):
    [n] = plan.table.loc[plan.table["quantity"].str.contains(words, regex=False), "n"]
    return n


# The contest


@pytest.mark.parametrize(("ratio", "n"), [(1.12, 11_860), (1.40, 1_169), (1.80, 323)])
def test_three_ratios_of_r2(ratio, n):
    plan = cx.power.contest(math.sqrt(0.13 * ratio), math.sqrt(0.13), 0.6)
    assert needed(plan, "Williams") == n == answers_needed(math.sqrt(0.13 * ratio), math.sqrt(0.13), 0.6)


def test_a_lead_within_the_region_is_never_named():
    """1.12 times the R² of .13 is .02 in r: below the .03 that matter, whatever the number of answers."""
    plan = cx.power.contest(math.sqrt(0.13 * 1.12), math.sqrt(0.13), 0.6)
    assert needed(plan, "is named") == math.inf
    assert 10_000 < needed(plan, "no practical") < math.inf
    assert "no_number" in [note.code for note in plan.notes]
    assert "no number" in plan.summary()


def test_a_verdict_takes_more_than_a_test():
    for r_a in (0.45, 0.5, 0.6):
        plan = cx.power.contest(r_a, 0.4, 0.6)
        assert needed(plan, "is named") > needed(plan, "Williams")


def test_without_a_region_verdict_and_test_nearly_agree():
    plan = cx.power.contest(0.5, 0.4, 0.6, rope=0)
    assert len(plan.table) == 2
    assert_allclose(needed(plan, "is named"), needed(plan, "Williams"), rtol=0.02)
    assert len(cx.power.contest(0.5, 0.4, 0.6, rope=None).table) == 1


def test_sides_may_be_swapped():
    one, other = cx.power.contest(0.5, 0.4, 0.6), cx.power.contest(0.4, 0.5, 0.6)
    assert one.table["n"].tolist() == other.table["n"].tolist()
    assert "r of b is the larger" in other.table["quantity"].iloc[0]


def test_ratings_take_more():
    """The effect multiplies what the formula gives, once for all rows."""
    plain, ratings = (
        cx.power.contest(0.5, 0.4, 0.6, margin=0.03, rating_effect=effect) for effect in (1.0, 1.25)
    )
    finite = np.isfinite(plain.table["n"])
    assert_allclose(ratings.table["n"][finite], 1.25 * plain.table["n"][finite], atol=1.5)
    codes = [
        {note.code: note.changes_reading for note in plan.notes}["normal_answers"]
        for plan in (plain, ratings)
    ]
    assert codes == [True, False]
    for name in ("correlation", "drivers"):
        plain, ratings = (PLANS[name](rating_effect=effect).table["n"] for effect in (1.0, 1.25))
        assert_allclose(ratings, 1.25 * plain, atol=1.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", worlds.NAMED)
def test_effect_of_ratings_in_the_named_worlds(name):
    """Variance of each difference of correlations against that of normal answers, both as `compare` prints them."""
    found = cx.compare(
        worlds.NAMED[name]().sample(100_000, 1), "repurchase", n_boot=100, repeats=1, weights=False
    )
    keys = ["a", "b"]
    ratings = found.pairs[found.pairs["measure"] == "pearson_r"].set_index(keys)["std_error"]
    normal = found.tests[found.tests["test"] == "williams"].set_index(keys)["std_error"]
    effect = (ratings / normal) ** 2
    low, high = SEEN_EFFECTS
    assert low - SAMPLED < effect.min()
    assert effect.max() < high + SAMPLED


@pytest.mark.slow
def test_the_verdict_on_ratings_comes_as_often_as_planned():
    """Effort wins: true correlations of the answers .540 and .302, ease and satisfaction .450; effect 1.2."""
    n = int(needed(cx.power.contest(0.540, 0.302, 0.450, rating_effect=1.2), "is named"))
    found = cx.power.simulate(
        worlds.effort_wins(), n, outcome="repurchase", metrics=["ces", "csat"], n_sim=SURVEYS, seed=2
    )
    assert_allclose(found.table.set_index("verdict").loc["ces better", "estimate"], 0.8, atol=THREE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "words", "verdict"),
    [
        ((0.5, 0.4, 0.6), "is named", "a better"),
        ((0.55, 0.4, 0.6), "is named", "a better"),
        ((0.5, 0.5, 0.6), "no practical", "no practical difference"),
    ],
)
def test_the_verdict_comes_as_often_as_planned(world, words, verdict):
    n = int(needed(cx.power.contest(*world), words))
    found = cx.power.simulate(Normal(*world), n, n_sim=SURVEYS, seed=3).table.set_index("verdict")
    assert_allclose(found.loc[verdict, "estimate"], 0.8, atol=THREE)
    assert found.loc["b better", "estimate"] == 0


# What every plan has


PLANS = {
    "contest": lambda **more: cx.power.contest(0.5, 0.4, 0.6, margin=0.04, **more),
    "auc": lambda **more: cx.power.auc(0.75, 0.70, 0.5, base_rate=0.3, margin=0.02, **more),
    "correlation": lambda **more: cx.power.correlation(0.3, margin=0.1, **more),
    "drivers": lambda **more: cx.power.drivers(CORRELATIONS, "ces", **more),
    "nps": lambda **more: cx.power.nps(0.45, 0.2, margin=3, difference=5, correlation=0.5, **more),
    "share": lambda **more: cx.power.share(0.8, margin=3, difference=-5, correlation=0.5, **more),
    "mean": lambda **more: cx.power.mean(1.5, margin=0.1, difference=0.2, correlation=0.5, **more),
}
NAMES = ["transfers", "waiting", "repeats", "ces"]
CORRELATIONS = pd.DataFrame(
    [[1, 0.3, 0.2, 0.45], [0.3, 1, 0.4, 0.35], [0.2, 0.4, 1, 0.3], [0.45, 0.35, 0.3, 1]], NAMES, NAMES
)


@pytest.mark.parametrize("make", PLANS.values(), ids=list(PLANS))
def test_table_curve_and_effects(make):
    plan = make(n=2_000, fieldwork=Fieldwork(response_rate=0.25, cluster_size=3, icc=0.1, weight_cv=0.5))
    assert plan.table.columns.tolist() == COLUMNS
    assert plan.n == 2_000
    finite = plan.table[np.isfinite(plan.table["n"])]
    assert (finite["answers"] >= 1.5 * finite["n"]).all()
    assert (finite["answers"] <= 1.5 * finite["n"] + 1).all()
    assert_allclose(finite["invitations"], 4 * finite["answers"])
    assert plan.effects.set_index("effect")["factor"].tolist() == [1.2, 1.25, 4.0]
    for row in plan.table[np.isfinite(plan.table["n"])].itertuples():
        curve = plan.curve[plan.curve["quantity"] == row.quantity].dropna()
        slope = np.sign(np.diff(curve["value"]))
        assert set(slope) <= ({1.0, 0.0} if row.unit == "power" else {-1.0})
        at = np.interp(np.log(2_000), np.log(curve["n"]), curve["value"])
        assert_allclose(row.at_n, at, rtol=0.01, atol=0.005)
    assert plan.notes[0].code == "plan"
    assert plan.notes[0].changes_reading
    assert "No data were used; 2,000 answers are planned" in plan.summary()


@pytest.mark.parametrize("make", PLANS.values(), ids=list(PLANS))
def test_the_number_needed_is_the_smallest(make):
    plan = make()
    for row in plan.table[np.isfinite(plan.table["n"])].itertuples():
        at, before = (
            make(n=int(row.n) - less).table.set_index("quantity").loc[row.quantity, "at_n"] for less in (0, 1)
        )
        sign = 1 if row.unit == "power" else -1
        assert sign * at >= sign * row.wanted > sign * before


@pytest.mark.parametrize("make", PLANS.values(), ids=list(PLANS))
def test_plain_json_and_page(make):
    plan = make(fieldwork=Fieldwork(response_rate=0.25))
    content = json.loads(json.dumps(plan.to_dict(), allow_nan=False))
    assert content["fieldwork"]["response_rate"] == 0.25
    assert len(content["table"]) == len(plan.table)
    assert "A plan, not a finding" in plan._repr_html_()


@pytest.mark.parametrize("make", PLANS.values(), ids=list(PLANS))
def test_the_picture_shows_the_curve(make):
    plan = make(n=500)
    figure = plan.plot()
    assert len(figure.axes) == plan.table["unit"].nunique()
    drawn = [line for ax in figure.axes for line in ax.lines if len(line.get_xdata()) > 2]
    assert len(drawn) == len(plan.table)
    by_panel = [
        quantity
        for unit in plan.table["unit"].unique()
        for quantity in plan.table.loc[plan.table["unit"] == unit, "quantity"]
    ]
    for line, quantity in zip(drawn, by_panel, strict=True):
        curve = plan.curve[plan.curve["quantity"] == quantity]
        assert_allclose(line.get_ydata(), curve["value"])
    assert plan.question.replace("`", "") in figure.get_gid()
    assert "A plan, not a finding" in figure.get_gid()
    shown = [text.get_text() for text in figure.findobj(Text)]
    assert not any("`" in text for text in [*shown, figure.get_gid()])
    units = {ax.get_ylabel().partition(", in ")[2] for ax in figure.axes if "half-width" in ax.get_ylabel()}
    assert units <= {plan.margin_unit}
    assert "" not in units


def test_a_small_population():
    plan = cx.power.share(0.5, margin=5, fieldwork=Fieldwork(population=1_000, response_rate=0.2))
    assert plan.table["answers"].iloc[0] == 278
    assert plan.table["invitations"].iloc[0] == math.inf  # 1,390 would be more than there are
    [note] = [note.text for note in plan.notes if note.code == "too_few_customers"]
    half_width = 1.959963984540054 * 50 / math.sqrt(200 / (1 - 200 / 1_000))
    assert "at most 200 answers, fewer than needed" in note
    assert f"±{half_width:.3g}" in note
    assert plan.curve["n"].max() <= 1_000
    figure = plan.plot()
    assert "At most 200 answers" in figure.get_gid()
    assert any(set(line.get_xdata()) == {200} for line in figure.axes[0].lines)


def test_a_population_that_is_enough():
    plan = cx.power.share(0.5, margin=5, fieldwork=Fieldwork(population=1_000, response_rate=0.5))
    assert plan.table[["answers", "invitations"]].iloc[0].tolist() == [278, 556]
    assert "too_few_customers" not in [note.code for note in plan.notes]
    plan = cx.power.share(0.5, margin=5, n=600, fieldwork=Fieldwork(population=1_000, response_rate=0.5))
    assert "The 600 planned cannot be had." in plan.summary()


def test_a_population_that_all_answer():
    """Clusters or not, nothing is left to chance; no infinity is printed."""
    everybody = Fieldwork(population=1_000, cluster_size=4, icc=0.1)
    plan = cx.power.share(0.5, margin=5, n=1_000, fieldwork=everybody)
    assert "The 1,000 planned answers are those of the whole population" in plan.summary()
    assert "inf" not in plan.summary()


def test_the_population_of_two_groups_is_that_of_each():
    """1,655 answers in each of two groups are more than 3,000 customers: the reader must know what 3,000 counts."""
    plan = cx.power.nps(0.45, 0.2, difference=5, fieldwork=Fieldwork(population=3_000))
    assert plan.table["n"].iloc[0] == 3_690
    assert plan.table["answers"].iloc[0] == 1_655
    [note] = [note for note in plan.notes if note.code == "population_of_each"]
    assert note.changes_reading
    assert "3,000 customers each" in note.text
    assert "such as 1,500" in note.text
    for quiet in (
        cx.power.nps(0.45, 0.2, difference=5),
        cx.power.nps(0.45, 0.2, margin=3, fieldwork=Fieldwork(population=3_000)),
    ):
        assert "population_of_each" not in [note.code for note in quiet.notes]


def test_the_same_customers_must_answer_twice():
    field = Fieldwork(response_rate=0.2)
    plan = cx.power.nps(0.45, 0.2, difference=5, correlation=0.5, fieldwork=field)
    twice = plan.table.iloc[1]
    assert twice["invitations"] == 5 * twice["answers"]
    [note] = [note for note in plan.notes if note.code == "asked_again"]
    assert note.changes_reading
    assert f"If only 20 % of them do, {25 * twice['answers']:,.0f} must be invited." in note.text
    few = cx.power.nps(0.45, 0.2, difference=5, correlation=0.5, fieldwork=Fieldwork(0.2, population=9_000))
    [note] = [note for note in few.notes if note.code == "asked_again"]
    assert "must be invited, more than there are." in note.text
    for quiet in (
        cx.power.nps(0.45, 0.2, difference=5, fieldwork=field),
        cx.power.nps(0.45, 0.2, difference=5, correlation=0.5),
    ):
        assert "asked_again" not in [note.code for note in quiet.notes]


def test_an_effect_beyond_all_numbers_has_no_number():
    plan = cx.power.contest(0.5, 0.4, 0.6, n=500, rating_effect=1e300)
    assert (plan.table["n"] == math.inf).all()
    assert cx.power.correlation(0.3, margin=0.1, rating_effect=1e300).table["n"].iloc[0] == math.inf


def test_clusters_without_a_correlation_are_said_to_cost_nothing():
    plan = cx.power.share(0.5, margin=5, fieldwork=Fieldwork(cluster_size=8))
    assert plan.table["answers"].iloc[0] == 385
    assert "no_icc" in [note.code for note in plan.notes]


def test_a_dash_has_its_reason():
    plan = cx.power.contest(0.5, 0.4, 0.6, n=2)
    assert plan.table["at_n"].isna().all()
    assert "2 planned answers are too few for the formula" in plan.summary()
    assert "too_few_planned" not in [note.code for note in cx.power.contest(0.5, 0.4, 0.6, n=4).notes]


@pytest.mark.parametrize("asked", [{"margin": 0.03}, {"difference": -0.5}])
def test_less_than_a_point_is_asked_about(asked):
    for plan in (cx.power.share(0.8, **asked), cx.power.nps(0.4, 0.2, **asked)):
        [note] = [note for note in plan.notes if note.code == "below_a_point"]
        assert note.changes_reading
        assert f"give {100 * next(iter(asked.values())):g}." in note.text
    assert "below_a_point" not in [note.code for note in cx.power.mean(1.5, **asked).notes]


# Scores


def test_nps_by_its_plain_formula():
    p, d = 0.45, 0.20
    variance = p + d - (p - d) ** 2
    plan = cx.power.nps(p, d, margin=3)
    assert plan.table["n"].iloc[0] == math.ceil((1.959963984540054 * 100 / 3) ** 2 * variance)


def test_a_share_is_an_nps_without_middle():
    """Only promoters and detractors: the NPS moves twice as far as the share of promoters."""
    ours = cx.power.nps(0.7, 0.3, margin=6, difference=10).table["n"]
    share = cx.power.share(0.7, margin=3).table["n"]
    mean = cx.power.mean(math.sqrt(0.21) * 100, difference=5).table["n"]
    assert [ours[0], ours[1]] == [share[0], mean[0]]


def test_the_same_customers_twice():
    alone, twice = cx.power.mean(1.5, difference=0.2, correlation=0.0).table["n"]
    assert alone == twice or abs(alone - twice) <= 2  # the change of strangers, each asked once
    assert cx.power.mean(1.5, difference=0.2, correlation=0.5).table["n"][1] == pytest.approx(
        alone / 2, abs=2
    )


def test_pooled_or_not_a_share_needs_about_what_power_prop_test_says():
    """> power.prop.test(p1 = .5, p2 = .6, power = .8)$n
    [1] 387.3385"""
    assert cx.power.share(0.5, difference=10).table["n"].iloc[0] == pytest.approx(387.34, rel=0.02)


# AUC and drivers


def test_a_rare_outcome_takes_more():
    even, rare = (cx.power.auc(0.75, 0.7, 0.5, base_rate=rate).table["n"] for rate in (0.5, 0.05))
    assert_allclose(rare[:2] / even[:2], 0.25 / (0.05 * 0.95), rtol=0.01)


def test_the_note_on_aucs_is_of_a_yes_or_no_outcome():
    text = cx.power.auc(0.7, 0.6, 0.5, base_rate=0.3).summary()
    assert "cross-validated R²" not in text
    assert "probabilities" in text


def test_an_auc_that_leads_by_less_than_the_region():
    plan = cx.power.auc(0.71, 0.70, 0.5, base_rate=0.5)
    assert needed(plan, "is named") == math.inf  # .02 in 2 AUC - 1


def test_drivers_are_ordered_and_named():
    plan = cx.power.drivers(CORRELATIONS, "ces")
    assert plan.table["quantity"].tolist() == ["`transfers` above `waiting`", "`waiting` above `repeats`"]
    same = cx.power.drivers(CORRELATIONS.to_dict(), "ces")
    assert same.table.equals(plan.table)
    matrix = CORRELATIONS.to_numpy()
    r2 = matrix[3, :3] @ np.linalg.solve(matrix[:3, :3], matrix[:3, 3])
    assert_allclose(sum(plan.guessed["importances"].values()), r2)  # Shapley shares add up


def test_coefficients_of_two_drivers_in_closed_form():
    """β_a - β_b = (r_a - r_b) / (1 - r_ab): where r_ab is 0 the coefficients are the correlations."""
    names = ["a", "b", "y"]
    apart = pd.DataFrame([[1, 0, 0.5], [0, 1, 0.4], [0.5, 0.4, 1]], names, names)
    plan = cx.power.drivers(apart, "y", measure="standardised")
    assert_allclose(plan.guessed["importances"]["a"] - plan.guessed["importances"]["b"], 0.1)
    rng = np.random.default_rng(5)
    n = int(plan.table["n"].iloc[0])
    z = rng.standard_normal((4_000, n, 3)) @ np.linalg.cholesky(apart.to_numpy()).T
    R = np.einsum("bni,bnj->bij", z, z)
    scale = np.sqrt(np.einsum("bii->bi", R))
    R = R / scale[:, :, None] / scale[:, None, :]
    ahead = (R[:, 0, 2] - R[:, 1, 2]) / (1 - R[:, 0, 1])
    assert_allclose((ahead / ahead.std() > 1.96).mean(), 0.8, atol=0.03)


@pytest.mark.parametrize(("r_ab", "b"), [(0.3, 0.0), (-0.3, 0.0), (0.6, 0.0), (0.6, -0.03), (0.3, 0.05)])
def test_a_driver_that_does_nothing_is_found_behind_as_often_as_planned(r_ab, b):
    """y = .2 a + b b: the size of a coefficient near 0 has a kink, its sign is chance."""
    names, r_a, r_b = ["a", "b", "y"], 0.2 + b * r_ab, 0.2 * r_ab + b
    M = np.array([[1, r_ab, r_a], [r_ab, 1, r_b], [r_a, r_b, 1]])
    plan = cx.power.drivers(pd.DataFrame(M, names, names), "y", measure="standardised")
    n = int(plan.table["n"].iloc[0])
    S = stats.wishart(n - 1, M).rvs(2_000, random_state=1)
    scale = np.sqrt(np.einsum("bii->bi", S))
    R = S / scale[:, :, None] / scale[:, None, :]
    beta = standardised_coefficients(R)
    shown = []
    for one, signed in zip(R, beta, strict=True):
        lead = numerical_gradient(standardised_coefficients, one).T @ (np.sign(signed) * [1, -1])
        error = moment_error(lead, one) / math.sqrt(n)
        shown.append(np.abs(signed) @ [1, -1] > 1.959964 * error)
    assert_allclose(
        np.mean(shown), 0.8, atol=0.035
    )  # standard error .009, and the formula is of large samples


def test_a_coefficient_of_nothing_is_no_step():
    """Whether the weaker coefficient is 0 or as good as 0 must not matter."""
    names, found = ["a", "b", "y"], []
    for b in (-1e-4, 0.0, 1e-4):
        r_a, r_b = 0.2 + b * 0.3, 0.06 + b
        M = pd.DataFrame([[1, 0.3, r_a], [0.3, 1, r_b], [r_a, r_b, 1]], names, names)
        found.append(cx.power.drivers(M, "y", measure="standardised").table["n"].iloc[0])
    assert np.ptp(found) <= 2
    assert found[1] > 500


def test_equal_drivers_have_no_order():
    names = ["a", "b", "y"]
    plan = cx.power.drivers(pd.DataFrame([[1, 0.3, 0.4], [0.3, 1, 0.4], [0.4, 0.4, 1]], names, names), "y")
    assert plan.table["n"].iloc[0] == math.inf


# Simulation


def test_simulation_is_the_verdict_of_compare():
    world = Normal(0.6, 0.3, 0.4)
    found = cx.power.simulate(world, (60, 200), n_sim=5, seed=4)
    seeds = np.random.SeedSequence(4).generate_state(10).reshape(2, 5)[1].tolist()
    winners = [cx.compare(world.sample(200, one), "y", n_boot=100).verdict.winner for one in seeds]
    table = found.table.set_index(["answers", "verdict"])
    assert table.loc[(200, "a better"), "estimate"] == winners.count("a") / 5
    assert (found.outcome, found.metrics) == ("y", ("a", "b"))
    assert_allclose(found.table.groupby("answers")["estimate"].sum(), 1)
    assert SIMULATED in found.notes
    assert found.to_dict() == cx.power.simulate(world, (60, 200), n_sim=5, seed=4).to_dict()


def test_verdict_alone_is_that_of_compare():
    survey = Normal(0.6, 0.3, 0.4).sample(150, 1)
    assert verdict_of(survey, "y", seed=2) == cx.compare(survey, "y", n_boot=100, seed=2).verdict


def test_shares_have_wilson_intervals():
    found = cx.power.simulate(Normal(0.8, 0.1, 0.1), 100, n_sim=4).table.set_index("verdict")
    row = found.loc["a better"]
    z2 = 1.959963984540054**2
    assert row["estimate"] == 1
    assert_allclose([row["conf_low"], row["conf_high"]], [4 / (4 + z2), 1])


def test_surveys_that_cannot_be_compared_are_counted():
    class Hollow(Normal):
        def sample(self, n, seed):
            survey = super().sample(n, seed)
            if seed % 2:
                return survey
            rows = pd.DataFrame({"a": [30] * n, "b": np.arange(n) % 60, "y": np.arange(n) % 7})
            return cx.read(rows, {"metrics": {name: {"column": name, "scale": [0, 60]} for name in "ab"},
                                  "outcomes": {"y": {"column": "y", "scale": [0, 60]}}})  # fmt: skip

    found = cx.power.simulate(Hollow(0.5, 0.4, 0.6), 50, n_sim=20, seed=1)
    assert found.n + found.n_missing == 20
    assert 0 < found.n_missing < 20
    assert "not_compared" in [note.code for note in found.notes]


def test_the_simulated_picture_says_that_it_is():
    found = cx.power.simulate(Normal(0.5, 0.4, 0.6), (50, 100), n_sim=3)
    figure = found.plot()
    assert figure.get_gid().startswith("Simulated data.")
    drawn = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert len(drawn) == 4
    for line, (_, rows) in zip(drawn, found.table.groupby("verdict", sort=False), strict=True):
        assert_allclose(line.get_xdata(), [50, 100])
        assert_allclose(line.get_ydata(), rows["estimate"])
    figure.canvas.draw()
    at = [line.get_transform().transform((100, 0))[0] for line in drawn]
    assert min(np.diff(at)) > 5  # markers of verdicts that never came stand beside one another
    assert all(figure.axes[0].bbox.x0 < x < figure.axes[0].bbox.x1 for x in at)
    assert figure.axes[0].get_ylim()[0] < 0
    assert "n = 100, not enough data" in figure.get_gid()


# Refusals


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cx.power.contest(1.0, 0.4, 0.6), "`r_a` must lie strictly"),
        (lambda: cx.power.contest(0.9, 0.1, 0.9), "`r_ab`: no answers can have"),
        (lambda: cx.power.contest(-0.5, 0.4, -0.3), "`r_a` is -0.5: turn the scale so that high is good"),
        (lambda: cx.power.contest(0.5, -0.4, -0.3), "`r_b` is -0.4: turn the scale"),
        (lambda: cx.power.contest("...", 0.4, 0.6), "`r_a` must be a number; got '...'"),
        (lambda: cx.power.contest(0.5, 0.4, True), "`r_ab` must be a number; got True"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, n="100"), "`n` must be a number; got '100'"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, n=100.5), "whole number.*got 100.5"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, power="high"), "`power` must be a number"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, rope="a"), "`rope` must be a number"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, margin="a"), "`margin` must be a number"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, fieldwork=0.3), "`fieldwork` must be a `Fieldwork"),
        (lambda: cx.power.auc(0.45, 0.40, 0.5, base_rate=0.3), "`auc_a` is 0.45.*high is good.*0.55"),
        (lambda: cx.power.auc(0.7, 0.40, 0.5, base_rate=0.3), "`auc_b` is 0.4"),
        (lambda: cx.power.auc(0.7, None, 0.5, base_rate=0.3), "`auc_b` must be a number; got None"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, power=80), "`power`.*got 80"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, conf_level=95), "`conf_level`"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, rope=-0.1), "`rope`"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, margin=0), "`margin` must be above 0"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, rating_effect=0), "`rating_effect`"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, n=0), "`n` must be the number"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, n=50, fieldwork=Fieldwork(population=40)), "`n` is 50"),
        (lambda: cx.power.auc(0.7, 0.6, 0.5, base_rate=1.0), "`base_rate`"),
        (lambda: cx.power.correlation(0.3), "`margin` is needed"),
        (lambda: cx.power.correlation(1.0, margin=0.1), "`r` must lie"),
        (lambda: cx.power.nps(45, 20, margin=3), "`promoters` and `detractors` are shares"),
        (lambda: cx.power.nps(None, 0.2, margin=3), "`promoters` must be a number"),
        (lambda: cx.power.mean(None, margin=3), "`std_dev` must be a number"),
        (lambda: cx.power.share(0.8, difference="5"), "`difference` must be a number"),
        (lambda: cx.power.nps(1.0, 0.0, margin=3), "without spread"),
        (lambda: cx.power.nps(0.45, 0.2), "`margin` or `difference` is needed"),
        (lambda: cx.power.nps(0.45, 0.2, difference=0), "difference of nothing"),
        (lambda: cx.power.nps(0.45, 0.2, margin=3, correlation=0.5), "give the `difference`"),
        (lambda: cx.power.nps(0.45, 0.2, difference=3, correlation=1.0), "`correlation` must lie"),
        (lambda: cx.power.share(80, margin=3), "`share` must lie"),
        (lambda: cx.power.share(0.8, difference=25), "`difference` of 25 points"),
        (lambda: cx.power.mean(0, margin=3), "`std_dev` must be above 0"),
        (lambda: cx.power.drivers(CORRELATIONS, "csat"), "`outcome` must be one of.*got 'csat'"),
        (lambda: cx.power.drivers(CORRELATIONS, "ces", measure="beta"), "`measure` must be one of"),
        (lambda: cx.power.drivers(CORRELATIONS.iloc[:3], "ces"), "rows and columns"),
        (lambda: cx.power.drivers(pd.DataFrame(np.eye(99)[:, :4], columns=NAMES), "ces"), r"99 .*`frame.corr\(\)`"),
        (lambda: cx.power.drivers(CORRELATIONS.iloc[2:, 2:], "ces"), "two or more drivers beside ces; it has repeats"),
        (lambda: cx.power.drivers(CORRELATIONS.iloc[[0, 0, 1, 2, 3], [0, 0, 1, 2, 3]], "ces"), "each name once"),
        (lambda: cx.power.drivers(CORRELATIONS.astype(str).replace("0.3", "x"), "ces"), "must be numbers"),
        (lambda: cx.power.drivers("r.csv", "ces"), "table with names on both sides.*got 'r.csv'"),
        (lambda: cx.power.drivers(CORRELATIONS.replace(0.3, np.inf), "ces"), "that of transfers and waiting is inf"),
        (lambda: cx.power.drivers(CORRELATIONS.replace(0.3, np.nan), "ces"), "complete.* transfers and waiting is nan"),
        (lambda: cx.power.drivers({"a": 0.4, "b": 0.3}, "y"), "`correlations` must be a table with names on both"),
        (lambda: cx.power.drivers({"a": [1, 0.3], "b": [0.3]}, "y"), "`correlations` must be a table with names"),
        (lambda: cx.power.contest(0.5, 0.4, 0.6, margin=2), "`margin` must be below 1, half"),
        (lambda: cx.power.auc(0.7, 0.6, 0.5, base_rate=0.3, margin=1), "`margin` must be below 1, half"),
        (lambda: cx.power.correlation(0.3, margin=3), "`margin` must be below 1, half.*got 3"),
        (lambda: cx.power.nps(0.45, 0.2, margin=500), "`margin` must be below 100 NPS points.*got 500"),
        (lambda: cx.power.share(0.8, margin=60), "`margin` must be below 50 percentage points.*got 60"),
        (lambda: cx.power.nps(0.45, 0.2, difference=150), r"NPS of \+25 to \+175; it must stay inside -100 to 100\.$"),
        (lambda: cx.power.nps(0.45, 0.2, difference=80), r"to \+105;.* give -80 for a change the other way"),
        (lambda: cx.power.nps(0.45, 0.2, difference=math.nan), "must stay inside"),
        (lambda: Fieldwork(population=math.inf), "`population` must be 1 or more, and finite; got inf"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 60, rope=None), "`rope` must be a number; got None"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 60, outcome=["y"]), "`outcome` must be given by name"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 60, metrics=[["a"], "b"]), "`metrics` must be given by name"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 60, metrics="a"), "two different names; got 'a'"),
        (lambda: cx.power.simulate("tie", 50), r"such as `worlds.tie\(\)`.*got 'tie'"),
        (lambda: cx.power.simulate(worlds.tie, 50), r"call it, `tie\(\)`"),
        (lambda: cx.power.simulate(worlds.World, 50), r"World itself: call it"),
        (lambda: cx.power.simulate(CORRELATIONS, 50), "a single survey"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), "50"), "`n` must be a whole number; got '50'"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 50.0), "`n` must be a whole number; got 50.0"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 50, seed=None), "`seed` must be a whole number; got None"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 50, seed=-1), "`seed` must be 0 or more"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 50, n_sim=2.5), "`n_sim` must be a whole number"),
        (lambda: cx.power.drivers(CORRELATIONS * 0.9, "ces"), "ones on the diagonal"),
        (lambda: cx.power.drivers(CORRELATIONS + 2 * (1 - np.eye(4)) * 0.3, "ces"), "not positive definite|no answers"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 5), "`n` must be one or more"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), (50, 50)), "once"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 50, n_sim=0), "`n_sim`"),
        (lambda: cx.power.simulate(Normal(0.5, 0.4, 0.6), 50, outcome="z"), "no question 'z'"),
    ],
)  # fmt: skip
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# The command line


def run(*options):
    result = CliRunner().invoke(app, ["power", *options], env={"COLUMNS": "1000"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def as_printed(plan):
    """A plan as JSON, with the arguments that its notes name as the shell knows them."""
    text = json.dumps(plan.to_dict()).replace("`rating_effect`", "`--rating-effect`")
    return json.loads(text.replace("`population`", "`--population`"))


def test_cli_contest_is_the_plan():
    answer = run("contest", *ASK, "--response-rate", ".3", "--json")
    assert answer.exit_code == FINE
    plan = cx.power.contest(0.5, 0.4, 0.6, fieldwork=Fieldwork(response_rate=0.3))
    assert json.loads(answer.stdout) == as_printed(plan)
    shown = run("contest", *ASK, "--response-rate", ".3").stdout.strip()
    assert shown == plan.summary().replace("`rating_effect`", "`--rating-effect`")
    assert "`rating_effect`" not in shown


FIELD = [
    "--response-rate",
    ".5",
    "--cluster-size",
    "2",
    "--icc",
    ".1",
    "--weight-cv",
    ".2",
    "--population",
    "90000",
]
ALIKE = Fieldwork(0.5, 2, 0.1, 0.2, 90_000)


@pytest.mark.parametrize(
    ("options", "plan"),
    [
        (
            ["auc", "--auc-a", ".75", "--auc-b", ".7", "--correlation", ".5", "--base-rate", ".3"],
            lambda: cx.power.auc(0.75, 0.7, 0.5, base_rate=0.3, fieldwork=ALIKE),
        ),
        (
            ["correlation", "--r", ".3", "--margin", ".1"],
            lambda: cx.power.correlation(0.3, margin=0.1, fieldwork=ALIKE),
        ),
        (
            ["nps", "--promoters", ".45", "--detractors", ".2", "--margin", "3"],
            lambda: cx.power.nps(0.45, 0.2, margin=3, fieldwork=ALIKE),
        ),
        (
            ["share", "--share", ".8", "--difference", "-5", "--correlation", ".5"],
            lambda: cx.power.share(0.8, difference=-5, correlation=0.5, fieldwork=ALIKE),
        ),
        (["mean", "--std-dev", "1.5", "--n", "400"], lambda: cx.power.mean(1.5, n=400, fieldwork=ALIKE)),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_cli_plans(options, plan):
    answer = run(*options, *FIELD, "--json")
    assert answer.exit_code == FINE, answer.output
    assert json.loads(answer.stdout) == as_printed(plan())


def test_cli_drivers_reads_a_table(tmp_path):
    file = tmp_path / "r.csv"
    CORRELATIONS.to_csv(file)
    answer = run("drivers", str(file), "--outcome", "ces", "--json")
    assert json.loads(answer.stdout) == as_printed(cx.power.drivers(CORRELATIONS, "ces"))
    assert run("drivers", str(tmp_path / "none.csv"), "--outcome", "ces").exit_code == USAGE


def test_cli_simulates_a_named_world(tmp_path):
    picture = tmp_path / "tie.png"
    answer = run("simulate", "tie", "--n", "60", "--n-sim", "2", "--plot", str(picture), "--json")
    assert answer.exit_code == FINE, answer.output
    assert json.loads(answer.stdout)["n"] == 2
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    "options",
    [
        ["contest", "--r-a", ".9", "--r-b", ".1", "--r-ab", ".9"],
        ["contest", *ASK, "--response-rate", "30"],
        ["contest", *ASK, "--power", "80"],
        ["contest", *ASK, "--plot", "curve.bmp"],
        ["contest", "--r-a", ".9"],
        ["nps", "--promoters", ".45", "--detractors", ".2"],
        ["simulate", "paradise"],
        ["simulate", "tie", "--n", "few"],
        ["simulate", "tie", "--n", "60", "--n-sim", "1", "--outcome", "love"],
    ],
)
def test_cli_refuses_as_usage(options):
    assert run(*options).exit_code == USAGE


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["contest", "--r-a", "-.5", "--r-b", ".4", "--r-ab", ".6"], "`--r-a` is -0.5: turn"),
        (["contest", *ASK, "--icc", ".05"], "`--icc` of 0.05 does nothing while `--cluster-size` is 1"),
        (["nps", "--promoters", "45", "--detractors", ".2", "--margin", "3"], "`--promoters` and `--detractors`"),
        (["auc", "--auc-a", ".4", "--auc-b", ".7", "--correlation", ".5", "--base-rate", ".3"], "`--auc-a` is 0.4"),
        (["contest", *ASK, "--population", "inf"], "`--population` must be 1 or more, and finite"),
        (["nps", "--promoters", ".45", "--detractors", ".2", "--difference", "150"], "`--difference` of 150 points"),
        (["contest", *ASK, "--rating-effect", "1e300"], "no study of up to 10 million answers would do"),
        (["nps", "--promoters", ".45", "--detractors", ".2", "--difference", "5", "--population", "3000"],
         "`--population` is that of each group"),
        (["simulate", "tie", "--n", "5"], "`--n` must be one or more"),
    ],
)  # fmt: skip
def test_cli_names_its_own_options(options, words):
    assert words in run(*options).output


def test_cli_says_what_a_margin_counts_in():
    assert "`--margin` counts in points of 100" in run("share", "--share", ".8", "--margin", ".03").stdout
    units = {"contest": "in r", "auc": "in AUC", "correlation": "in r", "nps": "in points of 100",
             "share": "in points of 100", "mean": "in points of the scale"}  # fmt: skip
    for verb, unit in units.items():
        [margin] = [
            option
            for option in get_command(app).commands["power"].commands[verb].params
            if option.name == "margin"
        ]
        assert unit in margin.help


def test_every_option_is_explained(request):
    page = request.config.rootpath.joinpath("docs", "cli.md").read_text(encoding="utf-8")
    section = page.partition("\n## `power`\n")[2].partition("\n## ")[0]
    for verb, command in get_command(app).commands["power"].commands.items():
        assert f"`{verb}`" in section, verb
        for parameter in command.params:
            for option in [name for name in parameter.opts if name.startswith("--") and name != "--help"]:
                assert f"`{option}" in section, option
