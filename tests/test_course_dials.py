"""The dials: every position draws, says what it shows, and a slider turns the figure."""

from __future__ import annotations

import re

import pytest

from cxresearch import course

LESSONS = pytest.mark.parametrize("lesson", course.LESSONS)


@LESSONS
def test_every_position_has_its_own_picture_and_sentence(lesson):
    dial = course.dial(lesson)
    assert dial.start in dial.settings
    assert set(dial.shown) <= set(dial.settings)
    assert 3 <= len(dial.shown) <= 6
    shown = [dial._html(setting) for setting in dial.settings]
    assert len({re.search(r'src="([^"]+)"', text)[1] for text in shown}) == len(dial.settings)
    assert len({re.search(r'alt="([^"]+)"', text)[1] for text in shown}) == len(dial.settings)
    assert not [text for text in shown if "nan" in text.partition("src=")[0]]


@LESSONS
def test_a_page_without_a_kernel_has_the_figure_and_the_small_ones(lesson):
    dial = course.dial(lesson)
    rest = dial.at_rest()
    small, large = len(dial.small().axes), len(dial.figure(dial.start).axes)
    assert len(rest.axes) == small + large
    said = rest.get_gid()
    assert all(dial.say(dial.numbers(setting)) in said for setting in (dial.start, *dial.shown))
    assert "Simulated data." in said
    assert "simulated" in rest.texts[0].get_text()


@LESSONS
def test_turning_the_slider_changes_picture_and_caption(lesson):
    dial = course.dial(lesson)
    slider, picture = dial.widget().children
    assert slider.value == dial.start
    before = picture.value
    other = next(setting for setting in dial.settings if setting != dial.start)
    slider.value = other
    assert picture.value != before
    assert dial.say(dial.numbers(other)).split(":")[0] in picture.value


def _shown(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    return shown


def test_a_built_page_shows_no_slider_and_a_notebook_does(monkeypatch):
    shown = _shown(monkeypatch)
    monkeypatch.setenv("CXRESEARCH_STUDY", "lesson")
    course.dial(1)._ipython_display_()
    monkeypatch.delenv("CXRESEARCH_STUDY")
    course.dial(1)._ipython_display_()
    assert [type(item).__name__ for item in shown] == ["Figure", "VBox", "Figure"]


def test_without_ipywidgets_the_figure_stands_and_the_way_out_is_said(monkeypatch):
    shown = _shown(monkeypatch)
    monkeypatch.delenv("CXRESEARCH_STUDY", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    course.dial(1)._ipython_display_()
    assert "pip install" in shown[0]
    assert len(shown) == 2


def test_the_first_dial_shows_that_the_winner_changes_at_equal_means():
    cuts = [course.dial(1).numbers(cut) for cut in course.dial(1).settings]
    assert len({cut.means[team] for cut in cuts for team in cut.teams}) == 1
    assert {cut.score[0] > cut.score[1] for cut in cuts} == {True, False}
    assert all(cut.low[at] <= cut.score[at] <= cut.high[at] for cut in cuts for at in (0, 1))
    assert [sum(cut.shares["Split"][a] for a in range(cut.cut, 8)) for cut in cuts] == pytest.approx(
        [cut.score[1] for cut in cuts]
    )
