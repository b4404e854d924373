"""What two runs' headers say differently: what one compares, and what one had better know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ecg_bench.comparison._records import HeaderDifferenceRecord
from ecg_bench.runs import RunRecord, identity


def header_differences(before: RunRecord, after: RunRecord, tasks: Sequence[str]) -> list[HeaderDifferenceRecord]:
    """Return all that differs in what makes two runs' fingerprints: the system, the settings, and the common tasks.

    Parameters
    ----------
    before, after : RunRecord
        The headers.
    tasks : sequence of str
        Names of tasks that both have.
    """
    old, new = identity(before), identity(after)
    whole = [{name: one for name, one in header.items() if name != "tasks"} for header in (old, new)]
    found = list(_differences(whole[0], whole[1]))
    for task in tasks:
        found += _differences(old["tasks"][task], new["tasks"][task], task)
    return found


def _differences(before: dict[str, Any], after: dict[str, Any], task: str = "") -> Iterator[HeaderDifferenceRecord]:
    old, new = dict(_flat(before)), dict(_flat(after))
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield HeaderDifferenceRecord(name=name, task=task, before=old.get(name), after=new.get(name))


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield name, value
        return
    for key, part in value.items():
        yield from _flat(part, f"{name}.{key}" if name else str(key))
