"""Claims about effort on the user's own survey: its signs, its bend, and what each adds to the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch._claims_findings import Answer, directed
from cxresearch.stats.fisher import normal_quantile
from cxresearch.stats.influence import influence_cov, spearman_influence
from cxresearch.stats.regression import fit_linear, sandwich
from cxresearch.survey.cells import Cells
from cxresearch.survey.survey import Survey

Array = NDArray[np.float64]
EffortCheck: TypeAlias = Callable[[Survey, str, Mapping[str, str], str, float], Answer]

#: Signs of effort that the claims name, by pieces of the names of drivers; the first that fits takes a driver.
SIGNS: Mapping[str, tuple[str, ...]] = {
    "repeating information": ("repeated_info", "repeat_info", "repeating_info"),
    "channel switching": ("switch",),
    "generic service": ("generic",),
    "transfers": ("transfer", "hand_off", "handoff", "reassign"),
    "repeat contacts": ("repeat", "reopen", "recontact"),
}
ROPE = 0.03  # of a correlation or of a standardised coefficient: the least that matters
MORE = "more answers"


def signs_of(survey: Survey) -> dict[str, str]:
    """Return the survey's driver for each sign of effort, known by its name; the first of each."""
    found: dict[str, str] = {}
    for name, question in survey.codebook.drivers.items():
        sign = next(
            (sign for sign, pieces in SIGNS.items() if any(piece in name.lower() for piece in pieces)), None
        )
        if sign and question.kind != "category":
            found.setdefault(sign, name)
    return {sign: found[sign] for sign in SIGNS if sign in found}


def _answered(survey: Survey, names: list[str]) -> tuple[Cells, dict[str, Array]]:
    """Patterns of the rows that answered all questions, and their answers turned so that high is good."""
    cells = survey.cells(names, clusters=True)
    kept = cells.where(np.isfinite(cells.values[:, : len(names)]).all(axis=1))
    turned = {}
    for name in names:
        good = survey.scale(name).good
        turned[name] = kept.column(name) if good != "low" else -kept.column(name)
    return kept, turned


def _error(psi: Array, cells: Cells) -> float:
    covariance = influence_cov(
        psi, cells.w, cells.w2, n=cells.n, cluster=cells.cluster, stratum=cells.stratum
    )
    return math.sqrt(float(covariance[0, 0]))


def signs_in_survey(
    survey: Survey, effort: str, signs: Mapping[str, str], _outcome: str, conf_level: float
) -> Answer:
    """Whether effort goes with each of its signs that the survey counts."""
    ends, said, values, n = [], [], [], 0
    for sign, name in signs.items():
        cells, answers = _answered(survey, [effort, name])
        r, psi = spearman_influence(answers[effort], answers[name], cells.w)
        half = normal_quantile(conf_level) * _error(psi, cells)
        ends.append((r - half, r + half))
        values.append(r)
        said.append(f"{sign} (`{name}`) {r:.2f} ({r - half:.2f} to {r + half:.2f})")
        n = max(n, cells.total)
    verdict = directed(ends, ROPE)
    return Answer(
        verdict, "direction",
        f"Rank correlation of effort with its signs: {'; '.join(said)}. Harder issues bring both: this is no effect.",
        low=min(values), high=max(values), unit="rho", n=n,
        open={"depends": "the sign", "underdetermined": MORE}.get(verdict, ""),
    )  # fmt: skip


def _fitted(cells: Cells, y: Array, X: Array) -> tuple[Array, Array]:
    """Coefficients of a weighted line after its intercept, and their standard errors by the design."""
    fit = fit_linear(y, X, cells.w, n=cells.total)
    covariance = sandwich(
        fit, y, X, cells.w, cells.w2, n=cells.n, cluster=cells.cluster, stratum=cells.stratum
    )
    return fit.coef[1:], np.sqrt(np.diag(covariance))[1:]


def bend_in_survey(
    survey: Survey, effort: str, _signs: Mapping[str, str], outcome: str, conf_level: float
) -> Answer:
    """Whether the outcome rises more steeply with ease up to the first agreeing answer than beyond."""
    cells, answers = _answered(survey, [effort, outcome])
    scale = survey.scale(effort)
    middle = (scale.low + scale.high) / 2
    knot = (middle if scale.good != "low" else -middle) + 1
    ease = answers[effort]
    coef, errors = _fitted(cells, answers[outcome], np.column_stack([ease, np.maximum(ease - knot, 0.0)]))
    half = normal_quantile(conf_level) * float(errors[1])
    less = -float(coef[1])
    verdict = directed([(less - half, less + half)])
    return Answer(
        verdict, "direction",
        f"Points of the outcome per point of ease: {coef[0]:.2f} up to one above the middle, {coef[0] + coef[1]:.2f} "
        f"beyond; the difference is {less:.2f} ({less - half:.2f} to {less + half:.2f}).",
        estimate=less, conf_low=less - half, conf_high=less + half, unit="points per point", n=cells.total,
        open=MORE if verdict == "underdetermined" else "",
    )  # fmt: skip


def signs_add_in_survey(
    survey: Survey, effort: str, signs: Mapping[str, str], outcome: str, conf_level: float
) -> Answer:
    """Whether effort and its signs each go with the outcome when the other is held fixed."""
    cells, answers = _answered(survey, [effort, *signs.values(), outcome])

    def standard(x: Array) -> Array:
        centred = x - np.average(x, weights=cells.w)
        return np.asarray(centred / math.sqrt(np.average(centred**2, weights=cells.w)))

    smooth = standard(np.sum([standard(answers[name]) for name in signs.values()], axis=0))
    X = np.column_stack([standard(answers[effort]), smooth])
    coef, errors = _fitted(cells, standard(answers[outcome]), X)
    half = normal_quantile(conf_level) * errors
    ends = [(float(b - h), float(b + h)) for b, h in zip(coef, half, strict=True)]
    verdict = directed(ends, ROPE)
    said = [
        f"{words} {b:.3f} ({low:.3f} to {high:.3f})"
        for words, b, (low, high) in zip(("ease", "freedom from the signs"), coef, ends, strict=True)
    ]
    return Answer(
        verdict, "direction",
        f"Standardised coefficients with the outcome, in one model: {'; '.join(said)} ({', '.join(signs)}).",
        low=float(coef.min()), high=float(coef.max()), unit="standard deviations", n=cells.total,
        open={"depends": "which of the two: one adds, the other does not", "underdetermined": MORE}.get(verdict, ""),
    )  # fmt: skip


#: By name: the function, whether it needs signs, whether it needs an outcome.
CHECKS: Mapping[str, tuple[EffortCheck, bool, bool]] = {
    "signs_in_survey": (signs_in_survey, True, False),
    "bend_in_survey": (bend_in_survey, False, True),
    "signs_add_in_survey": (signs_add_in_survey, True, True),
}


def lacking(check: str, survey: Survey, names: Mapping[str, str]) -> list[str]:
    """What the survey would need for one of these checks."""
    _, wants_signs, wants_outcome = CHECKS[check]
    needs = [] if "CES" in names else ["a question for CES (instrument ces...)"]
    if wants_signs and not signs_of(survey):
        needs.append(f"a driver that counts {', '.join(SIGNS)} (known by its name)")
    if wants_outcome and not survey.codebook.outcomes:
        needs.append("an outcome")
    return needs
