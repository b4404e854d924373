"""The questions and raw answers behind samples that changed."""

from __future__ import annotations

from collections.abc import Sequence

from ecg_bench.comparison._reading import Side, question_of
from ecg_bench.comparison._records import AnswerRecord, SampleRecord, TaskRecord

Key = tuple[str, str]  # task, sample


def with_texts(tasks: Sequence[TaskRecord], sides: tuple[Side, Side]) -> list[TaskRecord]:
    """Return tasks whose listed samples have the question as sent and the raw answers. It opens both runs' samples."""
    wanted = frozenset((task.task, one.id) for task in tasks for metric in task.metrics for one in metric.samples)
    read = [_read(side, wanted) for side in sides]

    def filled(task: str, one: SampleRecord) -> SampleRecord:
        key = (task, one.id)
        (_, before), (question, after) = (texts[key] for texts in read)
        answers = {"before": _with(one.before, before), "after": _with(one.after, after)}
        return one.model_copy(update={"question": question, **answers})

    return [
        task.model_copy(
            update={
                "metrics": [
                    metric.model_copy(update={"samples": [filled(task.task, one) for one in metric.samples]})
                    for metric in task.metrics
                ]
            }
        )
        for task in tasks
    ]


def _read(side: Side, wanted: frozenset[Key]) -> dict[Key, tuple[str, list[str]]]:
    """Return the question and the answers of some samples, in the order of epochs and orders of options."""
    found: dict[Key, tuple[str, list[tuple[int, int, str]]]] = {}
    for sample in side.requests(wanted):
        answer = (sample["epoch"], sample["permutation"], sample["error"] or _answer(sample))
        found.setdefault((sample["task"], sample["id"]), (question_of(sample), []))[1].append(answer)
    return {key: (question, [text for *_, text in sorted(answers)]) for key, (question, answers) in found.items()}


def _answer(sample: dict[str, object]) -> str:
    """Return the raw output; by log-likelihood there is none, and the option that was most likely stands for it."""
    return str(sample["output"] or sample["parsed"] or "")


def _with(answer: AnswerRecord, output: list[str]) -> AnswerRecord:
    return answer.model_copy(update={"output": output})
