"""Conversations about synthetic ECGs: pairs for the alignment stage, and the instructions of the shipped tasks."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.adapters.signal._from_tasks import rows_of_tasks
from ecg_bench.adapters.signal._patterns import pairs
from ecg_bench.adapters.signal._rows import SignalRow, row_of
from ecg_bench.ecg.media import SYNTHETIC
from ecg_bench.ecg.synthesis import codes_of, draw_specs, spec_text
from ecg_bench.samples import Media

SAMPLES = {"ecg/signal-detection": 1, "ecg/signal-report": 1, "ecg/signal-qa": 4}
SHIPPED_SEEDS = 1000  # the seeds of tasks that are reported lie below it


def alignment_rows(n: int, seed: int) -> list[SignalRow]:
    """Return some short questions with answers on each of `n` synthetic ECGs."""
    return [
        row_of(
            [("user", question), ("assistant", answer)],
            (Media("ecg", SYNTHETIC + spec_text(spec)),),
            id=f"a{number}-{kind}",
            group=f"ecg {number}",
            task="alignment",
            codes=codes_of(spec),
            source=Path("synthetic"),
            line=number + 1,
        )
        for number, spec in enumerate(draw_specs(n, seed))
        for kind, (question, answer) in enumerate(pairs(spec, number))
    ]


def instruction_rows(n: int, seed: int) -> list[SignalRow]:
    """Return conversations in the words of the shipped tasks, about ECGs that no task reports.

    There are `n` samples of detection and of reports, and four times as many questions, of which there are many kinds.
    """
    given = {"seed": SHIPPED_SEEDS + seed}
    return [row for task, times in SAMPLES.items() for row in rows_of_tasks(task, {**given, "n": times * n}, seed)]


def conversations(n: int, seed: int) -> list[list[dict[str, str]]]:
    """Return what is asked and answered about `n` synthetic ECGs, as chats without the ECGs."""
    return [row.messages for row in (*alignment_rows(n, SHIPPED_SEEDS + seed), *instruction_rows(n, seed))]
