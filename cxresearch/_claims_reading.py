"""The reading of the registry of claims: what does not fit is refused, every problem by line and field at once."""

from __future__ import annotations

import codecs
import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cxresearch._claims_lines import Lines
from cxresearch._claims_schema import (
    BOUNDS,
    CONTESTED,
    EVIDENCE,
    FIGURES,
    METRICS,
    SEEN,
    SURVEY_CHECKS,
    Claim,
    Evidence,
    Figure,
)
from cxresearch.errors import ClaimError

_TEXT = (
    "id", "statement", "outcome", "effect", "sample", "population", "source", "address", "document", "seen",
    "seen_note", "notes",
)  # fmt: skip
_FREE = tuple(field for field in _TEXT if field not in ("document", "seen"))  # the others are words of a list
_LISTS = ("metrics", "supports", "conflicts")
_FIELDS = (*_TEXT, *_LISTS, "year", "figures", "evidence", "contest")
_NEEDED = ("id", "statement", "metrics", "outcome", "effect", "seen", "evidence")
_FIGURE_FIELDS = ("name", "kind", "value", "unit", "n", "bound", "seen")
_EVIDENCE_FIELDS = ("kind", "check", "missing", "needs", "tables")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")


def read_registry(
    content: str | bytes,
    *,
    documents: Collection[str],
    checks: Collection[str],
    data: Collection[str],
    tables: Collection[str],
    name: str,
) -> tuple[Claim, ...]:
    r"""Return the claims of a registry, or refuse it with every problem at once.

    Parameters
    ----------
    content : str or bytes
        TOML, one ``[[claim]]`` block a claim; bytes are read as UTF-8, with or without a byte order mark.
    documents, checks, data, tables : collection of str
        Known ids of documents, names of checks, data sets and published tables.
    name : str
        What the file is called in messages.

    Raises
    ------
    ClaimError
        If the content is not UTF-8 or not TOML, or any block does not fit: one line of the message a problem, with
        the line in the file, the claim and the field.

    Examples
    --------
    >>> read_registry("[[claim]]\nid = 'A-1'", documents=(), checks=(), data=(), tables=(), name="claims")
    Traceback (most recent call last):
    cxresearch.errors.ClaimError: claims has 7 problems:
      line 1, A-1, `statement`: missing
      line 1, A-1, `metrics`: missing
      line 1, A-1, `outcome`: missing
      line 1, A-1, `effect`: missing
      line 1, A-1, `seen`: missing
      line 1, A-1, `evidence`: missing
      line 1, A-1, `source`: a claim needs a source or a document
    """
    text = _text(content, name)
    lines = Lines(text)
    rows, found = _blocks(_toml(text, name), text)
    known = {str(row.get("id")): row for row in rows}
    for index, row in enumerate(rows):
        at = lines.of(index)
        problems = [
            *_shape(row), *_contest(row), *_figures(row), *_evidence(row, checks, data, tables),
            *_references(row, known, documents), *_twice(row, rows[:index]), *_from_memory(row),
        ]  # fmt: skip
        claim = str(row.get("id", f"claim {index + 1}"))
        found += [(at.line(field, item), claim, field, said) for field, item, said in problems]
    if found:
        listed = "\n".join(f"  line {line}, {claim}, `{field}`: {said}" for line, claim, field, said in found)
        word = "problem" if len(found) == 1 else "problems"
        raise ClaimError(f"{name} has {len(found)} {word}:\n{listed}")
    return tuple(_claim(row, lines.of(index).start) for index, row in enumerate(rows))


def _text(content: str | bytes, name: str) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    if content.startswith(_UTF16):
        raise ClaimError(f"{name} is UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{content[error.start]:02x} on line {line}"
        raise ClaimError(f"{name} is not UTF-8, perhaps Windows-1252: {byte}; save it as UTF-8") from None


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:  # a number too long to be read is no error of TOML
        raise ClaimError(f"{name} is not TOML: {error}") from None


def _blocks(
    content: Mapping[str, Any], text: str
) -> tuple[list[dict[str, Any]], list[tuple[int, str, str, str]]]:
    """The blocks of claims, and what else stands at the top of the file: line, no claim, entry, what is wrong."""
    found = [
        (_line(entry, text), "-", entry, "not a block of claims")
        for entry in sorted(set(content) - {"claim"})
    ]
    rows = content.get("claim", [])
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows, found
    got = "[claim], which is one table" if isinstance(rows, dict) else repr(rows)
    said = f"claims are blocks, each under [[claim]] in double brackets; got {got}"
    return [], [*found, (_line("claim", text), "-", "claim", said)]


def _line(entry: str, text: str) -> int:
    """The line on which an entry at the top of the file begins; 1 where it is spelt in another way."""
    begins = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(entry)}[\"']?\s*[\].=]", text, re.MULTILINE)
    return text.count("\n", 0, begins.start()) + 1 if begins else 1


Problems = Iterator[tuple[str, int | None, str]]  # field, place in its list, what is wrong


def _shape(row: Mapping[str, Any]) -> Problems:
    for field in sorted(set(row) - set(_FIELDS)):
        yield field, None, f"no such field; there are {', '.join(_FIELDS)}"
    for field in _NEEDED:
        if row.get(field) in (None, "", []):
            yield field, None, "missing"
    for field in _FREE:
        if field in row and not isinstance(row[field], str):
            yield field, None, f"must be text; got {row[field]!r}"
    for field in _LISTS:
        if field in row and not _is_texts(row[field]):
            yield field, None, f"must be a list of texts; got {row[field]!r}"
    if not (row.get("source") or row.get("document")):
        yield "source", None, "a claim needs a source or a document"
    if "address" in row and not str(row["address"]).startswith(("http://", "https://")):
        yield "address", None, f"must begin with http:// or https://; got {row['address']!r}"
    if "year" in row and not re.fullmatch(r"\d{4}(-\d{4})?", str(row["year"])):
        yield "year", None, f"must be a year or two joined by a dash; got {row['year']!r}"
    yield from _one_of("seen", None, row.get("seen"), SEEN)
    for metric in _texts(row, "metrics"):
        yield from _one_of("metrics", None, metric, METRICS)


def _contest(row: Mapping[str, Any]) -> Problems:
    contest = row.get("contest")
    if contest is None:
        entries = _tables(row, "evidence", _EVIDENCE_FIELDS)[0]
        if any(entry.get("check") == "leads_in_survey" for entry in entries):
            yield "contest", None, "missing; 'leads_in_survey' asks which metric is better than which"
        return
    fits = isinstance(contest, dict) and set(contest) == {"better", "than"}
    if not (fits and contest["than"] and _is_texts(contest["than"])):
        yield "contest", None, "must be { better = ..., than = [...] }"
        return
    for metric in (contest["better"], *contest["than"]):
        yield from _one_of("contest", None, metric, CONTESTED)
    if contest["better"] in contest["than"]:
        yield "contest", None, f"{contest['better']} cannot be better than itself"


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _texts(row: Mapping[str, Any], field: str) -> list[str]:
    """The list of a field; empty where it is none, which is told elsewhere."""
    value = row.get(field, [])
    return value if _is_texts(value) else []


def _one_of(field: str, item: int | None, value: Any, known: Collection[str]) -> Problems:
    if value is not None and not (isinstance(value, str) and value in known):
        yield field, item, f"must be one of {', '.join(known)}; got {value!r}"


def _tables(row: Mapping[str, Any], field: str, keys: Collection[str]) -> tuple[list[Any], list[Any]]:
    """The entries of a list of tables, and the problems of its shape."""
    entries = row.get(field, [])
    if not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
        return [], [(field, None, f"must be a list of tables; got {entries!r}")]
    strange = [
        (field, i, f"no such key {key!r}; there are {', '.join(keys)}")
        for i, entry in enumerate(entries)
        for key in sorted(set(entry) - set(keys))
    ]
    return entries, strange


def _figures(row: Mapping[str, Any]) -> Problems:
    entries, strange = _tables(row, "figures", _FIGURE_FIELDS)
    yield from strange
    names = [entry.get("name") for entry in entries]
    for i, entry in enumerate(entries):
        for key in ("name", "kind", "value", "unit"):
            if key not in entry:
                yield "figures", i, f"`{key}` missing"
            elif key in ("name", "unit") and not isinstance(entry[key], str):
                yield "figures", i, f"`{key}` must be text; got {entry[key]!r}"
        if "name" in entry and names.count(entry.get("name")) > 1:
            yield "figures", i, f"two figures are called {entry.get('name')!r}"
        yield from _one_of("figures", i, entry.get("bound"), BOUNDS)
        yield from _one_of("figures", i, entry.get("seen"), SEEN)
        yield from _one_of("figures", i, entry.get("kind"), FIGURES)
        n = entry.get("n", 1)
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            yield "figures", i, f"`n` must be a whole number above 0; got {n}"
        if isinstance(entry.get("kind"), str) and entry["kind"] in FIGURES and "value" in entry:
            yield from _within(i, entry)


def _within(i: int, entry: Mapping[str, Any]) -> Problems:
    low, high, units = FIGURES[entry["kind"]]
    value = entry["value"]
    if not _is_number(value):
        got = value if isinstance(value, Decimal) else repr(value)
        yield "figures", i, f"`value` must be a number; got {got}"
    elif not low <= float(value) <= high:
        yield "figures", i, f"a {entry['kind']} lies between {low:g} and {high:g}; got {value}"
    if units and entry.get("unit") not in units:
        yield "figures", i, f"a {entry['kind']} is in {' or '.join(units)}; got {entry.get('unit')!r}"


def _is_number(value: Any) -> bool:
    """Whether a value is a number that can be computed with, neither infinite nor too large for it."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _evidence(
    row: Mapping[str, Any], checks: Collection[str], data: Collection[str], tables: Collection[str]
) -> Problems:
    entries, strange = _tables(row, "evidence", _EVIDENCE_FIELDS)
    yield from strange
    kinds = [entry.get("kind") for entry in entries]
    for i, entry in enumerate(entries):
        if "kind" not in entry:
            yield "evidence", i, "`kind` missing"
        yield from _one_of("evidence", i, entry.get("kind"), EVIDENCE)
        if "kind" in entry and kinds.count(entry["kind"]) > 1:
            yield "evidence", i, f"{entry['kind']!r} twice"
        if "check" in entry and "missing" in entry:
            yield "evidence", i, "either a check decides it or something is missing, not both"
        if "missing" in entry and not isinstance(entry["missing"], str):
            yield "evidence", i, f"`missing` must be text; got {entry['missing']!r}"
        yield from _check(i, entry, checks)
        for field, known, word in (("needs", data, "data set"), ("tables", tables, "published table")):
            if field in entry and not _is_texts(entry[field]):
                yield "evidence", i, f"`{field}` must be a list of texts; got {entry[field]!r}"
            for needed in _texts(entry, field):
                if needed not in known:
                    yield "evidence", i, f"there is no {word} {needed!r}"


def _check(i: int, entry: Mapping[str, Any], checks: Collection[str]) -> Problems:
    """Problems of the check: the user's own survey has its own checks, and nothing else can run them."""
    kind, check = entry.get("kind"), entry.get("check")
    if check is None:
        if kind == "own survey":
            yield "evidence", i, f"an own survey needs a `check`, one of {', '.join(SURVEY_CHECKS)}"
    elif not (isinstance(check, str) and check in checks):
        yield "evidence", i, f"there is no check {check!r}"
    elif kind == "own survey" and check not in SURVEY_CHECKS:
        yield "evidence", i, f"{check!r} does not read an own survey; what does is {', '.join(SURVEY_CHECKS)}"
    elif kind in EVIDENCE and kind != "own survey" and check in SURVEY_CHECKS:
        yield "evidence", i, f"{check!r} reads an own survey, so its kind is 'own survey'; got {kind!r}"


def _references(
    row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], documents: Collection[str]
) -> Problems:
    me = row.get("id")
    if "document" in row:
        yield from _one_of("document", None, row["document"], documents)
    for field in ("supports", "conflicts"):
        for i, other in enumerate(_texts(row, field)):
            if other == me:
                yield field, i, "a claim cannot name itself"
            elif other not in known:
                yield field, i, f"there is no claim {other!r}"
            elif me not in _texts(known[other], field):
                yield field, i, f"{other} does not name {me} in its `{field}`"
            elif field == "supports" and other in _texts(row, "conflicts"):
                yield field, i, f"{other} is in `conflicts` too"


def _twice(row: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> Problems:
    if any(other.get("id") == row.get("id") for other in before):
        yield "id", None, "this id was given to an earlier claim"


def _from_memory(row: Mapping[str, Any]) -> Problems:
    """Figures nobody has seen may not stand in the words either, where they would be printed as fact.

    They are compared as numbers, without their sign: 1.80 is 1.8, and words print a fall of 12 as 12.
    """
    unseen = {
        abs(figure["value"])
        for figure in _tables(row, "figures", _FIGURE_FIELDS)[0]
        if _is_number(figure.get("value")) and figure.get("seen", row.get("seen")) in ("memory", "partly")
    }
    for field in ("statement", "notes", "sample", "seen_note"):
        words = set(_NUMBER.findall(str(row.get(field, "")).replace(",", "")))
        for number in sorted(word for word in words if Decimal(word) in unseen):
            yield field, None, f"{number} was not seen in print and may not stand in the words"


def _claim(row: Mapping[str, Any], line: int) -> Claim:
    contest = row.get("contest", {"better": "", "than": []})
    given: dict[str, Any] = {field: row[field] for field in _TEXT if field in row}
    given |= {field: tuple(row[field]) for field in _LISTS if field in row}
    return Claim(
        **given,
        year=str(row.get("year", "")),
        figures=tuple(_figure(entry, row["seen"]) for entry in row.get("figures", ())),
        evidence=tuple(_one_evidence(entry) for entry in row["evidence"]),
        better=contest["better"],
        than=tuple(contest["than"]),
        line=line,
    )


def _one_evidence(entry: Mapping[str, Any]) -> Evidence:
    return Evidence(
        **{**entry, "needs": tuple(entry.get("needs", ())), "tables": tuple(entry.get("tables", ()))}
    )


def _figure(entry: Mapping[str, Any], seen: str) -> Figure:
    value = entry["value"]
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    return Figure(**{"seen": seen, **entry, "value": float(value), "digits": digits})
