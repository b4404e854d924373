"""Who rated, and rows that are about the same answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.ratings._records import Rating, normal
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._rows import Found

Answer = tuple[str, str, int, str, str, str]


def _answer(one: Rating) -> Answer:
    return one.task, one.sample, one.epoch, one.system, one.item, one.criterion


def name_raters(found: Sequence[Found], told: SheetMapping, paths: Sequence[Path], notes: Notes) -> None:
    """Give a name to raters whom their sheets don't name.

    Without a name from the user they are ``rater-1``. A further file about the same answers is by another rater, unless
    it says the same of all of them: then it is a copy.

    Raises
    ------
    UserError
        If the user's names are not one for each file.
    """
    names = _told_names(told, len(paths))
    rated: dict[str, dict[Answer, tuple[str, ...]]] = {}
    unnamed: dict[int, list[Found]] = {}
    for one in found:
        if one.rating.rater:
            rated.setdefault(one.rating.rater, {})[_answer(one.rating)] = one.rating.levels
        else:
            unnamed.setdefault(one.file, []).append(one)
    for file, theirs in unnamed.items():
        said = {_answer(one.rating): one.rating.levels for one in theirs}
        name = names[file] or _free(said, rated)
        if not names[file]:
            text = f"the sheet doesn't say who rated: called {name!r}"
            notes.decide("RATER", text, paths[file], guess=len(unnamed) > 1 or name != "rater-1")
        rated[name] = rated.get(name, {}) | said
        source = told.sources.get(name)
        for one in theirs:
            one.rating = replace(one.rating, rater=name, source=source or one.rating.source)


def _told_names(told: SheetMapping, files: int) -> list[str | None]:
    if told.rater is None or isinstance(told.rater, str):
        return [told.rater] * files
    if len(told.rater) not in (1, files):
        raise UserError(f"--rater names {len(told.rater)} raters for {files} files: name one, or one for each file")
    return [*told.rater] * (files if len(told.rater) == 1 else 1)


def _free(said: Mapping[Answer, tuple[str, ...]], rated: Mapping[str, Mapping[Answer, tuple[str, ...]]]) -> str:
    number = 1
    while True:
        before = rated.get(f"rater-{number}", {})
        if all(before[answer] == levels for answer, levels in said.items() if answer in before):
            return f"rater-{number}"
        number += 1


def settle_copies(found: Sequence[Found], rule: str, paths: Sequence[Path], notes: Notes) -> None:
    """Settle what becomes of several ratings of one answer by one rater.

    By the rule ``collapse``, a rating with the levels of an earlier one is a copy of it, a rating without levels gives
    way to one with levels, and all others are repeats: they get the numbers 1, 2, …. By ``repeats`` all are repeats.
    What a sheet itself numbers as repeats stays so.

    Raises
    ------
    UserError
        By the rule ``error``, at the second rating of an answer.
    """
    groups: dict[tuple[Answer, str], list[Found]] = {}
    for one in found:
        groups.setdefault((_answer(one.rating), one.rating.rater), []).append(one)
    for group in groups.values():
        if len(group) > 1:
            _settle(group, rule, paths, notes)
    _report_other_answers(found, paths, notes)


def _settle(group: Sequence[Found], rule: str, paths: Sequence[Path], notes: Notes) -> None:
    kept: dict[int, Found] = {}
    for one in group:
        number = one.rating.repeat
        if one.numbered and number not in kept:
            kept[number] = one
            continue
        path = paths[one.file]
        if rule == "error":
            raise UserError(
                f"rates an answer of {one.rating.system!r} again (first in {group[0].rating.origin}): delete one of "
                "the rows, or choose --duplicates collapse",
                path=path,
                line=one.line,
            )
        twins = [kept[number]] if one.numbered else list(kept.values())
        twin = next((two for two in twins if two.rating.levels == one.rating.levels), None)
        if twin is None and not one.rating.levels and twins:
            twin = twins[0]
        if not kept:
            kept[number] = one
        elif twin is not None and (rule == "collapse" or one.numbered):
            _collapse(one, twin)
            text = f"says of an answer what {twin.rating.origin} says: collapsed with it"
            notes.decide("DUPLICATE", _where(text, twin, one), path, one.line)
        elif rule == "collapse" and (blank := _blank(kept)) is not None:
            one.rating = replace(one.rating, repeat=blank)
            _collapse(kept[blank], one)
            before, kept[blank] = kept[blank], one
            text = "not rated here, but in another row: collapsed with it"
            notes.decide("DUPLICATE", text, paths[before.file], before.line)
        else:
            repeat = max(kept) + 1
            one.rating = replace(one.rating, repeat=repeat)
            kept[repeat] = one
            notes.decide("REPEAT", "rates an answer again, otherwise: kept as a repeat", path, one.line)


def _where(text: str, twin: Found, one: Found) -> str:
    return text if twin.file != one.file else f"says what line {twin.line} says of the same answer: collapsed with it"


def _blank(kept: Mapping[int, Found]) -> int | None:
    return next((number for number, one in kept.items() if not one.rating.levels), None)


def _collapse(copy: Found, kept: Found) -> None:
    """Drop a copy, but none of its comment."""
    copy.collapsed = True
    comment = copy.rating.comment
    if comment and comment not in kept.rating.comment:
        kept.rating = replace(kept.rating, comment=" / ".join(filter(None, [kept.rating.comment, comment])))


def _report_other_answers(found: Sequence[Found], paths: Sequence[Path], notes: Notes) -> None:
    """Say where one system has two answers to the same question, which rows that slipped out of place have too."""
    answers: dict[tuple[str, str, int], str] = {}
    for one in found:
        rating = one.rating
        text = normal(rating.answer)
        if not text or not (rating.question or rating.sample):
            continue
        first = answers.setdefault((rating.system, rating.question_id, rating.epoch), text)
        if first != text:
            notes.decide(
                "MISALIGNED",
                "another answer of the same system to the same question: both are kept",
                paths[one.file],
                one.line,
                guess=True,
            )
