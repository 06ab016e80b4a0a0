"""Every check by name, and what all evidence says of one claim."""

from __future__ import annotations

from collections.abc import Mapping

from cxresearch import (
    _claims_checks_arithmetic,
    _claims_checks_coverage,
    _claims_checks_definition,
    _claims_checks_kpi,
    _claims_checks_matrices,
    _claims_checks_open,
    _claims_checks_pooled,
    _claims_checks_proxies,
    _claims_checks_published,
    _claims_checks_reports,
    _claims_checks_rows,
    _claims_checks_tails,
    _claims_checks_worlds,
)
from cxresearch._claims_findings import DECIDED, NOT_COMPUTED, Check, Finding, missing, unchecked
from cxresearch._claims_schema import SURVEY_CHECKS, Claim, Evidence, Registry
from cxresearch._datafiles import find as find_data
from cxresearch.errors import ClaimError, DataUnavailableError

__all__ = ["CHECKS", "SURVEY_CHECKS", "divided", "find", "leading"]

#: Checks of the print, by the name that the registry gives them.
CHECKS: Mapping[str, Check] = {
    **_claims_checks_definition.CHECKS,
    **_claims_checks_kpi.CHECKS,
    **_claims_checks_arithmetic.CHECKS,
    **_claims_checks_tails.CHECKS,
    **_claims_checks_published.CHECKS,
    **_claims_checks_open.CHECKS,
    **_claims_checks_rows.CHECKS,
    **_claims_checks_proxies.CHECKS,
    **_claims_checks_matrices.CHECKS,
    **_claims_checks_pooled.CHECKS,
    **_claims_checks_reports.CHECKS,
    **_claims_checks_coverage.CHECKS,
    **_claims_checks_worlds.CHECKS,
}


def find(claim: Claim, registry: Registry) -> tuple[Finding, ...]:
    """Return the finding of every kind of evidence on a claim but the user's own survey.

    Raises
    ------
    ClaimError
        If a check cannot run on the claim, for lack of a figure or of a claim it reads, or by their values.
    """
    return tuple(_find(claim, one, registry) for one in claim.evidence if one.kind != "own survey")


def leading(findings: tuple[Finding, ...]) -> Finding:
    """Return the finding that speaks for the claim; nothing is averaged over kinds.

    The registry lists the kinds of evidence with the most direct first. The first that decides (reproduced or
    contradicted) speaks; where none does, the first that was computed; then one still to be checked, for lack of its
    data; a simulation only where there is nothing else.
    """
    verdicts = [one.answer.verdict for one in findings]
    decided = [one for one, said in zip(findings, verdicts, strict=True) if said in DECIDED]
    computed = [one for one, said in zip(findings, verdicts, strict=True) if said not in NOT_COMPUTED]
    real = [one for one in computed if one.kind != "simulation"]
    waiting = [one for one, said in zip(findings, verdicts, strict=True) if said == "not yet checked"]
    return [*decided, *real, *waiting, *computed, *findings][0]


def divided(findings: tuple[Finding, ...]) -> bool:
    """Whether one kind of evidence reproduces a claim that another contradicts."""
    return {*DECIDED} <= {one.answer.verdict for one in findings}


def _find(claim: Claim, evidence: Evidence, registry: Registry) -> Finding:
    if evidence.missing:
        return Finding(claim.id, evidence.kind, "", missing(evidence.missing))
    absent = [name for name in evidence.needs if find_data(name) is None]
    if not evidence.check or absent:
        return Finding(claim.id, evidence.kind, "", unchecked(evidence.needs))
    check = CHECKS[evidence.check]
    try:
        answer = check(claim, registry)
        return Finding(claim.id, evidence.kind, f"{check.__module__}.{check.__qualname__}", answer)
    except DataUnavailableError:
        raise  # of the data, which the message names, not of the registry
    except (LookupError, ValueError, ArithmeticError, StopIteration) as error:
        raise ClaimError(
            f"{claim.id}, check {evidence.check!r} of kind {evidence.kind!r}: it cannot run on this claim, "
            f"{_reason(error)}. Give the registry what the check reads, or leave the check out."
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"not found: {error.args[0]}"
    return str(error).rstrip(".") or "nothing to read"
