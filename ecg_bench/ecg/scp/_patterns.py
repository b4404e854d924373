"""The lexicon as patterns: phrases, and nouns of infarction, ischaemia and injury with the territories they are in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecg_bench.ecg.scp._lexicon import PHRASES
from ecg_bench.ecg.scp._statements import STATEMENTS

_TERRITORIES = {
    "inferior": r"(?:inferior(?:e[rsn]?|t)?|hinterwand)",
    "anterior": r"(?:anterior(?:e[rsn]?|t)?|vorderwand)",
    "septal": r"septal(?:e[rsn]?|t)?",
    "lateral": r"(?:(?:high |hög |hoch~)?lateral(?:e[rsn]?|t)?)",
    "posterior": r"(?:posterior(?:e[rsn]?|t)?)",
    "anteroseptal": r"antero~septal(?:e[rsn]?|t)?",
    "anterolateral": r"antero~lateral(?:e[rsn]?|t)?",
    "inferolateral": r"infero~lateral(?:e[rsn]?|t)?",
    "inferoposterior": r"infero~posterior(?:e[rsn]?|t)?",
    "inferoposterolateral": r"infero~postero~lateral(?:e[rsn]?|t)?",
}

# PTB-XL has no septal infarction: it files it under anteroseptal.
_INFARCTION = {
    "inferior": "IMI",
    "anterior": "AMI",
    "septal": "ASMI",
    "lateral": "LMI",
    "posterior": "PMI",
    "anteroseptal": "ASMI",
    "anterolateral": "ALMI",
    "inferolateral": "ILMI",
    "inferoposterior": "IPMI",
    "inferoposterolateral": "IPLMI",
}
_ISCHAEMIA = {
    "inferior": "ISCIN",
    "anterior": "ISCAN",
    "septal": "ISCAS",
    "lateral": "ISCLA",
    "anteroseptal": "ISCAS",
    "anterolateral": "ISCAL",
    "inferolateral": "ISCIL",
}
_INJURY = {
    "inferior": "INJIN",
    "septal": "INJAS",
    "lateral": "INJLA",
    "anteroseptal": "INJAS",
    "anterolateral": "INJAL",
    "inferolateral": "INJIL",
}
_NOUNS: tuple[tuple[dict[str, str], str], ...] = (
    (
        _INFARCTION,
        r"(?:(?:wall|acute|old|recent|chronic|st elevation) )*(?:myocardial |myokard~?)?"
        r"(?:infarct(?:ion|s)?|infarkt|mi|n?stemi|damage|schaden|skada)",
    ),
    (
        _ISCHAEMIA,
        r"(?:(?:wall|myocardial) )*(?:ischa?emi(?:a|c(?: (?:st|t|wave|changes?))*)?|ischämie|myokardaffektion)",
    ),
    (_INJURY, r"(?:(?:wall|myocardial) )*(?:sub~endocardial )?injury"),
)
# What takes a negation to itself though it is no statement: "no P waves" must not deny what comes after it.
ABSORBING = (
    r"p (?:waves?|wellen?|zacken?|vågor)",
    r"st elevation (?:mi|myocardial infarction)",
    r"axis deviation",
    r"ischa?emic heart disease",
)


def _compiled(phrase: str) -> re.Pattern[str]:
    for letter, spelling in {"ä": "(?:ä|ae|a)", "ö": "(?:ö|oe|o)", "ü": "(?:ü|ue|u)"}.items():
        phrase = phrase.replace(letter, spelling)
    phrase = phrase.replace("~", r"[\s-]*").replace(" ", r"[\s-]+")
    return re.compile(rf"(?<![\w/]){phrase}(?!\w)")


def _located() -> Iterator[tuple[re.Pattern[str], dict[str, str]]]:
    """Yield patterns of a noun with one or more territories before or after it, and the code of each territory."""
    territory = "(?:" + "|".join(sorted(_TERRITORIES.values(), key=len, reverse=True)) + ")"
    several = rf"(?P<where>{territory}(?:(?:,? (?:and|und|och|or|oder|eller) |~(?:,|/|&)~){territory})*)"
    for codes, noun in _NOUNS:
        yield _compiled(rf"{several}~{noun}"), codes
        yield _compiled(rf"{noun} (?:(?:of|in|der) )?(?:the )?{several}(?: (?:wall|leads?|region))?"), codes


PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, _compiled(phrase)) for code, phrases in PHRASES.items() for phrase in phrases
) + tuple(("", _compiled(phrase)) for phrase in ABSORBING)
"""Pairs of a code and a pattern of it; the code is empty for what only takes a negation to itself."""

LOCATED: tuple[tuple[re.Pattern[str], dict[str, str]], ...] = tuple(_located())
"""Pairs of a pattern, whose group ``where`` names territories, and the code of each territory."""

TERRITORIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, _compiled(phrase)) for name, phrase in _TERRITORIES.items()
)

# Codes count only in capitals, since "pace", "norm" and "dig" are words; AF is an abbreviation that needs this too.
CODES: re.Pattern[str] = re.compile(
    r"(?<![\w/])(?:"
    + "|".join(re.escape(code) for code in sorted({*STATEMENTS, "AF"}, key=len, reverse=True))
    + r")(?![\w/])"
)
