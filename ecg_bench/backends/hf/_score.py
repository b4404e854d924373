"""Log-likelihoods: each prompt goes through the model once, however many continuations and orders of options it has."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

import numpy as np
import torch

from ecg_bench.backends.hf._head import Head
from ecg_bench.backends.hf._network import Network, free_memory, out_of_memory
from ecg_bench.backends.hf._prompts import Prompts, Tokens
from ecg_bench.backends.hf._sizes import Size, timed
from ecg_bench.backends.hf._tree import Tree
from ecg_bench.samples import Request, Response, Usage

LONGEST = 1.5  # times its first sequence, and at least so many tokens, may a row have:
LONG = 512

NO_MEMORY = "a single prompt of {n} tokens needs more memory than there is"


class Ticket(Protocol):
    """Who waits for an answer."""

    def cancelled(self) -> bool:
        """Say whether nobody waits any more."""


Answered = tuple[Ticket, Response | Exception]


@dataclass(eq=False)
class _Asked:
    """A request, and the values found so far."""

    ticket: Ticket
    n_context: int
    values: list[float]
    missing: int
    started: float = 0.0
    failed: bool = False


@dataclass(frozen=True)
class _Sequence:
    """A prompt with one continuation."""

    asked: _Asked
    number: int
    tokens: Tokens
    n_context: int

    @property
    def read(self) -> Tokens:
        """What the model reads; nobody asks what comes after the last token."""
        return self.tokens[:-1]


@dataclass
class _Row:
    """What goes through the model as one row, and where to look in it."""

    sequences: list[_Sequence]
    tree: Tree = field(default_factory=Tree)
    paths: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.sequences:
            self.paths.append(self.tree.add(one.read)[one.n_context - 1 :])

    @property
    def dead(self) -> bool:
        return all(one.asked.failed or one.asked.ticket.cancelled() for one in self.sequences)

    @property
    def longest(self) -> int:
        return max(len(one.tokens) for one in self.sequences)


class Scorer:
    """Scores the continuations of requests.

    Parameters
    ----------
    network : Network
        The model.
    prompts : Prompts
        Its tokenizer.
    size : Size
        How much goes through the model together: rows if the user chose a number, else tokens.
    shares : bool
        Whether the model can be given several sequences as one row.
    """

    def __init__(self, network: Network, prompts: Prompts, size: Size, *, in_rows: bool, shares: bool) -> None:
        self._network = network
        self._prompts = prompts
        self._size = size
        self._in_rows = in_rows
        self._shares = shares
        self._waiting: dict[str, list[_Row]] = defaultdict(list)
        self._heads: dict[str, Head] = defaultdict(Head)
        self._task = ""

    def __bool__(self) -> bool:
        return any(self._waiting.values())

    def add(self, asked: Sequence[tuple[Ticket, Request]]) -> list[Answered]:
        """Take requests in; returns those that can't be asked."""
        answered: list[Answered] = []
        contexts: dict[int, str] = {}
        for n, (ticket, request) in enumerate(asked):
            try:
                contexts[n] = self._prompts.context(request)
            except Exception as error:
                answered.append((ticket, error))
        texts = {text: 0 for n, context in contexts.items() for text in _texts(context, asked[n][1])}
        tokens = dict(zip(texts, self._prompts.encode(list(texts)) if texts else (), strict=True))
        groups: dict[tuple[str, str], list[_Sequence]] = defaultdict(list)
        for n, context in contexts.items():
            ticket, request = asked[n]
            start = len(tokens[context])
            # Encoded with its context, since a token may reach across the border.
            wholes = [tokens[context + continuation] for continuation in request.continuations]
            problem = self._problem(start, wholes)
            if problem:
                answered.append((ticket, Response(error=problem)))
                continue
            one = _Asked(ticket, start, [0.0] * len(wholes), len(wholes))
            groups[request.task, request.id] += [_Sequence(one, k, whole, start) for k, whole in enumerate(wholes)]
        for (task, _), sequences in groups.items():
            for sequence in sequences:
                self._heads[task].see(sequence.tokens[: sequence.n_context - 1])
            self._waiting[task] += self._rows(sequences)
        for rows in self._waiting.values():
            rows.sort(key=lambda row: len(row.tree))
        return answered

    def _problem(self, start: int, wholes: Sequence[Tokens]) -> str | None:
        longest = max(map(len, wholes), default=0)
        if self._network.window is not None and longest > self._network.window:
            return f"the prompt has {longest} tokens, but the model takes {self._network.window}"
        if not start or not all(len(whole) > start for whole in wholes):
            return "nothing to score in it"
        return None

    def _rows(self, sequences: Sequence[_Sequence]) -> list[_Row]:
        """Put sequences that share their beginning into as few rows as stay of reasonable length."""
        alone: dict[tuple[int, ...], list[_Sequence]] = defaultdict(list)
        rows: list[list[_Sequence]] = []
        room = 0
        for one in sequences:
            if not self._shares or self._beyond(len(one.tokens)):
                alone[tuple(one.read)].append(one)
                continue
            new = len(one.tokens) - (_shared(rows[-1][-1].tokens, one.tokens) if rows else 0)
            if not rows or new > room:
                rows.append([one])
                room = max(LONG, int(LONGEST * len(one.tokens))) - len(one.tokens)
            else:
                rows[-1].append(one)
                room -= new
        return [_Row(row) for row in (*rows, *alone.values())]

    def _beyond(self, n: int) -> bool:
        return self._network.span is not None and n > self._network.span

    def step(self) -> list[Answered]:
        """Run one batch and return what it answered."""
        task = next(task for task, rows in self._waiting.items() if rows)
        if task != self._task:
            self._heads[self._task].forget()
            self._task = task
        waiting = self._waiting[task]
        waiting[:] = [row for row in waiting if not row.dead]
        if not waiting:
            return []
        plain = not self._shares or self._beyond(waiting[-1].longest)
        head = 0 if plain else len(self._heads[task])
        batch = self._take(waiting, head)
        for row in batch:
            for one in row.sequences:
                one.asked.started = one.asked.started or perf_counter()
        elapsed = timed()
        try:
            values = self._plain(batch) if plain else self._shared(batch, self._heads[task])
        except Exception as error:
            if not out_of_memory(error):
                return self._failed(batch, error)
        else:
            amount = len(batch) if self._in_rows else len(batch) * (len(batch[0].tree) - head)
            self._size.ran(amount, elapsed(), full=bool(waiting))
            return self._answered(batch, values)
        return self._retry(batch, waiting, head)

    def _take(self, waiting: list[_Row], head: int) -> list[_Row]:
        """Take the longest rows that fit together, and that are run in the same way; the longest one always goes."""
        n = 0
        width = len(waiting[-1].tree) - head
        most = self._size.value if self._in_rows else max(1, self._size.value // max(1, width))
        beyond = self._beyond(waiting[-1].longest)
        while n < min(most, len(waiting)) and self._beyond(waiting[-1 - n].longest) == beyond:
            n += 1
        batch = waiting[: -n - 1 : -1]
        del waiting[-n:]
        return batch

    def _shared(self, batch: Sequence[_Row], head: Head) -> list[list[float]]:
        network, skip = self._network, len(head)
        width = len(batch[0].tree) - skip
        ids = np.full((len(batch), width), self._prompts.pad, dtype=np.int64)
        positions = np.zeros_like(ids)
        visible = np.zeros((len(batch), width, skip + width), dtype=np.bool_)
        visible[:, :, :skip] = True
        visible[:, np.arange(width), skip + np.arange(width)] = True  # padding sees something too
        for n, row in enumerate(batch):
            size = len(row.tree) - skip
            ids[n, :size] = row.tree.tokens[skip:]
            positions[n, :size] = row.tree.depths[skip:]
            row.tree.show(visible[n, :size, skip : skip + size], skip)
        nodes = _nodes(batch)
        logits = network.at(
            ([n for n, _ in nodes], [node - skip for _, node in nodes]),
            network.tensor(ids),
            network.tensor(positions),
            network.tensor(visible, torch.bool),
            head.past(network, len(batch)),
        )
        return _sums(logits, batch, nodes)

    def _plain(self, batch: Sequence[_Row]) -> list[list[float]]:
        nodes = _nodes(batch)
        wanted = [n for n, _ in nodes], [node for _, node in nodes]
        logits = self._network.plain(wanted, [row.tree.tokens for row in batch], self._prompts.pad)
        return _sums(logits, batch, nodes)

    def _answered(self, batch: Sequence[_Row], values: list[list[float]]) -> list[Answered]:
        answered: list[Answered] = []
        for row, found in zip(batch, values, strict=True):
            for one, value in zip(row.sequences, found, strict=True):
                asked = one.asked
                asked.values[one.number] = value
                asked.missing -= 1
                if not asked.missing:
                    seconds = round(perf_counter() - asked.started, 6)
                    usage = Usage(asked.n_context, 0)
                    answer = Response(loglikelihoods=tuple(asked.values), usage=usage, latency_s=seconds)
                    answered.append((asked.ticket, answer))
        return answered

    def _failed(self, batch: Sequence[_Row], error: Exception | Response) -> list[Answered]:
        answered: list[Answered] = []
        for asked in (one.asked for row in batch for one in row.sequences):
            if not asked.failed:
                asked.failed = True
                answered.append((asked.ticket, error))
        return answered

    def _retry(self, batch: list[_Row], waiting: list[_Row], head: int) -> list[Answered]:
        """After memory ran out: put a batch back in smaller parts, or give up a sequence that fails alone."""
        self._size.failed(len(batch) if self._in_rows else len(batch) * max(1, len(batch[0].tree) - head))
        free_memory()
        if len(batch) == 1 and len(batch[0].sequences) == 1:
            return self._failed(batch, Response(error=NO_MEMORY.format(n=len(batch[0].tree))))
        smaller = batch if len(batch) > 1 else [_Row([one]) for one in batch[0].sequences]
        waiting.extend(smaller)
        waiting.sort(key=lambda row: len(row.tree))
        return []

    def clear(self) -> None:
        """Drop everything that waits."""
        self._waiting.clear()
        self._heads.clear()


def _nodes(batch: Sequence[_Row]) -> dict[tuple[int, int], int]:
    """Return a number for each place, as row and node, whose logits are needed."""
    nodes: dict[tuple[int, int], int] = {}
    for n, row in enumerate(batch):
        for path in row.paths:
            for node in path:
                nodes.setdefault((n, node), len(nodes))
    return nodes


def _sums(logits: torch.Tensor, batch: Sequence[_Row], nodes: dict[tuple[int, int], int]) -> list[list[float]]:
    """Return the log-likelihood of each sequence of each row."""
    steps = [
        (nodes[n, node], token)
        for n, row in enumerate(batch)
        for one, path in zip(row.sequences, row.paths, strict=True)
        for node, token in zip(path, one.tokens[one.n_context :], strict=True)
    ]
    at, token = torch.tensor(steps, device=logits.device).T
    logits = logits.float()
    values = iter((logits[at, token].double() - logits.logsumexp(-1)[at].double()).tolist())
    return [[math.fsum(next(values) for _ in path) for path in row.paths] for row in batch]


def _texts(context: str, request: Request) -> list[str]:
    return [context, *(context + continuation for continuation in request.continuations)]


def _shared(a: Tokens, b: Tokens) -> int:
    pairs = zip(a, b, strict=False)
    return next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))
