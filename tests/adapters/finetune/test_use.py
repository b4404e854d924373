"""What was trained is used: by hf/ with its base, merged as a model of its own, and by nothing that it isn't for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from ecg_bench import evaluate
from ecg_bench.adapters.finetune import Adapter, finetune, merge, sweep
from ecg_bench.cli import cli
from ecg_bench.errors import UserError
from tests.adapters.finetune.made import make_base, make_rows, recipe

STRONG = ("training.epochs=6", "training.learning_rate=1e-2", "lora.r=8")


@pytest.fixture(scope="module")
def adapter(base: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """Return an adapter that changes answers."""
    out = tmp_path_factory.mktemp("use") / "adapter"
    return finetune(f"hf/{base}", rows, out, recipe(*STRONG), quiet=True)


def logits(folder: Path, peft: Path | None = None) -> torch.Tensor:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    model = model if peft is None else PeftModel.from_pretrained(model, peft)
    ids = torch.arange(4, 68).reshape(2, 32)
    with torch.no_grad():
        found: torch.Tensor = model.eval()(input_ids=ids).logits
    return found


def test_the_merged_model_equals_the_adapter_on_its_base(base: Path, adapter: Adapter, tmp_path: Path) -> None:
    record = merge(adapter.path, tmp_path / "merged")
    unmerged = logits(base, adapter.path)
    torch.testing.assert_close(logits(tmp_path / "merged"), unmerged, atol=1e-5, rtol=1e-5)
    assert (unmerged - logits(base)).abs().max() > 0.1, "the adapter changes something"
    assert json.loads((tmp_path / "merged" / "system.json").read_text()) == record
    assert not list((tmp_path / "merged").glob("*.bin"))


def test_a_merged_output_layer_leaves_the_embedding_that_shared_its_weights(rows: Path, tmp_path: Path) -> None:
    base = make_base(tmp_path / "base", tied=True)
    found = finetune(f"hf/{base}", rows, tmp_path / "adapter", recipe(*STRONG), quiet=True)
    merge(found.path, tmp_path / "merged")
    unmerged = logits(base, found.path)
    torch.testing.assert_close(logits(tmp_path / "merged"), unmerged, atol=1e-5, rtol=1e-5)


def test_a_base_that_moved_is_named_and_nothing_is_overwritten(base: Path, adapter: Adapter, tmp_path: Path) -> None:
    moved = shutil.copytree(base, tmp_path / "moved")
    merge(adapter.path, tmp_path / "merged", base=f"hf/{moved}")
    with pytest.raises(UserError, match="is there already: choose another --out"):
        merge(adapter.path, tmp_path / "merged")
    with pytest.raises(UserError, match=r"there is no system\.json"):
        merge(base, tmp_path / "two")


def run_of(model: Path, out: Path, pack: Path, **arguments: Any) -> Any:
    args = {name: str(value) for name, value in arguments.items()}
    tasks = ("toy/choice",)
    return evaluate(
        f"hf/{model}", tasks, model_args=args, out=out, include=[pack], quiet=True, mode="loglikelihood", cache=False
    )


def test_hf_answers_with_the_adapter_as_the_merged_model_does_and_records_both_hashes(
    base: Path, adapter: Adapter, pack: Any, tmp_path: Path
) -> None:
    from ecg_bench.files import sha256_of

    folder = pack()
    merge(adapter.path, tmp_path / "merged")
    one = run_of(base, tmp_path / "one", folder, peft=adapter.path)
    two = run_of(tmp_path / "merged", tmp_path / "two", folder)
    plain = run_of(base, tmp_path / "plain", folder)
    outputs = [[sample["output"] for sample in run.samples()] for run in (one, two, plain)]
    assert outputs[0] == outputs[1]
    identity = json.loads((tmp_path / "one" / "run.json").read_text())["system"]["identity"]["adapter"]
    assert identity["card"] == sha256_of((adapter.path / "system.json").read_bytes())[:32]
    assert identity["weights"]
    assert identity["chat_template"] == adapter.card["chat"]["template"]


def test_an_adapter_for_another_base_of_the_same_shape_and_name_is_refused(
    base: Path, adapter: Adapter, pack: Any, tmp_path: Path
) -> None:
    other = make_base(tmp_path / base.name, seed=9)
    with pytest.raises(UserError, match="has other weights: adapters fit one model only"):
        run_of(other, tmp_path / "run", pack(), peft=adapter.path)
    with pytest.raises(UserError, match="has other weights"):
        merge(adapter.path, tmp_path / "merged", base=f"hf/{other}")
    assert not (tmp_path / "merged").exists()


def test_an_adapter_that_is_not_trained_to_its_end_is_refused(
    base: Path, adapter: Adapter, pack: Any, tmp_path: Path
) -> None:
    part = shutil.copytree(adapter.path, tmp_path / "part")
    (part / "system.json").write_text(json.dumps({**adapter.card, "status": "unfinished"}))
    with pytest.raises(UserError, match="is not trained to its end: go on with ecg-bench finetune --resume"):
        run_of(base, tmp_path / "run", pack(), peft=part)


def test_another_chat_template_than_the_trained_one_is_noticed(
    base: Path, adapter: Adapter, pack: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pack()
    run = run_of(base, tmp_path / "run", folder, peft=adapter.path, chat_template="none")
    assert "trained with another chat template" in str(run.header.model_dump()) + capsys.readouterr().err


def test_vllm_takes_the_adapter_at_its_boundary_and_refuses_another_base(
    base: Path, adapter: Adapter, tmp_path: Path
) -> None:
    """Up to where vLLM itself would be loaded: what it is told of the adapter, and that the base is checked."""
    from ecg_bench.backends.vllm._adapter import read_adapter
    from ecg_bench.backends.vllm._load import _check

    found = read_adapter(str(adapter.path), adapter.path)
    assert found.rank == 8
    assert found.modules == sorted(
        ["down_proj", "gate_proj", "k_proj", "lm_head", "o_proj", "q_proj", "up_proj", "v_proj"]
    )
    arguments = {"peft": str(adapter.path), "revision": None, "trust_remote_code": False}
    assert _check(found, str(base), str(base), arguments) == []
    other = str(make_base(tmp_path / "other", seed=9))
    with pytest.raises(UserError, match=f"vllm/{other} has other weights"):
        _check(found, other, other, arguments)


def test_a_sweep_selects_on_the_selection_split_and_says_what_it_can_tell_apart(
    base: Path, rows: Path, tmp_path: Path
) -> None:
    fields = {"training.learning_rate": [1e-6, 1e-2], "lora.r": [4, 8]}
    fixed = recipe("training.epochs=3", "evaluation.every=1 epoch")
    found = sweep(f"hf/{base}", rows, tmp_path / "sweep", fixed, fields=fields, quiet=True)
    assert len(found) == 4
    assert [one.loss for one in found] == sorted(one.loss for one in found)
    assert found[0].values["training.learning_rate"] == 1e-2
    assert found[0].p is None
    assert [one.apart for one in found[-2:]] == [True, True], "a rate of 1e-6 learns nothing"
    for one in found[1:]:
        assert one.difference == pytest.approx(one.loss - found[0].loss, abs=1e-6)
    record = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert record["best"] == found[0].name == record["settings"][0]["name"]
    table = (tmp_path / "sweep" / "sweep.md").read_text()
    assert table.count("\n| training.learning_rate=") == 4
    assert "has the lowest loss" in table
    assert "<svg" in (tmp_path / "sweep" / "sweep.svg").read_text()
    with pytest.raises(UserError, match="is not empty"):
        sweep(f"hf/{base}", rows, tmp_path / "sweep", fixed, fields=fields, quiet=True)


def test_a_sweep_without_a_selection_split_or_with_one_setting_is_refused(
    base: Path, rows: Path, tmp_path: Path
) -> None:
    bare = make_rows(tmp_path / "pack", 8, 0)
    with pytest.raises(UserError, match="nothing else may be selected on"):
        sweep(f"hf/{base}", bare, tmp_path / "a", recipe(), fields={"lora.r": [4, 8]}, quiet=True)
    with pytest.raises(UserError, match="compares several settings"):
        sweep(f"hf/{base}", rows, tmp_path / "a", recipe(), fields={"lora.r": [4]}, quiet=True)
    assert not (tmp_path / "a").exists()


def test_equal_settings_are_not_told_apart(base: Path, rows: Path, tmp_path: Path) -> None:
    fields = {"evaluation.batch_size": [4, 8]}  # changes nothing that is learned
    found = sweep(f"hf/{base}", rows, tmp_path / "s", recipe("training.max_steps=2"), fields=fields, quiet=True)
    assert not found[1].apart
    assert "can't be told from 1 of the 1 others" in (tmp_path / "s" / "sweep.md").read_text()


def test_the_command_trains_merges_and_sweeps(base: Path, rows: Path, tmp_path: Path) -> None:
    where = ["--base", f"hf/{base}", "--data", str(rows), "--config", "lora-small.yaml"]
    steps = ["--set", "training.max_steps=2"]
    runner = CliRunner()
    done = runner.invoke(cli, ["finetune", *where, "--out", str(tmp_path / "a"), *steps, "--resume", "--quiet"])
    assert done.exit_code == 0, done.output
    assert "32 trained on (0 dropped, 0 truncated), 8 to select on" in done.output
    done = runner.invoke(cli, ["finetune", "merge", str(tmp_path / "a"), "--out", str(tmp_path / "m")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "m" / "model.safetensors").exists()
    values = ["--set", "lora.r=2,4", "--out", str(tmp_path / "s"), "--quiet"]
    done = runner.invoke(cli, ["finetune", "sweep", *where, *steps, *values])
    assert done.exit_code == 0, done.output
    assert {one.name for one in (tmp_path / "s").iterdir() if one.is_dir()} == {"lora.r=2", "lora.r=4"}


def test_the_command_names_what_is_missing() -> None:
    done = CliRunner().invoke(cli, ["finetune", "--base", "hf/x"])
    assert done.exit_code == 2
    assert "Missing option '--data'" in done.output
