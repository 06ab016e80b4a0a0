"""Lesson 3, does A predict better than B: its data, exercises and dial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from cxresearch import power, worlds
from cxresearch._course_dial import Dial
from cxresearch._course_exercises import Exercise, Mistake
from cxresearch.comparison import Comparison, compare
from cxresearch.plots_course_3 import draw_asked
from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Estimate, influence_t
from cxresearch.stats.influence import pearson_influence

METRICS = ["ces", "csat", "nps"]
ROPE = 0.03  # smallest difference that matters, as `compare` has it
SURVEYS = 20  # asked in each world of the dial
SIZES = (50, 100, 200, 400, 800, 1_600, 3_200, 6_400)
WORLDS = {"a tie": worlds.tie, "satisfaction ahead": worlds.satisfaction_wins}
SEED = 5
GUESSED = (0.57, 0.48, 0.45)  # correlations that exercise 3.5 plans with

Ends = tuple[float, float]


# The dial


@dataclass(frozen=True)
class Asked:
    """Lead of satisfaction over effort in some surveys of `n` customers in each of two worlds, by rising lead.

    `said` is what each interval says: "csat" or "ces" ahead, "same", or "unclear".
    """

    n: int
    rope: float
    worlds: tuple[str, ...]
    truth: tuple[float, ...]
    lead: tuple[tuple[float, ...], ...]
    low: tuple[tuple[float, ...], ...]
    high: tuple[tuple[float, ...], ...]
    said: tuple[tuple[str, ...], ...]

    def count(self, world: int, said: str) -> int:
        """Return how many surveys in a world say something."""
        return self.said[world].count(said)


@cache
def _pool(world: str) -> pd.DataFrame:
    """Return the customers of all surveys in a world; each survey goes on asking where it stopped."""
    return WORLDS[world]().answers(SURVEYS * SIZES[-1], SEED)


def lead_of(answers: pd.DataFrame) -> tuple[float, float, float]:
    """Return the lead of satisfaction over effort in r with repurchase, its 95 % interval near that of `compare`."""
    y, one = answers["repurchase"].to_numpy(float), np.ones(len(answers))
    (a, pull), (b, other) = (pearson_influence(answers[name].to_numpy(float), y) for name in ("csat", "ces"))
    lead = Estimate(a - b, *influence_t(pull - other, Design(one.astype(np.int64), one, one)))
    return lead.value, *lead.interval(0.95)


def _says(low: float, high: float) -> str:
    if low > ROPE:
        return "csat"
    if high < -ROPE:
        return "ces"
    return "same" if low > -ROPE and high < ROPE else "unclear"


@cache
def _true_lead(world: str) -> float:
    known = WORLDS[world]().truth.contest.query("outcome == 'repurchase' and coding == 'linear'")
    r = known[known.measure == "pearson_r"].set_index("metric").truth
    return float(r["csat"] - r["ces"])


@cache
def asked(n: int) -> Asked:
    """Return what the dial draws at `n` customers a survey."""
    leads, lows, highs, said = [], [], [], []
    for world in WORLDS:
        starts = range(0, SURVEYS * SIZES[-1], SIZES[-1])
        found = sorted(lead_of(_pool(world).iloc[start : start + n]) for start in starts)
        lead, low, high = zip(*found, strict=True)
        leads.append(lead)
        lows.append(low)
        highs.append(high)
        said.append(tuple(map(_says, low, high)))
    truth = tuple(map(_true_lead, WORLDS))
    return Asked(n, ROPE, tuple(WORLDS), truth, tuple(leads), tuple(lows), tuple(highs), tuple(said))


def say_asked(now: Asked) -> str:
    """Return the figure in two sentences."""
    words = {
        "csat": "{} name satisfaction",
        "ces": "{} name effort",
        "same": "{} see no practical difference",
        "unclear": "{} cannot tell",
    }
    told = []
    for at in (0, 1):
        counts = {said: now.count(at, said) for said in words}
        told.append(", ".join(words[said].format(count) for said, count in counts.items() if count))
    asked_for = f"Of {len(now.said[0])} surveys of {now.n:,}"
    return f"{asked_for} where there is {now.worlds[0]}: {told[0]}. With {now.worlds[1]}: {told[1]}."


DIAL = Dial(
    label="customers a survey:",
    settings=SIZES,
    start=400,
    shown=(100, 800, 1_600, 3_200, 6_400),
    numbers=asked,
    draw=draw_asked,
    say=say_asked,
    write=lambda n: f"{n:,}",
)


# Exercises


@cache
def _first() -> pd.DataFrame:
    return worlds.tie().answers(200, 10)


@cache
def _against_repurchase(method: Literal["pearson", "spearman"] = "pearson") -> pd.Series:
    return _first()[METRICS].corrwith(_first()["repurchase"], method=method).sort_values(ascending=False)


def _spread(method: Literal["pearson", "spearman"] = "pearson", last: int = -1) -> float:
    r = _against_repurchase(method)
    return float(r.iloc[0] - r.iloc[last])


def _spread_exercise() -> Exercise:
    return Exercise(
        "3.1",
        "By how much the first correlation of the table exceeds the last.",
        _spread,
        "This is the lead that a printed table invites you to believe.",
        "Take the last correlation of the table from the first, unrounded: `first.iloc[0]` and `first.iloc[-1]`.",
        (
            Mistake(lambda: _spread(last=1), "You took the second in the table; the last one is asked for."),
            Mistake(
                lambda: _spread() - _spread(last=1),
                "That is how far the second is ahead of the last; begin with the first.",
            ),
            Mistake(
                lambda: _spread() / float(_against_repurchase().iloc[-1]),
                'That is the lead as a share of the last, what a vendor prints as "so much per cent better"; the '
                "difference itself is asked for.",
            ),
            Mistake(
                lambda: 1 + _spread() / float(_against_repurchase().iloc[-1]),
                "You divided one by the other; take one from the other.",
            ),
            Mistake(
                lambda: _spread("spearman"), "These are correlations of ranks; the table has Pearson's r."
            ),
            Mistake(
                lambda: float(_first()["nps"].corr(_first()["csat"])),
                "That is how the two questions correlate with each other, not how far they differ in predicting.",
            ),
        ),
        decimals=3,
    )


@cache
def _overlapping() -> Comparison:
    return compare(worlds.satisfaction_wins().sample(400, 4), "repurchase", ["csat", "ces"], seed=1)


def _row(table: pd.DataFrame, column: str, value: str) -> pd.Series:
    return table[table[column] == value].iloc[0]


def _pair(measure: str = "pearson_r") -> pd.Series:
    return _row(_overlapping().pairs, "measure", measure)


def _alone() -> pd.DataFrame:
    return _overlapping().table.query("coding == 'linear' and measure == 'pearson_r'")


def _ends(row: pd.Series) -> Ends:
    return float(row["conf_low"]), float(row["conf_high"])


def _by_corners(turned: bool) -> Ends:
    """Return the difference of the ends of two intervals: end for end, or `turned`, each with the other's far end."""
    (low, high), (other_low, other_high) = (_ends(_row(_alone(), "metric", name)) for name in ("csat", "ces"))
    if turned:
        return low - other_high, high - other_low
    one, two = sorted((low - other_low, high - other_high))
    return one, two


def _as_strangers() -> Ends:
    gap, error = float(_pair()["estimate"]), float(np.hypot(*_alone().std_error))
    return gap - 1.96 * error, gap + 1.96 * error


def _textbook() -> Ends:
    return _ends(_row(_overlapping().tests, "test", "olkin"))


def _other_rows() -> tuple[Mistake, ...]:
    """Intervals of other rows than the one asked for."""
    return (
        Mistake(
            lambda: (-_ends(_pair())[1], -_ends(_pair())[0]),
            "That is effort less satisfaction; turn it round.",
        ),
        Mistake(lambda: _ends(_pair("spearman_r")), "That is the row of ranks (`spearman_r`)."),
        Mistake(lambda: _ends(_pair("cv_r2_score")), "That is the row of R², not of r."),
        Mistake(lambda: _ends(_pair("somers_d")), "That is the row of Somers' D, another measure."),
        Mistake(
            lambda: _ends(_row(_alone(), "metric", "csat")),
            "That is satisfaction alone; the lead is asked for.",
        ),
        Mistake(
            lambda: _ends(_row(_alone(), "metric", "ces")), "That is effort alone; the lead is asked for."
        ),
    )


def _interval_exercise() -> Exercise:
    return Exercise(
        "3.2",
        "The 95 % interval of the lead of satisfaction over effort, in Pearson's r.",
        lambda: _ends(_pair()),
        "The interval lies above 0: satisfaction is ahead here, overlap or not.",
        "Look at `contest.pairs`, in the row where `measure` is `pearson_r`: `conf_low` and `conf_high`.",
        (
            Mistake(
                lambda: _by_corners(turned=True),
                "You set the lowest that one may be against the highest that the other may be. Both being so far off "
                "at once, in opposite directions, is much rarer than 5 in 100: this interval is too wide.",
            ),
            Mistake(
                lambda: _by_corners(turned=False),
                "You took low from low and high from high. That supposes that chance moves both by the same amount, "
                "always: this interval is far too narrow.",
            ),
            Mistake(
                _as_strangers,
                "You combined the two errors as if two groups of strangers had been asked. The same customers "
                "answered both questions, and their errors go together in part.",
            ),
            *_other_rows(),
            Mistake(
                _textbook,
                "That is the textbook's interval (`contest.tests`), a right one for answers that are spread like a "
                "bell. These are not: take the one in `contest.pairs`.",
            ),
        ),
        decimals=3,
        pick={"measure": "pearson_r"},
    )


def _report_exercise() -> Exercise:
    return Exercise(
        "3.3",
        "What the survey says of satisfaction against effort as predictors of months stayed.",
        lambda: "open",
        "The interval of the difference reaches from effort a little ahead to satisfaction well ahead: nothing is "
        "settled. That one interval holds 0 and the other does not is no comparison.",
        "Ask for the difference: `contest.pairs`, the row of `pearson_r`. Does its interval hold 0? Does it reach "
        "beyond 0.03 on either side?",
        (
            Mistake(
                lambda: "better",
                "You set a correlation that differs from 0 beside one that may be 0. That says nothing on whether they "
                "differ from *each other*: look at the interval of the difference.",
            ),
            Mistake(
                lambda: "equal",
                "Not to have seen a difference is not to have seen that there is none: the interval of the difference "
                "still holds leads that matter.",
            ),
        ),
        choices=("better", "equal", "open"),
    )


def _first_size(said: str, world: int, surveys: int) -> float:
    return float(next(n for n in SIZES if asked(n).count(world, said) >= surveys))


def _size_exercise() -> Exercise:
    half = SURVEYS // 2
    return Exercise(
        "3.4",
        "The fewest customers at which at least half of the surveys name satisfaction where it is ahead.",
        lambda: _first_size("csat", 1, half),
        "So many for a coin's chance to see a lead that is really there. Smaller studies are not wrong: they cannot "
        "tell.",
        "Turn the dial and count the blue surveys at the right; the caption counts them too.",
        (
            Mistake(
                lambda: _first_size("csat", 1, half) / 2,
                "One step too early: fewer than half of the surveys name satisfaction there.",
            ),
            Mistake(
                lambda: _first_size("csat", 1, 1), "There the first survey names it; half are asked for."
            ),
            Mistake(lambda: _first_size("csat", 1, SURVEYS), "There all name it; half are asked for."),
            Mistake(
                lambda: _first_size("same", 0, half),
                "You looked at the left, where there is a tie. The question is about the right.",
            ),
            Mistake(
                lambda: float(asked(int(_first_size("csat", 1, half))).count(1, "csat")),
                "That is how many surveys name it there; the number of customers is asked for.",
            ),
        ),
        decimals=0,
        unit="customers",
    )


def _planned(r_a: float, r_b: float, r_ab: float, row: int = 1) -> float:
    return float(power.contest(r_a, r_b, r_ab).table["n"].iloc[row])


def _plan_exercise() -> Exercise:
    a, b, between = GUESSED
    return Exercise(
        "3.5",
        "How many answers the verdict needs to name the better of the two with 80 % probability.",
        lambda: _planned(*GUESSED),
        "Set it beside the number of answers in the next report you read.",
        "`power.contest(r_a, r_b, r_ab)` with the three correlations; the row of the verdict that names a metric, "
        "column `n`.",
        (
            Mistake(
                lambda: _planned(*GUESSED, row=0),
                "That is enough to see that they differ at all. To see that they differ by more than the smallest "
                "difference that matters takes more: the next row.",
            ),
            Mistake(
                lambda: _planned(a, b, 0.0),
                "You took the two questions as unrelated; they correlate, which helps.",
            ),
            Mistake(
                lambda: _planned(a, between, b),
                "You exchanged two correlations: first the two with repurchase, then the one between the questions.",
            ),
            Mistake(lambda: _planned(0.54, 0.30, 0.45), "That is the example's lead, not this one."),
        ),
        decimals=0,
        unit="customers",
        pick={"quantity": f"verdict: a is named (its lead in r is above {ROPE})"},
        column="n",
    )


@cache
def _noisy() -> tuple[dict[str, float], Ends]:
    """Return the reliabilities of the answers, and the interval of the ratio of r of satisfaction to that of effort."""
    world = worlds.reliability_artifact()
    known = world.truth.reliability.set_index("item").truth
    contest = compare(world.sample(2_000, 2), "repurchase", ["csat", "ces"], seed=1, n_boot=100)
    return dict(known.astype(float)), _ends(_row(contest.ratios, "unit", "r"))


def _ratio(power_of: float) -> Ends:
    """Return the interval of the ratio divided by the ratio of the reliabilities to a power."""
    known, (low, high) = _noisy()
    by = (known["csat"] / known["ces"]) ** power_of
    return float(low / by), float(high / by)


def _ratio_exercise() -> Exercise:
    return Exercise(
        "3.6",
        "The 95 % interval of the ratio of satisfaction to effort, freed of the noise of the questions.",
        lambda: _ratio(0.5),
        "It holds 1: once the noise is taken out, nobody is ahead. The lead belonged to the question.",
        "Divide both ends of the interval by the root of (reliability of satisfaction / reliability of effort).",
        (
            Mistake(lambda: _ratio(0.0), "That is the interval of the answers, with their noise still in."),
            Mistake(lambda: _ratio(1.0), "You divided by the ratio itself; noise works by its root."),
            Mistake(
                lambda: _ratio(-0.5),
                "You multiplied. Noise has helped satisfaction, by making the others look worse: divide.",
            ),
            Mistake(lambda: _ratio(-1.0), "You multiplied, and forgot the root: divide by the root."),
            Mistake(
                lambda: (1 / _ratio(0.5)[1], 1 / _ratio(0.5)[0]),
                "That is effort to satisfaction; turn it round.",
            ),
            Mistake(
                lambda: (
                    _noisy()[1][0] / math.sqrt(_noisy()[0]["csat"]),
                    _noisy()[1][1] / math.sqrt(_noisy()[0]["csat"]),
                ),
                "You used one reliability; effort is heard through noise too.",
            ),
        ),
        decimals=3,
        pick={"unit": "r"},
    )


EXERCISES = (
    _spread_exercise(),
    _interval_exercise(),
    _report_exercise(),
    _size_exercise(),
    _plan_exercise(),
    _ratio_exercise(),
)
