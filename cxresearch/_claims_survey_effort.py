"""Claims about effort on the user's own survey: its signs, its bend, and what each adds to the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cxresearch._claims_findings import Answer, directed, missing
from cxresearch._contest import FEWEST_ROWS
from cxresearch.comparison import association_of
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
THE_REST = "what makes a predictor a key one, and whether the customers at risk are those whom it flags"
SAME = 1e-9  # 1 - r² below which two columns are one


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


def poor(survey: Survey, names: Sequence[str]) -> str:
    """What the answers to some questions lack for any test of them together; empty where they lack nothing."""
    cells = survey.cells(list(names))
    kept = cells.where(_complete(cells, names))
    listed = ", ".join(f"`{name}`" for name in names)
    if kept.total < FEWEST_ROWS:
        return f"at least {FEWEST_ROWS} rows that answered all of {listed} (there are {kept.total})"
    said = [lack for name in names if (lack := _alike(name, kept))]
    return f"answers that differ to {' and '.join(said)}" if said else ""


def _complete(cells: Cells, names: Sequence[str]) -> NDArray[np.bool_]:
    """Cells of rows that answered all questions and count."""
    return np.isfinite(cells.values[:, : len(names)]).all(axis=1) & (cells.w > 0)


def _alike(name: str, kept: Cells) -> str:
    """Say which answer all rows give, or all but one: errors are found by leaving rows out one by one."""
    values, code = np.unique(kept.column(name), return_inverse=True)
    rows = np.bincount(code, kept.n)
    most = int(rows.max())
    if kept.total - most > 1:
        return ""
    which = "all" if most == kept.total else "all but one of"
    return f"`{name}` ({which} {kept.total:,} are {values[rows.argmax()]:g})"


def _usable(survey: Survey, effort: str, signs: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The signs whose answers can be tested beside effort, and what those of the others lack."""
    lacks = {sign: poor(survey, [effort, name]) for sign, name in signs.items()}
    return {sign: signs[sign] for sign, lack in lacks.items() if not lack}, [*filter(None, lacks.values())]


def _left_out(lacks: Sequence[str]) -> str:
    return f" Not tested for lack of {'; '.join(lacks)}." if lacks else ""


def _answered(survey: Survey, names: list[str]) -> tuple[Cells, dict[str, Array]]:
    """Patterns of the rows that answered all questions, and their answers turned so that high is good."""
    cells = survey.cells(names, clusters=True)
    kept = cells.where(_complete(cells, names))
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
    signs, lacks = _usable(survey, effort, signs)
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
        f"Rank correlation of effort with its signs: {'; '.join(said)}. Harder issues bring both: this is no effect."
        f"{_left_out(lacks)}",
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
    if len(np.unique(ease)) < 3 or not ease.min() < knot < ease.max():
        side = knot if scale.good != "low" else -knot
        return missing(
            f"answers to `{effort}` on both sides of {side:g}, three different ones or more (here: "
            f"{', '.join(f'{one:g}' for one in np.unique(cells.column(effort)))})"
        )
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
    signs, lacks = _usable(survey, effort, signs)
    if lack := poor(survey, [effort, *signs.values(), outcome]):
        return missing(lack)
    cells, answers = _answered(survey, [effort, *signs.values(), outcome])

    def standard(x: Array) -> Array:
        centred = x - np.average(x, weights=cells.w)
        return np.asarray(centred / max(math.sqrt(np.average(centred**2, weights=cells.w)), SAME))

    smooth = standard(np.sum([standard(answers[name]) for name in signs.values()], axis=0))
    X = np.column_stack([standard(answers[effort]), smooth])
    if np.linalg.det((X.T * cells.w) @ X / cells.w.sum()) < SAME:
        return missing(f"signs ({', '.join(signs)}) that together differ, and do not follow from `{effort}`")
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
        f"Standardised coefficients with the outcome, in one model: {'; '.join(said)} ({', '.join(signs)})."
        f"{_left_out(lacks)}",
        low=float(coef.min()), high=float(coef.max()), unit="standard deviations", n=cells.total,
        open={"depends": "which of the two: one adds, the other does not", "underdetermined": MORE}.get(verdict, ""),
    )  # fmt: skip


def predicts_in_survey(
    survey: Survey, effort: str, _signs: Mapping[str, str], outcome: str, conf_level: float
) -> Answer:
    """Whether effort goes with the outcome at all, which is the least of being a key predictor of it."""
    measure, one, rows = association_of(survey, outcome, effort)
    low, high = one.r_interval(conf_level)
    verdict = directed([(low, high)], ROPE)
    failed = verdict == "contradicted"
    return Answer(
        "contradicted" if failed else "underdetermined", "part",
        f"Effort with the outcome, {measure}: {one.value:.3f} ({low:.3f} to {high:.3f}). Only whether it goes with the "
        "outcome at all is tested.",
        estimate=one.value, conf_low=low, conf_high=high, unit=measure, n=rows,
        open="" if failed else f"{MORE}; {THE_REST}" if verdict == "underdetermined" else THE_REST,
    )  # fmt: skip


#: By name: the function, whether it needs signs, whether it needs an outcome.
CHECKS: Mapping[str, tuple[EffortCheck, bool, bool]] = {
    "predicts_in_survey": (predicts_in_survey, False, True),
    "signs_in_survey": (signs_in_survey, True, False),
    "bend_in_survey": (bend_in_survey, False, True),
    "signs_add_in_survey": (signs_add_in_survey, True, True),
}


def lacking(check: str, survey: Survey, names: Mapping[str, str], outcome: str) -> list[str]:
    """What the survey would need for one of these checks: questions first, then answers to them."""
    _, wants_signs, wants_outcome = CHECKS[check]
    signs = signs_of(survey)
    needs = [] if "CES" in names else ["a question for CES (instrument ces...)"]
    if wants_signs and not signs:
        needs.append(f"a driver that counts {', '.join(SIGNS)} (known by its name)")
    if wants_outcome and not outcome:
        needs.append("an outcome")
    if needs:
        return needs
    if lack := poor(survey, [names["CES"], *([outcome] if wants_outcome else [])]):
        return [lack]
    usable, lacks = _usable(survey, names["CES"], signs)
    return lacks if wants_signs and not usable else []
