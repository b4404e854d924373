"""What a reader must know of human ratings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ecg_bench.agreement import Gold, Panel
from ecg_bench.boards._rated_pairs import RatedSystem
from ecg_bench.boards._records import ALPHA, LayerRecord, MarkRecord

FEW_CLUSTERS = 30


def rating_marks(panel: Panel, gold: Gold, systems: Sequence[RatedSystem], layer: str) -> Iterator[MarkRecord]:
    """Yield what limits the layer of mean scores."""

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


def resolution_marks(layer: LayerRecord) -> Iterator[MarkRecord]:
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
