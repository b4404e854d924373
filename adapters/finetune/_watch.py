"""What is told of each step: the log, the progress bar, the marks of whole checkpoints."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from ecg_bench.adapters.finetune._config import EvaluationConfig
from ecg_bench.adapters.finetune._energy import EnergyMeter
from ecg_bench.adapters.finetune._failures import check_finite
from ecg_bench.adapters.finetune._folder import LOG, MARK, AdapterFolder, is_first
from ecg_bench.adapters.finetune._history import judge
from ecg_bench.adapters.finetune._progress import Display
from ecg_bench.files import to_json, write_whole

COLUMNS = ("step", "epoch", "loss", "lr", "grad_norm", "eval_loss", "exact_match", "tokens_per_s")


class Watch(TrainerCallback):  # type: ignore[misc]
    """Writes the log, shows progress, stops what has diverged, and marks checkpoints as whole.

    Parameters
    ----------
    folder : AdapterFolder
        Where the log and the checkpoints are.
    config : EvaluationConfig
        Which weights are kept.
    spent : mapping
        What earlier processes spent until the checkpoint that this one begins at: ``wall_s`` and ``joules``.
    step : int
        The step of that checkpoint, or 0.
    evaluates : bool
        Whether there is a selection split.
    display : Display
        Where progress is shown.
    """

    def __init__(
        self,
        folder: AdapterFolder,
        config: EvaluationConfig,
        spent: Mapping[str, float],
        step: int,
        *,
        evaluates: bool,
        display: Display,
    ) -> None:
        self._folder, self._config, self._evaluates = folder, config, evaluates
        self._display = display
        self._earlier = spent.get("wall_s", 0.0)
        self.meter = EnergyMeter(spent.get("joules", 0.0))
        self._start = self._mark = time.monotonic()
        self._seconds, self._tokens = 0.0, 0
        # Of several processes only the first one writes.
        self._log = StepLog(folder.path / LOG, step) if is_first() else None
        self._board = _tensorboard(folder.path, step) if is_first() else None

    @property
    def wall_s(self) -> float:
        """Seconds of training that count, over all processes."""
        return self._earlier + time.monotonic() - self._start

    def on_train_begin(self, args: Any, state: Any, control: Any, **_kwargs: Any) -> None:
        self._start = self._mark = time.monotonic()
        self._tokens = state.num_input_tokens_seen
        self._display.begin(state.max_steps, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_kwargs: Any) -> Any:
        self._seconds = time.monotonic() - self._mark
        self.meter.poll()
        if self._evaluates and state.global_step >= state.max_steps:
            control.should_evaluate = True
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_kwargs: Any) -> None:
        logs = dict(logs or {})
        check_finite(logs, state.global_step)
        self._mark = time.monotonic()
        if self._log is None or not ("loss" in logs or "eval_loss" in logs):
            return
        rate = None
        if "loss" in logs:
            seconds = max(self._seconds, 1e-9)
            rate = round((state.num_input_tokens_seen - self._tokens) / seconds, 1)
            self._tokens = state.num_input_tokens_seen
        row = {
            "step": state.global_step,
            "epoch": logs.get("epoch"),
            "loss": logs.get("loss"),
            "lr": logs.get("learning_rate"),
            "grad_norm": logs.get("grad_norm"),
            "eval_loss": logs.get("eval_loss"),
            "exact_match": logs.get("eval_exact_match"),
            "tokens_per_s": rate,
        }
        self._log.add(row)
        self._display.show(row)
        if self._board is not None:
            for name, value in row.items():
                if value is not None and name != "step":
                    self._board.add_scalar(name, value, state.global_step)

    def on_evaluate(self, args: Any, state: Any, control: Any, **_kwargs: Any) -> None:
        self._mark = time.monotonic()

    def on_save(self, args: Any, state: Any, control: Any, **_kwargs: Any) -> None:
        if self._log is not None:
            checkpoint = self._folder.checkpoints / f"checkpoint-{state.global_step}"
            write_whole(checkpoint / MARK, to_json({"wall_s": self.wall_s, "joules": self.meter.joules}))
            kept = judge(state.log_history, self._config).kept
            if kept is not None:
                self._folder.drop_kept_before(kept)
        self._mark = time.monotonic()

    def close(self) -> None:
        """End the display and the logs."""
        self._display.end()
        if self._board is not None:
            self._board.close()


class StepLog:
    """A CSV file with a row for each step and each evaluation.

    Parameters
    ----------
    path : Path
        The file; rows after `step`, which a killed process left, are removed.
    step : int
        The step to go on from.
    """

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        rows = [row for row in read_log(path) if int(row["step"]) <= step] if step and path.exists() else []
        write_whole(path, _line(COLUMNS) + "".join(_line(row.get(name, "") for name in COLUMNS) for row in rows))

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row."""
        with self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(_line("" if row[name] is None else row[name] for name in COLUMNS))


def read_log(path: Path) -> list[dict[str, str]]:
    """Return the rows of a log; a last one that was cut off when its process was killed is left out."""
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    return list(csv.DictReader(io.StringIO(whole)))


def _line(values: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue()


def _tensorboard(folder: Path, step: int) -> Any:
    """Return a writer for tensorboard, where that is installed."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1 if step else None)
