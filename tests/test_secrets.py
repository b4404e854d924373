"""A key that is in the environment, in an address or in a server's error is in no file, log or message of a run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ecg_bench import evaluate
from ecg_bench.backends import Backend, ModelCard, TransientError
from ecg_bench.limits import Limits
from ecg_bench.redaction import HIDDEN, hide, redact, redact_bytes, redact_url
from ecg_bench.samples import Request, Response

Pack = Callable[..., Path]
KEY = "sk-planted-0123456789abcdef"


class Leaky(Backend):
    """A server's library that repeats the key wherever it can."""

    summary = "for tests"
    cacheable = True

    def card(self) -> ModelCard:
        arguments = {"api_key": KEY, "base_url": redact_url(f"https://me:{KEY}@host/v1"), "api_key_env": "MY_KEY"}
        return ModelCard("leaky", "test", arguments, {"id": "1", "echo": f"deployed with {KEY}"})

    def prepare(self, *_: object) -> None:
        hide(KEY)
        self.notices = [f"the server knows {KEY}"]

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        (request,) = requests
        if request.index % 4 == 0:
            raise TransientError("401", f"wrong key {KEY}")
        if request.index % 4 == 1:
            raise RuntimeError(f"header 'Authorization: Bearer {KEY}' refused")
        if request.index % 4 == 2:
            return [Response(error=f"no access for {KEY}")]
        return [Response(f"Your key is {KEY}", reasoning=f"I see {KEY}", model=f"m-{KEY}")]


def test_a_planted_key_is_in_no_file_of_a_run_nor_in_the_cache(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_BENCH_CACHE", str(tmp_path / "cache"))
    run = evaluate(
        Leaky(), "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True,
        limits=Limits(max_retries=1, retry_wait=0.0),
    )  # fmt: skip
    files = [path for folder in (run.path, tmp_path / "cache") for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 6
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path
    assert HIDDEN in (run.path / "samples.jsonl").read_text()
    header = json.loads((run.path / "run.json").read_text())
    assert header["system"]["arguments"]["api_key"] == "(not recorded)"
    assert header["system"]["arguments"]["api_key_env"] == "MY_KEY"
    assert header["system"]["arguments"]["base_url"] == f"https://{HIDDEN}@host/v1"


def test_a_fault_of_ours_prints_no_key(tmp_path: Path) -> None:
    code = (
        "import ecg_bench.cli as c, ecg_bench.redaction as r\n"
        "key = 'sk-planted-' + '0123456789abcdef'\nr.hide(key)\n"
        "def fail(**_): raise RuntimeError('unexpected ' + key)\n"
        "c.cli.main = fail\nc.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert f"RuntimeError: unexpected {HIDDEN}" in done.stderr
    assert KEY not in done.stderr


def test_short_texts_are_no_keys() -> None:
    hide("a")
    hide("")
    hide(None)
    assert redact("a banana") == "a banana"
    assert redact_bytes(b"a banana") == b"a banana"


def test_addresses_lose_their_passwords() -> None:
    assert redact_url("http://user:pass@host:8000/v1") == f"http://{HIDDEN}@host:8000/v1"
    assert redact_url("http://host:8000/v1?x=@y") == "http://host:8000/v1?x=@y"
