"""Which runs make one row of a board: a system on several tasks, or repeated under several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecg_bench.boards._records import SystemRecord
from ecg_bench.evaluation import Run
from ecg_bench.runs import TaskRecord

# What may differ between runs that repeat each other: their seed, and with it which samples a limit draws.
REPEATED = ("seed",)


@dataclass(frozen=True)
class Row:
    """A row of the board.

    Attributes
    ----------
    name : str
        The system, with how its ECGs were shown or a run's directory in brackets where several rows would have the
        same name.
    runs : tuple of Run
        Of different tasks, or repetitions under different seeds.
    """

    name: str
    runs: tuple[Run, ...]

    def on(self, task: str) -> tuple[Run, ...]:
        """Return the runs that hold a task: several only if they repeat each other."""
        return tuple(run for run in self.runs if record_of(run, task) is not None)

    def record(self) -> SystemRecord:
        """Return what the board says of the system."""
        first = self.runs[0].header
        return SystemRecord(
            name=self.name,
            runs=[str(run.path) for run in self.runs],
            provider=first.system.provider,
            model=first.system.model,
            card={"arguments": first.system.arguments, "identity": first.system.identity},
            seeds=sorted({int(run.header.settings["seed"]) for run in self.runs}),
            mode=", ".join(sorted({str(run.header.settings["mode"]) for run in self.runs})),
        )


def record_of(run: Run, task: str) -> TaskRecord | None:
    """Return how a run asked a task; None where it did not."""
    return next((one for one in run.header.tasks if one.name == task), None)


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """Gather runs into rows, in the order in which their systems were given.

    A run joins the row of its system if each task that they share was asked in the same way but for the seed. A run
    that was named twice counts once.
    """
    different = {run.path.resolve(): run for run in runs}
    rows: list[list[Run]] = []
    for run in different.values():
        own = next((row for row in rows if _joins(run, row)), None)
        if own is None:
            rows.append([run])
        else:
            own.append(run)
    names = _told_apart([row[0].system for row in rows], [how_shown(row[0]) for row in rows])
    names = _told_apart(names, [row[0].path.name for row in rows])
    return [Row(name, tuple(row)) for name, row in zip(names, rows, strict=True)]


def _told_apart(names: Sequence[str], by: Sequence[str]) -> list[str]:
    """Return names of which those that stand several times have what tells them apart behind them, in brackets."""
    return [
        f"{name} ({more})" if names.count(name) > 1 and more else name for name, more in zip(names, by, strict=True)
    ]


def how_shown(run: Run) -> str:
    """Return in words how a run showed its ECGs, where that wasn't left to the system; else an empty text."""
    settings = run.header.settings
    words = ["no signal" if settings["no_signal"] else "", settings["ecg_as"] or "", settings["perturb"] or ""]
    return ", ".join(filter(None, words))


def _joins(run: Run, row: Sequence[Run]) -> bool:
    if run.system != row[0].system:
        return False
    return all(
        run.header.system == other.header.system and _settings(run) == _settings(other) and record == same
        for other in row
        for record in run.header.tasks
        if (same := record_of(other, record.name)) is not None
    )


def _settings(run: Run) -> dict[str, Any]:
    return {name: value for name, value in run.header.settings.items() if name not in REPEATED}
