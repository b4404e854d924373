"""Judging as a task like any other: its samples are stored answers, its requests prompts to a judge."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ecg_bench.cards import GenerationCard, TaskCard
from ecg_bench.domains import Scan, Task
from ecg_bench.files import sha256_of
from ecg_bench.judging._judge import Judge, JudgedItem, JudgePrompt, Unread, Verdict
from ecg_bench.samples import Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types import Plan, TaskType


@dataclass(frozen=True)
class Case:
    """What one call to a judge is about.

    Parameters
    ----------
    id : str
        Unique among the cases.
    item : JudgedItem
        Question, answers, and what goes with them.
    group, topic, difficulty : str
        Of the question.
    """

    id: str
    item: JudgedItem
    group: str = ""
    topic: str = ""
    difficulty: str = ""


class _Cases:
    """Cases as a data set."""

    def __init__(self, cases: Sequence[Case], origin: str, sha256: str) -> None:
        self.origin = origin
        self._cases = cases
        self._sha256 = sha256

    def __iter__(self) -> Iterator[Sample]:
        for n, case in enumerate(self._cases):
            yield Sample(
                id=case.id,
                index=n,
                question=case.item.question,
                group=case.group,
                topic=case.topic,
                difficulty=case.difficulty,
                fields={"item": case.item},
            )

    def scan(self) -> Scan:
        return Scan(len(self._cases), frozenset({"item"}), self._sha256)


class Judgement(TaskType):
    """Verdicts of a judge on answers."""

    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    main_metric: ClassVar[str] = "answered"

    def __init__(self, card: TaskCard, origin: str, judge: Judge, metrics: Sequence[str], orders: int) -> None:
        super().__init__(card, origin)
        self.judge = judge
        self.metrics = tuple(metrics)
        self.orders = orders

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        raise ValueError("the cases of a judgement come from runs, not from a file")

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        return _JudgementPlan(name, self, settings)


class _JudgementPlan(Plan):
    def __init__(self, name: str, kind: Judgement, settings: Settings) -> None:
        self._name = name
        self._judge = kind.judge
        self._params = kind.params(settings)
        self._seed = settings.seed
        self.prompt = (kind.judge.signature,)
        self.repeats = kind.orders
        self.metrics = kind.metrics

    def requests(self, sample: Sample) -> Iterator[Request]:
        for permutation in range(self.repeats):
            prompt = self._judge.prompt(sample.fields["item"], f"{self._seed} {sample.id} {permutation}")
            yield Request(
                task=self._name,
                id=sample.id,
                index=sample.index,
                permutation=permutation,
                mode=Mode.GENERATE,
                messages=prompt.messages,
                params=self._params,
                question=sample.question,
                schema=prompt.schema,
                judged=prompt,
            )

    def target(self, sample: Sample, request: Request) -> str | None:
        return None

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        found = read(self._judge, request, response)
        if isinstance(found, Unread):
            return Scored(Outcome(found.outcome), scores=dict.fromkeys(self.metrics, 0.0))
        scores = {
            name if len(found.answers) == 1 else f"{name}[{id_}]": value
            for id_, one in found.answers.items()
            for name, value in one.scores.items()
        }
        return Scored(Outcome.OK, parsed=found.to_json(), scores={name: scores.get(name, 0.0) for name in self.metrics})


def read(judge: Judge, request: Request, response: Response) -> Verdict | Unread:
    """Read what a judge answered to a request of ours."""
    prompt = request.judged
    assert isinstance(prompt, JudgePrompt)
    return judge.read(response.text, prompt, response.finish_reason)


def judgement_task(
    name: str, judge: Judge, cases: Sequence[Case], metrics: Sequence[str], origin: str, *, orders: int = 1
) -> Task:
    """Return the task of judging some cases.

    Parameters
    ----------
    name : str
        What the task is called in the run of the judge: the task that the answers are of.
    judge : Judge
        Who judges by which rubric.
    cases : sequence of Case
        What is judged.
    metrics : sequence of str
        The scores that every verdict gives.
    origin : str
        Where the answers come from.
    orders : int
        Under how many orders of its answers each case is judged.
    """
    card = TaskCard(
        task="judgement",
        title=f"{judge.title}: {name}",
        version=judge.version,
        type="judgement",
        description=judge.description,
        data=origin,
        generation=GenerationCard(max_tokens=judge.max_tokens, temperature=judge.temperature),
    )
    whole = json.dumps([[case.id, case.item.as_record()] for case in cases], ensure_ascii=False)
    return Task(
        name, card, _Cases(cases, origin, sha256_of(whole)), Judgement(card, origin, judge, metrics, orders)
    )
