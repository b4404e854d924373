"""Which rating is about which answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ecg_bench.ratings import Rating, normal
from ecg_bench.ratings import Source as RatingSource

HUMAN: RatingSource = "human"


class Marks:
    """Ratings by the answer that they are about.

    A rating names its answer by task and sample, or, where it stands alone, by the question's text.

    Parameters
    ----------
    ratings : sequence of Rating
        By humans, and by judges that left no run.
    """

    def __init__(self, ratings: Sequence[Rating]) -> None:
        self._by_place: dict[tuple[str, str, str, int], list[Rating]] = {}
        self._by_text: dict[tuple[str, str], list[Rating]] = {}
        for one in ratings:
            if one.sample:
                self._by_place.setdefault((one.system, one.task, one.sample, one.epoch), []).append(one)
            else:
                self._by_text.setdefault((one.system, normal(one.question)), []).append(one)

    def of(self, names: Collection[str], sample: dict[str, Any], *, strictly: bool) -> list[Rating]:
        """Return the ratings of an answer.

        Parameters
        ----------
        names : collection of str
            What the system is called, by its run and on the board.
        sample : dict
            A line of ``samples.jsonl``.
        strictly : bool
            Whether a rating that holds the answer's text must be of this very text: where a system has several runs,
            nothing else tells their answers apart.
        """
        if not self._by_place and not self._by_text:
            return []
        found: list[Rating] = []
        for name in names:
            found += self._by_place.get((name, sample["task"], sample["id"], sample["epoch"]), ())
            if self._by_text and not sample["epoch"]:
                for text in _questions(sample):
                    if marks := self._by_text.get((name, text)):
                        found += marks
                        break
        return [one for one in found if not strictly or fits(one, sample)]


def fits(rating: Rating, sample: dict[str, Any]) -> bool:
    """Whether the text that was rated is the answer, as far as the rating says."""
    said = normal(rating.answer)
    return not said or said in (normal(sample["parsed"] or ""), normal(sample["output"]))


def score(rating: Rating) -> float | None:
    """Return the score of a rating's level, the mean where several were held to be defensible."""
    if not rating.levels:
        return None
    return sum(rating.scale.value(level) for level in rating.levels) / len(rating.levels)


def _questions(sample: dict[str, Any]) -> list[str]:
    """Return the last message whole, and without the paragraphs at its end: instructions may follow a question."""
    messages = sample["request"]["messages"]
    parts = messages[-1]["content"].split("\n\n") if messages else []
    return [normal("\n\n".join(parts[:n])) for n in range(len(parts), 0, -1)]
