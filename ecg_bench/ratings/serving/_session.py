"""What the page gets: texts without names, in one rater's order."""

from __future__ import annotations

from typing import Any

from ecg_bench.ratings.serving._book import Book
from ecg_bench.ratings.serving._events import BATCH, COMMENT, Mark
from ecg_bench.ratings.serving._study import Study


def session(study: Study, study_id: str, book: Book) -> dict[str, Any]:
    """Return all that one rater's page is made of.

    An answer is known to the page by its place in the order, and by nothing else: no system, run, sample or file is
    named, and what other raters said is not in it.
    """
    places: dict[tuple[str, str], int] = {}
    questions: list[dict[str, str]] = []
    cards = []
    for key, card in book.cards.items():
        place = places.setdefault(key[:2], len(questions))
        if place == len(questions):
            questions.append(
                {
                    "question": card.question,
                    "reference": card.reference if study.reference else "",
                    "passage": card.passage if study.passage else "",
                }
            )
        cards.append({"question": place, "answer": card.text, "mark": _mark(study, book.mark(key))})
    return {
        "study": study_id,
        "rater": book.name,
        "criterion": study.criterion,
        "asked": study.rubric.about,
        "levels": [
            {"name": name, "meaning": meaning}
            for name, meaning in zip(study.scale.levels, study.rubric.meanings, strict=True)
        ],
        "questions": questions,
        "cards": cards,
        "steps": [
            {"id": step.id, "position": book.cards[step.key].position, "before": _mark(study, step.before)}
            for step in book.steps
        ],
        "gaps": book.gaps,
        "limits": {"comment": COMMENT, "batch": BATCH},
    }


def _mark(study: Study, mark: Mark) -> dict[str, Any]:
    return {
        "levels": [study.scale.index(level) for level in mark.levels],
        "skipped": mark.skipped,
        "comment": mark.comment,
    }
