"""Doubts about the studies that were pooled: whether small ones say something else, and whether one decides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cxresearch.stats.pooling import Moderated, Pooled, check_lengths, check_variances, moderate, pool


def egger(effects: ArrayLike, variances: ArrayLike, *, conf_level: float = 0.95) -> Moderated:
    """Test whether effects of small studies differ from those of large ones: an asymmetric funnel.

    Parameters
    ----------
    effects, variances : array_like (k,)
        As for `cxresearch.stats.pooling.pool`; at least three studies of different size.
    conf_level : float
        Nominal level.

    Returns
    -------
    Moderated
        By the standard error: first the effect that a study without error would have, then the change per unit of
        standard error. The second p-value is Egger's test.

    Raises
    ------
    ValueError
        As `cxresearch.stats.pooling.moderate`.

    Notes
    -----
    An asymmetric funnel may be unpublished studies, or small studies that were of other customers. With fewer than
    ten studies the test sees little; use it on Fisher z, since the error of a correlation depends on its size.

    References
    ----------
    Egger, Davey Smith, Schneider & Minder (1997), *BMJ* 315, 629-634: least squares weighted by 1 / variance, errors
    by the residuals' own scatter (Hartung-Knapp's at tau² = 0).

    Examples
    --------
    >>> found = egger([0.20, 0.28, 0.36, 0.45, 0.60], [0.001, 0.004, 0.010, 0.020, 0.040])
    >>> print(f"{found.estimate[0]:.2f} without error, p = {found.p_value[1]:.3f}")
    0.13 without error, p = 0.000
    """
    v = np.asarray(variances, float)
    check_lengths({"effects": np.asarray(effects, float), "variances": v})
    check_variances(v)
    return moderate(effects, v, np.sqrt(v), method="fixed", test="hk", conf_level=conf_level)


def leave_one_out(
    effects: ArrayLike,
    variances: ArrayLike | None,
    *,
    method: str = "reml",
    test: str = "hk",
    conf_level: float = 0.95,
) -> tuple[Pooled, ...]:
    """Pool again without each study in turn.

    Parameters
    ----------
    effects, variances, method, test, conf_level
        As for `cxresearch.stats.pooling.pool`; at least three studies.

    Returns
    -------
    tuple of Pooled
        In the order of the studies left out.

    Raises
    ------
    ValueError
        As `cxresearch.stats.pooling.pool`, and for fewer than three studies.

    Notes
    -----
    It shows one study that decides, not two that agree with each other against the rest.

    Examples
    --------
    >>> found = leave_one_out([0.10, 0.30, 0.35, 0.95], [0.01, 0.02, 0.01, 0.01])
    >>> [round(each.estimate, 2) for each in found]
    [0.54, 0.47, 0.45, 0.24]
    """
    y = np.asarray(effects, float)
    v = None if variances is None else np.asarray(variances, float)
    check_lengths({"effects": y} | ({} if v is None else {"variances": v}))
    if y.size < 3:
        raise ValueError(f"leaving one out needs at least 3 studies; got {y.size}.")
    return tuple(
        pool(
            np.delete(y, i),
            None if v is None else np.delete(v, i),
            method=method,
            test=test,
            conf_level=conf_level,
        )
        for i in range(y.size)
    )
