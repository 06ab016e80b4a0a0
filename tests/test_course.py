"""The course: lessons run clean as committed, their two versions agree, no answer stands in a lesson."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest

from cxresearch import _course_build as build
from cxresearch import _notebooks, _pages, course

LESSONS = build.lessons()
by_name = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
OPEN = "Not answered yet."


def _number(lesson):
    return int(lesson.stem.split("_")[1])


def _committed(path):
    return nbformat.read(path.with_suffix(".ipynb"), as_version=4)


def _replies(notebook):
    """What the checker said in each cell tagged with an exercise."""
    tagged = [(build.exercise_of(cell), cell) for cell in notebook.cells]
    return {
        name: "".join(output["data"]["text/plain"] for output in cell.outputs)
        for name, cell in tagged
        if name
    }


def test_every_lesson_has_its_module_and_its_solutions():
    assert [_number(lesson) for lesson in LESSONS] == list(course.LESSONS)
    assert {build.solutions(lesson) for lesson in LESSONS} == set(
        build.lessons(build.FOLDER / build.INSTRUCTOR)
    )
    for folder in (build.FOLDER, build.FOLDER / build.INSTRUCTOR):
        assert {path.stem for path in folder.glob("*.ipynb")} == {lesson.stem for lesson in LESSONS}


@by_name
def test_a_lesson_keeps_the_form(lesson):
    """One first heading, short cells, no functions, a time for each part, guesses, exercises, one dial, an end."""
    notebook = _notebooks.read(lesson)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert len(re.findall(r"^# ", text, re.M)) == 1
    parts = re.findall(r"^## (.+)$", text, re.M)
    assert parts[-2:] == ["What to remember", "What these numbers do not say"]
    minutes = [int(re.search(r"\((\d+) minutes\)$", part)[1]) for part in parts[:-2]]
    stated = int(re.search(r"\*\*It takes\*\* about (\d+) minutes", text)[1])
    assert 30 <= stated <= 60
    assert abs(sum(minutes) - stated) <= 5
    assert "simulated" in text
    assert max(source.count("\n") + 1 for source in code) <= 25
    assert not [source for source in code if re.search(r"^\s*(def|class|lambda) ", source, re.M)]
    assert code.count("guess = ...") >= 3
    assert sum("course.reveal(guess, " in source for source in code) == code.count("guess = ...")
    assert sum(source == f"course.dial({_number(lesson)})" for source in code) == 1


@by_name
def test_exercises_and_solutions_are_those_of_the_package(lesson):
    names = [exercise.name for exercise in course.exercises(_number(lesson))]
    tagged = [cell for cell in _notebooks.read(lesson).cells if build.exercise_of(cell)]
    assert len(names) >= 4
    assert [build.exercise_of(cell) for cell in tagged] == names
    for name, cell in zip(names, tagged, strict=True):
        assert re.fullmatch(rf'answer = .*\.\.\..*\n\ncourse\.check\("{name}", answer\)', cell.source)
    solved = [build.exercise_of(cell) for cell in _notebooks.read(build.solutions(lesson)).cells]
    assert [name for name in solved if name] == names


@pytest.mark.slow
@by_name
def test_a_clean_run_of_a_lesson_gives_what_is_committed_with_every_exercise_open(lesson):
    study = build.learner(lesson)
    assert build.faults(study) == []
    assert _notebooks.differences(study.notebook, _committed(lesson)) == []
    assert [reply for reply in _replies(study.notebook).values() if OPEN not in reply] == []


@pytest.mark.slow
@by_name
def test_the_instructors_version_is_the_lesson_with_solutions_that_pass(lesson):
    study = build.instructor(lesson)
    assert build.faults(study) == []
    assert _notebooks.differences(study.notebook, _committed(build.solutions(lesson))) == []
    assert [reply for reply in _replies(study.notebook).values() if " Right. " not in reply] == []
    ours, theirs = ([cell.source for cell in v.cells] for v in (study.notebook, _notebooks.read(lesson)))
    given = [cell.source for cell in _notebooks.read(build.solutions(lesson)).cells]
    assert [source for source in ours if source not in theirs + given] == []
    missing = [source for source in theirs if source not in ours]
    assert all("= ..." in source or ": ..." in source for source in missing)


FORMULA = re.compile(r"\w+(?: [-+*/] \w+)+")


def _assigned(code):
    nodes = [node for source in code for node in ast.walk(ast.parse(source))]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


@by_name
def test_a_formula_of_names_of_the_lesson_stands_in_the_lesson(lesson):
    """Else a hint takes a name that means something else there."""
    code = [cell.source for cell in _notebooks.read(lesson).cells if cell.cell_type == "code"]
    known, shown = _assigned(code), {found for source in code for found in FORMULA.findall(source)}
    for exercise in course.exercises(_number(lesson)):
        for text in (exercise.asks, exercise.praise, exercise.hint, *(m.says for m in exercise.mistakes)):
            for formula in FORMULA.findall(text):
                names = set(re.findall(r"[^\W\d]\w*", formula))
                assert not (names and names <= known) or formula in shown, f"{exercise.name}: {formula}"


def _numbers(answer):
    """The numbers of a right answer, without its words."""
    if isinstance(answer, dict):
        return [number for part in answer.values() for number in _numbers(part)]
    if isinstance(answer, tuple):
        return list(answer)
    return [answer] if isinstance(answer, float) else []


def _printed(texts):
    """Every number with decimals, and how many it has."""
    tokens = {token for text in texts for token in re.findall(r"(?<![\w.])-?\d[\d,]*\.\d+", text)}
    return [(float(token.replace(",", "")), len(token.partition(".")[2]), token) for token in tokens]


@by_name
def test_no_right_answer_stands_in_a_lesson(lesson):
    """Not in its text nor in an output, at any precision at which the checker would take it.

    Whole numbers and words, such as the position of a dial, stand anywhere and are not looked for.
    """
    committed = _committed(lesson)
    texts = [cell.source for cell in committed.cells]
    texts += [text for _, output in _notebooks.outputs(committed) for text in _notebooks._texts(output)]
    found = [
        f"{exercise.name}: {token}"
        for exercise in course.exercises(_number(lesson))
        for right in _numbers(exercise.right())
        for value, decimals, token in _printed(texts)
        if decimals >= exercise.decimals > 0 and abs(value - right) <= 0.5 * 10.0**-decimals
    ]
    assert not found, "\n".join(found)


def test_a_solution_without_its_exercise_is_refused(tmp_path):
    lesson = tmp_path / "lesson_9_none.py"
    lesson.write_text("# %% [markdown]\n# # None\n", encoding="utf-8")
    build.solutions(lesson).parent.mkdir()
    build.solutions(lesson).write_text('# %% tags=["answer:9.1"]\nanswer = 1\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"solves what lesson_9_none\.py does not ask: 9\.1"):
        build.with_solutions(lesson)


def test_pages_stand_open_and_load_nothing(tmp_path):
    lesson = LESSONS[0]
    study = _notebooks.Study(lesson.stem, "Lesson <1>", _committed(lesson), (), "", 0.0)
    index = build.write_pages(tmp_path, [study]).read_text(encoding="utf-8")
    page = tmp_path.joinpath("course", f"{lesson.stem}.html").read_text(encoding="utf-8")
    assert "Lesson &lt;1&gt;" in index
    assert 'href="course/index.html"' in _pages.write(tmp_path, []).read_text(encoding="utf-8")
    assert "<summary>Code</summary>" not in page
    assert "data:image/png;base64," in page
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org)", page)
