"""Checks on open data: answers of customers, where the data set is on this machine; see `cxresearch.datasets`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._claims_checks_arithmetic import Z, all_match
from cxresearch._claims_findings import Answer, Check, directed
from cxresearch._claims_schema import Claim, Registry
from cxresearch._datafiles import locate
from cxresearch.survey.scales import Box, Net, Scale, Share

Array = NDArray[np.float64]
BANK = (
    "csibank"  # sat1 overall satisfaction, loy1 would choose again, loy3 would recommend; 0 to 10, complete
)
MOBILE = "ecsi_mobile"  # CUSL3 would recommend, 1 to 10, complete
MET = 8.0  # from this mark on expectations count as met
MARGINAL = 0.5  # of the slope below: a gain smaller than half as steep is marginal


@cache
def _bank() -> tuple[Array, Array, Array]:
    """Satisfaction, recommendation, choosing again of the bank's customers."""
    frame = pd.read_csv(locate(BANK))
    satisfaction, recommend, again = (frame[name].to_numpy(float) for name in ("sat1", "loy3", "loy1"))
    return satisfaction, recommend, again


def _slope(x: Array, y: Array) -> tuple[float, float]:
    """Least-squares slope and its heteroscedasticity-consistent standard error (HC1)."""
    centred = x - x.mean()
    sum_squares = float(centred @ centred)
    slope = float(centred @ y) / sum_squares
    residual = y - y.mean() - slope * centred
    factor = len(x) / (len(x) - 2)
    return slope, math.sqrt(factor * float((centred**2) @ (residual**2))) / sum_squares


#: Overall satisfaction and choosing again, in sets of customers on 0-10 or 1-10, complete.
SATISFIED = {BANK: ("sat1", "loy1"), "spanish_bank": ("sat1", "loy1"), MOBILE: ("CUSA1", "CUSL1")}


def flat_above(_claim: Claim, _: Registry) -> Answer:
    """Whether choosing again rises at most marginally with satisfaction once expectations are met."""
    said, gaps, slopes, n = [], [], [], 0
    for name, columns in SATISFIED.items():
        satisfaction, again = pd.read_csv(locate(name))[list(columns)].to_numpy(float).T
        above = satisfaction >= MET
        (up, error), (below, below_error) = (
            _slope(satisfaction[part], again[part]) for part in (above, ~above)
        )
        gap, half = MARGINAL * below - up, Z * math.hypot(MARGINAL * below_error, error)
        gaps.append((gap - half, gap + half))
        slopes.append(up)
        n += len(again)
        said.append(
            f"{name} {up:.2f} ({up - Z * error:.2f} to {up + Z * error:.2f}) after {below:.2f} (n = "
            f"{len(again):,})"
        )
    verdict = directed(gaps)
    return Answer(
        verdict, "direction",
        f"Points of choosing again per point of satisfaction from {MET:g} on, after those below: "
        f"{'; '.join(said)}; marginal "
        f"would be less than {MARGINAL:g} of the slope below. Satisfaction and intention were asked, not "
        "delight or effort.",
        low=min(slopes), high=max(slopes), unit="points per point", n=n,
        open={"depends": "the customers asked", "underdetermined": "more customers with high marks"}.get(verdict, ""),
    )  # fmt: skip


def worth_of_an_eight(_claim: Claim, _: Registry) -> Answer:
    """Whether customers who recommend with an 8 choose again no more than those who give a 6."""
    _satisfaction, recommend, again = _bank()
    groups = {mark: again[recommend == mark] for mark in (6, 7, 8, 9)}
    means = ", ".join(f"{mark}: {each.mean():.2f}" for mark, each in groups.items())
    gap = groups[8].mean() - groups[6].mean()
    error = math.sqrt(sum(groups[mark].var(ddof=1) / len(groups[mark]) for mark in (6, 8)))
    low, high = gap - Z * error, gap + Z * error
    verdict = directed([(-high, -low)])
    return Answer(
        verdict, "one table",
        f"In one bank in Spain ({len(again):,} customers), mean intention to choose it again (0-10, asked in the same "
        f"survey) by recommendation mark: {means}. The {len(groups[8])} who gave an 8 stand {gap:.2f} points above the "
        f"{len(groups[6])} who gave a 6 ({low:.2f} to {high:.2f}): worthless would be no higher. Other firms were not "
        "asked.",
        estimate=float(gap), conf_low=low, conf_high=high, unit="points", n=len(groups[8]) + len(groups[6]),
        open="more customers" if verdict == "underdetermined" else "",
    )  # fmt: skip


def _net_scores() -> dict[str, float]:
    recommend, bank = _bank()[1], Scale(0, 10)
    mobile, asked = pd.read_csv(locate(MOBILE))["CUSL3"].to_numpy(float), Scale(1, 10)
    return {
        **{
            f"bank, {up}-10 and 0-{down}": float(Net(up, down).apply(recommend, bank).mean())
            for up, down in ((9, 6), (8, 6), (8, 4), (8, 3))
        },
        **{
            f"mobile, {up}-10 and 1-{down}": float(Net(up, down).apply(mobile, asked).mean())
            for up, down in ((9, 6), (8, 6), (8, 3))
        },
    }


def scores_by_cut(claim: Claim, _: Registry) -> Answer:
    """Our own figures on the cuts of NPS, recomputed from the rows."""
    return all_match(claim, _net_scores(), "bank, 9-10 and 0-6")


def promoters_from_eight(_claim: Claim, _: Registry) -> Answer:
    """What counting 8s as promoters does to two real scores."""
    scores = _net_scores()
    before, after = scores["bank, 9-10 and 0-6"], scores["bank, 8-10 and 0-6"]
    other = scores["mobile, 9-10 and 1-6"], scores["mobile, 8-10 and 1-6"]
    return Answer(
        "depends", "reading",
        f"Counting 8s as promoters moves the same answers from {before:.1f} to {after:.1f} (bank) and from "
        f"{other[0]:.1f} to "
        f"{other[1]:.1f} (mobile phones). Whether marks differ between countries these data cannot say.",
        estimate=after - before, low=after - before, high=other[1] - other[0], unit="points",
        open="from which mark a customer counts as a promoter",
    )  # fmt: skip


def _r2(columns: Array, y: Array) -> float:
    X = np.column_stack([np.ones(len(y)), columns])
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return 1 - float(residual @ residual) / float(((y - y.mean()) ** 2).sum())


def shape_of_satisfaction(claim: Claim, _: Registry) -> Answer:
    """Our own figures on the straight line, recomputed from the rows."""
    satisfaction, _recommend, again = _bank()
    levels = satisfaction[:, None] == np.unique(satisfaction)[1:]
    found = {
        "linear": _r2(satisfaction[:, None], again),
        "quadratic": _r2(np.column_stack([satisfaction, satisfaction**2]), again),
        "free": _r2(levels.astype(float), again),
    }
    return all_match(claim, found, "linear")


def r2_by_scoring(claim: Claim, _: Registry) -> Answer:
    """Our own figures on what scoring keeps, recomputed from the rows."""
    satisfaction, recommend, again = _bank()
    scale = Scale(0, 10)
    scored = {
        "satisfaction, raw": satisfaction,
        "satisfaction, 8 and more": Share(at_least=8).apply(satisfaction, scale),
        "satisfaction, 9-10": Box(2).apply(satisfaction, scale),
        "satisfaction, 10": Box(1).apply(satisfaction, scale),
        "recommendation, raw": recommend,
        "recommendation, three classes": Net(9, 6).apply(recommend, scale),
        "recommendation, detractors": Share(at_most=6).apply(recommend, scale),
        "recommendation, promoters": Share(at_least=9).apply(recommend, scale),
    }
    return all_match(claim, {name: _r2(x[:, None], again) for name, x in scored.items()}, "satisfaction, raw")


def ipsatised(claim: Claim, _: Registry) -> Answer:
    """Our own figures on response style, recomputed from the rows."""
    answers = pd.read_csv(locate("yellow_pages")).to_numpy(float)
    k = answers.shape[1]
    apart = ~np.eye(k, dtype=bool)
    found = {
        "between items": float(np.corrcoef(answers.T)[apart].mean()),
        "after ipsatising": float(np.corrcoef((answers - answers.mean(1, keepdims=True)).T)[apart].mean()),
        "forced": -1 / (k - 1),
        "straight-liners": 100 * float((np.ptp(answers, axis=1) == 0).mean()),
    }
    return all_match(claim, found, "after ipsatising")


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        flat_above, worth_of_an_eight, scores_by_cut, promoters_from_eight, shape_of_satisfaction, r2_by_scoring,
        ipsatised,
    )
}  # fmt: skip
