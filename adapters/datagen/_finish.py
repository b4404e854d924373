"""From the replies of a model to a pack: what is kept, what is dropped and why, and the record of it all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ecg_bench._version import VERSION
from ecg_bench.adapters.datagen._corpus import Material
from ecg_bench.adapters.datagen._items import REASONS, Dropped, Item, read_items
from ecg_bench.adapters.datagen._pack import DROPPED, Sets, rows_of, write_dropped, write_pack
from ecg_bench.adapters.datagen._prompts import Kind, load_prompt
from ecg_bench.adapters.datagen._recipe import Recipe
from ecg_bench.adapters.datagen._record import DatagenRecord, KindRecord, SplitRecord, write_record
from ecg_bench.adapters.datagen._selecting import balanced, without_duplicates
from ecg_bench.adapters.datagen._splits import SPLITS
from ecg_bench.domains import open_pack
from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.samples import Outcome
from ecg_bench.validation import validate_pack

WRITING = "writing"  # the run of the model, in the pack


def finish(folder: Path, recipe: Recipe, started: DatagenRecord, material: Material, done: Run) -> DatagenRecord:
    """Read what was written, drop what is no good, and write the pack.

    Parameters
    ----------
    folder : Path
        Of the pack.
    recipe : Recipe
        How it is made.
    started : DatagenRecord
        What is known before anything was written.
    material : Material
        What the model was shown.
    done : Run
        Of the model.

    Raises
    ------
    UserError
        If no item for selection or test is left.
    """
    items, dropped, replies, counts = _read(recipe, material, done)
    items, twins = without_duplicates(items, material.split)
    dropped += twins
    for split in SPLITS:
        some = [one for one in items if one.kind == "mcq" and material.split[one.chunk.passage] == split]
        _, out = balanced(some, recipe.seed)
        gone = {one.id for one in out}
        items = [one for one in items if one.id not in gone]
        dropped += out
    rows = rows_of(items, material, recipe.seed)
    header = done.header
    made = " ".join(
        [
            f"Written from {len(started.documents)} documents by {header.system.provider}/{header.system.model}, "
            f"asked by ecg-bench datagen {VERSION}; prompts, settings and counts are in datagen.json.",
            *(f"Note: {notice}." for notice in header.notices),
        ]
    )
    write_dropped(folder, dropped)
    kinds = {
        kind: KindRecord(
            per_chunk=n,
            prompt_version=load_prompt(kind).version,
            prompt_sha256=load_prompt(kind).sha256,
            replies=dict(replies[kind]),
            items=counts[kind],
            kept=sum(one.kind == kind for one in items),
            dropped=_by_reason([one for one in dropped if one.kind == kind]),
        )
        for kind, n in recipe.kinds.items()
    }
    record = started.model_copy(
        update={
            "system": header.system,
            "kinds": kinds,
            "splits": {split: _split_record(material, rows, split) for split in SPLITS},
            "totals": header.totals,
            "notices": [*header.notices, *_notices(started, rows)],
        }
    )
    if not any(some for (_, split), some in rows.items() if split != "train"):
        write_record(folder, record)
        reasons = Counter(one.reason for one in dropped)
        most = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common(3)) or "no reply held any"
        raise UserError(
            f"no item for selection or test passed ({most}): see {DROPPED} and {WRITING}/samples.jsonl", path=folder
        )
    files = write_pack(folder, recipe, material, rows, made, recipe.seed)
    problems = [
        f"{Path(one.path).relative_to(folder)}{f':{one.line}' if one.line else ''}: {one.message}"
        for one in validate_pack(open_pack(folder)).problems
    ]
    record = record.model_copy(update={"status": "complete", "files": files, "problems": problems})
    write_record(folder, record)
    return record


def _read(
    recipe: Recipe, material: Material, done: Run
) -> tuple[list[Item], list[Dropped], dict[str, Counter[str]], Counter[str]]:
    """Return the items that pass, the others, the outcomes of the replies, and how many items there were."""
    items: list[Item] = []
    dropped: list[Dropped] = []
    replies: dict[str, Counter[str]] = {kind: Counter() for kind in recipe.kinds}
    counts: Counter[str] = Counter()
    for sample in done.samples():
        kind: Kind = sample["task"].removeprefix("datagen/")
        replies[kind][sample["outcome"]] += 1
        if sample["outcome"] == Outcome.OK:
            entries = json.loads(sample["parsed"])
            counts[kind] += len(entries)
            passed, others = read_items(kind, material.by_id[sample["id"]], entries, recipe.kinds[kind])
            items += passed
            dropped += others
    return items, dropped, replies, counts


def _by_reason(dropped: Sequence[Dropped]) -> dict[str, int]:
    found = Counter(one.reason for one in dropped)
    return {reason: found[reason] for reason in REASONS if found[reason]}


def _split_record(material: Material, rows: Sets, split: str) -> SplitRecord:
    chunks = material.chunks_in(split)
    return SplitRecord(
        documents=len({chunk.document for chunk in chunks}),
        passages=len({chunk.passage for chunk in chunks}),
        chunks=len(chunks),
        words=sum(len(chunk.text.split()) for chunk in chunks),
        mcq=len(rows["mcq", split]),
        open=len(rows["open", split]),
    )


def _notices(started: DatagenRecord, rows: Sets) -> list[str]:
    found = []
    if started.skipped:
        found.append(f"{len(started.skipped)} documents could not be read and were skipped")
    if started.passed_over:
        found.append(f"{len(started.passed_over)} files are of kinds that no converter takes, and were passed over")
    chunks = started.chunks
    if chunks is not None and chunks.over_size:
        found.append(f"{chunks.over_size} chunks are single lines longer than the chunk size")
    for (kind, split), some in rows.items():
        if split != "train" and not some and started.settings[f"{kind}_per_chunk"]:
            found.append(f"there is no task {kind}-{split}: no item is left for it")
    return found
