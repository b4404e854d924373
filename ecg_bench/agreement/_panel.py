"""Ratings by humans, verdicts of judges and scores of metrics, lined up by the answer that they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.ratings import NO_ANSWER, Rating, Scale, item_id, normal

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


class Unit(NamedTuple):
    """An answer: whose it is, to which question, and in which repetition."""

    system: str
    question: str
    epoch: int


@dataclass(frozen=True)
class Column:
    """What one rater, human or judge, said of each answer.

    Attributes
    ----------
    name : str
        The rater.
    scale : Scale
        The rater's own.
    levels : array of float, shape (answers,)
        The place of the level on the panel's scale; NaN where there is none, or the rater's scale is another one.
    scores : array of float, shape (answers,)
        The value of the level on the rater's own scale; NaN where there is none.
    shown : array of bool, shape (answers,)
        Whether the rater was shown the answer.
    absent : array of bool, shape (answers,)
        Whether there was no answer to show, and the level is that of the rubric for such.
    """

    name: str
    scale: Scale
    levels: Floats
    scores: Floats
    shown: npt.NDArray[np.bool_]
    absent: npt.NDArray[np.bool_]

    @property
    def places(self) -> Floats:
        """The place of each level on the rater's own scale; NaN where there is none."""
        values = np.array(self.scale.values)
        places = np.abs(self.scores[:, None] - values[None, :]).argmin(axis=1).astype(np.float64)
        return np.where(np.isnan(self.scores), np.nan, places)

    @property
    def unread(self) -> int:
        """How many answers it was shown without a readable level."""
        return int((self.shown & np.isnan(self.scores)).sum())


@dataclass(frozen=True)
class Panel:
    """Everything that is known of each answer.

    Attributes
    ----------
    scale : Scale
        On which humans rated.
    criterion : str
        What they rated.
    units : tuple of Unit
        The answers.
    clusters : array of int, shape (answers,)
        The group of each answer's question, and its question where it has no group: what is independent evidence.
    topics : tuple of str
        Of each answer; may be empty texts.
    items : tuple of str
        What equal answers to one question share, whoever gave them; empty where the text is not known.
    words : array of float, shape (answers,)
        The length of each answer; NaN where its text is not known.
    humans, judges : tuple of Column
        The raters.
    metrics : mapping of str to array of float, shape (answers,)
        Scores by metrics, NaN where there is none.
    inclusion : array of float, shape (answers,)
        The probability with which each answer was drawn for rating; NaN where it is not known.
    repeats : mapping of str to list of list of float
        For each rater, the levels of every answer that was rated more than once.
    response_sets, misaligned : tuple of str
        Answers with more than one defensible level, and answers whose text differs between ratings and verdicts.
    """

    scale: Scale
    criterion: str
    units: tuple[Unit, ...]
    clusters: Codes
    topics: tuple[str, ...]
    items: tuple[str, ...]
    words: Floats
    humans: tuple[Column, ...]
    judges: tuple[Column, ...]
    metrics: Mapping[str, Floats]
    inclusion: Floats
    repeats: Mapping[str, list[list[float]]]
    response_sets: tuple[str, ...]
    misaligned: tuple[str, ...]

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """The systems, in the order of their names."""
        return tuple(sorted({unit.system for unit in self.units}))

    @cached_property
    def system_codes(self) -> Codes:
        """The place of each answer's system in `systems`."""
        places = {name: n for n, name in enumerate(self.systems)}
        return np.array([places[unit.system] for unit in self.units], dtype=np.intp)

    @cached_property
    def question_codes(self) -> Codes:
        """The number of each answer's question (with its repetition), from 0 without gaps."""
        places: dict[tuple[str, int], int] = {}
        return np.array([places.setdefault(unit[1:], len(places)) for unit in self.units], dtype=np.intp)

    @cached_property
    def ratings(self) -> Floats:
        """What humans said, shape (answers, raters): places on the scale, NaN where there is none."""
        if not self.humans:
            return np.full((len(self.units), 0), np.nan)
        return np.column_stack([column.levels for column in self.humans])

    @cached_property
    def values(self) -> Floats:
        """The score that each level of the scale stands for."""
        return np.array(self.scale.values)

    def scores_of(self, levels: Floats) -> Floats:
        """Return the score of each level, which may be NaN, or lie between two levels."""
        return np.interp(levels, np.arange(len(self.values)), self.values)


@dataclass
class _Known:
    """What several ratings say of one answer."""

    group: str = ""
    topic: str = ""
    answer: str = ""
    item: str = ""
    inclusion: float | None = None


@dataclass
class _Rater:
    scale: Scale
    levels: dict[int, list[tuple[int, tuple[str, ...]]]] = field(default_factory=dict)  # by answer: repeat, levels
    absent: set[int] = field(default_factory=set)


def assemble(
    humans: Sequence[Rating],
    judges: Sequence[Rating],
    metrics: Mapping[str, Mapping[tuple[str, str, str, int], float]],
    *,
    criterion: str | None = None,
) -> Panel:
    """Line up ratings, verdicts and scores.

    Parameters
    ----------
    humans, judges : sequence of Rating
        Ratings of humans and of judges; those of other criteria are left out.
    metrics : mapping of str to mapping
        Each metric's scores by (system, task, sample, epoch).
    criterion : str, optional
        What to compare by; needed where humans rated several criteria.

    Raises
    ------
    UserError
        If there are no human ratings, or ratings of several criteria or scales and none is chosen.
    """
    criterion = _criterion(humans, criterion)
    humans = [one for one in humans if one.criterion == criterion]
    scale = _scale(humans)
    found = _Gatherer()
    for one in (*(j for j in judges if j.criterion == criterion), *humans):
        found.add(one)
    units = tuple(found.places)
    columns = {name: _column(name, rater, scale, len(units)) for name, rater in found.raters.items()}
    known = [found.known[n] for n in range(len(units))]
    names = [one.group or f"\0{unit.question}" for one, unit in zip(known, units, strict=True)]
    human_names = {one.rater for one in humans}
    return Panel(
        scale=scale,
        criterion=criterion,
        units=units,
        clusters=np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)[1].astype(np.intp),
        topics=tuple(one.topic for one in known),
        items=tuple(one.item for one in known),
        words=np.array([len(one.answer.split()) if one.answer else np.nan for one in known], dtype=np.float64),
        humans=tuple(columns[name] for name in sorted(human_names)),
        judges=tuple(columns[name] for name in sorted(columns.keys() - human_names)),
        metrics={name: found.scores(values, units) for name, values in metrics.items()},
        inclusion=np.array([np.nan if one.inclusion is None else one.inclusion for one in known], dtype=np.float64),
        repeats=found.repeats(scale),
        response_sets=tuple(found.response_sets(human_names)),
        misaligned=tuple(dict.fromkeys(found.misaligned)),
    )


def _criterion(humans: Sequence[Rating], criterion: str | None) -> str:
    counts = Counter(one.criterion for one in humans)
    if not counts:
        raise UserError("there are no human ratings: name a table that ecg-bench ratings import or serve has written")
    if criterion is None and len(counts) > 1:
        raise UserError(f"humans rated several criteria ({', '.join(sorted(counts))}): choose one with --criterion")
    if criterion is not None and criterion not in counts:
        raise UserError(f"humans did not rate {criterion!r}{did_you_mean(criterion, counts)}")
    return criterion if criterion is not None else next(iter(counts))


def _scale(humans: Sequence[Rating]) -> Scale:
    scales = {one.scale for one in humans}
    if len(scales) > 1:
        shown = " and ".join(sorted(f"'{scale}'" for scale in scales)[:2])
        raise UserError(f"humans rated on different scales ({shown}): import them anew with the same --levels")
    return scales.pop()


class _Gatherer:
    """Finds the answer that each rating is about.

    A rating names its answer by task and sample, or, where it stands alone, by the question's text. Both name the same
    answer if a rating of either kind carries the text.
    """

    def __init__(self) -> None:
        self.places: dict[Unit, int] = {}
        self.known: dict[int, _Known] = {}
        self.raters: dict[str, _Rater] = {}
        self.misaligned: list[str] = []
        self._by_text: dict[tuple[str, str], int] = {}

    def add(self, one: Rating) -> None:
        place = self._place(one)
        known = self.known.setdefault(place, _Known())
        known.group = known.group or one.group
        known.topic = known.topic or one.topic
        if known.answer and one.answer and normal(known.answer) != normal(one.answer):
            self.misaligned.append(f"{one.system}: {one.question_id}")
        if one.answer and not known.answer:
            known.answer, known.item = one.answer, item_id(one.question or one.question_id, one.answer)
        if one.inclusion is not None:
            known.inclusion = one.inclusion
        rater = self.raters.setdefault(one.rater, _Rater(one.scale))
        if rater.scale != one.scale:
            raise UserError(f"{one.rater} rated on different scales: '{rater.scale}' and '{one.scale}'")
        rater.levels.setdefault(place, []).append((one.repeat, one.levels))
        if one.source == "judge" and one.comment == NO_ANSWER:
            rater.absent.add(place)

    def _place(self, one: Rating) -> int:
        unit = Unit(one.system, one.question_id, one.epoch)
        place = self.places.get(unit)
        by_text = (one.system, normal(one.question))
        if place is None and not one.sample:
            place = self._by_text.get(by_text)
        if place is None:
            place = self.places[unit] = len(self.places)
        if one.question and not one.epoch:
            self._by_text.setdefault(by_text, place)
        return place

    def scores(self, values: Mapping[tuple[str, str, str, int], float], units: Sequence[Unit]) -> Floats:
        """Return a metric's score of each answer."""
        found = np.full(len(units), np.nan)
        for (system, task, sample, epoch), value in values.items():
            place = self.places.get(Unit(system, f"{task}/{sample}", epoch))
            if place is not None:
                found[place] = value
        return found

    def repeats(self, scale: Scale) -> dict[str, list[list[float]]]:
        found: dict[str, list[list[float]]] = {}
        for name, rater in self.raters.items():
            for marks in rater.levels.values():
                places = [_place_of(levels, rater.scale, scale) for _, levels in sorted(marks)]
                there = [place for place in places if place == place]
                if len(there) > 1:
                    found.setdefault(name, []).append(there)
        return found

    def response_sets(self, humans: Iterable[str]) -> list[str]:
        wanted, units = set(humans), list(self.places)
        return [
            f"{units[place].system}: {units[place].question}: {' or '.join(levels)}"
            for name, rater in self.raters.items()
            if name in wanted
            for place, marks in rater.levels.items()
            for _, levels in marks
            if len(levels) > 1
        ]


def _column(name: str, rater: _Rater, scale: Scale, n: int) -> Column:
    levels, scores = np.full(n, np.nan), np.full(n, np.nan)
    shown = np.zeros(n, dtype=np.bool_)
    for place, marks in rater.levels.items():
        _, first = min(marks, key=lambda mark: mark[0])
        shown[place] = True
        levels[place] = _place_of(first, rater.scale, scale)
        if len(first) == 1:
            scores[place] = rater.scale.value(first[0])
    absent = np.isin(np.arange(n), list(rater.absent))
    return Column(name, rater.scale, levels, scores, shown, absent)


def _place_of(levels: Sequence[str], own: Scale, scale: Scale) -> float:
    """Return the place of a single level on a scale; NaN where the rater's levels are not all among the scale's."""
    if len(levels) != 1 or not _same(own, scale):
        return float("nan")
    return float(scale.index(levels[0]))


def _same(own: Scale, scale: Scale) -> bool:
    """Whether two scales are the same but for their values: a judge of two levels has no place on a scale of four."""
    return own is scale or [name.casefold() for name in own.levels] == [name.casefold() for name in scale.levels]


def texts_needed(humans: Sequence[Rating]) -> bool:
    """Whether some ratings can be joined by the question's text only."""
    return any(not one.sample for one in humans)
