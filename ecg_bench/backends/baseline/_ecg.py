"""Baselines for tasks about ECGs: rules on measurements, one answer for all, and the commonest answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ecg_bench.backends.baseline._ecg_qa import as_normal, by_rules
from ecg_bench.domains import Task
from ecg_bench.ecg.media import open_media
from ecg_bench.ecg.scp import STATEMENTS
from ecg_bench.errors import UserError
from ecg_bench.samples import Request, Sample
from ecg_bench.task_types.ecg_labels import EcgLabels

CONSTANT_REPORT = "Sinus rhythm. Normal ECG."
CONSTANT_LABELS = ("NORM", "SR")  # the first of them that a task has

Answer = Callable[[Request], str]


def rule_reader(task: Task) -> Answer:
    """Return what answers from measurements by published criteria, without ever having learnt anything.

    Raises
    ------
    UserError
        If the task asks for something that rules on an ECG don't give.
    """
    kind = task.type
    if isinstance(kind, EcgLabels):
        return lambda request: _labels(kind, request, _codes(request))
    if task.card.type == "ecg_report":
        return _report
    if task.card.type == "ecg_qa":
        return by_rules
    raise UserError(f"baseline/rule-reader reads ECGs, and {task.name} asks for something else: use another model")


def constant(task: Task) -> Answer:
    """Return what says the same of every ECG: that it is normal."""
    kind = task.type
    if isinstance(kind, EcgLabels):
        own = [code for code in CONSTANT_LABELS if code in STATEMENTS and kind.labels_of([code])][:1]
        return lambda request: _labels(kind, request, frozenset(own))
    if task.card.type == "ecg_report":
        return lambda _: CONSTANT_REPORT
    if task.card.type == "ecg_qa":
        return as_normal
    raise UserError(f"baseline/constant answers for ECGs, and {task.name} asks for something else: use another model")


def majority(task: Task) -> Answer:
    """Return what gives the commonest right answer to each kind of question, whatever the ECG shows.

    It is taken from the very samples that are asked, so it is no system but a bound: what can be had from the questions
    alone by one who knows how often each answer is right. A kind of question is its template, where samples name one,
    else its wording.
    """
    counts: dict[str, Counter[str]] = {}
    keys = {}
    plan_of = _right_answer(task)
    for sample in task.dataset:
        keys[sample.id] = kind_of(sample)
        counts.setdefault(keys[sample.id], Counter())[plan_of(sample)] += 1
    best = {key: min(found, key=lambda text: (-found[text], text)) for key, found in counts.items()}
    kind = task.type
    if isinstance(kind, EcgLabels) and kind.card.form == "yes_no":
        shares = Counter(label for sample in task.dataset for label in sample.fields["labels"])
        half = task.scan.n / 2
        return lambda request: f"Answer: {'yes' if shares[kind.labels[request.permutation]] > half else 'no'}"
    return lambda request: f"Answer: {best[keys[request.id]]}"


def kind_of(sample: Sample) -> str:
    """Return what questions of one kind share: the template that a sample names, else its wording."""
    template = sample.fields.get("template_id")
    return sample.question if template is None else f"template {template}"


def _right_answer(task: Task) -> Callable[[Sample], str]:
    if isinstance(task.type, EcgLabels):
        return lambda sample: ", ".join(sample.fields["labels"]) or "none"
    return _reference


def _reference(sample: Sample) -> str:
    if sample.reference is None:
        raise UserError(f"baseline/majority needs right answers in words, and {sample.id} has none: use another model")
    return sample.reference


def _codes(request: Request) -> frozenset[str]:
    from ecg_bench.ecg.measuring import interpret

    return frozenset(code for media in _measured(request) for code in interpret(media))


def _measured(request: Request) -> list[Any]:
    from ecg_bench.ecg.measuring import measure

    return [measure(open_media(media)) for media in request.media if media.kind == "ecg"]


def _labels(kind: EcgLabels, request: Request, codes: frozenset[str]) -> str:
    found = kind.labels_of(codes)
    if kind.card.form == "yes_no":
        return f"Answer: {'yes' if kind.labels[request.permutation] in found else 'no'}"
    return f"Answer: {', '.join(found) or 'none'}"


def _report(request: Request) -> str:
    from ecg_bench.ecg.measuring import report

    found = _measured(request)
    return " ".join(report(one) for one in found) if found else CONSTANT_REPORT
