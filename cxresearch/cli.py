"""The command line: the package's verbs, one file of answers and one codebook.

Exit codes: 0 fine; 1 the data or the codebook has a named problem; 2 usage. With ``--json`` standard output is
one JSON object, also when something is wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from cxresearch import __version__, _cli_claims, _cli_power
from cxresearch.errors import CodebookError, DesignError, ScaleError, SurveyError

if TYPE_CHECKING:
    from cxresearch.results import Result
    from cxresearch.survey.survey import Survey

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(_cli_power.app, name="power", help="Plan a study: how many answers tell what apart.")

DataFiles = Annotated[str, typer.Argument(metavar="DATA", help="CSV or Parquet file, or a quoted pattern.")]
CodebookFile = Annotated[
    str, typer.Option("--codebook", "-c", help="TOML file that says what the columns are.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Metrics = Annotated[str | None, typer.Option(help="Names separated by commas; default: all of the codebook.")]
Level = Annotated[float, typer.Option("--conf-level", min=0.5, max=0.9999, help="Level of every interval.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same numbers.")]
Picture = Annotated[
    Path | None, typer.Option("--plot", help="Write the picture to this file (.png, .svg, .pdf).")
]
PICTURES = (".png", ".svg", ".pdf")


def main() -> None:
    """Run the command line."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cxresearch {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Which customer metric predicts loyalty, and what drives it: check, score, compare, explain a survey."""


@app.command()
def check(data: DataFiles, codebook: CodebookFile, as_json: AsJson = False) -> None:
    """List every problem of the answers, by column with row counts."""
    from cxresearch.results import plain
    from cxresearch.survey.survey import read

    with _named_problems(as_json):
        survey = read(data, codebook, problems="list")  # what cannot be read at all is refused, not listed
    errors = [problem for problem in survey.problems if problem.severity == "error"]
    if as_json:
        _print_json({
            "question": f"Do the answers of {data} fit the codebook?", "method": "checks by column on counts",
            "seed": None, "n": survey.n_rows, "n_missing": 0, "notes": [],
            "problems": [plain(_fields(problem)) for problem in survey.problems],
        })  # fmt: skip
    else:
        for problem in survey.problems:
            typer.echo(f"{problem.severity}: {problem.message}")
        counts = (len(errors), "error"), (len(survey.problems) - len(errors), "warning")
        found = ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts)
        names = ", ".join(question.name for question in survey.codebook.questions)
        typer.echo(f"{survey.n_rows:,} rows; {names}: {found}.")
    if errors:
        raise typer.Exit(1)


@app.command()
def score(
    data: DataFiles,
    codebook: CodebookFile,
    by: Annotated[str | None, typer.Option(help="Segment columns separated by commas.")] = None,
    compare_to: Annotated[str | None, typer.Option(help="Segment that the others are compared with.")] = None,
    metrics: Metrics = None,
    scorers: Annotated[str, typer.Option(help="official, all, or the name of a scorer.")] = "official",
    conf_level: Level = 0.95,
    seed: Seed = 0,
    as_json: AsJson = False,
    plot: Picture = None,
) -> None:
    """Scores with intervals, by segment, and their differences."""
    from cxresearch.scores import score as score_survey

    _check_picture(plot)
    with _named_problems(as_json):
        survey = _read(data, codebook)
    with _named_problems(as_json, asked=[by, compare_to, metrics]):
        result = score_survey(
            survey, _names(by), compare_to, metrics=_known(survey, metrics, "metrics"), scorers=scorers,
            conf_level=conf_level, seed=seed,
        )  # fmt: skip
        _show(result, as_json, plot)


@app.command()
def compare(
    data: DataFiles,
    codebook: CodebookFile,
    outcome: Annotated[
        str | None, typer.Option(help="Outcome; needed where the codebook has several.")
    ] = None,
    metrics: Metrics = None,
    measure: Annotated[str | None, typer.Option(help="pearson_r, spearman_r or somers_d.")] = None,
    rope: Annotated[
        float, typer.Option(min=0, max=0.99, help="Smallest difference in r that matters.")
    ] = 0.03,
    folds: Annotated[int, typer.Option(min=2)] = 10,
    repeats: Annotated[int, typer.Option(min=1)] = 10,
    n_boot: Annotated[int, typer.Option(min=100, help="Bootstrap draws.")] = 2_000,
    conf_level: Level = 0.95,
    seed: Seed = 0,
    as_json: AsJson = False,
    plot: Picture = None,
) -> None:
    """Which metric predicts the outcome better, with a verdict."""
    from cxresearch.comparison import MEASURES
    from cxresearch.comparison import compare as compare_metrics

    if measure is not None and measure not in MEASURES:
        raise typer.BadParameter(
            f"must be one of {', '.join(MEASURES)}; got {measure!r}", param_hint="--measure"
        )
    _check_picture(plot)
    with _named_problems(as_json):
        survey = _read(data, codebook)
    with _named_problems(as_json, asked=[outcome, metrics]):
        result = compare_metrics(
            survey, _outcome(survey, outcome), _known(survey, metrics, "metrics"), measure=measure, rope=rope,
            folds=folds, repeats=repeats, n_boot=n_boot, conf_level=conf_level, seed=seed,
        )  # fmt: skip
        _show(result, as_json, plot)


@app.command()
def drivers(
    data: DataFiles,
    codebook: CodebookFile,
    outcome: Annotated[str, typer.Option(help="What is to be explained, such as ces.")],
    drivers: Annotated[
        str | None, typer.Option(help="Names separated by commas; default: all of the codebook.")
    ] = None,
    controls: Annotated[
        str | None, typer.Option(help='Held fixed; default: all of the codebook, "" for none.')
    ] = None,
    what_if: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Predict with a driver set; repeatable.")
    ] = None,
    adverse: Annotated[
        str | None, typer.Option(help='Answers that count as bad, such as "<= 3" or 1,2,3.')
    ] = None,
    n_boot: Annotated[int, typer.Option(min=100, help="Bootstrap draws for P(first).")] = 1_000,
    conf_level: Level = 0.95,
    seed: Seed = 0,
    as_json: AsJson = False,
    plot: Picture = None,
) -> None:
    """What drives the outcome: importance, effects, what would be saved without each driver."""
    from cxresearch.explanation import drivers as explain

    _check_picture(plot)
    values = _settings(what_if or [])
    with _named_problems(as_json):
        survey = _read(data, codebook)
    with _named_problems(as_json, asked=[outcome]):
        _known(survey, outcome, "outcome")
        result = explain(
            survey, outcome, _known(survey, drivers, "drivers"),
            _known(survey, controls, "controls"), adverse=adverse, n_boot=n_boot, conf_level=conf_level,
            seed=seed,
        )  # fmt: skip
        scenario = result.what_if(**values) if values else None
        _show(result, as_json, plot, scenario)


@app.command()
def claims(
    claim: _cli_claims.ClaimId = None,
    conflicts: _cli_claims.Conflicting = False,
    documents: _cli_claims.OnlyDocuments = False,
    data: _cli_claims.OwnData = None,
    codebook: _cli_claims.OwnCodebook = None,
    as_json: AsJson = False,
) -> None:
    """What is said about the metrics, and what the evidence says of it."""
    _cli_claims.usage(claim, conflicts, documents, data, codebook)
    with _named_problems(as_json):
        survey = _read(data, str(codebook)) if data is not None else None
        _show(_cli_claims.asked(claim, conflicts, documents, survey), as_json, None)


@app.command()
def reproduce(
    build: Annotated[Path, typer.Option(help="Folder for pages and tables.")] = Path("build"),
) -> None:
    """Run the studies, write their pages and tables, and say where they are."""
    from cxresearch.studies import reproduce as run_studies

    run_studies(build)


def _read(data: str, codebook: str) -> Survey:
    from cxresearch.survey.survey import read

    return read(data, codebook)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def _known(survey: Survey, text: str | None, group: str) -> list[str] | None:
    """Names given on the command line, refused as usage where the codebook lacks them."""
    names = _names(text)
    known = [question.name for question in survey.codebook.questions]
    for name in names or []:
        if name not in known:
            raise typer.BadParameter(
                f"{name!r} is not in the codebook; it has {', '.join(known)}", param_hint=f"--{group}"
            )
    return names


def _outcome(survey: Survey, name: str | None) -> str:
    outcomes = list(survey.codebook.outcomes)
    if name is None and len(outcomes) == 1:
        return outcomes[0]
    if name is None:
        listed = ", ".join(outcomes) or "none"
        raise typer.BadParameter(f"say which outcome; the codebook has {listed}", param_hint="--outcome")
    if name not in [question.name for question in survey.codebook.questions]:
        raise typer.BadParameter(
            f"{name!r} is not one name in the codebook; its outcomes: {', '.join(outcomes) or 'none'}",
            param_hint="--outcome",
        )
    return name


def _settings(given: Sequence[str]) -> dict[str, float | str]:
    """Return the answers of ``--what-if NAME=VALUE`` by name; a number is a number."""
    values: dict[str, float | str] = {}
    for text in given:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value):
            raise typer.BadParameter(f"must be NAME=VALUE; got {text!r}", param_hint="--what-if")
        if name in values:
            raise typer.BadParameter(f"sets {name!r} twice", param_hint="--what-if")
        try:
            number = float(value)
            values[name] = int(number) if number.is_integer() else number
        except ValueError:
            values[name] = value
    return values


def _check_picture(plot: Path | None) -> None:
    """Refuse a picture that could not be written before anything is computed for it."""
    if plot is None:
        return
    if plot.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"must end in {', '.join(PICTURES)}; got {plot.name!r}", param_hint="--plot")
    if not plot.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(plot.parent)!r}", param_hint="--plot")


def _show(result: Result, as_json: bool, plot: Path | None, scenario: Result | None = None) -> None:
    """Print a result, and a scenario after it; the picture is the scenario's where there is one."""
    if plot is not None:
        import matplotlib

        matplotlib.use("Agg")
        figure: Any = (scenario or result).plot()  # type: ignore[attr-defined]
        aside = plot.with_name(f".{plot.stem}.part{plot.suffix}")
        figure.savefig(aside, dpi=150)
        aside.replace(plot)
    if as_json:
        _print_json(result.to_dict() | ({"what_if": scenario.to_dict()} if scenario else {}))
    else:
        typer.echo("\n\n".join(shown.summary() for shown in (result, scenario) if shown))


def _print_json(content: dict[str, Any]) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1))


def _fields(problem: Any) -> dict[str, Any]:
    import dataclasses

    return dataclasses.asdict(problem)


@contextmanager
def _named_problems(as_json: bool, asked: Sequence[str | None] = ()) -> Iterator[None]:
    """Turn a named problem of data or codebook into exit code 1, one of what was `asked` into usage."""
    try:
        yield
    except (SurveyError, ScaleError, DesignError) as error:
        _fail(error, as_json)
    except CodebookError as error:
        if any(name is not None for name in asked):  # the codebook was read: these names do not fit it
            raise typer.BadParameter(str(error)) from None
        _fail(error, as_json)
    except ValueError as error:
        if not str(error).startswith("`"):  # messages on an argument begin with its name
            raise
        raise typer.BadParameter(str(error)) from None


def _fail(error: Exception, as_json: bool) -> NoReturn:
    if as_json:
        from cxresearch.results import plain

        problems = [plain(_fields(problem)) for problem in getattr(error, "problems", ())]
        _print_json({"error": type(error).__name__, "message": str(error), "problems": problems})
    print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - the command line speaks
    raise typer.Exit(1)
