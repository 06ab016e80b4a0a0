"""The dials in a real JupyterLab: a slider is moved by the keyboard and the figure is seen to change.

Run by ``make test-browser``, not by ``make test``: it needs Chromium. It looks at a copy of the lessons; pictures of
what it saw are in the folder that CXRESEARCH_BROWSER names.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from cxresearch import _course_build as build
from cxresearch import course

PICTURES = os.environ.get("CXRESEARCH_BROWSER", "build/browser")
START, RUN, TURN = 60, 120, 20  # seconds to wait for the server, for a notebook, for a turn of the dial
CHANGED = 0.005  # share of pixels that differ after a turn; text under the figure alone changes fewer
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is on the page, also out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start JupyterLab on a copy of the lessons; return the address of a lesson's page, in a workspace of its own."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(build.FOLDER, home / "course", ignore=shutil.ignore_patterns(build.INSTRUCTOR))
    for name, content in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    with _server(home, port, token) as address:
        yield lambda stem: f"{address}/lab/workspaces/{stem}/tree/{stem}.ipynb?token={token}"


@contextlib.contextmanager
def _server(home, port, token):
    folders = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "work",
        "IPYTHONDIR": "ipython",
    }
    clean = {key: value for key, value in os.environ.items() if key != "CXRESEARCH_STUDY"}
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "lab",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
    ]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, f"--notebook-dir={home / 'course'}"],
            env=clean | {key: str(home / value) for key, value in folders.items()},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api/status?token={token}", process, home / "log")
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(START)


def _wait_for(address, process, log):
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address):
            return
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def _pixels(element, path):
    from matplotlib.image import imread

    content = element.screenshot()
    path.write_bytes(content)
    return imread(io.BytesIO(content))


@pytest.mark.parametrize("lesson", build.lessons(), ids=lambda path: path.stem)
def test_a_slider_moved_by_keyboard_changes_the_figure(lab, browser, lesson):
    folder = Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.goto(lab(lesson.stem))
    page.locator(".jp-NotebookPanel .jp-Toolbar-kernelName", has_text="Python 3").wait_for(
        timeout=1000 * START
    )
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    picture = page.locator("img.cx-dial")
    picture.wait_for(timeout=1000 * RUN)
    handle = page.locator(".jupyter-widgets .noUi-handle")
    readout = page.locator(".jupyter-widgets .widget-readout")
    handle.scroll_into_view_if_needed()
    before, said = _pixels(picture, folder / f"{lesson.stem}_before.png"), readout.inner_text()
    first = picture.get_attribute("src")
    handle.focus()
    dial = course.dial(int(lesson.stem.split("_")[1]))
    page.keyboard.press("ArrowLeft" if dial.start == dial.settings[-1] else "ArrowRight")
    page.wait_for_function(
        "was => document.querySelector('img.cx-dial').src !== was", arg=first, timeout=1000 * TURN
    )
    after = _pixels(picture, folder / f"{lesson.stem}_after.png")
    page.screenshot(path=folder / f"{lesson.stem}_page.png")
    assert readout.inner_text() != said
    assert before.shape == after.shape
    assert np.any(np.abs(before - after) > 0.1, axis=-1).mean() > CHANGED
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    page.close()
