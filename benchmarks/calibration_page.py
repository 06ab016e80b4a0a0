"""docs/calibration.md, from the counts of `benchmarks.calibration`."""

from __future__ import annotations

import math
import platform
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from benchmarks.coverage import RIVAL_DRAWS, TRAINED

Result = Mapping[str, Any]
LOW, HIGH = 93.0, 97.0  # percent: where coverage should lie
FALSE = 5.0  # percent: most false winners

# what a section is called, the kind of case, and its columns: the default intervals, then what is shown beside them
SECTIONS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "Accuracy in the sample": (
        "correlated",
        ("pearson_r", "spearman_r", "somers_d", "auc_score", "r2_score", "official pearson_r"),
        (),
    ),
    "Differences of two metrics": (
        "correlated",
        tuple(f"difference of {name}" for name in ("pearson_r", "spearman_r", "somers_d", "auc_score")),
        (),
    ),
    "Ratios, banding and reliability": (
        "correlated",
        ("ratio of r", "ratio of r2", "ratio of 2auc-1", "banding", "disattenuated_r", "break_even"),
        (),
    ),
    "Fitted models": (
        "fitted",
        ("log_score", "difference of log_score", "ratio of log_likelihood", "efron_r2_score", "official efron_r2_score",
         "coefficient, alone", "coefficient, joint"),
        (),
    ),
    "Cross-validated R²": (
        "held_out",
        ("cv_r2_score", "official cv_r2_score", "difference of cv_r2_score", f"{TRAINED}levels cv_r2_score"),
        (f"{TRAINED}cv_r2_score", f"{TRAINED}difference of cv_r2_score", "levels cv_r2_score",
         "Nadeau-Bengio difference of cv_r2_score"),
    ),
    "Cross-validated log-likelihood": (
        "held_out",
        (f"{TRAINED}cv_log_score", f"{TRAINED}difference of cv_log_score"),
        ("cv_log_score", "difference of cv_log_score", "Nadeau-Bengio difference of cv_log_score"),
    ),
    "What each metric adds to the others": (
        "joint",
        ("incremental_r2", "shapley_r2", "shapley_share", "standardised_coefficient"),
        (),
    ),
    "Rivals for a difference of correlations": (
        "rivals",
        ("difference of pearson_r",),
        ("Zou", "percentile bootstrap"),
    ),
}  # fmt: skip
WORDS = {
    "Accuracy in the sample": "`auc_score` is for binary outcomes.",
    "Ratios, banding and reliability": (
        "Ratios are Fieller's; where the denominator is not clearly above 0 the interval is unbounded and holds the "
        "truth trivially. `banding` is R² of the official score less R² of the answers. Reliabilities are taken as "
        "known. `break_even` is the squared ratio of the metric ahead *in the sample* to the other: the interval of "
        "the ratio of r², turned to that order."
    ),
    "Fitted models": "Where outcomes are separated there is no interval (share in brackets); the rest is judged.",
    "Cross-validated R²": (
        "The truth of `cv_r2_score` is R² of the best rule of its kind, fitted to everybody; that of the `levels` "
        "coding is R² expected of the rule trained on nine tenths of n (*9/10*), because a mean for each answer is "
        "far from the best rule when n is small. The other of the two stands to the right, and so does Nadeau and "
        "Bengio's corrected resampled t for the difference (the default until its width was measured)."
    ),
    "Cross-validated log-likelihood": (
        "The truth is the gain expected of the rule trained on nine tenths of n (*9/10*); to the right the gain of the "
        "best rule, fitted to everybody, and Nadeau and Bengio's interval of the difference (for the best rule)."
    ),
    "Rivals for a difference of correlations": (
        f"Zou's closed form (normal answers) and the percentile bootstrap ({RIVAL_DRAWS:,} draws) on the same samples."
    ),
}
UNCALIBRATED = (
    "fewer than 50 rows, other levels than 95 %, more than three metrics, links other than logit",
    "stratified samples and finite populations (their variances are checked against R, not their coverage)",
    "clusters of unequal size, and fewer than 30 of them",
    "`multiverse` (its intervals are those of `compare`, each specification by itself, not jointly)",
    "the probabilities `p_a_better`, `p_same`, `p_b_better` as probabilities, and `p_first`, which has no interval",
    "R² and log-likelihood gain of the joint model held out, and the banding loss held out",
    "`n_needed`, the rows a verdict says would settle it",
    "reliabilities that are themselves estimated (alpha): the disattenuated r takes them as known, so its interval "
    "is too narrow then",
    "answers that are missing for a reason, and indices of several items",
)


@dataclass(frozen=True)
class Cell:
    """Coverage of one kind of interval in one case, in percent, over all metrics (or pairs)."""

    name: str
    case: str
    samples: int
    coverage: float
    worst: float
    undefined: float
    width: float

    @property
    def error(self) -> float:
        """Simulation error; the intervals of one sample's metrics count as one, which overstates it."""
        share = min(max(self.coverage / 100, 0.005), 0.995)
        return 100 * math.sqrt(share * (1 - share) / (self.samples * (1 - self.undefined / 100)))

    @property
    def outside(self) -> float:
        """Points outside of what is asked for."""
        return max(LOW - self.coverage, self.coverage - HIGH, 0.0)

    @property
    def text(self) -> str:
        """Coverage, bold outside 93-97 %, with ~ where two simulation errors could explain that."""
        shown = f"{self.coverage:.1f}"
        if self.outside:
            shown = f"**{shown}**" + ("~" if self.outside < 2 * self.error else "")
        return shown + (f" ({self.undefined:.0f} % none)" if self.undefined >= 0.5 else "")


def cell(result: Result, name: str) -> Cell | None:
    """Add up one kind of interval over metrics."""
    parts = [count for key, count in result["counts"].items() if key.split("|")[0] == name]
    if not parts:
        return None
    tried, above, below, undefined, width = (sum(column) for column in zip(*parts, strict=True))
    if tried == undefined:
        return None
    covered = 100 * (1 - (above + below) / (tried - undefined))
    # what is rarely there (a break-even in the order that is rarely found) is not judged by itself
    single = [
        100 * (1 - (p[1] + p[2]) / (p[0] - p[3])) for p in parts if p[0] - p[3] >= 0.5 * result["samples"]
    ]
    farthest = max(single or [covered], key=lambda value: abs(value - 95))
    case = f"{result['title']}, n = {result['n']:,}"
    none = 100 * undefined / tried
    return Cell(name, case, result["samples"], covered, farthest, none, width / (tried - undefined))


def judged(results: Sequence[Result]) -> list[Cell]:
    """Every default interval in every case."""
    found = []
    for title, (kind, names, _) in SECTIONS.items():
        if title.startswith("Rivals"):
            continue  # judged among the differences already
        for result in results:
            if result["kind"] == kind:
                found += [one for name in names if (one := cell(result, name)) is not None]
    return found


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _header(name: str) -> str:
    return f"{name.removeprefix(TRAINED)} (9/10)" if name.startswith(TRAINED) else name


def _section(title: str, results: Sequence[Result]) -> Iterator[str]:
    kind, names, beside = SECTIONS[title]
    chosen = [result for result in results if result["kind"] == kind]
    shown = [name for name in (*names, *beside) if any(cell(result, name) for result in chosen)]
    if not shown:
        return
    rows = []
    for result in chosen:
        found = [cell(result, name) for name in shown]
        if any(found):
            texts = [one.text if one else "" for one in found]
            rows.append([result["title"], f"{result['n']:,}", f"{result['samples']:,}", *texts])
    yield f"## {title}"
    if title in WORDS:
        yield WORDS[title]
    yield _table(["case", "n", "samples", *map(_header, shown)], rows)


def _verdicts(results: Sequence[Result]) -> Iterator[str]:
    rows = []
    for result in results:
        if result["kind"] == "verdict":
            share = _shares(result)
            right, wrong = share.pop("right"), share.pop("wrong")
            tie = not result["title"].startswith("different")
            first = "" if tie else f"{right:.1f}"
            false = f"**{wrong:.1f}**" if wrong > FALSE else f"{wrong:.1f}"
            rest = [f"{share[name]:.1f}" for name in ("no practical difference", "not enough data")]
            rows.append([result["title"], f"{result['n']:,}", f"{result['samples']:,}", first, false, *rest])
    if rows:
        yield "## The verdict"
        yield (
            "Per cent of samples, region of practical equivalence ±.03. *False* is a winner named where the truth is "
            "a tie or the lead is no more than .03 (edge), or the wrong winner. In *tie of three* attitudes tie but "
            "5, 7 and 11 answer points give r = .62, .64, .64. In `close` the leads in r are .032 and .029, "
            "at the region's edge, so any winner counts as false. For a binary outcome the verdict rests on Somers' D."
        )
        head = [
            "case",
            "n",
            "samples",
            "right winner",
            "false winner",
            "no practical difference",
            "not enough data",
        ]
        yield _table(head, rows)


def _shares(result: Result) -> dict[str, float]:
    """Per cent of each conclusion; where there is a true winner it is the metric `a`."""
    share = {name: 100 * count / result["samples"] for name, count in result["counts"].items()}
    right = share.get("a", 0.0) if result["title"].startswith("different") else 0.0
    return {
        "right": right,
        "wrong": sum(share.get(name, 0.0) for name in "abc") - right,
        "no practical difference": share.get("no practical difference", 0.0),
        "not enough data": share.get("not enough data", 0.0),
    }


def _summary(cells: Sequence[Cell]) -> str:
    by_name: dict[str, list[Cell]] = defaultdict(list)
    for one in cells:
        by_name[one.name].append(one)
    rows = []
    for name, found in by_name.items():
        values = [one.coverage for one in found]
        single = [one.worst for one in found]
        rows.append([
            _header(name), str(len(found)), f"{sum(values) / len(values):.1f}", f"{min(values):.1f}",
            f"{max(values):.1f}", str(sum(one.outside > 0 for one in found)),
            str(sum(one.outside >= 2 * one.error for one in found)), f"{min(single):.1f} to {max(single):.1f}",
        ])  # fmt: skip
    head = [
        "interval",
        "cases",
        "mean",
        "lowest",
        "highest",
        "outside 93-97",
        "beyond noise",
        "single metric or pair",
    ]
    return _table(head, rows)


def _failures(cells: Sequence[Cell]) -> str:
    bad = sorted((one for one in cells if one.outside), key=lambda one: -one.outside)
    lines = []
    for one in bad:
        sure = "" if one.outside >= 2 * one.error else " (could be simulation noise)"
        lines.append(f"- `{_header(one.name)}`, {one.case}: {one.coverage:.1f} % ± {one.error:.1f}{sure}")
    return "\n".join(lines) or "None."


def _reading(cells: Sequence[Cell], results: Sequence[Result]) -> str:
    inside = sum(not one.outside for one in cells)
    sure = [one for one in cells if one.outside >= 2 * one.error]
    few, many = [one for one in sure if one.coverage < LOW], [one for one in sure if one.coverage > HIGH]
    false = [_shares(result)["wrong"] for result in results if result["kind"] == "verdict"]
    lines = [
        f"- {inside} of {len(cells)} combinations of a default interval and a case lie within 93-97 %.",
        f"- {len(few)} lie below 93 % by more than simulation error{_named(few)}.",
        f"- {len(many)} lie above 97 % by more than simulation error (wider than need be){_named(many)}.",
    ]
    if false:
        lines.append(
            f"- The verdict named a false or wrong winner in at most {max(false):.1f} % of samples of any case "
            f"(limit {FALSE:g} %)."
        )
    return "\n".join(lines)


def _named(cells: Sequence[Cell]) -> str:
    names = list(dict.fromkeys(f"`{_header(one.name)}`" for one in cells))
    return f": {', '.join(names)}" if names else ""


def not_run(cases: Sequence[Any]) -> str:
    """List the cases that the page lacks."""
    if not cases:
        return ""
    listed = "\n".join(f"- {case.kind}: {case.title}, n = {case.n:,}" for case in cases)
    return f"\n## Cases not run yet\n\nThe command goes on with them.\n\n{listed}\n"


def _code(results: Sequence[Result], now: Mapping[str, str]) -> str:
    """Say so where the code has changed since."""
    before = sorted({result["kind"] for result in results if result["code"] != now[result["kind"]]})
    if not before:
        return f", code {'/'.join(sorted(set(now.values())))}"
    return f"; the code that these kinds of case ran on has been edited since: {', '.join(before)}"


def page(results: Sequence[Result], total: int, seed: int, jobs: int, code: Mapping[str, str]) -> str:
    """Text of docs/calibration.md."""
    cells = judged(results)
    minutes = sum(result["seconds"] for result in results) / jobs / 60
    text = [
        "# Calibration of `compare`",
        f"Made by `python -m benchmarks.calibration --seed {seed} --jobs {jobs}` with cxresearch "
        f"{version('cxresearch')}, numpy {version('numpy')}, scipy {version('scipy')}, Python "
        f"{platform.python_version()}: {len(results)} of {total} cases, {minutes:.0f} minutes in {jobs} process"
        f"{'es' * (jobs != 1)}{_code(results, code)}. "
        "Per cent of nominal 95 % intervals that hold the truth. The truth is an integral over a latent normal model "
        "cut to top-heavy answers of 5, 7 and 11 points, never a large sample.",
        "## In plain words",
        _reading(cells, results),
        "**Bold** figures lie outside 93-97 %; a ~ after it says that two simulation errors could explain that. The "
        "simulation error of 95 % is 0.5 points for 2,000 samples, 0.7 for 1,000 and 1.1 for 400. A figure adds up "
        "the intervals of all metrics (or pairs) of a case; the last column of the summary gives the farthest of any "
        "single one.",
        *_verdicts(results),
        "## Summary",
        _summary(cells),
        "## Outside 93-97 %",
        _failures(cells),
        *(part for title in SECTIONS for part in _section(title, results)),
        "## Not calibrated",
        "\n".join(f"- {one}" for one in UNCALIBRATED),
        "## The cases",
        "Numbers in brackets are correlations of each metric's attitude with the outcome's; metrics *a*, *b*, *c* have "
        "5, 7 and 11 answer points, the outcome 7 unless said otherwise; unless said otherwise the attitudes are .85, "
        ".65, .5. `strong ceiling`: three in five give the best answer. Weights are the inverse of a response "
        "probability that depends on the attitudes: three values (.5, 1, 2), or lognormal with a standard deviation of "
        ".5 on the log scale. Clusters have equal size and a tenth of every attitude's variance.",
    ]
    return "\n\n".join(text) + "\n"
