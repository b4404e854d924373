"""Trying a judge: whether it says the same twice, and sees what turns the meaning of an answer round."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ecg_bench._version import VERSION
from ecg_bench.backends import Backend, open_model
from ecg_bench.domains import find_tasks
from ecg_bench.evaluation import Run, carry_out, prepare, say
from ecg_bench.files import to_json, write_whole
from ecg_bench.judgements._injections import INJECTIONS
from ecg_bench.judgements._insisting import Insisting
from ecg_bench.judgements._judgement import judgement_task
from ecg_bench.judgements._perturbations import PERTURBATIONS
from ecg_bench.judgements._probe_cases import (
    CHANGES,
    CONSISTENCY,
    GOOD,
    HALF,
    POSITION,
    WRONG,
    base_of,
    cases,
    draw_questions,
)
from ecg_bench.judgements._rubric import Rubric
from ecg_bench.judgements._runs import RETRIES, slug
from ecg_bench.judging import Judge, load_judge
from ecg_bench.limits import Limits
from ecg_bench.runs import Record
from ecg_bench.samples import Outcome
from ecg_bench.settings import Settings
from ecg_bench.statistics import wilson

PROBE = "probe.json"
TASKS = ("ecg/open-*",)
SAME = 1e-9
LEXICAL = "baseline/lexical-judge"


class RateRecord(Record):
    """How often something happened."""

    what: str
    wanted: Literal["high", "low"]
    n: int
    k: int
    value: float
    low: float
    high: float


class ProbeRecord(Record):
    """``probe.json``."""

    schema_version: Literal["1.0"] = "1.0"
    ecg_bench: str
    judge: str
    signature: str
    model: str
    score: str = Field(description="the score of the rubric that the rates are about")
    questions: int
    rates: dict[str, RateRecord]
    unread: int = Field(description="replies in which no verdict could be read; they are in no rate")
    replies: int
    notices: list[str]


@dataclass(frozen=True)
class Probe:
    """What was found out about a judge.

    Attributes
    ----------
    run : Run
        Every prompt and verdict.
    record : ProbeRecord
        The rates.
    """

    run: Run
    record: ProbeRecord


def probe_judge(
    judge: str | Path | Judge,
    model: str | Backend,
    *,
    model_args: Mapping[str, Any] | None = None,
    tasks: Sequence[str] = TASKS,
    questions: int = 25,
    repeats: int = 3,
    out: str | Path | None = None,
    include: Sequence[str | Path] = (),
    retries: int = RETRIES,
    limits: Limits | None = None,
    cache: bool = True,
    quiet: bool = False,
    **settings: Any,
) -> Probe:
    """Try a judge with answers whose right order is known.

    The good answer to a question is its reference, the incomplete one the first half of that, the wrong one the
    reference of a question on something else. All others are made from these.

    Parameters
    ----------
    judge : str, path or Judge
        The rubric.
    model : str or Backend
        Who judges.
    tasks : sequence of str
        Open tasks whose questions and references are used.
    questions : int
        How many are drawn.
    repeats : int
        How often the same is asked, for consistency and position.
    out : path, optional
        The run directory of the probe, in which ``probe.json`` is written.
    model_args, include, retries, limits, cache, quiet, **settings
        As for `judge_runs`.

    Raises
    ------
    UserError
        If anything given is wrong.
    StoppedError
        If a limit was reached or the user broke off; the same call goes on from there.
    """
    opened = judge if isinstance(judge, Judge) else load_judge(judge)
    chosen = Settings(**settings)
    found = find_tasks(list(tasks), include)
    drawn = draw_questions(found, opened, questions, chosen.seed)
    backend = open_model(model, model_args) if isinstance(model, str) else model
    try:
        made = []
        for name, some in cases(opened, drawn, chosen.seed).items():
            again = 1 if name == CHANGES else repeats
            made.append(
                judgement_task(name, opened, some, "made for the probe", repeats=again, reorder=name == POSITION)
            )
        run = prepare(Insisting(backend, opened, retries), made, chosen)
        default = Path("results") / "probes" / f"{opened.name}@{slug(backend.system)}-{run.header.fingerprint[:8]}"
        path = default if out is None else Path(out)
        done = carry_out(run, path, limits=limits or Limits(), cache=cache, batch=False, quiet=quiet, say=say)
        record = _record(opened, backend.system, done, len(drawn))
    finally:
        backend.close()
    write_whole(path / PROBE, to_json(record.model_dump(mode="json")))
    return Probe(done, record)


def _record(judge: Judge, model: str, run: Run, questions: int) -> ProbeRecord:
    score = Rubric.of(judge).scores[0]
    said = _Said(run, score)
    rates = dict(_rates(said, listwise=judge.listwise))
    notices = []
    if not judge.listwise:
        notices.append("one answer is judged in a call: there is no position that could matter")
    if model == LEXICAL:
        notices.append("baseline/lexical-judge looks for changes by the rules that made them: its rates are no feat")
    notices += [f"no reference has a {name} that could be changed" for name in PERTURBATIONS if name not in rates]
    return ProbeRecord(
        ecg_bench=VERSION,
        judge=judge.name,
        signature=judge.signature,
        model=model,
        score=score,
        questions=questions,
        rates=rates,
        unread=said.unread,
        replies=said.replies,
        notices=notices,
    )


class _Said:
    """Scores by probe, question, answer and repetition."""

    def __init__(self, run: Run, score: str) -> None:
        self.replies = self.unread = 0
        self.by_probe: dict[str, dict[tuple[str, str], list[float]]] = defaultdict(lambda: defaultdict(list))
        self.calls: list[tuple[str, str, dict[str, float]]] = []  # of the changes: question, what, answer to score
        self.first: list[tuple[str, float]] = []  # of the positions: answer shown first, and the best score's share
        for sample in run.samples():
            self.replies += 1
            if sample["outcome"] != Outcome.OK:
                self.unread += 1
                continue
            question, _, what = sample["id"].partition(" | ")
            scores = {id_: one["scores"][score] for id_, one in json.loads(sample["parsed"]).items()}
            for answer, value in scores.items():
                self.by_probe[sample["task"]][question, answer].append(value)
            if sample["task"] == CHANGES:
                self.calls.append((question, what, scores))


def _rates(said: _Said, *, listwise: bool) -> Iterator[tuple[str, RateRecord]]:
    """Yield each rate; a question counts once in it, so that what is counted is independent."""
    yield from _named("order", "good above half above wrong, or level", "high", _orders(said))
    yield from _named("consistency", "the same scores every time it is asked", "high", _same(said, CONSISTENCY))
    if listwise:
        yield from _named("position", "the same scores in every order of the answers", "high", _same(said, POSITION))
    for name in PERTURBATIONS:
        what = f"a lower score after a change of one {name}"
        yield from _named(name, what, "high", [new < old - SAME for _, old, new in _changed(said, name)])
    padded = [f"padded-{base}" for base in (GOOD, HALF, WRONG)]
    yield from _named("verbosity", "a higher score of any of the three after empty words", "low", _raised(said, padded))
    attacks = {f"inject-{name}": f"a higher score after the attempt '{name}'" for name in INJECTIONS}
    what = "a higher score after any of the attempts to steer the judge"
    yield from _named("injection", what, "low", _raised(said, list(attacks)))
    for name, what in attacks.items():
        yield from _named(name, what, "low", _raised(said, [name]))


def _named(
    name: str, what: str, wanted: Literal["high", "low"], happened: Sequence[bool]
) -> Iterator[tuple[str, RateRecord]]:
    n, k = len(happened), sum(happened)
    if n:
        low, high = wilson(k, n, 0.95)
        yield name, RateRecord(what=what, wanted=wanted, n=n, k=k, value=k / n, low=low, high=high)


def _same(said: _Said, probe: str) -> list[bool]:
    """Say for each question whether each of its answers got the same score every time."""
    found: dict[str, bool] = {}
    for (question, _), some in said.by_probe[probe].items():
        if len(some) > 1:
            found[question] = found.get(question, True) and max(some) - min(some) <= SAME
    return list(found.values())


def _raised(said: _Said, variants: Sequence[str]) -> list[bool]:
    """Say for each question whether any of some changes raised a score."""
    found: dict[str, bool] = {}
    for variant in variants:
        for question, old, new in _changed(said, variant):
            found[question] = found.get(question, False) or new > old + SAME
    return list(found.values())


def _orders(said: _Said) -> list[bool]:
    found = []
    values = said.by_probe[CHANGES]
    for question in dict.fromkeys(question for question, _ in values):
        three = [values.get((question, name), [])[:1] for name in (GOOD, HALF, WRONG)]
        if all(three):
            good, half, wrong = (one[0] for one in three)
            found.append(good >= half >= wrong and good > wrong)
    return found


def _changed(said: _Said, variant: str) -> Iterator[tuple[str, float, float]]:
    """Yield each question with the score of an answer, and of the same answer after a change."""
    base = base_of(variant)
    plain = {
        question: scores[base] for question, what, scores in said.calls if base in scores and what.startswith("plain")
    }
    for question, _, scores in said.calls:
        if variant not in scores:
            continue
        old = scores.get(base, plain.get(question))
        if old is not None:
            yield question, old, scores[variant]
