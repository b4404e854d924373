"""The layer of human ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ecg_bench.agreement import Gold, Panel, assemble, gold_of, weights_of
from ecg_bench.boards._rated_pairs import RatedSystem, differences, power_of
from ecg_bench.boards._rating_marks import rating_marks, resolution_marks
from ecg_bench.boards._records import ALPHA, CellRecord, LayerRecord, MarkRecord
from ecg_bench.ratings import Rating
from ecg_bench.ratings.intake import load_ratings
from ecg_bench.statistics import (
    Estimate,
    clustered_mean,
    letters,
    rank_sets,
)


@dataclass(frozen=True)
class Rated:
    """Human ratings, and the layers made of them.

    Attributes
    ----------
    panel : Panel
        All ratings, lined up.
    gold : Gold
        The level of each answer by humans.
    systems : tuple of RatedSystem
        The highest mean score first.
    layers : tuple of LayerRecord
        The mean score, and the share of answers at the highest level.
    marks : tuple of MarkRecord
        What must be known.
    """

    panel: Panel
    gold: Gold
    systems: tuple[RatedSystem, ...]
    layers: tuple[LayerRecord, ...]
    marks: tuple[MarkRecord, ...]


def read_ratings_of_all(sources: Sequence[str | Path | Rating]) -> list[Rating]:
    """Return the ratings of all sources: tables, or sheets that can be imported without a mapping.

    Raises
    ------
    UserError
        If one can't be read.
    """
    rows: list[Rating] = []
    for source in sources:
        rows += [source] if isinstance(source, Rating) else load_ratings(source)
    return rows


def rated(ratings: Sequence[Rating], *, criterion: str | None = None, seed: int = 0) -> Rated:
    """Rank systems by human ratings.

    Two systems are compared on the questions for which both have a rating, by the exact sign-flip test over independent
    groups of questions; where they share too few, or answers were drawn with different probabilities, by the
    difference of their means with an error that allows for both. p-values are adjusted by Holm's method.

    Parameters
    ----------
    ratings : sequence of Rating
        Those of judges are left out.
    criterion : str, optional
        What to rank by; needed where humans rated several criteria.
    seed : int
        Of what is drawn, where a test can't be exact.

    Raises
    ------
    UserError
        If there are no human ratings.
    """
    panel = assemble([one for one in ratings if one.source == "human"], [], {}, criterion=criterion)
    gold = gold_of(panel)
    systems = _systems(panel, gold)
    top = len(panel.scale) - 1
    passed = [
        RatedSystem(s.name, s.levels, (s.levels == top).astype(np.float64), s.questions, s.clusters, s.weights)
        for s in systems
    ]
    name = f"human:{panel.criterion}"
    marks = [*rating_marks(panel, gold, systems, name)]
    share = f"share '{panel.scale.levels[top]}'"
    layers = (
        _layer(panel, gold, systems, name, "mean score", marks, seed),
        _layer(panel, gold, passed, f"{name}:{panel.scale.levels[top]}", share, marks, seed),
    )
    return Rated(panel, gold, tuple(systems), layers, (*marks, *resolution_marks(layers[0])))


def _layer(
    panel: Panel,
    gold: Gold,
    systems: Sequence[RatedSystem],
    name: str,
    metric: str,
    marks: Sequence[MarkRecord],
    seed: int,
) -> LayerRecord:
    order = sorted(systems, key=lambda one: (-one.mean, one.name))
    compared = differences(order, seed)
    pairs = [one.record for one in compared]
    size = len(order)
    value, p_holm = np.zeros((size, size)), np.ones((size, size))
    for (a, b), one in zip(combinations(range(size), 2), pairs, strict=True):
        value[a, b], value[b, a] = one.value, -one.value
        p_holm[a, b] = p_holm[b, a] = 1.0 if one.p_holm is None else one.p_holm
    rejected = p_holm < ALPHA
    ranks, groups = rank_sets(value, rejected), letters(rejected, range(size))
    clusters = len(np.unique(np.concatenate([one.clusters for one in order])))
    return LayerRecord(
        id=name,
        kind="human",
        task="",
        title=f"Human ratings: {panel.criterion}, {metric}",
        metric=metric,
        domain=(0.0, 1.0),
        main=metric == "mean score",
        common_samples=min((one.common for one in pairs), default=0),
        clusters=clusters,
        interval="t over groups of questions",
        test=", ".join(sorted({one.test for one in compared})) or "one system: nothing to compare",
        cells=[
            _cell(panel, gold, one, metric, marks, None if size < 2 else ranks[n], groups[n] if size > 1 else ())
            for n, one in enumerate(order)
        ],
        differences=pairs,
        power=power_of(order, compared, rejected) if size > 1 else None,
    )


def _systems(panel: Panel, gold: Gold) -> list[RatedSystem]:
    """Return the systems with their rated answers, the highest mean score first."""
    weights, found = weights_of(panel, gold), []
    for n, name in enumerate(panel.systems):
        own = (panel.system_codes == n) & ~np.isnan(gold.levels)
        if own.any():
            levels = gold.levels[own]
            found.append(
                RatedSystem(
                    name=name,
                    levels=levels,
                    scores=panel.scores_of(levels),
                    questions=panel.question_codes[own],
                    clusters=panel.clusters[own],
                    weights=None if weights is None else weights[own],
                )
            )
    return sorted(found, key=lambda one: (-one.mean, one.name))


def _cell(
    panel: Panel,
    gold: Gold,
    one: RatedSystem,
    metric: str,
    marks: Sequence[MarkRecord],
    ranks: npt.NDArray[np.int64] | None,
    shared: Sequence[str],
) -> CellRecord:
    counts = Counter(int(level) for level in one.levels)
    estimate = clustered_mean(one.scores, one.clusters, weights=one.weights)
    low, high = _ends(estimate)
    raters = ", ".join(column.name for column in panel.humans)
    return CellRecord(
        system=one.name,
        value=one.mean,
        low=low,
        high=high,
        method=estimate.method or "one group: no interval",
        n=len(one.levels),
        samples=len(np.unique(one.questions)),
        clusters=len(np.unique(one.clusters)),
        signature=f"human {metric}|criterion:{panel.criterion}|scale:{panel.scale}|{estimate.method}",
        how=f"Rated by {raters} on {panel.scale}; by {gold.name}. 95 % interval: {estimate.method or 'none'}.",
        outcomes={},
        parsed=None,
        bounds=None,
        replicates=None,
        levels={level: counts.get(place, 0) for place, level in enumerate(panel.scale.levels)},
        rank_low=None if ranks is None else int(ranks[0]),
        rank_high=None if ranks is None else int(ranks[1]),
        letters=list(shared),
        marks=[mark.code for mark in marks if not mark.systems or one.name in mark.systems],
    )


def _ends(one: Estimate) -> tuple[float, float]:
    # With a single question there is no spread to be seen: nothing is known but that the mean lies between 0 and 1.
    return (0.0, 1.0) if one.low is None or one.high is None else (one.low, one.high)
