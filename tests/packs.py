"""Domain packs made for tests: real files in a folder, as a user would write them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DOMAIN = """\
domain: {name}
title: A toy domain
version: "1"
licence: CC0-1.0
corpus: corpus
topics: {{colours: Colours, shapes: Shapes}}
"""
TASK = """\
task: {task}
title: A toy task
version: 1
type: {type}
description: Made by the tests.
data: {task}.jsonl
fewshot: shots.jsonl
made: By the tests.
verified: By nobody.
"""
DOCUMENT = """\
---
id: {id}
title: About {id}
topics: [colours]
core: true
date: 2026-11-21
sources:
  - {{title: A book, year: 2001}}
---
"""
COLOURS = ("red", "green", "blue", "yellow", "black", "white", "brown", "violet", "orange", "grey")
THINGS = ("apple", "brick", "cloud", "drum", "engine", "flute", "glove", "house", "island", "jacket")


def rows(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return multiple-choice rows whose keys the corpus of `make_pack` supports."""
    rng = random.Random(seed)
    made = []
    for i in range(n):
        thing = f"{rng.choice(THINGS)} {i}"
        options = rng.sample(COLOURS, 4)
        made.append(
            {
                "id": f"q{i:05d}",
                "question": f"Which colour does the {thing} have, seen in plain daylight by a careful witness?",
                "options": [f"The colour {colour}" for colour in options],
                "key": "ABCD"[i % 4],
                "topic": ("colours", "shapes")[i % 2],
                "difficulty": ("easy", "medium", "hard")[i % 3],
                "group": f"doc{i % 7}#section-{i % 3}",
                "rationale": "It is written.",
            }
        )
    return made


def open_rows(n: int) -> list[dict[str, Any]]:
    """Return open questions."""
    return [
        {
            "id": f"o{i:04d}",
            "question": f"What is thing number {i} good for?",
            "reference": f"Thing {i} is good for the purpose of number {i}.",
            "key_points": ["it has a purpose", "the purpose is numbered"],
            "topic": "shapes",
            "difficulty": "easy",
            "group": f"doc{i % 7}#section-{i % 3}",
        }
        for i in range(n)
    ]


def write_jsonl(path: Path, data: Iterable[Mapping[str, Any]]) -> Path:
    """Write rows, one JSON object a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in data), encoding="utf-8")
    return path


def make_pack(
    folder: Path,
    *,
    n: int = 20,
    n_open: int = 6,
    data: list[dict[str, Any]] | None = None,
    card: str = "",
    domain: str = "",
) -> Path:
    """Write a pack with the tasks ``choice`` and ``free``; `card` is added to the YAML of ``choice``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "corpus").mkdir(exist_ok=True)
    (folder / "domain.yaml").write_text(domain or DOMAIN.format(name=folder.name))
    (folder / "choice.yaml").write_text(TASK.format(task="choice", type="multiple_choice") + card)
    (folder / "free.yaml").write_text(TASK.format(task="free", type="open").replace("fewshot: shots.jsonl\n", ""))
    items = rows(n) if data is None else data
    write_jsonl(folder / "choice.jsonl", items)
    write_jsonl(folder / "free.jsonl", open_rows(n_open))
    shots = [
        {**row, "id": f"shot{i}", "question": f"Example {i}: what is {' '.join(THINGS[i : i + 4])}?"}
        for i, row in enumerate(rows(4, seed=99))
    ]
    write_jsonl(folder / "shots.jsonl", shots)
    facts: dict[str, list[str]] = {}
    for row in items:
        if isinstance(row.get("options"), list) and len(row["options"]) >= 4 and row.get("key") in list("ABCD"):
            fact = f"{row.get('question')} {row['options']['ABCD'.index(row['key'])]}."
            facts.setdefault(str(row.get("group")), []).append(fact)
    for number in range(7):
        text = DOCUMENT.format(id=f"doc{number}")
        for section in range(3):
            sentences = " ".join(facts.get(f"doc{number}#section-{section}", [])[:40]) or "Nothing is known."
            text += f"## Section {section}\n{sentences}\n\n"
        (folder / "corpus" / f"doc{number}.md").write_text(text)
    return folder
