"""An adapter of ``ecg-bench finetune`` in the real vLLM: it answers as by transformers, and as the merged model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.adapters.finetune import finetune, merge
from tests.adapters.finetune.made import conversations, make_base, make_rows, recipe
from tests_vllm.conftest import ENGINE

TASK = "asked/free"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pack that asks the first questions that the adapter was trained on."""
    folder = tmp_path_factory.mktemp("packs") / "asked"
    folder.mkdir()
    (folder / "domain.yaml").write_text('domain: asked\ntitle: Asked\nversion: "1"\nlicence: CC0\n')
    (folder / "free.yaml").write_text(
        "task: free\ntitle: Free\nversion: 1\ntype: open\ndescription: Made by the tests.\ndata: free.jsonl\n"
    )
    rows = [
        {"id": row["id"], "question": row["messages"][0]["content"], "reference": row["messages"][1]["content"]}
        for row in conversations(12)
    ]
    (folder / "free.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("models") / "base", hidden=128)


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    folder = tmp_path_factory.mktemp("made")
    config = recipe("lora.r=16", "training.epochs=20", "lora.lm_head=true")
    return finetune(f"hf/{base}", make_rows(folder / "pack"), folder / "adapter", config, quiet=True).path


def answers(model: str, pack: Path, out: Path, **arguments: object) -> list[str]:
    run = evaluate(
        model, TASK, include=[pack], out=out, quiet=True, cache=False, max_tokens=8, model_args={**arguments}
    )
    assert [one["error"] for one in run.samples()] == [None] * 12
    return [one["output"] for one in run.samples()]


def test_an_adapter_answers_as_by_transformers_and_as_its_merged_model(
    base: Path, adapter: Path, pack: Path, tmp_path: Path
) -> None:
    theirs = answers(f"hf/{base}", pack, tmp_path / "hf", dtype="float32", peft=str(adapter))
    bare = answers(f"hf/{base}", pack, tmp_path / "bare", dtype="float32")
    assert theirs != bare, "the adapter changes nothing, so that this shows nothing"
    assert answers(f"vllm/{base}", pack, tmp_path / "vllm", peft=str(adapter), **ENGINE) == theirs
    merge(adapter, tmp_path / "merged")
    assert answers(f"vllm/{tmp_path / 'merged'}", pack, tmp_path / "whole", **ENGINE) == theirs


def test_an_adapter_for_another_base_is_refused(adapter: Path, pack: Path, tmp_path: Path) -> None:
    other = make_base(tmp_path / "other", hidden=128, seed=1)
    with pytest.raises(UserError, match="adapters fit one model only"):
        answers(f"vllm/{other}", pack, tmp_path / "out", peft=str(adapter), **ENGINE)
