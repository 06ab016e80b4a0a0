"""The scorecard as one page that loads nothing: every claim with its verdict, published against found, and why."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from cxresearch import datasets
from cxresearch._claims_axes import SCALES, against_print
from cxresearch._claims_findings import VERDICTS
from cxresearch._claims_results import Scorecard
from cxresearch._claims_schema import EVIDENCE, METRICS, Registry
from cxresearch._notebooks import Study
from cxresearch._pages import document
from cxresearch._scorecard_cards import Parts, badge, css, rules, section, sign
from cxresearch._scorecard_graph import BY, axis, key, picture, told, values
from cxresearch._scorecard_look import SCRIPT, STYLE
from cxresearch.plots_claims import SIGNS
from cxresearch.results import marked

TITLE = "What is said about CES, NPS, CSAT, VES and SERVQUAL, and what the evidence says of it"
WORDS = (
    "CES asks how easy the company made it, CSAT how satisfied one is, NPS whether one would recommend it, VES whether "
    "the contact made the product worth more; SERVQUAL sets the service expected against the service received."
)
MEANS: Mapping[str, str] = MappingProxyType({
    "reproduced": "the formula, the figure or the order comes out as printed",
    "contradicted": "it does not come out, or its parts cannot hold together",
    "depends": "readings that the print admits, or worlds it admits, differ in their answer",
    "underdetermined": "the print leaves out what would decide; the range it allows is given",
    "not testable": "what a test would need was never printed or published",
    "not yet checked": "the check is still to be written, or its data are not on this machine",
})  # fmt: skip
ASKS: Mapping[str, str] = MappingProxyType({
    "definition": "Does the stated formula give the stated number? It says nothing about customers.",
    "arithmetic": "Do printed figures agree, and what do they imply? It cannot say whether they are true.",
    "published": "What does a printed correlation matrix say? No more than its sample; most are of intentions.",
    "open data": "What do the answers of real customers say? No more than theirs; none of the open sets asks CES, one "
    "asks ease.",
    "simulation": "What would be quoted in a world where the claim is so, and in one where it is not? It supports no "
    "claim and refutes none.",
    "own survey": "Does it hold among your customers? Ask them: `cx.claims.check(survey)`.",
})  # fmt: skip
OF: Mapping[str, str] = MappingProxyType({"documents": "of the documents", "literature": "of the literature"})
MOST = 12  # a cell that names more claims lists them and works none out


def page(
    card: Scorecard, registry: Registry, places: Mapping[str, Sequence[tuple[str, str]]] | None = None
) -> str:
    """Return the scorecard as a self-contained HTML page.

    Parameters
    ----------
    card : Scorecard
        Of all claims of `registry`.
    registry : Registry
        From `cxresearch.claims.load`.
    places : mapping, optional
        By claim: where the studies work it out, as pairs of an address and a text.

    Returns
    -------
    str
        The same bytes for the same input. All text is escaped; addresses other than http and https are not linked.

    Notes
    -----
    Figures that nobody has seen in print are not shown, and their claims say so. The filters need a script; without
    it everything is shown, grouped by origin and verdict.
    """
    drawn = against_print(card.findings, registry)
    pictures: list[Any] = [*drawn.itertuples()]
    parts = Parts(
        registry,
        {str(claim): [*rows.itertuples()] for claim, rows in card.findings.groupby("claim", sort=False)},
        {(row.claim, row.kind): row for row in pictures},
        places or {},
    )
    own = card.table["origin"] == "documents"
    body = [
        '<nav aria-label="Pages"><a href="index.html">All studies</a></nav>',
        f"<main>{_head(card, registry)}{_form(card.table, registry)}",
        section("documents", "Claims of the documents", card.table[own], parts),
        section("others", "Claims of the literature, and our own calculations", card.table[~own], parts),
        f"{_forest(drawn)}{rules()}</main>\n<script>{SCRIPT}</script>",
    ]
    return document("The scorecard of the claims", "\n".join(body), STYLE)


# The head


def _head(card: Scorecard, registry: Registry) -> str:
    counts = card.counts.set_index("origin")
    own = counts[counts.index == "documents"].sum()
    total = int(own["claims"])
    lead = (
        "Vendors, magazines and papers say much about customer effort (CES), satisfaction (CSAT), recommendation "
        f"(NPS) and their rivals: here are {len(registry)} such claims, {total} from {len(registry.documents)} "
        f"documents that this project set out to test, {len(registry) - total} from the literature and our own "
        "calculations. Each was taken at its printed word, and its verdict was computed by a stated rule: from "
        "definitions, arithmetic on the print, published tables, or open data; from a simulated world only where there "
        "is nothing else, and that decides nothing. Read the kind of evidence beside the verdict: a definition that "
        "holds says nothing about customers, and a claim that cannot be tested is not thereby false."
    )
    pieces = [
        f'<h1>{html.escape(TITLE)}</h1><p class="lead">{html.escape(lead)}</p>',
        f'<p class="small">{WORDS}</p><h2>The {total} claims of the documents by verdict</h2>',
        _bar({verdict: int(own[verdict]) for verdict in VERDICTS}),
        _formal(card.table),
        _means(counts),
        _kinds(card.method),
        _absent(registry),
    ]
    return "".join(pieces)


def _bar(counts: Mapping[str, int]) -> str:
    segments = "".join(
        f'<li class="{css(verdict)}" style="flex-grow:{n}" data-verdict="{verdict}" data-sign="{SIGNS[verdict]}" '
        f'title="{verdict}">{sign(verdict)} {n}</li>'
        for verdict, n in counts.items()
        if n
    )
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
    return f'<ol class="bar" aria-label="Counts: {told}">{segments}</ol>'


def _formal(table: pd.DataFrame) -> str:
    held = table[(table["origin"] == "documents") & (table["verdict"] == "reproduced")]
    formal = int((held["kind"] == "definition").sum())
    return (
        f"<p>Of the {len(held)} reproduced, {formal} are definitions: a formula, a scale or a year that can be used as "
        "printed.</p>"
    )


def _means(counts: pd.DataFrame) -> str:
    items = []
    for verdict in VERDICTS:
        each = ", ".join(f"{n} {OF.get(str(name), 'of our own')}" for name, n in counts[verdict].items())
        items.append(
            f"<li><span>{badge(verdict)}</span><span>{MEANS[verdict]}</span><small>{html.escape(each)}</small></li>"
        )
    return f'<ul class="means" aria-label="What each verdict means">{"".join(items)}</ul>'


def _kinds(method: str) -> str:
    items = "".join(f"<li><b>{kind.capitalize()}.</b> {marked(ASKS[kind])}</li>" for kind in EVIDENCE)
    return (
        "<details><summary>The kinds of evidence, and how one of them comes to speak for a claim</summary>"
        f"<ul>{items}</ul><p>The kinds are never blended; those of a claim are listed with the most direct first. "
        f"{marked(method)}</p></details>"
    )


def _absent(registry: Registry) -> str:
    """Name the data sets that a check needs and that are not here."""
    needed = dict.fromkeys(
        name for claim in registry for one in claim.evidence if one.check for name in one.needs
    )
    gone = [datasets.SOURCES[name].title for name in needed if datasets.find(name) is None]
    told = f'<p class="missing">Not on this machine, so not asked: {html.escape("; ".join(gone))}.</p>'
    return told if gone else ""


# The filters


def _form(table: pd.DataFrame, registry: Registry) -> str:
    metrics = {name for claim in registry for name in claim.metrics}
    kinds = {one.kind for claim in registry for one in claim.evidence}
    titles = {name: f"{name} {about['title']}" for name, about in registry.documents.items()}
    reached = set(table["verdict"])
    fields = [
        _select("metric", "Metric", {name: name for name in METRICS if name in metrics}),
        _select("kind", "Kind of evidence", {name: name for name in EVIDENCE if name in kinds}),
        _select("verdict", "Verdict", {v: f"{SIGNS[v]} {v}" for v in VERDICTS if v in reached}),
        _select("document", "Document", titles),
        '<label>Text<input type="search" name="text" placeholder="words, or S4-04"></label>',
    ]
    rest = int((table["origin"] != "documents").sum())
    switches = (
        '<label><input type="checkbox" name="others" value="yes"> also the literature and our own calculations '
        f'({rest})</label><label><input type="checkbox" name="short" value="yes"> one line a claim</label>'
        '<button type="reset">Reset</button>'
    )
    return (
        '<h2 id="claims">The claims</h2><form id="find" hidden aria-label="Find claims">'
        f'<div class="fields">{"".join(fields)}</div><div class="switches">{switches}</div>'
        '<p id="status" role="status"></p></form><p class="small">What was found beside what was printed, '
        f'on one axis a unit: <a href="#forest">the forest</a>, below the claims. The marks:</p>{key()}'
    )


def _select(name: str, label: str, options: Mapping[str, str]) -> str:
    listed = "".join(
        f'<option value="{html.escape(value)}">{html.escape(text)}</option>'
        for value, text in options.items()
    )
    return f'<label>{label}<select name="{name}"><option value="">all</option>{listed}</select></label>'


# The forest


def _forest(drawn: pd.DataFrame) -> str:
    panels = []
    for unit in dict.fromkeys(drawn["unit"]):
        rows: list[Any] = [*drawn[drawn["unit"] == unit].itertuples()]
        ends = axis(unit, (value for row in rows for value in values(row)))
        items = "".join(_line(row, ends) for row in rows)
        heading = html.escape(SCALES[unit])
        panels.append(f'<section class="panel"><h3>In {heading}</h3><ul class="rows">{items}</ul></section>')
    return (
        '<section id="forest"><h2>The forest: published against found</h2><p class="small">Every finding that is a '
        "number on a common scale, one axis a unit. A range says what could be, not what is likely; it is no interval "
        "of chance. What a line is the number of, the sentence of its claim says. A printed figure stands beside "
        "it only where it is of the same thing, in the same unit.</p>"
        f"{key()}{''.join(panels)}</section>"
    )


def _line(row: Any, ends: tuple[float, float]) -> str:
    name = html.escape(row.claim)
    mark = f'<span role="img" aria-label="{row.verdict}" title="{row.verdict}">{SIGNS[row.verdict]}</span>'
    return (
        f'<li class="row" data-claim="{name}"><span>{mark} <a href="#{name}">{name}</a> {marked(row.statement)} '
        f"<small>by {BY.get(row.kind, row.kind)}</small></span>{picture(row, ends)}"
        f"<span>{html.escape(told(row))}</span></li>"
    )


# Where the studies work a claim out


def places(studies: Iterable[Study], claims: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Return by claim the cell of each study that is most about it: the one that names the fewest claims.

    Parameters
    ----------
    studies : iterable of Study
        Executed.
    claims : iterable of str
        Ids to look for, in sources and in what is shown as text.
    """
    wanted = re.compile("|".join(rf"\b{re.escape(one)}\b" for one in claims))
    found: dict[str, list[tuple[str, str]]] = {}
    for study in studies:
        best: dict[str, tuple[int, str, str]] = {}
        heading = study.title
        for cell in study.notebook.cells:
            if cell.cell_type == "markdown":
                heading = (re.findall(r"^#{1,4} +(.+)$", cell.source, re.M) or [heading])[-1]
            named = set(wanted.findall("\n".join([cell.source, *_shown(cell)])))
            for claim in sorted(named):
                if len(named) < best.get(claim, (MOST + 1,))[0]:
                    best[claim] = len(named), cell.id, heading
        number = study.stem.partition("_")[0]
        for claim, (_, cell_id, title) in best.items():
            place = f"pages/{study.stem}.html#cell-id={cell_id}", f"study {number}, {title}"
            found.setdefault(claim, []).append(place)
    return found


def _shown(cell: Any) -> list[str]:
    """Return the text that a cell shows, as words where it has them and else as plain text."""
    shown = [output.get("data", {}) for output in cell.get("outputs", ())]
    return [str(data.get("text/markdown", data.get("text/plain", ""))) for data in shown]
