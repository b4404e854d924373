"""The response cache: never the wrong answer, never the end of a run, and nothing paid for twice."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Run, evaluate
from ecg_bench.backends import Backend, ModelCard
from ecg_bench.cache import KeyMaker, ResponseCache, cache_path
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response, TokenLogprob, Usage
from tests.packs import make_pack

Pack = Callable[..., Path]

PARAMS = GenerationParams(max_tokens=8, temperature=0.0, seed=0)
REQUEST = Request("t", "q", 0, 0, Mode.GENERATE, (Message("user", "Which?"),), PARAMS, "Which?")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECG_BENCH_CACHE", str(tmp_path / "cache"))
    return cache_path()


class Counting(Backend):
    """Answers with its own name, and counts how often it was asked."""

    summary = "for tests"
    cacheable = True

    def __init__(self, name: str = "one", *, identity: str = "v1", arguments: dict[str, Any] | None = None) -> None:
        self.name, self.identity, self.arguments = name, identity, arguments or {}
        self.asked: Counter[str] = Counter()

    def card(self) -> ModelCard:
        return ModelCard("counting", self.name, self.arguments, {"revision": self.identity})

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.asked.update(request.id for request in requests)
        return [Response(f"A, says {self.name} {self.identity}", usage=Usage(9, 3)) for _ in requests]


def asked(backend: Counting, pack: Path, out: Path, **options: Any) -> tuple[Run, int]:
    run = evaluate(backend, "toy/choice", include=[pack], out=out, quiet=True, **options)
    return run, sum(backend.asked.values())


def test_a_second_run_asks_nothing_and_says_so(pack: Pack, tmp_path: Path) -> None:
    folder = pack()
    first, n = asked(Counting(), folder, tmp_path / "1")
    second, again = asked(Counting(), folder, tmp_path / "2")
    assert (n, again) == (20, 0)
    totals = second.header.totals
    assert totals is not None
    assert (totals.from_cache, totals.input_tokens) == (20, 0)
    assert [one["output"] for one in first.samples()] == [one["output"] for one in second.samples()]
    assert {one["cached"] for one in second.samples()} == {True}
    assert (first.path / "results.json").read_bytes() == (second.path / "results.json").read_bytes()


def test_one_flag_switches_it_off(pack: Pack, tmp_path: Path, own_cache: Path) -> None:
    folder = pack()
    asked(Counting(), folder, tmp_path / "1", cache=False)
    assert not own_cache.exists()
    asked(Counting(), folder, tmp_path / "2")
    assert asked(Counting(), folder, tmp_path / "3", cache=False)[1] == 20


@pytest.mark.parametrize(
    "other",
    [Counting("two"), Counting(identity="v2"), Counting(arguments={"peft": "adapter"})],
    ids=["name", "revision", "adapter"],
)
def test_two_models_never_share_an_answer(pack: Pack, tmp_path: Path, other: Counting) -> None:
    folder = pack()
    asked(Counting(), folder, tmp_path / "1")
    run, n = asked(other, folder, tmp_path / "2")
    assert n == 20
    assert {one["output"] for one in run.samples()} == {f"A, says {other.name} {other.identity}"}


def test_two_adapters_of_one_name_with_other_weights_never_share_an_answer() -> None:
    keys = {
        KeyMaker("hf", "llama", {"peft": "adapter"}, {"files": weights, "adapter": adapter}).key(REQUEST)
        for weights in ("w1", "w2")
        for adapter in ("a1", "a2", None)
    }
    assert len(keys) == 6


def test_everything_that_shapes_an_answer_shapes_the_key(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"one picture")
    (tmp_path / "b.png").write_bytes(b"another picture")
    maker = KeyMaker("p", "m", {}, {})
    variants = [
        REQUEST,
        replace(REQUEST, messages=(Message("user", "Which ?"),)),
        replace(REQUEST, messages=(Message("system", "Which?"),)),
        replace(REQUEST, messages=(Message("user", "Which?"), Message("user", ""))),
        replace(REQUEST, mode=Mode.LOGLIKELIHOOD),
        replace(REQUEST, prefill="Answer:"),
        replace(REQUEST, continuations=(" A", " B")),
        replace(REQUEST, continuations=(" A B",)),
        replace(REQUEST, params=replace(PARAMS, max_tokens=9)),
        replace(REQUEST, params=replace(PARAMS, temperature=0.5)),
        replace(REQUEST, params=replace(PARAMS, seed=1)),
        replace(REQUEST, epoch=1),
        replace(REQUEST, schema={"type": "object"}),
        replace(REQUEST, media=(Media("image", "a.png", str(tmp_path)),)),
        replace(REQUEST, media=(Media("image", "b.png", str(tmp_path)),)),
    ]
    assert len({maker.key(one) for one in variants}) == len(variants)
    assert maker.key(REQUEST) == maker.key(replace(REQUEST, task="other", id="other", index=7, question="?"))


def test_an_edited_picture_is_another_request(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    request = replace(REQUEST, media=(Media("image", "a.png", str(tmp_path)),))
    maker = KeyMaker("p", "m", {}, {})
    picture.write_bytes(b"before")
    before = maker.key(request)
    picture.write_bytes(b"after, of another length")
    assert maker.key(request) != before


def test_an_answer_comes_back_whole(own_cache: Path) -> None:
    logprobs = (TokenLogprob("A", -0.1, (("A", -0.1), ("B", -2.4))), TokenLogprob("é", -1.0))
    response = Response(
        "A \x00 “quoted”\n", (-1.5, -2.25), "length", Usage(5, 4, 3, 2, 1), 0.25, reasoning="since", model="m-1",
        logprobs=logprobs,
    )  # fmt: skip
    cache = ResponseCache()
    cache.put(b"k" * 32, "p/m", response)
    cache.close()
    assert ResponseCache().get(b"k" * 32) == replace(response, cached=True)
    assert ResponseCache().get(b"x" * 32) is None


def test_a_damaged_entry_is_asked_for_again(pack: Pack, tmp_path: Path, own_cache: Path) -> None:
    folder = pack()
    asked(Counting(), folder, tmp_path / "1")
    with sqlite3.connect(own_cache) as db:
        keys = [key for (key,) in db.execute("select key from responses")]
        chosen = [(key,) for key in keys if key[0] % 2]
        db.executemany("update responses set value = replace(value, 'A, says', 'B, says') where key = ?", chosen)
    run, n = asked(Counting(), folder, tmp_path / "2")
    assert 0 < n == len(chosen) < 20
    assert {one["output"] for one in run.samples()} == {"A, says one v1"}


@pytest.mark.parametrize("damage", ["garbage", "cut", "half", "directory of its name"])
def test_a_damaged_file_costs_answers_and_no_run(pack: Pack, tmp_path: Path, own_cache: Path, damage: str) -> None:
    folder = pack(n=300)
    asked(Counting(), folder, tmp_path / "1")
    whole = own_cache.read_bytes()
    if damage == "garbage":
        own_cache.write_bytes(b"no database at all" * 100)
    elif damage == "cut":
        own_cache.write_bytes(whole[: len(whole) // 2])
    elif damage == "half":
        own_cache.write_bytes(whole[: len(whole) // 2] + b"\xff" * (len(whole) // 2))
    else:
        own_cache.unlink()
        own_cache.mkdir()
    run, _ = asked(Counting(), folder, tmp_path / "2")
    assert {one["output"] for one in run.samples()} == {"A, says one v1"}
    assert run.header.outcomes["error"] == 0
    log = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    assert [line for line in log if line["part"] == "cache" and line["level"] == "warning"]


def test_errors_are_not_kept(pack: Pack, tmp_path: Path, own_cache: Path) -> None:
    class Failing(Counting):
        async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
            return [Response(error="gone") for _ in await super().answer(requests)]

    folder = pack()
    asked(Failing(), folder, tmp_path / "1")
    assert asked(Counting(), folder, tmp_path / "2")[1] == 20


def test_a_backend_that_cannot_be_told_from_others_is_not_kept(pack: Pack, tmp_path: Path, own_cache: Path) -> None:
    evaluate("baseline/random", "toy/choice", include=[pack()], out=tmp_path / "1", quiet=True)
    assert not own_cache.exists()


def test_processes_share_it_at_once(tmp_path: Path, own_cache: Path) -> None:
    make_pack(tmp_path / "toy", n=2000)
    (tmp_path / "m.yaml").write_text("default: {choice: random}\ncache: true\n")
    form = ("eval", "--model", "mock/m.yaml", "--tasks", "toy/choice", "--include", "toy", "--quiet", "--out")
    command = [sys.executable, "-m", "ecg_bench", *form]
    together = [subprocess.Popen([*command, f"run{n}"], cwd=tmp_path, stdout=subprocess.DEVNULL) for n in range(3)]
    assert [process.wait(timeout=120) for process in together] == [0, 0, 0]
    assert ResponseCache().stats().models == {"mock/m.yaml": 2000}
    results = {(tmp_path / f"run{n}" / "results.json").read_bytes() for n in range(3)}
    assert len(results) == 1
    assert sqlite3.connect(own_cache).execute("pragma integrity_check").fetchone() == ("ok",)


def test_pruning_takes_what_it_was_told_to(own_cache: Path) -> None:
    cache = ResponseCache()
    for n, model in enumerate(["p/old", "p/old", "p/new"]):
        cache.put(bytes([n]) * 32, model, Response(f"answer {n}"))
    cache.flush()
    with sqlite3.connect(own_cache) as db:
        db.execute("update responses set used = used - 40 * 86400 where key = ?", (bytes([0]) * 32,))
    assert cache.get(bytes([1]) * 32) is not None
    assert cache.prune(older_than_days=30).models == {"p/old": 1}
    assert cache.stats().models == {"p/new": 1, "p/old": 1}
    assert cache.prune(model="p/new").entries == 1
    gone = cache.prune()
    assert (gone.entries, cache.stats().entries) == (1, 0)
    cache.close()


def test_reading_an_answer_keeps_it_from_pruning(own_cache: Path) -> None:
    cache = ResponseCache()
    cache.put(b"a" * 32, "p/m", Response("kept"))
    cache.flush()
    with sqlite3.connect(own_cache) as db:
        db.execute("update responses set used = used - 40 * 86400")
    cache.get(b"a" * 32)
    cache.flush()
    assert cache.prune(older_than_days=30).entries == 0
    cache.close()


def test_the_commands_say_what_is_there_and_empty_it(pack: Pack, tmp_path: Path, own_cache: Path) -> None:
    def command(*words: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "ecg_bench", "cache", *words, "--json"], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    assert command("stats")["entries"] == 0
    asked(Counting(), pack(), tmp_path / "1")
    assert command("stats")["models"] == {"counting/one": 20}
    assert command("prune", "--model", "counting/two")["deleted"] == 0
    assert command("prune")["deleted"] == 20
    assert command("stats") | {"bytes": 0} == {"path": str(own_cache), "entries": 0, "bytes": 0, "models": {}}
