"""Copies of shipped files, with something changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from ecg_bench.published import PublishedRecord, published

Change = Callable[[dict[str, Any]], None]


def shipped(name: str = "ecg-llm") -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files("ecg_bench.published.data") / f"{name}.json").read_text(encoding="utf-8"))
    return data


def written(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "edited.json"
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
    return path


def edited(folder: Path, change: Change, name: str = "ecg-llm") -> PublishedRecord:
    data = shipped(name)
    change(data)
    return published(written(folder, data))


def table(data: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in data["tables"] if one["name"] == name)


def small(*, cells: dict[str, list[str]], columns: list[Any], unit: str, **checks: Any) -> dict[str, Any]:
    """A publication of a single table."""
    return {
        "name": "small",
        "title": "A small study",
        "source": "Nobody (2026)",
        "url": "https://example.org/",
        "read": "made up",
        "untestable": "everything",
        "systems": dict.fromkeys(cells, ""),
        "tables": [{"name": "T", "title": "t", "unit": unit, "columns": columns, "cells": cells}],
        "checks": checks,
    }
