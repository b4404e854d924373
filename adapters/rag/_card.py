"""``index.json``: what an index was made of, and how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ecg_bench.errors import UserError
from ecg_bench.files import describe, read_text, sha256_of, sha256_of_file

CARD = "index.json"
CHUNKS = "chunks.jsonl"
VECTORS = "vectors.npy"
FORMAT = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CorpusCard(_Part):
    """What was indexed."""

    name: str = Field(description="as given")
    domain: bool = Field(description="whether that is a domain's name")
    folder: str
    sha256: str = Field(description="of names and texts")
    documents: int
    passages: int


class SplitterCard(_Part):
    """How it was split; `size` and `overlap` count the unit."""

    version: int
    unit: Literal["characters", "tokens"]
    tokenizer: str | None = Field(description="that counts the tokens, with a hash of its vocabulary behind @")
    size: int
    overlap: int


class EmbeddingCard(_Part):
    """What made the vectors."""

    name: str = Field(description="as given")
    sha256: str = Field(description="of weights, configuration and tokenizer")
    dimensions: int
    window: int | None = Field(description="tokens of a text that it reads")


class IndexCard(_Part):
    """``index.json``."""

    format: int
    ecg_bench: str
    made: str
    corpus: CorpusCard
    splitter: SplitterCard
    embedding: EmbeddingCard
    store: str
    chunks: int
    mean_length: float = Field(description="of a chunk, in the splitter's unit")
    longest: int = Field(description="chunk, in the splitter's unit")
    files: dict[str, str] = Field(description="SHA-256 of each file that is read as it is")
    packages: dict[str, str]
    notices: list[str]

    @property
    def sha256(self) -> str:
        """A hash of what was indexed and how: the same wherever and whenever the same is built."""
        return sha256_of(str(self.format), self.store, self.embedding.sha256, self.files[CHUNKS])

    @property
    def unit(self) -> str:
        """What lengths are counted in."""
        return self.splitter.unit if self.splitter.tokenizer is None else f"tokens of {self.splitter.tokenizer}"


def read_card(folder: Path) -> IndexCard:
    """Read and check the card of an index, and that its files are whole.

    Raises
    ------
    UserError
        If there is no index, it is of another format, or a file is missing or damaged.
    """
    path = folder / CARD
    if not path.is_file():
        raise UserError(f"is no index: it holds no {CARD}; make one with ecg-bench rag index", path=folder)
    data = _json(path)
    if data.get("format") != FORMAT:
        raise UserError(
            f"is an index of format {data.get('format')!r}, and this version reads format {FORMAT}: build it again "
            "with ecg-bench rag index",
            path=path,
        )
    try:
        card = IndexCard.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{describe(error)}: build the index again", path=path) from None
    for name, digest in card.files.items():
        file = folder / name
        if not file.is_file():
            raise UserError("is missing from the index: build it again with ecg-bench rag index", path=file)
        if sha256_of_file(file) != digest:
            raise UserError("is not as it was written: build the index again with ecg-bench rag index", path=file)
    return card


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(read_text(path))
    except (ValueError, RecursionError):
        raise UserError("is not valid JSON: build the index again", path=path) from None
    return data if isinstance(data, dict) else {}
