"""Checks by arithmetic on reports: what figures printed without their study still say, and what they leave open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.special import stdtrit

from cxresearch import kpi
from cxresearch._claims_checks_arithmetic import Z, in_part
from cxresearch._claims_findings import Answer, Check, matches
from cxresearch._claims_published import tables
from cxresearch._claims_schema import TRUSTED, Claim, Registry
from cxresearch.stats.granularity import grim
from cxresearch.stats.intervals import FULL
from cxresearch.stats.printed import nonresponse_bounds

SERVQUAL_ITEMS = "items"  # figure of the claim that says how many questions the scale has
VW = "S1-11"  # the one survey of the documents that prints how many were silent


def balance_of_words(claim: Claim, _: Registry) -> Answer:
    """From which share of bad contacts on more customers speak ill than well."""
    well, ill = (claim.figure(name) for name in ("good contact, speak well", "bad contact, speak ill"))
    ends = [
        FULL
        * (well.value + sign * well.half_unit)
        / (well.value + ill.value + sign * (well.half_unit - ill.half_unit))
        for sign in (-1, 1)
    ]
    even = FULL * well.value / (well.value + ill.value)
    return Answer(
        "underdetermined", "range",
        f"{well.shown()} after good contacts and {ill.shown()} after bad ones are shares of two groups: more speak ill "
        f"than well only where more than {even:.0f} % of the contacts are bad ({ends[0]:.1f} to {ends[1]:.1f} % by "
        "rounding).",
        estimate=even, low=ends[0], high=ends[1], unit="%",
        open="the share of contacts that were bad, and how many customers were asked",
    )  # fmt: skip


def contacts_by_issue(claim: Claim, _: Registry) -> Answer:
    """How many contacts an issue takes, from the share that takes more than one."""
    more = claim.figure("need more than one contact")
    least, steady = 1 + more.value / FULL, 1 / (1 - more.value / FULL)
    return Answer(
        "underdetermined", "range",
        f"{more.shown()} with more than one contact is {FULL - more.value:g} % resolved at the first, and at least "
        f"{least:.2f} contacts an issue; {steady:.2f} if every further contact fails as often.",
        low=least, high=steady, unit="contacts", published=more,
        open="how many customers were asked, and how many contacts the others needed",
    )  # fmt: skip


def first_printed(claim: Claim, registry: Registry) -> Answer:
    """Whether the earlier source prints one share only, and a later one both."""
    low, high = (claim.figure(f"{group}, repurchase") for group in ("low effort", "high effort"))
    [later] = [registry[name] for name in claim.conflicts]
    earlier = [
        one for name in later.supports for one in [registry[name]]
        if any(figure.name == low.name and figure.value == low.value for figure in one.figures)
    ]  # fmt: skip
    alone = [one for one in earlier if not any(figure.name == high.name for figure in one.figures)]
    both = {figure.value for figure in later.figures if figure.is_fact} >= {low.value, high.value}
    named = ", ".join(f"{one.id} ({one.year})" for one in alone) or "no claim"
    answer = Answer(
        "reproduced" if alone and both else "contradicted", "sources",
        f"{named} prints {low.shown()} for low effort and nothing for high effort; {later.id} prints {low.shown()} "
        f"beside {high.shown()}.",
        estimate=high.value, unit="%", published=high,
    )  # fmt: skip
    if all(one.seen == "yes" for one in alone):
        return answer
    said = f"{answer.sentence} Of the earlier article only pages that report it were seen: it may print more."
    return in_part(replace(answer, sentence=said), "the article itself, which was not seen")


def few_brands(claim: Claim, _: Registry) -> Answer:
    """The weakest correlation that so few brands could show, by what counts as one observation."""
    brands, years = (int(claim.value(name)) for name in ("brands", "years"))
    least = [_least_r(n) for n in (brands * years, brands)]
    return Answer(
        "underdetermined", "range",
        f"{brands} brands over {years} years: a correlation is more than chance from {least[0]:.2f} on if all "
        f"{brands * years} observations are independent, from {least[1]:.2f} on if the {brands} brands are. That one "
        "form of NPS shows it and another does not is no difference of the two.",
        low=least[0], high=least[1], unit="r", n=brands, published=claim.figure("brands"),
        open="the coefficients of both forms with their errors, and the difference of the two",
    )  # fmt: skip


def _least_r(n: int) -> float:
    """The smallest correlation that n observations put beyond chance, two-sided at 5 %."""
    edge = float(stdtrit(n - 2, 0.975))
    return edge / math.sqrt(n - 2 + edge**2)


def ratio_of_correlations(claim: Claim, registry: Registry) -> Answer:
    """What a ratio of two correlations leaves of either."""
    ratio, usual = (
        claim.figure("surveyed over unsurveyed"),
        registry["L-038"].figure("purchase intention, individuals"),
    )
    most = 1 / ratio.value
    return Answer(
        "underdetermined", "range",
        f"{ratio.shown()} holds for any correlation of the unsurveyed up to {most:.2f}; where the surveyed show "
        f"{usual.shown()}, as L-038 prints, it would be {usual.value * most:.2f}, a difference of "
        f"{usual.value * (1 - most):.2f}.",
        low=0, high=most, unit="r", published=ratio,
        open="the correlations of both groups with their sizes; purchases of customers who were never asked",
    )  # fmt: skip


def years_of_the_scale(claim: Claim, registry: Registry) -> Answer:
    """The years, items and dimensions of SERVQUAL against the other sources in the registry that were seen."""
    linked = [one for name in claim.supports for one in [registry[name]] if one.seen in TRUSTED]
    given: dict[str, dict[str, float]] = {figure.name: {} for figure in claim.figures}
    for one in linked:
        for figure in one.figures:
            if figure.name in given and figure.is_fact:
                given[figure.name][one.id] = figure.value
    given["dimensions"]["`kpi.servqual`"] = len(kpi.RATER)
    confirmed = [figure for figure in claim.figures if figure.value in given[figure.name].values()]
    other = [figure for figure in claim.figures if given[figure.name] and figure not in confirmed]
    silent = [figure.name for figure in claim.figures if not given[figure.name]]
    listed = "; ".join(f"{figure.shown()} in {', '.join(given[figure.name])}" for figure in confirmed)
    denied = f" Printed otherwise: {', '.join(figure.name for figure in other)}." if other else ""
    answer = Answer(
        "contradicted" if other else "reproduced", "sources",
        f"Of the figures here are found again: {listed or 'none'}.{denied}",
        estimate=len(kpi.RATER), unit="dimensions", published=claim.figure("dimensions"),
    )  # fmt: skip
    return in_part(answer, f"pages of 1985 to 1991 that print {', '.join(silent)}") if silent else answer


def groups_add_up(claim: Claim, _: Registry) -> Answer:
    """Whether the printed groups make the printed sample; the gap itself is not printed."""
    whole, parts = claim.figure("customers"), [claim.figure(name) for name in ("state", "private")]
    total = sum(figure.value for figure in parts)
    same = matches(total, whole) == "reproduced"
    return Answer(
        "underdetermined" if same else "contradicted", "part",
        f"{' and '.join(f'{figure.value:g}' for figure in parts)} are {total:g} patients, printed {whole.value:g}; "
        f"no gap "
        "and no spread is on the page seen.",
        estimate=total, unit="patients", published=whole, n=int(whole.value),
        open="the gaps of both groups with their spread",
    )  # fmt: skip


def sign_of_a_gap(claim: Claim, registry: Registry) -> Answer:
    """Whether a printed gap is below 0 whatever its spread, and whether it can be a mean at all."""
    figure, points = claim.figure("overall gap"), int(registry["S2-09"].value("points of an item"))
    n, items = figure.n or 0, int(registry["L-055"].value(SERVQUAL_ITEMS))
    reach = points - 1
    widest = math.sqrt((reach - figure.value) * (reach + figure.value))
    half = Z * widest / math.sqrt(n)
    one, many = (grim(-figure.value, n, unit=0.001, items=each).possible for each in (1, items))
    said = "cannot be" if not one else "can be"
    return Answer(
        "underdetermined", "range",
        f"A gap of {figure.value:g} from {n} students is below 0 even at the widest spread that {points}-point items "
        f"allow ({figure.value - half:.2f} to {figure.value + half:.2f}). It {said} the mean of one whole gap each, "
        f"and "
        f"{'can' if many else 'cannot'} be one of {items} items.",
        estimate=figure.value, conf_low=figure.value - half, conf_high=figure.value + half, unit="points",
        published=figure, n=n, open="the spread, and the points of the items",
    )  # fmt: skip


def households(claim: Claim, _: Registry) -> Answer:
    """How many households the share and the count imply, and how sure the share is."""
    count, share, money = (
        claim.figure(name) for name in ("households with a problem", "had a problem", "at stake")
    )
    n, p = share.n or 0, share.value / FULL
    half = FULL * Z * math.sqrt(p * (1 - p) / n)
    whole = count.value / p / 1e6
    before = claim.figure("had a problem in 1976")
    return Answer(
        "underdetermined", "range",
        f"{count.value / 1e6:g} million are {share.shown()} of {whole:.0f} million households; the sum is "
        f"{money.value / count.value:,.0f} USD for each. From about {n:,} answers the share is "
        f"{share.value - half:.1f} to "
        f"{share.value + half:.1f} %, above the {before.value:g} % of 1976 if the question was the same.",
        estimate=share.value, conf_low=share.value - half, conf_high=share.value + half, unit="%", published=share, n=n,
        open="the size and the question of the 1976 wave, and how the sum at stake was reckoned",
    )  # fmt: skip


def weights_of_three_items(claim: Claim, _: Registry) -> Answer:
    """What fitted weights can change in a score of three items, and what they change in real tables."""
    items = int(claim.value("items"))
    agree = {}
    for one in tables():
        places = one.roles.get("satisfaction_items", ())[:items]
        if len(places) == items:
            R = one.part([one.variables.index(name) for name in places])
            fitted = np.abs(np.linalg.eigh(R)[1][:, -1])
            both = R @ np.column_stack([np.ones(items), fitted])
            agree[one.title] = float(
                fitted @ both[:, 0] / math.sqrt(both[:, 0].sum() * (fitted @ both[:, 1]))
            )
    lowest = min(agree, key=agree.__getitem__)
    return Answer(
        "underdetermined", "range",
        f"One answer of 10 among {items - 1} of 1 scores {FULL / items:.0f} of 100 with equal weights, and anything "
        f"from 0 "
        f"to 100 by weights that are not printed. Among customers it matters little: equal and fitted weights (first "
        f"component) correlate {agree[lowest]:.4f} or more in {len(agree)} tables.",
        low=0, high=FULL, unit="points of 100", published=claim.figure("items"),
        open="the weights, and how they are fitted",
    )  # fmt: skip


def silent_customers(_claim: Claim, registry: Registry) -> Answer:
    """How much those who do not answer can move a score."""
    example = registry[VW]
    sent, answered = example.value("sent"), example.value("answered")
    score = registry["S1-01"].value("NPS")
    low, high = (float(end) for end in nonresponse_bounds(score, answered, sent, -FULL, FULL))
    silent = 1 - answered / sent
    return Answer(
        "depends", "reading",
        f"With {FULL * silent:.1f} % silent as in {VW}, an NPS of {score:g} among those who answer is {low:.1f} to "
        f"{high:.1f} among all asked: no bias if the silent would score alike, {silent * 10:.1f} points of it for "
        f"every "
        "10 points by which they would differ.",
        low=low, high=high, unit="points", n=int(answered), open="what the silent would have answered",
    )  # fmt: skip


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        balance_of_words, contacts_by_issue, first_printed, few_brands, ratio_of_correlations, years_of_the_scale,
        groups_add_up, sign_of_a_gap, households, weights_of_three_items, silent_customers,
    )
}  # fmt: skip
