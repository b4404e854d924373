"""Whatever people do to a sheet, a rating comes back as it was given, or the report says what became of it."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecg_bench import UserError
from ecg_bench.ratings.intake import Intake, import_ratings

LEVELS = ("incorrect", "partially incorrect", "correct but incomplete", "correct")
SYSTEMS = (
    "LLama 3.1 8B + RAG",
    "LLama 3.1 70B + RAG",
    "Finetuned 8B: r=256, alpha=128",
    "Finetuned 8B: r=256, alpha=256",
)
WORDS = (
    "QRS",
    'so-called "J" point',
    "ST; elevation",
    "P, waves",
    "two\nlines",
    "Über",
    "=1+1",
    "a|b",
    "tab\there",
    "x",
)
MARKS = ("x", "X", " x", "x ", "1", "yes", "✓")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
Given = dict[tuple[str, str, str, str], list[tuple[str, ...]]]  # rater, system, question, answer: levels in order


class Sheet:
    """A sheet made at random, with what its maker knows."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.layout = self.random.choice(("wide", "long", "raters"))
        self.raters = self.random.sample(("Anna", "Ben", "Chloe"), 1 if self.layout == "wide" else 2)
        self.encoding = self.random.choice(ENCODINGS)
        self.given: Given = {}
        self.header, self.rows = self._table()
        self._damage()

    def _text(self, start: str) -> str:
        words = self.random.choices(WORDS, k=self.random.randint(1, 4))
        return f"{start} {' '.join(words)} end"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        head = {
            "wide": ["Question", "Answer", "Model", "Rater", *map(str.capitalize, LEVELS)],
            "long": ["Question", "Answer", "Model", "Rater", "Rating"],
            "raters": ["Question", "Answer", "Model", *self.raters],
        }[self.layout]
        rows: list[list[str]] = []
        for n in range(self.random.randint(4, 8)):
            question = self._text(f"Question {n}")
            for system in SYSTEMS:
                if self.random.random() < 0.1:
                    continue  # a system that lacks the question
                place = [question, self._text(f"Answer {n} of {system}"), system]
                # All levels are used: a scale is known by them.
                marks = {rater: self._levels((LEVELS[len(rows) % 4],)) for rater in self.raters}
                rows += self._rows(place, marks)
                if self.random.random() < 0.1:  # the same again
                    rows += self._rows(place, marks)
                if self.layout != "raters" and self.random.random() < 0.1:
                    rows += self._rows(place, {rater: self._levels((self.random.choice(LEVELS),)) for rater in marks})
        return head, rows

    def _levels(self, given: tuple[str, ...]) -> tuple[str, ...]:
        chance = self.random.random()
        if chance < 0.05:
            return ()
        return (
            tuple(level for level in LEVELS if level in {*given, self.random.choice(LEVELS)}) if chance < 0.1 else given
        )

    def _rows(self, place: list[str], marks: dict[str, tuple[str, ...]]) -> list[list[str]]:
        for rater, levels in marks.items():
            self.given.setdefault((rater, place[2], place[0], place[1]), []).append(levels)
        if self.layout == "raters":
            return [[*place, *(self._cell(marks[rater]) for rater in self.raters)]]
        if self.layout == "long":
            return [[*place, rater, self._cell(levels)] for rater, levels in marks.items()]
        mark = self.random.choice([mark for mark in MARKS if mark != "✓" or self.encoding != "cp1252"])
        blank = self.random.choice(("", "", " "))
        return [
            [*place, rater, *(mark if one in levels else blank for one in LEVELS)] for rater, levels in marks.items()
        ]

    def _cell(self, levels: tuple[str, ...]) -> str:
        change = self.random.choice(
            (str, str.upper, str.capitalize, lambda text: f" {text} ", lambda t: t.replace(" ", "  "))
        )
        return self.random.choice((" | ", "; ", ", ")).join(change(level) for level in levels)

    def _damage(self) -> None:
        """Damage the header, change the order of columns and rows, and add what is no rating."""
        pick = self.random
        typo = pick.choice([n for n, name in enumerate(self.header) if name not in self.raters])
        for n, name in enumerate(self.header):
            if name in self.raters:
                continue
            if n == typo and pick.random() < 0.7:
                name = self._typo(name)
            name = pick.choice((str, str.upper, str.lower))(name)
            self.header[n] = pick.choice(("{}", " {}", "{} ", "{}\n", "{}:")).format(name)
        for name, cells in (("Nr.", range(1, 1000)), ("Notes", ["", "see above", "a, b"] * 400), ("", [""] * 1000)):
            if pick.random() < 0.3:
                self.header.append(name)
                for row, cell in zip(self.rows, cells, strict=False):
                    row.append(str(cell))
        order = list(range(len(self.header)))
        pick.shuffle(order)
        self.header = [self.header[n] for n in order]
        self.rows = [[row[n] for n in order] for row in self.rows]
        self.empty = pick.randint(0, 3)
        self.rows += [[pick.choice(("", " "))] * len(self.header) for _ in range(self.empty)]

    def _typo(self, name: str) -> str:
        place, letter = self.random.randrange(1, len(name) - 1), self.random.choice("aeinrst")
        return self.random.choice(
            (
                name[:place] + name[place + 1 :],
                name[:place] + letter + name[place:],
                name[:place] + letter + name[place + 1 :],
                name[: place - 1] + name[place] + name[place - 1] + name[place + 1 :],
            )
        )

    def write(self, folder: Path) -> Path:
        kind = self.random.choice(("csv", "csv", "xlsx", "jsonl"))
        path = folder / f"sheet.{kind}"
        if kind == "csv":
            out = io.StringIO(newline="")
            separator, end = self.random.choice(",;\t|"), self.random.choice(("\n", "\r\n", "\r"))
            quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # the writer leaves line feeds bare else
            csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(
                [self.header, *self.rows]
            )
            path.write_bytes(out.getvalue().encode(self.encoding))
        elif kind == "xlsx":
            book = openpyxl.Workbook()
            assert book.active is not None
            for row in [self.header, *self.rows]:
                book.active.append([self._value(cell) for cell in row])
            for row in book.active.iter_rows():
                for cell in row:
                    cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
            book.save(path)
        else:
            names = [name or f"column {n}" for n, name in enumerate(self.header)]
            rows = [dict(zip(names, row, strict=True)) for row in self.rows]
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    @staticmethod
    def _value(cell: str) -> Any:
        return float(cell) if cell == "1" else cell or None


def expected(given: Given) -> Counter[Any]:
    """Return the ratings of each answer by the rule: copies are one, others are repeats, unrated copies give way."""
    found: Counter[Any] = Counter()
    for key, several in given.items():
        distinct = list(dict.fromkeys(several))
        rated = [levels for levels in distinct if levels] or [()]
        found.update((*key, levels) for levels in rated)
    return found


def clean(text: str) -> str:
    return " ".join(text.split())


def returned(intake: Intake) -> Counter[Any]:
    return Counter((one.rater, one.system, one.question, one.answer, one.levels) for one in intake.ratings)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_every_rating_comes_back_as_it_was_given(tmp_path: Path, seed: int) -> None:
    sheet = Sheet(seed)
    path = sheet.write(tmp_path)
    intake = import_ratings([path])
    rows = intake.report.files[0].rows
    assert rows.read == rows.kept + rows.collapsed + rows.set_aside + rows.empty
    assert rows.set_aside == 0
    if path.suffix != ".xlsx":  # whose empty rows at the end are none
        assert (rows.read, rows.empty) == (len(sheet.rows), sheet.empty)
    wanted, found = expected(sheet.given), returned(intake)
    spaced = [Counter({tuple(map(clean, k[:4])) + k[4:]: n for k, n in one.items()}) for one in (wanted, found)]
    assert spaced[0] == spaced[1]


BASE = (
    "Question,Answer,Model,Incorrect,Partially incorrect,Correct but incomplete,Correct\n"
    + "".join(
        f'"What, {n}?","It is ""{n}"".",System {n % 3},{",".join("x" if n % 4 == k else "" for k in range(4))}\n'
        for n in range(12)
    )
).encode()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, len(BASE) - 1), st.binary(max_size=3)), max_size=6))
def test_a_sheet_with_changed_bytes_is_refused_or_accounted_for(
    tmp_path: Path, changes: list[tuple[int, bytes]]
) -> None:
    data = BASE
    for place, new in changes:
        data = data[:place] + new + data[place + 1 :]
    accounted(tmp_path / "sheet.csv", data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), name=st.sampled_from(["a.csv", "a.xlsx", "a.jsonl", "a.json", "a"]))
def test_any_bytes_are_refused_or_accounted_for(tmp_path: Path, data: bytes, name: str) -> None:
    accounted(tmp_path / name, data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet='abmodelcrtqxi01,;\t"|\n\r{}[]: ', max_size=200))
def test_any_text_is_refused_or_accounted_for(tmp_path: Path, text: str) -> None:
    accounted(tmp_path / "sheet.csv", ("question,model,rating\n" + text).encode())


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in csv.reader(BASE.decode().splitlines()):
        book.active.append(row)
    book.active.merge_cells("A2:A4")
    book.save(path)
    return path.read_bytes()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_workbook_is_refused_or_accounted_for(tmp_path: Path, workbook: bytes, data: st.DataObject) -> None:
    changed = bytearray(workbook)
    for place in data.draw(st.lists(st.integers(0, len(workbook) - 1), max_size=8)):
        changed[place] = data.draw(st.integers(0, 255))
    accounted(tmp_path / "a.xlsx", bytes(changed[: data.draw(st.integers(1, len(changed)))]))


def accounted(path: Path, data: bytes) -> None:
    """Import a file: a user's error, or a report whose rows add up; nothing else may happen."""
    path.write_bytes(data)
    try:
        intake = import_ratings([path])
    except UserError:
        return
    rows = intake.report.files[0].rows
    assert rows.read == rows.kept + rows.collapsed + rows.set_aside + rows.empty
    assert intake.report.ratings == len(intake.ratings)
