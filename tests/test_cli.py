"""The command line as a person and a script meet it: exit codes, one JSON object, errors without a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import cxresearch as cx
from cxresearch.cli import app
from cxresearch.results import ESTIMATE_COLUMNS

FINE, PROBLEM, USAGE = 0, 1, 2
COMMON = {"question", "method", "seed", "n", "n_missing", "notes"}
TABLES = {
    "table": ["metric", "coding", "measure"],
    "pairs": ["a", "b", "measure"],
    "ratios": ["a", "b", "unit"],
    "banding": ["metric", "coding", "measure"],
    "joint": ["metric", "measure"],
    "models": ["model", "family", "metric"],
    "tests": ["a", "b", "test"],
    "reliability": ["metric", "versus", "measure", "reliability"],
    "own": ["metric", "coding", "measure"],
}
CODEBOOK = """
title = "Contacts"
[metrics.csat]
column = "csat"
scale = [1, 5]
[metrics.nps]
column = "nps"
instrument = "nps"
[outcomes.again]
column = "again"
scale = [1, 7]
[outcomes.left]
column = "left"
kind = "binary"
[design]
segments = ["channel"]
"""
FEW = ["--repeats", "1", "--n-boot", "100", "--folds", "5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey")
    rng = np.random.default_rng(1)
    mood = rng.normal(size=200)

    def answers(low, high):
        raw = (low + high) / 2 + (high - low) / 4 * (mood + rng.normal(size=200))
        return np.clip(np.rint(raw), low, high).astype(int)

    frame = pd.DataFrame({"csat": answers(1, 5), "nps": answers(0, 10), "again": answers(1, 7)})
    frame["left"] = (mood + rng.normal(size=200) > 0).astype(int)
    frame["channel"] = np.where(np.arange(200) % 2, "web", "phone")
    frame.to_csv(folder / "answers.csv", index=False)
    frame.assign(csat=frame.csat.where(frame.index > 2, -99)).to_csv(folder / "coded.csv", index=False)
    frame.head(8).to_csv(folder / "short.csv", index=False)
    (folder / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    only = CODEBOOK[: CODEBOOK.index("[outcomes.left]")]
    (folder / "one_outcome.toml").write_text(only, encoding="utf-8")
    (folder / "misspelt.toml").write_text(CODEBOOK.replace("scale", "scael", 1), encoding="utf-8")
    (folder / "broken.toml").write_text("[metrics.csat\n", encoding="utf-8")
    return folder


@pytest.fixture
def run(folder, monkeypatch):
    """Call a verb in the survey's folder: verb, data, codebook, options."""
    monkeypatch.chdir(folder)

    def call(verb, *options, data="answers.csv", codebook="codebook.toml"):
        result = CliRunner().invoke(app, [verb, data, "--codebook", codebook, *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return call


def strict(text):
    """Parse one JSON object, refusing NaN and infinities and anything after it."""

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    content = json.loads(text, parse_constant=refuse)
    assert isinstance(content, dict)
    return content


# ---- compare


@pytest.fixture(scope="module")
def survey(folder):
    return cx.read(folder / "answers.csv", folder / "codebook.toml")


def test_compare_as_json_is_the_result_itself(run, survey):
    result = run("compare", "--outcome", "again", "--json", "--seed", "7", *FEW)
    assert result.exit_code == FINE
    assert result.stderr == ""
    content = strict(result.stdout)
    assert COMMON | set(TABLES) | {"verdict"} <= set(content)
    assert set(content["verdict"]) >= {"winner", "conclusion", "rule", "sentence"}
    assert content["verdict"]["conclusion"] in ("better", "no practical difference", "not enough data")
    assert content["verdict"]["winner"] in (None, "csat", "nps")
    assert (content["seed"], content["n"], content["n_missing"]) == (7, 200, 0)
    for name, keys in TABLES.items():
        assert content[name], name
        for row in content[name]:
            assert list(row)[: len(keys) + 6] == [*keys, *ESTIMATE_COLUMNS]
    same = cx.compare(survey, "again", seed=7, repeats=1, n_boot=100, folds=5)
    mine = json.loads(json.dumps(same.to_dict()))
    assert content == mine  # full precision, to the last digit


def test_compare_in_words(run):
    result = run("compare", "--outcome", "again", *FEW)
    assert result.exit_code == FINE
    assert "predicts" in result.stdout or "predict" in result.stdout
    for part in ("csat", "nps", "200 of 200 rows used", "interval"):
        assert part in result.stdout


def test_compare_options_reach_the_comparison(run):
    options = ["--metrics", "nps, csat", "--measure", "spearman_r", "--rope", "0.1", "--conf-level", "0.9"]
    content = strict(run("compare", "--outcome", "left", "--json", *options, *FEW).stdout)
    assert content["metrics"] == ["nps", "csat"]
    assert content["outcome"] == "left"
    protocol = content["protocol"]
    assert (protocol["measure"], protocol["rope"], protocol["conf_level"]) == ("spearman_r", 0.1, 0.9)
    assert (protocol["folds"], protocol["repeats"], protocol["n_boot"]) == (5, 1, 100)
    assert "spearman_r" in content["verdict"]["rule"]
    assert "90 %" in content["verdict"]["rule"]


def test_one_outcome_need_not_be_named(run):
    content = strict(run("compare", "--json", *FEW, codebook="one_outcome.toml").stdout)
    assert content["outcome"] == "again"


@pytest.mark.parametrize("name", ["picture.png", "picture.svg", "picture.PDF"])
def test_plot_is_written_whole(run, folder, name):
    result = run("compare", "--outcome", "again", "--json", "--plot", name, *FEW)
    assert result.exit_code == FINE
    strict(result.stdout)  # the picture does not disturb the numbers
    head = (folder / name).read_bytes()[:200]
    assert head.startswith({"png": b"\x89PNG", "svg": b"<?xml", "PDF": b"%PDF"}[name[-3:]])
    assert [path.name for path in folder.glob(".*")] == []  # nothing half-written is left
    (folder / name).unlink()


def test_plot_of_scores_is_written(run, folder):
    assert run("score", "--plot", "scores.png").exit_code == FINE
    assert (folder / "scores.png").stat().st_size > 10_000


# ---- check and score


def test_check_of_a_clean_file(run):
    result = run("check")
    assert result.exit_code == FINE
    assert "0 errors, 0 warnings" in result.stdout
    content = strict(run("check", "--json").stdout)
    assert content.keys() >= COMMON
    assert content["problems"] == []
    assert content["n"] == 200


def test_check_lists_what_it_finds(run):
    result = run("check", data="coded.csv")
    assert result.exit_code == PROBLEM
    assert "-99 (3 rows)" in result.stdout
    as_json = run("check", "--json", data="coded.csv")
    assert as_json.exit_code == PROBLEM
    [problem] = strict(as_json.stdout)["problems"]
    assert (problem["column"], problem["kind"], problem["rows"]) == ("csat", "missing_code", 3)
    assert problem["values"] == {"-99": 3}
    assert problem["severity"] == "error"


def test_score_as_json_has_its_tables(run):
    result = run("score", "--by", "channel", "--json")
    assert result.exit_code == FINE
    content = strict(result.stdout)
    assert content.keys() >= COMMON
    row = content["table"][0]
    assert set(row) >= {"metric", "scorer", "channel", *ESTIMATE_COLUMNS}
    assert {r["channel"] for r in content["table"]} == {"phone", "web"}
    assert {r["metric"] for r in content["table"]} == {"csat", "nps"}


# ---- what goes wrong


@pytest.mark.parametrize("verb", ["check", "score", "compare"])
@pytest.mark.parametrize(
    ("data", "codebook", "parts"),
    [
        ("nowhere.csv", "codebook.toml", ["nowhere.csv", "no such file"]),
        (".", "codebook.toml", [".", "folder"]),
        ("*.tsv", "codebook.toml", ["*.tsv", "pattern"]),
        ("answers.csv", "nowhere.toml", ["nowhere.toml", "no such file"]),
        ("answers.csv", ".", [".", "cannot be read"]),
        ("answers.csv", "misspelt.toml", ["metrics.csat", "scael", "did you mean 'scale'"]),
        ("answers.csv", "broken.toml", ["broken.toml", "TOML"]),
        ("answers.csv", "answers.csv", ["answers.csv", "TOML"]),
    ],
)
def test_what_cannot_be_read_is_named_on_stderr(run, verb, data, codebook, parts):
    for flag in ([], ["--json"]):
        result = run(verb, *flag, data=data, codebook=codebook)
        assert result.exit_code == PROBLEM
        for part in parts:
            assert part in result.stderr
        if flag:
            content = strict(result.stdout)
            assert content["error"] in ("SurveyError", "CodebookError")
            assert parts[0] in content["message"]
        else:
            assert result.stdout == ""


@pytest.mark.parametrize("verb", ["score", "compare"])
def test_answers_that_do_not_fit_are_refused_with_every_problem(run, verb):
    result = run(verb, "--json", data="coded.csv")
    assert result.exit_code == PROBLEM
    content = strict(result.stdout)
    assert content["error"] == "SurveyError"
    assert [problem["values"] for problem in content["problems"]] == [{"-99": 3}]
    assert "-99 (3 rows)" in result.stderr


def test_too_few_rows_are_a_problem_of_the_data(run):
    result = run("compare", "--outcome", "again", *FEW, data="short.csv")
    assert result.exit_code == PROBLEM
    assert "only 8 of 8 rows" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        [],  # two outcomes, none named
        ["--outcome", "agian"],
        ["--outcome", ""],
        ["--outcome", "again,left"],
        ["--outcome", "csat"],  # a metric
        ["--outcome", "again", "--metrics", "csat"],
        ["--outcome", "again", "--metrics", "csat,csat"],
        ["--outcome", "again", "--metrics", "csat,again"],
        ["--outcome", "again", "--metrics", "csat,npss"],
        ["--outcome", "again", "--measure", "kendall"],
        ["--outcome", "again", "--rope", "-1"],
        ["--outcome", "again", "--rope", "nan"],
        ["--outcome", "again", "--conf-level", "95"],
        ["--outcome", "again", "--conf-level", "nan"],
        ["--outcome", "again", "--folds", "1"],
        ["--outcome", "again", "--folds", "ten"],
        ["--outcome", "again", "--n-boot", "10"],
        ["--outcome", "again", "--seed", "-1"],
        ["--outcome", "again", "--plot", "picture.xyz"],
        ["--outcome", "again", "--plot", "picture"],
        ["--outcome", "again", "--plot", "nowhere/picture.png"],
        ["--outcome", "again", "--colour", "blue"],
    ],
    ids=" ".join,
)
def test_wrong_usage_of_compare(run, options):
    result = run("compare", *options)
    assert result.exit_code == USAGE
    assert result.stdout == ""
    assert "Error" in result.stderr
    assert len(result.stderr) < 3_000


@pytest.mark.parametrize(
    "options",
    [["--by", "chanel"], ["--by", "channel", "--compare-to", "fax"], ["--metrics", "npss"], ["--scorers", "best"],
     ["--plot", "scores.xyz"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_of_score(run, options):
    result = run("score", *options)
    assert result.exit_code == USAGE
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments", [["compare"], ["compare", "answers.csv"], ["divine"], ["check", "--codebook", "x"]]
)
def test_wrong_usage_of_the_whole(arguments):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == USAGE
    assert "Usage" in result.stderr


def test_help_names_every_verb():
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == FINE
    for verb in ("check", "score", "compare", "drivers", "reproduce"):
        assert verb in result.stdout


def test_an_error_of_our_own_is_not_passed_off_as_the_users(run, monkeypatch):
    def fails(*_, **__):
        raise ValueError("shapes (3,) and (4,) do not fit")

    monkeypatch.setattr("cxresearch.comparison.compare", fails)
    with pytest.raises(AssertionError, match="shapes"):
        run("compare", "--outcome", "again")


# ---- as a process


def process(folder, *arguments, **environment):
    command = [sys.executable, "-m", "cxresearch", *arguments]
    env = os.environ | {"PYTHONPATH": str(Path(cx.__file__).parents[1])} | environment
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False, timeout=120)


def test_a_real_process_prints_one_json_object_and_exits_as_said(folder):
    """In a terminal that knows no Unicode, too: JSON is UTF-8 wherever it is written."""
    asked = ["compare", "answers.csv", "-c", "codebook.toml", "--outcome", "again", "--json", *FEW]
    found = process(folder, *asked, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert found.returncode == FINE, found.stderr.decode()
    assert found.stderr == b""
    content = strict(found.stdout.decode("utf-8"))
    assert "±" in content["method"]
    assert content["verdict"]["sentence"]
    refused = process(folder, "check", "coded.csv", "-c", "codebook.toml")
    assert refused.returncode == PROBLEM
    assert b"-99 (3 rows)" in refused.stdout
    assert b"Traceback" not in refused.stderr


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"cxresearch {cx.__version__}\n")
