"""Rules that answer multiple choice without any knowledge: what they get right, the wording gave away."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ecg_bench.samples import LETTERS, Sample

Rule = Callable[[Sample], Sequence[float]]

# From how many samples on a share is held against its limit; in fewer, chance alone can exceed it.
ENOUGH = 40

_ABSOLUTE = re.compile(
    r"\b(always|never|only|all|none|every|no|must|cannot|exclusively|invariably|solely)\b", re.IGNORECASE
)
_WORD = re.compile(r"[a-z0-9]{4,}")


def _length(sample: Sample) -> Sequence[float]:
    return [len(option) for option in sample.options]


def _shortness(sample: Sample) -> Sequence[float]:
    return [-len(option) for option in sample.options]


def _echo(sample: Sample) -> Sequence[float]:
    question = set(_WORD.findall(sample.question.lower()))
    return [len(question & set(_WORD.findall(option.lower()))) for option in sample.options]


def _unlike(sample: Sample) -> Sequence[float]:
    words = [set(_WORD.findall(option.lower())) for option in sample.options]
    return [-sum(len(mine & other) for other in words if other is not mine) for mine in words]


def _alike(sample: Sample) -> Sequence[float]:
    return [-score for score in _unlike(sample)]


def _middle(sample: Sample) -> Sequence[float]:
    lengths = [len(option) for option in sample.options]
    return [float(min(lengths) < length < max(lengths)) for length in lengths]


def _moderate(sample: Sample) -> Sequence[float]:
    return [-len(_ABSOLUTE.findall(option)) for option in sample.options]


# Each rule gives every option a score and takes the highest; the limit is on its accuracy.
RULES: dict[str, tuple[Rule, float]] = {
    "longest option": (_length, 0.35),
    "shortest option": (_shortness, 0.35),
    "neither longest nor shortest": (_middle, 0.40),
    "most words of the question": (_echo, 0.40),
    "most words of other options": (_alike, 0.40),
    "fewest words of other options": (_unlike, 0.40),
    "fewest absolute words (always, never, …)": (_moderate, 0.35),
}


def credit(rule: Rule, sample: Sample) -> float:
    """Return the chance that a rule is right which draws among the options it likes best."""
    scores = rule(sample)
    best = [n for n, score in enumerate(scores) if score == max(scores)]
    return (sample.key in best) / len(best)


def accuracy(rule: Rule, samples: Sequence[Sample]) -> float:
    """Return the expected accuracy of a rule."""
    return sum(credit(rule, sample) for sample in samples) / len(samples)


def key_counts(samples: Sequence[Sample]) -> dict[str, int]:
    """Return how often each letter is the key."""
    letters = LETTERS[: max(len(sample.options) for sample in samples)]
    return {letter: sum(sample.key == n for sample in samples) for n, letter in enumerate(letters)}


def unbalanced(counts: dict[str, int]) -> str | None:
    """Return the letter that is the key more often, or less often, than chance explains (3 standard deviations)."""
    n, k = sum(counts.values()), len(counts)
    spread = 3 * (n * (1 / k) * (1 - 1 / k)) ** 0.5
    letter = max(counts, key=lambda x: abs(counts[x] - n / k))
    return letter if n >= ENOUGH and abs(counts[letter] - n / k) > spread else None
