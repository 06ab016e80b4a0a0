"""Published claims on the user's own survey: which hold there, and which it has no columns for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import pandas as pd

from cxresearch import _claims_survey_effort as effort
from cxresearch._claims_findings import Answer, directed, missing
from cxresearch._claims_schema import Claim, Evidence
from cxresearch.comparison import Comparison, compare
from cxresearch.survey.survey import Survey

#: Metrics of the claims, by the beginning of the instruments (else of the names) that measure them.
MEASURED_BY: Mapping[str, str] = {"CES": "ces", "CSAT": "csat", "NPS": "nps", "VES": "ves"}
OVER: Mapping[str, str] = {"CSAT": "satisfaction", "NPS": "recommendation"}  # in the names of figures
UNITS = ("r", "r2")  # that "x % more accurate" may be in
ROPE = 0.03
DRAWS = 100  # bootstrap draws for ranks, which are not read here


@dataclass(frozen=True)
class Asked:
    """A comparison of the survey's metrics on one outcome.

    Attributes
    ----------
    comparison : Comparison
        Of all metrics that claims are about.
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
        if figure.kind == "ratio" and figure.name == f"effort over {OVER[rival]}"
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
    """Whether satisfaction adds to recommendation in one linear model."""
    joint = asked.comparison.joint
    row = joint[(joint.metric == asked.names["CSAT"]) & (joint.measure == "standardised_coefficient")].iloc[0]
    low, high = float(row["conf_low"]), float(row["conf_high"])
    verdict = directed([(low, high)], ROPE)
    return Answer(
        verdict, "direction",
        "Satisfaction beside recommendation and the survey's other metrics: standardised coefficient "
        f"{row['estimate']:.3f} "
        f"({low:.3f} to {high:.3f}).",
        estimate=float(row["estimate"]), conf_low=low, conf_high=high, unit="standard deviations", n=int(row["n"]),
        open="more answers" if verdict == "underdetermined" else "",
    )  # fmt: skip


def predicts_in_survey(_: Claim, asked: Asked) -> Answer:
    """Whether effort goes with the outcome at all."""
    own, measure = asked.comparison.table, asked.comparison.protocol.measure
    row = own[(own.metric == asked.names["CES"]) & (own.measure == measure) & (own.coding == "linear")].iloc[
        0
    ]
    low, high = float(row["conf_low"]), float(row["conf_high"])
    verdict = directed([(low, high)], ROPE)
    return Answer(
        verdict, "direction", f"Effort with the outcome, {measure}: {row['estimate']:.3f} ({low:.3f} to {high:.3f}).",
        estimate=float(row["estimate"]), conf_low=low, conf_high=high, unit=measure, n=int(row["n"]),
        open="more answers" if verdict == "underdetermined" else "",
    )  # fmt: skip


CHECKS: Mapping[str, tuple[SurveyCheck, tuple[str, ...]]] = {
    "leads_in_survey": (leads_in_survey, ()),
    "adds_in_survey": (adds_in_survey, ("CSAT", "NPS")),
    "predicts_in_survey": (predicts_in_survey, ("CES",)),
}


def code_of(check: str) -> str:
    """Where a check of the survey stands."""
    function = effort.CHECKS[check][0] if check in effort.CHECKS else CHECKS[check][0]
    return f"{function.__module__}.{check}"


def outcomes_for(one: Evidence, outcomes: Sequence[str]) -> Sequence[str]:
    """The outcomes to test a claim on; one empty name where it has none to do with, or the survey has none."""
    without = one.check in effort.CHECKS and not effort.CHECKS[one.check][2]
    return [""] if without or not outcomes else outcomes


def lacking(claim: Claim, one: Evidence, survey: Survey, names: Mapping[str, str]) -> str:
    """What the survey would need for a claim; empty where it has everything."""
    if one.check in effort.CHECKS:
        return " and ".join(effort.lacking(one.check, survey, names))
    wanted = (claim.better, *claim.than) if claim.better else CHECKS[one.check][1]
    absent = [metric for metric in wanted if metric not in names]
    needs = [f"a question for {metric} (instrument {MEASURED_BY[metric]}...)" for metric in absent]
    if len(names) < 2 and not absent:
        needs.append("a second metric to compare with")
    if not survey.codebook.outcomes:
        needs.append("an outcome")
    return " and ".join(needs)


def ask(survey: Survey, outcome: str, names: Mapping[str, str], conf_level: float) -> Asked:
    """Compare all metrics that claims are about on one outcome."""
    chosen = list(names.values())
    found = compare(
        survey, outcome, chosen, rope=ROPE, conf_level=conf_level, folds=2, repeats=1, n_boot=DRAWS
    )
    return Asked(found, names)


def answer(
    claim: Claim, one: Evidence, survey: Survey, asked: Asked | None, outcome: str, conf_level: float
) -> Answer:
    """Return the verdict on a claim in the user's survey; a simulated one cannot support or refute."""
    names = metrics_of(survey)
    lacks = lacking(claim, one, survey, names)
    if lacks:
        return missing(lacks)
    if one.check in effort.CHECKS:
        found = effort.CHECKS[one.check][0](
            survey, names["CES"], effort.signs_of(survey), outcome, conf_level
        )
    elif asked is None:
        return missing("an outcome")
    else:
        found = CHECKS[one.check][0](claim, asked)
    if not survey.codebook.simulated or found.verdict == "underdetermined":
        return found
    truth = "the truth that was chosen for this simulated survey"
    return replace(
        found, verdict="depends", open=truth, sentence=f"{found.sentence} Simulated: it can decide nothing."
    )
