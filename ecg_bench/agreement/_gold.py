"""What judges are compared with: the one level that humans give an answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_bench.agreement._panel import Floats, Panel
from ecg_bench.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Gold:
    """The level of each answer by humans.

    Attributes
    ----------
    name : str
        How it was come by.
    levels : array of float, shape (answers,)
        Places on the scale; NaN where no human gave a single level.
    undecided : int
        Answers without a majority, of which the lower median was taken.
    """

    name: str
    levels: Floats
    undecided: int


def gold_of(panel: Panel, rater: str | None = None) -> Gold:
    """Return the level that judges are compared with.

    One rater's, if one is named, who may have adjudicated, or if there is only one. Else the level that more than half
    of an answer's raters gave, and without such a majority the lower median of their levels.

    Raises
    ------
    UserError
        If there is no rater of the name.
    """
    names = [column.name for column in panel.humans]
    if rater is not None and rater not in names:
        raise UserError(f"no human is called {rater!r}{did_you_mean(rater, names)}: --gold names a rater")
    if rater is not None or len(names) == 1:
        name = rater or names[0]
        return Gold(name, panel.ratings[:, names.index(name)], 0)
    levels, decided = majority(panel.ratings, len(panel.scale))
    return Gold(f"majority of {len(names)} raters", levels, int((~decided & ~np.isnan(levels)).sum()))


def majority(ratings: Floats, q: int) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the level of most raters, and where there is one.

    Parameters
    ----------
    ratings : array of float, shape (answers, raters)
        Places on a scale of `q` levels; NaN where there is none.
    q : int
        Number of levels.

    Returns
    -------
    levels : array of float, shape (answers,)
        The level that more than half gave, else the lower median; NaN where nobody gave any.
    decided : array of bool, shape (answers,)
        Whether more than half gave it.
    """
    counts = np.stack([(ratings == level).sum(axis=1) for level in range(q)], axis=1)
    given = counts.sum(axis=1)
    # The lower median: the lowest level by which at least half of the raters are counted.
    median = (2 * counts.cumsum(axis=1) >= given[:, None]).argmax(axis=1)
    top = counts.argmax(axis=1)
    decided = 2 * counts.max(axis=1, initial=0) > given
    levels = np.where(decided, top, median).astype(np.float64)
    return np.where(given > 0, levels, np.nan), decided
