"""``--seen SYSTEM=PATH`` on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from ecg_bench.errors import UserError


def parse_seen(values: Sequence[str]) -> dict[str, list[str]]:
    """Return what each system was given, from ``SYSTEM=PATH``; a system may be named again for further documents.

    Raises
    ------
    UserError
        If a value has no "=", or nothing before or after it.
    """
    found: dict[str, list[str]] = {}
    for value in values:
        system, sign, path = (part.strip() for part in value.partition("="))
        if not (system and sign and path):
            raise UserError(
                f"--seen {value!r}: expected SYSTEM=PATH, such as my-model=finetuning.jsonl (files or folders of what "
                "the system was finetuned on or retrieves from, or the name of a domain for its corpus)"
            )
        paths = found.setdefault(system, [])
        if path not in paths:
            paths.append(path)
    return found
