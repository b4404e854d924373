"""A model that answers with the prompt it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ecg_bench.backends import Backend, ModelCard
from ecg_bench.samples import Request, Response


class Echo(Backend):
    """Answers with the last message; with ``shout`` in capitals."""

    summary: ClassVar[str] = "the prompt"
    concurrency = 8

    def __init__(self, name: str, *, shout: bool = False, token: str = "") -> None:
        self._name, self._shout, self._token = name, shout, token

    def card(self) -> ModelCard:
        return ModelCard("echo", self._name, {"shout": self._shout, "token": self._token}, {"version": 1})

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        texts = [request.messages[-1].content for request in requests]
        return [Response(text.upper() if self._shout else text, finish_reason="stop") for text in texts]
