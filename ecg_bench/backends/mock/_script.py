"""The YAML file that scripts a model."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ecg_bench.cards import Card
from ecg_bench.samples import FinishReason

OVERLOADED = frozenset({"429", "529"})


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _spread(value: Any) -> Any:
    return {"min": value, "max": value} if isinstance(value, int | float) else value


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return value


def _chooses(value: str) -> str:
    if value in ("first", "last", "longest", "random") or re.fullmatch("[A-Z]", value):
        return value
    raise ValueError(f"must be first, last, longest, random or a letter such as B, but is {value!r}")


class Latency(Card):
    """Seconds that an answer takes; drawn evenly between both under the run's seed."""

    min: float = Field(ge=0)
    max: float = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min is {self.min:g}, which is above max, {self.max:g}")
        return self


class Tokens(Card):
    """Tokens that an answer says it took."""

    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    cached_tokens: int = Field(0, ge=0)
    cache_write_tokens: int = Field(0, ge=0)
    reasoning_tokens: int = Field(0, ge=0)


Seconds = Annotated[Latency, BeforeValidator(_spread)]


class Answer(Card):
    """What comes back: exactly one of a text, a choice among the options, or an error."""

    text: Annotated[tuple[str, ...] | None, BeforeValidator(_listed)] = Field(None, min_length=1)
    choice: Annotated[str, AfterValidator(_chooses)] | None = None
    error: str | None = None
    finish_reason: FinishReason = "stop"
    reasoning: str = ""
    usage: Tokens | None = None
    latency_s: Seconds | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if [self.text, self.choice, self.error].count(None) != 2:
            raise ValueError("needs exactly one of text, choice and error")
        return self


class Rule(Answer):
    """An answer to the requests that fit all its conditions."""

    task: str | None = Field(None, description="wildcard for the task's name")
    id: str | None = Field(None, description="wildcard for the sample's id")
    question: Annotated[str, AfterValidator(_compiles)] | None = Field(
        None, description="regular expression to be found in the question"
    )

    @model_validator(mode="after")
    def _conditional(self) -> Self:
        if self.task is None and self.id is None and self.question is None:
            raise ValueError("needs a task, an id or a question; what answers everything else is the default")
        return self


class Fault(Card):
    """What befalls a share of the requests, drawn under the run's seed."""

    share: float = Field(gt=0, le=1)
    cause: str | None = Field(None, description="of a passing fault, such as '429', '503' or 'timeout'")
    retry_after: float | None = Field(None, ge=0, description="seconds that the engine is told to wait")
    times: int = Field(1, ge=1, description="how many attempts fail before one succeeds")
    error: str | None = Field(None, description="of a request that is refused for good")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.cause is None) == (self.error is None):
            raise ValueError("needs either a cause, for a passing fault, or an error, for one that stays")
        return self


class Script(Card):
    """The whole file."""

    answers: tuple[Rule, ...] = ()
    default: Answer = Answer(choice="random")
    latency_s: Seconds = Latency(min=0, max=0)
    faults: tuple[Fault, ...] = ()
    concurrency: int = Field(64, ge=1)
    cache: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = sum(fault.share for fault in self.faults)
        if total > 1 + 1e-9:
            raise ValueError(f"the shares of the faults add up to {total:g}, which is above 1")
        return self

    @property
    def is_instant(self) -> bool:
        """Whether every request is answered at once and at the first attempt."""
        slow = any(answer.latency_s is not None for answer in (*self.answers, self.default))
        return self.latency_s.max == 0 and not slow and not self.faults
