"""What a user chooses about a pack, beside the documents and the model."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from ecg_bench.adapters.datagen._chunks import CHARACTERS
from ecg_bench.adapters.datagen._prompts import KINDS, Kind
from ecg_bench.adapters.datagen._splits import SplitBy
from ecg_bench.cards import NAME
from ecg_bench.errors import UserError

LICENCE = "not stated: the rights in the documents are their holders'"


@dataclass(frozen=True)
class Recipe:
    """How a pack is made; recorded in it, and equal when it is resumed.

    Parameters
    ----------
    name : str
        Of the domain, before the slash in the names of its tasks.
    title : str
        Of the domain; its name if not given.
    licence : str
        Under which the pack may be used.
    language : str
        In which questions are written, as a code such as ``en`` or a name.
    converter : tuple of str
        ``.SUFFIX=NAME``, or ``NAME`` for all files.
    skip_unreadable : bool
        Leave out documents that can't be read, instead of refusing them.
    chunk_size : int
        The longest chunk that a model is shown, in `chunk_unit`.
    chunk_unit : str
        ``characters``, or the path or id of a tokenizer whose tokens count.
    mcq_per_chunk, open_per_chunk : int
        How many items are asked for with each chunk.
    split_by : {"document", "passage"}
        What stays on one side.
    shares : tuple of float
        Of training, selection and test.
    limit : int, optional
        Use only so many chunks, drawn under the seed.
    seed : int
        Of splits, of the order of options, of what is taken out, and of sampling.
    max_tokens : int, optional
        The most tokens of a reply.
    temperature : float, optional
        0 is greedy decoding.

    Raises
    ------
    UserError
        If a value is out of its range.
    """

    name: str
    title: str = ""
    licence: str = LICENCE
    language: str = "en"
    converter: tuple[str, ...] = ()
    skip_unreadable: bool = False
    chunk_size: int = 6000
    chunk_unit: str = CHARACTERS
    mcq_per_chunk: int = 3
    open_per_chunk: int = 3
    split_by: SplitBy = "document"
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    limit: int | None = None
    seed: int = 0
    max_tokens: int | None = None
    temperature: float | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME, self.name):
            raise UserError(
                f"the name of a pack has lower-case letters, digits, dots and hyphens only, but is {self.name!r}: "
                "give --name"
            )
        for name, low in {"chunk_size": 1, "mcq_per_chunk": 0, "open_per_chunk": 0, "limit": 1}.items():
            value = getattr(self, name)
            if value is not None and value < low:
                raise UserError(f"{name} must be at least {low}, but is {value}")
        if not self.kinds:
            raise UserError("there is nothing to write: mcq_per_chunk and open_per_chunk are both 0")

    @property
    def kinds(self) -> dict[Kind, int]:
        """The kinds of items that are written, with the number for each chunk."""
        wanted: dict[Kind, int] = {"mcq": self.mcq_per_chunk, "open": self.open_per_chunk}
        return {kind: wanted[kind] for kind in KINDS if wanted[kind]}

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
