"""How numbers and hostile text are written for people."""

from __future__ import annotations

import json
import re
from typing import Any

from ecg_bench.comparison._records import ComparisonRecord
from ecg_bench.texts import one_line

LONGEST = 100  # characters of a setting that are shown
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~$])")
FACET_WORDS = {"key_position": "key position"}


def markdown(text: str) -> str:
    """Return a text in one line that is shown as it is by Markdown, in tables too."""
    shown = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", shown)


def signed(value: float) -> str:
    """Return a difference with its sign; there is no negative zero."""
    return f"{value:+.3f}".replace("-0.000", "+0.000")


def p_value(p: float) -> str:
    """Return a p-value."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def ends(low: float | None, high: float | None) -> str:
    """Return the ends of an interval of a difference."""
    return "no interval" if low is None or high is None else f"{signed(low)} to {signed(high)}"


def differences(record: ComparisonRecord) -> list[str]:
    """Say in a sentence each what the runs' headers say differently; what is alike on several tasks once."""
    tasks: dict[tuple[str, str, str], list[str]] = {}
    for one in record.differences:
        tasks.setdefault((one.name, _value(one.before), _value(one.after)), []).append(one.task)
    found = []
    for (name, before, after), of in tasks.items():
        where = f" of {', '.join(of)}" if of[0] else ""
        found.append(f"{name}{where}: {before} before, {after} after")
    for word, names in (("before", record.only_before), ("after", record.only_after)):
        if names:
            found.append(f"only {word}, and not compared: {', '.join(names)}")
    return found


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    digest = value[:12] if isinstance(value, str) and re.fullmatch("[0-9a-f]{40,64}", value) else ""
    return digest or (text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
