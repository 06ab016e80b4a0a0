"""The tables of a comparison, each from the estimates of `cxresearch._accuracy`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from cxresearch._accuracy import Key, Linearised, Protocol
from cxresearch._contest import Contest
from cxresearch._rows import frame, row_of
from cxresearch.stats import crossval
from cxresearch.stats.estimates import Ends, Estimate, fieller, ratio, squared

Array: TypeAlias = NDArray[np.float64]

BOUNDED = ("pearson_r", "spearman_r", "somers_d")  # on the correlation scale, -1 to 1
LEAST_R = 0.1  # r below which hardly anything is predicted, and squared units would make any noise matter
PROBABILITIES = ("p_a_better", "p_same", "p_b_better")


def accuracy_table(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol
) -> pd.DataFrame:
    """One row per metric, coding and measure; what was held out first."""
    level = protocol.conf_level
    rows = [
        row_of(contest, *_held_out(found, key, folds, protocol, contest.kind), **key._asdict())
        for key, folds in scores.items()
    ]
    for which, key in enumerate(found.keys):
        one = found.estimate(which)
        ends = _ends(one, key.measure, level)
        if key.measure == "pearson_r":
            keys = key._replace(measure="r2_score")._asdict()
            rows.append(row_of(contest, _square(one), squared(ends), **keys))
        if key.measure == "somers_d" and contest.kind == "binary":
            keys = key._replace(measure="auc_score")._asdict()
            area = ((1 + ends[0]) / 2, (1 + ends[1]) / 2)
            rows.append(row_of(contest, one.scaled(0.5, 0.5), area, **keys))
        rows.append(row_of(contest, one, ends, **key._asdict()))
    return frame(rows, ("metric", "coding", "measure"))


def _ends(one: Estimate, measure: str, level: float) -> Ends:
    """Interval on the scale where the errors of a measure are nearest to normal."""
    if measure in BOUNDED:
        return one.r_interval(level)
    return one.gain_interval(level) if measure == "log_score" else one.r2_interval(level)


def _square(one: Estimate) -> Estimate:
    return Estimate(one.value**2, 2 * abs(one.value) * one.std_error, one.df)


def _twin(key: Key, kind: str) -> Key:
    """Return the in-sample measure that moves with other customers as a held-out score does."""
    if key.measure == "cv_log_score":
        return key._replace(measure="log_score")
    return key._replace(measure="efron_r2_score" if kind == "binary" else "pearson_r")


def _held_out(
    found: Linearised, key: Key, folds: Array, protocol: Protocol, kind: str
) -> tuple[Estimate, Ends]:
    """Held-out score and its interval.

    The folds tell the score; how far it would move with other customers is told by its in-sample twin, whose
    interval is moved to the held-out value. A score without a twin (by level, the joint model) has the corrected
    resampled t, which is wide.
    """
    held = crossval.corrected_t(folds, protocol.test_share)
    level, twin = protocol.conf_level, _twin(key, kind)
    if twin not in found.keys:
        return held, held.interval(level)
    one = found.estimate(found.keys.index(twin))
    low, high = _ends(one, twin.measure, level)
    if twin.measure == "pearson_r":
        low, high = squared((low, high))
        one = _square(one)
    shift = held.value - one.value
    return one.moved(held.value), (low + shift, high + shift)


def _gap(found: Linearised, one: Key, other: Key, value: float, kind: str) -> Estimate:
    """Difference of two held-out scores (or of r², where `kind` is empty) with the error of their twins' difference."""
    at, slopes = [], []
    for key, sign in ((one, 1.0), (other, -1.0)):
        twin = _twin(key, kind)
        at.append(found.keys.index(twin))
        slopes.append(sign * (2 * float(found.value[at[-1]]) if twin.measure == "pearson_r" else 1.0))
    return found.contrast(value, at, slopes)


def _rope(measure: str, r_a: float, r_b: float, rope: float) -> float:
    """Region of practical equivalence carried from correlations to another measure, at the correlations found."""
    mean = max((abs(r_a) + abs(r_b)) / 2, LEAST_R)
    if measure == "auc_score":
        return rope / 2  # AUC = (1 + D) / 2
    if measure == "cv_r2_score":
        return rope * 2 * mean  # r_a² - r_b² = (r_a - r_b)(r_a + r_b)
    if measure in ("log_score", "cv_log_score"):
        return rope * mean / max(1 - mean**2, 1e-6)  # of -½ log(1 - r²), the gain under normality
    return rope


def pairs_table(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol
) -> pd.DataFrame:
    """One row per pair and measure: difference a - b, and the probabilities that it matters."""
    rows = []
    for a, b in combinations([metric.name for metric in contest.metrics], 2):
        r_a, r_b = (float(found.value[found.position(name, "linear", "pearson_r")]) for name in (a, b))
        for measure, gap, belief in _differences(contest, found, scores, protocol, a, b):
            rope = _rope(measure, r_a, r_b, protocol.rope)
            chances = crossval.practical_probabilities(belief.value, belief.std_error, belief.df, rope)
            row = row_of(contest, gap, gap.interval(protocol.conf_level), a=a, b=b, measure=measure)
            row |= {"p_value": gap.p_value, "df": gap.df, "rope": rope}
            rows.append(row | dict(zip(PROBABILITIES, chances, strict=True)))
    return frame(rows, ("a", "b", "measure"), ("p_value", "df", "rope", *PROBABILITIES))


def _differences(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol, a: str, b: str
) -> Iterator[tuple[str, Estimate, Estimate]]:
    """Measure, difference with its error, and the t that its probabilities come from: held out first.

    Held-out differences take their error from their in-sample twins, and their probabilities from the corrected
    resampled t over the folds (Benavoli and others 2017).
    """
    for measure in ("cv_r2_score", "cv_log_score"):
        if Key(a, "linear", measure) not in scores:
            continue
        one, other = (Key(name, "linear", measure) for name in (a, b))
        folds = scores[one] - scores[other]
        held = crossval.corrected_t(folds, protocol.test_share)
        yield measure, _gap(found, one, other, held.value, contest.kind), held
    for measure in ("pearson_r", "spearman_r", "somers_d", "log_score"):
        if Key(a, "linear", measure) not in found.keys:
            continue
        gap = found.difference(*(found.position(name, "linear", measure) for name in (a, b)))
        if measure == "somers_d" and contest.kind == "binary":
            yield "auc_score", gap.scaled(0.5), gap.scaled(0.5)
        yield measure, gap, gap


def ratio_of(found: Linearised, a: str, b: str, measure: str, conf_level: float) -> tuple[Estimate, Ends]:
    """Ratio a / b of one in-sample measure of the answers as they are, with Fieller's interval."""
    at = [found.position(name, "linear", measure) for name in (a, b)]
    value, covariance = found.value[at], found.covariance(at)
    share = float(value[0] / value[1]) if value[1] > 0 else 1.0
    df = found.contrast(0.0, at, [1.0, -share]).df  # of the difference that Fieller tests
    quantile = float(stdtrit(df, (1 + conf_level) / 2))
    return ratio(value, covariance, df), fieller(value, covariance, quantile)


def ratios_table(contest: Contest, found: Linearised, protocol: Protocol) -> pd.DataFrame:
    """'x % more accurate' in every unit it could mean: ratio a / b of each kind of accuracy."""
    units = {"r": "pearson_r", "r2": "pearson_r", "2auc-1": "somers_d", "log_likelihood": "log_score"}
    rows = []
    for a, b in combinations([metric.name for metric in contest.metrics], 2):
        for unit, measure in units.items():
            if Key(a, "linear", measure) not in found.keys:
                continue
            one, ends = ratio_of(found, a, b, measure, protocol.conf_level)
            if unit == "r2":  # r |r| keeps the sign: its ratio and interval follow from those of r
                one = Estimate(one.value * abs(one.value), 2 * abs(one.value) * one.std_error, one.df)
                ends = (ends[0] * abs(ends[0]), ends[1] * abs(ends[1]))
            rows.append(row_of(contest, one, ends, a=a, b=b, unit=unit))
    return frame(rows, ("a", "b", "unit"))


def banding_table(
    contest: Contest, found: Linearised, scores: Mapping[Key, Array], protocol: Protocol
) -> pd.DataFrame:
    """R² by official score, and by level, less R² of the answers as they are: what banding loses."""
    level, rows = protocol.conf_level, []
    for metric in contest.metrics:
        line = Key(metric.name, "linear", "cv_r2_score")
        if Key(metric.name, "official", "pearson_r") in found.keys:
            key = line._replace(coding="official")
            if key in scores:
                held = _gap(found, key, line, float((scores[key] - scores[line]).mean()), contest.kind)
                rows.append(row_of(contest, held, held.interval(level), **key._asdict()))
            at = [found.position(metric.name, coding, "pearson_r") for coding in ("official", "linear")]
            lost = _gap(found, key, line, float(found.value[at[0]] ** 2 - found.value[at[1]] ** 2), "")
            rows.append(
                row_of(contest, lost, lost.interval(level), **key._replace(measure="r2_score")._asdict())
            )
        key = line._replace(coding="levels")
        if key in scores:
            gain = crossval.corrected_t(scores[key] - scores[line], protocol.test_share)
            rows.append(row_of(contest, gain, gain.interval(level), **key._asdict()))
    return frame(rows, ("metric", "coding", "measure"))
