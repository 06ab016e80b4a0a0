"""The committed studies: notebook and source agree; a clean run gives the same text and tables."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from conftest import need_data

from cxresearch import _notebooks

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = _notebooks.sources(FOLDER)


@pytest.mark.slow
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_clean_run_gives_what_is_committed(path):
    """One run serves every check; all that is wrong is listed at once."""
    committed = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    root = path.parents[1]
    wrong = _notebooks.faults(committed, places=(root, Path(os.path.expandvars("$CXRESEARCH_DATA"))))
    study = _notebooks.execute(path)
    for name in study.missing:
        need_data(name)  # skips, or fails where data are required
    wrong += [study.error] if study.error else []
    wrong += _notebooks.differences(study.notebook, committed)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_study_can_be_read_at_leisure(path):
    """One first heading, cells of at most 25 lines, no function definitions: those belong in the package."""
    notebook = _notebooks.read(path)
    headings = [
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("# ")
    ]
    assert len(headings) == 1
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert max(source.count("\n") + 1 for source in code) <= 25
    assert not [source for source in code if source.lstrip().startswith("def ") or "\ndef " in source]


def test_no_notebook_is_committed_without_its_source():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == {path.stem for path in SOURCES}
