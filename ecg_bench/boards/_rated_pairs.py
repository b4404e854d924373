"""Two systems' human ratings side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.boards._layer_records import separating
from ecg_bench.boards._records import ALPHA, DifferenceRecord, PowerRecord
from ecg_bench.statistics import (
    difference_of_means,
    holm,
    minimum_detectable_difference,
    samples_needed,
    sign_flip,
)

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
class Compared:
    """Two systems' difference, the test that was made of it, and its standard error; 0 where none is seen."""

    record: DifferenceRecord
    test: str
    error: float


def differences(systems: Sequence[RatedSystem], seed: int) -> list[Compared]:
    """Return every pair, the better mean first, with p-values adjusted over all that could be tested."""
    found = [_difference(a, b, seed) for a, b in combinations(systems, 2)]
    tested = [n for n, one in enumerate(found) if one.record.p is not None]
    adjusted = holm([found[n].record.p or 0.0 for n in tested])
    for n, p in zip(tested, adjusted, strict=True):
        found[n] = replace(found[n], record=found[n].record.model_copy(update={"p_holm": float(p)}))
    return found


def _difference(a: RatedSystem, b: RatedSystem, seed: int) -> Compared:
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
    return Compared(record, method, mean.error)


def power_of(
    systems: Sequence[RatedSystem], compared: Sequence[Compared], rejected: npt.NDArray[np.bool_]
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
