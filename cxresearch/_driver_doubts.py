"""Why an effect may still not be one: unmeasured confounders, drivers that cannot be told apart, odd signs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from cxresearch._driver_design import Setting, Variable
from cxresearch._driver_effects import Model
from cxresearch._rows import Row, frame, row_of
from cxresearch.results import ESTIMATE_COLUMNS, SIMULATED, Note, Result
from cxresearch.stats import standardisation as standard
from cxresearch.stats.collinearity import near_dependences, variance_inflation
from cxresearch.stats.confounding import (
    benchmark_bounds,
    e_value,
    e_value_of_limit,
    error_factor,
    explained_away,
    partial_r2,
    robustness_value,
)
from cxresearch.stats.estimates import Estimate
from cxresearch.stats.multiplicity import adjusted_p_values
from cxresearch.stats.regression import LinearFit, fit_linear, influence
from cxresearch.stats.standardisation import Standardised
from cxresearch.survey.survey import Survey

Array: TypeAlias = NDArray[np.float64]

TIMES = (1, 2, 3)
INFLATED = 5.0  # variance inflation from which a driver is named: its interval is 2.2 times as wide
STILL = 0.95  # share of one answer from which a driver hardly varies
LEVEL = 0.05  # of tests that a note speaks of


@dataclass(frozen=True, repr=False)
class Robustness(Result):
    """How strong something unmeasured must be to explain each effect away.

    Attributes
    ----------
    table : DataFrame
        Key ``driver term measure``: ``effect`` (points of the outcome in the linear working model), ``partial_r2``
        (0-1), ``robustness_value`` (share of what is left of driver and of outcome that a confounder must explain of
        both to take all of the effect away, 0-1) and ``robustness_value_limit`` (to bring the interval to 0);
        ``risk_ratio`` of adverse answers, its ``e_value`` and that of its limit, ``e_value_limit``.
    bounds : DataFrame
        Key ``driver term benchmark times``: the effect left by a confounder 1, 2 or 3 times as strong as an observed
        control (or another driver), with the interval that would be left; ``r2_driver`` and ``r2_outcome`` are its
        strength, ``explained_away`` its share of the effect. Missing: nothing can be so strong.

    References
    ----------
    Cinelli & Hazlett (2020), *JRSS B* 82, 39-67. VanderWeele & Ding (2017), *Ann. Intern. Med.* 167, 268-274.

    Examples
    --------
    >>> import cxresearch as cx
    >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
    >>> found = cx.drivers(survey, "ces", n_boot=100).robustness()
    >>> value = found.table.query("measure == 'robustness_value'").set_index("driver").estimate
    >>> value.round(2).to_dict()
    {'transfers': 0.3, 'repeats': 0.32, 'channel_switches': 0.13}
    """

    bounds: pd.DataFrame
    outcome: str

    def _extra(self) -> dict[str, Any]:
        return {"outcome": self.outcome}

    def _headline(self) -> str:
        effect = self.table[self.table.measure == "effect"].set_index(["driver", "term"])
        sure = effect[(effect.conf_low > 0) | (effect.conf_high < 0)].index
        value = self.table[self.table.measure == "robustness_value"].set_index(["driver", "term"], drop=False)
        value = value[value.index.isin(sure)].dropna(subset="estimate")
        if value.empty:
            return "No effect is told apart from 0, so there is none that something unmeasured must explain."
        least = value.sort_values("estimate").iloc[0]
        share = 100 * float(least.estimate)
        return (
            f"Least robust of the effects told apart from 0 is {least.driver} ({least.term}): something unmeasured "
            f"that explains {share:.1f} % of what is left of it and of {self.outcome} would do."
        )


@dataclass(frozen=True, eq=False)
class _Line:
    """The linear working model: columns without interactions, in the order of the setting."""

    setting: Setting
    X: Array
    owners: tuple[str, ...]
    terms: tuple[str, ...]
    fit: LinearFit
    pull: Array  # influence of the coefficients, the intercept first

    @classmethod
    def of(cls, setting: Setting) -> _Line:
        kept = np.flatnonzero([len(owner) == 1 for owner in setting.owners])
        X, y, sample = setting.X[:, kept], setting.outcome.values, setting.sample
        fit = fit_linear(y, X, sample.w, n=sample.rows)
        owners = tuple(setting.owners[j][0] for j in kept)
        return cls(setting, X, owners, tuple(setting.terms[j] for j in kept), fit, influence(fit, y, X))

    def columns_of(self, name: str) -> list[int]:
        return [j for j, owner in enumerate(self.owners) if owner == name]

    def named(self, driver: Variable) -> Iterator[tuple[str, int, float]]:
        """Term, column and width of the step of each effect of a driver."""
        columns = self.columns_of(driver.name)
        if driver.kind == "category":
            for j, level in zip(columns, driver.levels[1:], strict=False):
                yield f"{level} vs {driver.levels[0]}", j, 1.0
        elif driver.kind == "binary":
            yield "yes vs no", columns[0], float(driver.scale.high - driver.scale.low)
        else:
            yield "per 1", columns[0], 1.0

    def effect(self, column: int, width: float = 1.0) -> Estimate:
        """Coefficient with its design-based error."""
        one = Standardised(float(self.fit.coef[column + 1]), self.pull[:, column + 1]).scaled(width)
        return one.estimate(self.setting.sample, self.fit.rank)


def robustness(survey: Survey, setting: Setting, model: Model, conf_level: float) -> Robustness:
    """Answer `Drivers.robustness`."""
    line = _Line.of(setting)
    rows: list[Row] = []
    bounds: list[Row] = []
    for driver in setting.drivers:
        for term, column, width in line.named(driver):
            effect = line.effect(column, width)
            rows += _values(line, driver.name, term, column, effect, conf_level)
            rows += _risks(setting, model, driver, term, conf_level)
            bounds += _bounds(line, driver.name, term, column, effect, conf_level)
    outcome = setting.outcome.name
    return Robustness(
        table=frame(rows, ("driver", "term", "measure")),
        question=f"How strong must something unmeasured be to explain what drives {outcome}? "
        f"({survey.codebook.title or survey.source})",
        method=(
            f"Linear working model of {outcome}, all drivers and controls at once; robustness value of Cinelli and "
            f"Hazlett (2020), limits at {100 * conf_level:g} %; E-value of VanderWeele and Ding (2017) of the "
            "standardised risk ratio."
        ),
        conf_level=conf_level,
        seed=None,
        n=setting.sample.rows,
        n_missing=setting.n_missing,
        notes=tuple(_notes(survey, setting, model)),
        bounds=frame(
            bounds, ("driver", "term", "benchmark", "times"), ("r2_driver", "r2_outcome", "explained_away")
        ),
        outcome=outcome,
    )


def _plain_row(setting: Setting, value: float, **keys: Any) -> Row:
    """Row of a number without an interval of its own."""
    numbers = (value, math.nan, math.nan, math.nan, setting.sample.rows, setting.n_missing)
    return keys | dict(zip(ESTIMATE_COLUMNS, numbers, strict=True))


def _values(
    line: _Line, driver: str, term: str, column: int, effect: Estimate, conf_level: float
) -> Iterator[Row]:
    """Effect, partial R² and the two robustness values of one column."""
    setting = line.setting
    keys = {"driver": driver, "term": term}
    yield row_of(setting, effect, effect.interval(conf_level), **keys, measure="effect")
    r2, f, critical = _strength(line, column, effect, conf_level)
    yield _plain_row(setting, r2, **keys, measure="partial_r2")
    for measure, bar in (("robustness_value", 0.0), ("robustness_value_limit", critical)):
        yield _plain_row(setting, float(robustness_value(f, bar)), **keys, measure=measure)


def _strength(line: _Line, column: int, effect: Estimate, conf_level: float) -> tuple[float, float, float]:
    """Partial R², Cohen's f, and the f at which the interval would touch 0.

    f is a fact of the weighted answers. The interval's error is the design's: by as much as it is larger than the
    classical error, the bar is higher.
    """
    setting = line.setting
    r2 = partial_r2(setting.outcome.values, line.X, setting.sample.w, [column], n=setting.sample.rows)
    f = math.sqrt(r2 / (1 - r2)) if r2 < 1 else math.inf
    quantile = float(stdtrit(effect.df, (1 + conf_level) / 2))
    t = abs(effect.value) / effect.std_error if effect.std_error > 0 else math.inf
    last = float(error_factor(line.fit.df, 0.0, 0.0))  # the confounder takes a degree of freedom
    return r2, f, quantile * f / t * last if t > 0 else math.inf


def _bounds(
    line: _Line, driver: str, term: str, column: int, effect: Estimate, conf_level: float
) -> Iterator[Row]:
    """What confounders like the observed controls, or like the other drivers, would leave."""
    setting = line.setting
    y, w, X, n = setting.outcome.values, setting.sample.w, line.X, setting.sample.rows
    _, f, _ = _strength(line, column, effect, conf_level)
    others = np.setdiff1d(np.arange(X.shape[1]), [column])
    for one in dict.fromkeys(owner for owner in line.owners if owner != driver):
        own = line.columns_of(one)
        near = partial_r2(X[:, column], X[:, others], w, [int(np.searchsorted(others, j)) for j in own], n=n)
        far = partial_r2(y, X, w, own, n=n)
        r2_driver, r2_outcome = benchmark_bounds(near, far, TIMES)
        away = explained_away(f, r2_driver, r2_outcome)
        factor = error_factor(line.fit.df, r2_driver, r2_outcome)
        for j, times in enumerate(TIMES):
            left = Estimate(effect.value * (1 - away[j]), effect.std_error * factor[j], effect.df)
            ends = left.interval(conf_level) if math.isfinite(left.value) else (math.nan, math.nan)
            row = row_of(setting, left, ends, driver=driver, term=term, benchmark=one, times=times)
            yield row | {
                "r2_driver": r2_driver[j],
                "r2_outcome": r2_outcome[j],
                "explained_away": away[j],
            }


def _risks(setting: Setting, model: Model, driver: Variable, term: str, conf_level: float) -> Iterator[Row]:
    """Risk ratio of adverse answers with its interval, and its E-values."""
    if model.adverse is None:
        return
    sample, where = setting.sample, driver.applies
    if driver.kind == "category":
        code = [f"{level} vs {driver.levels[0]}" for level in driver.levels].index(term)
        after, before = setting.matrix({driver.name: code}), setting.matrix({driver.name: 0.0})
    elif driver.kind == "binary":
        after, before = (setting.matrix({driver.name: end}) for end in (driver.scale.high, driver.scale.low))
    else:
        after, before = setting.X + setting.direction(driver.name), setting.X
    high, low = (standard.mean(model.adverse, X, sample.w, where) for X in (after, before))
    logged = Standardised(
        math.log(high.value / low.value), high.influence / high.value - low.influence / low.value
    )
    found = logged.estimate(sample, model.adverse.fit.n_parameters)
    ends = tuple(math.exp(end) for end in found.interval(conf_level))
    ratio = math.exp(found.value)
    keys = {"driver": driver.name, "term": term}
    one = Estimate(ratio, ratio * found.std_error, found.df)
    yield row_of(setting, one, (ends[0], ends[1]), **keys, measure="risk_ratio")
    yield _plain_row(setting, float(e_value(ratio)), **keys, measure="e_value")
    yield _plain_row(setting, e_value_of_limit(ends[0], ends[1]), **keys, measure="e_value_limit")


def _notes(survey: Survey, setting: Setting, model: Model) -> Iterator[Note]:
    if survey.codebook.simulated:
        yield SIMULATED
    yield Note(
        "not_a_proof",
        "A high robustness value does not say that nothing unmeasured is so strong: compare it with what the observed "
        "controls explain (`bounds`), and ask what was not measured.",
        True,
    )
    if not setting.controls:
        yield Note(
            "no_controls",
            "No control was given, so only other drivers serve as benchmarks; what makes issues hard is usually the "
            "strongest candidate.",
            True,
        )
    sample = setting.sample
    if sample.cluster is not None or sample.stratum is not None or not np.array_equal(sample.w, sample.n):
        yield Note(
            "design",
            "Partial R² and robustness values are those of the weighted answers; limits use the design-based error and "
            "suppose that the design would enlarge it as much with the confounder in the model. That is approximate.",
        )
    if setting.outcome.family != "linear":
        yield Note(
            "working_model",
            f"For robustness values `{setting.outcome.name}` counts as a number in a linear model; E-values use the "
            f"{setting.outcome.family} model.",
        )
    if setting.interactions:
        yield Note("no_interactions", "The working model leaves the interactions out.", True)
    if model.adverse is None:
        yield Note(
            "no_adverse", "Nothing says which answers are bad, so there are no E-values; give `adverse`."
        )


def doubt_notes(setting: Setting) -> tuple[Note, ...]:
    """Return what makes drivers hard to tell apart, or their effects odd, in plain words."""
    line = _Line.of(setting)
    made = [*_collinear(line), *_turned(line), *_still(setting), *_same_scale(setting)]
    return tuple(made)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _collinear(line: _Line) -> Iterator[Note]:
    """Drivers and controls that nearly follow from one another, as sets where they can be named."""
    w = line.setting.sample.w
    names = list(dict.fromkeys(line.owners))
    drivers = {one.name for one in line.setting.drivers}
    inflation = variance_inflation(line.X, w, [line.columns_of(name) for name in names])
    worst = {name: value for name, value in zip(names, inflation, strict=True) if value >= INFLATED}
    told: set[str] = set()
    for found in near_dependences(line.X, w):
        together = tuple(dict.fromkeys(line.owners[j] for j in found.columns))
        if len(together) > 1 and drivers & set(together):
            told |= set(together)
            wider = math.sqrt(max(inflation[names.index(name)] for name in together))
            yield Note(
                "collinear",
                f"{_listed(together)} nearly follow from one another (condition index {found.index:.0f}): intervals of "
                f"their effects are up to {wider:.1f} times as wide as if they were unrelated. Read them together, or "
                "make one index of them.",
                True,
            )
    left = [name for name in worst if name not in told]
    if drivers & set(left):
        wider = math.sqrt(max(worst[name] for name in left))
        yield Note(
            "collinear",
            f"{_listed(left)}: most of it is said by the other drivers and controls already (variance inflation "
            f"{wider**2:.1f}), so intervals are up to {wider:.1f} times as wide as if they were unrelated.",
            True,
        )


def _turned(line: _Line) -> Iterator[Note]:
    """Effects that turn their sign, or grow, once the others are held: suppression."""
    sample, y = line.setting.sample, line.setting.outcome.values
    found = []
    for driver in line.setting.drivers:
        if driver.kind == "category":
            continue
        own = line.columns_of(driver.name)
        alone = fit_linear(y, line.X[:, own], sample.w, n=sample.rows)
        crude = Standardised(float(alone.coef[1]), influence(alone, y, line.X[:, own])[:, 1])
        held = Standardised(float(line.fit.coef[own[0] + 1]), line.pull[:, own[0] + 1])
        gain = partial_r2(y, line.X, sample.w, own, n=sample.rows) * _unexplained(line, own) > alone.r2
        found.append((driver.name, crude, held, gain))
    moved = [held.minus(crude).estimate(sample, line.fit.rank).p_value for _, crude, held, _ in found]
    for (name, crude, held, gain), p in zip(found, adjusted_p_values(moved), strict=True):
        if not p < LEVEL:
            continue
        clear = max(one.estimate(sample, line.fit.rank).p_value for one in (crude, held)) < LEVEL
        told = f"{crude.value:+.2f} per 1 by itself, {held.value:+.2f} with the others held"
        if crude.value * held.value < 0 and clear:
            yield Note(
                "sign_turns",
                f"`{name}` turns its sign ({told}): what goes along with it hides or makes its effect. Say which of "
                "the two questions you answer before you act on either.",
                True,
            )
        elif gain and abs(held.value) > abs(crude.value):
            yield Note(
                "suppressed",
                f"`{name}` says more about the outcome beside the others than by itself ({told}): the others hide part "
                "of it, and ranking drivers one by one would rank it too low.",
                True,
            )


def _unexplained(line: _Line, own: list[int]) -> float:
    """Share of the outcome's variance that all other columns leave."""
    others = np.setdiff1d(np.arange(line.X.shape[1]), own)
    if not len(others):
        return 1.0
    sample = line.setting.sample
    return 1.0 - fit_linear(line.setting.outcome.values, line.X[:, others], sample.w, n=sample.rows).r2


def _still(setting: Setting) -> Iterator[Note]:
    """Drivers that nearly everybody answered alike."""
    w = setting.sample.w
    for driver in setting.drivers:
        values = driver.values[driver.applies]
        _, code = np.unique(values, return_inverse=True)
        mass = np.bincount(code, w[driver.applies])
        common = int(np.argmax(mass))
        share = float(mass[common] / mass.sum())
        if share >= STILL:
            others = int(setting.sample.n[driver.applies][code != common].sum())
            yield Note(
                "hardly_varies",
                f"{100 * share:.0f} % gave the same answer to `{driver.name}`; its effect rests on the {others:,} rows "
                "that did not. Little importance here need not mean little effect on those whom it hits.",
                True,
            )


def _same_scale(setting: Setting) -> Iterator[Note]:
    """Drivers asked as the outcome was."""
    outcome = setting.outcome

    def ends(one: Any) -> tuple[float, float, str]:
        return one.scale.low, one.scale.high, one.scale.good

    alike = [one.name for one in setting.drivers if one.kind == "scale" and ends(one) == ends(outcome)]
    if alike and outcome.kind == "scale":
        low, high, _ = ends(outcome)
        yield Note(
            "scale_shared",
            f"{_listed(alike)} and `{outcome.name}` were asked on the same scale ({low:g} to {high:g}), probably on "
            "one screen: habits of using a scale and one mood make them agree, and their effects look larger.",
            True,
        )
