"""A run killed at any moment, ten times over, ends with the very results of one that was never disturbed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.golden import timeless
from tests.packs import make_pack

pytestmark = pytest.mark.slow

N = 12_000


def command(out: str) -> list[str]:
    form = (
        "eval",
        "--model",
        "baseline/bm25",
        "--tasks",
        "toy/*",
        "--include",
        "toy",
        "--permutations",
        "2",
        "--quiet",
    )
    return [sys.executable, "-m", "ecg_bench", *form, "--out", out]


def size_of(run: Path) -> int:
    journal = run / "samples.jsonl"
    return journal.stat().st_size if journal.exists() else 0


def test_ten_kills_change_nothing(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy", n=N // 2, n_open=50)
    subprocess.run(command("whole"), cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    total = size_of(whole)
    rng = random.Random(20261121)
    sizes = []
    for kill in range(10):
        process = subprocess.Popen(command("killed"), cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True)
        if kill % 3 == 2:  # some time after the start, wherever that falls
            time.sleep(rng.uniform(0.1, 1.0))
        else:  # while it asks, after some more of the samples
            goal = size_of(killed) + rng.uniform(0, 0.1) * total
            while size_of(killed) <= goal and process.poll() is None:
                time.sleep(0.0005)
        assert process.poll() is None, "the run ended before it could be killed ten times: make it longer"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        sizes.append(size_of(killed))
    subprocess.run(command("killed"), cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)

    assert len(set(sizes)) > 5, "the kills did not fall into the asking"
    assert (killed / "results.json").read_bytes() == (whole / "results.json").read_bytes()
    assert (killed / "scores.csv").read_bytes() == (whole / "scores.csv").read_bytes()
    lines = [json.loads(line) for line in (killed / "samples.jsonl").read_text().splitlines()]
    keys = [(line["task"], line["index"], line["permutation"]) for line in lines]
    assert len(keys) == len(set(keys)) == N + 50
    assert timeless((killed / "samples.jsonl").read_text()) == timeless((whole / "samples.jsonl").read_text())
    header = json.loads((killed / "run.json").read_text())
    assert header["status"] == "complete"
    assert sum(header["outcomes"].values()) == N + 50
    assert not list(killed.glob("*.part")) + list(killed.glob(".*.part"))
