"""Whether test questions, and the passages that they stem from, stand in documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.contamination._documents import Documents
from ecg_bench.contamination._index import GramIndex
from ecg_bench.contamination._questions import Question, TaskQuestions
from ecg_bench.contamination._words import Hashes, grams_of, hashes_of, words_of

Mask = npt.NDArray[np.bool_]

N = 8
SHORTEST = 5  # words of a question that is looked for whole, having fewer than n
CONTAINED = 0.5  # share of a passage's n-grams that make it seen
FREQUENT = (
    3  # an n-gram of more questions of one task than this is a phrase, such as "what is the most likely diagnosis"
)


@dataclass(frozen=True)
class TaskSeen:
    """What of a task stands in documents, a row for each sample.

    Attributes
    ----------
    index : array of int, shape (samples,)
        The sample's position in the task's data.
    overlapping : array of bool, shape (samples,)
        Whether an n-gram of the question with its answer stands in the documents.
    undecided : array of bool, shape (samples,)
        Whether the sample has no n-gram of its own, so that nothing can be said of it.
    passage : array of bool, shape (samples,), or None
        Whether half of the n-grams of the passage that it stems from stand in the documents; None where no passage is
        known.
    """

    index: npt.NDArray[np.intp]
    overlapping: Mask
    undecided: Mask
    passage: Mask | None

    @property
    def seen(self) -> Mask:
        """Whether a sample was seen in either way, shape (samples,)."""
        return self.overlapping if self.passage is None else self.overlapping | self.passage


@dataclass(frozen=True)
class Seen:
    """What of some tasks stands in documents, with the number of these and what could not be read of them."""

    n: int
    documents: int
    tasks: Mapping[str, TaskSeen]
    notices: tuple[str, ...]


def seen_by(
    documents: Sequence[str | Path],
    questions: Sequence[TaskQuestions],
    *,
    n: int = N,
    include: Sequence[str | Path] = (),
) -> Seen:
    """Say which samples stand in documents that a system was finetuned on, or retrieves from.

    Texts are compared as words (runs of letters and digits, after Unicode's NFKC and without case), so that
    punctuation, line breaks and mark-up make no difference. A sample *overlaps* if `n` words in a row of its question
    followed by its right answer stand in the documents; a shorter question counts as a whole if it has at least 5
    words. N-grams that stand in more than 3 questions of the task are phrases of the genre and count for none of them.
    A sample's *passage* is seen if at least half of its n-grams stand in the documents.

    Parameters
    ----------
    documents : sequence of str or path
        Files (.md, .txt, .jsonl, .json, .csv, .tsv, .html), folders of them, or names of domains.
    questions : sequence of TaskQuestions
        As `questions_of` returns them.
    n : int
        Words of an n-gram, at least 5.
    include : sequence of path
        Further packs.

    Raises
    ------
    UserError
        If a document can't be read.
    ValueError
        If `n` is less than 5.

    Notes
    -----
    PaLM looks for 8 words in a row; GPT-3 for 8 to 13, by the length of a data set's short items; Llama 2 for more than
    10 tokens, which are about 8 words. Eight is long enough to be rarely shared by chance, and short enough for the
    shipped questions, of which 99 % have as many words (92 % have 13). PaLM and Llama 2 call an item contaminated
    when most of it is found; one n-gram is enough here, as the documents are few and named, and a question that was
    copied in part was seen in part. Languages written without spaces have too few words for this.

    References
    ----------
    T. Brown et al. (2020), arXiv 2005.14165, appendix C; A. Chowdhery et al. (2022), arXiv 2204.02311, section 8;
    H. Touvron et al. (2023), arXiv 2307.09288, section A.6.
    """
    if n < SHORTEST:
        raise ValueError(f"n-grams of fewer than {SHORTEST} words are shared by chance: n is {n}")
    texts: list[list[tuple[int, Hashes]]] = []
    for task in questions:
        texts += _without_phrases([_grams(one, n) for one in task.questions])
    known = [task.passages[one.group] for task in questions for one in task.questions if one.group in task.passages]
    passages = {text: len(texts) + place for place, text in enumerate(dict.fromkeys(known))}
    texts += [_whole(hashes_of(words_of(text)), n) for text in passages]
    index = GramIndex(texts)
    read = Documents(documents, include)
    index.read(read.texts())
    shares = index.shares()
    found, start = {}, 0
    for task in questions:
        own = shares[start : start + len(task.questions)]
        start += len(own)
        places = [passages.get(task.passages.get(one.group, ""), -1) for one in task.questions]
        found[task.task] = TaskSeen(
            index=np.array([one.index for one in task.questions], dtype=np.intp),
            overlapping=own > 0,
            undecided=np.isnan(own),
            passage=_contained(shares, np.array(places)) if max(places, default=-1) >= 0 else None,
        )
    return Seen(n, read.count, found, read.notices)


def _contained(shares: npt.NDArray[np.float64], places: npt.NDArray[np.integer[Any]]) -> Mask:
    found: Mask = (places >= 0) & (shares[places] >= CONTAINED)
    return found


def _grams(one: Question, n: int) -> list[tuple[int, Hashes]]:
    """Return the n-grams of a question followed by its answer, and the question itself where it is shorter.

    Where neither the question nor the answer can be found by itself there are none: the two need not stand together.
    """
    question, answer = hashes_of(words_of(one.question)), hashes_of(words_of(one.answer))
    if len(question) < SHORTEST and len(answer) < n:
        return []
    parts = [(n, grams_of(np.concatenate([question, answer]), n))]
    return parts if len(question) >= n else parts + _whole(question, n)


def _whole(hashes: Hashes, n: int) -> list[tuple[int, Hashes]]:
    """Return the n-grams of a text, or all of it as one if it is shorter but long enough, or nothing."""
    length = min(n, len(hashes))
    return [(length, grams_of(hashes, length))] if length >= SHORTEST else []


def _without_phrases(texts: Sequence[Sequence[tuple[int, Hashes]]]) -> list[list[tuple[int, Hashes]]]:
    """Leave out the n-grams that stand in many of the texts."""
    by_length: dict[int, list[Hashes]] = {}
    for parts in texts:
        for n, grams in parts:
            by_length.setdefault(n, []).append(np.unique(grams))
    phrases = {}
    for n, found in by_length.items():
        grams, counts = np.unique(np.concatenate(found), return_counts=True)
        phrases[n] = grams[counts > FREQUENT]
    kept = [[(n, grams[~np.isin(grams, phrases[n])]) for n, grams in parts] for parts in texts]
    return [[(n, grams) for n, grams in parts if len(grams)] for parts in kept]
