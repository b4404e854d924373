"""What happened during a run, as JSON lines in its directory: levelled, with fields, and without keys.

Modules log by `get_logger` with their facts in ``extra``; `run_log` writes them to a file while a run lasts. Nothing is
printed unless the user asks for it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ecg_bench.redaction import redact

_ROOT = "ecg_bench"
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a part of the library."""
    return logging.getLogger(f"{_ROOT}.{name}")


def hush_libraries() -> None:
    """Keep bitsandbytes, which peft and transformers import where it is there, from telling of kernels it lacks."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = {name: value for name, value in vars(record).items() if name not in _OWN}
        line = {
            "time": time,
            "level": record.levelname.lower(),
            "part": record.name.removeprefix(f"{_ROOT}."),
            "message": record.getMessage(),
            **facts,
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False, default=str))


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in vars(record).items() if name not in _OWN)
        return redact(f"{record.levelname.lower()}: {record.getMessage()}" + (f" ({facts})" if facts else ""))


@contextmanager
def run_log(path: Path, level: str = "info") -> Iterator[None]:
    """Write what is logged meanwhile to a file, a JSON object a line."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(_JsonLines())
    handler.setLevel(level.upper())
    root = logging.getLogger(_ROOT)
    before = root.level
    root.setLevel(min(before or logging.WARNING, handler.level))
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()


def log_to_stderr(level: str) -> None:
    """Print what is logged from now on, at a level and above."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Plain())
    handler.setLevel(level.upper())
    root = logging.getLogger(_ROOT)
    root.setLevel(min(root.level or logging.WARNING, handler.level))
    root.addHandler(handler)
