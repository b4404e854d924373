"""The openai backend against real models behind real servers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import evaluate
from ecg_bench.backends import open_model
from ecg_bench.errors import UserError
from ecg_bench.samples import GenerationParams, Message, Mode, Request, Response
from ecg_bench.settings import Settings
from tests.packs import rows
from tests.servers.echo_llama import Splits, serving_llama
from tests.servers.llama_cpp import CONTEXT, MODEL, serving_gguf
from tests.small_gguf import save_gguf

pytestmark = pytest.mark.slow

Pack = Callable[..., Path]


@pytest.fixture(scope="module")
def llama_cpp(chat_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_gguf(save_gguf(chat_llama, tmp_path_factory.mktemp("gguf") / "tiny.gguf")) as url:
        yield url


def asked(url: str, question: str, *, schema: dict[str, Any] | None = None, **arguments: Any) -> Response:
    request = Request(
        task="toy/free",
        id="q1",
        index=0,
        permutation=0,
        mode=Mode.GENERATE,
        messages=(Message("user", question),),
        params=GenerationParams(max_tokens=24, temperature=0.0, seed=0),
        question=question,
        schema=schema,
    )

    async def ask() -> Response:
        backend = open_model(f"openai/{MODEL}", {"base_url": url, **arguments})
        backend.prepare([], Settings())
        async with backend.session():
            return (await backend.answer([request]))[0]

    return asyncio.run(ask())


def test_llama_cpp_answers_as_transformers_does(
    llama_cpp: str, chat_llama: Path, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pack(n=16)
    served, local = (
        evaluate(model, "toy/*", include=[folder], out=tmp_path / name, max_tokens=12, model_args=arguments, quiet=True)
        for model, name, arguments in (
            (f"openai/{MODEL}", "served", {"base_url": llama_cpp}),
            (f"hf/{chat_llama}", "local", {"device": "cpu"}),
        )
    )
    assert [one["output"] for one in served.samples()] == [one["output"] for one in local.samples()]
    ours, theirs = next(served.samples()), next(local.samples())
    assert ours["usage"]["input_tokens"] == theirs["usage"]["input_tokens"]
    assert ours["model"] == MODEL
    assert ours["cost_usd"] == 0
    identity = served.header.system.identity
    assert identity["owned_by"] == "llamacpp"
    assert identity["meta"]["n_params"] > 100_000


def test_the_command_of_the_documentation_works_over_32_connections(llama_cpp: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = f"eval --model openai/{MODEL} --model-arg base_url={llama_cpp} --tasks ecg/open-factual --max-tokens 4"
    words = [*command.split(), "--max-connections", "32", "--out", str(out)]
    done = subprocess.run([sys.executable, "-m", "ecg_bench", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    header = json.loads((out / "run.json").read_text())
    assert header["status"] == "complete"
    assert header["outcomes"]["error"] == 0
    assert sum(header["outcomes"].values()) > 100


def test_llama_cpp_gives_logprobs_and_keeps_to_a_schema(llama_cpp: str) -> None:
    answer = asked(llama_cpp, "Which wave comes first?", logprobs=2)
    assert len(answer.logprobs) == 24
    for one in answer.logprobs:
        assert len(one.top) == 2
        assert one.logprob == pytest.approx(one.top[0][1])
        assert one.logprob < 0
    schema = {"type": "object", "properties": {"a": {"enum": ["yes", "no"]}}, "required": ["a"]}
    strict = asked(llama_cpp, "Is there a P wave?", schema=schema)
    assert '"a":' in strict.text.replace(" ", "")
    continued = asked(llama_cpp, "Which wave", api="completions", logprobs=1)
    assert 12 < len(continued.logprobs) <= 24  # some with the rest of a character that began before
    assert continued.text


def test_llama_cpp_says_how_long_a_prompt_is(llama_cpp: str) -> None:
    error = str(asked(llama_cpp, "ventricular " * 900).error)
    assert "doesn't fit into the model's context" in error
    assert f"the available context size ({CONTEXT} tokens)" in error
    assert "tokens) exceeds" in error


def test_llama_cpp_repeats_no_prompts_and_that_is_told(llama_cpp: str, pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it sends no log-probabilities of the prompt"):
        evaluate(
            f"openai/{MODEL}",
            "toy/choice",
            include=[pack()],
            model_args={"base_url": llama_cpp, "api": "completions"},
            mode="loglikelihood",
            out=tmp_path / "run",
            quiet=True,
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("score_by", ["letter", "option"])
@pytest.mark.parametrize(("splits", "lists"), [("sign", True), ("whole", False)])
def test_loglikelihoods_over_http_equal_those_of_transformers(
    plain_llama: Path, pack: Pack, tmp_path: Path, score_by: str, splits: Splits, lists: bool
) -> None:
    data = rows(8)
    odd = ("≥ 120 ms – broad", "µV, not mV", "½ of it", "“quoted” → so")  # characters of several tokens
    for row in data[:6]:
        row["question"] += " See “leads” II–aVF ≥ 1 mV…"
        row["options"] = [f"{option} {more}" for option, more in zip(row["options"], odd, strict=True)]
    for row in data[:3]:
        row["options"] = [option.split(" ", 3)[3] for option in row["options"]]
    folder = pack(data=data)
    common: dict[str, Any] = {"include": [folder], "mode": "loglikelihood", "score_by": score_by, "quiet": True}
    with serving_llama(plain_llama, splits=splits, lists=lists) as (url, server):
        arguments = {"base_url": url, "api": "completions"}
        served = evaluate("openai/echo", "toy/choice", model_args=arguments, out=tmp_path / "served", **common)
        assert server.calls == (1 + 8 if lists else 4 + 8 * 4)  # a server's error is tried three times
    local = evaluate(f"hf/{plain_llama}", "toy/choice", out=tmp_path / "local", **common)
    for ours, theirs in zip(served.samples(), local.samples(), strict=True):
        assert ours["loglikelihoods"] == pytest.approx(theirs["loglikelihoods"], abs=1e-4), ours["id"]
        assert ours["choice"] == theirs["choice"]
