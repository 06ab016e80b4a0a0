"""The results of the claims question: scorecard, one claim, conflicts, claims on a survey."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxresearch._claims_findings import VERDICTS
from cxresearch._claims_schema import Claim
from cxresearch.results import Note, Result, legible, rounded

COLUMNS = (
    "claim", "kind", "verdict", "estimate", "conf_low", "conf_high", "low", "high", "unit", "n", "published", "printed",
    "sentence", "open", "rule", "code",
)  # fmt: skip
#: Where a claim comes from, as a sentence says it.
ORIGINS = {
    "documents": "the documents", "literature": "the literature", "our calculations": "our own calculations",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Scorecard(Result):
    """Every claim with its verdict, with what `Result` holds.

    Attributes
    ----------
    table : DataFrame
        A row per claim: ``claim document statement metrics kind verdict``, then the estimate, interval, printed
        figure and sentence of the kind of evidence that speaks for it: of the claim's kinds, which are listed with the
        most direct first, the first that decides (reproduced or contradicted), else the first that was computed.
    findings : DataFrame
        A row per claim and kind of evidence.
    counts : DataFrame
        Verdicts by origin of the claim: the five documents, the literature, our own calculations.
    """

    findings: pd.DataFrame
    counts: pd.DataFrame

    def _headline(self) -> str:
        rows = self.counts.to_dict("records")
        documents = [row for row in rows if row["origin"] == "documents"]
        return " ".join(map(_of_origin, documents or rows)) or "No claims."

    def _shown(self) -> pd.DataFrame:
        return self.table[["claim", "statement", "kind", "verdict", "sentence"]]

    def summary(self, digits: int = 3) -> str:  # noqa: ARG002 - sentences hold their own figures
        """Return the scorecard as text: every claim under its verdict. It prints nothing."""
        lines = [self._headline(), self.method, ""]
        for verdict in VERDICTS:
            rows = self.table[self.table["verdict"] == verdict]
            lines += [f"{verdict.upper()} ({len(rows)})"] * bool(len(rows))
            for row in rows.itertuples():
                lines += [f"  {row.claim}  {row.statement}", f"         by {row.kind}: {row.sentence}"]
        return "\n".join([*map(legible, lines), "", *_said(self.notes)])

    def __repr__(self) -> str:
        return self.summary()


@dataclass(frozen=True, eq=False)
class Shown(Result):
    """One claim taken apart, with what `Result` holds; `table` has a row per kind of evidence.

    Attributes
    ----------
    claim : Claim
        The claim.
    """

    claim: Claim

    def _headline(self) -> str:
        return f"{self.claim.id}: {self.claim.statement}"

    def _shown(self) -> pd.DataFrame:
        return self.table[
            ["kind", "verdict", "estimate", "conf_low", "conf_high", "low", "high", "unit", "printed"]
        ]

    def _extra(self) -> dict[str, Any]:
        return {"claim": described(self.claim)}

    def summary(self, digits: int = 3) -> str:
        """Return the claim as text: source, figures, findings and links. It prints nothing."""
        lines = [self._headline(), self.question, self.method, ""]
        return "\n".join(
            [*map(legible, lines), rounded(self._shown(), digits).to_string(index=False), *_said(self.notes)]
        )

    def __repr__(self) -> str:
        return self.summary()


def described(claim: Claim) -> dict[str, Any]:
    """Return a claim as plain types; a figure that nobody saw in print has no value."""
    figures = [
        {"name": one.name, "kind": one.kind, "value": one.value if one.is_fact else None, "unit": one.unit, "n": one.n,
         "printed": one.shown(), "seen": one.seen}
        for one in claim.figures
    ]  # fmt: skip
    plain = (
        "id", "statement", "outcome", "effect", "sample", "population", "year", "source", "address", "document", "seen",
        "seen_note", "notes",
    )  # fmt: skip
    lists = {name: list(getattr(claim, name)) for name in ("metrics", "supports", "conflicts")}
    return {name: getattr(claim, name) for name in plain} | lists | {"figures": figures}


@dataclass(frozen=True, eq=False)
class Checked(Result):
    """Published claims on a survey of your own, with what `Result` holds.

    Attributes
    ----------
    table : DataFrame
        A row per claim and outcome: ``claim statement outcome verdict``, the estimate with its interval, what it
        depends on or what the survey lacks (``open``).
    """

    def _headline(self) -> str:
        counted = self.table.groupby("verdict")["claim"].nunique()
        listed = (
            ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if verdict in counted.index)
            or "none"
        )
        return f"Claims a customer survey could decide: {listed}."

    def _shown(self) -> pd.DataFrame:
        return self.table[
            ["claim", "statement", "outcome", "verdict", "estimate", "conf_low", "conf_high", "open"]
        ]

    def __repr__(self) -> str:
        return self.summary()


@dataclass(frozen=True, eq=False)
class Conflicts(Result):
    """Pairs of claims that cannot both hold, or that define one thing in two ways, with what `Result` holds.

    Attributes
    ----------
    table : DataFrame
        A row per pair and rule that shows the conflict: ``a b rule figure a_value b_value sentence``; a value that
        nobody has seen in print is NaN.
    """

    def _shown(self) -> pd.DataFrame:
        return self.table[["a", "b", "rule", "sentence"]]

    def summary(self, digits: int = 3) -> str:  # noqa: ARG002 - sentences hold their own figures
        """Return the conflicts as text: every pair under the rule that shows it. It prints nothing."""
        lines = [self.question, self.method, ""]
        for rule in dict.fromkeys(note.code for note in self.notes):
            rows = self.table[self.table["rule"] == rule]
            lines += [f"{rule.upper()} ({len(rows)})"] * bool(len(rows))
            lines += [f"  {row.a} / {row.b}  {row.sentence}" for row in rows.itertuples()]
        return "\n".join([*map(legible, lines), "", *_said(self.notes)])

    def __repr__(self) -> str:
        return self.summary()


def _of_origin(row: Mapping[Hashable, Any]) -> str:
    listed = ", ".join(f"{row[verdict]} {verdict}" for verdict in VERDICTS)
    many = f"{row['claims']} claims" if row["claims"] != 1 else "one claim"
    return f"Of the {many} of {ORIGINS[row['origin']]}: {listed}."


def _said(notes: Sequence[Note]) -> list[str]:
    return [("! " if note.changes_reading else "- ") + legible(note.text) for note in notes]
