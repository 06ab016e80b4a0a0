"""The contest: which metric predicts the outcome better, by how much, how surely, and under which choices."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxresearch import quality
from cxresearch._accuracy import Key, Linearised, Protocol, in_sample, out_of_sample
from cxresearch._contest import Contest, enter
from cxresearch._contest_checks import Findings, notes
from cxresearch._contest_joint import joint_table
from cxresearch._contest_models import models_table, reliability_table, textbook_table
from cxresearch._contest_tables import accuracy_table, banding_table, pairs_table, ratios_table
from cxresearch.errors import CodebookError, ScaleError, SurveyError
from cxresearch.results import Result
from cxresearch.stats.estimates import Estimate
from cxresearch.survey.cells import Cells
from cxresearch.survey.codebook import Question
from cxresearch.survey.survey import Survey
from cxresearch.verdict import Gap, Verdict, decide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cxresearch.multiverse import Multiverse

MEASURES = ("pearson_r", "spearman_r", "somers_d")
LINKS = ("logit", "probit", "cloglog")


@dataclass(frozen=True, repr=False)
class Comparison(Result):
    """How well each metric predicts one outcome, and which predicts better.

    Attributes
    ----------
    table : DataFrame
        Key ``metric coding measure``: every accuracy, held-out ones (``cv_``) first. ``coding`` is ``linear``
        (answers as they are), ``official`` (as the metric is scored) or ``levels`` (any function of the answer).
        For a two-valued outcome ``r2_score`` is that of a line, ``efron_r2_score`` of the fitted probabilities.
    pairs : DataFrame
        Key ``a b measure``: difference a - b, its p-value, and the probabilities that a is better, that the
        difference is too small to matter (within ``rope``), and that b is better. In held-out rows (``cv_``) the
        interval and p-value have the error of the in-sample difference, the probabilities that of the folds
        (corrected resampled t, wider): the two may disagree.
    ratios : DataFrame
        Key ``a b unit``: a / b in each unit that "x % more accurate" could mean, with Fieller intervals.
    banding : DataFrame
        Key ``metric coding measure``: R² by official score, or by level, less R² of the answers as they are.
    joint : DataFrame
        Key ``metric measure``: what each metric adds to the others in one linear model.
    models : DataFrame
        Key ``model family metric``: coefficients per answer point with design-based errors.
    tests : DataFrame
        Key ``a b test``: the textbook tests, for the record.
    reliability : DataFrame
        Key ``metric versus measure``: what measurement error could explain.
    own : DataFrame
        Key ``metric coding measure``: each metric on all of its own answers.
    verdict : Verdict
        The conclusion and its rule.
    """

    pairs: pd.DataFrame
    ratios: pd.DataFrame
    banding: pd.DataFrame
    joint: pd.DataFrame
    models: pd.DataFrame
    tests: pd.DataFrame
    reliability: pd.DataFrame
    own: pd.DataFrame
    verdict: Verdict
    protocol: Protocol
    outcome: str
    metrics: tuple[str, ...]
    survey: Survey = field(repr=False)
    weighted: bool = True
    clustered: bool = True

    def _headline(self) -> str:
        return self.verdict.sentence

    def _extra(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "metrics": self.metrics,
            "verdict": dataclasses.asdict(self.verdict),
            "protocol": dataclasses.asdict(self.protocol),
        }

    def _shown(self) -> pd.DataFrame:
        wanted = self.table.measure.isin(["cv_r2_score", self.protocol.measure])
        return self.table[wanted & (self.table.coding == "linear")]

    def plot(self) -> Figure:
        """Draw each metric's accuracy with its interval, and who beats whom with what probability."""
        from cxresearch.plots_compare import draw_comparison

        return self._labelled(draw_comparison(self))

    def multiverse(self, outcomes: str | Sequence[str] | None = None) -> Multiverse:
        """Ask the same question under every reasonable choice; see `cxresearch.multiverse.multiverse`."""
        from cxresearch.multiverse import multiverse

        return multiverse(self, outcomes)


def compare(
    survey: Survey,
    outcome: str,
    metrics: Sequence[str] | None = None,
    *,
    measure: str | None = None,
    rope: float = 0.03,
    conf_level: float = 0.95,
    link: str = "logit",
    folds: int = 10,
    repeats: int = 10,
    n_boot: int = 2_000,
    reliability: Mapping[str, float] | None = None,
    weights: bool = True,
    clusters: bool = True,
    seed: int = 0,
) -> Comparison:
    """Ask which metric predicts the outcome better.

    Parameters
    ----------
    survey : Survey
        From `cxresearch.read`.
    outcome : str
        Name of the outcome in the codebook: two-valued, a rating, or a number. Every answer is turned so that
        high is good.
    metrics : sequence of str, optional
        At least two names; by default all metrics of the codebook.
    measure : str, optional
        What the verdict rests on: ``"pearson_r"`` (default), ``"spearman_r"`` or ``"somers_d"`` (default for a
        two-valued outcome, where it is 2 AUC - 1).
    rope : float
        Smallest difference that matters, on the correlation scale: a region of practical equivalence of ±`rope`.
    conf_level : float
        Level of every interval.
    link : {"logit", "probit", "cloglog"}
        Of the cumulative-link and binary models.
    folds, repeats : int
        Of the cross-validation; clusters are never split.
    n_boot : int
        Bootstrap draws for how often each metric ranks first.
    reliability : mapping of str to float, optional
        Known reliabilities of metrics or outcome, for `Comparison.reliability`; an index of several items has its
        alpha unless another value is given.
    weights, clusters : bool
        Use the survey's weights, and its clusters, where the codebook has them.
    seed : int
        Same seed, same numbers.

    Returns
    -------
    Comparison
        Rows that answered all metrics and the outcome; the others are counted in ``n_missing``.

    Raises
    ------
    CodebookError
        For a name that is not in the codebook, or a metric that is the outcome.
    SurveyError
        For fewer than 10 complete rows, or a question with one answer only.
    ValueError
        For an argument outside its choices.

    Notes
    -----
    Intervals come from the delete-one jackknife with t quantiles (Taylor linearisation over clusters where the
    design has them) whose degrees of freedom allow for heavy tails. They held their level on skewed ordinal
    answers in simulation where closed forms for normal answers and the percentile bootstrap did not
    (docs/calibration.md says where they do not). A held-out score has the interval of its in-sample twin, moved
    to the held-out value; by level, and for the joint model, the corrected resampled t, which is wide.

    How it misleads: r shrinks with coarse scales, little spread and unreliable answers, so the better predictor
    here need not be the better measure of anything. Metric and outcome asked in one questionnaire share the
    respondent's mood. It says *predicts*; whether acting on the metric moves the outcome is another question. Where
    who answers depends on the experience, all of it holds for those who answered, not for all customers
    (docs/calibration_worlds.md).

    Examples
    --------
    >>> import cxresearch as cx
    >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
    >>> contest = cx.compare(survey, outcome="repurchase", metrics=["ces", "csat", "nps"], seed=1)
    >>> contest.verdict.conclusion in ("better", "no practical difference", "not enough data")
    True
    """
    names = tuple(survey.codebook.metrics if metrics is None else _several(metrics))
    target, chosen = _questions(survey, outcome, names)
    cells = survey.cells([*names, outcome], weights=weights, clusters=clusters)
    contest = enter(cells, target, chosen)
    if measure is None:
        measure = _default_measure(contest)
    protocol = Protocol(conf_level, rope, measure, link, folds, repeats, n_boot, seed)
    _check_protocol(protocol)
    given = _checked_reliability({} if reliability is None else dict(reliability), [*names, outcome])
    fold_rng, boot_rng = np.random.default_rng(seed).spawn(2)
    found = in_sample(contest, link)
    scores = out_of_sample(contest, protocol, fold_rng)
    models = models_table(contest, protocol)
    own = _own_table(cells, target, chosen, protocol)
    known = _alphas(survey, (target, *chosen)) | given
    return Comparison(
        table=accuracy_table(contest, found, scores, protocol),
        question=f"Which of {', '.join(names)} predicts {outcome} better? ({survey.codebook.title or survey.source})",
        method=_method(contest, protocol),
        conf_level=conf_level,
        seed=seed,
        n=contest.sample.rows,
        n_missing=contest.n_missing,
        notes=notes(Findings(survey, target, chosen, cells, contest, found, own, models, protocol)),
        pairs=pairs_table(contest, found, scores, protocol),
        ratios=ratios_table(contest, found, protocol),
        banding=banding_table(contest, found, scores, protocol),
        joint=joint_table(contest, protocol, boot_rng),
        models=models,
        tests=textbook_table(contest, protocol),
        reliability=reliability_table(contest, found, protocol, known),
        own=own,
        verdict=_verdict(contest, found, scores, protocol),
        protocol=protocol,
        outcome=outcome,
        metrics=names,
        survey=survey,
        weighted=weights,
        clustered=clusters,
    )


def _several(metrics: str | Sequence[str]) -> tuple[str, ...]:
    """Names as a tuple; a single name is one name, not its letters."""
    return (metrics,) if isinstance(metrics, str) else tuple(metrics)


def _alphas(survey: Survey, questions: Sequence[Question]) -> dict[str, float]:
    """Alpha of each index that has one above 0: where items were hardly answered together there is none."""
    found = {}
    for question in questions:
        if not question.is_index:
            continue
        try:
            alpha = float(quality.reliability(survey, question.name).table.estimate.iloc[0])
        except SurveyError:
            continue
        if alpha > 0:
            found[question.name] = min(alpha, 1.0)
    return found


def _checked_reliability(given: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    for name, value in given.items():
        if name not in names:
            raise ValueError(
                f"`reliability` has {name!r}, which is not in this comparison; it has "
                f"{', '.join(map(repr, names))}."
            )
        if not 0 < value <= 1:
            raise ValueError(f"`reliability` of {name!r} must be above 0 and at most 1; got {value}.")
    return dict(given)


def _questions(survey: Survey, outcome: str, names: tuple[str, ...]) -> tuple[Question, tuple[Question, ...]]:
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise CodebookError(
            f"`metrics` needs at least two different names; got {', '.join(map(repr, names)) or 'none'}. "
            f"The codebook has {', '.join(map(repr, survey.codebook.metrics))}."
        )
    if outcome in names:
        raise CodebookError(f"`{outcome}` is both a metric and the outcome; leave it out of `metrics`.")
    target = survey.question(outcome)
    chosen = tuple(survey.question(name) for name in names)
    words = [question.name for question in (target, *chosen) if question.kind == "category"]
    if words:
        raise ScaleError(f"`{words[0]}` is a category, not a scale: its answers have no order to correlate.")
    return target, chosen


def _check_protocol(protocol: Protocol) -> None:
    choices = {"measure": MEASURES, "link": LINKS}
    for name, options in choices.items():
        if getattr(protocol, name) not in options:
            raise ValueError(
                f"`{name}` must be one of {', '.join(map(repr, options))}; got {getattr(protocol, name)!r}."
            )
    if not 0 <= protocol.rope < 1:
        raise ValueError(f"`rope` is a difference of correlations, from 0 to below 1; got {protocol.rope}.")
    if not 0 < protocol.conf_level < 1:
        raise ValueError(f"`conf_level` must lie between 0 and 1; got {protocol.conf_level}.")
    for name, least in (("folds", 2), ("repeats", 1), ("n_boot", 100), ("seed", 0)):
        if getattr(protocol, name) < least:
            raise ValueError(f"`{name}` must be at least {least}; got {getattr(protocol, name)}.")


def _default_measure(contest: Contest) -> str:
    """What a verdict rests on, unless said."""
    return "somers_d" if contest.kind == "binary" else "pearson_r"


def association_of(survey: Survey, outcome: str, metric: str) -> tuple[str, Estimate, int]:
    """Return how one metric alone goes with an outcome: the measure, its estimate, and the rows that answered both.

    Weights, clusters and strata enter as in `compare`, which needs two metrics.
    """
    cells = survey.cells([metric, outcome], clusters=True)
    contest = enter(cells, survey.question(outcome), [survey.question(metric)])
    measure = _default_measure(contest)
    found = in_sample(contest, "logit", (measure,))
    return measure, found.estimate(found.position(metric, "linear", measure)), contest.sample.rows


def _own_table(
    cells: Cells, outcome: Question, metrics: Sequence[Question], protocol: Protocol
) -> pd.DataFrame:
    """Each metric's correlations on all of its own answers."""
    tables = []
    for metric in metrics:
        contest = enter(cells, outcome, [metric])
        found = in_sample(contest, protocol.link, ("pearson_r", "spearman_r"))
        tables.append(accuracy_table(contest, found, {}, protocol))
    table = pd.concat(tables, ignore_index=True)
    return table[(table.coding == "linear") & (table.measure != "r2_score")].reset_index(drop=True)


def _method(contest: Contest, protocol: Protocol) -> str:
    sample = contest.sample
    errors = "delete-one jackknife t"
    if sample.cluster is not None or sample.stratum is not None:
        errors = f"linearised t over the survey design, at most {sample.degrees:,} degrees of freedom"
    fit = {
        "continuous": "linear model",
        "ordinal": f"linear and cumulative-{protocol.link} models",
        "binary": f"binary {protocol.link} model",
    }[contest.kind]
    return (
        f"{fit[0].upper() + fit[1:]}; {100 * protocol.conf_level:g} % intervals by {errors}; {protocol.repeats} x "
        f"{protocol.folds}-fold cross-validation, probabilities by corrected resampled t; {protocol.n_boot:,} "
        "bootstrap draws for ranks; "
        f"region of practical equivalence ±{protocol.rope:g} on the correlation scale; seed {protocol.seed}."
    )


def verdict_of(
    survey: Survey,
    outcome: str,
    metrics: Sequence[str] | None = None,
    *,
    measure: str | None = None,
    rope: float = 0.03,
    conf_level: float = 0.95,
    folds: int = 10,
    repeats: int = 10,
    seed: int = 0,
) -> Verdict:
    """Return the verdict of `compare` without its tables, for those who ask a thousand surveys.

    Parameters and errors as for `compare`; the verdict is the same. Folds are drawn only where it depends on them.

    Examples
    --------
    >>> import cxresearch as cx
    >>> survey = cx.read(cx.datasets.load_contact_survey(), cx.datasets.codebook("contact_survey"))
    >>> verdict_of(survey, "repurchase") == cx.compare(survey, "repurchase").verdict
    True
    """
    names = tuple(survey.codebook.metrics if metrics is None else _several(metrics))
    target, chosen = _questions(survey, outcome, names)
    contest = enter(survey.cells([*names, outcome], clusters=True), target, chosen)
    if measure is None:
        measure = _default_measure(contest)
    protocol = Protocol(conf_level, rope, measure, "logit", folds, repeats, n_boot=100, seed=seed)
    _check_protocol(protocol)
    found = in_sample(contest, protocol.link, {measure})
    scores = None
    if any(gap.conf_low > rope for gap in _gaps(contest, found, None, protocol)):
        fold_rng, _ = np.random.default_rng(seed).spawn(2)
        scores = out_of_sample(contest, protocol, fold_rng, gains=False)
    return _verdict(contest, found, scores, protocol)


def _leader(contest: Contest, found: Linearised, protocol: Protocol) -> tuple[str, float]:
    """Metric with the highest estimate, and the estimate."""
    at = {metric.name: found.position(metric.name, "linear", protocol.measure) for metric in contest.metrics}
    leader = max(at, key=lambda name: found.value[at[name]])
    return leader, float(found.value[at[leader]])


def _gaps(
    contest: Contest, found: Linearised, scores: Mapping[Key, np.ndarray] | None, protocol: Protocol
) -> list[Gap]:
    """The leader's lead over each other metric; without scores nothing is known of it out of sample."""
    leader, _ = _leader(contest, found, protocol)
    gaps = []
    for name in (metric.name for metric in contest.metrics if metric.name != leader):
        at = [found.position(metric, "linear", protocol.measure) for metric in (leader, name)]
        lead = found.difference(*at)
        held = math.nan
        if scores is not None:
            ours, theirs = (scores[Key(metric, "linear", "cv_r2_score")].mean() for metric in (leader, name))
            held = float(ours - theirs)
        ends = lead.interval(protocol.conf_level)
        gaps.append(Gap(name, lead.value, lead.std_error, *ends, out_of_sample=held))
    return gaps


def _verdict(
    contest: Contest, found: Linearised, scores: Mapping[Key, np.ndarray] | None, protocol: Protocol
) -> Verdict:
    return decide(
        *_leader(contest, found, protocol),
        _gaps(contest, found, scores, protocol),
        measure=protocol.measure,
        outcome=contest.outcome.name,
        rope=protocol.rope,
        conf_level=protocol.conf_level,
        n=contest.sample.rows,
    )
