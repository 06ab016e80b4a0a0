"""The codebook: which column is which question, on which scale, and how the survey was designed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cxresearch.errors import CodebookError
from cxresearch.survey._contacts_entries import ContactColumns, contact_columns
from cxresearch.survey._entries import GROUPS, Mistakes, design, load, nearest, question
from cxresearch.survey.scales import Scale
from cxresearch.survey.scorers import Scorer

Role = Literal["metric", "outcome", "driver", "control"]
Kind = Literal["scale", "count", "binary", "number", "category"]


@dataclass(frozen=True)
class Question:
    """One entry of the codebook: a question, or an index of several.

    Attributes
    ----------
    name : str
        What the user calls it.
    columns : tuple of str
        The column that holds the answers; several make an index, whose answer is the mean of the items
        answered.
    scale : Scale
        Answers, direction and missing codes of the columns.
    scorers : tuple of Scorer
        How it is scored; the first is the official one.
    label : str
        The wording, or an empty string.
    role : {"metric", "outcome", "driver", "control"}
        What it serves as.
    min_items : int
        Items that must be answered for the index to have an answer; all by default.
    reverse : tuple of str
        Columns of the index that run against the others; they are turned before the mean.
    kind : {"scale", "count", "binary", "number", "category"}
        What the answers are.
    instrument : str
        Name of the known form it follows, or an empty string.
    levels : tuple
        Answers of a category, the reference first; empty where the codebook does not say.
    not_applicable : tuple of float or str
        Codes of customers whom it does not concern ("never contacted support"): no answer to every score, a
        group of its own to `cxresearch.drivers`. They are in the missing codes of `scale` too.
    """

    name: str
    columns: tuple[str, ...]
    scale: Scale
    scorers: tuple[Scorer, ...]
    label: str = ""
    role: Role = "metric"
    min_items: int = 1
    reverse: tuple[str, ...] = ()
    kind: Kind = "scale"
    instrument: str = ""
    levels: tuple[Any, ...] = ()
    not_applicable: tuple[float | str, ...] = ()

    @property
    def official(self) -> Scorer:
        """The scorer the question is reported by: the first."""
        return self.scorers[0]

    @property
    def is_index(self) -> bool:
        """Whether several columns make up the answer."""
        return len(self.columns) > 1


@dataclass(frozen=True)
class Codebook:
    """The questions of a survey by role, and its design.

    Attributes
    ----------
    title : str
        What the survey is called.
    metrics, outcomes, drivers, controls : mapping of str to Question
        The questions by name, in the order written.
    weight, strata, cluster : str or None
        Columns of the design.
    population : str, int or None
        Size of the population the sample was drawn from, or the column that holds it.
    segments : tuple of str
        Columns to tabulate by.
    contacts : ContactColumns or None
        Which column of a contact log is what, for `cxresearch.read_contacts`.
    source : str
        The file it was read from, for messages.
    """

    title: str = ""
    metrics: Mapping[str, Question] = field(default_factory=dict)
    outcomes: Mapping[str, Question] = field(default_factory=dict)
    drivers: Mapping[str, Question] = field(default_factory=dict)
    controls: Mapping[str, Question] = field(default_factory=dict)
    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    population: str | int | None = None
    segments: tuple[str, ...] = ()
    contacts: ContactColumns | None = None
    source: str = "codebook"

    @classmethod
    def read(cls, source: str | os.PathLike[str] | Mapping[str, Any] | Codebook) -> Codebook:
        """Read a codebook from a TOML file or a dictionary of the same shape.

        Parameters
        ----------
        source : path, mapping or Codebook
            A TOML file (UTF-8), or what it would contain.

        Returns
        -------
        Codebook
            The questions and the design, every entry checked.

        Raises
        ------
        CodebookError
            Listing every mistake at once, each with the entry and the choices.

        Examples
        --------
        >>> book = Codebook.read({
        ...     "metrics": {"ces": {"column": "made_it_easy", "instrument": "ces2", "missing": [99]}},
        ...     "outcomes": {"again": {"column": "would_buy_again", "scale": [1, 7]}},
        ... })
        >>> book.question("ces").official
        Share(at_least=5, at_most=None)
        >>> [question.name for question in book.questions]
        ['ces', 'again']
        """
        if isinstance(source, Codebook):
            return source
        where, content = ("codebook", source) if isinstance(source, Mapping) else load(source)
        return _build(where, content)

    @property
    def simulated(self) -> bool:
        """Whether the title says that the answers are simulated; every output made from them then says so."""
        return "simulated" in self.title.lower()

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question: metrics, outcomes, drivers, controls."""
        groups = (self.metrics, self.outcomes, self.drivers, self.controls)
        return tuple(question for group in groups for question in group.values())

    def question(self, name: str) -> Question:
        """Return the question called `name`.

        Raises
        ------
        CodebookError
            If there is none; the message lists the names that exist.
        """
        names = {question.name: question for question in self.questions}
        if name in names:
            return names[name]
        raise CodebookError(
            f"{self.source} has no question {name!r}{nearest(name, names)} "
            f"Its questions: {', '.join(names) or 'none'}."
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the codebook names, each once."""
        items = [column for question in self.questions for column in question.columns]
        population = [self.population] if isinstance(self.population, str) else []
        plan = [column for column in (self.weight, self.strata, self.cluster) if column is not None]
        return tuple(dict.fromkeys([*items, *plan, *population, *self.segments]))


def _build(where: str, content: Mapping[str, Any]) -> Codebook:
    mistakes = Mistakes(where)
    mistakes.keys("", content, {"title", "design", "contacts", *GROUPS})
    groups: dict[str, Any] = {}
    for group, role in GROUPS.items():
        entries = mistakes.table(group, content.get(group, {}))
        groups[group] = {}
        for name, entry in entries.items():
            parts = question(
                mistakes, f"{group}.{name}", str(name), mistakes.table(f"{group}.{name}", entry), role
            )
            if parts is not None:
                groups[group][str(name)] = Question(**parts)
    plan = design(mistakes, mistakes.table("design", content.get("design", {})))
    if "contacts" in content:
        plan["contacts"] = contact_columns(mistakes, mistakes.table("contacts", content["contacts"]))
    for name, places in _places(content).items():
        if len(places) > 1:
            mistakes.add(places[-1], f"{name!r} is also the name of [{places[0]}]; names must differ.")
    title = content.get("title", "")
    if not isinstance(title, str):
        mistakes.add("title", f"must be text; got {title!r}.")
    if not any(isinstance(content.get(group), Mapping) and content[group] for group in GROUPS):
        mistakes.add("", 'no question: write at least one entry such as [metrics.ces] with column = "...".')
    mistakes.report()
    return Codebook(title=title, source=where, **plan, **groups)


def _places(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """Every question name with the entries that use it."""
    places: dict[str, list[str]] = {}
    for group in GROUPS:
        entries = content.get(group, {})
        for name in entries if isinstance(entries, Mapping) else ():
            places.setdefault(str(name), []).append(f"{group}.{name}")
    return places
