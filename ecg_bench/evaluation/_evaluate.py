"""The main job: ask a model the samples of some tasks, and leave a run directory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ecg_bench.backends import Backend, open_model
from ecg_bench.domains import Task, find_tasks
from ecg_bench.errors import UserError
from ecg_bench.evaluation._engine import ask
from ecg_bench.evaluation._prepare import NOT_RECORDED, PreparedRun, prepare
from ecg_bench.evaluation._progress import progress
from ecg_bench.evaluation._results import results
from ecg_bench.evaluation._run import Run
from ecg_bench.evaluation._store import Store
from ecg_bench.files import to_json, write_whole, writing
from ecg_bench.runs import RESULTS, SCORES, RunDirectory, RunWriter, ScoreWriter
from ecg_bench.samples import Outcome
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
    include: Sequence[str | Path] = (),
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
    include : sequence of path
        Further domain packs, or folders of packs.
    quiet : bool
        Show no progress.
    **settings
        The fields of `ecg_bench.Settings`: ``mode``, ``seed``, ``limit``, ``permutations``, ``num_fewshot``,
        ``score_by``, ``max_tokens``, ``temperature``.

    Returns
    -------
    Run
        With the results, and the samples on disk.

    Raises
    ------
    UserError
        If anything given is wrong. Nothing is written then.
    """
    runs = evaluate_systems(
        model,
        tasks,
        model_args=model_args,
        system=system,
        out=out,
        include=include,
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
    include: Sequence[str | Path] = (),
    quiet: bool = False,
    single: bool = False,
    **settings: Any,
) -> list[Run]:
    """Evaluate every system that a model stands for, a run each.

    As `evaluate`, but a replay file may hold several systems; `out` then is a folder of run directories. With `single`,
    several are an error.
    """
    chosen = _settings(settings)
    backend = open_model(model, model_args) if isinstance(model, str) else model
    systems = [backend.choose(system)] if system is not None else list(backend.systems())
    if single and len(systems) > 1:
        names = ", ".join(one.system for one in systems[:8])
        raise UserError(f"{backend.card().name} holds several systems: name one of {names}")
    prepared = [prepare(one, _tasks(tasks, one, include), chosen) for one in systems]
    runs = []
    for run, path in zip(prepared, _paths(prepared, out), strict=True):
        try:
            runs.append(_carry_out(run, path, quiet=quiet))
        finally:
            run.backend.close()
    return runs


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
    own: dict[str, Any] = {
        "tasks": [task.name for task in header.tasks if task.domain],  # an ad-hoc task comes with its model
        "system": header.system.name,
        **header.settings,
    }
    if "model" not in given:
        own["model"] = f"{header.system.provider}/{header.system.model}"
        own["model_args"] = {k: v for k, v in header.system.arguments.items() if v != NOT_RECORDED}
    return evaluate(out=out, **(own | given))


def _settings(given: Mapping[str, Any]) -> Settings:
    unknown = given.keys() - Settings.__dataclass_fields__.keys()
    if unknown:
        raise TypeError(f"evaluate() got an unexpected keyword argument {min(unknown)!r}")
    return Settings(**given)


def _tasks(given: str | Sequence[str | Task], backend: Backend, include: Sequence[str | Path]) -> list[Task]:
    wanted: Sequence[str | Task] = [given] if isinstance(given, str) else given
    wanted = wanted or backend.own_tasks() or DEFAULT_TASKS
    found: list[Task] = []
    for one in wanted:
        new = [one] if isinstance(one, Task) else find_tasks([one], include)
        found += [task for task in new if task.name not in {other.name for other in found}]
    return found


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


def _carry_out(run: PreparedRun, path: Path, *, quiet: bool) -> Run:
    with RunWriter(path, run.header, run.slots) as writer:
        asked = _ask(run, writer, quiet=quiet)
        outcomes = _finish(run, writer)
        writer.end_session("complete", asked, outcomes)
    return Run(path)


def _ask(run: PreparedRun, writer: RunWriter, *, quiet: bool) -> int:
    journal = writer.journal
    before = journal.count
    work = (w for w in run.work() if not journal.done(w.request.task, w.request.index, w.request.permutation))
    with progress(run.header.system.name, run.n_requests, before, quiet=quiet) as bar:
        try:
            ask(run.backend, work, Store(journal, bar))
        except BaseException:
            with suppress(UserError):  # on a full disk; what is wrong is said by the error under way
                writer.end_session("interrupted", journal.count - before, {})
            raise
    return journal.count - before


def _finish(run: PreparedRun, writer: RunWriter) -> Counter[str]:
    """Write the scores and the results from the samples on disk; return the counts of all outcomes."""
    writer.journal.arrange()
    outcomes: Counter[str] = Counter({str(outcome): 0 for outcome in Outcome})
    with writing(writer.path / SCORES) as file:
        scores = ScoreWriter(file, {one.task.name: one.plan.metrics for one in run.tasks})
        for sample in RunDirectory(writer.path).samples():
            scores.add(sample)
            outcomes[sample["outcome"]] += 1
    write_whole(writer.path / RESULTS, to_json(results(run, scores.tables()).model_dump(mode="json")))
    return outcomes
