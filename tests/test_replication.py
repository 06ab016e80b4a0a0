"""The replication page is what its command writes, names every source, and holds no name of a machine."""

from __future__ import annotations

import platform
from pathlib import Path
from types import SimpleNamespace

import pytest

from cxresearch import _notebooks, _replication, _replication_map, datasets, studies

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
PAGE = ROOT / _replication.PAGE


def test_the_page_is_current_apart_from_what_was_measured():
    committed = PAGE.read_text(encoding="utf-8")
    fresh = _replication.page(NOTEBOOKS, _replication.kept(committed))
    assert fresh == committed, "run `python -m cxresearch._replication`"


def test_every_source_is_there_with_licence_checksum_and_citation():
    text = _replication.page(NOTEBOOKS)
    for source in datasets.SOURCES.values():
        for part in (source.title, source.licence, source.publisher, source.sha256, source.citation):
            assert part in text
    for heading in (
        "Overview", "Data availability and provenance statements", "Dataset list", "Computational requirements",
        "Description of programs", "Instructions to replicators", "List of tables, figures and programs", "References",
    ):  # fmt: skip
        assert f"\n## {heading}\n" in text


def test_every_study_has_its_tables_and_pictures_on_the_page():
    text = _replication.page(NOTEBOOKS)
    for path in _notebooks.sources(NOTEBOOKS):
        program = _replication_map.read_program(path)
        source = path.read_text(encoding="utf-8")
        assert f"### `notebooks/{path.stem}.py`" in text
        assert source.count("save_table(") == len(program.tables)
        assert text.count(f"`figures/{path.stem}_") == len(program.pictures)
        for name in datasets.SOURCES:
            assert (f"needs:{name}" in source or f"load_{name}(" in source) == (name in program.data)


def test_a_measurement_names_no_host_and_is_kept(tmp_path):
    runs = [SimpleNamespace(stem="01_scores", seconds=12.4), SimpleNamespace(stem="02_which", seconds=30.2)]
    tmp_path.joinpath("index.html").write_text("x" * 2_000_000)
    block = _replication.measured_block(runs, tmp_path)
    assert "| 01_scores | 12 |" in block
    assert "| all | 43 |" in block
    assert "`build/` holds 2 MB" in block
    assert f"Python {platform.python_version()}" in block
    assert platform.node() not in block
    assert str(Path.home()) not in block
    page = _replication.page(NOTEBOOKS, block)
    assert _replication.kept(page) == block
    assert _replication.kept("no marks") == _replication.NOTHING


def test_the_command_writes_the_page_and_keeps_the_last_measurement(tmp_path):
    tmp_path.joinpath("01_short.py").write_text(
        '# %% [markdown]\n# # Short | sharp\n\n# %%\nseed = 3\nstudies.save_table(f"t_{seed}", None)\n',
        encoding="utf-8",
    )
    target = tmp_path / "page.md"
    _replication.write(target, tmp_path, f"{_replication.BEGIN}measured{_replication.END}")
    _replication.write(target, tmp_path)
    text = target.read_text(encoding="utf-8")
    assert f"{_replication.BEGIN}measured{_replication.END}" in text
    assert "| `tables/01_short_t_*.csv` | 2 | Short / sharp |" in text
    assert "| 01 | `seed=3` |" in text


@pytest.mark.slow
def test_a_run_measures(tmp_path):
    folder = tmp_path / "studies"
    folder.mkdir()
    folder.joinpath("01_short.py").write_text("# %% [markdown]\n# # Short\n\n# %%\n1 + 1\n", encoding="utf-8")
    target = tmp_path / "page.md"
    command = [str(tmp_path / "build"), "--notebooks", str(folder), "--replication", str(target)]
    assert studies.main(command) == 0
    assert "| 01_short | " in _replication.kept(target.read_text(encoding="utf-8"))
