"""A trained classifier, ready to answer: from SCP codes to what a task asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from ecg_bench.adapters.signal._arrays import Traces, stacked
from ecg_bench.adapters.signal._classifier import Classifier
from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.adapters.signal._store import Store
from ecg_bench.adapters.signal._system import KEPT_BYTES, load_weights
from ecg_bench.backends.hf._identity import digest_of_folder
from ecg_bench.domains import Task
from ecg_bench.ecg.scp import codes_in, describe
from ecg_bench.errors import UserError
from ecg_bench.samples import Request, Response
from ecg_bench.task_types.ecg_labels import EcgLabels

Codes = frozenset[str]


class ClassifierSystem:
    """Says which SCP codes are true, in the form that each task asks for.

    Parameters
    ----------
    folder : Path
        The adapter's folder.
    card : mapping
        What it says of itself.
    device : str
        ``auto``, or what torch calls a device.

    Raises
    ------
    UserError
        If its weights can't be loaded.
    """

    def __init__(self, folder: Path, card: Mapping[str, Any], device: str) -> None:
        config = SignalConfig.model_validate({k: v for k, v in card["config"].items() if k != "arch"}, strict=False)
        self._device = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        self._model = Classifier(card["labels"], config.encoder.model_dump())
        load_weights(self._model, folder)
        self._model.to(self._device).eval()
        self._store = Store(config.encoder.hertz, KEPT_BYTES)
        self._prior = frozenset(card["prior"])
        self._tasks: dict[str, Task] = {}
        self.identity = {"arch": card["arch"], "signal": digest_of_folder(folder)["weights"]}

    def expect(self, tasks: Sequence[Task]) -> None:
        """Prepare for some tasks.

        Raises
        ------
        UserError
            If one of them asks for what no code says.
        """
        for task in tasks:
            if task.card.type not in ("ecg_labels", "ecg_qa", "ecg_report"):
                raise UserError(f"this classifier of ECGs can't answer {task.name}: use another model")
        self._tasks |= {task.name: task for task in tasks}

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def answer(self, requests: Sequence[Request]) -> list[Response]:
        """Answer some requests together; one whose ECG can't be opened gets the reason."""
        began = perf_counter()
        opened: list[list[Traces] | UserError] = []
        for request in requests:
            try:
                opened.append([self._store.get(one) for one in request.media if one.kind == "ecg"])
            except UserError as error:
                opened.append(error)
        codes = iter(self._codes([one for found in opened if isinstance(found, list) for one in found]))
        answers = []
        for request, found in zip(requests, opened, strict=True):
            if isinstance(found, UserError):
                answers.append(Response(error=str(found)))
                continue
            own = [next(codes) for _ in found] or [self._prior]
            text = say(self._tasks[request.task], request, own)
            seconds = round((perf_counter() - began) / len(requests), 6)
            answers.append(Response(text, finish_reason="stop", latency_s=seconds))
        return answers

    def _codes(self, traces: Sequence[Traces]) -> list[Codes]:
        if not traces:
            return []
        records = {name: value.to(self._device) for name, value in stacked(traces).items()}
        likely = (self._model.logits(records) > 0).tolist()
        return [frozenset(code for code, true in zip(self._model.labels, row, strict=True) if true) for row in likely]


def say(task: Task, request: Request, codes: Sequence[Codes]) -> str:
    """Return the answer to a request that follows from the codes of its ECGs."""
    kind = task.type
    if isinstance(kind, EcgLabels):
        found = kind.labels_of(codes[0])
        if kind.card.form == "yes_no":
            return f"Answer: {'yes' if kind.labels[request.permutation] in found else 'no'}"
        return f"Answer: {', '.join(found) or 'none'}"
    if task.card.type == "ecg_report":
        return describe(codes[0]) or "Nothing to report."
    # Of two ECGs the questions are about what the second one has and the first one hasn't.
    true = codes[-1] - (codes[0] if len(codes) > 1 else frozenset())
    if {"yes", "no"} <= set(request.options):
        return f"Answer: {'yes' if codes_in(request.question) & true else 'no'}"
    chosen = [option for option in request.options if codes_in(option) & true]
    return f"Answer: {'; '.join(chosen) or 'none'}"
