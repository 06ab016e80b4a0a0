"""Lesson 2, correlation, noise and reliability: its data, exercises and dial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from cxresearch import datasets, worlds
from cxresearch._course_dial import Dial
from cxresearch._course_exercises import Exercise, Mistake
from cxresearch.plots_course_2 import draw_noise
from cxresearch.stats.fisher import fisher_interval

TRUE_R = 0.6  # between the feeling and what is to be predicted, in the dial and among those asked twice
SAID = 0.64  # reliability that exercise 2.4 states
SEED = 2
METRICS = ("ces", "csat", "nps")


# Data


def asked_twice(n: int = 2_000) -> pd.DataFrame:
    """Return made-up customers who answered one question twice, a week apart, their feeling being the same.

    ``first`` and ``second`` are answers from 1 to 7; ``months`` is how long the customer stayed, from the ledger.
    """
    rng = np.random.default_rng(SEED)
    feeling, fate, *noise = rng.standard_normal((4, n))
    staying = TRUE_R * feeling + math.sqrt(1 - TRUE_R**2) * fate
    heard = [np.rint(4.8 + 1.25 * feeling + 0.8 * moment).clip(1, 7).astype(int) for moment in noise]
    months = np.rint(30 + 9 * staying).clip(1).astype(int)
    return pd.DataFrame({"first": heard[0], "second": heard[1], "months": months})


@cache
def uneven_world() -> worlds.World:
    """Return the world of part 5: one feeling behind three questions, of which one is read with less noise."""
    return worlds.reliability_artifact()


@cache
def _contacts() -> pd.DataFrame:
    return datasets.load_contact_survey()


@cache
def _twice() -> pd.DataFrame:
    return asked_twice()


@cache
def _answers() -> pd.DataFrame:
    return uneven_world().answers(5_000, seed=1)


@cache
def reliabilities() -> dict[str, float]:
    """Return the reliability of each metric's answers in the world of part 5, from the world itself."""
    known = uneven_world().truth.reliability.set_index("item")["truth"]
    return {metric: float(known[metric]) for metric in METRICS}


def _r(frame: pd.DataFrame, a: str, b: str) -> float:
    return float(frame[a].corr(frame[b]))


def _observed() -> dict[str, float]:
    return {metric: _r(_answers(), metric, "repurchase") for metric in METRICS}


# The dial


@dataclass(frozen=True)
class Noise:
    """One feeling heard through noise: what the answers show of its correlation with what is to be predicted.

    `answers` and `outcome` are in standard units, an element a customer; `curve` is the correlation expected at
    each of `reliabilities`.
    """

    reliability: float
    n: int
    answers: np.ndarray
    outcome: np.ndarray
    r: float
    low: float
    high: float
    true_r: float
    expected: float
    reliabilities: np.ndarray
    curve: np.ndarray


@cache
def noise_at(reliability: float) -> Noise:
    """Return what the dial draws when that share of the answers' variance is feeling."""
    n = 500
    feeling, fate, moment = np.random.default_rng(SEED).standard_normal((3, n))
    outcome = TRUE_R * feeling + math.sqrt(1 - TRUE_R**2) * fate
    answers = math.sqrt(reliability) * feeling + math.sqrt(1 - reliability) * moment
    r = float(np.corrcoef(answers, outcome)[0, 1])
    low, high = map(float, fisher_interval(r, n))
    grid = np.linspace(0, 1, 101)
    expected = TRUE_R * math.sqrt(reliability)
    return Noise(
        reliability, n, answers, outcome, r, low, high, TRUE_R, expected, grid, TRUE_R * np.sqrt(grid)
    )


def say_noise(noise: Noise) -> str:
    """Return the figure in a sentence."""
    return (
        f"The answers of {noise.n} customers correlate {noise.r:.2f} (95 % interval {noise.low:.2f} to "
        f"{noise.high:.2f}) with the outcome; the feeling behind them does so at {noise.true_r:.2f}."
    )


DIAL = Dial(
    label="reliability of the question:",
    settings=tuple(round(0.1 * step, 1) for step in range(2, 11)),
    start=0.7,
    shown=(0.2, 0.4, 0.6, 0.8, 1.0),
    numbers=noise_at,
    draw=draw_noise,
    say=say_noise,
    write=lambda reliability: f"{reliability:.1f}",
)


# Exercises


def _slope(frame: pd.DataFrame, a: str, b: str) -> float:
    both = frame[[a, b]].dropna().to_numpy(float)
    return float(np.polyfit(both[:, 0], both[:, 1], 1)[0])


def _correlation_exercise() -> Exercise:
    return Exercise(
        "2.1",
        "The correlation of satisfaction with recommendation.",
        lambda: _r(_contacts(), "csat", "nps"),
        "Satisfied customers tend to recommend; a tendency, with many exceptions.",
        "Take the two columns `csat` and `nps`, and put `.corr()` behind one with the other inside.",
        (
            Mistake(
                lambda: _r(_contacts().fillna({"csat": 0, "nps": 0}), "csat", "nps"),
                "You turned blanks into zeros. Leave out the customers who left one of the two blank; `.corr` does.",
            ),
            Mistake(lambda: _r(_contacts(), "ces", "nps"), "That is `ces` with `nps`."),
            Mistake(lambda: _r(_contacts(), "ces", "csat"), "That is `ces` with `csat`."),
            Mistake(
                lambda: float(_contacts()["csat"].corr(_contacts()["nps"], method="spearman")),
                "That is the correlation of ranks (Spearman). It has its uses; here the ordinary one (Pearson) is "
                "asked for.",
            ),
            Mistake(
                lambda: _r(_contacts(), "csat", "nps") ** 2,
                "That is the correlation multiplied by itself, the subject of part 2.",
            ),
            Mistake(
                lambda: _slope(_contacts(), "csat", "nps"),
                "That is how much `nps` rises per point of `csat`, a slope; it depends on the two scales.",
            ),
            Mistake(
                lambda: float(_contacts()["csat"].cov(_contacts()["nps"])),
                "That is the covariance; divide by both standard deviations, or use `.corr`.",
            ),
        ),
        decimals=2,
    )


def _variance_exercise() -> Exercise:
    return Exercise(
        "2.2",
        "The percentage of the differences in repurchase intent that goes along with ease.",
        lambda: 100 * _r(_contacts(), "ces", "repurchase") ** 2,
        "The rest, most of it, has other reasons: that is what a middling correlation means.",
        "Multiply the correlation of `ces` and `repurchase` by itself, and by 100.",
        (
            Mistake(
                lambda: 100 * _r(_contacts(), "ces", "repurchase"),
                "You multiplied the correlation by 100. It is no percentage: multiply it by itself first.",
            ),
            Mistake(
                lambda: 100 * _r(_contacts(), "csat", "repurchase") ** 2, "That is for `csat`, not for `ces`."
            ),
            Mistake(
                lambda: 100 * _r(_contacts(), "nps", "repurchase") ** 2, "That is for `nps`, not for `ces`."
            ),
            Mistake(
                lambda: 100 * math.sqrt(_r(_contacts(), "ces", "repurchase")),
                "You took the root; the correlation is multiplied by itself.",
            ),
        ),
        unit="%",
    )


def _same() -> float:
    return float((_twice()["first"] == _twice()["second"]).mean())


def _reliability_exercise() -> Exercise:
    return Exercise(
        "2.3",
        "The reliability of the question that was asked twice.",
        lambda: _r(_twice(), "first", "second"),
        "That share of the differences between answers is feeling; the rest is the moment.",
        "Reliability is the correlation of the two answers, `first` and `second`.",
        (
            Mistake(
                _same,
                "That is the share who gave the same answer; reliability is the correlation of the two.",
            ),
            Mistake(
                lambda: 100 * _same(),
                "That is the percentage who gave the same answer; reliability is the correlation of the two.",
            ),
            Mistake(
                lambda: _r(_twice(), "first", "second") ** 2,
                "You multiplied the correlation by itself. Between two askings the correlation is already the share "
                "that is feeling: noise comes in twice.",
            ),
            Mistake(
                lambda: math.sqrt(_r(_twice(), "first", "second")),
                "You took the root; that is the correlation of the answers with the feeling. Reliability is not.",
            ),
            Mistake(lambda: _r(_twice(), "first", "months"), "That is the correlation with `months`."),
            Mistake(
                lambda: float(_twice()["second"].mean() - _twice()["first"].mean()),
                "That is by how much the mean changed; it says nothing about single customers.",
            ),
        ),
        decimals=2,
    )


def _shrink_exercise() -> Exercise:
    return Exercise(
        "2.4",
        "The correlation to expect of answers with the reliability stated.",
        lambda: TRUE_R * math.sqrt(SAID),
        "Noise shrinks a correlation by the root of the reliability.",
        "Multiply the correlation of the feeling by the root of the reliability.",
        (
            Mistake(
                lambda: TRUE_R * SAID,
                "You multiplied by the reliability. The noise sits in one of the two only, so its root is taken.",
            ),
            Mistake(lambda: TRUE_R, "That is the correlation of the feeling; answers with noise show less."),
            Mistake(
                lambda: TRUE_R / math.sqrt(SAID),
                "You divided by the root; that is the way back, from the answers to the feeling.",
            ),
            Mistake(
                lambda: TRUE_R / SAID, "You divided by the reliability; noise makes a correlation smaller."
            ),
            Mistake(lambda: math.sqrt(SAID), "That is the root of the reliability; multiply by it."),
            Mistake(lambda: TRUE_R - (1 - SAID), "Nothing is subtracted: noise shrinks by a factor."),
        ),
        decimals=2,
    )


def _back_exercise() -> Exercise:
    raw, kept = (lambda: _r(_twice(), "first", "months")), (lambda: _r(_twice(), "first", "second"))
    return Exercise(
        "2.5",
        "The correlation of the feeling with the months stayed.",
        lambda: raw() / math.sqrt(kept()),
        "Near the truth that these customers were made with; chance moves it a little.",
        "Divide the correlation of `first` and `months` by the root of your reliability.",
        (
            Mistake(raw, "That is what the answers show, noise and all; now correct it."),
            Mistake(
                lambda: raw() / kept(),
                "You divided by the reliability; divide by its root, for only one of the two columns is noisy.",
            ),
            Mistake(
                lambda: raw() * math.sqrt(kept()),
                "You multiplied by the root, which shrinks it once more; divide.",
            ),
            Mistake(lambda: raw() * kept(), "You multiplied by the reliability; divide by its root."),
            Mistake(kept, "That is the reliability."),
            Mistake(
                lambda: _r(_twice(), "second", "months") / math.sqrt(kept()),
                "That is right for the second answer; the first is asked for.",
            ),
        ),
        decimals=2,
    )


def _each(change: float) -> dict[str, float]:
    return {metric: r * reliabilities()[metric] ** change for metric, r in _observed().items()}


def _level_exercise() -> Exercise:
    return Exercise(
        "2.6",
        "The correlation of the feeling behind each question with repurchase, corrected for the question's noise.",
        lambda: _each(-0.5),
        "Freed of noise, no question is ahead by more than chance explains.",
        "Divide each observed correlation by the root of that question's reliability.",
        (
            Mistake(
                lambda: _each(0), "that is what the answers show; divide by the root of the reliability."
            ),
            Mistake(lambda: _each(-1), "you divided by the reliability; divide by its root."),
            Mistake(lambda: _each(0.5), "you multiplied by the root; divide by it."),
            Mistake(lambda: dict(reliabilities()), "that is the reliability itself."),
        ),
        decimals=2,
    )


def _remedy_exercise() -> Exercise:
    return Exercise(
        "2.7",
        "What brings the correlation of answers nearer to that of the feeling.",
        lambda: "wording",
        "A clearer question, or several on the same thing, lets more of the feeling through.",
        "Which of them changes the reliability?",
        (
            Mistake(
                lambda: "customers",
                "More customers make the interval narrower, around the same shrunken correlation.",
            ),
            Mistake(
                lambda: "decimals",
                "More decimals print the same shrunken correlation in more detail.",
            ),
        ),
        choices=("customers", "wording", "decimals"),
    )


EXERCISES = (
    _correlation_exercise(),
    _variance_exercise(),
    _reliability_exercise(),
    _shrink_exercise(),
    _back_exercise(),
    _level_exercise(),
    _remedy_exercise(),
)
