"""The report of an import, with totals that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecg_bench._version import VERSION
from ecg_bench.ratings._records import Rating, now
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._open import Opened
from ecg_bench.ratings.intake._report import FileRecord, IntakeRecord, RaterRecord, RowsRecord, SystemRecord
from ecg_bench.ratings.intake._rows import Found
from ecg_bench.statistics import wilson


@dataclass(frozen=True)
class Part:
    """A file as the report sees it; `opened` is None for a table of ratings, `rows` counts those below the header."""

    path: Path
    sha256: str
    opened: Opened | None
    rows: int


def summarise(parts: Sequence[Part], found: Sequence[Found], notes: Notes, told: SheetMapping) -> IntakeRecord:
    """Return the report."""
    ratings = [one.rating for one in found if not one.collapsed]
    scales: dict[str, dict[str, None]] = {}
    for criterion, scale in dict.fromkeys((one.criterion, one.scale) for one in ratings):
        scales.setdefault(criterion, {})[str(scale)] = None
    return IntakeRecord(
        ecg_bench=VERSION,
        made=now(),
        duplicates=told.duplicates,
        scales={criterion: list(names) for criterion, names in scales.items()},
        ratings=len(ratings),
        files=[_file(number, part, found, notes) for number, part in enumerate(parts)],
        raters=_raters(ratings),
        systems=_systems(ratings),
        decisions=notes.decisions,
        set_aside=notes.set_aside,
    )


def _file(number: int, part: Part, found: Sequence[Found], notes: Notes) -> FileRecord:
    kept = {one.line for one in found if one.file == number and not one.collapsed}
    aside = {one.line for one in notes.set_aside if one.file == str(part.path)} - kept
    collapsed = {one.line for one in found if one.file == number and one.collapsed} - kept - aside
    rows = RowsRecord(
        read=part.rows,
        kept=len(kept),
        collapsed=len(collapsed),
        set_aside=len(aside),
        empty=_empty(part, kept | aside | collapsed),
    )
    if rows.read != rows.kept + rows.collapsed + rows.set_aside + rows.empty:
        raise AssertionError(f"the rows of {part.path} don't add up: {rows}")
    opened = part.opened
    return FileRecord(
        path=str(part.path),
        sha256=part.sha256,
        encoding=opened.sheet.encoding if opened else "utf-8",
        separator=opened.sheet.separator if opened else "comma",
        sheet=opened.sheet.name if opened else "",
        layout=opened.columns.layout if opened else "a table of ratings",
        header_line=opened.columns.header.line if opened else 1,
        columns=opened.columns.records if opened else [],
        rows=rows,
    )


def _empty(part: Part, told: set[int]) -> int:
    """Return how many rows say nothing: counted on their own, so that a row which got lost doesn't pass for one."""
    if part.opened is None:
        return 0
    silent = [row for row in part.opened.rows if row.line not in told]
    return sum(row.blank or row.line in part.opened.without_rating for row in silent)


def _raters(ratings: Sequence[Rating]) -> list[RaterRecord]:
    counts = Counter((one.rater, one.source) for one in ratings)
    repeats = Counter((one.rater, one.source) for one in ratings if one.repeat)
    return [
        RaterRecord(rater=rater, source=source, ratings=n, repeats=repeats[rater, source])
        for (rater, source), n in counts.items()
    ]


def _systems(ratings: Sequence[Rating]) -> list[SystemRecord]:
    groups: dict[tuple[str, str, str], list[Rating]] = {}
    for one in ratings:
        groups.setdefault((one.criterion, one.source, one.system), []).append(one)
    return [_system(*names, ones) for names, ones in groups.items()]


def _system(criterion: str, source: str, system: str, ratings: Sequence[Rating]) -> SystemRecord:
    first = [one for one in ratings if not one.repeat]
    levels = {level: 0 for scale in dict.fromkeys(one.scale for one in ratings) for level in scale.levels}
    rated = [one for one in first if one.level is not None]
    total = 0.0
    top = 0
    for one in rated:
        level = one.levels[0]
        levels[level] += 1
        total += one.scale.value(level)
        top += level == one.scale.levels[-1]
    n = len(rated)
    low, high = wilson(top, n) if n else (None, None)
    return SystemRecord(
        system=system,
        source=source,
        criterion=criterion,
        n=n,
        missing=sum(not one.levels for one in first),
        several=sum(len(one.levels) > 1 for one in first),
        repeats=len(ratings) - len(first),
        levels=levels,
        top=top / n if n else None,
        low=low,
        high=high,
        mean=total / n if n else None,
    )
