"""Why there is no answer in what a model wrote: refused, cut, empty, or not to be read."""

from __future__ import annotations

import re

from ecg_bench.samples import FinishReason, Outcome

# Only the speaker's own refusal to answer: "we cannot exclude infarction" is an answer.
_UNABLE = (
    r"(?:cannot|can\s+not|can't|won't|will\s+not|could\s+not|couldn't"
    r"|(?:am\s+|'m\s+)?(?:unable|not\s+(?:able|allowed|permitted|qualified))\s+to)"
)
_ANSWER = (
    r"(?:answer|respond|help|assist|comply|fulfil|(?:provide|give|offer)\s+(?:\w+\s+){0,2}(?:advice|answers?|that|this)"
    r"|interpret\s+(?:\w+\s+){0,2}(?:ecgs?|ekgs?|electrocardiograms?|images?|tracings?))\b"
)
_MODEL = r"\bas\s+an?\s+(?:ai|artificial\s+intelligence|(?:large\s+)?language\s+model)\b"
_REFUSAL = re.compile(
    rf"\bI\s*{_UNABLE}\s+(?:\w+\s+)?{_ANSWER}"
    r"|\bI\s+(?:must\s+|have\s+to\s+|respectfully\s+)?(?:decline|refuse)\b"
    rf"|{_MODEL}[^.]{{0,40}}\bI\s*(?:{_UNABLE}|don't|do\s+not)"
    r"|^(?:cannot|can't|unable\s+to)\s+(?:answer|help|assist|comply|determine)\b"
    r"|^(?:ich\s+kann\b.{0,60}\bnicht\s+(?:beantworten|helfen)|je\s+ne\s+peux\s+pas\s+(?:répondre|aider)"
    r"|no\s+puedo\s+(?:responder|ayudar)|não\s+posso\s+(?:responder|ajudar)|non\s+posso\s+(?:rispondere|aiutare)"
    r"|я\s+не\s+могу\s+(?:ответить|помочь)|我无法回答|我不能回答|申し訳)",
    re.IGNORECASE,
)


def unread(text: str, finish_reason: FinishReason | None) -> Outcome:
    """Say why nothing could be read in a text from which the reasoning was taken."""
    if finish_reason == "length":
        return Outcome.TRUNCATED
    if finish_reason == "content_filter" or _is_refusal(text):
        return Outcome.REFUSED
    return Outcome.UNPARSED if text.strip() else Outcome.EMPTY


def _is_refusal(text: str) -> bool:
    """Whether an answer declines to answer, by the words with which it begins."""
    return _REFUSAL.search(text[:300].lstrip()) is not None
