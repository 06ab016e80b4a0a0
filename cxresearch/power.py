"""Plan a study: how many answers, and invitations, tell metrics, drivers or groups apart.

Before the survey, by formula:

=================  =================================================================================================
`contest`          which of two metrics predicts the outcome better: the test, the verdict, no practical difference
`auc`              the same for an outcome that happens or not
`correlation`      one correlation to within a margin
`drivers`          drivers in the right order of importance
`nps`              an NPS to within a margin; two groups, or the same customers twice
`share`, `mean`    the same for a share of the answers, and for their mean
=================  =================================================================================================

Each takes a `Fieldwork` (response rate, clusters, weights, size of the population) and returns a `Plan`. What no
formula covers, `simulate` counts in a world whose truth is known.
"""

from __future__ import annotations

from cxresearch._power_drivers import drivers
from cxresearch._power_metrics import auc, contest, correlation
from cxresearch._power_plan import Plan
from cxresearch._power_scores import mean, nps, share
from cxresearch._power_simulation import Simulation, simulate
from cxresearch.stats.fieldwork import Fieldwork

__all__ = [
    "Fieldwork",
    "Plan",
    "Simulation",
    "auc",
    "contest",
    "correlation",
    "drivers",
    "mean",
    "nps",
    "share",
    "simulate",
]
