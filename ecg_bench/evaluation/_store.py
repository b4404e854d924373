"""From an answer to a line of the journal: read, scored, stored, and shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from ecg_bench.evaluation._prepare import Work
from ecg_bench.evaluation._progress import Progress
from ecg_bench.question_types import question_type
from ecg_bench.reasoning import split_reasoning
from ecg_bench.redaction import redact
from ecg_bench.runs import (
    ExcerptRecord,
    Journal,
    LogprobRecord,
    MessageRecord,
    RequestRecord,
    SampleRecord,
    UsageRecord,
)
from ecg_bench.samples import Media, Outcome, Request, Response, Sample, Scored, Usage


class Store:
    """Scores answers, writes them to the journal, and shows how it goes."""

    def __init__(self, journal: Journal, bar: Progress, cost_of: Callable[[Response], float | None]) -> None:
        self._journal = journal
        self._bar = bar
        self._cost_of = cost_of
        self._right = 0.0
        self._asked = 0

    def __call__(self, answered: Sequence[tuple[Work, Response]]) -> None:
        lines = []
        for work, response in answered:
            scored = _scored(work, response)
            self._right += scored.scores.get(work.planned.main_metric, scored.outcome is Outcome.OK)
            record = _record(work, response, scored, self._cost_of(response))
            # Only retrieval systems have a context, and only public records are clean or not.
            left_out = {name for name in ("context", "clean") if getattr(record, name) is None}
            lines.append(record.model_dump_json(exclude=left_out).encode() + b"\n")
        self._journal.append(lines)
        self._asked += len(lines)
        self._bar.advance(len(lines), self._right / self._asked)


def _scored(work: Work, response: Response) -> Scored:
    plan = work.planned.plan
    if response.error is None:
        return plan.score(work.sample, work.request, response)
    target = plan.target(work.sample, work.request)
    return Scored(Outcome.ERROR, target=target, scores=dict.fromkeys(plan.metrics, 0.0))


def _record(work: Work, response: Response, scored: Scored, cost: float | None) -> SampleRecord:
    sample, request, usage = work.sample, work.request, response.usage
    return SampleRecord(
        task=request.task,
        id=sample.id,
        index=sample.index,
        group=sample.group,
        topic=sample.topic,
        difficulty=sample.difficulty,
        question_type=sample.type or question_type(sample.question, sample.options),
        epoch=request.epoch,
        permutation=request.permutation,
        request=_request_record(request),
        output=response.text,
        reasoning=response.reasoning or split_reasoning(response.text)[0],
        loglikelihoods=list(response.loglikelihoods),
        logprobs=[LogprobRecord(token=one.token, logprob=one.logprob, top=list(one.top)) for one in response.logprobs],
        finish_reason=response.finish_reason,
        model=response.model,
        parsed=scored.parsed,
        target=scored.target,
        choice=scored.choice,
        outcome=scored.outcome,
        scores=dict(scored.scores),
        usage=None if usage is None else _usage_record(usage),
        cost_usd=cost,
        cached=response.cached,
        retries=list(response.retries),
        latency_s=response.latency_s,
        clean=_clean(sample),
        error=None if response.error is None else redact(response.error),
        context=None if response.context is None else [ExcerptRecord(**asdict(one)) for one in response.context],
    )


def _usage_record(usage: Usage) -> UsageRecord:
    return UsageRecord(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


def _request_record(request: Request) -> RequestRecord:
    return RequestRecord(
        mode=request.mode,
        messages=[MessageRecord(role=message.role, content=message.content) for message in request.messages],
        options=list(request.options),
        order=request.order,
        prefill=request.prefill,
        continuations=list(request.continuations),
        max_tokens=request.params.max_tokens,
        temperature=request.params.temperature,
        seed=request.params.seed,
        media=[_media_record(media) for media in request.media],
        answer_schema=None if request.schema is None else dict(request.schema),
    )


def _media_record(media: Media) -> dict[str, str]:
    record = {"kind": media.kind, "path": media.path}
    if media.disturbance:
        record |= {"disturbance": media.disturbance, "seed": str(media.seed)}
    return record


def _clean(sample: Sample) -> bool | None:
    """Return whether a sample is in no training split; None where not every split that counts is known."""
    fields = sample.fields
    return bool(fields["clean"]) if {"fold", "ecgqa_split", "clean"} <= fields.keys() else None
