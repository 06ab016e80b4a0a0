"""What is said about CES, NPS, CSAT, VES and SERVQUAL, and what the evidence says of it.

`load` reads the registry of claims, `scorecard` gives each claim its verdict by kind of evidence, `show` takes one
claim apart. Kinds of evidence are never blended, and a verdict is always computed.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from cxresearch._claims_checks import CHECKS, SURVEY_CHECKS, find, leading
from cxresearch._claims_findings import RULES, VERDICTS, Finding
from cxresearch._claims_published import tables
from cxresearch._claims_reading import read_registry
from cxresearch._claims_schema import EVIDENCE, SEEN, Claim, Evidence, Figure, Registry
from cxresearch._datafiles import bundled
from cxresearch._sources import SOURCES
from cxresearch.results import Note, Result

__all__ = [
    "EVIDENCE",
    "RULES",
    "SEEN",
    "VERDICTS",
    "Claim",
    "Evidence",
    "Figure",
    "Finding",
    "Registry",
    "Scorecard",
    "Shown",
    "load",
    "scorecard",
    "show",
]

COLUMNS = (
    "claim", "kind", "verdict", "estimate", "conf_low", "conf_high", "low", "high", "unit", "n", "published", "printed",
    "sentence", "open", "rule", "code",
)  # fmt: skip


def load(path: str | PathLike[str] | None = None) -> Registry:
    """Return the registry of claims, checked.

    Parameters
    ----------
    path : path, optional
        A registry of your own in the same form; None: the one of this package, ``data/claims.toml``.

    Returns
    -------
    Registry
        Iterate over it, or ask for one claim by its id.

    Raises
    ------
    ClaimError
        If any row does not fit: the message lists all problems, each with line, claim and field.

    Notes
    -----
    A claim marked ``seen = "memory"`` is carried so that it can be looked for; its figures print as "not seen".

    Examples
    --------
    >>> registry = load()
    >>> registry["S4-04"].figure("high effort").shown(), len(registry)
    ('96 %', 178)
    """
    return _own() if path is None else _read(Path(path))


@cache
def _own() -> Registry:
    return _read(bundled("claims.toml"))


def _read(path: Path) -> Registry:
    with bundled("documents.csv").open(encoding="utf-8", newline="") as lines:
        documents = {row["id"]: MappingProxyType(row) for row in csv.DictReader(lines)}
    claims = read_registry(
        path.read_text(encoding="utf-8"), documents=documents, checks=(*CHECKS, *SURVEY_CHECKS), data=SOURCES,
        tables={table.file for table in tables()},
        name=path.name,
    )  # fmt: skip
    return Registry(claims, MappingProxyType(documents))


@dataclass(frozen=True, eq=False)
class Scorecard(Result):
    """Every claim with its verdict, with what `Result` holds.

    Attributes
    ----------
    table : DataFrame
        A row per claim: ``claim document statement metrics kind verdict``, then the estimate, interval, printed
        figure and sentence of the kind of evidence that speaks for it: the first of the claim's kinds, which are
        listed with the most direct first, that was computed.
    findings : DataFrame
        A row per claim and kind of evidence.
    counts : DataFrame
        Verdicts by origin of the claim: the five documents, the literature, our own calculations.
    """

    findings: pd.DataFrame
    counts: pd.DataFrame

    def _headline(self) -> str:
        row = self.counts.set_index("origin").loc["documents"]
        listed = ", ".join(f"{row[verdict]} {verdict}" for verdict in VERDICTS)
        return f"Of the {row['claims']} claims of the documents: {listed}."

    def _shown(self) -> pd.DataFrame:
        return self.table[["claim", "statement", "kind", "verdict", "sentence"]]

    def __repr__(self) -> str:
        return self.summary()


@dataclass(frozen=True, eq=False)
class Shown(Result):
    """One claim taken apart, with what `Result` holds; `table` has a row per kind of evidence.

    Attributes
    ----------
    claim : Claim
        The claim.
    """

    claim: Claim

    def _headline(self) -> str:
        return f"{self.claim.id}: {self.claim.statement}"

    def _shown(self) -> pd.DataFrame:
        return self.table[
            ["kind", "verdict", "estimate", "conf_low", "conf_high", "low", "high", "unit", "printed"]
        ]

    def _extra(self) -> dict[str, Any]:
        return {"claim": described(self.claim)}

    def __repr__(self) -> str:
        return self.summary()


def described(claim: Claim) -> dict[str, Any]:
    """Return a claim as plain types; a figure that nobody saw in print has no value."""
    figures = [
        {"name": one.name, "kind": one.kind, "value": one.value if one.is_fact else None, "unit": one.unit, "n": one.n,
         "printed": one.shown(), "seen": one.seen}
        for one in claim.figures
    ]  # fmt: skip
    plain = (
        "id", "statement", "outcome", "effect", "sample", "population", "year", "source", "address", "document", "seen",
        "seen_note", "notes",
    )  # fmt: skip
    lists = {name: list(getattr(claim, name)) for name in ("metrics", "supports", "conflicts")}
    return {name: getattr(claim, name) for name in plain} | lists | {"figures": figures}


def scorecard(registry: Registry | None = None, *, documents_only: bool = False) -> Scorecard:
    """Give every claim its verdict, by kind of evidence.

    Parameters
    ----------
    registry : Registry, optional
        From `load`; None: the package's own.
    documents_only : bool
        Only the claims of the five documents.

    Returns
    -------
    Scorecard

    Notes
    -----
    Verdicts say what was computed, not what is believed: "reproduced" by definition means that a formula gives its
    number, and says nothing about customers. Read the kind beside the verdict.

    Examples
    --------
    >>> card = scorecard(documents_only=True)
    >>> len(card.table), card.table["claim"].is_unique
    (79, True)
    """
    registry = registry or load()
    chosen = [claim for claim in registry if claim.document or not documents_only]
    found = {claim.id: find(claim, registry) for claim in chosen}
    leaders = {name: leading(each) for name, each in found.items() if each}
    rows = [
        {"claim": claim.id, "origin": _origin(claim), "document": claim.document, "statement": claim.statement,
         "metrics": ", ".join(claim.metrics), **leaders[claim.id].row()}
        for claim in chosen
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    order = ["claim", "origin", "document", "statement", "metrics", *COLUMNS[1:]]
    findings = pd.DataFrame([one.row() for each in found.values() for one in each])[list(COLUMNS)]
    return Scorecard(
        table=table[order], question="What does the evidence say of each published claim?",
        method="One verdict per claim and kind of evidence, by the rule named beside it; the kind listed first that "
        "was computed speaks for the claim.",
        conf_level=0.95, seed=None, n=len(chosen), n_missing=len(registry) - len(chosen), notes=_notes(chosen),
        findings=findings, counts=_counts(table),
    )  # fmt: skip


def _origin(claim: Claim) -> str:
    return (
        "documents" if claim.document else "our calculations" if claim.seen == "recomputed" else "literature"
    )


def _counts(table: pd.DataFrame) -> pd.DataFrame:
    origins = list(dict.fromkeys(table["origin"]))
    each = [
        {"origin": origin, "claims": int((table["origin"] == origin).sum())}
        | {v: int(((table["origin"] == origin) & (table["verdict"] == v)).sum()) for v in VERDICTS}
        for origin in origins
    ]
    return pd.DataFrame(each)


def _notes(claims: Sequence[Claim]) -> tuple[Note, ...]:
    unseen = [claim.id for claim in claims if any(not figure.is_fact for figure in claim.figures)]
    waiting = [claim.id for claim in claims if leading_kinds_wait(claim)]
    said = [
        Note(
            "kinds", "Kinds of evidence are kept apart: a definition that holds says nothing about customers."
        )
    ]
    if unseen:
        text = (
            f"Figures of {len(unseen)} claims were not seen in print and are not shown: {', '.join(unseen)}."
        )
        said.append(Note("not_seen", text, changes_reading=True))
    if waiting:
        said.append(Note("unchecked", f"{len(waiting)} claims have evidence that is still to be checked."))
    return tuple(said)


def leading_kinds_wait(claim: Claim) -> bool:
    """Whether a kind of evidence of the claim still waits for its check."""
    return any(not (one.check or one.missing) for one in claim.evidence if one.kind != "own survey")


def show(claim_id: str, registry: Registry | None = None) -> Shown:
    """Take one claim apart: what was printed, where, how far it was seen, and every finding on it.

    Parameters
    ----------
    claim_id : str
        Such as ``"S4-04"``.
    registry : Registry, optional
        From `load`; None: the package's own.

    Raises
    ------
    ValueError
        If there is no such claim.

    Examples
    --------
    >>> show("S2-04").table["verdict"].tolist()
    ['contradicted']
    """
    registry = registry or load()
    if claim_id not in {claim.id for claim in registry}:
        raise ValueError(
            f"`claim_id`: there is no claim {claim_id!r}; see claims.load() for those there are."
        )
    claim = registry[claim_id]
    findings = find(claim, registry)
    table = pd.DataFrame([one.row() for one in findings], columns=list(COLUMNS))
    sentences = tuple(
        Note(one.kind.replace(" ", "_"), f"{one.kind}, {one.answer.verdict}: {one.answer.sentence}")
        for one in findings
    )
    return Shown(
        table=table, question=_where(claim, registry), method=_printed(claim), conf_level=0.95, seed=None,
        n=len(findings), n_missing=len(claim.evidence) - len(findings), notes=(*sentences, *_links(claim)), claim=claim,
    )  # fmt: skip


def _where(claim: Claim, registry: Registry) -> str:
    document = registry.documents.get(claim.document)
    origin = f"{document['title']} ({document['publisher_or_author']})" if document else claim.source
    return f"Source: {origin}{f', {claim.year}' if claim.year else ''}. Seen: {SEEN[claim.seen]}."


def _printed(claim: Claim) -> str:
    figures = "; ".join(f"{one.name} {one.shown()}" for one in claim.figures) or "no figure"
    return f"Printed: {figures}."


def _links(claim: Claim) -> tuple[Note, ...]:
    links = (("supports", "Says the same"), ("conflicts", "Cannot hold beside"))
    said = [
        Note(name, f"{text}: {', '.join(getattr(claim, name))}.")
        for name, text in links
        if getattr(claim, name)
    ]
    return (*said, *([Note("notes", f"{claim.notes}.")] if claim.notes else []))
