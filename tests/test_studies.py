"""The studies' machinery on trial notebooks: what runs, what is left out, what pages and notebooks hold."""

from __future__ import annotations

import base64
import copy
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cxresearch import _notebooks, _pages, studies

pytestmark = pytest.mark.xdist_group("trial studies")  # one build serves every test of this file

WHOLE = """# %% [markdown]
# # Whole
# Text <with> "signs".

# %%
import matplotlib.pyplot as plt
import pandas as pd

from cxresearch import plots, studies

studies.start()

# %%
scores = pd.DataFrame({"score": [39.8, 1 / 3]}, index=pd.Index(["=HYPERLINK(1)", "csat"], name="metric"))
studies.save_table("scores", scores)

# %%
figure, ax = plt.subplots(figsize=(2, 1))
plots.describe(figure, 'Bars: "39.8" & <more>');

# %% tags=["needs:absent"]
raise SystemError("never run where the data are absent")

# %% tags=["needs:absent"]
1 / 0

# %%
studies.verdict("No practical difference.", about="Trial")
"""

STOPPED = """# %% [markdown]
# # Stopped for want of data

# %%
print("before")

# %%
from cxresearch import datasets

datasets.locate("absent")

# %%
print("after")
"""

FAILED = """# %% [markdown]
# # Failed

# %%
raise KeyError("no such thing")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build of three trial studies, one data set being absent."""
    folder = tmp_path_factory.mktemp("trial")
    for name, text in {"01_whole": WHOLE, "02_stopped": STOPPED, "03_failed": FAILED}.items():
        folder.joinpath(f"{name}.py").write_text(
            text.replace("needs:absent", "needs:csibank").replace('"absent"', '"csibank"'), encoding="utf-8"
        )
    told: list[tuple[str, int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXRESEARCH_DATA", str(folder / "empty"))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        stale = folder / "build" / "pages" / "09_old.html"
        stale.parent.mkdir(parents=True)
        stale.write_text("old")
        done = studies.reproduce(folder / "build", notebooks=folder, progress=lambda *said: told.append(said))
    return folder, {study.stem: study for study in done}, told


@pytest.fixture
def whole(built):
    return built[1]["01_whole"]


def _page(built, stem: str) -> str:
    return built[0].joinpath("build", "pages", f"{stem}.html").read_text(encoding="utf-8")


def test_every_study_has_its_page_and_old_pages_go(built):
    pages = sorted(path.name for path in built[0].joinpath("build", "pages").iterdir())
    assert pages == ["01_whole.html", "02_stopped.html", "03_failed.html"]


def test_progress_is_told_to_the_end(built):
    _, _, told = built
    assert told[0] == ("01_whole", 0, 7)
    assert ("01_whole", 7, 7) in told


def test_cells_without_data_are_left_out_and_say_so_once_in_full(built, whole):
    assert whole.missing == ("csibank",)
    assert whole.error == ""
    page = _page(built, "01_whole")
    assert page.count("Not run: Spanish bank satisfaction, 1,707 customers is not on this machine.") == 2
    assert page.count("write.csv(pathmox::csibank") == 1
    assert "ZeroDivisionError" not in page


def test_cells_after_a_gap_still_run(whole):
    assert whole.verdicts == ("Trial: No practical difference.",)


def test_untagged_missing_data_stop_the_study_without_failing_it(built):
    study = built[1]["02_stopped"]
    page = _page(built, "02_stopped")
    assert (study.error, study.missing) == ("", ("csibank",))
    assert "The study stops here: its data are not on this machine." in page
    assert "before\n" in page
    assert "after\n" not in page
    assert "Traceback (most" not in page


def test_an_error_is_named_on_the_page_and_in_the_study(built):
    assert built[1]["03_failed"].error == "KeyError: 'no such thing'"
    assert "KeyError: 'no such thing'" in _page(built, "03_failed")


def test_pages_load_nothing_and_can_be_read_aloud(built):
    for path in built[0].joinpath("build").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert '<html lang="en">' in text
        assert not re.search(r"<script\s|<link|<iframe|@import|url\(|src=[\"'](?!data:)", text)
        assert text.count("<script") == (path.name == "scorecard.html")
        assert len(re.findall(r"<h1", text)) == 1


def test_the_scorecard_is_written_linked_and_says_which_data_it_lacks(built):
    build = built[0] / "build"
    text = build.joinpath("scorecard.html").read_text(encoding="utf-8")
    assert '<a href="scorecard.html">' in build.joinpath("index.html").read_text(encoding="utf-8")
    assert "Not on this machine, so not asked: Spanish bank satisfaction, 1,707 customers" in text


def test_pictures_are_written_as_the_pages_show_them(built, whole):
    [png] = [
        output.data["image/png"]
        for _, output in _notebooks.outputs(whole.notebook)
        if "image/png" in output.get("data", {})
    ]
    [file] = built[0].joinpath("build", "figures").iterdir()
    assert file.name == "01_whole_1.png"
    assert file.read_bytes() == base64.b64decode(png)


def test_columns_of_words_are_read_from_the_left():
    soup = BeautifulSoup(
        "<table><thead><tr><th></th><th>n</th><th>said</th></tr></thead><tbody>"
        f"<tr><th>S4-04</th><td>12</td><td>{'word ' * 9}</td></tr><tr><th>S4-05</th><td>3</td><td>no</td></tr>"
        "</tbody></table>",
        "html.parser",
    )
    _pages._align(soup.table)
    assert [cell.get_text() for cell in soup.select(".words")] == ["said", "word " * 9, "no"]
    assert [cell.get_text() for cell in soup.select(".name")] == ["S4-04", "S4-05"]


def test_links_into_the_build_are_right_from_a_page(tmp_path):
    tmp_path.joinpath("01_link.py").write_text(
        "# %% [markdown]\n# # Link\n# [card](../build/scorecard.html#S4-04)\n", encoding="utf-8"
    )
    page = _pages.page(_notebooks.execute(tmp_path / "01_link.py"))
    assert 'href="../scorecard.html#S4-04"' in page


def test_a_picture_carries_its_description(built, whole):
    [alt] = [
        output.metadata["image/png"]["alt"]
        for _, output in _notebooks.outputs(whole.notebook)
        if "image/png" in output.get("data", {})
    ]
    assert alt == 'Bars: "39.8" & <more>'
    assert "<img alt='Bars: \"39.8\" &amp; &lt;more&gt;'" in _page(built, "01_whole")


def test_pages_hold_no_path_of_the_machine(built):
    folder = built[0]
    for path in folder.joinpath("build").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert str(folder) not in text
        assert str(Path.home()) not in text


def test_the_index_lists_verdicts_tables_and_gaps(built):
    text = built[0].joinpath("build", "index.html").read_text(encoding="utf-8")
    assert '<a href="pages/01_whole.html">Whole</a>' in text
    assert "<li>Trial: No practical difference.</li>" in text
    assert '<a href="tables/01_whole_scores.csv">' in text
    assert text.count("Data not on this machine: csibank.") == 2


def test_a_saved_table_keeps_every_digit_and_no_formula(built):
    lines = built[0].joinpath("build", "tables", "01_whole_scores.csv").read_text().splitlines()
    assert lines == ["metric,score", "'=HYPERLINK(1),39.8", "csat,0.3333333333333333"]


def test_the_committed_form_is_the_same_on_every_run(built, whole):
    again = _notebooks.execute(built[0] / "03_failed.py")
    assert nbformat.writes(again.notebook) == nbformat.writes(built[1]["03_failed"].notebook)
    text = nbformat.writes(whole.notebook)
    assert not re.search(
        r"iopub|shell\.execute_reply|widgets|0x[0-9a-f]{8}", re.sub(r'"image/png": ".*"', "", text)
    )
    nbformat.validate(whole.notebook)


def test_only_a_whole_study_is_written(built, tmp_path):
    for study in built[1].values():
        assert studies.write(study, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_study_is_written_beside_its_source(tmp_path):
    tmp_path.joinpath("01_short.py").write_text(
        "# %% [markdown]\n# # Short\n\n# %%\n1 + 1\n", encoding="utf-8"
    )
    code = studies.main([str(tmp_path / "build"), "--notebooks", str(tmp_path), "--write"])
    written = nbformat.read(tmp_path / "01_short.ipynb", as_version=4)
    assert code == 0
    assert _notebooks.differences(_notebooks.execute(tmp_path / "01_short.py").notebook, written) == []


def test_a_folder_without_studies_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no study"):
        studies.reproduce(tmp_path / "build", notebooks=tmp_path)


# Tables, outside a build


def test_without_a_build_a_table_is_only_returned(tmp_path, monkeypatch):
    monkeypatch.delenv("CXRESEARCH_BUILD", raising=False)
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"x": [1]})
    assert studies.save_table("x", frame) is frame
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "Scores", "../x", "a b", "a.csv"])
def test_a_table_name_is_a_plain_word(name):
    with pytest.raises(ValueError, match="small letters"):
        studies.save_table(name, pd.DataFrame())


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=x", "\r=x", " =x", "\n@x"])
def test_text_that_looks_like_a_formula_is_disarmed(text, tmp_path, monkeypatch):
    monkeypatch.setenv("CXRESEARCH_BUILD", str(tmp_path))
    monkeypatch.setenv("CXRESEARCH_STUDY", "01")
    studies.save_table("t", pd.DataFrame({text: [text, "plain"], "n": [-1.5, 2.0]}))
    safe = "'" + text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
    content = (tmp_path / "tables" / "01_t.csv").read_bytes().decode()
    assert content == f"{safe},n\n{safe},-1.5\nplain,2.0\n"


# What must not be committed


def _with(notebook, **output):
    """A copy of the notebook whose last cell has one more output."""
    changed = copy.deepcopy(notebook)
    changed.cells[-1].outputs.append(nbformat.v4.new_output(**output))
    return changed


def _shown(notebook, html: str):
    return _with(notebook, output_type="display_data", data={"text/html": html})


def test_a_clean_notebook_has_no_faults(whole):
    assert _notebooks.faults(whole.notebook) == []


def test_faults_are_found(whole):
    cases = {
        "an error or a warning": {"output_type": "stream", "name": "stderr", "text": "Warning"},
        "without a description": {"output_type": "display_data", "data": {"image/png": "aGk="}},
        "an address in memory": {"output_type": "stream", "name": "stdout", "text": "<A at 0x7f00aa11bb22>"},
        "a path of this machine": {"output_type": "stream", "name": "stdout", "text": f"{Path.home()}/x"},
    }
    for fault, output in cases.items():
        assert [fault in found for found in _notebooks.faults(_with(whole.notebook, **output))] == [True]


def test_tex_formulas_are_a_fault(whole):
    changed = copy.deepcopy(whole.notebook)
    changed.cells[0].source += "\nso $\\sum p v$ and $5 or $6"
    assert ["TeX" in found for found in _notebooks.faults(changed)] == [True]
    changed.cells[0].source = "it costs $5, and 6 $ more"
    assert _notebooks.faults(changed) == []


def test_rows_of_an_open_data_set_are_a_fault(whole, open_data):
    frame = pd.read_csv(open_data("csibank"))
    items = frame[["sat1", "sat2", "sat3", "loy1"]]
    for dump in (items.head(), items.head().set_index("loy1")):
        assert _notebooks.faults(_shown(whole.notebook, dump.to_html()))
    plain = {"output_type": "stream", "name": "stdout", "text": items.head().to_string()}
    assert _notebooks.faults(_with(whole.notebook, **plain))
    assert _notebooks.faults(_shown(whole.notebook, pd.DataFrame({"x": range(101)}).to_html()))
    for aggregate in (items.corr(), items.describe(), items.mean().to_frame()):
        assert _notebooks.faults(_shown(whole.notebook, aggregate.to_html())) == []


# What must agree


def test_a_changed_source_is_a_difference(whole):
    changed = copy.deepcopy(whole.notebook)
    changed.cells[1].source += "\n"
    assert "not those of the .py" in _notebooks.differences(whole.notebook, changed)[0]


def test_a_changed_table_and_a_changed_description_are_differences(whole):
    changed = copy.deepcopy(whole.notebook)
    for _, output in _notebooks.outputs(changed):
        if "text/html" in output.get("data", {}):
            output.data["text/html"] = output.data["text/html"].replace("39.8", "39.9", 1)
            output.data["text/html"] = output.data["text/html"].replace("0.333333", "0.433333", 1)
        if "image/png" in output.get("data", {}):
            output.metadata["image/png"]["alt"] = "something else"
    assert len(_notebooks.differences(whole.notebook, changed)) == 2
    assert _notebooks.differences(whole.notebook, copy.deepcopy(whole.notebook)) == []


def test_only_the_last_printed_digit_may_move():
    for one, other in [("r 0.567", "r 0.568"), ("1.5e-07", "1.6e-07"), ("n 1,000.01", "n 1,000.02")]:
        assert _notebooks.same_text(one, other)
    for one, other in [("r 0.567", "r 0.569"), ("n 100", "n 101"), ("a 1.0", "b 1.0"), ("0.5", "0.5 0.5")]:
        assert not _notebooks.same_text(one, other)
