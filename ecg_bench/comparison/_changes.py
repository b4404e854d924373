"""What changed, sample by sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.comparison._pairs import Pairs
from ecg_bench.comparison._records import (
    AnswerRecord,
    Change,
    ChangesRecord,
    Direction,
    OutcomeChangeRecord,
    SampleRecord,
)
from ecg_bench.comparison._test import SAME
from ecg_bench.runs import ScoreTable

Codes = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

HALF = 0.5
MOST = 100  # samples listed of those whose graded score fell, and of those whose score rose


@dataclass(frozen=True)
class Scored:
    """The samples of a task that both runs have a score for.

    Attributes
    ----------
    places : array of int, shape (n,)
        Which of the task's common samples they are.
    before, after : array of float, shape (n,)
        Their scores, means over repeats.
    direction : str
        Which way is better.
    binary : bool
        Whether each single answer is right or wrong by this metric.
    """

    places: Codes
    before: Floats
    after: Floats
    direction: Direction
    binary: bool

    @property
    def rose(self) -> Mask:
        """Whose score is higher after."""
        return self.after - self.before > SAME

    @property
    def fell(self) -> Mask:
        """Whose score is lower after."""
        return self.before - self.after > SAME

    @property
    def rights(self) -> tuple[Mask, Mask] | None:
        """Which were right before and after: those whose mean is above one half; None where nothing is right or wrong.

        Of what should be rare, such as answers that can't be read, a mean of one half and below is right.
        """
        if not self.binary or self.direction == "none":
            return None
        above = self.before > HALF, self.after > HALF
        return above if self.direction == "higher" else (~above[0], ~above[1])


def count_changes(scored: Scored) -> ChangesRecord:
    """Count the samples that changed."""
    kinds: dict[str, int | None] = dict.fromkeys(("fixed", "broken", "same_right", "same_wrong"))
    if scored.rights is not None:
        old, new = scored.rights
        masks = (~old & new, old & ~new, old & new, ~old & ~new)
        kinds = {name: int(mask.sum()) for name, mask in zip(kinds, masks, strict=True)}
    rose, fell = int(scored.rose.sum()), int(scored.fell.sum())
    return ChangesRecord(**kinds, rose=rose, fell=fell, equal=len(scored.before) - rose - fell)


def outcome_changes(before: ScoreTable, after: ScoreTable, pairs: Pairs) -> list[OutcomeChangeRecord]:
    """Count how requests that both runs made ended before and after, the most frequent first."""
    outcomes = [
        {(place, epoch, permutation): outcome for place, epoch, permutation, outcome in _requests(table, positions)}
        for table, positions in ((before, pairs.before), (after, pairs.after))
    ]
    counts = Counter((outcome, outcomes[1][key]) for key, outcome in outcomes[0].items() if key in outcomes[1])
    return [OutcomeChangeRecord(before=old, after=new, n=n) for (old, new), n in counts.most_common()]


def _requests(table: ScoreTable, positions: Codes) -> list[tuple[int, int, int, str]]:
    places = {index: place for place, index in enumerate(positions.tolist())}
    outcome = table.labels["outcome"]
    rows = zip(
        *(table.index.tolist(), table.epoch.tolist(), table.permutation.tolist(), outcome.codes.tolist()), strict=True
    )
    return [
        (places[index], epoch, permutation, outcome.values[code])
        for index, epoch, permutation, code in rows
        if index in places
    ]


def changed_samples(
    metric: str, scored: Scored, pairs: Pairs, tables: tuple[ScoreTable, ScoreTable]
) -> list[SampleRecord]:
    """List the samples that changed: the broken ones and then the fixed ones, in the order of the data.

    Of graded scores those that changed most, `MOST` of either kind.
    """
    rows = [_Rows(table) for table in tables]
    found = []
    for change, chosen in _kinds(scored):
        for n in chosen:
            place = int(scored.places[n])
            found.append(
                SampleRecord(
                    metric=metric,
                    change=change,
                    id=pairs.ids[place],
                    topic=pairs.facets["topic"][place],
                    question="",
                    before=rows[0].answer(int(pairs.before[place]), float(scored.before[n])),
                    after=rows[1].answer(int(pairs.after[place]), float(scored.after[n])),
                )
            )
    return found


def _kinds(scored: Scored) -> Sequence[tuple[Change, list[int]]]:
    if scored.rights is not None:
        old, new = scored.rights
        return (("broken", np.flatnonzero(old & ~new).tolist()), ("fixed", np.flatnonzero(~old & new).tolist()))
    names: dict[Direction, tuple[Change, Change]] = {
        "higher": ("worse", "better"),
        "lower": ("better", "worse"),
        "none": ("lower", "higher"),
    }
    fell, rose = names[scored.direction]
    difference = scored.after - scored.before
    parts: list[tuple[Change, list[int]]] = []
    for change, sign, mask in ((fell, -1, scored.fell), (rose, 1, scored.rose)):
        order = np.argsort(-sign * difference, kind="stable")
        parts.append((change, order[mask[order]][:MOST].tolist()))
    return parts if scored.direction != "lower" else parts[::-1]


class _Rows:
    """The rows of each sample."""

    def __init__(self, table: ScoreTable) -> None:
        self._table = table
        self._order = np.lexsort((table.permutation, table.epoch, table.index))
        self._sorted = table.index[self._order]

    def answer(self, index: int, score: float) -> AnswerRecord:
        rows = self._order[np.searchsorted(self._sorted, index) : np.searchsorted(self._sorted, index, side="right")]
        texts = {}
        for name in ("target", "parsed", "outcome"):
            column = self._table.labels[name]
            texts[name] = [column.values[code] for code in column.codes[rows]]
        return AnswerRecord(score=score, output=[], **texts)
