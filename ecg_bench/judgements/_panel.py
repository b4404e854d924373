"""Several judges together: by majority or by the median, with how far they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.judgements._answers import StoredAnswers
from ecg_bench.judgements._rubric import Rubric
from ecg_bench.judgements._runs import Judged
from ecg_bench.judgements._scorings import Opinion, Opinions, write_scoring
from ecg_bench.judging import Judge
from ecg_bench.runs import ScoringRecord
from ecg_bench.statistics import effective_votes, krippendorff_alpha

Combine = Literal["majority", "median"]
UNDECIDED = "panel_undecided"


def combine_verdicts(
    judge: Judge, members: Sequence[Sequence[Judged]], runs: Sequence[StoredAnswers], how: Combine
) -> dict[Path, ScoringRecord]:
    """Combine what several models said by the same rubric about the same runs.

    Parameters
    ----------
    judge : Judge
        The rubric.
    members : sequence of sequence of Judged
        What each model said, all runs together; at least two models.
    runs : sequence of StoredAnswers
        The runs judged.
    how : {"majority", "median"}
        By majority, an answer has the level that more than half of the readable verdicts give it, else none. By the
        median, it has the median of their scores, and no level.

    Returns
    -------
    dict of Path to ScoringRecord
        What was added to each run.
    """
    models = [member[0].model for member in members]
    if len(models) < 2:
        raise UserError("a panel needs at least two different judges: give --model several times")
    rubric = Rubric.of(judge)
    if how == "majority" and not rubric.levels:
        raise UserError(f"the judge {judge.name} has no levels to vote on: use --combine median")
    records = {}
    for run in runs:
        path = run.run.path
        opinions = [one.opinions[path] for member in members for one in member if path in one.opinions]
        combined = {task: _combined(rubric, task, opinions, how) for task in opinions[0]}
        records[path] = write_scoring(
            judge,
            run,
            combined,
            name=f"{judge.name}@panel",
            source={
                "signature": f"{judge.signature}|panel:{how}|models:{','.join(sorted(models))}",
                "combined_by": how,
                "models": models,
                "agreement": {task: _agreement(rubric, task, opinions) for task in combined},
            },
            seed=members[0][0].judgement.header.settings["seed"],
        )
    return records


def _combined(rubric: Rubric, task: str, members: Sequence[Opinions], how: Combine) -> list[tuple[Any, Opinion]]:
    found = []
    for pairs in zip(*(member[task] for member in members), strict=True):
        answer = pairs[0][0]
        said = [one for _, one in pairs if one.scores]
        found.append((answer, _one(rubric, said, how) if said else pairs[0][1]))
    return found


def _one(rubric: Rubric, said: Sequence[Opinion], how: Combine) -> Opinion:
    if all(one.state == said[0].state != "ok" for one in said):
        return said[0]  # there was no answer
    if how == "median":
        return Opinion({name: median(one.scores[name] for one in said) for name in rubric.scores}, {}, "ok")
    scores, levels = {}, {}
    for name, values in rubric.levels.items():
        votes = Counter(one.levels[name] for one in said if name in one.levels)
        for level, n in votes.items():
            if 2 * n > len(said):
                levels[name], scores[name] = level, values[level]
    return Opinion(scores, levels, "ok" if scores else UNDECIDED)


def _agreement(rubric: Rubric, task: str, members: Sequence[Opinions]) -> dict[str, Any]:
    """Return for each score how far the judges agree; answers that nobody was asked about don't count."""
    asked = [n for n, (_, one) in enumerate(members[0][task]) if one.state != "no_answer"]
    found = {}
    for name in rubric.scores:
        scores = np.array(
            [[member[task][n][1].scores.get(name, np.nan) for member in members] for n in asked], dtype=np.float64
        ).reshape(len(asked), len(members))
        votes = effective_votes(scores)
        found[name] = {
            "answers": len(asked),
            "alpha_ordinal": krippendorff_alpha(scores, "ordinal"),
            "alpha_nominal": krippendorff_alpha(scores, "nominal"),
            "correlation": None if votes is None else votes[1],
            "effective_votes": None if votes is None else votes[0],
        }
    return found
