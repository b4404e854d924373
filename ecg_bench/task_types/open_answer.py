"""Open questions: the answer is free text, kept whole, and compared with a reference by metrics and judges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types.base import AskingPlan, Plan, TaskType, generates_only, sample_of, text_of
from ecg_bench.unread import unread

USER = "{{ question }}"
ANSWERS = frozenset({"reference", "key_points"})  # fields that are, or hold, the answer: no prompt may show them


class OpenAnswer(TaskType):
    """Open questions with a reference answer, or with none yet."""

    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    main_metric = "answered"

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        points = row.get("key_points", [])
        if not isinstance(points, list) or not all(isinstance(point, str) and point.strip() for point in points):
            raise ValueError("the field 'key_points' must be a list of texts")
        return sample_of(row, index, reference=text_of(row, "reference") if "reference" in row else None)

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        generates_only(name, settings, "free text")
        return OpenPlan(name, self, settings, USER, set(columns) - ANSWERS | {"question"})


class OpenPlan(AskingPlan):
    """Asks once for free text, and keeps it whole."""

    def requests(self, sample: Sample) -> Iterator[Request]:
        yield self.request(sample)

    def target(self, sample: Sample, request: Request) -> str | None:
        return sample.reference

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        text = without_reasoning(response.text)
        outcome = unread(text, response.finish_reason)
        if outcome is Outcome.UNPARSED:  # of free text there is nothing to parse
            outcome = Outcome.OK
        return Scored(outcome, parsed=text or None, target=sample.reference)
