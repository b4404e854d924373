"""The full texts of some samples of a task, all systems together, as one part of a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecg_bench.reports._samples_judges import said
from ecg_bench.reports._samples_lines import lines_at
from ecg_bench.reports._samples_marks import fits, score
from ecg_bench.reports._samples_survey import SurveyedRun, TaskSurvey
from ecg_bench.reports._samples_words import Interned, Words, packed

# Columns of texts, in the order in which they are numbered; those of answers to one question stand side by side.
ANSWERS = ("request", "output", "parsed", "reasoning", "loglikelihoods", "error", "facts")
VERDICTS = ("outcome", "grades", "details", "output", "reasoning", "passage")
USAGE = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
NUMBERS = ("latency_s", "cost_usd", *USAGE)

Row = dict[str, Any]


def block(task: TaskSurvey, runs: Sequence[SurveyedRun], rows: Sequence[int], numbers: Sequence[int]) -> _Block:
    """Read some samples of a task from all runs.

    Parameters
    ----------
    task : TaskSurvey
        The task.
    runs : sequence of SurveyedRun
        As the survey numbers them.
    rows : sequence of int
        Which samples, as the survey numbers them.
    numbers : sequence of int
        What the page calls them.
    """
    made = _Block(numbers)
    for number, surveyed in enumerate(runs):
        wanted = [
            (place, position, track_number)
            for track_number, (key, track) in enumerate(task.tracks.items())
            if key.run == number
            for position, row in enumerate(rows)
            if (place := track.places.get(row)) >= 0
        ]
        wanted.sort()
        samples = list(lines_at(surveyed.path, (place for place, _, _ in wanted)))
        tracks = list(task.tracks.values())
        for (_, position, track_number), sample in zip(wanted, samples, strict=True):
            marks = tracks[track_number].marks.get(rows[position], ())
            made.add(position, track_number, sample, [_mark(one, sample) for one in marks])
        for verdicts in surveyed.verdicts:
            asked = [
                (place, (position, track_number))
                for (_, position, track_number), sample in zip(wanted, samples, strict=True)
                for place in verdicts.offsets(sample)
            ]
            asked.sort()
            for (_, key), reply in zip(asked, lines_at(verdicts.path, (place for place, _ in asked)), strict=True):
                made.judge(key, verdicts.judge, reply, verdicts.system)
    return made


class _Block:
    """Answers to some samples, with what was said of them."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._rows = list(numbers)
        self._answers: dict[tuple[int, int], Row] = {}
        self._judges: dict[str, int] = {}

    def add(self, position: int, track: int, sample: Mapping[str, Any], marks: Sequence[str]) -> None:
        """Add an answer, a line of ``samples.jsonl``, with its marks."""
        usage = sample["usage"] or {}
        request = sample["request"]
        self._answers[position, track] = {
            "row": position,
            "track": track,
            "request": _json({**_asked(request), "target": sample["target"]}),
            "output": sample["output"],
            "parsed": "" if request["options"] else sample["parsed"] or "",
            "reasoning": sample["reasoning"],
            "loglikelihoods": _json(sample["loglikelihoods"]) if sample["loglikelihoods"] else "",
            "error": sample["error"] or "",
            "facts": _json(_facts(sample)),
            "latency_s": _rounded(sample["latency_s"], 3),
            "cost_usd": _rounded(sample["cost_usd"], 4),
            **{name: usage.get(name) for name in USAGE},
            "verdicts": [],
            "marks": marks,
        }

    def judge(self, answer: tuple[int, int], judge: str, reply: dict[str, Any], system: str) -> None:
        """Add what a judge said of an answer."""
        one = said(reply, system)
        row = {
            "judge": self._judges.setdefault(judge, len(self._judges)),
            "outcome": one.outcome,
            "grades": _json({"levels": one.levels, "scores": one.scores}),
            "details": _json(one.details),
            "output": one.output,
            "reasoning": one.reasoning,
            "passage": one.passage,
        }
        self._answers[answer]["verdicts"].append(row)

    def packed(self, words: Words) -> str:
        """Return the block as printable text."""
        answers = [self._answers[key] for key in sorted(self._answers)]
        verdicts = [{"answer": n, **one} for n, answer in enumerate(answers) for one in answer["verdicts"]]
        marks = [{"answer": n, "mark": one} for n, answer in enumerate(answers) for one in answer["marks"]]
        texts = Interned()
        header = {
            "rows": self._rows,
            "judges": list(self._judges),
            "answers": _columns(texts, answers, ("row", "track", *NUMBERS), ANSWERS),
            "verdicts": _columns(texts, verdicts, ("answer", "judge"), VERDICTS),
            "marks": _columns(texts, marks, ("answer",), ("mark",)),
        }
        return packed(header, words.encode(texts.texts))


def _columns(texts: Interned, rows: Sequence[Row], numbers: Iterable[str], names: Iterable[str]) -> dict[str, Any]:
    """Return rows as columns of numbers, and columns of texts by their numbers in the block."""
    return {
        "numbers": {name: [row[name] for row in rows] for name in numbers},
        "texts": [[name, texts.column(row[name] for row in rows)] for name in names],
    }


def _asked(request: Mapping[str, Any]) -> Row:
    """Return what systems mostly share of a request; what is empty is left out."""
    names = ("messages", "options", "order", "prefill", "continuations", "media", "answer_schema")
    return {name: request[name] for name in names if request[name]}


def _facts(sample: Mapping[str, Any]) -> Row:
    """Return what mostly is the same in all answers of a run."""
    request = sample["request"]
    settings = {name: request[name] for name in ("mode", "max_tokens", "temperature", "seed")}
    return settings | {name: sample[name] for name in ("finish_reason", "model", "cached", "retries")}


def _mark(rating: Any, sample: dict[str, Any]) -> str:
    value = score(rating)
    return _json(
        {
            "rater": rating.rater,
            "source": rating.source,
            "criterion": rating.criterion,
            "levels": rating.levels,
            "score": None if value is None else round(value, 6),
            "comment": rating.comment,
            "time": rating.time,
            "repeat": rating.repeat,
            "fits": fits(rating, sample),
        }
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
