"""The header of a run: what is asked of whom, with all that tells one run from another."""

from __future__ import annotations

import json
import platform
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from ecg_bench._version import VERSION
from ecg_bench.backends import Backend
from ecg_bench.ecg.media import record_of
from ecg_bench.evaluation._presenting import Presentation
from ecg_bench.files import sha256_of
from ecg_bench.redaction import names_secret
from ecg_bench.runs import RunRecord, SystemRecord, TaskRecord, identity
from ecg_bench.settings import Settings

if TYPE_CHECKING:
    from ecg_bench.evaluation._prepare import PlannedRun, PlannedTask

PACKAGES = (
    *("bm25s", "jinja2", "numpy", "pydantic", "torch", "transformers", "peft", "accelerate", "bitsandbytes"),
    *("vllm", "lm_eval", "openai", "anthropic", "aiohttp", "genai-prices"),
)
NOT_RECORDED = "(not recorded)"  # stands for keys and the like, which never reach a file


def header_of(backend: Backend, planned: PlannedRun) -> RunRecord:
    """Return the header of a run whose backend is prepared."""
    card, tasks, settings = backend.card(), planned.tasks, planned.settings
    records = [_task_record(one, settings, planned.presentation, backend.trained_on) for one in tasks]
    header = RunRecord(
        ecg_bench=VERSION,
        fingerprint="",
        status="running",
        system=SystemRecord(
            name=backend.system,
            provider=card.provider,
            model=card.name,
            arguments=without_secrets(card.arguments),
            identity=dict(card.identity),
        ),
        settings=settings.as_record(),
        tasks=records,
        outcomes={},
        totals=None,
        notices=[*backend.notices, *_own_notices(tasks, settings), *_trained_notices(records)],
        environment=_environment(),
        sessions=[],
    )
    fingerprint = sha256_of(json.dumps(identity(header), sort_keys=True))
    return header.model_copy(update={"fingerprint": fingerprint})


def _own_notices(tasks: Sequence[PlannedTask], settings: Settings) -> list[str]:
    greedy = [one.task.name for one in tasks if one.task.type.params(settings).temperature == 0]
    if settings.epochs > 1 and greedy:
        return [
            f"--epochs {settings.epochs} at temperature 0 asks the same again of a model that may always give the same "
            f"answer ({', '.join(greedy)}): set --temperature to sample"
        ]
    return []


def _trained_notices(records: Sequence[TaskRecord]) -> list[str]:
    return [
        f"by its own card, the system was trained on the ECGs of {one.trained_on} of the {one.samples} samples of "
        f"{one.name}: its scores there say little of others"
        for one in records
        if one.trained_on
    ]


def _trained_on(planned: PlannedTask, records: Collection[str]) -> int:
    """Return how many of the samples that are asked show an ECG that the system was trained on."""
    if not records or "ecg" not in planned.task.scan.media:
        return 0
    return sum(
        any(media.kind == "ecg" and record_of(media.path) in records for media in sample.media)
        for sample in planned.samples()
    )


def _task_record(
    planned: PlannedTask, settings: Settings, presentation: Presentation, trained_on: Collection[str]
) -> TaskRecord:
    shown, disturbance = presentation.of(planned.task.scan.media)
    task, params = planned.task, planned.task.type.params(settings)
    domain: dict[str, Any] = {}
    if task.domain is not None:
        card, corpus = task.domain.card, task.domain.corpus
        domain = {"name": card.domain, "version": card.version, "licence": card.licence}
        domain["corpus_sha256"] = corpus.sha256 if corpus is not None else None
    return TaskRecord(
        name=task.name,
        title=task.card.title,
        version=task.card.version,
        type=task.card.type,
        main_metric=planned.main_metric,
        domain=domain,
        made=task.card.made,
        verified=task.card.verified,
        data_file=task.dataset.origin,
        source=task.card.source,
        arguments={name: str(value) for name, value in task.arguments.items()},
        data_sha256=task.scan.sha256,
        data_samples=task.scan.n,
        samples=planned.n_samples,
        repeats=planned.plan.repeats * settings.epochs,
        prompt_sha256=sha256_of(*planned.plan.prompt),
        presentation=shown,
        disturbance=disturbance,
        trained_on=_trained_on(planned, trained_on),
        max_tokens=params.max_tokens,
        temperature=params.temperature,
    )


def without_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without the values of those that are named like keys; the name of a variable is no secret."""
    return {name: NOT_RECORDED if names_secret(name) else value for name, value in arguments.items()}


def _environment() -> dict[str, Any]:
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": packages,
    }
