"""Conversations about synthetic ECGs: pairs for the alignment stage, and instructions."""

from __future__ import annotations

import random
from pathlib import Path

from ecg_bench.adapters.signal._patterns import PATTERNS, describe
from ecg_bench.adapters.signal._rows import SignalRow, row_of
from ecg_bench.ecg.media import SYNTHETIC
from ecg_bench.ecg.synthesis import Spec, codes_of, draw_specs, report_of, spec_text
from ecg_bench.samples import Media

DESCRIBE = "Describe this ECG."
REPORT = "Write a short report of this ECG."
FIND = "Which findings does this ECG show?"
NAMES = {code: text.rpartition(": ")[2].rstrip(".") for code, text in PATTERNS.items()}


def media_for(spec: Spec) -> tuple[Media, ...]:
    """Return a synthetic ECG as what goes with a question."""
    return (Media("ecg", SYNTHETIC + spec_text(spec)),)


def alignment_rows(n: int, seed: int, hertz: float) -> list[SignalRow]:
    """Return a pair of ECG and description for each of `n` synthetic ECGs."""
    return [
        _row(spec, number, "describe", DESCRIBE, describe(spec, number))
        for number, spec in enumerate(draw_specs(n, seed, hertz))
    ]


def instruction_rows(n: int, seed: int, hertz: float) -> list[SignalRow]:
    """Return conversations about `n` synthetic ECGs, five of each: report, findings, and three questions."""
    rows = []
    for number, spec in enumerate(draw_specs(n, seed, hertz)):
        rng = random.Random(f"instructions {seed} {number}")
        codes = [code for code in codes_of(spec) if code in NAMES]
        others = [code for code in NAMES if code not in codes]
        rows.append(_row(spec, number, "report", REPORT, report_of(spec, number)))
        rows.append(_row(spec, number, "find", FIND, ", ".join(NAMES[code] for code in codes) + "."))
        for kind, code in (("present", rng.choice(codes)), ("absent", rng.choice(others))):
            question = f"Does this ECG show {NAMES[code]}?"
            rows.append(_row(spec, number, f"verify-{kind}", question, "yes" if kind == "present" else "no"))
        pair = [rng.choice(codes), rng.choice(others)]
        right = NAMES[pair[0]]
        rng.shuffle(pair)
        question = f"Which does this ECG show, {NAMES[pair[0]]} or {NAMES[pair[1]]}?"
        rows.append(_row(spec, number, "choose", question, right))
    return rows


def _row(spec: Spec, number: int, task: str, question: str, answer: str) -> SignalRow:
    messages = [("user", question), ("assistant", answer)]
    return row_of(
        messages,
        media_for(spec),
        id=f"{number}",
        group=f"synthetic-{number}",
        task=f"signal/{task}",
        codes=codes_of(spec),
        source=Path("synthetic"),
        line=number + 1,
    )


def conversations(n: int, seed: int) -> list[list[dict[str, str]]]:
    """Return what is asked and answered about `n` synthetic ECGs, as chats without the ECGs."""
    rows = [*alignment_rows(n, seed, 100.0), *instruction_rows(n, seed, 100.0)]
    return [row.messages for row in rows]
