"""Asking: as much at a time as the backend takes, through faults and limits, each answer stored as it arrives."""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice
from time import perf_counter
from typing import Any, TypeVar

from ecg_bench.backends import Backend, TransientError
from ecg_bench.cache import KeyMaker, ResponseCache
from ecg_bench.errors import UserError
from ecg_bench.evaluation._budget import Budget, estimate_tokens
from ecg_bench.evaluation._interrupt import interruptible
from ecg_bench.evaluation._lane import NAP_S, Lane
from ecg_bench.evaluation._prepare import Work
from ecg_bench.limits import Limits
from ecg_bench.log import get_logger
from ecg_bench.samples import Request, Response, Usage

Sink = Callable[[Sequence[tuple[Work, Response]]], None]
Result = TypeVar("Result")

CACHED_AT_ONCE = 64  # answers from the cache that are stored before other work gets its turn

_log = get_logger("engine")


@dataclass(slots=True)
class _Job:
    """Some requests that go to the backend together, what they may take, and what became of them so far."""

    work: Sequence[Work]
    keys: Sequence[bytes | None]
    tokens: int
    worst: Usage
    causes: list[str] = field(default_factory=list)

    @property
    def requests(self) -> list[Request]:
        return [one.request for one in self.work]


@dataclass
class Asking:
    """How the work of a run is asked.

    Parameters
    ----------
    backend : Backend
        Who answers; prepared.
    limits : Limits
        What the run may take.
    budget : Budget
        What it has taken so far.
    sink : callable
        Is given each answer as it arrives.
    cache : ResponseCache or None
        Where answers may lie already, and are kept.
    say : callable
        Shows a sentence to the user while it goes on.
    """

    backend: Backend
    limits: Limits
    budget: Budget
    sink: Sink
    cache: ResponseCache | None
    say: Callable[[str], None]


def ask(asking: Asking, work: Iterator[Work]) -> str | None:
    """Ask for all the work, and return why it was stopped before its end, or None.

    Work is drawn only when the backend is free to take it, so that memory stays flat however much there is.

    Raises
    ------
    UserError
        If the backend or the sink raises one. What went through the sink before is safe.
    KeyboardInterrupt
        If the user breaks off twice.
    """
    return run_async(_Engine(asking, work).run())


def run_async(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, also where a loop is running already, as in a notebook."""
    try:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(main)
        return _in_thread(main)
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _in_thread(main: Coroutine[Any, Any, Result]) -> Result:
    found: list[Result] = []
    failed: list[BaseException] = []

    def target() -> None:
        try:
            found.append(asyncio.run(main))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=target, name="ecg-bench engine")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class _Engine:
    def __init__(self, asking: Asking, work: Iterator[Work]) -> None:
        self._asking = asking
        self._backend = asking.backend
        self._work = work
        self._exhausted = False
        self._stopped: str | None = None
        self._left_over = False
        self._retries: list[tuple[float, int, _Job]] = []
        self._number = count()
        card = self._backend.card()
        self._name = f"{card.provider}/{card.name}"
        material = {name: value for name, value in card.arguments.items() if name not in self._backend.immaterial}
        self._keys = KeyMaker(card.provider, card.name, material, card.identity)
        # Counting tokens costs time, and serves only these limits.
        self._counts = asking.budget.limited or asking.limits.tpm is not None

    async def run(self) -> str | None:
        limits, backend = self._asking.limits, self._backend
        loop = asyncio.get_running_loop()
        cap = backend.concurrency
        if limits.max_connections is not None:
            cap = limits.max_connections if backend.adaptive else min(cap, limits.max_connections)
        self._lane = Lane(limits, cap, adaptive=backend.adaptive, clock=loop.time)
        tasks: list[asyncio.Task[None]] = []

        def at_once() -> None:
            for task in tasks:
                task.cancel("interrupted twice")

        timer = None
        if limits.time_limit is not None:
            timer = loop.call_later(limits.time_limit, self._stop, "the time limit was reached")
        try:
            with interruptible(self._interrupted, at_once):
                async with backend.session(), asyncio.TaskGroup() as group:
                    tasks += [group.create_task(self._worker()) for _ in range(cap)]
        finally:
            if timer is not None:
                timer.cancel()
            if self._asking.cache is not None:
                self._asking.cache.flush()
        if any(task.cancelled() for task in tasks):
            raise KeyboardInterrupt
        return self._stopped if self._left_over or not self._exhausted else None

    def _interrupted(self) -> None:
        self._stop("interrupted")
        n = self._lane.in_flight
        self._asking.say(f"finishing {n} requests in flight, then stopping; Ctrl-C again stops at once")

    def _stop(self, why: str) -> None:
        if self._stopped is None:
            self._stopped = why
            _log.info("stopping", extra={"reason": why, "in_flight": self._lane.in_flight})
        self._lane.wake()

    def _stopping(self) -> bool:
        return self._stopped is not None

    async def _worker(self) -> None:
        while (job := await self._next()) is not None:
            await self._attempt(job)
            await asyncio.sleep(0)  # a backend that never waits would keep Ctrl-C out

    async def _next(self) -> _Job | None:
        """Return a retry that is due, else fresh work, else wait for a retry; None when there is nothing left to do.

        A worker whose job failed comes back here itself, so that others may leave when nothing waits.
        """
        loop = asyncio.get_running_loop()
        while self._stopped is None:
            if self._retries and self._retries[0][0] <= loop.time():
                return heapq.heappop(self._retries)[2]
            # A server that fails at everything must not make us draw, and hold, the whole run.
            if not self._exhausted and len(self._retries) < 2 * self._lane.cap:
                job = self._draw()
                if job is not None:
                    return job
                await asyncio.sleep(0)  # a cache that answers everything would keep Ctrl-C out
            elif self._retries:
                await asyncio.sleep(min(NAP_S, max(0.0, self._retries[0][0] - loop.time())))
            else:
                return None
        self._left_over = self._left_over or bool(self._retries)
        return None

    def _draw(self) -> _Job | None:
        """Take work that the cache can't answer; None if there is none left, or enough was answered for one turn."""
        cache = self._asking.cache
        if cache is None:
            batch = list(islice(self._work, self._backend.batch_size))
            self._exhausted = not batch
            return self._job(batch, [None] * len(batch)) if batch else None
        fresh: list[Work] = []
        keys: list[bytes] = []
        known: list[tuple[Work, Response]] = []
        while len(fresh) < self._backend.batch_size and len(known) < CACHED_AT_ONCE:
            one = next(self._work, None)
            if one is None:
                self._exhausted = not fresh
                break
            key = self._keys.key(one.request)
            response = cache.get(key)
            if response is None:
                fresh.append(one)
                keys.append(key)
            else:
                known.append((one, response))
        if known:
            self._asking.sink(known)
        return self._job(fresh, keys) if fresh else None

    def _job(self, batch: Sequence[Work], keys: Sequence[bytes | None]) -> _Job:
        tokens, worst = 0, Usage(0, 0)
        if self._counts:
            for one in batch:
                counted = self._backend.count_tokens(one.request) or estimate_tokens(one.request)
                most = self._asking.budget.worst(one.request, counted)
                tokens += counted
                worst = Usage(worst.input_tokens + most.input_tokens, worst.output_tokens + most.output_tokens)
        return _Job(batch, keys, tokens, worst)

    async def _attempt(self, job: _Job) -> None:
        budget = self._asking.budget
        if not await self._afford(job):
            self._left_over = True
            return
        budget.reserve(job.worst)
        try:
            if await self._lane.enter(job.worst.input_tokens + job.worst.output_tokens, self._stopping):
                await self._send(job)
            else:
                self._left_over = True
        finally:
            budget.reserve(job.worst, -1)

    async def _send(self, job: _Job) -> None:
        lane = self._lane
        start = perf_counter()
        try:
            async with asyncio.timeout(self._asking.limits.request_timeout):
                responses = await self._backend.answer(job.requests)
        except TransientError as error:
            self._failed(job, error)
        except TimeoutError:
            seconds = self._asking.limits.request_timeout
            self._failed(job, TransientError("timeout", f"no answer within {seconds:g} s"))
        except UserError:
            raise
        except Exception as error:  # whatever a model's library throws is this batch's error, not the run's end
            _log.error("the backend failed", exc_info=True)
            self._done(job, [Response(error=f"{type(error).__name__}: {error}")] * len(job.work), start)
        else:
            lane.succeeded()
            if len(responses) != len(job.work):
                message = f"{self._backend.system} gave {len(responses)} responses to {len(job.work)} requests"
                responses = [Response(error=message)] * len(job.work)
            self._done(job, responses, start)
        finally:
            lane.leave()

    async def _afford(self, job: _Job) -> bool:
        """Wait until the budget has room for a job; False, and the run stops, if it never will."""
        budget = self._asking.budget
        while budget.limited and not budget.fits(job.worst):
            if self._stopping():
                return False
            if not self._lane.in_flight or not budget.fits(job.worst, alone=True):
                self._stop("the budget is spent")
                return False
            await asyncio.sleep(NAP_S)  # until something in flight has given back what was set aside for it
        return True

    def _failed(self, job: _Job, error: TransientError) -> None:
        wait = self._lane.failed(error, len(job.causes))
        job.causes.append(error.cause)
        facts = {"sample": job.work[0].sample.id, "cause": error.cause, "attempt": len(job.causes)}
        if wait is None:
            _log.warning("gave up", extra={**facts, "error": str(error)})
            attempts = f" (after {len(job.causes)} attempts)" if len(job.causes) > 1 else ""
            self._done(job, [Response(error=f"{error}{attempts}")] * len(job.work), None)
        else:
            _log.info("trying again", extra={**facts, "wait_s": round(wait, 3)})
            when = asyncio.get_running_loop().time() + wait
            heapq.heappush(self._retries, (when, next(self._number), job))

    def _done(self, job: _Job, responses: Sequence[Response], start: float | None) -> None:
        elapsed = 0.0 if start is None else round(perf_counter() - start, 6)
        retries = tuple(job.causes)
        finished = []
        for one, key, response in zip(job.work, job.keys, responses, strict=True):
            if retries or not response.latency_s:
                response = replace(
                    response, retries=(*retries, *response.retries), latency_s=response.latency_s or elapsed
                )
            finished.append((one, response))
            self._asking.budget.spend(response)
            if len(job.work) == 1:
                self._asking.budget.learn(job.tokens, response)
            if response.usage is not None and self._counts:
                used = response.usage.input_tokens + response.usage.output_tokens
                self._lane.correct(used - job.worst.input_tokens - job.worst.output_tokens)
            if key is not None and self._asking.cache is not None and response.error is None:
                self._asking.cache.put(key, self._name, response)
        self._asking.sink(finished)
