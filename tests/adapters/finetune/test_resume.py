"""A training that is killed goes on as if nothing had happened, and never over something else."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.adapters.finetune import finetune
from ecg_bench.adapters.finetune._watch import Watch
from ecg_bench.errors import UserError
from tests.adapters.finetune.made import conversations, make_base, make_rows, recipe, write_rows

ROOT = Path(__file__).parents[3]
# Dropout draws from the random numbers that must be restored; accumulation and 30 rows make uneven ends of epochs.
CHANGES = (
    *("lora.dropout=0.2", "lora.r=4", "training.epochs=6", "training.batch_size=4", "training.accumulation=2"),
    *("checkpoint.every=3 steps", "evaluation.every=5 steps"),
)
COLUMNS = ("step", "epoch", "loss", "lr", "grad_norm", "eval_loss", "exact_match")


@pytest.fixture(scope="module")
def pack_30(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rows(tmp_path_factory.mktemp("pack"), 30, 6)


@pytest.fixture(scope="module")
def whole(base: Path, pack_30: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a training that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole") / "adapter"
    finetune(f"hf/{base}", pack_30, out, recipe(*CHANGES), quiet=True)
    return out


def curve(out: Path) -> list[list[str]]:
    with (out / "log.csv").open(encoding="utf-8", newline="") as file:
        return [[row[name] for name in COLUMNS] for row in csv.DictReader(file)]


def command(base: Path, rows: Path, out: Path) -> list[str]:
    options = [word for change in CHANGES for word in ("--set", change)]
    where = ["--base", f"hf/{base}", "--data", str(rows), "--out", str(out), "--config", "lora-small.yaml"]
    return [sys.executable, "-m", "ecg_bench", "finetune", *where, *options, "--resume", "--quiet"]


@pytest.mark.slow
def test_after_kill_9_the_losses_are_those_of_an_uninterrupted_training(
    base: Path, pack_30: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "adapter"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command(base, pack_30, out), env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if (out / "log.csv").exists() and len((out / "log.csv").read_text().splitlines()) > 10:
            break
        time.sleep(0.005)
    assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len({row[0] for row in curve(out)})
    assert 7 <= done < 24, "killed in the middle"
    assert not (out / "adapter_model.safetensors").exists()
    subprocess.run(command(base, pack_30, out), env=environment, check=True, capture_output=True)
    assert curve(out) == curve(whole)
    assert (out / "adapter_model.safetensors").read_bytes() == (whole / "adapter_model.safetensors").read_bytes()
    assert not (out / "checkpoints").exists()


class KilledError(Exception):
    """In place of a signal."""


def interrupt(base: Path, rows: Path, out: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train until a step was logged, and fall over there."""
    log = Watch.on_log

    def fall(self: Watch, args: Any, state: Any, *rest: Any, **options: Any) -> None:
        log(self, args, state, *rest, **options)
        if state.global_step >= step:
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_log", fall)
        with pytest.raises(KilledError):
            finetune(f"hf/{base}", rows, out, recipe(*CHANGES), quiet=True)


@pytest.mark.parametrize("step", [2, 4, 11, 24])
def test_it_goes_on_from_any_step(
    base: Path, pack_30: Path, whole: Path, tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first checkpoint, in the second epoch of four steps, between checkpoints, and at the very end."""
    out = tmp_path / "adapter"
    interrupt(base, pack_30, out, step, monkeypatch)
    finetune(f"hf/{base}", pack_30, out, recipe(*CHANGES), resume=True, quiet=True)
    assert curve(out) == curve(whole)
    assert (out / "adapter_model.safetensors").read_bytes() == (whole / "adapter_model.safetensors").read_bytes()


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(
    base: Path, pack_30: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "adapter"
    interrupt(base, pack_30, out, 8, monkeypatch)
    broken = out / "checkpoints" / "checkpoint-6"
    (broken / "complete.json").unlink()
    (broken / "optimizer.pt").write_bytes(b"PK")
    finetune(f"hf/{base}", pack_30, out, recipe(*CHANGES), resume=True, quiet=True)
    assert curve(out) == curve(whole)


def test_a_finished_training_is_left_as_it_is(base: Path, pack_30: Path, whole: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.iterdir()}
    again = finetune(f"hf/{base}", pack_30, whole, recipe(*CHANGES), resume=True, quiet=True)
    assert again.card["status"] == "complete"
    assert {path: path.stat().st_mtime_ns for path in whole.iterdir()} == before


def test_without_resume_an_adapter_is_never_written_over(base: Path, pack_30: Path, whole: Path) -> None:
    before = (whole / "adapter_model.safetensors").read_bytes()
    with pytest.raises(UserError, match="holds a finished adapter: go on with --resume, or choose another --out"):
        finetune(f"hf/{base}", pack_30, whole, recipe(*CHANGES), quiet=True)
    assert (whole / "adapter_model.safetensors").read_bytes() == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_with_something_else_is_left_alone(base: Path, pack_30: Path, tmp_path: Path, resume: bool) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty: choose another --out"):
        finetune(f"hf/{base}", pack_30, tmp_path, recipe(*CHANGES), resume=resume, quiet=True)
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


def test_another_recipe_is_refused_with_the_difference(base: Path, pack_30: Path, whole: Path) -> None:
    other = recipe(*CHANGES, "training.learning_rate=1e-3", "lora.r=8")
    with pytest.raises(UserError) as caught:
        finetune(f"hf/{base}", pack_30, whole, other, resume=True, quiet=True)
    assert "config.lora.r: 4 → 8; config.training.learning_rate: 0.002 → 0.001 (before → now)" in str(caught.value)


def test_other_data_are_refused(base: Path, whole: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", conversations(12))
    with pytest.raises(
        UserError, match=r"data\.selection\.rows: 6 → nothing; .*data\.sha256: .*data\.train\.rows: 30 → 12"
    ):
        finetune(f"hf/{base}", rows, whole, recipe(*CHANGES), resume=True, quiet=True)


def test_another_base_is_refused_and_a_moved_one_is_not(base: Path, pack_30: Path, whole: Path, tmp_path: Path) -> None:
    other = make_base(tmp_path / "other", seed=1)
    with pytest.raises(UserError, match=r"base\.files\.weights: "):
        finetune(f"hf/{other}", pack_30, whole, recipe(*CHANGES), resume=True, quiet=True)
    moved = shutil.copytree(base, tmp_path / "moved")
    finetune(f"hf/{moved}", pack_30, whole, recipe(*CHANGES), resume=True, quiet=True)


def test_two_processes_do_not_train_in_one_folder(base: Path, pack_30: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    with FileLock(tmp_path / ".lock"), pytest.raises(UserError, match="another process is training there"):
        finetune(f"hf/{base}", pack_30, tmp_path, recipe(*CHANGES), quiet=True)


def test_the_time_before_the_kill_counts(
    base: Path, pack_30: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "adapter"
    interrupt(base, pack_30, out, 8, monkeypatch)
    mark = out / "checkpoints" / "checkpoint-6" / "complete.json"
    mark.write_text(json.dumps({"wall_s": 1000.0, "joules": 7200.0}))
    card = finetune(f"hf/{base}", pack_30, out, recipe(*CHANGES), resume=True, quiet=True).card
    assert card["cost"]["wall_s"] > 1000
    assert card["cost"]["tokens"] == 6 * card["data"]["train"]["tokens"]
