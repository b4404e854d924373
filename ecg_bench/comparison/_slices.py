"""Which parts of the samples drive a difference; exploratory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.comparison._changes import Scored
from ecg_bench.comparison._pairs import Pairs
from ecg_bench.comparison._records import SliceRecord
from ecg_bench.comparison._test import ALPHA, SAME, paired_interval
from ecg_bench.comparison._words import FACET_WORDS, p_value, signed
from ecg_bench.statistics import benjamini_hochberg, contrast

Codes = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NAMED = 3  # slices that the sentence names


def slices(scored: Scored, pairs: Pairs) -> list[SliceRecord]:
    """Return the difference on each part of the samples, and how far it is another one than on the rest.

    Notes
    -----
    The interval is that of `paired_interval`, and the p-value that of `contrast`. A sample without
    a label is in no part of its facet, but in the rest.
    """
    differences = scored.after - scored.before
    clusters = pairs.clusters[scored.places]
    found: list[SliceRecord] = []
    for facet, labels in pairs.facets.items():
        names = np.array(labels, dtype=object)[scored.places]
        parts = sorted(set(names) - {""})
        if len(parts) < 2:
            continue
        found += [_slice(facet, name, names == name, scored, differences, clusters) for name in parts]
    return _adjusted(found)


def _slice(facet: str, name: str, inside: Mask, scored: Scored, differences: Floats, clusters: Codes) -> SliceRecord:
    codes = np.unique(clusters[inside], return_inverse=True)[1]
    before, after = scored.before[inside], scored.after[inside]
    low, high = paired_interval(before, after, codes)
    apart, p = contrast(differences, clusters, inside)
    value = float(differences[inside].mean())
    return SliceRecord(
        facet=facet,
        name=name,
        n=int(inside.sum()),
        clusters=int(codes.max()) + 1,
        before=float(before.mean()),
        after=float(after.mean()),
        value=value,
        low=low,
        high=high,
        share=value * float(inside.mean()),
        contrast=apart,
        p=p,
        p_adjusted=None,
    )


def _adjusted(found: Sequence[SliceRecord]) -> list[SliceRecord]:
    tested = [one.p for one in found if one.p is not None]
    adjusted = iter(benjamini_hochberg(tested).tolist())
    return [one if one.p is None else one.model_copy(update={"p_adjusted": next(adjusted)}) for one in found]


def drivers(found: Sequence[SliceRecord], whole: float) -> str:
    """Name the slices that drive a difference, in a sentence; nothing where there is no difference or no slice.

    Parameters
    ----------
    found : sequence of SliceRecord
        All slices.
    whole : float
        The difference on all samples.
    """
    if abs(whole) <= SAME or not found:
        return ""
    telling = [
        one
        for one in found
        if one.p_adjusted is not None and one.p_adjusted < ALPHA and (one.contrast or 0) * whole > 0
    ]
    if not telling:
        return "no slice is known to change otherwise than the rest (exploratory)"
    telling.sort(key=lambda one: -abs(one.share))
    named = [
        f"{FACET_WORDS.get(one.facet, one.facet)} {one.name} ({signed(one.value)} on {one.n} samples, "
        f"{one.share / whole:.0%} of the whole change, adjusted p {p_value(one.p_adjusted or 0)})"
        for one in telling[:NAMED]
    ]
    return f"driven by {', '.join(named)} (exploratory)"
