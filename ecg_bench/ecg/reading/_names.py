"""Which columns of a file are the leads wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import lead_name
from ecg_bench.errors import UserError


@dataclass(frozen=True)
class Wanted:
    """The leads wanted, and where they lie.

    Parameters
    ----------
    names : tuple of str
        As they are written here.
    columns : tuple of int
        The 0-based column of each in the file.
    signs : array, shape (leads,), float32
        -1 where the file holds the lead upside down, else 1.
    """

    names: tuple[str, ...]
    columns: tuple[int, ...]
    signs: NDArray[np.float32]

    @classmethod
    def of(cls, names: Sequence[str], leads: Sequence[str] | None, path: Path, line: int | None = None) -> Wanted:
        """Find the leads wanted among the names of a file's columns.

        Columns that aren't leads, such as the respiration, are passed over where `leads` names what is wanted, and are
        a mistake where it doesn't.

        Parameters
        ----------
        names : sequence of str
            As the file writes them.
        leads : sequence of str or None
            What is wanted; None for all.
        path, line
            Where the names stand; of the first one, where each stands on a line of its own.

        Raises
        ------
        UserError
            If a name is no lead, a lead stands twice, or the file hasn't one that is wanted.
        """
        places: dict[str, int] = {}
        for column, name in enumerate(names):
            try:
                lead = lead_name(name)
            except UserError as error:
                if leads is not None:
                    continue
                raise UserError(str(error), path=path, line=None if line is None else line + column) from None
            if lead in places:
                raise UserError(f"the lead {lead} stands twice", path=path)
            places[lead] = column
        if leads is None:
            return cls(tuple(places), tuple(places.values()), np.ones(len(places), dtype=np.float32))
        wanted = tuple(lead_name(name) for name in leads)
        columns = []
        signs = []
        for lead in wanted:
            turned = lead[1:] if lead.startswith("-") else f"-{lead}"
            if lead not in places and turned not in places:
                raise UserError(f"has no lead {lead}: it holds {', '.join(places) or 'none'}", path=path)
            columns.append(places.get(lead, places.get(turned, -1)))
            signs.append(1 if lead in places else -1)
        return cls(wanted, tuple(columns), np.array(signs, dtype=np.float32))
