"""The codebook: what it accepts, and that every mistake is named with its entry and the choices."""

from __future__ import annotations

import pytest

from cxresearch.errors import CodebookError
from cxresearch.survey import Box, Codebook, Mean, Net, Scale, Share

CONTACT = """
title = "Contact survey 2026"
[metrics.ces]
column = "made_it_easy"
instrument = "ces2"
missing = [99]
[metrics.nps]
column = "recommend"
instrument = "nps"
promoters = 8
[metrics.value]
columns = ["v1", "v2"]
instrument = "ves"
min_items = 1
reverse = ["v2"]
[outcomes.repurchase]
column = "would_buy_again"
scale = [1, 7]
[outcomes.renewed]
column = "renewed"
kind = "binary"
[drivers.transfers]
column = "n_transfers"
kind = "count"
[controls.complexity]
column = "complexity"
scale = [1, 5]
[design]
weight = "w"
cluster = "household"
population = 50000
segments = ["channel"]
"""


def one(**entry):
    return Codebook.read({"metrics": {"x": {"column": "x", **entry}}}).question("x")


def mistake(content):
    with pytest.raises(CodebookError) as caught:
        Codebook.read(content)
    return str(caught.value)


def test_a_file_and_its_dictionary_are_the_same_codebook(tmp_path):
    import tomllib

    path = tmp_path / "codebook.toml"
    path.write_bytes(b"\xef\xbb\xbf" + CONTACT.replace("\n", "\r\n").encode())
    book = Codebook.read(path)
    other = Codebook.read(tomllib.loads(CONTACT))
    assert book.questions == other.questions
    assert (book.title, book.weight, book.cluster, book.population) == (
        "Contact survey 2026",
        "w",
        "household",
        50000,
    )
    assert [q.name for q in book.questions] == [
        "ces", "nps", "value", "repurchase", "renewed", "transfers", "complexity",
    ]  # fmt: skip
    assert Codebook.read(book) is book


def test_instruments_set_scale_and_scorers_and_may_be_overridden():
    assert one(instrument="ces2").official == Share(at_least=5)
    assert one(instrument="nps", promoters=8).official == Net(8, 6)
    assert one(instrument="nps", promoters=8, detractors=5).official == Net(8, 5)
    assert one(instrument="nps", scale=[1, 10]).scale == Scale(1, 10)
    assert one(instrument="ces1").scale.good == "low"
    assert one(instrument="ces1", good="high").scale.good == "high"
    assert one(instrument="nps", scale=[0, 5], promoters=5, detractors=3).official == Net(5, 3)
    assert one(instrument="csat5", scorer="mean").scorers[:2] == (Mean(), Box(2))
    assert one(instrument="csat5", scorers=[{"box": 1}, "mean"]).scorers == (Box(1), Mean())
    assert one(scale=[1, 7], scorer={"share_at_least": 6}).official == Share(at_least=6)
    assert one(scale=[0, 10], scorer={"net": [9, 6]}).official == Net(9, 6)
    assert one(scale=[0, 100], step="any").scale.step is None


def test_index_and_kinds():
    book = Codebook.read(
        {
            "metrics": {"ease": {"columns": ["a", "b", "c"], "scale": [1, 5]}},
            "outcomes": {"churn": {"column": "left", "kind": "binary", "good": "low"}},
            "drivers": {"waits": {"column": "waits", "kind": "count"}},
            "controls": {"region": {"column": "region", "kind": "category"}},
        }
    )
    assert book.question("ease").min_items == 3
    assert book.question("churn").scale == Scale(0, 1, good="low")
    assert book.question("waits").scale.high == float("inf")
    assert book.columns == ("a", "b", "c", "left", "waits", "region")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"colum": "x"}, ["[metrics.x]", "'colum'", "did you mean 'column'?"]),
        ({"column": "x", "instrument": "npz"}, ["'npz'", "did you mean 'nps'?", "Known:", "csat5"]),
        ({"column": "x", "scale": [7, 1]}, ["low < high"]),
        ({"column": "x", "scale": [1, 7], "missing": [4]}, ["missing code 4"]),
        ({"column": "x", "scale": [1]}, ["scale must be [low, high]"]),
        ({"column": "x", "scale": ["1", "7"]}, ["scale must be [low, high]"]),
        ({"column": "x"}, ["needs scale", "instrument"]),
        ({"scale": [1, 7]}, ['column = "..." is missing']),
        ({"column": "x", "columns": ["y"], "scale": [1, 7]}, ["not both"]),
        ({"columns": [], "scale": [1, 7]}, ["columns is empty"]),
        ({"columns": ["x", "x"], "scale": [1, 7]}, ["twice"]),
        ({"columns": ["x", "y"], "scale": [1, 7], "reverse": ["z"]}, ["'z'", "x, y"]),
        ({"columns": ["x", "y"], "scale": [1, 7], "min_items": 3}, ["between 1 and 2"]),
        ({"column": "x", "scale": [1, 5], "scorer": "median"}, ["unknown scorer", "share_at_least"]),
        ({"column": "x", "scale": [1, 5], "scorer": {"box": 5}}, ["more than 5 points"]),
        ({"column": "x", "scale": [1, 5], "scorer": {"share_at_least": 6}}, ["6 is not on the scale"]),
        ({"column": "x", "instrument": "nps", "promoters": 5}, ["run against"]),
        ({"column": "x", "instrument": "nps", "promoters": "nine"}, ["must be numbers"]),
        ({"column": "x", "scale": [1, 5], "good": "up"}, ["unknown good", "high, low"]),
        ({"column": "x", "kind": "counts"}, ["did you mean 'count'?"]),
        ({"column": "x", "scale": [1, 5], "labels": {"Agree": "4"}}, ["each word a number"]),
        (
            {"column": "x", "instrument": "ces2", "scale": [0, 10]},
            ["defined on 1-7, not on 0-10", "scorer ="],
        ),
        ({"column": 3, "scale": [1, 5]}, ["one column name"]),
        ("made_it_easy", ["must be a table"]),
    ],
)
def test_a_mistake_names_the_entry_and_the_choices(entry, words):
    message = mistake({"metrics": {"x": entry}})
    for word in ["[metrics.x]", *words]:
        assert word in message


def test_all_mistakes_are_listed_at_once():
    message = mistake(
        {
            "titel": "x",
            "metrics": {"a": {"column": "a", "scale": [5, 1]}, "b": {"columns": ["b"], "instrument": "cess"}},
            "outcomes": {"a": {"column": "a", "scale": [1, 5]}},
            "design": {"wieght": "w", "population": -3},
        }
    )
    assert message.startswith("codebook: 6 mistakes")
    for word in [
        "did you mean 'title'?",
        "low < high",
        "'cess'",
        "'a' is also the name of",
        "'weight'",
        "population",
    ]:
        assert word in message


def test_unknown_question_lists_those_that_exist():
    book = Codebook.read({"metrics": {"ces": {"column": "x", "instrument": "ces2"}}})
    with pytest.raises(CodebookError, match=r"'cse': did you mean 'ces'\? Its questions: ces"):
        book.question("cse")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[metrics.a\ncolumn = 1", "line 1"),
        (b'title = "caf\xe9"', "byte 0xe9 on line 1 is not UTF-8"),
        (b'[metrics.a]\ncolumn = "x"\n[metrics.a]\n', "not valid TOML"),
        (b"", "no question"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, content, message):
    path = tmp_path / "codebook.toml"
    path.write_bytes(content)
    with pytest.raises(CodebookError, match=message) as caught:
        Codebook.read(path)
    assert str(path) in str(caught.value)


def test_no_such_file_and_no_codebook_at_all(tmp_path):
    with pytest.raises(CodebookError, match="no such file"):
        Codebook.read(tmp_path / "none.toml")
    with pytest.raises(CodebookError, match="TOML file or a dictionary"):
        Codebook.read([1])


def test_labels_may_recode_numbers():
    """1 = yes, 2 = no, 0 = blank: the raw 0 is a missing code although 0 is an answer after recoding."""
    scale = one(kind="binary", labels={"1": 1, "2": 0}, missing=[0, 3]).scale
    assert (dict(scale.labels), scale.missing) == ({"1": 1.0, "2": 0.0}, (0.0, 3.0))


@pytest.mark.parametrize("text", ['[metrics.ces]\ncolumn = "easy"\n' * 20, "a\0b"])
def test_the_text_of_a_codebook_is_not_its_path(text):
    with pytest.raises(CodebookError, match=r"is text, not the path of a TOML file: .*tomllib\.loads"):
        Codebook.read(text)


@pytest.mark.parametrize(
    ("group", "entry", "words"),
    [
        (
            "drivers",
            {"column": "x", "kind": "count", "levels": ["a", "b"]},
            ['levels are for kind = "category"'],
        ),
        (
            "drivers",
            {"column": "x", "kind": "category", "levels": "ab"},
            ["levels must be a list of answers"],
        ),
        ("drivers", {"column": "x", "kind": "category", "levels": ["a", "a"]}, ["two different answers"]),
        ("drivers", {"column": "x", "kind": "category", "levels": ["a"]}, ["two different answers"]),
        ("metrics", {"column": "x", "scale": [1, 5], "not_applicable": [6]}, ["for drivers and controls"]),
        (
            "drivers",
            {"column": "x", "scale": [1, 5], "not_applicable": [5]},
            ["missing code 5 is also an answer"],
        ),
        ("drivers", {"columns": ["x", "y"], "scale": [1, 5], "not_applicable": [6]}, ["a single column"]),
        (
            "drivers",
            {"column": "x", "scale": [1, 5], "missing": [0, 6], "not_applicable": [6]},
            ["6", "both missing and not_applicable"],
        ),
    ],
)
def test_levels_and_not_applicable_are_checked(group, entry, words):
    message = mistake({group: {"x": entry}})
    for word in [f"[{group}.x]", *words]:
        assert word in message


def test_levels_keep_their_order_and_not_applicable_is_no_answer():
    book = Codebook.read({
        "drivers": {
            "channel": {"column": "c", "kind": "category", "levels": ["web", "phone"], "not_applicable": "none"},
            "wait": {"column": "w", "scale": [1, 5], "missing": [0], "not_applicable": [6]},
        }
    })  # fmt: skip
    assert book.question("channel").levels == ("web", "phone")
    assert book.question("wait").not_applicable == (6.0,)
    assert book.question("wait").scale.missing == (0.0, 6.0)
    assert book.question("channel").scale.missing == ("none",)
