"""A run, as it goes."""

from __future__ import annotations

import json
import shlex
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.runs import LOG, OWN_COMMANDS, RUN, SAMPLES, RunDirectory, RunRecord
from ecg_bench.runs._directory import LOCK
from ecg_bench.viewing._alive import is_held
from ecg_bench.viewing._pace import Pace
from ecg_bench.viewing._sums import Sums
from ecg_bench.viewing._tail import Tail

TURN_S = 0.5  # reading a long file is broken off after this, to show how far it is
EVENTS = 6  # lines of the log that are shown
LOG_BYTES = 65_536  # how far back the log is read


class Watch:
    """Follows a run directory without touching it.

    Parameters
    ----------
    path : Path
        The run directory.

    Raises
    ------
    UserError
        If it holds no run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = _stamp(path / RUN)  # first: what changes in between is read again
        self.header = RunDirectory(path).header
        self._samples = Tail(path / SAMPLES)
        self._log = Tail(path / LOG, last=LOG_BYTES)
        self._sums = Sums(self.header.tasks)
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS)
        self._pace = Pace()
        self._alive: bool | None = None
        self._left: tuple[int, int, int] | None = None  # the header that a dead process left
        self._behind = False

    @property
    def complete(self) -> bool:
        """Whether the run is."""
        return self.header.status == "complete"

    def look(self) -> dict[str, Any]:
        """Read what is new, and return all that the page shows.

        Returns
        -------
        dict
            Plain values. `phase` is ``running``, ``finishing`` (all is answered, results are being written),
            ``complete``, ``stopped`` (it said so) or ``gone`` (its process ended without a word).
        """
        self._read_header()
        self._look_for_writer()
        if not self.complete or self._samples.offset:
            self._read_samples()
        for line in self._log.lines():
            self._note(line)
        phase = self._phase()
        if phase != "running":
            self._pace.forget()
        elif not self._behind:
            self._pace.note(time.monotonic(), self._sums.done)
        rate = self._pace.rate
        sums = self._sums.state()
        left = sums["total"] - sums["done"]
        session = self.header.sessions[-1] if self.header.sessions else None
        return {
            "phase": phase,
            "certain": self._alive is not None,
            "behind": self._behind,
            "system": self.header.system.name,
            "run": str(self.path),
            "started": session.started if session else "",
            "sessions": len(self.header.sessions),
            "stopped": (session.stopped or "") if session else "",
            "resume": self._resume(),
            "rate": rate,
            "left_s": left / rate if rate else None,
            "silent_s": self._silent(),
            "notices": self.header.notices,
            "events": list(reversed(self._events)),
            **sums,
        }

    def _look_for_writer(self) -> None:
        """Find out whether the run's process lives.

        A lock that was found free is let alone until ``run.json`` changes: whoever takes the run up writes that first,
        and is never in the way of somebody who only looks.
        """
        if self.header.status != "running" or self._left == self._stamp:
            self._alive = False
            return
        self._alive = is_held(self.path / LOCK)
        if self._alive is False:
            self._read_header()  # it may have ended well between the two looks
            self._left = self._stamp

    def _phase(self) -> str:
        if self.header.status != "running":
            return "complete" if self.complete else "stopped"
        if self._alive is False:
            return "gone"
        return "finishing" if self._sums.done >= self._sums.total else "running"

    def _read_header(self) -> None:
        stamp = _stamp(self.path / RUN)
        if stamp == self._stamp:
            return
        try:
            header = RunDirectory(self.path).header
        except UserError:
            return  # the directory was taken away, or is another version's now: what was seen was true
        if len(header.sessions) != len(self.header.sessions):
            self._begin_anew(header)  # a new session asks errors again
        self.header, self._stamp = header, stamp

    def _begin_anew(self, header: RunRecord) -> None:
        self._samples.restart()
        self._sums = Sums(header.tasks)
        self._pace.forget()

    def _read_samples(self) -> None:
        if self._samples.replaced():
            self._begin_anew(self.header)
        end = time.monotonic() + TURN_S
        self._behind = False
        for line in self._samples.lines():
            self._sums.add(line)
            if time.monotonic() > end:
                self._behind = True
                return

    def _note(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            facts = {k: v for k, v in record.items() if k not in ("time", "level", "part", "message", "traceback")}
            event = {"time": str(record["time"]), "level": str(record["level"]), "text": str(record["message"])}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return
        said = ", ".join(f"{name} {_plain(value)}" for name, value in facts.items())
        event["text"] = (f"{event['text']}: {said}" if said else event["text"])[:300]
        self._events.append(event)

    def _resume(self) -> str:
        if any(task.type in OWN_COMMANDS for task in self.header.tasks):
            return ""  # only the command that began it knows what it belongs to
        return f"ecg-bench eval --resume --out {shlex.quote(str(self.path))}"

    def _silent(self) -> float | None:
        """Return the seconds since the last answer."""
        try:
            return max(0.0, time.time() - (self.path / SAMPLES).stat().st_mtime)
        except OSError:
            return None


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name} {one}" for name, one in value.items())
    return str(value)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        now = path.stat()
    except OSError:
        return 0, 0, 0
    return now.st_ino, now.st_size, now.st_mtime_ns
