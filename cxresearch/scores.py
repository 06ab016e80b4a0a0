"""What do customers say: scores with intervals, by segment, against one another and over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch._score_contrasts import (
    TREND_COLUMNS,
    difference_table,
    independent_rows,
    paired_rows,
    pairs_of,
    trend_row,
)
from cxresearch._score_fits import Fit, Fits, choose, chosen_method, fit_scores
from cxresearch._score_notes import describe_method, legend, notes_of
from cxresearch._score_tables import difference_columns, distribution_table, score_table
from cxresearch.results import SIMULATED, Note, Result, rounded
from cxresearch.stats.designs import Lonely
from cxresearch.stats.multiplicity import ADJUSTMENTS
from cxresearch.survey import Survey
from cxresearch.survey.codebook import Question

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Scores(Result):
    """Scores of a survey, with what `Result` holds.

    Attributes
    ----------
    table : DataFrame
        A row per metric, scorer and segment: ``metric scorer``, the `by` columns, ``estimate std_error
        conf_low conf_high n n_missing n_eff df interval unit definition``. Net scores run from -100 to 100,
        shares from 0 to 100 %, means over the scale's own points. `n_eff` is Kish's; `definition` says which
        answers were counted.
    differences : DataFrame
        A row per metric, scorer and pair of segments, ``a`` minus ``b``; empty unless `compare_to` was given.
    distribution : DataFrame
        A row per metric, segment and answer: its share in %, on which `side` of the official score it falls.
    by : tuple of str
        The segment columns.
    """

    differences: pd.DataFrame
    distribution: pd.DataFrame
    by: tuple[str, ...]
    _fits: Fits = field(repr=False)

    def __repr__(self) -> str:
        return self.summary()

    def summary(self, digits: int = 2) -> str:
        """Return the scores as text, then the differences where some were asked for. It prints nothing."""
        text = super().summary(digits)
        if self.differences.empty:
            return text
        shown = rounded(self.differences.drop(columns=["by", "paired"]), max(digits, 3))
        return f"{text}\n\nDifferences, a minus b\n{shown.to_string(index=False)}"

    def _repr_html_(self) -> str:
        page = super()._repr_html_()
        if self.differences.empty:
            return page
        return (
            f"{page}<p>Differences, a minus b</p>{rounded(self.differences).to_html(index=False, border=0)}"
        )

    def _shown(self) -> pd.DataFrame:
        return self.table.drop(columns=["df", "unit", "definition"])

    def _legend(self) -> str:
        return legend(self._fits)

    def trend(self, order: Sequence[Any] | None = None) -> pd.DataFrame:
        """Return how each score moves over the periods of `by`: slope per period, test of any change.

        Parameters
        ----------
        order : sequence, optional
            The periods in their order, where the sorted levels are not it; also to leave some out.

        Returns
        -------
        DataFrame
            A row per metric and scorer. `estimate`: change of the score per period, by least squares weighted
            with the inverse variance of each period's score; numbers as levels (years) set the distances,
            other levels are one period apart. `change_chi2` asks whether any two periods differ, on
            `change_df` degrees of freedom, its p-value from F with the design's own.

        Raises
        ------
        ValueError
            Without exactly one `by` column, or with fewer than three periods that hold answers.

        Notes
        -----
        A straight line is a summary, not a finding: a rise then a fall of equal size has slope 0, which is
        what the test of any change is for. Respondents who answered in several periods count as independent
        unless the codebook names them as `cluster`.

        Examples
        --------
        >>> from cxresearch.survey import read
        >>> year = [2023] * 3 + [2024] * 3 + [2025] * 3
        >>> frame = pd.DataFrame({"csat": [3, 4, 5, 4, 4, 5, 5, 5, 4], "year": year})
        >>> csat = {"column": "csat", "scale": [1, 5]}
        >>> book = {"metrics": {"csat": csat}, "design": {"segments": ["year"]}}
        >>> score(read(frame, book), by="year").trend()["estimate"].round(2).tolist()
        [0.33]
        """
        if len(self.by) != 1:
            raise ValueError(f"a trend needs scores `by` one column of periods; got {len(self.by)}.")
        levels = [key[0] for key in self._fits.segments.keys]
        chosen = list(levels) if order is None else list(order)
        strange = [level for level in chosen if level not in levels]
        if strange:
            raise ValueError(f"`order` names {strange[0]!r}; the periods are {', '.join(map(repr, levels))}.")
        numeric = order is None and all(isinstance(level, (int, float)) for level in levels)
        time = np.array(levels if numeric else range(len(chosen)), dtype=float)
        index = [levels.index(level) for level in chosen]
        rows = [trend_row(fit, self._fits, index, time, self.conf_level) for fit in self._fits.each]
        return pd.DataFrame(rows, columns=list(TREND_COLUMNS))

    def plot(self, ax: Axes | None = None, *, metric: str | None = None, scorer: str | None = None) -> Figure:
        """Draw every score as a dot with its interval, a row per segment and a panel per metric and scorer.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw, for one metric and scorer; None: a new figure.
        metric, scorer : str, optional
            Draw only these.

        Returns
        -------
        Figure
            The better side is right.

        Raises
        ------
        ValueError
            If `ax` is given and more than one metric or scorer remains, if none does, or for more than 60
            segments.
        """
        from cxresearch.plots_score import draw_scores

        return self._labelled(draw_scores(self._panels(metric, scorer), self.conf_level, ax))

    def plot_distribution(self, ax: Axes | None = None, *, metric: str | None = None) -> Figure:
        """Draw the answers under each metric as diverging stacked bars, a bar per segment.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw, for one metric; None: a new figure.
        metric : str, optional
            Draw only this one.

        Returns
        -------
        Figure
            Answers the official score counts as good lie right of the line, bad ones left, others astride.

        Raises
        ------
        ValueError
            If `ax` is given and more than one metric remains, if none has a distribution, or for more than 60
            segments.
        """
        from cxresearch.plots_score import draw_distributions

        table = self.distribution
        chosen = table if metric is None else table[table["metric"] == metric]
        return self._labelled(draw_distributions(chosen, self.by, ax))

    def _panels(self, metric: str | None, scorer: str | None) -> list[tuple[Fit, pd.DataFrame]]:
        """Fits with their rows of the table, in the order of the table."""
        return [
            (fit, rows)
            for fit in self._fits.each
            if metric in (None, fit.metric) and scorer in (None, fit.scorer)
            for rows in [
                self.table[(self.table["metric"] == fit.metric) & (self.table["scorer"] == fit.scorer)]
            ]
        ]


def score(
    survey: Survey,
    by: str | Sequence[str] | None = None,
    compare_to: Any = None,
    *,
    metrics: str | Sequence[str] | None = None,
    scorers: str | Mapping[str, Any] | None = None,
    interval: str | Mapping[str, str] | None = None,
    conf_level: float = 0.95,
    adjust: str = "holm",
    paired: str | None = None,
    weights: bool = True,
    lonely: Lonely = "fail",
    seed: int | None = 0,
    n_boot: int = 2000,
) -> Scores:
    """Score the metrics of a survey, with intervals that honour its design.

    Parameters
    ----------
    survey : Survey
        Answers with their codebook, from `read`.
    by : str or sequence of str, optional
        Segment columns; several give every combination that occurs.
    compare_to : level, "previous" or "total", optional
        What each segment is subtracted from: a level of `by`, the level before it, or all answers together.
    metrics : str or sequence of str, optional
        Questions to score; None: the codebook's metrics.
    scorers : str, scorer, list or mapping, optional
        ``"official"`` (default): the first of each question; ``"all"``: every one of them; a name or a scorer
        such as ``Box(1)``, a list of these, or a mapping from metric to these.
    interval : str or mapping, optional
        Interval method, or methods by kind of score: net ``"adjusted_wald"`` (default), ``"score"`` (Tango);
        share ``"score"`` (default, Wilson), ``"adjusted_wald"``; mean ``"score"`` (default where the scale
        has ends), ``"t"`` (as R's survey package; default elsewhere); for all ``"wald"`` and ``"bootstrap"``.
    conf_level : float
        Nominal level.
    adjust : {"holm", "bh", "none"}
        Adjustment of the p-values, over all rows of ``differences``.
    paired : str, optional
        Column that names the respondent (list it in the codebook's segments): differences are then taken
        within the respondents who answered in both levels.
    weights : bool
        Use the codebook's weight.
    lonely : {"fail", "adjust"}
        Refuse a stratum with one sampling unit, or measure it from the overall mean.
    seed : int or None
        Start of the bootstrap.
    n_boot : int
        Bootstrap draws.

    Returns
    -------
    Scores
        ``table``, ``differences``, ``distribution``; rows without an answer to a metric are left out of that
        metric and counted in ``n_missing``.

    Raises
    ------
    CodebookError
        If a metric or segment is not in the codebook.
    DesignError
        For a stratum with a single sampling unit, a population below the sample, or a respondent twice in a
        wave.
    ValueError
        For an unknown scorer, interval method, adjustment or level to compare to.

    Notes
    -----
    Standard errors are linearised and segments are domains of the whole design, as in R's survey package.
    The small-sample formulas (all but ``"t"`` and ``"wald"``) run on the number of answers of a simple random
    sample that would be as precise as the design, with the design's degrees of freedom passed on; the
    coverage page of the documentation says what each default attains. Such intervals are not centred at the
    estimate; where all answers are alike an adjusted Wald interval is extended to hold it.
    An interval knows the sampling error only: who was asked, and who cared to answer, can matter more. Where
    answering depends on the experience no interval held the truth (docs/calibration_worlds.md, `nonresponse`),
    but for weights that undo it.

    Examples
    --------
    >>> from cxresearch.survey import read
    >>> frame = pd.DataFrame({"nps": [10] * 25 + [8] * 55 + [3] * 20})
    >>> scores = score(read(frame, {"metrics": {"nps": {"column": "nps", "instrument": "nps"}}}))
    >>> scores.table[["metric", "scorer", "estimate", "conf_low", "conf_high"]].round(1).values.tolist()
    [['nps', 'net', 5.0, -8.1, 17.8]]
    """
    by = (by,) if isinstance(by, str) else tuple(by or ())
    _check(by, compare_to, adjust, paired, conf_level)
    questions = choose(survey, metrics)
    fits = fit_scores(survey, questions, by, scorers=scorers, weights=weights, lonely=lonely)
    methods = [chosen_method(fit, interval) for fit in fits.each]
    rng = np.random.default_rng(seed)
    table = score_table(fits, methods, conf_level, rng, n_boot)
    differences = difference_columns()
    said: list[str] = []
    if compare_to is not None:
        differences, said = _differences(
            survey, fits, compare_to, adjust, paired, scorers, weights=weights, conf_level=conf_level
        )
    used = int(fits.cells.n[_used(fits)].sum())
    labelled = (SIMULATED,) if survey.codebook.simulated else ()
    return Scores(
        table=table,
        question=_question(survey, questions, by),
        method=describe_method(fits, methods, conf_level, compare_to, adjust, paired, n_boot),
        conf_level=conf_level,
        seed=seed if "bootstrap" in methods else None,
        n=used,
        n_missing=fits.cells.total - used,
        notes=(
            *labelled,
            *notes_of(fits, methods, survey.problems),
            *(Note("paired", text) for text in said),
        ),
        differences=differences,
        distribution=distribution_table(fits, questions, conf_level),
        by=by,
        _fits=fits,
    )


def _question(survey: Survey, questions: Sequence[Question], by: tuple[str, ...]) -> str:
    segments = f" by {' and '.join(by)}" if by else ""
    names = ", ".join(question.name for question in questions)
    do = "do" if len(questions) > 1 else "does"
    return f"How {do} {names} score{segments}? ({survey.codebook.title or survey.source})"


def _check(by: tuple[str, ...], compare_to: Any, adjust: str, paired: str | None, conf_level: float) -> None:
    if adjust not in ADJUSTMENTS:
        raise ValueError(f"`adjust` must be one of {', '.join(map(repr, ADJUSTMENTS))}; got {adjust!r}.")
    if not 0 < conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {conf_level!r}.")
    if compare_to is not None and len(by) != 1:
        raise ValueError(f"`compare_to` needs exactly one `by` column; got {len(by)}.")
    if paired is not None and (compare_to is None or compare_to == "total"):
        raise ValueError("`paired` needs `compare_to`: a level of `by`, or 'previous'.")


def _used(fits: Fits) -> Any:
    """Cells in a segment with an answer to some metric."""
    return np.any([np.isfinite(fit.values) for fit in fits.each], axis=0) & (fits.segments.code >= 0)


def _differences(
    survey: Survey,
    fits: Fits,
    compare_to: Any,
    adjust: str,
    paired: str | None,
    scorers: Any,
    *,
    weights: bool,
    conf_level: float,
) -> tuple[pd.DataFrame, list[str]]:
    pairs = pairs_of(fits.segments, compare_to)
    rows: list[dict[str, Any]] = []
    said: list[str] = []
    if paired is None:
        for fit in fits.each:
            rows += independent_rows(fit, fits, pairs, conf_level)
        return difference_table(rows, adjust), said
    for name in dict.fromkeys(fit.metric for fit in fits.each):
        found, text = paired_rows(
            survey,
            survey.question(name),
            fits,
            paired,
            pairs,
            scorers,
            weights=weights,
            conf_level=conf_level,
        )
        rows += found
        said += text
    return difference_table(rows, adjust), said
