"""Data sets are found, checked and described; the simulated one is what its script says."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxresearch import datasets
from cxresearch.errors import DataUnavailableError
from cxresearch.survey import read
from cxresearch.survey.codebook import Codebook

ATOL_PUBLISHED = 0.0005  # reference figures are printed to three decimals
ATOL_TRUTH = 0.07  # three standard errors of a correlation on 1,900 weighted answers, Kish n about 1,400

OPEN = [name for name, source in datasets.SOURCES.items() if not source.shipped]
LOADERS = {
    "contact_survey": datasets.load_contact_survey,
    "sfo_2017": lambda **k: datasets.load_sfo(2017, **k),
    "sfo_2018": lambda **k: datasets.load_sfo(2018, **k),
    "ecsi_mobile": datasets.load_ecsi_mobile,
    "spanish_bank": datasets.load_spanish_bank,
    "csibank": datasets.load_csibank,
    "mobile_reputation": datasets.load_mobile_reputation,
    "yellow_pages": datasets.load_yellow_pages,
    "servicenow_incidents": lambda **k: datasets.load_servicenow("incidents", **k),
    "servicenow_events": lambda **k: datasets.load_servicenow("events", **k),
    "iran_churn": datasets.load_iran_churn,
    "hcahps": datasets.load_hcahps,
    "satisfaction_retention_meta": datasets.load_satisfaction_retention_meta,
}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A machine that has no data: an empty $CXRESEARCH_DATA and an empty cache."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("CXRESEARCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    return tmp_path


@pytest.fixture
def tiny(monkeypatch):
    """A data set of our own making under the name `tiny`, published as a file."""

    def publish(content: bytes, url: str = "") -> datasets.Source:
        source = replace(
            datasets.SOURCES["ecsi_mobile"],
            name="tiny",
            folder="tiny",
            file="tiny.csv",
            sha256=hashlib.sha256(content).hexdigest(),
            url=url,
        )
        monkeypatch.setitem(datasets.SOURCES, "tiny", source)
        return source

    return publish


def test_every_source_has_a_loader():
    assert set(LOADERS) == set(datasets.SOURCES)


@pytest.mark.parametrize("name", datasets.SOURCES)
def test_the_loaded_frame_has_the_stated_size(name, open_data):
    open_data(name)
    source = datasets.SOURCES[name]
    assert LOADERS[name]().shape == (source.rows, source.columns)


@pytest.mark.parametrize("name", datasets.SOURCES)
def test_a_source_states_what_a_user_must_know(name):
    source = datasets.SOURCES[name]
    assert len(source.sha256) == 64
    assert all([source.title, source.licence, source.citation, source.publisher, source.by_hand])


@pytest.mark.parametrize("name", OPEN)
def test_missing_data_say_where_they_were_looked_for_and_how_to_get_them(name, elsewhere):
    with pytest.raises(DataUnavailableError) as caught:
        LOADERS[name]()
    source, message = datasets.SOURCES[name], str(caught.value)
    for part in (
        str(elsewhere / "data"),
        str(elsewhere / "cache"),
        source.licence,
        source.by_hand,
        source.file,
    ):
        assert part in message


def test_gpl_sets_have_no_download_address():
    assert not [s.name for s in datasets.SOURCES.values() if s.licence.startswith("GPL") and s.url]


def test_without_an_address_download_says_so(elsewhere):
    with pytest.raises(DataUnavailableError, match="there is no direct download"):
        datasets.load_csibank(download=True)


def test_the_error_is_both_a_missing_file_and_a_value(elsewhere):
    for kind in (FileNotFoundError, ValueError):
        with pytest.raises(kind):
            datasets.load_ecsi_mobile()


def test_the_folder_is_preferred_to_the_flat_place_and_to_the_cache(elsewhere, tiny):
    tiny(b"a\n1\n")
    places = [
        elsewhere / "cache" / "cxresearch" / "tiny" / "tiny.csv",
        elsewhere / "data" / "tiny.csv",
        elsewhere / "data" / "tiny" / "tiny.csv",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"a\n1\n")
        assert datasets.locate("tiny") == place


def test_another_file_of_the_same_name_is_refused(elsewhere, tiny):
    source = tiny(b"a\n1\n")
    (elsewhere / "data" / "tiny.csv").write_bytes(b"a\n2\n")
    with pytest.raises(ValueError, match="sha256") as caught:
        datasets.locate("tiny")
    assert source.sha256 in str(caught.value)
    assert hashlib.sha256(b"a\n2\n").hexdigest() in str(caught.value)


def test_nothing_is_downloaded_unasked(elsewhere, tiny):
    origin = elsewhere / "published.csv"
    origin.write_bytes(b"a\n1\n")
    tiny(b"a\n1\n", origin.as_uri())
    with pytest.raises(DataUnavailableError, match="download=True"):
        datasets.locate("tiny")


def test_a_download_lands_in_the_cache_once(elsewhere, tiny):
    origin = elsewhere / "published.csv"
    origin.write_bytes(b"a\n1\n")
    tiny(b"a\n1\n", origin.as_uri())
    path = datasets.locate("tiny", download=True)
    origin.unlink()
    assert path == datasets.locate("tiny")
    assert [item.name for item in path.parent.iterdir()] == ["tiny.csv"]


def test_a_wrong_download_leaves_nothing_behind(elsewhere, tiny):
    origin = elsewhere / "published.csv"
    origin.write_bytes(b"truncat")
    tiny(b"a\n1\n", origin.as_uri())
    with pytest.raises(ValueError, match="sha256"):
        datasets.locate("tiny", download=True)
    assert datasets.find("tiny") is None
    assert not list(elsewhere.rglob("cache/**/*.csv"))


def test_a_failed_download_says_so_and_how_to_get_the_file(elsewhere, tiny):
    tiny(b"a\n1\n", (elsewhere / "gone.csv").as_uri())
    with pytest.raises(DataUnavailableError, match="The download failed") as caught:
        datasets.locate("tiny", download=True)
    assert "by hand" in str(caught.value)


def test_unknown_names_are_answered_with_the_choices():
    with pytest.raises(ValueError, match="'sfo_2017'"):
        datasets.find("sfo")
    with pytest.raises(ValueError, match="'contact_survey'"):
        datasets.codebook("sfo")
    with pytest.raises(ValueError, match="2017 or 2018"):
        datasets.load_sfo(2019)
    with pytest.raises(ValueError, match="incidents"):
        datasets.load_servicenow("tickets")


def test_the_cache_follows_the_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert datasets.cache() == tmp_path / ".cache" / "cxresearch"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert datasets.cache() == tmp_path / "Local" / "cxresearch"


@pytest.mark.parametrize("name", datasets.codebooks())
def test_codebooks_are_valid_and_their_columns_exist(name, open_data):
    open_data(name)
    book = Codebook.read(datasets.codebook(name))
    assert not set(book.columns) - set(LOADERS[name]().columns)
    assert all(question.label for question in book.questions)


@pytest.mark.parametrize(
    ("wave", "csat", "ease", "nps"), [(2017, 0.567, 0.479, 39.8), (2018, 0.602, 0.520, 31.0)]
)
def test_sfo_gives_its_reference_figures(wave, csat, ease, nps, open_data):
    """Reference: the README beside the staged files (unweighted Spearman with NETPRO; NPS)."""
    open_data(f"sfo_{wave}")
    frame = datasets.load_sfo(wave)
    recommend = frame["NETPRO"].where(frame["NETPRO"] <= 10)
    overall = pd.to_numeric(frame["Q7ALL"], errors="coerce").where(lambda x: x.between(1, 5))
    items = frame[["Q14FIND", "Q14PASSTHRU", "Q13GETRATE"]]
    effort = items.where((items >= 1) & (items <= 5)).mean(axis=1)
    given = recommend.dropna()
    assert overall.corr(recommend, method="spearman") == pytest.approx(csat, abs=ATOL_PUBLISHED)
    assert effort.corr(recommend, method="spearman") == pytest.approx(ease, abs=ATOL_PUBLISHED)
    assert 100 * ((given >= 9).mean() - (given <= 6).mean()) == pytest.approx(nps, abs=0.05)


@pytest.mark.parametrize(("wave", "complete", "not_blank"), [(2017, 494, 2_387), (2018, 336, 2_274)])
def test_sfo_drivers_are_the_fourteen_services_and_never_used_is_no_blank(
    wave, complete, not_blank, open_data
):
    """Reference: counts of the raw codes; few passengers have used all of it, most have said so of the rest."""
    open_data(f"sfo_{wave}")
    frame = datasets.load_sfo(wave)
    book = Codebook.read(datasets.codebook(f"sfo_{wave}"))
    columns = [column for driver in book.drivers.values() for column in driver.columns]
    assert columns == [name for name in frame if name.startswith("Q7") and name != "Q7ALL"]
    assert {driver.not_applicable for driver in book.drivers.values()} == {(6,)}
    rated = pd.to_numeric(frame["Q7ALL"], errors="coerce").between(1, 5)
    assert (rated & frame[columns].isin(range(1, 6)).all(axis=1)).sum() == complete
    assert (rated & (frame[columns] != 0).all(axis=1)).sum() == not_blank
    answered = read(frame, book).cells([*book.drivers, "csat"])
    assert answered.n[~np.isnan(answered.values).any(axis=1)].sum() == complete


def test_yellow_pages_gives_its_reference_figures(open_data):
    """Reference: the README beside the staged file (Spearman with overall satisfaction, same answer to all)."""
    open_data("yellow_pages")
    frame = datasets.load_yellow_pages()
    book = Codebook.read(datasets.codebook("yellow_pages"))
    rho = frame.corr(method="spearman")["q1"]
    found = {name: rho[driver.columns[0]] for name, driver in book.drivers.items()}
    stated = {"volume_prices": 0.773, "reach": 0.738, "prices": 0.653, "effectiveness": 0.650, "increases": 0.614,
              "ad_reach": 0.577, "exposure": 0.547, "right_areas": 0.460, "distribution": 0.444}  # fmt: skip
    assert found == pytest.approx(stated, abs=ATOL_PUBLISHED)
    assert frame.eq(frame["q1"], axis=0).all(axis=1).mean() == pytest.approx(0.056, abs=ATOL_PUBLISHED)


# The simulated contact survey


@pytest.fixture(scope="module")
def world():
    script = Path(__file__).parents[1] / "data" / "make_contact_survey.py"
    spec = importlib.util.spec_from_file_location("make_contact_survey", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_gives_the_committed_bytes(world):
    drawn = world.simulate(np.random.default_rng(world.SEED), world.N_CUSTOMERS)
    assert world.as_csv(drawn) == datasets.locate("contact_survey").read_bytes()


def test_the_population_has_the_stated_latent_correlations(world):
    """Ease is a sum of counts and noise, standardised by exact moments; the others follow by Cholesky."""
    rng = np.random.default_rng(1)
    n = 400_000
    complexity = rng.choice(5, n, p=world.SHARE @ world.COMPLEXITY) + 1
    z = world._z(complexity)
    mean, sd = world._ease_moments()
    counts = rng.poisson(world._rates(z))
    ease = -(counts @ world.HARM) - world.HARM_OF_COMPLEXITY * z + world.NOISE * rng.standard_normal(n)
    latent = world._latent(rng, (ease - mean) / sd)
    # four standard errors of a mean, of a variance and of a correlation at this n
    np.testing.assert_allclose(latent.mean(axis=0), 0, atol=0.0065)
    np.testing.assert_allclose(np.corrcoef(latent.T), world.LATENT, atol=0.0065)
    np.testing.assert_allclose(latent.std(axis=0), 1, atol=0.007)


def test_the_readme_quotes_the_truth_of_the_generator(world):
    """A shorter run of the same function must agree with the printed 4,000,000 draws to its own error."""
    readme = Path(__file__).parents[1].joinpath("data", "README.md").read_text(encoding="utf-8")
    drawn = world.truth(200_000)
    quoted = readme.split("```text\n")[1].split("```")[0]
    quoted, drawn = ([float(x) for x in re.findall(r"-?\d+\.\d+", text)] for text in (quoted, drawn))
    correlations, percentages, points = slice(0, 12), slice(12, 16), slice(16, None)
    # three standard errors at a Kish n of 147,000: a correlation .0024, NPS .2, a mean of ces .004
    np.testing.assert_allclose(quoted[correlations], drawn[correlations], atol=0.008)
    np.testing.assert_allclose(quoted[percentages], drawn[percentages], atol=0.6)
    np.testing.assert_allclose(quoted[points], drawn[points], atol=0.015)


def test_the_survey_shows_its_truth_within_sampling_error():
    survey = datasets.load_contact_survey()
    truth = {"ces": 0.305, "csat": 0.346, "nps": 0.356}
    for metric, value in truth.items():
        found = survey[metric].corr(survey["repurchase"], method="spearman")
        assert found == pytest.approx(value, abs=ATOL_TRUTH)


def test_missing_answers_are_blank_and_as_frequent_as_stated():
    survey = datasets.load_contact_survey()
    stated = {"ces": 0.03, "csat": 0.02, "nps": 0.04, "repurchase": 0.06}
    for column, share in stated.items():
        error = np.sqrt(share * (1 - share) / len(survey))
        assert abs(survey[column].isna().mean() - share) < 3.5 * error
    assert not survey.drop(columns=list(stated)).isna().any(axis=None)
    assert survey["weight"].mean() == pytest.approx(1, abs=0.05)


def test_passengers_without_a_run_get_one_for_each_flight(open_data):
    """The publisher's 2018 file leaves RUNID blank for 12 passengers of two flights."""
    published = pd.read_csv(open_data("sfo_2018"), low_memory=False)
    loaded = datasets.load_sfo(2018)
    lost = published["RUNID"].isna().to_numpy()
    assert lost.sum() == 12
    assert (loaded["RUNID"][~lost] == published["RUNID"][~lost]).all()
    new = loaded[lost].groupby("RUNID")[["INTDATE", "AIRLINE", "FLIGHT"]].nunique()
    assert new.to_numpy().tolist() == [[1, 1, 1], [1, 1, 1]]
    assert not set(new.index) & set(published["RUNID"].dropna())
