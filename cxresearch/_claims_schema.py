"""What a claim is: its fields, its figures, the evidence that could decide it, and their vocabularies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: Kinds of evidence, in the order in which the scorecard shows them. They are never blended.
EVIDENCE = ("definition", "arithmetic", "published", "open data", "simulation", "own survey")
#: How far a claim or a figure was seen, and what that means.
SEEN: Mapping[str, str] = MappingProxyType({
    "yes": "on a stored page of the source",
    "second-hand": "on a page that reports the source",
    "recomputed": "computed by us from the rows or the table named",
    "partly": "title or abstract seen, the figures from memory",
    "memory": "from memory, the print was not seen",
})  # fmt: skip
BOUNDS = ("about", "at least", "at most", "less than", "more than")
METRICS = (
    "CES", "CSAT", "NPS", "VES", "SERVQUAL", "SERVPERF", "NPS item", "delight", "word of mouth", "complaints",
    "brand image", "bank service", "star rating", "response time", "retention", "employee", "survey", "any",
    "service contact", "ethics scale", "intention", "intention items", "convenience (effort)",
    "ease (effort proxy)",
)  # fmt: skip
#: What a claim may say predicts better than what: metrics, and the two questions of the acceptance of technology.
CONTESTED = (*METRICS, "EASE", "USEFULNESS")
#: Names of the checks of the user's own survey; run by `cxresearch.claims.check` only.
SURVEY_CHECKS = (
    "leads_in_survey", "adds_in_survey", "predicts_in_survey", "signs_in_survey", "bend_in_survey",
    "signs_add_in_survey",
)  # fmt: skip
#: Kinds of figure: lowest and highest value it can have, and the units it may come in (empty: any).
FIGURES: Mapping[str, tuple[float, float, tuple[str, ...]]] = MappingProxyType({
    "share": (0, 100, ("%",)),
    "change": (-100, float("inf"), ("%",)),
    "nps": (-100, 100, ("points",)),
    "points": (-200, 200, ("points",)),
    "gap": (-10, 10, ("points",)),
    "answer": (-100, 100, ("points", "stars")),
    "mean": (-1000, 1000, ()),
    "ratio": (0, float("inf"), ("x", "salaries")),
    "correlation": (-1, 1, ("r", "rho")),
    "difference": (-2, 2, ("r", "rho")),
    "r2": (0, 1, ("R2",)),
    "auc": (0, 1, ("AUC",)),
    "alpha": (-1, 1, ("alpha",)),
    "p_value": (0, 1, ("p",)),
    "count": (0, float("inf"), ()),
    "money": (0, float("inf"), ("USD", "EUR")),
    "time": (0, float("inf"), ("s",)),
    "year": (1900, 2100, ("year",)),
})  # fmt: skip
TRUSTED = ("yes", "second-hand", "recomputed")
NOT_SEEN = "not seen"
BARE = ("year", "r", "rho", "R2", "p", "alpha", "AUC")  # units that the name of a figure says


def _singular(unit: str) -> str:
    """Return the unit of one: ``point``, ``industry``; a symbol stays.

    Examples
    --------
    >>> [_singular(unit) for unit in ("points", "industries", "s", "%")]
    ['point', 'industry', 's', '%']
    """
    if unit.endswith("ies"):
        return unit[:-3] + "y"
    return unit[:-1] if len(unit) > 1 and unit.endswith("s") else unit


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a claim.

    Attributes
    ----------
    name, kind, unit : str
        What it is of, one of `FIGURES`, and its unit.
    value : float
        As printed.
    digits : int
        Decimals printed: the figure stands for all numbers that round to it.
    n : int or None
        Customers (firms, studies) behind it, where that was printed.
    bound : str
        ``"at most"`` and the like where the print gives a limit only; empty otherwise.
    seen : str
        One of `SEEN`.
    """

    name: str
    kind: str
    value: float
    unit: str
    digits: int = 0
    n: int | None = None
    bound: str = ""
    seen: str = "yes"

    @property
    def is_fact(self) -> bool:
        """Whether somebody has seen it in print: only then is it shown."""
        return self.seen in TRUSTED

    @property
    def half_unit(self) -> float:
        """How far the number before rounding may lie from the printed one.

        Zeros at the end of a whole number that is only about right are rounding too.

        Examples
        --------
        >>> Figure("answers", "count", 12000, "answers", bound="about").half_unit
        500.0
        """
        whole = f"{self.value:.0f}"
        zeros = (
            len(whole) - len(whole.rstrip("0"))
            if self.bound == "about" and self.value and not self.digits
            else 0
        )
        return float(0.5 * 10.0 ** (zeros - self.digits))

    def shown(self) -> str:
        """Return the figure as text, or that nobody has seen it.

        Examples
        --------
        >>> Figure("high effort", "share", 96, "%").shown()
        '96 %'
        >>> Figure("told ten", "share", 23, "%", seen="memory").shown()
        'not seen'
        """
        if not self.is_fact:
            return NOT_SEEN
        number = f"{self.value:.0f}" if self.unit == "year" else f"{self.value:,.{self.digits}f}"
        unit = "" if self.unit in BARE else f" {_singular(self.unit) if self.value == 1 else self.unit}"
        return f"{self.bound} {number}{unit}".strip()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of evidence that could decide a claim: by a check, or why it cannot, or not yet checked.

    Attributes
    ----------
    kind : str
        One of `EVIDENCE`.
    check : str
        Name of the function that decides; empty where there is none.
    missing : str
        What a test would need and nobody has; empty where the claim is testable.
    needs : tuple of str
        Data sets of `cxresearch.datasets` that a check has to read.
    tables : tuple of str
        Files of ``data/published`` that a check reads; none named: all that measure what it needs.
    """

    kind: str
    check: str = ""
    missing: str = ""
    needs: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A published statement, in our words.

    Attributes
    ----------
    id, statement, outcome, effect : str
        `effect` is the type of effect claimed, such as ``"risk ratio"``.
    metrics : tuple of str
        Of `METRICS`.
    figures : tuple of Figure
        The numbers printed.
    evidence : tuple of Evidence
        What could decide it, the most direct first.
    better, than : str, tuple of str
        The metric of `CONTESTED` said to predict better, and its rivals; empty where none is.
    sample, population, year, source, address, document, notes, seen_note : str
        Where it comes from; `document` is the id of one of the five documents.
    seen : str
        One of `SEEN`.
    supports, conflicts : tuple of str
        Claims that say the same, and claims that cannot hold beside it or define it otherwise.
    line : int
        Where it stands in the registry.
    """

    id: str
    statement: str
    metrics: tuple[str, ...]
    outcome: str
    effect: str
    seen: str
    evidence: tuple[Evidence, ...]
    figures: tuple[Figure, ...] = ()
    better: str = ""
    than: tuple[str, ...] = ()
    sample: str = ""
    population: str = ""
    year: str = ""
    source: str = ""
    address: str = ""
    document: str = ""
    notes: str = ""
    seen_note: str = ""
    supports: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    line: int = 0

    def figure(self, name: str) -> Figure:
        """Return the figure called `name`; the error lists those there are."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        listed = ", ".join(figure.name for figure in self.figures) or "none"
        raise KeyError(f"{self.id} has no figure {name!r}; it has {listed}")

    def value(self, name: str) -> float:
        """Return the printed value of a figure."""
        return self.figure(name).value


@dataclass(frozen=True)
class Registry:
    """All claims, and the documents they were taken from.

    Attributes
    ----------
    claims : tuple of Claim
        In the order of the file.
    documents : mapping of str to mapping
        Title, publisher, language, date and content of each document by its id.
    """

    claims: tuple[Claim, ...]
    documents: Mapping[str, Mapping[str, str]]

    def __len__(self) -> int:
        return len(self.claims)

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)

    def __getitem__(self, claim_id: str) -> Claim:
        for claim in self.claims:
            if claim.id == claim_id:
                return claim
        raise KeyError(
            f"there is no claim {claim_id!r}; ids run from {self.claims[0].id} to {self.claims[-1].id}"
        )

    def __repr__(self) -> str:
        from_documents = sum(bool(claim.document) for claim in self.claims)
        return f"Registry({len(self)} claims, {from_documents} of them from {len(self.documents)} documents)"
