"""The world: a generator of customers with a known truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxresearch import _world_checks as checks
from cxresearch._world_answers import answers
from cxresearch._world_calibrate import Calibration, Margins, calibrate
from cxresearch._world_contacts import CODEBOOK, contact_log
from cxresearch._world_known import Truth
from cxresearch._world_model import Behaviour, Culture, Friction, Item, structure
from cxresearch.survey.survey import Survey, read

if TYPE_CHECKING:
    import pandas as pd

FRICTIONS = (
    Friction("transfers", "count", 0.6, 0.45, 0.28),
    Friction("repeats", "count", 0.7, 0.35, 0.32),
    Friction("channel_switches", "count", 0.35, 0.25, 0.15),
    Friction("repeated_information", "binary", 0.3, 0.4, 0.25),
    Friction("generic_service", "binary", 0.25, 0.0, 0.2),
    Friction("waiting", "number", 8.0, 0.2, 0.01, step=5.0),
)
BEHAVIOUR = Behaviour()
EVERYBODY = Culture("everybody", 1.0)


@dataclass(frozen=True)
class World:
    """Customers with a known truth.

    Complexity of the issue makes frictions more likely; frictions and complexity make ease; satisfaction and attitude
    go along with ease; the three make loyalty; loyalty makes what customers do. All latents have mean 0 and variance 1
    among all customers (with a `bend`, loyalty only nearly), and high is good. Answers cut them, with noise.

    Attributes
    ----------
    title : str
        Of the survey.
    lesson : str
        What the world teaches, and which claim it mirrors.
    items : tuple of Item
        Questions asked; those that ask for loyalty are outcomes.
    effects : tuple of float
        What loyalty rises by, in standard deviations, per standard deviation of ease, satisfaction and attitude, each
        with the others held.
    correlations : tuple of float
        Of ease with satisfaction, ease with attitude, satisfaction with attitude.
    frictions : tuple of Friction
        Drivers of effort.
    complexity : tuple of float
        Shares of issues of complexity 1 to 5.
    complexity_harm, complexity_loyalty : float
        What complexity by itself takes from ease, and adds to loyalty, per standard deviation.
    prior : tuple of float
        Correlation of earlier loyalty with ease (reverse cause), and what earlier loyalty adds to loyalty.
    bend : float or None
        Ease beyond this value (in standard deviations, -3 or more) no longer adds loyalty; None: no bend.
    behaviour : Behaviour
        What loyalty does to the months a customer stays.
    cultures : tuple of Culture
        Groups that use scales in their own way.
    response : tuple of float
        Chance to answer from the least to the most easily served group (groups of equal size), .001 or more on
        average; empty: all answer.
    weighted : bool
        Record one over that chance as a survey weight.
    waves : tuple of float
        Ease of each wave of the survey, above the average of all; customers, of each team too, take turns.
    teams : int
        Groups of customers served by one team, 0 for none: clusters of the survey.
    team_share : float
        Share of what is unexplained in every latent that is the team's.

    Raises
    ------
    WorldError
        If no customers can be like this: correlations that cannot hold together, effects that explain more than all,
        thresholds out of order, a reliability above 1, shares that do not add up.

    Notes
    -----
    A world is as simple as it can be: normal latents, straight lines but for `bend`, frictions that add up. Where a
    method works in a world it can still fail among real customers; where it fails here it is to be mistrusted there.
    """

    title: str
    lesson: str
    items: tuple[Item, ...]
    effects: tuple[float, float, float]
    correlations: tuple[float, float, float] = (0.6, 0.5, 0.7)
    frictions: tuple[Friction, ...] = FRICTIONS
    complexity: tuple[float, ...] = (0.26, 0.28, 0.22, 0.15, 0.09)
    complexity_harm: float = 0.25
    complexity_loyalty: float = 0.0
    prior: tuple[float, float] = (0.0, 0.0)
    bend: float | None = None
    behaviour: Behaviour = BEHAVIOUR
    cultures: tuple[Culture, ...] = (EVERYBODY,)
    response: tuple[float, ...] = ()
    weighted: bool = False
    waves: tuple[float, ...] = (0.0,)
    teams: int = 0
    team_share: float = 0.1

    def __post_init__(self) -> None:
        structure(self)

    @cached_property
    def codebook(self) -> dict[str, Any]:
        """Codebook of the world's surveys and contact logs; its title says that they are simulated."""
        book: dict[str, Any] = {"title": f"{self.title}, simulated", "metrics": {}, "outcomes": {}}
        for item in self.items:
            role = "outcomes" if item.asks == "loyalty" else "metrics"
            book[role][item.name] = {"column": item.name, "instrument": item.instrument}
        book["outcomes"]["renewed"] = {"column": "renewed", "kind": "binary"}
        book["outcomes"]["months"] = {"column": "months", "kind": "number"}
        book["drivers"] = {f.name: {"column": f.name, "kind": f.kind, "good": "low"} for f in self.frictions}
        book["controls"] = {"complexity": {"column": "complexity", "scale": [1, 5], "good": "low"}}
        book["design"] = self._design()
        book["contacts"] = dict(CODEBOOK)
        return book

    def _design(self) -> dict[str, Any]:
        design: dict[str, Any] = {}
        if self.weighted:
            design["weight"] = "weight"
        if self.teams:
            design["cluster"] = "team"
        segments = ["wave"] * (len(self.waves) > 1) + ["culture"] * (len(self.cultures) > 1)
        return design | ({"segments": segments} if segments else {})

    @cached_property
    def truth(self) -> Truth:
        """What is true of all customers."""
        return Truth(self)

    def calibrate(
        self,
        *,
        shares: Mapping[str, Sequence[float]] | None = None,
        means: Mapping[str, float] | None = None,
        correlations: Mapping[tuple[str, str], float] | None = None,
        rates: Mapping[tuple[str, str], tuple[float, float]] | None = None,
    ) -> Calibration:
        """Turn thresholds, effects and correlations until answers have published margins; say what cannot be had.

        Parameters
        ----------
        shares : mapping, optional
            Item to the share of each answer, worst first, adding up to 1.
        means : mapping, optional
            Item to the mean answer; all its thresholds move together.
        correlations : mapping, optional
            Pair of items to the Pearson correlation of their answers.
        rates : mapping, optional
            Metric and outcome to two shares of good outcomes: where the metric's answer is bad, and where it is good
            (beyond the middle of the scale). The metric then carries loyalty alone, so one pair can be given, and no
            correlation with an outcome besides.

        Returns
        -------
        Calibration
            The nearest world, what was published and reached, why the rest cannot be, and which effects are below 0.

        Raises
        ------
        WorldError
            If a name is unknown, no answers have such margins at all, an item has both shares and a mean, a pair asks
            for one feeling twice, rates and correlations are about what loyalty depends on, or rates are asked for
            after answers that nobody gives.

        Notes
        -----
        That a world can be turned to what was published does not make it true: many worlds have the same margins.
        What can be learnt is what published figures would take: reliabilities and frictions stay as they are.

        Margins are of the answers that a survey of the world has: where `response` is set, of those who answer; where
        it is `weighted`, of the weighted answers, which stand for all customers. An outcome with shares or a mean of
        its own keeps the thresholds that these take, and rates are then met by what its metric carries alone.

        Examples
        --------
        >>> from cxresearch import worlds
        >>> found = worlds.effort_wins().calibrate(rates={("ces", "repurchase"): (0.04, 0.94)})
        >>> found.table[["what", "published", "reached", "matched"]].round(2)
                                        what  published  reached  matched
        0   good repurchase where ces is bad       0.04     0.13    False
        1  good repurchase where ces is good       0.94     0.85    False
        """
        return calibrate(self, Margins(shares or {}, means or {}, correlations or {}, rates or {}))

    def answers(self, n: int, seed: int) -> pd.DataFrame:
        """Return the answers of `n` customers as a frame, with a column ``customer`` that numbers them.

        Parameters
        ----------
        n : int
            Customers who answer; where some do not, more are asked.
        seed : int
            Same seed, same answers.

        Returns
        -------
        DataFrame
            A row a customer. ``months`` ends at 24; ``left`` is 1 where the customer had left by then.

        Raises
        ------
        WorldError
            If `n` is no whole number from 1 or `seed` none from 0.

        Examples
        --------
        >>> from cxresearch import worlds
        >>> list(worlds.tie().answers(3, seed=1).columns[:5])
        ['customer', 'ces', 'csat', 'nps', 'repurchase']
        """
        checks.whole("`n`", n, 1)
        checks.whole(
            "`seed`", seed, 0, " A seed is what makes answers, survey and log those of the same customers."
        )
        return answers(self, n, seed)

    def sample(self, n: int, seed: int) -> Survey:
        """Return the survey of `n` customers who answered, read as any other survey.

        Parameters
        ----------
        n, seed
            As for `answers`.

        Returns
        -------
        Survey
            With the world's `codebook`.

        Examples
        --------
        >>> from cxresearch import worlds
        >>> worlds.tie().sample(200, seed=1).n_rows
        200
        """
        return read(self.answers(n, seed), self.codebook)

    def contacts(self, n: int, seed: int) -> pd.DataFrame:
        """Return the contact log of the customers of `answers`: what happened, event by event.

        `cxresearch.read_contacts` finds in it the transfers, repeats, channel switches and waiting that the answers
        have; `codebook` says to it what the columns are.

        Parameters
        ----------
        n, seed
            As for `answers`: the same customers, under the same numbers.

        Returns
        -------
        DataFrame
            A row an event, in order of time: ``customer``, ``case`` (one a customer, with the same number), ``time``
            (UTC), ``channel`` of contacts, ``agent`` of the others, ``event`` (contact, answer, handover, closed).

        Raises
        ------
        WorldError
            If the world has a friction of these names that cannot be counted in a log; `n` and `seed` as for `answers`.

        Notes
        -----
        Every combination of counts can be had: a switch of channel comes with a repeat while there are any, else with
        a contact more than seven days after the last, which is none. So read the log with the ``within_days`` of 7.
        Times of day, gaps, channels and agents are drawn at random and change nothing. Nobody is in the log who did
        not answer, no name is missing, and every case is closed; of real logs all three are wrong.

        Examples
        --------
        >>> import cxresearch as cx
        >>> world = cx.worlds.tie()
        >>> log = cx.read_contacts(world.contacts(200, seed=1), world.codebook)
        >>> answers = world.answers(200, seed=1)
        >>> joined = log.join(answers[["customer", "ces"]], "customer").table
        >>> bool((joined.transfers == answers.transfers).all())
        True
        """
        return contact_log(self, n, seed)
