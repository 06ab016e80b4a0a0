"""The contest's numbers against SciPy, scikit-learn, statsmodels and R on the rows; its identities."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import cxresearch as cx
from cxresearch import worlds
from cxresearch._contest import enter
from cxresearch._contest_tables import fieller
from cxresearch.comparison import verdict_of
from cxresearch.results import ESTIMATE_COLUMNS, marked
from cxresearch.stats import correlations, resampling

RTOL = 1e-8  # the same formula on rows; leave-one-out differences lose half of the digits
RTOL_FIT = 1e-5  # iterative fits of both sides, each stopped at its own tolerance
LINEARISED = 0.02  # deletion against derivative: order 1/n, and 1/60 with 60 clusters
REFERENCE = Path(__file__).parent / "reference"

QUICK = {"folds": 5, "repeats": 2, "n_boot": 200}
RANDOM = {"cv_r2_score", "cv_log_score"}  # measures that depend on the seed
BOOK = {
    "metrics": {
        "ces": {"column": "ces", "instrument": "ces2"},
        "csat": {"column": "csat", "scale": [1, 5]},
        "nps": {"column": "nps", "instrument": "nps"},
    },
    "outcomes": {
        "again": {"column": "again", "scale": [1, 7]},
        "renewed": {"column": "renewed", "kind": "binary"},
        "spend": {"column": "spend", "kind": "number"},
    },
}
NAMES = ["ces", "csat", "nps"]
KEYS = {
    "table": ["metric", "coding", "measure"],
    "pairs": ["a", "b", "measure"],
    "ratios": ["a", "b", "unit"],
    "banding": ["metric", "coding", "measure"],
    "joint": ["metric", "measure"],
    "models": ["model", "family", "metric"],
    "tests": ["a", "b", "test"],
    "reliability": ["metric", "versus", "measure", "reliability"],
    "own": ["metric", "coding", "measure"],
}
EXTRAS = {
    "pairs": ["p_value", "df", "rope", "p_a_better", "p_same", "p_b_better"],
    "models": ["p_value", "separated"],
    "tests": ["statistic", "df", "p_value"],
}


def people(n=150, seed=1):
    """Answers that share a latent mood, skewed as customers' answers are."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0.5, 1, n)

    def answers(low, high, noise):
        centre, width = (low + high) / 2, (high - low) / 4
        return np.clip(np.rint(centre + width * (mood + noise * rng.normal(size=n))), low, high)

    frame = pd.DataFrame({
        "ces": answers(1, 7, 1.6), "csat": answers(1, 5, 1.0), "nps": answers(0, 10, 0.9),
        "again": answers(1, 7, 0.8), "spend": np.rint(20 * np.exp(0.4 * mood + 0.5 * rng.normal(size=n))),
    })  # fmt: skip
    return frame.assign(renewed=(mood + rng.normal(size=n) > 0).astype(int))


def with_design(**design):
    return BOOK | {"design": design}


def contest(frame, outcome="again", book=BOOK, metrics=NAMES, **options):
    return cx.compare(cx.read(frame, book), outcome, metrics, **(QUICK | options))


def pick(table, **keys):
    """The one row of a table under these keys."""
    rows = table
    for key, value in keys.items():
        rows = rows[rows[key] == value]
    assert len(rows) == 1, f"{len(rows)} rows for {keys}"
    return rows.iloc[0]


def look(table, column="estimate", **keys):
    """The one value of a table under these keys."""
    return pick(table, **keys)[column]


@pytest.fixture(scope="module")
def frame():
    return people()


@pytest.fixture(scope="module")
def results(frame):
    return {outcome: contest(frame, outcome) for outcome in ("again", "renewed", "spend")}


@pytest.fixture(scope="module")
def ordinal(results):
    return results["again"]


# ---- what the tables look like


@pytest.mark.parametrize("outcome", ["again", "renewed", "spend"])
@pytest.mark.parametrize("name", KEYS)
def test_tables_are_tidy(results, outcome, name):
    table = getattr(results[outcome], name)
    assert list(table.columns) == [*KEYS[name], *ESTIMATE_COLUMNS, *EXTRAS.get(name, [])]
    assert len(table) > 0
    assert not table.duplicated(KEYS[name]).any()
    assert (table.n == 150).all()
    assert (table.n_missing == 0).all()
    assert table.estimate.notna().all()
    known = table.conf_low.notna()
    assert known.all() or name == "joint"
    assert (table.conf_low[known] <= table.conf_high[known]).all()
    if name not in ("reliability",):
        inside = (table.conf_low <= table.estimate + 1e-12) & (table.estimate - 1e-12 <= table.conf_high)
        assert (
            inside[known].mean() > 0.9
        )  # a percentile interval of a bounded share may leave its estimate out


@pytest.mark.parametrize(
    ("outcome", "measures"),
    [
        ("again", {"log_score", "cv_log_score"}),
        ("renewed", {"log_score", "cv_log_score", "auc_score"}),
        ("spend", set()),
    ],
)
def test_measures_follow_the_outcome(results, outcome, measures):
    common = {"cv_r2_score", "pearson_r", "spearman_r", "somers_d"}
    assert set(results[outcome].pairs.measure) == common | measures
    fitted = {"r2_score"} | ({"efron_r2_score"} if outcome == "renewed" else set())
    assert set(results[outcome].table.measure) == common | measures | fitted
    assert ("delong" in set(results[outcome].tests.test)) == (outcome == "renewed")
    default = "somers_d" if outcome == "renewed" else "pearson_r"
    assert results[outcome].protocol.measure == default
    assert default in results[outcome].verdict.rule


def test_codings_are_those_of_each_metric(ordinal):
    codings = ordinal.table.groupby("metric").coding.unique()
    assert set(codings["ces"]) == set(codings["nps"]) == {"linear", "official", "levels"}
    assert set(codings["csat"]) == {"linear", "levels"}  # officially a mean: the answers as they are
    assert set(codings["(all)"]) == {"linear"}


# ---- values on the rows


@pytest.mark.parametrize("outcome", ["again", "renewed", "spend"])
def test_correlations_equal_scipy(frame, results, outcome):
    y = frame[outcome]
    for name in NAMES:
        x = frame[name]
        expected = {
            "pearson_r": stats.pearsonr(x, y)[0],
            "r2_score": stats.pearsonr(x, y)[0] ** 2,
            "spearman_r": stats.spearmanr(x, y)[0],
            "somers_d": stats.somersd(y, x).statistic,
        }
        for measure, value in expected.items():
            found = look(results[outcome].table, metric=name, coding="linear", measure=measure)
            assert_allclose(found, value, rtol=RTOL)


def test_official_scores_are_correlated_as_they_are_scored(frame, ordinal):
    official = {
        "ces": 100.0 * (frame.ces >= 5),
        "nps": 100.0 * (frame.nps >= 9) - 100.0 * (frame.nps <= 6),
    }
    for name, scored in official.items():
        r = stats.pearsonr(scored, frame.again)[0]
        assert_allclose(
            look(ordinal.table, metric=name, coding="official", measure="pearson_r"), r, rtol=RTOL
        )
        lost = r**2 - stats.pearsonr(frame[name], frame.again)[0] ** 2
        assert_allclose(
            look(ordinal.banding, metric=name, coding="official", measure="r2_score"), lost, rtol=RTOL
        )


def test_auc_equals_scikit_learn(frame, results):
    from sklearn.metrics import roc_auc_score

    for name in NAMES:
        found = look(results["renewed"].table, metric=name, coding="linear", measure="auc_score")
        assert_allclose(found, roc_auc_score(frame.renewed, frame[name]), rtol=RTOL)
    a, b = (roc_auc_score(frame.renewed, frame[name]) for name in ("ces", "nps"))
    assert_allclose(look(results["renewed"].pairs, a="ces", b="nps", measure="auc_score"), a - b, rtol=RTOL)


def test_auc_is_half_of_somers_d_with_its_whole_interval(results):
    for columns in ("table", "pairs"):
        table = getattr(results["renewed"], columns)
        shift = 1.0 if columns == "table" else 0.0
        auc, d = (table[table.measure == m].reset_index() for m in ("auc_score", "somers_d"))
        for column in ("estimate", "conf_low", "conf_high"):
            assert_allclose(auc[column], (shift + d[column]) / 2, rtol=1e-12)
        assert_allclose(auc.std_error, d.std_error / 2, rtol=1e-12)
        if columns == "pairs":  # the region of practical equivalence shrinks alike, so the odds are the same
            for column in ("p_value", "p_a_better", "p_same", "p_b_better"):
                assert_allclose(auc[column], d[column], rtol=1e-9)


def test_likelihood_gains_equal_statsmodels(frame, results):
    import statsmodels.api as sm
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    for name in ("ces", "nps"):
        code = frame.again.astype(int).to_numpy()
        fit = OrderedModel(code, frame[[name]], distr="logit").fit(method="newton", disp=False)
        shares = frame.again.map(frame.again.value_counts(normalize=True))
        gain = (fit.llf - np.log(shares).sum()) / len(frame)
        found = look(results["again"].table, metric=name, coding="linear", measure="log_score")
        assert_allclose(found, gain, rtol=RTOL_FIT)
        logit = sm.Logit(frame.renewed, sm.add_constant(frame[name])).fit(disp=False, tol=1e-12)
        found = look(results["renewed"].table, metric=name, coding="linear", measure="log_score")
        assert_allclose(found, (logit.llf - logit.llnull) / len(frame), rtol=RTOL_FIT)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_models_equal_statsmodels(frame, link):
    import statsmodels.api as sm
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    groups = {**{name: [name] for name in NAMES}, "joint": NAMES}
    found = contest(frame, "again", link=link).models
    binary = contest(frame, "renewed", link=link).models
    assert set(found.family) == {f"cumulative {link}"}
    assert set(binary.family) == {f"binary {link}"}
    for model, columns in groups.items():
        fit = OrderedModel(frame.again.astype(int), frame[columns], distr=link)
        fit = fit.fit(method="newton", disp=False)
        two = (sm.Logit if link == "logit" else sm.Probit)(frame.renewed, sm.add_constant(frame[columns]))
        two = two.fit(disp=False, tol=1e-12, cov_type="HC0")
        for name in columns:
            assert_allclose(look(found, model=model, metric=name), fit.params[name], rtol=1e-4)
            assert_allclose(look(binary, model=model, metric=name), two.params[name], rtol=RTOL_FIT)
            if (
                link == "logit"
            ):  # observed information is expected information: the same sandwich, with n/(n-1)
                left = 150 - len(columns) - 1  # rows less parameters
                error = two.bse[name] * np.sqrt(150 / 149 * 150 / left)
                assert_allclose(look(binary, "std_error", model=model, metric=name), error, rtol=RTOL_FIT)


def test_a_linear_model_of_a_continuous_outcome_equals_statsmodels(frame, results):
    import statsmodels.api as sm

    found = results["spend"].models
    assert set(found.family) == {"linear"}
    for model, columns in {"csat": ["csat"], "joint": NAMES}.items():
        fit = sm.OLS(frame.spend, sm.add_constant(frame[columns])).fit(cov_type="HC1")
        for name in columns:
            assert_allclose(look(found, model=model, metric=name), fit.params[name], rtol=RTOL)
            # HC1 is the sandwich times n/(n-p); the design's factor n/(n-1) comes on top
            error = fit.bse[name] * np.sqrt(150 / 149)
            assert_allclose(look(found, "std_error", model=model, metric=name), error, rtol=RTOL)


# ---- joint model


def r2_of(frame, columns, outcome, w=None):
    import statsmodels.api as sm

    if not columns:
        return 0.0
    return (
        sm.WLS(frame[outcome], sm.add_constant(frame[list(columns)]), 1.0 if w is None else w).fit().rsquared
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_joint_model_equals_least_squares_with_and_without_each_metric(frame, weighted):
    w = np.random.default_rng(2).choice([0.5, 1.0, 3.0], len(frame)) if weighted else np.ones(len(frame))
    joint = contest(frame.assign(w=w), book=with_design(weight="w") if weighted else BOOK).joint
    whole = r2_of(frame, NAMES, "again", w)
    for name in NAMES:
        rest = [other for other in NAMES if other != name]
        added = whole - r2_of(frame, rest, "again", w)
        assert_allclose(look(joint, metric=name, measure="incremental_r2"), added, rtol=RTOL)
        orders = list(itertools.permutations(NAMES))
        steps = [
            r2_of(frame, order[: order.index(name) + 1], "again", w)
            - r2_of(frame, order[: order.index(name)], "again", w)
            for order in orders
        ]
        shapley = float(np.mean(steps))
        assert_allclose(look(joint, metric=name, measure="shapley_r2"), shapley, rtol=RTOL)
        assert_allclose(look(joint, metric=name, measure="shapley_share"), shapley / whole, rtol=RTOL)


def test_standardised_coefficients_are_those_of_standardised_answers(frame, ordinal):
    import statsmodels.api as sm

    z = (frame - frame.mean()) / frame.std()
    fit = sm.OLS(z.again, z[NAMES]).fit()
    for name in NAMES:
        found = look(ordinal.joint, metric=name, measure="standardised_coefficient")
        assert_allclose(found, fit.params[name], rtol=RTOL)


def test_shares_and_first_places_add_up(ordinal):
    for measure in ("shapley_share", "p_first"):
        assert_allclose(ordinal.joint[ordinal.joint.measure == measure].estimate.sum(), 1, rtol=1e-12)


def test_bootstrap_of_the_joint_model_is_that_of_rows(frame):
    """2,000 draws each: an end of an interval moves by about 4 % of its width from seed to seed."""
    joint = contest(frame, n_boot=2_000).joint
    rng = np.random.default_rng(5)
    rows = frame[[*NAMES, "again"]].to_numpy()
    draws = []
    for _ in range(2_000):
        R = np.corrcoef(rows[rng.integers(0, len(rows), len(rows))], rowvar=False)
        whole, rest = (1 - np.linalg.det(M) / np.linalg.det(M[:-1, :-1]) for M in (R, R[1:, 1:]))
        draws.append(whole - rest)
    low, high = np.quantile(draws, [0.025, 0.975])
    found = joint[(joint.metric == "ces") & (joint.measure == "incremental_r2")].iloc[0]
    assert_allclose([found.conf_low, found.conf_high], [low, high], atol=0.12 * (high - low))
    assert_allclose(found.std_error, np.std(draws), rtol=0.1)


# ---- errors of differences


JACKKNIFED = {
    "pearson_r": lambda x, y: stats.pearsonr(x, y)[0],
    "spearman_r": lambda x, y: stats.spearmanr(x, y)[0],
    "somers_d": lambda x, y: stats.somersd(y, x).statistic,
}


@pytest.mark.parametrize("measure", JACKKNIFED)
def test_a_difference_has_the_error_of_leaving_rows_out(measure):
    frame = people(50, seed=3)
    result = contest(frame, metrics=["ces", "nps"])
    value = JACKKNIFED[measure]
    left = np.array([
        [value(part.ces, part.again), value(part.nps, part.again)]
        for i in range(len(frame))
        for part in [frame.drop(index=i)]
    ])  # fmt: skip
    gap = left[:, 0] - left[:, 1]
    n = len(frame)

    def error(values):
        return np.sqrt((n - 1) / n * ((values - values.mean()) ** 2).sum())

    def degrees(values):
        """Moments of the rows' influences, matched to those of a chi-squared variable (Satterthwaite)."""
        z = values - value_of_all(values)
        return min(n - 1, 2 * (z**2).sum() ** 2 / ((z**4).sum() - (z**2).sum() ** 2 / n))

    def value_of_all(values):
        whole = [value(frame[name], frame.again) for name in ("ces", "nps")]
        return whole[0] - whole[1] if values is gap else whole[0] if values is left_ces else whole[1]

    left_ces, left_nps = left.T
    found = result.pairs[result.pairs.measure == measure].iloc[0]
    assert_allclose(found.std_error, error(gap), rtol=1e-7)
    assert_allclose(found.df, degrees(gap), rtol=1e-6)
    half = stats.t.ppf(0.975, found.df) * found.std_error
    assert_allclose(
        [found.conf_low, found.conf_high], [found.estimate - half, found.estimate + half], rtol=RTOL
    )
    assert_allclose(found.p_value, 2 * stats.t.sf(abs(found.estimate) / found.std_error, found.df), rtol=RTOL)
    for k, (name, column) in enumerate((("ces", left_ces), ("nps", left_nps))):
        row = result.table[(result.table.metric == name) & (result.table.measure == measure)].iloc[0]
        assert_allclose(row.std_error, error(left[:, k]), rtol=1e-7)
        wide = stats.t.ppf(0.975, degrees(column)) * row.std_error / (1 - row.estimate**2)
        z = np.arctanh(row.estimate) + np.array([-1, 1]) * wide
        assert_allclose([row.conf_low, row.conf_high], np.tanh(z), rtol=RTOL)


@pytest.mark.parametrize("design", ["srs", "weights", "strata", "clusters", "full"])
def test_designs_agree_with_r_survey(design):
    rows = pd.read_csv(REFERENCE / "compare_design_rows.csv")
    reference = pd.read_csv(REFERENCE / "compare_design.csv").set_index(["design", "what"]).loc[design]
    plan = {"weights": ["weight"], "strata": ["weight", "strata"], "clusters": ["weight", "cluster"]}
    plan |= {"srs": [], "full": ["weight", "strata", "cluster"]}
    book = {
        "metrics": {"a": {"column": "a", "scale": [1, 7]}, "b": {"column": "b", "scale": [1, 5]}},
        "outcomes": {"y": {"column": "y", "scale": [0, 10]}},
        "design": {part: "stratum" if part == "strata" else part for part in plan[design]},
    }
    result = contest(rows, "y", book, ["a", "b"])
    gap = result.pairs[result.pairs.measure == "pearson_r"].iloc[0]
    found = [(look(result.table, c, metric=m, coding="linear", measure="pearson_r")) for m in "ab"
             for c in ("estimate", "std_error")]  # fmt: skip
    assert_allclose(found[::2], reference.estimate[["r_a", "r_b"]], rtol=1e-10)
    assert_allclose(found[1::2], reference.std_error[["r_a", "r_b"]], rtol=LINEARISED)
    assert_allclose(gap.estimate, reference.estimate["gap"], rtol=1e-9)
    assert_allclose(gap.std_error, reference.std_error["gap"], rtol=LINEARISED)
    assert 0.2 * reference.df["gap"] < gap.df <= reference.df["gap"]  # heavy tails leave fewer, none add any


# ---- out of sample, on folds of rows


def row_folds(n, folds, repeats):
    from sklearn.model_selection import RepeatedKFold

    split = RepeatedKFold(n_splits=folds, n_repeats=repeats, random_state=4).split(np.zeros(n))
    return [test for _, test in split]


@pytest.fixture
def on_rows(monkeypatch, frame):
    """Make `compare` use the folds of scikit-learn's RepeatedKFold on the rows; return their test rows."""
    folds = row_folds(len(frame), 5, 2)

    def use(outcome):
        survey = cx.read(frame, BOOK)
        names = [*NAMES, outcome]
        units = enter(
            survey.cells(names), survey.question(outcome), [survey.question(n) for n in NAMES]
        ).matrix
        at = {tuple(unit): i for i, unit in enumerate(units)}
        W = np.zeros((len(folds), len(units)))
        for fold, rows in enumerate(folds):
            for values in frame.iloc[rows][names].itertuples(index=False):
                W[fold, at[tuple(map(float, values))]] += 1
        monkeypatch.setattr(resampling, "fold_weights", lambda *_: W.reshape(2, 5, -1))
        return folds

    return use


def held_out(frame, folds, error_of):
    """Mean and corrected error of (null - error) / mean null over the folds, null the training mean."""
    null, error = np.array([
        [np.mean((frame.iloc[test].y - train.y.mean()) ** 2), error_of(train, frame.iloc[test])]
        for test in folds
        for train in [frame.drop(index=frame.index[test])]
    ]).T  # fmt: skip
    return (null - error) / null.mean()


def corrected(scores, folds):
    return scores.mean(), np.sqrt((1 / len(scores) + 1 / (folds - 1)) * scores.var(ddof=1))


def test_held_out_r2_equals_scikit_learn_on_the_same_folds(frame, on_rows):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import mean_squared_error
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

    folds = on_rows("again")
    result = contest(frame)
    rows = frame.assign(y=frame.again)
    official = {"ces": lambda x: 100.0 * (x >= 5), "nps": lambda x: 100.0 * (x >= 9) - 100.0 * (x <= 6)}

    def scores(model, columns):
        def error(train, test):
            model.fit(train[columns], train.y)
            return mean_squared_error(test.y, model.predict(test[columns]))

        return held_out(rows, folds, error)

    expected = {("(all)", "linear"): scores(LinearRegression(), NAMES)}
    for name in NAMES:
        expected[name, "linear"] = scores(LinearRegression(), [name])
        if name in official:
            scored = make_pipeline(FunctionTransformer(official[name]), LinearRegression())
            expected[name, "official"] = scores(scored, [name])
    each = make_column_transformer((OneHotEncoder(), ["csat"]))
    expected["csat", "levels"] = scores(make_pipeline(each, LinearRegression(fit_intercept=False)), ["csat"])
    for (name, coding), values in expected.items():
        row = pick(result.table, metric=name, coding=coding, measure="cv_r2_score")
        mean, error = corrected(values, 5)
        assert_allclose(row.estimate, mean, rtol=RTOL)
        if coding == "levels" or name == "(all)":  # no in-sample twin: the corrected resampled t
            assert_allclose(row.std_error, error, rtol=RTOL)
        else:
            twin = pick(result.table, metric=name, coding=coding, measure="r2_score")
            moved = twin[["conf_low", "conf_high"]] + (row.estimate - twin.estimate)
            assert_allclose(row[["conf_low", "conf_high"]].astype(float), moved.astype(float), rtol=1e-9)
            assert_allclose(row.std_error, twin.std_error, rtol=RTOL)
    for a, b in itertools.combinations(NAMES, 2):
        row = pick(result.pairs, a=a, b=b, measure="cv_r2_score")
        mean, error = corrected(expected[a, "linear"] - expected[b, "linear"], 5)
        assert_allclose(row.estimate, mean, rtol=1e-7)
        t = stats.t(9, mean, error)  # Bayesian correlated t
        assert_allclose([row.p_a_better, row.p_b_better], [t.sf(row.rope), t.cdf(-row.rope)], rtol=1e-6)
    banded = pick(result.banding, metric="nps", coding="official", measure="cv_r2_score")
    loss = expected["nps", "official"] - expected["nps", "linear"]
    assert_allclose(banded.estimate, corrected(loss, 5)[0], rtol=1e-7)


def test_held_out_binary_scores_equal_scikit_learn_on_the_same_folds(frame, on_rows):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import brier_score_loss, log_loss

    folds = on_rows("renewed")
    result = contest(frame, "renewed")
    rows = frame.assign(y=frame.renewed)
    for name in NAMES:
        gains = []

        def error(train, test, name=name, gains=gains):
            model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(train[[name]], train.y)
            p = model.predict_proba(test[[name]])[:, 1]
            null = log_loss(test.y, np.full(len(test), train.y.mean()))
            gains.append(null - log_loss(test.y, p))
            return brier_score_loss(test.y, p)

        everybody = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(rows[[name]], rows.y)
        spread = rows.y.mean() * (1 - rows.y.mean())
        efron = 1 - brier_score_loss(rows.y, everybody.predict_proba(rows[[name]])[:, 1]) / spread
        fitted = pick(result.table, metric=name, coding="linear", measure="efron_r2_score")
        assert_allclose(fitted.estimate, efron, rtol=RTOL_FIT)
        brier = held_out(rows, folds, error)
        for measure, values in (("cv_r2_score", brier), ("cv_log_score", np.array(gains))):
            row = pick(result.table, metric=name, coding="linear", measure=measure)
            assert_allclose(row.estimate, corrected(values, 5)[0], rtol=RTOL_FIT)


@pytest.mark.parametrize(
    ("outcome", "measure", "twin"),
    [
        ("renewed", "cv_r2_score", "efron_r2_score"),
        ("renewed", "cv_log_score", "log_score"),
        ("again", "cv_log_score", "log_score"),
        ("again", "cv_r2_score", "r2_score"),
    ],
)
def test_a_held_out_score_has_the_interval_of_its_twin_in_the_sample(results, outcome, measure, twin):
    for name in NAMES:
        held, inside = (
            pick(results[outcome].table, metric=name, coding="linear", measure=which)
            for which in (measure, twin)
        )
        assert held.estimate < inside.estimate  # a rule flatters itself on the rows it was fitted to
        for end in ("conf_low", "conf_high"):
            assert_allclose(held[end] - held.estimate, inside[end] - inside.estimate, atol=1e-12)


def test_held_out_likelihood_of_ratings_equals_statsmodels_on_the_same_folds(frame, on_rows):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    folds = on_rows("again")
    result = contest(frame)
    code = frame.again.astype(int).to_numpy() - 1
    gains = []
    for test in folds:
        train = np.setdiff1d(np.arange(len(frame)), test)
        assert set(code[train]) == set(range(7))  # every answer is in every training set
        fit = OrderedModel(code[train], frame[["csat"]].iloc[train], distr="logit")
        fit = fit.fit(method="newton", disp=False)
        p = np.asarray(fit.model.predict(fit.params, exog=frame[["csat"]].iloc[test].to_numpy()))
        shares = np.bincount(code[train]) / len(train)
        gains.append(np.mean(np.log(p[np.arange(len(test)), code[test]]) - np.log(shares[code[test]])))
    row = pick(result.table, metric="csat", measure="cv_log_score")
    assert_allclose(row.estimate, corrected(np.array(gains), 5)[0], rtol=1e-4)
    assert_allclose(
        row.std_error, look(result.table, "std_error", metric="csat", measure="log_score"), rtol=RTOL
    )


# ---- textbook tests, ratios, reliability


def test_textbook_tests_are_given_the_correlations_of_the_rows(frame, ordinal):
    R = frame[["ces", "nps", "again"]].corr()
    for test in correlations.DEPENDENT_TESTS:
        made = correlations.compare_dependent(R.iloc[0, 2], R.iloc[1, 2], R.iloc[0, 1], len(frame), test)
        row = pick(ordinal.tests, a="ces", b="nps", test=test)
        assert_allclose([row.statistic, row.p_value], [made.statistic, made.p_value], rtol=1e-7)


def test_textbook_tests_of_weighted_answers_are_given_kishs_effective_rows(frame):
    w = np.random.default_rng(9).choice([0.25, 1.0, 4.0], len(frame))
    found = contest(frame.assign(w=w), book=with_design(weight="w")).tests
    covariance = np.cov(frame[["ces", "nps", "again"]].T, aweights=w)
    R = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    kish = w.sum() ** 2 / (w**2).sum()
    made = correlations.compare_dependent(R[0, 2], R[1, 2], R[0, 1], kish, "williams")
    row = pick(found, a="ces", b="nps", test="williams")
    assert_allclose([row.statistic, row.df, row.p_value], [made.statistic, kish - 3, made.p_value], rtol=1e-7)
    assert row.n == len(frame)


def test_delong_equals_its_definition_by_placements(frame, results):
    """DeLong, DeLong and Clarke-Pearson (1988), equations 4-8, on the rows."""
    positive, negative = frame[frame.renewed == 1], frame[frame.renewed == 0]

    def placements(name):
        wins = np.subtract.outer(positive[name].to_numpy(), negative[name].to_numpy())
        kernel = (wins > 0) + 0.5 * (wins == 0)
        return kernel.mean(axis=1), kernel.mean(axis=0)

    of_positive, of_negative = zip(placements("ces"), placements("nps"), strict=True)
    variance = np.cov(of_positive) / len(positive) + np.cov(of_negative) / len(negative)
    error = np.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])
    gap = of_positive[0].mean() - of_positive[1].mean()
    row = pick(results["renewed"].tests, a="ces", b="nps", test="delong")
    assert_allclose([row.estimate, row.std_error], [gap, error], rtol=1e-7)
    assert_allclose(row.p_value, 2 * stats.norm.sf(abs(gap) / error), rtol=1e-6)


def test_ratios_are_those_of_the_accuracies(ordinal):
    units = {
        "r": ("pearson_r", 1),
        "r2": ("pearson_r", 2),
        "2auc-1": ("somers_d", 1),
        "log_likelihood": ("log_score", 1),
    }
    for unit, (measure, power) in units.items():
        a, b = (look(ordinal.table, metric=m, coding="linear", measure=measure) for m in ("ces", "nps"))
        assert_allclose(look(ordinal.ratios, a="ces", b="nps", unit=unit), (a / b) ** power, rtol=RTOL)
    r, r2 = (ordinal.ratios[ordinal.ratios.unit == unit].reset_index() for unit in ("r", "r2"))
    for column in ("conf_low", "conf_high"):
        assert_allclose(r2[column], r[column] * r[column].abs(), rtol=1e-12)


@settings(deadline=None)
@given(
    st.floats(-1, 1), st.floats(0.01, 1), st.floats(0.001, 0.3), st.floats(0.001, 0.3), st.floats(-0.95, 0.95),
    st.floats(1, 3),
)  # fmt: skip
def test_fieller_holds_the_ratios_a_t_test_does_not_reject(a, b, error_a, error_b, correlation, quantile):
    shared = correlation * error_a * error_b
    cov = np.array([[error_a**2, shared], [shared, error_b**2]])
    low, high = fieller(np.array([a, b]), cov, quantile)

    def statistic(ratio):
        gradient = np.array([1.0, -ratio])
        return abs(a - ratio * b) / np.sqrt(gradient @ cov @ gradient)

    if b <= quantile * error_b:  # the denominator might be 0: no bounded interval has the level
        assert (low, high) == (-math.inf, math.inf)
        return
    assert low <= a / b <= high
    width = high - low
    if b > 1.001 * quantile * error_b and width > 1e-6:  # well away from the unbounded case
        assert_allclose([statistic(low), statistic(high)], quantile, rtol=1e-5)
        assert statistic(low + 0.01 * width) < quantile < statistic(low - 0.01 * width)
        assert statistic(high - 0.01 * width) < quantile < statistic(high + 0.01 * width)


def test_break_even_is_the_ratio_of_reliabilities_that_ties_the_latent_correlations(ordinal):
    for row in ordinal.reliability.itertuples():
        assert row.measure == "break_even"
        ahead, behind = (
            look(ordinal.table, metric=m, coding="linear", measure="pearson_r") for m in row[1:3]
        )
        assert ahead >= behind
        # with true reliabilities in this ratio the disattenuated correlations are equal
        assert_allclose(ahead / np.sqrt(row.estimate * 0.6), behind / np.sqrt(0.6), rtol=RTOL)
        assert row.conf_low <= row.estimate <= row.conf_high


def test_known_reliabilities_free_the_correlations_of_error(frame, ordinal):
    found = contest(frame, reliability={"ces": 0.64, "again": 0.81}).reliability
    row = found[found.measure == "disattenuated_r"].iloc[0]
    plain = pick(ordinal.table, metric="ces", coding="linear", measure="pearson_r")
    for column in ("estimate", "std_error", "conf_low", "conf_high"):
        assert_allclose(row[column], plain[column] / (0.8 * 0.9), rtol=RTOL)
    assert row.reliability == 0.64
    same = contest(frame, reliability=pd.Series({"ces": 0.64, "again": 0.81})).reliability
    pd.testing.assert_frame_equal(same, found)


# ---- probabilities, seeds, plain types


@pytest.mark.parametrize("outcome", ["again", "renewed", "spend"])
def test_probabilities_are_complete_and_follow_the_estimate(results, outcome):
    pairs = results[outcome].pairs
    parts = pairs[["p_a_better", "p_same", "p_b_better"]]
    assert_allclose(parts.sum(axis=1), 1, rtol=1e-12)
    assert (parts >= 0).all(axis=None)
    assert ((pairs.p_a_better > pairs.p_b_better) == (pairs.estimate > 0)).all()
    seen = pairs[~pairs.measure.str.startswith("cv_")]  # held-out ones: see the tests on folds of rows
    t = stats.t(seen.df, seen.estimate, seen.std_error)
    assert_allclose(seen.p_a_better, t.sf(seen.rope), rtol=1e-7, atol=1e-12)
    assert_allclose(seen.p_b_better, t.cdf(-seen.rope), rtol=1e-7, atol=1e-12)


def test_the_region_is_carried_from_correlations_to_the_other_measures(ordinal):
    """Two correlations that differ by the region's half-width, about the mean of those found, differ by it in R²
    exactly, and in log likelihood (-log(1 - r²)/2 a row under normality) up to the cube of the region."""
    for a, b in itertools.combinations(NAMES, 2):
        r = [look(ordinal.table, metric=m, coding="linear", measure="pearson_r") for m in (a, b)]
        low, high = np.mean(r) - 0.015, np.mean(r) + 0.015
        region = ordinal.pairs[(ordinal.pairs.a == a) & (ordinal.pairs.b == b)].set_index("measure")["rope"]
        assert region["pearson_r"] == region["spearman_r"] == region["somers_d"] == 0.03
        assert_allclose(region["cv_r2_score"], high**2 - low**2, rtol=1e-12)
        gain = (np.log1p(-(low**2)) - np.log1p(-(high**2))) / 2
        assert_allclose(region[["log_score", "cv_log_score"]], gain, rtol=0.002)


def test_without_a_region_no_difference_is_too_small(frame):
    pairs = contest(frame, rope=0).pairs
    assert (pairs.rope == 0).all()
    assert_allclose(pairs.p_same, 0, atol=1e-12)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_changes_only_what_is_random(frame, ordinal):
    again, other = contest(frame), contest(frame, seed=1)
    assert json.dumps(again.to_dict()) == json.dumps(ordinal.to_dict())
    assert json.dumps(other.to_dict()) != json.dumps(ordinal.to_dict())
    for name in ("models", "tests", "ratios", "reliability", "own"):
        pd.testing.assert_frame_equal(getattr(other, name), getattr(ordinal, name))
    for name in ("table", "pairs", "banding"):
        mine, theirs = getattr(ordinal, name), getattr(other, name)
        fixed = ~mine.measure.isin(RANDOM)
        pd.testing.assert_frame_equal(mine[fixed], theirs[fixed])
        assert (mine[~fixed].estimate != theirs[~fixed].estimate).all()
    pd.testing.assert_series_equal(other.joint.estimate[:12], ordinal.joint.estimate[:12])
    pd.testing.assert_series_equal(other.joint.std_error[:12], ordinal.joint.std_error[:12])
    assert (other.joint.estimate[12:].sum(), ordinal.joint.estimate[12:].sum()) == pytest.approx((1, 1))


@pytest.mark.parametrize("outcome", ["again", "renewed", "spend"])
def test_to_dict_is_strict_json(results, outcome):
    content = json.loads(json.dumps(results[outcome].to_dict(), allow_nan=False))
    assert set(KEYS) <= set(content)
    assert content["verdict"].keys() == {"winner", "conclusion", "rule", "sentence", "n_needed"}
    assert content["outcome"] == outcome
    assert content["metrics"] == NAMES
    assert content["seed"] == 0
    for name, keys in KEYS.items():
        assert [list(row) for row in content[name]] == [
            [*keys, *ESTIMATE_COLUMNS, *EXTRAS.get(name, [])]
        ] * len(getattr(results[outcome], name))


def test_the_frame_is_not_changed(frame):
    mine, kept = frame.copy(), frame.copy()
    contest(mine).multiverse(["again"])
    pd.testing.assert_frame_equal(mine, kept)


# ---- identities


def in_sample_part(result):
    return [
        table[~table.measure.isin(RANDOM)].reset_index(drop=True) for table in (result.table, result.pairs)
    ]


def assert_same_numbers(one, other, *, rtol=1e-9, leave_out=()):
    for mine, theirs in zip(in_sample_part(one), in_sample_part(other), strict=True):
        columns = [column for column in mine.columns if column not in leave_out]
        pd.testing.assert_frame_equal(mine[columns], theirs[columns], rtol=rtol, check_dtype=False)


def test_swapping_metrics_turns_every_difference(frame, ordinal):
    swapped = contest(frame, metrics=["nps", "csat", "ces"])
    turned = {"p_a_better": "p_b_better", "p_b_better": "p_a_better"}
    for a, b in itertools.combinations(NAMES, 2):
        mine = (
            ordinal.pairs[(ordinal.pairs.a == a) & (ordinal.pairs.b == b)]
            .set_index("measure")
            .drop(index=RANDOM)
        )
        theirs = (
            swapped.pairs[(swapped.pairs.a == b) & (swapped.pairs.b == a)]
            .set_index("measure")
            .loc[mine.index]
        )
        assert_allclose(mine.estimate, -theirs.estimate, rtol=1e-9)
        assert_allclose(mine.conf_low, -theirs.conf_high, rtol=1e-9, atol=1e-12)
        for column in ("std_error", "p_value", "rope", "p_same", "p_a_better", "p_b_better"):
            assert_allclose(mine[column], theirs[turned.get(column, column)], rtol=1e-7, atol=1e-12)
        ratio, inverse = (
            r.ratios.set_index(["a", "b", "unit"]).loc[pair]
            for r, pair in ((ordinal, (a, b, "r")), (swapped, (b, a, "r")))
        )
        assert_allclose(ratio.estimate, 1 / inverse.estimate, rtol=1e-9)
        assert_allclose(
            [ratio.conf_low, ratio.conf_high], [1 / inverse.conf_high, 1 / inverse.conf_low], rtol=1e-7
        )
    assert swapped.verdict.conclusion == ordinal.verdict.conclusion
    assert swapped.verdict.winner == ordinal.verdict.winner


def test_order_of_rows_does_not_matter(frame, ordinal):
    shuffled = contest(frame.sample(frac=1, random_state=6))
    assert json.dumps(shuffled.to_dict()) == json.dumps(ordinal.to_dict())


@pytest.mark.parametrize("weight", [1.0, 40.0])
@pytest.mark.parametrize("outcome", ["again", "renewed", "spend"])
def test_weights_that_are_all_equal_change_nothing(frame, results, outcome, weight):
    weighted = contest(frame.assign(w=weight), outcome, with_design(weight="w"))
    for name in KEYS:
        pd.testing.assert_frame_equal(
            getattr(weighted, name), getattr(results[outcome], name), rtol=1e-6, atol=1e-10, check_dtype=False
        )
    assert weighted.verdict == results[outcome].verdict
    assert [note.code for note in weighted.notes if note.code == "weights"] == ["weights"]


def test_equal_weights_change_nothing_where_a_fold_meets_an_unforeseen_answer():
    """The smallest probability a fold allows is half a row's share, whatever a row weighs."""
    rng = np.random.default_rng(7)
    frame = people(80).assign(nps=rng.integers(0, 11, 80))
    frame["renewed"] = np.where(frame.nps == 5, rng.integers(0, 2, 80), frame.nps > 5)
    frame.loc[0, ["nps", "renewed"]] = [0, 1]  # without this row a fold is nearly sure that it cannot be
    plain, weighted = (
        contest(frame.assign(w=25.0), "renewed", book, ["csat", "nps"])
        for book in (BOOK, with_design(weight="w"))
    )
    for table in ("table", "pairs"):
        pd.testing.assert_frame_equal(
            getattr(plain, table), getattr(weighted, table), rtol=1e-6, atol=1e-10, check_dtype=False
        )


def test_rows_doubled_at_half_weight_are_twice_as_many_rows_and_the_same_answers(frame, ordinal):
    twice = pd.concat([frame, frame], ignore_index=True).assign(w=0.5)
    doubled = contest(twice, book=with_design(weight="w"))
    for mine, theirs in zip(in_sample_part(ordinal), in_sample_part(doubled), strict=True):
        assert_allclose(theirs.estimate, mine.estimate, rtol=1e-9)
        assert_allclose(theirs.std_error, mine.std_error / np.sqrt(2), rtol=0.02)  # order 1/n
    # told that two rows are one person, it is not fooled
    person = twice.assign(person=list(range(len(frame))) * 2)
    told = contest(person, book=with_design(weight="w", cluster="person"))
    for mine, theirs in zip(in_sample_part(ordinal), in_sample_part(told), strict=True):
        assert_allclose(theirs.std_error, mine.std_error, rtol=0.02)


def test_a_scale_that_is_good_when_low_is_turned(frame, ordinal):
    book = json.loads(json.dumps(BOOK))
    book["metrics"]["csat"] |= {"good": "low"}
    turned = contest(frame.assign(csat=6 - frame.csat), book=book)
    assert_same_numbers(turned, ordinal)
    everything = json.loads(json.dumps(book))
    everything["outcomes"]["again"] |= {"good": "low"}
    both = contest(frame.assign(csat=6 - frame.csat, again=8 - frame.again), book=everything)
    assert_same_numbers(both, ordinal)


def test_shift_and_stretch_of_a_scale_do_not_matter(frame, ordinal):
    book = json.loads(json.dumps(BOOK))
    book["metrics"]["csat"] = {"column": "csat", "scale": [13, 53], "step": 10}
    stretched = contest(frame.assign(csat=10 * frame.csat + 3), book=book)
    assert_same_numbers(stretched, ordinal)
    # the cells come in the same order, so the folds are the same too
    pd.testing.assert_frame_equal(stretched.pairs, ordinal.pairs, rtol=1e-6)
    slopes = (look(r.models, model="csat") for r in (stretched, ordinal))
    assert_allclose(10 * next(slopes), next(slopes), rtol=RTOL_FIT)


def test_rows_without_a_weight_are_not_there(frame, ordinal):
    extra = people(40, seed=8).assign(w=0.0)
    with_zero = contest(
        pd.concat([frame.assign(w=1.0), extra], ignore_index=True), book=with_design(weight="w")
    )
    assert_same_numbers(with_zero, ordinal, leave_out=("n_missing",))
    assert with_zero.n == 150
    assert with_zero.n_missing == 40


def test_rows_without_an_answer_are_left_out_and_counted(frame):
    holes = frame.copy()
    holes.loc[:19, "ces"] = np.nan
    holes.loc[15:39, "again"] = np.nan
    result = contest(holes)
    complete = contest(frame.iloc[40:])
    assert (result.n, result.n_missing) == (110, 40)
    assert_same_numbers(result, complete, leave_out=("n_missing",))
    own = result.own.set_index(["metric", "measure"])
    assert own.loc[("csat", "pearson_r"), "n"] == 125
    assert own.loc[("csat", "pearson_r"), "n_missing"] == 25
    answered = frame.drop(index=range(15, 40))
    assert_allclose(
        own.loc[("csat", "spearman_r"), "estimate"], stats.spearmanr(answered.csat, answered.again)[0]
    )
    assert own.loc[("ces", "pearson_r"), "n"] == 110


def test_verdict_rests_on_the_measure_asked_for(frame):
    for measure in ("pearson_r", "spearman_r", "somers_d"):
        result = contest(frame, measure=measure)
        of_measure = result.table[(result.table.coding == "linear") & (result.table.measure == measure)]
        leader = of_measure.sort_values("estimate").iloc[-1]
        assert measure in result.verdict.rule
        assert f"`{leader.metric}`" in result.verdict.sentence
        assert f"{leader.estimate:.3f}" in result.verdict.sentence
        assert "n = 150" in result.verdict.sentence


def test_conf_level_is_that_of_every_interval(frame, ordinal):
    narrow = contest(frame, conf_level=0.5)
    assert narrow.conf_level == 0.5
    for name in KEYS:
        mine, theirs = getattr(ordinal, name), getattr(narrow, name)
        known = mine.conf_low.notna() & (mine.std_error > 0)
        assert (theirs.conf_high - theirs.conf_low < mine.conf_high - mine.conf_low)[known].all(), name
        assert_allclose(theirs.estimate, mine.estimate, rtol=1e-12)


def test_summary_leads_with_the_verdict(ordinal):
    lines = ordinal.summary().splitlines()
    assert lines[1] == ordinal.verdict.sentence
    assert "150 of 150 rows used" in ordinal.summary()
    assert "seed 0" in ordinal.method
    assert marked(ordinal.verdict.sentence) in ordinal._repr_html_()


def test_the_verdict_alone_honours_the_clusters():
    plain = worlds.effort_wins()
    world = dataclasses.replace(plain, teams=30, team_share=0.4)
    survey = world.sample(400, seed=1)
    whole = cx.compare(survey, "repurchase", **QUICK, seed=1).verdict
    assert verdict_of(survey, "repurchase", folds=5, repeats=2, seed=1) == whole
    flat = verdict_of(cx.read(world.answers(400, seed=1), plain.codebook), "repurchase")
    assert flat.sentence != whole.sentence
