"""Reading a set of labels, or a yes or no, out of an answer, or saying that there is none.

The last line that begins with "Answer:" counts, whatever stands before it. On it, labels are found by their codes or
their words, longest first and as whole words, so that "NORM" is not in "ABNORMAL" and "complete left bundle branch
block" not in "incomplete left bundle branch block"; "none" alone is the empty set. What else a line says is no matter,
but one that names labels and denies or doubts something ("no MI", "MI or CD") is unparsed rather than guessed at.
Without such a line the whole text is read by the lexicon of statements, which knows negation. Nothing found is
unparsed, never the empty set.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final

from ecg_bench.ecg.scp import STATEMENTS, find_statements

VERSION: Final = 1

_ANSWER = re.compile(r"^[\W_]*answer\b[\W_]*:(?P<said>.*)$", re.IGNORECASE | re.MULTILINE)
_NONE = re.compile(
    r"[\W_]*(?:none(?: of (?:them|these|the (?:labels|statements|list|above)))?|nothing|no labels?)[\W_]*"
)
_DENIED = re.compile(
    r"\b(?:no|not|or|either|none|without|neither|nor|never|absent|excluded|isn't|aren't)\b", re.IGNORECASE
)
_YES_NO = re.compile(r"[\W_]*(?P<said>yes|no)\b(?!\s+(?:or|and|/))", re.IGNORECASE)

SUPERCLASSES = {
    "NORM": "normal ECG",
    "MI": "myocardial infarction",
    "STTC": "ST or T wave change",
    "CD": "conduction disturbance",
    "HYP": "hypertrophy",
}
SUBCLASSES = {
    "NORM": "normal ECG",
    "STTC": "non-diagnostic T wave, QT or digitalis change",
    "NST_": "non-specific ST change",
    "IMI": "inferior infarction",
    "AMI": "anterior infarction",
    "LVH": "left ventricular hypertrophy",
    "LAFB/LPFB": "left anterior or posterior fascicular block",
    "ISC_": "ischaemic change in no one region",
    "IRBBB": "incomplete right bundle branch block",
    "_AVB": "AV block",
    "IVCD": "intraventricular conduction delay",
    "ISCA": "ischaemic change in anterior or lateral leads",
    "CRBBB": "complete right bundle branch block",
    "CLBBB": "complete left bundle branch block",
    "LAO/LAE": "left atrial overload or enlargement",
    "ISCI": "ischaemic change in inferior leads",
    "LMI": "lateral infarction",
    "RVH": "right ventricular hypertrophy",
    "RAO/RAE": "right atrial overload or enlargement",
    "WPW": "pre-excitation",
    "ILBBB": "incomplete left bundle branch block",
    "SEHYP": "septal hypertrophy",
    "PMI": "posterior infarction",
}


def label_texts(labels: Collection[str], family: str | None) -> dict[str, str]:
    """Return what each label says in words.

    Parameters
    ----------
    labels : collection of str
        The labels.
    family : str or None
        ``superdiag`` and ``subdiag`` are classes of statements, which share codes with statements; all else are codes.
    """
    classes = {"superdiag": SUPERCLASSES, "subdiag": SUBCLASSES}.get(family or "")
    return {label: classes[label] if classes else STATEMENTS[label].text for label in labels}


class LabelReader:
    """Reads answers to one task.

    Parameters
    ----------
    texts : mapping of str to str
        Each label and what it says in words, in the task's order.
    of_codes : mapping of str to str
        The label that each SCP code stands for; a code that isn't here says nothing about the labels.
    """

    def __init__(self, texts: Mapping[str, str], of_codes: Mapping[str, str]) -> None:
        self._texts = dict(texts)
        self._of_codes = dict(of_codes)

    def read(self, text: str) -> frozenset[str] | None:
        """Return the labels that an answer says are true, or None where none can be read.

        Parameters
        ----------
        text : str
            An answer without its reasoning.
        """
        lines = [match["said"].strip() for match in _ANSWER.finditer(text)]
        return self._line(lines[-1]) if lines and lines[-1] else self._prose(text)

    def _line(self, said: str) -> frozenset[str] | None:
        if _NONE.fullmatch(said.lower()):
            return frozenset()
        found = frozenset(self._names[match[0].lower()] for match in self._named.finditer(said))
        if not found:
            return self._prose(said)
        return None if _DENIED.search(self._named.sub(" ", said)) else found

    def _prose(self, text: str) -> frozenset[str] | None:
        found = [(self._of_codes[one.code], one.status) for one in find_statements(text) if one.code in self._of_codes]
        return frozenset(label for label, status in found if status == "present") if found else None

    @cached_property
    def _names(self) -> dict[str, str]:
        """Return every way to name a label, in lower case."""
        names = {text.lower(): label for label, text in self._texts.items()}
        names |= {label.strip("_").lower(): label for label in self._texts}
        return names | {label.lower(): label for label in self._texts}

    @cached_property
    def _named(self) -> re.Pattern[str]:
        longest_first = sorted(self._names, key=lambda name: (-len(name), name))
        # A hyphen joins words too: "non-specific" is one.
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE)


def read_yes_no(text: str) -> bool | None:
    """Return whether an answer says yes, or None where it says neither.

    Parameters
    ----------
    text : str
        An answer without its reasoning: its last line that begins with "Answer:", or, without any, its beginning.
    """
    lines = [match["said"] for match in _ANSWER.finditer(text)]
    match = _YES_NO.match(lines[-1] if lines else text)
    return None if match is None else match["said"].lower() == "yes"
