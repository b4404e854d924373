"""Writing questions as a task like any other: its samples are chunks, its answers items in JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ecg_bench.adapters.datagen._chunks import Chunk
from ecg_bench.adapters.datagen._prompts import Kind, load_prompt, schema_of
from ecg_bench.adapters.datagen._reply import Unread, read_reply
from ecg_bench.cards import GenerationCard, TaskCard
from ecg_bench.domains import Scan, Task
from ecg_bench.files import sha256_of
from ecg_bench.samples import Mode, Outcome, Request, Response, Sample, Scored
from ecg_bench.settings import Settings
from ecg_bench.task_types import Plan, TaskType

TYPE = "writing"
MAX_TOKENS = 4096
TEMPERATURE = 0.0


class _Chunks:
    """Chunks as a data set."""

    def __init__(self, chunks: Sequence[Chunk], origin: str) -> None:
        self.origin = origin
        self._chunks = chunks

    def __iter__(self) -> Iterator[Sample]:
        for n, chunk in enumerate(self._chunks):
            yield Sample(chunk.id, n, chunk.text, chunk.passage, chunk.topic, fields={"chunk": chunk})

    def scan(self) -> Scan:
        parts = [[one.id, one.title, one.section, one.text] for one in self._chunks]
        return Scan(len(self._chunks), frozenset({"chunk"}), sha256_of(json.dumps(parts)))


class Writing(TaskType):
    """Items of one kind, written from chunks.

    Attributes
    ----------
    kind : {"open", "mcq"}
        What is written.
    n : int
        How many items are asked for with each chunk.
    """

    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    main_metric = "answered"

    def __init__(self, card: TaskCard, origin: str, kind: Kind, n: int, language: str) -> None:
        super().__init__(card, origin)
        self.kind = kind
        self.n = n
        self.language = language

    def read_row(self, row: Mapping[str, Any], index: int) -> Sample:
        raise ValueError("chunks come from documents, not from a file")

    def plan(
        self, name: str, settings: Settings, columns: Collection[str], shots: Sequence[Sample], *, shuffle: bool = True
    ) -> Plan:
        return _WritingPlan(name, self, settings)


class _WritingPlan(Plan):
    def __init__(self, name: str, kind: Writing, settings: Settings) -> None:
        self._name = name
        self._kind = kind
        self._prompt = load_prompt(kind.kind)
        self._schema = schema_of(kind.kind)
        self._params = kind.params(settings)
        self.prompt = (self._prompt.sha256, str(kind.n), kind.language)

    def requests(self, sample: Sample) -> Iterator[Request]:
        yield Request(
            task=self._name,
            id=sample.id,
            index=sample.index,
            permutation=0,
            mode=Mode.GENERATE,
            messages=self._prompt.messages(sample.fields["chunk"], self._kind.n, self._kind.language),
            params=self._params,
            question=sample.question,
            schema=self._schema,
        )

    def target(self, sample: Sample, request: Request) -> str | None:
        return None

    def score(self, sample: Sample, request: Request, response: Response) -> Scored:
        found = read_reply(response.text, response.finish_reason)
        if isinstance(found, Unread):
            return Scored(found.outcome)
        return Scored(Outcome.OK, parsed=json.dumps(found, ensure_ascii=False))


def writing_task(kind: Kind, chunks: Sequence[Chunk], n: int, language: str) -> Task:
    """Return the task of writing items of a kind from some chunks, `n` from each."""
    prompt = load_prompt(kind)
    card = TaskCard(
        task=kind,
        title=f"Writing {'open questions' if kind == 'open' else 'multiple choice'}",
        version=prompt.version,
        type=TYPE,
        description="Questions written from chunks of documents.",
        data="corpus",
        generation=GenerationCard(max_tokens=MAX_TOKENS, temperature=TEMPERATURE),
    )
    return Task(f"datagen/{kind}", card, _Chunks(chunks, "corpus"), Writing(card, "datagen", kind, n, language))
