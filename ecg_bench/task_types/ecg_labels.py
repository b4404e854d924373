"""Which statements are true of an ECG: a set of labels in one answer, or a yes or no for each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ecg_bench.cards import TaskCard
from ecg_bench.ecg.scp import FAMILIES, STATEMENTS, labels_of
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types._label_reader import LabelReader, label_texts, read_yes_no
from ecg_bench.task_types.base import AskingPlan, Plan, TaskType, sample_of, text_of
from ecg_bench.unread import unread

QUESTION = "Which of these statements are true of this ECG?"
USER = """\
{{ question }}

{% for label in labels %}
{{ label.code }}: {{ label.text }}
{% endfor %}

Name every one that is true, and no other. End your reply with a line of the form
Answer: CODE, CODE
with codes from this list, or
Answer: none
if none of them is true."""
YES_NO = """\
Is this true of this ECG: {{ label.text }} ({{ label.code }})?

End your reply with a line of the form
Answer: yes
or
Answer: no"""
PREFILL = "Answer:"
SAID = (" yes", " no")


class EcgLabels(TaskType):
    """Labels of an ECG; the card's ``labels`` say which there are, a row's ``labels`` which of them are true."""

    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    main_metric = "f1_samples"

    def __init__(self, card: TaskCard, origin: str) -> None:
        super().__init__(card, origin)
        if card.labels is None:
            raise UserError(f"{origin}: a task of the type ecg_labels names its labels: a family, or codes")
        self.family = card.labels if isinstance(card.labels, str) else None
        if self.family is not None and self.family not in FAMILIES:
            raise UserError(
                f"{origin}: there is no family of labels {self.family!r}{did_you_mean(self.family, FAMILIES)}"
            )
        labels = FAMILIES[self.family] if self.family else tuple(card.labels)
        for code in labels if self.family is None else ():
            if code not in STATEMENTS:
                raise UserError(f"{origin}: there is no SCP statement {code!r}{did_you_mean(code, STATEMENTS)}")
        self.labels = labels
        self.texts = label_texts(labels, self.family)
        if card.form == "yes_no":
            self.main_metric = "acc"

    def labels_of(self, codes: Collection[str]) -> tuple[str, ...]:
        """Return the labels of this task that SCP codes stand for, in the task's order."""
        found = labels_of(codes, self.family or "all")
        return tuple(label for label in self.labels if label in found)

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        labels = row.get("labels")
        if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
            raise ValueError("the field 'labels' must be a list of codes")
        for one in labels:
            if one not in self.labels:
                raise ValueError(f"{one!r} is no label of this task{did_you_mean(one, self.labels)}")
        return sample_of(row, index, question=text_of(row, "question", QUESTION), type=text_of(row, "type", "labels"))

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        if settings.mode is Mode.LOGLIKELIHOOD and self.card.form != "yes_no":
            raise UserError(
                f"{name} asks for a set of labels, which has no log-likelihood to compare: use --mode generate"
            )
        if settings.num_fewshot:
            raise UserError(f"{name} has no worked examples: leave --num-fewshot at 0")
        if settings.permutations > 1:
            raise UserError(f"{name} has no options whose order could change: leave --permutations at 1")
        kind = _YesNoPlan if self.card.form == "yes_no" else _SetPlan
        return kind(name, self, settings, columns)


class _LabelPlan(AskingPlan):
    tabled = True
    SOURCE: ClassVar[str]
    SHOWN: ClassVar[frozenset[str]]

    def __init__(self, name: str, kind: EcgLabels, settings: Settings, columns: Collection[str]) -> None:
        # The labels that are true are the answer: a prompt sees those of the task under that name.
        super().__init__(name, kind, settings, self.SOURCE, set(columns) - {"labels"} | self.SHOWN)
        self._kind = kind
        self.labels = kind.labels
        self.prompt = (*self.prompt, *(f"{code}: {text}" for code, text in kind.texts.items()))


class _SetPlan(_LabelPlan):
    metrics = ("f1_samples", "exact")
    SOURCE = USER
    SHOWN = frozenset({"question", "labels"})

    def __init__(self, name: str, kind: EcgLabels, settings: Settings, columns: Collection[str]) -> None:
        super().__init__(name, kind, settings, columns)
        of_codes = {code: label for code in STATEMENTS for label in kind.labels_of([code])}
        self._reader = LabelReader(kind.texts, of_codes)

    def requests(self, sample: Sample) -> Iterator[Request]:
        listed = [{"code": code, "text": text} for code, text in self._kind.texts.items()]
        yield self.request(sample, {"labels": listed})

    def target(self, sample: Sample, request: Request) -> str:
        return self._in_order(sample.fields["labels"])

    def _in_order(self, labels: Collection[str]) -> str:
        return " ".join(label for label in self.labels if label in labels)

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        text = without_reasoning(response.text)
        found, true = self._reader.read(text), frozenset(sample.fields["labels"])
        target = self._in_order(true)
        if found is None:
            return Scored(unread(text, response.finish_reason), None, target, scores={"f1_samples": 0.0, "exact": 0.0})
        together = len(found) + len(true)
        f1 = 2 * len(found & true) / together if together else 1.0
        return Scored(
            Outcome.OK, self._in_order(found), target, scores={"f1_samples": f1, "exact": float(found == true)}
        )


class _YesNoPlan(_LabelPlan):
    metrics: tuple[str, ...] = ("acc",)
    SOURCE = YES_NO
    SHOWN = frozenset({"question", "label"})

    def __init__(self, name: str, kind: EcgLabels, settings: Settings, columns: Collection[str]) -> None:
        super().__init__(name, kind, settings, columns)
        self.repeats = len(kind.labels)
        if settings.mode is Mode.LOGLIKELIHOOD:
            self.metrics = ("acc", "p_yes")

    def requests(self, sample: Sample) -> Iterator[Request]:
        for number, (code, text) in enumerate(self._kind.texts.items()):
            label = {"label": {"code": code, "text": text}}
            one = self.request(sample, label, permutation=number, question=f"Is this true: {text}?")
            if self._mode is Mode.LOGLIKELIHOOD:
                one = replace(one, prefill=PREFILL, continuations=SAID)
            yield one

    def target(self, sample: Sample, request: Request) -> str:
        return "yes" if self.labels[request.permutation] in sample.fields["labels"] else "no"

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        target, scores = self.target(sample, request), {}
        if request.mode is Mode.LOGLIKELIHOOD:
            yes, no = response.loglikelihoods
            said = None if yes == no else yes > no
            scores["p_yes"] = _share(yes, no)
            outcome = Outcome.UNPARSED
        else:
            text = without_reasoning(response.text)
            said = read_yes_no(text)
            outcome = unread(text, response.finish_reason)
        if said is None:
            return Scored(outcome, None, target, scores={"acc": 0.0, **scores})
        word = "yes" if said else "no"
        return Scored(Outcome.OK, word, target, int(said), {"acc": float(word == target), **scores})


def _share(yes: float, no: float) -> float:
    """Return the probability of yes among the two, from their log-probabilities."""
    from math import exp

    return 1 / (1 + exp(min(700.0, no - yes)))
