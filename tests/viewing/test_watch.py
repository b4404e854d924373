"""Following a run: what is counted is what is there, whatever happens to the file, and nothing is disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench import UserError, evaluate
from ecg_bench.statistics import wilson
from ecg_bench.viewing._alive import is_held
from ecg_bench.viewing._pace import Pace
from ecg_bench.viewing._sums import Sums
from ecg_bench.viewing._tail import Tail
from ecg_bench.viewing._watch import Watch
from tests.packs import make_pack
from tests.viewing.viewed import evaluation, go, prepare, started, until


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done")
    make_pack(folder / "toy", n=40, n_open=10)
    evaluate("baseline/bm25", "toy/*", include=[folder / "toy"], out=folder / "run", quiet=True)
    return folder / "run"


def unfinished(done: Path, folder: Path, **changes: Any) -> Path:
    """Return a run that is as `done` was before it ended, without an answer yet."""
    folder.mkdir(exist_ok=True)
    header = json.loads((done / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(header | {"status": "running"} | changes))
    (folder / "run.lock").touch()
    return folder


# The tail


@given(text=st.text("ab\n", max_size=200), cuts=st.lists(st.integers(0, 200), max_size=20))
@settings(deadline=None)
def test_a_file_that_grows_in_any_pieces_gives_each_whole_line_once(text: str, cuts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        tail, found = Tail(Path(name) / "file"), []
        places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
        for start, end in pairwise(places):
            with (Path(name) / "file").open("ab") as file:
                file.write(text[start:end].encode())
            assert not tail.replaced()
            found += list(tail.lines())
        assert b"".join(found).decode() == text[: text.rfind("\n") + 1]
        assert all(line.count(b"\n") == 1 for line in found)


def test_the_end_of_a_long_file_is_read_from_a_whole_line_on(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"".join(b"line %05d\n" % n for n in range(1000)))
    assert list(Tail(tmp_path / "log", last=25).lines()) == [b"line 00998\n", b"line 00999\n"]
    assert len(list(Tail(tmp_path / "log", last=10**6).lines())) == 1000


# The sums


def test_the_sums_of_all_answers_are_the_results(done: Path) -> None:
    watch = Watch(unfinished(done, done.parent / "sums"))
    (watch.path / "samples.jsonl").write_bytes((done / "samples.jsonl").read_bytes())
    state = watch.look()
    results = json.loads((done / "results.json").read_text())["tasks"]
    header = json.loads((done / "run.json").read_text())
    assert (state["done"], state["total"], state["unreadable"]) == (50, 50, 0)
    assert state["outcomes"] == header["outcomes"]
    totals = {k: v for k, v in header["totals"].items() if k != "retries"}
    assert (state["totals"], state["retries"]) == (totals, header["totals"]["retries"])
    for task in state["tasks"]:
        main = results[task["name"]]["metrics"][task["metric"]]
        assert (task["value"], task["n"]) == (pytest.approx(main["value"]), main["n"])
        assert (task["low"], task["high"]) == pytest.approx(tuple(wilson(main["value"] * main["n"], main["n"])))


def test_an_answer_that_is_half_written_is_counted_when_it_is_whole(done: Path, tmp_path: Path) -> None:
    lines = (done / "samples.jsonl").read_bytes().splitlines(keepends=True)
    watch = Watch(unfinished(done, tmp_path / "run"))
    assert watch.look()["done"] == 0
    with (watch.path / "samples.jsonl").open("ab", buffering=0) as file:
        file.write(lines[0] + lines[1][:50])
        assert watch.look()["done"] == 1
        file.write(lines[1][50:] + lines[2])
        assert watch.look()["done"] == 3
    assert watch.look()["last"][0]["id"] == json.loads(lines[2])["id"]


def test_the_file_in_another_order_is_not_counted_twice(done: Path, tmp_path: Path) -> None:
    """As at the end of a run, when its lines are put in the order of the data."""
    lines = (done / "samples.jsonl").read_bytes().splitlines(keepends=True)
    watch = Watch(unfinished(done, tmp_path / "run"))
    samples = watch.path / "samples.jsonl"
    samples.write_bytes(b"".join(reversed(lines)))
    before = watch.look()
    (tmp_path / "sorted").write_bytes(b"".join(lines))
    os.replace(tmp_path / "sorted", samples)
    after = watch.look()
    assert (after["done"], after["tasks"], after["last"]) == (50, before["tasks"], before["last"])


@pytest.mark.parametrize("read", [20, 50])
def test_a_file_of_other_lines_is_counted_anew(done: Path, tmp_path: Path, read: int) -> None:
    """As at a resume, when errors are taken out; and at the end of a run that was not read to its end."""
    lines = (done / "samples.jsonl").read_bytes().splitlines(keepends=True)
    watch = Watch(unfinished(done, tmp_path / "run"))
    samples = watch.path / "samples.jsonl"
    samples.write_bytes(b"".join(lines[:read]))
    assert watch.look()["done"] == read
    (tmp_path / "new").write_bytes(b"".join(lines[5:40]))
    os.replace(tmp_path / "new", samples)
    assert watch.look()["done"] == 35


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\n",
        b"null\n",
        b'"text"\n',
        b"[" * 100_000 + b"\n",
        b'{"task": "toy/choice", "outcome": "odd"}\n',
        b'{"task": ["toy/choice"]}\n',
    ],
)
def test_a_line_that_is_no_answer_is_said_and_ends_nothing(done: Path, tmp_path: Path, line: bytes) -> None:
    good = (done / "samples.jsonl").read_bytes().splitlines(keepends=True)[0]
    watch = Watch(unfinished(done, tmp_path / "run"))
    (watch.path / "samples.jsonl").write_bytes(line + good)
    (watch.path / "log.jsonl").write_bytes(line + b'{"time": "t", "level": "info", "message": "m", "n": 1}\n')
    state = watch.look()
    assert (state["done"], state["unreadable"]) == (1, 1)
    assert [event["text"] for event in state["events"]] == ["m: n 1"]
    json.dumps(state)


def test_memory_does_not_grow_with_the_answers(done: Path, tmp_path: Path) -> None:
    lines = (done / "samples.jsonl").read_bytes().splitlines()
    sums = Sums(Watch(done).header.tasks)
    for line in lines:
        sums.add(line)
    tracemalloc.start()
    for number in range(20_000):
        sums.add(lines[number % len(lines)])
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sums.done == 20_050
    assert kept < 50_000


def test_a_long_answer_is_shortened(done: Path, tmp_path: Path) -> None:
    sample = json.loads((done / "samples.jsonl").read_text().splitlines()[0])
    watch = Watch(unfinished(done, tmp_path / "run"))
    (watch.path / "samples.jsonl").write_text(json.dumps(sample | {"output": "word " * 10_000}) + "\n")
    text = watch.look()["last"][0]["text"]
    assert len(text) < 300
    assert text.endswith("…")


# How fast


def test_the_pace_is_that_of_the_last_half_minute() -> None:
    pace = Pace()
    assert pace.rate is None
    for second in range(100):
        pace.note(second, 10 * second)
    for second in range(100, 200):
        pace.note(second, 1000 + 2 * (second - 100))
    assert pace.rate == pytest.approx(2, rel=0.05)


def test_slow_answers_have_a_pace_too() -> None:
    pace = Pace()
    for second in range(600):
        pace.note(second, second // 20)
    assert pace.rate == pytest.approx(1 / 20, rel=0.1)


def test_a_run_that_stands_still_has_none_after_a_while() -> None:
    pace = Pace()
    pace.note(0, 100)
    pace.note(1, 120)
    for second in range(2, 2000):
        pace.note(second, 120)
    assert pace.rate == 0


# Whether its process lives


def test_a_lock_is_held_as_long_as_its_process_has_it(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    assert is_held(path) is False
    assert not path.exists(), "looking must not make a file"
    with FileLock(path):
        assert is_held(path) is True
        assert is_held(path) is True
    assert is_held(path) is False


def test_several_who_look_do_not_take_each_other_for_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    path.touch()
    seen = []

    def look() -> None:
        seen.extend(is_held(path) for _ in range(500))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {False}


def test_a_free_lock_is_let_alone_until_the_run_is_taken_up(done: Path, tmp_path: Path) -> None:
    """Else looking again and again could once be in the way of the process that resumes."""
    watch = Watch(unfinished(done, tmp_path / "run"))
    assert watch.look()["phase"] == "gone"
    lock = FileLock(watch.path / "run.lock")
    with lock:
        assert watch.look()["phase"] == "gone"
        sessions = json.loads((watch.path / "run.json").read_text())["sessions"]
        unfinished(done, watch.path, sessions=sessions * 2)
        assert watch.look()["phase"] == "running"
    assert watch.look()["phase"] == "gone"


def test_what_a_run_says_of_itself_is_shown(done: Path, tmp_path: Path) -> None:
    assert Watch(done).look()["phase"] == "complete"
    session = json.loads((done / "run.json").read_text())["sessions"][0] | {"stopped": "the time is up"}
    state = Watch(unfinished(done, tmp_path / "a b", status="interrupted", sessions=[session])).look()
    assert (state["phase"], state["stopped"]) == ("stopped", "the time is up")
    assert state["resume"] == f"ecg-bench eval --resume --out '{tmp_path / 'a b'}'"
    tasks = json.loads((done / "run.json").read_text())["tasks"]
    judged = unfinished(done, tmp_path / "judged", tasks=[tasks[0] | {"type": "judgement"}])
    assert Watch(judged).look()["resume"] == ""


def test_a_directory_that_vanishes_leaves_what_was_seen(done: Path, tmp_path: Path) -> None:
    watch = Watch(unfinished(done, tmp_path / "run"))
    (watch.path / "samples.jsonl").write_bytes((done / "samples.jsonl").read_bytes())
    assert watch.look()["done"] == 50
    for file in watch.path.iterdir():
        file.unlink()
    assert watch.look()["done"] == 50


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no run\.json"):
        Watch(tmp_path)


@pytest.mark.slow
def test_a_real_run_is_followed_over_a_kill_to_its_end(tmp_path: Path) -> None:
    prepare(tmp_path)
    process = started(tmp_path, evaluation("run"))
    watch = Watch(tmp_path / "run")
    assert watch.look()["phase"] == "running"
    go(process)
    until(lambda: watch.look()["done"] > 15)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    state = watch.look()
    assert state["phase"] == "gone"
    assert 15 < state["done"] < state["total"]
    process = started(tmp_path, evaluation("run"))
    assert watch.look()["phase"] == "running"
    go(process)
    seen: list[int] = []
    while process.poll() is None:
        seen.append(watch.look()["done"])
    assert seen == sorted(seen)
    assert len(set(seen)) > 10
    state = watch.look()
    assert (state["phase"], state["done"]) == ("complete", 120)
    header = json.loads((tmp_path / "run" / "run.json").read_text())
    assert state["outcomes"] == header["outcomes"]
    assert state["retries"] == header["totals"]["retries"]
    assert subprocess.run(evaluation("whole"), cwd=tmp_path, stdout=subprocess.DEVNULL, check=False).returncode == 1
    assert (tmp_path / "run" / "results.json").read_bytes() == (tmp_path / "whole" / "results.json").read_bytes()
