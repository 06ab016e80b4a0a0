"""Checks on published correlation matrices: what they say of a claim, from r and n, with intervals.

The metrics of a claim are found in the tables by what their variables measure (``data/published/index.toml``). No
published matrix holds effort (CES) or value enhancement (VES) beside satisfaction and recommendation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cxresearch._claims_findings import Answer, Check, directed
from cxresearch._claims_published import Published, table, tables
from cxresearch._claims_schema import Claim, Registry
from cxresearch.stats.correlations import compare_dependent
from cxresearch.stats.fisher import CorrelationTest, fisher_interval
from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.pooling import Pooled, pool
from cxresearch.stats.reliability import standardised_alpha

Array = NDArray[np.float64]
Interval = tuple[float, float]

ROLES = {"CES": "effort", "CSAT": "satisfaction", "NPS": "recommendation", "VES": "value_enhancement"}
OUTCOMES = ("choose_again", "remain", "loyalty")
SMALLEST = 0.03  # difference of two correlations taken to matter, as in `cxresearch.compare`
FIRMS = "ijme2018_nps_growth_profit.csv"
ONE_MEASURE = 0.9  # corrected correlation from which on two questions are one measure (Henseler et al. 2015)
ASSUMED = 0.7  # reliability assumed of a single item, where its own is not known
PLAUSIBLE = (0.5, 0.9)  # reliabilities a single item may have
DRAWS = 1000
MORE = "more customers than the published tables hold"


def with_roles(claim: Claim, *roles: str) -> list[Published]:
    """The tables that measure all roles: those the claim names, else all of them."""
    named = [name for one in claim.evidence if one.kind == "published" for name in one.tables]
    return [one for one in (map(table, named) if named else tables()) if one.has(*roles)]


def contests(claim: Claim, better: str, rival: str) -> list[tuple[Published, str, CorrelationTest]]:
    """Every comparison of two metrics of the same customers on one outcome that the tables allow."""
    return [
        (
            one,
            outcome,
            compare_dependent(one.r(better, outcome), one.r(rival, outcome), one.r(better, rival), one.n),
        )
        for outcome in OUTCOMES
        for one in with_roles(claim, better, rival, outcome)
        if one.n
    ]


def leads_in_matrices(claim: Claim, _: Registry) -> Answer:
    """Whether the metric said to be better has the higher correlation with loyalty, by table and outcome."""
    roles = [ROLES[name] for name in (claim.better, *claim.than)]
    found = [each for rival in roles[1:] for each in contests(claim, roles[0], rival)]
    if not found:
        wanted = (
            f"a published correlation matrix with {', '.join((claim.better, *claim.than))} and an outcome"
        )
        return Answer(
            "not testable", "missing",
            f"None of the {len(tables())} published tables holds "
            f"{' and '.join((claim.better, *claim.than))} together.",
            open=wanted,
        )  # fmt: skip
    intervals = [(test.conf_low, test.conf_high) for *_, test in found]
    verdict = directed(intervals, SMALLEST)
    listed = "; ".join(
        f"{one.title}, {outcome.replace('_', ' ')}: {test.estimate:+.3f} ({test.conf_low:.3f} to "
        f"{test.conf_high:.3f})"
        for one, outcome, test in found
    )
    estimates = [test.estimate for *_, test in found]
    ahead = sum(low > 0 for low, _ in intervals)
    average, words = _average([test for _, outcome, test in found if outcome == OUTCOMES[0]])
    one = found[0][2] if len(found) == 1 else average
    return Answer(
        verdict, "direction",
        f"{claim.better} minus {' or '.join(claim.than)}, difference of correlations with loyalty: {listed}. Ahead in "
        f"{ahead} of {len(found)}{words}.",
        estimate=one.estimate if one else math.nan, conf_low=one.conf_low if one else math.nan,
        conf_high=one.conf_high if one else math.nan, low=min(estimates), high=max(estimates), unit="r",
        n=found[0][0].n if len(found) == 1 else None,
        open=_open(verdict, "the customers asked and the wording of the outcome"),
    )  # fmt: skip


def _average(tests: Sequence[CorrelationTest]) -> tuple[Pooled | None, str]:
    """Differences on one outcome pooled, and the words for it; nothing for one or two of them."""
    if len(tests) < 3:
        return None, ""
    one = pool([test.estimate for test in tests], [test.std_error**2 for test in tests])
    return one, (
        f"; with choosing again {one.estimate:+.3f} on average ({one.conf_low:.3f} to {one.conf_high:.3f}), the next "
        f"{one.prediction_low:.2f} to {one.prediction_high:.2f}"
    )


def _open(verdict: str, on_what: str) -> str:
    return {"depends": on_what, "underdetermined": MORE}.get(verdict, "")


def ease_against_usefulness(claim: Claim, _: Registry) -> Answer:
    """Ease, the nearest thing to low effort in published matrices, against usefulness; their n is not printed."""
    differences = {
        f"{one.title}, {outcome}": one.r("ease", outcome) - one.r("usefulness", outcome)
        for outcome in ("intention", "use")
        for one in with_roles(claim, "ease", "usefulness", outcome)
    }
    listed = "; ".join(f"{name}: {value:+.3f}" for name, value in differences.items())
    values = list(differences.values())
    return Answer(
        "underdetermined", "range",
        f"Ease minus usefulness, difference of correlations: {listed}. The pages seen print no n, so no "
        "interval; ease is not "
        "CES, and no rival metric of customers stands beside it.",
        estimate=values[0] if len(values) == 1 else math.nan, low=min(values), high=max(values), unit="r",
        open="the sample sizes, and the same with effort, satisfaction and recommendation of customers",
    )  # fmt: skip


def _corrected(one: Published, reliability: float) -> tuple[float, Interval]:
    """Satisfaction with recommendation, corrected for reliability, and its interval."""
    items = one.part(one.places("satisfaction_items"))
    with_it = one.matrix[one.places("satisfaction_items"), one.places("recommendation")[0]]
    r = float(with_it.sum() / math.sqrt(items.sum()))
    scale = math.sqrt(float(standardised_alpha(items)) * reliability)
    low, high = (float(end) / scale for end in fisher_interval(r, one.n))
    return r / scale, (low, high)


def _told_corrected(found: Sequence[tuple[Published, float, Interval]]) -> str:
    """Corrected correlations as text; one above 1 says that the assumed reliability cannot be that of the answers."""
    listed = "; ".join(f"{one.title} {r:.2f} ({low:.2f} to {high:.2f})" for one, r, (low, high) in found)
    above = sum(r > 1 for _, r, _ in found)
    which = "all" if above == len(found) else f"{above} of {len(found)}"
    return f"{listed} ({which} above 1: this reliability is too low for these answers)" if above else listed


def _satisfaction_and_recommendation(claim: Claim, same: bool) -> Answer:
    """One measure or two, at the lowest and the highest reliability a single item plausibly has."""
    chosen = with_roles(claim, "satisfaction_items", "recommendation")
    verdicts, said, values = [], [], []
    for reliability in PLAUSIBLE:
        found = [(one, *_corrected(one, reliability)) for one in chosen]
        gaps = [(low - ONE_MEASURE, high - ONE_MEASURE) for *_, (low, high) in found]
        verdicts.append(directed(gaps if same else [(-high, -low) for low, high in gaps]))
        said.append(f"at {reliability:g}: {_told_corrected(found)}")
        values += [r for _, r, _ in found]
    verdict = verdicts[0] if len(set(verdicts)) == 1 else "depends"
    return Answer(
        verdict, "reading",
        "Satisfaction items and recommendation, correlation corrected for the alpha of the items and for a "
        "reliability of "
        f"the single recommendation item, {', '.join(said)}. One measure from {ONE_MEASURE:g} on.",
        low=min(1.0, *values), high=min(1.0, max(values)), unit="r",
        open=_open(verdict, "the reliability of a single recommendation item, which no table measures"),
    )  # fmt: skip


def satisfaction_is_not_recommendation(claim: Claim, _: Registry) -> Answer:
    """Two measures: their corrected correlation lies below what one measure would show."""
    return _satisfaction_and_recommendation(claim, same=False)


def satisfaction_is_recommendation(claim: Claim, _: Registry) -> Answer:
    """One measure: their corrected correlation reaches what one measure would show."""
    return _satisfaction_and_recommendation(claim, same=True)


def overall_and_expectations_met(claim: Claim, _: Registry) -> Answer:
    """Whether overall satisfaction and expectations met are one measure."""
    found = []
    for one in with_roles(claim, "satisfaction", "expectations_met"):
        r = one.r("satisfaction", "expectations_met")
        low, high = (float(end) / ASSUMED for end in fisher_interval(r, one.n))
        found.append((one, r / ASSUMED, (low, high)))
    verdict = directed([(low - ONE_MEASURE, high - ONE_MEASURE) for *_, (low, high) in found])
    return Answer(
        verdict, "one measure",
        "Overall satisfaction and expectations met correlate, corrected for an assumed reliability of "
        f"{ASSUMED:g} each: "
        f"{_told_corrected(found)}; one measure from {ONE_MEASURE:g} on.",
        low=min(1.0, *(r for _, r, _ in found)), high=min(1.0, max(r for _, r, _ in found)), unit="r",
        open=_open(verdict, "the customers asked, and the reliability of the items"),
    )  # fmt: skip


def _adjusted_r2(matrix: Array, predictors: Sequence[int], outcome: int, n: int) -> Array:
    """Adjusted R² from a stack of covariance matrices."""
    X, xy = matrix[..., predictors, :][..., predictors], matrix[..., predictors, outcome]
    explained = (xy * np.linalg.solve(X, xy[..., None])[..., 0]).sum(-1)
    r2 = explained / matrix[..., outcome, outcome]
    return np.asarray(1 - (1 - r2) * (n - 1) / (n - 1 - len(predictors)))


def _samples(R: Array, df: int) -> Array:
    """Covariance matrices of normal samples, times their degrees of freedom (Bartlett's decomposition)."""
    rng, k = np.random.default_rng(0), len(R)
    A = np.tril(rng.normal(size=(DRAWS, k, k)), -1)
    A[:, range(k), range(k)] = np.sqrt(rng.chisquare(df - np.arange(k), size=(DRAWS, k)))
    roots = np.linalg.cholesky(R) @ A
    return np.asarray(roots @ np.swapaxes(roots, 1, 2))


def _difference(
    one: Published, a: tuple[Sequence[int], int], b: tuple[Sequence[int], int]
) -> tuple[float, Interval]:
    """Difference of two adjusted R² in one table, its error from normal samples of the matrix."""
    kept = sorted({*a[0], a[1], *b[0], b[1]})
    place = {variable: i for i, variable in enumerate(kept)}
    R = one.part(kept)
    draws = _samples(R, one.n - 1)

    def gap(matrices: Array) -> Array:
        first, second = (_adjusted_r2(matrices, [place[x] for x in xs], place[y], one.n) for xs, y in (a, b))
        return first - second

    value, error = float(gap(R)), float(gap(draws).std())
    return value, (value - 1.96 * error, value + 1.96 * error)


def _r2_contest(claim: Claim, roles: Sequence[str], a: str, b: str, words: str) -> Answer:
    """Differences of explained variance over the tables: predictors of roles a and b on recommendation."""
    found = []
    for one in with_roles(claim, *roles):
        outcome = one.places("recommendation")[0]
        found.append((one, *_difference(one, (one.places(a), outcome), (one.places(b), outcome))))
    return _r2_answer(found, words)


def _r2_answer(found: Sequence[tuple[Published, float, Interval]], words: str) -> Answer:
    verdict = directed([ends for *_, ends in found])
    listed = "; ".join(
        f"{one.title} {value:+.3f} ({low:.3f} to {high:.3f})" for one, value, (low, high) in found
    )
    values = [value for _, value, _ in found]
    return Answer(
        verdict, "direction", f"{words}, difference of adjusted R²: {listed}.",
        low=min(values), high=max(values), unit="R2", open=_open(verdict, "the customers asked"),
    )  # fmt: skip


def image_above_experience(claim: Claim, _: Registry) -> Answer:
    """Whether brand image explains more of recommendation than the quality experienced."""
    words = "Recommendation explained by the image items minus by the quality items"
    return _r2_contest(claim, ("image", "quality", "recommendation"), "image", "quality", words)


def price_and_quality_in_recommendation(claim: Claim, _: Registry) -> Answer:
    """Whether price and quality explain more of recommendation than of satisfaction."""
    found = []
    for one in with_roles(claim, "price", "quality", "recommendation", "satisfaction"):
        items = one.places("price", "quality")
        outcomes = (one.places(role)[0] for role in ("recommendation", "satisfaction"))
        a, b = ((items, outcome) for outcome in outcomes)
        found.append((one, *_difference(one, a, b)))
    return _r2_answer(
        found, "Price and quality items explaining recommendation minus explaining satisfaction"
    )


def quality_drives_satisfaction(claim: Claim, _: Registry) -> Answer:
    """What the quality items explain of satisfaction with a bank, beside image and price."""
    banks = [
        one for one in with_roles(claim, "quality", "image", "price", "satisfaction") if "bank" in one.file
    ]
    shares = []
    for one in banks:
        groups = [one.places(role) for role in ("quality", "image", "price")]
        kept = [place for group in groups for place in group] + [one.places("satisfaction")[0]]
        edges = np.cumsum([0, *map(len, groups)])
        players = [list(range(low, high)) for low, high in pairwise(edges)]
        parts = shapley_r2(one.part(kept), groups=players)
        shares.append((one, float(parts[0]), float(parts.sum())))
    listed = "; ".join(f"{one.title} {part:.2f} of {whole:.2f}" for one, part, whole in shares)
    parts_only = [part for _, part, _ in shares]
    return Answer(
        "underdetermined", "range",
        "Quality items explain of overall satisfaction, beside image and price (Shapley share of R²): "
        f"{listed}. Which of them "
        "ask about advice, initiative or anticipation is not documented.",
        low=min(parts_only), high=max(parts_only), unit="R2", open="the wording of the quality items",
    )  # fmt: skip


def satisfaction_adds_to_recommendation(claim: Claim, _: Registry) -> Answer:
    """Whether satisfaction goes with choosing again among customers who recommend equally."""
    found = []
    for one in with_roles(claim, "satisfaction", "recommendation", "choose_again"):
        ay, by, ab = (
            one.r(x, y)
            for x, y in (
                ("satisfaction", "choose_again"),
                ("recommendation", "choose_again"),
                ("satisfaction", "recommendation"),
            )
        )
        partial = (ay - by * ab) / math.sqrt((1 - by**2) * (1 - ab**2))
        low, high = (float(end) for end in fisher_interval(partial, one.n - 1))
        found.append((one, partial, (low, high)))
    verdict = directed([ends for *_, ends in found], SMALLEST)
    listed = "; ".join(f"{one.title} {r:.2f} ({low:.2f} to {high:.2f})" for one, r, (low, high) in found)
    return Answer(
        verdict, "direction",
        f"Partial correlation of satisfaction with choosing again, recommendation held fixed: {listed}.",
        low=min(r for _, r, _ in found), high=max(r for _, r, _ in found), unit="r",
        open=_open(verdict, "the customers asked"),
    )  # fmt: skip


def intention_and_behaviour(claim: Claim, _: Registry) -> Answer:
    """Recommendation with an intention and with a record of behaviour in the one table that has both."""
    [one] = with_roles(claim, "recommendation", "choose_again", "switched")
    stayed = -one.r("recommendation", "switched")
    test = compare_dependent(
        one.r("recommendation", "choose_again"), stayed, -one.r("choose_again", "switched"), one.n
    )
    low, high = fisher_interval(stayed, one.n)
    return Answer(
        "underdetermined", "range",
        f"Recommendation correlates {one.r('recommendation', 'choose_again'):.2f} with choosing again and "
        f"{stayed:.2f} "
        f"({float(low):.2f} to {float(high):.2f}) with not having switched (n = {one.n}; difference "
        f"{test.conf_low:.2f} to "
        f"{test.conf_high:.2f}), but whether the mark is of a past or a planned switch is not documented.",
        estimate=stayed, conf_low=float(low), conf_high=float(high), unit="r",
        n=one.n, open="behaviour recorded after the answer",
    )  # fmt: skip


def recommendation_and_loyalties(claim: Claim, _: Registry) -> Answer:
    """Recommendation with what people intend, and with what they did and what firms earned."""
    intended = [
        (f"{outcome.replace('_', ' ')}, {one.title}", one.r("recommendation", outcome), one.n)
        for outcome in OUTCOMES
        for one in with_roles(claim, "recommendation", outcome)
        if one.n
    ]
    done = [
        ("not switched", -one.r("recommendation", "switched"), one.n) for one in with_roles(claim, "switched")
    ]
    firms = {row["variable"]: row for row in table(FIRMS).rows}
    done += [
        (words, float(firms[code]["pearson_r"]), int(firms[code]["n"]))
        for code, words in (("GRS", "sales growth of firms"), ("ROA", "return on assets of firms"))
    ]
    verdicts, said = zip(*(_judged(rows) for rows in (intended, done)), strict=True)
    values = [r for _, r, _ in (*intended, *done)]
    return Answer(
        verdicts[0] if verdicts[0] == verdicts[1] else "depends", "direction",
        f"Correlations of recommendation with intentions ({verdicts[0]}): {said[0]}; with behaviour and "
        "results "
        f"({verdicts[1]}): {said[1]}.",
        low=min(values), high=max(values), unit="r",
        open="whether loyalty means what customers intend or what they do",
    )  # fmt: skip


def _judged(rows: Sequence[tuple[str, float, int]]) -> tuple[str, str]:
    """Verdict and words of some correlations with their n."""
    ends = [tuple(float(end) for end in fisher_interval(r, n)) for _, r, n in rows]
    words = (
        f"{name} {r:.2f} ({low:.2f} to {high:.2f})"
        for (name, r, _), (low, high) in zip(rows, ends, strict=True)
    )
    return directed([(low, high) for low, high in ends], SMALLEST), "; ".join(words)


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        leads_in_matrices, ease_against_usefulness, satisfaction_is_not_recommendation,
        satisfaction_is_recommendation, overall_and_expectations_met, image_above_experience,
        price_and_quality_in_recommendation, quality_drives_satisfaction, satisfaction_adds_to_recommendation,
        intention_and_behaviour, recommendation_and_loyalties,
    )
}  # fmt: skip
