"""Everything in which a publication's numbers contradict each other."""

from __future__ import annotations

from ecg_bench.published._claims import claims
from ecg_bench.published._file import Publication
from ecg_bench.published._order import rank_order, significance
from ecg_bench.published._quantities import derived, mean_f1, printed_twice
from ecg_bench.published._records import ContradictionRecord

CHECKS = (rank_order, derived, mean_f1, printed_twice, significance, claims)


def contradictions(publication: Publication) -> list[ContradictionRecord]:
    """Return what the checks find; those that are certain first."""
    found = [one for check in CHECKS for one in check(publication)]
    return sorted(found, key=lambda one: not one.certain)
