"""The registry of claims: what it holds, and what it refuses, by line."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from cxresearch import claims
from cxresearch._claims_checks import CHECKS, SURVEY_CHECKS
from cxresearch._claims_published import tables
from cxresearch._datafiles import bundled
from cxresearch.errors import ClaimError

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
