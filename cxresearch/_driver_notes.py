"""What a reader of the drivers' figures must know."""

from __future__ import annotations

import numpy as np

from cxresearch._driver_design import Setting
from cxresearch._driver_effects import Model
from cxresearch._driver_scenarios import observed
from cxresearch.results import SIMULATED, Note
from cxresearch.stats import standardisation as standard
from cxresearch.survey.survey import Survey

MISFIT = 1.0  # standard errors between the model's own level and the observed one
SEEN = 0.9  # share of customers for whom a scenario is no extrapolation
FEW_CLUSTERS = 30
FEW_PER_TERM = 5  # rarer answers for each column of the model: calibrated were eight and more


def notes_of(survey: Survey, setting: Setting, model: Model) -> tuple[Note, ...]:
    """Return the notes of a drivers question."""
    made = [SIMULATED] if survey.codebook.simulated else []
    made += [
        *_coded(setting),
        *_left_out(setting),
        *_unmeasurable(setting),
        *_rare(setting),
        *_misfits(setting, model),
    ]
    return (*made, *_design(setting))


def _coded(setting: Setting) -> list[Note]:
    outcome = setting.outcome
    made = []
    if outcome.adverse_levels is not None:
        bad = outcome.levels[outcome.adverse_levels]
        listed = ", ".join(f"{value:g}" for value in bad[:12])
        told = listed if len(bad) <= 12 else f"{bad[0]:g} to {bad[-1]:g}"
        made.append(Note("adverse", f"Adverse answers to `{outcome.name}`: {told}."))
    apart = {one.name: int(setting.sample.n[~one.applies].sum()) for one in setting.variables}
    listed = ", ".join(f"`{name}` {rows:,}" for name, rows in apart.items() if rows)
    if listed:
        text = (
            f"Of {setting.sample.rows:,} rows it does not concern: {listed}. They are a group of their own; effects "
            "are averaged over the others."
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
