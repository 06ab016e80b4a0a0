"""The claims of the scorecard page: a card each, with verdict, reason, published against found, evidence and source."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from cxresearch._claims_conflicts import related
from cxresearch._claims_findings import RULES, VERDICTS
from cxresearch._claims_schema import SEEN, TRUSTED, Claim, Registry
from cxresearch._scorecard_graph import BY, picture, told
from cxresearch.plots_claims import SIGNS
from cxresearch.results import marked


@dataclass(frozen=True)
class Parts:
    """What cards are made from.

    Attributes
    ----------
    registry : Registry
        The claims.
    findings : mapping
        Rows of `Scorecard.findings` by claim.
    drawn : mapping
        Rows that have a picture, by claim and kind of evidence.
    places : mapping
        By claim: where the studies work it out, as pairs of an address and a text.
    """

    registry: Registry
    findings: Mapping[str, Sequence[Any]]
    drawn: Mapping[tuple[str, str], Any]
    places: Mapping[str, Sequence[tuple[str, str]]]


def css(verdict: str) -> str:
    """Return the class of a verdict: its words joined."""
    return verdict.replace(" ", "-")


def sign(verdict: str) -> str:
    """Return the sign of a verdict, which a screen reader passes over because the word is beside it."""
    return f'<span aria-hidden="true">{SIGNS[verdict]}</span>'


def badge(verdict: str) -> str:
    """Return a verdict as sign and word on its colour."""
    return f'<span class="badge {css(verdict)}">{sign(verdict)} {verdict}</span>'


def section(name: str, heading: str, table: pd.DataFrame, parts: Parts) -> str:
    """Return the claims of `table`, grouped by verdict."""
    groups = []
    for verdict in VERDICTS:
        rows: list[Any] = [*table[table["verdict"] == verdict].itertuples()]
        if rows:
            groups.append(
                f'<section class="group"><h3>{sign(verdict)} {verdict.capitalize()} '
                f'(<span class="count">{len(rows)}</span>)</h3>'
                f'<ul class="claims">{"".join(card(row, parts) for row in rows)}</ul></section>'
            )
    return f'<section id="{name}"><h2>{heading}</h2>{"".join(groups)}</section>'


def card(row: Any, parts: Parts) -> str:
    """Return one claim; `row` is of `Scorecard.table`."""
    claim = parts.registry[row.claim]
    drawn = parts.drawn.get((row.claim, row.kind))
    pieces = [
        f'<p class="head">{badge(row.verdict)} {_link(claim.id)} '
        f"<span>{html.escape(', '.join(claim.metrics))}</span></p>",
        f"<h4>{marked(claim.statement)}</h4>",
        _unseen(claim, row.verdict),
        _reason(row),
        _against(drawn) if drawn is not None else "",
        _evidence(claim, parts),
        _source(claim, parts.registry),
        _worked(parts.places.get(claim.id, ())),
        _more(claim, parts),
    ]
    plain = " plain" if drawn is None else ""
    head = f'<li class="claim {css(row.verdict)}{plain}" id="{html.escape(claim.id)}" {_data(claim, row.verdict)}>'
    return f"{head}{''.join(pieces)}</li>\n"


def _data(claim: Claim, verdict: str) -> str:
    """Return what the filters read."""
    held = {
        "verdict": verdict,
        "kind": "|".join(dict.fromkeys(one.kind for one in claim.evidence)),
        "metric": "|".join(claim.metrics),
        "document": claim.document,
        "origin": "documents" if claim.document else "others",
    }
    return " ".join(f'data-{name}="{html.escape(value)}"' for name, value in held.items())


def _link(claim_id: str) -> str:
    return f'<a href="#{html.escape(claim_id)}">{html.escape(claim_id)}</a>'


def _unseen(claim: Claim, verdict: str) -> str:
    """Say so where a claim or its figures are known from memory only."""
    if claim.seen in TRUSTED:
        return ""
    note = f" {claim.seen_note[0].upper()}{claim.seen_note[1:]}." if claim.seen_note else ""
    head = "Print not seen." if verdict == "reproduced" else "Not established."
    return f'<p class="unseen"><b>{head}</b> Seen: {html.escape(SEEN[claim.seen])}.{marked(note)}</p>'


def _reason(row: Any) -> str:
    by = f"By {BY.get(row.kind, row.kind)}: " if row.code else ""
    n = "" if pd.isna(row.n) else f" n = {row.n:,.0f}."
    return f'<p class="reason">{by}{marked(row.sentence)}{n}</p>'


def _against(row: Any) -> str:
    words = told(row)
    return f'<div class="against">{picture(row)}{html.escape(words[0].upper() + words[1:])}</div>'


def _evidence(claim: Claim, parts: Parts) -> str:
    items = [
        f"<li>{each.kind}: {sign(each.verdict)} {each.verdict}</li>"
        for each in parts.findings.get(claim.id, ())
    ]
    items += ["<li>own survey: ask yours</li>"] * any(one.kind == "own survey" for one in claim.evidence)
    return f'<ul class="kinds" aria-label="Evidence">{"".join(items)}</ul>'


def _source(claim: Claim, registry: Registry) -> str:
    about = registry.documents.get(claim.document)
    if about:
        told = f"{about['id']}, {about['title']} ({about['publisher_or_author']}, {about['date']})"
    else:
        told = claim.source + (f" ({claim.year})" if claim.year and claim.year not in claim.source else "")
    told = html.escape(told)
    if urlsplit(claim.address).scheme in ("http", "https"):
        told = f'<a href="{html.escape(claim.address)}" rel="noreferrer">{told}</a>'
    return f'<p class="source">Source: {told}. Seen: {html.escape(SEEN[claim.seen])}.</p>'


def _worked(places: Sequence[tuple[str, str]]) -> str:
    links = "; ".join(f'<a href="{html.escape(to)}">{html.escape(text)}</a>' for to, text in places)
    return f'<p class="worked">In the studies: {links}</p>' if links else ""


def rule_id(rule: str) -> str:
    """Return the place of a rule on the page."""
    return f"rule-{css(rule)}"


def rules() -> str:
    """Return the rules by which verdicts fall, each told once; cards link to them."""
    items = "".join(
        f'<li id="{rule_id(name)}"><b>{name}.</b> {html.escape(text)}</li>' for name, text in RULES.items()
    )
    return f'<section id="rules"><h2>The rules by which verdicts fall</h2><ul>{items}</ul></section>'


def _more(claim: Claim, parts: Parts) -> str:
    """Return what stands behind the verdicts: figures printed, findings with rule and code, related claims."""
    figures = "; ".join(f"{one.name} {one.shown()}" for one in claim.figures) or "no figure"
    items = [f"<b>Printed.</b> {html.escape(figures)}."]
    for each in parts.findings.get(claim.id, ()):
        code = f" <code>{html.escape(each.code)}</code>" if each.code else ""
        items.append(
            f"<b>{each.kind.capitalize()}: {each.verdict}.</b> {marked(each.sentence)} "
            f'<small>Rule: <a href="#{rule_id(each.rule)}">{html.escape(each.rule)}</a>{code}</small>'
        )
    items += [
        f"<b>{words}.</b> {', '.join(map(_link, ids))}." for _, words, ids in related(claim, parts.registry)
    ]
    items += [f"<b>Note.</b> {marked(claim.notes)}."] * bool(claim.notes)
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<details><summary>Figures, rules and related claims</summary><ul>{listed}</ul></details>"
