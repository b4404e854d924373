"""Judging as a task like any other: its samples are stored answers, its requests prompts to a judge."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ecg_bench.cards import GenerationCard, TaskCard
from ecg_bench.domains import Scan, Task
from ecg_bench.files import sha256_of
from ecg_bench.judging import Judge, JudgedItem, JudgePrompt, Unread, Verdict
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
    group, topic, difficulty, type : str
        Of the question.
    """

    id: str
    item: JudgedItem
    group: str = ""
    topic: str = ""
    difficulty: str = ""
    type: str = ""


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
                type=case.type,
                fields={"item": case.item},
            )

    def scan(self) -> Scan:
        return Scan(len(self._cases), frozenset({"item"}), self._sha256)


class Judgement(TaskType):
    """Verdicts of a judge on answers."""

    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    main_metric = "answered"

    def __init__(self, card: TaskCard, origin: str, judge: Judge, repeats: int, *, reorder: bool) -> None:
        super().__init__(card, origin)
        self.judge = judge
        self.repeats = repeats
        self.reorder = reorder

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        raise ValueError("the cases of a judgement come from runs, not from a file")

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        return _JudgementPlan(name, self, settings)


class _JudgementPlan(Plan):
    # It names no metrics: what verdicts say is about the answers judged, and goes into the results of their runs.

    def __init__(self, name: str, kind: Judgement, settings: Settings) -> None:
        self._name = name
        self._judge = kind.judge
        self._params = kind.params(settings)
        self._seed = settings.seed
        self._reorder = kind.reorder
        self.prompt = (kind.judge.signature,)
        self.repeats = kind.repeats

    def requests(self, sample: Sample) -> Iterator[Request]:
        for permutation in range(self.repeats):
            item: JudgedItem = sample.fields["item"]
            order = None if self._reorder else range(len(item.answers))
            prompt = self._judge.prompt(item, self._seed_of(permutation), order=order)
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

    def _seed_of(self, permutation: int) -> int:
        """Return the seed of a repetition, which draws codes and ids of its own."""
        return self._seed if permutation == 0 else random.Random(f"{self._seed} {permutation}").randrange(2**31)

    def target(self, sample: Sample, request: Request) -> str | None:
        return None

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        found = read(self._judge, request, response)
        if isinstance(found, Unread):
            return Scored(found.outcome)
        scores = {
            f"{name}[{id_}]" if self._judge.listwise else name: value
            for id_, one in found.answers.items()
            for name, value in one.scores.items()
        }
        parsed = json.dumps(
            {
                id_: {"levels": one.levels, "scores": one.scores, "details": one.details}
                for id_, one in found.answers.items()
            },
            ensure_ascii=False,
        )
        return Scored(Outcome.OK, parsed=parsed, scores=scores)


def read(judge: Judge, request: Request, response: Response) -> Verdict | Unread:
    """Read what a judge answered to a request of ours."""
    prompt = request.judged
    if not isinstance(prompt, JudgePrompt):
        raise TypeError(f"no prompt of a judge: {prompt!r}")
    return judge.read(response.text, prompt, response.finish_reason)


def judgement_task(
    name: str,
    judge: Judge,
    cases: Sequence[Case],
    origin: str,
    *,
    repeats: int = 1,
    reorder: bool = True,
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
    origin : str
        Where the answers come from.
    repeats : int
        How often each case is judged, each time under codes and ids of its own.
    reorder : bool
        Whether the order of several answers is drawn anew each time, or is theirs in the case.
    """
    card = TaskCard(
        task="judgement",
        title=f"{judge.card.title}: {name}",
        version=judge.card.version,
        type="judgement",
        description=judge.card.description,
        data=origin,
        generation=GenerationCard(max_tokens=judge.card.model.max_tokens, temperature=judge.card.model.temperature),
    )
    items = ((case.id, case.item) for case in cases)
    whole = json.dumps(  # ASCII, whatever characters a model wrote
        [[id_, one.id, one.question, one.answers, one.reference, one.passage, one.key_points] for id_, one in items]
    )
    kind = Judgement(card, origin, judge, repeats, reorder=reorder)
    return Task(name, card, _Cases(cases, origin, sha256_of(whole)), kind)
