"""What is said about CES, NPS, CSAT, VES and SERVQUAL, and what the evidence says of it.

`load` reads the registry of claims, `scorecard` gives each claim its verdict by kind of evidence, `show` takes one
claim apart. Kinds of evidence are never blended, and a verdict is always computed.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import cache
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxresearch._claims_axes import against_print
from cxresearch._claims_checks import CHECKS, SURVEY_CHECKS, divided, find, leading
from cxresearch._claims_conflicts import RULES as CONFLICT_RULES
from cxresearch._claims_conflicts import Conflict, related
from cxresearch._claims_conflicts import conflicts as find_conflicts
from cxresearch._claims_findings import NOT_COMPUTED, RULES, VERDICTS, Answer, Finding, missing
from cxresearch._claims_published import tables
from cxresearch._claims_reading import read_registry
from cxresearch._claims_results import COLUMNS, Checked, Conflicts, Scorecard, Shown
from cxresearch._claims_schema import EVIDENCE, SEEN, Claim, Evidence, Figure, Registry
from cxresearch._datafiles import bundled
from cxresearch._sources import SOURCES
from cxresearch.errors import CodebookError
from cxresearch.results import SIMULATED, Note

if TYPE_CHECKING:
    from cxresearch.survey.survey import Survey

CHECKED = [name for name in COLUMNS[2:] if name not in ("published", "printed")]

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
        path.read_bytes(), documents=documents, checks=(*CHECKS, *SURVEY_CHECKS), data=SOURCES,
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
    registry = load() if registry is None else registry
    chosen = [claim for claim in registry if claim.document or not documents_only]
    found = {claim.id: _found(claim, registry) for claim in chosen}
    leaders = {name: leading(each) for name, each in found.items()}
    rows = [
        {"claim": claim.id, "origin": _origin(claim), "document": claim.document, "statement": claim.statement,
         "metrics": ", ".join(claim.metrics), **leaders[claim.id].row()}
        for claim in chosen
    ]  # fmt: skip
    order = ["claim", "origin", "document", "statement", "metrics", *COLUMNS[1:]]
    table = pd.DataFrame(rows, columns=order)
    findings = pd.DataFrame([one.row() for each in found.values() for one in each], columns=list(COLUMNS))
    return Scorecard(
        table=table, question="What does the evidence say of each published claim?",
        method="One verdict per claim and kind of evidence, by the rule named beside it; the first kind that "
        "reproduces or contradicts the claim speaks for it, else the first that was computed.",
        conf_level=0.95, seed=None, n=len(chosen), n_missing=len(registry) - len(chosen), notes=_notes(chosen, found),
        findings=findings, counts=_counts(table),
    )  # fmt: skip


def _found(claim: Claim, registry: Registry) -> tuple[Finding, ...]:
    """What all evidence says of a claim; where there is none but a survey of the user's own, that it takes one."""
    needs = "a survey of your own: ask it with `claims.check`" if claim.evidence else "evidence of any kind"
    kind = claim.evidence[0].kind if claim.evidence else EVIDENCE[0]
    return find(claim, registry) or (Finding(claim.id, kind, "", missing(needs)),)


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
    return pd.DataFrame(each, columns=["origin", "claims", *VERDICTS])


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
    registry = load() if registry is None else registry
    if claim_id not in [claim.id for claim in registry]:
        raise ValueError(
            f"`claim_id`: there is no claim {claim_id!r}; see claims.load() for those there are."
        )
    claim = registry[claim_id]
    findings = _found(claim, registry)
    table = pd.DataFrame([one.row() for one in findings], columns=list(COLUMNS))
    sentences = tuple(
        Note(one.kind.replace(" ", "_"), f"{one.kind}{_computed(one)}: {one.answer.sentence}")
        for one in findings
    )
    return Shown(
        table=table, question=_where(claim, registry), method=_printed(claim), conf_level=0.95, seed=None,
        n=len(findings), n_missing=max(len(claim.evidence) - len(findings), 0),
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
        Outcomes of the codebook to test on, at least one; None: all of them.
    conf_level : float
        Level of every interval.
    registry : Registry, optional
        From `load`; None: the package's own.

    Returns
    -------
    Checked
        A claim is tested on the rows that answered what it is about; ``n`` is the most that one was tested on. A claim
        for which the survey has no columns, fewer than 10 such rows or no differing answers is not testable, and its
        ``open`` says what is missing.

    Raises
    ------
    CodebookError
        For a name that is no outcome of the codebook, or no name at all.
    ValueError
        For a level outside 0 to 1.

    Notes
    -----
    A claim that one metric predicts better fails where the interval of the difference of correlations lies wholly below
    .03 for one rival, and holds where it lies above 0 for every rival and fails for none. Of a claim that effort is a
    key predictor only a part is tested, that it goes with the outcome: that can be contradicted, not reproduced. What
    changes the reading of the comparisons, such as a scale that seems reversed, is said in the notes.

    That a claim holds among your customers says nothing about others; several claims tested on one survey are not
    several pieces of evidence. A simulated survey decides nothing.

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

    registry = load() if registry is None else registry
    chosen = _outcomes(survey, outcomes)
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level}.")
    asking = own.Asking(survey, own.metrics_of(survey), conf_level)
    answers = [
        (claim, one, name, asking.answer(claim, one, name))
        for claim in registry
        for one in claim.evidence
        if one.kind == "own survey"
        for name in own.outcomes_for(one, chosen)
    ]
    rows = [_checked_row(claim, own.code_of(one.check), name, answer) for claim, one, name, answer in answers]
    used = max((answer.n or 0 for *_, answer in answers), default=0)
    return Checked(
        table=pd.DataFrame(rows, columns=["claim", "statement", "outcome", *CHECKED]),
        question=f"Which published claims hold in {survey.codebook.title or survey.source}?",
        method=f"{RULES['direction']} Smallest difference that matters: {own.ROPE:g}.", conf_level=conf_level,
        seed=0, n=used, n_missing=survey.n_rows - used,
        notes=_checked_notes(survey, asking.names, asking.notes(chosen)),
    )  # fmt: skip


def _outcomes(survey: Survey, outcomes: str | Sequence[str] | None) -> list[str]:
    """Names of the outcomes to test on; each must be one."""
    book = survey.codebook
    if outcomes is None:
        return list(book.outcomes)
    chosen = [outcomes] if isinstance(outcomes, str) else list(outcomes)
    listed = f"the outcomes of {book.source} are {', '.join(map(repr, book.outcomes)) or 'none'}"
    if not chosen:
        raise CodebookError(f"`outcomes` is empty; {listed}. Leave it out to test on all of them.")
    for name in chosen:
        role = survey.question(name).role
        if name not in book.outcomes:
            raise CodebookError(f"`outcomes`: {name!r} is a {role}, not an outcome; {listed}.")
    return chosen


def _checked_row(claim: Claim, code: str, outcome: str, answer: Answer) -> dict[str, Any]:
    computed = answer.verdict not in NOT_COMPUTED
    row = Finding(claim.id, "own survey", code if computed else "", answer).row()
    return {"claim": claim.id, "statement": claim.statement, "outcome": outcome} | {
        name: row[name] for name in CHECKED
    }


def _checked_notes(survey: Survey, names: Mapping[str, str], found: Sequence[Note]) -> tuple[Note, ...]:
    known = ", ".join(f"{metric}: `{name}`" for metric, name in names.items()) or "none"
    said = [*found, Note("metrics", f"Metrics recognised: {known}.")]
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
    registry = load() if registry is None else registry
    columns = [field.name for field in fields(Conflict)]
    table = pd.DataFrame([asdict(one) for one in find_conflicts(registry)], columns=columns)
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
