"""What a drivers question refuses: wrong arguments, and drivers that no number of customers could tell apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from cxresearch._driver_design import Array, Setting
from cxresearch.errors import DesignError, SurveyError
from cxresearch.stats import responses
from cxresearch.stats.designs import Design
from cxresearch.survey._text import LONGEST, shown
from cxresearch.survey.survey import Survey

DEPENDENT = 1e-9  # smallest eigenvalue of the columns' correlations; below, one follows from the others
TELLING = 1e-3  # loading from which a column takes part in a dependence
SAME = 1e-10  # 1 - |r| below which two answers are one


def check_arguments(
    survey: Any,
    outcome: Any,
    names: Mapping[str, Any],
    *,
    adverse: Any,
    reference: Any,
    conf_level: Any,
    n_boot: Any,
    seed: Any,
) -> None:
    """Refuse arguments of `cxresearch.drivers` of the wrong type or range; `names` holds those that list names."""
    if not isinstance(survey, Survey):
        raise ValueError(
            f"`survey` must be what cx.read returns; got {type(survey).__name__}. First cx.read(answers, codebook)."
        )
    check_name("outcome", outcome)
    for argument, several in names.items():
        if several is not None and not (isinstance(several, str) or _all(several, _is_text)):
            raise ValueError(f"`{argument}` must be a list of names; got {shown(several)}.")
    if not (adverse is None or isinstance(adverse, str) or _is_number(adverse) or _all(adverse, _is_number)):
        raise ValueError(
            f"`adverse` must be answers such as [1, 2] or a comparison such as '<= 3'; got {shown(adverse)}."
        )
    if not (reference is None or isinstance(reference, Mapping)):
        raise ValueError(
            f"`reference` must be answers by driver, such as {{'transfers': 0}}; got {shown(reference)}."
        )
    check_number("conf_level", conf_level)
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level}.")
    for argument, value, least in (("n_boot", n_boot, 100), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise ValueError(f"`{argument}` must be a whole number; got {shown(value)}.")
        if value < least:
            raise ValueError(f"`{argument}` must be at least {least}; got {value}.")


def check_name(argument: str, name: Any) -> None:
    """Refuse what is not the name of a question."""
    if not isinstance(name, str):
        raise ValueError(f"`{argument}` must be one name; got {shown(name)}.")


def check_number(argument: str, value: Any) -> None:
    """Refuse what is not a number."""
    if not _is_number(value):
        raise ValueError(f"`{argument}` must be a number; got {shown(value)}.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _all(values: Any, test: Callable[[Any], bool]) -> bool:
    return isinstance(values, Collection) and all(test(value) for value in values)


def refuse_ill_posed(setting: Setting, weight: str | bool | None) -> None:
    """Raise an error that names what is wrong: one cluster, constant, copied, dependent, or too many for the rows."""
    rows = setting.sample.rows
    if setting.sample.degrees < 1:
        raise DesignError(
            f"all {rows:,} rows that answered everything lie in one cluster a stratum, so no error can be estimated; "
            "use clusters=False if rows were drawn one by one."
        )
    for one in setting.variables:
        if len(np.unique(one.values[one.applies])) < 2:
            raise SurveyError(
                f"`{one.name}` has a single answer among the {rows:,} rows that answered everything; leave it out "
                f"of `{one.role}s`."
            )
    fitted = len(setting.terms) + max(len(setting.outcome.levels) - 1 if _ordered(setting) else 1, 1)
    if rows <= fitted:
        raise SurveyError(
            f"{rows:,} rows cannot estimate {fitted} parameters ({len(setting.terms)} columns of "
            f"{len(setting.variables)} drivers and controls); leave some out."
        )
    if setting.sample.n_effective <= fitted:
        raise SurveyError(
            f"the weights{f' in {weight!r}' if weight else ''} rest on so few rows that {rows:,} are worth "
            f"{setting.sample.n_effective:.1f}, fewer than the {fitted} parameters; use weights=False or mend them."
        )
    _refuse_copies(setting)
    _refuse_dependent(setting)


def refuse_lone_units(sample: Design, strata: str | None) -> None:
    """Raise the error of a stratum with a single sampling unit with the column that holds the strata."""
    if strata is None:
        return
    try:
        _ = sample.factors
    except DesignError as error:
        raise DesignError(f"column {shown(strata)}: {error}") from None


def _ordered(setting: Setting) -> bool:
    return setting.outcome.family in ("cumulative", "logit", "probit")


def _correlations(columns: Array, w: Array) -> Array:
    centred = columns - w @ columns / w.sum()
    spread = np.sqrt(w @ centred**2)
    Z = centred / np.where(spread > 0, spread, 1.0)
    return np.asarray((Z.T * w) @ Z)


def _refuse_copies(setting: Setting) -> None:
    """Refuse a driver whose answers are those of the outcome."""
    R = _correlations(np.column_stack([setting.X, setting.outcome.values]), setting.sample.w)
    same = np.flatnonzero(np.abs(R[-1, :-1]) > 1 - SAME)
    if len(same):
        name = setting.owners[same[0]][0]
        raise SurveyError(
            f"`{name}` holds the same answers as the outcome `{setting.outcome.name}` in all "
            f"{setting.sample.rows:,} rows, so it explains nothing; leave it out."
        )


def _refuse_dependent(setting: Setting) -> None:
    """Refuse columns of which one follows exactly from the others."""
    smallest, loadings = np.linalg.eigh(_correlations(setting.X, setting.sample.w))
    if smallest[0] > DEPENDENT:
        return
    telling = np.abs(loadings[:, 0]) > TELLING
    terms = [f"`{term}`" for term, counts in zip(setting.terms, telling, strict=True) if counts]
    raise SurveyError(
        f"{', '.join(terms)}: each follows exactly from the other{'s' * (len(terms) > 2)} in all "
        f"{setting.sample.rows:,} rows that answered everything, so their effects cannot be told apart. Leave one "
        "of them out."
    )


def refuse_separated(setting: Setting, family: responses.Family, y: Array) -> None:
    """Raise a `SurveyError` that names the drivers without which a fit would have bounds."""
    guilty = []
    for one in setting.variables:
        rest = [j for j, owner in enumerate(setting.owners) if one.name not in owner]
        if rest and not responses.fit(family, y, setting.X[:, rest], setting.sample.w).separated:
            guilty.append(one.name)
    if len(setting.variables) == 1 or not guilty:
        guilty = [one.name for one in setting.variables]
    told = "; ".join(filter(None, (_pure_answers(setting, name, y) for name in guilty[:3])))
    raise SurveyError(
        f"{', '.join(f'`{name}`' for name in guilty)} split{'s' * (len(guilty) == 1)} the answers to "
        f"`{setting.outcome.name}` without error{f' ({told})' if told else ''}, so the effect has no bound. Merge "
        "rare answers with their neighbours, or leave the driver out."
    )


def _pure_answers(setting: Setting, name: str, y: Array) -> str:
    """Answers of one variable at which the outcome never varies."""
    one = setting.variable(name)
    codes = np.where(one.applies, one.values, -1.0)
    found = []
    for code in np.unique(codes):
        here = codes == code
        if len(np.unique(y[here])) == 1:
            rows = int(setting.sample.n[here].sum())
            label = str(one.levels[int(code)]) if one.levels and code >= 0 else f"{code:g}"
            label = label if len(label) <= LONGEST else shown(label)
            answer = "not applicable" if code < 0 and not one.applies.all() else label
            found.append(f"all {rows:,} with {name} = {answer} gave {y[here][0]:g}")
    return ", ".join(found[:3])
