"""One rating of one answer, by a human or by a judge, and the table that ratings are kept in.

The table is a CSV file with the columns of `COLUMNS`; ``docs/ratings.md`` says what each holds. Its version is raised
when a column changes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ecg_bench.errors import UserError
from ecg_bench.files import open_text, sha256_of, writing
from ecg_bench.ratings._scale import Scale

RATINGS_VERSION = "1"
SEVERAL = "|"  # between the levels of a response set

Source = Literal["human", "judge"]
SOURCES: tuple[Source, ...] = ("human", "judge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one rater said of one answer by one criterion.

    Parameters
    ----------
    task, sample, epoch : str, str, int
        The place of the answer in a run; `task` and `sample` are empty where ratings stand alone.
    system : str
        Whose answer it is, as on the leaderboard.
    question, answer : str
        Their texts; may be empty where they are not known.
    group, topic : str
        The passage or document that the question stems from, and its topic; may be empty.
    rater : str
        Who rated: a name or code, or ``JUDGE@MODEL``.
    source : {"human", "judge"}
        What the rater is.
    criterion : str
        What was rated.
    scale : Scale
        On which levels.
    levels : tuple of str
        None: shown, but not rated. One: the level. Several: all that the rater holds to be defensible.
    repeat : int
        0 for the first rating of this answer by this rater, then 1, 2, ….
    position : int or None
        The place at which the rater was shown it, from 1; None where that is not known.
    time : str
        When it was rated, in ISO 8601; may be empty.
    inclusion : float or None
        The probability with which this answer was drawn for rating, above 0 and at most 1; None if not known.
    stratum : str
        The stratum from which it was drawn; may be empty.
    comment : str
        What the rater wrote.
    origin : str
        Where it was read: ``FILE:LINE``, or the run.
    """

    task: str = ""
    sample: str = ""
    epoch: int = 0
    system: str
    question: str = ""
    answer: str = ""
    group: str = ""
    topic: str = ""
    rater: str
    source: Source = "human"
    criterion: str = "correctness"
    scale: Scale
    levels: tuple[str, ...] = ()
    repeat: int = 0
    position: int | None = None
    time: str = ""
    inclusion: float | None = None
    stratum: str = ""
    comment: str = ""
    origin: str = ""

    @property
    def level(self) -> str | None:
        """The level, where there is exactly one."""
        return self.levels[0] if len(self.levels) == 1 else None

    @property
    def item(self) -> str:
        """The same 16 hexadecimal digits for the same answer to the same question, whoever gave it."""
        return item_id(self.question, self.answer)

    @property
    def question_id(self) -> str:
        """What the answers to one question share: the sample's id, and without one the question's text."""
        return f"{self.task}/{self.sample}" if self.sample else normal(self.question)


def normal(text: str) -> str:
    """Return a text as it is compared: without case, with single blanks."""
    return " ".join(text.casefold().split())


def item_id(question: str, answer: str) -> str:
    """Return 16 hexadecimal digits that stand for an answer to a question."""
    return sha256_of(normal(question), normal(answer))[:16]


COLUMNS = (
    *("version", "item", "task", "sample", "epoch", "system", "question", "answer", "group", "topic"),
    *("rater", "source", "criterion", "scale", "level", "score", "repeat", "position", "time", "inclusion"),
    *("stratum", "comment", "origin"),
)
_NEEDED = ("version", "system", "rater", "source", "criterion", "scale", "level")
_TEXTS = tuple(f.name for f in fields(Rating) if f.name in COLUMNS and f.type == "str")


def write_ratings(path: str | Path, ratings: Iterable[Rating]) -> None:
    """Write ratings as a table, whole or not at all.

    Raises
    ------
    UserError
        If the file can't be written.
    """
    with writing(Path(path)) as file:
        writer = csv.writer(file, lineterminator="\n")
        quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        for one in ratings:
            cells = _cells(one)
            # Before Python 3.13 a carriage return alone is not quoted, and ends the row for whoever reads it.
            (quoting if "\r" in one.question + one.answer + one.comment else writer).writerow(cells)


def _cells(one: Rating) -> list[Any]:
    cells: dict[str, Any] = {name: getattr(one, name) for name in _TEXTS}
    cells |= {
        "version": RATINGS_VERSION,
        "source": one.source,
        "item": one.item,
        "epoch": one.epoch,
        "scale": _text_of(one.scale),
        "level": SEVERAL.join(one.levels),
        "score": "" if one.level is None else f"{one.scale.value(one.level):g}",
        "repeat": one.repeat,
        "position": "" if one.position is None else one.position,
        "inclusion": "" if one.inclusion is None else repr(one.inclusion),
    }
    return [cells[name] for name in COLUMNS]


@lru_cache(maxsize=64)
def _text_of(scale: Scale) -> str:
    return str(scale)


def is_ratings(path: str | Path) -> bool:
    """Whether a file begins like a table of ratings."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(200)
    except OSError:
        return False
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"version,item,task,")


def read_ratings(path: str | Path) -> list[Rating]:
    """Read a table of ratings.

    Raises
    ------
    UserError
        If the file is missing or is none of ours; with the line at fault.
    """
    place = Path(path)
    read = _Reader(place)
    found = []
    with open_text(place) as file:
        try:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if missing := [name for name in _NEEDED if name not in header]:
                raise UserError(
                    f"is no table of ratings (it lacks the column {missing[0]!r}): make one of any rating sheet with "
                    "ecg-bench ratings import",
                    path=place,
                    line=1,
                )
            line = reader.line_num + 1
            for cells in reader:
                if cells:
                    if len(cells) != len(header):
                        raise UserError(
                            f"has {len(cells)} cells where the header has {len(header)}", path=place, line=line
                        )
                    found.append(read(dict(zip(header, cells, strict=True)), line))
                line = reader.line_num + 1
        except csv.Error as error:
            raise UserError(f"is not valid CSV: {error}", path=place, line=reader.line_num) from None
        except UnicodeDecodeError as error:
            raise UserError(f"is not UTF-8 text (byte {error.start}): save it as UTF-8", path=place) from None
    return found


class _Reader:
    """Makes ratings of rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._scale = lru_cache(maxsize=64)(Scale.parse)

    def __call__(self, row: Mapping[str, str], line: int) -> Rating:
        try:
            return self._rating(row)
        except ValueError as error:
            raise UserError(str(error), path=self._path, line=line) from None

    def _rating(self, row: Mapping[str, str]) -> Rating:
        if row["version"] != RATINGS_VERSION:
            raise ValueError(
                f"a table of ratings of version {row['version']!r}, but this ecg-bench reads {RATINGS_VERSION!r}"
            )
        texts: dict[str, Any] = {name: row[name] for name in _TEXTS if row.get(name)}
        for name in ("system", "rater"):
            if not texts.get(name):
                raise ValueError(f"the {name} is missing")
        scale = self._scale(row["scale"])
        return Rating(
            **texts,
            source=_source(row["source"]),
            scale=scale,
            levels=_levels(row["level"], scale),
            epoch=_whole(row, "epoch") or 0,
            repeat=_whole(row, "repeat") or 0,
            position=_whole(row, "position"),
            inclusion=_probability(row.get("inclusion", "")),
        )


def _source(text: str) -> Source:
    for source in SOURCES:
        if text == source:
            return source
    raise ValueError(f"the source must be 'human' or 'judge', but is {text!r}")


def _levels(text: str, scale: Scale) -> tuple[str, ...]:
    names = [name for name in text.split(SEVERAL) if name.strip()]
    try:
        return tuple(scale.levels[place] for place in sorted({scale.index(name) for name in names}))
    except KeyError as error:
        known = ", ".join(repr(level) for level in scale.levels)
        raise ValueError(f"the level {error.args[0]!r} is none of {known}") from None


def _whole(row: Mapping[str, str], name: str) -> int | None:
    text = row.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"the {name} must be a whole number, but is {text!r}")
    return int(text)


def _probability(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise ValueError(f"the inclusion must be a probability above 0 and at most 1, but is {text!r}")
    return value


def now() -> str:
    """Return the time as ratings have it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def one_scale(ratings: Sequence[Rating], path: str | Path | None = None) -> Scale:
    """Return the scale that all ratings share.

    Raises
    ------
    UserError
        If there is none, or more than one.
    """
    scales = {one.scale for one in ratings}
    if len(scales) == 1:
        return scales.pop()
    if not scales:
        raise UserError("there are no ratings", path=path)
    shown = " and ".join(sorted(f"'{scale}'" for scale in scales)[:2])
    raise UserError(f"ratings on different scales ({shown}) can't be compared: name one criterion", path=path)
