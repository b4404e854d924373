"""Length: to be read beside every other metric, since most of them reward or punish it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ecg_bench.text_metrics._base import Comparison, Pair, TextMetric

_WORD = re.compile(r"\w+(?:[.,'/-]\w+)*")


def count_words(text: str) -> int:
    """Return how many words a text has: runs of letters and digits, with what joins them ("0.12", "J-point")."""
    return sum(1 for _ in _WORD.finditer(text))


class Length(TextMetric):
    """Words of the answer, and their ratio to those of the reference."""

    diagnostic: ClassVar[bool] = True

    @property
    def signature(self) -> str:
        return "length|version:1|unit:words"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        answers = np.array([count_words(pair.answer) for pair in pairs], dtype=np.float64)
        references = np.array([count_words(pair.reference) for pair in pairs], dtype=np.float64)
        ratios = np.divide(answers, references, out=np.zeros_like(answers), where=references > 0)
        return Comparison({"answer_words": answers, "length_ratio": ratios})
