"""ECG-QA's own reading of a language model's reply, faults included.

From ``llm_modeling/llm_modeling.py`` of the repository Jwoo5/ecg-qa (commit 3eabbce1c633): the reply is lower-cased,
and whatever one alternation of the options' names finds in it, from left to right, is the set of answers. Numbers that
were published for language models rest on it, so it can be had, beside a reading that can be trusted.

What is wrong with it, each a test case here:

* the alternation holds "no" before "not sure" and "none", so that "Not sure", "None" and "I don't know" are all read as
  "no" wherever "no" is an option: gold "not sure" can never be credited;
* names that hold capitals ("lead I", "lead aVR") never match a reply in lower case, so that a question for leads scores
  0 unless its answer is none;
* a name is found within other words, and an option that the reply denies is found like one that it affirms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import lru_cache

from ecg_bench.ecg_qa._reader import NONE


def official_answers(reply: str, options: Sequence[str]) -> frozenset[str]:
    """Return what the published parser reads in a reply; nothing where it finds no option.

    Parameters
    ----------
    reply : str
        The model's whole reply.
    options : sequence of str
        The names of the options in the order of ``qa_class.csv``, which holds no "none"; that name is tried last.
    """
    names = tuple(option for option in options if option != NONE)
    return frozenset(match[0] for match in _pattern(names).finditer(reply.lower()))


def official_score(reply: str, options: Sequence[str], gold: Set[str]) -> float:
    """Return 1 where the published evaluation counts a reply as right, else 0."""
    return float(official_answers(reply, options) == {answer.lower() for answer in gold})


@lru_cache(maxsize=4096)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    # The original escapes brackets only; no name holds another sign that means something in a pattern.
    return re.compile("|".join([*map(re.escape, names), NONE]))
