"""Telling what kind of question a question is, for systems that answer by rules."""

from __future__ import annotations

import re
from functools import cache

from ecg_bench.ecg_qa.generator._templates import TEMPLATES, Template


def recognise(question: str) -> tuple[Template, tuple[str, ...]] | None:
    """Return the template of a question and what it asks about; None for a question that we didn't make."""
    for pattern, template in _patterns():
        match = pattern.fullmatch(question)
        if match:
            subjects = {name.casefold(): name for name in template.subjects}
            return template, tuple(subjects[found.casefold()] for found in match.groups())
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Template], ...]:
    found = []
    for template in TEMPLATES:
        names = "|".join(map(re.escape, sorted(template.subjects, key=len, reverse=True)))
        for wording in template.wordings:
            text = re.escape(wording).replace(r"\{0\}", f"({names})").replace(r"\{1\}", f"({names})")
            found.append((re.compile(text, re.IGNORECASE), template))
    return tuple(found)
