"""What can be wrong with answers, found from the distinct values of each column and reported all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cxresearch.errors import SurveyError
from cxresearch.survey._answers import is_empty, read_answers, to_number
from cxresearch.survey._ends import CODES, off_scale, unused_end
from cxresearch.survey._entries import GROUPS, nearest
from cxresearch.survey._text import rows as in_rows
from cxresearch.survey._text import shortened, shown
from cxresearch.survey.codebook import Codebook, Question
from cxresearch.survey.frames import Frame

Float = npt.NDArray[np.float64]
SECTION = {role: group for group, role in GROUPS.items()}
MOST_SHOWN = 8  # values named in a message
FAR = 3.0  # a lone 99 this many times beyond the next value looks like a code


@dataclass(frozen=True)
class Problem:
    """Something about the answers that the codebook does not allow, or that a person should know.

    Attributes
    ----------
    column, question : str
        Where; either may be empty.
    kind : str
        ``missing_column``, ``out_of_scale``, ``missing_code``, ``text``, ``fractional``, ``all_missing``,
        ``constant``, ``unused_end``, ``duplicate``, ``outcome_copy``, ``reversed``, ``weight``, ``strata``,
        ``cluster``, ``population``, ``no_rows``.
    message : str
        What was found and the way out.
    rows : int
        Rows concerned.
    values : mapping of str to int
        Values found and the rows holding them.
    severity : {"error", "warning"}
        Errors stop a read.
    """

    column: str
    question: str
    kind: str
    message: str
    rows: int = 0
    values: Mapping[str, int] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, eq=False)
class Seen:
    """The distinct values of one question's column, read on its scale."""

    question: Question
    column: str
    raw: Sequence[Any] | npt.NDArray[Any]
    values: Float
    counts: npt.NDArray[np.int64]
    text: tuple[int, ...]
    n_rows: int

    @property
    def entry(self) -> str:
        """The codebook entry, as the user wrote it."""
        return f"[{SECTION[self.question.role]}.{self.question.name}]"

    def found(self, positions: Iterable[int]) -> dict[str, int]:
        """Return the values at some positions with their row counts, most frequent first."""
        pairs = [(naming(self.raw[i]), int(self.counts[i])) for i in positions]
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def problem(
        self, kind: str, positions: Iterable[int], text: str, *, way: str = "", warn: bool = False
    ) -> Problem:
        """Return a problem of some of the values; `text` may use {rows}, {total} and {found}, `way` follows."""
        positions = list(positions)
        count = int(self.counts[positions].sum())
        values = self.found(positions)
        message = text.format(
            q=f"`{self.question.name}` (column {shown(self.column)})", rows=count, total=in_rows(self.n_rows),
            found=listed(values), scale=self.question.scale, entry=self.entry,
        )  # fmt: skip
        severity: Literal["error", "warning"] = "warning" if warn else "error"
        return Problem(self.column, self.question.name, kind, message + way, count, values, severity)


def naming(value: Any) -> str:
    """Return a raw value as messages name it."""
    return "empty" if is_empty(value) else shown(value)


def listed(values: Mapping[str, int]) -> str:
    """Return values with their row counts in words, the first few of many."""
    named = [f"{value} ({in_rows(count)})" for value, count in list(values.items())[:MOST_SHOWN]]
    rest = len(values) - len(named)
    return ", ".join(named) + (f" and {rest:,} other values" if rest > 0 else "")


def inspect(
    frame: Frame, book: Codebook, available: Sequence[str], absent: Sequence[str]
) -> tuple[Problem, ...]:
    """Return every problem of the answers, errors first."""
    from cxresearch.survey._pairs import compare_columns

    found = [_missing_column(column, book, available) for column in absent]
    if not frame.n_rows:
        found.append(Problem("", "", "no_rows", f"{frame.name} has a header but no rows."))
        return tuple(found)
    seen = [
        look(frame, question, column)
        for question in book.questions
        for column in question.columns
        if column not in absent
    ]
    for item in seen:
        found += check_column(item)
    found += check_design(frame, book, absent)
    found += compare_columns(frame, book, seen)
    return tuple(sorted(found, key=lambda problem: problem.severity != "error"))


def look(frame: Frame, question: Question, column: str) -> Seen:
    """Return the distinct values of a question's column."""
    raw, counts = frame.distinct(column)
    if question.kind == "category":
        values = np.array(
            [np.nan if is_empty(v) or v in question.scale.missing else 0.0 for v in raw], dtype=float
        )
        return Seen(question, column, raw, values, counts, (), frame.n_rows)
    answers = read_answers(raw, question.scale, frame.decimal)
    return Seen(question, column, raw, answers.values, counts, answers.text, frame.n_rows)


def _missing_column(column: str, book: Codebook, available: Sequence[str]) -> Problem:
    question = next((q for q in book.questions if column in q.columns), None)
    entry = f"[{SECTION[question.role]}.{question.name}]" if question else "[design]"
    spaced = [other for other in available if other != column and other.strip() == column.strip()]
    if spaced:
        hint = f": it has {spaced[0]!r}; spaces count, write it exactly so."
    else:
        hint = nearest(column, available)
        if hint == ".":
            hint = f". Its columns: {listed_names(available)}."
    text = f"there is no column {shown(column)}, which {entry} names{hint}"
    return Problem(column, question.name if question else "", "missing_column", text)


def listed_names(names: Sequence[str]) -> str:
    """Return the first names of many."""
    cut = [shown(name) for name in names[:20]]
    return ", ".join(cut) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def check_column(seen: Seen) -> list[Problem]:
    """Return the problems of one column on its own."""
    answered = ~np.isnan(seen.values)
    found = [*_text(seen), *off_scale(seen), *_fractional(seen), *_lone_code(seen), *unused_end(seen)]
    if not answered.any() and not seen.text:
        everything = range(len(seen.raw))
        return [seen.problem("all_missing", everything, "{q} has no answer in any of {total}: {found}.")]
    if not seen.text:
        same = len(set(map(shown, np.asarray(seen.raw, dtype=object)[answered]))) if len(seen.raw) <= 3 else 2
        if seen.question.kind != "category":
            same = len(np.unique(seen.values[answered]))
        if same == 1:
            text = (
                "{q}: everyone who answered gave the same answer, {found}; nothing can be compared with it."
            )
            found.append(seen.problem("constant", np.flatnonzero(answered), text, warn=True))
    return found


def _text(seen: Seen) -> list[Problem]:
    if not seen.text:
        return []
    words = list(seen.found(seen.text))[:MOST_SHOWN]
    whole = all(len(str(seen.raw[i])) <= 40 for i in seen.text)
    if len(seen.text) <= MOST_SHOWN and whole:
        toml = [_toml(str(seen.raw[i]).strip()) for i in seen.text]
        labels = ", ".join(f"{word} = ..." for word in toml[:3]) + (", ..." if len(toml) > 3 else "")
        way = (
            f' If these mean "no answer", add missing = [{", ".join(toml)}] to {seen.entry}; if answers, '
            f"give each its number: labels = {{{labels}}}."
        )
    else:
        way = (
            " Is this the right column? Answers in words need labels = {word = number, ...}." if words else ""
        )
    text = "{q} should hold numbers ({scale}), but {rows:,} of {total} hold text: {found}."
    return [seen.problem("text", seen.text, text, way=way)]


def _toml(word: str) -> str:
    """Return a word as a TOML string."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in word) + '"'


def _fractional(seen: Seen) -> list[Problem]:
    scale = seen.question.scale
    if scale.step is None or seen.question.kind == "category":
        return []
    off = np.flatnonzero(~np.isnan(seen.values) & scale.within(seen.values) & ~scale.contains(seen.values))
    if not len(off):
        return []
    text = (
        "{q} should hold answers in steps of "
        + f"{scale.step:g}"
        + " ({scale}), but {rows:,} of {total} lie "
        'between: {found}. If any number may be answered, add step = "any" to {entry}.'
    )
    return [seen.problem("fractional", off, text)]


def _lone_code(seen: Seen) -> list[Problem]:
    """Warn of a 99 or -99 far beyond every other value where the scale has no end there."""
    scale, values = seen.question.scale, seen.values
    if seen.question.kind == "category":
        values = np.where(np.isnan(values), np.nan, _numbers(seen.raw, "."))
    known = np.flatnonzero(np.isfinite(values) & scale.within(values))
    if seen.question.kind not in ("count", "number", "category") or len(known) < 3 or np.isfinite(scale.high):
        return []
    low, high = np.sort(values[known])[[0, -1]]
    second = np.sort(np.abs(values[known]))[-2]
    lone = [i for i in known if values[i] in CODES and values[i] in (low, high)]
    lone = [
        i
        for i in lone
        if abs(values[i]) >= FAR * second or (values[i] < 0 and np.sum(values[known] < 0) == 1)
    ]
    if not lone:
        return []
    codes = ", ".join(shown(float(values[i])) for i in lone)
    text = '{q} holds {found}, far from its other values; if that means "no answer", add missing = [' + codes
    return [seen.problem("missing_code", map(int, lone), text + "] to {entry}.", warn=True)]


def check_design(frame: Frame, book: Codebook, absent: Sequence[str]) -> list[Problem]:
    """Return the problems of weights, strata, clusters and population."""
    found: list[Problem] = []
    if book.weight is not None and book.weight not in absent:
        found += _weights(frame, book.weight)
    if isinstance(book.population, str) and book.population not in absent:
        found += _bad_numbers(frame, book.population, "population", zero=False)
    if isinstance(book.population, int) and book.population < frame.n_rows:
        text = f"population = {book.population:,} in [design] is less than the {frame.n_rows:,} rows sampled."
        found.append(Problem("", "", "population", text))
    for kind, column in (("strata", book.strata), ("cluster", book.cluster)):
        if column is None or column in absent:
            continue
        raw, counts = frame.distinct(column)
        empty = int(sum(count for value, count in zip(raw, counts, strict=True) if is_empty(value)))
        if empty:
            text = f"the {kind} column {shown(column)} is empty in {in_rows(empty)} of {frame.n_rows:,}."
            found.append(Problem(column, "", kind, text, empty, {"empty": empty}))
    return found


def _numbers(raw: Sequence[Any] | npt.NDArray[Any], decimal: str) -> Float:
    """Return raw values as numbers, NaN for everything else."""
    if isinstance(raw, np.ndarray):
        return raw.astype(np.float64)
    return np.array([np.nan if (x := to_number(v, decimal)) is None else x for v in raw], dtype=float)


def _bad_numbers(frame: Frame, column: str, kind: str, *, zero: bool) -> list[Problem]:
    raw, counts = frame.distinct(column)
    x = _numbers(raw, frame.decimal)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~np.isfinite(x) | (x < 0) | ((x == 0) & (not zero)))
    if not len(bad):
        return []
    few: dict[str, int] = {}
    for i in bad[:10_000]:
        name = naming(raw[i])
        few[name] = few.get(name, 0) + int(counts[i])
    values = dict(sorted(few.items(), key=lambda pair: (-pair[1], pair[0])))
    total = int(counts[bad].sum())
    must = "a number, zero or more" if zero else "a positive number"
    text = (
        f"the {kind} column {shown(column)} should hold {must}, in every row, but {total:,} of "
        f"{in_rows(frame.n_rows)} do not: {listed(values)}."
    )
    return [Problem(column, "", kind, text, total, values)]


def _weights(frame: Frame, column: str) -> list[Problem]:
    found = _bad_numbers(frame, column, "weight", zero=True)
    if not found:
        raw, _ = frame.distinct(column)
        if not _numbers(raw, frame.decimal).any():
            text = f"the weight column {shown(column)} is 0 in every row."
            found.append(Problem(column, "", "weight", text, frame.n_rows, {"0": frame.n_rows}))
    return found


def report(problems: Sequence[Problem], source: str) -> SurveyError:
    """Return the error that lists the problems and holds them in its attribute `problems`."""
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = [problem for problem in problems if problem.severity == "warning"]
    count = f"{len(errors)} error{'s' * (len(errors) != 1)}"
    if warnings:
        count += f", {len(warnings)} warning{'s' * (len(warnings) != 1)}"
    lines = [f"{source} does not fit its codebook: {count}."]
    told = [f"- {problem.message}" for problem in errors]
    told += [f"- (warning) {problem.message}" for problem in warnings]
    lines += shortened(told, "`.problems` of this error and `cxresearch check` list them all")
    error = SurveyError("\n".join(lines))
    error.problems = tuple(problems)  # type: ignore[attr-defined]
    return error
