"""Fixtures every test may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import matplotlib as mpl
import pytest

mpl.use("Agg")

# how long an example takes says how busy the machine is, not whether the code is right
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# `make test-browser` runs them: Chromium is not everywhere
collect_ignore = [] if "CXRESEARCH_BROWSER" in os.environ else ["browser"]


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Close what a test has drawn, if it has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def open_data() -> Callable[[str], Path]:
    """Path of an open data set by its name in `cxresearch.datasets.SOURCES`.

    Skips where the set cannot be had; with CXRESEARCH_REQUIRE_DATA=1, as in continuous integration, it fails.
    """
    return need_data


def need_data(name: str) -> Path:
    from cxresearch import datasets

    path = datasets.find(name)
    if path is None:
        message = f"data set {name!r} is not here (set CXRESEARCH_DATA to the folder that holds it)"
        if os.environ.get("CXRESEARCH_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return datasets.locate(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests, so that parallel workers finish together."""
    loaders = [item for item in items if item.name.startswith("cxresearch.datasets.load_")]
    if loaders and os.environ.get("CXRESEARCH_REQUIRE_DATA") != "1":
        from cxresearch import datasets

        if any(datasets.find(name) is None for name in datasets.SOURCES):
            for item in loaders:  # their examples show open data
                item.add_marker(pytest.mark.skip("an open data set is not here (set CXRESEARCH_DATA)"))
    items.sort(
        key=lambda item: not any(item.iter_markers("slow")) and not any(item.iter_markers("xdist_group"))
    )
