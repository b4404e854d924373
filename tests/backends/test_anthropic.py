"""The anthropic backend asks a real server as the Messages API documents it, and tells its errors apart."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anthropic")
pytest.importorskip("aiohttp")

from starlette.responses import Response as HttpResponse

from ecg_bench import UserError, evaluate
from ecg_bench.backends import TransientError, open_model
from ecg_bench.backends.anthropic import Anthropic
from ecg_bench.prices import Price, listed_price
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response, Usage
from ecg_bench.settings import Settings
from tests.servers.anthropic_server import KEY, MODEL, AnthropicServer, failure, message, serving

Pack = Callable[..., Path]
SETTINGS = Settings()
REQUEST = Request(
    task="toy/choice",
    id="q1",
    index=0,
    permutation=0,
    mode=Mode.GENERATE,
    messages=(Message("system", "Be brief."), Message("user", "Which wave comes first?")),
    params=GenerationParams(max_tokens=64, temperature=0.0, seed=0),
    question="Which wave comes first?",
)


@pytest.fixture(scope="module")
def running() -> Iterator[AnthropicServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: AnthropicServer, monkeypatch: pytest.MonkeyPatch) -> AnthropicServer:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    monkeypatch.delenv("ANTHROPIC_CUSTOM_HEADERS", raising=False)
    running.reset()
    return running


def opened(server: AnthropicServer, name: str = MODEL, **arguments: Any) -> Anthropic:
    backend = open_model(f"anthropic/{name}", {"base_url": server.url, **arguments})
    assert isinstance(backend, Anthropic)
    return backend


def ask(backend: Anthropic, *requests: Request, prepare: bool = True) -> list[Response]:
    async def asked() -> list[Response]:
        async with backend.session():
            return [(await backend.answer([request]))[0] for request in requests]

    if prepare:
        backend.prepare((), SETTINGS)
    return asyncio.run(asked())


def body_of(server: AnthropicServer, request: Request = REQUEST, **arguments: Any) -> dict[str, Any]:
    (response,) = ask(opened(server, **arguments), request)
    assert response.error is None
    return server.bodies[-1]


def test_a_question_is_sent_as_the_api_documents_it(server: AnthropicServer) -> None:
    assert body_of(server, prompt_cache="false") == {
        "model": MODEL,
        "max_tokens": 64,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Which wave comes first?"}],
    }
    sent = server.headers[-1]
    assert sent["authorization"] == f"Bearer {KEY}"
    assert sent["anthropic-version"] == "2026-10-21"
    assert sent["content-type"] == "application/json"
    assert sent["user-agent"].startswith("ecg-bench/")


def test_the_system_prompt_is_marked_for_the_cache_and_with_worked_examples_the_last_of_them(
    server: AnthropicServer,
) -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    body = body_of(server)
    assert body["system"] == [{"type": "text", "text": "Be brief.", **mark}]
    assert body["messages"] == [{"role": "user", "content": "Which wave comes first?"}]
    shots = (Message("user", "Q"), Message("assistant", "Answer: A"), Message("user", "Which?"))
    body = body_of(server, replace(REQUEST, messages=(REQUEST.messages[0], *shots)))
    assert body["system"] == "Be brief."
    assert body["messages"] == [
        {"role": "user", "content": "Q"},
        {"role": "assistant", "content": [{"type": "text", "text": "Answer: A", **mark}]},
        {"role": "user", "content": "Which?"},
    ]


def test_temperature_is_sent_to_the_old_version_of_the_api_only(server: AnthropicServer) -> None:
    warm = replace(REQUEST, params=replace(REQUEST.params, temperature=0.7))
    assert "temperature" not in body_of(server, warm)
    assert body_of(server, warm, api_version="2023-06-01")["temperature"] == 0.7
    assert server.headers[-1]["anthropic-version"] == "2023-06-01"
    thinking = body_of(server, warm, api_version="2023-06-01", thinking_budget="2000")
    assert "temperature" not in thinking


def test_a_budget_for_thinking_comes_on_top_of_the_tokens_of_the_answer(server: AnthropicServer) -> None:
    body = body_of(server, thinking_budget="2000")
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert body["max_tokens"] == 2064


def test_thinking_effort_and_other_fields_are_sent(server: AnthropicServer) -> None:
    body = body_of(server, thinking="adaptive", effort="low", extra_body='{"service_tier": "standard_only"}')
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["output_config"] == {"effort": "low"}
    assert body["service_tier"] == "standard_only"
    assert body_of(server, thinking="disabled")["thinking"] == {"type": "disabled"}


def test_a_schema_is_sent_in_the_form_that_the_api_enforces(server: AnthropicServer) -> None:
    schema = {"type": "object", "properties": {"score": {"type": "integer", "minimum": 1}}, "required": ["score"]}
    body = body_of(server, replace(REQUEST, schema=schema), effort="high")
    sent = body["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert "minimum" not in sent["schema"]["properties"]["score"]
    assert body["output_config"]["effort"] == "high"
    with pytest.raises(UserError, match="can't enforce this JSON Schema"):
        ask(opened(server), replace(REQUEST, schema={"minimum": 3}))


def test_images_go_before_the_text(server: AnthropicServer, tmp_path: Path) -> None:
    (tmp_path / "strip.PNG").write_bytes(b"\x89PNG not really")
    request = replace(REQUEST, media=(Media("image", "strip.PNG", str(tmp_path)),))
    image, text = body_of(server, request)["messages"][-1]["content"]
    assert image["source"]["media_type"] == "image/png"
    assert base64.b64decode(image["source"]["data"]) == b"\x89PNG not really"
    assert text == {"type": "text", "text": "Which wave comes first?"}


@pytest.mark.parametrize(
    ("media", "says"),
    [
        (Media("ecg", "record.hea"), "record.hea: no such file"),
        (Media("image", "strip.bmp"), "not an image .bmp"),
        (Media("image", "gone.png", "/nowhere"), "gone.png can't be read"),
    ],
)
def test_media_that_the_api_does_not_take_is_an_error_of_its_sample(
    server: AnthropicServer, media: Media, says: str
) -> None:
    bad, good = ask(opened(server), replace(REQUEST, media=(media,)), REQUEST)
    assert bad.error is not None
    assert says in bad.error
    assert good.text == "Answer: A"


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("pause_turn", None),
    ],
)
def test_why_the_model_stopped_is_told_in_our_words(server: AnthropicServer, stop: str, finish: str | None) -> None:
    server.answer = lambda body: message(stop_reason=stop)
    (response,) = ask(opened(server), REQUEST)
    assert response.finish_reason == finish


def test_reasoning_is_kept_apart_and_tokens_are_counted_in_full(server: AnthropicServer) -> None:
    blocks = [
        {"type": "thinking", "thinking": "P comes before QRS.", "signature": "x"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": "The P "},
        {"type": "text", "text": "wave."},
    ]
    usage = {
        "input_tokens": 5,
        "cache_read_input_tokens": 1000,
        "cache_creation_input_tokens": 200,
        "output_tokens": 40,
        "output_tokens_details": {"thinking_tokens": 30},
    }
    server.answer = lambda body: message(content=blocks, usage=usage)
    (response,) = ask(opened(server), REQUEST)
    assert response.text == "The P wave."
    assert response.reasoning == "P comes before QRS."
    assert response.usage == Usage(1205, 40, cached_tokens=1000, cache_write_tokens=200, reasoning_tokens=30)
    assert response.model == MODEL
    assert response.latency_s > 0


def test_an_answer_without_content_is_an_empty_answer(server: AnthropicServer) -> None:
    server.answer = lambda body: message(content=[])
    (response,) = ask(opened(server), REQUEST)
    assert (response.text, response.error) == ("", None)


@pytest.mark.parametrize(
    ("answer", "cause", "overloaded", "wait"),
    [
        (failure(429, "rate_limit_error", "too many", retry_after="7"), "429", True, 7.0),
        (failure(529, "overloaded_error", "Overloaded"), "529", True, None),
        (failure(500, "api_error", "Internal server error"), "500", False, None),
        (HttpResponse('{"id": "msg_1", "con', media_type="application/json"), "bad reply", False, None),
        (HttpResponse("{}", media_type="application/json"), "bad reply", False, None),
    ],
)
def test_faults_of_the_server_are_worth_another_attempt(
    server: AnthropicServer, answer: HttpResponse, cause: str, overloaded: bool, wait: float | None
) -> None:
    server.answer = lambda body: answer
    with pytest.raises(TransientError) as caught:
        ask(opened(server), REQUEST)
    assert (caught.value.cause, caught.value.overloaded, caught.value.retry_after) == (cause, overloaded, wait)


def test_a_prompt_that_is_too_long_is_an_error_of_its_sample_with_both_numbers(server: AnthropicServer) -> None:
    text = "prompt is too long: 207791 tokens > 200000 maximum"
    server.answer = lambda body: failure(400, "invalid_request_error", text)
    (response,) = ask(opened(server), REQUEST)
    assert response.error == f"the prompt has 207791 tokens, and anthropic/{MODEL} takes 200000"


def test_other_refusals_of_a_request_are_errors_of_its_sample(server: AnthropicServer) -> None:
    server.answer = lambda body: failure(400, "invalid_request_error", "messages.0: text must not be blank")
    (response,) = ask(opened(server), REQUEST)
    assert response.error is not None
    assert response.error.endswith("HTTP 400: messages.0: text must not be blank")


@pytest.mark.parametrize(
    "answer",
    [
        failure(400, "invalid_request_error", "`temperature` is deprecated for this model."),
        failure(400, "invalid_request_error", '"thinking.type.enabled" is not supported for this model.'),
        failure(400, "invalid_request_error", "max_tokens: 100000 > 64000, which is the maximum for this model"),
        failure(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        failure(402, "billing_error", "Payment is due."),
        failure(403, "permission_error", "Your key may not use this model."),
        failure(404, "not_found_error", "model: claude-test-1"),
        failure(429, "rate_limit_error", "Reached.", code="enforced_spend_limit_reached"),
    ],
)
def test_what_concerns_every_request_ends_the_run(server: AnthropicServer, answer: HttpResponse) -> None:
    server.answer = lambda body: answer
    with pytest.raises(UserError):
        ask(opened(server), REQUEST)


def test_a_model_that_vanishes_after_it_answered_may_come_back(server: AnthropicServer) -> None:
    backend = opened(server)
    ask(backend, REQUEST)
    server.answer = lambda body: failure(404, "not_found_error", "model: claude-test-1")
    with pytest.raises(TransientError) as caught:
        ask(backend, REQUEST)
    assert caught.value.cause == "404"


def test_a_broken_connection_is_worth_another_attempt(server: AnthropicServer) -> None:
    backend = opened(server)
    backend.prepare((), SETTINGS)
    with socket.create_server(("127.0.0.1", 0)) as free:
        backend._server._base = f"http://127.0.0.1:{free.getsockname()[1]}"  # type: ignore[union-attr]
    with pytest.raises(TransientError) as caught:
        ask(backend, REQUEST, prepare=False)
    assert caught.value.cause == "connection"


def refused(server: AnthropicServer, name: str = MODEL, settings: Settings = SETTINGS, **arguments: Any) -> str:
    with pytest.raises(UserError) as caught:
        opened(server, name, **arguments).prepare((), settings)
    assert not server.bodies
    return str(caught.value)


def test_an_unknown_model_is_named_beside_what_the_server_offers(server: AnthropicServer) -> None:
    server.models = {"claude-opus-4-6": {}, "claude-haiku-4-5": {}}
    assert "has no model 'claude-opus-46' (did you mean 'claude-opus-4-6'?)" in refused(server, "claude-opus-46")


def test_a_server_that_lists_no_models_is_asked_all_the_same(server: AnthropicServer) -> None:
    server.models = None
    (response,) = ask(opened(server), REQUEST)
    assert response.text == "Answer: A"


def test_a_base_url_may_end_in_the_version(server: AnthropicServer) -> None:
    (response,) = ask(opened(server, base_url=f"{server.url}/v1/"), REQUEST)
    assert response.text == "Answer: A"


def test_the_address_may_come_from_the_environment(server: AnthropicServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    backend = open_model(f"anthropic/{MODEL}")
    backend.prepare((), SETTINGS)
    assert backend.card().identity == {"base_url": server.url, "model": MODEL}


def test_the_provider_says_which_model_a_name_stands_for_and_only_its_answers_are_cached(
    server: AnthropicServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not opened(server).cacheable
    monkeypatch.setattr("ecg_bench.backends.anthropic._address.OFFICIAL", server.url)
    server.models = {MODEL: {"id": f"{MODEL}-20260101"}}
    backend = opened(server)
    backend.prepare((), SETTINGS)
    assert backend.cacheable
    assert backend.card().identity["model"] == f"{MODEL}-20260101"
    server.looking_up = lambda: failure(529, "overloaded_error", "Overloaded", retry_after="0.01")
    assert refused(server).endswith("HTTP 529: Overloaded: try again later")


def test_another_server_that_fails_to_say_what_it_has_is_asked_all_the_same(server: AnthropicServer) -> None:
    server.looking_up = lambda: failure(500, "api_error", "no such folder", retry_after="0.01")
    (response,) = ask(opened(server), REQUEST)
    assert response.text == "Answer: A"


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(UserError, match="set the environment variable ANTHROPIC_API_KEY"):
        open_model("anthropic/claude-x", {"base_url": "https://example.org"}).prepare((), SETTINGS)
    with pytest.raises(UserError, match="set the environment variable MY_KEY"):
        open_model("anthropic/x", {"base_url": "https://e.org", "api_key_env": "MY_KEY"}).prepare((), SETTINGS)


def test_a_server_on_this_machine_needs_no_key_and_costs_nothing(
    server: AnthropicServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    server.guarded = False
    backend = opened(server)
    (response,) = ask(backend, REQUEST)
    assert response.text == "Answer: A"
    assert backend.price() == Price(0.0, 0.0, source="runs on this machine")


def test_a_wrong_key_is_told_before_anything_is_asked(server: AnthropicServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong-0000")
    assert refused(server).endswith("HTTP 401: invalid x-api-key: check the key")


def test_a_server_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UserError, match=f"{url} can't be reached"):
        open_model("anthropic/x", {"base_url": url}).prepare((), SETTINGS)


def test_a_temperature_that_cannot_be_sent_is_refused_and_a_default_one_is_noted(server: AnthropicServer) -> None:
    warm = Settings(temperature=0.5)
    said = refused(server, settings=warm)
    assert "takes no temperature in version 2026-10-21" in said
    assert "api_version=2023-06-01" in said
    assert "thinks takes no temperature" in refused(server, settings=warm, thinking_budget=2000)
    backend = opened(server)
    backend.prepare((), SETTINGS)
    backend.prepare((), SETTINGS)
    assert len(backend.notices) == 1
    assert "sampled as the provider does it" in backend.notices[0]
    old = opened(server, api_version="2023-06-01")
    old.prepare((), warm)
    assert list(old.notices) == []


def test_a_temperature_above_one_is_refused(server: AnthropicServer, pack: Pack) -> None:
    with pytest.raises(UserError, match=r"temperatures from 0 to 1, but toy/choice is asked at 1\.5"):
        evaluate(opened(server, api_version="2023-06-01"), "toy/choice", include=[pack()], temperature=1.5, quiet=True)


def abilities(*on: str) -> dict[str, Any]:
    types = {kind: {"supported": kind in on} for kind in ("adaptive", "enabled", "disabled")}
    effort = {"supported": True, "low": {"supported": True}, "max": {"supported": False}}
    return {"capabilities": {"thinking": {"supported": True, "types": types}, "effort": effort}}


def test_what_the_server_says_that_the_model_cannot_do_is_refused(server: AnthropicServer) -> None:
    server.models = {MODEL: abilities("adaptive", "disabled")}
    said = refused(server, thinking_budget=2000)
    assert said.endswith("does not take thinking_budget: use thinking=adaptive or thinking=disabled")
    assert refused(server, effort="max").endswith("does not take effort=max")
    opened(server, effort="low", thinking="disabled").prepare((), SETTINGS)


def test_more_tokens_than_the_model_writes_are_refused(server: AnthropicServer, pack: Pack) -> None:
    server.models = {MODEL: {"max_tokens": 4096}}
    with pytest.raises(UserError, match="writes at most 4096 tokens, but is asked for 5000: lower --max-tokens"):
        evaluate(opened(server), "toy/choice", include=[pack()], max_tokens=5000, quiet=True)


def test_a_model_that_may_think_of_itself_is_noted(server: AnthropicServer) -> None:
    server.models = {MODEL: abilities("adaptive", "disabled")}
    backend = opened(server)
    backend.prepare((), SETTINGS)
    assert any("its thoughts count as tokens of the answer" in notice for notice in backend.notices)
    backend = opened(server, thinking="disabled")
    backend.prepare((), SETTINGS)
    assert not any("thoughts" in notice for notice in backend.notices)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"thinking_budget": "500"}, "at least 1024 tokens, but is 500"),
        ({"thinking_budget": "2000", "thinking": "adaptive"}, "either thinking or thinking_budget"),
        ({"api_version": "latest"}, "api_version is a date"),
        ({"effort": "extreme"}, "effort='extreme' is wrong"),
        ({"extra_body": "{"}, "extra_body='{' is wrong"),
    ],
)
def test_wrong_arguments_are_told(arguments: Mapping[str, str], says: str) -> None:
    with pytest.raises(UserError, match=says):
        open_model("anthropic/x", arguments)


def test_prices_are_those_of_the_provider_and_unknown_for_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("genai_prices")
    price = open_model("anthropic/claude-sonnet-4-6").price()
    assert price == listed_price("anthropic", "claude-sonnet-4-6")
    assert price is not None
    assert 0 < price.input < price.output
    assert open_model("anthropic/claude-sonnet-4-6", {"base_url": "https://proxy.example.org"}).price() is None


def test_log_likelihoods_are_refused_with_what_to_use_instead(server: AnthropicServer, pack: Pack) -> None:
    with pytest.raises(UserError, match="can't be asked for loglikelihood"):
        evaluate(opened(server), "toy/choice", include=[pack()], mode=Mode.LOGLIKELIHOOD, quiet=True)
    assert "hf/" in Anthropic.instead
    assert "openai/" in Anthropic.instead


def requests(n: int) -> dict[str, Request]:
    return {f"r{i}": replace(REQUEST, id=f"q{i}", index=i) for i in range(n)}


def in_session(backend: Anthropic, work: Callable[[], Any]) -> Any:
    async def inside() -> Any:
        async with backend.session():
            return await work()

    backend.prepare((), SETTINGS)
    return asyncio.run(inside())


def test_a_batch_is_handed_in_followed_and_collected(server: AnthropicServer) -> None:
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
    fault = {"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}
    server.results = {
        "r1": {"type": "errored", "error": error},
        "r2": {"type": "expired"},
        "r3": {"type": "canceled"},
        "r4": {"type": "errored", "error": fault},
    }
    server.status = "in_progress"
    first, second = opened(server), opened(server)
    batch = in_session(first, lambda: first.submit_batch(requests(6), "label"))
    assert [one["custom_id"] for one in server.batches[batch]] == [f"r{i}" for i in range(6)]
    assert server.batches[batch][0]["params"] == body_of(server)
    state = in_session(first, lambda: first.batch_state(batch))
    assert (state.ended, state.status, state.finished, state.total) == (False, "in_progress", 0, 6)
    server.status = "ended"

    async def collect() -> dict[str, Response]:
        return {own: response async for own, response in second.batch_responses(batch)}

    state = in_session(second, lambda: second.batch_state(batch))
    assert (state.ended, state.finished, state.total) == (True, 6, 6)
    found = in_session(second, collect)
    assert set(found) == {"r0", "r1", "r5"}
    assert (found["r0"].text, found["r0"].usage, found["r0"].model) == ("Answer: A", Usage(10, 3), MODEL)
    assert found["r1"].error == "invalid_request_error: no"
    assert in_session(second, lambda: second.find_batch("label")) is None


def test_a_batch_that_is_gone_or_refused_ends_the_run_and_one_that_meets_a_fault_is_tried_again(
    server: AnthropicServer,
) -> None:
    backend = opened(server)
    with pytest.raises(UserError, match="batch msgbatch_9 was not found"):
        in_session(backend, lambda: backend.batch_state("msgbatch_9"))
    server.submitting = lambda: failure(400, "invalid_request_error", "requests: too many")
    with pytest.raises(UserError, match="requests: too many"):
        in_session(backend, lambda: backend.submit_batch(requests(2), "label"))
    server.submitting = lambda: failure(529, "overloaded_error", "Overloaded", retry_after="3")
    with pytest.raises(TransientError) as caught:
        in_session(backend, lambda: backend.submit_batch(requests(2), "label"))
    assert (caught.value.cause, caught.value.retry_after) == ("529", 3.0)
    assert server.batches == {}


def test_a_batch_is_never_handed_in_twice_when_it_is_unknown_whether_it_arrived(server: AnthropicServer) -> None:
    class Cut(HttpResponse):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            headers = [(b"content-length", b"1000")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
            raise ConnectionResetError

    server.submitting = Cut
    backend = opened(server)
    with pytest.raises(UserError, match="the connection broke while a batch of 2 requests was handed in"):
        in_session(backend, lambda: backend.submit_batch(requests(2), "label"))


def test_a_run_through_the_batch_api_asks_again_for_what_expired(
    server: AnthropicServer, pack: Pack, tmp_path: Path
) -> None:
    backend = opened(server)
    server.results = {"request-3": {"type": "expired"}}
    server.submitting = lambda: server.results.clear() if server.batches else None
    run = evaluate(backend, "toy/choice", include=[pack()], out=tmp_path / "run", batch=True, quiet=True)
    assert run.results.tasks["toy/choice"].outcomes["ok"] == 20
    assert server.bodies == []
    assert [len(asked) for asked in server.batches.values()] == [20, 1]


def test_a_run_leaves_no_trace_of_the_key_even_where_the_server_echoes_it(
    server: AnthropicServer, pack: Pack, tmp_path: Path
) -> None:
    def answer(body: dict[str, Any]) -> dict[str, Any] | HttpResponse:
        if len(server.bodies) % 3 == 0:
            return failure(400, "invalid_request_error", f"the key {KEY} is not to my liking")
        return message("Answer: B")

    server.answer = answer
    run = evaluate(opened(server), "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True)
    outcomes = run.results.tasks["toy/choice"].outcomes
    assert outcomes["error"] == 6
    assert outcomes["ok"] == 14
    files = [path for path in run.path.rglob("*") if path.is_file()]
    assert len(files) >= 4
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path
    assert any("(hidden)" in path.read_text() for path in files)
