"""What keeps systems from being ranked together, or should be known where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecg_bench.boards._records import MarkRecord
from ecg_bench.boards._rows import Row
from ecg_bench.runs import TaskRecord
from ecg_bench.samples import Outcome

MANY_UNREAD = 0.1  # share of answers that are there and can't be scored
MANY_ERRORS = 0.02  # share of requests that the model never answered
SHOWN = 6


@dataclass(frozen=True)
class Guards:
    """What was found about the systems of one task.

    Attributes
    ----------
    marks : tuple of MarkRecord
        For the reader.
    unranked : frozenset of str
        Systems that stand beside the others without a rank.
    """

    marks: tuple[MarkRecord, ...]
    unranked: frozenset[str]


def guard(task: str, rows: Sequence[Row], *, rank_all: bool) -> Guards:
    """Find out which systems of a task can be compared.

    Systems are ranked together if they answered the same samples of the same data under the same prompt and mode, and
    saw the ECGs disturbed in the same way if at all. Where
    they did not, the larger group is ranked, of equal groups the one with more samples, and then the first; the others
    are marked. So are systems with too many answers that can't be read or that the model never gave.

    Parameters
    ----------
    task : str
        The task.
    rows : sequence of Row
        The systems that have it.
    rank_all : bool
        Whether to rank all of them regardless, marked all the same.
    """
    marks = [
        *_differing(task, rows, rank_all=rank_all),
        *_unread(task, rows, rank_all=rank_all),
        *_presentations(task, rows),
        *_trained_on(task, rows),
        *_repeats(task, rows),
        *_bounds(task, rows),
    ]
    unranked = frozenset(name for mark in marks if mark.unranked for name in mark.systems)
    return Guards(tuple(marks), unranked)


def _differing(task: str, rows: Sequence[Row], *, rank_all: bool) -> Iterator[MarkRecord]:
    kept = list(rows)
    for code, what, key in _CHECKS:
        keys = {row.name: key(row, task) for row in rows}
        main = _largest([keys[row.name] for row in kept], [_samples(row, task) for row in kept])
        others = [row for row in kept if keys[row.name] != main]
        kept = [row for row in kept if keys[row.name] == main]
        if others:
            than = f"the {len(kept)} systems" if len(kept) > 1 else kept[0].name
            ranked = (
                "ranked together because it was asked for"
                if rank_all
                else "not ranked with them (--rank-all ranks all)"
            )
            yield MarkRecord(
                code=code,
                # Data that differ can be lined up by the samples' names alone: even a rank asked for is doubtful.
                severity="serious" if code == "OTHER_DATA" else "caution",
                message=f"{task}: {_names(others)} {_were(others)} asked {what} than {than}; {ranked}",
                systems=[row.name for row in others],
                layer=task,
                unranked=not rank_all,
            )


def _record(row: Row, task: str) -> TaskRecord:
    return next(record for record in row.on(task)[0].header.tasks if record.name == task)


def _data(row: Row, task: str) -> Hashable:
    return _record(row, task).data_sha256


def _prompt(row: Row, task: str) -> Hashable:
    return (_record(row, task).prompt_sha256, row.on(task)[0].header.settings["num_fewshot"])


def _mode(row: Row, task: str) -> Hashable:
    settings = row.on(task)[0].header.settings
    return (str(settings["mode"]), settings["score_by"] if settings["mode"] == "loglikelihood" else "")


def _disturbance(row: Row, task: str) -> Hashable:
    return _record(row, task).disturbance


def _which(row: Row, task: str) -> Hashable:
    return np.unique(np.concatenate([run.scores[task].index for run in row.on(task)])).tobytes()


_CHECKS: tuple[tuple[str, str, Callable[[Row, str], Hashable]], ...] = (
    ("OTHER_DATA", "other data", _data),
    ("OTHER_PROMPT", "with another prompt or other examples", _prompt),
    ("OTHER_DISTURBANCE", "ECGs disturbed otherwise", _disturbance),
    ("OTHER_MODE", "in another mode", _mode),
    ("OTHER_SAMPLES", "other samples", _which),
)


def _samples(row: Row, task: str) -> int:
    return row.on(task)[0].results.tasks[task].samples


def _largest(keys: Sequence[Hashable], samples: Sequence[int]) -> Hashable:
    counts = Counter(keys)
    most = {key: max(n for one, n in zip(keys, samples, strict=True) if one == key) for key in counts}
    return max(counts, key=lambda key: (counts[key], most[key], -keys.index(key)))


def _unread(task: str, rows: Sequence[Row], *, rank_all: bool) -> Iterator[MarkRecord]:
    for code, share, most, what in (
        ("MANY_ERRORS", _error_rate, MANY_ERRORS, "requests that ended in errors"),
        ("MANY_UNREAD", _unread_rate, MANY_UNREAD, "answers that could not be scored"),
    ):
        found = [(row, share(outcomes_of(row, task))) for row in rows]
        some = [(row, rate) for row, rate in found if rate > most]
        if some:
            yield MarkRecord(
                code=code,
                severity="serious",
                message=f"{task}: more than {most:.0%} {what}: "
                + ", ".join(f"{row.name} {rate:.1%}" for row, rate in some[:SHOWN])
                + (f" and {len(some) - SHOWN} more" if len(some) > SHOWN else "")
                + ("" if rank_all else "; not ranked (--rank-all ranks all)"),
                systems=[row.name for row, _ in some],
                layer=task,
                unranked=not rank_all,
            )


def outcomes_of(row: Row, task: str) -> dict[str, int]:
    """Return how every answer of a system to a task ended, over all its runs."""
    found: Counter[str] = Counter()
    for run in row.on(task):
        found.update(run.results.tasks[task].outcomes)
    return {str(outcome): found[str(outcome)] for outcome in Outcome}


def _error_rate(outcomes: Mapping[str, int]) -> float:
    return outcomes[Outcome.ERROR] / max(1, sum(outcomes.values()))


def _unread_rate(outcomes: Mapping[str, int]) -> float:
    total = sum(outcomes.values())
    return (total - outcomes[Outcome.OK] - outcomes[Outcome.ERROR]) / max(1, total)


def _presentations(task: str, rows: Sequence[Row]) -> Iterator[MarkRecord]:
    """Say as what the systems were shown the ECGs, where that differs; it is a part of a system, and keeps none apart.

    A control that saw no ECG is ranked with the others: what it can't be told from answers from the question alone.
    """
    shown = {row.name: _record(row, task).presentation for row in rows}
    if len(set(shown.values())) > 1:
        words = {"none": "no ECG (a control)", "": "nothing"}
        yield MarkRecord(
            code="OTHER_PRESENTATION",
            severity="caution",
            message=f"{task}: what each system was shown of the ECG: "
            + ", ".join(f"{name} {words.get(how, how)}" for name, how in shown.items()),
            systems=[name for name, how in shown.items() if how == "none"],
            layer=task,
        )


def _trained_on(task: str, rows: Sequence[Row]) -> Iterator[MarkRecord]:
    """Say which systems were trained on what they are asked about, by their own cards."""
    for row in rows:
        record = _record(row, task)
        if record.trained_on:
            yield MarkRecord(
                code="TRAINED_ON",
                severity="serious",
                message=f"{task}: {row.name} was trained on the ECGs of {record.trained_on} of its {record.samples} "
                "samples, by its own card",
                systems=[row.name],
                layer=task,
            )


def _repeats(task: str, rows: Sequence[Row]) -> Iterator[MarkRecord]:
    """Say where systems differ in what doesn't keep them apart."""
    repeats = {row.name: sum(run.results.tasks[task].repeats for run in row.on(task)) for row in rows}
    if len(set(repeats.values())) > 1:
        yield MarkRecord(
            code="OTHER_REPEATS",
            severity="note",
            message=f"{task}: answers to each sample: "
            + ", ".join(f"{name} {n}" for name, n in repeats.items())
            + "; they are averaged by sample, and none counts as a further sample",
            layer=task,
        )
    tokens = {row.name: _record(row, task).max_tokens for row in rows}
    if len(set(tokens.values())) > 1:
        yield MarkRecord(
            code="OTHER_TOKENS",
            severity="caution",
            message=f"{task}: the most tokens of an answer: " + ", ".join(f"{name} {n}" for name, n in tokens.items()),
            layer=task,
        )


def _bounds(task: str, rows: Sequence[Row]) -> Iterator[MarkRecord]:
    """Say between what values a system lies whose requests ended in errors."""
    for row in rows:
        for run in row.on(task):
            result = run.results.tasks[task]
            if result.bounds is not None:
                low, high = result.bounds.worst, result.bounds.best
                yield MarkRecord(
                    code="ERRORS",
                    severity="caution",
                    message=f"{task}: {row.name}: {result.outcomes[Outcome.ERROR]} requests ended in errors, which "
                    f"count as wrong: the value lies between {low:.3f} and {high:.3f}",
                    systems=[row.name],
                    layer=task,
                )


def _names(rows: Sequence[Row]) -> str:
    names = [row.name for row in rows]
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _were(rows: Sequence[Row]) -> str:
    return "was" if len(rows) == 1 else "were"
