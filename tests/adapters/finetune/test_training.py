"""Training does what it says: it learns, repeats, stops, keeps the best, and says what went wrong."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from ecg_bench.adapters.finetune import Adapter, finetune, read_recipe
from ecg_bench.adapters.finetune._base import add_adapter, find_base, load_base
from ecg_bench.adapters.finetune._chat import Chat
from ecg_bench.adapters.finetune._examples import Collator, Examples, Order
from ecg_bench.adapters.finetune._folder import AdapterFolder
from ecg_bench.adapters.finetune._history import Verdict, judge
from ecg_bench.adapters.finetune._rows import read_training_rows
from ecg_bench.adapters.finetune._trainer import AnswerTrainer
from ecg_bench.errors import UserError
from tests.adapters.finetune.made import conversation, conversations, make_base, make_rows, recipe, write_rows

ROOT = Path(__file__).parents[3]
SHORT = ("training.epochs=1", "training.batch_size=8", "lora.r=4")


def log_of(adapter: Adapter) -> list[dict[str, str]]:
    with (adapter.path / "log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def train(base: Path, rows: Path, out: Path, *changes: str, **options: Any) -> Adapter:
    return finetune(f"hf/{base}", rows, out, recipe(*changes), quiet=True, **options)


def make_trainer(base: Path, rows: Path, out: Path, *changes: str) -> AnswerTrainer:
    """Return a trainer that wasn't started, to look inside."""
    from transformers import AutoTokenizer, set_seed

    config = recipe(*changes)
    data = read_training_rows(rows)
    chat = Chat(AutoTokenizer.from_pretrained(base), "hf/x", "auto", {})
    examples = [Examples(part, chat, 512, "drop") for part in (data.train, data.selection)]
    set_seed(config.training.seed)
    model = add_adapter(load_base(find_base(f"hf/{base}"), config.model), config, "x")
    return AnswerTrainer(model, config, AdapterFolder(out), *examples, 2, [])


@pytest.fixture(scope="module")
def trained(base: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """Return an adapter of a short training."""
    return train(base, rows, tmp_path_factory.mktemp("trained") / "adapter", *SHORT)


@pytest.mark.slow
def test_a_model_memorises_32_pairs(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", conversations(32))
    base = make_base(tmp_path / "base", hidden=64)
    pace = (
        "training.epochs=100",
        "training.batch_size=16",
        "training.learning_rate=5e-3",
        "checkpoint.every=1000 steps",
    )
    adapter = train(base, rows, tmp_path / "out", *pace, "lora.r=32", "lora.alpha=64")
    assert float(log_of(adapter)[-1]["loss"]) < 0.05
    assert adapter.card["result"]["train_loss"] < 0.05


def test_the_loss_is_that_of_transformers_on_the_same_labels(base: Path, rows: Path, tmp_path: Path) -> None:
    trainer = make_trainer(base, rows, tmp_path)
    batch = Collator(2)([trainer.train_dataset[n] for n in range(6)])
    model = trainer.model.eval()
    with torch.no_grad():
        expected = model(**batch).loss
        found = trainer.compute_loss(model, batch)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)


def test_logits_are_computed_for_answers_only(base: Path, rows: Path, tmp_path: Path) -> None:
    trainer = make_trainer(base, rows, tmp_path)
    batch = Collator(2)([trainer.train_dataset[n] for n in range(6)])
    shapes = []
    trainer.model.get_base_model().get_output_embeddings().register_forward_hook(
        lambda _module, _inputs, logits: shapes.append(tuple(logits.shape))
    )
    trainer.compute_loss(trainer.model, batch)
    assert shapes == [(1, int((batch["labels"] != -100).sum()), trainer.model.config.vocab_size)]


def test_every_tensor_of_the_adapter_gets_a_gradient(base: Path, rows: Path, tmp_path: Path) -> None:
    trainer = make_trainer(base, rows, tmp_path)
    assert_all_learn(trainer)


def assert_all_learn(trainer: AnswerTrainer) -> None:
    """Check each LoRA tensor's gradient, with the second matrices no longer 0, behind which the first learn nothing."""
    own = {name: p for name, p in trainer.model.named_parameters() if p.requires_grad}
    assert all("lora_" in name for name in own)
    assert len(own) == 2 * (2 * 7 + 1), "seven layers in each of two blocks, and the output layer"
    for name, parameter in own.items():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    batch = Collator(2)([trainer.train_dataset[n] for n in range(6)])
    trainer.model.train()
    trainer.compute_loss(trainer.model, batch).backward()
    still = [name for name, p in own.items() if p.grad is None or not p.grad.abs().max() > 0]
    assert not still


@pytest.mark.slow
@pytest.mark.parametrize("checkpointing", ["false", "true"])
def test_a_4_bit_base_still_teaches_every_tensor_after_an_evaluation(
    base: Path, rows: Path, tmp_path: Path, checkpointing: str
) -> None:
    """On CPUs with AVX512-BF16, bitsandbytes repacks the weights in the first evaluation and loses their gradient."""
    pytest.importorskip("bitsandbytes")
    changes = ("model.quantization=nf4", "model.precision=bfloat16")
    again = f"training.gradient_checkpointing={checkpointing}"
    trainer = make_trainer(base, rows, tmp_path, *changes, again)
    kinds = {type(module).__name__ for module in trainer.model.modules()}
    assert "Linear4bit" in kinds, "the base is in 4 bits"
    before = trainer.evaluate()["eval_loss"]
    assert_all_learn(trainer)
    trainer.train()
    assert trainer.evaluate()["eval_loss"] < before


def test_a_training_repeats_exactly_under_its_seed(base: Path, rows: Path, trained: Adapter, tmp_path: Path) -> None:
    again = train(base, rows, tmp_path / "again", *SHORT)
    assert again.card["adapter"]["sha256"] == trained.card["adapter"]["sha256"]
    columns = ("step", "loss", "lr", "grad_norm", "eval_loss")
    assert [[row[c] for c in columns] for row in log_of(again)] == [
        [row[c] for c in columns] for row in log_of(trained)
    ]
    other = train(base, rows, tmp_path / "other", *SHORT, "training.seed=1")
    assert other.card["adapter"]["sha256"] != trained.card["adapter"]["sha256"]


def test_accumulated_batches_are_one_large_batch(base: Path, rows: Path, tmp_path: Path) -> None:
    """The mean is taken over all answer tokens of a step, and not over the means of batches."""
    steps = ("training.max_steps=2", "data.group_by_length=false", "training.max_grad_norm=0")
    one = train(base, rows, tmp_path / "one", *steps, "training.batch_size=8", "training.accumulation=1")
    two = train(base, rows, tmp_path / "two", *steps, "training.batch_size=2", "training.accumulation=4")
    losses = [[float(row["loss"]) for row in log_of(adapter) if row["loss"]] for adapter in (one, two)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_order_depends_on_seed_and_epoch_only_and_groups_by_length() -> None:
    lengths = [n % 37 + 1 for n in range(1000)]
    order = Order(lengths, 8, 3, grouped=True)
    first = list(order)
    order.set_epoch(1)
    second = list(order)
    order.set_epoch(0)
    assert list(order) == first != second
    assert sorted(first) == sorted(second) == list(range(1000))
    batches = [[lengths[i] for i in first[n : n + 8]] for n in range(0, 1000, 8)]
    assert 37 in batches[0], "the longest comes first"
    padding = sum(max(batch) * len(batch) - sum(batch) for batch in batches)
    plain = list(Order(lengths, 8, 3, grouped=False))
    whole = [[lengths[i] for i in plain[n : n + 8]] for n in range(0, 1000, 8)]
    assert padding < 0.1 * sum(max(batch) * len(batch) - sum(batch) for batch in whole)


def entry(step: int, loss: float) -> dict[str, float]:
    return {"step": step, "eval_loss": loss}


def test_the_best_step_is_kept_and_patience_counts_from_it() -> None:
    config = recipe("evaluation.patience=2", "evaluation.min_improvement=0.1").evaluation
    history = [{"step": 1, "loss": 9.0}, entry(1, 3.0), entry(2, 2.0), entry(3, 1.95), entry(4, 2.5)]
    assert judge(history[:3], config) == Verdict(2, 2, 0)
    assert judge(history, config) == Verdict(2, 2, 2)
    assert judge(history, config).stops(config)
    assert not judge(history[:4], config).stops(config)
    last = recipe("evaluation.keep=last").evaluation
    assert judge(history, last).kept == 4
    assert judge([], last) == Verdict(None, None, 0)


@pytest.mark.slow
def test_a_training_that_gets_worse_stops_early_and_keeps_its_best(base: Path, tmp_path: Path) -> None:
    """Answers that contradict the selection split's: the better they are learned, the worse it gets."""
    rows = tmp_path / "pack"
    write_rows(rows / "train" / "a.jsonl", [conversation(f"Rate {n}?", "apex apex apex", id=str(n)) for n in range(16)])
    test = [conversation(f"Rate {n}?", "node pause", id=f"s{n}") for n in range(16)]
    write_rows(rows / "train" / "selection.jsonl", test)
    changes = ("training.epochs=50", "training.learning_rate=1e-2", "evaluation.every=4 steps", "evaluation.patience=2")
    adapter = train(base, rows, tmp_path / "out", *changes)
    result = adapter.card["result"]
    losses = {int(row["step"]): float(row["eval_loss"]) for row in log_of(adapter) if row["eval_loss"]}
    assert result["stopped_early"]
    assert result["steps"] < 100
    assert result["kept_step"] == result["best_step"] == min(losses, key=lambda step: losses[step])
    assert result["selection_loss"] == min(losses.values())
    scores = [json.loads(line) for line in (adapter.path / "selection.jsonl").read_text().splitlines()]
    mean = sum(row["loss"] for row in scores) / sum(row["tokens"] for row in scores)
    assert mean == pytest.approx(result["selection_loss"], rel=1e-6), "the rows' losses are those of the kept weights"


def test_what_is_left_is_an_adapter_its_log_its_plot_and_its_card(base: Path, trained: Adapter) -> None:
    names = {one.name for one in trained.path.iterdir() if not one.name.startswith(".")}
    expected = {"adapter_config.json", "adapter_model.safetensors", "chat_template.jinja", "log.csv", "loss.svg"}
    assert names - {"tensorboard"} == expected | {"selection.jsonl", "system.json"}
    weights = load_file(trained.path / "adapter_model.safetensors")
    assert all("lora_" in name for name in weights), "no copy of the base's own weights"
    rows = log_of(trained)
    assert [row["step"] for row in rows if row["loss"]] == ["1", "2", "3", "4"]
    assert rows[-1]["eval_loss"], "the last step is always evaluated"
    plot = (trained.path / "loss.svg").read_text()
    assert "training" in plot
    assert "selection" in plot


def test_the_card_says_what_was_made_of_what(base: Path, rows: Path, trained: Adapter) -> None:
    card = trained.card
    data = read_training_rows(rows)
    assert json.loads((trained.path / "system.json").read_text()) == card
    assert card["status"] == "complete"
    assert card["base"]["files"]["weights"].endswith("(whole files)")
    assert card["data"]["sha256"] == data.digest
    assert card["data"]["train"]["used"] == 32
    assert card["data"]["documents"] == data.documents()
    assert card["config"]["lora"]["r"] == 4
    assert card["packages"]["torch"] == torch.__version__
    cost = card["cost"]
    assert cost["tokens"] == card["data"]["train"]["tokens"], "one epoch"
    assert cost["wall_s"] > 0
    assert (cost["energy_wh"] is None) == cost["energy_source"].startswith("neither")
    assert card["chat"]["ends_with"] == ["<|end|>"]
    assert not card["notices"]


def test_without_a_selection_split_the_last_weights_are_kept_and_it_is_said(base: Path, tmp_path: Path) -> None:
    adapter = train(base, make_rows(tmp_path / "pack", 16, 0), tmp_path / "out", *SHORT)
    assert "no selection split" in adapter.card["notices"][0]
    assert adapter.selection_loss is None
    assert adapter.card["result"]["kept_step"] == adapter.card["result"]["steps"] == 2
    assert (adapter.path / "adapter_model.safetensors").exists()


def test_answers_that_would_run_on_are_announced(chat_llama: Path, rows: Path, tmp_path: Path) -> None:
    """The shared small Llama stops at </s>, and its template ends a turn with another token."""
    adapter = train(chat_llama, rows, tmp_path / "out", "training.max_steps=1")
    assert "<|end|>, which is not among the eos_token_id" in adapter.card["notices"][0]


def test_layers_can_be_named_and_unknown_ones_are_refused(base: Path, rows: Path, tmp_path: Path) -> None:
    changes = ("training.max_steps=1", "lora.lm_head=false")
    adapter = train(base, rows, tmp_path / "out", *changes, "lora.targets=[q_proj]")
    names = load_file(adapter.path / "adapter_model.safetensors")
    assert all("q_proj" in name for name in names)
    with pytest.raises(UserError, match=r"no linear layer 'query' \(it has down_proj, .*q_proj"):
        train(base, rows, tmp_path / "two", *changes, "lora.targets=[query]")


def test_a_training_that_diverges_is_stopped(base: Path, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is (nan|inf) at step \d+: the training has diverged"):
        train(base, rows, tmp_path / "out", "training.learning_rate=1e30", "training.max_grad_norm=0", "lora.alpha=1e6")
    assert not (tmp_path / "out" / "adapter_model.safetensors").exists()


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError(), RuntimeError("can't allocate memory")]
)
def test_too_little_memory_is_answered_with_what_to_lower(
    base: Path, rows: Path, tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(AnswerTrainer, "compute_loss", fail)
    with pytest.raises(UserError, match="the memory does not suffice") as caught:
        train(base, rows, tmp_path / "out")
    for remedy in ("batch_size=4 --set training.accumulation=2", "gradient_checkpointing", "nf4", "max_length=512"):
        assert remedy in str(caught.value)


def test_other_errors_are_not_taken_for_it(
    base: Path, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(AnswerTrainer, "compute_loss", fail)
    with pytest.raises(RuntimeError, match="shapes differ"):
        train(base, rows, tmp_path / "out")


def test_rows_that_are_all_too_long_are_refused(base: Path, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"all 32 rows are longer than data.max_length=16 \(up to \d+ tokens\)"):
        train(base, rows, tmp_path / "out", "data.max_length=16")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", ["small", "openai/gpt", "hf/", "hf/./nowhere"])
def test_a_base_that_is_none_is_refused(given: str, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        finetune(given, rows, tmp_path / "out", recipe(), quiet=True)
    assert not (tmp_path / "out").exists()


def test_counters_of_energy_are_added_up_over_their_end(tmp_path: Path) -> None:
    from ecg_bench.adapters.finetune._energy import EnergyMeter

    for name in ("intel-rapl:0", "intel-rapl:0:0"):  # a package, and a part of it that must not count twice
        (tmp_path / name).mkdir()
        (tmp_path / name / "max_energy_range_uj").write_text("10000000\n")
        (tmp_path / name / "energy_uj").write_text("9000000\n")
    meter = EnergyMeter(100.0, tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("2000000\n")
    meter.poll()
    assert meter.joules == pytest.approx(103.0)
    assert meter.report() == {"energy_wh": 0.029, "energy_source": "RAPL 0"}


def test_without_counters_the_energy_is_unknown_and_it_is_said_why(tmp_path: Path) -> None:
    from ecg_bench.adapters.finetune._energy import EnergyMeter

    report = EnergyMeter(0.0, tmp_path).report()
    if "NVML GPU" in report["energy_source"]:
        pytest.skip("this machine has GPUs that count")
    assert report == {
        "energy_wh": None,
        "energy_source": "neither RAPL (readable by root only) nor NVML gives a counter",
    }


def test_the_study_s_recipe_runs_on_a_cpu(base: Path, rows: Path, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    config = read_recipe("qlora.yaml", ["training.max_steps=1", "lora.r=8"])
    adapter = finetune(f"hf/{base}", rows, tmp_path / "out", config, quiet=True)
    assert adapter.card["config"]["model"]["quantization"] == "nf4"
    assert adapter.selection_loss is not None


@pytest.mark.slow
def test_two_processes_make_the_steps_of_one_with_twice_the_batch(base: Path, rows: Path, tmp_path: Path) -> None:
    """The loss is the mean over the answer tokens of both; each evaluates a half, and one writes."""
    changes = ("data.group_by_length=false", "training.max_steps=3", "checkpoint.every=2 steps")
    one = train(base, rows, tmp_path / "one", *changes, "training.batch_size=8")
    options = [word for change in (*changes, "training.batch_size=4") for word in ("--set", change)]
    where = ["--base", f"hf/{base}", "--data", str(rows), "--out", str(tmp_path / "two"), "--config", "lora-small"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    subprocess.run(
        [*launch, "-m", "ecg_bench", "finetune", *where, *options, "--quiet"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true"},
        check=True,
        capture_output=True,
    )
    card = json.loads((tmp_path / "two" / "system.json").read_text())
    two = Adapter(tmp_path / "two", card)
    assert card["hardware"]["processes"] == 2
    for column in ("loss", "eval_loss"):
        losses = [[float(row[column]) for row in log_of(adapter) if row[column]] for adapter in (one, two)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert two.selection_loss == pytest.approx(one.selection_loss, rel=1e-5)


def test_tensorboard_is_told_where_it_is_installed(base: Path, rows: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    adapter = train(base, rows, tmp_path / "out", *SHORT)
    board = EventAccumulator(str(adapter.path / "tensorboard"))
    board.Reload()
    losses = [float(row["loss"]) for row in log_of(adapter) if row["loss"]]
    assert [event.value for event in board.Scalars("loss")] == pytest.approx(losses, rel=1e-6)
