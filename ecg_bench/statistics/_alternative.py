"""Whether a judge may stand in for a human: the alternative-annotator test."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from ecg_bench.statistics._coefficient import Floats
from ecg_bench.statistics._multiplicity import benjamini_yekutieli

MIN_RATERS = 2
MIN_ITEMS = 30
FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True)
class AlternativeRow:
    """The judge in the place of one human.

    Attributes
    ----------
    rater : int
        The human's column.
    n : int
        Items that this human, the judge and another human rated.
    rho : float or None
        The advantage probability: the share of items on which the judge is at least as near to the other humans as
        this one is. None without items.
    p : float or None
        One-sided p-value of "the judge is worse than this human by `eps` or more"; None where the test is not done.
    rejected : bool or None
        Whether that is rejected, at a false discovery rate of 5 % over all humans tested.
    reason : str or None
        ``few_items`` for fewer than 30 items, with which the test is not done.
    """

    rater: int
    n: int
    rho: float | None
    p: float | None
    rejected: bool | None
    reason: str | None = None


@dataclass(frozen=True)
class AlternativeTest:
    """The result of the alternative-annotator test.

    Attributes
    ----------
    omega : float or None
        The winning rate: of the humans tested, the share whose place the judge may take. The test is passed at 0.5.
    rho : float or None
        The mean advantage probability over the humans tested.
    eps : float
        What the humans are worth more than the judge because they cost more.
    raters : tuple of AlternativeRow
        One for each human.
    reason : str or None
        Why omega is missing: ``few_raters`` (fewer than two humans) or ``few_items`` (none of them has 30 items).
    """

    omega: float | None
    rho: float | None
    eps: float
    raters: tuple[AlternativeRow, ...]
    reason: str | None = None


def alternative_annotator_test(
    humans: Floats, judge: Floats, eps: float, *, score: Literal["accuracy", "rmse"] = "accuracy"
) -> AlternativeTest:
    """Test whether a judge may stand in for each of several humans.

    Parameters
    ----------
    humans : array of float, shape (items, raters)
        NaN where a human did not rate an item.
    judge : array of float, shape (items,)
        NaN where the judge did not.
    eps : float
        0.2 where the humans are experts, 0.15 where they are skilled, 0.1 for a crowd.
    score : {"accuracy", "rmse"}
        How near a rating is to those of the other humans: the share that it equals, or less the root of the mean
        squared difference.

    References
    ----------
    N. Calderon, R. Reichart and R. Dror, The Alternative Annotator Test (ACL 2025), arXiv 2501.10970; its procedure for
    the false discovery rate is that of Y. Benjamini and D. Yekutieli, Ann. Stat. 29 (2001) 1165-1188.
    """
    if humans.shape[1] < MIN_RATERS:
        return AlternativeTest(None, None, eps, (), "few_raters")
    compared = [_compared(humans, judge, rater, score) for rater in range(humans.shape[1])]
    p = [_p_value(at_least, behind, eps) if len(behind) >= MIN_ITEMS else None for at_least, behind in compared]
    tested = [n for n, one in enumerate(p) if one is not None]
    adjusted = benjamini_yekutieli([one for one in p if one is not None])
    rejected = {n: bool(one <= FALSE_DISCOVERY_RATE) for n, one in zip(tested, adjusted, strict=True)}
    rows = tuple(
        AlternativeRow(
            rater=n,
            n=len(at_least),
            rho=float(at_least.mean()) if len(at_least) else None,
            p=p[n],
            rejected=rejected.get(n),
            reason=None if n in rejected else "few_items",
        )
        for n, (at_least, _) in enumerate(compared)
    )
    if not tested:
        return AlternativeTest(None, None, eps, rows, "few_items")
    rho = float(np.mean([compared[n][0].mean() for n in tested]))
    return AlternativeTest(sum(rejected.values()) / len(tested), rho, eps, rows)


def _compared(humans: Floats, judge: Floats, rater: int, score: str) -> tuple[Floats, Floats]:
    """Return of each common item whether the judge is at least as near to the others, and whether the human is."""
    others = np.delete(humans, rater, axis=1)
    own = humans[:, rater]
    common = ~np.isnan(own) & ~np.isnan(judge) & ~np.isnan(others).all(axis=1)
    near = [_nearness(one[common], others[common], score) for one in (judge, own)]
    return (near[0] >= near[1]).astype(np.float64), (near[1] >= near[0]).astype(np.float64)


def _nearness(one: Floats, others: Floats, score: str) -> Floats:
    there = ~np.isnan(others)
    apart = np.where(there, others - one[:, None], 0.0)
    found: Floats = ((apart == 0) & there).sum(axis=1) if score == "accuracy" else (apart**2).sum(axis=1)
    found = found / there.sum(axis=1)
    return found if score == "accuracy" else -np.sqrt(found)


def _p_value(judge: Floats, human: Floats, eps: float) -> float:
    from scipy.special import stdtr

    ahead = human - judge
    n, mean, sd = len(ahead), float(ahead.mean()), float(ahead.std(ddof=1))
    if sd == 0:
        return 0.0 if mean < eps else 1.0
    return float(stdtr(n - 1, (mean - eps) / (sd / sqrt(n))))
