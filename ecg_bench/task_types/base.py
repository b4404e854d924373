"""What every task type offers, and the reading of rows that they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ecg_bench.cards import TaskCard
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request, Response, Sample, Scored
from ecg_bench.settings import Settings

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
