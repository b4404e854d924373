"""Writing the pack: tasks for selection and test, chats for finetuning, and what says how they were made."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ecg_bench.adapters.datagen._corpus import CORPUS, Material
from ecg_bench.adapters.datagen._items import Dropped, Item
from ecg_bench.adapters.datagen._prompts import KINDS, Kind
from ecg_bench.adapters.datagen._recipe import Recipe
from ecg_bench.adapters.datagen._splits import SPLITS
from ecg_bench.cards import DomainCard, GenerationCard, PromptCard, TaskCard
from ecg_bench.files import make_folder, sha256_of_file, write_whole
from ecg_bench.samples import LETTERS
from ecg_bench.settings import Settings
from ecg_bench.task_types import TASK_TYPES

DATA, TRAIN, DROPPED = "data", "train", "dropped.jsonl"
OPEN_PROMPT = "{{ question }}\n\nAnswer in one to three sentences."
TYPES: Mapping[Kind, str] = {"mcq": "multiple_choice", "open": "open"}
_TITLES: Mapping[Kind, str] = {"mcq": "Multiple choice", "open": "Open questions"}
_USES = {
    "selection": "For choosing: prompts, checkpoints, retrieval, ranks. Its results are not to be reported.",
    "test": "For reporting: nothing may be chosen by it. For choosing there is the selection split.",
    "train": "For finetuning.",
}
VERIFIED = (
    "By rules only: four distinct options with one key, a quotation that stands in the passage, no answer in the "
    "question, no key that is longest by far, nothing that points to a text or figure the reader does not see, no "
    "near-duplicate within or across splits, and no set that rules without knowledge answer. That the answers are "
    "right was not verified. No clinician has reviewed the items."
)

Sets = Mapping[tuple[Kind, str], Sequence[Mapping[str, Any]]]


def rows_of(items: Sequence[Item], material: Material, seed: int) -> dict[tuple[Kind, str], list[dict[str, Any]]]:
    """Return the rows of data by kind and split, options in an order drawn under the seed and keys evenly spread."""
    found: dict[tuple[Kind, str], list[dict[str, Any]]] = {}
    for kind in KINDS:
        for split in SPLITS:
            some = [item for item in items if item.kind == kind and material.split[item.chunk.passage] == split]
            deck = [n % 4 for n in range(len(some))]
            random.Random(f"keys {seed} {split}").shuffle(deck)
            found[kind, split] = [_row(item, place, seed) for item, place in zip(some, deck, strict=True)]
    return found


def _row(item: Item, place: int, seed: int) -> dict[str, Any]:
    lines = item.chunk.lines
    head: dict[str, Any] = {"id": item.id, "question": item.question}
    if item.key is not None:
        others = [text for n, text in enumerate(item.options) if n != item.key]
        random.Random(f"options {seed} {item.id}").shuffle(others)
        options = [*others[:place], item.options[item.key], *others[place:]]
        head |= {"options": options, "key": LETTERS[place], "rationale": item.rationale}
    else:
        head |= {"reference": item.answer, "key_points": list(item.key_points)}
    return head | {
        "topic": item.chunk.topic,
        "difficulty": item.difficulty,
        "group": item.chunk.passage,
        "quote": item.quote,
        "document": item.chunk.document,
        "first_line": lines.first_line,
        "last_line": lines.last_line,
    }


def task_card(kind: Kind, split: str, made: str) -> TaskCard:
    """Return the card of the task that asks the items of a kind in a split."""
    return TaskCard(
        task=f"{kind}-{split}",
        title=f"{_TITLES[kind]}, {split}",
        version=1,
        type=TYPES[kind],
        description=_USES[split],
        data=f"{DATA}/{kind}-{split}.jsonl",
        prompt=PromptCard(user=OPEN_PROMPT) if kind == "open" else PromptCard(),
        generation=GenerationCard(max_tokens=512),
        made=made,
        verified=VERIFIED,
    )


def write_pack(out: Path, recipe: Recipe, material: Material, rows: Sets, made: str, seed: int) -> dict[str, str]:
    """Write everything but ``datagen.json``, and return the hash of each file of data.

    ``domain.yaml``, which makes a folder a pack, comes last.
    """
    data, train = make_folder(out / DATA), make_folder(out / TRAIN)
    files: list[Path] = []
    for (kind, split), some in rows.items():
        if some and split != "train":
            card = task_card(kind, split, made)
            files.append(data / f"{card.task}.jsonl")
            _write_rows(files[-1], some)
            write_whole(out / f"{card.task}.yaml", _yaml(card.model_dump(mode="json", exclude_defaults=True)))
    chats = {
        (kind, split): list(_chats(recipe.name, task_card(kind, split, made), some, seed))
        for (kind, split), some in rows.items()
    }
    selection = [row for (_, split), some in chats.items() if split == "selection" for row in some]
    sets = {"mcq": chats["mcq", "train"], "open": chats["open", "train"], "selection": selection}
    for name, some in sets.items():
        files.append(train / f"{name}.jsonl")
        _write_rows(files[-1], some)
    topics = sorted({topic for document in material.corpus for topic in document.card.topics})
    domain = DomainCard(
        domain=recipe.name,
        title=recipe.title or recipe.name,
        version="1",
        licence=recipe.licence,
        language=recipe.language,
        description=made,
        corpus=CORPUS,
        topics={topic: topic.replace("-", " ").capitalize() for topic in topics},
    )
    write_whole(out / "domain.yaml", _yaml(domain.model_dump(mode="json", exclude_defaults=True)))
    return {path.relative_to(out).as_posix(): sha256_of_file(path) for path in sorted(files)}


def write_dropped(out: Path, dropped: Iterable[Dropped]) -> None:
    """Write every item that was dropped, as it was written, with the reason."""
    _write_rows(out / DROPPED, (vars(one) for one in sorted(dropped, key=lambda one: one.id)))


def _chats(domain: str, card: TaskCard, rows: Sequence[Mapping[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """Yield rows as conversations: the evaluation's own prompt, and the right answer in the form that it asks for."""
    kind = TASK_TYPES.get(card.type)(card, origin=card.task)
    samples = [kind.read_row(row, n) for n, row in enumerate(rows)]
    if not samples:
        return
    name = f"{domain}/{card.task}"
    columns = frozenset.intersection(*(frozenset(sample.fields) for sample in samples))
    plan = kind.plan(name, Settings(seed=seed), columns, ())
    for sample, row in zip(samples, rows, strict=True):
        request = next(plan.requests(sample))
        right = f"Answer: {plan.target(sample, request)}" if sample.options else sample.reference
        turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
        yield {
            "messages": [*turns, {"role": "assistant", "content": right}],
            "id": sample.id,
            "group": sample.group,
            "task": name,
            **{field: row[field] for field in ("document", "first_line", "last_line", "quote")},
        }


def _write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _yaml(data: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=120))
