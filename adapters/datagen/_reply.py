"""Reading what a model wrote: the syntax tolerantly, the content not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecg_bench.judging._syntax import Fields, find_objects
from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import FinishReason, Outcome
from ecg_bench.unread import unread

ITEMS = "items"


@dataclass(frozen=True)
class Unread:
    """A reply without items that could be read.

    Attributes
    ----------
    outcome : Outcome
        What it is instead.
    reason : str
        What is wrong with it.
    """

    outcome: Outcome
    reason: str


def read_reply(text: str, finish_reason: FinishReason | None) -> list[dict[str, Any] | None] | Unread:
    """Return the items of a reply as they stand in its JSON; None for one that is no object or contradicts itself.

    Faults of syntax are mended (see `ecg_bench.judging._syntax`), values never. A reply that was cut off has no end
    that could show whether its last item is whole, and two lists of items no sign which one counts: neither is read.
    """
    said = text.strip()
    if not said.startswith(("{", "[", "```")):  # tags inside of texts begin no reasoning
        said = without_reasoning(said)
    if finish_reason == "length":
        return Unread(Outcome.TRUNCATED, "it was cut off at the limit of tokens")
    objects, fault = find_objects(said)
    lists = [(one, one.fields[ITEMS]) for one in objects if isinstance(one.fields.get(ITEMS), list)]
    if not lists:
        outcome = unread(said, finish_reason)
        return Unread(outcome, fault or f"there is no JSON object with a list of {ITEMS!r} in it")
    found, entries = lists[-1]
    if len(lists) > 1 or not found.clear or found.fields.twice:
        return Unread(Outcome.UNPARSED, f"it is not clear which list of {ITEMS!r} counts")
    assert isinstance(entries, list)  # noqa: S101  # looked at above; the type of a value in JSON is not known
    return [_plain(entry) if isinstance(entry, Fields) and not _contradicts(entry) else None for entry in entries]


def _contradicts(value: object) -> bool:
    """Whether a name in an object, however deep, is there twice with different values."""
    if isinstance(value, Fields):
        return bool(value.twice) or any(map(_contradicts, value.values()))
    return isinstance(value, list) and any(map(_contradicts, value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
