"""How often the verdict names whom, counted in surveys of a world whose truth is known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from cxresearch._power_plan import check_numbers
from cxresearch.comparison import verdict_of
from cxresearch.errors import CodebookError, SurveyError
from cxresearch.results import ESTIMATE_COLUMNS, SIMULATED, Note, Result
from cxresearch.stats.intervals import Sample, wilson
from cxresearch.survey._text import shown
from cxresearch.survey.survey import Survey

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAME, UNCLEAR = "no practical difference", "not enough data"
SHARE = np.array([0.0, 100.0])  # values of a share in `Sample`


class Samples(Protocol):
    """Anything that a survey can be drawn from, such as a `cxresearch.worlds.World`."""

    def sample(self, n: int, seed: int) -> Survey:
        """Return a survey of `n` customers; the same seed gives the same survey."""


@dataclass(frozen=True, repr=False)
class Simulation(Result):
    """How often each verdict came out, with what `Result` holds.

    Attributes
    ----------
    table : DataFrame
        Key ``answers verdict``: share of the surveys with that verdict, Wilson interval; ``n`` surveys that could be
        compared, ``n_missing`` that could not (a question with one answer only, too few rows).
    outcome : str
    metrics : tuple of str
    rope : float
    """

    outcome: str
    metrics: tuple[str, ...]
    rope: float

    def _used(self) -> str:
        return f"{self.n:,} simulated surveys compared, {self.n_missing:,} could not be"

    def _extra(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "metrics": self.metrics, "rope": self.rope}

    def plot(self) -> Figure:
        """Draw how often each verdict came out, by number of answers."""
        from cxresearch.plots_power import draw_simulation

        return self._labelled(draw_simulation(self.table, self.question))


def simulate(
    world: Samples,
    n: int | Sequence[int] = (500, 1_000, 2_000),
    *,
    outcome: str | None = None,
    metrics: Sequence[str] | None = None,
    n_sim: int = 200,
    rope: float = 0.03,
    conf_level: float = 0.95,
    folds: int = 10,
    repeats: int = 10,
    seed: int = 0,
) -> Simulation:
    """Count what the verdict of `cxresearch.compare` says in many surveys of one world.

    Parameters
    ----------
    world : object with ``sample(n, seed) -> Survey``
        Where the answers come from; its truth is yours to choose.
    n : int or sequence of int
        Rows of each survey. Who leaves a question out is lost to the comparison, as in life.
    outcome, metrics : str, sequence of str, optional
        As for `cxresearch.compare`; the outcome may be left out where the codebook has one.
    n_sim : int
        Surveys for each n. A share near .8 has a standard error of .03 with 200, of .01 with 1,600.
    rope, conf_level, folds, repeats
        As for `cxresearch.compare`.
    seed : int
        Same seed, same surveys; a whole number, always.

    Returns
    -------
    Simulation

    Raises
    ------
    CodebookError
        If a name is not in the codebook, or the outcome is not said though there are several.
    ValueError
        If an argument is not admissible.

    Notes
    -----
    Where the formula of `contest` and a simulation disagree, believe the simulation, for that world. It knows nothing
    of worlds that were not simulated.

    Examples
    --------
    >>> import cxresearch as cx
    >>> class Resampled:
    ...     def sample(self, n, seed):
    ...         rows = cx.datasets.load_contact_survey().sample(n, replace=True, random_state=seed)
    ...         return cx.read(rows, cx.datasets.codebook("contact_survey"))
    >>> found = simulate(Resampled(), 200, outcome="repurchase", metrics=["ces", "csat"], n_sim=4)
    >>> found.table["verdict"].tolist()
    ['ces better', 'csat better', 'no practical difference', 'not enough data']
    >>> float(found.table["estimate"].sum().round(9))
    1.0
    """
    sizes = list(n) if isinstance(n, Iterable) and not isinstance(n, str) else [n]
    _check_world(world)
    _check(sizes, n_sim, seed)
    check_numbers(rope=rope, conf_level=conf_level, folds=folds, repeats=repeats)
    outcome, names = _asked(world.sample(max(sizes), seed), outcome, metrics)
    drawn = np.random.SeedSequence(seed).generate_state(len(sizes) * n_sim).reshape(len(sizes), n_sim)
    terms = {"rope": rope, "conf_level": conf_level, "folds": folds, "repeats": repeats}
    rows: list[dict[str, Any]] = []
    for size, seeds in zip(sizes, drawn.tolist(), strict=True):
        found = Counter(_said(world.sample(size, one), outcome, names, terms) for one in seeds)
        rows += _rows(int(size), found, names, conf_level)
    table = pd.DataFrame(rows, columns=["answers", "verdict", *ESTIMATE_COLUMNS])
    each = table.drop_duplicates("answers")
    return Simulation(
        table=table,
        question=f"How often does the verdict name which of {', '.join(names)} as the better predictor of {outcome}?",
        method=f"{n_sim:,} simulated surveys of each size; the verdict of `compare` with a region of ±{rope:g} and "
        f"{100 * conf_level:g} % intervals; Wilson intervals of the shares.",
        conf_level=conf_level,
        seed=seed,
        n=int(each["n"].sum()),
        n_missing=int(each["n_missing"].sum()),
        notes=(SIMULATED, *_notes(each)),
        outcome=outcome,
        metrics=names,
        rope=rope,
    )


def _said(survey: Survey, outcome: str, metrics: tuple[str, ...], terms: dict[str, Any]) -> str | None:
    """The verdict's row; None where the survey cannot be compared."""
    try:
        verdict = verdict_of(survey, outcome, metrics, **terms)
    except SurveyError:
        return None
    return f"{verdict.winner} better" if verdict.winner else verdict.conclusion


def _rows(
    size: int, found: Counter[str | None], metrics: tuple[str, ...], conf_level: float
) -> list[dict[str, Any]]:
    compared = found.total() - found[None]
    rows = []
    for verdict in [*(f"{name} better" for name in metrics), SAME, UNCLEAR]:
        share = found[verdict] / compared if compared else math.nan
        low, high = wilson(Sample(np.array([1 - share, share]), SHARE, np.array(float(compared))), conf_level)
        rows.append({
            "answers": size, "verdict": verdict, "estimate": share,
            "std_error": math.sqrt(share * (1 - share) / compared) if compared else math.nan,
            "conf_low": float(low) / 100, "conf_high": float(high) / 100, "n": compared, "n_missing": found[None],
        })  # fmt: skip
    return rows


def _notes(each: pd.DataFrame) -> list[Note]:
    """Which surveys are not counted; `each` has a row for each number of answers."""
    columns = (each[name].tolist() for name in ("answers", "n", "n_missing"))
    lost = [(size, used, left) for size, used, left in zip(*columns, strict=True) if left]
    if not lost:
        return []
    listed = "; ".join(f"{left:,} of {used + left:,} at n = {size:,}" for size, used, left in lost)
    text = f"Surveys that could not be compared and are not counted: {listed}."
    return [Note("not_compared", text, changes_reading=True)]


def _asked(survey: Survey, outcome: str | None, metrics: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """Outcome and metrics by name, checked against the codebook of a first survey."""
    known = list(survey.codebook.outcomes)
    if outcome is None and len(known) != 1:
        raise CodebookError(f"`outcome` must be said; the world's codebook has {', '.join(known) or 'none'}.")
    asked = [metrics] if isinstance(metrics, str) else metrics  # a single name is one name, not its letters
    names = tuple(survey.codebook.metrics if asked is None else asked)
    chosen = known[0] if outcome is None else outcome
    for what, name in (*(("metrics", name) for name in names), ("outcome", chosen)):
        if not isinstance(name, str):
            raise ValueError(f"`{what}` must be given by name; got {shown(name)}.")
        survey.question(name)
    return chosen, names


def _check_world(world: Any) -> None:
    """Refuse what no survey can be drawn from."""
    if isinstance(world, type) or not callable(getattr(world, "sample", None)):
        called = getattr(world, "__name__", None) if callable(world) else None
        got = f"{called} itself: call it, `{called}()`" if called else shown(world)
        raise ValueError(
            "`world` must be a world, such as `worlds.tie()`, or another object with `sample(n, seed)` that returns a "
            f"survey; got {got}."
        )
    if isinstance(world, pd.DataFrame):
        raise ValueError(
            "`world` must be a world, such as `worlds.tie()`; a table of answers is a single survey."
        )


def _check(sizes: Sequence[Any], n_sim: Any, seed: Any) -> None:
    for name, values in (("n", sizes), ("n_sim", [n_sim]), ("seed", [seed])):
        for value in values:
            if isinstance(value, bool) or not isinstance(value, Integral):
                found = repr(value) if isinstance(value, float) else shown(value)
                raise ValueError(f"`{name}` must be a whole number; got {found}.")
    if not sizes or min(sizes) < 10:
        raise ValueError(f"`n` must be one or more numbers of rows, 10 or more each; got {sizes}.")
    if len(set(sizes)) < len(sizes):
        raise ValueError(f"`n` must name each number of rows once; got {sizes}.")
    for name, value, least in (("n_sim", n_sim, 1), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"`{name}` must be {least} or more; got {value}.")
