"""Changed answers for probing judges: one critical token turned round, or length without content.

Each takes a text and a seed and returns the changed text, the same for the same seed, or None where nothing in the text
can be changed so. A change is made only where `ecg_bench.text_metrics.critical.compare` sees it, and sees nothing else
that is missing, added or contradicted; the seed decides which of these places is taken. A judge that uses `compare` is
therefore bound to see these changes, and such a probe says nothing about it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from ecg_bench.text_metrics._length import count_words
from ecg_bench.text_metrics.critical import CriticalToken, Kind, compare, critical_tokens, load_words

Perturbation = Callable[[str, int], str | None]


@dataclass(frozen=True, slots=True)
class _Edit:
    """What to write in a place of a text."""

    start: int
    end: int
    new: str

    def apply(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


def negate(text: str, seed: int) -> str | None:
    """Take one negation away, or put one in."""
    return _change(text, seed, "negation", _negations, {Kind.NEGATION, Kind.DIRECTION})


def swap_comparator(text: str, seed: int) -> str | None:
    """Turn one comparator round: "at least 120 ms" becomes "at most 120 ms"."""
    return _change(text, seed, "comparator", _comparators, {Kind.COMPARATOR})


def change_number(text: str, seed: int) -> str | None:
    """Double or halve one number or range, and make another grade of a grade; units stay."""
    return _change(text, seed, "number", _numbers, {Kind.NUMBER})


def change_lead(text: str, seed: int) -> str | None:
    """Name another lead, or another range of leads, that the text doesn't name."""
    return _change(text, seed, "lead", _leads, {Kind.LEAD})


def swap_direction(text: str, seed: int) -> str | None:
    """Exchange one word for its opposite: "elevation" becomes "depression"."""
    return _change(text, seed, "direction", _directions, {Kind.DIRECTION})


def pad(text: str, seed: int) -> str | None:
    """Append sentences that are true and say nothing, up to two to three times the length; the content stays."""
    words, rng = count_words(text), _rng(text, seed, "pad")
    if not words:
        return None
    target = rng.uniform(2.1, 2.9) * words
    padded = text.rstrip()
    if padded[-1] not in ".!?":
        padded += "."
    length = words
    while length < target:
        fitting = [s for s in _EMPTY if length + count_words(s) <= 3 * words]
        if not fitting:
            break
        for sentence in rng.sample(fitting, len(fitting)):
            if length < target and length + count_words(sentence) <= 3 * words:
                padded += f" {sentence}"
                length += count_words(sentence)
    return padded if length >= 2 * words and not compare(padded, text) else None


PERTURBATIONS: Final = MappingProxyType(
    {
        "negation": negate,
        "comparator": swap_comparator,
        "number": change_number,
        "lead": change_lead,
        "direction": swap_direction,
    }
)
"""The changes after which a judge must lower its verdict, by name."""


def _rng(text: str, seed: int, name: str) -> random.Random:
    return random.Random(f"{name}/{seed}/{text}")


def _change(
    text: str, seed: int, name: str, edits: Callable[[str, random.Random], Iterator[_Edit]], kinds: set[Kind]
) -> str | None:
    rng = _rng(text, seed, name)
    found = list(edits(text, rng))
    rng.shuffle(found)
    for edit in found:
        changed = edit.apply(text)
        difference = compare(changed, text)
        if difference.missing or difference.added or not difference.contradicted:
            continue
        if len({(pair.reference.start, pair.reference.end) for pair in difference.contradicted}) > 1:
            continue
        if all(pair.kind in kinds for pair in difference.contradicted):
            return changed
    return None


def _of_kind(text: str, kind: Kind) -> list[CriticalToken]:
    """Return the tokens of a kind, one for each place."""
    return list({(token.start, token.end): token for token in critical_tokens(text) if token.kind is kind}.values())


# --- negations -------------------------------------------------------------------------------------------------------

_REMOVED: Final = (
    (re.compile(r"\b(is|are|was|were|be|can|could|may|should|must|would|will|does|do|did|has|have|need) not\b"), r"\1"),
    (re.compile(r"\bcannot\b"), "can"),
    (re.compile(r"\b(?:not|never|no) (?=\w)"), ""),
    (re.compile(r"\b(?:Not|Never|No) (?=\w)"), ""),
    (re.compile(r"\bwithout\b"), "with"),
    (re.compile(r"\bWithout\b"), "With"),
    (re.compile(r"\babsent\b"), "present"),
    (re.compile(r"\bAbsent\b"), "Present"),
    (re.compile(r"\babsence of\b"), "presence of"),
    (re.compile(r"\bAbsence of\b"), "Presence of"),
    (re.compile(r"\block of\b"), "presence of"),
    (re.compile(r"\block of\b", re.IGNORECASE), "Presence of"),
)
_INSERTED: Final = (
    (re.compile(r"\bcan\b(?! not| no\b)"), "cannot"),
    (re.compile(r"\b(is|are|was|were|may|should|must|would|will)\b(?! not| no\b| never)"), r"\1 not"),
    (re.compile(r"(?<=[\w,]) with (?=\w)"), " without "),
)
_BEGINNING = re.compile(r"(?:^|(?<=[.;:] ))(?:(?:The|A|An) )?(?=\w)")
_NO_NOUN: Final = re.compile(r"(?:It|This|That|They|These|There|He|She|In|On|If|With|No|Not|Without|When|After)\b")


def _negations(text: str, _: random.Random) -> Iterator[_Edit]:
    for pattern, new in (*_REMOVED, *_INSERTED):
        for match in pattern.finditer(text):
            replaced, end = match.expand(new), match.end()
            if not replaced and match[0][0].isupper():
                replaced, end = text[end].upper(), end + 1
            yield _Edit(match.start(), end, replaced)
    for match in _BEGINNING.finditer(text):
        if not _NO_NOUN.match(text, match.start()):
            end, word = match.end(), re.compile(r"\w+").match(text, match.end())
            lowered = text[end].lower() if word and word[0][1:].islower() else text[end]
            capital = match.start() == 0 or text[match.start() - 2] == "."
            yield _Edit(match.start(), end + 1, f"{'No' if capital else 'no'} {lowered}")


# --- comparators, directions -----------------------------------------------------------------------------------------


def _comparators(text: str, _: random.Random) -> Iterator[_Edit]:
    words = load_words()
    for token in _of_kind(text, Kind.COMPARATOR):
        other = words.comparator_swaps.get(words.lexer.phrase(token.text))
        if other is not None:
            yield _Edit(token.start, token.end, _cased(other, token.text))


def _directions(text: str, rng: random.Random) -> Iterator[_Edit]:
    words = load_words()
    for token in _of_kind(text, Kind.DIRECTION):
        known = words.directions.get(words.lexer.word(token.text.lower()))
        others = [other for other in known.others if other] if known else []
        if not others:
            continue
        new = rng.choice(others)
        if "aemi" in token.text.lower():
            new = new.replace("emi", "aemi")
        start = token.start
        article = re.search(r"\b([Aa])n?(?= $)", text[:start])
        new = _cased(new, token.text)
        if article:
            new = f"{article[1]}{'n' if new[0].lower() in 'aeiou' else ''} {new}"
            start = article.start()
        yield _Edit(start, token.end, new)


def _cased(new: str, old: str) -> str:
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new


# --- numbers, leads --------------------------------------------------------------------------------------------------

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_GRADE = re.compile(r"(?:I{1,3}|[1-4])(?=[a-c]?$)")
_OTHER_GRADE: Final = {"I": "II", "II": "I", "III": "I", "1": "2", "2": "1", "3": "1", "4": "2"}
_OTHER_DEGREE: Final = {"first": "third", "second": "first", "third": "first"}
_YEARS: Final = range(1900, 2100)
_PERCENT: Final = 50  # more can't be doubled


def _numbers(text: str, rng: random.Random) -> Iterator[_Edit]:
    words = load_words()
    by_value = {value: word for word, value in words.number_words.items()}
    for token in _of_kind(text, Kind.NUMBER):
        quantity = token.quantity
        if quantity is None or (quantity.unit == "" and quantity.low in _YEARS):
            continue
        if quantity.unit == "grade":
            new = _GRADE.sub(lambda match: _OTHER_GRADE[match[0]], token.text)
            for degree, other in _OTHER_DEGREE.items():
                if token.text.lower().startswith(degree):
                    new = _cased(other, token.text) + token.text[len(degree) :]
        else:
            doubled = quantity.high <= _PERCENT if quantity.unit == "%" else bool(rng.getrandbits(1))
            numerals = _NUMERAL.findall(token.text)
            if not doubled and any(numeral.isdigit() and int(numeral) % 2 for numeral in numerals):
                doubled = True  # whole numbers stay whole
            factor = 2.0 if doubled else 0.5
            first_only = quantity.unit == ":"
            new = _NUMERAL.sub(partial(_scaled, factor), token.text, count=int(first_only))
            head = re.match(r"[A-Za-z]+", token.text)
            if head and head[0].lower() in words.number_words:
                value = words.number_words[head[0].lower()] * 2
                new = _cased(by_value.get(value, f"{value:.0f}"), head[0]) + token.text[head.end() :]
        if new != token.text:
            yield _Edit(token.start, token.end, new)


def _scaled(factor: float, match: re.Match[str]) -> str:
    numeral = match[0]
    comma = "," in numeral and "." not in numeral and not re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", numeral)
    value = float(numeral.replace(",", "." if comma else "")) * factor
    written = f"{value:.9g}"
    return written.replace(".", ",") if comma else written


_RANGE = re.compile(r"V(\d)(\s?(?:-|–|to|through)\s?)(V?)(\d)")
_NAMES: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def _leads(text: str, rng: random.Random) -> Iterator[_Edit]:
    named = {token.value for token in critical_tokens(text) if token.kind is Kind.LEAD}
    free = [lead for lead in _NAMES if lead not in named]
    for token in _of_kind(text, Kind.LEAD):
        spread = _RANGE.fullmatch(token.text)
        if spread:
            width = int(spread[4]) - int(spread[1])
            first = [i for i in range(1, 7 - width) if not {f"V{j}" for j in range(i, i + width + 1)} & named]
            if first:
                start = rng.choice(first)
                yield _Edit(token.start, token.end, f"V{start}{spread[2]}{spread[3]}{start + width}")
        elif token.text == token.value and free:
            yield _Edit(token.start, token.end, rng.choice(free))


# Nothing in these is a critical token, and each is true of any answer.
_EMPTY: Final = (
    "This is worth knowing.",
    "Context always matters here.",
    "Such questions arise in daily practice.",
    "Careful reading is advised.",
    "Training and experience help with this.",
    "Textbooks and courses treat this subject in detail.",
    "A tracing is read together with the clinical picture.",
    "The question is of interest to students and to physicians.",
    "A systematic approach makes interpretation easier for everybody who reads tracings.",
    "It is helpful to discuss such tracings with experienced colleagues.",
    "The interpretation of an electrocardiogram is a skill that grows with practice.",
    "Good documentation of the recording helps the whole team.",
    "The electrocardiogram is an important tool of modern medicine and is used all over the world.",
    "Many books have been written about this subject, and teaching hospitals give it the attention that it deserves.",
    "Medicine is a science and an art, and the interpretation of tracings has something of both.",
    "Physicians, nurses and technicians work together so that recordings of good quality can be obtained.",
    "As with any test, the result has to be seen in the light of the history and the examination.",
    "Questions of this kind are asked in examinations as well as at the bedside.",
)
