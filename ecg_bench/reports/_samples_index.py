"""What a page knows of every sample without its texts: ids, labels, outcomes and scores, in columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy.typing as npt

from ecg_bench.reports._samples_columns import codes_of_scores, codes_of_texts, packed_codes
from ecg_bench.reports._samples_survey import JUDGE, OWN, Survey, TaskSurvey
from ecg_bench.reports._samples_words import packed


def packed_index(task: TaskSurvey, without: Collection[str] = ()) -> str:
    """Return the index of a task as printable text.

    Parameters
    ----------
    task : TaskSurvey
        The task.
    without : collection of str
        Kinds of scores to leave out.
    """
    order = task.order
    ids = list(task.rows)
    table = _Table()
    for facet, texts in task.facets.items():
        codes, values = codes_of_texts([texts[row] for row in order])
        table.add(facet, -1, codes, values)
    for name, numbers in task.values.items():
        for number, track in enumerate(task.tracks.values()):
            if name in track.labels:
                table.add(name, number, track.labels[name].arranged(order), list(numbers))
    for name, (kind, _) in task.metrics.items():
        if kind not in without:
            there = [(number, track) for number, track in enumerate(task.tracks.values()) if name in track.scores]
            columns, scores = codes_of_scores([track.scores[name].arranged(order) for _, track in there])
            for (number, _), codes in zip(there, columns, strict=True):
                table.add(f"score:{name}", number, codes, scores)
    header = {
        "ids": [ids[row] for row in order],
        "beginnings": [task.beginnings[row] for row in order],
        "columns": table.columns,
        "values": table.values,
    }
    return packed(header, bytes(table.body))


class _Table:
    def __init__(self) -> None:
        self.columns: list[dict[str, Any]] = []
        self.values: dict[str, Any] = {}
        self.body = bytearray()

    def add(self, name: str, track: int, codes: npt.NDArray[Any], values: list[Any]) -> None:
        self.values[name] = values
        data, width = packed_codes(codes, len(values))
        self.columns.append({"name": name, "track": track, "at": len(self.body), "width": width})
        self.body += data


def described(survey: Survey, task: TaskSurvey, part: str, without: Collection[str] = ()) -> dict[str, Any]:
    """Return what the page must know of a task before its index is read."""
    return {
        "name": task.name,
        "title": task.title,
        "type": task.type,
        "part": part,
        "rows": len(task.rows),
        "tracks": [
            {
                "system": key.system,
                "run": survey.runs[key.run].path.parent.name,
                "epoch": key.epoch,
                "permutation": key.permutation,
            }
            for key in task.tracks
        ],
        "metrics": [
            {"name": name, "kind": kind, "criterion": criterion}
            for name, (kind, criterion) in task.metrics.items()
            if kind not in without
        ],
        "main": main_metric(task),
    }


def main_metric(task: TaskSurvey) -> str:
    """Return the score that a task is first looked at by: its own, else the first judge's, else the first one."""
    kinds = [(name, kind) for name, (kind, _) in task.metrics.items()]
    for wanted in (OWN, JUDGE):
        for name, kind in kinds:
            if kind == wanted:
                return name
    return kinds[0][0] if kinds else ""
