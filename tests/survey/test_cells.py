"""Cells: equal to counting rows the plain way, on every engine, whatever the order of the rows."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from cxresearch.errors import CodebookError, DesignError
from cxresearch.survey import Codebook, read, readers
from cxresearch.survey import _columns as columns

RTOL = 1e-12  # sums of weights are added in the order of the rows, which engines do not keep
N = 3_000
BOOK = {
    "metrics": {
        "ces": {"column": "easy", "instrument": "ces2", "missing": [99, "n/a"]},
        "ease": {
            "columns": ["i1", "i2", "i3"],
            "scale": [1, 5],
            "min_items": 2,
            "reverse": ["i3"],
            "missing": [0],
        },
        "half": {"column": "half", "scale": [0, 5], "step": 0.5},
    },
    "outcomes": {"again": {"column": "again", "kind": "binary"}},
    "drivers": {"words": {"column": "words", "scale": [1, 3], "labels": {"no": 1, "some": 2, "a lot": 3}}},
    "controls": {"region": {"column": "region", "kind": "category"}},
    "design": {"weight": "w", "strata": "stratum", "cluster": "house", "segments": ["channel", "day"]},
}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """3 000 made-up answers of every type of column."""
    rng = np.random.default_rng(5)
    quality = rng.normal(size=N)

    def item(low, high, holes=0.1):
        x = np.clip(np.round(quality + rng.normal(size=N) + (low + high) / 2), low, high)
        return np.where(rng.random(N) < holes, np.nan, x)

    return pd.DataFrame({
        "easy": np.where(rng.random(N) < 0.05, 99, item(1, 7)),
        "i1": item(1, 5), "i2": item(1, 5), "i3": np.where(rng.random(N) < 0.1, 0, 6 - item(1, 5, 0)).astype(int),
        "half": item(1, 5) - 0.5,
        "again": pd.Series(rng.random(N) + quality / 3 < 0.5).map({True: 1, False: 0}),
        "words": pd.Series(rng.choice(["no", "some", "a lot"], N)).where(rng.random(N) > 0.1),
        "region": rng.choice(["north", "south", "Überlingen"], N),
        "channel": pd.Series(rng.choice(["web", "phone", "shop"], N)).where(rng.random(N) > 0.05),
        "day": rng.integers(1, 8, N),
        "w": rng.choice([0.25, 0.5, 1.3, 2.1], N),
        "smooth": rng.uniform(0.5, 2, N),
        "stratum": rng.choice(["a", "b"], N),
        "house": rng.integers(0, 300, N),
        "unused": rng.random(N),
    })  # fmt: skip


def sources(frame, tmp_path):
    """Return the same answers in every form that can be read."""
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "french.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    frame.to_csv(tmp_path / "a.csv.gz", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    for i, part in enumerate(np.array_split(np.arange(len(frame)), 3)):
        frame.iloc[part].to_parquet(tmp_path / f"part{i}.parquet")
        frame.iloc[part].to_csv(tmp_path / f"part{i}.csv", index=False)
    return {
        "pandas": frame,
        "pandas nullable": frame.convert_dtypes(),
        "pandas object": frame.astype(object),
        "pandas categorical": frame.astype("category"),
        "pandas arrow": frame.convert_dtypes(dtype_backend="pyarrow"),
        "polars": pl.from_pandas(frame),
        "polars lazy": pl.from_pandas(frame).lazy(),
        "polars categorical": pl.from_pandas(frame).with_columns(
            pl.col("channel", "region").cast(pl.Categorical)
        ),
        "arrow": pa.Table.from_pandas(frame),
        "duckdb": duckdb.connect().from_arrow(pa.Table.from_pandas(frame)),
        "csv": tmp_path / "a.csv",
        "csv text": str(tmp_path / "a.csv"),
        "csv french": tmp_path / "french.csv",
        "csv gz": tmp_path / "a.csv.gz",
        "csv glob": str(tmp_path / "part*.csv"),
        "parquet": tmp_path / "a.parquet",
        "parquet glob": str(tmp_path / "part*.parquet"),
        "list": [tmp_path / f"part{i}.csv" for i in range(3)],
    }


def assert_same(a, b):
    assert a.names == b.names
    assert a.levels == b.levels
    assert_array_equal(a.values, b.values)
    for name in ("n", "cluster", "stratum", "weight"):
        assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    assert_allclose(a.w, b.w, rtol=RTOL)
    assert_allclose(a.w2, b.w2, rtol=RTOL)
    assert (a.weighted, a.weight_exact, a.population) == (b.weighted, b.weight_exact, b.population)


ASKED = {
    "one": {"names": ["ces"], "weights": False},
    "index": {"names": ["ease", "ces", "again"]},
    "by": {"names": ["half", "words", "region"], "by": ["channel", "day"]},
    "clusters": {"names": ["ces", "again"], "clusters": True},
    "none": {"names": [], "by": ["channel"]},
}


@pytest.fixture(params=["exact", "smooth"])
def book(request):
    return BOOK if request.param == "exact" else {**BOOK, "design": {**BOOK["design"], "weight": "smooth"}}


def test_every_engine_gives_the_same_cells(answers, book, tmp_path, monkeypatch):
    reference = read(answers, book)
    frames = sources(answers, tmp_path)
    surveys = {name: read(source, book) for name, source in frames.items()}
    monkeypatch.setattr(readers, "LARGE", 0)  # as if the files were large: queried where they lie
    surveys |= {f"large {name}": read(frames[name], book) for name in ("csv", "csv french", "parquet glob")}
    for name, survey in surveys.items():
        assert survey.problems == reference.problems, name
        for asked in ASKED.values():
            assert_same(survey.cells(**asked), reference.cells(**asked))


@pytest.mark.parametrize("asked", ASKED)
def test_cells_equal_a_pandas_group_by(answers, asked):
    """The plain way: oriented, missing codes out, index by hand, then ``groupby(dropna=False)``."""
    arguments = {"weights": True, "by": [], "clusters": False, **ASKED[asked]}
    survey = read(answers, BOOK)
    items = answers[["i1", "i2"]].assign(i3=(6 - answers["i3"]).where(answers["i3"] != 0))
    rows = answers.assign(
        ces=answers["easy"].where(answers["easy"] != 99),
        ease=items.mean(axis=1).where(items.notna().sum(axis=1) >= 2),
        words=answers["words"].map({"no": 1, "some": 2, "a lot": 3}),
    )
    for name in ("region", "channel", "day"):
        codes, _ = pd.factorize(rows[name], sort=True)
        rows[name] = np.where(codes < 0, np.nan, codes)
    names = [*arguments["names"], *arguments["by"]]
    keys = [
        *names,
        *(["w"] if arguments["weights"] else []),
        "stratum",
        *(["house"] if arguments["clusters"] else []),
    ]
    rows["w2"], rows["one"] = rows["w"] ** 2, 1
    expected = (
        rows.assign(weight=rows["w"]).groupby(keys, dropna=False)[["one", "weight", "w2"]].sum().reset_index()
    )
    expected = expected.sort_values(keys, na_position="last")
    cells = survey.cells(**arguments)
    assert_allclose(cells.values, expected[names].to_numpy(float), rtol=RTOL)
    assert_array_equal(cells.n, expected["one"])
    assert_allclose(cells.w, expected["weight" if arguments["weights"] else "one"], rtol=RTOL)
    assert_allclose(cells.w2, expected["w2" if arguments["weights"] else "one"], rtol=RTOL)
    assert cells.total == N


answer = st.one_of(st.none(), st.integers(1, 5))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(answer, answer, st.integers(1, 3)), min_size=2, max_size=60), st.randoms())
def test_counts_add_up_and_order_is_irrelevant(rows, random):
    book = {
        "metrics": {"a": {"column": "a", "scale": [1, 5]}, "b": {"column": "b", "scale": [1, 5]}},
        "design": {"weight": "w"},
    }
    frame = pd.DataFrame(rows, columns=["a", "b", "w"], dtype=float)
    before = frame.copy()
    cells = read(frame, book, problems="list").cells(["a", "b"])
    pd.testing.assert_frame_equal(frame, before)
    assert cells.total == len(rows)
    assert cells.w.sum() == pytest.approx(sum(row[2] for row in rows), rel=RTOL)
    assert len(np.unique(np.column_stack([cells.values, cells.weight]), axis=0)) == len(cells)
    shuffled = frame.sample(frac=1, random_state=random.randint(0, 9999)).reset_index(drop=True)
    assert_same(read(shuffled, book, problems="list").cells(["a", "b"]), cells)
    assert_same(cells.marginal(["a", "b"]), cells)
    assert_same(cells.marginal(["a"]), read(frame, book, problems="list").cells("a"))
    assert cells.marginal([]).total == cells.total


def test_the_caller_may_change_the_frame_afterwards(answers):
    frame = answers.copy()
    survey = read(frame, BOOK)
    before = survey.cells(["ces", "ease"])
    frame.loc[:, ["easy", "i1", "w"]] = 1
    assert_same(survey.cells(["ces", "ease"]), before)


def test_where_and_column(answers):
    cells = read(answers, BOOK).cells(["ces", "half"], by="channel")
    web = cells.levels["channel"].index("web")
    part = cells.where(cells.column("channel") == web)
    assert part.total == (answers["channel"] == "web").sum()
    assert part.marginal(["ces"]).total == part.total
    with pytest.raises(KeyError, match="no column 'nps' among ces, half, channel"):
        cells.column("nps")


def test_clusters_are_numbered_within_strata(answers):
    cells = read(answers, BOOK).cells("ces", clusters=True)
    pairs = set(zip(cells.stratum, cells.cluster, strict=True))
    assert len(pairs) == len({cluster for _, cluster in pairs})
    assert len(pairs) == len(answers.groupby(["stratum", "house"]))


def test_population_by_stratum(answers):
    frame = answers.assign(size=answers["stratum"].map({"a": 9_000, "b": 20_000}))
    book = {**BOOK, "design": {**BOOK["design"], "population": "size"}}
    assert read(frame, book).cells("ces").population == {0: 9_000.0, 1: 20_000.0}
    assert read(frame, {**book, "design": {"population": 50_000}}).cells("ces").population == 50_000.0
    with pytest.raises(DesignError, match="no strata"):
        read(frame, {**book, "design": {"population": "size"}}).cells("ces")


@pytest.mark.parametrize("dense", [columns.DENSE, 1])
def test_a_large_pattern_space_gives_the_same_cells(answers, dense, monkeypatch):
    expected = read(answers, BOOK).cells(["ces", "ease", "again"], by="day", clusters=True)
    monkeypatch.setattr(columns, "DENSE", dense)
    assert_same(read(answers, BOOK).cells(["ces", "ease", "again"], by="day", clusters=True), expected)


def test_chunks_and_threads_change_nothing(answers, monkeypatch):
    expected = [read(answers, BOOK).cells(**asked) for asked in ASKED.values()]
    monkeypatch.setattr(columns, "CHUNK", 100)
    for asked, cells in zip(ASKED.values(), expected, strict=True):
        assert_same(read(answers, BOOK).cells(**asked), cells)


def test_names_that_do_not_exist(answers):
    survey = read(answers, BOOK)
    with pytest.raises(CodebookError, match="did you mean 'channel'"):
        survey.cells("ces", by="chanel")
    with pytest.raises(CodebookError, match="has no question 'channel'"):
        survey.cells("channel")
    with pytest.raises(CodebookError, match="by itself"):
        survey.cells("ces", by="ces")


def test_by_a_question_gives_its_answers_as_levels(answers):
    cells = read(answers, BOOK).cells("half", by="ces")
    assert cells.levels["ces"] == (1, 2, 3, 4, 5, 6, 7)


def test_codebook_object_is_accepted(answers):
    book = Codebook.read(BOOK)
    assert_same(read(answers, book).cells("ces"), read(answers, BOOK).cells("ces"))


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "int64", "uint64", "float32", "float64", "Int64", "Float64"]
)
def test_every_numeric_type(dtype):
    frame = pd.DataFrame({"a": pd.array([1, 7, 3, 3, 99], dtype=dtype)})
    cells = read(frame, {"metrics": {"a": {"column": "a", "scale": [1, 7], "missing": [99]}}}).cells("a")
    assert_array_equal(cells.values.ravel(), [1, 3, 7, np.nan])
    assert_array_equal(cells.n, [1, 2, 1, 1])


def test_many_values_and_large_numbers():
    rng = np.random.default_rng(2)
    spend = np.round(rng.lognormal(10, 2, 20_000), 2)
    spend[::50] = np.nan
    ids = rng.integers(0, 2**60, 20_000)
    frame = pd.DataFrame({"spend": spend, "id": ids, "a": rng.integers(1, 6, 20_000)})
    book = {
        "metrics": {"a": {"column": "a", "scale": [1, 5]}},
        "outcomes": {"spend": {"column": "spend", "kind": "number"}},
        "design": {"cluster": "id"},
    }
    for source in (frame, pl.from_pandas(frame).lazy()):
        cells = read(source, book).cells(["spend", "a"], clusters=True)
        assert cells.total == 20_000
        assert len(np.unique(cells.cluster)) == len(np.unique(ids))
        assert_allclose(np.nansum(cells.column("spend") * cells.n), np.nansum(spend), rtol=1e-9)


def test_levels_are_sorted_as_a_reader_would():
    """By code point "Île" comes after "Z" and "app" after "Web"."""
    names = ["Île", "Zoo", "app", "Web", "Élan", "eau", "Ile", 10, 9]
    frame = pd.DataFrame({"easy": [4] * len(names), "where": names})
    book = {"metrics": {"ces": {"column": "easy", "scale": [1, 7]}}, "design": {"segments": ["where"]}}
    levels = read(frame, book).cells("ces", by="where").levels["where"]
    assert levels == (9, 10, "app", "eau", "Élan", "Ile", "Île", "Web", "Zoo")


def test_customers_whom_a_driver_does_not_concern_can_be_set_apart(tmp_path, monkeypatch):
    frame = pd.DataFrame(
        {
            "channel": "x",
            "region": "y",
            "wait": [1.0, 6, 6, 0, 5, None],
            "how": ["web", "none", "phone", "web", "", "none"],
        }
    )
    book = {
        "drivers": {
            "wait": {"column": "wait", "scale": [1, 5], "missing": [0], "not_applicable": [6]},
            "how": {
                "column": "how",
                "kind": "category",
                "levels": ["web", "phone"],
                "not_applicable": ["none"],
            },
        }
    }
    monkeypatch.setattr(readers, "LARGE", 0)
    for name, source in sources(frame, tmp_path).items():
        survey = read(source, book)
        plain = survey.cells(["wait", "how"])
        assert plain.n[np.isnan(plain.column("wait"))].sum() == 4, name
        apart = survey.cells(["wait", "how"], not_applicable=np.inf)
        assert apart.n[np.isinf(apart.column("wait"))].sum() == 2, name
        assert apart.n[np.isnan(apart.column("wait"))].sum() == 2, name
        assert apart.n[np.isinf(apart.column("how"))].sum() == 2, name
        assert apart.levels["how"] == ("phone", "web"), name
