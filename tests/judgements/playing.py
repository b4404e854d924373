"""A model that judges, played by a server: it reads the prompt, and answers well or badly."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.servers.openai_server import Answer, OpenAIServer, chat, choice

_CASE = re.compile(r'"case": "([0-9a-f]{16})"')
_ANSWER = re.compile(r"<<<BEGIN ANSWER(?: (\w+))? [0-9a-f]{32}>>>\n(.*?)\n<<<END ANSWER", re.DOTALL)
LEVELS = ("correct but incomplete", "partially incorrect", "incorrect", "correct")

Grade = Callable[[str], dict[str, Any]]  # from the text of an answer to what a verdict says of it
Play = Callable[[str, dict[str, Any]], Answer]  # from the prompt and the right verdict to the reply


def said(text: str, **fields: Any) -> dict[str, Any]:
    """Return a reply of the chat API with some text."""
    return chat(choice(text, **fields))


def correctness(text: str) -> dict[str, Any]:
    """Grade by a word in brackets in the answer, as ``ecg-correctness`` asks for it."""
    level = next((one for one in LEVELS if f"[{one}]" in text), "correct")
    return {"explanation": "It says so.", "correctness": level}


def compared(text: str) -> dict[str, Any]:
    """Grade as ``ecg-listwise`` asks for it."""
    right = "[correct]" in text
    return {"explanation": "It says so.", "correct": right, "score": 9 if right else 2}


def verdict(prompt: str, grade: Grade) -> dict[str, Any]:
    """Return the verdict that a judge should give, under the code of the prompt."""
    answers = _ANSWER.findall(prompt)
    found: dict[str, Any] = {"case": _CASE.findall(prompt)[-1]}
    if not answers[0][0]:
        return found | grade(answers[0][1])
    ranked = [id_ for id_, text in sorted(answers, key=lambda one: "[correct]" not in one[1])]
    entries = [{"id": id_, **grade(text)} for id_, text in answers]
    return found | {"ranking": ranked, "style_ranking": ranked, "answers": entries}


class PlayedJudge:
    """Plays a judge on a server, and counts what it was asked.

    Parameters
    ----------
    server : OpenAIServer
        Where.
    play : callable, optional
        What to reply to the first attempt at a case; by default the right verdict.
    later : callable, optional
        What to reply when told that a verdict could not be read; by default the right verdict.
    grade : callable
        How it judges.
    """

    def __init__(
        self, server: OpenAIServer, play: Play | None = None, later: Play | None = None, grade: Grade = correctness
    ) -> None:
        self._play = play or _right
        self._later = later or _right
        self._grade = grade
        self.attempts: Counter[str] = Counter()
        self.told: list[str] = []
        server.answer = self._answer

    def _answer(self, body: dict[str, Any]) -> Answer:
        turns = [one["content"] for one in body["messages"] if one["role"] == "user"]
        right = verdict(turns[0], self._grade)
        self.attempts[right["case"]] += 1
        if len(turns) == 1:
            return self._play(turns[0], right)
        self.told.append(turns[-1])
        return self._later(turns[0], right)


def _right(prompt: str, right: dict[str, Any]) -> Answer:
    return said(json.dumps(right))
