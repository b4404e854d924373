"""The vllm backend, up to where vLLM begins: a module of the same form, over a real small Llama.

The real vLLM is run by ``tests_vllm/``, in an environment of its own (``make test-vllm``).
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.backends import Backend, open_model
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response
from ecg_bench.settings import Settings
from tests.packs import rows
from tests.small_llama import save_adapter, save_small_llama

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from tests.servers import fake_vllm  # noqa: E402  # needs torch
from tests.servers.fake_vllm import Engine  # noqa: E402

pytestmark = pytest.mark.slow

Pack = Callable[..., Path]


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_vllm.install(monkeypatch)


@pytest.fixture(params=["chat", "plain"])
def llama(request: pytest.FixtureRequest, chat_llama: Path, plain_llama: Path) -> Path:
    return chat_llama if request.param == "chat" else plain_llama


@pytest.fixture(scope="module")
def adapter(plain_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(plain_llama, tmp_path_factory.mktemp("adapter"), ["q_proj", "v_proj"])


@contextmanager
def opened(folder: Path, mode: Mode = Mode.GENERATE, **arguments: Any) -> Iterator[Backend]:
    backend = open_model(f"vllm/{folder}", arguments)
    backend.prepare([], Settings(mode=mode))
    try:
        yield backend
    finally:
        backend.close()


def request_of(text: str, *, max_tokens: int = 6, temperature: float = 0.0, **changes: Any) -> Request:
    params = GenerationParams(max_tokens=max_tokens, temperature=temperature, seed=0)
    one = Request("t", "1", 0, 0, Mode.GENERATE, (Message("user", text),), params, text)
    return replace(one, **changes)


def asked(backend: Backend, *requests: Request) -> list[Response]:
    async def ask() -> list[Response]:
        async with backend.session():
            return [one for (one,) in await asyncio.gather(*(backend.answer([request]) for request in requests))]

    return asyncio.run(ask())


def both(llama: Path, pack: Path, out: Path, **settings: Any) -> list[list[dict[str, Any]]]:
    """Ask the same of vllm/ and of hf/."""
    return [
        list(
            evaluate(
                f"{provider}/{llama}", "toy/choice", include=[pack], out=out / provider, quiet=True, **settings
            ).samples()
        )
        for provider in ("vllm", "hf")
    ]


def test_answers_equal_those_of_hf(llama: Path, pack: Pack, tmp_path: Path) -> None:
    ours, theirs = both(llama, pack(n=12), tmp_path, max_tokens=8, num_fewshot=1)
    assert [one["output"] for one in ours] == [one["output"] for one in theirs]
    assert [one["usage"]["input_tokens"] for one in ours] == [one["usage"]["input_tokens"] for one in theirs]
    assert [one["finish_reason"] for one in ours] == [one["finish_reason"] for one in theirs]


@pytest.mark.parametrize("score_by", ["letter", "option"])
def test_loglikelihoods_equal_those_of_hf(llama: Path, pack: Pack, tmp_path: Path, score_by: str) -> None:
    ours, theirs = both(llama, pack(n=6), tmp_path, mode="loglikelihood", score_by=score_by)
    for one, other in zip(ours, theirs, strict=True):
        assert one["loglikelihoods"] == pytest.approx(other["loglikelihoods"], abs=1e-4)
        assert one["parsed"] == other["parsed"]


def test_letters_after_one_prompt_are_asked_for_once(plain_llama: Path) -> None:
    with opened(plain_llama, Mode.LOGLIKELIHOOD) as backend:
        options = tuple("ABCD")
        asked(backend, request_of("Which?", mode=Mode.LOGLIKELIHOOD, continuations=options))
        (row,) = Engine.last.asked
        assert len(row.params.logprob_token_ids or []) == 4


def test_an_adapter_changes_answers_as_it_does_in_peft(plain_llama: Path, adapter: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(plain_llama)
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(plain_llama), adapter).eval()
    ids = tokenizer("Which lead?\n\n", return_tensors="pt")["input_ids"]
    expected = model.generate(input_ids=ids, max_new_tokens=6, do_sample=False)[0, ids.shape[1] :]
    with opened(plain_llama, peft=str(adapter)) as backend:
        (response,) = asked(backend, request_of("Which lead?"))
        assert response.text == tokenizer.decode(expected, skip_special_tokens=True)
        assert Engine.last.given["max_lora_rank"] == 8
        assert Engine.last.given["lora_target_modules"] == ["q_proj", "v_proj"]
        with_adapter = backend.card()
        assert not backend.notices
    with opened(plain_llama) as backend:
        assert asked(backend, request_of("Which lead?"))[0].text != response.text
        assert backend.card().identity != with_adapter.identity


def test_an_adapter_of_another_base_is_refused(
    adapter: Path, corpus_texts: list[str], tmp_path: Path, plain_llama: Path
) -> None:
    other = save_small_llama(tmp_path / "wide", corpus_texts, chat=False, hidden=128)
    with (
        pytest.raises(UserError, match=r"is not for vllm/.*64 x 64, where the model has 128 x 128"),
        opened(other, peft=str(adapter)),
    ):
        pass
    moved = tmp_path / "moved"
    shutil.copytree(plain_llama, moved)
    with opened(moved, peft=str(adapter)) as backend:
        (notice,) = backend.notices
        assert f"the adapter was trained on {plain_llama}" in notice


def test_adapters_that_vllm_can_not_apply_are_refused(plain_llama: Path, adapter: Path, tmp_path: Path) -> None:
    head = save_adapter(plain_llama, tmp_path / "head", ["q_proj", "lm_head"])
    with (
        pytest.raises(UserError, match=r"no log-likelihoods under the adapter .*, since it changes lm_head"),
        opened(plain_llama, Mode.LOGLIKELIHOOD, peft=str(head)),
    ):
        pass
    config = json.loads((adapter / "adapter_config.json").read_text())
    kind = shutil.copytree(adapter, tmp_path / "kind")
    (kind / "adapter_config.json").write_text(json.dumps({**config, "peft_type": "IA3"}))
    broken = shutil.copytree(adapter, tmp_path / "broken")
    (broken / "adapter_model.safetensors").write_bytes(b"not weights")
    dora = save_adapter(plain_llama, tmp_path / "dora", ["q_proj"], use_dora=True)
    for given, said in (
        (kind, "an adapter of the kind IA3"),
        (broken, "can't be read"),
        (dora, "lora_magnitude_vector.*, which vLLM can't apply"),
        (plain_llama, "there is no adapter_config.json"),
        ("/nowhere/adapter", "there is no such folder"),
        ("no-such-org/no-such-adapter", "can't be loaded"),
    ):
        with pytest.raises(UserError, match=said) as caught, opened(plain_llama, peft=str(given)):
            pass
        assert "\n" not in str(caught.value)


def test_a_prompt_that_is_too_long_is_an_error_of_its_sample_only(
    plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    data = rows(4)
    data[2]["question"] += " word" * 3000
    folder = pack(data=data)
    for mode in ("generate", "loglikelihood"):
        run = evaluate(
            f"vllm/{plain_llama}",
            "toy/choice",
            include=[folder],
            out=tmp_path / mode,
            mode=mode,
            max_tokens=4,
            model_args={"max_model_len": 400},
            quiet=True,
        )
        ((_, sample, message),) = run.errors()
        assert sample == "q00002"
        assert message.startswith("the prompt has ")
        assert message.endswith(" tokens, but the model takes 400")


def test_an_answer_ends_where_the_model_does(plain_llama: Path) -> None:
    with opened(plain_llama, max_model_len=20) as backend:
        (response,) = asked(backend, request_of("Which lead?", max_tokens=100))
        assert response.usage is not None
        assert response.usage.input_tokens + response.usage.output_tokens == 20
        assert response.finish_reason == "length"


def test_drawn_answers_depend_on_seed_epoch_and_prompt_alone(plain_llama: Path) -> None:
    def drawn(**changes: Any) -> list[str]:
        with opened(plain_llama) as backend:
            texts = [f"Number {n}" for n in range(6)]
            return [one.text for one in asked(backend, *(request_of(t, temperature=1.0, **changes) for t in texts))]

    first = drawn()
    assert first == drawn(id="other", index=7)
    assert len(set(first)) > 1
    assert first != drawn(epoch=1)
    assert first != drawn(params=GenerationParams(max_tokens=6, temperature=1.0, seed=1))


@pytest.fixture(scope="module")
def endless(plain_llama: Path) -> str:
    """Return a prompt to which the model gives a long answer."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(plain_llama)
    model = AutoModelForCausalLM.from_pretrained(plain_llama).eval()
    for text in (f"long {n}" for n in range(100)):
        ids = tokenizer(f"{text}\n\n", return_tensors="pt")["input_ids"]
        if model.generate(input_ids=ids, max_new_tokens=300, do_sample=False).shape[1] == ids.shape[1] + 300:
            return text
    raise AssertionError("the model always stops")


def test_a_long_answer_holds_up_no_short_one(plain_llama: Path, endless: str) -> None:
    order: list[str] = []

    async def ask(backend: Backend) -> None:
        async def one(name: str, tokens: int) -> None:
            await backend.answer([request_of(name, max_tokens=tokens)])
            order.append(name)

        await asyncio.gather(one(endless, 60), *(one(f"short {n}", 2) for n in range(12)))

    with opened(plain_llama) as backend:
        asyncio.run(ask(backend))
        assert backend.concurrency > fake_vllm.ROWS
    assert order[-1] == endless


def test_what_is_taken_back_is_not_written_further(plain_llama: Path, endless: str) -> None:
    async def ask(backend: Backend) -> Response:
        late = asyncio.create_task(backend.answer([request_of(endless, max_tokens=1500)]))
        await asyncio.sleep(0)
        await backend.answer([request_of("short", max_tokens=2)])
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
        (response,) = await backend.answer([request_of("next", max_tokens=2)])
        return response

    with opened(plain_llama) as backend:
        assert asyncio.run(ask(backend)).finish_reason == "length"
        assert Engine.last.aborted == ["0-0"]
        assert not Engine.last.rows


def test_a_schema_reaches_vllm_and_one_it_refuses_is_an_error_of_its_sample(plain_llama: Path) -> None:
    schema = {"type": "object", "properties": {"answer": {"enum": ["A", "B"]}}}
    with opened(plain_llama) as backend:
        fine, refused = asked(backend, request_of("A?", schema=schema), request_of("B?", schema={"type": "riddle"}))
        assert Engine.last.asked[0].params.structured_outputs.json == schema
    assert fine.error is None
    assert refused.error == "vLLM refused it: Failed to convert the grammar: unknown type riddle"


def test_media_are_never_left_out_silently(plain_llama: Path) -> None:
    with opened(plain_llama) as backend:
        (response,) = asked(backend, request_of("What is this?", media=(Media("image", "x.png"),)))
    assert response.error is not None
    assert "image media, which vllm/ can't show to a model" in response.error


def test_an_engine_that_dies_ends_the_run_and_a_later_one_goes_on(
    plain_llama: Path, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, begin = pack(n=12), Engine.__init__
    options: dict[str, Any] = {"include": [folder], "out": tmp_path / "run", "max_tokens": 4, "quiet": True}

    def dying(self: Engine, *args: Any, **given: Any) -> None:
        begin(self, *args, **given)
        self.fails_after = 6

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "__init__", dying)
        with pytest.raises(UserError, match="vLLM stopped with RuntimeError: the engine is dead; what was answered is"):
            evaluate(f"vllm/{plain_llama}", "toy/choice", **options)
    kept = (tmp_path / "run" / "samples.jsonl").read_text().count("\n")
    assert 0 < kept < 12
    run = evaluate(f"vllm/{plain_llama}", "toy/choice", **options)
    assert len(list(run.samples())) == 12
    assert len(Engine.last.asked) == 12 - kept
    assert not list(run.errors())


def test_an_engine_that_is_dead_already_ends_the_run_too(plain_llama: Path) -> None:
    with opened(plain_llama) as backend:
        Engine.last.dead = True
        with pytest.raises(UserError, match="vLLM stopped with EngineDeadError: EngineCore encountered an issue"):
            asked(backend, request_of("Which?"), request_of("And which?"))


def test_ctrl_c_reaches_none_of_vllms_processes_and_waiting_ends(plain_llama: Path, endless: str) -> None:
    with opened(plain_llama) as backend:
        assert signal.SIGINT in Engine.last.blocked
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
        asyncio.run(_broken_off(backend, endless))
        begun = time.monotonic()
    assert time.monotonic() - begun < 5


async def _broken_off(backend: Backend, endless: str) -> None:
    tasks = [asyncio.create_task(backend.answer([request_of(endless, max_tokens=1500)])) for _ in range(8)]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()


def test_other_weights_and_other_templates_are_other_models(
    chat_llama: Path, corpus_texts: list[str], tmp_path: Path
) -> None:
    other = save_small_llama(tmp_path / "other", corpus_texts, chat=True, seed=1)
    template = tmp_path / "own.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}{% endfor %}{{ tail }}")
    identities = []
    for folder, arguments in (
        (chat_llama, {}),
        (other, {}),
        (chat_llama, {"chat_template": "none"}),
        (chat_llama, {"chat_template": str(template)}),
        (chat_llama, {"chat_template": str(template), "chat_template_args": '{"tail": "!"}'}),
    ):
        with opened(folder, **arguments) as backend:
            assert backend.cacheable
            identities.append(json.dumps(backend.card().identity))
            asked(backend, request_of("Which?"))
            prompt = Engine.last.asked[0].prompt
            assert backend.count_tokens(request_of("Which?")) == len(prompt)
    assert len(set(identities)) == 5
    assert all(json.loads(one)["vllm"] == fake_vllm.VERSION for one in identities)


def test_arguments_reach_vllm(plain_llama: Path) -> None:
    arguments = {
        "dtype": "float32",
        "quantization": "fp8",
        "tensor_parallel_size": "2",
        "gpu_memory_utilization": "0.5",
        "max_model_len": "300",
        "enforce_eager": "true",
        "engine_args": '{"block_size": 32}',
    }
    with opened(plain_llama, **arguments):
        given = Engine.last.given
    assert Engine.last.ended
    expected = {"tensor_parallel_size": 2, "gpu_memory_utilization": 0.5, "max_model_len": 300, "enforce_eager": True}
    assert given == {
        **expected, "dtype": "float32", "quantization": "fp8", "block_size": 32, "disable_log_stats": True,
        "load_format": "safetensors",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "arguments", "said"),
    [
        ("vllm//nowhere/model", {}, "there is no such folder"),
        ("vllm/EMPTY", {}, "can't be loaded"),
        ("vllm/no-such-org/no-such-model", {}, "can't be loaded"),
        ("vllm/GOOD", {"dtype": "float7"}, "dtype='float7' is wrong"),
        ("vllm/GOOD", {"tensor_parallel_size": "0"}, "tensor_parallel_size must be at least 1"),
        ("vllm/GOOD", {"gpu_memory_utilization": "90"}, "above 0 and at most 1"),
        ("vllm/GOOD", {"max_model_len": "0"}, "max_model_len must be at least 1"),
        ("vllm/GOOD", {"engine_args": "block_size=3"}, "engine_args must be a JSON object"),
        ("vllm/GOOD", {"engine_args": "[1]"}, "engine_args must be a JSON object"),
        ("vllm/GOOD", {"engine_args": '{"dtype": "auto"}'}, "engine_args can't set 'dtype'"),
        ("vllm/GOOD", {"engine_args": '{"blocksize": 3}'}, "can't be loaded: .*'blocksize'"),
        ("vllm/GOOD", {"chat_template": "/nowhere.jinja"}, "can't be read"),
        ("vllm/GOOD", {"chat_template_args": '{"a": 1}'}, "there is no chat template"),
        ("vllm/GOOD", {"maxmodellen": "1"}, "did you mean 'max_model_len'"),
    ],
)
def test_what_can_not_be_loaded_is_said_and_nothing_is_made(
    model: str, arguments: dict[str, str], said: str, plain_llama: Path, pack: Pack, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    name = model.replace("EMPTY", str(tmp_path / "empty")).replace("GOOD", str(plain_llama))
    with pytest.raises(UserError, match=said) as caught:
        evaluate(name, "toy/choice", include=[pack()], model_args=arguments, out=tmp_path / "run", quiet=True)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_missing_or_an_old_vllm_is_said(plain_llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["vllm"], "SamplingParams", object, raising=False)
        with (
            pytest.raises(UserError, match=r"vllm 0.32.0 is too old: pip install --upgrade 'ecg-bench\[vllm\]'"),
            opened(plain_llama),
        ):
            pass
    monkeypatch.setitem(sys.modules, "vllm", None)  # type: ignore[arg-type]
    with (
        pytest.raises(UserError, match=r"vllm/ models need vllm .*pip install 'ecg-bench\[vllm\]'"),
        opened(plain_llama),
    ):
        pass


def test_a_template_that_refuses_the_messages_ends_the_run(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    template = tmp_path / "strict.jinja"
    template.write_text("{{ raise_exception('only assistants here') }}")
    with pytest.raises(UserError, match=r"can't take these messages .only assistants here.*chat_template=FILE"):
        evaluate(
            f"vllm/{plain_llama}",
            "toy/choice",
            include=[pack()],
            model_args={"chat_template": str(template)},
            out=tmp_path / "run",
            quiet=True,
        )
