"""2,000 requests through a server of which 30 % fail in every way there is, and ten kills on top."""

from __future__ import annotations

import json
import os
import random
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.golden import timeless
from tests.packs import make_pack
from tests.servers.weather import FAULTS, stormy_server

pytestmark = pytest.mark.slow

N = 2000
SHARE = 0.3


def stats(address: str, authority: Path) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=str(authority))
    with urllib.request.urlopen(f"{address}/stats", context=context) as reply:  # noqa: S310  # our own server
        return json.load(reply)  # type: ignore[no-any-return]


def command(address: str, out: str) -> list[str]:
    form = ("eval", "--model", "openai/stormy", "--model-arg", f"base_url={address}", "--tasks", "toy/choice")
    limits = ("--max-connections", "32", "--request-timeout", "0.5", "--retry-wait", "0.05", "--max-retries", "12")
    return [
        sys.executable,
        "-m",
        "ecg_bench",
        *form,
        "--include",
        "toy",
        "--no-cache",
        "--quiet",
        *limits,
        "--out",
        out,
    ]


def environment(authority: Path) -> dict[str, str]:
    return {**os.environ, "SSL_CERT_FILE": str(authority), "NO_PROXY": "127.0.0.1"}


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]


def test_every_sample_has_one_outcome_and_no_fault_costs_one(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy", n=N)
    with stormy_server(tmp_path, SHARE) as (address, authority):
        subprocess.run(command(address, "run"), cwd=tmp_path, env=environment(authority), check=True, timeout=240)
        seen = stats(address, authority)
    found = lines(tmp_path / "run")
    assert [one["index"] for one in found] == list(range(N))
    assert {one["outcome"] for one in found} == {"ok"}
    assert set(seen["faults"]) == set(FAULTS)
    assert sum(seen["faults"].values()) > N * SHARE
    # Nothing is asked again after success, and every failed attempt is counted.
    assert seen["answered"] == N
    assert seen["answered_twice"] == 0
    retries = Counter(cause for one in found for cause in one["retries"])
    assert sum(retries.values()) == seen["attempts"] - N == sum(seen["faults"].values())
    assert retries["429"] == seen["faults"]["429"] + seen["faults"]["429 with Retry-After"]
    assert retries["timeout"] == seen["faults"]["slow headers"] + seen["faults"]["stalled body"]
    assert retries["404"] == seen["faults"]["vanished model"]
    header = json.loads((tmp_path / "run" / "run.json").read_text())
    assert header["totals"]["retries"] == dict(sorted(retries.items()))
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert sum(line["message"] == "trying again" for line in log) == sum(retries.values())


def test_ten_kills_in_bad_weather_end_with_the_same_result(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy", n=N)
    (tmp_path / "fair").mkdir()
    with stormy_server(tmp_path / "fair", 0.0) as (address, authority):
        subprocess.run(command(address, "whole"), cwd=tmp_path, env=environment(authority), check=True, timeout=240)
    rng = random.Random(20261121)
    path = tmp_path / "killed" / "samples.jsonl"

    def answered() -> int:
        return path.read_bytes().count(b"\n") if path.exists() else 0

    with stormy_server(tmp_path, SHARE) as (address, authority):
        counts = []
        for _ in range(10):
            goal = answered() + rng.randrange(10, 160)
            process = subprocess.Popen(
                command(address, "killed"), cwd=tmp_path, env=environment(authority), start_new_session=True
            )
            while answered() < goal and process.poll() is None:
                time.sleep(0.002)
            assert process.poll() is None, "the run ended before it could be killed ten times"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            counts.append(answered())
        subprocess.run(command(address, "killed"), cwd=tmp_path, env=environment(authority), check=True, timeout=240)
        seen = stats(address, authority)
    assert counts == sorted(counts)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    assert seen["answered"] - N <= 10 * 32  # asked twice: no more than what was in flight at each kill
    assert Counter(one["index"] for one in lines(killed)) == Counter(range(N))

    def scores(run: Path) -> list[tuple[Any, ...]]:
        return [(one["id"], one["output"], one["parsed"], one["outcome"], one["scores"]) for one in lines(run)]

    assert scores(killed) == scores(whole)
    results = [timeless((run / "results.json").read_text()) for run in (killed, whole)]
    assert results[0] == results[1]
    assert (killed / "scores.csv").read_bytes() == (whole / "scores.csv").read_bytes()


def test_an_untrusted_certificate_is_said_before_anything_is_written(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy", n=20)
    with stormy_server(tmp_path, 0.0) as (address, _):
        done = subprocess.run(command(address, "run"), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "certificate" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()
