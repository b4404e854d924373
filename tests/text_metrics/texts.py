"""Answers and references that the tests of text metrics share."""

from __future__ import annotations

import csv
import json
import random
from itertools import permutations
from pathlib import Path

from hypothesis import strategies as st

from ecg_bench.domains import find_domains
from ecg_bench.text_metrics import Pair

WORDS = (
    *("the", "ST", "elevation", "elevations", "elevated", "no", "lead", "leads", "V1", "V1-V3", "aVF", "120", "ms,"),
    *("0.12", "≥", "wave.", "inversion", "y", "yyy", "ventricular", "Überleitung", "сердце", "心電図", "don't", "…"),
)


def texts() -> st.SearchStrategy[str]:
    """Return texts with much in common, of several lines, with any character in between."""
    words = st.one_of(st.sampled_from(WORDS), st.text(max_size=6))
    return st.lists(st.tuples(words, st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "-"]))).map(
        lambda parts: "".join(word + space for word, space in parts)
    )


def pairs() -> st.SearchStrategy[Pair]:
    """Return pairs of such texts."""
    return st.builds(Pair, texts(), texts())


def random_pairs(n: int, seed: int) -> list[Pair]:
    """Return pairs of nonsense in which words, stems and whole runs recur: harder than language."""
    rng = random.Random(seed)

    def text() -> str:
        letters = rng.choice(("ab", "abyés", "aeingdsly", "aIΩ1 -"))
        words = ["".join(rng.choices(letters, k=rng.randint(1, 7))) for _ in range(4)]
        words += rng.choices(WORDS, k=3)
        return "".join(
            rng.choice(words) + rng.choice((" ", " ", " ", "\n", "\n\n", ".")) for _ in range(rng.randrange(30))
        )

    return [Pair(text(), text()) for _ in range(n)]


def shipped_references(task: str) -> list[str]:
    """Return the references of a shipped task."""
    lines = (find_domains()["ecg"].path / "data" / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["reference"] for line in lines]


def shipped_pairs(task: str, distance: int = 1) -> list[Pair]:
    """Return each reference of a task as an answer to the question some places further on."""
    references = shipped_references(task)
    return [Pair(text, references[(i + distance) % len(references)]) for i, text in enumerate(references)]


def study_pairs(folder: Path) -> list[Pair]:
    """Return the answers that the systems of the study gave to its ten factual questions, each against each other."""
    with (folder / "ecg-llm" / "10_questions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    answers: dict[str, list[str]] = {}
    for row in rows:
        answers.setdefault(row["Question"], []).append(row["Answer"])
    return [Pair(*two) for given in answers.values() for two in permutations(given, 2)]
