"""Checks by definition of rates, times and gaps: the printed formula against `cxresearch.kpi`, and its edges."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cxresearch import kpi
from cxresearch._claims_findings import Answer, Check, matches
from cxresearch._claims_schema import Claim, Registry
from cxresearch.survey.scales import Scale


def _defined(same: bool, sentence: str, estimate: float, unit: str) -> Answer:
    return Answer(
        "reproduced" if same else "contradicted", "definition", sentence, estimate=estimate, unit=unit
    )


def retention_rate(_claim: Claim, _: Registry) -> Answer:
    """Customers at the end less new ones, by customers at the start."""
    start, end, new = 200, 190, 30
    found, printed = kpi.retention_rate(start, end, new), 100 * (end - new) / start
    empty = kpi.retention_rate(0, 5, 5)
    yearly = kpi.compound_retention(found, 12).estimate
    return _defined(
        math.isclose(found.estimate, printed) and math.isnan(empty.estimate),
        f"({end} - {new}) / {start} is {printed:g} % by the printed formula and {found.estimate:g} % here; "
        "undefined for no "
        f"customers at the start; were it a month's rate, it would be {yearly:.1f} % a year.",
        found.estimate, "%",
    )  # fmt: skip


def complaint_rate(claim: Claim, _: Registry) -> Answer:
    """Complaints by 1,000 subscribers."""
    complaints, subscribers, per = 12, 4800, claim.figure("per")
    found, printed = (
        kpi.complaint_rate(complaints, subscribers, per=per.value),
        complaints / subscribers * per.value,
    )
    none = kpi.complaint_rate(0, subscribers, per=per.value)
    return _defined(
        math.isclose(found.estimate, printed),
        f"{complaints} of {subscribers:,} is {printed:g} per {per.value:,.0f} by the printed formula and "
        "here, with an interval of "
        f"{found.conf_low:.2f} to {found.conf_high:.2f}; no complaint at all still allows "
        f"{none.conf_high:.2f}.",
        found.estimate, f"per {per.value:,.0f}",
    )  # fmt: skip


def cost_growth(_claim: Claim, _: Registry) -> Answer:
    """Growth of the cost of complaints over the year before."""
    before, now = 40_000.0, 50_000.0
    found, printed = kpi.complaint_cost_growth(before, now), (now - before) * 100 / before
    undefined = kpi.complaint_cost_growth(0.0, now)
    return _defined(
        math.isclose(found.estimate, printed) and math.isnan(undefined.estimate),
        f"From {before:,.0f} to {now:,.0f} is {printed:g} % by the printed formula and here; undefined "
        "where nothing was spent "
        "the year before; two totals have no interval.",
        found.estimate, "%",
    )  # fmt: skip


def time_target(claim: Claim, _: Registry) -> Answer:
    """A time as a target: what is below it counts, what reaches it does not."""
    figure = claim.figures[0]
    target = figure.value
    share = kpi.first_response_time([target - 1, target], target).within.estimate
    others = sorted(seconds for seconds in kpi.TARGETS.values() if seconds != target)
    return _defined(
        share == 50 and target in kpi.TARGETS.values(),
        f"An answer after {target - 1:,.0f} s is within the target, one after {target:,.0f} s is not. The "
        "documents also name "
        f"{others[0]:,.0f} s: which is meant must stand beside the share.",
        target, "s",
    )  # fmt: skip


def servqual_gap(claim: Claim, _: Registry) -> Answer:
    """Perception less expectation on the five dimensions, at its extremes."""
    scale = Scale(1, int(claim.value("points of an item")))
    worst, best = ([[end, end], [end, end]] for end in (scale.low, scale.high))
    table = kpi.servqual(dict.fromkeys(kpi.RATER, worst), dict.fromkeys(kpi.RATER, best), scale=scale).table
    found = float(table.set_index("dimension")["estimate"]["all"])
    dimensions = claim.figure("dimensions")
    same = matches(len(kpi.RATER), dimensions) == "reproduced" and found == scale.low - scale.high
    return _defined(
        same,
        f"{len(kpi.RATER)} dimensions ({', '.join(kpi.RATER)}); from 1 where {scale.high:g} was expected "
        f"the gap is {found:g}, its "
        "lowest. A gap has no ratio and is less reliable than either answer.",
        found, "points",
    )  # fmt: skip


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (retention_rate, complaint_rate, cost_growth, time_target, servqual_gap)
}
