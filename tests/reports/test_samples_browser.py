"""The sample browser in Chromium: what is stored is what is shown, nothing planted runs, and every sample is found."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import evaluate
from ecg_bench.evaluation import Run, load_run
from ecg_bench.ratings import Rating, Scale
from ecg_bench.reports._samples import sample_elements
from tests.packs import make_pack
from tests.reports.looking import CHROMIUM, Desk, chromium, desk, found, shown_ids
from tests.reports.making_runs import HOSTILE, changed, small_runs, write_page

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this system"),
]
SCALE = Scale.parse("incorrect=0 | partially incorrect=0.25 | correct but incomplete=0.75 | correct=1")
JUDGE = "ecg-correctness@baseline-lexical-judge"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture
def here(browser: Any) -> Iterator[Desk]:
    with desk(browser) as one:
        yield one


def marks_of(runs: list[Run]) -> list[Rating]:
    """Return ratings of some answers, most joined by their sample, one system's by the question."""
    found = []
    for n, run in enumerate(runs[:2]):
        for i in range(0, 8, 3):
            place = (
                {"task": "toy/free", "sample": f"o{i:04d}"}
                if n == 0
                else {"question": f"what is  thing number {i} good FOR?"}
            )
            levels = (SCALE.levels[(i + n) % 4],)
            found.append(
                Rating(**place, system=run.system, rater="Ana", scale=SCALE, levels=levels, comment=f"Said {n}{i}.")
            )
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return small_runs(tmp_path_factory.mktemp("small"), systems=5)


@pytest.fixture(scope="module")
def path(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    elements = sample_elements({run.system: [run] for run in runs}, ratings=marks_of(runs))
    return write_page(tmp_path_factory.mktemp("page") / "index.html", elements)


ALL = """async () => {
  const { samples } = document.getElementById("sample-browser").samples, found = [];
  for (let task = 0; task < samples.tasks.length; task++) {
    const index = await samples.index(task);
    for (let row = 0; row < index.ids.length; row++) {
      for (const one of (await samples.answers(task, row)) ?? []) {
        const { system } = samples.tasks[task].tracks[one.track];
        found.push([samples.tasks[task].name, index.ids[row], samples.systems[system], JSON.parse(one.request), one,
          index.get("outcome", one.track, row), index.get("parsed", one.track, row)]);
      }
    }
  }
  return found;
}"""


def whole(text: str) -> str:
    """Return a text as any encoding can hold it."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def same_as_stored(page: Any, runs: dict[str, Run]) -> int:
    """Compare everything that a page holds with the runs; return how many answers there were."""
    read = {(task, id_, system): rest for task, id_, system, *rest in page.evaluate(ALL)}
    n = 0
    for name, run in runs.items():
        for sample in run.samples():
            request, one, outcome, parsed = read[sample["task"], sample["id"], name]
            n += 1
            for field in ("output", "reasoning"):
                assert one[field] == whole(sample[field])
            assert one["error"] == whole(sample["error"] or "")
            asked = sample["request"]
            assert request["messages"] == [{k: whole(v) for k, v in m.items()} for m in asked["messages"]]
            assert request.get("options", []) == [whole(text) for text in asked["options"]]
            assert request["target"] == (None if sample["target"] is None else whole(sample["target"]))
            assert outcome == whole(sample["outcome"])
            if asked["options"]:
                assert parsed == (None if sample["parsed"] is None else whole(sample["parsed"]))
            else:
                assert one["parsed"] == whole(sample["parsed"] or "")
    assert n == len(read)
    return n


def test_the_browser_reads_exactly_what_is_stored(here: Desk, path: Path, runs: list[Run]) -> None:
    assert same_as_stored(here.open(path), {run.system: run for run in runs}) == 5 * 32


# Planted scripts and characters

KEPT = {"task", "id"}  # they are changed alike in all files


def poisoned(value: Any, name: str = "") -> Any:
    """Return a value of a line of ``samples.jsonl`` with hostile text in every text."""
    if isinstance(value, str):
        return value if name in KEPT else f"{value} {HOSTILE} \ud83d half"
    if isinstance(value, list):
        return [poisoned(one) for one in value] or ([HOSTILE] if name in ("retries",) else [])
    if isinstance(value, dict):
        return {key: poisoned(one, key) for key, one in value.items()}
    return HOSTILE if value is None and name in ("finish_reason", "model", "error") else value


def poison(sample: dict[str, Any]) -> None:
    verdict = sample["parsed"] if sample["scores"].keys() == {"correctness"} else None
    kept = {name: sample[name] for name in ("outcome",)}
    sample.update(poisoned(sample))
    sample["reasoning"] = HOSTILE
    sample["task"] += HOSTILE
    sample["id"] += HOSTILE
    sample["request"]["media"] = [{"kind": HOSTILE, "path": HOSTILE}]
    sample["request"]["answer_schema"] = {HOSTILE: HOSTILE}
    if verdict is not None:  # a judge's: it names the system, and its texts are hostile
        said = json.loads(verdict)
        for one in said.values():
            one["details"] = {HOSTILE: HOSTILE, "list": [HOSTILE]}
            one["levels"] = {"correctness": HOSTILE}
        sample["parsed"] = json.dumps(said)
        sample.update(kept)


def poison_table(path: Path) -> None:
    with path.open(newline="") as file:
        table = list(csv.DictReader(file))
    for row in table:
        row["task"] += HOSTILE
        row["id"] += HOSTILE
        if row.get("correctness_level"):
            row["correctness_level"] += HOSTILE
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)


def test_what_is_planted_in_any_field_never_runs(browser: Any, tmp_path: Path) -> None:
    made = small_runs(tmp_path, systems=2, n=4, n_open=3)
    for run in made:
        changed(run, poison)
        for table in (run.path / "scorings").glob("*.csv"):
            poison_table(table)
    runs = {f"{HOSTILE} {run.system}": load_run(run.path) for run in made}
    rating = {"rater": HOSTILE, "criterion": HOSTILE, "comment": HOSTILE, "time": HOSTILE}
    scale = Scale.even((HOSTILE.replace("|", "").replace("=", ""), "b"))
    marks = [
        Rating(
            task=f"toy/free{HOSTILE}", sample=f"o{i:04d}{HOSTILE}", system=name, scale=scale, levels=("b",), **rating
        )
        for name in runs
        for i in range(3)
    ]
    page_file = write_page(tmp_path / "page.html", sample_elements({k: [v] for k, v in runs.items()}, ratings=marks))
    with desk(browser) as here:
        page = here.open(page_file)
        assert same_as_stored(page, runs) == 14
        for _ in range(7):
            page.focus(".smp-list a")
            page.keyboard.press("j")
            page.wait_for_function("() => document.querySelector('.smp-view')")
            for one in page.query_selector_all("#sample-browser details:not([open]) > summary"):
                one.click()
            text = page.inner_text("#sample-browser")
            assert "<script>window.hacked=1</script>" in text
            bare = re.search(".{,60}[\u202a-\u202e\u2066-\u2069\0\u2028\x1b]", text)
            assert bare is None, f"{bare[0]!r} in {text[bare.start() - 300 : bare.end()]!r}"
            assert "U+202E" in text
        page.select_option("#smp-verdict", "rated")
        page.fill("#smp-q", "window.hacked=3")
        page.wait_for_timeout(500)
        assert len(found(page)) == 3
        assert "Because" not in page.inner_text(".smp-count")
        assert page.evaluate("typeof window.hacked") == "undefined"
        assert page.evaluate("document.querySelectorAll('#sample-browser :is(script, img, svg, iframe)').length") == 0
        page.reload()  # with hostile ids in the address
        page.wait_for_selector(".smp-view")
        assert page.evaluate("typeof window.hacked") == "undefined"


# Filters and search


class Oracle:
    """The filters once more, from the files of the runs."""

    def __init__(self, runs: list[Run], marks: list[Rating]) -> None:
        self.samples: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self.levels: dict[tuple[str, str, str], float] = {}
        self.humans: dict[tuple[str, str], float] = {}
        for run in runs:
            for sample in run.samples():
                self.samples.setdefault((sample["task"], sample["id"]), {})[run.system] = sample
            for name, column in ((JUDGE, "correctness"), ("length", "answer_words")):
                with (run.path / "scorings" / f"{name}.csv").open() as file:
                    for row in csv.DictReader(file):
                        key = JUDGE if name == JUDGE else column
                        if row[column]:
                            self.levels[run.system, row["id"], key] = float(row[column])
        for one in marks:
            id_ = one.sample or f"o{int(re.search(r'[0-9]+', one.question)[0]):04d}"  # type: ignore[index]
            self.humans[one.system, id_] = one.scale.value(one.levels[0])

    def find(self, test: Callable[[dict[str, dict[str, Any]]], bool]) -> set[tuple[str, str]]:
        return {key for key, some in self.samples.items() if test(some)}

    def score(self, system: str, sample: dict[str, Any], metric: str = "") -> float | None:
        if metric == "human:correctness":
            return self.humans.get((system, sample["id"]))
        if metric:
            return sample["scores"].get(metric, self.levels.get((system, sample["id"], metric)))
        return sample["scores"].get("acc", self.levels.get((system, sample["id"], JUDGE)))

    def means(self, some: dict[str, dict[str, Any]], systems: list[str], metric: str = "") -> list[float]:
        values = [self.score(name, some[name], metric) for name in systems]
        return [value for value in values if value is not None]


FOUR = ["system-a", "system-b", "system-c", "system-d"]
TWO = ["system-e", "system-b"]


def test_filters_find_what_the_files_say(here: Desk, path: Path, runs: list[Run]) -> None:
    oracle = Oracle(runs, marks_of(runs))
    page = here.open(path)
    everything = set(oracle.samples)
    assert found(page) == everything

    def check(query: dict[str, Any], test: Callable[[dict[str, dict[str, Any]]], bool], *, some: bool = True) -> None:
        from urllib.parse import urlencode

        page.evaluate("(hash) => { location.hash = hash; }", f"#samples?{urlencode(query, doseq=True)}")
        page.wait_for_function("(n) => document.getElementById('sample-browser').samples.search > n", arg=0)
        page.wait_for_timeout(60)
        wanted = oracle.find(test)
        assert found(page) == wanted, query
        assert not some or 0 < len(wanted) < len(everything), query

    def any_of(some: dict[str, dict[str, Any]]) -> dict[str, Any]:
        return next(iter(some.values()))

    for systems in (FOUR, TWO):
        chosen = {"system": systems}
        check({"task": "toy/free", **chosen}, lambda some: any_of(some)["task"] == "toy/free")
        check({"topic": "shapes", **chosen}, lambda some: any_of(some)["topic"] == "shapes")
        check({"difficulty": "hard", **chosen}, lambda some: any_of(some)["difficulty"] == "hard")
        for outcome in ("ok", "unparsed", "empty", "refused"):
            test = lambda some, o=outcome, s=systems: any(some[name]["outcome"] == o for name in s)  # noqa: E731
            check({"outcome": outcome, **chosen}, test, some=outcome == "empty")
        verdicts: dict[str, Callable[[list[float]], bool]] = {
            "right": lambda all_: all(one >= 0.5 for one in all_),
            "wrong": lambda all_: all(one < 0.5 for one in all_),
            "disagree": lambda all_: any(one >= 0.5 for one in all_) and any(one < 0.5 for one in all_),
        }
        for verdict, judge in verdicts.items():
            test = lambda some, j=judge, s=systems: j(oracle.means(some, s))  # noqa: E731
            check({"verdict": verdict, **chosen}, test, some=verdict != "wrong" or systems == TWO)
        check(
            {"verdict": "rated", **chosen},
            lambda some, s=systems: any((name, any_of(some)["id"]) in oracle.humans for name in s),
        )
        check(
            {"verdict": "differ", **chosen},
            lambda some, s=systems: any(
                (name, any_of(some)["id"]) in oracle.humans
                and oracle.humans[name, any_of(some)["id"]] != oracle.levels[name, any_of(some)["id"], JUDGE]
                for name in s
            ),
        )
        for metric, low, high in (
            ("", 0.2, 0.9),
            ("answer_words", 1, 13),
            (JUDGE, 0.5, 1),
            ("human:correctness", 0, 0.3),
        ):
            check(
                {"metric": metric, "from": low, "to": high, **chosen},
                lambda some, m=metric, a=low, b=high, s=systems: any(a <= one <= b for one in oracle.means(some, s, m)),
            )
        for q in ("q0001", "brick", "so says 1", "rather not", "number 3", "nowhere to be found"):
            check(
                {"q": q.upper(), **chosen},
                lambda some, q=q, s=systems: (
                    q in any_of(some)["id"]
                    or any(
                        q in text.lower()
                        for name in s
                        for text in (
                            some[name]["output"],
                            *some[name]["request"]["options"],
                            *(message["content"] for message in some[name]["request"]["messages"]),
                        )
                    )
                ),
                some=False,
            )
        check(
            {"q": "number", "task": "toy/free", "verdict": "disagree", **chosen},
            lambda some, j=verdicts["disagree"], s=systems: (
                any_of(some)["task"] == "toy/free" and j(oracle.means(some, s))
            ),
        )


def test_the_controls_set_the_filters_and_the_address_keeps_them(here: Desk, path: Path) -> None:
    page = here.open(path)
    page.select_option("#smp-task", "toy/choice")
    page.select_option("#smp-verdict", "disagree")
    page.fill("#smp-q", "apple")
    page.click(".smp-chooser summary")
    page.uncheck("input[name=smp-system][value='0']")
    page.wait_for_timeout(600)
    hits, ids = found(page), shown_ids(page)
    assert 0 < len(hits) < 24
    page.click(".smp-list a")
    page.wait_for_selector(".smp-view")
    address, title, detail = page.url, page.inner_text("#smp-title"), page.inner_text(".smp-detail")
    assert ids[0] in title
    assert page.eval_on_selector_all(".smp-system h4", "all => all.map((one) => one.textContent)") == FOUR[1:]
    other = here.context.new_page()
    other.goto(address)
    other.wait_for_selector(".smp-view")
    assert (found(other), shown_ids(other)) == (hits, ids)
    assert other.inner_text(".smp-detail") == detail
    assert other.input_value("#smp-q") == "apple"
    assert other.input_value("#smp-verdict") == "disagree"
    page.go_back()
    page.wait_for_selector(".smp-detail[hidden]", state="attached")
    assert found(page) == hits
    page.click("text=Clear filters")
    page.wait_for_function("() => document.querySelector('.smp-count').textContent.startsWith('32 of')")
    assert page.url.endswith("#samples")


def test_a_link_needs_task_and_id_only(here: Desk, path: Path) -> None:
    page = here.open(path, {"task": "toy/free", "id": "o0003"})
    page.wait_for_selector(".smp-view")
    assert page.inner_text("#smp-title") == "toy/free o0003"
    assert page.input_value("#smp-task") == ""
    assert page.get_attribute(".smp-list a[aria-current]", "href") is not None
    assert page.evaluate("Math.abs(document.querySelector('.smp-detail').getBoundingClientRect().top) < 40")
    page.evaluate("location.hash = '#samples?task=toy/choice&id=q00002&system=system-e'")
    page.wait_for_function("() => document.getElementById('smp-title').textContent.endsWith('q00002')")
    assert page.locator(".smp-system h4").all_text_contents() == ["system-e"]
    page.evaluate("location.hash = '#samples?task=toy/choice&id=gone'")
    page.wait_for_selector("text=There is no such sample in this file.")
    page.evaluate("location.hash = '#elsewhere'")
    page.wait_for_timeout(100)
    assert "no such sample" in page.inner_text(".smp-detail"), "other parts of the page have addresses too"


def test_keys_walk_through_the_list_and_over_its_pages(here: Desk, path: Path) -> None:
    page = here.open(path)
    page.focus(".smp-list a")

    def opened() -> str:
        page.wait_for_timeout(80)
        assert page.evaluate("document.activeElement.textContent") == page.inner_text("#smp-title").split()[-1]
        return page.inner_text("#smp-title").split()[-1]

    page.keyboard.press("j")
    assert opened() == "q00000"
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    assert opened() == "q00009"
    page.keyboard.press("j")
    assert opened() == "q00010"
    assert page.inner_text(".smp-pages span") == "page 2 of 4"
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    assert opened() == "q00008"
    page.keyboard.press("Control+j")
    assert opened() == "q00008"
    page.focus("#smp-q")
    page.keyboard.press("j")
    page.wait_for_timeout(400)
    assert page.input_value("#smp-q") == "j", "keys are letters where text is written"


def test_buttons_walk_too_and_keep_the_focus(here: Desk, path: Path) -> None:
    page = here.open(path, {"task": "toy/choice", "id": "q00000"})
    page.wait_for_selector(".smp-view")
    assert page.is_disabled("text=Previous")
    page.click("[data-step='1']")
    page.wait_for_function("() => document.getElementById('smp-title').textContent.endsWith('q00001')")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('smp-title').textContent.endsWith('q00002')")
    page.click("text=Next page")
    page.wait_for_function("() => document.querySelector('.smp-id').textContent === 'q00010'")
    here.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("text=Copy link")
    page.wait_for_selector("text=copied")


def test_the_detail_says_all_that_is_known(here: Desk, path: Path, runs: list[Run]) -> None:
    page = here.open(path, {"task": "toy/free", "id": "o0003", "system": ["system-a", "system-b"]})
    page.wait_for_selector(".smp-view")
    assert "answer_words" not in page.inner_text(".smp-detail"), "text metrics are many, and wait behind a line"
    page.evaluate("for (const one of document.querySelectorAll('.smp-view details')) one.open = true")
    text = page.inner_text(".smp-detail")
    sample = next(one for one in runs[0].samples() if one["id"] == "o0003")
    for part in (
        sample["request"]["messages"][-1]["content"],
        sample["target"],
        sample["output"],
        "Said 03.",
        "Said 13.",
        "key points by their words",
        JUDGE,
        "answer_words",
    ):
        assert part in text, part
    page.evaluate("location.hash = '#samples?task=toy/choice&id=q00006'")
    page.wait_for_function("() => document.getElementById('smp-title').textContent.endsWith('q00006')")
    text = page.inner_text(".smp-detail")
    choice = next(one for one in runs[0].samples() if one["id"] == "q00006")
    for option in choice["request"]["options"]:
        assert option in text
    key = page.locator(".smp-key").inner_text()
    assert choice["request"]["options"]["ABCD".index(choice["target"])] in key
    assert "key" in key


def test_several_runs_epochs_and_orders_stand_side_by_side(browser: Any, tmp_path: Path) -> None:
    make_pack(tmp_path / "toy", n=6)
    some = [
        evaluate(
            "baseline/random",
            "toy/choice",
            include=[tmp_path / "toy"],
            out=tmp_path / f"seed{seed}",
            seed=seed,
            permutations=2,
            epochs=2,
            quiet=True,
        )
        for seed in (1, 2)
    ]
    page_file = write_page(tmp_path / "page.html", sample_elements({"chance": some}))
    with desk(browser) as here:
        page = here.open(page_file, {"task": "toy/choice", "id": "q00003"})
        page.wait_for_selector(".smp-view")
        names = page.locator(".smp-answer > p.smp-role").all_text_contents()
        assert names == [f"run seed{s}, epoch {e}, order {p}" for s in (1, 2) for e in (0, 1) for p in (0, 1)]
        assert page.locator(".smp-prompt").count() > 1, "each order of the options is a prompt of its own"
        stored = [one for run in some for one in run.samples() if one["id"] == "q00003"]
        mean = sum(one["scores"]["acc"] for one in stored) / 8
        word = {0.0: "wrong", 1.0: "right"}.get(mean, f"{int(mean * 100 + 0.5)} % right")
        assert word in page.locator(".smp-list li").nth(3).inner_text()


# What is missing, and who can use it


def test_texts_that_found_no_room_are_said_to_be_missing(browser: Any, runs: list[Run], tmp_path: Path) -> None:
    elements = list(sample_elements({run.system: [run] for run in runs}))
    overhead = 20_000 + 4 * 32 + 200 * 10
    blocks = sum(len(one) for one in elements if "block-" in one)
    budget = sum(map(len, elements)) - blocks + overhead + blocks // 3
    page_file = write_page(tmp_path / "page.html", sample_elements({run.system: [run] for run in runs}, budget=budget))
    with desk(browser) as here:
        page = here.open(page_file)
        note = page.inner_text(".smp-note")
        missing = int(re.search(r"texts of (\d+) of 32 samples are not in it", note)[1])  # type: ignore[index]
        assert 0 < missing <= 32
        missing_in = "[...document.getElementById('sample-browser').samples.samples.blockOf[1]].indexOf(-1)"
        row = page.evaluate(missing_in)
        task, id_ = ("toy/free", f"o{row:04d}") if row >= 0 else ("toy/choice", "q00000")
        page.evaluate("(hash) => { location.hash = hash; }", f"#samples?task={task}&id={id_}")
        page.wait_for_selector("text=The texts of this sample are not in this file")
        assert JUDGE in page.inner_text(".smp-view")
        page.fill("#smp-q", "zzz")
        page.wait_for_function(
            "() => document.querySelector('.smp-count').textContent.includes('could not be searched')"
        )
        assert f"the texts of {missing} more" in page.inner_text(".smp-count")


def test_a_file_that_was_cut_says_so(browser: Any, runs: list[Run], tmp_path: Path) -> None:
    elements = list(sample_elements({runs[0].system: [runs[0]]}))
    page_file = write_page(tmp_path / "page.html", [one.replace('="manifest">', '="manifest">000') for one in elements])
    with desk(browser) as here:
        page = here.context.new_page()
        page.goto(f"{page_file.as_uri()}#samples")
        page.wait_for_selector("text=The samples in this file can't be read here")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_cut_off(browser: Any, path: Path, theme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with desk(browser, viewport={"width": width, "height": 844}, color_scheme=theme) as here:
        page = here.open(path, {"task": "toy/free", "id": "o0003"})
        page.wait_for_selector(".smp-view")
        page.click(".smp-chooser summary")
        result = axe.Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.evaluate("location.hash = '#samples?task=toy/choice&id=q00006'")
        page.wait_for_function("() => document.getElementById('smp-title').textContent.endsWith('q00006')")
        result = axe.Axe().run(page)
        assert result.violations_count == 0, result.generate_report()


def test_nothing_is_read_before_the_reader_comes_near(browser: Any, runs: list[Run], tmp_path: Path) -> None:
    elements = sample_elements({runs[0].system: [runs[0]]})
    page_file = write_page(tmp_path / "page.html", elements, before='<div style="height: 5000px"></div>')
    with desk(browser) as here:
        page = here.context.new_page()
        page.goto(page_file.as_uri())
        page.wait_for_timeout(200)
        assert page.locator("#sample-browser *").count() == 0
        page.evaluate("document.getElementById('sample-browser').scrollIntoView()")
        page.wait_for_selector(".smp-count:not(:empty)")
