"""`cxresearch drivers` as a person and a script meet it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import cxresearch as cx
from cxresearch.cli import app
from cxresearch.results import ESTIMATE_COLUMNS

FINE, PROBLEM, USAGE = 0, 1, 2
COMMON = {"question", "method", "conf_level", "seed", "n", "n_missing", "notes"}
TABLES = {
    "table": ["driver", "measure", "term"],
    "effects": ["driver", "term", "measure"],
    "attributable": ["driver", "reference", "measure"],
    "importance": ["driver", "measure"],
}
SCENARIO = {"table": ["scenario", "measure"], "steps": ["step", "driver", "measure"]}
CODEBOOK = """
title = "Contacts"
[metrics.ces]
column = "ces"
instrument = "ces2"
[outcomes.again]
column = "again"
scale = [1, 7]
[drivers.transfers]
column = "transfers"
kind = "count"
[drivers.channel]
column = "channel"
kind = "category"
levels = ["phone", "web"]
[drivers.waiting]
column = "waiting"
kind = "number"
[controls.complexity]
column = "complexity"
scale = [1, 5]
"""
ASK = ["--outcome", "ces", "--n-boot", "100"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey")
    rng = np.random.default_rng(1)
    complexity = rng.integers(1, 6, 400)
    transfers = rng.poisson(0.3 * complexity)
    ease = 6.5 - 0.6 * transfers - 0.3 * complexity + rng.normal(size=400)
    frame = pd.DataFrame({
        "ces": np.clip(np.rint(ease), 1, 7).astype(int), "again": rng.integers(1, 8, 400),
        "transfers": transfers, "channel": np.where(np.arange(400) % 2, "web", "phone"),
        "waiting": rng.gamma(2, 3, 400).round(1), "complexity": complexity,
    })  # fmt: skip
    frame.to_csv(folder / "answers.csv", index=False)
    frame.assign(ces=frame.ces.where(frame.index > 2, -99)).to_csv(folder / "coded.csv", index=False)
    frame.assign(transfers=2).to_csv(folder / "constant.csv", index=False)
    (folder / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    return folder


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)

    def call(*options, data="answers.csv"):
        result = CliRunner().invoke(
            app, ["drivers", data, "--codebook", "codebook.toml", *options], env={"COLUMNS": "1000"}
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return call


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_the_json_is_the_result_itself(run, folder):
    result = run(*ASK, "--json", "--seed", "7")
    assert (result.exit_code, result.stderr) == (FINE, "")
    content = strict(result.stdout)
    assert COMMON | set(TABLES) <= set(content)
    assert "what_if" not in content
    for name, keys in TABLES.items():
        for row in content[name]:
            assert list(row)[: len(keys) + 6] == [*keys, *ESTIMATE_COLUMNS]
    same = cx.drivers(cx.read(folder / "answers.csv", folder / "codebook.toml"), "ces", seed=7, n_boot=100)
    assert content == json.loads(json.dumps(same.to_dict()))


def test_a_what_if_is_an_object_of_its_own(run, folder):
    asked = ["--what-if", "transfers=0", "--what-if", " channel = web", "--what-if", "waiting=2.5"]
    content = strict(run(*ASK, "--json", *asked).stdout)
    scenario = content["what_if"]
    assert COMMON | set(SCENARIO) | {"supported"} <= set(scenario)
    assert scenario["values"] == {"transfers": 0, "channel": "web", "waiting": 2.5}
    for name, keys in SCENARIO.items():
        assert list(scenario[name][0])[: len(keys) + 6] == [*keys, *ESTIMATE_COLUMNS]
    found = cx.drivers(cx.read(folder / "answers.csv", folder / "codebook.toml"), "ces", n_boot=100)
    same = found.what_if(transfers=0, channel="web", waiting=2.5)
    assert scenario == json.loads(json.dumps(same.to_dict()))


def test_in_words_the_scenario_follows_the_drivers(run):
    told = run(*ASK, "--what-if", "transfers=0").stdout
    assert told.index("What drives ces") < told.index("What would ces be with transfers = 0 for everybody?")
    assert "change (predicted)" in told
    assert "What would" not in run(*ASK).stdout


def test_options_reach_the_question(run):
    options = [
        "--drivers",
        "transfers, waiting",
        "--controls",
        "",
        "--adverse",
        "<= 2",
        "--conf-level",
        "0.9",
    ]
    content = strict(run(*ASK, "--json", *options).stdout)
    assert (content["drivers"], content["controls"]) == (["transfers", "waiting"], [])
    assert content["conf_level"] == 0.9
    [adverse] = [note["text"] for note in content["notes"] if note["code"] == "adverse"]
    assert adverse.endswith("1, 2.")


def test_adverse_answers_are_exactly_those_listed(run):
    for asked, told in (("3", " 3."), ("1,2,3", "1, 2, 3.")):
        content = strict(run(*ASK, "--json", "--adverse", asked).stdout)
        [adverse] = [note["text"] for note in content["notes"] if note["code"] == "adverse"]
        assert adverse.endswith(told)


@pytest.mark.parametrize("scenario", [[], ["--what-if", "transfers=0"]])
def test_the_picture_is_written_whole(run, folder, scenario):
    assert run(*ASK, *scenario, "--plot", "drivers.png").exit_code == FINE
    picture = folder / "drivers.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture.unlink()
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--what-if", "transfers"], "must be NAME=VALUE; got 'transfers'"),
        (["--what-if", "=3"], "must be NAME=VALUE; got '=3'"),
        (["--what-if", "transfers="], "must be NAME=VALUE; got 'transfers='"),
        (["--what-if", "transfers=0", "--what-if", "transfers=1"], "sets 'transfers' twice"),
        (["--what-if", "speed=0"], "'speed' is not one of the drivers; they are 'transfers', 'channel'"),
        (["--what-if", "complexity=1"], "'complexity' is not one of the drivers"),
        (["--what-if", "transfers=-1"], "of 'transfers' must be an answer on its scale 0 or more"),
        (["--what-if", "transfers=none"], "of 'transfers' must be an answer on its scale 0 or more"),
        (["--what-if", "transfers=nan"], "of 'transfers' must be an answer on its scale"),
        (["--what-if", "channel=fax"], "of 'channel' must be one of 'phone', 'web'; got 'fax'"),
        (["--drivers", "speed"], "'speed' is not in the codebook; it has ces, again, transfers"),
        (["--controls", "mood"], "'mood' is not in the codebook"),
        (["--drivers", "ces"], "`ces` is the outcome"),
        (["--adverse", "bad"], "`adverse` must be answers or a comparison"),
        (["--plot", "drivers.doc"], "must end in .png"),
    ],
)
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_usage_is_told_with_the_way_out(run, options, message, as_json):
    result = run(*ASK, *options, *as_json)
    assert result.exit_code == USAGE
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""


def test_the_outcome_is_needed_and_must_be_known(run):
    missing = run("--n-boot", "100")
    assert missing.exit_code == USAGE
    assert "--outcome" in missing.stderr
    unknown = run("--outcome", "mood")
    assert unknown.exit_code == USAGE
    assert "'mood' is not in the codebook" in unknown.stderr


@pytest.mark.parametrize(
    ("data", "name"), [("coded.csv", "-99"), ("constant.csv", "transfers"), ("absent.csv", "absent.csv")]
)
def test_problems_of_the_data_have_exit_code_1(run, data, name):
    result = run(*ASK, "--json", data=data)
    assert result.exit_code == PROBLEM
    content = strict(result.stdout)
    assert name in content["message"]
    assert set(content) == {"error", "message", "problems"}
