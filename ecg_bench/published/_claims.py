"""What the text says of its tables, and what they show."""

from __future__ import annotations

from collections.abc import Iterator

from ecg_bench.published._file import Claim, Publication
from ecg_bench.published._records import ContradictionRecord
from ecg_bench.published._tables import Tables
from ecg_bench.published._words import listed, plural


def claims(publication: Publication) -> Iterator[ContradictionRecord]:
    """Yield claims that the printed ranks don't bear out."""
    tables = Tables(publication)
    for claim in publication.checks.claims:
        yield from (_same_order if claim.kind == "same order" else _better)(tables, claim)


def _same_order(tables: Tables, claim: Claim) -> Iterator[ContradictionRecord]:
    ranks = [tables.ranks(ref) for ref in claim.columns]
    rows = [row for row in ranks[0] if all(row in one for one in ranks)]

    def changes_with(row: str) -> list[str]:
        others = [other for other in rows if other != row]
        return [
            other
            for other in others
            if any(one[row] < one[other] for one in ranks) and any(one[row] > one[other] for one in ranks)
        ]

    changes = {row: found for row in rows if (found := changes_with(row))}
    # Whoever changes places with most is the one that moves; what the others have left is told of themselves.
    told: set[frozenset[str]] = set()
    for row in sorted(changes, key=lambda row: -len(changes[row])):
        left = [other for other in changes[row] if frozenset((row, other)) not in told]
        if left:
            told |= {frozenset((row, other)) for other in left}
            places = listed([f"{one[row]:g} ({ref[1]})" for ref, one in zip(claim.columns, ranks, strict=True)])
            yield _claim(claim, row, f"{row} has ranks {places}, and changes places with {listed(left)}", certain=True)


def _better(tables: Tables, claim: Claim) -> Iterator[ContradictionRecord]:
    for first, second in claim.pairs:
        shown, exceptions = 0, []
        for ref in claim.columns:
            ranks = tables.ranks(ref)
            if first in ranks and second in ranks:
                shown += 1
                if ranks[first] >= ranks[second]:
                    exceptions.append(f"{ref[0]}, {ref[1]}: rank {ranks[first]:g} against {ranks[second]:g}")
        if exceptions:
            of = f"in {len(exceptions)} of {plural(shown, 'column')}"
            yield _claim(claim, first, f"{first} isn't ranked before {second} {of} ({'; '.join(exceptions)})")


def _claim(claim: Claim, row: str, found: str, *, certain: bool = False) -> ContradictionRecord:
    return ContradictionRecord(
        table=claim.columns[0][0],
        system=row,
        column="",
        kind="claim",
        printed=claim.says,
        recomputed=found,
        sentence=f"{claim.where}: it is said that {claim.says}, but {found}.",
        certain=certain,
    )
