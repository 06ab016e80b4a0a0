"""The registry of claims: what it holds, and what it refuses, by line."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from cxresearch import claims
from cxresearch._claims_checks import CHECKS, SURVEY_CHECKS
from cxresearch._claims_findings import Answer
from cxresearch._claims_published import tables
from cxresearch._claims_reading import read_registry
from cxresearch._datafiles import bundled
from cxresearch.errors import ClaimError, DataUnavailableError

TEXT = bundled("claims.toml").read_text(encoding="utf-8")
FROM_DOCUMENTS = {"D0": 10, "D1": 19, "D2": 23, "D3": 12, "D4": 15}  # claims of each of the five documents


@pytest.fixture(scope="module")
def registry():
    return claims.load()


def refused(tmp_path, text):
    path = tmp_path / "claims.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ClaimError) as caught:
        claims.load(path)
    return str(caught.value)


def with_line(old, new):
    """The registry with one piece replaced, and the line on which it stands."""
    assert TEXT.count(old) >= 1
    before = TEXT[: TEXT.index(old)]
    return TEXT.replace(old, new, 1), before.count("\n") + 1


def test_every_claim_of_the_documents_is_there(registry):
    found = Counter(claim.document for claim in registry if claim.document)
    assert found == FROM_DOCUMENTS
    assert sum(found.values()) == 79
    assert len(registry) == 178
    assert set(registry.documents) == set(FROM_DOCUMENTS)


def test_no_file_name_and_no_sentence_in_another_language():
    for name in ("claims.toml", "documents.csv", "published/index.toml"):
        text = bundled(name).read_text(encoding="utf-8")
        assert not re.search(r"\bseed\b|\d{3}_[0-9a-f]{16}|\.txt", text), name


def test_links_are_symmetric(registry):
    for claim in registry:
        assert all(claim.id in registry[other].supports for other in claim.supports)
        assert all(claim.id in registry[other].conflicts for other in claim.conflicts)


def test_every_claim_says_what_could_decide_it_and_every_check_is_used(registry):
    assert all(claim.evidence for claim in registry)
    used = {one.check for claim in registry for one in claim.evidence if one.check}
    assert used == {*CHECKS, *SURVEY_CHECKS}


def test_a_figure_keeps_the_digits_printed(registry):
    assert registry["L-026"].figure("banking").shown() == "0.40"
    assert registry["S4-11"].figure("effort over satisfaction").half_unit == pytest.approx(0.005)
    assert registry["S2-17"].figure("per").shown() == "1,000 subscribers"


def test_figures_from_memory_are_carried_and_not_shown(registry):
    memory = [claim for claim in registry if claim.seen == "memory"]
    assert len(memory) == 9
    unseen = [figure for claim in registry for figure in claim.figures if not figure.is_fact]
    assert len(unseen) > 15
    assert {figure.shown() for figure in unseen} == {"not seen"}
    assert registry["L-022"].value("effort over satisfaction") == 1.8  # carried, to be looked for


def test_unknown_claims_and_figures_are_named(registry):
    with pytest.raises(KeyError, match="there is no claim 'S9-01'"):
        registry["S9-01"]
    with pytest.raises(KeyError, match="it has high effort, low effort"):
        registry["S4-04"].figure("middle")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('value = 96, unit = "%"', 'value = 140, unit = "%"', "a share lies between 0 and 100; got 140"),
        ('value = 96, unit = "%"', 'value = 96, unit = "points"', "a share is in %; got 'points'"),
        ('value = 96, unit = "%"', 'value = "96", unit = "%"', "`value` must be a number; got '96'"),
        ('kind = "correlation", value = 0.35', 'kind = "correlation", value = 3.5', "lies between -1 and 1; got 3.5"),
        ('unit = "r", n = 149', 'unit = "r", n = 0', "`n` must be a whole number above 0; got 0"),
        ('bound = "about"', 'bound = "roughly"', "must be one of about, at least"),
        ('{ kind = "arithmetic"', '{ kind = "hearsay"', "must be one of definition, arithmetic"),
        ('check = "net_bands"', 'check = "net_band"', "there is no check 'net_band'"),
        ('needs = ["csibank"]', 'needs = ["csbank"]', "there is no data set 'csbank'"),
        ('conflicts = ["L-009"]', 'conflicts = ["L-010"]', "L-010 does not name S0-03 in its `conflicts`"),
        ('conflicts = ["L-009"]', 'conflicts = ["L-999"]', "there is no claim 'L-999'"),
        ('conflicts = ["L-009"]', 'conflicts = ["S0-03"]', "a claim cannot name itself"),
        ('document = "D0"', 'document = "D7"', "must be one of D0, D1, D2, D3, D4; got 'D7'"),
        ('seen = "second-hand"', 'seen = "hearsay"', "must be one of yes, second-hand"),
        ('metrics = ["CES", "CSAT", "NPS"]', 'metrics = ["CES", "CSATT"]', "got 'CSATT'"),
        ('year = 2012', 'year = 20122', "must be a year"),
        ('address = "https://www.yloan', 'address = "www.yloan', "must begin with http:// or https://"),
        ('outcome = "churn vs advocacy"', 'outcom = "churn"', "no such field; there are id, statement"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_with_its_line(tmp_path, old, new, said):
    text, line = with_line(old, new)
    message = refused(tmp_path, text)
    assert re.search(rf"^  line {line}, [SLR]\d?-\d+, `\w+`: .*{re.escape(said)}", message, re.M), message


def test_a_missing_source_is_refused_with_the_line_of_the_claim(tmp_path):
    text, line = with_line('source = "Gartner CES page"\n', "")
    start = TEXT.splitlines().index('id = "L-022"')  # the line before, counted from 1
    message = refused(tmp_path, text)
    assert f"line {start}, L-022, `source`: a claim needs a source or a document" in message
    assert line > start


def test_an_id_given_twice_is_refused(tmp_path):
    text, line = with_line('id = "L-002"', 'id = "L-001"')
    assert f"line {line}, L-001, `id`: this id was given to an earlier claim" in refused(tmp_path, text)


def test_figures_nobody_saw_may_not_stand_in_the_words(tmp_path):
    text, line = with_line(
        "More customers speak ill of service than", "65% of customers speak ill of service, more than"
    )
    message = refused(tmp_path, text)
    assert f"line {line}, L-015, `statement`: 65 was not seen in print" in message


def test_all_problems_are_named_at_once(tmp_path):
    text, _ = with_line('value = 96, unit = "%"', 'value = 140, unit = "%"')
    text = text.replace('document = "D0"', 'document = "D7"', 1)
    assert "claims.toml has 2 problems" in refused(tmp_path, text)


def test_what_is_not_toml_is_refused_with_its_line(tmp_path):
    assert re.search(
        r"claims.toml is not TOML: .*line 5", refused(tmp_path, TEXT.replace("[[claim]]", "[[claim", 1))
    )


def test_the_published_tables_are_what_they_say():
    assert len(tables()) == 16
    for table in tables():
        assert table.address.startswith("http")
        if table.variables:
            np.testing.assert_array_equal(np.diag(table.matrix), 1)
            assert np.linalg.eigvalsh(table.matrix).min() > -1e-6, table.file
    assert sum(bool(table.variables) for table in tables()) == 13


# A registry of one's own
GOOD = {
    "id": '"M-1"', "statement": '"Most stay"', "metrics": '["CES"]', "outcome": '"retention"', "effect": '"share"',
    "seen": '"yes"', "source": '"us"', "evidence": '[ { kind = "arithmetic" } ]',
}  # fmt: skip


COUNT, SUMS = '"count"', '"arithmetic"'


def block(**fields):
    """One claim as text; its fields stand on lines 2, 3, ... in the order of GOOD, new ones after them."""
    return "[[claim]]\n" + "\n".join(f"{name} = {value}" for name, value in (GOOD | fields).items()) + "\n"


def figure(**fields):
    """One figure as text; fields as TOML."""
    given = {"name": '"stay"', "kind": '"share"', "value": "40", "unit": '"%"'} | fields
    return "{ " + ", ".join(f"{name} = {value}" for name, value in given.items()) + " }"


def evidence(**fields):
    return "[ { " + ", ".join(f"{name} = {value}" for name, value in fields.items()) + " } ]"


def loaded(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return claims.load(path)


def read(content):
    return read_registry(content, documents=(), checks=CHECKS, data=(), tables=(), name="mine.toml")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("seen", '["yes"]', "line 7, M-1, `seen`: must be one of yes, .*; got ['yes']"),
        ("document", '["D0"]', "line 10, M-1, `document`: must be one of D0, .*; got ['D0']"),
        ("figures", "5", "line 10, M-1, `figures`: must be a list of tables; got 5"),
        ("figures", f"[ {figure(seen='[1]')} ]", "line 10, M-1, `figures`: must be one of yes, .*; got [1]"),
        ("figures", f"[ {figure(kind='[1]')} ]", "line 10, M-1, `figures`: must be one of share, .*; got [1]"),
        ("figures", f"[ {figure(name='3')} ]", "line 10, M-1, `figures`: `name` must be text; got 3"),
        ("figures", f"[ {figure(unit='3', kind=COUNT)} ]", "line 10, M-1, `figures`: `unit` must be text; got 3"),
        ("figures", f"[ {figure(value='inf')} ]", "line 10, M-1, `figures`: `value` must be a number; got Infinity"),
        ("figures", f"[ {figure(value='9' * 400)} ]", "line 10, M-1, `figures`: `value` must be a number; got 999"),
        ("evidence", evidence(kind="['arithmetic']"), "line 9, M-1, `evidence`: must be one of definition"),
        ("evidence", evidence(kind=SUMS, needs="5"), "line 9, M-1, `evidence`: `needs` must be a list of texts; got 5"),
        ("evidence", evidence(kind=SUMS, needs="'csibank'"), "`needs` must be a list of texts; got 'csibank'"),
        ("evidence", evidence(kind=SUMS, tables="'a.csv'"), "`tables` must be a list of texts; got 'a.csv'"),
        ("evidence", evidence(kind=SUMS, missing="5"), "line 9, M-1, `evidence`: `missing` must be text; got 5"),
        ("evidence", evidence(kind=SUMS, check="['two_shares']"), "there is no check ['two_shares']"),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_type_is_one_problem_with_its_line(tmp_path, field, value, said):
    message = refused(tmp_path, block(**{field: value}))
    assert "has 1 problem:" in message
    assert re.search(re.escape(said).replace(r"\.\*", ".*"), message), message


def test_links_that_are_no_list_are_told_of_both_claims(tmp_path):
    message = refused(tmp_path, block(supports='["M-2"]') + block(id='"M-2"', supports="5"))
    assert "line 10, M-1, `supports`: M-2 does not name M-1 in its `supports`" in message
    assert "line 20, M-2, `supports`: must be a list of texts; got 5" in message


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ('claim = "x"', "'x'"),
        ("claim = [1, 2]", "[1, 2]"),
        ("[claim]\nid = 'M-1'", "[claim], which is one table"),
        ("[claim.first]\nid = 'M-1'", "[claim], which is one table"),
    ],
)
def test_claims_that_are_no_blocks_are_refused_with_every_other_entry(tmp_path, text, got):
    message = refused(tmp_path, f"# mine\nauthor = 'me'\n{text}\n")
    assert "line 2, -, `author`: not a block of claims" in message
    assert (
        f"line 3, -, `claim`: claims are blocks, each under [[claim]] in double brackets; got {got}"
        in message
    )


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    assert loaded(tmp_path, "\ufeff" + block())["M-1"].line == 1
    assert read(("\ufeff" + block()).replace("\n", "\r\n").encode())[0].statement == "Most stay"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("latin-1", "mine.toml is not UTF-8, perhaps Windows-1252: byte 0xe9 on line 3; save it as UTF-8"),
        ("utf-16", "mine.toml is UTF-16; save it as UTF-8"),
    ],
)
def test_another_encoding_is_refused_with_the_way_out(encoding, said):
    with pytest.raises(ClaimError, match=f"^{re.escape(said)}$"):
        read(block(statement='"Pay at the café"').encode(encoding))


def test_a_number_too_long_to_read_is_refused(tmp_path):
    assert "is not TOML: Exceeds the limit" in refused(tmp_path, f"x = {'9' * 5000}")


@pytest.mark.parametrize(
    ("value", "word"), [("1.80", "1.8"), ("1.8", "1.80"), ("0.5", ".5"), ("12000", "12,000"), ("-12", "12")]
)
def test_figures_from_memory_are_compared_with_the_words_as_numbers(tmp_path, value, word):
    kind, unit = ("change", "%") if value.startswith("-") else ("ratio", "x")
    figures = f"[ {figure(kind=repr(kind), value=value, unit=repr(unit))} ]"
    message = refused(tmp_path, block(seen='"memory"', figures=figures, statement=f'"It is {word} as good"'))
    assert "has 1 problem:" in message
    assert f"line 3, M-1, `statement`: {word.replace(',', '')} was not seen in print" in message
    assert (
        len(loaded(tmp_path, block(seen='"memory"', figures=figures, statement='"It is 1.81 as good"'))) == 1
    )


# Checks and what they may decide
def test_a_check_of_an_own_survey_is_of_no_other_kind(tmp_path):
    kinds = [kind for kind in claims.EVIDENCE if kind != "own survey"]
    pairs = [(kind, check) for kind in kinds for check in SURVEY_CHECKS]
    rows = [evidence(kind=repr(kind), check=repr(check)) for kind, check in pairs]
    contest = '{ better = "CES", than = ["NPS"] }'
    message = refused(
        tmp_path, "".join(block(id=f'"M-{i}"', evidence=row, contest=contest) for i, row in enumerate(rows))
    )
    assert f"has {len(pairs)} problems" in message
    for i, (kind, check) in enumerate(pairs):
        said = f"'{check}' reads an own survey, so its kind is 'own survey'; got '{kind}'"
        assert f"line {10 * i + 9}, M-{i}, `evidence`: {said}" in message


def test_a_check_of_the_print_is_not_of_an_own_survey(tmp_path):
    rows = [evidence(kind="'own survey'", check=repr(check)) for check in CHECKS]
    message = refused(tmp_path, "".join(block(id=f'"M-{i}"', evidence=row) for i, row in enumerate(rows)))
    assert f"has {len(CHECKS)} problems" in message
    for i, check in enumerate(CHECKS):
        said = f"'{check}' does not read an own survey; what does is {', '.join(SURVEY_CHECKS)}"
        assert f"line {9 * i + 9}, M-{i}, `evidence`: {said}" in message


def test_an_own_survey_needs_a_check(tmp_path):
    message = refused(tmp_path, block(evidence='[ { kind = "own survey" } ]'))
    assert "line 9, M-1, `evidence`: an own survey needs a `check`, one of leads_in_survey" in message


def test_who_leads_in_an_own_survey_needs_a_contest(tmp_path):
    given = evidence(kind="'own survey'", check="'leads_in_survey'")
    message = refused(tmp_path, block(evidence=given))
    assert "line 1, M-1, `contest`: missing; 'leads_in_survey' asks which metric" in message
    assert len(loaded(tmp_path, block(evidence=given, contest='{ better = "CES", than = ["NPS"] }'))) == 1


@pytest.mark.parametrize(
    ("contest", "said"),
    [
        ('{ better = "FOO", than = ["NPS"] }', "must be one of CES, .*, USEFULNESS; got 'FOO'"),
        ('{ better = "CES", than = ["BAR"] }', "must be one of CES, .*, USEFULNESS; got 'BAR'"),
        ('{ better = 5, than = ["NPS"] }', "must be one of CES, .*; got 5"),
        ('{ better = ["CES"], than = ["NPS"] }', r"must be one of CES, .*; got \['CES'\]"),
        ('{ better = "CES", than = "NPS" }', "must be { better = ..., than = "),
        ('{ better = "CES", than = [] }', "must be { better = ..., than = "),
        ('{ better = "CES", than = ["CSAT", "CES"] }', "CES cannot be better than itself"),
    ],
)
def test_a_contest_is_between_known_metrics(tmp_path, contest, said):
    message = refused(tmp_path, block(contest=contest))
    assert "has 1 problem:" in message
    assert re.search(rf"line 10, M-1, `contest`: {said}", message), message


def cannot_run(registry, check, said):
    """Both ways to ask for the finding name the claim and the check."""
    for asked in (lambda: claims.scorecard(registry), lambda: claims.show("M-1", registry)):
        with pytest.raises(ClaimError) as caught:
            asked()
        assert re.match(
            rf"M-1, check '{check}' of kind 'arithmetic': it cannot run .*, {said}", str(caught.value)
        )


@pytest.mark.parametrize(
    "check", ["two_shares", "response_rate", "years_agree", "accuracy_units", "promoter_cut"]
)
def test_a_check_that_lacks_figures_or_claims_is_named_with_its_claim(tmp_path, check):
    figures = "[" + figure(name="'effort over satisfaction'", kind="'ratio'", value="1.4", unit="'x'") + "]"
    registry = loaded(tmp_path, block(evidence=evidence(kind=SUMS, check=repr(check)), figures=figures))
    said = (
        "not found: there is no claim 'L-008'; ids run from M-1 to M-1. " if check == "accuracy_units" else ""
    )
    cannot_run(registry, check, said)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("scale low"), "not found: scale low. Give"),
        (ValueError("too few values."), "too few values. Give"),
        (IndexError("out of range"), "out of range. Give"),
        (ZeroDivisionError("division by zero"), "division by zero. Give"),
        (StopIteration(), "nothing to read. Give"),
    ],
)
def test_whatever_a_check_stumbles_over_is_told(tmp_path, monkeypatch, error, said):
    def stumble(*_):
        raise error

    monkeypatch.setitem(CHECKS, "two_shares", stumble)
    registry = loaded(tmp_path, block(evidence=evidence(kind=SUMS, check="'two_shares'")))
    cannot_run(registry, "two_shares", said)


def test_a_finding_that_its_kind_forbids_is_named_with_its_check(tmp_path, monkeypatch):
    monkeypatch.setitem(CHECKS, "two_shares", lambda *_: Answer("reproduced", "rounding", "It holds."))
    registry = loaded(tmp_path, block(evidence=evidence(kind="'simulation'", check="'two_shares'")))
    with pytest.raises(
        ClaimError, match=r"^M-1, check 'two_shares' of kind 'simulation': .* can never support"
    ):
        claims.scorecard(registry)


def test_data_that_are_not_here_stay_an_error_of_the_data(tmp_path, monkeypatch):
    def absent(*_):
        raise DataUnavailableError("`csibank` is not here")

    monkeypatch.setitem(CHECKS, "two_shares", absent)
    registry = loaded(tmp_path, block(evidence=evidence(kind=SUMS, check="'two_shares'")))
    with pytest.raises(DataUnavailableError, match=r"^`csibank` is not here$"):
        claims.show("M-1", registry)
