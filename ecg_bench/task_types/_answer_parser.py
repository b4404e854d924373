r"""Reading the letter out of an answer to a multiple-choice question, or saying that there is none.

What follows the reasoning is looked through for

1. *claims*: "Answer: B", "the correct option is (B)", "\boxed{B}", "I choose B", "B is correct", their like in other
   languages, and lines that are nothing but one letter. The last claim counts, so that an answer may revise itself;
2. without a claim, *lettered lines*, "B) Mobitz II": one letter only may head them;
3. without these, lines that are an option's text and nothing else.

Whatever contradicts itself is unparsed: two letters in one claim ("A or B"), a letter beside another option's text,
lettered lines with different letters. Nothing is guessed: a word that begins with a letter is no letter, so that
"Based on the findings" and "A patient with" say nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ecg_bench.samples import LETTERS, FinishReason, Outcome
from ecg_bench.task_types._reasoning import without_reasoning

VERSION: Final = 1
AMBIGUOUS: Final = "?"


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer was read as: a letter as shown with the outcome ``ok``, or no letter with the reason why."""

    letter: str | None
    outcome: Outcome


def read_choice(output: str, options: Sequence[str], finish_reason: FinishReason | None = None) -> Reading:
    """Read the letter that an answer to a multiple-choice question gives.

    Parameters
    ----------
    output : str
        The raw output of a model.
    options : sequence of str
        The options in the order shown; the first is A.
    finish_reason : str, optional
        Why the model stopped. An answer cut at its length limit in which no letter can be read is ``truncated``.

    Returns
    -------
    Reading
        A letter only where the answer states one and no other.
    """
    bare = output.strip()
    if len(bare) == 1 and bare in LETTERS[: len(options)]:  # what most answers are
        return Reading(bare, Outcome.OK)
    text = _normalise(without_reasoning(bare))
    letter = _find(text, options) if text else None
    if letter is not None and letter != AMBIGUOUS:
        return Reading(letter, Outcome.OK)
    return Reading(None, unread(text, finish_reason))


def unread(text: str, finish_reason: FinishReason | None) -> Outcome:
    """Say why no answer could be read in a text from which the reasoning was taken."""
    if finish_reason == "length":
        return Outcome.TRUNCATED
    if finish_reason == "content_filter" or is_refusal(text):
        return Outcome.REFUSED
    return Outcome.UNPARSED if text.strip() else Outcome.EMPTY


# --- normal form ---------------------------------------------------------------------------------------------------

_PUNCTUATION = str.maketrans(
    dict.fromkeys("։።।۔。．", ".")
    | dict.fromkeys("፡：", ":")
    | dict.fromkeys("،、，", ",")
    | dict.fromkeys("「『【〔《〈", "(")
    | dict.fromkeys("」』】〕》〉", ")")
    | dict.fromkeys("«»‹›“”„‟", '"')
    | dict.fromkeys("‘’‚‛", "'")
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("→⇒➔", ":")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c")
)
# The options are shown with Latin letters, so a lone capital of another script that looks like one of them is that one.
# (Full-width, circled and mathematical letters are mapped by NFKC.)
_LOOKALIKES = str.maketrans("АВСЕНКМОРТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABCEHKMOPTXABEZHIKMNOPTYX")
_LONE_CAPITAL = re.compile(r"(?<![^\W_])[А-ЯΑ-Ω](?![^\W_])")
_LATEX = re.compile(r"\\(?:text|mathrm|mathbf|mathit|mathsf|operatorname)[a-z]*\s*(?=\{)|\\[()\[\]]")
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{[{\s]*([^{}]*)\}*")
_TAGGED = re.compile(r"<answer>([^<]*)(?:</answer>)?", re.IGNORECASE)
_EMPHASIS = re.compile(r"[*_`~$]+|^[#\s]+|^>+\s+(?!\d)", re.MULTILINE)  # "> 120 ms" is no quotation


def _normalise(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(_PUNCTUATION)
    text = _LONE_CAPITAL.sub(lambda match: match[0].translate(_LOOKALIKES), text)
    if "\\" in text:
        text = _BOXED.sub(r"\nAnswer: \1\n", _LATEX.sub("", text))
    if "<" in text:
        text = _TAGGED.sub(r"\nAnswer: \1\n", text)
    return _EMPHASIS.sub("", text).strip()


# --- letters -------------------------------------------------------------------------------------------------------

# A letter with what may stand around it, at the beginning of a claim or of a line. Letters of words are none: what
# follows must be no letter, digit or apostrophe, and no hyphen that joins it to a word ("B-type").
_LETTER = re.compile(
    r"[\s(\[{<\"']*(?:(?:the\s+)?(?:option|choice|letter|opción|opção|opzione|вариант|选项|選項)\s*[:#]?[\s(\[{<\"']*)?"
    r"(?P<letter>[A-Za-z])(?![^\W_]|'[a-z]|-\w)(?P<mark>[\s)\]}>\"']*[):.,;!?\]=-]*)",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\s*(?:[/&+|,]|,?\s*\b(?:or|and|oder|und|ou|et|o|y|e|или|и|αν|ή|και)\b|或|和|または|أو)\s*"
    r"(?:option|choice|also|maybe|possibly|perhaps|even)?[\s(\[]*(?P<other>[A-Za-z])(?![^\W_])",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"\s*(?:because|since|porque|weil|parce que)\b", re.IGNORECASE)
_REASON = re.compile(
    r"\s*(?:because|since|as|given|due|based|for|which|where|with|according|therefore|is|porque|weil|da|denn|car|perché|"
    r"потому|так)\b",
    re.IGNORECASE,
)


def _letter_of(text: str, options: Sequence[str], *, claimed: bool) -> str | None:
    """Return the letter with which a line (or what is claimed) begins, AMBIGUOUS, or None."""
    match = _LETTER.match(text)
    if match is None:
        return None
    letter, mark, rest = match["letter"].upper(), match["mark"].strip(), text[match.end() :]
    if letter not in LETTERS[: len(options)]:
        return None
    other = _JOINED.match(text, match.end("letter"))
    if other and other["other"].upper() in LETTERS[: len(options)] and (other["other"].isupper() or not rest.strip()):
        return None if other["other"].upper() == letter else AMBIGUOUS
    named = _option_at(rest, options)
    if named is not None:
        return letter if LETTERS[named] == letter else AMBIGUOUS
    if not rest.strip():
        return letter
    if match["letter"].islower():  # "a wide complex" is no letter, "(a) wide complex" is one
        return letter if mark[:1] in (")", "]", ":") or (claimed and mark) else None
    if mark and text[match.end() - 1] in ".:-" and rest[:1].isascii() and rest[:1].isalnum():
        return None  # "A.V. block"
    if mark:
        return letter
    return letter if (_REASON if claimed else _BECAUSE).match(rest) else None


# --- option texts --------------------------------------------------------------------------------------------------


def _option_at(text: str, options: Sequence[str]) -> int | None:
    """Return which option's text begins a text (the longest, where one is part of another), or None."""
    plain = _plain(text)
    found = [n for n, option in enumerate(options) if _begins(plain, _plain_option(option))]
    longest = max((len(options[n]) for n in found), default=0)
    found = [n for n in found if len(options[n]) == longest]
    return found[0] if len(found) == 1 else None


def _option_of(text: str, options: Sequence[str]) -> str | None:
    """Return the letter of the option whose text a text is, to the letter but for case, spaces and a final stop."""
    plain = _plain(text)
    found = [LETTERS[n] for n, option in enumerate(options) if _plain_option(option) == plain]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=4096)
def _plain_option(option: str) -> str:
    return _plain(_normalise(option))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold()).strip(" \n\t.,;:!?\"'()[]")


def _begins(text: str, start: str) -> bool:
    return bool(start) and text.startswith(start) and not text[len(start) :][:1].isalnum()


# --- claims --------------------------------------------------------------------------------------------------------

_NOUN = r"(?:answer|ans|option|choice|letter|solution|response)"
_FOREIGN = (
    r"(?:antwort|lösung|réponse|reponse|respuesta|resposta|risposta|antwoord|svaret|svar|odpowiedź|cevap|jawaban|"
    r"ответ|відповідь|απάντηση|答案|正解|回答|答え|答|정답|답|الإجابة|الاجابة|الجواب|תשובה|उत्तर)"
)
_LEAD = re.compile(
    rf"(?<![^\W_])(?:{_NOUN}(?:\s+(?:to|for|here|choice|option|letter)\b[^.:\n]{{0,80}}?)?"
    r"(?:[\"']?\s*[:=]+|\s+-+>?|\s+(?:is|was|would\s+be|should\s+be|must\s+be|will\s+be|remains|becomes)"
    r"(?:\s+(?:therefore|thus|hence|clearly|definitely|most\s+likely|probably|likely|then|indeed|now|actually))?\s*:?|(?=\s+[(\[]?[A-Z]\b))"
    r"|(?:i|we)(?:'ll|'d|\s+would|\s+will)?\s+(?:choose|pick|select|go\s+with|answer)\s*:?)"
    rf"|{_FOREIGN}(?:\s+(?:correcta|correcte|correta|corretta|final|finale))?"
    r"\s*(?:ist|lautet|est|es|é|è|är|is|是|为|為|は|является|είναι|هي|هو|-)?\s*:?\s*(?:(?:la|le|el|il|die|der|das)\s+)?"
    r"|(?:选择|選擇|选|選)\s*:?",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"(?<![^\W_])(?<!if )(?<!whether )(?<!neither )(?<!nor )\(?(?P<letter>[A-Z])(?![^\W_])[).:]?\s+"
    r"(?:is|was|would\s+be|must\s+be|seems|appears)\s+(?:therefore\s+|thus\s+|clearly\s+|indeed\s+)?(?:the\s+)?"
    r"(?:final\s+|single\s+|only\s+|most\s+|one\s+)?(?:correct|right|best|accurate|appropriate)\b"
)
_UNDECIDED = re.compile(r"[\s:(]*(?:either|both|neither|any|none|all)\b", re.IGNORECASE)
_FIRST_PART = re.compile(r"[^\n]*")


def _claims(text: str, options: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield position and letter (or AMBIGUOUS) of every claim in a text."""
    for match in _LEAD.finditer(text):
        stated = text[match.end() :].lstrip()
        claim = _FIRST_PART.match(stated)
        part = claim[0] if claim else ""
        letter = AMBIGUOUS if _UNDECIDED.match(part) else _letter_of(part, options, claimed=True)
        letter = letter or _option_of(part, options)
        if letter is not None:
            yield match.start(), letter
    for match in _VERDICT.finditer(text):
        if match["letter"] in LETTERS[: len(options)]:
            yield match.start(), match["letter"]


def _find(text: str, options: Sequence[str]) -> str | None:
    """Return the letter that a normalised text gives, AMBIGUOUS, or None."""
    claims = list(_claims(text, options))
    lone: list[tuple[int, str]] = []
    lettered: set[str] = set()
    spelt: set[str] = set()
    position = 0
    for line in text.split("\n"):
        letter = _letter_of(line, options, claimed=False)
        if letter is not None and len(re.sub(r"\W+|option|choice|letter", "", line, flags=re.IGNORECASE)) == 1:
            lone.append((position, letter))
        elif letter is not None:
            lettered.add(letter)
        elif (option := _option_of(line, options)) is not None:
            spelt.add(option)
        position += len(line) + 1
    if len({letter for _, letter in lone}) == 1:
        claims += lone
    elif lone and not claims:
        return AMBIGUOUS
    if claims:
        return max(claims)[1]
    for letters in (lettered, spelt):
        if letters:
            return letters.pop() if len(letters) == 1 else AMBIGUOUS
    return None


# --- refusals ------------------------------------------------------------------------------------------------------

_REFUSAL = re.compile(
    r"\b(?:i|we)(?:\s*'m|\s+am|\s+are)?\s*(?:so\s+|very\s+|really\s+)?(?:sorry|unable|not\s+(?:able|qualified|allowed|permitted)"
    r"|cannot|can\s+not|can't|won't|will\s+not|must\s+decline|decline|refuse|couldn't|could\s+not)\b"
    r"|\bas\s+an?\s+(?:ai|artificial\s+intelligence|(?:large\s+)?language\s+model)\b"
    r"|^(?:cannot|can't|unable\s+to)\s+(?:answer|help|assist|provide|comply|determine)\b"
    r"|^(?:ich\s+kann\b.{0,60}\bnicht|je\s+ne\s+peux\s+pas|no\s+puedo|não\s+posso|non\s+posso|я\s+не\s+могу|我无法|我不能|申し訳)",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Whether an answer declines to answer, by the words with which it begins."""
    return _REFUSAL.search(text[:300].lstrip()) is not None
