"""Checks by simulation: what a claim would look like in a world where it is so and in one where it is not.

The rule is one for all: a statistic that the claim would have above the least that matters, from a survey of either
world. Where its interval is above in the first and not in the second, it could tell; where it is so in both, what is
quoted would be seen even if the claim were false. Nothing here is evidence about customers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch import worlds
from cxresearch._claims_checks_arithmetic import Z
from cxresearch._claims_checks_proxies import broken_line
from cxresearch._claims_checks_rows import difference
from cxresearch._claims_findings import Answer, Check
from cxresearch._claims_schema import Claim, Registry
from cxresearch.stats.fisher import compare_independent
from cxresearch.survey.scales import INSTRUMENTS

Array = NDArray[np.float64]
Found: TypeAlias = tuple[float, tuple[float, float]]

N = 4000  # enough that another draw gives the same verdict
SEED = 20261122
BIG = 20_000  # customers where renewals are counted
TEAMS, IN_TEAMS = 1000, 60_000  # groups, and customers in them
CLOSE = 0.1  # difference of two correlations within which neither metric dominates
AGREES = 5.0  # first agreeing answer of CES 2.0
LOST, MIDDLING = 4.0, 6.0  # highest answers of contacts that were not easy, and of middling ones
HARD, UNLIKELY = 2.0, 3.0  # highest answers of high effort, and of customers who will not buy again
LEAST = {
    "points per point": 0.1,
    "points": 5.0,
    "points of renewal": 2.0,
    "r": 0.03,
    "stars": 0.1,
}  # that matters, by unit
ANNOYED = (0.3, 0.15, 0.1)  # chances to answer after hard, middling and easy contacts
CHANGES = np.array([-1.0, 0.0, 1.0])
TOP = (0.02, 0.02, 0.03, 0.04, 0.05, 0.09, 0.75)  # shares of answers where three in four are at the top


@cache
def _answers(world: worlds.World, n: int = N, seed: int = SEED) -> pd.DataFrame:
    return world.answers(n, seed)


def _column(world: worlds.World, name: str, seed: int = SEED) -> Array:
    return _answers(world, N, seed)[name].to_numpy(float)


def told(
    words: str, unit: str, so: Found, not_so: Found, tells: str, n: int = N, least: float | None = None
) -> Answer:  # fmt: skip
    """Verdict of a simulation, from one statistic in a world where the claim is so and in one where it is not."""
    least = LEAST[unit] if least is None else least
    in_so, in_other = (ends[0] > least for _, ends in (so, not_so))
    texts = [f"{value:.2f} ({low:.2f} to {high:.2f})" for value, (low, high) in (so, not_so)]
    says = (
        "the statistic tells the two apart"
        if in_so and not in_other
        else "what is quoted would be seen in either"
        if in_so
        else "the statistic does not show it"
    )
    return Answer(
        "depends" if in_so and not in_other else "underdetermined", "world",
        f"Simulated, no evidence about customers. {words}: {texts[0]} in a world where it is so, {texts[1]} in one "
        f"where it is not (n = {n:,} each; more than {least:g} matters): {says}.",
        low=min(so[0], not_so[0]), high=max(so[0], not_so[0]), unit=unit, n=n,
        open=f"which world customers live in: {tells}",
    )  # fmt: skip


def _gap(a: Array, b: Array) -> Found:
    """Difference of two means of separate customers."""
    value = float(a.mean() - b.mean())
    half = Z * math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    return value, (value - half, value + half)


def _beyond(found: Found, least: float = 0.0) -> Found:
    """How far a difference is from 0, whatever its sign, beyond the least that counts."""
    value, (low, high) = found
    return abs(value) - least, (max(low, -high, 0.0) - least, max(-low, high) - least)


def _nps(answers: pd.DataFrame) -> Array:
    known = INSTRUMENTS["nps"]
    return known.scorers[0].apply(answers["nps"].to_numpy(float), known.scale)


def _straight() -> worlds.World:
    return replace(worlds.asymmetric(), bend=None)


def bend_in_worlds(_claim: Claim, _: Registry) -> Answer:
    """Whether loyalty that only bad contacts cost could be told from loyalty that rises all the way."""
    so, not_so = (
        broken_line(_column(world, "ces"), _column(world, "repurchase"), AGREES)
        for world in (worlds.asymmetric(), _straight())
    )
    return told(
        f"Points of repurchase intention per point of ease up to {AGREES:g} of 7, less those beyond",
        "points per "
        "point", so, not_so, "effort answers and loyalty of the same customers, with answers below the middle",
    )  # fmt: skip


def keeping_or_winning(_claim: Claim, _: Registry) -> Answer:
    """Whether mending bad contacts keeps more customers than making middling ones splendid."""

    def contrast(world: worlds.World) -> Found:
        ces, renewed = _answers(world, BIG)[["ces", "renewed"]].to_numpy(float).T
        groups = [renewed[ces <= LOST], renewed[(ces > LOST) & (ces <= MIDDLING)], renewed[ces > MIDDLING]]
        rates = [float(group.mean()) for group in groups]
        half = (
            100
            * Z
            * math.sqrt(sum(k**2 * g.var(ddof=1) / len(g) for k, g in zip((1, 2, 1), groups, strict=True)))
        )
        value = 100 * ((rates[1] - rates[0]) - (rates[2] - rates[1]))
        return value, (value - half, value + half)

    return told(
        "Renewals gained from a hard to a middling contact, less those from a middling to an easy one",
        "points of renewal",
        contrast(worlds.asymmetric()), contrast(_straight()),
        "renewals by effort; and what a customer kept and an advocate won are worth", BIG,
    )  # fmt: skip


def mood_of_the_moment(_claim: Claim, _: Registry) -> Answer:
    """Whether a survey bent by the mood of the moment could be told from one that is not."""

    def lead(world: worlds.World) -> Found:
        return difference(*(_column(world, name) for name in ("nps", "csat", "repurchase")))

    return told(
        "Lead of recommendation over satisfaction in the correlation with repurchase intention, from a mood that "
        "the two "
        "answers share", "r", lead(worlds.halo()), lead(worlds.recommendation_wins()),
        "the same answers beside what customers did, or asked again on another day",
    )  # fmt: skip


def begging(_claim: Claim, _: Registry) -> Answer:
    """Whether begging for the best answer would show in the score."""
    honest = worlds.gamed()
    honest = replace(honest, items=tuple(replace(item, begged=0.0) for item in honest.items))
    before = _nps(_answers(honest, N, SEED + 1))
    so, not_so = (_gap(_nps(_answers(world)), before) for world in (worlds.gamed(), honest))
    return told(
        "NPS above that of the same customers asked without begging", "points", so, not_so,
        "the score before the target was set, and renewals beside it",
    )  # fmt: skip


def falls_and_rises(_claim: Claim, _: Registry) -> Answer:
    """Whether more falls than rises of loyalty need any loss of loyalty at all."""
    rng = np.random.default_rng(SEED)
    tied = worlds.tie()
    top = replace(
        tied,
        items=tuple(
            replace(item, thresholds=worlds.thresholds(TOP)) if item.name == "repurchase" else item
            for item in tied.items
        ),
    )
    found = []
    for world, chances in ((tied, (0.4, 0.5, 0.1)), (top, (0.2, 0.6, 0.2))):
        before = _column(world, "repurchase")
        change = np.clip(before + rng.choice(CHANGES, size=N, p=chances), 1, 7) - before
        sign = 100.0 * (np.sign(-change))
        half = Z * sign.std(ddof=1) / math.sqrt(N)
        found.append((float(sign.mean()), (float(sign.mean() - half), float(sign.mean() + half))))
    return told(
        "Share whose loyalty falls less the share whose loyalty rises (where it is not so, falls and rises are equally "
        "likely and three in four cannot rise)", "points", found[0], found[1], "loyalty before the contact",
    )  # fmt: skip


def shares_by_effort(claim: Claim, _: Registry) -> Answer:
    """How strong effort must be for hard and easy contacts to differ as much as was printed."""
    high, low = (claim.value(f"{group} effort") for group in ("high", "low"))
    printed = abs(high - low)
    ruled = worlds.effort_wins()
    ruled = replace(
        ruled, effects=(0.98, 0.0, 0.0), items=tuple(replace(item, reliability=0.98) for item in ruled.items)
    )

    def gap(world: worlds.World) -> Found:
        ces = _column(world, "ces")
        unlikely = np.where(_column(world, "repurchase") <= UNLIKELY, 100.0, 0.0)
        return _gap(unlikely[ces <= HARD], unlikely[ces > MIDDLING])

    return told(
        f"Share of hard contacts who will not buy again less that of the easiest, printed {printed:g} points (so: ease "
        "is all of loyalty; not so: effort predicts best, and much else counts)", "points",
        gap(ruled), gap(worlds.effort_wins()), "how the groups were cut, and effort and loyalty of single customers",
        least=printed - 1,  # both shares are rounded
    )  # fmt: skip


def persons_and_groups(_claim: Claim, _: Registry) -> Answer:
    """Whether correlations over groups must exceed those over persons."""
    teams = replace(worlds.tie(), teams=TEAMS, team_share=0.6)
    frame = _answers(teams, IN_TEAMS)[["team", "csat", "renewed"]]

    def excess(team: pd.Series[int]) -> Found:
        means = frame.groupby(team.to_numpy())[["csat", "renewed"]].mean()
        over = [
            float(np.corrcoef(each.to_numpy(float).T)[0, 1]) for each in (means, frame[["csat", "renewed"]])
        ]
        test = compare_independent(over[0], len(means), over[1], IN_TEAMS)
        return test.estimate, (test.conf_low, test.conf_high)

    chance = pd.Series(np.random.default_rng(SEED).permutation(np.arange(IN_TEAMS) % TEAMS))
    return told(
        "Correlation of satisfaction with renewal over group means less that over persons (so: customers of "
        "one team share a part; not so: groups at random)", "r", excess(frame["team"]), excess(chance),
        "both of the same firms: persons, and firms with their sizes", IN_TEAMS,
    )  # fmt: skip


def neither_dominates(_claim: Claim, _: Registry) -> Answer:
    """Whether two metrics that predict alike could be told from two of which one dominates."""

    def closeness(world: worlds.World) -> Found:
        value, (low, high) = difference(*(_column(world, name) for name in ("ces", "csat", "repurchase")))
        return CLOSE - abs(value), (CLOSE - max(abs(low), abs(high)), CLOSE - max(low, -high, 0.0))

    return told(
        f"How far effort and satisfaction stay within {CLOSE:g} of one another in the correlation with repurchase "
        "intention", "r", closeness(worlds.tie()), closeness(worlds.effort_wins()),
        "both metrics and an outcome of the same customers",
    )  # fmt: skip


def who_answers(_claim: Claim, _: Registry) -> Answer:
    """Whether a score moves with who answers, and whether the answers show it."""
    return _answering(_nps, "NPS", "points")


def stars_by_who_answers(_claim: Claim, _: Registry) -> Answer:
    """Whether a mean of stars moves with who rates."""
    return _answering(lambda answers: answers["csat"].to_numpy(float), "mean of five stars", "stars")


def _answering(score: Callable[[pd.DataFrame], Array], words: str, unit: str) -> Answer:
    chosen = replace(worlds.nonresponse(), response=ANNOYED)
    everybody = score(_answers(replace(chosen, response=()), N, SEED + 1))
    alike = replace(chosen, response=(0.2, 0.2, 0.2))
    so, not_so = (_beyond(_gap(score(_answers(world)), everybody)) for world in (chosen, alike))
    return told(
        f"Distance of the {words} of those who answer from that of everybody (not so: all answer with one chance)",
        unit, so, not_so, "who did not answer, and what they would have said",
    )  # fmt: skip


def scores_between_groups(_claim: Claim, _: Registry) -> Answer:
    """Whether a difference of NPS shows a difference of what customers feel."""
    habits = _answers(worlds.culture())
    felt = _answers(replace(worlds.culture(), cultures=(worlds.Culture("plain", 1.0),), waves=(0.3, -0.3)))
    firms = felt["wave"].to_numpy()
    so = _gap(*(_nps(felt[firms == wave]) for wave in np.unique(firms)))
    not_so = _gap(*(_nps(habits[habits["culture"] == name]) for name in ("loud", "sparing")))
    return told(
        "NPS of one group above that of another (so: its contacts are easier; not so: the groups feel alike and use "
        "the "
        "scale in their own ways)", "points", _beyond(so), _beyond(not_so),
        "whether the groups compared use the scale alike",
    )  # fmt: skip


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        bend_in_worlds, keeping_or_winning, mood_of_the_moment, begging, falls_and_rises, shares_by_effort,
        persons_and_groups, neither_dominates, who_answers, stars_by_who_answers, scores_between_groups,
    )
}  # fmt: skip
