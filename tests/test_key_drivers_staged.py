"""Key drivers on open data: the findings of the study, so that a change in one is news.

Figures without another source were computed by this package and are kept to the digits the study prints; those that
plain pandas and numpy can give are recomputed here.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import cxresearch as cx
from cxresearch import datasets
from cxresearch.stats import importance, relative_weights
from cxresearch.stats.designs import Design
from cxresearch.stats.importance_error import importance_intervals
from cxresearch.stats.importance_noise import more_than_noise
from cxresearch.stats.imputation import pooled_importance
from cxresearch.stats.multiplicity import adjusted_p_values

PRINTED = 5.0001e-4  # half of the last of three printed decimals
PRINTED_2 = 5.0001e-3  # half of the last of two
RTOL = 1e-9  # the same formula on rows

SHAPLEY_2017 = {
    "restaurants": 0.067, "signs": 0.054, "shops": 0.051, "walkways": 0.051, "screens": 0.044, "art": 0.036,
    "parking": 0.035, "road_signs": 0.035, "info_upper": 0.032, "wifi": 0.030, "info_lower": 0.030,
    "airtrain": 0.027, "rental_centre": 0.023, "shuttle": 0.019,
}  # fmt: skip


def loaded(name):
    return datasets.load_yellow_pages() if name == "yellow_pages" else datasets.load_sfo(int(name[-4:]))


def ratings(name):
    """Drivers, outcome, weight and flight of each row by pandas alone; NaN where there is no answer, inf never used."""
    book, frame = datasets.codebook(name), loaded(name)
    columns = {driver: entry["column"] for driver, entry in book["drivers"].items()}
    X = frame[list(columns.values())].set_axis(list(columns), axis=1).astype(float)
    if name == "yellow_pages":
        return X, frame["q1"].astype(float), np.ones(len(frame)), None
    y = pd.to_numeric(frame["Q7ALL"], errors="coerce").where(lambda x: x.between(1, 5))
    return X.replace({0: np.nan, 6: np.inf}), y, frame["WEIGHT"].to_numpy(), frame["RUNID"].to_numpy()


def arrays(name):
    """Ratings centred among users, who used what, outcome and design of the rows without a blank."""
    X, y, w, run = ratings(name)
    keep = (X.notna().all(axis=1) & y.notna()).to_numpy()
    X, y, w = X[keep].to_numpy(), y[keep].to_numpy(), w[keep]
    used = np.isfinite(X)
    means = np.average(np.where(used, X, 0), axis=0, weights=w) / np.average(used, axis=0, weights=w)
    cluster = None if run is None else np.unique(run[keep], return_inverse=True)[1]
    unused = (~used)[:, ~used.all(axis=0)].astype(float)
    design = Design(np.ones(len(w), np.int64), w, w**2, cluster=cluster)
    return {"X": np.where(used, X - means, 0), "y": y, "design": design, "controls": unused}


def named(name, values):
    return pd.Series(values, list(datasets.codebook(name)["drivers"]))


def shapley(name):
    table = importance_intervals(**arrays(name), indices=["shapley_r2"], n_boot=0)
    return named(name, table.estimate[0])


@pytest.fixture
def airport(open_data):
    open_data("sfo_2017")
    return shapley("sfo_2017")


# ---- the ranking


def test_shares_of_the_airports_services(airport):
    assert_allclose(airport[list(SHAPLEY_2017)], list(SHAPLEY_2017.values()), atol=PRINTED)
    assert airport.idxmax() == "restaurants"
    assert_allclose(airport.sum(), 0.535, atol=PRINTED)


def test_they_sum_to_what_least_squares_adds_to_who_used_what(airport):
    part = arrays("sfo_2017")
    root = np.sqrt(part["design"].w)[:, None]
    y = part["y"] - np.average(part["y"], weights=part["design"].w)
    explained = []
    for columns in (part["controls"], np.column_stack([part["controls"], part["X"]])):
        design = np.column_stack([np.ones(len(y)), columns]) * root
        beta = np.linalg.lstsq(design, y * root[:, 0], rcond=None)[0]
        explained.append(1 - ((y * root[:, 0] - design @ beta) ** 2).sum() / (y**2 * part["design"].w).sum())
    assert_allclose(airport.sum(), explained[1] - explained[0], rtol=1e-8)


def test_drivers_tells_the_same_story(airport, open_data):
    """`cx.drivers` counts never used to its service instead of holding it fixed; hardly anything changes."""
    survey = cx.read(datasets.load_sfo(2017), datasets.codebook("sfo_2017"))
    result = cx.drivers(survey, "csat", n_boot=100)
    assert (result.n, result.n_missing) == (2_387, 444)
    found = result.importance.query("measure == 'shapley_r2'").set_index("driver")
    assert_allclose(found.estimate[airport.index], airport, atol=2e-3)
    assert found.estimate.idxmax() == "restaurants"
    per_point = result.effects.query("measure == 'mean' and term == 'per 1'").set_index("driver")
    assert per_point.estimate.idxmax() == "restaurants"
    assert_allclose(per_point.estimate["restaurants"], 0.155, atol=PRINTED)


def test_yellow_pages_has_two_leaders(open_data):
    open_data("yellow_pages")
    found = shapley("yellow_pages")
    assert list(found.sort_values(ascending=False).index[:3]) == ["volume_prices", "reach", "prices"]
    assert_allclose(found[["volume_prices", "reach", "prices"]], [0.161, 0.152, 0.087], atol=PRINTED)
    table = importance_intervals(**arrays("yellow_pages"), indices=["shapley_r2"], n_boot=0)
    assert named("yellow_pages", table.rank_high[0])[["volume_prices", "reach"]].tolist() == [2, 2]


@pytest.mark.slow
def test_shapley_by_every_order_of_entry(open_data):
    """Nine drivers, 512 regressions by numpy, gains averaged with the textbook's weights."""
    open_data("yellow_pages")
    X, y, _, _ = ratings("yellow_pages")
    R = np.corrcoef(np.column_stack([X, y]).T)
    p = len(R) - 1
    worth = {(): 0.0}
    for size in range(1, p + 1):
        for some in itertools.combinations(range(p), size):
            worth[some] = R[-1, some] @ np.linalg.solve(R[np.ix_(some, some)], R[some, -1])
    by_hand = np.zeros(p)
    for some, value in worth.items():
        for j in set(range(p)) - set(some):
            weight = math.factorial(len(some)) * math.factorial(p - 1 - len(some)) / math.factorial(p)
            by_hand[j] += weight * (worth[tuple(sorted((*some, j)))] - value)
    assert_allclose(shapley("yellow_pages"), by_hand, rtol=RTOL)


# ---- the methods


@pytest.mark.parametrize(
    ("name", "tau", "r"),
    [("sfo_2017", 0.91, 0.990), ("sfo_2018", 0.93, 0.990), ("yellow_pages", 0.94, 0.996)],
)
def test_shapley_and_relative_weights_agree(name, tau, r, open_data):
    open_data(name)
    table = importance_intervals(**arrays(name), indices=["shapley_r2", "johnson_r2"], n_boot=0)
    ours, johnson = table.estimate
    assert_allclose(stats.kendalltau(ours, johnson).statistic, tau, atol=PRINTED_2)
    assert np.corrcoef(ours, johnson)[0, 1] > r - PRINTED


@pytest.mark.parametrize(("name", "tau"), [("sfo_2017", 0.36), ("sfo_2018", 0.43), ("yellow_pages", 0.67)])
def test_correlations_and_coefficients_do_not(name, tau, open_data):
    """Both by least squares on the rows, who used what held fixed."""
    open_data(name)
    part = arrays(name)
    data = np.column_stack([part["X"], part["y"]])
    root = np.sqrt(part["design"].w)[:, None]
    held = np.column_stack([np.ones(len(data)), part["controls"]]) * root
    rest = data * root - held @ np.linalg.lstsq(held, data * root, rcond=None)[0]
    products = rest.T @ rest
    size = np.sqrt(np.diag(products))
    r = products[-1, :-1] / size[:-1] / size[-1]
    beta = np.linalg.lstsq(rest[:, :-1], rest[:, -1], rcond=None)[0] * size[:-1] / size[-1]
    assert_allclose(stats.kendalltau(r**2, np.abs(beta)).statistic, tau, atol=PRINTED_2)
    assert_allclose(relative_weights.standardised_coefficients(products), beta, rtol=1e-7)


@pytest.mark.parametrize(
    ("name", "idle", "telling"),
    [
        ("sfo_2017", {"shuttle", "info_lower"}, 8),
        ("sfo_2018", {"shuttle", "info_lower"}, 8),
        ("yellow_pages", {"distribution"}, 4),
    ],
)
def test_the_formula_finds_everything_significant_and_the_noise_copy_does_not(name, idle, telling, open_data):
    open_data(name)
    test = more_than_noise(**arrays(name), rng=np.random.default_rng(1))
    p = named(name, test.p_value)
    assert set(p.index[p > 0.5]) == idle
    assert (test.p_relative_weights < 0.001).all()
    assert abs((adjusted_p_values(p) < 0.05).sum() - telling) <= 1  # one lies within the noise of the copies


def test_a_question_asked_twice_loses_its_place(airport):
    booths = ["info_lower", "info_upper"]
    rank = airport.rank(ascending=False)
    assert sorted(rank[booths]) == [9, 11]
    names = list(airport.index)
    groups = [[names.index(d)] for d in names if d not in booths] + [[names.index(d) for d in booths]]
    table = importance_intervals(**arrays("sfo_2017"), indices=["shapley_r2"], n_boot=0, groups=groups)
    assert table.rank[0, -1] == 6


# ---- never used


def test_dropping_whoever_has_not_used_everything_turns_the_ranking_over(airport):
    X, y, w, _ = ratings("sfo_2017")
    few = (np.isfinite(X).all(axis=1) & y.notna()).to_numpy()
    assert few.sum() == 494
    M = importance.moments(np.column_stack([X, y])[few], w[few])
    found = named("sfo_2017", importance.shapley_r2(M))
    assert found.idxmax() == "parking"
    assert_allclose(stats.kendalltau(found, airport).statistic, 0.10, atol=PRINTED_2)
    alike = X[few].eq(X["art"][few], axis=0).all(axis=1).mean()
    assert_allclose(alike, 0.336, atol=PRINTED)
    pairwise = X.replace(np.inf, np.nan).assign(y=y).corr().to_numpy()
    tau = stats.kendalltau(importance.shapley_r2(pairwise), airport).statistic
    assert_allclose(tau, 0.08, atol=PRINTED_2)


def test_filling_in_blanks_changes_little_and_filling_in_never_used_much(airport):
    X, y, w, run = ratings("sfo_2017")
    keep = (y.notna() & (np.isfinite(X).any(axis=1))).to_numpy()
    X, y, w, run = X[keep].to_numpy(), y[keep].to_numpy(), w[keep], run[keep]
    design = Design(np.ones(len(w), np.int64), w, w**2, cluster=np.unique(run, return_inverse=True)[1])
    never, known = np.isinf(X), np.isfinite(X)
    means = np.average(np.where(known, X, 0), axis=0, weights=w) / np.average(known, axis=0, weights=w)
    settings = {"indices": ["shapley_share"], "imputations": 3}
    blanks = pooled_importance(
        np.where(never, 0, X - means), y, design, controls=never.astype(float), **settings
    )
    everything = pooled_importance(np.where(never, np.nan, X), y, design, **settings)
    assert stats.kendalltau(blanks.estimate[0], airport).statistic > 0.85
    assert stats.kendalltau(everything.estimate[0], airport).statistic < 0.65
    assert np.median(blanks.missing_information) < 0.1 < 0.2 < np.median(everything.missing_information)


# ---- what the prose says of the data


def test_restaurants_are_rated_worst(open_data):
    open_data("sfo_2017")
    assert ratings("sfo_2017")[0].replace(np.inf, np.nan).mean().idxmin() == "restaurants"


def test_another_outcome_and_other_pages_held_fixed(airport, open_data):
    """Would recommend: less explained, who leads is open. Cleanliness and safety held fixed: much of the rest goes."""
    part, frame = arrays("sfo_2017"), datasets.load_sfo(2017)
    X, y, _, _ = ratings("sfo_2017")
    keep = (X.notna().all(axis=1) & y.notna()).to_numpy()
    for outcome, held, r2, leaders in (
        ("NETPRO", [], 0.24, {"screens", "restaurants", "signs"}),
        ("Q7ALL", ["Q9ALL", "Q10SAFE"], 0.26, {"restaurants", "signs", "shops"}),
    ):
        values = pd.to_numeric(frame[outcome], errors="coerce")[keep]
        pages = frame[held][keep]
        good = ((values <= 10) & pages.isin(range(1, 6)).all(axis=1)).to_numpy()
        w = part["design"].w[good]
        design = Design(np.ones(len(w), np.int64), w, w**2)
        table = importance_intervals(
            part["X"][good], values[good].to_numpy(float), design, ["shapley_r2"], n_boot=0,
            controls=np.column_stack([part["controls"], pages])[good],
        )  # fmt: skip
        assert_allclose(table.estimate.sum(), r2, atol=0.01)  # the study leaves out other blanks
        assert named("sfo_2017", table.estimate[0]).nlargest(2).index.isin(leaders).all()


# ---- replication


def test_the_ranking_replicates(airport, open_data):
    open_data("sfo_2018")
    later = shapley("sfo_2018")
    assert list(later.sort_values(ascending=False).index[:3]) == ["restaurants", "signs", "screens"]
    assert_allclose(stats.kendalltau(airport, later).statistic, 0.78, atol=PRINTED_2)
    assert_allclose(stats.spearmanr(airport, later).statistic, 0.89, atol=PRINTED_2)


def test_no_share_moves_by_more_than_noise_among_fourteen(open_data):
    tables = []
    for name in ("sfo_2017", "sfo_2018"):
        open_data(name)
        tables.append(importance_intervals(**arrays(name), indices=["shapley_share"], n_boot=0))
    change = tables[1].estimate[0] - tables[0].estimate[0]
    z = named("sfo_2017", change / np.hypot(tables[0].std_error[0], tables[1].std_error[0]))
    assert {"screens", "parking"} <= set(z.index[z.abs() > 1.9]) <= {"signs", "screens", "parking"}
    assert z.abs().max() < stats.norm.isf(0.025 / len(z))
