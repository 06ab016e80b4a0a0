"""Checks by arithmetic: whether the printed figures agree with one another, and what they leave open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from scipy.special import ndtr, ndtri

from cxresearch._claims_findings import Answer, Check, matches
from cxresearch._claims_schema import Claim, Figure, Registry
from cxresearch.stats.fisher import fisher_interval
from cxresearch.stats.intervals import FULL
from cxresearch.stats.printed import nonresponse_bounds
from cxresearch.stats.rates import phi_squared, shares_with_phi_squared

Z = float(ndtri(0.975))
EXAMPLE = "S1-01"


def other_base(claim: Claim, registry: Registry) -> Answer:
    """The same number is printed elsewhere as a share of something else."""
    mine = claim.figure("positive interactions")
    others = [
        (registry[name], figure)
        for name in claim.conflicts
        for figure in registry[name].figures
        if figure.is_fact and figure.value == mine.value
    ]
    listed = "; ".join(
        f"{'A page that reports the source of ' * (other.seen == 'second-hand')}{other.id} gives {figure.shown()} as "
        f"'{figure.name}'"
        for other, figure in others
    )
    return Answer(
        "underdetermined", "range",
        f"{listed or 'No other source prints it'}: a share of the good contacts, which is compatible with "
        "any share of good "
        "contacts among all.",
        low=0, high=FULL, unit="%", published=mine, open="how many of all contacts were good",
    )  # fmt: skip


def two_shares(claim: Claim, _: Registry) -> Answer:
    """Two shares without group sizes: every comparison they allow, and from which size on it is more than chance."""
    high, low = claim.figures[:2]
    p, q = high.value / FULL, low.value / FULL
    ratio, odds = p / q, p * (1 - q) / (q * (1 - p))
    ends = (
        (high.value - high.half_unit) / (low.value + low.half_unit),
        (high.value + high.half_unit) / (low.value - low.half_unit),
    )
    least = math.ceil(Z**2 * (p * (1 - p) + q * (1 - q)) / (p - q) ** 2)
    return Answer(
        "underdetermined", "range",
        f"{high.shown()} against {low.shown()} is {FULL * (p - q):.0f} points, a risk ratio of {ratio:.2f} "
        f"({ends[0]:.2f} to "
        f"{ends[1]:.2f} by rounding) and an odds ratio of {odds:.2f}; the interval of the difference "
        "excludes 0 from about "
        f"{least} customers in each group on.",
        estimate=ratio, low=ends[0], high=ends[1], unit="x", published=high, open="the size of each group",
    )  # fmt: skip


def growth_against_chance(claim: Claim, _: Registry) -> Answer:
    """How many cases a growth needs before it is more than the chance of counts."""
    figure = claim.figure("growth of complaints")
    ratio = 1 + figure.value / FULL
    least = math.ceil((1 + 1 / ratio) * (Z / math.log(ratio)) ** 2)
    return Answer(
        "underdetermined", "range",
        f"A growth of {figure.shown()} is more than the chance of counts only from {least} complaints in "
        "the first year on; "
        "no count, no number of customers and no measure of the service is printed.",
        estimate=least, unit="complaints", published=figure, open="the complaints and the customers of both years",
    )  # fmt: skip


def response_rate(claim: Claim, _: Registry) -> Answer:
    """The rate from its counts, and what the silent leave open."""
    sent, answered, figure = claim.value("sent"), claim.value("answered"), claim.figure("response rate")
    found = FULL * answered / sent
    low, high = nonresponse_bounds(0.0, answered, sent, -FULL, FULL)
    return Answer(
        matches(found, figure), "rounding",
        f"{answered:,.0f} of {sent:,.0f} is {found:.1f} %, printed {figure.shown()}; the {FULL - found:.1f} "
        "% who were silent "
        f"leave an NPS of all customers open by {float(high - low):.0f} points.",
        estimate=found, unit="%", published=figure, n=int(sent),
    )  # fmt: skip


def threshold_of_a_mean(claim: Claim, _: Registry) -> Answer:
    """How often a product that is good enough falls below a cut on its mean."""
    cut, best, worst = claim.value("kept from"), 5.0, 1.0
    true = cut + 0.1
    widest = math.sqrt((best - true) * (true - worst))
    risk = {n: FULL * float(ndtr((cut - true) / (widest / math.sqrt(n)))) for n in (10, 100, 1000)}
    listed = ", ".join(f"{chance:.1f} % with {n} reviews" for n, chance in risk.items())
    return Answer(
        "depends", "reading",
        f"A product whose true mean is {true:g} falls below {cut:g} by chance in up to {listed} (widest "
        "spread possible).",
        low=min(risk.values()), high=max(risk.values()), unit="%", published=claim.figure("kept from"),
        open="the number of reviews and their spread",
    )  # fmt: skip


def stars_from_zero_or_one(claim: Claim, _: Registry) -> Answer:
    """One mean of stars, read from 0 and from 1."""
    mean, best, n = claim.figure("mean"), claim.value("scale high"), claim.value("reviews")
    reached = [FULL * (mean.value - worst) / (best - worst) for worst in (0.0, 1.0)]
    half = Z * math.sqrt((best - mean.value) * mean.value / n)
    return Answer(
        "depends", "reading",
        f"A mean of {mean.value:g} is {reached[0]:.0f} % of the way if 0 stars can be given and "
        f"{reached[1]:.0f} % if 1 is the "
        f"least; with {n:,.0f} reviews its 95 % interval is at most ±{half:.2f}, so this matters more than "
        "chance.",
        low=min(reached), high=max(reached), unit="%", published=mean, n=int(n), open="whether 0 stars can be given",
    )  # fmt: skip


def gap_below_zero(claim: Claim, registry: Registry) -> Answer:
    """Printed gaps below zero show high expectations, not that less would have satisfied."""
    gaps = [
        (name, figure) for name in claim.supports for figure in registry[name].figures if figure.kind == "gap"
    ]
    listed = "; ".join(f"{name} prints {figure.value:g} points (n = {figure.n})" for name, figure in gaps)
    return Answer(
        "underdetermined", "range",
        f"Expectations exceed perceptions ({listed}), but no source prints whether the same customers were "
        "satisfied, nor the "
        "spread.",
        estimate=gaps[0][1].value, unit="points", n=gaps[0][1].n,
        open="the satisfaction of the customers whose expectations were not met",
    )  # fmt: skip


def quoted_multiples(claim: Claim, registry: Registry) -> Answer:
    """The multiples that different pages quote for the same thing."""
    of = (claim, *map(registry.__getitem__, claim.conflicts))
    found = sorted({figure.value for each in of for figure in each.figures if figure.kind == "ratio"})
    most = max((one for one in claim.figures if one.kind == "ratio"), key=lambda one: one.value)
    return Answer(
        "underdetermined", "range",
        f"Quoted multiples are {', '.join(f'{value:g}' for value in found)}: they differ by a factor of "
        f"{found[-1] / found[0]:g}, and no page prints the costs behind any.",
        low=found[0], high=found[-1], unit="x", published=most, open="the two costs, and of which firms",
    )  # fmt: skip


def revenue_at_risk(claim: Claim, registry: Registry) -> Answer:
    """The sum by household, and what the wave's size can show."""
    [other] = [registry[name] for name in claim.supports]
    sum_, households, share = (
        other.value(name) for name in ("at stake", "households with a problem", "had a problem")
    )
    n = other.figure("had a problem").n or 0
    half = FULL * Z * math.sqrt(share / FULL * (1 - share / FULL) / n)
    agrees = matches(sum_ / 1e9, Figure("at risk", "money", claim.value("at risk") / 1e9, "USD"))
    return Answer(
        "underdetermined" if agrees == "reproduced" else "contradicted", "range",
        f"The sum is printed by {other.id} too and is {sum_ / households:,.0f} USD for each household with "
        "a problem; "
        f"{share:g} % of about {n:,} has an interval of ±{half:.1f} points, and the size of the 1976 wave "
        "is not printed.",
        estimate=sum_ / households, unit="USD", published=claim.figure("at risk"), n=n,
        open="the counts of 1976, and which firms did not answer",
    )  # fmt: skip


def ratio_of_changes(claim: Claim, registry: Registry) -> Answer:
    """What a ratio of falls to rises says without the customers who did not change."""
    figure = claim.figure("more disloyal to more loyal")
    most = FULL * figure.value / (1 + figure.value)
    at_top = FULL * (1 - 1 / figure.value)
    seen = registry["L-043"].figure("top box")
    return Answer(
        "underdetermined", "range",
        f"{figure.value:g} to 1 is true of any share who become more disloyal up to {most:.0f} %. If falls "
        "and rises are equally "
        f"likely but {at_top:.0f} % are already at the top and cannot rise, the ratio is {figure.value:g} "
        "with no effect at all "
        f"({seen.shown()} gave the top answer in L-043).",
        low=0, high=most, unit="%", published=figure,
        open="how loyal customers were before, and how many did not change",
    )  # fmt: skip


def absolute_or_relative(claim: Claim, _: Registry) -> Answer:
    """A percentage that may be of points or of a base."""
    figure = next(figure for figure in claim.figures if figure.kind == "change")
    half, up_to = figure.value * 0.5, figure.bound == "at most"
    none = f" 'Up to {figure.value:g} %' is true of any smaller figure too, even of none." if up_to else ""
    return Answer(
        "underdetermined", "range",
        f"{figure.shown()} is {'up to ' * up_to}{figure.value:g} points if absolute; if relative it is {half:g} points "
        f"where the base is half and {figure.value * 0.9:.1f} where it is 90 %.{none}",
        low=0 if up_to else half, high=figure.value, unit="points", published=figure,
        open="the base, the number asked, and whether the figure is absolute or relative",
    )  # fmt: skip


def share_of_counts(claim: Claim, _: Registry) -> Answer:
    """A share from its counts, with its interval."""
    hits, n, figure = claim.value("gave 10 of 10"), claim.value("answered"), claim.figure("top box")
    p = hits / n
    middle, half = (p + Z**2 / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    low, high = (FULL * (middle + sign * half) / (1 + Z**2 / n) for sign in (-1, 1))
    return Answer(
        matches(FULL * p, figure), "rounding",
        f"{hits:,.0f} of {n:,.0f} is {FULL * p:.2f} %, printed {figure.shown()} (95 % interval {low:.1f} to "
        f"{high:.1f} %, Wilson).",
        estimate=FULL * p, conf_low=low, conf_high=high, unit="%", published=figure, n=int(n),
    )  # fmt: skip


def interval_of_correlations(claim: Claim, _: Registry) -> Answer:
    """How sure printed correlations are, where their n was printed."""
    known = [figure for figure in claim.figures if figure.kind == "correlation" and figure.n]
    ends = [tuple(float(end) for end in fisher_interval(figure.value, figure.n or 0)) for figure in known]
    listed = "; ".join(
        f"{figure.name} {figure.shown()} ({low:.2f} to {high:.2f}, n = {figure.n})"
        for figure, (low, high) in zip(known, ends, strict=True)
    )
    low, high = ends[0]
    return Answer(
        "underdetermined", "range",
        f"Intervals of the printed correlations: {listed}. Nothing else printed can be recomputed.",
        estimate=known[0].value, conf_low=low, conf_high=high, low=low, high=high, unit="r",
        published=known[0], n=known[0].n,
        open="the firms' figures, and the other coefficients with their n",
    )  # fmt: skip


def leave_by_satisfaction(claim: Claim, _: Registry) -> Answer:
    """The printed R² of satisfaction from the two printed shares, by how many are satisfied."""
    leave, leave_not = (
        claim.value("satisfied who leave") / FULL,
        1 - claim.value("dissatisfied who stay") / FULL,
    )
    figure = claim.figure("satisfaction to loyalty")
    few, many = (FULL * share for share in shares_with_phi_squared(leave, leave_not, figure.value))
    at_half, ratio = float(phi_squared(leave, leave_not, 0.5)), leave_not / leave
    odds = leave_not * (1 - leave) / (leave * (1 - leave_not))
    return Answer(
        "depends", "reading",
        f"{FULL * leave:.0f} % of satisfied and {FULL * leave_not:.0f} % of dissatisfied customers leave: a "
        "risk ratio of "
        f"{ratio:.1f} and an odds ratio of {odds:.1f}. The printed R² of {figure.shown()} follows only if "
        f"{many:.0f} % or {few:.0f} % are satisfied; were it half, it would be {at_half:.2f}.",
        low=figure.value, high=at_half, unit="R2", published=figure,
        open="the share of satisfied customers",
    )  # fmt: skip


def satisfied_share_for_r2(claim: Claim, registry: Registry) -> Answer:
    """Our own figures on L-008, recomputed."""
    source = registry["L-008"]
    leave, leave_not = (
        source.value("satisfied who leave") / FULL,
        1 - source.value("dissatisfied who stay") / FULL,
    )
    found = {
        "risk ratio": leave_not / leave,
        "odds ratio": leave_not * (1 - leave) / (leave * (1 - leave_not)),
        **{
            f"phi squared, {s} % satisfied": float(phi_squared(leave, leave_not, s / 100))
            for s in (50, 70, 80, 90)
        },
    }
    return all_match(claim, found, "odds ratio")


def split_loss(claim: Claim, _: Registry) -> Answer:
    """The closed form for a split at the median of a normal variable."""
    kept = math.sqrt(2 / math.pi)
    found = all_match(claim, {"correlation kept": kept, "R2 kept": kept**2}, "correlation kept")
    return replace(
        found, rule="closed form",
        sentence=f"By the closed form a split at the median keeps {kept:.3f} of the correlation and {kept**2:.3f} of "
        "R²; the printed figures were not seen.",
    )  # fmt: skip


def all_match(claim: Claim, found: Mapping[str, float], main: str, told: str = "Recomputed") -> Answer:
    """Reproduced where every number found rounds to its figure."""
    verdicts = {name: matches(value, claim.figure(name)) for name, value in found.items()}
    wrong = [name for name, verdict in verdicts.items() if verdict != "reproduced"]
    listed = "; ".join(
        f"{name} {value:,.0f}"
        if value == round(value)
        else f"{name} {value:.{claim.figure(name).digits + 1}f}"
        for name, value in found.items()
    )
    said = f"; {', '.join(wrong)} printed otherwise" if wrong else ", as printed"
    figure = claim.figure(main)
    return Answer(
        "contradicted" if wrong else "reproduced", "rounding", f"{told}: {listed}{said if figure.is_fact else ''}.",
        estimate=found[main], unit=figure.unit, published=figure, n=figure.n,
    )  # fmt: skip


def in_part(answer: Answer, rest: str) -> Answer:
    """Return an answer that decides a part of its claim only: what is reproduced leaves the rest open."""
    verdict = "contradicted" if answer.verdict == "contradicted" else "underdetermined"
    return replace(answer, verdict=verdict, rule="part", open=rest)


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        other_base, two_shares, growth_against_chance, response_rate, threshold_of_a_mean, stars_from_zero_or_one,
        gap_below_zero, quoted_multiples, revenue_at_risk, ratio_of_changes, absolute_or_relative, share_of_counts,
        interval_of_correlations, leave_by_satisfaction, satisfied_share_for_r2, split_loss,
    )
}  # fmt: skip
