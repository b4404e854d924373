"""Train a small language model from scratch on the shipped ECG corpus: ``python make_model.py MODEL``.

The folder then holds a Llama of 1.3 million parameters with a tokenizer of its own, which ``--model hf/MODEL`` loads.
It has read the documents sixteen times over, and nothing else: no question, no option, no turn of a conversation. It is
a base model, there so that finetuning and retrieval can be tried within minutes on any machine. What it says of
electrocardiography is of no use to anybody.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_llama import begin, make_model, make_tokenizer, save, train

from ecg_bench.domains import find_domains

VOCABULARY = 2048
STEPS = 1400
WINDOW = 256  # tokens


def documents() -> list[str]:
    """Return the documents of the corpus as Markdown without their front matter."""
    return [
        f"# {document.card.title}\n\n"
        + "\n\n".join(f"## {passage.heading}\n\n{passage.text}" for passage in document.passages)
        for document in find_domains()["ecg"].corpus or ()
    ]


def main() -> None:
    """Make tokenizer and model, train, and save both."""
    parser = argparse.ArgumentParser(description="Train a small language model from scratch on the shipped ECG corpus.")
    parser.add_argument("folder", type=Path, metavar="MODEL", help="where to save it")
    parser.add_argument("--steps", type=int, default=STEPS, help="how long to train; %(default)s if not given")
    given = parser.parse_args()
    begin()
    texts = documents()
    tokenizer = make_tokenizer(texts, VOCABULARY)
    model = make_model(tokenizer)
    # ``</s><s>`` parts the documents.
    encoded: list[list[int]] = [[*tokenizer(text)["input_ids"], tokenizer.eos_token_id] for text in texts]
    print(
        f"{len(texts)} documents, {sum(map(len, encoded)):,} tokens; {model.num_parameters():,} parameters", flush=True
    )
    train(model, encoded, given.steps, WINDOW)
    save(given.folder, model, tokenizer)


if __name__ == "__main__":
    main()
