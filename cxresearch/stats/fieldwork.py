"""What the way of asking costs: from a simple random sample to answers, and to invitations."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real


@dataclass(frozen=True, slots=True)
class Fieldwork:
    """What lies between a simple random sample and the invitations to be sent.

    Attributes
    ----------
    response_rate : float
        Answers over invitations, above 0 to 1.
    cluster_size : float
        Answers from each cluster (household, agent, branch), 1 or more.
    icc : float
        Intraclass correlation of what is estimated, 0 to 1; above 0 only together with `cluster_size`.
    weight_cv : float
        Standard deviation of the weights over their mean, 0 or more.
    population : float, optional
        Customers there are, if they are few. Where two groups are compared: in each of them.

    Raises
    ------
    ValueError
        If a value is not admissible.

    References
    ----------
    Kish (1965), *Survey sampling*: 1 + (m - 1) icc and 1 + cv²; their product: Gabler, Häder & Lahiri (1999), A model
    based justification of Kish's formula for design effects. *Survey Methodology* 25, 105-106.

    Notes
    -----
    Kish's 1 + cv² takes weights to have nothing to do with the answers. A low response rate costs more than
    invitations: those who answer may differ, and no number of answers mends that.

    Examples
    --------
    >>> plan = Fieldwork(response_rate=0.2, cluster_size=5, icc=0.1, weight_cv=0.5)
    >>> round(plan.effect, 3), plan.answers(400), plan.invitations(plan.answers(400))
    (1.75, 700.0, 3500.0)
    """

    response_rate: float = 1.0
    cluster_size: float = 1.0
    icc: float = 0.0
    weight_cv: float = 0.0
    population: float | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            left_out = value is None and one.default is None
            if isinstance(value, bool) or not (isinstance(value, Real) or left_out):
                raise ValueError(f"`{one.name}` must be a number; got {value!r}.")
        allowed = {
            "response_rate": (0 < self.response_rate <= 1, "lie above 0 and not above 1"),
            "cluster_size": (1 <= self.cluster_size < math.inf, "be 1 or more"),
            "icc": (0 <= self.icc <= 1, "lie in [0, 1]"),
            "weight_cv": (0 <= self.weight_cv < math.inf, "be 0 or more"),
            "population": (
                self.population is None or 1 <= self.population < math.inf,
                "be 1 or more, and finite",
            ),
        }
        for name, (fine, words) in allowed.items():
            if not fine:
                raise ValueError(f"`{name}` must {words}; got {getattr(self, name)}.")
        if self.icc > 0 and self.cluster_size == 1:
            raise ValueError(
                f"`icc` of {self.icc:g} does nothing while `cluster_size` is 1: give the answers from each cluster too."
            )

    @property
    def cluster_effect(self) -> float:
        """1 + (m - 1) icc."""
        return 1 + (self.cluster_size - 1) * self.icc

    @property
    def weight_effect(self) -> float:
        """1 + cv²."""
        return 1 + self.weight_cv**2

    @property
    def effect(self) -> float:
        """Answers that are worth one of a simple random sample, a large population given."""
        return self.cluster_effect * self.weight_effect

    @property
    def most(self) -> float:
        """Answers there can be: those of a small population who answer; infinite where it is not given."""
        if self.population is None:
            return math.inf
        return float(math.floor(self.population * self.response_rate * (1 + 1e-9)))

    def answers(self, n: float) -> float:
        """Answers worth `n` of a simple random sample, rounded up; never more than the population."""
        wanted = n * self.effect
        if self.population is None or math.isinf(wanted):
            return float(_up(wanted)) if math.isfinite(wanted) else wanted
        return float(_up(wanted / (1 + wanted / self.population)))

    def effective(self, answers: float) -> float:
        """What `answers` are worth; infinite where everybody answers."""
        worth = answers / self.effect
        if self.population is None:
            return worth
        left = 1 - answers / self.population
        return worth / left if left > 0 else math.inf

    def invitations(self, answers: float) -> float:
        """Invitations that bring `answers`, rounded up."""
        sent = answers / self.response_rate
        return float(_up(sent)) if math.isfinite(sent) else sent


def _up(value: float) -> int:
    """Ceiling, with what rounding adds to a whole number taken off."""
    return math.ceil(value - 1e-9 * max(value, 1.0))
