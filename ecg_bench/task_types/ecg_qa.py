"""Questions on ECGs whose answer is a set of given options, as ECG-QA asks them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from ecg_bench.ecg_qa import VERSION, Reader, exact, join, official_score, set_f1
from ecg_bench.errors import UserError
from ecg_bench.samples import Message, Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types.base import Plan, TaskType, media_of, text_of, with_system
from ecg_bench.templates import PromptTemplate

USER = """\
{{ question }}

Options: {{ options | join("; ") }}

{% if truth %}
Answer with one of the options.
{% else %}
Answer with every option that applies, separated by semicolons.
{% endif %}
End your reply with a line of the form
Answer: X"""
READER = f"set-v{VERSION}"
ANSWERS = ("answer", "reference")  # fields that are, or hold, the answer


class EcgQa(TaskType):
    """Questions on one ECG or two, answered by a set of options.

    Accuracy is exact: the whole set and nothing else. Beside it stand F1 of the set, and the accuracy by the published
    parser of ECG-QA (``acc_ecgqa_official``), with its faults.
    """

    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    main_metric = "acc"

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        options, answer = _texts(row, "options"), _texts(row, "answer")
        strangers = [one for one in answer if one not in options]
        if strangers:
            raise ValueError(f"the answer {strangers[0]!r} is not among the options")
        return Sample(
            id=text_of(row, "id"),
            index=index,
            question=text_of(row, "question"),
            group=text_of(row, "group", ""),
            topic=text_of(row, "topic", ""),
            difficulty=text_of(row, "difficulty", ""),
            type=text_of(row, "type", ""),
            options=options,
            reference=join(answer),
            media=media_of(row),
            fields=row,
        )

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        if settings.mode not in self.modes:
            raise UserError(f"{name} asks for sets of options, which can't be compared one by one: use --mode generate")
        if settings.num_fewshot:
            raise UserError(f"{name} has no worked examples: leave --num-fewshot at 0")
        return _EcgQaPlan(name, self, settings, columns)


class _EcgQaPlan(Plan):
    metrics: tuple[str, ...] = ("acc", "set_f1", "acc_ecgqa_official")
    clustered: bool = True  # many questions are about one ECG
    tabled: bool = True

    def __init__(self, name: str, kind: EcgQa, settings: Settings, columns: Collection[str]) -> None:
        prompt = kind.card.prompt
        self._name = name
        self._system = prompt.system
        shown = set(columns) - set(ANSWERS) | {"question", "options", "truth"}
        self._template = PromptTemplate(prompt.user or USER, shown, kind.origin)
        self._params = kind.params(settings)
        self.prompt = (self._system or "", self._template.source, READER)

    def requests(self, sample: Sample) -> Iterator[Request]:
        fields = {name: value for name, value in sample.fields.items() if name not in ANSWERS}
        truth = {"yes", "no"} <= set(sample.options)
        shown = {**fields, "question": sample.question, "options": list(sample.options), "truth": truth}
        yield Request(
            task=self._name,
            id=sample.id,
            index=sample.index,
            permutation=0,
            mode=Mode.GENERATE,
            messages=with_system(self._system, [Message("user", self._template.render(shown))]),
            params=self._params,
            question=sample.question,
            options=sample.options,
            media=sample.media,
        )

    def target(self, sample: Sample, request: Request) -> str:
        return join(sample.fields["answer"])

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        gold = frozenset(sample.fields["answer"])
        reading = _reader(sample.options)(response.text, response.finish_reason)
        read = reading.outcome is Outcome.OK
        scores = {
            "acc": exact(reading.answers, gold),
            "set_f1": set_f1(reading.answers, gold),
            # The published parser reads whatever it finds, also in a reply that ours does not read.
            "acc_ecgqa_official": official_score(response.text, sample.options, gold),
        }
        return Scored(reading.outcome, join(reading.answers) if read else None, join(gold), scores=scores)


@lru_cache(maxsize=4096)
def _reader(options: tuple[str, ...]) -> Reader:
    return Reader(options)


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one.strip() for one in value):
        raise ValueError(f"the field {name!r} must be a list of texts, none of them blank")
    if len({one.casefold() for one in value}) != len(value):
        raise ValueError(f"the field {name!r} holds a text twice")
    return tuple(value)
