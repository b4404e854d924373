"""What a judge says of itself, as read from its YAML."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ecg_bench.cards import NAME, Card

FIELD = r"^[a-z][a-z0-9_]*$"

Shown = Literal["required", "optional", "never"]
Protocol = Literal["single", "listwise"]
Kind = Literal["levels", "boolean", "number", "points", "ranking"]


class LevelCard(Card):
    """One level of a scale."""

    name: str = Field(min_length=1)
    value: float = Field(ge=0, le=1, description="the score that it stands for; 1 is best")
    description: str = ""


class CriterionCard(Card):
    """What an answer is judged by, and how the judge states it."""

    name: str = Field(pattern=FIELD, description="what its scores are called")
    kind: Kind = Field(
        description="levels, boolean (two levels), number, points (of the reference), ranking (listwise)"
    )
    field: str | None = Field(
        None, pattern=FIELD, description="what it is called in the verdict; its name if not given"
    )
    description: str
    levels: tuple[LevelCard, ...] = Field((), description="levels, boolean: from the worst to the best")
    minimum: int | None = Field(None, description="number: the worst")
    maximum: int | None = Field(None, description="number: the best; whole numbers in between")
    counts: Literal["for", "against"] | None = Field(
        None, description="points: whether the score is the share of key points listed, or of those not listed"
    )
    without_answer: float = Field(
        0.0, ge=0, le=1, description="the score of an answer that is empty, refused or could not be got"
    )


class NoteCard(Card):
    """A text that the judge writes beside its grades, before them."""

    name: str = Field(pattern=FIELD)
    description: str
    quote: bool = Field(False, description="must be copied from the answer, or be empty")


class ShownCard(Card):
    """What the judge sees beside the answers: always, where the item has it, or never."""

    question: Shown = "required"
    reference: Shown = "never"
    passage: Shown = "never"
    key_points: Shown = "never"


class JudgePromptCard(Card):
    """The prompt: how fields are fenced and what form the verdict has is said by ecg-bench, before and after it."""

    system: str = Field(description="may show the rubric; the same in all calls")
    user: str = Field(description="shows the item and the answer (or answers)")


class SuggestionCard(Card):
    """A model and the settings that the judge was made for; nothing asks it unless the user names it."""

    name: str
    temperature: float = Field(0.0, ge=0)
    max_tokens: int = Field(8192, ge=1, description="the reasoning of a reasoning model among them")


class JudgeCard(Card):
    """A judge's YAML: rubric, protocol, what is shown, prompt, and how it came to be."""

    judge: str = Field(pattern=NAME, description="its name")
    title: str
    version: int = Field(
        ge=1, description="raised when the rubric or the prompt change; verdicts of versions never mix"
    )
    description: str
    verified: str = Field(description="how prompt and rubric were checked, by whom, and what was not done")
    protocol: Protocol = Field(
        description="single: one answer in a call; listwise: all answers to a question in a call"
    )
    shown: ShownCard
    notes: tuple[NoteCard, ...] = ()
    rubric: tuple[CriterionCard, ...] = Field(min_length=1, description="the first is the one that judges go by")
    prompt: JudgePromptCard
    model: SuggestionCard
