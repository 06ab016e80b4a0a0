"""Checks on the answers of single customers in the open sets: metrics against one another, scorings, cuts.

Intervals come from influence values, so no answer has to be normal; an interval of a difference uses that the same
customers gave both answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._claims_checks_arithmetic import Z, all_match
from cxresearch._claims_findings import Answer, Check, directed
from cxresearch._claims_schema import Claim, Registry
from cxresearch._datafiles import locate
from cxresearch.stats.correlations import compare_dependent
from cxresearch.stats.influence import influence_cov, pearson_influence, spearman_influence
from cxresearch.survey.scales import Net, Scale

Array = NDArray[np.float64]
Interval = tuple[float, float]

#: Columns of each set by what they ask, and the ends of its scale.
ITEMS: Mapping[str, Mapping[str, str]] = {
    "csibank": {"satisfaction": "sat1", "recommendation": "loy3", "choose again": "loy1"},
    "spanish_bank": {"satisfaction": "sat1", "recommendation": "loy3", "choose again": "loy1"},
    "ecsi_mobile": {"satisfaction": "CUSA1", "recommendation": "CUSL3", "choose again": "CUSL1"},
    "mobile_reputation": {
        "satisfaction": "cusa", "recommendation": "cusl_1", "choose again": "cusl_2", "remain": "cusl_3",
    },
}  # fmt: skip
SCALES = {"csibank": Scale(0, 10), "spanish_bank": Scale(0, 10), "ecsi_mobile": Scale(1, 10)}
BLOCKS = {"csibank": ("imag", "qual"), "spanish_bank": ("imag", "qual"), "ecsi_mobile": ("IMAG", "PERQ")}
NO_ANSWER = -99
SMALLEST = 0.03  # difference of two correlations taken to matter, as in `cxresearch.compare`
FOLDS = 10
CUTS = [(up, down) for down in range(2, 9) for up in range(down + 2, 11)]  # promoters from, detractors to
OFFICIAL = (9, 6)


@cache
def rows(name: str) -> Mapping[str, Array]:
    """Answers of the customers of a set who answered all questions asked here, by what was asked."""
    items = ITEMS[name]
    frame = pd.read_csv(locate(name))[list(items.values())]
    kept = frame[(frame != NO_ANSWER).all(axis=1)]
    return {asked: kept[column].to_numpy(float) for asked, column in items.items()}


def difference(a: Array, b: Array, y: Array, *, ranks: bool = False) -> tuple[float, Interval]:
    """By how much a goes more strongly with y than b does, and the interval."""
    measure = spearman_influence if ranks else pearson_influence
    (r_a, psi_a), (r_b, psi_b) = measure(a, y), measure(b, y)
    half = Z * math.sqrt(float(influence_cov(psi_a - psi_b, np.ones(len(y)))[0, 0]))
    return r_a - r_b, (r_a - r_b - half, r_a - r_b + half)


def _listed(found: Mapping[str, tuple[float, Interval]]) -> str:
    return "; ".join(
        f"{name} {value:+.3f} ({low:.3f} to {high:.3f})" for name, (value, (low, high)) in found.items()
    )


def _directed(
    found: Mapping[str, tuple[float, Interval]], words: str, unit: str, smallest: float, n: int
) -> Answer:
    """Verdict by direction on differences by set, all of them listed."""
    verdict = directed([ends for _, ends in found.values()], smallest)
    values = [value for value, _ in found.values()]
    open_ = {"depends": "the customers asked and what they were asked", "underdetermined": "more customers"}
    return Answer(
        verdict, "direction", f"{words}: {_listed(found)}.", low=min(values), high=max(values), unit=unit, n=n,
        open=open_.get(verdict, ""),
    )  # fmt: skip


def _outcomes(names: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (name, outcome)
        for name in names
        for outcome in ITEMS[name]
        if outcome not in ("satisfaction", "recommendation")
    ]


def leads_in_rows(_claim: Claim, _: Registry) -> Answer:
    """Whether recommending goes with loyalty more strongly than satisfaction, by rank, set and outcome."""
    found = {
        f"{name}, {outcome}": difference(
            rows(name)["recommendation"], rows(name)["satisfaction"], rows(name)[outcome], ranks=True
        )
        for name, outcome in _outcomes(list(ITEMS))
    }
    words = (
        "Recommendation minus satisfaction, one item each, difference of rank correlations with an intention"
    )
    n = sum(len(rows(name)["satisfaction"]) for name in ITEMS)
    return _directed(found, words, "rho", SMALLEST, n)


def contest_in_rows(claim: Claim, _: Registry) -> Answer:
    """Our own figures on a contest, recomputed from the rows."""
    [one] = [evidence for evidence in claim.evidence if evidence.kind == "open data"]
    if "mobile_reputation" in one.needs:
        return _two_outcomes(claim)
    data, outcome = rows(one.needs[0]), "choose again"
    satisfaction, recommendation = (
        float(np.corrcoef(data[name], data[outcome])[0, 1]) for name in ("satisfaction", "recommendation")
    )
    between = float(np.corrcoef(data["satisfaction"], data["recommendation"])[0, 1])
    test = compare_dependent(satisfaction, recommendation, between, len(data[outcome]))
    found = {"satisfaction": satisfaction, "recommendation": recommendation}
    return all_match(claim, found | {"difference": test.estimate, "p": test.p_value}, "difference")


def _two_outcomes(claim: Claim) -> Answer:
    """The contest of the set that asks two outcomes, each among those who answered its three questions."""
    items = ITEMS["mobile_reputation"]
    frame = pd.read_csv(locate("mobile_reputation"))
    found: dict[str, float] = {}
    for outcome in ("remain", "choose again"):
        three = frame[[items["satisfaction"], items["recommendation"], items[outcome]]]
        kept = three[(three != NO_ANSWER).all(axis=1)].to_numpy(float)
        a, b, c = np.corrcoef(kept.T)[[0, 1, 0], [2, 2, 1]]
        test = compare_dependent(float(a), float(b), float(c), len(kept))
        found |= {f"{outcome}, satisfaction": float(a), f"{outcome}, recommendation": float(b)}
        found |= (
            {"difference": test.estimate, "p": test.p_value}
            if outcome == "remain"
            else {"p, choose again": test.p_value}
        )
    return all_match(claim, found, "difference")


def image_in_rows(_claim: Claim, _: Registry) -> Answer:
    """Whether brand image foretells recommendation better than the quality experienced, out of sample."""
    found, n = {}, 0
    for name, (image, quality) in BLOCKS.items():
        frame = pd.read_csv(locate(name))
        y = frame[ITEMS[name]["recommendation"]].to_numpy(float)
        errors = [_errors(frame.filter(regex=f"^{block}").to_numpy(float), y) for block in (image, quality)]
        gain = (errors[1] - errors[0]) / y.var()
        half = Z * float(gain.std(ddof=1)) / math.sqrt(len(y))
        found[name] = float(gain.mean()), (float(gain.mean()) - half, float(gain.mean()) + half)
        n += len(y)
    words = (
        f"Recommendation foretold by the image items minus by the quality items, share of variance in {FOLDS}-fold "
        "cross-validation"
    )
    return _directed(found, words, "R2", 0.0, n)


def _errors(X: Array, y: Array) -> Array:
    """Squared error of each customer, foretold by a line fitted to the others' folds."""
    fold = np.arange(len(y)) % FOLDS
    A, errors = np.column_stack([np.ones(len(y)), X]), np.empty(len(y))
    for k in range(FOLDS):
        beta = np.linalg.lstsq(A[fold != k], y[fold != k], rcond=None)[0]
        errors[fold == k] = (y[fold == k] - A[fold == k] @ beta) ** 2
    return errors


def classes_against_satisfaction(_claim: Claim, _: Registry) -> Answer:
    """Whether satisfaction goes with choosing again more strongly than the three classes of NPS do."""
    found = {
        name: difference(rows(name)["satisfaction"], _classes(name, OFFICIAL), rows(name)["choose again"])
        for name in SCALES
    }
    words = "Satisfaction as answered minus recommendation in three classes, correlations with choosing again"
    return _directed(found, words, "r", SMALLEST, sum(len(rows(name)["satisfaction"]) for name in SCALES))


def cost_of_classes(_claim: Claim, _: Registry) -> Answer:
    """What the three classes of NPS lose of the answer, for an intention."""
    found = {
        name: difference(rows(name)["recommendation"], _classes(name, OFFICIAL), rows(name)["choose again"])
        for name in SCALES
    }
    values = [value for value, _ in found.values()]
    return Answer(
        "underdetermined", "proxy",
        "Recommendation as answered minus in three classes, difference of correlations with choosing again: "
        f"{_listed(found)}. An intention, not retention.",
        low=min(values), high=max(values), unit="r", open="the answers beside what the same customers did later",
    )  # fmt: skip


def _classes(name: str, cut: tuple[int, int]) -> Array:
    return Net(*cut).apply(rows(name)["recommendation"], SCALES[name])


def _cuts(claim: Claim, of: str) -> dict[str, tuple[float, Interval]]:
    """The printed cuts against the best others, by set; and which those are."""
    printed = int(claim.value("promoters from")), int(claim.value("detractors to"))
    found = {}
    for name in SCALES:
        y = rows(name)[of]
        strength = {cut: float(np.corrcoef(_classes(name, cut), y)[0, 1]) for cut in CUTS if cut != printed}
        best = max(strength, key=strength.__getitem__)
        label = f"{name} (best other: {best[0]} and more, {best[1]} and less)"
        found[label] = difference(_classes(name, printed), _classes(name, best), y)
    return found


def _best_cut(claim: Claim, of: str, words: str) -> Answer:
    what = f"The printed cuts minus the best other of {len(CUTS)}"
    said = f"{what}, difference of correlations of the three classes with {words}"
    return _directed(_cuts(claim, of), said, "r", 0.0, sum(len(rows(name)[of]) for name in SCALES))


def cuts_by_satisfaction(claim: Claim, _: Registry) -> Answer:
    """Whether the printed cuts agree with satisfaction better than all others."""
    return _best_cut(claim, "satisfaction", "satisfaction")


def cuts_by_intention(claim: Claim, _: Registry) -> Answer:
    """Whether the printed cuts separate those who would choose again better than all others."""
    return _best_cut(claim, "choose again", "choosing again")


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        leads_in_rows, contest_in_rows, image_in_rows, classes_against_satisfaction, cost_of_classes,
        cuts_by_satisfaction, cuts_by_intention,
    )
}  # fmt: skip
