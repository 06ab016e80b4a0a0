"""The rule by which a comparison names a winner, or says why it names none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scipy.special import ndtr, ndtri

Conclusion: TypeAlias = Literal["better", "no practical difference", "not enough data"]

POWER = 0.8  # of the size of study named where the data do not suffice
MOST_TIMES = 100  # times the rows at hand; a larger study is not worth naming


@dataclass(frozen=True, slots=True)
class Gap:
    """Leader's lead over one other metric, on the verdict's measure.

    Attributes
    ----------
    other : str
        The other metric.
    estimate, std_error, conf_low, conf_high : float
        Leader minus other.
    out_of_sample : float
        Leader minus other in cross-validated R².
    """

    other: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    out_of_sample: float

    def outcome(self, rope: float) -> Literal["ahead", "same", "unclear"]:
        """Where the interval lies against the region of practical equivalence."""
        if self.conf_low > rope and self.out_of_sample > 0:
            return "ahead"
        return "same" if -rope < self.conf_low and self.conf_high < rope else "unclear"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison concludes.

    Attributes
    ----------
    winner : str or None
        The metric that predicts better than every other by more than the region of practical equivalence.
    conclusion : str
        ``"better"``, ``"no practical difference"`` or ``"not enough data"``.
    rule : str
        The rule, with its constants.
    sentence : str
        The conclusion in one sentence with its figures.
    n_needed : int or None
        Where the data do not suffice: rows that would settle it with 80 % power if the observed differences were
        the true ones; None where no size would, where a clear lead fails out of sample, or none is needed.
    """

    winner: str | None
    conclusion: Conclusion
    rule: str
    sentence: str
    n_needed: int | None


def rule(measure: str, rope: float, conf_level: float) -> str:
    """Return the rule in words, with the constants it was applied with."""
    level = f"{100 * conf_level:g} %"
    return (
        f"A metric predicts better when the {level} interval of its lead in {measure} over every other metric lies "
        f"above {rope:g}, the smallest difference taken to matter, and it also leads in cross-validated R². No "
        f"practical difference: the leader's interval over each other metric lies above {rope:g} or within "
        f"±{rope:g}, and at least one lies within. Otherwise the data do not suffice."
    )


def decide(
    leader: str,
    value: float,
    gaps: Sequence[Gap],
    *,
    measure: str,
    outcome: str,
    rope: float,
    conf_level: float,
    n: int,
) -> Verdict:
    """Apply the rule to the leader's gaps.

    Parameters
    ----------
    leader : str
        Metric with the highest estimate.
    value : float
        Its estimate.
    gaps : sequence of Gap
        Its lead over each other metric.
    measure, outcome : str
        Names for the sentence.
    rope : float
        Half-width of the region of practical equivalence, in units of the measure; 0 or more.
    conf_level : float
        Level of the intervals in `gaps`.
    n : int
        Rows used.

    Returns
    -------
    Verdict
    """
    states = {gap.other: gap.outcome(rope) for gap in gaps}
    text = rule(measure, rope, conf_level)
    shown = "; ".join(_gap_text(gap, conf_level, rope) for gap in gaps)
    if all(state == "ahead" for state in states.values()):
        sentence = f"`{leader}` predicts `{outcome}` better ({measure} {value:.3f}): {shown} (n = {n:,})."
        return Verdict(leader, "better", text, sentence, None)
    if "unclear" not in states.values():
        same = _listed([leader, *(name for name, state in states.items() if state == "same")])
        behind = [name for name, state in states.items() if state == "ahead"]
        rest = f", and {_listed(behind)} less well" if behind else ""
        sentence = (
            f"No practical difference: {same} predict `{outcome}` equally well to within ±{rope:g} in {measure}{rest}: "
            f"`{leader}` has {value:.3f}; {shown} (n = {n:,})."
        )
        return Verdict(None, "no practical difference", text, sentence, None)
    unclear = [gap for gap in gaps if states[gap.other] == "unclear"]
    needed, wanted = _settle(unclear, rope, conf_level, n)
    sentence = (
        f"Not enough data to tell which metric predicts `{outcome}` best: `{leader}` leads with {measure} "
        f"{value:.3f}; {shown} (n = {n:,}); {wanted}."
    )
    return Verdict(None, "not enough data", text, sentence, needed)


def _settle(unclear: Sequence[Gap], rope: float, conf_level: float, n: int) -> tuple[int | None, str]:
    """Rows that would settle it, and what to say of them."""
    if any(gap.conf_low > rope for gap in unclear):
        return None, "the lead in the sample does not hold out of sample, and more rows need not change that"
    needed = n_needed(unclear, rope, conf_level, n)
    if needed is not None:
        return needed, f"about {needed:,} rows would, were these the true differences"
    near = f"a difference is so close to {rope:g}, the smallest that matters"
    return None, f"{near}, that no realistic number of rows would"


def n_needed(unclear: Sequence[Gap], rope: float, conf_level: float, n: int) -> int | None:
    """Rows at which every unclear gap would be expected to leave the region's edge, with 80 % power.

    The standard error is taken to shrink with the square root of the rows, and the observed gap to be the true one.
    None where a gap sits so near the edge that more than 100 times the rows would be needed.
    """
    quantile = float(ndtri((1 + conf_level) / 2))
    times = 0.0
    for gap in unclear:
        if not _power(gap, rope, quantile, MOST_TIMES) >= POWER:
            return None
        low, high = 0.0, float(MOST_TIMES)
        for _ in range(60):  # power grows with the rows
            middle = (low + high) / 2
            low, high = (low, middle) if _power(gap, rope, quantile, middle) >= POWER else (middle, high)
        times = max(times, high)
    rows = n * times
    magnitude = 10 ** max(0, math.floor(math.log10(max(rows, 1))) - 1)
    return max(n + 1, int(math.ceil(rows / magnitude) * magnitude))


def _power(gap: Gap, rope: float, quantile: float, times: float) -> float:
    """Probability that the interval clears the region's edge, or lies within the region, at `times` the rows."""
    distance, error = abs(abs(gap.estimate) - rope), gap.std_error / math.sqrt(times)
    if error == 0:
        return float(distance > 0)
    near = float(ndtr(distance / error - quantile))
    if abs(gap.estimate) > rope:
        return near
    far = float(ndtr((rope + abs(gap.estimate)) / error - quantile))  # to lie within, both ends must
    return near + far - 1


def _gap_text(gap: Gap, conf_level: float, rope: float) -> str:
    if not math.isfinite(gap.std_error):
        return f"ahead of `{gap.other}` by {gap.estimate:.3f} (no interval: too few answers of one kind)"
    text = (
        f"ahead of `{gap.other}` by {gap.estimate:.3f} "
        f"({100 * conf_level:g} % interval {gap.conf_low:.3f} to {gap.conf_high:.3f}"
    )
    if gap.outcome(rope) != "unclear":
        return f"{text})"
    if gap.conf_low > rope:
        return f"{text}, but not ahead out of sample)"
    if gap.conf_low > 0:
        return f"{text}: ahead, perhaps by too little to matter)"
    return f"{text}, which includes 0)"


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
