"""Checks by definition: whether the stated formula gives the stated number, and whether its parts can hold together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxresearch._claims_findings import Answer, Check, matches
from cxresearch._claims_schema import Claim, Registry
from cxresearch.stats.intervals import Sample, adjusted_wald_net
from cxresearch.survey.scales import INSTRUMENTS, Mean, Net, Scale, Share

EXAMPLE = "S1-01"  # the one worked example of an NPS in the documents
_AT = {"promoters": 10, "neutrals": 8, "detractors": 3}  # an answer of each group, on 0-10


def ethics_stages(claim: Claim, _: Registry) -> Answer:
    """The stages make a scale, but those between the ends have no names."""
    stages = claim.figure("stages")
    scale = Scale(1, int(stages.value))
    unnamed = len(scale.points) - 2
    return Answer(
        "underdetermined", "range",
        f"{len(scale.points)} ordered stages can be scored 1 to {scale.high:g}, but only the first and the "
        "last are named, "
        f"so no company can be placed on the {unnamed} between.",
        estimate=len(scale.points), low=1, high=scale.high, unit="stages", published=stages,
        open=f"the names of the {unnamed} stages between the ends",
    )  # fmt: skip


def definitions_in_conflict(claim: Claim, registry: Registry) -> Answer:
    """Definitions that exclude one another: it depends which is meant."""
    others = [other for other in map(registry.__getitem__, claim.conflicts) if other.effect == "definition"]
    same = [other.id for other in others if other.document and other.document == claim.document]
    where = f", {', '.join(same)} in the same document" if same else ""
    said = "; ".join(f"{other.id}: {other.statement}" for other in others)
    return Answer(
        "depends" if others else "underdetermined", "reading",
        f"{len(others)} other definition{'s' * (len(others) != 1)} in the registry "
        f"exclude{'s' * (len(others) == 1)} this "
        f"one{where} ({said}).",
        estimate=len(others), unit="definitions",
        open="which of the definitions is meant" if others else "another definition to hold it against",
    )  # fmt: skip


def years_agree(claim: Claim, registry: Registry) -> Answer:
    """The year against the years that linked claims print."""
    [mine] = [figure for figure in claim.figures if figure.kind == "year"]
    printed = {
        other.id: [figure.value for figure in other.figures if figure.kind == "year" and figure.is_fact]
        for other in map(registry.__getitem__, (*claim.supports, *claim.conflicts))
    }
    seen = {name: years for name, years in printed.items() if years}
    if not seen:
        return Answer("underdetermined", "sources", "No other source prints a year.", open="a second source")
    agree = [name for name, years in seen.items() if mine.value in years]
    listed = "; ".join(
        f"{name} prints {', '.join(f'{year:.0f}' for year in years)}" for name, years in seen.items()
    )
    others, scale = _scales_agree(claim, registry)
    years = [year for each in seen.values() for year in each]
    return Answer(
        "reproduced" if agree and scale else "contradicted", "sources",
        f"The claim says {mine.value:.0f}; {listed}{others}.",
        estimate=min(years), low=min(years), high=max(years), unit="year", published=mine,
    )  # fmt: skip


def _scales_agree(claim: Claim, registry: Registry) -> tuple[str, bool]:
    """Which supporting claims print the ends of the same scale, and whether they agree; true where none is printed."""
    ends = {figure.name: figure.value for figure in claim.figures if figure.kind == "answer"}
    theirs = {
        other.id: {figure.name: figure.value for figure in other.figures if figure.name in ends}
        for other in map(registry.__getitem__, claim.supports)
    }
    printed = {name: values for name, values in theirs.items() if values}
    if not ends or not printed:
        return "", True
    same = [name for name, values in printed.items() if values == ends]
    scale = f"{ends['scale low']:g} to {ends['scale high']:g}"
    return f"; the scale {scale} is printed by {', '.join(same) or 'no other'}", bool(same)


def _example(registry: Registry) -> tuple[Mapping[str, float], Scale]:
    shares = {name: registry[EXAMPLE].value(name) for name in _AT}
    return shares, Scale(0, 10)


def _net(shares: Mapping[str, float], scorer: Net, at: Mapping[str, int] = _AT) -> float:
    """The score of shares in % that answered one point each."""
    scale = Scale(0, 10)
    answers = scorer.apply(np.array([float(at[name]) for name in shares]), scale)
    weights = np.array(list(shares.values()))
    return float(answers @ weights / weights.sum())


def net_score_example(claim: Claim, registry: Registry) -> Answer:
    """The document's own example, scored."""
    shares, _ = _example(registry)
    found, figure = _net(shares, Net(9, 6)), claim.figure("NPS")
    half = sum(claim.figure(name).half_unit for name in ("promoters", "detractors"))
    return Answer(
        matches(found, figure), "definition",
        f"{shares['promoters']:g} % promoters minus {shares['detractors']:g} % detractors is {found:g}; "
        "were the shares "
        f"rounded, anything from {found - half:g} to {found + half:g}. How many answered is not printed, so "
        "no interval.",
        estimate=found, low=found - half, high=found + half, unit="points", published=figure,
    )  # fmt: skip


def net_bands(claim: Claim, _: Registry) -> Answer:
    """Whether every answer of the printed scale falls into exactly one group, and every group on the scale."""
    has = {figure.name: figure.value for figure in claim.figures}
    points = Scale(has["scale low"], has["scale high"]).points
    low, high = has["detractors from"], has["detractors to"]
    impossible = [point for point in np.arange(low, high + 1) if point not in points]
    unplaced = [point for point in points if point < low]
    if impossible or unplaced:
        listed = ", ".join(f"{point:g}" for point in [*impossible, *unplaced])
        return Answer(
            "contradicted", "definition",
            f"Detractors are {low:g} to {high:g}, the scale is {points[0]:g} to {points[-1]:g}: {listed} "
            "cannot be given.",
            estimate=len(impossible) + len(unplaced), unit="answers", published=claim.figure("detractors from"),
        )  # fmt: skip
    scorer = Net(has.get("promoters from", 9), high)
    like = [
        known.title for known in INSTRUMENTS.values()
        if scorer in known.scorers and np.array_equal(known.scale.points, points)
    ]  # fmt: skip
    n_each = [int(np.sum(scorer.values(Scale(points[0], points[-1])) == value)) for value in (-100, 0, 100)]
    return Answer(
        "reproduced" if like and all(n_each) else "contradicted", "definition",
        f"Each of the {len(points)} answers from {points[0]:g} to {points[-1]:g} has one group: {n_each[0]} "
        "detractor, "
        f"{n_each[1]} passive and {n_each[2]} promoter answers ({', '.join(like)}).",
        estimate=len(points), unit="answers",
    )  # fmt: skip


def promoter_cut(claim: Claim, registry: Registry) -> Answer:
    """What moving the promoters' cut does to any set of answers."""
    before, after = (Net(claim.value(f"promoters from, {when}"), 6) for when in ("before", "after"))
    shares, scale = _example(registry)
    moved = scale.points[after.values(scale) != before.values(scale)]
    most = shares["neutrals"]
    return Answer(
        "depends", "reading",
        f"Only answers of {moved[0]:g} change sides, so the score rises by exactly the share who give "
        f"{moved[0]:g}: between "
        f"0 and {most:g} points in the document's example of {most:g} % neutrals.",
        low=0, high=most, unit="points", open=f"the share of customers who answer {moved[0]:g}",
    )  # fmt: skip


def worth_of_an_answer(claim: Claim, _: Registry) -> Answer:
    """What the answer counts under each cut."""
    answer, scale = claim.value("worthless"), Scale(0, 10)
    cuts = {cut: float(Net(cut, 6).apply(answer, scale)) for cut in (9, 8)}
    return Answer(
        "depends", "reading",
        f"An answer of {answer:g} counts {cuts[9]:g} where promoters begin at 9 and {cuts[8]:g} where they "
        "begin at 8.",
        low=min(cuts.values()), high=max(cuts.values()), unit="points", published=claim.figure("worthless"),
        open="from which answer a customer counts as a promoter",
    )  # fmt: skip


def comparable_scores(_claim: Claim, registry: Registry) -> Answer:
    """The same customers, scored by the cuts that other firms use."""
    shares, _ = _example(registry)
    official = _net(shares, Net(9, 6))
    lenient = _net(shares, Net(8, 6))
    return Answer(
        "depends", "reading",
        f"The same customers ({', '.join(f'{share:g} % {name}' for name, share in shares.items())}) score "
        f"{official:g} or, "
        f"were all neutrals 8s and promoters counted from 8, {lenient:g}.",
        estimate=official, low=official, high=lenient, unit="points",
        open="both firms asking on one scale, scoring by the same cuts and asking the same kind of customer",
    )  # fmt: skip


def score_by_invitation(_claim: Claim, registry: Registry) -> Answer:
    """What leaving detractors out of the invitations does to the score."""
    shares, _ = _example(registry)
    scores = [
        _net({**shares, "detractors": shares["detractors"] * kept}, Net(9, 6)) for kept in (1.0, 0.5, 0.0)
    ]
    return Answer(
        "depends", "reading",
        f"A score of {scores[0]:g} becomes {scores[1]:.1f} if half of the detractors are not invited and "
        f"{scores[2]:.1f} if "
        "none is: one metric can be moved without serving anybody better. Whether firms do so it cannot say.",
        estimate=scores[1], low=scores[0], high=scores[2], unit="points", open="who is invited",
    )  # fmt: skip


def mean_of_any_scale(_claim: Claim, _: Registry) -> Answer:
    """What one mean says on the scales it may come from."""
    scales = [Scale(1, 5), Scale(1, 7), Scale(0, 10)]
    mean = float(Mean().apply([3.0, 4.0, 5.0], scales[0]).mean())
    reached = [100 * (mean - scale.low) / (scale.high - scale.low) for scale in scales]
    listed = ", ".join(
        f"{at:.0f} % of the way on {scale.low:g}-{scale.high:g}"
        for at, scale in zip(reached, scales, strict=True)
    )
    return Answer(
        "depends", "reading", f"The mean can be taken on any scale, but a mean of {mean:g} is {listed}.",
        low=min(reached), high=max(reached), unit="%",
        open="the scale; a score as a mean needs its ends printed beside it",
    )  # fmt: skip


def stars(claim: Claim, _: Registry) -> Answer:
    """Five stars as a scale."""
    figure, known = claim.figure("stars"), INSTRUMENTS["stars5"]
    found = len(known.scale.points)
    return Answer(
        matches(found, figure), "definition",
        f"`{known.name}` has {found} answers, {known.scale.low:g} to {known.scale.high:g}, scored by their "
        "mean.",
        estimate=found, unit="answers", published=figure,
    )  # fmt: skip


def effort_versions(_claim: Claim, _: Registry) -> Answer:
    """Effort or ease: the two versions run in opposite directions."""
    first, second = INSTRUMENTS["ces1"].scale, INSTRUMENTS["ces2"].scale
    return Answer(
        "depends", "reading",
        f"CES 2.0 asks how easy it was ({second.low:g}-{second.high:g}, {second.good} is good); CES 1.0 "
        "asked how much effort "
        f"it took ({first.low:g}-{first.high:g}, {first.good} is good): the answer 1 is the worst of one "
        "and the best of the "
        "other.",
        open="the version of the question",
    )  # fmt: skip


def effort_scale(claim: Claim, _: Registry) -> Answer:
    """The printed ends against the known forms of the question."""
    ends = claim.value("scale low"), claim.value("scale high")
    like = [
        known
        for known in (INSTRUMENTS["ces1"], INSTRUMENTS["ces2"])
        if (known.scale.low, known.scale.high) == ends
    ]
    said = "; ".join(f"{known.title}: {known.scale.good} is good" for known in like) or "no known form"
    return Answer(
        "reproduced" if like else "contradicted", "definition", f"{ends[0]:g} to {ends[1]:g} is {said}.",
        estimate=ends[1], unit="points", published=claim.figure("scale high"),
    )  # fmt: skip


def effort_share(claim: Claim, _: Registry) -> Answer:
    """The share who answer at or above the cut, against the official scorer; beside it the other scores in use."""
    known = INSTRUMENTS["ces2"]
    cut = claim.figure("counted from")
    mine = Share(at_least=cut.value)
    even = {scorer: float(scorer.values(known.scale).mean()) for scorer in (mine, Net(5, 3), Mean())}
    holds = mine == known.scorers[0] and known.scale.high == claim.value("scale high")
    share, net, mean = even.values()
    return Answer(
        "reproduced" if holds else "contradicted", "definition",
        f"The share who answer {cut.value:g} or more is the official score of {known.title}. Answers spread "
        "evenly over the "
        f"scale score {share:.1f} % so, {net:g} as a net score and {mean:g} as a mean: all three are in use.",
        estimate=share, unit="%", published=cut,
    )  # fmt: skip


def effort_net(claim: Claim, _: Registry) -> Answer:
    """Effort scored as a net share, against the scorers of the instrument."""
    known = INSTRUMENTS["ces2"]
    mine = Net(claim.value("promoters from"), claim.value("detractors to"))
    holds = mine in known.scorers and known.scale.high == claim.value("scale high")
    on_even = float(mine.values(known.scale).mean())
    return Answer(
        "reproduced" if holds else "contradicted", "definition",
        f"The share from {mine.promoters:g} on less the share up to {mine.detractors:g} is one of the "
        f"{len(known.scorers)} scores of "
        f"{known.title}; answers spread evenly over the scale score {on_even:g}.",
        estimate=on_even, unit="points", published=claim.figure("promoters from"),
    )  # fmt: skip


def value_items(claim: Claim, _: Registry) -> Answer:
    """Two items on one scale, and no rule that makes them one score."""
    known = INSTRUMENTS["ves"]
    ends = claim.value("scale low"), claim.value("scale high")
    same = (known.scale.low, known.scale.high) == ends
    low, high = ends
    return Answer(
        "underdetermined" if same else "contradicted", "range",
        f"{claim.value('items'):g} items on {low:g} to {high:g} make an index, but how is not printed: the "
        f"answers {low:g} and "
        f"{high:g} have the mean {(low + high) / 2:g}; as the share who agree with both they count 0, with "
        "either 100.",
        estimate=claim.value("items"), low=0, high=100, unit="%", published=claim.figure("items"),
        open="how the two items become one score",
    )  # fmt: skip


def causes_and_results(claim: Claim, registry: Registry) -> Answer:
    """Whether the results of low effort are its causes elsewhere."""
    [other] = [registry[name] for name in claim.conflicts]
    results, causes = (claim, other) if len(claim.figures) > 1 else (other, claim)
    both = [figure.name for figure in results.figures if figure.name.split()[0] in causes.statement]
    return Answer(
        "depends" if both else "reproduced", "reading",
        f"{len(both)} of the {len(results.figures)} results of low effort in {results.id} "
        f"({', '.join(both)}) are causes of "
        f"effort in {causes.id}: what moves what cannot be read off either.",
        estimate=len(both), unit="frictions",
        open="which way the arrow runs; only an experiment or a log over time tells",
    )  # fmt: skip


def adjusted_wald(claim: Claim, registry: Registry) -> Answer:
    """The printed recipe against the interval of this package."""
    shares, scale = _example(registry)
    n, added = 100.0, claim.value("added to n")
    up, down = (
        (shares[name] / 100 * n + claim.value(f"added to {name}")) / (n + added)
        for name in ("promoters", "detractors")
    )
    half = 196 * np.sqrt((up + down - (up - down) ** 2) / (n + added))
    on_points = np.zeros(len(scale.points))
    for name, at in _AT.items():
        on_points[at] = shares[name] / 100
    low, high = adjusted_wald_net(Sample(on_points, Net(9, 6).values(scale), np.asarray(n)), 0.95)
    recipe = 100 * (up - down) - half, 100 * (up - down) + half
    same = np.allclose(recipe, (low, high), atol=0.01)  # 1.96 is the rounded quantile
    return Answer(
        "reproduced" if same else "contradicted", "definition",
        f"For {n:.0f} answers shared {'/'.join(f'{share:g}' for share in shares.values())} the recipe gives "
        f"{recipe[0]:.2f} to "
        f"{recipe[1]:.2f}, this package {float(low):.2f} to {float(high):.2f}.",
        estimate=100 * (up - down), conf_low=float(low), conf_high=float(high), unit="points", n=int(n),
        published=claim.figure("added to n"),
    )  # fmt: skip


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        ethics_stages, definitions_in_conflict, years_agree, net_score_example, net_bands, promoter_cut,
        worth_of_an_answer, comparable_scores, score_by_invitation, mean_of_any_scale, stars, effort_versions,
        effort_scale, effort_share, effort_net, value_items, causes_and_results, adjusted_wald,
    )
}  # fmt: skip
