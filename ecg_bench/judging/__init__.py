"""Judges: models that say how good an answer is, by a rubric.

A judge is one YAML file; those that are shipped are in ``ecg_bench.judges``. What is here makes the prompt for an item
and reads the verdict out of the reply; it asks no model and touches no run.
"""

from ecg_bench.judging._card import JudgeCard
from ecg_bench.judging._criteria import plain
from ecg_bench.judging._discovery import find_judges, load_judge, read_judge
from ecg_bench.judging._families import families_of
from ecg_bench.judging._judge import Judge
from ecg_bench.judging._values import AnswerVerdict, JudgedItem, JudgePrompt, Unread, Verdict

__all__ = [
    "AnswerVerdict",
    "Judge",
    "JudgeCard",
    "JudgePrompt",
    "JudgedItem",
    "Unread",
    "Verdict",
    "families_of",
    "find_judges",
    "load_judge",
    "plain",
    "read_judge",
]
