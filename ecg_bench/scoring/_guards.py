"""What should be known about answers before their scores are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecg_bench.text_metrics import Guards

_SAID = {
    "empty": "are empty and score 0",
    "role": "begin with a word of the chat format, such as 'assistant': a part of the prompt got into the answers",
    "echo": "repeat the question at their head",
}


def notices_of(what: str, guards: Guards) -> Sequence[str]:
    """Return a sentence for each kind of answer that something is to be said about."""
    return [f"{what}: {n} of {guards.pairs} answers {_SAID[kind]}" for kind, n in guards.counts.items() if n]


def notices_of_flags(what: str, n: int, flagged: Mapping[str, int]) -> Sequence[str]:
    """Return a sentence for each flag of a metric that is set for any of `n` pairs."""
    return [f"{what}: {k} of {n} pairs are marked '{flag.replace('_', ' ')}'" for flag, k in flagged.items() if k]
