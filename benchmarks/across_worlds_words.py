"""Words of docs/calibration_worlds.md that no count decides."""

from __future__ import annotations

ABOUT = (
    "Everything on this page is simulated: it says how the methods of this package do where the truth is known, and "
    "nothing about any customer."
)
READING = (
    "**Bold** figures lie outside 93-97 %; a ~ says that two simulation errors could explain that. A *figure* is the "
    "coverage of one kind of interval in one world at one n, over all metrics, pairs or drivers."
)
COVERAGE = (
    "Per cent of nominal 95 % intervals that hold the truth of *all customers*, surveys of 200, 1,000 and 5,000 "
    "answers: mean over kinds of interval and sizes (lowest to highest figure). *Too low* and *too high* count figures "
    "outside of 93-97 % by two simulation errors or more. The last three columns are rules by which a world holds: no "
    "figure is too low; none is too low or too high; the means of all four families lie within 93-97 %."
)
OFF = (
    "In brackets: how far the estimates lie off on average, in half-widths of the interval, where they lie off most "
    "(of all metrics, pairs or drivers). What is off by 0.5 half-widths at n = 1,000 is off by more than one at 5,000: "
    "bias does not shrink, intervals do."
)
REASONS = {
    "tails": (
        "a model of ratings is wrong in the tails first, and `drivers` has two to choose from, by fit. Where neither "
        "is right, or the answers are too few to choose by, it misses a little of how a *rare* answer goes with its "
        "causes."
    ),
    "near 0": (
        "R² of a metric that hardly predicts (r of about .1, of renewal): its interval reaches 0 and is wider than "
        "need be, on the safe side."
    ),
    "nonresponse": (
        "those served badly or very well answer more often than the others, and the truth is of all customers: levels, "
        "correlations and what is attributable are those of other people, and no formula sees it. With weights that "
        "undo it the intervals hold: see *weights* below."
    ),
    "unexplained": "no reason is known; of so many figures some lie outside by chance.",
}
BIASED = ("nonresponse",)
TEACHES = {
    "effort_wins": "effort alone carries loyalty",
    "satisfaction_wins": "satisfaction carries most",
    "recommendation_wins": "recommendation carries most",
    "tie": "one feeling, three questions equal in r",
    "reliability_artifact": "one feeling; satisfaction is asked with less noise",
    "halo": "recommendation and repurchase share a mood",
    "reverse_cause": "earlier loyalty makes contacts feel hard",
    "asymmetric": "beyond a point ease adds no loyalty",
    "confounded": "complexity brings frictions, effort and disloyalty",
    "culture": "three habits of using a scale",
    "nonresponse": "who answers depends on the contact",
    "gamed": "some best answers are favours",
    "tie, latent": "one feeling, three questions of equal reliability",
    "tie, scores": "one feeling, official scores equal in r",
}
WORLDS = (
    "True correlation of each metric's answers with repurchase intent. A winner is ahead of both others by more than "
    "{rope}, the smallest difference that `compare` takes to matter."
)
VERDICTS = (
    "Per cent of surveys, region of practical equivalence ±{rope}. *False* is a winner where there is none, or the "
    "wrong one. The truth is that of the answers: in `reliability_artifact` and `halo` the metric named does predict "
    "the answers better, which says nothing of the feelings."
)
PLANNED = (
    "**Missed winners.** `effort_wins`, to be found in 95 %: by the formula of `power.contest` for normal answers {n} "
    "answers."
)
PLANNED_RATINGS = "With `rating_effect={effect}` {n} answers."
RANKS = (
    "Per cent of surveys in which the driver of effort with the largest true Shapley share of R² comes first, and in "
    "which all six stand in the right order. *Points*: error of the percentage points of hard contacts attributed to a "
    "driver, over the drivers that have a reference; typical is the root mean square."
)
PLANS = "Coverage as above, by family. An ignored design is a mistake made on purpose: it shows what the design is for."
LOGIT = (
    'plain surveys, drivers with `model="cumulative"` whatever fits: logistic errors, where those of these worlds are '
    "normal"
)
SMALL = "The same at n = 50, where nothing is promised."
MEDIATION = (
    "Coverage of the total effect of each friction on repurchase, through effort and past it, against the causal "
    "effect in the world; {draws} bootstrap draws, few surveys: simulation error about {error:.0f} points, less as six "
    "frictions are added up."
)
NOT_MEASURED = (
    "direct and indirect effects: the worlds have a truth of the total only (docs/driver_doubts.md measures the split "
    "in other worlds)",
    "models other than the cumulative logit and probit of effort 1-7, and interactions",
    "cross-validated accuracies (docs/calibration.md), `multiverse`, textbook tests",
    "clusters of unequal size or fewer than 30; strata; finite populations",
    "answers missing for a reason other than in `nonresponse`",
    "worlds that are not like these: normal feelings, straight lines, frictions that add up",
)


def reason(world: str, family: str, name: str, narrow: bool) -> str:
    """Return which of the reasons it is that a figure fails: of a world, family, interval, too low or too high."""
    if world in BIASED:
        return "nonresponse"
    if family == "effect" and narrow and world != "confounded":
        return "tails"
    return "near 0" if name.endswith("r2_score") and not narrow else "unexplained"
