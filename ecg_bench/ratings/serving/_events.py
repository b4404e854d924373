"""What a rater did, as the page sends it, and what the answer then has."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ecg_bench.errors import UserError

COMMENT = 10_000  # characters
BATCH = 50  # events in one request
NAME = 60  # characters of a rater's name
WAITED = 30 * 24 * 3600 * 1000  # milliseconds that an event may have waited in the browser for the server

Kind = Literal["mark", "skip", "comment", "undo"]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


def whole(text: str) -> str:
    """Return a text in which halves of characters are replaced, so that it can be written as UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean(text: str) -> str:
    r"""Return a text that every reader of tables takes: with lines that end in \n, and without NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


Text = Annotated[str, Field(max_length=COMMENT), AfterValidator(clean)]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a rater has said of an answer.

    Parameters
    ----------
    levels : tuple of str
        The levels held to be defensible, from the worst to the best.
    skipped : bool
        Whether the rater can't judge it.
    comment : str
        What was written.
    """

    levels: tuple[str, ...] = ()
    skipped: bool = False
    comment: str = ""

    @property
    def says_something(self) -> bool:
        """Whether it is worth a row of the table."""
        return bool(self.levels or self.skipped or self.comment)


class Event(BaseModel):
    """One key press: what the answer at `position` has after it.

    It holds the whole mark and not the difference, so that events sent twice, or long after, do no harm.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: Id
    step: Id = Field(description="what one undo takes back; of an undo, what it takes back")
    kind: Kind
    position: int = Field(ge=1)
    levels: list[int] = Field(max_length=20, description="places on the scale, from 0")
    skipped: bool
    comment: Text
    waited_ms: int = Field(0, ge=0, le=WAITED, description="how long ago the key was pressed")

    @model_validator(mode="after")
    def _one_of_both(self) -> Event:
        if self.skipped and self.levels:
            raise ValueError("an answer that can't be judged has no level")
        if len(set(self.levels)) < len(self.levels) or any(level < 0 for level in self.levels):
            raise ValueError("levels are places on the scale, each at most once")
        return self


class Sending(BaseModel):
    """What the page sends: some events of one rater."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    study: str
    rater: str
    events: list[Event] = Field(max_length=BATCH)


class Entering(BaseModel):
    """What the page sends to begin."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    rater: str


def name_of(text: str) -> str:
    """Return a rater's name with single blanks and composed letters.

    Raises
    ------
    UserError
        If it is empty, too long, or holds characters that can't be seen.
    """
    name = " ".join(unicodedata.normalize("NFC", clean(text)).split())
    if not name:
        raise UserError("a rater needs a name")
    if len(name) > NAME:
        raise UserError(f"a rater's name has at most {NAME} characters")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") for letter in name):
        raise UserError("a rater's name must have letters that can be seen")
    return name
