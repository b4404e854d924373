"""Faults of gold texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ecg_bench.samples import Outcome
from ecg_bench.unread import unread

FaultKind = Literal[
    "empty",
    "refusal",
    "duplicate",
    "patients",
    "missing",
    "damaged",
    "samples",
    "answers",
    "contradiction",
    "split",
]
_EXAMPLES = 5

# What a translator or a model writes to whoever asks it, and no reader of an ECG writes into a report.
_ASIDE = re.compile(
    r"\bplease\s+(?:provide|give|share|send|paste|enter|supply)\b.{0,60}\b(?:report|text|translat|content|sentence|phrase)"
    r"|\b(?:report|text|sentence|phrase|content)\b.{0,40}\byou(?:'d|\s+would)\s+like\b"
    r"|\b(?:here\s+is|here's)\s+(?:the|your|a)\s+(?:\w+\s+){0,2}(?:translat|report\s+in)"
    r"|\bthe\s+(?:english\s+)?translation\s+(?:of|is|would)\b"
    r"|\b(?:i\s+(?:am|was)|i'm)\s+(?:sorry|happy\s+to|ready\s+to|unable\s+to)\b|\bi\s+apologi[sz]e\b"
    r"|\b(?:i\s+can|i'll|i\s+will|let\s+me)\s+(?:help|assist|translate)\b"
    r"|\bas\s+an?\s+(?:ai|(?:large\s+)?language\s+model)\b"
    r"|\bno\s+text\s+(?:was|is|has\s+been)\s+(?:provided|given)\b"
    r"|\b(?:bitte|gerne)\b.{0,40}\b(?:übersetz|ubersetz|text\s+ein)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class SetFault:
    """Something wrong with a data set.

    Parameters
    ----------
    kind : str
        ``"empty"``, ``"refusal"`` and ``"duplicate"`` texts; ``"patients"`` in several splits; ``"missing"`` and
        ``"damaged"`` records, and ``"samples"`` that can't be right; ``"answers"`` that are not legal,
        ``"contradiction"`` between answers to one question, and questions outside their ``"split"``.
    count, of : int
        How many are concerned, of how many.
    text : str
        The same in a sentence without a full stop.
    examples : tuple of str
        The first five concerned, by what names them.
    """

    kind: FaultKind
    count: int
    of: int
    text: str
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The part that is concerned, 0 to 1."""
        return self.count / self.of if self.of else 0.0


def fault(kind: FaultKind, concerned: list[str], of: int, text: str) -> list[SetFault]:
    """Return the fault, where something is concerned; ``{}`` in `text` is their number."""
    if not concerned:
        return []
    return [SetFault(kind, len(concerned), of, text.format(f"{len(concerned):,}"), tuple(concerned[:_EXAMPLES]))]


def text_faults(texts: Mapping[str, str], what: str = "reports") -> tuple[SetFault, ...]:
    """Say what is wrong with the gold texts of a set.

    Parameters
    ----------
    texts : mapping of str to str
        What names a text, such as a record's number, to the text.
    what : str
        What the texts are called.

    Returns
    -------
    tuple of SetFault
        Empty texts; texts that are a translator's or a model's words to its user, such as "please provide the report
        that you'd like translated"; and texts that repeat an earlier one, but for case and spaces. Repetition is no
        mistake as such, as many ECGs are alike, but a constant answer scores by it.
    """
    n = len(texts)
    empty = [name for name, text in texts.items() if not text.strip()]
    asides = [name for name, text in texts.items() if is_aside(text)]
    seen: Counter[str] = Counter()
    repeated = []
    for name, text in texts.items():
        plain = " ".join(text.lower().split())
        if plain:
            seen[plain] += 1
            if seen[plain] > 1:
                repeated.append(name)
    commonest = seen.most_common(1)[0] if seen else ("", 0)
    part = commonest[1] / max(n, 1)
    shortened = commonest[0] if len(commonest[0]) <= 60 else f"{commonest[0][:57]}..."
    quoted = shortened.replace("{", "{{").replace("}", "}}")
    return (
        *fault("empty", empty, n, f"{{}} of {n:,} {what} are empty"),
        *fault("refusal", asides, n, f"{{}} of {n:,} {what} are words of a translator or model to its user"),
        *fault(
            "duplicate",
            repeated,
            n,
            f"{{}} of {n:,} {what} repeat an earlier one; the commonest is {part:.0%}: {quoted!r}",
        ),
    )


def is_aside(text: str) -> bool:
    """Whether a gold text is what a translator or a model wrote to its user, and no report."""
    return _ASIDE.search(text) is not None or unread(text, None) is Outcome.REFUSED
