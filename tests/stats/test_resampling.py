"""Deletion, design variances, bootstrap and fold splits on cells against the same on explicit rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from cxresearch._accuracy import log_gain
from cxresearch.errors import DesignError
from cxresearch.stats import association, resampling
from cxresearch.stats.designs import Design, influence_covariance

RTOL = 1e-8  # leave-one-out differences lose half of the digits
RTOL_FIT = 1e-6  # as above, of a likelihood that the optimiser leaves at 1e-10 of its maximum
RTOL_R = 1e-10  # closed form against R's survey package
DRAWS = 4_000
SE_ERROR = (
    0.05  # a standard deviation from 4,000 draws has relative error 1/sqrt(8,000) = 1.1 %: 4.5 of these
)
LINEARISED = (
    0.02  # deletion against derivative, n = 480: they differ by order 1/n, and weights by 1/60 clusters
)
REFERENCE = Path(__file__).parents[1] / "reference"

X, Y = np.arange(1.0, 6), np.arange(4.0)
CORRELATIONS = {
    "pearson_r": lambda a, b: stats.pearsonr(a, b)[0],
    "spearman_r": lambda a, b: stats.spearmanr(a, b)[0],
    "somers_d": lambda a, b: stats.somersd(b, a).statistic,
}


def design_covariance(slopes, sample):
    return influence_covariance(resampling.influence_of(slopes, sample), sample)


def linearise(statistic, sample):
    value, slopes = resampling.deletion_slopes(statistic, sample.w, sample.n)
    return value, design_covariance(slopes, sample)


def plain(n, w=None, w2=None, **options):
    n = np.asarray(n)
    w = n * 1.0 if w is None else np.asarray(w, float)
    return Design(n, w, w if w2 is None else np.asarray(w2, float), **options)


@pytest.fixture(scope="module")
def answers():
    """Rows of a metric on 1-5 and an outcome on 0-3, with their crosstab."""
    rng = np.random.default_rng(11)
    a = rng.integers(0, 5, 90)
    b = np.clip((a + rng.integers(-2, 3, 90)) // 2, 0, 3)
    return a, b, crosstab(a, b)


def crosstab(a, b, w=None):
    T = np.zeros((5, 4))
    np.add.at(T, (a, b), 1.0 if w is None else w)
    return T


def jackknife(values):
    """The textbook's: (n-1)/n times the sum of squares of leave-one-out values about their mean."""
    values = np.asarray(values)
    return (len(values) - 1) / len(values) * ((values - values.mean(axis=0)) ** 2).sum(axis=0)


def on_tables(measure):
    return lambda W: np.asarray(measure(W.reshape(-1, 5, 4), X, Y))[:, None]


@pytest.mark.parametrize("name", CORRELATIONS)
def test_deleting_from_cells_is_leaving_each_row_out(name, answers):
    a, b, T = answers
    left_out = [CORRELATIONS[name](np.delete(X[a], i), np.delete(Y[b], i)) for i in range(len(a))]
    statistic = on_tables(association.CORRELATIONS[name])
    value, slopes = resampling.deletion_slopes(statistic, T.ravel(), T.ravel().astype(int))
    assert_allclose(value[0] - slopes[a * 4 + b, 0], left_out, rtol=RTOL)
    covariance = design_covariance(slopes[T.ravel() > 0], plain(T[T > 0].astype(int)))
    assert_allclose(covariance[0, 0], jackknife(left_out), rtol=RTOL)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_deleting_from_cells_is_leaving_each_row_out_of_a_cumulative_link_fit(link, answers):
    a, b, T = answers
    tables = np.stack([crosstab(np.delete(a, i), np.delete(b, i)) for i in range(len(a))])
    left_out = np.array([log_gain(table[None], X, link)[0] for table in tables])
    n = T.ravel().astype(int)
    gain = on_tables(lambda W, x, _: log_gain(W, x, link))
    value, slopes = resampling.deletion_slopes(gain, T.ravel(), n)
    assert_allclose(value[0] - slopes[a * 4 + b, 0], left_out, rtol=RTOL)
    covariance = design_covariance(slopes[n > 0], plain(n[n > 0]))
    assert_allclose(covariance[0, 0], jackknife(left_out), rtol=RTOL_FIT)


def test_linearise_is_the_jackknife_of_several_statistics_at_once(answers):
    a, b, T = answers
    at = np.flatnonzero(T.ravel())

    def both(W):
        tables = np.zeros((len(W), 20))
        tables[:, at] = W
        tables = tables.reshape(-1, 5, 4)
        return np.column_stack([association.spearman_r(tables), association.somers_d(tables)])

    value, covariance = linearise(both, plain(T.ravel()[at].astype(int)))
    left = np.array([
        [CORRELATIONS[name](np.delete(X[a], i), np.delete(Y[b], i)) for name in ("spearman_r", "somers_d")]
        for i in range(len(a))
    ])  # fmt: skip
    centred = left - left.mean(axis=0)
    assert_allclose(value, [CORRELATIONS[name](X[a], Y[b]) for name in ("spearman_r", "somers_d")])
    assert_allclose(covariance, (len(a) - 1) / len(a) * centred.T @ centred, rtol=RTOL)


def test_rows_of_different_weight_are_left_out_with_their_own_weight(answers):
    a, b, _ = answers
    w = np.random.default_rng(3).choice([0.5, 1.0, 3.0], len(a))
    keys, n = np.unique(np.column_stack([a, b, w]), axis=0, return_counts=True)
    code = (keys[:, 0] * 4 + keys[:, 1]).astype(int)
    merge = np.eye(20)[code]
    statistic = on_tables(association.pearson_r)
    _, slopes = resampling.deletion_slopes(lambda W: statistic(W @ merge), n * keys[:, 2], n)
    for row in range(len(a)):
        keep = np.arange(len(a)) != row
        left_out = association.pearson_r(crosstab(a[keep], b[keep], w[keep]), X, Y)
        [cell] = np.flatnonzero((keys == [a[row], b[row], w[row]]).all(axis=1))
        whole = association.pearson_r(crosstab(a, b, w), X, Y)
        assert_allclose(whole - w[row] * slopes[cell, 0], left_out, rtol=RTOL)


def test_cells_without_rows_have_slope_0():
    mean = lambda W: (W @ np.array([0.0, 1.0, 5.0]) / W.sum(axis=1))[:, None]  # noqa: E731
    _, slopes = resampling.deletion_slopes(mean, np.array([3.0, 2.0, 0.0]), np.array([3, 2, 0]))
    assert slopes[2, 0] == 0
    assert (slopes[:2, 0] != 0).all()


def test_deletion_does_not_depend_on_how_many_fit_in_memory_at_once(answers, monkeypatch):
    T = answers[2].ravel()
    statistic = on_tables(association.CORRELATIONS["spearman_r"])
    _, whole = resampling.deletion_slopes(statistic, T, T.astype(int))
    monkeypatch.setattr(resampling, "CHUNK", 45)
    _, pieces = resampling.deletion_slopes(statistic, T, T.astype(int))
    assert_array_equal(whole, pieces)


# ---- designs


DESIGNS = {
    "srs": (False, False, False), "weights": (True, False, False), "strata": (True, True, False),
    "clusters": (True, False, True), "full": (True, True, True),
}  # fmt: skip


@pytest.fixture(scope="module")
def survey_rows():
    return pd.read_csv(REFERENCE / "compare_design_rows.csv")


@pytest.fixture(scope="module")
def reference():
    return pd.read_csv(REFERENCE / "compare_design.csv").set_index(["design", "what"])


def sample_of(rows, design, *columns):
    """Cells of some columns, with the design of that name."""
    weighted, stratified, clustered = DESIGNS[design]
    keys = [*columns, *(["stratum"] if stratified else []), *(["cluster"] if clustered else [])]
    frame = rows.assign(w=rows.weight if weighted else 1.0, one=1)
    keys += ["w"]  # one weight a cell
    frame["w2"] = frame.w**2
    cells = frame.groupby(keys, as_index=False).agg(
        n=("one", "sum"), sum_w=("w", "sum"), sum_w2=("w2", "sum")
    )
    return cells, Design(
        n=cells.n.to_numpy(), w=cells.sum_w.to_numpy(), w2=cells.sum_w2.to_numpy(),
        stratum=cells.stratum.to_numpy() if stratified else None,
        cluster=cells.cluster.to_numpy() if clustered else None,
    )  # fmt: skip


@pytest.mark.parametrize("design", DESIGNS)
def test_covariance_of_a_ratio_equals_r_survey(design, survey_rows, reference):
    cells, sample = sample_of(survey_rows, design, "a", "y")
    ratio = (sample.w @ cells.y) / (sample.w @ cells.a)
    influence = (cells.y - ratio * cells.a).to_numpy() / (sample.w @ cells.a)
    n = sample.rows
    # the slopes of deletion are n/(n-1) times the influence, for a mean
    covariance = design_covariance(influence[:, None] * n / (n - 1), sample)
    assert_allclose(ratio, reference.estimate[design, "ratio"], rtol=RTOL_R)
    assert_allclose(np.sqrt(covariance[0, 0]), reference.std_error[design, "ratio"], rtol=RTOL_R)
    assert sample.degrees == reference.df[design, "ratio"]


@pytest.mark.parametrize("design", DESIGNS)
def test_errors_of_correlations_agree_with_r_survey(design, survey_rows, reference):
    cells, sample = sample_of(survey_rows, design, "a", "b", "y")

    def correlations(W):
        share = W / W.sum(axis=1, keepdims=True)
        first = {k: share @ cells[k].to_numpy() for k in "aby"}
        cov = {k: share @ (cells[k[0]] * cells[k[1]]).to_numpy() - first[k[0]] * first[k[1]]
               for k in ("aa", "bb", "yy", "ay", "by")}  # fmt: skip
        r_a, r_b = cov["ay"] / np.sqrt(cov["aa"] * cov["yy"]), cov["by"] / np.sqrt(cov["bb"] * cov["yy"])
        return np.column_stack([r_a, r_b, r_a - r_b])

    value, covariance = linearise(correlations, sample)
    what = ["r_a", "r_b", "gap"]
    assert_allclose(value, reference.estimate[design][what], rtol=RTOL_R)
    assert_allclose(np.sqrt(np.diag(covariance)), reference.std_error[design][what], rtol=LINEARISED)


def test_one_code_in_two_strata_is_two_clusters():
    slopes = np.array([[1.0], [2.0], [-1.0], [-2.0]])
    apart = plain([5, 5, 5, 5], cluster=np.array([0, 1, 2, 3]), stratum=np.array([0, 0, 1, 1]))
    shared = plain([5, 5, 5, 5], cluster=np.array([0, 1, 0, 1]), stratum=np.array([0, 0, 1, 1]))
    assert_allclose(design_covariance(slopes, shared), design_covariance(slopes, apart), rtol=1e-12)
    assert shared.degrees == apart.degrees == 2


@pytest.mark.parametrize("cluster", [np.array([0, 0, 1, 2]), None])
def test_a_stratum_of_one_unit_has_no_variance(cluster):
    lonely = plain(
        [1, 1, 3, 3], cluster=cluster, stratum=np.array([0, 0 if cluster is not None else 1, 2, 2])
    )
    with pytest.raises(DesignError, match="single"):
        design_covariance(np.ones((4, 1)), lonely)
    if cluster is not None:
        with pytest.raises(DesignError, match=r"single cluster.*Merge"):
            next(resampling.bootstrap(lonely, 10, np.random.default_rng(0)))


# ---- bootstrap


def mean_of(values):
    return lambda W: (W @ values / W.sum(axis=1))[:, None]


def drawn_error(sample, statistic, seed=4):
    chunks = resampling.bootstrap(sample, DRAWS, np.random.default_rng(seed))
    return np.concatenate([statistic(W) for W in chunks])[:, 0].std(ddof=1)


@pytest.mark.parametrize("design", DESIGNS)
def test_bootstrap_error_is_that_of_linearisation(design, survey_rows, reference):
    cells, sample = sample_of(survey_rows, design, "a", "y")
    tables = np.zeros((len(cells), 8, 11))
    tables[np.arange(len(cells)), cells.a.astype(int), cells.y.astype(int)] = 1.0
    flat = tables.reshape(len(cells), -1)

    def r(W):
        return association.pearson_r((W @ flat).reshape(-1, 8, 11), np.arange(8.0), np.arange(11.0))[:, None]

    _, covariance = linearise(r, sample)
    assert_allclose(drawn_error(sample, r), np.sqrt(covariance[0, 0]), rtol=SE_ERROR)
    # a second opinion that shares no line with ours
    assert_allclose(drawn_error(sample, r), reference.std_error[design, "r_a"], rtol=SE_ERROR + LINEARISED)


def test_bootstrap_of_a_large_survey_is_poisson_and_agrees():
    n = np.array([90_000, 60_000, 50_000])
    assert n.sum() >= resampling.POISSON_FROM
    values = np.array([1.0, 2.0, 5.0])
    sample = plain(n)
    _, covariance = linearise(mean_of(values), sample)
    assert_allclose(drawn_error(sample, mean_of(values)), np.sqrt(covariance[0, 0]), rtol=SE_ERROR)


def test_bootstrap_where_only_sums_of_weights_are_known():
    rng = np.random.default_rng(8)
    n = np.array([120, 60, 90])
    weights = [rng.lognormal(0, 1, size) for size in n]
    w, w2 = np.array([[part.sum(), (part**2).sum()] for part in weights]).T
    values = np.array([0.0, 1.0, 3.0])
    sample = plain(n, w, w2, exact=False)
    _, covariance = linearise(mean_of(values), sample)
    assert_allclose(drawn_error(sample, mean_of(values)), np.sqrt(covariance[0, 0]), rtol=SE_ERROR)
    # ... and with the rows' own weights drawn one by one
    rows, row_w = np.repeat(values, n), np.concatenate(weights)
    times = rng.multinomial(270, np.full(270, 1 / 270), DRAWS) * row_w
    explicit = (times @ rows / times.sum(axis=1)).std(ddof=1)
    assert_allclose(drawn_error(sample, mean_of(values)), explicit, rtol=2 * SE_ERROR)


@pytest.mark.parametrize("design", DESIGNS)
def test_draws_are_as_many_as_asked_and_keep_the_weights_on_average(design, survey_rows, monkeypatch):
    _, sample = sample_of(survey_rows, design, "a")
    monkeypatch.setattr(resampling, "CHUNK", 700 * len(sample.n))
    chunks = list(resampling.bootstrap(sample, DRAWS, np.random.default_rng(9)))
    assert [len(W) for W in chunks] == [700] * 5 + [500]
    W = np.concatenate(chunks)
    error = W.std(axis=0) / np.sqrt(DRAWS)
    assert (np.abs(W.mean(axis=0) - sample.w) < 5 * error).all()
    assert (W >= 0).all()


@pytest.mark.parametrize("stratified", [False, True])
def test_every_draw_of_rows_has_as_many_rows_as_the_survey(stratified):
    """One row fewer is drawn and scaled up, in each stratum (Rao and Wu 1988): with few rows it shows."""
    n, weight = np.array([3, 2, 4, 1]), np.array([0.5, 2.0, 1.0, 3.0])
    stratum = np.array([0, 0, 1, 1]) if stratified else None
    sample = plain(n, n * weight, n * weight**2, stratum=stratum)
    [W] = resampling.bootstrap(sample, 200, np.random.default_rng(16))
    rows = W / weight
    for label in np.unique(sample.strata()):
        here = sample.strata() == label
        total = n[here].sum()
        assert_allclose(rows[:, here].sum(axis=1), total, rtol=1e-12)
        drawn = rows[:, here] * (total - 1) / total
        assert_allclose(drawn, np.rint(drawn), atol=1e-12)


def test_whole_clusters_are_drawn_within_strata(survey_rows):
    _, sample = sample_of(survey_rows, "full", "a")
    [W] = resampling.bootstrap(sample, 50, np.random.default_rng(10))
    times = W / sample.w
    for unit in np.unique(sample.units()):
        here = sample.units() == unit
        assert_allclose(times[:, here], np.repeat(times[:, here][:, :1], here.sum(), axis=1), rtol=1e-12)
    for stratum in np.unique(sample.stratum):
        units = np.unique(sample.units()[sample.stratum == stratum], return_index=True)[1]
        drawn = times[:, sample.stratum == stratum][:, units]
        # one unit fewer than there are, scaled up: the total number of units is kept in every draw
        assert_allclose(drawn.sum(axis=1), len(units), rtol=1e-12)


# ---- folds


counts = st.lists(st.integers(1, 40), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(n=counts, folds=st.integers(2, 10), seed=st.integers(0, 2**32 - 1))
def test_every_row_is_in_one_fold_and_folds_are_equal(n, folds, seed):
    n = np.array(n)
    sample = plain(n)
    if n.sum() < folds:
        with pytest.raises(
            DesignError, match=f"{folds} folds need at least {folds} rows; there are {n.sum()}"
        ):
            resampling.fold_weights(sample, folds, 1, np.random.default_rng(seed))
        return
    W = resampling.fold_weights(sample, folds, 3, np.random.default_rng(seed))
    assert W.shape == (3, folds, len(n))
    assert_array_equal(W.sum(axis=1), np.broadcast_to(n, (3, len(n))))
    assert_array_equal(W, np.rint(W))
    sizes = W.sum(axis=2)
    assert (sizes.max(axis=1) - sizes.min(axis=1) <= 1).all()
    assert (W >= 0).all()


def test_folds_are_dealt_as_rows_would_be():
    """Counts of a unit in a fold are hypergeometric: dealing rows without replacement."""
    n, folds, repeats = np.array([30, 12, 5, 3]), 5, 4_000
    W = resampling.fold_weights(plain(n), folds, repeats, np.random.default_rng(12))
    total, size = 50, 10
    expected = n * size / total
    variance = expected * (1 - n / total) * (total - size) / (total - 1)
    for fold in range(folds):  # the last fold is what the others leave: it must not differ
        found = W[:, fold]
        assert (np.abs(found.mean(axis=0) - expected) < 5 * np.sqrt(variance / repeats)).all()
        assert_allclose(found.var(axis=0), variance, rtol=0.12)  # 5 x sqrt(2 / 4,000)
    between = np.cov(W[:, 0, 0], W[:, 4, 0])[0, 1]
    assert_allclose(between, -variance[0] / (folds - 1), rtol=0.25)


def test_weights_are_dealt_with_their_rows():
    n, weight = np.array([7, 11, 6]), np.array([0.5, 2.0, 1.25])
    W = resampling.fold_weights(plain(n, n * weight, n * weight**2), 4, 5, np.random.default_rng(13))
    rows = W / weight
    assert_allclose(rows, np.rint(rows), atol=1e-12)
    assert_allclose(rows.sum(axis=2), 6, atol=1e-12)
    assert_allclose(W.sum(axis=1), np.broadcast_to(n * weight, (5, 3)), rtol=1e-12)


def test_sums_of_weights_are_dealt_as_rows_with_weights_would_be():
    rng = np.random.default_rng(14)
    n = np.array([200, 120])
    weights = [rng.lognormal(0, 0.8, size) for size in n]
    w, w2 = np.array([[part.sum(), (part**2).sum()] for part in weights]).T
    W = resampling.fold_weights(plain(n, w, w2, exact=False), 5, 1_500, np.random.default_rng(15))
    assert_allclose(W.sum(axis=1), np.broadcast_to(w, (1_500, 2)), rtol=1e-12)
    assert (W >= 0).all()
    order = np.argsort(rng.random((1_500, 320)), axis=1)[:, :64]  # a fold of rows
    unit, row_w = np.repeat([0, 1], n), np.concatenate(weights)
    explicit = np.stack([(row_w * (unit == k))[order].sum(axis=1) for k in (0, 1)], axis=1)
    for k in (0, 1):
        assert_allclose(W[:, 0, k].mean(), w[k] / 5, rtol=0.02)
        assert_allclose(
            W[:, 0, k].std(), explicit[:, k].std(), rtol=0.12
        )  # 1/n by design, 4 x 2.6 % by chance


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 6), min_size=3, max_size=15), seed=st.integers(0, 2**32 - 1))
def test_clusters_are_never_split(sizes, seed):
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    n = np.random.default_rng(seed).integers(1, 9, len(cluster))
    sample = plain(n, cluster=cluster)
    W = resampling.fold_weights(sample, 3, 2, np.random.default_rng(seed))
    assert_array_equal(W.sum(axis=1), np.broadcast_to(n, (2, len(n))))
    for label in range(len(sizes)):
        folds_with_it = (W[:, :, cluster == label] > 0).any(axis=2).sum(axis=1)
        assert_array_equal(folds_with_it, 1)
    clusters_in = np.stack([(W[:, :, cluster == label] > 0).any(axis=2) for label in range(len(sizes))]).sum(
        0
    )
    assert clusters_in.max() - clusters_in.min() <= 1


def test_more_folds_than_clusters_are_refused():
    sample = plain([9, 9, 9, 9], cluster=np.array([0, 0, 1, 2]))
    with pytest.raises(DesignError, match="4 folds need at least 4 clusters; there are 3"):
        resampling.fold_weights(sample, 4, 1, np.random.default_rng(0))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_same_generator_gives_the_same_draws(design, survey_rows):
    _, sample = sample_of(survey_rows, design, "a")

    def drawn(seed):
        rng = np.random.default_rng(seed)
        return [*resampling.bootstrap(sample, 20, rng), resampling.fold_weights(sample, 5, 2, rng)]

    for first, again, other in zip(drawn(1), drawn(1), drawn(2), strict=True):
        assert_array_equal(first, again)
        assert not np.array_equal(first, other)
