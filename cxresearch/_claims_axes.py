"""Findings that share an axis, each beside the printed figure of the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from cxresearch._claims_schema import NOT_SEEN, Registry

#: Units in which answers of different claims share an axis, and the name of that axis.
SCALES: Mapping[str, str] = MappingProxyType({
    "r": "correlation (r)", "R2": "R²", "%": "per cent", "points": "points of the score or scale", "x": "times",
})  # fmt: skip
ON_SCALE = ("answer", "year")  # figures that name a place on a scale, not a size


def against_print(findings: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Choose the findings that share an axis with others, each with the printed figure of the same thing.

    Parameters
    ----------
    findings : DataFrame
        `Scorecard.findings`, or rows of its `table`.
    registry : Registry
        That the findings are of.

    Returns
    -------
    DataFrame
        By unit, then as in the registry; further columns: ``statement``; ``same_unit``, whether the printed figure
        belongs on the axis; ``beside``, the printed figure of the same thing, as text, empty where there is none.
        Where a range answers in another unit than the estimate, the estimate is NaN.

    Notes
    -----
    Formulas that only illustrate and simulations are left out: their numbers are of our making. A printed
    figure stands beside what was found only where the check holds the two against one another, in one unit.

    Examples
    --------
    >>> from cxresearch import claims
    >>> rows = claims.against_print(claims.scorecard(documents_only=True).findings, claims.load())
    >>> rows.loc[rows["claim"] == "S1-11", ["estimate", "published", "beside"]].values.tolist()
    [[42.5, 43.0, 'printed 43 %']]
    """
    number = findings[["estimate", "low"]].notna().any(axis=1)
    rows = findings[findings["code"].ne("") & findings["unit"].isin([*SCALES]) & number]
    rows = rows.assign(same_unit=[_same_unit(row, registry) for row in rows.itertuples()])
    illustrates = rows["kind"].eq("definition") & ~rows["same_unit"]
    rows = rows[~illustrates & rows["kind"].ne("simulation")]
    beside = [_printed(row) for row in rows.itertuples()]
    rows = rows.assign(statement=[registry[claim].statement for claim in rows["claim"]], beside=beside)
    outside = ~rows["estimate"].between(rows["low"], rows["high"])
    rows.loc[(rows["low"] < rows["high"]) & outside, ["estimate", "conf_low", "conf_high"]] = float("nan")
    order = {claim.id: place for place, claim in enumerate(registry)}
    keys = rows.assign(unit=rows["unit"].map([*SCALES].index), claim=rows["claim"].map(order))
    return rows.loc[keys.sort_values(["unit", "claim"], kind="stable").index]


def _same_unit(row: Any, registry: Registry) -> bool:
    """Whether the printed figure is a size in the unit of the finding, seen in print."""
    return any(
        one.is_fact and one.value == row.published and one.unit == row.unit and one.kind not in ON_SCALE
        for one in registry[row.claim].figures
    )


def _printed(row: Any) -> str:
    if row.same_unit:
        return f"printed {row.printed}"
    return "the printed figure was not seen" if row.printed == NOT_SEEN else ""
