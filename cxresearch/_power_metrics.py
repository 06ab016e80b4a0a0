"""Plans about metrics: which of two predicts better, on correlations or AUCs; how precise one correlation is."""

from __future__ import annotations

import math

from cxresearch._power_plan import (
    SIMPLE,
    Plan,
    Wanted,
    check_chance,
    check_numbers,
    check_planned,
    check_positive,
    make_plan,
)
from cxresearch.results import Note
from cxresearch.stats.fieldwork import Fieldwork
from cxresearch.stats.fisher import normal_quantile
from cxresearch.stats.sample_size import (
    auc_difference_error,
    correlation_half_width,
    dependent_r_error,
    equivalence_power,
    lead_power,
    williams_power,
)

#: Least and greatest variance of a difference of correlations in the twelve named worlds, of skewed ratings, over that
#: of normal answers with the same correlations.
SEEN_EFFECTS = (1.13, 1.45)
COIN = 0.5  # AUC of a metric that tells nothing


def normal_note(rating_effect: float) -> Note:
    """Say what the formulas assume of the answers; a warning where nothing was allowed for."""
    low, high = SEEN_EFFECTS
    text = "The formulas are of normal answers that correlate as the answers given will (a coarse scale lowers r)"
    if rating_effect != 1:
        return Note("normal_answers", f"{text}, times {rating_effect:g} for ratings.")
    text += f". In simulated worlds of skewed ratings it took {low:g} to {high:g} times as many: set `rating_effect`."
    return Note("normal_answers", text, changes_reading=True)


TWO_METRICS = Note(
    "two_metrics",
    "Two metrics: with a third the winner must beat both, which takes more answers. The verdict also asks for a lead "
    "in cross-validated R², taken as given here; where the interval is clear of the region it rarely fails.",
)

TWO_AUCS = Note(
    "two_metrics",
    "Two metrics: with a third the winner must beat both, which takes more answers. The verdict also asks for a lead "
    "out of sample, in how well predicted probabilities fit who has the outcome (R² of a logit), taken as given here.",
)


def contest(
    r_a: float,
    r_b: float,
    r_ab: float,
    *,
    n: int | None = None,
    power: float = 0.8,
    conf_level: float = 0.95,
    rope: float | None = 0.03,
    margin: float | None = None,
    rating_effect: float = 1.0,
    fieldwork: Fieldwork = SIMPLE,
) -> Plan:
    """Plan how many answers tell which of two metrics predicts the outcome better.

    Parameters
    ----------
    r_a, r_b : float
        Guessed correlation of each metric with the outcome, of answers as given, high is good of all three: 0 or more.
    r_ab : float
        Guessed correlation of the two metrics; .5 to .8 is usual for questions of one survey.
    n : int, optional
        Planned answers: what would they show?
    power : float
        Wanted probability.
    conf_level : float
        Level of intervals, and 1 minus the two-sided level of the test.
    rope : float or None
        Smallest difference that matters, as in `cxresearch.compare`; None leaves the verdict out.
    margin : float, optional
        Wanted half-width of the interval of the difference, below 1.
    rating_effect : float
        Variance of a correlation of ratings over that of normal answers: 1 is the formula; skewed ratings take 1.13 to
        1.45 in the named worlds of `cxresearch.worlds`. From a pilot: docs/power.md.
    fieldwork : Fieldwork
        Response rate, clusters, weights, size of the population.

    Returns
    -------
    Plan
        Rows: the test of a difference (Williams); the verdict of `cxresearch.compare` that names the better metric,
        its lead being beyond `rope`; the verdict of no practical difference, the interval being within ±`rope`;
        the half-width of the difference.

    Raises
    ------
    ValueError
        If no answers can have these correlations at once, a metric's is negative, or an argument is not admissible.

    Notes
    -----
    A test needs the difference not to be 0, a verdict needs it to be more than `rope`: another question, and many more
    answers. With d = r_a - r_b and the standard error s / sqrt(n) of Olkin and Siotani the winner is named with
    probability Phi((d - rope) sqrt(n) / s - z), no difference found with Phi((rope - d) ... - z) +
    Phi((rope + d) ... - z) - 1. Near d = rope neither is ever found: `no number`.

    How it misleads: guesses from a small study are too large, since studies that found something are the ones one
    knows. Plan with half the difference too.

    References
    ----------
    Williams (1959), *J. R. Stat. Soc. B* 21, 396-399. Olkin & Siotani (1976), in *Essays in probability and
    statistics*, 235-251.

    Examples
    --------
    Supposing one metric had 1.4 times the R² of another that has .13:

    >>> plan = contest((0.13 * 1.4) ** 0.5, 0.13**0.5, 0.6)
    >>> plan.table[["quantity", "n"]].to_string(index=False, header=False).splitlines()[0].split()[-1]
    '1169.0'
    """
    _check_metrics(power, conf_level, rope, margin, n, fieldwork)
    _check_correlations(r_a, r_b, r_ab)
    check_positive(rating_effect=rating_effect)
    error = dependent_r_error(r_a, r_b, r_ab) * math.sqrt(rating_effect)
    lead, better = abs(r_a - r_b), "b" if r_b > r_a else "a"
    test = Wanted(
        f"test: r of {better} is the larger (Williams)", "power", power,
        lambda n: williams_power(r_a, r_b, r_ab, n / rating_effect, conf_level=conf_level),
        math.floor(3 * rating_effect) + 1,
    )  # fmt: skip
    wanted = [test, *_verdicts(lead, error, rope, power, conf_level, "r", better)]
    wanted += _half_width("difference in r", error, margin, conf_level)
    return make_plan(
        f"How many answers tell r = {r_a:.3g} (a) from r = {r_b:.3g} (b), metrics that correlate {r_ab:.3g}?",
        f"Williams' test by noncentral t; verdict and half-width by the normal {100 * conf_level:g} % interval of "
        "r_a - r_b (Olkin and Siotani).",
        wanted,
        fieldwork=fieldwork,
        conf_level=conf_level,
        n=n,
        guessed={"r_a": r_a, "r_b": r_b, "r_ab": r_ab, "rope": rope, "rating_effect": rating_effect},
        notes=[normal_note(rating_effect), *([TWO_METRICS] if rope is not None else [])],
        margin_unit="r",
    )


def auc(
    auc_a: float,
    auc_b: float,
    correlation: float,
    *,
    base_rate: float,
    n: int | None = None,
    power: float = 0.8,
    conf_level: float = 0.95,
    rope: float | None = 0.03,
    margin: float | None = None,
    fieldwork: Fieldwork = SIMPLE,
) -> Plan:
    """Plan how many answers tell two metrics apart that should say who stays and who leaves.

    Parameters
    ----------
    auc_a, auc_b : float
        Guessed AUC of each metric, high is good: .5 for a coin, up to .999.
    correlation : float
        Guessed correlation of the two metrics among customers with the same outcome.
    base_rate : float
        Share of customers with the outcome, inside (0, 1).
    n, power, conf_level, fieldwork
        As for `contest`; n counts all customers, with the outcome or without.
    rope : float or None
        Smallest difference that matters in Somers' D = 2 AUC - 1, as `cxresearch.compare` has it for a two-valued
        outcome: .03 there is .015 in AUC.
    margin : float, optional
        Wanted half-width of the interval of the difference of AUCs.

    Returns
    -------
    Plan
        Rows as for `contest`.

    Raises
    ------
    ValueError
        If an AUC is below .5, or an argument is not admissible.

    Notes
    -----
    Scores are taken as normal with equal spread among those with the outcome and without; then the variances of
    DeLong, DeLong and Clarke-Pearson are integrals. Ratings of few points have ties and a lower AUC: guess the AUC of
    the ratings. A rare outcome is what makes such studies large: the rarer group counts.

    References
    ----------
    Hanley & McNeil (1983), *Radiology* 148, 839-843. Obuchowski & McClish (1997), Sample size determination for
    diagnostic accuracy studies involving binormal ROC curve indices. *Stat. Med.* 16, 1529-1542.

    Examples
    --------
    >>> plan = auc(0.75, 0.70, 0.5, base_rate=0.5)
    >>> int(plan.table["n"].iloc[0])
    836
    """
    _check_metrics(power, conf_level, rope, margin, n, fieldwork)
    _check_aucs(auc_a, auc_b, correlation, base_rate)
    error = auc_difference_error(auc_a, auc_b, correlation, base_rate)
    lead, better = abs(auc_a - auc_b), "b" if auc_b > auc_a else "a"
    test = Wanted(
        f"test: AUC of {better} is the larger (DeLong)", "power", power,
        lambda n: lead_power(lead, error / math.sqrt(n), conf_level=conf_level),
    )  # fmt: skip
    wanted = [test, *_verdicts(2 * lead, 2 * error, rope, power, conf_level, "2 AUC - 1", better)]
    wanted += _half_width("difference in AUC", error, margin, conf_level)
    return make_plan(
        f"How many answers tell an AUC of {auc_a:.3g} (a) from {auc_b:.3g} (b): correlation {correlation:.3g}, base "
        f"rate {base_rate:.3g}?",
        f"Normal {100 * conf_level:g} % interval of the difference; DeLong's variance for normal scores.",
        wanted,
        fieldwork=fieldwork,
        conf_level=conf_level,
        n=n,
        guessed={"auc_a": auc_a, "auc_b": auc_b, "correlation": correlation, "base_rate": base_rate, "rope": rope},
        notes=[TWO_AUCS] if rope is not None else [],
        margin_unit="AUC",
    )  # fmt: skip


def correlation(
    r: float,
    *,
    margin: float | None = None,
    n: int | None = None,
    conf_level: float = 0.95,
    rating_effect: float = 1.0,
    fieldwork: Fieldwork = SIMPLE,
) -> Plan:
    """Plan how many answers estimate one correlation to within a margin.

    Parameters
    ----------
    r : float
        Guessed correlation; a smaller one needs more answers.
    margin : float, optional
        Wanted half-width of the interval; needed unless `n` is given.
    n, conf_level, rating_effect, fieldwork
        As for `contest`.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If an argument is not admissible, or neither margin nor n is given.

    Notes
    -----
    Half the width of Fisher's interval, which is not symmetric around r. On average: half of all studies have a
    wider interval.

    References
    ----------
    Bonett & Wright (2000), *Psychometrika* 65, 23-28.

    Examples
    --------
    >>> int(correlation(0.3, margin=0.1).table["n"].iloc[0])
    320
    """
    if margin is None and n is None:
        raise ValueError(
            "`margin` is needed: the half-width the interval should have; or `n`, planned answers."
        )
    _check_metrics(0.5, conf_level, None, margin, n, fieldwork)
    check_positive(rating_effect=rating_effect)
    check_numbers(r=r)
    if not -1 < r < 1:
        raise ValueError(f"`r` must lie strictly between -1 and 1; got {r:g}.")
    wanted = Wanted(
        f"half-width of the interval of r = {r:.3g}", "half-width", math.nan if margin is None else margin,
        lambda n: correlation_half_width(r, n / rating_effect, conf_level=conf_level),
        math.floor(3 * rating_effect) + 1,
    )  # fmt: skip
    return make_plan(
        f"How many answers estimate a correlation of {r:.3g} to within a margin?",
        f"Half the width of Fisher's {100 * conf_level:g} % interval.",
        [wanted],
        fieldwork=fieldwork,
        conf_level=conf_level,
        n=n,
        guessed={"r": r, "rating_effect": rating_effect},
        notes=[normal_note(rating_effect)],
        margin_unit="r",
    )


def _verdicts(
    lead: float, error: float, rope: float | None, power: float, conf_level: float, measure: str, better: str
) -> list[Wanted]:
    """The two conclusions of the verdict's rule; the second needs a region."""
    if rope is None:
        return []
    named = Wanted(
        f"verdict: {better} is named (its lead in {measure} is above {rope:g})", "power", power,
        lambda n: lead_power(lead, error / math.sqrt(n), rope, conf_level=conf_level),
    )  # fmt: skip
    if rope == 0:
        return [named]
    same = Wanted(
        f"verdict: no practical difference (interval within ±{rope:g})", "power", power,
        lambda n: equivalence_power(lead, error / math.sqrt(n), rope, conf_level=conf_level),
    )  # fmt: skip
    return [named, same]


def _half_width(what: str, error: float, margin: float | None, conf_level: float) -> list[Wanted]:
    if margin is None:
        return []
    z = normal_quantile(conf_level)
    return [
        Wanted(
            f"half-width of the interval of the {what}",
            "half-width",
            margin,
            lambda n: z * error / math.sqrt(n),
        )
    ]


def _check_correlations(r_a: float, r_b: float, r_ab: float) -> None:
    check_numbers(r_a=r_a, r_b=r_b, r_ab=r_ab)
    for name, value in (("r_a", r_a), ("r_b", r_b), ("r_ab", r_ab)):
        if not -1 < value < 1:
            raise ValueError(f"`{name}` must lie strictly between -1 and 1; got {value:g}.")
        if value < 0 and name != "r_ab":
            raise ValueError(
                f"`{name}` is {value:g}: turn the scale so that high is good of both metrics and of the outcome "
                "(staying, not leaving), and give the three correlations of that. The larger r is the one named."
            )
    if 1 - r_a**2 - r_b**2 - r_ab**2 + 2 * r_a * r_b * r_ab <= 0:
        raise ValueError(
            f"`r_ab`: no answers can have these correlations at once: {r_a:g} and {r_b:g} with the outcome, {r_ab:g} "
            "between the metrics."
        )


def _check_aucs(auc_a: float, auc_b: float, correlation: float, base_rate: float) -> None:
    check_numbers(auc_a=auc_a, auc_b=auc_b, correlation=correlation, base_rate=base_rate)
    for name, value in (("auc_a", auc_a), ("auc_b", auc_b)):
        if 0 <= value < COIN:
            raise ValueError(
                f"`{name}` is {value:g}, below the {COIN:g} of a coin: turn the scale so that high is good; its AUC is "
                f"then {1 - value:g}."
            )


def _check_metrics(
    power: float,
    conf_level: float,
    rope: float | None,
    margin: float | None,
    n: float | None,
    fieldwork: Fieldwork,
) -> None:
    check_chance(power=power, conf_level=conf_level)
    check_positive(margin=margin)
    if margin is not None and margin >= 1:
        raise ValueError(
            f"`margin` must be below 1, half the range of a correlation or of a difference of AUCs; got {margin:g}."
        )
    check_planned(n, fieldwork)
    if rope is not None:
        check_numbers(rope=rope)
    if rope is not None and not 0 <= rope < 1:
        raise ValueError(f"`rope` is a difference that matters, from 0 to below 1; got {rope:g}.")
