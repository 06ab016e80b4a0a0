"""The published tables in ``data/published``: correlation matrices with their source, n and what each variable is."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from cxresearch._datafiles import bundled
from cxresearch.errors import ClaimError

FOLDER = "published"


@dataclass(frozen=True, eq=False)
class Published:
    """One published table.

    Attributes
    ----------
    file, title, source, address, seen, unit : str
        Where it comes from, how far it was seen, what a row of its sample is (customers, firms).
    n : int
        Size of the sample; 0 where the page seen does not print it.
    roles : mapping of str to tuple of str
        Variables by what they measure: satisfaction, recommendation, choose_again, image, quality, price ...
    variables : tuple of str
        Columns of the matrix; empty where the table is not square.
    matrix : float array (k, k)
        Correlations; (0, 0) where the table is not square.
    mean, sd : float arrays (k,)
        NaN where not printed.
    rows : tuple of mapping
        The table as printed.
    """

    file: str
    title: str
    source: str
    address: str
    seen: str
    unit: str
    n: int
    roles: Mapping[str, tuple[str, ...]]
    variables: tuple[str, ...]
    matrix: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    rows: tuple[Mapping[str, str], ...]

    def has(self, *roles: str) -> bool:
        """Whether the table measures all of these."""
        return all(role in self.roles for role in roles)

    def r(self, a: str, b: str) -> float:
        """Return the correlation of the first variables of two roles."""
        i, j = (self.variables.index(self.roles[role][0]) for role in (a, b))
        return float(self.matrix[i, j])

    def places(self, *roles: str) -> list[int]:
        """Return the places of all variables of some roles."""
        return [self.variables.index(name) for role in roles for name in self.roles[role]]

    def part(self, places: Sequence[int]) -> NDArray[np.float64]:
        """Return the correlations of some variables among themselves."""
        return self.matrix[np.ix_(places, places)]


@cache
def tables() -> tuple[Published, ...]:
    """Return every table of the index.

    Raises
    ------
    ClaimError
        If a table does not fit the index, or is square but no correlation matrix.

    Examples
    --------
    >>> [table.title for table in tables() if table.has("ease")][0]
    'Users of mobile health services, ease and intention'
    """
    index = tomllib.loads(bundled(f"{FOLDER}/index.toml").read_text(encoding="utf-8"))
    return tuple(_table(entry) for entry in index["table"])


def table(file: str) -> Published:
    """Return the table of a file."""
    return next(one for one in tables() if one.file == file)


def _table(entry: Mapping[str, object]) -> Published:
    file = str(entry["file"])
    text = bundled(f"{FOLDER}/{file}").read_text(encoding="utf-8")
    rows = tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    square = rows[0].keys() >= {"variable", "mean", "sd"}
    names = tuple(row["variable"] for row in rows) if square else ()
    matrix = np.array([[float(row[name]) for name in names] for row in rows]) if square else np.empty((0, 0))
    if square and not (
        np.allclose(matrix, matrix.T) and np.allclose(np.diag(matrix), 1) and np.all(np.abs(matrix) <= 1)
    ):
        raise ClaimError(f"{file} is not a correlation matrix")
    given = entry.get("roles", {})
    roles = {role: tuple(names) for role, names in given.items()} if isinstance(given, dict) else {}
    unknown = sorted({name for each in roles.values() for name in each} - set(names))
    if unknown:
        raise ClaimError(f"{file} has no variable {', '.join(unknown)}")
    mean, sd = (
        np.array([float(row[key] or "nan") for row in rows] if square else []) for key in ("mean", "sd")
    )
    text_fields = {key: str(entry[key]) for key in ("file", "title", "source", "address", "seen", "unit")}
    return Published(
        **text_fields, n=int(str(entry["n"])), roles=MappingProxyType(roles), variables=names, matrix=matrix, mean=mean,
        sd=sd, rows=rows,
    )  # fmt: skip
