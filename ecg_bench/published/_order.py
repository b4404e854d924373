"""Printed ranks beside the values they rank, and beside what a test of such values can find."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import ceil

from ecg_bench.published._file import Cell, Column, Publication, Ref, Table, Tested
from ecg_bench.published._records import ContradictionRecord
from ecg_bench.published._tables import Tables
from ecg_bench.published._words import listed, plural

CHI2 = 3.841458820694124  # .95 quantile of the chi-square distribution with one degree of freedom
RARE = 0.05  # two systems that differ on a smaller share of the items than this are held to be unlikely


def rank_order(publication: Publication) -> Iterator[ContradictionRecord]:
    """Yield each value whose rank is worse than that of a value that is worse."""
    for table in publication.tables:
        for i, column in enumerate(table.columns):
            if column.better is not None and table.unit != "rank":
                yield from _in_column(table, column, {row: cells[i] for row, cells in table.cells.items()})


def _in_column(table: Table, column: Column, cells: dict[str, Cell]) -> Iterator[ContradictionRecord]:
    sign = 1 if column.better == "higher" else -1
    found = {
        row: (sign * cell.value, cell.rank, cell.text)
        for row, cell in cells.items()
        if cell.value is not None and cell.rank is not None
    }
    # Values without a rank count too: they may be better than one that has a rank.
    values = [sign * cell.value for cell in cells.values() if cell.value is not None]
    for row, (value, rank, text) in found.items():
        passed = [other for other, (v, r, _) in found.items() if v < value and r < rank]
        if not passed:
            continue
        above = sum(other > value for other in values)
        # However ties are ranked, no system has a rank beyond the number of those that are not worse, itself included.
        certain = rank > sum(other >= value for other in values)
        others = listed([f"{other} ({found[other][2]}) has rank {found[other][1]:g}" for other in passed])
        why = (
            f"only {plural(above, 'system')} {'has' if above == 1 else 'have'} a better value, so no rule can give it "
            f"rank {rank:g}"
            if certain
            else "only a rule that counts the systems that are significantly better could give this"
        )
        yield ContradictionRecord(
            table=table.name,
            system=row,
            column=column.name,
            kind="rank",
            printed=f"rank {rank:g} for {text}",
            recomputed=f"{plural(above, 'better value')}: rank {above + 1}",
            sentence=f"{table.name}, {column.name}: {row} ({text}) has rank {rank:g} although {others}; {why}.",
            certain=certain,
        )


def significance(publication: Publication) -> Iterator[ContradictionRecord]:
    """Yield ranks that say that a system is significantly better where a test can hardly have found that.

    Rank r says that r - 1 systems are significantly better. At the least these are the r - 1 best, and the one of them
    that is nearest is the hardest to tell apart.
    """
    tables = Tables(publication)
    for tested in publication.checks.tested:
        yield from _in_tested(tables, tested)


def _in_tested(tables: Tables, tested: Tested) -> Iterator[ContradictionRecord]:
    table, column = tables.table(tested.values[0]), tables.column(*tested.values[:2])
    n, sign = column.n or 0, -1 if column.better == "lower" else 1
    cells, ranks = tables.cells(tested.values), tables.ranks(tested.ranks)
    values = {row: sign * cell.value for row, cell in cells.items() if cell.value is not None and row in ranks}
    best = sorted(values, key=lambda row: values[row], reverse=True)
    for row in best:
        better = [other for other in best if values[other] > values[row]]
        nearest = int(ranks[row]) - 2
        if 0 <= nearest < len(better):
            other = better[nearest]
            gap = values[other] - values[row]
            rounding = (cells[row].step + cells[other].step) / 2
            gain = int(gap) if table.unit == "answers" else net_gain(gap, rounding, n)
            most = most_discordant(gain)
            if most is None or most < RARE * n:
                at_most = "" if table.unit == "answers" else " at most"  # shares were rounded
                apart = f"{cells[other].text} and {cells[row].text}, are {plural(gain, 'item')} of {n} apart{at_most}"
                yield _too_close(tested.ranks, (row, other), apart, (most, n), ranks[row])


def net_gain(gap: Decimal, rounding: Decimal, n: int) -> int:
    """Return by how many of `n` items two shares in per cent can differ at most.

    Parameters
    ----------
    gap : Decimal
        Between the printed shares.
    rounding : Decimal
        How far rounding may have moved them towards each other, together.
    n : int
        Items.
    """
    return int((gap + rounding) * n / 100)


def most_discordant(gain: int) -> int | None:
    """Return on how many items at most two systems may differ, for a net gain to have p < .05.

    McNemar's statistic without correction is gain² over the number of items that only one of the two got right. That
    number is at least the gain, and even where the gain is even.

    Returns
    -------
    int or None
        None where no number will do.

    References
    ----------
    Q. McNemar, Psychometrika 12 (1947) 153-157.
    """
    most = ceil(gain * gain / CHI2) - 1
    most -= (most - gain) % 2
    return most if most >= gain > 0 else None


def _too_close(
    ref: Ref, pair: tuple[str, str], apart: str, size: tuple[int | None, int], rank: float
) -> ContradictionRecord:
    (row, other), (most, n) = pair, size
    says = f"rank {rank:g} of {row} says that {other} is significantly better"
    said = f"{ref[0]}, {ref[1]}: {says}, but their values, {apart}"
    if most is None:
        bound, sentence = "no paired test can find that", f"{said}, which no paired test can find significant."
    else:
        bound = f"at most {plural(most, 'discordant item')} of {n}"
        sentence = (
            f"{said}, which has p < .05 in McNemar's test only if no more than {most} items "
            f"({100 * most / n:.1f} %) are right for the one and wrong for the other."
        )
    return ContradictionRecord(
        table=ref[0],
        system=row,
        column=ref[1],
        kind="test",
        printed=f"rank {rank:g}, behind {other}",
        recomputed=bound,
        sentence=sentence,
        certain=most is None,
    )
