"""From rules to items: drawn under a seed, keys spread evenly over the letters."""

from __future__ import annotations

import json
import random
from typing import Any

from ecg_bench.tasks.ecg.computed import _criteria, _intervals, _leads, _rates
from ecg_bench.tasks.ecg.computed._template import Inputs, Rule

SEED = 2026
RULES: tuple[Rule, ...] = (*_rates.RULES, *_intervals.RULES, *_leads.RULES, *_criteria.RULES)
LETTERS = "ABCD"


def build(seed: int = SEED) -> list[dict[str, Any]]:
    """Return the computed items, as rows of the data file; always the same ones for a seed."""
    rows: list[dict[str, Any]] = []
    for rule in RULES:
        rng = random.Random(f"{seed} {rule.name}")
        seen: set[str] = set()
        n = 0
        while n < rule.count:
            inputs = rule.draw(rng)
            if json.dumps(inputs) in seen or len(rule.wrong(inputs)) < 3:
                continue
            seen.add(json.dumps(inputs))
            # Letters in blocks of four, each block a shuffle: balanced, and not to be foreseen.
            block = random.Random(f"{seed} keys {len(rows) // 4}").sample(LETTERS, 4)
            rows.append(_row(rule, inputs, n, block[len(rows) % 4], rng))
            n += 1
    return rows


def _row(rule: Rule, inputs: Inputs, n: int, key: str, rng: random.Random) -> dict[str, Any]:
    wrong = rule.wrong(inputs)
    rng.shuffle(wrong)
    options = [text for text, _ in wrong]
    options.insert(LETTERS.index(key), rule.answer(**inputs))
    errors = {LETTERS[options.index(text)]: error for text, error in wrong}
    return {
        "id": f"computed-{rule.name.replace('_', '-')}-{n + 1:02d}",
        "question": rule.fill(rule.stems[n % len(rule.stems)], inputs),
        "options": options,
        "key": key,
        "topic": rule.topic,
        "difficulty": rule.difficulty,
        "group": rule.group,
        "rationale": rule.fill(rule.rationale, inputs),
        "computation": {"rule": rule.name, "inputs": inputs},
        "errors": dict(sorted(errors.items())),
    }


def recompute(computation: dict[str, Any]) -> str:
    """Return the right option's text from an item's stored computation.

    Raises
    ------
    KeyError
        If there is no such rule.
    """
    rule = {rule.name: rule for rule in RULES}[computation["rule"]]
    return rule.answer(**computation["inputs"])
