"""What there is to rate, and in which order each rater sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of

Key = tuple[str, str, int, str, int]  # task, sample, epoch, system, repeat

APART = 10  # answers at least between an answer and its repeat, where there are as many


@dataclass(frozen=True, slots=True)
class Card:
    """An answer to be rated, for the first time or again.

    Parameters
    ----------
    task, sample, epoch, system : str, str, int, str
        Whose answer to what it is.
    question, answer, reference, passage : str
        The texts; `reference` and `passage` are empty where there is none or it is not to be shown.
    group, topic : str
        As the run has them.
    origin : str
        The run.
    repeat : int
        0 for the first time, 1 for the hidden repeat.
    inclusion : float or None
        The probability with which it was drawn.
    stratum : str
        The stratum from which it was drawn.
    """

    task: str
    sample: str
    epoch: int
    system: str
    question: str
    answer: str
    reference: str = ""
    passage: str = ""
    group: str = ""
    topic: str = ""
    origin: str = ""
    repeat: int = 0
    inclusion: float | None = None
    stratum: str = ""

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.task, self.sample, self.epoch, self.system, self.repeat


def collect(
    runs: Sequence[str | Path], *, reference: bool, passage: bool, include: Sequence[str | Path] = ()
) -> tuple[list[Card], list[str]]:
    """Return the answers of some runs that there is something to rate of, and what a user should know about them.

    Raises
    ------
    UserError
        If a run can't be read, or two of them hold answers of the same system to the same question.
    """
    from ecg_bench.judgements import StoredAnswers

    cards: dict[Key, Card] = {}
    notices = []
    for path in runs:
        stored = StoredAnswers(path, include)
        silent = 0
        for task, answers in stored.by_task.items():
            for one in answers:
                _, _, sample, epoch, permutation = one.place
                if permutation:
                    continue
                if not one.judged:
                    silent += 1
                    continue
                card = Card(
                    task=task,
                    sample=sample,
                    epoch=epoch,
                    system=stored.system,
                    question=one.question,
                    answer=one.text,
                    reference=one.reference if reference else "",
                    passage=one.passage if passage else "",
                    group=one.group,
                    topic=one.topic,
                    origin=str(path),
                )
                if card.key in cards:
                    raise UserError(
                        f"has answers of {stored.system} to the questions of {task}, and so has "
                        f"{cards[card.key].origin}: name one of the two runs",
                        path=path,
                    )
                cards[card.key] = card
        if silent:
            notices.append(f"{path}: {silent} samples have no answer that could be rated, and are not shown")
        if passage and not any(card.passage for card in cards.values() if card.origin == str(path)):
            notices.append(f"{path}: no passages: its tasks have none, or are not installed as they were")
    if not cards:
        raise UserError("none of the runs has an answer to rate")
    return list(cards.values()), notices


def draw(cards: Sequence[Card], *, repeats: float, seed: int) -> list[Card]:
    """Return the answers that are to be rated, and those of them that are to be rated again, marked as repeats."""
    drawn = sorted(cards, key=lambda card: _shuffled(seed, "repeats", *card.key))
    again = drawn[: round(repeats * len(drawn))]
    return [*cards, *(replace(card, repeat=1) for card in again)]


def deal(cards: Iterable[Card], rater: str, seed: int) -> list[Card]:
    """Return the cards in the order of one rater.

    Questions come in a random order, and answers to one question one after the other, in a random order. A repeat
    comes alone, somewhere after the answer it repeats.
    """
    first = [card for card in cards if not card.repeat]
    again = [card for card in cards if card.repeat]
    first.sort(key=lambda card: (_shuffled(seed, rater, card.task, card.sample), _shuffled(seed, rater, *card.key)))
    blocks = [list(block) for _, block in groupby(first, key=lambda card: (card.task, card.sample))]
    for card in sorted(again, key=lambda card: _shuffled(seed, rater, *card.key)):
        blocks.insert(_place(blocks, card, _shuffled(seed, rater, "place", *card.key)), [card])
    return [card for block in blocks for card in block]


def _place(blocks: Sequence[Sequence[Card]], card: Card, draw: str) -> int:
    """Return where a repeat goes: by chance among the places that are far enough behind its first showing."""
    home = next(n for n, block in enumerate(blocks) if card.key[:4] in {one.key[:4] for one in block})
    shown, places = 0, []
    for place in range(home + 1, len(blocks) + 1):
        if shown >= APART:
            places.append(place)
        shown += len(blocks[place]) if place < len(blocks) else 0
    return places[int(draw, 16) % len(places)] if places else len(blocks)


def _shuffled(*parts: str | int) -> str:
    """Return digits to sort by; unlike a generator's, they stay the same in every version of Python."""
    return sha256_of(*(str(part) for part in parts))
