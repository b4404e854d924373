"""Ctrl-C in real processes: once finishes what is in flight, twice stops at once, and neither loses anything."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.golden import timeless
from tests.packs import make_pack

FORM = ("eval", "--model", "mock/m.yaml", "--tasks", "toy/choice", "--include", "toy", "--quiet")
N = 400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_pack(tmp_path / "toy", n=N)
    return tmp_path


def start(folder: Path, script: str, *more: str) -> subprocess.Popen[str]:
    (folder / "m.yaml").write_text(script)
    command = [sys.executable, "-m", "ecg_bench", *FORM, "--out", "RUN", *more]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def wait_for_samples(folder: Path, n: int) -> None:
    path = folder / "RUN" / "samples.jsonl"
    while not path.exists() or path.read_bytes().count(b"\n") < n:
        time.sleep(0.005)


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "RUN" / "samples.jsonl").read_text().splitlines()]


def test_once_finishes_what_is_in_flight_and_says_how_to_go_on(folder: Path) -> None:
    script = "default: {choice: random}\nlatency_s: 0.3\nconcurrency: 8\n"
    process = start(folder, script)
    wait_for_samples(folder, 8)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "finishing 8 requests in flight, then stopping; Ctrl-C again stops at once" in said
    assert "interrupted: 16 requests are answered and kept, 384 are left" in said
    assert "ecg-bench eval --resume --out RUN" in said
    assert len(lines(folder)) == 16
    header = json.loads((folder / "RUN" / "run.json").read_text())
    assert (header["status"], header["sessions"][0]["stopped"]) == ("interrupted", "interrupted")


def test_twice_stops_at_once(folder: Path) -> None:
    process = start(
        folder, "default: {choice: random}\nlatency_s: 30\nanswers: [{id: q0000*, choice: first, latency_s: 0.01}]\n"
    )
    wait_for_samples(folder, 10)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - begun < 3
    assert process.returncode == 130
    assert "repeat the command to go on" in said
    assert len(lines(folder)) == 10
    assert not list((folder / "RUN").glob("*.part"))


@pytest.mark.slow
def test_a_run_interrupted_again_and_again_ends_like_one_that_was_not(folder: Path) -> None:
    script = "default: {choice: random}\nlatency_s: {min: 0.005, max: 0.05}\nconcurrency: 16\n"
    for presses in (1, 2, 1, 2):
        done = len(lines(folder)) if (folder / "RUN" / "samples.jsonl").exists() else 0
        process = start(folder, script)
        wait_for_samples(folder, done + 20)
        for _ in range(presses):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        process.communicate(timeout=30)
        assert process.returncode == 130
    process = start(folder, script)
    process.communicate(timeout=60)
    assert process.returncode == 0
    command = [sys.executable, "-m", "ecg_bench", *FORM, "--out", "WHOLE"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    for name in ("results.json", "scores.csv"):
        assert (folder / "RUN" / name).read_bytes() == (folder / "WHOLE" / name).read_bytes()
    both = [timeless((folder / run / "samples.jsonl").read_text()) for run in ("RUN", "WHOLE")]
    assert both[0] == both[1]


def test_a_limit_of_time_stops_like_one_ctrl_c(folder: Path) -> None:
    process = start(folder, "default: {choice: random}\nlatency_s: 0.2\nconcurrency: 4\n", "--time-limit", "1")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the time limit was reached" in said
    assert 8 <= len(lines(folder)) <= 40


def test_a_budget_stops_and_a_larger_one_goes_on_without_paying_twice(folder: Path) -> None:
    script = "default: {choice: random, usage: {input_tokens: 90, output_tokens: 10}}\nlatency_s: 0.001\n"
    process = start(folder, script, "--max-tokens-total", "10000", "--max-tokens", "10")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the budget is spent" in said
    first = len(lines(folder))
    assert 0 < first <= 100
    process = start(folder, script, "--max-tokens-total", "10000", "--max-tokens", "10")
    process.communicate(timeout=30)
    assert process.returncode == 130, "what the first session took counts"
    assert len(lines(folder)) <= 100
    process = start(folder, script, "--max-tokens-total", "50000", "--max-tokens", "10")
    process.communicate(timeout=60)
    assert process.returncode == 0
    header = json.loads((folder / "RUN" / "run.json").read_text())
    assert sum(session["asked"] for session in header["sessions"]) == N
    assert header["totals"]["input_tokens"] == 90 * N
