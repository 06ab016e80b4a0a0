"""Lesson 5, drivers, importance, confounding: its worlds, exercises and dial."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from cxresearch._course_dial import Dial
from cxresearch._course_exercises import Exercise, Mistake
from cxresearch.plots_course_5 import draw_held
from cxresearch.worlds import Friction, World, confounded, reverse_cause

N, SEED = 20_000, 5
STEPS = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0)  # what one step of complexity multiplies transfers by
Table = pd.DataFrame


# Data


def three_frictions() -> World:
    """Return the world of part 4: a rare and bad friction, a common and mild one, and one in between."""
    frictions = (
        Friction("outage", "binary", 0.03, 0.0, 0.9),
        Friction("long_form", "binary", 0.92, 0.0, 0.4),
        Friction("transfers", "count", 0.35, 0.6, 0.3),
    )
    return replace(confounded(), title="Three frictions", frictions=frictions)


@cache
def _customers() -> Table:
    return confounded().answers(N, SEED)


@cache
def _loyal() -> Table:
    return reverse_cause().answers(N, SEED)


def _by_level(customers: Table, friction: str) -> Table:
    """Mean ease without and with a friction at each complexity, their difference, and who met it."""
    met = customers[friction].gt(0)
    found = customers.pivot_table("ces", "complexity", met)
    levels = pd.DataFrame({"without": found[False], "with": found[True]})
    levels["difference"] = levels["without"] - levels["with"]
    return levels.assign(
        met=met.groupby(customers["complexity"]).sum(), n=customers["complexity"].value_counts()
    )


def _raw(column: str = "ces", friction: str = "transfers") -> float:
    met = _customers()[friction].gt(0)
    means = _customers()[column].groupby(met).mean()
    return float(means[False] - means[True])


def _held(weights: Callable[[Table], pd.Series], friction: str = "transfers") -> float:
    levels = _by_level(_customers(), friction)
    return float(np.average(levels["difference"], weights=weights(levels)))


# The dial


@dataclass(frozen=True)
class Mix:
    """Transferred customers and others when a step of complexity multiplies transfers by `times`; means of ease."""

    times: float
    n: int
    complexity: tuple[int, ...]
    without: tuple[float, ...]
    met: tuple[float, ...]
    n_without: tuple[int, ...]
    n_met: tuple[int, ...]
    ends: tuple[float, float]  # means of all without and of all with a transfer
    raw: tuple[float, float, float]  # difference, and its 95 % interval
    held: tuple[float, float, float]
    truth: float


@cache
def mix_at(times: float) -> Mix:
    """Return what the dial draws when each step of complexity multiplies transfers by `times`."""
    world = _turned(times)
    customers = world.answers(N, SEED)
    met = customers["transfers"].gt(0)
    (mean0, mean1), (var0, var1), (n0, n1) = (
        customers.pivot_table("ces", "complexity", met, aggfunc=what).to_numpy(float).T
        for what in ("mean", "var", "size")
    )
    ease0, ease1 = customers["ces"][~met], customers["ces"][met]
    share = n1 / n1.sum()
    known = world.truth.attributable("ces").set_index(["driver", "measure"]).truth["transfers"]
    return Mix(
        times=times,
        n=N,
        complexity=tuple(range(1, len(share) + 1)),
        without=tuple(map(float, mean0)),
        met=tuple(map(float, mean1)),
        n_without=tuple(map(int, n0)),
        n_met=tuple(map(int, n1)),
        ends=(float(ease0.mean()), float(ease1.mean())),
        raw=_interval(ease0.mean() - ease1.mean(), ease0.var() / len(ease0) + ease1.var() / len(ease1)),
        held=_interval(share @ (mean0 - mean1), share**2 @ (var0 / n0 + var1 / n1)),
        truth=float(known["attributable_mean"] / known["prevalence"]),
    )


def _turned(times: float) -> World:
    """The confounded world with transfers that depend on complexity by so much.

    At 2.0 it is nearly, not exactly the named world: its numbers would be the answers to 5.1 and 5.2.
    """
    world = confounded()
    level = np.arange(1, 6)
    share = np.asarray(world.complexity)
    spread = math.sqrt(share @ (level - share @ level) ** 2)
    first, *others = world.frictions
    return replace(world, frictions=(replace(first, growth=spread * math.log(times)), *others))


def _interval(difference: float, variance: float) -> tuple[float, float, float]:
    reach = 1.959964 * math.sqrt(variance)
    return float(difference), float(difference - reach), float(difference + reach)


def say_mix(mix: Mix) -> str:
    """Return the figure in a sentence."""
    return (
        f"raw difference {mix.raw[0]:.2f} points, {mix.held[0]:.2f} ({mix.held[1]:.2f} to {mix.held[2]:.2f}) with "
        f"complexity held; truth {mix.truth:.2f}."
    )


DIAL = Dial(
    label="a step of complexity multiplies transfers by:",
    settings=STEPS,
    start=2.0,
    shown=STEPS,
    numbers=mix_at,
    draw=draw_held,
    say=say_mix,
    write=lambda times: f"{times:.1f}",
)


# Exercises


def _raw_exercise() -> Exercise:
    met = lambda: _customers()["transfers"].gt(0)  # noqa: E731
    mean = lambda side: float(_customers()["ces"][met() == side].mean())  # noqa: E731
    slope = lambda: float(np.polyfit(_customers()["transfers"], _customers()["ces"], 1)[0])  # noqa: E731
    return Exercise(
        "5.1",
        "How many points lower the mean ease of transferred customers is than that of the others.",
        _raw,
        "That is the raw difference: everything that differs between the two groups is in it.",
        "Mean of `ces` where `transfers` is 0, less its mean where `transfers` is above 0.",
        (
            Mistake(lambda: mean(True), "That is the mean of the transferred alone; take it from that of the others."),
            Mistake(lambda: mean(False), "That is the mean of the others alone; take that of the transferred away."),
            Mistake(
                lambda: -slope(),
                "That is the slope, points per one more transfer; here two groups are compared, none against any.",
            ),
            Mistake(lambda: _raw(friction="repeats"), "That is the difference for `repeats`; look at `transfers`."),
            Mistake(lambda: _raw("csat"), "That is the difference in `csat`; ease is `ces`."),
            Mistake(
                lambda: mean(False) - float(_customers()["ces"].mean()),
                "You compared with all customers; compare those without a transfer with those with one.",
            ),
        ),
        unit="points",
        decimals=2,
    )  # fmt: skip


def _held_exercise() -> Exercise:
    return Exercise(
        "5.2",
        "The difference within levels of complexity, averaged as the transferred customers are spread over them.",
        lambda: _held(lambda levels: levels["met"]),
        "Like is compared with like: most of the raw difference was complexity, and not the transfer.",
        "One difference at each level of complexity; then `np.average` with the number of transferred customers at "
        "each level as weights.",
        (
            Mistake(_raw, "That is the raw difference again; first compare within each level of complexity."),
            Mistake(
                lambda: _held(lambda levels: pd.Series(1.0, levels.index)),
                "You gave each level the same weight; weigh it by the transferred customers it has.",
            ),
            Mistake(
                lambda: _held(lambda levels: levels["n"]),
                "You weighted by all customers at each level; the question is what a transfer did to those who had "
                "one.",
            ),
            Mistake(
                lambda: _held(lambda levels: levels["n"] - levels["met"]),
                "You weighted by the customers who were not transferred; weigh by those who were.",
            ),
            Mistake(
                lambda: float(_by_level(_customers(), "transfers")["difference"].sum()),
                "You added the five differences up; average them.",
            ),
            Mistake(
                lambda: _raw() - _held(lambda levels: levels["met"]),
                "That is the part that was complexity; asked is what remains.",
            ),
            Mistake(
                lambda: _held(lambda levels: levels["met"], "repeats"),
                "That is the difference for `repeats`; do the same for `transfers`.",
            ),
        ),
        unit="points",
        decimals=2,
    )


def _after_exercise() -> Exercise:
    return Exercise(
        "5.3",
        "Which of three must not be held fixed when asking what a transfer does to ease.",
        lambda: "csat",
        "Satisfaction is told after the contact and moves with its ease: holding it fixed takes away a part of the "
        "very thing that is asked for.",
        "Ask of each: was it there before the transfer, or did it come after?",
        (
            Mistake(
                lambda: "complexity",
                "An issue is simple or complex before anybody transfers the call; that is the thing to hold.",
            ),
            Mistake(
                lambda: "waiting",
                "Waiting is no result of a transfer here; holding it fixed does no harm.",
            ),
        ),
        choices=("complexity", "csat", "waiting"),
    )


@cache
def _frictions() -> Table:
    """What is true of the three frictions of part 4: prevalence (share), points lost by who meets it, and gone."""
    found = three_frictions().truth.attributable("ces").pivot_table("truth", "driver", "measure", sort=False)
    return found.assign(lost=found["attributable_mean"] / found["prevalence"])


def _parts(values: pd.Series) -> dict[str, float]:
    return {str(name): float(value) for name, value in values.items()}


def _gone_exercise() -> Exercise:
    share, lost = (lambda: _frictions()["prevalence"]), (lambda: _frictions()["lost"])
    return Exercise(
        "5.4",
        "By how many points the mean ease of all customers would rise without each of three frictions.",
        lambda: _parts(_frictions()["attributable_mean"]),
        "How many meet it, times what each of them loses: that is what removing it would bring.",
        "Who does not meet a friction gains nothing: multiply what each loses by the share (0 to 1) who meet it.",
        (
            Mistake(
                lambda: _parts(100 * share() * lost()),
                "multiplied by per cent; turn the per cent into a share first (divide by 100).",
            ),
            Mistake(lambda: _parts(lost()), "that is what each who meets it loses; not everybody meets it."),
            Mistake(lambda: _parts((1 - share()) * lost()), "multiplied by the share who do not meet it."),
            Mistake(lambda: _parts(lost() / share()), "divided by the share; multiply."),
            Mistake(lambda: _parts(share()), "that is the share who meet it."),
        ),
        unit="points",
        decimals=3,
    )


@cache
def _first() -> dict[str, str]:
    known = (
        three_frictions().truth.importance("ces").query("measure == 'shapley_r2'").set_index("driver").truth
    )
    return {
        "loses most": str(_frictions()["lost"].idxmax()),
        "most important": str(known.idxmax()),
        "most to gain": str(_frictions()["attributable_mean"].idxmax()),
    }


def _first_exercise() -> Exercise:
    return Exercise(
        "5.5",
        "Which friction comes first in each of three rankings.",
        lambda: dict(_first()),
        "Three honest rankings, three winners. Who asks what to remove first wants the last one.",
        "The first is in the table of the truth, the second in the table of importance, the third in your answer "
        "to 5.4.",
        (
            Mistake(
                lambda: {"loses most": _first()["most to gain"], "most to gain": _first()["loses most"]},
                "here the other ranking is meant: what one customer loses, and what all would gain, are two things.",
            ),
            Mistake(
                lambda: {
                    "loses most": _first()["most important"],
                    "most to gain": _first()["most important"],
                },
                "that is first in importance, which has no points.",
            ),
            Mistake(
                lambda: {"most important": _first()["loses most"]},
                "it has the largest effect, yet so few meet it that it explains less than another.",
            ),
            Mistake(
                lambda: {"most important": _first()["most to gain"]},
                "nearly everybody meets it, so it tells customers apart hardly at all.",
            ),
        ),
        choices=("outage", "long_form", "transfers"),
    )


@cache
def _gain() -> float:
    """True rise of mean ease in the world of part 5, had nobody met any friction."""
    none = {friction.name: 0.0 for friction in reverse_cause().frictions}
    found = reverse_cause().truth.what_if("ces", **none).set_index(["scenario", "measure"]).truth
    return float(found["change", "mean"])


def _promise_exercise() -> Exercise:
    line = lambda: np.polyfit(_loyal()["ces"], _loyal()["repurchase"], 1)  # noqa: E731
    return Exercise(
        "5.6",
        "The rise of repurchase that a report would promise: slope times gain in ease.",
        lambda: float(line()[0] * _gain()),
        "So the report would promise. Whether it comes true depends on which way round the two hang together.",
        "Points of repurchase per point of ease, times the points of ease that are gained.",
        (
            Mistake(
                lambda: float(line()[0]), "That is the slope alone, for one point of ease; times the gain."
            ),
            Mistake(_gain, "That is the gain in ease; times the slope it becomes a gain in repurchase."),
            Mistake(
                lambda: float(_loyal()["ces"].corr(_loyal()["repurchase"]) * _gain()),
                "You multiplied by the correlation, which has no unit; take the slope, in points per point.",
            ),
            Mistake(lambda: float(_gain() / line()[0]), "You divided by the slope; multiply."),
            Mistake(
                lambda: float(np.polyval(line(), _gain())),
                "You added the intercept: that is a level where ease equals the gain; a change has none.",
            ),
            Mistake(
                lambda: float(_gain() * np.polyfit(_loyal()["repurchase"], _loyal()["ces"], 1)[0]),
                "You took the slope the other way round: points of ease per point of repurchase.",
            ),
        ),
        unit="points",
        decimals=3,
    )


EXERCISES = (
    _raw_exercise(),
    _held_exercise(),
    _after_exercise(),
    _gone_exercise(),
    _first_exercise(),
    _promise_exercise(),
)
