"""The scorecard page in a real browser: its filters hide and count, and a narrow screen shows it whole."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from cxresearch import _scorecard, claims


@pytest.fixture(scope="module")
def registry():
    return claims.load()


@pytest.fixture(scope="module")
def page(registry):
    return _scorecard.page(claims.scorecard(registry), registry, {})


def opened(browser, path, fragment="", width=1280):
    """The page as the browser has it after its script ran."""
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.goto(path.as_uri() + fragment)
    content = tab.content()
    tab.close()
    return BeautifulSoup(content, "html.parser")


def test_filters_hide_and_count(page, tmp_path, registry, browser):
    mark = "if (one.getClientRects().length) one.dataset.visible = 'yes';"
    script = f"<script>for (const one of document.querySelectorAll('li.claim, li.row')) {{ {mark} }}</script>"
    path = tmp_path / "scorecard.html"
    path.write_text(page.replace("</body>", f"{script}</body>"), encoding="utf-8")
    asked = {
        "": {one.id for one in registry if one.document},
        "#others=yes": {one.id for one in registry},
        "#metric=CES&others=yes": {one.id for one in registry if "CES" in one.metrics},
        "#document=D4&kind=simulation": {
            one.id
            for one in registry
            if one.document == "D4" and "simulation" in {each.kind for each in one.evidence}
        },
        "#text=S4-13": {"S4-13"},
        "#L-022": {one.id for one in registry},
    }
    for fragment, expected in asked.items():
        seen = opened(browser, path, fragment)
        shown = {one["id"] for one in seen.select("li.claim[data-visible]")}
        assert {one["data-claim"] for one in seen.select("li.row[data-visible]")} <= shown
        assert expected <= shown if fragment == "#text=S4-13" else shown == expected, fragment
        assert seen.find(id="status").get_text().startswith(f"{len(shown)} of ")
        counted = [one.select_one(".count").get_text() for one in seen.select("section.group:not([hidden])")]
        others = seen.find(id="others").has_attr("hidden")
        assert others == (fragment in ("", "#document=D4&kind=simulation", "#text=S4-13"))
        assert sum(int(text.split()[0]) for text in counted) == len(shown)


@pytest.mark.parametrize("short", ["", "#short=yes&others=yes"])
def test_a_narrow_screen_needs_no_sideways_scrolling(page, tmp_path, short, browser):
    measure = "<script>document.title = document.documentElement.scrollWidth + ' ' + innerWidth</script>"
    path = tmp_path / "scorecard.html"
    path.write_text(page.replace("</body>", f"{measure}</body>"), encoding="utf-8")
    wide, screen = map(int, opened(browser, path, short, 400).title.get_text().split())
    assert screen == 400
    assert wide <= screen
