"""ROUGE and METEOR against rouge-score and nltk: the same pairs in one run, times and the largest difference.

    python benchmarks/text_metrics.py [--pairs 10000] [--repeat 3] [--json]

A pair is two of the shipped references to the factual questions, of some 34 words each, with a random word at the end
of both, so that no text comes twice and every pair brings words that no cache has seen. All four types of ROUGE are
computed, with the stemmer. nltk gets the words that we cut out and no WordNet, as ours works; cutting them counts for
both.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import string
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.domains import find_domains
from ecg_bench.text_metrics import Pair
from ecg_bench.text_metrics._meteor import Meteor, words
from ecg_bench.text_metrics._porter import stem
from ecg_bench.text_metrics._rouge import TYPES, Rouge

Scores = npt.NDArray[np.float64]  # (pairs, columns)
Scorer = Callable[[Sequence[Pair]], Scores]


@dataclass(frozen=True)
class Race:
    """Two implementations of a metric on the same pairs; medians of seconds."""

    peer: str
    ours_s: float
    peer_s: float
    ratio: float
    largest_difference: float


def make_pairs(n: int) -> list[Pair]:
    """Return `n` pairs of shipped references with a random word at the end of each."""
    rng = random.Random(0)
    lines = (find_domains()["ecg"].path / "data" / "open-factual.jsonl").read_text(encoding="utf-8").splitlines()
    references = [json.loads(line)["reference"] for line in lines]

    def text() -> str:
        return f"{rng.choice(references)} {''.join(rng.choices(string.ascii_lowercase, k=8))}"

    return [Pair(text(), text()) for _ in range(n)]


def our_rouge(pairs: Sequence[Pair]) -> Scores:
    """Score with ours."""
    return np.column_stack(list(Rouge().compare(pairs).scores.values()))


def rouge_score(pairs: Sequence[Pair]) -> Scores:
    """Score with rouge-score."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(TYPES), use_stemmer=True)
    found = [scorer.score(pair.reference, pair.answer) for pair in pairs]
    return np.array([[value for name in TYPES for value in one[name]] for one in found])


def our_meteor(pairs: Sequence[Pair]) -> Scores:
    """Score with ours."""
    return Meteor().compare(pairs).scores["meteor"][:, None]


class NoSynonyms:
    """Stands for WordNet where it isn't installed."""

    def synsets(self, word: str) -> list[Any]:
        """Return nothing."""
        return []


def nltk_meteor(pairs: Sequence[Pair]) -> Scores:
    """Score with nltk and the parameters of METEOR 1.5."""
    from nltk.translate.meteor_score import single_meteor_score

    options = {"wordnet": NoSynonyms(), "alpha": 0.85, "beta": 0.2, "gamma": 0.6}
    found = [single_meteor_score(words(pair.reference), words(pair.answer), **options) for pair in pairs]
    return np.array(found)[:, None]


def timed(scorer: Scorer, pairs: Sequence[Pair]) -> tuple[float, Scores]:
    """Return how long scoring takes with nothing remembered from before, and the scores."""
    stem.cache_clear()
    start = time.perf_counter()
    scores = scorer(pairs)
    return time.perf_counter() - start, scores


def race(peer: str, ours: Scorer, theirs: Scorer, pairs: Sequence[Pair], repeat: int) -> Race:
    """Let both score the pairs in turn."""
    for scorer in (ours, theirs):
        scorer(pairs[:10])  # imports
    turns = [(timed(ours, pairs), timed(theirs, pairs)) for _ in range(repeat)]
    our_time, peer_time = (statistics.median(turn[side][0] for turn in turns) for side in (0, 1))
    difference = float(np.abs(turns[0][0][1] - turns[0][1][1]).max())
    return Race(peer, our_time, peer_time, peer_time / our_time, difference)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pairs", type=int, default=10_000)
    options.add_argument("--repeat", type=int, default=3, help="turns of both; the median counts")
    options.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = options.parse_args()
    pairs = make_pairs(given.pairs)
    races = {
        "rouge": race("rouge-score", our_rouge, rouge_score, pairs, given.repeat),
        "meteor": race("nltk", our_meteor, nltk_meteor, pairs, given.repeat),
    }
    if given.json:
        print(json.dumps({"pairs": given.pairs, "races": {name: asdict(one) for name, one in races.items()}}, indent=2))
        return
    row = "{:8}{:>10}  {:12}{:>10}{:>8}{:>20}"
    print(row.format("", "ours s", "peer", "peer s", "ratio", "largest difference"))
    for name, one in races.items():
        times = (
            f"{one.ours_s:.2f}",
            one.peer,
            f"{one.peer_s:.2f}",
            f"{one.ratio:.1f}",
            f"{one.largest_difference:.1g}",
        )
        print(row.format(name, *times))


if __name__ == "__main__":
    main()
