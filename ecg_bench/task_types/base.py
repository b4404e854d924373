"""What every task type offers, and the reading of rows that they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ecg_bench.cards import TaskCard
from ecg_bench.errors import UserError
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.templates import PromptTemplate

MEDIA_KINDS = ("ecg", "image")


class Plan(ABC):
    """A task under given settings: makes the requests for a sample and scores the responses.

    Attributes
    ----------
    prompt : sequence of str
        Everything that shapes the prompts beside the samples; hashed into the run.
    repeats : int
        How many requests each sample makes.
    metrics : tuple of str
        The per-sample scores it gives.
    clustered : bool
        Whether intervals are drawn from groups of samples even where each sample is asked once, since many samples are
        about one record.
    labels : tuple of str
        Of tasks whose answers are sets of labels: all that there are.
    tabled : bool
        Whether what answers are read as, and the targets, are short names that belong into the table of scores.
    """

    prompt: Sequence[str] = ()
    repeats: int = 1
    metrics: tuple[str, ...] = ()
    clustered: bool = False
    labels: tuple[str, ...] = ()
    tabled: bool = False

    @abstractmethod
    def requests(self, sample: Sample) -> Iterator[Request]:
        """Yield the requests for a sample, `repeats` of them, always the same ones."""

    @abstractmethod
    def target(self, sample: Sample, request: Request) -> str | None:
        """Return the right answer, in the terms in which `score` reads answers."""

    @abstractmethod
    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        """Read and score what came back; `response` has no error."""


class AskingPlan(Plan):
    """A plan whose prompts are the card's system text and one template, filled from the sample.

    Parameters
    ----------
    name : str
        The task's.
    kind : TaskType
        Its type.
    settings : Settings
        What the user chose.
    source : str
        The template, unless the card has one.
    shown : collection of str
        The names that a template may use: none that is, or holds, the answer.
    """

    def __init__(self, name: str, kind: TaskType, settings: Settings, source: str, shown: Collection[str]) -> None:
        prompt = kind.card.prompt
        self._name = name
        self._system = prompt.system
        self._template = PromptTemplate(prompt.user or source, shown, kind.origin)
        self._shown = frozenset(shown)
        self._params = kind.params(settings)
        self._mode = settings.mode
        self.prompt = (self._system or "", self._template.source)

    def request(self, sample: Sample, fields: Mapping[str, Any] | None = None, **own: Any) -> Request:
        """Return the request for a sample; `fields` go before the sample's own in the template."""
        values = {**sample.fields, "question": sample.question, **(fields or {})}
        text = self._template.render({name: value for name, value in values.items() if name in self._shown})
        common: dict[str, Any] = {"permutation": 0, "question": sample.question, "options": sample.options}
        return Request(
            task=self._name,
            id=sample.id,
            index=sample.index,
            mode=self._mode,
            messages=with_system(self._system, [Message("user", text)]),
            params=self._params,
            media=sample.media,
            **{**common, **own},
        )


class TaskType(ABC):
    """A kind of task, made with the card of one task."""

    modes: ClassVar[frozenset[Mode]]
    main_metric: str

    def __init__(self, card: TaskCard, origin: str) -> None:
        self.card = card
        self.origin = origin

    @abstractmethod
    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        """Make a sample of a row of data.

        Raises
        ------
        ValueError
            With what is wrong with the row.
        """

    @abstractmethod
    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        """Prepare the task called `name` for a run.

        Parameters
        ----------
        settings : Settings
            What the user chose.
        columns : collection of str
            The columns that every row of the data has; prompt templates may use them.
        shots : sequence of Sample
            The pool of worked examples.
        shuffle : bool
            False where answers exist already and refer to the order of the data.

        Raises
        ------
        UserError
            If the settings don't fit the task, or a prompt template is wrong.
        """

    def params(self, settings: Settings) -> GenerationParams:
        """Return the generation parameters: the user's, else the task's own."""
        own = self.card.generation
        return GenerationParams(
            own.max_tokens if settings.max_tokens is None else settings.max_tokens,
            own.temperature if settings.temperature is None else settings.temperature,
            settings.seed,
        )


def generates_only(name: str, settings: Settings, asks_for: str) -> None:
    """Make sure that a task which asks for free text is asked for nothing else.

    Raises
    ------
    UserError
        If the settings want log-likelihoods or worked examples.
    """
    if settings.mode is not Mode.GENERATE:
        raise UserError(f"{name} asks for {asks_for}, which has no log-likelihood to compare: use --mode generate")
    if settings.num_fewshot:
        raise UserError(f"{name} has no worked examples: leave --num-fewshot at 0")


def sample_of(row: Mapping[str, Any], index: int, **own: Any) -> Sample:
    """Make a sample of what rows of all types have in common, and of what a type has of its own.

    Raises
    ------
    ValueError
        With what is wrong with the row.
    """
    common: dict[str, Any] = {
        "id": text_of(row, "id"),
        "group": text_of(row, "group", ""),
        "topic": text_of(row, "topic", ""),
        "difficulty": text_of(row, "difficulty", ""),
        "media": media_of(row),
    }
    for name, default in (("question", None), ("type", "")):
        if name not in own:
            common[name] = text_of(row, name, default)
    return Sample(index=index, fields=row, **common, **own)


def text_of(row: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return a text of a row.

    Raises
    ------
    ValueError
        If it is missing without a default, no text, or blank.
    """
    value = row.get(name, default)
    if isinstance(value, str):
        if default is None and not value.strip():
            raise ValueError(f"the field {name!r} is blank")
        return value
    if value is None:
        raise ValueError(f"the field {name!r} is missing")
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"the field {name!r} must be a text, but is {value!r}")
    return str(value)


def media_of(row: Mapping[str, Any]) -> tuple[Media, ...]:
    """Return what goes with a question beside its text.

    Raises
    ------
    ValueError
        If the field ``media`` is no list of mappings with a known ``kind`` and a ``path``.
    """
    found = []
    for entry in row.get("media") or ():
        if (
            not isinstance(entry, dict)
            or entry.get("kind") not in MEDIA_KINDS
            or not isinstance(entry.get("path"), str)
        ):
            raise ValueError(f"each entry of 'media' must have a path and a kind ({' or '.join(MEDIA_KINDS)})")
        found.append(Media(entry["kind"], entry["path"]))
    return tuple(found)


def with_system(system: str | None, messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return the messages, after a system message if there is one."""
    return (Message("system", system.strip()), *messages) if system else tuple(messages)
