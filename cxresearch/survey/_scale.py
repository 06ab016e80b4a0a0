"""Scales: what may be answered, which end is good, and which codes mean "no answer"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cxresearch.errors import ScaleError

Array = npt.NDArray[np.float64]

MAX_POINTS = 10_001  # a longer list of admissible answers is a continuous scale in disguise
ON_GRID = 1e-9  # in steps: 3.3000000000000003 is the answer 3.3 on a scale with step 0.1


@dataclass(frozen=True)
class Scale:
    """The admissible answers of a question, the end that is good, and the codes that mean "no answer".

    Parameters
    ----------
    low, high : float
        The end points, ``low < high``; either may be infinite for counts and amounts.
    step : float or None
        Distance between neighbouring answers; None admits any number in between.
    good : {"high", "low"}
        The end that is good for the customer. CES 1.0 (effort, 1-5) is good when low.
    missing : tuple of float or str
        Codes that mean "no answer", such as ``-99`` or ``"Blank"``.
    labels : mapping of str to float
        Explicit words for answers, such as ``{"Agree": 4}``. Words are never guessed.

    Raises
    ------
    ScaleError
        If the end points, the step, a missing code or a label contradict one another.

    Notes
    -----
    A scale says what may be answered, not what the distances mean: that 6 is to 7 as 1 is to 2 is an
    assumption of every mean taken on it.

    Examples
    --------
    >>> effort = Scale(1, 5, good="low")
    >>> effort.points
    array([1., 2., 3., 4., 5.])
    >>> effort.orient([1, 5])
    array([5., 1.])
    """

    low: float
    high: float
    step: float | None = 1.0
    good: Literal["high", "low"] = "high"
    missing: tuple[float | str, ...] = ()
    labels: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problem = _scale_problem(self)
        if problem:
            raise ScaleError(problem)
        object.__setattr__(self, "missing", tuple(self.missing))
        object.__setattr__(self, "labels", MappingProxyType(dict(self.labels)))

    def __hash__(self) -> int:
        return hash((self.low, self.high, self.step, self.good, self.missing, tuple(self.labels.items())))

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy cannot be pickled
        return Scale, (self.low, self.high, self.step, self.good, self.missing, dict(self.labels))

    def __str__(self) -> str:
        if math.isinf(self.low) and math.isinf(self.high):
            text = "any number"
        elif math.isinf(self.high):
            text = f"{self.low:g} or more"
        elif math.isinf(self.low):
            text = f"{self.high:g} or less"
        else:
            text = f"{self.low:g}-{self.high:g}" if self.low >= 0 else f"{self.low:g} to {self.high:g}"
        if self.step is not None and self.step != 1 and math.isfinite(self.low):
            text += f" in steps of {self.step:g}"
        return text + (", low is good" if self.good == "low" else "")

    @property
    def continuous(self) -> bool:
        """Whether the scale has no short list of admissible answers."""
        return self.step is None or not (self.high - self.low) / self.step < MAX_POINTS

    @property
    def points(self) -> Array:
        """The admissible answers in increasing order.

        Raises
        ------
        ScaleError
            If the scale is continuous or has no end.
        """
        if self.step is None or self.continuous:
            raise ScaleError(
                f"the scale {self} has no list of points; use a scorer's `apply` on the answers."
            )
        count = round((self.high - self.low) / self.step) + 1
        return np.round(self.low + self.step * np.arange(count), 12)

    def contains(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return which values are admissible answers; NaN and infinities are not.

        Examples
        --------
        >>> Scale(1, 7).contains([1, 7.0, 0, 3.5])
        array([ True,  True, False, False])
        """
        x = np.asarray(values, dtype=float)
        inside = self.within(x)
        if self.step is None:
            return inside
        origin = self.low if math.isfinite(self.low) else 0.0
        with np.errstate(invalid="ignore"):
            steps = (x - origin) / self.step
            return inside & (np.abs(steps - np.round(steps)) <= ON_GRID * np.maximum(1.0, np.abs(steps)))

    def within(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return which values lie between the end points, on a step or not."""
        x = np.asarray(values, dtype=float)
        slack = ON_GRID * (self.step or 1.0)
        with np.errstate(invalid="ignore"):
            return np.isfinite(x) & (x >= self.low - slack) & (x <= self.high + slack)

    def orient(self, values: npt.ArrayLike) -> Array:
        """Return the values with the good end high: ``low + high - x`` where low is good, else unchanged.

        On a scale without an end (a count, an amount) the sign is turned instead.
        """
        x = np.asarray(values, dtype=float)
        if self.good == "high":
            return x
        total = self.low + self.high
        return total - x if math.isfinite(total) else -x

    @property
    def oriented(self) -> Scale:
        """The scale that `orient` answers on: same ends, high is good, no codes or words left."""
        if self.good == "high":
            return replace(self, missing=(), labels={})
        if math.isfinite(self.low + self.high):
            return replace(self, good="high", missing=(), labels={})
        return Scale(-self.high, -self.low, self.step)

    def convert(self, values: npt.ArrayLike, to: Scale, *, flip: bool = False) -> Array:
        """Return answers on another scale: end points go to end points, what lies between is linear.

        Parameters
        ----------
        values : array_like
            Answers on this scale; NaN stays NaN.
        to : Scale
            The scale wanted.
        flip : bool
            Turn the direction as well: needed, and only allowed, where the scales have opposite good ends.

        Raises
        ------
        ScaleError
            If the directions differ and `flip` was not said, or agree and it was; if a scale has no end; if a
            value lies outside this scale.

        Notes
        -----
        Multiplying 1-5 by 7/5 sends 1 to 1.4, so "very dissatisfied" becomes better than the worst answer of
        1-7; mapping the ends avoids this. No conversion makes answers asked on different scales comparable by
        itself: people use 11 points otherwise than 5.

        Examples
        --------
        >>> Scale(1, 5).convert([1, 3, 5], Scale(1, 7))
        array([1., 4., 7.])
        >>> Scale(1, 5, good="low").convert([1, 5], Scale(0, 10), flip=True)
        array([10.,  0.])
        """
        if (self.good != to.good) != flip:
            raise ScaleError(
                f"`convert` from {self} to {to}: the good ends differ; say flip=True to turn the answers."
                if not flip
                else f"`convert` from {self} to {to}: the good ends agree, so flip=True would turn them."
            )
        if not all(map(math.isfinite, (self.low, self.high, to.low, to.high))):
            raise ScaleError(f"`convert` needs end points; got {self} and {to}.")
        x = np.asarray(values, dtype=float)
        outside = np.isfinite(x) & ~self.within(x) | np.isinf(x)
        if outside.any():
            raise ScaleError(f"`convert` from {self}: {x[outside].flat[0]:g} is not on that scale.")
        share = (x - self.low) / (self.high - self.low)
        return to.low + (to.high - to.low) * (1 - share if flip else share)


def _scale_problem(scale: Scale) -> str:
    """Return what contradicts itself in a scale, or an empty string."""
    low, high, step = scale.low, scale.high, scale.step
    if not low < high:  # also catches NaN
        return f"a scale needs low < high; got low={low!r}, high={high!r}."
    if scale.good not in ("high", "low"):
        return f"`good` must be 'high' or 'low'; got {scale.good!r}."
    if step is not None and not 0 < step < math.inf:
        return f"`step` must be a positive number, or None for a continuous scale; got {step!r}."
    if step is not None and math.isfinite(high - low):
        count = (high - low) / step
        if abs(count - round(count)) > ON_GRID * max(1.0, count):
            return f"steps of {step:g} from {low:g} do not end at {high:g}."
    bare = [code for code in scale.missing if not isinstance(code, str)]
    admissible = [code for code in bare if low <= code <= high and _on_step(code, low, step)]
    recoded = any(word.lstrip("+-").isdigit() for word in scale.labels)  # then raw 0 is not the answer 0
    if admissible and not recoded and math.isfinite(low) and math.isfinite(high):
        codes = ", ".join(f"{code:g}" for code in admissible)
        return f"the missing code {codes} is also an answer on {low:g}-{high:g}: it cannot be both."
    strange = [f"{word!r} = {value!r}" for word, value in scale.labels.items() if not low <= value <= high]
    if strange:
        return f"the label {', '.join(strange)} is not on {low:g}-{high:g}."
    both = [repr(word) for word in scale.labels if word in scale.missing]
    return f"{', '.join(both)} is both a label and a missing code." if both else ""


def _on_step(value: float, low: float, step: float | None) -> bool:
    steps = 0.0 if step is None else (value - low) / step
    return abs(steps - round(steps)) <= ON_GRID * max(1.0, abs(steps))


def same_direction(*scales: Scale) -> None:
    """Refuse scales whose good ends differ, as must be done before answers are pooled or scores compared.

    Raises
    ------
    ScaleError
        If some scales are good when high and others when low.

    Examples
    --------
    >>> same_direction(Scale(1, 7), Scale(0, 10))
    >>> same_direction(Scale(1, 7), Scale(1, 5, good="low"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    cxresearch.errors.ScaleError: scales with opposite good ends cannot be pooled or compared ...
    """
    if len({scale.good for scale in scales}) > 1:
        raise ScaleError(
            "scales with opposite good ends cannot be pooled or compared as they are: "
            f"{'; '.join(map(str, scales))}. Turn one first (`orient`, or `convert` with flip=True)."
        )
