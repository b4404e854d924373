"""The answers that can be drawn: those of several runs, each with what a judge said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.evaluation import load_run
from ecg_bench.files import sha256_of
from ecg_bench.judgements import StoredAnswers
from ecg_bench.ratings._records import Rating
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings._verdicts import judge_ratings

NO_VERDICT = "no verdict"

Place = tuple[str, str, int, str]  # task, sample, epoch, system


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An answer that can be drawn.

    Parameters
    ----------
    run, task, sample, epoch, system : str, str, str, int, str
        Whose it is, and its place in its run.
    question, reference, passage, text : str
        What a rater may be shown; `text` is the answer.
    group, topic : str
        As the run has them.
    verdict : str
        The level that the judge gave, or `NO_VERDICT`.
    """

    run: str
    task: str
    sample: str
    epoch: int
    system: str
    question: str
    reference: str
    passage: str
    text: str
    group: str
    topic: str
    verdict: str = NO_VERDICT

    @property
    def place(self) -> Place:
        """What tells it from every other answer."""
        return self.task, self.sample, self.epoch, self.system

    @property
    def asked(self) -> tuple[str, str]:
        """What all answers to one question share."""
        return self.task, self.sample


@dataclass(frozen=True)
class Pool:
    """All answers with text of some runs.

    Parameters
    ----------
    candidates : sequence of Candidate
        In one order, whichever order the runs were named in.
    digest : str
        Of the runs' answers; a part of every random choice, so that two studies don't share codes.
    judge, scale : str, Scale or None
        Whose verdicts the candidates carry, and on which levels; empty and None if there are none.
    left_out : mapping of str to int
        How many answers without text each system has; nobody needs to rate them.
    notices : sequence of str
        What a user should know.
    """

    candidates: Sequence[Candidate]
    digest: str
    judge: str
    scale: Scale | None
    left_out: Mapping[str, int]
    notices: Sequence[str]

    @property
    def systems(self) -> list[str]:
        """The systems, sorted."""
        return sorted({one.system for one in self.candidates})


def collect(runs: Sequence[str | Path], *, by: str | None = None, include: Sequence[str | Path] = ()) -> Pool:
    """Return the answers of some runs that have text.

    Parameters
    ----------
    runs : sequence of path
        Complete runs, of one system or of several.
    by : str, optional
        The judge whose verdicts to take, as ``JUDGE@MODEL``; needed only where several judged.
    include : sequence of path
        Further packs, from which question and passage are taken.

    Raises
    ------
    UserError
        If a run can't be read, has no open answers, does not fit the others, or was not judged by that judge.
    """
    if not runs:
        raise UserError("name at least one run")
    stored = [StoredAnswers(path, include) for path in dict.fromkeys(map(str, runs))]
    _check_data(stored)
    found: list[Candidate] = []
    left_out: dict[str, int] = {}
    for one in stored:
        answers = [answer for some in one.by_task.values() for answer in some]
        found += [
            Candidate(
                run=str(one.run.path),
                task=answer.place[0],
                sample=answer.place[2],
                epoch=answer.place[3],
                system=one.system,
                question=answer.question,
                reference=answer.reference,
                passage=answer.passage,
                text=answer.text,
                group=answer.group,
                topic=answer.topic,
            )
            for answer in answers
            if answer.judged
        ]
        left_out[one.system] = left_out.get(one.system, 0) + sum(not answer.judged for answer in answers)
    if not found:
        raise UserError("no answer of these runs has any text: there is nothing to rate")
    _check_places(found)
    _check_questions(found)
    judge, scale, verdicts = _verdicts([one.run.path for one in stored], by)
    return Pool(
        sorted((replace(one, verdict=verdicts.get(one.place, NO_VERDICT)) for one in found), key=lambda one: one.place),
        sha256_of(*sorted(one.sha256 for one in stored)),
        judge,
        scale,
        {system: n for system, n in left_out.items() if n},
        list(dict.fromkeys(notice for one in stored for notice in one.notices)),
    )


def _check_data(stored: Sequence[StoredAnswers]) -> None:
    seen: dict[str, tuple[str, Path]] = {}
    for one in stored:
        for task in one.run.header.tasks:
            data, path = seen.setdefault(task.name, (task.data_sha256, one.run.path))
            if data != task.data_sha256:
                raise UserError(
                    f"the run answers other data of {task.name} than {path}: rate runs on the same data together",
                    path=one.run.path,
                )


def _check_places(candidates: Iterable[Candidate]) -> None:
    seen: dict[Place, str] = {}
    for one in candidates:
        run = seen.setdefault(one.place, one.run)
        if run != one.run:
            raise UserError(
                f"the run is of the system {one.system!r} on {one.task}, like {run}: name one of them only",
                path=one.run,
            )


def _check_questions(candidates: Iterable[Candidate]) -> None:
    """Complain of a question that reads differently in two runs, which would tell a rater whose answer it is."""
    seen: dict[tuple[str, str], Candidate] = {}
    for one in candidates:
        first = seen.setdefault(one.asked, one)
        if first.question != one.question or first.reference != one.reference:
            raise UserError(
                f"the question or reference of {one.task} {one.sample} reads differently than in {first.run}, which "
                "would tell the systems apart: name the pack of the task with --include",
                path=one.run,
            )


def _verdicts(runs: Sequence[Path], by: str | None) -> tuple[str, Scale | None, dict[Place, str]]:
    """Return a judge's name, scale and level for each answer; nothing if no judge was named and not just one judged."""
    ratings = {path: judge_ratings(load_run(path), texts=False) for path in runs}
    raters = sorted({one.rater for some in ratings.values() for one in some})
    if by is None:
        common = [name for name in raters if all(_by(name, some) for some in ratings.values())]
        if len(common) != 1:
            return "", None, {}
        by = common[0]
    for path, some in ratings.items():
        if not _by(by, some):
            known = did_you_mean(by, {one.rater for one in some})
            raise UserError(f"the run was not judged by {by!r}{known}: judge it with ecg-bench judge", path=path)
    chosen = [one for some in ratings.values() for one in _by(by, some)]
    scales = {one.scale for one in chosen}
    if len(scales) > 1:
        raise UserError(f"{by} judged these runs on different levels: judge them all with the same version of it")
    return by, scales.pop(), {(r.task, r.sample, r.epoch, r.system): r.level for r in chosen if r.level is not None}


def _by(rater: str, ratings: Iterable[Rating]) -> list[Rating]:
    return [one for one in ratings if one.rater == rater]
