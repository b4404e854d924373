"""What is negated: cues, their scope, and what they do to directions and comparators.

The scope of a cue ends with its clause. Of a noun phrase ("no ST elevation in V1") the words before the first
preposition or verb are negated, and each member of a list with "or"; behind "and" nothing is known, since "no fever and
chills" and "no P waves and wide QRS" look alike. What is neither stated nor negated takes part in no contradiction.
"""

from __future__ import annotations

from typing import Final

from ecg_bench.text_metrics.critical._parts import MEANING, Negation, Part, Role
from ecg_bench.text_metrics.critical._words import ABOVE, BELOW, Words

_REACH: Final = 40  # parts to which a cue can reach
_LONGEST: Final = 4  # names in a negated noun phrase
_LIGHT: Final = frozenset((Role.STOP, Role.FILLER))
_COPULAS: Final = frozenset(
    ["is", "are", "was", "were", "be", "been", "being", "remains", "remain", "seems", "appears"]
)
_DUTIES: Final = frozenset(["should", "must", "to", "need", "needs", "ought"])


def find_negations(parts: list[Part], words: Words) -> list[Negation]:
    """Find all negations, and mark in `parts` what they negate.

    A cue before a word of a complementary pair turns that word round instead ("not regular" is irregular), one before
    a comparator turns the comparator round, and two cues that cancel each other say nothing.
    """
    found: list[Negation] = []
    for at, part in enumerate(parts):
        if part.role is Role.ELEMENT:
            if part.text in words.cues_after and _ends_statement(parts, at):
                _add(found, parts, at, _before(parts, at))
            continue
        if part.role is not Role.CUE or not part.name:
            continue
        if part.name == "none" or _turned(parts, at):
            part.name = ""
            continue
        if part.name == "exclusion":
            _exclusion(found, parts, at)
        elif part.name == "verb":
            _verb(found, parts, at, words)
        elif part.text in words.cues_after and _ends_statement(parts, at):
            _add(found, parts, at, _before(parts, at))
        elif part.name == "prefix":
            _add(found, parts, at, [_following(parts, at, 1)])
        else:
            _add(found, parts, at, _noun_phrases(parts, at))
    return found


def _add(found: list[Negation], parts: list[Part], cue: int, phrases: list[list[int]]) -> None:
    for phrase in [p for p in phrases if p] or [[]]:
        for place in phrase:
            parts[place].polarity = -1
        found.append(Negation(cue, tuple(sorted(phrase))))


def _next(parts: list[Part], at: int, skipping: frozenset[Role]) -> int:
    at += 1
    while at < len(parts) and parts[at].role in skipping:
        at += 1
    return at


def _turned(parts: list[Part], at: int) -> bool:
    """Apply a cue to what follows it, where that has an opposite of its own; whether it did."""
    cue = parts[at]
    after = _next(parts, at, frozenset((Role.STOP,)))
    if after >= len(parts):
        return False
    following = parts[after]
    if following.role is Role.COMPARATOR and cue.name in ("verb", "noun"):
        following.name = BELOW if following.name == ABOVE else ABOVE
        following.start = cue.start
        return True
    direction = following.direction
    if direction is not None and direction.opposite is not None and cue.name in ("verb", "prefix"):
        following.name = direction.opposite
        following.start = cue.start
        return True
    after = _next(parts, at, frozenset((Role.STOP, Role.AUXILIARY)))
    if after < len(parts) and parts[after].role is Role.CUE and after <= at + 3:
        second = parts[after].name
        if second == "exclusion" or (cue.name == "verb" and second == "noun"):
            parts[after].name = ""
            return True
    return False


def _exclusion(found: list[Negation], parts: list[Part], at: int) -> None:
    """Read "excludes X", "X is excluded" and "X should be excluded"; the last says nothing about X."""
    before = [part.text for part in parts[max(0, at - 4) : at]]
    participle = parts[at].text in ("excluded", "ruled out")
    passive = participle and not (before and before[-1] in ("has", "have", "had"))
    phrases = _before(parts, at) if passive else _noun_phrases(parts, at)
    if _DUTIES.intersection(before[-3:] if passive else before[-1:]):
        for phrase in phrases:
            for place in phrase:
                parts[place].polarity = 0
        parts[at].name = ""
        return
    _add(found, parts, at, phrases)


def _verb(found: list[Negation], parts: list[Part], at: int, words: Words) -> None:
    """Read "is not seen", which negates what stands before it, and "does not help", which negates what follows."""
    after = _next(parts, at, frozenset((Role.AUXILIARY, Role.STOP)))
    if after < len(parts) and parts[after].text in words.presence and parts[after].role is Role.FILLER:
        phrases = _before(parts, at)
        if any(phrases):
            _add(found, parts, at, phrases)
            return
    phrase = _following(parts, at, 3)
    if len(phrase) < 2:
        place = at - 1
        while place >= max(0, at - _REACH) and parts[place].role not in (Role.SENTENCE, Role.CLAUSE, Role.CUE):
            if parts[place].role in MEANING and parts[place].polarity > 0:
                phrase.append(place)
                break
            place -= 1
    _add(found, parts, at, [phrase])


def _following(parts: list[Part], at: int, most: int) -> list[int]:
    phrase: list[int] = []
    for place in range(at + 1, min(len(parts), at + _REACH)):
        role = parts[place].role
        if role in (Role.SENTENCE, Role.CLAUSE, Role.CUE, Role.JOIN):
            break
        if role in MEANING:
            if len(phrase) == most:
                parts[place].polarity = 0
            else:
                phrase.append(place)
    return phrase


def _noun_phrases(parts: list[Part], at: int) -> list[list[int]]:
    """Return the noun phrases behind a cue: one, or the members of a list with "or"."""
    phrases: list[list[int]] = [[]]
    open_phrase, known = True, True
    for place in range(at + 1, min(len(parts), at + _REACH)):
        part = parts[place]
        if part.role is Role.SENTENCE or part.role is Role.CUE:
            break
        if part.role is Role.CLAUSE:
            if part.text != "," or not known or not _list_goes_on(parts, place):
                break
            phrases.append([])
            open_phrase = True
        elif part.role is Role.JOIN:
            if part.text == "and":
                if place + 1 < len(parts) and parts[place + 1].text in ("a", "an", "the", "with"):
                    break
                known = False
            elif known:
                phrases.append([])
                open_phrase = True
        elif part.role in (Role.PREPOSITION, Role.AUXILIARY):
            open_phrase = open_phrase and not phrases[-1] and part.role is Role.PREPOSITION
        elif part.role in MEANING:
            if known and open_phrase and len(phrases[-1]) < _LONGEST:
                phrases[-1].append(place)
            else:
                part.polarity = 0
    return phrases


def _list_goes_on(parts: list[Part], comma: int) -> bool:
    """Whether behind a comma a list with "or" goes on: "no Q waves, ST elevation or T inversion"."""
    for part in parts[comma + 1 : comma + 20]:
        if part.role in (Role.SENTENCE, Role.CUE, Role.AUXILIARY) or (part.role is Role.CLAUSE and part.text != ","):
            return False
        if part.role is Role.JOIN:
            return part.text != "and"
    return False


def _ends_statement(parts: list[Part], at: int) -> bool:
    """Whether a word such as "absent" is said of what stands before it."""
    before = at - 1
    while before >= 0 and parts[before].role in _LIGHT:
        before -= 1
    if before < 0:
        return False
    if parts[before].text in _COPULAS or parts[before].text == ":":
        return True
    if parts[at].text not in ("absent", "missing") or not (parts[before].role in MEANING or parts[before].text == ","):
        return False
    after = _next(parts, at, _LIGHT)
    return after >= len(parts) or parts[after].role not in MEANING


def _before(parts: list[Part], at: int) -> list[list[int]]:
    """Return the noun phrases before a verb: their heads, without what prepositions add."""
    phrases: list[list[int]] = [[]]
    for place in range(at - 1, max(-1, at - _REACH), -1):
        part = parts[place]
        if part.role in (Role.SENTENCE, Role.CUE):
            break
        if part.role is Role.CLAUSE:
            if part.text not in ":," or any(phrases):
                break
        elif part.role is Role.AUXILIARY:
            if any(phrases):
                break
        elif part.role is Role.PREPOSITION:
            phrases[-1] = []
        elif part.role is Role.JOIN:
            phrases.append([])
        elif part.role in MEANING and len(phrases[-1]) < _LONGEST - 1:
            phrases[-1].append(place)
    return phrases
