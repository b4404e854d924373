"""OpenAI's batch API, over real HTTP against a server that speaks it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from starlette.responses import JSONResponse

from ecg_bench import UserError
from ecg_bench.backends import TransientError, open_model
from ecg_bench.backends.batching import BatchState
from ecg_bench.backends.openai import OpenAICompatible
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response
from tests.servers.openai_server import KEY, MODEL, OpenAIServer, chat, choice, failure, serving

Result = TypeVar("Result")

REQUESTS = {
    f"r{n}": Request(
        task="toy/choice",
        id=f"q{n}",
        index=n,
        permutation=0,
        mode=Mode.GENERATE,
        messages=(Message("user", f"Question {n}?"),),
        params=GenerationParams(max_tokens=64, temperature=0.0, seed=0),
        question=f"Question {n}?",
    )
    for n in range(4)
}


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAIServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    running.reset()
    running.answer = lambda body: chat(choice("Re: " + body["messages"][-1]["content"] + " Yes.\u2028So it is."))
    return running


@pytest.fixture
def backend(server: OpenAIServer) -> OpenAICompatible:
    found = open_model(f"openai/{MODEL}", {"base_url": server.url})
    assert isinstance(found, OpenAICompatible)
    return found


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


async def collected(backend: OpenAICompatible, batch: str) -> dict[str, Response]:
    return {ours: response async for ours, response in backend.batch_responses(batch)}


def test_a_batch_is_handed_in_found_again_and_collected(server: OpenAIServer, backend: OpenAICompatible) -> None:
    batch = run(backend.submit_batch(REQUESTS, "run-7"))
    asked = server.batches[batch]
    assert asked["endpoint"] == "/v1/chat/completions"
    assert asked["completion_window"] == "24h"
    assert asked["metadata"] == {"ecg_bench": "run-7"}
    lines = [json.loads(line) for line in server.files[asked["input_file_id"]].splitlines()]
    assert lines[1] == {
        "custom_id": "r1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": MODEL,
            "messages": [{"role": "user", "content": "Question 1?"}],
            "max_tokens": 64,
            "temperature": 0.0,
        },
    }
    assert all(sent["authorization"] == f"Bearer {KEY}" for sent in server.headers)
    for n in range(5):  # so that the one looked for is on a later page
        run(backend.submit_batch({f"x{n}": REQUESTS["r0"]}, f"other-{n}"))
    assert run(backend.find_batch("run-7")) == batch
    assert run(backend.find_batch("run-8")) is None
    assert run(backend.batch_state(batch)) == BatchState(True, "completed", 4, 4)
    responses = run(collected(backend, batch))
    assert {ours: one.text for ours, one in responses.items()} == {
        f"r{n}": f"Re: Question {n}? Yes.\u2028So it is." for n in range(4)
    }
    assert responses["r0"].usage is not None


def test_a_batch_under_way_has_not_ended(server: OpenAIServer, backend: OpenAICompatible) -> None:
    batch = run(backend.submit_batch(REQUESTS, "run-7"))
    server.status = "in_progress"
    assert run(backend.batch_state(batch)) == BatchState(False, "in_progress", 1, 4)


def test_each_request_ends_as_it_would_have_alone(server: OpenAIServer, backend: OpenAICompatible) -> None:
    def body(status: int, code: str, message: str) -> dict[str, Any]:
        return {"response": {"status_code": status, "body": {"error": {"code": code, "message": message}}}}

    results: dict[str, dict[str, Any] | None] = {
        "r0": None,
        "r1": body(400, "context_length_exceeded", "9001 tokens are too many"),
        "r2": {"response": None, "error": {"code": "batch_expired", "message": "It took too long"}},
        "r3": body(500, "server_error", "Broken"),
        "r4": body(429, "rate_limit_exceeded", "Slow down"),
        "r5": body(400, "content_filter", "Filtered"),
        "r6": body(400, "unsupported_parameter", "Unsupported parameter: 'temperature'"),
        "r7": {"response": {"status_code": 200, "body": {"choices": []}}, "error": None},
        "r8": {"response": None, "error": {"code": "odd", "message": "Who knows"}},
        "r9": body(404, "model_not_found", "No such model"),
        "r10": body(402, "no_credit", "No credit"),
        "r11": {"response": {"status_code": 200, "body": {"error": {"code": 400, "message": "Odd"}}}},
    }
    server.results = lambda line: results[line["custom_id"]]
    batch = run(backend.submit_batch(dict.fromkeys(results, REQUESTS["r0"]), "run-7"))
    responses = run(collected(backend, batch))
    assert responses.keys() == {"r0", "r1", "r5", "r6", "r7", "r8", "r9", "r10", "r11"}  # the rest will be asked again
    assert responses["r0"].error is None
    assert "doesn't fit into the model's context: the batch says HTTP 400: 9001 tokens" in str(responses["r1"].error)
    assert (responses["r5"].error, responses["r5"].finish_reason) == (None, "content_filter")
    assert "Unsupported parameter" in str(responses["r6"].error)
    assert "no choices" in str(responses["r7"].error)
    assert "Who knows" in str(responses["r8"].error)
    assert "No such model" in str(responses["r9"].error)
    assert "No credit" in str(responses["r10"].error)
    assert "Odd" in str(responses["r11"].error)


def test_a_batch_that_fails_as_a_whole_ends_the_run(server: OpenAIServer, backend: OpenAICompatible) -> None:
    batch = run(backend.submit_batch(REQUESTS, "run-7"))
    server.status = "failed"
    with pytest.raises(UserError, match=f"refuses the batch {batch}: Enqueued token limit"):
        run(backend.batch_state(batch))


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (failure(503, "Busy"), TransientError, "HTTP 503: .*Busy"),
        (failure(429, "Slow down"), TransientError, "HTTP 429"),
        (failure(429, "No money", "insufficient_quota"), UserError, "No money"),
        (failure(400, "Model not for batches"), UserError, "Model not for batches"),
        (JSONResponse({"detail": "Not Found"}, 404), UserError, "has no batch API"),
    ],
)
def test_a_batch_that_is_not_taken_is_told(
    server: OpenAIServer, backend: OpenAICompatible, reply: JSONResponse, error: type[Exception], said: str
) -> None:
    server.submitting = lambda: reply
    with pytest.raises(error, match=said):
        run(backend.submit_batch(REQUESTS, "run-7"))
    assert server.paths.count("/v1/batches") == 1  # never handed in twice behind the engine's back


def test_a_broken_connection_is_to_be_tried_again() -> None:
    backend = open_model("openai/x", {"base_url": "http://127.0.0.1:9/v1"})
    assert isinstance(backend, OpenAICompatible)
    with pytest.raises(TransientError) as caught:
        run(backend.batch_state("batch_0"))
    assert caught.value.cause == "connection"


def test_what_a_batch_cannot_hold_is_told_before_it_is_handed_in(
    server: OpenAIServer, backend: OpenAICompatible, monkeypatch: pytest.MonkeyPatch
) -> None:
    for request, said in (
        (replace(REQUESTS["r0"], mode=Mode.LOGLIKELIHOOD), "use --mode generate"),
        (replace(REQUESTS["r0"], media=(Media("ecg", "a.hea"),)), "toy/choice q0: a.hea"),
    ):
        with pytest.raises(UserError, match=said):
            run(backend.submit_batch({"r0": request}, "run-7"))
    monkeypatch.setattr(backend, "batch_bytes", 100)
    with pytest.raises(UserError, match="a batch may have 100 bytes"):
        run(backend.submit_batch(REQUESTS, "run-7"))
    assert server.paths == []
