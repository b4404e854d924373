"""The files of ``results/published``: what was printed, and which printed numbers belong together.

They hold nothing that can be computed: no interval, no recomputed rank, no finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from ecg_bench.published._records import Unit

_CELL = re.compile(r"(?P<value>-?\d{1,12}(?:\.\d{1,12})?)? ?(?:\((?P<rank>\d{1,6}(?:\.\d{1,2})?)\))?", re.ASCII)
FORM = "such as '90.2 (1)': a number, its rank in brackets, or one of both"

Text = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Ref = tuple[Name, Name] | tuple[Name, Name, Name]  # table and column, and perhaps a single row


class _Part(BaseModel):
    # Strict JSON: a number is no text, and a text no number.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a printed cell; the number with the digits that it was printed with."""

    value: Decimal | None
    rank: float | None

    @property
    def step(self) -> Decimal:
        """One unit of the last digit that is printed; 0 where no value is."""
        return Decimal(0) if self.value is None else Decimal(1).scaleb(int(self.value.as_tuple().exponent))

    @property
    def text(self) -> str:
        """The value as printed; empty where there is none."""
        return "" if self.value is None else str(self.value)


def _parse(printed: object) -> Cell:
    if printed is None:
        return Cell(None, None)
    found = _CELL.fullmatch(printed) if isinstance(printed, str) and printed else None
    if found is None:
        raise ValueError(f"must be null or a text {FORM}")
    value, rank = found["value"], found["rank"]
    return Cell(None if value is None else Decimal(value), None if rank is None else float(rank))


Printed = Annotated[Cell, BeforeValidator(_parse)]


class Column(_Part):
    """A column of a table."""

    name: Name
    n: int | None = Field(None, gt=0, description="items that each value rests on")
    better: Literal["higher", "lower"] | None = "higher"


def _named(column: object) -> object:
    return {"name": column} if isinstance(column, str) else column


class Table(_Part):
    """A printed table, or what a figure prints."""

    name: Name
    title: Text
    page: str = ""
    unit: Unit
    rows: Name = Field("system", description="what a row is, where it is no system")
    columns: tuple[Annotated[Column, BeforeValidator(_named)], ...] = Field(min_length=1)
    cells: dict[Name, tuple[Printed, ...]] = Field(min_length=1)
    notes: tuple[Text, ...] = ()


class Means(_Part):
    """Columns with the means of one F1, precision and recall over the same answers."""

    table: Name
    f: Name
    precision: Name
    recall: Name
    lowest: float = Field(0.0, allow_inf_nan=False, description="what no answer's precision or recall is below")
    baseline: tuple[float, float, float] | None = Field(
        None, description="of rescaled scores: what stands for 0 in precision, recall and F1"
    )


class Same(_Part):
    """Columns, or single cells, that print the same quantity."""

    cells: tuple[Ref, ...] = Field(min_length=2)


class Derived(_Part):
    """A column that follows from others: row by row, as the median of ranks or as the mean of values."""

    table: Name
    column: Name
    rule: Literal["median of ranks", "mean of values"]
    of: tuple[Ref, ...] = Field(min_length=1)


class Tested(_Part):
    """Ranks that are said to come from tests between pairs of systems."""

    ranks: Ref
    values: Ref = Field(description="per cent or answers, with n")


class Claim(_Part):
    """What the text says of columns: that their order is the same, or that systems are better than others."""

    says: Text = Field(description="in own words, as a clause: the order of systems is the same in all subsets")
    where: Text
    kind: Literal["same order", "better"]
    columns: tuple[Ref, ...] = Field(min_length=1)
    pairs: tuple[tuple[Name, Name], ...] = ()


class PrintedNumber(_Part):
    """A number of the text and where it stands."""

    where: Text
    value: int


class Number(_Part):
    """One quantity that is printed in several places."""

    what: Text
    printed: tuple[PrintedNumber, ...] = Field(min_length=2)


class Checks(_Part):
    """Which printed numbers belong together."""

    means: tuple[Means, ...] = ()
    same: tuple[Same, ...] = ()
    derived: tuple[Derived, ...] = ()
    tested: tuple[Tested, ...] = ()
    claims: tuple[Claim, ...] = ()
    numbers: tuple[Number, ...] = ()


class Publication(_Part):
    """A file of ``results/published``."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
    title: Text
    source: Text
    url: str
    read: Text = Field(description="how the numbers got into this file")
    untestable: Text
    systems: dict[Name, str] = Field(min_length=1)
    tables: tuple[Table, ...] = Field(min_length=1)
    checks: Checks = Checks()
