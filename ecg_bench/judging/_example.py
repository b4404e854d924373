"""A small item, by which judges are tried out when they are loaded and shown to those who read them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecg_bench.judging._values import JudgedItem

_WHOLE = JudgedItem(
    id="example",
    question="What is the usual upper limit of the PR interval in adults?",
    answers=(("first", "Up to 200 ms, or one large box."), ("second", "It should not be longer than 120 ms.")),
    reference="200 ms; a longer PR interval means first-degree atrioventricular block.",
    passage="The PR interval lasts 120 to 200 ms. A longer one is called first-degree atrioventricular block.",
    key_points=("The limit is 200 ms", "A longer interval is first-degree atrioventricular block"),
)


def example_item(*, listwise: bool, without: frozenset[str] = frozenset()) -> JudgedItem:
    """Return the example with two answers or one, without the texts named in `without`."""
    answers = _WHOLE.answers if listwise else _WHOLE.answers[:1]
    empty: dict[str, Any] = {name: () if name == "key_points" else "" for name in without}
    return replace(_WHOLE, answers=answers, **empty)
