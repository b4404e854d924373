"""The way to one server: how much is asked at a time, how fast, and what is done when it fails.

The number of requests in flight doubles until the throughput stops growing or the server says that it is too much, and
then grows slowly. It shrinks by half the share of the requests that were refused as too many, so that a server that is
full halves it soon, and one that refuses now and then costs little: the rule of M. Alizadeh et al., Data Center TCP
(2010), section 3.1.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable

from ecg_bench.backends import TransientError
from ecg_bench.limits import Limits
from ecg_bench.log import get_logger

FIRST = 16  # requests in flight to begin with, where the server's limit is to be found out
GAIN = 0.2  # of the speed-up that a larger limit could bring at best, so much must come, else it is taken back
PROBE = 0.1  # of the limit, and at least 1, so much more is tried at a time
PROBE_EVERY = 10  # windows at a steady limit before that
LONGEST_WAIT_S = 60.0
SOON_S = 0.001  # not worth waiting for
NAP_S = 0.1  # how long a waiting worker sleeps before it looks again whether the run is to stop
BROKEN_AFTER = 5  # requests in a row that failed at every attempt: until one succeeds, nothing is tried again

_log = get_logger("lane")


class Lane:
    """Lets requests through to one server.

    Parameters
    ----------
    limits : Limits
        What the user allows.
    cap : int
        The most requests in flight.
    adaptive : bool
        Whether to find out how many the server takes; else `cap` are let through at once.
    clock : callable
        Returns seconds; for tests.
    """

    def __init__(self, limits: Limits, cap: int, *, adaptive: bool, clock: Callable[[], float]) -> None:
        self.cap = cap
        self.in_flight = 0
        self._limits = limits
        self._clock = clock
        self._window = _Window(FIRST if adaptive else cap, cap, clock())
        self._adaptive = adaptive
        self._closed_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._requests = None if limits.rpm is None else _Pace(limits.rpm / 60, clock)
        self._tokens = None if limits.tpm is None else _Pace(limits.tpm / 60, clock)
        self._failed_in_a_row = 0
        self._random = random.Random()

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return int(self._window.limit)

    async def enter(self, tokens: int, stopping: Callable[[], bool]) -> bool:
        """Wait until a request may be sent; False if the run is to stop instead.

        Parameters
        ----------
        tokens : int
            How many it may take, for the limit of tokens per minute.
        stopping : callable
            Whether nothing new is to be sent.
        """
        while not stopping():
            if self.in_flight >= self.limit:
                await self._turn()
                continue
            wait = self._closed_until - self._clock()
            for pace, amount in ((self._requests, 1.0), (self._tokens, float(tokens))):
                wait = max(wait, 0.0 if pace is None else pace.wait(amount))
            if wait > SOON_S:
                await asyncio.sleep(min(wait, NAP_S))
                continue
            for pace, amount in ((self._requests, 1.0), (self._tokens, float(tokens))):
                if pace is not None:
                    pace.take(amount)
            self.in_flight += 1
            return True
        return False

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def leave(self) -> None:
        """Note that a request is over, however it ended."""
        self._window.saturated = self._window.saturated or self.in_flight >= self.limit
        self.in_flight -= 1
        self.wake(max(0, self.limit - self.in_flight))

    def wake(self, n: int | None = None) -> None:
        """Let waiting requests look again: the first `n`, or all."""
        while self._waiting and (n is None or n > 0):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                n = None if n is None else n - 1

    def correct(self, tokens: int) -> None:
        """Take `tokens` more (or less) into the limit per minute than `enter` was told."""
        if self._tokens is not None:
            self._tokens.take(float(tokens))

    def succeeded(self) -> None:
        """Note an answer."""
        self._failed_in_a_row = 0
        if self._adaptive and self._window.succeeded(self._clock()):
            self.wake(max(0, self.limit - self.in_flight))

    def failed(self, error: TransientError, attempt: int) -> float | None:
        """Note a failed attempt, counted from 0; return the seconds until the next one, None if there is none."""
        step: float = min(LONGEST_WAIT_S, self._limits.retry_wait * 2.0**attempt)
        wait = self._random.uniform(0.5, 1.0) * step
        wait = max(wait, error.retry_after or 0.0)
        if error.retry_after is not None:  # said to one, but meant for all
            self._closed_until = max(self._closed_until, self._clock() + error.retry_after)
        if self._adaptive:
            self._window.failed(self._clock(), overloaded=error.overloaded)
        if attempt < self._limits.max_retries and self._failed_in_a_row < BROKEN_AFTER:
            return wait
        self._failed_in_a_row += 1
        if self._failed_in_a_row == BROKEN_AFTER:
            _log.error("nothing gets through: no more retries until an answer arrives", extra={"cause": error.cause})
        return None


class _Window:
    """Finds the limit: one window is as many replies as may be in flight."""

    def __init__(self, first: int, cap: int, now: float) -> None:
        self.limit = float(min(first, cap))
        self.saturated = False  # whether the limit was reached at all: else growing has no use
        self._cap = cap
        self._start = now
        self._answers = self._failures = self._refusals = 0
        self._best = 0.0  # answers a second
        self._doubling = True
        self._before: float | None = None  # the limit before the step that is being tried
        self._worthwhile = 1.0
        self._steady = 0
        self._recovered = 0.0  # up to here, half-way back to what was too much, the limit grows in every window

    def succeeded(self, now: float) -> bool:
        """Note an answer; True if the limit grew."""
        self._answers += 1
        return self._replied(now)

    def failed(self, now: float, *, overloaded: bool) -> None:
        """Note a fault, or that the server said it has too much to do."""
        if overloaded:
            self._refusals += 1
        else:
            self._failures += 1
        self._replied(now)

    def _replied(self, now: float) -> bool:
        replies = self._answers + self._failures + self._refusals
        if replies < self.limit:
            return False
        before = self.limit
        if self._refusals:
            self._shrink(self._refusals / replies)
        elif self.limit < self._recovered:
            self.limit = min(float(self._cap), self.limit + max(1.0, self.limit * PROBE))
        elif self.saturated and not self._failures:  # with failures, the speed says nothing
            self._adjust(self._answers / max(now - self._start, 1e-9))
        self._start, self.saturated = now, False
        self._answers = self._failures = self._refusals = 0
        if int(self.limit) != int(before):
            _log.info("limit changed", extra={"limit": int(self.limit)})
        return self.limit > before

    def _shrink(self, share: float) -> None:
        self._doubling, self._before, self._steady, self._best = False, None, 0, 0.0
        smaller = max(1.0, self.limit * (1 - share / 2))
        self._recovered = (self.limit + smaller) / 2
        self.limit = smaller

    def _adjust(self, rate: float) -> None:
        """Keep what the last step brought, or take it back; then take the next one."""
        if self._before is not None and rate < self._best * self._worthwhile:
            self.limit, self._doubling = self._before, False
        self._before = None
        self._best = max(rate, self._best * 0.95)  # what was fast an hour ago is no measure of now
        self._steady += 1
        if self.limit < self._cap and (self._doubling or self._steady >= PROBE_EVERY):
            self._before, self._steady = self.limit, 0
            step = self.limit if self._doubling else max(1.0, self.limit * PROBE)
            self._worthwhile = 1 + GAIN * step / self.limit
            self.limit = min(float(self._cap), self.limit + step)


class _Pace:
    """A token bucket: so much a second on average, and at most a tenth of a minute's worth at once."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._rate = per_second
        self._most = max(1.0, per_second * 6)
        self._clock = clock
        self._level = self._most
        self._last = clock()

    def wait(self, amount: float) -> float:
        """Return the seconds until `amount` is there; more than the bucket holds waits for a full bucket."""
        now = self._clock()
        self._level = min(self._most, self._level + (now - self._last) * self._rate)
        self._last = now
        return max(0.0, (min(amount, self._most) - self._level) / self._rate)

    def take(self, amount: float) -> None:
        """Take an amount, also one that is not there yet."""
        self._level -= amount
