"""What a reader of the drivers' figures must know."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxresearch._driver_design import Setting
from cxresearch._driver_effects import FEWEST_ROWS, Model, rows_apart
from cxresearch._driver_scenarios import leverages, observed
from cxresearch._rows import door_notes
from cxresearch.results import SIMULATED, Note
from cxresearch.stats import standardisation as standard
from cxresearch.survey.survey import Survey

MISFIT = 1.0  # standard errors between the model's own level and the observed one
SEEN = 0.9  # share of customers for whom a scenario is no extrapolation
FEW_CLUSTERS = 30
CLEAR = 2.0  # log-likelihood by which one link fits better than another; an AIC difference of 4
ALONE = 0.5  # leverage of a single row from which it decides a slope more than all the others
FEW_PER_TERM = 5  # rarer answers for each column of the model: calibrated were eight and more

FAMILIES = {
    "cumulative": "Cumulative logit model",
    "logit": "Logit model",
    "probit": "Probit model (normal errors behind the answers)",
    "poisson": "Poisson model with errors that need no Poisson law",
    "linear": "Linear model",
}


def method_of(setting: Setting, conf_level: float) -> str:
    """Return how a drivers question was answered, in one sentence."""
    sample, held = setting.sample, ", ".join(one.name for one in setting.controls)
    errors = "linearised t over the customers"
    if sample.cluster is not None or sample.stratum is not None:
        errors = f"linearised t over the survey design, at most {sample.degrees:,} degrees of freedom"
    depends = ", ".join(" with ".join(pair) for pair in setting.interactions)
    told = [
        FAMILIES[setting.outcome.family] + (f" holding {held} fixed" if held else ""),
        *([f"interactions: {depends}"] if depends else []),
        "effects averaged over the customers",
        "importance: shares of the linear model's R²",
        f"{100 * conf_level:g} % intervals by {errors}.",
    ]
    return "; ".join(told)


def notes_of(survey: Survey, setting: Setting, model: Model, gone: pd.DataFrame) -> tuple[Note, ...]:
    """Return the notes of a drivers question."""
    made = [SIMULATED] if survey.codebook.simulated else []
    used = {setting.outcome.name, *(one.name for one in setting.variables)}
    made += [_predicts(setting), *door_notes(survey.problems, used), *_coded(setting), *_left_out(setting)]
    made += [*_unmeasurable(setting), *_rare(setting), *_few_rows(setting), *_alone(setting), *_turned(gone)]
    return (*made, *_link(setting), *_misfits(setting, model), *_design(setting))


def _link(setting: Setting) -> list[Note]:
    """Which errors behind ordered answers were taken, where the answers chose."""
    gain = setting.outcome.link_gain
    if gain is None:
        return []
    names = ["the cumulative logit", "the cumulative probit"]
    other = ["probit", "cumulative"]
    taken = setting.outcome.family == "probit"
    how = "clearly" if gain >= CLEAR else "hardly"
    sample = setting.sample
    worth = round(sample.n_effective)
    counted = f", the weighted answers counting for {worth:,} rows" if worth < sample.rows else ""
    text = (
        f"Of two models of ratings {names[taken]} is taken, because it fits better than {names[not taken]}: {how}, by "
        f"{gain:.1f} of log-likelihood, with as many parameters{counted}. They differ in rare answers; "
        f'`model="{other[taken]}"` shows by how much.'
    )
    return [Note("link", text)]


def _turned(gone: pd.DataFrame) -> list[Note]:
    """Drivers without which there would be more adverse answers: good things, or a direction that was not said."""
    shares = gone[(gone.measure == "attributable_share") & (gone.conf_high < 0)]
    if shares.empty:
        return []
    names = ", ".join(f"`{name}`" for name in shares.driver)
    text = (
        f"More adverse answers are predicted without {names}. Where that is no surprise, give the better answer as "
        '`reference`; where it is, a direction may be missing: `good = "low"` of the outcome or of the driver.'
    )
    return [Note("turned", text, changes_reading=True)]


def _predicts(setting: Setting) -> Note:
    held = ", ".join(f"`{one.name}`" for one in setting.controls)
    text = (
        "Predicts, not causes: customers are compared who are alike in everything asked about here"
        f"{f', {held} too' if held else '; nothing else is held fixed'}. Whatever was not recorded can make these "
        "differences."
    )
    return Note("predicts", text, changes_reading=not held)


def _few_rows(setting: Setting) -> list[Note]:
    """Comparisons with next to nobody on one side."""
    told = [
        f"`{one.name}` {term} {rows:,}"
        for one in setting.drivers
        for term, rows in rows_apart(setting, one).items()
        if rows < FEWEST_ROWS
    ]
    if not told:
        return []
    text = (
        f"Rows that tell these apart from the rest: {', '.join(told)}. Fewer than {FEWEST_ROWS} give no interval, and "
        "an estimate that is one story: join rare answers, or leave them out."
    )
    return [Note("few_rows", text, changes_reading=True)]


def _alone(setting: Setting) -> list[Note]:
    """A single row so far from the others that it decides a slope."""
    sample = setting.sample
    (far,) = leverages(setting, [setting.X])
    pull = (1 + far) * sample.w / sample.n / sample.w.sum()  # leverage of one row of the cell
    worst = int(np.argmax(pull))
    centre = sample.w @ setting.X / sample.w.sum()
    spread = np.sqrt(sample.w @ (setting.X - centre) ** 2 / sample.w.sum())
    place = int(np.argmax(np.abs(setting.X[worst] - centre) / spread))
    if pull[worst] < ALONE or len(np.unique(setting.X[:, place])) == 2:  # two values: told by `_few_rows`
        return []
    text = (
        f"One row with {setting.terms[place]} = {setting.X[worst, place]:g} decides a slope more than all the others "
        "together: a code left in, or one customer's story. Check it, declare it missing, or ask without it."
    )
    return [Note("alone", text, changes_reading=True)]


def _coded(setting: Setting) -> list[Note]:
    outcome = setting.outcome
    made = []
    if outcome.adverse_levels is not None:
        bad = outcome.levels[outcome.adverse_levels]
        listed = ", ".join(f"{value:g}" for value in bad[:12])
        told = listed if len(bad) <= 12 else f"{bad[0]:g} to {bad[-1]:g}"
        made.append(Note("adverse", f"Adverse answers to `{outcome.name}`: {told}."))
    apart = {one: int(setting.sample.n[~one.applies].sum()) for one in setting.variables}
    listed = ", ".join(f"`{one.name}` {rows:,}" for one, rows in apart.items() if rows)
    if listed:
        averaged = any(rows and one.role == "driver" for one, rows in apart.items())
        text = (
            f"Of {setting.sample.rows:,} rows it does not concern: {listed}. They are a group of their own"
            f"{'; the effects of these drivers are averaged over the others' if averaged else ''}."
        )
        made.append(Note("not_applicable", text))
    return made


def _left_out(setting: Setting) -> list[Note]:
    if not setting.unanswered:
        return []
    listed = ", ".join(f"{name} {count:,}" for name, count in setting.unanswered.items())
    text = f"Rows without an answer are left out of everything; without one: {listed}."
    total = setting.sample.rows + setting.n_missing
    return [Note("listwise", text, changes_reading=setting.n_missing > total / 5)]


def _unmeasurable(setting: Setting) -> list[Note]:
    made = []
    if setting.outcome.adverse_levels is None:
        text = (
            f"Nothing says which answers to `{setting.outcome.name}` are bad, so no share of them is attributed; "
            "give `adverse`."
        )
        made.append(Note("no_adverse", text))
    nowhere = [one.name for one in setting.drivers if one.reference is None]
    if nowhere:
        names = ", ".join(f"`{name}`" for name in nowhere)
        made.append(Note("no_reference", f"{names}: no value at which it has vanished; give `reference`."))
    return made


def _rare(setting: Setting) -> list[Note]:
    """Adverse answers that are too few, or too many, for what they are asked to tell."""
    outcome, terms = setting.outcome, len(setting.terms)
    if outcome.adverse is None:
        return []
    adverse = int(setting.sample.n[outcome.adverse].sum())
    rarer = min(adverse, setting.sample.rows - adverse)
    if rarer >= FEW_PER_TERM * terms:
        return []
    text = (
        f"{adverse:,} of {setting.sample.rows:,} rows gave an adverse answer, few on one side for the {terms} columns "
        "of the model: shares attributed to drivers rest on its shape. Count other answers as adverse "
        "(`adverse`), or ask about fewer drivers."
    )
    return [Note("few_adverse", text, changes_reading=True)]


def _misfits(setting: Setting, model: Model) -> list[Note]:
    """Levels that the model does not reproduce: changes are told against its own."""
    made, sample = [], setting.sample
    for measure, response in model.measures.items():
        seen = observed(setting, measure).estimate(sample)
        own = standard.mean(response, setting.X, sample.w).value
        if abs(own - seen.value) > MISFIT * seen.std_error:
            what = "mean" if measure == "mean" else "percentage of adverse answers"
            text = (
                f"The model gives a {what} of {own:.3g} where {seen.value:.3g} was observed: its shape does not fit "
                "well. Changes are counted from its own level."
            )
            made.append(Note("misfit", text, changes_reading=True))
    return made


def _design(setting: Setting) -> list[Note]:
    sample = setting.sample
    if sample.cluster is None:
        return []
    clusters = len(np.unique(sample.units()))
    if clusters >= FEW_CLUSTERS:
        return []
    text = f"Only {clusters} clusters: the intervals are somewhat too short."
    return [Note("few_clusters", text, changes_reading=True)]


def scenario_notes(survey: Survey, supported: float) -> tuple[Note, ...]:
    """Return the notes of a scenario."""
    made = [SIMULATED] if survey.codebook.simulated else []
    made.append(Note("predicted", "Predicted: it happens only if the drivers cause the outcome."))
    if supported < SEEN:
        text = (
            f"For {100 * (1 - supported):.0f} % of customers nobody like them was seen with these answers: there "
            "the model extrapolates, and the interval does not know it."
        )
        made.append(Note("extrapolation", text, changes_reading=True))
    return tuple(made)
