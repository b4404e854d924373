"""The tables of words, read from ``words.yaml`` or a file of the same form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from ecg_bench.errors import UserError
from ecg_bench.text_metrics.critical._lexer import Lexer

T = TypeVar("T")

ABOVE: Final = "≥"
BELOW: Final = "≤"


class Phrases(Generic[T]):
    """Phrases of one or more words and what they mean; of several that fit, the longest counts."""

    def __init__(self, entries: Iterable[tuple[tuple[str, ...], T]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        for phrase, value in entries:
            same = self._by_first.setdefault(phrase[0], [])
            if all(known != phrase for known, _ in same):
                same.append((phrase, value))
        for same in self._by_first.values():
            same.sort(key=lambda entry: -len(entry[0]))

    def begins(self, word: str) -> bool:
        """Whether any phrase begins with a word."""
        return word in self._by_first

    def find(self, words: Sequence[str], at: int) -> tuple[T, int] | None:
        """Return what the phrase that begins at a place means and where it ends, or None."""
        for phrase, value in self._by_first.get(words[at], ()):
            end = at + len(phrase)
            if len(phrase) == 1 or tuple(words[at:end]) == phrase:
                return value, end
        return None


@dataclass(frozen=True, slots=True)
class Direction:
    """A word that has an opposite: its group, which of the group's meanings it has, and their names."""

    group: int
    meaning: int
    name: str
    others: tuple[str | None, ...]  # the forms of its row, by meaning
    opposite: str | None  # what "not" before it means, in a complementary group


@dataclass(frozen=True)
class Words:
    """The tables, ready for use.

    Attributes
    ----------
    digest : str
        First eight hexadecimal digits of the SHA-256 of the file.
    """

    digest: str
    lexer: Lexer
    directions: Mapping[str, Direction]
    before_number: Phrases[str]
    after_number: Phrases[str]
    comparator_swaps: Mapping[tuple[str, ...], str]
    approximately: frozenset[str]
    units: Phrases[tuple[str, float]]
    number_words: Mapping[str, float]
    number_words_with_unit: Mapping[str, float]
    ordinals: Mapping[str, int]
    lead_groups: Phrases[tuple[str, ...]]
    graded: frozenset[str]
    not_a_lead_after: frozenset[str]
    lead_before: frozenset[str]
    cues: Phrases[str]  # "noun", "verb", "exclusion", "prefix", "none"
    cues_after: frozenset[str]
    presence: frozenset[str]
    ends_scope: frozenset[str]
    modals: frozenset[str]
    auxiliaries: frozenset[str]
    prepositions: frozenset[str]
    stopwords: frozenset[str]
    fillers: frozenset[str]


@lru_cache(maxsize=8)
def load_words(path: Path | None = None) -> Words:
    """Read the tables of words.

    Parameters
    ----------
    path : Path, optional
        A file of the form of ``words.yaml``; without it, that file.

    Raises
    ------
    UserError
        If the file can't be read, or a table is missing or of the wrong form.
    """
    import yaml

    name = str(path) if path else "words.yaml"
    try:
        raw = path.read_bytes() if path else resources.files(__package__).joinpath("words.yaml").read_bytes()
    except OSError as error:
        raise UserError(f"{name} can't be read: {error.strerror}") from None
    try:
        tables: dict[str, Any] = yaml.safe_load(raw)
        return _build(tables, hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()[:8])
    except yaml.YAMLError as error:
        raise UserError(f"{name} is no YAML: {error}") from None
    except KeyError as error:
        raise UserError(f"{name} lacks the table {error.args[0]!r}: copy it from the package's words.yaml") from None
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise UserError(
            f"{name} has a table of the wrong form ({error}): compare with the package's words.yaml"
        ) from None


def _build(tables: Mapping[str, Any], digest: str) -> Words:
    lexer = Lexer(tables["spellings"])
    comparators, negations = tables["comparators"], tables["negations"]
    rows = [row for part in ("before_number", "after_number") for row in comparators[part]]
    swaps: dict[tuple[str, ...], str] = {}
    for above, below in rows:
        swaps.setdefault(lexer.phrase(above), below)
        swaps.setdefault(lexer.phrase(below), above)

    def one_word(words: Iterable[str]) -> frozenset[str]:
        return frozenset(lexer.word(str(word).lower()) for word in words)

    def numbers(name: str) -> dict[str, float]:
        return {str(word): float(value) for word, value in tables[name].items()}

    return Words(
        digest=digest,
        lexer=lexer,
        directions=_directions(tables["opposites"], lexer),
        before_number=Phrases(_sides(comparators["before_number"], lexer)),
        after_number=Phrases(_sides(comparators["after_number"], lexer)),
        comparator_swaps=swaps,
        approximately=one_word(tables["approximately"]),
        units=Phrases(
            (lexer.phrase(form), (str(unit), float(factor)))
            for unit, factors in tables["units"].items()
            for factor, forms in factors.items()
            for form in forms
        ),
        number_words=numbers("number_words"),
        number_words_with_unit=numbers("number_words_with_unit"),
        ordinals={str(word): int(value) for word, value in tables["ordinals"].items()},
        lead_groups=Phrases((lexer.phrase(name), tuple(leads)) for name, leads in tables["lead_groups"].items()),
        graded=one_word(tables["graded"]),
        not_a_lead_after=one_word(tables["not_a_lead_after"]),
        lead_before=one_word(tables["lead_before"]),
        cues=Phrases(
            (lexer.phrase(phrase), role)
            for role in ("none", "exclusion", "verb", "noun", "prefix")
            for phrase in negations[role]
        ),
        cues_after=one_word(negations["after"]),
        presence=one_word(negations["presence"]),
        **{
            name: one_word(table)
            for name, table in (
                ("ends_scope", negations["ends_scope"]),
                ("modals", tables["modals"]),
                ("auxiliaries", tables["auxiliaries"]),
                ("prepositions", tables["prepositions"]),
                ("stopwords", tables["stopwords"]),
                ("fillers", tables["fillers"]),
            )
        },
    )


def _sides(rows: Sequence[Sequence[str]], lexer: Lexer) -> Iterable[tuple[tuple[str, ...], str]]:
    for above, below in rows:
        yield lexer.phrase(above), ABOVE
        yield lexer.phrase(below), BELOW


def _directions(groups: Sequence[Mapping[str, Any]], lexer: Lexer) -> dict[str, Direction]:
    found: dict[str, Direction] = {}
    for index, group in enumerate(groups):
        rows = group["rows"]
        names = rows[0]
        for row in rows:
            if len(row) != len(names):
                raise ValueError(f"a row of {', '.join(map(str, names))} has {len(row)} forms")
            for meaning, form in enumerate(row):
                if form is None:
                    continue
                others = tuple(None if i == meaning else other for i, other in enumerate(row))
                opposite = names[1 - meaning] if group.get("complementary") and len(names) == 2 else None
                found.setdefault(lexer.word(form), Direction(index, meaning, names[meaning], others, opposite))
    return found
