"""``--model signal/ADAPTER``: systems that `ecg-bench signal train` made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ecg_bench.adapters.finetune._folder import CARD
from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.ecg.media import record_of
from ecg_bench.errors import UserError
from ecg_bench.samples import Request, Response
from ecg_bench.settings import Settings

if TYPE_CHECKING:
    from ecg_bench.adapters.signal._classifying import ClassifierSystem
    from ecg_bench.adapters.signal._system import System

INSTALL = "pip install 'ecg-bench[hf,ecg]'"


class Signal(Backend):
    """A language model that sees ECGs, or a classifier of them.

    Parameters
    ----------
    name : str
        The adapter's folder.
    llm : str, optional
        ``hf/PATH_OR_ID`` of the language model, if it is no longer where it was when the adapter was trained; one with
        other weights is refused.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1``.
    dtype : str
        Of the language model; ``auto`` is what its weights were saved in.
    batch_size : int
        How many questions go through the model together.
    chat_template : str
        ``auto`` is the one that it was trained with; else as for ``hf/`` models.

    Raises
    ------
    UserError
        If the folder holds no finished signal adapter.
    """

    summary: ClassVar[str] = "a signal adapter that 'ecg-bench signal train' made: a folder"
    takes = ("signal",)
    cacheable = True
    immaterial: ClassVar[frozenset[str]] = frozenset({"batch_size"})

    def __init__(
        self,
        name: str,
        *,
        llm: str | None = None,
        device: str = "auto",
        dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
        batch_size: int = 32,
        chat_template: str = "auto",
    ) -> None:
        if batch_size < 1:
            raise UserError(f"batch_size must be at least 1, but is {batch_size}")
        self._name = name
        self.batch_size = batch_size
        self._arguments = {
            "llm": llm,
            "device": device,
            "dtype": dtype,
            "batch_size": batch_size,
            "chat_template": chat_template,
        }
        self._folder = Path(name).expanduser()
        self._card = read_card(self._folder)
        self.trained_on = frozenset(map(record_of, self._card["data"]["records"]))
        self._system: System | ClassifierSystem | None = None

    def card(self) -> ModelCard:
        identity: Mapping[str, Any] = {} if self._system is None else self._system.identity
        return ModelCard("signal", self._name, self._arguments, identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        if self._system is None:
            self._system = self._load()
        self._system.expect(tasks)

    def _load(self) -> System | ClassifierSystem:
        try:
            import torch  # noqa: F401
            import transformers  # noqa: F401
        except ImportError as error:
            raise UserError(f"signal/ models need torch and transformers ({error}): {INSTALL}") from None
        if self._card["arch"] == "resnet":
            from ecg_bench.adapters.signal._classifying import ClassifierSystem

            return ClassifierSystem(self._folder, self._card, str(self._arguments["device"]))
        from ecg_bench.adapters.signal._system import System
        from ecg_bench.backends.hf._load import Placement

        given: str = self._arguments["llm"] or f"hf/{self._card['base']['name']}"  # type: ignore[assignment]
        if not given.startswith("hf/"):
            raise UserError(f"llm={given}: expected hf/PATH_OR_ID")
        placement = Placement(
            device=str(self._arguments["device"]),
            device_map=None,
            dtype=str(self._arguments["dtype"]),
            quantization="none",
        )
        template = str(self._arguments["chat_template"])
        return System(self._folder, self._card, given.removeprefix("hf/"), placement, chat_template=template)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        assert self._system is not None  # noqa: S101  # the engine prepares before it asks
        return await asyncio.to_thread(self._system.answer, requests)

    def close(self) -> None:
        self._system = None


def read_card(folder: Path) -> dict[str, Any]:
    """Return what a signal adapter says of itself.

    Raises
    ------
    UserError
        If the folder holds none, or one whose training isn't finished.
    """
    path = folder / CARD
    if not path.is_file():
        raise UserError(
            "holds no signal adapter: there is no system.json; make one with 'ecg-bench signal train'", path=folder
        )
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"can't be read ({error}): train the adapter anew", path=path) from None
    if not isinstance(card, dict) or card.get("kind") != "signal" or not _is_whole(card):
        raise UserError("is no card of a signal adapter: make one with 'ecg-bench signal train'", path=path)
    if card.get("status") != "complete":
        raise UserError("is not trained to its end: go on with 'ecg-bench signal train … --resume'", path=folder)
    return card


def _is_whole(card: Mapping[str, Any]) -> bool:
    data = card.get("data")
    records = data.get("records") if isinstance(data, dict) else None
    named = isinstance(records, list) and all(isinstance(one, str) for one in records)
    return named and isinstance(card.get("config"), dict)
