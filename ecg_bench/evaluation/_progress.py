"""Showing how far a run is: a bar on a terminal, plain lines in a log, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

LINES_EVERY_S = 10.0
BAR_EVERY_S = 0.1


class Progress(Protocol):
    """Is told of finished requests."""

    def advance(self, n: int, score: float | None) -> None:
        """Note `n` more finished requests and the running mean of the main metric, if there is one."""
        ...


class _Silent:
    def advance(self, n: int, score: float | None) -> None:
        pass


class _Lines:
    def __init__(self, title: str, total: int, done: int, stream: TextIO) -> None:
        self._title, self._total, self._done, self._first, self._stream = title, total, done, done, stream
        self._start = self._last = time.monotonic()
        self._score: float | None = None
        if done:
            self._say(f"{done} of {total} answered before")

    def _say(self, text: str) -> None:
        print(f"{self._title}: {text}", file=self._stream, flush=True)

    def advance(self, n: int, score: float | None) -> None:
        self._done += n
        self._score = score
        if time.monotonic() - self._last >= LINES_EVERY_S:
            self._last = time.monotonic()
            self.report()

    def report(self) -> None:
        elapsed = time.monotonic() - self._start
        rate = (self._done - self._first) / elapsed if elapsed else 0.0
        left = f", {(self._total - self._done) / rate:.0f} s left" if rate and self._done < self._total else ""
        running = "" if self._score is None else f", running score {self._score:.3f}"
        self._say(f"{self._done}/{self._total}, {rate:.1f}/s{left}{running}")


@contextmanager
def progress(title: str, total: int, done: int, *, quiet: bool, stream: TextIO | None = None) -> Iterator[Progress]:
    """Show the progress of `total` requests, `done` of which were answered before.

    Parameters
    ----------
    title : str
        What is running.
    quiet : bool
        Show nothing.
    stream : text file, optional
        Standard error if not given; never standard output, which belongs to results.
    """
    stream = stream or sys.stderr
    if quiet:
        yield _Silent()
    elif stream.isatty():
        with _bar(title, total, done, stream) as bar:
            yield bar
    else:
        lines = _Lines(title, total, done, stream)
        yield lines
        lines.report()


@contextmanager
def _bar(title: str, total: int, done: int, stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[score]}"),
    )
    with RichProgress(*columns, console=Console(file=stream), transient=False) as rich:
        task = rich.add_task(title, total=total, completed=done, rate="", score="")
        start = last = time.monotonic()
        pending, count = 0, 0

        class Bar:
            def advance(self, n: int, score: float | None) -> None:
                nonlocal last, pending, count
                pending += n
                count += n
                if time.monotonic() - last < BAR_EVERY_S and done + count < total:
                    return
                last = time.monotonic()
                rate = f"{count / max(last - start, 1e-9):.1f}/s"
                running = "" if score is None else f"running score {score:.3f}"
                rich.update(task, advance=pending, rate=rate, score=running)
                pending = 0

        yield Bar()
