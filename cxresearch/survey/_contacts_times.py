"""Times of an event log as microseconds of UTC; what cannot be read is counted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxresearch.errors import SurveyError
from cxresearch.survey._contacts_entries import UNIX
from cxresearch.survey._csv import EMPTY_WORDS
from cxresearch.survey._text import rows, shown

Micros = npt.NDArray[np.int64]
NEVER = np.iinfo(np.int64).min  # where there is no time; it is NaT's own number
_OFFSET = r"[T ]\d{2}.*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$"
PLAUSIBLE = (631_152_000, 4_102_444_800)  # seconds since 1970: the years 1990 to 2100
_DATE = r"\d{4}([-/.]?)\d{2}\1\d{2}"
_AT_MIDNIGHT = r"[T ]00:00(?::00(?:\.0+)?)?$"


@dataclass(frozen=True, eq=False)
class Times:
    """Times of a column.

    Attributes
    ----------
    utc : int64 array
        Microseconds since 1970 in UTC; `NEVER` where there is none.
    missing, unreadable : bool array
        Rows without a time, and rows whose text is none.
    shifted : int
        Times that the change of clocks makes double (the earlier is taken) or skips (moved forward).
    """

    utc: Micros
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    shifted: int


def read_times(
    values: pd.Series, column: str, *, pattern: str, zone: str | None, missing: Collection[str] = ()
) -> Times:
    """Return the times of a column.

    Raises
    ------
    SurveyError
        If no time can be read, or if times name no zone and none is given.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        gone = values.isna().to_numpy()
        utc, shifted = _utc(values, column, zone)
        return _checked(Times(utc, gone, np.zeros(len(values), bool), shifted), values, column, pattern)
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        words = pd.to_numeric(pd.Series(list(missing), dtype=object), errors="coerce").dropna()
        return _from_numbers(values.mask(values.isin(words)), column, pattern)
    text = values.astype("str").str.strip()
    gone = (values.isna() | text.isin([*EMPTY_WORDS, *missing])).to_numpy()
    if pattern in UNIX:
        numbers = pd.to_numeric(text.mask(gone), errors="coerce")
        found = _from_numbers(numbers, column, pattern, gone)
    elif pattern == "iso":
        found = _from_iso(text, gone, column, zone)
    else:
        found = _localised(text, gone, column, pattern, zone)
    return _checked(found, text, column, pattern)


def read_days(values: pd.Series, times: Times, zone: str | None) -> tuple[Micros, npt.NDArray[np.bool_]]:
    """Return times with those that are dates alone at the end of their day, and which these are.

    A column in which every time is midnight holds dates: that is how frames and databases write them.
    """
    known = times.utc != NEVER
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        dated = known & bool((values.dropna() == values.dropna().dt.normalize()).all())
        days = values[dated]
    else:
        text = values.astype("str").str.strip()
        bare = text.str.replace(_AT_MIDNIGHT, "", regex=True)
        bare = bare if bare[known].str.fullmatch(_DATE).all() else text
        dated = known & bare.str.fullmatch(_DATE).to_numpy(dtype=bool)
        days = pd.to_datetime(bare[dated], format="ISO8601")
    utc = times.utc.copy()
    if dated.any():
        utc[dated] = _utc(days + pd.DateOffset(days=1), str(values.name), zone)[0] - 1
    return utc, dated


def _from_numbers(
    values: pd.Series, column: str, pattern: str, gone: npt.NDArray[np.bool_] | None = None
) -> Times:
    if pattern not in UNIX:
        raise SurveyError(
            f"column {shown(column)} holds numbers, not times. If they count seconds or milliseconds since 1970, "
            'say time_format = "unix" or "unix_ms" in [contacts].'
        )
    known = values.notna().to_numpy()
    _refuse_implausible(values[known], column, pattern)
    scale = UNIX[pattern]
    utc = np.full(len(values), NEVER)
    kept = values[known].to_numpy()
    utc[known] = kept.astype(np.int64) * scale if kept.dtype.kind in "iu" else np.round(kept * scale)
    gone = ~known if gone is None else gone
    return Times(utc, gone, ~known & ~gone, 0)


def _refuse_implausible(values: pd.Series, column: str, pattern: str) -> None:
    """Refuse numbers that are times of another age, with the unit in which they would not be."""

    def strange(unit: str) -> pd.Series:
        low, high = (second * 1_000_000 // UNIX[unit] for second in PLAUSIBLE)
        return ~values.between(low, high)

    wrong = strange(pattern)
    if not wrong.any():
        return
    found = values[wrong]
    fits = [unit for unit in UNIX if not strange(unit)[wrong].any()]
    hint = (
        f'They would lie there as time_format = "{fits[0]}".'
        if fits
        else "Name codes that mean that nothing is known as missing in [contacts]."
    )
    raise SurveyError(
        f"{rows(len(found))} of {len(values):,} with a time in column {shown(column)} lie outside the years 1990 to "
        f'2100 as time_format = "{pattern}", for example {shown(found.iloc[0].item())}. {hint}'
    )


def _from_iso(text: pd.Series, gone: npt.NDArray[np.bool_], column: str, zone: str | None) -> Times:
    """Read ISO 8601 text, whose offsets may differ from row to row and be absent in some."""
    aware = text.str.contains(_OFFSET, regex=True).to_numpy(dtype=bool) & ~gone
    if not aware.any():
        return _localised(text, gone, column, "ISO8601", zone)
    utc = np.full(len(text), NEVER)
    utc[aware] = _micros(pd.to_datetime(text[aware], format="ISO8601", utc=True, errors="coerce"))
    naive, shifted = ~aware & ~gone, 0
    if naive.any():
        part = _localised(text[naive], np.zeros(int(naive.sum()), bool), column, "ISO8601", zone)
        utc[naive], shifted = part.utc, part.shifted
    return Times(utc, gone, (utc == NEVER) & ~gone, shifted)


def _localised(
    text: pd.Series, gone: npt.NDArray[np.bool_], column: str, pattern: str, zone: str | None
) -> Times:
    parsed = pd.to_datetime(text.mask(gone), format=pattern, errors="coerce", utc="%z" in pattern)
    utc, shifted = _utc(parsed, column, zone)
    return Times(utc, gone, (utc == NEVER) & ~gone, shifted)


def _utc(values: pd.Series, column: str, zone: str | None) -> tuple[Micros, int]:
    """Return times in UTC; times without a zone are read in `zone`."""
    if values.dt.tz is not None:
        return _micros(values), 0
    if zone is None and values.notna().any():
        raise SurveyError(
            f"the times of column {shown(column)} name no time zone{_how_many(values)}. Say in which zone the clock "
            'was with zone = "Europe/Berlin", or zone = "UTC", in [contacts].'
        )
    if zone is None or zone == "UTC":
        return _micros(values), 0
    plain = values.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    utc = _micros(plain)
    odd = (plain.isna() & values.notna()).to_numpy()
    if odd.any():
        earlier = np.ones(int(odd.sum()), bool)
        utc[odd] = _micros(values[odd].dt.tz_localize(zone, ambiguous=earlier, nonexistent="shift_forward"))
    return utc, int(odd.sum())


def _how_many(values: pd.Series) -> str:
    known = int(values.notna().sum())
    return f" ({known:,} of them)" if known < len(values) else ""


def _micros(values: pd.Series) -> Micros:
    naive = values if values.dt.tz is None else values.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.array(naive.to_numpy().astype("datetime64[us]").view(np.int64))


def _checked(times: Times, values: pd.Series, column: str, pattern: str) -> Times:
    """Refuse a column without a single time."""
    if not len(times.utc) or (times.utc != NEVER).any():
        return times
    if times.missing.all():
        raise SurveyError(f"column {shown(column)} is empty: no event has a time.")
    example = values[times.unreadable].iloc[0]
    wanted = "ISO 8601 (2026-03-01 14:05)" if pattern == "iso" else shown(pattern)
    raise SurveyError(
        f"no time of column {shown(column)} can be read as {wanted}; it has, for example, {shown(str(example))}. "
        'Say how they are written with time_format = "%d/%m/%Y %H:%M" in [contacts].'
    )
