"""The openai backend asks a real server that speaks OpenAI's language, and tells its answers and errors apart."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse

from ecg_bench import UserError, evaluate
from ecg_bench.backends import TransientError, open_model
from ecg_bench.backends.openai import OpenAICompatible
from ecg_bench.prices import Price
from ecg_bench.redaction import HIDDEN
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response, TokenLogprob, Usage
from ecg_bench.settings import Settings
from tests.servers.openai_server import KEY, MODEL, OpenAIServer, chat, choice, completion, failure, serving

Pack = Callable[..., Path]
REQUEST = Request(
    task="toy/choice",
    id="q1",
    index=0,
    permutation=0,
    mode=Mode.GENERATE,
    messages=(Message("system", "Be brief."), Message("user", "Which wave comes first?")),
    params=GenerationParams(max_tokens=64, temperature=0.0, seed=7),
    question="Which wave comes first?",
)
SCORED = replace(REQUEST, mode=Mode.LOGLIKELIHOOD, prefill="Answer:", continuations=(" A", " B"))
VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS")


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAIServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    running.reset()
    return running


def opened(server: OpenAIServer, name: str = MODEL, **arguments: Any) -> OpenAICompatible:
    backend = open_model(f"openai/{name}", {"base_url": server.url, **arguments})
    assert isinstance(backend, OpenAICompatible)
    return backend


def asked(backend: OpenAICompatible, *requests: Request) -> list[Response]:
    async def main() -> list[Response]:
        async with backend.session():
            return [(await backend.answer([request]))[0] for request in requests]

    return asyncio.run(main())


def one(server: OpenAIServer, answer: Any, request: Request = REQUEST, **arguments: Any) -> Response:
    server.answer = lambda body: answer
    return asked(opened(server, **arguments), request)[0]


# --- what is sent --------------------------------------------------------------------------------------------------


def test_a_chat_is_asked_with_its_turns_and_greedily_without_a_seed(server: OpenAIServer) -> None:
    one(server, chat())
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies == [
        {
            "model": MODEL,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Which wave comes first?"},
            ],
            "max_tokens": 64,
            "temperature": 0.0,
        }
    ]


def test_the_seed_goes_with_whatever_is_sampled(server: OpenAIServer) -> None:
    warm = replace(REQUEST, params=GenerationParams(64, 0.7, 2**31 + 5))
    one(server, chat(), warm)
    one(server, chat(), send_temperature=False)
    assert (server.bodies[0]["temperature"], server.bodies[0]["seed"]) == (0.7, 5)
    assert "temperature" not in server.bodies[1]
    assert server.bodies[1]["seed"] == 7


def test_one_text_is_sent_to_the_completions_api(server: OpenAIServer) -> None:
    response = one(server, completion("The P wave."), api="completions", logprobs=2)
    assert server.paths == ["/v1/completions"]
    assert server.bodies[0]["prompt"] == "Be brief.\n\nWhich wave comes first?\n\n"
    assert server.bodies[0]["logprobs"] == 2
    assert (response.text, response.finish_reason) == ("The P wave.", "length")


def test_arguments_shape_the_body(server: OpenAIServer) -> None:
    extra = '{"top_k": 1, "temperature": null}'
    more = {"max_tokens_field": "max_completion_tokens", "reasoning_effort": "low", "logprobs": "3"}
    one(server, chat(), extra_body=extra, **more)
    one(server, chat(), extra_body={"seed": 3}, logprobs=0)
    first, second = server.bodies
    assert (first["top_k"], first["max_completion_tokens"], first["reasoning_effort"]) == (1, 64, "low")
    assert (first["logprobs"], first["top_logprobs"]) == (True, 3)
    assert not {"temperature", "max_tokens"} & first.keys()
    assert second["seed"] == 3
    assert second["logprobs"] is True
    assert "top_logprobs" not in second


def test_a_schema_is_enforced_strictly(server: OpenAIServer) -> None:
    schema = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}
    one(server, chat(), replace(REQUEST, schema=schema))
    expected = {"name": "answer", "schema": schema, "strict": True}
    assert server.bodies[0]["response_format"] == {"type": "json_schema", "json_schema": expected}


def test_images_follow_the_question(server: OpenAIServer, tmp_path: Path) -> None:
    image = b"\x89PNG"
    (tmp_path / "ecg.png").write_bytes(image)
    one(server, chat(), replace(REQUEST, media=(Media("image", "ecg.png", str(tmp_path)),)))
    assert server.bodies[0]["messages"][0]["content"] == "Be brief."
    assert server.bodies[0]["messages"][1]["content"] == [
        {"type": "text", "text": "Which wave comes first?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(image).decode()}"}},
    ]


@pytest.mark.parametrize(
    ("media", "arguments", "said"),
    [
        (Media("image", "gone.png", "."), {}, "gone.png can't be read: No such file"),
        (Media("ecg", "record.hea"), {}, "record.hea: no such file"),
        (Media("image", "plot.tiff"), {}, "plot.tiff: chat APIs take"),
        (Media("image", "plot.png"), {"api": "completions"}, "api=completions takes text only"),
    ],
)
def test_what_cannot_be_shown_is_an_error_of_its_sample(
    server: OpenAIServer, media: Media, arguments: dict[str, Any], said: str
) -> None:
    response = one(server, chat(), replace(REQUEST, media=(media,)), **arguments)
    assert said in str(response.error)
    assert server.bodies == []


def test_key_organization_and_the_users_headers_are_sent_and_nothing_about_the_client(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: hearts")
    one(server, chat(), api_key_env="MY_KEY")
    sent = server.headers[0]
    assert sent["authorization"] == f"Bearer {KEY}"
    assert (sent["openai-organization"], sent["x-team"]) == ("org-1", "hearts")
    assert sent["user-agent"].startswith("ecg-bench/")
    assert not [name for name in sent if name.startswith("x-stainless")]


def test_no_key_is_sent_where_there_is_none_and_a_login_in_the_address_as_a_header(server: OpenAIServer) -> None:
    one(server, chat())
    assert "authorization" not in server.headers[0]
    backend = opened(server, base_url=server.url.replace("://", "://me:long-password@"))
    backend.prepare([], Settings())
    asked(backend, REQUEST)
    expected = "Basic " + base64.b64encode(b"me:long-password").decode()
    assert [sent.get("authorization") for sent in server.headers[1:]] == [expected] * 2
    assert backend.card().arguments["base_url"] == server.url.replace("://", f"://{HIDDEN}@")
    assert "long-password" not in repr(backend.card())


def test_the_proxy_of_the_environment_is_used_but_not_for_addresses_it_excludes(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            wanted.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(chat(choice("By proxy."))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        far = asked(opened(server, base_url="http://models.invalid/v1"), REQUEST)[0]
        near = asked(opened(server), REQUEST)[0]
        proxy.shutdown()
    assert (far.text, near.text) == ("By proxy.", "Answer: A")
    assert wanted == ["http://models.invalid/v1/chat/completions"]


# --- what comes back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (chat(), {"text": "Answer: A", "finish_reason": "stop", "model": "small-2026", "usage": Usage(10, 3)}),
        (chat(choice(None)), {"text": "", "finish_reason": "stop"}),
        (chat(choice(finish_reason="length")), {"finish_reason": "length"}),
        (chat(choice(finish_reason="content_filter")), {"finish_reason": "content_filter"}),
        (chat(choice(finish_reason="tool_calls")), {"finish_reason": "stop"}),
        (chat(choice(finish_reason="some new reason")), {"finish_reason": None}),
        (chat(choice(finish_reason=None)), {"finish_reason": None}),
        (chat(usage=None), {"usage": None}),
        (
            chat(choice(message={"role": "assistant", "content": None, "refusal": "I can't help."})),
            {"text": "I can't help.", "finish_reason": "content_filter"},
        ),
        (chat(choice(message={"content": "B", "reasoning_content": "Hm."})), {"text": "B", "reasoning": "Hm."}),
        (chat(choice(message={"content": "B", "reasoning": "Hm."})), {"text": "B", "reasoning": "Hm."}),
        (chat(choice([{"type": "thinking"}, {"type": "text", "text": "B"}])), {"text": "B"}),
        (
            chat(
                usage={
                    "prompt_tokens": 100,
                    "completion_tokens": 30,
                    "prompt_tokens_details": {"cached_tokens": 64},
                    "completion_tokens_details": {"reasoning_tokens": 20},
                }
            ),
            {"usage": Usage(100, 30, cached_tokens=64, reasoning_tokens=20)},
        ),
        (
            chat(usage={"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": None}),
            {"usage": Usage(1, 2)},
        ),
        (
            chat(
                choice(
                    logprobs={
                        "content": [{"token": "A", "logprob": -0.5, "top_logprobs": [{"token": "B", "logprob": -1.0}]}]
                    }
                )
            ),
            {"logprobs": (TokenLogprob("A", -0.5, (("B", -1.0),)),)},
        ),
        (
            completion("A", logprobs={"tokens": ["A"], "token_logprobs": [-0.5], "top_logprobs": [{"A": -0.5}]}),
            {"text": "A", "logprobs": (TokenLogprob("A", -0.5, (("A", -0.5),)),)},
        ),
        (
            completion("A", logprobs={"tokens": ["A"], "token_logprobs": [-0.5], "top_logprobs": None}),
            {"logprobs": (TokenLogprob("A", -0.5),)},
        ),
    ],
)
def test_replies_are_read(server: OpenAIServer, reply: dict[str, Any], expected: dict[str, Any]) -> None:
    response = one(server, reply)
    assert response.error is None
    assert {name: getattr(response, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("reply", "cause", "overloaded"),
    [
        (chat() | {"choices": []}, "bad reply", False),
        ({"object": "x"}, "bad reply", False),
        (chat() | {"choices": None}, "bad reply", False),
        (chat(choice(message="no object")), "bad reply", False),
        (chat(choice(message={"content": 3})), "bad reply", False),
        (chat() | {"choices": ["no object"]}, "bad reply", False),
        (chat(usage={"prompt_tokens": 3, "prompt_tokens_details": 7}), "bad reply", False),
        (chat(choice(finish_reason="error")), "bad reply", False),
        (chat(choice(finish_reason="abort")), "bad reply", False),
        (chat(choice(error={"code": 502, "message": "Upstream failed"})), "502", False),
        ({"error": {"code": 429, "message": "Slow down"}}, "429", True),
        ({"error": {"message": "Something"}}, "bad reply", False),
        ({"error": "Something"}, "bad reply", False),
        (HttpResponse("<html>", media_type="text/html"), "bad reply", False),
        (failure(503, "Loading model"), "503", False),
        (failure(429, "Slow down", "rate_limit_exceeded"), "429", True),
    ],
)
def test_what_may_pass_is_to_be_tried_again(server: OpenAIServer, reply: Any, cause: str, overloaded: bool) -> None:
    with pytest.raises(TransientError) as caught:
        one(server, reply)
    assert (caught.value.cause, caught.value.overloaded) == (cause, overloaded)


LONG = (
    failure(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
        "context_length_exceeded",
    ),
    failure(
        400,
        "'max_tokens' or 'max_completion_tokens' is too large: 64. This model's maximum context length is 8192 tokens "
        "and your request has 9001 input tokens (64 > 8192 - 9001). (parameter=max_tokens, value=64)",
        400,
        "BadRequestError",
    ),
    failure(400, "The decoder prompt (length 9001) is longer than the maximum model length of 8192.", 400),
    JSONResponse(
        {
            "error": {
                "code": 400,
                "message": "request (9001 tokens) exceeds the available context size (8192 tokens), try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9001,
                "n_ctx": 8192,
            }
        },
        400,
    ),
    JSONResponse(
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: 9001 `inputs` "
            "tokens and 64 `max_new_tokens`",
            "error_type": "validation",
        },
        422,
    ),
    JSONResponse({"error": {"code": 400, "message": "prompt is too long: 9001 tokens > 8192 maximum"}}),
)


@pytest.mark.parametrize("reply", LONG)
def test_a_context_too_long_is_an_error_of_its_sample_and_says_how_many_tokens(
    server: OpenAIServer, reply: JSONResponse
) -> None:
    error = str(one(server, reply).error)
    assert error.startswith("the prompt doesn't fit into the model's context: ")
    assert "9001" in error
    assert "8192" in error


def test_a_prompt_that_the_service_filters_is_a_refusal_and_other_refused_ones_are_errors(server: OpenAIServer) -> None:
    filtered = one(server, failure(400, "The response was filtered", "content_filter"))
    assert (filtered.error, filtered.text, filtered.finish_reason) == (None, "", "content_filter")
    assert "HTTP 422: strange" in str(one(server, failure(422, "strange")).error)
    assert "HTTP 413" in str(one(server, HttpResponse("", 413)).error)
    moderated = one(server, {"error": {"code": 403, "message": "Your input was flagged"}})
    assert "HTTP 403: Your input was flagged" in str(moderated.error)


@pytest.mark.parametrize(
    ("message", "arguments", "advice"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'.",
            {},
            "set --model-arg max_tokens_field=max_completion_tokens",
        ),
        (
            "Unrecognized request argument supplied: max_completion_tokens",
            {"max_tokens_field": "max_completion_tokens"},
            "set --model-arg max_tokens_field=max_tokens",
        ),
        (
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) is supported.",
            {},
            "set --model-arg send_temperature=false",
        ),
        (
            "[{'type': 'extra_forbidden', 'loc': ['body', 'seed'], 'msg': 'Extra inputs are not permitted'}]",
            {"send_temperature": False},
            "set --model-arg 'extra_body={\"seed\": null}'",
        ),
        ("top_logprobs is not supported", {"logprobs": 5}, "leave the argument logprobs out"),
        ("Unsupported parameter: 'top_k'", {"extra_body": '{"top_k": 1}'}, "leave top_k out of extra_body"),
        ("This model supports at most 16 completion tokens, whereas you provided 64.", {}, "lower --max-tokens"),
        ("max_tokens=64 cannot be greater than max_model_len=32. (parameter=max_tokens)", {}, "lower --max-tokens"),
    ],
)
def test_a_refused_parameter_ends_the_run_and_says_which_argument_to_set(
    server: OpenAIServer, message: str, arguments: dict[str, Any], advice: str
) -> None:
    with pytest.raises(UserError, match="HTTP 400") as caught:
        one(server, failure(400, message, "unsupported_parameter"), **arguments)
    assert advice in str(caught.value)


def test_a_parameter_refused_after_an_answer_is_an_error_of_its_sample(server: OpenAIServer) -> None:
    answers = [chat(), failure(400, "'temperature' is not supported")]
    server.answer = lambda body: answers.pop(0)
    assert "not supported" in str(asked(opened(server), REQUEST, REQUEST)[1].error)


def test_a_model_that_was_never_there_ends_the_run_and_one_that_vanished_may_come_back(server: OpenAIServer) -> None:
    gone = failure(404, "The model `small` does not exist.", 404, "NotFoundError")
    backend = opened(server)
    backend.prepare([], Settings())
    server.answer = lambda body: gone
    with pytest.raises(UserError, match=r"does not exist.*the server offers small"):
        asked(backend, REQUEST)
    with pytest.raises(UserError, match=r"check the model's name and base_url \(it often ends in /v1\)"):
        asked(opened(server), REQUEST)
    answers = [chat(), gone]
    server.answer = lambda body: answers.pop(0)
    with pytest.raises(TransientError) as caught:
        asked(backend, REQUEST, REQUEST)
    assert caught.value.cause == "404"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (failure(401, "Incorrect API key"), "check the key"),
        ({"error": {"code": 401, "message": "No auth"}}, "check the key"),
        (failure(402, "Insufficient credits", 402), "no credit left"),
        (failure(429, "You exceeded your quota", "insufficient_quota"), "no credit left"),
    ],
)
def test_what_no_request_will_get_past_ends_the_run(server: OpenAIServer, reply: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        one(server, reply)


# --- before anything is asked --------------------------------------------------------------------------------------


def test_the_card_tells_models_apart_and_is_the_same_after_a_restart(server: OpenAIServer) -> None:
    meta = {"n_params": 150848, "size": 603392, "n_ctx": 512}
    server.models = [{"id": MODEL, "created": 1, "owned_by": "llamacpp", "meta": meta}]
    first = opened(server)
    first.prepare([], Settings())
    expected = {"base_url": server.url, "owned_by": "llamacpp", "meta": {"n_params": 150848, "size": 603392}}
    assert first.card().identity == expected
    server.models = [{**server.models[0], "created": 99}]
    second = opened(server)
    second.prepare([], Settings())
    assert second.card() == first.card()
    server.models = [{"id": MODEL, "root": "/models/a", "permission": [{"id": "random"}]}]
    third = opened(server)
    third.prepare([], Settings())
    assert third.card().identity == {"base_url": server.url, "root": "/models/a"}


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("llama3.2", "llama3.2:latest"),
        ("gemini-9", "models/gemini-9"),
        ("meta/llama:nitro", "meta/llama"),
        ("openai/gpt-x", "openai/*"),
        ("meta/llama", "meta/llama"),
    ],
)
def test_a_model_is_found_under_the_names_that_servers_list(server: OpenAIServer, name: str, listed: str) -> None:
    server.models = [{"id": listed}]
    opened(server, name).prepare([], Settings())


def test_an_unknown_model_is_told_with_what_the_server_offers(server: OpenAIServer) -> None:
    server.models = [{"id": f"provider/model-{n}"} for n in range(400)] + [{"id": "provider/medical"}]
    with pytest.raises(UserError, match="has no model 'provider/medicle'") as caught:
        opened(server, "provider/medicle").prepare([], Settings())
    assert "did you mean 'provider/medical'?" in str(caught.value)
    assert "the server offers provider/medical, provider/model-0, " in str(caught.value)
    assert str(caught.value).endswith(", …")
    assert len(str(caught.value)) < 500
    server.known = frozenset({"unlisted"})
    opened(server, "unlisted").prepare([], Settings())


@pytest.mark.parametrize(
    "listing",
    [
        HttpResponse("Not Found", 404),
        HttpResponse("", 405),
        HttpResponse("", 501),
        failure(403, "Missing scopes: api.model.read"),
        JSONResponse({"object": "list", "data": []}),
        JSONResponse([{"id": MODEL}]),
    ],
)
def test_a_server_without_a_list_of_models_works(server: OpenAIServer, listing: HttpResponse) -> None:
    server.listing = lambda: listing
    backend = opened(server)
    backend.prepare([], Settings())
    assert asked(backend, REQUEST)[0].text == "Answer: A"


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        (failure(401, "Incorrect API key provided"), "Incorrect API key provided: check the key in OPENAI_API_KEY"),
        (failure(500, "Broken"), "answers HTTP 500 when asked for its models: Broken"),
        (HttpResponse("<html>Open WebUI", media_type="text/html"), "is this the address of an API"),
    ],
)
def test_a_server_that_cannot_be_asked_is_told_before_the_run(
    server: OpenAIServer, listing: HttpResponse, said: str
) -> None:
    server.listing = lambda: listing
    with pytest.raises(UserError) as caught:
        opened(server).prepare([], Settings())
    assert said in str(caught.value)


def test_one_fault_while_models_are_listed_does_not_end_a_run(server: OpenAIServer) -> None:
    faults = [failure(503, "Loading model")]
    server.listing = lambda: faults.pop() if faults else None
    opened(server).prepare([], Settings())
    assert server.paths == ["/v1/models"] * 2


def test_a_server_that_does_not_run_is_told(server: OpenAIServer, pack: Pack, tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        out = tmp_path / "run"
        with pytest.raises(UserError, match=rf"no server answers at {url} \(.*refused\): is it running\?"):
            evaluate("openai/x", "toy/choice", include=[pack()], model_args={"base_url": url}, out=out, quiet=True)
    assert not out.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:8000/v1", "it must be an address such as http://127.0.0.1:8000/v1"),
        ("127.0.0.1:8000", "with http:// or https:// in front"),
        ("ftp://host/v1", "it must be an address"),
        ("http://", "it must be an address"),
        ("http://host:99999/v1", "it must be an address"),
        ("https://host/v1?api-version=1", "must end with its path"),
        (f"http://{HIDDEN}@host/v1", "give --model-arg base_url=URL again"),
    ],
)
def test_a_base_url_that_is_none_is_told(
    url: str, said: str, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"^base_url ") as caught:
        open_model("openai/x", {"base_url": url})
    assert said in str(caught.value)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(UserError, match=r"^OPENAI_BASE_URL "):
        open_model("openai/x")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"extra_body": "{"}, "extra_body must be a JSON object"),
        ({"extra_body": "[1]"}, "extra_body must be a JSON object"),
        ({"extra_body": '{"stream": true}'}, "extra_body can't set 'stream'"),
        ({"logprobs": "21"}, "logprobs must be from 0 to 20"),
        ({"api": "responses"}, "api='responses' is wrong"),
        ({"api": "completions", "reasoning_effort": "low"}, "reasoning_effort is for api=chat"),
        ({"base_ulr": "x"}, "did you mean 'base_url'?"),
    ],
)
def test_wrong_arguments_are_told(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        open_model("openai/x", arguments)
    assert said in str(caught.value)


def test_a_missing_key_is_told_by_its_variable(
    server: OpenAIServer, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments, variable in (({}, "OPENAI_API_KEY"), ({"base_url": server.url, "api_key_env": "MY_KEY"}, "MY_KEY")):
        monkeypatch.delenv("MY_KEY", raising=False)
        with pytest.raises(UserError, match=variable):
            evaluate("openai/x", "toy/choice", include=[pack()], model_args=arguments, out=tmp_path / "r", quiet=True)
        assert not (tmp_path / "r").exists()
    assert server.paths == []


def test_the_address_may_come_from_the_environment(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/")
    backend = open_model(f"openai/{MODEL}")
    backend.prepare([], Settings())
    assert backend.card().identity["base_url"] == server.url
    assert backend.card().arguments["base_url"] is None


def test_what_openai_itself_wants_is_sent_to_it_alone() -> None:
    def sent(**arguments: Any) -> dict[str, Any]:
        backend = open_model("openai/gpt-5", arguments)
        assert isinstance(backend, OpenAICompatible)
        return backend._form.body(REQUEST)

    assert sent()["max_completion_tokens"] == 64
    assert sent(base_url="https://eu.api.openai.com/v1")["max_completion_tokens"] == 64
    assert sent(base_url="https://openrouter.ai/api/v1")["max_tokens"] == 64
    assert sent(api="completions")["max_tokens"] == 64


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/v1", "http://vllm:1/v1", "http://10.1.2.3/v1", "http://gpu.local/v1", "http://[::1]/v1"]
)
def test_a_server_of_ones_own_costs_nothing(url: str) -> None:
    assert open_model("openai/gpt-4o", {"base_url": url}).price() == Price(0, 0, source="a server in your own network")


def test_prices_are_those_of_the_provider_behind_the_address() -> None:
    official = open_model("openai/gpt-4o", {"base_url": "https://api.openai.com/v1"}).price()
    routed = open_model("openai/openai/gpt-4o", {"base_url": "https://openrouter.ai/api/v1"}).price()
    assert official is not None
    assert (official.input, official.output) == (2.5, 10)
    assert routed is not None
    assert routed.input > 0
    assert open_model("openai/gpt-4o", {"base_url": "https://llm.example.com/v1"}).price() is None
    assert open_model("openai/none-such", {"base_url": "https://api.openai.com/v1"}).price() is None


def test_what_deserves_a_word_is_noticed(server: OpenAIServer) -> None:
    backend = opened(server, send_temperature=False)
    backend.prepare([], Settings())
    assert list(backend.notices) == [
        "no temperature was sent: answers are sampled at the server's own, and can't be repeated"
    ]


# --- log-likelihoods -----------------------------------------------------------------------------------------------


def test_a_chat_api_is_not_asked_for_loglikelihoods(server: OpenAIServer) -> None:
    with pytest.raises(UserError, match=r"use --mode generate, --model-arg api=completions .* or hf/ or vllm/"):
        opened(server).prepare([], Settings(mode=Mode.LOGLIKELIHOOD))
    assert server.paths == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (completion(), "it sends no log-probabilities of the prompt"),
        (failure(400, "echo is not supported with logprobs"), "HTTP 400: .*echo is not supported"),
        (JSONResponse({"error": {"message": "no such path"}}, 404), "HTTP 404"),
    ],
)
def test_a_server_that_repeats_no_prompt_is_told_before_the_run(server: OpenAIServer, answer: Any, said: str) -> None:
    server.answer = lambda body: answer
    with pytest.raises(UserError, match=f"can't score given answers .*{said}.*: use --mode generate, or hf/ or vllm/"):
        opened(server, api="completions").prepare([], Settings(mode=Mode.LOGLIKELIHOOD))


def test_a_server_that_stops_repeating_prompts_ends_the_run(server: OpenAIServer) -> None:
    with pytest.raises(UserError, match="sends no log-probabilities of the prompt: use --mode generate"):
        one(server, completion(), SCORED, api="completions")


# --- a whole run ---------------------------------------------------------------------------------------------------


def test_no_file_of_a_run_holds_the_key(
    server: OpenAIServer, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.answer = lambda body: failure(422, f"what is {KEY}?") if "glove" in json.dumps(body) else chat()
    run = evaluate(
        f"openai/{MODEL}",
        "toy/*",
        include=[pack()],
        model_args={"base_url": server.url, "extra_body": '{"user": "me"}'},
        out=tmp_path / "run",
        quiet=True,
    )
    outcomes = run.header.outcomes
    assert outcomes["error"] > 0
    assert outcomes["ok"] > 0
    assert all(sent["authorization"] == f"Bearer {KEY}" for sent in server.headers)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_a_server_that_knows_no_schemas_is_asked_without(server: OpenAIServer) -> None:
    def answer(body: dict[str, Any]) -> Any:
        if "response_format" in body:
            return failure(400, "This response_format type is unavailable now")
        return chat(choice('{"answer": "A"}'))

    server.answer = answer
    backend = opened(server)
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    request = replace(REQUEST, schema=schema)
    first, second = asked(backend, request, request)
    assert (first.text, second.text) == ('{"answer": "A"}', '{"answer": "A"}')
    assert [("response_format" in body) for body in server.bodies].count(True) <= 2
    (third,) = asked(backend, request)
    assert third.error is None
    assert "response_format" not in server.bodies[-1]
