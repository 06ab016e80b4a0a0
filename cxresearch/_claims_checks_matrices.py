"""Further checks on published matrices: composites of items, parts of a claim, patients' tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, betaincinv

from cxresearch._claims_checks_arithmetic import all_match, in_part
from cxresearch._claims_checks_published import FIRMS, satisfaction_adds_to_recommendation, with_roles
from cxresearch._claims_findings import Answer, Check, directed
from cxresearch._claims_published import Published, table
from cxresearch._claims_schema import Claim, Registry
from cxresearch.stats.correlations import compare_dependent
from cxresearch.stats.fisher import CorrelationTest, fisher_interval

Array = NDArray[np.float64]
PATIENTS = "picker_bmjqs_spearman.csv"


def composite_contest(one: Published, a: Array, b: Array, outcome: str) -> CorrelationTest:
    """Set two weighted sums of variables of a table against each other on one outcome; weights per variable."""
    return compare_dependent(*_composites(one, a, b, outcome), one.n)


def _composites(one: Published, a: Array, b: Array, outcome: str) -> tuple[float, float, float]:
    """Correlations of two weighted sums with the outcome, and with one another."""
    sd = np.where(np.isnan(one.sd), 1.0, one.sd)
    S = one.matrix * np.outer(sd, sd)
    y = np.zeros(len(S))
    y[one.places(outcome)[0]] = 1.0
    W = np.column_stack([a, b, y])
    C = W.T @ S @ W
    R = C / np.sqrt(np.outer(np.diag(C), np.diag(C)))
    return float(R[0, 2]), float(R[1, 2]), float(R[0, 1])


def _sum_of(one: Published, places: Sequence[int]) -> Array:
    weights = np.zeros(len(one.matrix))
    weights[list(places)] = 1 / len(places)
    return weights


def printed_contest(claim: Claim, _: Registry) -> Answer:
    """Our own figures on one table, recomputed from its matrix: for one item of satisfaction, and for their sum."""
    [one] = with_roles(claim, "satisfaction", "recommendation", "choose_again")
    rival = _sum_of(one, one.places("recommendation"))
    found, tests = dict[str, float](), []
    for role, mark in (("satisfaction", ""), ("satisfaction_items", f", {_items(claim)}")):
        r = _composites(one, _sum_of(one, one.places(role)), rival, "choose_again")
        test = compare_dependent(*r, one.n)
        found |= {mark.lstrip(", ") or role: r[0], "recommendation": r[1]}
        found |= {f"difference{mark}": test.estimate, f"p{mark}": test.p_value}
        tests.append(test)
    found["R2 ratio"] = (found["satisfaction"] / found["recommendation"]) ** 2
    printed = {name: found[name] for name in (figure.name for figure in claim.figures)}
    answer = all_match(claim, printed, "difference")
    return replace(answer, conf_low=tests[0].conf_low, conf_high=tests[0].conf_high)


def _items(claim: Claim) -> str:
    """Name of the figure that the sum of the items has: ``three items``."""
    return next(figure.name for figure in claim.figures if figure.name.endswith(" items"))


#: Cells of a table that a claim prints: variable by variable, by the name of the figure.
CELLS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "L-044": {
        "satisfaction, loyalty": ("satisfaction", "loyalty"),
        "satisfaction, intent": ("satisfaction", "repurchase_intent"),
        "loyalty, repurchase": ("loyalty", "repurchase_intent"),
    },
    "L-083": {"satisfaction, loyalty": ("CS", "CL"), "quality, loyalty": ("PSQ", "CL")},
}
#: What a table cannot show of a claim.
REST = {"L-044": "whether satisfaction goes with repurchase behaviour, which the table does not hold"}


def printed_cells(claim: Claim, _: Registry) -> Answer:
    """The figures of a claim looked up in the table they come from."""
    [one] = with_roles(claim)
    found = {
        name: float(one.matrix[one.variables.index(a), one.variables.index(b)])
        for name, (a, b) in CELLS[claim.id].items()
    }
    answer = all_match(claim, found, next(iter(found)), told="In the table itself")
    if one.n:
        low, high = map(float, fisher_interval(answer.estimate, one.n))
        answer = replace(answer, conf_low=low, conf_high=high)
    return in_part(answer, REST[claim.id]) if claim.id in REST else answer


def firm_correlations(claim: Claim, _: Registry) -> Answer:
    """The printed correlations of firms looked up in their table, with the interval of the highest."""
    rows = {row["variable"]: float(row["pearson_r"]) for row in table(FIRMS).rows}
    codes = {"ROA": "ROA", "ROEE": "ROEE", "sales growth": "GRS", "net revenue growth": "GRNR"}
    found = {name: rows[code] for name, code in codes.items()}
    answer = all_match(claim, found, "ROA", told="In the table itself")
    low, high = fisher_interval(rows["ROA"], claim.figure("ROA").n or 0)
    return replace(answer, conf_low=float(low), conf_high=float(high))


def performance_against_gap(claim: Claim, _: Registry) -> Answer:
    """Whether quality as perceived goes with satisfaction more strongly than quality less expectation."""
    found = {}
    for one in with_roles(claim, "quality", "expectations", "satisfaction"):
        performance = _sum_of(one, one.places("quality"))
        gap = performance - _sum_of(one, one.places("expectations"))
        found[one.title] = composite_contest(one, performance, gap, "satisfaction")
    listed = "; ".join(
        f"{name} {test.estimate:+.2f} ({test.conf_low:.2f} to {test.conf_high:.2f})"
        for name, test in found.items()
    )
    values = [test.estimate for test in found.values()]
    return Answer(
        "underdetermined", "proxy",
        f"Mean of the quality items minus quality less expectations, difference of correlations with overall "
        f"satisfaction: {listed}. Items of the customer satisfaction index and satisfaction, not the 22 of SERVQUAL "
        f"and "
        "overall service quality.",
        low=min(values), high=max(values), unit="r", open="answers to the 22 items in both forms",
    )  # fmt: skip


def quality_against_recommendation(claim: Claim, _: Registry) -> Answer:
    """Quality as perceived against recommendation, on choosing again and on satisfaction."""
    values, said = [], []
    for outcome, words in (("choose_again", "choosing again"), ("satisfaction", "satisfaction")):
        found = [
            composite_contest(
                one, _sum_of(one, one.places("quality")), _sum_of(one, one.places("recommendation")), outcome
            ).estimate
            for one in with_roles(claim, "quality", "recommendation", outcome)
        ]
        values += found
        said.append(f"with {words} {', '.join(f'{value:+.2f}' for value in found)}")
    return Answer(
        "underdetermined", "proxy",
        f"Mean of the quality items minus recommendation, difference of correlations by table: {'; '.join(said)}. "
        f"Quality "
        "items are not the vendor's measure of experience; results of firms are in none.",
        low=min(values), high=max(values), unit="r", open="the vendor's items with its coefficients and their errors",
    )  # fmt: skip


def alone_for_an_intention(claim: Claim, registry: Registry) -> Answer:
    """Whether satisfaction adds to recommendation, for an intention: the part that tables reach."""
    found = satisfaction_adds_to_recommendation(claim, registry)
    return Answer(
        "contradicted" if found.verdict == "contradicted" else "underdetermined", "part", found.sentence, low=found.low,
        high=found.high, unit=found.unit, open="retention and share of wallet of the same customers, recorded later",
    )  # fmt: skip


def sign_of_differences(claim: Claim, _: Registry) -> Answer:
    """How many dimensions go more strongly with satisfaction than with recommending."""
    rows = table(PATIENTS).rows
    closer = [abs(float(row["satisfaction"])) > abs(float(row["willing_to_recommend"])) for row in rows]
    p = min(1.0, 2 * float(bdtrc(sum(closer) - 1, len(closer), 0.5)))
    answer = all_match(
        claim,
        {"dimensions closer to satisfaction": float(sum(closer)), "dimensions": float(len(closer))},
        "dimensions closer to satisfaction",
    )
    return replace(
        answer, sentence=f"{answer.sentence} Sign test: p = {p:.3f}; no n is printed for the patients."
    )


def closer_to_a_rating(_claim: Claim, _: Registry) -> Answer:
    """Whether most experience dimensions of patients go more with an overall rating than with recommending."""
    rows = table(PATIENTS).rows
    n = len(rows)
    k = sum(abs(float(row["satisfaction"])) > abs(float(row["willing_to_recommend"])) for row in rows)
    low = float(betaincinv(k, n - k + 1, 0.025)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 0.975)) if k < n else 1.0
    verdict = directed([(low - 0.5, high - 0.5)])
    return Answer(
        verdict, "direction",
        f"{k} of {n} dimensions of patients' experience go more with the overall rating, {100 * k / n:.0f} % "
        f"({100 * low:.0f} to {100 * high:.0f} %, exact), more than half being the claim. Other patients than the "
        f"claim's; "
        "how many is not printed.",
        estimate=100 * k / n, conf_low=100 * low, conf_high=100 * high, unit="%", n=n,
        open="more dimensions, or the number of patients" if verdict == "underdetermined" else "",
    )  # fmt: skip


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        performance_against_gap, quality_against_recommendation, alone_for_an_intention, sign_of_differences,
        closer_to_a_rating, printed_contest, printed_cells, firm_correlations,
    )
}  # fmt: skip
