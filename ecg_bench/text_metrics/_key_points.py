"""A verdict by rule: which key points an answer covers in words, and what it contradicts.

It is a baseline for judges and no judge: it knows no synonyms, and what is said in other words counts as not said.

The rule. A key point is *covered* if at least `COVERED` of its content words stand together in the answer and no
critical token of it is contradicted there. With a contradiction the answer is at most "partially incorrect", and
"incorrect" where less than `SUPPORTED` of the key points are covered beside it. Without one it is "correct" from
`CORRECT` of the key points on, "correct but incomplete" from `INCOMPLETE` on, "partially incorrect" where any is
covered, and "incorrect" where none is. A key point of which hardly a word is in the reference is worded so differently
that words can't tell; it is left out of the share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ecg_bench.text_metrics.critical import Contradiction, CriticalToken, compare
from ecg_bench.text_metrics.critical._compare import said
from ecg_bench.text_metrics.critical._metric import read
from ecg_bench.text_metrics.critical._reading import Reading

VERSION: Final = 1
COVERED: Final = 0.6
CORRECT: Final = 0.8
INCOMPLETE: Final = 0.2
SUPPORTED: Final = 0.2
_TOGETHER: Final = 2  # neighbouring sentences
_GROUNDED: Final = 2  # so many words of a key point must stand together in the reference to stand for it
_SAID: Final = 0.9  # similarity from which on the reference says the same as an answer

Level = Literal["incorrect", "partially incorrect", "correct but incomplete", "correct"]
LEVELS: Final[tuple[Level, ...]] = ("incorrect", "partially incorrect", "correct but incomplete", "correct")

_SENTENCE = re.compile(r"(?:[^.!?;\n]|[.!?;](?!\s|$))+(?:[.!?;]+|\n|$)")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether an answer covers a key point; true if it does.

    Attributes
    ----------
    key_point : str
    score : float
        Share of the words that were asked for, from 0 to 1.
    told : bool
        Whether words can tell: False where the reference doesn't say the key point in its own words.
    contradicted : tuple of Contradiction
        Critical tokens of the key point that the answer contradicts.
    """

    key_point: str
    score: float
    told: bool
    contradicted: tuple[Contradiction, ...]

    def __bool__(self) -> bool:
        return self.score >= COVERED and not self.contradicted


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction, and the sentence of the answer in which it stands."""

    contradiction: Contradiction
    sentence: str


@dataclass(frozen=True, slots=True)
class LexicalVerdict:
    """What the rule says of an answer.

    Attributes
    ----------
    level : str
        One of `LEVELS`.
    share : float
        Share of the key points that are covered, from 0 to 1.
    key_points : tuple of Coverage
    findings : tuple of Finding
        What the answer contradicts of the reference and of the key points, each once.
    """

    level: Level
    share: float
    key_points: tuple[Coverage, ...]
    findings: tuple[Finding, ...]


def sentences(text: str) -> list[str]:
    """Split a text at full stops, semicolons and line breaks; a point within a number ends nothing."""
    return [found for match in _SENTENCE.finditer(text) if (found := match[0].strip()) and re.search(r"\w", found)]


def covered(answer: str, key_point: str, reference: str = "") -> Coverage:
    """Tell whether an answer covers a key point.

    Parameters
    ----------
    answer, key_point : str
    reference : str
        The reference that the key point was taken from. Words of the key point that this doesn't use itself aren't
        asked for either. What it says itself, and what it seems to contradict of the key point, is no contradiction.

    Returns
    -------
    Coverage
    """
    wanted, told = _names(key_point), True
    if reference:
        grounded = wanted & _best_window(read(reference), wanted)
        told = len(grounded) >= min(_GROUNDED, len(wanted))
        if told:
            wanted = grounded
    together = _best_window(read(answer), wanted)
    score = len(wanted & together) / len(wanted) if wanted else float(key_point.strip().lower() in answer.lower())
    found = compare(answer, key_point).contradicted
    if found and reference:
        excused = {_what(pair.reference) for pair in compare(reference, key_point).contradicted}
        found = tuple(
            pair
            for pair in found
            if _what(pair.reference) not in excused and said(pair.answer, read(reference)) < _SAID
        )
    return Coverage(key_point, score, told, found)


def lexical_verdict(answer: str, reference: str, key_points: Sequence[str] = ()) -> LexicalVerdict:
    """Judge an answer by the rule above.

    Parameters
    ----------
    answer, reference : str
    key_points : sequence of str
        Without any, or where words can't tell of any, the sentences of the reference are taken.

    Returns
    -------
    LexicalVerdict
        The same for the same texts, on any machine.
    """
    points = tuple(covered(answer, point, reference) for point in key_points)
    if not any(point.told for point in points):
        points = tuple(covered(answer, sentence, reference) for sentence in sentences(reference))
    told = [point for point in points if point.told]
    share = sum(map(bool, told)) / len(told) if told else 0.0
    pairs = [*compare(answer, reference).contradicted, *(pair for point in points for pair in point.contradicted)]
    findings = {(pair.kind, pair.answer.start, pair.answer.end): pair for pair in reversed(pairs)}
    return LexicalVerdict(
        _level(share, contradicted=bool(findings)),
        share,
        points,
        tuple(Finding(pair, _sentence_at(answer, pair.answer.start)) for _, pair in sorted(findings.items())),
    )


def _level(share: float, *, contradicted: bool) -> Level:
    if contradicted:
        return "partially incorrect" if share >= SUPPORTED else "incorrect"
    if share >= CORRECT:
        return "correct"
    if share >= INCOMPLETE:
        return "correct but incomplete"
    return "partially incorrect" if share else "incorrect"


def _names(text: str) -> frozenset[str]:
    return frozenset(read(text).places)


def _best_window(reading: Reading, wanted: frozenset[str]) -> frozenset[str]:
    """Return the words of those neighbouring sentences in which most of the words stand that are wanted."""
    best: frozenset[str] = frozenset()
    for first in range(len(reading.sentences)):
        window = frozenset().union(*reading.sentences[first : first + _TOGETHER]) & wanted
        if len(window) > len(best):
            best = window
    return best


def _what(token: CriticalToken) -> tuple[str, str, frozenset[str]]:
    return token.kind, token.value, token.subject


def _sentence_at(text: str, place: int) -> str:
    for match in _SENTENCE.finditer(text):
        if match.end() > place:
            return match[0].strip()
    return text.strip()
