"""One thread for a library that blocks: given all that waits, it hands each answer back as soon as it is there."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Outcome = TypeVar("Outcome")

GATHER_S = 0.01  # how long the queue must stay empty before what has come is begun with


@dataclass(eq=False)
class Job(Generic[Item, Result]):
    """Something to be done, and the way back to who waits for it.

    Attributes
    ----------
    item
        What is to be done.
    done : bool
        Whether it has been resolved or has failed.
    """

    item: Item
    _future: asyncio.Future[Result]
    _loop: asyncio.AbstractEventLoop
    done: bool = False

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits any more, as after a time-out."""
        return self._future.cancelled()

    def resolve(self, result: Result) -> None:
        """Hand the result back; a second one is ignored."""
        self._settle(self._future.set_result, result)

    def fail(self, error: BaseException) -> None:
        """Raise an error where the result is waited for."""
        self._settle(self._future.set_exception, error)

    def _settle(self, set_outcome: Callable[[Outcome], None], outcome: Outcome) -> None:
        def settle() -> None:
            if not self._future.done():  # who waited may have been cancelled
                set_outcome(outcome)

        if not self.done:
            self.done = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(settle)


class Worker(Generic[Item, Result]):
    """Does blocking work on a daemon thread, so that a user who leaves need not wait for it.

    Parameters
    ----------
    work : callable
        Is given some jobs and resolves each. What it raises fails those that are left; those it forgets fail too.
    most : int
        How many jobs it is given at once.
    name : str
        Of the thread.
    """

    def __init__(self, work: Callable[[Sequence[Job[Item, Result]]], None], *, most: int, name: str) -> None:
        self._work = work
        self._most = most
        self._name = name
        self._queue: queue.SimpleQueue[Job[Item, Result] | None] = queue.SimpleQueue()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the thread while the block lasts."""
        self._queue = queue.SimpleQueue()
        threading.Thread(target=self._run, args=(self._queue,), name=self._name, daemon=True).start()
        try:
            yield
        finally:
            self._queue.put(None)

    async def do(self, item: Item) -> Result:
        """Have something done, together with whatever else waits then."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._queue.put(Job(item, future, loop))
        return await future

    def _run(self, waiting: queue.SimpleQueue[Job[Item, Result] | None]) -> None:
        while (first := waiting.get()) is not None:
            jobs, end = self._gather(first, waiting)
            try:
                self._work(jobs)
                for job in jobs:
                    job.fail(RuntimeError("was given no answer"))
            except BaseException as error:
                for job in jobs:
                    job.fail(error)
            if end:
                return

    def _gather(
        self, first: Job[Item, Result], waiting: queue.SimpleQueue[Job[Item, Result] | None]
    ) -> tuple[list[Job[Item, Result]], bool]:
        """Return what waits, and whether the end was among it."""
        jobs = [first]
        deadline = time.monotonic() + GATHER_S
        while len(jobs) < self._most:
            try:
                job = waiting.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
            deadline = time.monotonic() + GATHER_S
        return jobs, False
