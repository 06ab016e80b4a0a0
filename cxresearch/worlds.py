"""Named worlds: simulated customers whose truth is known, to try methods and teach on.

Each function gives a `World`: `World.sample` asks some of its customers, `World.truth` is what is true of all of them.
Nothing that is found in a world is evidence about the customers of any company: a world can show what a claim would
need to be true, and whether a method would find it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from cxresearch._world import FRICTIONS, World
from cxresearch._world_calibrate import Calibration
from cxresearch._world_known import Truth
from cxresearch._world_model import Behaviour, Culture, Friction, Item, thresholds

__all__ = [
    "NAMED", "Behaviour", "Calibration", "Culture", "Friction", "Item", "Truth", "World", "asymmetric", "confounded",
    "culture", "effort_wins", "gamed", "halo", "nonresponse", "recommendation_wins", "reliability_artifact",
    "reverse_cause", "satisfaction_wins", "thresholds", "tie",
]  # fmt: skip

Four: TypeAlias = tuple[float, float, float, float]

CES = thresholds((0.03, 0.04, 0.06, 0.10, 0.20, 0.30, 0.27))
CSAT = thresholds((0.03, 0.05, 0.14, 0.43, 0.35))
NPS = thresholds((0.02, 0.01, 0.02, 0.02, 0.03, 0.07, 0.07, 0.13, 0.20, 0.16, 0.27))
REPURCHASE = thresholds((0.04, 0.04, 0.06, 0.12, 0.19, 0.27, 0.28))
ONE = (1.0, 1.0, 1.0)  # three names of one feeling
APART = (0.62081, 0.53799, 0.75772)  # three feelings whose answers correlate .45, .40 and .55
TIES = {  # reliabilities that make the three equal in what each kind of tie is about
    "answers": (0.76056, 0.79908, 0.75349, 0.8),
    "latent": (0.8, 0.8, 0.8, 0.8),
    "scores": (0.7946, 0.80197, 0.62054, 0.8),
}


def _items(
    reliability: Four = (0.8, 0.8, 0.8, 0.8), halo: Four = (0, 0, 0, 0), begged: Four = (0, 0, 0, 0)
) -> tuple[Item, ...]:
    """The four questions of every world: ease 1-7, satisfaction 1-5, recommendation 0-10, repurchase 1-7."""
    asked: tuple[tuple[str, str, str, tuple[float, ...]], ...] = (
        ("ces", "ease", "ces2", CES), ("csat", "satisfaction", "csat5", CSAT),
        ("nps", "attitude", "nps", NPS), ("repurchase", "loyalty", "agree7", REPURCHASE),
    )  # fmt: skip
    return tuple(
        Item(*one, reliability=r, halo=h, begged=b)  # type: ignore[arg-type]
        for one, r, h, b in zip(asked, reliability, halo, begged, strict=True)
    )


def effort_wins() -> World:
    """Supposing effort predicts repurchase 1.8 times as well as satisfaction and twice as well as recommendation.

    Correlations of the answers .54, .30, .27. What such ratios would need to be true: ease alone must carry
    loyalty, and satisfaction *with ease held* must do slightly less than nothing for it, although satisfied customers
    are those who had it easy.
    """
    return World(
        "Effort wins",
        "Supposing that effort predicts loyalty 1.8 times as well as satisfaction and twice as well as recommendation, "
        "what that would take: ease carries all of loyalty, and satisfaction beyond ease carries none.",
        _items(), (0.75195, -0.04804, -0.00302), correlations=APART,
    )  # fmt: skip


def satisfaction_wins() -> World:
    """Satisfaction predicts repurchase best: correlations of the answers .57, recommendation .50, ease .48.

    Leads of the size that open surveys of passengers and customers show.
    """
    return World(
        "Satisfaction wins",
        "Satisfaction ahead of recommendation and effort by what open surveys show: a lead of .07 takes hundreds of "
        "answers to see. Mirrors the claim that satisfaction explains loyalty best.",
        _items(), (0.23668, 0.52761, 0.14709), correlations=APART,
    )  # fmt: skip


def recommendation_wins() -> World:
    """Recommendation predicts repurchase best: correlations of the answers .60, satisfaction .52, ease .44."""
    return World(
        "Recommendation wins",
        "Recommendation ahead by .08: the claim of 2003 that one number is enough, in the size that it would need.",
        _items(), (0.17173, 0.17735, 0.57608), correlations=APART,
    )  # fmt: skip


def tie(kind: Literal["answers", "latent", "scores"] = "answers") -> World:
    """One attitude, three thermometers: what customers feel about ease, service and company is the same thing.

    Parameters
    ----------
    kind : {"answers", "latent", "scores"}
        What is tied: the correlations of the answers with repurchase, all .48; or what is felt, read with equal
        reliability, so that 5, 7 and 11 answer points differ by .01 to .02 in r; or the official scores (shares and
        the net score), all .40.

    Returns
    -------
    World

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> table = tie().truth.contest.query("outcome == 'repurchase' and coding == 'linear' and measure == 'pearson_r'")
    >>> table.truth.round(2).tolist()
    [0.48, 0.48, 0.48]
    """
    if kind not in tuple(TIES):
        raise ValueError(f"`kind` of a tie must be one of {', '.join(TIES)}; got {kind!r}.")
    return World(
        "Tie",
        "Three questions that read one feeling equally well: whoever finds a winner here has found noise. Mirrors "
        "every table that ranks three correlations without intervals.",
        _items(TIES[kind]), (0.66, 0.0, 0.0), correlations=ONE,
    )  # fmt: skip


def reliability_artifact() -> World:
    """Equal truth, unequal noise: satisfaction is asked well, ease and recommendation are asked badly."""
    return World(
        "Reliability artifact",
        "One feeling, read with little noise by one question and much by two: the contest of the answers crowns the "
        "better question, which is right for whoever uses it and wrong as a finding about feelings. Mirrors contests "
        "of a scale of several items against single questions.",
        _items((0.5, 0.85, 0.5, 0.8)), (0.66, 0.0, 0.0), correlations=ONE,
    )  # fmt: skip


def halo() -> World:
    """Recommendation and repurchase share the mood of the moment; what customers do does not."""
    return World(
        "Halo",
        "Two questions of one page with one mood: recommendation leads where repurchase is asked, and nothing leads "
        "where it is looked up a year later. Mirrors predictions of intentions by other intentions.",
        _items((0.6, 0.6, 0.6, 0.6), halo=(0.0, 0.0, 0.3, 0.3)), (0.66, 0.0, 0.0), correlations=ONE,
        behaviour=Behaviour(link=0.8),
    )  # fmt: skip


def reverse_cause() -> World:
    """Low loyalty makes contacts feel hard: effort predicts loyalty, and does nothing to it."""
    return World(
        "Reverse cause",
        "Customers who have already turned away find every contact harder. Effort predicts repurchase, and less "
        "friction would not change it at all. Mirrors the step from \"predicts\" to \"drives\".",
        _items(), (0.0, 0.0, 0.0), prior=(0.7, 0.85),
    )  # fmt: skip


def asymmetric() -> World:
    """Only high effort hurts: beyond a point, more ease adds no loyalty."""
    return World(
        "Asymmetric",
        "Bad contacts cost loyalty and splendid ones win none: one straight line understates the first and invents "
        "the second. Mirrors the claim that delight does not pay.",
        _items(), (0.65, 0.05, 0.1), bend=-0.5,
    )  # fmt: skip


def confounded() -> World:
    """Complex issues bring transfers, effort and disloyalty; who leaves complexity out blames the transfers."""
    worse = tuple(replace(f, growth=2 * f.growth, harm=0.5 * f.harm) for f in FRICTIONS)
    return World(
        "Confounded",
        "Complex issues are transferred more, are harder, and annoy by themselves. Whoever leaves complexity out "
        "charges it to the transfers. Mirrors friction rankings made from raw differences.",
        _items(), (0.4, 0.25, 0.1), frictions=worse, complexity_harm=0.5, complexity_loyalty=-0.15,
    )  # fmt: skip


def culture() -> World:
    """Three ways to use a scale: loud, plain, and "8 is a high mark here"; what customers feel is the same."""
    return World(
        "Culture",
        "The same customers with three habits of answering: scores differ between countries and mean nothing. "
        "Mirrors rankings of countries by net score.",
        _items(), (0.3, 0.3, 0.2), correlations=APART,
        cultures=(Culture("loud", 0.3, 0.2, 1.5), Culture("plain", 0.3), Culture("sparing", 0.4, -0.4, 0.8)),
    )  # fmt: skip


def nonresponse() -> World:
    """Who answers depends on the contact: a quarter after hard ones, a tenth after plain, a fifth after easy ones."""
    return World(
        "Nonresponse",
        "The annoyed and the pleased answer, the others do not: levels are off by as much as the response rates "
        "differ, and correlations are too high. With ``weighted=True`` the chances are known and weights mend it. "
        "Mirrors scores printed without a response rate.",
        _items(), (0.3, 0.3, 0.2), correlations=APART, response=(0.25, 0.1, 0.2),
    )  # fmt: skip


def gamed() -> World:
    """Agents beg for tens: a third of recommendations and a fifth of satisfaction answers are given to please them."""
    return World(
        "Gamed",
        "Where staff are paid by the score, some best answers are favours: the score rises, and it predicts less. "
        "Mirrors the use of one number as a target.",
        _items(begged=(0.0, 0.2, 0.33, 0.0)), (0.3, 0.3, 0.2), correlations=APART,
    )  # fmt: skip


NAMED: Mapping[str, Callable[[], World]] = MappingProxyType(
    {
        made.__name__: made
        for made in (
            effort_wins, satisfaction_wins, recommendation_wins, tie, reliability_artifact, halo, reverse_cause,
            asymmetric, confounded, culture, nonresponse, gamed,
        )
    }
)  # fmt: skip
"""The named worlds by name."""
