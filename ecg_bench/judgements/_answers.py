"""The answers of stored runs, with what a judge may be shown beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.domains import Domain, Task, find_domains, load_task
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of, sha256_of_file
from ecg_bench.runs import NAMED_ANSWERS, SAMPLES, RunDirectory
from ecg_bench.samples import Outcome

JUDGED = (Outcome.OK, Outcome.TRUNCATED)  # of all others there is no text to judge

Place = tuple[str, int, str, int, int]  # task, index, id, epoch, permutation


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """One answer of a run.

    Parameters
    ----------
    place : tuple
        Task, index and id of the sample, epoch and permutation.
    text : str
        The answer without its reasoning; empty where there is none.
    outcome : Outcome
        What became of the sample.
    question, reference, passage : str
        What was asked, the reference answer, and the passage that the question stems from; empty where there is none.
    key_points : tuple of str
        What a complete answer says.
    group, topic, difficulty, type : str
        As the run has them.
    """

    place: Place
    text: str
    outcome: Outcome
    question: str
    reference: str = ""
    passage: str = ""
    key_points: tuple[str, ...] = ()
    group: str = ""
    topic: str = ""
    difficulty: str = ""
    type: str = ""

    @property
    def case(self) -> str:
        """The id of the case in which it is judged: its sample's, with epoch and permutation if not the first."""
        _, _, sample, epoch, permutation = self.place
        return sample if not epoch and not permutation else f"{sample}#{epoch}.{permutation}"

    @property
    def judged(self) -> bool:
        """Whether there is anything to judge."""
        return self.outcome in JUDGED and bool(self.text)


@dataclass(frozen=True)
class _Background:
    """What a task's data says about a sample beside what the run stored."""

    question: str
    key_points: tuple[str, ...]
    group: str


class StoredAnswers:
    """The open answers of one complete run.

    Parameters
    ----------
    path : path
        The run directory.
    include : sequence of path
        Further packs: questions, key points and passages come from the tasks of the run, where they are installed and
        their data are the same.

    Raises
    ------
    UserError
        If there is no complete run, or none of its tasks has open answers.
    """

    def __init__(self, path: str | Path, include: Sequence[str | Path] = ()) -> None:
        self.run = RunDirectory(Path(path))
        if self.run.header.status != "complete":
            raise UserError(
                f"the run is not complete ({self.run.header.status}): finish it with "
                f"ecg-bench eval --resume --out {self.run.path}",
                path=self.run.path,
            )
        self.system = self.run.header.system.name
        self.sha256 = sha256_of_file(self.run.path / SAMPLES)
        self.notices: list[str] = []
        self._domains = find_domains(include)
        self.by_task: dict[str, list[StoredAnswer]] = {}
        for answer in self._read():
            self.by_task.setdefault(answer.place[0], []).append(answer)
        if not self.by_task:
            raise UserError("none of its tasks has open answers: a judge reads free text", path=self.run.path)

    def _read(self) -> Iterator[StoredAnswer]:
        background: dict[str, dict[str, _Background]] = {}
        passages: dict[str, dict[str, str]] = {}
        named = {task.name for task in self.run.header.tasks if task.type in NAMED_ANSWERS}
        for sample in self.run.samples():
            if sample["task"] in named or sample["request"]["options"] or sample["request"]["continuations"]:
                continue
            task = sample["task"]
            if task not in background:
                background[task], passages[task] = self._background(task)
            known = background[task].get(sample["id"])
            group = sample["group"]
            yield StoredAnswer(
                place=(task, sample["index"], sample["id"], sample["epoch"], sample["permutation"]),
                text=sample["parsed"] or "",
                outcome=Outcome(sample["outcome"]),
                question=known.question if known else sample["request"]["messages"][-1]["content"],
                reference=sample["target"] or "",
                passage=passages[task].get(group, ""),
                key_points=known.key_points if known else (),
                group=group,
                topic=sample["topic"],
                difficulty=sample["difficulty"],
                type=sample["question_type"],
            )

    def _background(self, name: str) -> tuple[dict[str, _Background], dict[str, str]]:
        task, domain = self._task(name)
        if task is None:
            return {}, {}
        samples = {
            sample.id: _Background(sample.question, tuple(sample.fields.get("key_points", ())), sample.group)
            for sample in task.dataset
        }
        corpus = domain.corpus if domain is not None else None
        return samples, {} if corpus is None else {key: one.text for key, one in corpus.passages.items()}

    def _task(self, name: str) -> tuple[Task | None, Domain | None]:
        """Return a task as the run asked it, if it is installed and unchanged."""
        record = next(task for task in self.run.header.tasks if task.name == name)
        domain = self._domains.get(record.domain.get("name", ""))
        short = name.partition("/")[2]
        if domain is None or short not in domain.task_cards:
            if record.domain:
                self.notices.append(f"{name} is not installed: the judge sees neither its key points nor its passages")
            return None, None
        try:
            task = load_task(domain, short, record.arguments)
            same = task.scan.sha256 == record.data_sha256
        except UserError as error:  # a data set of the user's that is not where it was
            self.notices.append(f"{name} can't be opened ({error}): the judge sees neither key points nor passages")
            return None, None
        if not same:
            self.notices.append(
                f"the data of {name} have changed since the run: the judge sees neither their key points nor passages"
            )
            return None, None
        return task, domain


def digest(answers: Sequence[StoredAnswer]) -> str:
    """Return a hash of some answers and of all that a judge may be shown beside them."""
    parts: list[Any] = [
        [one.place, one.text, one.question, one.reference, one.passage, one.key_points] for one in answers
    ]
    return sha256_of(json.dumps(parts, ensure_ascii=False))
