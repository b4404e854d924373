"""Pass rates by the judge's verdict: what humans accept of each verdict, times how common it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DRAWS = 20_000
JEFFREYS = 0.5
NEUTRAL = 1 / 3  # prior weight at which a share's posterior mean lies closest to its median


def plug_in(judged: Floats, rated: Floats, passed: Floats) -> Floats:
    """Return the post-stratified pass rates; 1/2 stands for what no rating tells.

    Parameters
    ----------
    judged, rated, passed : array of float, shape (systems, verdicts)
        How many answers of each verdict were judged, how many rated, and how many of these accepted.
    """
    accepted = np.divide(passed, rated, out=np.full_like(passed, 0.5), where=rated > 0)
    value: Floats = (judged * accepted).sum(axis=1) / np.maximum(judged.sum(axis=1), 1e-9)
    return value


def interval(
    judged: Floats, rated: Floats, passed: Floats, *, confidence: float, draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Return the ends of the intervals, from draws of the shares of verdicts and of what is accepted of each.

    Notes
    -----
    All are drawn from their posteriors: Dirichlet under Jeffreys' prior for the shares of verdicts, Beta for what is
    accepted of each. Its prior is Jeffreys' for one verdict or two; with more of them it is 1 / verdicts, so that all
    together never say more than two answers would: else they pull the rates of good systems down together. Each system
    is drawn for itself, so that it does not matter which others are in the table.
    """
    low, high = np.zeros(len(judged)), np.zeros(len(judged))
    tails = [0.5 - confidence / 2, 0.5 + confidence / 2]
    for system in range(len(judged)):
        rng = np.random.default_rng(seed)
        there = judged[system] > 0
        n, m, s = judged[system, there], rated[system, there], passed[system, there]
        prior = min(JEFFREYS, 1 / len(n))
        shares = rng.standard_gamma(n + JEFFREYS, (draws, len(n)))
        accepted = rng.beta(s + prior, m - s + prior, (draws, len(n)))
        low[system], high[system] = np.quantile((shares * accepted).sum(axis=1) / shares.sum(axis=1), tails)
    return low, high


def moments(judged: Floats, rated: Floats, passed: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance of the pass rates' posteriors under neutral priors, for comparing systems.

    Notes
    -----
    Under Jeffreys' priors the differences of good systems would get intervals that are still wider than needed; under
    the neutral prior (Kerman 2011) they hold their coverage better (``docs/correction-coverage.md``).

    References
    ----------
    J. Kerman, Electron. J. Stat. 5 (2011) 1450-1470.
    """
    weight = np.where(judged > 0, judged + JEFFREYS, 0.0)
    total = weight.sum(axis=1)
    share = weight / total[:, None]
    size = rated + 2 * NEUTRAL
    accepted = (passed + NEUTRAL) / size
    spread = accepted * (1 - accepted) / (size + 1)
    mean = (share * accepted).sum(axis=1)
    within = ((share * (1 - share) / (total[:, None] + 1) + share**2) * spread).sum(axis=1)
    between = ((share * accepted**2).sum(axis=1) - mean**2) / (total + 1)
    return mean, within + between
