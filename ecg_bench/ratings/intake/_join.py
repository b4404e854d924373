"""Joining ratings with the answers of stored runs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ecg_bench.judgements._answers import StoredAnswer, StoredAnswers
from ecg_bench.ratings._records import Rating, normal
from ecg_bench.ratings.intake._about import COUNTED, LOOSE
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._rows import Found
from ecg_bench.ratings.intake._text import loose

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\u00a0": " "})


def _same(text: str) -> str:
    """Return a text as it survives a spreadsheet: without what typing aids change."""
    return normal(unicodedata.normalize("NFKC", text).translate(_QUOTES))


class RunIndex:
    """The open answers of runs, by system and question.

    Raises
    ------
    UserError
        If a run is incomplete, or has no open answers.
    """

    def __init__(self, runs: Sequence[str | Path], include: Sequence[str | Path] = ()) -> None:
        self.systems: list[str] = []
        self._names: dict[str, str] = {}
        self._by_sample: dict[tuple[str, str], list[StoredAnswer]] = {}
        self._by_question: dict[tuple[str, str], list[StoredAnswer]] = {}
        for path in runs:
            run = StoredAnswers(path, include)
            system = loose(run.system)
            self.systems.append(run.system)
            self._names[system] = run.system
            for answer in (one for answers in run.by_task.values() for one in answers):
                self._by_sample.setdefault((system, answer.place[2]), []).append(answer)
                self._by_question.setdefault((system, _same(answer.question)), []).append(answer)

    def join(self, found: Sequence[Found], paths: Sequence[Path], notes: Notes) -> None:
        """Give ratings the place of the answer they are about; those of no stored answer stand alone.

        A rating of another text than the run's answer is not about that answer, so it isn't joined.
        """
        for one in found:
            joined, code, text = self._joined(one.rating)
            notes.decide(code, text, paths[one.file], one.line, guess=code != "JOINED")
            one.rating = joined

    def _joined(self, rating: Rating) -> tuple[Rating, str, str]:
        system = loose(rating.system)
        if system not in self._names:
            return rating, "UNJOINED", f"no run given is of the system {rating.system!r}: stands alone"
        near = self._candidates(system, rating)
        if not near:
            return rating, "UNJOINED", "the run has no such question: stands alone"
        if rating.answer:
            same = [one for one in near if _same(one.text) == _same(rating.answer)]
            if not same:
                return rating, "MISALIGNED", "rates another text than the run's answer to the question: stands alone"
            near = same[:1]
        if len(near) > 1:
            return rating, "UNJOINED", "the run has several answers, and the sheet doesn't show which: stands alone"
        answer = near[0]
        task, _, sample, epoch, _ = answer.place
        joined = replace(
            rating,
            task=task,
            sample=sample,
            epoch=epoch,
            system=self._names[system],
            question=answer.question,
            answer=answer.text,
            group=rating.group or answer.group,
            topic=rating.topic or answer.topic,
        )
        return joined, "JOINED", "joined with the run's answer"

    def _candidates(self, system: str, rating: Rating) -> list[StoredAnswer]:
        if rating.sample and rating.task not in (COUNTED, LOOSE):
            stored = self._by_sample.get((system, rating.sample), [])
            near = [one for one in stored if rating.task in ("", one.place[0])]
            if near:
                return [one for one in near if one.place[3] == rating.epoch] or near
        return self._by_question.get((system, _same(rating.question)), []) if rating.question else []
