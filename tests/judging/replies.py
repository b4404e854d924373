"""Items, and replies of an obedient judge together with the verdict that they state."""

from __future__ import annotations

import random
from typing import Any

from ecg_bench.judging import AnswerVerdict, Judge, JudgedItem, JudgePrompt, Verdict

NAMES = ("ecg-binary", "ecg-correctness", "ecg-listwise", "key-points", "meit-alignment", "safety")
EXPLANATIONS = (
    "States 200 ms, as the reference does.",
    'Says "no ST elevation" though there is; {sic}.',
    "Zu kurz: „120 ms“ – gemeint sind 200 ms; [1], it's so",
    "line one\nline two\t\\ \u2028 😀 // no comment # none /* none */",
    "",
)


def item(judge: Judge, answers: tuple[str, ...] = ("Up to 200 ms.", "At most 120 ms.", "It varies.")) -> JudgedItem:
    """Return an item with all texts, and as many of the answers as the judge takes."""
    pairs = tuple((f"system {number}", text) for number, text in enumerate(answers))
    return JudgedItem(
        id="pr-01",
        question="What is the upper limit of the PR interval?",
        answers=pairs if judge.listwise else pairs[:1],
        reference="200 ms.",
        passage="The PR interval lasts 120 to 200 ms.",
        key_points=("200 ms", "longer is first-degree block", "measured from the onset of P", "in adults"),
    )


def obey(judge: Judge, prompt: JudgePrompt, draw: random.Random) -> tuple[dict[str, Any], Verdict]:
    """Return a reply with random content, as an object, and what it states."""
    shown = list(prompt.ids)
    top: dict[str, Any] = {"case": prompt.case}
    entries: dict[str, dict[str, Any]] = {id_: {"id": id_} if judge.listwise else {} for id_ in shown}
    levels: dict[str, dict[str, str]] = {id_: {} for id_ in shown}
    scores: dict[str, dict[str, float]] = {id_: {} for id_ in shown}
    details: dict[str, dict[str, Any]] = {id_: {} for id_ in shown}
    for note in judge.card.notes:
        for id_ in shown:
            text = dict(prompt.item.answers)[prompt.ids[id_]] if note.quote else draw.choice(EXPLANATIONS)
            entries[id_][note.name] = details[id_][note.name] = text
    points = list(range(1, len(prompt.item.key_points) + 1))
    free = {id_: draw.sample(points, len(points)) for id_ in shown}
    for card in judge.card.rubric:
        field = card.field or card.name
        if card.kind == "ranking":
            top[field] = draw.sample(shown, len(shown))
            for place, id_ in enumerate(top[field], 1):
                scores[id_][card.name] = (len(shown) - place) / (len(shown) - 1)
                details[id_][field] = place
            continue
        for id_ in shown:
            if card.kind in ("levels", "boolean"):
                number = draw.randrange(len(card.levels))
                entries[id_][field] = bool(number) if card.kind == "boolean" else card.levels[number].name
                levels[id_][card.name] = card.levels[number].name
                scores[id_][card.name] = card.levels[number].value
            elif card.kind == "number":
                entries[id_][field] = details[id_][field] = draw.randint(0, 10)
                scores[id_][card.name] = entries[id_][field] / 10
            else:
                chosen = [free[id_].pop() for _ in range(draw.randint(0, len(free[id_])))]
                entries[id_][field], details[id_][field] = chosen, tuple(chosen)
                share = len(chosen) / len(points)
                scores[id_][card.name] = share if card.counts == "for" else 1 - share
    if judge.listwise:
        top["answers"] = draw.sample(list(entries.values()), len(entries))
    else:
        top |= entries[shown[0]]
    by_own = {prompt.ids[id_]: AnswerVerdict(levels[id_], scores[id_], details[id_]) for id_ in shown}
    return top, Verdict({own: by_own[own] for own, _ in prompt.item.answers})
