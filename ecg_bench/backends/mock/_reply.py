"""One scripted answer, made ready to be given many times."""

from __future__ import annotations

import random
from dataclasses import replace

from ecg_bench.backends.mock._script import Answer
from ecg_bench.samples import LETTERS, Mode, Request, Response, Usage
from ecg_bench.templates import PromptTemplate

FIELDS = ("task", "id", "question", "options", "epoch", "permutation")
LIKELY, UNLIKELY = -0.001, -10.0  # for each character: one text is the likeliest, in sum and by length


def drawn(what: str, request: Request) -> random.Random:
    """Return random numbers for one request: the same ones whenever it is made under the same seed."""
    return random.Random(
        f"{what} {request.params.seed} {request.task} {request.id} {request.permutation} {request.epoch}"
    )


class Reply:
    """Answers requests as one entry of the script says.

    Parameters
    ----------
    answer : Answer
        The entry.
    origin : str
        Where it is written, for messages.
    """

    def __init__(self, answer: Answer, origin: str) -> None:
        usage = Usage(**answer.usage.model_dump()) if answer.usage else None
        self._bare = Response(finish_reason=answer.finish_reason, reasoning=answer.reasoning, usage=usage)
        self._error = Response(error=answer.error) if answer.error else None
        self._choice = answer.choice
        self._origin = origin
        self._texts: list[Response | PromptTemplate] = [
            PromptTemplate(text, FIELDS, origin) if "{{" in text or "{%" in text else replace(self._bare, text=text)
            for text in answer.text or ()
        ]

    def to(self, request: Request) -> Response:
        """Return the response to a request."""
        if self._error is not None:
            return self._error
        if self._choice is not None:
            return self._chosen(self._choice, request)
        if request.mode is Mode.LOGLIKELIHOOD:
            return Response(error=f"{self._origin} has a text for this sample: log-likelihoods need a choice")
        text = self._texts[request.epoch % len(self._texts)]
        return text if isinstance(text, Response) else replace(self._bare, text=text.render(_fields(request)))

    def _chosen(self, choice: str, request: Request) -> Response:
        texts = request.options
        if not texts:
            return Response(error=f"{self._origin} makes a choice, but this sample has no options: give a text")
        match choice:
            case "first":
                at = 0
            case "last":
                at = len(texts) - 1
            case "longest":
                at = max(range(len(texts)), key=lambda n: len(texts[n]))
            case "random":
                at = drawn("choice", request).randrange(len(texts))
            case letter:
                at = LETTERS.index(letter)
        if at >= len(texts):
            return Response(error=f"{self._origin} chooses {choice}, but this sample has {len(texts)} options")
        if request.mode is Mode.GENERATE:
            return replace(self._bare, text=f"Answer: {LETTERS[at]}")
        each = (len(text) * (LIKELY if n == at else UNLIKELY) for n, text in enumerate(request.continuations))
        return replace(self._bare, loglikelihoods=tuple(each))


def _fields(request: Request) -> dict[str, object]:
    options = [{"letter": letter, "text": text} for letter, text in zip(LETTERS, request.options, strict=False)]
    return {
        "task": request.task,
        "id": request.id,
        "question": request.question,
        "options": options,
        "epoch": request.epoch,
        "permutation": request.permutation,
    }
