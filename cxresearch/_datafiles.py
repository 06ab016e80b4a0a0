"""A data set's file and codebook: where they lie, whether the file is the right one, how it is fetched."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from cxresearch._sources import SOURCES, Source
from cxresearch.errors import DataUnavailableError

_TIMEOUT = 60  # seconds a publisher may take to answer


def bundled(file: str) -> Path:
    """Return the path of a file shipped with the package: installed, or in ``data/``."""
    package = Path(__file__).parent
    installed = package / "_data" / file
    return installed if installed.exists() else package.parent / "data" / file


def cache() -> Path:
    """Return the user's cache folder for data: ``$XDG_CACHE_HOME``, ``%LOCALAPPDATA%`` or ``~/.cache``."""
    local = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None
    base = os.environ.get("XDG_CACHE_HOME") or local or Path.home() / ".cache"
    return Path(base) / "cxresearch"


def find(name: str) -> Path | None:
    """Return where a data set lies on this machine, or None; nothing is opened and nothing downloaded.

    Parameters
    ----------
    name : str
        A name in `SOURCES`.

    Examples
    --------
    >>> find("contact_survey").name
    'contact_survey_simulated.csv'
    """
    return next((path for path in _places(_source(name)) if path.is_file()), None)


def locate(name: str, *, download: bool = False) -> Path:
    """Return the path of a data set's file, its checksum verified.

    Parameters
    ----------
    name : str
        A name in `SOURCES`.
    download : bool
        Ask the publisher when the file is not on this machine; only done when you say so.

    Raises
    ------
    DataUnavailableError
        If it cannot be had: the message says where it was looked for, the licence, and how to get it.
    ValueError
        If a file is there but is not the one in the table.
    """
    source = _source(name)
    path = find(name)
    if path is None:
        if not (download and source.url):
            raise DataUnavailableError(_how_to_get(source, asked=download))
        return _download(source)
    _verify(path.read_bytes(), source, str(path))
    return path


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise ValueError(f"`name` must be one of {', '.join(map(repr, SOURCES))}; got {name!r}.")
    return SOURCES[name]


def _places(source: Source) -> list[Path]:
    """Where the file may lie, in the order in which it is looked for."""
    if source.shipped:
        return [bundled(source.file)]
    root = os.environ.get("CXRESEARCH_DATA")
    named = [Path(root) / source.folder / source.file, Path(root) / source.file] if root else []
    return [*named, cache() / source.folder / source.file]


def _verify(content: bytes, source: Source, where: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found not in (source.sha256, source.also_sha256):
        raise ValueError(
            f"{where} is not the file cxresearch knows as {source.name!r}: its sha256 is {found}, expected "
            f"{source.sha256}. Another edition would give other numbers under the same name; "
            f"replace the file, or read your own with cx.read."
        )


def _how_to_get(source: Source, *, asked: bool) -> str:
    looked = [str(path) for path in _places(source)]
    if not os.environ.get("CXRESEARCH_DATA"):
        looked.insert(0, "$CXRESEARCH_DATA (not set)")
    if source.url:
        way = f"call its loader with download=True, or by hand: {source.by_hand}"
    else:
        way = ("there is no direct download; " if asked else "") + f"by hand: {source.by_hand}"
    return "\n".join(
        [
            f"{source.title} ({source.name}) is not on this machine.",
            f"Looked for: {'; '.join(looked)}.",
            f"Licence: {source.licence}.",
            f"Publisher: {source.publisher}",
            f"To get it: {way}.",
            f"Then put {source.file} in $CXRESEARCH_DATA/{source.folder}/ or in the last place named.",
        ]
    )


def _download(source: Source) -> Path:
    """Fetch to a file aside, check, then rename: a broken download never takes the file's name."""
    from urllib.error import URLError
    from urllib.request import urlopen

    target = cache() / source.folder / source.file
    try:
        with urlopen(source.url, timeout=_TIMEOUT) as answer:
            content = answer.read()
    except (URLError, TimeoutError) as error:
        raise DataUnavailableError(
            f"{_how_to_get(source, asked=True)}\nThe download failed: {error}."
        ) from error
    _verify(content, source, source.url)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as aside:
        aside.write(content)
    os.replace(aside.name, target)
    return target


def codebooks() -> tuple[str, ...]:
    """Return the names of the data sets that have a codebook for `cxresearch.read`."""
    folder = resources.files("cxresearch") / "codebooks"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))


def codebook(name: str) -> dict[str, Any]:
    """Return the codebook of a data set as `cxresearch.read` takes it.

    Parameters
    ----------
    name : str
        One of `codebooks`.

    Returns
    -------
    dict
        The content of the TOML file in ``cxresearch/codebooks``: metrics, outcomes, drivers, controls,
        design.

    Examples
    --------
    >>> codebook("contact_survey")["metrics"]["ces"]["instrument"]
    'ces2'
    """
    if name not in codebooks():
        raise ValueError(f"`name` must be one of {', '.join(map(repr, codebooks()))}; got {name!r}.")
    text = (resources.files("cxresearch") / "codebooks" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
