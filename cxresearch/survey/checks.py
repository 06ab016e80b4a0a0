"""What can be wrong with answers, found from the distinct values of each column and reported all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cxresearch.errors import SurveyError
from cxresearch.survey.codebook import Codebook
from cxresearch.survey.frames import Frame


@dataclass(frozen=True)
class Problem:
    """Something about the answers that the codebook does not allow, or that a person should know.

    Attributes
    ----------
    column, question : str
        Where; either may be empty.
    kind : str
        Such as ``"out_of_scale"`` or ``"missing_code"``.
    message : str
        What was found and the way out.
    rows : int
        Rows concerned.
    values : mapping of str to int
        Values found and their row counts.
    severity : {"error", "warning"}
        Errors stop a read.
    """

    column: str
    question: str
    kind: str
    message: str
    rows: int = 0
    values: Mapping[str, int] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"


def inspect(frame: Frame, book: Codebook, missing: Sequence[str]) -> tuple[Problem, ...]:
    """Return every problem, errors first."""
    return tuple(Problem(c, "", "missing_column", f"no column {c!r}") for c in missing)


def report(problems: Sequence[Problem], source: str) -> SurveyError:
    """Return the error that lists the problems."""
    error = SurveyError("\n- ".join([source, *(p.message for p in problems)]))
    error.problems = tuple(problems)  # type: ignore[attr-defined]
    return error
