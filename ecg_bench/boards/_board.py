"""From runs to a leaderboard: common samples, paired tests, ranks that mean something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.boards._ratings import rating_board
from ecg_bench.boards._old_records import BoardRecord, DifferenceRecord, EntryRecord, TaskBoardRecord
from ecg_bench.boards._render import as_csv, as_markdown
from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run, load_run
from ecg_bench.files import make_folder, to_json, write_whole
from ecg_bench.metrics import METRICS
from ecg_bench.ratings import Rating
from ecg_bench.runs import ScoreTable, TaskRecord, TaskResultRecord
from ecg_bench.statistics import Differences, holm, paired_differences, paired_means

ALPHA = 0.05
DRAWS = 10_000
FEW = 100  # clusters, below which bootstrap intervals of differences are too short (docs/correction-coverage.md)


@dataclass(frozen=True)
class _Contender:
    """A run on one task."""

    name: str
    run: Run
    task: TaskRecord
    result: TaskResultRecord
    table: ScoreTable


class Leaderboard(BoardRecord):
    """A leaderboard, as data, and ready to be shown or written."""

    def write(self, folder: str | Path) -> None:
        """Write ``leaderboard.json``, ``.md`` and ``.csv`` into a folder, which is made if need be.

        Raises
        ------
        UserError
            If the folder can't be written.
        """
        out = make_folder(folder)
        write_whole(out / "leaderboard.json", to_json(self.model_dump(mode="json")))
        write_whole(out / "leaderboard.md", as_markdown(self))
        write_whole(out / "leaderboard.csv", as_csv(self))

    def _repr_markdown_(self) -> str:
        return as_markdown(self)


def leaderboard(
    runs: Sequence[str | Path | Run],
    *,
    ratings: Sequence[str | Path | Rating] = (),
    criterion: str | None = None,
    seed: int = 0,
) -> Leaderboard:
    """Rank the systems of some runs, task by task, and by human ratings.

    Each pair of systems is compared on the samples that all of the task's systems were asked, by the paired bootstrap
    over clusters (items of one source passage are drawn together), below 100 clusters by a paired t interval, and the
    p-values are adjusted by Holm's method over the pairs. A system's rank is the range from 1 + the number of systems
    significantly better than it to the number of systems less those significantly worse; systems that can't be told
    apart share ranks.

    Parameters
    ----------
    runs : sequence of path or Run
        Complete runs.
    ratings : sequence of path or Rating
        Human ratings: tables, or sheets that can be imported without a mapping. They need no run beside them.
    criterion : str, optional
        What to rank by, where humans rated several criteria.
    seed : int
        Of the resampling.

    Raises
    ------
    UserError
        If a run is incomplete, or two runs of a task used different data.
    """
    opened = [run if isinstance(run, Run) else load_run(run) for run in runs]
    if not opened and not ratings:
        raise UserError("a leaderboard needs at least one run, or --ratings: name the run directories")
    names = _names(opened)
    tasks: dict[str, list[_Contender]] = {}
    for name, run in zip(names, opened, strict=True):
        for record in run.header.tasks:
            one = _Contender(name, run, record, run.results.tasks[record.name], run.scores[record.name])
            tasks.setdefault(record.name, []).append(one)
    return Leaderboard(
        tasks=[_task_board(contenders, seed) for contenders in tasks.values()],
        ratings=rating_board(ratings, criterion=criterion, seed=seed) if ratings else None,
    )


def _names(runs: Sequence[Run]) -> list[str]:
    """Return the systems' names, with the run directory behind those that several runs share."""
    systems = [run.system for run in runs]
    return [f"{s} ({run.path.name})" if systems.count(s) > 1 else s for s, run in zip(systems, runs, strict=True)]


def _task_board(contenders: Sequence[_Contender], seed: int) -> TaskBoardRecord:
    first = contenders[0]
    for other in contenders[1:]:
        if other.task.data_sha256 != first.task.data_sha256:
            raise UserError(
                f"{other.name} and {first.name} answered different data of {first.task.name} "
                f"(versions {other.task.version} and {first.task.version}): compare runs of the same data"
            )
    metric = first.result.main_metric
    scores, clusters = _common(contenders, metric)
    # Order, differences and ranks all come from the common samples, so that they can't contradict each other.
    means = scores.mean(axis=0)
    order = sorted(range(len(contenders)), key=lambda n: (-means[n], contenders[n].name))
    ordered, scores = [contenders[n] for n in order], scores[:, order]
    differences, method = _compare(scores, clusters, seed)
    size = len(ordered)
    upper = np.triu_indices(size, 1)
    adjusted = np.ones((size, size))
    adjusted[upper] = holm(differences.p[upper])
    adjusted = np.minimum(adjusted, adjusted.T)
    better = (adjusted < ALPHA) & (differences.value > 0)
    entries = []
    for n, one in enumerate(ordered):
        to_best = None
        if n:
            value, low, high = (
                float(matrix[n, 0]) for matrix in (differences.value, differences.low, differences.high)
            )
            p, p_holm = float(differences.p[n, 0]), float(adjusted[n, 0])
            to_best = DifferenceRecord(value=value, low=low, high=high, p=p, p_holm=p_holm)
        entries.append(
            EntryRecord(
                system=one.name,
                run=str(one.run.path),
                rank_low=1 + int(better[:, n].sum()),
                rank_high=size - int(better[n].sum()),
                tied_with_best=n > 0 and not bool(better[0, n]),
                main=one.result.metrics[metric],
                parsed=one.result.metrics.get("acc_parsed"),
                outcomes=one.result.outcomes,
                to_best=to_best,
            )
        )
    return TaskBoardRecord(
        task=first.task.name,
        title=first.task.title,
        metric=metric,
        common_samples=differences.n,
        clusters=differences.clusters,
        pairs=size * (size - 1) // 2,
        method=f"{method}, Holm, alpha {ALPHA}",
        entries=entries,
        notes=_notes(ordered, differences.n),
    )


def _compare(
    scores: npt.NDArray[np.float64], clusters: npt.NDArray[np.integer[Any]], seed: int
) -> tuple[Differences, str]:
    """Compare all pairs of systems, and say how."""
    codes = np.unique(clusters, return_inverse=True)[1]
    if 1 <= codes.max() < FEW - 1:
        return paired_means(scores, codes), "paired means over clusters"
    return (
        paired_differences(scores, clusters, draws=DRAWS, seed=seed),
        f"paired bootstrap over clusters, {DRAWS} draws, seed {seed}",
    )


def _common(
    contenders: Sequence[_Contender], metric: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.integer[Any]]]:
    """Return the scores on common samples, shape (samples, systems), and each sample's cluster."""
    common = contenders[0].table.index
    for one in contenders[1:]:
        common = np.intersect1d(common, one.table.index)
    common = np.unique(common)
    if not len(common):
        raise UserError(
            f"the runs of {contenders[0].task.name} have no sample in common: compare runs of the same samples"
        )
    columns = []
    for one in contenders:
        table = one.table.where(np.isin(one.table.index, common))
        stats = METRICS[metric].statistics(table)
        # One row for each sample: repeats under other orders of the options are averaged.
        totals, counts = np.zeros(len(common)), np.zeros(len(common))
        np.add.at(totals, table.units, stats.numerator)
        np.add.at(counts, table.units, stats.denominator)
        columns.append(totals / np.maximum(counts, 1))
    table = contenders[0].table.where(np.isin(contenders[0].table.index, common))
    firsts = np.unique(table.units, return_index=True)[1]
    return np.column_stack(columns), table.clusters[firsts]


def _notes(contenders: Sequence[_Contender], common: int) -> list[str]:
    """Say what a reader must know before comparing."""
    notes = []
    sizes = {one.name: one.result.samples for one in contenders}
    if any(size != common for size in sizes.values()):
        shown = ", ".join(f"{name} {size}" for name, size in sizes.items())
        notes.append(f"tests use the {common} samples that all systems were asked (asked: {shown})")
    for label, values in (
        ("mode", {one.name: one.run.header.settings["mode"] for one in contenders}),
        ("prompt", {one.name: one.task.prompt_sha256[:8] for one in contenders}),
    ):
        if len(set(values.values())) > 1:
            notes.append(
                f"asked with different {label}: " + ", ".join(f"{name} {value}" for name, value in values.items())
            )
    for one in contenders:
        errors = one.result.outcomes["error"]
        if errors and one.result.bounds:
            low, high = one.result.bounds.worst, one.result.bounds.best
            notes.append(
                f"{one.name}: {errors} requests ended in errors, so its value lies between {low:.3f} and {high:.3f}"
            )
    return notes
