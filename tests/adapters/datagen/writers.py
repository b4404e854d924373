"""Documents to make questions of, and models that write as a test needs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ecg_bench.backends import Backend, ModelCard
from ecg_bench.samples import Request, Response

SUBJECTS = ("sinus node", "bundle of His", "left atrium", "right ventricle", "mitral valve", "septum", "aorta", "apex")
VERBS = ("delays", "conducts", "generates", "blocks", "accelerates", "reverses", "widens", "shortens")


def document(n: int, sections: int = 4) -> str:
    """Return a Markdown document whose passages differ from those of every other number."""
    parts = [f"# Chapter {n}"]
    for section in range(sections):
        parts.append(f"## Part {section} of chapter {n}")
        facts = [
            f"The {SUBJECTS[(n + fact) % 8]} number {n}{section}{fact} {VERBS[(section + fact) % 8]} the impulse by "
            f"{n * 7 + section * 13 + fact * 29 + 20} ms in {VERBS[(n * section + fact) % 8]}{n} cells of kind "
            f"{section}{fact}."
            for fact in range(5)
        ]
        parts.append(" ".join(facts))
    return "\n\n".join(parts) + "\n"


def write_documents(folder: Path, n: int, sections: int = 4) -> Path:
    """Write documents into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        (folder / f"chapter-{number:02d}.md").write_text(document(number, sections), encoding="utf-8")
    return folder


def sentences(passage: str) -> list[str]:
    """Return the sentences of a passage of `document`."""
    return re.findall(r"The [^.#]+\.", passage)


def choice(sentence: str, n: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a multiple-choice item about a sentence of `document`, which passes all checks."""
    delay = re.search(r"(\d+) ms", sentence)
    assert delay is not None
    right = int(delay[1])
    texts = [f"{right + step} ms" for step in (0, 11, 23, 37)]
    subject = sentence.split(" the impulse")[0]
    item = {
        "question": f"By how much is the impulse changed where {subject[0].lower()}{subject[1:]} it, in order {n}?",
        "options": [{"text": text, "correct": k == 0} for k, text in enumerate(texts)],
        "rationale": sentence,
        "quote": sentence,
        "difficulty": "easy",
    }
    return item | changes


def open_question(sentence: str, n: int = 0, **changes: Any) -> dict[str, Any]:
    """Return an open question about a sentence of `document`, which passes all checks."""
    subject = sentence.split(" the impulse")[0]
    item = {
        "question": f"What does {subject[0].lower()}{subject[1:]} exactly, and for how long, asked {n}?",
        "answer": sentence,
        "key_points": [sentence.split(" by ")[0], f"by {sentence.split(' by ')[1]}"],
        "quote": sentence,
        "difficulty": "medium",
    }
    return item | changes


def good(request: Request) -> str:
    """Return a reply with three items that pass."""
    make = choice if request.task.endswith("mcq") else open_question
    start = 0 if make is choice else 2
    return json.dumps({"items": [make(one, start) for one in sentences(request.question)[start : start + 3]]})


class Writer(Backend):
    """A chat model whose replies a function makes.

    Parameters
    ----------
    reply : callable
        Returns the text, or the whole response, to a request.
    """

    summary = "for tests"
    batch_size = 8

    def __init__(self, reply: Callable[[Request], str | Response] = good) -> None:
        self.reply = reply
        self.requests: list[Request] = []

    def card(self) -> ModelCard:
        return ModelCard("test", "writer")

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.requests += requests
        found = [self.reply(request) for request in requests]
        return [one if isinstance(one, Response) else Response(one, finish_reason="stop") for one in found]


def pack_files(pack: Path) -> dict[str, bytes]:
    """Return what a pack holds, without the run of the model."""
    files = (path for path in sorted(pack.rglob("*")) if path.is_file())
    return {
        name: path.read_bytes()
        for path in files
        if not (name := path.relative_to(pack).as_posix()).startswith("writing/")
    }


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
