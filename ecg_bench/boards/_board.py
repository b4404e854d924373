"""From runs, ratings and agreement reports to a leaderboard."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from ecg_bench._version import VERSION
from ecg_bench.agreement import AgreementRecord
from ecg_bench.agreement import agreement as agree
from ecg_bench.boards._consensus import consensus
from ecg_bench.boards._corrected import corrected_layers, item_associations, read_agreements, validity_marks
from ecg_bench.boards._heterogeneity import heterogeneity
from ecg_bench.boards._layers import DRAWS, task_layers
from ecg_bench.boards._ratings import rated, read_ratings_of_all
from ecg_bench.boards._records import ALPHA, BoardRecord, LayerRecord, MarkRecord, SystemRecord
from ecg_bench.boards._rows import Row, rows_of
from ecg_bench.boards._slices import slices_of
from ecg_bench.contamination import Contamination, ContaminationRecord, contamination
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.evaluation import Run, load_run
from ecg_bench.published import published as read_published
from ecg_bench.ratings import Rating
from ecg_bench.runs import RunDirectory, Scorings

SEVERITY = {"serious": 0, "caution": 1, "note": 2}


class Leaderboard(BoardRecord):
    """A leaderboard, as data, with what its report shows samples from."""

    _runs: dict[str, tuple[Run, ...]]
    _ratings: list[Rating]

    @property
    def runs(self) -> Mapping[str, tuple[Run, ...]]:
        """The runs of each row."""
        return self._runs

    @property
    def ratings(self) -> Sequence[Rating]:
        """The human ratings."""
        return self._ratings

    def write(self, folder: str | Path, *, samples: bool = True) -> str:
        """Write the report ``index.html``, ``leaderboard.json``, ``.csv``, ``.md`` and ``.tex``, and ``figures/``.

        Parameters
        ----------
        folder : path
            Made if need be.
        samples : bool
            Whether the report holds prompts and answers.

        Returns
        -------
        str
            Why some figures are not there as PNG, as on a machine without fonts; empty if all are.

        Raises
        ------
        UserError
            If the folder can't be written.
        """
        from ecg_bench.boards._write import write_board

        return write_board(self, self._runs, self._ratings, folder, samples=samples)

    def _repr_markdown_(self) -> str:
        from ecg_bench.boards._markdown import as_markdown

        return as_markdown(self)


def leaderboard(
    runs: Sequence[str | Path | Run],
    *,
    ratings: Sequence[str | Path | Rating] = (),
    criterion: str | None = None,
    agreement: Sequence[str | Path | AgreementRecord] = (),
    published: Sequence[str] = (),
    seen: Mapping[str, Sequence[str | Path]] | None = None,
    median_ranks: bool = False,
    rank_all: bool = False,
    clean: bool = False,
    seed: int = 0,
) -> Leaderboard:
    """Put systems side by side, layer by layer: one row for each system, one column for each layer of evaluation.

    On each layer every pair of systems is compared on the samples that all ranked systems were asked: by the exact
    McNemar test where answers are right or wrong and samples independent, else by the sign-flip test over groups of
    samples; p-values are adjusted by Holm's method over the layer's pairs. A system's rank is the range that these
    tests leave open; systems that share a letter can't be told apart. Layers are not averaged.

    Parameters
    ----------
    runs : sequence of path or Run
        Complete runs. Those of one system on different tasks make one row; those that differ by their seed alone are
        averaged sample by sample.
    ratings : sequence of path or Rating
        Human ratings: tables, or sheets that can be imported without a mapping. They need no run beside them.
    criterion : str, optional
        What to rank by, where humans rated several criteria.
    agreement : sequence of path or AgreementRecord
        Agreement reports, for judges' scores that are corrected for their errors. Without any, one is made of the
        ratings and the runs, if these hold scores of systems that humans rated.
    published : sequence of str
        Names of publications whose results are shown beside, or paths of such files.
    seen : mapping of str to sequence of path, optional
        By system: files and folders that it was finetuned on or retrieves from, or a domain's name for its corpus.
    median_ranks : bool
        Whether to add the median of ranks over layers.
    rank_all : bool
        Whether to rank systems together that answered other samples, data or prompts, or whose answers often can't be
        read; they are marked in any case.
    clean : bool
        Whether to look only at samples that are for testing in every public data set that holds them, where a task's
        data say so: PTB-XL's fold 10 and ECG-QA's test split.
    seed : int
        Of all resampling.

    Raises
    ------
    UserError
        If a run is incomplete, or something can't be read.
    """
    opened = [run if isinstance(run, Run) else load_run(run) for run in runs]
    if not (opened or ratings or agreement or published):
        raise UserError(
            "a leaderboard needs at least one run, or --ratings, --agreement or --published: name the run directories"
        )
    rows = rows_of(opened)
    people = read_ratings_of_all(ratings)
    reports = read_agreements(agreement) or _agreement(people, opened, criterion, seed)
    tasks = [
        task_layers(name, [row for row in rows if row.on(name)], rank_all=rank_all, seed=seed, clean=clean)
        for name in dict.fromkeys(record.name for run in opened for record in run.header.tasks)
    ]
    human = rated(people, criterion=criterion, seed=seed) if people else None
    corrected = [*corrected_layers(reports)]
    layers = [*(record for task in tasks for record in task.records), *corrected, *(human.layers if human else ())]
    found = heterogeneity(tasks, human, corrected, item_associations(reports), seed=seed)
    known = _contamination(rows, seen or {})
    marks = [
        *(mark for task in tasks for mark in task.marks),
        *(human.marks if human else ()),
        *validity_marks(layers, reports),
        *_seen_marks(known),
    ]
    board = Leaderboard(
        ecg_bench=VERSION,
        systems=[*_systems(rows, layers)],
        layers=layers,
        slices=[one for task in tasks for one in slices_of(task)],
        heterogeneity=found,
        contamination=[*_contaminations(known)],
        consensus=consensus(layers, found) if median_ranks else None,
        published=[read_published(name) for name in published],
        marks=sorted(_once(marks), key=lambda one: SEVERITY[one.severity]),
        settings={
            "seed": seed,
            "criterion": criterion,
            "rank_all": rank_all,
            "clean": clean,
            "median_ranks": median_ranks,
            "seen": {name: [str(path) for path in paths] for name, paths in (seen or {}).items()},
            "alpha": ALPHA,
            "confidence": 0.95,
            "draws": DRAWS,
        },
        versions={"python": sys.version.split()[0], **{name: version(name) for name in ("numpy", "scipy")}},
    )
    board._runs = {row.name: row.runs for row in rows}
    board._ratings = people
    return board


def _agreement(
    ratings: Sequence[Rating], runs: Sequence[Run], criterion: str | None, seed: int
) -> list[AgreementRecord]:
    """Return how judges and metrics agree with the ratings, if runs hold any scores of systems that humans rated."""
    rated_systems = {one.system for one in ratings if one.source == "human"}
    scored = [
        run
        for run in runs
        if run.system in rated_systems and any(True for _ in Scorings(RunDirectory(run.path)).read())
    ]
    return [agree(ratings, scored, criterion=criterion, seed=seed)] if scored else []


def _systems(rows: Sequence[Row], layers: Sequence[LayerRecord]) -> Iterator[SystemRecord]:
    """Yield the systems that have runs, then those of which there are ratings or corrected scores alone."""
    yield from (row.record() for row in rows)
    known = {row.name for row in rows}
    for name in dict.fromkeys(cell.system for layer in layers for cell in layer.cells):
        if name not in known:
            yield SystemRecord(name=name, runs=[], provider="", model="", card={}, seeds=[], mode="")


def _once(marks: Sequence[MarkRecord]) -> Iterator[MarkRecord]:
    """Yield each mark once, however many layers it is about in the same words."""
    seen = set()
    for one in marks:
        key = (one.code, one.message, one.layer)
        if key not in seen:
            seen.add(key)
            yield one


def _contamination(rows: Sequence[Row], seen: Mapping[str, Sequence[str | Path]]) -> dict[str, Contamination]:
    names = [row.name for row in rows]
    for name in seen:
        if name not in names:
            raise UserError(f"no run is of a system {name!r}{did_you_mean(name, names)}: --seen takes SYSTEM=PATH")
    return {row.name: contamination(row.runs, seen[row.name]) for row in rows if row.name in seen}


def _contaminations(known: Mapping[str, Contamination]) -> Iterator[ContaminationRecord]:
    for name, found in known.items():
        yield from (one.model_copy(update={"system": name}) for one in found.records)


def _seen_marks(known: Mapping[str, Contamination]) -> Iterator[MarkRecord]:
    for name, found in known.items():
        for notice in found.seen.notices:
            yield MarkRecord(code="NOT_READ", severity="note", message=f"--seen of {name}: {notice}", systems=[name])
    for one in _contaminations(known):
        passages = one.passages_seen or 0
        if one.overlapping or passages:
            parts = [f"{one.overlapping} of {one.samples} questions"] if one.overlapping else []
            parts += [f"the passages behind {passages} of {one.samples} questions"] if passages else []
            yield MarkRecord(
                code="SEEN",
                severity="caution",
                message=f"{one.task}: {one.system} was given {' and '.join(parts)} before it was asked",
                systems=[one.system],
                layer=one.task,
            )
