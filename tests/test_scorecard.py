"""The scorecard page: every claim once, nothing unescaped or loaded, the same bytes twice, filters that work."""

from __future__ import annotations

import dataclasses
import html
import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from cxresearch import _scorecard, _scorecard_graph, claims
from cxresearch._claims_findings import RULES, VERDICTS
from cxresearch._scorecard_look import STYLE
from cxresearch.plots_claims import SIGNS

pytestmark = pytest.mark.xdist_group("scorecard")  # one page serves every test of this file
EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">" onclick="alert(3)'


@pytest.fixture(scope="module")
def registry():
    return claims.load()


@pytest.fixture(scope="module")
def card(registry):
    return claims.scorecard(registry)


@pytest.fixture(scope="module")
def page(card, registry):
    place = ("pages/07_reading_the_print.html#cell-id=0", "study 07, Two rates")
    return _scorecard.page(card, registry, {"S4-04": [place]})


@pytest.fixture(scope="module")
def soup(page):
    return BeautifulSoup(page, "html.parser")


@pytest.fixture(scope="module")
def drawn(card, registry):
    return [*claims.against_print(card.findings, registry).itertuples()]


# What it holds


def test_every_claim_has_one_card(soup, registry):
    assert Counter(one["id"] for one in soup.select("li.claim")) == Counter(one.id for one in registry)
    ids = [one["id"] for one in soup.select("[id]")]
    assert len(ids) == len(set(ids))


def test_a_card_says_verdict_reason_evidence_and_source(soup, card, registry):
    for row in card.table.itertuples():
        text = " ".join(soup.find(id=row.claim).get_text(" ").split())
        findings = card.findings[card.findings["claim"] == row.claim]
        assert f"{SIGNS[row.verdict]} {row.verdict}" in text
        for each in findings.itertuples():
            assert f"{each.kind}: {SIGNS[each.verdict]} {each.verdict}" in text
            assert f"Rule: {each.rule}" in text
        assert registry[row.claim].statement.replace("`", "") in text
        assert "Source: " in text


def test_every_rule_is_told_once_and_cards_link_to_it(soup):
    told = {one["id"]: one.get_text() for one in soup.select("#rules li")}
    assert len(told) == len(RULES)
    assert all(any(text in each for each in told.values()) for text in RULES.values())
    assert {one["href"][1:] for one in soup.select("li.claim details small a")} <= set(told)


def test_counts_are_those_of_the_scorecard(soup, card):
    own = card.counts.set_index("origin").loc["documents"]
    bar = {one["data-verdict"]: int(one.get_text().split()[1]) for one in soup.select(".bar li")}
    assert bar == {verdict: own[verdict] for verdict in VERDICTS if own[verdict]}
    for group in soup.select("section.group"):
        assert int(group.select_one(".count").get_text()) == len(group.select("li.claim"))


def test_documents_come_first(soup):
    origins = [one["data-origin"] for one in soup.select("li.claim")]
    assert [name for name, _ in itertools.groupby(origins)] == ["documents", "others"]


def test_the_study_that_works_a_claim_out_is_linked(soup):
    link = soup.select_one("#S4-04 .worked a")
    assert link["href"] == "pages/07_reading_the_print.html#cell-id=0"
    assert soup.select_one("#S4-05 .worked") is None


def test_what_nobody_has_seen_is_not_printed_as_fact(soup, registry):
    unseen = [claim for claim in registry if claim.seen in ("partly", "memory")]
    assert unseen
    for claim in unseen:
        box = soup.find(id=claim.id)
        assert ("Print not seen." if "reproduced" in box["class"] else "Not established.") in box.get_text()
        for figure in claim.figures:
            assert f"{figure.name} {figure.shown()}" in box.get_text()
    printed = soup.find(id="L-022").get_text()
    assert "effort over satisfaction not seen" in printed
    assert "1.8" not in printed


# Safety


def test_hostile_text_is_escaped(card, registry):
    told = dict.fromkeys(("statement", "source", "notes", "seen_note"), EVIL)
    hostile = {
        "S4-04": dataclasses.replace(registry["S4-04"], **told, seen="partly", address="javascript:alert(4)"),
        "L-001": dataclasses.replace(
            registry["L-001"], **told, address=f'https://x.example/"><script>{EVIL}'
        ),
    }
    about = {**registry.documents["D4"], "title": EVIL, "date": EVIL}
    mine = claims.Registry(
        tuple(hostile.get(one.id, one) for one in registry), {**registry.documents, "D4": about}
    )
    said = {name: getattr(card, name).assign(sentence=EVIL, printed=EVIL) for name in ("table", "findings")}
    text = _scorecard.page(dataclasses.replace(card, **said), mine, {"S4-04": [('x" onclick="y', EVIL)]})
    soup = BeautifulSoup(text, "html.parser")
    assert len(soup.select("script")) == 1
    assert "alert(" not in soup.select_one("script").get_text()
    assert not soup.select("img")
    assert not [name for one in soup.find_all() for name in one.attrs if name.startswith("on")]
    assert not [one["href"] for one in soup.select("a[href]") if one["href"].startswith("javascript")]
    assert html.escape(EVIL) in text


def test_it_loads_nothing(soup, page):
    assert not soup.select("link, iframe, img, object, embed, script[src], [style*=url]")
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|innerHTML|eval\(", page)
    outward = [one for one in soup.select("a[href]") if not one["href"].startswith(("#", "index", "pages/"))]
    assert all(one["href"].startswith(("http://", "https://")) for one in outward)
    assert all(one["rel"] == ["noreferrer"] for one in outward)


def test_two_runs_give_the_same_bytes(page, card, registry):
    code = (
        "from cxresearch import _scorecard, claims; r = claims.load(); "
        "print(_scorecard.page(claims.scorecard(r), r, "
        "{'S4-04': [('pages/07_reading_the_print.html#cell-id=0', 'study 07, Two rates')]}), end='')"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "utf-8"}
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    assert again.stdout.decode() == page


# Reading it


def test_it_can_be_read_aloud(soup):
    levels = [int(one.name[1]) for one in soup.select("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(one.get("aria-label") and one.select_one("title") for one in soup.select("svg[role=img]"))
    assert all(one["aria-hidden"] == "true" for one in soup.select("svg:not([role=img])"))
    assert all(one.find_parent("label") for one in soup.select("form select, form input"))


def test_colours_of_verdicts_can_be_read():
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    tones = re.findall(r"--tone: (#[0-9a-f]{6})", STYLE)
    assert len(tones) == len(VERDICTS)
    assert min(1.05 / (luminance(tone) + 0.05) for tone in tones) >= 4.5


def test_without_a_script_everything_is_shown(soup):
    assert [one["id"] for one in soup.select("[hidden]")] == ["find"]


# Pictures


def test_marks_stand_where_the_numbers_are():
    row = SimpleNamespace(
        claim="X", kind="arithmetic", beside="printed 40 %", same_unit=True, published=40.0, unit="%",
        estimate=50.0, conf_low=45.0, conf_high=55.0, low=25.0, high=75.0,
    )  # fmt: skip
    picture = BeautifulSoup(_scorecard_graph.picture(row), "html.parser")
    assert picture.svg["aria-label"] == "X, by arithmetic: printed 40 %; found 50 [45, 55] (25 to 75) %."
    assert float(picture.circle["cx"]) == 160
    assert (float(picture.rect["x"]), float(picture.rect["width"])) == (86, 148)
    assert picture.polygon["points"].startswith("130.4,")
    assert [text.get_text() for text in picture.select("text")] == ["0", "100"]


def test_nothing_is_drawn_outside_a_picture(soup):
    for picture in soup.select("svg[role=img]"):
        places = [
            float(value) for one in picture.find_all() for name, value in one.attrs.items() if name in XS
        ]
        assert min(places) >= 0
        assert max(places) <= _scorecard_graph.WIDTH


XS = ("x", "x1", "x2", "cx")


def test_a_printed_figure_is_drawn_only_in_its_own_unit(drawn, registry):
    for row in drawn:
        units = {one.unit for one in registry[row.claim].figures if one.value == row.published}
        assert row.unit in units or not row.same_unit
    kinds = {row.claim: row.same_unit for row in drawn}
    assert kinds["S1-11"]
    assert not kinds["S4-04"]


def test_the_forest_has_a_line_for_every_finding_on_a_common_scale(soup, drawn):
    assert [one["data-claim"] for one in soup.select("#forest li.row")] == [row.claim for row in drawn]


# Filters


def test_filters_read_what_the_registry_says(soup, registry, card):
    verdicts = dict(zip(card.table["claim"], card.table["verdict"], strict=True))
    for claim in registry:
        data = soup.find(id=claim.id).attrs
        assert data["data-metric"].split("|") == list(claim.metrics)
        assert set(data["data-kind"].split("|")) == {one.kind for one in claim.evidence}
        assert (data["data-document"], data["data-verdict"]) == (claim.document, verdicts[claim.id])
    for name in ("metric", "kind", "verdict", "document"):
        offered = {one["value"] for one in soup.select(f"select[name={name}] option")} - {""}
        held = {value for one in soup.select("li.claim") for value in one[f"data-{name}"].split("|")} - {""}
        assert offered == held


# Where the studies work a claim out


def test_a_claim_is_linked_to_the_cell_that_is_most_about_it():
    def cell(kind: str, name: str, source: str, *shown: str) -> SimpleNamespace:
        outputs = [{"data": {"text/plain": text}} for text in shown]
        return SimpleNamespace(
            cell_type=kind,
            id=name,
            source=source,
            get=lambda key, default: outputs if key == "outputs" else default,
        )

    cells = [
        cell("markdown", "a", "# Title\n## Data"),
        cell("code", "b", "read = ['A-1', 'B-2', 'A-10']"),
        cell("markdown", "c", "## Rates"),
        cell("code", "d", "rate['A-1']", "A-10 too"),
        cell("code", "e", " ".join(f"C-{number}" for number in range(20))),
    ]
    study = SimpleNamespace(stem="07_print", title="Title", notebook=SimpleNamespace(cells=cells))
    ids = ["A-1", "A-10", "B-2", "Z-9", *(f"C-{number}" for number in range(20))]
    assert _scorecard.places([study], ids) == {
        "A-1": [("pages/07_print.html#cell-id=d", "study 07, Rates")],
        "A-10": [("pages/07_print.html#cell-id=d", "study 07, Rates")],
        "B-2": [("pages/07_print.html#cell-id=b", "study 07, Data")],
    }
