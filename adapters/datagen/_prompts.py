"""The prompts: files with a version, filled with a chunk, and the JSON Schema of the reply."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ecg_bench.adapters.datagen._chunks import Chunk
from ecg_bench.cards import Card
from ecg_bench.files import parse_yaml, sha256_of
from ecg_bench.samples import Message
from ecg_bench.templates import PromptTemplate

Kind = Literal["open", "mcq"]
KINDS: tuple[Kind, ...] = ("mcq", "open")
DIFFICULTIES = ("easy", "medium", "hard")
N_OPTIONS = 4
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese"}
_FIELDS = ("code", "title", "section", "passage", "n", "language")


class Prompt(Card):
    """A prompt's YAML.

    Attributes
    ----------
    kind : {"open", "mcq"}
        What it asks to be written.
    version : int
        Raised with every change of a word.
    system, user : str
        Templates.
    """

    kind: Kind
    version: int = Field(ge=1)
    system: str
    user: str

    @cached_property
    def sha256(self) -> str:
        """A hash of every word, and of the schema of the reply."""
        return sha256_of(self.system, self.user, repr(schema_of(self.kind)))

    @cached_property
    def _template(self) -> PromptTemplate:
        return PromptTemplate(self.user, _FIELDS, f"prompts/{self.kind}.yaml", "this prompt")

    def messages(self, chunk: Chunk, n: int, language: str) -> tuple[Message, ...]:
        """Return what to ask for `n` items from a chunk, in a language given by its code or name.

        The code that fences the passage is 128 bits of a hash over it: a document that held it would have to contain a
        hash of itself.
        """
        code = sha256_of(self.kind, chunk.id, chunk.title, chunk.section, chunk.text)[:32]
        fields = {
            "code": code,
            "title": chunk.title,
            "section": chunk.section,
            "passage": f"<<<BEGIN PASSAGE {code}>>>\n{chunk.text}\n<<<END PASSAGE {code}>>>",
            "n": n,
            "language": LANGUAGES.get(language, language),
        }
        return Message("system", self.system), Message("user", self._template.render(fields))


@cache
def load_prompt(kind: Kind) -> Prompt:
    """Return the prompt that asks for items of a kind."""
    path = Path(str(files("ecg_bench.adapters.datagen"))) / "prompts" / f"{kind}.yaml"
    return parse_yaml(path.read_text(encoding="utf-8"), Prompt, path)


def schema_of(kind: Kind) -> Mapping[str, Any]:
    """Return the JSON Schema of a reply."""
    text = {"type": "string"}
    difficulty = {"type": "string", "enum": list(DIFFICULTIES)}
    if kind == "open":
        points = {"type": "array", "items": text}
        item = _object(question=text, answer=text, key_points=points, quote=text, difficulty=difficulty)
    else:
        options = {"type": "array", "items": _object(text=text, correct={"type": "boolean"})}
        item = _object(question=text, options=options, rationale=text, quote=text, difficulty=difficulty)
    return _object(items={"type": "array", "items": item})


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
