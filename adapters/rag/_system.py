"""A system of retrieval and generation as a YAML file: ``--model rag/SYSTEM.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from ecg_bench.adapters.rag._search import Method
from ecg_bench.cards import Card
from ecg_bench.files import read_yaml

PREFIX = "generator."


class SystemCard(Card):
    """The YAML of a system; what is left out has the default of the argument of the same name."""

    name: str | None = Field(None, description="on the leaderboard")
    index: str = Field(description="its folder, relative to this file")
    generator: str | None = Field(None, description="PROVIDER/NAME of what answers")
    generator_args: dict[str, Any] = Field(default_factory=dict, description="arguments of that provider")
    embedding: str | None = Field(None, description="where the index's embedding model is now")
    method: Method | None = None
    k: int | None = None
    reranker: str | None = None
    rerank_k: int | None = None
    context_tokens: int | None = None
    template: str | None = Field(None, description="a prompt template, relative to this file")
    oracle: bool | None = None

    def arguments(self) -> dict[str, Any]:
        """Return what the file says, as arguments of the backend."""
        given = self.model_dump(exclude={"name", "index", "generator_args"}, exclude_none=True)
        return given | {f"{PREFIX}{name}": value for name, value in self.generator_args.items()}


def read_system(path: Path) -> tuple[SystemCard, Path, Mapping[str, Any]]:
    """Read a system's YAML; return it, the folder of its index, and its arguments.

    Raises
    ------
    UserError
        If it can't be read; with the line at fault.
    """
    card = read_yaml(path, SystemCard)
    arguments = card.arguments()
    if card.template is not None:
        arguments["template"] = str(path.parent / card.template)
    return card, path.parent / card.index, arguments
