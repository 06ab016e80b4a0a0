"""Lesson 6, reading a vendor's claim: its arithmetic, worlds, exercises and dial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxresearch import claims
from cxresearch._course_dial import Dial
from cxresearch._course_exercises import Exercise, Mistake
from cxresearch.plots_course_6 import draw_ends
from cxresearch.stats.intervals import Sample, interval
from cxresearch.stats.printed import nonresponse_bounds
from cxresearch.stats.tails import implied_correlation, tail_rates, tail_share
from cxresearch.worlds import effort_wins, gamed, nonresponse

SEED, POINTS, N = 6, 1_500, 20_000
R = 0.5  # correlation of the customers in the dial
HIGH, LOW = 0.05, 0.60  # shares of customers with high and with low effort, made up for exercise 6.1
NPS = 20.0  # among those who answered, made up for exercise 6.4


def _rate(claim: str, figure: str) -> float:
    """Return a printed percentage of the registry as a share."""
    value = claims.load()[claim].figure(figure).value
    if value is None:
        raise ValueError(f"nobody has seen {figure!r} of claim {claim} in print.")
    return value / 100


def _disloyal() -> tuple[float, float]:
    return _rate("S4-04", "low effort"), _rate("S4-04", "high effort")


def _repurchase() -> tuple[float, float]:
    return _rate("S4-07", "high effort"), _rate("S4-07", "low effort")


# The dial


@dataclass(frozen=True)
class Ends:
    """Rates of becoming disloyal in two end groups of effort, each `share` of the customers, and some customers."""

    share: float
    r: float
    low: float
    high: float
    effort: NDArray[np.float64]
    disloyal: NDArray[np.float64]
    cuts: tuple[float, float]
    threshold: float
    first: bool


@cache
def _rarest() -> float:
    """Return how small the end groups are in which the printed rates are true of the customers in the dial."""
    return tail_share(*_disloyal(), R)


@cache
def _customers() -> NDArray[np.float64]:
    rng = np.random.default_rng(SEED)
    effort, own = rng.standard_normal((2, POINTS))
    return np.array([effort, R * effort + np.sqrt(1 - R**2) * own])


@cache
def ends_at(share: float) -> Ends:
    """Return what the dial draws when each end group holds this share of the customers."""
    from scipy.special import ndtri

    base = implied_correlation(*_disloyal(), _rarest()).base_rate
    low, high = tail_rates(R, base, share)
    effort, disloyal = _customers()
    edge = float(ndtri(share))
    return Ends(
        share, R, float(low), float(high), effort, disloyal, (edge, -edge), float(-ndtri(base)), share == 0.5
    )  # fmt: skip


def say_ends(ends: Ends) -> str:
    """Return the figure in a sentence."""
    return (
        f"{100 * ends.high:.0f} % of the customers with high effort become more disloyal, {100 * ends.low:.0f} % of "
        f"those with low effort, where each group holds {_percent(ends.share)} of all; the correlation is {ends.r:.1f}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else f"{100 * share:.1f} %"


SHARES = (1 / 2, 1 / 3, 1 / 5, 1 / 10, 1 / 20, 1 / 50, _rarest())

DIAL = Dial(
    label="each group holds:",
    settings=SHARES,
    start=1 / 2,
    shown=(*SHARES[:4], *SHARES[5:]),
    numbers=ends_at,
    draw=draw_ends,
    say=say_ends,
    write=lambda share: f"{_percent(share)} of customers",
)


# Exercises


def _of_the_disloyal_exercise() -> Exercise:
    low, high = _disloyal()
    return Exercise(
        "6.1",
        "Of the customers who became more disloyal in either group, the per cent who had low effort.",
        lambda: 100 * LOW * low / (LOW * low + HIGH * high),
        "Per cent of the high-effort customers is not per cent of the disloyal: a small share of many can be more "
        "people than nearly all of few.",
        "Imagine 1,000 customers: how many of each group become more disloyal? Then divide one count by both together.",
        (
            Mistake(
                lambda: 100 * low / (low + high),
                "You divided the percentages as if both groups had the same size; count customers first.",
            ),
            Mistake(lambda: 100 * LOW * low, "That is their share among all customers; divide by all the disloyal."),
            Mistake(lambda: 100 * low, "That is the per cent of low-effort customers who become more disloyal."),
            Mistake(
                lambda: 100 * LOW * low / (LOW + HIGH),
                "You divided by everybody in the two groups; divide by those of them who became more disloyal.",
            ),
            Mistake(
                lambda: 100 * LOW / (LOW + HIGH),
                "That is how the two groups compare in size; their rates are to be used too.",
            ),
        ),
        unit="%",
    )  # fmt: skip


def _latent_exercise() -> Exercise:
    behind: Callable[[float], float] = lambda share: implied_correlation(*_repurchase(), share).r  # noqa: E731
    bad, good = _repurchase()
    return Exercise(
        "6.2",
        "The correlation behind the two rates of buying again, were they of the outer fifths.",
        lambda: behind(1 / 5),
        "Still higher than correlations between a feeling and an intention usually are; and the fifths were our guess.",
        "`tails.implied_correlation(rate, other_rate, 1 / 5).r`, rates as shares, the lower one first.",
        (
            Mistake(lambda: behind(1 / 2), "That is for halves, the default; hand in the third argument."),
            Mistake(lambda: -behind(1 / 5), "You swapped the two rates: the lower one comes first."),
            Mistake(
                lambda: implied_correlation(*_disloyal(), 1 / 5).r,
                "Those are the rates of becoming disloyal; take those of buying again.",
            ),
            Mistake(lambda: behind(1 / 10), "That is for tenths; the groups here are fifths."),
            Mistake(
                lambda: good - bad,
                "That is the difference of the two rates, which depends on who was compared; it is no correlation.",
            ),
            Mistake(lambda: behind(1 / 5) ** 2, "You squared it; that is a share of variance."),
        ),
        decimals=2,
    )  # fmt: skip


@cache
def _predicts() -> tuple[float, float]:
    """Correlations of effort and of satisfaction with repurchase in the world of part 3."""
    people = effort_wins().answers(N, SEED)
    return tuple(float(people[name].corr(people["repurchase"])) for name in ("ces", "csat"))  # type: ignore[return-value]


def _times_exercise() -> Exercise:
    return Exercise(
        "6.3",
        "How many times as well effort predicts as satisfaction, as a ratio of r and as a ratio of R².",
        lambda: {"r": _times(), "R2": _times() ** 2},
        "The same customers, the same answers: whoever does not name the unit can choose between the two.",
        "One correlation divided by the other, and the same with both of them squared.",
        (
            Mistake(
                lambda: {"r": 1 / _times(), "R2": 1 / _times() ** 2},
                "upside down: effort goes above the line.",
            ),
            Mistake(
                lambda: {
                    "r": _predicts()[0] - _predicts()[1],
                    "R2": _predicts()[0] ** 2 - _predicts()[1] ** 2,
                },
                "that is the difference; a ratio is asked for.",
            ),
            Mistake(
                lambda: {"r": _times() - 1, "R2": _times() ** 2 - 1},
                "that is how much better it is; as a ratio it is one more.",
            ),
            Mistake(lambda: {"R2": _times()}, "that is the ratio of r; square both before you divide."),
            Mistake(lambda: {"r": _times() ** 2}, "that is the ratio of R², in which r is squared."),
            Mistake(lambda: {"R2": _times() ** 0.5}, "you took the root; R² is r times r."),
        ),
        unit="times",
        decimals=2,
    )


def _times() -> float:
    return _predicts()[0] / _predicts()[1]


def _asked() -> tuple[float, float]:
    sent, answered = (claims.load()["S1-11"].figure(name).value for name in ("sent", "answered"))
    return float(sent or 0), float(answered or 0)


def _bounds(share: float, low: float = -100.0, high: float = 100.0) -> tuple[float, float]:
    return share * NPS + (1 - share) * low, share * NPS + (1 - share) * high


def _silence_exercise() -> Exercise:
    sent, answered = _asked()
    share = answered / sent
    chance = interval(
        Sample(np.array([0.40, 0.40, 0.20]), np.array([100.0, 0.0, -100.0]), np.array(answered)), kind="net"
    )
    return Exercise(
        "6.4",
        "Between which two values the NPS of everybody who was asked must lie, whatever the silent think.",
        lambda: _pair(nonresponse_bounds(NPS, int(answered), int(sent), -100, 100)),
        "Nothing in between is likely or unlikely: this is what the print alone leaves open, before any chance.",
        "The share who answered has the NPS found; let all others first be detractors (-100), then promoters (100).",
        (
            Mistake(lambda: _pair(chance), "That is what chance alone leaves open; nobody who was silent is in it."),
            Mistake(
                lambda: _bounds(1 - share), "You took the share of the silent for the share who answered."
            ),
            Mistake(
                lambda: _bounds(_rate("S1-11", "response rate")),
                "You took the rounded rate of return; divide the answers by the number sent.",
            ),
            Mistake(
                lambda: _bounds(share, 0.0, 100.0), "The worst that a customer can count is -100, not 0."
            ),
            Mistake(
                lambda: (NPS - 100 * (1 - share), NPS + 100 * (1 - share)),
                "Those who answered are only a part of all: their NPS counts by their share, too.",
            ),
            Mistake(
                lambda: (-100 * (1 - share), 100 * (1 - share)), "You left out those who answered."
            ),
        ),
        unit="points",
        decimals=1,
    )  # fmt: skip


def _pair(ends: Any) -> tuple[float, float]:
    low, high = ends
    return float(low), float(high)


@cache
def _honest() -> float:
    """NPS of all customers of the worlds of part 4, had nobody been silent or begged."""
    found = nonresponse().truth.scores.set_index(["item", "scorer"]).truth
    return float(found["nps", "net"])


def _begged() -> float:
    return next(item.begged for item in gamed().items if item.name == "nps")


def _begged_exercise() -> Exercise:
    return Exercise(
        "6.5",
        "The NPS when a third of the customers give the ten that they were begged for.",
        lambda: 100 * _begged() + (1 - _begged()) * _honest(),
        "The service did not change at all.",
        "The score of a group is a mean: each begged ten is worth 100, the others have the NPS they had.",
        (
            Mistake(
                lambda: _honest() + 100 * _begged(),
                "You added the begged tens on top; these customers had an opinion before, which is gone.",
            ),
            Mistake(
                lambda: (1 - _begged()) * _honest(), "You left out the begged tens: each is worth 100."
            ),
            Mistake(lambda: 100 * _begged(), "You left out those who were not begged; they have the NPS they had."),
            Mistake(
                lambda: 100 * (1 - _begged()) + _begged() * _honest(),
                "You swapped the two shares: a third is begged, two thirds are not.",
            ),
            Mistake(
                lambda: 10 * _begged() + (1 - _begged()) * _honest(),
                "A ten is a promoter, worth 100 in this score and not 10.",
            ),
            Mistake(
                lambda: _honest() * (1 + _begged()), "A third of the customers is not a third of the score."
            ),
        ),
        unit="points",
    )  # fmt: skip


@cache
def _open() -> dict[str, float]:
    """How many points each doubt leaves open about "NPS 40" of 25 answers, 900 asked."""
    sample = Sample(np.array([0.56, 0.28, 0.16]), np.array([100.0, 0.0, -100.0]), np.array(25.0))
    ends = {
        "chance": interval(sample, kind="net"),
        "silence": nonresponse_bounds(40.0, 25, 900, -100, 100),
        "rounding": (39.5, 40.5),
    }
    return {name: float(np.diff(_pair(pair))[0]) for name, pair in ends.items()}


def _doubt_exercise() -> Exercise:
    return Exercise(
        "6.6",
        "Which doubt leaves most open about an NPS of 40 from 25 answers, with 900 customers asked.",
        lambda: max(_open(), key=lambda name: _open()[name]),
        "Of so many who were asked we know nothing: nearly the whole scale is open.",
        "By how many points could each of the three move the score?",
        (
            Mistake(
                lambda: "chance",
                "With 25 answers it leaves much open; yet there is more to doubt here.",
            ),
            Mistake(lambda: "rounding", "It can move the score by half a point either way."),
        ),
        choices=("chance", "silence", "rounding"),
    )


EXERCISES = (
    _of_the_disloyal_exercise(),
    _latent_exercise(),
    _times_exercise(),
    _silence_exercise(),
    _begged_exercise(),
    _doubt_exercise(),
)
