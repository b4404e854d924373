"""How the rated answers were chosen, as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_bench.agreement._gold import Gold
from ecg_bench.agreement._panel import Column, Floats, Panel
from ecg_bench.agreement._records import DesignRecord, Sampling
from ecg_bench.errors import UserError

SKEWED_P = 0.05  # below which rated answers are not taken for a random sample, whatever was declared
DECLARED: dict[str, Sampling] = {"random": "random", "stratified": "stratified"}


def design_of(panel: Panel, gold: Gold, declared: str | None) -> DesignRecord:
    """Return the design: from the inclusion probabilities of the ratings, or as declared.

    All answers rated is a census. Equal probabilities within each system are a random sample, others a stratified one.

    Raises
    ------
    UserError
        If it is declared in words that mean nothing, or against what the ratings themselves say.
    """
    if declared is not None and declared not in DECLARED:
        raise UserError(f"the sampling must be one of {', '.join(DECLARED)}, but is {declared!r}")
    rated = ~np.isnan(gold.levels)
    known = bool(rated.any()) and not np.isnan(panel.inclusion[rated]).any()
    found = _sampling(panel, rated, known=known)
    if declared is not None and known and found != declared:
        raise UserError(
            f"the ratings' inclusion probabilities are those of a {found} sample, not of one that is {declared}: leave "
            "--sampling out"
        )
    codes = panel.system_codes
    rows = []
    for n, name in enumerate(panel.systems):
        own = codes == n
        rows.append(
            {
                "system": name,
                "answers": int(own.sum()),
                "rated": int((own & rated).sum()),
                "by_rater": {column.name: int((own & ~np.isnan(column.levels)).sum()) for column in panel.humans},
            }
        )
    sampling = DECLARED[declared] if declared is not None else found
    return DesignRecord(sampling=sampling, declared=declared is not None, inclusion_known=known, rated=rows)


def _sampling(panel: Panel, rated: np.ndarray[tuple[int], np.dtype[np.bool_]], *, known: bool) -> Sampling:
    judged = np.zeros(len(panel.units), dtype=np.bool_)
    for column in panel.judges:
        judged |= ~np.isnan(column.scores) & ~column.absent
    if judged.any() and rated[judged].all():
        return "census"
    if not known:
        return "unknown"
    codes = panel.system_codes[rated]
    inclusion = panel.inclusion[rated]
    for n in range(len(panel.systems)):
        own = inclusion[codes == n]
        if len(own) and not np.allclose(own, own[0]):
            return "stratified"
    return "random"


@dataclass(frozen=True)
class Skew:
    """Whether rated answers are like all judged ones.

    Attributes
    ----------
    rated, judged : float
        The share that the judge passes at the highest level, of the rated answers and of all.
    p : float
        Two-sided, of the binomial test that the first is a random draw from the second.
    """

    rated: float
    judged: float
    p: float


def skew(panel: Panel, gold: Gold, column: Column) -> Skew | None:
    """Return whether the rated answers are like all; None where nothing can be told."""
    from scipy.stats import binomtest

    there = ~np.isnan(column.scores) & ~column.absent
    both = there & ~np.isnan(gold.levels)
    passed = column.scores >= panel.values[-1] - 1e-9
    if not both.any() or len(np.unique(passed[there])) < 2:
        return None
    everywhere = float(passed[there].mean())
    p = float(binomtest(int(passed[both].sum()), int(both.sum()), everywhere).pvalue)
    return Skew(float(passed[both].mean()), everywhere, p)


def weights_of(panel: Panel, gold: Gold) -> Floats | None:
    """Return the inverse of each answer's probability of being rated; none where all are equal, or not known."""
    rated = ~np.isnan(gold.levels)
    inclusion = panel.inclusion
    if not rated.any() or np.isnan(inclusion[rated]).any() or np.allclose(inclusion[rated], inclusion[rated][0]):
        return None
    return np.where(np.isnan(inclusion), 0.0, 1.0 / np.where(np.isnan(inclusion), 1.0, inclusion))
