"""The survey: answers plus a codebook, checked; and the door that makes one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cxresearch.errors import CodebookError, DesignError
from cxresearch.survey._answers import is_empty, read_answers, to_number
from cxresearch.survey._columns import whole
from cxresearch.survey._entries import nearest
from cxresearch.survey.cells import Cells, merge
from cxresearch.survey.checks import Problem, inspect, report
from cxresearch.survey.codebook import Codebook, Question
from cxresearch.survey.frames import Frame, Key
from cxresearch.survey.readers import open_source
from cxresearch.survey.scales import Scale

Array = npt.NDArray[np.float64]
EXACT_WEIGHTS = 64  # up to this many distinct weights, cells are kept apart by weight


@dataclass(frozen=True, eq=False)
class Survey:
    """Answers plus a codebook, checked.

    Attributes
    ----------
    codebook : Codebook
        What the columns mean.
    n_rows : int
        Rows of the source.
    problems : tuple of Problem
        What the checks found; only warnings are left after a successful read.
    source : str
        What was read, for messages.
    """

    codebook: Codebook
    n_rows: int
    problems: tuple[Problem, ...]
    source: str
    _frame: Frame = field(repr=False)

    def __repr__(self) -> str:
        names = ", ".join(question.name for question in self.codebook.questions)
        noted = f"{len(self.problems)} problem{'s' * (len(self.problems) != 1)} noted"
        return f"Survey({self.source}: {self.n_rows:,} rows; {names}; {noted})"

    def question(self, name: str) -> Question:
        """Return the question called `name`; the error lists those that exist."""
        return self.codebook.question(name)

    def scale(self, name: str) -> Scale:
        """Return the scale of a question's answers as the cells hold them.

        An index of several items has the ends of its items, and any number in between.
        """
        question = self.question(name)
        if question.is_index:
            return replace(question.scale, step=None, missing=(), labels={})
        return question.scale

    def cells(
        self,
        names: str | Sequence[str],
        *,
        by: str | Sequence[str] = (),
        weights: bool = True,
        clusters: bool = False,
        not_applicable: float = np.nan,
    ) -> Cells:
        """Return the distinct answer patterns of some questions, with counts and weights.

        Parameters
        ----------
        names : str or sequence of str
            Questions.
        by : str or sequence of str
            Segment columns, or questions, to keep apart; they come last and hold codes into ``levels``.
        weights : bool
            Use the weight of the design, if there is one.
        clusters : bool
            Keep the clusters of the design apart, if there are any.
        not_applicable : float
            What a question's `not_applicable` codes become, such as infinity; by default no answer.

        Returns
        -------
        Cells
            Raw answers (not oriented); rows without any answer are a pattern too.

        Raises
        ------
        CodebookError
            If a name is not in the codebook.

        Notes
        -----
        Strata of the design are always kept apart. Where weights take more than 64 values, a cell knows the
        sum of its weights and of their squares, not the single weights (``weight_exact`` is False).

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"ces": [7, 5, 7, None], "channel": ["web", "web", "web", "phone"]})
        >>> book = {"metrics": {"ces": {"column": "ces", "instrument": "ces2"}},
        ...         "design": {"segments": ["channel"]}}
        >>> cells = read(frame, book).cells("ces", by="channel")
        >>> cells.values, cells.n, cells.levels
        (array([[ 5.,  1.],
               [ 7.,  1.],
               [nan,  0.]]), array([1, 2, 1]), {'channel': ('phone', 'web')})
        """
        names = (names,) if isinstance(names, str) else tuple(names)
        by = (by,) if isinstance(by, str) else tuple(by)
        names = tuple(dict.fromkeys(names))
        twice = [name for name in by if name in names]
        if twice:
            raise CodebookError(f"cannot tabulate {twice[0]!r} by itself.")
        questions = [self.question(name) for name in names]
        levels: dict[str, tuple[Any, ...]] = {}
        keys = [self._set_apart(self._answer_key(q, levels), q, not_applicable) for q in questions]
        by = tuple(dict.fromkeys(by))
        keys += [self._by_key(name, levels) for name in by]
        return self._group((*names, *by), keys, levels, weights, clusters)

    def items(self, names: str | Sequence[str], *, weights: bool = True) -> Cells:
        """Return the distinct patterns of the items of questions, one column an item, reversed items turned.

        Parameters
        ----------
        names : str or sequence of str
            Questions, mostly of several items (indexes).
        weights : bool
            Use the weight of the design, if there is one.

        Returns
        -------
        Cells
            Columns named as in the data; clusters not kept apart.

        Raises
        ------
        CodebookError
            If there is no such question.
        """
        questions = [self.question(name) for name in ([names] if isinstance(names, str) else names)]
        singles = [
            replace(question, columns=(column,), min_items=1, reverse=tuple({column} & {*question.reverse}))
            for question in questions
            for column in question.columns
        ]
        keys = [self._answer_key(single, {}) for single in singles]
        return self._group(tuple(single.columns[0] for single in singles), keys, {}, weights, False)

    def _group(
        self,
        names: tuple[str, ...],
        keys: list[Key],
        levels: dict[str, tuple[Any, ...]],
        weights: bool,
        clusters: bool,
    ) -> Cells:
        """Group, and split what came back into patterns, strata, clusters and weights."""
        book, extra = self.codebook, dict[str, Key]()
        if book.strata is not None:
            extra["stratum"] = self._level_key(book.strata, book.strata, levels)
        if clusters and book.cluster is not None:
            extra["cluster"] = self._level_key(book.cluster, book.cluster, {})
        weight, exact = self._weight() if weights else (None, True)
        if weight is not None and exact:
            extra["weight"] = Key((weight[0],), (weight[1],))
        found = self._frame.group([*keys, *extra.values()], None if exact else weight)
        split = dict(zip(extra, found.values[:, len(keys) :].T, strict=True))
        value = split.get("weight")
        stratum = split["stratum"].astype(np.int64) if "stratum" in split else None
        cells = merge(
            names, found.values[:, : len(keys)], found.n, found.w, found.w2, levels=levels, stratum=stratum,
            cluster=_nested(split.get("cluster"), stratum), weight=value, population=self._population(),
            weighted=weight is not None, weight_exact=exact,
        )  # fmt: skip
        if cells.weight is None:
            return cells
        return replace(cells, w=cells.n * cells.weight, w2=cells.n * cells.weight**2)

    def _answer_key(self, question: Question, levels: dict[str, tuple[Any, ...]]) -> Key:
        """Return the values of a question's items; reversed items turned."""
        if question.kind == "category":
            return self._level_key(question.name, question.columns[0], levels, question)
        values = []
        for column in question.columns:
            raw, _ = self._frame.distinct(column)
            answers = read_answers(raw, question.scale, self._frame.decimal).values
            turned = (
                question.scale.low + question.scale.high - answers if column in question.reverse else answers
            )
            values.append(turned)
        return Key(question.columns, tuple(values), question.min_items)

    def _set_apart(self, key: Key, question: Question, value: float) -> Key:
        """Return the key with the codes of customers whom the question does not concern as `value`."""
        if not question.not_applicable or np.isnan(value):
            return key
        raw, _ = self._frame.distinct(question.columns[0])
        numbers = [to_number(answer, self._frame.decimal) for answer in raw]
        words = [answer.strip() if isinstance(answer, str) else answer for answer in raw]
        codes = question.not_applicable
        apart = [word in codes or number in codes for word, number in zip(words, numbers, strict=True)]
        return replace(key, values=(np.where(apart, value, key.values[0]),))

    def _by_key(self, name: str, levels: dict[str, tuple[Any, ...]]) -> Key:
        """Return the key of a segment column, or of a question to tabulate by."""
        if name in self.codebook.segments:
            return self._level_key(name, name, levels)
        single = {q.name: q for q in self.codebook.questions if not q.is_index}
        if name in single:
            return self._level_key(name, single[name].columns[0], levels, single[name])
        choices = dict.fromkeys([*self.codebook.segments, *single])
        raise CodebookError(
            f"cannot tabulate by {name!r}{nearest(name, choices)} Choices: {', '.join(choices) or 'none'}; "
            "add a column to segments in [design] to use it."
        )

    def _level_key(
        self, name: str, column: str, levels: dict[str, tuple[Any, ...]], question: Question | None = None
    ) -> Key:
        """Return codes into the sorted levels of a column, which are noted in `levels`."""
        raw, _ = self._frame.distinct(column)
        missing = question.scale.missing if question is not None else ()
        if question is not None and question.kind != "category":
            raw = read_answers(raw, question.scale, self._frame.decimal).values
        labels = [_level(value, missing) for value in raw]
        if not self._frame.typed:
            labels = _numbered(labels, self._frame.decimal)
        found = sorted({label for label in labels if label is not None}, key=_level_order)
        rank = {label: float(code) for code, label in enumerate(found)}
        levels[name] = tuple(found)
        return Key((column,), (np.array([rank.get(label, np.nan) for label in labels], dtype=float),))

    def _weight(self) -> tuple[tuple[str, Array] | None, bool]:
        """Return the weight column with its values, and whether they are few."""
        if self.codebook.weight is None:
            return None, True
        raw, _ = self._frame.distinct(self.codebook.weight)
        if isinstance(raw, np.ndarray):
            return (self.codebook.weight, raw.astype(np.float64)), False
        values = np.array([to_number(value, self._frame.decimal) for value in raw], dtype=float)
        return (self.codebook.weight, values), len(np.unique(values)) <= EXACT_WEIGHTS

    def _population(self) -> float | Mapping[int, float] | None:
        """Return the population size, by stratum code where it is a column and there are strata."""
        population = self.codebook.population
        if not isinstance(population, str):
            return None if population is None else float(population)
        keys = [self._level_key(s, s, {}) for s in (self.codebook.strata,) if s is not None]
        raw, _ = self._frame.distinct(population)
        sizes = np.array([to_number(value, self._frame.decimal) for value in raw], dtype=float)
        found = self._frame.group([*keys, Key((population,), (sizes,))])
        if not keys:
            if len(found.n) != 1:
                raise DesignError(
                    f"population {population!r} holds several sizes but the design has no strata."
                )
            return float(found.values[0, 0])
        by_stratum = {int(code): float(size) for code, size in found.values}
        if len(by_stratum) != len(found.n):
            raise DesignError(f"population {population!r} holds several sizes within one stratum.")
        return by_stratum


def _nested(cluster: Array | None, stratum: npt.NDArray[np.int64] | None) -> npt.NDArray[np.int64] | None:
    """Return clusters numbered within strata: the same label in two strata is two clusters."""
    if cluster is None or stratum is None:
        return None if cluster is None else cluster.astype(np.int64)
    pairs = np.column_stack([stratum, cluster.astype(np.int64)])
    _, code = np.unique(pairs, axis=0, return_inverse=True)
    return np.asarray(code, dtype=np.int64).ravel()


def _level(value: Any, missing: Sequence[float | str]) -> Any:
    """Return a raw value as a level: None where empty or missing, whole floats as ints, dates as text."""
    if is_empty(value):
        return None
    value = value.item() if isinstance(value, np.generic) else value
    value = value.strip() if isinstance(value, str) else value
    if value in missing or to_number(value) in missing:
        return None
    if isinstance(value, Decimal):
        value = float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    return whole(value)


def _numbered(labels: list[Any], decimal: str) -> list[Any]:
    """Return levels of a column of text as numbers where every one of them is a number."""
    numbers = [None if label is None else to_number(label, decimal) for label in labels]
    if any(number is None and label is not None for number, label in zip(numbers, labels, strict=True)):
        return labels
    return [whole(number) for number in numbers]


def _level_order(value: Any) -> tuple[int, Any, str]:
    """Numbers in their order, then everything else as text: case and accents only break ties."""
    if isinstance(value, (bool, int, float)):
        return 0, value, ""
    parts = unicodedata.normalize("NFKD", str(value).casefold())
    return 1, "".join(c for c in parts if not unicodedata.combining(c)), str(value)


def read(
    source: Any,
    codebook: Any,
    *,
    problems: Literal["raise", "list"] = "raise",
) -> Survey:
    """Read answers with their codebook, and refuse what the codebook does not allow.

    Parameters
    ----------
    source : DataFrame, LazyFrame, Table, relation, path or list of paths
        pandas, Polars (eager or lazy), Arrow or DuckDB data; or CSV or Parquet files, a pattern such as
        ``"waves/*.parquet"`` included. The caller's frame is never changed.
    codebook : path, mapping or Codebook
        What the columns mean.
    problems : {"raise", "list"}
        Raise on errors (default), or return the survey with every problem listed.

    Returns
    -------
    Survey
        The answers, checked. Warnings are in ``survey.problems``.

    Raises
    ------
    CodebookError
        If the codebook has mistakes.
    SurveyError
        If the source cannot be read, or the answers do not fit: every problem at once, by column with the
        values found and row counts; the tuple is in ``error.problems``.

    Notes
    -----
    A number that passes the checks can still be wrong: a "does not apply" coded with an admissible answer
    looks like an answer. Compare the answers with the questionnaire once.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"made_it_easy": [7, 6, 99, 2]})
    >>> book = {"metrics": {"ces": {"column": "made_it_easy", "instrument": "ces2", "missing": [99]}}}
    >>> read(answers, book).cells("ces").values.ravel()
    array([ 2.,  6.,  7., nan])
    """
    if problems not in ("raise", "list"):
        raise ValueError(f"`problems` must be 'raise' or 'list'; got {problems!r}.")
    book = Codebook.read(codebook)
    opened = open_source(source, book.columns, [book.weight] if book.weight is not None else ())
    frame = opened.frame
    found = inspect(frame, book, opened.available, opened.absent)
    errors = [problem for problem in found if problem.severity == "error"]
    if problems == "raise" and errors:
        raise report(found, frame.name)
    return Survey(book, frame.n_rows, found, frame.name, frame)


def check(source: Any, codebook: Any) -> tuple[Problem, ...]:
    """Return every problem of the answers, errors first, without raising for any of them.

    Parameters
    ----------
    source, codebook
        As for `read`.

    Returns
    -------
    tuple of Problem
        Empty where nothing was found.

    Raises
    ------
    CodebookError
        If the codebook itself has mistakes.
    SurveyError
        If the source cannot be read at all.

    Examples
    --------
    >>> import pandas as pd
    >>> book = {"metrics": {"ces": {"column": "easy", "instrument": "ces2"}}}
    >>> [problem.kind for problem in check(pd.DataFrame({"easy": [7, -99, 4]}), book)]
    ['missing_code']
    """
    return read(source, codebook, problems="list").problems
