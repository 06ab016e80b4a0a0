"""Measure how often the intervals of `cxresearch.stats.pooling` hold the truth, by number of studies.

Run: python benchmarks/coverage_pooling.py [--seed 1] [--samples 800]

It prints the table that docs/pooling.md shows (under a minute on one core). True correlations scatter on Fisher's
scale around atanh(.4) with a standard deviation tau; each study draws its Fisher z with variance 1 / (n - 3), n from 30
to 1,000. The interval is asked about the average, the interval of tau² about tau², the prediction interval about the
share of all true correlations of this kind that it holds.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from scipy.special import ndtr

from cxresearch.stats.pooling import TESTS, pool

STUDIES = (5, 10, 30)
SPREADS = (0.0, 0.1, 0.3)
TRUTH = math.atanh(0.4)


def content(low: float, high: float, tau: float) -> float:
    """Share of the true effects between two limits."""
    if tau == 0:
        return float(low <= TRUTH <= high)
    return float(ndtr((high - TRUTH) / tau) - ndtr((low - TRUTH) / tau))


def covered(k: int, tau: float, samples: int, rng: np.random.Generator) -> dict[str, float]:
    """Share of samples in which each interval holds what it is about."""
    hits: dict[str, list[float]] = {}
    for _ in range(samples):
        v = 1 / (np.exp(rng.uniform(math.log(30), math.log(1000), k)) - 3)
        z = rng.normal(TRUTH, np.sqrt(tau**2 + v))
        for test in TESTS:
            found = pool(z, v, test=test)
            held = {
                test: found.conf_low <= TRUTH <= found.conf_high,
                f"next, {test}": content(found.prediction_low, found.prediction_high, tau),
                "tau²": found.heterogeneity.tau2_low <= tau**2 <= found.heterogeneity.tau2_high,
            }
            for name, value in held.items():
                hits.setdefault(name, []).append(value)
    return {name: 100 * float(np.mean(values)) for name, values in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=500)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    names = [*TESTS, *(f"next, {test}" for test in TESTS), "tau²"]
    print(f"| studies | tau | {' | '.join(names)} |")
    print(f"| ---: | ---: |{' ---: |' * len(names)}")
    for k in STUDIES:
        for tau in SPREADS:
            shares = covered(k, tau, options.samples, rng)
            print(f"| {k} | {tau:g} | {' | '.join(f'{shares[name]:.1f}' for name in names)} |")


if __name__ == "__main__":
    main()
