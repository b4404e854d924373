"""One process's work on one run: ask what is unanswered, then write scores and results."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ecg_bench.cache import ResponseCache
from ecg_bench.errors import StoppedError, UserError
from ecg_bench.evaluation._batches import BatchRun
from ecg_bench.evaluation._budget import Budget
from ecg_bench.evaluation._engine import Asking, ask
from ecg_bench.evaluation._prepare import PreparedRun
from ecg_bench.evaluation._progress import progress
from ecg_bench.evaluation._results import ResultsBuilder
from ecg_bench.evaluation._run import Run
from ecg_bench.evaluation._store import Store
from ecg_bench.evaluation._totals import Totals
from ecg_bench.files import to_json, write_whole, writing
from ecg_bench.limits import Limits
from ecg_bench.log import get_logger, run_log
from ecg_bench.prices import BATCH_SHARE
from ecg_bench.runs import BATCHES, LOG, OWN_COMMANDS, RESULTS, SCORES, RunDirectory, RunWriter, ScoreWriter, Scorings

_log = get_logger("run")


def carry_out(
    run: PreparedRun, path: Path, *, limits: Limits, cache: bool, batch: bool, quiet: bool, say: Callable[[str], None]
) -> Run:
    """Work on a run until it is complete.

    Raises
    ------
    UserError
        If the directory can't be used, or the backend says that it is of no use to go on.
    StoppedError
        If a limit was reached or the user broke off; what was answered is kept.
    """
    price = limits.price or run.backend.price()
    budget = Budget(limits, price * BATCH_SHARE if price and batch else price)
    recorded = {name: value for name, value in asdict(limits).items() if value is not None}
    recorded |= {"cache": cache, "batch": batch, "price": None if price is None else asdict(price)}
    kept = ResponseCache() if cache and run.backend.cacheable else None
    with RunWriter(path, run.header, run.slots, recorded, budget.kept) as writer, run_log(path / LOG):
        try:
            asked, stopped = _ask(run, writer, budget, limits, kept, batch=batch, quiet=quiet, say=say)
        finally:
            if kept is not None:
                kept.close()
        if stopped is not None:
            writer.end_session("interrupted", asked, stopped=stopped)
            left = run.n_requests - writer.journal.count
            own = any(one.task.card.type in OWN_COMMANDS for one in run.tasks)
            command = "the command" if own else f"the command, or run ecg-bench eval --resume --out {path},"
            raise StoppedError(
                f"{stopped}: {writer.journal.count} requests are answered and kept, {left} are left; repeat {command} "
                "to go on"
            )
        totals = _finish(run, writer)
        writer.end_session("complete", asked, outcomes=dict(totals.outcomes), totals=totals.record())
        _log.info("complete", extra={"outcomes": {k: n for k, n in totals.outcomes.items() if n}})
    return Run(path)


def _ask(
    run: PreparedRun,
    writer: RunWriter,
    budget: Budget,
    limits: Limits,
    cache: ResponseCache | None,
    *,
    batch: bool,
    quiet: bool,
    say: Callable[[str], None],
) -> tuple[int, str | None]:
    """Return how many requests were answered now, and why the asking was stopped, if it was."""
    journal = writer.journal
    before = journal.count
    facts = {"system": run.header.system.name, "requests": run.n_requests, "answered_before": before}
    _log.info("begins", extra=facts)
    with progress(run.header.system.name, run.n_requests, before, quiet=quiet) as bar:
        asking = Asking(run.backend, limits, budget, Store(journal, bar, budget.cost_of), cache, say)
        try:
            if batch:
                stopped = BatchRun(asking, run.work, run.slots, journal, writer.path / BATCHES).run()
            else:
                stopped = ask(asking, run.work(journal.done))
        except BaseException as error:
            _log.error("broken off", extra={"error": f"{type(error).__name__}: {error}"})
            with suppress(UserError):  # on a full disk; what is wrong is said by the error under way
                writer.end_session("interrupted", journal.count - before, stopped=type(error).__name__)
            raise
    return journal.count - before, stopped


def _finish(run: PreparedRun, writer: RunWriter) -> Totals:
    """Write the scores and the results from the samples on disk, and sum them up."""
    writer.journal.arrange()
    totals, results = Totals(), ResultsBuilder(run)
    with writing(writer.path / SCORES) as file:
        metrics = {one.task.name: one.plan.metrics for one in run.tasks}
        scores = ScoreWriter(file, metrics, results.add, [one.task.name for one in run.tasks if one.plan.tabled])
        for sample in RunDirectory(writer.path).samples():
            scores.add(sample)
            totals.add(sample)
        scores.finish()
    whole = Scorings(RunDirectory(writer.path)).added_to(results.results())
    write_whole(writer.path / RESULTS, to_json(whole.model_dump(mode="json")))
    return totals
