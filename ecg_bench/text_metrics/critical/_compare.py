"""Comparing an answer's critical tokens with those of its reference.

Each token is judged by the token of the other text that stands in the most similar surroundings. Where that one says
the same, the token is matched; where it says the opposite of the same subject, the two contradict each other; without
either it is missing, or added. Surroundings are compared by words, so that the order of clauses plays no part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ecg_bench.text_metrics.critical._parts import Part
from ecg_bench.text_metrics.critical._reading import CriticalToken, Kind, Reading
from ecg_bench.text_metrics.critical._words import ABOVE

# What two tokens must have in common to be said of the same thing: half of the smaller subject. Directions stand before
# many nouns of medicine ("left ventricular ..."), so that more is asked of them; leads have short subjects, of which
# half of both together must be common.
_HALF: Final = 0.5
_MOST: Final = 0.66
_WEIGHTS: Final = (0.6, 0.3, 0.1)  # of subject, clause and sentence in the similarity of surroundings
_MARGIN: Final = 0.2  # by which a contradiction must be more similar than what the text says elsewhere
_SHARED: Final = 0.34  # of the words around a single negated name that must be alike
_CANDIDATES: Final = 40  # so many are looked at, which keeps the time linear in the length of the texts
_WINDOW: Final = 6  # names between which a phrase must stand together


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A token of the reference and what the answer says against it."""

    kind: Kind
    reference: CriticalToken
    answer: CriticalToken

    def __str__(self) -> str:
        return f"{self.kind}: “{self.answer.text}” where the reference has “{self.reference.text}”"


@dataclass(frozen=True, slots=True)
class CriticalDifference:
    """In what an answer's critical tokens differ from those of its reference.

    Attributes
    ----------
    contradicted : tuple of Contradiction
        The same subject with opposite polarity, an opposite direction, another number or another lead.
    missing, added : tuple of CriticalToken
        In the reference only; in the answer only.
    expected : int
        How many critical tokens the reference has.
    matched : int
        How many of them the answer has.
    """

    contradicted: tuple[Contradiction, ...]
    missing: tuple[CriticalToken, ...]
    added: tuple[CriticalToken, ...]
    expected: int
    matched: int

    def __bool__(self) -> bool:
        return bool(self.contradicted or self.missing or self.added)

    @property
    def recall(self) -> float | None:
        """Share of the reference's critical tokens that the answer has; None where there are none."""
        return self.matched / self.expected if self.expected else None

    def by_kind(self) -> dict[Kind, tuple[int, int, int]]:
        """Return how many are contradicted, missing and added, for each kind of which something differs."""
        counts = {
            kind: (
                sum(pair.kind is kind for pair in self.contradicted),
                sum(token.kind is kind for token in self.missing),
                sum(token.kind is kind for token in self.added),
            )
            for kind in Kind
        }
        return {kind: count for kind, count in counts.items() if any(count)}

    def describe(self) -> str:
        """Return the differences for a reader, one a line; empty where nothing differs."""
        return "\n".join(
            [
                *(f"contradicted, {pair}" for pair in self.contradicted),
                *(f"missing, {token.kind}: “{token.text}”" for token in self.missing),
                *(f"added, {token.kind}: “{token.text}”" for token in self.added),
            ]
        )


def compare_readings(answer: Reading, reference: Reading) -> CriticalDifference:
    """Compare an answer that was read with a reference that was read."""
    if answer.text == reference.text:
        return CriticalDifference((), (), (), len(reference.tokens), len(reference.tokens))
    wanted, given = _unequal(reference.tokens, answer.tokens)
    contradicted = _opposed(wanted, given, reference, answer)
    # what is left over: said again in other surroundings, missing, or added
    used = {id(pair.reference) for pair in contradicted}, {id(pair.answer) for pair in contradicted}
    missing = _unmatched([t for t in wanted if id(t) not in used[0]], answer.tokens)
    added = _unmatched([t for t in given if id(t) not in used[1]], reference.tokens)
    told = len({id(pair.reference) for pair in contradicted} & {id(token) for token in wanted})
    expected = len(reference.tokens)
    return CriticalDifference(tuple(contradicted), missing, added, expected, expected - told - len(missing))


def said(token: CriticalToken, text: Reading) -> float:
    """Return how similar the surroundings are in which a text says the same as a token, at best: 0 to 1."""
    return _best_equal(token, text, _Index(text.tokens))


# --- equal and opposite ----------------------------------------------------------------------------------------------


def _unequal(
    wanted: Sequence[CriticalToken], given: Sequence[CriticalToken]
) -> tuple[list[CriticalToken], list[CriticalToken]]:
    """Take away, one for one, the tokens that stand in both texts with equal surroundings."""
    there, here = Counter(map(_identity, wanted)), Counter(map(_identity, given))
    left, right = there - here, here - there
    return _take(wanted, left), _take(given, right)


def _identity(token: CriticalToken) -> tuple[object, ...]:
    value = token.subject if token.kind is Kind.NEGATION else token.value
    return token.kind, token.family, value, token.subject, token.clause


def _take(tokens: Sequence[CriticalToken], counts: Counter[tuple[object, ...]]) -> list[CriticalToken]:
    if not counts:
        return []
    taken = []
    for token in tokens:
        identity = _identity(token)
        if counts[identity] > 0:
            counts[identity] -= 1
            taken.append(token)
    return taken


def _equal(one: CriticalToken, other: CriticalToken) -> bool:
    if one.kind is not other.kind or one.family != other.family:
        return False
    if one.kind is Kind.NEGATION:
        return _jaccard(one.subject, other.subject) >= _HALF
    return one.value == other.value


def _opposite(one: CriticalToken, other: CriticalToken) -> bool:
    """Whether two tokens of one family say different things, as far as it can be told."""
    if one.value == other.value or one.polarity != other.polarity:
        return False
    if one.quantity is not None and other.quantity is not None:
        return not _compatible(one, other)
    return True


def _compatible(one: CriticalToken, other: CriticalToken) -> bool:
    """Whether two numbers can be said of the same thing: "above 120 ms" and "140 ms", "40–60/min" and "50/min"."""
    a, b = one.quantity, other.quantity
    if a is None or b is None or (a.unit == b.unit and a.unit in ("grade", ":", "/")):
        return False
    if one.bound and other.bound:
        return one.bound != other.bound and (a.low <= b.high if one.bound == ABOVE else b.low <= a.high)
    if one.bound or other.bound:
        limit, plain, bound = (a, b, one.bound) if one.bound else (b, a, other.bound)
        return plain.low >= limit.low if bound == ABOVE else plain.high <= limit.high
    return (a.low <= b.low and b.high <= a.high) or (b.low <= a.low and a.high <= b.high)


def _same_subject(one: CriticalToken, other: CriticalToken) -> bool:
    """Whether two tokens of one family are said of the same thing; without any subject their sentences decide."""
    if not one.subject and not other.subject:
        return _overlap(_plain(one), _plain(other)) >= _HALF
    if one.kind is Kind.LEAD:
        return _jaccard(one.subject, other.subject) >= _HALF
    return _overlap(one.subject, other.subject) >= (_MOST if one.kind is Kind.DIRECTION else _HALF)


def _plain(token: CriticalToken) -> frozenset[str]:
    """Return the other words of a token's sentence: neither numbers nor leads."""
    return frozenset(name for name in token.sentence if name.isalpha() and name.islower() and name != token.value)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    smaller = min(len(one), len(other))
    if smaller == 0:
        return 1.0 if not one and not other else 0.0
    return len(one & other) / smaller


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def _similarity(one: CriticalToken, other: CriticalToken) -> float:
    subject, clause, sentence = _WEIGHTS
    return (
        subject * _overlap(one.subject, other.subject)
        + clause * _jaccard(one.clause, other.clause)
        + sentence * _jaccard(one.sentence, other.sentence)
    )


# --- contradictions --------------------------------------------------------------------------------------------------


def _opposed(
    wanted: Sequence[CriticalToken], given: Sequence[CriticalToken], reference: Reading, answer: Reading
) -> list[Contradiction]:
    """Pair the tokens that contradict each other, the most similar surroundings first, each token once."""
    pairs: list[tuple[float, CriticalToken, CriticalToken]] = []
    others = _Index(given)
    for token in wanted:
        if token.kind is Kind.NEGATION:
            pairs.extend((score, token, mention) for score, mention in _statements(token, answer))
        else:
            pairs.extend(
                (_similarity(token, other), token, other)
                for other in others.candidates(token)
                if _opposite(token, other) and _same_subject(token, other)
            )
    for token in given:
        if token.kind is Kind.NEGATION:
            pairs.extend((score, mention, token) for score, mention in _statements(token, reference))
    if not pairs:
        return []
    pairs.sort(key=lambda pair: (-pair[0], pair[1].value, pair[2].value, pair[1].text, pair[2].text))
    in_answer, in_reference = _Index(answer.tokens), _Index(reference.tokens)
    found: list[Contradiction] = []
    used: set[tuple[str, int, int, str]] = set()
    for score, one, other in pairs:
        keys = ("reference", one.start, one.end, one.value), ("answer", other.start, other.end, other.value)
        if keys[0] in used or keys[1] in used:
            continue
        # where a text says the same elsewhere, the contradiction must stand in clearly more similar surroundings
        equal = max(_best_equal(one, answer, in_answer), _best_equal(other, reference, in_reference))
        if equal > 0 and score < equal + _MARGIN:
            continue
        used.update(keys)
        found.append(Contradiction(one.kind, one, other))
    found.sort(key=lambda pair: (pair.reference.start, pair.answer.start))
    return found


class _Index:
    """The tokens of a text by their families; of very large families only those in similar clauses are looked at."""

    def __init__(self, tokens: Iterable[CriticalToken]) -> None:
        self._families: dict[tuple[Kind, str], list[CriticalToken]] = {}
        for token in tokens:
            self._families.setdefault((token.kind, token.family), []).append(token)
        self._by_name: dict[tuple[Kind, str, str], list[CriticalToken]] = {}
        for (kind, family), members in self._families.items():
            if len(members) > _CANDIDATES:
                for token in members:
                    for name in token.clause | token.subject:
                        self._by_name.setdefault((kind, family, name), []).append(token)

    def candidates(self, token: CriticalToken) -> list[CriticalToken]:
        """Return the tokens of a token's family."""
        family = self._families.get((token.kind, token.family), [])
        if len(family) <= _CANDIDATES:
            return family
        lists = [self._by_name.get((token.kind, token.family, name), []) for name in token.clause | token.subject]
        rarest = sorted((found for found in lists if found), key=lambda found: (len(found), found[0].start))
        return [other for found in rarest[:4] for other in found[:_CANDIDATES]] or family[:_CANDIDATES]


def _best_equal(token: CriticalToken, text: Reading, index: _Index) -> float:
    """Return how similar the surroundings are in which a text says the same, at best; 0 where it doesn't."""
    if token.kind is Kind.NEGATION and token.polarity > 0:
        return max((score for score, _ in _statements(token, text)), default=0.0)
    same = (other for other in index.candidates(token) if _equal(token, other))
    return max((_similarity(token, other) for other in same), default=0.0)


def _statements(negation: CriticalToken, text: Reading) -> list[tuple[float, CriticalToken]]:
    """Return where a text states what is negated, with how similar the surroundings are."""
    names = negation.subject
    if not names:
        return []
    places = [text.places.get(name) for name in names]
    if any(found is None for found in places):
        return []
    rarest = min((found for found in places if found is not None), key=len)
    found: list[tuple[float, CriticalToken]] = []
    parts = text.parts
    for place in rarest[:_CANDIDATES]:
        stated = _together(parts, place, names)
        if stated is None:
            continue
        first, last = parts[stated[0]], parts[stated[-1]]
        mention = CriticalToken(
            Kind.NEGATION, " ".join(sorted(names)), text.text[first.start : last.end], first.start, last.end, "",
            names, text.clauses[parts[place].clause], text.sentences[parts[place].sentence],
        )  # fmt: skip
        if len(names) > 1 or _shares_clause(negation, mention):
            found.append((_similarity(negation, mention), mention))
    return found


def _shares_clause(negation: CriticalToken, mention: CriticalToken) -> bool:
    """Whether the clauses of a single negated name and of its statement are about the same, or hold nothing else."""
    one, other = negation.clause - negation.subject, mention.clause - negation.subject
    return not one or not other or _overlap(one, other) >= _SHARED


def _together(parts: Sequence[Part], place: int, names: frozenset[str]) -> list[int] | None:
    """Return the places of some names, all stated, around a place and in its sentence, or None."""
    found: dict[str, int] = {}
    for distance in range(_WINDOW + 1):
        for at in {place - distance, place + distance}:
            if not 0 <= at < len(parts):
                continue
            part = parts[at]
            if part.sentence == parts[place].sentence and part.name in names and part.polarity > 0:
                found.setdefault(part.name, at)
    return sorted(found.values()) if len(found) == len(names) else None


# --- missing and added -----------------------------------------------------------------------------------------------


def _unmatched(tokens: Sequence[CriticalToken], other: Sequence[CriticalToken]) -> tuple[CriticalToken, ...]:
    """Return the tokens of which the other text has no equal."""
    if not tokens:
        return ()
    known = {(token.kind, token.family, token.value) for token in other}
    names: dict[str, list[CriticalToken]] = {}
    for token in other:
        if token.kind is Kind.NEGATION:
            for name in token.subject:
                names.setdefault(name, []).append(token)
    return tuple(
        token
        for token in tokens
        if (token.kind, token.family, token.value) not in known
        and not (
            token.kind is Kind.NEGATION
            and any(_equal(token, same) for name in token.subject for same in names.get(name, [])[:_CANDIDATES])
        )
    )
