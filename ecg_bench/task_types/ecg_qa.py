"""Questions on ECGs whose answer is a set of given options, as ECG-QA asks them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from ecg_bench.ecg_qa import VERSION, Reader, exact, join, official_score, set_f1
from ecg_bench.samples import Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types.base import AskingPlan, Plan, TaskType, generates_only, sample_of

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
ANSWERS = frozenset({"answer", "reference"})  # fields that are, or hold, the answer


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
        return sample_of(row, index, options=options, reference=join(answer))

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        generates_only(name, settings, "a set of options")
        return _EcgQaPlan(name, self, settings, USER, set(columns) - ANSWERS | {"question", "options", "truth"})


class _EcgQaPlan(AskingPlan):
    metrics: tuple[str, ...] = ("acc", "set_f1", "acc_ecgqa_official")
    clustered: bool = True  # many questions are about one ECG
    tabled: bool = True

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.prompt = (*self.prompt, READER)

    def requests(self, sample: Sample) -> Iterator[Request]:
        truth = {"yes", "no"} <= set(sample.options)
        yield self.request(sample, {"options": list(sample.options), "truth": truth})

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
