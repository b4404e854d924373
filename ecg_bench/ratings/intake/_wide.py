"""Sheets with one column of marks for each level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecg_bench.errors import UserError
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._content import Content
from ecg_bench.ratings.intake._headers import match_headers
from ecg_bench.ratings.intake._levels import LevelReader
from ecg_bench.ratings.intake._lexicon import FIELD_NAMES, SCALES
from ecg_bench.ratings.intake._marks import Mark, read_mark
from ecg_bench.ratings.intake._text import Near, distance, key

_LONG = 60  # letters of a cell that is text rather than a mark


@dataclass(frozen=True)
class MarkColumns:
    """Which columns are for which levels, how that was found, and of which scale they are."""

    found: dict[int, Near[str]]
    scale: Scale


def mark_columns(content: Content, taken: set[int]) -> MarkColumns | None:
    """Return the columns of marks: those of the scale of which most are there; None where there are none.

    Raises
    ------
    UserError
        If it can't be known for which level a column of marks is.
    """
    free = {column: head for column, head in enumerate(content.heads) if head and column not in taken}
    heads = {column: head for column, head in free.items() if key(head) not in FIELD_NAMES}
    given = content.told.scale
    best: MarkColumns | None = None
    for scale in (given,) if given else (known.scale for known in SCALES):
        found = match_headers(heads, _names(scale, content))
        if len(found) > 1 and (best is None or _weight(found) > _weight(best.found)):
            best = MarkColumns(found, scale)
    if best is None or not _holds_marks(best, content):
        return None
    left = {column: head for column, head in heads.items() if column not in best.found and content.texts(column)}
    _refuse_copies(best, left, content)
    return MarkColumns(best.found | _by_elimination(best, left, content), best.scale)


def _weight(found: Mapping[int, Near[str]]) -> tuple[int, int]:
    """Return how many columns are levels of a scale, and how many of them surely."""
    return len(found), sum(near.how != "misspelt" for near in found.values())


def _names(scale: Scale, content: Content) -> dict[str, str]:
    said = {key(name): level for name, level in content.told.level_names.items() if level in scale.levels}
    return LevelReader(scale).names | said


def _holds_marks(columns: MarkColumns, content: Content) -> bool:
    """Whether columns that sound like levels hold marks rather than texts; only marks where all names are misspelt."""
    texts = [text for column in columns.found for text in content.texts(column)]
    if all(near.how == "misspelt" for near in columns.found.values()):
        return bool(texts) and all(read_mark(text) is Mark.MARK for text in texts)
    return sum(read_mark(text) is Mark.ODD and len(text) > _LONG for text in texts) <= len(texts) / 2


def _refuse_copies(columns: MarkColumns, left: Mapping[int, str], content: Content) -> None:
    named = {key(content.heads[column]) for column in columns.found}
    for head in left.values():
        if key(head) in named:
            raise UserError(
                f"has two columns {head!r}: which marks count can't be known, so delete or rename one",
                path=content.path,
                line=content.header.line or None,
            )


def _by_elimination(columns: MarkColumns, left: Mapping[int, str], content: Content) -> dict[int, Near[str]]:
    """Find the level of columns of marks that are left, where levels are left too: their marks must not be lost."""
    names = _names(columns.scale, content)
    taken = {near.target for near in columns.found.values()}
    found: dict[int, Near[str]] = {}
    for column, head in left.items():
        open_levels = set(columns.scale.levels) - taken
        if not open_levels or not content.marked(column):
            continue
        near = {
            target
            for name, target in names.items()
            if target in open_levels and distance(key(head), name, len(name) // 3) <= len(name) // 3
        }
        if len(near) != 1:
            level = next(one for one in columns.scale.levels if one in open_levels)
            raise UserError(
                f"the column {head!r} holds marks, but its level can't be known: say it, as in --level-name "
                f'"{head}={level}", or delete the column',
                path=content.path,
                line=content.header.line or None,
            )
        taken |= near
        found[column] = Near(near.pop(), "misspelt", 3)
    return found
