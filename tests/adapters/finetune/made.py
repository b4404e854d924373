"""Small bases, packs and recipes that finetuning is tried on."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecg_bench.adapters.finetune import FinetuneConfig, read_recipe
from tests.small_llama import save_small_llama

WORDS = (
    *("rate", "rhythm", "axis", "interval", "wave", "segment"),
    *("block", "lead", "septum", "apex", "node", "pause"),
)


def conversation(question: str, answer: str, **fields: str) -> dict[str, Any]:
    """Return a row of one question and its answer."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": messages, "id": "", "group": "", "task": "", **fields}


def conversations(n: int, *, seed: int = 0, first: str = "r") -> list[dict[str, Any]]:
    """Return rows of random words with random answers of one to four words; every other one is multiple choice."""
    rng = random.Random(seed)
    return [
        conversation(
            f"What is {' '.join(rng.choices(WORDS, k=rng.randint(3, 9)))}?",
            " ".join(rng.choices(WORDS, k=rng.randint(1, 4))),
            id=f"{first}{i}",
            group=f"{first}{i // 2}#part",
            task="mcq" if i % 2 else "open",
        )
        for i in range(n)
    ]


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write rows as JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def make_rows(folder: Path, n: int = 32, selection: int = 8) -> Path:
    """Write the training rows of a pack, in two files, with a selection split."""
    rows = conversations(n)
    write_rows(folder / "train" / "mcq.jsonl", rows[: n // 2])
    write_rows(folder / "train" / "open.jsonl", rows[n // 2 :])
    if selection:
        write_rows(folder / "train" / "selection.jsonl", conversations(selection, seed=1, first="s"))
    return folder


def make_base(folder: Path, *, hidden: int = 32, seed: int = 0, tied: bool = False) -> Path:
    """Save a small Llama that knows the words, whose answers end with a token that its generation stops at."""
    from transformers import AutoModelForCausalLM

    texts = [json.dumps(row) for row in conversations(60)]
    save_small_llama(folder, texts, chat=True, hidden=hidden, vocabulary=320, seed=seed)
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.generation_config.eos_token_id = [1, 3]
    if tied:
        model.config.tie_word_embeddings = True
        model.tie_weights()
    model.save_pretrained(folder)
    return folder


def recipe(*changes: str) -> FinetuneConfig:
    """Return the recipe for a CPU with fields changed."""
    return read_recipe("lora-small", changes)
