"""The sample browser in a real browser, and what is read from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as library:
        one = library.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield one
        one.close()


@dataclass
class Desk:
    """A window of its own, with all that it asked for and complained about."""

    context: Any
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: Path, query: dict[str, Any] | None = None) -> Any:
        """Open a page at the samples, and wait until they are there."""
        page = self.context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{path.as_uri()}#samples{'?' + urlencode(query, doseq=True) if query else ''}")
        page.wait_for_selector(".smp-count:not(:empty)")
        return page


@contextmanager
def desk(browser: Any, **options: Any) -> Iterator[Desk]:
    """Give a window; whatever it complained about fails the test."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(20_000)
    one = Desk(context)
    yield one
    context.close()
    assert one.complaints == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in one.asked)


FOUND = """async () => {
  const browser = document.getElementById("sample-browser").samples;
  await browser.begun; await browser.refreshed;
  const found = [];
  for (const { task, row } of browser.hits) {
    const index = await browser.samples.index(task);
    found.push([browser.samples.tasks[task].name, index.ids[row]]);
  }
  return found;
}"""


def found(page: Any) -> set[tuple[str, str]]:
    """Return task and id of all samples that the filters let through."""
    hits = [tuple(one) for one in page.evaluate(FOUND)]
    assert page.text_content(".smp-count").startswith(f"{len(hits):,} of ")
    assert len(set(hits)) == len(hits)
    return set(hits)


def shown_ids(page: Any) -> list[str]:
    """Return the ids on the list's page."""
    return page.eval_on_selector_all(".smp-list .smp-id", "links => links.map((one) => one.textContent)")  # type: ignore[no-any-return]
