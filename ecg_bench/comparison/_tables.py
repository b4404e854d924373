"""A comparison as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ecg_bench.comparison._records import (
    ChangesRecord,
    ComparisonRecord,
    DifferenceRecord,
    MetricRecord,
    SampleRecord,
    TaskRecord,
)
from ecg_bench.comparison._words import differences, ends, markdown, p_value, signed
from ecg_bench.runs import EstimateRecord
from ecg_bench.texts import defused, one_line

HEADINGS = ("task", "metric", "before", "after", "difference (95 % interval)", "p (Holm)", "fixed", "broken", "n")
SAMPLES = ("change", "sample", "topic", "score", "read as", "right answer", "outcome")


def row(task: TaskRecord, one: MetricRecord) -> list[str]:
    """Return the cells under `HEADINGS`."""
    difference, changes = one.difference, one.changes
    counted = [changes.fixed, changes.broken]
    if changes.fixed is None:
        counted = [changes.fell, changes.rose] if one.direction == "lower" else [changes.rose, changes.fell]
    words = ("higher", "lower") if one.direction == "none" else ("better", "worse")
    return [
        one_line(task.task),
        one_line(one.metric),
        _value(one.common_before, one.before),
        _value(one.common_after, one.after),
        f"{signed(difference.value)} ({ends(difference.low, difference.high)})",
        "not tested" if difference.p_holm is None else p_value(difference.p_holm),
        *(str(n) if changes.fixed is not None else f"{n} {word}" for n, word in zip(counted, words, strict=True)),
        str(difference.n),
    ]


def _value(common: float, whole: EstimateRecord) -> str:
    """Return the mean of the samples compared, with the run's own interval where these are all that it was asked."""
    same = abs(common - whole.value) < 1e-9  # both means were rounded in their own ways
    return f"{common:.3f} ({whole.low:.3f} to {whole.high:.3f})" if same else f"{common:.3f}"


def sample_row(one: SampleRecord) -> list[str]:
    """Return the cells under `SAMPLES`."""
    old, new = (
        (f"{answer.score:.3g}", *(_joined(texts) for texts in (answer.parsed, answer.target, answer.outcome)))
        for answer in (one.before, one.after)
    )
    return [
        one.change,
        one_line(one.id),
        one_line(one.topic),
        *(_changed(*pair) for pair in zip(old, new, strict=True)),
    ]


def _joined(texts: Sequence[str]) -> str:
    return " ".join(text or "-" for text in texts) if any(texts) else ""


def _changed(before: str, after: str) -> str:
    return one_line(before if before == after else f"{before or '-'} -> {after or '-'}")


def as_markdown(record: ComparisonRecord) -> str:
    """Return a comparison as Markdown."""
    parts = [f"# {markdown(record.before.system)} and {markdown(record.after.system)}\n"]
    parts.append(f"before: {markdown(record.before.run)}; after: {markdown(record.after.run)}\n")
    parts.append("\n".join(f"- {markdown(text)}" for text in differences(record)) + "\n")
    parts.append(_table(HEADINGS, [row(task, one) for task in record.tasks for one in task.metrics]))
    for task in record.tasks:
        parts.append(f"## {markdown(task.task)}: {markdown(task.title)}\n")
        said = [
            *(one.sentence for one in task.metrics),
            *(f"{m.metric}: {m.drivers}" for m in task.metrics if m.drivers),
        ]
        parts.append("\n".join(f"- {markdown(text)}" for text in [*said, *task.notes]) + "\n")
        for one in task.metrics:
            if one.samples:
                parts.append(f"### {markdown(one.metric)}, sample by sample\n")
                parts.append(_table(SAMPLES, [sample_row(sample) for sample in one.samples]))
    if record.conditions:
        parts.append("## Conditions\n")
        parts.append("\n".join(f"- {markdown(text)}" for text in _conditions(record)) + "\n")
    return "\n".join(parts)


def _conditions(record: ComparisonRecord) -> list[str]:
    return [
        f"{one.condition}: {'holds: ' + '; '.join(one.why) if one.holds else 'does not hold'}"
        for one in record.conditions
    ]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [[markdown(text) for text in cells] for cells in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [headings, ["---"] * len(headings), *lines]) + "\n"


def as_csv(record: ComparisonRecord) -> str:
    """Return a comparison as CSV, a row for each task and metric, numbers in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    sides = [f"{name}{part}" for name in ("before", "after") for part in ("", "_low", "_high", "_n", "_common")]
    tested = [name for name in DifferenceRecord.model_fields if name not in ("value", "floor")]
    changed = list(ChangesRecord.model_fields)
    writer.writerow(
        [
            "task",
            "metric",
            "main",
            "direction",
            *sides,
            "difference",
            *tested,
            *changed,
            "worst",
            "best",
            "unscored",
            "verdict",
        ]
    )
    for task in record.tasks:
        for one in task.metrics:
            difference, bounds = one.difference, one.bounds
            values = [
                *(one.before.value, one.before.low, one.before.high, one.before.n, one.common_before),
                *(one.after.value, one.after.low, one.after.high, one.after.n, one.common_after),
            ]
            shown = difference.model_dump()
            writer.writerow(
                [_cell(task.task), _cell(one.metric), one.main, one.direction, *values, difference.value]
                + [_cell(shown[name]) if isinstance(shown[name], str) else shown[name] for name in tested]
                + [*one.changes.model_dump().values(), bounds and bounds.worst, bounds and bounds.best]
                + [one.unscored, one.verdict]
            )
    return out.getvalue()


def _cell(text: str) -> str:
    """Return a text for a cell of a CSV file, which no spreadsheet takes for a formula."""
    return defused(one_line(text))
