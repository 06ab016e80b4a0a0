"""Measure how often intervals hold the truth, and verdicts are right, in the named worlds of `cxresearch.worlds`.

Surveys of each world are asked what the package answers (`benchmarks.coverage_worlds`); the truth is an integral over
all customers of the world. The page docs/calibration_worlds.md is written from the counts
(`benchmarks.across_worlds_page`). Each case is kept in build/across_worlds/, so that a run that was stopped goes on
where it was.

Run: python -m benchmarks.across_worlds [--seed 1] [--jobs 2] [--quick] [--page] [--only PART]
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import across_worlds_page, calibration_store, coverage
from benchmarks import coverage_worlds as asks
from benchmarks.calibration_store import ROOT, Store, fingerprint
from cxresearch import power, worlds
from cxresearch._driver_entry import enter
from cxresearch._power_metrics import SEEN_EFFECTS
from cxresearch.errors import SurveyError

STORE = ROOT / "build" / "across_worlds"
PAGE = ROOT / "docs" / "calibration_worlds.md"
WORLDS = ("_world.py", "_world_answers.py", "_world_checks.py", "_world_customers.py", "_world_known.py",
          "_world_model.py", "_world_truth.py", "worlds.py")  # fmt: skip
BOTH = (*WORLDS, "survey/cells.py", "stats/designs.py", "stats/estimates.py", "stats/ordinal.py",
        "stats/_links.py", "stats/regression.py", "stats/resampling.py")  # fmt: skip
CODE = {  # what the counts of each kind of case depend on
    "survey": (*BOTH, "_contest*.py", "_accuracy.py", "verdict.py", "_score_fits.py", "stats/association.py",
               "stats/crossval.py", "stats/intervals.py", "stats/shares.py"),
    "drivers": (*BOTH, "_driver_design.py", "_driver_effects.py", "_driver_entry.py", "_driver_importance.py",
                "_driver_paths.py", "_driver_scenarios.py", "stats/responses.py", "stats/standardisation.py",
                "stats/importance*.py", "stats/_importance*.py", "stats/mediation.py"),
}  # fmt: skip
CODE |= {"verdict": CODE["survey"], "mediation": CODE["drivers"], "logit": CODE["drivers"]}
SIZES = (200, 1_000, 5_000)
MOST = 1_000  # samples where a verdict is promised
PARTS = {  # samples of a part, and parts: all cases have a first part before any has a second
    "survey": (200, 5), "drivers": (100, 3), "verdict": (200, 2), "variant": (150, 2), "driver variant": (100, 2),
    "logit": (100, 3),
    "small": (150, 2), "mediation": (30, 3), "large": (100, 2),
}  # fmt: skip
NTH = 2  # scores and the verdict are looked at in every second survey: they cost as much as all the rest
EFFECTS = (
    1.0,
    1.25,
    SEEN_EFFECTS[1],
)  # of ratings on the answers needed: none, a fair guess, the largest measured
WANTED = 0.975  # power against each of two rivals, so that both are beaten in 95 %
OTHER_TIES = ("tie, latent", "tie, scores")
TIES = ("tie", *OTHER_TIES)
NONE = [0.0] * 7  # counts of an interval that a part never had
QUICK = 20  # times fewer samples


@dataclass(frozen=True)
class Case(calibration_store.Case):
    """Samples of one world, asked by one plan, and one kind of question.

    Attributes
    ----------
    world : str
        Of `coverage_worlds.named`.
    plan : str
        Of `coverage_worlds.PLANS`.
    part : int
        Of the samples of one question, counted from 0.
    """

    world: str
    plan: str = "plain"
    part: int = 0

    @property
    def slug(self) -> str:
        """Name of the file."""
        return f"{super().slug}-part-{self.part}" if self.part else super().slug

    @classmethod
    def of(cls, kind: str, world: str, n: int, samples: int, plan: str = "plain", part: int = 0) -> Case:
        """Return a case with its title."""
        return cls(kind, world if plan == "plain" else f"{world}, {plan}", n, samples, world, plan, part)


def cases() -> list[Case]:
    """Every case, the most important first."""
    promised = [(world, n) for world in TIES for n in (500, 5_000)]
    promised += [("effort_wins", needed("effort_wins", effect)) for effect in EFFECTS]
    out = [Case.of("verdict", world, n, MOST) for world, n in promised]
    for part in range(max(parts for _, parts in PARTS.values())):
        out += [
            Case.of(kind, world, n, PARTS[what][0], plan, part)
            for what, kind, n, names in questions()
            if part < PARTS[what][1]
            for plan, world in names
        ]
    return out


def questions() -> list[tuple[str, str, int, list[tuple[str, str]]]]:
    """Entry of `PARTS`, kind, n, and the plans and worlds of every question."""
    plain = [("plain", world) for world in worlds.NAMED]
    rest = [("plain", world) for world in OTHER_TIES]
    return [
        *(("survey", "survey", n, plain) for n in SIZES),
        *(("drivers", "drivers", n, plain) for n in SIZES),
        ("verdict", "verdict", 500, [one for one in plain if one[1] != "tie"]),
        ("variant", "survey", 1_000, survey_variants()),
        ("driver variant", "drivers", 1_000, driver_variants()),
        ("logit", "logit", 5_000, [("logit", world) for world in worlds.NAMED]),
        ("small", "survey", 50, plain),
        ("mediation", "mediation", 500, plain),
        ("large", "verdict", 20_000, [*plain, *rest]),
    ]


def survey_variants() -> list[tuple[str, str]]:
    """Plans and worlds in which scores and contests are asked otherwise."""
    both = {
        "weights": ("tie", "effort_wins", "culture", "nonresponse"),
        "weights ignored": ("tie", "effort_wins", "culture"),
        "30 teams": ("tie", "effort_wins", "halo"),
        "teams ignored": ("tie", "effort_wins", "halo"),
        "missing answers": ("tie", "effort_wins", "gamed"),
    }
    return [(plan, world) for plan, names in both.items() for world in names]


def driver_variants() -> list[tuple[str, str]]:
    """Plans and worlds in which drivers are asked otherwise."""
    both = {
        "weights": ("tie", "nonresponse"),
        "weights ignored": ("tie",),
        "30 teams": ("tie", "effort_wins"),
        "teams ignored": ("tie", "effort_wins"),
        "missing answers": ("tie", "effort_wins"),
        "complexity left out": ("tie", "confounded"),
    }
    return [(plan, world) for plan, names in both.items() for world in names]


def needed(world: str, effect: float) -> int:
    """Answers at which the formula of `cxresearch.power` finds the winner of a world in 95 % of surveys.

    `effect` is what it takes the variance of correlations of ratings to be, over that of normal answers.
    """
    true = truth_of(world)
    first, _ = asks.lead(true)
    each = []
    for rival in (name for name in asks.METRICS if name != first):
        pair = [name for name in asks.METRICS if name in (first, rival)]
        r = [true[f"{asks.INTENT} {name} pearson_r"] for name in (first, rival)]
        r_ab, rope = true[f"{pair[0]} {pair[1]} r"], coverage.PROTOCOL.rope
        plan = power.contest(*r, r_ab, power=WANTED, rope=rope, rating_effect=effect)
        named = plan.table[plan.table["quantity"].str.startswith("verdict: a is named")]
        each.append(int(named["n"].iloc[0]))
    return max(each)


def truth_of(world: str) -> dict[str, float]:
    """Truth of a world, kept in a file: the integrals take seconds."""
    made = asks.named(world)
    code = fingerprint(ROOT / "cxresearch" / name for name in WORLDS)
    mark = sha256(f"{made!r} {code}".encode()).hexdigest()[:12]
    path = STORE / f"truth-{world.replace(', ', '-')}-{mark}.json"
    if path.exists():
        found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
        return found
    found = asks.truth(made)
    STORE.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(found), encoding="utf-8")
    aside.replace(path)
    return found


def code_of(kind: str) -> str:
    """Digest of the code that the counts of a kind of case depend on."""
    paths = sorted({path for pattern in CODE[kind] for path in (ROOT / "cxresearch").glob(pattern)})
    here = Path(__file__).parent
    return fingerprint([*paths, here / "coverage.py", here / "coverage_worlds.py"])


def run(case: Case, seed: int) -> dict[str, Any]:
    """Count, in one case."""
    warnings.simplefilter("ignore")
    coverage.hasten()
    start = time.process_time()
    name = "plain" if case.kind == "logit" else case.plan  # asked in the same way, analysed otherwise
    kind = "drivers" if case.kind == "logit" else case.kind
    plan, tally = asks.PLANS[name], asks.Tally(truth_of(case.world))
    said: Counter[str] = Counter()
    seeds = np.random.SeedSequence([seed, zlib.crc32(case.slug.encode())]).generate_state(case.samples)
    for i, one in enumerate(seeds.tolist()):
        try:
            survey = asks.survey_of(case.world, name, case.n, one, kind)
            ASK[case.kind](survey, plan, tally, said, i)
        except SurveyError:  # refused, with the reason: one answer only, answers split without error
            said["refused"] += 1
    return {"counts": tally.plain(), "said": dict(said), "seconds": time.process_time() - start}


def _ask_survey(survey: Any, plan: asks.Plan, tally: asks.Tally, said: Counter[str], i: int) -> None:
    tally.add(asks.contests(asks.contest_of(survey, asks.INTENT)))
    if i % NTH == 0:
        _ask_verdict(survey, plan, tally, said, i)
        tally.add(asks.scores(survey))
        tally.add(asks.contests(asks.contest_of(survey, asks.RENEWAL)))


def _ask_verdict(survey: Any, _: asks.Plan, __: asks.Tally, said: Counter[str], i: int) -> None:
    made = coverage.verdict(asks.contest_of(survey, asks.INTENT), np.random.default_rng(i))
    said[made.winner or made.conclusion] += 1


def _ask_drivers(survey: Any, plan: asks.Plan, tally: asks.Tally, said: Counter[str], _: int) -> None:
    setting = asks.setting_of(survey, plan)
    rows, ranks = asks.importances(setting)
    tally.add([*asks.drivers(setting), *rows])
    said.update(asks.right_ranks(tally.truth, ranks))
    said["ranked"] += 1


def _ask_mediation(survey: Any, plan: asks.Plan, tally: asks.Tally, _: Counter[str], i: int) -> None:
    tally.add(asks.total_effects(survey, asks.setting_of(survey, plan), i))


def _ask_logit(survey: Any, _: asks.Plan, tally: asks.Tally, __: Counter[str], ___: int) -> None:
    tally.add(asks.drivers(enter(survey, asks.EFFORT, model="cumulative")))


ASK = {
    "logit": _ask_logit,
    "survey": _ask_survey,
    "verdict": _ask_verdict,
    "drivers": _ask_drivers,
    "mediation": _ask_mediation,
}


def merged(found: Iterable[tuple[Case, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Add up the parts of each case."""
    out: dict[tuple[str, str, int], dict[str, Any]] = {}
    for case, one in found:
        new = one | {"world": case.world, "plan": case.plan, "codes": {one["code"]}}
        old = out.get((case.kind, case.title, case.n))
        if old is not None:
            new["said"] = dict(Counter(old["said"]) + Counter(one["said"]))
            new["codes"] |= old["codes"]
            new |= {name: old[name] + one[name] for name in ("samples", "seconds")}
            counts = old["counts"], one["counts"]
            new["counts"] = {
                key: [x + y for x, y in zip(*(part.get(key, NONE) for part in counts), strict=True)]
                for key in counts[0] | counts[1]
            }
        out[case.kind, case.title, case.n] = new
    return list(out.values())


def main() -> None:
    """Simulate, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK} times fewer samples; prints, writes no page"
    )
    parser.add_argument(
        "--page", action="store_true", help="write the page from cases run before, by any code"
    )
    parser.add_argument("--only", default="", help="part of a case's kind and title; prints, writes no page")
    options = parser.parse_args()
    every = cases()
    if options.quick:
        every = [replace(case, samples=max(case.samples // QUICK, 4)) for case in every if not case.part]
    wanted = [case for case in every if options.only in f"{case.kind}: {case.title}, n = {case.n}"]
    folder = STORE / "quick" if options.quick else STORE
    store = Store(folder, options.seed, {kind: code_of(kind) for kind in ASK})
    if not options.page:
        store.work([case for case in wanted if store.kept(case) is None], run, options.jobs)
    found = [(case, one) for case in wanted if (one := store.kept(case, options.page)) is not None]
    results = merged(found)
    truths = {world: truth_of(world) for world in (*worlds.NAMED, *OTHER_TIES)}
    about = {"seed": options.seed, "jobs": options.jobs, "code": store.code}
    about |= {
        "done": len(found),
        "total": len(every),
        "needed": {needed("effort_wins", effect): effect for effect in EFFECTS},
    }
    text = across_worlds_page.page(results, truths, about)
    if options.quick or options.only:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}: {len(found)} of {len(every)} parts")


if __name__ == "__main__":
    main()
