"""What judges said of a run's answers, as ratings."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run, load_run
from ecg_bench.files import open_text
from ecg_bench.ratings._records import Rating
from ecg_bench.ratings._scale import Scale
from ecg_bench.runs import SCORINGS, RunDirectory, ScoringRecord, Scorings

Place = tuple[str, str, int]  # task, sample, epoch
NO_ANSWER = "no_answer"  # as judgings call an answer that is empty, refused or could not be got


def judge_ratings(run: Run | str | Path, *, texts: bool = True) -> list[Rating]:
    """Return the verdicts of every judge that scored a run's answers on levels.

    An answer without a readable verdict has a rating without a level. One that wasn't there, which no judge was asked
    about, has the level that its rubric gives it, and the comment `NO_ANSWER`. Judges whose scores are no levels, such
    as the share of key points, have no ratings: they are compared with humans like any other metric.

    Parameters
    ----------
    run : Run or path
        The run.
    texts : bool
        Whether each rating holds question and answer too, which are read from the run's samples.

    Raises
    ------
    UserError
        If the run is incomplete, or a scoring is damaged.
    """
    opened = run if isinstance(run, Run) else load_run(run)
    described = _described(opened) if texts else {}
    labels = _labels(opened)
    found = []
    for scoring in Scorings(RunDirectory(opened.path)).read():
        scales = _scales(scoring)
        for criterion, scale in scales.items():
            rater = scoring.name if len(scales) == 1 else f"{scoring.name}.{criterion}"
            for place, level, state in _levels(opened, scoring.name, criterion):
                one = Rating(
                    task=place[0],
                    sample=place[1],
                    epoch=place[2],
                    system=opened.system,
                    rater=rater,
                    source="judge",
                    criterion=criterion,
                    scale=scale,
                    levels=(level,) if level else (),
                    time=scoring.made,
                    comment=NO_ANSWER if state == NO_ANSWER else "",
                    origin=str(opened.path),
                    **labels.get(place, {}),
                )
                found.append(replace(one, **described[place]) if place in described else one)
    return found


def _scales(scoring: ScoringRecord) -> dict[str, Scale]:
    if scoring.kind != "judge":
        return {}
    levels: Mapping[str, Mapping[str, float]] = scoring.source.get("levels", {})
    return {name: Scale(tuple(values), tuple(values.values())) for name, values in levels.items()}


def _levels(run: Run, scoring: str, criterion: str) -> Iterator[tuple[Place, str, str]]:
    """Yield the level of each answer, with what became of the verdict."""
    path = run.path / SCORINGS / f"{scoring}.csv"
    with open_text(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        try:
            task, sample, epoch, order = (header.index(name) for name in ("task", "id", "epoch", "permutation"))
            level, state = header.index(f"{criterion}_level"), header.index("state")
            for cells in reader:
                if cells[order] == "0":
                    yield (cells[task], cells[sample], int(cells[epoch])), cells[level], cells[state]
        except (ValueError, IndexError):
            raise UserError("is damaged: judge the run again", path=path) from None


def _labels(run: Run) -> dict[Place, dict[str, Any]]:
    """Return group and topic of each sample, from the scores, so that the samples needn't be opened."""
    found: dict[Place, dict[str, Any]] = {}
    with open_text(run.path / "scores.csv") as file:
        for row in csv.DictReader(file):
            place = (row["task"], row["id"], int(row["epoch"]))
            found.setdefault(place, {"group": row["group"], "topic": row["topic"]})
    return found


def _described(run: Run) -> dict[Place, dict[str, Any]]:
    return {
        (one["task"], one["id"], one["epoch"]): {
            "question": one["request"]["messages"][-1]["content"],
            "answer": one["parsed"] or "",
        }
        for one in run.samples()
        if not one["request"]["options"]
    }
