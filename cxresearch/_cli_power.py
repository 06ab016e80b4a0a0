"""The verb `power`: plans by formula, and verdicts counted in a named world."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxresearch.errors import CodebookError

if TYPE_CHECKING:
    from cxresearch.results import Result

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Chance = Annotated[float, typer.Option("--power", help="Wanted probability of showing it.")]
Planned = Annotated[int | None, typer.Option("--n", min=1, help="Planned answers: what would they show?")]
Level = Annotated[float, typer.Option("--conf-level", min=0.5, max=0.9999, help="Level of every interval.")]
Rope = Annotated[float, typer.Option(min=0, max=0.99, help="Smallest difference that matters; 0: any.")]
MarginOfR = Annotated[float | None, typer.Option("--margin", help="Wanted half-width of the interval, in r.")]
MarginOfAuc = Annotated[
    float | None, typer.Option("--margin", help="Wanted half-width of the interval, in AUC.")
]
Margin = Annotated[
    float | None, typer.Option(help="Wanted half-width of the interval, in points of 100: 3 is ±3 points.")
]
Difference = Annotated[float | None, typer.Option(help="Of two groups or waves, in points of 100.")]
MarginOfMean = Annotated[
    float | None, typer.Option("--margin", help="Wanted half-width of the interval, in points of the scale.")
]
DifferenceOfMeans = Annotated[
    float | None, typer.Option("--difference", help="Of two groups or waves, in points of the scale.")
]
Between = Annotated[float | None, typer.Option(help="Of the same customers' answers in two waves.")]
Ratings = Annotated[
    float, typer.Option("--rating-effect", help="Variance of ratings' r over that of normal.")
]
Response = Annotated[float, typer.Option("--response-rate", help="Answers over invitations, 0 to 1.")]
ClusterSize = Annotated[float, typer.Option("--cluster-size", help="Answers from each cluster.")]
Icc = Annotated[float, typer.Option("--icc", help="Intraclass correlation within clusters.")]
WeightCv = Annotated[float, typer.Option("--weight-cv", help="Standard deviation of weights over mean.")]
Population = Annotated[
    float | None, typer.Option("--population", help="Customers there are, if few; of two groups: in each.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Picture = Annotated[
    Path | None, typer.Option("--plot", help="Write the curve to this file (.png, .svg, .pdf).")
]


@app.command()
def contest(
    r_a: Annotated[float, typer.Option("--r-a", help="Correlation of metric a with the outcome.")],
    r_b: Annotated[float, typer.Option("--r-b", help="Correlation of metric b with the outcome.")],
    r_ab: Annotated[float, typer.Option("--r-ab", help="Correlation of the two metrics.")],
    n: Planned = None, power: Chance = 0.8, conf_level: Level = 0.95, rope: Rope = 0.03, margin: MarginOfR = None,
    rating_effect: Ratings = 1.0, response_rate: Response = 1.0, cluster_size: ClusterSize = 1.0, icc: Icc = 0.0,
    weight_cv: WeightCv = 0.0, population: Population = None, as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """Which of two metrics predicts the outcome better."""
    from cxresearch import power as plans

    field = (response_rate, cluster_size, icc, weight_cv, population)
    _answer(lambda: plans.contest(
        r_a, r_b, r_ab, n=n, power=power, conf_level=conf_level, rope=rope, margin=margin,
        rating_effect=rating_effect, fieldwork=plans.Fieldwork(*field),
    ), as_json, plot)  # fmt: skip


@app.command()
def auc(
    auc_a: Annotated[float, typer.Option("--auc-a", help="AUC of metric a.")],
    auc_b: Annotated[float, typer.Option("--auc-b", help="AUC of metric b.")],
    correlation: Annotated[float, typer.Option(help="Of the metrics among those with the same outcome.")],
    base_rate: Annotated[float, typer.Option("--base-rate", help="Share with the outcome, 0 to 1.")],
    n: Planned = None, power: Chance = 0.8, conf_level: Level = 0.95, rope: Rope = 0.03, margin: MarginOfAuc = None,
    response_rate: Response = 1.0, cluster_size: ClusterSize = 1.0, icc: Icc = 0.0, weight_cv: WeightCv = 0.0,
    population: Population = None, as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """Which of two metrics tells better who stays and who leaves."""
    from cxresearch import power as plans

    field = (response_rate, cluster_size, icc, weight_cv, population)
    _answer(lambda: plans.auc(
        auc_a, auc_b, correlation, base_rate=base_rate, n=n, power=power, conf_level=conf_level, rope=rope,
        margin=margin, fieldwork=plans.Fieldwork(*field),
    ), as_json, plot)  # fmt: skip


@app.command()
def correlation(
    r: Annotated[float, typer.Option("--r", help="Expected correlation.")],
    margin: MarginOfR = None, n: Planned = None, conf_level: Level = 0.95, rating_effect: Ratings = 1.0,
    response_rate: Response = 1.0, cluster_size: ClusterSize = 1.0, icc: Icc = 0.0, weight_cv: WeightCv = 0.0,
    population: Population = None, as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """One correlation to within a margin."""
    from cxresearch import power as plans

    field = (response_rate, cluster_size, icc, weight_cv, population)
    _answer(lambda: plans.correlation(
        r, margin=margin, n=n, conf_level=conf_level, rating_effect=rating_effect,
        fieldwork=plans.Fieldwork(*field),
    ), as_json, plot)  # fmt: skip


@app.command()
def drivers(
    correlations: Annotated[
        Path, typer.Argument(metavar="CSV", help="Correlations; names in the first row and column.")
    ],
    outcome: Annotated[str, typer.Option(help="Which of the names is the outcome.")],
    measure: Annotated[str, typer.Option(help="shapley_r2 or standardised.")] = "shapley_r2",
    n: Planned = None, power: Chance = 0.8, conf_level: Level = 0.95, rating_effect: Ratings = 1.0,
    response_rate: Response = 1.0, cluster_size: ClusterSize = 1.0, icc: Icc = 0.0, weight_cv: WeightCv = 0.0,
    population: Population = None, as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """Drivers in the right order of importance."""
    from cxresearch import power as plans

    field = (response_rate, cluster_size, icc, weight_cv, population)
    _answer(lambda: plans.drivers(
        _read(correlations), outcome, measure=measure, n=n, power=power,  # type: ignore[arg-type]
        conf_level=conf_level, rating_effect=rating_effect, fieldwork=plans.Fieldwork(*field),
    ), as_json, plot)  # fmt: skip


@app.command()
def nps(
    promoters: Annotated[float, typer.Option(help="Share of promoters, 0 to 1.")],
    detractors: Annotated[float, typer.Option(help="Share of detractors, 0 to 1.")],
    margin: Margin = None, difference: Difference = None, correlation: Between = None,
    n: Planned = None, power: Chance = 0.8, conf_level: Level = 0.95,
    response_rate: Response = 1.0, cluster_size: ClusterSize = 1.0, icc: Icc = 0.0, weight_cv: WeightCv = 0.0,
    population: Population = None, as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """An NPS to within a margin; two groups; the same customers twice."""
    from cxresearch import power as plans

    field = (response_rate, cluster_size, icc, weight_cv, population)
    _answer(lambda: plans.nps(
        promoters, detractors, margin=margin, difference=difference, correlation=correlation, n=n, power=power,
        conf_level=conf_level, fieldwork=plans.Fieldwork(*field),
    ), as_json, plot)  # fmt: skip


@app.command()
def share(
    share: Annotated[float, typer.Option("--share", help="Expected share, 0 to 1.")],
    margin: Margin = None, difference: Difference = None, correlation: Between = None,
    n: Planned = None, power: Chance = 0.8, conf_level: Level = 0.95,
    response_rate: Response = 1.0, cluster_size: ClusterSize = 1.0, icc: Icc = 0.0, weight_cv: WeightCv = 0.0,
    population: Population = None, as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """A share of the answers, such as top-2 box."""
    from cxresearch import power as plans

    field = (response_rate, cluster_size, icc, weight_cv, population)
    _answer(lambda: plans.share(
        share, margin=margin, difference=difference, correlation=correlation, n=n, power=power,
        conf_level=conf_level, fieldwork=plans.Fieldwork(*field),
    ), as_json, plot)  # fmt: skip


@app.command()
def mean(
    std_dev: Annotated[float, typer.Option("--std-dev", help="Standard deviation of the answers.")],
    margin: MarginOfMean = None, difference: DifferenceOfMeans = None, correlation: Between = None,
    n: Planned = None, power: Chance = 0.8, conf_level: Level = 0.95,
    response_rate: Response = 1.0, cluster_size: ClusterSize = 1.0, icc: Icc = 0.0, weight_cv: WeightCv = 0.0,
    population: Population = None, as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """The mean of a question."""
    from cxresearch import power as plans

    field = (response_rate, cluster_size, icc, weight_cv, population)
    _answer(lambda: plans.mean(
        std_dev, margin=margin, difference=difference, correlation=correlation, n=n, power=power,
        conf_level=conf_level, fieldwork=plans.Fieldwork(*field),
    ), as_json, plot)  # fmt: skip


@app.command()
def simulate(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="A named world, such as tie.")],
    n: Annotated[str, typer.Option("--n", help="Rows of each survey, separated by commas.")] = "500,1000,2000",
    outcome: Annotated[str, typer.Option(help="Outcome of the world.")] = "repurchase",
    metrics: Annotated[str | None, typer.Option(help="Names separated by commas; default: all.")] = None,
    n_sim: Annotated[int, typer.Option("--n-sim", min=1, help="Surveys of each size.")] = 200,
    rope: Rope = 0.03, conf_level: Level = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same numbers.")] = 0,
    as_json: AsJson = False, plot: Picture = None,
) -> None:  # fmt: skip
    """How often the verdict names whom in a world whose truth is known."""
    from cxresearch import power as plans
    from cxresearch import worlds

    if world not in worlds.NAMED:
        raise typer.BadParameter(f"there is no world {world!r}; there are {', '.join(worlds.NAMED)}")
    sizes = _sizes(n)
    names = None if metrics is None else [name.strip() for name in metrics.split(",")]
    _answer(lambda: plans.simulate(
        worlds.NAMED[world](), sizes, outcome=outcome, metrics=names, n_sim=n_sim, rope=rope, conf_level=conf_level,
        seed=seed,
    ), as_json, plot)  # fmt: skip


def _sizes(text: str) -> list[int]:
    try:
        return [int(size) for size in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"must be whole numbers separated by commas; got {text!r}", param_hint="--n"
        ) from None


def _read(path: Path) -> Any:
    """A square table of correlations."""
    import pandas as pd

    try:
        return pd.read_csv(path, index_col=0)
    except (OSError, ValueError) as error:
        raise ValueError(f"`correlations` could not be read from {str(path)!r}: {error}") from None


def _answer(make: Callable[[], Result], as_json: bool, plot: Path | None) -> None:
    """Work it out and print it; what cannot be asked is refused as usage."""
    from cxresearch import cli

    cli._check_picture(plot)
    with cli._named_problems(as_json):
        try:
            result = make()
        except ValueError as error:  # messages on an argument begin with its name
            if not (isinstance(error, CodebookError) or str(error).startswith("`")):
                raise
            raise typer.BadParameter(_in_shell(str(error))) from None
        notes = (dataclasses.replace(note, text=_in_shell(note.text)) for note in result.notes)
        cli._show(dataclasses.replace(result, notes=tuple(notes)), as_json, plot)


def _in_shell(text: str) -> str:
    """Return a message with arguments named as the shell knows them."""
    verbs = (command.callback for command in app.registered_commands)
    known = {name for verb in verbs if verb is not None for name in inspect.signature(verb).parameters}
    names = {name: f"--{name.replace('_', '-')}" for name in known} | {
        "correlations": "CSV",
        "world": "WORLD",
    }
    return re.sub(r"`(\w+)`", lambda found: f"`{names.get(found[1], found[1])}`", text)
