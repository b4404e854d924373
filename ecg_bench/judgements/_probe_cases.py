"""What a judge is tried with: answers whose right order is known, because one is made from the other."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.judgements._injections import INJECTIONS, inject
from ecg_bench.judgements._judgement import Case
from ecg_bench.judgements._perturbations import PERTURBATIONS, pad
from ecg_bench.judging import Judge, JudgedItem

CONSISTENCY, POSITION, CHANGES = "probe/consistency", "probe/position", "probe/changes"

GOOD, HALF, WRONG = "good", "half", "wrong"
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Question:
    """A question with what is known to be a good, an incomplete and a wrong answer to it.

    The good one is the reference, the incomplete one its first half, the wrong one the reference of another question.
    """

    item: JudgedItem
    group: str
    topic: str
    good: str
    half: str
    wrong: str

    def with_answers(self, answers: Mapping[str, str]) -> JudgedItem:
        """Return the item with some answers, by name."""
        return replace(self.item, answers=tuple(answers.items()))


def draw_questions(tasks: Sequence[Task], judge: Judge, n: int, seed: int) -> list[Question]:
    """Draw questions that have all that the judge must be shown.

    Parameters
    ----------
    tasks : sequence of Task
        Open tasks with references.
    judge : Judge
        Who will be tried.
    n : int
        How many.
    seed : int
        Of the draw.

    Raises
    ------
    UserError
        If there are fewer than two such questions.
    """
    found = [one for task in tasks for one in _questions(task) if not judge.missing(one.item)]
    if len(found) < 2:
        names = ", ".join(task.name for task in tasks)
        raise UserError(f"{names} has no two questions with all that the judge {judge.name!r} has to be shown")
    draw = random.Random(f"probe {seed}")
    chosen = draw.sample(found, min(n, len(found)))
    others = draw.sample(found, len(found))
    return [replace(one, wrong=_other(one, others)) for one in chosen]


def _questions(task: Task) -> Iterator[Question]:
    corpus = task.domain.corpus if task.domain is not None else None
    passages = {} if corpus is None else corpus.passages
    for sample in task.dataset:
        if not sample.reference:
            continue
        passage = passages.get(sample.group)
        item = JudgedItem(
            id=f"{task.name} {sample.id}",
            question=sample.question,
            answers=(),
            reference=sample.reference,
            passage=None if passage is None else passage.text,
            key_points=tuple(sample.fields.get("key_points", ())),
        )
        sentences = _SENTENCE.split(sample.reference)
        half = " ".join(sentences[: max(1, len(sentences) // 2)])
        yield Question(item, sample.group, sample.topic, sample.reference, half, "")


def _other(one: Question, others: Sequence[Question]) -> str:
    """Return the reference of a question on something else."""
    there = [other for other in others if other.item.id != one.item.id]
    return next((other.good for other in there if other.topic != one.topic), there[0].good)


def cases(judge: Judge, questions: Sequence[Question], seed: int) -> dict[str, list[Case]]:
    """Return the cases of each probe.

    A judge that reads one answer a call gets a case for each answer; one that compares gets those that belong together
    in one call.
    """
    found: dict[str, list[Case]] = {CONSISTENCY: [], CHANGES: []}
    if judge.listwise:
        found[POSITION] = []
    for one in questions:
        three = {GOOD: one.good, HALF: one.half, WRONG: one.wrong}
        found[CONSISTENCY] += _split(judge, one, three, "repeat")
        if judge.listwise:
            found[POSITION] += _split(judge, one, three, "position")
        found[CHANGES] += _changes(judge, one, three, seed)
    return found


def _changes(judge: Judge, one: Question, three: Mapping[str, str], seed: int) -> Iterator[Case]:
    yield from _split(judge, one, three, "plain")
    changed = {name: change(one.good, seed) for name, change in PERTURBATIONS.items()}
    variants = {name: text for name, text in changed.items() if text is not None}
    for base in three:
        variants[f"padded-{base}"] = pad(three[base], seed) or three[base]
    points = len(one.item.key_points)
    for name in INJECTIONS:
        variants[f"inject-{name}"] = inject(name, one.wrong, judge, points)
    if not judge.listwise:
        yield from _split(judge, one, variants, "changed")
        return
    for name, text in variants.items():
        base = base_of(name)
        yield _case(one, {base: three[base], name: text}, f"changed {name}")


def base_of(variant: str) -> str:
    """Return which answer a changed one was made from."""
    if variant.startswith("padded-"):
        return variant.removeprefix("padded-")
    return WRONG if variant.startswith("inject-") else GOOD


def _split(judge: Judge, one: Question, answers: Mapping[str, str], probe: str) -> Iterator[Case]:
    if judge.listwise:
        yield _case(one, answers, probe)
        return
    for name, text in answers.items():
        yield _case(one, {name: text}, f"{probe} {name}")


def _case(one: Question, answers: Mapping[str, str], what: str) -> Case:
    return Case(f"{one.item.id} | {what}", one.with_answers(answers), one.group, one.topic)
