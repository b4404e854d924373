"""Train a small language model on what is said of ECGs, without any ECG: ``python make_base.py BASE``.

The folder then holds a Llama of a million parameters with a tokenizer of its own, which ``--llm hf/BASE`` loads. It has
read questions, answers and reports about synthetic ECGs as text, and never saw an ECG: it knows what is said, and not
of which ECG. It is there so that signal adapters can be tried within minutes on any machine, and of no use otherwise.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_llama import begin, make_model, make_tokenizer, save, train

from ecg_bench.adapters.signal import conversations

RECORDS = 600
DATA_SEED = 77
VOCABULARY = 1024
STEPS = 300
WINDOW = 512  # tokens


def main() -> None:
    """Make tokenizer and model, train, and save both."""
    parser = argparse.ArgumentParser(description="Train a small language model on what is said of ECGs.")
    parser.add_argument("folder", type=Path, metavar="BASE", help="where to save it")
    parser.add_argument("--steps", type=int, default=STEPS, help="how long to train; %(default)s if not given")
    given = parser.parse_args()
    begin()
    chats = conversations(RECORDS, DATA_SEED)
    tokenizer = make_tokenizer([turn["content"] for chat in chats for turn in chat], VOCABULARY)
    model = make_model(tokenizer)
    texts = [tokenizer.apply_chat_template(chat, tokenize=False) for chat in chats]
    encoded: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    print(f"{len(texts):,} conversations, {sum(map(len, encoded)):,} tokens; {model.num_parameters():,} parameters")
    train(model, encoded, given.steps, WINDOW)
    save(given.folder, model, tokenizer)


if __name__ == "__main__":
    main()
