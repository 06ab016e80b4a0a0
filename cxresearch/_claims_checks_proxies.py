"""Checks on open sets that come near a claim and measure something else: ease for effort, hospitals for patients.

By the rule of a proxy or of a part they can refute at most; the sentence says what was measured instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._claims_checks_arithmetic import Z
from cxresearch._claims_checks_open import MET, SATISFIED
from cxresearch._claims_checks_rows import difference
from cxresearch._claims_findings import Answer, Check, directed
from cxresearch._claims_schema import Claim, Registry
from cxresearch._datafiles import locate
from cxresearch.stats.influence import influence_cov, pearson_influence
from cxresearch.stats.regression import fit_linear, sandwich

Array = NDArray[np.float64]
Found = Mapping[str, tuple[float, tuple[float, float]]]

WAVES = ("sfo_2017", "sfo_2018")
EASE = (
    "Q14FIND",
    "Q14PASSTHRU",
    "Q13GETRATE",
)  # finding one's way, security, getting there; 1 difficult to 5 easy
AGREES = 4.0  # the first answer above the middle of that scale
HOSPITALS = "hcahps"
DIMENSIONS = (
    "Nurse_Communication", "Doctor_Communication", "Staff_Responsiveness", "Medicine_Communication",
    "Discharge_Information", "Care_Transition", "Cleanliness", "Quietness",
)  # fmt: skip
AIRPORT = "Passengers of an airport, ease of three steps; no service contact, and recommending for loyalty"


@cache
def passengers(wave: str) -> Mapping[str, Array]:
    """Ease (mean of the steps answered, 1-5), satisfaction (1-5), recommending (0-10) of who answered all three."""
    frame = pd.read_csv(locate(wave), low_memory=False).rename(columns=str.strip)
    numbers = frame[[*EASE, "Q7ALL", "NETPRO"]].apply(pd.to_numeric, errors="coerce")
    ratings = numbers[[*EASE, "Q7ALL"]].where(lambda each: (each >= 1) & (each <= 5))
    ease = ratings[list(EASE)].mean(axis=1)
    recommend = numbers["NETPRO"].where(numbers["NETPRO"].between(0, 10))
    kept = pd.DataFrame(
        {"ease": ease, "satisfaction": ratings["Q7ALL"], "recommendation": recommend}
    ).dropna()
    return {str(name): kept[name].to_numpy(float) for name in kept}


def _proxy(found: Found, words: str, unit: str, open_: str, n: int) -> Answer:
    values = [value for value, _ in found.values()]
    listed = "; ".join(
        f"{name} {value:+.2f} ({low:.2f} to {high:.2f})" for name, (value, (low, high)) in found.items()
    )
    return Answer(
        "underdetermined", "proxy", f"{words}: {listed}.", low=min(values), high=max(values), unit=unit, n=n, open=open_
    )  # fmt: skip


def _asked() -> int:
    return sum(len(passengers(wave)["ease"]) for wave in WAVES)


def ease_by_level(_claim: Claim, _: Registry) -> Answer:
    """Whether recommending rises more steeply with ease up to the first good answer than beyond."""
    found = {}
    for wave in WAVES:
        data = passengers(wave)
        found[wave] = broken_line(data["ease"], data["recommendation"], AGREES)
    return _proxy(
        found, f"{AIRPORT}: points of recommending per point of ease up to one above the middle, less those beyond",
        "points per point", "effort answers (CES 2.0) with loyalty after a service contact", _asked(),
    )  # fmt: skip


def broken_line(x: Array, y: Array, knot: float) -> tuple[float, tuple[float, float]]:
    """Slope of y in x up to a knot less the slope above it, of one broken line, and the interval."""
    X, ones = np.column_stack([x, np.maximum(x - knot, 0.0)]), np.ones(len(y))
    fit = fit_linear(y, X)
    less = -float(fit.coef[2])
    half = Z * math.sqrt(float(sandwich(fit, y, X, ones)[2, 2]))
    return less, (less - half, less + half)


def ease_against_satisfaction(_claim: Claim, _: Registry) -> Answer:
    """Whether ease goes with recommending more strongly than satisfaction does."""
    found = {}
    for wave in WAVES:
        data = passengers(wave)
        found[wave] = difference(data["ease"], data["satisfaction"], data["recommendation"])
    return _proxy(
        found, f"{AIRPORT}: ease minus satisfaction, difference of correlations", "r",
        "effort, satisfaction and loyalty of the same customers after a service contact", _asked(),
    )  # fmt: skip


def ease_beyond_satisfaction(_claim: Claim, _: Registry) -> Answer:
    """Whether ease goes with recommending among passengers who are equally satisfied."""
    found = {}
    for wave in WAVES:
        data = passengers(wave)
        rest = [
            y - np.polyval(np.polyfit(data["satisfaction"], y, 1), data["satisfaction"])
            for y in (data["ease"], data["recommendation"])
        ]
        found[wave] = _correlation(rest[0], rest[1])
    return _proxy(
        found, f"{AIRPORT}: correlation of ease with recommending, satisfaction held fixed", "r",
        "convenience, perceived quality and value, and loyalty of the same customers", _asked(),
    )  # fmt: skip


def _correlation(x: Array, y: Array) -> tuple[float, tuple[float, float]]:
    r, psi = pearson_influence(x, y)
    half = Z * math.sqrt(float(influence_cov(psi, np.ones(len(y)))[0, 0]))
    return r, (r - half, r + half)


def ease_and_satisfaction(_claim: Claim, _: Registry) -> Answer:
    """Whether satisfaction rises with ease: the half of the claim that an open survey asks."""
    found = {wave: _correlation(passengers(wave)["ease"], passengers(wave)["satisfaction"]) for wave in WAVES}
    verdict = directed([ends for _, ends in found.values()])
    answer = _proxy(
        found, "Passengers of an airport, correlation of ease with satisfaction", "r",
        "social interaction beside convenience and satisfaction", _asked(),
    )  # fmt: skip
    return Answer(
        "contradicted" if verdict == "contradicted" else "underdetermined", "part", answer.sentence, low=answer.low,
        high=answer.high, unit="r", n=answer.n, open=answer.open,
    )  # fmt: skip


def rating_against_recommending(_claim: Claim, _: Registry) -> Answer:
    """How many experience scores of hospitals go more with the overall rating than with recommending."""
    frame = pd.read_csv(locate(HOSPITALS))
    rating, recommend = (frame[name].to_numpy(float) for name in ("Overall_Rating", "Recommendation_Score"))
    found = {name: difference(rating, recommend, frame[name].to_numpy(float)) for name in DIMENSIONS}
    closer = sum(low > 0 for _, (low, _) in found.values())
    values = [value for value, _ in found.values()]
    return Answer(
        "underdetermined", "proxy",
        f"In {len(rating):,} hospitals {closer} of {len(DIMENSIONS)} experience scores correlate more with the overall "
        f"rating than with recommending, by {min(values):+.2f} to {max(values):+.2f}; averages of hospitals, not "
        f"answers "
        "of patients.",
        low=min(values), high=max(values), unit="r", n=len(rating),
        open="both answers of the same patients, beside what they experienced",
    )  # fmt: skip


def _returns() -> dict[str, tuple[float, tuple[float, float]]]:
    """By how much less choosing again rises with satisfaction from the mark on that counts as met, by set."""
    found = {}
    for name, columns in SATISFIED.items():
        satisfaction, again = pd.read_csv(locate(name))[list(columns)].to_numpy(float).T
        found[name] = broken_line(satisfaction, again, MET)
    return found


def falling_returns(_claim: Claim, _: Registry) -> Answer:
    """Whether choosing again rises less with satisfaction at the top: the half of the claim about intentions."""
    found = _returns()
    verdict = directed([ends for _, ends in found.values()])
    answer = _proxy(
        found, f"Points of choosing again per point of satisfaction up to {MET:g}, less those above it",
        "points per point",
        "behaviour of the same customers: its returns are said to rise", 0,
    )  # fmt: skip
    return Answer(
        "contradicted" if verdict == "contradicted" else "underdetermined", "part", answer.sentence, low=answer.low,
        high=answer.high, unit=answer.unit, open=answer.open,
    )  # fmt: skip


def asymmetry_of_satisfaction(_claim: Claim, _: Registry) -> Answer:
    """The same bend for a claim about leaving and staying, of which an intention is a proxy."""
    return _proxy(
        _returns(),
        f"Points of choosing again per point of satisfaction up to {MET:g}, less those above it (an intention)",
        "points per point", "satisfaction beside who left and who stayed", 0,
    )  # fmt: skip


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        ease_by_level, ease_against_satisfaction, ease_beyond_satisfaction, ease_and_satisfaction,
        rating_against_recommending, falling_returns, asymmetry_of_satisfaction,
    )
}  # fmt: skip
