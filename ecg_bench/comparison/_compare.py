"""From two runs to what changed between them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ecg_bench._version import VERSION
from ecg_bench.comparison._changes import outcome_changes
from ecg_bench.comparison._conditions import check, parse
from ecg_bench.comparison._headers import header_differences
from ecg_bench.comparison._metrics import Measured, measure, metric_record
from ecg_bench.comparison._pairs import Pairs, match
from ecg_bench.comparison._reading import Side
from ecg_bench.comparison._records import ComparisonRecord, HeaderDifferenceRecord, SideRecord, TaskRecord
from ecg_bench.comparison._tables import as_csv, as_markdown
from ecg_bench.comparison._test import ALPHA, DRAWS
from ecg_bench.comparison._texts import with_texts
from ecg_bench.comparison._wanted import wanted_metrics
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.evaluation import Run, load_run
from ecg_bench.files import make_folder, to_json, write_whole
from ecg_bench.metrics import METRICS
from ecg_bench.runs import ScoringRecord
from ecg_bench.statistics import holm

Sides = tuple[Side, Side]


class Comparison(ComparisonRecord):
    """A comparison, as data, and ready to be written."""

    def write(self, folder: str | Path) -> None:
        """Write ``comparison.json``, ``.md`` and ``.csv`` into a folder, which is made if need be.

        Raises
        ------
        UserError
            If the folder can't be written.
        """
        out = make_folder(folder)
        write_whole(out / "comparison.json", to_json(self.model_dump(mode="json")))
        write_whole(out / "comparison.md", as_markdown(self))
        write_whole(out / "comparison.csv", as_csv(self))

    def _repr_markdown_(self) -> str:
        return as_markdown(self)


def compare(
    before: str | Path | Run,
    after: str | Path | Run,
    *,
    tasks: Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    fail_if: Sequence[str] = (),
    full: bool = False,
    seed: int = 0,
) -> Comparison:
    """Say what changed between two runs, sample by sample, with a paired test for each task and metric.

    Parameters
    ----------
    before, after : path or Run
        Complete runs. Samples are matched by task and id; where the data differ, by content too, for which the stored
        samples are opened.
    tasks : sequence of str
        Names or patterns of those to compare. All that both runs have, if empty.
    metric : str or sequence of str, optional
        What to compare by: metrics of ``results.json``, or scores that both runs hold in ``scorings/``. ``all`` stands
        for the main metric and all such scores. Without it each task's main metric.
    fail_if : sequence of str
        Conditions, as in `ecg_bench.comparison.FORMS`. A metric that only they name is compared, but not tested.
    full : bool
        Whether listed samples carry the question and the raw answers, for which the stored samples are opened.
    seed : int
        Of random sign flips and of the bootstrap, where there are any.

    Returns
    -------
    Comparison
        p-values are Holm's over all tasks and metrics that are tested.

    Raises
    ------
    UserError
        If a run is incomplete, nothing is in common, or a task, metric or condition is unknown.
    """
    conditions = [parse(text) for text in fail_if]
    runs = [run if isinstance(run, Run) else load_run(run) for run in (before, after)]
    sides = (Side(runs[0]), Side(runs[1]))
    names = _tasks(sides, tasks)
    pairs = _pairs(names, sides)
    wanted = wanted_metrics(names, sides, metric, conditions)
    measured = {
        task: [
            found
            for name, tested in wanted[task].items()
            if (found := _measure(name, task, sides, pairs[task], tested=tested, seed=seed)) is not None
        ]
        for task in names
        if len(pairs[task])
    }
    tested = [one for some in measured.values() for one in some if one.tested]
    adjusted = {id(one): p for one, p in zip(tested, holm([one.test.p for one in tested]).tolist(), strict=True)}
    records = []
    for task in names:
        record = _task(task, sides, pairs[task], measured.get(task, []), adjusted)
        lost = [name for name in wanted[task] if name not in {one.metric for one in record.metrics}]
        note = [f"no common sample has {', '.join(lost)} in both runs"] if lost else []
        records.append(record.model_copy(update={"notes": [*record.notes, *note]}))
    headers = [side.header for side in sides]
    own = [[task.name for task in header.tasks] for header in headers]
    return Comparison(
        ecg_bench=VERSION,
        before=_side(sides[0]),
        after=_side(sides[1]),
        differences=[*header_differences(headers[0], headers[1], names), *_other_scorings(sides, measured)],
        tasks=with_texts(records, sides) if full else records,
        only_before=[task for task in own[0] if task not in own[1]],
        only_after=[task for task in own[1] if task not in own[0]],
        tests=len(tested),
        conditions=[check(one, records) for one in conditions],
        settings={"seed": seed, "alpha": ALPHA, "draws": DRAWS, "tasks": list(tasks), "metric": metric},
    )


def _side(side: Side) -> SideRecord:
    return SideRecord(run=str(side.run.path), system=side.run.system, fingerprint=side.header.fingerprint)


def _tasks(sides: Sides, patterns: Sequence[str]) -> list[str]:
    """Return the names of the tasks to compare, in the order of the first run."""
    own = [[task.name for task in side.header.tasks] for side in sides]
    common = [task for task in own[0] if task in own[1]]
    if not common:
        raise UserError(
            f"the runs have no task in common: {sides[0].run.path} has {', '.join(own[0])}, "
            f"{sides[1].run.path} has {', '.join(own[1])}"
        )
    for pattern in patterns:
        if not fnmatch.filter(common, pattern):
            raise UserError(f"the runs have no common task {pattern!r}{did_you_mean(pattern, common)}")
    chosen = {task for pattern in patterns for task in fnmatch.filter(common, pattern)}
    return [task for task in common if task in chosen or not patterns]


def _pairs(names: Sequence[str], sides: Sides) -> dict[str, Pairs]:
    hashes = [{task.name: task.data_sha256 for task in side.header.tasks} for side in sides]
    other = frozenset(task for task in names if hashes[0][task] != hashes[1][task])
    contents = [side.contents(other) for side in sides] if other else []
    found = {
        task: match(task, *sides, (contents[0][task], contents[1][task]) if task in other else None) for task in names
    }
    if not any(map(len, found.values())):
        raise UserError(
            f"{sides[0].run.path} and {sides[1].run.path} have no sample in common: compare runs that were asked the "
            "same questions, with the same options and right answers"
        )
    return found


def _measure(name: str, task: str, sides: Sides, pairs: Pairs, *, tested: bool, seed: int) -> Measured | None:
    main = sides[1].results.tasks[task].main_metric == name
    return measure(name, task, sides, pairs, main=main, tested=tested, seed=seed)


def _task(
    task: str, sides: Sides, pairs: Pairs, measured: Sequence[Measured], adjusted: Mapping[int, float]
) -> TaskRecord:
    old, new = (side.results.tasks[task] for side in sides)
    return TaskRecord(
        task=task,
        title=next(one.title for one in sides[1].header.tasks if one.name == task),
        asked_before=old.samples,
        asked_after=new.samples,
        common=len(pairs),
        only_before=pairs.only_before,
        only_after=pairs.only_after,
        altered=pairs.altered,
        outcomes=outcome_changes(sides[0].tables[task], sides[1].tables[task], pairs),
        metrics=[metric_record(one, task, sides, pairs, adjusted.get(id(one))) for one in measured],
        notes=list(_notes(task, sides, pairs)),
    )


def _notes(task: str, sides: Sides, pairs: Pairs) -> Iterator[str]:
    """Say what a reader must know before trusting a comparison."""
    if pairs.only_before or pairs.only_after:
        yield (
            f"compared are the {len(pairs)} samples that both runs have; left out are {pairs.only_before} of the first "
            f"run and {pairs.only_after} of the second"
        )
    cards = [next(one for one in side.header.tasks if one.name == task) for side in sides]
    if cards[0].data_sha256 != cards[1].data_sha256:
        prompts = ""
        if pairs.altered and cards[0].prompt_sha256 != cards[1].prompt_sha256:
            prompts = "; the prompts differ too, so that a question may be sent in other words"
        yield (
            f"the data differ (versions {cards[0].version} and {cards[1].version}): {len(pairs)} samples have the same "
            f"id, question, options and right answer, {pairs.altered} more only the same id and are left out{prompts}"
        )
    old, new = (side.results.tasks[task] for side in sides)
    if old.main_metric != new.main_metric:
        yield f"the main metric was {old.main_metric} before and is {new.main_metric} after, by which they are compared"
    if old.repeats != new.repeats:
        yield f"{old.repeats} answers to each sample before, {new.repeats} after: their means are compared"
    for word, result in (("before", old), ("after", new)):
        if errors := result.outcomes["error"]:
            yield f"{errors} of {result.n} requests ended in errors {word}, and count as wrong"


def _other_scorings(sides: Sides, measured: Mapping[str, Sequence[Measured]]) -> list[HeaderDifferenceRecord]:
    """Say of which added scores the two runs' were made otherwise, such as by another version."""
    names = {one.metric for some in measured.values() for one in some if one.metric not in METRICS}
    found = {}
    for name in sorted(names):
        scorings = [side.added[name].scoring for side in sides]
        old, new = (_signature(one) for one in scorings)
        if old != new:
            called = f"scorings.{scorings[1].name}.signature"
            found[called] = HeaderDifferenceRecord(name=called, task="", before=old, after=new)
    return list(found.values())


def _signature(scoring: ScoringRecord) -> str:
    """Return what scored, without the hash of the judge's own run, which is another one for all other answers."""
    parts = str(scoring.source.get("signature", "")).split("|")
    return "|".join(part for part in parts if not part.startswith("judgement:"))
