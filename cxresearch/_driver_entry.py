"""From a survey to the setting of a drivers question; what cannot be asked is refused with the way out."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np

from cxresearch._driver_checks import refuse_ill_posed, refuse_lone_units
from cxresearch._driver_design import Array, Codes, Flags, Outcome, Setting, Variable
from cxresearch.errors import CodebookError, ScaleError, SurveyError
from cxresearch.stats.designs import Design
from cxresearch.stats.responses import Family, better_link
from cxresearch.survey._text import shown
from cxresearch.survey.cells import Cells
from cxresearch.survey.codebook import Question
from cxresearch.survey.survey import Survey

ORDINAL_UP_TO = 21  # distinct answers; beyond, thresholds would outnumber what they explain
FEWEST_ROWS = 10
_COMPARISON = re.compile(r"\s*(<=|>=|<|>|==?)\s*(-?\d+(?:\.\d+)?)\s*")
_LIST = re.compile(r"\s*-?\d+(?:\.\d+)?\s*(?:,\s*-?\d+(?:\.\d+)?\s*)*")
_OPERATORS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "==": operator.eq,
}  # fmt: skip


def enter(
    survey: Survey,
    outcome: str,
    drivers: Sequence[str] | None = None,
    controls: Sequence[str] | None = None,
    *,
    model: str | None = None,
    adverse: str | Sequence[float] | None = None,
    reference: Mapping[str, Any] | None = None,
    interactions: Sequence[str] = (),
    weights: bool = True,
    clusters: bool = True,
) -> Setting:
    """Make the setting of a drivers question; the arguments are those of `cxresearch.drivers`.

    Raises
    ------
    CodebookError
        For names that are unknown, named twice, or play two parts.
    ScaleError
        For a category without levels, or answers that are not on a scale.
    SurveyError
        For answers that cannot be explained: too few, constant, copies of one another.
    DesignError
        Where all rows lie in one cluster.
    ValueError
        For an argument outside its choices.
    """
    named = _names(survey, outcome, drivers, controls)
    target = survey.question(outcome)
    if target.kind == "category":
        raise ScaleError(f"`{outcome}` is a category, not a scale: its answers have no order to explain.")
    questions = {name: survey.question(name) for name in named}
    cells = survey.cells([*named, outcome], weights=weights, clusters=clusters, not_applicable=np.inf)
    levels = {name: _levels(cells, question, named[name]) for name, question in questions.items()}
    answers = {name: _answers(cells, question, levels[name]) for name, question in questions.items()}
    answers[outcome] = cells.column(outcome)
    keep = ~np.isnan(np.column_stack(list(answers.values()))).any(axis=1) & (cells.w > 0)
    rows = int(cells.n[keep].sum())
    if rows < FEWEST_ROWS:
        _too_few(cells, answers, rows)
    sample = _sample(cells, keep, survey.codebook.strata)
    given = _references(questions, named, reference or {})
    variables = tuple(
        _variable(questions[name], role, levels[name], answers[name][keep], given.get(name), sample.w)
        for name, role in named.items()
    )
    setting = Setting(
        outcome=_outcome(target, answers[outcome][keep], cells.n[keep], model, adverse),
        variables=variables,
        interactions=_pairs(interactions, tuple(named)),
        sample=sample,
        n_missing=int(cells.n.sum()) - rows,
        unanswered=_unanswered(cells, answers),
    )
    refuse_ill_posed(setting, weights and survey.codebook.weight)
    refuse_lone_units(sample, survey.codebook.strata)
    return _with_link(setting) if model is None and setting.outcome.family == "cumulative" else setting


def _with_link(setting: Setting) -> Setting:
    """Take the errors behind ordered answers that fit better, weights counting effective rows.

    Unequal weights make a weighted log-likelihood vary as that of (Σw)² / Σw² rows does (Kish), so that is what they
    sum to; clusters are not allowed for.
    """
    outcome, sample = setting.outcome, setting.sample
    family, gain = better_link(outcome.values, setting.X, sample.w * (sample.n_effective / sample.w.sum()))
    return replace(setting, outcome=replace(outcome, family=family, link_gain=gain))


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    """Names as a tuple; a single name is one name, not its letters."""
    return (names,) if isinstance(names, str) else tuple(names)


def _names(
    survey: Survey, outcome: str, drivers: Sequence[str] | None, controls: Sequence[str] | None
) -> dict[str, Literal["driver", "control"]]:
    """Return the role of each name in this question, drivers first."""
    book = survey.codebook
    survey.question(outcome)
    chosen = tuple(n for n in book.drivers if n != outcome) if drivers is None else _several(drivers)
    held = tuple(n for n in book.controls if n != outcome and n not in chosen)
    held = held if controls is None else _several(controls)
    if not chosen:
        raise CodebookError(
            "`drivers` names none; give names, or write entries such as [drivers.transfers] in the codebook. "
            f"It has {', '.join(repr(q.name) for q in book.questions if q.name != outcome) or 'nothing else'}."
        )
    for what, names in (("drivers", chosen), ("controls", held)):
        for name in names:
            survey.question(name)
            if name == outcome:
                raise CodebookError(f"`{name}` is the outcome; leave it out of `{what}`.")
            if names.count(name) > 1:
                raise CodebookError(f"`{what}` names {name!r} twice.")
    both = [name for name in chosen if name in held]
    if both:
        raise CodebookError(f"`{both[0]}` is given as a driver and as a control; choose one.")
    return {**dict.fromkeys(chosen, "driver"), **dict.fromkeys(held, "control")}


def _levels(cells: Cells, question: Question, role: str) -> tuple[Any, ...]:
    """Levels of a category, the reference first; a control needs none of its own."""
    if question.kind != "category":
        return ()
    found = cells.levels[question.name]
    if question.levels or role == "control":
        return question.levels or tuple(found)
    listed = ", ".join(map(shown, found[:8]))
    raise ScaleError(
        f"`{question.name}` is a category without `levels`, so there is nothing to compare with: write "
        f"levels = [{listed}{', ...' if len(found) > 8 else ''}] in its codebook entry, the reference first."
    )


def _answers(cells: Cells, question: Question, levels: tuple[Any, ...]) -> Array:
    """Raw answers of the cells; of a category, positions in its levels."""
    values = cells.column(question.name)
    if question.kind != "category":
        return values
    found = cells.levels[question.name]
    place = {str(level): float(code) for code, level in enumerate(levels)}
    codes = np.array([place.get(str(level), np.nan) for level in found])
    strange = [level for level, code in zip(found, codes, strict=True) if np.isnan(code)]
    if strange:
        raise SurveyError(
            f"`{question.name}` holds {', '.join(map(shown, strange[:8]))}, which its `levels` do not name: add "
            "them there, or to `missing` or `not_applicable`."
        )
    inside = np.isfinite(values)
    made = values.copy()
    made[inside] = codes[values[inside].astype(np.int64)]
    return made


def _too_few(cells: Cells, answers: Mapping[str, Array], rows: int) -> None:
    names = ", ".join(f"`{name}`" for name in answers)
    missing = _unanswered(cells, answers)
    worst = max(missing, key=missing.__getitem__) if missing else ""
    hint = (
        f" `{worst}` alone lacks {missing[worst]:,}: leave it out, or check its missing codes."
        if worst
        else ""
    )
    raise SurveyError(
        f"only {rows} of {int(cells.n.sum()):,} rows answered all of {names} with a weight above 0; drivers need "
        f"at least {FEWEST_ROWS}.{hint}"
    )


def _unanswered(cells: Cells, answers: Mapping[str, Array]) -> dict[str, int]:
    counts = {name: int(cells.n[np.isnan(values)].sum()) for name, values in answers.items()}
    return {name: count for name, count in counts.items() if count}


def _sample(cells: Cells, keep: Flags, strata: str | None) -> Design:
    return Design(
        n=cells.n[keep],
        w=cells.w[keep],
        w2=cells.w2[keep],
        cluster=None if cells.cluster is None else cells.cluster[keep],
        stratum=None if cells.stratum is None else cells.stratum[keep],
        population=cells.population,
        stratum_names=None if strata is None else dict(enumerate(cells.levels[strata])),
        exact=not cells.weighted or cells.weight_exact,
    )


def _references(
    questions: Mapping[str, Question], named: Mapping[str, str], given: Mapping[str, Any]
) -> dict[str, float]:
    """Answer at which each driver has vanished: 0, the first level, the best answer, or as given."""
    strange = [name for name in given if named.get(name) != "driver"]
    if strange:
        choices = ", ".join(repr(name) for name, role in named.items() if role == "driver")
        raise ValueError(
            f"`reference` has {strange[0]!r}, which is not one of the drivers; they are {choices}."
        )
    found = {}
    for name, question in questions.items():
        scale = question.scale
        if name in given:
            found[name] = position(question, given[name], "reference", question.levels)
        elif question.kind == "category":
            found[name] = 0.0
        elif question.kind in ("count", "binary"):
            found[name] = scale.low
        elif question.kind == "scale":
            found[name] = scale.high if scale.good == "high" else scale.low
    return {name: value for name, value in found.items() if np.isfinite(value)}


def position(question: Question, answer: Any, argument: str, levels: Sequence[Any]) -> float:
    """Return an answer as the cells hold it: itself, or its position among the levels of a category."""
    if question.kind == "category":
        known = [str(level) for level in levels]
        if str(answer) not in known:
            raise ValueError(
                f"`{argument}` of {question.name!r} must be one of {', '.join(map(shown, levels))}; got "
                f"{shown(answer)}."
            )
        return float(known.index(str(answer)))
    if isinstance(answer, str):
        answer = question.scale.labels.get(answer.strip(), answer)
    number = isinstance(answer, (int, float, np.number)) and not isinstance(answer, bool)
    value = float(answer) if number or isinstance(answer, (bool, np.bool_)) else np.nan
    if not question.scale.within(value):
        raise ValueError(
            f"`{argument}` of {question.name!r} must be an answer on its scale {question.scale}; got "
            f"{shown(answer)}."
        )
    return value


def _variable(
    question: Question,
    role: Literal["driver", "control"],
    levels: tuple[Any, ...],
    answers: Array,
    reference: float | None,
    w: Array,
) -> Variable:
    concerned = np.isfinite(answers)
    values = np.where(concerned, answers, np.nan)
    centre = 0.0
    if question.kind == "category":
        levels, values, reference = _held(question.name, levels, values, reference)
    elif not concerned.all() and concerned.any():
        centre = float(np.average(answers[concerned], weights=w[concerned]))
    return Variable(question.name, role, question.kind, values, question.scale, levels, reference, centre)


def _held(
    name: str, levels: tuple[Any, ...], codes: Array, reference: float | None
) -> tuple[tuple[Any, ...], Array, float | None]:
    """Drop levels that nobody gave; the reference must be held."""
    held = np.unique(codes[~np.isnan(codes)]).astype(np.int64)
    needed = {0} | (set() if reference is None else {int(reference)})
    for code in needed - set(held.tolist()):
        raise SurveyError(
            f"nobody who answered everything has {name} = {shown(levels[code])}, the reference; put another level "
            "first in its `levels`."
        )
    made = np.where(np.isnan(codes), np.nan, np.searchsorted(held, codes))
    place = None if reference is None else float(np.searchsorted(held, int(reference)))
    return tuple(levels[code] for code in held), made, place


def _pairs(interactions: str | Sequence[str], names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that `interactions` names."""
    pairs: list[tuple[str, str]] = []
    for text in _several(interactions):
        first, _, second = str(text).partition(":")
        for name in (first, second):
            if name not in names:
                raise ValueError(
                    f"`interactions` has {text!r}; write two of the names as 'one:other': {', '.join(names)}."
                )
        if first == second or {first, second} in [set(pair) for pair in pairs]:
            raise ValueError(f"`interactions` has {text!r}; each pair is two different names, once.")
        pairs.append((first, second))
    return tuple(pairs)


def _outcome(
    question: Question, values: Array, n: Codes, model: str | None, adverse: str | Sequence[float] | None
) -> Outcome:
    rows = int(n.sum())
    levels, code = np.unique(np.round(values, 9), return_inverse=True)
    if len(levels) < 2:
        raise SurveyError(
            f"`{question.name}` has a single answer, {levels[0]:g}, among the {rows:,} rows that answered "
            "everything: there is nothing to explain."
        )
    held = np.bincount(code.reshape(-1), weights=n)
    if held.max() >= rows - 1:
        raise SurveyError(
            f"`{question.name}`: {int(held.max()):,} of {rows:,} rows that answered everything gave "
            f"{levels[np.argmax(held)]:g}. One answer that differs cannot tell what drives it."
        )
    return Outcome(
        name=question.name,
        kind=question.kind,
        family=_family(question, levels, model),
        values=levels[code],
        levels=levels,
        code=code.astype(np.int64).reshape(-1),
        scale=question.scale,
        adverse_levels=_adverse(question, levels, adverse),
    )


def _family(question: Question, levels: Array, model: str | None) -> Family:
    count = len(levels)
    if model is None:
        if question.kind == "count":
            return "poisson"
        few = question.kind in ("scale", "binary") and count <= ORDINAL_UP_TO
        return "linear" if not few else "logit" if count == 2 else "cumulative"
    if model not in get_args(Family):
        raise ValueError(f"`model` must be one of {', '.join(map(repr, get_args(Family)))}; got {model!r}.")
    many = count > ORDINAL_UP_TO and f"takes at most {ORDINAL_UP_TO} answers; `{question.name}` has {count:,}"
    unfit = {
        "logit": count != 2 and f"needs two answers; `{question.name}` has {count:,}",
        "cumulative": many,
        "probit": many,
        "poisson": levels[0] < 0 and f"needs counts; `{question.name}` goes down to {levels[0]:g}",
    }.get(model)
    if unfit:
        raise ValueError(f"`model` {model!r} {unfit}.")
    return "logit" if model == "cumulative" and count == 2 else model  # type: ignore[return-value]


def _adverse(question: Question, levels: Array, asked: str | Sequence[float] | None) -> Flags | None:
    """Flag the answers that count as bad; None where nobody said, or nobody or everybody gave one."""
    scale = question.scale
    if asked is None:
        if question.kind not in ("scale", "binary"):
            return None
        middle = (scale.low + scale.high) / 2
        flags = levels < middle if scale.good == "high" else levels > middle
        return flags if 0 < flags.sum() < len(levels) else None
    if isinstance(asked, str) and _LIST.fullmatch(asked):
        flags = np.isin(levels, [float(answer) for answer in asked.split(",")])
    elif isinstance(asked, str):
        parts = _COMPARISON.fullmatch(asked)
        if parts is None:
            raise ValueError(
                f"`adverse` must be answers or a comparison, such as '1,2,3' or '<= 3'; got {shown(asked)}."
            )
        flags = _OPERATORS[parts[1]](levels, float(parts[2]))
    else:
        flags = np.isin(levels, list(asked) if isinstance(asked, Collection) else [asked])
    if not 0 < flags.sum() < len(levels):
        who = "nobody" if not flags.any() else "everybody"
        listed = ", ".join(f"{x:g}" for x in levels[:12]) + (", ..." if len(levels) > 12 else "")
        raise ValueError(
            f"`adverse` = {asked!r}: {who} gave such an answer. Answers of {question.name}: {listed}."
        )
    return flags
