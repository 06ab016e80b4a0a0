"""Linearised variances against R's survey package; the rows and the R script lie in tests/reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from cxresearch.errors import DesignError
from cxresearch.stats.designs import Design, domain_means
from cxresearch.stats.shares import domain_shares

RTOL = 1e-10  # closed form: only rounding may differ
REFERENCE = Path(__file__).parents[1] / "reference"
SEGMENTS = ("app", "phone", "shop")
DESIGNS = {  # columns for weight, stratum, cluster and population size
    "srs": (None, None, None, None),
    "weights": ("weight", None, None, None),
    "fpc": ("weight", None, None, "N_all"),
    "strata": ("weight", "stratum", None, None),
    "strata_fpc": ("weight", "stratum", None, "N_rows"),
    "clusters": ("weight", None, "cluster", None),
    "full": ("weight", "stratum", "cluster", None),
    "full_fpc": ("weight", "stratum", "cluster", "N_clusters"),
}


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(REFERENCE / "designs_rows.csv")


@pytest.fixture(scope="module")
def reference():
    return pd.read_csv(REFERENCE / "designs_survey.csv", skipinitialspace=True)


def cells_of(rows, name, what, **options):
    """Rows grouped to cells as a survey would group them, with the design of that name."""
    weight, stratum, cluster, population = DESIGNS[name]
    keys = [what, "segment", *filter(None, [stratum, cluster])]
    frame = rows.assign(w=rows[weight] if weight else 1.0, one=1)
    frame["w2"] = frame["w"] ** 2
    cells = frame.groupby(keys, dropna=False, as_index=False)[["one", "w", "w2"]].sum()
    sizes = None
    if population and stratum:
        sizes = dict(zip(rows[stratum], rows[population], strict=True))
    elif population:
        sizes = float(rows[population].iloc[0])
    design = Design(
        n=cells["one"].to_numpy(),
        w=cells["w"].to_numpy(),
        w2=cells["w2"].to_numpy(),
        stratum=cells[stratum].to_numpy() if stratum else None,
        cluster=cells[cluster].to_numpy() if cluster else None,
        population=sizes,
        **options,
    )
    domain = pd.Categorical(cells["segment"], SEGMENTS).codes.astype(np.int64)
    return cells[what].to_numpy(float), domain, design


@pytest.mark.parametrize("what", ["answer", "net"])
@pytest.mark.parametrize("name", DESIGNS)
def test_means_errors_and_degrees_of_freedom_equal_r_survey(rows, reference, name, what):
    values, domain, design = cells_of(rows, name, what)
    means = domain_means(values, domain, len(SEGMENTS), design, overall=True)
    expected = reference[(reference.design == name) & (reference.what == what)].set_index("domain")
    expected = expected.loc[[*SEGMENTS, "all"]]
    assert_allclose(means.estimate, expected["estimate"], rtol=RTOL)
    assert_allclose(means.std_error, expected["std_error"], rtol=RTOL)
    assert means.df.tolist() == expected["df"].tolist()


@pytest.mark.parametrize("what", ["answer", "net"])
@pytest.mark.parametrize("name", DESIGNS)
def test_difference_of_segments_equals_r_svycontrast_and_svyttest(rows, reference, name, what):
    """The estimate and error are svycontrast's of svyby; svyttest gives df = degf of the two segments - 1."""
    values, domain, design = cells_of(rows, name, what)
    means = domain_means(values, domain, len(SEGMENTS), design)
    row = reference.query("design == @name and what == @what and domain == 'app - phone'").iloc[0]
    contrast = np.array([1.0, -1.0, 0.0])
    error = np.sqrt(contrast @ means.covariance @ contrast)
    df = design.degrees_of_freedom(np.isfinite(values) & np.isin(domain, [0, 1])) - 1
    assert_allclose(contrast @ means.estimate, row["estimate"], rtol=RTOL)
    assert_allclose(error, row["std_error"], rtol=RTOL)
    assert df == row["df"]
    assert_allclose(2 * stats.t.sf(abs(row["estimate"] / error), df), row["p_value"], rtol=1e-9)


@pytest.mark.parametrize("name", DESIGNS)
def test_mean_equals_r_svyratio(rows, reference, name):
    values, domain, design = cells_of(rows, name, "net")
    means = domain_means(values, domain, len(SEGMENTS), design, overall=True)
    row = reference.query("design == @name and what == 'net as ratio'").iloc[0]
    assert_allclose([means.estimate[-1], means.std_error[-1]], [row["estimate"], row["std_error"]], rtol=RTOL)


@pytest.mark.parametrize("name", DESIGNS)
def test_shares_of_all_answers_are_the_means_of_their_indicators(rows, name):
    answers, domain, design = cells_of(rows, name, "answer")
    point = np.where(np.isnan(answers), -1, answers).astype(np.int64)
    shares = domain_shares(point, 11, domain, len(SEGMENTS), design)
    for value in range(11):
        indicator = np.where(np.isnan(answers), np.nan, answers == value)
        means = domain_means(indicator, domain, len(SEGMENTS), design)
        assert_allclose(shares.share[:, value], means.estimate, rtol=RTOL)
        assert_allclose(shares.std_error[:, value], means.std_error, rtol=1e-8)
        assert_allclose(shares.n_eff[:, value], means.n_eff, rtol=1e-7)
        assert shares.n.tolist() == means.n.tolist()


def test_lonely_stratum_is_refused_by_name_or_measured_from_the_overall_mean(rows, reference):
    lonely = rows[(rows["stratum"] != 2) | (rows["cluster"] == 100)]
    values, domain, design = cells_of(lonely, "full", "net", stratum_names={2: "south"})
    with pytest.raises(DesignError, match="stratum 'south' holds a single sampling unit"):
        domain_means(values, domain, 3, design)
    values, domain, design = cells_of(lonely, "full", "net", lonely="adjust")
    means = domain_means(values, domain, 3, design, overall=True)
    row = reference.query("design == 'lonely_adjust'").iloc[0]
    assert_allclose([means.estimate[-1], means.std_error[-1]], [row["estimate"], row["std_error"]], rtol=RTOL)
    assert means.df[-1] == row["df"]


@pytest.mark.parametrize("name", ["weights", "full"])
def test_row_order_and_the_size_of_weights_change_nothing(rows, name):
    values, domain, design = cells_of(rows, name, "answer")
    order = np.random.default_rng(1).permutation(len(values))
    moved = Design(
        n=design.n[order],
        w=7 * design.w[order],
        w2=49 * design.w2[order],
        stratum=None if design.stratum is None else design.stratum[order],
        cluster=None if design.cluster is None else design.cluster[order],
    )
    first = domain_means(values, domain, 3, design, overall=True)
    second = domain_means(values[order], domain[order], 3, moved, overall=True)
    assert_allclose(second.estimate, first.estimate, rtol=RTOL)
    assert_allclose(second.covariance, first.covariance, rtol=1e-8, atol=1e-12)
    assert_allclose(second.n_eff, first.n_eff, rtol=1e-8)


def test_simple_random_sample_is_worth_its_own_size(rows):
    values, domain, design = cells_of(rows, "srs", "answer")
    means = domain_means(values, domain, 3, design, overall=True)
    assert_allclose(means.n_eff, means.n, rtol=RTOL)
    assert_allclose(means.kish, means.n, rtol=RTOL)
    answers = rows["answer"].dropna()
    assert_allclose(means.estimate[-1], answers.mean(), rtol=RTOL)
    assert_allclose(means.spread[-1], answers.var(ddof=0), rtol=RTOL)


def test_a_population_asked_completely_leaves_no_error():
    n = np.array([3, 4])
    design = Design(n=n, w=n.astype(float), w2=n.astype(float), population=7)
    means = domain_means(np.array([0.0, 100.0]), np.zeros(2, np.int64), 1, design)
    assert means.std_error[0] == 0
    assert np.isinf(means.n_eff[0])


def test_population_below_the_sample_is_refused():
    n = np.array([3, 4])
    design = Design(n=n, w=n.astype(float), w2=n.astype(float), population=6)
    with pytest.raises(DesignError, match="`population` is 6 where 7 sampling units were drawn"):
        domain_means(np.array([0.0, 100.0]), np.zeros(2, np.int64), 1, design)


def test_one_answer_has_an_estimate_and_no_error_and_none_has_neither():
    one = Design(n=np.array([1]), w=np.array([2.0]), w2=np.array([4.0]))
    means = domain_means(np.array([100.0]), np.array([0]), 2, one)
    assert means.estimate[0] == 100
    assert np.isnan(means.std_error).all()
    assert np.isnan(means.estimate[1])
    assert means.n.tolist() == [1, 0]
