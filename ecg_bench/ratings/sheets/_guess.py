"""What a human may say of each verdict: guessed, or seen in a pilot. Plans stand on it, estimates never do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ecg_bench.errors import UserError
from ecg_bench.ratings._records import read_ratings
from ecg_bench.ratings.sheets._pool import NO_VERDICT, Pool

# The shares of the judge's worst and best verdicts that a human is expected to accept. The one published audit of such
# a judge (ECG-LLM, arXiv 2510.18339, appendix D) has 3 of 7 and 13 of 13; nearer to a half is the cautious guess.
WORST, BEST = 0.4, 0.9
UNKNOWN = 0.5


@dataclass(frozen=True)
class Guess:
    """The share of the answers with each verdict that the human will put on the best level.

    Parameters
    ----------
    means : mapping of str to float
        By verdict; above 0 and below 1.
    source : str
        Where they are from, in words.
    """

    means: Mapping[str, float]
    source: str

    def mean(self, verdicts: Iterable[str]) -> float:
        """Return the mean over some answers, by their verdicts; there must be one."""
        return fmean(self.means[one] for one in verdicts)


def guess(pool: Pool, pilot: str | Path | None = None) -> Guess:
    """Return what to expect of each verdict: evenly from `WORST` to `BEST`, or the shares in a pilot's ratings.

    A verdict of which the pilot has n ratings, a of them on the best level, is expected to be accepted with probability
    (a + 1/2) / (n + 1), so that a few ratings of one kind promise nothing for sure. For verdicts that it lacks the
    guess stays.

    Raises
    ------
    UserError
        If the pilot can't be read, or none of its ratings is of an answer with a verdict.
    """
    means = {NO_VERDICT: UNKNOWN}
    if pool.scale is not None:
        means |= {name: WORST + (BEST - WORST) * pool.scale.value(name) for name in pool.scale.levels}
    if pilot is None:
        about = f"{WORST:.0%} of the judge's worst verdicts accepted, rising evenly to {BEST:.0%} of its best"
        return Guess(means, about if pool.scale is not None else f"{UNKNOWN:.0%} of the answers accepted")
    verdicts = {one.place: one.verdict for one in pool.candidates} if pool.scale is not None else {}
    counts: dict[str, list[int]] = {}
    for one in read_ratings(pilot):
        verdict = verdicts.get((one.task, one.sample, one.epoch, one.system))
        if verdict is not None and one.source == "human" and one.level is not None and not one.repeat:
            seen = counts.setdefault(verdict, [0, 0])
            seen[0] += one.level == one.scale.levels[-1]
            seen[1] += 1
    if not counts:
        raise UserError("holds no human rating of an answer in these runs that the judge judged", path=pilot)
    means |= {verdict: (accepted + 0.5) / (n + 1) for verdict, (accepted, n) in counts.items()}
    return Guess(means, f"seen in {sum(n for _, n in counts.values())} ratings of {pilot}")
