"""What is wrong with answers or scores whatever the metric: echoes, chat roles, nothing at all, an F that can't be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ecg_bench.text_metrics._base import Floats, Pair

# --- answers -------------------------------------------------------------------------------------------------------

LEAST_WORDS: Final = 4  # a shorter question may begin its answer as a term does: "QT interval?", "QT interval is ..."

# No "AI": in cardiology that is aortic insufficiency.
_NAMES = r"(?:ai[ ]assistant|assistant|user|human|system|model|chatbot|chatgpt|bot)"
_ROLE = re.compile(
    rf"""
    <[|｜][^|｜<>\n]{{1,40}}[|｜]>                                  # <|assistant|>, <|im_start|>, <｜Assistant｜>
    | </?s> | \[/?INST\] | <</?SYS>> | <(?:start|end)_of_turn>
    | <{_NAMES}>
    | \#+\s*(?:{_NAMES}|response|instruction|input)\s*(?::|\n|$)     # ### Response:
    | [*_]*\[?{_NAMES}\]?[*_]*\s*[:：]                              # Assistant:, **Assistant**:, [assistant]:
    | [*_]*{_NAMES}[*_]*[ \t\r]*(?:\n|$)                            # a line of its own
    | (?-i:assistant|user|system|model)(?=\s*(?-i:[A-Z]))           # "assistant The PR interval", "assistantThe"
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LABEL = re.compile(r"[*_#\s]*(?:question|prompt|q|frage)\b[*_]*\s*[:：.\n]", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))


@dataclass(frozen=True, slots=True)
class Guards:
    """The answers that something is to be said about, by their numbers among the pairs.

    Attributes
    ----------
    pairs : int
        How many pairs were looked at.
    empty : tuple of int
        Nothing, or nothing but blanks: these score 0 in every metric.
    role : tuple of int
        A word or token of the chat format stands at the head: "assistant", ``<|assistant|>``, ``### Response:``. A
        part of the prompt got into the answer, and every metric is a little off.
    echo : tuple of int
        The whole question stands at the head.
    """

    pairs: int
    empty: tuple[int, ...]
    role: tuple[int, ...]
    echo: tuple[int, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many answers of each kind."""
        return {"empty": len(self.empty), "role": len(self.role), "echo": len(self.echo)}


def guard(pairs: Sequence[Pair]) -> Guards:
    """Look for answers that are empty, or begin with what is no answer.

    Parameters
    ----------
    pairs : sequence of Pair
        Echoes are found only where the question is known.
    """
    answers = [_visible(pair.answer) for pair in pairs]
    return Guards(
        pairs=len(pairs),
        empty=tuple(i for i, answer in enumerate(answers) if not answer),
        role=tuple(i for i, answer in enumerate(answers) if _ROLE.match(answer)),
        echo=tuple(i for i, answer in enumerate(answers) if _echoes(answer, _visible(pairs[i].question))),
    )


def _visible(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_INVISIBLE).strip()


def _echoes(answer: str, question: str) -> bool:
    """Whether an answer begins with the whole question, behind role words and labels ("Question:") or none."""
    while head := _ROLE.match(answer) or _LABEL.match(answer):
        answer = answer[head.end() :].lstrip()
    asked = [word.casefold() for word in _WORD.findall(question)]
    found = list(_WORD.finditer(answer))[: len(asked)]
    if not asked or [word[0].casefold() for word in found] != asked:
        return False
    return len(asked) >= LEAST_WORDS or answer[found[-1].end() :].lstrip()[:1] in ("?", "？", "؟")


# --- scores --------------------------------------------------------------------------------------------------------

Baseline = tuple[float, float, float]
Verdict = Literal["between", "below both", "impossible"]


def check_f(
    scores: Mapping[str, Floats], *, baselines: Mapping[str, Baseline] | None = None, tolerance: float = 1e-6
) -> dict[str, tuple[int, ...]]:
    """Find the pairs of which F doesn't lie between precision and recall, as a harmonic mean must.

    Parameters
    ----------
    scores : mapping of str to array of float, shape (pairs,)
        The scores of a `Comparison`; those named ``X_p``, ``X_r`` and ``X_f`` belong together.
    baselines : mapping of str to (float, float, float), optional
        For each rescaled ``X`` what stands for 0 in its P, R and F (`BertScore.baseline`). Each of the three is
        rescaled by its own, which can move F out of the range by a little, so the rule is checked on the scores as
        they were before. Rescaled scores of 0 in all three are those of empty texts, which aren't rescaled.
    tolerance : float
        By how much F may lie outside.

    Returns
    -------
    dict of str to tuple of int
        For each ``X`` the numbers of the pairs that break the rule, those with a NaN among them.
    """
    found = {}
    for name in (key.removesuffix("_f") for key in scores if key.endswith("_f")):
        if f"{name}_p" not in scores or f"{name}_r" not in scores:
            continue
        triple = np.stack([np.asarray(scores[f"{name}_{end}"], dtype=np.float64) for end in "prf"])
        if baselines and name in baselines:
            triple = np.where(triple.any(axis=0), _before_rescaling(triple, baselines[name]), 0)
        p, r, f = triple
        kept = (f >= np.minimum(p, r) - tolerance) & (f <= np.maximum(p, r) + tolerance)
        found[name] = tuple(int(i) for i in np.flatnonzero(~kept))
    return found


@dataclass(frozen=True, slots=True)
class MeanF:
    """What can be said of a mean F beside mean precision and mean recall.

    Attributes
    ----------
    verdict : {"between", "below both", "impossible"}
        ``below both`` can happen: where some answers are far too short and others far too long, the mean F is less
        than either mean. ``impossible`` is what no pairs can give: the numbers belong to different answers, or their
        names are mixed up.
    least, most : float
        The range that the mean F must lie in, on the scale of the numbers given.
    apart : float
        How far precision and recall of a pair must lie apart at least, on average, for such a mean F.
    """

    verdict: Verdict
    least: float
    most: float
    apart: float


def check_mean_f(
    precision: float,
    recall: float,
    f: float,
    *,
    lowest: float = 0.0,
    baseline: Baseline | None = None,
    tolerance: float = 1e-4,
) -> MeanF:
    """Check a mean F, as tables print it, against the mean precision and the mean recall of the same pairs.

    The harmonic mean is concave. So the mean F is at most the harmonic mean of the means, and at least what pairs at
    the corners of the range from `lowest` to 1 give, each with the greatest or the least of both scores.

    Parameters
    ----------
    precision, recall, f : float
        Means over pairs.
    lowest : float
        What no pair's precision or recall is below, on the scale of the numbers given: 0 for ROUGE. For BERTScore it
        has to be assumed; the more is known, the more is found.
    baseline : (float, float, float), optional
        For rescaled scores, what stands for 0 in P, R and F.
    tolerance : float
        What rounding may have changed.

    Raises
    ------
    ValueError
        If `lowest`, before rescaling, is below 0 or not below 1: then nothing can be said.
    """
    base = baseline or (0.0, 0.0, 0.0)
    p, r, _ = _before_rescaling(np.array([precision, recall, f]), base)
    low = float(min(_before_rescaling(np.full(3, lowest), base)[:2]))
    if not 0 <= low < 1:
        raise ValueError(f"the lowest score must be from 0 to below 1 before rescaling, but is {low:g}")
    most = 2 * p * r / (p + r) if p + r > 0 else 0.0
    mixed = 2 * low / (1 + low)  # F of a pair with the least of one score and 1 of the other
    above = (p + r - 2 * low) / (1 - low)  # 0 where all are lowest, 2 where all are 1
    least = low + above * (mixed - low) if above <= 1 else 1 - (2 - above) * (1 - mixed)
    least, most = (float(1 - (1 - value) / (1 - base[2])) for value in (least, most))
    if not least - tolerance <= f <= most + tolerance:
        verdict: Verdict = "impossible"
    else:
        verdict = "below both" if f < min(precision, recall) - tolerance else "between"
    return MeanF(verdict, least, most, max(abs(precision - recall), precision + recall - 2 * f))


def _before_rescaling(triple: Floats, baseline: Baseline) -> Floats:
    """Undo ``(x - b) / (1 - b)`` in P, R and F, shape (3, ...)."""
    base = np.array(baseline).reshape(3, *[1] * (triple.ndim - 1))
    raw: Floats = triple * (1 - base) + base
    return raw
