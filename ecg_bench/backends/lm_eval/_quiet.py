"""What model classes print and log goes to the run's log: standard output belongs to results."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ecg_bench.log import get_logger

_log = get_logger("lm-eval")


class _OthersOnly:
    """Standard output for all threads but this one: results may be printed while a class is still at work."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        """Write, or log what this thread says."""
        if threading.get_ident() != self._thread:
            written: int = self._stream.write(text)
            return written
        if text.strip():
            _log.info(text.strip())
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Forward(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _log.log(min(record.levelno, logging.WARNING), record.getMessage())


class _OfThisThread(logging.Filter):
    """Takes what this thread logs out of a logger: the errors of requests that a failed one left behind."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        _log.debug(record.getMessage())
        return False


_forward = _Forward()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what this thread prints, and what lm-eval logs, off the terminal meanwhile."""
    theirs, loop = logging.getLogger("lm_eval"), logging.getLogger("asyncio")
    own = _OfThisThread()
    before = theirs.propagate
    theirs.addHandler(_forward)
    theirs.propagate = False
    loop.addFilter(own)
    stream = sys.stdout
    ours: Any = _OthersOnly(stream)
    sys.stdout = ours
    try:
        yield
    finally:
        if sys.stdout is ours:  # else somebody has put another in its place meanwhile
            sys.stdout = stream
        loop.removeFilter(own)
        theirs.removeHandler(_forward)
        theirs.propagate = before
