"""A trained signal adapter, ready to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from ecg_bench.adapters.finetune._folder import WEIGHTS
from ecg_bench.adapters.signal._arrays import stacked
from ecg_bench.adapters.signal._classifier import Classifier
from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.adapters.signal._generate import generate
from ecg_bench.adapters.signal._model import SignalModel
from ecg_bench.adapters.signal._store import Store
from ecg_bench.adapters.signal._trainer import SIGNAL, load_own
from ecg_bench.backends.hf._adapter import attach
from ecg_bench.backends.hf._identity import digest_of_folder
from ecg_bench.backends.hf._load import Placement, load_model, stops_of
from ecg_bench.backends.hf._prompts import Prompts
from ecg_bench.backends.hf._sampling import Chooser, seed_of
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.samples import Request, Response, Usage

KEPT_BYTES = 256 * 2**20  # of ECGs, between questions about the same one


class System:
    """A language model with an encoder.

    Parameters
    ----------
    folder : Path
        The adapter's folder.
    card : mapping
        What it says of itself.
    base : str
        The language model: a folder or an id.
    placement : Placement
        Where it goes.
    chat_template : str
        ``auto`` for the one that it was trained with, else as ``hf/`` models take it.

    Raises
    ------
    UserError
        If something can't be loaded, or belongs to another model.
    """

    def __init__(
        self, folder: Path, card: Mapping[str, Any], base: str, placement: Placement, *, chat_template: str
    ) -> None:
        config = SignalConfig.model_validate({k: v for k, v in card["config"].items() if k != "arch"}, strict=False)
        revision = None if Path(base).is_dir() else card["base"].get("revision")
        loaded = load_model(base, placement, revision=revision, trust_remote_code=False)
        if (folder / WEIGHTS).is_file():
            loaded = attach(loaded, base, str(folder))
        own = folder / "chat_template.jinja"
        template = str(own) if chat_template == "auto" and own.is_file() else chat_template
        self._prompts = Prompts.load(
            base, chat_template=template, arguments=None, revision=revision, trust_remote_code=False
        )
        self._stops = frozenset(stops_of(loaded.model, self._prompts.tokenizer) | self._trained_ends(card))
        self._model = SignalModel(loaded.model, card["arch"], config.encoder.model_dump(), len(card.get("labels", ())))
        load_weights(self._model, folder)
        self._device = loaded.model.get_input_embeddings().weight.device
        self._model.encoder.to(self._device)
        self._model.join.to(self._device)
        self._model.eval()
        self._store = Store(config.encoder.hertz, KEPT_BYTES)
        self._window = getattr(loaded.model.config.get_text_config(), "max_position_embeddings", None)
        self.identity = {
            **loaded.identity,
            "arch": card["arch"],
            "signal": digest_of_folder(folder)["weights"],
            "chat_template": self._prompts.digest,
        }

    def _trained_ends(self, card: Mapping[str, Any]) -> set[int]:
        return set(self._prompts.tokenizer.convert_tokens_to_ids(card["chat"].get("ends_with", [])))

    def expect(self, tasks: Sequence[Task]) -> None:
        """Prepare for some tasks: any will do."""

    def answer(self, requests: Sequence[Request]) -> list[Response]:
        """Answer some requests together; one whose ECG can't be opened gets the reason."""
        began = perf_counter()
        answers: dict[int, Response] = {}
        ready: list[tuple[int, Request, list[int], str, list[Any]]] = []
        for n, request in enumerate(requests):
            try:
                traces = [self._store.get(one) for one in request.media if one.kind == "ecg"]
                text = self._prompts.context(request)
            except UserError as error:
                answers[n] = Response(error=str(error))
                continue
            tokens = self._prompts.encode([text])[0]
            if self._window is not None and len(tokens) >= self._window:
                answers[n] = Response(error=f"the prompt has {len(tokens)} tokens, but the model takes {self._window}")
                continue
            ready.append((n, request, tokens, text, traces))
        if ready:
            traces = [one for *_, found in ready for one in found]
            records = None
            if traces:
                records = {name: value.to(self._device) for name, value in stacked(traces).items()}
            written = generate(
                self._model,
                [tokens for _, _, tokens, _, _ in ready],
                records,
                [row for row, (*_, found) in enumerate(ready) for _ in found],
                limits=[request.params.max_tokens for _, request, *_ in ready],
                stops=self._stops,
                pad=self._prompts.pad,
                choosers=[
                    Chooser(request.params.temperature, seed_of(request, text), self._device)
                    for _, request, _, text, _ in ready
                ],
            )
            seconds = round((perf_counter() - began) / len(ready), 6)
            for (n, _, tokens, _, _), one in zip(ready, written, strict=True):
                answers[n] = Response(
                    self._prompts.decode(list(one.tokens)),
                    finish_reason="stop" if one.ended else "length",
                    usage=Usage(len(tokens), len(one.tokens)),
                    latency_s=seconds,
                )
        return [answers[n] for n in range(len(requests))]


def load_weights(model: SignalModel | Classifier, folder: Path) -> None:
    """Load an adapter's own weights.

    Raises
    ------
    UserError
        If they can't be read, or are of another shape than the card says.
    """
    from safetensors import SafetensorError

    try:
        load_own(model, folder / SIGNAL)
    except (OSError, SafetensorError, RuntimeError, ValueError) as error:
        reason = (str(error).splitlines() or ["it is empty"])[0]
        raise UserError(f"{SIGNAL} doesn't hold what system.json says ({reason}): train it anew", path=folder) from None
