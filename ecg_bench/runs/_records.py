"""The run contract: what ``run.json``, ``samples.jsonl`` and ``results.json`` hold.

These models are the published JSON Schema (``ecg-bench schema``); their version is raised when a field changes.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ecg_bench.samples import Outcome

SCHEMA_VERSION: Literal["1.4"] = "1.4"

Status = Literal["running", "interrupted", "complete"]


class Record(BaseModel):
    """A part of the contract: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SystemRecord(Record):
    """What is ranked, with all that is needed to build it again."""

    name: str = Field(description="the name on the leaderboard")
    provider: str
    model: str
    arguments: dict[str, Any]
    identity: dict[str, Any] = Field(description="revision or hashes of what answered")


class TaskRecord(Record):
    """A task as it was asked."""

    name: str
    title: str
    version: int
    type: str
    main_metric: str
    domain: dict[str, Any] = Field(description="name, version, licence and corpus hash of its pack; empty if ad hoc")
    made: str
    verified: str
    data_file: str
    source: str | None = Field(description="what made the samples, where they lie in no file beside the task")
    arguments: dict[str, Any] = Field(description="what the user gave to the source")
    data_sha256: str
    data_samples: int = Field(description="how many samples the data holds")
    samples: int = Field(description="how many of them were asked")
    repeats: int = Field(description="requests for each sample: permutations times epochs")
    prompt_sha256: str
    presentation: Literal["signal", "image", "features", "none", ""] = Field(
        description="as what the system was shown the ECGs; none in a control, empty where there are none"
    )
    disturbance: str = Field(description="how the ECGs were disturbed first; empty for not at all")
    trained_on: int = Field(description="samples whose ECGs the system was trained on, by its own card")
    max_tokens: int
    temperature: float


class SessionRecord(Record):
    """One process that worked on the run."""

    started: str
    finished: str | None
    asked: int
    limits: dict[str, Any] = Field(description="connections, rates, time and money that the session was given")
    stopped: str | None = Field(description="why it ended before everything was asked")


class TotalsRecord(Record):
    """What a run took, all sessions together."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = Field(description="of the input tokens, those in the provider's prompt cache")
    cache_write_tokens: int
    reasoning_tokens: int = Field(description="of the output tokens, those written before the answer")
    cost_usd: float | None = Field(description="null where the price of the model isn't known")
    from_cache: int = Field(description="responses taken from the response cache, neither asked nor paid for")
    retries: dict[str, int] = Field(description="failed attempts by cause")


class RunRecord(Record):
    """``run.json``."""

    schema_version: Literal["1.4"] = SCHEMA_VERSION
    ecg_bench: str
    fingerprint: str = Field(description="hash of the system, settings and tasks; equal when a run is repeated")
    status: Status
    system: SystemRecord
    settings: dict[str, Any]
    tasks: list[TaskRecord]
    outcomes: dict[str, int]
    totals: TotalsRecord | None = Field(description="of a complete run")
    notices: list[str]
    environment: dict[str, Any]
    sessions: list[SessionRecord]


class MessageRecord(Record):
    """One turn of a prompt."""

    role: str
    content: str


class RequestRecord(Record):
    """What was asked, as sent; what a retrieval system put at its head stands in the sample's ``context``."""

    mode: str
    messages: list[MessageRecord]
    options: list[str] = Field(description="in the order shown")
    order: str = Field(description="the order shown, as the letters that the options have in the data")
    prefill: str
    continuations: list[str]
    max_tokens: int
    temperature: float
    seed: int
    media: list[dict[str, str]]
    answer_schema: dict[str, Any] | None = Field(description="the JSON Schema that the answer had to fit")


class UsageRecord(Record):
    """Tokens read and written."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int


class LogprobRecord(Record):
    """A token of an answer, its log-probability in nats, and the likeliest tokens in its place."""

    token: str
    logprob: float
    top: list[tuple[str, float]]


class ExcerptRecord(Record):
    """A piece of a document that a retrieval system put before the question."""

    chunk: str
    document: str
    passage: str = Field(description="as a sample's group names it")
    first_line: int
    last_line: int
    rank: int = Field(description="1-based, in the order shown")
    retrieved: int = Field(description="its rank before reranking")
    score: float
    title: str
    heading: str
    text: str


class SampleRecord(Record):
    """One line of ``samples.jsonl``: a sample in one epoch under one order of its options."""

    task: str
    id: str
    index: int = Field(description="0-based position in the task's data")
    group: str
    topic: str
    difficulty: str
    question_type: str = Field(description="as the data say, else read from the question's words")
    epoch: int
    permutation: int
    request: RequestRecord
    output: str = Field(description="the raw answer")
    reasoning: str = Field(description="what was written before the answer, apart or in tags")
    loglikelihoods: list[float]
    logprobs: list[LogprobRecord] = Field(description="of the answer's tokens, where they were asked for")
    finish_reason: str | None
    model: str | None = Field(description="the model that answered, by the server's own account")
    parsed: str | None = Field(description="multiple choice: the letter as shown")
    target: str | None = Field(description="the right answer in the same terms")
    choice: int | None = Field(description="multiple choice: 0-based position in the data of the option chosen")
    outcome: Outcome
    scores: dict[str, float]
    usage: UsageRecord | None
    cost_usd: float | None = Field(description="null where the price of the model isn't known")
    cached: bool = Field(description="taken from the response cache")
    retries: list[str] = Field(description="the cause of each failed attempt before this one")
    latency_s: float
    error: str | None
    clean: bool | None = Field(
        None,
        description="of records of public data sets only: whether it is for testing in every set that is known to hold "
        "it",
    )
    context: list[ExcerptRecord] | None = Field(
        None,
        description="of retrieval systems only: what was put at the head of the last message, empty where nothing "
        "was found",
    )


class EstimateRecord(Record):
    """A value with its interval and the way to compute it again."""

    value: float
    low: float
    high: float
    method: str
    confidence: float
    n: float = Field(description="the denominator")
    signature: str


class BoundsRecord(Record):
    """Where the main metric would lie if the samples with errors had all been wrong, or all right."""

    worst: float
    best: float


class LabelRecord(Record):
    """One label of a task whose answers are sets of labels."""

    positives: int = Field(description="answers of which it is true")
    few: bool = Field(description="so few positives that its scores say little")
    metrics: dict[str, EstimateRecord] = Field(description="f1, precision, recall, specificity; those that exist")


class TaskResultRecord(Record):
    """The results of one task."""

    n: int = Field(description="requests in all: the denominator")
    samples: int
    repeats: int
    main_metric: str
    outcomes: dict[str, int]
    metrics: dict[str, EstimateRecord]
    bounds: BoundsRecord | None = Field(description="given where requests ended in errors")
    slices: dict[str, dict[str, dict[str, EstimateRecord]]] = Field(description="facet, value, metric")
    labels: dict[str, LabelRecord] = Field(
        default_factory=dict, description="of tasks whose answers are sets of labels: each label"
    )


class ResultsRecord(Record):
    """``results.json``."""

    schema_version: Literal["1.4"] = SCHEMA_VERSION
    system: str
    fingerprint: str
    tasks: dict[str, TaskResultRecord]


class ScoredTaskRecord(Record):
    """What a scoring says about one task."""

    n: int = Field(description="answers compared")
    metrics: dict[str, EstimateRecord]
    flags: dict[str, int] = Field(description="how many answers something is to be said about, by what it is")
    bounds: dict[str, BoundsRecord] = Field(
        default_factory=dict, description="of the metrics that some verdicts are missing for"
    )


class ScoringRecord(Record):
    """``scorings/NAME.json``: scores that were added to a run after it was made."""

    schema_version: Literal["1.4"] = SCHEMA_VERSION
    name: str
    kind: Literal["text metric", "judge"]
    ecg_bench: str
    fingerprint: str = Field(description="of the run")
    samples_sha256: str = Field(description="of samples.jsonl; the scores are of these answers and no others")
    made: str
    source: dict[str, Any] = Field(description="what scored: the metric's signature, or the judge and its model")
    tasks: dict[str, ScoredTaskRecord]
    notices: list[str]
