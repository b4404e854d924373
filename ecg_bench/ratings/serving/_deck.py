"""The answers of a study in the order of one rater, and what tells one from another."""

from __future__ import annotations

from random import Random

from ecg_bench.ratings.sheets import Assignment, Sample
from ecg_bench.ratings.sheets._order import arrange

# Task, sample, epoch and system of each answer with this text, and the repeat.
Key = tuple[str, str, tuple[tuple[int, str], ...], int]


def key_of(card: Assignment) -> Key:
    """Return what tells a card from all others, whoever rates it and wherever it stands."""
    answers = [one.answer for one in card.drawn]
    task, sample = answers[0].asked
    return task, sample, tuple(sorted((one.epoch, one.system) for one in answers)), card.repeat


def deal(sample: Sample, repeats: float, rater: str) -> list[Assignment]:
    """Return the cards in the order of one rater, some of them twice; the same for the same name.

    What was drawn is the same for all raters. The order of questions, that of the answers to each, and what is shown
    again is each rater's own, so that neither is tied to a system.
    """
    drawn = sorted(sample.drawn, key=lambda one: one.answer.place)
    return arrange(drawn, repeats, Random(f"{sample.seed} {sample.pool.digest} rater {rater.casefold()}"))
