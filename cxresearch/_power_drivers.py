"""Plans about drivers: how many answers put them in the right order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxresearch._power_plan import (
    SIMPLE,
    Plan,
    Wanted,
    check_chance,
    check_planned,
    check_positive,
    make_plan,
)
from cxresearch.results import Note
from cxresearch.stats.fieldwork import Fieldwork
from cxresearch.stats.importance import shapley_r2
from cxresearch.stats.importance_gradient import numerical_gradient, shapley_gradient
from cxresearch.stats.relative_weights import standardised_coefficients
from cxresearch.stats.sample_size import larger_size_power, lead_power, moment_covariance, moment_error
from cxresearch.survey._text import shown

Array: TypeAlias = NDArray[np.float64]
Correlations: TypeAlias = pd.DataFrame | Mapping[str, Mapping[str, float]]

MEASURES = ("shapley_r2", "standardised")
WORDS = {"shapley_r2": "Shapley share of R²", "standardised": "size of the standardised coefficient"}
TOLERANCE = 1e-9  # of symmetry
LISTED = 6  # names told in a message

COUNTS = Note(
    "normal_drivers",
    "The formula takes drivers and outcome as jointly normal. Transfers and repeats are counts with many zeros: their "
    "correlations vary more from sample to sample, so take the number as the least, and set `rating_effect`.",
    changes_reading=True,
)


def drivers(
    correlations: Correlations,
    outcome: str,
    *,
    measure: Literal["shapley_r2", "standardised"] = "shapley_r2",
    n: int | None = None,
    power: float = 0.8,
    conf_level: float = 0.95,
    rating_effect: float = 1.0,
    fieldwork: Fieldwork = SIMPLE,
) -> Plan:
    """Plan how many answers put drivers in the right order.

    Parameters
    ----------
    correlations : DataFrame or mapping of mappings
        Guessed correlations of drivers and outcome: square, symmetric, ones on the diagonal, named.
    outcome : str
        Which of the names is the outcome; the others are drivers, two or more.
    measure : {"shapley_r2", "standardised"}
        Importance by which they are ordered: Shapley share of R² (LMG), or the size of the standardised coefficient.
    n, power, conf_level, rating_effect, fieldwork
        As for `cxresearch.power.contest`.

    Returns
    -------
    Plan
        A row for each driver and the next less important: the interval of the difference of their importances
        excludes 0.

    Raises
    ------
    ValueError
        If the correlations are incomplete, not symmetric or impossible, or an argument is not admissible.

    Notes
    -----
    With the gradient G of the difference by the moment matrix M the standard error is sqrt(2 tr(G M G M) / n)
    (delta method, Isserlis' moments of normal answers). For two drivers the difference of Shapley shares is
    r_a² - r_b², whatever the correlation of the drivers; that of coefficients is (r_a - r_b) / (1 - r_ab). The sign of
    a coefficient near 0 is chance, and its size has no derivative there: the power is summed over both signs.

    How it misleads: one pair at a time. That all pairs come out right at once is less likely than each, and an order
    of importances is no order of effects: the most important driver need not be the one to change.

    Examples
    --------
    >>> r = pd.DataFrame([[1, 0.3, 0.4], [0.3, 1, 0.3], [0.4, 0.3, 1]], *[["transfers", "waiting", "ces"]] * 2)
    >>> plan = drivers(r, "ces")
    >>> plan.table["quantity"].iloc[0], int(plan.table["n"].iloc[0])
    ('`transfers` above `waiting`', 916)
    """
    check_chance(power=power, conf_level=conf_level)
    check_planned(n, fieldwork)
    check_positive(rating_effect=rating_effect)
    if measure not in MEASURES:
        raise ValueError(f"`measure` must be one of {', '.join(map(repr, MEASURES))}; got {measure!r}.")
    names, matrix = _matrix(correlations, outcome)
    values, gradients = _importances(matrix, measure)
    order = sorted(range(len(names)), key=lambda i: -abs(values[i]))
    wanted = []
    for first, second in pairwise(order):
        pair = [first, second]
        reached = _shown_above(measure, values[pair], gradients[pair], matrix, (rating_effect, conf_level))
        wanted.append(Wanted(f"`{names[first]}` above `{names[second]}`", "power", power, reached))
    return make_plan(
        f"How many answers order {', '.join(f'`{name}`' for name in names)} as drivers of `{outcome}`?",
        f"{WORDS[measure][0].upper() + WORDS[measure][1:]}; normal {100 * conf_level:g} % interval of each "
        "difference, delta method.",
        wanted,
        fieldwork=fieldwork,
        conf_level=conf_level,
        n=n,
        guessed={
            "measure": measure,
            "importances": dict(zip(names, map(float, np.abs(values)), strict=True)),
            "rating_effect": rating_effect,
        },
        notes=[COUNTS],
    )


def _shown_above(
    measure: str, values: Array, gradients: Array, matrix: Array, terms: tuple[float, float]
) -> Callable[[float], float]:
    """Power by the number of answers, of two importances for the first."""
    first, second = map(float, values)
    rating_effect, conf_level = terms
    if measure == "standardised":
        covariance = moment_covariance(gradients, matrix) * rating_effect
        return lambda n: larger_size_power(first, second, covariance / n, conf_level=conf_level)
    error = moment_error(gradients[0] - gradients[1], matrix) * math.sqrt(rating_effect)
    return lambda n: (
        lead_power(first - second, error / math.sqrt(n), conf_level=conf_level) if error > 0 else 0.0
    )


def _importances(matrix: Array, measure: str) -> tuple[Array, Array]:
    """Shares, or coefficients with their signs (p,), and their derivatives (p, k, k) by the matrix."""
    if measure == "shapley_r2":
        return shapley_r2(matrix), shapley_gradient(matrix, [1] * (len(matrix) - 1))
    signed = standardised_coefficients  # smooth, where sizes have a kink at 0
    return signed(matrix), numerical_gradient(signed, matrix)


def _matrix(correlations: Correlations, outcome: str) -> tuple[list[str], Array]:
    """Names of the drivers, and the checked matrix with the outcome last."""
    columns = correlations.values() if isinstance(correlations, Mapping) else ()
    square = isinstance(correlations, pd.DataFrame | Mapping)
    if not square or not all(isinstance(one, Mapping | pd.Series) for one in columns):
        raise ValueError(
            "`correlations` must be a table with names on both sides, such as `frame.corr()` or {'a': {'a': 1, 'y': "
            f"0.4}}, ...}}; got {shown(correlations)}."
        )
    table = pd.DataFrame(correlations)
    table.index, table.columns = table.index.map(str), table.columns.map(str)
    rows, labels = list(table.index), list(table.columns)
    if set(rows) != set(labels):
        raise ValueError(
            "`correlations` must have the same names in rows and columns; it has "
            f"rows {_listed(rows)} and columns {_listed(labels)}. If these are answers, give a correlation matrix: "
            "`frame.corr()`."
        )
    if len(rows) != len(set(rows)) or len(labels) != len(set(labels)):
        raise ValueError(f"`correlations` must have each name once; it has {_listed(labels)}.")
    if outcome not in labels:
        raise ValueError(
            f"`outcome` must be one of the names in `correlations`, {_listed(labels)}; got {shown(outcome)}."
        )
    names = [name for name in labels if name != outcome]
    if len(names) < 2:
        raise ValueError(
            f"`correlations` must have two or more drivers beside {outcome}; it has {_listed(names)}."
        )
    return names, _checked(table.loc[[*names, outcome], [*names, outcome]])


def _checked(table: pd.DataFrame) -> Array:
    """The numbers of a square table that answers can have."""
    try:
        matrix = table.to_numpy(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`correlations` must be numbers: {error}.") from None
    for i, j in np.argwhere(~np.isfinite(matrix)):
        raise ValueError(
            f"`correlations` must be complete, each from -1 to 1; that of {table.index[i]} and {table.columns[j]} is "
            f"{matrix[i, j]:g}."
        )
    if not np.allclose(matrix, matrix.T, atol=TOLERANCE) or not np.allclose(
        np.diag(matrix), 1, atol=TOLERANCE
    ):
        raise ValueError("`correlations` must be symmetric with ones on the diagonal.")
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest <= TOLERANCE:
        raise ValueError(
            "`correlations`: no answers can have these correlations at once (the matrix is not positive definite: "
            f"smallest eigenvalue {smallest:.3g}). Were they guessed one by one, or rounded?"
        )
    return matrix


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many there are."""
    more = f", … ({len(names):,} in all)" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED]) or 'none'}{more}"
