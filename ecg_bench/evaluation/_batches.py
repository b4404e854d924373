"""Provider batch APIs: hand in, wait, collect; across restarts, and without paying twice."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ecg_bench.backends import TransientError
from ecg_bench.backends.batching import BatchApi, BatchState
from ecg_bench.cache import KeyMaker
from ecg_bench.errors import UserError
from ecg_bench.evaluation._budget import estimate_tokens
from ecg_bench.evaluation._engine import Asking, run_async
from ecg_bench.evaluation._interrupt import interruptible
from ecg_bench.evaluation._prepare import Work
from ecg_bench.files import describe, write_whole
from ecg_bench.log import get_logger
from ecg_bench.runs import Journal, Slots
from ecg_bench.samples import Request, Response

ROUNDS = 3  # how often a request is handed in that comes back unanswered
POLL_S = 30.0
LONGEST_WAIT_S = 60.0
PREFIX = "request-"

_log = get_logger("batches")
Value = TypeVar("Value")


class _Entry(BaseModel):
    """A batch of this run, as ``batches.json`` holds it."""

    model_config = ConfigDict(extra="forbid")

    label: str
    batch: str | None  # None while it is handed in: a kill at that moment leaves it open whether it was
    slots: list[int]
    state: Literal["open", "collected"] = "open"


class _Ledger(BaseModel):
    model_config = ConfigDict(extra="forbid")

    batches: list[_Entry] = []


@dataclass
class BatchRun:
    """The batches of a run.

    Parameters
    ----------
    asking : Asking
        Who is asked, within which limits; its backend has a batch API.
    work : callable
        Yields all the work of the run, from the beginning, but for the requests that are done.
    slots, journal
        Which requests there are, and which are answered.
    path : Path
        ``batches.json``.
    poll_s : float
        Seconds between two looks at a batch.
    """

    asking: Asking
    work: Callable[[Callable[[Request], bool]], Iterator[Work]]
    slots: Slots
    journal: Journal
    path: Path
    poll_s: float = POLL_S
    _ledger: _Ledger = field(init=False)
    _stopped: str | None = field(default=None, init=False)
    _answered: set[int] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.asking.backend, BatchApi):
            raise UserError(f"{self.asking.backend.system} has no batch API: leave out --batch")
        self._api: BatchApi = self.asking.backend
        card = self.asking.backend.card()
        material = {n: v for n, v in card.arguments.items() if n not in self.asking.backend.immaterial}
        self._keys = KeyMaker(card.provider, card.name, material, card.identity)
        self._model = f"{card.provider}/{card.name}"
        self._wake = asyncio.Event()

    def run(self) -> str | None:
        """Hand in what is unanswered, wait, and collect; return why it was stopped before the end, or None.

        Raises
        ------
        UserError
            If the provider refuses a batch, or ``batches.json`` is damaged.
        """
        self._ledger = self._read()
        return run_async(self._run())

    def _read(self) -> _Ledger:
        if not self.path.exists():
            return _Ledger()
        try:
            return _Ledger.model_validate_json(self.path.read_bytes())
        except ValidationError as error:
            raise UserError(f"is no list of batches: {describe(error)}", path=self.path) from None

    def _write(self) -> None:
        write_whole(self.path, json.dumps(self._ledger.model_dump(), indent=1) + "\n")

    @property
    def _open(self) -> list[_Entry]:
        return [entry for entry in self._ledger.batches if entry.state == "open"]

    async def _run(self) -> str | None:
        loop = asyncio.get_running_loop()
        limit = self.asking.limits.time_limit
        timer = None if limit is None else loop.call_later(limit, self._stop, "the time limit was reached")
        try:
            with interruptible(self._interrupted, self._interrupted):
                async with self.asking.backend.session():
                    await self._find_lost()
                    for _ in range(ROUNDS):
                        await self._collect_all()
                        if self._stopped or not await self._hand_in():
                            break
                    await self._collect_all()
        finally:
            if timer is not None:
                timer.cancel()
            if self.asking.cache is not None:
                self.asking.cache.flush()
        if self._stopped is None:
            self._give_up()
        return self._stopped

    def _interrupted(self) -> None:
        self._stop("interrupted; the provider goes on with the batch")

    def _stop(self, why: str) -> None:
        self._stopped = self._stopped or why
        self._wake.set()

    async def _find_lost(self) -> None:
        """Find the batches that a kill caught between being handed in and being noted."""
        for entry in [entry for entry in self._open if entry.batch is None]:
            label = entry.label
            entry.batch = await self._patiently(partial(self._api.find_batch, label))
            if entry.batch is None:
                _log.warning("a batch may have been handed in and lost", extra={"label": label})
                self._ledger.batches.remove(entry)
        self._write()

    def _unanswered(self) -> Iterator[tuple[int, Work]]:
        for one in self.work(lambda request: self._slot(request) in self._answered or self.journal.done(request)):
            yield self._slot(one.request), one

    def _slot(self, request: Request) -> int:
        return self.slots.number(request.task, request.index, request.epoch, request.permutation)

    async def _hand_in(self) -> bool:
        """Hand in what is neither answered nor under way; False if there is nothing."""
        under_way = {slot for entry in self._open for slot in entry.slots}
        chunk: dict[int, Work] = {}
        size, any_at_all = 0, False
        for slot, one in self._unanswered():
            if slot in under_way or self._from_cache(slot, one):
                continue
            if not self._afford(one):
                self._stop("the budget is spent")
                break
            any_at_all = True
            bytes_of = sum(len(message.content.encode()) for message in one.request.messages) + 2_000
            if len(chunk) >= self._api.batch_requests or size + bytes_of > self._api.batch_bytes:
                await self._submit(chunk)
                chunk, size = {}, 0
            chunk[slot] = one
            size += bytes_of
        if chunk:
            await self._submit(chunk)
        return any_at_all

    def _afford(self, one: Work) -> bool:
        """Set the worst case of a request aside; it stays so until the run ends, since a batch can't be called back."""
        budget = self.asking.budget
        if not budget.limited:
            return True
        tokens = self.asking.backend.count_tokens(one.request) or estimate_tokens(one.request)
        worst = budget.worst(one.request, tokens)
        if not budget.fits(worst):
            return False
        budget.reserve(worst)
        return True

    def _from_cache(self, slot: int, one: Work) -> bool:
        cache = self.asking.cache
        found = None if cache is None else cache.get(self._keys.key(one.request))
        if found is not None:
            self.asking.sink([(one, found)])
            self._answered.add(slot)
        return found is not None

    async def _submit(self, chunk: dict[int, Work]) -> None:
        entry = _Entry(label=f"ecg-bench-{uuid.uuid4().hex}", batch=None, slots=list(chunk))
        self._ledger.batches.append(entry)
        self._write()
        requests = {f"{PREFIX}{slot}": one.request for slot, one in chunk.items()}
        try:
            entry.batch = await self._patiently(lambda: self._api.submit_batch(requests, entry.label))
        except UserError:
            self._ledger.batches.remove(entry)
            self._write()
            raise
        self._write()
        _log.info("handed in", extra={"batch": entry.batch, "requests": len(chunk)})
        self.asking.say(f"batch {entry.batch}: {len(chunk)} requests handed in")

    async def _collect_all(self) -> None:
        """Wait for every open batch and store what it answered."""
        shown: dict[str, BatchState] = {}
        while self._open and self._stopped is None:
            for entry in self._open:
                batch = str(entry.batch)
                state = await self._patiently(partial(self._api.batch_state, batch))
                if shown.get(batch) != state:
                    shown[batch] = state
                    self.asking.say(f"batch {batch}: {state.status}, {state.finished} of {state.total} done")
                if state.ended:
                    await self._collect(entry)
            if self._open and self._stopped is None:
                self._wake.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self.poll_s)

    async def _collect(self, entry: _Entry) -> None:
        async def responses() -> dict[int, Response]:
            found: dict[int, Response] = {}
            async for name, response in self._api.batch_responses(str(entry.batch)):
                if name.startswith(PREFIX) and name[len(PREFIX) :].isdigit():
                    found[int(name[len(PREFIX) :])] = response
            return found

        found = await self._patiently(responses)
        wanted = found.keys() & set(entry.slots)
        for slot, one in list(self._unanswered()) if wanted else []:
            if slot in wanted:
                self._store(slot, one, found[slot])
        entry.state = "collected"
        self._write()
        missing = len(entry.slots) - len(wanted)
        _log.info("collected", extra={"batch": entry.batch, "answers": len(wanted), "unanswered": missing})

    def _store(self, slot: int, one: Work, response: Response) -> None:
        self.asking.budget.spend(response)
        if self.asking.cache is not None and response.error is None:
            self.asking.cache.put(self._keys.key(one.request), self._model, response)
        self.asking.sink([(one, response)])
        self._answered.add(slot)

    def _give_up(self) -> None:
        for slot, one in list(self._unanswered()):
            self._store(slot, one, Response(error=f"the batch API left it unanswered {ROUNDS} times"))

    async def _patiently(self, call: Callable[[], Awaitable[Value]]) -> Value:
        """Repeat a call through faults that pass."""
        limits = self.asking.limits
        for attempt in range(limits.max_retries + 1):
            try:
                return await call()
            except TransientError as error:
                if attempt == limits.max_retries or self._stopped:
                    raise UserError(f"the batch API does not answer: {error}; repeat the command to go on") from None
                wait = max(error.retry_after or 0.0, min(LONGEST_WAIT_S, limits.retry_wait * 2**attempt))
                _log.info("trying again", extra={"cause": error.cause, "wait_s": wait})
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")
