"""Reports of ECGs: free text, scored by the clinical statements that it makes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ecg_bench.errors import UserError
from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import Message, Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types.base import Plan, TaskType, media_of, text_of, with_system
from ecg_bench.templates import PromptTemplate
from ecg_bench.text_metrics import agreement, claims_of
from ecg_bench.unread import unread

USER = "{{ question }}"
READER = "scp-statements-v1"
ANSWERS = ("reference", "statements", "key_points")  # fields that are, or hold, the answer


class EcgReport(TaskType):
    """Reports with a reference report, the statements that are true of the ECG, or both.

    The main metric is the F1 of clinical statements: those of the field ``statements`` where the data have it, else
    those that the reference makes. Text metrics and judges compare with the reference, as for open questions.
    """

    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    main_metric = "statement_f"

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        statements = row.get("statements")
        if statements is not None and not (
            isinstance(statements, list) and all(isinstance(one, str) for one in statements)
        ):
            raise ValueError("the field 'statements' must be a list of codes")
        return Sample(
            id=text_of(row, "id"),
            index=index,
            question=text_of(row, "question"),
            group=text_of(row, "group", ""),
            topic=text_of(row, "topic", ""),
            difficulty=text_of(row, "difficulty", ""),
            type=text_of(row, "type", "report"),
            reference=text_of(row, "reference") if statements is None or "reference" in row else None,
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
        return _ReportPlan(name, self, settings, columns)


class _ReportPlan(Plan):
    metrics: tuple[str, ...] = ("statement_p", "statement_r", "statement_f")
    clustered: bool = True  # a patient may have several ECGs

    def __init__(self, name: str, kind: EcgReport, settings: Settings, columns: Collection[str]) -> None:
        prompt = kind.card.prompt
        self._name = name
        self._system = prompt.system
        self._template = PromptTemplate(prompt.user or USER, set(columns) - set(ANSWERS) | {"question"}, kind.origin)
        self._params = kind.params(settings)
        self.prompt = (self._system or "", self._template.source, READER)

    def requests(self, sample: Sample) -> Iterator[Request]:
        fields = {name: value for name, value in sample.fields.items() if name not in ANSWERS}
        text = self._template.render({**fields, "question": sample.question})
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
        scores = dict.fromkeys(self.metrics, 0.0)
        if outcome is Outcome.OK:
            one = agreement(claims_of(text), *_truth(sample))
            scores = dict(zip(self.metrics, (one.precision, one.recall, one.f), strict=True))
        return Scored(outcome, parsed=text or None, target=sample.reference, scores=scores)


def _truth(sample: Sample) -> tuple[frozenset[str], frozenset[str]]:
    """Return the statements that are true of an ECG, and those that may be."""
    given = sample.fields.get("statements")
    if given is not None:
        return frozenset(given), frozenset()
    reference = claims_of(sample.reference or "")
    return reference.present, reference.uncertain
