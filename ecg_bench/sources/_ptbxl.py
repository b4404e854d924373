"""What the tasks on PTB-XL have in common: which folds, which recording, and what becomes of ECGs that aren't there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from ecg_bench.errors import UserError
from ecg_bench.samples import Media

if TYPE_CHECKING:
    from ecg_bench.ecg.sets import PtbXl, PtbXlRow

Fold = Annotated[str, "which folds: 10, 1-8 or all"]
Hertz = Annotated[Literal["100", "500"], "which of the two recordings"]
Missing = Annotated[Literal["refuse", "skip"], "what to do with ECGs that aren't in the folder"]
FOLDS = range(1, 11)


def folds_of(text: str) -> frozenset[int]:
    """Return the folds that a text names: ``10``, ``1-8``, ``1,9`` or ``all``.

    Raises
    ------
    UserError
        If it names none, or others than 1 to 10.
    """
    if text.strip().lower() == "all":
        return frozenset(FOLDS)
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        try:
            found |= set(range(int(first), int(last or first) + 1))
        except ValueError:
            found.add(0)
    if not found or not found <= set(FOLDS):
        raise UserError(f"fold={text!r} is wrong: folds are 1 to 10, such as 10, 1-8 or all")
    return frozenset(found)


def recorded(data: PtbXl, rows: Iterable[PtbXlRow], hertz: Hertz, missing: Missing) -> Iterator[tuple[PtbXlRow, Media]]:
    """Yield the ECGs of some rows, each with where it is.

    Raises
    ------
    UserError
        If one isn't in the folder, and ``missing`` is ``refuse``.
    """
    for row in rows:
        path = data.path(row, int(hertz))
        if path.is_file():
            yield row, Media("ecg", path.relative_to(data.root).as_posix(), str(data.root))
        elif missing == "refuse":
            raise UserError(
                f"the {hertz} Hz record of ECG {row.ecg_id} is not there: give the whole set, or "
                "--task-arg missing=skip",
                path=path,
            )
