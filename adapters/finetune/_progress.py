"""Showing how far a training is: a bar on a terminal, a line every few seconds in a log, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

LINES_EVERY_S = 10.0


class Display:
    """Shows the steps of a training on standard error.

    Parameters
    ----------
    title : str
        What is trained.
    quiet : bool
        Show nothing.
    stream : text file, optional
        Standard error if not given.
    """

    def __init__(self, title: str, *, quiet: bool, stream: TextIO | None = None) -> None:
        self._title, self._quiet, self._stream = title, quiet, stream or sys.stderr
        self._total = self._step = 0
        self._bar: Any = None
        self._task: Any = None
        self._last = 0.0
        self._texts = {"loss": "", "eval_loss": ""}

    def begin(self, total: int, done: int) -> None:
        """Begin to show `total` steps, `done` of which were made before."""
        self._total, self._step = total, done
        if self._quiet:
            return
        if not self._stream.isatty():
            if done:
                self._say(f"goes on after step {done} of {total}")
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[text]}"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(file=self._stream))
        self._bar.start()
        self._task = self._bar.add_task(self._title, total=total, completed=done, text="")

    def show(self, row: Mapping[str, Any]) -> None:
        """Show a row of the log."""
        self._step = int(row["step"])
        if row["loss"] is not None:
            self._texts["loss"] = f"loss {row['loss']:.4f}, {row['tokens_per_s']:,.0f} tokens/s"
        if row["eval_loss"] is not None:
            self._texts["eval_loss"] = f"selection loss {row['eval_loss']:.4f}"
        if self._bar is not None:
            self._bar.update(self._task, completed=self._step, text=self._text())
        elif not self._quiet and time.monotonic() - self._last >= LINES_EVERY_S:
            self._last = time.monotonic()
            self._say(f"step {self._step} of {self._total}, {self._text()}")

    def end(self) -> None:
        """Show the last state and end."""
        if self._bar is not None:
            self._bar.stop()
        elif not self._quiet and self._step:
            self._say(f"step {self._step} of {self._total}, {self._text()}")

    def _text(self) -> str:
        return ", ".join(text for text in self._texts.values() if text)

    def _say(self, text: str) -> None:
        print(f"{self._title}: {text}", file=self._stream, flush=True)
