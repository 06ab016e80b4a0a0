"""Further checks on published matrices: composites of items, parts of a claim, patients' tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, betaincinv

from cxresearch._claims_checks_arithmetic import all_match
from cxresearch._claims_checks_published import satisfaction_adds_to_recommendation, with_roles
from cxresearch._claims_findings import Answer, Check, directed
from cxresearch._claims_published import Published, table
from cxresearch._claims_schema import Claim, Registry
from cxresearch.stats.correlations import compare_dependent
from cxresearch.stats.fisher import CorrelationTest

Array = NDArray[np.float64]
PATIENTS = "picker_bmjqs_spearman.csv"


def composite_contest(one: Published, a: Array, b: Array, outcome: str) -> CorrelationTest:
    """Set two weighted sums of variables of a table against each other on one outcome; weights per variable."""
    sd = np.where(np.isnan(one.sd), 1.0, one.sd)
    S = one.matrix * np.outer(sd, sd)
    y = np.zeros(len(S))
    y[one.places(outcome)[0]] = 1.0
    W = np.column_stack([a, b, y])
    C = W.T @ S @ W
    R = C / np.sqrt(np.outer(np.diag(C), np.diag(C)))
    return compare_dependent(float(R[0, 2]), float(R[1, 2]), float(R[0, 1]), one.n)


def _sum_of(one: Published, places: Sequence[int]) -> Array:
    weights = np.zeros(len(one.matrix))
    weights[list(places)] = 1 / len(places)
    return weights


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
        closer_to_a_rating,
    )
}  # fmt: skip
