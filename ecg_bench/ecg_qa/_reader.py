"""Reading a set of options out of a reply: all of it has to be options, or nothing is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import FinishReason, Outcome
from ecg_bench.unread import unread

NONE: Final = "none"
VERSION: Final = 1

_LEAD = re.compile(r"lead (?P<name>I{1,3}|aV[RLF]|V[1-6])", re.IGNORECASE)
_CHEST = re.compile(r"(?<!\w)v(?P<first>[1-6])\s*(?:-|–|—|to|through)\s*v?(?P<last>[1-6])(?!\w)")
_MARKER = re.compile(
    r"(?:^|\n|(?<=[.!?*\s]))[ \t>#*_`]{0,20}(?:final\s+)?answers?[*_`]*[ \t]*[:：][*_` \t]*", re.IGNORECASE
)
_BULLET = re.compile(r"(?:^|(?<=\n))[ \t]*(?:[-*•]|\(?\d{1,2}[.)])[ \t]+")
_OPENING = re.compile(
    r"(?:(?:the\s+)?(?:final\s+|correct\s+)?answers?(?:\s+(?:is|are|would\s+be)\b|\s*[:：])"
    r"|(?:the|this)\s+(?:ecg|electrocardiogram|tracing|record)\s+shows\b)\s*[:：]?\s*"
)
_BETWEEN = re.compile(r"\s*(?:[,;/&+|]|\n|\band\b)(?:\s|[,;&+|]|\band\b)*")
_DRESS = str.maketrans(dict.fromkeys("\"'`*“”‘’«»[]{}", " ") | dict.fromkeys("-_‐‑", " "))
_TRUTH = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class SetReading:
    """What was read.

    Attributes
    ----------
    outcome : Outcome
        ``ok``, or why nothing could be read.
    answers : frozenset of str
        The options, as they are called; empty unless the outcome is ``ok``.
    """

    outcome: Outcome
    answers: frozenset[str] = frozenset()


class Reader:
    """Reads replies to a question with given options.

    What counts is what follows the last "Answer:", or the whole reply without one. It must be a list of options and
    nothing else: separated by commas, semicolons, "and", line breaks or bullets, in quotes or brackets or bare, perhaps
    behind "The answer is". Case does not matter, nor whether words are joined by hyphens or blanks. At each place the
    longest name is taken. Leads may be called "V1" or "leads I and aVF", and chest leads "V1-V3"; what stands in
    brackets at the end of a name may be left out where no other option is called so. A reply to a question of yes or no
    may go on after the word and a comma or full stop, unless the rest names another option.

    Anything else is ``unparsed``: an option that is mentioned in prose may be denied by it.

    Parameters
    ----------
    options : sequence of str
        The options; "none" is one where it is among them.
    """

    def __init__(self, options: Sequence[str]) -> None:
        self._options = tuple(options)
        self._names = _names(self._options)
        # Longest first, so that "sinus rhythm" is not read in "sinus rhythm disorder" and "no" not in "not sure".
        alternatives = sorted(self._names, key=lambda name: (-len(name), name))
        self._name = re.compile(rf"(?:{'|'.join(map(re.escape, alternatives))})(?!\w)")
        self._truth = bool(_TRUTH & set(self._options))

    def __call__(self, reply: str, finish_reason: FinishReason | None = None) -> SetReading:
        """Read a reply.

        Parameters
        ----------
        reply : str
            What a model wrote, its reasoning in tags among it.
        finish_reason : str, optional
            Why it stopped: a reply that was cut off is read only where "Answer:" stands in it and a line follows.
        """
        text = without_reasoning(reply)
        marked = list(_MARKER.finditer(text))
        part = text[marked[-1].end() :] if marked else text
        answers = None
        if finish_reason != "length" or (marked and "\n" in part.strip("\n ")):
            answers = self._read(part)
        if answers is None and marked and finish_reason != "length":
            answers = self._read(part.strip().partition("\n")[0])  # a line for the answer, and then remarks
        return SetReading(unread(text, finish_reason)) if not answers else SetReading(Outcome.OK, answers)

    def _read(self, part: str) -> frozenset[str] | None:
        text = _plain(_BULLET.sub("\n", part)).strip(" \n")
        opening = _OPENING.match(text)
        if opening:
            text = text[opening.end() :]
        text = _CHEST.sub(_spread, text)
        found = self._list(text.rstrip(" \n.!;,"))
        if found is None and self._truth:
            found = self._truth_of(text)
        return found

    def _list(self, text: str) -> frozenset[str] | None:
        """Return the options of a text that is a list of them, else None."""
        found: list[str] = []
        place = 0
        while place < len(text):
            name = self._name.match(text, place)
            if name is None:
                return None
            found += self._names[name[0]]
            place = name.end()
            if place < len(text):
                between = _BETWEEN.match(text, place)
                if between is None:
                    return None
                place = between.end()
        return frozenset(found) if found else None

    def _truth_of(self, text: str) -> frozenset[str] | None:
        """Return the option that a text begins with, if what follows is a remark that names no other."""
        name = self._name.match(text)
        if name is None or not re.match(r"\s*[,.;:!(\n–—]", text[name.end() :]):
            return None
        first = frozenset(self._names[name[0]])
        others = {option for match in _within(self._name, text, name.end()) for option in self._names[match]}
        return first if first <= _TRUTH and others <= first else None


def _within(pattern: re.Pattern[str], text: str, start: int) -> Iterator[str]:
    return (match[0] for match in re.compile(rf"(?<!\w){pattern.pattern}").finditer(text, start))


def _plain(text: str) -> str:
    """Return a text in lower case, without quotes, brackets and emphasis, words apart by one blank."""
    dashes = re.sub(r"(?<=v[1-6])\s*[-‐‑]\s*(?=v?[1-6])", "–", text, flags=re.IGNORECASE)  # a range of leads stays one
    return re.sub(r"[^\S\n]+", " ", dashes.translate(_DRESS).lower())


def _spread(match: re.Match[str]) -> str:
    first, last = int(match["first"]), int(match["last"])
    return ", ".join(f"v{n}" for n in range(first, last + 1)) if first < last else match[0]


def _names(options: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return every name under which an option may be called; no name for two of them."""
    own = {_plain(option).strip(): (option,) for option in options}
    names: dict[str, tuple[str, ...]] = {**own}
    for option in options:
        lead = _LEAD.fullmatch(option)
        others = [re.sub(r"\s*\([^()]*\)\s*$", "", _plain(option)).strip()]
        if lead:
            bare = lead["name"].lower()
            others += [bare, f"leads {bare}"]
        if option == NONE:
            others += ["none of the above", "none of them", "none of these"]
        for other in others:
            names.setdefault(other, (option,))
    return names
