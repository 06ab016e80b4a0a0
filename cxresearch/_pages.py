"""Pages of the studies: one HTML file each that loads nothing, and an index."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cxresearch._notebooks import Study, outputs
from cxresearch.results import marked

WORDS = 24  # characters from which a cell of a table is words and no number
STYLE = """
:root { color-scheme: light; }
body { font: 1.05rem/1.6 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0 auto;
       max-width: 56rem; padding: 1rem 1.25rem 4rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; margin: 2.2rem 0 .6rem; }
a { color: #0a4f9e; }
a.anchor-link { visibility: hidden; text-decoration: none; margin-left: .3rem; }
:is(h1, h2, h3):hover a.anchor-link, a.anchor-link:focus { visibility: visible; }
img { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #d6d6d6; text-align: right; vertical-align: top; }
th { font-weight: 600; }
th:first-child, td:first-child, tbody th, .words { text-align: left; }
.words { min-width: 10rem; }
.name { white-space: nowrap; }
pre { overflow-x: auto; background: #f6f7f8; padding: .6rem .8rem; font-size: .88rem; line-height: 1.45; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: #474747; font-size: .9rem; }
.verdict { border-left: .35rem solid #1b6b3a; background: #eef6f0; padding: .7rem 1rem; }
.missing, .failed { border-left: .35rem solid #a35200; background: #fdf3e7; padding: .4rem 1rem; }
.failed { border-color: #a11; background: #fbecec; }
ul.verdict { padding-left: 2.1rem; }
nav { font-size: .92rem; }
@media (max-width: 40rem) { h1 { font-size: 1.55rem; } h2 { font-size: 1.25rem; } }
"""
SCORECARD = (
    '<section><h2><a href="scorecard.html">The scorecard of the claims</a></h2><p>What vendors, magazines and papers '
    "say of effort, satisfaction and recommendation: every claim with its verdict, what was printed beside what was "
    "found, and filters.</p></section>"
)
COURSE = (
    '<p>To learn the method, take <a href="course/index.html">the course</a>, on simulated customers.</p>'
)


def page(study: Study, tables: Iterable[str] = ()) -> str:
    """Return a study as one self-contained HTML page."""
    links = "".join(f'<li><a href="../tables/{name}">{html.escape(name)}</a></li>' for name in tables)
    foot = f"<h2>Tables of this study</h2><ul>{links}</ul>" if links else ""
    nav = '<nav aria-label="Studies"><a href="../index.html">All studies</a></nav>'
    return document(study.title, f"{nav}<main>{_body(study.notebook)}{foot}</main>", _code_style())


def index(studies: Iterable[Study], tables: dict[str, list[str]], course: bool = False) -> str:
    """Return the page that lists the studies with their verdicts and tables; with a way to the course if built."""
    entries = "".join(_entry(study, tables.get(study.stem, [])) for study in studies)
    heading = "<h1>Which metric predicts loyalty, and what causes effort? The studies</h1>"
    return document(
        "cxresearch: the studies", f"<main>{heading}{SCORECARD}{COURSE if course else ''}{entries}</main>"
    )


def write(folder: Path, studies: list[Study]) -> Path:
    """Write every page, the pictures and the index below `folder`; return the index."""
    tables = {study.stem: _tables_of(study.stem, folder) for study in studies}
    pages = folder / "pages"
    pages.mkdir(parents=True, exist_ok=True)
    for study in studies:
        pages.joinpath(f"{study.stem}.html").write_text(page(study, tables[study.stem]), encoding="utf-8")
        write_pictures(study, folder / "figures")
    target = folder / "index.html"
    course = folder.joinpath("course", "index.html").is_file()
    target.write_text(index(studies, tables, course), encoding="utf-8")
    return target


def write_pictures(study: Study, folder: Path) -> None:
    """Write the pictures of a study into `folder`, numbered in order of appearance."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = [output.get("data", {}).get("image/png") for _, output in outputs(study.notebook)]
    for number, picture in enumerate(filter(None, shown), 1):
        folder.joinpath(f"{study.stem}_{number}.png").write_bytes(base64.b64decode(picture))


def _tables_of(stem: str, folder: Path) -> list[str]:
    return sorted(path.name for path in folder.joinpath("tables").glob(f"{stem}_*.csv"))


def _entry(study: Study, tables: list[str]) -> str:
    verdicts = "".join(f"<li>{marked(sentence)}</li>" for sentence in study.verdicts)
    files = ", ".join(f'<a href="tables/{name}">{html.escape(name)}</a>' for name in tables)
    absent = ", ".join(study.missing)
    parts = [
        f'<h2><a href="pages/{study.stem}.html">{html.escape(study.title)}</a></h2>',
        f'<ul class="verdict">{verdicts}</ul>' if verdicts else "",
        f'<p class="missing">Data not on this machine: {html.escape(absent)}.</p>' if absent else "",
        f'<p class="failed">Stopped: {html.escape(study.error)}</p>' if study.error else "",
        f"<details><summary>Tables ({len(tables)})</summary>{files}</details>" if files else "",
    ]
    return f"<section>{''.join(parts)}</section>"


def document(title: str, body: str, style: str = "") -> str:
    """Return a whole HTML document that loads nothing."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _code_style() -> str:
    from pygments.formatters import HtmlFormatter

    return str(HtmlFormatter(style="default").get_style_defs(".highlight"))


def _body(notebook: Any) -> str:
    """Return the cells as HTML: code folded away, tables that scroll and name their rows, no scripts."""
    from bs4 import BeautifulSoup
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    soup = BeautifulSoup(exporter.from_notebook_node(notebook)[0], "html.parser")
    for element in soup.select("script, style, link"):
        element.decompose()
    for table in soup.select("table"):
        for attribute in ("border", "class"):
            table.attrs.pop(attribute, None)
        for cell in table.select("th"):
            cell["scope"] = "col" if cell.find_parent("thead") else "row"
        _align(table)
        table.wrap(soup.new_tag("div", attrs={"class": "scroll", "tabindex": "0", "role": "group"}))
    for link in soup.select(
        'a[href^="../build/"]'
    ):  # right from the notebook's folder; a page lies inside build
        link["href"] = str(link["href"]).replace("../build/", "../", 1)
    for code in soup.select("div.input"):
        summary = soup.new_tag("summary")
        summary.string = "Code"
        fold = soup.new_tag("details")
        code.wrap(fold)
        fold.insert(0, summary)
    return str(soup)


def _align(table: Any) -> None:
    """Mark columns of words, which are read from the left, and short names of rows, which stay in one line."""
    rows = [row.find_all(["th", "td"], recursive=False) for row in table.select("tr")]
    body = [row for row in rows if row and row[-1].name == "td"]
    wordy = {
        place
        for row in body
        for place, cell in enumerate(row)
        if cell.name == "td" and len(cell.get_text(strip=True)) > WORDS
    }
    for row in rows:
        for place, cell in enumerate(row):
            if place in wordy and len(row) == len(body[0]):
                cell["class"] = "words"
            elif cell.name == "th" and len(cell.get_text(strip=True)) <= WORDS and row[-1].name == "td":
                cell["class"] = "name"
