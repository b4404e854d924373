"""A model that answers, dawdles and fails as a YAML file says: ``mock/FILE``."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from fnmatch import translate
from pathlib import Path
from typing import ClassVar

from ecg_bench.backends.base import Backend, ModelCard, TransientError
from ecg_bench.backends.mock._reply import Reply, drawn
from ecg_bench.backends.mock._script import OVERLOADED, Fault, Latency, Rule, Script
from ecg_bench.files import read_yaml, sha256_of_file
from ecg_bench.samples import Mode, Request, Response

INSTANT_BATCH = 256
_WILD = re.compile(r"[*?\[]")


class Mock(Backend):
    """Answers by a script, for trying out a harness, a task or a metric without a model.

    Parameters
    ----------
    name : str
        The path of the YAML file.
    """

    summary: ClassVar[str] = "scripted answers, latencies and faults, in a YAML file"
    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    takes = ("features", "image", "signal")

    def __init__(self, name: str) -> None:
        self._name = name
        self._path = Path(name).expanduser()
        script = read_yaml(self._path, Script)
        self._sha256 = sha256_of_file(self._path)
        self._default = Reply(script.default, f"{self._path}: default")
        self._default_latency = script.default.latency_s or script.latency_s
        self._rules = [_Rule(rule, f"{self._path}: answers.{n}", script) for n, rule in enumerate(script.answers)]
        self._by_id: dict[str, list[int]] = {}
        self._others: list[int] = []
        for n, rule in enumerate(script.answers):
            exact = rule.id is not None and not _WILD.search(rule.id)
            (self._by_id.setdefault(str(rule.id), []) if exact else self._others).append(n)
        self._faults = script.faults
        self._failed: Counter[tuple[str, str, int, int]] = Counter()
        self._instant = script.is_instant
        self.batch_size = INSTANT_BATCH if self._instant else 1
        self.concurrency = 1 if self._instant else script.concurrency
        self.cacheable = script.cache

    def card(self) -> ModelCard:
        return ModelCard("mock", self._name, identity={"sha256": self._sha256})

    @property
    def system(self) -> str:
        return self._given_name or f"mock/{self._path.stem}"

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        if self._instant:
            return [self._find(request)[0].to(request) for request in requests]
        return [await self._slowly(request) for request in requests]

    async def _slowly(self, request: Request) -> Response:
        reply, latency = self._find(request)
        await asyncio.sleep(drawn("latency", request).uniform(latency.min, latency.max))
        fault = self._fault(request)
        if fault is None:
            return reply.to(request)
        return Response(error=fault.error) if fault.error else self._failing(fault, request, reply)

    def _find(self, request: Request) -> tuple[Reply, Latency]:
        """Return what answers a request and how long that takes: the first rule that fits, else the default."""
        positions = self._others
        if request.id in self._by_id:
            positions = sorted([*self._by_id[request.id], *positions])
        for n in positions:
            rule = self._rules[n]
            if rule.fits(request):
                return rule.reply, rule.latency
        return self._default, self._default_latency

    def _fault(self, request: Request) -> Fault | None:
        at = drawn("fault", request).random()
        for fault in self._faults:
            if at < fault.share:
                return fault
            at -= fault.share
        return None

    def _failing(self, fault: Fault, request: Request, reply: Reply) -> Response:
        key = (request.task, request.id, request.permutation, request.epoch)
        if self._failed[key] >= fault.times:
            del self._failed[key]
            return reply.to(request)
        self._failed[key] += 1
        cause = str(fault.cause)
        message = f"{self._path.name} has this attempt fail ({cause})"
        raise TransientError(cause, message, overloaded=cause in OVERLOADED, retry_after=fault.retry_after)


class _Rule:
    """A rule of the script, with its conditions compiled."""

    def __init__(self, rule: Rule, origin: str, script: Script) -> None:
        self.reply = Reply(rule, origin)
        self.latency = rule.latency_s or script.latency_s
        self._task = re.compile(translate(rule.task)).match if rule.task is not None else None
        self._id = re.compile(translate(rule.id)).match if rule.id is not None else None
        self._question = re.compile(rule.question).search if rule.question is not None else None

    def fits(self, request: Request) -> bool:
        """Whether a request fulfils all conditions."""
        return (
            (self._id is None or self._id(request.id) is not None)
            and (self._task is None or self._task(request.task) is not None)
            and (self._question is None or self._question(request.question) is not None)
        )
