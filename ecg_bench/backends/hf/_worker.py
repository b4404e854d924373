"""The thread that runs the model: requests come in one by one, and leave in batches of the worker's own choosing."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

import torch

from ecg_bench.backends.hf._threads import set_threads
from ecg_bench.log import get_logger
from ecg_bench.samples import Mode, Request, Response

GATHER_S = 0.005  # when the worker has nothing to do: so long after a request it waits for another
LEAVE_S = 1.0  # how long a session's end waits for the step under way

Future = asyncio.Future[Response]
Asked = tuple[Future, Request]

_log = get_logger("hf")


class Doer(Protocol):
    """Answers requests in steps."""

    def __bool__(self) -> bool:
        """Say whether there is anything to do."""

    def add(self, asked: Sequence[tuple[Any, Request]]) -> list[tuple[Any, Response | Exception]]:
        """Take requests in; returns those that can't be asked."""

    def step(self) -> list[tuple[Any, Response | Exception]]:
        """Do a piece of the work and return what it answered."""

    def clear(self) -> None:
        """Drop everything."""


class Worker:
    """Runs a model in a thread of its own.

    The thread is a daemon, so that a process that is told to stop at once need not wait for the model.

    Parameters
    ----------
    scorer, generator : Doer
        What does the work of either mode; used in the thread only.
    """

    def __init__(self, scorer: Doer, generator: Doer) -> None:
        self._doers = {Mode.LOGLIKELIHOOD: scorer, Mode.GENERATE: generator}
        self._inbox: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._open: dict[Mode, set[Future]] = {mode: set() for mode in self._doers}
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="ecg-bench hf", daemon=True)
        self._thread.start()

    async def answer(self, request: Request) -> Response:
        """Answer a request, whenever its turn comes."""
        future: Future = self._loop.create_future()
        self._inbox.put((future, request))
        return await future

    def close(self) -> None:
        """Stop after the step under way."""
        self._stopped = True
        self._inbox.put(None)
        self._thread.join(LEAVE_S)

    def _run(self) -> None:
        set_threads()
        with torch.inference_mode():
            while not self._stopped:
                self._round()
            for doer in self._doers.values():
                doer.clear()

    def _round(self) -> None:
        arrived = self._arrived(idle=not any(self._doers.values()))
        for mode, doer in self._doers.items():
            asked = [one for one in arrived if one[1].mode is mode]
            self._open[mode].update(future for future, _ in asked)
            try:
                if asked:
                    self._deliver(mode, doer.add(asked))
                if doer and not self._stopped:
                    self._deliver(mode, doer.step())
            except Exception as error:  # nobody may wait for ever for an answer that got lost
                _log.exception("the worker failed")
                doer.clear()
                self._deliver(mode, [(future, error) for future in self._open[mode]])

    def _arrived(self, *, idle: bool) -> list[Asked]:
        """Return the requests that have come in; if there is nothing else to do, wait until no more come."""
        arrived: list[Asked | None] = [self._inbox.get()] if idle else []
        with suppress(queue.Empty):
            while not self._stopped:
                arrived.append(self._inbox.get(timeout=GATHER_S) if idle else self._inbox.get_nowait())
        return [one for one in arrived if one is not None]

    def _deliver(self, mode: Mode, answered: Sequence[tuple[Future, Response | Exception]]) -> None:
        if not answered:
            return
        self._open[mode].difference_update([future for future, _ in answered])
        try:
            self._loop.call_soon_threadsafe(_resolve, answered)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._stopped = True


def _resolve(answered: Sequence[tuple[Future, Response | Exception]]) -> None:
    for future, found in answered:
        if future.done():
            continue
        if isinstance(found, Response):
            future.set_result(found)
        else:
            future.set_exception(found)
