"""The main job: ask a model the samples of some tasks, and leave a run directory."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecg_bench.backends import Backend, open_model
from ecg_bench.domains import Task, find_tasks
from ecg_bench.errors import UserError
from ecg_bench.evaluation._dry_run import DryRun, estimate
from ecg_bench.evaluation._header import NOT_RECORDED
from ecg_bench.evaluation._prepare import PreparedRun, plan, prepare
from ecg_bench.evaluation._run import Run
from ecg_bench.evaluation._session import carry_out
from ecg_bench.limits import Limits
from ecg_bench.runs import OWN_COMMANDS, RunDirectory
from ecg_bench.settings import Settings

DEFAULT_MODEL = "baseline/bm25"
DEFAULT_TASKS = ("ecg/mcq-*",)
RUNS = Path("results") / "runs"


def evaluate(
    model: str | Backend = DEFAULT_MODEL,
    tasks: str | Sequence[str | Task] = (),
    *,
    model_args: Mapping[str, Any] | None = None,
    system: str | None = None,
    out: str | Path | None = None,
    task_args: Mapping[str, Any] | None = None,
    include: Sequence[str | Path] = (),
    limits: Limits | None = None,
    cache: bool = True,
    batch: bool = False,
    quiet: bool = False,
    **settings: Any,
) -> Run:
    """Evaluate one system.

    Parameters
    ----------
    model : str or Backend
        ``PROVIDER/NAME``, as listed by ``ecg-bench models list``.
    tasks : str or sequence of str or Task
        Names with the wildcards of a shell. By default the tasks that come with the model (a replay file's questions),
        else the ECG multiple-choice tasks.
    model_args : mapping, optional
        Arguments of the provider.
    system : str, optional
        Name on the leaderboard; for a replay file of several systems, which of them.
    out : path, optional
        The run directory. By default ``results/runs/<system>-<fingerprint>``, so that the same call comes back to the
        same directory. A directory that holds an unfinished run of the same settings is resumed.
    task_args : mapping, optional
        What tasks need whose samples don't lie in a file beside them, such as the folder of a data set; each task gets
        those that it takes.
    include : sequence of path
        Further domain packs, or folders of packs.
    limits : Limits, optional
        Connections, rates, time and money that the run may take.
    cache : bool
        Take answers from the response cache where it has them, and keep new ones there.
    batch : bool
        Use the provider's batch API: half the price, answers within a day.
    quiet : bool
        Show no progress.
    **settings
        The fields of `ecg_bench.Settings`: ``mode``, ``seed``, ``limit``, ``permutations``, ``num_fewshot``,
        ``score_by``, ``max_tokens``, ``temperature``, ``epochs``.

    Returns
    -------
    Run
        With the results, and the samples on disk.

    Raises
    ------
    UserError
        If anything given is wrong. Nothing is written then.
    StoppedError
        If a limit was reached or the user broke off. What was answered is kept, and the same call goes on from there.
    """
    runs = evaluate_systems(
        model,
        tasks,
        model_args=model_args,
        system=system,
        out=out,
        task_args=task_args,
        include=include,
        limits=limits,
        cache=cache,
        batch=batch,
        quiet=quiet,
        single=True,
        **settings,
    )
    return runs[0]


def evaluate_systems(
    model: str | Backend = DEFAULT_MODEL,
    tasks: str | Sequence[str | Task] = (),
    *,
    model_args: Mapping[str, Any] | None = None,
    system: str | None = None,
    out: str | Path | None = None,
    task_args: Mapping[str, Any] | None = None,
    include: Sequence[str | Path] = (),
    limits: Limits | None = None,
    cache: bool = True,
    batch: bool = False,
    quiet: bool = False,
    single: bool = False,
    **settings: Any,
) -> list[Run]:
    """Evaluate every system that a model stands for, a run each.

    As `evaluate`, but a replay file may hold several systems; `out` then is a folder of run directories. With `single`,
    several are an error.
    """
    chosen = _settings(settings)
    systems = _systems(model, model_args, system)
    if single and len(systems) > 1:
        names = ", ".join(one.system for one in systems[:8])
        raise UserError(f"{systems[0].card().name} holds several systems: name one of {names}")
    prepared = [prepare(one, _tasks(tasks, one, include, task_args), chosen) for one in systems]
    runs = []
    for run, path in zip(prepared, _paths(prepared, out), strict=True):
        try:
            runs.append(carry_out(run, path, limits=limits or Limits(), cache=cache, batch=batch, quiet=quiet, say=say))
        finally:
            run.backend.close()
    return runs


def dry_run(
    model: str | Backend = DEFAULT_MODEL,
    tasks: str | Sequence[str | Task] = (),
    *,
    model_args: Mapping[str, Any] | None = None,
    system: str | None = None,
    task_args: Mapping[str, Any] | None = None,
    include: Sequence[str | Path] = (),
    limits: Limits | None = None,
    batch: bool = False,
    **settings: Any,
) -> list[DryRun]:
    """Say what a run would ask and cost, for every system that a model stands for.

    Nothing is asked, loaded or written; of a model on this machine, at most the tokenizer is read.

    Raises
    ------
    UserError
        If anything given is wrong.
    """
    chosen = _settings(settings)
    price = limits.price if limits is not None else None
    return [
        estimate(plan(one, _tasks(tasks, one, include, task_args), chosen), price or one.price(), batch=batch)
        for one in _systems(model, model_args, system)
    ]


def _systems(model: str | Backend, model_args: Mapping[str, Any] | None, system: str | None) -> list[Backend]:
    backend = open_model(model, model_args) if isinstance(model, str) else model
    return [backend.choose(system)] if system is not None else list(backend.systems())


def say(text: str) -> None:
    """Tell the user something while a run is under way."""
    print(f"ecg-bench: {text}", file=sys.stderr, flush=True)  # noqa: T201  # the user waits, and should know what for


def resume(out: str | Path, **given: Any) -> Run:
    """Finish the run in a directory with its own settings.

    Parameters
    ----------
    out : path
        The run directory.
    **given
        As for `evaluate`. What differs from the run's own is refused, with the difference. `include`, and keys among
        the model's arguments, are not stored and have to be given again.

    Raises
    ------
    UserError
        If the directory holds no run, or another than the one asked for.
    """
    header = RunDirectory(Path(out)).header
    if own := {OWN_COMMANDS[task.type] for task in header.tasks if task.type in OWN_COMMANDS}:
        raise UserError(f"is a run of {min(own)}: repeat that command to go on", path=Path(out))
    stored: dict[str, Any] = {
        "tasks": [task.name for task in header.tasks if task.domain],  # an ad-hoc task comes with its model
        "system": header.system.name,
        "task_args": {name: value for task in header.tasks for name, value in task.arguments.items()} or None,
        **header.settings,
    }
    if "model" not in given:
        stored["model"] = f"{header.system.provider}/{header.system.model}"
        stored["model_args"] = {k: v for k, v in header.system.arguments.items() if v != NOT_RECORDED}
    return evaluate(out=out, **(stored | given))


def _settings(given: Mapping[str, Any]) -> Settings:
    unknown = given.keys() - Settings.__dataclass_fields__.keys()
    if unknown:
        raise TypeError(f"evaluate() got an unexpected keyword argument {min(unknown)!r}")
    return Settings(**given)


def _tasks(
    given: str | Sequence[str | Task],
    backend: Backend,
    include: Sequence[str | Path],
    arguments: Mapping[str, Any] | None,
) -> list[Task]:
    wanted: Sequence[str | Task] = [given] if isinstance(given, str) else given
    wanted = wanted or backend.own_tasks() or DEFAULT_TASKS
    names = [one for one in wanted if isinstance(one, str)]
    named = find_tasks(names, include, arguments) if names or arguments else []
    whole = [one for one in wanted if isinstance(one, Task)]
    return list({task.name: task for task in reversed([*named, *whole])}.values())[::-1]


def _paths(runs: Sequence[PreparedRun], out: str | Path | None) -> list[Path]:
    """Return a directory for each run; by default one whose name is made from the system and the fingerprint."""
    slugs = [_slug(run.header.system.name) for run in runs]
    full = [f"{slug}-{run.header.fingerprint[:8]}" for slug, run in zip(slugs, runs, strict=True)]
    if out is None:
        return [RUNS / name for name in full]
    if len(runs) == 1:
        return [Path(out)]
    return [Path(out) / (name if slugs.count(slug) > 1 else slug) for slug, name in zip(slugs, full, strict=True)]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-.") or "system"
