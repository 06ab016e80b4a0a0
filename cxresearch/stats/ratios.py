"""Whether statements of the kind "A is 1.8 times B" agree with one another, and what they imply together.

Each statement bounds one ratio, so on logarithms it bounds one difference; differences bound one another along every
path from one metric to another. The tightest bounds are shortest paths, and statements contradict one another exactly
where some path from a metric back to itself has negative length.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxresearch.stats.printed import rounding_interval

Array = NDArray[np.float64]

_SLACK = 1e-9  # of a logarithm: statements that touch agree


@dataclass(frozen=True, slots=True)
class Ratio:
    """A statement that metric `a` is between `low` and `high` times metric `b`.

    Attributes
    ----------
    a, b : str
        Names of what is compared.
    low, high : float
        Bounds, 0 <= low <= high; "a is better than b" is 1 to infinity.
    """

    a: str
    b: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise ValueError(f"a ratio needs two names; got {self.a!r} twice.")
        if not 0 <= self.low <= self.high or self.high == 0 or math.isinf(self.low):
            raise ValueError(f"bounds must be ordered and positive; got {self.low} to {self.high}.")

    @classmethod
    def printed(cls, a: str, b: str, ratio: float, unit: float = 0.1) -> Ratio:
        """State a ratio as printed: 1.8 in units of .1 is anything from 1.75 to 1.85."""
        low, high = rounding_interval(ratio, unit)
        return cls(a, b, max(low, 0.0), high)


def implied_ratios(statements: Sequence[Ratio]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return what statements about ratios imply for every pair of names.

    Parameters
    ----------
    statements : sequence of Ratio
        All of one quantity: a ratio of correlations and one of R² are different quantities.

    Returns
    -------
    dict
        (a, b) -> (low, high), in the order in which names occur first; 0 to infinity where nothing is implied.

    Raises
    ------
    ValueError
        If the statements contradict one another; `contradiction` says which.

    Examples
    --------
    CES 1.8 times CSAT and twice NPS: NPS is .85 to .95 of CSAT, the weaker of the two.

    >>> said = [Ratio.printed("CES", "CSAT", 1.8), Ratio.printed("CES", "NPS", 2.0)]
    >>> low, high = implied_ratios(said)["NPS", "CSAT"]
    >>> print(f"{low:.2f} to {high:.2f}")
    0.85 to 0.95
    """
    names, bounds = _tightest(statements)
    if not _consistent(bounds):
        raise ValueError(
            "the statements contradict one another; `contradiction` names a smallest set that does."
        )
    return {
        (a, b): (math.exp(-bounds[j, i]), math.exp(bounds[i, j]))
        for (i, a), (j, b) in itertools.permutations(enumerate(names), 2)
    }


def contradiction(statements: Sequence[Ratio]) -> tuple[int, ...]:
    """Return the positions of statements that cannot all be true, none of which can be left out.

    Parameters
    ----------
    statements : sequence of Ratio
        All of one quantity.

    Returns
    -------
    tuple of int
        Empty where all can be true at once. Several smallest sets may exist; of these, one made of later statements.

    Examples
    --------
    >>> said = [Ratio.printed("CES", "CSAT", 1.8), Ratio.printed("CES", "NPS", 2.0), Ratio("NPS", "CSAT", 1, math.inf)]
    >>> contradiction(said), contradiction(said[:2])
    ((0, 1, 2), ())
    """
    kept = list(range(len(statements)))
    if _consistent(_tightest(statements)[1]):
        return ()
    for position in range(len(statements)):
        others = [other for other in kept if other != position]
        if not _consistent(_tightest([statements[other] for other in others])[1]):
            kept = others
    return tuple(kept)


def _tightest(statements: Sequence[Ratio]) -> tuple[list[str], Array]:
    """Return the names and the upper bounds of log(row) - log(column) along all paths (Floyd and Warshall)."""
    names = list(dict.fromkeys(name for each in statements for name in (each.a, each.b)))
    bounds = np.full((len(names), len(names)), np.inf)
    np.fill_diagonal(bounds, 0.0)
    for each in statements:
        a, b = names.index(each.a), names.index(each.b)
        bounds[a, b] = min(bounds[a, b], math.log(each.high))
        bounds[b, a] = min(bounds[b, a], -math.log(each.low) if each.low else math.inf)
    for via in range(len(names)):
        bounds = np.minimum(bounds, bounds[:, [via]] + bounds[[via], :])
    return names, bounds


def _consistent(bounds: Array) -> bool:
    return bool(np.all(np.diag(bounds) >= -_SLACK))
