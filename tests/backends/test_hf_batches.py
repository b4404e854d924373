"""What goes through an hf/ model together: prompts computed once, answers that come and go, memory that ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Run, evaluate
from tests.packs import rows
from tests.test_hf import reference

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")

Pack = Callable[..., Path]


def long_options(n: int) -> list[dict[str, Any]]:
    """Return rows whose options differ in length, under prompts that do too."""
    made = rows(n)
    for i, row in enumerate(made):
        row["question"] += " Think of it." * (i % 5)
        row["options"] = [f"{option} {'and more ' * k}".strip() for k, option in enumerate(row["options"])]
    return made


def run_of(model: Path, pack: Path, out: Path, **options: Any) -> Run:
    arguments = {"device": "cpu", **options.pop("model_args", {})}
    return evaluate(
        f"hf/{model}", "toy/choice", include=[pack], out=out, quiet=True, cache=False, model_args=arguments, **options
    )


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Count rows and tokens of every pass through the model."""
    from transformers.models.llama.modeling_llama import LlamaModel

    seen: list[tuple[int, int]] = []
    whole = LlamaModel.forward

    def counted(self: Any, input_ids: Any = None, *args: Any, **options: Any) -> Any:
        seen.append(tuple(input_ids.shape))
        return whole(self, input_ids, *args, **options)

    monkeypatch.setattr(LlamaModel, "forward", counted)
    return seen


@pytest.mark.parametrize(("score_by", "shots"), [("letter", 0), ("option", 0), ("letter", 2), ("option", 2)])
def test_shared_prompts_change_no_likelihood(
    chat_llama: Path, pack: Pack, tmp_path: Path, score_by: str, shots: int
) -> None:
    folder = pack(data=long_options(9))
    run = run_of(
        chat_llama, folder, tmp_path / "run", mode="loglikelihood", score_by=score_by, permutations=4,
        num_fewshot=shots,
    )  # fmt: skip
    marks = {"user": "<|user|>", "assistant": "<|assistant|>"}
    for one in list(run.samples())[::5]:
        request = one["request"]
        turns = "".join(f"{marks[m['role']]}\n{m['content']}<|end|>\n" for m in request["messages"])
        text = f"<s>{turns}<|assistant|>\nAnswer:"
        expected = [reference(chat_llama, text, c, special=False) for c in request["continuations"]]
        assert one["loglikelihoods"] == pytest.approx(expected, abs=1e-4)


def test_a_question_is_computed_once_for_its_options_and_all_their_orders(
    plain_llama: Path, pack: Pack, tmp_path: Path, passes: list[tuple[int, int]]
) -> None:
    from transformers import AutoTokenizer

    folder = pack(data=long_options(12))
    settings: dict[str, Any] = {"mode": "loglikelihood", "score_by": "option"}
    tokens = {}
    for permutations in (1, 4):
        passes.clear()
        run = run_of(plain_llama, folder, tmp_path / str(permutations), permutations=permutations, **settings)
        tokens[permutations] = sum(n * length for n, length in passes)
    tokenizer = AutoTokenizer.from_pretrained(plain_llama)
    separately = 0
    for one in run.samples():
        if one["permutation"] == 0:
            prompt = one["request"]["messages"][0]["content"] + "\n\nAnswer:"
            separately += sum(len(tokenizer(prompt + c)["input_ids"]) for c in one["request"]["continuations"])
    assert tokens[1] < 0.6 * separately
    assert tokens[4] < 1.3 * tokens[1]


@pytest.fixture
def stopping_llama(plain_llama: Path, tmp_path: Path) -> Path:
    """Return a model that ends its answers early, at tokens that it writes often."""
    import shutil

    folder = tmp_path / "stopping"
    shutil.copytree(plain_llama, folder)
    path = folder / "generation_config.json"
    config = json.loads(path.read_text())
    config["eos_token_id"] = list(range(1, 600, 12))
    path.write_text(json.dumps(config))
    return folder


def written(folder: Path, prompts: list[str], most: int) -> Iterator[str]:
    """Yield what transformers itself writes, one prompt at a time."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    stops = set(model.generation_config.eos_token_id)
    for prompt in prompts:
        ids = tokenizer(prompt, return_tensors="pt")
        out = model.generate(**ids, max_new_tokens=most, do_sample=False, pad_token_id=2)[
            0, ids["input_ids"].shape[1] :
        ]
        end = next((n for n, token in enumerate(out.tolist()) if token in stops), len(out))
        yield tokenizer.decode(out[:end], skip_special_tokens=True)


@pytest.mark.parametrize("batch_size", ["auto", "3"])
def test_answers_that_come_and_go_are_those_written_alone(
    stopping_llama: Path, pack: Pack, tmp_path: Path, batch_size: str
) -> None:
    folder = pack(data=long_options(30))
    run = run_of(stopping_llama, folder, tmp_path / "run", max_tokens=24, model_args={"batch_size": batch_size})
    samples = list(run.samples())
    prompts = [one["request"]["messages"][0]["content"] + "\n\n" for one in samples]
    assert [one["output"] for one in samples] == list(written(stopping_llama, prompts, 24))
    lengths = {one["usage"]["output_tokens"] for one in samples}
    assert len(lengths) > 3
    assert {one["finish_reason"] for one in samples} == {"stop", "length"}


def test_rows_that_end_leave_their_place_to_others(
    stopping_llama: Path, pack: Pack, tmp_path: Path, passes: list[tuple[int, int]]
) -> None:
    run = run_of(stopping_llama, pack(data=rows(40)), tmp_path / "run", max_tokens=24, model_args={"batch_size": "4"})
    steps = sum(length == 1 for _, length in passes)
    tokens = [one["usage"]["output_tokens"] for one in run.samples()]
    batches = sum(max(tokens[n : n + 4]) for n in range(0, 40, 4))
    assert steps < batches, "as many steps as batches that wait for their longest answer would take"


@pytest.mark.parametrize("mode", ["loglikelihood", "generate"])
def test_the_end_of_memory_makes_batches_smaller_and_loses_nothing(
    plain_llama: Path, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    from transformers.models.llama.modeling_llama import LlamaModel

    whole = LlamaModel.forward
    refused = []

    def small(self: Any, input_ids: Any = None, *args: Any, **options: Any) -> Any:
        if input_ids.shape[0] > 3:
            refused.append(input_ids.shape[0])
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return whole(self, input_ids, *args, **options)

    folder = pack(data=long_options(24))
    settings: dict[str, Any] = {"mode": mode, "max_tokens": 6, "score_by": "option"} if mode == "loglikelihood" else {
        "max_tokens": 6
    }  # fmt: skip
    settings["model_args"] = {"batch_size": "16"}
    expected = run_of(plain_llama, folder, tmp_path / "expected", **settings)
    monkeypatch.setattr(LlamaModel, "forward", small)
    run = run_of(plain_llama, folder, tmp_path / "run", **settings)
    assert refused
    assert run.header.outcomes["error"] == 0
    for one, other in zip(run.samples(), expected.samples(), strict=True):
        assert one["output"] == other["output"]
        assert one["loglikelihoods"] == pytest.approx(other["loglikelihoods"], abs=1e-4)


def test_a_prompt_that_fits_in_no_memory_is_an_error_of_its_sample(
    plain_llama: Path, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.models.llama.modeling_llama import LlamaModel

    whole = LlamaModel.forward

    def short(self: Any, input_ids: Any = None, *args: Any, **options: Any) -> Any:
        if input_ids.shape[1] > 400:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")
        return whole(self, input_ids, *args, **options)

    data = rows(6)
    data[2]["question"] += " word" * 900
    monkeypatch.setattr(LlamaModel, "forward", short)
    for mode in ("loglikelihood", "generate"):
        run = run_of(plain_llama, pack(data=data), tmp_path / mode, mode=mode, max_tokens=4)
        assert [sample for _, sample, _ in run.errors()] == ["q00002"]


def test_counting_tokens_needs_no_weights(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    from ecg_bench import dry_run

    folder = pack(n=5)
    bare = tmp_path / "tokenizer"
    bare.mkdir()
    for path in plain_llama.iterdir():
        if path.suffix != ".safetensors":
            (bare / path.name).write_bytes(path.read_bytes())
    (plan,) = dry_run(f"hf/{bare}", "toy/choice", include=[folder])
    assert plan.counted_by == "the model's tokenizer"
    run = run_of(plain_llama, folder, tmp_path / "run", max_tokens=2)
    assert plan.tasks[0].input_tokens == sum(one["usage"]["input_tokens"] for one in run.samples())
