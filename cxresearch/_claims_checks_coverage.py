"""Checks by enumeration: how often an interval of NPS holds the true score, summed exactly over all samples."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from cxresearch._claims_checks_arithmetic import in_part
from cxresearch._claims_findings import Answer, Check, directed
from cxresearch._claims_schema import Claim, Registry
from cxresearch.stats.intervals import INTERVALS, Sample

Array = NDArray[np.float64]
VALUES = np.array([-100.0, 0.0, 100.0])  # what a detractor, a passive and a promoter count
SIZES = (10, 20, 50)
LEVEL = 0.95
#: Shares of detractors and promoters, in tenths; the rest is passive.
CUSTOMERS = np.array(
    [(d / 10, 1 - (d + p) / 10, p / 10) for d, p in product(range(1, 9), repeat=2) if d + p < 10]
)


def coverage(method: str, n: int) -> Array:
    """Return the share of samples of n whose 95 % interval holds the true NPS, for each of `CUSTOMERS`."""
    counts = np.array([(d, n - d - p, p) for d, p in product(range(n + 1), repeat=2) if d + p <= n], float)
    sizes = np.full(len(counts), float(n))
    low, high = INTERVALS["net"][method](
        Sample(counts / n, VALUES, sizes, ends=(VALUES[0], VALUES[-1])), LEVEL
    )
    ways = gammaln(n + 1) - gammaln(counts + 1).sum(axis=1)
    chances = np.exp(ways[:, None] + xlogy(counts[:, None, :], CUSTOMERS).sum(axis=-1))
    truth = CUSTOMERS @ VALUES
    held = (low[:, None] <= truth) & (truth <= high[:, None])
    return np.asarray((chances * held).sum(axis=0))


def intervals_that_cover(_claim: Claim, _: Registry) -> Answer:
    """Whether the adjusted Wald and the score interval miss their level by less than the plain one."""
    methods = ("wald", "adjusted_wald", "score")
    off = {(name, n): float(np.abs(coverage(name, n) - LEVEL).mean()) for name in methods for n in SIZES}
    gains = [off["wald", n] - max(off["adjusted_wald", n], off["score", n]) for n in SIZES]
    listed = "; ".join(
        f"n = {n}: " + ", ".join(f"{name.replace('_', ' ')} {100 * off[name, n]:.1f}" for name in methods)
        for n in SIZES
    )
    answer = Answer(
        directed([(gain, gain) for gain in gains]), "direction",
        f"Average distance of the coverage from {100 * LEVEL:.0f} %, in points, over {len(CUSTOMERS)} kinds of "
        f"customers "
        f"by exact sums over all samples: {listed}.",
        low=100 * min(gains), high=100 * max(gains), unit="points of coverage",
    )  # fmt: skip
    return in_part(answer, "the other intervals of the article, and the customers of its database")


CHECKS: Mapping[str, Check] = {check.__name__: check for check in (intervals_that_cover,)}
