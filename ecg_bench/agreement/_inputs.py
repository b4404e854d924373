"""Reading what agreement is computed from: rating sheets, runs, and tables of verdicts."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run, load_run
from ecg_bench.files import open_text, sha256_of_file
from ecg_bench.ratings import Rating, judge_ratings
from ecg_bench.ratings.intake import load_ratings
from ecg_bench.runs import KEYS, SAMPLES, SCORINGS, RunDirectory, Scorings

Key = tuple[str, str, str, int]  # system, task, sample, epoch

# Columns that are parts of another: precision and recall of an F-measure, and counts that are no quality.
PARTS = ("_p", "_r")


@dataclass
class Inputs:
    """What was read.

    Attributes
    ----------
    humans, judges : list of Rating
        Ratings of humans, and verdicts of judges.
    metrics : dict of str to dict of Key to float
        Scores of metrics by answer.
    files : list of dict
        Each file or run, what it was read as, and its hash.
    models : dict of str to str
        The model of each judge, and of each system, as far as runs say.
    listwise : set of str
        Judges that saw all answers to a question in one call.
    """

    humans: list[Rating] = field(default_factory=list)
    judges: list[Rating] = field(default_factory=list)
    metrics: dict[str, dict[Key, float]] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)
    listwise: set[str] = field(default_factory=set)


def read_inputs(ratings: Sequence[str | Path | Rating], judgements: Sequence[str | Path | Run | Rating]) -> Inputs:
    """Read human ratings, and what judges and metrics said.

    Parameters
    ----------
    ratings : sequence of path or Rating
        Tables of ratings, or sheets of any form. Verdicts of judges in them are taken too.
    judgements : sequence of path, Run or Rating
        Runs whose answers were judged or scored, and tables that hold verdicts.

    Raises
    ------
    UserError
        If one can't be read.
    """
    found = Inputs()
    for source in ratings:
        _add(found, [source] if isinstance(source, Rating) else _table(found, source))
    texts = any(not one.sample for one in found.humans)
    seen = {str(Path(one).resolve()) for one in ratings if not isinstance(one, Rating)}
    for given in judgements:
        if isinstance(given, Rating):
            _add(found, [given])
        elif isinstance(given, Run) or Path(given).is_dir():
            _add_run(found, given if isinstance(given, Run) else load_run(given), texts=texts)
        elif str(Path(given).resolve()) not in seen:
            some = [one for one in _table(found, given) if one.source == "judge"]
            if not some:
                raise UserError("holds no verdict of a judge: --judgements takes runs and such tables", path=given)
            _add(found, some)
    return found


def _table(found: Inputs, source: str | Path) -> list[Rating]:
    some = load_ratings(source)
    found.files.append(
        {"path": str(source), "as": "ratings", "rows": len(some), "sha256": sha256_of_file(Path(source))}
    )
    return some


def _add(found: Inputs, ratings: Sequence[Rating]) -> None:
    for one in ratings:
        (found.humans if one.source == "human" else found.judges).append(one)


def _add_run(found: Inputs, run: Run, *, texts: bool) -> None:
    found.files.append(
        {"path": str(run.path), "as": "run", "system": run.system, "sha256": sha256_of_file(run.path / SAMPLES)}
    )
    found.judges += judge_ratings(run, texts=texts)
    found.models[run.system] = run.header.system.model
    scorings = list(Scorings(RunDirectory(run.path)).read())
    if not scorings:
        raise UserError(
            "holds no verdict and no score of its answers: let a judge read them (ecg-bench judge RUN --judge NAME "
            "--model MODEL), or compare them with references (ecg-bench score RUN)",
            path=run.path,
        )
    for scoring in scorings:
        if scoring.kind == "judge":
            found.models[scoring.name] = str(scoring.source.get("model", ""))
            if scoring.source.get("protocol") == "listwise":
                found.listwise.add(scoring.name)
        levels: Mapping[str, Any] = scoring.source.get("levels", {})
        for name, key, value in _scores(run, scoring.name):
            if name in levels:
                continue  # a judge's levels are compared as such
            shown = name if scoring.kind == "text metric" else f"{scoring.name}.{name}"
            found.metrics.setdefault(shown, {})[key] = value


def _scores(run: Run, scoring: str) -> Iterator[tuple[str, Key, float]]:
    """Yield every number of a scoring, with its column."""
    path = run.path / SCORINGS / f"{scoring}.csv"
    with open_text(path) as file:
        reader = csv.DictReader(file)
        names = [
            name
            for name in reader.fieldnames or ()
            if name not in (*KEYS, "state") and not name.endswith(("_level", *PARTS))
        ]
        for row in reader:
            if row["permutation"] != "0":
                continue
            key = (run.system, row["task"], row["id"], int(row["epoch"]))
            for name in names:
                if row[name]:
                    yield name, key, float(row[name])
