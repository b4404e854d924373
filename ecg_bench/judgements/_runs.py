"""Judging stored runs: a run of the judge, and what it says added to the results of the runs judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ecg_bench.backends import Backend, open_model
from ecg_bench.errors import UserError
from ecg_bench.evaluation import DryRun, Run, carry_out, estimate, plan, prepare, say
from ecg_bench.judgements._answers import StoredAnswer, StoredAnswers
from ecg_bench.judgements._insisting import Insisting
from ecg_bench.judgements._judgement import Case, judgement_task
from ecg_bench.judgements._scorings import Opinions, opinions_of, write_scoring
from ecg_bench.judging import Judge, JudgedItem, families_of, load_judge
from ecg_bench.limits import Limits
from ecg_bench.runs import JUDGEMENTS, ScoringRecord
from ecg_bench.settings import Settings

RETRIES = 2


@dataclass(frozen=True)
class Judged:
    """What a judge said about some runs.

    Attributes
    ----------
    model : str
        Who judged.
    judgement : Run
        The run of the judge: its prompts, verdicts, tokens and cost.
    scorings : mapping of Path to ScoringRecord
        What was added to each run judged, by its directory.
    opinions : mapping of Path to mapping
        What was said of each answer.
    """

    model: str
    judgement: Run
    scorings: Mapping[Path, ScoringRecord]
    opinions: Mapping[Path, Opinions]


def judge_runs(
    runs: Sequence[str | Path],
    judge: str | Path | Judge,
    model: str | Backend,
    *,
    model_args: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    include: Sequence[str | Path] = (),
    retries: int = RETRIES,
    limits: Limits | None = None,
    cache: bool = True,
    batch: bool = False,
    quiet: bool = False,
    **settings: Any,
) -> list[Judged]:
    """Let a model judge the open answers of complete runs.

    A judge that reads one answer a call judges each run for itself, in ``RUN/judgements``. One that reads all answers
    to a question in a call judges all runs together, in ``results/judgements``. Either is a run like any other: it is
    resumed by the same call, and answers are cached.

    Parameters
    ----------
    runs : sequence of path
        Run directories.
    judge : str, path or Judge
        The name of a judge that ecg-bench brings, or a YAML file.
    model : str or Backend
        Who judges. There is no default: a model must not judge itself by accident.
    model_args, limits, cache, batch, quiet, include
        As for `ecg_bench.evaluate`.
    out : path, optional
        Where the run of the judge goes, if there is only one.
    retries : int
        How often the judge is told what was wrong with a verdict that can't be read. Without effect under `batch`.
    **settings
        ``seed``, ``limit`` (questions, drawn under the seed), ``epochs``, ``max_tokens``, ``temperature``.

    Raises
    ------
    UserError
        If anything given is wrong.
    StoppedError
        If a limit was reached or the user broke off; the same call goes on from there.
    """
    judge = judge if isinstance(judge, Judge) else load_judge(judge)
    stored = [StoredAnswers(path, include) for path in runs]
    chosen = Settings(**settings)
    groups = [stored] if judge.listwise else [[one] for one in stored]
    if out is not None and len(groups) > 1:
        raise UserError(f"--out names one directory, but {judge.name} makes one for each of {len(groups)} runs")
    backend = open_model(model, model_args) if isinstance(model, str) else model
    judged = []
    try:
        for group in groups:
            tasks = _tasks(judge, group, origin=", ".join(one.system for one in group))
            wrapped = backend if batch else Insisting(backend, judge, retries)
            run = prepare(wrapped, tasks, chosen)
            run = replace(
                run, header=run.header.model_copy(update={"notices": [*run.header.notices, *_notices(group, backend)]})
            )
            path = Path(out) if out is not None else _path(judge, backend, group, run.header.fingerprint)
            path.parent.mkdir(parents=True, exist_ok=True)
            done = carry_out(run, path, limits=limits or Limits(), cache=cache, batch=batch, quiet=quiet, say=say)
            judged.append(_judged(judge, done, group, backend.system))
    finally:
        backend.close()
    return judged


def _judged(judge: Judge, judgement: Run, group: Sequence[StoredAnswers], model: str) -> Judged:
    header = judgement.header
    signature = (
        f"{judge.signature}|model:{model}|judgement:{header.fingerprint[:12]}|epochs:{header.settings['epochs']}"
    )
    opinions = {one.run.path: opinions_of(judge, judgement, one) for one in group}
    scorings = {
        one.run.path: write_scoring(
            judge,
            one,
            opinions[one.run.path],
            name=f"{judge.name}@{slug(model)}",
            source={
                "signature": signature,
                "model": model,
                "judgement": str(judgement.path),
                "shown": _shown(judge, one),
            },
            seed=header.settings["seed"],
            notices=header.notices,
        )
        for one in group
    }
    return Judged(model, judgement, scorings, opinions)


def _shown(judge: Judge, answers: StoredAnswers) -> dict[str, int]:
    """Return beside how many answers the judge saw what is optional: verdicts with and without it may differ."""
    optional = [name for name, when in judge.card.shown.model_dump().items() if when == "optional"]
    judged = [one for some in answers.by_task.values() for one in some if one.judged]
    return {name: sum(bool(getattr(one, name)) for one in judged) for name in optional}


def judge_dry_run(
    runs: Sequence[str | Path],
    judge: str | Path | Judge,
    model: str | Backend,
    *,
    model_args: Mapping[str, Any] | None = None,
    include: Sequence[str | Path] = (),
    limits: Limits | None = None,
    batch: bool = False,
    **settings: Any,
) -> list[DryRun]:
    """Say what `judge_runs` would ask and cost, without asking.

    Raises
    ------
    UserError
        If anything given is wrong.
    """
    judge = judge if isinstance(judge, Judge) else load_judge(judge)
    stored = [StoredAnswers(path, include) for path in runs]
    backend = open_model(model, model_args) if isinstance(model, str) else model
    price = limits.price if limits is not None else None
    groups = [stored] if judge.listwise else [[one] for one in stored]
    return [
        estimate(
            plan(backend, _tasks(judge, group, origin=group[0].system), Settings(**settings)),
            price or backend.price(),
            batch=batch,
        )
        for group in groups
    ]


def _tasks(judge: Judge, group: Sequence[StoredAnswers], origin: str) -> list[Any]:
    names = list(dict.fromkeys(task for one in group for task in one.by_task))
    tasks = []
    for name in names:
        cases = list(_cases(name, group))
        _check(judge, name, cases)
        tasks.append(judgement_task(name, judge, cases, origin))
    return tasks


def _check(judge: Judge, task: str, cases: Sequence[Case]) -> None:
    """Refuse a task that lacks what the judge has to be shown, before anything is asked."""
    if not cases:
        raise UserError(f"{task} has no answer with text: there is nothing to judge")
    if judge.listwise and any(len(case.item.answers) < 2 for case in cases):
        raise UserError(
            f"the judge {judge.name} compares answers of several systems in one call: give at least two runs that "
            f"answered the same samples of {task}"
        )
    lacking = [case.id for case in cases if judge.missing(case.item)]
    if lacking:
        what = " and ".join(judge.missing(next(case.item for case in cases if case.id == lacking[0]))).replace("_", " ")
        raise UserError(
            f"the judge {judge.name} has to be shown {what}, which {len(lacking)} of {len(cases)} samples of {task} "
            f"don't have, such as {lacking[0]!r}: choose another judge"
        )


def _cases(task: str, group: Sequence[StoredAnswers]) -> Iterator[Case]:
    by_case: dict[str, list[tuple[str, StoredAnswer]]] = {}
    for one in group:
        for answer in one.by_task.get(task, ()):
            if answer.judged:
                by_case.setdefault(answer.case, []).append((one.system, answer))
    for id_, answers in by_case.items():
        first = answers[0][1]
        item = JudgedItem(
            id=f"{task} {id_}",
            question=first.question,
            answers=tuple((system, answer.text) for system, answer in answers),
            reference=first.reference or None,
            passage=first.passage or None,
            key_points=first.key_points,
        )
        yield Case(id_, item, first.group, first.topic, first.difficulty, first.type)


def _notices(group: Sequence[StoredAnswers], judge: Backend) -> list[str]:
    own = []
    for one in group:
        system, name = one.run.header.system, judge.card().name
        if (system.provider, system.model) == (judge.card().provider, name):
            own.append(f"{judge.system} judges its own answers: judges are known to prefer them")
        elif families_of(name) & families_of(system.model):
            own.append(f"the judge {judge.system} and the system {one.system} look like one family of models: {PREFER}")
    return [notice for one in group for notice in one.notices] + own


PREFER = "judges are known to prefer their own"


def _path(judge: Judge, backend: Backend, group: Sequence[StoredAnswers], fingerprint: str) -> Path:
    name = f"{judge.name}@{slug(backend.system)}-{fingerprint[:8]}"
    if judge.listwise:
        return Path("results") / JUDGEMENTS / name
    return group[0].run.path / JUDGEMENTS / name


def slug(name: str) -> str:
    """Return a name as a part of a path."""
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-.") or "model"
