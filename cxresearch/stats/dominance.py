"""Which predictor dominates which, and what they explain alone and in common, from the worth of every subset.

Input is the worth of each subset of p players, R² (`importance.subsets_r2`) or a pseudo-R² of refits: entry s is
the subset whose players are the bits of s. General dominance is `importance.shapley_values`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxresearch.stats._subsets import checked_worths, mean_gains, players_of

Array: TypeAlias = NDArray[np.float64]

TIE = 1e-12  # gains of R² that differ by less are equal


def conditional_dominance(worths: ArrayLike) -> Array:
    """Return each player's mean gain when it joins subsets of each size.

    Parameters
    ----------
    worths : array_like (..., 2^p)
        Worth of every subset, as from `importance.subsets_r2`.

    Returns
    -------
    array (..., p, p)
        Entry (j, k): mean gain of player j over the subsets of k others, k = 0 to p - 1. The first column is
        the worth alone, the last the gain on entering last, the mean of a row the general dominance.
        A player dominates another conditionally if its row is larger in every column.

    Raises
    ------
    ValueError
        If the number of worths is not a power of 2 of at least 2.

    Notes
    -----
    A row that rises with k marks a suppressor: it says more when others are known. In a sample, later columns
    also hold more chance.

    References
    ----------
    Azen & Budescu (2003), The dominance analysis approach for comparing predictors in multiple regression.
    *Psychol. Methods* 8, 129-148.

    Examples
    --------
    >>> conditional_dominance([0, 0.36, 0.16, 0.4]).round(2).tolist()
    [[0.36, 0.24], [0.16, 0.04]]
    """
    return mean_gains(checked_worths(worths))


def complete_dominance(worths: ArrayLike) -> Array:
    """Return the share of subsets of the others to which one player adds more than another would.

    Parameters
    ----------
    worths : array_like (..., 2^p)
        Worth of every subset, as from `importance.subsets_r2`. Time is that of p² 2^p comparisons: seconds from
        20 players.

    Returns
    -------
    array (..., p, p)
        Entry (i, j) from 0 to 1: over the 2^(p - 2) subsets without i and j, the share in which i adds more.
        Equal gains count half; (i, j) and (j, i) sum to 1. 1 is complete dominance of i over j. NaN on the
        diagonal, and where a worth is missing.

    Raises
    ------
    ValueError
        If the number of worths is not a power of 2 of at least 2.

    Notes
    -----
    A share of subsets is no probability: 0.9 says that few models contradict the order, not how surely it holds
    for other customers, nor by how much.

    References
    ----------
    Azen & Budescu (2003), The dominance analysis approach for comparing predictors in multiple regression.
    *Psychol. Methods* 8, 129-148.

    Examples
    --------
    >>> complete_dominance([0, 0.36, 0.16, 0.4]).tolist()
    [[nan, 1.0], [0.0, nan]]
    """
    values = checked_worths(worths)
    p = players_of(values)
    out = np.full((*values.shape[:-1], p, p), np.nan)
    for j in range(1, p):
        for i in range(j):
            bits = values.reshape(-1, 2 ** (p - 1 - j), 2, 2 ** (j - 1 - i), 2, 2**i)
            lead = (bits[:, :, 0, :, 1] - bits[:, :, 1, :, 0]).reshape(len(bits), -1)
            wins = ((lead > TIE).mean(axis=1) + (lead >= -TIE).mean(axis=1)) / 2
            wins = np.where(np.isnan(lead).any(axis=1), np.nan, wins)
            out[..., i, j] = wins.reshape(values.shape[:-1])
            out[..., j, i] = 1 - out[..., i, j]
    return out


def commonality(worths: ArrayLike) -> Array:
    """Return what each subset of the players explains in common and no other player does.

    Parameters
    ----------
    worths : array_like (..., 2^p)
        Worth of every subset, as from `importance.subsets_r2`.

    Returns
    -------
    array (..., 2^p)
        Entry s belongs to the players that are the bits of s: unique to it if one, common to them if more.
        Entry 0 is 0; all sum to the last worth less the first.

    Raises
    ------
    ValueError
        If the number of worths is not a power of 2 of at least 2.

    Notes
    -----
    Common parts can be negative (suppression): the picture of overlapping circles is then wrong. 2^p numbers
    are a table to look one up in, not one to read.

    References
    ----------
    Nimon & Oswald (2013), Understanding the results of multiple linear regression: beyond standardized regression
    coefficients. *Organ. Res. Methods* 16, 650-674.

    Examples
    --------
    >>> commonality([0, 0.36, 0.16, 0.4]).round(2).tolist()
    [0.0, 0.24, 0.04, 0.12]
    """
    values = checked_worths(worths)
    parts = values[..., -1:] - values[..., ::-1]  # what is lost without the players of the code
    for j in range(players_of(values)):
        bit = parts.reshape(-1, 2, 2**j)
        bit[:, 1] -= bit[:, 0]
    return np.asarray(parts)
