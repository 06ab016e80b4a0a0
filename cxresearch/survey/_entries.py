"""Reading codebook entries: every mistake is collected with its entry and the choices, all are reported."""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from cxresearch.errors import CodebookError, ScaleError
from cxresearch.survey._text import shortened, shown
from cxresearch.survey.scales import INSTRUMENTS, Scale
from cxresearch.survey.scorers import Box, Mean, Net, Scorer, Share

GROUPS = {"metrics": "metric", "outcomes": "outcome", "drivers": "driver", "controls": "control"}
KINDS = ("scale", "count", "binary", "number", "category")
ENTRY_KEYS = (
    "column", "columns", "instrument", "scale", "good", "step", "missing", "labels", "scorer", "scorers",
    "promoters", "detractors", "min_items", "reverse", "label", "kind", "levels", "not_applicable",
)  # fmt: skip
DESIGN_KEYS = ("weight", "strata", "cluster", "population", "segments")
SCORERS = '"mean", "top2" or {box = 2}, {share_at_least = 5}, {share_at_most = 2}, {net = [9, 6]}'


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ``": did you mean 'x'?"`` for a misspelt name, or a full stop."""
    close = difflib.get_close_matches(name.lower(), [choice.lower() for choice in choices], 1, 0.6)
    original = next((choice for choice in choices if close and choice.lower() == close[0]), None)
    return f": did you mean {original!r}?" if original is not None else "."


class Mistakes:
    """The mistakes found in one codebook."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[str] = []

    def add(self, entry: str, text: str) -> None:
        """Note a mistake of an entry."""
        self.found.append(f"[{entry}] {text}" if entry else text)

    def keys(self, entry: str, content: Mapping[str, Any], allowed: Collection[str]) -> None:
        """Note every key that is not allowed."""
        for key in content:
            if key not in allowed:
                hint = nearest(str(key), list(allowed))
                self.add(entry, f"unknown key {shown(key)}{hint} Keys here: {', '.join(sorted(allowed))}.")

    def table(self, entry: str, content: Any) -> Mapping[str, Any]:
        """Return the content of an entry, empty if it is not a table."""
        if isinstance(content, Mapping):
            return content
        self.add(entry, f"must be a table; got {shown(content)}.")
        return {}

    def report(self) -> None:
        """Raise what was found, if anything."""
        if len(self.found) == 1:
            raise CodebookError(f"{self.where}: {self.found[0]}")
        if self.found:
            told = shortened([f"- {found}" for found in self.found], "mend these first")
            raise CodebookError("\n".join([f"{self.where}: {len(self.found)} mistakes", *told]))


def load(path: str | os.PathLike[str]) -> tuple[str, Mapping[str, Any]]:
    """Return the name and the content of a TOML file; every failure is a CodebookError."""
    if not isinstance(path, (str, os.PathLike)):
        raise CodebookError(f"a codebook is a TOML file or a dictionary; got {type(path).__name__}.")
    name = os.fspath(path)
    if isinstance(path, str) and ("\n" in path or "\0" in path):
        raise CodebookError(
            f"{shown(path)} is text, not the path of a TOML file: give the path, or the dictionary "
            "that tomllib.loads(text) returns."
        )
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise CodebookError(f"{name}: there is no such file.") from None
    except OSError as error:
        raise CodebookError(f"{name}: cannot be read ({error.strerror}).") from None
    try:
        return name, tomllib.loads(raw.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CodebookError(
            f"{name}: byte 0x{raw[error.start]:02x} on line {line} is not UTF-8. Save the file as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"{name} is not valid TOML: {error}.") from None


def _texts(mistakes: Mistakes, entry: str, key: str, value: Any) -> tuple[str, ...]:
    """Return one name or a list of names, each once and none empty."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) and name for name in names):
        mistakes.add(entry, f"{key} must be column names; got {shown(value)}.")
        return ()
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        mistakes.add(entry, f"{key} names {shown(twice)} twice.")
    return tuple(dict.fromkeys(names))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)


def _columns(mistakes: Mistakes, entry: str, content: Mapping[str, Any]) -> tuple[str, ...]:
    if ("column" in content) == ("columns" in content):
        both = "column" in content
        mistakes.add(entry, "give column or columns, not both." if both else 'column = "..." is missing.')
        return ()
    if "column" in content and not isinstance(content["column"], str):
        mistakes.add(entry, f"column must be one column name; got {shown(content['column'])}.")
        return ()
    key = "column" if "column" in content else "columns"
    columns = _texts(mistakes, entry, key, content[key])
    if content[key] in ("", [], ()):
        mistakes.add(entry, f"{key} is empty.")
    return columns


def _kind(mistakes: Mistakes, entry: str, content: Mapping[str, Any], instrument: str | None) -> str | None:
    kind = _choice(mistakes, entry, "kind", content.get("kind"), KINDS)
    if kind is not None:
        return kind
    if content.get("instrument") is not None and instrument is None:
        return None
    if instrument is None and "scale" not in content:
        options = 'scale = [low, high], instrument = "..." or kind = "..."'
        mistakes.add(entry, f"needs {options}. Kinds: {', '.join(KINDS[1:])}.")
        return None
    return "scale"


def question(
    mistakes: Mistakes, entry: str, name: str, content: Mapping[str, Any], role: str
) -> dict[str, Any] | None:
    """Return the parts of a Question, or None where the entry has mistakes."""
    before = len(mistakes.found)
    mistakes.keys(entry, content, ENTRY_KEYS)
    columns = _columns(mistakes, entry, content)
    instrument = _choice(mistakes, entry, "instrument", content.get("instrument"), INSTRUMENTS)
    kind = _kind(mistakes, entry, content, instrument)
    scale = None if kind is None else _scale(mistakes, entry, content, instrument, kind)
    if kind is None or scale is None:
        return None
    scorers = _scorers(mistakes, entry, content, scale, instrument, kind)
    reverse = _texts(mistakes, entry, "reverse", content.get("reverse", ()))
    for column in reverse:
        if columns and column not in columns:
            mistakes.add(
                entry,
                f"reverse names {shown(column)}, which is not one of its columns: {', '.join(columns)}.",
            )
    min_items = content.get("min_items", max(1, len(columns)))
    if columns and not (isinstance(min_items, int) and 1 <= min_items <= max(1, len(columns))):
        mistakes.add(entry, f"min_items must be between 1 and {len(columns)}; got {shown(min_items)}.")
    label = _label(mistakes, entry, content.get("label", ""))
    levels = _levels(mistakes, entry, content, kind)
    apart = _not_applicable(mistakes, entry, content, role)
    scale = _made(mistakes, entry, "not_applicable", (), partial(_without, scale, apart)) or scale
    if len(columns) > 1 and kind not in ("scale", "number"):
        mistakes.add(entry, f"an index of several columns needs a scale, not kind = {kind!r}.")
    if reverse and not math.isfinite(scale.low + scale.high):
        mistakes.add(entry, "reverse needs a scale with two ends.")
    if len(mistakes.found) > before:
        return None
    return {
        "name": name, "columns": columns, "scale": scale, "scorers": scorers, "label": label, "role": role,
        "min_items": min_items, "reverse": reverse, "kind": kind, "instrument": instrument or "",
        "levels": levels, "not_applicable": apart,
    }  # fmt: skip


def _levels(mistakes: Mistakes, entry: str, content: Mapping[str, Any], kind: str) -> tuple[Any, ...]:
    """Return the levels of a category, the reference first."""
    if "levels" not in content:
        return ()
    levels = content["levels"]
    if kind != "category":
        mistakes.add(entry, f'levels are for kind = "category"; this is kind = {shown(kind)}.')
        return ()
    if not isinstance(levels, (list, tuple)) or not all(isinstance(x, str) or _number(x) for x in levels):
        mistakes.add(entry, f"levels must be a list of answers, the reference first; got {shown(levels)}.")
        return ()
    if len(levels) < 2 or len(set(levels)) < len(levels):
        mistakes.add(entry, f"levels needs at least two different answers; got {shown(levels)}.")
    return tuple(levels)


def _not_applicable(
    mistakes: Mistakes, entry: str, content: Mapping[str, Any], role: str
) -> tuple[float | str, ...]:
    """Return the codes of customers whom a driver does not concern."""
    if "not_applicable" not in content:
        return ()
    if role not in ("driver", "control"):
        mistakes.add(entry, f"not_applicable is for drivers and controls; a code of {role}s goes to missing.")
    if "columns" in content:
        mistakes.add(entry, "not_applicable needs a single column.")
    codes = _missing(mistakes, entry, content["not_applicable"])
    both = [code for code in codes if code in _missing(mistakes, entry, content.get("missing", ()))]
    if both:
        mistakes.add(entry, f"{shown(both[0])} is both missing and not_applicable.")
    return codes


def _without(scale: Scale, codes: tuple[float | str, ...]) -> Scale:
    """Return the scale on which some codes are no answer either."""
    return replace(scale, missing=(*scale.missing, *codes))


def _label(mistakes: Mistakes, entry: str, value: Any) -> Any:
    if not isinstance(value, str):
        mistakes.add(entry, f"label must be text; got {shown(value)}.")
    return value


def _choice(mistakes: Mistakes, entry: str, key: str, value: Any, choices: Collection[str]) -> str | None:
    if value is None or (isinstance(value, str) and value in choices):
        return value
    hint = nearest(value, choices) if isinstance(value, str) else "."
    mistakes.add(entry, f"unknown {key} {shown(value)}{hint} Known: {', '.join(choices)}.")
    return None


def _ends(kind: str) -> tuple[float, float, float | None]:
    return {
        "count": (0.0, math.inf, 1.0),
        "binary": (0.0, 1.0, 1.0),
        "number": (-math.inf, math.inf, None),
        "category": (-math.inf, math.inf, None),
    }[kind]


def _scale(
    mistakes: Mistakes, entry: str, content: Mapping[str, Any], instrument: str | None, kind: str
) -> Scale | None:
    known = INSTRUMENTS[instrument].scale if instrument else None
    low, high, step = (known.low, known.high, known.step) if known else (1.0, 7.0, 1.0)
    if kind != "scale":
        low, high, step = _ends(kind)
    ends = content.get("scale")
    if ends is not None:
        if not (isinstance(ends, (list, tuple)) and len(ends) == 2 and all(map(_number, ends))):
            mistakes.add(entry, f"scale must be [low, high], two numbers; got {shown(ends)}.")
            return None
        low, high = map(float, ends)
    step = content.get("step", step)
    if step is not None and step != "any" and not _number(step):
        mistakes.add(
            entry, f'step must be a number, or "any" for every number in between; got {shown(step)}.'
        )
        return None
    good = _choice(mistakes, entry, "good", content.get("good"), ("high", "low"))
    missing = _missing(mistakes, entry, content.get("missing", ()))
    labels = _labels(mistakes, entry, content.get("labels", {}))
    try:
        return Scale(
            low, high, None if step in (None, "any") else float(step),
            good or (known.good if known else "high"),  # type: ignore[arg-type]
            missing, labels,
        )  # fmt: skip
    except ScaleError as error:
        mistakes.add(entry, str(error))
        return None


def _missing(mistakes: Mistakes, entry: str, value: Any) -> tuple[float | str, ...]:
    codes = [value] if isinstance(value, str) or _number(value) else value
    if not isinstance(codes, (list, tuple)) or not all(isinstance(c, str) or _number(c) for c in codes):
        mistakes.add(entry, f"missing must be a list of numbers or words; got {shown(value)}.")
        return ()
    return tuple(dict.fromkeys(code if isinstance(code, str) else float(code) for code in codes))


def _labels(mistakes: Mistakes, entry: str, value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or not all(map(_number, value.values())):
        mistakes.add(
            entry, f"labels must give each word a number, such as {{Agree = 4}}; got {shown(value)}."
        )
        return {}
    return {str(word).strip(): float(number) for word, number in value.items()}


def _scorers(
    mistakes: Mistakes,
    entry: str,
    content: Mapping[str, Any],
    scale: Scale,
    instrument: str | None,
    kind: str,
) -> tuple[Scorer, ...]:
    if "scorer" in content and "scorers" in content:
        mistakes.add(entry, "give scorer or scorers, not both.")
    known = _inherited(mistakes, entry, content, scale, instrument, kind)
    asked = content.get("scorers", [content["scorer"]] if "scorer" in content else [])
    if not isinstance(asked, (list, tuple)):
        mistakes.add(entry, f"scorers must be a list of {SCORERS}; got {shown(asked)}.")
        return known
    parsed = tuple(scorer for item in asked if (scorer := _scorer(mistakes, entry, item)) is not None)
    scorers = (*parsed, *(() if "scorers" in content else (s for s in known if s not in parsed)))
    if "promoters" in content or "detractors" in content:
        net = _bands(mistakes, entry, content, scorers)
        rest = [s for s in scorers if not isinstance(s, Net)]
        scorers = (
            (net, *rest)
            if net is not None and "scorer" not in content
            else (*rest[:1], *filter(None, [net]), *rest[1:])
        )
    for scorer in scorers:
        _check_scorer(mistakes, entry, scorer, scale)
    return scorers


def _inherited(
    mistakes: Mistakes,
    entry: str,
    content: Mapping[str, Any],
    scale: Scale,
    instrument: str | None,
    kind: str,
) -> tuple[Scorer, ...]:
    """Return the scorers an entry has before it says its own; cuts do not move with an overridden scale."""
    if instrument is None:
        return (Share(at_least=scale.high), Mean()) if kind == "binary" else (Mean(),)
    known = INSTRUMENTS[instrument]
    if (scale.high, scale.good) == (known.scale.high, known.scale.good):
        return known.scorers
    fitting = tuple(scorer for scorer in known.scorers if not isinstance(scorer, (Share, Net)))
    own = {"scorer", "scorers", "promoters", "detractors"} & set(content)
    if known.scorers[0] not in fitting and not own:
        mistakes.add(
            entry,
            f"the official score of {instrument} is defined on {known.scale}, not on {scale}: "
            f"say how it is scored with scorer = {SCORERS}.",
        )
    return fitting


def _bands(
    mistakes: Mistakes, entry: str, content: Mapping[str, Any], scorers: Iterable[Scorer]
) -> Net | None:
    current = next((scorer for scorer in scorers if isinstance(scorer, Net)), Net())
    bands = [content.get("promoters", current.promoters), content.get("detractors", current.detractors)]
    return _made(mistakes, entry, "promoters and detractors", bands, lambda: Net(*bands))


def _made(mistakes: Mistakes, entry: str, what: str, numbers: Iterable[Any], make: Callable[[], Any]) -> Any:
    """Return ``make()`` where all are numbers and it succeeds; else note the mistake."""
    if not all(map(_number, numbers)):
        mistakes.add(entry, f"{what} must be numbers; got {shown(list(numbers))}.")
        return None
    try:
        return make()
    except ScaleError as error:
        mistakes.add(entry, str(error))
        return None


def _scorer(mistakes: Mistakes, entry: str, item: Any) -> Scorer | None:
    if isinstance(item, (Mean, Share, Box, Net)):
        return item
    if item == "mean":
        return Mean()
    if isinstance(item, str) and (box := re.fullmatch(r"top([1-9])", item)):
        return Box(int(box[1]))
    if isinstance(item, Mapping) and len(item) == 1:
        [(key, value)] = item.items()
        if key == "net" and isinstance(value, (list, tuple)) and len(value) == 2:
            return _made(mistakes, entry, "net", value, lambda: Net(*value))
        makers: dict[str, Callable[[Any], Scorer]] = {
            "box": Box,
            "share_at_least": lambda cut: Share(at_least=cut),
            "share_at_most": lambda cut: Share(at_most=cut),
        }
        if key in makers:
            return _made(mistakes, entry, key, [value], lambda: makers[key](value))
    mistakes.add(entry, f"unknown scorer {shown(item)}. Scorers: {SCORERS}.")
    return None


def _check_scorer(mistakes: Mistakes, entry: str, scorer: Scorer, scale: Scale) -> None:
    """Note cuts off the scale and bands that run against it."""
    cuts = {
        "promoters": getattr(scorer, "promoters", None),
        "detractors": getattr(scorer, "detractors", None),
        "share_at_least": getattr(scorer, "at_least", None),
        "share_at_most": getattr(scorer, "at_most", None),
    }
    for what, cut in cuts.items():
        if cut is not None and not scale.low <= cut <= scale.high:
            mistakes.add(entry, f"{what} = {cut:g} is not on the scale {scale}.")
            return
    if isinstance(scorer, Box) and not 1 <= scorer.k <= (scale.high - scale.low) / (scale.step or 1.0):
        mistakes.add(
            entry, f"box = {scorer.k} needs a scale with more than {scorer.k} points; it is {scale}."
        )
    if isinstance(scorer, Box) and math.isinf(scale.low if scale.good == "low" else scale.high):
        mistakes.add(entry, f"box = {scorer.k} needs a scale with a best answer; it is {scale}.")
    try:
        scorer.apply([scale.low], scale)
    except ScaleError as error:
        mistakes.add(entry, str(error))


def design(mistakes: Mistakes, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the design."""
    mistakes.keys("design", content, DESIGN_KEYS)
    plan: dict[str, Any] = {}
    for key in ("weight", "strata", "cluster"):
        value = content.get(key)
        if value is not None and not (isinstance(value, str) and value):
            mistakes.add("design", f"{key} must be a column name; got {shown(value)}.")
        plan[key] = value
    population = content.get("population")
    whole = isinstance(population, int) and not isinstance(population, bool) and population > 0
    if population is not None and not whole and not (isinstance(population, str) and population):
        mistakes.add(
            "design", f"population must be a whole number or a column name; got {shown(population)}."
        )
    plan["population"] = population
    plan["segments"] = _texts(mistakes, "design", "segments", content.get("segments", ()))
    return plan
