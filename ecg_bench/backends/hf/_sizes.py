"""How much goes through the model together."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from ecg_bench.log import get_logger

WORTH = 1.08  # so many times the throughput must a doubled size bring to be kept
TRIALS = 2  # full batches at a size before it is judged

_log = get_logger("hf")


class Size:
    """A size of batches that finds its own value: doubled while throughput grows, halved when memory runs out.

    Parameters
    ----------
    unit : str
        What is counted, for the log: ``tokens`` or ``rows``.
    start, most : int
        The first value, and the greatest.
    fixed : bool
        Whether the user chose `start`: then it is only ever halved.
    """

    def __init__(self, unit: str, start: int, most: int, *, fixed: bool = False) -> None:
        self.value = min(start, most)
        self._unit = unit
        self._most = most
        self._settled = fixed
        self._rates: list[float] = []
        self._before = 0.0

    def ran(self, amount: int, seconds: float, *, full: bool) -> None:
        """Take note of how long a batch took.

        Parameters
        ----------
        amount : int
            How much of `unit` it held.
        seconds : float
            How long it took.
        full : bool
            Whether it was as large as allowed; others say nothing.
        """
        if self._settled or not full:
            return
        self._rates.append(amount / seconds)
        if len(self._rates) < TRIALS:
            return
        rate, self._rates = max(self._rates), []
        if rate < WORTH * self._before:
            self.value = max(1, self.value // 2)
            self._settled = True
        elif 2 * self.value > self._most:
            self._settled = True
        else:
            self._before = rate
            self.value *= 2
        _log.debug("batch size", extra={self._unit: self.value, "per_second": round(rate), "settled": self._settled})

    def failed(self, amount: int) -> None:
        """Take note that memory ran out at an amount."""
        self.value = max(1, min(self.value, amount) // 2)
        self._settled = True
        _log.warning("out of memory: smaller batches from here", extra={self._unit: self.value})


def timed(clock: Callable[[], float] = perf_counter) -> Callable[[], float]:
    """Start a clock and return the function that reads it, in seconds."""
    start = clock()
    return lambda: max(clock() - start, 1e-9)
