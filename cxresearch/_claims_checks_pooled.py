"""Checks by pooling: averages over published tables and over the open collection of satisfaction and retention.

Studies are taken to differ in truth (random effects, REML, Hartung-Knapp). An average says nothing of the next study;
its prediction interval does, and stands in the sentence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._claims_checks_arithmetic import in_part
from cxresearch._claims_checks_published import with_roles
from cxresearch._claims_checks_tails import KEINING
from cxresearch._claims_findings import Answer, Check, directed, matches
from cxresearch._claims_published import table
from cxresearch._claims_schema import Claim, Registry
from cxresearch._datafiles import locate
from cxresearch.stats.pooled_correlations import PooledCorrelation, difference_effects, pool_correlations
from cxresearch.stats.pooling import moderate, pool

Array = NDArray[np.float64]

META = "satisfaction_retention_meta"
STRONG = 0.5  # correlation from which on Cohen (1988) calls an effect large
CHOICE = ("satisfaction", "recommendation", "choose_again")
REST = "the parts of the claim that no open study reaches"


def firm_rows() -> list[tuple[dict[str, float], float]]:
    """Correlations of each metric of firms with revenue change by industry, and the number of firms; 0: unknown."""
    about = ("industry", "period", "n_implied", "row")
    return [
        (
            {name: float(value) for name, value in row.items() if name not in about},
            float(row["n_implied"] or 0),
        )
        for row in table(KEINING).rows
        if row["row"] == "r"
    ]


@cache
def _collection() -> tuple[Array, NDArray[np.bool_]]:
    """Correlations of satisfaction with retention, and whether retention was behaviour."""
    frame = pd.read_csv(locate(META))
    return frame["Corr"].to_numpy(float), (frame["Retention_Measure"] == "Behavior").to_numpy()


def _averages() -> dict[str, PooledCorrelation]:
    r, behaviour = _collection()
    return {
        "an intention": pool_correlations(r[~behaviour], None),
        "behaviour": pool_correlations(r[behaviour], None),
    }


def _said(found: Mapping[str, PooledCorrelation]) -> str:
    return "; ".join(
        f"with {name} {one.estimate:.2f} ({one.conf_low:.2f} to {one.conf_high:.2f}; {one.fisher.k} studies, the next "
        f"{one.prediction_low:.2f} to {one.prediction_high:.2f})"
        for name, one in found.items()
    )


def intention_against_behaviour(_claim: Claim, _: Registry) -> Answer:
    """Whether satisfaction goes more with what customers intend than with what they do."""
    r, behaviour = _collection()
    gap = moderate(r, None, behaviour.astype(float))
    low, high, less = -float(gap.conf_high[1]), -float(gap.conf_low[1]), -float(gap.estimate[1])
    means = r[~behaviour].mean(), r[behaviour].mean()
    verdict = directed([(low, high)])
    return Answer(
        "underdetermined" if verdict == "reproduced" else verdict, "part",
        f"Satisfaction correlates {_said(_averages())} (plain means {means[0]:.2f} and {means[1]:.2f}). Studies of "
        f"behaviour find {less:.2f} less ({low:.2f} to {high:.2f}).",
        estimate=less, conf_low=low, conf_high=high, unit="r", n=None,
        open=f"{REST}; few of the studies are of behaviour, and they differ from the others in more than that",
    )  # fmt: skip


def goes_with_retention(_claim: Claim, _: Registry) -> Answer:
    """Whether satisfaction goes with retention at all: as an intention and as behaviour."""
    found = _averages()
    verdict = directed([(one.conf_low, one.conf_high) for one in found.values()])
    values = [one.estimate for one in found.values()]
    return Answer(
        "underdetermined" if verdict == "reproduced" else verdict, "part",
        f"Average correlation of satisfaction over published studies: {_said(found)}.",
        low=min(values), high=max(values), unit="r", open=f"more studies of behaviour, and {REST}",
    )  # fmt: skip


def strong_with_loyalty(_claim: Claim, _: Registry) -> Answer:
    """Whether the average correlation of satisfaction with an intention is large."""
    one = _averages()["an intention"]
    verdict = directed([(one.conf_low - STRONG, one.conf_high - STRONG)])
    return Answer(
        "underdetermined" if verdict == "reproduced" else verdict, "part",
        f"Average correlation of satisfaction over published studies {_said({'an intention': one})}; strong is from "
        f"{STRONG:g} on.",
        estimate=one.estimate, conf_low=one.conf_low, conf_high=one.conf_high, unit="r", open=REST,
    )  # fmt: skip


def usual_of_persons(claim: Claim, _: Registry) -> Answer:
    """Whether the usual correlation printed for persons is what studies of behaviour average."""
    figure, one = claim.figure("individuals"), _averages()["behaviour"]
    holds = one.conf_low <= figure.value <= one.conf_high
    return Answer(
        "underdetermined" if holds else "contradicted", "part",
        f"Average correlation of satisfaction over published studies {_said({'behaviour': one})}: it "
        f"{'admits' if holds else 'excludes'} the printed {figure.shown()} for persons.",
        estimate=one.estimate, conf_low=one.conf_low, conf_high=one.conf_high, unit="r", published=figure,
        open="more studies of behaviour, by person and by firm",
    )  # fmt: skip


def growth_of_firms(_claim: Claim, registry: Registry) -> Answer:
    """NPS of firms with growth, over the sets that print r and n (or imply n)."""
    implied = registry["R-14"]
    sets = [
        (registry["L-026"].value(name), implied.value(name)) for name in ("banking", "gasoline")
    ] + [
        (figure.value, figure.n or 0)
        for figure in (registry["L-042"].figure("sales growth"), registry["L-037"].figure("all industries"))
    ]  # fmt: skip
    one = pool_correlations(*np.array(sets).T)
    verdict = directed([(one.conf_low, one.conf_high)])
    return Answer(
        "underdetermined" if verdict == "reproduced" else verdict, "part",
        f"NPS of firms with growth, average over {len(sets)} sets of {', '.join(f'{n:.0f}' for _, n in sets)} firms: "
        f"{one.estimate:.2f} ({one.conf_low:.2f} to {one.conf_high:.2f}), the next {one.prediction_low:.2f} to "
        f"{one.prediction_high:.2f}.",
        estimate=one.estimate, conf_low=one.conf_low, conf_high=one.conf_high, unit="r",
        open="more sets of firms, and the ranks of the predictors in the paper itself",
    )  # fmt: skip


def varies_between_tables(claim: Claim, _: Registry) -> Answer:
    """Whether the lead of recommendation over satisfaction differs between the customers asked, for an intention."""
    chosen = with_roles(claim, *CHOICE)
    triples = [
        (one.r("recommendation", "choose_again"), one.r("satisfaction", "choose_again"),
         one.r("satisfaction", "recommendation"), one.n)
        for one in chosen
    ]  # fmt: skip
    effects, variances = difference_effects(*np.array(triples).T)
    found = pool(effects, variances)
    spread = found.heterogeneity
    return Answer(
        "underdetermined", "proxy",
        f"Recommendation minus satisfaction, difference of correlations with choosing again, in {found.k} tables: "
        f"{effects.min():+.2f} to {effects.max():+.2f}, {found.estimate:+.3f} on average ({found.conf_low:.3f} to "
        f"{found.conf_high:.3f}), the next {found.prediction_low:.2f} to {found.prediction_high:.2f}; standard "
        f"deviation "
        f"of the true differences {math.sqrt(spread.tau2):.3f} ({math.sqrt(spread.tau2_low):.3f} to "
        f"{math.sqrt(spread.tau2_high):.3f}). An intention, not retention.",
        low=float(effects.min()), high=float(effects.max()), unit="r",
        open="retention recorded in several industries, with each metric",
    )  # fmt: skip


def satisfaction_pools(claim: Claim, _: Registry) -> Answer:
    """Satisfaction with what customers intend and with firms' growth, averaged over the published tables."""
    found = {}
    for outcome, words in (("choose_again", "choosing again"), ("recommendation", "recommendation")):
        chosen = [one for one in with_roles(claim, "satisfaction", outcome) if one.n]
        r, n = np.array([(one.r("satisfaction", outcome), one.n) for one in chosen]).T
        found[words] = pool_correlations(r, n)
    firms = [(r["sat_mean"], n) for r, n in firm_rows() if n]
    found["growth of firms"] = pool_correlations(*np.array(firms).T)
    verdict = directed([(one.conf_low, one.conf_high) for one in found.values()])
    values = [one.estimate for one in found.values()]
    return Answer(
        "underdetermined" if verdict == "reproduced" else verdict, "part",
        f"Average correlation of satisfaction over published tables: {_said(found)}.",
        low=min(values), high=max(values), unit="r", open=REST,
    )  # fmt: skip


def best_or_second(claim: Claim, _: Registry) -> Answer:
    """In how many industries NPS is the best or the second of the metrics, recounted from the table."""
    ranks = [1 + sum(value > r["net_promoter"] for value in r.values()) for r, _n in firm_rows()]
    hits, industries = sum(rank <= 2 for rank in ranks), len(ranks)
    figures = claim.figure("best or second"), claim.figure("industries")
    same = all(
        matches(found, figure) == "reproduced"
        for found, figure in zip((hits, industries), figures, strict=True)
    )
    counted = Answer(
        "reproduced" if same else "contradicted", "rounding",
        f"By its correlation with revenue change NPS is number {', '.join(map(str, ranks))} of "
        f"{len(firm_rows()[0][0])} metrics (ties count as the better): best or second in {hits} of {industries} "
        "industries. Ranks of so few firms are mostly chance.",
        estimate=hits, unit="industries", published=figures[0],
    )  # fmt: skip
    return in_part(counted, "how many firms three of the industries have, for a test of the differences")


def metrics_of_firms(_claim: Claim, _: Registry) -> Answer:
    """Where NPS stands among the metrics of firms, and how little so few firms can show."""
    ranks, gaps, least = [], [], []
    for r, n in firm_rows():
        ranks.append(1 + sum(value > r["net_promoter"] for value in r.values()))
        gaps.append(r["net_promoter"] - r["sat_mean"])
        least += [int(n)] if n else []
    many = len(firm_rows()[0][0])
    return Answer(
        "underdetermined", "range",
        f"Of {many} metrics in {len(ranks)} Norwegian industries NPS is number {', '.join(map(str, ranks))} by its "
        f"correlation with revenue change; NPS minus mean satisfaction is {min(gaps):+.2f} to {max(gaps):+.2f}. "
        f"Only two "
        f"numbers of firms are known ({' and '.join(map(str, least))}): too few for any order of the metrics.",
        low=min(gaps), high=max(gaps), unit="r",
        open="the coefficients of the study with their errors, for enough firms",
    )  # fmt: skip


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        intention_against_behaviour, goes_with_retention, strong_with_loyalty, usual_of_persons, growth_of_firms,
        varies_between_tables, satisfaction_pools, best_or_second, metrics_of_firms,
    )
}  # fmt: skip
