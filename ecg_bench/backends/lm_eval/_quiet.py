"""What model classes print and log goes to the run's log: standard output belongs to results."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from ecg_bench.log import get_logger

_log = get_logger("lm-eval")


class _Printed(io.TextIOBase):
    def write(self, text: str) -> int:
        if text.strip():
            _log.info(text.strip())
        return len(text)


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
    """Keep what is printed and logged meanwhile off the terminal."""
    theirs, loop = logging.getLogger("lm_eval"), logging.getLogger("asyncio")
    own = _OfThisThread()
    before = theirs.propagate
    theirs.addHandler(_forward)
    theirs.propagate = False
    loop.addFilter(own)
    try:
        with redirect_stdout(_Printed()):
            yield
    finally:
        loop.removeFilter(own)
        theirs.removeHandler(_forward)
        theirs.propagate = before
