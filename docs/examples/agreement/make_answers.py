"""Write answers of three invented systems to the shipped open questions: ``python make_answers.py answers.csv``.

Each answer is the reference, its first half, or the reference of another question, so that everybody can see what is
right. How often each happens is all that the three systems differ in.
"""

from __future__ import annotations

import csv
import random
import sys

import ecg_bench

# How often an answer is whole, cut in half, or that to another question.
SYSTEMS = {"thorough": (0.8, 0.15, 0.05), "hasty": (0.45, 0.4, 0.15), "careless": (0.4, 0.15, 0.45)}
TASK = "ecg/open-factual"


def main(path: str) -> None:
    """Write the answers."""
    samples = list(ecg_bench.find_tasks([TASK])[0].dataset)
    rng = random.Random(1)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["system", "task", "id", "answer"])
        for system, shares in SYSTEMS.items():
            for sample in samples:
                (kind,) = rng.choices(("whole", "half", "other"), shares)
                source = (
                    rng.choice([one for one in samples if one.group != sample.group]) if kind == "other" else sample
                )
                words = (source.reference or "").split()
                answer = " ".join(words[: len(words) // 2] if kind == "half" else words)
                writer.writerow([system, TASK, sample.id, answer])


if __name__ == "__main__":
    main(*sys.argv[1:])
