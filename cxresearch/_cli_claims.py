"""The verb `claims`: the scorecard, one claim, the conflicts, or the claims on a survey."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cxresearch.results import Result
    from cxresearch.survey.survey import Survey

ClaimId = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="Such as S4-04; without it: the scorecard.")
]
Conflicting = Annotated[bool, typer.Option("--conflicts", help="Claims that contradict one another.")]
OnlyDocuments = Annotated[bool, typer.Option("--documents", help="Only the claims of the five documents.")]
OwnData = Annotated[str | None, typer.Option("--data", help="A survey of your own: which claims hold in it.")]
OwnCodebook = Annotated[Path | None, typer.Option("--codebook", "-c", help="What the columns of DATA are.")]


def usage(
    claim: str | None, conflicts: bool, documents: bool, data: str | None, codebook: Path | None
) -> None:
    """Refuse what cannot be asked at once, and a claim that is not there, as usage."""
    if sum([claim is not None, conflicts, data is not None]) > 1:
        raise typer.BadParameter("ask for one claim, for --conflicts, or for --data: one at a time")
    if documents and (claim is not None or conflicts or data is not None):
        raise typer.BadParameter(
            "--documents is of the scorecard: leave out the claim, --conflicts and --data"
        )
    if (data is None) != (codebook is None):
        raise typer.BadParameter("--data and --codebook belong together")
    if claim is not None:
        from cxresearch.claims import load

        known = [one.id for one in load()]
        if claim not in known:
            raise typer.BadParameter(f"there is no claim {claim!r}; ids run from {known[0]} to {known[-1]}")


def asked(claim: str | None, conflicts: bool, documents: bool, survey: Survey | None) -> Result:
    """Return the result that was asked for."""
    from cxresearch import claims

    if survey is not None:
        return claims.check(survey)
    if conflicts:
        return claims.conflicts()
    return claims.scorecard(documents_only=documents) if claim is None else claims.show(claim)
