"""The real vLLM: in this process, at the command line, and behind its own server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.samples import GenerationParams, Message, Mode, Request
from tests.packs import make_pack, rows
from tests_vllm.conftest import ENGINE, Opened, open_backend

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"enum": ["A", "B"]}},
    "required": ["answer"],
    "additionalProperties": False,
}


def request_of(text: str, *, max_tokens: int = 16, temperature: float = 0.0, **changes: Any) -> Request:
    params = GenerationParams(max_tokens=max_tokens, temperature=temperature, seed=0)
    return replace(Request("t", "1", 0, 0, Mode.GENERATE, (Message("user", text),), params, text), **changes)


def samples(model: str, pack: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    run = evaluate(model, "toy/choice", include=[pack], out=out, quiet=True, cache=False, **options)
    return list(run.samples())


def fits_schema(text: str) -> None:
    """Make sure that an answer is what the schema allows, or begins so: blanks, which it allows, may fill it up."""
    text = "".join(text.split())
    assert text
    assert any(f'{{"answer":"{one}"}}'.startswith(text) for one in "AB")


def same_error(ours: list[dict[str, Any]], said: str) -> None:
    ((n, message),) = [(n, one["error"]) for n, one in enumerate(ours) if one["error"]]
    assert ours[n]["id"] == "q00005"
    assert said in message


def test_answers_and_letters_of_a_chat_model_equal_those_of_hf(chat_llama: Path, pack: Path, tmp_path: Path) -> None:
    backend = open_backend(f"vllm/{chat_llama}", **ENGINE).backend
    assert backend.concurrency > 16
    options: dict[str, Any] = {"include": [pack], "quiet": True, "cache": False}
    written = evaluate(backend, "toy/choice", out=tmp_path / "written", max_tokens=8, **options)
    theirs = samples(f"hf/{chat_llama}", pack, tmp_path / "hf", max_tokens=8, model_args={"dtype": "float32"})
    ours = list(written.samples())
    same_error(ours, "tokens, but the model takes 1024")
    for one, other in zip(ours, theirs, strict=True):
        if not one["error"]:
            assert one["output"] == other["output"]
            assert one["finish_reason"] == other["finish_reason"]
            assert one["usage"]["input_tokens"] == other["usage"]["input_tokens"]
    identity = written.header.system.identity
    assert (identity["class"], identity["dtype"], identity["device"]) == ("LlamaForCausalLM", "float32", "cpu")


def test_an_adapter_answers_and_scores_as_in_peft(plain_llama: Path, adapter: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(plain_llama)
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(plain_llama), adapter).eval()
    question, options = "Which lead shows it?", (" the first one", "V1", "A", "B")
    ids = tokenizer(f"{question}\n\n", return_tensors="pt")["input_ids"]
    written = model.generate(input_ids=ids, max_new_tokens=12, do_sample=False)[0, ids.shape[1] :]
    scores = []
    for option in options:
        whole = torch.tensor([tokenizer(f"{question}\n\n{option}")["input_ids"]])
        with torch.inference_mode():
            steps = model(input_ids=whole).logits[0, :-1].log_softmax(-1)
        scores.append(sum(float(steps[n - 1, whole[0, n]]) for n in range(ids.shape[1], whole.shape[1])))
    opened = open_backend(f"vllm/{plain_llama}", peft=str(adapter), **ENGINE)
    try:
        answer, scored = opened.ask(
            request_of(question, max_tokens=12),
            request_of(question, mode=Mode.LOGLIKELIHOOD, continuations=options),
        )
    finally:
        opened.backend.close()
    assert answer.text == tokenizer.decode(written, skip_special_tokens=True)
    assert scored.loglikelihoods == pytest.approx(scores, abs=1e-3)


@pytest.mark.parametrize("score_by", ["letter", "option"])
def test_loglikelihoods_equal_those_of_hf(
    plain: Opened, plain_llama: Path, pack: Path, tmp_path: Path, score_by: str
) -> None:
    theirs = samples(
        f"hf/{plain_llama}",
        pack,
        tmp_path / "hf",
        model_args={"dtype": "float32"},
        mode="loglikelihood",
        score_by=score_by,
    )
    requests = [
        request_of(
            one["request"]["messages"][0]["content"],
            mode=Mode.LOGLIKELIHOOD,
            prefill=one["request"]["prefill"],
            continuations=tuple(one["request"]["continuations"]),
        )
        for one in theirs
    ]
    for n, (one, other) in enumerate(zip(plain.ask(*requests), theirs, strict=True)):
        if n == 5:
            assert "tokens, but the model takes 1024" in (one.error or "")
        else:
            assert one.loglikelihoods == pytest.approx(other["loglikelihoods"], abs=1e-4)


def test_drawn_answers_can_be_repeated(plain: Opened) -> None:
    requests = [request_of(f"Number {n}", temperature=1.0) for n in range(8)]
    first = [one.text for one in plain.ask(*requests)]
    assert len(set(first)) == 8
    assert [one.text for one in plain.ask(*requests)] == first
    assert plain.ask(requests[3])[0].text == first[3]
    again = plain.ask(*(replace(one, epoch=1) for one in requests))
    assert [one.text for one in again] != first


def test_a_schema_is_enforced_and_one_that_can_not_be_is_an_error_of_its_sample(plain: Opened) -> None:
    riddle = {"type": "string", "pattern": "(?=lookahead)x", "format": "riddle"}
    fine, refused, other = plain.ask(
        request_of("A or B?", schema=SCHEMA, max_tokens=64),
        request_of("What?", schema=riddle),
        request_of("What else?"),
    )
    fits_schema(fine.text)
    assert refused.error is not None
    assert refused.error.startswith("vLLM refused it: ")
    assert "\n" not in refused.error
    assert other.error is None


def test_an_answer_ends_at_the_window(plain: Opened) -> None:
    question = request_of("word " * 300, max_tokens=4000)
    n = plain.backend.count_tokens(question)
    assert n is not None
    (response,) = plain.ask(question)
    assert response.usage is not None
    assert response.usage.input_tokens == n
    if response.finish_reason == "length":
        assert n + response.usage.output_tokens == 1024


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"engine_args": '{"blocksize": 3}'}, "blocksize"),
        ({"max_model_len": 100_000}, "can't be loaded: .*100000"),
        ({"quantization": "magic"}, "can't be loaded: .*magic"),
    ],
)
def test_what_vllm_refuses_is_said_in_one_sentence(plain_llama: Path, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        open_backend(f"vllm/{plain_llama}", **(ENGINE | arguments))
    assert "\n" not in str(caught.value)


def command(model: str, pack: Path, out: Path, *more: str) -> list[str]:
    form = [
        sys.executable,
        "-m",
        "ecg_bench",
        "eval",
        "--model",
        model,
        "--tasks",
        "toy/choice",
        "--include",
        str(pack),
    ]
    given = [f"--model-arg={name}={value}" for name, value in ENGINE.items()] if model.startswith("vllm/") else []
    return [*form, *given, "--out", str(out), "--quiet", "--no-cache", *more]


def test_the_command_line_scores_and_says_what_was_left_out(plain_llama: Path, pack: Path, tmp_path: Path) -> None:
    line = command(f"vllm/{plain_llama}", pack, tmp_path / "run", "--mode", "loglikelihood")
    done = subprocess.run(line, capture_output=True, text=True, timeout=200)
    assert done.returncode == 1, done.stderr  # one sample is too long
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["tasks"]["toy/choice"]["metrics"]["acc"]["n"] == 16


@contextmanager
def answering(model: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Run a long evaluation with vLLM's engine in a process of its own, until it has answered 50 samples."""
    pack = make_pack(folder / "toy", data=rows(4_000))
    process = subprocess.Popen(
        command(f"vllm/{model}", pack, folder / "run", "--max-tokens", "4"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "VLLM_ENABLE_V1_MULTIPROCESSING": "1"},
    )
    path = folder / "run" / "samples.jsonl"
    try:
        while process.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < 50):
            time.sleep(0.05)
        yield process, path
    finally:
        process.kill()


def test_ctrl_c_at_the_command_line_finishes_what_is_in_flight(plain_llama: Path, tmp_path: Path) -> None:
    with answering(plain_llama, tmp_path) as (process, path):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: vLLM's engine gets it too
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    answered = [json.loads(text) for text in path.read_text().splitlines()]
    assert 50 <= len(answered) < 4_000
    assert not [one["error"] for one in answered if one["error"]]


def test_killed_it_leaves_no_engine_behind(plain_llama: Path, tmp_path: Path) -> None:
    with answering(plain_llama, tmp_path) as (process, _):
        names = {int(one): name_of(int(one)) for one in children_of(process.pid)}
        assert any("EngineCore" in name for name in names.values()), names
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and any(name_of(one) == name for one, name in names.items()):
            time.sleep(0.1)
        assert [name for one, name in names.items() if name_of(one) == name] == []


def children_of(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


def name_of(pid: int) -> str:
    """Return the command line of a process that runs, or nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_its_server_chats_as_the_engine_in_this_process_does(
    server: str, chat_llama: Path, pack: Path, tmp_path: Path
) -> None:
    ours = samples("openai/small", pack, tmp_path / "s", max_tokens=8, model_args={"base_url": server})
    theirs = samples(f"hf/{chat_llama}", pack, tmp_path / "hf", max_tokens=8, model_args={"dtype": "float32"})
    same_error(ours, "1024")
    pairs = [(a["output"], b["output"]) for a, b in zip(ours, theirs, strict=True) if not a["error"]]
    assert len(pairs) == 15
    for one, other in pairs:
        assert one == other.rstrip("\N{REPLACEMENT CHARACTER}")  # the server leaves out a character that is cut
    asked = open_backend("openai/small", base_url=server)
    (answer,) = asked.ask(request_of("A or B?", schema=SCHEMA, max_tokens=64))
    fits_schema(answer.text)


def test_its_server_scores_what_the_completions_api_is_given(
    server: str, chat_llama: Path, pack: Path, tmp_path: Path
) -> None:
    arguments = {"base_url": server, "api": "completions"}
    options: dict[str, Any] = {"mode": "loglikelihood", "score_by": "option"}
    ours = samples("openai/small", pack, tmp_path / "s", model_args=arguments, **options)
    plain = {"dtype": "float32", "chat_template": "none"}
    theirs = samples(f"hf/{chat_llama}", pack, tmp_path / "hf", model_args=plain, **options)
    same_error(ours, "1024")
    for one, other in zip(ours, theirs, strict=True):
        if not one["error"]:
            assert one["loglikelihoods"] == pytest.approx(other["loglikelihoods"], abs=1e-3)
