"""The scale of each criterion: one for all files where that can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ecg_bench.errors import UserError
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._levels import ASK, EXPLAINED, UNRATED, LevelReader, by_value, guess_scale, number
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._open import Opened, misshapen

Readers = Mapping[tuple[int, str], LevelReader]  # by number of the file and criterion


def settle_scales(
    files: Sequence[Opened], known: Mapping[str, Scale], told: SheetMapping, notes: Notes
) -> dict[tuple[int, str], LevelReader]:
    """Return who reads the levels of each file and criterion.

    Columns of marks say their scale themselves. The cells of all other files are looked at together, so that a level
    which one rater never used is none the less on that rater's scale.

    Parameters
    ----------
    files : sequence of Opened
        All files but blinded sheets, whose key has the scale.
    known : mapping of str to Scale
        Criteria whose scale is known from tables of ratings among the files.
    told : SheetMapping
        What the user says.
    notes : Notes
        Takes the decisions.

    Raises
    ------
    UserError
        If a scale can't be known.
    """
    scales = dict(known)
    readers: dict[tuple[int, str], LevelReader] = {}
    texts: dict[tuple[int, str], list[str]] = {}
    for file in files:
        if file.columns.scale is not None:
            scale = file.columns.scale
            scales.setdefault(told.criterion, scale)
            readers[file.number, told.criterion] = _reader(scale, told, file.columns.names, ())
            notes.decide("SCALE", f"{told.criterion} is on the scale '{scale}', by its columns", file.path)
            continue
        for criterion, text in level_cells(file, told):
            texts.setdefault((file.number, criterion), []).append(text)
    for criterion in dict.fromkeys(criterion for _, criterion in texts):
        parts = {number: cells for (number, name), cells in texts.items() if name == criterion}
        _settle(criterion, parts, files, scales, told, notes, readers)
    return readers


def _settle(
    criterion: str,
    parts: Mapping[int, list[str]],
    files: Sequence[Opened],
    scales: dict[str, Scale],
    told: SheetMapping,
    notes: Notes,
    readers: dict[tuple[int, str], LevelReader],
) -> None:
    paths = {file.number: file.path for file in files}
    scale = told.scale or scales.get(criterion)
    if scale is None and len(parts) > 1:
        guess = guess_scale(_named([text for cells in parts.values() for text in cells], told))
        if guess is not None:
            scale = guess.scale
            notes.decide("SCALE", f"{criterion} is on the scale '{scale}': {guess.why}", guess=not guess.certain)
    for one, cells in parts.items():
        own = scale if scale is not None and (told.scale or _explains(scale, cells, told)) else None
        if own is None:
            guess = guess_scale(_named(cells, told))
            if guess is None:
                raise _unknown(cells, paths[one])
            own = guess.scale
            notes.decide(
                "SCALE", f"{criterion} is on the scale '{own}': {guess.why}", paths[one], guess=not guess.certain
            )
        elif len(parts) == 1:
            why = "as was said" if told.scale else "as in the other files"
            notes.decide("SCALE", f"{criterion} is on the scale '{own}', {why}", paths[one])
        readers[one, criterion] = _reader(own, told, {}, cells)


def _reader(scale: Scale, told: SheetMapping, names: Mapping[str, str], cells: Iterable[str]) -> LevelReader:
    return LevelReader(scale, {**names, **told.level_names}, by_value=by_value(scale, cells))


def _explains(scale: Scale, cells: Sequence[str], told: SheetMapping) -> bool:
    reader = LevelReader(scale, by_value=by_value(scale, cells))
    counted = Counter(_named(cells, told))
    read = sum(times for text, times in counted.items() if reader.read(text).levels is not None)
    return read >= EXPLAINED * len(cells)


def _named(cells: Iterable[str], told: SheetMapping) -> list[str]:
    return [told.level_names.get(cell.strip(), cell) for cell in cells]


def level_cells(file: Opened, told: SheetMapping) -> Iterator[tuple[str, str]]:
    """Yield criterion and text of each cell of a file that holds a level; rows that say their scale are left out."""
    fields = file.columns.fields
    columns = [*file.columns.raters] or ([fields["level"]] if "level" in fields else [])
    criterion, scale = fields.get("criterion"), fields.get("scale")
    for row in file.rows:
        cells = row.cells
        if misshapen(row, file) or (scale is not None and scale < len(cells) and cells[scale].strip()):
            continue
        named = cells[criterion].strip() if criterion is not None and criterion < len(cells) else ""
        for column in columns:
            text = cells[column].strip() if column < len(cells) else ""
            if text.casefold() not in UNRATED:
                yield named or told.criterion, text


def _unknown(cells: Sequence[str], path: object) -> UserError:
    counted = Counter(cells)
    shown = ", ".join(repr(text[:40]) for text, _ in counted.most_common(8))
    kind = "numbers" if all(number(text) is not None for text in counted) else "names"
    more = ", …" if len(counted) > 8 else ""
    return UserError(
        f"the {kind} in its ratings ({shown}{more}) are the levels of no scale that is known: {ASK}",
        path=str(path),
    )
