"""Lesson 1, what a score is and what banding loses: its data, exercises and dial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from cxresearch import datasets
from cxresearch._course_dial import Dial
from cxresearch._course_exercises import Exercise, Mistake
from cxresearch.plots_course_1 import draw_cut
from cxresearch.scores import score
from cxresearch.survey.scales import Net, Scale, Share
from cxresearch.survey.survey import Survey, read

SCALE = range(1, 8)
TEAMS = {"Steady": (0, 0, 0, 20, 90, 70, 20), "Split": (16, 18, 6, 10, 20, 30, 100)}  # customers by answer


# Data


def two_teams() -> pd.DataFrame:
    """Return the teams of lesson 1: 200 made-up customers each, answers 1 to 7, the same mean."""
    team = np.repeat(list(TEAMS), [sum(counts) for counts in TEAMS.values()])
    ces = np.concatenate([np.repeat(SCALE, counts) for counts in TEAMS.values()])
    return pd.DataFrame({"team": team, "ces": ces})


@cache
def _teams() -> Survey:
    book = {"title": "Two teams (simulated)", "metrics": {"ces": {"column": "ces", "instrument": "ces2"}}}
    return read(two_teams(), book | {"design": {"segments": ["team"]}})


@cache
def _contacts() -> pd.DataFrame:
    return datasets.load_contact_survey()


def _answers() -> pd.Series:
    return _contacts()["nps"]


def _given() -> pd.Series:
    return _answers().dropna()


def _percent(inside: pd.Series, of: int | None = None) -> float:
    return float(100 * inside.sum() / (len(inside) if of is None else of))


def _net(answers: pd.Series, promoters: int = 9, detractors: int = 6, of: int | None = None) -> float:
    return _percent(answers >= promoters, of) - _percent(answers <= detractors, of)


# The dial


@dataclass(frozen=True)
class Cut:
    """Two teams scored by the share of answers from `cut` up, in per cent with 95 % intervals."""

    cut: int
    lowest: int
    n: int
    teams: tuple[str, ...]
    shares: dict[str, dict[int, float]]
    means: dict[str, float]
    score: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@cache
def cut_at(cut: int) -> Cut:
    """Return what the dial draws when answers from `cut` up count."""
    table = score(_teams(), metrics="ces", scorers={"ces": Share(at_least=cut)}, by="team").table.set_index(
        "team"
    )
    rows = table.loc[list(TEAMS)]
    shares = {
        team: {a: 100 * n / sum(counts) for a, n in zip(SCALE, counts, strict=True)}
        for team, counts in TEAMS.items()
    }
    means = {team: float(np.average(SCALE, weights=counts)) for team, counts in TEAMS.items()}
    columns = (tuple(map(float, rows[name])) for name in ("estimate", "conf_low", "conf_high"))
    return Cut(cut, SCALE[1], int(rows.n.iloc[0]), tuple(TEAMS), shares, means, *columns)


def say_cut(cut: Cut) -> str:
    """Return the figure in a sentence."""
    (one, other), (a, b) = cut.teams, cut.score
    lead = f"{one if a > b else other} leads by {abs(a - b):.0f} points" if a != b else "they are level"
    return f"{one} scores {a:.0f} %, {other} {b:.0f} %: {lead}, with means of {cut.means[one]:.2f} both."


DIAL = Dial(
    label="answers that count:",
    settings=tuple(SCALE[1:]),
    start=5,
    shown=tuple(SCALE[1:]),
    numbers=cut_at,
    draw=draw_cut,
    say=say_cut,
    write=lambda cut: f"{cut} or more" if cut < SCALE[-1] else f"only {cut}",
)


# Exercises


def _first_lead() -> float:
    """Return the lowest cut at which the second team is ahead."""
    return float(next(cut for cut in SCALE[1:] if cut_at(cut).score[1] > cut_at(cut).score[0]))


def _lead_at(cut: int) -> float:
    one, other = cut_at(cut).score
    return abs(one - other)


def _raised() -> pd.Series:
    return _given().replace(8, 9)


def _change(of: Callable[[pd.Series], float]) -> float:
    return of(_raised()) - of(_given())


def _weighted(weights: pd.Series) -> float:
    kept = _answers().notna()
    answers, w = _answers()[kept], weights[kept]
    return float(100 * (w[answers >= 9].sum() - w[answers <= 6].sum()) / w.sum())


def _values() -> dict[int, float]:
    scale = Scale(0, 10)
    by_answer = dict(zip(scale.points.astype(int), Net(9, 6).values(scale), strict=True))
    return {answer: float(by_answer[answer]) for answer in (10, 8, 6, 0)}


def _mean_exercise() -> Exercise:
    return Exercise(
        "1.1",
        'The mean of the answers to "would recommend", blanks left out.',
        lambda: float(_given().mean()),
        "A mean uses every answer as it is: 0, 1, 2 ... 10.",
        "Take the column `nps`, and the mean of the answers that were given.",
        (
            Mistake(
                lambda: float(_answers().fillna(0).mean()),
                "You divided by all customers: a blank then counts as a 0, the worst answer there is. Divide by the "
                "number who answered.",
            ),
            Mistake(lambda: float(_given().median()), "That is the median, the answer in the middle."),
            Mistake(
                lambda: float(_contacts()["csat"].mean()), "That is the mean of `csat`, another question."
            ),
            Mistake(lambda: float(_contacts()["ces"].mean()), "That is the mean of `ces`, another question."),
            Mistake(
                lambda: float(_given().unique().mean()),
                "Each answer of the scale was taken once; count each as often as it was given.",
            ),
            Mistake(lambda: float(len(_given())), "That is how many answered."),
        ),
        decimals=2,
        pick={"metric": "nps", "scorer": "mean"},
    )


def _promoter_exercise() -> Exercise:
    return Exercise(
        "1.2",
        "The percentage of promoters (9 or 10) among those who answered.",
        lambda: _percent(_given() >= 9),
        "Promoters are a share: counted, divided by those who answered, times 100.",
        "Count the answers of 9 and 10, divide by the number who answered, multiply by 100.",
        (
            Mistake(
                lambda: _percent(_given() >= 9, len(_answers())),
                "You divided by all customers; those who left the question blank are neither promoters nor anything "
                "else. Divide by those who answered.",
            ),
            Mistake(lambda: _percent(_given() > 9), "You counted the tens only; a 9 is a promoter too."),
            Mistake(lambda: _percent(_given() == 9), "You counted the nines only; a 10 is a promoter too."),
            Mistake(lambda: _percent(_given() >= 8), "You counted the eights too; promoters begin at 9."),
            Mistake(lambda: _percent(_given() <= 6), "Those are the detractors, 0 to 6."),
            Mistake(
                lambda: float((_given() >= 9).sum()),
                "That is how many promoters there are, not yet a percentage.",
            ),
            Mistake(lambda: float(_given().mean()), "That is the mean answer, not a percentage."),
        ),
        unit="%",
        pick={"metric": "nps"},
    )


def _net_mistakes() -> tuple[Mistake, ...]:
    promoters, detractors = (lambda: _percent(_given() >= 9)), (lambda: _percent(_given() <= 6))
    return (
        Mistake(promoters, "Those are the promoters alone; the detractors are still to be taken away."),
        Mistake(detractors, "Those are the detractors alone."),
        Mistake(
            lambda: float(_given().mean()), "That is the mean answer; the NPS is a difference of two shares."
        ),
        Mistake(lambda: _net(_given(), 8, 6), "You counted the eights as promoters; 7 and 8 are passive."),
        Mistake(lambda: _net(_given(), 7, 6), "You counted the passives (7 and 8) as promoters."),
        Mistake(lambda: _net(_given(), 9, 8), "You counted the passives (7 and 8) as detractors."),
        Mistake(lambda: _net(_given(), 9, 7), "You counted the sevens as detractors; 7 and 8 are passive."),
        Mistake(lambda: _net(_given(), 9, 5), "Your detractors end at 5; they end at 6."),
        Mistake(lambda: _net(_given(), 10, 6), "Your promoters begin at 10; they begin at 9."),
        Mistake(
            lambda: promoters() - _percent(_given().isin([7, 8])),
            "You took away the passives; the detractors (0 to 6) are taken away.",
        ),
        Mistake(
            lambda: 100 * (promoters() - detractors()) / (promoters() + detractors()),
            "You divided by promoters and detractors together. The passives take no side, but they belong to the "
            "number who answered.",
        ),
        Mistake(
            lambda: _net(_given(), of=len(_answers())),
            "You divided by all customers; divide by those who answered.",
        ),
        Mistake(
            lambda: float((_given() >= 9).sum() - (_given() <= 6).sum()),
            "That is a number of customers; divide by those who answered and multiply by 100.",
        ),
    )


def _net_exercise() -> Exercise:
    return Exercise(
        "1.3",
        "The Net Promoter Score of those who answered, in points.",
        lambda: _net(_given()),
        "Promoters less detractors; the passives count only in the number who answered.",
        "Per cent of 9 and 10, less per cent of 0 to 6, both of those who answered.",
        (
            *_net_mistakes(),
            Mistake(
                lambda: _weighted(_contacts()["weight"]),
                "That is the weighted score, the subject of part 6; here every customer counts once.",
            ),
        ),
        unit="points",
        pick={"metric": "nps", "scorer": "net"},
    )


def _value_exercise() -> Exercise:
    return Exercise(
        "1.4",
        "What the NPS makes of an answer of 10, of 8, of 6 and of 0.",
        _values,
        "A 6 costs as much as a 0, and an 8 is worth nothing: that is what banding means.",
        "A promoter is worth 100, a passive 0, a detractor -100, whatever the answer was.",
        (
            Mistake(
                lambda: {10: 1.0, 6: -1.0, 0: -1.0},
                "right but for the size: the score is in points of 100, so a customer is worth 100, 0 or -100.",
            ),
            Mistake(
                lambda: {10: 10.0, 8: 8.0, 6: 6.0, 0: 0.0},
                "that is what the mean makes of it, the answer itself.",
            ),
            Mistake(lambda: {6: 0.0}, "a 6 is a detractor, not a passive."),
            Mistake(lambda: {8: 50.0}, "a passive counts as nothing, not as half a promoter."),
            Mistake(lambda: {8: 100.0}, "an 8 is passive; promoters begin at 9."),
            Mistake(lambda: {6: 100.0, 0: 100.0}, "detractors are taken away: their value is negative."),
            Mistake(lambda: {10: -100.0}, "promoters are added: their value is positive."),
        ),
        decimals=0,
        unit="",
    )


def _cut_exercise() -> Exercise:
    return Exercise(
        "1.5",
        "The lowest cut at which Split is ahead of Steady.",
        _first_lead,
        "From there on Split wins, below it Steady: the same customers, the same means.",
        "Turn the dial, or read the small pictures: from which position on is Split's marker further right?",
        (
            Mistake(
                lambda: _first_lead() - 1,
                "There Steady is still ahead; it is the last cut at which it is.",
            ),
            Mistake(
                lambda: float(SCALE[-1]),
                "Split is ahead there, but not there first: try the cuts below.",
            ),
            Mistake(
                lambda: _lead_at(int(_first_lead())),
                "That is how far ahead it is; the question is from which answer on.",
            ),
        ),
        decimals=0,
        unit="answer",
    )


def _nudge_exercise() -> Exercise:
    mean: Callable[[pd.Series], float] = lambda x: float(x.mean())  # noqa: E731
    return Exercise(
        "1.6",
        "By how much the mean and the NPS rise when every 8 becomes a 9.",
        lambda: {"mean": _change(mean), "nps": _change(_net)},
        "One point more from the eights hardly moves the mean, and lifts the NPS by all of their share.",
        "Replace 8 by 9 in the answers, compute both scores again, and take the scores before away.",
        (
            Mistake(
                lambda: {"mean": mean(_raised()), "nps": _net(_raised())},
                "that is the score afterwards; take the score before away.",
            ),
            Mistake(
                lambda: {
                    "mean": 100 * _change(mean) / mean(_given()),
                    "nps": 100 * _change(_net) / _net(_given()),
                },
                "that is the change in per cent of the score before; the change itself, in points, is asked for.",
            ),
            Mistake(
                lambda: {"mean": 1.0},
                "only those who answered 8 rise by a point; the mean is over all who answered.",
            ),
            Mistake(
                lambda: {"nps": _percent(_given() == 8, len(_answers()))},
                "you divided by all customers; divide by those who answered.",
            ),
            Mistake(lambda: {"nps": 0.0}, "an 8 is passive and a 9 a promoter: the score does move."),
        ),
        unit="points",
        decimals=2,
    )


def _weight_exercise() -> Exercise:
    return Exercise(
        "1.7",
        "The weighted Net Promoter Score: what it is among all customers of this company.",
        lambda: _weighted(_contacts()["weight"]),
        "Each business customer counts for less, since there are more of them in the survey than in life.",
        "`cx.score(survey, metrics='nps')` weights by itself; by hand, add up weights instead of customers.",
        (
            Mistake(
                lambda: _net(_given()),
                "That is the score without weights, of the survey and not of the company's customers.",
            ),
            Mistake(
                lambda: _weighted(1 / _contacts()["weight"]),
                "You divided by the weights: that makes the overrepresented customers count even more.",
            ),
            Mistake(
                lambda: float((_net_values() * _contacts()["weight"]).mean()),
                "You multiplied by the weights but divided by the number of customers; divide by the sum of the "
                "weights of those who answered.",
            ),
        ),
        unit="points",
        decimals=2,
        pick={"metric": "nps", "scorer": "net"},
    )


def _net_values() -> pd.Series:
    return pd.Series(Net(9, 6).apply(_answers(), Scale(0, 10)), index=_answers().index)


EXERCISES = (
    _mean_exercise(),
    _promoter_exercise(),
    _net_exercise(),
    _value_exercise(),
    _cut_exercise(),
    _nudge_exercise(),
    _weight_exercise(),
)
