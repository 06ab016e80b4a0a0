"""Driver, effort, loyalty: what of a driver's prediction for loyalty goes through the outcome it drives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._driver_design import NOT_APPLICABLE, Setting, Variable
from cxresearch._driver_effects import FEWEST_ROWS, rows_apart
from cxresearch._driver_entry import enter
from cxresearch._rows import frame
from cxresearch.errors import CodebookError, SurveyError
from cxresearch.results import ESTIMATE_COLUMNS, SIMULATED, Note, Result
from cxresearch.stats import responses
from cxresearch.stats.designs import influence_covariance
from cxresearch.stats.mediation import Chain, Move, bootstrap_interval, bootstrap_p_value
from cxresearch.stats.multiplicity import adjusted_p_values
from cxresearch.stats.resampling import bootstrap
from cxresearch.stats.splines import wald_test
from cxresearch.survey.survey import Survey

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array: TypeAlias = NDArray[np.float64]
Ends: TypeAlias = tuple[Array, Array]

EFFECTS = ("total", "direct", "indirect", "proportion_mediated")
ORDERED = ("cumulative", "logit", "probit")
LEVEL = 0.05  # at which an interaction is mentioned


@dataclass(frozen=True, repr=False)
class Mediation(Result):
    """How much of what each driver predicts for loyalty goes through a mediator such as effort.

    Attributes
    ----------
    table : DataFrame
        Key ``driver term effect``: ``total``, ``direct`` and ``indirect`` in points of loyalty (percentage points
        where it has two answers), total = direct + indirect; ``proportion_mediated`` = indirect / total, missing
        where the interval of the total holds 0. Intervals and ``p_value`` by bootstrap.
    interactions : DataFrame
        Key ``driver``: test that what effort predicts for loyalty does not depend on the driver; ``p_holm`` for all
        drivers together.
    mediator, loyalty : str
        Effort and what it may lead to.

    References
    ----------
    VanderWeele (2015), *Explanation in Causal Inference*, chapter 2. Imai, Keele & Tingley (2010), A general approach
    to causal mediation analysis. *Psychological Methods* 15, 309-334.
    """

    interactions: pd.DataFrame
    mediator: str
    loyalty: str
    unit: str

    def _extra(self) -> dict[str, Any]:
        return {"mediator": self.mediator, "loyalty": self.loyalty, "unit": self.unit}

    def plot(self) -> Figure:
        """Draw total, indirect and direct effects with intervals, and the proportion mediated."""
        from cxresearch.plots_scenarios import draw_mediation

        return self._labelled(draw_mediation(self))

    def _headline(self) -> str:
        shown = self.table[self.table.effect == "proportion_mediated"].dropna(subset="estimate")
        if shown.empty:
            return (
                f"No driver predicts {self.loyalty} clearly enough to say what goes through {self.mediator}."
            )
        shares = 100 * shown[["estimate", "conf_low", "conf_high"]].to_numpy(float)
        told = [
            f"{driver} {share:.0f} % ({low:.0f} to {high:.0f})"
            for driver, (share, low, high) in zip(shown.driver, shares, strict=True)
        ]
        return (
            f"Of what it predicts for {self.loyalty}, this goes through {self.mediator}: {'; '.join(told)}."
        )


@dataclass(frozen=True, eq=False)
class _Paths:
    """The setting with the mediator among its controls, and the arrays without it."""

    setting: Setting
    mediator: Variable
    chain: Chain
    kept: NDArray[np.intp]  # columns of the setting's X that are not the mediator's

    @property
    def unit(self) -> float:
        """What one point of loyalty counts: 100 / range where it has two answers."""
        levels = self.setting.outcome.levels
        return 100.0 / float(levels[-1] - levels[0]) if len(levels) == 2 else 1.0

    @property
    def unit_name(self) -> str:
        """What effects on loyalty are counted in."""
        return "percentage points" if len(self.setting.outcome.levels) == 2 else "points"

    @property
    def parameters(self) -> int:
        """Coefficients and cuts of the model of loyalty."""
        cuts = len(self.setting.outcome.levels) - 1 if self.chain.outcome_ordered else 1
        return self.chain.with_mediator.shape[1] + cuts

    @property
    def widen(self) -> float:
        """How much too small residuals are after fitting."""
        rows = self.setting.sample.rows
        return float((rows / max(rows - self.parameters, 1)) ** 0.5)


def mediate(
    survey: Survey,
    setting: Setting,
    loyalty: str,
    *,
    conf_level: float,
    n_boot: int,
    weights: bool,
    clusters: bool,
    seed: int,
) -> Mediation:
    """Answer `Drivers.mediation`; `setting` is that of the drivers question, whose outcome is the mediator."""
    paths = _enter(survey, setting, loyalty, weights, clusters)
    _refuse_rare(paths.setting)
    named = [(driver.name, *move) for driver in paths.setting.drivers for move in _moves(paths, driver)]
    table = _table(paths, named, conf_level, n_boot, np.random.default_rng(seed))
    interactions = _interactions(paths)
    mediator = setting.outcome.name
    title = survey.codebook.title or survey.source
    return Mediation(
        table=table,
        question=f"How much of what drives {mediator} reaches {loyalty} through it? ({title})",
        method=_method(paths, conf_level, n_boot, seed),
        conf_level=conf_level,
        seed=seed,
        n=paths.setting.sample.rows,
        n_missing=paths.setting.n_missing,
        notes=tuple(_notes(survey, paths, table, interactions)),
        interactions=interactions,
        mediator=mediator,
        loyalty=loyalty,
        unit=paths.unit_name,
    )


def _refuse_rare(setting: Setting) -> None:
    """Refuse drivers that hardly anybody differs in: a bootstrap draws samples without them."""
    for driver in setting.drivers:
        for term, rows in rows_apart(setting, driver).items():
            if rows < FEWEST_ROWS:
                raise SurveyError(
                    f"`{driver.name}` ({term}): only {rows:,} of {setting.sample.rows:,} rows tell it apart, too few "
                    "for a path; join rare answers, or ask `drivers` without it."
                )


def _enter(survey: Survey, setting: Setting, loyalty: str, weights: bool, clusters: bool) -> _Paths:
    mediator = setting.outcome.name
    names = [one.name for one in setting.drivers]
    taken = {mediator: "the mediator", **{one.name: f"a {one.role}" for one in setting.variables}}
    if loyalty in taken:
        raise CodebookError(f"`{loyalty}` is {taken[loyalty]} here; name what it may lead to as `loyalty`.")
    made = enter(
        survey, loyalty, names, [*(one.name for one in setting.controls), mediator],
        interactions=[":".join(pair) for pair in setting.interactions], weights=weights, clusters=clusters,
    )  # fmt: skip
    effort = made.variable(mediator)
    if not effort.applies.all():
        raise SurveyError(
            f"`{mediator}` does not concern {int(made.sample.n[~effort.applies].sum()):,} rows, so nothing can go "
            "through it there. Leave these customers out of the survey."
        )
    kept = np.flatnonzero([mediator not in owner for owner in made.owners])
    chain = Chain(
        X=made.X[:, kept],
        mediator=effort.values,
        outcome=made.outcome.values,
        mediator_ordered=setting.outcome.family in ORDERED,
        outcome_ordered=made.outcome.family in ORDERED,
    )
    return _Paths(made, effort, chain, kept)


def _moves(paths: _Paths, driver: Variable) -> Iterator[tuple[str, Move]]:
    """The same terms as in `Drivers.effects`."""
    made, among = paths.setting, driver.applies

    def at(value: float) -> Array:
        return made.matrix({driver.name: value})[:, paths.kept]

    if driver.kind == "category":
        for code, level in enumerate(driver.levels[1:], start=1):
            yield f"{level} vs {driver.levels[0]}", Move(at(code), at(0), False, among)
    elif driver.kind == "binary":
        yield "yes vs no", Move(at(driver.scale.high), at(driver.scale.low), False, among)
    else:
        X = paths.chain.X
        yield "per 1", Move(X + made.direction(driver.name)[:, paths.kept], X, True, among)
    if not among.all():
        yield f"{NOT_APPLICABLE} vs answered", Move(at(np.nan), paths.chain.X, False, among)


def _measures(effects: Array) -> Array:
    """From direct and indirect (..., 2) to the four effects (..., 4)."""
    total = effects.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = effects[..., 1:] / total
    return np.concatenate([total, effects, share], axis=-1)


def _table(
    paths: _Paths,
    named: Sequence[tuple[str, str, Move]],
    conf_level: float,
    n_boot: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    sample, moves = paths.setting.sample, [move for *_, move in named]
    unit = paths.unit * np.array([1.0, 1.0, 1.0, 1 / paths.unit])
    drawn = [paths.chain.effects(moves, W) for W in bootstrap(sample, n_boot, rng)]
    estimate = _measures(paths.chain.effects(moves, sample.w[None, :])[0])
    draws = _measures(np.concatenate(drawn))
    df, widen = float(sample.degrees), paths.widen
    low, high = bootstrap_interval(estimate, draws, conf_level, df=df, widen=widen)
    p_value = bootstrap_p_value(draws, df=df, widen=widen)
    error = draws.std(axis=0, ddof=1) * widen
    error[:, 3] = _error_of_share(estimate, draws) * widen
    unknown = (low[:, 0] <= 0) & (high[:, 0] >= 0)
    rows = []
    for j, (driver, term, _) in enumerate(named):
        for k, effect in enumerate(EFFECTS):
            numbers = np.array([estimate[j, k], error[j, k], low[j, k], high[j, k]]) * unit[k]
            p = float(p_value[j, k])
            if effect == "proportion_mediated" and unknown[j]:
                numbers, p = np.full(4, np.nan), np.nan
            keys = {"driver": driver, "term": term, "effect": effect, "p_value": p}
            counted = (*map(float, numbers), sample.rows, paths.setting.n_missing)
            rows.append(keys | dict(zip(ESTIMATE_COLUMNS, counted, strict=True)))
    return frame(rows, ("driver", "term", "effect"), ("p_value",))


def _error_of_share(estimate: Array, draws: Array) -> Array:
    """Delta-method error of indirect / total: draws of a ratio may have no variance."""
    left = (draws[..., 2] - draws[..., 2].mean(axis=0)) - estimate[:, 3] * (
        draws[..., 0] - draws[..., 0].mean(axis=0)
    )
    return np.asarray(left.std(axis=0, ddof=1) / np.abs(estimate[:, 0]))


def _interactions(paths: _Paths) -> pd.DataFrame:
    """Test of each driver's products with the mediator, all products in the model of loyalty at once."""
    made, chain, sample = paths.setting, paths.chain, paths.setting.sample
    of = [np.flatnonzero(np.isin(paths.kept, made.columns_of(driver.name))) for driver in made.drivers]
    columns = np.concatenate(of)
    m = chain.mediator - np.average(chain.mediator, weights=sample.w)
    X = np.column_stack([chain.X, m, m[:, None] * chain.X[:, columns]])
    family: responses.Family = "cumulative" if chain.outcome_ordered else "linear"  # as in the chain
    found = responses.fit(family, chain.outcome, X, sample.w, n=sample.rows)
    covariance = influence_covariance(found.influence, sample)
    covariance *= sample.rows / (sample.rows - found.n_parameters)
    df = sample.degrees + 1 - found.n_parameters
    start, rows = chain.X.shape[1] + 1, []
    for driver, own in zip(made.drivers, of, strict=True):
        here = slice(start, start + len(own))
        statistic, p = wald_test(found.coef[here], covariance[here, here], df)
        p = np.nan if found.separated else p
        rows.append(
            {"driver": driver.name, "statistic": statistic, "df": len(own), "df_error": df, "p_value": p}
        )
        start += len(own)
    table = pd.DataFrame(rows)
    table["p_holm"] = adjusted_p_values(table.p_value)
    return table


def _method(paths: _Paths, conf_level: float, n_boot: int, seed: int) -> str:
    made, chain = paths.setting, paths.chain

    def model(ordered: bool, levels: int) -> str:
        return ("cumulative logit" if levels > 2 else "logit") if ordered else "least squares"

    effort, loyalty = paths.mediator.name, made.outcome.name
    both = (
        f"{effort} by {model(chain.mediator_ordered, len(np.unique(chain.mediator)))}, {loyalty} by "
        f"{model(chain.outcome_ordered, len(made.outcome.levels))}"
    )
    lines = not (chain.mediator_ordered or chain.outcome_ordered)
    split = "product of coefficients" if lines else "natural effects by standardisation over the customers"
    held = ", ".join(one.name for one in made.controls if one is not paths.mediator)
    drawn = "clusters" if made.sample.cluster is not None else "customers"
    at_once = f"all drivers at once{f', holding {held} fixed' if held else ''}"
    return (
        f"{both}; {split}, in {paths.unit_name} of {loyalty}, {at_once}; "
        f"{100 * conf_level:g} % percentile intervals from {n_boot:,} bootstrap draws of {drawn}; seed {seed}."
    )


def _notes(survey: Survey, paths: _Paths, table: pd.DataFrame, interactions: pd.DataFrame) -> Iterator[Note]:
    effort, loyalty = paths.mediator.name, paths.setting.outcome.name
    if survey.codebook.simulated:
        yield SIMULATED
    yield Note(
        "sequential_ignorability",
        f"A path is no proof of one: the split holds only if, besides what is held fixed, nothing drives two of "
        f"driver, `{effort}` and `{loyalty}`, and no driver works through another. No figure here can test that.",
        True,
    )
    yield Note(
        "cross_section",
        f"That drivers come before `{effort}`, and `{effort}` before `{loyalty}`, is assumed: answers given once do "
        "not show what came first.",
        True,
    )
    if paths.setting.outcome.kind == "scale" and paths.mediator.kind == "scale":
        yield Note(
            "one_questionnaire",
            f"`{effort}` and `{loyalty}` are, as far as the codebook says, answers of one questionnaire: mood and "
            "habits of answering tie them together, which makes indirect effects look larger and direct ones smaller.",
            True,
        )
    yield Note(
        "noisy_mediator",
        f"What goes through is told of the recorded `{effort}`: as far as that is a rough record, noise in it makes "
        "indirect effects look smaller and direct ones larger.",
        True,
    )
    yield from _undefined(table, loyalty)
    yield from _opposed(table)
    yield from _dependent(interactions, effort, loyalty)


def _undefined(table: pd.DataFrame, loyalty: str) -> Iterator[Note]:
    shares = table[table.effect == "proportion_mediated"]
    without = shares[shares.estimate.isna()]
    if len(without):
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(without.driver))
        yield Note(
            "proportion_undefined",
            f"{names}: the total effect on `{loyalty}` cannot be told from 0, so a proportion of it means nothing; "
            "read the indirect effect itself.",
            True,
        )


def _opposed(table: pd.DataFrame) -> Iterator[Note]:
    """Direct and indirect effects that clearly work against one another."""
    parts = {
        effect: table[table.effect == effect].reset_index(drop=True) for effect in ("direct", "indirect")
    }
    sign = [(part.conf_low > 0).to_numpy() * 1 - (part.conf_high < 0).to_numpy() for part in parts.values()]
    against = parts["direct"].driver[sign[0] * sign[1] < 0]
    if len(against):
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(against))
        yield Note(
            "opposed_paths",
            f"{names}: direct and indirect effects have opposite signs and partly cancel, so a proportion mediated "
            "lies outside 0 to 1 and says little.",
            True,
        )


def _dependent(interactions: pd.DataFrame, effort: str, loyalty: str) -> Iterator[Note]:
    found = interactions[interactions.p_holm < LEVEL]
    names = ", ".join(f"`{name}`" for name in found.driver)
    if names:
        yield Note(
            "interaction",
            f"{names}: what `{effort}` predicts for `{loyalty}` depends on it (Holm p = {found.p_holm.min():.2g}); "
            "the model leaves that out, so the split is an average that differs between customers.",
            True,
        )
    elif interactions.p_holm.notna().any():
        yield Note(
            "no_interaction",
            f"No driver was seen to change what `{effort}` predicts for `{loyalty}` (smallest Holm p = "
            f"{interactions.p_holm.min():.2g}); the models have no such interaction.",
        )
