"""What is said about CES, NPS, CSAT, VES and SERVQUAL, and what the evidence says of it.

`load` reads the registry of claims, `scorecard` gives each claim its verdict by kind of evidence, `show` takes one
claim apart. Kinds of evidence are never blended, and a verdict is always computed.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxresearch._claims_axes import against_print
from cxresearch._claims_checks import CHECKS, SURVEY_CHECKS, divided, find, leading
from cxresearch._claims_conflicts import RULES as CONFLICT_RULES
from cxresearch._claims_conflicts import conflicts as find_conflicts
from cxresearch._claims_conflicts import related
from cxresearch._claims_findings import NOT_COMPUTED, RULES, VERDICTS, Answer, Finding
from cxresearch._claims_published import tables
from cxresearch._claims_reading import read_registry
from cxresearch._claims_results import COLUMNS, Checked, Conflicts, Scorecard, Shown
from cxresearch._claims_schema import EVIDENCE, SEEN, Claim, Evidence, Figure, Registry
from cxresearch._datafiles import bundled
from cxresearch._sources import SOURCES
from cxresearch.results import SIMULATED, Note

if TYPE_CHECKING:
    from cxresearch.survey.survey import Survey

__all__ = [
    "EVIDENCE",
    "RULES",
    "SEEN",
    "VERDICTS",
    "Checked",
    "Claim",
    "Conflicts",
    "Evidence",
    "Figure",
    "Finding",
    "Registry",
    "Scorecard",
    "Shown",
    "against_print",
    "check",
    "conflicts",
    "load",
    "scorecard",
    "show",
]


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
        method="One verdict per claim and kind of evidence, by the rule named beside it; the first kind that "
        "reproduces or contradicts the claim speaks for it, else the first that was computed.",
        conf_level=0.95, seed=None, n=len(chosen), n_missing=len(registry) - len(chosen), notes=_notes(chosen, found),
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


def _notes(claims: Sequence[Claim], found: Mapping[str, tuple[Finding, ...]]) -> tuple[Note, ...]:
    unseen = [claim.id for claim in claims if any(not figure.is_fact for figure in claim.figures)]
    split = [claim.id for claim in claims if divided(found[claim.id])]
    waiting = [
        claim.id
        for claim in claims
        if any(one.answer.verdict == "not yet checked" for one in found[claim.id])
    ]
    said = [
        Note(
            "kinds", "Kinds of evidence are kept apart: a definition that holds says nothing about customers."
        )
    ]
    if unseen:
        text = f"Figures of {_claims(unseen)} were not seen in print and are not shown: {', '.join(unseen)}."
        said.append(Note("not_seen", text, changes_reading=True))
    if split:
        text = f"Kinds of evidence decide {_claims(split)} in opposite ways: {', '.join(split)}."
        said.append(Note("divided", text, changes_reading=True))
    if waiting:
        has = "has" if len(waiting) == 1 else "have"
        said.append(
            Note(
                "unchecked",
                f"{_claims(waiting)} {has} evidence not read: its data are not here, or its check is to be written.",
            )
        )
    return tuple(said)


def _claims(ids: Sequence[str]) -> str:
    return f"{len(ids)} claim{'s' * (len(ids) != 1)}"


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
        Note(one.kind.replace(" ", "_"), f"{one.kind}{_computed(one)}: {one.answer.sentence}")
        for one in findings
    )
    return Shown(
        table=table, question=_where(claim, registry), method=_printed(claim), conf_level=0.95, seed=None,
        n=len(findings), n_missing=len(claim.evidence) - len(findings),
        notes=(*sentences, *_links(claim, registry)), claim=claim,
    )  # fmt: skip


def _computed(one: Finding) -> str:
    return f", {one.answer.verdict}" if one.code else ""


def _where(claim: Claim, registry: Registry) -> str:
    document = registry.documents.get(claim.document)
    origin = f"{document['title']} ({document['publisher_or_author']})" if document else claim.source
    return f"Source: {origin}{f', {claim.year}' if claim.year else ''}. Seen: {SEEN[claim.seen]}."


def _printed(claim: Claim) -> str:
    figures = "; ".join(f"{one.name} {one.shown()}" for one in claim.figures) or "no figure"
    return f"Printed: {figures}."


def _links(claim: Claim, registry: Registry) -> tuple[Note, ...]:
    links = related(claim, registry)
    said = [Note(code, f"{text}: {', '.join(ids)}.") for code, text, ids in links]
    if any(one.kind == "own survey" for one in claim.evidence):
        said.append(Note("own_survey", "own survey: ask yours with `claims.check`."))
    return (*said, *([Note("notes", f"{claim.notes}.")] if claim.notes else []))


def check(
    survey: Survey,
    outcomes: str | Sequence[str] | None = None,
    *,
    conf_level: float = 0.95,
    registry: Registry | None = None,
) -> Checked:
    """Ask which published claims hold in a survey of your own, and which it cannot test for lack of columns.

    Parameters
    ----------
    survey : Survey
        From `cxresearch.read`. Its metrics are known by their instruments (ces1, ces2, csat5, nps, ves, ...), else by
        the beginning of their names; signs of effort (transfers, repeats, switches, ...) by the names of drivers.
    outcomes : str or sequence of str, optional
        Outcomes to test on; None: all of the codebook.
    conf_level : float
        Level of every interval.
    registry : Registry, optional
        From `load`; None: the package's own.

    Returns
    -------
    Checked
        Rows that answered all metrics and the outcome; see `cxresearch.compare`.

    Raises
    ------
    CodebookError
        For an outcome that is not in the codebook.

    Notes
    -----
    A claim that one metric predicts better holds where the interval of the difference of correlations lies above 0 for
    every rival, and fails where it lies below .03 for one. That it holds among your customers says nothing about
    others; several claims tested on one survey are not several pieces of evidence. A simulated survey decides nothing.

    Examples
    --------
    >>> from cxresearch import read
    >>> answers = pd.DataFrame({"n": [0, 5, 10], "again": [1, 3, 5]})
    >>> book = {"metrics": {"nps": {"column": "n", "instrument": "nps"}},
    ...         "outcomes": {"again": {"column": "again", "scale": [1, 5]}}}
    >>> check(read(answers, book)).table.iloc[0][["verdict", "open"]].tolist()
    ['not testable', 'a question for CES (instrument ces...) and a question for CSAT (instrument csat...)']
    """
    from cxresearch import _claims_survey as own

    registry = registry or load()
    given = [outcomes] if isinstance(outcomes, str) else outcomes
    chosen = list(survey.codebook.outcomes) if given is None else list(given)
    for name in chosen:
        survey.question(name)
    names = own.metrics_of(survey)
    asked = {name: own.ask(survey, name, names, conf_level) if len(names) > 1 else None for name in chosen}
    rows = [
        _checked_row(
            claim,
            own.code_of(one.check),
            name,
            own.answer(claim, one, survey, asked.get(name), name, conf_level),
        )
        for claim in registry
        for one in claim.evidence
        if one.kind == "own survey"
        for name in own.outcomes_for(one, chosen)
    ]
    used = max((each.comparison.n for each in asked.values() if each), default=0)
    return Checked(
        table=pd.DataFrame(rows), question=f"Which published claims hold in {survey.codebook.title or survey.source}?",
        method=f"{RULES['direction']} Smallest difference that matters: {own.ROPE:g}.", conf_level=conf_level,
        seed=0, n=used, n_missing=survey.n_rows - used, notes=_checked_notes(survey, names),
    )  # fmt: skip


def _checked_row(claim: Claim, code: str, outcome: str, answer: Answer) -> dict[str, Any]:
    computed = answer.verdict not in NOT_COMPUTED
    row = Finding(claim.id, "own survey", code if computed else "", answer).row()
    about = {"claim": claim.id, "statement": claim.statement, "outcome": outcome}
    return about | {name: row[name] for name in COLUMNS[2:] if name not in ("published", "printed")}


def _checked_notes(survey: Survey, names: Mapping[str, str]) -> tuple[Note, ...]:
    known = ", ".join(f"{metric}: `{name}`" for metric, name in names.items()) or "none"
    said = [Note("metrics", f"Metrics recognised: {known}.")]
    return (*([SIMULATED] if survey.codebook.simulated else []), *said)


def conflicts(registry: Registry | None = None) -> Conflicts:
    """List the claims that exclude one another or define one thing in two ways, with the figures that show it.

    Parameters
    ----------
    registry : Registry, optional
        From `load`; None: the package's own.

    Returns
    -------
    Conflicts

    Notes
    -----
    That two claims are linked was judged by readers; what the link rests on is computed: figures that no one number
    rounds to, odds ratios, multiples that imply an order, winners that differ. It does not say which of the two is
    wrong, and of two definitions neither need be: each can be used, under its own name. Figures that
    nobody has seen in print take part without being shown.

    Examples
    --------
    >>> found = conflicts().table
    >>> found[(found.a == "S4-07") & (found.b == "L-018")]["sentence"].item()
    'Odds ratio of low against high effort: 376 in S4-07, 2.66 in L-018.'
    """
    registry = registry or load()
    table = pd.DataFrame([asdict(one) for one in find_conflicts(registry)])
    notes = tuple(
        Note(rule, f"{rule}: {text} ({int((table['rule'] == rule).sum())}).")
        for rule, text in CONFLICT_RULES.items()
    )
    n = len({*table["a"], *table["b"]})
    return Conflicts(
        table=table, question="Which published claims cannot both hold, or define one thing in two ways?",
        method="Pairs linked in the registry; what shows the conflict is computed from the figures of both.",
        conf_level=0.95, seed=None, n=n, n_missing=len(registry) - n, notes=notes,
    )  # fmt: skip
