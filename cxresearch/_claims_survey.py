"""Published claims on the user's own survey: which hold there, and which it has no columns for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import pandas as pd

from cxresearch import _claims_survey_effort as effort
from cxresearch._claims_findings import DECIDED, Answer, directed, missing
from cxresearch._claims_schema import Claim, Evidence
from cxresearch._rows import door_notes
from cxresearch.comparison import Comparison, compare
from cxresearch.errors import SurveyError
from cxresearch.results import SIMULATED, Note
from cxresearch.survey.survey import Survey

#: Metrics of the claims, by the beginning of the instruments (else of the names) that measure them.
MEASURED_BY: Mapping[str, str] = {"CES": "ces", "CSAT": "csat", "NPS": "nps", "VES": "ves"}
OVER: Mapping[str, str] = {"CSAT": "satisfaction", "NPS": "recommendation"}  # in the names of figures
UNITS = ("r", "r2")  # that "x % more accurate" may be in
ROPE = 0.03
DRAWS = 100  # bootstrap draws for ranks, which are not read here
NUMBERS = re.compile(r"[-+\d.,%]+")


@dataclass(frozen=True)
class Asked:
    """A comparison, on one outcome, of the metrics that a claim is about.

    Attributes
    ----------
    comparison : Comparison
        Of these metrics, on the rows that answered all of them.
    names : mapping of str to str
        The survey's question for each metric of the claims.
    """

    comparison: Comparison
    names: Mapping[str, str]

    def difference(self, better: str, rival: str) -> pd.Series:
        """Row of `pairs` for better minus rival, on the comparison's own measure."""
        one, two = self.names[better], self.names[rival]
        pairs = self.comparison.pairs[self.comparison.pairs.measure == self.comparison.protocol.measure]
        straight = pairs[(pairs.a == one) & (pairs.b == two)]
        if len(straight):
            return straight.iloc[0]
        row = pairs[(pairs.a == two) & (pairs.b == one)].iloc[0].copy()
        row["estimate"], row["conf_low"], row["conf_high"] = (
            -row["estimate"],
            -row["conf_high"],
            -row["conf_low"],
        )
        return row

    def ratio(self, better: str, rival: str, unit: str) -> tuple[float, float]:
        """Limits of the ratio of two accuracies, better over rival, in one unit; NaN where there is no interval."""
        one, two = self.names[better], self.names[rival]
        rows = self.comparison.ratios[self.comparison.ratios.unit == unit]
        straight = rows[(rows.a == one) & (rows.b == two)]
        if len(straight):
            return float(straight.iloc[0]["conf_low"]), float(straight.iloc[0]["conf_high"])
        row = rows[(rows.a == two) & (rows.b == one)].iloc[0]
        return 1 / float(row["conf_high"]), 1 / float(row["conf_low"])


SurveyCheck: TypeAlias = Callable[[Claim, Asked], Answer]


def metrics_of(survey: Survey) -> dict[str, str]:
    """Return the survey's question for each metric of the claims: by instrument, else by name; the first of each."""
    found: dict[str, str] = {}
    for name, question in survey.codebook.metrics.items():
        for metric, start in MEASURED_BY.items():
            if (question.instrument or name.lower()).startswith(start):
                found.setdefault(metric, name)
    return found


def leads_in_survey(claim: Claim, asked: Asked) -> Answer:
    """Whether the metric said to be better correlates more strongly with the outcome than every rival."""
    rows = {rival: asked.difference(claim.better, rival) for rival in claim.than}
    ends = [(float(row["conf_low"]), float(row["conf_high"])) for row in rows.values()]
    each = [directed([one], ROPE) for one in ends]
    verdict = (
        "contradicted"
        if "contradicted" in each
        else "underdetermined"
        if "underdetermined" in each
        else "reproduced"
    )
    listed = "; ".join(
        f"{claim.better} minus {rival} {row['estimate']:+.3f} ({row['conf_low']:.3f} to {row['conf_high']:.3f})"
        for rival, row in rows.items()
    )
    first = next(iter(rows.values()))
    one = len(rows) == 1
    measure = asked.comparison.protocol.measure
    found = Answer(
        verdict, "direction", f"Difference in {measure}: {listed}.",
        estimate=float(first["estimate"]) if one else math.nan, conf_low=ends[0][0] if one else math.nan,
        conf_high=ends[0][1] if one else math.nan, low=min(float(row["estimate"]) for row in rows.values()),
        high=max(float(row["estimate"]) for row in rows.values()), unit=measure, n=int(first["n"]),
        open="more answers" if verdict == "underdetermined" else "",
    )  # fmt: skip
    return _of_size(claim, asked, found) if verdict == "reproduced" else found


def _of_size(claim: Claim, asked: Asked, found: Answer) -> Answer:
    """Hold the printed multiples against those of the survey, in each unit: the order alone is not the claim."""
    printed = {
        rival: figure
        for figure in claim.figures
        for rival in claim.than
        if figure.kind == "ratio" and figure.name == f"effort over {OVER.get(rival, rival)}"
    }
    if not printed:
        return found
    if not all(figure.is_fact for figure in printed.values()):
        what = "the printed multiples, which nobody has seen"
        return replace(
            found,
            verdict="underdetermined",
            open=what,
            sentence=f"{found.sentence} Only the order is tested.",
        )
    said, hit = [], []
    for rival, figure in printed.items():
        for unit in UNITS:
            low, high = asked.ratio(claim.better, rival, unit)
            hit.append(low - figure.half_unit <= figure.value <= high + figure.half_unit)
            said.append(f"{unit} {low:.2f} to {high:.2f}")
    verdict = "reproduced" if all(hit) else "depends" if any(hit) else "contradicted"
    sizes = ", ".join(figure.shown() for figure in printed.values())
    return replace(
        found, verdict=verdict, rule="size", open="the unit of the multiple" if verdict == "depends" else "",
        sentence=f"{found.sentence} Printed: {sizes}; the ratio here, by unit: {'; '.join(said)}.",
    )  # fmt: skip


def adds_in_survey(_: Claim, asked: Asked) -> Answer:
    """Whether satisfaction adds to recommendation in one linear model of the two."""
    joint = asked.comparison.joint
    row = joint[(joint.metric == asked.names["CSAT"]) & (joint.measure == "standardised_coefficient")].iloc[0]
    low, high = float(row["conf_low"]), float(row["conf_high"])
    verdict = directed([(low, high)], ROPE)
    return Answer(
        verdict, "direction",
        f"Satisfaction beside recommendation: standardised coefficient {row['estimate']:.3f} ({low:.3f} to "
        f"{high:.3f}).",
        estimate=float(row["estimate"]), conf_low=low, conf_high=high, unit="standard deviations", n=int(row["n"]),
        open="more answers" if verdict == "underdetermined" else "",
    )  # fmt: skip


CHECKS: Mapping[str, tuple[SurveyCheck, tuple[str, ...]]] = {
    "leads_in_survey": (leads_in_survey, ()),
    "adds_in_survey": (adds_in_survey, ("CSAT", "NPS")),
}


def code_of(check: str) -> str:
    """Where a check of the survey stands."""
    function = effort.CHECKS[check][0] if check in effort.CHECKS else CHECKS[check][0]
    return f"{function.__module__}.{check}"


def outcomes_for(one: Evidence, outcomes: Sequence[str]) -> Sequence[str]:
    """The outcomes to test a claim on; one empty name where it has none to do with, or the survey has none."""
    without = one.check in effort.CHECKS and not effort.CHECKS[one.check][2]
    return [""] if without or not outcomes else outcomes


def wanted(claim: Claim, one: Evidence) -> tuple[str, ...]:
    """Metrics that a claim is about, in the order in which they are compared."""
    about = {*CHECKS[one.check][1]} or {claim.better, *claim.than}
    return (*(metric for metric in MEASURED_BY if metric in about), *sorted(about - {*MEASURED_BY}))


def lacking(claim: Claim, one: Evidence, survey: Survey, names: Mapping[str, str], outcome: str) -> str:
    """What the survey would need for a claim; empty where it has everything."""
    if outcome and survey.question(outcome).kind == "category":
        return f"an outcome that is a scale or a number: `{outcome}` is a category"
    if one.check in effort.CHECKS:
        return " and ".join(effort.lacking(one.check, survey, names, outcome))
    metrics = wanted(claim, one)
    needs = [
        f"a question for {metric}"
        + (f" (instrument {MEASURED_BY[metric]}...)" if metric in MEASURED_BY else "")
        for metric in metrics
        if metric not in names
    ]
    if not outcome:
        needs.append("an outcome")
    return " and ".join(needs) or effort.poor(survey, [*(names[metric] for metric in metrics), outcome])


@dataclass(frozen=True)
class Asking:
    """The user's survey with the comparisons made on it, each made once.

    Attributes
    ----------
    survey : Survey
        The user's own.
    names : mapping of str to str
        Its question for each metric of the claims, by `metrics_of`.
    conf_level : float
        Level of every interval.
    made : dict
        By outcome and metrics: the comparison, or why there is none.
    against : dict
        By outcome: the note that effort goes against it.
    """

    survey: Survey
    names: Mapping[str, str]
    conf_level: float
    made: dict[tuple[str, tuple[str, ...]], Asked | str] = field(default_factory=dict)
    against: dict[str, Note] = field(default_factory=dict)

    def answer(self, claim: Claim, one: Evidence, outcome: str) -> Answer:
        """Return the verdict on a claim; a simulated survey cannot support or refute, and says so."""
        lacks = lacking(claim, one, self.survey, self.names, outcome)
        found = missing(lacks) if lacks else self._tested(claim, one, outcome)
        if not self.survey.codebook.simulated or found.verdict not in (*DECIDED, "depends"):
            return found
        truth = "the truth that was chosen for this simulated survey"
        return replace(
            found,
            verdict="depends",
            open=truth,
            sentence=f"{found.sentence} Simulated: it can decide nothing.",
        )

    def _tested(self, claim: Claim, one: Evidence, outcome: str) -> Answer:
        if one.check in effort.CHECKS:
            name, signs = self.names["CES"], effort.signs_of(self.survey)
            found = effort.CHECKS[one.check][0](self.survey, name, signs, outcome, self.conf_level)
            if one.check == "predicts_in_survey" and found.estimate < 0:
                self.against[outcome] = _against(name, outcome, found.estimate)
            return found
        asked = self._compared(wanted(claim, one), outcome)
        if isinstance(asked, str):
            return missing(f"other answers: {asked}")
        return CHECKS[one.check][0](claim, asked)

    def _compared(self, metrics: tuple[str, ...], outcome: str) -> Asked | str:
        """Compare some metrics on an outcome, or say why they cannot be."""
        if (outcome, metrics) not in self.made:
            chosen = [self.names[metric] for metric in metrics]
            try:
                found = compare(
                    self.survey, outcome, chosen, rope=ROPE, conf_level=self.conf_level, folds=2, repeats=1,
                    n_boot=DRAWS,
                )  # fmt: skip
                self.made[outcome, metrics] = Asked(found, self.names)
            except SurveyError as error:
                self.made[outcome, metrics] = str(error).split(". ")[0].rstrip(".")
        return self.made[outcome, metrics]

    def notes(self, outcomes: Sequence[str]) -> tuple[Note, ...]:
        """What changes the reading: of the questions used, then of the comparisons with most metrics; said once."""
        used = {*self.names.values(), *effort.signs_of(self.survey).values(), *outcomes}
        made = {key: asked for key, asked in self.made.items() if isinstance(asked, Asked)}
        widest = [
            asked.comparison
            for (outcome, metrics), asked in made.items()
            if not any(outcome == other and {*metrics} < {*more} for other, more in made)
        ]
        said = [
            *door_notes(self.survey.problems, used),
            *(note for one in widest for note in one.notes if note.changes_reading and note != SIMULATED),
            *(note for outcome, note in self.against.items() if (outcome, "CES") not in _with(made)),
        ]
        # rows differ between comparisons, and so do the numbers of a note that both give
        return tuple({NUMBERS.sub("", note.text): note for note in reversed(said)}.values())[::-1]


def _with(made: Mapping[tuple[str, tuple[str, ...]], Asked]) -> set[tuple[str, str]]:
    return {(outcome, metric) for outcome, metrics in made for metric in metrics}


def _against(name: str, outcome: str, r: float) -> Note:
    text = (
        f"`{name}` goes down as `{outcome}` goes up (r = {r:.3f}) although the codebook says both are better the same "
        "way. Check `good` of its scale before reading what is said of effort."
    )
    return Note("reversed", text, changes_reading=True)
