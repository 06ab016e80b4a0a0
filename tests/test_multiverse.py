"""Every specification of the multiverse is the comparison of its own rows and scores, and the counts are counts."""

from __future__ import annotations

import copy
import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import cxresearch as cx
from cxresearch.errors import CodebookError
from cxresearch.multiverse import CHOICES, SMALLEST_SUBSET
from cxresearch.results import ESTIMATE_COLUMNS

RTOL = 1e-8  # the same formula on rows; leave-one-out differences lose half of the digits
LONGEST = 3_000  # characters of a note a person may be asked to read
QUICK = {"folds": 5, "repeats": 1, "n_boot": 100}
NAMES = ["ces", "csat", "nps"]
BOOK = {
    "title": "Contacts",
    "metrics": {
        "ces": {"column": "ces", "instrument": "ces2"},
        "csat": {"column": "csat", "scale": [1, 5]},
        "nps": {"column": "nps", "instrument": "nps"},
    },
    "outcomes": {
        "again": {"column": "again", "scale": [1, 7]},
        "renewed": {"column": "renewed", "kind": "binary"},
    },
    "design": {"weight": "w", "segments": ["channel"]},
}
ESTIMATORS = {
    "pearson_r": lambda x, y: stats.pearsonr(x, y)[0],
    "spearman_r": lambda x, y: stats.spearmanr(x, y)[0],
    "somers_d": lambda x, y: stats.somersd(y, x).statistic,
}
SCORERS = {
    "answers": {"ces": lambda x: x, "csat": lambda x: x, "nps": lambda x: x},
    "official": {
        "ces": lambda x: x >= 5,
        "csat": lambda x: x,
        "nps": lambda x: 1 * (x >= 9) - 1 * (x <= 6),
    },
    "top-2 box": {"ces": lambda x: x >= 6, "csat": lambda x: x >= 4, "nps": lambda x: x >= 9},
    "top box": {"ces": lambda x: x == 7, "csat": lambda x: x == 5, "nps": lambda x: x == 10},
}


def people(n=260, seed=1):
    rng = np.random.default_rng(seed)
    mood = rng.normal(0.4, 1, n)

    def answers(low, high, noise):
        raw = (low + high) / 2 + (high - low) / 4 * (mood + noise * rng.normal(size=n))
        return np.clip(np.rint(raw), low, high)

    return pd.DataFrame({
        "ces": answers(1, 7, 1.5), "csat": answers(1, 5, 1.0), "nps": answers(0, 10, 0.9),
        "again": answers(1, 7, 0.8), "renewed": (mood + rng.normal(size=n) > 0).astype(int),
        "w": rng.choice([0.5, 1.5], n), "channel": np.where(np.arange(n) % 13 < 8, "phone", "web"),
    })  # fmt: skip


def contest(frame, book=BOOK, metrics=NAMES, outcome="again", **options):
    return cx.compare(cx.read(frame, book), outcome, metrics, **(QUICK | options))


def without(*parts):
    book = copy.deepcopy(BOOK)
    for part in parts:
        del book["design"][part]
    return book


@pytest.fixture(scope="module")
def frame():
    return people()


@pytest.fixture(scope="module")
def result(frame):
    return contest(frame)


@pytest.fixture(scope="module")
def many(result):
    return result.multiverse()


def test_the_table_is_tidy_and_complete(many):
    keys = [*CHOICES, "a", "b"]
    table = many.table
    assert list(table.columns) == [*keys, *ESTIMATE_COLUMNS, "p_value", "r_a", "r_b"]
    assert not table.duplicated(keys).any()
    assert set(table.outcome) == {"again", "renewed"}
    assert set(table.scorer) == set(SCORERS)
    assert set(table.estimator) == {*ESTIMATORS, "likelihood_r"}
    assert set(table.weights) == {"weighted", "unweighted"}
    assert set(table.subset) == {"all", "channel = phone", "channel = web"}
    # every combination is there: outcomes x scorers x estimators x weights x subsets x pairs
    assert len(table) == 2 * 4 * 4 * 2 * 3 * 3
    assert table.drop(columns=keys).notna().all(axis=None)
    assert_allclose(table.estimate, table.r_a - table.r_b, rtol=1e-12)


def test_each_specification_is_that_of_its_rows(frame, many):
    table = many.table[many.table.weights == "unweighted"]
    for row in table[table.estimator != "likelihood_r"].itertuples():
        part = frame if row.subset == "all" else frame[frame.channel == row.subset.split(" = ")[1]]
        estimator, scored = ESTIMATORS[row.estimator], SCORERS[row.scorer]
        expected = [estimator(scored[name](part[name]) * 1.0, part[row.outcome]) for name in (row.a, row.b)]
        assert_allclose([row.r_a, row.r_b], expected, rtol=RTOL)
        assert row.n == len(part)


def test_the_specification_as_compared_is_the_comparison(result, many):
    asked = many.table.query("outcome == 'again' and scorer == 'answers' and subset == 'all'")
    asked = asked[asked.weights == "weighted"]
    for measure in ESTIMATORS:
        mine = asked[asked.estimator == measure].set_index(["a", "b"])
        theirs = result.pairs[result.pairs.measure == measure].set_index(["a", "b"])
        for column in (*ESTIMATE_COLUMNS, "p_value"):
            assert_allclose(mine[column], theirs[column], rtol=1e-9)


def test_a_subset_is_a_survey_of_its_own(frame, many):
    phone = frame[frame.channel == "phone"]
    for weights in (True, False):
        alone = contest(phone, without("segments"), weights=weights)
        label = "weighted" if weights else "unweighted"
        mine = many.table.query("outcome == 'again' and scorer == 'answers' and subset == 'channel = phone'")
        mine = mine[(mine.weights == label) & (mine.estimator == "spearman_r")].set_index(["a", "b"])
        theirs = alone.pairs[alone.pairs.measure == "spearman_r"].set_index(["a", "b"])
        for column in ("estimate", "std_error", "p_value", "n", "n_missing"):
            assert_allclose(mine[column], theirs[column], rtol=1e-9)


def test_likelihood_r_is_that_of_a_cumulative_model(frame, many):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    rows = many.table.query("outcome == 'again' and scorer == 'answers' and subset == 'all'")
    row = rows[(rows.weights == "unweighted") & (rows.estimator == "likelihood_r") & (rows.a == "ces")].iloc[
        0
    ]
    fit = OrderedModel(frame.again.astype(int), frame[["ces"]], distr="logit").fit(
        method="newton", disp=False
    )
    null = np.log(frame.again.map(frame.again.value_counts(normalize=True))).sum()
    expected = np.sqrt(1 - np.exp(-2 * (fit.llf - null) / len(frame)))
    assert_allclose(row.r_a, expected, rtol=1e-6)


def test_differences_have_the_error_of_leaving_rows_out():
    frame = people(60, seed=4)
    table = contest(frame, without("weight", "segments"), ["csat", "nps"]).multiverse(["again"]).table
    n = len(frame)
    for scorer in ("answers", "top-2 box"):
        scored = SCORERS[scorer]
        left = np.array([
            ESTIMATORS["somers_d"](scored["csat"](part.csat) * 1.0, part.again)
            - ESTIMATORS["somers_d"](scored["nps"](part.nps) * 1.0, part.again)
            for i in range(n)
            for part in [frame.drop(index=i)]
        ])  # fmt: skip
        row = table[(table.scorer == scorer) & (table.estimator == "somers_d")].iloc[0]
        assert_allclose(row.std_error, np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()), rtol=1e-7)


def test_a_good_low_scale_is_boxed_at_its_good_end(frame, many):
    book = copy.deepcopy(BOOK)
    book["metrics"]["csat"]["good"] = "low"
    turned = contest(frame.assign(csat=6 - frame.csat), book).multiverse(["again"])
    keys = [*CHOICES, "a", "b"]
    expected = many.table[many.table.outcome == "again"]
    mine, theirs = (table.sort_values(keys, ignore_index=True) for table in (turned.table, expected))
    pd.testing.assert_frame_equal(mine, theirs, rtol=1e-9)


def test_leaders_are_counted(many):
    specifications = many.table.groupby(list(CHOICES))
    leads, clearly = dict.fromkeys(NAMES, 0), dict.fromkeys(NAMES, 0)
    for _, part in specifications:
        values = {**dict(zip(part.a, part.r_a, strict=True)), **dict(zip(part.b, part.r_b, strict=True))}
        leader = max(values, key=values.get)
        leads[leader] += 1
        ahead = [
            row.conf_low > 0 if row.a == leader else row.conf_high < 0
            for row in part.itertuples()
            if leader in (row.a, row.b)
        ]
        assert len(ahead) == 2
        clearly[leader] += all(ahead)
    found = many.leaders.set_index("metric")
    assert found.leads.to_dict() == leads
    assert found.leads_clearly.to_dict() == clearly
    assert found.leads.sum() == specifications.ngroups == 2 * 4 * 4 * 2 * 3
    assert found.leads.is_monotonic_decreasing
    top = found.iloc[0]
    assert (
        f"`{found.index[0]}` leads in {top.leads} of 192 specifications, clearly in {top.leads_clearly}"
        in repr(many)
    )


def test_the_pair_is_the_leader_and_the_runner_up(result, many):
    r = result.table[(result.table.measure == "pearson_r") & (result.table.coding == "linear")]
    assert many.pair == tuple(r.sort_values("estimate", ascending=False).metric[:2])


@pytest.mark.parametrize(("weights", "labels"), [(True, {"weighted", "unweighted"}), (False, {"unweighted"})])
def test_a_comparison_without_weights_stays_without(frame, weights, labels):
    assert set(contest(frame, weights=weights).multiverse(["again"]).table.weights) == labels


def test_outcomes_asked_for(result, many):
    renewed = many.table[many.table.outcome == "renewed"].reset_index(drop=True)
    pd.testing.assert_frame_equal(result.multiverse("renewed").table, renewed)
    with pytest.raises(CodebookError, match="did you mean 'renewed'"):
        result.multiverse(["renewd"])
    with pytest.raises(CodebookError, match="`nps` is both a metric and the outcome"):
        result.multiverse(["nps"])


def test_small_segments_are_left_out_and_counted(frame):
    few = frame.drop(index=frame[frame.channel == "web"].index[SMALLEST_SUBSET - 1 :])
    many = contest(few).multiverse("again")
    assert set(many.table.subset) == {"all", "channel = phone"}
    [note] = [note for note in many.notes if note.code == "left_out"]
    assert "2 subsets left out" in note.text  # weighted and not
    assert "channel = web" in note.text
    assert f"{SMALLEST_SUBSET - 1} complete rows" in note.text


def test_a_note_on_a_thousand_segments_can_still_be_read(frame):
    crowded = pd.concat([frame] * 2, ignore_index=True).assign(channel=lambda rows: rows.index)
    many = contest(crowded).multiverse("again")
    [note] = [note for note in many.notes if note.code == "left_out"]
    assert f"{2 * len(crowded):,} subsets left out" in note.text
    assert len(note.text) < LONGEST


def test_notes_are_those_that_apply(frame, many):
    assert [note.code for note in many.notes] == ["dependent", "official_codings"]
    book = without("segments", "weight") | {"title": "Contacts (simulated)"}
    del book["metrics"]["ces"]["instrument"]
    book["metrics"]["ces"]["scale"] = [1, 7]
    means = contest(frame, book, ["ces", "csat"]).multiverse(["again"])
    assert "official" not in set(means.table.scorer)
    assert [note.code for note in means.notes] == ["simulated", "dependent"]


def test_clusters_stay_clusters(frame):
    book = without("segments")
    book["design"]["cluster"] = "home"
    many = contest(frame.assign(home=np.arange(len(frame)) // 4), book).multiverse(["again"])
    alone = contest(frame.assign(home=np.arange(len(frame)) // 4), book, weights=False)
    mine = many.table.query("scorer == 'answers' and estimator == 'pearson_r' and weights == 'unweighted'")
    theirs = alone.pairs[alone.pairs.measure == "pearson_r"]
    assert_allclose(mine.std_error, theirs.std_error, rtol=1e-9)
    assert_allclose(mine.p_value, theirs.p_value, rtol=1e-9)


def test_it_is_strict_json(many):
    content = json.loads(json.dumps(many.to_dict(), allow_nan=False))
    assert content["seed"] is None  # nothing is drawn
    assert content["pair"] == list(many.pair)
    assert {"table", "leaders", "rope", "question", "method", "n", "n_missing"} <= set(content)
