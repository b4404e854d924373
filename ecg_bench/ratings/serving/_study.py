"""What is rated, on which levels, and how: all that must be the same when rating goes on another day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of
from ecg_bench.judging import load_judge
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.serving._deck import Card, Key, collect, deal, draw

KEYS = 9  # of the keyboard, for one level each


@dataclass(frozen=True)
class Study:
    """What is rated.

    Parameters
    ----------
    cards : sequence of Card
        The answers, each repeat as one of its own.
    criterion, question : str, str
        What is rated: its name, and what it means.
    scale : Scale
        The levels.
    meanings : tuple of str
        What each level means; may be empty texts.
    seed : int
        Of each rater's order.
    settings : mapping
        What else was chosen, for the message when rating goes on with something else.
    notices : sequence of str
        What a user should know before.
    """

    cards: Sequence[Card]
    criterion: str
    question: str
    scale: Scale
    meanings: tuple[str, ...]
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    notices: Sequence[str] = ()

    @cached_property
    def by_key(self) -> dict[Key, Card]:
        """The cards by what tells them apart."""
        return {card.key: card for card in self.cards}

    @cached_property
    def design(self) -> dict[str, Any]:
        """What must be the same for ratings to go on."""
        shown = sorted([*card.key, card.question, card.answer, card.reference, card.passage] for card in self.cards)
        return {
            "criterion": self.criterion,
            "scale": str(self.scale),
            "seed": self.seed,
            **self.settings,
            "answers": sha256_of(json.dumps(shown)),
        }

    def deal(self, rater: str) -> list[Card]:
        """Return the cards in the order of one rater."""
        return deal(self.cards, rater.casefold(), self.seed)


def prepare(
    runs: Sequence[str | Path],
    *,
    judge: str = "ecg-correctness",
    criterion: str | None = None,
    reference: bool = True,
    passage: bool = False,
    repeats: float = 0.0,
    seed: int = 0,
    include: Sequence[str | Path] = (),
) -> Study:
    """Return what is to be rated of some runs.

    Raises
    ------
    UserError
        If a run or the judge can't be read, or the judge has no levels.
    """
    card = load_judge(judge).card
    try:
        scale = Scale.of(card, criterion)
    except ValueError as error:
        raise UserError(f"{error}: name a judge whose rubric has levels") from None
    if len(scale) > KEYS:
        raise UserError(f"the judge {judge} has {len(scale)} levels, but the page has keys for {KEYS}")
    rubric = next(one for one in card.rubric if one.levels and criterion in (None, one.name))
    cards, notices = collect(runs, reference=reference, passage=passage, include=include)
    return Study(
        cards=draw(cards, repeats=repeats, seed=seed),
        criterion=rubric.name,
        question=" ".join(rubric.description.split()),
        scale=scale,
        meanings=tuple(" ".join(level.description.split()) for level in rubric.levels),
        seed=seed,
        settings={"repeats": repeats, "reference": reference, "passage": passage},
        notices=notices,
    )
