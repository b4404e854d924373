"""Pictures of the pages that ecg-bench makes, taken in a real browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# Name, colours, size, the keys that are pressed before the picture is taken, and what is on it.
RATING_PAGES = (
    ("light", "light", 1200, 720, (), "html"),
    ("dark", "dark", 1200, 720, ("Shift+Digit2", "Shift+Digit3"), "html"),
    ("help", "light", 1200, 800, ("?",), "#help"),
    ("tablet", "light", 768, 1000, (), "html"),
)
SLOW_MODEL = """\
answers:
  - {task: "ecg/open-*", text: "It depends on how the complexes look.", usage: {input_tokens: 180, output_tokens: 9}}
  - {id: "*-[a-z]0[48]", text: "I can't choose without the tracing.", usage: {input_tokens: 210, output_tokens: 8}}
default: {choice: longest, usage: {input_tokens: 200, output_tokens: 4}}
latency_s: {min: 0.2, max: 0.6}
faults:
  - {share: 0.06, cause: "429", retry_after: 0.05}
  - {share: 0.02, error: refused for good}
concurrency: 6
"""
SHORT = 330  # characters of question and answer, so that a picture is small


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a browser."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("the pictures of pages need Chromium: install it, such as the package chromium of Debian")
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def report_pages(report: Path) -> None:
    """Photograph a leaderboard's report: its head, and one of its answers."""
    with chromium() as browser:
        shots = (
            ("report", "", 1180, 900, "light"),
            ("report-dark", "#layers", 1180, 900, "dark"),
            ("report-phone", "", 390, 844, "light"),
        )
        for name, place, width, height, colours in shots:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=colours)
            page.goto(report.as_uri() + place)
            page.wait_for_timeout(1000)
            page.screenshot(path=HERE / "img" / f"{name}.png")


def rating_pages(cwd: Path, answers: str) -> None:
    """Photograph the page for rating."""
    form = ("ratings", "serve", answers, "--out", "ratings.csv", "--passage", "--json", "--no-open")
    server = subprocess.Popen(  # noqa: S603  # our own command line
        [sys.executable, "-m", "ecg_bench", *form], cwd=cwd, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None  # noqa: S101
    try:
        url = json.loads(server.stdout.readline())["url"]
        with chromium() as browser:
            for number, (name, theme, width, height, keys, part) in enumerate(RATING_PAGES):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
                page.clock.install()
                page.goto(url)
                page.fill("#name", f"Rater {'ABCD'[number]}")
                page.keyboard.press("Enter")
                page.wait_for_selector("#card:not([hidden])")
                for pressed in "4312443" * 6:
                    page.clock.fast_forward(30_000)  # the pace of somebody who reads
                    page.keyboard.press(pressed)
                while len(page.text_content("#question")) + len(page.text_content("#answer")) > SHORT:
                    page.clock.fast_forward(30_000)
                    page.keyboard.press("4")
                for key in keys:
                    page.keyboard.press(key)
                page.wait_for_selector('#saved[data-state="saved"]')
                target = HERE / "img" / f"rating-{name}.png"
                page.screenshot(path=target) if part == "html" else page.locator(part).screenshot(path=target)
                page.close()
    finally:
        server.terminate()
        server.wait()


def live_page(cwd: Path) -> None:
    """Photograph a run of a slow model while it is under way."""
    (cwd / "slow.yaml").write_text(SLOW_MODEL, encoding="utf-8")
    tasks = "--tasks ecg/mcq-special,ecg/open-factual"
    run = f"eval --model mock/slow.yaml {tasks} --price 0.5/2 --quiet --out results/runs/slow"
    command = [sys.executable, "-m", "ecg_bench"]
    slow = subprocess.Popen([*command, *run.split()], cwd=cwd)  # noqa: S603  # our own command line
    while not (cwd / "results/runs/slow/run.json").exists():
        time.sleep(0.1)
    form = ("view", "results/runs/slow", "--json", "--no-browser")
    server = subprocess.Popen([*command, *form], cwd=cwd, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert server.stdout is not None  # noqa: S101
    try:
        url = json.loads(server.stdout.readline())["url"]
        with chromium() as browser:
            shots = (("light", 1100, 1180), ("dark", 390, 844))
            pages = [browser.new_page(viewport={"width": w, "height": h}, color_scheme=name) for name, w, h in shots]
            for page in pages:
                page.goto(url)
            pages[0].wait_for_timeout(15_000)
            for page, (name, _, _) in zip(pages, shots, strict=True):
                page.screenshot(path=HERE / "img" / f"view-{name}.png")
    finally:
        for process in (server, slow):
            process.terminate()
            process.wait()
