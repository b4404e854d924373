r"""Reading the letter out of an answer to a multiple-choice question, or saying that there is none.

What follows the reasoning is looked through for

1. *claims*: "Answer: B", "the correct option is (B)", "\boxed{B}", "I choose B", "B is correct", their like in other
   languages, and lines that are nothing but one letter. The last claim counts, so that an answer may revise itself;
   an explanation that names other options claims nothing, nor does a sentence with "if", and "would be" counts only
   where nothing firmer is said;
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

from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import LETTERS, FinishReason, Outcome
from ecg_bench.unread import unread

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
    letter = bare.removeprefix("Answer: ")  # what the prompt asks for, and what most answers are
    if len(letter) == 1 and letter in LETTERS[: len(options)]:
        return Reading(letter, Outcome.OK)
    text = _normalise(without_reasoning(bare))
    found = _find(text, options) if text else None
    if found is not None and found != AMBIGUOUS:
        return Reading(found, Outcome.OK)
    return Reading(None, unread(text, finish_reason))


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
_ROLE = re.compile(r"<\|[\w ]{1,40}\|>")
_TAGGED = re.compile(r"<answer>([^<]*)(?:</answer>)?", re.IGNORECASE)
_EMPHASIS = re.compile(r"[*_`~$]+|^[#\s]+|^>+\s+(?!\d)", re.MULTILINE)  # "> 120 ms" is no quotation


def _normalise(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(_PUNCTUATION)
    text = _LONE_CAPITAL.sub(lambda match: match[0].translate(_LOOKALIKES), text)
    if "\\" in text:
        text = _BOXED.sub(r"\nAnswer: \1\n", _LATEX.sub("", text))
    if "<" in text:
        text = _TAGGED.sub(r"\nAnswer: \1\n", _ROLE.sub("\n", text))
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
    r"\s*(?:because|since|as|given|due|based|for|which|where|with|according|therefore|porque|weil|da|denn|car|perché|"
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
    if mark or rest.startswith("("):
        return letter
    return letter if (_REASON if claimed else _BECAUSE).match(rest) else None


# --- option texts --------------------------------------------------------------------------------------------------


def _option_at(text: str, options: Sequence[str]) -> int | None:
    """Return which option's text begins a text (the longest, where one is part of another), or None."""
    plain = _plain(text)
    if not plain:  # after a letter alone, which is what most claims are
        return None
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

# What an answer is called. An "option" or "choice" is a claim only with an adjective: explanations name every option.
_ADJECTIVE = r"(?:correct|right|best|final|chosen|most\s+likely|most\s+appropriate)"
_NOUN = rf"(?:(?:answer|ans|solution|response)|{_ADJECTIVE}\s+(?:option|choice|letter)|(?:my|i)\s+(?:choice|pick))"
_ABOUT = r"(?:\s+(?:to|for|here|choice|option|letter)\b[^.:\n]{0,80}?)?"
_ADVERB = r"(?:\s+(?:therefore|thus|hence|clearly|definitely|most\s+likely|probably|likely|then|indeed|now|actually))?"
_IS = rf"(?:[\"']?\s*[:=]+|\s+-+>?|\s+(?:is|was|must\s+be|will\s+be|remains|becomes){_ADVERB}\s*:?)"
_WOULD_BE = rf"\s+(?:would|should|could|might)\s+be{_ADVERB}\s*:?"
_FOREIGN = (
    r"(?:antwort|lösung|réponse|reponse|respuesta|resposta|risposta|antwoord|svaret|svar|odpowiedź|cevap|jawaban|"
    r"ответ|відповідь|απάντηση|答案|正解|回答|答え|答|정답|답|الإجابة|الاجابة|الجواب|תשובה|उत्तर)"
    r"(?:\s+(?:correcta|correcte|correta|corretta|final|finale))?"
    r"\s*(?:ist|lautet|est|es|é|è|är|is|是|为|為|は|является|είναι|هي|هو|-)?\s*:?\s*(?:(?:la|le|el|il|die|der|das)\s+)?"
)
_LEAD = re.compile(
    rf"(?<![^\W_])(?:{_NOUN}{_ABOUT}(?:{_IS}|(?P<would>{_WOULD_BE}))"
    r"|(?:i|we)(?:'ll|\s+will)?\s+(?:choose|pick|select|go\s+with|answer)\s*:?"
    r"|(?P<wish>(?:i|we)(?:'d|\s+would)\s+(?:choose|pick|select|go\s+with|answer)\s*:?))"
    r"|^[\s(]*(?:final\s+)?answer(?=\s+[(\[]?[A-Z]\b)"
    rf"|{_FOREIGN}"
    r"|(?:选择|選擇|选|選)\s*:?",
    re.IGNORECASE | re.MULTILINE,
)
_VERDICT = re.compile(
    r"(?<![^\W_])(?<!neither )(?<!nor )\(?(?P<letter>[A-Z])(?![^\W_])[).:]?\s+"
    r"(?:is|was|must\s+be|seems|appears|(?P<would>would\s+be))\s+(?:therefore\s+|thus\s+|clearly\s+|indeed\s+)?(?:the\s+)?"
    r"(?:final\s+|single\s+|only\s+|most\s+|one\s+)?(?:correct|right|best|accurate|appropriate)\b(?!\s*,?\s+(?:only\s+)?(?:if|unless)\b)"
)
_UNDECIDED = re.compile(r"[\s:(]*(?:either|both|neither|any|none|all)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|unless|whether)\b(?!\s+(?:i|we)\s+(?:had|have|must|were))(?!\s+forced)", re.IGNORECASE
)
_STOP = re.compile(r"\n|[.!?](?=\s)")
# How many characters before and after a claim are looked at, so that a long output costs no more than its length.
REACH = 400
_PART = re.compile(rf"\s*([^\n]{{0,{REACH}}})")

# Position, whether it is firm, letter or AMBIGUOUS. The last firm claim counts; "would be" only where nothing is firm.
_Claim = tuple[bool, int, str]


def _claims(text: str, options: Sequence[str]) -> Iterator[_Claim]:
    """Yield every claim of a text: whether it is firm, where it stands, and its letter (or AMBIGUOUS)."""
    for match in _LEAD.finditer(text):
        if _is_conditional(text, match.start()):
            continue
        part = _PART.match(text, match.end())[1]  # type: ignore[index]  # it matches anywhere
        letter = AMBIGUOUS if _UNDECIDED.match(part) else _letter_of(part, options, claimed=True)
        letter = letter or _option_of(part, options)
        if letter is not None:
            yield not (match["would"] or match["wish"]), match.start(), letter
    for match in _VERDICT.finditer(text):
        if match["letter"] in LETTERS[: len(options)] and not _is_conditional(text, match.start()):
            yield not match["would"], match.start(), match["letter"]


def _is_conditional(text: str, position: int) -> bool:
    """Whether a condition comes before a position in its sentence: "if the QRS were wide, the answer would be"."""
    sentence = _STOP.split(text[max(0, position - REACH) : position])[-1]
    return _CONDITION.search(sentence) is not None


def _find(text: str, options: Sequence[str]) -> str | None:
    """Return the letter that a normalised text gives, AMBIGUOUS, or None."""
    claims = list(_claims(text, options))
    lone: list[_Claim] = []
    lettered: set[str] = set()
    spelt: set[str] = set()
    position = 0
    for line in text.split("\n"):
        letter = _letter_of(line, options, claimed=False)
        if letter is not None and len(re.sub(r"\W+|option|choice|letter", "", line, flags=re.IGNORECASE)) == 1:
            lone.append((True, position, letter))
        elif letter is not None:
            lettered.add(letter)
        elif (option := _option_of(line, options)) is not None:
            spelt.add(option)
        position += len(line) + 1
    if len({letter for _, _, letter in lone}) == 1:
        claims += lone
    elif lone and not claims:
        return AMBIGUOUS
    if claims:
        return max(claims)[-1]
    for letters in (lettered, spelt):
        if letters:
            return letters.pop() if len(letters) == 1 else AMBIGUOUS
    return None
