"""Scorers: how answers become a score.

A score is a dot product: answers live on a few points, p is the share on each point and v the value a scorer
gives it, so every score is the sum of p·v. A mean has v = the point, a top-box v = 100 in the box, a net
score v = 100, 0 or -100.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from cxresearch.errors import ScaleError
from cxresearch.survey._scale import ON_GRID, Array, Scale


class Scorer(Protocol):
    """How answers become a score: the value v each point is worth, so that the score is the sum of p·v."""

    @property
    def name(self) -> str:
        """What the `scorer` column of results shows."""
        ...

    @property
    def unit(self) -> str:
        """``"points"`` of the scale or ``"%"``."""
        ...

    def values(self, scale: Scale) -> Array:
        """Value of each of ``scale.points``."""
        ...

    def apply(self, answers: npt.ArrayLike, scale: Scale) -> Array:
        """Value of each answer; NaN stays NaN."""
        ...


class _PointValues:
    """What every scorer shares: its values on the points are what it gives those answers."""

    def values(self, scale: Scale) -> Array:
        """Return the value v of each of ``scale.points``: the score is the sum of p·v."""
        return self.apply(scale.points, scale)

    def apply(self, answers: npt.ArrayLike, scale: Scale) -> Array:
        raise NotImplementedError


def _percent(inside: npt.NDArray[np.bool_], answers: Array) -> Array:
    return np.where(np.isnan(answers), np.nan, 100.0 * inside)


@dataclass(frozen=True)
class Mean(_PointValues):
    """The mean answer, in points of the scale and in its own direction.

    Examples
    --------
    >>> Mean().values(Scale(1, 3))
    array([1., 2., 3.])
    """

    @property
    def name(self) -> str:
        """``"mean"``."""
        return "mean"

    @property
    def unit(self) -> str:
        """``"points"`` of the scale."""
        return "points"

    def apply(self, answers: npt.ArrayLike, scale: Scale) -> Array:  # noqa: ARG002
        """Return the answers themselves."""
        return np.asarray(answers, dtype=float)


@dataclass(frozen=True)
class Share(_PointValues):
    """Percent of answers at or beyond a cut: ``at_least`` it, or ``at_most`` it.

    Examples
    --------
    >>> Share(at_least=5).values(Scale(1, 7))
    array([  0.,   0.,   0.,   0., 100., 100., 100.])
    """

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ScaleError("`Share` needs either at_least= or at_most=.")

    @property
    def name(self) -> str:
        """``"share"``."""
        return "share"

    @property
    def unit(self) -> str:
        """``"%"``."""
        return "%"

    def apply(self, answers: npt.ArrayLike, scale: Scale) -> Array:  # noqa: ARG002
        """Return 100 for answers at or beyond the cut and 0 for others."""
        x = np.asarray(answers, dtype=float)
        if self.at_least is not None:
            return _percent(x >= self.at_least - ON_GRID, x)
        return _percent(x <= (self.at_most or 0.0) + ON_GRID, x)


@dataclass(frozen=True)
class Box(_PointValues):
    """Percent of answers on the `k` best points: the top-k box, at the low end where low is good.

    On an index of several items an answer counts when it reaches the lowest point of the box.

    Examples
    --------
    >>> Box(2).name, Box(2).values(Scale(1, 5)), Box(2).values(Scale(1, 5, good="low"))
    ('top2', array([  0.,   0.,   0., 100., 100.]), array([100., 100.,   0.,   0.,   0.]))
    """

    k: int = 2

    def __post_init__(self) -> None:
        if not (isinstance(self.k, int) and self.k >= 1):
            raise ScaleError(f"`Box` needs a whole number of points, at least 1; got {self.k!r}.")

    @property
    def name(self) -> str:
        """``"top1"``, ``"top2"``, ..."""
        return f"top{self.k}"

    @property
    def unit(self) -> str:
        """``"%"``."""
        return "%"

    def apply(self, answers: npt.ArrayLike, scale: Scale) -> Array:
        """Return 100 for answers in the box and 0 for others."""
        x = np.asarray(answers, dtype=float)
        depth = (self.k - 1) * (scale.step or 1.0) + ON_GRID
        if scale.good == "low":
            return _percent(x <= scale.low + depth, x)
        return _percent(x >= scale.high - depth, x)


@dataclass(frozen=True)
class Net(_PointValues):
    """Promoters minus detractors, from -100 to 100.

    Promoters answer `promoters` or better, detractors `detractors` or worse; better is lower on a scale whose
    low end is good.

    Examples
    --------
    >>> Net(9, 6).values(Scale(0, 10))
    array([-100., -100., -100., -100., -100., -100., -100.,    0.,    0.,
            100.,  100.])
    """

    promoters: float = 9
    detractors: float = 6

    def __post_init__(self) -> None:
        if self.promoters == self.detractors:
            raise ScaleError(f"`Net`: {self.promoters:g} cannot be both a promoter and a detractor.")

    @property
    def name(self) -> str:
        """``"net"``."""
        return "net"

    @property
    def unit(self) -> str:
        """``"points"``, from -100 to 100."""
        return "points"

    def apply(self, answers: npt.ArrayLike, scale: Scale) -> Array:
        """Return 100 for promoters, -100 for detractors and 0 between.

        Raises
        ------
        ScaleError
            If the bands run against the scale's good end.
        """
        x = np.asarray(answers, dtype=float)
        sign = 1.0 if scale.good == "high" else -1.0
        if sign * (self.promoters - self.detractors) < 0:
            raise ScaleError(
                f"`Net`: promoters from {self.promoters:g} and detractors to {self.detractors:g} run against "
                f"the scale {scale}."
            )
        up = sign * x >= sign * self.promoters - ON_GRID
        down = sign * x <= sign * self.detractors + ON_GRID
        return _percent(up, x) - _percent(down, x)
