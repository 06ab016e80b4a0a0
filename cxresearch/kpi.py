"""The measurement systems of the documents that are no single question: gaps, rates, times and rules.

NPS, CSAT, CES and VES are questions: give them an instrument in the codebook and use `cxresearch.score`. The others
are here, on plain numbers, each with its unit, what it was measured on, what was left out, and an interval where it is
a share, a rate, a mean or a median:

==================== ==========================================================================================
service quality      `servqual`, `servperf` on the `RATER` dimensions
customers            `retention_rate`, `compound_retention`, `repeat_revenue_share`, `cost_ratio`
who answers          `response_rate`, `nonresponse_range`
complaints           `complaint_rate`, `complaint_ratio`, `complaint_growth`, `complaint_cost_growth`
speed                `first_response_time` against `TARGETS`, `resolved_at_first`, `first_contact_resolution`
answers on a scale   `stars`, `percent_of_scale`, `engagement`, `ethics_stage` on the scale `ETHICS`
closed loop          `Trigger`, `call_back_hours`, `closed_loop`
==================== ==========================================================================================
"""

from __future__ import annotations

from cxresearch._kpi_answers import (
    ETHICS,
    Engagement,
    Stars,
    engagement,
    ethics_stage,
    percent_of_scale,
    stars,
)
from cxresearch._kpi_complaints import (
    complaint_cost_growth,
    complaint_growth,
    complaint_rate,
    complaint_ratio,
)
from cxresearch._kpi_customers import (
    Bounds,
    compound_retention,
    cost_ratio,
    nonresponse_range,
    repeat_revenue_share,
    response_rate,
    retention_rate,
)
from cxresearch._kpi_loop import ClosedLoop, Trigger, call_back_hours, closed_loop
from cxresearch._kpi_quality import RATER, Servperf, Servqual, servperf, servqual
from cxresearch._kpi_results import Indicator
from cxresearch._kpi_times import (
    TARGETS,
    ResponseTime,
    first_contact_resolution,
    first_response_time,
    resolved_at_first,
)

__all__ = [
    "ETHICS",
    "RATER",
    "TARGETS",
    "Bounds",
    "ClosedLoop",
    "Engagement",
    "Indicator",
    "ResponseTime",
    "Servperf",
    "Servqual",
    "Stars",
    "Trigger",
    "call_back_hours",
    "closed_loop",
    "complaint_cost_growth",
    "complaint_growth",
    "complaint_rate",
    "complaint_ratio",
    "compound_retention",
    "cost_ratio",
    "engagement",
    "ethics_stage",
    "first_contact_resolution",
    "first_response_time",
    "nonresponse_range",
    "percent_of_scale",
    "repeat_revenue_share",
    "resolved_at_first",
    "response_rate",
    "retention_rate",
    "servperf",
    "servqual",
    "stars",
]
