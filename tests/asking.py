"""Asking a backend as the engine does, without a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ecg_bench.backends import Backend, open_model
from ecg_bench.samples import GenerationParams, Message, Mode, Request, Response
from ecg_bench.settings import Settings

OPTIONS = (" the rate is regular", " it depends on the lead", " no", " the axis of the heart in the frontal plane")


def ready(model: str, **arguments: Any) -> Backend:
    """Return a backend that is prepared, on the CPU."""
    backend = open_model(model, {"device": "cpu", **arguments})
    backend.prepare([], Settings(mode="generate"))
    return backend


def ask(backend: Backend, requests: Sequence[Request]) -> list[Response]:
    """Ask everything at once, a request a call."""

    async def run() -> list[Response]:
        async with backend.session():
            return [one for (one,) in await asyncio.gather(*(backend.answer([request]) for request in requests))]

    return asyncio.run(run())


def question(n: int) -> str:
    """Return a question whose length varies with its number."""
    return f"Question {n}: what does the lead show " + "when the heart beats " * (n * 7 % 5) + "?"


def to_score(n: int, text: str | None = None, continuations: tuple[str, ...] = OPTIONS, *, task: str = "t") -> Request:
    """Return a request for log-likelihoods."""
    text = question(n) if text is None else text
    return Request(
        task,
        str(n),
        n,
        0,
        Mode.LOGLIKELIHOOD,
        (Message("user", text),),
        GenerationParams(12, 0.0, 0),
        text,
        prefill="Answer:",
        continuations=continuations,
    )
