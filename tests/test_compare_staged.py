"""The contest on open data: figures known from elsewhere, and the classical route beside ours.

The figures are those of the data sets' own descriptions, printed to three (correlations, R²) or two decimals.
"""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import cxresearch as cx
from cxresearch import datasets
from cxresearch.errors import SurveyError

PRINTED = 5.0001e-4  # half of the last of three printed decimals
PRINTED_2 = 5.0001e-3  # half of the last of two
RTOL = 1e-10  # the same formula on rows
QUICK = {"repeats": 1, "n_boot": 500}


def pick(table, **keys):
    for key, value in keys.items():
        table = table[table[key] == value]
    assert len(table) == 1, f"{len(table)} rows for {keys}"
    return table.iloc[0]


def estimates(table, measure, coding="linear"):
    rows = table[(table.measure == measure) & (table.coding == coding)]
    return rows.set_index("metric").estimate.to_dict()


def contest(name, frame, outcome, metrics=None, **options):
    return cx.compare(cx.read(frame, datasets.codebook(name)), outcome, metrics, **(QUICK | options))


# ---- San Francisco airport


@pytest.fixture
def sfo(open_data):
    open_data("sfo_2017")
    return datasets.load_sfo(2017)


@pytest.fixture
def airport(sfo):
    return contest("sfo_2017", sfo, "recommend", weights=False, clusters=False)


def by_hand(frame):
    """Rating, mean of the ease items answered and recommendation, in pandas only."""
    rating = pd.to_numeric(frame.Q7ALL, errors="coerce").where(lambda x: x.between(1, 5))
    items = frame[["Q14FIND", "Q14PASSTHRU", "Q13GETRATE"]].where(lambda x: (x >= 1) & (x <= 5))
    return pd.DataFrame({
        "csat": rating, "ease": items.mean(axis=1), "recommend": frame.NETPRO.where(frame.NETPRO <= 10),
    })  # fmt: skip


def test_airport_on_each_metrics_own_answers(airport, sfo):
    own = airport.own[airport.own.measure == "spearman_r"].set_index("metric")
    assert_allclose(own.estimate["csat"], 0.567, atol=PRINTED)
    assert_allclose(own.estimate["ease"], 0.479, atol=PRINTED)
    rows = by_hand(sfo)
    for name in ("csat", "ease"):
        answered = rows[[name, "recommend"]].dropna()
        assert own.n[name] == len(answered)
        assert own.n_missing[name] == len(sfo) - len(answered)
        assert_allclose(own.estimate[name], stats.spearmanr(answered[name], answered.recommend)[0], rtol=RTOL)


def test_airport_on_complete_rows(airport, sfo):
    assert (airport.n, airport.n_missing) == (2_578, 253)
    found = estimates(airport.table, "spearman_r")
    assert_allclose([found["csat"], found["ease"]], [0.569, 0.476], atol=PRINTED)
    rows = by_hand(sfo).dropna()
    assert len(rows) == 2_578
    pearson = estimates(airport.table, "pearson_r")
    for name in ("csat", "ease"):
        assert_allclose(pearson[name], stats.pearsonr(rows[name], rows.recommend)[0], rtol=RTOL)


@pytest.mark.parametrize("design", [True, False])
def test_at_the_airport_effort_loses_and_adds(sfo, design):
    """Weighted and by flights, and as if passengers were independent: the same answer."""
    result = contest("sfo_2017", sfo, "recommend", weights=design, clusters=design)
    assert result.verdict.winner == "csat"
    assert result.verdict.conclusion == "better"
    for measure in ("pearson_r", "spearman_r"):
        gap = pick(result.pairs, a="csat", b="ease", measure=measure)
        assert gap.conf_low > 0
        assert gap.p_value < 0.01
    held_out = pick(result.pairs, a="csat", b="ease", measure="cv_r2_score")
    assert held_out.estimate > 0.05
    assert held_out.p_a_better > 0.8 > 0.1 > held_out.p_b_better
    added = pick(result.joint, metric="ease", measure="incremental_r2")
    assert 0 < added.conf_low < added.estimate < added.conf_high
    together, alone = (
        pick(result.table, metric=m, coding="linear", measure="cv_r2_score") for m in ("(all)", "csat")
    )
    assert together.estimate > alone.estimate + 0.03  # and it adds out of sample


def test_a_flight_is_one_cluster(sfo):
    result = contest("sfo_2017", sfo, "recommend")
    rows = by_hand(sfo).assign(run=sfo.RUNID, w=sfo.WEIGHT).dropna()
    rows = rows[rows.w > 0]
    gap = pick(result.pairs, a="csat", b="ease", measure="pearson_r")
    assert 30 < gap.df <= rows.run.nunique() - 1
    with_w = np.cov(rows[["csat", "recommend"]].T, aweights=rows.w)
    r = with_w[0, 1] / np.sqrt(with_w[0, 0] * with_w[1, 1])
    assert_allclose(estimates(result.table, "pearson_r")["csat"], r, rtol=RTOL)
    notes = {note.code: note.text for note in result.notes}
    assert f"{rows.run.nunique()} clusters" in notes["clusters"]
    assert f"{rows.w.sum() ** 2 / (rows.w**2).sum():,.0f} effective" in notes["weights"]


def test_the_next_years_airport_agrees(open_data):
    open_data("sfo_2018")
    result = contest("sfo_2018", datasets.load_sfo(2018), "recommend", weights=False, clusters=False)
    own = result.own[result.own.measure == "spearman_r"].set_index("metric").estimate
    assert_allclose([own["csat"], own["ease"]], [0.602, 0.520], atol=PRINTED)
    assert result.verdict.winner == "csat"
    assert pick(result.joint, metric="ease", measure="incremental_r2").conf_low > 0


def test_held_out_r2_at_the_airport_is_scikit_learns(sfo, airport):
    """Ten folds drawn by each side: the means differ by chance only, well within the folds' own spread."""
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import RepeatedKFold, cross_val_score

    rows = by_hand(sfo).dropna()
    for name in ("csat", "ease"):
        folds = RepeatedKFold(n_splits=10, n_repeats=3, random_state=1)
        mse = -cross_val_score(
            LinearRegression(), rows[[name]], rows.recommend, cv=folds, scoring="neg_mean_squared_error"
        )
        r2 = 1 - mse.mean() / rows.recommend.var(ddof=0)
        found = pick(airport.table, metric=name, coding="linear", measure="cv_r2_score").estimate
        assert_allclose(found, r2, atol=0.002)  # from repeat to repeat the mean moves by 0.0004


# ---- ECSI mobile phones


def test_mobile_phones(open_data):
    """Williams' t from the printed correlations needs r(csat, recommend) too: 250 rows give |t| = 3.76."""
    open_data("ecsi_mobile")
    frame = datasets.load_ecsi_mobile()
    result = contest("ecsi_mobile", frame, "choose_again", ["csat", "recommend"])
    assert (result.n, result.n_missing) == (250, 0)
    r = estimates(result.table, "pearson_r")
    assert_allclose([r["csat"], r["recommend"]], [0.343, 0.542], atol=PRINTED)
    williams = pick(result.tests, test="williams")
    assert_allclose(williams.statistic, -3.76, atol=PRINTED_2)  # csat minus recommend
    assert williams.df == 247
    assert result.verdict.winner == "recommend"
    rho = estimates(result.table, "spearman_r")
    assert_allclose([rho["csat"], rho["recommend"]], [0.357, 0.549], atol=PRINTED)
    R = frame[["CUSA1", "CUSL3", "CUSL1"]].corr().to_numpy()
    determinant = np.linalg.det(R)
    mean = (R[0, 2] + R[1, 2]) / 2
    t = (R[0, 2] - R[1, 2]) * np.sqrt(
        249 * (1 + R[0, 1]) / (2 * 249 / 247 * determinant + mean**2 * (1 - R[0, 1]) ** 3)
    )
    assert_allclose(williams.statistic, t, rtol=1e-9)


# ---- mobile provider reputation


@pytest.fixture
def reputation(open_data):
    open_data("mobile_reputation")
    return datasets.load_mobile_reputation()


def test_reputation_is_too_close_to_call(reputation):
    """Recommending has .672, satisfaction .654 with choosing again; Williams' |t| is .50."""
    result = contest("mobile_reputation", reputation, "choose_again")
    assert (result.n, result.n_missing) == (337, 7)
    r = estimates(result.table, "pearson_r")
    assert_allclose([r["recommend"], r["csat"]], [0.672, 0.654], atol=PRINTED)
    assert_allclose(pick(result.tests, test="williams").statistic, -0.50, atol=PRINTED_2)
    assert result.verdict.conclusion == "not enough data"
    assert result.verdict.winner is None
    rows = reputation[["cusa", "cusl_1", "cusl_2"]].where(lambda x: x > 0).dropna()
    assert_allclose(r["csat"], stats.pearsonr(rows.cusa, rows.cusl_2)[0], rtol=RTOL)


def without_codes():
    book = copy.deepcopy(datasets.codebook("mobile_reputation"))
    for group in ("metrics", "outcomes"):
        for entry in book[group].values():
            del entry["missing"]
    return book


def test_a_missing_code_left_in_is_refused_by_column_value_and_rows(reputation):
    with pytest.raises(SurveyError) as caught:
        cx.read(reputation, without_codes())
    message = str(caught.value)
    assert "3 errors" in message
    for column, rows in {"cusa": 1, "cusl_1": 3, "cusl_2": 4}.items():
        [line] = [line for line in message.splitlines() if f"'{column}'" in line]
        assert f"-99 ({rows} row{'s' * (rows > 1)})" in line
        assert "missing = [-99]" in line
    assert [problem.values for problem in caught.value.problems] == [{"-99": 1}, {"-99": 3}, {"-99": 4}]
    assert {problem.kind for problem in caught.value.problems} == {"missing_code"}


def test_why_it_is_refused_a_code_read_as_an_answer_would_change_the_figures(reputation):
    """Eight codes among 1,032 answers: taken as answers, they make another survey of it."""
    book = without_codes()
    for group in ("metrics", "outcomes"):
        for entry in book[group].values():
            entry.pop("instrument", None)
            entry["scale"] = [-99, 7]
    survey = cx.read(reputation, book, problems="list")
    wrong = estimates(cx.compare(survey, "choose_again", **QUICK).table, "pearson_r")
    raw = reputation[["cusa", "cusl_1", "cusl_2"]].corr()
    assert_allclose([wrong["csat"], wrong["recommend"]], raw.cusl_2[["cusa", "cusl_1"]], rtol=RTOL)
    assert max(wrong, key=wrong.get) != "recommend" or abs(wrong["recommend"] - 0.672) > 0.1


# ---- Spanish bank


@pytest.fixture
def bank(open_data):
    open_data("csibank")
    return datasets.load_csibank()


def test_bank_correlations_and_what_banding_loses(bank):
    """R² of choosing again: .529 on satisfaction as answered, .594 on recommending, .444 on its net score.

    The .444 is of classes as they are scored, -1, 0 and 1; as a factor of three levels they would give .457.
    """
    result = contest("csibank", bank, "choose_again", ["csat", "recommend"])
    r, r2 = estimates(result.table, "pearson_r"), estimates(result.table, "r2_score")
    assert_allclose([r["csat"], r["recommend"]], [0.727, 0.770], atol=PRINTED)
    assert_allclose([r2["csat"], r2["recommend"]], [0.529, 0.594], atol=PRINTED)
    official = estimates(result.table, "r2_score", "official")
    assert list(official) == ["recommend"]  # satisfaction is scored by its mean here
    assert_allclose(official["recommend"], 0.444, atol=PRINTED)
    lost = pick(result.banding, metric="recommend", coding="official", measure="r2_score")
    assert_allclose(lost.estimate, official["recommend"] - r2["recommend"], rtol=RTOL)
    assert lost.conf_high < 0
    classes = pd.cut(bank.loy3, [-1, 6, 8, 10], labels=False)
    within = bank.groupby(classes).loy1.transform(lambda x: x - x.mean())
    assert_allclose(1 - (within**2).sum() / bank.loy1.var() / (len(bank) - 1), 0.457, atol=PRINTED)


@pytest.mark.parametrize(
    ("scorer", "r2"), [({"share_at_least": 8}, 0.318), ({"box": 2}, 0.210), ({"box": 1}, 0.113)]
)
def test_bank_top_boxes(bank, scorer, r2):
    book = copy.deepcopy(datasets.codebook("csibank"))
    book["metrics"]["csat"]["scorer"] = scorer
    result = cx.compare(cx.read(bank, book), "choose_again", ["csat", "recommend"], **QUICK)
    assert_allclose(estimates(result.table, "r2_score", "official")["csat"], r2, atol=PRINTED)
    assert_allclose(estimates(result.table, "r2_score")["csat"], 0.529, atol=PRINTED)


def test_bank_top_boxes_are_in_the_multiverse(bank):
    book = copy.deepcopy(datasets.codebook("csibank"))
    del book["design"]
    result = cx.compare(cx.read(bank, book), "choose_again", ["csat", "recommend"], **QUICK)
    table = result.multiverse().table
    table = table[table.estimator == "pearson_r"].set_index("scorer")
    assert_allclose(table.r_a[["top-2 box", "top box"]] ** 2, [0.210, 0.113], atol=PRINTED)
    assert_allclose(table.r_b["official"] ** 2, 0.444, atol=PRINTED)
