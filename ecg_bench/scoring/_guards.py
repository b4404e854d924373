"""What should be known about answers before their scores are used."""

from __future__ import annotations

from collections.abc import Sequence

from ecg_bench.text_metrics import Guards

_SAID = {
    "empty": "are empty and score 0",
    "role": "begin with a word of the chat format, such as 'assistant': a part of the prompt got into the answers",
    "echo": "repeat the question at their head",
}


def notices_of(what: str, guards: Guards) -> Sequence[str]:
    """Return a sentence for each kind of answer that something is to be said about."""
    return [f"{what}: {n} of {guards.pairs} answers {_SAID[kind]}" for kind, n in guards.counts.items() if n]
