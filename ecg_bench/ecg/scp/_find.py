"""Finding statements in free text: which are said to be there, which not, and which are only suspected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ecg_bench.ecg.scp._patterns import CODES, LOCATED, PATTERNS, TERRITORIES

Status = Literal["present", "absent", "uncertain"]


@dataclass(frozen=True)
class Mention:
    """One statement in a text.

    Attributes
    ----------
    code : str
        A key of `ecg_bench.ecg.scp.STATEMENTS`.
    status : {"present", "absent", "uncertain"}
        What the text says about it.
    start, end : int
        Where it stands: ``text[start:end]``.
    """

    code: str
    status: Status
    start: int
    end: int


_ABSENT_BEFORE = re.compile(
    r"(?<!\w)(?:no longer|not?|nor|without|absence of|absent|free of|negative for|rules? out|ruled out|excludes?|"
    r"rather than|instead of|not (?:consistent|compatible) with|inconsistent with|previously|resolved|"
    r"kein(?:e[nrms]?)?|ohne|inga|inget|ingen|utan)(?!\w)"
)
_UNCERTAIN_BEFORE = re.compile(
    r"(?<!\w)(?:possibl[ey]|probabl[ey]|likely|suspected|suspicious (?:for|of)|suspicion of|"
    r"suggest(?:s|ing|ed|ive(?: of)?)?|"
    r"consider|may|might|could|questionable|borderline|cannot (?:exclude|rule out)|can't (?:exclude|rule out)|"
    r"can not (?:exclude|rule out)|not exclude|rule out possible|differential(?: diagnosis)?|versus|vs|"
    r"verdacht auf|v\.?a\.|möglich(?:er|e|es)?|moeglich(?:er|e|es)?|wahrscheinlich|dd|"
    r"överväg|möjligen|sannolikt|misstänkt)(?!\w)"
)
_GAP = r"[\s,:;(-]*(?:(?:is|are|was|were|has|have|been|be|ist|sind|kan|can|could|to|also|there)\s+)*"
_ABSENT_AFTER = re.compile(
    _GAP
    + r"(?:absent|not (?:present|seen|evident|found|identified|detected|noted|observed|visible)|ruled out|excluded|"
    r"no longer|resolved|unlikely|negative|ausgeschlossen|nicht (?:vorhanden|nachweisbar|erkennbar))(?!\w)"
)
_UNCERTAIN_AFTER = re.compile(
    _GAP + r"(?:possible|probable|likely|suspected|questionable|(?:can)?not be (?:excluded|ruled out)|"
    r"not (?:be )?(?:excluded|ruled out)|not (?:to be )?excluded|considered|"
    r"nicht auszuschlie(?:ss|ß)en|m(?:ö|oe)glich|wahrscheinlich|fraglich|"
    r"b(?:ö|o)r (?:ö|o)verv(?:ä|a)gas|ej uteslutas)(?!\w)"
    r"(?!\s+(?:old|acute|recent|chronic|alt|frisch|akut|chronisch|(?:ä|a)ldre|f(?:ä|a)rsk|due|secondary))"
)
_CLAUSE = re.compile(
    r"[;\n!?]|\.(?!\d|\s?grad)|(?<!\w)(?:but|however|although|except|"
    r"(?<!consistent )(?<!compatible )with|(?<!not )(?:consistent|compatible)|indicating|"
    r"aber|jedoch|mit|bei|men|sonst|otherwise|eljest)(?!\w)"
)
_OR = re.compile(r"(?<!\w)(?:or|nor|oder|eller|and|und|och)(?!\w)")
_WORDS = re.compile(r"\w+")
_REACH = 6  # words between a cue and the statement that it is about
_LIKENED = re.compile(r"[\s,/-]*(?:(?:or|nor|and|oder|und|eller|och|of|any|acute|old|new)\s+)*")
# "no ST elevation, sinus rhythm": a list of what isn't there doesn't go on into what is normal.
_NORMAL = frozenset({"NORM", "SR"})


def find_statements(text: str) -> tuple[Mention, ...]:
    """Return the statements that a text makes, in the order in which they stand.

    Whole words only; of phrases that overlap the longest counts, so that "incomplete right bundle branch block" is not
    also a complete one, and "abnormal ECG" not a normal one. A cue such as "no", "possible" or "cannot be excluded"
    reaches the nearest statement of its clause and those that are joined to that by "or", "and" or such a list.

    Parameters
    ----------
    text : str
        English, or the German and Swedish of PTB-XL's reports; any case. Codes themselves count in capitals.

    Returns
    -------
    tuple of Mention
        Empty where nothing is found.
    """
    return _found(text)


def codes_in(text: str, *, uncertain: bool = False) -> frozenset[str]:
    """Return the codes of the statements that a text says are present.

    Parameters
    ----------
    text : str
        As for `find_statements`.
    uncertain : bool
        Whether suspected ones count too, as in PTB-XL's benchmark, which counts labels of any likelihood.

    Returns
    -------
    frozenset of str
        A statement that is said to be absent in one place and present in another is present.
    """
    wanted = {"present", "uncertain"} if uncertain else {"present"}
    return frozenset(one.code for one in find_statements(text) if one.status in wanted)


@lru_cache(maxsize=4096)
def _found(text: str) -> tuple[Mention, ...]:
    # Lowering letter by letter keeps places: some capitals become two characters.
    lower = "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    spans = _spans(text, lower)
    statuses = _statuses(lower, spans)
    return tuple(
        Mention(code, status, start, end)
        for (start, end, codes), status in zip(spans, statuses, strict=True)
        for code in codes
        if code
    )


def _spans(text: str, lower: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return the places of statements and their codes, longest first where they overlap, in order."""
    every: list[tuple[int, int, tuple[str, ...]]] = [
        (match.start(), match.end(), (code,)) for code, pattern in PATTERNS for match in pattern.finditer(lower)
    ]
    for pattern, codes in LOCATED:
        for match in pattern.finditer(lower):
            named = tuple(codes[one] for one in _territories(match["where"]) if one in codes)
            every.append((match.start(), match.end(), named))
    every += [(one.start(), one.end(), ("AFIB" if one[0] == "AF" else one[0],)) for one in CODES.finditer(text)]
    kept: list[tuple[int, int, tuple[str, ...]]] = []
    for start, end, found in sorted(every, key=lambda one: (one[0] - one[1], one[0])):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, found))
    return sorted(kept)


def _territories(text: str) -> tuple[str, ...]:
    found = sorted((match.start(), name) for name, pattern in TERRITORIES for match in pattern.finditer(text))
    return tuple(dict.fromkeys(name for _, name in found))


def _statuses(lower: str, spans: list[tuple[int, int, tuple[str, ...]]]) -> list[Status]:
    statuses: list[Status] = []
    for number, (start, end, codes) in enumerate(spans):
        before = lower[spans[number - 1][1] if number else 0 : start]
        status = _after(lower, end) or _before(before)
        if status is None and statuses and statuses[-1] != "present" and _LIKENED.fullmatch(before):
            # Joined to the one before by a conjunction, or in a list that a conjunction ends.
            joined = _OR.search(before) or _list_goes_on(lower, spans, number)
            if joined and not _NORMAL & set(codes):
                status = statuses[-1]
        statuses.append(status or "present")
    return statuses


def _after(lower: str, end: int) -> Status | None:
    if _UNCERTAIN_AFTER.match(lower, end):
        return "uncertain"
    return "absent" if _ABSENT_AFTER.match(lower, end) else None


def _before(between: str) -> Status | None:
    """Return what the nearest cue in the words before a statement says of it."""
    breaks = list(_CLAUSE.finditer(between))
    clause = between[breaks[-1].end() :] if breaks else between
    cues = [(match.end(), "uncertain") for match in _UNCERTAIN_BEFORE.finditer(clause)]
    cues += [(match.end(), "absent") for match in _ABSENT_BEFORE.finditer(clause)]
    if not cues:
        return None
    end, status = max(cues)
    gap = clause[end:]
    if len(_WORDS.findall(gap)) > _REACH or ("," in gap and not _OR.search(gap)):
        return None
    return "uncertain" if status == "uncertain" else "absent"


def _list_goes_on(lower: str, spans: list[tuple[int, int, tuple[str, ...]]], number: int) -> bool:
    for here, following in zip(spans[number:], spans[number + 1 :], strict=False):
        between = lower[here[1] : following[0]]
        if not _LIKENED.fullmatch(between):
            return False
        if _OR.search(between):
            return True
    return False
