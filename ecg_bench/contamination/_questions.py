"""The texts of the samples of a run: from the pack's data where they are the same, else from what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from ecg_bench.contamination._words import words_of
from ecg_bench.domains import Domain, find_domains, load_task
from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.runs import TaskRecord
from ecg_bench.samples import LETTERS, Sample


@dataclass(frozen=True, slots=True)
class Question:
    """A sample's text: what is asked, the right answer, and the passage that it stems from (empty if not known)."""

    index: int
    question: str
    answer: str
    group: str = ""


@dataclass(frozen=True)
class TaskQuestions:
    """The samples of a task that were asked, and the passages, by the name of a sample's `group`, that are known."""

    task: str
    questions: tuple[Question, ...]
    passages: Mapping[str, str]


def questions_of(run: Run, include: Sequence[str | Path] = ()) -> list[TaskQuestions]:
    """Return the texts of a run's samples, a part for each task.

    They are those of the task's data where the task is installed with data of the same hash. Else they come from
    ``samples.jsonl``: the last message of the prompt without the lines that stand in the prompts of all samples of the
    task, and without those that show an option. Passages are known where the pack's corpus has the same hash as the
    one that the run names.

    Parameters
    ----------
    run : Run
        A complete run.
    include : sequence of path
        Further packs, or folders of packs.

    Raises
    ------
    UserError
        If the run or a pack is damaged.
    """
    domains = find_domains(include)
    found: dict[str, tuple[Question, ...]] = {}
    passages: dict[str, dict[str, str]] = {}
    for record in run.header.tasks:
        domain = domains.get(record.domain.get("name", ""))
        passages[record.name] = _passages(domain, record)
        samples = _samples(domain, record)
        if samples is not None:
            asked = set(run.scores[record.name].index.tolist())
            found[record.name] = tuple(_question(one) for one in samples if one.index in asked)
    missing = {record.name for record in run.header.tasks} - found.keys()
    if missing:
        found |= _asked(run, missing)
    return [TaskQuestions(one.name, found.get(one.name, ()), passages[one.name]) for one in run.header.tasks]


def _passages(domain: Domain | None, record: TaskRecord) -> dict[str, str]:
    if domain is None or domain.corpus is None or domain.corpus.sha256 != record.domain.get("corpus_sha256"):
        return {}
    return {name: one.text for name, one in domain.corpus.passages.items()}


def _samples(domain: Domain | None, record: TaskRecord) -> Sequence[Sample] | None:
    """Return the samples of a task as it is installed, or None if it is not, or its data have changed."""
    short = record.name.partition("/")[2]
    if domain is None or short not in domain.task_cards:
        return None
    try:
        task = load_task(domain, short, record.arguments)
        return tuple(task.dataset) if task.scan.sha256 == record.data_sha256 else None
    except UserError:  # a data set of the user's that is not where it was
        return None


def _question(sample: Sample) -> Question:
    answer = sample.reference or "" if sample.key is None else sample.options[sample.key]
    return Question(sample.index, sample.question, answer, sample.group)


def _asked(run: Run, tasks: set[str]) -> dict[str, tuple[Question, ...]]:
    """Return the texts of samples from what was asked, each from its first request."""
    found: dict[str, dict[int, tuple[Question, tuple[str, ...]]]] = {task: {} for task in tasks}
    for sample in run.samples():
        of_task = found.get(sample["task"])
        if of_task is None or sample["index"] in of_task:
            continue
        options = tuple(sample["request"]["options"])
        messages = sample["request"]["messages"]
        text = messages[-1]["content"] if messages else ""
        of_task[sample["index"]] = Question(sample["index"], text, _answer(sample), sample["group"]), options
    return {task: _without_instructions(list(of_task.values())) for task, of_task in found.items()}


def _answer(sample: Mapping[str, Any]) -> str:
    """Return the right answer's text."""
    target, options = sample["target"] or "", sample["request"]["options"]
    if not options:
        return str(target)
    place = LETTERS.find(target) if target else -1
    return options[place] if 0 <= place < len(options) else ""


def _without_instructions(found: Sequence[tuple[Question, tuple[str, ...]]]) -> tuple[Question, ...]:
    """Take from prompts the lines that all of them have, and those that show an option."""
    lines = [one.question.splitlines() for one, _ in found]
    # Of a single prompt nothing can be told to be an instruction.
    common: set[str] = reduce(set.__and__, map(set, lines)) if len(lines) > 1 else set()
    return tuple(
        Question(
            one.index,
            "\n".join(line for line in own if line not in common and not _shows(line, options)),
            one.answer,
            one.group,
        )
        for (one, options), own in zip(found, lines, strict=True)
    )


def _shows(line: str, options: Sequence[str]) -> bool:
    """Whether a line is an option, with no more than a letter before it."""
    words = words_of(line)
    return any(words[-len(own) :] == own and len(words) <= len(own) + 1 for own in map(words_of, options) if own)
