"""Which samples of a task two runs have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.comparison._reading import Side
from ecg_bench.runs import Labels, ScoreTable

Codes = npt.NDArray[np.integer[Any]]

# Labels of answers, and the cluster. Each other label is of the sample, and a facet of its own name. The length of an
# answer is none: samples on which both runs' answers are alike in it are no fair choice among those of either.
NO_FACETS = ("group", "target", "parsed", "choice", "answer_length", "outcome")


@dataclass(frozen=True)
class Pairs:
    """The samples of one task that are compared.

    Attributes
    ----------
    ids : list of str
        The id of each.
    before, after : array of int, shape (n,)
        Its position in either run's data.
    clusters : array of int, shape (n,)
        By the groups of the later run.
    facets : mapping of str to list of str
        The label of each sample; empty where it has none, or its requests, such as under several orders, differ in it.
    only_before, only_after, altered : int
        Samples that are left out: asked in one run only, or of another content.
    """

    ids: list[str]
    before: Codes
    after: Codes
    clusters: Codes
    facets: Mapping[str, list[str]]
    only_before: int
    only_after: int
    altered: int

    def __len__(self) -> int:
        return len(self.ids)


def match(task: str, before: Side, after: Side, contents: tuple[Mapping[str, str], Mapping[str, str]] | None) -> Pairs:
    """Match the samples of a task by their ids.

    Parameters
    ----------
    task : str
        Which both runs have.
    before, after : Side
        The runs.
    contents : pair of mappings of str to str, optional
        A hash of each sample's content by its id, where the runs' data differ: samples are compared if it is equal.
    """
    places = [{sample: index for index, sample in side.ids[task].items()} for side in (before, after)]
    same = [sample for sample in places[0] if sample in places[1]]
    kept = same if contents is None else [one for one in same if contents[0].get(one) == contents[1].get(one)]
    positions = [np.array([known[sample] for sample in kept], dtype=np.int64) for known in places]
    tables = [side.tables[task] for side in (before, after)]
    return Pairs(
        ids=kept,
        before=positions[0],
        after=positions[1],
        clusters=_first(tables[1], tables[1].clusters, positions[1]),
        facets={facet: _facet(tables, positions, label) for facet, label in _facets(tables).items()},
        only_before=len(places[0]) - len(same),
        only_after=len(places[1]) - len(same),
        altered=len(same) - len(kept),
    )


def _first(table: ScoreTable, values: Codes, samples: Codes) -> Codes:
    """Return the value in each sample's first row."""
    index, first = np.unique(table.index, return_index=True)
    found: Codes = values[first[np.searchsorted(index, samples)]]
    return found


def _facets(tables: Sequence[ScoreTable]) -> dict[str, str]:
    """Return the label of each facet; a place of the right option there is only where options were chosen from."""
    own = [name for name in tables[0].labels if name in tables[1].labels and name not in NO_FACETS]
    chosen = all(any(table.labels["choice"].values) for table in tables)
    return {name: name for name in own} | ({"key_position": "target"} if chosen else {})


def _facet(tables: Sequence[ScoreTable], positions: Sequence[Codes], label: str) -> list[str]:
    columns = [_label(table, table.labels[label], at) for table, at in zip(tables, positions, strict=True)]
    return [one if one == other else "" for one, other in zip(*columns, strict=True)]


def _label(table: ScoreTable, column: Labels, samples: Codes) -> list[str]:
    """Return each sample's label; empty where its rows differ."""
    units = table.units
    first = np.unique(units, return_index=True)[1]
    differing = np.bincount(units, column.codes != column.codes[first][units]) > 0
    mixed = differing[np.searchsorted(table.index[first], samples)]
    codes = _first(table, column.codes, samples)
    return ["" if several else column.values[code] for several, code in zip(mixed, codes, strict=True)]
