"""Open questions: the answer is free text, kept whole, and compared with a reference by metrics and judges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ecg_bench.errors import UserError
from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import Message, Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types.base import Plan, TaskType, media_of, text_of, with_system
from ecg_bench.templates import PromptTemplate
from ecg_bench.unread import unread

USER = "{{ question }}"


class OpenAnswer(TaskType):
    """Open questions with a reference answer, or with none yet."""

    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    main_metric = "answered"

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        points = row.get("key_points", [])
        if not isinstance(points, list) or not all(isinstance(point, str) and point.strip() for point in points):
            raise ValueError("the field 'key_points' must be a list of texts")
        return Sample(
            id=text_of(row, "id"),
            index=index,
            question=text_of(row, "question"),
            group=text_of(row, "group", ""),
            topic=text_of(row, "topic", ""),
            difficulty=text_of(row, "difficulty", ""),
            type=text_of(row, "type", ""),
            reference=text_of(row, "reference") if "reference" in row else None,
            media=media_of(row),
            fields=row,
        )

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        if settings.mode not in self.modes:
            raise UserError(f"{name} asks for free text, which has no log-likelihood to compare: use --mode generate")
        if settings.num_fewshot:
            raise UserError(f"{name} has no worked examples: leave --num-fewshot at 0")
        return _OpenPlan(name, self, settings, columns)


class _OpenPlan(Plan):
    def __init__(self, name: str, kind: OpenAnswer, settings: Settings, columns: Collection[str]) -> None:
        prompt = kind.card.prompt
        self._name = name
        self._system = prompt.system
        # The reference and the key points are the answer: no prompt may show them.
        shown = set(columns) - {"reference", "key_points"} | {"question"}
        self._template = PromptTemplate(prompt.user or USER, shown, kind.origin)
        self._params = kind.params(settings)
        self.prompt = (self._system or "", self._template.source)

    def requests(self, sample: Sample) -> Iterator[Request]:
        text = self._template.render({**sample.fields, "question": sample.question})
        yield Request(
            task=self._name,
            id=sample.id,
            index=sample.index,
            permutation=0,
            mode=Mode.GENERATE,
            messages=with_system(self._system, [Message("user", text)]),
            params=self._params,
            question=sample.question,
            media=sample.media,
        )

    def target(self, sample: Sample, request: Request) -> str | None:
        return sample.reference

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        text = without_reasoning(response.text)
        outcome = unread(text, response.finish_reason)
        if outcome is Outcome.UNPARSED:  # of free text there is nothing to parse
            outcome = Outcome.OK
        return Scored(outcome, parsed=text or None, target=sample.reference)
