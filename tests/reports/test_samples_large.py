"""The report of 20 systems × 5,000 samples: small enough, there at once, and searched without standing still."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.evaluation import load_run
from ecg_bench.reports._samples import BUDGET, sample_elements
from tests.reports.looking import CHROMIUM, chromium, desk
from tests.reports.making_runs import large_runs

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this system"),
]
SYSTEMS, SAMPLES = 20, 5_000
LIMIT = 15_000_000  # bytes of the whole page
BUILD = """
import re, sys
from pathlib import Path
from ecg_bench.boards import leaderboard
most = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = most()
leaderboard(sorted(Path(sys.argv[1]).glob("run-*"))).write(sys.argv[2])
print(most() - before)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, corpus_texts: list[str]) -> Path:
    folder = tmp_path_factory.mktemp("large")
    large_runs(folder, SYSTEMS, SAMPLES, "\n".join(corpus_texts))
    return folder


@pytest.fixture(scope="module")
def built(large: Path) -> tuple[Path, float, float]:
    """Return the page, the seconds that it took and the MiB of memory."""
    began = time.perf_counter()
    command = [sys.executable, "-c", BUILD, str(large), str(large / "BOARD")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return large / "BOARD" / "index.html", time.perf_counter() - began, float(done.stdout)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


def test_the_page_keeps_to_its_size_and_is_soon_built(built: tuple[Path, float, float]) -> None:
    path, seconds, memory = built
    print(f"{path.stat().st_size / 1e6:.2f} MB, built in {seconds:.1f} s with {memory:.0f} MiB")
    assert path.stat().st_size < LIMIT
    assert seconds < 60
    assert memory < 300, "50 MB of answers are never held at once"


def test_scores_of_text_metrics_give_way_before_texts_do(large: Path) -> None:
    runs = {path.name: [load_run(path)] for path in sorted(large.glob("run-*"))[:3]}
    whole, small = (list(sample_elements(runs, budget=budget)) for budget in (BUDGET, 400_000))
    assert sum(map(len, small)) <= 400_000
    (index, smaller) = (next(len(one) for one in some if '"task-0"' in one) for some in (whole, small))
    assert index > 200_000
    assert smaller < index - 50_000


READY = """() => {
  window.stalls = [];
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.stalls.push(one.duration); })
    .observe({ type: "longtask" });
}"""
OPEN = """async (places) => {
  const browser = document.getElementById("sample-browser").samples, took = [];
  await browser.begun; await browser.refreshed;
  const index = await browser.samples.index(0);
  for (const place of places) {
    const { rows } = browser.samples.directory[Math.floor(place * browser.samples.directory.length)];
    const began = performance.now();
    browser.opened = { task: 0, row: rows[1] };
    browser.state = { ...browser.state, of: "toy/free", id: index.ids[rows[1]] };
    await browser.open();
    document.body.getBoundingClientRect();
    took.push(performance.now() - began);
  }
  return took;
}"""
CLICK = """async () => {
  const began = performance.now(), link = document.querySelectorAll(".smp-list a")[4], id = link.textContent;
  link.click();
  const there = () => document.getElementById("smp-title").textContent === `toy/free ${id}`;
  while (!there()) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
SEARCH = """async (q) => {
  const browser = document.getElementById("sample-browser").samples, began = performance.now();
  browser.change({ ...browser.state, q, systems: browser.samples.systems });
  await browser.refreshed;
  return [browser.hits.length, performance.now() - began];
}"""


def test_it_is_there_at_once_and_never_stands_still(browser: Any, built: tuple[Path, float, float]) -> None:
    with desk(browser) as here:
        page = here.context.new_page()
        page.goto(built[0].as_uri())
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        page.evaluate("location.hash = '#samples'")  # nothing is read before somebody goes there
        page.wait_for_selector(".smp-count:not(:empty)")
        note = page.inner_text(".smp-note")
        missing = int(re.search(r"texts of ([\d,]+) of 5,000", note)[1].replace(",", ""))  # type: ignore[index]
        page.evaluate(READY)
        opened = page.evaluate(OPEN, [0, 0.3, 0.6, 0.95])
        hits, search = page.evaluate(SEARCH, "ventricular tachycardia")
        click = page.evaluate(CLICK)
        _, nothing = page.evaluate(SEARCH, "nowhere in any text")
        page.wait_for_timeout(100)
        stall = max(page.evaluate("window.stalls"), default=0)
    print(
        f"first paint {paint:.0f} ms; a sample {max(*opened, click):.0f} ms; search {search:.0f} and {nothing:.0f} ms, "
        f"longest stall {stall:.0f} ms; texts of {missing} samples left out"
    )
    assert paint < 1000
    assert max(*opened, click) < 300, "a sample among those found is not looked for again"
    assert hits > 100
    assert max(search, nothing) < 8000
    assert stall < 200
    assert missing < 2000
