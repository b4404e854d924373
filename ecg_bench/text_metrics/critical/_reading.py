"""Reading a text: its critical tokens, each with what it is said of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final

from ecg_bench.text_metrics.critical._leads import is_lead_like, read_leads
from ecg_bench.text_metrics.critical._lexer import Lexeme, Lexis, stem
from ecg_bench.text_metrics.critical._negations import find_negations
from ecg_bench.text_metrics.critical._parts import MEANING, Part, Role
from ecg_bench.text_metrics.critical._quantities import Quantity, is_grade, is_grade_only, read_grade, read_quantity
from ecg_bench.text_metrics.critical._words import Words

NEAR: Final = 2  # so many words on either side say what a direction or a number is said of


class Kind(StrEnum):
    """The kinds of critical tokens."""

    NEGATION = "negation"
    DIRECTION = "direction"
    COMPARATOR = "comparator"
    NUMBER = "number"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class CriticalToken:
    """A part of a text whose change turns its meaning round.

    Attributes
    ----------
    kind : Kind
    value : str
        In normal form: "no st elevation", "elevation", "≥", "120 ms", "V1". An affirmed phrase that a negation in
        another text contradicts is a negation with the value "st elevation".
    text : str
        As it is written.
    start, end : int
        Its place: ``text[start:end]`` of the text read.
    family : str
        Only tokens of one family can contradict each other: numbers of one dimension, directions of one group.
    subject, clause, sentence : frozenset of str
        Stems of the words it is said of, and of the clause and sentence in which it stands.
    quantity, bound : Quantity, str
        Of a number: what it is, and "≥" or "≤" where a comparator belongs to it.
    polarity : int
        1 where it is stated, -1 where it is negated, 0 where that can't be told.
    """

    kind: Kind
    value: str
    text: str
    start: int
    end: int
    family: str = field(repr=False)
    subject: frozenset[str] = field(repr=False)
    clause: frozenset[str] = field(repr=False)
    sentence: frozenset[str] = field(repr=False)
    quantity: Quantity | None = field(default=None, repr=False)
    bound: str = field(default="", repr=False)
    polarity: int = field(default=1, repr=False)


@dataclass(frozen=True)
class Reading:
    """A text that was read.

    Attributes
    ----------
    text : str
    tokens : tuple of CriticalToken
        In the order of the text.
    parts : tuple of Part
        What carries meaning, in the order of the text.
    clauses, sentences : tuple of frozenset of str
        The names of all parts of each clause and sentence.
    """

    text: str
    tokens: tuple[CriticalToken, ...]
    parts: tuple[Part, ...]
    clauses: tuple[frozenset[str], ...]
    sentences: tuple[frozenset[str], ...]

    @cached_property
    def places(self) -> Mapping[str, list[int]]:
        """Where in `parts` each name stands."""
        found: dict[str, list[int]] = {}
        for place, part in enumerate(self.parts):
            found.setdefault(part.name, []).append(place)
        return found


_SENTENCE_MARKS: Final = frozenset(".!?;")
_CLAUSE_MARKS: Final = frozenset(",:()[]")


class Reader:
    """Reads texts by some tables of words."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._roles: dict[str, tuple[Role, str]] = {}
        self._is_plain = lru_cache(maxsize=1 << 16)(self._plain)

    def __call__(self, text: str) -> Reading:
        """Read a text, in time proportional to its length."""
        parts = self._scan(text)
        negations = find_negations(parts, self.words)
        _number_clauses(parts)
        clauses, sentences = _gather(parts)
        beside = {place: _number_beside(parts, place) for place, p in enumerate(parts) if p.role is Role.COMPARATOR}
        for place, number in beside.items():
            if number is not None:
                parts[number].bound = parts[place].name
        tokens: list[CriticalToken] = []
        for place, part in enumerate(parts):
            kind = _kind(part)
            if kind is None:
                continue
            subject = _near(parts, place)
            family = ""
            if part.direction is not None:
                family = f"{part.direction.group}"
            elif kind is Kind.NUMBER and part.quantity is not None:
                family = part.quantity.unit
            elif kind is Kind.COMPARATOR:
                number = beside[place]
                if number is not None:
                    subject = _near(parts, number) | {parts[number].name}
            tokens.append(
                CriticalToken(
                    kind, part.name, text[part.start : part.end], part.start, part.end, family, subject,
                    clauses[part.clause], sentences[part.sentence], part.quantity, part.bound, part.polarity,
                )
            )  # fmt: skip
        for negation in negations:
            focus = [parts[i] for i in negation.focus]
            cue = parts[negation.cue]
            here = focus[0] if focus else cue
            start = min([cue.start, *(part.start for part in focus)])
            end = max([cue.end, *(part.end for part in focus)])
            tokens.append(
                CriticalToken(
                    Kind.NEGATION, " ".join(["no", *(part.name for part in focus)]), text[start:end], start, end,
                    "", frozenset(part.name for part in focus),
                    clauses[here.clause], sentences[here.sentence], polarity=-1,
                )
            )  # fmt: skip
        tokens.sort(key=lambda token: (token.start, token.end, token.kind, token.value))
        return Reading(text, tuple(tokens), tuple(p for p in parts if p.role in MEANING), clauses, sentences)

    # --- parts -----------------------------------------------------------------------------------------------------

    def _scan(self, text: str) -> list[Part]:
        words = self.words
        lexemes = words.lexer(text)
        texts = [lexeme.text for lexeme in lexemes]
        parts: list[Part] = []
        at, count = 0, len(lexemes)
        while at < count:
            lexeme = lexemes[at]
            if lexeme.kind is Lexis.BORDER or lexeme.text in _SENTENCE_MARKS:
                parts.append(Part(Role.SENTENCE, "", lexeme.start, lexeme.end))
                at += 1
                continue
            if lexeme.kind is Lexis.WORD and self._is_plain(lexeme.text):
                at = self._word(lexeme, at, parts)
                continue
            at = (
                self._comparator(lexemes, texts, at, parts)
                or self._figures(lexemes, texts, at, parts)
                or self._leads(lexemes, texts, at, parts)
                or self._cue(lexemes, texts, at, parts)
                or self._word(lexeme, at, parts)
            )
        return parts

    def _plain(self, word: str) -> bool:
        """Whether a word can only be a word by itself, as most are."""
        words = self.words
        phrases = words.before_number, words.lead_groups, words.cues
        numbers = words.number_words, words.number_words_with_unit, words.ordinals
        return not (
            any(phrase.begins(word) for phrase in phrases)
            or any(word in table for table in numbers)
            or is_lead_like(word)
            or is_grade(word)
            or word.endswith("n't")
        )

    def _comparator(self, lexemes: list[Lexeme], texts: list[str], at: int, parts: list[Part]) -> int | None:
        """Read a comparator that stands before a number."""
        found = self.words.before_number.find(texts, at)
        if found is None:
            return None
        side, end = found
        ahead = end
        while ahead < len(texts) and ahead < end + 3 and texts[ahead] in self.words.approximately:
            ahead += 1
        if ahead >= len(texts) or read_quantity(lexemes, texts, ahead, self.words) is None:
            return None
        parts.append(Part(Role.COMPARATOR, texts[at], lexemes[at].start, lexemes[end - 1].end, side))
        return self._figures(lexemes, texts, ahead, parts)

    def _figures(self, lexemes: list[Lexeme], texts: list[str], at: int, parts: list[Part]) -> int | None:
        """Read a number, the comparator behind it, or the grades behind "type"."""
        words = self.words
        if (at > 0 and texts[at - 1] in words.graded) or is_grade_only(texts[at]):
            end = self._grades(lexemes, texts, at, parts)
            if end is not None:
                return end
        found = read_quantity(lexemes, texts, at, words)
        if found is None:
            return None
        quantity, end = found
        parts.append(
            Part(Role.NUMBER, texts[at], lexemes[at].start, lexemes[end - 1].end, quantity.value, quantity=quantity)
        )
        behind = words.after_number.find(texts, end) if end < len(texts) else None
        if behind is not None:
            side, after = behind
            parts.append(Part(Role.COMPARATOR, texts[end], lexemes[end].start, lexemes[after - 1].end, side))
            return after
        return end

    def _grades(self, lexemes: list[Lexeme], texts: list[str], at: int, parts: list[Part]) -> int | None:
        end: int | None = None
        while at < len(texts):
            found = read_grade(texts, lexemes, at)
            if found is None:
                break
            quantity, end = found
            parts.append(
                Part(Role.NUMBER, texts[at], lexemes[at].start, lexemes[end - 1].end, quantity.value, quantity=quantity)
            )
            at = end
            while at < len(texts) and at < end + 2 and texts[at] in (",", "or", "and", "/", "to", "-"):
                at += 1
            if at == end:
                break
        return end

    def _leads(self, lexemes: list[Lexeme], texts: list[str], at: int, parts: list[Part]) -> int | None:
        group = self.words.lead_groups.find(texts, at)
        if group is not None:
            names, end = group
            place = lexemes[at].start, lexemes[end - 1].end
            parts.extend(Part(Role.LEAD, texts[at], *place, name) for name in names)
            return end
        found = read_leads(lexemes, texts, at, self.words)
        if found is None:
            if texts[at] in ("ii", "iii") and _grade_list(texts, at):
                return self._grades(lexemes, texts, at, parts)
            return None
        leads, end = found
        parts.extend(Part(Role.LEAD, lead.lower(), start, stop, lead) for lead, start, stop in leads)
        return end

    def _cue(self, lexemes: list[Lexeme], texts: list[str], at: int, parts: list[Part]) -> int | None:
        found = self.words.cues.find(texts, at)
        if found is not None:
            role, end = found
            parts.append(Part(Role.CUE, " ".join(texts[at:end]), lexemes[at].start, lexemes[end - 1].end, role))
            return end
        if texts[at].endswith("n't"):
            parts.append(Part(Role.CUE, texts[at], lexemes[at].start, lexemes[at].end, "verb"))
            return at + 1
        return None

    def _word(self, lexeme: Lexeme, at: int, parts: list[Part]) -> int:
        text = lexeme.text
        known = self._roles.get(text)
        if known is None:
            if len(self._roles) > 1 << 16:
                self._roles.clear()
            known = self._roles[text] = self._role(lexeme)
        role, name = known
        parts.append(
            Part(role, text, lexeme.start, lexeme.end, name, self.words.directions.get(text))
            if role is Role.ELEMENT
            else Part(role, text, lexeme.start, lexeme.end)
        )
        return at + 1

    def _role(self, lexeme: Lexeme) -> tuple[Role, str]:
        words, text = self.words, lexeme.text
        if lexeme.kind is not Lexis.WORD:
            return (Role.CLAUSE if text in _CLAUSE_MARKS else Role.STOP), ""
        direction = words.directions.get(text)
        if text in words.prepositions:
            return (Role.ELEMENT, direction.name) if direction is not None else (Role.PREPOSITION, "")
        if direction is not None:
            return Role.ELEMENT, direction.name
        for table, role in (
            (words.ends_scope, Role.CLAUSE),
            (words.auxiliaries, Role.AUXILIARY),
            (words.fillers, Role.FILLER),
            (words.stopwords, Role.STOP),
        ):
            if text in table:
                return role, ""
        if text in ("and", "or", "nor"):
            return Role.JOIN, ""
        return Role.ELEMENT, stem(text)


def _grade_list(texts: list[str], at: int) -> bool:
    """Whether a Roman figure stands in a list with "IV" or "Ic"."""
    return any(is_grade_only(text) for text in texts[at + 1 : at + 4])


def _kind(part: Part) -> Kind | None:
    if part.direction is not None:
        return Kind.DIRECTION
    if part.role is Role.NUMBER:
        return Kind.NUMBER
    if part.role is Role.LEAD:
        return Kind.LEAD
    return Kind.COMPARATOR if part.role is Role.COMPARATOR else None


# --- clauses, and what a token is said of ----------------------------------------------------------------------------


def _number_clauses(parts: list[Part]) -> None:
    clause = sentence = segment = 0
    for part in parts:
        if part.role is Role.SENTENCE:
            sentence, clause, segment = sentence + 1, clause + 1, segment + 1
        elif part.role is Role.CLAUSE:
            clause, segment = clause + 1, segment + 1
        elif part.role is Role.JOIN or part.text in ("with", "without"):
            segment += 1
        part.clause, part.sentence, part.segment = clause, sentence, segment


def _gather(parts: list[Part]) -> tuple[tuple[frozenset[str], ...], tuple[frozenset[str], ...]]:
    last = parts[-1] if parts else None
    clauses: list[set[str]] = [set() for _ in range(last.clause + 1 if last else 0)]
    sentences: list[set[str]] = [set() for _ in range(last.sentence + 1 if last else 0)]
    for part in parts:
        if part.role in MEANING:
            clauses[part.clause].add(part.name)
            sentences[part.sentence].add(part.name)
    return tuple(map(frozenset, clauses)), tuple(map(frozenset, sentences))


def _near(parts: list[Part], place: int) -> frozenset[str]:
    """Return the names of the words around a part, in its segment: those it is most likely said of."""
    here = parts[place]
    found: list[str] = []
    for step in (-1, 1):
        seen, at = 0, place + step
        while 0 <= at < len(parts) and seen < NEAR and parts[at].segment == here.segment and abs(at - place) < 16:
            part = parts[at]
            if part.role is Role.ELEMENT:
                found.append(part.name)
                seen += 1
            at += step
    return frozenset(found)


def _number_beside(parts: list[Part], place: int) -> int | None:
    """Return the place of the number to which a comparator belongs: the next behind it, or the one before it."""
    if place + 1 < len(parts) and parts[place + 1].role is Role.NUMBER:
        return place + 1
    return place - 1 if place > 0 and parts[place - 1].role is Role.NUMBER else None
