"""Asking a judge again, with what was wrong, when its verdict can't be read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from ecg_bench.backends import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.judgements._judgement import read
from ecg_bench.judging import Judge, Unread
from ecg_bench.prices import Price
from ecg_bench.samples import Message, Request, Response, Usage
from ecg_bench.settings import Settings

UNREAD = "unread verdict"  # as the cause of a failed attempt, in the run's totals


class Insisting(Backend):
    """A model that judges.

    Parameters
    ----------
    inner : Backend
        The model.
    judge : Judge
        Reads its verdicts.
    retries : int
        How often it is told what was wrong with a verdict.
    """

    def __init__(self, inner: Backend, judge: Judge, retries: int) -> None:
        self._inner = inner
        self._judge = judge
        self._retries = retries
        # What a class says of itself, this one has from the model that it wraps.
        vars(self).update(
            {name: getattr(inner, name) for name in ("modes", "instead", "adaptive", "immaterial", "shuffles")}
        )
        self.batch_size = inner.batch_size
        self._take_over()

    def _take_over(self) -> None:
        self.concurrency = self._inner.concurrency
        self.cacheable = self._inner.cacheable
        self.notices = self._inner.notices

    def card(self) -> ModelCard:
        card = self._inner.card()
        judge = {"judge": self._judge.signature, "retries": self._retries}
        return replace(card, identity={**card.identity, **judge})

    @property
    def system(self) -> str:
        return f"{self._judge.name}@{self._inner.system}"

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        self._inner.prepare(tasks, settings)
        self._take_over()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        async with self._inner.session():
            yield

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        responses = await self._inner.answer(requests)
        pairs = zip(requests, responses, strict=True)
        return await asyncio.gather(*(self._insist(request, response) for request, response in pairs))

    async def _insist(self, request: Request, first: Response) -> Response:
        response, failed = first, 0
        usage, latency = first.usage, first.latency_s
        while response.error is None and failed < self._retries:
            found = read(self._judge, request, response)
            if not isinstance(found, Unread):
                break
            failed += 1
            turns = (Message("assistant", response.text), self._judge.retry_message(found))
            again = replace(request, messages=(*request.messages, *(turns if response.text else turns[1:])))
            (response,) = await self._inner.answer([again])
            usage, latency = _sum(usage, response.usage), latency + response.latency_s
        if not failed:
            return first
        retries = (*first.retries, *[UNREAD] * failed)
        return replace(response, usage=usage, latency_s=latency, retries=retries)

    def count_tokens(self, request: Request) -> int | None:
        return self._inner.count_tokens(request)

    def price(self) -> Price | None:
        return self._inner.price()

    def close(self) -> None:
        self._inner.close()


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        one.cached_tokens + other.cached_tokens,
        one.cache_write_tokens + other.cache_write_tokens,
        one.reasoning_tokens + other.reasoning_tokens,
    )
