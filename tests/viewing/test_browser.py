"""The live page in a real browser, beside a real run in another process."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.viewing.viewed import Viewer, evaluation, go, halt, prepare, started, until, viewing

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this system"),
]
TOTAL = 120


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as library:
        one = library.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield one
        one.close()


@dataclass
class Desk:
    """A browser of its own, and all that it asked for and complained of."""

    context: Any
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, viewer: Viewer) -> Any:
        page = self.context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("console", self._hear)
        page.goto(viewer.url)
        page.wait_for_selector('#phase:not([data-phase=""])')
        return page

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)  # what fails to load is a server that was ended


@pytest.fixture
def desk(browser: Any) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    one = Desk(context)
    yield one
    context.close()
    assert one.complaints == []


@pytest.fixture
def view() -> Iterator[Callable[..., Viewer]]:
    with viewing() as start:
        yield start


@pytest.fixture(scope="module")
def unwatched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unwatched")
    prepare(folder)
    subprocess.run(evaluation("run"), cwd=folder, stdout=subprocess.DEVNULL, check=False)
    return folder / "run"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prepare(tmp_path)
    return tmp_path


def done(page: Any) -> int:
    found = re.search(r"(\d+) of 120", page.text_content("#facts"))
    assert found is not None
    return int(found[1])


def violations(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    found = axe.Axe().run(page).response
    assert len(found["passes"]) > 20
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def wait(page: Any, phase: str) -> None:
    page.wait_for_selector(f'#phase[data-phase="{phase}"]')


def test_a_run_is_watched_from_its_start_to_its_report(
    desk: Desk, view: Callable[..., Viewer], folder: Path, unwatched: Path
) -> None:
    process = started(folder, evaluation("run"))
    viewer = view(folder, "run")
    page = desk.open(viewer)
    wait(page, "running")
    go(process)
    seen = []
    while page.get_attribute("#phase", "data-phase") == "running":
        seen.append(done(page))
        page.wait_for_timeout(200)
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    wait(page, "complete")
    assert process.wait() == 1  # samples ended in errors
    assert done(page) == TOTAL
    assert page.text_content("#percent") == "100.0 %"
    page.click("text=Open the report")
    page.wait_for_url(viewer.base + "/")
    assert "toy/choice" in page.text_content("body")
    assert page.evaluate("window.hacked") is None
    assert all(url.startswith((f"{viewer.base}/", "data:")) for url in desk.asked)
    assert (folder / "run" / "results.json").read_bytes() == (unwatched / "results.json").read_bytes()
    assert (folder / "run" / "scores.csv").read_bytes() == (unwatched / "scores.csv").read_bytes()


def test_what_the_page_says_of_a_run_under_way(desk: Desk, view: Callable[..., Viewer], folder: Path) -> None:
    process = started(folder, evaluation("run"))
    try:
        page = desk.open(view(folder, "run"))
        go(process)
        until(lambda: "about" in page.text_content("#facts"))
        until(lambda: "ended in errors: they count as wrong" in page.text_content("#outcome-words"))
        halt(process)
        first = page.text_content("#tasks li >> nth=0")
        assert re.search(r"acc 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]", first)
        assert re.search(r"so far, n = \d+, in the order asked: not a result", first)
        assert "no answers yet" in page.text_content("#tasks li >> nth=1")
        assert "429: " in page.text_content("#taken")
        assert "trying again" in page.text_content("#log")
        assert page.title().endswith("% · mock/script")
        assert page.locator("#progress").get_attribute("max") == str(TOTAL)
        assert violations(page) == []
    finally:
        process.kill()
        process.wait()


def test_a_killed_run_is_shown_as_interrupted_and_its_command_goes_on(
    desk: Desk, view: Callable[..., Viewer], folder: Path, unwatched: Path
) -> None:
    process = started(folder, evaluation("run"))
    page = desk.open(view(folder, "run"))
    go(process)
    until(lambda: done(page) > 20)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait(page, "gone")
    reached = done(page)
    assert 20 < reached < TOTAL
    assert "Interrupted: its process is gone" in page.text_content("#phase")
    assert violations(page) == []
    command = page.text_content("#advice code")
    assert command == "ecg-bench eval --resume --out run"
    words = [sys.executable, "-m", "ecg_bench", *shlex.split(command)[1:], "--include", "toy", "--quiet"]
    resumed = started(folder, words)
    wait(page, "running")
    go(resumed)
    wait(page, "complete")
    resumed.wait()
    assert done(page) == TOTAL
    assert (folder / "run" / "results.json").read_bytes() == (unwatched / "results.json").read_bytes()


def test_a_run_that_was_stopped_says_why(desk: Desk, view: Callable[..., Viewer], folder: Path) -> None:
    command = [*evaluation("run"), "--time-limit", "1"]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    page = desk.open(view(folder, "run"))
    wait(page, "stopped")
    assert "It said why: " in page.text_content("#advice")
    assert "ecg-bench eval --resume --out run" in page.text_content("#advice")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_answers_are_text_and_every_width_and_colour_can_be_read(
    browser: Any, view: Callable[..., Viewer], folder: Path, unwatched: Path, scheme: str, width: int
) -> None:
    """A run as it was shortly before its end, whose last answers are all hostile."""
    shutil.copytree(unwatched, folder / "run")
    header = (folder / "run" / "run.json").read_text()
    (folder / "run" / "run.json").write_text(header.replace('"status": "complete"', '"status": "running"'))
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    desk = Desk(context)
    page = desk.open(view(folder, "run"))
    page.wait_for_selector("#last .text")
    assert "<script>window.hacked=1</script>" in page.text_content("#last")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#last img, #last svg, #last a, #last script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    context.close()
    assert desk.complaints == []


def test_the_page_says_when_the_server_is_gone(desk: Desk, view: Callable[..., Viewer], folder: Path) -> None:
    process = started(folder, evaluation("run"))
    try:
        viewer = view(folder, "run")
        page = desk.open(viewer)
        wait(page, "running")
        assert page.is_hidden("#lost")
        viewer.stop()
        page.wait_for_selector("#lost:not([hidden])")
        assert "does not answer" in page.text_content("#lost")
    finally:
        process.kill()
        process.wait()
