"""Who rated, and rows that are about the same answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, count
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.ratings._records import Rating, normal
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._rows import Found

Answer = tuple[str, str, int, str, str, str, str]


def _answer(one: Rating) -> Answer:
    """Return what a rating is about: where two are about the same, they are by two raters, or one is a copy."""
    return one.task, one.sample, one.epoch, one.system, one.criterion, _normal(one.question), normal(one.answer)


_normal = lru_cache(maxsize=4096)(normal)  # questions come again and again


FIRST = "rater-1"
UNNAMED = "the sheet doesn't say who rated: called {!r}"


def name_raters(found: Sequence[Found], told: SheetMapping, paths: Sequence[Path], notes: Notes) -> None:
    """Give a name to raters whom their sheets don't name.

    Without a name from the user they are ``rater-1``. A further file about the same answers is by another rater, unless
    it says the same of all of them: then it is a copy.

    Raises
    ------
    UserError
        If the user's names are not one for each file.
    """
    names = told_names(told, len(paths))
    rated: dict[str, dict[Answer, tuple[str, ...]]] = {}
    unnamed: dict[int, list[Found]] = {}
    if all(one.rating.rater for one in found):
        return
    for one in found:
        if one.rating.rater:
            rated.setdefault(one.rating.rater, {})[_answer(one.rating)] = one.rating.levels
        else:
            unnamed.setdefault(one.file, []).append(one)
    for file, theirs in unnamed.items():
        said = {_answer(one.rating): one.rating.levels for one in theirs}
        name = names[file] or _free(said, rated)
        if not names[file]:
            notes.decide("RATER", UNNAMED.format(name), paths[file], guess=len(unnamed) > 1 or name != FIRST)
        rated[name] = rated.get(name, {}) | said
        source = told.sources.get(name)
        for one in theirs:
            one.rating = replace(one.rating, rater=name, source=source or one.rating.source)


def told_names(told: SheetMapping, files: int) -> list[str | None]:
    """Return the name of each file's rater, as far as the user says it.

    Raises
    ------
    UserError
        If the user's names are not one for each file.
    """
    if told.rater is None or isinstance(told.rater, str):
        return [told.rater] * files
    if len(told.rater) not in (1, files):
        raise UserError(f"--rater names {len(told.rater)} raters for {files} files: name one, or one for each file")
    return [*told.rater] * (files if len(told.rater) == 1 else 1)


def _free(said: Mapping[Answer, tuple[str, ...]], rated: Mapping[str, Mapping[Answer, tuple[str, ...]]]) -> str:
    for name in chain([FIRST], (f"rater-{number}" for number in count(2))):
        before = rated.get(name, {})
        if all(before[answer] == levels for answer, levels in said.items() if answer in before):
            break
    return name


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
    answers: dict[tuple[str, str, int], str] = {}
    for one in found:
        answer = _answer(one.rating)
        groups.setdefault((answer, one.rating.rater), []).append(one)
        _report_another(one, answer[-1], answers, paths, notes)
    for group in groups.values():
        if len(group) > 1:
            _settle(group, rule, paths, notes)


def _settle(group: Sequence[Found], rule: str, paths: Sequence[Path], notes: Notes) -> None:
    kept: dict[int, Found] = {}
    for one in group:
        number = one.rating.repeat
        if not kept or (one.numbered and number not in kept):
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
        if twin is None and not one.rating.levels:
            twin = twins[0]
        if twin is not None and (rule == "collapse" or one.numbered):
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


def _report_another(
    one: Found, answer: str, answers: dict[tuple[str, str, int], str], paths: Sequence[Path], notes: Notes
) -> None:
    """Say where one system has two answers to the same question, which rows that slipped out of place have too."""
    rating = one.rating
    if not answer or not (rating.question or rating.sample):
        return
    question = f"{rating.task}/{rating.sample}" if rating.sample else _normal(rating.question)
    if answers.setdefault((rating.system, question, rating.epoch), answer) != answer:
        text = "another answer of the same system to the same question: both are kept"
        notes.decide("MISALIGNED", text, paths[one.file], one.line, guess=True)
