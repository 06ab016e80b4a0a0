"""What the evidence says of a claim: the verdicts, the rules by which they fall, and the finding that holds one.

A verdict is never typed: a check computes numbers from the print, a rule turns them into the verdict, and the
finding carries both the rule and the name of the code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, TypeAlias

from cxresearch._claims_schema import EVIDENCE, Claim, Figure, Registry
from cxresearch.stats.printed import rounding_interval

#: The verdicts, in the order in which the scorecard counts them.
VERDICTS = (
    "reproduced", "contradicted", "depends", "underdetermined", "not testable", "not yet checked",
)  # fmt: skip
#: Verdicts that a finding must say more of: on what it depends, or what is missing.
NAMES_WHAT = ("depends", "underdetermined", "not testable")
DECIDED = ("reproduced", "contradicted")
NOT_COMPUTED = ("not testable", "not yet checked")
SLACK = 1e-9

#: The rules, by the name a check gives them.
RULES: Mapping[str, str] = MappingProxyType({
    "definition": "Reproduced where the definition as printed, applied to every answer it admits or to its own "
    "example, gives the result it states; contradicted where its parts cannot hold together.",
    "reading": "Depends where readings that the print admits give different answers: each is computed.",
    "rounding": "Reproduced where the number computed from the print rounds to the printed one; contradicted where it "
    "does not.",
    "range": "Underdetermined where what the print leaves out lets the answer lie anywhere in a range that holds "
    "more than one reading of the claim.",
    "direction": "In each table the claim fails where the interval of its difference lies wholly below the smallest "
    "difference that matters, and holds where it lies above 0 and not wholly below that difference. Reproduced: it "
    "holds in most and fails in none; contradicted: it fails in most and holds in none; depends: it holds in some and "
    "fails in others; underdetermined: else, the tables being too small to tell.",
    "one table": "One set of customers: contradicted where the interval of the difference lies on the side the claim "
    "denies, reproduced where it lies on the other, else underdetermined. Other customers may differ.",
    "one measure": "Two questions are one measure where the interval of their corrected correlation lies above .9, and "
    "two where it lies below. Reproduced: one in most tables and two in none; contradicted: two in most and one in "
    "none; depends: one in some and two in others; underdetermined: else.",
    "closed form": "Reproduced where the formula gives what is claimed. What was printed is not thereby confirmed.",
    "size": "In the unit that was not printed, r or R²: reproduced where the interval of the ratio holds the printed "
    "multiple in both, depends where in one, contradicted where in neither.",
    "sources": "Reproduced where another source, seen in print, gives the same figure; contradicted where those seen "
    "give only others.",
    "part": "Where the evidence reaches only a part of the claim: contradicted where that part fails, else "
    "underdetermined, the rest being open.",
    "proxy": "Where the evidence measures something else than the claim does (ease of use for effort, an intention for "
    "what customers did, hospitals for patients): underdetermined; what it finds is given and decides nothing.",
    "world": "A statistic that the claim would have above the least that matters, in a simulated world where it is so "
    "and in one where it is not. Depends where its interval is above in the first only; underdetermined else.",
    "missing": "Not testable where what a test would need was neither printed nor published.",
    "unchecked": "Not yet checked: the check is still to be written, or the data it needs are not on this machine.",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check returns.

    Attributes
    ----------
    verdict : str
        One of `VERDICTS`.
    rule : str
        Name of the rule in `RULES`.
    sentence : str
        The finding in one sentence, with its figures.
    estimate, conf_low, conf_high : float
        What was computed, with its interval; NaN where there is none.
    low, high : float
        Range of answers the print allows; NaN where it allows one.
    unit : str
        Of these numbers.
    published : Figure or None
        The printed figure that was held against it.
    n : int or None
        Customers behind the estimate.
    open : str
        What it depends on, or what is missing.
    """

    verdict: str
    rule: str
    sentence: str
    estimate: float = math.nan
    conf_low: float = math.nan
    conf_high: float = math.nan
    low: float = math.nan
    high: float = math.nan
    unit: str = ""
    published: Figure | None = None
    n: int | None = None
    open: str = ""


Check: TypeAlias = Callable[[Claim, Registry], Answer]


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one kind of evidence on one claim.

    Attributes
    ----------
    claim, kind : str
        Id of the claim, one of the kinds of evidence.
    code : str
        The function that computed it; empty where nothing was computed.
    answer : Answer
        Verdict, numbers, sentence, rule.
    """

    claim: str
    kind: str
    code: str
    answer: Answer

    def __post_init__(self) -> None:
        said, kind = self.answer.verdict, self.kind
        if kind not in EVIDENCE or said not in VERDICTS or self.answer.rule not in RULES:
            raise ValueError(
                f"{self.claim}: no such kind, verdict or rule: {kind!r}, {said!r}, {self.answer.rule!r}."
            )
        if not self.code and said not in NOT_COMPUTED:
            raise ValueError(f"{self.claim}: {said!r} needs the code that computed it.")
        if said in NAMES_WHAT and not self.answer.open:
            raise ValueError(f"{self.claim}: {said!r} must say on what it depends or what is missing.")
        if kind == "simulation" and said in DECIDED:
            raise ValueError(f"{self.claim}: a simulation can never support a claim, nor refute one.")
        self._in_one_unit()

    def _in_one_unit(self) -> None:
        """Refuse numbers that cannot be of one unit: an estimate outside of its own interval or range, or no unit."""
        found = self.answer
        values = (found.estimate, found.conf_low, found.conf_high, found.low, found.high)
        if not found.unit and not all(map(math.isnan, values)):
            raise ValueError(f"{self.claim}: its numbers have no unit.")
        for low, high in ((found.conf_low, found.conf_high), (found.low, found.high)):
            if low - SLACK > high or found.estimate < low - SLACK or found.estimate > high + SLACK:
                raise ValueError(
                    f"{self.claim}: {found.estimate:g} does not lie in {low:g} to {high:g}; the numbers of a finding "
                    f"are in one unit, {found.unit!r}."
                )
        if found.conf_low > found.high + SLACK or found.conf_high < found.low - SLACK:
            raise ValueError(
                f"{self.claim}: the interval and the range have nothing in common; are both in {found.unit!r}?"
            )

    def row(self) -> dict[str, Any]:
        """Return the finding as a row of a table.

        The value of the printed figure is given where somebody saw it and it is in the finding's own unit; its text,
        with its unit, always.
        """
        answer = {field.name: getattr(self.answer, field.name) for field in fields(self.answer)}
        published: Figure | None = answer.pop("published")
        alike = published is not None and published.is_fact and published.unit == self.answer.unit
        return {
            "claim": self.claim,
            "kind": self.kind,
            **answer,
            "published": published.value if alike and published else math.nan,
            "printed": published.shown() if published else "",
            "code": self.code,
        }


def matches(found: float, figure: Figure) -> str:
    """Verdict by rounding: whether the number rounds to the printed one.

    Examples
    --------
    >>> matches(42.5, Figure("response rate", "share", 43, "%"))
    'reproduced'
    >>> matches(0.394, Figure("banking", "correlation", 0.4, "r", digits=2))
    'contradicted'
    """
    low, high = rounding_interval(figure.value, 2 * figure.half_unit)
    slack = 1e-9 * max(1.0, abs(found))
    return "reproduced" if low - slack <= found <= high + slack else "contradicted"


def directed(intervals: Sequence[tuple[float, float]], smallest: float = 0.0) -> str:
    """Verdict by direction on the intervals of the claimed differences; `smallest` is the least that matters.

    An interval above 0 that ends below `smallest` shows a difference that does not matter: the claim fails there.

    Examples
    --------
    >>> directed([(0.02, 0.1), (0.1, 0.3)]), directed([(-0.2, -0.1)]), directed([(0.1, 0.2), (-0.2, -0.1)])
    ('reproduced', 'contradicted', 'depends')
    >>> directed([(0.02, 0.1), (-0.1, 0.3)])
    'underdetermined'
    >>> directed([(0.005, 0.02)]), directed([(0.005, 0.02)], 0.03)
    ('reproduced', 'contradicted')
    """
    least = max(smallest, 0.0)
    holds = sum(low > 0 and high >= least for low, high in intervals)
    fails = sum(high < least for _, high in intervals)
    if holds and fails:
        return "depends"
    if 2 * holds > len(intervals):
        return "reproduced"
    return "contradicted" if 2 * fails > len(intervals) else "underdetermined"


def missing(what: str) -> Answer:
    """Answer for a kind of evidence that would need what nobody has."""
    return Answer("not testable", "missing", f"Not testable: it would need {what}.", open=what)


def unchecked(needs: Sequence[str]) -> Answer:
    """Answer for a check still to be written, or whose data are not on this machine."""
    data = f"; it needs {' or '.join(f'`{name}`' for name in needs)}" if needs else ""
    return Answer("not yet checked", "unchecked", f"Not yet checked{data}.")
