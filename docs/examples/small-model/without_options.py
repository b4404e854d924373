"""Add rows without options to those a pack is finetuned on: ``python without_options.py PACK ROWS``.

A pack of ``ecg-bench datagen`` teaches multiple choice by letters. A model of a million parameters learns the form of
such an answer and nothing else. ROWS holds the pack's rows, and each multiple-choice row of training once more as
``--score-by option`` will ask it: the question alone, and the text of the right option as the answer.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

OPTION = re.compile(r"^([A-Z])\) (.+)$", re.MULTILINE)


def without_options(row: dict[str, Any]) -> dict[str, Any]:
    """Return a multiple-choice row with its question alone, and an option's text instead of its letter."""
    asked, answered = (message["content"] for message in row["messages"])
    question, _, options = asked.partition("\n\nA) ")
    texts = dict(OPTION.findall(f"A) {options}"))
    messages = [
        {"role": "user", "content": f"Question: {question}"},
        {"role": "assistant", "content": f"Answer: {texts[answered.removeprefix('Answer: ')]}"},
    ]
    return {**row, "id": f"{row['id']}-text", "messages": messages}


def main(pack: str, rows: str) -> None:
    """Copy the rows, and add to them."""
    folder = Path(rows)
    shutil.copytree(Path(pack) / "train", folder)
    lines = (folder / "mcq.jsonl").read_text(encoding="utf-8").splitlines()
    made = [json.dumps(without_options(json.loads(line)), ensure_ascii=False) for line in lines]
    (folder / "mcq-text.jsonl").write_text("".join(f"{line}\n" for line in made), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
