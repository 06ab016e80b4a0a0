"""Importances against published figures, R, and exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from cxresearch.stats import importance, relative_weights
from cxresearch.stats.dominance import complete_dominance, conditional_dominance
from cxresearch.stats.importance import moments, shapley_r2, subsets_r2

REFERENCE = Path(__file__).parents[1] / "reference"
ATOL = 1e-11  # figures given to twelve or thirteen decimals
RTOL_R = 1e-10  # the same double-precision moments, another algorithm
ATOL_PRINTED = 5e-8  # figures printed to seven digits
ATOL_AZEN = 5e-5  # printed to four
VALUES = pd.read_csv(REFERENCE / "importance_values.csv")
CLOSE = pd.read_csv(REFERENCE / "importance_collinear.csv")


def covariance(name):
    """Weighted ones have weights 1 + (row mod 3), rows counted from 1 as in R."""
    data = pd.read_csv(REFERENCE / f"importance_{name.split()[0]}.csv").to_numpy(float)
    return moments(data, 1 + np.arange(1, len(data) + 1) % 3 if "weighted" in name else np.ones(len(data)))


# LMG shares (relaimpo's lmg) and Johnson's weights of R's swiss data; importance_subsets.R gives them too
SWISS = {
    "swiss": [0.0570912207681, 0.1711730289002, 0.2601346786244, 0.1055701503735, 0.1127659229265],
    "swiss weighted": [0.0518208063017, 0.1549452302086, 0.2559770835712, 0.1019573530969, 0.1296324182449],
}
JOHNSON = [0.048416895812, 0.154708249806, 0.271964104646, 0.114680029948, 0.116965721381]


def test_swiss():
    for name, shares in SWISS.items():
        assert_allclose(shapley_r2(covariance(name)), shares, atol=ATOL)
    assert_allclose(relative_weights.johnson_r2(covariance("swiss")), JOHNSON, atol=ATOL)


@pytest.mark.parametrize(("data", "measure"), VALUES.groupby(["data", "measure"]).groups)
def test_against_r(data, measure):
    expected = VALUES.query("data == @data and measure == @measure")["value"]
    matrix = covariance(data)
    if measure.startswith("conditional"):
        values = conditional_dominance(subsets_r2(matrix))[:, int(measure.split()[1])]
    else:
        values = getattr(importance if hasattr(importance, measure) else relative_weights, measure)(matrix)
    assert_allclose(values, expected, rtol=RTOL_R, atol=1e-14)


def test_mtcars_general_and_conditional_dominance():
    """Dominance of am, vs, cyl for mpg in R's mtcars; importance_subsets.R gives the rows too."""
    worths = subsets_r2(covariance("mtcars"))
    rows = conditional_dominance(worths)
    assert_allclose(rows.mean(axis=1), [0.1774892, 0.2027032, 0.3817849], atol=ATOL_PRINTED)
    assert_allclose(rows[0], [0.3597989, 0.1389842, 0.0336844], atol=ATOL_PRINTED)
    assert_allclose(shapley_r2(covariance("mtcars")), rows.mean(axis=1), rtol=1e-12)
    assert complete_dominance(worths)[2, :2].tolist() == [1, 1]


def test_azen_and_budescu():
    """Azen & Budescu (2003), four predictors: r with y .6 .3 .4 .5; 12 .8, 13 .1, 14 .3, 23 .1, 24 .1, 34 .5."""
    matrix = np.eye(5)
    i, j = np.triu_indices(5, 1)
    matrix[i, j] = matrix[j, i] = [0.8, 0.1, 0.3, 0.6, 0.1, 0.1, 0.3, 0.5, 0.4, 0.5]
    assert_allclose(shapley_r2(matrix), [0.2922, 0.0759, 0.0949, 0.1214], atol=ATOL_AZEN)
    assert_allclose(shapley_r2(matrix), [float(x) for x in exact_shares(exact(matrix))], rtol=1e-12)


def exact(matrix):
    """R² of all subsets of the matrix as it stands, in rational arithmetic."""
    r2 = {}

    def branch(rest, code, j, explained):
        if len(rest) == 1:
            r2[code] = explained / total
            return
        pivot, row = rest[0][0], rest[0]
        inner = [line[1:] for line in rest[1:]]
        branch(inner, code, j + 1, explained)
        swept = [
            [x - row[a] * row[b] / pivot for b, x in enumerate(line, 1)] for a, line in enumerate(inner, 1)
        ]
        branch(swept, code | 1 << j, j + 1, explained + row[-1] ** 2 / pivot)

    rational = [[Fraction(float(x)) for x in line] for line in matrix]
    total = rational[-1][-1]
    branch(rational, 0, 0, Fraction(0))
    return [r2[code] for code in range(len(r2))]


def exact_shares(r2):
    p = len(r2).bit_length() - 1
    shares = []
    for j in range(p):
        share = Fraction(0)
        for code in range(len(r2)):
            if not code >> j & 1:
                size = code.bit_count()
                weight = Fraction(factorial(size) * factorial(p - 1 - size), factorial(p))
                share += weight * (r2[code | 1 << j] - r2[code])
        shares.append(share)
    return shares


def worst(values, expected):
    """Largest relative error, in rational arithmetic."""
    return float(max(abs(Fraction(float(x)) / y - 1) for x, y in zip(values, expected, strict=True)))


@pytest.mark.parametrize("eps", sorted(set(CLOSE["eps"])))
def test_near_collinear_errors_are_at_most_those_of_a_solve_per_subset(eps):
    rows = CLOSE[CLOSE["eps"] == eps]
    matrix = rows[[f"X{j}" for j in range(1, 7)]].to_numpy()
    r2 = exact(matrix)
    shares = exact_shares(r2)
    ours, theirs = worst(shapley_r2(matrix), shares), worst(rows["solve"].dropna(), shares)
    assert ours < 1e-10
    if np.finfo(np.longdouble).eps < np.finfo(float).eps:
        assert ours <= max(theirs, 1e-14)
    assert worst(subsets_r2(matrix)[1:], r2[1:]) < 1e-10
    last = [r2[-1] - r2[31 - (1 << j)] for j in range(5)]
    assert_allclose(importance.incremental_r2(matrix), [float(x) for x in last], rtol=1e-9, atol=1e-15)


def test_sums_by_size_against_rational_arithmetic(monkeypatch):
    """The way of many players, on few."""
    monkeypatch.setattr(importance, "FEW", 0)
    p = 11
    rng = np.random.default_rng(4)
    ties = np.column_stack([np.eye(p), 0.5 * rng.integers(-2, 3, size=p)])
    matrix = np.round(64 * (ties.T @ ties + 0.3)) / 64
    matrix[-1, -1] += 5
    shares = [float(x) for x in exact_shares(exact(matrix))]
    assert_allclose(shapley_r2(matrix), shares, rtol=1e-10)
    assert_allclose(importance.shapley_values(subsets_r2(matrix)), shares, rtol=1e-10)
