"""Printed numbers that have to be equal to others, or to follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from statistics import fmean

from ecg_bench.published._file import Cell, Derived, Means, Publication
from ecg_bench.published._medians import median_ranks
from ecg_bench.published._records import ContradictionRecord
from ecg_bench.published._tables import Tables
from ecg_bench.published._words import listed


def printed_twice(publication: Publication) -> Iterator[ContradictionRecord]:
    """Yield quantities that are printed in several places, with different values."""
    tables = Tables(publication)
    for same in publication.checks.same:
        first, *others = same.cells
        for other in others:
            left, right = tables.cells(first), tables.cells(other)
            # Where both name a row, it is this cell and that one; else rows of the same name belong together.
            pairs = (
                [(first[2], left[first[2]], right[other[2]])]
                if len(first) == 3 and len(other) == 3
                else [(row, cell, right[row]) for row, cell in left.items() if row in right]
            )
            for row, a, b in pairs:
                if not _equal(a, b):
                    yield ContradictionRecord(
                        table=other[0],
                        system=row,
                        column=other[1],
                        kind="value",
                        printed=f"{b.text} in {other[0]}",
                        recomputed=f"{a.text} in {first[0]}",
                        sentence=f"{row}, {first[1]}: {a.text} in {first[0]}, but {b.text} in {other[0]}.",
                    )
    for number in publication.checks.numbers:
        if len({one.value for one in number.printed}) > 1:
            told = [f"{one.value} ({one.where})" for one in number.printed]
            yield ContradictionRecord(
                table=number.printed[-1].where,
                system="",
                column="",
                kind="value",
                printed=told[-1],
                recomputed=listed(told[:-1]),
                sentence=f"The {number.what} are printed as {listed(told)}.",
            )


def _equal(a: Cell, b: Cell) -> bool:
    """Whether two cells can print one quantity, each with its own digits; true where one prints nothing."""
    if a.value is None or b.value is None:
        return True
    return abs(a.value - b.value) <= (0 if a.step == b.step else (a.step + b.step) / 2)


def derived(publication: Publication) -> Iterator[ContradictionRecord]:
    """Yield medians of ranks, and means, that don't follow from what they are taken of.

    A column that is itself derived enters by its recomputed values, so that an error is followed to the end.
    """
    tables = Tables(publication)
    recomputed: dict[tuple[str, str], dict[str, float]] = {}
    for one in publication.checks.derived:
        parts = [recomputed.get(ref[:2]) or _part(tables, one, ref[0], ref[1]) for ref in one.of]
        printed = tables.cells((one.table, one.column))
        rows = [row for row in printed if all(row in part for part in parts)]
        taken = {row: {str(i): part[row] for i, part in enumerate(parts)} for row in rows}
        if one.rule == "median of ranks":
            found = median_ranks(taken)
        else:
            found = {row: fmean(values.values()) for row, values in taken.items()}
        recomputed[one.table, one.column] = found
        for row in rows:
            if not _follows(printed, row, found[row]):
                yield _derived(one, row, printed[row], list(taken[row].values()), found[row])


def _part(tables: Tables, one: Derived, table: str, column: str) -> dict[str, float]:
    return (tables.ranks if one.rule == "median of ranks" else tables.values)((table, column))


def _follows(printed: dict[str, Cell], row: str, value: float) -> bool:
    """Whether a value was printed right, given the digits of its column; true where none is printed."""
    cell = printed[row]
    finest = min(one.step for one in printed.values() if one.value is not None) if cell.value is not None else 0
    return cell.value is None or abs(cell.value - Decimal(repr(value))) <= finest / 2


def _derived(one: Derived, row: str, cell: Cell, parts: list[float], value: float) -> ContradictionRecord:
    rule = one.rule.partition(" ")[0]
    of = f"the {rule} of {listed([f'{part:g}' for part in parts])}" if len(parts) > 1 else f"what {one.of[0][0]} prints"
    where = "" if all(ref[0] == one.table for ref in one.of) else f" ({', '.join(dict.fromkeys(r[0] for r in one.of))})"
    return ContradictionRecord(
        table=one.table,
        system=row,
        column=one.column,
        kind="median",
        printed=cell.text,
        recomputed=f"{value:g}",
        sentence=f"{one.table}, {one.column}: {row} has {cell.text}, but {of}{where} is {value:g}.",
    )


def mean_f1(publication: Publication) -> Iterator[ContradictionRecord]:
    """Yield mean F1 that no answers can have beside their mean precision and mean recall.

    Of one answer F1 lies between precision and recall. A mean F1 may lie below both means, so that alone is no finding.
    """
    tables = Tables(publication)
    for means in publication.checks.means:
        f, p, r = (tables.cells((means.table, name)) for name in (means.f, means.precision, means.recall))
        for row in f:
            if (one := _mean_f1(means, row, f[row], p[row], r[row])) is not None:
                yield one


def _mean_f1(means: Means, row: str, f: Cell, p: Cell, r: Cell) -> ContradictionRecord | None:
    from ecg_bench.text_metrics import check_mean_f

    if f.value is None or p.value is None or r.value is None:
        return None
    # Each of the three is rounded by half a step, and half a step in both means moves the ends by a whole one at most.
    tolerance = float(f.step / 2 + max(p.step, r.step))
    numbers = (float(p.value), float(r.value), float(f.value))
    rules = (means.lowest, means.baseline, tolerance)
    found = check_mean_f(*numbers, lowest=rules[0], baseline=rules[1], tolerance=rules[2])
    if found.verdict != "impossible":
        return None
    low, mid, high = sorted((f, p, r), key=lambda cell: cell.value or Decimal(0))
    swapped = (float(low.value or 0), float(high.value or 0), float(mid.value or 0))
    fits = check_mean_f(*swapped, lowest=rules[0], baseline=rules[1], tolerance=rules[2]).verdict == "between"
    hint = f"; with {mid.text} as F1 and the other two as precision and recall it could be" if fits and mid != f else ""
    outside = not min(p.value, r.value) <= f.value <= max(p.value, r.value)
    where = " lies outside these two and" if outside else ""
    return ContradictionRecord(
        table=means.table,
        system=row,
        column=means.f,
        kind="range",
        printed=f"F1 {f.text}, precision {p.text}, recall {r.text}",
        recomputed=f"F1 from {found.least:.4f} to {found.most:.4f}",
        sentence=(
            f"{means.table}, {means.f}: {f.text} of {row}, beside precision {p.text} and recall {r.text},{where} "
            f"can't be right: with these two, answers of which none scores below {means.lowest:g} have a mean F1 from "
            f"{found.least:.4f} to {found.most:.4f}{hint}."
        ),
    )
