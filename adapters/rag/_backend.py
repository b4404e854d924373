"""``rag/INDEX``: finds excerpts for each question, and lets another model answer with them before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ecg_bench.adapters.rag._query import query_of
from ecg_bench.adapters.rag._search import METHODS, Hit, Method, Searcher, SearchSettings
from ecg_bench.adapters.rag._system import PREFIX, read_system
from ecg_bench.backends import open_model
from ecg_bench.backends._worker import Job, Worker
from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.log import get_logger
from ecg_bench.prices import Price
from ecg_bench.redaction import names_secret
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import Settings

if TYPE_CHECKING:
    from ecg_bench.adapters.rag._index import Index
    from ecg_bench.adapters.rag._prompt import ContextPrompt

AT_ONCE = 128  # questions that are searched for together
RERANKED = 5  # with a reranker: how many of RETRIEVED it hands on, as in the study
RETRIEVED = 20
KNOWN = ("embedding", "generator", "method", "k", "reranker", "rerank_k", "context_tokens", "template", "oracle")

_log = get_logger("rag")


class Rag(Backend):
    """Retrieval before any other backend.

    Parameters
    ----------
    name : str
        The folder of an index, or a system's YAML, which holds the arguments; those given go before them.
    generator : str
        ``PROVIDER/NAME`` of the model that answers.
    embedding : str, optional
        Where the embedding model of the index is now, if not where it was.
    method : {"dense", "bm25", "hybrid"}
        By vectors, by words, or by both, fused. Default ``hybrid``.
    k : int, optional
        How many chunks are retrieved. Default 5; 20 with a reranker.
    reranker : str, optional
        A cross-encoder, by folder or id, that puts what was retrieved into a better order.
    rerank_k : int, optional
        How many chunks it hands on. Default 5, and not more than `k`.
    context_tokens : int
        The most tokens of all excerpts, counted by the generator's tokenizer where it has one. Default 2048.
    template : str, optional
        A file with the prompt that excerpts are put into.
    oracle : bool
        Instead of searching, show the passage that each question stems from.
    **others
        ``generator.KEY``: an argument of the generator.

    Raises
    ------
    UserError
        If an argument is wrong, or no generator is named.
    """

    summary: ClassVar[str] = "retrieval before another model: an index, or a system's YAML, with --generator"
    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)

    def __init__(
        self,
        name: str,
        *,
        generator: str | None = None,
        embedding: str | None = None,
        method: Method | None = None,
        k: int | None = None,
        reranker: str | None = None,
        rerank_k: int | None = None,
        context_tokens: int | None = None,
        template: str | None = None,
        oracle: bool | None = None,
        **others: Any,
    ) -> None:
        own = (embedding, generator, method, k, reranker, rerank_k, context_tokens, template, oracle)
        given = {key: value for key, value in zip(KNOWN, own, strict=True) if value is not None} | others
        self._name = name
        self._folder = Path(name).expanduser()
        self._system_name: str | None = None
        if self._folder.suffix in (".yaml", ".yml"):
            card, self._folder, written = read_system(self._folder)
            self._system_name = card.name
            given = {**written, **given}
        options = {key: given.pop(key) for key in KNOWN if key in given}
        for key in given:
            if not key.startswith(PREFIX):
                raise UserError(f"--model rag/{name} has no argument {key!r}{did_you_mean(key, KNOWN)}")
        if "generator" not in options:
            raise UserError(f"--model rag/{name} needs a model that answers: name it with --generator PROVIDER/NAME")
        if options["generator"].startswith("rag/"):
            raise UserError(f"--generator {options['generator']} searches too: name the model that answers")
        self._generator = open_model(options["generator"], {k.removeprefix(PREFIX): v for k, v in given.items()})
        self._generator_arguments = given
        self._options = options
        self._oracle = bool(options.get("oracle"))
        self._settings = _search_settings(options)
        self._budget = int(options.get("context_tokens", 2048))
        # What it can be asked, and how, is the generator's to say.
        for attribute in ("modes", "instead", "adaptive", "shuffles", "batch_size", "takes"):
            setattr(self, attribute, getattr(self._generator, attribute))
        immaterial = frozenset({"embedding", *(f"{PREFIX}{key}" for key in self._generator.immaterial)})
        vars(self)["immaterial"] = immaterial  # like those above a fact of this system, not of the class
        self.cacheable = self._generator.cacheable and not self._oracle  # a prompt doesn't tell its oracle's passage
        self._index: Index | None = None
        self._searcher: Searcher | None = None
        self._prompt: ContextPrompt | None = None
        self._identity: dict[str, Any] = {}
        self._sources: dict[tuple[str, str], str] = {}
        self._worker: Worker[Request, list[Hit]] = Worker(self._work, most=AT_ONCE, name="ecg-bench rag")
        self._found_nothing = 0

    @property
    def system(self) -> str:
        if self._given_name or self._system_name:
            return self._given_name or str(self._system_name)
        oracle = "oracle:" if self._oracle else ""
        return f"rag/{oracle}{self._name}+{self._generator.system}"

    def card(self) -> ModelCard:
        generator = self._generator.card()
        material = {k: v for k, v in generator.arguments.items() if k not in self._generator.immaterial}
        shown = {key: _hidden(key, value) for key, value in material.items()}
        answers = {"provider": generator.provider, "name": generator.name, "arguments": shown}
        identity = {**self._identity, "generator": {**answers, "identity": dict(generator.identity)}}
        return ModelCard("rag", self._name, {**self._options, **self._generator_arguments}, identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        from ecg_bench.adapters.rag._index import Index
        from ecg_bench.adapters.rag._prompt import ContextPrompt

        for task in tasks:
            if task.card.type == "judgement":
                raise UserError("rag/ models answer questions and judge no answers: use another model")
        index = self._index = Index(self._folder)
        searched = self._open_searcher(index)
        self._generator.prepare(tasks, settings)
        self.concurrency = self._generator.concurrency
        self._prompt = ContextPrompt(self._options.get("template"), self._budget, self._generator.count_tokens)
        if self._oracle:
            self._sources = {(task.name, one.id): one.group for task in tasks for one in task.dataset}
        self._identity = {
            "index": index.card.sha256,
            "corpus": index.card.corpus.sha256,
            "unit": index.card.unit,
            **searched,
            "context_tokens": self._budget,
            "context_counted": "3.5 characters a token" if self._prompt.estimated else "by the generator's tokenizer",
            "template": self._prompt.sha256,
        }
        self.notices = [
            *self._generator.notices,
            *index.card.notices,
            *index.corpus_notices(),
            *(self._unsourced(index, tasks) if self._oracle else ()),
        ]

    def _open_searcher(self, index: Index) -> dict[str, Any]:
        """Open what searches, and return what tells it from others."""
        if self._oracle:
            return {"oracle": True}
        from ecg_bench.adapters.rag._models import load_reranker

        settings, named = self._settings, self._options.get("reranker")
        encoder = None if settings.method == "bm25" else index.load_embedding(self._options.get("embedding"))
        reranker = load_reranker(named) if named else None
        self._searcher = Searcher(index, settings, encoder, reranker)
        return {
            "embedding": None if encoder is None else encoder.sha256,
            "search": settings.as_record(),
            "reranker": None if reranker is None else reranker.sha256,
        }

    def _unsourced(self, index: Index, tasks: Sequence[Task]) -> list[str]:
        found = []
        for task in tasks:
            missing = sum(one.group not in index.by_passage for one in task.dataset)
            if missing:
                found.append(
                    f"{missing} of {task.scan.n} samples of {task.name} have no source passage in the index, and are "
                    "asked without context"
                )
        return found

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        self._found_nothing = 0
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._generator.session())
            if not self._oracle:
                await stack.enter_async_context(self._worker.running())
            yield
        if self._found_nothing:
            _log.warning("nothing was found: asked without context", extra={"requests": self._found_nothing})

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        assert self._index is not None  # noqa: S101  # the engine prepares before it asks
        assert self._prompt is not None  # noqa: S101
        if self._oracle:
            hits = [self._source(self._index, request) for request in requests]
        else:
            hits = await asyncio.gather(*(self._worker.do(request) for request in requests))
        contexts = [self._prompt.excerpts(one, self._index.chunks) for one in hits]
        self._found_nothing += sum(not one for one in contexts)
        asked = [self._prompt.with_excerpts(*pair) for pair in zip(requests, contexts, strict=True)]
        responses = await self._generator.answer(asked)
        if len(responses) != len(requests):
            return responses  # the engine says what is wrong
        return [replace(one, context=context) for one, context in zip(responses, contexts, strict=True)]

    def _source(self, index: Index, request: Request) -> list[Hit]:
        numbers = index.by_passage.get(self._sources.get((request.task, request.id), ""), [])
        return [Hit(number, rank, 1.0, rank) for rank, number in enumerate(numbers, 1)]

    def _work(self, jobs: Sequence[Job[Request, list[Hit]]]) -> None:
        assert self._searcher is not None  # noqa: S101
        found = self._searcher.search([query_of(job.item) for job in jobs])
        for job, hits in zip(jobs, found, strict=True):
            job.resolve(hits)

    def count_tokens(self, request: Request) -> int | None:
        """Return the tokens of a prompt with all the context that it may get: the most that a run can cost."""
        from ecg_bench.adapters.rag._prompt import CHARS_PER_TOKEN

        counted = self._generator.count_tokens(request)
        if counted is None:
            counted = int(sum(len(message.content) for message in request.messages) / CHARS_PER_TOKEN) + 1
        return counted + self._budget

    def price(self) -> Price | None:
        return self._generator.price()

    def close(self) -> None:
        self._generator.close()
        self._searcher = None


def _search_settings(options: Mapping[str, Any]) -> SearchSettings:
    reranks = "reranker" in options
    k = int(options.get("k", RETRIEVED if reranks else 5))
    kept = options.get("rerank_k", min(RERANKED, k) if reranks else None)
    if kept is not None and not reranks:
        raise UserError(
            "rerank_k says how many chunks a reranker hands on: name one with --model-arg reranker=PATH_OR_ID"
        )
    return SearchSettings(options.get("method", METHODS[2]), k, None if kept is None else int(kept))


def _hidden(key: str, value: Any) -> Any:
    return "(not recorded)" if names_secret(key) else value
