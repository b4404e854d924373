"""What a pack and a task say of themselves, as read from their YAML."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

NAME = r"^[a-z0-9][a-z0-9._-]*$"


class Card(BaseModel):
    """A YAML mapping in which an unknown name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DomainCard(Card):
    """``domain.yaml``: what a pack is, and what its parts are called."""

    domain: str = Field(pattern=NAME, description="the name before the slash in a task's name")
    title: str
    version: str
    licence: str
    language: str = "en"
    description: str = ""
    corpus: str | None = Field(None, description="folder of the Markdown documents")
    topics: dict[str, str] = Field(default_factory=dict, description="topic to its title; items name these")


class PromptCard(Card):
    """Prompt templates of a task; what is left out is the task type's own."""

    system: str | None = None
    user: str | None = Field(None, description="asks the question")
    cloze: str | None = Field(None, description="multiple choice: asks without showing the options")


class GenerationCard(Card):
    """How answers to a task are generated unless the user says otherwise."""

    max_tokens: int = Field(512, ge=1)
    temperature: float = Field(0.0, ge=0)


class TaskCard(Card):
    """A task's YAML: its data, its type, its prompts, and how it came to be."""

    task: str = Field(pattern=NAME, description="the name after the slash")
    title: str
    version: int = Field(ge=1, description="raised when data or prompt change; results of versions never mix")
    type: str = Field(description="how it is asked and scored, such as multiple_choice or open")
    description: str
    data: str | None = Field(None, description="JSONL or CSV file beside this one")
    source: str | None = Field(None, description="in place of data: what makes the samples, as in ecg_bench.sources")
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="of the source; what it needs beside them is the user's to give"
    )
    fewshot: str | None = Field(None, description="worked examples, none of which is scored")
    fields: dict[str, str | list[str]] = Field(
        default_factory=dict, description="our name of a field to the column (or columns) of the data that hold it"
    )
    options: int = Field(4, ge=2, le=26, description="multiple choice: how many options each item has")
    labels: str | list[str] | None = Field(
        None, description="labels: a family of SCP statements, such as superdiag, or the codes themselves"
    )
    form: Literal["set", "yes_no"] = Field(
        "set", description="labels: all that are true in one answer, or a yes or no for each"
    )
    passages: Literal["any", "core"] = Field("any", description="which documents the items may stem from")
    proof: Literal["none", "required"] = Field(
        "none", description="required: each item holds its computation, or two sources of different publishers"
    )
    prompt: PromptCard = PromptCard()
    generation: GenerationCard = GenerationCard()
    main_metric: str | None = None
    split: Literal["reported", "selection"] = Field(
        "reported", description="selection: for choosing settings, and never reported beside them"
    )
    made: str = Field("", description="how the items were written")
    verified: str = Field("", description="how the keys or references were verified, and what was not done")

    @model_validator(mode="after")
    def _one_origin(self) -> TaskCard:
        if (self.data is None) == (self.source is None):
            raise ValueError("a task has either 'data', a file, or 'source', which makes its samples")
        if self.arguments and self.source is None:
            raise ValueError("'arguments' are those of a 'source', and there is none")
        return self
