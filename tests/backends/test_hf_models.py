"""What hf/ loads: adapters, quantized weights, templates; and what it says when they don't fit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import Run, UserError, evaluate

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")

Pack = Callable[..., Path]


def run_of(model: Path, pack: Path, out: Path, *, mode: str = "loglikelihood", **arguments: Any) -> Run:
    return evaluate(
        f"hf/{model}", "toy/choice", include=[pack], out=out, mode=mode, max_tokens=8, quiet=True, cache=False,
        model_args={name: str(value) for name, value in arguments.items()},
    )  # fmt: skip


def likelihoods(run: Run) -> list[float]:
    return [value for one in run.samples() for value in one["loglikelihoods"]]


def outputs(run: Run) -> list[str]:
    return [one["output"] for one in run.samples()]


def save_adapter(base: Path, folder: Path, *, seed: int = 0) -> Path:
    """Save a LoRA adapter that really changes what the model says, and the model with it merged."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base)
    model = get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.5)
    model.save_pretrained(folder / "adapter")
    model.merge_and_unload().save_pretrained(folder / "merged")
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "merged")
    return folder / "adapter"


@pytest.fixture(scope="module")
def adapter(chat_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(chat_llama, tmp_path_factory.mktemp("lora"))


def test_an_adapter_answers_as_the_merged_model_does(
    chat_llama: Path, adapter: Path, pack: Pack, tmp_path: Path
) -> None:
    folder = pack(n=8)
    merged = adapter.parent / "merged"
    for mode, read in (("loglikelihood", likelihoods), ("generate", outputs)):
        base = run_of(chat_llama, folder, tmp_path / f"base-{mode}", mode=mode)
        lora = run_of(chat_llama, folder, tmp_path / f"lora-{mode}", mode=mode, peft=adapter)
        whole = run_of(merged, folder, tmp_path / f"merged-{mode}", mode=mode)
        found, expected = read(lora), read(whole)  # type: ignore[operator]
        assert found == (expected if mode == "generate" else pytest.approx(expected, abs=1e-4))
        assert found != read(base)  # type: ignore[operator]
    assert lora.header.fingerprint != base.header.fingerprint
    assert "adapter" in lora.header.system.identity


def test_two_adapters_of_one_name_are_two_systems(chat_llama: Path, pack: Pack, tmp_path: Path) -> None:
    folder, identities = pack(n=4), []
    for seed in (0, 1):
        made = save_adapter(chat_llama, tmp_path / str(seed), seed=seed)
        shutil.rmtree(tmp_path / "adapter", ignore_errors=True)
        shutil.copytree(made, tmp_path / "adapter")
        run = run_of(chat_llama, folder, tmp_path / f"run{seed}", peft=tmp_path / "adapter")
        identities.append(run.header.system.identity)
    assert identities[0] != identities[1]


def test_an_adapter_for_another_model_is_refused_in_one_sentence(
    chat_llama: Path, adapter: Path, corpus_texts: list[str], pack: Pack, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig

    config = LlamaConfig(vocab_size=600, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                         num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=512)  # fmt: skip
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "other")
    AutoTokenizer.from_pretrained(chat_llama).save_pretrained(tmp_path / "other")
    with pytest.raises(UserError, match="adapter") as caught:
        run_of(tmp_path / "other", pack(), tmp_path / "run", peft=adapter)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("broken", ["no such folder", "no config", "no weights"])
def test_what_is_no_adapter_is_refused(
    chat_llama: Path, adapter: Path, pack: Pack, tmp_path: Path, broken: str
) -> None:
    folder = tmp_path / "adapter"
    if broken != "no such folder":
        shutil.copytree(adapter, folder)
        (folder / {"no config": "adapter_config.json", "no weights": "adapter_model.safetensors"}[broken]).unlink()
    with pytest.raises(UserError) as caught:
        run_of(chat_llama, pack(), tmp_path / "run", peft=folder)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("bits", ["4bit", "8bit"])
def test_quantized_weights_answer_nearly_alike(plain_llama: Path, pack: Pack, tmp_path: Path, bits: str) -> None:
    pytest.importorskip("bitsandbytes")
    folder = pack(n=6)
    whole = likelihoods(run_of(plain_llama, folder, tmp_path / "whole"))
    run = run_of(plain_llama, folder, tmp_path / "few", quantization=bits)
    few = likelihoods(run)
    assert few == pytest.approx(whole, abs=1.0)
    assert few != pytest.approx(whole, abs=1e-6)
    assert bits in str(run.header.system.identity["quantization"])
    assert all(one["outcome"] != "error" for one in run_of(
        plain_llama, folder, tmp_path / "written", mode="generate", quantization=bits).samples())  # fmt: skip


def test_a_template_of_one_s_own_is_used_and_recorded(chat_llama: Path, pack: Pack, tmp_path: Path) -> None:
    template = tmp_path / "mine.jinja"
    template.write_text(
        "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}{% endfor %}{{ tail | default('') }}"
    )
    folder = pack(n=4)
    runs = [
        run_of(chat_llama, folder, tmp_path / str(n), **arguments)
        for n, arguments in enumerate(
            ({}, {"chat_template": template}, {"chat_template": template, "chat_template_args": '{"tail": "Well."}'})
        )
    ]
    assert len({tuple(likelihoods(run)) for run in runs}) == 3
    assert len({str(run.header.system.identity["chat_template"]) for run in runs}) >= 2
    assert len({run.header.fingerprint for run in runs}) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"chat_template": "nowhere.jinja"}, "nowhere.jinja"),
        ({"chat_template_args": "{not json"}, "JSON"),
        ({"quantization": "3bit"}, "quantization='3bit' is wrong"),
        ({"device": "cpu", "device_map": "auto"}, "device and device_map are both given"),
    ],
)
def test_arguments_that_can_not_be_are_refused(
    chat_llama: Path, pack: Pack, tmp_path: Path, arguments: dict[str, str], said: str
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        run_of(chat_llama, pack(), tmp_path / "run", **arguments)
    assert "\n" not in str(caught.value)


def test_a_device_map_places_the_model(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=4)
    mapped = run_of(plain_llama, folder, tmp_path / "map", device_map="auto")
    assert likelihoods(mapped) == pytest.approx(likelihoods(run_of(plain_llama, folder, tmp_path / "cpu")), abs=1e-5)


def test_a_model_of_the_hub_is_known_by_its_commit(plain_llama: Path, pack: Pack, tmp_path: Path) -> None:
    """In a hub's cache on disk, in which the branch moves from one commit to another."""
    folder = pack(n=3)
    hub = tmp_path / "home" / "hub" / "models--toy--llama"
    commits = ["a" * 40, "b" * 40]
    for commit in commits:
        shutil.copytree(plain_llama, hub / "snapshots" / commit)
    (hub / "refs").mkdir()
    found = []
    for n, commit in enumerate(commits):
        (hub / "refs" / "main").write_text(commit)
        done = subprocess.run(
            [
                sys.executable, "-m", "ecg_bench", "eval", "--model", "hf/toy/llama", "--model-arg", "device=cpu",
                "--tasks", "toy/choice", "--include", folder, "--out", tmp_path / f"run{n}", "--max-tokens", "2", "-q",
            ],
            capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=200,
            env={**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(json.loads((tmp_path / f"run{n}" / "run.json").read_text()))
    assert [one["system"]["identity"]["revision"] for one in found] == commits
    assert found[1]["totals"]["from_cache"] == 0, "another commit is another model"
    assert found[0]["fingerprint"] != found[1]["fingerprint"]
