"""Multiple choice: one prompt contract for every model, options in a seeded order, a strict reading of the answer."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ecg_bench.errors import UserError
from ecg_bench.samples import LETTERS, Message, Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types import _answer_parser as parser
from ecg_bench.task_types.base import Plan, TaskType, sample_of, text_of, with_system
from ecg_bench.templates import PromptTemplate

USER = """\
{{ question }}

{% for option in options %}
{{ option.letter }}) {{ option.text }}
{% endfor %}

Exactly one option is correct. End your reply with a line of the form
Answer: X
where X is {{ letters }}."""
CLOZE = "Question: {{ question }}"
PREFILL = "Answer:"

READER = f"letter-v{parser.VERSION}"


class MultipleChoice(TaskType):
    """Questions with options, one of which is right."""

    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    main_metric = "acc"

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        n = self.card.options
        options = row.get("options")
        if options is None:
            raise ValueError("the field 'options' is missing")
        if not isinstance(options, list) or not all(isinstance(text, str) and text.strip() for text in options):
            raise ValueError("the field 'options' must be a list of texts, none of them blank")
        if len(options) != n:
            raise ValueError(f"must have {n} options, but has {len(options)}")
        if len({text.strip().casefold() for text in options}) != n:
            raise ValueError("has the same option twice")
        key = text_of(row, "key").strip()
        if len(key) != 1 or key not in LETTERS[:n]:
            raise ValueError(f"the key must be a letter from A to {LETTERS[n - 1]}, but is {key!r}")
        return sample_of(row, index, options=tuple(options), key=LETTERS.index(key))

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        most = math.factorial(self.card.options)
        if settings.permutations > most:
            raise UserError(
                f"{name} has {self.card.options} options, which have no more than {most} orders: "
                f"--permutations {settings.permutations} is too many"
            )
        if settings.permutations > 1 and not shuffle:
            raise UserError("answers that exist already refer to one order of the options: leave --permutations at 1")
        if settings.num_fewshot > len(shots):
            raise UserError(
                f"{name} has {len(shots)} worked examples: --num-fewshot {settings.num_fewshot} is too many"
            )
        return _ChoicePlan(name, self, settings, columns, shots, shuffle=shuffle)


class _ChoicePlan(Plan):
    metrics: tuple[str, ...] = ("acc",)
    tabled = True

    def __init__(
        self,
        name: str,
        kind: MultipleChoice,
        settings: Settings,
        columns: Collection[str],
        shots: Sequence[Sample],
        *,
        shuffle: bool,
    ) -> None:
        prompt = kind.card.prompt
        self._name = name
        self._seed = settings.seed
        self._shuffle = shuffle
        self._mode = settings.mode
        self._cloze = settings.mode is Mode.LOGLIKELIHOOD and settings.score_by == "option"
        self._system = prompt.system
        source = (prompt.cloze or CLOZE) if self._cloze else (prompt.user or USER)
        # The key and its rationale are the answer: no prompt may show them.
        shown = set(columns) - {"key", "rationale"} | {"question", "letters"}
        shown = shown - {"options"} if self._cloze else shown | {"options"}
        self._template = PromptTemplate(source, shown, kind.origin)
        self._params = kind.params(settings)
        letters = LETTERS[: kind.card.options]
        self._letters = f"{', '.join(letters[:-1])} or {letters[-1]}"
        self.repeats = settings.permutations
        if settings.mode is Mode.LOGLIKELIHOOD:
            self.metrics = ("acc", "acc_norm")
        chosen = random.Random(f"shots {settings.seed} {name}").sample(list(shots), settings.num_fewshot)
        self._shots = tuple(turn for shot in chosen for turn in self._turns(shot))
        self.prompt = (self._system or "", source, PREFILL, *(turn.content for turn in self._shots))

    def _user(self, sample: Sample, options: Sequence[str]) -> Message:
        fields = dict(sample.fields)
        fields["question"] = sample.question
        fields["letters"] = self._letters
        fields["options"] = [{"letter": x, "text": text} for x, text in zip(LETTERS, options, strict=False)]
        return Message("user", self._template.render(fields))

    def _turns(self, shot: Sample) -> tuple[Message, Message]:
        order = option_order(self._seed, self._name, shot.id, len(shot.options), 0)
        options = [shot.options[n] for n in order]
        right = (
            ""
            if shot.key is None
            else options[order.index(shot.key)]
            if self._cloze
            else LETTERS[order.index(shot.key)]
        )
        return self._user(shot, options), Message("assistant", f"{PREFILL} {right}")

    def requests(self, sample: Sample) -> Iterator[Request]:
        for permutation in range(self.repeats):
            n = len(sample.options)
            order = (
                option_order(self._seed, self._name, sample.id, n, permutation) if self._shuffle else tuple(range(n))
            )
            options = tuple(sample.options[n] for n in order)
            continuations: tuple[str, ...] = ()
            if self._mode is Mode.LOGLIKELIHOOD:
                continuations = tuple(f" {text}" for text in (options if self._cloze else LETTERS[:n]))
            yield Request(
                task=self._name,
                id=sample.id,
                index=sample.index,
                permutation=permutation,
                mode=self._mode,
                messages=with_system(self._system, [*self._shots, self._user(sample, options)]),
                params=self._params,
                question=sample.question,
                options=options,
                order="".join(LETTERS[n] for n in order),
                prefill=PREFILL if continuations else "",
                continuations=continuations,
                media=sample.media,
            )

    def target(self, sample: Sample, request: Request) -> str:
        if sample.key is None:
            raise ValueError(f"the sample {sample.id} has no key")
        return LETTERS[request.order.index(LETTERS[sample.key])]

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        target = self.target(sample, request)
        if request.mode is Mode.GENERATE:
            reading = parser.read_choice(response.text, request.options, response.finish_reason)
            letter, outcome, norm = reading.letter, reading.outcome, None
        else:
            letter = _most_likely(response.loglikelihoods)
            lengths = [len(text.strip()) for text in request.continuations]
            norm = _most_likely([total / n for total, n in zip(response.loglikelihoods, lengths, strict=True)])
            outcome = Outcome.OK if letter else Outcome.UNPARSED
        scores = {"acc": float(letter == target)}
        if request.mode is Mode.LOGLIKELIHOOD:
            scores["acc_norm"] = float(norm == target)
        choice = None if letter is None else LETTERS.index(request.order[LETTERS.index(letter)])
        return Scored(outcome, letter, target, choice, scores)


def _most_likely(values: Sequence[float]) -> str | None:
    """Return the letter of the greatest value; None where two share it, since picking one would be a guess."""
    best = max(values)
    return LETTERS[values.index(best)] if values.count(best) == 1 else None


def option_order(seed: int, task: str, sample: str, n: int, permutation: int) -> tuple[int, ...]:
    """Return the order in which the options of a sample are shown, as positions in the data.

    The first `n` permutations are the rotations of one random order, so that the right option stands once in each
    place; the next `n` are those of another order, and so on, until all ``n!`` orders are used.
    """
    rng = random.Random(f"order {seed} {task} {sample}")
    circles: list[list[int]] = []  # orders up to rotation: the first option fixed, the others shuffled
    shift = rng.randrange(n)
    while len(circles) <= permutation // n:
        others = list(range(1, n))
        rng.shuffle(others)
        if [0, *others] not in circles:
            circles.append([0, *others])
    circle = circles[permutation // n]
    start = (shift + permutation) % n
    return tuple(circle[start:] + circle[:start])
