"""Putting excerpts before a question: a template in a sandbox, and a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from ecg_bench.adapters.rag._chunks import Chunk
from ecg_bench.adapters.rag._search import Hit
from ecg_bench.errors import UserError
from ecg_bench.files import read_text, sha256_of
from ecg_bench.samples import Excerpt, GenerationParams, Message, Mode, Request
from ecg_bench.templates import PromptTemplate

TEMPLATE = "prompt.j2"
CHARS_PER_TOKEN = 3.5  # of English clinical text with common tokenizers, where the generator's own is not at hand
FIELDS = ("excerpts", "prompt")

Count = Callable[[Request], int | None]


class ContextPrompt:
    """Makes the prompt with excerpts of one that asks a question.

    Parameters
    ----------
    template : str, optional
        A file; by default the one that ships.
    budget : int
        The most tokens of all excerpts together.
    count : callable
        Counts the tokens of a request by the generator's tokenizer; None where it has none.

    Attributes
    ----------
    sha256 : str
        Of the template.
    estimated : bool
        Whether tokens are estimated at 3.5 characters each.

    Raises
    ------
    UserError
        If the template can't be read, or doesn't end with the prompt.
    """

    def __init__(self, template: str | None, budget: int, count: Count) -> None:
        if budget < 1:
            raise UserError(f"context_tokens must be at least 1, but is {budget}")
        if template is None:
            source, origin = files("ecg_bench.adapters.rag").joinpath(TEMPLATE).read_text(encoding="utf-8"), TEMPLATE
        else:
            source, origin = read_text(Path(template).expanduser()), template
        self._template = PromptTemplate(source, FIELDS, origin, holder="a prompt with excerpts")
        self.sha256 = sha256_of(source)
        self._budget = budget
        self._count = count
        frame = count(_asking(""))  # a chat template's own tokens are no part of an excerpt
        self.estimated = frame is None
        self._frame = frame or 0
        self._tokens: dict[str, int] = {}
        self._render([{"number": 1, "title": "A", "heading": "B", "text": "C."}], "D?")  # before anything is asked

    def tokens(self, chunk: Chunk) -> int:
        """Return how many tokens an excerpt has."""
        if chunk.id not in self._tokens:
            if self.estimated:
                self._tokens[chunk.id] = int(len(chunk.indexed) / CHARS_PER_TOKEN) + 1
            else:
                self._tokens[chunk.id] = max(1, (self._count(_asking(chunk.indexed)) or 0) - self._frame)
        return self._tokens[chunk.id]

    def excerpts(self, hits: Sequence[Hit], chunks: Sequence[Chunk]) -> tuple[Excerpt, ...]:
        """Return the best excerpts that the budget has room for, in their order; none is cut."""
        kept: list[Excerpt] = []
        spent = 0
        for hit in hits:
            chunk = chunks[hit.number]
            spent += self.tokens(chunk)
            if spent > self._budget:
                break
            kept.append(
                Excerpt(
                    chunk=chunk.id,
                    document=chunk.document,
                    passage=chunk.passage,
                    first_line=chunk.first_line,
                    last_line=chunk.last_line,
                    rank=hit.rank,
                    retrieved=hit.retrieved,
                    score=hit.score,
                    title=chunk.title,
                    heading=chunk.heading,
                    text=chunk.text,
                )
            )
        return tuple(kept)

    def with_excerpts(self, request: Request, excerpts: Sequence[Excerpt]) -> Request:
        """Return a request whose last message begins with the excerpts and ends as it did.

        Raises
        ------
        UserError
            If the template doesn't end with the prompt: the task's instruction must be the last word.
        """
        if not excerpts:
            return request
        *before, last = request.messages
        shown = [
            {"number": number, "title": one.title, "heading": one.heading, "text": one.text}
            for number, one in enumerate(excerpts, 1)
        ]
        return replace(request, messages=(*before, replace(last, content=self._render(shown, last.content))))

    def _render(self, shown: Sequence[Mapping[str, Any]], prompt: str) -> str:
        text = self._template.render({"excerpts": shown, "prompt": prompt})
        if not text.endswith(prompt.strip()):
            raise UserError(
                f"{self._template.origin}: the prompt template must end with {{{{ prompt }}}}, so that the task's own "
                "instruction is the last word"
            )
        return text


def _asking(text: str) -> Request:
    params = GenerationParams(max_tokens=1, temperature=0.0, seed=0)
    return Request("", "", 0, 0, Mode.GENERATE, (Message("user", text),), params, question=text)
