"""Every check by name, and what all evidence says of one claim."""

from __future__ import annotations

from collections.abc import Mapping

from cxresearch import (
    _claims_checks_arithmetic,
    _claims_checks_definition,
    _claims_checks_kpi,
    _claims_checks_open,
    _claims_checks_published,
    _claims_checks_tails,
)
from cxresearch._claims_findings import Check, Finding, missing, unchecked
from cxresearch._claims_schema import Claim, Evidence, Registry
from cxresearch._datafiles import find as find_data

#: Checks of the print, by the name that the registry gives them.
CHECKS: Mapping[str, Check] = {
    **_claims_checks_definition.CHECKS,
    **_claims_checks_kpi.CHECKS,
    **_claims_checks_arithmetic.CHECKS,
    **_claims_checks_tails.CHECKS,
    **_claims_checks_published.CHECKS,
    **_claims_checks_open.CHECKS,
}
#: Names of the checks of the user's own survey; run by `cxresearch.claims.check` only.
SURVEY_CHECKS = ("leads_in_survey", "adds_in_survey", "predicts_in_survey")


def find(claim: Claim, registry: Registry) -> tuple[Finding, ...]:
    """Return the finding of every kind of evidence on a claim but the user's own survey."""
    return tuple(_find(claim, one, registry) for one in claim.evidence if one.kind != "own survey")


def leading(findings: tuple[Finding, ...]) -> Finding:
    """Return the finding that speaks for the claim: the first that was computed, else one still to be checked.

    The registry lists the kinds of evidence with the most direct first; nothing is averaged over kinds.
    """
    computed = [one for one in findings if one.answer.verdict not in ("not testable", "not yet checked")]
    waiting = [one for one in findings if one.answer.verdict == "not yet checked"]
    return [*computed, *waiting, *findings][0]


def _find(claim: Claim, evidence: Evidence, registry: Registry) -> Finding:
    if evidence.missing:
        return Finding(claim.id, evidence.kind, "", missing(evidence.missing))
    absent = [name for name in evidence.needs if find_data(name) is None]
    if not evidence.check or absent:
        return Finding(claim.id, evidence.kind, "", unchecked(evidence.needs))
    check = CHECKS[evidence.check]
    return Finding(
        claim.id, evidence.kind, f"{check.__module__}.{check.__qualname__}", check(claim, registry)
    )
