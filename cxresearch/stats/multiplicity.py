"""Adjusting p-values for the number of questions asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ADJUSTMENTS = ("holm", "bh", "none")


def adjusted_p_values(p_values: ArrayLike, method: str = "holm") -> NDArray[np.float64]:
    """Return p-values adjusted for how many there are.

    Parameters
    ----------
    p_values : float array (k,)
        p-values of one family of questions; NaN where there is none (not counted).
    method : {"holm", "bh", "none"}
        ``"holm"`` bounds the chance of any false finding, under any dependence; ``"bh"`` the expected share
        of false findings among the findings, under independence or positive dependence.

    Returns
    -------
    float array (k,)
        At most 1, in the order given.

    Raises
    ------
    ValueError
        For an unknown method.

    Notes
    -----
    What counts as one family is a choice, not a fact: adding a segment makes every p-value larger.
    Sources: Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Benjamini and Hochberg (1995), Journal
    of the Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> adjusted_p_values([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    if method not in ADJUSTMENTS:
        raise ValueError(f"`adjust` must be one of {', '.join(map(repr, ADJUSTMENTS))}; got {method!r}.")
    p = np.asarray(p_values, float)
    out = p.copy()
    known = np.flatnonzero(np.isfinite(p))
    if method == "none" or not len(known):
        return out
    order = known[np.argsort(p[known], kind="stable")]
    rank = np.arange(1, len(order) + 1)
    if method == "holm":
        stepped = np.maximum.accumulate(p[order] * (len(order) + 1 - rank))
    else:
        stepped = np.minimum.accumulate((p[order] * len(order) / rank)[::-1])[::-1]
    out[order] = np.minimum(stepped, 1.0)
    return out
