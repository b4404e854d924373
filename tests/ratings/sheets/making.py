"""Runs to rate, made by the real engine from answers that are replayed, and judged by the judge that needs no model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ecg_bench import evaluate
from ecg_bench.judgements import judge_runs
from tests.packs import make_pack

N = 24
# From an answer that has all that the reference has to one that has nothing of it.
SAID = (
    "Thing {n} is good for the purpose of number {n}: it has a purpose, and the purpose is numbered.",
    "It has a purpose.",
    "Thing {n} is not good for the purpose of number {n}.",
    "Nobody can tell.",
)
Answers = Callable[[int], str]


def graded(shift: int) -> Answers:
    """Return answers of every quality; systems with another `shift` are good at other questions."""
    return lambda n: SAID[(n + n // 4 + shift) % 4].format(n=n) + f" So says witness {shift}."


def make_run(folder: Path, system: str, answers: Answers, *, n: int = N, judged: bool = True) -> Path:
    """Return a complete run of a system on the open questions of a toy pack."""
    pack = folder / "packs" / "toy"
    if not pack.exists():
        make_pack(pack, n_open=n)
    path = folder / f"{system}.jsonl"
    rows = [{"id": f"o{i:04d}", "answer": answers(i)} for i in range(n)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = folder / "runs" / system
    evaluate(f"replay/{path}", "toy/free", include=[pack], out=out, system=system, quiet=True)
    if judged:
        judge_runs([out], "ecg-correctness", "baseline/lexical-judge", include=[pack], quiet=True, cache=False)
    return out


def pack_of(folder: Path) -> Path:
    """Return the pack that the runs of a folder answered."""
    return folder / "packs" / "toy"
