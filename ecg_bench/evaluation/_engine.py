"""Asking: as many requests at a time as the backend takes, each answer stored as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from time import perf_counter

from ecg_bench.backends import Backend
from ecg_bench.errors import UserError
from ecg_bench.evaluation._prepare import Work
from ecg_bench.samples import Request, Response

Sink = Callable[[Sequence[tuple[Work, Response]]], None]


def ask(backend: Backend, work: Iterator[Work], sink: Sink) -> None:
    """Ask a backend for all the work and hand each answer to `sink`, in the order of arrival.

    Work is drawn only when the backend is free to take it, so that memory stays flat however much there is.

    Raises
    ------
    UserError
        If the backend or the sink raises one. What went through the sink before is safe.
    KeyboardInterrupt
        If the user breaks off.
    """
    try:
        asyncio.run(_ask(backend, work, sink))
    except* UserError as group:
        raise _first(group) from None


def _first(group: BaseExceptionGroup[UserError]) -> UserError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, UserError) else UserError(str(error))


async def _ask(backend: Backend, work: Iterator[Work], sink: Sink) -> None:
    async def worker() -> None:
        while batch := list(islice(work, backend.batch_size)):
            responses = await _answer(backend, [one.request for one in batch])
            sink(list(zip(batch, responses, strict=True)))
            await asyncio.sleep(0)  # a backend that never waits would keep Ctrl-C out

    async with asyncio.TaskGroup() as group:
        for _ in range(backend.concurrency):
            group.create_task(worker())


async def _answer(backend: Backend, requests: Sequence[Request]) -> Sequence[Response]:
    start = perf_counter()
    try:
        responses = await backend.answer(requests)
    except UserError:
        raise
    except Exception as error:  # whatever a model's library throws is this batch's error, not the run's end
        responses = [Response(error=f"{type(error).__name__}: {error}")] * len(requests)
    if len(responses) != len(requests):
        message = f"{backend.system} gave {len(responses)} responses to {len(requests)} requests"
        responses = [Response(error=message)] * len(requests)
    elapsed = round(perf_counter() - start, 6)
    return [response if response.latency_s else replace(response, latency_s=elapsed) for response in responses]
