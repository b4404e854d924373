"""Which n-grams of some texts stand in documents, however large those are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ecg_bench.contamination._words import Hashes, grams_of, hashes_of, words_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_END = "\0"  # stands between two texts, and in none
_HELD = 1 << 18  # words that are held at a time


class _Table:
    """The n-grams of one length that are looked for."""

    def __init__(self, n: int, grams: Hashes) -> None:
        self.n = n
        self.grams, self.places = np.unique(grams, return_inverse=True)
        self.found = np.zeros(len(self.grams), dtype=np.bool_)
        # Eight of nine n-grams that are not looked for are told by one look at this; the rest are searched.
        size = 1 << max(16, (8 * len(self.grams)).bit_length())
        self._low = np.uint64(size - 1)
        self._there = np.zeros(size, dtype=np.bool_)
        self._there[self.grams & self._low] = True

    def look(self, hashes: Hashes) -> None:
        """Mark the n-grams that stand in a row of words."""
        grams = grams_of(hashes, self.n)
        grams = grams[self._there[grams & self._low]]
        places = np.searchsorted(self.grams, grams)
        places[places == len(self.grams)] = 0
        self.found[places[self.grams[places] == grams]] = True


class GramIndex:
    """Looks for the n-grams of texts in documents.

    Parameters
    ----------
    grams : sequence of sequence of (int, array)
        For each text, its n-grams by length: the number of words, and the hashes.
    """

    def __init__(self, grams: Sequence[Sequence[tuple[int, Hashes]]]) -> None:
        by_length: dict[int, tuple[list[Hashes], list[int]]] = {}
        for text, parts in enumerate(grams):
            for n, hashes in parts:
                found, owners = by_length.setdefault(n, ([], []))
                found.append(hashes)
                owners += [text] * len(hashes)
        self._texts = len(grams)
        self._tables = [
            (_Table(n, np.concatenate(found)), np.array(owners)) for n, (found, owners) in by_length.items()
        ]

    def read(self, texts: Iterable[Iterable[str]]) -> None:
        """Look through documents: texts, each of them whole words in pieces that follow one another."""
        overlap = max((table.n for table, _ in self._tables), default=1) - 1
        held: list[str] = []
        for pieces in texts:
            for piece in pieces:
                held += words_of(piece)
                if len(held) > _HELD:
                    self._look(held)
                    held = held[len(held) - overlap :]
            held.append(_END)
        self._look(held)

    def _look(self, words: Sequence[str]) -> None:
        hashes = hashes_of(words)
        for table, _ in self._tables:
            table.look(hashes)

    def shares(self) -> Floats:
        """Return the share of each text's n-grams that were found, shape (texts,); NaN for a text that has none."""
        found, total = np.zeros(self._texts), np.zeros(self._texts)
        for table, owners in self._tables:
            found += np.bincount(owners, table.found[table.places], self._texts)
            total += np.bincount(owners, minlength=self._texts)
        shares: Floats = np.divide(found, total, out=np.full(self._texts, np.nan), where=total > 0)
        return shares
