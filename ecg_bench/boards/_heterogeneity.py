"""Whether layers agree: on the order of systems, and on single answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan

import numpy as np

from ecg_bench.boards._columns import Codes, Floats, clusters_of
from ecg_bench.boards._layer import Layer
from ecg_bench.boards._layers import TaskLayers
from ecg_bench.boards._ratings import Rated
from ecg_bench.boards._records import (
    CorrelationRecord,
    DisagreementRecord,
    HeterogeneityRecord,
    ItemAssociationRecord,
    LayerRecord,
)
from ecg_bench.runs import read_ids
from ecg_bench.statistics import bootstrap_sums, rank_correlations, spearman_critical

DRAWS = 2_000
MOST = 30  # disagreements that are listed
OF_ONE_SAMPLE = 2
HALF = 0.5  # of all places, from which a gap is worth reading
Z = 1.959964

METHOD = (
    f"Spearman's rank correlation of systems' values, and Kendall's tau-b. Intervals: percentiles of {DRAWS} resamples "
    "of the groups of samples, those of one task drawn together; corrected scores are drawn from a normal distribution "
    "with the width of their interval. They say how sure the values are, not how other systems would be ordered: with "
    "few systems even a perfect correlation is no evidence."
)


def heterogeneity(
    tasks: Sequence[TaskLayers],
    rated: Rated | None,
    corrected: Sequence[LayerRecord],
    items: Sequence[ItemAssociationRecord],
    *,
    seed: int,
) -> HeterogeneityRecord | None:
    """Return how far the main layers agree; None where there is a single one.

    Parameters
    ----------
    tasks : sequence of TaskLayers
        The layers of runs.
    rated : Rated or None
        The layer of human ratings.
    corrected : sequence of LayerRecord
        Judges' corrected scores.
    items : sequence of ItemAssociationRecord
        How far layers rank single answers as humans do, from agreement reports.
    seed : int
        Of the resampling.
    """
    views = [*_views(tasks, rated, corrected, seed)]
    correlations = [*_correlations(views)]
    disagreements = [*_disagreements(tasks, rated)]
    if not (correlations or items or disagreements):
        return None
    return HeterogeneityRecord(correlations=correlations, items=list(items), disagreements=disagreements, method=METHOD)


@dataclass(frozen=True)
class _View:
    """One layer's values of systems, as found and as resampled."""

    id: str
    values: Mapping[str, float]
    resampled: Mapping[str, Floats]


def _views(
    tasks: Sequence[TaskLayers], rated: Rated | None, corrected: Sequence[LayerRecord], seed: int
) -> Iterator[_View]:
    for task in tasks:
        yield from _of_task(task, seed)
    if rated is not None:
        size = 1 + int(max(one.questions.max() for one in rated.systems))
        scores = np.full((size, len(rated.systems)), np.nan)
        clusters = np.zeros(size, dtype=np.int64)
        for n, one in enumerate(rated.systems):
            scores[one.questions, n] = one.scores
            clusters[one.questions] = one.clusters
        there = ~np.isnan(scores).all(axis=1)
        names = [one.name for one in rated.systems]
        codes = np.unique(clusters[there], return_inverse=True)[1]
        draws = _resampled(scores[there], codes, seed)
        yield _View(
            rated.layers[0].id,
            {one.name: one.mean for one in rated.systems},
            {name: draws[:, n] for n, name in enumerate(names)},
        )
    rng = np.random.default_rng(seed)
    for layer in corrected:
        if layer.main:
            there_ = [c for c in layer.cells if c.value is not None and c.low is not None and c.high is not None]
            yield _View(
                layer.id,
                {c.system: float(c.value or 0.0) for c in there_},
                {
                    c.system: rng.normal(c.value or 0.0, ((c.high or 0.0) - (c.low or 0.0)) / (2 * Z), DRAWS)
                    for c in there_
                },
            )


def _of_task(task: TaskLayers, seed: int) -> Iterator[_View]:
    """Yield the views of a task's main layers of answers, whose samples are drawn together."""
    layers = [one for one in task.layers if one.first.main and one.first.of_answers and len(one.ranked) > 1]
    if not layers:
        return
    index = np.unique(np.concatenate([layer.common for layer in layers]))
    columns = []
    for layer in layers:
        for name in layer.ranked:
            column = np.full(len(index), np.nan)
            column[np.searchsorted(index, layer.common)] = layer.values_of(name, layer.common)
            columns.append(column)
    reference = next(row for row in task.rows if row.name in layers[0].ranked)
    tables = [run.scores[task.task] for run in reference.on(task.task)]
    draws = _resampled(np.column_stack(columns), clusters_of(tables, index), seed)
    at = 0
    for layer in layers:
        means = layer.matrix().mean(axis=0)
        yield _View(
            layer.id,
            dict(zip(layer.ranked, means.tolist(), strict=True)),
            {name: draws[:, at + n] for n, name in enumerate(layer.ranked)},
        )
        at += len(layer.ranked)


def _resampled(scores: Floats, clusters: Codes, seed: int) -> Floats:
    """Return resampled means of columns that may lack values, shape (draws, columns)."""
    there = ~np.isnan(scores)
    sums = bootstrap_sums(np.hstack([np.where(there, scores, 0.0), there]), clusters, draws=DRAWS, seed=seed)
    totals, counts = np.hsplit(sums, 2)
    means: Floats = np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)
    return means


def _correlations(views: Sequence[_View]) -> Iterator[CorrelationRecord]:
    for a, b in combinations(views, 2):
        names = [name for name in a.values if name in b.values]
        if len(names) < 2:
            continue
        means = np.array([[view.values[name] for name in names] for view in (a, b)])
        resampled = np.stack([np.column_stack([view.resampled[name] for name in names]) for view in (a, b)], axis=1)
        found = rank_correlations(means, resampled)
        spearman, kendall, low, high = (
            float(table[0, 1]) for table in (found.spearman, found.kendall, found.low, found.high)
        )
        yield CorrelationRecord(
            first=a.id,
            second=b.id,
            systems=len(names),
            spearman=_known(spearman),
            spearman_low=_known(low),
            spearman_high=_known(high),
            kendall=_known(kendall),
            critical=spearman_critical(len(names)),
        )


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _disagreements(tasks: Sequence[TaskLayers], rated: Rated | None) -> Iterator[DisagreementRecord]:
    """Yield the answers that layers place the furthest apart; those that a human rated come first."""
    human = _human_scores(rated)
    found: list[DisagreementRecord] = []
    for task in tasks:
        layers = [layer for layer in task.layers if layer.first.main and layer.first.kind in ("judge", "text metric")]
        scores = _answers(task, layers, human)
        if len(scores) > 1:
            found += _wide(task.task, scores)
    found.sort(key=lambda one: (not any(name.startswith("human") for name in one.scores), -one.gap, one.sample))
    listed: dict[tuple[str, str], int] = {}
    for one in found:
        key = (one.task, one.sample)
        listed[key] = listed.get(key, 0) + 1
        if listed[key] <= OF_ONE_SAMPLE and sum(min(n, OF_ONE_SAMPLE) for n in listed.values()) <= MOST:
            yield one


Answer = tuple[str, str]  # system, sample


def _human_scores(rated: Rated | None) -> dict[str, dict[Answer, float]]:
    """Return the score of each answer by humans, by task; ratings that name no sample can't be found in a run."""
    found: dict[str, dict[Answer, float]] = {}
    if rated is None:
        return found
    scores = rated.panel.scores_of(rated.gold.levels)
    for unit, score in zip(rated.panel.units, scores.tolist(), strict=True):
        task, _, sample = unit.question.rpartition("/")
        if task and not isnan(score) and not unit.epoch:
            found.setdefault(task, {})[(unit.system, sample)] = score
    return found


def _answers(
    task: TaskLayers, layers: Sequence[Layer], human: Mapping[str, Mapping[Answer, float]]
) -> dict[str, dict[Answer, float]]:
    """Return every answer's score in each layer."""
    ids: dict[str, dict[int, str]] = {}
    found: dict[str, dict[Answer, float]] = {}
    for layer in layers:
        own = found.setdefault(layer.metric, {})
        for row in task.rows:
            if row.name not in layer.scores:
                continue
            if row.name not in ids:
                ids[row.name] = {
                    n: one for run in row.on(task.task) for n, one in read_ids(run.path, task.task).items()
                }
            index, values = layer.scores[row.name]
            own.update(
                ((row.name, ids[row.name].get(n, "")), value)
                for n, value in zip(index.tolist(), values.tolist(), strict=True)
            )
    if task.task in human:
        found["human"] = dict(human[task.task])
    return {name: scores for name, scores in found.items() if scores}


def _wide(task: str, scores: Mapping[str, Mapping[Answer, float]]) -> Iterator[DisagreementRecord]:
    places = {name: _places(own) for name, own in scores.items()}
    answers = dict.fromkeys(answer for own in scores.values() for answer in own)
    candidates = []
    for answer in answers:
        own = {name: some[answer] for name, some in places.items() if answer in some}
        if len(own) > 1 and (gap := max(own.values()) - min(own.values())) >= HALF:
            candidates.append((("human" in own), gap, answer, own))
    candidates.sort(key=lambda one: (not one[0], -one[1], one[2]))
    for _, gap, (system, sample), own in candidates[: MOST * OF_ONE_SAMPLE]:
        high, low = max(own, key=lambda name: own[name]), min(own, key=lambda name: own[name])
        yield DisagreementRecord(
            task=task,
            sample=sample,
            epoch=0,
            system=system,
            scores={name: scores[name][(system, sample)] for name in own},
            places=own,
            gap=gap,
            sentence=f"{high} puts it above {own[high]:.0%} of all answers, {low} above {own[low]:.0%}",
        )


def _places(scores: Mapping[Answer, float]) -> dict[Answer, float]:
    """Return the share of the other answers that each answer is above, equal ones counted by half."""
    from scipy.stats import rankdata

    if len(scores) < 2:
        return dict.fromkeys(scores, 0.5)
    ranks = (rankdata(np.array(list(scores.values()))) - 1) / (len(scores) - 1)
    return dict(zip(scores, ranks.tolist(), strict=True))
