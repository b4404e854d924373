"""The leaderboard's page in a real browser: sorted, filtered, linked to, read by keyboard, and nothing planted runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.boards._records import BoardRecord
from ecg_bench.reports import page
from ecg_bench.reports._leaderboard import KINDS
from tests.reports.making import board, hostile

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this system"),
]
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as library:
        one = library.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield one
        one.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a leaderboard from disk; at the end nothing else was asked for, and nothing complained."""
    asked: list[str] = []
    complaints: list[str] = []
    contexts = []

    def start(record: BoardRecord | None = None, address: str = "", **options: Any) -> Any:
        file = tmp_path / "index.html"
        if not file.exists():
            file.write_text("".join(page(record or board(5, 12))), encoding="utf-8")
        context = browser.new_context(**{"viewport": WIDE, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        one = context.new_page()
        one.on("request", lambda request: asked.append(request.url))
        one.on("pageerror", lambda error: complaints.append(str(error)))
        one.on("dialog", lambda dialog: complaints.append(dialog.message))
        one.on("console", lambda message: complaints.append(message.text))
        one.goto(f"{file.as_uri()}{address}")
        return one

    yield start
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.split("#")[0] for url in asked} == {(tmp_path / "index.html").as_uri()}


def systems(page: Any, table: str = "#main-board") -> list[str]:
    names = page.eval_on_selector_all(
        f"{table} tbody tr:not([hidden]) th", "cells => cells.map(cell => cell.firstChild.textContent)"
    )
    return [str(name) for name in names]


def column(page: Any, title: str) -> Any:
    return page.locator("#main-board").get_by_role("columnheader", name=title)


def heading(page: Any, title: str) -> Any:
    return column(page, title).get_by_role("button")


def order_on(record: BoardRecord, title: str) -> list[str]:
    layer = next(one for one in record.layers if one.title == title)
    return [cell.system for cell in layer.cells]


def test_a_press_on_a_heading_sorts_by_it_and_another_turns_the_order(opened: Open) -> None:
    page, record = opened(), board(5, 12)
    assert systems(page) == order_on(record, "Multiple choice 0")
    heading(page, "Judge 7").click()
    assert systems(page) == order_on(record, "Judge 7")
    assert column(page, "Judge 7").get_attribute("aria-sort") == "descending"
    assert page.locator("#main-board th[aria-sort]").count() == 1
    heading(page, "Judge 7").click()
    assert systems(page) == order_on(record, "Judge 7")[::-1]
    heading(page, "System").click()
    assert systems(page) == sorted(systems(page))


def test_keys_alone_sort_and_what_is_not_ranked_stays_last(opened: Open) -> None:
    page, record = opened(), board(5, 12)
    heading(page, "Multiple choice 0").focus()
    page.keyboard.press("Enter")
    ranked = order_on(record, "Multiple choice 0")[:-1]
    assert systems(page) == [*ranked[::-1], "system E"]
    assert page.locator("#main-board td.unranked").count() == 1
    page.keyboard.press("Space")
    assert systems(page) == [*ranked, "system E"]


def test_rows_are_filtered_by_text_and_columns_by_kind(opened: Open) -> None:
    page = opened()
    page.get_by_label("System contains").fill("M b")
    assert systems(page) == ["system B"]
    assert page.locator("#filtered").text_content() == "1 of 5 systems"
    page.get_by_label("System contains").fill("")
    assert len(systems(page)) == 5
    assert column(page, "Human 4").is_visible()
    page.get_by_label("Human", exact=True).uncheck()
    assert column(page, "Human 4").count() == 0
    assert page.locator("#main-board td:visible").count() < page.locator("#main-board td").count()
    page.get_by_label("Human", exact=True).check()
    assert column(page, "Human 4").is_visible()


def test_an_address_says_what_is_shown_and_another_browser_shows_the_same(opened: Open) -> None:
    first = opened()
    heading(first, "Judge 7").click()
    heading(first, "Judge 7").click()
    first.get_by_label("System contains").fill("system")
    first.get_by_label("Text metrics").uncheck()
    address = first.evaluate("location.hash")
    assert "sort=ecg%2Fopen%3Ajudge-7" in address
    second = opened(address=address)
    assert systems(second) == systems(first)
    assert second.get_by_label("System contains").input_value() == "system"
    assert not second.get_by_label("Text metrics").is_checked()
    assert column(second, "Text metric 1").count() == 0


def test_a_layer_and_a_slice_have_addresses(opened: Open) -> None:
    page = opened()
    page.locator("#layer").select_option("ecg/open:human-4")
    address = page.evaluate("location.hash")
    other = opened(address=address)
    assert other.locator("section.layer:visible h3").all_text_contents() == ["Human 4 (mean score)"]
    page.locator("#slice-layer").select_option("ecg/open:judge-2")
    page.locator("#slice-facet").select_option("difficulty")
    assert page.evaluate("location.hash") == "#slices?layer=ecg%2Fopen%3Ajudge-2&facet=difficulty"
    third = opened(address="#slices?layer=ecg%2Fopen%3Ajudge-2&facet=difficulty")
    assert third.locator("section.slice:visible h3").all_text_contents() == ["Judge 2 (mean score) by difficulty"]
    assert third.locator("#slices").evaluate("e => e.getBoundingClientRect().top < innerHeight")
    third.evaluate("location.hash = '#layer=ecg%2Fopen%3Ajudge-7&sort=ecg%2Fopen%3Ajudge-7'")
    third.wait_for_selector("section.layer.chosen:has-text('Judge 7')")
    assert systems(third) == order_on(board(5, 12), "Judge 7")


def test_addresses_of_the_sample_browser_and_unknown_ones_change_nothing(opened: Open) -> None:
    page = opened(address="#samples?task=ecg%2Fopen&id=open-000&system=system%20A")
    assert systems(page) == order_on(board(5, 12), "Multiple choice 0")
    assert page.evaluate("location.hash").startswith("#samples?task=")
    other = opened(address="#layer=nothing&sort=nothing&kinds=0.1.2.3.4.5&order=up")
    assert systems(other) == order_on(board(5, 12), "Multiple choice 0")
    assert other.locator("section.layer:visible").count() == 1
    assert opened(address="#slices?layer=nothing&facet=nothing").locator("section.slice:visible").count() == 1


def test_how_a_value_was_computed_is_two_keys_away_and_the_focus_comes_back(opened: Open) -> None:
    page = opened()
    page.locator("#main-board a.v").first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    said = dialog.inner_text()
    for expected in (
        "system A: Multiple choice 0 (accuracy)",
        "answers that could not be read are wrong",
        "wilson",
        "ecg/mcq-0:acc|n:800",
    ):
        assert expected in said
    assert "unparsed 20" in said
    assert "Where it could be read" in said
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.className") == "v"


def test_a_cells_address_opens_the_numbers_it_stands_among(opened: Open) -> None:
    page = opened(address="#cell-4-0")
    assert page.locator("#cell-4-0").is_visible()
    assert page.locator("section.layer:visible").count() == 1


def test_arrow_keys_walk_through_the_pairs_and_each_is_said_in_full(opened: Open) -> None:
    page = opened(address="#pairs?layer=ecg%2Fopen%3Ajudge-7")
    layer = next(one for one in board(5, 12).layers if one.title == "Judge 7")
    said = page.locator("section.layer.chosen .pair")
    page.locator("section.layer.chosen table.grid td[tabindex='0']").focus()
    assert said.inner_text().startswith(f"{layer.cells[0].system} less {layer.cells[1].system}: ")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    last = next(
        one for one in layer.differences if one.first == layer.cells[0].system and one.second == layer.cells[4].system
    )
    assert said.inner_text().startswith(f"{last.first} less {last.second}: +{last.value:.3f}")
    assert "on 400 common samples" in said.inner_text()
    assert last.p_holm is not None
    assert ("not separable" in said.inner_text()) == (last.p_holm >= 0.05)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.cellIndex") == 5
    assert page.locator("section.layer.chosen table.grid td[tabindex='0']").count() == 1


def test_a_colour_scheme_can_be_chosen_against_the_systems(opened: Open) -> None:
    page = opened(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('.layer.chosen .plot text')).fill"
    light = page.evaluate(ground), page.evaluate(ink)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground), page.evaluate(ink)
    assert light[0] == "rgb(255, 255, 255)"
    assert dark == ("rgb(22, 28, 35)", "rgb(230, 235, 240)")
    page.get_by_role("button", name="Dark").click()
    assert (page.evaluate(ground), page.evaluate(ink)) == light


def test_nothing_that_was_planted_runs(opened: Open) -> None:
    record = hostile(board(5, 6))
    page = opened(record)
    heading(page, "Human 4").click()
    page.locator("#main-board a.v").first.click()
    page.keyboard.press("Escape")
    page.locator("section.layer.chosen table.grid td").nth(1).hover()
    page.locator("#layer").select_option(index=3)
    page.locator("#slice-layer").select_option(index=2)
    page.locator("#slice-facet").select_option(index=1)
    address = page.evaluate("location.hash")
    second = opened(address=address)
    assert second.locator("section.slice:visible").count() == 1
    for one in (page, second):
        assert one.evaluate("window.pwned") is None
        assert one.locator("img, iframe, object, embed").count() == 0
        assert one.locator("script").count() == 3


def test_without_javascript_every_table_is_there_and_no_control_is(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator("#main-board tbody tr:visible").count() == 5
    assert page.locator("table.grid:visible").count() == 13
    assert page.locator("section.slice:visible").count() == 48
    assert page.locator("svg.plot:visible").count() == 12
    assert page.locator("button:visible, select:visible, input:visible").count() == 0


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_nothing_stands_out_over_the_side_of_the_page(opened: Open, size: dict[str, int]) -> None:
    page = opened(hostile(board(12, 12)), viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate("document.querySelector('#main-board').parentElement.scrollWidth") > size["width"] - 40
    page.evaluate("document.querySelector('#main-board').parentElement.scrollLeft = 300")
    left = page.locator("#main-board tbody th").first.bounding_box()["x"]
    assert 0 <= left < 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong(opened: Open, scheme: str, size: dict[str, int]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = opened(color_scheme=scheme, viewport=size, bypass_csp=True)  # axe is a script that the page would refuse
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = axe.run(page).response["violations"]
    page.locator("#main-board a.v").first.click()
    found += axe.run(page, context="dialog").response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


def test_20_systems_and_20_layers_are_seen_within_a_second(opened: Open) -> None:
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
    times = []
    for _ in range(3):  # the least of three: what else the machine does is no part of the page
        page = opened(board(20, 20))
        page.wait_for_function(paint)
        times.append(page.evaluate(paint))
    assert min(times) < 1000
    heading(page, "Judge 7").click()
    assert systems(page) == order_on(board(20, 20), "Judge 7")


def test_the_style_can_hide_every_kind_of_column() -> None:
    style = (Path(__file__).parents[2] / "ecg_bench" / "reports" / "board.css").read_text(encoding="utf-8")
    assert all(f".hide-{n} .k{n}" in style for n in range(len(KINDS)))
