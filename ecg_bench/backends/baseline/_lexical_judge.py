"""``baseline/lexical-judge``: verdicts by a rule on key points and critical tokens, without any model.

It knows no synonyms and no medicine. It is there so that everything around a judge can be run and tested without a key,
and as what a judge worth its price has to beat.
"""

from __future__ import annotations

import json
from typing import Any

from ecg_bench.judging import Judge, JudgePrompt
from ecg_bench.judging._criteria import Boolean, Criterion, Levels, Number, Points, Ranking
from ecg_bench.judging._reader import ANSWERS, CASE, ID
from ecg_bench.samples import Request
from ecg_bench.text_metrics._key_points import LEVELS, LexicalVerdict, lexical_verdict

VALUES = dict(zip(LEVELS, (0.0, 0.25, 0.75, 1.0), strict=True))
GOOD = 0.75  # from here on, a criterion of yes or no is met


def verdict(judge: Judge, request: Request) -> str:
    """Return a verdict in the form that a judge's prompt asks for."""
    prompt = request.judged
    if not isinstance(prompt, JudgePrompt):
        raise TypeError(f"no prompt of a judge: {prompt!r}")
    item = prompt.item
    texts = dict(item.answers)
    # Without a reference, as the study's judge had none, the passage stands for it.
    reference = item.reference or item.passage or ""
    found = {shown: lexical_verdict(texts[own], reference, item.key_points) for shown, own in prompt.ids.items()}
    if not judge.listwise:
        (only,) = found.values()
        return json.dumps({CASE: prompt.case, **_answer(judge, only)}, ensure_ascii=False)
    ranked = sorted(found, key=lambda shown: -_value(found[shown]))  # equal ones in the order shown
    whole = {one.field: ranked for one in judge.criteria if isinstance(one, Ranking)}
    answers = [{ID: shown, **_answer(judge, one)} for shown, one in found.items()]
    return json.dumps({CASE: prompt.case, **whole, ANSWERS: answers}, ensure_ascii=False)


def _value(found: LexicalVerdict) -> float:
    return VALUES[found.level]


def _answer(judge: Judge, found: LexicalVerdict) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    for note in judge.card.notes:
        if note.quote:
            stated[note.name] = found.findings[0].sentence if found.findings else ""
        else:
            points = (
                f"{sum(bool(one) for one in found.key_points)} of {len(found.key_points)} key points by their words"
            )
            stated[note.name] = f"{points}; {len(found.findings)} contradictions in critical tokens"
    for criterion in judge.criteria:
        if not isinstance(criterion, Ranking):
            stated[criterion.field] = _stated(criterion, found)
    return stated


def _stated(criterion: Criterion, found: LexicalVerdict) -> Any:
    value = _value(found)
    if isinstance(criterion, Boolean):
        return value >= GOOD
    if isinstance(criterion, Levels):
        levels = criterion.card.levels
        return min(levels, key=lambda level: abs(level.value - value)).name
    if isinstance(criterion, Number):
        low, high = criterion.card.minimum or 0, criterion.card.maximum or 0
        return low + round(value * (high - low))
    if isinstance(criterion, Points):
        counts = [bool(one if criterion.card.counts == "for" else one.contradicted) for one in found.key_points]
        return [number for number, counted in enumerate(counts, 1) if counted]
    raise TypeError(f"no rule for {criterion!r}")
