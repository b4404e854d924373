"""Who has said what of which answer: read from the journal at the start, kept in it, and written as a table."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from ecg_bench.errors import UserError
from ecg_bench.ratings._records import Rating, is_ratings, read_ratings, write_ratings
from ecg_bench.ratings.serving._book import Book, key_in, line, moment
from ecg_bench.ratings.serving._deck import key_of
from ecg_bench.ratings.serving._events import Event, Mark, name_of
from ecg_bench.ratings.serving._journal import SUFFIX, Journal
from ecg_bench.ratings.serving._study import Study
from ecg_bench.ratings.sheets import Assignment


class Ledger:
    """All ratings of a study, and the files that they are kept in.

    Parameters
    ----------
    study : Study
        What is rated.
    out : Path
        The table; the journal lies beside it.

    Raises
    ------
    UserError
        On entering: if another process writes there, or what is there is none of ours, belongs to other answers or
        other settings, or was changed by hand.
    """

    def __init__(self, study: Study, out: Path) -> None:
        self.study = study
        self.out = out
        self.id = ""
        self.books: dict[str, Book] = {}
        self._others: list[Rating] = []
        self._seen: set[str] = set()
        self._lock = FileLock(out.with_name(f".{out.name}.lock"))
        self._journal: Journal | None = None

    def __enter__(self) -> Ledger:
        if not self.out.parent.is_dir():
            raise UserError("its folder does not exist", path=self.out)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise UserError(
                "another ecg-bench ratings serve writes this table: use its page, or give another --out", path=self.out
            ) from None
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror or error}", path=self.out) from None
        try:
            self._take_up()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.write_table()
        finally:
            self.close()

    def close(self) -> None:
        """Give the files back."""
        if self._journal is not None:
            self._journal.close()
        self._lock.release()

    def _take_up(self) -> None:
        if self.out.exists() and not is_ratings(self.out):
            raise UserError("is no table of ratings, and would be overwritten: give another --out", path=self.out)
        table = read_ratings(self.out) if self.out.exists() else []
        journal = Journal(self.out.with_name(self.out.name + SUFFIX))
        if journal.head is not None:
            self._compare(journal.head.get("design", {}))
        for number, record in enumerate(journal.events, 2):
            try:
                self._read(record)
            except (KeyError, TypeError, ValueError):
                raise UserError(
                    "belongs to no answer that is rated here: the file was changed by hand",
                    path=journal.path,
                    line=number,
                ) from None
        adopted = self._adopt(table)
        journal.open({"study": secrets.token_hex(8), "design": self.study.design})
        self._journal = journal
        assert journal.head is not None  # noqa: S101  # open() wrote it
        self.id = journal.head["study"]
        if adopted:
            journal.append(adopted)
        self.write_table()

    def _compare(self, before: Mapping[str, Any]) -> None:
        here = self.study.design
        for name, value in here.items():
            if before.get(name) != value:
                what = (
                    "with other answers (other runs, or their tasks have changed)"
                    if name == "answers"
                    else f"with {name} {_shown(before.get(name))}, and here it is {_shown(value)}"
                )
                raise UserError(
                    f"was begun {what}: repeat the command as it was to go on, or give another --out", path=self.out
                )

    def _read(self, record: Mapping[str, Any]) -> None:
        book, key = self.book(record["rater"]), key_in(record)
        if key not in book.cards:
            raise KeyError(key)
        levels = tuple(self.study.scale.levels[self.study.scale.index(level)] for level in record["levels"])
        book.take(record, key, Mark(levels, record["skipped"], record["comment"]))
        self._seen.add(record["event"])

    def _adopt(self, table: list[Rating]) -> list[dict[str, Any]]:
        """Keep the rows of a table that was there, and return lines for those that the journal doesn't know."""
        new = []
        for number, row in enumerate(table, 1):
            book = self._book_of(row)
            key = None if book is None else book.key_at(row.task, row.sample, row.epoch, row.system, row.repeat)
            if book is None or key is None:
                self._others.append(row)
                continue
            mark = Mark(row.levels, not row.levels, row.comment)
            if key not in book.marks:
                position = row.position or book.cards[key].position
                event = secrets.token_hex(16)
                record = line(event, event, "mark", row.time or moment(), book.name, position, key, mark)
                book.take(record, key, mark)
                new.append(record)
            elif not book.ever(key, mark) and not book.ever(key, Mark(row.levels, False, row.comment)):
                raise UserError(
                    f"row {number} differs from all that its journal has: the table was changed by hand; rename the "
                    f"journal {self.out.name}{SUFFIX} to go on from the table, or delete the table to go on from the "
                    "journal",
                    path=self.out,
                )
        return new

    def _book_of(self, row: Rating) -> Book | None:
        if (row.source, row.criterion, row.scale) != ("human", self.study.criterion, self.study.scale):
            return None
        with suppress(UserError):  # a name that nobody could rate under here
            return self.book(row.rater)
        return None

    def book(self, name: str) -> Book:
        """Return a rater's book, a new one if there is none; names are compared without case."""
        rater = name_of(name)
        known = self.books.get(rater.casefold())
        if known is None:
            known = self.books[rater.casefold()] = Book(rater, self.study.deal(rater))
        return known

    def take(self, book: Book, events: Sequence[Event]) -> None:
        """Keep what a rater did: it is on the disk when this returns. What is there already is passed over.

        Raises
        ------
        IndexError
            If an event is about no answer or level of this study. None is kept then.
        UserError
            If the disk fails. None is kept then.
        """
        new = {event.id: event for event in events if event.id not in self._seen}
        records = []
        for event in new.values():
            if event.position > len(book.deck) or any(level >= len(self.study.scale) for level in event.levels):
                raise IndexError("there is no such answer, or no such level")
            levels = tuple(self.study.scale.levels[level] for level in sorted(event.levels))
            mark = Mark(levels, event.skipped, event.comment)
            key = key_of(book.deck[event.position - 1])
            record = line(
                event.id, event.step, event.kind, moment(event.waited_ms), book.name, event.position, key, mark
            )
            records.append((record, key, mark))
        if not records:
            return
        if self._journal is None:
            raise RuntimeError("the ledger is not open")
        self._journal.append([record for record, _, _ in records])
        for record, key, mark in records:
            book.take(record, key, mark)
            self._seen.add(record["event"])

    def ratings(self) -> list[Rating]:
        """Return the last state of each rater, answer and repeat, and the rows that were there before."""
        found = list(self._others)
        for book in self.books.values():
            for key, (mark, position, time) in sorted(book.marks.items(), key=lambda item: item[1][1]):
                if mark.says_something:
                    found += self._ratings(book.cards[key], book.name, mark, position, time)
        return found

    def _ratings(self, card: Assignment, rater: str, mark: Mark, position: int, time: str) -> list[Rating]:
        """Return a row for each answer with this text; several systems may have given the same."""
        return [
            Rating(
                task=one.answer.task,
                sample=one.answer.sample,
                epoch=one.answer.epoch,
                system=one.answer.system,
                question=one.answer.question,
                answer=one.answer.text,
                group=one.answer.group,
                topic=one.answer.topic,
                rater=rater,
                criterion=self.study.criterion,
                scale=self.study.scale,
                levels=mark.levels,
                repeat=card.repeat,
                position=position,
                time=time,
                inclusion=one.inclusion,
                stratum=one.stratum,
                comment=mark.comment,
                origin=one.answer.run,
            )
            for one in card.drawn
        ]

    def write_table(self) -> None:
        """Write the table, whole or not at all."""
        write_ratings(self.out, self.ratings())


def _shown(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else repr(value)
