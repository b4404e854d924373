"""Importing rating sheets: what is done with each file, in which order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.files import to_json, write_whole
from ecg_bench.ratings._records import Rating, is_ratings, read_ratings, write_ratings
from ecg_bench.ratings.intake._copies import FIRST, UNNAMED, name_raters, settle_copies, told_names
from ecg_bench.ratings.intake._key import read_key
from ecg_bench.ratings.intake._mapping import SheetMapping, split_renamings
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._open import Opened, fill_down, open_file
from ecg_bench.ratings.intake._report import IntakeRecord
from ecg_bench.ratings.intake._rows import Found, RowReader
from ecg_bench.ratings.intake._scales import settle_scales
from ecg_bench.ratings.intake._summary import Part, summarise
from ecg_bench.ratings.intake._systems import rename_systems


@dataclass(frozen=True)
class Intake:
    """What an import found.

    Parameters
    ----------
    ratings : list of Rating
        In the order of the files.
    report : IntakeRecord
        What became of each row, and every decision.
    """

    ratings: list[Rating]
    report: IntakeRecord

    def write(self, out: str | Path) -> Path:
        """Write the table, and beside it the report, whose path is returned.

        Raises
        ------
        UserError
            If something else stands there, or they can't be written.
        """
        path = Path(out)
        if path.exists() and not is_ratings(path):
            raise UserError("exists and is no table of ratings: give another --out", path=path)
        report = path.with_name(f"{path.stem}.intake.json")
        write_ratings(path, self.ratings)
        write_whole(report, to_json(self.report.model_dump(mode="json")))
        return report


def import_ratings(
    paths: Sequence[str | Path],
    *,
    mapping: SheetMapping | None = None,
    system_map: Sequence[str] = (),
    key: str | Path | None = None,
    runs: Sequence[str | Path] = (),
    include: Sequence[str | Path] = (),
    strict: bool = False,
) -> Intake:
    """Read rating sheets of any usual layout into one table.

    Parameters
    ----------
    paths : sequence of path
        CSV, TSV, Excel, JSONL or JSON files, or tables of ratings.
    mapping : SheetMapping, optional
        What can't be known from the sheets, or is to be otherwise.
    system_map : sequence of str
        Further renamings, ``OLD=NEW``; as systems' names may hold ``=``, they are split where OLD is a system.
    key : path, optional
        That of blinded sheets.
    runs : sequence of path
        Runs whose answers were rated: ratings get the place of the answer they are about.
    include : sequence of path
        Further domain packs, for the questions of `runs`.
    strict : bool
        Whether to refuse what would be set aside, or was guessed.

    Returns
    -------
    Intake
        Ratings and report. Each row is kept, collapsed with another, set aside with its reason, or empty.

    Raises
    ------
    UserError
        If a file can't be read, or its columns or scale can't be known; with `strict`, at the first thing set aside or
        guessed.
    """
    told = mapping or SheetMapping()
    places = [Path(path) for path in paths]
    if not places:
        raise UserError("there are no files to import")
    notes = Notes()
    parts, found = _read(places, told, key, notes)
    if not found and not notes.set_aside:
        raise UserError("holds no ratings", path=places[0])
    index = None
    if runs:
        from ecg_bench.ratings.intake._join import RunIndex

        index = RunIndex(runs, include)
    renamed = told.systems | split_renamings(system_map, {one.rating.system for one in found})
    rename_systems(found, renamed, index.systems if index else (), places, notes)
    if index is not None:
        index.join(found, places, notes)
    name_raters(found, told, places, notes)
    settle_copies(found, told.duplicates, places, notes)
    report = summarise(parts, found, notes, told)
    if strict:
        _refuse_guesses(report)
    return Intake([one.rating for one in found if not one.collapsed], report)


def load_ratings(paths: str | Path | Sequence[str | Path]) -> list[Rating]:
    """Return the ratings of tables, which are read as they are, and of other sheets, which are imported by default.

    Raises
    ------
    UserError
        If a file can't be read.
    """
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    if len(several) == 1 and is_ratings(several[0]):
        return read_ratings(several[0])
    return import_ratings(several).ratings


def _read(
    paths: Sequence[Path], told: SheetMapping, key: str | Path | None, notes: Notes
) -> tuple[list[Part], list[Found]]:
    """Open all files, settle the scales over all of them, then read their rows."""
    opened: list[Opened] = []
    tables: dict[int, list[Rating]] = {}
    hashes = []
    for number, path in enumerate(paths):
        data = _bytes(path)
        hashes.append(hashlib.sha256(data).hexdigest())
        if is_ratings(path):
            tables[number] = read_ratings(path)
        else:
            opened.append(open_file(number, path, data, told, notes))
    blinded = [one for one in opened if one.columns.layout == "a blinded sheet"]
    if blinded and key is None:
        raise UserError("is a blinded sheet: name its key, as in --key key.csv", path=blinded[0].path)
    if key is not None and not blinded:
        raise UserError("a key was given, but none of the files is a blinded sheet with a column 'code'", path=paths[0])
    codes = read_key(key) if key is not None else {}
    _report_missing(codes, blinded, notes)
    for file in opened:
        fill_down(file, notes)
    known = {one.criterion: one.scale for table in tables.values() for one in table}
    readers = settle_scales([one for one in opened if one not in blinded or one.columns.levels], known, told, notes)
    raters = told_names(told, len(paths))
    if len(paths) == 1 and opened and not raters[0] and not {"rater"} & set(opened[0].columns.fields):
        raters = [FIRST]
        if not opened[0].columns.raters or opened[0].columns.layout == "one column per system":
            notes.decide("RATER", UNNAMED.format(FIRST), paths[0])
    sheets = {one.number: one for one in opened}
    parts, found = [], []
    for number, path in enumerate(paths):
        if number in tables:
            found += [Found(one, number, row, numbered=True) for row, one in enumerate(tables[number], 2)]
            parts.append(Part(path, hashes[number], None, len(tables[number])))
        else:
            found += RowReader(sheets[number], readers, codes, told, notes, raters[number] or "").read()
            parts.append(Part(path, hashes[number], sheets[number], len(sheets[number].rows)))
    return parts, found


def _report_missing(codes: Iterable[str], sheets: Iterable[Opened], notes: Notes) -> None:
    """Say which codes of the key no sheet has."""
    there = set()
    for sheet in sheets:
        column = sheet.columns.fields["code"]
        there |= {row.cells[column].strip().casefold() for row in sheet.rows if column < len(row.cells)}
    missing = [code.upper() for code in codes if code not in there]
    if missing:
        shown = ", ".join(missing[:20]) + (", …" if len(missing) > 20 else "")
        notes.decide("NOT_RETURNED", f"{len(missing)} codes of the key are in no sheet: {shown}")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError("no such file", path=path) from None
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=path) from None


def _refuse_guesses(report: IntakeRecord) -> None:
    for one in report.set_aside:
        raise UserError(f"{one.reason} (--strict refuses what would be set aside)", path=one.file, line=one.line)
    for two in report.decisions:
        if two.guess:
            raise UserError(
                f"{two.text} (--strict refuses what had to be guessed)",
                path=two.file or None,
                line=two.lines[0] if two.lines else None,
            )
