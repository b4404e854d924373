"""Runs of systems whose every answer is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ecg_bench import Run, evaluate
from tests.packs import rows, write_jsonl

Pack = Callable[..., Path]


def alone(n: int) -> list[dict[str, Any]]:
    """Return multiple-choice rows of which each is a cluster of its own."""
    return [{**row, "group": f"passage {row['id']}"} for row in rows(n)]


def answering(
    folder: Path,
    right: Collection[int],
    name: str = "system",
    *,
    data: Sequence[Mapping[str, Any]],
    said: Mapping[int, str] | None = None,
    tasks: str = "toy/choice",
    **settings: Any,
) -> Run:
    """Return a run of a system that gets exactly these samples right; of some it says something else."""
    answers = []
    for i, row in enumerate(data):
        wrong = "ABCD"[("ABCD".index(row["key"]) + 1) % 4]
        text = (said or {}).get(i, row["key"] if i in right else wrong)
        answers.append({"id": row["id"], "answer": text})
    path = write_jsonl(folder.parent / f"{name}.jsonl", answers)
    out = folder.parent / "runs" / name
    return evaluate(f"replay/{path}", tasks, include=[folder], system=name, out=out, quiet=True, **settings)


def explaining(folder: Path, answers: Mapping[str, str], name: str) -> Run:
    """Return a run of a system that answers the open questions."""
    path = write_jsonl(folder.parent / f"{name}.jsonl", [{"id": k, "answer": v} for k, v in answers.items()])
    out = folder.parent / "runs" / name
    return evaluate(f"replay/{path}", "toy/free", include=[folder], system=name, out=out, quiet=True)
