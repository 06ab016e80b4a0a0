"""Checks by arithmetic on extremes: what two rates, two multiples or r, p and n printed together imply."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

from scipy.optimize import brentq

from cxresearch._claims_checks_arithmetic import EXAMPLE, all_match
from cxresearch._claims_findings import Answer, Check, matches
from cxresearch._claims_published import table
from cxresearch._claims_schema import Claim, Figure, Registry
from cxresearch.stats.accuracy_claims import answers_needed
from cxresearch.stats.fisher import fisher_interval
from cxresearch.stats.printed import fitting_sizes
from cxresearch.stats.tails import implied_correlation, tail_rates, tail_share

SPLITS = {
    "halves": 1 / 2,
    "thirds": 1 / 3,
    "fifths": 1 / 5,
    "tenths": 1 / 10,
    "twentieths": 1 / 20,
    "fiftieths": 1 / 50,
}
USUAL = "L-044"  # a correlation of two answers of one survey, as effort with an intention is
KEINING = "keiningham2008_revenue_change.csv"
RARE = "groups of less than one customer in a million"


@cache
def _implied(low: float, high: float, split: str) -> float:
    return implied_correlation(low, high, SPLITS[split]).r


def _pair(one: Figure, two: Figure, registry: Registry) -> Answer:
    """The correlation behind two tail rates, by how the groups may have been cut."""
    low, high = sorted((one, two), key=lambda figure: figure.value)
    rates = low.value / 100, high.value / 100
    shown = ("halves", "thirds", "tenths", "fiftieths")
    implied = {name: _implied(*rates, name) for name in shown}
    usual = registry[USUAL].figure("satisfaction, intent")
    size = tail_share(*rates, usual.value)
    difference, odds = rates[1] - rates[0], rates[1] * (1 - rates[0]) / (rates[0] * (1 - rates[1]))
    listed = ", ".join(f"{implied[name]:.2f} if {name}" for name in shown)
    return Answer(
        "underdetermined", "range",
        f"{high.shown()} against {low.shown()} ({100 * difference:.0f} points, odds ratio {odds:,.3g}) "
        "needs a latent "
        f"correlation of {listed} were compared; with {usual.value:.2f}, the average of satisfaction with repurchase "
        f"intention in {USUAL}, {_how_extreme(size)}.",
        low=implied["fiftieths"], high=implied["halves"], unit="r", published=high,
        open="how the groups were cut, and how many customers each holds",
    )  # fmt: skip


def _how_extreme(share: float) -> str:
    """What groups two rates need, from `tail_share`."""
    if math.isnan(share):
        return "halves would already differ more than that"
    return f"it would take {f'the outer {100 * share:.2g} %' if share >= 1e-6 else RARE}"


def implied_correlation_of_effort(claim: Claim, registry: Registry) -> Answer:
    """High and low effort against what customers say they will do."""
    pair = [figure for figure in claim.figures if figure.name.endswith(("high effort", "low effort"))]
    return _pair(pair[0], pair[1], registry)


def implied_correlation_ill(claim: Claim, registry: Registry) -> Answer:
    """High and low effort against speaking ill."""
    names = "high effort, speak ill", "low effort, speak ill"
    high, low = (claim.figure(name) for name in names)
    return _pair(high, low, registry)


def implied_correlations(claim: Claim, registry: Registry) -> Answer:
    """Our own figures on S4-04 and S4-07, recomputed."""
    found: dict[str, float] = {}
    for source, label in (("S4-04", "96 and 9"), ("S4-07", "94 and 4")):
        low, high = sorted(registry[source].value(name) / 100 for name in ("high effort", "low effort"))
        found |= {f"{label}, {split}": _implied(low, high, split) for split in SPLITS}
    return all_match(claim, found, "96 and 9, thirds")


def implied_correlation_of_a_net_gap(claim: Claim, registry: Registry) -> Answer:
    """The correlation behind a gap in NPS between two effort groups, for the one printed distribution."""
    figure, example = claim.figure("low effort above high effort"), registry[EXAMPLE]
    promoters, not_detractors = example.value("promoters") / 100, 1 - example.value("detractors") / 100

    def gap(r: float, share: float) -> float:
        ends = [tail_rates(r, base, share) for base in (promoters, not_detractors)]
        return 100 * sum(float(top - bottom) for bottom, top in ends)

    chosen = {name: SPLITS[name] for name in ("halves", "thirds", "tenths")}
    found = {
        name: brentq(lambda r, share=share: gap(r, share) - figure.value, 0.0, 0.9999)
        for name, share in chosen.items()
    }
    listed = ", ".join(f"{r:.2f} if {name}" for name, r in found.items())
    return Answer(
        "underdetermined", "range",
        f"If {100 * promoters:.0f} % of all customers are promoters and {100 * (1 - not_detractors):.0f} % detractors "
        f"(the example of {EXAMPLE}), a gap of {figure.shown()} in NPS needs a latent correlation of effort with "
        f"recommendation of {listed} were compared.",
        low=min(found.values()), high=max(found.values()), unit="r", published=figure,
        open="whether customers or firms were compared, and how the groups were cut",
    )  # fmt: skip


def accuracy_units(claim: Claim, registry: Registry) -> Answer:
    """What "x times as accurate" would be in each unit it could mean, and how many answers would see it."""
    figure, base = (
        claim.figure("effort over satisfaction"),
        registry["L-008"].figure("satisfaction to loyalty"),
    )
    between = registry["R-13"].value("between the metrics")
    as_r2, as_r = base.value * figure.value, base.value * figure.value**2
    n_r2, n_r = (_needed(r2 / base.value, base.value, between) for r2 in (as_r2, as_r))
    return Answer(
        "underdetermined", "range",
        f"From the R² of {base.shown()} for satisfaction that a page reports of a book of 2013 (L-008), "
        f"{figure.value:g} "
        "times is an R² of "
        f"{as_r2:.3f} if R² is meant and {as_r:.3f} if r is. At a correlation of {between:g} between the "
        "two metrics, seeing it "
        f"takes about {n_r2:,.0f} or {n_r:,.0f} answers.",
        low=as_r2, high=as_r, unit="R2", published=figure,
        open="the unit of 'accurate', the outcome, the answers, and both coefficients",
    )  # fmt: skip


def _needed(ratio: float, base: float, between: float) -> float:
    """Answers at which a metric with `ratio` times the R² of another is seen to predict better."""
    return answers_needed(math.sqrt(ratio * base), math.sqrt(base), between)


def answers_for_ratios(claim: Claim, _: Registry) -> Answer:
    """Our own figures on the size of study, recomputed."""
    base, between = claim.value("base"), claim.value("between the metrics")
    found = {f"answers for {ratio:.2f}": _needed(ratio, base, between) for ratio in (1.12, 1.40, 1.80)}
    return all_match(claim, found, "answers for 1.40")


def _printed_pairs(industry: str) -> tuple[Sequence[float], Sequence[float]]:
    rows = {row["row"]: row for row in table(KEINING).rows if row["industry"] == industry}
    metrics = [key for key in rows["r"] if key not in ("industry", "period", "n_implied", "row")]
    return [float(rows["r"][key]) for key in metrics], [float(rows["p"][key]) for key in metrics]


#: Figures of L-026 in the table: industry, and row.
PRINTED = {
    "banking": ("banking", "r"), "banking, p": ("banking", "p"), "gasoline": ("retail_gasoline", "r"),
    "gasoline, p": ("retail_gasoline", "p"), "furnishings": ("retail_home_furnishings", "r"),
    "security": ("security_systems", "r"), "transport": ("transportation", "r"),
}  # fmt: skip


def p_and_r_and_n(claim: Claim, _: Registry) -> Answer:
    """The number of firms at which the printed correlations have their printed p-values."""
    sizes = {name: fitting_sizes(*_printed_pairs(name)) for name in ("banking", "retail_gasoline")}
    fit = {name: size.low for name, size in sizes.items() if size.exist and size.low == size.high}
    cells = {(row["industry"], row["row"]): float(row["net_promoter"]) for row in table(KEINING).rows}
    r = cells[PRINTED["banking"]]
    low, high = (float(end) for end in fisher_interval(r, fit["banking"]))
    listed = " and ".join(f"{n:.0f} ({name.replace('_', ' ')})" for name, n in fit.items())
    ours = claim.id.startswith("R-")
    found = _firms_and_intervals(cells, fit) if ours else {name: cells[at] for name, at in PRINTED.items()}
    wrong = [name for name, value in found.items() if matches(value, claim.figure(name)) != "reproduced"]
    agrees = len(fit) == len(sizes) and not wrong
    denied = f" The table has other figures for {', '.join(wrong)}." if wrong else ""
    estimate, unit, figure = (
        (fit["banking"] if ours else r),
        ("firms" if ours else "r"),
        claim.figure("banking"),
    )
    return Answer(
        "reproduced" if agrees else "contradicted", "rounding",
        f"All printed pairs of r and p agree for one number of firms only: {listed}. The correlation of {r:.2f} in "
        f"banking has an interval of {low:.2f} to {high:.2f}."
        f"{denied}",
        estimate=estimate, conf_low=math.nan if ours else low, conf_high=math.nan if ours else high, unit=unit,
        published=figure, n=int(fit["banking"]),
    )  # fmt: skip


def _firms_and_intervals(
    cells: Mapping[tuple[str, str], float], fit: Mapping[str, float]
) -> dict[str, float]:
    """Our own figures on the table: the firms in two industries, and the ends of two intervals."""
    found = {"banking": fit["banking"], "gasoline": fit["retail_gasoline"]}
    low, high = fisher_interval(cells["banking", "r"], fit["banking"])
    highest = max(_printed_pairs("retail_gasoline")[0])
    lowest_end, highest_end = fisher_interval(highest, fit["retail_gasoline"])
    ends = {
        "banking, low": low,
        "banking, high": high,
        "gasoline, low": lowest_end,
        "gasoline, high": highest_end,
    }
    return found | {name: float(end) for name, end in ends.items()}


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        implied_correlation_of_effort, implied_correlation_ill, implied_correlations, implied_correlation_of_a_net_gap,
        accuracy_units, answers_for_ratios, p_and_r_and_n,
    )
}  # fmt: skip
