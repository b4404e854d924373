"""The main job: from documents and a model to a validated pack."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench._version import VERSION
from ecg_bench.adapters.datagen._cleaning import shipped_rules
from ecg_bench.adapters.datagen._corpus import CONVERTED, CORPUS, Material, convert_all, cut
from ecg_bench.adapters.datagen._finish import WRITING, finish
from ecg_bench.adapters.datagen._inputs import Given, find_documents
from ecg_bench.adapters.datagen._items import item_rules
from ecg_bench.adapters.datagen._prompts import load_prompt
from ecg_bench.adapters.datagen._recipe import Recipe
from ecg_bench.adapters.datagen._record import (
    DatagenRecord,
    read_record,
    refuse_difference,
    write_record,
)
from ecg_bench.adapters.datagen._writing import writing_task
from ecg_bench.adapters.datagen.converters import choose_converters
from ecg_bench.backends import Backend, open_model
from ecg_bench.domains import Task, find_domains
from ecg_bench.errors import UserError
from ecg_bench.evaluation import DryRun, carry_out, estimate, plan, prepare, say
from ecg_bench.evaluation._header import without_secrets
from ecg_bench.evaluation._prepare import PreparedRun
from ecg_bench.files import make_folder
from ecg_bench.limits import Limits
from ecg_bench.redaction import redact_url
from ecg_bench.runs import RUN
from ecg_bench.settings import Settings


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
    return finish(folder, recipe, job.record, job.material, done)


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
        model_args={
            name: redact_url(value) if isinstance(value, str) else value
            for name, value in without_secrets(model_args).items()
        },
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


def _tasks(recipe: Recipe, material: Material) -> list[Task]:
    return [writing_task(kind, material.chunks, n, recipe.language) for kind, n in recipe.kinds.items()]


def _settings(recipe: Recipe) -> Settings:
    return Settings(seed=recipe.seed, max_tokens=recipe.max_tokens, temperature=recipe.temperature)


def _refuse_taken(name: str, folder: Path) -> None:
    other = find_domains().get(name)
    if other is not None and other.path.resolve() != folder.resolve():
        raise UserError(f"a domain named {name!r} is installed already: give another --name, such as my-{name}")
