"""What is taken out once all items are there: duplicates, and what makes a set answerable without knowledge."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from ecg_bench.adapters.datagen._items import Dropped, Item, words
from ecg_bench.samples import Sample
from ecg_bench.validation import ENOUGH, RULES, credit, near_duplicates

ORDER = ("test", "selection", "train")  # of two that are nearly the same, the one that is reported stays
Split = Mapping[str, str]


def without_duplicates(items: Sequence[Item], split: Split) -> tuple[list[Item], list[Dropped]]:
    """Drop every item that is nearly the same as one that is kept.

    Two are if most of their three-word runs are (as `ecg-bench tasks validate` counts), or if their questions are the
    same to the word.

    Parameters
    ----------
    items : sequence of Item
        Of all splits.
    split : mapping of str to str
        The split of each passage.
    """
    ranked = sorted(items, key=lambda item: ORDER.index(split[item.chunk.passage]))
    texts = [f"{item.question} {' '.join(sorted(item.options))}" for item in ranked]
    earlier: dict[int, list[int]] = {}
    for n, other, _ in near_duplicates(texts):
        earlier.setdefault(n, []).append(other)
    first: dict[str, int] = {}
    gone: dict[int, int] = {}
    for n, item in enumerate(ranked):
        twin = next((other for other in earlier.get(n, ()) if other not in gone), None)
        asked = " ".join(words(item.question))
        twin = first.get(asked) if twin is None else twin
        if twin is None:
            first[asked] = n
        else:
            gone[n] = twin
    dropped = []
    for n, twin in gone.items():
        mine, kept = ranked[n], ranked[twin]
        across = split[mine.chunk.passage] != split[kept.chunk.passage]
        dropped.append(dropped_item(mine, "duplicate_across_splits" if across else "duplicate", kept.id))
    ids = {one.id for one in dropped}
    return [item for item in items if item.id not in ids], dropped


def balanced(items: Sequence[Item], seed: int) -> tuple[list[Item], list[Dropped]]:
    """Drop multiple-choice items until no rule that knows nothing answers more than the validator allows.

    Of such rules (the longest option, the one with most words of the question and so on) each is right about one time
    in four by chance. Where the writer's habits give it more, items that it answers are taken out at random under the
    seed, those first that several such rules answer. Sets too small for the validator to judge stay as they are.

    Parameters
    ----------
    items : sequence of Item
        The multiple choice of one split.
    seed : int
        Of the choice.
    """
    credit_of = {item.id: {name: credit(rule, _sample(item)) for name, (rule, _) in RULES.items()} for item in items}
    limits = {name: limit for name, (_, limit) in RULES.items()}
    order = list(items)
    random.Random(f"balance {seed}").shuffle(order)
    kept = {item.id: item for item in order}
    totals = {name: sum(credit_of[id_][name] for id_ in kept) for name in limits}
    dropped: list[Dropped] = []
    while len(kept) >= ENOUGH and (over := [name for name in limits if totals[name] >= limits[name] * len(kept)]):
        worst = max(over, key=lambda name: totals[name] / len(kept) - limits[name])
        best = sorted(kept, key=lambda id_: (credit_of[id_][worst], sum(credit_of[id_][name] for name in over)))
        while best and len(kept) >= ENOUGH and totals[worst] >= limits[worst] * len(kept):
            item = kept.pop(best.pop())
            totals = {name: total - credit_of[item.id][name] for name, total in totals.items()}
            dropped.append(dropped_item(item, "gives_away_as_a_set", worst))
    return [item for item in items if item.id in kept], dropped


def dropped_item(item: Item, reason: str, detail: str) -> Dropped:
    """Return the record of an item that passed by itself and is taken out."""
    stated = {"question": item.question, "options": list(item.options), "answer": item.answer, "quote": item.quote}
    return Dropped(item.id, item.chunk.id, item.kind, reason, detail, stated)


def _sample(item: Item) -> Sample:
    return Sample(item.id, 0, item.question, options=item.options, key=item.key)
