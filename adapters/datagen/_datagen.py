"""The main job: from documents and a model to a validated pack."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench._version import VERSION
from ecg_bench.adapters.datagen._cleaning import shipped_rules
from ecg_bench.adapters.datagen._corpus import CONVERTED, CORPUS, Material, convert_all, cut
from ecg_bench.adapters.datagen._inputs import Given, find_documents
from ecg_bench.adapters.datagen._items import REASONS, Dropped, Item, item_rules, read_items
from ecg_bench.adapters.datagen._pack import DROPPED, Sets, rows_of, write_dropped, write_pack
from ecg_bench.adapters.datagen._prompts import Kind, load_prompt
from ecg_bench.adapters.datagen._recipe import Recipe
from ecg_bench.adapters.datagen._record import (
    DatagenRecord,
    KindRecord,
    SplitRecord,
    read_record,
    refuse_difference,
    write_record,
)
from ecg_bench.adapters.datagen._selecting import balanced, without_duplicates
from ecg_bench.adapters.datagen._splits import SPLITS
from ecg_bench.adapters.datagen._writing import writing_task
from ecg_bench.adapters.datagen.converters import choose_converters
from ecg_bench.backends import Backend, open_model
from ecg_bench.domains import Task, find_domains, open_pack
from ecg_bench.errors import UserError
from ecg_bench.evaluation import DryRun, Run, carry_out, estimate, plan, prepare, say
from ecg_bench.evaluation._prepare import PreparedRun, without_secrets
from ecg_bench.files import make_folder
from ecg_bench.limits import Limits
from ecg_bench.runs import RUN
from ecg_bench.samples import Outcome
from ecg_bench.settings import Settings
from ecg_bench.validation import validate_pack

WRITING = "writing"  # the run of the model, in the pack


def generate(
    documents: Sequence[str | Path],
    model: str | Backend,
    out: str | Path,
    recipe: Recipe,
    *,
    model_args: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    cache: bool = True,
    batch: bool = False,
    quiet: bool = False,
) -> DatagenRecord:
    """Make a domain pack of documents.

    Parameters
    ----------
    documents : sequence of path
        Files and folders.
    model : str or Backend
        Who writes the questions, as ``PROVIDER/NAME``.
    out : path
        The pack's folder: not there, empty, or with a pack of the same documents, settings and model, which is gone on
        with.
    recipe : Recipe
        How it is made.
    model_args, limits, cache, batch, quiet
        As for `ecg_bench.evaluate`.

    Returns
    -------
    DatagenRecord
        What ``datagen.json`` holds.

    Raises
    ------
    UserError
        If anything given is wrong; nothing is written then.
    StoppedError
        If a limit was reached or the user broke off; the same call goes on from there.
    """
    folder = Path(out)
    _refuse_taken(recipe.name, folder)
    given, others = find_documents(documents, choose_converters(recipe.converter), folder)
    backend = open_model(model, model_args) if isinstance(model, str) else model
    name = model if isinstance(model, str) else backend.system
    try:
        job = _begin(folder, recipe, given, others, name, model_args or {}, backend)
        done = carry_out(
            job.run, folder / WRITING, limits=limits or Limits(), cache=cache, batch=batch, quiet=quiet, say=say
        )
    finally:
        backend.close()
    return _finish(folder, recipe, job, done)


def dry_run(
    documents: Sequence[str | Path],
    model: str | Backend,
    out: str | Path,
    recipe: Recipe,
    *,
    model_args: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    batch: bool = False,
) -> DryRun:
    """Say what `generate` would ask and cost, without asking or writing.

    Raises
    ------
    UserError
        If anything given is wrong.
    """
    given, _ = find_documents(documents, choose_converters(recipe.converter), Path(out))
    backend = open_model(model, model_args) if isinstance(model, str) else model
    with tempfile.TemporaryDirectory() as temporary:
        convert_all(given, Path(temporary), skip_unreadable=recipe.skip_unreadable)
        tasks = _tasks(recipe, cut(Path(temporary), recipe))
    price = limits.price if limits is not None else None
    return estimate(plan(backend, tasks, _settings(recipe)), price or backend.price(), batch=batch)


@dataclass(frozen=True)
class _Job:
    record: DatagenRecord
    material: Material
    run: PreparedRun


def _begin(
    folder: Path,
    recipe: Recipe,
    given: Sequence[Given],
    others: Sequence[str],
    model: str,
    model_args: Mapping[str, Any],
    backend: Backend,
) -> _Job:
    """Convert and cut the documents, or take up what an earlier session left, and make the model ready."""
    record = DatagenRecord(
        ecg_bench=VERSION,
        status="writing",
        settings=recipe.as_record(),
        model=model,
        model_args=without_secrets(model_args),
        versions={
            "prompts": {kind: [load_prompt(kind).version, load_prompt(kind).sha256[:12]] for kind in recipe.kinds},
            "cleaning": shipped_rules().version,
            "item_rules": item_rules().version,
        },
        inputs={one.file: one.sha256 for one in given},
        passed_over=list(others),
    )
    before = read_record(folder)
    if before is not None:
        refuse_difference(folder, before, record.identity())
        # Killed while the corpus was written, which comes before the run: it is made again.
        if (folder / WRITING / RUN).exists():
            material = cut(folder, recipe)
            if material.corpus.sha256 != before.corpus_sha256:
                raise UserError(
                    f"the documents in {CORPUS}/ are not those that were converted: give another --out", path=folder
                )
            return _Job(before, material, prepare(backend, _tasks(recipe, material), _settings(recipe)))
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        documents, skipped = convert_all(given, place, skip_unreadable=recipe.skip_unreadable)
        material = cut(place, recipe)
        found = {"documents": documents, "skipped": skipped, "corpus_sha256": material.corpus.sha256}
        record = record.model_copy(update=found | {"chunks": material.record(recipe)})
        # What is wrong with model or prompts shows here, before anything is written.
        run = prepare(backend, _tasks(recipe, material), _settings(recipe))
        write_record(make_folder(folder), record)
        for name in (CORPUS, CONVERTED):
            shutil.copytree(place / name, folder / name, dirs_exist_ok=True)
    return _Job(record, material, run)


def _finish(folder: Path, recipe: Recipe, job: _Job, done: Run) -> DatagenRecord:
    """Read what was written, drop what is no good, and write the pack."""
    items, dropped, replies, counts = _read(recipe, job.material, done)
    items, twins = without_duplicates(items, job.material.split)
    dropped += twins
    for split in SPLITS:
        some = [one for one in items if one.kind == "mcq" and job.material.split[one.chunk.passage] == split]
        _, out = balanced(some, recipe.seed)
        gone = {one.id for one in out}
        items = [one for one in items if one.id not in gone]
        dropped += out
    rows = rows_of(items, job.material, recipe.seed)
    header = done.header
    made = " ".join(
        [
            f"Written from {len(job.record.documents)} documents by {header.system.provider}/{header.system.model}, "
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
    record = job.record.model_copy(
        update={
            "system": header.system,
            "kinds": kinds,
            "splits": {split: _split_record(job.material, rows, split) for split in SPLITS},
            "totals": header.totals,
            "notices": [*header.notices, *_notices(job, rows)],
        }
    )
    if not any(some for (_, split), some in rows.items() if split != "train"):
        write_record(folder, record)
        reasons = Counter(one.reason for one in dropped)
        most = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common(3)) or "no reply held any"
        raise UserError(
            f"no item for selection or test passed ({most}): see {DROPPED} and {WRITING}/samples.jsonl", path=folder
        )
    files = write_pack(folder, recipe, job.material, rows, made, recipe.seed)
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


def _notices(job: _Job, rows: Sets) -> list[str]:
    found = []
    if job.record.skipped:
        found.append(f"{len(job.record.skipped)} documents could not be read and were skipped")
    if job.record.passed_over:
        found.append(f"{len(job.record.passed_over)} files are of kinds that no converter takes, and were passed over")
    chunks = job.record.chunks
    if chunks is not None and chunks.over_size:
        found.append(f"{chunks.over_size} chunks are single lines longer than the chunk size")
    for (kind, split), some in rows.items():
        if split != "train" and not some and job.record.settings[f"{kind}_per_chunk"]:
            found.append(f"there is no task {kind}-{split}: no item is left for it")
    return found


def _tasks(recipe: Recipe, material: Material) -> list[Task]:
    return [writing_task(kind, material.chunks, n, recipe.language) for kind, n in recipe.kinds.items()]


def _settings(recipe: Recipe) -> Settings:
    return Settings(seed=recipe.seed, max_tokens=recipe.max_tokens, temperature=recipe.temperature)


def _refuse_taken(name: str, folder: Path) -> None:
    other = find_domains().get(name)
    if other is not None and other.path.resolve() != folder.resolve():
        raise UserError(f"a domain named {name!r} is installed already: give another --name, such as my-{name}")
