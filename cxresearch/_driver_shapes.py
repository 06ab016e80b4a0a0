"""Is a driver's effect one slope? Penalty and reward around a reference, and curves against lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._driver_design import Setting, Variable
from cxresearch._rows import Row, frame, row_of
from cxresearch.errors import SurveyError
from cxresearch.results import SIMULATED, Note, Result
from cxresearch.stats import responses
from cxresearch.stats import standardisation as standard
from cxresearch.stats.designs import influence_covariance
from cxresearch.stats.estimates import Estimate
from cxresearch.stats.multiplicity import adjusted_p_values
from cxresearch.stats.responses import Fit
from cxresearch.stats.splines import curve_columns, kink_columns, level_columns, quantile_knots, wald_test
from cxresearch.stats.standardisation import Standardised
from cxresearch.survey.survey import Survey

Array: TypeAlias = NDArray[np.float64]

LEVEL = 0.05  # of tests that a note speaks of
EACH_SIDE = 30  # rows that a slope needs on its side of the reference
FEW_VALUES = 7  # distinct answers up to which each may leave the line by itself
LEAST_VALUES = 4  # distinct answers from which a curve can be told from a line
COMPARABLE = 2.0  # slopes within this ratio are one performance
CEILING = 0.3  # share of the outcome's best or worst answer from which its end bends every effect
KINDS = {
    "basic": "a shortfall costs, more brings no more",
    "performance": "a shortfall costs what more brings",
    "excitement": "more delights, a shortfall costs little",
    "not enough data to tell": "the intervals allow more than one of these",
}


@dataclass(frozen=True, repr=False)
class PenaltyReward(Result):
    """Slopes of each driver below and above a reference.

    Attributes
    ----------
    table : DataFrame
        Key ``driver reference measure``: ``penalty`` (per 1 of the driver on its bad side of the reference), ``reward``
        (on its good side) and ``difference`` (penalty - reward), in points of the outcome. Driver and outcome are
        turned so that up is good. ``p_link`` is the test of the difference in the outcome's own model, in which the
        ends of its scale bend nothing. ``classified``: ``basic``, ``performance``, ``excitement``, or not enough data.

    Notes
    -----
    At the end of the outcome's scale nobody can go further, which alone makes drivers look basic or exciting: then
    believe ``p_link``. The words name slopes in these answers, not what customers would say of the driver.

    References
    ----------
    Mikulić & Prebežac (2011), A critical review of techniques for classifying quality attributes in the Kano model.
    *Managing Service Quality* 21, 46-66.

    Examples
    --------
    >>> import cxresearch as cx
    >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
    >>> found = cx.drivers(survey, "repurchase", ["ces", "csat"], n_boot=100).penalty_reward("ces")
    >>> found.table.measure.tolist(), found.table.reference.unique().tolist()
    (['penalty', 'reward', 'difference'], [4.0])
    """

    outcome: str

    def _extra(self) -> dict[str, Any]:
        return {"outcome": self.outcome}

    def _headline(self) -> str:
        kinds = self.table[self.table.measure == "difference"]
        return "; ".join(
            f"{driver}: {kind}" for driver, kind in zip(kinds.driver, kinds.classified, strict=True)
        )

    def _legend(self) -> str:
        return "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items()) + "."


@dataclass(frozen=True, repr=False)
class Shape(Result):
    """Whether a straight line is enough for each driver.

    Attributes
    ----------
    table : DataFrame
        Key ``driver form``: ``estimate`` is the bend, the slope of the upper part less that of the lower, in points of
        the outcome per 1. ``statistic df df_error p_value`` test all of the curve (or the levels) against the
        straight line of the outcome's model; ``p_holm`` for all drivers together.
    slopes : DataFrame
        Key ``driver part``: predicted change of the outcome per 1 from ``start`` to ``stop``.

    References
    ----------
    Harrell (2015), *Regression Modeling Strategies*, section 2.4.

    Examples
    --------
    >>> import cxresearch as cx
    >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
    >>> cx.drivers(survey, "ces", n_boot=100).shape().table[["driver", "form"]].values.tolist()
    [['transfers', 'levels'], ['repeats', 'levels'], ['channel_switches', 'levels']]
    """

    slopes: pd.DataFrame
    outcome: str

    def _extra(self) -> dict[str, Any]:
        return {"outcome": self.outcome}

    def _headline(self) -> str:
        bent = self.table[self.table.p_holm < 1 - self.conf_level]
        if bent.empty:
            return "No driver was seen to leave the straight line of the model."
        return f"Not a straight line: {', '.join(bent.driver)}."


def penalty_reward(
    survey: Survey, setting: Setting, driver: str | None, reference: float | None, conf_level: float
) -> PenaltyReward:
    """Answer `Drivers.penalty_reward`."""
    split, refused = _references(setting, driver, reference)
    if not split:
        raise SurveyError(
            f"no driver has two sides to compare: {'; '.join(refused)}. Give `driver` and `reference`, an answer with "
            f"{EACH_SIDE} rows on both sides."
        )
    X, at = _bent(setting, split)
    line = responses.fit("linear", setting.outcome.values, X, setting.sample.w, n=setting.sample.rows)
    own = line
    if setting.outcome.family != "linear":
        own = responses.fit(setting.outcome.family, setting.outcome.values, X, setting.sample.w)
    asked = [name for name in split if driver in (None, name)]
    rows = [
        row
        for name in asked
        for row in _slopes(setting, line, own, setting.variable(name), split[name], at[name], conf_level)
    ]
    extra = ("p_value", "p_link", "classified")
    outcome = setting.outcome.name
    return PenaltyReward(
        table=frame(rows, ("driver", "reference", "measure"), extra),
        question=f"Does a shortfall cost more of {outcome} than the same more brings? ({_title(survey)})",
        method=(
            f"Linear working model of {outcome} with a bend at each reference, all drivers and controls at once; "
            f"{100 * conf_level:g} % intervals by linearised t; up is good for drivers and outcome."
        ),
        conf_level=conf_level,
        seed=None,
        n=setting.sample.rows,
        n_missing=setting.n_missing,
        notes=tuple(_bend_notes(survey, setting, refused if driver is None else [], rows)),
        outcome=outcome,
    )


def _title(survey: Survey) -> str:
    return survey.codebook.title or survey.source


def _references(
    setting: Setting, driver: str | None, reference: float | None
) -> tuple[dict[str, float], list[str]]:
    """Reference of each driver that has two sides, and why the others have none."""
    if reference is not None and driver is None:
        raise ValueError("`reference` belongs to one driver; name it as `driver`.")
    split, refused = {}, []
    for one in setting.drivers:
        given = reference if one.name == driver else None
        found = _reference(one, setting.sample.w) if given is None else float(given)
        if isinstance(found, str):
            refused.append(f"`{one.name}` {found}")
            continue
        n = setting.sample.n
        sides = [int(n[one.applies & side].sum()) for side in (one.values < found, one.values > found)]
        if min(sides) < EACH_SIDE:
            refused.append(
                f"`{one.name}` has {sides[0]:,} rows below and {sides[1]:,} above the reference {found:g}"
            )
            continue
        split[one.name] = found
    if driver is not None and driver not in split:
        refused = [text for text in refused if text.startswith(f"`{driver}`")]
        split = {}
    return split, refused


def _reference(one: Variable, w: Array) -> float | str:
    """Middle of a rating, median of a number; why there is none for others."""
    if one.kind == "scale":
        return (one.scale.low + one.scale.high) / 2
    if one.kind == "number":
        order = np.argsort(one.values[one.applies])
        reached = np.cumsum(w[one.applies][order])
        return float(one.values[one.applies][order][np.searchsorted(reached, reached[-1] / 2)])
    if one.kind == "count":
        return "is a count, whose best answer is usually to have none of it: no side of reward"
    return f"is {'yes or no' if one.kind == 'binary' else 'a category'}"


def _bent(setting: Setting, split: dict[str, float]) -> tuple[Array, dict[str, slice]]:
    """Design with two columns instead of one for each driver split, below and above; their places."""
    gone = [setting.columns_of(name)[0] for name in split]
    columns, at = [np.delete(setting.X, gone, axis=1)], {}
    start = columns[0].shape[1]
    for name, reference in split.items():
        values = setting.variable(name).values
        columns.append(kink_columns(np.where(np.isnan(values), reference, values), reference))
        at[name] = slice(start, start + 2)
        start += 2
    return np.column_stack(columns), at


def _slopes(
    setting: Setting, line: Fit, own: Fit, driver: Variable, reference: float, at: slice, conf_level: float
) -> Iterator[Row]:
    """Penalty, reward and their difference, turned so that up is good."""
    up = (1.0 if driver.scale.good == "high" else -1.0) * (
        1.0 if setting.outcome.scale.good == "high" else -1.0
    )
    below, above = (
        Standardised(float(line.coef[k]), line.influence[:, k]).scaled(up) for k in range(at.start, at.stop)
    )
    penalty, reward = (below, above) if driver.scale.good == "high" else (above, below)

    def estimate(one: Standardised) -> Estimate:
        return one.estimate(setting.sample, line.n_parameters)

    found = {"penalty": penalty, "reward": reward, "difference": penalty.minus(reward)}
    kind = _classified({name: estimate(one).interval(conf_level) for name, one in found.items()} | {
        "penalty enough": estimate(penalty.scaled(COMPARABLE).minus(reward)).interval(conf_level),
        "reward enough": estimate(reward.scaled(COMPARABLE).minus(penalty)).interval(conf_level),
    })  # fmt: skip
    linked = Standardised(
        float(own.coef[at.start] - own.coef[at.start + 1]),
        own.influence[:, at.start] - own.influence[:, at.start + 1],
    )
    p_link = linked.estimate(setting.sample, own.n_parameters).p_value
    for measure, one in found.items():
        value = estimate(one)
        row = row_of(
            setting,
            value,
            value.interval(conf_level),
            driver=driver.name,
            reference=reference,
            measure=measure,
        )
        last = measure == "difference"
        extra = {"p_link": p_link if last else np.nan, "classified": kind if last else ""}
        yield row | {"p_value": value.p_value} | extra


def _classified(interval: dict[str, tuple[float, float]]) -> str:
    """Kano's word for the slopes, where their intervals allow one only."""
    above = {name for name, (low, _) in interval.items() if low > 0}
    if above >= {"penalty", "reward", "penalty enough", "reward enough"}:
        return "performance"
    if above >= {"penalty", "difference"}:
        return "basic"
    if interval["difference"][1] < 0 and "reward" in above:
        return "excitement"
    return "not enough data to tell"


def _bend_notes(survey: Survey, setting: Setting, refused: list[str], rows: list[Row]) -> Iterator[Note]:
    if survey.codebook.simulated:
        yield SIMULATED
    if refused:
        yield Note("one_sided", f"Not shown: {'; '.join(refused)}.")
    outcome, w = setting.outcome, setting.sample.w
    shares = [float(w[outcome.values == end].sum() / w.sum()) for end in outcome.levels[[0, -1]]]
    last = [row for row in rows if row["measure"] == "difference"]
    if max(shares) > CEILING and outcome.kind == "scale":
        end = outcome.levels[0] if shares[0] > shares[1] else outcome.levels[-1]
        clear = [f"`{row['driver']}`" for row in last if row["p_value"] < LEVEL <= row["p_link"]]
        told = f" On the model's own scale no bend is seen for {', '.join(clear)}." if clear else ""
        yield Note(
            "ceiling",
            f"{100 * max(shares):.0f} % gave `{outcome.name}` = {end:g}, the end of its scale: who is there cannot go "
            f"further, which alone makes slopes differ (`p_link` tests without it).{told}",
            True,
        )
    if setting.interactions:
        yield Note("interactions_kept", "Interactions stay in the model with the driver as a straight line.")


def shape(survey: Survey, setting: Setting, conf_level: float) -> Shape:
    """Answer `Drivers.shape`."""
    tests, slopes, skipped = [], [], []
    for driver in setting.drivers:
        held = len(np.unique(driver.values[driver.applies]))
        extra = (
            None if driver.kind in ("binary", "category") or held < LEAST_VALUES else _extra(setting, driver)
        )
        if extra is None:
            skipped.append(f"`{driver.name}`")
            continue
        test, parts = _tested(setting, driver, *extra, conf_level)
        tests.append(test)
        slopes += parts
    if not tests:
        raise SurveyError(
            f"no driver has {LEAST_VALUES} answers that enough customers gave, so none can be told from a line: "
            f"{', '.join(skipped)}."
        )
    table = frame(tests, ("driver", "form"), ("statistic", "df", "df_error", "p_value"))
    table["p_holm"] = adjusted_p_values(table.p_value)
    outcome = setting.outcome.name
    return Shape(
        table=table,
        question=f"Is a straight line enough for what drives {outcome}? ({_title(survey)})",
        method=(
            f"Wald test (design-based F) of a natural cubic spline, or of up to {FEW_VALUES} levels, against the line "
            f"in the {setting.outcome.family} model, one driver at a time, the others as they are; Holm over drivers."
        ),
        conf_level=conf_level,
        seed=None,
        n=setting.sample.rows,
        n_missing=setting.n_missing,
        notes=tuple(_shape_notes(survey, skipped)),
        slopes=frame(slopes, ("driver", "part", "start", "stop"), ("p_value",)),
        outcome=outcome,
    )


def _shape_notes(survey: Survey, skipped: list[str]) -> Iterator[Note]:
    if survey.codebook.simulated:
        yield SIMULATED
    if skipped:
        yield Note("too_few_values", f"Too few answers for a shape of their own: {', '.join(skipped)}.")
    yield Note(
        "no_proof_of_a_line",
        "Not seen to bend is no proof of a line: read the interval of the bend. The line meant is that of the model "
        "before its link; points of the outcome can bend near the ends of its scale all the same.",
    )


@dataclass(frozen=True, eq=False)
class _Curve:
    """What a driver gets besides its line, and how to evaluate it at other answers."""

    form: str
    knots: Array  # or the values that have a column
    columns: Array

    def at(self, value: float, like: int) -> Array:
        """Columns (like, m) with everybody at one answer."""
        one = np.array([value])
        made = curve_columns(one, self.knots) if self.form == "curve" else (one[:, None] == self.knots) * 1.0
        return np.repeat(made, like, axis=0)


def _extra(setting: Setting, driver: Variable) -> tuple[_Curve, Array] | None:
    """Curve or levels of a driver, and the three answers between which slopes are told; None where too few."""
    here = driver.applies
    x, w = driver.values[here], setting.sample.w[here]
    ends = _ends(x, w)
    if len(np.unique(x)) <= FEW_VALUES:
        form, (made, at) = "levels", level_columns(x, setting.sample.n[here])
    else:
        form, at = "curve", quantile_knots(x, w, 4)
        made = curve_columns(x, at)
    if made.shape[1] == 0:
        return None
    columns = np.zeros((len(here), made.shape[1]))
    columns[here] = made
    return _Curve(form, at, columns), ends


def _ends(x: Array, w: Array) -> Array:
    """Answers between which slopes are told: where 5 % and 95 % are reached, and the one nearest the middle."""
    values, code = np.unique(x, return_inverse=True)
    reached = np.cumsum(np.bincount(code, w)) / w.sum()
    low, high = (int(np.searchsorted(reached, share - 1e-12)) for share in (0.05, 0.95))
    high = max(high, min(low + 2, len(values) - 1))
    low = min(low, high - 2)
    between = values[low + 1 : high]
    middle = between[np.argmin(np.abs(between - (values[low] + values[high]) / 2))]
    return np.array([values[low], middle, values[high]])


def _tested(
    setting: Setting, driver: Variable, curve: _Curve, ends: Array, conf_level: float
) -> tuple[Row, list[Row]]:
    """Row of the test, and rows of the slopes of the lower and upper part."""
    sample, q = setting.sample, setting.X.shape[1]
    X = np.column_stack([setting.X, curve.columns])
    found = responses.fit(setting.outcome.family, setting.outcome.values, X, sample.w, n=sample.rows)
    own = slice(q, X.shape[1])
    covariance = influence_covariance(found.influence[:, own], sample)
    covariance *= sample.rows / (sample.rows - found.n_parameters)
    df_error = sample.degrees + 1 - found.n_parameters
    statistic, p = wald_test(found.coef[own], covariance, df_error)
    response = found.mean()

    def level(value: float) -> Standardised:
        at = np.column_stack([setting.matrix({driver.name: value}), curve.at(value, len(X))])
        return standard.mean(response, at, sample.w, driver.applies)

    steps = [level(stop).minus(level(start)).scaled(1 / (stop - start)) for start, stop in pairwise(ends)]
    bend = steps[1].minus(steps[0]).estimate(sample, found.n_parameters)
    test = row_of(setting, bend, bend.interval(conf_level), driver=driver.name, form=curve.form)
    test |= {"statistic": statistic, "df": len(found.coef) - q, "df_error": df_error, "p_value": p}
    parts = []
    for part, step, (start, stop) in zip(("lower", "upper"), steps, pairwise(ends), strict=True):
        one = step.estimate(sample, found.n_parameters)
        keys = {"driver": driver.name, "part": part, "start": float(start), "stop": float(stop)}
        parts.append(row_of(setting, one, one.interval(conf_level), **keys) | {"p_value": one.p_value})
    return test, parts
