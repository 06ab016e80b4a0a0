"""Lesson 4, in-sample, out-of-sample, and tuning to the answer: its data, exercises and dial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from cxresearch import worlds
from cxresearch._course_dial import Dial
from cxresearch._course_exercises import Exercise, Mistake
from cxresearch.plots_course_4 import draw_looks

TEAMS, CUSTOMERS, COMPANIES = 20, 100, 100  # teams a company, customers a team asked each time, companies
PARTS = 10
CHANCE = 5.0  # per cent of 95 % intervals that miss by luck
SEED = 41

Array = NDArray[np.float64]


# The dial


@dataclass(frozen=True)
class Looks:
    """What comes of looking at `looks` teams of a company in which effort and satisfaction tie.

    `lead`, `low` and `high` are the leads of satisfaction over effort in the teams of one company, with 95 %
    intervals; `picked` is the team with the largest lead either way, `again` its lead among customers asked later.
    `found` and `confirmed` count, for each number of teams looked at, the companies in which some team has a clear
    lead, and those in which the clearest of these has a clear lead the same way among customers asked later.
    """

    looks: int
    most: int
    lead: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    picked: int
    again: tuple[float, ...]
    companies: int
    found: tuple[int, ...]
    confirmed: tuple[int, ...]
    expected: tuple[float, ...]


def leads(a: Array, b: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return how much more a correlates with y than b does, with 95 % intervals, along the last axis.

    Each customer is left out in turn, and t has the degrees of freedom of `cxresearch.stats.estimates.influence_t`.
    """
    n = y.shape[-1]
    lead = _r(a, y) - _r(b, y)
    z = _r_without_one(a, y) - _r_without_one(b, y)
    z = z - z.mean(-1, keepdims=True)
    squares, fourths = (z**2).sum(-1), (z**4).sum(-1)
    df = np.minimum(2 * squares**2 / (fourths - squares**2 / n), n - 1)
    half = stdtrit(df, 0.975) * np.sqrt((n - 1) / n * squares)
    return lead, lead - half, lead + half


def _r(x: Array, y: Array) -> Array:
    zx, zy = ((v - v.mean(-1, keepdims=True)) / v.std(-1, keepdims=True) for v in (x, y))
    return np.asarray((zx * zy).mean(-1))


def _r_without_one(x: Array, y: Array) -> Array:
    """Return r without each customer, in place of the customer."""
    n = y.shape[-1]
    x, y = (v - v.mean(-1, keepdims=True) for v in (x, y))
    grown = n / (n - 1)  # deviations are from the mean of all: of the products of the others this much goes
    xy, xx, yy = ((p * q).sum(-1, keepdims=True) - grown * p * q for p, q in ((x, y), (x, x), (y, y)))
    return np.asarray(xy / np.sqrt(xx * yy))


@cache
def _companies() -> tuple[Array, Array, Array]:
    """Return lead, low and high by time of asking, company and team; teams are dealt their customers by lot."""
    people = worlds.tie().answers(2 * COMPANIES * TEAMS * CUSTOMERS, SEED)
    shape = (2, COMPANIES, TEAMS, CUSTOMERS)
    return leads(*(people[name].to_numpy(float).reshape(shape) for name in ("csat", "ces", "repurchase")))


@cache
def looked(looks: int) -> Looks:
    """Return what the dial draws when the first `looks` teams of each company are looked at."""
    lead, low, high = _companies()
    found, confirmed = _counts()
    clear = (low[0] > 0) | (high[0] < 0)
    drawn = int(
        (clear[:, 1:5].any(axis=1) & ~clear[:, 0]).argmax()
    )  # the first in which something soon turns up
    picked = int(np.abs(lead[0, drawn, :looks]).argmax())
    again = (float(x[1, drawn, picked]) for x in (lead, low, high))
    mine, lows, highs = (tuple(map(float, x[0, drawn, :looks])) for x in (lead, low, high))
    many = np.arange(1, TEAMS + 1)
    expected = tuple(map(float, 100 * (1 - (1 - CHANCE / 100) ** many)))
    return Looks(looks, TEAMS, mine, lows, highs, picked, tuple(again), COMPANIES, found, confirmed, expected)


@cache
def _counts() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return in how many companies a clear lead is found, and confirmed, by teams looked at."""
    lead, low, high = _companies()
    side = np.sign(lead) * ((low > 0) | (high < 0))  # 0 where the interval holds 0
    found, confirmed = [], []
    for looks in range(1, TEAMS + 1):
        first, at = side[0, :, :looks], np.abs(lead[0, :, :looks]) * (side[0, :, :looks] != 0)
        best = at.argmax(axis=1)
        company = np.arange(COMPANIES)
        there = first[company, best] != 0
        found.append(int(there.sum()))
        confirmed.append(int((there & (side[1, company, best] == first[company, best])).sum()))
    return tuple(found), tuple(confirmed)


def say_looks(now: Looks) -> str:
    """Return the figure in two sentences."""
    teams = f"{now.looks} team{'s' * (now.looks > 1)}"
    at = now.looks - 1
    largest, later = now.lead[now.picked], now.again[0]
    return (
        f"With {teams} looked at, a clear lead turns up in {now.found[at]} of {now.companies} companies, and is seen "
        f"again in {now.confirmed[at]}. In the company drawn the largest lead is {largest:.2f}; asked again the same "
        f"team has {later:.2f}."
    )


DIAL = Dial(
    label="teams looked at:",
    settings=(1, 2, 3, 5, 7, 10, 15, TEAMS),
    start=5,
    shown=(1, 3, 5, 10, TEAMS),
    numbers=looked,
    draw=draw_looks,
    say=say_looks,
)


# Exercises


@cache
def _known() -> pd.DataFrame:
    return worlds.satisfaction_wins().answers(200, 1)


@cache
def _new() -> pd.DataFrame:
    return worlds.satisfaction_wins().answers(5_000, 2)


def _by_group(learnt: pd.DataFrame, asked: pd.DataFrame, by: str = "csat") -> pd.Series:
    means = learnt.groupby(by)["repurchase"].mean()
    return asked[by].map(means).fillna(learnt["repurchase"].mean())


def _r2(asked: pd.DataFrame, said: pd.Series, plain: float) -> float:
    y = asked["repurchase"]
    return float(1 - ((y - said) ** 2).sum() / ((y - plain) ** 2).sum())


def _on(asked: Callable[[], pd.DataFrame], by: str = "csat") -> float:
    return _r2(asked(), _by_group(_known(), asked(), by), float(_known()["repurchase"].mean()))


def _new_exercise() -> Exercise:
    return Exercise(
        "4.1",
        "R² among new customers when they are predicted from satisfaction.",
        lambda: _on(_new),
        "One question, five groups of many customers: there is little to learn by heart, and little is lost.",
        "As in the example, with `csat` for the question: means from `known`, misses among `new`.",
        (
            Mistake(lambda: _on(_known), "That is R² among the customers it was learnt from; take `new`."),
            Mistake(
                lambda: _r2(_new(), _by_group(_new(), _new()), float(_new()["repurchase"].mean())),
                "You learnt the means from the new customers; then they are not new any more.",
            ),
            Mistake(
                lambda: 1 - _on(_new),
                "That is the share of the misses that remains: take it from 1.",
            ),
            Mistake(
                lambda: float(_new()["csat"].corr(_new()["repurchase"])) ** 2,
                "That is r times r among the new customers, of a line fitted to them afterwards. Nobody could have "
                "predicted with it.",
            ),
            Mistake(
                lambda: float(_by_group(_known(), _new()).corr(_new()["repurchase"])) ** 2,
                "You squared the correlation of prediction and answer. That forgives predictions that are too high "
                "throughout; count the misses.",
            ),
            Mistake(
                lambda: _r2(_new(), _by_group(_known(), _new()), float(_new()["repurchase"].mean())),
                "You compared with predicting the mean of the new customers, as `r2_score` does. That mean is known "
                "only afterwards; compare with `plain`, the mean of `known`.",
            ),
            Mistake(lambda: _on(_new, "nps"), "That is the example, recommendation; take `csat`."),
            Mistake(lambda: _on(_new, "ces"), "That is effort; take `csat`."),
        ),
        decimals=3,
    )


@cache
def _folds(by: str = "csat", *, peek: bool = False) -> tuple[float, float]:
    """Return cross-validated R²: of all misses together, and as the mean of the parts' own."""
    part = np.arange(len(_known())) % PARTS
    missed, plain, each = 0.0, 0.0, []
    for k in range(PARTS):
        learnt, asked = _known()[part != k], _known()[part == k]
        if peek:
            learnt = asked
        mean, said = learnt["repurchase"].mean(), _by_group(learnt, asked, by)
        wrong, base = ((asked["repurchase"] - x).pow(2).sum() for x in (said, mean))
        missed, plain = missed + wrong, plain + base
        each.append(1 - wrong / base)
    return float(1 - missed / plain), float(np.mean(each))


@cache
def _set_aside() -> list[pd.DataFrame]:
    """Return the ten parts, each with what the other nine `said` of it from satisfaction."""
    part = np.arange(len(_known())) % PARTS
    pairs = [(_known()[part != k], _known()[part == k]) for k in range(PARTS)]
    return [asked.assign(said=_by_group(learnt, asked)) for learnt, asked in pairs]


def _r2_of_itself(asked: pd.DataFrame) -> float:
    """Return R² against the mean of the predicted customers themselves, as `r2_score` of scikit-learn has it."""
    return _r2(asked, asked["said"], float(asked["repurchase"].mean()))


def _fold_exercise() -> Exercise:
    return Exercise(
        "4.2",
        "R² by cross-validation in ten parts, from satisfaction.",
        lambda: _folds()[0],
        "From 200 customers alone, and without asking anybody else, you know about what new ones will give.",
        "The loop of the example, with `csat` for the question in both places; at the end `1 - missed / base`.",
        (
            Mistake(lambda: _on(_known), "That is R² without leaving anybody out, in-sample."),
            Mistake(lambda: _on(_new), "That is R² among the 5,000 others; here only the 200 may be used."),
            Mistake(
                lambda: _folds()[1],
                "You averaged the R² of the ten parts. That is done too, but parts of twenty are rough: add up the "
                "misses of all parts first.",
            ),
            Mistake(
                lambda: _r2_of_itself(pd.concat(_set_aside())),
                "You compared with predicting the mean of all 200, as `r2_score` does. The part set aside has a "
                "share in that mean; compare each part with the mean of the other nine, as `base` does.",
            ),
            Mistake(
                lambda: float(np.mean([_r2_of_itself(asked) for asked in _set_aside()])),
                "You compared each part with its own mean, which is known only afterwards, and averaged ten R². "
                "Compare with the mean of the other nine, and add up the misses of all parts first.",
            ),
            Mistake(
                lambda: _folds(peek=True)[0],
                "Each part was predicted from itself: learn from the other nine (`!=`), predict the one (`==`).",
            ),
            Mistake(lambda: _folds("nps")[0], "That is the example, recommendation; take `csat`."),
            Mistake(lambda: _folds("ces")[0], "That is effort; take `csat`."),
            Mistake(lambda: 1 - _folds()[0], "That is the share of the misses that remains: take it from 1."),
        ),
        decimals=3,
    )


CUTS = range(4, 11)


@cache
def _few() -> pd.DataFrame:
    return worlds.satisfaction_wins().answers(100, 6)


def _cut_r(asked: pd.DataFrame, cut: int) -> float:
    return float((asked["nps"] >= cut).astype(float).corr(asked["repurchase"]))


@cache
def _best_cut(new: bool = False) -> int:
    return max(CUTS, key=lambda cut: _cut_r(_new() if new else _few(), cut))


def _cut_exercise() -> Exercise:
    return Exercise(
        "4.3",
        "The cut that does best among the 100, and its correlation with repurchase among the new customers.",
        lambda: {"cut": float(_best_cut()), "r": _cut_r(_new(), _best_cut())},
        "The cut was chosen for looking good; part of that was luck, and luck does not come along.",
        "Calculate r for each cut among `few`, keep the cut with the highest, and calculate r for that cut in `new`.",
        (
            Mistake(
                lambda: {"r": _cut_r(_few(), _best_cut())},
                "that is among the 100 it was chosen on; calculate it in `new`.",
            ),
            Mistake(
                lambda: {"cut": float(_best_cut(new=True))},
                "that is the best cut among the new customers. When the cut was chosen, they had not answered yet.",
            ),
            Mistake(
                lambda: {"r": _cut_r(_new(), _best_cut(new=True))},
                "that is the best that any cut does among the new customers; take the cut chosen among the 100.",
            ),
            Mistake(
                lambda: {"r": float(_new()["nps"].corr(_new()["repurchase"]))},
                "that is the whole scale; cut the answers first: `new['nps'] >= cut`.",
            ),
            Mistake(
                lambda: {"cut": float(min(CUTS, key=lambda cut: _cut_r(_few(), cut)))},
                "that is the cut that does worst.",
            ),
        ),
        decimals=3,
    )


def _luck_exercise() -> Exercise:
    none = (1 - CHANCE / 100) ** TEAMS
    return Exercise(
        "4.4",
        "The chance that at least one of 20 teams shows a clear lead by luck.",
        lambda: 100 * (1 - none),
        "More often than not something is found, where there is nothing to find.",
        "First the chance that *no* team shows a lead: one team does not with 0.95, and neither does the next, and ...",
        (
            Mistake(
                lambda: CHANCE * TEAMS,
                "Chances of things that can happen together do not add up: with 21 teams it would be more than 100 %. "
                "Begin with the chance that no team shows a lead.",
            ),
            Mistake(lambda: CHANCE, "That is the chance of one team."),
            Mistake(
                lambda: 100 * (CHANCE / 100) ** TEAMS,
                "That is the chance that *all* twenty show a lead.",
            ),
            Mistake(
                lambda: 100 * TEAMS * (CHANCE / 100) * (1 - CHANCE / 100) ** (TEAMS - 1),
                "That is the chance of exactly one team; two or three count as well.",
            ),
            Mistake(
                lambda: 100 * (1 - (1 - CHANCE / 100) ** (TEAMS / 2)), "That is for ten teams; there are 20."
            ),
        ),
        unit="%",
    )


FIRST, AGAIN = 7, 8  # seeds of the two surveys of part 5


@cache
def _company(seed: int) -> dict[int, float]:
    """Return the lead of satisfaction over effort in each team of one survey."""
    people = replace(worlds.tie(), teams=TEAMS).answers(TEAMS * CUSTOMERS, seed)
    found = {}
    for team in sorted(people["team"].unique()):
        part = people[people["team"] == team]
        found[int(team)] = float(part["csat"].corr(part["repurchase"]) - part["ces"].corr(part["repurchase"]))
    return found


def _ranked() -> list[int]:
    """Return the teams by rising lead in the first survey."""
    return sorted(_company(FIRST), key=lambda team: _company(FIRST)[team])


def _again_exercise() -> Exercise:
    return Exercise(
        "4.5",
        "The lead, asked again, of the team in which satisfaction had the largest lead at first.",
        lambda: _company(AGAIN)[_ranked()[-1]],
        "The team was picked for its luck. The second survey had no part in the picking, so it can be believed.",
        "`leads.idxmax()` names the team in the first survey; calculate its lead among its customers in `second`.",
        (
            Mistake(
                lambda: _company(FIRST)[_ranked()[-1]],
                "That is its lead in the survey it was picked from.",
            ),
            Mistake(
                lambda: max(_company(AGAIN).values()),
                "That is the largest lead of the second survey, another team: you have picked again.",
            ),
            Mistake(
                lambda: (_company(FIRST)[_ranked()[-1]] + _company(AGAIN)[_ranked()[-1]]) / 2,
                "You averaged the two surveys; the first is tainted, since the team was picked by it.",
            ),
            Mistake(
                lambda: float(np.mean(list(_company(AGAIN).values()))),
                "That is the mean of all teams; take the one picked.",
            ),
            Mistake(
                lambda: _company(AGAIN)[_ranked()[0]],
                "That is the team with the *smallest* lead at first.",
            ),
        ),
        decimals=3,
    )


EXERCISES = (_new_exercise(), _fold_exercise(), _cut_exercise(), _luck_exercise(), _again_exercise())
