"""Answers, written by many rows at once: a row that has finished leaves, and a waiting prompt takes its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import torch
from transformers import DynamicCache, GenerationConfig, LogitsProcessorList

from ecg_bench.backends.hf._head import Head
from ecg_bench.backends.hf._network import Network, free_memory, out_of_memory, padded
from ecg_bench.backends.hf._prompts import Prompts, Tokens
from ecg_bench.backends.hf._sampling import Chooser, Drawn, choose, seed_of
from ecg_bench.backends.hf._score import NO_MEMORY, Answered, Ticket
from ecg_bench.backends.hf._sizes import Size, timed
from ecg_bench.backends.hf._slots import Slots
from ecg_bench.samples import GenerationParams, Request, Response, Usage

SHARE = 4  # new rows are taken in when a quarter of all may come: one at a time would hold up the others
KV_SHARE = 0.4  # of the free memory, so much may keys and values take
WINDOW = 16  # steps over which the speed is measured


@dataclass(eq=False)
class _Answer:
    """An answer that is being written, or waits to be."""

    ticket: Ticket
    task: str
    prompt: Tokens
    limit: int
    params: GenerationParams
    seed: int
    chooser: Chooser = field(init=False)
    written: Tokens = field(default_factory=list)
    started: float = 0.0

    def begin(self, device: torch.device) -> None:
        """Begin at the beginning, for the first time or again."""
        self.started = self.started or perf_counter()
        self.written = []
        self.chooser = Chooser(self.params.temperature, self.seed, device)

    @property
    def total(self) -> int:
        return len(self.prompt) + self.limit


class Generator:
    """Writes answers.

    Parameters
    ----------
    network : Network
        The model.
    prompts : Prompts
        Its tokenizer.
    stops : set of int
        The tokens that end an answer.
    rows : Size
        How many answers are written together.
    tokens : int
        How many tokens of prompts are read together.
    own_loop : bool
        Whether rows may come and go; else whole batches go through ``model.generate``.
    """

    def __init__(
        self, network: Network, prompts: Prompts, stops: set[int], rows: Size, *, tokens: int, own_loop: bool
    ) -> None:
        self._network = network
        self._prompts = prompts
        self._stops = stops
        self._rows = rows
        self._tokens = tokens
        self._own_loop = own_loop
        self._waiting: dict[str, list[_Answer]] = defaultdict(list)
        self._heads: dict[str, Head] = defaultdict(Head)
        self._writing: list[_Answer] = []
        self._slots = Slots(network)
        self._steps: list[float] = []
        self._filling = False

    def __bool__(self) -> bool:
        return bool(self._writing) or any(self._waiting.values())

    def add(self, asked: Sequence[tuple[Ticket, Request]]) -> list[Answered]:
        """Take requests in; returns those that can't be asked."""
        answered: list[Answered] = []
        texts: list[tuple[Ticket, Request, str]] = []
        for ticket, request in asked:
            try:
                texts.append((ticket, request, self._prompts.context(request)))
            except Exception as error:
                answered.append((ticket, error))
        prompts = self._prompts.encode([text for _, _, text in texts]) if texts else []
        window = self._network.window
        for (ticket, request, text), prompt in zip(texts, prompts, strict=True):
            limit = request.params.max_tokens
            if not prompt:
                answered.append((ticket, Response(error="the prompt has no tokens")))
                continue
            if window is not None:
                limit = min(limit, window - len(prompt))
                if limit < 1:
                    problem = f"the prompt has {len(prompt) + 1} tokens, but the model takes {window}"
                    answered.append((ticket, Response(error=problem)))
                    continue
            self._heads[request.task].see(prompt[:-1])
            self._waiting[request.task].append(
                _Answer(ticket, request.task, prompt, limit, request.params, seed_of(request, text))
            )
        for waiting in self._waiting.values():
            waiting.sort(key=lambda one: len(one.prompt))
        return answered

    def step(self) -> list[Answered]:
        """Take new rows in if there is room, write one token of each, and return what has ended."""
        for waiting in self._waiting.values():
            waiting[:] = [one for one in waiting if not one.ticket.cancelled()]
        waiting = next((some for some in self._waiting.values() if some), [])
        if waiting and not self._fits(waiting[-1]):
            return self._by_model(waiting)
        room = self._rows.value - len(self._writing)
        if waiting:
            room = min(room, self._room_in_memory(waiting[-1]))
        if not waiting or room <= 0:
            self._filling = False
        elif not self._writing or room * SHARE >= self._rows.value:
            self._filling = True
        if self._filling:
            return self._admit(waiting, room)
        return self._write() if self._writing else []

    def _fits(self, one: _Answer) -> bool:
        span = self._network.span
        return self._own_loop and (span is None or one.total <= span)

    def _room_in_memory(self, longest: _Answer) -> int:
        """Return how many more answers as long as the longest can be written; at least one where none is yet."""
        free = self._network.free_bytes()
        if free is None:
            return self._rows.value
        total = max([longest.total, *(one.total for one in self._writing)])
        taken = self._slots.n_bytes
        n = int(KV_SHARE * (free + taken) / (self._network.bytes_per_token * total))
        return max(n - len(self._writing), 0 if self._writing else 1)

    def _admit(self, waiting: list[_Answer], room: int) -> list[Answered]:
        """Read the prompts of the longest that wait, and write their first tokens."""
        head = self._heads[waiting[-1].task]
        most = max(1, self._tokens // (len(waiting[-1].prompt) - len(head)))
        batch = [one for one in waiting[-min(room, most) :][::-1] if self._fits(one)]
        del waiting[-len(batch) :]
        for one in batch:
            one.begin(self._network.device)
        try:
            tokens = self._read(batch, head, len(self._writing) + min(room, len(batch) + len(waiting)))
        except Exception as error:
            if not out_of_memory(error):
                return [(one.ticket, error) for one in batch]
        else:
            self._writing += batch
            return self._advance(tokens, len(self._writing) - len(batch))
        free_memory()
        self._tokens = max(1, self._tokens // 2)
        if len(batch) == 1 and not self._writing:
            return [(batch[0].ticket, Response(error=NO_MEMORY.format(n=len(batch[0].prompt))))]
        waiting.extend(reversed(batch))
        if len(batch) == 1:  # alone, but beside others that are being written: it waits until they are done
            self._rows.failed(len(self._writing) + 1)
        return []

    def _read(self, batch: Sequence[_Answer], head: Head, room: int) -> list[int]:
        network, skip = self._network, len(head)
        unique = {tuple(one.prompt): n for n, one in enumerate(batch)}
        prompts = list(unique)
        rows = [prompt[skip:] for prompt in prompts]
        sources = [prompts.index(tuple(one.prompt)) for one in batch]
        ids, _ = padded(rows, self._prompts.pad)
        width = ids.shape[1]
        cache = head.past(network, len(rows))
        if cache is None:
            cache = DynamicCache()
        logits = network.at(
            (list(range(len(rows))), [len(row) - 1 for row in rows]),
            network.tensor(ids),
            torch.arange(skip, skip + width, device=network.device).expand(len(rows), -1),
            None,  # padding stands behind what counts, and is not seen
            cache,
        )
        tokens = choose(logits[sources], [one.chooser for one in batch])
        self._slots.add(cache, sources, [len(one.prompt) for one in batch], room=room)
        return tokens

    def _write(self) -> list[Answered]:
        elapsed = timed()
        n = len(self._writing)
        try:
            logits = self._slots.step([one.written[-1] for one in self._writing])
            tokens = choose(logits, [one.chooser for one in self._writing])
        except Exception as error:
            if not out_of_memory(error):
                return self._give_up(error)
        else:
            self._measure(n, elapsed())
            return self._advance(tokens, 0)
        return self._retreat()

    def _advance(self, tokens: Sequence[int], first: int) -> list[Answered]:
        """Add a token to each answer from the `first` on, and let go of those that have ended."""
        answered: list[Answered] = []
        for token, one in zip(tokens, self._writing[first:], strict=True):
            one.written.append(token)
        for n in range(len(self._writing) - 1, first - 1, -1):
            one = self._writing[n]
            if one.written[-1] in self._stops or len(one.written) >= one.limit or one.ticket.cancelled():
                answered.append((one.ticket, self._response(one)))
                self._slots.drop(n)
                self._writing[n] = self._writing[-1]
                self._writing.pop()
        return answered

    def _response(self, one: _Answer) -> Response:
        end = next((n for n, token in enumerate(one.written) if token in self._stops), None)
        tokens = one.written if end is None else one.written[:end]
        return Response(
            self._prompts.decode(tokens),
            finish_reason="length" if end is None else "stop",
            usage=Usage(len(one.prompt), len(tokens)),
            latency_s=round(perf_counter() - one.started, 6),
        )

    def _measure(self, n: int, seconds: float) -> None:
        if n * SHARE < self._rows.value * (SHARE - 1):
            self._steps.clear()
            return
        self._steps.append(seconds / n)
        if len(self._steps) == WINDOW:
            self._rows.ran(WINDOW, sum(self._steps), full=any(self._waiting.values()))
            self._steps.clear()

    def _give_up(self, error: Exception | Response) -> list[Answered]:
        answered: list[Answered] = [(one.ticket, error) for one in self._writing]
        self._writing.clear()
        self._slots.clear()
        return answered

    def _retreat(self) -> list[Answered]:
        """After memory ran out: go on with half of the rows; the others begin again later."""
        n = len(self._writing)
        self._rows.failed(n)
        if n == 1:
            return self._give_up(Response(error=NO_MEMORY.format(n=self._writing[0].total)))
        while len(self._writing) > n // 2:
            one = self._writing.pop()
            self._slots.drop(len(self._slots) - 1)
            self._waiting[one.task].append(one)
        free_memory()
        try:
            self._slots.shrink()
        except Exception as error:
            if not out_of_memory(error):
                raise
        free_memory()
        return []

    def _by_model(self, waiting: list[_Answer]) -> list[Answered]:
        """Write answers to the end by ``model.generate``, for what the own loop can't do."""
        limit = waiting[-1].limit  # one for all: a shorter one must cut nobody else's answer
        batch = [one for one in reversed(waiting) if one.limit == limit and not self._fits(one)][: self._rows.value]
        for one in batch:
            waiting.remove(one)
            one.begin(self._network.device)
        ids, mask = padded([one.prompt for one in batch], self._prompts.pad, left=True)
        choosers = [one.chooser for one in batch]
        draws = any(one.temperature for one in choosers)
        settings = GenerationConfig(
            max_new_tokens=limit, do_sample=False, pad_token_id=self._prompts.pad, eos_token_id=sorted(self._stops)
        )
        elapsed = timed()
        try:
            out = self._network.model.generate(
                input_ids=self._network.tensor(ids),
                attention_mask=self._network.tensor(mask),
                generation_config=settings,
                logits_processor=LogitsProcessorList([Drawn(choosers)] if draws else []),
            )
        except Exception as error:
            if not out_of_memory(error):
                return [(one.ticket, error) for one in batch]
        else:
            self._rows.ran(len(batch) * limit, elapsed(), full=len(batch) == self._rows.value)
            for one, tokens in zip(batch, out[:, ids.shape[1] :].tolist(), strict=True):
                one.written = tokens
            return [(one.ticket, self._response(one)) for one in batch]
        self._rows.failed(len(batch))
        free_memory()
        if len(batch) == 1:
            return [(batch[0].ticket, Response(error=NO_MEMORY.format(n=batch[0].total)))]
        waiting.extend(batch)
        return []

    def clear(self) -> None:
        """Drop everything, and the memory that it takes."""
        self._waiting.clear()
        self._heads.clear()
        self._writing.clear()
        self._slots.clear()
