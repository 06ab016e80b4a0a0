"""Make `contact_survey_simulated.csv`: 2,000 simulated customers whose truth is known.

Nothing here was answered by anyone. The survey is a teaching world: it can show how a method behaves when the
truth is known, and it can never be evidence for or against a claim about real customers.

The world, for customer i
-------------------------
segment     consumer (80 % of customers, 50 % of the sample) or business (20 %, 50 %): weights 1.6 and 0.4
channel     phone 50 %, chat 30 %, email 20 %: changes nothing at all; a difference by channel is noise
complexity  of the issue, 1 to 5; business customers bring harder issues
transfers   Poisson, mean 0.60 * exp(0.45 z);  z is complexity, standardised among all customers
repeats     Poisson, mean 0.70 * exp(0.35 z)
channel_switches  Poisson, mean 0.35 * exp(0.25 z)
ease        = -0.45 transfers - 0.55 repeats - 0.25 channel_switches - 0.35 z + normal(0.85), standardised
satisfaction, recommendation, loyalty  latent, standard, built so that their correlations are `LATENT` below
Complexity is thus a confounder: it lengthens the contact (more transfers) and makes it harder by itself. It
is recorded without error, so holding it fixed recovers the effects above; leaving it out overstates them.

The contest's truth: satisfaction and recommendation are tied (correlation .52 with loyalty, both), effort
is a little behind (.45); each adds something to the other two. Effort is not the winner, and not useless.

What is recorded
----------------
ces         1 to 7, "made it easy", agreement: ease + error, reliability .70, cut at `CUTS`
csat        1 to 5: satisfaction + error, reliability .70
nps         0 to 10: recommendation + error, reliability .70
repurchase  1 to 7, intent: loyalty + error, reliability .80
renewed     1 renewed, 0 left (a year later, from the ledger): correlation .45 between loyalty and
            the inclination behind it; 80 % of the customers of this world renew
Answers are blank completely at random: ces 3 %, csat 2 %, nps 4 %, repurchase 6 %. The rest is from the
company's records and complete.

Run it
------
    python data/make_contact_survey.py           rewrites the CSV beside this script, the same bytes
    python data/make_contact_survey.py --truth   prints the population values quoted in README.md
    python data/make_contact_survey.py --drivers prints those of the drivers, exact sums
"""

from __future__ import annotations

import argparse
import io
import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr

SEED = 20_260_301
N_CUSTOMERS = 2_000
FILE = Path(__file__).with_name("contact_survey_simulated.csv")

SEGMENTS = ("consumer", "business")
SHARE = np.array([0.8, 0.2])  # of customers; the sample takes half from each
CHANNELS = ("phone", "chat", "email")
CHANNEL_SHARE = (0.5, 0.3, 0.2)
COMPLEXITY = np.array([[0.30, 0.30, 0.20, 0.13, 0.07], [0.10, 0.20, 0.28, 0.25, 0.17]])  # by segment

FRICTIONS = ("transfers", "repeats", "channel_switches")
BASE = np.array([0.60, 0.70, 0.35])
GROWTH = np.array([0.45, 0.35, 0.25])
HARM = np.array([0.45, 0.55, 0.25])
HARM_OF_COMPLEXITY, NOISE = 0.35, 0.85

NAMES = ("ease", "satisfaction", "recommendation", "loyalty")
LATENT = np.array(
    [
        [1.00, 0.60, 0.50, 0.45],
        [0.60, 1.00, 0.70, 0.52],
        [0.50, 0.70, 1.00, 0.52],
        [0.45, 0.52, 0.52, 1.00],
    ]
)
RELIABILITY = {"ces": 0.70, "csat": 0.70, "nps": 0.70, "repurchase": 0.80}
LOW = {"ces": 1, "csat": 1, "nps": 0, "repurchase": 1}
CUTS = {
    "ces": (-1.9, -1.4, -1.0, -0.6, 0.1, 0.9),
    "csat": (-1.8, -1.2, -0.5, 0.7),
    "nps": (-2.4, -2.1, -1.9, -1.7, -1.5, -1.1, -0.8, -0.3, 0.3, 0.8),
    "repurchase": (-1.8, -1.4, -1.0, -0.5, 0.1, 0.8),
}
MISSING = {"ces": 0.03, "csat": 0.02, "nps": 0.04, "repurchase": 0.06}
INTENT_TO_BEHAVIOUR = 0.45
RENEWAL_CUT = -0.8416212335729143  # the 20 % point of the standard normal

_POINTS = np.arange(1, 6)
_MIX = SHARE @ COMPLEXITY
_MEAN = _MIX @ _POINTS
_SD = np.sqrt(_MIX @ (_POINTS - _MEAN) ** 2)


def _z(complexity: np.ndarray) -> np.ndarray:
    """Complexity standardised among all customers."""
    return (complexity - _MEAN) / _SD


def _rates(z: np.ndarray) -> np.ndarray:
    """Mean number of each friction, shape (len(z), 3)."""
    return BASE * np.exp(np.outer(z, GROWTH))


def _ease_moments() -> tuple[float, float]:
    """Return mean and standard deviation of ease before standardising: exact sums over complexity."""
    z = _z(_POINTS)
    rates = _rates(z)
    level = -(rates @ HARM) - HARM_OF_COMPLEXITY * z
    mean = _MIX @ level
    variance = _MIX @ (rates @ HARM**2 + (level - mean) ** 2) + NOISE**2
    return float(mean), float(np.sqrt(variance))


def _latent(rng: np.random.Generator, ease: np.ndarray) -> np.ndarray:
    """Ease and the three latents that go with it, shape (n, 4), with correlations `LATENT`."""
    factor = np.linalg.cholesky(LATENT)
    free = np.column_stack([ease, rng.standard_normal((len(ease), 3))])
    return free @ factor.T


def simulate(
    rng: np.random.Generator, n: int, *, frictions: bool = True, missing: bool = True
) -> pd.DataFrame:
    """Draw `n` customers; `frictions=False` takes transfers, repeats and switches out of the world."""
    segment = rng.integers(0, 2, n)
    channel = rng.choice(3, n, p=CHANNEL_SHARE)
    complexity = 1 + (rng.random(n)[:, None] > np.cumsum(COMPLEXITY, axis=1)[segment]).sum(axis=1)
    z = _z(complexity)
    counts = rng.poisson(_rates(z)) * int(frictions)
    mean, sd = _ease_moments()
    ease = (-(counts @ HARM) - HARM_OF_COMPLEXITY * z + NOISE * rng.standard_normal(n) - mean) / sd
    latent = _latent(rng, ease)
    answers: dict[str, np.ndarray] = {}
    for column, item in enumerate(RELIABILITY):
        share = RELIABILITY[item]
        noisy = np.sqrt(share) * latent[:, column] + np.sqrt(1 - share) * rng.standard_normal(n)
        answers[item] = (LOW[item] + np.searchsorted(CUTS[item], noisy)).astype(float)
        blank = rng.random(n) < MISSING[item]
        answers[item][blank & missing] = np.nan
    inclination = INTENT_TO_BEHAVIOUR * latent[:, 3]
    inclination += np.sqrt(1 - INTENT_TO_BEHAVIOUR**2) * rng.standard_normal(n)
    return pd.DataFrame(
        {
            "customer_id": np.arange(1, n + 1),
            **answers,
            "renewed": (inclination > RENEWAL_CUT).astype(int),
            **dict(zip(FRICTIONS, counts.T, strict=True)),
            "complexity": complexity,
            "segment": np.array(SEGMENTS)[segment],
            "channel": np.array(CHANNELS)[channel],
            "weight": (SHARE / 0.5)[segment],
        }
    )


def as_csv(survey: pd.DataFrame) -> bytes:
    """Return the survey as CSV bytes: whole numbers without a point, blanks for missing answers."""
    whole = survey.astype(dict.fromkeys(RELIABILITY, "Int64"))
    text = io.StringIO()
    whole.to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode("ascii")


def _associations(survey: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Weighted Pearson and Spearman correlation of each metric with the outcome."""
    rows = []
    for metric in ("ces", "csat", "nps"):
        table = survey.pivot_table("weight", metric, outcome, aggfunc="sum", fill_value=0.0)
        share = table.to_numpy() / table.to_numpy().sum()
        values = table.index.to_numpy(float), table.columns.to_numpy(float)
        ranks = [np.cumsum(p) - p / 2 for p in (share.sum(axis=1), share.sum(axis=0))]
        rows.append([metric, outcome, _correlation(share, *values), _correlation(share, *ranks)])
    return pd.DataFrame(rows, columns=["metric", "outcome", "pearson", "spearman"])


def _correlation(share: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """Correlation of two discrete variables from their joint shares."""
    x = x - share.sum(axis=1) @ x
    y = y - share.sum(axis=0) @ y
    return float(x @ share @ y / np.sqrt((share.sum(axis=1) @ x**2) * (share.sum(axis=0) @ y**2)))


def _least_squares(survey: pd.DataFrame, *columns: str) -> np.ndarray:
    """Weighted least-squares slopes of ces on the columns."""
    root = np.sqrt(survey["weight"].to_numpy())
    design = np.column_stack([np.ones(len(survey)), survey[list(columns)].to_numpy(float)])
    return np.linalg.lstsq(design * root[:, None], survey["ces"].to_numpy() * root, rcond=None)[0][1:]


def truth(n: int = 4_000_000) -> str:
    """Describe the world from `n` draws without missing answers; Monte Carlo error is below 0.001."""
    survey = simulate(np.random.default_rng(SEED + 1), n, missing=False)
    calm = simulate(np.random.default_rng(SEED + 1), n, frictions=False, missing=False)
    weight = survey["weight"]

    def mean(x: pd.Series) -> float:
        return float(np.average(x, weights=weight))

    contest = pd.concat([_associations(survey, outcome) for outcome in ("repurchase", "renewed")])
    nps = 100 * (mean(survey["nps"] >= 9) - mean(survey["nps"] <= 6))
    crude = _least_squares(survey, "transfers")[0]
    held = _least_squares(survey, *FRICTIONS, "complexity")[0]
    return "\n".join(
        [
            contest.round(3).to_string(index=False),
            f"NPS {nps:.1f}; CSAT top-2 {100 * mean(survey['csat'] >= 4):.1f} %; "
            f"CES >= 5 {100 * mean(survey['ces'] >= 5):.1f} %; renewed {100 * mean(survey['renewed']):.1f} %",
            f"mean ces {mean(survey['ces']):.3f}; without any friction {mean(calm['ces']):.3f}",
            f"ces points per transfer: {crude:.3f} crude; {held:.3f} other frictions and complexity held",
        ]
    )


# The drivers' truth: frictions are set in the equation for ease, all else as it comes. Sums over every complexity
# and every count of each friction that occurs; answers by the normal distribution. No draws, no model fitted.

MOST = (15, 15, 12)  # counts that less than one customer in 10^9 reaches
BAD_CES = 3  # answers 1 to 3 are adverse
STEP = 1e-4  # of a friction, for slopes
SPREAD = NOISE / _ease_moments()[1]  # of ease among customers alike in complexity and frictions


def _states() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return share, z and counts of the frictions of every kind of customer."""
    z, rates = _z(_POINTS), _rates(_z(_POINTS))
    counts = np.array(list(itertools.product(*(range(most) for most in MOST))))
    factorials = np.cumprod([1.0, *range(1, max(MOST))])[counts]
    chances = np.prod(np.exp(-rates)[:, None] * rates[:, None] ** counts / factorials, axis=2)
    share = (_MIX[:, None] * chances).ravel()
    return share, np.repeat(z, len(counts)), np.tile(counts, (len(z), 1)).astype(float)


def _level(z: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return expected ease, in standard deviations of all customers."""
    mean, sd = _ease_moments()
    return (-(counts @ HARM) - HARM_OF_COMPLEXITY * z - mean) / sd


def _above(item: str, level: np.ndarray, spread: float) -> np.ndarray:
    """Chance of an answer above each cut, ease being normal about `level` with standard deviation `spread`."""
    tie = LATENT[0, list(RELIABILITY).index(item)]
    share = RELIABILITY[item]
    variance = 1 - share + share * (1 - tie**2 + (tie * spread) ** 2)
    return ndtr((math.sqrt(share) * tie * level[:, None] - np.array(CUTS[item])) / math.sqrt(variance))


def _expected(item: str, level: np.ndarray, spread: float) -> np.ndarray:
    return LOW[item] + _above(item, level, spread).sum(axis=1)


def _given_answers(level: np.ndarray, spread: float) -> np.ndarray:
    """Expected repurchase of those at `level` who gave each answer to ces, shape (U, 7)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    loyal = np.zeros((len(level), len(CUTS["ces"]) + 1))
    given = np.full_like(loyal, 1e-300)
    for node, weight in zip(nodes, weights, strict=True):
        ease = level + spread * node
        answer = weight * _answers(ease, 0.0)
        given += answer
        loyal += answer * _expected("repurchase", ease, 0.0)[:, None]
    return loyal / given


def _answers(level: np.ndarray, spread: float) -> np.ndarray:
    """Chance of each answer to ces, shape (U, 7)."""
    return -np.diff(_above("ces", level, spread), axis=1, prepend=1.0, append=0.0)


def _shapley(
    share: np.ndarray, z: np.ndarray, counts: np.ndarray, ces: np.ndarray, variance: float
) -> np.ndarray:
    """Shares of the variance of ces, complexity in every model: averages over the six orders of entry."""
    X = np.column_stack([z, counts])
    centred = X - share @ X
    covariance, tie = (centred * share[:, None]).T @ centred, centred.T @ (share * (ces - share @ ces))

    def explained(columns: list[int]) -> float:
        return (
            float(tie[columns] @ np.linalg.solve(covariance[np.ix_(columns, columns)], tie[columns]))
            / variance
        )

    found = np.zeros(len(FRICTIONS))
    orders = list(itertools.permutations(range(1, 1 + len(FRICTIONS))))
    for order in orders:
        for place, column in enumerate(order):
            before = [0, *order[:place]]
            found[column - 1] += (explained([*before, column]) - explained(before)) / len(orders)
    return found


def _mean(share: np.ndarray, level: np.ndarray) -> float:
    return float(share @ _expected("ces", level, SPREAD))


def _adverse(share: np.ndarray, level: np.ndarray) -> float:
    return 100 * float(share @ (1 - _above("ces", level, SPREAD)[:, BAD_CES - 1]))


def _gone(share: np.ndarray, level: np.ndarray, without: np.ndarray) -> list[tuple[str, float]]:
    """Return what is gone at the levels `without`."""
    bad, left = _adverse(share, level), _adverse(share, without)
    gained = _mean(share, without) - _mean(share, level)
    return [
        ("attributable_share", 1 - left / bad), ("attributable_points", bad - left), ("attributable_mean", gained),
    ]  # fmt: skip


def _slopes(
    share: np.ndarray, ahead: np.ndarray, back: np.ndarray, loyal: np.ndarray
) -> list[tuple[str, float]]:
    """Return slopes per one more friction; `loyal` is expected repurchase by answer to ces."""
    found = {
        "effect_mean": [_mean(share, at) for at in (ahead, back)],
        "effect_adverse": [_adverse(share, at) for at in (ahead, back)],
        "loyalty_total": [float(share @ _expected("repurchase", at, SPREAD)) for at in (ahead, back)],
        "loyalty_through_ces": [
            float(share @ (loyal * _answers(at, SPREAD)).sum(axis=1)) for at in (ahead, back)
        ],
    }
    return [(name, (more - less) / (2 * STEP)) for name, (more, less) in found.items()]


def _importance(share: np.ndarray, z: np.ndarray, counts: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the shares of the variance of ces."""
    above = _above("ces", level, SPREAD)
    points = np.arange(1, above.shape[1] + 1)
    variance = float(share @ (above @ (2 * points + 1) + 1)) - _mean(share, level) ** 2
    return _shapley(share, z, counts, _expected("ces", level, SPREAD), variance)


def driver_truth() -> pd.DataFrame:
    """Return what the frictions do in this world, by intervention: columns driver, measure, truth.

    Measures are those of `cxresearch.drivers` for ces: slopes per one more friction in points of ces
    (``effect_mean``) and percentage points of answers 1 to 3 (``effect_adverse``), what is gone with the friction at
    0; ``loyalty_total`` is the slope of repurchase intent, all of it through ease, ``loyalty_through_ces`` what of it
    the recorded answer carries (a rough and noisy record of ease). ``all`` sets every friction to 0.
    """
    share, z, counts = _states()
    level = _level(z, counts)
    loyal, importance = _given_answers(level, SPREAD), _importance(share, z, counts, level)
    rows = [("", "mean", _mean(share, level)), ("", "adverse", _adverse(share, level))]
    for place, name in enumerate(FRICTIONS):
        one = np.eye(len(FRICTIONS))[place]
        met = float(share @ (counts[:, place] > 0))
        gone = dict(_gone(share, level, _level(z, counts * (1 - one))))
        slopes = _slopes(share, _level(z, counts + STEP * one), _level(z, counts - STEP * one), loyal)
        found = dict(slopes[:2]) | {"prevalence": met} | gone
        found |= {f"affected_{part}": gone[f"attributable_{part}"] / met for part in ("mean", "points")}
        found |= {"shapley_r2": importance[place]} | dict(slopes[2:])
        rows += [(name, measure, value) for measure, value in found.items()]
    rows += [("all", *row) for row in _gone(share, level, _level(z, 0 * counts))]
    return pd.DataFrame(rows, columns=["driver", "measure", "truth"])


def dose_truth(friction: str, most: int = 4) -> pd.DataFrame:
    """Return mean ces and percent of answers 1 to 3 with everybody at 0 to `most` of a friction."""
    share, z, counts = _states()
    rows = []
    for dose in range(most + 1):
        counts[:, FRICTIONS.index(friction)] = dose
        level = _level(z, counts)
        rows.append((str(dose), _mean(share, level), _adverse(share, level)))
    return pd.DataFrame(rows, columns=["value", "mean", "adverse"])


def main() -> None:
    """Write the survey, or print the truth."""
    parser = argparse.ArgumentParser(description="Make the simulated contact survey.")
    parser.add_argument("--truth", action="store_true", help="print the population values instead")
    parser.add_argument("--drivers", action="store_true", help="print what the frictions do instead")
    options = parser.parse_args()
    if options.truth:
        sys.stdout.write(truth() + "\n")
    elif options.drivers:
        table = driver_truth().pivot_table("truth", "measure", "driver", sort=False)
        sys.stdout.write(table.round(4).to_string(na_rep="") + "\n")
    else:
        FILE.write_bytes(as_csv(simulate(np.random.default_rng(SEED), N_CUSTOMERS)))


if __name__ == "__main__":
    main()
