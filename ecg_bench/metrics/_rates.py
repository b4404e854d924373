"""Accuracy in its several senses, the rate of every outcome, and consistency under other orders of the options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ecg_bench.metrics._base import Metric, Statistics
from ecg_bench.metrics._epochs import epoch_metrics
from ecg_bench.runs import ScoreTable
from ecg_bench.samples import Outcome


def _score(name: str) -> Callable[[ScoreTable], Statistics]:
    """Mean score over all rows: what could not be read or asked counts as 0."""
    return lambda table: Statistics(table.scores[name], np.ones(len(table)))


def _score_where_parsed(name: str) -> Callable[[ScoreTable], Statistics]:
    """Mean score over the rows in which an answer could be read: knowledge without format skill."""

    def statistics(table: ScoreTable) -> Statistics:
        parsed = table.labels["outcome"].equal(Outcome.OK).astype(np.float64)
        return Statistics(table.scores[name] * parsed, parsed)

    return statistics


def _outcome(outcome: Outcome) -> Callable[[ScoreTable], Statistics]:
    """Share of the rows that ended in an outcome."""
    return lambda table: Statistics(table.labels["outcome"].equal(outcome).astype(np.float64), np.ones(len(table)))


def _consistency(table: ScoreTable) -> Statistics:
    """Share of the samples of which the same option was chosen under every order; counted once in each epoch."""
    choice = table.labels["choice"]
    units = np.unique(np.column_stack([table.index, table.epoch]), axis=0, return_inverse=True)[1].reshape(-1)
    read = ~choice.equal("")
    first = np.full(int(units.max()) + 1, -1)
    first[units[::-1]] = choice.codes[::-1]  # the choice of each sample's first row
    same = read & (choice.codes == first[units])
    differing = np.zeros(len(first), dtype=np.int64)
    np.add.at(differing, units, ~same)
    is_first = np.zeros(len(table), dtype=np.float64)
    is_first[np.unique(units, return_index=True)[1]] = 1
    return Statistics(is_first * (differing[units] == 0), is_first)


STATEMENT_SCORES = ("statement_p", "statement_r", "statement_f")

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("acc", _score("acc")),
        Metric("acc_norm", _score("acc_norm")),
        Metric("f1_samples", _score("f1_samples"), binary=False),
        Metric("exact", _score("exact"), binary=False),
        Metric("acc_parsed", _score_where_parsed("acc")),
        Metric("acc_macro_types", _score("acc"), over="question_type"),
        Metric("acc_macro_templates", _score("acc"), over="topic"),
        Metric("acc_ecgqa_official", _score("acc_ecgqa_official")),
        Metric("acc_ecgqa_official_macro_types", _score("acc_ecgqa_official"), over="question_type"),
        *(Metric(name, _score(name), binary=False) for name in ("set_f1", *STATEMENT_SCORES)),
        Metric("consistency", _consistency),
        Metric("answered", _outcome(Outcome.OK)),
        *(Metric(f"rate_{outcome}", _outcome(outcome)) for outcome in Outcome if outcome is not Outcome.OK),
    )
}


def metrics_for(scores: Sequence[str], *, permutations: int, epochs: int, clustered: bool = False) -> list[Metric]:
    """Return the metrics of a task.

    Parameters
    ----------
    scores : sequence of str
        The per-sample scores it gives.
    permutations, epochs : int
        How often each sample is asked in another order, and altogether anew.
    clustered : bool
        Whether samples of one group are no independent evidence even where each makes one row, so that intervals are
        drawn from groups.
    """
    names = [name for name in scores if name in METRICS]
    if "acc" in scores:
        names.append("acc_parsed")
        if permutations > 1:
            names.append("consistency")
    if "acc_ecgqa_official" in scores:
        names += ["acc_macro_types", "acc_macro_templates", "acc_ecgqa_official_macro_types"]
    names += ["answered", *(name for name in METRICS if name.startswith("rate_"))]
    reductions = epoch_metrics(epochs) if "acc" in scores and epochs > 1 else []
    found = [METRICS[name] for name in names] + reductions
    return [replace(metric, binary=False) for metric in found] if clustered else found
