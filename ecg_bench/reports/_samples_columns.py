"""Columns that grow while runs are read, and the form in which a page holds them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import isnan, nan
from typing import Any

import numpy as np
import numpy.typing as npt

NOTHING = -1  # the code of a row without a value
DIGITS = 3  # decimal places of a score: what a page needs to filter and to show

Order = npt.NDArray[np.intp]


class Growing:
    """Numbers by row; rows that were never given hold `fill`."""

    def __init__(self, kind: str, fill: float) -> None:
        self._values: array[Any] = array(kind)
        self._fill = fill

    def put(self, row: int, value: float) -> None:
        """Set a row."""
        missing = row + 1 - len(self._values)
        if missing > 0:
            self._values.extend([self._fill] * missing)
        self._values[row] = value

    def get(self, row: int) -> Any:
        """Return the value of a row."""
        return self._values[row] if row < len(self._values) else self._fill

    def arranged(self, order: Order) -> npt.NDArray[Any]:
        """Return the values in another order of all rows, shape (rows,)."""
        values = np.full(len(order), self._fill, dtype=self._values.typecode)
        values[: len(self._values)] = self._values
        return values[order]


def codes_of_texts(texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the number of each text, `NOTHING` for empty ones, and the different texts."""
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(text, len(numbers)) if text else NOTHING for text in texts]
    return np.array(codes, dtype=np.int64), list(numbers)


def codes_of_scores(
    columns: Sequence[npt.NDArray[np.float64]],
) -> tuple[list[npt.NDArray[np.int64]], list[float]]:
    """Return the numbers of the scores of several columns, rounded to `DIGITS` places, and the different scores.

    NaN is no value.
    """
    rounded = [np.round(column, DIGITS) for column in columns]
    different = np.unique(np.concatenate(rounded)) if rounded else np.zeros(0)
    known = different[~np.isnan(different)]
    codes = [np.where(np.isnan(column), NOTHING, np.searchsorted(known, column)) for column in rounded]
    return codes, [float(value) for value in known]


def packed_codes(codes: npt.NDArray[Any], n_values: int) -> tuple[bytes, int]:
    """Return codes plus 1 as bytes, the low ones of all rows before the higher ones, and how many a row takes."""
    width = 1 if n_values < 2**8 else 2 if n_values < 2**16 else 4
    planes = (codes.astype(np.int64) + 1).astype("<u4").view(np.uint8).reshape(-1, 4).T[:width]
    return np.ascontiguousarray(planes).tobytes(), width


def mean(values: Sequence[float]) -> float:
    """Return the mean of the numbers that are there, NaN where there is none."""
    there = [value for value in values if not isnan(value)]
    return sum(there) / len(there) if there else nan
