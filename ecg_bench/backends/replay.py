"""Answers that exist already: ``replay/FILE``, JSONL or CSV, of one system or of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.cards import TaskCard
from ecg_bench.domains import ListDataset, Task
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import read_rows, sha256_of, sha256_of_file
from ecg_bench.samples import Request, Response, Sample
from ecg_bench.settings import PRESENTATIONS, Settings
from ecg_bench.task_types.open_answer import OpenAnswer

Key = tuple[str | None, str]  # task and id, or None and the question


@dataclass(frozen=True)
class _Answers:
    """The rows of a file: each system's answers by key, the questions in order, and the tasks that rows name."""

    by_system: dict[str, dict[Key, str]]
    questions: tuple[str, ...]
    tasks: tuple[str, ...]


class Replay(Backend):
    """Plays back the answers in a file.

    Parameters
    ----------
    name : str
        The path of a JSONL, CSV or TSV file with one row for each answer.
    answer, question, id, task, system : str
        What the columns are called. A row needs the answer, and either the id of a sample (with its task, where ids
        could belong to several) or the question.
    """

    summary: ClassVar[str] = "answers that exist already, in a JSONL or CSV file"
    shuffles: ClassVar[bool] = False
    batch_size = 256
    takes = PRESENTATIONS  # --ecg-as says what its system was shown

    def __init__(
        self,
        name: str,
        *,
        answer: str = "answer",
        question: str = "question",
        id: str = "id",  # noqa: A002  # the column's name in the run contract
        task: str = "task",
        system: str = "system",
    ) -> None:
        self._name = name
        self._path = Path(name).expanduser()
        self._columns = {"answer": answer, "question": question, "id": id, "task": task, "system": system}
        self._file = self._read()
        self._sha256 = sha256_of_file(self._path)
        self._system: str | None = None
        if set(self._file.by_system) == {""}:
            self._system = ""

    def _read(self) -> _Answers:
        by_system: dict[str, dict[Key, str]] = {}
        lines: dict[tuple[str, Key], int] = {}
        questions: dict[str, None] = {}
        tasks: dict[str, None] = {}
        for line, row in read_rows(self._path):
            cell = {ours: row.get(theirs) for ours, theirs in self._columns.items()}
            if cell["answer"] is None:
                raise self._missing("answer", row, line)
            if not cell["id"] and not cell["question"]:
                raise self._missing("id" if self._columns["id"] in row else "question", row, line)
            key: Key = (cell["task"] or None, str(cell["id"])) if cell["id"] else (None, _plain(str(cell["question"])))
            system = str(cell["system"] or "").strip()
            if (system, key) in lines:
                whose = f" of {system!r}" if system else ""
                raise UserError(
                    f"answers {key[1]!r}{whose} again, which line {lines[system, key]} did already: keep one of them",
                    path=self._path,
                    line=line,
                )
            lines[system, key] = line
            by_system.setdefault(system, {})[key] = str(cell["answer"])
            if cell["id"]:
                tasks |= {cell["task"]: None} if cell["task"] else {}
            else:
                questions[" ".join(str(cell["question"]).split())] = None
        if not by_system:
            raise UserError("holds no answer", path=self._path)
        return _Answers(by_system, tuple(questions), tuple(tasks))

    def _missing(self, ours: str, row: dict[str, object], line: int) -> UserError:
        column = self._columns[ours]
        return UserError(
            f"has no {column!r} but {', '.join(map(repr, row))}: name the right column with --model-arg {ours}=COLUMN",
            path=self._path,
            line=line,
        )

    def card(self) -> ModelCard:
        identity = {"sha256": self._sha256, "system": self._system or ""}
        return ModelCard("replay", self._name, self._columns, identity)

    @property
    def system(self) -> str:
        return self._system or self._given_name or f"replay/{self._path.stem}"

    def systems(self) -> Sequence[Backend]:
        return (self,) if self._system is not None else [self._only(system) for system in self._file.by_system]

    def choose(self, system: str) -> Backend:
        """Return the backend of one system of the file.

        Raises
        ------
        UserError
            If the file names its systems and this is none of them.
        """
        if self._system == "":
            return super().choose(system)
        if system not in self._file.by_system:
            raise UserError(f"has no system {system!r}{did_you_mean(system, self._file.by_system)}", path=self._path)
        return self._only(system)

    def _only(self, system: str) -> Replay:
        other = object.__new__(Replay)
        other.__dict__ = self.__dict__ | {"_system": system}
        return other

    def own_tasks(self) -> Sequence[Task | str]:
        if self._file.tasks:
            return self._file.tasks
        if not self._file.questions:
            raise UserError("names samples but no tasks: say which with --tasks", path=self._path)
        return (self._adhoc_task(),)

    def _adhoc_task(self) -> Task:
        name = f"adhoc/{self._path.stem}"
        card = TaskCard(
            task="adhoc",
            title=f"The questions of {self._path.name}",
            version=1,
            type="open",
            description="Made from the questions of a replay file; they have no reference.",
            data=self._path.name,
        )
        samples = [
            Sample(f"q-{sha256_of(_plain(text))[:8]}", n, text, group=f"q-{sha256_of(_plain(text))[:8]}")
            for n, text in enumerate(self._file.questions)
        ]
        return Task(name, card, ListDataset(samples, str(self._path)), OpenAnswer(card, str(self._path)))

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        answers = self._file.by_system[self._system or ""]
        asked = {
            key for task in tasks for sample in task.dataset for key in _keys(task.name, sample.id, sample.question)
        }
        unused = [key for key in answers if key not in asked]
        if unused:
            self.notices = (
                f"{self._path}: {len(unused)} of {len(answers)} answers of {self.system} belong to no sample of these "
                f"tasks and are not used, such as {unused[0][1][:60]!r}",
            )

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Response:
        answers = self._file.by_system[self._system or ""]
        for key in _keys(request.task, request.id, request.question):
            if key in answers:
                return Response(answers[key])
        return Response(error=f"{self._path.name} has no answer of {self.system} to this sample")


def _keys(task: str, sample: str, question: str) -> tuple[Key, Key, Key]:
    return (task, sample), (None, sample), (None, _plain(question))


def _plain(question: str) -> str:
    return " ".join(question.split()).casefold()
