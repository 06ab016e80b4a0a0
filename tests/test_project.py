"""What holds for the project as a whole: no machine in the files, arrows point down, imports are light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cxresearch

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cxresearch"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 450  # lines; a longer one has two jobs
HEAVY = ("matplotlib", "scipy.stats", "statsmodels", "sklearn", "duckdb", "polars", "pyarrow", "IPython")
# spelt in pieces, so that this file passes its own test
REGISTRIES = [
    a + b for a, b in [("py", "pi.org"), ("python", "hosted.org"), ("npm", "js.org"), ("conda", ".org")]
]
MACHINE_PATH = re.compile(
    r"(?<![\w.:/*-])/(?:home|root|work|tmp|opt|mnt|Users|private)/\w|\b[A-Z]:\\\\?Users"
)

# A floor may import the floors below it, and itself.
STATS = {"errors", "stats"}
SURVEY = {"errors", "survey"}
FACES = {
    "plots",
    "report",
    "datasets",
    "studies",
    "cli",
    "_cli_power",
    "verdict",
    "_pages",
    "_notebooks",
    "_replication",
    "course",
}


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listing.stdout.decode().split("\0")
    if listing.returncode or names == [""]:
        pytest.skip("not a git clone")
    return [ROOT / name for name in names if name and ROOT.joinpath(name).is_file()]


def _text(path: Path) -> str:
    content = path.read_bytes()
    text = "" if b"\0" in content else content.decode("utf-8")
    return re.sub(r'"image/png": "[^"]*"', "", text)


def test_no_tracked_file_names_a_machine_or_a_registry():
    found = [
        f"{path.relative_to(ROOT)}: {hit}"
        for path in _tracked()
        for text in [_text(path)]
        for hit in [*(name for name in REGISTRIES if name in text), *MACHINE_PATH.findall(text)]
    ]
    assert not found, "\n".join(found)


def test_constraints_pin_versions_and_name_no_address():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9._-]+==[\w.!+]+( ; .+)?", line) for line in lines)
    assert not [line for line in lines if "://" in line or "@" in line]


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for ds in project["optional-dependencies"].values() for d in ds)]
    names = {re.match(r"[\w-]+", item)[0] for item in wanted} - {"cxresearch"}
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}
    assert names <= pinned


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert project["version"] == cxresearch.__version__
    assert f"version: {project['version']}\n" in citation
    assert f"license: {project['license']}\n" in citation
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_importing_the_package_loads_nothing_heavy():
    code = f"import sys, cxresearch; print([name for name in {HEAVY!r} if name in sys.modules])"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_has_one_job(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST_MODULE


def _imports(path: Path) -> set[str]:
    """Rooms of the package a module imports: "stats" for cxresearch.stats.regression."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("cxresearch.")}
    return found


@pytest.mark.parametrize(("room", "allowed"), [("stats", STATS), ("survey", SURVEY)])
def test_lower_floors_know_nothing_above_them(room, allowed):
    for path in PACKAGE.joinpath(room).rglob("*.py"):
        assert _imports(path) <= allowed, path.name


def test_stats_knows_no_frames_and_no_pictures():
    for path in PACKAGE.joinpath("stats").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(?:import|from) (?:pandas|polars|narwhals|matplotlib)", text, re.M), (
            path.name
        )


def test_questions_do_not_import_faces_except_to_draw():
    """A result's `plot` loads `plots` when it is called; nothing else points upwards."""
    faces = {path.stem for path in PACKAGE.glob("*.py")} & FACES
    for path in PACKAGE.glob("*.py"):
        if path.stem in faces | {"__init__", "__main__"} or path.stem.startswith(
            ("_course", "_scorecard", "_replication")
        ):
            continue
        assert not _imports(path) & (faces - {"plots", "verdict"}), path.name


def test_ci_runs_make_test_from_anywhere():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert "make test" in script
    assert "CXRESEARCH_REQUIRE_DATA" in script
