"""What kind of thing a question asks, read from its words where a pack's data doesn't say.

The rules are few, ordered, and blind to the field: the first that fits decides. They are for slicing results, so a
question that lies between two types costs nothing but some sharpness. They know English only: questions in other
languages are nearly all "fact", and a pack in another language had better say the type in its data.

=============== ======================================================================================================
calculation     asks for a quantity that follows from what the question states, and no limit to be known by heart: all
                options hold numbers; or, in an open question that describes no patient, it is to be calculated
vignette        describes a patient: an age ("a 74-year-old", "a man of 55", "aged 14"), or, before the last sentence,
                a person ("A patient on sotalol has …")
exception       asks for what is not so: "Which is not …", "… except", "least likely", "of no help"
mechanism       asks why, by which mechanism, or how something comes about
interpretation  asks what findings mean: what they indicate, the likeliest diagnosis, how they are to be classified
fact            everything else
=============== ======================================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Final

CALCULATION: Final = "calculation"
VIGNETTE: Final = "vignette"
EXCEPTION: Final = "exception"
MECHANISM: Final = "mechanism"
INTERPRETATION: Final = "interpretation"
FACT: Final = "fact"
QUESTION_TYPES: Final = (CALCULATION, VIGNETTE, EXCEPTION, MECHANISM, INTERPRETATION, FACT)

REACH: Final = 600  # characters of the last sentence that are looked at, so that none takes long


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))  # searched in small letters, which takes half as long as ignoring case


# Before each slow pattern stands a set of words without which it can't fit: nine in ten are spared.
_MARKS = str.maketrans(dict.fromkeys(".,;:?!'’-/()\"", " "))
_PEOPLE = (
    "man|woman|boy|girl|child|infant|baby|newborn|neonate|toddler|teenager|adolescent|patient|gentleman|lady|athlete"
)
_PERSON = f"(?:{_PEOPLE})"
_AGE = _any_of(r"(?:year|month|week|day)s?[- ]old\b", r"\baged \d", rf"\b{_PERSON} of \d")
_AGED = frozenset(_PEOPLE.split("|")) | {"old", "aged"}
_SOMEBODY = _any_of(rf"\b(?:an?|the|this|his|her)(?: [\w,'’-]+){{0,4}} {_PERSON}\b")
_END = re.compile(r"[.?!;:] +(?=\S)")  # of a sentence that is not the last

_EXCEPTION = _any_of(
    r"\b(?:which|what|who|all|each|every)\b(?:(?!\b(?:but|and|or|if|although|though|because|since|when|while|where)\b)"
    r"[^,;.?])*\b(?:not|false|incorrect|untrue|of no|no part|never)\b(?![- ](?:positive|negative))",
    r"\bexcept\b(?! for)",
    r"(?<!\bat )\bleast (?!(?:one|two|three|four|\d))",
)
_EXCEPTING = frozenset({"not", "false", "incorrect", "untrue", "no", "never", "except", "least"})
# What a question gives to work with: no part of a name ("V1"), no year, no kind of tracing.
_FIGURE = re.compile(r"\d(?<![a-z\d.]\d)(?!(?<=1)9\d\d\b|(?<=2)0\d\d\b|(?<=1)2-lead)")
_DIGIT = re.compile(r"\d")
_NUMERAL = re.compile(r"\b(?:half|one|two|three|four|five|six|seven|eight|nine|ten|twice|zero|none)\b")
_QUANTITY = _any_of(
    r"\bhow (?:many|much|long|fast|large|wide|high|tall|far|big|great|often)\b",
    r"\b(?:what|which|give|state|find|report|where|at)\b[^?.]*\b(?:rates?|axis|intervals?|qtc?|durations?|degrees?|"
    r"angles?|values?|ratios?|pulse|cycle(?: length)?|vector|distance|voltage|amplitude|time|width|score|sum|index|"
    r"number|frequency|direction|quadrant|quarter|products?|deflection|speed|lasts?)\b",
)
_ASKING = frozenset({"how", "what", "which", "give", "state", "find", "report", "where", "at"})
_LIMIT = _any_of(
    r"\b(?:above|below|over|under|beyond|exceeds?|exceeding|than|from|until|least|most) (?:which|what)\b",
    r"\b(?:limits?|thresholds?|cut-?offs?|minimum|maximum|at least|at most|defines?|defined|definition|diagnosed|"
    r"usual|usually|typical|typically|normal(?!ly)|recommended|accepted|require|favou?rs?)\b",
)
_CALCULATE = _any_of(r"(?<!to )\b(?:calculate|compute|estimate|work out)\b", r"\b(?:calculated|computed|worked out)\b")
_MECHANISM = _any_of(
    r"\bwhy\b",
    r"\bmechanisms?\b",
    r"^explain\b",
    r"\bwhat (?:causes?|caused|produces?|produced|makes?|explains?|accounts? for|underlies|underlie|drives?)\b",
    r"\bhow (?:do|does|did|can|could|is|are|was|were)\b[^?]*\b(?:cause|caused|produce|produced|lead|bring|brought|keep|"
    r"kept|make|made|change|alter|altered|affect|affected|influence|prolong|shorten|arise|develop|work|act|start|begin|"
    r"end|terminate|terminated|protect|protected|restore|restored|maintain|maintained|explain|explained|hide|mask|"
    r"mimic|come about)\b",
)
_HOW = frozenset({"why", "how", "what", "explain", "mechanism", "mechanisms"})
_MEAN = (
    r"(?:indicate|suggest|mean|imply|convey|signify|show|reveal|prove|tell|say|point|favour|favor|support|represent|"
    r"speak|correspond|argue|demonstrate|denote)"
)
_INTERPRETATION = _any_of(
    rf"\bwhat\b[^?.]*\b(?:do|does|did|would|might|may|can|should)\b[^?.]*\b{_MEAN}\b",
    rf"\b(?:to|towards|for) (?:which|what)\b[^?.]*\b(?:do|does|did|would)\b[^?.]*\b{_MEAN}\b",
    r"\b(?:suggests?|indicates?|signals?|reveals?|implies) (?:which|what)\b",
    r"\b(?:most|more) (?:likely|probable|probably)\b|\b(?:likely|probable|likeliest) (?:cause|diagnosis|explanation)\b",
    r"\bwhat (?:is|are|was) (?:the |this |these |that |your )?(?:likely |probable |underlying |most )?"
    r"(?:diagnosis|explanation|interpretation|rhythm|cause|beat|finding|conclusion)s?\b",
    r"\bhow (?:is|are|should|would|does|do|must|can)\b[^?]*\b(?:interpret|interpreted|classify|classified|classed|"
    r"regard|regarded|read|explained|judged|labelled|understood)\b",
    r"\bwhat (?:has|have) (?:happened|been (?:shown|proved|found|demonstrated))\b",
    r"\bwhat (?:should|can|may|must) be (?:assumed|suspected|concluded|inferred|considered|thought of)\b",
    r"\bwhich (?:rhythm|diagnosis|disorder|condition|disease|arrhythmia|abnormality|tachycardia|lesion|site|vessel|"
    r"artery|explanation|conclusion|interpretation|cause)\b[^?]*\b(?:fits?|explains?|behaves?|is present|is shown|"
    r"is it|is this|(?:should|must) be suspected|follows)\b",
)
_WHAT = frozenset({"what", "which", "how", "likely", "likeliest", "probable", "probably"})


def question_type(question: str, options: Sequence[str] = ()) -> str:
    """Return what kind of thing a question asks.

    Parameters
    ----------
    question : str
        Its text.
    options : sequence of str
        Those of a multiple-choice question.

    Returns
    -------
    str
        One of `QUESTION_TYPES`, by the module's rules.
    """
    text = question.strip().lower()
    *before, last = _END.split(text)
    last = last[-REACH:]
    words = set(text.translate(_MARKS).split())
    somebody = not words.isdisjoint(_AGED) and (
        _AGE.search(text) is not None or any(_SOMEBODY.search(one) for one in before)
    )
    if options:
        if _is_worked_out(text, last, words, bool(before), options):
            return CALCULATION
    elif not somebody and _FIGURE.search(text) and _CALCULATE.search(last):
        return CALCULATION
    if somebody:
        return VIGNETTE
    if not words.isdisjoint(_EXCEPTING) and _EXCEPTION.search(last):
        return EXCEPTION
    if not words.isdisjoint(_HOW) and _MECHANISM.search(last):
        return MECHANISM
    return INTERPRETATION if not words.isdisjoint(_WHAT) and _INTERPRETATION.search(last) else FACT


def _is_worked_out(text: str, last: str, words: Set[str], stated: bool, options: Sequence[str]) -> bool:
    if not all(_DIGIT.search(option) or _NUMERAL.search(option.lower()) for option in options):
        return False
    figures = len(_FIGURE.findall(text))
    if figures < 2 and (not (figures or stated) or words.isdisjoint(_ASKING) or not _QUANTITY.search(last)):
        return False
    return not _LIMIT.search(last)
