"""A model provider for ecg-bench that repeats what it heard: ``--model parrot/polly``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from importlib.metadata import version

from ecg_bench.backends import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.samples import LETTERS, Mode, Request, Response, Usage
from ecg_bench.settings import Settings

# How loud each bird repeats a word it knows, as a log-probability for each word that it doesn't.
BIRDS = {"polly": -1.0, "coco": -3.0}


class Parrot(Backend):
    """Takes the option that shares the most words with the question.

    Where several share as many, it says the first shown; in log-likelihood mode they are as likely.

    Parameters
    ----------
    name : {"polly", "coco"}
        Which parrot. Both choose alike; Coco is surer of herself.
    shortest : int
        Words with fewer letters are not heard.
    delay_s : float
        Seconds before each answer.
    """

    summary = "repeats what it heard in the question"
    modes = frozenset({Mode.GENERATE, Mode.LOGLIKELIHOOD})
    concurrency = 8  # calls of answer() at once; a model on this machine leaves it at 1
    immaterial = frozenset({"delay_s"})  # changes no answer, so that cached answers stay good

    # Parameters after the * are what --model-arg sets; texts are converted to the annotated types.
    def __init__(self, name: str, *, shortest: int = 4, delay_s: float = 0.0) -> None:
        if name not in BIRDS:
            raise UserError(f"there is no model parrot/{name}{did_you_mean(name, BIRDS)}")
        if shortest < 1:
            raise UserError(f"shortest must be at least 1, but is {shortest}")
        self._name, self._shortest, self._delay_s = name, shortest, delay_s
        self.batch_size = 1 if delay_s else 64  # many at a time where answers cost nothing

    def card(self) -> ModelCard:
        """Say all that is needed to ask the same model again: another version of the code is another model."""
        arguments = {"shortest": self._shortest, "delay_s": self._delay_s}
        return ModelCard("parrot", self._name, arguments, {"version": version("ecg-bench-parrot")})

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        """Load the model here, and refuse here what it can't do: nothing has been asked or written yet."""
        for task in tasks:
            if task.card.type != "multiple_choice":
                raise UserError(
                    f"parrot/{self._name} answers multiple choice only, but {task.name} is {task.card.type}"
                )

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer each request, in the order given.

        A fault that may pass is raised as a ``TransientError`` and the engine tries again; what will never work for one
        sample is a ``Response`` with an error.
        """
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Response:
        if request.media:
            return Response(error=f"parrot/{self._name} has ears only, and this sample has {request.media[0].kind}")
        heard = self._words(request.question)
        echoes = [len(self._words(option) & heard) for option in request.options]
        if request.mode is Mode.LOGLIKELIHOOD:
            known = sum(echoes) or 1
            return Response(loglikelihoods=tuple(BIRDS[self._name] * (1 - echo / known) for echo in echoes))
        text = f"Answer: {LETTERS[echoes.index(max(echoes))]}"
        prompt = sum(len(message.content.split()) for message in request.messages)
        return Response(text, finish_reason="stop", usage=Usage(prompt, len(text.split())))

    def _words(self, text: str) -> set[str]:
        return {word for word in re.findall(r"\w+", text.casefold()) if len(word) >= self._shortest}
