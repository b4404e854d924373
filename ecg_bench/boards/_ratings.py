"""The layer of human ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.agreement import Gold, Panel, assemble, gold_of, weights_of
from ecg_bench.boards._layers import separating
from ecg_bench.boards._records import ALPHA, CellRecord, DifferenceRecord, LayerRecord, MarkRecord, PowerRecord
from ecg_bench.ratings import Rating
from ecg_bench.ratings.intake import load_ratings
from ecg_bench.statistics import (
    Estimate,
    clustered_mean,
    difference_of_means,
    holm,
    letters,
    minimum_detectable_difference,
    rank_sets,
    samples_needed,
    sign_flip,
)

FEW_CLUSTERS = 30
MOSTLY = 0.8  # of the answers of the system with fewer, above which a comparison rests on the questions that both have

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class RatedSystem:
    """The rated answers of one system.

    Attributes
    ----------
    name : str
        The system.
    levels, scores : array of float, shape (answers,)
        The place of each level on the scale, and its value.
    questions, clusters : array of int, shape (answers,)
        Numbered alike for all systems.
    weights : array of float, shape (answers,), or None
        Inverse probabilities of having been drawn, where they are known and differ.
    """

    name: str
    levels: Floats
    scores: Floats
    questions: Codes
    clusters: Codes
    weights: Floats | None

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(np.average(self.scores, weights=self.weights))

    def only(self, questions: Codes) -> RatedSystem:
        """Return the answers to some questions, in the order of the questions."""
        order = np.argsort(self.questions, kind="stable")
        order = order[np.isin(self.questions[order], questions)]
        weights = None if self.weights is None else self.weights[order]
        return RatedSystem(
            self.name, self.levels[order], self.scores[order], self.questions[order], self.clusters[order], weights
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
    marks = [*_marks(panel, gold, systems, name)]
    share = f"share '{panel.scale.levels[top]}'"
    layers = (
        _layer(panel, gold, systems, name, "mean score", marks, seed),
        _layer(panel, gold, passed, f"{name}:{panel.scale.levels[top]}", share, marks, seed),
    )
    return Rated(panel, gold, tuple(systems), layers, (*marks, *_resolution(layers[0])))


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
    compared = _differences(order, seed)
    differences = [one.record for one in compared]
    size = len(order)
    value, p_holm = np.zeros((size, size)), np.ones((size, size))
    for (a, b), one in zip(combinations(range(size), 2), differences, strict=True):
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
        common_samples=min((one.common for one in differences), default=0),
        clusters=clusters,
        interval="t over groups of questions",
        test=", ".join(sorted({one.test for one in compared})) or "one system: nothing to compare",
        cells=[
            _cell(panel, gold, one, metric, marks, None if size < 2 else ranks[n], groups[n] if size > 1 else ())
            for n, one in enumerate(order)
        ],
        differences=differences,
        power=_power(order, compared, rejected) if size > 1 else None,
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


def _power(
    systems: Sequence[RatedSystem], compared: Sequence[_Compared], rejected: npt.NDArray[np.bool_]
) -> PowerRecord | None:
    """Say what so many ratings can tell apart, from the errors of the differences themselves."""
    errors = [one.error for one in compared if one.error]
    if not errors:
        return None
    rated = min(len(one.levels) for one in systems)
    detectable = minimum_detectable_difference(float(np.median(errors)) * rated**0.5, rated)
    first_two, error = abs(compared[0].record.value), compared[0].error
    needed = samples_needed(first_two, error * rated**0.5) if first_two > 1e-9 and error else None
    verdict = [] if rejected.any() else ["No two systems can be told apart."]
    if not rejected[0, 1]:
        verdict.append(separating(systems[0].name, systems[1].name, first_two, needed, "rated answers of each"))
    return PowerRecord(
        samples=rated,
        detectable=detectable,
        first_two=first_two,
        needed=needed,
        sentence=f"A true difference of {detectable:.2f} between two systems is found with 80 % power by {rated} rated "
        f"answers of each (alpha {ALPHA}, without adjustment).",
        verdict=" ".join(verdict),
    )


@dataclass(frozen=True)
class _Compared:
    """Two systems' difference, the test that was made of it, and its standard error; 0 where none is seen."""

    record: DifferenceRecord
    test: str
    error: float


def _differences(systems: Sequence[RatedSystem], seed: int) -> list[_Compared]:
    """Return every pair, the better mean first, with p-values adjusted over all that could be tested."""
    found = [_difference(a, b, seed) for a, b in combinations(systems, 2)]
    tested = [n for n, one in enumerate(found) if one.record.p is not None]
    adjusted = holm([found[n].record.p or 0.0 for n in tested])
    for n, p in zip(tested, adjusted, strict=True):
        found[n] = replace(found[n], record=found[n].record.model_copy(update={"p_holm": float(p)}))
    return found


def _difference(a: RatedSystem, b: RatedSystem, seed: int) -> _Compared:
    common = np.intersect1d(a.questions, b.questions)
    paired = a.weights is None and len(common) >= MOSTLY * min(len(a.questions), len(b.questions))
    if paired:
        first, second = a.only(common), b.only(common)
        mean = difference_of_means((first.scores, second.scores), (first.clusters, second.clusters))
        places = np.unique(first.clusters, return_inverse=True)[1]
        test = sign_flip(first.scores - second.scores, places, seed=seed)
        p: float | None = test.p
        floor: float | None = test.floor
        method = "exact sign-flip test" if test.exact else f"sign-flip test, {test.draws} draws"
    else:
        weights = None if a.weights is None or b.weights is None else (a.weights, b.weights)
        mean = difference_of_means((a.scores, b.scores), (a.clusters, b.clusters), weights=weights)
        p, floor, method = mean.p, None, "difference of means, t over groups"
    record = DifferenceRecord(
        first=a.name,
        second=b.name,
        value=mean.value,
        low=mean.low,
        high=mean.high,
        p=p,
        p_holm=None,
        floor=floor,
        common=len(common),
    )
    return _Compared(record, method, mean.error)


def _resolution(layer: LayerRecord) -> Iterator[MarkRecord]:
    """Say whether tests are too coarse to tell any two systems apart, whatever the ratings are."""
    floors = [one.floor for one in layer.differences if one.floor is not None and one.value]
    least = min(floors, default=0.0)
    if least * len(layer.differences) >= ALPHA:
        yield MarkRecord(
            code="MC_RESOLUTION",
            severity="caution",
            message=f"with so few questions a test can give no p below {least:.2g}, and Holm over "
            f"{len(layer.differences)} pairs needs less: no two systems can be told apart, whatever the ratings are",
            layer=layer.id,
        )


def _marks(panel: Panel, gold: Gold, systems: Sequence[RatedSystem], layer: str) -> Iterator[MarkRecord]:
    def mark(code: str, message: str, severity: Any = "caution") -> MarkRecord:
        return MarkRecord(code=code, severity=severity, message=message, layer=layer)

    if len(panel.humans) == 1:
        yield mark("ONE_RATER", f"one rater, {panel.humans[0].name}: how far other experts would agree is not known")
    if missing := sum(column.unread for column in panel.humans):
        yield mark(
            "WITHOUT_LEVEL", f"{missing} answers were shown to a rater and have no single level: they are in no mean"
        )
    if gold.undecided:
        yield mark(
            "NO_MAJORITY",
            f"{gold.undecided} answers have no majority of raters: the lower median of their levels is used",
            "note",
        )
    if len({one.questions.tobytes() for one in systems}) > 1:
        shown = ", ".join(f"{one.name} {len(one.levels)}" for one in systems)
        yield mark(
            "OTHER_QUESTIONS",
            f"systems were rated on different questions ({shown}): means are not of the same questions",
        )
    if any(one.weights is not None for one in systems):
        yield mark(
            "WEIGHTED", "answers were drawn with different probabilities: means are weighted by their inverse", "note"
        )
    clusters = len(np.unique(np.concatenate([one.clusters for one in systems])))
    if clusters < FEW_CLUSTERS:
        yield mark(
            "FEW_CLUSTERS", f"{clusters} independent questions are few: intervals of mean scores may be too narrow"
        )
