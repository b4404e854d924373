"""Batch APIs: handed in once, waited for across restarts, collected whole, whatever breaks in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Limits, Price, StoppedError, UserError, evaluate
from ecg_bench.backends import Backend, ModelCard, TransientError
from ecg_bench.backends.batching import BatchApi, BatchState
from ecg_bench.evaluation import _batches
from ecg_bench.files import write_whole
from ecg_bench.samples import Request, Response, Usage
from tests.packs import make_pack

Pack = Callable[..., Path]


class Provider(BatchApi, Backend):
    """A provider whose batches lie in a folder, as a real one's lie on its servers: they outlive the process.

    `faults` maps the number of a call, over all processes, to what goes wrong with it.
    """

    summary = "for tests"
    batch_requests = 8
    batch_bytes = 10**6

    def __init__(self, folder: Path, *, looks: int = 1, expire: Callable[[str], bool] = lambda name: False) -> None:
        self.folder, self.looks, self.expire = folder, looks, expire
        self.faults: dict[int, BaseException] = {}
        folder.mkdir(exist_ok=True)

    def card(self) -> ModelCard:
        return ModelCard("provider", "test", identity={"id": "1"})

    def price(self) -> Price | None:
        return Price(2.0, 4.0)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        raise AssertionError("asked one by one")

    def _call(self) -> None:
        log = self.folder / "calls"
        with log.open("a") as file:
            file.write(".")
        fault = self.faults.get(log.stat().st_size)
        if fault is not None:
            raise fault

    async def submit_batch(self, requests: Mapping[str, Request], label: str) -> str:
        self._call()
        number = f"batch-{len(list(self.folder.glob('batch-*')))}"
        body = {"label": label, "looks": 0, "requests": {n: r.order for n, r in requests.items()}}
        write_whole(self.folder / number, json.dumps(body))
        if os.environ.get("DIE_AFTER_SUBMIT"):
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    async def find_batch(self, label: str) -> str | None:
        self._call()
        for path in self.folder.glob("batch-*"):
            if json.loads(path.read_text())["label"] == label:
                return path.name
        return None

    async def batch_state(self, batch: str) -> BatchState:
        self._call()
        path = self.folder / batch
        body = json.loads(path.read_text())
        body["looks"] += 1
        write_whole(path, json.dumps(body))
        n, ended = len(body["requests"]), body["looks"] >= self.looks
        return BatchState(ended, "ended" if ended else "in_progress", n if ended else 0, n)

    async def batch_responses(self, batch: str) -> AsyncIterator[tuple[str, Response]]:
        self._call()
        for name in reversed(json.loads((self.folder / batch).read_text())["requests"]):
            if not self.expire(f"{batch} {name}"):
                yield name, Response("Answer: A", usage=Usage(100, 50))
        yield "somebody else's", Response("Answer: B")

    @property
    def handed_in(self) -> list[str]:
        return [n for p in sorted(self.folder.glob("batch-*")) for n in json.loads(p.read_text())["requests"]]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batches, "POLL_S", 0.01)
    monkeypatch.setattr(_batches.BatchRun.__init__, "__defaults__", (0.01,))


def run_it(provider: Provider, pack: Path, out: Path, **limits: Any) -> Any:
    given = Limits(retry_wait=0.0, **limits)
    return evaluate(provider, "toy/choice", include=[pack], out=out, batch=True, quiet=True, limits=given)


def test_everything_is_handed_in_once_and_collected(pack: Pack, tmp_path: Path) -> None:
    provider = Provider(tmp_path / "provider", looks=3)
    run = run_it(provider, pack(), tmp_path / "run")
    assert run.results.tasks["toy/choice"].outcomes["ok"] == 20
    assert len(provider.handed_in) == len(set(provider.handed_in)) == 20
    assert [len(json.loads((provider.folder / f"batch-{n}").read_text())["requests"]) for n in range(3)] == [8, 8, 4]
    assert [one["index"] for one in run.samples()] == list(range(20))


def test_a_batch_costs_half(pack: Pack, tmp_path: Path) -> None:
    run = run_it(Provider(tmp_path / "provider"), pack(), tmp_path / "run")
    assert run.header.totals.cost_usd == pytest.approx(20 * (100 * 2 + 50 * 4) / 1e6 / 2)


def test_what_expired_is_handed_in_again(pack: Pack, tmp_path: Path) -> None:
    provider = Provider(tmp_path / "provider", expire=lambda name: name.startswith("batch-0"))
    run = run_it(provider, pack(), tmp_path / "run")
    assert run.header.outcomes["error"] == 0
    assert len(provider.handed_in) == 28


def test_what_is_never_answered_ends_as_an_error(pack: Pack, tmp_path: Path) -> None:
    provider = Provider(tmp_path / "provider", expire=lambda name: name.endswith("request-3"))
    run = run_it(provider, pack(), tmp_path / "run")
    assert [message for _, _, message in run.errors()] == ["the batch API left it unanswered 3 times"]


def test_faults_of_every_call_are_sat_out(pack: Pack, tmp_path: Path) -> None:
    provider = Provider(tmp_path / "provider", looks=2)
    provider.faults = {n: TransientError("503", "away") for n in range(1, 60, 2)}
    run = run_it(provider, pack(), tmp_path / "run")
    assert run.header.outcomes["ok"] == 20
    assert len(provider.handed_in) == 20


def test_a_refused_batch_ends_the_run_with_its_sentence_and_leaves_no_trace_of_it(pack: Pack, tmp_path: Path) -> None:
    provider = Provider(tmp_path / "provider")
    provider.faults = {1: UserError("the account may not use batches")}
    with pytest.raises(UserError, match="may not use batches"):
        run_it(provider, pack(), tmp_path / "run")
    assert json.loads((tmp_path / "run" / "batches.json").read_text()) == {"batches": []}
    assert run_it(provider, pack(), tmp_path / "run").header.outcomes["ok"] == 20


def test_a_run_stopped_while_it_waits_collects_later_and_hands_nothing_in_again(pack: Pack, tmp_path: Path) -> None:
    provider = Provider(tmp_path / "provider", looks=1000)
    with pytest.raises(StoppedError, match="the time limit was reached: 0 requests are answered and kept, 20 are left"):
        run_it(provider, pack(), tmp_path / "run", time_limit=0.3)
    provider.looks = 1
    run = run_it(provider, pack(), tmp_path / "run")
    assert run.header.outcomes["ok"] == len(provider.handed_in) == 20


def test_a_budget_holds_for_what_is_handed_in(pack: Pack, tmp_path: Path) -> None:
    provider = Provider(tmp_path / "provider")
    with pytest.raises(StoppedError, match="the budget is spent"):
        run_it(provider, pack(), tmp_path / "run", max_tokens_total=6000)
    assert 0 < len(provider.handed_in) < 20


def test_a_backend_without_batches_says_so(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="baseline/random has no batch API: leave out --batch"):
        evaluate("baseline/random", "toy/choice", include=[pack()], out=tmp_path / "run", batch=True, quiet=True)


SCRIPT = """
import sys
from pathlib import Path
from ecg_bench import Limits, evaluate
from ecg_bench.evaluation import _batches
from tests.test_batches import Provider
_batches.BatchRun.__init__.__defaults__ = (0.05,)
here = Path(sys.argv[1])
evaluate(Provider(here / "provider", looks=int(sys.argv[2])), "toy/choice", include=[here / "toy"], out=here / "run",
         batch=True, quiet=True, limits=Limits(retry_wait=0.0))
"""


def process(folder: Path, looks: int, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SCRIPT, str(folder), str(looks)]
    top = Path(__file__).parents[1]
    return subprocess.Popen(command, cwd=top, env={**os.environ, **environment})


@pytest.mark.slow
def test_a_kill_between_handing_in_and_noting_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    assert process(tmp_path, 1, DIE_AFTER_SUBMIT="1").wait(60) == -signal.SIGKILL
    (entry,) = json.loads((tmp_path / "run" / "batches.json").read_text())["batches"]
    assert entry["batch"] is None
    assert process(tmp_path, 1).wait(60) == 0
    handed_in = Provider(tmp_path / "provider").handed_in
    assert len(handed_in) == len(set(handed_in)) == 20


@pytest.mark.slow
def test_kills_while_waiting_change_nothing(tmp_path: Path) -> None:
    make_pack(tmp_path / "toy")
    for _ in range(3):
        waiting = process(tmp_path, 10**6)
        calls = tmp_path / "provider" / "calls"
        before = calls.stat().st_size if calls.exists() else 0
        while not calls.exists() or calls.stat().st_size < before + 5:
            assert waiting.poll() is None, "it ended while it should wait"
            time.sleep(0.01)
        waiting.kill()
        waiting.wait()
    assert process(tmp_path, 1).wait(60) == 0
    handed_in = Provider(tmp_path / "provider").handed_in
    assert len(handed_in) == len(set(handed_in)) == 20
    assert json.loads((tmp_path / "run" / "run.json").read_text())["outcomes"]["ok"] == 20
